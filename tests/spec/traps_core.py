# SPDX-License-Identifier: Apache-2.0
"""Core modules that are cheap to write and may be dear to validate: (name, the answers that are right, maker)."""
from encode import *  # noqa: F403

ROOM = 1_000_000  # bytes that a trap fills
BLOCK = b"\x02\x40"
VALID, INVALID, EITHER = "ok", "module-invalid", "ok|module-invalid|limit"
REFUSED = "module-invalid|limit"


def ordinary():
    """What times are compared with: straight code of the same size."""
    return one_function((b"\x20\0\x41\x05\x6a\x21\0" * (ROOM // 7)), [u(1) + I32])


def many_types(most):
    """A signature of `most` parameters and as many results."""
    return func_type([I32] * most, [I32] * most)


def nested(opening, closing=END):
    return one_function(opening * (ROOM // len(opening + closing)) + closing * (ROOM // len(opening + closing)))


def nested_if():
    count = ROOM // 5
    return one_function(b"\x41\0\x04\x40" * count + END * count)


def br_table(targets, tables, arity):
    """Tables with many targets, all to a label of that arity, in unreachable code."""
    one = b"\x41\0\x0e" + u(targets) + b"\0" * targets + b"\0"
    return one_function(b"\x02" + s(0) + UNREACHABLE + one * tables + END + UNREACHABLE, type_=func_type([], [I32] * arity))


def br_table_reachable():
    """The operands are really there."""
    arity, targets = 1000, 60_000
    one = b"\x0e" + u(targets) + b"\0" * targets + b"\0"
    push = b"\x41\0" * (arity + 1)
    return one_function((b"\x02" + s(0) + push + one + END + b"\x1a" * arity) * 15 + UNREACHABLE, type_=func_type([], [I32] * arity))


def calls(unreachable):
    """Calls that take and give a thousand operands each."""
    push = UNREACHABLE if unreachable else b"\x41\0" * 1000
    count = (ROOM - 4000) // 2
    return one_function(push + b"\x10\0" * count, type_=many_types(1000)) if unreachable else one_function(
        b"".join(b"\x20" + u(i) for i in range(1000)) + b"\x10\0" * count, type_=many_types(1000))


def blocks_with_types():
    """Blocks that take and give a thousand operands each."""
    count = (ROOM - 8000) // 3
    return one_function(b"".join(b"\x20" + u(i) for i in range(1000)) + (b"\x02\0" + END) * count, type_=many_types(1000))


def nested_with_types():
    """The same, one inside the other, each with an operand of its own below."""
    count = (ROOM - 8000) // 3
    return one_function(b"".join(b"\x20" + u(i) for i in range(1000)) + b"\x02\0" * count + END * count, type_=many_types(1000))


def catches():
    """Handlers whose labels have a thousand results."""
    many = func_type([I32] * 1000)
    tag = section(13, vec([b"\0" + u(1)]))
    count = 10_000
    handlers = (b"\x1f\x40" + u(count) + b"\0\0\0" * count + END) * 33
    return one_function(b"\x02" + s(0) + handlers + UNREACHABLE + END, type_=func_type([], [I32] * 1000), more_types=[many], before=[tag])


def locals_of_many_functions(run, size=50_000):
    """Each function declares fifty thousand locals in four bytes."""
    one = body(b"", [u(size) + run])
    count = ROOM // (len(one) + 1)
    return module(types(func_type()), funcs(*[0] * count), code(*[one] * count))


def many_runs():
    """Locals of changing types, read from far apart."""
    runs = [u(1) + (I32, I64, F32, F64)[i % 4] for i in range(50_000)]
    reads = b"".join(b"\x20" + u((i * 7919) % 50_000) + b"\x1a" for i in range((ROOM - 200_000) // 5))
    return one_function(reads, runs)


def locals_to_set():
    """Locals without a default: what a block has set is unset at its end."""
    ref = b"\x64" + s(0)
    count = 40_000
    sets = b"".join(b"\xd2\0\x21" + u(i) for i in range(count))
    blocks = (BLOCK + b"\xd2\0\x21" + u(49_000) + END) * ((ROOM - len(sets) - 500) // 9)
    exports = section(7, vec([name("f") + b"\0\0"]))
    return one_function(sets + blocks, [u(50_000) + ref], before=[exports])


def locals_wrap():
    return one_function(b"", [u(0xFFFFFFFF) + I32, u(0xFFFFFFFF) + I32, u(2) + I32])


def locals_most():
    return one_function(b"", [u(0xFFFFFFFF) + I64])


def rec_groups_alike():
    """Identical groups of two types that name each other, each canonical form the same."""
    group = lambda at: b"\x4e" + vec([b"\x5f" + vec([b"\x63" + s(at + 1) + b"\1"]), b"\x5f" + vec([b"\x63" + s(at) + b"\0"])])
    found, at, size = [], 0, 0
    while size < ROOM - 20 and at < 900_000:
        found.append(group(at))
        size += len(found[-1])
        at += 2
    return module(types(*found))


def one_rec_group():
    count = ROOM // 6
    inside = vec(b"\x5f" + vec([b"\x63" + s((i * 7919) % count) + b"\0"]) for i in range(count - count // 5))
    return module(types(b"\x4e" + inside))


def long_rec_group_copies():
    """Long groups that differ in the last type only."""
    size = 400
    last = [I32, I64, F32, F64, V128]
    group = lambda i: b"\x4e" + vec([b"\x5f\0"] * size + [b"\x5f" + vec([last[i // 5 ** k % 5] + b"\0" for k in range(6)])])
    return module(types(*[group(i) for i in range(ROOM // len(group(0)) - 1)]))


def supertypes(depth, fields=0):
    """A chain of types, each extending the one before."""
    inside = vec([I32 + b"\0"] * fields)
    found, size = [b"\x50\0\x5f" + inside], 0
    while len(found) < depth and size < ROOM - 40 - fields * 2:
        found.append(b"\x50" + vec([u(len(found) - 1)]) + b"\x5f" + inside)
        size += len(found[-1])
    return found


def casts():
    """Casts along a chain of supertypes: is the end of the chain a subtype of its begin?"""
    chain = supertypes(60)
    one = b"\xd0" + s(59) + b"\xfb\x17" + s(0) + b"\x1a"
    sections = types(*chain, func_type()), funcs(len(chain)), code(body(one * (ROOM // len(one) - 200)))
    return module(*sections)


def wide_supertypes():
    """Types with many fields, each checked against its supertype's."""
    return module(types(*supertypes(60, 8000)))


def functions_tiny():
    count = ROOM // 5
    return module(types(func_type()), funcs(*[0] * count), code(*[body(b"")] * count))


def named(count_from_end=0):
    """A name for every function, and (with a broken last function) a message that needs the last of them."""
    count = ROOM // 16
    names = section(0, name("name") + section(1, vec(u(i) + name(f"f{i}") for i in range(count))))
    bodies = [body(b"")] * (count - 1) + [body(b"\x6a" if count_from_end else b"")]
    return module(types(func_type()), funcs(*[0] * count), code(*bodies), names)


def customs():
    return module(*[section(0, name("a"))] * (ROOM // 4))


def customs_twice():
    """Names and producers, each two times: custom sections never make a module invalid."""
    return module(*[section(0, name("name") + section(0, name("m"))), section(0, name("producers") + b"\0")] * 2)


def imports(long):
    one = name("") + name("") + b"\0\0" if not long else name("m" * 30_000) + name("n" * 30_000) + b"\0\0"
    return module(types(func_type()), section(2, vec([one] * (ROOM // len(one)))))


def exports(twice):
    count = ROOM // 14
    found = [name(f"export{i:05}") + b"\0\0" for i in range(count - 2)]
    if twice:
        found.append(found[0])
    return module(types(func_type()), funcs(0), section(7, vec(found)), code(body(b"")))


def long_exports():
    """Names that differ in their last bytes only."""
    return module(types(func_type()), funcs(0), section(7, vec(name("x" * 1000 + f"{i:04}") + b"\0\0" for i in range(980))), code(body(b"")))


def data_segments():
    return module(section(11, vec([b"\1\0"] * (ROOM // 2))))


def elements():
    one = b"\1\0" + vec([u(0)])
    return module(types(func_type()), funcs(0), section(9, vec([one] * (ROOM // len(one)))), code(body(b"")))


def globals_of_globals():
    first = I32 + b"\0" + b"\x41\0" + END
    return module(section(6, vec([first] + [I32 + b"\0" + b"\x23" + u(i // 2) + END for i in range(ROOM // 8)])))


def long_constant():
    return module(section(6, vec([I32 + b"\0" + b"\x41\0" + b"\x41\0\x6a" * (ROOM // 3) + END])))


def constant_without_end():
    return module(section(6, vec([I32 + b"\0" + b"\x41\0" * (ROOM // 2) + b"\x6a" * 10 + END])))


ANYREF, I31REF = b"\x6e", b"\x6c"


def calls_of_subtypes(depth=60):
    """A thousand references given as one type and taken as another, a chain of supertypes away."""
    chain = supertypes(depth)
    signature = func_type([b"\x63" + s(0)] * 1000, [b"\x63" + s(depth - 1)] * 1000)
    push = (b"\xd0" + s(depth - 1)) * 1000
    calls_ = b"\x10\0" * ((ROOM - len(push) - 9000) // 2)
    return module(types(*chain, signature, func_type()), funcs(depth, depth + 1), code(body(UNREACHABLE), body(push + calls_ + UNREACHABLE)))


def tail_calls_of_subtypes():
    """Each compares the thousand results of both functions."""
    ours, theirs = func_type([], [ANYREF] * 1000), func_type([], [I31REF] * 1000)
    return module(types(ours, theirs), funcs(1, 0), code(body(UNREACHABLE), body(b"\x12\0" * ((ROOM - 6000) // 2))))


def catches_of_subtypes():
    given, taken, count = func_type([I31REF] * 1000), func_type([], [ANYREF] * 1000), 10_000
    handlers = (b"\x1f\x40" + u(count) + b"\0\0\0" * count + END) * 33
    return module(types(taken, given, func_type()), funcs(2), section(13, vec([b"\0" + u(1)])),
                  code(body(b"\x02" + s(0) + handlers + UNREACHABLE + END + UNREACHABLE)))


def blocks_of_subtypes():
    signature = func_type([ANYREF] * 1000, [I31REF] * 1000)
    blocks = (b"\x02\0" + UNREACHABLE + END) * ((ROOM - 6000) // 4)
    return module(types(signature, func_type()), funcs(1), code(body(b"\xd0\x6c" * 1000 + blocks + UNREACHABLE)))


def array_fixed():
    """One instruction takes as many operands as it says."""
    array = b"\x5e" + I32 + b"\0"
    code_ = b"\xfb\x08" + u(1) + u(4_000_000_000) + b"\x1a"
    return one_function(UNREACHABLE + code_ * (ROOM // len(code_)), more_types=[array])


def wide_struct(reachable, op):
    """One instruction of a few bytes has 10,000 fields to look at."""
    struct = b"\x5f" + vec([I32 + b"\0"] * 10_000)
    code_ = b"\xfb" + op + u(1) + b"\x1a"
    start = b"" if reachable else UNREACHABLE
    return one_function(start + code_ * ((ROOM - len(struct)) // len(code_)), more_types=[struct])


def wide_struct_constant():
    struct = b"\x5f" + vec([I32 + b"\0"] * 10_000)
    return module(section(1, vec([struct])), section(6, vec([b"\x6e\0\xfb\x01\0\x0b"] * 150_000)))


def select_of_types():
    return one_function(UNREACHABLE + (b"\x1c" + vec([I32]) + b"\x1a") * (ROOM // 5))


def operands():
    return one_function(b"\x41\0" * (ROOM // 2))


def operands_dropped():
    return one_function(b"\x41\0" * (ROOM // 3) + b"\x1a" * (ROOM // 3))


def params(most):
    return module(types(func_type([I32] * most)))


def limits_of(kind, flags, *numbers):
    limits = bytes([flags]) + b"".join(map(u, numbers))
    return module(section(5, vec([limits]))) if kind == "memory" else module(section(4, vec([FUNCREF + limits])))


def memories(count):
    return module(section(5, vec([b"\0\0"] * count)))


def tables(count):
    return module(section(4, vec([FUNCREF + b"\0\0"] * count)))


def section_lies(size):
    return b"\0asm\1\0\0\0" + b"\1" + size + vec([func_type()])


TRAPS = [
    ("nested blocks", VALID, lambda: nested(BLOCK)),
    ("nested loops", VALID, lambda: nested(b"\x03\x40")),
    ("nested ifs", VALID, nested_if),
    ("nested try_table", VALID, lambda: nested(b"\x1f\x40\0")),
    ("nested legacy try", VALID, lambda: nested(b"\x06\x40", b"\x19" + END)),
    ("br_table, a million", EITHER, lambda: br_table(ROOM - 100, 1, 0)),
    ("br_table, 65,000", VALID, lambda: br_table(65_000, 15, 0)),
    ("br_table, 65,000 x 1,000", VALID, lambda: br_table(65_000, 15, 1000)),
    ("br_table, operands there", VALID, br_table_reachable),
    ("br_table, small ones x 1,000", VALID, lambda: br_table(1, ROOM // 6, 1000)),
    ("calls x 1,000, unreachable", VALID, lambda: calls(True)),
    ("calls x 1,000", VALID, lambda: calls(False)),
    ("blocks x 1,000", VALID, blocks_with_types),
    ("nested blocks x 1,000", VALID, nested_with_types),
    ("catches x 1,000", VALID, catches),
    ("50,000 locals, all functions", VALID, lambda: locals_of_many_functions(I32)),
    ("50,000 unset, all functions", VALID, lambda: locals_of_many_functions(b"\x64" + s(0))),
    ("50,000 runs of locals", VALID, many_runs),
    ("locals set in blocks", VALID, locals_to_set),
    ("locals, 2^32 - 1", REFUSED, locals_most),
    ("locals, 2^33", REFUSED, locals_wrap),
    ("rec groups, all alike", VALID, rec_groups_alike),
    ("rec group, one", EITHER, one_rec_group),
    ("rec groups, almost alike", VALID, long_rec_group_copies),
    ("supertypes, 60,000 deep", EITHER, lambda: module(types(*supertypes(60_000)))),
    ("supertypes, 8,000 fields", VALID, wide_supertypes),
    ("casts along supertypes", VALID, casts),
    ("functions, tiny", VALID, functions_tiny),
    ("names", VALID, named),
    ("names, last one wanted", INVALID, lambda: named(1)),
    ("custom sections", EITHER, customs),
    ("custom sections, twice", VALID, customs_twice),
    ("imports", EITHER, lambda: imports(False)),
    ("imports, long names", VALID, lambda: imports(True)),
    ("exports", VALID, lambda: exports(False)),
    ("exports, last is the first", INVALID, lambda: exports(True)),
    ("exports, long names", VALID, long_exports),
    ("data segments", EITHER, data_segments),
    ("element segments", EITHER, elements),
    ("globals of globals", VALID, globals_of_globals),
    ("constant expression, long", VALID, long_constant),
    ("constant expression, deep", INVALID, constant_without_end),
    ("calls x 1,000 subtypes", VALID, calls_of_subtypes),
    ("tail calls x 1,000 subtypes", VALID, tail_calls_of_subtypes),
    ("catches x 1,000 subtypes", VALID, catches_of_subtypes),
    ("blocks x 1,000 subtypes", VALID, blocks_of_subtypes),
    ("array.new_fixed, 4 billion", EITHER, array_fixed),
    ("struct.new of 10,000 fields, unreachable", VALID, lambda: wide_struct(False, b"\0")),
    ("struct.new_default of 10,000 fields", VALID, lambda: wide_struct(True, b"\1")),
    ("struct.new_default as a constant", VALID, wide_struct_constant),
    ("select with types", VALID, select_of_types),
    ("operands left", INVALID, operands),
    ("operands dropped", VALID, operands_dropped),
    ("parameters, 1,000", VALID, lambda: params(1000)),
    ("parameters, 100,000", EITHER, lambda: params(100_000)),
    ("memory, 2^32 pages", INVALID, lambda: limits_of("memory", 0, 0xFFFFFFFF)),
    ("memory64, 2^64 - 1 pages", INVALID, lambda: limits_of("memory", 4, (1 << 64) - 1)),
    ("memory64, 2^48 pages", VALID, lambda: limits_of("memory", 4, 1 << 48)),
    ("table, 2^32 - 1", EITHER, lambda: limits_of("table", 0, 0xFFFFFFFF)),
    ("memories, 200,000", EITHER, lambda: memories(200_000)),
    ("tables, 200,000", EITHER, lambda: tables(200_000)),
    ("section size, 2^32 - 1", INVALID, lambda: section_lies(u(0xFFFFFFFF))),
    ("section size, overlong", INVALID, lambda: section_lies(b"\x85\x80\x80\x80\x80\x00")),
    ("section size, too small", INVALID, lambda: section_lies(u(2))),
    ("section twice", INVALID, lambda: module(types(func_type()), types(func_type()))),
]
