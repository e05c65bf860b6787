# SPDX-License-Identifier: Apache-2.0
"""Keys for tests: pairs made by openssl, plain files, so that no password stands between a test and what it is about."""

import subprocess


class Pair:
    def __init__(self, private, public):
        self.private, self.public = private, public


def openssl(*args):
    return subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def pair(folder, name, algorithm="EC"):
    """NAME.pem and NAME.pub in folder; EC (P-256), P-384, RSA, ED25519."""
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    more = {"EC": ["-pkeyopt", "ec_paramgen_curve:P-256"], "P-384": ["-pkeyopt", "ec_paramgen_curve:P-384"],
            "RSA": ["-pkeyopt", "rsa_keygen_bits:2048"], "ED25519": []}[algorithm]
    kind = "EC" if algorithm == "P-384" else algorithm
    openssl("genpkey", "-algorithm", kind, *more, "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    private.chmod(0o600)
    return Pair(private, public)
