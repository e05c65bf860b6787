# SPDX-License-Identifier: Apache-2.0
"""Many `wpack attach` at once on one subject: through a registry without the referrers API they edit the same list."""

import subprocess


def attach_at_once(wpack, ref, n):
    """Start n attaches to ref together. Returns (digests that were reported with success, Results of the others,
    digests that are listed afterwards)."""
    started = []
    for i in range(n):
        file = wpack.cwd / f"race-{i}.txt"
        file.write_text(f"{ref} {i}\n")
        p = wpack.popen("attach", ref, f"{file.name}:text/plain", "--type", "application/vnd.acme.race",
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(p)
    said, failed = set(), []
    for p in started:
        out, err = p.communicate(timeout=300)
        if p.returncode == 0:
            said.add(out.strip().rsplit("@", 1)[-1])
        else:
            failed.append((p.returncode, err))
    tree = wpack("tree", ref, "--format", "json").json
    return said, failed, {r["digest"] for r in tree.get("referrers", [])}
