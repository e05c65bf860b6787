# SPDX-License-Identifier: Apache-2.0
"""`wpack run`: what a guest is given, how its end becomes wpack's, and what the running process cannot do."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from conftest import find_peer
from support import sample, wasm

MATH = r"""(module
  (memory (export "memory") 1 4)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "pair") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func (export "half") (param f32) (result f32) (f32.mul (local.get 0) (f32.const 0.5)))
  (func (export "vec") (param v128) (result v128) (local.get 0))
  (func (export "ref") (param externref) (result externref) (local.get 0))
  (func (export "nothing"))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func $down (param i32) (if (i32.eqz (local.get 0)) (then unreachable)) (call $down (i32.sub (local.get 0) (i32.const 1))))
  (func (export "deep") (param i32) (call $down (local.get 0)))
  (func $loop (export "spin") (loop br 0))
  (func $forever (export "recurse") (call $forever)))
"""

PROBE = r"""
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "args";
    if (strcmp(what, "args") == 0) {
        for (int i = 0; i < argc; i++) printf("[%s]", argv[i]);
        printf("\n");
        return 0;
    }
    if (strcmp(what, "exit") == 0) return atoi(argv[2]);
    if (strcmp(what, "env") == 0) { extern char **environ; for (char **e = environ; e && *e; e++) puts(*e); return 0; }
    if (strcmp(what, "cat") == 0) { int c; while ((c = getchar()) != EOF) putchar(c); return 0; }
    if (strcmp(what, "err") == 0) { fputs("to stderr\n", stderr); return 0; }
    if (strcmp(what, "time") == 0) { printf("%lld\n", (long long)time(NULL)); return 0; }
    if (strcmp(what, "rand") == 0) { unsigned n[2]; getentropy(n, sizeof n); printf("%08x%08x\n", n[0], n[1]); return 0; }
    if (strcmp(what, "much") == 0) { for (;;) puts("much much much much"); }
    if (strcmp(what, "sleep") == 0) { sleep(1000); return 0; }
    if (strcmp(what, "read") == 0) {
        FILE *f = fopen(argv[2], "r");
        if (!f) { printf("open: %s\n", strerror(errno)); return 1; }
        char b[4096]; size_t n = fread(b, 1, sizeof b, f); fwrite(b, 1, n, stdout); return 0;
    }
    if (strcmp(what, "write") == 0) {
        FILE *f = fopen(argv[2], "w");
        if (!f) { printf("open: %s\n", strerror(errno)); return 1; }
        fputs(argv[3], f); return fclose(f) != 0;
    }
    if (strcmp(what, "rename") == 0) { if (rename(argv[2], argv[3])) { perror("rename"); return 1; } return 0; }
    if (strcmp(what, "remove") == 0) { if (remove(argv[2])) { perror("remove"); return 1; } return 0; }
    return 99;
}
"""


@pytest.fixture
def math(wpack):
    return wasm.wat(find_peer, wpack.cwd / "math.wasm", MATH)


@pytest.fixture(scope="session")
def probe_bytes(tmp_path_factory):
    return wasm.c(tmp_path_factory.mktemp("probe") / "probe.wasm", PROBE).read_bytes()


@pytest.fixture
def probe(wpack, probe_bytes):
    (wpack.cwd / "probe.wasm").write_bytes(probe_bytes)
    return lambda *args, opts=(), **more: wpack("run", *opts, "probe.wasm", "--", *args, **more)


# ---- streams, arguments, variables, status ----


def test_arguments_and_status(wpack, probe):
    assert probe("args", "a b", "--help", "").out == "[probe.wasm][args][a b][--help][]\n"
    for status in (0, 1, 2, 23, 124, 125, 134, 255):
        r = probe("exit", status, rc=status)
        assert r.out == "" and r.err == "", "what a guest ends with is its own business"


def test_streams(wpack, probe):
    assert probe("cat", stdin=b"in\0put\xff").out_bytes == b"in\0put\xff"
    (wpack.cwd / "in.txt").write_text("from a file\n")
    assert probe("cat", opts=["--stdin", "in.txt"], stdin="not this").out == "from a file\n"
    r = probe("err")
    assert (r.out, r.err) == ("", "to stderr\n")


def test_output_into_a_file_that_grows(wpack, probe):
    with open(wpack.cwd / "out", "wb") as out:
        p = wpack.popen("run", "probe.wasm", "--", "args", stdout=out)
        assert p.wait(60) == 0
    assert (wpack.cwd / "out").read_text() == "[probe.wasm][args]\n"


def test_a_reader_that_goes_away_ends_it(wpack, probe):
    p = wpack.popen("run", "probe.wasm", "--fuel", "10000000000", "--", "much", stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE)
    p.stdout.read(100)
    p.stdout.close()
    # libc of the guest goes on writing after an error: the run ends by its fuel at the latest.
    p.terminate()
    assert p.wait(60) in (143, 0, 1)
    p.stderr.close()


def test_variables(wpack, probe):
    assert probe("env", env={"SECRET": "x"}).out == ""
    assert probe("env", opts=["--env", "A=1", "--env", "B", "--env", "NONE"], env={"B": "two"}).out == "A=1\nB=two\n"
    assert "write NAME=VALUE" in probe("env", opts=["--env", "=x"], rc=125).err


def test_module_on_standard_input(wpack):
    assert wpack("run", "-", stdin=sample.start_module()).out == ""


def test_the_world_is_virtual_where_asked(wpack, probe):
    assert probe("time", opts=["--virtual"]).out == "0\n"
    one, two = probe("rand", opts=["--virtual"]).out, probe("rand", opts=["--virtual"]).out
    assert one == two and len(one) == 17
    assert abs(int(probe("time").out) - time.time()) < 60
    assert probe("rand").out != probe("rand").out


# ---- references ----


def test_from_layouts_and_registries(wpack, probe, serve):
    wpack("build", "probe.wasm", "-t", "app:1", "-o", "oci:lay", "-q")
    assert wpack("run", "oci:lay:app:1", "--", "args", "x").out == "[probe.wasm][args][x]\n"
    ref = f"{serve().host}/a/app:1"
    pushed = wpack("push", "oci:lay:app:1", ref, "-q")
    assert wpack("run", ref, "--", "args").out == "[probe.wasm][args]\n"
    doc = wpack("run", ref, "--format", "json", "--", "args").json
    assert doc["reference"].endswith(pushed.digest) and doc["stdout"] == "[probe.wasm][args]\n"


def test_not_there_and_not_a_module(wpack, probe):
    assert "there is no file 'none.wasm'" in wpack("run", "none.wasm", rc=125).err
    assert wpack("run", "none.wasm", "--format", "json", rc=125).json["error"]["code"] == "not-found"
    (wpack.cwd / "bad.wasm").write_bytes(b"\0asm\1\0\0\0\xff")
    r = wpack("run", "bad.wasm", "--format", "json", rc=125)
    assert r.json["error"]["code"] == "module-invalid" and r.json["error"]["exit"] == 125


def test_components_are_refused_in_plain_words(wpack, component):
    r = wpack("run", component, rc=125)
    assert r.out == "" and "it is a component, which this version can pack and inspect but not run" in r.err
    assert "wpack validate" in r.err and "wasmtime" in r.err


def test_unknown_imports_are_named(wpack, module):
    r = wpack("run", module, rc=125)
    assert "nothing provides its import 'wasi_snapshot_preview1.sched' (func)" in r.err
    assert "wpack inspect --imports" in r.err.replace("\n", " ").replace("'", "")


# ---- invoke ----


@pytest.mark.parametrize("args, out", [
    (["add", "2", "3"], "5\n"),
    (["add", "--", "-1", "0x10"], "15\n"),
    (["add", "4294967295", "0"], "-1\n"),
    (["pair", "0xffffffffffffffff", "0x1.8p1"], "3\n-1\n"),
    (["pair", "1", "nan:0x1"], "nan:0x1\n1\n"),
    (["half", "inf"], "inf\n"),
    (["half", "0.2"], "0.1\n"),
    (["vec", "0x000102030405060708090a0b0c0d0e0f"], "0x000102030405060708090a0b0c0d0e0f\n"),
    (["ref", "7"], "7\n"),
    (["ref", "null"], "null\n"),
    (["nothing"], ""),
])
def test_invoke(wpack, math, args, out):
    r = wpack("run", math, "--invoke", *args)
    assert (r.out, r.err) == (out, "")


@pytest.mark.parametrize("args, words", [
    (["add", "1"], ["add takes 2 arguments, 1 was given", "add(i32, i32) -> i32"]),
    (["add", "1", "x"], ["argument 2, 'x', is no i32", "add(i32, i32) -> i32"]),
    (["add", "1", "4294967296"], ["argument 2"]),
    (["sub", "1"], ["it exports no function 'sub'", "pair(i64, f64) -> f64, i64"]),
    (["memory"], ["it exports no function 'memory'"]),
])
def test_invoke_wrongly(wpack, math, args, words):
    r = wpack("run", math, "--invoke", *args, rc=125)
    assert r.out == "" and all(w in r.err for w in words), r
    doc = wpack("run", math, "--format", "json", "--invoke", *args, rc=125).json
    assert doc["error"]["code"] == "usage"


def test_invoke_as_json(wpack, math):
    doc = wpack("run", math, "--format", "json", "--invoke", "pair", "1", "nan").json
    assert doc["results"] == [{"type": "f64", "value": "nan"}, {"type": "i64", "value": "1"}]
    assert doc["outcome"] == "returned" and doc["ran"] == "pair" and doc["fuel"] == 3 or doc["fuel"] > 0


def test_nothing_to_run(wpack, math):
    r = wpack("run", math, rc=125)
    assert "has no '_start' and no start function: nothing to run" in r.err and "add(i32, i32) -> i32" in r.err


def test_reactors(wpack):
    wasm.wat(find_peer, wpack.cwd / "r.wasm", """(module (global $g (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $g (i32.const 7))) (func (export "get") (result i32) (global.get $g)))""")
    r = wpack("run", "r.wasm")
    assert r.out == "" and "initialized" in r.err
    assert wpack("run", "r.wasm", "--invoke", "get").out == "7\n"


# ---- traps and budgets ----


def test_traps_tell_where(wpack, math):
    r = wpack("run", math, "--invoke", "load", "65536", rc=134)
    assert re.fullmatch(r"wpack: trap: out of bounds memory access \(address 0x10000 [^\n]*\)\n"
                        r"  #0 load \(function \d+\) at byte 0x[0-9a-f]+\n", r.err), r.err
    r = wpack("run", math, "--invoke", "deep", "3", rc=134)
    assert r.err.startswith("wpack: trap: unreachable\n  #0 down (function ")
    assert r.err.count("down") == 4 and "  #4 deep (function" in r.err
    r = wpack("run", math, "--invoke", "deep", "4", rc=134)
    assert re.search(r"\n  #2 down [^\n]*\n  … the same 2 times more\n  #5 deep [^\n]*\n$", r.err), r.err
    r = wpack("run", math, "--invoke", "deep", "1000", rc=134)
    assert re.search(r"#2 down [^\n]*\n  … the same 61 times more\n  … 938 more\n$", r.err), r.err


def test_traps_as_json(wpack, math):
    doc = wpack("run", math, "--format", "json", "--invoke", "deep", "1", rc=134).json
    assert doc["outcome"] == "trap" and doc["stop"] == "unreachable" and doc["exit"] == 134
    assert [f["name"] for f in doc["frames"]] == ["down", "down", "deep"]
    assert doc["error"]["exit"] == 134 and doc["error"]["code"] == "smoke-test-failed"


def test_the_byte_is_that_of_the_instruction(wpack, math):
    doc = wpack("run", math, "--format", "json", "--invoke", "deep", "0", rc=134).json
    assert math.read_bytes()[doc["frames"][0]["offset"]] == 0x00  # unreachable


@pytest.mark.parametrize("opts, function, words", [
    (["--fuel", "1000"], "spin", "out of fuel"),
    (["--timeout", "100ms"], "spin", "deadline passed"),
    ([], "recurse", "call stack exhausted"),
])
def test_budgets(wpack, math, opts, function, words):
    r = wpack("run", math, *opts, "--invoke", function, rc=124)
    assert words in r.err and r.out == "", r
    doc = wpack("run", math, *opts, "--format", "json", "--invoke", function, rc=124).json
    assert doc["outcome"] == "limit" and doc["error"]["code"] == "limit" and doc["error"]["exit"] == 124


def test_fuel_is_exact_and_the_same(wpack, math):
    used = wpack("run", math, "--format", "json", "--invoke", "add", "1", "2").json["fuel"]
    assert wpack("run", math, "--fuel", used + 1, "--invoke", "add", "1", "2").out == "3\n"
    spent = [wpack("run", math, "--format", "json", "--fuel", "777", "--invoke", "spin", rc=124).json["fuel"] for _ in "ab"]
    assert spent[0] == spent[1] and 777 <= spent[0] < 787, "it ends at the first branch behind its budget"


def test_memory_budget(wpack, math):
    assert wpack("run", math, "--memory", "128KiB", "--invoke", "grow", "1").out == "1\n"
    assert wpack("run", math, "--memory", "128KiB", "--invoke", "grow", "2").out == "-1\n"
    assert wpack.run("run", math, "--memory", "1KiB", "--invoke", "grow", "0").rc in (124, 125)


def test_output_budget(wpack, probe):
    r = probe("much", opts=["--output-max", "1000"], rc=124)
    assert "too much output" in r.err and len(r.out) <= 1000


def test_a_guest_that_waits_meets_its_deadline(wpack, probe):
    begin = time.monotonic()
    assert "deadline passed" in probe("sleep", opts=["--timeout", "200ms"], rc=124).err
    p = wpack.popen("run", "probe.wasm", "--timeout", "200ms", "--", "cat", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert p.wait(60) == 124
    p.stdin.close()
    assert b"deadline passed" in p.stderr.read()
    p.stderr.close()
    assert time.monotonic() - begin < 60


@pytest.mark.parametrize("signum, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(wpack, probe, signum, status):
    p = wpack.popen("run", "probe.wasm", "--", "cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE)
    p.stdin.write(b"x" * 100000)  # taken: it runs
    p.stdin.flush()
    p.stdout.read(4096)
    p.send_signal(signum)
    assert p.wait(60) == status
    assert p.stderr.read() == b"wpack: interrupted\n"
    for f in (p.stdin, p.stdout, p.stderr):
        f.close()


# ---- looking inside ----


def test_trace(wpack, math):
    r = wpack("run", math, "--trace", "--invoke", "deep", "1", rc=134)
    assert r.err.startswith("deep(1)\n  down(1)\n    down(0)\n"), r.err
    wpack("run", math, "--trace=t.txt", "--invoke", "add", "1", "2")
    assert (wpack.cwd / "t.txt").read_text() == "add(1, 2)\n= 3\n"


def test_trace_names_what_wasi_is_asked(wpack, probe):
    probe("args", opts=["--trace=t.txt"])
    assert re.search(r"wasi_snapshot_preview1\.args_get\(|__wasi_args_get|args_get\(", (wpack.cwd / "t.txt").read_text())


def test_profile(wpack, probe):
    r = probe("args", opts=["--profile", "p.folded", "--stats", "--virtual"])
    lines = (wpack.cwd / "p.folded").read_text().splitlines()
    assert all(re.fullmatch(r"[^;]+(;[^;]+)* \d+", x) for x in lines)
    assert any("_start" in x for x in lines)
    fuel = int(re.search(r"instructions +([\d,]+)$", r.err, re.M)[1].replace(",", ""))
    assert sum(int(x.rsplit(" ", 1)[1]) for x in lines) == fuel
    again = probe("args", opts=["--profile", "q.folded", "--virtual"])
    assert (wpack.cwd / "q.folded").read_text().splitlines() == lines
    assert "function" in again.err


# ---- folders, and the cell around ----


@pytest.fixture
def folders(wpack, probe):
    for name in ("in", "out", "secret"):
        (wpack.cwd / name).mkdir()
    (wpack.cwd / "in/a.txt").write_text("in a\n")
    (wpack.cwd / "secret/s.txt").write_text("secret\n")
    (wpack.cwd / "in/link").symlink_to("../secret/s.txt")
    (wpack.cwd / "in/abs").symlink_to("/etc/hostname")
    return probe


def test_folders(wpack, folders):
    opts = ["--dir", "in:/in:ro", "--dir", "out:/out"]
    assert folders("read", "/in/a.txt", opts=opts).out == "in a\n"
    folders("write", "/out/b.txt", "hello", opts=opts)
    assert (wpack.cwd / "out/b.txt").read_text() == "hello"
    folders("rename", "/out/b.txt", "/out/c.txt", opts=opts)
    folders("remove", "/out/c.txt", opts=opts)
    assert os.listdir(wpack.cwd / "out") == []
    assert folders("read", "in/a.txt", opts=["--dir", "in"]).out == "in a\n"


@pytest.mark.parametrize("args", [
    ("write", "/in/new.txt", "x"), ("remove", "/in/a.txt"), ("rename", "/in/a.txt", "/out/a.txt"),
    ("read", "/in/../secret/s.txt"), ("read", "/in/link"), ("read", "/in/abs"), ("read", "/secret/s.txt"),
    ("read", "/etc/passwd"), ("write", "/out/../x", "x"),
])
def test_beyond_the_grant(wpack, folders, args):
    r = folders(*args, opts=["--dir", "in:/in:ro", "--dir", "out:/out"], rc=1)
    assert "secret" not in r.out.replace("secret/", "")
    assert (wpack.cwd / "in/a.txt").read_text() == "in a\n" and os.listdir(wpack.cwd / "out") == []
    assert not (wpack.cwd / "x").exists()


def test_folders_that_are_not_there(wpack, probe):
    assert "'none'" in probe("args", opts=["--dir", "none:/x"], rc=125).err
    assert "write HOST, HOST:GUEST" in probe("args", opts=["--dir", ":/x"], rc=125).err
    assert "probe.wasm" in probe("args", opts=["--dir", "probe.wasm:/x"], rc=125).err


ALWAYS = {"write", "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "rt_sigprocmask", "rt_sigreturn",
          "getrandom", "clock_gettime", "clock_getres", "sched_yield", "getpid", "gettid", "restart_syscall", "exit",
          "exit_group", "tgkill"}
STREAMS = ALWAYS | {"readv", "writev", "poll", "ppoll"}


def calls_in_the_cell(wpack, *args, rc=0):
    program = find_peer("strace")
    trace = wpack.cwd / "trace"
    p = subprocess.run([program, "-f", "-qq", "-o", trace, wpack.path, *map(str, args)], cwd=wpack.cwd,
                       env={**wpack.env, "ASAN_OPTIONS": "detect_leaks=0"}, stdin=subprocess.DEVNULL, capture_output=True,
                       text=True, timeout=60)
    assert p.returncode == rc, p
    lines = trace.read_text().splitlines()
    pid = next(x.split()[0] for x in reversed(lines) if "SECCOMP_SET_MODE_FILTER" in x)
    own = [x.split(None, 1)[1] for x in lines if x.split()[0] == pid]
    entered = next(i for i, x in enumerate(own) if "SECCOMP_SET_MODE_FILTER" in x)
    after = {re.match(r"(?:<\.\.\. )?(\w+)", x)[1] for x in own[entered + 1:] if not x.startswith(("+++", "---"))}
    return "\n".join(own[:entered]), after


def test_what_a_run_asks_the_system_for(wpack, folders):
    if wpack.sanitized:
        pytest.skip("SKIP: sanitizers make calls of their own")
    before, after = calls_in_the_cell(wpack, "run", "probe.wasm", "--", "args")
    assert after <= STREAMS, after - STREAMS
    assert "PR_SET_NO_NEW_PRIVS, 1" in before and "LANDLOCK_ACCESS_FS_READ_FILE" in before
    assert "landlock_add_rule" not in before and "RLIMIT_AS, {rlim_cur=" in before
    before, after = calls_in_the_cell(wpack, "run", "--dir", "in:/in:ro", "probe.wasm", "--", "read", "/in/a.txt")
    assert "LANDLOCK_ACCESS_FS_READ_FILE|LANDLOCK_ACCESS_FS_READ_DIR" in before
    rule = next(x for x in before.splitlines() if x.startswith("landlock_add_rule"))
    assert "WRITE" not in rule and "MAKE" not in rule and "EXECUTE" not in rule


def test_what_a_test_asks_the_system_for(wpack, probe):
    """Nothing but memory and time: not even reading."""
    if wpack.sanitized:
        pytest.skip("SKIP: sanitizers make calls of their own")
    (wpack.cwd / "wpack.json").write_text(json.dumps({"module": "probe.wasm", "tests": [
        {"name": "cat", "args": ["cat"], "stdin": "x", "expect": {"stdout": "x"}}]}))
    _, after = calls_in_the_cell(wpack, "test")
    assert after <= ALWAYS, after - ALWAYS


def test_the_child_by_hand_is_no_command(wpack):
    for args in (["__run"], ["__run", "x"], ["__run", "0"], ["__run", "77"]):
        r = wpack.run(*args)
        assert r.rc == 2 and r.out == "", r


@pytest.mark.parametrize("mode", ["auto", "require", "off"])
def test_sandbox_modes(wpack, probe, mode):
    assert probe("args", opts=["--sandbox", mode]).out == "[probe.wasm][args]\n"


def test_kernels_that_lack_a_layer(wpack, probe):
    program = find_peer("strace")
    for mode, rc in (("auto", 0), ("require", 125)):
        p = subprocess.run([program, "-f", "-qq", "-o", wpack.cwd / "trace", "-e", "inject=landlock_create_ruleset:error=ENOSYS",
                            wpack.path, "run", "--sandbox", mode, "probe.wasm", "--", "args"], cwd=wpack.cwd,
                           env={**wpack.env, "ASAN_OPTIONS": "detect_leaks=0"}, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=60)
        assert p.returncode == rc, p
        lacks = "this kernel lacks Landlock (Function not implemented)"
        if mode == "auto":
            assert p.stderr == f"wpack: warning: {lacks}: modules run in a weaker sandbox\n"
        else:
            assert f"the sandbox for running modules is not whole: {lacks}" in p.stderr


@pytest.fixture
def waiting(wpack, probe):
    """waiting(options): a run that has read a little and waits for more, and the process of its guest."""
    started = []

    def run(*options, env=None, **more):
        p = wpack.popen("run", *options, "probe.wasm", "--", "cat", env=env, stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, **more)
        started.append(p)
        p.stdin.write(b"x" * 8192)
        p.stdin.flush()
        p.stdout.read(1024)
        return p, next(x for x in pathlib.Path("/proc").glob("[0-9]*") if is_child(x, p.pid))

    yield run
    for p in started:
        p.stdin.close()
        p.stdout.close()
        p.wait(60)


def is_child(path, parent):
    try:
        return int((path / "stat").read_text().rsplit(")", 1)[1].split()[1]) == parent
    except OSError:
        return False


def is_executed(child):
    """Else a copy of the process that was asked to run it."""
    return b"\0__run\0" in (child / "cmdline").read_bytes()


def memory_of(path):
    """All that a process can read of itself."""
    found = []
    with open(path / "mem", "rb", 0) as mem:
        for line in (path / "maps").read_text().splitlines():
            begin, end = (int(x, 16) for x in line.split()[0].split("-"))
            if "r" in line.split()[1] and end - begin < 1 << 26:
                try:
                    mem.seek(begin)
                    found.append(mem.read(end - begin))
                except (OSError, OverflowError):
                    pass  # of the kernel's own
    return b"".join(found)


SECRET = "hunter2-of-the-parent"


@pytest.mark.parametrize("options, env, copied", [
    ([], {"AWS_SECRET_ACCESS_KEY": SECRET, "COSIGN_PASSWORD": SECRET, "WPACK_KEY_PASSWORD": SECRET}, True),
    ([], {"WPACK_USERNAME": "me", "WPACK_REGISTRY_PASSWORD": SECRET}, False),
    (["--username", "me", "--password", SECRET], {}, False),
    (["--registry-token", SECRET], {}, False),
    (["--identity-token", SECRET], {}, False),
])
def test_secrets_of_the_parent_are_not_in_the_child(wpack, waiting, options, env, copied):
    """A copy is made where there is none but in the environment, which it wipes."""
    if os.geteuid() != 0 or wpack.sanitized:
        pytest.skip("SKIP: only root reads the memory of a process that cannot be dumped; sanitizers map too much of it")
    p, child = waiting(*options, env={**env, "SOMETHING": SECRET})
    assert SECRET.encode() in memory_of(pathlib.Path(f"/proc/{p.pid}")), "this search finds secrets"
    memory = memory_of(child)
    assert len(memory) > 1 << 20 and b"probe.wasm" in memory
    assert SECRET.encode() not in memory
    assert (child / "environ").read_bytes().strip(b"\0") == b""
    assert is_executed(child) != copied


@pytest.mark.parametrize("options", [[], ["--sandbox", "off"], ["--registry-token", "x"]])
def test_descriptors_of_others_stay_outside(wpack, waiting, options):
    """What wpack inherited is closed in the child, and what wpack itself has open beside what the child is given."""
    secret = os.open(wpack.cwd / "probe.wasm", os.O_RDONLY)
    os.set_inheritable(secret, True)
    os.mkdir(wpack.cwd / "given")
    try:
        _, child = waiting("--dir", "given", *options, close_fds=False)
        if os.geteuid() != 0:
            pytest.skip("SKIP: only root sees the descriptors of a process that cannot be dumped")
        open_now = {fd: os.readlink(child / "fd" / fd) for fd in os.listdir(child / "fd")}
        assert not any("probe.wasm" in x for x in open_now.values()), open_now
        beside = sorted(x.partition(":")[0] for fd, x in open_now.items() if int(fd) > 2)
        assert beside == [str(wpack.cwd / "given"), "pipe"], "the folder and the answer"
        assert is_executed(child) == ("--registry-token" in options or wpack.sanitized)
    finally:
        os.close(secret)


def test_what_is_fetched_runs_by_execution(wpack, probe):
    """What came from a store, or by a pipe, never runs in a copy."""
    wpack("build", "probe.wasm", "-t", "app:1", "--no-test")
    program = find_peer("strace")
    for what, executed in (("probe.wasm", wpack.sanitized), ("oci:.wpack/oci:app:1", True), ("-", True)):
        with (wpack.cwd / "probe.wasm").open("rb") as module:
            p = subprocess.run([program, "-f", "-qq", "-e", "trace=execve", "-o", wpack.cwd / "trace", wpack.path, "run", what],
                               cwd=wpack.cwd, env={**wpack.env, "ASAN_OPTIONS": "detect_leaks=0"}, stdin=module,
                               capture_output=True, timeout=60)
        assert p.returncode == 0 and p.stdout.startswith(b"["), p
        assert ("/proc/self/exe" in (wpack.cwd / "trace").read_text()) == executed, what


def test_nothing_is_printed_twice(wpack, probe):
    """Not even what lay in a buffer when the child was made."""
    (wpack.cwd / "out").write_bytes(b"")
    with (wpack.cwd / "out").open("wb") as out:
        p = wpack.popen("run", "--stats", "--env", "A", "probe.wasm", "--", "args", stdout=out, stderr=out)
        assert p.wait(60) == 0
    text = (wpack.cwd / "out").read_text()
    assert text.count("[probe.wasm][args]\n") == 1 and text.count("instructions") == 1
