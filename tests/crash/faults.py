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


def left_out(call):
    """What the dynamic loader does, at the start or when the first hash needs a library, is not the program's own. A close
    that strace fails is not done: a pipe would stay open and its reader wait for ever, which no kernel brings about."""
    if call.name == "openat":
        return re.search(r"\.so[.\d]*\"|ld\.so\.cache", call.args) is not None
    return call.name == "close" and re.search(r"\.so[.\d]*$|ld\.so\.cache$|^pipe:", call.fd_path or "") is not None


def points(wpack, row, folder, names, shim=None):
    """[(call, n)] for every occurrence in an undisturbed run; strace counts for each thread by itself."""
    out = strace(wpack, row, folder, shim=shim)
    if out.status != 0:
        raise SystemExit(f"crash: '{row.name}' under strace: exit {out.status}\n{out.err}")
    count = {}
    never = set()
    for c in out.calls:
        key = (c.pid, c.name)
        count[key] = count.get(key, 0) + 1
        if left_out(c):
            never.add((c.name, count[key]))
    found = []
    for name in names:
        top = max((n for (_, other), n in count.items() if other == name), default=0)
        found += [(name, n) for n in range(1, top + 1) if (name, n) not in never]
    return found


def unsynced(out, folder):
    """Files (absolute, as named now) whose last bytes were not fsynced when the run ended."""
    disk = trace.Disk(folder)
    for call in out.calls:
        disk.add(call)
    return sorted(p for p in disk.data if os.path.isfile(p) and p.startswith(f"{folder}/"))
