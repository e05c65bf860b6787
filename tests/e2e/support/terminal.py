# SPDX-License-Identifier: Apache-2.0
"""A program on a pseudo terminal, and the screen that its user sees at the end."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

import pytest


def openpty():
    """As pty.openpty(); where the machine has no pseudo terminals (a bare chroot) the test is skipped."""
    try:
        return pty.openpty()
    except OSError as e:
        pytest.skip(f"SKIP: no pseudo terminals here ({e})")


def own_terminal():
    """In the child: the terminal is its own, and ^C means what it means to somebody who sits there, whoever ignores it
    above."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def run(argv, env, cwd, columns=80, answers=(), own=False):
    """Runs argv with all three streams on a terminal; (exit status, every byte it wrote). answers: (prompt, what is typed
    once it stands there), in order. own: the terminal is the program's own, ^C reaches it."""
    ours, theirs = openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    p = subprocess.Popen(argv, cwd=cwd, env={"TERM": "xterm", **env}, stdin=theirs, stdout=theirs, stderr=theirs,
                         start_new_session=True, preexec_fn=own_terminal if own else None)
    os.close(theirs)
    out = b""
    waiting = list(answers)
    while True:
        if waiting and waiting[0][0] in out:
            os.write(ours, waiting.pop(0)[1])
        if not select.select([ours], [], [], 20)[0]:
            p.kill()
            raise AssertionError(f"silent for 20 s after {out!r}")
        try:
            more = os.read(ours, 65536)
        except OSError:
            break
        if not more:
            break
        out += more
    os.close(ours)
    return p.wait(60), out


class Screen:
    """What stays visible: knows newline, return, colours, cursor up and erase line; everything else fails. Lines longer
    than the terminal wrap as on a real one."""

    def __init__(self, data, columns=80):
        self.columns = columns
        self.rows = [""]
        self.row = 0
        self.col = 0
        self.erased = 0
        self.widest = 0
        for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|.", data.decode(), re.S):
            self.feed(part)

    def feed(self, part):
        if part == "\n":
            self.row += 1
            if self.row == len(self.rows):
                self.rows.append("")
        elif part == "\r":
            self.col = 0
        elif part.startswith("\x1b"):
            self.control(part)
        else:
            assert part.isprintable() or part == "\t", repr(part)
            if self.col == self.columns:
                self.feed("\r")
                self.feed("\n")
            line = self.rows[self.row].ljust(self.col)
            self.rows[self.row] = line[: self.col] + part + line[self.col + 1:]
            self.col += 1
            self.widest = max(self.widest, self.col)

    def control(self, part):
        if part.endswith("m"):
            return
        if part == "\x1b[2K":
            self.erased += 1
            self.rows[self.row] = ""
        elif part == "\x1b[1A":
            assert self.row > 0, "above the screen"
            self.row -= 1
        else:
            raise AssertionError(f"unexpected control sequence {part!r}")

    @property
    def lines(self):
        """Up to the last line that holds anything."""
        rows = [r.rstrip() for r in self.rows]
        while rows and not rows[-1]:
            rows.pop()
        return rows
