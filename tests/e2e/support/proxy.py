# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy on a loopback port that counts what a client received and acts when a count is reached."""

import socket
import threading


class Proxy:
    """Forwards to `target` (host:port). `received` is the sum of bytes sent to clients. After `at` bytes `then()` is
    called once, before more is forwarded."""

    def __init__(self, target, at=None, then=None):
        host, port = target.rsplit(":", 1)
        self.target = (host, int(port))
        self.at, self.then = at, then
        self.received = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source, sink, down):
        # A kernel would queue megabytes here that were counted and never left; the proxy stands for the wire.
        if down:
            sink.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        try:
            while data := source.recv(16384):
                if down:
                    self._count(len(data))
                sink.sendall(data)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _count(self, n):
        with self.lock:
            self.received += n
            due = self.at is not None and self.received >= self.at
            if due:
                self.at = None
        if due:
            self.then()

    def close(self):
        self.listener.close()
