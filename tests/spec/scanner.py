# SPDX-License-Identifier: Apache-2.0
"""The validator as a batch program (scan-files.c): many files, one process; an input that kills it costs one answer."""
import collections
import os
import pathlib
import re
import subprocess

# "function 12 'main': at byte 0x1f: type mismatch: …"
PLACE = re.compile(r"^(?:.*?: )??at byte 0x([0-9a-f]+): ")


class Verdict(collections.namedtuple("Verdict", "slug message")):
    """slug "ok" where the input is valid, else the error's code; "crash" where the validator died."""

    @property
    def ok(self):
        return self.slug == "ok"

    @property
    def refused(self):
        return self.slug in ("module-invalid", "limit")

    @property
    def offset(self):
        found = PLACE.match(self.message)
        return int(found[1], 16) if found else None

    @property
    def reason(self):
        """The message without its place: it begins with the class."""
        return PLACE.sub("", self.message)


def build(name="scan-files"):
    program = pathlib.Path(os.environ.get("OUT", "build/release")) / "tests/spec" / name
    subprocess.run([*os.environ.get("MAKE", "make").split(), "--no-print-directory", "-s", str(program)], check=True)
    return str(program.resolve())


def judge(program, inputs):
    """A Verdict for each (features, path) of inputs, in order."""
    verdicts = []
    while len(verdicts) < len(inputs):
        text = "".join(f"{features}\t{path}\n" for features, path in inputs[len(verdicts):])
        done = subprocess.run([program], input=text, capture_output=True, text=True, errors="replace")
        for line in done.stdout.splitlines():
            slug, _, message = line.partition("\t")
            verdicts.append(Verdict(slug, message))
        if done.returncode != 0 and len(verdicts) < len(inputs):
            why = done.stderr.strip().splitlines()
            verdicts.append(Verdict("crash", f"status {done.returncode}: {why[-1] if why else ''}"))
        elif len(verdicts) < len(inputs):
            raise AssertionError(f"{len(inputs)} files, {len(verdicts)} answers")
    return verdicts
