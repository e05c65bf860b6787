# SPDX-License-Identifier: Apache-2.0
"""A random WIT package: interfaces with types of every kind, resources, a world that imports and exports them."""

PRIMITIVES = ["bool", "u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "char", "string"]
WORDS = ["apple", "bird", "cloud", "dew", "east", "fern", "gold", "hill", "iris", "jade", "kelp", "lake", "moss", "north"]


class Package:
    def __init__(self, rng):
        self.rng = rng
        self.count = 0
        self.types = []      # names usable as types where we are
        self.resources = []  # names usable in own and borrow

    def name(self):
        self.count += 1
        return f"{self.rng.choice(WORDS)}-x{self.count}"

    def names(self, most):
        return [self.name() for _ in range(self.rng.randint(1, most))]

    def type(self, depth=0, borrow=False):
        rng = self.rng
        roll = rng.random()
        if depth > 3 or roll < 0.35:
            return rng.choice(PRIMITIVES)
        if roll < 0.5 and self.types:
            return rng.choice(self.types)
        if roll < 0.6 and self.resources:
            resource = rng.choice(self.resources)
            return f"borrow<{resource}>" if borrow and rng.random() < 0.5 else resource
        inner = [self.type(depth + 1, borrow) for _ in range(rng.randint(1, 4))]
        return rng.choice([f"list<{inner[0]}>", f"option<{inner[0]}>", f"tuple<{', '.join(inner)}>", "result",
                           f"result<{inner[0]}>", f"result<_, {inner[0]}>", f"result<{inner[0]}, {inner[-1]}>"])

    def function(self):
        params = ", ".join(f"{n}: {self.type(borrow=True)}" for n in self.names(6)) if self.rng.random() < 0.8 else ""
        result = f" -> {self.type()}" if self.rng.random() < 0.7 else ""
        return f"func({params}){result}"

    def definition(self):
        rng, name = self.rng, self.name()
        kind = rng.choice(["record", "variant", "enum", "flags", "type", "resource"])
        if kind == "record":
            text = f"record {name} {{ {', '.join(f'{n}: {self.type()}' for n in self.names(6))} }}"
        elif kind == "variant":
            cases = [f"{n}({self.type()})" if rng.random() < 0.6 else n for n in self.names(6)]
            text = f"variant {name} {{ {', '.join(cases)} }}"
        elif kind == "type":
            text = f"type {name} = {self.type()};"
        elif kind == "resource":
            self.resources.append(name)
            first = ["constructor();"] if rng.random() < 0.5 else []
            rest = [f"{self.name()}: {rng.choice(['', 'static '])}{self.function()};" for _ in range(rng.randint(0, 3))]
            return f"resource {name} {{ {' '.join(first + rest)} }}"
        else:
            text = f"{kind} {name} {{ {', '.join(self.names(32 if kind == 'flags' else 40))} }}"
        self.types.append(name)
        return text

    def interface(self, name):
        self.types, self.resources = [], []
        body = [self.definition() for _ in range(self.rng.randint(0, 6))]
        body += [f"{self.name()}: {self.function()};" for _ in range(self.rng.randint(0, 4))]
        return f"interface {name} {{\n  " + "\n  ".join(body) + "\n}\n"

    def world(self, interfaces):
        rng = self.rng
        self.types, self.resources = [], []
        items = [f"import {i};" for i in interfaces if rng.random() < 0.6]
        items += [f"export {i};" for i in interfaces if rng.random() < 0.4]
        items += [self.definition() for _ in range(rng.randint(0, 3))]
        items += [f"{rng.choice(['import', 'export'])} {self.name()}: {self.function()};" for _ in range(rng.randint(0, 4))]
        return "world w {\n  " + "\n  ".join(items) + "\n}\n"

    def text(self):
        interfaces = [self.name() for _ in range(self.rng.randint(1, 4))]
        version = self.rng.choice(["", "@0.1.0", "@1.2.3-rc.1"])
        return f"package some:where{version};\n" + "".join(map(self.interface, interfaces)) + self.world(interfaces)
