# SPDX-License-Identifier: Apache-2.0
"""A scripted registry on a loopback port: holds content like a registry, answers as the test says, notes every request.

    reg.add("a/app", "1", manifest_bytes, blobs)              # what a good registry would hold
    reg.on("GET", r"/v2/a/app/manifests/1", Reply(503), ...)  # one reply per request, the last one for ever; None: as usual
    reg.count("GET", "/blobs/")                               # how many requests were made
"""

import hashlib
import http.server
import json
import re
import socket
import ssl
import struct
import threading
import types
import urllib.parse
import uuid

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
WASM = "application/wasm"
CONFIG = "application/vnd.wasm.config.v0+json"
TITLE = "org.opencontainers.image.title"
MIB = 1 << 20


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def desc(data, media_type=WASM, title=None, **more):
    d = {"mediaType": media_type, "digest": sha256(data), "size": len(data)}
    if title is not None:
        d["annotations"] = {TITLE: title}
    return {**d, **more}


def manifest(layers, config=None, **more):
    """A manifest's bytes from descriptors; members of `more` are added or replace."""
    doc = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config or desc(b"{}", "application/vnd.oci.empty.v1+json"),
        "layers": layers,
    }
    return json.dumps({**doc, **more}).encode()


def index(manifests, **more):
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests, **more}).encode()


def endless(chunk=b" " * 65536):
    while True:
        yield chunk


class Reply:
    """`body`: bytes or an iterable of bytes. `length`: what Content-Length says; "body": the truth, None: no such
    header, the connection's end is the body's. `cut`: the connection ends after that many bytes of body, `reset` tells
    how. `before` is called ahead of the status line. `raw`: an iterable of bytes that go out as they are, in the place of
    all that, before the connection ends."""

    def __init__(self, status=200, body=b"", headers=(), length="body", cut=None, reset=False, before=None, raw=None):
        self.status, self.body, self.headers, self.cut, self.reset = status, body, dict(headers), cut, reset
        self.raw, self.to_head = raw, False
        self.length = (len(body) if isinstance(body, bytes) else None) if length == "body" else length
        self.before = before


def error(status, code="UNKNOWN", message="no"):
    return Reply(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode(),
                 {"Content-Type": "application/json"})


def document(body, media_type=MANIFEST, **headers):
    return Reply(200, body, {"Content-Type": media_type, **{k.replace("_", "-"): v for k, v in headers.items()}})


class FakeRegistry(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, tls=None, name="127.0.0.1"):
        super().__init__(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if tls:
            self.scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.server_cert, tls.server_key)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"{name}:{self.server_address[1]}"
        self.url = f"{self.scheme}://{self.host}"
        self.lock = threading.Lock()
        self.rules = []  # [method, pattern, replies left]
        self.requests = []  # namespaces: method, path (with query), headers, authorization, body, usual()
        self.blobs = {}  # digest: bytes, of all repositories
        self.manifests = {}  # (repository, tag or digest): (media type, bytes)
        self.uploads = {}  # id: bytearray
        self.sent = 0  # bytes of bodies
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def handle_error(self, request, client_address):
        pass  # clients that hang up are the normal case here

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join()

    # ---- the script ----

    def on(self, method, pattern, *replies):
        """Later rules win; `pattern` is matched against the whole path without query, from its start."""
        self.rules.insert(0, [method, re.compile(pattern), list(replies)])

    def add(self, repo, tag, body, blobs=(), media_type=MANIFEST):
        for blob in (b"{}", *blobs):
            self.blobs[sha256(blob)] = blob
        for ref in (tag, sha256(body)):
            if ref:
                self.manifests[repo, ref] = (media_type, body)
        return sha256(body)

    def count(self, method, part=""):
        with self.lock:
            return sum(r.method == method and part in r.path for r in self.requests)

    def seen(self, part=""):
        with self.lock:
            return [r for r in self.requests if part in r.path]

    def scripted(self, method, path):
        with self.lock:
            for rule in self.rules:
                if rule[0] in (method, "*") and rule[1].fullmatch(path):
                    return rule[2].pop(0) if len(rule[2]) > 1 else rule[2][0]
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def log_message(self, *args):
        pass

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            out = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                out += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return out
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self):
        reg = self.server
        body = self.read_body()
        request = types.SimpleNamespace(method=self.command, path=self.path, headers=self.headers, body=body,
                                        authorization=self.headers.get("Authorization"))
        with reg.lock:
            reg.requests.append(request)
        path = urllib.parse.urlsplit(self.path).path
        request.usual = lambda: self.usual(request, path)
        reply = reg.scripted(self.command, path)
        if callable(reply):
            reply = reply(request)
        self.send(reply or self.usual(request, path))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def send(self, reply):
        if reply.before:
            reply.before()
        if reply.raw is not None:
            return self.send_raw(reply)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        if reply.length is not None:
            self.send_header("Content-Length", str(reply.length))
        else:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        left = reply.cut
        if self.command == "HEAD":
            left = 0
        for chunk in [reply.body] if isinstance(reply.body, bytes) else reply.body:
            if left is not None:
                chunk, left = chunk[:left], left - min(left, len(chunk))
            self.wfile.write(chunk)
            if not isinstance(reply.body, bytes):
                self.wfile.flush()
            self.server.sent += len(chunk)
            if left == 0:
                break
        self.wfile.flush()
        if reply.cut is not None or (isinstance(reply.length, int) and isinstance(reply.body, bytes)
                                     and reply.length != len(reply.body)):
            self.close_connection = True
        if reply.reset:
            self.reset()

    def send_raw(self, reply):
        self.close_connection = True
        for piece in reply.raw:
            self.wfile.write(piece)
            self.wfile.flush()
        if reply.reset:
            self.reset()

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    # ---- a good registry ----

    def usual(self, request, path):
        if path == "/v2/":
            return Reply(200, b"{}")
        for pattern, method in (
            (r"/v2/(.+)/manifests/([^/]+)", self.manifest_request),
            (r"/v2/(.+)/blobs/uploads/([^/]*)", self.upload_request),
            (r"/v2/(.+)/blobs/([^/]+)", self.blob_request),
            (r"/v2/(.+)/tags/list", self.tags_request),
        ):
            if m := re.fullmatch(pattern, path):
                return method(request, *m.groups())
        return error(404, "NOT_FOUND")

    def manifest_request(self, request, repo, ref):
        reg = self.server
        if request.method == "PUT":
            reg.add(repo, ref, request.body, media_type=request.headers["Content-Type"])
            return Reply(201, headers={"Docker-Content-Digest": sha256(request.body)})
        if (repo, ref) not in reg.manifests:
            return error(404, "MANIFEST_UNKNOWN")
        media_type, body = reg.manifests[repo, ref]
        return document(body, media_type, Docker_Content_Digest=sha256(body))

    def blob_request(self, request, repo, digest):
        data = self.server.blobs.get(digest)
        if data is None:
            return error(404, "BLOB_UNKNOWN")
        headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
        if m := re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", "")):
            at = int(m[1])
            headers["Content-Range"] = f"bytes {at}-{len(data) - 1}/{len(data)}"
            return Reply(206, data[at:], headers)
        return Reply(200, data, headers)

    def upload_request(self, request, repo, upload):
        reg = self.server
        if request.method == "POST":
            upload = uuid.uuid4().hex
            reg.uploads[upload] = bytearray()
            return Reply(202, headers={"Location": f"/v2/{repo}/blobs/uploads/{upload}"})
        if upload not in reg.uploads:
            return error(404, "BLOB_UPLOAD_UNKNOWN")
        if request.method == "DELETE":
            del reg.uploads[upload]
            return Reply(204)
        begins = request.headers.get("Content-Range", "").partition("-")[0]
        if begins.isdigit() and int(begins) != len(reg.uploads[upload]):
            return error(416, "RANGE_INVALID")
        reg.uploads[upload] += request.body
        has = f"0-{max(len(reg.uploads[upload]) - 1, 0)}"
        if request.method != "PUT":
            return Reply(204 if request.method == "GET" else 202,
                         headers={"Location": f"/v2/{repo}/blobs/uploads/{upload}", "Range": has})
        data = bytes(reg.uploads.pop(upload))
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        if query.get("digest") != [sha256(data)]:
            return error(400, "DIGEST_INVALID")
        reg.blobs[sha256(data)] = data
        return Reply(201, headers={"Docker-Content-Digest": sha256(data)})

    def tags_request(self, request, repo):
        tags = [ref for r, ref in self.server.manifests if r == repo and ":" not in ref]
        if not tags:
            return error(404, "NAME_UNKNOWN")
        return Reply(200, json.dumps({"name": repo, "tags": sorted(tags)}).encode())
