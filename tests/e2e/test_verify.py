# SPDX-License-Identifier: Apache-2.0
"""wpack verify: five different answers and what they say; what edited, stripped, replayed and unreadable signatures lead
to; no socket where none is needed."""

import json
import os
import shutil
import subprocess

import pytest

from conftest import find_peer
from support import blob_path, keys, sample
from support.fakereg import INDEX, Reply, desc, document, error, index, manifest

MODULE = sample.core_module()
NO_API = error(404, "NOT_FOUND")
EMPTY = document(index([]), INDEX)


@pytest.fixture
def key(tmp_path):
    return keys.pair(tmp_path, "k")


@pytest.fixture
def other(tmp_path):
    return keys.pair(tmp_path, "other")


@pytest.fixture
def layout(wpack, module, key):
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    wpack("sign", "oci:lay:app:1", "--key", key.private)
    return wpack.cwd / "lay"


@pytest.fixture
def reg(fakereg, wpack, module, key):
    """A registry that holds a signed artifact a/app:1."""
    wpack.env["WPACK_RETRY"] = "0"
    reg = fakereg()
    reg.ref = f"{reg.host}/a/app:1"
    reg.pinned = wpack("push", module, reg.ref, "--sign-by", key.private).out.strip()
    return reg


def answer(wpack, code, slug, *args):
    """The error in words and as JSON, which also holds the report."""
    text = wpack("verify", *args, rc=code)
    assert text.out == ""
    r = json.loads(wpack("verify", *args, "--format", "json", rc=code).out)
    assert r["error"]["code"] == slug and r["error"]["exit"] == code
    return text.err, r


def test_proven(wpack, layout, key):
    r = wpack("verify", "oci:lay:app:1", "--key", key.public)
    assert r.out.startswith("oci:lay@sha256:") and r.out.count("\n") == 1
    for words in (str(key.public), "Sigstore bundle", "referrer sha256:", "unknown: neither"):
        assert words in r.err
    j = json.loads(wpack("verify", "oci:lay:app:1", "--key", key.public, "--format", "json").out)
    assert j["verdict"] == "satisfied" and j["reference"] == r.out.strip()
    proof, = j["requirements"][0]["proofs"]
    assert proof["format"] == "bundle" and proof["algorithm"].startswith("ECDSA P-256") and proof["times"] == []
    assert wpack("verify", j["reference"], "--key", key.public).out == r.out


def test_by_digest_alone(wpack, module, key):
    """The repository of a layout's name, in which cosign's tags stand, is found by the digest."""
    wpack("build", module, "-t", "team/app:1", "-o", "oci:lay")
    pinned = wpack("sign", "oci:lay:team/app:1", "--key", key.private, "--as", "cosign").out.strip()
    for ref in (pinned, "oci:lay:team/app:1"):
        wpack("verify", ref, "--key", key.public)
        wpack("copy", ref, "oci:to:team/app:1", "--key", key.public)
        wpack("verify", "oci:to:team/app:1", "--key", key.public)
    wpack("sign", pinned, "--key", key.private, "--as", "cosign")
    assert wpack("tree", "oci:lay:team/app:1", "--key", key.public).out.count("signed by") == 2


def test_unsigned(wpack, module, key):
    wpack("build", module, "-t", "app:1", "-o", "oci:plain")
    text, r = answer(wpack, 10, "no-signature", "oci:plain:app:1", "--key", key.public)
    assert "not signed" in text and "hint" in text
    assert r["verdict"] == "no-signature" and r["found"] == []
    text, _ = answer(wpack, 10, "no-signature", module, "--key", key.public)
    assert "hello.wasm.sigstore.json" in text


def test_missing(wpack, layout, reg, key):
    for ref in ("oci:lay:app:2", "oci:nowhere:app:1", f"{reg.host}/a/app:2", f"{reg.host}/a/nothing:1"):
        text, _ = answer(wpack, 11, "signed-reference-not-found", ref, "--key", key.public)
        assert "nothing to verify" in text


def test_somebody_else(wpack, layout, key, other):
    text, r = answer(wpack, 12, "signature-mismatch", "oci:lay:app:1", "--key", other.public)
    assert str(other.public) in text and "referrer sha256:" in text
    assert r["requirements"][0]["proofs"][0]["failed"] in ("signature", "key")
    wpack("sign", "oci:lay:app:1", "--key", other.private)
    wpack("verify", "oci:lay:app:1", "--key", other.public, "--key", key.public, "--threshold", "2")
    third = keys.pair(wpack.cwd, "third")
    text, _ = answer(wpack, 12, "signature-mismatch", "oci:lay:app:1", "--key", other.public, "--key", third.public,
                     "--threshold", "2")
    assert "1 of the 2" in text


def test_one_key_does_not_count_twice(wpack, layout, key, tmp_path):
    shutil.copy(key.public, tmp_path / "again.pub")
    wpack("sign", "oci:lay:app:1", "--key", key.private)
    r = wpack("verify", "oci:lay:app:1", "--key", key.public, "--key", "again.pub", "--threshold", "2", rc=2)
    assert "are the same key" in r.err
    other = keys.pair(tmp_path, "other")
    text, _ = answer(wpack, 12, "signature-mismatch", "oci:lay:app:1", "--key", key.public, "--key", other.public,
                     "--threshold", "2")
    assert "1 of the 2" in text


@pytest.mark.parametrize("reply", [Reply(429), Reply(500), Reply(403), Reply(200, b"<html>sign in</html>"),
                                   document(b"{", INDEX), document(b'{"manifests": 7}', INDEX)],
                         ids=["429", "500", "403", "html", "cut", "shape"])
def test_cannot_tell(wpack, reg, key, reply):
    reg.on("GET", ".*/referrers/.*", reply)
    if reply.status == 200:
        reg.on("GET", ".*/manifests/sha256-.*", reply)  # what is no index may mean a registry without the API
    text, r = answer(wpack, 14, "cannot-tell", reg.ref, "--key", key.public)
    assert r["verdict"] == "cannot-tell"


def test_stripped_referrers(wpack, reg, key):
    reg.on("GET", ".*/referrers/.*", EMPTY)
    text, _ = answer(wpack, 10, "no-signature", reg.ref, "--key", key.public)
    assert "not signed" in text


def test_the_image_itself_as_fallback_index(wpack, reg, key):
    """GitLab answers for sha256-<hex> with the image itself (oras-project/oras#2148)."""
    digest = reg.pinned.split("@")[1]
    body = reg.manifests[("a/app", "1")][1]
    reg.on("GET", ".*/referrers/.*", NO_API)
    reg.on("GET", f".*/manifests/{digest.replace(':', '-')}", document(body))
    answer(wpack, 10, "no-signature", reg.ref, "--key", key.public)


def test_a_listed_signature_that_is_not_there(wpack, reg, key):
    found = json.loads(wpack("tree", reg.ref, "--format", "json").out)["referrers"][0]["digest"]
    reg.on("GET", f".*/manifests/{found}", error(404, "MANIFEST_UNKNOWN"))
    answer(wpack, 14, "cannot-tell", reg.ref, "--key", key.public)


def test_replayed(wpack, reg, module, component, key):
    """The signature of one artifact under another: moved as it is, and with its subject rewritten."""
    wpack("push", component, f"{reg.host}/a/app:2")
    target = reg.manifests[("a/app", "2")][1]
    found = json.loads(wpack("tree", reg.ref, "--format", "json").out)["referrers"][0]
    moved = json.loads(reg.manifests[("a/app", found["digest"])][1])
    moved["subject"] = desc(target, "application/vnd.oci.image.manifest.v1+json")
    wpack("raw", "put", "manifest", f"{reg.host}/a/app@sha256:{sha(json.dumps(moved))}", stdin=json.dumps(moved))
    text, r = answer(wpack, 12, "signature-mismatch", f"{reg.host}/a/app:2", "--key", key.public)
    assert r["requirements"][0]["proofs"][0]["failed"] in ("subject", "digest")


def sha(text):
    import hashlib
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_tag_moves_meanwhile(wpack, reg, component, key):
    """Resolved once: what another answer to the same name would be is never asked for."""
    wpack("push", component, f"{reg.host}/a/app:evil")
    evil = reg.manifests[("a/app", "evil")][1]
    reg.on("GET", ".*/manifests/1", None, document(evil))
    reg.on("HEAD", ".*/manifests/1", None, document(evil))
    assert wpack("verify", reg.ref, "--key", key.public).out.strip() == reg.pinned
    wpack("verify", reg.ref, "--key", key.public, rc=10)


@pytest.mark.parametrize("what", ["layer", "config", "manifest", "bundle"])
def test_edited_layouts(wpack, layout, key, what):
    """cosign verify --local-image does not notice an edited layer."""
    root = json.loads(wpack("raw", "get", "manifest", "oci:lay:app:1").out)
    digest = json.loads(wpack("resolve", "oci:lay:app:1", "--format", "json").out)["digest"]
    tree = json.loads(wpack("tree", "oci:lay:app:1", "--format", "json").out)
    bundle = json.loads(wpack("raw", "get", "manifest", f"oci:lay@{tree['referrers'][0]['digest']}").out)
    victim = blob_path(layout, {"layer": root["layers"][0]["digest"], "config": root["config"]["digest"],
                                "manifest": digest, "bundle": bundle["layers"][0]["digest"]}[what])
    victim.chmod(0o644)
    content = bytearray(victim.read_bytes())
    content[-2] ^= 1
    victim.write_bytes(content)
    r = wpack("verify", "oci:lay:app:1", "--key", key.public, rc=14 if what == "bundle" else 6)
    assert r.out == "" and victim.name[:12] in r.err


def test_whom_do_you_trust(wpack, layout, module):
    r = wpack("verify", "oci:lay:app:1", rc=2)
    assert "whom do you trust" in r.err and "--key PUB" in r.err
    assert "found: signature (Sigstore bundle), referrer sha256:" in r.err
    assert "found: no signature" in wpack("verify", module, rc=2).err


@pytest.mark.parametrize("args,says", [
    (["--trusted-root", "x"], "--trusted-root names nobody"),
    (["--threshold", "2"], "--threshold names nobody"),
    (["--key", "k.pub", "--threshold", "2"], "only 1 is named"),
    (["--key", "k.pub", "--policy", "p.json"], "so do the other options"),
    (["--certificate-identity", "me"], "none is named"),
    (["--certificate-oidc-issuer", "https://x"], "but not who"),
    (["--certificate-identity", "me", "--certificate-oidc-issuer", "https://x"], "--trusted-root is missing"),
    (["--trust-store", "ca.pem"], "who is meant"),
    (["--trusted-identity", "*"], "--trust-store is missing"),
    (["--key", "k.pem"], "private key"),
    (["--key", "missing.pub"], "missing.pub"),
    (["--key", "k.pub", "--require-tlog"], "needs --trusted-root"),
    (["--key", "k.pub", "--type", "sbmo"], "--type"),
    (["--key", "k.pub", "--in-module"], "--in-module is for files"),
], ids=lambda v: " ".join(v) if isinstance(v, list) else None)
def test_command_line(wpack, layout, args, says):
    r = wpack("verify", "oci:lay:app:1", *args, rc=3 if "missing.pub" in says else 2)
    assert says in r.err, r


def test_files(wpack, module, key, tmp_path):
    (tmp_path / "hello.wasm.sig").write_text("bm90IGEgc2lnbmF0dXJl\n")
    assert "no signature in a format known" in wpack("verify", module, "--key", key.public, rc=12).err
    wpack("sign", module, "--key", key.private, "-o", "elsewhere.json")
    wpack("verify", module, "--key", key.public, "--bundle", "elsewhere.json")
    digest = f"sha256:{sha_bytes(module)}"
    assert "--bundle FILE" in wpack("verify", digest, "--key", key.public, rc=2).err
    assert wpack("verify", digest, "--key", key.public, "--bundle", "elsewhere.json").out.strip() == digest
    zeros = "sha256:" + 64 * "0"
    wpack("verify", zeros, "--key", key.public, "--bundle", "elsewhere.json", rc=12)
    (tmp_path / "elsewhere.json").write_text('{"mediaType": null}')
    wpack("verify", module, "--key", key.public, "--bundle", "elsewhere.json", rc=12)
    assert wpack("verify", "missing.wasm", "--key", key.public, rc=3).out == ""


def sha_bytes(path):
    import hashlib
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_given_bundle_for_a_reference(wpack, reg, module, key, tmp_path):
    """A signature that travelled apart from what it is about."""
    tree = json.loads(wpack("tree", reg.ref, "--format", "json").out)["referrers"][0]
    m = json.loads(wpack("raw", "get", "manifest", f"{reg.host}/a/app@{tree['digest']}").out)
    bundle = wpack("raw", "get", "blob", f"{reg.host}/a/app@{m['layers'][0]['digest']}").out_bytes
    (tmp_path / "b.json").write_bytes(bundle)
    reg.on("GET", ".*/referrers/.*", EMPTY)
    wpack("verify", reg.ref, "--key", key.public, rc=10)
    wpack("verify", reg.ref, "--key", key.public, "--bundle", "b.json")


def test_offline_is_offline(wpack, key):
    """No socket, no name is looked up: in a network namespace of its own, and as strace sees it."""
    (wpack.cwd / "start.wasm").write_bytes(sample.start_module())
    wpack("build", "start.wasm", "-t", "app:1", "-o", "oci:lay")
    wpack("sign", "oci:lay:app:1", "--key", key.private)
    wpack("sign", "start.wasm", "--key", key.private)
    for args in (["verify", "oci:lay:app:1"], ["verify", "start.wasm"], ["pull", "oci:lay:app:1", "-o", "out/"],
                 ["copy", "oci:lay:app:1", "oci:to:x"], ["run", "oci:lay:app:1"]):
        assert "socket(" not in wpack.traced("socket,connect", *args, "--key", key.public), args
    if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode != 0:
        pytest.skip("SKIP: unshare -n is not allowed here")
    p = subprocess.run(["unshare", "-n", wpack.path, "verify", "oci:lay:app:1", "--key", key.public], cwd=wpack.cwd,
                       env=wpack.env, capture_output=True)
    assert p.returncode == 0, p.stderr


def test_memory(wpack, layout, key):
    r = wpack.measured("verify", "oci:lay:app:1", "--key", key.public)
    assert r.rc == 0 and r.peak <= 16 << 20


def test_tree_tells_verdicts(wpack, layout, key, other):
    plain = wpack("tree", "oci:lay:app:1").out
    assert "signature (Sigstore bundle)" in plain and plain.rstrip().endswith("unverified")
    assert f"signed by {key.public}" in wpack("tree", "oci:lay:app:1", "--key", key.public).out
    assert "NOT TRUSTED: " in wpack("tree", "oci:lay:app:1", "--key", other.public).out
    j = json.loads(wpack("tree", "oci:lay:app:1", "--key", other.public, "--format", "json").out)
    assert j["signatures"][0]["proven"] is False and j["signatures"][0]["why"]


def test_travels_and_is_verified_everywhere(wpack, serve, docker_registry, distribution, module, component, key):
    """A signed index: distribution v3 -> layout -> docker-registry 2.8 (no referrers API) -> wpack serve."""
    hosts = [distribution().host, docker_registry().host, serve("third").host]
    refs = [f"{h}/team/app:1" for h in hosts]
    entries = []
    for architecture, file in (("wasm", module), ("wasm64", component)):
        one = json.loads(wpack("push", file, f"{hosts[0]}/team/app:{architecture}", "--format", "json").out)
        entries.append({k: one[k] for k in ("mediaType", "digest", "size")}
                       | {"platform": {"os": "wasip1", "architecture": architecture}})
    wpack("raw", "put", "manifest", refs[0], stdin=index(entries).decode())
    wpack("sign", refs[0], "--key", key.private, "--as", "bundle,cosign", "--recursive")
    wpack("copy", refs[0], "oci:between:team/app:1")
    wpack("copy", "oci:between:team/app:1", refs[1])
    wpack("copy", refs[1], refs[2])
    env = {"PATH": os.environ["PATH"], "HOME": str(wpack.home)}
    for ref in (*refs, "oci:between:team/app:1"):
        found = json.loads(wpack("verify", ref, "--key", key.public, "--format", "json").out)["found"]
        assert sorted(c["format"] for c in found) == ["bundle", "cosign"], ref
        wpack("verify", ref, "--key", key.public, "--recursive")
    for ref in refs:
        subprocess.run([find_peer("cosign"), "verify", "--allow-http-registry", "--insecure-ignore-tlog=true", "--key",
                        key.public, ref], env=env, check=True, capture_output=True)


def test_other_digests(wpack, key):
    import hashlib
    body = index([])
    ref = f"oci:lay@sha512:{hashlib.sha512(body).hexdigest()}"
    wpack("raw", "put", "manifest", ref, stdin=body.decode())
    assert "named by sha256" in wpack("sign", ref, "--key", key.private, rc=1).err
    assert "named by sha256" in wpack("verify", ref, "--key", key.public, rc=1).err


def test_manifest_without_a_signature_manifest(wpack, fakereg, key):
    """A referrer that is no signature is not one, whatever its listing announces."""
    reg = fakereg()
    subject = manifest([desc(MODULE, title="m.wasm")])
    reg.add("a/app", "1", subject, [MODULE])
    note = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                       "artifactType": "application/vnd.example.note",
                       "config": desc(b"{}", "application/vnd.oci.empty.v1+json"), "layers": [],
                       "subject": desc(subject, "application/vnd.oci.image.manifest.v1+json")}).encode()
    reg.add("a/app", "note", note, [b"{}"])
    listed = desc(note, "application/vnd.oci.image.manifest.v1+json",
                  artifactType="application/vnd.dev.sigstore.bundle.v0.3+json")
    reg.on("GET", ".*/referrers/.*", document(index([listed]), INDEX))
    answer(wpack, 10, "no-signature", f"{reg.host}/a/app:1", "--key", key.public)
