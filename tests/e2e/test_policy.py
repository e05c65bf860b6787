# SPDX-License-Identifier: Apache-2.0
"""Policy files as users write them: wpack's own, containers', what they accept and what they refuse, and in which words.
(That nothing unproven gets a name is test_policy_door.py's.)"""

import base64
import datetime
import json
import os
import tarfile
import textwrap

import pytest

from conftest import client
from support import keys
from test_keyless import config, modules, services, token  # noqa: F401 (fixtures)

SLSA = "https://slsa.dev/provenance/v1"
GITHUB = "https://token.actions.githubusercontent.com"
BEACON = ("https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/"
          "extremely-dangerous-oidc-beacon.yml@refs/heads/main")


@pytest.fixture
def ann(tmp_path):
    return keys.pair(tmp_path, "ann")


@pytest.fixture
def bob(tmp_path):
    return keys.pair(tmp_path, "bob")


@pytest.fixture
def app(wpack, module):
    """An artifact in a layout, by a name with a repository."""
    wpack("build", module, "-t", "team/app:1", "-o", "oci:lay")
    return "oci:lay:team/app:1"


@pytest.fixture
def reference(serve):
    return f"{serve().host}/team/app:1"


@pytest.fixture
def policy(tmp_path):
    """policy(text or object) writes policy.json and returns its path."""

    def write(document, name="policy.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document, indent=1))
        return path

    return write


def own(*rules, default="reject", **more):
    return {"version": 1, "default": default, "rules": list(rules), **more}


def key_rule(*files, scope="oci:lay:team/*", **more):
    return {"scope": scope, "require": [{"id": "release", "type": "key", "keys": list(files), **more}]}


def sign(wpack, ref, pair, *more):
    wpack("sign", ref, "--key", pair.private, *more)


def verify(wpack, ref, path, rc=0, **more):
    return wpack("verify", ref, "--policy", path, rc=rc, **more)


# ---- wpack's own ----


def test_key_of_a_scope(wpack, app, ann, bob, policy):
    path = policy(own(key_rule("ann.pub")))
    r = verify(wpack, app, path, rc=10)
    assert "'release' is required: it is not signed" in r.err and f"wpack sign --key KEY {app}" in r.err
    sign(wpack, app, bob)
    r = verify(wpack, app, path, rc=12)
    assert "'release' is required: signed, but by nobody who is trusted here: bundle: referrer sha256:" in r.err
    sign(wpack, app, ann)
    r = verify(wpack, app, path)
    assert "signed by" in r.err and "ann.pub" in r.err
    report = json.loads(verify(wpack, app, path, env={"WPACK_FORMAT": "json"}).out)
    assert report["verdict"] == "satisfied" and report["scope"].endswith("/lay:team/*")
    requirement, = report["requirements"]
    assert requirement["id"] == "release" and requirement["satisfied"]
    assert [p["trustedAs"] for p in requirement["proofs"] if "failed" not in p] == ["ann.pub"]
    assert [p["failed"] for p in requirement["proofs"] if "failed" in p] == ["signature"]


def test_names_without_a_rule(wpack, app, ann, policy):
    rule = key_rule("ann.pub", scope="oci:lay:other/*")
    r = verify(wpack, app, policy(own(rule)), rc=22)
    assert "rejected by the policy: no rule of" in r.err and "is about it" in r.err
    r = verify(wpack, app, policy(own(rule, default="accept-unsigned")))
    assert "asks for nothing here" in r.err
    r = verify(wpack, app, policy(own({"scope": "oci:lay", "action": "reject"}, default="accept-unsigned")), rc=22)
    assert "admits nothing under 'oci:" in r.err


def test_paths_are_the_policys(wpack, app, ann, policy, tmp_path):
    (tmp_path / "etc/keys").mkdir(parents=True)
    ann.public.rename(tmp_path / "etc/keys/ann.pub")
    sign(wpack, app, ann)
    path = policy(own(key_rule("keys/ann.pub", scope="oci:../lay:team/*")), "etc/p.json")
    verify(wpack, app, path)
    (tmp_path / "else").mkdir()
    wpack("verify", "oci:../lay:team/app:1", "--policy", "../etc/p.json", cwd=tmp_path / "else")


def test_two_of_three(wpack, app, ann, bob, policy, tmp_path):
    cyd = keys.pair(tmp_path, "cyd", "ED25519")
    path = policy(own(key_rule("ann.pub", "bob.pub", "cyd.pub", threshold=2)))
    sign(wpack, app, ann)
    sign(wpack, app, ann)
    r = verify(wpack, app, path, rc=12)
    assert "signed by 1 of the 2 that are asked for: 'ann.pub'" in r.err
    assert "by the same signer does not count" in r.err
    sign(wpack, app, cyd)
    r = verify(wpack, app, path)
    assert "ann.pub" in r.err and "cyd.pub" in r.err


def test_two_of_three_by_options(wpack, app, ann, bob):
    both = ["--key", ann.public, "--key", bob.public, "--threshold", "2"]
    sign(wpack, app, ann)
    assert "signed by 1 of the 2" in wpack("verify", app, *both, rc=12).err
    sign(wpack, app, bob)
    wpack("verify", app, *both)
    assert "are the same key" in wpack("verify", app, "--key", ann.public, "--key", ann.public, "--threshold", "2",
                                       rc=2).err
    assert "3 signers are asked for, but only 2 are named" in wpack("verify", app, *both[:4], "--threshold", "3",
                                                                    rc=2).err


@pytest.mark.parametrize("form", ["compressed", "hybrid"])
def test_one_key_written_in_two_ways(wpack, app, ann, policy, tmp_path, form):
    """Whatever form its point has, it is the same key: it counts once."""
    keys.openssl("ec", "-pubin", "-in", ann.public, "-pubout", "-conv_form", form, "-out", tmp_path / "again.pub")
    sign(wpack, app, ann)
    sign(wpack, app, ann)
    twice = ["--key", ann.public, "--key", "again.pub", "--threshold", "2"]
    assert "are the same key" in wpack("verify", app, *twice, rc=2).err
    assert "is the same key as" in verify(wpack, app, policy(own(key_rule("ann.pub", "again.pub"))), rc=2).err
    wpack("verify", app, "--key", "again.pub")


def test_a_key_that_went_out_of_use(wpack, app, ann, bob, policy):
    """Several keys are a rotation. Without a proven time nobody can say that a signature is older than the limit."""
    old = {"file": "ann.pub", "notAfter": "2020-01-01T00:00:00Z"}
    path = policy(own(key_rule(old, "bob.pub")))
    sign(wpack, app, ann)
    r = verify(wpack, app, path, rc=12)
    assert "signed, but at a time that is not accepted" in r.err and "nothing proves when it was signed" in r.err
    sign(wpack, app, bob)
    verify(wpack, app, path)
    future = {"file": "ann.pub", "notAfter": "2999-01-01T00:00:00Z"}
    verify(wpack, app, policy(own(key_rule(future))))


def test_what_is_attested(wpack, app, ann, bob, policy):
    path = policy(own({
        "scope": "oci:lay:team/*",
        "require": [
            {"id": "ci", "type": "key", "keys": ["ann.pub"]},
            {"id": "built", "type": "attestation", "predicateType": "slsa", "signedBy": ["ci"],
             "conditions": [{"path": "/predicate/runDetails/builder/id", "equals": "https://ci.example/1"},
                            {"path": "/predicate/buildDefinition/buildType", "exists": True}]},
        ],
        "allOf": ["built"],
    }))
    attest = ["attest", app, "--type", "slsa", "--builder-id"]
    sign(wpack, app, ann)
    r = verify(wpack, app, path, rc=10)
    assert f"'built' is required: it has no attestation {SLSA}" in r.err and f"wpack attest --type {SLSA}" in r.err
    wpack(*attest, "https://ci.example/1", "--key", bob.private)
    assert "signed, but by nobody who is trusted here" in verify(wpack, app, path, rc=12).err
    wpack(*attest, "https://ci.example/2", "--key", ann.private)
    r = verify(wpack, app, path, rc=12)
    assert ('attested, but not what is asked for' in r.err and '/predicate/runDetails/builder/id of the statement is '
            '"https://ci.example/2", and must be "https://ci.example/1"' in r.err)
    wpack(*attest, "https://ci.example/1", "--key", ann.private)
    verify(wpack, app, path)


def test_one_of_two_ways(wpack, app, ann, bob, policy):
    signers = [{"id": "a", "type": "key", "keys": ["ann.pub"]}, {"id": "b", "type": "key", "keys": ["bob.pub"]}]
    either = policy(own({"scope": "**", "anyOf": ["a", "b"]}, signers=signers), "either.json")
    both = policy(own({"scope": "**", "allOf": ["a", "b"]}, signers=signers), "both.json")
    sign(wpack, app, bob)
    verify(wpack, app, either)
    assert "'a' is required" in verify(wpack, app, both, rc=12).err
    sign(wpack, app, ann)
    verify(wpack, app, both)


def test_formats(wpack, app, ann, policy):
    path = policy(own(key_rule("ann.pub", formats=["cosign"])))
    sign(wpack, app, ann)
    assert "in a format that is not accepted here" in verify(wpack, app, path, rc=12).err
    sign(wpack, app, ann, "--as", "cosign")
    verify(wpack, app, path)


def test_what_is_under_the_signature(wpack, app, ann, policy):
    path = policy(own(key_rule("ann.pub", annotations={"stage": "release"})))
    sign(wpack, app, ann, "-a", "stage=test")
    assert "without an annotation that is asked for" in verify(wpack, app, path, rc=12).err
    sign(wpack, app, ann, "-a", "stage=release")
    verify(wpack, app, path)


def test_platforms(wpack, serve, module, component, ann, bob, policy):
    """An index covers what it leads to, or everything must stand for itself, or both, as the rule has it."""
    base = f"{serve().host}/team/app"
    parts = [json.loads(wpack("push", m, f"{base}:{i}", "--format", "json").out) for i, m in enumerate([module, component])]
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
        {k: c[k] for k in ("mediaType", "digest", "size")} | {"platform": {"os": "wasip1", "architecture": a}}
        for c, a in zip(parts, ["wasm", "wasm64"])]}
    wpack("raw", "put", "manifest", f"{base}:both", stdin=json.dumps(index))

    def under(platforms, rc=0):
        rule = key_rule("ann.pub", scope="**") | {"platforms": platforms}
        return verify(wpack, f"{base}:both", policy(own(rule)), rc=rc)

    sign(wpack, f"{base}:0", ann)
    assert "wasip1/wasm64: " in under("index-or-manifest", rc=10).err
    sign(wpack, f"{base}:1", bob)
    under("index-or-manifest", rc=12)
    sign(wpack, f"{base}:1", ann)
    under("index-or-manifest")
    under("index", rc=10)
    under("each", rc=10)
    sign(wpack, f"{base}:both", ann)
    under("index")
    under("each")


@pytest.mark.parametrize("document, words", [
    ("{", "policy.json:1:"),
    ({}, "this is no trust policy"),
    (own({"scope": "h.example/x", "require": [{"id": "r", "type": "key", "keys": ["none.pub"]}]}),
     "/rules/0/require/0/keys/0: "),
    (own({"scope": "h.example/x", "requires": []}), "/rules/0/requires: unknown key; did you mean 'require'?"),
    (own(key_rule("ann.pub"), key_rule("ann.pub")), "is as narrow as"),
    (own(key_rule("ann.pub", threshold=2)), "2 must have signed, but 1 is named"),
    (own(key_rule("ann.pub", "ann.pub")), "is the same key as 'ann.pub'"),
    (own(key_rule("ann.pub", tlog="required")), "which logs are believed?"),
])
def test_a_policy_is_whole_or_none(wpack, app, ann, policy, document, words):
    sign(wpack, app, ann)
    r = verify(wpack, app, policy(document), rc=2)
    assert words in r.err and "policy.json:" in r.err


# ---- identities, with certificates of Sigstore's own ----


@pytest.fixture
def beacon(tmp_path):
    """a.txt, signed by a workflow: a bundle and the trusted root to verify it with."""
    data = os.environ.get("WPACK_DATA")
    if not data:
        pytest.skip("SKIP: no test data (WPACK_DATA)")
    cases = "sigstore-conformance/bundle-verify/"
    with tarfile.open(os.path.join(data, "signing.tar.gz")) as tar:
        for member, name in ((cases + "a.txt", "a.txt"), ("roots/public-good-trusted_root.json", "root.json"),
                             (cases + "happy-path-v0.3/bundle.sigstore.json", "a.txt.sigstore.json")):
            (tmp_path / name).write_bytes(tar.extractfile(member).read())


@pytest.mark.parametrize("more, failing", [
    ({"identity": BEACON, "issuer": GITHUB}, None),
    ({"identity": {"glob": "https://github.com/sigstore-conformance/*/.github/workflows/*@refs/heads/main"},
      "issuer": GITHUB}, None),
    ({"identity": {"regexp": "https://github[.]com/.*/[a-z-]+[.]yml@refs/heads/(main|release)"}, "issuer": GITHUB}, None),
    ({"identity": BEACON, "issuer": GITHUB, "claims": {"buildTrigger": "workflow_dispatch"}}, None),
    # What a log proves to have been signed in time stays so (2024-03-19T17:26:26Z).
    ({"identity": BEACON, "issuer": GITHUB, "notBefore": "2024-03-19T17:26:26Z", "notAfter": "2024-03-19T17:26:26Z"},
     None),
    ({"identity": BEACON, "issuer": GITHUB, "notAfter": "2024-03-19T17:26:25Z"}, "at a time that is not accepted"),
    ({"identity": BEACON, "issuer": GITHUB, "notBefore": "2024-03-19T17:26:27Z"}, "at a time that is not accepted"),
    ({"identity": BEACON + "2", "issuer": GITHUB}, "by nobody who is trusted here"),
    ({"identity": {"glob": "https://github.com/*@refs/heads/main"}, "issuer": GITHUB}, "by nobody who is trusted here"),
    ({"identity": {"regexp": "beacon"}, "issuer": GITHUB}, "by nobody who is trusted here"),
    ({"identity": BEACON, "issuer": "https://issuer.example"}, "by nobody who is trusted here"),
    ({"identity": BEACON, "issuer": GITHUB, "claims": {"buildTrigger": "push"}}, "by nobody who is trusted here"),
    ({"identity": BEACON, "issuer": GITHUB, "notAfter": "2020-01-01T00:00:00Z"}, "at a time that is not accepted"),
    ({"identity": BEACON, "issuer": GITHUB, "notBefore": "2030-01-01T00:00:00Z"}, "at a time that is not accepted"),
    ({"identity": BEACON, "issuer": GITHUB, "timestamp": "required"}, "no time can be proven"),
])
def test_identities(wpack, beacon, policy, more, failing):
    path = policy(own({"scope": "file:*.txt", "require": [
        {"id": "ci", "type": "keyless", "trustedRoot": "root.json", **more}]}))
    r = wpack("verify", "a.txt", "--bundle", "a.txt.sigstore.json", "--policy", path, rc=12 if failing else 0)
    assert (failing or "signed by") in r.err


# ---- containers' ----


def containers(*requirements, **transports):
    return {"default": list(requirements), "transports": transports}


def signed(identity="matchRepository", **more):
    return {"type": "sigstoreSigned", **more, "signedIdentity": {"type": identity}}


@pytest.fixture
def served(wpack, serve, module):
    server = serve()
    ref = f"{server.host}/team/app:1"
    wpack("push", module, ref)
    return ref


def test_containers_policy(wpack, served, ann, bob, policy):
    host = served.split("/")[0]
    reject = {"type": "reject"}
    path = policy(containers(reject, docker={f"{host}/team": [signed(keyPath="ann.pub")]}))
    assert "it is not signed" in verify(wpack, served, path, rc=10).err
    sign(wpack, served, ann)
    r = verify(wpack, served, path, rc=12)
    assert "in a format that is not accepted here" in r.err
    sign(wpack, served, bob, "--as", "cosign")
    assert "by nobody who is trusted here" in verify(wpack, served, path, rc=12).err
    sign(wpack, served, ann, "--as", "cosign")
    verify(wpack, served, path)
    wpack("pull", served, "-o", "got.wasm", "--policy", path)
    # By tag the default asks for a name that has one.
    path = policy(containers(signed("matchRepoDigestOrExact", keyPath="ann.pub")))
    assert "signed, but under another name" in verify(wpack, served, path, rc=12).err
    pinned = wpack("resolve", served).out.strip()
    verify(wpack, pinned if "@" in pinned else f"{served.rsplit(':', 1)[0]}@{pinned}", path)
    path = policy(containers(reject, docker={f"{host}/other": [{"type": "insecureAcceptAnything"}]}))
    assert "rejected by the policy" in verify(wpack, served, path, rc=22).err
    path = policy(containers(reject, docker={f"{host}/team/app": [{"type": "insecureAcceptAnything"}]}))
    verify(wpack, served, path)


def test_containers_policy_names(wpack, served, ann, policy):
    sign(wpack, served, ann, "--as", "cosign", "--sign-container-identity", "up.example/team/app")
    path = policy(containers(signed(keyPath="ann.pub")))
    assert "signed, but under another name" in verify(wpack, served, path, rc=12).err
    elsewhere = {"type": "sigstoreSigned", "keyPath": "ann.pub",
                 "signedIdentity": {"type": "exactRepository", "dockerRepository": "up.example/team/app"}}
    verify(wpack, served, policy(containers(elsewhere)))


def test_containers_policy_without_gpg(wpack, served, ann, policy):
    sign(wpack, served, ann, "--as", "cosign")
    gpg = {"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/usr/share/keys.gpg"}
    r = verify(wpack, served, policy(containers(gpg)), rc=22)
    assert "signatures by GPG (signedBy) are asked for, and cannot be verified here" in r.err
    r = verify(wpack, served, policy(containers({"type": "signedWith"})), rc=2)
    assert "policy.json:" in r.err and "'signedWith' is no requirement known here" in r.err


ACCEPT, REJECT = [{"type": "insecureAcceptAnything"}], [{"type": "reject"}]


@pytest.mark.parametrize("transports", [
    {},
    {"docker": {"": ACCEPT}},
    {"docker": {"HOST": ACCEPT}},
    {"docker": {"HOST/team": ACCEPT}},
    {"docker": {"HOST/te": ACCEPT}},
    {"docker": {"HOST/team/app": ACCEPT}},
    {"docker": {"HOST/team/app:1": ACCEPT}},
    {"docker": {"HOST/team/app:2": ACCEPT}},
    {"docker": {"HOST/team": ACCEPT, "HOST/team/app": REJECT}},
    {"docker": {"HOST/team/app": ACCEPT, "HOST/team/app:1": REJECT}},
    {"docker": {"": ACCEPT, "HOST": REJECT}},
    {"docker": {"*.0.0.1": ACCEPT}},
    {"docker": {"": ACCEPT, "*.0.1": REJECT}},
    {"docker": {"HOST": [*ACCEPT, *REJECT]}},
    {"oci": {"": ACCEPT}},
    {"docker": {"HOST": []}},
    {"docker": {"HOST": [{"type": "accept"}]}},
    {"docker": {"HOST": [{"type": "reject", "more": 1}]}},
    {"docker": {"HOST": {"type": "reject"}}},
    {"docker": []},
])
def test_containers_policy_as_skopeo_reads_it(wpack, served, policy, tmp_path, transports):
    """The scope in force is the same, and what is no policy there is none here."""
    skopeo = client("skopeo", tmp_path)
    host = served.split("/")[0]
    text = json.dumps({"default": REJECT, "transports": transports}).replace("HOST", host)
    path = policy(text)
    theirs = skopeo("--policy", path, "copy", "--src-tls-verify=false", f"docker://{served}", f"dir:{tmp_path}/theirs",
                    rc=None)
    ours = wpack.run("verify", served, "--policy", path)
    invalid = "invalid policy" in theirs.err.lower()
    rejected = "rejected by policy" in theirs.err
    assert theirs.rc == 0 or invalid or rejected, theirs
    assert ours.rc == (2 if invalid else 22 if rejected else 0), (ours, theirs)


def pem(label, raw):
    body = "\n".join(textwrap.wrap(base64.b64encode(base64.b64decode(raw)).decode(), 64))
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def test_containers_policy_by_identity(wpack, app, services, policy, tmp_path):  # noqa: F811
    root = json.loads(services.root.read_text())
    ca, log = root["certificateAuthorities"][0], root["tlogs"][0]
    (tmp_path / "token").write_text(token(sub="dev@example.com", email="dev@example.com", email_verified=True))
    (tmp_path / "ca.pem").write_text("".join(pem("CERTIFICATE", c["rawBytes"]) for c in ca["certChain"]["certificates"]))
    (tmp_path / "log.pub").write_text(pem("PUBLIC KEY", log["publicKey"]["rawBytes"]))
    keys.pair(tmp_path, "other")
    wpack("sign", app, *config(services, 1), "--as", "cosign")

    def of(log="log.pub", **more):
        who = {"caPath": "ca.pem", "oidcIssuer": "https://issuer.example", "subjectEmail": "dev@example.com", **more}
        return policy(containers(signed(fulcio=who, rekorPublicKeyPath=log)))

    verify(wpack, app, of())
    assert "by nobody who is trusted here" in verify(wpack, app, of(subjectEmail="ann@example.com"), rc=12).err
    assert "by nobody who is trusted here" in verify(wpack, app, of(oidcIssuer="https://else.example"), rc=12).err
    assert "no transparency log proves it" in verify(wpack, app, of(log="other.pub"), rc=12).err
    r = wpack("verify", app, "--policy", policy(containers(signed(keyPath="other.pub"))), rc=12)
    assert "by nobody who is trusted here" in r.err


def test_containers_policy_by_key_and_log(wpack, app, services, ann, policy, tmp_path):  # noqa: F811
    root = json.loads(services.root.read_text())
    (tmp_path / "log.pub").write_text(pem("PUBLIC KEY", root["tlogs"][0]["publicKey"]["rawBytes"]))
    path = policy(containers(signed(keyPath="ann.pub", rekorPublicKeyPath="log.pub")))
    sign(wpack, app, ann, "--as", "cosign")
    assert "no transparency log proves it" in verify(wpack, app, path, rc=12).err
    verify(wpack, app, policy(containers(signed(keyPath="ann.pub"))))
    path = policy(containers(signed(keyPath="ann.pub", rekorPublicKeyPath="log.pub")))
    sign(wpack, app, ann, "--as", "cosign", "--rekor-url", services.url)
    verify(wpack, app, path)


# ---- old versions ----

def test_a_tag_that_is_led_back_is_found_by_the_age_that_was_attested(wpack, reference, module, ann, policy):
    """The recipe of wpack-policy(5): an old version stays well signed, and what it says of its age stays, too."""
    rule = key_rule(ann.public.name, scope=reference.rsplit(":", 1)[0])
    rule["require"].append({"id": "recent", "type": "attestation", "predicateType": "slsa", "signedBy": ["release"],
                            "conditions": [{"path": "/predicate/runDetails/metadata/finishedOn", "maxAge": "90d"}]})
    rule["allOf"] = ["release", "recent"]
    path = policy(own(rule))
    now = datetime.datetime.now(datetime.timezone.utc)
    old = module.with_name("old.wasm")
    old.write_bytes(module.read_bytes() + b"\0\4\3old")
    digests = {}
    for what, age in ((old, 91), (module, 89)):
        digests[what] = wpack("push", what, reference, "--sign-by", ann.private).digest
        wpack("attest", reference, "--key", ann.private, "--type", "slsa", "--builder-id", "https://ci.example",
              "--finished-on", f"{now - datetime.timedelta(days=age):%Y-%m-%dT%H:%M:%SZ}")
    repo = reference.rsplit(":", 1)[0]
    wpack("pull", reference, "-o", "out/", "--policy", path)
    wpack("tag", f"{repo}@{digests[old]}", reference.rsplit(":", 1)[1])
    wpack("verify", reference, "--key", ann.public)
    r = wpack("pull", reference, "-o", "back/", "--policy", path, rc=12)
    assert "'recent' is required" in r.err and not (wpack.cwd / "back").exists()
    sign(wpack, reference, ann)
    wpack("verify", reference, "--policy", path, rc=12)
    wpack("attest", reference, "--key", ann.private, "--type", "slsa", "--builder-id", "https://ci.example",
          "--finished-on", f"{now:%Y-%m-%dT%H:%M:%SZ}")
    verify(wpack, reference, path)


# ---- beside the options of a command line ----

def test_annotations_are_asked_for_in_the_policy(wpack, app, ann, policy):
    sign(wpack, app, ann, "-a", "env=test")
    path = policy(own(key_rule(ann.public.name)))
    verify(wpack, app, path)
    r = wpack("verify", app, "--policy", path, "-a", "env=test", rc=2)
    assert "--annotation would add to it" in r.err
    wpack.env["WPACK_POLICY"] = str(path)
    wpack("verify", app, "-a", "env=prod", rc=2)


def test_a_type_is_told_only_where_the_policy_asks_for_it(wpack, app, ann, policy):
    """A signature that satisfies is no statement of the type that was asked for."""
    sign(wpack, app, ann)
    signed = policy(own(key_rule(ann.public.name)))
    nothing = policy(own(default="accept-unsigned"), name="nothing.json")
    for path in (signed, nothing):
        for more in ([], ["--replay"]):
            r = wpack("verify", app, "--policy", path, "--type", "test", *more, rc=10)
            assert r.out == "" and "asks for no attestation" in r.err
    predicate = policy({"made": "by hand"}, name="predicate.json")
    wpack("attest", app, "--key", ann.private, "--type", "https://example.com/made", predicate)
    wpack("verify", app, "--policy", signed, "--type", "https://example.com/made", rc=10)
    rule = key_rule(ann.public.name)
    rule["require"].append({"id": "made", "type": "attestation", "predicateType": "https://example.com/made",
                            "signedBy": ["release"]})
    rule["allOf"] = ["release", "made"]
    both = policy(own(rule), name="both.json")
    r = wpack("verify", app, "--policy", both, "--type", "https://example.com/made")
    assert [json.loads(line)["predicate"] for line in r.out.splitlines()] == [{"made": "by hand"}]
    wpack("verify", app, "--policy", both, "--type", "slsa", rc=10)
