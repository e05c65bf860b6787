# SPDX-License-Identifier: Apache-2.0
"""Interrupted work continues: SIGKILL and SIGINT in the middle of a pull, and what a signal leaves behind."""

import signal
import subprocess

import pytest

from support import check_layout, sample
from support.proxy import Proxy

SIZE = 128 * 1024 * 1024


@pytest.fixture
def big(wpack, serve, tmp_path):
    """A large module on a registry; (reference behind a proxy factory, its bytes)."""
    data = sample.core_module(payload=1000) + sample.custom("padding", bytes(range(256)) * (SIZE // 256))
    (tmp_path / "big.wasm").write_bytes(data)
    server = serve()
    wpack("push", tmp_path / "big.wasm", f"{server.host}/a/big:1")
    return server, data


def kill_half_way(wpack, server, sig, *args):
    """Runs a pull through a proxy and sends sig when half of the bytes went through; (exit status, bytes received)."""
    started = {}
    proxy = Proxy(server.host, at=SIZE // 2, then=lambda: started["p"].send_signal(sig))
    p = started["p"] = wpack.popen("pull", f"{proxy.host}/a/big:1", *args, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
    out, err = p.communicate(timeout=120)
    proxy.close()
    return p.returncode, proxy.received, err


@pytest.mark.parametrize("where", ["out/", "oci:lay:big:1"])
def test_a_killed_pull_continues(wpack, big, where):
    server, data = big
    rc, first, _ = kill_half_way(wpack, server, signal.SIGKILL, "-o", where)
    assert rc == -signal.SIGKILL
    assert first >= SIZE // 2
    assert not list(wpack.cwd.glob("out/*.wasm")), "nothing partial has a final name"
    proxy = Proxy(server.host)
    wpack("pull", f"{proxy.host}/a/big:1", "-o", where)
    proxy.close()
    total = first + proxy.received
    assert total < 1.1 * len(data), f"{total} bytes for {len(data)}"
    if where.startswith("oci:"):
        check_layout(wpack.cwd / "lay", ["big:1"])
        wpack("pull", "oci:lay:big:1", "-o", "out/")
    assert (wpack.cwd / "out/big.wasm").read_bytes() == data


def test_sigint_keeps_the_state_and_says_so(wpack, big):
    server, data = big
    rc, first, err = kill_half_way(wpack, server, signal.SIGINT, "-o", "out/")
    assert rc == 130
    assert "interrupted" in err and "continues" in err
    assert not list(wpack.cwd.glob("out/*.wasm"))
    proxy = Proxy(server.host)
    wpack("pull", f"{proxy.host}/a/big:1", "-o", "out/")
    proxy.close()
    assert first + proxy.received < 1.1 * len(data)
    assert (wpack.cwd / "out/big.wasm").read_bytes() == data


def test_a_damaged_part_is_not_trusted(wpack, big):
    server, data = big
    kill_half_way(wpack, server, signal.SIGKILL, "-o", "out/")
    (part,) = (wpack.cwd / "out/.wpack/part").iterdir()
    with open(part, "r+b") as f:
        f.seek(1000)
        f.write(b"\xff\xfe\xfd")
    wpack("pull", f"{server.host}/a/big:1", "-o", "out/")
    assert (wpack.cwd / "out/big.wasm").read_bytes() == data
