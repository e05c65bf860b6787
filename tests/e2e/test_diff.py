# SPDX-License-Identifier: Apache-2.0
"""What changed between two modules: files, references and one of each."""

import json
import pathlib

import pytest

from support import sample
from test_inspect import core, custom, function_names, leb, name, section

ROOT = pathlib.Path(__file__).resolve().parents[2]
WASI = "wasi_snapshot_preview1"


@pytest.fixture
def diff(wpack):
    """diff(a, b, *args): the bytes as a.wasm and b.wasm."""
    def run(a, b, *args, rc=0):
        (wpack.cwd / "a.wasm").write_bytes(a)
        (wpack.cwd / "b.wasm").write_bytes(b)
        return wpack("diff", "a.wasm", "b.wasm", *args, rc=rc)
    return run


def test_the_same(diff):
    r = diff(sample.core_module(), sample.core_module(), "--exit-code", "--deny-new-imports")
    assert r.out == "a.wasm → b.wasm\nthe same, byte for byte\n" and r.err == ""


def test_a_new_capability_is_named(diff):
    r = diff(core([2], imports=[(WASI, "fd_write")]), core([2], imports=[(WASI, "fd_write"), (WASI, "sock_accept")]))
    lines = r.out.splitlines()
    assert lines[1:3] == ["capabilities  + network", "              = 1 unchanged"]
    assert lines[3] == f"imports       + {WASI}.sock_accept  func   NEW CAPABILITY: network"
    assert lines[4] == "              = 1 unchanged"
    back = diff(core([2], imports=[(WASI, "sock_accept")]), core([2])).out
    assert "capabilities  - network\n" in back and f"imports       - {WASI}.sock_accept  func\n" in back
    more = diff(core([2], imports=[(WASI, "sock_accept")]), core([2], imports=[(WASI, "sock_accept"), (WASI, "sock_recv")]))
    assert f"+ {WASI}.sock_recv  func\n" in more.out and "NEW CAPABILITY" not in more.out
    host = diff(core([2]), core([2], imports=[("env", "f")])).out
    assert "capabilities  + host env\n" in host and "NEW CAPABILITY: host env\n" in host


def test_types_memories_and_metadata(diff):
    a = core([2], custom("licenses", b"MIT"), custom("version", b"1.0.0"), imports=[("env", "f")],
               memory=section(5, b"\x01\x00\x11"))
    b = core([2], custom("licenses", b"GPL-3.0-only"), custom("revision", b"abc"), imports=[("env", "f")],
               types=b"\x60\x01\x7f\x00", memory=section(5, b"\x01\x01\x21\x40"))
    out = diff(a, b).out
    assert "imports       ~ env.f  func → func (param i32)\n" in out
    assert "memories      ~ memory  17 pages, no maximum → 33 pages, at most 64\n" in out
    assert "metadata      + revision  abc\n" in out and "              - version   1.0.0\n" in out
    assert "              ~ licenses  MIT → GPL-3.0-only\n" in out


def test_sizes_by_section_and_function(diff):
    a = core([100, 50, 7, 9], function_names([(0, "grows"), (1, "gone"), (2, "stays"), (3, "r::f::h0123456789abcdef")]))
    b = core([900, 30, 7, 9], function_names([(0, "grows"), (1, "fresh"), (2, "stays"), (3, "r::f::hfedcba9876543210")]))
    out = diff(a, b, "--top", "2").out
    assert "functions     1 added, 1 removed, 1 of another size, 2 of the same\n" in out
    lines = out.splitlines()
    assert [line.split()[-1] for line in lines[-3:-1]] == ["grows", "gone"] and lines[-1].strip() == "… 1 more"
    assert lines[-3].split() == ["100", "→", "900", "+800", "+800.0", "%", "grows"]
    assert lines[-2].split() == ["50", "→", "0", "-50", "gone", "gone"]
    size = next(line for line in lines if line.startswith("size")).split()
    assert size[1] == str(len(a)) and size[3] == f"{len(b):,}"
    assert any(line.split()[-1] == "code" for line in lines)


def test_functions_without_name_are_not_compared(diff):
    out = diff(core([5, 6, 7], function_names([(0, "a")])), core([5, 9], function_names([(0, "a")]))).out
    assert "functions     0 added, 0 removed, 0 of another size, 1 of the same; without name 2 and 1\n" in out


def test_only_bytes_differ(diff):
    r = diff(core([5]), core([5]).replace(b"\x00\x01\x01\x01\x0b", b"\x00\x0c\x00\x01\x0b"))
    assert r.out.splitlines()[-1] == "only bytes differ: the same imports, exports and sizes"


def test_exit_code(diff, wpack):
    assert diff(core([2]), core([3])).err == ""
    r = diff(core([2]), core([3]), "--exit-code", rc=1)
    assert r.err == "wpack: a.wasm and b.wasm differ\n" and "size " in r.out
    r = diff(core([2]), core([3]), "--exit-code", "--format", "json", rc=1)
    assert r.json["same"] is False and r.json["error"]["exit"] == 1


@pytest.mark.parametrize("before, after, denied", [
    ([("env", "f")], [("env", "f")], None),
    ([("env", "f")], [], None),
    ([("env", "f")], [("env", "f"), ("env", "g")], "env.g"),
    ([], [("env", c) for c in "abcdefg"], "env.a, env.b, env.c, env.d, env.e and 2 more"),
    ([("env", "f")], [("env", "f"), ("env", "f")], "env.f"),
])
def test_deny_new_imports(diff, before, after, denied):
    a, b = core([2], imports=before), core([2, 3], imports=after)
    r = diff(a, b, "--deny-new-imports", rc=22 if denied else 0)
    assert r.err == (f"wpack: b.wasm imports what a.wasm does not: {denied}\n" if denied else "")
    doc = diff(a, b, "--deny-new-imports", "--format", "json", rc=22 if denied else 0).json
    assert ("error" in doc) == bool(denied) and bool(doc["newImports"]) == bool(denied)


def component(*imports):
    """Imports empty instances under these names."""
    return sample.COMPONENT_PREAMBLE + section(7, leb(1) + b"\x42" + leb(0)) + section(
        10, leb(len(imports)) + b"".join(b"\x00" + name(n) + b"\x05\x00" for n in imports))


@pytest.mark.parametrize("before, after, new", [
    ("wasi:io/error@0.2.0", "wasi:io/error@0.2.6", False),
    ("wasi:io/error@0.2.6", "wasi:io/error@0.3.0", True),
    ("a:b/c@1.0.0", "a:b/c@1.9.1", False),
    ("a:b/c@1.0.0", "a:b/c@2.0.0", True),
    ("a:b/c@1.0.0", "a:b/c@10.0.0", True),
    ("a:b/c@0.0.1", "a:b/c@0.0.2", True),
    ("a:b/c@1.0.0-rc.1", "a:b/c@1.0.0", True),
    ("a:b/c@1.0.0", "a:b/c", True),
    ("a:b/c", "a:b/d", True),
])
def test_versions_of_an_interface(diff, before, after, new):
    r = diff(component(before), component(after), "--deny-new-imports", rc=22 if new else 0)
    assert (f"imports what a.wasm does not: {after}\n" in r.err) == new
    if before.split("@")[0] == after.split("@")[0]:
        assert f"imports       ~ {before.split('@')[0]}  {before} → {after}\n" in r.out
    else:
        assert f"+ {after}" in r.out and f"- {before}" in r.out


def test_references_and_files_mixed(wpack, module, diff):
    wpack("push", module, "oci:lay:app:1", "-q")
    (wpack.cwd / "b.wasm").write_bytes(sample.core_module(custom("x", b"1")))
    wpack("push", "b.wasm", "oci:lay:app:2", "-q")
    pinned = wpack("resolve", "oci:lay:app:1").last
    for a in ("hello.wasm", "oci:lay:app:1"):
        for b in ("b.wasm", "oci:lay:app:2"):
            out = wpack("diff", a, b).out
            assert out.startswith(f"{a} → {b}\n") and "custom 'x'" in out
    doc = wpack("diff", "oci:lay:app:1", "hello.wasm", "--format", "json").json
    assert doc["same"] is True and doc["a"]["reference"] == pinned and "reference" not in doc["b"]


def test_words(wpack, module):
    assert "there is no file 'no.wasm'" in wpack("diff", "hello.wasm", "no.wasm", rc=3).err
    (wpack.cwd / "bad.wasm").write_bytes(b"\0asm\1\0\0\0\x09\x09")
    assert "bad.wasm: at byte 0x" in wpack("diff", "hello.wasm", "bad.wasm", rc=20).err
    (wpack.cwd / "n").write_text("n")
    wpack("push", "oci:lay:n:1", "n", "-q")
    assert "oci:lay:n:1 holds no WebAssembly module" in wpack("diff", "hello.wasm", "oci:lay:n:1", rc=3).err


def test_json_keeps_to_its_schema(diff):
    jsonschema = pytest.importorskip("jsonschema", reason="SKIP: python3-jsonschema not installed")
    check = jsonschema.Draft202012Validator(json.loads((ROOT / "schemas/diff.schema.json").read_text()))
    pairs = [(core([2]), core([2])),
             (core([2, 9], function_names([(0, "a")]), imports=[("env", "f")]), sample.core_module(payload=9)),
             (sample.core_module(), component("a:b/c@1.0.0"))]
    for a, b in pairs:
        doc = diff(a, b, "--format", "json").json
        check.validate(doc)
    check.validate(diff(*pairs[2], "--deny-new-imports", "--format", "json", rc=22).json)
    assert not check.is_valid({**doc, "more": 1})


def test_very_many_of_everything_is_no_time(wpack, diff):
    """Every import its own host, all of them new: what grows with the square would take minutes."""
    many = core([2], imports=[(f"h{i}", "f") for i in range(100000)])
    other = core([2], imports=[(f"g{i}", "f") for i in range(100000)])
    assert len(diff(many, other, "--format", "json").json["newImports"]) == 100000


def test_what_is_foreign_is_escaped(diff):
    steer = "a\x1b[2J\rb\u202ec"
    r = diff(core([2], custom("version", b"1")), core([2, 5], function_names([(0, steer)]), custom("s" + steer, b""),
                                                         custom("version", steer.encode()), imports=[(steer, steer)]))
    assert not any(c in r.out for c in "\x1b\r\u202e") and r"\x1b[2J" in r.out
