# SPDX-License-Identifier: Apache-2.0
"""The layout on disk: many writers, planted damage, housekeeping. Judged by hashes, not by wpack."""

import json
import os
import subprocess
import time

import pytest

from support import blob_path, check_layout, sample, sha256


@pytest.mark.parametrize("round_", range(3))
def test_sixteen_processes_keep_sixteen_tags(wpack, tmp_path, round_):
    files = []
    for i in range(16):
        f = tmp_path / f"m{i}.wasm"
        f.write_bytes(sample.core_module(sample.custom("n", bytes([i, round_]))))
        files.append(f)
    running = [
        wpack.popen("build", f, "-t", f"app:t{i}", "-o", "oci:lay", "-q", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for i, f in enumerate(files)
    ]
    for p in running:
        out, err = p.communicate(timeout=120)
        assert p.returncode == 0, err
    check_layout(tmp_path / "lay", [f"app:t{i}" for i in range(16)])


def plant(layout, digest):
    """A wrong file of the right size under a digest's name."""
    path = blob_path(layout, digest)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    os.chmod(path, 0o644)
    path.write_bytes(data)
    return path


@pytest.fixture
def built(wpack, module):
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    return sha256(module.read_bytes())


def test_planted_file_as_source_is_exit_6_and_no_name(wpack, built, serve):
    plant(wpack.cwd / "lay", built)
    server = serve()
    r = wpack("push", "oci:lay:app:1", f"{server.host}/x/app:1", rc=6)
    assert built[:19] in r.err or built in r.err
    wpack("resolve", f"{server.host}/x/app:1", rc=3)
    r = wpack("copy", "oci:lay:app:1", "oci:other:app:1", rc=6)
    assert wpack("ls", "oci:other").out == ""
    wpack("pull", "oci:lay:app:1", "-o", "out/", rc=6)
    assert not (wpack.cwd / "out/hello.wasm").exists()


def test_planted_file_at_a_destination_is_replaced(wpack, built, serve, module):
    server = serve()
    wpack("push", "oci:lay:app:1", f"{server.host}/x/app:1")
    path = plant(wpack.cwd / "lay", built)
    (wpack.cwd / "lay/index.json").write_text('{"schemaVersion":2,"manifests":[]}')
    wpack("pull", f"{server.host}/x/app:1", "-o", "oci:lay:app:1")
    assert path.read_bytes() == module.read_bytes()
    check_layout(wpack.cwd / "lay", ["app:1"])


def test_fsck_names_what_is_wrong(wpack, built):
    assert "all as named" in wpack("fsck", "oci:lay").err
    plant(wpack.cwd / "lay", built)
    r = wpack("fsck", "oci:lay", rc=6)
    assert built.split(":")[1] in r.out
    blob_path(wpack.cwd / "lay", built).unlink()
    r = wpack("fsck", "oci:lay", rc=6)
    assert "1 missing" in r.err


def test_gc_removes_only_what_nothing_reaches(wpack, built, tmp_path):
    other = tmp_path / "other.wasm"
    other.write_bytes(sample.core_module(sample.custom("x", b"y")))
    wpack("build", other, "-t", "app:2", "-o", "oci:lay")
    wpack("rm", "oci:lay:app:2")
    gone = blob_path(tmp_path / "lay", sha256(other.read_bytes()))
    wpack("gc", "oci:lay")
    assert gone.exists(), "young files are spared"
    old = time.time() - 7200
    for p in (tmp_path / "lay/blobs/sha256").iterdir():
        os.utime(p, (old, old))
    assert "would remove 3 files" in wpack("gc", "oci:lay", "--dry-run").err
    assert gone.exists()
    assert wpack("gc", "oci:lay", "--format", "json").json["removed"] == 3
    assert not gone.exists()
    check_layout(tmp_path / "lay", ["app:1"])
    wpack("pull", "oci:lay:app:1", "-o", "out/")


def test_names_in_one_layout(wpack, module):
    for name in ("v1", "app:v1", "other/app:v2"):
        wpack("build", module, "-t", name, "-o", "oci:lay")
    assert wpack("ls", "oci:lay").out.split() == ["v1", "app:v1", "other/app:v2"]
    wpack("tag", "oci:lay:app:v1", "v2", "latest")
    assert wpack("ls", "oci:lay:app").out.split() == ["latest", "v1", "v2"]
    wpack("rm", "oci:lay:v1")
    r = wpack("resolve", "oci:lay:v1", rc=3)
    assert "v1" in r.err


def test_a_torn_index_is_integrity_not_a_new_layout(wpack, built):
    index = wpack.cwd / "lay/index.json"
    index.write_bytes(index.read_bytes()[:40])
    for args in (["ls", "oci:lay"], ["pull", "oci:lay:app:1", "-o", "out/"], ["fsck", "oci:lay"]):
        r = wpack(*args, rc=6)
        assert "index.json" in r.out + r.err
    wpack("build", "hello.wasm", "-t", "app:2", "-o", "oci:lay", rc=6)
    assert len(index.read_bytes()) == 40, "it is left as it was found"


def test_a_read_only_layout_is_read(wpack, built):
    before = sorted(p.relative_to(wpack.cwd) for p in (wpack.cwd / "lay").rglob("*"))
    wpack("pull", "oci:lay:app:1", "-o", "out/")
    wpack("fsck", "oci:lay")
    wpack("inspect", "oci:lay:app:1")
    assert sorted(p.relative_to(wpack.cwd) for p in (wpack.cwd / "lay").rglob("*")) == before


def test_not_a_layout(wpack, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("x")
    r = wpack("ls", "oci:full", rc=3)
    assert "oci-layout" in r.err
    r = wpack("build", "x.wasm", "-t", "a:1", "-o", "oci:full", rc=3)
    (tmp_path / "m.wasm").write_bytes(sample.core_module())
    r = wpack.run("build", "m.wasm", "-t", "a:1", "-o", "oci:full")
    assert r.rc not in (0,) and sorted(p.name for p in (tmp_path / "full").iterdir()) == ["file"]


def test_foreign_members_of_an_index_survive(wpack, built, module):
    path = wpack.cwd / "lay/index.json"
    doc = json.loads(path.read_text())
    doc["annotations"] = {"com.example.kept": "yes"}
    doc["manifests"][0]["annotations"]["com.example.own"] = "too"
    path.write_text(json.dumps(doc))
    wpack("build", module, "-t", "app:2", "-o", "oci:lay")
    after = json.loads(path.read_text())
    assert after["annotations"] == {"com.example.kept": "yes"}
    assert [d["annotations"].get("com.example.own") for d in after["manifests"]].count("too") == 1
