#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The public WASI suite: usage: run.py [-v] [WORD]

`make wasi`: OUT is the build folder, MAKE the make program; the suite is wasi-p1.tar.gz in the folder WPACK_DATA. Every
module runs by tests/wasi/guest.c on a copy of its folder, with both ways of resolving paths and in the virtual world
(twice; what that changes on purpose is listed below), then by `wpack run` in its sandbox, and has to end and print as its
description says. Any deviation fails."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

WAYS = {"openat2": [], "walk and own streams": ["--walk", "--own"], "virtual": ["--virtual"], "wpack run": None}
# In the virtual world times are 0 and a device is like another one.
NOT_VIRTUAL = {"fd_filestat_set", "path_filestat", "symlink_filestat"}


def build():
    target = os.environ["OUT"] + "/tests/wasi/guest"
    subprocess.run([*os.environ.get("MAKE", "make").split(), "--no-print-directory", "-s", target], check=True)
    return pathlib.Path(target).resolve()


def run(guest, module, options, folder):
    """What is wrong with the run, or None; and the bytes that it printed."""
    about = module.with_suffix(".json")
    want = json.loads(about.read_text()) if about.exists() else {}
    sandboxed = options is None
    line = [pathlib.Path(os.environ["OUT"]) / "wpack", "run"] if sandboxed else [guest, *options]
    if "root" in want:
        root = folder / "root"
        shutil.copytree(module.parent / want["root"], root, symlinks=True)
        line += ["--dir", f"{root}:/" if sandboxed else f"{root}=/"]
    for name, value in want.get("env", {}).items():
        line += ["--env", f"{name}={value}"]
    line += [module, "--"] if sandboxed else [module]
    try:
        done = subprocess.run(line + want.get("args", []), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=300)
    except subprocess.TimeoutExpired:
        return "does not end", b""
    if done.returncode != want.get("exit_code", 0):
        return f"status {done.returncode}: {done.stderr.decode(errors='replace').strip()}", b""
    if "stdout" in want and done.stdout.decode() != want["stdout"]:
        return f"printed {done.stdout!r}", b""
    return None, done.stdout + done.stderr


def in_folder(guest, module, options, temp):
    with tempfile.TemporaryDirectory(dir=temp) as folder:
        return run(guest, module, options, pathlib.Path(folder))


def main():
    words = [a for a in sys.argv[1:] if a != "-v"]
    archive = pathlib.Path(os.environ.get("WPACK_DATA", "/nonexistent")) / "wasi-p1.tar.gz"
    if not archive.exists():
        print("wasi: SKIP: no test data (WPACK_DATA)")
        return 0
    guest = build()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="wpack-wasi-") as temp:
        temp = pathlib.Path(temp)
        with tarfile.open(archive) as tar:
            tar.extractall(temp)
        modules = sorted(p for p in temp.glob("wasi/*/*.wasm") if all(w in str(p) for w in words))
        for way, options in WAYS.items():
            right = 0
            asked = [m for m in modules if way != "virtual" or m.stem not in NOT_VIRTUAL]
            for module in asked:
                fault, printed = in_folder(guest, module, options, temp)
                if not fault and way == "virtual":
                    fault, again = in_folder(guest, module, options, temp)
                    fault = fault or (None if again == printed else f"printed {printed!r}, then {again!r}")
                right += fault is None
                if fault or "-v" in sys.argv:
                    print(f"wasi: {way}: {module.parent.name}/{module.stem}: {fault or 'right'}")
            print(f"wasi: {way}: {right} of {len(asked)}")
            wrong += len(asked) - right
        if not modules:
            print("wasi: no modules of these words")
            return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
