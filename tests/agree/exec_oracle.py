# SPDX-License-Identifier: Apache-2.0
"""wasmtime does what exec-run did. Run by the Python of wasmtime's venv: each line of standard input is a JSON object with
the path of a module and exec-run's lines; the answer is a line of JSON, the same lines as wasmtime has them. Values go
through the C interface as bits: Python's floats would change NaNs."""
import ctypes
import json
import sys
import threading
import zlib

import wasmtime
from wasmtime import _ffi as ffi

STACK = 512 << 20
KINDS = {"i32": 0, "i64": 1, "f32": 2, "f64": 3, "v128": 4, "func": 5, "extern": 6, "any": 7, "exn": 8}
NAMES = {number: name for name, number in KINDS.items()}
BYTES = {"i32": 4, "i64": 8, "f32": 4, "f64": 8, "v128": 16}
# By number, since a name may move: those that a core module can cause.
TRAPS = {code.value: code.name for code in wasmtime.TrapCode}


def engine():
    config = wasmtime.Config()
    for name in ("wasm_threads", "wasm_tail_call", "wasm_reference_types", "wasm_simd", "wasm_relaxed_simd", "wasm_relaxed_simd_deterministic",
                 "wasm_bulk_memory", "wasm_multi_value", "wasm_multi_memory", "wasm_memory64", "wasm_exceptions",
                 "wasm_function_references", "wasm_gc", "wasm_wide_arithmetic", "wasm_custom_page_sizes",
                 "cranelift_nan_canonicalization", "consume_fuel"):
        setattr(config, name, True)
    config.cranelift_opt_level = "none"
    config.parallel_compilation = False
    ffi.wasmtime_config_async_stack_size_set(config.ptr(), STACK)  # the bound of the next
    config.max_wasm_stack = STACK // 2
    return wasmtime.Engine(config)


def words_of(error):
    text = ffi.wasm_byte_vec_t()
    ffi.wasmtime_error_message(error, ctypes.byref(text))
    return ffi.to_str(text)


class Run:
    def __init__(self, engine, path):
        self.engine = engine
        with open(path, "rb") as f:
            self.module = wasmtime.Module(engine, f.read())

    def outcome(self, error, trap):
        if error:
            words = words_of(error)
            ffi.wasmtime_error_delete(error)
            return "EXCEPTION" if self.thrown() else f"ERROR {words}"
        if not trap:
            return "NONE"
        code = ctypes.c_uint8()
        known = ffi.wasmtime_trap_code(trap, ctypes.byref(code))
        ffi.wasm_trap_delete(trap)
        return TRAPS.get(code.value, str(code.value)) if known else "EXCEPTION" if self.thrown() else "TRAP"

    def thrown(self):
        exn = ffi.wasmtime_exnref_t()
        return ffi.wasmtime_context_take_exception(self.context, ctypes.byref(exn))

    def instantiate(self):
        self.store = wasmtime.Store(self.engine)
        self.store.set_fuel(10**9)
        self.context = self.store._context()
        self.instance = ffi.wasmtime_instance_t()
        linker = wasmtime.Linker(self.engine)
        linker.define_unknown_imports_as_default_values(self.store, self.module)
        trap = ctypes.POINTER(ffi.wasm_trap_t)()
        error = ffi.wasmtime_linker_instantiate(linker.ptr(), self.context, self.module.ptr(), ctypes.byref(self.instance),
                                                ctypes.byref(trap))
        return self.outcome(error, trap)

    def export(self, n):
        item, name, size = ffi.wasmtime_extern_t(), ctypes.POINTER(ctypes.c_char)(), ctypes.c_size_t()
        if not ffi.wasmtime_instance_export_nth(self.context, ctypes.byref(self.instance), n, ctypes.byref(name),
                                                ctypes.byref(size), ctypes.byref(item)):
            raise IndexError(n)
        return item

    def value(self, val):
        name = NAMES[val.kind]
        if name in BYTES:
            bits = int.from_bytes(ctypes.string_at(ctypes.byref(val.of), BYTES[name]), "little")
            return f"{name}:{bits:032x}" if name == "v128" else f"{name}:{bits:x}"
        of = {"func": val.of.funcref, "extern": val.of.externref, "any": val.of.anyref, "exn": val.of.exnref}[name]
        return f"ref:{int(of.store_id != 0)}"

    def call(self, n, arguments):
        func = self.export(n).of.func
        kind = wasmtime.Func._from_raw(func).type(self.store)
        count = ffi.wasm_functype_results(kind.ptr()).contents.size
        args, results = (ffi.wasmtime_val_t * len(arguments))(), (ffi.wasmtime_val_t * count)()
        for arg, word in zip(args, arguments):
            name, bits = word.split(":")
            if name == "null":
                arg.kind = KINDS[bits]
            else:
                arg.kind = KINDS[name]
                ctypes.memmove(ctypes.byref(arg.of), int(bits, 16).to_bytes(BYTES[name], "little"), BYTES[name])
        trap = ctypes.POINTER(ffi.wasm_trap_t)()
        error = ffi.wasmtime_func_call(self.context, ctypes.byref(func), args, len(args), results, count, ctypes.byref(trap))
        outcome = self.outcome(error, trap)
        found = [self.value(v) for v in results] if outcome == "NONE" else []
        if outcome == "NONE":
            for v in results:
                ffi.wasmtime_val_unroot(ctypes.byref(v))
        return " ".join([outcome, *found])

    def state(self, what, n):
        item = self.export(n)
        if what == "global":
            val = ffi.wasmtime_val_t()
            ffi.wasmtime_global_get(self.context, ctypes.byref(item.of.global_), ctypes.byref(val))
            return self.value(val)
        if what == "memory":
            memory = ctypes.byref(item.of.memory)
            size = ffi.wasmtime_memory_data_size(self.context, memory)
            data = ffi.wasmtime_memory_data(self.context, memory)
            return f"{size} {zlib.crc32(ctypes.string_at(data, size)):08x}"
        table, val = ctypes.byref(item.of.table), ffi.wasmtime_val_t()
        size = ffi.wasmtime_table_size(self.context, table)
        there = bytearray()
        for i in range(size):
            ffi.wasmtime_table_get(self.context, table, i, ctypes.byref(val))
            there.append(self.value(val) == "ref:1")
            ffi.wasmtime_val_unroot(ctypes.byref(val))
        return f"{size} {zlib.crc32(there):08x}"


def replay(engine, path, lines):
    try:
        run = Run(engine, path)
    except wasmtime.WasmtimeError as error:
        return [f"invalid {error}"]
    answer = []
    for line in lines:
        what, *words = line.split(" ")
        if what != "instance" and (not answer or answer[-1].startswith("instance") and answer[-1] != "instance NONE"):
            break
        if what == "instance":
            try:
                answer.append(f"instance {run.instantiate()}")
            except wasmtime.WasmtimeError as error:
                answer.append(f"instance REFUSED {error}")
        elif what == "call":
            arguments = words[1:words.index("=")] if "=" in words else words[1:]
            answer.append(" ".join([what, words[0], *arguments, "=", run.call(int(words[0]), arguments)]))
        elif what == "fuel":
            answer.append(line)
        elif what in ("global", "memory", "table"):
            answer.append(f"{what} {words[0]} {run.state(what, int(words[0]))}")
    return answer


def main():
    shared = engine()
    for request in sys.stdin:
        asked = json.loads(request)
        print(json.dumps(replay(shared, asked["path"], asked["lines"])), flush=True)


threading.stack_size(STACK)
worker = threading.Thread(target=main)
worker.start()
worker.join()
