# SPDX-License-Identifier: Apache-2.0
"""Both ways with the real cosign v3: it verifies what wpack signs, wpack verifies what it signs, in every mode and with
every kind of key that both have; and what a signed index goes through on its way."""

import base64
import hashlib
import json
import urllib.request

import pytest

from conftest import client, find_peer
from support import blob_path, sha256
from support.cosign import Cosign
from support.keys import openssl
from test_keyless import IDENTITY, ISSUER, config, modules, services, token, who  # noqa: F401 (fixtures)

PASSWORD = "correct horse"
SLSA = "https://slsa.dev/provenance/v1"
FORMATS = ["bundle", "cosign"]
# cosign verifies P-384 with SHA-256 unless it is told what it signed with.
SHA384 = ["--signature-digest-algorithm", "sha384"]


@pytest.fixture
def cosign(tmp_path):
    return Cosign(find_peer("cosign"), tmp_path / "cosign")


@pytest.fixture
def host(request, docker_registry):
    """A registry without the referrers API; with @pytest.mark.parametrize("host", …, indirect=True) another one."""
    kind = getattr(request, "param", "docker_registry")
    return docker_registry().host if kind == "docker_registry" else request.getfixturevalue(kind)().host


@pytest.fixture
def artifact(wpack, module, host):
    """host/team/app@sha256:…, tagged 1."""
    return wpack("push", module, f"{host}/team/app:1").last


@pytest.fixture
def key(wpack, tmp_path):
    """A key pair by wpack keygen, encrypted."""
    wpack.env["WPACK_KEY_PASSWORD"] = PASSWORD
    wpack("keygen", "-o", "k")
    return tmp_path / "k.key", tmp_path / "k.pub"


# ---- wpack signs ----


@pytest.mark.parametrize("type_", ["ecdsa-p256", "ecdsa-p384", "rsa-2048"])
def test_cosign_verifies_ours(wpack, cosign, artifact, type_):
    more = SHA384 if type_ == "ecdsa-p384" else []
    wpack.env["WPACK_KEY_PASSWORD"] = PASSWORD
    wpack("keygen", "-o", "k", "--type", type_)
    pub = wpack.cwd / "k.pub"
    for format_ in FORMATS:
        old = format_ == "cosign"
        cosign.verify(artifact, pub, *more, old=old, rc=10)
        wpack("sign", artifact, "--key", "k.key", "--as", format_)
        said = cosign.verify(artifact, pub, *more, old=old)
        assert artifact.split("@")[1] in said.out
    _, other = cosign.generate("other")
    for old in (False, True):
        assert cosign.verify(artifact, other, old=old, rc=None).rc != 0


@pytest.mark.parametrize("host", ["docker_registry", "distribution", "serve"], indirect=True)
def test_through_every_registry(wpack, cosign, artifact, key):
    wpack("sign", artifact, "--key", key[0], "--as", "bundle,cosign")
    for old in (False, True):
        cosign.verify(artifact, key[1], old=old)
    other = cosign.generate("theirs", PASSWORD)
    for old in (False, True):
        cosign.sign(artifact, other[0], old=old, password=PASSWORD)
    assert [c["format"] for c in found(wpack, artifact, other[1])] == ["bundle", "bundle", "cosign", "cosign"]
    # Whoever was there first is still there.
    for pub in (key[1], other[1]):
        for old in (False, True):
            cosign.verify(artifact, pub, old=old)


def test_annotations(wpack, cosign, artifact, key):
    wpack("sign", artifact, "--key", key[0], "--as", "bundle,cosign", "-a", "env=prod", "-a", "odd=<a&b>")
    for old in (False, True):
        cosign.verify(artifact, key[1], "-a", "env=prod", "-a", "odd=<a&b>", old=old)
        assert cosign.verify(artifact, key[1], "-a", "env=test", old=old, rc=None).rc != 0


def test_cosign_verifies_our_attestation(wpack, cosign, artifact, key):
    (wpack.cwd / "p.json").write_text('{"buildDefinition": {"x": "<1>"}}')
    wpack("attest", artifact, "p.json", "--type", SLSA, "--key", key[0], "--as", "bundle,cosign")
    for old in (False, True):
        said = cosign.verify_attestation(artifact, key[1], SLSA, old=old)
        assert json.loads(said.out.splitlines()[0])["payloadType"] == "application/vnd.in-toto+json"
        assert cosign.verify_attestation(artifact, key[1], "https://spdx.dev/Document", old=old, rc=None).rc != 0


def test_cosign_verifies_our_file(wpack, cosign, module, key):
    wpack("sign", module, "--key", key[0], "-o", "b.json")
    cosign.verify_blob(module, key[1], wpack.cwd / "b.json")
    module.write_bytes(module.read_bytes() + b"\0\1\0")
    assert cosign.verify_blob(module, key[1], wpack.cwd / "b.json", rc=None).rc != 0


def test_with_cosigns_key(wpack, cosign, artifact):
    """The same file of a key in both programs, with a password, with an empty one, imported."""
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", wpack.cwd / "sec1.pem")
    pairs = [
        (*cosign.generate("one", PASSWORD), PASSWORD),
        (*cosign.generate("two", ""), ""),
        (*cosign.import_key(wpack.cwd / "sec1.pem", "three", PASSWORD), PASSWORD),
    ]
    for private, public, password in pairs:
        wpack("sign", artifact, "--key", private, env={"COSIGN_PASSWORD": password})
        cosign.verify(artifact, public)
    wpack("sign", artifact, "--key", pairs[0][0], env={"COSIGN_PASSWORD": "wrong"}, rc=2)


# ---- cosign signs ----


def found(wpack, ref, pub):
    return json.loads(wpack("verify", ref, "--key", pub, "--format", "json").out)["found"]


@pytest.mark.parametrize("algorithm", ["P-256", "P-384", "P-521", "RSA"])
@pytest.mark.parametrize("format_", FORMATS)
def test_we_verify_theirs(wpack, cosign, artifact, algorithm, format_):
    old = format_ == "cosign"
    openssl("genpkey", "-out", wpack.cwd / "k.pem",
            *(["-algorithm", "RSA"] if algorithm == "RSA" else
              ["-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{algorithm}"]))
    private, public = cosign.import_key(wpack.cwd / "k.pem", "k")
    wpack("verify", artifact, "--key", public, rc=10)
    cosign.sign(artifact, private, "-a", "env=prod", "-a", "odd=<a&b>", old=old)
    assert [c["format"] for c in found(wpack, artifact, public)] == [format_]
    wpack("verify", artifact, "--key", public, "-a", "env=prod", "-a", "odd=<a&b>")
    assert "env=test" in wpack("verify", artifact, "--key", public, "-a", "env=test", rc=12).err
    wpack("verify", artifact, "--key", public, "--type", SLSA, rc=10)
    _, other = cosign.generate("other")
    assert str(other) in wpack("verify", artifact, "--key", other, rc=12).err


# ---- with the hash that signers took before version 3 ----


def large(wpack, cosign, curve):
    """A key pair by openssl as cosign holds it, and the options by which cosign verifies what it signs with it now."""
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", wpack.cwd / "k.pem")
    private, public = cosign.import_key(wpack.cwd / "k.pem", "k")
    return private, public, ["--signature-digest-algorithm", "sha384" if curve == "P-384" else "sha512"]


def signed_by_openssl(wpack, hash_, bytes_):
    (wpack.cwd / "tbs").write_bytes(bytes_)
    openssl("dgst", f"-{hash_}", "-sign", wpack.cwd / "k.pem", "-out", wpack.cwd / "sig", wpack.cwd / "tbs")
    return base64.b64encode((wpack.cwd / "sig").read_bytes()).decode()


@pytest.mark.parametrize("curve", ["P-384", "P-521"])
def test_large_curves_both_ways(wpack, cosign, artifact, curve):
    private, public, told = large(wpack, cosign, curve)
    wpack("sign", artifact, "--key", private, "--as", "bundle,cosign", env={"COSIGN_PASSWORD": ""})
    for old in (False, True):
        cosign.verify(artifact, public, *told, old=old)
        assert cosign.verify(artifact, public, old=old, rc=None).rc != 0
    wpack("verify", artifact, "--key", public)


@pytest.mark.parametrize("curve", ["P-384", "P-521"])
def test_older_hash(wpack, cosign, artifact, curve):
    """What cosign before 2.6 and containers/image make: SHA-256, whatever the curve. cosign takes it untold."""
    _, public, told = large(wpack, cosign, curve)
    payload = cosign.run("generate", artifact, "--allow-http-registry").out.encode()
    for hash_, rc in (("sha1", 12), ("sha256", 0)):
        (wpack.cwd / "b64").write_text(signed_by_openssl(wpack, hash_, payload))
        cosign.run("attach", "signature", "--payload", wpack.cwd / "tbs", "--signature", wpack.cwd / "b64",
                   "--allow-http-registry", artifact)
        assert (cosign.verify(artifact, public, old=True, rc=None).rc == 0) == (rc == 0)
        wpack("verify", artifact, "--key", public, rc=rc)
    assert cosign.verify(artifact, public, *told, old=True, rc=None).rc != 0
    said = json.loads(wpack("verify", artifact, "--key", public, "--format", "json").out)
    proven = [p for r in said["requirements"] for p in r["proofs"] if "failed" not in p]
    assert [p["algorithm"] for p in proven] == [f"ECDSA {curve} with SHA-256"]


@pytest.mark.parametrize("curve", ["P-384", "P-521"])
def test_older_hash_of_a_file(wpack, cosign, module, curve):
    _, public, told = large(wpack, cosign, curve)
    for hash_, rc in (("sha1", 12), ("sha256", 0)):
        digest = base64.b64encode(hashlib.sha256(module.read_bytes()).digest()).decode()
        signature = {"messageDigest": {"algorithm": "SHA2_256", "digest": digest},
                     "signature": signed_by_openssl(wpack, hash_, module.read_bytes())}
        (wpack.cwd / "b.json").write_text(json.dumps({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": "x"}}, "messageSignature": signature}))
        wpack("verify", module, "--key", public, "--bundle", "b.json", rc=rc)
        assert (cosign.verify_blob(module, public, wpack.cwd / "b.json", rc=None).rc == 0) == (rc == 0)


def test_ed25519_of_theirs(wpack, cosign, artifact):
    """cosign signs with Ed25519 by the older format only, and does not verify what it signed; we do."""
    openssl("genpkey", "-algorithm", "ED25519", "-out", wpack.cwd / "k.pem")
    private, public = cosign.import_key(wpack.cwd / "k.pem", "k")
    cosign.sign(artifact, private, old=True)
    wpack("verify", artifact, "--key", public)


@pytest.mark.parametrize("old", [False, True], ids=FORMATS)
def test_we_verify_their_attestation(wpack, cosign, artifact, old):
    (wpack.cwd / "p.json").write_text('{"buildDefinition": {"x": "<1>"}}')
    private, public = cosign.generate("k")
    cosign.attest(artifact, private, SLSA, wpack.cwd / "p.json", old=old)
    statement = json.loads(wpack("verify", artifact, "--key", public, "--type", "slsa").out)
    assert statement["predicate"] == {"buildDefinition": {"x": "<1>"}}
    wpack("verify", artifact, "--key", public, "--type", "spdx", rc=10)
    # An attestation is no signature.
    assert "attestation" in wpack("verify", artifact, "--key", public, rc=10).err


def test_we_verify_their_file(wpack, cosign, module):
    private, public = cosign.generate("k")
    cosign.sign_blob(module, private, wpack.cwd / "b.json")
    wpack("verify", module, "--key", public, "--bundle", "b.json")
    module.write_bytes(module.read_bytes() + b"\0\1\0")
    wpack("verify", module, "--key", public, "--bundle", "b.json", rc=12)


# ---- with an identity, by a certificate authority, logs and a timestamp authority on loopback ----


@pytest.mark.parametrize("version", [1, 2])
def test_cosign_verifies_our_identity(wpack, cosign, artifact, services, version):
    (wpack.cwd / "token").write_text(token())
    wpack("sign", artifact, *config(services, version), "--as", "bundle,cosign" if version == 1 else "bundle")
    for old in (False, True)[:3 - version]:
        cosign.verify_keyless(artifact, IDENTITY, ISSUER, services, old=old)
        assert cosign.verify_keyless(artifact, IDENTITY + "1", ISSUER, services, old=old, rc=None).rc != 0


@pytest.mark.parametrize("version,old", [(1, False), (2, False), (1, True)], ids=["rekor-1", "rekor-2", "older-format"])
def test_we_verify_their_identity(wpack, cosign, artifact, services, version, old):
    cosign.sign_keyless(artifact, token(), services, version, old)
    r = wpack("verify", artifact, *who(services))
    assert IDENTITY in r.err and ISSUER in r.err and "log" in r.err
    wpack("verify", artifact, *who(services, identity=IDENTITY + "1"), rc=12)
    wpack("verify", artifact, *who(services, issuer="https://other.example"), rc=12)


@pytest.mark.parametrize("version", [1, 2])
def test_attestations_by_identities(wpack, cosign, artifact, services, version):
    """Rekor v1 knows an attestation by the bytes of its envelope: those in the log are those under the tag."""
    (wpack.cwd / "token").write_text(token())
    (wpack.cwd / "p.json").write_text('{"x": "<1>"}')
    olds = (False, True)[:3 - version]
    wpack("attest", artifact, "p.json", "--type", SLSA, *config(services, version), "--as",
          "bundle,cosign" if version == 1 else "bundle")
    for old in olds:
        cosign.verify_attestation_keyless(artifact, IDENTITY, ISSUER, services, SLSA, old)
        r = cosign.verify_attestation_keyless(artifact, IDENTITY + "1", ISSUER, services, SLSA, old, rc=None)
        assert r.rc != 0
    for old in olds:
        other = wpack("push", "hello.wasm", f"{artifact.split('/')[0]}/team/{'old' if old else 'new'}:1").last
        cosign.attest_keyless(other, token(), services, SLSA, wpack.cwd / "p.json", version, old)
        assert json.loads(wpack("verify", other, *who(services), "--type", "slsa").out)["predicate"] == {"x": "<1>"}
        wpack("verify", other, *who(services, identity=IDENTITY + "1"), "--type", "slsa", rc=12)


NOTE = "dev.sigstore.cosign/bundle"


class Tag:
    """The one layer under an artifact's .sig or .att tag, by the older format."""

    def __init__(self, wpack, artifact, suffix):
        self.wpack, (self.repo, digest) = wpack, artifact.split("@")
        self.ref = f"{self.repo}:{digest.replace(':', '-')}.{suffix}"
        self.manifest = json.loads(wpack("raw", "get", "manifest", self.ref).out)
        self.layer = self.manifest["layers"][0]

    def content(self):
        return self.wpack("raw", "get", "blob", f"{self.repo}@{self.layer['digest']}").out

    def put(self, note, value):
        self.layer["annotations"][note] = json.dumps(value)
        self.wpack("raw", "put", "manifest", self.ref, stdin=json.dumps(self.manifest))

    def put_entry(self, entry):
        self.put(NOTE, entry)

    def stamp(self, services, bytes_):
        (self.wpack.cwd / "stamped").write_bytes(bytes_)
        openssl("ts", "-query", "-data", self.wpack.cwd / "stamped", "-sha256", "-cert", "-out", self.wpack.cwd / "tsq")
        query = (self.wpack.cwd / "tsq").read_bytes()
        with urllib.request.urlopen(f"{services.url}/api/v1/timestamp", query) as reply:
            self.put("dev.sigstore.cosign/rfc3161timestamp", {
                "SignedRFC3161Timestamp": base64.b64encode(reply.read()).decode()})

    def log_as(self, services, kind):
        """Has the log make an entry of that kind, and puts it in the place of the one that is there."""
        request = json.loads(base64.b64decode(json.loads(self.layer["annotations"][NOTE])["Payload"]["body"]))
        if request["kind"] == "dsse":
            verifiers = [s["verifier"] for s in request["spec"]["signatures"]]
            request["spec"] = {"proposedContent": {"envelope": self.content(), "verifiers": verifiers}}
        post = urllib.request.Request(f"{services.url}/kind/{kind}/api/v1/log/entries", json.dumps(request).encode(),
                                      {"Content-Type": "application/json"})
        with urllib.request.urlopen(post) as reply:
            entry, = json.loads(reply.read()).values()
        payload = {k: entry[k] for k in ("body", "integratedTime", "logIndex", "logID")}
        self.put_entry({"SignedEntryTimestamp": entry["verification"]["signedEntryTimestamp"], "Payload": payload})
        body = json.loads(base64.b64decode(entry["body"]))
        return f"{body['kind']} {body['apiVersion']}"


@pytest.mark.parametrize("kind,name", [("rekord", "rekord 0.0.1"), ("intoto-1", "intoto 0.0.1"),
                                       ("intoto-1-old", "intoto 0.0.1"), ("intoto-2", "intoto 0.0.2")])
def test_entries_of_older_kinds(wpack, cosign, artifact, component, services, kind, name):
    """What Rekor made of signatures and attestations before: cosign reads it, and so do we; of another one neither does."""
    other = wpack("push", component, artifact.split("@")[0] + ":2").last
    suffix, more = ("sig", []) if kind == "rekord" else ("att", ["--type", "slsa"])
    (wpack.cwd / "p.json").write_text('{"x": "<1>"}')
    tags = []
    for ref in (artifact, other):
        if more:
            cosign.attest_keyless(ref, token(), services, SLSA, wpack.cwd / "p.json", old=True)
        else:
            cosign.sign_keyless(ref, token(), services, old=True)
        tags.append(Tag(wpack, ref, suffix))
        assert tags[-1].log_as(services, kind) == name

    def cosigns(ref):
        if more:
            return cosign.verify_attestation_keyless(ref, IDENTITY, ISSUER, services, SLSA, old=True, rc=None).rc == 0
        return cosign.verify_keyless(ref, IDENTITY, ISSUER, services, old=True, rc=None).rc == 0

    assert cosigns(artifact)
    assert "log" in wpack("verify", artifact, *who(services), *more).err
    tags[0].put_entry(json.loads(tags[1].layer["annotations"][NOTE]))
    assert not cosigns(artifact)
    assert "the log entry is about another" in wpack("verify", artifact, *who(services), *more, rc=12).err


def test_stamped_envelopes(wpack, cosign, artifact, services):
    """cosign 2 has the whole envelope of an attestation stamped, and that is what cosign still asks for; a signature alone
    is stamped by cosign 3 and by us."""
    (wpack.cwd / "p.json").write_text('{"x": 1}')
    cosign.attest_keyless(artifact, token(), services, SLSA, wpack.cwd / "p.json", old=True)
    tag = Tag(wpack, artifact, "att")
    envelope = tag.content().encode()
    signature = base64.b64decode(json.loads(envelope)["signatures"][0]["sig"])
    for bytes_, ours, theirs in ((envelope, True, True), (signature, True, False), (envelope + b"\n", False, False)):
        tag.stamp(services, bytes_)
        r = wpack("verify", artifact, *who(services), "--type", "slsa", rc=0 if ours else 12)
        assert ("timestamp authority" if ours else "is not over this signature") in r.err
        r = cosign.run("verify-attestation", "--type", SLSA, *cosign.who(IDENTITY, ISSUER, services, True),
                       "--use-signed-timestamps", artifact, rc=None)
        assert (r.rc == 0) == theirs, r


# ---- what signatures go through ----


def push_index(wpack, module, component, host):
    entries = []
    for name, file, os_ in (("core", module, "wasip1"), ("comp", component, "wasip2")):
        digest = wpack("push", file, f"{host}/team/multi:{name}", "-q").digest
        size = len(wpack.run("inspect", f"{host}/team/multi:{name}", "--manifest").out_bytes)
        entries.append({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": size,
                        "platform": {"os": os_, "architecture": "wasm"}})
    doc = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}
    wpack("raw", "put", "manifest", f"{host}/team/multi:1", stdin=json.dumps(doc))
    return f"{host}/team/multi:1"


def test_a_signed_index_travels(wpack, cosign, module, component, key, distribution, docker_registry, serve):
    """distribution v3, a layout, docker-registry 2.8, wpack serve: cosign accepts it at each registry, wpack everywhere."""
    hosts = [distribution().host, docker_registry().host, serve("third").host]
    first = push_index(wpack, module, component, hosts[0])
    wpack("sign", first, "--key", key[0], "--recursive", "--as", "bundle,cosign")
    theirs = cosign.generate("theirs")
    cosign.sign(first, theirs[0], "--recursive")
    wpack("copy", first, "oci:between:team/multi:1")
    wpack("copy", "oci:between:team/multi:1", f"{hosts[1]}/team/multi:1")
    wpack("copy", f"{hosts[1]}/team/multi:1", f"{hosts[2]}/team/multi:1")
    for place in (*hosts, "oci:between"):
        ref = f"{place}:team/multi:1" if place == "oci:between" else f"{place}/team/multi:1"
        for pub in (key[1], theirs[1]):
            assert len(found(wpack, ref, pub)) == 3
            wpack("verify", ref, "--key", pub, "--recursive")
        if place == "oci:between":
            continue
        for old, pub in ((False, key[1]), (True, key[1]), (False, theirs[1])):
            cosign.verify(ref, pub, old=old)
        child = json.loads(wpack("raw", "get", "manifest", ref).out)["manifests"][1]["digest"]
        cosign.verify(f"{place}/team/multi@{child}", theirs[1])


def test_copied_by_other_programs(wpack, cosign, artifact, key, docker_registry, tmp_path):
    """oras takes referrers along, crane tags: wpack finds what arrived."""
    wpack("sign", artifact, "--key", key[0], "--as", "bundle,cosign")
    to = docker_registry().host
    tag = artifact.split("@")[1].replace(":", "-")
    client("oras", tmp_path)("cp", "-r", "--from-plain-http", "--to-plain-http",
                             artifact.replace("@", ":1@").split("@")[0], f"{to}/by/oras:1")
    assert [c["format"] for c in found(wpack, f"{to}/by/oras:1", key[1])] == ["bundle"]
    crane = client("crane", tmp_path)
    repo = artifact.split("@")[0]
    crane("copy", "--insecure", f"{repo}:1", f"{to}/by/crane:1")
    wpack("verify", f"{to}/by/crane:1", "--key", key[1], rc=10)
    crane("copy", "--insecure", f"{repo}:{tag}.sig", f"{to}/by/crane:{tag}.sig")
    assert [c["format"] for c in found(wpack, f"{to}/by/crane:1", key[1])] == ["cosign"]


# ---- signatures of something else ----


def get(wpack, host, repo, digest, kind="blob"):
    return wpack("raw", "get", kind, f"{host}/{repo}@{digest}").out_bytes


@pytest.fixture
def two(wpack, module, component, host, key):
    """Two artifacts of one repository, the first of them signed in both formats."""
    one = wpack("push", module, f"{host}/team/app:1").last
    other = wpack("push", component, f"{host}/team/app:2").last
    wpack("sign", one, "--key", key[0], "--as", "bundle,cosign")
    return one, other


def test_replayed_tag(wpack, cosign, two, host, key):
    """Signatures of one artifact under the tag of another: the payload says for what it was made."""
    tags = [d.split("@")[1].replace(":", "-") for d in two]
    manifest = wpack("raw", "get", "manifest", f"{host}/team/app:{tags[0]}.sig").out
    wpack("raw", "put", "manifest", f"{host}/team/app:{tags[1]}.sig", stdin=manifest)
    said = wpack("verify", two[1], "--key", key[1], "--format", "json", rc=12)
    proof, = json.loads(said.out)["requirements"][0]["proofs"]
    assert proof["failed"] == "subject" and two[0].split("@")[1] in proof["why"]
    assert cosign.verify(two[1], key[1], old=True, rc=None).rc != 0


def test_swapped_payload(wpack, two, host, key):
    """The payload of the second artifact under the signature of the first."""
    tags = [d.split("@")[1].replace(":", "-") for d in two]
    manifest = json.loads(wpack("raw", "get", "manifest", f"{host}/team/app:{tags[0]}.sig").out)
    payload = get(wpack, host, "team/app", manifest["layers"][0]["digest"])
    swapped = payload.replace(two[0].split("@")[1].encode(), two[1].split("@")[1].encode())
    assert swapped != payload
    (wpack.cwd / "swapped").write_bytes(swapped)
    manifest["layers"][0]["digest"] = wpack("raw", "put", "blob", f"{host}/team/app", "--file", "swapped").digest
    wpack("raw", "put", "manifest", f"{host}/team/app:{tags[1]}.sig", stdin=json.dumps(manifest))
    said = wpack("verify", two[1], "--key", key[1], "--format", "json", rc=12)
    proof, = json.loads(said.out)["requirements"][0]["proofs"]
    assert proof["failed"] == "signature"


def test_under_another_name(wpack, cosign, two, host, key):
    """A copy in another repository is the same artifact, for cosign, too; a policy may ask for the name it was signed as."""
    elsewhere = f"{host}/other/app:1"
    wpack("copy", two[0], elsewhere)
    (wpack.cwd / "policy.json").write_text(json.dumps({
        "version": 1, "default": "reject",
        "rules": [{"scope": f"{host}/**", "require": [
            {"id": "k", "type": "key", "keys": [str(key[1])], "formats": ["cosign"]}]}]}))
    for old in (False, True):
        cosign.verify(elsewhere, key[1], old=old)
    wpack("verify", elsewhere, "--key", key[1])
    wpack("verify", two[0], "--policy", "policy.json")
    assert f"signed as '{host}/team/app'" in wpack("verify", elsewhere, "--policy", "policy.json", rc=12).err


@pytest.mark.parametrize("what", ["layer", "manifest"])
def test_an_edited_layout(wpack, cosign, two, key, what):
    """wpack notices it; cosign's --local-image proves neither layers nor what an index leads to."""
    wpack("copy", two[0], "oci:lay:app:1")
    digest = two[0].split("@")[1]
    doc = json.loads(wpack("raw", "get", "manifest", "oci:lay:app:1").out)
    wpack("verify", "oci:lay:app:1", "--key", key[1])
    victim = blob_path(wpack.cwd / "lay", doc["layers"][0]["digest"] if what == "layer" else digest)
    victim.chmod(0o644)
    victim.write_bytes(victim.read_bytes()[:-1] + b" ")
    assert sha256(victim.read_bytes()) != f"sha256:{victim.name}"
    r = wpack("verify", "oci:lay:app:1", "--key", key[1], rc=6)
    assert victim.name[:12] in r.err
