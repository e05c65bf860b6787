# SPDX-License-Identifier: Apache-2.0
"""What has gone wrong in other registries, tried on `wpack serve` over a layout: one test for each kind. The bytes go
over plain sockets, so that no library tidies them up."""

import concurrent.futures
import fcntl
import json
import re
import resource
import signal
import socket

import pytest
from support import sha256

EMPTY = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256(b"{}"), "size": 2}
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ABSENT = "sha256:" + "0" * 64


class Reply:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1]) if lines[0] else 0
        self.headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}

    @property
    def code(self):
        return json.loads(self.body)["errors"][0]["code"]


def exchange(server, raw):
    """Everything the server says to these bytes, until it closes."""
    host, port = server.host.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=30) as s:
        try:
            s.sendall(raw)
        except (BrokenPipeError, ConnectionResetError):
            pass
        got = b""
        try:
            while part := s.recv(65536):
                got += part
        except ConnectionResetError:
            pass
        return got


def ask(server, method, path, body=None, **headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: t", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return Reply(exchange(server, "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")))


def push_blob(server, repo, data):
    r = ask(server, "POST", f"/v2/{repo}/blobs/uploads/?digest={sha256(data)}", data)
    assert r.status == 201, r.body
    return sha256(data)


def push_image(server, repo, ref, data=b"layer"):
    push_blob(server, repo, b"{}")
    layer = {"mediaType": "application/wasm", "digest": push_blob(server, repo, data), "size": len(data)}
    text = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": EMPTY, "layers": [layer]}).encode()
    r = ask(server, "PUT", f"/v2/{repo}/manifests/{ref or sha256(text)}", text, Content_Type=MANIFEST)
    assert r.status == 201, r.body
    return sha256(text), layer["digest"]


def test_page_sizes_without_end(serve):
    """distribution CVE-2023-2253: n= decides how much memory is taken."""
    server = serve()
    for i in range(3):
        push_image(server, "a", f"t{i}")
    for path, key in (("/v2/a/tags/list", "tags"), ("/v2/_catalog", "repositories")):
        whole = json.loads(ask(server, "GET", path).body)[key]
        for n in ("99999999999", "18446744073709551616", "9" * 200):
            r = ask(server, "GET", f"{path}?n={n}")
            assert (r.status, json.loads(r.body)[key]) == (200, whole)
        for n in ("-1", "abc", "", "1e3", "%2B1", "0x10"):
            r = ask(server, "GET", f"{path}?n={n}")
            assert (r.status, r.code) == (400, "PAGINATION_NUMBER_INVALID"), n


def test_manifest_larger_than_memory(serve):
    """distribution CVE-2017-11468: refused by its announced length before a byte of it is read, or when it gets there."""
    server = serve()
    head = f"PUT /v2/a/manifests/1 HTTP/1.1\r\nHost: t\r\nContent-Type: {MANIFEST}\r\n"
    r = Reply(exchange(server, f"{head}Content-Length: 4194305\r\nExpect: 100-continue\r\n\r\n".encode()))
    assert (r.status, r.code) == (413, "SIZE_INVALID")
    r = Reply(exchange(server, f"{head}Content-Length: 1099511627776\r\n\r\n".encode()))
    assert (r.status, r.code) == (413, "SIZE_INVALID")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    r = Reply(exchange(server, f"{head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
                       + chunk * 65 + b"0\r\n\r\n"))
    assert (r.status, r.code) == (413, "SIZE_INVALID")
    peak = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{server.process.pid}/status").read())[1])
    assert peak < 512 << 10, "kB, with room for a sanitizer's"


def test_upload_belongs_to_its_repository(serve):
    server = serve()
    r = ask(server, "POST", "/v2/mine/blobs/uploads/", b"")
    session = r.headers["location"].rsplit("/", 1)[1]
    assert re.fullmatch(r"[0-9a-f]{32}", session)
    for method in ("PATCH", "PUT", "GET", "DELETE"):
        r = ask(server, method, f"/v2/other/blobs/uploads/{session}?digest={sha256(b'')}", b"")
        assert (r.status, r.code) == (404, "BLOB_UPLOAD_UNKNOWN"), method
    assert ask(server, "PATCH", f"/v2/mine/blobs/uploads/{session}", b"x").status == 202


def test_no_reply_is_a_web_page(serve):
    """Stored scripts: nothing that was pushed, and no error, is anything a browser would run."""
    server = serve()
    digest, layer = push_image(server, "a", "1", b"<script>alert(1)</script>")
    replies = [
        ask(server, "GET", "/v2/"),
        ask(server, "GET", "/v2/a/manifests/1"),
        ask(server, "GET", f"/v2/a/blobs/{layer}"),
        ask(server, "GET", f"/v2/a/blobs/{digest}"),
        ask(server, "GET", "/v2/a/tags/list"),
        ask(server, "GET", f"/v2/a/referrers/{digest}"),
        ask(server, "GET", "/v2/<script>/tags/list"),
        ask(server, "GET", f"/v2/a/blobs/{ABSENT}"),
        ask(server, "PUT", "/v2/a/manifests/<script>", b"<script>"),
        ask(server, "PUT", "/v2/a/manifests/2", b"<script>", Content_Type="text/html"),
        ask(server, "GET", f"/v2/a/blobs/{layer}", Range="bytes=99-"),
        ask(server, "POST", "/v2/a/blobs/uploads/?digest=<script>", b""),
        ask(server, "POST", "/v2/a/blobs/uploads/", b"", Transfer_Encoding="chunked"),
    ]
    for r in replies:
        assert r.headers["x-content-type-options"] == "nosniff"
        assert r.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert r.headers["content-type"] in ("application/json", "application/octet-stream", MANIFEST,
                                             "application/vnd.oci.image.index.v1+json")
        assert r.status == 200 or b"<script>" not in r.body
    assert replies[2].headers["content-type"] == replies[3].headers["content-type"] == "application/octet-stream"


def test_ranges(serve):
    """Offsets beyond 64 bits, backwards, past the end; and a thousand ranges at once are answered with one copy."""
    server = serve()
    path = f"/v2/a/blobs/{push_blob(server, 'a', b'0123456789')}"
    for text, status, body in (
        ("bytes=2-4", 206, b"234"),
        ("bytes=-3", 206, b"789"),
        ("bytes=0-18446744073709551615", 206, b"0123456789"),
        ("bytes=18446744073709551615-", 416, None),
        ("bytes=18446744073709551616-18446744073709551617", 416, None),
        ("bytes=500-0", 416, None),
        ("bytes=5000-10000", 416, None),
        ("bytes=-18446744073709551616", 206, b"0123456789"),
        ("bytes=" + ",".join(["0-9"] * 1000), 200, b"0123456789"),
        ("bytes=" + ",".join(f"{i}-" for i in range(1000)), 200, b"0123456789"),
    ):
        r = ask(server, "GET", path, Range=text)
        assert r.status == status, text[:60]
        assert body is None or r.body == body
        assert status != 416 or r.headers["content-range"] == "bytes */10"


def test_chunks_out_of_order(serve):
    server = serve()
    path = ask(server, "POST", "/v2/a/blobs/uploads/", b"").headers["location"]
    r = ask(server, "PATCH", path, b"x" * 50, Content_Range="50-99")
    assert (r.status, r.headers["range"]) == (416, "0-0")
    assert ask(server, "PATCH", path, b"x" * 50, Content_Range="0-49").status == 202
    r = ask(server, "PATCH", path, b"x" * 50, Content_Range="0-49")
    assert (r.status, r.headers["range"]) == (416, "0-49")
    r = ask(server, "PUT", f"{path}?digest={sha256(b'x' * 50)}", b"")
    assert r.status == 201


SMUGGLED = b"GET /v2/_catalog HTTP/1.1\r\nHost: t\r\n\r\n"


@pytest.mark.parametrize("headers, body", [
    (b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
    (b"Transfer-Encoding: chunked\r\nContent-Length: 0", b""),
    (b"Content-Length: 0\r\nContent-Length: 40", b""),
    (b"Content-Length: 0, 40", b""),
    (b"Transfer-Encoding: xchunked", b"0\r\n\r\n"),
    (b"Transfer-Encoding: chunked, identity", b"0\r\n\r\n"),
    (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"0\r\n\r\n"),
    (b"Transfer-Encoding:\x0bchunked", b"0\r\n\r\n"),
    (b"Transfer-Encoding : chunked", b"0\r\n\r\n"),
    (b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: x", b""),
    (b"Content-Length: -1", b""),
    (b"X\x00: y", b""),
])
def test_two_readings_of_one_request(serve, headers, body):
    """Request smuggling: refused, and what follows on the connection is not taken for a request."""
    server = serve()
    assert exchange(server, SMUGGLED.replace(b"Host", b"Connection: close\r\nHost")).endswith(b'{"repositories":[]}')
    got = exchange(server, b"POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: t\r\n" + headers + b"\r\n\r\n" + body + SMUGGLED)
    # libmicrohttpd 0.9.75 sends the head of its own refusals twice.
    assert set(re.findall(rb"HTTP/1.1 (\d+)", got)) <= {b"400"} and b"repositories" not in got


def test_paths_are_taken_as_they_are(serve, tmp_path):
    """harbor CVE-2024-22244 and path traversal: 404, nothing is normalised, no redirect, no file beside the layout."""
    server = serve("layout")
    secret = tmp_path / "layout-secret"
    secret.write_text("secret")
    for path in ("/v2/../v2/", "//v2/", "/v2//", "/v2/a/../b/tags/list", "/v2/a/%2e%2e/tags/list", "/v2/a%2fb/tags/list",
                 "/v2//evil.example/a/tags/list", "/v2/" + "a" * 256 + "/tags/list", "/v2/a%00/tags/list",
                 "/v2/a/manifests/..%2f..%2flayout-secret", "/v2/a/blobs/../../layout-secret",
                 "/%2fevil.example/v2/", "/v2/a/manifests/%2e%2e"):
        r = ask(server, "GET", path)
        assert r.status == 404 and "location" not in r.headers, path
        assert b"evil" not in r.body and b"secret" not in r.body
    for digest in ("sha256:../../../layout-secret", "sha256:" + "A" * 64, "sha256:", "md5:" + "0" * 32, "sha512:" + "0" * 64):
        r = ask(server, "GET", f"/v2/a/blobs/{digest}")
        assert r.status in (400, 404) and b"secret" not in r.body


def test_delete_leaves_what_others_need(serve):
    """One store stands behind all repositories: nobody can break another one's image, and DELETE says why."""
    server = serve()
    digest, layer = push_image(server, "mine", "1")
    assert push_image(server, "yours", "1") == (digest, layer)
    r = ask(server, "DELETE", f"/v2/mine/blobs/{layer}")
    assert (r.status, r.code) == (405, "DENIED")
    assert ask(server, "DELETE", f"/v2/mine/manifests/{digest}").status == 202
    assert ask(server, "GET", "/v2/mine/tags/list").status == 404
    assert ask(server, "GET", "/v2/yours/manifests/1").status == 200
    assert ask(server, "DELETE", f"/v2/mine/blobs/{layer}").status == 405
    assert ask(server, "GET", f"/v2/yours/blobs/{layer}").body == b"layer"
    r = ask(server, "DELETE", f"/v2/mine/manifests/{digest}")
    assert (r.status, r.code) == (404, "MANIFEST_UNKNOWN"), "not mine any more"
    assert ask(server, "DELETE", f"/v2/yours/manifests/{digest}").status == 202
    assert ask(server, "DELETE", f"/v2/mine/blobs/{layer}").status == 202
    assert ask(server, "GET", f"/v2/yours/blobs/{layer}").status == 404


def test_what_repositories_share(serve):
    """As the manual page says: content is shared, names are not."""
    server = serve()
    digest, layer = push_image(server, "mine", None)
    assert ask(server, "GET", f"/v2/other/blobs/{layer}").status == 200
    assert ask(server, "GET", f"/v2/other/manifests/{digest}").status == 200
    assert ask(server, "POST", f"/v2/other/blobs/uploads/?mount={layer}&from=mine", b"").status == 201
    # Without a tag there is no repository to list, whoever pushed.
    for repo in ("mine", "other"):
        r = ask(server, "GET", f"/v2/{repo}/tags/list")
        assert (r.status, r.code) == (404, "NAME_UNKNOWN")
    push_image(server, "mine", "1")
    assert json.loads(ask(server, "GET", "/v2/mine/tags/list").body)["tags"] == ["1"]
    assert ask(server, "GET", "/v2/other/manifests/1").status == 404
    assert json.loads(ask(server, "GET", "/v2/_catalog").body)["repositories"] == ["mine"]


def test_all_at_once(serve):
    """Hundreds of idle connections that wake in the same moment are all answered, within 32 MiB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip("SKIP: too few open files are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    request = b"GET /v2/ HTTP/1.1\r\nHost: t\r\n\r\n"
    for count in (512, 1064):
        server = serve()
        host, port = server.host.rsplit(":", 1)
        idle = [socket.create_connection((host, int(port)), timeout=5) for _ in range(count)]
        for s in idle:
            s.sendall(request)
            assert s.recv(4096).startswith(b"HTTP/1.1 200 ")
        server.process.send_signal(signal.SIGSTOP)
        for s in idle:
            s.sendall(request)
        server.process.send_signal(signal.SIGCONT)
        for s in idle:
            assert s.recv(4096).startswith(b"HTTP/1.1 200 ")
        resident = int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{server.process.pid}/status").read())[1])
        sanitized = b"__asan_init" in open(server.process.args[0], "rb").read()
        assert sanitized or resident < 32 << 10, "kB"
        for s in idle:
            s.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_writers_who_wait_hold_no_reader_up(wpack, tmp_path, serve):
    """More uploads than the server has threads wait for the end of a gc (here: for its lock); readers do not."""
    server = serve()
    lock = next(tmp_path.glob("**/.wpack/lock"))
    with open(lock, "rb+") as held, concurrent.futures.ThreadPoolExecutor(40) as pool:
        fcntl.lockf(held, fcntl.LOCK_EX, 1, 0)
        uploads = [pool.submit(ask, server, "POST", f"/v2/a/blobs/uploads/?digest={sha256(b'%d' % i)}", b"%d" % i)
                   for i in range(40)]
        # Every loop of the server gets its turn; one that hangs ends this by the socket's own timeout.
        assert [ask(server, "GET", "/v2/").status for _ in range(100)] == [200] * 100
        assert not any(u.done() for u in uploads)
        fcntl.lockf(held, fcntl.LOCK_UN, 1, 0)
        assert [u.result().status for u in uploads] == [201] * 40
