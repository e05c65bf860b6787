# SPDX-License-Identifier: Apache-2.0
"""Real modules and components (`make peers PEERS=modules`): verdicts, and the WIT of components, against wasm-tools."""
import difflib
import os
import pathlib
import subprocess

import features
import scanner

AT_LEAST = 20


def folder():
    cache = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers"))
    return cache / "modules"


def lines_of(*words):
    """The words' output without empty lines and comments, or the reason for none."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        return None, done.stderr.strip()
    lines = (line.rstrip() for line in done.stdout.splitlines())
    return [line for line in lines if line and not line.lstrip().startswith("//")], ""


def compare_wit(tool, path, *ours):
    """What differs between wasm-tools' WIT and that which the command `ours` prints; "" when nothing does."""
    theirs, why = lines_of(tool, "component", "wit", path)
    if theirs is None:
        return f"wasm-tools component wit: {why}"
    ours, why = lines_of(*ours, path)
    if ours is None:
        return f"wpack's WIT: {why}"
    return "\n".join(difflib.unified_diff(theirs, ours, "wasm-tools", "wpack", lineterm="", n=1))


def compare(tool, program):
    wpack = os.environ.get("WPACK_BIN", "build/release/wpack")
    paths = sorted(folder().glob("*.wasm"))
    if not paths:
        print("SKIP: no real modules (make peers PEERS=modules)")
        return 0
    wrong = components = 0
    for path, verdict in zip(paths, scanner.judge(program, [("", p) for p in paths])):
        done = subprocess.run([tool, "validate", "--features=" + features.theirs(program, ""), path], capture_output=True, text=True,
                              errors="replace")
        kind = "module"
        note = ""
        if verdict.ok != (done.returncode == 0):
            note = f"wasm-tools: {done.stderr.strip() or 'ok'}"
        with path.open("rb") as f:
            if f.read(8)[6:7] == b"\1":
                kind = "component"
                components += 1
                note = note or compare_wit(tool, path, wpack, "inspect", "--wit")
        wrong += note != ""
        print(f"{path.stem:16} {kind:10} {path.stat().st_size / 1e6:6.2f} MB  {verdict.slug} {verdict.message}")
        if note:
            print(f"  DIFFER {note}")
    print(f"{len(paths)} real binaries, {components} of them components, {wrong} disagreements")
    if len(paths) < AT_LEAST:
        print(f"FAIL: at least {AT_LEAST} are wanted")
        return 1
    return 1 if wrong else 0
