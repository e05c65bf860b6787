# SPDX-License-Identifier: Apache-2.0
"""`wpack build` by hand and from scripts: sources, names, formats, and words for what is wrong."""

import gzip
import json
import re

import pytest

from support import check_layout, sample


def project(wpack, doc, folder="."):
    path = wpack.cwd / folder
    path.mkdir(exist_ok=True)
    (path / "wpack.json").write_text(doc if isinstance(doc, str) else json.dumps(doc))


def test_in_the_folder_of_a_project(wpack, module):
    project(wpack, {"module": "hello.wasm", "name": "acme/app", "version": "1.2.0"})
    here = wpack("build")
    assert re.fullmatch(r"oci:\.wpack/oci@sha256:[0-9a-f]{64}", here.last)
    assert check_layout(wpack.cwd / ".wpack/oci") == {"acme/app:1.2.0": here.digest}
    assert wpack("build", ".").digest == here.digest
    assert wpack("build", "-f", "wpack.json").digest == here.digest
    assert wpack("ls").out == "acme/app:1.2.0\n"


def test_a_folder_elsewhere(wpack, module):
    project(wpack, {"module": "hello.wasm"}, "sub")
    (wpack.cwd / "sub/hello.wasm").write_bytes(sample.core_module(payload=5))
    r = wpack("build", "sub", "-t", "a:1")
    wpack("pull", "oci:.wpack/oci:a:1", "-o", "back.wasm")
    assert (wpack.cwd / "back.wasm").read_bytes() == (wpack.cwd / "sub/hello.wasm").read_bytes()
    assert wpack("build", "-f", "sub/wpack.json", "-t", "a:1").digest == r.digest


def test_without_a_module_or_project(wpack, tmp_path):
    r = wpack("build", rc=2)
    assert "no module given and no wpack.json here" in r.err and "hint: wpack build MODULE.wasm" in r.err
    (tmp_path / "empty").mkdir()
    assert "wpack.json" in wpack("build", "empty", rc=3).err
    assert "nofile.wasm" in wpack("build", "nofile.wasm", rc=3).err


def test_several_names_are_one_artifact(wpack, module):
    r = wpack("build", module, "-t", "app:1", "-t", "cncf=app:latest", "-t", "127.0.0.1:5000/acme/app:1")
    lines = r.out.splitlines()
    assert lines == [f"oci:.wpack/oci@{r.digest}"] * 2 + [f"127.0.0.1:5000/acme/app@{r.digest}"]
    assert re.findall(r"^  name +(\S+)$", r.err, re.M) == ["app:1", "app:latest", "127.0.0.1:5000/acme/app:1"]
    assert set(check_layout(wpack.cwd / ".wpack/oci").values()) == {r.digest}
    doc = wpack("build", module, "-t", "app:1", "-t", "b:2", "--format", "json").json
    assert doc["tags"] == ["app:1", "b:2"] and doc["digest"] == r.digest


def test_formats(wpack, module):
    r = wpack("build", module, "-t", "cnfc=app:1", rc=2)
    assert "cnfc" in r.err and "cncf" in r.err
    r = wpack("build", module, "-t", "app:1", "--target", "spin2", rc=2)
    assert "spin2" in r.err
    wpack("build", module, "-t", "app:1", "--target", "cncf")


def test_output_with_a_name(wpack, module):
    r = wpack("build", module, "-o", "oci:lay:app:7")
    assert check_layout(wpack.cwd / "lay", ["app:7"]) == {"app:7": r.digest}
    assert r.last == f"oci:lay@{r.digest}"


def test_without_a_name_it_is_kept_by_its_digest(wpack, module):
    r = wpack("build", module)
    assert wpack("ls").out == ""
    wpack("pull", r.last, "-o", "back.wasm")
    assert (wpack.cwd / "back.wasm").read_bytes() == module.read_bytes()


@pytest.mark.parametrize("args, words", [
    (["-o", "host.example/repo:1"], "not a layout folder"),
    (["-t", "oci:lay:app:1"], "name the layout with --output"),
    (["-t", "host.example/app"], "one tag is needed"),
    (["-t", "host.example/app:1,2"], "one tag is needed"),
    (["-t", "UPPER/app:1"], "--tag UPPER/app:1"),
    (["-t", "app:-x"], "--tag app:-x"),
    (["-a", "novalue"], "annotation 'novalue' has no key and value"),
    (["-a", "=value"], "annotation '=value' has no key and value"),
])
def test_wrong_names(wpack, module, args, words):
    r = wpack("build", module, *args, rc=2)
    assert words in r.err
    assert not (wpack.cwd / ".wpack").exists() and not (wpack.cwd / "lay").exists()


def test_annotations(wpack, module):
    project(wpack, {"module": "hello.wasm", "annotations": {"com.acme.b": "file", "com.acme.c": "file"}})
    wpack("build", "-t", "a:1", "-a", "com.acme.b=line=1", "-a", "com.acme.a=ü", "-o", "oci:lay")
    found = json.loads(wpack("inspect", "oci:lay:a:1", "--manifest").out)["annotations"]
    assert {k: v for k, v in found.items() if k.startswith("com.acme")} == {
        "com.acme.a": "ü", "com.acme.b": "line=1", "com.acme.c": "file"}


def test_members_without_effect_are_named(wpack, module):
    project(wpack, {"module": "hello.wasm", "permissions": {}, "files": [], "limits": {"fuel": 1}, "x-mine": 1})
    r = wpack("build", "-t", "a:1")
    warned = re.findall(r"^wpack: warning: '(\w+)' in wpack.json is checked, but", r.err, re.M)
    assert sorted(warned) == ["files", "permissions"]
    assert "x-mine" not in r.err
    assert "in ./wpack.json is" in wpack("build", ".", "-t", "a:1").err


@pytest.mark.parametrize("text, where, words", [
    ('{"module": "hello.wasm",\n  "versoin": "1"}', "wpack.json:2:3:", "version"),
    ('{"module": "hello.wasm",\n  "version": 1}', "wpack.json:2:14:", "/version"),
    ('{"module": "hello.wasm"', "wpack.json:1:", ""),
    ('{"name": "app"}', "wpack.json:1:1:", "module"),
    ('{"module": "hello.wasm", "module": "b.wasm"}', "wpack.json:1:", "module"),
])
def test_wrong_projects(wpack, module, text, where, words):
    project(wpack, text)
    r = wpack("build", "-t", "a:1", rc=2)
    assert where in r.err and words in r.err, r
    assert not (wpack.cwd / ".wpack").exists()


@pytest.mark.parametrize("name, data, words", [
    ("a.wat", b'(module (func (export "f")))', ["WebAssembly text", "wat2wasm"]),
    ("a.wasm", b"  ;; a comment\n(module)\n", ["WebAssembly text", "wat2wasm"]),
    ("a.wasm", gzip.compress(b"\0asm\1\0\0\0", mtime=0), ["gzip"]),
    ("a.wasm", b"\x7fELF\x02\x01\x01" + bytes(64), ["ELF"]),
    ("a.wasm", b"", ["empty"]),
    ("a.wasm", b"\0asm\1\0\0", ["byte"]),
    ("a.wasm", b"hello, world\n", ["at byte 0x0: magic header not detected"]),
])
def test_what_is_no_module_is_refused_in_words(wpack, name, data, words):
    (wpack.cwd / name).write_bytes(data)
    r = wpack("build", name, "-t", "a:1", rc=20)
    for word in words:
        assert word in r.err, r
    assert name in r.err
    assert not (wpack.cwd / ".wpack").exists()


def test_warnings_about_what_will_not_run(wpack):
    cases = {
        "object": (sample.custom("linking", b"\x02"), "relocatable object file: 'wasm-ld'"),
        "library": (sample.custom("dylink.0", b""), "shared library (dylink.0)"),
        "uncomponentised": (sample.custom("component-type:x", b""), "'wasm-tools component new'"),
    }
    for name, (section, words) in cases.items():
        first = sample.PREAMBLE + section + sample.core_module()[8:] if name == "library" else None
        (wpack.cwd / f"{name}.wasm").write_bytes(first or sample.core_module(section))
        r = wpack("build", f"{name}.wasm", "-t", f"{name}:1", "-q")
        assert f"wpack: warning: {name}.wasm" in r.err and words in r.err, r
    (wpack.cwd / "plain.wasm").write_bytes(sample.core_module())
    assert wpack("build", "plain.wasm", "-q").err == ""


def test_what_the_user_reads(wpack, module):
    r = wpack("build", module, "-t", "app:1")
    assert re.sub(r"\d+(\.\d+)? m?s\n", "T\n", r.err) == (
        f"  hello.wasm    module  {module.stat().st_size} B  wasip1 command\n"
        "  imports       wasi_snapshot_preview1 (2)\n"
        "  validate ok   1 function, T\n"
        "  not run       nothing provides its import 'wasi_snapshot_preview1.sched' (func)\n"
        "  layout        oci:.wpack/oci  3 blobs, 749 B\n"
        "  name          app:1\n"
    )
