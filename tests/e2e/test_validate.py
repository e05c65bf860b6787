# SPDX-License-Identifier: Apache-2.0
"""`wpack validate`: files, folders, standard input, references; words and JSON; rules; hostile input. And build, push,
which refuse with the same words."""

import json
import os
import re
import subprocess

import pytest

from support import blob_path, sample
from support.fakereg import CONFIG, WASM, desc, index, manifest

LINE = re.compile(r"ok  (\S+)  (module|component), (\d+) functions?, (\S+ (?:B|[KMG]iB)), (\d+ ms|\d+\.\d\d s)\n")


def with_body(code, *extra):
    """The sample module with another body for its only function, index 2."""
    whole = sample.core_module()
    at = whole.index(b"\x0a\x04\x01\x02\x00\x0b")
    return whole[:at] + sample.section(10, b"\x01" + sample.leb(len(code)) + code) + b"".join(extra)


def function_names(*pairs):
    body = sample.leb(len(pairs)) + b"".join(sample.leb(i) + sample.name(n) for i, n in pairs)
    return sample.custom("name", b"\x01" + sample.leb(len(body)) + body)


MISMATCH = with_body(b"\x00\x41\x00\x0b", function_names((2, "main")))  # (func) that leaves an i32
SIMD = with_body(b"\x00\xfd\x0c" + bytes(16) + b"\x1a\x0b")  # v128.const, drop


@pytest.fixture
def put(wpack):
    def write(name, data):
        path = wpack.cwd / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(data)
        return path

    return write


def errors(r):
    """The messages on stderr, in order."""
    return [x.removeprefix("wpack: ") for x in r.err.splitlines() if x.startswith("wpack: ")]


def test_a_line_for_each(wpack, module, component):
    r = wpack("validate", "hello.wasm", "comp.wasm")
    assert r.err == ""
    lines = [LINE.fullmatch(x).groups()[:4] for x in r.out.splitlines(keepends=True)]
    assert lines == [("hello.wasm", "module", "1", f"{module.stat().st_size} B"),
                     ("comp.wasm", "component", "0", f"{component.stat().st_size} B")]


def test_where_and_what(wpack, put):
    put("bad.wasm", MISMATCH)
    at = MISMATCH.index(b"\x00\x41\x00\x0b") + 3
    r = wpack("validate", "bad.wasm", rc=20)
    assert r.out == ""
    assert re.fullmatch(rf"wpack: bad\.wasm: function 2 'main': at byte {at:#x}: type mismatch: [^\n]*i32[^\n]*\n", r.err)
    told = wpack("validate", "bad.wasm", "--format", "json", rc=20).json
    error = told["results"][0]["error"]
    assert told["results"][0]["file"] == "bad.wasm" and told["results"][0]["valid"] is False
    assert (error["code"], error["exit"], error["offset"], error["function"], error["name"]) == (
        "module-invalid", 20, at, 2, "main")
    assert told["error"]["message"] == error["message"] == errors(r)[0]


def test_the_same_words_wherever(wpack, put, serve):
    put("bad.wasm", MISMATCH)
    words = wpack("validate", "bad.wasm", rc=20).err
    assert wpack("validate", "bad.wasm", "--sandbox", "off", rc=20).err == words
    assert wpack("validate", "bad.wasm", "-j", "2", rc=20).err == words
    assert wpack("build", "bad.wasm", "-t", "app:1", rc=20).err == words
    assert not (wpack.cwd / ".wpack").exists(), "nothing is packed"
    host = serve().host
    assert wpack("push", "bad.wasm", f"{host}/a/app:1", rc=20).err == words
    assert wpack("ls", host).out == ""


def test_json(wpack, module, component, put):
    put("bad.wasm", b"\0asm\x01\0\0\0\x01")
    r = wpack("validate", "hello.wasm", "bad.wasm", "none.wasm", "comp.wasm", "--format", "json", rc=20)
    assert [(x["file"], x["valid"], x.get("kind"), x.get("error", {}).get("code")) for x in r.json["results"]] == [
        ("hello.wasm", True, "module", None), ("bad.wasm", False, None, "module-invalid"),
        ("none.wasm", False, None, "not-found"), ("comp.wasm", True, "component", None)]
    assert r.json["error"]["message"] == "2 of 4 did not pass"
    assert r.json["results"][0]["size"] == module.stat().st_size and r.json["results"][0]["functions"] == 1
    assert r.json["results"][3]["features"] == ["component-model"]
    assert r.err == "wpack: 2 of 4 did not pass\n"


def test_all_are_looked_at_and_told_in_order(wpack, module, put):
    names = []
    for i in range(40):
        names.append(f"m{i:02}.wasm")
        put(names[-1], MISMATCH if i % 3 == 1 else sample.core_module())
    r = wpack("validate", *names, "-j", "8", rc=20)
    assert [LINE.fullmatch(x)[1] for x in r.out.splitlines(keepends=True)] == [n for i, n in enumerate(names) if i % 3 != 1]
    assert [m.split(":")[0] for m in errors(r)] == [n for i, n in enumerate(names) if i % 3 == 1] + ["13 of 40 did not pass"]


def test_a_thousand_files(wpack, put):
    for i in range(1000):
        put(f"many/{i:04}.wasm", sample.core_module(sample.custom("n", str(i).encode())))
    r = wpack("validate", "many")
    assert r.out.count("\n") == 1000 and all(map(LINE.fullmatch, r.out.splitlines(keepends=True)))
    assert r.out.index("many/0000.wasm") < r.out.index("many/0999.wasm")


def test_folders(wpack, module, put):
    put("dist/b.wasm", sample.core_module())
    put("dist/a.wasm", sample.core_module())
    put("dist/readme.txt", b"no module")
    put("dist/deeper/c.wasm", MISMATCH)
    assert [x.split()[1] for x in wpack("validate", "dist").out.splitlines()] == ["dist/a.wasm", "dist/b.wasm"]
    assert [x.split()[1] for x in wpack("validate", "dist/").out.splitlines()] == ["dist/a.wasm", "dist/b.wasm"]
    (wpack.cwd / "empty").mkdir()
    assert errors(wpack("validate", "empty", rc=3)) == ["there is no *.wasm in folder 'empty'"]
    wpack("build", module, "-t", "app:1", "-o", "oci:lay", "-q")
    assert "  hint: a layout folder is written oci:lay\n" in wpack("validate", "lay", rc=3).err


def test_standard_input(wpack):
    assert LINE.fullmatch(wpack("validate", "-", stdin=sample.core_module()).out.replace("standard input", "x"))[2] == "module"
    assert errors(wpack("validate", "-", stdin=b"", rc=20))[0].startswith("standard input: ")
    assert errors(wpack("validate", "-", stdin=MISMATCH, rc=20))[0].startswith("standard input: function 2 'main': ")
    with open("/dev/zero", "rb") as endless:
        p = wpack.popen("validate", "-", "--max-size", "4MiB", stdin=endless, stderr=subprocess.PIPE)
        assert p.communicate(timeout=60)[1] == b"wpack: standard input is larger than 4194304 bytes\n"
    assert p.returncode == 23


def test_what_is_no_file(wpack, module, put):
    os.mkfifo(wpack.cwd / "pipe.wasm")
    (wpack.cwd / "gone.wasm").symlink_to("nowhere.wasm")
    (wpack.cwd / "link.wasm").symlink_to("hello.wasm")
    put("empty.wasm", b"")
    for name, status, words in (
        ("pipe.wasm", 2, "'pipe.wasm' is a pipe or device, not a regular file"),
        ("/dev/zero", 2, "'/dev/zero' is a pipe or device, not a regular file"),
        ("/dev/null", 2, "'/dev/null' is a pipe or device, not a regular file"),
        ("gone.wasm", 3, "there is no file 'gone.wasm'"),
        ("none.wasm", 3, "there is no file 'none.wasm'"),
        ("empty.wasm", 20, "empty.wasm: unexpected end: the file is empty"),
    ):
        r = wpack("validate", name, rc=status)
        assert errors(r)[0].startswith(words), r
        assert len(errors(r)) == 1 and r.out == ""
    assert LINE.fullmatch(wpack("validate", "link.wasm").out)[1] == "link.wasm"


def test_unreadable(wpack, put):
    put("secret.wasm", sample.core_module()).chmod(0)
    drop = ["setpriv", "--bounding-set", "-all"] if os.geteuid() == 0 else []  # else root may read everything
    p = subprocess.run([*drop, wpack.path, "validate", "secret.wasm"], cwd=wpack.cwd, env=wpack.env, capture_output=True)
    assert p.returncode == 1 and p.stderr.startswith(b"wpack: cannot open 'secret.wasm': Permission denied"), p


def test_names_cannot_steer_the_terminal(wpack, put):
    put("a\x1b[2J\n.wasm", sample.core_module())
    put("b\x1b[2J\n.wasm", MISMATCH)
    r = wpack("validate", ".", rc=20)
    assert "\x1b" not in r.out + r.err and r.out.count("\n") == 1
    assert "./a\\x1b[2J\\n.wasm" in r.out and "./b\\x1b[2J\\n.wasm" in r.err


# ---- rules ----

@pytest.mark.parametrize("options, denied", [
    (["--deny-import", "env.*"], None),
    (["--deny-import", "wasi_snapshot_preview1"], None),
    (["--deny-import", "wasi_*.fd_*"], "wasi_snapshot_preview1.fd_write': --deny-import 'wasi_*.fd_*' forbids it"),
    (["--deny-import", "nothing", "--deny-import", "*.sche?"],
     "wasi_snapshot_preview1.sched': --deny-import '*.sche?' forbids it"),
    (["--allow-import", "wasi_snapshot_preview1.*"], None),
    (["--allow-import", "*"], None),
    (["--allow-import", "*.fd_*"], "wasi_snapshot_preview1.sched': no --allow-import names it"),
    (["--allow-import", "*.fd_*", "--allow-import", "*.sched"], None),
    (["--allow-import", "*", "--deny-import", "*fd_write"],
     "wasi_snapshot_preview1.fd_write': --deny-import '*fd_write' forbids it"),
    (["--allow-import", "env.*"], "wasi_snapshot_preview1.fd_write': no --allow-import names it"),
    (["--max-memory", "64KiB"], None),
])
def test_import_rules(wpack, module, options, denied):
    if denied is None:
        assert LINE.fullmatch(wpack("validate", module, *options).out)
        return
    r = wpack("validate", "hello.wasm", *options, rc=22)
    assert errors(r) == [f"hello.wasm: it imports '{denied}"]
    result = wpack("validate", module, *options, "--format", "json", rc=22).json["results"][0]
    assert result["valid"] is True and result["error"]["code"] == "policy-denied"


def test_all_denied_imports_are_told(wpack, module):
    assert "  hint: so with 1 more: wasi_snapshot_preview1.sched\n" in wpack(
        "validate", module, "--deny-import", "wasi*", rc=22).err


def test_import_rules_for_components(wpack, component):
    assert wpack("validate", component, "--allow-import", "wasi:io/*").rc == 0
    r = wpack("validate", "comp.wasm", "--deny-import", "wasi:io/*@0.2.?", rc=22)
    assert errors(r) == ["comp.wasm: it imports 'wasi:io/error@0.2.0': --deny-import 'wasi:io/*@0.2.?' forbids it"]


def test_globs_take_their_time_from_no_name(wpack, put):
    """A glob of many stars against a long name that nearly matches: tries must not multiply."""
    imports = sample.section(2, b"\x01" + sample.name("a" * 90000) + sample.name("b") + b"\x00\x00")
    put("long.wasm", sample.PREAMBLE + sample.section(1, b"\x01\x60\x00\x00") + imports)
    assert wpack("validate", "long.wasm", "--deny-import", "*a*a*a*a*a*a*a*a*c", timeout=20).rc == 0


def test_size_and_memory(wpack, put):
    put("m.wasm", sample.core_module(payload=5000))
    assert errors(wpack("validate", "m.wasm", "--max-size", "5000", rc=23)) == ["'m.wasm' is larger than 5000 bytes"]
    assert wpack("validate", "m.wasm", "--max-size", "6k").rc == 0
    r = wpack("validate", "m.wasm", "--max-memory", "65535", rc=23)
    assert errors(r) == ["m.wasm: it declares 64.0 KiB of memory to start with (65536 bytes, --max-memory is 65535)"]
    assert wpack("validate", "m.wasm", "--max-memory", "65536").rc == 0


def test_features(wpack, put):
    put("simd.wasm", SIMD)
    used = wpack("validate", "simd.wasm", "--format", "json").json["results"][0]["features"]
    assert "simd" in used
    for features in ("-simd", "mvp", "default,-simd,-relaxed-simd", "mvp,multi-value"):
        r = wpack("validate", "simd.wasm", "--features", features, rc=20)
        assert "simd" in r.err.lower(), r
    for features in ("all", "default", "mvp,simd"):
        assert wpack("validate", "simd.wasm", "--features", features).rc == 0
    assert wpack("build", "simd.wasm", "--features", "mvp", rc=20).err.startswith("wpack: simd.wasm: ")
    assert wpack("validate", "simd.wasm", env={"WPACK_FEATURES": "-simd"}, rc=20)
    r = wpack("validate", "simd.wasm", "--features", "sind", rc=2)
    assert r.err == "wpack: --features: 'sind' is not a feature\n  hint: did you mean 'simd'?\n"


def test_exit_statuses_of_several(wpack, module, put):
    put("bad.wasm", MISMATCH)
    deny = ["--deny-import", "*.sched"]
    for names, status in (
        (["none.wasm", "hello.wasm"], 3),
        (["/dev/null", "none.wasm"], 2),
        (["none.wasm", "hello.wasm", *deny], 22),
        (["hello.wasm", "none.wasm", "bad.wasm", *deny], 20),
    ):
        assert wpack("validate", *names, rc=status)


# ---- references ----

def test_references(wpack, module, serve):
    host = serve().host
    wpack("build", module, "-t", "app:1", "-o", "oci:lay", "-q")
    wpack("push", "oci:lay:app:1", f"{host}/a/app:1", "-q")
    for ref in ("oci:lay:app:1", f"{host}/a/app:1"):
        assert LINE.fullmatch(wpack("validate", ref).out)[1] == ref
        result = wpack("validate", ref, "--format", "json").json["results"][0]
        assert result["layer"] == json.loads(wpack("inspect", ref, "--manifest").out)["layers"][0]["digest"]
    assert "oci:lay" in wpack("validate", "oci:lay:app:2", rc=3).err
    r = wpack("validate", "oci:lay:app:2", "hello.wasm", rc=3)
    assert LINE.fullmatch(r.out)[1] == "hello.wasm", "the others are looked at all the same"


def test_several_modules_in_one_artifact(wpack, module, put):
    put("bad.wasm", MISMATCH)
    put("notes.txt", b"not a module")
    wpack("push", "oci:lay:two", "hello.wasm:application/wasm", "bad.wasm:application/octet-stream", "notes.txt:text/plain",
          "--artifact-type", "application/vnd.x", "-q")
    r = wpack("validate", "oci:lay:two", rc=20)
    assert LINE.sub("", r.out.replace("two (hello.wasm)", "two(hello.wasm)")) == ""
    assert errors(r)[0].startswith("oci:lay:two (bad.wasm): function 2 'main': ")
    wpack("push", "oci:lay:none", "notes.txt:text/plain", "--artifact-type", "application/vnd.x", "-q")
    assert errors(wpack("validate", "oci:lay:none", rc=3)) == ["oci:lay:none holds no WebAssembly module"]


def test_modules_of_an_index(wpack, fakereg):
    reg = fakereg()
    config = desc(b"{}", CONFIG)
    one, two = sample.core_module(), sample.component()
    bodies = [manifest([desc(m, WASM)], config) for m in (one, two)]
    for body, m in zip(bodies, (one, two)):
        reg.add("a/app", None, body, [m])
    reg.add("a/app", "all", index([desc(b, "application/vnd.oci.image.manifest.v1+json") for b in bodies]),
            media_type="application/vnd.oci.image.index.v1+json")
    r = wpack("validate", f"{reg.host}/a/app:all", "--format", "json")
    assert [x["kind"] for x in r.json["results"]] == ["module", "component"]


def test_layers_are_proven_first(wpack, module):
    wpack("build", module, "-t", "app:1", "-o", "oci:lay", "-q")
    layer = json.loads(wpack("inspect", "oci:lay:app:1", "--manifest").out)["layers"][0]
    path = blob_path(wpack.cwd / "lay", layer["digest"])
    path.chmod(0o644)
    path.write_bytes(MISMATCH[: layer["size"]].ljust(layer["size"], b"\0"))
    r = wpack("validate", "oci:lay:app:1", "--format", "json", rc=6)
    assert r.json["results"][0]["error"]["code"] == "integrity"


def test_local_files_open_no_socket(wpack, module):
    trace = wpack.cwd / "trace"
    p = subprocess.run(["strace", "-f", "-qq", "-e", "trace=network", "-o", trace, wpack.path, "validate", "hello.wasm"],
                       cwd=wpack.cwd, env={**wpack.env, "ASAN_OPTIONS": "detect_leaks=0"}, capture_output=True)
    assert p.returncode == 0 and [x for x in trace.read_text().splitlines() if "(" in x] == []


# ---- hostile input ----

def section(number, size, body=b""):
    return bytes([number]) + sample.leb(size) + body


HUGE = sample.leb(0xFFFFFFFF)
HOSTILE = {
    "types": sample.PREAMBLE + sample.section(1, HUGE),
    "imports": sample.PREAMBLE + sample.section(2, HUGE),
    "functions": sample.PREAMBLE + sample.section(3, HUGE),
    "tables": sample.PREAMBLE + sample.section(4, HUGE),
    "memories": sample.PREAMBLE + sample.section(5, HUGE),
    "globals": sample.PREAMBLE + sample.section(6, HUGE),
    "exports": sample.PREAMBLE + sample.section(7, HUGE),
    "elements": sample.PREAMBLE + sample.section(9, HUGE),
    "code": sample.PREAMBLE + sample.section(10, HUGE),
    "data": sample.PREAMBLE + sample.section(11, HUGE),
    "data-count": sample.PREAMBLE + sample.section(12, HUGE),
    "tags": sample.PREAMBLE + sample.section(13, HUGE),
    "locals": with_body(b"\x01" + HUGE + b"\x7f\x0b"),
    "many-locals": with_body(b"\x02" + sample.leb(40000) + b"\x7f" + sample.leb(40000) + b"\x7e\x0b"),
    "labels": with_body(b"\x00" + b"\x0e" + HUGE + b"\x0b"),
    "section-size": sample.PREAMBLE + section(1, 0xFFFFFFFF),
    "name-length": sample.PREAMBLE + sample.section(0, HUGE + b"x"),
    "params": sample.PREAMBLE + sample.section(1, b"\x01\x60" + HUGE),
    "group": sample.PREAMBLE + sample.section(1, b"\x01\x4e" + HUGE),
    "components": sample.COMPONENT_PREAMBLE + sample.section(10, HUGE),
    "component-types": sample.COMPONENT_PREAMBLE + sample.section(7, HUGE),
    "version": b"\0asm\x02\0\0\0",
    "preamble": b"\0asm",
    "zeros": bytes(4096),
    "twice": sample.core_module() + sample.core_module()[8:],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_modules(wpack, put, name):
    put("x.wasm", HOSTILE[name])
    r = wpack.measured("validate", "x.wasm", "--format", "json")
    error = r.json["error"]
    assert r.rc == error["exit"] and error["code"] in ("module-invalid", "limit"), r
    assert error["message"].startswith("x.wasm: ")
    assert r.peak < 64 << 20


def test_cut_anywhere(wpack, put):
    whole = sample.core_module(function_names((2, "main")), payload=20)
    ends = {8}
    at = 8
    while at < len(whole):
        at += 2 + whole[at + 1]
        ends.add(at)
    for n in range(len(whole)):
        put(f"cut/{n:04}.wasm", whole[:n])
    r = wpack("validate", "cut", "--format", "json", rc=20)
    for n, result in enumerate(r.json["results"]):
        if n not in ends:
            assert result["error"]["code"] == "module-invalid", result
            assert result["error"].get("offset", 0) <= n


@pytest.mark.parametrize("data, words", [
    (b"(module)", "this is WebAssembly text"),
    (b"\x1f\x8b\x08\0\0\0\0\0\0\0", "gzip"),
    (b"\x7fELF\x02\x01\x01", "ELF"),
    (b"PK\x03\x04", "zip"),
    (b"<html>", "magic"),
])
def test_lookalikes_are_named(wpack, put, data, words):
    put("x.wasm", data)
    assert words in wpack("validate", "x.wasm", rc=20).err


def test_build_keeps_one_copy(wpack, put):
    size = 96 << 20
    body = sample.leb(1) + b"\x01" + sample.leb(size) + bytes(size)
    put("big.wasm", sample.PREAMBLE + sample.section(11, body))
    for args in (["build", "big.wasm", "-t", "app:1"], ["validate", "big.wasm"]):
        r = wpack.measured(*args)
        assert r.rc == 0 and r.peak < size * 1.25, r.peak / size
