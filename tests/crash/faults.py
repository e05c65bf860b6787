# SPDX-License-Identifier: Apache-2.0
"""Runs under strace: how often each system call happens, and runs in which one of them kills or fails."""

import os
import pathlib
import re

import rows
from support import trace

MUTATING = ("write", "pwrite64", "fsync", "fdatasync", "renameat", "renameat2", "rename", "linkat", "ftruncate",
            "unlinkat", "mkdirat", "mkdir", "fallocate", "sync_file_range")
ALL = MUTATING + ("openat", "openat2", "close")
SHIM = None  # path of the preloaded library, set by run.py


class Outcome:
    def __init__(self, status, err, calls):
        self.status, self.err, self.calls = status, err, calls

    @property
    def killed(self):
        return self.status == -9

    def hit(self, *descriptors):
        """Did one of the calls that failed by our hand (every thread has its own) concern these?"""
        return any(c.injected and c.args.split("<")[0] in descriptors for c in self.calls)


def strace(wpack, row, folder, inject=None, shim=None, traced=trace.CALLS):
    """The row's command in folder under strace. shim: variables for the preloaded library."""
    log = pathlib.Path(f"{folder}.strace")
    words = ["strace", "-f", "-qq", "-y", "-s", "128", "-o", str(log), "-e", "trace=" + ",".join(traced),
             "-e", "signal=none"]
    if inject:
        words += ["-e", f"inject={inject}"]
    for key, value in {**({"LD_PRELOAD": SHIM} if shim else {}), **(shim or {})}.items():
        words += ["-E", f"{key}={value}"]
    words += rows.words(wpack, row)
    status, err = rows.bounded(words, folder, rows.environment(folder, wpack))
    calls = trace.parse(log.read_text(errors="replace"))
    log.unlink()
    return Outcome(status, err, calls)


def points(wpack, row, folder, names, shim=None):
    """[(call, n)] for every occurrence in an undisturbed run; strace counts for each thread by itself. What the
    dynamic loader does before the program's first own call is left out."""
    out = strace(wpack, row, folder, shim=shim)
    if out.status != 0:
        raise SystemExit(f"crash: '{row.name}' under strace: exit {out.status}\n{out.err}")
    loader = max((i for i, c in enumerate(out.calls) if c.name == "openat" and re.search(r"\.so[.\d]*\"|ld\.so\.cache",
                                                                                         c.args)), default=-1)
    # The descriptor of the last library is closed afterwards.
    if loader >= 0:
        loader = next((i for i in range(loader, len(out.calls)) if out.calls[i].name == "close"), loader)
    first = {}
    count = {}
    for i, c in enumerate(out.calls):
        key = (c.pid, c.name)
        count[key] = count.get(key, 0) + 1
        if i <= loader:
            first[c.name] = max(first.get(c.name, 0), count[key])
    found = []
    for name in names:
        top = max((n for (_, other), n in count.items() if other == name), default=0)
        found += [(name, n) for n in range(first.get(name, 0) + 1, top + 1)]
    return found


def unsynced(out, folder):
    """Files (absolute, as named now) whose last bytes were not fsynced when the run ended."""
    disk = trace.Disk(folder)
    for call in out.calls:
        disk.add(call)
    return sorted(p for p in disk.data if os.path.isfile(p) and p.startswith(f"{folder}/"))
