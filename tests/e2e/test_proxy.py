# SPDX-License-Identifier: Apache-2.0
"""Through a web proxy, as the environment says: what it sees, what it never sees, what is said when it refuses."""

import base64

import pytest

from conftest import free_port
from support import sample, sha256
from support.fakereg import FakeRegistry, Reply, desc, manifest
from support.webproxy import WebProxy

MODULE = sample.core_module(payload=300_000)
PASSWORD = "c4nary-p4ssw0rd"
LOGIN = ("-u", "alice", "-p", PASSWORD)
BASIC = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()


@pytest.fixture
def proxy():
    started = []

    def start(**options):
        started.append(WebProxy(**options))
        return started[-1]

    yield start
    for p in started:
        p.stop()


def fill(reg):
    reg.add("a/app", "1", manifest([desc(MODULE, title="m.wasm")]), [MODULE])
    return reg


@pytest.fixture
def reg(fakereg):
    return fill(fakereg())


@pytest.fixture
def secure(fakereg, tls):
    return fill(fakereg(tls=tls, name="localhost"))


def demand_basic(reg):
    reg.on("*", "/v2/.*", lambda q: None if q.authorization == f"Basic {BASIC}" else
           Reply(401, headers={"WWW-Authenticate": 'Basic realm="r"'}))


def through(name, proxy, **more):
    return {name: proxy.url, **more}


def pulled(wpack):
    return (wpack.cwd / "out/m.wasm").read_bytes() == MODULE


class TestHttp:
    def test_round_trip(self, wpack, reg, proxy):
        p = proxy()
        wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", env=through("http_proxy", p))
        assert pulled(wpack) and len(p.requests) == len(reg.requests) == 3
        assert all(r.target.startswith(f"{reg.url}/v2/") for r in p.requests)
        wpack("push", "out/m.wasm", f"{reg.host}/a/b:1", env=through("http_proxy", p))
        assert reg.manifests["a/b", "1"] and len(p.requests) == len(reg.requests) and p.seen("PUT")

    def test_all_proxy(self, wpack, reg, proxy):
        p = proxy()
        wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", env=through("ALL_PROXY", p))
        assert pulled(wpack) and len(p.requests) == 3

    def test_a_broken_download_goes_on(self, wpack, reg, proxy):
        """A proxy hands on ranges; the part that is there is not asked for again."""
        reg.on("GET", f".*/blobs/{sha256(MODULE)}", Reply(503), None)
        wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", "--retry-max-wait", "5ms", env=through("http_proxy", proxy()))
        assert pulled(wpack)

    def test_it_asks_for_credentials(self, wpack, reg, proxy):
        p = proxy(credentials="bob:pr0xy-w0rd")
        r = wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", env=through("http_proxy", p), rc=1)
        assert "proxy" in r.err and "407" in r.err and "http://USER:PASSWORD@HOST:PORT" in r.err and "wpack login" not in r.err
        assert len(p.requests) == 1 and reg.requests == []

    def test_it_gets_its_own_credentials(self, wpack, reg, proxy):
        p = proxy(credentials="bob:pr0xy-w0rd")
        demand_basic(reg)
        env = {"http_proxy": f"http://bob:pr0xy-w0rd@{p.host}"}
        r = wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", "--debug", *LOGIN, env=env)
        assert pulled(wpack) and all("Proxy-Authorization" not in q.headers for q in reg.requests)
        assert "pr0xy-w0rd" not in r.err and PASSWORD not in r.err


class TestHttps:
    def test_round_trip(self, wpack, secure, tls, proxy):
        p = proxy()
        wpack("pull", f"{secure.host}/a/app:1", "-o", "out/", "--ca-file", tls.ca, env=through("HTTPS_PROXY", p))
        wpack("push", "out/m.wasm", f"{secure.host}/a/b:1", "--ca-file", tls.ca, env=through("https_proxy", p))
        assert pulled(wpack) and secure.manifests["a/b", "1"]
        assert {(r.method, r.target) for r in p.requests} == {("CONNECT", secure.host)}

    def test_credentials_stay_in_the_tunnel(self, wpack, secure, tls, proxy):
        """Basic for the registry, and for its token server: none of it where the proxy can read."""
        p = proxy()
        secure.on("GET", "/token", Reply(200, b'{"token":"t0k3n-c4nary"}'))
        secure.on("*", "/v2/.*", lambda q: None if q.authorization == "Bearer t0k3n-c4nary" else Reply(
            401, headers={"WWW-Authenticate": f'Bearer realm="{secure.url}/token",service="s"'}))
        wpack("pull", f"{secure.host}/a/app:1", "-o", "out/", "--ca-file", tls.ca, *LOGIN, env=through("HTTPS_PROXY", p))
        assert pulled(wpack) and any(q.authorization == f"Basic {BASIC}" for q in secure.seen("/token"))
        assert p.requests and all("Authorization" not in r.headers for r in p.requests)
        told = bytes(p.read) + b"".join(str(r.headers).encode() for r in p.requests)
        assert not any(s.encode() in told for s in (PASSWORD, BASIC, "t0k3n-c4nary", "/v2/", "a/app"))

    def test_http_proxy_is_not_for_https(self, wpack, secure, tls, proxy):
        p = proxy()
        wpack("pull", f"{secure.host}/a/app:1", "-o", "out/", "--ca-file", tls.ca, env=through("http_proxy", p))
        assert pulled(wpack) and p.requests == []

    def test_the_proxy_is_not_trusted_with_the_certificate(self, wpack, fakereg, tls, proxy, tmp_path):
        """A tunnel that ends at somebody else."""
        from support import certs
        other = fakereg(tls=certs.make(tmp_path / "other"), name="localhost")
        p = proxy()
        r = wpack("pull", f"{other.host}/a/app:1", "--ca-file", tls.ca, *LOGIN, env=through("HTTPS_PROXY", p), rc=1)
        assert "not trusted" in r.err and other.requests == [] and len(p.requests) == 1

    def test_it_asks_for_credentials(self, wpack, secure, tls, proxy):
        p = proxy(credentials="bob:pr0xy-w0rd")
        args = ["pull", f"{secure.host}/a/app:1", "-o", "out/", "--ca-file", tls.ca, *LOGIN]
        r = wpack(*args, env=through("HTTPS_PROXY", p), rc=1)
        assert "proxy" in r.err and "407" in r.err and "http://USER:PASSWORD@HOST:PORT" in r.err and "wpack login" not in r.err
        assert len(p.requests) == 1 and secure.requests == []
        r = wpack(*args, "--debug", env={"HTTPS_PROXY": f"http://bob:pr0xy-w0rd@{p.host}"})
        assert pulled(wpack) and "pr0xy-w0rd" not in r.err

    @pytest.mark.parametrize("status, rc, tries", [(403, 1, 1), (404, 1, 1), (503, 5, 3), (502, 5, 3)])
    def test_it_refuses(self, wpack, secure, tls, proxy, status, rc, tries):
        p = proxy(refuse=status)
        r = wpack("pull", f"{secure.host}/a/app:1", "--ca-file", tls.ca, "--retry", "2", "--retry-max-wait", "5ms",
                  env=through("HTTPS_PROXY", p), rc=rc)
        assert "proxy" in r.err and str(status) in r.err and len(p.requests) == tries


class TestNoProxy:
    @pytest.mark.parametrize("value", ["127.0.0.1", "localhost,127.0.0.1", "*", "127.0.0.0/8"])
    def test_named_hosts_are_reached_directly(self, wpack, reg, proxy, value):
        p = proxy()
        wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", env=through("http_proxy", p, NO_PROXY=value))
        assert pulled(wpack) and p.requests == []

    def test_others_are_not(self, wpack, reg, proxy):
        p = proxy()
        wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", env=through("http_proxy", p, no_proxy="example.com,10.0.0.0/8"))
        assert pulled(wpack) and len(p.requests) == 3

    def test_a_redirect_is_judged_by_its_own_host(self, wpack, reg, proxy, fakereg):
        other = fill(fakereg(name="localhost"))
        reg.on("GET", f".*/blobs/{sha256(MODULE)}", lambda q: Reply(307, headers={"Location": other.url + q.path}))
        p = proxy()
        wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", env=through("http_proxy", p, NO_PROXY="localhost"))
        assert pulled(wpack) and not [r for r in p.requests if other.host in r.target] and other.requests


@pytest.mark.parametrize("name", ["http_proxy", "HTTPS_PROXY"])
def test_proxy_is_down(wpack, reg, secure, tls, name):
    host = reg.host if name == "http_proxy" else secure.host
    port = free_port()
    trust = [] if name == "http_proxy" else ["--ca-file", tls.ca]
    r = wpack("pull", f"{host}/a/app:1", "--retry", "0", *trust, env={name: f"http://127.0.0.1:{port}"}, rc=5)
    assert f"127.0.0.1 port {port}" in r.err and "HTTPS_PROXY or HTTP_PROXY names the proxy" in r.err


def test_proxy_has_no_such_name(wpack, reg):
    r = wpack("pull", f"{reg.host}/a/app:1", "--retry", "0", env={"http_proxy": "http://no-such-proxy.invalid:1"}, rc=5)
    assert "no-such-proxy.invalid" in r.err and "names the proxy" in r.err
