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
from support.fakereg import FakeRegistry, Reply

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
            case.answer = request.usual()
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


PEERS = {"tls": tls}
