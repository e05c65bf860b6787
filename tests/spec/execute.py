# SPDX-License-Identifier: Apache-2.0
"""The public suites executed: every file by a process of its own (run-suite.c), every assertion that does not hold a line
"FILE:LINE: what was expected and found", a table of the groups at the end."""
import collections
import concurrent.futures
import pathlib
import re
import subprocess

import scanner
import suites

COLUMNS = ["assert_return", "assert_trap", "assert_exhaustion", "assert_exception", "assert_unlinkable",
           "assert_uninstantiable"]
# Commands that have to work, and are not counted as assertions by the suites.
OTHERS = ["module", "action"]
# Legacy exceptions are validated, not run.
LEFT_OUT = {"legacy"}
SECONDS = 900
# Instructions of each group of the archives: the same with every compiler and dispatcher. Who changes what is charged
# changes these.
FUEL = {"core": 104425112, "custom-page-sizes": 63, "threads": 1039, "wide-arithmetic": 397}
COUNT = re.compile(r"(\w+)=(\d+)/(\d+)")


def one_run(words, path):
    """What the file's process said that is wrong, as lines, and its counts by type: (right, all)."""
    try:
        done = subprocess.run([*words, str(path)], capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return [f"{path}: no end after {SECONDS} s"], {}
    *lines, last = done.stdout.splitlines() or [""]
    counts = {name: (int(right), int(every)) for name, right, every in COUNT.findall(last)}
    if last.startswith("COUNT ") and done.returncode in (0, 1):
        return lines, counts
    why = done.stderr.strip().splitlines() or ["it said nothing"]
    return [*lines, last, f"{path}: status {done.returncode}: {why[0]} … {why[-1]}"], {}


def one_file(program, group, path):
    """As one_run; and again with every call watched, which must change nothing, fuel included."""
    features = suites.FEATURES.get(group, "default")
    lines, counts = one_run([program, features], path)
    if not lines:
        lines, watched = one_run([program, "--watch", features], path)
        if not lines and watched != counts:
            lines = [f"{path}: watched, it counts {watched}, else {counts}"]
    return lines, counts


def cell(tally, column):
    right, every = tally[column]
    return f"{right}/{every}" if every else "-"


def table(groups, judged):
    heads = [c.removeprefix("assert_") for c in COLUMNS] + ["commands", "refusals", "assertions"]
    print(f"{'executed':20} " + " ".join(f"{h:>15}" for h in heads))
    for group, tally in groups.items():
        tally["commands"] = [sum(tally[c][k] for c in OTHERS) for k in (0, 1)]
        tally["refusals"] = list(judged.get(group, (0, 0)))
        tally["assertions"] = [sum(tally[c][k] for c in [*COLUMNS, "refusals"]) for k in (0, 1)]
        cells = [cell(tally, c) for c in [*COLUMNS, "commands", "refusals", "assertions"]]
        print(f"{group:20} " + " ".join(f"{c:>15}" for c in cells))


def run(folder, wanted, judged, fuel):
    """Number of files that deviate. judged: group -> (right, all) of binaries to refuse, which the caller looked at; fuel:
    group -> instructions, None: not compared."""
    program = scanner.build("run-suite")
    root = pathlib.Path(folder)
    files = [(suites.group_of(root, p), p) for p in sorted((root / "spec").rglob("*.json"))]
    files = [(g, p) for g, p in files if wanted in g and g not in LEFT_OUT]
    groups = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        answers = pool.map(lambda f: one_file(program, *f), files)
        for (group, path), (lines, counts) in zip(files, answers):
            print("".join(f"{line}\n" for line in lines), end="")
            for name, (right, every) in counts.items():
                groups[group][name][0] += right
                groups[group][name][1] += every
            wrong += bool(lines) or not counts
    table(groups, judged)
    for group, tally in groups.items():
        if fuel is not None and tally["fuel"][0] != fuel.get(group):
            print(f"{group}: {tally['fuel'][0]} instructions, expected {fuel.get(group)}")
            wrong += 1
    print(f"{len(files)} files executed, {wrong} deviate")
    return wrong + (not files and not wanted)
