# SPDX-License-Identifier: Apache-2.0
"""The binary format's small words, for tests that write binaries which no tool would write."""


def u(value):
    """Unsigned LEB128."""
    out = bytearray()
    while True:
        out.append(value & 127 | (128 if value > 127 else 0))
        value >>= 7
        if value == 0:
            return bytes(out)


def s(value):
    """Signed LEB128."""
    out = bytearray()
    while True:
        low = value & 127
        value >>= 7
        last = value == (-1 if low & 64 else 0)
        out.append(low if last else low | 128)
        if last:
            return bytes(out)


def vec(items):
    items = list(items)
    return u(len(items)) + b"".join(items)


def name(text):
    data = text.encode() if isinstance(text, str) else text
    return u(len(data)) + data


def section(kind, body):
    return bytes([kind]) + u(len(body)) + body


def module(*sections):
    return b"\0asm\1\0\0\0" + b"".join(sections)


def component(*sections):
    return b"\0asm\x0d\0\1\0" + b"".join(sections)


I32, I64, F32, F64, V128, FUNCREF, EXTERNREF = (bytes([x]) for x in (0x7F, 0x7E, 0x7D, 0x7C, 0x7B, 0x70, 0x6F))
END = b"\x0b"
UNREACHABLE = b"\0"


def func_type(params=(), results=()):
    return b"\x60" + vec(params) + vec(results)


def types(*entries):
    return section(1, vec(entries))


def body(code, local_runs=()):
    inside = vec(local_runs) + code + END
    return u(len(inside)) + inside


def code(*bodies):
    return section(10, vec(bodies))


def funcs(*type_indices):
    return section(3, vec(map(u, type_indices)))


def one_function(instructions, local_runs=(), type_=func_type(), before=(), more_types=()):
    """A module with the types (that of the function first), the sections of before, and the function."""
    sections = [types(type_, *more_types), *[x for x in before if x[0] < 3], funcs(0), *[x for x in before if x[0] > 3]]
    return module(*sections, code(body(instructions, local_runs)))
