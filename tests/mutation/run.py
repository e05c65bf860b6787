# SPDX-License-Identifier: Apache-2.0
"""Would the unit tests notice? Small changes of meaning (mutants) are made in the C text, one at a time; the changed file
is compiled, put in front of libwpack.a, and the unit tests of its room run: plain, and where nothing fails under the
sanitizers that `make check` and `make tsan` use. A mutant is killed when one of them fails or does not end in time; one
that lives shows a line no test looks at.

    run.py [--seed N] [--per-file N] [--jobs N] [--only oci/digest.c ...] [--list]

The sample is a function of the seed and of the text. Exit status 1 when fewer than --goal percent are killed. Needs
the built unit tests (`make mutation` builds them). Counted apart: mutants that do not compile, those whose object is the
same byte for byte, and those that equivalent.json explains to mean the same."""

import argparse
import concurrent.futures
import difflib
import json
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ["oci/digest.c", "oci/ref*.c", "oci/manifest.c", "oci/desc.c", "oci/layout-*.c", "oci/copy*.c", "oci/auth.c",
         "oci/http-auth.c", "oci/verify.c"]
# The tests that answer for a file, its own first; the longest prefix counts.
TESTS = {
    "oci/digest": "digest desc verify store-memory",
    "oci/ref": "ref store-memory",
    "oci/referrers": "referrers registry-referrers store-memory",
    "oci/manifest": "manifest referrers copy",
    "oci/desc": "desc manifest referrers",
    "oci/layout-": "layout-index layout-gc store-layout serve-blob serve-manifest",
    "oci/copy": "copy copy-refuse",
    "oci/auth": "auth http-auth http",
    "oci/http-auth": "http-auth http auth",
    "oci/verify": "verify store-memory",
}
# What make calls the variant: its flags.
VARIANTS = {
    "release": [],
    "asan": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    "tsan": ["-fsanitize=thread"],
}
CC = [os.environ.get("CC", "gcc"), "-std=c17", "-D_GNU_SOURCE", "-I.", "-include", "base/banned.h", "-fPIE", "-O1",
      "-g0", "-w"]
LIBS = ["-lcmocka", "-ljansson", "-ldl", "-lpthread"]
MEMORY = 4 << 30
EQUIVALENT = json.loads((ROOT / "tests/mutation/equivalent.json").read_text())


# ---- mutants ----

def masked(text):
    """The text with comments, strings, characters and preprocessor lines blanked; every offset stays."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\n|[^\n])*'
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S | re.M)


def closing(code, at):
    """The offset of the bracket that closes the one at `at`, or -1."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] == "(") - (code[i] == ")")
        if depth == 0:
            return i
    return -1


def negated(code):
    for m in re.finditer(r"\b(?:if|while) (\()", code):
        end = closing(code, m.start(1))
        yield m.start(1), end + 1, lambda s: f"(!{s})"


def swapped(pattern, table):
    def make(code):
        for m in re.finditer(pattern, code):
            yield m.start(1), m.end(1), lambda s: table[s]
    return make


def incremented(code):
    """Off by one; not in what a function returns, where only the sign counts and `return` does that."""
    for m in re.finditer(r"(?<![\w.])(\d+)(?![\w.])", code):
        line = code[code.rfind("\n", 0, m.start()) + 1:m.start()]
        if not re.search(r"\breturn (.*[?:] )?-?$", line):
            yield m.start(1), m.end(1), lambda s: str(int(s) + 1)


def without_call(code):
    for m in re.finditer(r"^ +((?:\(void\))?[a-z_][\w>.-]*\()", code, re.M):
        end = closing(code, m.end(1) - 1)
        if code[end:end + 2] == ");" and not re.match(r"(if|while|for|switch|return|sizeof)\b", m.group(1)):
            yield m.start(1), end + 1, lambda _: "(void)0"


COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
OPERATORS = {
    "negate": negated,
    "compare": swapped(r" (<=|>=|==|!=|<|>) ", COMPARISONS),
    "and-or": swapped(r" (&&|\|\|)\s", {"&&": "||", "||": "&&"}),
    "return": swapped(r"\breturn (0|-1|true|false);", {"0": "-1", "-1": "0", "true": "false", "false": "true"}),
    "drop call": without_call,
    "constant": incremented,
    "drop not": swapped(r"(!)(?!=)", {"!": ""}),
}


class Mutant:
    def __init__(self, path, operator, text, start, end, new):
        self.path, self.operator = path, operator
        self.line = text.count("\n", 0, start) + 1
        self.text = text[:start] + new + text[end:]
        self.status = self.by = ""

    def change(self):
        """The line above, the lines before and the line after, without indentation."""
        old, new = (ROOT / self.path).read_text().splitlines(), self.text.splitlines()
        count = len(old) - len(new) + 1
        return (old[self.line - 2].strip(), " ".join(x.strip() for x in old[self.line - 1:self.line - 1 + count]),
                new[self.line - 1].strip())

    def diff(self):
        old = (ROOT / self.path).read_text().splitlines()
        lines = difflib.unified_diff(old, self.text.splitlines(), self.path, self.path, n=1, lineterm="")
        return "\n".join(line for line in lines if not line.startswith(("---", "+++")))

    def excuse(self):
        """Why it means the same, or None."""
        above, old, new = self.change()
        return next((e["why"] for e in EQUIVALENT
                     if (e["file"], e["old"], e["new"], e.get("above", above)) == (self.path, old, new, above)), None)


def mutants_of(path):
    """Every mutant of a file, in the order of the operators and of the text. Only function bodies and initialisers."""
    text = (ROOT / path).read_text()
    code = masked(text)
    return {
        name: [Mutant(path, name, text, s, e, new(text[s:e])) for s, e, new in operator(code)]
        for name, operator in OPERATORS.items()
    }


def sample(path, count, seed):
    """`count` mutants of a file: the operators take turns, so that the many constants do not crowd out the rest."""
    rng = random.Random(f"{seed}:{path}")
    groups = [g for g in mutants_of(path).values() if g]
    for g in groups:
        rng.shuffle(g)
    rng.shuffle(groups)
    chosen = []
    while groups and len(chosen) < count:
        g = groups.pop(0)
        chosen.append(g.pop())
        if g:
            groups.append(g)
    return sorted(chosen, key=lambda m: (m.line, m.operator))


# ---- judging ----

def tests_of(path):
    key = max((k for k in TESTS if path.startswith(k)), key=len)
    return TESTS[key].split()


def out(variant):
    return ROOT / "build" / variant


def compile_file(source, target, variant="release"):
    command = [*CC, f"-I{out(variant)}/gen", *VARIANTS[variant], "-c", "-o", target, source]
    return subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0


def run_test(program, folder, variant, seconds):
    """None when it passes, else what happened."""
    def limit():
        if variant == "release":
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MEMORY, MEMORY))
    env = {"PATH": os.environ["PATH"], "TMPDIR": str(folder), "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    p = subprocess.Popen([program], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=limit)
    try:
        rc = p.wait(seconds)
    except subprocess.TimeoutExpired:
        rc = "timeout"
    finally:
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        p.wait()
    return None if rc == 0 else rc


HELPERS = [p.relative_to(ROOT).with_suffix(".o") for p in sorted(ROOT.glob("tests/unit/*/*.c"))
           if not p.name.startswith("test-")]


def judge(mutant, scratch, seconds, plain):
    """Sets mutant.status: killed, timeout, survived, same or broken (did not compile)."""
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = pathlib.Path(name)
        work = folder / "work"
        work.mkdir()
        source = folder / pathlib.Path(mutant.path).name
        source.write_text(mutant.text)
        obj = source.with_suffix(".o")
        for variant in VARIANTS:
            if not compile_file(source, obj, variant):
                mutant.status = "broken"
                return mutant
            if plain is not None and variant == "release" and obj.read_bytes() == plain:
                mutant.status = "same"
                return mutant
            for test in tests_of(mutant.path):
                program = folder / f"test-{test}"
                link = [CC[0], *VARIANTS[variant], "-pie", "-Wl,--as-needed", "-o", program,
                        out(variant) / f"tests/unit/oci/test-{test}.o", *(out(variant) / h for h in HELPERS), obj,
                        out(variant) / "libwpack.a", *LIBS]
                subprocess.run(link, cwd=ROOT, check=True, capture_output=True)
                what = run_test(program, work, variant, seconds)
                if what is not None:
                    mutant.status, mutant.by = ("timeout" if what == "timeout" else "killed"), f"{variant} {test}"
                    return mutant
                program.unlink()
        mutant.status = "survived" if mutant.excuse() is None else "equal"
        return mutant


def plain_object(path, scratch):
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        source = pathlib.Path(name) / pathlib.Path(path).name
        source.write_text((ROOT / path).read_text())
        target = source.with_suffix(".o")
        if not compile_file(source, target):
            sys.exit(f"mutation: {path} does not compile")
        return target.read_bytes()


def check_baseline(paths, scratch, seconds):
    """Unchanged files must pass: else everything would count as killed."""
    for path in {tests_of(p)[0]: p for p in paths}.values():
        m = Mutant(path, "none", (ROOT / path).read_text(), 0, 0, "")
        if judge(m, scratch, seconds, None).status != "survived":
            sys.exit(f"mutation: {path} unchanged: {m.status} by test-{m.by}")


def report(results, goal):
    columns = ["killed", "timeout", "survived", "equal", "same", "broken"]
    print(f"{'file':28}" + "".join(f"{c:>10}" for c in columns) + f"{'%':>8}")
    total = dict.fromkeys(columns, 0)
    for path in sorted({m.path for m in results}) + ["all"]:
        count = {c: sum(m.status == c for m in results if m.path == path) for c in columns}
        if path == "all":
            count = total
        else:
            total = {c: total[c] + count[c] for c in columns}
        dead = count["killed"] + count["timeout"]
        share = 100 * dead / max(1, dead + count["survived"])
        print(f"{path:28}" + "".join(f"{count[c]:>10}" for c in columns) + f"{share:>8.1f}")
    by = {v: sum(m.by.startswith(v) for m in results) for v in VARIANTS}
    print("killed by: " + ", ".join(f"{v} {n}" for v, n in by.items()))
    for m in results:
        if m.status == "timeout":
            print(f"timeout: {m.path}:{m.line}: {m.operator}: {m.by}")
    for m in results:
        if m.status == "equal":
            print(f"\n{m.path}:{m.line}: {m.operator}: means the same: {m.excuse()}\n{m.diff()}")
        if m.status == "survived":
            print(f"\n{m.path}:{m.line}: {m.operator}: survived {', '.join(tests_of(m.path))}\n{m.diff()}")
    return share >= goal


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default="1")
    parser.add_argument("--per-file", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60, help="limit of one test")
    parser.add_argument("--goal", type=float, default=90)
    parser.add_argument("--only", nargs="*", default=FILES)
    parser.add_argument("--list", action="store_true", help="show the sample, run nothing")
    a = parser.parse_args()
    paths = sorted({str(p.relative_to(ROOT)) for pattern in a.only for p in ROOT.glob(pattern)})
    chosen = [m for path in paths for m in sample(path, a.per_file, a.seed)]
    if a.list:
        for m in chosen:
            print(f"{m.path}:{m.line}: {m.operator}\n{m.diff()}")
        return 0
    print(f"seed {a.seed}: {len(chosen)} mutants of {len(paths)} files", flush=True)
    memory = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as scratch:
        check_baseline(paths, scratch, a.seconds)
        plain = {path: plain_object(path, scratch) for path in paths}
        with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
            results = list(pool.map(lambda m: judge(m, scratch, a.seconds, plain[m.path]), chosen))
    return 0 if report(results, a.goal) else 1


if __name__ == "__main__":
    sys.exit(main())
