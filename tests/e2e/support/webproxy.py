# SPDX-License-Identifier: Apache-2.0
"""A web proxy on a loopback port: forwards http requests, tunnels CONNECT, notes what a client told it."""

import base64
import http.client
import http.server
import select
import socket
import threading
import types
import urllib.parse

HOP_BY_HOP = ("proxy-authorization", "proxy-connection", "connection", "te", "transfer-encoding")


class WebProxy(http.server.ThreadingHTTPServer):
    """`credentials`: "user:password" that clients must show. `refuse`: the status that every CONNECT is answered with."""

    daemon_threads = True

    def __init__(self, credentials=None, refuse=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.credentials, self.refuse = credentials, refuse
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.url = f"http://{self.host}"
        self.requests = []  # namespaces: method, target, headers
        self.read = bytearray()  # everything that clients sent through tunnels
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def handle_error(self, request, client_address):
        pass

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join()

    def seen(self, method):
        return [r for r in self.requests if r.method == method]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def refused(self):
        """Notes the request; true when it was answered already."""
        proxy = self.server
        proxy.requests.append(types.SimpleNamespace(method=self.command, target=self.path, headers=self.headers))
        shown = self.headers.get("Proxy-Authorization", "")
        want = proxy.credentials and "Basic " + base64.b64encode(proxy.credentials.encode()).decode()
        status = 407 if want and shown != want else proxy.refuse if self.command == "CONNECT" else None
        if status is None:
            return False
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(status)
        if status == 407:
            self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return True

    def do_CONNECT(self):
        if self.refused():
            return
        host, port = self.path.rsplit(":", 1)
        try:
            server = socket.create_connection((host, int(port)), 10)
        except OSError:
            self.send_error(502)
            return
        self.send_response_only(200, "Connection established")
        self.end_headers()
        self.close_connection = True
        with server:
            ends = {self.connection: server, server: self.connection}
            while True:
                for end in select.select(list(ends), [], [], 30)[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    if end is self.connection:
                        self.server.read += data
                    ends[end].sendall(data)

    def forward(self):
        if self.refused():
            return
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        connection = http.client.HTTPConnection(url.netloc, timeout=30)
        connection.request(self.command, url.path + ("?" + url.query if url.query else ""), body, headers)
        reply = connection.getresponse()
        data = reply.read()
        self.send_response_only(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in (*HOP_BY_HOP, "content-length"):
                self.send_header(name, value)
        length = reply.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
        if length is not None:
            self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(data)
        connection.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = forward
