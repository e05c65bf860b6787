#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads `wpack serve` beside crane's registry, distribution v3 and nginx with the same bytes as files: usage: serve.py
[--rounds N] [--seconds S]

Requests per second and p99 are wrk's (2 threads, 64 connections); CPU is the server's own, all its processes and
threads, divided by the requests. Servers take turns, round by round; figures are medians. Nothing is asserted here."""

import argparse
import http.client
import os
import pathlib
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from run import MIB, WPACK, Registry, free_port, make_layout, peer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
NGINX = """worker_processes 2; daemon off; pid {d}/pid; error_log /dev/null; events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; keepalive_requests 10000000; client_body_temp_path {d}; proxy_temp_path {d};
fastcgi_temp_path {d}; uwsgi_temp_path {d}; scgi_temp_path {d}; server {{ listen {host}; root {d}/root; }} }}
"""


class Nginx:
    """The manifest and the blob as files under the paths that a registry has for them."""

    def __init__(self, folder, files):
        self.name = "nginx, files"
        for path, data in files.items():
            (folder / "root" / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            (folder / "root" / path.lstrip("/")).write_bytes(data)
        self.host = f"127.0.0.1:{free_port()}"
        (folder / "conf").write_text(NGINX.format(d=folder, host=self.host))
        for p in (folder, *folder.parents):
            if p != pathlib.Path("/tmp") and p.stat().st_uid == os.geteuid():
                p.chmod(p.stat().st_mode | 0o055)  # its workers are nobody
        self.process = subprocess.Popen([peer("nginx"), "-c", folder / "conf", "-p", folder], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        while socket.socket().connect_ex(("127.0.0.1", int(self.host.split(":")[1]))) != 0:
            if self.process.poll() is not None:
                sys.exit("nginx does not start")
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def family(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu(pid):
    """Seconds of CPU of a server's processes so far."""
    ticks = 0
    for p in family(pid):
        fields = pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def rss(pid):
    texts = [pathlib.Path(f"/proc/{p}/status").read_text() for p in family(pid)]
    return sum(int(re.search(r"VmRSS:\s+(\d+)", t)[1]) for t in texts) / 1024


def get(host, path):
    c = http.client.HTTPConnection(host)
    c.request("GET", path, headers={"Accept": MANIFEST})
    r = c.getresponse()
    data = r.read()
    assert r.status == 200, f"{host}{path}: {r.status}"
    return data


def milliseconds(text):
    value, unit = re.match(r"([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def load(server, path, seconds):
    """(requests per second, CPU µs per request, p99 ms, RSS MiB)"""
    before = cpu(server.process.pid)
    p = subprocess.run([peer("wrk"), "-t2", "-c64", f"-d{seconds}s", "--latency", "-H", f"Accept: {MANIFEST}",
                        f"http://{server.host}{path}"], capture_output=True, text=True, check=True)
    used = cpu(server.process.pid) - before
    if "Non-2xx" in p.stdout or "Socket errors" in p.stdout:
        sys.exit(f"{server.name}: {p.stdout}")
    count = int(re.search(r"(\d+) requests in", p.stdout)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", p.stdout)[1])
    return rate, used / count * 1e6, milliseconds(re.search(r"99%\s+(\S+)", p.stdout)[1]), rss(server.process.pid)


def fetch(server, path):
    """(wall s, the server's CPU s) of one large GET."""
    before, start = cpu(server.process.pid), time.monotonic()
    subprocess.run(["curl", "-sf", "-o", "/dev/null", f"http://{server.host}{path}"], check=True)
    return time.monotonic() - start, cpu(server.process.pid) - before


def table(title, servers, rounds, columns, measure):
    found = {s.name: [] for s in servers}
    for _ in range(rounds):
        for s in servers:
            found[s.name].append(measure(s))
    print(f"\n{title}\n  {'':16}" + "".join(f"{c:>12}" for c in columns))
    for name, rows in found.items():
        medians = [statistics.median(column) for column in zip(*rows)]
        print(f"  {name:16}" + "".join(f"{m:12.3f}" if m < 1 else f"{m:12.1f}" for m in medians), flush=True)


def many_idle(server, path, seconds):
    """RSS MiB with 1,000 connections that had one reply each and say nothing, and 64 busy ones."""
    host, port = server.host.split(":")
    idle = [socket.create_connection((host, int(port))) for _ in range(1000)]
    for s in idle:
        s.sendall(b"GET /v2/ HTTP/1.1\r\nHost: t\r\n\r\n")
        s.recv(4096)
    figures = load(server, path, seconds)
    for s in idle:
        s.close()
    return figures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    o = parser.parse_args()
    if not peer("wrk"):
        print("SKIP: wrk not installed (make peers)")
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with tempfile.TemporaryDirectory(prefix="wpack-bench-") as tmp:
        tmp = pathlib.Path(tmp)
        layout = make_layout(tmp / "src", [200 * MIB], 7)
        kinds = ["wpack serve"]
        for name, program in (("crane --disk", "crane"), ("distribution v3", "registry")):
            if peer(program):
                kinds.append(name)
            else:
                print(f"SKIP: {program} not installed (make peers)")
        servers = []
        try:
            for i, kind in enumerate(kinds):
                servers.append(Registry(kind, tmp / f"server{i}"))
                subprocess.run([WPACK, "copy", "-q", f"oci:{layout}:v1", f"{servers[-1].host}/bench/x:v1"], check=True,
                               stdout=subprocess.DEVNULL)
            tag = "/v2/bench/x/manifests/v1"
            manifest = get(servers[0].host, tag)
            blob = max((layout / "blobs/sha256").iterdir(), key=lambda p: p.stat().st_size)
            large = f"/v2/bench/x/blobs/sha256:{blob.name}"
            if shutil.which("nginx"):
                (tmp / "nginx").mkdir()
                servers.append(Nginx(tmp / "nginx", {tag: manifest, large: blob.read_bytes()}))
            else:
                print("SKIP: nginx not installed (make peers)")
            table("manifest GET by tag, 64 connections", servers, o.rounds, ["req/s", "CPU us/req", "p99 ms", "RSS MiB"],
                  lambda s: load(s, tag, o.seconds))
            table("200 MB GET", servers, o.rounds, ["wall s", "CPU s"], lambda s: fetch(s, large))
            table("manifest GET, 64 connections beside 1,000 idle ones", servers[:1], 1,
                  ["req/s", "CPU us/req", "p99 ms", "RSS MiB"], lambda s: many_idle(s, tag, o.seconds))
        finally:
            for s in servers:
                s.stop()


if __name__ == "__main__":
    main()
