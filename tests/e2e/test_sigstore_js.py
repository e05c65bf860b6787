# SPDX-License-Identifier: Apache-2.0
"""Sigstore's verifier in JavaScript (make peers PEERS=sigstore) accepts the bundles that wpack signs with keys, of files
and of artifacts, and refuses them once anything is changed. (With identities: test_keyless.py.)"""

import base64
import json
import pathlib
import shutil
import subprocess

import pytest

from conftest import PEERS
from support import blob_path, keys

CHECKER = pathlib.Path(__file__).parents[1] / "peers/sigstore-verify.mjs"


@pytest.fixture
def accepts():
    modules = PEERS / ".npm/sigstore/node_modules"
    if not shutil.which("node") or not (modules / "@sigstore/verify").is_dir():
        pytest.skip("no peer: @sigstore/verify (make peers PEERS=sigstore)")

    def ask(bundle, artifact, key):
        r = subprocess.run(["node", CHECKER, modules, bundle, artifact, "--key", key], capture_output=True, text=True)
        assert r.returncode in (0, 1), r.stderr
        return r.returncode == 0, r.stderr

    return ask


# It verifies no Ed25519 signature over a file: it hands the digest's algorithm to node, which wants none for such keys.
@pytest.mark.parametrize("algorithm", ["EC", "P-384", "RSA"])
def test_a_file(wpack, module, tmp_path, accepts, algorithm):
    key = keys.pair(tmp_path, "k", algorithm)
    bundle = wpack.cwd / "b.json"
    wpack("sign", module, "--key", key.private, "-o", bundle)
    assert accepts(bundle, module, key.public) == (True, "")
    whole = json.loads(bundle.read_text())
    signature = bytearray(base64.b64decode(whole["messageSignature"]["signature"]))
    signature[-1] ^= 1
    whole["messageSignature"]["signature"] = base64.b64encode(signature).decode()
    bundle.write_text(json.dumps(whole))
    assert not accepts(bundle, module, key.public)[0]


# Envelopes by P-384 it takes for SHA-256's, as cosign does unless it is told.
@pytest.mark.parametrize("algorithm", ["EC", "RSA", "ED25519"])
def test_an_artifact(wpack, module, tmp_path, accepts, algorithm):
    key = keys.pair(tmp_path, "k", algorithm)
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    wpack("sign", "oci:lay:app:1", "--key", key.private)
    found, = json.loads(wpack("tree", "oci:lay:app:1", "--format", "json").out)["referrers"]
    manifest = json.loads(wpack("raw", "get", "manifest", f"oci:lay@{found['digest']}").out)
    bundle = blob_path(wpack.cwd / "lay", manifest["layers"][0]["digest"])
    assert accepts(bundle, "-", key.public) == (True, "")
    other = keys.pair(tmp_path, "other", algorithm)
    assert not accepts(bundle, "-", other.public)[0]
