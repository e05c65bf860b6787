#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sigstore's conformance suite and bundles of other makers: usage: run.py

`make sigstore`: OUT is the build folder; the data is signing.tar.gz in the folder WPACK_DATA. Runs tests/sign/conformance
(verdicts and reasons), tests/sign/mutants (no changed bundle is accepted), and `wpack verify` as the suite would run a
client, by file and by digest. Any deviation fails."""
import hashlib
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile


IDENTITY = ("https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/"
            "extremely-dangerous-oidc-beacon.yml@refs/heads/main")
ISSUER = "https://token.actions.githubusercontent.com"


def ask(wpack, case, root, by_digest):
    """The status of `wpack verify` for a case of the suite."""
    def text(name, otherwise):
        return (case / name).read_text().strip() if (case / name).exists() else otherwise

    def own(name, otherwise):
        return case / name if (case / name).exists() else otherwise

    artifact = own("artifact", case.parent / "a.txt")
    what = "sha256:" + hashlib.sha256(artifact.read_bytes()).hexdigest() if by_digest else artifact
    who = ["--certificate-identity", text("identity", IDENTITY), "--certificate-oidc-issuer", text("issuer", ISSUER)]
    if (case / "key.pub").exists():
        who = ["--key", case / "key.pub"]
    return subprocess.run([wpack, "verify", what, "--bundle", case / "bundle.sigstore.json", *who, "--trusted-root",
                           own("trusted_root.json", root)], capture_output=True).returncode


def as_client(wpack, data):
    """0 where every verdict of the program is right."""
    root = data / "roots/public-good-trusted_root.json"
    runs = wrong = 0
    for case in sorted(p.parent for p in data.glob("sigstore-conformance/bundle-verify/*/bundle.sigstore.json")):
        for by_digest in (False, True):
            status = ask(wpack, case, root, by_digest)
            right = (status in (2, 10, 12, 13)) if case.name.endswith("_fail") else status == 0
            runs += 1
            if not right:
                wrong += 1
                print(f"WRONG wpack verify {case.name} ({'digest' if by_digest else 'file'}): status {status}")
    print(f"wpack verify: {runs - wrong} of {runs} runs right")
    return 0 if runs and not wrong else 1


def main():
    data = pathlib.Path(os.environ.get("WPACK_DATA", "/nonexistent")) / "signing.tar.gz"
    if not data.exists():
        print("sigstore: SKIP: no test data (WPACK_DATA)", file=sys.stderr)
        return 0
    programs = pathlib.Path(os.environ["OUT"]) / "tests/sign"
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(data) as archive:
            archive.extractall(folder)
        status = max(subprocess.run([programs / name, folder]).returncode for name in ("conformance", "mutants"))
        return max(status, as_client(pathlib.Path(os.environ["OUT"]).resolve() / "wpack", pathlib.Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
