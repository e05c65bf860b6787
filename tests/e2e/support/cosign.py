# SPDX-License-Identifier: Apache-2.0
"""cosign v3 as tests use it: with keys, without the public services, against registries on loopback."""

import os
import pathlib
import subprocess

from support import Result

NO_SERVICES = ["--use-signing-config=false", "--tlog-upload=false"]
OLD = "--new-bundle-format=false"


class Cosign:
    """Every call expects exit status `rc` (None: any). `old`: the format before bundles, tags .sig and .att."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "signing-config.json"
        self.root = self.folder / "trusted-root.json"
        self.run("signing-config", "create", "--out", self.config)
        self.run("trusted-root", "create", "--out", self.root)

    def run(self, *args, password="", rc=0, cwd=None):
        p = subprocess.run(
            [self.program, *map(str, args)],
            cwd=cwd or self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "COSIGN_PASSWORD": password},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
        )
        result = Result(("cosign", *args), p.returncode, p.stdout, p.stderr)
        if rc is not None:
            assert p.returncode == rc, result
        return result

    def generate(self, name, password=""):
        """NAME.key and NAME.pub."""
        self.run("generate-key-pair", "--output-key-prefix", name, password=password)
        return self.folder / f"{name}.key", self.folder / f"{name}.pub"

    def import_key(self, pem, name, password=""):
        self.run("import-key-pair", "--key", pem, "--output-key-prefix", name, password=password)
        return self.folder / f"{name}.key", self.folder / f"{name}.pub"

    def how_to_sign(self, old):
        if old:
            return [*NO_SERVICES, OLD]
        return ["--signing-config", self.config, "--trusted-root", self.root]

    def how_to_verify(self, old):
        return ["--insecure-ignore-tlog=true", *([OLD] if old else ["--trusted-root", self.root])]

    def sign(self, ref, key, *more, old=False, password="", rc=0):
        return self.run("sign", "--key", key, "-y", *self.how_to_sign(old), "--allow-http-registry", *more, ref,
                        password=password, rc=rc)

    def verify(self, ref, pub, *more, old=False, rc=0):
        return self.run("verify", "--key", pub, *self.how_to_verify(old), "--allow-http-registry", *more, ref, rc=rc)

    @staticmethod
    def how_keyless(token, services, version, old):
        """With an identity, by services on loopback (tests/peers/sigstore-services.mjs)."""
        config = services.folder / ("signing_config.json" if version == 1 else "signing_config_v2.json")
        how = (["--use-signing-config=false", OLD, "--fulcio-url", services.url, "--rekor-url", services.url] if old else
               ["--signing-config", config])
        return ["-y", "--identity-token", token, "--trusted-root", services.root, *how, "--allow-http-registry"]

    @staticmethod
    def who(identity, issuer, services, old):
        return ["--certificate-identity", identity, "--certificate-oidc-issuer", issuer, "--trusted-root", services.root,
                *([OLD] if old else []), "--allow-http-registry"]

    def sign_keyless(self, ref, token, services, version=1, old=False):
        return self.run("sign", *self.how_keyless(token, services, version, old), ref)

    def verify_keyless(self, ref, identity, issuer, services, old=False, rc=0):
        return self.run("verify", *self.who(identity, issuer, services, old), ref, rc=rc)

    def attest_keyless(self, ref, token, services, type_, predicate, version=1, old=False):
        return self.run("attest", "--type", type_, "--predicate", predicate,
                        *self.how_keyless(token, services, version, old), ref)

    def verify_attestation_keyless(self, ref, identity, issuer, services, type_, old=False, rc=0):
        return self.run("verify-attestation", "--type", type_, *self.who(identity, issuer, services, old), ref, rc=rc)

    def attest(self, ref, key, type_, predicate, old=False):
        return self.run("attest", "--key", key, "-y", *self.how_to_sign(old), "--type", type_, "--predicate", predicate,
                        "--allow-http-registry", ref)

    def verify_attestation(self, ref, pub, type_, old=False, rc=0):
        return self.run("verify-attestation", "--key", pub, *self.how_to_verify(old), "--type", type_,
                        "--allow-http-registry", ref, rc=rc)

    def sign_blob(self, file, key, bundle):
        return self.run("sign-blob", "--key", key, "-y", *self.how_to_sign(False), "--bundle", bundle, file)

    def verify_blob(self, file, pub, bundle, rc=0):
        return self.run("verify-blob", "--key", pub, "--bundle", bundle, *self.how_to_verify(False), file, rc=rc)
