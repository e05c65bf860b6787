# SPDX-License-Identifier: Apache-2.0
"""Inputs for two validators: modules from `wasm-tools smith`, components from random WIT, and both with something changed.

Everything follows from the seed. A worker makes a family at a time: one module or component, what `wasm-tools mutate`
makes of it, copies of it with one byte changed (flipped bits, a neighbour value, another opcode, any byte), one with some
bytes taken from elsewhere in it, and one with a section dropped, doubled or moved."""
import pathlib
import random
import subprocess

import reduce
import wit

# Beside the defaults: what wpack does not know is off; now and then something else is, too, or what is off is on.
SMITH = ["--compact-imports-enabled", "false", "--custom-descriptors-enabled", "false",
         "--shared-everything-threads-enabled", "false"]
ON = [["--custom-page-sizes-enabled", "true"], ["--wide-arithmetic-enabled", "true"], ["--max-memories", "4"],
      ["--threads-enabled", "true"], ["--max-tables", "9", "--min-tables", "2"], ["--generate-custom-sections", "true"],
      ["--min-tags", "1"], ["--min-types", "20"], ["--min-globals", "4"], ["--min-element-segments", "3"]]
OFF = ["gc", "simd", "reference-types", "exceptions", "memory64", "multi-value", "bulk-memory", "tail-call", "threads",
       "custom-page-sizes", "wide-arithmetic", "extended-const", "relaxed-simd"]
SEEDS = sorted((pathlib.Path(__file__).resolve().parents[1] / "fuzz/corpus").glob("*/valid-*.wasm"))
HEAD = 8  # the preamble is not worth more than a few mutants


class Generator:
    def __init__(self, tool, seed, folder):
        self.tool = tool
        self.rng = random.Random(seed)
        self.folder = folder
        self.count = 0

    def path(self, what):
        self.count += 1
        return self.folder / f"{self.count:05}-{what}.wasm"

    def run(self, *words):
        return subprocess.run([self.tool, *map(str, words)], capture_output=True).returncode == 0

    def smith(self):
        rng, path, seed = self.rng, self.path("smith"), self.folder / "seed"
        seed.write_bytes(rng.randbytes(rng.choice([100, 600, 2000, 8000, 30000])))
        words = ["smith", *SMITH]
        for name in OFF:
            if rng.random() < 0.1:
                words += [f"--{name}-enabled", "false"]
        for extra in ON:
            if rng.random() < 0.2:
                words += extra
        if rng.random() < 0.4:
            words += ["--min-funcs", rng.choice([2, 8]), "--max-instructions", rng.choice([20, 100, 1000])]
        if rng.random() < 0.15:
            words += ["--allow-invalid-funcs", "true"]
        return path if self.run(*words, seed, "-o", path) else None

    def worlds(self, package):
        done = subprocess.run([self.tool, "component", "wit", package], capture_output=True, text=True)
        return [line.split()[1] for line in done.stdout.splitlines() if line.startswith("world ")]

    def component(self):
        """A component around dummy code; or the package itself, which is one, too."""
        rng, embedded, path = self.rng, self.folder / "embedded", self.path("component")
        if rng.random() < 0.7:
            package, world = self.folder / "some.wit", "w"
            package.write_text(wit.Package(rng).text())
        else:
            seed, package = self.folder / "seed", self.folder / "package"
            seed.write_bytes(rng.randbytes(rng.choice([500, 3000, 20000])))
            flags = [f for f in ("--async", "--futures", "--streams", "--fixed-length-lists", "--implements") if rng.random() < 0.5]
            if not self.run("wit-smith", *flags, seed, "-o", package):
                return None
            worlds = self.worlds(package)
            if not worlds or rng.random() < 0.3:
                path.write_bytes(package.read_bytes())
                return path
            world = rng.choice(worlds)
        extra = rng.choice([[], [], ["--async-callback"], ["--async-stackful"]])
        made = self.run("component", "embed", "--dummy", *extra, "-w", world, package, "-o", embedded)
        if made and rng.random() < 0.3:
            mutated = self.folder / "mutated"
            if self.run("mutate", "--preserve-semantics", "--seed", rng.randrange(1 << 30), embedded, "-o", mutated):
                embedded = mutated
        return path if made and self.run("component", "new", "--skip-validation", embedded, "-o", path) else None

    def mutated(self, base):
        path = self.path("mutate")
        return path if self.run("mutate", "--seed", self.rng.randrange(1 << 30), base, "-o", path) else None

    def one_byte(self, data):
        rng = self.rng
        at = rng.randrange(len(data)) if rng.random() < 0.02 else rng.randrange(min(HEAD, len(data) - 1), len(data))
        old = data[at]
        new = old
        while new == old:
            new = rng.choice([old ^ (1 << rng.randrange(8)), (old + rng.choice([-1, 1])) & 255, rng.randrange(256),
                              rng.choice(b"\x00\x01\x02\x0b\x20\x21\x22\x40\x41\x6a\x7c\x7d\x7e\x7f\x70\x6f\xfb\xfc\xfd\xfe")])
        path = self.path(f"{'component' if data[6] else 'module'}-byte-{at:x}-{old:02x}-{new:02x}")
        path.write_bytes(data[:at] + bytes([new]) + data[at + 1:])
        return path

    def elsewhere(self, data):
        """A few bytes written over others."""
        rng, length = self.rng, self.rng.randint(2, 8)
        if len(data) < HEAD + 2 * length:
            return None
        source, target = (rng.randrange(HEAD, len(data) - length) for _ in range(2))
        path = self.path(f"{'component' if data[6] else 'module'}-bytes-{target:x}-{length}")
        path.write_bytes(data[:target] + data[source:source + length] + data[target + length:])
        return path

    def sections(self, data):
        """A section dropped, doubled or moved; of components, also inside a nested one."""
        rng, parts = self.rng, reduce.sections(data)
        if not parts:
            return None
        at = rng.randrange(len(parts))
        kind, body = parts[at]
        if data[6] and kind == 4 and rng.random() < 0.5:
            inner = self.sections(body)
            if inner is None:
                return None
            parts[at] = (kind, inner.read_bytes())
        else:
            what = rng.choice(["drop", "double", "move"])
            if what != "double":
                parts.pop(at)
            if what != "drop":
                parts.insert(rng.randrange(len(parts) + 1), (kind, body))
        path = self.path(f"{'component' if data[6] else 'module'}-section-{at}")
        path.write_bytes(reduce.join(data[:8], parts))
        return path

    def family(self):
        """Paths of one base and its variants."""
        roll = self.rng.random()
        base = self.component() if roll < 0.5 else self.smith() if roll < 0.95 else self.rng.choice(SEEDS)
        if base is None:
            return []
        found = [base]
        found += filter(None, [self.mutated(base) for _ in range(2)])
        data = base.read_bytes()
        if len(data) > HEAD:
            found += [self.one_byte(data) for _ in range(4)]
            found += filter(None, [self.elsewhere(data), self.sections(data) if self.rng.random() < 0.5 else None])
        return found
