# SPDX-License-Identifier: Apache-2.0
"""What a program did to the disk: the log of `strace -f -y` as a list of calls, and which files and folder entries a
power loss could still take, by the strictest reading of POSIX: data lasts after fsync of the file, a name after fsync of
its folder, and nothing else makes either durable."""

import os
import re

CALLS = ("write", "pwrite64", "fsync", "fdatasync", "sync_file_range", "renameat", "renameat2", "rename", "linkat",
         "unlinkat", "mkdirat", "mkdir", "ftruncate", "fallocate", "openat", "openat2", "close")
DONE = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+|\?)(.*)$", re.S)


class Call:
    """One system call: name, text of its arguments, result (None: it never came back)."""

    def __init__(self, pid, name, args, result, injected):
        self.pid, self.name, self.args, self.result, self.injected = pid, name, args, result, injected

    def __repr__(self):
        return f"{self.name}({self.args}) = {self.result}"

    @property
    def fd_path(self):
        """Path of the first argument's descriptor."""
        m = re.match(r"-?\w+<([^>]*)>", self.args)
        return m.group(1).removesuffix(" (deleted)") if m else None

    def at_paths(self, cwd):
        """The paths that `dirfd, "name"` pairs (or bare names) in the arguments stand for, absolute."""
        found = []
        for m in re.finditer(r'(?:(AT_FDCWD|-?\d+)(?:<([^>]*)>)?, )?"((?:[^"\\]|\\.)*)"', self.args):
            folder = m.group(2) or str(cwd)
            found.append(os.path.normpath(os.path.join(folder, m.group(3))))
        return found


def parse(text):
    """The calls in the order in which they ended; those that never ended stand at the end."""
    calls = []
    pending = {}
    for line in text.splitlines():
        pid, _, rest = line.partition(" ")
        if not pid.isdigit():
            pid, rest = "0", line
        rest = rest.strip()
        if rest.endswith("<unfinished ...>"):
            pending[pid] = rest.removesuffix("<unfinished ...>").rstrip()
            continue
        m = re.match(r"<\.\.\. \w+ resumed>(.*)$", rest, re.S)
        if m and pid in pending:
            rest = pending.pop(pid) + " " + m.group(1).strip()
        m = DONE.match(rest)
        if m:
            result = None if m.group(3) == "?" else int(m.group(3))
            calls.append(Call(pid, m.group(1), m.group(2), result, "(INJECTED)" in m.group(4)))
    for pid, rest in pending.items():
        name, _, args = rest.partition("(")
        calls.append(Call(pid, name, args, None, False))
    return calls


class Disk:
    """Follows the calls and knows what is not durable yet: `data` (paths of files), `names` (paths of entries)."""

    def __init__(self, cwd):
        self.cwd = cwd
        self.data = set()
        self.names = set()

    def _moved(self, old, new):
        for group in (self.data, self.names):
            for path in [p for p in group if p == old or p.startswith(old + "/")]:
                group.discard(path)
                group.add(new + path[len(old):])

    def add(self, call):
        ok = call.result is not None and call.result >= 0
        name = call.name
        if name in ("write", "pwrite64", "ftruncate", "fallocate"):
            # What did not come back may have written as well.
            if call.fd_path and call.fd_path.startswith("/") and (ok or call.result is None):
                self.data.add(call.fd_path)
        elif not ok:
            return
        elif name in ("fsync", "fdatasync"):
            self.data.discard(call.fd_path)
            if name == "fsync":
                self.names = {p for p in self.names if os.path.dirname(p) != call.fd_path}
        elif name in ("renameat", "renameat2", "rename", "linkat"):
            old, new = call.at_paths(self.cwd)[:2]
            if name == "linkat":
                self.data |= {new} & self.data
            else:
                self.data.discard(new)
                self._moved(old, new)
                self.names.discard(old)
            self.names.add(new)
        elif name in ("mkdirat", "mkdir"):
            self.names.add(call.at_paths(self.cwd)[0])
        elif name == "unlinkat":
            path = call.at_paths(self.cwd)[0]
            self.data.discard(path)
            self.names.discard(path)
        elif name in ("openat", "openat2") and "O_CREAT" in call.args:
            self.names.add(call.at_paths(self.cwd)[0])
