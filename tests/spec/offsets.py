# SPDX-License-Identifier: Apache-2.0
"""Do two validators mean the same place? The reported offsets of "type mismatch", ours and wasm-tools', in instructions.

Both offsets are laid on the list of instructions that `wasm-tools print --print-offsets` gives; each belongs to the last
instruction that begins at or before it, and they agree when these are the same one or neighbours."""
import bisect
import os
import pathlib
import re
import shutil
import subprocess

# Not "all": custom descriptors make some of the suite's casts valid.
FEATURES = "-all,wasm3,threads,legacy-exceptions,custom-page-sizes,wide-arithmetic"
AT = re.compile(r"\(at offset 0x([0-9a-f]+)\)")
PRINTED = re.compile(r"^\(;@([0-9a-f]+)\s*;\)", re.MULTILINE)


def wasm_tools():
    cache = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers"))
    here = cache / "wasm-tools"
    return str(here) if os.access(here, os.X_OK) else shutil.which("wasm-tools")


def their_offset(program, path):
    """None when wasm-tools finds the module valid, or invalid without saying where."""
    env = {**os.environ, "RAYON_NUM_THREADS": "1"}
    done = subprocess.run([program, "validate", "--features=" + FEATURES, path], capture_output=True, text=True,
                          errors="replace", env=env)
    found = AT.findall(done.stderr)
    return int(found[-1], 16) if done.returncode != 0 and found else None


def instructions(program, path):
    done = subprocess.run([program, "print", "--print-offsets", path], capture_output=True, text=True, errors="replace")
    return sorted({int(x, 16) for x in PRINTED.findall(done.stdout)})


def agree(program, path, ours, theirs):
    if ours == theirs:
        return True
    if ours is None or theirs is None:
        return False
    places = instructions(program, path)
    return len(places) > 0 and abs(bisect.bisect_right(places, ours) - bisect.bisect_right(places, theirs)) <= 1
