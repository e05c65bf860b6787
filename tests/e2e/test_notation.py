# SPDX-License-Identifier: Apache-2.0
"""Notary Project: notation's library verifies what wpack signs and the other way round, in registries and layouts; each
rule of envelopes, trust stores and trust policies broken once."""

import http.server
import json
import re
import shutil
import subprocess
import threading
import time

import pytest

from conftest import find_peer
from support import notary, sample
from support.notary import AUTHORITY, COSE, JWS, PREFIX, Tag

OTHER = "sha256:" + "0" * 64


class Checker:
    """notation-check (tests/peers/notation)."""

    def __init__(self):
        self.path = find_peer("notation-check")

    def __call__(self, *args, rc=0):
        p = subprocess.run([self.path, *map(str, args)], capture_output=True, text=True, timeout=60)
        assert p.returncode == rc, (args, p.stdout, p.stderr)
        return [json.loads(line) for line in p.stdout.splitlines()]

    def verdicts(self, target, config, rc=0):
        *signatures, total = self("verify", target, config, rc=rc)
        assert total["signatures"] == len(signatures) and total["verified"] == sum(s["ok"] for s in signatures)
        return signatures


@pytest.fixture(scope="module")
def checker():
    return Checker()


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signers")
    return {kind: notary.Signer(folder / kind, kind) for kind in ("ec", "ec384", "ec521", "rsa2048", "rsa3072")}


@pytest.fixture(scope="module")
def ec(signers):
    return signers["ec"]


@pytest.fixture(scope="module")
def tsa(tmp_path_factory):
    return notary.make_tsa(tmp_path_factory.mktemp("tsa") / "tsa")


class Place:
    """A layout with one artifact, and its configuration that trusts `ec`."""

    def __init__(self, wpack, module, folder, ec):
        self.wpack, self.ec, self.folder = wpack, ec, folder
        self.layout = folder / "lay"
        wpack("push", module, f"oci:{self.layout}:v1", cwd=folder)
        self.subject = json.loads((self.layout / "index.json").read_text())["manifests"][0]
        self.config = notary.config(folder / "config", [ec.root])

    @property
    def ref(self):
        return f"oci:{self.layout}:v1"

    def with_signature(self, envelope, media_type=JWS, name="copy"):
        """A copy of it with that one signature."""
        copy = object.__new__(Place)
        copy.__dict__.update(self.__dict__)
        copy.layout = self.folder / name
        shutil.rmtree(copy.layout, ignore_errors=True)
        shutil.copytree(self.layout, copy.layout)
        notary.attach(copy.layout, self.subject, envelope, media_type)
        return copy

    def payload(self, **more):
        return notary.payload(self.subject, **more)

    def verify(self, *args, rc=0):
        return self.wpack("verify", self.ref, "--trust-store", self.ec.root, "--trusted-identity", "*", *args, rc=rc)

    def verify_by_policy(self, *args, rc=0):
        return self.wpack("verify", self.ref, "--policy", self.config / "trustpolicy.json", *args, rc=rc)

    def notation(self, checker, rc=0):
        return checker.verdicts(f"layout:{self.layout}:v1", self.config, rc=rc)


@pytest.fixture
def place(wpack, module, tmp_path, ec):
    return Place(wpack, module, tmp_path, ec)


# ---- both ways ----


@pytest.mark.parametrize("kind", ["ec", "ec384", "ec521", "rsa2048", "rsa3072"])
@pytest.mark.parametrize("form", ["jws", "cose"])
def test_both_ways_in_a_layout(place, checker, signers, kind, form):
    signer = signers[kind]
    config = notary.config(place.folder / "config", [signer.root])
    args = ["--cose"] if form == "cose" else []
    place.wpack("sign", place.ref, "--as", "notation", "--key", signer.key, "--certificate-chain", signer.chain,
                "--expiry", "24h", *args)
    (ours,) = checker.verdicts(f"layout:{place.layout}:v1", config)
    assert ours["ok"] and not ours.get("failed") and ours["mediaType"] == (COSE if form == "cose" else JWS)
    assert ours["signer"] == "CN=dev,O=wpack test,ST=WA,C=US" and ours["agent"].startswith("wpack/")
    checker("sign", f"layout:{place.layout}:v1", signer.chain, signer.key, form)
    assert [v["ok"] for v in checker.verdicts(f"layout:{place.layout}:v1", config)] == [True, True]
    for trust in (["--trust-store", signer.root, "--trusted-identity", "x509.subject: C=US, ST=WA, O=wpack test"],
                  ["--policy", config / "trustpolicy.json"]):
        report = place.wpack("verify", place.ref, *trust, "--format", "json").json
        proofs = report["requirements"][0]["proofs"]
        assert [p["format"] for p in proofs] == ["notation", "notation"] and not any(p.get("failed") for p in proofs)
        assert {p["identity"] for p in proofs} == {"CN=dev,O=wpack test,ST=WA,C=US"}


@pytest.mark.parametrize("where", ["serve", "docker_registry"])
def test_both_ways_in_a_registry(wpack, module, checker, signers, request, tmp_path, where):
    """By the referrers API, and by the fallback tag of a registry that has none."""
    start = request.getfixturevalue(where)
    ref = f"{start().host}/team/app:v1"
    wpack("push", module, ref)
    config = notary.config(tmp_path / "config", [signers["ec"].root, signers["rsa2048"].root])
    trust = ["--policy", config / "trustpolicy.json"]
    wpack("verify", ref, *trust, rc=10)
    for kind, form in (("ec", "jws"), ("rsa2048", "cose")):
        wpack("sign", ref, "--as", "notation", "--key", signers[kind].key, "--certificate-chain", signers[kind].chain,
              *(["--cose"] if form == "cose" else []))
    assert [v["ok"] for v in checker.verdicts(ref, config)] == [True, True]
    for kind, form in (("ec", "cose"), ("rsa2048", "jws")):
        checker("sign", ref, signers[kind].chain, signers[kind].key, form, "1h")
    assert [v["ok"] for v in checker.verdicts(ref, config)] == [True] * 4
    report = wpack("verify", ref, *trust, "--format", "json").json
    assert len(report["requirements"][0]["proofs"]) == 4
    stranger = notary.Signer(tmp_path / "stranger")
    refused = wpack("verify", ref, "--trust-store", stranger.root, "--trusted-identity", "*", rc=12)
    assert "no certificate of its chain is a certificate authority that" in refused.err


def test_certificate_that_signed_itself(place, checker, tmp_path):
    """One certificate, trusted by itself."""
    folder = tmp_path / "self"
    folder.mkdir()
    notary.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256", "-days",
                   "30", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/C=US/ST=WA/O=me/CN=self", "-addext",
                   "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature", cwd=folder)
    place.wpack("sign", place.ref, "--as", "notation", "--key", folder / "key.pem", "--certificate-chain",
                folder / "cert.pem")
    checker("sign", f"layout:{place.layout}:v1", folder / "cert.pem", folder / "key.pem", "cose")
    notary.config(place.config, [folder / "cert.pem"])
    assert [v["ok"] for v in place.notation(checker)] == [True, True]
    place.verify_by_policy()
    place.wpack("verify", place.ref, "--trust-store", folder / "cert.pem", "--trusted-identity",
                "x509.subject: C=US, ST=WA, O=me")
    place.verify(rc=12)


def test_sign_with_timestamp(place, checker, tsa, signers):
    """A timestamp authority on loopback: its token goes into the envelope, and notation believes it, too."""

    class Authority(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            (tsa / "query.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            notary.openssl("ts", "-reply", "-config", "tsa.conf", "-section", "tsa", "-queryfile", "query.tsq", "-out",
                           "query.tsr", cwd=tsa)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((tsa / "query.tsr").read_bytes())

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Authority)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for kind, more in (("ec", []), ("rsa2048", ["--cose"])):
            place.wpack("sign", place.ref, "--as", "notation", "--key", signers[kind].key, "--certificate-chain",
                        signers[kind].chain, "--timestamp-url", f"http://127.0.0.1:{server.server_port}/", *more)
    finally:
        server.shutdown()
        server.server_close()
    store = place.config / "truststore/x509/tsa/time"
    store.mkdir(parents=True)
    (store / "root.pem").write_bytes((tsa / "root.pem").read_bytes())
    notary.config(place.config, [signers["ec"].root, signers["rsa2048"].root], trustStores=["ca:test", "tsa:time"])
    assert [v["ok"] for v in place.notation(checker)] == [True, True]
    proofs = place.verify_by_policy("--format", "json").json["requirements"][0]["proofs"]
    assert [p["times"][0]["source"] for p in proofs] == ["timestamp authority CN=tsa,O=time"] * 2


def test_chain_and_key_must_fit(place, signers):
    for kind, words in (("ec384", "the key is not that of the first certificate"),):
        bad = place.wpack("sign", place.ref, "--as", "notation", "--key", signers["ec"].key, "--certificate-chain",
                          signers[kind].chain, rc=2)
        assert words in bad.err
    alone = place.wpack("sign", place.ref, "--as", "notation", "--key", signers["ec"].key, "--certificate-chain",
                        signers["ec"].folder / "leaf.pem", rc=2)
    assert "the chain ends here, and it is no root that signed itself" in alone.err


# ---- broken envelopes ----


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def edit(envelope, change):
    doc = json.loads(envelope)
    change(doc)
    return json.dumps(doc).encode()


def swap(text):
    return ("B" if text[5] == "A" else "A").join([text[:5], text[6:]])


def with_members(**members):
    return lambda p: notary.jws(p.ec, p.payload(), members=members)


def with_protected(**protected):
    """Keys with the prefix of Notary's attributes, but for JOSE's own."""
    own = ("alg", "crit", "cty", "jwk")
    named = {k if k in own else PREFIX + k: v for k, v in protected.items()}
    return lambda p: notary.jws(p.ec, p.payload(), protected=named)


def crit(*names):
    return [PREFIX + n for n in ("signingScheme", *names)]


def later(seconds):
    return notary.rfc3339(int(time.time()) + seconds)


NOT_HELD = "the signature does not hold for the certificate"
# name, what makes it, wpack's words, whether notation takes it (it reads some things less strictly)
BROKEN_JWS = [
    ("signature", lambda p: edit(notary.jws(p.ec, p.payload()), lambda d: d.update(signature=swap(d["signature"]))),
     NOT_HELD, False),
    ("payload", lambda p: edit(notary.jws(p.ec, p.payload()), lambda d: d.update(
        payload=notary.b64url(p.payload(annotations={"a": "b"})))), NOT_HELD, False),
    ("protected", lambda p: edit(notary.jws(p.ec, p.payload()), lambda d: d.update(protected=json.loads(
        notary.jws(p.ec, p.payload(), protected={PREFIX + "signingTime": later(-60)}))["protected"])), NOT_HELD, False),
    ("empty-signature", with_members(signature=""), "is not base64url", False),
    ("no-signature", with_members(signature=None), "/signature: is missing", False),
    ("other-size", lambda p: notary.jws(p.ec, p.payload(size=p.subject["size"] + 1)), "the artifact has", False),
    ("other-digest", lambda p: notary.jws(p.ec, p.payload(digest=OTHER)), f"it signs another artifact, {OTHER}", False),
    ("other-type", lambda p: notary.jws(p.ec, p.payload(mediaType="text/plain")), "it signs a 'text/plain'", False),
    ("no-target", lambda p: notary.jws(p.ec, b"{}"), "/targetArtifact: is missing", False),
    ("payload-not-json", lambda p: notary.jws(p.ec, b"hello"), "the payload: invalid JSON", False),
    ("payload-twice", lambda p: notary.jws(p.ec, p.payload()[:-1] + b',"targetArtifact":{}}'), "duplicate key", True),
    ("alg-none", with_protected(alg="none"), "the algorithm 'none' is none of Notary's", False),
    ("alg-hmac", with_protected(alg="HS256"), "the algorithm 'HS256' is none of Notary's", False),
    ("alg-of-another-key", with_protected(alg="ES384"), "it says ECDSA P-384", False),
    ("alg-rsa", with_protected(alg="PS256"), "it says RSA PSS", False),
    ("content-type", with_protected(cty="text/plain"), "its content is 'text/plain', not a Notary payload", False),
    ("no-crit", with_protected(crit=None), "/crit: is missing", False),
    ("empty-crit", with_protected(crit=[]), "'io.cncf.notary.signingScheme' is not marked critical", False),
    ("crit-unknown", lambda p: notary.jws(p.ec, p.payload(), protected={"crit": [*crit(), "x"], "x": 1}),
     "the critical attribute 'x' is not known", True),
    ("reserved", with_protected(x="1"), "the attribute 'io.cncf.notary.x' is not known", True),
    ("crit-absent", with_protected(crit=crit("expiry")), "'io.cncf.notary.expiry' is missing", False),
    ("crit-twice", with_protected(crit=crit("signingScheme")), "is listed as critical twice", False),
    ("plugin", with_protected(crit=crit("verificationPlugin"), verificationPlugin="p"),
     "asks for a verification plugin", False),
    ("plugin-not-critical", with_protected(verificationPlugin="p"), "asks for a verification plugin", False),
    ("scheme-unknown", with_protected(signingScheme="notary.x510"), "the signing scheme 'notary.x510' is not known",
     False),
    ("no-time", with_protected(signingTime=None), "'io.cncf.notary.signingTime' is missing", False),
    ("bad-time", with_protected(signingTime="yesterday"), "'yesterday' is not a time", False),
    ("authentic-time", with_protected(authenticSigningTime=later(0)), "must not be there in the signing scheme", False),
    ("expiry-not-critical", with_protected(expiry=later(60)), "'io.cncf.notary.expiry' is not marked critical", False),
    ("expired", lambda p: notary.jws(p.ec, p.payload(), protected={
        "crit": crit("expiry"), PREFIX + "signingTime": later(-100), PREFIX + "expiry": later(-50)}),
     "the signature by 'CN=dev,O=wpack test,ST=WA,C=US' expired at", False),
    ("expires-before-signing", with_protected(crit=crit("expiry"), expiry=later(-50)),
     "it expires no later than it was signed", False),
    ("protected-twice", lambda p: notary.jws(p.ec, p.payload(), raw=json.dumps({
        "alg": "ES256", "crit": crit(), "cty": notary.PAYLOAD, PREFIX + "signingScheme": notary.SCHEME,
        PREFIX + "signingTime": later(0)})[:-1] + ',"alg":"ES256"}'), "duplicate key", True),
    ("protected-twin", lambda p: notary.jws(p.ec, p.payload(), protected={"Alg": "none"}), "Alg", False),
    ("member", with_members(protectedHeader="e30"), "/protectedHeader: is no member of a Notary envelope", True),
    ("no-chain", lambda p: notary.jws(p.ec, p.payload(), header={"x5c": None}), "/header/x5c: is missing", False),
    ("empty-chain", lambda p: notary.jws(p.ec, p.payload(), header={"x5c": []}), "0 certificates", False),
    ("truncated", lambda p: notary.jws(p.ec, p.payload())[:-10], "invalid JSON", False),
    ("empty", lambda p: b"{}", "is missing", False),
]

BROKEN_COSE = [
    ("signature", lambda p: flip(notary.cose(p.ec, p.payload()), -3), NOT_HELD, False),
    ("payload", lambda p: notary.cose(p.ec, p.payload()).replace(b'"size":', b'"sizE":'), NOT_HELD, False),
    ("protected", lambda p: notary.cose(p.ec, p.payload()).replace(b"signingTime", b"signingtime"),
     "is not known", False),
    ("other-digest", lambda p: notary.cose(p.ec, p.payload(digest=OTHER)), f"it signs another artifact, {OTHER}", False),
    ("truncated", lambda p: notary.cose(p.ec, p.payload())[:-10], "a string longer than what is left", False),
    ("more", lambda p: notary.cose(p.ec, p.payload()) + b"\0", "more behind the end", False),
    ("no-tag", lambda p: notary.cose(p.ec, p.payload(), finish=notary.cbor), "not a COSE_Sign1 (tag 18)", False),
    ("three-items", lambda p: notary.cose(p.ec, p.payload(), finish=lambda i: notary.cbor(Tag(18, i[:3]))),
     "not the four items", False),
    ("alg-of-another-key", lambda p: notary.cose(p.ec, p.payload(), protected={1: -35}), "it says ECDSA P-384", False),
    ("alg-unknown", lambda p: notary.cose(p.ec, p.payload(), protected={1: 5}),
     "the algorithm 5 is none of Notary's", False),
    ("content-type", lambda p: notary.cose(p.ec, p.payload(), protected={3: "text/plain"}),
     "its content is not a Notary payload", False),
    ("no-crit", lambda p: notary.cose(p.ec, p.payload(), protected={2: None}), "critical attributes is missing", False),
    ("crit-unknown", lambda p: notary.cose(p.ec, p.payload(), protected={2: [*crit(), "x"], "x": 1}),
     "the critical attribute 'x' is not known", True),
    ("crit-of-numbers", lambda p: notary.cose(p.ec, p.payload(), protected={2: [*crit(), 4], 4: b"id"}),
     "a protected attribute that is not known", True),
    ("plugin", lambda p: notary.cose(p.ec, p.payload(), protected={
        2: crit("verificationPlugin"), PREFIX + "verificationPlugin": "p"}), "asks for a verification plugin", False),
    ("time-without-tag", lambda p: notary.cose(p.ec, p.payload(), protected={PREFIX + "signingTime": 1}),
     "is not a time (tag 1 around whole seconds)", False),
    ("time-of-another-tag", lambda p: notary.cose(p.ec, p.payload(), protected={PREFIX + "signingTime": Tag(0, "x")}),
     "is not a time (tag 1 around whole seconds)", False),
    ("expired", lambda p: notary.cose(p.ec, p.payload(), protected={
        2: crit("expiry"), PREFIX + "signingTime": Tag(1, 1000), PREFIX + "expiry": Tag(1, 2000)}),
     "expired at 1970-01-01T00:33:20Z", False),
    ("no-chain", lambda p: notary.cose(p.ec, p.payload(), unprotected={33: None}),
     "the certificate chain is missing", False),
    ("both-maps", lambda p: notary.cose(p.ec, p.payload(), unprotected={1: -7}),
     "an attribute is both protected and not", True),
    ("label-twice", lambda p: notary.cose(p.ec, p.payload(), raw=lambda a: notary.head(5, len(a) + 1) + notary.cbor(
        a)[1:] + notary.cbor(1) + notary.cbor(-7)), "a key for the second time", False),
    ("long-number", lambda p: notary.cose(p.ec, p.payload(), raw=lambda a: notary.cbor(
        {k: notary.Raw(b"\x38\x06") if k == 1 else v for k, v in a.items()})), "a number longer than needed", True),
    ("indefinite", lambda p: notary.cose(p.ec, p.payload(), raw=lambda a: b"\xbf" + notary.cbor(a)[1:] + b"\xff"),
     "an indefinite length", False),
    ("jws", lambda p: notary.jws(p.ec, p.payload()), "the envelope is not the CBOR of COSE", False),
]

BROKEN = [(JWS, *row) for row in BROKEN_JWS] + [(COSE, *row) for row in BROKEN_COSE]


def test_forged_but_whole(place, checker):
    """What the rows below break is good as it is."""
    for media_type, make in ((JWS, notary.jws), (COSE, notary.cose)):
        good = place.with_signature(make(place.ec, place.payload()), media_type)
        good.verify()
        good.verify_by_policy()
        assert [v["ok"] for v in good.notation(checker)] == [True]


@pytest.mark.parametrize("media_type,name,make,words,lenient", BROKEN, ids=[f"{b[0][12:16]}-{b[1]}" for b in BROKEN])
def test_broken(place, checker, media_type, name, make, words, lenient):
    bad = place.with_signature(make(place), media_type)
    result = bad.verify(rc=12)
    assert words in result.err, result
    assert bad.verify_by_policy(rc=12).err.count(words) >= 1
    (theirs,) = bad.notation(checker, rc=0 if lenient else 1)
    assert theirs["ok"] == lenient


def test_envelope_of_another_artifact(place, checker, wpack, tmp_path):
    """A signature that holds, moved to where it does not belong."""
    (tmp_path / "other.wasm").write_bytes((tmp_path / "hello.wasm").read_bytes() + b"\0\x05\x04more")
    wpack("push", tmp_path / "other.wasm", f"oci:{tmp_path / 'other'}:v1")
    other = json.loads((tmp_path / "other/index.json").read_text())["manifests"][0]
    for media_type, make in ((JWS, notary.jws), (COSE, notary.cose)):
        moved = place.with_signature(make(place.ec, notary.payload(other)), media_type)
        assert f"it signs another artifact, {other['digest']}" in moved.verify(rc=12).err
        assert not moved.notation(checker, rc=1)[0]["ok"]


@pytest.mark.parametrize("leaf,words", [
    ("extendedKeyUsage=serverAuth\n", "its extended key usage is for something other than signing code"),
    ("keyUsage=critical,digitalSignature,keyCertSign\n", "its key usage is not digitalSignature alone"),
])
def test_leaf_that_may_not_sign(place, checker, tmp_path, leaf, words):
    signer = notary.Signer(tmp_path / "bad", leaf=leaf)
    notary.config(place.folder / "config", [signer.root])
    bad = place.with_signature(notary.jws(signer, place.payload()))
    assert words in bad.verify_by_policy(rc=13).err
    assert not bad.notation(checker, rc=1)[0]["ok"]
    refused = place.wpack("sign", place.ref, "--as", "notation", "--key", signer.key, "--certificate-chain",
                          signer.chain, rc=2)
    assert words in refused.err


def test_one_good_signature_is_enough(place, checker):
    both = place.with_signature(notary.jws(place.ec, place.payload(digest=OTHER)))
    notary.attach(both.layout, both.subject, notary.cose(both.ec, both.payload()), COSE)
    both.verify()
    assert sorted(v["ok"] for v in both.notation(checker)) == [False, True]


# ---- trust policies ----


def agrees(place, checker, rc, words=""):
    """wpack's answer to the policy is `rc`, and notation's the same one."""
    result = place.verify_by_policy(rc=rc)
    assert words in result.err, result
    assert [v["ok"] for v in place.notation(checker, rc=0 if rc == 0 else 1)] == [rc == 0]
    return result


def test_levels(place, checker, tmp_path):
    stranger = notary.Signer(tmp_path / "stranger")
    old = {"crit": crit("expiry"), PREFIX + "signingTime": later(-100), PREFIX + "expiry": later(-50)}
    expired = place.with_signature(notary.jws(place.ec, place.payload(), protected=old), name="expired")
    foreign = place.with_signature(notary.jws(stranger, place.payload()), name="foreign")
    broken = place.with_signature(flip(notary.cose(place.ec, place.payload()), -3), COSE, name="broken")
    for level, override, answers in (
        ("strict", {}, (12, 12, 12)),
        ("permissive", {}, (0, 12, 12)),
        ("audit", {}, (0, 0, 12)),
        ("strict", {"expiry": "log"}, (0, 12, 12)),
        ("permissive", {"expiry": "enforce"}, (12, 12, 12)),
        ("strict", {"authenticity": "log", "revocation": "skip"}, (12, 0, 12)),
    ):
        notary.config(place.config, [place.ec.root], signatureVerification={"level": level, "override": override})
        for p, rc in zip((expired, foreign, broken), answers):
            agrees(p, checker, rc)
    proof = foreign_notes(foreign, "audit")
    assert any("not enforced" in n and "no certificate of its chain" in n for n in proof["notes"])


def foreign_notes(place, level):
    notary.config(place.config, [place.ec.root], level=level)
    return place.verify_by_policy("--format", "json").json["requirements"][0]["proofs"][0]


def test_level_skip(place, checker):
    statement = {"name": "all", "registryScopes": ["*"], "signatureVerification": {"level": "skip"}}
    notary.config(place.config, [], [statement])
    result = place.verify_by_policy()
    assert "asks for nothing here" in result.err
    notary.config(place.config, [], [{**statement, "trustStores": ["ca:test"]}])
    assert "stands beside the level 'skip'" in place.verify_by_policy(rc=2).err


def test_scopes(wpack, module, serve, checker, ec, tmp_path):
    """The statement of the repository, else '*', else nothing is admitted."""
    host = serve().host
    strict = {"signatureVerification": {"level": "strict"}, "trustStores": ["ca:test"], "trustedIdentities": ["*"]}
    skip = {"name": "skip", "registryScopes": [f"{host}/free/app"], "signatureVerification": {"level": "skip"}}
    config = tmp_path / "config"
    for repo in ("team/app", "free/app", "other/app"):
        (tmp_path / "m.wasm").write_bytes(module.read_bytes() + sample.custom("repo", repo.encode()))
        wpack("push", tmp_path / "m.wasm", f"{host}/{repo}:v1")
    wpack("sign", f"{host}/team/app:v1", "--as", "notation", "--key", ec.key, "--certificate-chain", ec.chain)

    def ask(repo, rc):
        return wpack("verify", f"{host}/{repo}:v1", "--policy", config / "trustpolicy.json", rc=rc)

    notary.config(config, [ec.root], [{**strict, "name": "team", "registryScopes": [f"{host}/team/app"]}, skip])
    ask("team/app", 0)
    ask("free/app", 0)
    assert "other/app" in ask("other/app", 22).err
    assert checker.verdicts(f"{host}/team/app:v1", config)[0]["ok"]
    notary.config(config, [ec.root], [{**strict, "name": "any", "registryScopes": ["*"]}, skip])
    ask("team/app", 0)
    ask("free/app", 0)
    ask("other/app", 10)


def test_pull_asks_first(place, tmp_path, wpack):
    """The policy stands at the door of other commands, too."""
    place.with_signature(notary.jws(place.ec, place.payload()), name="good")
    policy = ["--policy", place.config / "trustpolicy.json"]
    wpack("pull", f"oci:{place.folder / 'good'}:v1", "-o", tmp_path / "out", *policy)
    assert (tmp_path / "out").exists()
    wpack("pull", place.ref, "-o", tmp_path / "none", *policy, rc=10)
    assert not (tmp_path / "none").exists()


def test_identities(place, checker):
    signed = place.with_signature(notary.jws(place.ec, place.payload()))
    for identities, rc in (
        (["x509.subject: C=US, ST=WA, O=wpack test"], 0),
        (["x509.subject: CN=dev, O=wpack test, S=WA, C=US"], 0),
        (["x509.subject: C=US, ST=WA, O=wpack test, CN=ops"], 12),
        (["x509.subject: C=US, ST=WA, O=wpack test, CN=ops", "x509.subject: C=US, ST=WA, O=wpack test, CN=dev"], 0),
        (["x509.subject: C=US, ST=WA, O=Wpack test"], 12),
    ):
        notary.config(place.config, [place.ec.root], trustedIdentities=identities)
        agrees(signed, checker, rc, "" if rc == 0 else "who is none of the trusted identities")


def test_who_else_signed_is_told_as_it_would_be_asked_for(place):
    signed = place.with_signature(notary.jws(place.ec, place.payload()))
    trust = ["--trust-store", place.ec.root, "--trusted-identity"]
    r = place.wpack("verify", signed.ref, *trust, "x509.subject: C=DE, ST=BE, O=other", rc=12)
    assert "--certificate-identity" not in r.err
    place.wpack("verify", signed.ref, *trust, re.search("--trusted-identity '(.*)'", r.err)[1])


def test_in_wpacks_own_policy(place):
    """A requirement of the type notation, beside all others of wpack-policy.json."""
    signed = place.with_signature(notary.jws(place.ec, place.payload()))
    policy = place.folder / "wpack-policy.json"

    def ask(rc, **more):
        requirement = {"id": "release", "type": "notation", "ca": [str(place.ec.root)],
                       "identities": ["x509.subject: C=US, ST=WA, O=wpack test"], **more}
        policy.write_text(json.dumps({"version": 1, "default": "reject",
                                      "rules": [{"scope": "**", "require": [requirement]}]}))
        return place.wpack("verify", signed.ref, "--policy", policy, rc=rc)

    ask(0)
    ask(0, annotations={})
    assert "who is none of the trusted identities" in ask(12, identities=["x509.subject: C=DE, ST=BE, O=other"]).err
    assert "is missing, not '1'" in ask(12, annotations={"build": "1"}).err
    place.wpack("verify", place.ref, "--policy", policy, rc=10)


BAD_POLICIES = [
    ({"trustedIdentities": ["x509.subject: C=US, O=acme"]}, "ST is missing"),
    ({"trustedIdentities": ["x509.subject: C=US, ST=WA, O=a", "x509.subject: C=US, ST=WA, O=a, CN=b"]}, "overlap"),
    ({"trustedIdentities": ["*", "x509.subject: C=US, ST=WA, O=a"]}, "'*' stands beside others"),
    ({"trustedIdentities": ["spiffe: x"]}, "is not supported"),
    ({"trustedIdentities": []}, "no trusted identity"),
    ({"trustStores": ["ca:none"]}, "there is no certificate in"),
    ({"trustStores": ["ca:../../x"]}, "names no trust store"),
    ({"trustStores": ["kms:test"]}, "names no trust store"),
    ({"trustStores": []}, "no certificate is trusted"),
    ({"registryScopes": []}, "names no repository"),
    ({"registryScopes": ["*", "a.example/b"]}, "'*' stands beside others"),
    ({"registryScopes": ["a.example/*"]}, "is no repository"),
    ({"registryScopes": ["a.example/b", "a.example/b"]}, "stands in a statement already"),
    ({"signatureVerification": {"level": "lax"}}, "strict, permissive, audit or skip are possible"),
    ({"signatureVerification": {"level": "strict", "override": {"expiry": "skip"}}}, "enforce or log are possible"),
    ({"signatureVerification": {"level": "strict", "override": {"integrity": "log"}}}, "is no member"),
    ({"signatureVerification": {"level": "skip", "override": {"expiry": "log"}}}, "nothing overrides 'skip'"),
    ({"signatureVerification": {"level": "strict", "verifyTimestamp": "never"}}, "always or afterCertExpiry"),
    ({"globalPolicy": True}, "'globalPolicy' is no member"),
    ({"name": ""}, "is empty"),
]


@pytest.mark.parametrize("change,words", BAD_POLICIES, ids=range(len(BAD_POLICIES)))
def test_bad_policies(place, change, words):
    notary.config(place.config, [place.ec.root], **change)
    result = place.verify_by_policy(rc=2)
    assert words in result.err and "trustpolicy.json:1:" in result.err, result


def test_bad_documents(place):
    config = place.config / "trustpolicy.json"
    good = json.loads(config.read_text())
    for change, words in (({"version": "2.0"}, "only version 1.0 is known"), ({"trustPolicies": []}, "0 statements"),
                          ({"more": 1}, "'more' is no member"),
                          ({"trustPolicies": good["trustPolicies"] * 2}, "is the name of two statements")):
        config.write_text(json.dumps({**good, **change}))
        assert words in place.verify_by_policy(rc=2).err
    config.write_text(json.dumps(good))
    store = place.config / "truststore/x509/ca/test"
    (store / "link.pem").symlink_to(place.ec.root)
    assert "link.pem" in place.verify_by_policy(rc=2).err
    (store / "link.pem").unlink()
    (store / "folder").mkdir()
    assert "folder" in place.verify_by_policy(rc=2).err
    (store / "folder").rmdir()
    (store / "leaf.pem").write_bytes((place.ec.folder / "leaf.pem").read_bytes())
    assert "is neither a certificate authority nor signed by itself" in place.verify_by_policy(rc=2).err


def test_signing_authority(place, checker):
    """Another scheme: its own store, and its time counts."""
    protected = {"crit": crit("authenticSigningTime"), PREFIX + "signingScheme": AUTHORITY,
                 PREFIX + "signingTime": None, PREFIX + "authenticSigningTime": later(-5)}
    signed = place.with_signature(notary.jws(place.ec, place.payload(), protected=protected))
    agrees(signed, checker, 12, "no certificate of its chain is a signing authority that")
    store = place.config / "truststore/x509/signingAuthority/sa"
    store.mkdir(parents=True)
    (store / "root.pem").write_bytes(place.ec.root.read_bytes())
    notary.config(place.config, [place.ec.root], trustStores=["signingAuthority:sa"])
    result = agrees(signed, checker, 0)
    assert "by signing authority" in result.err
    place.wpack("verify", signed.ref, "--trust-store", f"signingAuthority:{place.ec.root}", "--trusted-identity", "*")
    plain = place.with_signature(notary.jws(place.ec, place.payload()), name="plain")
    agrees(plain, checker, 12, "no certificate of its chain is a certificate authority that")
    place.wpack("verify", plain.ref, "--trust-store", f"signingAuthority:{place.ec.root}", "--trusted-identity", "*", rc=12)


def test_timestamps(place, checker, tsa, tmp_path):
    store = place.config / "truststore/x509/tsa/time"
    store.mkdir(parents=True)
    (store / "root.pem").write_bytes((tsa / "root.pem").read_bytes())
    stamped = {m: place.with_signature(make(place.ec, place.payload(), stamp=tsa), m, name=f"stamped-{m[12:]}")
               for m, make in ((JWS, notary.jws), (COSE, notary.cose))}
    plain = place.with_signature(notary.jws(place.ec, place.payload()), name="plain")
    stores = ["ca:test", "tsa:time"]
    notary.config(place.config, [place.ec.root], trustStores=stores)
    for p in stamped.values():
        assert "by timestamp authority CN=tsa,O=time" in agrees(p, checker, 0).err
    agrees(plain, checker, 12, "has no timestamp")
    notary.config(place.config, [place.ec.root], trustStores=stores,
                  signatureVerification={"level": "strict", "verifyTimestamp": "afterCertExpiry"})
    agrees(plain, checker, 0)
    notary.config(place.config, [place.ec.root], trustStores=stores, level="permissive")
    agrees(plain, checker, 0)
    # Of another signature; by an authority that nobody knows.
    notary.config(place.config, [place.ec.root], trustStores=stores)
    token = json.loads(notary.jws(place.ec, place.payload(), stamp=tsa))["header"][PREFIX + "timestampSignature"]
    moved = place.with_signature(edit(notary.jws(place.ec, place.payload()), lambda d: d["header"].update(
        {PREFIX + "timestampSignature": token})))
    agrees(moved, checker, 12, "the timestamp does not hold")
    other = place.with_signature(notary.jws(place.ec, place.payload(), stamp=notary.make_tsa(tmp_path / "other-tsa")))
    agrees(other, checker, 12, "the timestamp does not hold")
    # By options: --trust-store tsa:FILE.
    stamped[JWS].verify("--trust-store", f"tsa:{tsa / 'root.pem'}")
    assert "has no timestamp" in plain.verify("--trust-store", f"tsa:{tsa / 'root.pem'}", rc=12).err


def test_revocation(place, tmp_path):
    """Nobody is asked over the network: by lists that are given, or said to be not known."""
    signer = notary.Signer(tmp_path / "listed", leaf="crlDistributionPoints=URI:http://127.0.0.1:9/x.crl\n")
    notary.config(place.config, [signer.root])
    signed = place.with_signature(notary.jws(signer, place.payload()))
    assert "is revoked is not known: nobody is asked" in signed.verify_by_policy(rc=13).err
    notary.config(place.config, [signer.root], level="permissive")
    signed.verify_by_policy()
    notary.config(place.config, [signer.root])

    def crl(*revoke):
        folder = signer.folder
        (folder / "index.txt").write_text("")
        (folder / "number").write_text("01\n")
        (folder / "ca.conf").write_text("[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\ncrlnumber = number\n"
                                        "default_md = sha256\ndefault_crl_days = 1\n")
        ca = ("ca", "-config", "ca.conf", "-keyfile", "ca.key", "-cert", "root.pem")
        for leaf in revoke:
            notary.openssl(*ca, "-revoke", leaf, cwd=folder)
        notary.openssl(*ca, "-gencrl", "-out", "list.crl", cwd=folder)
        return folder / "list.crl"

    lists = place.config / "truststore/crl"
    lists.mkdir()
    (lists / "list.crl").write_bytes(crl().read_bytes())
    signed.verify_by_policy()
    trust = ["--trust-store", signer.root, "--trusted-identity", "*"]
    place.wpack("verify", signed.ref, *trust, "--crl", signer.folder / "list.crl")
    (lists / "list.crl").write_bytes(crl("leaf.pem").read_bytes())
    assert "certificate 'CN=dev,O=wpack test,ST=WA,C=US' is revoked" in signed.verify_by_policy(rc=13).err
    assert "is revoked" in place.wpack("verify", signed.ref, *trust, "--crl", signer.folder / "list.crl", rc=13).err
    report = place.wpack("verify", signed.ref, *trust, "--format", "json").json
    assert "revocation of certificates was not looked at" in report["requirements"][0]["proofs"][0]["notes"]
    assert place.wpack("verify", signed.ref, *trust).err.count("revocation of certificates was not looked at") == 1
