#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills a manual page's @MARKS@ from the program's own tables (`wpack __dump`): usage: expand.py DUMP.json PAGE.scd

@SYNOPSIS@ and @OPTIONS@ belong to the command that the file name gives; @COMMANDS@, @ERRORS@, @LIMITS@, @FEATURES@,
@REGISTRY_OPTIONS@ and @GLOBAL_OPTIONS@ to the overview pages."""

import json
import pathlib
import re
import sys


def escape(text):
    return re.sub(r"([\\_*<\[\]#~.])", r"\\\1", text)


def options(rows):
    out = []
    for o in rows:
        head = f"*-{o['letter']}*, " if "letter" in o else ""
        gap = "" if o.get("arg", "").startswith("[") else " "
        head += f"*--{o['name']}*" + (f"{gap}_{escape(o['arg'])}_" if "arg" in o else "")
        text = escape(o["help"]).capitalize() if not o["help"][:2].isupper() else escape(o["help"])
        if "choices" in o:
            text += ": " + ", ".join(f"*{w}*" for w in o["choices"].split())
        if o.get("env"):
            text += f". Environment: *{escape(o['env'])}*"
        out.append(f"{head}\n\t{text}.\n")
    return "\n".join(out) if out else "None.\n"


def main():
    dump = json.loads(pathlib.Path(sys.argv[1]).read_text())
    page = pathlib.Path(sys.argv[2])
    name = page.name.rsplit(".", 2)[0].removeprefix("wpack-")
    commands = {c["name"]: c for c in dump["commands"]}
    text = page.read_text()
    marks = {
        "VERSION": dump["version"],
        "COMMANDS": "\n".join(
            f"*{c['name']}* {escape(c['args'])}\n\t{escape(c['summary']).capitalize()}. See *wpack-{c['name']}*(1).\n"
            for c in dump["commands"]
        ),
        "ERRORS": "\n".join(
            f"*{status}*\n\t"
            + "; ".join(f"{escape(e['meaning'])} (*{e['slug']}*)" for e in dump["errors"] if e["exit"] == status)
            + ".\n"
            for status in sorted({e["exit"] for e in dump["errors"]})
        ),
        "LIMITS": "\n".join(f"*{l['value']}* {l['unit']}\n\t{escape(l['what'])}\n" for l in dump["limits"]),
        "FEATURES": "\n".join(
            f"*{f['name']}*" + (" \\*" if f["default"] else "") + f"\n\t{escape(f['meaning'])}\n" for f in dump["features"]
        ),
        "REGISTRY_OPTIONS": options(dump["registryOptions"]),
        "GLOBAL_OPTIONS": options(dump["globalOptions"]),
    }
    if name in commands:
        c = commands[name]
        alias = f"\n\n*wpack {c['alias']}* is the same." if c.get("alias") else ""
        marks["SYNOPSIS"] = f"*wpack {name}* {escape(c['args'])} [_options_]{alias}"
        marks["SUMMARY"] = c["summary"]
        own = options(c["options"])
        more = "The registry options of *wpack*(1) and the" if c["registry"] else "The"
        marks["OPTIONS"] = f"{own}\n{more} options of every command described there are understood too.\n"
    for key, value in marks.items():
        text = text.replace(f"@{key}@", value.rstrip("\n"))
    left = re.findall(r"@[A-Z_]+@", text)
    if left:
        sys.exit(f"{page}: unknown mark {left[0]}")
    sys.stdout.write(text)


main()
