# SPDX-License-Identifier: Apache-2.0
"""Whoever writes to a registry wants to be believed: signatures put together by hand, each with one thing wrong, and what
verify says of them. The classes are those of signature tools' CVEs: replay, confusion of kinds, documents that two readers
read differently, shortcuts to success, signers counted twice, listings that cannot be read, resources without end."""

import base64
import json

import pytest

from support import keys, sample
from support.fakereg import INDEX, MANIFEST, Reply, desc, document, error, index, manifest, sha256

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
DSSE = "application/vnd.dsse.envelope.v1+json"
INTOTO = "application/vnd.in-toto+json"
SIGN = "https://sigstore.dev/cosign/sign/v1"
SPDX = "https://spdx.dev/Document"
STATEMENT = "https://in-toto.io/Statement/v1"
NOTE = "dev.cosignproject.cosign/signature"
UNSIGNED, NOBODY, CERTIFICATE, UNKNOWN = 10, 12, 13, 14
OTHER = "sha256:" + "d3" * 32


def b64(data):
    return base64.b64encode(data).decode()


def pae(payload_type, payload):
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)


class Forge:
    """An artifact in a registry, and a key that signs whatever it is given."""

    def __init__(self, reg, folder):
        self.reg, self.repo, self.ref = reg, "a/app", f"{reg.host}/a/app:1"
        self.pair = keys.pair(folder, "k")
        module = sample.core_module()
        config = b'{"architecture":"wasm","os":"wasip1"}'
        self.body = manifest([desc(module)], desc(config, "application/vnd.wasm.config.v0+json"))
        self.digest = reg.add(self.repo, "1", self.body, [module, config])
        self.list = []

    def sign(self, data, pair=None):
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        key = serialization.load_pem_private_key((pair or self.pair).private.read_bytes(), None)
        return key.sign(data, ec.ECDSA(hashes.SHA256()))

    # ---- what is signed ----

    def statement(self, predicate_type=SIGN, subjects=None, **more):
        subjects = subjects or [{"digest": {"sha256": self.digest[7:]}}]
        return json.dumps({"_type": STATEMENT, "subject": subjects, "predicateType": predicate_type, "predicate": {},
                           **more}).encode()

    def simple(self, **more):
        doc = {"critical": {"identity": {"docker-reference": f"{self.reg.host}/a/app"},
                            "image": {"docker-manifest-digest": self.digest},
                            "type": "cosign container image signature"}, "optional": None}
        doc["critical"].update(more)
        return json.dumps(doc, separators=(",", ":")).encode()

    # ---- how it is wrapped ----

    def envelope(self, payload=None, payload_type=INTOTO, pair=None, **more):
        payload = self.statement() if payload is None else payload
        sig = self.sign(pae(payload_type, payload), pair)
        return {"payload": b64(payload), "payloadType": payload_type, "signatures": [{"sig": b64(sig)}], **more}

    def bundle(self, envelope=None, material=None, **more):
        doc = {"mediaType": BUNDLE, "verificationMaterial": material or {"publicKey": {}, "tlogEntries": []},
               "dsseEnvelope": envelope or self.envelope()}
        doc.update(more)
        return {k: v for k, v in doc.items() if v is not None}

    def message(self, data=None, digest=None, pair=None):
        data = self.body if data is None else data
        return {"messageDigest": {"algorithm": "SHA2_256", "digest": digest or b64(bytes.fromhex(sha256(data)[7:]))},
                "signature": b64(self.sign(data, pair))}

    # ---- where it is put ----

    def attach(self, data, media_type=BUNDLE, subject=None, notes=None, **more):
        """A referrer by the fallback tag."""
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        layer = desc(data, media_type, **({"annotations": notes} if notes else {}))
        empty = desc(b"{}", "application/vnd.oci.empty.v1+json")
        body = manifest([layer], empty, subject=subject or desc(self.body, MANIFEST), artifactType=media_type, **more)
        self.reg.add(self.repo, None, body, [data])
        self.list.append(desc(body, MANIFEST, artifactType=media_type))
        self.reg.add(self.repo, self.digest.replace(":", "-"), index(self.list), media_type=INDEX)

    def tag(self, suffix, data, media_type, notes):
        layers = [desc(data, media_type, annotations=notes)]
        self.reg.add(self.repo, f"{self.digest.replace(':', '-')}.{suffix}", manifest(layers), [data])

    def legacy(self, payload=None, media_type=SIMPLE, signature=None, **notes):
        payload = self.simple() if payload is None else payload
        signature = b64(self.sign(payload)) if signature is None else signature
        self.tag("sig", payload, media_type, {NOTE: signature, **notes})


@pytest.fixture
def forge(fakereg, wpack, tmp_path):
    wpack.env["WPACK_RETRY"] = "0"
    return Forge(fakereg(), tmp_path)


def verify(wpack, forge, rc, *more):
    r = wpack("verify", forge.ref, "--key", forge.pair.public, *more, rc=rc)
    assert (rc == 0) == (r.out != "") and "\x1b" not in r.err
    return r


# ---- what is good, so that what follows breaks for its own reason ----

def as_bundle(f):
    f.attach(f.bundle())


def as_message(f):
    f.attach(f.bundle(dsseEnvelope=None, messageSignature=f.message()))


def as_legacy(f):
    f.legacy()


def two_subjects(f):
    f.attach(f.bundle(f.envelope(f.statement(subjects=[{"digest": {"sha256": "00" * 32}},
                                                       {"digest": {"sha256": f.digest[7:]}}]))))


def beside_rubbish(f):
    f.attach(b"{")
    f.attach(b"\0" * 100, DSSE)
    f.attach(f.bundle(f.envelope(f.statement(subjects=[{"digest": {"sha256": "00" * 32}}]))))
    as_bundle(f)


@pytest.mark.parametrize("make", [as_bundle, as_message, as_legacy, two_subjects, beside_rubbish], ids=lambda m: m.__name__)
def test_good(wpack, forge, make):
    make(forge)
    verify(wpack, forge, 0)


# ---- bundles ----

def of(*subjects):
    return lambda f: f.attach(f.bundle(f.envelope(f.statement(subjects=list(subjects)))))


def payload(change):
    """The statement's text changed before it is signed."""
    return lambda f: f.attach(f.bundle(f.envelope(change(f.statement(), f))))


def envelope(**more):
    return lambda f: f.attach(f.bundle(f.envelope(**more)))


def after(change):
    """The envelope changed after it was signed."""
    def make(f):
        e = f.envelope()
        change(e, f)
        f.attach(f.bundle(e))
    return make


def whole(**more):
    return lambda f: f.attach(f.bundle(**more))


def text(change):
    return lambda f: f.attach(change(json.dumps(f.bundle()).encode()))


def entry(**more):
    e = {"logIndex": "1", "logId": {"keyId": b64(b"\1" * 32)}, "kindVersion": {"kind": "dsse", "version": "0.0.1"},
         "integratedTime": "1700000000", "inclusionPromise": {"signedEntryTimestamp": b64(b"x")},
         "inclusionProof": {"logIndex": "0", "rootHash": b64(b"\2" * 32), "treeSize": "1", "hashes": [],
                            "checkpoint": {"envelope": "x"}}, "canonicalizedBody": b64(b"{}")}
    e.update(more)
    return {k: v for k, v in e.items() if v is not None}


def material(**more):
    return lambda f: f.attach(f.bundle(material=more))


BUNDLES = {
    # replay, and what a statement is about
    "replayed": (of({"digest": {"sha256": OTHER[7:]}}), NOBODY, "something else"),
    "named-but-not-digested": (of({"name": "a/app", "digest": {"sha512": "0" * 128}}), NOBODY, "something else"),
    "digest-in-capitals": (lambda f: of({"digest": {"sha256": f.digest[7:].upper()}})(f), NOBODY, "something else"),
    "digest-with-its-algorithm": (lambda f: of({"digest": {"sha256": f.digest}})(f), NOBODY, "something else"),
    "algorithm-in-capitals": (lambda f: of({"digest": {"SHA256": f.digest[7:]}})(f), NOBODY, "something else"),
    "digest-of-the-layer": (lambda f: of({"digest": {"sha256": sha256(sample.core_module())[7:]}})(f), NOBODY,
                            "something else"),
    "subject-without-digest": (lambda f: of({"digest": {"sha256": f.digest[7:]}}, {"name": "x"})(f), NOBODY, "digest"),
    "no-subject": (lambda f: f.attach(f.bundle(f.envelope(f.statement(subject=[])))), NOBODY, "subject"),
    # confusion of kinds
    "attestation-as-signature": (lambda f: f.attach(f.bundle(f.envelope(f.statement(SPDX)))), UNSIGNED, "not signed"),
    "predicate-with-a-blank": (lambda f: f.attach(f.bundle(f.envelope(f.statement(SIGN + " ")))), UNSIGNED, "not signed"),
    "simple-signing-in-an-envelope": (lambda f: f.attach(f.bundle(f.envelope(f.simple()))), NOBODY, "_type"),
    "other-payload-type": (envelope(payload_type="application/json"), NOBODY, "payload"),
    "payload-type-swapped": (after(lambda e, f: e.update(payloadType="application/vnd.in-toto+json2")), NOBODY, "not by"),
    "manifest-signed-as-payload": (lambda f: f.attach(f.bundle(f.envelope(f.body))), NOBODY, "_type"),
    "message-of-the-payload": (lambda f: f.attach(f.bundle(dsseEnvelope=None, messageSignature=f.message(f.statement(
        )))), NOBODY, "another artifact"),
    "message-of-another-that-lies": (lambda f: f.attach(f.bundle(dsseEnvelope=None, messageSignature=f.message(
        b"other", b64(bytes.fromhex(f.digest[7:]))))), NOBODY, "not by"),
    "message-and-envelope": (lambda f: f.attach(f.bundle(messageSignature=f.message())), NOBODY, "must have one of"),
    "neither": (whole(dsseEnvelope=None), NOBODY, "must have one of"),
    # documents that two readers read differently
    "two-subjects-keys": (payload(lambda s, f: s.replace(b'"predicate":', b'"subject": [], "predicate":')), NOBODY,
                          "duplicate key"),
    "case-twin": (payload(lambda s, f: s.replace(b'"predicate":', b'"Subject": [], "predicate":')), NOBODY, "ubject"),
    "bom": (payload(lambda s, f: b"\xef\xbb\xbf" + s), NOBODY, ""),
    "trailing": (payload(lambda s, f: s + b"{}"), NOBODY, ""),
    "nul-behind": (payload(lambda s, f: s + b"\0"), NOBODY, ""),
    "not-utf-8": (payload(lambda s, f: s.replace(b'"predicate": {}', b'"predicate": "\xff"')), NOBODY, ""),
    "deep": (payload(lambda s, f: s.replace(b"{}", b"[" * 5000 + b"]" * 5000)), NOBODY, ""),
    "empty-payload": (envelope(payload=b""), NOBODY, ""),
    "statement-of-version-9": (lambda f: f.attach(f.bundle(f.envelope(f.statement(_type="https://in-toto.io/Statement/v9"
                                                                                  )))), NOBODY, "v9"),
    "bundle-key-twice": (text(lambda t: t.replace(b'"dsseEnvelope":', b'"dsseEnvelope": {}, "dsseEnvelope":')), NOBODY,
                         "duplicate key"),
    "bundle-case-twin": (text(lambda t: t.replace(b'"dsseEnvelope":', b'"dsseenvelope": {}, "dsseEnvelope":')), NOBODY,
                         "dsseenvelope"),
    "bundle-trailing": (text(lambda t: t + b"x"), NOBODY, ""),
    "bundle-cut": (text(lambda t: t[:-1]), NOBODY, ""),
    "bundle-unknown-version": (whole(mediaType=BUNDLE.replace("0.3", "0.9")), NOBODY, "version"),
    # shortcuts to success
    "no-signatures": (after(lambda e, f: e.update(signatures=[])), NOBODY, "one signature"),
    "null-signatures": (after(lambda e, f: e.update(signatures=None)), NOBODY, "one signature"),
    "two-signatures": (after(lambda e, f: e["signatures"].append({"sig": b64(b"x")})), NOBODY, "one signature"),
    "empty-signature": (after(lambda e, f: e.update(signatures=[{"sig": ""}])), NOBODY, ""),
    "zero-signature": (after(lambda e, f: e.update(signatures=[{"sig": b64(bytes.fromhex("3006020100020100"))}])), NOBODY,
                       "not by"),
    "signature-and-more": (after(lambda e, f: e["signatures"][0].update(
        sig=b64(base64.b64decode(e["signatures"][0]["sig"]) + b"\0"))), NOBODY, "not by"),
    "key-brought-along": (after(lambda e, f: e["signatures"][0].update(publicKey="x")), NOBODY, "publicKey"),
    "payload-swapped": (after(lambda e, f: e.update(payload=b64(f.statement(x=1)))), NOBODY, "not by"),
    "nobody": (material(tlogEntries=[]), NOBODY, "must have one of"),
    "key-and-certificate": (material(publicKey={}, certificate={"rawBytes": b64(b"0")}), NOBODY, "must have one of"),
    "certificate-that-is-none": (material(certificate={"rawBytes": b64(b"0\0")}), NOBODY, "certificate"),
    "no-certificates": (material(x509CertificateChain={"certificates": []}), NOBODY, ""),
    "entry-without-proof": (material(publicKey={}, tlogEntries=[entry(inclusionProof=None)]), NOBODY, "inclusionProof"),
    "entry-of-null": (material(publicKey={}, tlogEntries=[None]), NOBODY, ""),
    "negative-index": (material(publicKey={}, tlogEntries=[entry(logIndex="-1")]), NOBODY, "logIndex"),
    "seventeen-entries": (material(publicKey={}, tlogEntries=[entry()] * 17), NOBODY, "tlogEntries"),
    "hint-with-escapes": (lambda f: f.attach(f.bundle(f.envelope(pair=keys.pair(f.pair.public.parent, "x")), {
        "publicKey": {"hint": "\x1b[31mtrusted\x1b[0m"}})), NOBODY, "not by"),
}


@pytest.mark.parametrize("name", BUNDLES)
def test_bundles(wpack, forge, name):
    make, rc, words = BUNDLES[name]
    make(forge)
    assert words in verify(wpack, forge, rc).err


# ---- cosign's older format ----

def simple(**more):
    return lambda f: f.legacy(f.simple(**more))


def optional(key, value):
    return lambda f: f.legacy(f.simple(), **{key: value})


def legacy_text(change):
    return lambda f: f.legacy(change(f.simple(), f))


def attached(change, suffix="att", media_type=DSSE):
    """An envelope under cosign's tag, changed after it was signed."""
    def make(f):
        e = f.envelope()
        change(e, f)
        f.tag(suffix, json.dumps(e).encode(), media_type, {NOTE: ""})
    return make


LEGACY = {
    "replayed": (simple(image={"docker-manifest-digest": OTHER}), NOBODY, OTHER),
    "type-of-something-else": (simple(type="atomic container signature"), NOBODY, ""),
    "digest-key-in-capitals": (simple(image={"Docker-manifest-digest": "sha256:" + "0" * 64}), NOBODY, ""),
    "two-digests": (legacy_text(lambda p, f: p.replace(b'"image":{', b'"image":{"docker-manifest-digest":"' +
                                                       OTHER.encode() + b'",')), NOBODY, "duplicate key"),
    "two-readers": (legacy_text(lambda p, f: p.replace(b'"image":{', b'"image":{"Docker-Manifest-Digest":"' +
                                                       OTHER.encode() + b'",')), NOBODY, ""),
    "bom": (legacy_text(lambda p, f: b"\xef\xbb\xbf" + p), NOBODY, ""),
    "trailing": (legacy_text(lambda p, f: p + b"{}"), NOBODY, ""),
    "manifest-as-payload": (lambda f: f.legacy(f.body), NOBODY, ""),
    "statement-as-payload": (lambda f: f.legacy(f.statement()), NOBODY, ""),
    "no-signature": (lambda f: f.legacy(signature=""), NOBODY, ""),
    "signature-of-the-manifest": (lambda f: f.legacy(signature=b64(f.sign(f.body))), NOBODY, "not by"),
    "signature-not-base64": (lambda f: f.legacy(signature="%%%"), NOBODY, "base64"),
    "certificate-beside-a-key": (optional("dev.sigstore.cosign/certificate", "x"), NOBODY, ""),
    "log-that-is-null": (optional("dev.sigstore.cosign/bundle", "null"), NOBODY, ""),
    "log-that-is-a-list": (optional("dev.sigstore.cosign/bundle", "[]"), NOBODY, ""),
    "timestamp-that-is-none": (optional("dev.sigstore.cosign/rfc3161timestamp", "{}"), NOBODY, ""),
    "envelope-called-simple": (lambda f: f.legacy(json.dumps(f.envelope()).encode()), NOBODY, ""),
    "simple-called-envelope": (lambda f: f.legacy(media_type=DSSE), NOBODY, ""),
    "bundle-under-the-tag": (lambda f: f.legacy(json.dumps(f.bundle()).encode(), BUNDLE), UNSIGNED, ""),
    "att-without-signatures": (attached(lambda e, f: e.update(signatures=[])), NOBODY, "no signature"),
    "att-null-signatures": (attached(lambda e, f: e.pop("signatures")), NOBODY, "no signature"),
    "att-by-somebody-else": (attached(lambda e, f: e.update(signatures=[{"sig": b64(b"x")}] * 3)), NOBODY, "not by"),
    "att-seventeen-signatures": (attached(lambda e, f: e.update(signatures=e["signatures"] * 17)), NOBODY, ""),
    "att-of-a-bill": (lambda f: f.tag("att", json.dumps(f.envelope(f.statement(SPDX))).encode(), DSSE, {NOTE: ""}),
                      UNSIGNED, ""),
}


@pytest.mark.parametrize("name", LEGACY)
def test_legacy(wpack, forge, name):
    make, rc, words = LEGACY[name]
    make(forge)
    assert words in verify(wpack, forge, rc).err


# ---- what was asked for is what was signed ----

DEMANDS = {
    "bill-by-a-signature": (as_bundle, ["--type", "spdx"], UNSIGNED),
    "bill-by-an-older-signature": (as_legacy, ["--type", "spdx"], UNSIGNED),
    "bill-by-a-message": (as_message, ["--type", "spdx"], UNSIGNED),
    "another-bill": (lambda f: f.attach(f.bundle(f.envelope(f.statement(SPDX)))), ["--type", "slsa"], UNSIGNED),
    "predicate-that-begins-so": (lambda f: f.attach(f.bundle(f.envelope(f.statement(SPDX + "X")))), ["--type", "spdx"],
                                 UNSIGNED),
    "annotation-of-the-manifest": (lambda f: f.attach(f.bundle(), annotations={"env": "prod"}), ["-a", "env=prod"], NOBODY),
    "annotation-of-the-layer": (lambda f: f.attach(f.bundle(), notes={"env": "prod"}), ["-a", "env=prod"], NOBODY),
    "annotation-of-another-subject": (lambda f: f.attach(f.bundle(f.envelope(f.statement(subjects=[
        {"digest": {"sha256": "00" * 32}, "annotations": {"env": "prod"}}, {"digest": {"sha256": f.digest[7:]}}])))),
        ["-a", "env=prod"], NOBODY),
    "log-wanted": (as_bundle, ["--require-tlog"], 2),
}


@pytest.mark.parametrize("name", DEMANDS)
def test_demands(wpack, forge, name):
    make, more, rc = DEMANDS[name]
    make(forge)
    verify(wpack, forge, rc, *more)


# ---- listings ----

def second_page(reply):
    def make(f):
        as_bundle(f)
        first = document(index([]), INDEX, Link=f"</v2/{f.repo}/referrers/{f.digest}?page=2>; rel=\"next\"")
        f.reg.on("GET", ".*/referrers/.*", first, reply)
    return make


def listed_as(**more):
    """A signature is listed as something it is not."""
    def make(f):
        as_bundle(f)
        body = index([{**f.list[0], **more}])
        f.reg.add(f.repo, f.digest.replace(":", "-"), body, media_type=INDEX)
    return make


def breaks(pattern, reply):
    def make(f):
        as_bundle(f)
        as_legacy(f)
        f.reg.on("GET", pattern, reply)
    return make


LISTINGS = {
    "second-page-404": (second_page(error(404)), UNKNOWN),
    "second-page-405": (second_page(error(405)), UNKNOWN),
    "second-page-500": (second_page(error(500)), UNKNOWN),
    "second-page-html": (second_page(Reply(200, b"<html>", {"Content-Type": "text/html"})), UNKNOWN),
    "listed-with-another-size": (listed_as(size=7), UNKNOWN),
    "listed-with-another-digest": (listed_as(digest=OTHER), UNKNOWN),
    "listed-as-an-image": (listed_as(artifactType="application/x"), 0),
    "listed-without-a-type": (listed_as(artifactType="application/vnd.oci.empty.v1+json"), 0),
    "bundle-gone": (breaks(".*/blobs/.*", error(404)), UNKNOWN),
    "bundle-forbidden": (breaks(".*/blobs/.*", error(403)), UNKNOWN),
    "bundle-is-other-bytes": (breaks(".*/blobs/.*", Reply(200, b"x" * 700)), UNKNOWN),
    "other-subject": (lambda f: f.attach(f.bundle(), subject=desc(b"other", MANIFEST)), UNSIGNED),
}


@pytest.mark.parametrize("name", LISTINGS)
def test_listings(wpack, forge, name):
    make, rc = LISTINGS[name]
    make(forge)
    verify(wpack, forge, rc)


@pytest.mark.parametrize("reply", [error(404), error(405)], ids=["404", "405"])
def test_half_a_listing_at_the_door(wpack, forge, reply):
    second_page(reply)(forge)
    wpack("pull", forge.ref, "-o", "out/", "--key", forge.pair.public, rc=UNKNOWN)
    assert not (wpack.cwd / "out").exists() or not list((wpack.cwd / "out").iterdir())


# ---- resources ----

def test_large_documents_are_read_once(wpack, tmp_path):
    """However many keys are asked about it."""
    (tmp_path / "data").write_bytes(b"data")
    pad = b64(json.dumps({"x": "x" * (11 << 20)}).encode())
    bundle = {"mediaType": BUNDLE, "verificationMaterial": {"publicKey": {}, "tlogEntries": []}, "dsseEnvelope": {
        "payload": pad, "payloadType": INTOTO, "signatures": [{"sig": b64(b"x" * 70)}]}}
    (tmp_path / "bundle").write_text(json.dumps(bundle))
    usage = []
    for n in (1, 12):
        options = [w for i in range(n) for w in ("--key", keys.pair(tmp_path, f"k{i}").public)]
        r = wpack.measured("verify", "data", "--bundle", "bundle", *options)
        assert r.rc == NOBODY, r
        usage.append(r.peak)
    assert usage[1] <= usage[0] + (16 << 20)


# ---- who counts as another signer ----

def test_one_signer_in_every_format_counts_once(wpack, forge, tmp_path):
    as_bundle(forge)
    as_message(forge)
    as_legacy(forge)
    forge.tag("att", json.dumps(forge.envelope()).encode(), DSSE, {NOTE: ""})
    other = keys.pair(tmp_path, "other")
    verify(wpack, forge, NOBODY, "--key", other.public, "--threshold", "2")


@pytest.mark.parametrize("form", ["compressed", "hybrid"])
def test_one_key_in_two_spellings_is_one(wpack, forge, tmp_path, form):
    as_bundle(forge)
    as_message(forge)
    keys.openssl("ec", "-pubin", "-in", forge.pair.public, "-conv_form", form, "-pubout", "-out", tmp_path / "again.pub")
    verify(wpack, forge, 2, "--key", "again.pub", "--threshold", "2")


def test_two_signers_in_one_envelope(wpack, forge, tmp_path):
    """Each demand is satisfied, and by one who signed."""
    other = keys.pair(tmp_path, "other")
    e = forge.envelope()
    e["signatures"] += forge.envelope(pair=other)["signatures"]
    forge.tag("att", json.dumps(e).encode(), DSSE, {NOTE: ""})
    verify(wpack, forge, 0)
    verify(wpack, forge, NOBODY, "--key", other.public, "--threshold", "2")


@pytest.mark.parametrize("command, why", [
    (["genrsa", "-out", "w.pem", "1024"], "1024"),
    (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1", "-out", "w.pem"], ""),
    (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224", "-out", "w.pem"], ""),
    (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit", "-out",
      "w.pem"], ""),
], ids=["rsa-1024", "secp256k1", "p-224", "explicit-curve"])
def test_keys_that_are_not_trusted_with_anything(wpack, forge, tmp_path, command, why):
    import subprocess
    subprocess.run(["openssl", *command], cwd=tmp_path, check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", "w.pem", "-pubout", "-out", "w.pub"], cwd=tmp_path, check=True)
    as_bundle(forge)
    r = wpack("verify", forge.ref, "--key", "w.pub", rc=2)
    assert "w.pub" in r.err and why in r.err


# ---- which rule is in force ----

def rule(scope, *more):
    return {"scope": scope, "require": list(more)}


SPELLINGS = ["{host}/a/app:1", "{host}/a/app@{digest}", "{host}/a/app:1@{digest}", "docker://{host}/a/app:1",
             "oci://{host}/a/app:1"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings_of_a_name_meet_the_same_rule(wpack, forge, tmp_path, spelling):
    """A name that is written otherwise is under the same rule, or is no name."""
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"version": 1, "default": "accept-unsigned", "rules": [
        {"scope": f"{forge.reg.host}/a/app", "require": [{"id": "k", "type": "key", "keys": ["k.pub"]}]}]}))
    ref = spelling.format(host=forge.reg.host, digest=forge.digest)
    r = wpack.run("verify", ref, "--policy", policy)
    assert r.rc in (UNSIGNED, 2), r
    r = wpack.run("pull", ref, "-o", "out/", "--policy", policy)
    assert r.rc in (UNSIGNED, 2), r


def test_hosts_in_capitals_meet_the_same_rule(wpack, fakereg, tmp_path):
    reg = fakereg(name="localhost")
    forge = Forge(reg, tmp_path)
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"version": 1, "default": "accept-unsigned", "rules": [
        {"scope": f"{reg.host}/a/app", "require": [{"id": "k", "type": "key", "keys": ["k.pub"]}]}]}))
    containers = tmp_path / "containers.json"
    containers.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}], "transports": {"docker": {
        f"{reg.host}/a": [{"type": "reject"}]}}}))
    for name in (reg.host, reg.host.replace("localhost", "LOCALHOST"), reg.host.replace("localhost", "localhost.")):
        for file in (policy, containers):
            r = wpack.run("verify", f"{name}/a/app:1", "--policy", file)
            assert r.rc != 0, r
    assert forge.digest


@pytest.mark.parametrize("spelling", ["oci:real/lay:team/app:1", "oci:./real/../real/lay:team/app:1", "oci:real/lay/:team/app:1",
                                      "oci:link/lay:team/app:1", "oci:real/lay@{digest}", "oci:real/lay"])
def test_spellings_of_a_layout_meet_the_same_rule(wpack, module, tmp_path, spelling):
    """By another path, by its digest, or as the only one there."""
    keys.pair(tmp_path, "k")
    digest = wpack("build", module, "-t", "team/app:1", "-o", "oci:real/lay").digest
    (tmp_path / "link").symlink_to("real")
    policy = tmp_path / "policy.json"
    require = {"id": "k", "type": "key", "keys": ["k.pub"]}
    policy.write_text(json.dumps({"version": 1, "default": "accept-unsigned", "rules": [
        {"scope": f"oci:{tmp_path}/real/lay:team/app", "require": [require]}]}))
    containers = tmp_path / "containers.json"
    containers.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}], "transports": {"oci": {
        f"{tmp_path}/real/lay": [{"type": "reject"}]}}}))
    ref = spelling.format(digest=digest)
    wpack("verify", ref, "--policy", policy, rc=UNSIGNED)
    wpack("pull", ref, "-o", "out/", "--policy", policy, rc=UNSIGNED)
    wpack("verify", ref, "--policy", containers, rc=22)


def test_modules_that_were_cut_or_extended(wpack, tmp_path):
    """Every bit of a sealed module, and what is put around its sections."""
    pair = keys.pair(tmp_path, "ed", "ED25519")
    plain = sample.core_module()
    path = tmp_path / "m.wasm"
    path.write_bytes(plain)
    wpack("sign", path, "--key", pair.private, "--as", "module")
    good = path.read_bytes()
    seal = good[8:len(good) - len(plain) + 8]
    bad = {"custom-behind": good + b"\0\3\1xy", "byte-behind": good + b"\0", "sealed-twice": good[:8] + seal + good[8:],
           "seal-behind": plain + seal, "seal-alone": good[:8] + seal, "no-seal": plain,
           "section-between": good[:8] + seal + b"\0\3\1xy" + plain[8:], "section-before": good[:8] + b"\0\3\1xy" + good[8:]}
    bad |= {f"bit-of-{at}": good[:at] + bytes([good[at] ^ 4]) + good[at + 1:] for at in range(0, len(good), 7)}
    wpack("verify", path, "--in-module", "--key", pair.public)
    for name, data in bad.items():
        path.write_bytes(data)
        r = wpack.run("verify", path, "--in-module", "--key", pair.public)
        assert r.rc in (UNSIGNED, NOBODY, 20) and r.out == "", (name, r)


def lines(change):
    def make(text):
        parts = text.split(b"\n")
        change(parts)
        return b"\n".join(parts)
    return make


def raw(change):
    """The bytes of the first signature."""
    def of_lines(parts):
        parts[1] = base64.b64encode(change(base64.b64decode(parts[1])))
    return lines(of_lines)


MINISIGN = {
    "trusted-comment": lambda t: t.replace(b"\ntrusted comment: ", b"\ntrusted comment: x"),
    "no-trusted-comment": lambda t: b"\n".join(t.split(b"\n")[:2]) + b"\n",
    "something-behind": lambda t: t + b"more\n",
    "other-algorithm": raw(lambda b: b"XX" + b[2:]),
    "the-older-algorithm": raw(lambda b: b"Ed" + b[2:]),
    "signature-cut": raw(lambda b: b[:-1]),
    "signature-longer": raw(lambda b: b + b"\0"),
    "signature-flipped": raw(lambda b: b[:-1] + bytes([b[-1] ^ 0x10])),
    "empty": lambda t: b"",
}


@pytest.mark.parametrize("name", MINISIGN)
def test_minisign(wpack, tmp_path, name):
    pair = keys.pair(tmp_path, "ed", "ED25519")
    (tmp_path / "data").write_bytes(b"data")
    wpack("sign", "data", "--key", pair.private, "--as", "minisign")
    wpack("verify", "data", "--key", pair.public)
    signature = tmp_path / "data.minisig"
    signature.write_bytes(MINISIGN[name](signature.read_bytes()))
    assert wpack("verify", "data", "--key", pair.public, rc=NOBODY).out == ""
