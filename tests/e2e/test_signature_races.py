# SPDX-License-Identifier: Apache-2.0
"""Eight sign one artifact at once: every signature is listed, or its process said that it is not. One round each; fifty with
WPACK_RACE_ROUNDS=50 (`make signature-races`)."""

import json
import os

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
        assert rc == 5 and "other writers keep replacing" in err, err
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
