# SPDX-License-Identifier: Apache-2.0
"""Rows about signatures: cosign and wpack at every registry, and after copies; signers at once where lists can be lost."""

from lab import find_peer

from support.cosign import Cosign
from support.keys import pair
from support.sign_race import make_keys, sign_at_once

SIGNERS = 8


class Signers:
    """Both programs with a key each."""

    def __init__(self, lab):
        self.lab = lab
        folder = lab.folder / lab.new("cosign")
        self.cosign = Cosign(find_peer("cosign"), folder)
        self.theirs = self.cosign.generate("theirs")
        self.ours = pair(folder, "ours")

    def sign(self, ref):
        self.lab.wpack("sign", ref, "--key", self.ours.private, "--as", "bundle,cosign")
        for old in (False, True):
            self.cosign.sign(ref, self.theirs[0], old=old)

    def check(self, ref, layout=False):
        """Both programs accept both, in both formats; of a layout wpack alone can tell."""
        for pub in (self.ours.public, self.theirs[1]):
            found = self.lab.wpack("verify", ref, "--key", pub, "--format", "json").json["found"]
            assert [c["format"] for c in found] == ["bundle", "bundle", "cosign", "cosign"], found
            for old in () if layout else (False, True):
                self.cosign.verify(ref, pub, old=old)


def cosign_at(registry):
    def run(lab, _):
        signers = Signers(lab)
        ref = f"{lab.host(registry)}/signed/{lab.new('r')}:1"
        lab.subject(ref)
        signers.sign(ref)
        signers.check(ref)
        between = f"oci:{lab.new('between')}:app:1"
        lab.wpack("copy", ref, between)
        signers.check(between, layout=True)
        far = f"{lab.host('wpack serve')}/signed/{lab.new('r')}:1"
        lab.wpack("copy", between, far)
        signers.check(far)

    return run


def signers_at_once(registry, format_):
    def run(lab, rounds):
        listed, loud = 0, 0
        pairs = make_keys(lab.folder, SIGNERS)
        for n in range(rounds):
            ref = f"{lab.host(registry)}/race/{lab.new('r')}:1"
            lab.subject(ref)
            said, failed, there = sign_at_once(lab.wpack, ref, pairs, format_)
            assert said <= there, f"round {n}: {len(said - there)} lost without a word"
            assert all("other writers keep replacing" in err for _, err in failed), failed
            listed, loud = listed + len(there), loud + len(failed)
        return f"{listed} of {SIGNERS * rounds} listed" + (f", {loud} said that they were not" if loud else "")

    return run


def checks(registries, lists_can_be_lost):
    rows = {f"cosign and wpack sign and verify, {r}": cosign_at(r) for r in registries}
    for r in lists_can_be_lost:
        rows |= {f"8 sign at once ({f}), {r}": signers_at_once(r, f) for f in ("bundle", "cosign")}
    return rows
