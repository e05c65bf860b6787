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


def chain(folder, name, days=30, begin=-1):
    """NAME.key, NAME.chain.pem (leaf, root) and NAME.ca.pem as Notary wants them: valid from `begin` days on, for `days`."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def named(common):
        return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
                          x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "WA"),
                          x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme"),
                          x509.NameAttribute(NameOID.COMMON_NAME, common)])

    start = datetime.datetime.utcnow() + datetime.timedelta(days=begin)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def certificate(common, public, ca):
        b = x509.CertificateBuilder().subject_name(named(common)).issuer_name(named("root")).public_key(public)
        b = b.serial_number(x509.random_serial_number()).not_valid_before(start)
        b = b.not_valid_after(start + datetime.timedelta(days=days))
        b = b.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        b = b.add_extension(x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False), critical=True)
        if not ca:
            b = b.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        return b.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root = certificate("root", root_key.public_key(), True)
    leaf = certificate("signer", key.public_key(), False)
    (folder / f"{name}.key").write_bytes(key.private_bytes(serialization.Encoding.PEM,
                                                           serialization.PrivateFormat.PKCS8,
                                                           serialization.NoEncryption()))
    (folder / f"{name}.key").chmod(0o600)
    (folder / f"{name}.chain.pem").write_bytes(leaf + root)
    (folder / f"{name}.ca.pem").write_bytes(root)
