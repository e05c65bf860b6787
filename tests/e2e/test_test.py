# SPDX-License-Identifier: Apache-2.0
"""`wpack test` and the smoke tests of build and push: what passes, what fails and how it is said, what is written back."""

import hashlib
import json
import re
import xml.etree.ElementTree as ET

import pytest

from conftest import find_peer
from support import sample, wasm

ECHO = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "cat")) { int c; while ((c = getchar()) != EOF) putchar(c); return 0; }
    if (argc > 1 && !strcmp(argv[1], "fail")) { fprintf(stderr, "panic: no\n"); return 3; }
    if (argc > 1 && !strcmp(argv[1], "trap")) __builtin_trap();
    if (argc > 1 && !strcmp(argv[1], "spin")) for (volatile int i = 0;; i++);
    if (argc > 1 && !strcmp(argv[1], "env")) { printf("%s\n", getenv("K")); return 0; }
    if (argc > 1 && !strcmp(argv[1], "time")) { printf("%lld\n", (long long)time(NULL)); return 0; }
    if (argc > 1 && !strcmp(argv[1], "rand")) { unsigned n; getentropy(&n, 4); printf("%08x\n", n); return 0; }
    for (int i = 1; i < argc; i++) printf("line %d: %s\n", i, argv[i]);
    return 0;
}
"""
MATH = """(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "two") (result f64 i64) (f64.const nan) (i64.const -1)) (func (export "boom") unreachable))"""


@pytest.fixture(scope="session")
def echo_bytes(tmp_path_factory):
    return wasm.c(tmp_path_factory.mktemp("echo") / "echo.wasm", ECHO).read_bytes()


@pytest.fixture
def project(wpack, echo_bytes):
    """project(*tests, **members): wpack.json about echo.wasm or the module named."""
    (wpack.cwd / "echo.wasm").write_bytes(echo_bytes)

    def write(*tests, **members):
        (wpack.cwd / "wpack.json").write_text(json.dumps({"module": "echo.wasm", "tests": list(tests), **members}))

    return write


@pytest.fixture
def math(wpack):
    return wasm.wat(find_peer, wpack.cwd / "math.wasm", MATH)


GOOD = [
    {"name": "bare"},
    {"name": "args", "args": ["a", "b c"], "expect": {"stdout": "line 1: a\nline 2: b c\n"}},
    {"name": "input", "args": ["cat"], "stdin": "hé\n", "expect": {"stdout": "hé\n"}},
    {"name": "file", "args": ["cat"], "stdinFile": "in.bin",
     "expect": {"stdoutSha256": hashlib.sha256(b"\0\xff").hexdigest()}},
    {"name": "status", "args": ["fail"], "expect": {"exit": 3, "stdout": "", "stderrMatch": "^panic"}},
    {"name": "trap", "args": ["trap"], "expect": {"trap": True}},
    {"name": "this trap", "args": ["trap"], "expect": {"trap": "unreachable"}},
    {"name": "env", "args": ["env"], "env": {"K": "v w"}, "expect": {"stdout": "v w\n"}},
    {"name": "then", "args": ["time"], "clock": "2026-01-31T12:00:00Z", "expect": {"stdout": "1769860800\n"}},
    {"name": "match", "args": ["x", "y"], "expect": {"stdoutMatch": "^line 2: [a-z]+$"}},
    {"name": "fuel", "expect": {"maxFuel": 1000000}},
]
BAD = [
    ({"args": ["fail"]}, ["it ended with 'exit 3', expected exit 0"]),
    ({"expect": {"exit": 1}}, ["it ended with 'exit 0', expected exit 1"]),
    ({"args": ["trap"]}, ["it ended with 'trap: unreachable', expected exit 0", "      #0 "]),
    ({"expect": {"trap": True}}, ["it ended with 'exit 0', expected a trap"]),
    ({"args": ["trap"], "expect": {"trap": "divide"}}, ["expected a trap with 'divide'"]),
    ({"args": ["a", "b"], "expect": {"stdout": "line 1: a\nline 2: c\n"}},
     ["stdout differs from line 2 on (- expected, + written)", "      - line 2: c\n      + line 2: b\n"]),
    ({"args": ["a"], "expect": {"stdout": "line 1: a"}}, ["- line 1: a  (no newline at the end)"]),
    ({"args": ["a"], "expect": {"stdout": "line 1: a\nline 2: b\n"}}, ["- line 2: b\n      + (nothing more)"]),
    ({"args": ["a"], "expect": {"stdoutMatch": "^b"}}, ["stdout does not match '^b'", "      + line 1: a"]),
    ({"expect": {"stdoutMatch": "("}}, ["'(' is no POSIX extended regular expression"]),
    ({"args": ["fail"], "expect": {"exit": 3, "stderrMatch": "warning"}}, ["stderr does not match 'warning'"]),
    ({"expect": {"stdoutSha256": "0" * 64}}, [f"stdoutSha256 is {hashlib.sha256(b'').hexdigest()}, of 0 bytes"]),
    ({"expect": {"maxFuel": 1}}, ["instructions, at most 1 were expected"]),
    ({"args": ["cat"], "stdinFile": "none"}, ["'none'"]),
    ({"invoke": "nope"}, ["it exports no function 'nope'"]),
    ({"invoke": "nope", "params": [{}]}, ["params/0: neither a number, a text nor null"]),
]


def test_all_that_can_be_expected(wpack, project):
    (wpack.cwd / "in.bin").write_bytes(b"\0\xff")
    project(*GOOD)
    r = wpack("test")
    assert r.err == "" and r.out.splitlines()[-1] == f"{len(GOOD)} passed, 0 failed"
    for test, line in zip(GOOD, r.out.splitlines()):
        assert re.fullmatch(rf"✓ {test['name']}  [\d,]+ instructions, \d+ ms", line)


@pytest.mark.parametrize("i", range(len(BAD)))
def test_what_differs_is_said(wpack, project, i):
    test, words = BAD[i]
    project({"name": "t", **test})
    r = wpack("test", rc=21)
    assert r.out.startswith("✗ t  ") and r.out.endswith("0 passed, 1 failed\n")
    for w in words:
        assert w in r.out, r
    assert r.err == "wpack: 1 of 1 tests failed\n"


def test_functions(wpack, project, math):
    good = [{"name": "add", "invoke": "add", "params": [1, 2], "expect": {"result": 3}},
            {"name": "hex", "invoke": "add", "params": ["0xffffffff", 0], "expect": {"result": 4294967295}},
            {"name": "two", "invoke": "two", "expect": {"result": ["nan:0x1", -1]}},
            {"name": "boom", "invoke": "boom", "expect": {"trap": "unreachable"}}]
    project(*good, module="math.wasm")
    wpack("test")
    project({"name": "a", "invoke": "add", "params": [1, 2], "expect": {"result": 4}},
            {"name": "b", "invoke": "add", "params": [1], "expect": {"result": 4}},
            {"name": "c", "invoke": "two", "expect": {"result": 1}}, module="math.wasm")
    r = wpack("test", rc=21)
    assert "result is 3, expected 4" in r.out and "add takes 2 arguments, 1 was given" in r.out
    assert "result is nan, -1, expected 1" in r.out


def test_limits(wpack, project):
    project({"name": "spin", "args": ["spin"]}, limits={"fuel": 5000})
    assert "out of fuel" in wpack("test", rc=21).out
    project({"name": "spin", "args": ["spin"], "expect": {"trap": "out of fuel"}}, limits={"fuel": 5000})
    wpack("test")
    project({"name": "spin", "args": ["spin"]}, limits={"timeout": "100ms", "fuel": 10**15})
    assert "deadline passed" in wpack("test", rc=21).out
    project({"name": "big"}, limits={"memory": "64KiB"})
    wpack("test", rc=21)


def test_the_world_is_the_same_every_time(wpack, project):
    project({"name": "t", "args": ["time"]}, {"name": "r", "args": ["rand"]}, {"name": "s", "args": ["rand"], "seed": 1})
    fuels = []
    for _ in range(2):
        wpack("test", "--update")
        doc = json.loads((wpack.cwd / "wpack.json").read_text())
        fuels.append([t["expect"] for t in doc["tests"]])
    assert fuels[0] == fuels[1] and fuels[0][0]["stdout"] == "0\n" and fuels[0][1] != fuels[0][2]
    wpack("test")


def test_filter(wpack, project):
    project({"name": "one"}, {"name": "two", "args": ["fail"]})
    assert wpack("test", "--filter", "one").out.splitlines()[-1] == "1 passed, 0 failed"
    assert "no test has 'three' in its name" in wpack("test", "--filter", "three", rc=3).err
    assert wpack("test", "--filter", "one", "--format", "json").json["tests"][1] == {"name": "two", "outcome": "skipped"}


def test_json(wpack, project):
    project({"name": "one"}, {"name": "two", "args": ["fail"]}, {"name": "three", "stdinFile": "none"})
    doc = wpack("test", "--format", "json", rc=21).json
    assert (doc["passed"], doc["failed"]) == (1, 2) and doc["error"]["code"] == "smoke-test-failed"
    assert [t["outcome"] for t in doc["tests"]] == ["passed", "failed", "error"]
    assert doc["tests"][1]["failures"] == ["it ended with 'exit 3', expected exit 0"] and doc["tests"][1]["exit"] == 3


def test_junit(wpack, project):
    project({"name": "a <&\"> b"}, {"name": "two", "args": ["fail"]}, {"name": "three", "stdinFile": "none"})
    wpack("test", "--junit", "r.xml", rc=21)
    suite = ET.parse(wpack.cwd / "r.xml").getroot().find("testsuite")
    assert {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3", "failures": "1", "errors": "1", "skipped": "0"}
    cases = suite.findall("testcase")
    assert cases[0].get("name") == "a <&\"> b" and list(cases[0]) == []
    assert cases[1].find("failure").get("message") == "it ended with 'exit 3', expected exit 0"
    assert cases[2].find("error") is not None


UPDATED = '''{ "x-note": "kept \\" as } it is",
  "module":  "echo.wasm",
  "tests": [
    {"name": "a", "args": ["a"], "expect": {"stdout": "old", "maxFuel": 1,
       "exit":   5}},
    {"name": "b",   "args": ["fail"]},
    {
      "name": "c",
      "args": ["trap"],
      "expect": {"exit": 0}
    },
    {"name": "d", "args": ["x"], "expect": {"trap": true, "stdoutMatch": "^line"}},
    {"name": "e", "args": ["fail"], "expect": {}},
    {"name": "f", "args": ["cat"], "stdinFile": "in.bin", "expect": {"stdout": "x", "x-mine": [1, {"a": "}"}]}}
  ],
  "name": "acme/echo"
}
'''


def test_update_changes_what_differs_and_nothing_else(wpack, project):
    project()
    (wpack.cwd / "in.bin").write_bytes(b"\0\xff")
    path = wpack.cwd / "wpack.json"
    path.write_text(UPDATED)
    path.chmod(0o640)
    r = wpack("test", "--update")
    assert "wpack.json: written" in r.err and path.stat().st_mode & 0o777 == 0o640
    text = path.read_text()
    doc = json.loads(text)
    expect = {t["name"]: t["expect"] for t in doc["tests"]}
    fuel = expect["a"].pop("maxFuel")
    assert expect["a"] == {"stdout": "line 1: a\n", "exit": 0} and fuel > 1000
    assert expect["b"].pop("maxFuel") > 1000 and expect["b"] == {"exit": 3, "stdout": ""}
    assert expect["c"] == {"trap": "unreachable"} and expect["d"] == {"exit": 0, "stdoutMatch": "^line"}
    assert expect["e"] == {"exit": 3}
    assert expect["f"] == {"stdoutSha256": hashlib.sha256(b"\0\xff").hexdigest(), "x-mine": [1, {"a": "}"}]}
    assert text.startswith('{ "x-note": "kept \\" as } it is",\n  "module":  "echo.wasm",\n')
    assert '       "exit":   0}},\n' in text and text.endswith('  ],\n  "name": "acme/echo"\n}\n')
    assert wpack("test").out.splitlines()[-1] == "6 passed, 0 failed"
    before = path.stat().st_ino
    assert "as it was observed already" in wpack("test", "--update").err and path.stat().st_ino == before


def test_update_does_not_write_what_did_not_run(wpack, project):
    project({"name": "t", "stdinFile": "none", "expect": {"exit": 3}})
    before = (wpack.cwd / "wpack.json").read_bytes()
    wpack("test", "--update", rc=21)
    assert (wpack.cwd / "wpack.json").read_bytes() == before


def test_a_pulled_module_against_the_project(wpack, project):
    project({"name": "t", "args": ["x"], "expect": {"stdoutMatch": "line 1"}})
    wpack("build", "-t", "app:1", "-o", "oci:lay", "-q")
    doc = wpack("test", "oci:lay:app:1", "--format", "json").json
    assert doc["passed"] == 1 and "@sha256:" in doc["reference"]
    (wpack.cwd / "wpack.json").rename(wpack.cwd / "other.json")
    r = wpack("test", "oci:lay:app:1", rc=3)
    assert "an artifact does not carry its tests" in r.err
    wpack("test", "-f", "other.json", "oci:lay:app:1")


def test_without_tests(wpack, project):
    project()
    assert "has no tests" in wpack("test", rc=2).err
    (wpack.cwd / "wpack.json").unlink()
    assert "wpack.json" in wpack("test", rc=3).err


# ---- build and push ----


def test_build_refuses_what_fails(wpack, project):
    project({"name": "good"}, {"name": "bad", "args": ["fail"]})
    r = wpack("build", "-t", "a:1", rc=21)
    assert "✗ bad\n    it ended with 'exit 3', expected exit 0\n" in r.err and "✗ good" not in r.err
    assert "1 of 2 tests failed: it is not packed\n  hint: --no-test" in r.err and not (wpack.cwd / ".wpack").exists()
    assert wpack("build", "-t", "a:1", "--format", "json", rc=21).json["error"]["code"] == "smoke-test-failed"
    wpack("build", "-t", "a:1", "--no-test")
    project({"name": "good"})
    assert re.search(r"^  tests ok +1 passed, ", wpack("build", "-t", "a:1").err, re.M)


def test_every_module_is_instantiated(wpack, serve):
    trapping = sample.PREAMBLE + sample.section(1, b"\1\x60\0\0") + sample.section(3, b"\1\0") + sample.section(8, b"\0")
    (wpack.cwd / "trap.wasm").write_bytes(trapping + sample.section(10, b"\1\3\0\0\x0b"))
    for args in (["build", "trap.wasm"], ["push", "trap.wasm", f"{serve().host}/a/x:1"]):
        r = wpack(*args, rc=21)
        assert "  #0 function 0 at byte 0x" in r.err
        assert "wpack: trap.wasm cannot be instantiated: trap: unreachable" in r.err
        wpack(*args, "--no-test")
    (wpack.cwd / "big.wasm").write_bytes(sample.PREAMBLE + sample.section(5, b"\1\0" + sample.leb(5000)))
    assert "cannot be instantiated" in wpack("build", "big.wasm", rc=21).err
    (wpack.cwd / "wpack.json").write_text('{"module": "big.wasm", "limits": {"memory": "1GiB"}}')
    assert "instantiated" in wpack("build").err


def test_commands_do_not_start_unasked(wpack):
    (wpack.cwd / "start.wasm").write_bytes(sample.start_module(b"\0"))
    assert "instantiated  0 instructions" in wpack("build", "start.wasm").err


def test_what_cannot_be_run_is_said(wpack, module, component):
    assert "not run       nothing provides its import 'wasi_snapshot_preview1.sched'" in wpack("build", module).err
    env = sample.section(1, b"\1\x60\0\0") + sample.section(2, b"\1" + sample.name("env") + sample.name("log") + b"\0\0")
    (wpack.cwd / "env.wasm").write_bytes(sample.PREAMBLE + env)
    assert "not run       nothing here provides its import 'env.log'" in wpack("build", "env.wasm").err
    assert "not run       it is a component: validated only" in wpack("build", component).err
    (wpack.cwd / "wpack.json").write_text('{"module": "comp.wasm", "tests": [{"name": "t"}]}')
    assert "comp.wasm is a component: its tests cannot be run yet" in wpack("build").err
    (wpack.cwd / "wpack.json").write_text('{"module": "hello.wasm", "tests": [{"name": "t"}]}')
    assert "nothing provides its import" in wpack("build", rc=21).err


def test_size_limit(wpack, module):
    (wpack.cwd / "wpack.json").write_text('{"module": "hello.wasm", "limits": {"size": 10}}')
    assert "larger than its limit of 10 bytes" in wpack("build", rc=23).err
