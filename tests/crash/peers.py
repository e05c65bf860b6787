# SPDX-License-Identifier: Apache-2.0
"""Other programs that write OCI layouts, under the same power losses: for the record, never a failure of ours."""

import os
import pathlib
import shutil
import subprocess

import faults
import rows

PEERS = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers"))
KILL_AT = ("write", "fsync", "renameat", "rename", "mkdirat", "unlinkat")
SRC = [["build", "app.wasm", "-t", "v1", "-o", "oci:src"]]


def find(name):
    for place in (PEERS / name, shutil.which(name)):
        if place and os.access(place, os.X_OK):
            return str(place)
    return None


def table(host):
    return [
        rows.Row("wpack copy", SRC, ["copy", "oci:src:v1", "oci:lay:v1"], program="wpack"),
        rows.Row("skopeo copy", SRC, ["copy", "-q", "oci:src:v1", "oci:lay:v1"], program="skopeo"),
        rows.Row("oras copy", SRC, ["copy", "--no-tty", "--from-oci-layout", "src:v1", "--to-oci-layout", "lay:v1"],
                 program="oras"),
        rows.Row("crane pull", SRC, ["pull", "--format=oci", f"{host}/src:v1", "lay"], program="crane"),
    ]


def serve(h):
    """A registry with the one artifact, for the peer that cannot read layouts."""
    folder = h.work / "served"
    rows.prepare(h.wpack, rows.Row("", [["build", "app.wasm", "-t", "src:v1", "-o", "oci:reg"]], []), folder)
    p = subprocess.Popen([h.wpack, "serve", "oci:reg", "--addr", "127.0.0.1:0"], cwd=folder, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, env=rows.environment(folder), text=True)
    return p, p.stdout.readline().strip().removeprefix("listening on http://")


def plan(h, row, points):
    ends, inner = [], []
    found = faults.points(h.wpack, row, h.fresh(row), KILL_AT)
    for fs in h.fs:
        for commit in (True, False):
            ends.append((row, "exit 0", f"{fs}{', journal written' if commit else ''}", h.image_job(fs),
                         (None, 0, False, commit)))
            for call, n in found:
                inner.append((row, "kill", f"{fs} {call}#{n}{', journal written' if commit else ''}", h.image_job(fs),
                              (call, n, False, commit)))
    step = max(1, len(inner) // points)
    return ends + inner[::step][:points]


def run(h, points):
    server, host = serve(h)
    try:
        lines = []
        for row in table(host):
            name = row.program
            row.program = h.wpack if name == "wpack" else find(name)
            if row.program is None:
                h.skip(f"{name} is not installed (make peers)")
                continue
            rows.learn(h.wpack, row, h.start_dir(row))
            h.make_bases([row])
            h.run(plan(h, row, points))
            ended, killed = h.count.get((row.name, "exit 0"), [0, 0]), h.count.get((row.name, "kill"), [0, 0])
            lines.append(f"{row.name:<18}{f'{ended[0]}/{ended[1]}':>24}{f'{killed[0]}/{killed[1]}':>24}")
        print(f"{'points/violations':<18}{'power loss after exit 0':>24}{'after kill':>24}")
        print("\n".join(lines))
        for text in h.found:
            print(f"  {text}")
        return 0
    finally:
        server.terminate()
        server.wait()
