# SPDX-License-Identifier: Apache-2.0
"""Small WebAssembly binaries made from their parts."""


def leb(n):
    out = bytearray()
    while True:
        byte, n = n & 0x7F, n >> 7
        out.append(byte | (0x80 if n else 0))
        if not n:
            return bytes(out)


def name(text):
    raw = text.encode()
    return leb(len(raw)) + raw


def section(number, body):
    return bytes([number]) + leb(len(body)) + body


def custom(title, body):
    return section(0, name(title) + body)


PREAMBLE = b"\0asm\x01\0\0\0"
COMPONENT_PREAMBLE = b"\0asm\x0d\0\x01\0"


def core_module(*extra, payload=0):
    """Imports fd_write and proc_exit of WASI, exports memory and _start; `payload` adds that many bytes of data."""
    types = leb(2) + b"\x60\x04\x7f\x7f\x7f\x7f\x01\x7f" + b"\x60\x00\x00"
    wasi = "wasi_snapshot_preview1"
    imports = leb(2) + name(wasi) + name("fd_write") + b"\x00\x00" + name(wasi) + name("sched") + b"\x00\x01"
    functions = leb(1) + b"\x01"
    memory = leb(1) + b"\x00\x01"
    exports = leb(2) + name("memory") + b"\x02\x00" + name("_start") + b"\x00\x02"
    code = leb(1) + leb(2) + b"\x00\x0b"
    data = leb(1) + b"\x00\x41\x00\x0b" + leb(payload) + bytes(i * 7 % 251 for i in range(payload))
    out = PREAMBLE + section(1, types) + section(2, imports) + section(3, functions) + section(5, memory)
    out += section(7, exports) + section(10, code)
    if payload:
        out += section(11, data)
    return out + b"".join(extra)


def start_module(body=b""):
    """A command without imports: _start runs `body`, instructions without their end, and nothing."""
    code = b"\x00" + body + b"\x0b"
    return (PREAMBLE + section(1, leb(1) + b"\x60\x00\x00") + section(3, leb(1) + b"\x00")
            + section(7, leb(1) + name("_start") + b"\x00\x00") + section(10, leb(1) + leb(len(code)) + code))


def component():
    """Imports the interface wasi:io/error@0.2.0 and exports wasi:cli/run@0.2.0, both as instances."""
    instance_type = section(7, leb(1) + b"\x42" + leb(0))
    imports = section(10, leb(1) + b"\x00" + name("wasi:io/error@0.2.0") + b"\x05\x00")
    exports = section(11, leb(1) + b"\x00" + name("wasi:cli/run@0.2.0") + b"\x05\x00\x00")
    return COMPONENT_PREAMBLE + instance_type + imports + exports
