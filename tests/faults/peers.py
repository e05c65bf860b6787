# SPDX-License-Identifier: Apache-2.0
"""Peers whose fault is below a request: TLS that must not be trusted or does not come about, HTTP/2 that is cut short.

The registry of a column's command either is that peer or sends the column's request there; what is counted are the
connections (TLS) or the requests (HTTP/2) that the peer saw."""

import socket
import ssl
import struct
import threading
import warnings

from support import certs
from support.fakereg import FakeRegistry, Reply, sha256

warnings.filterwarnings("ignore", category=DeprecationWarning)
FIRST_REQUEST = ("manifest", "head", "referrers", "tags")
SHARED = {}


def prepare(shared):
    """Certificates for all cases; every CA that is to be known in one file."""
    SHARED["good"] = certs.make(shared / "good")
    for kind in ("expired", "wrong-host", "unknown-ca"):
        SHARED[kind] = certs.make_bad(shared / kind, kind)
    known = [SHARED[k].ca.read_bytes() for k in ("good", "expired", "wrong-host")]
    SHARED["ca"] = shared / "known.pem"
    SHARED["ca"].write_bytes(b"".join(known))


class Listener:
    """A server of raw sockets: handler(socket) in a thread for every connection."""

    scheme = "https"

    def __init__(self, handler):
        self.handler, self.connections, self.requests = handler, 0, []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host = f"localhost:{self.listener.getsockname()[1]}"
        self.url = f"https://{self.host}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection:
                self.handler(connection)
        except OSError:
            pass

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Counting(FakeRegistry):
    connections = 0

    def get_request(self):
        self.connections += 1
        return super().get_request()


def bad_tls(case, what):
    def in_handshake(connection):
        connection.recv(512)
        if what == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif what == "silent":
            case.stop.wait(20)
        elif what == "garbage":
            connection.sendall(b"\x16\x03\x03\x40\x00" + bytes(0x4000))

    if what in ("close", "reset", "silent", "garbage"):
        return Listener(in_handshake)
    if what == "plain":
        peer = Counting(name="localhost")
        peer.url = peer.url.replace("http:", "https:")
        return peer
    peer = Counting(tls=SHARED.get(what, SHARED["good"]), name="localhost")
    if what == "tls1.1":
        peer.socket.context.maximum_version = ssl.TLSVersion.TLSv1_1
        peer.socket.context.minimum_version = ssl.TLSVersion.TLSv1
    elif what == "tls1.2":
        peer.socket.context.maximum_version = ssl.TLSVersion.TLSv1_2
    return peer


def send_there(case, reg, peer):
    """The column's request meets peer."""
    if case.cell.kind == "token":
        reg.on("*", "/v2/.*", lambda q: None if case.has_token(q) else Reply(401, headers={
            "WWW-Authenticate": f'Bearer realm="{peer.url}/token",service="s"'}))
    elif case.cell.kind == "put-blob":
        def begin(request):
            reply = request.usual()
            reply.headers["Location"] = peer.url + reply.headers["Location"]
            return reply

        reg.on("POST", ".*", begin)
    else:
        def elsewhere(request):
            case.answer = case.referrers_reply(request) if case.cell.kind == "referrers" else request.usual()
            return Reply(307, headers={"Location": peer.url + request.path})

        reg.on(case.method, case.path, elsewhere)


def tls(case, what):
    peer = bad_tls(case, what)
    case.counted = lambda: peer.connections
    if isinstance(peer, FakeRegistry):
        case.fill(peer)
    if case.cell.kind in FIRST_REQUEST:
        return peer, ["--ca-file", SHARED["ca"]]
    reg = case.fill(FakeRegistry(tls=SHARED["good"], name="localhost"))
    case.others.append(peer)
    if isinstance(peer, FakeRegistry):
        peer.blobs, peer.uploads = reg.blobs, reg.uploads
    send_there(case, reg, peer)
    return reg, ["--ca-file", SHARED["ca"]]


# ---- HTTP/2 ----

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1
NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0, 2, 7, 8, 11


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def h2_head(reply, length):
    """A header block without Huffman codes and without an index of names but for ":status"."""
    def literal(text):
        data = str(text).encode()
        assert len(data) < 127
        return bytes([len(data)]) + data

    block = b"\x08" + literal(reply.status)
    for name, value in {**reply.headers, "content-length": length}.items():
        block += b"\x00" + literal(name.lower()) + literal(value)
    return block


class H2:
    """Just enough of HTTP/2 (RFC 9113): every request is the column's, and is answered with case.answer."""

    def __init__(self, case, what, times):
        self.case, self.what, self.seen = case, what, 0
        self.times = 10**9 if times == "always" else int(times[1:])
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(SHARED["good"].server_cert, SHARED["good"].server_key)
        self.context.set_alpn_protocols(["h2"])

    def __call__(self, connection):
        connection = self.context.wrap_socket(connection, server_side=True)
        stream = connection.makefile("rb")
        assert stream.read(24) == b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        connection.sendall(frame(SETTINGS, 0, 0))
        body = b""
        while head := stream.read(9):
            size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            number = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
            payload = stream.read(size)
            if kind == SETTINGS and not flags & ACK:
                connection.sendall(frame(SETTINGS, ACK, 0))
            elif kind == PING and not flags & ACK:
                connection.sendall(frame(PING, ACK, 0, payload))
            elif kind == GOAWAY:
                return
            elif kind in (HEADERS, DATA):
                if kind == DATA:
                    body += payload
                    connection.sendall(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", size or 1)))
                if flags & END_STREAM and self.case.cell.kind == "put-blob" and not body:  # the state of the upload
                    connection.sendall(frame(HEADERS, END_HEADERS | END_STREAM, number, h2_head(Reply(404), 0)))
                elif flags & END_STREAM:
                    n, self.seen = self.seen, self.seen + 1
                    data, end = self.reply(number, n, body)
                    body = b""
                    connection.sendall(data)
                    if end:
                        return

    def reply(self, number, n, body):
        """(bytes to send, whether the connection ends then)."""
        case = self.case
        if case.cell.kind == "put-blob":
            case.reg.blobs[sha256(body)] = body
            answer, content = Reply(201), b""
        else:
            answer = case.answer
            content = b"" if case.cell.kind == "head" else answer.body
        head = h2_head(answer, len(answer.body))
        cut = len(content) // 2
        headers = frame(HEADERS, END_HEADERS, number, head)
        good = frame(HEADERS, END_HEADERS | END_STREAM, number, head) if not content else headers + b"".join(
            frame(DATA, END_STREAM if at + 16000 >= len(content) else 0, number, content[at:at + 16000])
            for at in range(0, len(content), 16000))
        half = headers + b"".join(frame(DATA, 0, number, content[at:min(at + 16000, cut)]) for at in range(0, cut, 16000))

        def away(last, code):
            return frame(GOAWAY, 0, 0, struct.pack(">II", last, code))

        def reset(code):
            return frame(RST_STREAM, 0, number, struct.pack(">I", code))

        if n >= self.times:
            return good, False
        return {
            "good": lambda: (good, False),
            "goaway": lambda: (away(0, NO_ERROR), True),
            "goaway-calm": lambda: (away(0, ENHANCE_YOUR_CALM), True),
            "goaway-error": lambda: (away(number, INTERNAL_ERROR), True),
            "goaway-half": lambda: (half + away(number, NO_ERROR), True),
            "goaway-after": lambda: (good + away(number, NO_ERROR), True),
            "goaway-ahead": lambda: (away(number, NO_ERROR) + good, False),
            "rst-refused": lambda: (reset(REFUSED_STREAM), False),
            "rst-internal": lambda: (reset(INTERNAL_ERROR), False),
            "rst-cancel": lambda: (reset(CANCEL), False),
            "rst-half": lambda: (half + reset(INTERNAL_ERROR), False),
            "fin": lambda: (b"", True),
            "fin-half": lambda: (half, True),
            "garbage": lambda: (b"\xff" * 4096, True),
            "settings-flood": lambda: (frame(SETTINGS, 0, 0) * 500 + good, False),
            "ping-flood": lambda: (frame(PING, 0, 0, bytes(8)) * 500 + good, False),
            "continuation-flood": lambda: (frame(HEADERS, 0, number, head) + frame(
                CONTINUATION, 0, number, b"\x00\x01x\x7f\x81\x01" + b"y" * 256) * 2000, True),
            "other-stream": lambda: (frame(HEADERS, END_HEADERS | END_STREAM, number + 100, head), True),
            "hang": lambda: (case.stop.wait(20) and b"", True),
        }[self.what]()


def h2(case, what, times):
    """The column's request is sent on to a peer that speaks HTTP/2 only."""
    handler = H2(case, what, times)
    peer = Listener(handler)
    case.counted = lambda: handler.seen
    reg = case.fill(FakeRegistry(tls=SHARED["good"], name="localhost"))
    case.reg = reg
    case.others.append(peer)
    send_there(case, reg, peer)
    return reg, ["--ca-file", SHARED["ca"]]


PEERS = {"tls": tls, "h2": h2}
