# SPDX-License-Identifier: Apache-2.0
"""What inspect tells: facts against bytes made here and against wasm-tools, the bars, the report page."""

import html.parser
import json
import os
import pathlib
import re
import subprocess
import zlib

import pytest

from conftest import find_peer
from support import sample

ROOT = pathlib.Path(__file__).resolve().parents[2]
PREAMBLE, leb, name, section, custom = sample.PREAMBLE, sample.leb, sample.name, sample.section, sample.custom
STEER = "a\x1b[2Jb\u202ec<script>alert(1)</script>\"'&"


def function_names(names):
    pairs = b"".join(leb(i) + name(n) for i, n in names)
    return custom("name", b"\x01" + leb(len(leb(len(names)) + pairs)) + leb(len(names)) + pairs)


def core(bodies, *extra, imports=(), types=b"\x60\x00\x00", memory=b"", data=b""):
    """A core module with functions of type [] -> [] whose bodies have the given sizes, at least 2 bytes."""
    wants = leb(len(imports)) + b"".join(name(m) + name(n) + b"\x00\x00" for m, n in imports)
    code = leb(len(bodies)) + b"".join(leb(n) + b"\x00" + b"\x01" * (n - 2) + b"\x0b" for n in bodies)
    out = PREAMBLE + section(1, leb(1) + types) + section(2, wants)
    out += section(3, leb(len(bodies)) + b"\x00" * len(bodies)) + memory
    return out + section(10, code) + data + b"".join(extra)


def facts(wpack, body, *args):
    (wpack.cwd / "m.wasm").write_bytes(body)
    return wpack("inspect", "m.wasm", "--format", "json", *args).json


# ---- facts ----


def test_facts_keep_to_their_schema(wpack):
    jsonschema = pytest.importorskip("jsonschema", reason="SKIP: python3-jsonschema not installed")
    check = jsonschema.Draft202012Validator(json.loads((ROOT / "schemas/facts.schema.json").read_text()))
    packages = zlib.compress(json.dumps({"packages": [{"name": "a", "version": "1.0.0", "root": True}]}).encode())
    for body in (sample.core_module(payload=10), sample.component(),
                 core([3, 4], function_names([(0, "core::f")]), custom(".dep-v0", packages), custom("dylink.0", b""),
                        imports=[("env", "f")], memory=section(5, b"\x01\x03\x01\x02"))):
        doc = facts(wpack, body, "--functions")
        check.validate(doc)
        assert doc["size"] == len(body)
    assert not check.is_valid({**doc, "more": 1}) and not check.is_valid({k: doc[k] for k in doc if k != "size"})


def test_functions_by_size_and_package(wpack):
    names = [(0, "imported"), (1, "core::fmt::write::h0123456789abcdef"), (2, "core::str::run"), (3, "zend_a"),
             (4, "zend_b"), (5, "zend_c"), (6, "lonely_f")]
    body = core([300, 20, 30, 31, 32, 4, 7], function_names(names), imports=[("env", "f")])
    doc = facts(wpack, body, "--functions", "--top", "3")
    assert [(f.get("name"), f["index"], f["size"]) for f in doc["largest"]] == [
        ("core::fmt::write::h0123456789abcdef", 1, 300), ("zend_c", 5, 32), ("zend_b", 4, 31)]
    assert [(g.get("name"), g["functions"], g["size"]) for g in doc["groups"]] == [
        ("core", 2, 320), ("zend_*", 3, 93), (None, 1, 7), ("(other)", 1, 4)]
    for f in doc["largest"]:
        assert body[f["offset"]:f["offset"] + f["size"]] == b"\x00" + b"\x01" * (f["size"] - 2) + b"\x0b"
    lines = wpack("inspect", "m.wasm", "--functions").out.splitlines()
    assert len(lines) == 7
    assert re.fullmatch(r" +300 +\d+\.\d %  core::fmt::write::h0123456789abcdef", lines[0])
    assert lines[-2].endswith("%  function 7")
    bars = wpack("inspect", "m.wasm", "--size").out
    assert "\n\ncode by package\ncore " in bars and "3 functions" in bars
    assert facts(wpack, body)["largest"] == [], "read only when asked for"


def test_exports_name_what_the_name_section_does_not(wpack):
    export = section(7, leb(1) + name("run") + b"\x00\x01")
    body = core([9, 5], imports=[("env", "f")])
    at = body.index(b"\x0a\x11\x02\x09")
    doc = facts(wpack, body[:at] + export + body[at:], "--functions")
    assert [f.get("name") for f in doc["largest"]] == ["run", None]


def test_names_out_of_order_are_no_names(wpack):
    doc = facts(wpack, core([9, 5, 7], function_names([(2, "two"), (1, "one"), (0, "zero")])), "--functions")
    assert {f["index"]: f.get("name") for f in doc["largest"]} == {0: None, 1: None, 2: "two"}


@pytest.mark.parametrize("imports, words", [
    ([], []),
    ([("wasi_snapshot_preview1", "fd_write"), ("wasi_snapshot_preview1", "proc_exit")], ["stdio"]),
    ([("wasi_snapshot_preview1", "sock_accept"), ("wasi_snapshot_preview1", "path_open")], ["network", "filesystem"]),
    ([("wasi_snapshot_preview1", "random_get"), ("wasi_snapshot_preview1", "environ_get"),
      ("wasi_snapshot_preview1", "args_get"), ("wasi_snapshot_preview1", "clock_time_get")],
     ["environment", "arguments", "clocks", "random"]),
    ([("wasi", "thread-spawn"), ("wasix_32v1", "proc_fork")], ["processes", "threads"]),
    ([("gojs", "runtime.wasmExit"), ("env", "a"), ("env", "b")], ["host env 2", "host gojs 1"]),
    ([("wasi:sockets/tcp@0.2.0", "connect"), ("wasi:io/poll@0.2.0", "poll"), ("acme:kv/get@1.0.0", "get")],
     ["network", "host acme:kv 1"]),
    ([("[export]acme:kv/get", "[resource-new]x")], []),
])
def test_capabilities_in_words(wpack, imports, words):
    doc = facts(wpack, core([2], imports=imports))
    assert [f"host {c['via']} {c['imports']}" if c["name"] == "host" else c["name"] for c in doc["capabilities"]] == words
    text = wpack("inspect", "m.wasm").out
    plain = [w for w in words if not w.startswith("host ")]
    shown = ", ".join(plain) or ("those of its host" if words else "none")
    assert f"\n  capabilities  {shown}\n" in text


def test_memory_start_and_segments(wpack):
    body = (PREAMBLE + section(1, b"\x01\x60\x00\x00") + section(3, b"\x01\x00") + section(5, b"\x01\x01\x11\x20")
            + section(8, b"\x00") + section(10, b"\x01\x02\x00\x0b")
            + section(11, b"\x02" + b"\x00\x41\x00\x0b\x02hi" + b"\x01\x01x") + function_names([(0, "boot")]))
    doc = facts(wpack, body)
    assert doc["memories"] == [{"min": 17, "max": 32, "page": 65536}]
    assert (doc["start"], doc["dataSegments"], doc["dataBytes"]) == ("boot", 2, len(b"\x02\x00\x41\x00\x0b\x02hi\x01\x01x"))
    text = wpack("inspect", "m.wasm").out
    assert "  memory        17 pages (1.1 MiB), at most 32\n" in text and "  starts with   boot\n" in text


@pytest.mark.parametrize("extra, language, toolchain, guessed", [
    ([custom("producers", b"\x02" + name("language") + b"\x01" + name("Rust") + name("") + name("processed-by") + b"\x01"
             + name("rustc") + name("1.95.0"))], "Rust", "rustc 1.95.0", False),
    ([custom("producers", b"\x01" + name("language") + b"\x02" + name("C_plus_plus_14") + name("") + name("Go")
             + name("go1.26.5"))], "C++_14, Go 1.26.5", None, False),
    ([custom("go:buildid", b"x")], "Go", "Go", True),
    ([custom(".debug_info", b"x")], None, "LLVM", True),
    ([custom("go:buildid", b"x"), custom("producers", b"\x01" + name("processed-by") + b"\x01" + name("strip") + name("2"))],
     "Go", "strip 2", True),
    ([custom(".debug_info", b"x"), custom("producers", b"\x01" + name("processed-by") + b"\x01" + name("c") + name("2"))],
     None, "c 2", False),
    ([], None, None, False),
])
def test_language_said_or_guessed(wpack, extra, language, toolchain, guessed):
    doc = facts(wpack, core([2], *extra))
    assert (doc.get("language"), doc.get("toolchain"), doc.get("guessed", False)) == (language, toolchain, guessed)
    assert ("(a guess)" in wpack("inspect", "m.wasm").out) == guessed


def deps(doc, level=9):
    return custom(".dep-v0", zlib.compress(doc if isinstance(doc, bytes) else json.dumps(doc).encode(), level))


def test_dependencies(wpack):
    doc = facts(wpack, core([2], deps({"packages": [
        {"name": "serde", "version": "1.0.2", "source": "crates.io", "dependencies": [1]},
        {"name": "cc", "version": "1.1.0", "source": "git", "kind": "build"},
        {"name": "app", "version": "0.1.0", "source": "local", "root": True}]})))
    assert doc["dependencies"] == [
        {"name": "app", "version": "0.1.0", "source": "local", "root": True},
        {"name": "cc", "version": "1.1.0", "source": "git", "build": True},
        {"name": "serde", "version": "1.0.2", "source": "crates.io", "needs": [1]}]
    assert wpack("inspect", "m.wasm", "--dependencies").out == (
        "app 0.1.0  local  (itself)\ncc 1.1.0  git  (for building)\nserde 1.0.2  crates.io\n")
    assert "  depends on    3 packages (--dependencies)\n" in wpack("inspect", "m.wasm").out


def test_what_is_nested(wpack):
    """Where each module and component within lies, and in what; the first list of dependencies counts."""
    packages = [deps({"packages": [{"name": n, "version": "1"}]}) for n in ("first", "second", "own")]
    one, two = sample.PREAMBLE + packages[0], sample.PREAMBLE + packages[1]
    inner = sample.COMPONENT_PREAMBLE + sample.section(1, one) + sample.section(4, sample.COMPONENT_PREAMBLE)
    whole = sample.COMPONENT_PREAMBLE + sample.section(4, inner) + sample.section(1, two)
    doc = facts(wpack, whole)
    assert [(n["kind"], n.get("parent"), whole[n["offset"]:n["offset"] + n["size"]]) for n in doc["nested"]] == [
        ("component", None, inner), ("module", 1, one), ("component", 1, sample.COMPONENT_PREAMBLE),
        ("module", None, two)]
    assert [d["name"] for d in doc["dependencies"]] == ["first"]
    assert [d["name"] for d in facts(wpack, whole + packages[2])["dependencies"]] == ["own"]


@pytest.mark.parametrize("section_", [
    custom(".dep-v0", b""), custom(".dep-v0", b"no zlib"), custom(".dep-v0", zlib.compress(b'{"packages":[{"name":"a","version":"1"}]}')[:-3]),
    deps(b"[]"), deps(b"{"), deps({"packages": []}), deps({"packages": {"a": 1}}), deps({"packages": [1]}),
    deps({"packages": [{"name": "a"}]}), deps({"packages": [{"name": 1, "version": "1"}]}),
    deps(b'{"packages":[' + b"[" * 5000), deps(b'{"packages":[' + b" " * (3 << 20) + b"]}"),
    deps(b"\0" * (600 << 20)),
    deps({"packages": [{"name": "a", "version": "1", "dependencies": [1]}]}),
    deps({"packages": [{"name": "a", "version": "1", "dependencies": {}}]}),
    deps({"packages": [{"name": "a", "version": "1", "dependencies": [-1]}]}),
], ids=range(16))
def test_dependency_lists_that_make_no_sense_are_left_out(wpack, section_):
    (wpack.cwd / "m.wasm").write_bytes(core([2], section_))
    r = wpack.measured("inspect", "m.wasm", "--format", "json")
    assert r.rc == 0 and json.loads(r.out)["dependencies"] == []
    assert r.peak < 40 << 20


def test_wit_of_a_module_is_an_answer_in_words(wpack, module):
    r = wpack("inspect", "hello.wasm", "--wit", rc=3)
    assert "hello.wasm is a core module: only components have WIT" in r.err


# ---- bars ----


def test_bars_have_one_width_and_eighths(wpack):
    body = core([2], custom("a", bytes(1000)), custom("b" * 60, bytes(500)), custom("\u00e9\u00e9", b"x"))
    (wpack.cwd / "m.wasm").write_bytes(body)
    lines = wpack("inspect", "m.wasm", "--size").out.splitlines()
    assert len({len(line) for line in lines}) == 1, "every line as wide as the others"
    assert lines[0].startswith("custom 'a' ") and "…  " in lines[1]
    for line, (title, size) in zip(lines, [("a", 1004), ("b", 564)]):
        bar = re.search(r"[█▏▎▍▌▋▊▉]+", line).group()
        eighths = bar.count("█") * 8 + (0 if bar.endswith("█") else "▏▎▍▌▋▊▉".index(bar[-1]) + 1)
        assert eighths == round(size * 320 / len(body)), line
    assert "\x1b" not in "".join(lines)


# ---- the page ----


class Page(html.parser.HTMLParser):
    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.tags, self.stack, self.attributes, self.text = [], [], [], ""
        self.feed(text)
        self.close()
        assert self.stack == [], self.stack

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.stack and self.stack.pop() == tag, tag

    def handle_data(self, data):
        self.text += data


def report(wpack, body, *args):
    (wpack.cwd / "m.wasm").write_bytes(body)
    r = wpack("inspect", "m.wasm", "--report", "r.html", *args)
    assert r.out == "r.html\n"
    return (wpack.cwd / "r.html").read_text()


def test_report_is_one_page_that_fetches_nothing(wpack):
    body = core([300, 20, 30], function_names([(0, "f"), (1, "core::a"), (2, "core::b"), (3, "zend_c")]), custom("x", bytes(200)),
                  imports=[("wasi_snapshot_preview1", "sock_accept")])
    text = report(wpack, body)
    page = Page(text)
    assert text.startswith("<!doctype html>")
    assert "default-src 'none'" in dict(page.attributes)["content"] or "default-src 'none'" in text
    assert not {"script", "link", "img", "iframe", "a", "object", "base", "form"} & set(page.tags)
    assert not [k for k, _ in page.attributes if k in ("src", "href", "action", "xlink:href") or k.startswith("on")]
    assert "url(" not in text and "@import" not in text
    assert "prefers-color-scheme:dark" in text
    for words in ("core module", "network", "zend_c", "core::a", "custom 'x'", "sock_accept"):
        assert words in page.text, words
    assert 'class="on"' in text and "<title>core::a – 300 bytes" in text
    first = text
    assert report(wpack, body) == first, "the same module, the same page"
    assert wpack("inspect", "m.wasm", "--report", "-").out == first


def test_report_boxes_lie_within_their_parents(wpack):
    sizes = [5000, 3000, 2500, 900, 400, 399, 120, 60, 9, 5, 3]
    names = [(i, f"p{i % 3}::f{i}") for i in range(len(sizes))]
    text = report(wpack, core(sizes, function_names(names), custom("x", bytes(2000))))
    boxes = re.findall(r'<svg x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"><g><title>(.*?) – ([\d,]+) bytes|(</svg>)', text)
    stack, seen, area = [(1100.0, 560.0)], 0, 0
    for x, y, w, h, label, size, end in boxes:
        if end:
            if len(stack) > 1:
                stack.pop()
            continue
        x, y, w, h = map(float, (x, y, w, h))
        assert x >= 0 and y >= 0 and x + w <= stack[-1][0] + 0.2 and y + h <= stack[-1][1] + 0.2, label
        if len(stack) == 1:
            area += w * h
            share = int(size.replace(",", "")) / len((wpack.cwd / "m.wasm").read_bytes())
            assert abs(w * h / (1100 * 560) - share) < 0.01, label
        stack.append((w, h))
        seen += 1
    assert seen >= 12 and 0.97 < area / (1100 * 560) <= 1.001


def test_report_escapes_everything_foreign(wpack):
    body = core([30, 20], function_names([(0, STEER), (1, STEER + "::x"), (2, "y")]), custom("s" + STEER, b""),
                  custom("description", STEER.encode()), custom("homepage", b"javascript:alert(1)"),
                  custom("producers", b"\x01" + name("language") + b"\x01" + name(STEER) + name(STEER)),
                  deps({"packages": [{"name": STEER, "version": STEER, "source": STEER}]}),
                  imports=[("m" + STEER, "n" + STEER)])
    text = report(wpack, body)
    page = Page(text)
    assert "script" not in page.tags and "alert(1)" in page.text
    assert "\x1b" not in text and "\u202e" not in text
    assert not [k for k, _ in page.attributes if k.startswith("on") or k in ("href", "src")]


def test_report_of_a_reference_names_it(wpack, module):
    wpack("push", module, "oci:lay:app:1", "-q")
    ref = wpack("resolve", "oci:lay:app:1").last
    wpack("inspect", "oci:lay:app:1", "--report", "r.html")
    assert ref in (wpack.cwd / "r.html").read_text()


def test_report_words(wpack, module):
    assert "both want standard output" in wpack("inspect", "hello.wasm", "--report", "-", "--format", "json", rc=2).err
    assert "nowhere" in wpack("inspect", "hello.wasm", "--report", "nowhere/r.html", rc=3).err
    doc = wpack("inspect", "hello.wasm", "--report", "r.html", "--format", "json").json
    assert doc["kind"] == "module" and (wpack.cwd / "r.html").exists()


def test_report_of_very_many_sections_stays_small(wpack):
    body = PREAMBLE + b"".join(custom(f"s{i}", b"x") for i in range(60000))
    assert len(report(wpack, body)) < 1 << 20


# ---- against wasm-tools, on real modules ----


def real_modules():
    folder = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers")) / "modules"
    return sorted(p for p in folder.glob("*.wasm") if p.stat().st_size < 20 << 20) if folder.exists() else []


@pytest.mark.parametrize("path", real_modules() or [None], ids=lambda p: p.stem if p else "none")
def test_real_modules_as_wasm_tools_sees_them(wpack, path):
    if path is None:
        pytest.skip("SKIP: no real modules (make peers PEERS=modules)")
    tool = find_peer("wasm-tools")
    doc = wpack("inspect", path, "--functions", "--format", "json").json
    theirs = json.loads(subprocess.run([tool, "metadata", "show", "--json", path], check=True, capture_output=True).stdout)
    theirs = theirs.get("module") or theirs["component"]["metadata"]
    said = {(k, n): v for k, values in theirs.get("producers") or [] for n, v in values.items()}
    assert {(p["field"], p["name"]): p["version"] for p in doc["producers"]} == said
    assert doc.get("name") == theirs.get("name")
    if doc["kind"] == "component":
        wit = subprocess.run([tool, "component", "wit", path], check=True, capture_output=True, text=True).stdout
        assert wpack("inspect", path, "--wit").out == wit
    else:
        dump = subprocess.run([tool, "objdump", path], check=True, capture_output=True, text=True).stdout
        rows = [r for r in map(re.compile(r"^  (.*?) +\| +0x(\w+) - +0x(\w+) \|").match, dump.splitlines()) if r]
        assert [int(r[3], 16) for r in rows] == [s["offset"] + s["size"] for s in doc["sections"]]
        assert [r[1].split()[0] == "custom" for r in rows] == [s["title"].startswith("custom ") for s in doc["sections"]]
        assert sum(g["functions"] for g in doc["groups"]) == doc["functions"]


def test_a_component_speaks_for_the_module_in_it(wpack):
    language = custom("producers", b"\x01" + name("language") + b"\x01" + name("Rust") + name(""))
    silent, inner = core([2], custom("producers", b"\x00")), core([2], language)
    doc = facts(wpack, sample.COMPONENT_PREAMBLE + section(1, silent) + section(1, inner))
    assert (doc["language"], doc["producers"], doc.get("guessed")) == ("Rust", [], None)
