#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the documents against the program's own tables: usage: docs.py WPACK [--write]

The limit table in SECURITY.md is generated (`make docs` writes it); README names every command; every command has a
manual page whose examples use options that exist."""

import json
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
dump = json.loads(subprocess.run([sys.argv[1], "__dump"], check=True, capture_output=True).stdout)
bad = []

START, END = "<!-- limits: from base/limits.h by `make docs` -->\n", "<!-- end of limits -->"
page = root / "SECURITY.md"
text = page.read_text()


def human(value, unit):
    if unit == "bytes":
        for suffix, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
            if value % size == 0:
                return f"{value // size} {suffix}"
    return f"{value} {unit}"


rows = "".join(f"| {l['what']} | {human(l['value'], l['unit'])} |\n" for l in dump["limits"])
wanted = re.sub(
    re.escape(START) + ".*?" + re.escape(END),
    lambda _: f"{START}\n| what | limit |\n|---|---|\n{rows}\n{END}",
    text,
    flags=re.S,
)
if wanted != text:
    if "--write" in sys.argv:
        page.write_text(wanted)
    else:
        bad.append("SECURITY.md: the limit table is not that of base/limits.h (make docs)")

readme = (root / "README.md").read_text()
known = {o["name"] for o in dump["registryOptions"] + dump["globalOptions"]} | {"help", "version"}
for c in dump["commands"]:
    if f"`{c['name']}`" not in readme:
        bad.append(f"README.md: the command '{c['name']}' is not named")
    man = root / "cmd/man" / f"wpack-{c['name']}.1.scd"
    own = known | {o["name"] for o in c["options"]}
    for line in man.read_text().splitlines():
        if re.search(rf"\bwpack {c['name']}\b", line):
            for option in re.findall(r"--([a-z][a-z-]*)", line):
                if option not in own:
                    bad.append(f"{man.name}: --{option} is no option of {c['name']}")
for line in bad:
    print(f"lint: {line}", file=sys.stderr)
sys.exit(1 if bad else 0)
