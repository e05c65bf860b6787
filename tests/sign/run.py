#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sigstore's conformance suite and bundles of other makers: usage: run.py

`make sigstore`: OUT is the build folder; the data is signing.tar.gz in the folder WPACK_DATA. Runs tests/sign/conformance
(verdicts and reasons) and tests/sign/mutants (no changed bundle is accepted). Any deviation fails."""
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile


def main():
    data = pathlib.Path(os.environ.get("WPACK_DATA", "/nonexistent")) / "signing.tar.gz"
    if not data.exists():
        print("sigstore: SKIP: no test data (WPACK_DATA)", file=sys.stderr)
        return 0
    programs = pathlib.Path(os.environ["OUT"]) / "tests/sign"
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(data) as archive:
            archive.extractall(folder)
        return max(subprocess.run([programs / name, folder]).returncode
                   for name in ("conformance", "mutants"))


if __name__ == "__main__":
    sys.exit(main())
