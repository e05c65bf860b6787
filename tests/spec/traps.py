#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Inputs of at most a megabyte that try to cost more than they weigh: usage: traps.py [--time] [NAME...]

Every one has to be answered within 64 MiB beyond its size, and within ten seconds of CPU time, which no quadratic step
survives; the answer has to be the one given here. Asked again with a budget of a megabyte, none may take more. The times beside an ordinary module of the same size are printed for
people, never judged; --time prints those above a second as LATE."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import scanner
from encode import *  # noqa: F403
import traps_component
import traps_core

MIB = 1 << 20
MOST = 64 * MIB
BUDGET = MIB
SLACK = MIB // 2  # pages of the program itself that are touched for the first time, stacks


def cost(program, path, *budget):
    done = subprocess.run([program, str(path), *map(str, budget)], capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        return f"ended with status {done.returncode}", 10.0, 0, done.stderr.strip()[-200:]
    slug, micros, kib, message = done.stdout.rstrip("\n").split("\t", 3)
    return slug, int(micros) / 1e6, int(kib) * 1024, message


def problem(expected, slug, memory, message, sanitized):
    if slug not in expected.split("|"):
        return f"expected {expected}: {slug} {message}"
    if memory > MOST and not sanitized:
        return f"{memory // MIB} MiB"
    return None


def within_budget(program, path, expected, sanitized):
    slug, _, memory, message = cost(program, path, BUDGET)
    if slug not in [*expected.split("|"), "limit"]:
        return f"with a budget of {BUDGET}: {slug} {message}"
    if memory > BUDGET + SLACK and not sanitized:
        return f"with a budget of {BUDGET}: {memory} bytes"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    sanitized = "san" in os.environ.get("OUT", "")
    program = scanner.build("scan-cost")
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "trap.wasm"
        path.write_bytes(traps_core.ordinary())
        ordinary = max(cost(program, path)[1], 1e-4)
        for name, expected, make in [*traps_core.TRAPS, *traps_component.TRAPS]:
            if args.names and name not in args.names:
                continue
            data = make()
            assert len(data) <= MIB, f"{name}: {len(data)} bytes"
            path.write_bytes(data)
            slug, seconds, memory, message = cost(program, path)
            why = problem(expected, slug, memory, message, sanitized) or within_budget(program, path, expected, sanitized)
            late = args.time and seconds > 1
            bad += why is not None
            print(f"{name:34} {len(data) / 1024:6.0f} KiB {memory / MIB:6.1f} MiB {seconds / ordinary:7.1f}x  {slug}"
                  + (f"  WRONG {why}" if why else "") + (f"  LATE {seconds:.2f} s" if late else ""))
    print(f"{bad} inputs dear or misjudged" if bad else "none too dear")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
