#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times `wpack run` beside wasmi and wasmtime's interpreter: usage: runtime.py [--rounds N] [--only WORD] [--pulley]

Kernels (tests/bench/kernels, built by clang -O2; CoreMark as the crate coremark): CPU seconds of the whole process, validation,
sandbox and start included, programs in turns, round by round, medians; ours with fuel and deadline on. Ratio: ours over
wasmi's; below 1 we are faster. Then start-up: wall time of five programs that do next to nothing, and the memory of all
processes together. Nothing is asserted here."""
import argparse
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers"))
WPACK = os.environ.get("WPACK_BIN", str(ROOT / "build/release/wpack"))
OUT = pathlib.Path(os.environ.get("WPACK_BENCH", ROOT / "build/release/tests/bench"))
KERNELS = {"fib": 36, "sieve": 20000000, "matmul": 400, "sha256": 12000000, "qsort": 500000, "vm": 40000, "nbody": 1000000,
           "hash": 4000000, "coremark": 2000}
STARTS = {"C hello": ["modules/c-hello", "a"], "Rust": ["programs/coremark", "1"], "Go hello": ["programs/hello"],
          "gojq 1+1": ["modules/gojq", "-n", "1+1"], "yosys -V": ["modules/yosys", "-V"]}


def where(module):
    return CACHE / f"{module}.wasm"


def once(tool, words, cwd="/"):
    """The figures that the launcher wrote."""
    with tempfile.NamedTemporaryFile() as out:
        done = subprocess.run([OUT / tool, out.name, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, cwd=cwd)
        text = out.read().split()
        if not text or done.returncode == 127:
            raise SystemExit(f"{' '.join(map(str, words))}: {done.stderr.decode(errors='replace').strip()}")
    return [float(t) for t in text], done.stdout


def programs(pulley):
    found = {"wpack": [WPACK, "run", "--fuel", "9000000000000000", "--timeout", "1h"], "wasmi": [CACHE / "wasmi"]}
    if pulley:
        found["pulley"] = [CACHE / "wasmtime", "run", "--target", "pulley64"]
    return found


def words(program, name, module, args):
    return [*program, module, *(["--"] if name == "wpack" else []), *args]


def kernels(options):
    table = programs(options.pulley)
    print(f"{'CPU s':10}" + "".join(f"{name:>9}" for name in table) + f"{'ratio':>9}")
    ratios = []
    for kernel, size in KERNELS.items():
        module = CACHE / "programs/coremark.wasm" if kernel == "coremark" else OUT / "kernels" / f"{kernel}.wasm"
        if options.only not in kernel:
            continue
        if not module.is_file():
            print(f"SKIP: {kernel}: {module.name} is not there (make peers PEERS=programs)")
            continue
        found, said = {name: [] for name in table}, set()
        for _ in range(options.rounds):
            for name, program in table.items():
                figures, stdout = once("timed", words(program, name, module, [size]))
                found[name].append(figures[1])
                said.add(stdout)
        if len(said) != 1:
            raise SystemExit(f"{kernel}: different answers: {said}")
        middle = {name: statistics.median(column) for name, column in found.items()}
        ratios.append(middle["wpack"] / middle["wasmi"])
        print(f"{kernel:10}" + "".join(f"{t:9.3f}" for t in middle.values()) + f"{ratios[-1]:8.2f}x", flush=True)
    if ratios:
        print(f"{'geometric mean':10}" + f"{math.exp(statistics.fmean(map(math.log, ratios))):.3f}x, worst {max(ratios):.2f}x")


def starts(options):
    table = {"wpack": [WPACK, "run"], "wasmi": [CACHE / "wasmi"], "wasmtime": [CACHE / "wasmtime", "run", "-C", "cache=n"]}
    print(f"\n{'':10} {'wall ms (median of rounds)':^30}  {'CPU ms':^20}  {'MiB, all processes':^30}")
    print(f"{'':10} {'wpack':>9} {'wasmi':>9} {'wasmtime':>9} {'wpack':>10} {'wasmi':>9}  {'wpack':>9} {'wasmi':>9} {'wasmtime':>9}   wall, MiB / wasmi's")
    for title, (module, *args) in STARTS.items():
        if not where(module).is_file():
            print(f"SKIP: {title}: {module} is not there (make peers PEERS=\"modules programs\")")
            continue
        slow = {"gojq 1+1", "yosys -V"}
        runs = {name: [] for name in table}
        for i in range(options.rounds * 4):
            for name, program in table.items():
                if name == "wasmtime" and i > (0 if title in slow else 3):
                    continue
                runs[name].append(once("timed", words(program, name, where(module), args))[0])
        wall = {n: statistics.median(r[0] for r in rows) * 1e3 for n, rows in runs.items()}
        cpu = {n: statistics.median(r[1] for r in rows) * 1e3 for n, rows in runs.items()}
        peak = {n: statistics.median(once("tree-peak", words(program, n, where(module), args))[0][0]
                                     for _ in range(1 if n == "wasmtime" else options.rounds)) / 1024 for n, program in table.items()}
        print(f"{title:10} {wall['wpack']:9.1f} {wall['wasmi']:9.1f} {wall['wasmtime']:9.1f} {cpu['wpack']:10.1f} {cpu['wasmi']:9.1f}"
              f"  {peak['wpack']:9.1f} {peak['wasmi']:9.1f} {peak['wasmtime']:9.1f}   {wall['wpack'] / wall['wasmi']:.2f}x, "
              f"{peak['wpack'] / peak['wasmi']:.2f}x", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--pulley", action="store_true")
    options = parser.parse_args()
    if any(not os.access(CACHE / name, os.X_OK) for name in ("wasmi", "wasmtime")):
        print("SKIP: wasmi or wasmtime not installed (make peers PEERS=\"wasmi wasmtime\")")
        return 0
    kernels(options)
    if not options.only or options.only in "start-up":
        starts(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
