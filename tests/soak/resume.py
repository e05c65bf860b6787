# SPDX-License-Identifier: Apache-2.0
"""A pull of 300 MB from `wpack serve` that is killed with SIGKILL at 16 points and run again each time: how many bytes
did it take? Counted is what a proxy sent, and so with what was still in socket buffers when the client died; beside it
stands what the client's part file gained. Ends with 1 when the sum reaches 1.1 times the artifact.

    resume.py [--kills N] [--size MIB] [--target out/|oci:lay:big:1]

Needs WPACK_BIN."""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from support import sample, sha256  # noqa: E402
from support.proxy import Proxy  # noqa: E402

WPACK = str(pathlib.Path(os.environ.get("WPACK_BIN", "build/release/wpack")).absolute())
LIMIT = 1.1


def part_size(folder):
    return sum(p.stat().st_size for p in folder.glob("*/.wpack/part/*"))


def run(options, folder):
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    size = options.size * 1024 * 1024
    data = sample.core_module(sample.custom("padding", os.urandom(1 << 20) * options.size))
    (folder / "big.wasm").write_bytes(data)
    server = subprocess.Popen([WPACK, "serve", "oci:served", "--addr", "127.0.0.1:0"], cwd=folder, env=env,
                              stdout=subprocess.PIPE, text=True)
    try:
        host = server.stdout.readline().strip().removeprefix("listening on http://")
        subprocess.run([WPACK, "push", "-q", "big.wasm", f"{host}/a/big:1"], cwd=folder, env=env, check=True,
                       stdout=subprocess.DEVNULL)
        total, lost = 0, 0
        begin = time.monotonic()
        for i in range(options.kills + 1):
            before = part_size(folder)
            child = {}
            # The points are spread over the artifact; each is counted from where this run begins.
            at = max(1, size * (i + 1) // (options.kills + 1) - before) if i < options.kills else None
            proxy = Proxy(host, at=at, then=lambda c=child: c["p"].kill())
            child["p"] = subprocess.Popen([WPACK, "pull", f"{proxy.host}/a/big:1", "-o", options.target], cwd=folder,
                                          env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            err = child["p"].communicate(timeout=300)[1].decode()
            proxy.close()
            killed = child["p"].returncode == -9
            if not killed and child["p"].returncode != 0:
                raise SystemExit(f"resume: exit {child['p'].returncode}\n{err}")
            gained = (part_size(folder) if killed else len(data)) - before
            total += proxy.received
            lost += proxy.received - gained
            print(f"run {i + 1:2}: {'killed' if killed else 'ended '} received {proxy.received:>10}  kept {gained:>10}"
                  f"  lost {proxy.received - gained:>9}")
            if not killed:
                break
        else:
            raise SystemExit("resume: it never ended")
        seconds = time.monotonic() - begin
    finally:
        server.terminate()
        server.wait(30)
    if options.target.endswith("/"):
        got = sha256((folder / options.target / "big.wasm").read_bytes())
        if got != sha256(data):
            raise SystemExit(f"resume: the result is {got}")
    print(f"resume: {i} kills, {total} bytes for {len(data)} ({total / len(data):.3f}), {lost} lost, {seconds:.1f} s")
    return 0 if total < LIMIT * len(data) else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=16)
    parser.add_argument("--size", type=int, default=300, help="MiB")
    parser.add_argument("--target", default="out/")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wpack-resume-"))
    try:
        return run(options, folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
