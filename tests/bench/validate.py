#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times `wpack validate` beside `wasm-tools validate`: usage: validate.py [--rounds N] [--small N]

Four real modules (`make peers PEERS=modules`), the two programs in turns, round by round, so that a machine whose speed
drifts drifts for both; figures are medians of whole processes, sandboxed child included. One thread: bytes per CPU second and
their ratio (above 1: wpack is faster). Two threads: wall time. Peak resident memory of the largest process. Then a module of a
kilobyte, hundreds of times. Nothing is asserted here."""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/spec"))
import encode
import offsets

CACHE = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers"))
WPACK = os.environ.get("WPACK_BIN", str(ROOT / "build/release/wpack"))
TIMED = os.environ.get("WPACK_TIMED", str(ROOT / "build/release/tests/bench/timed"))
MODULES = ["gojq", "esbuild", "php", "yosys"]
STANDARD = ("-all,floats,gc-types,mutable-global,saturating-float-to-int,sign-extension,reference-types,multi-value,bulk-memory,"
            "bulk-memory-opt,call-indirect-overlong,simd,relaxed-simd,tail-call,multi-memory,exceptions,memory64,extended-const,"
            "function-references,gc,threads,legacy-exceptions,component-model")


def timed(words, threads):
    env = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    with tempfile.NamedTemporaryFile() as out:
        done = subprocess.run([TIMED, out.name, *map(str, words)], env=env, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
        wall, cpu, peak = out.read().split()
    return float(wall), float(cpu), int(peak) / 1024


def programs(tool, threads):
    return {"wpack": [WPACK, "validate", "-j", threads], "wasm-tools": [tool, "validate", f"--features={STANDARD}"]}


def measure(tool, path, threads, rounds, middle=statistics.median):
    """program -> medians of wall, CPU, MiB."""
    found = {name: [] for name in programs(tool, threads)}
    for _ in range(rounds):
        for name, words in programs(tool, threads).items():
            found[name].append(timed([*words, path], threads))
    return {name: [middle(column) for column in zip(*runs)] for name, runs in found.items()}


def typical_and_fast(column):
    """The median, and what one run in ten undercuts: a busy machine spoils the first sooner."""
    column = sorted(column)
    return statistics.median(column), column[len(column) // 10]


def big(tool, rounds):
    print(f"{'module':10} {'MB':>6} | {'MB per CPU s, 1 thread':^32} | {'ms wall, 2 threads':^30} | {'peak MiB, 1 thread':^20} |  2 threads")
    print(f"{'':10} {'':6} | {'wpack':>9} {'wasm-tools':>11} {'ratio':>9}  | {'wpack':>9} {'wasm-tools':>11} {'ratio':>8} |"
          f" {'wpack':>8} {'wasm-tools':>11} |  {'wpack':>8} {'wasm-tools':>11}")
    for name in MODULES:
        path = CACHE / "modules" / f"{name}.wasm"
        if not path.is_file():
            print(f"SKIP: {name} is not there (make peers PEERS=modules)")
            continue
        size = path.stat().st_size / 1e6
        one, two = measure(tool, path, 1, rounds), measure(tool, path, 2, rounds)
        speed = {k: size / max(v[1], 1e-4) for k, v in one.items()}
        print(f"{name:10} {size:6.1f} | {speed['wpack']:9.0f} {speed['wasm-tools']:11.0f} {speed['wpack'] / speed['wasm-tools']:8.2f}x  |"
              f" {two['wpack'][0] * 1e3:9.1f} {two['wasm-tools'][0] * 1e3:11.1f} {two['wpack'][0] / two['wasm-tools'][0]:7.2f}x |"
              f" {one['wpack'][2]:8.1f} {one['wasm-tools'][2]:11.1f} |  {two['wpack'][2]:8.1f} {two['wasm-tools'][2]:11.1f}")


def small(tool, rounds):
    with tempfile.NamedTemporaryFile(suffix=".wasm") as f:
        f.write(encode.one_function(b"\x20\0\x41\x05\x6a\x21\0" * 140, [encode.u(1) + encode.I32]))
        f.flush()
        found = measure(tool, f.name, 1, rounds, typical_and_fast)
        print(f"{os.path.getsize(f.name)} bytes, {rounds} runs each, ms:")
        for row, title in ((0, "wall"), (1, "CPU")):
            for rank, suffix in ((0, " median"), (1, " fastest tenth")):
                ours, theirs = (found[name][row][rank] * 1e3 for name in ("wpack", "wasm-tools"))
                print(f"  {title + suffix:32} wpack {ours:6.2f}  wasm-tools {theirs:6.2f}  {ours / theirs:.2f}x")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--small", type=int, default=300)
    args = parser.parse_args()
    tool = offsets.wasm_tools()
    if not tool:
        print("SKIP: wasm-tools not installed (make peers)")
        return 0
    big(tool, args.rounds)
    small(tool, args.small)
    return 0


if __name__ == "__main__":
    sys.exit(main())
