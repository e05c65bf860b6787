# SPDX-License-Identifier: Apache-2.0
"""Modules that mean harm, each small, run with the same budgets: every one ends with the status and the words of the budget
that it met, or with its trap, or well; in memory that its budgets bound; and nothing outside of what it was granted is
touched. Classes of the advisories of other runtimes: bounds that wrap, sizes taken on trust, recursion, floods, waiting,
paths."""

import os

import pytest

from conftest import find_peer
from support import wasm


def budgets(fuel=30_000_000, timeout="30s"):
    return ["--fuel", str(fuel), "--memory", "64MiB", "--timeout", timeout, "--output-max", "1MiB"]


MIB = 1 << 20
PEAK = 420 * MIB  # of the largest process: heap, tables and frames have ceilings of their own besides --memory

WASI = """
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $fd_renumber (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
"""


def plain(body, fields=""):
    return f"(module {fields} (func (export \"_start\") {body}))"


def guest(body, fields="", memory=1):
    return f'(module {WASI} (memory (export "memory") {memory}) {fields} (func (export "_start") (local $i i32) {body}))'


def repeat(text, n):
    return " ".join([text] * n)


def table_of_branches(n):
    return plain(f"block i32.const 70000 br_table {repeat('0', n)} 0 end")


def nested(n):
    return plain(f"{repeat('block', n)} {repeat('end', n)}")


def many_locals(n, calls):
    inside = "(call $f)" if calls else ""
    return plain("(call $f)", f"(func $f (local {repeat('i64', n)}) {inside})")


def many_parameters(n):
    body = repeat("(i32.const 1)", n)
    return plain(f"(drop (call $f {body}))", f"(func $f (param {repeat('i32', n)}) (result i32) (local.get {n - 1}))")


def flood(fd, size):
    return guest(f"""(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const {size}))
        (loop (drop (call $fd_write (i32.const {fd}) (i32.const 0) (i32.const 1) (i32.const 8))) (br 0))""")


def vectors(call, n=60000, memory=8):
    """As many buffers as fit, each the whole memory."""
    return guest(f"""(loop (i32.store (i32.shl (local.get $i) (i32.const 3)) (i32.const 0))
            (i32.store offset=4 (i32.shl (local.get $i) (i32.const 3)) (i32.const {memory * 65536}))
            (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if 0 (i32.lt_u (local.get $i) (i32.const {n}))))
        (loop (drop (call ${call} (i32.const 1) (i32.const 0) (i32.const {n}) (i32.const 0))) (br 0))""", memory=memory)


def clock_forever():
    """One subscription to a clock that is far ahead."""
    return guest("""(i32.store8 (i32.const 8) (i32.const 0)) (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 0x7fffffffffffffff))
        (loop (drop (call $poll (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 4096))) (br 0))""")


GC = "(type $node (struct (field (ref null $node)) (field i64))) (type $array (array (mut i64)))"
DROP_ALL = "(table $t 10 100 funcref) (elem $e func 0) (memory 1) (data $d \"abcdef\")"

# name: (text, exit status, words of standard error)
ROWS = {
    # limits before allocation
    "memory too large at once": (plain("", "(memory 65536)"), 124, "memory"),
    "memory64 beyond all": (plain("", "(memory i64 0x1000000000000)"), None, "memory"),
    "memory64 as large as can be asked": (plain("", "(memory i64 0x100000000)"), 124, "memory"),
    "many memories": (plain("", repeat("(memory 512)", 50)), 124, "memory"),
    "table too large at once": (plain("", "(table 0xffffffff funcref)"), 124, "table"),
    "table64 too large at once": (plain("", "(table i64 0xffffffffffffffff funcref)"), 124, "table"),
    "many tables": (plain("", repeat("(table 1000000 externref)", 60)), 124, "table"),
    "memory grows until it does not": (
        plain("(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (if (i32.ne (memory.size) (i32.const 1024)) (then unreachable))",
              "(memory 16)"), 0, ""),
    "memory grows for ever": (plain("(loop (drop (memory.grow (i32.const 1))) (br 0))", "(memory 1)"), 124, "fuel"),
    "memory grows by all": (
        plain("(if (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (then unreachable)) "
              "(if (i32.ne (memory.grow (i32.const 0)) (i32.const 1)) (then unreachable))", "(memory 1)"), 0, ""),
    "memory64 grows by all": (
        plain("(if (i64.ne (memory.grow (i64.const -1)) (i64.const -1)) (then unreachable))", "(memory i64 1)"), 0, ""),
    "table grows until it does not": (
        plain("(loop (br_if 0 (i32.ne (table.grow $t (ref.null func) (i32.const 100000)) (i32.const -1))))", "(table $t 1 funcref)"), 0, ""),
    "table64 grows by all": (
        plain("(if (i64.ne (table.grow $t (ref.null func) (i64.const -1)) (i64.const -1)) (then unreachable))", "(table $t i64 1 funcref)"), 0, ""),
    # bounds that wrap
    "load at the end of addresses": (plain("(drop (i64.load offset=0xffffffff (i32.const 0xffffffff)))", "(memory 1)"), 134, "out of bounds memory access"),
    "load of memory64 that wraps": (plain("(drop (i64.load offset=0xfffffffffffffff8 (i64.const 8)))", "(memory i64 1)"), 134, "out of bounds memory access"),
    "store that straddles the end": (plain("(i64.store (i32.const 65529) (i64.const -1))", "(memory 1)"), 134, "out of bounds memory access"),
    "load from no pages": (plain("(drop (i32.load8_u (i32.const 0)))", "(memory 0)"), 134, "out of bounds memory access"),
    "vector that straddles the end": (plain("(v128.store (i32.const 65521) (v128.const i64x2 1 2))", "(memory 1)"), 134, "out of bounds memory access"),
    "memory.copy of all": (plain("(memory.copy (i32.const 1) (i32.const 0) (i32.const -1))", "(memory 1)"), 134, "out of bounds memory access"),
    "memory.copy that wraps": (plain("(memory.copy (i32.const -1) (i32.const -1) (i32.const 2))", "(memory 1)"), 134, "out of bounds memory access"),
    "memory.copy of nothing behind the end": (plain("(memory.copy (i32.const 65537) (i32.const 0) (i32.const 0))", "(memory 1)"), 134, "out of bounds memory access"),
    "memory.copy of nothing at the end": (plain("(memory.copy (i32.const 65536) (i32.const 65536) (i32.const 0))", "(memory 1)"), 0, ""),
    "memory.fill that wraps": (plain("(memory.fill (i32.const 65535) (i32.const 1) (i32.const -1))", "(memory 1)"), 134, "out of bounds memory access"),
    "memory.fill of memory64 that wraps": (plain("(memory.fill (i64.const -1) (i32.const 1) (i64.const 2))", "(memory i64 1)"), 134, "out of bounds memory access"),
    "memory.fill for ever": (plain("(loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x3ff0000)) (br 0))", "(memory 1023)"), 124, "fuel"),
    "memory.init that wraps": (plain("(memory.init $d (i32.const 0) (i32.const 5) (i32.const -1))", DROP_ALL), 134, "out of bounds memory access"),
    "memory.init after data.drop": (plain("(data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))", DROP_ALL), 134, "out of bounds memory access"),
    "memory.init of nothing after data.drop": (plain("(data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0))", DROP_ALL), 0, ""),
    "table.get at the end": (plain("(drop (table.get $t (i32.const 10)))", DROP_ALL), 134, "out of bounds table access"),
    "table.set far out": (plain("(table.set $t (i32.const -1) (ref.null func))", DROP_ALL), 134, "out of bounds table access"),
    "table.fill that wraps": (plain("(table.fill $t (i32.const 9) (ref.null func) (i32.const -1))", DROP_ALL), 134, "out of bounds table access"),
    "table.copy that wraps": (plain("(table.copy $t $t (i32.const -1) (i32.const 0) (i32.const 2))", DROP_ALL), 134, "out of bounds table access"),
    "table.init after elem.drop": (plain("(elem.drop $e) (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))", DROP_ALL), 134, "out of bounds table access"),
    "table.init that wraps": (plain("(table.init $t $e (i32.const -1) (i32.const 1) (i32.const -1))", DROP_ALL), 134, "out of bounds table access"),
    "call_indirect out of the table": (plain("(call_indirect (i32.const -1))", "(table 1 funcref)"), 134, "undefined element"),
    "call_indirect of nothing": (plain("(call_indirect (i32.const 0))", "(table 1 funcref)"), 134, "uninitialized element"),
    "call_indirect of another type": (
        plain("(drop (call_indirect (result i64) (i32.const 0)))", "(table funcref (elem $f)) (func $f (result i32) (i32.const 1))"), 134, "indirect call type mismatch"),
    # sizes of functions
    "50,000 locals": (many_locals(50000, False), 0, ""),
    "50,000 locals in each call": (many_locals(50000, True), 124, "call stack exhausted"),
    "1,000 parameters": (many_parameters(1000), 0, ""),
    "10,000 nested blocks": (nested(10000), 0, ""),
    "a branch table of 65,000": (table_of_branches(65000), 0, ""),
    # loops and recursion
    "infinite loop": (plain("(loop (br 0))"), 124, "fuel"),
    "infinite loop by br_table": (plain("(loop (br_table 0 0 0 (i32.const 5)))"), 124, "fuel"),
    "infinite recursion": (plain("(call $f)", "(func $f (call $f))"), 124, "call stack exhausted"),
    "infinite indirect recursion": (plain("(call_indirect (i32.const 0))", "(table funcref (elem $f)) (func $f (call_indirect (i32.const 0)))"), 124, "call stack exhausted"),
    "infinite recursion by reference": (
        plain("(call $f)", "(type $v (func)) (elem declare func $f) (func $f (type $v) (call_ref $v (ref.func $f)))"), 124, "call stack exhausted"),
    "infinite mutual recursion": (plain("(call $f)", "(func $f (call $g)) (func $g (call $h (i32.const 1))) (func $h (param i32) (call $f))"), 124, "call stack exhausted"),
    "infinite tail calls": (plain("(return_call $f)", "(func $f (return_call $g)) (func $g (return_call $f))"), 124, "fuel"),
    "start function that loops": ("(module (func $s (loop (br 0))) (start $s))", 124, "fuel"),
    "start function that recurses": ("(module (func $s (call $s)) (start $s))", 124, "call stack exhausted"),
    "start function that traps": ("(module (func $s unreachable) (start $s) (func (export \"_start\")))", 134, "unreachable"),
    "data segment out of bounds": (plain("", '(memory 1) (data (i32.const 65536) "x")'), 134, "out of bounds memory access"),
    # garbage and exceptions
    "a list without end": (
        plain("(local $l (ref null $node)) (loop (local.set $l (struct.new $node (local.get $l) (i64.const 1))) (br 0))", GC), 124, "heap"),
    "garbage without end": (plain("(loop (drop (struct.new $node (ref.null $node) (i64.const 1))) (br 0))", GC), 124, ("heap", "fuel")),
    "an array of all": (plain("(drop (array.new_default $array (i32.const -1)))", GC), 124, "heap"),
    "arrays until they do not fit": (plain("(local $i i32) (loop (drop (array.new_default $array (i32.const 1000000))) (br 0))", GC), 124, ("heap", "fuel")),
    "array.copy that wraps": (
        plain("(array.copy $array $array (array.new_default $array (i32.const 9)) (i32.const 8) (array.new_default $array (i32.const 9)) (i32.const 0) (i32.const -1))", GC),
        134, "out of bounds array access"),
    "array.fill out of bounds": (plain("(array.fill $array (array.new_default $array (i32.const 9)) (i32.const 5) (i64.const 1) (i32.const 5))", GC), 134, "out of bounds array access"),
    "a null structure": (plain("(drop (struct.get $node 1 (ref.null $node)))", GC), 134, "null structure reference"),
    "exceptions without end": (
        plain("(loop $again (block $caught (try_table (catch_all $caught) (throw $e (i64.const 1)))) (br $again))", "(tag $e (param i64))"), 124, ("fuel", "heap")),
    "exceptions from the depth": (
        plain("(loop $again (block $caught (try_table (catch_all $caught) (call $f (i32.const 9000)))) (br $again))",
              "(tag $e) (func $f (param i32) (if (i32.eqz (local.get 0)) (then (throw $e))) (call $f (i32.sub (local.get 0) (i32.const 1))))"),
        124, ("fuel", "heap")),
    "an exception that nobody catches": (plain("(throw $e)", "(tag $e)"), 134, "uncaught exception"),
    # atomic waits
    "waits for ever": (plain("(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))", "(memory 1 1 shared)"), (124, 134), ""),
    # WASI
    "floods standard output": (flood(1, 60000), 124, "output"),
    "floods standard error": (flood(2, 60000), 124, "output"),
    "floods by empty writes": (flood(1, 0), 124, "fuel"),
    "vectors of all memory": (vectors("fd_write"), 124, "output"),
    "vectors of all memory, reading": (vectors("fd_read"), 124, ("fuel", "deadline")),
    "sleeps for ever": (clock_forever(), 124, "deadline"),
    "polls nothing": (guest("(loop (drop (call $poll (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16))) (br 0))"), 124, "fuel"),
    "polls all there could be": (guest("(loop (drop (call $poll (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 16))) (br 0))"), 134, "out of bounds memory access"),
    "polls a thousand clocks": (
        guest("(loop (drop (call $poll (i32.const 0) (i32.const 0) (i32.const 1300) (i32.const 65532))) (br 0))", memory=2), 124, ("fuel", "deadline")),
    "yields for ever": (guest("(loop (drop (call $yield)) (br 0))"), 124, "fuel"),
    "random bytes of all memory": (guest("(loop (drop (call $random (i32.const 0) (i32.const 33554432))) (br 0))", memory=512), 124, ("fuel", "deadline")),
    "random bytes beyond memory": (guest("(drop (call $random (i32.const 1) (i32.const -1)))"), 134, "out of bounds memory access"),
    "arguments to nowhere": (guest("(drop (call $args (i32.const -4) (i32.const -1)))"), 134, "out of bounds memory access"),
    "renumbers what is not there": (
        guest("(loop (drop (call $fd_renumber (local.get $i) (i32.const -1))) (drop (call $fd_renumber (i32.const 1) (local.get $i)))"
              "(drop (call $fd_close (local.get $i))) (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br_if 0 (i32.gt_s (local.get $i) (i32.const -2000))))"), 0, ""),
    "exits with all bits": (guest("(call $exit (i32.const -1))"), 255, ""),
    "no folder at all": (
        guest("""(local.set $i (i32.const 3))
            (loop (if (i32.eqz (call $prestat (local.get $i) (i32.const 0))) (then unreachable))
                (if (i32.eqz (call $open (local.get $i) (i32.const 1) (i32.const 100) (i32.const 1) (i32.const 0) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 0))) (then unreachable))
                (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if 0 (i32.lt_u (local.get $i) (i32.const 300))))""",
              '(data (i32.const 100) ".")'), 0, ""),
}


@pytest.mark.parametrize("row", ROWS, ids=[name.replace(" ", "-") for name in ROWS])
def test_it_ends_as_its_budget_says(wpack, row):
    text, status, words = ROWS[row]
    path = wasm.wat(find_peer, wpack.cwd / "m.wasm", text)
    fuel = 300_000_000 if words == "heap" else 30_000_000
    r = wpack.measured("run", "--features", "all", *budgets(fuel, "1s" if words == "deadline" else "30s"), path)
    if status is None:  # refused before it runs, or by its budget
        assert r.rc in (124, 125), r
    else:
        assert r.rc in (status if isinstance(status, tuple) else (status,)), r
    assert any(w in r.err for w in ([words] if isinstance(words, str) else words)), r
    assert r.peak <= PEAK, f"{row}: {r.peak / MIB:.0f} MiB"


def opens(path, directory=3, flags=0, oflags=9, rights=-1):
    """Opens (creates, truncates) path and exits with what path_open answers."""
    data = "".join(f"\\{b:02x}" for b in path.encode())
    size = len(path.encode())
    return guest(f"""(call $exit (call $open (i32.const {directory}) (i32.const {flags}) (i32.const 100) (i32.const {size}) (i32.const {oflags})
        (i64.const {rights}) (i64.const {rights}) (i32.const 0) (i32.const 0)))""", f'(data (i32.const 100) "{data}")')


PATHS = ["../secret", "/secret", "in/../../secret", "./../secret", "link", "linked/secret", "loop", "in/" + "../" * 60 + "etc/passwd",
         "secret\0", "", "in//../..//secret", "linked/../secret", "in/absolute"]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_paths_stay_inside(wpack, path):
    inside = wpack.cwd / "granted"
    (inside / "in").mkdir(parents=True)
    secret = wpack.cwd / "secret"
    secret.write_text("kept")
    (inside / "link").symlink_to("../secret")
    (inside / "linked").symlink_to("..")
    (inside / "loop").symlink_to("loop")
    (inside / "in/absolute").symlink_to(secret)
    module = wasm.wat(find_peer, wpack.cwd / "m.wasm", opens(path))
    before = {p: p.lstat().st_mtime_ns for p in wpack.cwd.rglob("*")}
    r = wpack.run("run", *budgets(), "--dir", f"{inside}:/", module)
    assert r.rc not in (0, 124, 125, 134), r  # an errno: the guest was told no
    assert secret.read_text() == "kept"
    after = {p: p.lstat().st_mtime_ns for p in wpack.cwd.rglob("*")}
    assert before == after


def test_a_read_only_folder_is_not_truncated(wpack):
    inside = wpack.cwd / "granted"
    inside.mkdir()
    (inside / "f").write_text("kept")
    module = wasm.wat(find_peer, wpack.cwd / "m.wasm", opens("f"))
    r = wpack.run("run", *budgets(), "--dir", f"{inside}:/:ro", module)
    assert r.rc not in (0, 124, 125, 134), r
    assert (inside / "f").read_text() == "kept" and os.listdir(inside) == ["f"]
