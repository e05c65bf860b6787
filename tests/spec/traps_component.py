# SPDX-License-Identifier: Apache-2.0
"""Components that are cheap to write and may be dear to validate: types that double at each step, copies of copies."""
from encode import *  # noqa: F403
from traps_core import EITHER, INVALID, REFUSED, ROOM, VALID

U8, STRING = b"\x7d", b"\x73"


def label(text):
    return b"\0" + name(text)


def many(kind, entries):
    return section(kind, vec(entries))


def doubled(kind, steps):
    """Each type holds the one before twice."""
    found = [b"\x6f" + vec([U8, U8])]
    for i in range(steps - 1):
        found.append(kind(s(i)))
    return found


def pair(t):
    return b"\x6f" + vec([t, t])


def record(t):
    return b"\x72" + vec([name("a") + t, name("b") + t])


def variant(t):
    return b"\x71" + vec([name("a") + b"\1" + t + b"\0", name("b") + b"\1" + t + b"\0"])


def listed(t):
    return b"\x70" + t


def lifted(found):
    """The last of the types as a parameter of a function that is lowered, so that it is flattened."""
    func = b"\x40" + vec([name("p") + s(len(found) - 1)]) + b"\1\0"
    imported = section(10, vec([label("f") + b"\1" + u(len(found))]))
    return component(many(7, [*found, func]), imported, section(8, vec([b"\1\0\0" + vec([])])))


def compared(found):
    """Two copies of the types, and an instantiation that has to find them equal."""
    func = lambda last: b"\x40" + vec([name("p") + s(last)]) + b"\1\0"
    inner = component(many(7, [*found, func(len(found) - 1)]), section(10, vec([label("f") + b"\1" + u(len(found))])))
    outer = many(7, [*found, func(len(found) - 1)]), section(10, vec([label("f") + b"\1" + u(len(found))]))
    args = vec([b"\0\0" + vec([name("f") + b"\1\0"])])
    return component(*outer, section(4, inner), section(5, args))


def instance_type(*declarations):
    return b"\x42" + vec(declarations)


def exported(text, desc):
    return b"\4" + label(text) + desc


def resources_doubled(steps):
    """Instance types that hold the one before twice; at the bottom a resource, fresh for each import."""
    found = [instance_type(exported("r", b"\3\1"))]
    for i in range(steps - 1):
        outer = b"\2\3\2" + u(1) + u(i)
        found.append(instance_type(outer, exported("a", b"\5\0"), exported("b", b"\5\0")))
    return component(many(7, found), section(10, vec([label("i") + b"\5" + u(steps - 1)])))


def imports_of_wide_instances(exports, resources):
    """One type with many exports, imported as often as fits."""
    item = (lambda i: exported(f"r{i}", b"\3\1")) if resources else (lambda i: exported(f"f{i}", b"\1\0"))
    head = [] if resources else [b"\1\x40\0\1\0"]
    wide = instance_type(*head, *map(item, range(exports)))
    room = ROOM - len(wide) - 100
    return component(many(7, [wide]), section(10, vec(label(f"i{i}") + b"\5\0" for i in range(room // 11))))


def components_nested():
    inner = component()
    while len(inner) < ROOM - 20:
        inner = component(section(4, inner))
        if len(inner) > 40_000:
            break
    return inner


def instance_types_nested():
    inner = instance_type()
    for _ in range(30_000):
        inner = instance_type(b"\1" + inner)
    return component(many(7, [inner]))


def component_types_nested():
    inner = b"\x41\0"
    for _ in range(200_000):
        inner = b"\x41\1\1" + inner
    return component(section(7, u(1) + inner))


def modules_tiny(most=ROOM):
    return component(*[section(1, b"\0asm\1\0\0\0")] * min(most, ROOM // 10))


def instances_of_wide_module(most=ROOM):
    """A module of many exports, instantiated as often as fits."""
    inner = module(types(func_type()), funcs(0), section(7, vec(name(f"{i}") + b"\0\0" for i in range(20_000))), code(body(b"")))
    count = min(most, (ROOM - len(inner) - 100) // 3)
    return component(section(1, inner), many(2, [b"\0\0\0"] * count))


def instances_as_arguments(most=ROOM):
    """Every instance handed on to a module that wants many imports."""
    wants = module(types(func_type()), section(2, vec(name("a") + name(f"{i}") + b"\0\0" for i in range(3000))))
    gives = module(types(func_type()), funcs(0), section(7, vec(name(f"{i}") + b"\0\0" for i in range(3000))), code(body(b"")))
    count = min(most, (ROOM - len(wants) - len(gives) - 200) // 7)
    return component(section(1, gives), section(1, wants),
                     many(2, [b"\0\0\0"] + [b"\0\1" + vec([name("a") + b"\x12\0"])] * count))


def instances_with_long_names():
    """The same with few names that take long to compare."""
    names = ["x" * 9000 + f"{i:04}" for i in range(40)]
    wants = module(types(func_type()), section(2, vec(name("a") + name(n) + b"\0\0" for n in names)))
    gives = module(types(func_type()), funcs(0), section(7, vec(name(n) + b"\0\0" for n in names)), code(body(b"")))
    return component(section(1, gives), section(1, wants),
                     many(2, [b"\0\0\0"] + [b"\0\1" + vec([name("a") + b"\x12\0"])] * 4000))


def aliases(most=ROOM):
    one = b"\5\0\0" + name("a")
    inner = instance_type(b"\1" + instance_type(), exported("a", b"\5\0"))
    count = min(most, (ROOM - 200) // len(one))
    return component(many(7, [inner]), section(10, vec([label("i") + b"\5\0"])), many(6, [one] * count))


def aliases_of_aliases():
    """Deep instances: a path of exports, walked one step at a time."""
    depth = 2000
    inner = instance_type()
    for _ in range(depth):
        inner = instance_type(b"\1" + inner, exported("a", b"\5\0"))
        if len(inner) > ROOM // 3:
            break
    return component(many(7, [inner]), section(10, vec([label("i") + b"\5\0"])), many(6, [b"\5\0" + u(i) + name("a") for i in range(depth)]))


def outer_aliases():
    return component(many(7, [b"\x40\0\1\0"]), many(6, [b"\3\2\0\0"] * (ROOM // 4)))


def outer_count():
    return component(many(6, [b"\3\2" + u(0xFFFFFFFF) + b"\0"]))


def lowered():
    func = b"\x40" + vec(name(f"p{i}") + U8 for i in range(16)) + b"\1\0"
    return component(many(7, [func]), section(10, vec([label("f") + b"\1\0"])), many(8, [b"\1\0\0\0"] * (ROOM // 4)))


def lowered_strings():
    """Many parameters, flattened again and again."""
    func = b"\x40" + vec(name(f"p{i}") + U8 for i in range(17)) + b"\1\0"
    wide = b"\x6f" + vec([U8] * 100_000)
    count = (ROOM - 200_000) // 12
    funcs_ = [b"\x40" + vec([name("p") + s(0)]) + b"\1\0"] * count
    return component(many(7, [wide, func, *funcs_]))


def types_of_wide_types():
    """Functions, each with a record of thousands of fields as parameter, all imported."""
    wide = b"\x72" + vec(name(f"f{i}") + U8 for i in range(10_000))
    func = b"\x40" + vec([name(f"p{i}") + s(0) for i in range(10)]) + b"\1\0"
    count = (ROOM - 100_000) // (len(func) + 12)
    return component(many(7, [wide] + [func] * count), section(10, vec(label(f"x{i}") + b"\1" + u(i + 1) for i in range(count))))


def cases(kind):
    one = (lambda i: name(f"c{i}") + b"\0\0") if kind == b"\x71" else (lambda i: name(f"c{i}"))
    return component(many(7, [kind + vec(one(i) for i in range(100_000))]))


def import_names(text):
    return component(many(7, [b"\x40\0\1\0"]), section(10, vec(label(text(i)) + b"\1\0" for i in range(ROOM // (len(text(0)) + 8)))))


def long_name():
    return component(many(7, [b"\x40\0\1\0"]), section(10, vec([label("a-" * 450_000 + "a") + b"\1\0"])))


def args(count):
    inner = component(section(10, vec([])))
    named = vec(name(f"a{i}") + b"\5\0" for i in range(count))
    return component(section(4, inner), many(5, [b"\1\0", b"\0\0" + named]))


def inline_exports():
    """Instances made of exports of instances, each holding the one before twice."""
    found = [b"\1\0"]
    for i in range(60_000):
        found.append(b"\1" + vec([label("a") + b"\5" + u(i), label("b") + b"\5" + u(i)]))
    return component(many(5, found))


def exports_of_doubled():
    """The same, exported with its type to be made: the whole of it."""
    found = [b"\1\0"]
    for i in range(40):
        found.append(b"\1" + vec([label("a") + b"\5" + u(i), label("b") + b"\5" + u(i)]))
    return component(many(5, found), section(11, vec([label("x") + b"\5" + u(40) + b"\0"])))


def instantiations(count, most=ROOM):
    """A component whose instances hold many resources, instantiated again and again: each time fresh ones."""
    resource = b"\x3f\x7f\0"
    inner = component(many(7, [resource] * count), section(11, vec(label(f"r{i}") + b"\3" + u(i) + b"\0" for i in range(count))))
    times = min(most, (ROOM - len(inner) - 100) // 3)
    return component(section(4, inner), many(5, [b"\0\0\0"] * times))


def instantiations_nested(depth):
    """Each component instantiates the one before twice and exports both: resources double."""
    inner = component(many(7, [b"\x3f\x7f\0"]), section(11, vec([label("r") + b"\3\0\0"])))
    for _ in range(depth):
        inner = component(section(4, inner), many(5, [b"\0\0\0"] * 2),
                          section(11, vec([label("a") + b"\5\0\0", label("b") + b"\5\1\0"])))
    return inner


TRAPS = [
    ("tuples doubled", EITHER, lambda: component(many(7, doubled(pair, ROOM // 12)))),
    ("tuples doubled, flattened", EITHER, lambda: lifted(doubled(pair, 40))),
    ("records doubled, flattened", EITHER, lambda: lifted(doubled(record, 60_000))),
    ("variants doubled, flattened", EITHER, lambda: lifted(doubled(variant, 30_000))),
    ("lists, deep", EITHER, lambda: lifted(doubled(listed, 200_000))),
    ("tuples doubled, compared", EITHER, lambda: compared(doubled(pair, 40))),
    ("tuples doubled, compared long", EITHER, lambda: compared(doubled(pair, 30_000))),
    ("lists, deep, compared", EITHER, lambda: compared(doubled(listed, 90_000))),
    ("resources doubled", EITHER, lambda: resources_doubled(40)),
    ("resources doubled, long", EITHER, lambda: resources_doubled(30_000)),
    ("wide instances", EITHER, lambda: imports_of_wide_instances(10_000, False)),
    ("wide instances, resources", EITHER, lambda: imports_of_wide_instances(10_000, True)),
    ("components nested", EITHER, components_nested),
    ("instance types nested", EITHER, instance_types_nested),
    ("component types nested", EITHER, component_types_nested),
    ("modules, tiny", EITHER, modules_tiny),
    ("modules, tiny, 990", VALID, lambda: modules_tiny(990)),
    ("instances of a wide module", EITHER, instances_of_wide_module),
    ("instances of a wide module, 4,000", EITHER, lambda: instances_of_wide_module(4000)),
    ("instances as arguments", EITHER, instances_as_arguments),
    ("instances as arguments, 4,000", EITHER, lambda: instances_as_arguments(4000)),
    ("instances with long names", EITHER, instances_with_long_names),
    ("aliases", EITHER, aliases),
    ("aliases, 4,000", VALID, lambda: aliases(4000)),
    ("aliases of aliases", EITHER, aliases_of_aliases),
    ("outer aliases", EITHER, outer_aliases),
    ("outer count, 2^32 - 1", INVALID, outer_count),
    ("functions lowered", EITHER, lowered),
    ("tuple of 100,000", EITHER, lowered_strings),
    ("wide records as parameters", EITHER, types_of_wide_types),
    ("cases, 100,000", EITHER, lambda: cases(b"\x71")),
    ("enum, 100,000", EITHER, lambda: cases(b"\x6d")),
    ("flags, 100,000", REFUSED, lambda: cases(b"\x6e")),
    ("import names", EITHER, lambda: import_names(lambda i: f"name{i:05}")),
    ("import names, long", EITHER, lambda: import_names(lambda i: "x" * 1000 + f"{i:04}")),
    ("import names, alike", INVALID, lambda: import_names(lambda i: "name")),
    ("name of a megabyte", EITHER, long_name),
    ("arguments, 80,000", EITHER, lambda: args(80_000)),
    ("instances of instances", EITHER, inline_exports),
    ("instances doubled, exported", EITHER, exports_of_doubled),
    ("instances with resources", EITHER, lambda: instantiations(2000)),
    ("instances with resources, 250", EITHER, lambda: instantiations(1000, 250)),
    ("instances with resources, 4,000", EITHER, lambda: instantiations(200, 4000)),
    ("resources doubled, 15", EITHER, lambda: resources_doubled(15)),
    ("tuples doubled, 15", EITHER, lambda: compared(doubled(pair, 15))),
    ("instances doubled, 15", EITHER, lambda: instantiations_nested(14)),
    ("instances doubled, resources", EITHER, lambda: instantiations_nested(40)),
]
