#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times wpack beside oras, crane, regctl and skopeo in one run: usage: run.py [--rounds N] [--only WORD]

Every row is one job (push or pull of one artifact against one registry); its programs take turns, round by round, so that
a machine whose speed drifts drifts for all. Figures are medians: wall and CPU seconds of the whole process and its
children, peak resident memory. The last column is wpack's wall time over the best peer's. Nothing is asserted here."""

import argparse
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers"))
WPACK = os.environ.get("WPACK_BIN", str(ROOT / "build/release/wpack"))
TIMED = os.environ.get("WPACK_TIMED", str(ROOT / "build/release/tests/bench/timed"))
MIB = 1 << 20


def peer(name):
    for place in (PEERS / name, shutil.which(name)):
        if place and os.access(place, os.X_OK):
            return str(place)
    return None


class Figures:
    def __init__(self):
        self.wall, self.cpu, self.rss = [], [], []

    def add(self, wall, cpu, rss):
        self.wall.append(wall)
        self.cpu.append(cpu)
        self.rss.append(rss)

    def medians(self):
        return statistics.median(self.wall), statistics.median(self.cpu), statistics.median(self.rss)


def timed(args, env, cwd):
    """(wall s, CPU s, peak RSS MiB) of one whole process, measured by a launcher that is smaller than any of them; its
    failure ends the bench."""
    figures = pathlib.Path(cwd) / "figures"
    p = subprocess.run([TIMED, figures, *args], env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True)
    if p.returncode != 0:
        sys.exit(f"{' '.join(map(str, args))}\nexit {p.returncode}: {(p.stdout + p.stderr).decode(errors='replace')[-2000:]}")
    wall, cpu, rss = figures.read_text().split()
    return float(wall), float(cpu), int(rss) / 1024


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Registry:
    """A registry as a child process on a loopback port, over a folder of its own."""

    def __init__(self, name, folder):
        self.name = name
        folder.mkdir()
        port = free_port()
        self.host = f"127.0.0.1:{port}"
        if name == "wpack serve":
            args = [WPACK, "serve", f"oci:{folder}/lay", "--addr", self.host]
        elif name == "crane --disk":
            args = [peer("crane"), "registry", "serve", "--address", self.host, "--disk", str(folder)]
        else:
            config = folder / "config.yml"
            config.write_text(
                "version: 0.1\nlog: {level: error}\n"
                f"storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}\n"
                f"http: {{addr: {self.host}}}\n"
            )
            args = [peer("registry"), "serve", str(config)]
        env = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
        self.process = subprocess.Popen(args, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit(f"{name} does not listen")
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def make_layout(folder, sizes, seed):
    """A layout with one artifact of layers of these sizes under the tag v1, made by wpack itself."""
    work = folder / "files"
    work.mkdir(parents=True)
    names = []
    for i, size in enumerate(sizes):
        # Incompressible and different in each layer, cheap to make.
        block = bytes((seed + i + k * 7919) * 2654435761 >> 13 & 255 for k in range(65536))
        with open(work / f"f{i:03}", "wb") as f:
            f.write(i.to_bytes(4, "big") + block[4:])
            for _ in range(size // 65536 - 1):
                f.write(block)
            f.write(block[: size % 65536])
        names.append(f"f{i:03}:application/octet-stream")
    subprocess.run([WPACK, "push", "-q", f"oci:{folder}/lay:v1", *names, "--artifact-type", "application/vnd.bench"],
                   cwd=work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shutil.rmtree(work)
    return folder / "lay"


def push_args(program, layout, host, repo):
    return {
        "wpack": [WPACK, "copy", "-q", f"oci:{layout}:v1", f"{host}/{repo}:v1", "--no-referrers"],
        "oras": [peer("oras"), "cp", "--from-oci-layout", f"{layout}:v1", "--to-plain-http", f"{host}/{repo}:v1"],
        "crane": [peer("crane"), "push", str(layout), f"{host}/{repo}:v1"],
        "regctl": [peer("regctl"), "--host", f"reg={host},tls=disabled", "image", "copy", f"ocidir://{layout}:v1",
                   f"{host}/{repo}:v1"],
        "skopeo": [peer("skopeo"), "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}:v1", f"docker://{host}/{repo}:v1"],
    }[program]


def pull_args(program, host, repo, to):
    return {
        "wpack": [WPACK, "copy", "-q", f"{host}/{repo}:v1", f"oci:{to}:v1", "--no-referrers"],
        "oras": [peer("oras"), "cp", "--from-plain-http", f"{host}/{repo}:v1", "--to-oci-layout", f"{to}:v1"],
        "crane": [peer("crane"), "pull", "--format=oci", f"{host}/{repo}:v1", str(to)],
        "regctl": [peer("regctl"), "--host", f"reg={host},tls=disabled", "image", "copy", f"{host}/{repo}:v1", f"ocidir://{to}:v1"],
        "skopeo": [peer("skopeo"), "copy", "-q", "--src-tls-verify=false", f"docker://{host}/{repo}:v1", f"oci:{to}:v1"],
    }[program]


def start_args(program):
    return {
        "wpack": [WPACK, "--version"],
        "oras": [peer("oras"), "version"],
        "crane": [peer("crane"), "version"],
        "regctl": [peer("regctl"), "version"],
        "skopeo": [peer("skopeo"), "--version"],
        "/bin/true": ["/bin/true"],
    }[program]


def one_turn(program, kind, layout, tmp, env, push, pull):
    """Push to and pull from a registry that has seen nothing yet: content left by an earlier turn would be skipped, and
    clients that remember where a blob was would mount it."""
    folder, to = tmp / "registry", tmp / "to"
    registry = Registry(kind, folder)
    try:
        push.add(*timed(push_args(program, layout, registry.host, "bench/x"), env, tmp))
        pull.add(*timed(pull_args(program, registry.host, "bench/x", to), env, tmp))
    finally:
        registry.stop()
    shutil.rmtree(to)
    shutil.rmtree(folder)


def report(title, figures):
    best = min((f.medians()[0] for name, f in figures.items() if name not in ("wpack", "/bin/true")), default=None)
    print(f"\n{title}")
    print(f"  {'':10} {'wall s':>9} {'CPU s':>9} {'RSS MiB':>9}")
    for name, f in figures.items():
        wall, cpu, rss = f.medians()
        mark = f"   {wall / best:.2f} × the best peer" if name == "wpack" and best else ""
        print(f"  {name:10} {wall:9.3f} {cpu:9.3f} {rss:9.1f}{mark}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", default="", help="rows whose title holds this word")
    options = parser.parse_args()
    programs = ["wpack"]
    for name in ("oras", "crane", "regctl", "skopeo"):
        if peer(name):
            programs.append(name)
        else:
            print(f"SKIP: {name} not installed (make peers)")
    registries = ["wpack serve"]
    registries += ["crane --disk"] if peer("crane") else []
    registries += ["distribution v3"] if peer("registry") else []
    artifacts = {"200 MB": [200 * MIB], "2 MB": [2 * MIB], "200 x 50 KB": [50_000] * 200}
    with tempfile.TemporaryDirectory(prefix="wpack-bench-") as tmp:
        tmp = pathlib.Path(tmp)
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp), "DOCKER_CONFIG": str(tmp), "REGCTL_CONFIG": str(tmp / "regctl.json")}
        figures = {p: Figures() for p in [*programs, "/bin/true"]}
        if options.only in "start-up":
            for _ in range(options.rounds):
                for p in figures:
                    figures[p].add(*timed(start_args(p), env, tmp))
            report("start-up", figures)
        layouts = {name: make_layout(tmp / f"src{i}", sizes, i) for i, (name, sizes) in enumerate(artifacts.items())}
        for kind in registries:
            for name, layout in layouts.items():
                title = f"{name}, {kind}"
                if options.only not in f"push {title}" and options.only not in f"pull {title}":
                    continue
                pushes = {p: Figures() for p in programs}
                pulls = {p: Figures() for p in programs}
                for r in range(options.rounds):
                    for p in programs:
                        one_turn(p, kind, layout, tmp, env, pushes[p], pulls[p])
                report(f"push {title}", pushes)
                report(f"pull {title}", pulls)


if __name__ == "__main__":
    main()
