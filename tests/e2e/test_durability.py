# SPDX-License-Identifier: Apache-2.0
"""The order in which bytes and names become durable, read from strace and judged by the strictest reading of POSIX:
write, fsync the file, rename, fsync the folder, and only then the index that leads there. No root, no real crash: what
support/trace.py still counts as volatile is what a power loss might take. tests/crash/ does it on real file systems."""

import concurrent.futures
import http.client
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from support import check_layout, sample, sha256, trace

TRACED = ",".join(trace.CALLS)
COMMANDS = {
    "build": ["build", "app.wasm", "-t", "v1", "-o", "oci:new/lay"],
    "push": ["push", "app.wasm", "oci:new/lay:v1"],
    "pull to a layout": ["pull", "oci:src:v1", "-o", "oci:new/lay:v1"],
    "copy": ["copy", "oci:src:v1", "oci:new/lay:v1"],
    "pull": ["pull", "oci:src:v1", "-o", "new/out/"],
}


@pytest.fixture(autouse=True)
def source(wpack, tmp_path):
    (tmp_path / "app.wasm").write_bytes(sample.core_module(payload=600_000))
    (tmp_path / "sbom.json").write_text("{}")
    wpack("build", "app.wasm", "-t", "v1", "-o", "oci:src")
    wpack("attach", "oci:src:v1", "sbom.json", "--type", "application/spdx+json")


@pytest.fixture
def traced(wpack, tmp_path):
    """traced(command, inject) -> (exit status, calls)"""
    if shutil.which("strace") is None:
        pytest.skip("SKIP: strace not installed")
    log = tmp_path / "strace.log"

    def run(command, inject=None):
        words = ["strace", "-f", "-qq", "-y", "-o", log, "-e", f"trace={TRACED}", "-e", "signal=none"]
        words += ["-e", f"inject={inject}"] if inject else []
        p = subprocess.run(
            [*words, wpack.path, *command],
            cwd=tmp_path,
            env={**wpack.env, "ASAN_OPTIONS": "detect_leaks=0"},  # leaks cannot be looked for under ptrace
            capture_output=True,
            timeout=120,
        )
        if b"ptrace" in p.stderr and p.returncode != 0:
            pytest.skip(f"SKIP: strace cannot trace here: {p.stderr.decode().strip()}")
        return p.returncode, trace.parse(log.read_text(errors="replace"))

    return run


def is_final(path, target):
    inside = os.path.relpath(path, target)
    return not inside.startswith("..") and not inside.startswith(".wpack") and "/.wpack" not in inside


def volatile(disk, tmp_path, target):
    """What of the target (its folders too) a power loss might take."""
    found = [p for p in disk.data if is_final(p, target)]
    found += [p for p in disk.names if is_final(p, target) or target.startswith(p + "/")]
    return sorted(os.path.relpath(p, tmp_path) for p in set(found))


def follow(calls, disk, target):
    """Apply the calls; the final names in the order they were given. Fails where one comes too early."""
    named = []
    for call in calls:
        if call.name in ("renameat", "renameat2", "rename", "linkat") and call.result == 0:
            old, new = call.at_paths(disk.cwd)[:2]
            if is_final(new, target):
                assert old not in disk.data, f"{call}: the file has its name before it is durable"
                named.append(os.path.relpath(new, target))
            if new == f"{target}/index.json":
                early = [p for p in disk.names if is_final(p, target) or target.startswith(p + "/")]
                assert not early, f"index.json is replaced before these are durable: {early}"
        elif call.name in ("openat", "openat2") and "O_CREAT" in call.args:
            for path in call.at_paths(disk.cwd)[:1]:
                inside = os.path.basename(path).startswith(".wpack-") or not is_final(path, target)
                assert inside, f"{call}: a file is made under its final name"
        disk.add(call)
    return named


@pytest.mark.parametrize("name", COMMANDS)
def test_names_come_after_bytes_and_the_index_after_all(wpack, tmp_path, traced, name):
    target = str(tmp_path / "new/out" if name == "pull" else tmp_path / "new/lay")
    disk = trace.Disk(str(tmp_path))
    status, calls = traced(COMMANDS[name])
    assert status == 0
    named = follow(calls, disk, target)
    if name == "pull":
        assert named == ["app.wasm"]
    else:
        assert named[0] == "oci-layout" and named[-1] == "index.json"
        blobs = [n for n in named if n.startswith("blobs/sha256/")]
        assert len(blobs) == len(list((tmp_path / "new/lay/blobs/sha256").iterdir())) >= 3
    assert volatile(disk, tmp_path, target) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_second_run_finishes_what_the_first_left_volatile(wpack, tmp_path, traced, name):
    """Killed at each fsync in turn: the next run says 0 only when nothing that either of them wrote can be lost."""
    target = str(tmp_path / "new/out" if name == "pull" else tmp_path / "new/lay")
    died = 0
    for n in range(1, 40):
        shutil.rmtree(tmp_path / "new", ignore_errors=True)
        disk = trace.Disk(str(tmp_path))
        status, calls = traced(COMMANDS[name], f"fsync:signal=KILL:when={n}")
        if status == 0:
            break
        assert status == -9
        died += 1
        follow(calls, disk, target)
        status, calls = traced(COMMANDS[name])
        assert status == 0
        follow(calls, disk, target)
        assert volatile(disk, tmp_path, target) == [], f"killed at fsync {n}"
        if name != "pull":
            check_layout(target)
    assert died >= 3


def acknowledged_early(log, folder):
    """Uploads that strace's log shows answered with 201 before an fsync of the folder that began after the rename."""
    early, renamed, began, ended = [], {}, {}, []
    for at, line in enumerate(log.splitlines()):
        pid, _, call = line.partition(" ")
        call = call.strip()
        if "renameat" in call and (f"{folder}>" in call or "resumed" in call) and not call.endswith("unfinished ...>"):
            renamed[pid] = at
        elif call.startswith("fsync(") and f"{folder}>" in call:
            began[pid] = at
            if not call.endswith("<unfinished ...>"):
                ended.append((at, at))
        elif call.startswith("<... fsync resumed") and pid in began:
            ended.append((began.pop(pid), at))
        elif "HTTP/1.1 201" in call and pid in renamed:
            after = renamed.pop(pid)
            if not any(begin > after for begin, _ in ended):
                early.append(line)
    return early


def test_serve_acknowledges_no_upload_before_its_name_is_durable(wpack, tmp_path, servers):
    """Many at once, with slow fsyncs: who finds the folder synced by another thread waits for that thread."""
    if shutil.which("strace") is None:
        pytest.skip("SKIP: strace not installed")
    log = tmp_path / "strace.log"
    words = ["strace", "-f", "-qq", "-y", "-s", "40", "-o", log, "-e", "trace=fsync,renameat,sendto,sendmsg,writev"]
    words += ["-e", "inject=fsync:delay_exit=20000", wpack.path, "serve", "oci:lay", "--addr", "127.0.0.1:0"]
    p = subprocess.Popen(words, cwd=tmp_path, env={**wpack.env, "ASAN_OPTIONS": "detect_leaks=0"},
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    servers.append(Process(p))
    line = p.stdout.readline()
    if not line:
        pytest.skip(f"SKIP: strace cannot trace here: {p.stderr.read().strip()}")
    host = line.strip().removeprefix("listening on http://")

    def upload(n):
        data = b"upload %d" % n
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.request("POST", f"/v2/x/blobs/uploads/?digest={sha256(data)}", data,
                           {"Content-Type": "application/octet-stream"})
        return connection.getresponse().status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(upload, range(60))) == {201}
    text = log.read_text()
    assert text.count("HTTP/1.1 201") == 60
    assert acknowledged_early(text, "lay/blobs/sha256") == []


class Process:
    """A server under strace, which passes no signals on: its own process is ended."""

    def __init__(self, strace):
        self.strace = strace

    def stop(self):
        if self.strace.poll() is None:
            pid = self.strace.pid
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGTERM)
            self.strace.wait(20)
