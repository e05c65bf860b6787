# SPDX-License-Identifier: Apache-2.0
"""A private CA and certificates below it, made with openssl(1)."""

import subprocess
import types


def openssl(*args, cwd):
    subprocess.run(["openssl", *map(str, args)], cwd=cwd, check=True, capture_output=True)


def make(folder):
    """Paths: ca, server_cert, server_key (localhost and 127.0.0.1), client_cert, client_key."""
    folder.mkdir()
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-days", "30", "-subj", "/CN=test-ca", "-keyout", "ca.key", "-out", "ca.pem",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign", cwd=folder)
    for who, ext in (
        ("server", "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n"),
        ("client", "extendedKeyUsage=clientAuth\n"),
    ):
        openssl("req", *curve, "-subj", f"/CN={who}", "-keyout", f"{who}.key", "-out", f"{who}.csr", cwd=folder)
        (folder / f"{who}.ext").write_text(ext)
        openssl("x509", "-req", "-in", f"{who}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                "30", "-extfile", f"{who}.ext", "-out", f"{who}.pem", cwd=folder)
    return types.SimpleNamespace(
        folder=folder,
        ca=folder / "ca.pem",
        server_cert=folder / "server.pem",
        server_key=folder / "server.key",
        client_cert=folder / "client.pem",
        client_key=folder / "client.key",
    )


def make_bad(folder, kind):
    """As make, with a server certificate that must not be trusted: "expired", "wrong-host"; "unknown-ca": good, for those
    who do not know its CA."""
    made = make(folder)
    if kind == "unknown-ca":
        return made
    name = "IP:127.0.0.1,DNS:localhost" if kind == "expired" else "DNS:elsewhere.example"
    (folder / "server.ext").write_text(f"subjectAltName={name}\nextendedKeyUsage=serverAuth\n")
    if kind == "expired":
        (folder / "db").write_text("")
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=db\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\n[p]\n"
            "commonName=supplied\n")
        openssl("ca", "-batch", "-config", "ca.cnf", "-create_serial", "-cert", "ca.pem", "-keyfile", "ca.key", "-in",
                "server.csr", "-out", "server.pem", "-extfile", "server.ext", "-startdate", "20200101000000Z", "-enddate",
                "20200102000000Z", "-notext", cwd=folder)
    else:
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                "server.pem", "-days", "30", "-extfile", "server.ext", cwd=folder)
    return made
