# SPDX-License-Identifier: Apache-2.0
"""Hostile shapes: documents and modules that are small to send and large to think about, indexes with entries that lack
something, credentials that belong to one registry of two."""

import os
import subprocess

import pytest

from conftest import free_port, wait_listening
from support import sample
from support.fakereg import INDEX, MANIFEST, Reply, desc, index, manifest

MODULE = sample.core_module()


@pytest.fixture
def reg(fakereg, wpack):
    wpack.env["WPACK_RETRY"] = "0"
    return fakereg()


# ---- indexes ----


def platform_index(reg, platforms):
    """An index with one manifest per platform (None: an entry without one); the digests of the manifests."""
    entries, digests = [], []
    for i, platform in enumerate(platforms):
        body = manifest([desc(MODULE, title=f"m{i}.wasm")])
        digests.append(reg.add("a/app", None, body, [MODULE]))
        entry = desc(body, MANIFEST)
        if platform:
            system, architecture = platform.split("/")
            entry["platform"] = {"os": system, "architecture": architecture}
        entries.append(entry)
    reg.add("a/app", "1", index(entries), media_type=INDEX)
    return digests


@pytest.mark.parametrize("verb", [["pull", "-o", "out/"], ["inspect"]])
def test_an_entry_without_platform_is_for_none(wpack, reg, verb):
    digests = platform_index(reg, [None, "wasip1/wasm"])
    r = wpack(*verb, f"{reg.host}/a/app:1", "--platform", "wasip1/wasm")
    assert digests[1] in r.out
    wpack(*verb, f"{reg.host}/a/app:1", "--platform", "linux/amd64", rc=3)


def test_every_command_takes_the_same_manifest_for_a_platform(wpack, reg):
    digests = platform_index(reg, ["wasip1/wasm", "wasip1/wasm"])
    ref = f"{reg.host}/a/app:1"
    for args in (["pull", ref, "-o", "out/"], ["inspect", ref], ["copy", ref, "oci:lay:1"]):
        assert digests[0] in wpack(*args, "--platform", "wasip1/wasm").out, args


def test_tree_of_indexes_that_multiply(wpack, reg):
    """Twelve indexes of 500 entries each, every entry the next index: 500^12 lines from a megabyte."""
    body, kind = b"leaf", "application/x"
    reg.on("GET", "/v2/a/app/referrers/.*", Reply(200, index([]), {"Content-Type": INDEX}))
    for level in range(12):
        entries = [desc(body, kind, annotations={"n": str(i)}) for i in range(500)]
        body, kind = index(entries, annotations={"level": str(level)}), INDEX
        reg.add("a/app", "1", body, media_type=INDEX)
    r = wpack.measured("tree", f"{reg.host}/a/app:1")
    assert r.rc == 23 and "the tree has more than 100000 manifests" in r.err
    assert r.peak < 512 << 20


# ---- credentials ----


def test_credentials_of_the_command_line_are_for_one_registry(wpack, fakereg):
    """One password cannot belong to two hosts: the other one must not see it."""
    one, two = fakereg(), fakereg()
    one.add("a/app", "1", manifest([desc(MODULE, title="m.wasm")]), [MODULE])
    for more in (["-u", "o", "-p", "canary-pw"], ["--identity-token", "canary-id"], ["--registry-token", "canary-rt"]):
        r = wpack("copy", f"{one.host}/a/app:1", f"{two.host}/a/app:1", *more, rc=2)
        assert "one registry" in r.err and "wpack login" in r.err
        r = wpack("push", f"{one.host}/a/app:1", f"{two.host}/a/app:1", *more, rc=2)
    r = wpack("copy", f"{one.host}/a/app:1", f"{two.host}/a/app:1", rc=2,
              env={"WPACK_USERNAME": "o", "WPACK_REGISTRY_PASSWORD": "canary-pw"})
    assert one.requests == [] and two.requests == []
    wpack("copy", f"{one.host}/a/app:1", f"{one.host}/b/app:1", "-u", "o", "-p", "canary-pw")
    wpack("copy", f"{one.host}/a/app:1", "oci:lay:1", "-u", "o", "-p", "canary-pw")


# ---- modules ----


def imports(n, group):
    """A module with n imports of functions, named by group(i)."""
    body = b"".join(sample.name(group(i)) + sample.name("f") + b"\x00\x00" for i in range(n))
    return sample.PREAMBLE + sample.section(1, sample.leb(1) + b"\x60\x00\x00") + sample.section(2, sample.leb(n) + body)


@pytest.mark.parametrize("name, body", [
    ("few groups", lambda: imports(100000, lambda i: f"g{i % 5}")),
    ("each its own group", lambda: imports(100000, lambda i: f"g{i}")),
    ("custom sections", lambda: sample.PREAMBLE + b"".join(sample.custom(f"s{i}", b"") for i in range(100000))),
])
def test_many_of_everything_is_no_time(wpack, name, body):
    """What grows with the square of a hundred thousand would take minutes."""
    (wpack.cwd / "m.wasm").write_bytes(body())
    wpack("build", "m.wasm", "-t", "a:1", timeout=20)
    for view in ("--size", "--imports", "--sections"):
        wpack("inspect", "m.wasm", view, timeout=20)


def test_size_bars_are_sorted_and_summed(wpack):
    body = sample.PREAMBLE + b"".join(sample.custom(n, bytes(k)) for n, k in
                                      [("b", 10), ("a", 300), ("b", 400), ("z", 10), ("y", 10)])
    (wpack.cwd / "m.wasm").write_bytes(body)
    lines = wpack("inspect", "m.wasm", "--size").out.splitlines()
    assert [line.split()[1] for line in lines] == ["'b'", "'a'", "'y'", "'z'"]
    assert lines[0].split()[-4] == "419"


# ---- the process ----


def test_credential_helper_inherits_nothing(wpack, reg, tmp_path):
    """Neither sockets nor files of wpack outlive it in a helper that stays around."""
    listing = tmp_path / "fds"
    helper = tmp_path / "bin/docker-credential-look"
    helper.parent.mkdir()
    helper.write_text("#!/bin/sh\n"
                      f"ls -l /proc/$$/fd >{listing}\n"
                      "read url; echo '{\"Username\":\"o\",\"Secret\":\"s\"}'\n")
    helper.chmod(0o755)
    (tmp_path / "config.json").write_text('{"credsStore": "look"}')
    reg.add("a/app", "1", manifest([desc(MODULE, title="m.wasm")]), [MODULE])
    reg.on("GET", "/v2/a/app/manifests/1", Reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'}), None)
    held = os.open(tmp_path, os.O_RDONLY)
    try:
        p = wpack.popen("pull", f"{reg.host}/a/app:1", "-o", "out/", pass_fds=(held,),
                        env={"PATH": f"{helper.parent}:{os.environ['PATH']}", "DOCKER_CONFIG": str(tmp_path)})
        assert p.wait(60) == 0
    finally:
        os.close(held)
    fds = [line.split(" -> ")[0].split()[-1] for line in listing.read_text().splitlines() if " -> " in line]
    extra = [line for line in listing.read_text().splitlines() if "socket:" in line or "anon_inode" in line]
    assert extra == [] and str(held) not in fds


def test_closed_standard_streams_are_not_mistaken_for_files(wpack):
    """With 0, 1 and 2 closed the first files opened would get these numbers, and messages would go into them."""
    port = free_port()
    p = wpack.popen("-c", 'exec "$0" "$@" <&- >&- 2>&-', wpack.path, "serve", "oci:lay", "--addr", f"127.0.0.1:{port}",
                    executable="/bin/sh")
    try:
        wait_listening(p, port)
        assert [os.readlink(f"/proc/{p.pid}/fd/{fd}") for fd in range(3)] == ["/dev/null"] * 3
    finally:
        p.terminate()
        p.wait(20)


def test_closed_standard_output_is_still_told(wpack):
    (wpack.cwd / "m.wasm").write_bytes(MODULE)
    p = wpack.popen("-c", 'exec "$0" "$@" <&- >&-', wpack.path, "build", "m.wasm", "-t", "a:1",
                    executable="/bin/sh", stderr=subprocess.PIPE, text=True)
    assert "cannot write to standard output" in p.communicate(timeout=60)[1] and p.returncode == 1
