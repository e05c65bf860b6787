# SPDX-License-Identifier: Apache-2.0
"""`wpack attest`: bills of materials that the reference tools take, provenance of what is known, test runs that can be
made again, any JSON; who verifies it, and what is refused."""

import base64
import glob
import hashlib
import json
import shutil
import subprocess
import tomllib
import zipfile
import zlib

import pytest

from conftest import PEERS, client, find_peer
from support import sample, wasm

REF = "oci:.wpack/oci:team/app:1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
RUNS = "https://wpack.dev/test-run/v1"
PACKAGES = {"packages": [
    {"name": "serde", "version": "1.0.2+x", "source": "crates.io", "dependencies": [1]},
    {"name": "serde_derive", "version": "1.0.2", "source": "crates.io", "kind": "build"},
    {"name": "app", "version": "0.1.0", "source": "local", "root": True, "dependencies": [0, 3]},
    {"name": "helper", "version": "0.2.0", "source": "git"},
]}
ECHO = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "trap")) __builtin_trap();
    for (int i = 1; i < argc; i++) printf("%s\n", argv[i]);
    for (int c; (c = getchar()) != EOF;) putchar(c);
    unsigned n; getentropy(&n, 4);
    printf("%s %lld %08x\n", getenv("K") ? getenv("K") : "-", (long long)time(NULL), n);
    fprintf(stderr, "done\n");
    return argc;
}
"""
TESTS = [
    {"name": "bare", "expect": {"exit": 1}},
    {"name": "all", "args": ["a", "b c"], "stdin": "hé\n", "env": {"K": "v w"}, "clock": "2026-01-31T12:00:00Z",
     "seed": 7, "expect": {"exit": 3, "stdoutMatch": "^v w 1769860800 [0-9a-f]{8}$"}},
    {"name": "file", "stdinFile": "in.bin", "expect": {"exit": 1}},
    {"name": "trap", "args": ["trap"], "expect": {"trap": "unreachable"}},
]


def producers(*fields):
    body = sample.leb(len(fields))
    for field, values in fields:
        body += sample.name(field) + sample.leb(len(values))
        body += b"".join(sample.name(n) + sample.name(v) for n, v in values)
    return sample.custom("producers", body)


def rust_module():
    """A command as cargo-auditable leaves it."""
    return (sample.start_module() + sample.custom(".dep-v0", zlib.compress(json.dumps(PACKAGES).encode()))
            + producers(("language", [("Rust", "")]), ("processed-by", [("rustc", "1.95.0 (abc 2026-01-01)")]),
                        ("sdk", [("SDK", "1")])))


def rust_component():
    """The same within a component, beside a component that holds another module; its licence is no expression."""
    other = sample.COMPONENT_PREAMBLE + sample.section(1, sample.PREAMBLE)
    return (sample.component() + sample.section(1, rust_module()) + sample.section(4, other)
            + sample.custom("licenses", b"MIT, more or less"))


def empty_module():
    return sample.PREAMBLE


@pytest.fixture
def built(wpack):
    """built(bytes, *options): an artifact in the default layout, named team/app:1; its digest."""

    def build(module=None, *options):
        (wpack.cwd / "app.wasm").write_bytes(rust_module() if module is None else module)
        return wpack("build", "app.wasm", "-t", "team/app:1", "--no-test", *options).out.strip().split("@")[1]

    return build


@pytest.fixture
def key(wpack):
    wpack("keygen", "--plain")
    return "wpack.key"


@pytest.fixture
def echo(wpack, built):
    """An artifact with a wpack.json beside it whose tests pass."""
    source = wasm.c(wpack.cwd / "echo.wasm", ECHO).read_bytes()
    (wpack.cwd / "in.bin").write_bytes(bytes(range(256)))
    (wpack.cwd / "wpack.json").write_text(json.dumps({"module": "echo.wasm", "tests": TESTS}))
    return built(source)


@pytest.fixture(scope="session")
def schemas():
    """CycloneDX's schemas, from its own library."""
    found = glob.glob(str(PEERS / ".venv/pyspdxtools/lib/python3*/site-packages/cyclonedx/schema/_res"))
    if not found:
        pytest.skip("SKIP: cyclonedx-python-lib not installed (make peers PEERS=pyspdxtools)")
    return found[0]


@pytest.fixture(scope="session")
def spdx_schema():
    """SPDX 2.3's schema, from the archive of its Java tools."""
    found = glob.glob(str(PEERS / ".maven/spdx-java/*.jar"))
    if not found:
        pytest.skip("SKIP: org.spdx:tools-java not installed (make peers PEERS=spdx-java)")
    with zipfile.ZipFile(found[0]) as z:
        return json.loads(z.read("resources/spdx-schema-v2.3.json"))


def predicate(wpack, *args, ref=REF, **more):
    return json.loads(wpack("attest", ref, "-o", "-", *args, **more).out)


def statement(wpack, kind, ref=REF):
    return json.loads(wpack("verify", ref, "--type", kind, "--key", "wpack.pub").out)


# ---- bills of materials ----


@pytest.mark.parametrize("make", [rust_module, rust_component, empty_module])
def test_cyclonedx_document(wpack, built, schemas, make):
    import jsonschema

    built(make())
    doc = predicate(wpack, "--type", "cyclonedx")
    load = {n: json.load(open(f"{schemas}/{n}.SNAPSHOT.schema.json")) for n in ("bom-1.6", "spdx", "jsf-0.82")}
    schema = load["bom-1.6"]
    resolver = jsonschema.RefResolver(schema["$id"], schema, store={s["$id"]: s for s in load.values()})
    judge = jsonschema.Draft7Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())
    assert [(list(e.path), e.message) for e in judge.iter_errors(doc)] == []
    assert list(judge.iter_errors({**doc, "serialNumber": "1"})), "the validator takes anything"


@pytest.mark.parametrize("make", [rust_module, rust_component, empty_module])
def test_spdx_schema(wpack, built, spdx_schema, make):
    import jsonschema

    built(make())
    doc = predicate(wpack, "--type", "spdx")
    judge = jsonschema.Draft7Validator(spdx_schema)
    assert [(list(e.path), e.message) for e in judge.iter_errors(doc)] == []
    assert list(judge.iter_errors({**doc, "more": 1})), "the validator takes anything"


@pytest.mark.parametrize("make", [rust_module, rust_component, empty_module])
def test_spdx_document(wpack, built, make):
    built(make())
    doc = predicate(wpack, "--type", "spdx")
    tool = find_peer("pyspdxtools")

    def judge(text):
        (wpack.cwd / "doc.spdx.json").write_text(json.dumps(text))
        return subprocess.run([tool, "-i", "doc.spdx.json"], cwd=wpack.cwd, capture_output=True, text=True)

    good = judge(doc)
    assert good.returncode == 0, good.stderr
    assert judge({**doc, "documentNamespace": "x"}).returncode != 0, "the validator takes anything"


def test_what_a_bill_of_materials_tells(wpack, built):
    module = rust_component()
    built(module)
    doc = predicate(wpack, "--type", "sbom")
    inner = rust_module()
    subject = doc["metadata"]["component"]
    assert subject["hashes"][0]["content"] == hashlib.sha256(module).hexdigest()
    assert [c["hashes"][0]["content"] for c in subject["components"]][0] == hashlib.sha256(inner).hexdigest()
    assert [c.get("purl") for c in doc["components"] if c["type"] == "library"] == [
        None, "pkg:cargo/serde@1.0.2%2Bx", "pkg:cargo/serde_derive@1.0.2"]
    refs = {c["bom-ref"]: c["name"] for c in doc["components"]}
    depends = {refs[d["ref"]]: [refs[r] for r in d["dependsOn"]] for d in doc["dependencies"] if d["ref"] in refs}
    assert depends == {"app": ["helper", "serde"], "helper": [], "serde": ["serde_derive"], "serde_derive": []}
    assert {"name": "wpack:wasm:import", "value": "wasi:io/error@0.2.0"} in subject["properties"]
    spdx = predicate(wpack, "--type", "spdx")
    names = {p["SPDXID"]: p["name"] for p in spdx["packages"]}
    contains = [names[r["relatedSpdxElement"]] for r in spdx["relationships"] if r["relationshipType"] == "CONTAINS"]
    assert len(contains) == 3 and contains[0].startswith("core module at 0x")


@pytest.mark.parametrize("kind", ["cyclonedx", "spdx"])
def test_the_same_bytes(wpack, built, kind):
    """Anywhere, at any time; another time given, another document."""
    built()
    first = wpack("attest", REF, "--type", kind, "-o", "-").out
    wpack("copy", REF, "oci:elsewhere:x:2")
    assert wpack("attest", "oci:elsewhere:x:2", "--type", kind, "-o", "-").out == first
    other = wpack("attest", REF, "--type", kind, "-o", "-", env={"SOURCE_DATE_EPOCH": "86400"}).out
    assert other != first and "1970-01-02T00:00:00Z" in other


@pytest.fixture
def auditable():
    """A module that cargo-auditable built, what its own reader tells of it, and the packages of its Cargo.lock."""
    reader = find_peer("rust-audit-info")
    module = PEERS / ".auditable/app.wasm"
    if not module.is_file():
        pytest.skip("SKIP: no module of cargo-auditable (make peers PEERS=rust-audit-info)")
    told = json.loads(subprocess.run([reader, module], check=True, capture_output=True).stdout)["packages"]
    lock = tomllib.loads(module.with_name("Cargo.lock").read_text())["package"]
    return module, told, lock


def test_what_cargo_auditable_built(wpack, built, auditable):
    """Package by package what its own reader tells; of Cargo.lock, all but what is for tests or switched off."""
    module, told, lock = auditable
    built(module.read_bytes())
    doc = predicate(wpack, "--type", "cyclonedx")

    def properties(c):
        return {p["name"].rpartition(":")[2]: p["value"] for p in c["properties"]}

    crates = {c["bom-ref"]: c for c in doc["components"] if c["bom-ref"].startswith("crate-")}
    assert [(c["name"], c["version"], properties(c)["source"], properties(c)["kind"]) for c in crates.values()] == [
        (p["name"], p["version"], p["source"], p.get("kind", "runtime")) for p in told]
    names = {ref: c["name"] for ref, c in crates.items()}
    edges = {names[d["ref"]]: {names[r] for r in d["dependsOn"]} for d in doc["dependencies"] if d["ref"] in names}
    assert edges == {p["name"]: {told[i]["name"] for i in p.get("dependencies", [])} for p in told}
    assert edges["app"] == {"cfg-if", "helper", "itoa"} and edges["helper"] == {"memchr"}
    locked = {(p["name"], p["version"]): p.get("source") for p in lock}
    for c in crates.values():
        from_index = (locked.pop((c["name"], c["version"])) or "").startswith("registry+")
        assert c.get("purl") == (f"pkg:cargo/{c['name']}@{c['version']}" if from_index else None)
    assert {name for name, _ in locked} == {"fnv", "lazy_static"}
    spdx = predicate(wpack, "--type", "spdx")
    listed = {(p["name"], p.get("versionInfo")) for p in spdx["packages"]}
    assert {(c["name"], c["version"]) for c in crates.values()} <= listed and not listed & set(locked)


def test_a_registry_is_told(wpack, built, serve):
    digest = built()
    host = serve().host
    wpack("copy", REF, f"{host}/team/app:1", "--plain-http")
    doc = predicate(wpack, "--type", "sbom", "--plain-http", ref=f"{host}/team/app:1")
    assert doc["metadata"]["component"]["purl"] == (
        f"pkg:oci/app@{digest.replace(':', '%3A')}?repository_url={host}/team/app")


@pytest.mark.parametrize("kind", ["cyclonedx", "spdx"])
def test_build_attaches_one_unsigned(wpack, built, kind):
    """The very manifest that attest --no-sign makes; it travels with the artifact."""
    digest = built(None, f"--sbom={kind}")
    media_type = {"cyclonedx": "application/vnd.cyclonedx+json", "spdx": "application/spdx+json"}[kind]
    made = json.loads(wpack("attest", REF, "--type", kind, "--no-sign", "--format", "json").out)
    wpack("copy", REF, "oci:other:a:1")
    tree = wpack("tree", "oci:other:a:1").out
    assert tree.count(media_type) == 1 and made["digest"] in tree
    manifest = json.loads(wpack("raw", "get", "manifest", f"oci:other@{made['digest']}").out)
    assert manifest["artifactType"] == manifest["layers"][0]["mediaType"] == media_type
    assert manifest["subject"]["digest"] == digest
    doc = json.loads(wpack("raw", "get", "blob", f"oci:other@{manifest['layers'][0]['digest']}").out)
    assert doc == predicate(wpack, "--type", kind)


def test_build_knows_two_kinds(wpack, module):
    r = wpack("build", module, "--sbom=swid", rc=2)
    assert "'swid' is no kind of bill of materials" in r.err and not (wpack.cwd / ".wpack").exists()


# ---- provenance ----

GITHUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://git.example", "GITHUB_REPOSITORY": "o/r",
    "GITHUB_REF": "refs/tags/v1", "GITHUB_SHA": "a" * 40, "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_WORKFLOW_REF": "o/r/.github/workflows/ci.yml@refs/tags/v1", "GITHUB_EVENT_NAME": "push",
    "GITHUB_TOKEN": "canary-token",
}
GITLAB = {
    "GITLAB_CI": "true", "CI_PROJECT_URL": "https://lab.example/g/p", "CI_RUNNER_ID": "12", "CI_COMMIT_SHA": "b" * 40,
    "CI_COMMIT_REF_NAME": "main", "CI_JOB_URL": "https://lab.example/g/p/-/jobs/5", "CI_CONFIG_PATH": ".gitlab-ci.yml",
    "CI_JOB_STARTED_AT": "2026-01-31T12:00:00Z", "CI_JOB_TOKEN": "canary-token",
}


def test_provenance_of_github(wpack, built):
    built()
    doc = predicate(wpack, "--type", "slsa", env=GITHUB)
    build, run = doc["buildDefinition"], doc["runDetails"]
    assert run["builder"]["id"] == "https://git.example/o/r/.github/workflows/ci.yml@refs/tags/v1"
    assert run["metadata"] == {"invocationId": "https://git.example/o/r/actions/runs/7/attempts/2"}
    assert build["externalParameters"] == {
        "source": {"uri": "git+https://git.example/o/r", "ref": "refs/tags/v1"},
        "workflow": "o/r/.github/workflows/ci.yml@refs/tags/v1"}
    assert build["internalParameters"] == {"GITHUB_EVENT_NAME": "push"}
    assert build["resolvedDependencies"] == [
        {"uri": "git+https://git.example/o/r", "digest": {"gitCommit": "a" * 40}},
        {"name": "app.wasm", "digest": {"sha256": hashlib.sha256(rust_module()).hexdigest()}}]
    assert "canary-token" not in json.dumps(doc)


def test_provenance_of_gitlab(wpack, built):
    built()
    r = wpack("attest", REF, "--type", "slsaprovenance1", "-o", "-", env=GITLAB)
    assert "built by      https://lab.example/g/p/-/runners/12, as the environment of GitLab CI/CD says" in r.err
    doc = json.loads(r.out)
    assert doc["runDetails"] == {
        "builder": {"id": "https://lab.example/g/p/-/runners/12", "version": doc["runDetails"]["builder"]["version"]},
        "metadata": {"invocationId": "https://lab.example/g/p/-/jobs/5", "startedOn": "2026-01-31T12:00:00Z"}}
    assert doc["buildDefinition"]["externalParameters"]["workflow"] == ".gitlab-ci.yml"
    assert "canary-token" not in json.dumps(doc)


def test_provenance_told_by_options(wpack, built):
    built()
    (wpack.cwd / "wpack.json").write_text('{"module":"app.wasm"}')
    doc = predicate(
        wpack, "--type", "slsa", "--builder-id", "https://b.example/1", "--build-type", "https://b.example/type",
        "--parameter", "b=2", "--parameter", "a=1=1", "--source-uri", "git+https://s.example/r", "--source-commit", "abc",
        "--invocation-id", "x", "--started-on", "2026-01-31T12:00:00Z", "--finished-on", "2026-01-31T12:00:01Z",
        "-f", "wpack.json", env=GITHUB)
    assert doc["runDetails"]["builder"]["id"] == "https://b.example/1"
    assert doc["runDetails"]["metadata"] == {
        "invocationId": "x", "startedOn": "2026-01-31T12:00:00Z", "finishedOn": "2026-01-31T12:00:01Z"}
    assert doc["buildDefinition"]["buildType"] == "https://b.example/type"
    assert doc["buildDefinition"]["externalParameters"]["parameters"] == {"a": "1=1", "b": "2"}
    assert doc["buildDefinition"]["resolvedDependencies"][1] == {
        "name": "wpack.json", "digest": {"sha256": hashlib.sha256(b'{"module":"app.wasm"}').hexdigest()}}


def test_nobody_is_assumed_to_have_built(wpack, built):
    built()
    partial = {**GITHUB, "GITHUB_WORKFLOW_REF": ""}
    for env, words in [({}, "--builder-id is missing"), ({"GITHUB_ACTIONS": "1", **{}}, "--builder-id is missing"),
                       (partial, "the CI's environment does not tell")]:
        r = wpack("attest", REF, "--type", "slsa", "-o", "-", env=env, rc=2)
        assert words in r.err and r.out == ""


# ---- signed ----


def test_who_verifies_reads_the_statement(wpack, built, key):
    digest = built()
    made = json.loads(wpack("attest", REF, "--type", "spdx", "--key", key, "--format", "json").out)
    assert made["predicateType"] == "https://spdx.dev/Document" and made["subject"].endswith(digest)
    manifest = json.loads(wpack("raw", "get", "manifest", made["reference"]).out)
    assert manifest["annotations"]["dev.sigstore.bundle.predicateType"] == "https://spdx.dev/Document"
    said = statement(wpack, "spdx")
    assert said["subject"][0]["digest"] == {"sha256": digest.removeprefix("sha256:")}
    assert said["predicate"] == predicate(wpack, "--type", "spdx")
    assert statement(wpack, "sbom") == said, "sbom is either kind"
    wpack("verify", REF, "--type", "cyclonedx", "--key", "wpack.pub", rc=10)
    wpack("verify", REF, "--type", "slsa", "--key", "wpack.pub", rc=10)


def test_under_cosigns_tag(wpack, built, key):
    """Several statements share the tag; with both places asked for, both are found."""
    digest = built()
    tag = digest.replace(":", "-") + ".att"
    for kind in ("spdx", "cyclonedx"):
        made = json.loads(wpack("attest", REF, "--type", kind, "--key", key, "--as", "cosign", "--format", "json").out)
        assert made["tag"] == tag
        assert statement(wpack, kind)["predicate"] == predicate(wpack, "--type", kind)
    manifest = json.loads(wpack("raw", "get", "manifest", made["reference"]).out)
    assert [layer["annotations"] for layer in manifest["layers"]] == [
        {"dev.cosignproject.cosign/signature": "", "predicateType": uri}
        for uri in ("https://spdx.dev/Document", "https://cyclonedx.org/bom")]
    assert "bundle.v0.3" not in wpack("tree", REF).out
    made = json.loads(wpack("attest", REF, "--type", "slsa", "--builder-id", "b:1", "--key", key, "--as", "bundle,cosign",
                            "--format", "json").out)
    assert made["tag"] == tag
    found = json.loads(wpack("verify", REF, "--type", "slsa", "--key", "wpack.pub", "--format", "json").out)["found"]
    assert sorted(f["format"] for f in found) == ["bundle", "cosign", "cosign", "cosign"]


def test_what_is_told(wpack, built, key):
    """Who signed, that nobody did, what was written; nothing of the transfer."""
    digest = built()
    r = wpack("attest", REF, "--type", "spdx", "--key", key)
    assert [line.split("  ")[1].strip() for line in r.err.splitlines()] == ["stated of", "statement", "signed by"], r
    assert "wpack.key (ECDSA P-256 with SHA-256)" in r.err
    made = json.loads(wpack("attest", REF, "--type", "spdx", "--key", key, "--format", "json").out)
    assert made["signer"].startswith("wpack.key") and made["keyId"]
    r = wpack("attest", REF, "--type", "spdx", "--no-sign")
    assert "document      application/spdx+json, unsigned" in r.err and "statement" not in r.err
    made = json.loads(wpack("attest", REF, "--type", "spdx", "-o", "s.json", "--format", "json").out)
    assert made["file"] == "s.json" and made["size"] == (wpack.cwd / "s.json").stat().st_size
    assert made["subject"].endswith(digest) and made["predicateType"] == "https://spdx.dev/Document"
    r = wpack("attest", REF, "--type", "spdx", "-o", "s.json")
    assert "s.json, " in r.err and r.out == ""
    r = wpack("attest", "app.wasm", "--type", "spdx", "-o", "-", rc=2)
    assert "app.wasm is a file" in r.err and "wpack build" in r.err


@pytest.mark.parametrize("kind, uri", [
    ("openvex", "https://openvex.dev/ns"), ("custom", "https://cosign.sigstore.dev/attestation/v1"),
    ("https://example.com/ours/v1", "https://example.com/ours/v1")])
def test_any_file(wpack, built, key, kind, uri):
    """As it is: order and spelling stay."""
    built()
    text = '\n {"z": 1.50, "a": ["\\u00e9", null], "n": 123456789012345678}\n'
    (wpack.cwd / "p.json").write_text(text)
    wpack("attest", REF, "p.json", "--type", kind, "--key", key)
    said = statement(wpack, kind)
    assert said["predicateType"] == uri and said["predicate"] == json.loads(text)


def test_an_sbom_from_a_file_says_what_it_is(wpack, built, key):
    built()
    (wpack.cwd / "p.json").write_text('{"spdxVersion": "SPDX-2.3"}')
    r = json.loads(wpack("attest", REF, "p.json", "--type", "sbom", "--key", key, "--format", "json").out)
    assert r["predicateType"] == "https://spdx.dev/Document"
    (wpack.cwd / "p.json").write_text('{"bomFormat": "CycloneDX"}')
    r = json.loads(wpack("attest", REF, "p.json", "--type", "sbom", "--key", key, "--format", "json").out)
    assert r["predicateType"] == "https://cyclonedx.org/bom"


@pytest.mark.parametrize("text, words", [
    ("SPDXVersion: SPDX-2.3\n", "what is stated has to be JSON: p.json:1:1"), ("[]", "must be an object, not an array"),
    ('{"a":1,"a":2}', "p.json:1:"), ("", "has to be JSON"), ('{"x": 1}', "neither a CycloneDX nor an SPDX document"),
])
def test_files_that_are_refused(wpack, built, key, text, words):
    built()
    (wpack.cwd / "p.json").write_text(text)
    r = wpack("attest", REF, "p.json", "--type", "sbom", "--key", key, rc=2)
    assert words in r.err
    assert "sigstore" not in wpack("tree", REF).out


def test_what_nobody_could_read_is_not_signed(wpack, built, key):
    """32 levels are read; the statement around them is one more."""
    built()
    for levels, rc in [(31, 0), (32, 2)]:
        (wpack.cwd / "p.json").write_text('{"a":' * (levels - 1) + "{}" + "}" * (levels - 1))
        r = wpack("attest", REF, "p.json", "--type", "custom", "--key", key, rc=rc)
        assert ("nobody could verify it" in r.err) == (rc != 0)
    wpack("verify", REF, "--type", "custom", "--key", "wpack.pub")


@pytest.mark.parametrize("args, words", [
    ([], "--type is missing"),
    (["--type", "cyclondx", "f"], "did you mean 'cyclonedx'?"),
    (["--type", "custom"], "a FILE is missing"),
    (["--type", "sbom"], "--key is missing"),
    (["--type", "sbom", "f", "--generate"], "either --generate or a file"),
    (["--type", "slsa", "--no-sign"], "--no-sign is for bills of materials"),
    (["--type", "sbom", "--as", "notation", "--key", "k"], "is no format that holds statements"),
    (["--type", "sbom", "--as", "bundle,", "--key", "k"], "'' is no format that holds statements"),
    (["--type", "sbom", "--as", "", "--key", "k"], "'' is no format that holds statements"),
    (["--type", "sbom", "--parameter", "a=b", "--key", "k"], "--parameter changes nothing"),
    (["--type", "sbom", "--no-sign", "-o", "-"], "--no-sign changes nothing"),
    (["--type", "sbom", "--no-sign", "--key", "k"], "--key changes nothing"),
    (["--type", "sbom", "--builder-id", "b:1", "--key", "k"], "--builder-id changes nothing"),
    (["--type", "sbom", "-f", "wpack.json", "--key", "k"], "--file changes nothing"),
    (["--type", "slsa", "--builder-id", "x", "--started-on", "now", "-o", "-"], "'now' is no time"),
    (["--type", "slsa", "--builder-id", "x", "--parameter", "now", "-o", "-"], "write --parameter KEY=VALUE"),
])
def test_usage(wpack, built, args, words):
    built()
    r = wpack("attest", REF, *args, rc=2)
    assert words in r.err, r


def test_the_environment_is_there_for_other_commands(wpack, built, key):
    built()
    env = {"WPACK_SIGN_KEY": key, "WPACK_BUILDER_ID": "https://b.example/1", "WPACK_FILE": "other.json"}
    wpack("attest", REF, "--type", "sbom", "--no-sign", env=env)
    wpack("attest", REF, "--type", "spdx", env=env)
    wpack("verify", REF, "--type", "spdx", "--key", "wpack.pub", env={"WPACK_SANDBOX": "require"})


@pytest.mark.parametrize("place", ["serve", "docker_registry", "distribution"])
@pytest.mark.parametrize("kind, name", [
    ("spdx", "spdxjson"), ("sbom", "cyclonedx"), ("slsa", "slsaprovenance1"), ("test", TEST_RESULT)])
def test_cosign_verifies_ours(wpack, echo, key, request, tmp_path, place, kind, name):
    cosign = client("cosign", tmp_path)
    host = request.getfixturevalue(place)().host
    ref = f"{host}/team/app:1"
    wpack("copy", REF, ref, "--plain-http")
    more = ["--builder-id", "https://b.example/1"] if kind == "slsa" else []
    for places in ("bundle", "cosign"):
        wpack("attest", ref, "--type", kind, "--key", key, "--plain-http", "--as", places, *more)
        r = cosign("verify-attestation", "--key", wpack.cwd / "wpack.pub", "--type", name, "--insecure-ignore-tlog=true",
                   "--allow-insecure-registry", "--allow-http-registry",
                   f"--new-bundle-format={'true' if places == 'bundle' else 'false'}", ref)
        said = [json.loads(line) for line in r.out.splitlines() if line.startswith("{")]
        payloads = [json.loads(base64.b64decode(s["payload"])) for s in said]
        assert predicate(wpack, "--type", kind, "--plain-http", *more, ref=ref) in [p["predicate"] for p in payloads]


@pytest.mark.parametrize("bundle", [True, False], ids=["bundle", "tag"])
@pytest.mark.parametrize("kind, ours", [("spdxjson", "spdx"), ("slsaprovenance1", "slsa"), ("openvex", "openvex")])
def test_what_cosign_attested_is_verified(wpack, built, serve, tmp_path, kind, ours, bundle):
    cosign = client("cosign", tmp_path)
    built()
    ref = f"{serve().host}/team/app:1"
    pinned = wpack("copy", REF, ref).last
    env = {"COSIGN_PASSWORD": ""}
    cosign("generate-key-pair", env=env)
    (tmp_path / "signing.json").write_text(json.dumps({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json", "rekorTlogConfig": {}, "tsaConfig": {}}))
    doc = predicate(wpack, "--type", ours, "--builder-id", "b:1") if ours == "slsa" else (
        predicate(wpack, "--type", ours) if ours == "spdx" else {"@context": "https://openvex.dev/ns", "statements": []})
    (tmp_path / "p.json").write_text(json.dumps(doc))
    how = ["--signing-config", "signing.json"] if bundle else [
        "--new-bundle-format=false", "--use-signing-config=false", "--tlog-upload=false"]
    cosign("attest", "--allow-http-registry", "--key", "cosign.key", "--predicate", "p.json", "--type", kind, "-y", *how,
           pinned, env=env)
    said = json.loads(wpack("verify", ref, "--type", ours, "--key", "cosign.pub").out)
    assert said["subject"][0]["digest"]["sha256"] == pinned.split(":")[-1]
    if kind != "slsaprovenance1":
        assert said["predicate"] == doc
    wpack("keygen", "--plain")
    wpack("verify", ref, "--type", ours, "--key", "wpack.pub", rc=12)


# ---- test runs ----


def test_runs_come_out_the_same(wpack, echo, key):
    wpack("attest", REF, "--type", "test", "--key", key)
    said = statement(wpack, "test")
    assert said["predicateType"] == TEST_RESULT
    assert said["predicate"]["result"] == "PASSED" and said["predicate"]["failedTests"] == []
    assert said["predicate"]["passedTests"] == [t["name"] for t in TESTS]
    runs = said["predicate"][RUNS]
    assert runs["module"]["digest"]["sha256"] == hashlib.sha256((wpack.cwd / "echo.wasm").read_bytes()).hexdigest()
    assert base64.b64decode(runs["tests"][2]["stdin"]) == bytes(range(256))
    assert runs["tests"][3]["outcome"]["end"].startswith("trap: unreachable")
    r = wpack("verify", REF, "--type", "test", "--replay", "--key", "wpack.pub")
    assert "4 tests" in r.err


def test_runs_travel(wpack, echo, key, docker_registry, tmp_path):
    """To a registry without the referrers API, and from there to a layout that is read without any network."""
    wpack("attest", REF, "--type", "test", "--key", key)
    ref = f"{docker_registry().host}/team/app:1"
    wpack("copy", REF, ref)
    wpack("verify", ref, "--type", "test", "--replay", "--key", "wpack.pub")
    wpack("copy", ref, "oci:mirror:team/app:1")
    alone = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("SKIP: unshare --net is not possible here")
    p = subprocess.run([*alone, wpack.path, "verify", "oci:mirror:team/app:1", "--type", "test", "--replay", "--key",
                        "wpack.pub"], cwd=wpack.cwd, env=wpack.env, capture_output=True, text=True)
    assert p.returncode == 0 and "4 tests" in p.stderr, p.stderr


@pytest.fixture
def index(wpack, echo, serve):
    """An index in a registry of two manifests, one whose module is tested, one whose module is another."""
    repo = f"{serve().host}/team/app"
    (wpack.cwd / "other.wasm").write_bytes(rust_module())
    pinned = [wpack("copy", REF, f"{repo}:one").last, wpack("push", "other.wasm", f"{repo}:two", "--no-test").last]
    manifests = [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": p.split("@")[1],
                  "size": len(wpack("raw", "get", "manifest", p).out_bytes),
                  "platform": {"os": "wasip1", "architecture": a}} for p, a in zip(pinned, ["wasm", "wasm64"])]
    (wpack.cwd / "index.json").write_text(json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests}))
    wpack("raw", "put", "manifest", f"{repo}:all", "--file", "index.json")
    return f"{repo}:all", *pinned


def test_of_an_index(wpack, index, key):
    """Provenance is of the index; what is made from a module is of the manifest that --platform chooses."""
    ref, one, two = index
    wpack("attest", ref, "--type", "slsa", "--builder-id", "b:1", "--key", key)
    assert "https://slsa.dev/provenance/v1" == statement(wpack, "slsa", ref)["predicateType"]
    r = wpack("attest", ref, "--type", "test", "--key", key, rc=3)
    assert "it is an index: --platform chooses a manifest" in r.err
    wpack("attest", ref, "--type", "test", "--key", key, "--platform", "wasip1/wasm")
    replay = ["--type", "test", "--replay", "--key", "wpack.pub"]
    wpack("verify", one, *replay)
    r = wpack("verify", ref, *replay, "--platform", "wasip1/wasm")
    assert "4 tests" in r.err and json.loads(r.out)["subject"][0]["digest"]["sha256"] == one.split(":")[-1]
    wpack("verify", ref, *replay, "--platform", "wasip1/wasm64", rc=10)
    wpack("verify", ref, *replay, "--platform", "wasip2/wasm", rc=11)
    r = wpack("verify", "echo.wasm", "--key", "wpack.pub", "--platform", "wasip1/wasm", rc=2)
    assert "--platform chooses a manifest of an index" in r.err


def test_runs_that_are_stated_of_an_index(wpack, index, key):
    """They are made again on the manifest in it that holds the module, and of each manifest by itself."""
    ref, one, two = index
    doc = predicate(wpack, "--type", "test", ref=one)
    replay = ["verify", ref, "--type", "test", "--replay", "--key", "wpack.pub"]

    def state(about):
        (wpack.cwd / "p.json").write_text(json.dumps(doc))
        wpack("attest", about, "p.json", "--type", "test", "--key", key)

    state(ref)
    assert "4 tests" in wpack(*replay).err
    wpack(*replay, "--recursive", rc=10)
    state(one)
    doc_of_one = json.loads(json.dumps(doc))
    put(doc, RUNS, "module", "digest", "sha256", hashlib.sha256(rust_module()).hexdigest())
    put(doc, RUNS, "tests", doc[RUNS]["tests"][:1])
    put(doc, "passedTests", ["bare"])
    put(doc, RUNS, "tests", 0, "outcome", predicate_outcome(wpack, two))
    state(two)
    r = wpack(*replay, "--recursive")
    assert r.err.count("replayed") == 3 and r.err.count("4 tests") == 2 and r.err.count("1 test,") == 1, r
    doc = doc_of_one
    put(doc, RUNS, "tests", 0, "outcome", "fuel", 1)
    state(one)
    assert "fuel is" in wpack(*replay, "--recursive", rc=21).err
    doc = doc_of_one
    put(doc, RUNS, "module", "digest", "sha256", "0" * 64)
    state(ref)
    r = wpack(*replay, rc=21)
    assert "of an index, none of whose manifests holds the module sha256:000" in r.err and "--platform" in r.err


def predicate_outcome(wpack, ref):
    """What a bare run of the module comes to."""
    (wpack.cwd / "bare.json").write_text('{"module": "other.wasm", "tests": [{"name": "bare", "expect": {"exit": 0}}]}')
    return predicate(wpack, "--type", "test", "-f", "bare.json", ref=ref)[RUNS]["tests"][0]["outcome"]


def put(at, *path):
    """Set what the path leads to; its last element is the value."""
    *keys, last, value = path
    for k in keys:
        at = at[k]
    at[last] = value


@pytest.mark.parametrize("change, words", [
    ((RUNS, "tests", 1, "outcome", "stdoutSha256", "0" * 64), "test 'all', run again: stdoutSha256 is \""),
    ((RUNS, "tests", 0, "outcome", "stderrSha256", "0" * 64), "test 'bare', run again: stderrSha256"),
    ((RUNS, "tests", 0, "outcome", "fuel", 1), "test 'bare', run again: fuel is"),
    ((RUNS, "tests", 0, "outcome", "exit", 0), "exit is 1, the attestation says 0"),
    ((RUNS, "tests", 3, "outcome", "end", "exit"), "test 'trap', run again: end is"),
    ((RUNS, "tests", 3, "outcome", "exit", 0), "exit is nothing, the attestation says 0"),
    ((RUNS, "tests", 0, "outcome", {}), "the attestation says nothing"),
    ((RUNS, "tests", 1, "stdin", ""), "test 'all', run again: "),
    ((RUNS, "tests", 1, "seed", 8), "test 'all', run again: stdoutSha256"),
    ((RUNS, "tests", 1, "clock", 5), "test 'all', run again: stdoutSha256"),
    ((RUNS, "budget", "fuel", 10), "test 'bare', run again: end is"),
    ((RUNS, "module", "digest", "sha256", "0" * 64), "tells of runs of the module sha256:000"),
    (("passedTests", ["bare", "more"]), "says that 'more' passed, and holds no run of it"),
    (("passedTests", ["bare"] * 5), "says that 5 tests passed, and holds 4 runs"),
    ((RUNS, "tests", []), "no test to run"),
    ((RUNS, "tests", 0, "stdin", "%"), "not base64"),
    ((RUNS, "tests", 0, "clock", -1), "must not be negative"),
    ((RUNS, "budget", "memory", 0), "a budget of nothing"),
    ((RUNS, "tests", 0, "args", [1]), "must be a string"),
    ((RUNS, None), "must be an object"),
])
def test_runs_that_are_not_true(wpack, echo, key, change, words):
    """Signed well by somebody who is trusted, and false all the same."""
    doc = predicate(wpack, "--type", "test")
    put(doc, *change)
    (wpack.cwd / "false.json").write_text(json.dumps(doc))
    wpack("attest", REF, "false.json", "--type", "test", "--key", key)
    wpack("verify", REF, "--type", "test", "--key", "wpack.pub")
    r = wpack("verify", REF, "--type", "test", "--replay", "--key", "wpack.pub", rc=21)
    assert words in r.err, r


def test_what_has_no_runs_cannot_be_replayed(wpack, echo, key):
    (wpack.cwd / "plain.json").write_text('{"result": "PASSED", "configuration": []}')
    wpack("attest", REF, "plain.json", "--type", "test", "--key", key)
    r = wpack("verify", REF, "--type", "test", "--replay", "--key", "wpack.pub", rc=21)
    assert "holds no runs that could be made again" in r.err


def test_replay_is_for_tests_of_artifacts(wpack, echo, key):
    for args, words in [([REF, "--replay"], "--type test is missing"),
                        (["echo.wasm", "--type", "test", "--replay"], "this is none"),
                        ([REF, "--sandbox", "off"], "--sandbox changes nothing")]:
        r = wpack("verify", *args, "--key", "wpack.pub", rc=2)
        assert words in r.err
    wpack("attest", REF, "--type", "spdx", "--key", key)
    r = wpack("verify", REF, "--type", "spdx", "--replay", "--key", "wpack.pub", rc=21)
    assert "of the type https://spdx.dev/Document, holds no runs" in r.err
    wpack("attest", REF, "--type", "test", "--key", key)
    r = json.loads(wpack("verify", REF, "--type", "test", "--replay", "--key", "wpack.pub", "--format", "json").out)
    assert r["replayed"]["tests"] == 4 and r["replayed"]["fuel"] > 1000


def test_another_version_may_be_why(wpack, echo, key):
    doc = predicate(wpack, "--type", "test")
    put(doc, RUNS, "interpreter", "version", "0.0.9")
    (wpack.cwd / "p.json").write_text(json.dumps(doc))
    wpack("attest", REF, "p.json", "--type", "test", "--key", key)
    wpack("verify", REF, "--type", "test", "--replay", "--key", "wpack.pub")
    put(doc, RUNS, "tests", 0, "outcome", "fuel", 5)
    (wpack.cwd / "p.json").write_text(json.dumps(doc))
    wpack("attest", REF, "p.json", "--type", "test", "--key", key)
    r = wpack("verify", REF, "--type", "test", "--replay", "--key", "wpack.pub", rc=21)
    assert "the attestation is of wpack 0.0.9" in r.err


def test_an_identity_is_asked_for_after_the_tests(wpack, echo):
    """Its certificate lives for minutes, tests may take longer: who fails them never gets one."""
    (wpack.cwd / "token").write_text("a.b.c")
    keyless = ["--keyless", "--oidc-token", "token", "--fulcio-url", "http://127.0.0.1:1", "--rekor-url",
               "http://127.0.0.1:1", "--retry", "0"]
    r = wpack("attest", REF, "--type", "test", *keyless, rc=2)
    assert "tests ok" in r.err and "identity token" in r.err
    (wpack.cwd / "wpack.json").write_text('{"module": "echo.wasm", "tests": [{"name": "no", "expect": {"exit": 4}}]}')
    r = wpack("attest", REF, "--type", "test", *keyless, rc=21)
    assert "1 of 1 tests failed" in r.err
    r = wpack("attest", REF, "--type", "test", "--keyless", *keyless[3:], rc=2)
    assert "there is no identity token" in r.err and "tests" not in r.err
    r = wpack("attest", REF, "--type", "test", "--keyless", "--oidc-token", "nofile", *keyless[3:], rc=3)
    assert "--oidc-token: cannot open 'nofile'" in r.err and "tests" not in r.err


def test_what_fails_is_not_attested(wpack, echo, key):
    (wpack.cwd / "wpack.json").write_text(json.dumps({"module": "echo.wasm", "tests": [
        {"name": "fine", "expect": {"exit": 1}}, {"name": "wrong", "expect": {"exit": 4}}]}))
    r = wpack("attest", REF, "--type", "test", "--key", key, rc=21)
    assert "1 of 2 tests failed; the first, 'wrong': it ended with 'exit 1', expected exit 4" in r.err
    assert "sigstore" not in wpack("tree", REF).out
    (wpack.cwd / "wpack.json").unlink()
    r = wpack("attest", REF, "--type", "test", "--key", key, rc=3)
    assert "-f names the wpack.json" in r.err
