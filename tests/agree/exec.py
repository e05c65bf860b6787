#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does wpack compute what wasmtime computes? usage: exec.py [--count N] [--seed S] [--keep DIR] [--against PROGRAM]...

`make agree-run N=5000 SEED=1` generates modules that end (arithmetic.py; `wasm-tools smith --ensure-termination`), runs each
(exec-run.c) and has wasmtime do the same (exec_oracle.py): instantiation, results of every exported function for several sets
of arguments, classes of traps, then all globals, memories and tables. What only limits decide is not compared from there
on, and counted. Each module of tests/agree/regress/ differed once and goes first. Modules that differ are kept in DIR,
smaller ones beside them (--shrink). --against: another build's exec-run, or "exec-run --watch", which has to give the same
lines, fuel included. Everything follows from the seed."""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/spec"), str(ROOT / "tests/agree")]
import arithmetic
import offsets

JOBS = 2
SECONDS = 60
ARITHMETIC = 0.5  # of the modules are of arithmetic.py
FIXED = ["--ensure-termination", "--compact-imports-enabled", "false", "--custom-descriptors-enabled", "false",
         "--shared-everything-threads-enabled", "false", "--threads-enabled", "false", "--export-everything", "true",
         "--memory-max-size-required", "true", "--table-max-size-required", "true", "--max-memory32-bytes", 1 << 20,
         "--max-memory64-bytes", 1 << 20, "--max-table-elements", 2000, "--max-imports", 5]
# Each is off now and then, so that modules are made of what is left.
OFF = ["gc", "simd", "reference-types", "exceptions", "memory64", "multi-value", "bulk-memory", "tail-call", "extended-const"]
KINDS = ["numeric-int", "numeric", "vector", "reference", "parametric", "variable", "table", "memory", "control", "aggregate"]

# Classes of ends: ours by the names of run.h, theirs by wasmtime's.
LIMIT = "limit"
CLASSES = {
    LIMIT: "CALL_STACK FUEL DEADLINE HEAP MEMORY CODE CANCELLED | STACK_OVERFLOW OUT_OF_FUEL ALLOCATION_TOO_LARGE INTERRUPT",
    "memory bounds": "MEMORY_BOUNDS | MEMORY_OUT_OF_BOUNDS",
    "table bounds": "TABLE_BOUNDS UNDEFINED_ELEMENT | TABLE_OUT_OF_BOUNDS",
    "array bounds": "ARRAY_BOUNDS | ARRAY_OUT_OF_BOUNDS",
    "null element": "UNINITIALIZED_ELEMENT | INDIRECT_CALL_TO_NULL",
    "signature": "INDIRECT_TYPE | BAD_SIGNATURE",
    "null": "NULL_REFERENCE NULL_FUNC NULL_STRUCT NULL_ARRAY NULL_I31 NULL_EXN |",
    "cast": "CAST | CAST_FAILURE",
    "division": "DIVIDE_BY_ZERO | INTEGER_DIVISION_BY_ZERO",
    "conversion": "INVALID_CONVERSION | BAD_CONVERSION_TO_INTEGER",
}
CLASS_OF = {word: name for name, words in CLASSES.items() for word in words.split() if word != "|"}


def venv():
    cache = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers"))
    python = cache / ".venv/wasmtime/bin/python"
    return str(python) if os.access(python, os.X_OK) else None


class Oracle:
    """exec_oracle.py as a process; started anew when it dies or hangs."""

    def __init__(self, python):
        self.python = python
        self.process = None

    def ask(self, path, lines):
        """Its lines, or None."""
        if not self.process:
            self.process = subprocess.Popen([self.python, "-B", str(ROOT / "tests/agree/exec_oracle.py")], text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        watch = threading.Timer(SECONDS, self.process.kill)
        watch.start()
        try:
            self.process.stdin.write(json.dumps({"path": str(path), "lines": lines}) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except OSError:
            answer = ""
        watch.cancel()
        if not answer:
            self.end()
            return None
        return json.loads(answer)

    def end(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
        self.process = None


def ours(program, path):
    """exec-run's lines; a line "crash" where it died."""
    try:
        done = subprocess.run([*shlex.split(program), path], capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return ["crash: no end"]
    lines = done.stdout.splitlines()
    if done.returncode in (0, 1):
        return lines
    return [*lines, f"crash {done.returncode}: " + " ".join(done.stderr.split()[:30])]


def smith(tool, rng, path):
    """A module, or None: some options leave nothing to make one of."""
    seed = path.with_suffix(".seed")
    seed.write_bytes(rng.randbytes(rng.choice([1000, 5000, 20000, 60000])))
    words = [tool, "smith", *FIXED, "--fuel", rng.choice([100, 1000, 10000]), "--min-types", 8, "--min-funcs", rng.choice([4, 8]),
             "--max-memories", rng.choice([1, 1, 3]), "--disallow-traps", "true" if rng.random() < 0.6 else "false"]
    for name in OFF:
        if rng.random() < 0.15:
            words += [f"--{name}-enabled", "false"]
    for name, share in (("wide-arithmetic", 0.4), ("relaxed-simd", 0.3), ("custom-page-sizes", 0.3)):
        words += [f"--{name}-enabled", "true" if rng.random() < share else "false"]
    if rng.random() < 0.4:
        words += ["--allowed-instructions", ",".join(sorted(rng.sample(KINDS, rng.randint(4, 8))))]
    if rng.random() < 0.4:
        words += ["--max-instructions", rng.choice([20, 400, 2000])]
    done = subprocess.run([*map(str, words), str(seed), "-o", str(path)], capture_output=True)
    seed.unlink()
    return path if done.returncode == 0 else None


def calculation(tool, rng, path):
    text = path.with_suffix(".wat")
    text.write_text(arithmetic.Program(rng).text())
    subprocess.run([tool, "parse", text, "-o", path], check=True)
    return path


def head(line):
    """(the line with its outcome's class, whether that is a limit)"""
    place, equal, rest = line.partition(" = ")
    if line.startswith("instance "):
        place, equal, rest = "instance", " ", line[len("instance "):]
    if not equal:
        return line, False
    outcome = rest.split(" ")[0]
    name = CLASS_OF.get(outcome, outcome)
    if outcome in ("NONE", "REFUSED"):
        return (place + " REFUSED" if outcome == "REFUSED" else line), False
    return f"{place}{equal}{name}", name == LIMIT


def compare(mine, theirs):
    """("", what was counted) or (how they differ, None)."""
    if theirs is None:
        return "", "wasmtime gave no answer"
    if theirs and theirs[0].startswith("invalid"):
        return "", "wasmtime refuses the module"
    skip, counted = False, "no calls"
    for n, line in enumerate(mine):
        right = theirs[n] if n < len(theirs) else "nothing"
        if line.startswith("instance"):
            skip = False
        if right.startswith("instance ERROR incompatible import type"):
            return "", "imports of one name and two types"  # wasmtime's linker has no more than one
        (left, limit), (other, their_limit) = head(line), head(right)
        if limit or their_limit:
            if line.startswith("instance"):
                return "", counted
            skip = True  # until there is a new instance
        if not skip and left != other:
            return f"wpack:    {line}\n  wasmtime: {right}", None
        if line.startswith("call") and not skip:
            counted = "calls"
    return "", counted


class Comparer:
    def __init__(self, args, tool, python, programs):
        self.args, self.tool, self.programs = args, tool, programs
        self.local = threading.local()
        self.python = python

    def oracle(self):
        if not hasattr(self.local, "oracle"):
            self.local.oracle = Oracle(self.python)
        return self.local.oracle

    def judge(self, path):
        """(how it differs, what was counted, ends of calls)"""
        mine = ours(self.programs[0], path)
        ends = collections.Counter(line.partition(" = ")[2].split(" ")[0] for line in mine if line.startswith("call "))
        if mine and mine[-1].startswith("crash"):
            return mine[-1], None, ends
        for program in self.programs[1:]:
            other = ours(program, path)
            if other != mine:
                at = next((i for i, (a, b) in enumerate(zip(mine, other)) if a != b), min(len(mine), len(other)) - 1)
                return f"wpack:    {mine[at]}\n  {program}: {other[at] if at < len(other) else 'nothing'}", None, ends
        difference, counted = compare(mine, self.oracle().ask(path, mine))
        return difference, counted, ends

    def one(self, number, folder):
        rng = random.Random(f"{self.args.seed}/{number}")
        path = None
        while not path:
            path = (calculation if rng.random() < ARITHMETIC else smith)(self.tool, rng, folder / f"{number:06}.wasm")
        difference, counted, ends = self.judge(path)
        for made in folder.glob(path.stem + ".*"):
            if difference:
                self.args.keep.mkdir(parents=True, exist_ok=True)
                shutil.move(made, self.args.keep / made.name)
            else:
                made.unlink()
        if difference:
            path = self.args.keep / path.name
        return path, difference, counted, ends


def shrink(comparer, tool, path):
    """A calculation, by leaving out lines: NAME.small.wat beside it."""
    work, small = path.with_suffix(".try"), path.with_suffix(".small.wasm")
    if not path.with_suffix(".wat").exists():
        return  # one of smith's: `wasm-tools shrink` with --differs, by hand, for it takes long
    lines = path.with_suffix(".wat").read_text().splitlines()

    def holds(some):
        work.write_text("\n".join(some))
        done = subprocess.run([tool, "parse", work, "-o", small], capture_output=True)
        return done.returncode == 0 and comparer.judge(small)[0] != ""
    size = len(lines) // 2
    while size:
        at = 0
        while at < len(lines):
            fewer = lines[:at] + lines[at + size:]
            if holds(fewer):
                lines = fewer
            else:
                at += size
        size //= 2
    path.with_suffix(".small.wat").write_text("\n".join(lines) + "\n")
    work.unlink(missing_ok=True)
    small.unlink(missing_ok=True)


def run(args, comparer, tool):
    counted, ends, wrong = collections.Counter(), collections.Counter(), []
    for path in sorted((ROOT / "tests/agree/regress").glob("*.wasm")):
        difference = comparer.judge(path)[0]
        if difference:
            wrong.append(path)
            print(f"DIFFER {path}\n  {difference}", flush=True)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        folder = pathlib.Path(folder)
        for path, difference, count, end in pool.map(lambda n: comparer.one(n, folder), range(args.count)):
            ends.update(end)
            if difference:
                wrong.append(path)
                print(f"DIFFER {path}\n  {difference}", flush=True)
            else:
                counted[count] += 1
    for path in [p for p in wrong if p.parent == args.keep][:args.shrink]:
        shrink(comparer, tool, path)
    print("modules: " + ", ".join(f"{n} {what}" for what, n in counted.most_common()))
    print(f"calls: {sum(ends.values())}, " + ", ".join(f"{n} {what}" for what, n in ends.most_common()))
    print(f"{args.count} modules (seed {args.seed}), {len(wrong)} differ")
    # Modules of which nothing could be compared prove nothing.
    return 1 if wrong or counted["calls"] * 2 < args.count else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    out = pathlib.Path(os.environ.get("OUT", "build/release"))
    parser.add_argument("--keep", type=pathlib.Path, default=out / "disagree-run")
    parser.add_argument("--against", action="append", default=[])
    parser.add_argument("--shrink", type=int, default=0, help="how many of those that differ are made smaller")
    parser.add_argument("--differs", type=pathlib.Path, help="one module: status 0 when it differs")
    args = parser.parse_args()
    tool, python = offsets.wasm_tools(), venv()
    if not tool or not python:
        print(f"SKIP: {'wasm-tools' if not tool else 'wasmtime'} not installed (make peers)")
        return 0
    comparer = Comparer(args, tool, python, [build(), *args.against])
    if args.differs:
        difference = comparer.judge(args.differs)[0]
        print(difference)
        os._exit(0 if difference else 1)
    shutil.rmtree(args.keep, ignore_errors=True)
    status = run(args, comparer, tool)
    sys.stdout.flush()
    os._exit(status)  # the oracles are still there


def build():
    program = pathlib.Path(os.environ.get("OUT", "build/release")) / "tests/agree/exec-run"
    if "WPACK_EXEC_RUN" in os.environ:
        return os.environ["WPACK_EXEC_RUN"]
    subprocess.run([*os.environ.get("MAKE", "make").split(), "--no-print-directory", "-s", str(program)], check=True)
    return str(program.resolve())


if __name__ == "__main__":
    sys.exit(main())
