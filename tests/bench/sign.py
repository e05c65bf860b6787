#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times signing and verifying beside cosign and notation-go in one run: usage: sign.py [--rounds N] [--only WORD]

The same small artifact in the same registry for all, the same key for wpack and cosign; programs take turns. Figures are
medians of whole processes. Nothing is asserted here."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from run import TIMED, WPACK, Figures, Registry, peer, timed  # noqa: E402: found beside this file, by the line above

assert TIMED


def call(args, env, cwd):
    p = subprocess.run(list(map(str, args)), env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if p.returncode != 0:
        sys.exit(f"{' '.join(map(str, args))}\nexit {p.returncode}: {(p.stdout + p.stderr)[-2000:]}")
    return p.stdout


def report(title, figures, column):
    """column: 0 wall, 1 CPU: what the ratio is of."""
    base = next((f.medians()[column] for name, f in figures.items() if not name.startswith("wpack")), None)
    print(f"\n{title}")
    print(f"  {'':28} {'wall ms':>9} {'CPU ms':>9} {'RSS MiB':>9}")
    for name, f in figures.items():
        wall, cpu, rss = f.medians()
        own = f.medians()[column]
        mark = f"   {own / base:.2f} × the peer's {('wall', 'CPU')[column]}" if name.startswith("wpack") and base else ""
        print(f"  {name:28} {1000 * wall:9.1f} {1000 * cpu:9.1f} {rss:9.1f}{mark}", flush=True)


def compare(title, rows, column, options, env, cwd):
    if options.only not in title:
        return
    figures = {name: Figures() for name in rows}
    for _ in range(options.rounds):
        for name, args in rows.items():
            figures[name].add(*timed(args, env, cwd))
    report(title, figures, column)


def artifact(host, repo, env, tmp):
    """A module of its own for each row: signatures of one row are not listed in the next."""
    name = repo.encode()
    (tmp / "app.wasm").write_bytes(b"\0asm\1\0\0\0" + bytes([0, len(name) + 2, 1]) + b"n" + name)
    return call([WPACK, "push", f"{host}/{repo}:v1", "app.wasm"], env, tmp).split()[-1]


def certificates(tmp, env):
    """A self-made root and a leaf for Notary's rules: chain.pem, leaf.key, root.pem."""
    (tmp / "leaf.ext").write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                                  "extendedKeyUsage=codeSigning\n")
    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    call(["openssl", "req", "-x509", *ec, "-days", "30", "-subj", "/C=US/ST=WA/O=bench/CN=root", "-keyout", "root.key",
          "-out", "root.pem", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
          "keyUsage=critical,keyCertSign"], env, tmp)
    call(["openssl", "req", *ec, "-subj", "/C=US/ST=WA/O=bench/CN=leaf", "-keyout", "leaf.key", "-out", "leaf.csr"],
         env, tmp)
    call(["openssl", "x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
          "-days", "30", "-extfile", "leaf.ext", "-out", "leaf.pem"], env, tmp)
    (tmp / "chain.pem").write_text((tmp / "leaf.pem").read_text() + (tmp / "root.pem").read_text())


def policy(path, rules, host):
    """A policy of that many rules, the last of which is about the artifact."""
    rows = [{"scope": f"registry{i}.example/team/*",
             "require": [{"id": "key", "type": "key", "keys": ["cosign.pub"]}]} for i in range(rules - 1)]
    rows.append({"scope": f"{host}/**", "require": [{"id": "key", "type": "key", "keys": ["cosign.pub"]}]})
    path.write_text(json.dumps({"version": 1, "default": "reject", "rules": rows}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", default="", help="rows whose title holds this word")
    options = parser.parse_args()
    cosign, notation = peer("cosign"), peer("notation-check")
    for name, path in (("cosign", cosign), ("notation-check", notation)):
        if not path:
            print(f"SKIP: {name} not installed (make peers PEERS={name})")
    with tempfile.TemporaryDirectory(prefix="wpack-bench-") as tmp:
        tmp = pathlib.Path(tmp)
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp), "DOCKER_CONFIG": str(tmp), "COSIGN_PASSWORD": "secret"}
        call([WPACK, "keygen", "-o", "cosign"], env, tmp)
        call([WPACK, "keygen", "-o", "plain", "--plain"], env, tmp)
        certificates(tmp, env)
        registry = Registry("wpack serve", tmp / "registry")
        try:
            run_rows(options, registry.host, cosign, notation, env, tmp)
        finally:
            registry.stop()


def run_rows(options, host, cosign, notation, env, tmp):
    offline = []
    if cosign:
        call([cosign, "signing-config", "create", "--out", "sc.json"], env, tmp)
        call([cosign, "trusted-root", "create", "--out", "tr.json"], env, tmp)
        offline = ["--trusted-root", "tr.json", "--allow-http-registry"]
    ref = artifact(host, "bench/verify", env, tmp)
    call([WPACK, "sign", ref, "--key", "cosign.key"], env, tmp)
    rows = {"cosign": [cosign, "verify", "--key", "cosign.pub", *offline, "--insecure-ignore-tlog=true", ref]} if cosign else {}
    compare("verify by key", {**rows, "wpack": [WPACK, "verify", ref, "--key", "cosign.pub"]}, 0, options, env, tmp)
    call([WPACK, "copy", ref, "oci:lay:v1"], env, tmp)
    compare("verify a layout", {"wpack": [WPACK, "verify", "oci:lay:v1", "--key", "cosign.pub"]}, 0, options, env, tmp)
    for rules in (1, 50):
        policy(tmp / f"policy{rules}.json", rules, host)
    compare("verify by policy", {f"wpack, {rules} rules": [WPACK, "verify", ref, "--policy", f"policy{rules}.json"]
                                 for rules in (1, 50)}, 0, options, env, tmp)

    ref = artifact(host, "bench/sign", env, tmp)
    rows = {"cosign": [cosign, "sign", "--key", "cosign.key", "-y", "--signing-config", "sc.json", *offline, ref]} if cosign else {}
    compare("sign, encrypted key", {**rows, "wpack": [WPACK, "sign", ref, "--key", "cosign.key"]}, 1, options, env, tmp)

    ref = artifact(host, "bench/notation", env, tmp)
    rows = {"notation-go": [notation, "sign", ref, "chain.pem", "leaf.key", "jws"]} if notation else {}
    compare("sign, plain PKCS #8 key", {**rows,
            "wpack, bundle": [WPACK, "sign", ref, "--key", "plain.key"],
            "wpack, notation": [WPACK, "sign", ref, "--as", "notation", "--cert", "chain.pem", "--key", "leaf.key"]},
            1, options, env, tmp)


if __name__ == "__main__":
    main()
