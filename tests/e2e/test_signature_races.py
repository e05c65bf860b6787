# SPDX-License-Identifier: Apache-2.0
"""Eight sign one artifact at once: every signature is listed, or its process said that it is not. One round each; fifty with
WPACK_RACE_ROUNDS=50 (`make signature-races`)."""

import json
import os
import signal
import subprocess
import threading
import time

import pytest

from support.cosign import Cosign
from support.sign_race import make_keys, sign_at_once
from conftest import find_peer

ROUNDS = int(os.environ.get("WPACK_RACE_ROUNDS", "1"))
SIGNERS = 8


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp("keys"), SIGNERS)


def race(wpack, ref, pairs, format_):
    said, failed, listed = sign_at_once(wpack, ref, pairs, format_)
    assert said <= listed, f"lost without a word: {[p.private.name for p in said - listed]}"
    assert len(said) + len(failed) == SIGNERS
    for rc, err in failed:
        assert rc == 5 and ("other writers keep replacing" in err or "passed unseen" in err), err
    return len(said)


@pytest.mark.parametrize("format_", ["bundle", "cosign"])
@pytest.mark.parametrize("registry", ["docker_registry", "distribution"])
def test_registries_without_the_api(wpack, module, pairs, registry, format_, request):
    host = request.getfixturevalue(registry)().host
    listed = 0
    for n in range(ROUNDS):
        ref = wpack("push", module, f"{host}/race/r{n}:1").last
        listed += race(wpack, ref, pairs, format_)
    print(f"{registry}, {format_}: {listed} of {ROUNDS * SIGNERS} signatures listed, the others said so")


@pytest.mark.parametrize("format_", ["bundle", "cosign"])
def test_layouts(wpack, module, pairs, format_):
    """Here nobody can be undone, so that everybody succeeds."""
    for n in range(ROUNDS):
        ref = f"oci:lay:race/r{n}:1"
        wpack("build", module, "-t", f"race/r{n}:1", "-o", "oci:lay")
        assert race(wpack, ref, pairs, format_) == SIGNERS


def test_beside_cosign(wpack, module, pairs, docker_registry, tmp_path):
    """cosign reads, adds and writes and does not look again: what it undoes is put back while we are there."""
    cosign = Cosign(find_peer("cosign"), tmp_path / "cosign")
    theirs = cosign.generate("theirs")
    ref = wpack("push", module, f"{docker_registry().host}/race/both:1").last
    cosign.sign(ref, theirs[0], old=True)
    race(wpack, ref, pairs, "cosign")
    cosign.verify(ref, theirs[1], old=True)
    cosign.verify(ref, pairs[0].public, old=True)
    found = json.loads(wpack("verify", ref, "--key", theirs[1], "--format", "json").out)["found"]
    assert len(found) == SIGNERS + 1


def wait_until(true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


class Straggler:
    """One signer among three at a registry of our own, where its requests for the tag are held: `at` the request of that
    method and number, `act` is called, which lets the others sign meanwhile."""

    def __init__(self, wpack, reg, module, pairs, method, number, act):
        self.wpack, self.reg, self.pairs, self.act = wpack, reg, pairs, act
        self.ref = f"{reg.host}/race/straggler:1"
        digest = wpack("push", module, self.ref).digest
        self.tag = f"/v2/race/straggler/manifests/{digest.replace(':', '-')}.sig"
        self.method, self.left, self.lock = method, number, threading.Lock()
        self.started = threading.Event()
        reg.on("*", self.tag, self.hold)
        self.process = wpack.popen("sign", self.ref, "--key", pairs[0].private, "--as", "cosign", "--debug",
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started.set()
        _, self.err = self.process.communicate(timeout=120)

    def hold(self, request):
        self.started.wait()
        with self.lock:
            self.left -= request.method == self.method
            due = self.left == 0 and request.method == self.method
            self.left -= due
        return self.act(self, request) if due else None

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def others_sign(self):
        for pair in self.pairs[1:3]:
            self.wpack("sign", self.ref, "--key", pair.private, "--as", "cosign")

    def listed(self):
        return [p for p in self.pairs[:3] if self.wpack.run("verify", self.ref, "--key", p.public).rc == 0]


def test_stopped_before_its_write(wpack, module, pairs, fakereg):
    """What it read is old when it goes on: it reads again."""
    def act(s, request):
        reply = request.usual()  # of now
        s.stop()
        s.others_sign()
        s.go_on()
        return reply

    s = Straggler(wpack, fakereg(), module, pairs, "GET", 2, act)
    assert s.process.returncode == 0 and s.listed() == pairs[:3], s.err


def test_its_write_is_late(wpack, module, pairs, fakereg):
    """Held on its way for longer than the others stay: it looked on meanwhile, and puts back what it replaced."""
    def act(s, request):
        s.others_sign()
        before = s.reg.count("GET", s.tag)
        wait_until(lambda: s.reg.count("GET", s.tag) > before + 1)  # the last but one was answered
        return None

    s = Straggler(wpack, fakereg(), module, pairs, "PUT", 1, act)
    assert s.process.returncode == 0 and s.listed() == pairs[:3], s.err


def test_stopped_while_it_writes(wpack, module, pairs, fakereg):
    """What nobody could see is replaced: that much is told, and it is no success."""
    def act(s, request):
        s.stop()
        s.others_sign()
        reply = request.usual()
        s.go_on()
        return reply

    s = Straggler(wpack, fakereg(), module, pairs, "PUT", 1, act)
    assert s.process.returncode == 5 and "passed unseen while it was written" in s.err, s.err
    assert s.listed() == pairs[:1]
    r = wpack("sign", s.ref, "--key", pairs[1].private, "--as", "cosign")
    assert "passed unseen" not in r.err and s.listed() == pairs[:2]
