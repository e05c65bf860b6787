#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do wpack and wasm-tools agree on what is valid? usage: run.py [--count N] [--seed S] [--keep DIR] | --real

`make agree N=10000 SEED=1` generates modules, components and changed ones (generate.py), gives all of them to both
validators with the same features (features.py), and fails on any difference; inputs that differ are made smaller
(reduce.py) and kept in DIR with both messages. Each difference ever found and settled is a file in tests/spec/regress/.
--real (`make agree REAL=1`) reads the modules that `make peers PEERS=modules` fetched instead."""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/spec"))
import features
import generate
import offsets
import real
import reduce
import scanner

EXTRA = "custom-page-sizes,wide-arithmetic"  # smith uses them
JOBS = 2
WITS = 300   # as many components have their WIT compared
LESS = 0.15  # of the inputs are judged with some feature off


def theirs(tool, program, flags, path):
    """None when wasm-tools finds it valid, else its message."""
    env = {**os.environ, "RAYON_NUM_THREADS": "1"}
    done = subprocess.run([tool, "validate", "--features=" + features.theirs(program, flags), path], capture_output=True,
                          text=True, errors="replace", env=env)
    return None if done.returncode == 0 else done.stderr.strip()


def make(tool, program, seed, count, folder):
    """(path, features, wasm-tools' answer) of count inputs, all different."""
    generator = generate.Generator(tool, seed, folder)
    found, seen = [], set()
    while len(found) < count:
        for path in generator.family():
            key = hash(path.read_bytes())
            flags = EXTRA if generator.rng.random() >= LESS else f"{EXTRA},{features.without(generator.rng, program)}"
            if key not in seen:
                seen.add(key)
                found.append((path, flags, theirs(tool, program, flags, path)))
    return found[:count]


# Where wasm-tools is not what the component suite says, the suite wins: (wpack's message, wasm-tools', the suite's file).
# extern-names.10 and .11, which wasm-tools accepts with all its features, it refuses with the same features as wpack.
SETTLED = [
    (r"^$", r"name `.*` conflicts with previous name", "kebab.0.wasm: a-1 and a1 are two names"),
    (r"^$", r"historically accepted as `cancellable`", "binary.92.wasm: cancellable is a flag"),
]


def settled(verdict, their):
    return any(re.search(ours, verdict.message) and re.search(words, their or "ok") for ours, words, _ in SETTLED)


def differ(verdict, their):
    return not (verdict.ok if their is None else verdict.refused) and not settled(verdict, their)


def shrink(tool, program, flags, path):
    work = path.with_suffix(".try")

    def holds(data):
        work.write_bytes(data)
        return differ(scanner.judge(program, [(flags, work)])[0], theirs(tool, program, flags, work))
    small = reduce.reduce(path.read_bytes(), holds)
    work.unlink(missing_ok=True)
    return small


def report(tool, program, keep, wrong):
    keep.mkdir(parents=True, exist_ok=True)
    for path, flags, verdict, their in wrong:
        print(f"DIFFER {path.name} {flags}\n  wpack:      {verdict.slug} {verdict.message}\n  wasm-tools: {their or 'ok'}")
    for path, flags, _, _ in wrong[:40]:
        (keep / path.name).write_bytes(shrink(tool, program, flags, path))
    print(f"{len(wrong)} disagreements; the first {min(len(wrong), 40)} made smaller in {keep}")


def same_wit(tool, program, paths):
    """The number of components whose WIT is not wasm-tools'."""
    wrong = 0
    for path in paths:
        diff = real.compare_wit(tool, path, program, "--wit")
        if diff.startswith("wasm-tools"):
            continue  # valid, but no WIT says what it is
        if diff:
            wrong += 1
            print(f"WIT DIFFERS {path.name}\n" + "\n".join(diff.splitlines()[:20]))
    print(f"{len(paths)} WITs, {wrong} differ")
    return wrong


def generate_all(tool, program, args, folder):
    folders = [folder / str(job) for job in range(JOBS)]
    for f in folders:
        f.mkdir()
    share = -(-args.count // JOBS)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        made = pool.map(lambda job: make(tool, program, args.seed * 1000 + job, share, folders[job]), range(JOBS))
        return [one for part in made for one in part]


def shares(counts, total):
    """Prints how many are valid and how many are not; false when the mix proves little."""
    enough = True
    for verdict in ("valid", "invalid"):
        modules, components = counts["module", verdict], counts["component", verdict]
        percent = 100 * (modules + components) // total
        print(f"{verdict:8} {modules + components:6} ({percent} %): {modules} modules, {components} components")
        if percent < 30:
            print(f"FAIL: fewer than 30 % {verdict}")
            enough = False
    return enough


def generated(tool, program, args):
    counts, by_suite, wrong, worlds = collections.Counter(), 0, [], []
    with tempfile.TemporaryDirectory() as folder:
        found = generate_all(tool, program, args, pathlib.Path(folder))
        verdicts = scanner.judge(program, [(flags, path) for path, flags, _ in found])
        for (path, flags, their), verdict in zip(found, verdicts):
            kind = "component" if path.read_bytes()[4:8] == b"\x0d\0\1\0" else "module"
            counts[kind, "valid" if their is None else "invalid"] += 1
            by_suite += verdict.ok != (their is None) and settled(verdict, their)
            if differ(verdict, their):
                wrong.append((path, flags, verdict, their))
            elif kind == "component" and verdict.ok and len(worlds) < WITS:
                worlds.append(path)
        enough = shares(counts, len(found))
        different = same_wit(tool, program, worlds)
        if wrong:
            report(tool, program, args.keep, wrong)
    print(f"{len(found)} inputs (seed {args.seed}), {len(wrong)} disagreements; "
          f"{by_suite} where the suite has decided against wasm-tools")
    return 0 if enough and not wrong and not different else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    out = pathlib.Path(os.environ.get("OUT", "build/release"))
    parser.add_argument("--keep", type=pathlib.Path, default=out / "disagree")
    parser.add_argument("--real", action="store_true")
    args = parser.parse_args()
    tool = offsets.wasm_tools()
    if not tool:
        print("SKIP: wasm-tools not installed (make peers)")
        return 0
    program = scanner.build()
    if args.real:
        return real.compare(tool, program)
    shutil.rmtree(args.keep, ignore_errors=True)
    return generated(tool, program, args)


if __name__ == "__main__":
    sys.exit(main())
