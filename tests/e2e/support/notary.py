# SPDX-License-Identifier: Apache-2.0
"""Notary Project signatures put together by hand, so that each can break one rule and hold in all others."""

import base64
import json
import subprocess
import time

from support import blob_path, sha256
from support.certs import openssl

JWS = "application/jose+json"
COSE = "application/cose"
NOTARY = "application/vnd.cncf.notary.signature"
PAYLOAD = "application/vnd.cncf.notary.payload.v1+json"
PREFIX = "io.cncf.notary."
SCHEME, AUTHORITY = "notary.x509", "notary.x509.signingAuthority"
CURVES = {"ec": "P-256", "ec384": "P-384", "ec521": "P-521"}


class Signer:
    """A root, a leaf below it and the leaf's key, in a folder of their own: root.pem, chain.pem, key.pem."""

    def __init__(self, folder, kind="ec", name="dev", leaf="", days=30):
        self.folder = folder
        folder.mkdir()
        new = ("-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{CURVES[kind]}") if kind in CURVES else (
            "-newkey", f"rsa:{kind[3:] or 2048}")
        subject = f"/C=US/ST=WA/O=wpack test/CN={name}"
        openssl("req", "-x509", *new, "-nodes", "-sha256", "-days", "30", "-keyout", "ca.key", "-out", "root.pem",
                "-subj", subject + " root", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                "keyUsage=critical,keyCertSign,cRLSign", cwd=folder)
        openssl("req", *new, "-nodes", "-keyout", "key.pem", "-out", "leaf.csr", "-subj", subject, cwd=folder)
        (folder / "leaf.ext").write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n" + leaf)
        openssl("x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "ca.key", "-CAcreateserial", "-sha256",
                "-days", str(days), "-extfile", "leaf.ext", "-out", "leaf.pem", cwd=folder)
        (folder / "chain.pem").write_bytes((folder / "leaf.pem").read_bytes() + (folder / "root.pem").read_bytes())
        self.root, self.chain, self.key = folder / "root.pem", folder / "chain.pem", folder / "key.pem"

    @property
    def der(self):
        return [base64.b64decode("".join(part.split("-----")[0].split()))
                for part in self.chain.read_text().split("-----BEGIN CERTIFICATE-----")[1:]]

    def sign(self, data):
        """ES256, as JOSE and COSE want it: r and s of 32 bytes."""
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=data, check=True,
                             capture_output=True).stdout
        out, at = b"", 2
        for _ in range(2):
            size = der[at + 1]
            out += der[at + 2:at + 2 + size].lstrip(b"\0").rjust(32, b"\0")
            at += 2 + size
        return out

    def stamp(self, tsa, data):
        """A timestamp token over data by the authority in folder tsa (make_tsa)."""
        (self.folder / "data").write_bytes(data)
        openssl("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "data.tsq", cwd=self.folder)
        openssl("ts", "-reply", "-config", tsa / "tsa.conf", "-section", "tsa", "-queryfile", self.folder / "data.tsq",
                "-token_out", "-out", self.folder / "data.tok", cwd=tsa)
        return (self.folder / "data.tok").read_bytes()


def make_tsa(folder):
    """A timestamp authority: root.pem, and what `openssl ts` needs."""
    folder.mkdir()
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new, "-sha256", "-days", "30", "-keyout", "ca.key", "-out", "root.pem", "-subj",
            "/O=time/CN=root", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
            "keyUsage=critical,keyCertSign", cwd=folder)
    openssl("req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/O=time/CN=tsa", cwd=folder)
    (folder / "ext").write_text("keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n")
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "ca.key", "-CAcreateserial", "-sha256",
            "-days", "30", "-extfile", "ext", "-out", "tsa.pem", cwd=folder)
    (folder / "serial").write_text("01\n")
    (folder / "tsa.conf").write_text(
        "[tsa]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = tsa.key\nsigner_digest = sha256\n"
        "certs = root.pem\ndefault_policy = 1.2.3.4\ndigests = sha256\naccuracy = secs:1\ness_cert_id_alg = sha256\n")
    return folder


def payload(desc, **more):
    target = {k: desc[k] for k in ("mediaType", "digest", "size")}
    return json.dumps({"targetArtifact": {**target, **more}}, separators=(",", ":")).encode()


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jws(signer, body, protected=None, header=None, members=None, raw=None, stamp=None):
    """A JWS envelope over body. protected, header, members: what is changed in each (None: taken out). raw: the text of
    the protected header instead."""
    now = int(time.time())

    def merge(base, more):
        out = {**base, **(more or {})}
        return {k: v for k, v in out.items() if v is not None}

    head = merge({"alg": "ES256", "crit": [PREFIX + "signingScheme"], "cty": PAYLOAD, PREFIX + "signingScheme": SCHEME,
                  PREFIX + "signingTime": rfc3339(now)}, protected)
    text = b64url((raw or json.dumps(head)).encode())
    signature = signer.sign(f"{text}.{b64url(body)}".encode())
    loose = {"x5c": [base64.b64encode(c).decode() for c in signer.der]}
    if stamp:
        loose[PREFIX + "timestampSignature"] = base64.b64encode(signer.stamp(stamp, signature)).decode()
    return json.dumps(merge({"payload": b64url(body), "protected": text, "header": merge(loose, header),
                             "signature": b64url(signature)}, members)).encode()


# ---- CBOR, only as much as an envelope is made of ----


class Tag:
    def __init__(self, number, value):
        self.number, self.value = number, value


class Raw(bytes):
    """Bytes that are CBOR already."""


def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for low, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << 8 * size:
            return bytes([major << 5 | low]) + n.to_bytes(size, "big")
    raise ValueError(n)


def cbor(v):
    if isinstance(v, Raw):
        return bytes(v)
    if isinstance(v, Tag):
        return head(6, v.number) + cbor(v.value)
    if isinstance(v, int):
        return head(1, -1 - v) if v < 0 else head(0, v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v.encode())) + v.encode()
    if isinstance(v, list):
        return head(4, len(v)) + b"".join(map(cbor, v))
    return head(5, len(v)) + b"".join(cbor(k) + cbor(x) for k, x in v.items())


def cose(signer, body, protected=None, unprotected=None, raw=None, finish=None, stamp=None):
    """A COSE envelope over body, changed as a JWS is. raw: the protected bytes; finish(items): the whole instead."""
    now = int(time.time())
    base = {1: -7, 2: [PREFIX + "signingScheme"], 3: PAYLOAD, PREFIX + "signingTime": Tag(1, now),
            PREFIX + "signingScheme": SCHEME}
    attributes = {k: v for k, v in {**base, **(protected or {})}.items() if v is not None}
    inner = raw(attributes) if raw else cbor(attributes)
    signature = signer.sign(cbor(["Signature1", inner, b"", body]))
    loose = {33: signer.der, **(unprotected or {})}
    if stamp:
        loose[PREFIX + "timestampSignature"] = signer.stamp(stamp, signature)
    items = [inner, {k: v for k, v in loose.items() if v is not None}, body, signature]
    return finish(items) if finish else cbor(Tag(18, items))


def attach(layout, subject, envelope, media_type):
    """The envelope as a referrer of subject in a layout, as notation writes it."""

    def put(data, kind):
        blob_path(layout, sha256(data)).write_bytes(data)
        return {"mediaType": kind, "digest": sha256(data), "size": len(data)}

    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": put(b"{}", NOTARY), "layers": [put(envelope, media_type)],
                "subject": {k: subject[k] for k in ("mediaType", "digest", "size")},
                "annotations": {"org.opencontainers.image.created": "2026-01-01T00:00:00Z"}}
    desc = put(json.dumps(manifest).encode(), manifest["mediaType"])
    path = layout / "index.json"
    index = json.loads(path.read_text())
    index["manifests"].append({**desc, "artifactType": NOTARY})
    path.write_text(json.dumps(index))
    return desc["digest"]


def config(folder, roots, statements=None, level="strict", **more):
    """notation's configuration folder: a trust policy, and the trust store ca:test of roots."""
    store = folder / "truststore/x509/ca/test"
    store.mkdir(parents=True, exist_ok=True)
    for i, root in enumerate(roots):
        (store / f"{i}.pem").write_bytes(root.read_bytes())
    statement = {"name": "all", "registryScopes": ["*"], "signatureVerification": {"level": level},
                 "trustStores": ["ca:test"], "trustedIdentities": ["*"], **more}
    (folder / "trustpolicy.json").write_text(json.dumps({"version": "1.0", "trustPolicies": statements or [statement]}))
    return folder
