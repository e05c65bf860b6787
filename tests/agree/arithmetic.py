# SPDX-License-Identifier: Apache-2.0
"""Random modules that compute: functions full of numeric, vector and memory instructions, of every row with a plain signature
in runtime-min/opcode*.h, over locals, globals, a memory or two, ifs, branches and loops that end. What they give depends on
nearly all that they do, which cannot be said of what `wasm-tools smith` makes."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r'X\(0x[0-9a-f]+, \w+, "([^"]+)", (\w+), (NONE|MEM|LANE|MEM_LANE|ATOMIC|SHUFFLE), (\d+), (\w+)\)')
TYPES = {"I": "i32", "L": "i64", "F": "f32", "D": "f64", "V": "v128"}
# Most of what traps would end the run at once.
TRAPS = re.compile(r"div_|rem_|i(32|64)\.trunc_f")
WORDS = [0, 1, 2, 7, 8, 31, 32, 63, 64, 255, 256, 0x7f, 0x80, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]
FLOATS = ["0", "-0", "1", "-1", "0.5", "-0.5", "1.5", "2.5", "-3.5", "inf", "-inf", "nan", "nan:0x200001", "-nan:0x1", "8388607.5",
          "4294967295", "-2147483648", "2147483648", "9223372036854775808", "1e-40", "3e38", "0.1", "-65536.25", "16777217"]


# Relaxed instructions for which wasmtime's deterministic mode has something else in mind than core 3.0: it multiplies and adds
# with one rounding, and the sums of its dot products wrap around.
OTHER = re.compile(r"relaxed_(n?madd|dot)")


def rows():
    found = []
    for name in ("opcode.h", "opcode-simd.h", "opcode-prefixed.h"):
        found += ROW.findall((ROOT / "runtime-min" / name).read_text())
    return [r for r in found if re.fullmatch(r"[ILFDVA]*_[ILFDV]*", r[1]) and r[1] != "_" and "wait" not in r[0]
            and "fence" not in r[0] and not OTHER.search(r[0])]


ROWS = rows()
GIVING = {letter: [r for r in ROWS if r[1].endswith("_" + letter) and not r[1].startswith("_")] for letter in TYPES}
PAIRS = [r for r in ROWS if r[1].endswith("_LL")]
STORES = [r for r in ROWS if r[1].startswith("A") and r[1].endswith("_")]


class Program:
    def __init__(self, rng):
        self.rng = rng
        self.memories = rng.choice([1, 1, 1, 2])
        self.is64 = rng.random() < 0.2
        self.functions = []  # (parameters, result)
        self.letters = "ILFDV" if rng.random() < 0.6 else rng.choice(["IL", "ILFD", "IV", "FDV", "ILV"])
        self.trapping = rng.random() < 0.15  # how much may trap
        self.locals = []

    def const(self, letter):
        rng = self.rng
        if letter in "IL":
            bits = 32 if letter == "I" else 64
            value = rng.choice(WORDS) if rng.random() < 0.6 else rng.getrandbits(rng.choice([8, 16, bits]))
            if letter == "L" and rng.random() < 0.3:
                value = (1 << 64) - 1 - value
            return f"({TYPES[letter]}.const {value % (1 << bits)})"
        if letter in "FD":
            return f"({TYPES[letter]}.const {rng.choice(FLOATS)})"
        shape = rng.choice(["i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2"])
        bits, lanes = int(shape[1:].split("x")[0]), int(shape.split("x")[1])
        if shape[0] == "f":
            return f"(v128.const {shape} {' '.join(rng.choice(FLOATS) for _ in range(lanes))})"
        values = [rng.choice(WORDS) if rng.random() < 0.5 else rng.getrandbits(bits) for _ in range(lanes)]
        return f"(v128.const {shape} {' '.join(str(v % (1 << bits)) for v in values)})"

    def leaf(self, letter):
        mine = [i for i, other in enumerate(self.locals) if other == letter]
        choice = self.rng.random()
        if mine and choice < 0.7:
            return f"(local.get {self.rng.choice(mine)})"
        return self.const(letter) if choice < 0.93 else f"(global.get ${letter})"

    def address(self, depth):
        """Mostly inside, mostly aligned to 8."""
        rng = self.rng
        type_, letter = ("i64", "L") if self.is64 else ("i32", "I")
        if rng.random() < 0.2:
            return f"({type_}.const {rng.choice([0, 1, 8, 16, 1000, 4096, 65520])})"
        if rng.random() < (0.05 if self.trapping else 0.003):
            return self.expr(letter, depth)
        masked = f"({type_}.and {self.expr(letter, depth)} ({type_}.const {rng.choice([0x7ff8, 0x7ff8, 0x3fff])}))"
        choice = rng.random()
        if choice < 0.6:
            return masked
        if choice < 0.8:  # a sum, which may wrap around
            low = rng.choice([8, 24, 0x1000] + ([-8, -0x1000, 0x10000] if self.trapping else []))
            return f"({type_}.{rng.choice(['add', 'add', 'sub']) if self.trapping else 'add'} {masked} ({type_}.const {low}))"
        if choice < 0.9:
            return f"({type_}.add ({type_}.and {self.leaf(letter)} ({type_}.const 0x3ff8)) {masked})"
        if choice < 0.95:
            return f"({type_}.shl ({type_}.and {self.leaf(letter)} ({type_}.const 0xfff)) ({type_}.const {rng.choice([0, 1, 2, 3])}))"
        return f"({type_}.add ({type_}.const -256) ({type_}.add ({type_}.const 256) {masked}))"

    def instruction(self, row, depth):
        name, signature, immediate, argument, _ = row
        rng, words = self.rng, [name]
        if immediate == "SHUFFLE":
            words += [str(rng.randrange(32)) for _ in range(16)]
        lane = rng.randrange(int(argument)) if immediate == "LANE" else None
        if immediate in ("MEM", "MEM_LANE", "ATOMIC"):
            if self.memories > 1 and rng.random() < 0.3:
                words.append("1")
            offset = rng.choice([0, 0, 0, 8, 16, 1024, 0x8000] + ([70000] if self.trapping else []))
            if offset:
                words.append(f"offset={offset}")
        if immediate == "MEM_LANE":
            lane = rng.randrange(16 >> int(argument))
        if lane is not None:
            words.append(str(lane))
        operands = [self.address(depth - 1) if letter == "A" else self.expr(letter, depth - 1)
                    for letter in signature.split("_")[0]]
        if immediate == "ATOMIC":
            type_ = "i64" if self.is64 else "i32"
            operands[0] = f"({type_}.and {self.expr('L' if self.is64 else 'I', depth - 1)} ({type_}.const 0x7ff8))"
        return f"({' '.join(words + operands)})"

    def row(self, letter):
        while True:
            row = self.rng.choice(GIVING[letter])
            name = row[0]
            if "relaxed" in name and self.rng.random() < 0.5 or "atomic" in name and self.rng.random() < 0.8:
                continue
            # Instructions over types that this program does not have are rare in it.
            if any(c not in self.letters + "A" for c in row[1].split("_")[0]) and self.rng.random() < 0.9:
                continue
            if not TRAPS.search(name) or "sat" in name or self.rng.random() < (0.3 if self.trapping else 0.02):
                return row

    def expr(self, letter, depth):
        rng = self.rng
        if depth <= 0:
            return self.leaf(letter)
        choice, type_ = rng.random(), TYPES[letter]
        if choice < 0.12:
            return self.leaf(letter)
        if choice < 0.17:
            return f"(select {self.expr(letter, depth - 1)} {self.expr(letter, depth - 1)} {self.condition(depth - 1)})"
        if choice < 0.20:
            one, other = self.expr(letter, depth - 1), self.expr(letter, depth - 1)
            return f"(if (result {type_}) {self.condition(depth - 1)} (then {one}) (else {other}))"
        if choice < 0.22:
            one, other = self.expr(letter, depth - 1), self.expr(letter, depth - 1)
            return f"(block (result {type_}) (drop (br_if 0 {one} {self.condition(depth - 1)})) {other})"
        if choice < 0.26:
            mine = [i for i, other in enumerate(self.locals) if other == letter and i not in self.counters]
            if mine:
                return f"(local.tee {rng.choice(mine)} {self.expr(letter, depth - 1)})"
        if choice < 0.33 and letter != "V":
            return self.idiom(letter, depth)
        return self.instruction(self.row(letter), depth)

    def idiom(self, letter, depth):
        """What compilers write often, so that interpreters have one instruction for it."""
        rng, type_ = self.rng, TYPES[letter]
        a, b, c = (self.expr(letter, depth - 2) for _ in range(3))
        if letter in "FD":
            return rng.choice([f"({type_}.add ({type_}.mul {a} {b}) {c})", f"({type_}.add {c} ({type_}.mul {a} {b}))",
                               f"({type_}.sub {c} ({type_}.mul {a} {b}))", f"({type_}.sub ({type_}.mul {a} {b}) {c})"])
        k = f"({type_}.const {rng.choice([0, 1, 5, 7, 16, 31, 32, 33, 63, 64, 65, 4294967295])})"
        return rng.choice([f"({type_}.xor {a} ({type_}.shr_u {b} {k}))", f"({type_}.xor {a} ({type_}.rotl {b} {k}))",
                           f"({type_}.xor ({type_}.shr_u {a} {k}) {b})", f"({type_}.add {a} ({type_}.shl {b} {k}))",
                           f"({type_}.add ({type_}.shl {a} {k}) {b})", f"({type_}.add ({type_}.add {a} {b}) {c})",
                           f"({type_}.add {a} ({type_}.add {b} {c}))", f"({type_}.add {a} {k})", f"({type_}.sub {a} {k})"])

    def loop(self, depth, loops):
        """Up or down to a number, told by any comparison."""
        rng, letter = self.rng, self.rng.choice([c for c in "IL" if c in self.letters] or ["I"])
        type_, counter = TYPES[letter], len(self.locals)
        self.locals += [letter, letter]
        self.counters |= {counter, counter + 1}
        step, times = rng.choice([1, 1, 2, 3, 1000]), rng.choice([1, 2, 5, 9])
        compare, first, last = rng.choice([("ne", 0, step * times), ("lt_s", -step, step * times), ("lt_u", 0, step * times),
                                           ("le_s", 0, step * times), ("le_u", 0, step * times), ("eq", 0, step)])
        if rng.random() < 0.3:
            compare, first, last, step = rng.choice([("ne", step * times, 0), ("gt_s", step * times, -1), ("ge_s", step * times, 0),
                                                     ("gt_u", step * times, 0)]) + (-step,)
        elif compare == "eq" and rng.random() < 0.5:
            compare, last = "ge_u", -5  # not again
        limit = rng.choice([f"({type_}.const {last})", f"(local.get {counter + 1})"])
        body = self.statements(depth - 1, loops + 1)
        return (f"(local.set {counter} ({type_}.const {first})) (local.set {counter + 1} ({type_}.const {last})) "
                f"(loop {body} (br_if 0 ({type_}.{compare} (local.tee {counter} ({type_}.add (local.get {counter}) "
                f"({type_}.const {step}))) {limit})))")

    def moves(self):
        rng, words = self.rng, []
        for _ in range(rng.choice([2, 3, 4])):
            to = rng.choice([i for i in range(len(self.locals)) if i not in self.counters])
            same = [i for i, letter in enumerate(self.locals) if letter == self.locals[to]]
            words.append(f"(local.set {to} (local.get {rng.choice(same)}))")
        return " ".join(words)

    def condition(self, depth):
        """An i32, often a comparison with a constant."""
        rng = self.rng
        if rng.random() < 0.7:
            compare = [r for r in GIVING["I"] if re.search(r"\.(eqz|eq|ne|[lg][te](_[su])?)$", r[0]) and
                       all(c in self.letters for c in r[1].split("_")[0])]
            if compare:
                row = rng.choice(compare)
                operands = [self.expr(c, depth - 1) for c in row[1].split("_")[0]]
                if len(operands) == 2 and rng.random() < 0.5:
                    operands[1] = self.const(row[1][1])
                return f"({row[0]} {' '.join(operands)})"
        return self.expr("I", depth)

    def assign(self, letter, value):
        mine = [i for i, other in enumerate(self.locals) if other == letter and i not in self.counters]
        return f"(local.set {self.rng.choice(mine)} {value})" if mine else f"(drop {value})"

    def statement(self, depth, loops):
        rng, choice = self.rng, self.rng.random()
        letter = rng.choice(self.letters)
        if choice < 0.5 or depth <= 0:
            return self.assign(letter, self.expr(letter, rng.choice([1, 2, 3, 4])))
        if choice < 0.65:
            row = rng.choice(STORES)
            return self.instruction(row, 3)
        if choice < 0.70:
            return f"(global.set ${letter} {self.expr(letter, 3)})"
        if choice < 0.76:
            other = f" (else {self.statements(depth - 1, loops)})" if rng.random() < 0.6 else ""
            return f"(if {self.condition(3)} (then {self.statements(depth - 1, loops)}){other})"
        if choice < 0.82:
            one, other = self.statements(depth - 1, loops), self.statements(depth - 1, loops)
            return f"(block {one} (br_if 0 {self.condition(3)}) {other})"
        if choice < 0.86:
            one, other = self.statements(depth - 1, loops), self.statements(depth - 1, loops)
            return f"(block (block (block (br_table 0 1 2 1 {self.expr('I', 2)})) {one} (br 1)) {other})"
        if choice < 0.89 and loops < 2:
            return self.loop(depth, loops)
        if choice < 0.91:
            return self.moves()
        if choice < 0.93 and loops < 2:
            counter = len(self.locals)
            self.locals.append("I")
            self.counters.add(counter)
            body = self.statements(depth - 1, loops + 1)
            return (f"(local.set {counter} (i32.const {rng.choice([1, 2, 5, 9])})) (loop {body} (br_if 0 (local.tee {counter} "
                    f"(i32.sub (local.get {counter}) (i32.const 1)))))")
        if choice < 0.96 and PAIRS and "L" in self.letters:
            name, signature, *_ = rng.choice(PAIRS)
            operands = " ".join(self.expr("L", 2) for _ in signature.split("_")[0])
            return f"({name} {operands}) (local.set {self.pair[1]}) (local.set {self.pair[0]})"
        if loops == 0 and self.calls > 0 and self.functions:
            self.calls -= 1
            number = rng.randrange(len(self.functions))
            parameters, result = self.functions[number]
            return self.assign(result, f"(call {number} {' '.join(self.expr(c, 2) for c in parameters)})")
        return self.assign(letter, self.expr(letter, 3))

    def statements(self, depth, loops):
        return " ".join(self.statement(depth, loops) for _ in range(self.rng.choice([1, 1, 2, 3])))

    def function(self, number):
        rng = self.rng
        parameters = "".join(rng.choice(self.letters) for _ in range(rng.randint(0, 5)))
        result = rng.choice(self.letters)
        self.locals = list(parameters) + [c for c in self.letters for _ in range(rng.choice([1, 2, 3]))] + ["L", "L"]
        self.pair = (len(self.locals) - 2, len(self.locals) - 1)
        self.counters, self.calls = set(), 3
        body = [self.statement(3, 0) for _ in range(rng.choice([3, 10, 30]))]
        last = self.expr(result, 3)
        head = "".join(f" (param {TYPES[c]})" for c in parameters) + f" (result {TYPES[result]})"
        rest = "".join(f" (local {TYPES[c]})" for c in self.locals[len(parameters):])
        # What the locals hold at the end is seen in globals.
        ends = [f"(global.set $e{number}_{i} (local.get {i}))" for i in range(len(self.locals))]
        globals_ = [f'(global $e{number}_{i} (export "e{number}_{i}") (mut {TYPES[c]}) {self.zero(c)})'
                    for i, c in enumerate(self.locals)]
        self.functions.append((parameters, result))
        return "\n".join([*globals_, f'(func (export "f{number}"){head}{rest}', *body, *ends, f"{last})"])

    def zero(self, letter):
        return "(v128.const i64x2 0 0)" if letter == "V" else f"({TYPES[letter]}.const 0)"

    def text(self):
        rng = self.rng
        width = "i64 " if self.is64 else ""
        data = "".join(f"\\{rng.getrandbits(8):02x}" for _ in range(200))
        at = f"({'i64' if self.is64 else 'i32'}.const {rng.choice([0, 8, 1000])})"
        parts = [f'(memory (export "m{i}") {width}1 {rng.choice([1, 2])})' for i in range(self.memories)]
        parts += [f'(data {at} "{data}")']
        parts += [f'(global ${c} (export "{c}") (mut {TYPES[c]}) {self.const(c)})' for c in TYPES]
        parts += [self.function(n) for n in range(rng.choice([1, 2, 4]))]
        return "(module\n" + "\n".join(parts) + ")\n"
