# SPDX-License-Identifier: Apache-2.0
"""Hostile registries: bodies without end, other content than asked for, lists without end, and everybody who would like
to have a credential. Every test is named after the advisory or the row of the security list that it repeats."""

import base64
import json
import ssl
import threading

import pytest

from support import certs, check_layout, sample, sha256
from support.fakereg import INDEX, MANIFEST, MIB, Reply, desc, document, endless, error, index, manifest

MODULE = sample.core_module(payload=5000)
OTHER = sample.core_module(sample.custom("other", b"x"))
PASSWORD = "c4nary-p4ssw0rd"
BASIC = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()


@pytest.fixture
def reg(fakereg, wpack):
    wpack.env["WPACK_RETRY"] = "0"
    wpack.env["WPACK_TIMEOUT"] = "5s"
    return fakereg()


@pytest.fixture
def app(reg):
    """A good artifact on the registry; its reference."""
    reg.add("a/app", "1", manifest([desc(MODULE, title="m.wasm")]), [MODULE])
    return f"{reg.host}/a/app:1"


def nothing_final(wpack):
    out = wpack.cwd / "out"
    return not out.exists() or not [p for p in out.iterdir() if p.name != ".wpack"]


# ---- bodies without end ----

ENDLESS = {
    "no-length": lambda: Reply(200, endless(), {"Content-Type": MANIFEST}, length=None),
    "huge-length": lambda: Reply(200, endless(), {"Content-Type": MANIFEST}, length=2**63 - 1),
    "large-length": lambda: Reply(200, endless(), {"Content-Type": MANIFEST}, length=1 << 40),
}


def bounded(wpack, reg, r, most=24 * MIB):
    assert r.peak < 64 * MIB, r.peak
    assert reg.sent < most, f"{reg.sent} bytes were taken"
    assert r.err.count("wpack: ") == 1, r


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("what", ["manifest", "tags", "referrers", "catalog"])
def test_cve_2023_25153_documents_without_end(wpack, reg, app, what, kind):
    path, args = {
        "manifest": (".*/manifests/1", ["pull", app, "-o", "out/"]),
        "tags": (".*/tags/list", ["ls", f"{reg.host}/a/app"]),
        "referrers": (".*/referrers/.*", ["copy", app, "oci:lay:app:1"]),
        "catalog": ("/v2/_catalog", ["ls", reg.host]),
    }[what]
    reply = ENDLESS[kind]()
    if what == "referrers":
        reply.headers["Content-Type"] = INDEX
    reg.on("GET", path, reply)
    r = wpack.measured(*args)
    assert r.rc == 23 and "4194304 bytes" in r.err, r
    bounded(wpack, reg, r)
    assert nothing_final(wpack)


@pytest.mark.parametrize("what", ["tree", "copy"])
def test_cve_2023_25153_fallback_list_without_end(wpack, reg, app, what):
    reg.on("GET", ".*/manifests/sha256-.*", Reply(200, endless(), {"Content-Type": INDEX}, length=None))
    r = wpack.measured(what, app, *(["oci:lay:a:1"] if what == "copy" else []))
    assert r.rc == 23, r
    bounded(wpack, reg, r)


@pytest.mark.parametrize("kind", ENDLESS)
def test_cve_2023_25153_token_without_end(wpack, reg, app, kind):
    reg.on("GET", "/token", ENDLESS[kind]())
    reg.on("GET", "/v2/a/.*", Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{reg.url}/token",service="s"'}))
    r = wpack.measured("pull", app, "-o", "out/")
    assert r.rc == 23 and "65536 bytes" in r.err, r
    bounded(wpack, reg, r)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_cve_2023_25153_error_body_without_end(wpack, reg, app, status):
    reg.on("GET", ".*", Reply(status, endless(b"x" * 65536), length=None))
    r = wpack.measured("pull", app, "-o", "out/")
    assert r.rc == {400: 1, 403: 4, 404: 3, 500: 5}[status], r
    bounded(wpack, reg, r)
    assert len(r.err) < 2000


def test_cve_2023_25153_error_body_that_drips(wpack, reg, app):
    """Words that never come to an end are not waited for beyond the silence allowed."""
    stop = threading.Event()

    def drip():
        while not stop.wait(0.05):
            yield b"x"

    wpack.env["WPACK_TIMEOUT"] = "500ms"
    reg.on("GET", ".*", Reply(500, drip(), length=None))
    try:
        r = wpack("pull", app, "-o", "out/", rc=5, timeout=20)
    finally:
        stop.set()
    assert "500" in r.err


@pytest.mark.parametrize("kind", ENDLESS)
def test_cve_2023_25153_config_without_end(wpack, reg, app, kind):
    reg.on("GET", f".*/blobs/{sha256(b'{}')}", ENDLESS[kind]())
    r = wpack.measured("inspect", app, "--config")
    assert r.rc == 6 and "expected" in r.err, r
    bounded(wpack, reg, r)


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("where", ["out/", "oci:lay:app:1", "-"])
def test_cve_2023_25153_blob_without_end(wpack, reg, app, kind, where):
    reg.on("GET", f".*/blobs/{sha256(MODULE)}", ENDLESS[kind]())
    r = wpack.measured("pull", app, "-o", where)
    assert r.rc == 6 and sha256(MODULE)[:19] in r.err and "expected" in r.err, r
    bounded(wpack, reg, r)
    assert nothing_final(wpack) and r.out == ""


def test_headers_without_end(wpack, reg, app):
    reg.on("GET", ".*/manifests/1", Reply(200, b"x", {"X-Fill": ["y" * 1000] * 200}))
    r = wpack("pull", app, "-o", "out/", rc=23)
    assert "65536 bytes of headers" in r.err


def test_one_header_of_a_mebibyte(wpack, reg, app):
    reg.on("GET", ".*/manifests/1", Reply(200, b"x", {"X-Fill": "y" * MIB}))
    r = wpack.measured("pull", app, "-o", "out/")
    assert r.rc == 23 and "127.0.0.1' sends a header line without end" in r.err
    bounded(wpack, reg, r)


# ---- other content than asked for ----


def test_ghsa_qv35_3gw6_8q4j_pinned_digest_served_by_other_content(wpack, reg):
    good, evil = manifest([desc(MODULE, title="m.wasm")]), manifest([desc(OTHER, title="m.wasm")])
    reg.add("a/app", None, evil, [MODULE, OTHER])
    for claim in (sha256(good), sha256(evil)):
        reg.on("GET", f".*/manifests/{sha256(good)}", document(evil, Docker_Content_Digest=claim))
        for verb in (["pull"], ["inspect"], ["resolve"], ["raw", "get", "manifest"], ["tree"]):
            r = wpack(*verb, f"{reg.host}/a/app@{sha256(good)}", rc=6)
            assert sha256(good) in r.err and r.out == ""
    assert not list(wpack.cwd.glob("*.wasm"))


def test_ghsa_qv35_3gw6_8q4j_tag_with_digest_is_the_digest(wpack, reg):
    good, evil = manifest([desc(MODULE, title="m.wasm")]), manifest([desc(OTHER, title="m.wasm")])
    reg.add("a/app", "1", evil, [MODULE, OTHER])
    r = wpack("pull", f"{reg.host}/a/app:1@{sha256(good)}", rc=3)
    assert sha256(good) in r.err
    reg.add("a/app", None, good)
    wpack("pull", f"{reg.host}/a/app:1@{sha256(good)}")
    assert (wpack.cwd / "m.wasm").read_bytes() == MODULE
    assert reg.count("GET", "/manifests/1") == 0


def test_digest_header_that_lies_about_a_tag(wpack, reg, app):
    body = reg.manifests["a/app", "1"][1]
    reg.on("GET", ".*/manifests/1", document(body, Docker_Content_Digest=sha256(b"else")))
    r = wpack("pull", app, "-o", "out/", rc=6)
    assert "Docker-Content-Digest" in r.err and nothing_final(wpack)


def test_cve_2023_33959_tag_flipped_between_requests(wpack, reg):
    """The tag is asked for once; all else goes by digest."""
    good, evil = manifest([desc(MODULE, title="m.wasm")]), manifest([desc(OTHER, title="m.wasm")])
    for body in (good, evil):
        reg.add("a/app", "1", body, [MODULE, OTHER])
    for args in (["-o", "out/"], ["-o", "oci:lay:app:1"]):
        before = reg.count("GET", "/manifests/1")
        reg.on("GET", ".*/manifests/1", document(good), document(evil))
        r = wpack("pull", f"{reg.host}/a/app:1", *args)
        assert r.digest == sha256(good) and reg.count("GET", "/manifests/1") == before + 1
    assert (wpack.cwd / "out/m.wasm").read_bytes() == MODULE
    assert check_layout(wpack.cwd / "lay", ["app:1"]) == {"app:1": sha256(good)}


def flipped(data, at):
    out = bytearray(data)
    out[at] ^= 1
    return bytes(out)


WRONG = {
    "first": flipped(MODULE, 0), "middle": flipped(MODULE, len(MODULE) // 2), "last": flipped(MODULE, -1),
    "longer": MODULE + b"x", "shorter": MODULE[:-1], "empty": b"", "other": OTHER,
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG.keys())
def test_cve_2026_42575_blob_that_is_wrong(wpack, reg, app, data):
    """Status 200 with another content: no final name in a folder, a layout or another registry, and no byte on stdout."""
    reg.blobs[sha256(MODULE)] = data
    for where in ("out/", "oci:lay:app:1", "-"):
        r = wpack("pull", app, "-o", where, rc=6)
        assert sha256(MODULE) in r.err and r.out == ""
    assert nothing_final(wpack)
    check_layout(wpack.cwd / "lay", [])
    reg.on("HEAD", "/v2/b/.*", error(404))
    r = wpack("copy", app, f"{reg.host}/b/copy:1", rc=6)
    assert ("b/copy", "1") not in reg.manifests and reg.blobs[sha256(MODULE)] == data
    assert wpack.run("inspect", app).rc == 6


@pytest.mark.parametrize("encoding", ["gzip", "br", "x-unknown"])
def test_content_encoding_that_was_not_asked_for(wpack, reg, app, encoding):
    reg.on("GET", ".*/blobs/.*", Reply(200, MODULE, {"Content-Encoding": encoding}))
    r = wpack("pull", app, "-o", "out/", rc=6)
    assert encoding in r.err


# ---- lists without end ----


def test_cve_2023_42813_ten_thousand_referrers(wpack, reg, app):
    entries = [{"mediaType": MANIFEST, "digest": sha256(b"%d" % i), "size": 500} for i in range(10000)]
    reg.on("GET", ".*/referrers/.*", document(index(entries), INDEX))
    for args in (["copy", app, "oci:lay:app:1"], ["tree", app]):
        r = wpack.measured(*args)
        assert r.rc == 23 and "1000" in r.err, r
        assert r.peak < 64 * MIB
    check_layout(wpack.cwd / "lay", [])
    wpack("pull", app, "-o", "out/")


def test_cve_2023_42813_pages_without_end(wpack, reg, app):
    number = iter(range(10**9))

    def page(request):
        return Reply(200, b'{"name":"a/app","tags":[]}', {"Link": f'</v2/a/app/tags/list?last={next(number)}>; rel="next"'})

    reg.on("GET", ".*/tags/list", page)
    r = wpack.measured("ls", f"{reg.host}/a/app")
    assert r.rc == 23 and "1000 pages" in r.err and reg.count("GET", "tags/list") == 1000
    assert r.peak < 64 * MIB


def test_cve_2023_42813_a_page_that_leads_to_itself(wpack, reg, app):
    reg.on("GET", ".*/tags/list", Reply(200, b'{"tags":["a"]}', {"Link": '</v2/a/app/tags/list?n=1000>; rel="next"'}))
    r = wpack("ls", f"{reg.host}/a/app", rc=6)
    assert "again" in r.err and reg.count("GET", "tags/list") <= 2


@pytest.mark.parametrize("listing", ["tags", "referrers", "catalog"])
def test_ghsa_h7vf_4x9w_h99v_next_page_elsewhere(wpack, reg, app, fakereg, listing):
    other = fakereg()
    port = other.host.split(":")[1]
    path, body, media_type, args = {
        "tags": (".*/tags/list", b'{"tags":["a"]}', "application/json", ["ls", f"{reg.host}/a/app"]),
        "referrers": (".*/referrers/.*", index([]), INDEX, ["tree", app]),
        "catalog": ("/v2/_catalog", b'{"repositories":["a/app"]}', "application/json", ["ls", reg.host]),
    }[listing]
    for target in (f"{other.url}/x", f"https://{reg.host}/x", f"//localhost:{port}/x", f"http://u:p@{reg.host}/x",
                   "ftp://x/y", "file:///etc/passwd"):
        reg.on("GET", path, Reply(200, body, {"Content-Type": media_type, "Link": f'<{target}>; rel="next"'}))
        r = wpack.run(*args, *LOGIN)
        assert r.rc in (1, 6) and "next page" in r.err, r
    assert other.requests == []


# ---- who gets a credential ----


def challenge(url=None):
    return f'Bearer realm="{url}",service="s"' if url else 'Basic realm="r"'


def demand(reg, how, token="t0k3n-c4nary"):
    """401 until the right Authorization comes."""
    want = f"Bearer {token}" if how.startswith("Bearer") else f"Basic {BASIC}"

    def gate(request):
        return None if request.authorization == want else Reply(401, headers={"WWW-Authenticate": how})

    reg.on("*", "/v2/.*", gate)
    return want


LOGIN = ("-u", "alice", "-p", PASSWORD)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_ghsa_vh4v_2xq2_g5cg_redirect_to_another_host_gets_no_credential(wpack, reg, app, fakereg, status):
    """Another port is another host; back home the credential is there again."""
    other = fakereg()
    other.blobs.update(reg.blobs)
    want = demand(reg, challenge())
    path = f"/v2/a/app/blobs/{sha256(MODULE)}"
    reg.on("GET", path, lambda q: Reply(status, headers={"Location": other.url + path})
           if q.authorization == want else Reply(401, headers={"WWW-Authenticate": challenge()}))
    wpack("pull", app, "-o", "out/", *LOGIN)
    assert (wpack.cwd / "out/m.wasm").read_bytes() == MODULE
    assert [q.authorization for q in other.requests] == [None]
    assert all(q.headers.get("Cookie") is None for q in other.requests)


def test_ghsa_vh4v_2xq2_g5cg_the_other_host_asks_for_it(wpack, reg, app, fakereg):
    other = fakereg()
    demand(reg, challenge())
    other.on("GET", ".*", Reply(401, headers={"WWW-Authenticate": challenge()}))
    want = f"Basic {BASIC}"
    reg.on("GET", ".*/blobs/.*", lambda q: Reply(307, headers={"Location": other.url + "/b"})
           if q.authorization == want else Reply(401, headers={"WWW-Authenticate": challenge()}))
    r = wpack("pull", app, "-o", "out/", *LOGIN, rc=4)
    assert "credentials go to" in r.err and other.requests
    assert all(q.authorization is None for q in other.requests)


def test_redirects_without_end(wpack, reg, app):
    reg.on("GET", ".*/blobs/.*", lambda q: Reply(307, headers={"Location": q.path}))
    r = wpack("pull", app, "-o", "out/", rc=1)
    assert "more than 5 times" in r.err
    assert reg.count("GET", sha256(MODULE)) <= 6


@pytest.mark.parametrize("target", ["", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://", "http://a b/", "gopher://x",
                                    "http://user:pw@127.0.0.1/", "http:///x", "\\\\evil\\x"])
def test_redirects_to_odd_places(wpack, reg, app, target):
    reg.on("GET", ".*/blobs/.*", Reply(307, headers={"Location": target}))
    r = wpack("pull", app, "-o", "out/", rc=1)
    assert nothing_final(wpack) and r.err.count("wpack: ") == 1


@pytest.mark.parametrize("how", ["monolithic", "chunked"])
def test_cve_2026_50151_upload_location_elsewhere_gets_no_credential(wpack, reg, module, fakereg, how):
    other = fakereg()
    demand(reg, challenge())
    other.uploads["u"] = bytearray()
    headers = {"Location": other.url + "/v2/a/app/blobs/uploads/u"}
    if how == "chunked":
        headers["OCI-Chunk-Min-Length"] = "10"
    want = f"Basic {BASIC}"

    def begin(request):
        other.uploads["u"] = bytearray()
        return Reply(202, headers=headers) if request.authorization == want else Reply(
            401, headers={"WWW-Authenticate": challenge()})

    reg.on("POST", ".*/blobs/uploads/", begin)
    wpack("push", module, f"{reg.host}/a/app:1", *LOGIN, "-j", "1")
    assert other.blobs and other.count("PUT", "/uploads/u") == 2
    assert all(q.authorization is None for q in other.requests)
    assert any(q.authorization == want for q in reg.requests)


def test_cve_2026_50151_upload_location_that_asks_for_the_credential(wpack, reg, module, fakereg):
    other = fakereg()
    other.on("*", ".*", Reply(401, headers={"WWW-Authenticate": challenge()}))
    reg.on("POST", ".*/blobs/uploads/", Reply(202, headers={"Location": other.url + "/u"}))
    r = wpack("push", module, f"{reg.host}/a/app:1", *LOGIN, rc=4)
    assert "credentials go to" in r.err
    assert other.requests and all(q.authorization is None for q in other.requests)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_cve_2026_48978_realm_elsewhere_gets_no_credential(wpack, reg, app, fakereg, name):
    """A realm on another name, or another port of a loopback address that is no neighbour by name."""
    other = fakereg(name=name)
    other.on("GET", "/token", Reply(200, b'{"token":"t0k3n-c4nary"}'))
    demand(reg, challenge(other.url + "/token"))
    r = wpack.run("pull", app, "-o", "out/", *LOGIN)
    asked = [q.authorization for q in other.requests]
    if name == "localhost":
        assert asked == [None] * len(asked) and asked
        assert all(PASSWORD.encode() not in q.body for q in other.requests)
    assert r.rc in (0, 4), r


def test_cve_2026_48978_identity_token_stays_home(wpack, reg, app, fakereg):
    other = fakereg(name="localhost")
    other.on("*", "/token", Reply(200, b'{"token":"t0k3n-c4nary"}'))
    demand(reg, challenge(other.url + "/token"))
    wpack.run("pull", app, "-o", "out/", "--identity-token", "r3fresh-c4nary")
    assert other.requests
    for q in other.requests:
        assert q.authorization is None and b"r3fresh" not in q.body and "r3fresh" not in q.path


def test_realm_that_answers_401_for_ever(wpack, reg, app):
    demand(reg, challenge(reg.url + "/token"))
    reg.on("*", "/token", Reply(401, headers={"WWW-Authenticate": challenge(reg.url + "/token")}))
    r = wpack("pull", app, "-o", "out/", *LOGIN, rc=4)
    assert "wpack login" in r.err and len(reg.requests) < 6


def test_token_that_is_never_good_enough(wpack, reg, app):
    demand(reg, challenge(reg.url + "/token"), token="another")
    reg.on("*", "/token", Reply(200, b'{"token":"t0k3n"}'))
    r = wpack("pull", app, "-o", "out/", *LOGIN, rc=4)
    assert "t0k3n" not in r.err and len(reg.requests) < 8


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"token":1}', b'{"token":"a\\r\\nX: y"}', b'{"token":"a b"}', b"<html>",
                                  b'{"token":""}', b'{"token":"x","token":"y"}'])
def test_token_replies_that_are_none(wpack, reg, app, body):
    demand(reg, challenge(reg.url + "/token"))
    reg.on("*", "/token", Reply(200, body))
    r = wpack("pull", app, "-o", "out/", rc=1)
    assert "token server" in r.err


@pytest.mark.parametrize("realm", ["ftp://x/", "file:///etc/passwd", "", "/token", "http://u:p@127.0.0.1/", "http://[::1/"])
def test_realms_that_are_no_url(wpack, reg, app, realm):
    demand(reg, challenge(realm))
    reg.on("GET", "/v2/.*", Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{realm}"'}))
    r = wpack.run("pull", app, "-o", "out/", *LOGIN)
    assert r.rc in (1, 4) and PASSWORD not in r.err and r.err.count("wpack: ") == 1, r


# ---- secrets in what is printed ----


def test_cve_2024_36127_no_secret_in_any_output(wpack, reg, app, module):
    """Every command that meets a credential, with --debug, working and failing; not one canary."""
    demand(reg, challenge(reg.url + "/token"))
    reg.on("*", "/token", Reply(200, b'{"token":"t0k3n-c4nary","refresh_token":"r3fresh-c4nary"}'))
    secrets = (PASSWORD, BASIC, "t0k3n-c4nary", "r3fresh-c4nary")
    host = reg.host
    runs = [
        (["pull", app, "-o", "out/"], 0), (["push", module, f"{host}/b/x:1"], 0), (["inspect", app], 0), (["tree", app], 0),
        (["ls", f"{host}/a/app"], 0), (["resolve", app], 0), (["copy", app, "oci:lay:a:1"], 0), (["tag", app, "2"], 0),
        (["raw", "get", "manifest", app], 0), (["attach", app, module, "--type", "a/b"], 0), (["pull", f"{host}/a/none:1"], 3),
        (["rm", f"{host}/a/none:1"], None), (["login", host], 0),
    ]
    for args, rc in runs:
        for form in ("text", "json"):
            given = ["login", host, "-u", "alice", "--password-stdin"] if args[0] == "login" else [*args, *LOGIN]
            r = wpack.run(*given, "--debug", "--format", form, stdin=PASSWORD if args[0] == "login" else None)
            assert rc is None or r.rc == rc, r
            for secret in secrets:
                assert secret not in r.out + r.err, r
    assert any(q.authorization == "Bearer t0k3n-c4nary" for q in reg.requests)


def test_cve_2024_36127_signed_urls_are_not_printed(wpack, reg, app, fakereg):
    """A redirect's query may be a credential of a storage."""
    other = fakereg()
    other.on("GET", ".*", error(403))
    reg.on("GET", ".*/blobs/.*", Reply(307, headers={"Location": other.url + "/b?X-Amz-Signature=c4nary-signature"}))
    for form in ("text", "json"):
        r = wpack("pull", app, "-o", "out/", "--debug", "--format", form, rc=4)
        assert "c4nary" not in r.out + r.err


def test_cve_2024_36127_an_error_body_that_echoes(wpack, reg, app):
    """A registry that repeats what it was sent does not make us print it."""
    want = f"Basic {BASIC}"

    def echo(request):
        if request.authorization != want:
            return Reply(401, headers={"WWW-Authenticate": challenge()})
        return error(403, "DENIED", f"you sent {request.authorization} {PASSWORD}")

    reg.on("GET", "/v2/.*", echo)
    r = wpack("pull", app, "-o", "out/", *LOGIN, "--debug", rc=4)
    assert PASSWORD not in r.err and BASIC not in r.err and "you sent Basic *** ***" in r.err


def test_cve_2024_36127_a_token_server_that_echoes(wpack, reg, app):
    demand(reg, challenge(reg.url + "/token"))
    reg.on("GET", "/token", lambda q: error(403, "DENIED", f"no {q.authorization}"))
    r = wpack("pull", app, "-o", "out/", *LOGIN, "--debug", rc=4)
    assert BASIC not in r.err and "no Basic ***" in r.err


# ---- TLS ----


@pytest.fixture
def secure(fakereg, tls, wpack):
    """A registry behind TLS with an artifact; trusted with --ca-file."""
    wpack.env["WPACK_RETRY"] = "0"
    reg = fakereg(tls=tls, name="localhost")
    reg.add("a/app", "1", manifest([desc(MODULE, title="m.wasm")]), [MODULE])
    return reg


def test_downgrade_redirect_from_https_to_http_is_refused(wpack, secure, fakereg, tls):
    plain = fakereg(name="localhost")
    secure.on("GET", ".*/blobs/.*", Reply(307, headers={"Location": plain.url + "/x"}))
    r = wpack("pull", f"{secure.host}/a/app:1", "-o", "out/", "--ca-file", tls.ca, rc=1)
    assert "https for http" in r.err and plain.requests == []


def test_downgrade_upload_location_is_refused(wpack, secure, fakereg, tls, module):
    plain = fakereg(name="localhost")
    secure.on("POST", ".*", Reply(202, headers={"Location": plain.url + "/x"}))
    r = wpack("push", module, f"{secure.host}/a/b:1", "--ca-file", tls.ca, rc=1)
    assert "https for http" in r.err and plain.requests == []


def test_downgrade_realm_is_refused(wpack, secure, fakereg, tls):
    plain = fakereg(name="localhost")
    demand(secure, challenge(plain.url + "/token"))
    r = wpack("pull", f"{secure.host}/a/app:1", "--ca-file", tls.ca, *LOGIN, rc=1)
    assert "https for http" in r.err and plain.requests == []


def test_downgrade_next_page_is_refused(wpack, secure, fakereg, tls):
    plain = fakereg(name="localhost")
    secure.on("GET", ".*/tags/list", Reply(200, b'{"tags":["a"]}', {"Link": f'<{plain.url}/x>; rel="next"'}))
    r = wpack("ls", f"{secure.host}/a/app", "--ca-file", tls.ca, rc=1)
    assert "https for http" in r.err and plain.requests == []


def bad_certificate(tmp_path, kind):
    """(paths of a certificate that must not be trusted, what is said of it)."""
    made = certs.make_bad(tmp_path / f"tls-{kind}", kind)
    ca = certs.make(tmp_path / "tls-other").ca if kind == "unknown-ca" else made.ca
    return made, ca, {"expired": "expired", "wrong-host": "host name", "unknown-ca": "certificate"}[kind]


@pytest.mark.parametrize("kind", ["unknown-ca", "expired", "wrong-host"])
@pytest.mark.parametrize("role", ["registry", "redirect", "realm", "location"])
def test_cve_2019_10214_untrusted_certificates(wpack, fakereg, tls, module, tmp_path, kind, role):
    """For the registry and for everybody it sends us to; --insecure is for the registry only; never plain HTTP instead."""
    wpack.env["WPACK_RETRY"] = "1"
    made, ca, says = bad_certificate(tmp_path, kind)
    bad = fakereg(tls=made, name="localhost")
    good = fakereg(tls=tls, name="localhost")
    both = tmp_path / "both.pem"
    both.write_bytes(tls.ca.read_bytes() + ca.read_bytes())
    for reg in (good, bad):
        reg.add("a/app", "1", manifest([desc(MODULE, title="m.wasm")]), [MODULE])
    good.on("GET", ".*/blobs/.*", Reply(307, headers={"Location": bad.url + f"/v2/a/app/blobs/{sha256(MODULE)}"}))
    good.on("POST", ".*", Reply(202, headers={"Location": bad.url + "/u"}))
    if role == "realm":
        demand(good, challenge(bad.url + "/token"))
    args = ["push", module, f"{good.host}/a/b:1"] if role == "location" else ["pull", f"{good.host}/a/app:1", "-o", "out/"]
    if role == "registry":
        args[1] = f"{bad.host}/a/app:1"
    for trust in (["--ca-file", both], ["--ca-file", both, "--insecure"]) if role != "registry" else (["--ca-file", both],):
        r = wpack.run(*args, *trust, *LOGIN)
        assert r.rc == 1 and says in r.err and "not trusted" in r.err, r
    assert bad.requests == [] and nothing_final(wpack)


def test_docker_cve_2014_5277_tls_failure_is_never_plain_http(wpack, fakereg, tls):
    """A server that speaks HTTP only where https is due: no request reaches it, with and without credentials."""
    plain = fakereg(name="localhost")
    plain.add("a/app", "1", manifest([desc(MODULE, title="m.wasm")]), [MODULE])
    wpack.env["WPACK_RETRY"] = "1"
    r = wpack("pull", f"{plain.host}/a/app:1", "-o", "out/", "--ca-file", tls.ca, *LOGIN, rc=1)
    assert "--plain-http" in r.err and plain.requests == [] and nothing_final(wpack)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_0_is_refused(wpack, fakereg, tls):
    reg = fakereg(tls=tls, name="localhost")
    reg.socket.context.maximum_version = ssl.TLSVersion.TLSv1_1
    reg.socket.context.minimum_version = ssl.TLSVersion.TLSv1
    wpack.env["WPACK_RETRY"] = "0"
    r = wpack.run("resolve", f"{reg.host}/a/app:1", "--ca-file", tls.ca)
    assert r.rc in (1, 5) and "TLS" in r.err and reg.requests == []
