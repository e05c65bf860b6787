# SPDX-License-Identifier: Apache-2.0
"""Every error code that this version can produce, by a command line that produces it: the status, the words on stderr, and
the object that --format json prints. The table itself is asked for, so that a new row without a test fails here."""

import json
import os
import signal
import subprocess
import threading
import time

import pytest

from conftest import free_port
from support import blob_path, keys, sample, sha256
from support.fakereg import Reply, desc, error, manifest

MODULE = sample.core_module()

# What the table promises to other commands.
NOT_YET = {"partial"}


@pytest.fixture
def reg(fakereg, wpack):
    wpack.env["WPACK_RETRY"] = "0"
    reg = fakereg()
    reg.add("a/app", "1", manifest([desc(MODULE, title="m.wasm")]), [MODULE])
    return reg


@pytest.fixture
def layout(wpack, module):
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    return wpack.cwd / "lay"


def fails(wpack, slug, exit_status, *args, says="", **more):
    """Once as text and once as JSON; the error object."""
    text = wpack(*args, rc=exit_status, **more)
    assert says in text.err and text.err.count("wpack: ") == 1, text
    assert not text.err.rstrip("\n").split("\n  hint: ")[0].endswith("."), "no full stop"
    r = wpack(*args, "--format", "json", rc=exit_status, **more)
    found = json.loads(r.out.splitlines()[-1])["error"]
    assert found["code"] == slug and found["exit"] == exit_status
    assert says in found["message"] and set(found) <= {"code", "exit", "message", "hint"}
    assert "wpack: " + found["message"] in r.err, "the words are on stderr too"
    TRIED.add(slug)
    return found


TRIED = set()


def test_ok(wpack, layout):
    assert wpack("ls", "oci:lay", "--format", "json").rc == 0
    TRIED.add("ok")


def test_smoke(wpack):
    trap = sample.PREAMBLE + sample.section(1, b"\1\x60\0\0") + sample.section(3, b"\1\0") + sample.section(8, b"\0")
    (wpack.cwd / "trap.wasm").write_bytes(trap + sample.section(10, b"\1\3\0\0\x0b"))
    fails(wpack, "smoke-test-failed", 21, "build", "trap.wasm", says="trap.wasm cannot be instantiated: trap: unreachable")
    fails(wpack, "smoke-test-failed", 134, "run", "trap.wasm", says="trap: unreachable")


def test_other(wpack, reg):
    reg.on("GET", ".*/manifests/1", error(418, "TEAPOT", "short and stout"))
    fails(wpack, "other", 1, "pull", f"{reg.host}/a/app:1", says="418 TEAPOT: short and stout")


def test_io(wpack, module):
    with open("/dev/full", "wb") as full:
        p = wpack.popen("inspect", module, stdout=full, stderr=subprocess.PIPE)
        _, err = p.communicate(timeout=20)
    assert p.returncode == 1 and b"No space left on device" in err
    loop = wpack.cwd / "loop.wasm"
    loop.symlink_to("loop.wasm")
    found = fails(wpack, "io", 1, "build", "loop.wasm", "-t", "x:1", "-o", "oci:lay", says="loop.wasm")
    assert "Too many levels" in found["message"]


def test_exists(wpack, reg):
    (wpack.cwd / "m.wasm").write_text("mine")
    found = fails(wpack, "exists", 1, "pull", f"{reg.host}/a/app:1", "--no-clobber", says="m.wasm")
    assert "hint" in found and (wpack.cwd / "m.wasm").read_text() == "mine"


def test_exists_tag(wpack, reg, component):
    fails(wpack, "exists", 1, "push", component, f"{reg.host}/a/app:1", "--no-clobber", says="exists already")


def test_unsupported(wpack, reg):
    found = fails(wpack, "unsupported", 1, "pull", "oci-archive:x.tar:1", says="archives are not supported")
    assert "oci:DIR" in found["hint"]
    reg.on("DELETE", ".*", error(405, "UNSUPPORTED"))
    fails(wpack, "unsupported", 1, "rm", f"{reg.host}/a/app:1", says="405")


@pytest.mark.parametrize("args,says,hint", [
    (["pull"], "too few arguments", "usage: wpack pull"),
    (["pull", "a", "b"], "unexpected argument 'b'", "usage"),
    (["pul"], "unknown command 'pul'", "wpack pull"),
    (["pull", "--outptu", "x", "h.example/a:1"], "'--outptu'", "--output"),
    (["pull", "app:1"], "names no registry host", "docker.io/library/app:1"),
    (["pull", "h.example/UPPER:1"], "UPPER", None),
    (["pull", "h.example/a:1", "--retry", "many"], "'many' is not a whole number", None),
    (["pull", "h.example/a:1", "--timeout", "5 parsecs"], "not a duration", "250ms"),
    (["pull", "h.example/a:1", "--username", "alice"], "go together", "--password-stdin"),
    (["raw", "fetch", "blob", "h.example/a:1"], "get head put delete", None),
], ids=lambda v: "-".join(v) if isinstance(v, list) else None)
def test_usage(wpack, args, says, hint):
    if args[0] == "pul":  # no row, no --format
        r = wpack(*args, rc=2)
        assert says in r.err and hint in r.err
        return
    found = fails(wpack, "usage", 2, *args, says=says)
    assert hint is None or hint in found["hint"]


def test_invalid_input(wpack):
    (wpack.cwd / "wpack.json").write_text('{\n  "module": "a.wasm",\n  "versoin": "1"\n}\n')
    found = fails(wpack, "invalid-input", 2, "build", "-t", "x:1", "-o", "oci:lay", says="wpack.json:3:3")
    assert "version" in found["message"] + found.get("hint", "")


@pytest.mark.parametrize("what", ["tag", "repository", "blob", "file", "layout", "name"])
def test_not_found(wpack, reg, layout, what):
    args = {
        "tag": ["pull", f"{reg.host}/a/app:2"],
        "repository": ["ls", f"{reg.host}/a/none"],
        "blob": ["raw", "get", "blob", f"{reg.host}/a/app@{sha256(b'none')}"],
        "file": ["build", "none.wasm", "-t", "x:1", "-o", "oci:lay"],
        "layout": ["ls", "oci:none"],
        "name": ["pull", "oci:lay:none"],
    }[what]
    fails(wpack, "not-found", 3, *args, says=args[-1].split("@")[0].split(":")[-1] if what in ("layout", "repository") else "")


@pytest.mark.parametrize("status", [401, 403])
def test_denied(wpack, reg, status):
    reg.on("*", ".*", error(status, "DENIED", "not you"))
    found = fails(wpack, "denied", 4, "pull", f"{reg.host}/a/app:1", says=str(status))
    assert f"wpack login {reg.host}" in found["hint"]


def test_network(wpack, reg):
    found = fails(wpack, "network", 5, "pull", f"127.0.0.1:{free_port()}/a/b:1", "--retry", "0", says="127.0.0.1")
    assert "registry is running" in found["hint"]
    reg.on("*", ".*", Reply(503))
    fails(wpack, "network", 5, "pull", f"{reg.host}/a/app:1", says="503")


def test_integrity(wpack, reg, layout):
    reg.blobs[sha256(MODULE)] = MODULE + b"x"
    fails(wpack, "integrity", 6, "pull", f"{reg.host}/a/app:1", says=sha256(MODULE))
    path = blob_path(layout, sha256(MODULE))
    path.chmod(0o644)
    path.write_bytes(b"x" * len(MODULE))
    fails(wpack, "integrity", 6, "copy", "oci:lay:app:1", "oci:other:app:1", says=sha256(MODULE))
    r = wpack("fsck", "oci:lay", rc=6)
    assert sha256(MODULE)[7:] in r.out


@pytest.mark.parametrize("data,says", [(b"", "empty"), (b"\0asm", ""), (b"\0asm\2\0\0\0", "version"), (b"(module)", "wat2wasm"),
                                       (MODULE[:-1], ""), (b"\x7fELF" + bytes(60), ""), (MODULE + b"\x01\xff\xff\xff\xff\x0f", "")])
def test_module_invalid(wpack, data, says):
    (wpack.cwd / "bad.wasm").write_bytes(data)
    for args in (["inspect", "bad.wasm"], ["build", "bad.wasm", "-t", "x:1", "-o", "oci:lay"]):
        found = fails(wpack, "module-invalid", 20, *args, says="bad.wasm")
        assert says in found["message"] + found.get("hint", "")
    assert not (wpack.cwd / "lay/index.json").exists()


def test_policy_denied(wpack, module):
    fails(wpack, "policy-denied", 22, "validate", module, "--deny-import", "wasi_*", says="--deny-import 'wasi_*' forbids it")


def test_limit(wpack, reg):
    reg.add("a/app", "big", manifest([desc(b"%d" % i) for i in range(4097)]))
    fails(wpack, "limit", 23, "copy", f"{reg.host}/a/app:big", "oci:lay:big", says="4096")


def test_interrupted(wpack, reg):
    for form in ("text", "json"):
        asked, go = threading.Event(), threading.Event()

        def hold(request):
            asked.set()
            go.wait(20)

        reg.on("GET", ".*/manifests/1", hold)
        p = wpack.popen("pull", f"{reg.host}/a/app:1", "--format", form, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert asked.wait(20)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=20)
        go.set()
        assert p.returncode == 130 and b"wpack: interrupted" in err
        if form == "json":
            found = json.loads(out)["error"]
            assert (found["code"], found["exit"]) == ("interrupted", 130) and "continues" in found["hint"]
    TRIED.add("interrupted")


def test_pipe_closed(wpack, module):
    for form in ("text", "json"):
        reader, writer = os.pipe()
        os.close(reader)
        p = wpack.popen("inspect", module, "--format", form, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        _, err = p.communicate(timeout=20)
        assert p.returncode == 141 and err == b"", "quiet"
    TRIED.add("pipe-closed")


def test_signatures(wpack, reg, layout):
    """The five answers of verify; test_verify.py has what else leads to them."""
    key, other = keys.pair(wpack.cwd, "k"), keys.pair(wpack.cwd, "other")
    verify = ["verify", "oci:lay:app:1", "--key", key.public]
    fails(wpack, "no-signature", 10, *verify, says="not signed")
    fails(wpack, "signed-reference-not-found", 11, "verify", "oci:lay:app:2", "--key", key.public, says="nothing to verify")
    wpack("sign", "oci:lay:app:1", "--key", other.private)
    fails(wpack, "signature-mismatch", 12, *verify, says="signed, but by nobody who is trusted here")
    reg.on("GET", ".*/referrers/.*", error(500))
    fails(wpack, "cannot-tell", 14, "verify", f"{reg.host}/a/app:1", "--key", key.public, says="500")


def test_certificate(wpack, layout):
    keys.chain(wpack.cwd, "old", begin=-30, days=10)
    wpack("sign", "oci:lay:app:1", "--key", "old.key", "--as", "notation", "--certificate-chain", "old.chain.pem",
          env={"SOURCE_DATE_EPOCH": str(int(time.time()) - 25 * 86400)})
    fails(wpack, "certificate", 13, "verify", "oci:lay:app:1", "--trust-store", "old.ca.pem", "--trusted-identity", "*",
          says="expired")


def test_a_row_for_every_test_and_a_test_for_every_row(wpack):
    """The last test of this file: all of it has run."""
    rows = {row["slug"]: row["exit"] for row in json.loads(wpack("__dump").out)["errors"]}
    if TRIED != set(rows) - NOT_YET:
        missing = set(rows) - NOT_YET - TRIED
        if len(TRIED) < 5:
            pytest.skip("SKIP: only together with the other tests of this file")
        pytest.fail(f"no test for {sorted(missing)}")
    assert {0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 20, 23, 130, 141} <= set(rows.values())
