#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs real programs under `wpack run` and under wasmtime and compares: usage: run.py [--only WORD] [--replay WPACK... --kernels FOLDER]

The rows stand in runs.toml; the programs come from `make peers PEERS="programs modules wasmtime"`. Compared are exit status,
standard output and error, and every file, folder and link that is left. A row whose program is not there is skipped loudly;
none at all is a failure. --replay takes several builds of wpack instead of wasmtime: under --virtual all of them, and each
twice, give the same instructions and the same bytes."""
import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers"))
WPACK = os.environ.get("WPACK_BIN", str(ROOT / "build/release/wpack"))
KERNELS = {"fib": 20, "sieve": 50000, "matmul": 40, "sha256": 30000, "qsort": 3000, "vm": 300, "nbody": 500, "hash": 20000}
WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega".split()


def made(length):
    """Text that compresses like text, the same each time."""
    out, seed, size = [], 1, 0
    while size < length:
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        word = WORDS[(seed >> 16) % len(WORDS)] + (str(seed % 100) if seed & 0x700000 == 0 else "")
        out.append(word + ("\n" if seed & 0xF0000 == 0 else " "))
        size += len(out[-1])
    return "".join(out).encode()[:length]


class Run:
    def __init__(self, name, row):
        self.name, self.row = name, row
        module = row["module"]
        place = CACHE / (module if "/" in module else f"programs/{module}")
        self.path = place.with_name(place.name + ".wasm")
        self.guest = row.get("dir", "/")
        kind, _, size = row.get("input", "").partition(" ")
        self.stdin = made(int(size)) if kind == "text" else row.get("stdin", "").encode()
        self.files = {k: v.encode() for k, v in row.get("files", {}).items()}
        if kind == "file":
            self.files["in"] = made(int(size))
        for data in row.get("data", []):
            file = CACHE / "programs/data" / data
            self.files[data] = file.read_bytes() if file.is_file() else None

    @classmethod
    def of_kernel(cls, folder, name, size):
        run = cls(f"kernel-{name}", {"module": name, "args": [str(size)], "dir": ""})
        run.path = folder / f"{name}.wasm"
        return run

    def missing(self):
        return not self.path.is_file() or None in self.files.values()

    def lay(self, folder):
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def words(self, program, folder):
        env = [w for k, v in self.row.get("env", {}).items() for w in ("--env", f"{k}={v}")]
        args = self.row.get("args", [])
        if program == "wasmtime":
            grant = ["--dir", f"{folder}::{self.guest}"] if self.guest else []
            return [str(CACHE / "wasmtime"), "run", *grant, *env, str(self.path), *args]
        grant = ["--dir", f"{folder}:{self.guest}"] if self.guest else []
        return [*program, *grant, *env, str(self.path), "--", *args]


def left(folder):
    """path -> what it is"""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        else:
            found[name] = "folder" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def go(run, program):
    with tempfile.TemporaryDirectory(prefix="wpack-programs-") as tmp:
        folder = pathlib.Path(tmp) / "d"
        folder.mkdir()
        run.lay(folder)
        begin = time.monotonic()
        env = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
        stdin = pathlib.Path(tmp) / "stdin"  # a file: how much a pipe gives at once is chance
        stdin.write_bytes(run.stdin)
        with stdin.open("rb") as f:
            done = subprocess.run(run.words(program, folder), stdin=f, capture_output=True, env=env, timeout=600)
        return {"status": done.returncode, "stdout": done.stdout, "stderr": done.stderr, "files": left(folder),
                "seconds": time.monotonic() - begin}


def differences(run, ours, theirs):
    bad = []
    if theirs["status"] not in (run.row.get("status", 0), -6 if run.row.get("status") == 134 else None):
        bad.append(f"wasmtime: status {theirs['status']}, not {run.row.get('status', 0)}: {theirs['stderr'][-300:]!r}")
    if ours["status"] != run.row.get("status", 0):
        bad.append(f"wpack: status {ours['status']}, not {run.row.get('status', 0)}: {ours['stderr'][-600:]!r}")
    kinds = ["stdout", "stderr"] if run.row.get("errors", True) else ["stdout"]
    if "blank" in run.row:
        for seen in (ours, theirs):
            seen.update({kind: re.sub(run.row["blank"].encode(), b"", seen[kind]) for kind in kinds})
    for kind in kinds:
        if ours[kind] != theirs[kind]:
            at = next((i for i, (a, b) in enumerate(zip(ours[kind], theirs[kind])) if a != b), min(len(ours[kind]), len(theirs[kind])))
            begin = max(at - 40, 0)
            bad.append(f"{kind} differs at byte {at}: wpack {ours[kind][begin:at + 80]!r}, wasmtime {theirs[kind][begin:at + 80]!r}")
    for name in sorted(ours["files"].keys() | theirs["files"].keys()):
        if ours["files"].get(name) != theirs["files"].get(name):
            bad.append(f"file {name}: wpack {ours['files'].get(name)}, wasmtime {theirs['files'].get(name)}")
    return bad


def compare(runs):
    print(f"{'program':20} {'status':>6} {'bytes':>9} {'files':>5} {'wpack s':>8} {'wasmtime':>8}")
    failed = 0
    for run in runs:
        ours, theirs = go(run, [WPACK, "run"]), go(run, "wasmtime")
        bad = differences(run, ours, theirs)
        failed += bool(bad)
        print(f"{run.name:20} {ours['status']:6} {len(ours['stdout']):9} {len(ours['files']):5} {ours['seconds']:8.2f} {theirs['seconds']:8.2f}"
              f"{'' if not bad else '  DIFFERENT'}", flush=True)
        for text in bad:
            print(f"    {text}")
    return failed


def answer(done):
    """(fuel, everything that was seen)"""
    report = json.loads(done["stdout"])
    seen = {k: report.get(k) for k in ("outcome", "exit", "fuel", "memory", "stop", "detail", "frames", "stdout", "stderr", "stdoutBase64",
                                       "stderrBase64")}
    seen["files"] = done["files"]
    return report.get("fuel"), hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def replay(runs, builds):
    failed = 0
    print(f"{'program':20} {'instructions':>15}  {', '.join(pathlib.Path(b).parent.name for b in builds)}, each twice")
    for run in runs:
        answers = [answer(go(run, [build, "run", "--virtual", "--format", "json"])) for build in builds for _ in range(2)]
        same = len(set(answers)) == 1
        failed += not same
        print(f"{run.name:20} {answers[0][0]:>15,}  {answers[0][1][:16] if same else f'DIFFERENT {answers}'}", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--replay", nargs="+")
    parser.add_argument("--kernels", type=pathlib.Path, help="their folder")
    options = parser.parse_args()
    rows = tomllib.loads((HERE / "runs.toml").read_text())
    runs = [Run(name, row) for name, row in rows.items() if options.only in name]
    if options.kernels:
        runs += [Run.of_kernel(options.kernels, name, size) for name, size in KERNELS.items() if options.only in name]
    if not options.replay and not os.access(CACHE / "wasmtime", os.X_OK):
        print("SKIP: wasmtime not installed (make peers)")
        return 0
    for run in runs:
        if run.missing():
            print(f"SKIP: {run.name}: {run.path.name} is not there (make peers PEERS=\"programs modules\")")
    there = [run for run in runs if not run.missing()]
    failed = replay(there, options.replay) if options.replay else compare(there)
    print(f"{len(there) - failed} passed, {failed} failed, {len(runs) - len(there)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
