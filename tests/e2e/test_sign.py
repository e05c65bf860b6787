# SPDX-License-Identifier: Apache-2.0
"""wpack sign: what is written, where it goes, who can read it (cosign, minisign), and what is refused."""

import base64
import hashlib
import json
import subprocess
import threading

import pytest

from conftest import client, find_peer
from support import blob_path, keys, sample

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SIGN = "https://sigstore.dev/cosign/sign/v1"


@pytest.fixture
def layout(wpack, module):
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    return wpack.cwd / "lay"


@pytest.fixture
def key(tmp_path):
    return keys.pair(tmp_path, "k")


@pytest.fixture
def cosign(tmp_path):
    """cosign as its users call it on a loopback registry with keys and without logs."""
    run = client("cosign", tmp_path)
    plain = ["--allow-http-registry", "--insecure-ignore-tlog=true"]
    return lambda command, *args, **more: run(command, *plain, *args, **more)


def referrers(wpack, ref):
    return json.loads(wpack("tree", ref, "--format", "json").out).get("referrers", [])


def read(wpack, base, digest):
    return json.loads(wpack("raw", "get", "manifest", f"{base}@{digest}").out)


def test_what_is_written(wpack, layout, key):
    r = wpack("sign", "oci:lay:app:1", "--key", key.private, env={"SOURCE_DATE_EPOCH": "1700000000"})
    pinned = r.out.splitlines()[-1]
    assert pinned.startswith("oci:lay@sha256:") and r.out.count("\n") == 1
    assert f"{key.private.name} (ECDSA P-256 with SHA-256)" in r.err
    found, = referrers(wpack, "oci:lay:app:1")
    m = read(wpack, "oci:lay", found["digest"])
    assert m["artifactType"] == BUNDLE and m["subject"]["digest"] == pinned.split("@")[1]
    assert m["config"] == {"mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "artifactType": BUNDLE,
                           "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}
    assert m["annotations"] == {"dev.sigstore.bundle.content": "dsse-envelope",
                                "dev.sigstore.bundle.predicateType": SIGN,
                                "org.opencontainers.image.created": "2023-11-14T22:13:20Z"}
    bundle = json.loads(blob_path(layout, m["layers"][0]["digest"]).read_text())
    assert bundle["mediaType"] == BUNDLE and m["layers"][0]["mediaType"] == BUNDLE
    envelope = bundle["dsseEnvelope"]
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert statement["subject"] == [{"digest": {"sha256": pinned.split(":")[-1]}}]
    assert statement["predicateType"] == SIGN and statement["predicate"] == {}
    # cosign takes a key id that it does not know for somebody else's
    assert list(envelope["signatures"][0]) == ["sig"]
    payload = base64.b64decode(envelope["payload"])
    pae = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload)
    (layout / "pae").write_bytes(pae)
    (layout / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    keys.openssl("dgst", "-sha256", "-verify", key.public, "-signature", layout / "sig", layout / "pae")


@pytest.mark.parametrize("algorithm", ["EC", "P-384", "RSA", "ED25519"])
def test_cosign_reads_bundles(wpack, serve, module, tmp_path, cosign, algorithm):
    pair = keys.pair(tmp_path, "pair", algorithm)
    other = keys.pair(tmp_path, "other", algorithm)
    ref = f"{serve().host}/team/app:1"
    wpack("push", module, ref)
    wpack("sign", ref, "--key", pair.private, "-a", "build=1234")
    more = ["--signature-digest-algorithm", "sha384"] if algorithm == "P-384" else []  # also of what it signed itself
    assert "1234" in cosign("verify", *more, "--key", pair.public, "-a", "build=1234", ref).out
    refused = cosign("verify", *more, "--key", other.public, ref, rc=1)
    assert "accepted signatures do not match threshold" in refused.err
    wpack("verify", ref, "--key", pair.public, "-a", "build=1234")
    wpack("verify", ref, "--key", pair.public, "-a", "build=1", rc=12)


@pytest.mark.parametrize("algorithm", ["EC", "RSA", "ED25519"])
def test_cosign_reads_tags(wpack, serve, module, tmp_path, cosign, algorithm):
    pair = keys.pair(tmp_path, "pair", algorithm)
    ref = f"{serve().host}/team/app:1"
    wpack("push", module, ref)
    r = wpack("sign", ref, "--key", pair.private, "--as", "cosign", "-a", "b=<&>", "-a", "a=ü")
    assert "tag sha256-" in r.err and ".sig" in r.err
    found = json.loads(cosign("verify", "--new-bundle-format=false", "--key", pair.public, ref).out)
    assert found[0]["optional"]["a"] == "ü" and found[0]["optional"]["b"] == "<&>"
    assert found[0]["critical"]["identity"]["docker-reference"] == ref.rsplit(":", 1)[0]
    wpack("verify", ref, "--key", pair.public)


def test_wpack_reads_cosign(wpack, serve, module, tmp_path, cosign):
    ref = f"{serve().host}/team/app:1"
    pinned = wpack("push", module, ref).out.strip()
    env = {"COSIGN_PASSWORD": "secret"}
    run = client("cosign", tmp_path)
    run("generate-key-pair", env=env)
    wpack("verify", ref, "--key", "cosign.pub", rc=10)
    config = tmp_path / "signing.json"
    config.write_text(json.dumps({"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                                  "rekorTlogConfig": {}, "tsaConfig": {}}))
    run("sign", "--allow-http-registry", "--key", "cosign.key", "--signing-config", config, "-y", pinned, env=env)
    assert "Sigstore bundle" in wpack("verify", ref, "--key", "cosign.pub").err
    wpack("rm", referrer_ref(wpack, ref))
    wpack("verify", ref, "--key", "cosign.pub", rc=10)
    run("sign", "--allow-http-registry", "--key", "cosign.key", "--new-bundle-format=false",
        "--use-signing-config=false", "--tlog-upload=false", "-y", pinned, env=env)
    assert "cosign's older format" in wpack("verify", ref, "--key", "cosign.pub").err
    # and the same key signs here
    wpack("sign", ref, "--key", "cosign.key", env=env)
    cosign("verify", "--key", "cosign.pub", ref)
    wpack("sign", ref, "--key", "cosign.key", env={"COSIGN_PASSWORD": "wrong"}, rc=2)


def referrer_ref(wpack, ref):
    found, = referrers(wpack, ref)
    return f"{ref.rsplit(':', 1)[0]}@{found['digest']}"


def test_several_formats_and_fallback_tag(wpack, docker_registry, module, tmp_path, cosign, key):
    ref = f"{docker_registry().host}/team/app:1"
    wpack("push", module, ref)
    r = wpack("sign", ref, "--key", key.private, "--as", "cosign,bundle", "--format", "json")
    made = json.loads(r.out)
    assert [s["format"] for s in made["signatures"]] == ["cosign", "bundle"]
    cosign("verify", "--key", key.public, ref)
    cosign("verify", "--new-bundle-format=false", "--key", key.public, ref)
    tree = wpack("tree", ref, "--key", key.public).out
    assert tree.count("signed by") == 2 and "tag sha256-" in tree, tree
    found = json.loads(wpack("verify", ref, "--key", key.public, "--format", "json").out)
    assert sorted(c["format"] for c in found["found"]) == ["bundle", "cosign"]


def test_recursive(wpack, serve, module, component, tmp_path, key):
    host = serve().host
    children = [json.loads(wpack("push", m, f"{host}/t/app:{i}", "--format", "json").out)
                for i, m in enumerate([module, component])]
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
        {k: c[k] for k in ("mediaType", "digest", "size")} | {"platform": {"os": "wasip1", "architecture": a}}
        for c, a in zip(children, ["wasm", "wasm64"])]}
    wpack("raw", "put", "manifest", f"{host}/t/app:both", stdin=json.dumps(index))
    wpack("sign", f"{host}/t/app:both", "--key", key.private)
    wpack("verify", f"{host}/t/app:both", "--key", key.public)
    wpack("verify", f"{host}/t/app:both", "--key", key.public, "--recursive", rc=10)
    wpack("verify", f"{host}/t/app:0", "--key", key.public, rc=10)
    wpack("sign", f"{host}/t/app:both", "--key", key.private, "--recursive")
    wpack("verify", f"{host}/t/app:both", "--key", key.public, "--recursive")
    wpack("verify", f"{host}/t/app:0", "--key", key.public)


def test_push_signs_before_the_name(wpack, fakereg, module, key):
    reg = fakereg()
    wpack("push", module, f"{reg.host}/a/app:1,2", "--sign-by", key.private)
    puts = [r.path for r in reg.requests if r.method == "PUT" and "/manifests/" in r.path]
    assert [p.rsplit("/", 1)[1] for p in puts[-2:]] == ["1", "2"]
    assert all("sha256:" in p or "sha256-" in p for p in puts[:-2]) and len(puts) >= 4
    wpack("verify", f"{reg.host}/a/app:2", "--key", key.public)


def test_a_registry_that_loses_referrers_is_told(wpack, fakereg, module, key):
    reg = fakereg()
    ref = f"{reg.host}/a/app:1"
    wpack("push", module, ref)
    nothing = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                          "manifests": []}).encode()
    from support.fakereg import INDEX, document
    reg.on("GET", ".*/referrers/.*", document(nothing, INDEX))
    r = wpack("sign", ref, "--key", key.private, rc=5, env={"WPACK_RETRY": "0"})
    assert "is not listed" in r.err and r.out == ""


def test_files(wpack, module, tmp_path, key, cosign):
    r = wpack("sign", module, "--key", key.private)
    assert r.out == f"sha256:{hashlib.sha256(module.read_bytes()).hexdigest()}\n"
    beside = tmp_path / "hello.wasm.sigstore.json"
    client("cosign", tmp_path)("verify-blob", "--key", key.public, "--bundle", beside, "--insecure-ignore-tlog=true",
                               module)
    wpack("verify", module, "--key", key.public)
    wpack("verify", r.out.strip(), "--key", key.public, "--bundle", beside)
    module.write_bytes(module.read_bytes() + b"\0\3\1xy")
    wpack("verify", module, "--key", key.public, rc=12)
    r = wpack("sign", module, "--key", key.private, "-o", "-")
    assert json.loads(r.out)["mediaType"] == BUNDLE


def test_minisign(wpack, module, tmp_path):
    minisign = find_peer("minisign")
    subprocess.run([minisign, "-G", "-W", "-p", "mini.pub", "-s", "mini.key"], cwd=tmp_path, check=True,
                   capture_output=True, stdin=subprocess.DEVNULL)
    (tmp_path / "mini.key").chmod(0o600)
    wpack("sign", module, "--key", "mini.key", "--as", "minisign,bundle")
    out = subprocess.run([minisign, "-V", "-p", "mini.pub", "-m", module], cwd=tmp_path, check=True,
                         capture_output=True, text=True).stdout
    assert "file:hello.wasm" in out
    wpack("verify", module, "--key", "mini.pub")
    wpack("verify", module, "--key", "mini.pub", "--bundle", "hello.wasm.minisig")
    wpack("verify", module, "--key", "mini.pub", "--bundle", "hello.wasm.sigstore.json")
    (tmp_path / "hello.wasm.sigstore.json").unlink()
    subprocess.run([minisign, "-S", "-s", "mini.key", "-m", module], cwd=tmp_path, check=True, capture_output=True)
    wpack("verify", module, "--key", "mini.pub")


def test_inside_the_module(wpack, module, tmp_path):
    pair = keys.pair(tmp_path, "ed", "ED25519")
    before = module.read_bytes()
    wpack("sign", module, "--key", pair.private, "--as", "bundle,module")
    assert module.read_bytes() != before and b"\tsignature" in module.read_bytes()
    wpack("validate", module)
    wpack("verify", module, "--key", pair.public)  # the bundle is about the module with its signature
    wpack("verify", module, "--key", pair.public, "--in-module")
    r = wpack("sign", module, "--key", pair.private, "--as", "module")
    assert "hello.wasm.sigstore.json is of the module as it was before" in r.err
    r = wpack("sign", module, "--key", pair.private, "--as", "module,bundle")
    assert "as it was before" not in r.err
    module.write_bytes(module.read_bytes() + sample.section(0, b"\1x"))
    wpack("verify", module, "--key", pair.public, "--in-module", rc=12)


@pytest.mark.parametrize("args,says,hint", [
    (["oci:lay:app:1"], "who signs?", "wpack keygen"),
    (["oci:lay:app:1", "--key", "k.pub"], "no private key", None),
    (["oci:lay:app:1", "--key", "k.pem", "--as", "bundel"], "'bundel' is no signature format", "'bundle'"),
    (["oci:lay:app:1", "--key", "k.pem", "--as", "minisign"], "is a reference", "bundle"),
    (["hello.wasm", "--key", "k.pem", "--as", "cosign"], "is a file", "minisign"),
    (["oci:lay:app:1", "--key", "k.pem", "--as", "notation"], "needs the key's certificate", "PEM"),
    (["oci:lay:app:1", "--key", "k.pem", "--as", "cosign"], None, None),
    (["oci:lay:app:1", "--key", "k.pem", "--cose"], "--cose changes nothing", None),
    (["hello.wasm", "--key", "k.pem", "-a", "a=b"], "--annotation changes nothing", None),
    (["hello.wasm", "--key", "k.pem", "-r"], "--recursive changes nothing", None),
    (["oci:lay:app:1", "--key", "k.pem", "--cert", "ca.pem"], "--certificate-chain changes nothing", None),
    (["oci:lay:app:1", "--key", "k.pem", "--expiry", "1h"], "--expiry changes nothing", None),
    (["oci:lay:app:1", "--key", "k.pem", "-o", "x"], "--output changes nothing", None),
    (["oci:lay:app:1", "--key", "k.pem", "--sign-container-identity", "h/x"], "--sign-container-identity changes", None),
    (["hello.wasm", "--key", "k.pem", "--as", "minisign,bundle", "-o", "x"], "--output is for one", None),
    (["oci:lay:app:1", "--key", "k.pem", "--keyless"], "who of the two", None),
], ids=lambda v: "-".join(v)[:60] if isinstance(v, list) else None)
def test_refused(wpack, layout, key, args, says, hint):
    if says is None:
        r = wpack("sign", *args)  # "app" is a repository of the layout
        assert ".sig" in r.err
        return
    r = wpack("sign", *args, rc=2)
    assert says in r.err and (hint is None or hint in r.err) and r.out == ""


def test_the_environment_may_say_more_than_is_used(wpack, layout, module, key):
    """It is there for several commands; what was typed is for this one."""
    env = {"WPACK_SIGN_KEY": str(key.private), "WPACK_CERTIFICATE_CHAIN": "ca.pem", "WPACK_COSE": "1",
           "WPACK_EXPIRY": "1h", "WPACK_SIGN_CONTAINER_IDENTITY": "h.example/x", "WPACK_OUTPUT": "x",
           "WPACK_ANNOTATION": "a=b", "WPACK_RECURSIVE": "1"}
    wpack("sign", "oci:lay:app:1", env=env)
    wpack("verify", "oci:lay:app:1", "--key", key.public, "-a", "a=b")
    wpack("sign", module, env=env)
    wpack("verify", module, "--key", key.public, "--bundle", "x")
    assert "--cose changes nothing" in wpack("sign", "oci:lay:app:1", "--cose", env=env, rc=2).err


def test_bare_tags_have_no_repository(wpack, module, key):
    wpack("build", module, "-t", "latest", "-o", "oci:bare")
    r = wpack("sign", "oci:bare:latest", "--key", key.private, "--as", "cosign", rc=2)
    assert "--sign-container-identity" in r.err
    wpack("sign", "oci:bare:latest", "--key", key.private, "--as", "cosign", "--sign-container-identity", "h.example/x")
    wpack("verify", "oci:bare:latest", "--key", key.public)


def test_missing_reference(wpack, layout, key):
    assert "app:1" in wpack("sign", "oci:lay:app:2", "--key", key.private, rc=3).err


@pytest.mark.parametrize("kind", ["layout", "docker_registry"])
def test_signers_at_once(wpack, request, layout, tmp_path, kind):
    """Four at the same time: every signature is listed, or its signer was told that it is not."""
    pairs = [keys.pair(tmp_path, f"p{i}") for i in range(4)]
    ref = "oci:lay:app:1"
    if kind == "docker_registry":
        host = request.getfixturevalue(kind)().host
        wpack("copy", ref, f"{host}/a/app:1")
        ref = f"{host}/a/app:1"
    results = [None] * 4

    def sign(i):
        results[i] = wpack.run("sign", ref, "--key", pairs[i].private)

    threads = [threading.Thread(target=sign, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for pair, r in zip(pairs, results):
        assert r.rc in (0, 5), r
        if r.rc == 0:
            wpack("verify", ref, "--key", pair.public)
    assert any(r.rc == 0 for r in results)


def test_no_socket_for_a_layout(wpack, layout, key):
    assert "socket(" not in wpack.traced("socket", "sign", "oci:lay:app:1", "--key", key.private)


def test_the_only_name_stays_the_only_one(wpack, module):
    """What cosign keeps beside an artifact does not ask which of the names is meant."""
    wpack("build", module, "-t", "team/app:1", "-o", "oci:lay")
    wpack("keygen", "--plain")
    signed = wpack("sign", "oci:lay", "--key", "wpack.key", "--as", "bundle,cosign").last
    assert wpack("verify", "oci:lay", "--key", "wpack.pub").last == signed
    assert wpack("resolve", "oci:lay").last == signed
