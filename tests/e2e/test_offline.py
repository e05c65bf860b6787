# SPDX-License-Identifier: Apache-2.0
"""Trust needs no network: everything about a layout or a file works in a namespace without any interface, and no socket is
opened but to the registry that was named."""

import json
import os
import re
import subprocess
import tarfile

import pytest

from conftest import find_peer
from support import Result, keys, sample
from support.fakereg import INDEX, document, index

KEYLESS = "sigstore-conformance/bundle-verify/happy-path-v0.3/"
IDENTITY = ("https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/"
            "extremely-dangerous-oidc-beacon.yml@refs/heads/main")
ISSUER = "https://token.actions.githubusercontent.com"


@pytest.fixture
def module(tmp_path):
    """A module that runs and ends."""
    path = tmp_path / "hello.wasm"
    path.write_bytes(sample.start_module())
    return path


@pytest.fixture
def key(tmp_path):
    return keys.pair(tmp_path, "k")


@pytest.fixture
def trust(wpack, key):
    """Options of each kind that trust the key."""
    (wpack.cwd / "policy.json").write_text(json.dumps({
        "version": 1, "default": "reject",
        "rules": [{"scope": "**", "require": [{"id": "k", "type": "key", "keys": [str(key.public)]}]}]}))
    return [["--key", str(key.public)], ["--policy", "policy.json"]]


@pytest.fixture
def layout(wpack, module, key):
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    wpack("sign", "oci:lay:app:1", "--key", key.private, "--as", "bundle,cosign", "--sign-container-identity", "host/app")
    return "oci:lay:app:1"


@pytest.fixture
def alone(wpack):
    """alone(*args) runs wpack where there is no network at all."""
    if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode != 0:
        pytest.skip("SKIP: unshare -n is not allowed here")

    def run(*args, rc=0):
        p = subprocess.run(["unshare", "-n", wpack.path, *map(str, args)], cwd=wpack.cwd, env=wpack.env,
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        result = Result(args, p.returncode, p.stdout, p.stderr)
        assert p.returncode == rc, result
        return result

    return run


@pytest.fixture
def traced(wpack):
    """traced(*args): the lines of strace about sockets."""
    strace = find_peer("strace")

    def run(*args, rc=0):
        log = wpack.cwd / "trace"
        p = subprocess.run([strace, "-f", "-e", "trace=%network", "-o", log, wpack.path, *map(str, args)], cwd=wpack.cwd,
                           env={**wpack.env, "ASAN_OPTIONS": "detect_leaks=0"},  # none under ptrace
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        assert p.returncode == rc, Result(args, p.returncode, p.stdout, p.stderr)
        return log.read_text().splitlines()

    return run


def verbs(layout):
    return [["verify", layout], ["pull", layout, "-o", "out/"], ["run", layout], ["copy", layout, "oci:other:app:1"],
            ["tree", layout]]


def test_layouts_without_a_network(layout, alone, trust):
    for how in trust:
        for words in verbs(layout):
            alone(*words, *how)


def test_what_is_not_trusted_is_told_without_a_network(wpack, layout, alone, module):
    other = keys.pair(wpack.cwd, "other")
    for words in verbs(layout)[:4]:
        r = alone(*words, "--key", other.public, rc=125 if words[0] == "run" else 12)
        assert r.out == "" and "cannot be reached" not in r.err
    wpack("build", module, "-t", "app:1", "-o", "oci:plain")
    alone("verify", "oci:plain:app:1", "--key", other.public, rc=10)
    alone("verify", "oci:plain:app:2", "--key", other.public, rc=11)


def test_layouts_open_no_socket(layout, traced, trust):
    for how in trust:
        for words in verbs(layout):
            assert [line for line in traced(*words, *how) if "socket(" in line] == [], words


def test_signing_a_layout_opens_no_socket(layout, traced, alone, key, module):
    for words in (["sign", layout], ["sign", module]):
        assert [line for line in traced(*words, "--key", key.private) if "socket(" in line] == []
    alone("sign", layout, "--key", key.private)


def test_keyless_without_a_network(wpack, alone, traced):
    """Sigstore without keys: a certificate, a log entry, the trusted root as a file; its services are not asked."""
    data = os.environ.get("WPACK_DATA")
    if not data:
        pytest.skip("SKIP: no test data (WPACK_DATA)")
    with tarfile.open(f"{data}/signing.tar.gz") as tar:
        for name, to in ((KEYLESS + "bundle.sigstore.json", "b.json"), ("roots/public-good-trusted_root.json", "root.json")):
            (wpack.cwd / to).write_bytes(tar.extractfile(name).read())
    words = ["verify", "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf", "--bundle", "b.json",
             "--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER, "--trusted-root", "root.json"]
    assert "rekor.sigstore.dev" in alone(*words).err
    assert [line for line in traced(*words) if "socket(" in line] == []
    words[5] = IDENTITY + "x"
    alone(*words, rc=12)


@pytest.mark.parametrize("kind", ["docker_registry", "serve"])
def test_only_the_registry_that_was_named(wpack, module, key, trust, traced, kind, request):
    """Every connection goes to its address and port; no name is looked up, nobody else is asked."""
    host = request.getfixturevalue(kind)().host
    ref = f"{host}/team/app:1"
    wpack("push", module, ref)
    port = int(host.rsplit(":", 1)[1])
    there = re.compile(rf'sa_family=AF_INET, sin_port=htons\({port}\), sin_addr=inet_addr\("127\.0\.0\.1"\)')
    lines = traced("sign", ref, "--key", key.private, "--as", "bundle,cosign")
    for how in trust:
        for words in (["verify", ref], ["pull", ref, "-o", "out/"], ["run", ref]):
            lines += traced(*words, *how)
    connects = [line for line in lines if re.search(r"\bconnect\(", line)]
    assert connects and all(there.search(line) for line in connects), connects
    opened = [line for line in lines if re.search(r"\bsocket\(", line)]
    assert all("socket(AF_INET, SOCK_STREAM" in line for line in opened), opened
    assert not [line for line in lines if re.search(r"\b(sendto|sendmsg|sendmmsg)\(.*htons", line)]


def test_no_question_goes_where_a_signature_points(wpack, fakereg, module, key):
    """Addresses inside of what is verified are words: the only requests are those for manifests, lists and blobs."""
    reg = fakereg()
    ref = f"{reg.host}/a/app:1"
    wpack("push", module, ref)
    wpack("sign", ref, "--key", key.private, "--as", "bundle,cosign")
    reg.requests.clear()
    wpack("verify", ref, "--key", key.public)
    asked = [(r.method, re.sub(r"sha256[:-][0-9a-f]{64}", "X", r.path)) for r in reg.requests]
    assert {m for m, _ in asked} <= {"GET", "HEAD"}
    assert {p for _, p in asked} <= {"/v2/", "/v2/a/app/manifests/1", "/v2/a/app/manifests/X", "/v2/a/app/manifests/X.sig",
                                     "/v2/a/app/manifests/X.att", "/v2/a/app/referrers/X", "/v2/a/app/blobs/X"}
    reg.on("GET", ".*/referrers/.*", document(index([]), INDEX))
    reg.requests.clear()
    wpack("verify", ref, "--key", key.public)
    assert len(reg.requests) <= len(asked)
