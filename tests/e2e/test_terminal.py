# SPDX-License-Identifier: Apache-2.0
"""What a person at a terminal sees: colours, the status block that comes and goes, hidden passwords."""

import json
import re

import pytest

from support import sample, terminal


@pytest.fixture
def tty(wpack):
    def run(*args, columns=80, env=None, rc=0, **more):
        status, out = terminal.run([wpack.path, *map(str, args)], {**wpack.env, **(env or {})}, wpack.cwd,
                                   columns, **more)
        assert status == rc, (args, status, out.decode())
        return out

    return run


@pytest.fixture
def slow(wpack, serve):
    """A reference whose download takes over two seconds at --limit-rate 500KiB: long enough for the status block."""
    path = wpack.cwd / "a-module-with-a-rather-long-name.wasm"
    path.write_bytes(sample.core_module(payload=1_200_000))
    ref = f"{serve().host}/a/app:1"
    wpack("push", path, ref, "-q")
    return ref


def test_headings_are_bold_unless_told_otherwise(tty, module, wpack):
    assert b"\x1b[1mhello.wasm\x1b[0m" in tty("inspect", module.name)
    assert b"fd_write  \x1b[2mfunc (param i32 i32 i32 i32) (result i32)\x1b[0m" in tty("inspect", module.name, "--imports")
    for plain in ({"env": {"NO_COLOR": "1"}}, {"env": {"TERM": "dumb"}}):
        assert b"\x1b" not in tty("inspect", module.name, **plain)
    assert b"\x1b" not in tty("inspect", module.name, "--no-color")
    assert b"\x1b[1m" in tty("inspect", module.name, env={"NO_COLOR": ""}), "an empty NO_COLOR is none (no-color.org)"
    assert "\x1b" not in wpack("inspect", module.name).out


@pytest.mark.parametrize("columns", [200, 80, 30, 12])
def test_the_status_block_fits_and_goes(tty, slow, columns):
    out = tty("pull", slow, "-o", "out/", "--limit-rate", "500KiB", columns=columns)
    # What scrolled out of a finished line may wrap; the block never does.
    block = [x for x in re.split(r"\r\n|\x1b\[2K|\x1b\[1A", out.decode()) if re.search(r" / \d", x)]
    if columns >= 40:
        assert any(x.startswith("  total ") for x in block), out
    assert all(len(x) < columns for x in block), block
    screen = terminal.Screen(out, 1000)
    assert screen.erased >= (1 if columns >= 40 else 0)
    assert [x.split()[0] for x in screen.lines[:-1]] == ["done", "done", "file"]
    assert screen.lines[-1].startswith(slow.rsplit(":", 1)[0] + "@sha256:")


@pytest.mark.parametrize("how", [["--progress", "plain"], ["--progress", "none"], ["-q"], ["--format", "json"]])
def test_no_status_block_where_none_is_wanted(tty, slow, how):
    out = tty("pull", slow, "-o", "out/", "--limit-rate", "500KiB", "--no-color", *how).decode()
    if how[0] != "--format":
        assert "\x1b" not in out and "total" not in out
    words = [x.split()[0] for x in out.splitlines()]
    assert ("done" in words) == (how == ["--progress", "plain"])


def test_ci_and_dumb_terminals_get_lines(tty, slow):
    for env in ({"CI": "true"}, {"TERM": "dumb"}):
        out = tty("pull", slow, "-o", "out/", "--limit-rate", "2MiB", env=env)
        assert b"\x1b[2K" not in out and b"done" in out


def test_tty_progress_without_a_terminal(wpack, slow):
    r = wpack("pull", slow, "-o", "out/", "--limit-rate", "500KiB", "--progress", "tty")
    assert "\x1b[2K" in r.err and "\x1b" not in r.out
    screen = terminal.Screen(r.err.replace("\n", "\r\n").encode())
    assert [x.split()[0] for x in screen.lines] == ["done", "done", "file"]


def test_passwords_are_not_shown(tty, wpack):
    out = tty("login", "one.example", "--no-check", answers=[(b"Username: ", b"alice\n"), (b"Password: ", b"s3cret\n")])
    assert b"Username: " in out and b"Password: " in out and b"logged in to one.example" in out
    assert b"alice" in out and b"s3cret" not in out
    stored = json.loads((wpack.home / ".docker/config.json").read_text())
    assert stored["auths"]["one.example"]["auth"]


def test_interrupting_the_password_gives_the_echo_back(wpack):
    shell = f"'{wpack.path}' login one.example --no-check -u alice; stty -a"
    status, out = terminal.run(["sh", "-c", f"trap : INT; {shell}"], wpack.env, wpack.cwd,
                               answers=[(b"Password: ", b"\x03")], own=True)
    assert status == 0
    assert re.search(rb"(?<!-)\becho\b", out) and b"-echo " not in out, out
    assert not (wpack.home / ".docker").exists()
