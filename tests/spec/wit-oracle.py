#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""WIT as wpack prints it against `wasm-tools component wit`, byte for byte: usage: wit-oracle.py [--seeds N] [--from N]

`make spec`: the packages of wit/*.wit in binary form and a component of every world in them; the components of
wit/*.wat; N packages that `wasm-tools wit-smith` makes from seeds, and a component of each of their worlds; the real
components of `make peers PEERS=modules`. What wasm-tools itself cannot make or print is counted, not compared. Any difference fails and is kept in OUT/wit.
And the components of wit/small.txt, one a line, each about one rule: valid for both, or for neither."""
import argparse
import collections
import concurrent.futures
import difflib
import json
import os
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "agree"))
import features
import offsets
import scanner

SMITH = ["--async", "--futures", "--streams", "--error-context", "--fixed-length-lists", "--world-include", "--implements"]
SHOWN = 3  # differences told in full


def call(*words, stdin=None):
    return subprocess.run(list(map(str, words)), input=stdin, capture_output=True)


class Maker:
    """Makes binaries in a folder: the paths, and for what is not theirs to make the reason."""

    def __init__(self, tool, folder):
        self.tool = tool
        self.folder = folder

    def worlds(self, package):
        """Full names of the worlds of the main package."""
        done = call(self.tool, "component", "wit", "-j", package)
        if done.returncode != 0:
            return []
        told = json.loads(done.stdout)
        main = len(told["packages"]) - 1
        return [w["name"] for w in told["worlds"] if w["package"] == main]

    def component(self, package, world, name):
        made, out = self.folder / f"{name}.core.wasm", self.folder / f"{name}.wasm"
        for words in (["embed", "--dummy-names", "legacy", "-w", f"%{world}", package, "-o", made], ["new", made, "-o", out]):
            done = call(self.tool, "component", *words)
            if done.returncode != 0:
                return None
        made.unlink()
        return out

    def of_package(self, package, stem):
        """The package's own binary and a component of each world."""
        return [package] + [self.component(package, w, f"{stem}.{w}") for w in self.worlds(package)]

    def of_text(self, path):
        out = self.folder / f"{path.stem}.package.wasm"
        done = call(self.tool, "component", "wit", "--all-features", path, "-w", "-o", out)
        if done.returncode != 0:
            raise SystemExit(f"wit-oracle: {path}: {done.stderr.decode()}")
        made = self.of_package(out, path.stem)
        if None in made:
            raise SystemExit(f"wit-oracle: {path}: no component of one of {self.worlds(out)}")
        return made

    def of_binary_text(self, path):
        out = self.folder / f"{path.stem}.wasm"
        done = call(self.tool, "parse", path, "-o", out)
        if done.returncode != 0:
            raise SystemExit(f"wit-oracle: {path}: {done.stderr.decode()}")
        return [out]

    def of_seed(self, seed):
        rng = random.Random(seed)
        out = self.folder / f"seed{seed}.wasm"
        options = SMITH if seed % 2 else []
        done = call(self.tool, "wit-smith", *options, "-o", out, stdin=rng.randbytes(rng.choice([200, 1000, 4000, 16000])))
        return self.of_package(out, out.stem) if done.returncode == 0 else [None]


def is_component(path):
    with path.open("rb") as f:
        return f.read(8)[6:7] == b"\1"


def theirs_of(tool, path):
    done = call(tool, "component", "wit", path)
    return done.stdout if done.returncode == 0 else None


def compare(tool, program, pool, folder, paths):
    """Counts of equal, unprintable for wasm-tools, different."""
    count = collections.Counter()
    wanted = list(pool.map(lambda p: theirs_of(tool, p), paths))
    outputs = [folder / f"{p.name}.ours.wit" for p in paths]
    for path, output, want, verdict in zip(paths, outputs, wanted, scanner.judge(program, list(zip(paths, outputs)))):
        if want is None:
            count["not printed by wasm-tools"] += 1
            continue
        got = output.read_bytes() if verdict.ok else f"{verdict.slug} {verdict.message}\n".encode()
        if got == want:
            count["equal"] += 1
            output.unlink()
            continue
        count["different"] += 1
        if count["different"] <= SHOWN:
            lines = (t.decode(errors="replace").splitlines() for t in (want, got))
            print(f"{path}:")
            print("\n".join(list(difflib.unified_diff(*lines, "wasm-tools", "wpack", lineterm="", n=2))[:60]))
    return count


def judge_small(tool, pool, folder, lines):
    """Counts of equal and different verdicts."""
    scan = scanner.build()
    flags = features.theirs(scan, "")
    paths = [folder / f"small{i}.wasm" for i in range(len(lines))]

    def theirs(line, path):
        env = {**os.environ, "WAST_STRICT_COMPONENT_INDICES": "0"}
        subprocess.run([tool, "parse", "-o", path], input=line.encode(), env=env, check=True)
        return call(tool, "validate", f"--features={flags}", path).returncode == 0
    wanted = list(pool.map(theirs, lines, paths))
    count = collections.Counter()
    for line, want, verdict in zip(lines, wanted, scanner.judge(scan, [("", p) for p in paths])):
        count["equal, valid" if want else "equal, invalid"] += verdict.ok == want
        count["different"] += verdict.ok != want
        if verdict.ok != want:
            print(f"{line}:\n  wpack: {verdict.slug} {verdict.message}")
    return +count


def told(what, count):
    print(f"{what:34} " + ", ".join(f"{n} {word}" for word, n in sorted(count.items())))
    return count["different"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--from", type=int, default=1, dest="first")
    args = parser.parse_args()
    tool = offsets.wasm_tools()
    if not tool:
        print("SKIP: wasm-tools not installed (make peers): WIT is not compared")
        return 0
    program = scanner.build("wit-files")
    folder = pathlib.Path(os.environ.get("OUT", "build/release")).resolve() / "wit"
    folder.mkdir(parents=True, exist_ok=True)
    maker = Maker(tool, folder)
    real = list(filter(is_component, sorted((pathlib.Path(tool).parent / "modules").glob("*.wasm"))))
    different = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for what, source in [("wit/*.wit", pool.map(maker.of_text, sorted((HERE / "wit").glob("*.wit")))),
                             ("wit/*.wat", pool.map(maker.of_binary_text, sorted((HERE / "wit").glob("*.wat")))),
                             (f"seeds {args.first}..{args.first + args.seeds - 1}",
                              pool.map(maker.of_seed, range(args.first, args.first + args.seeds)))]:
            made = [path for paths in source for path in paths]
            count = compare(tool, program, pool, folder, [p for p in made if p])
            if None in made:
                count["not made by wasm-tools"] = made.count(None)
            different += told(what, count)
        small = (HERE / "wit/small.txt").read_text().splitlines()
        different += told("verdicts on wit/small.txt", judge_small(tool, pool, folder, small))
        if real:
            different += told("real components", compare(tool, program, pool, folder, real))
        else:
            print("SKIP: no real components (make peers PEERS=modules)")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
