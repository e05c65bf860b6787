# SPDX-License-Identifier: Apache-2.0
"""A token server as docker-registry trusts it (distribution's token specification): RS256 JWTs with an x5c header."""

import base64
import http.server
import json
import pathlib
import subprocess
import time
import urllib.parse
import uuid

from .certs import openssl


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder, users, refresh_tokens=()):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=tokens", "-keyout",
                "token.key", "-out", "token.pem", cwd=self.folder)
        self.users = users
        self.refresh_tokens = set(refresh_tokens)
        self.anonymous_pull = False
        self.rotating = False  # a refresh token is good once, and comes with the next one
        self.expires_in = 300
        self.seen = []  # (method, path with query, Authorization, body)
        self.certificate = self.folder / "token.pem"
        self.realm = f"http://localhost:{self.server_address[1]}/token"

    def sign(self, service, subject, scopes):
        pem = self.certificate.read_text()
        der = base64.b64decode("".join(pem.splitlines()[1:-1]))
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        now = int(time.time())
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":", 2) if scope.count(":") == 2 else (scope, "", "")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        claims = {"iss": "wpack-test", "sub": subject, "aud": service, "exp": now + self.expires_in, "nbf": now - 10,
                  "iat": now, "jti": uuid.uuid4().hex, "access": access}
        text = b64url(json.dumps(header).encode()) + "." + b64url(json.dumps(claims).encode())
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(self.folder / "token.key")],
                              input=text.encode(), check=True, capture_output=True)
        return text + "." + b64url(done.stdout)


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def reply(self, status, doc):
        body = json.dumps(doc).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        auth = self.headers.get("Authorization")
        self.server.seen.append(("GET", self.path, auth, b""))
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        scopes = [s for value in query.get("scope", []) for s in value.split(" ")]
        user = ""
        if auth and auth.startswith("Basic "):
            user, _, password = base64.b64decode(auth[6:]).decode().partition(":")
            if self.server.users.get(user) != password:
                return self.reply(401, {"details": "wrong password"})
        elif not self.server.anonymous_pull:
            return self.reply(401, {"details": "who are you"})
        token = self.server.sign(query.get("service", [""])[0], user, scopes)
        return self.reply(200, {"token": token, "expires_in": self.server.expires_in})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(("POST", self.path, self.headers.get("Authorization"), body))
        form = urllib.parse.parse_qs(body.decode())
        if form.get("grant_type") != ["refresh_token"] or form.get("refresh_token", [""])[0] not in self.server.refresh_tokens:
            return self.reply(401, {"details": "unknown refresh token"})
        scopes = [s for value in form.get("scope", []) for s in value.split(" ")]
        token = self.server.sign(form.get("service", [""])[0], "refreshed", scopes)
        reply = {"access_token": token, "expires_in": self.server.expires_in}
        if self.server.rotating:
            reply["refresh_token"] = uuid.uuid4().hex
            self.server.refresh_tokens.remove(form["refresh_token"][0])
            self.server.refresh_tokens.add(reply["refresh_token"])
        return self.reply(200, reply)
