# SPDX-License-Identifier: Apache-2.0
"""The door: with a key or policy in force, nothing unproven gets a name, reaches a disk, or runs; what a policy asks for
is asked before layers move."""

import json
import os

import pytest

from support import keys, sample
from support.fakereg import document, error

REJECTED, UNSIGNED, NOBODY, UNKNOWN = 22, 10, 12, 14


@pytest.fixture
def key(tmp_path):
    return keys.pair(tmp_path, "k")


@pytest.fixture
def other(tmp_path):
    return keys.pair(tmp_path, "other")


@pytest.fixture
def start(tmp_path):
    path = tmp_path / "start.wasm"
    path.write_bytes(sample.start_module())
    (tmp_path / "wpack.json").write_text(json.dumps({"module": "start.wasm", "tests": [{"name": "starts"}]}))
    return path


@pytest.fixture
def reg(fakereg, wpack, start, key):
    """signed:1 and plain:1 in a/app."""
    wpack.env["WPACK_RETRY"] = "0"
    reg = fakereg()
    reg.signed, reg.plain = f"{reg.host}/a/app:signed", f"{reg.host}/a/plain:1"
    wpack("push", start, reg.signed, "--sign-by", key.private)
    wpack("push", start, reg.plain)
    reg.layer = "sha256:" + sha256(start.read_bytes())
    reg.requests.clear()
    return reg


def sha256(data):
    import hashlib
    return hashlib.sha256(data).hexdigest()


WAYS = {
    "pull-file": ["pull", "{ref}", "-o", "out/x.wasm"],
    "pull-folder": ["pull", "{ref}", "-o", "out/"],
    "pull-stdout": ["pull", "{ref}", "-o", "-"],
    "pull-layout": ["pull", "{ref}", "-o", "oci:out:x"],
    "pull-bare": ["pull", "{ref}", "-o", "oci:out:x", "--no-referrers"],
    "copy": ["copy", "{ref}", "oci:out:x"],
    "copy-bare": ["copy", "{ref}", "oci:out:x", "--no-referrers"],
    "copy-registry": ["copy", "{ref}", "{host}/new/app:1"],
    "copy-all": ["copy", "{repo}", "oci:out", "--all-tags"],
    "copy-dry": ["copy", "{ref}", "oci:out:x", "--dry-run"],
    "run": ["run", "{ref}"],
    "test": ["test", "{ref}"],
}


def go(wpack, reg, way, ref, *trust, rc):
    words = [w.format(ref=ref, host=reg.host, repo=ref.rsplit(":", 1)[0]) for w in WAYS[way]]
    return wpack(*words, *trust, rc=rc)


def nothing_arrived(wpack, reg, r):
    out = wpack.cwd / "out"
    assert r.out_bytes == b""
    assert not out.exists() or not [p for p in out.rglob("*") if p.is_file() and ".wpack" not in p.parts
                                    and p.name not in ("oci-layout", "index.json")]
    if (out / "index.json").exists():
        assert json.loads((out / "index.json").read_text())["manifests"] == []
    assert not [k for k in reg.manifests if k[0] == "new/app"]
    assert reg.count("GET", reg.layer) == 0, "the layer moved before the answer"


@pytest.mark.parametrize("way", WAYS)
def test_proven(wpack, reg, key, way):
    go(wpack, reg, way, reg.signed, "--key", key.public, rc=0)


@pytest.mark.parametrize("way", WAYS)
def test_unsigned(wpack, reg, key, way):
    r = go(wpack, reg, way, reg.plain, "--key", key.public, rc=125 if way == "run" else UNSIGNED)
    assert "not signed" in r.err
    nothing_arrived(wpack, reg, r)


@pytest.mark.parametrize("way", WAYS)
def test_somebody_else(wpack, reg, other, way):
    r = go(wpack, reg, way, reg.signed, "--key", other.public, rc=125 if way == "run" else NOBODY)
    assert "nobody who is trusted" in r.err
    nothing_arrived(wpack, reg, r)


@pytest.mark.parametrize("way", WAYS)
def test_cannot_tell(wpack, reg, key, way):
    reg.on("GET", ".*/referrers/.*", error(503))
    r = go(wpack, reg, way, reg.signed, "--key", key.public, rc=125 if way == "run" else UNKNOWN)
    nothing_arrived(wpack, reg, r)


FLIPPED = [w for w in WAYS if w != "copy-all"]


@pytest.fixture
def flip(reg, wpack, start):
    """The tag leads to the signed artifact and to another one, in turn; (digest of the signed one, of the other)."""
    path = start.with_name("evil.wasm")
    path.write_bytes(start.read_bytes() + b"\0\5\4evil")
    evil = wpack("push", path, f"{reg.host}/a/app:evil").digest
    reg.requests.clear()

    def turn(*tags):
        pages = [reg.manifests["a/app", tag] for tag in tags]
        reg.on("*", "/v2/a/app/manifests/signed", *[document(body, media_type) for media_type, body in pages])
        return "sha256:" + sha256(reg.manifests["a/app", "signed"][1]), evil

    return turn


@pytest.mark.parametrize("way", FLIPPED)
def test_a_tag_that_moves_is_followed_once(wpack, reg, key, flip, way):
    """What was judged is what comes, whatever the tag leads to meanwhile: one digest throughout."""
    good, bad = flip("signed", "evil")
    r = go(wpack, reg, way, reg.signed, "--key", key.public, rc=0)
    assert bad not in r.out + r.err and reg.count("GET", bad) == 0
    assert len(reg.seen("/manifests/signed")) == 1, reg.requests
    if way not in ("run", "test", "pull-stdout"):
        assert good in r.out


@pytest.mark.parametrize("way", FLIPPED)
def test_a_tag_that_moves_to_what_is_signed_is_too_late(wpack, reg, key, flip, way):
    flip("evil", "signed")
    r = go(wpack, reg, way, reg.signed, "--key", key.public, rc=125 if way == "run" else UNSIGNED)
    assert "not signed" in r.err
    nothing_arrived(wpack, reg, r)


def policy(folder, rules, default="reject", name="policy.json"):
    path = folder / name
    path.write_text(json.dumps({"version": 1, "default": default, "rules": rules}))
    return path


def test_policy_file(wpack, reg, key, tmp_path):
    rules = [{"scope": f"{reg.host}/a/app", "require": [{"id": "release", "type": "key", "keys": [key.public.name]}]}]
    path = policy(tmp_path, rules)
    r = wpack("pull", reg.signed, "-o", "out/", "--policy", path)
    assert "release" in r.err and (tmp_path / "out/start.wasm").exists()
    (tmp_path / "out/start.wasm").unlink()
    assert "policy.json" in wpack("pull", reg.plain, "-o", "out/", "--policy", path, rc=REJECTED).err
    policy(tmp_path, rules, default="accept-unsigned")
    assert "asks for nothing" in wpack("pull", reg.plain, "-o", "out/", "--policy", path).err


def test_policy_by_environment(wpack, reg, key, tmp_path):
    """What is set once holds for every command that takes something in."""
    rules = [{"scope": "**", "require": [{"id": "release", "type": "key", "keys": [key.public.name]}]}]
    wpack.env["WPACK_POLICY"] = str(policy(tmp_path, rules))
    wpack("pull", reg.signed, "-o", "out/")
    wpack("verify", reg.signed)
    wpack("pull", reg.plain, "-o", "other/", rc=UNSIGNED)
    wpack("run", reg.plain, rc=125)
    wpack("test", reg.plain, rc=UNSIGNED)
    wpack("test", reg.signed)
    wpack("copy", reg.plain, "oci:lay:x", rc=UNSIGNED)
    assert "NOT" not in wpack("tree", reg.signed).out


def test_the_right_index_vouches_for_its_manifests(wpack, reg, key, other, component):
    """--platform: an index that is signed is enough; so is a manifest that is signed by itself."""
    one = json.loads(wpack("push", component, f"{reg.host}/i/app:one", "--format", "json").out)
    entry = {k: one[k] for k in ("mediaType", "digest", "size")}
    entry["platform"] = {"os": "wasip1", "architecture": "wasm"}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]}
    both = f"{reg.host}/i/app:both"
    wpack("raw", "put", "manifest", both, stdin=json.dumps(index))
    ways = (["pull", both, "-o", "out/", "--platform", "wasip1/wasm"], ["pull", both, "-o", "out/"],
            ["copy", both, "oci:some:x", "--platform", "wasip1/wasm"], ["copy", both, "oci:all:x"])
    for way in ways:
        wpack(*way, "--key", key.public, rc=UNSIGNED)
    wpack("sign", f"{reg.host}/i/app@{one['digest']}", "--key", key.private)
    for way in ways[:3]:
        wpack(*way, "--key", key.public)
    wpack(*ways[3], "--key", key.public, rc=UNSIGNED)
    wpack("sign", both, "--key", other.private)
    for way in ways:
        wpack(*way, "--key", other.public)


def test_signatures_arrive_with_the_copy(wpack, reg, key):
    """What was proven at the source can be proven at the destination, offline."""
    wpack("copy", reg.signed, "oci:lay:app:1", "--key", key.public)
    wpack("verify", "oci:lay:app:1", "--key", key.public)
    wpack("pull", "oci:lay:app:1", "-o", "out/", "--key", key.public)
    wpack("run", "oci:lay:app:1", "--key", key.public)
    wpack("test", "oci:lay:app:1", "--key", key.public)


def test_local_files_are_judged_by_what_lies_beside(wpack, start, key, other):
    wpack("run", start, "--key", key.public, rc=125)
    wpack("sign", start, "--key", key.private)
    wpack("run", start, "--key", key.public)
    assert "nobody who is trusted" in wpack("run", start, "--key", other.public, rc=125).err
    wpack("run", "-", "--key", key.public, rc=125, stdin=start.read_bytes())


def test_the_projects_module_is_judged_too(wpack, start, key, other):
    """`wpack test` alone runs the file that wpack.json names: it is asked for as any other."""
    wpack("test")
    r = wpack("test", "--key", key.public, rc=UNSIGNED)
    assert r.out == "" and "not signed" in r.err
    wpack("sign", start, "--key", key.private)
    assert "1 passed" in wpack("test", "--key", key.public).out
    wpack("test", start, "--key", other.public, rc=NOBODY)
    wpack("test", "--threshold", "2", rc=2)


def test_what_a_test_answers_is_what_a_run_answers(wpack, reg, key, other):
    """The same question: the same words, in the same place, for each of the answers."""
    wpack("copy", reg.plain, "oci:lay:p")
    rows = [(reg.plain, key, UNSIGNED), (reg.signed, other, NOBODY), ("oci:lay:p", key, UNSIGNED),
            (f"{reg.host}/a/app:none", key, 3)]
    for ref, whose, rc in rows:
        assert wpack("test", ref, "--key", whose.public, rc=rc).err == \
            wpack("run", ref, "--key", whose.public, rc=125).err
    reg.on("GET", ".*/referrers/.*", error(503))
    assert wpack("test", reg.signed, "--key", key.public, rc=UNKNOWN).err == \
        wpack("run", reg.signed, "--key", key.public, rc=125).err
    reg.rules.clear()
    assert "1 passed" in wpack("test", reg.signed, "--key", key.public).out


def test_a_destination_that_loses_signatures_is_told(wpack, reg, key, fakereg):
    from support.fakereg import INDEX, document, index
    bad = fakereg()
    bad.on("GET", ".*/referrers/.*", document(index([]), INDEX))
    r = wpack("copy", reg.signed, f"{bad.host}/a/app:1", rc=5)
    assert "is not listed" in r.err
    wpack("copy", reg.signed, f"{bad.host}/a/app:1", "--no-referrers")


def test_the_tag_moves_meanwhile(wpack, reg, key, component):
    """One digest throughout: what was judged is what arrives."""
    wpack("push", component, f"{reg.host}/a/app:evil")
    evil = reg.manifests[("a/app", "evil")][1]
    from support.fakereg import document
    for way in (["pull", reg.signed, "-o", "out/"], ["copy", reg.signed, "oci:lay:app"], ["run", reg.signed]):
        for method in ("GET", "HEAD"):
            reg.on(method, ".*/manifests/signed", None, document(evil))
        wpack(*way, "--key", key.public)
        wpack(*way, "--key", key.public, rc=125 if way[0] == "run" else UNSIGNED)


def test_no_notes_from_run(wpack, reg, key):
    assert wpack("run", reg.signed, "--key", key.public).err == ""


def test_existing_results_stay(wpack, reg, key, tmp_path):
    """A refusal leaves what was there as it was."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "start.wasm").write_text("mine")
    wpack("pull", reg.plain, "-o", "out/", "--key", key.public, rc=UNSIGNED)
    assert (out / "start.wasm").read_text() == "mine" and os.listdir(out) == ["start.wasm"]
    wpack("copy", reg.signed, "oci:lay:x", "--key", key.public)
    before = (tmp_path / "lay/index.json").read_bytes()
    wpack("copy", reg.plain, "oci:lay:x", "--key", key.public, rc=UNSIGNED)
    assert (tmp_path / "lay/index.json").read_bytes() == before


def test_containers_policy(wpack, reg, key, tmp_path):
    """containers/image's policy.json, as podman and skopeo have it."""
    wpack("sign", reg.signed, "--key", key.private, "--as", "cosign")
    path = tmp_path / "containers.json"
    path.write_text(json.dumps({"default": [{"type": "reject"}], "transports": {"docker": {f"{reg.host}/a/app": [
        {"type": "sigstoreSigned", "keyPath": str(key.public), "signedIdentity": {"type": "matchRepository"}}]}}}))
    wpack("pull", reg.signed, "-o", "out/", "--policy", path)
    wpack("pull", reg.plain, "-o", "out2/", "--policy", path, rc=REJECTED)


def test_no_server_but_the_registry(wpack, serve, start, key):
    host = serve().host
    wpack("push", start, f"{host}/a/app:1", "--sign-by", key.private)
    log = wpack.traced("connect", "verify", f"{host}/a/app:1", "--key", key.public)
    port = host.rsplit(":", 1)[1]
    reached = [line for line in log.splitlines() if "AF_INET" in line]
    assert reached and all(f"htons({port})" in line for line in reached), reached
