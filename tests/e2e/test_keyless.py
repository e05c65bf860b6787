# SPDX-License-Identifier: Apache-2.0
"""Signing with an identity: Fulcio, Rekor v1 and v2 and a timestamp authority on loopback, what they answer wrongly, and
what @sigstore/verify says of the result."""

import base64
import http.server
import json
import pathlib
import shutil
import subprocess
import threading

import pytest

from conftest import PEERS

SERVICES = pathlib.Path(__file__).resolve().parents[1] / "peers/sigstore-services.mjs"
CHECKER = SERVICES.with_name("sigstore-verify.mjs")
IDENTITY = "https://git.example/team/app/.ci/release.yml@refs/tags/v1"
ISSUER = "https://issuer.example"


def token(**claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return ".".join([part({"alg": "RS256"}), part({"sub": IDENTITY, "iss": ISSUER, "aud": "sigstore", **claims}), "c2ln"])


@pytest.fixture(scope="module")
def modules():
    folder = PEERS / ".npm/sigstore/node_modules"
    if not shutil.which("node") or not (folder / "@sigstore/mock").is_dir():
        pytest.skip("SKIP: @sigstore/mock not installed (make peers PEERS=sigstore)")
    return folder


class Services:
    def __init__(self, modules, folder):
        self.folder = folder
        self.process = subprocess.Popen(["node", SERVICES, modules, folder], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, "the services do not start"
        self.url = json.loads(line)["url"]
        self.root = folder / "trusted_root.json"

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)


@pytest.fixture(scope="module")
def services(modules, tmp_path_factory):
    s = Services(modules, tmp_path_factory.mktemp("sigstore"))
    yield s
    s.stop()


@pytest.fixture
def artifact(wpack):
    (wpack.cwd / "app.wasm").write_bytes(b"\0asm\1\0\0\0")
    (wpack.cwd / "token").write_text(token() + "\n")
    wpack("build", "app.wasm", "-t", "team/app:1", "-o", "oci:lay")
    return "oci:lay:team/app:1"


def who(services, identity=IDENTITY, issuer=ISSUER):
    return ["--certificate-identity", identity, "--certificate-oidc-issuer", issuer, "--trusted-root", services.root]


def config(services, version):
    return ["--keyless", "--oidc-token", "token", "--signing-config",
            services.folder / ("signing_config.json" if version == 1 else "signing_config_v2.json")]


@pytest.mark.parametrize("version", [1, 2])
def test_artifact(wpack, services, artifact, version):
    r = wpack("sign", artifact, *config(services, version))
    assert r.out.splitlines()[-1].startswith("oci:lay@sha256:"), r
    assert IDENTITY in r.err, r
    r = wpack("verify", artifact, *who(services))
    assert IDENTITY in r.err and ISSUER in r.err and "log" in r.err, r
    # Somebody else's signature, by the identity and by who vouches for it.
    wpack("verify", artifact, *who(services, identity=IDENTITY + "1"), rc=12)
    wpack("verify", artifact, *who(services, issuer="https://other.example"), rc=12)


@pytest.mark.parametrize("version", [1, 2])
def test_file(wpack, services, artifact, modules, version):
    """A file's bundle, by wpack and by the reference implementation in JavaScript."""
    wpack("sign", "app.wasm", *config(services, version), "-o", "app.sigstore.json")
    wpack("verify", "app.wasm", "--bundle", "app.sigstore.json", *who(services))
    subprocess.run(["node", CHECKER, modules, wpack.cwd / "app.sigstore.json", wpack.cwd / "app.wasm", "--root",
                    services.root, "--identity", IDENTITY, "--issuer", ISSUER], check=True, timeout=60)
    (wpack.cwd / "app.wasm").write_bytes(b"\0asm\1\0\0\0\0")
    wpack("verify", "app.wasm", "--bundle", "app.sigstore.json", *who(services), rc=12)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("place", ["bundle", "cosign"])
def test_statement(wpack, services, artifact, version, place):
    r = wpack.run("attest", artifact, "--type", "spdx", "--as", place, *config(services, version))
    if (version, place) == (2, "cosign"):
        assert r.rc == 1 and "cosign's older format has no place for an entry of Rekor v2" in r.err, r
        return
    assert r.rc == 0, r
    said = json.loads(wpack("verify", artifact, "--type", "spdx", *who(services)).out)
    assert said["predicate"]["spdxVersion"] == "SPDX-2.3"
    wpack("verify", artifact, "--type", "spdx", *who(services, identity=IDENTITY + "1"), rc=12)


def test_timestamp_alone(wpack, services, artifact):
    """Without a log an authority's time does for a key; for an identity a log is asked for unless told otherwise."""
    args = ["--keyless", "--oidc-token", "token", "--fulcio-url", services.url, "--timestamp-url",
            services.url + "/api/v1/timestamp"]
    wpack("sign", artifact, *args)
    wpack("verify", artifact, *who(services), rc=12)
    wpack("verify", artifact, *who(services), "--insecure-ignore-tlog")


def test_key_with_log(wpack, services, artifact):
    """A key's signature may be logged and timestamped, too."""
    wpack("keygen", "--plain")
    for version in ("1", "2"):
        wpack("sign", artifact, "--key", "wpack.key", "--rekor-url", services.url, "--rekor-version", version,
                 "--timestamp-url", services.url + "/api/v1/timestamp")
    r = wpack("verify", artifact, "--key", "wpack.pub", "--trusted-root", services.root)
    assert "log" in r.err and "timestamp" in r.err, r


FAULTS = [
    ("fulcio-url", "other-key", "another key"),
    ("fulcio-url", "garbage", "certificate authority"),
    ("fulcio-url", "down", "certificate authority"),
    ("rekor-url", "other-entry", "transparency log"),
    ("rekor-url", "bad-proof", "transparency log"),
    ("rekor-url", "garbage", "transparency log"),
    ("timestamp-url", "other-query", "timestamp authority"),
    ("timestamp-url", "garbage", "timestamp authority"),
]


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("option,fault,words", FAULTS)
def test_wrong_answers(wpack, services, artifact, option, fault, words, version):
    """Nothing that a service made up is attached."""
    urls = {"fulcio-url": services.url, "rekor-url": services.url, "timestamp-url": services.url}
    urls[option] += f"/fault/{fault}"
    urls["timestamp-url"] += "/api/v1/timestamp"
    args = [part for name, url in urls.items() for part in (f"--{name}", url)]
    r = wpack.run("sign", artifact, "--keyless", "--oidc-token", "token", *args, "--rekor-version", version, "--retry", 0)
    assert r.rc not in (0, None) and words in r.err, r
    wpack("verify", artifact, *who(services), rc=10)


def test_entry_that_is_there(wpack, services, artifact):
    """409 of a log that has the entry says where it is."""
    wpack("sign", artifact, "--keyless", "--oidc-token", "token", "--fulcio-url", services.url, "--rekor-url",
             services.url + "/fault/conflict")
    wpack("verify", artifact, *who(services))


class Github(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ok = self.headers.get("Authorization") == "Bearer job-secret" and "audience=sigstore" in self.path
        body = json.dumps({"value": token()}).encode() if ok else b"{}"
        self.send_response(200 if ok else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def test_tokens_of_the_ci(wpack, services, artifact):
    args = ["sign", artifact, "--keyless", "--signing-config", services.folder / "signing_config.json"]
    wpack(*args, env={"SIGSTORE_ID_TOKEN": token()})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Github)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/token?api-version=2"
        env = {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job-secret"}
        wpack(*args, "--debug", env=env)
        wpack(*args, env={**env, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "other"}, rc=4)
    finally:
        server.shutdown()
        server.server_close()
    r = wpack.run(*args, env={"GITHUB_ACTIONS": "true"})
    assert r.rc == 2 and "id-token: write" in r.err, r
    r = wpack.run(*args)
    assert r.rc == 2 and "SIGSTORE_ID_TOKEN" in r.err, r


def test_token_stays_secret(wpack, services, artifact):
    """Neither --debug nor an error nor the artifact shows it."""
    r = wpack.run("sign", artifact, *config(services, 1), "--debug")
    assert r.rc == 0 and token() not in r.out + r.err, r
    (wpack.cwd / "token").write_text("not.a-token")
    r = wpack.run("sign", artifact, *config(services, 1))
    assert r.rc == 2 and "not.a-token" not in r.err, r
    for path in (wpack.cwd / "lay").rglob("*"):
        assert not path.is_file() or token().encode() not in path.read_bytes()


def test_plain_http_services_are_refused(wpack, artifact):
    r = wpack.run("sign", artifact, "--keyless", "--oidc-token", "token", "--fulcio-url", "http://fulcio.example",
                  "--rekor-url", "https://rekor.example")
    assert r.rc == 2 and "https" in r.err, r


def test_what_is_missing_is_said(wpack, artifact, services):
    r = wpack.run("sign", artifact, "--keyless", "--oidc-token", "token")
    assert r.rc == 2 and "--signing-config" in r.err, r
    r = wpack.run("sign", artifact, "--keyless", "--oidc-token", "token", "--fulcio-url", services.url)
    assert r.rc == 2 and "--rekor-url" in r.err, r
    r = wpack.run("sign", artifact, "--keyless", "--oidc-token", "token", "--fulcio-url", services.url, "--rekor-url",
                  services.url, "--rekor-version", 2)
    assert r.rc == 2 and "--timestamp-url" in r.err, r
