# SPDX-License-Identifier: Apache-2.0
"""Several `wpack sign` at once on one artifact: through a registry without the referrers API they edit the same list, and
with cosign's older format the same manifest."""

import json
import subprocess

from support import keys


def make_keys(folder, n):
    return [keys.pair(folder, f"signer-{i}") for i in range(n)]


def sign_at_once(wpack, ref, pairs, format_):
    """Start one sign for each pair together. Returns (pairs that reported success, Results of the others as (status, words),
    pairs whose signature is proven afterwards)."""
    started = [(p, wpack.popen("sign", ref, "--key", p.private, "--as", format_, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)) for p in pairs]
    said, failed = set(), []
    for pair, process in started:
        _, err = process.communicate(timeout=300)
        if process.returncode == 0:
            said.add(pair)
        else:
            failed.append((process.returncode, err))
    everybody = [word for p in pairs for word in ("--key", p.public)]
    r = wpack.run("verify", ref, *everybody, "--threshold", len(pairs), "--format", "json")
    proofs = [proof for need in json.loads(r.out)["requirements"] for proof in need["proofs"] if "failed" not in proof]
    by_name = {str(p.public): p for p in pairs}
    return said, failed, {by_name[proof["trustedAs"]] for proof in proofs}
