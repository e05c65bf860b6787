# SPDX-License-Identifier: Apache-2.0
"""Credentials as users have them, against docker-registry: anonymous, basic, bearer, identity token, helper, TLS."""

import base64
import json
import os
import stat
import subprocess

import pytest

from conftest import find_peer
from support import certs, sample, sha256
from support.fakereg import Reply


@pytest.fixture
def htpasswd(tmp_path):
    program = find_peer("htpasswd")
    path = tmp_path / "htpasswd"
    done = subprocess.run([program, "-Bbn", "alice", "secret"], check=True, capture_output=True)
    path.write_bytes(done.stdout)
    return path


def docker_config(wpack, doc):
    folder = wpack.home / ".docker"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(doc))


def basic(user, password):
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def round_trip(wpack, module, host, *options, env=None):
    ref = f"{host}/a/app:1"
    pushed = wpack("push", module, ref, *options, env=env)
    wpack("pull", ref, "-o", "out/", *options, env=env)
    assert (wpack.cwd / "out/hello.wasm").read_bytes() == module.read_bytes()
    return pushed


def test_anonymous(wpack, module, docker_registry):
    round_trip(wpack, module, docker_registry().host)


class TestBasic:
    def test_flags(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        round_trip(wpack, module, host, "-u", "alice", "-p", "secret")

    def test_password_from_stdin(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        wpack("push", module, f"{host}/a/b:1", "-u", "alice", "--password-stdin", stdin="secret\n")

    def test_environment(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        round_trip(wpack, module, host, env={"WPACK_USERNAME": "alice", "WPACK_REGISTRY_PASSWORD": "secret"})

    def test_docker_config(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"auths": {host: {"auth": basic("alice", "secret")}}})
        round_trip(wpack, module, host)

    def test_containers_auth_json_by_namespace(self, wpack, module, docker_registry, htpasswd, tmp_path):
        host = docker_registry(htpasswd=htpasswd).host
        auth = tmp_path / "auth.json"
        auth.write_text(
            json.dumps({"auths": {host: {"auth": basic("alice", "no")}, f"{host}/a": {"auth": basic("alice", "secret")}}})
        )
        round_trip(wpack, module, host, env={"REGISTRY_AUTH_FILE": str(auth)})

    def test_wrong_password_is_exit_4_and_says_where_it_came_from(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"auths": {host: {"auth": basic("alice", "hunter2")}}})
        r = wpack("push", module, f"{host}/a/b:1", rc=4)
        assert ".docker/config.json" in r.err and f"wpack login {host}" in r.err
        assert "hunter2" not in r.err

    def test_no_credentials_is_exit_4(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        r = wpack("pull", f"{host}/a/b:1", rc=4)
        assert "wpack login" in r.err

    def test_another_hosts_entry_is_not_used(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"auths": {"127.0.0.1:1": {"auth": basic("alice", "secret")}}})
        wpack("push", module, f"{host}/a/b:1", rc=4)


class TestHelper:
    def helper(self, wpack, script):
        folder = wpack.cwd / "bin"
        folder.mkdir(exist_ok=True)
        path = folder / "docker-credential-test"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        return {"PATH": f"{folder}:{os.environ['PATH']}"}

    def test_cred_helper(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"credHelpers": {host: "test"}})
        env = self.helper(wpack, 'read url; echo "{\\"ServerURL\\":\\"$url\\",\\"Username\\":\\"alice\\",\\"Secret\\":\\"secret\\"}"\n')
        round_trip(wpack, module, host, env=env)

    def test_creds_store(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"credsStore": "test"})
        env = self.helper(wpack, f'read url; [ "$url" = "{host}" ] || {{ echo credentials not found in native keychain; exit 1; }}\n'
                                 'echo "{\\"Username\\":\\"alice\\",\\"Secret\\":\\"secret\\"}"\n')
        round_trip(wpack, module, host, env=env)

    def test_missing_helper_is_no_obstacle_where_none_is_needed(self, wpack, module, docker_registry):
        host = docker_registry().host
        docker_config(wpack, {"credHelpers": {host: "nowhere"}})
        round_trip(wpack, module, host)

    def test_missing_helper_is_named_where_it_is_needed(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"credHelpers": {host: "nowhere"}})
        r = wpack("push", module, f"{host}/a/b:1", rc=4)
        assert "warning" in r.err and r.err.count("docker-credential-nowhere") >= 1

    def test_failing_helper_never_uses_other_entries(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"credHelpers": {host: "test"}, "auths": {"other.example": {"auth": basic("alice", "secret")}}})
        env = self.helper(wpack, "echo broken; exit 1\n")
        r = wpack("push", module, f"{host}/a/b:1", env=env, rc=4)
        assert "docker-credential-test" in r.err

    def test_helper_that_hangs(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"credHelpers": {host: "test"}})
        r = wpack("push", module, f"{host}/a/b:1", "--timeout", "500ms", env=self.helper(wpack, "exec sleep 60\n"), rc=4, timeout=30)
        assert "docker-credential-test' did not answer in time" in r.err

    def test_helper_that_hangs_behind_its_answer(self, wpack, module, docker_registry, htpasswd):
        """Output closed, and still there."""
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"credHelpers": {host: "test"}})
        env = self.helper(wpack, 'echo "{\\"Username\\":\\"alice\\",\\"Secret\\":\\"secret\\"}"\nexec sleep 60 >&-\n')
        r = wpack("push", module, f"{host}/a/b:1", "--timeout", "500ms", env=env, rc=4, timeout=30)
        assert "docker-credential-test' did not end in time" in r.err

    @pytest.mark.parametrize("script", [
        "echo no json c4nary-w0rd", "echo '{\"Username\":5,\"Secret\":\"c4nary-w0rd\"}'", "printf 'c4nary-w0rd\\000\\377\\n'",
        "echo '[\"c4nary-w0rd\"]'", "true", "head -c 70000 /dev/zero | tr '\\0' x", "echo '{\"Secret\":\"c4nary-w0rd\"'",
        "kill -9 $$", "echo '{\"c4nary-w0rd\":1}'; exit 3",
    ])
    def test_helper_that_prints_junk(self, wpack, module, docker_registry, htpasswd, script):
        """A warning that names it; what it printed may be the secret and is not shown; nobody else's entry is used."""
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"credHelpers": {host: "test"}, "auths": {"other.example": {"auth": basic("alice", "secret")}}})
        r = wpack("push", module, f"{host}/a/b:1", "--debug", env=self.helper(wpack, script + "\n"), rc=4)
        assert "warning" in r.err and "docker-credential-test" in r.err
        assert "c4nary-w0rd" not in r.err and "xxxx" not in r.err and "authorization:" not in r.err

    def test_helper_that_never_reads(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"credHelpers": {host: "test"}})
        env = self.helper(wpack, 'exec <&-; echo "{\\"Username\\":\\"alice\\",\\"Secret\\":\\"secret\\"}"\n')
        round_trip(wpack, module, host, env=env)


class TestBearer:
    def test_token_server(self, wpack, module, docker_registry, token_server):
        host = docker_registry(token=token_server).host
        round_trip(wpack, module, host, "-u", "alice", "-p", "secret", "--realm-host", "localhost")
        assert any(a and a.startswith("Basic ") for _, _, a, _ in token_server.seen)

    def test_realm_of_another_host_gets_no_password(self, wpack, module, docker_registry, token_server):
        host = docker_registry(token=token_server).host
        r = wpack("push", module, f"{host}/a/b:1", "-u", "alice", "-p", "secret", rc=4)
        assert "--realm-host" in r.err
        assert all(a is None for _, _, a, _ in token_server.seen)

    def test_anonymous_token(self, wpack, module, docker_registry, token_server):
        token_server.anonymous_pull = True
        round_trip(wpack, module, docker_registry(token=token_server).host)

    def test_identity_token(self, wpack, module, docker_registry, token_server):
        token_server.refresh_tokens = {"refresh-me"}
        host = docker_registry(token=token_server).host
        docker_config(wpack, {"auths": {host: {"identitytoken": "refresh-me"}}})
        round_trip(wpack, module, host, "--realm-host", "localhost")
        assert any(m == "POST" and b"grant_type=refresh_token" in body for m, _, _, body in token_server.seen)

    def test_identity_token_that_is_renewed_at_each_use(self, wpack, module, docker_registry, token_server):
        token_server.refresh_tokens = {"refresh-me"}
        token_server.rotating = True
        host = docker_registry(token=token_server).host
        docker_config(wpack, {"auths": {host: {"identitytoken": "refresh-me"}}})
        wpack("push", module, f"{host}/a/app:1", "--realm-host", "localhost")
        sent = [body for m, _, _, body in token_server.seen if m == "POST"]
        assert len(sent) >= 1 and len(sent) == len(set(sent))
        config = wpack.home / ".docker/config.json"
        assert json.loads(config.read_text()) == {"auths": {host: {"identitytoken": "refresh-me"}}}
        r = wpack("pull", f"{host}/a/app:1", "-o", "out/", "--realm-host", "localhost", rc=4)
        assert "identity token" in r.err and f"wpack login {host}" in r.err and "refresh-me" not in r.err
        (renewed,) = token_server.refresh_tokens
        docker_config(wpack, {"auths": {host: {"identitytoken": renewed}}})
        wpack("copy", f"{host}/a/app:1", f"{host}/b/app:1", "--realm-host", "localhost")
        assert len([1 for m, *_ in token_server.seen if m == "POST"]) - len(sent) >= 3

    @pytest.mark.parametrize("what", ["POST", "PATCH", "PUT"])
    def test_token_that_expires_in_the_middle_of_an_upload(self, wpack, fakereg, tmp_path, what):
        """The request that meets the end of the token is sent once more with a new one; nothing begins anew."""
        reg = fakereg()
        data = sample.core_module(payload=3_000_000)
        (tmp_path / "big.wasm").write_bytes(data)
        issued = []

        def token(request):
            issued.append(f"t0k3n-{len(issued)}")
            return Reply(200, json.dumps({"token": issued[-1], "expires_in": 3600}).encode())

        ended, refused = [], []

        def gate(request):
            shown = (request.authorization or "").removeprefix("Bearer ")
            large = len(request.body) > 1_000_000 or (what == "POST" and reg.count("PUT") == 1)
            if request.method == what and large and not ended:
                ended.append(shown)
            if shown not in issued or shown in ended:
                refused.extend([request] if shown else [])
                return Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{reg.url}/token",service="s"'})
            if request.method == "POST":
                reply = request.usual()
                reply.headers.update({"OCI-Chunk-Min-Length": "100"} if what == "PATCH" else {})
                return reply
            return None

        reg.on("*", "/v2/.*", gate)
        reg.on("GET", "/token", token)
        wpack("push", "big.wasm", f"{reg.host}/a/b:1", "-j", "1", "-u", "alice", "-p", "secret-word", "--retry", "0")
        assert reg.blobs[sha256(data)] == data and ("a/b", "1") in reg.manifests and len(ended) == 1
        assert [(q.method, len(q.body) > 1_000_000) for q in refused] == [(what, what != "POST")]
        assert reg.count("POST") == (3 if what == "POST" else 2) and reg.count("DELETE") == 0
        assert reg.uploads == {}, "no upload was left behind"

    def test_wrong_password(self, wpack, module, docker_registry, token_server):
        host = docker_registry(token=token_server).host
        r = wpack("push", module, f"{host}/a/b:1", "-u", "alice", "-p", "nope", "--realm-host", "localhost", rc=4)
        assert "nope" not in r.err


class TestTls:
    def test_private_ca_by_flag(self, wpack, module, docker_registry, tls):
        host = docker_registry(tls=tls).host.replace("127.0.0.1", "localhost")
        round_trip(wpack, module, host, "--ca-file", tls.ca)

    def test_private_ca_by_certs_d(self, wpack, module, docker_registry, tls):
        host = docker_registry(tls=tls).host
        folder = wpack.home / ".config/containers/certs.d" / host
        folder.mkdir(parents=True)
        (folder / "ca.crt").write_bytes(tls.ca.read_bytes())
        round_trip(wpack, module, host)

    def test_private_ca_by_environment(self, wpack, module, docker_registry, tls):
        """SSL_CERT_FILE takes the place of the system's certificates, --ca-file comes on top."""
        host = docker_registry(tls=tls).host
        other = certs.make(wpack.cwd / "other")
        round_trip(wpack, module, host, "--ca-file", other.ca, env={"SSL_CERT_FILE": str(tls.ca)})

    def test_unknown_ca_is_refused_and_never_http(self, wpack, module, docker_registry, tls):
        host = docker_registry(tls=tls).host
        other = certs.make(wpack.cwd / "other")
        r = wpack("push", module, f"{host}/a/b:1", "--ca-file", other.ca, rc=1)
        assert "certificate" in r.err and "--ca-file" in r.err

    def test_https_where_http_was_spoken(self, wpack, module, docker_registry, tls):
        r = wpack("push", module, f"{docker_registry(tls=tls).host}/a/b:1", rc=1)
        assert "if this registry speaks HTTPS, name its certificate: --ca-file" in r.err

    def test_client_certificate(self, wpack, module, docker_registry, tls):
        server = docker_registry(tls=tls, client_ca=tls.ca)
        round_trip(wpack, module, server.host, "--ca-file", tls.ca, "--cert-file", tls.client_cert, "--key-file", tls.client_key)
        r = wpack.run("push", module, f"{server.host}/a/b:1", "--ca-file", tls.ca, "--retry", "0")
        assert r.rc in (1, 5), r  # the server hangs up; with TLS 1.3 it need not say why

    @pytest.fixture
    def certs_d(self, wpack, tls):
        """certs_d(host, names...): the folder of that host with those files."""
        def make(host, *names):
            folder = wpack.home / ".config/containers/certs.d" / host
            folder.mkdir(parents=True)
            for name, path in (("ca.crt", tls.ca), ("client.cert", tls.client_cert), ("client.key", tls.client_key)):
                if name in names:
                    (folder / name).write_bytes(path.read_bytes())
            return folder

        return make

    def test_client_certificate_by_certs_d(self, wpack, module, docker_registry, tls, certs_d):
        server = docker_registry(tls=tls, client_ca=tls.ca)
        certs_d(server.host, "ca.crt", "client.cert", "client.key")
        round_trip(wpack, module, server.host)

    def test_certs_d_of_another_host_is_not_used(self, wpack, module, docker_registry, tls, certs_d):
        server = docker_registry(tls=tls, client_ca=tls.ca)
        certs_d("other.example", "ca.crt", "client.cert", "client.key")
        r = wpack.run("push", module, f"{server.host}/a/b:1", "--ca-file", tls.ca, "--retry", "0")
        assert r.rc in (1, 5), r  # the server hangs up; with TLS 1.3 it need not say why

    def test_certs_d_without_the_key(self, wpack, module, docker_registry, tls, certs_d):
        server = docker_registry(tls=tls, client_ca=tls.ca)
        folder = certs_d(server.host, "ca.crt", "client.cert")
        r = wpack("push", module, f"{server.host}/a/b:1", "--retry", "0", rc=2)
        assert "key" in r.err and str(folder) in r.err

    def test_insecure(self, wpack, module, docker_registry, tls):
        host = docker_registry(tls=tls).host
        round_trip(wpack, module, host, "--insecure")


class TestLogin:
    def test_login_logout(self, wpack, module, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        docker_config(wpack, {"psFormat": "kept", "auths": {"other.example": {"auth": basic("o", "p")}}})
        wpack("login", host, "-u", "alice", "--password-stdin", stdin="secret")
        path = wpack.home / ".docker/config.json"
        doc = json.loads(path.read_text())
        assert doc["psFormat"] == "kept" and doc["auths"]["other.example"] == {"auth": basic("o", "p")}
        assert doc["auths"][host] == {"auth": basic("alice", "secret")}
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        round_trip(wpack, module, host)
        wpack("logout", host)
        assert host not in json.loads(path.read_text())["auths"]
        wpack("pull", f"{host}/a/app:1", rc=4)
        wpack("logout", host, rc=3)

    def test_wrong_login_stores_nothing(self, wpack, docker_registry, htpasswd):
        host = docker_registry(htpasswd=htpasswd).host
        wpack("login", host, "-u", "alice", "--password-stdin", stdin="wrong", rc=4)
        assert not (wpack.home / ".docker/config.json").exists()

    def test_oras_understands_our_login(self, wpack, module, docker_registry, htpasswd, oras):
        host = docker_registry(htpasswd=htpasswd).host
        wpack("login", host, "-u", "alice", "--password-stdin", stdin="secret")
        wpack("push", module, f"{host}/a/b:1")
        oras("pull", "--plain-http", f"{host}/a/b:1", "-o", "by-oras", "--registry-config", wpack.home / ".docker/config.json")

    def test_we_understand_crane_login(self, wpack, module, docker_registry, htpasswd, crane, tmp_path):
        host = docker_registry(htpasswd=htpasswd).host
        crane("auth", "login", host, "-u", "alice", "-p", "secret")
        round_trip(wpack, module, host, env={"DOCKER_CONFIG": str(tmp_path / "crane-home")})


def test_no_secret_is_shown(wpack, module, docker_registry, token_server):
    host = docker_registry(token=token_server).host
    r = wpack("push", module, f"{host}/a/b:1", "-u", "alice", "-p", "secret", "--realm-host", "localhost", "--debug")
    assert "secret" not in r.err and "eyJ" not in r.err and basic("alice", "secret") not in r.err
    assert "http:" in r.err, "the trace is there"
