#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every binary of the public WebAssembly suites through the scanner.

usage: scan-suite.py   (`make spec`: OUT is the build folder, MAKE the make program; data from the folder in WPACK_DATA)

A module or component that the suite calls valid, or only calls invalid (its framing is fine), must scan; of those it
calls malformed, the number refused is held against a floor, since malformed instructions are not the scanner's
question."""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

ARCHIVES = ["wasm-spec.tar.gz", "component.tar.gz"]
VALID = {"module", "module_definition", "component", "component_definition", "assert_uninstantiable",
         "assert_unlinkable", "assert_trap"}
# The others are malformed inside instructions, types, aliases or canonical functions, which the scanner leaves alone.
MALFORMED_REFUSED_AT_LEAST = 777


def unpack(data, folder):
    for name in ARCHIVES:
        archive = data / name
        if not archive.is_file():
            return False
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(folder)
    return True


def cases(folder):
    for path in sorted(folder.rglob("*.json")):
        for command in json.loads(path.read_text())["commands"]:
            name = command.get("filename", "")
            if name.endswith(".wasm") and not command.get("quoted") and (path.parent / name).is_file():
                yield command["type"], command.get("text", ""), path.parent / name


def scan(program, paths):
    done = subprocess.run([program], input="".join(f"{p}\n" for p in paths), capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(paths), f"{len(paths)} files, {len(answers)} answers"
    return answers


def build():
    program = pathlib.Path(os.environ.get("OUT", "build/release")) / "tests/spec/scan-files"
    subprocess.run([*os.environ.get("MAKE", "make").split(), "--no-print-directory", str(program)], check=True)
    return program


def main():
    data = os.environ.get("WPACK_DATA", "")
    if not data:
        print("SKIP: no test data (set WPACK_DATA to the folder of wasm-spec.tar.gz and component.tar.gz)")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if not unpack(pathlib.Path(data), folder):
            print(f"SKIP: no test data ({data} lacks one of {', '.join(ARCHIVES)})")
            return 0
        found = list(cases(folder))
        answers = scan(build(), [path for _, _, path in found])
        counts = collections.Counter()
        wrong = []
        accepted = collections.Counter()
        for (kind, text, path), answer in zip(found, answers):
            ok = answer.startswith("ok ")
            group = "valid" if kind in VALID else kind.removeprefix("assert_")
            counts[group, ok] += 1
            if group != "malformed" and not ok:
                wrong.append(f"{group} ({text}): {answer.replace(str(folder) + '/', '')}")
            if not ok and not answer.startswith("module-invalid "):
                wrong.append(f"unexpected slug: {answer}")
            if group == "malformed" and ok:
                accepted[text] += 1
        for group in ("valid", "invalid", "malformed"):
            print(f"{group}: {counts[group, True]} accepted, {counts[group, False]} refused")
        print("malformed but accepted:", dict(accepted))
        if counts["valid", True] < 3012 or counts["invalid", True] < 3227:
            wrong.append("fewer files accepted than the suites hold")
        if counts["malformed", False] < MALFORMED_REFUSED_AT_LEAST:
            wrong.append(f"fewer than {MALFORMED_REFUSED_AT_LEAST} malformed files refused")
        for line in wrong:
            print("WRONG", line)
        print("FAIL" if wrong else "ok")
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
