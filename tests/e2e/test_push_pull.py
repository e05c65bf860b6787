# SPDX-License-Identifier: Apache-2.0
"""`wpack push` and `wpack pull` by hand and from scripts: where the reference stands, what is a file, where files go."""

import json
import os
import threading

import pytest

from support import check_layout, sample, sha256


class Served:
    """`wpack serve -v` whose requests are read off its log."""

    def __init__(self, server):
        self.host = server.host
        self.lines = []
        self.server = server
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.server.process.stderr:
            self.lines.append(line.split())

    def stop(self):
        """Ends the server: all of its log is there then. Returns [(method, path), …]."""
        self.server.stop()
        self.reader.join()
        return [(x[0], x[1]) for x in self.lines]


@pytest.fixture
def served(serve):
    return Served(serve("served", "-v"))


@pytest.fixture
def host(serve):
    return serve().host


def manifest(wpack, ref):
    return json.loads(wpack("inspect", ref, "--manifest").out)


class TestPush:
    def test_reference_last_or_first(self, wpack, module, host):
        last = wpack("push", "hello.wasm", f"{host}/a/x:1")
        first = wpack("push", f"{host}/a/y:1", "hello.wasm")
        assert first.digest == last.digest
        assert first.last == f"{host}/a/y@{first.digest}"
        assert manifest(wpack, f"{host}/a/x:1")["config"]["mediaType"] == "application/vnd.wasm.config.v0+json"

    def test_several_files_come_behind_the_reference(self, wpack, module, host):
        (wpack.cwd / "a.txt").write_text("a")
        (wpack.cwd / "b.bin").write_bytes(b"b")
        wpack("push", f"{host}/a/f:1", "a.txt:text/plain", "b.bin", "hello.wasm")
        doc = manifest(wpack, f"{host}/a/f:1")
        assert [(x["annotations"]["org.opencontainers.image.title"], x["mediaType"]) for x in doc["layers"]] == [
            ("a.txt", "text/plain"), ("b.bin", "application/octet-stream"), ("hello.wasm", "application/wasm")]
        r = wpack("push", "a.txt", "b.bin", f"{host}/a/f:1", rc=2)
        assert "with several files the reference comes first" in r.err

    def test_artifact_type_config_annotations(self, wpack, module, host):
        (wpack.cwd / "conf.json").write_text('{"a":1}')
        wpack("push", f"{host}/a/f:1", "hello.wasm", "--artifact-type", "application/vnd.acme.t",
              "--config", "conf.json:application/vnd.acme.c+json", "-a", "k=v")
        doc = manifest(wpack, f"{host}/a/f:1")
        assert doc["artifactType"] == "application/vnd.acme.t"
        assert doc["config"]["mediaType"] == "application/vnd.acme.c+json"
        assert doc["config"]["digest"] == sha256(b'{"a":1}')
        assert doc["annotations"]["k"] == "v"

    def test_a_file_with_a_colon_in_its_name(self, wpack, host):
        (wpack.cwd / "ab:c").write_text("colon")
        (wpack.cwd / "tt:x").mkdir()
        (wpack.cwd / "tt:x/y").write_text("nested")
        wpack("push", f"{host}/a/f:1", "ab:c", "tt:x/y")
        doc = manifest(wpack, f"{host}/a/f:1")
        assert [x["mediaType"] for x in doc["layers"]] == ["application/octet-stream"] * 2
        assert [x["digest"] for x in doc["layers"]] == [sha256(b"colon"), sha256(b"nested")]

    def test_digest_file_and_several_tags(self, wpack, module, host):
        r = wpack("push", module, f"{host}/a/x:1.2.0,1.2,latest", "--digest-file", "digest", "--format", "json")
        assert (wpack.cwd / "digest").read_text() == r.json["digest"] + "\n"
        assert r.json["tags"] == ["1.2.0", "1.2", "latest"]
        assert {wpack("resolve", f"{host}/a/x:{t}").digest for t in r.json["tags"]} == {r.json["digest"]}

    def test_no_clobber(self, wpack, module, component, host):
        first = wpack("push", module, f"{host}/a/x:1", "--no-clobber").digest
        wpack("push", module, f"{host}/a/x:1", "--no-clobber")
        r = wpack("push", component, f"{host}/a/x:1", "--no-clobber", rc=1)
        assert f"{host}/a/x:1 exists already and is {first}" in r.err
        assert wpack("resolve", f"{host}/a/x:1").digest == first
        wpack("push", component, f"{host}/a/x:1")
        assert wpack("resolve", f"{host}/a/x:1").digest != first

    def test_dry_run_sends_nothing(self, wpack, module, served):
        r = wpack("push", module, f"{served.host}/a/x:1", "--dry-run")
        assert "would push    3 blobs, 749 B" in r.err
        real = wpack("push", module, f"{served.host}/b/x:1", "--dry-run", "--format", "json").json
        assert real["blobs"]["total"] == 2
        requests = served.stop()
        assert requests, "the log shows what was asked"
        assert {method for method, _ in requests} <= {"GET", "HEAD"}

    def test_from_a_layout_and_a_registry(self, wpack, module, component, host):
        digest = wpack("build", module, "-t", "app:1", "-o", "oci:lay").digest
        assert wpack("push", "oci:lay:app:1", f"{host}/a/x:1").digest == digest
        assert wpack("push", f"{host}/a/x:1", f"{host}/b/x:2").digest == digest
        assert wpack("push", f"oci:lay@{digest}", f"{host}/c/x:3").digest == digest
        assert wpack("resolve", f"{host}/c/x:3").digest == digest

    def test_from_standard_input(self, wpack, module, host):
        r = wpack("push", "-", f"{host}/a/x:1", stdin=module.read_bytes())
        wpack("pull", f"{host}/a/x:1", "-o", "back.wasm")
        assert (wpack.cwd / "back.wasm").read_bytes() == module.read_bytes()
        assert wpack("push", f"{host}/a/y:1", "-", stdin=module.read_bytes()).digest == r.digest
        assert "at byte 0x0" in wpack("push", "-", f"{host}/a/z:1", stdin=b"nothing", rc=20).err

    def test_what_was_built(self, wpack, module, host):
        ref = f"{host}/a/x:1"
        r = wpack("push", ref, rc=3)
        assert f"hint: build it first: wpack build MODULE.wasm -t {ref}" in r.err
        built = wpack("build", module, "-t", ref)
        assert wpack("push", ref).last == built.last
        r = wpack("push", f"{host}/a/x:2", rc=3)
        assert "build it first" in r.err

    def test_options_that_would_change_nothing_are_refused(self, wpack, module, host):
        wpack("build", module, "-t", f"{host}/a/x:1", "-o", "oci:.wpack/oci:app:1")
        for option in (["-a", "k=v"], ["--artifact-type", "t/u"], ["--config", "hello.wasm"]):
            for args in ([f"{host}/a/x:1"], ["oci:.wpack/oci:app:1", f"{host}/a/x:1"]):
                r = wpack("push", *args, *option, rc=2)
                assert "changes nothing in an artifact that is already built" in r.err

    def test_a_missing_file_is_called_one(self, wpack, host):
        assert "there is no file 'no.wasm'" in wpack("push", "no.wasm", f"{host}/a/x:1", rc=3).err
        assert "no.txt" in wpack("push", f"{host}/a/x:1", "no.txt:text/plain", rc=3).err

    def test_a_digest_is_no_name(self, wpack, module, host):
        r = wpack("push", module, f"{host}/a/x@{sha256(b'')}", rc=2)
        assert "a digest cannot be pushed to" in r.err

    def test_to_a_layout(self, wpack, module):
        r = wpack("push", module, "oci:lay:app:1")
        assert check_layout(wpack.cwd / "lay", ["app:1"])["app:1"] == r.digest
        assert r.last == f"oci:lay@{r.digest}"

    def test_what_the_user_reads(self, wpack, module, host):
        wpack("push", module, f"{host}/a/x:1", "-q")
        r = wpack("push", module, f"{host}/a/x:2")
        size = module.stat().st_size
        lines = r.err.splitlines()
        assert lines[:2] == [f"  hello.wasm    module  {size} B  wasip1 command",
                             "  imports       wasi_snapshot_preview1 (2)"]
        assert lines.pop(2).startswith("  validate ok   1 function, ")
        assert lines.pop(2).startswith("  not run       nothing provides its import ")
        assert sorted(lines[2:4]) == [f"  present       hello.wasm  {size} B", "  present       sha256:44124f0146da  192 B"]
        assert lines[4] == "  pushed        3 blobs, 749 B; 2 there already; 431 B moved"
        assert len(lines) == 5


class TestPull:
    def test_into_the_current_folder_by_title(self, wpack, module, host, tmp_path):
        wpack("push", module, f"{host}/a/x:1")
        (tmp_path / "here").mkdir()
        r = wpack("pull", f"{host}/a/x:1", cwd=tmp_path / "here")
        assert [p.name for p in (tmp_path / "here").iterdir()] == ["hello.wasm"]
        assert f"  file          hello.wasm  {module.stat().st_size} B\n" in r.err

    @pytest.mark.parametrize("output, path, shown", [
        ("out/", "out/hello.wasm", "out/hello.wasm"),
        ("out//", "out/hello.wasm", "out/hello.wasm"),
        ("there", "there/hello.wasm", "there/hello.wasm"),
        ("new.wasm", "new.wasm", "new.wasm"),
        ("deep/er/new.wasm", "deep/er/new.wasm", "deep/er/new.wasm"),
    ])
    def test_output(self, wpack, module, host, output, path, shown):
        (wpack.cwd / "there").mkdir()
        wpack("push", module, f"{host}/a/x:1")
        r = wpack("pull", f"{host}/a/x:1", "-o", output)
        assert (wpack.cwd / path).read_bytes() == module.read_bytes()
        assert f"  file          {shown}  " in r.err

    def test_files_of_json(self, wpack, module, host):
        (wpack.cwd / "a.txt").write_text("a")
        pushed = wpack("push", f"{host}/a/f:1", "a.txt:text/plain", "hello.wasm").digest
        doc = wpack("pull", f"{host}/a/f:1", "-o", "out/", "--format", "json").json
        assert doc["folder"] == "out" and doc["digest"] == pushed
        assert [(f["path"], f["mediaType"], f["digest"]) for f in doc["files"]] == [
            ("a.txt", "text/plain", sha256(b"a")),
            ("hello.wasm", "application/wasm", sha256(module.read_bytes()))]

    def test_standard_output_takes_one_file(self, wpack, module, host):
        (wpack.cwd / "a.txt").write_text("a")
        wpack("push", f"{host}/a/f:1", "a.txt", "hello.wasm")
        r = wpack("pull", f"{host}/a/f:1", "-o", "-", rc=2)
        assert "the artifact has 2 files, standard output takes one" in r.err and r.out == ""

    def test_a_layer_without_a_title(self, wpack, module, host):
        digest = wpack("raw", "put", "blob", f"{host}/a/plain", "--file", "hello.wasm").digest
        (wpack.cwd / "empty").write_text("{}")
        config = wpack("raw", "put", "blob", f"{host}/a/plain", "--file", "empty").digest
        doc = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
               "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": config, "size": 2},
               "layers": [{"mediaType": "application/wasm", "digest": digest, "size": module.stat().st_size}]}
        wpack("raw", "put", "manifest", f"{host}/a/plain:1", stdin=json.dumps(doc))
        wpack("pull", f"{host}/a/plain:1", "-o", "out/")
        assert [p.name for p in (wpack.cwd / "out").iterdir()] == ["plain.wasm"]

    def put_index(self, wpack, module, component, host):
        entries = []
        for name, file, os_ in (("core", module, "wasip1"), ("comp", component, "wasip2")):
            digest = wpack("push", file, f"{host}/a/multi:{name}", "-q").digest
            size = len(wpack.run("inspect", f"{host}/a/multi:{name}", "--manifest").out_bytes)
            entries.append({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": size,
                            "platform": {"os": os_, "architecture": "wasm"}})
        doc = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}
        wpack("raw", "put", "manifest", f"{host}/a/multi:1", stdin=json.dumps(doc))
        return [e["digest"] for e in entries]

    def test_of_an_index_one_platform(self, wpack, module, component, host):
        core, comp = self.put_index(wpack, module, component, host)
        r = wpack("pull", f"{host}/a/multi:1", "-o", "out/", rc=2)
        assert "an index of several manifests" in r.err
        assert "choose with --platform; there are: wasip1/wasm wasip2/wasm" in r.err
        assert wpack("pull", f"{host}/a/multi:1", "-o", "out/", "--platform", "wasip2/wasm").digest == comp
        assert (wpack.cwd / "out/comp.wasm").read_bytes() == component.read_bytes()
        assert wpack("pull", f"{host}/a/multi:1", "-o", "c.wasm", "--platform", "wasip1/wasm").digest == core
        r = wpack("pull", f"{host}/a/multi:1", "--platform", "linux/amd64", rc=3)
        assert "no manifest for linux/amd64" in r.err
        assert json.loads(wpack("inspect", f"{host}/a/multi:1", "--platform", "wasip2/wasm", "--config").out)[
            "os"] == "wasip2"
        assert "wasip1/wasm" in wpack("tree", f"{host}/a/multi:1").out
        assert wpack("inspect", f"{host}/a/multi:1").out.count("\n  manifest ") == 3

    def test_no_clobber_and_the_same_file(self, wpack, module, host):
        wpack("push", module, f"{host}/a/x:1")
        wpack("pull", f"{host}/a/x:1", "-o", "out/", "--no-clobber")
        doc = wpack("pull", f"{host}/a/x:1", "-o", "out/", "--no-clobber", "--format", "json").json
        assert doc["blobs"]["present"] == 1, "what is there already is not fetched again"
        (wpack.cwd / "out/hello.wasm").write_bytes(b"mine")
        r = wpack("pull", f"{host}/a/x:1", "-o", "out/", "--no-clobber", rc=1)
        assert "hello.wasm" in r.err
        assert (wpack.cwd / "out/hello.wasm").read_bytes() == b"mine"
        wpack("pull", f"{host}/a/x:1", "-o", "out/")
        assert (wpack.cwd / "out/hello.wasm").read_bytes() == module.read_bytes()

    def test_into_a_layout(self, wpack, module, host):
        digest = wpack("push", module, f"{host}/a/x:1").digest
        wpack("push", f"{host}/a/note:1", "hello.wasm", "-q")
        wpack("attach", f"{host}/a/x:1", "hello.wasm", "--type", "application/vnd.acme.n")
        wpack("pull", f"{host}/a/x:1", "-o", "oci:lay:app:7")
        wpack("pull", f"{host}/a/x:1", "-o", "oci:lay")
        wpack("pull", f"{host}/a/x:1", "-o", "oci:bare:app:7", "--no-referrers")
        assert check_layout(wpack.cwd / "lay", ["app:7", "1"])["app:7"] == digest
        assert "application/vnd.acme.n" in wpack("tree", "oci:lay:app:7").out
        assert wpack("tree", "oci:bare:app:7").out == f"oci:bare@{digest}\n"

    def test_a_wrong_layout_is_no_folder(self, wpack, module, host):
        wpack("push", module, f"{host}/a/x:1")
        before = sorted(os.listdir(wpack.cwd))
        r = wpack("pull", f"{host}/a/x:1", "-o", "oci:lay:-bad name", rc=2)
        assert "-bad name" in r.err
        assert sorted(os.listdir(wpack.cwd)) == before

    def test_what_is_not_there(self, wpack, module, host):
        r = wpack("pull", f"{host}/a/nothing:1", rc=3)
        assert f"{host}/a/nothing:1 not found" in r.err
        r = wpack("pull", f"{host}/a/nothing", rc=2)
        assert "a tag or digest is missing" in r.err and f"'wpack ls {host}/a/nothing' lists the tags" in r.err
        assert "wpack" in wpack("pull", "hello.wasm", rc=2).err


def test_the_first_five_minutes(wpack, module, host):
    """What README shows, as it is typed."""
    ref = f"{host}/acme/app:1.2.0"
    runs = [wpack(*words.split()) for words in (f"build hello.wasm -t {ref}", f"push {ref}", f"pull {ref} -o app.wasm")]
    assert len({r.last for r in runs}) == 1
    assert (wpack.cwd / "app.wasm").read_bytes() == sample.core_module()
