# SPDX-License-Identifier: Apache-2.0
"""Copying, attaching, naming, looking, single blobs, housekeeping: on registries and layouts alike."""

import json

import pytest

from support import blob_path, check_layout, sample, sha256


@pytest.fixture
def host(serve):
    return serve().host


@pytest.fixture(params=["registry", "layout"])
def repo(request, wpack):
    """A place for one repository with many tags: 'host/a/app' or 'oci:lay:app'."""
    return f"{request.getfixturevalue('serve')().host}/a/app" if request.param == "registry" else "oci:lay:app"


def base(repo):
    return "oci:lay" if repo.startswith("oci:") else repo


class TestCopy:
    @pytest.fixture
    def tagged(self, wpack, module, component, host):
        """a/app with tags 1.0, 1.1, 2.0 and a note attached to 1.0."""
        digest = wpack("push", module, f"{host}/a/app:1.0,1.1", "-q").digest
        wpack("push", component, f"{host}/a/app:2.0", "-q")
        (wpack.cwd / "note.txt").write_text("note")
        wpack("attach", f"{host}/a/app:1.0", "note.txt", "--type", "application/vnd.acme.note", "-q")
        return digest

    def test_all_tags_between_repositories(self, wpack, host, tagged):
        r = wpack("copy", f"{host}/a/app", f"{host}/b/app", "--all-tags")
        assert wpack("ls", f"{host}/b/app").out.split() == ["1.0", "1.1", "2.0"]
        assert len(r.out.splitlines()) == 3
        assert "application/vnd.acme.note" in wpack("tree", f"{host}/b/app:1.1").out

    def test_tags_that_match_into_a_layout(self, wpack, host, tagged):
        doc = wpack("copy", f"{host}/a/app", "oci:lay:mirror", "--tags", "1.*", "--tags", "none", "--format", "json").json
        assert [c["tags"] for c in doc["copied"]] == [["mirror:1.0"], ["mirror:1.1"]]
        assert check_layout(wpack.cwd / "lay", ["mirror:1.0", "mirror:1.1"])["mirror:1.0"] == tagged
        wpack("copy", "oci:lay:mirror", f"{host}/back/app", "--all-tags")
        assert wpack("ls", f"{host}/back/app").out.split() == ["1.0", "1.1"]

    def test_no_tag_matches(self, wpack, host, tagged):
        r = wpack("copy", f"{host}/a/app", "oci:lay", "--tags", "3.*", rc=3)
        assert f"{host}/a/app has no tag that matches" in r.err and f"'wpack ls {host}/a/app' lists them" in r.err

    def test_the_tag_stays_where_none_is_given(self, wpack, host, tagged):
        wpack("copy", f"{host}/a/app:1.0", f"{host}/c/app")
        assert wpack("resolve", f"{host}/c/app:1.0").digest == tagged
        wpack("copy", f"{host}/a/app:1.0", f"{host}/c/app:x,y")
        assert wpack("ls", f"{host}/c/app").out.split() == ["1.0", "x", "y"]
        wpack("cp", f"{host}/a/app@{tagged}", f"{host}/c/app:byd")
        assert wpack("resolve", f"{host}/c/app:byd").digest == tagged

    def test_referrers_stay_behind_when_asked(self, wpack, host, tagged):
        doc = wpack("copy", f"{host}/a/app:1.0", "oci:with:app:1", "--format", "json").json
        assert doc["referrers"] == 1
        doc = wpack("copy", f"{host}/a/app:1.0", "oci:without:app:1", "--no-referrers", "--format", "json").json
        assert doc["referrers"] == 0
        assert len(list((wpack.cwd / "without/blobs/sha256").iterdir())) == 3

    def test_dry_run_copies_nothing(self, wpack, host, tagged):
        r = wpack("copy", f"{host}/a/app:1.0", f"{host}/dry/app:1", "--dry-run")
        assert "would copy" in r.err and r.digest == tagged
        wpack("ls", f"{host}/dry/app", rc=3)
        wpack("copy", f"{host}/a/app:1.0", "oci:dry:app:1", "--dry-run")
        assert not (wpack.cwd / "dry").exists()

    def test_no_clobber(self, wpack, host, tagged):
        wpack("copy", f"{host}/a/app:2.0", f"{host}/d/app:1")
        r = wpack("copy", f"{host}/a/app:1.0", f"{host}/d/app:1", "--no-clobber", rc=1)
        assert "exists already" in r.err

    def test_a_failure_after_some_tags_tells_both(self, wpack, host, tagged):
        wpack("copy", f"{host}/a/app:1.0", f"{host}/e/app:2.0")
        r = wpack("copy", f"{host}/a/app", f"{host}/e/app", "--all-tags", "--no-clobber", "--format", "json", rc=1)
        assert [c["tags"] for c in r.json["copied"]] == [["1.0"], ["1.1"]]
        assert r.json["error"]["message"].startswith("2.0: ")

    def test_one_registry_mounts(self, wpack, module, docker_registry):
        host = docker_registry().host
        wpack("push", module, f"{host}/a/app:1", "-q")
        doc = wpack("copy", f"{host}/a/app:1", f"{host}/b/app:1", "--format", "json").json
        assert doc["blobs"] == {"total": 2, "copied": 0, "present": 0, "mounted": 2}
        r = wpack("copy", f"{host}/a/app:1", f"{host}/c/app:1")
        assert "; 2 mounted" in r.err
        wpack("pull", f"{host}/b/app:1", "-o", "out/")
        assert (wpack.cwd / "out/hello.wasm").read_bytes() == module.read_bytes()


class TestNames:
    def test_tag_ls_resolve_rm(self, wpack, module, repo):
        digest = wpack("push", module, f"{repo}:1", "-q").digest
        r = wpack("tag", f"{repo}:1", "latest", "1.0")
        assert r.last == f"{base(repo)}@{digest}"
        assert wpack("ls", repo).out.split() == ["1", "1.0", "latest"]
        assert wpack("list", repo).out == wpack("ls", repo).out
        assert wpack("digest", f"{repo}:latest").last == f"{base(repo)}@{digest}"
        wpack("rm", f"{repo}:1.0")
        assert wpack("ls", repo).out.split() == ["1", "latest"]
        wpack("resolve", f"{repo}:1.0", rc=3)
        wpack("rm", f"{base(repo)}@{digest}")
        wpack("resolve", f"{repo}:1", rc=3)
        wpack("resolve", f"{base(repo)}@{digest}", rc=3)

    def test_no_clobber(self, wpack, module, component, repo):
        wpack("push", module, f"{repo}:1", "-q")
        wpack("push", component, f"{repo}:2", "-q")
        r = wpack("tag", f"{repo}:1", "2", "--no-clobber", rc=1)
        assert "exists already and is sha256:" in r.err
        wpack("tag", f"{repo}:1", "2")
        assert wpack("resolve", f"{repo}:2").digest == wpack("resolve", f"{repo}:1").digest

    def test_words_for_wrong_names(self, wpack, module, repo):
        wpack("push", module, f"{repo}:1", "-q")
        assert "tag 'a/b'" in wpack("tag", f"{repo}:1", "a/b", rc=2).err
        assert "names no tag and no digest" in wpack("rm", base(repo), rc=2).err
        wpack("rm", f"{repo}:nope", rc=3)
        wpack("tag", f"{repo}:nope", "x", rc=3)

    def test_ls_all_shows_the_tags_that_hold_referrers(self, wpack, module, repo):
        digest = wpack("push", module, f"{repo}:1", "-q").digest
        wpack("tag", f"{repo}:1", digest.replace(":", "-") + ".sig")
        assert wpack("ls", repo).out == "1\n"
        assert digest.replace(":", "-") + ".sig" in wpack("ls", repo, "--all").out.split()

    def test_ls_of_a_host_and_a_layout(self, wpack, module, host):
        for ref in (f"{host}/b/two:1", f"{host}/a/one:1", "oci:lay:app:1", "oci:lay:v1"):
            wpack("push", module, ref, "-q")
        assert wpack("ls", host).out == "a/one\nb/two\n"
        assert wpack("ls", host, "--format", "json").json == {"names": [{"name": "a/one"}, {"name": "b/two"}]}
        assert wpack("ls", "oci:lay").out.split() == ["v1", "app:1"]
        names = wpack("ls", "oci:lay", "--format", "json").json["names"]
        assert [n["name"] for n in names] == ["v1", "app:1"] and names[0]["digest"].startswith("sha256:")

    def test_a_folder_is_no_host(self, wpack, module):
        wpack("push", module, "oci:lay:app:1", "-q")
        r = wpack("ls", "lay", rc=2)
        assert "'lay' is a folder" in r.err and "a layout is written oci:lay" in r.err
        (wpack.cwd / "deep").mkdir()
        wpack("push", module, "oci:deep/lay:app:1", "-q")
        assert "a layout folder is written oci:deep/lay" in wpack("inspect", "deep/lay", rc=2).err


class TestAttachAndTree:
    def test_attached_files_come_back(self, wpack, module, repo):
        subject = wpack("push", module, f"{repo}:1", "-q").digest
        (wpack.cwd / "sbom.json").write_text("{}")
        r = wpack("attach", f"{repo}:1", "sbom.json:application/spdx+json", "--type", "application/spdx+json", "-a", "k=v")
        assert f"  attached to   {base(repo)}@{subject}\n" in r.err
        doc = json.loads(wpack("inspect", f"{base(repo)}@{r.digest}", "--manifest").out)
        assert doc["subject"]["digest"] == subject
        assert doc["artifactType"] == "application/spdx+json" and doc["annotations"]["k"] == "v"
        assert doc["layers"][0]["mediaType"] == "application/spdx+json"
        wpack("pull", f"{base(repo)}@{r.digest}", "-o", "out/")
        assert (wpack.cwd / "out/sbom.json").read_text() == "{}"
        assert wpack("tree", f"{repo}:1").out == (
            f"{base(repo)}@{subject}\n└── application/spdx+json  {r.digest}  {len(self.raw(wpack, base(repo), r))} B\n")

    def raw(self, wpack, where, r):
        return wpack.run("raw", "get", "manifest", f"{where}@{r.digest}").out_bytes

    def test_tree_of_several_and_nested(self, wpack, module, repo):
        wpack("push", module, f"{repo}:1", "-q")
        (wpack.cwd / "n").write_text("n")
        one = wpack("attach", f"{repo}:1", "n", "--type", "application/vnd.one", "-q").digest
        two = wpack("attach", f"{repo}:1", "n", "--type", "application/vnd.two", "-q").digest
        deep = wpack("attach", f"{base(repo)}@{one}", "n", "--type", "application/vnd.deep", "-q").digest
        doc = wpack("tree", f"{repo}:1", "--format", "json").json
        assert {x["digest"] for x in doc["referrers"]} == {one, two}
        assert next(x for x in doc["referrers"] if x["digest"] == one)["referrers"][0]["digest"] == deep
        lines = wpack("discover", f"{repo}:1").out.splitlines()
        assert len(lines) == 4 and sum(x.startswith(("├── ", "└── ")) for x in lines) == 2
        only = wpack("tree", f"{repo}:1", "--artifact-type", "application/vnd.two", "--format", "json").json
        assert [x["digest"] for x in only["referrers"]] == [two]

    def test_words(self, wpack, module, repo):
        wpack("push", module, f"{repo}:1", "-q")
        assert "attach: --type is missing" in wpack("attach", f"{repo}:1", "hello.wasm", rc=2).err
        assert "no.txt" in wpack("attach", f"{repo}:1", "no.txt", "--type", "a/b", rc=3).err
        wpack("attach", f"{repo}:nope", "hello.wasm", "--type", "a/b", rc=3)


class TestInspect:
    def test_each_view(self, wpack, module, repo):
        wpack("push", module, f"{repo}:1", "-q")
        for what in (f"{repo}:1", "hello.wasm"):
            assert wpack("inspect", what, "--imports").out == (
                "wasi_snapshot_preview1.fd_write  func (param i32 i32 i32 i32) (result i32)\n"
                "wasi_snapshot_preview1.sched  func\n")
            assert wpack("inspect", what, "--exports").out == "memory  memory 1\n_start  func\n"
            assert wpack("inspect", what, "--sections").out.splitlines()[1] == "0x00000016          68  import"
            bars = wpack("inspect", what, "--size").out.splitlines()
            assert bars[0].startswith("import     54.0 %  █████████████████████▋ ") and len(bars) == 6
            doc = wpack("inspect", what, "--format", "json").json
            doc = doc.get("module", doc)
            assert doc["kind"] == "module" and doc["world"] == "wasip1 command" and doc["functions"] == 1
            assert [x["name"] for x in doc["imports"]] == ["fd_write", "sched"]
            text = wpack("inspect", what).out
            assert "  module        126 B, 1 function, code 4 B, data 0 B\n" in text
            assert "  imports       wasi_snapshot_preview1.fd_write  func\n" in text
        raw = wpack.run("inspect", f"{repo}:1", "--manifest").out_bytes
        assert f"{base(repo)}@{sha256(raw)}" == wpack("resolve", f"{repo}:1").last
        config = wpack.run("inspect", f"{repo}:1", "--config").out_bytes
        assert sha256(config) == json.loads(raw)["config"]["digest"]

    def test_words(self, wpack, module, repo):
        assert "it has no manifest and no config" in wpack("inspect", "hello.wasm", "--manifest", rc=2).err
        assert "there is no file 'no.wasm'" in wpack("inspect", "no.wasm", rc=3).err
        (wpack.cwd / "n").write_text("n")
        wpack("push", f"{repo}:1", "n", "-q")
        assert "holds no WebAssembly module" in wpack("inspect", f"{repo}:1", "--imports", rc=3).err
        assert "application/octet-stream  n" in wpack("inspect", f"{repo}:1").out
        (wpack.cwd / "bad.wasm").write_bytes(b"\0asm\1\0\0\0\x09\x09")
        assert "bad.wasm: at byte 0x" in wpack("inspect", "bad.wasm", rc=20).err


class TestRaw:
    def test_all_eight(self, wpack, module, repo):
        blob = wpack("raw", "put", "blob", base(repo), "--file", "hello.wasm").digest
        assert blob == sha256(module.read_bytes())
        at = f"{base(repo)}@{blob}"
        assert wpack("raw", "head", "blob", at).last == at
        assert wpack.run("raw", "get", "blob", at).out_bytes == module.read_bytes()
        config = wpack("raw", "put", "blob", base(repo), stdin="{}").digest
        manifest = json.dumps({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
            "layers": [{"mediaType": "application/wasm", "digest": blob, "size": module.stat().st_size}],
        }, indent=3).encode()
        put = wpack("raw", "put", "manifest", f"{repo}:1", stdin=manifest)
        assert put.digest == sha256(manifest)
        head = wpack("raw", "head", "manifest", f"{repo}:1", "--format", "json").json
        assert head == {"reference": put.last, "digest": put.digest, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                        "size": len(manifest)}
        assert wpack.run("raw", "get", "manifest", f"{repo}:1").out_bytes == manifest, "byte for byte"
        assert wpack("raw", "delete", "manifest", f"{repo}:1").digest == put.digest
        wpack("raw", "get", "manifest", f"{repo}:1", rc=3)
        wpack("raw", "delete", "blob", at)
        wpack("raw", "head", "blob", at, rc=3)
        wpack("raw", "get", "blob", at, rc=3)

    def test_put_is_checked(self, wpack, module, repo):
        r = wpack("raw", "put", "blob", f"{base(repo)}@{sha256(b'other')}", "--file", "hello.wasm", rc=6)
        assert "the input" in r.err
        wpack("raw", "put", "manifest", f"{repo}:1", stdin="not json", rc=2)
        wpack("raw", "head", "blob", f"{base(repo)}@{sha256(b'other')}", rc=3)

    @pytest.mark.parametrize("args, words", [
        (["get", "layer", "oci:lay"], "'layer' is neither 'manifest' nor 'blob'"),
        (["fetch", "blob", "oci:lay"], "'fetch' is not one of: get head put delete"),
        (["get", "blob", "oci:lay:app:1"], "a blob is named by its digest"),
    ])
    def test_words(self, wpack, module, args, words):
        wpack("push", module, "oci:lay:app:1", "-q")
        assert words in wpack("raw", *args, rc=2).err


class TestHousekeeping:
    def test_fsck_tells_its_findings_as_json_with_the_error(self, wpack, module):
        wpack("build", module, "-t", "app:1", "-o", "oci:lay", "-q")
        assert wpack("fsck", "oci:lay").err == "3 blobs, 749 B: all as named; 0 unreachable, 0 unfinished, 0 strays\n"
        ok = wpack("fsck", "oci:lay", "--format", "json").json
        assert ok["problems"] == [] and ok["blobs"] == 3
        blob_path(wpack.cwd / "lay", sha256(module.read_bytes())).unlink()
        r = wpack("fsck", "oci:lay", "--format", "json", rc=6)
        assert r.json["missing"] == 1 and r.json["error"]["code"] == "integrity"
        assert sha256(module.read_bytes()).split(":")[1] in json.dumps(r.json["problems"])

    def test_gc_lists_and_counts(self, wpack, module):
        wpack("build", module, "-t", "app:1", "-o", "oci:lay", "-q")
        other = wpack.cwd / "other.wasm"
        other.write_bytes(sample.core_module(sample.custom("x", b"y")))
        wpack("build", other, "-t", "app:2", "-o", "oci:lay", "-q")
        wpack("rm", "oci:lay:app:2", "-q")
        r = wpack("gc", "oci:lay", "--min-age", "1ms", "--dry-run")
        assert len(r.out.splitlines()) == 3
        assert sha256(other.read_bytes()).split(":")[1] in r.out
        assert r.err.startswith("would remove 3 files, ") and "; kept 3 blobs, 749 B" in r.err
        assert wpack("gc", "oci:lay", "--min-age", "1ms", "--format", "json").json["removed"] == 3
        assert wpack("gc", "oci:lay", "--min-age", "1ms").err.startswith("removed 0 files, 0 B (0 unfinished); kept 3 ")

    def test_only_of_layouts(self, wpack, host):
        for command in ("gc", "fsck", "serve"):
            assert "is not a layout folder" in wpack(command, f"{host}/a/b", rc=2).err
            assert "is not a layout folder" in wpack(command, "oci:lay:app:1", rc=2).err
