# SPDX-License-Identifier: Apache-2.0
"""What a registry does wrong, one function per kind of fault. Each is called with the case, the request, how many
requests of its sort came before, and the words behind its name in matrix.txt; it gives a reply, or None for "as usual"."""

import gzip
import json
import time
from email.utils import formatdate

from support.fakereg import Reply, error

ACTIONS = {}


def action(fn):
    ACTIONS[fn.__name__.rstrip("_").replace("_", "-")] = fn
    return fn


def over(n, times):
    """"x3": the first three requests are answered wrongly, "always": all."""
    return times != "always" and n >= int(times[1:])


def wire(reply, drop=(), add=()):
    """(head, body) as bytes."""
    headers = [(k, v) for k, v in reply.headers.items() if k.lower() not in drop]
    if "content-length" not in drop:
        headers.append(("Content-Length", str(len(reply.body))))
    lines = [f"HTTP/1.1 {reply.status} X", *(f"{k}: {v}" for k, v in (*headers, *add))]
    return ("\r\n".join(lines) + "\r\n\r\n").encode(), b"" if reply.to_head else reply.body


def changed(reply, **headers):
    reply.headers.update({k.replace("_", "-"): v for k, v in headers.items()})
    return reply


@action
def status(case, request, n, code, times, header=None, value=None):
    if over(n, times):
        return None
    dates = {"past": "Wed, 21 Oct 2015 07:28:00 GMT", "future": formatdate(time.time() + 2, usegmt=True)}
    reply = error(int(code), "UNKNOWN", "as the table says")
    return changed(reply, **({header: dates.get(value, value)} if header else {}))


# ---- connections ----


@action
def cut(case, request, n, how, where, times):
    """The connection ends, "fin" or "rst", or falls silent, "hang", at a place in the reply. "lost": after everything was
    done and before the first byte."""
    if over(n, times):
        return None
    if where == "none":
        data = b""
    else:
        head, body = wire(request.usual())
        if where == "whole-less-1" and not body:
            where = "blank"
        at = {"lost": 0, "line": 11, "headers": len(head) - 10, "blank": len(head) - 2, "body-0": len(head),
              "body-1": len(head) + 1, "body-half": len(head) + len(body) // 2, "body-less-1": len(head) + len(body) - 1}[where]
        data = (head + body)[:at]

    def pieces():
        yield data
        if how == "hang":
            case.stop.wait(20)

    return Reply(raw=pieces(), reset=how == "rst")


@action
def drip(case, request, n, what, times):
    """One byte at a time. "body": slow and complete; "headers": lines without end; "line": one line without end."""
    if over(n, times):
        return None
    head, body = wire(request.usual())

    def pieces():
        if what == "body":
            yield head
            step = max(1, len(body) // 20)
            for at in range(0, len(body), step):
                yield body[at:at + step]
                time.sleep(0.02)
            return
        yield head[:-2] if what == "headers" else head[:-2] + b"X-Long: "
        while not case.stop.wait(0.05):
            yield b"X-Drip: 1\r\n" if what == "headers" else b"x"

    return Reply(raw=pieces())


# ---- heads ----


@action
def head(case, request, n, what, times):
    if over(n, times):
        return None
    first, body = wire(request.usual())
    first = first[:-2]
    fill = {
        "mebibyte-line": lambda: [b"X-Fill: ", b"y" * (1 << 20), b"\r\n"],
        "10000-lines": lambda: [b"".join(b"X-%d: y\r\n" % i for i in range(10000))],
        "1000-lines": lambda: [b"".join(b"X-%d: y\r\n" % i for i in range(1000))],
        "no-colon": lambda: [b"this is no header\r\n"],
        "nul": lambda: [b"X-Nul: a\0b\r\n"],
        "interim": lambda: [],
        "interim-endless": lambda: [],
    }[what]()
    before = {"interim": 3, "interim-endless": 20000}.get(what, 0)
    return Reply(raw=[b"HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n" * before, first, *fill, b"\r\n", body])


@action
def garbage(case, request, n, what, times):
    if over(n, times):
        return None
    return Reply(raw=[{"text": b"220 mail.example ESMTP\r\n", "zeros": bytes(4096), "status": b"HTTP/1.1 abc X\r\n\r\n",
                       "tls": b"\x15\x03\x03\x00\x02\x02\x28", "http09": b"<html>no head at all</html>"}[what]])


@action
def length(case, request, n, what, times):
    if over(n, times):
        return None
    good = request.usual()
    size = len(good.body)
    values = {"+1": [size + 1], "-1": [size - 1], "0": [0], "2^63": [1 << 63], "2^63-1": [(1 << 63) - 1],
              "2^64": [1 << 64], "two": [size, size + 5], "minus": [-size], "abc": ["abc"], "none": []}[what]
    first, body = wire(good, ("content-length",), [("Content-Length", v) for v in values])
    return Reply(raw=[first, body])


@action
def chunked(case, request, n, what, times):
    if over(n, times):
        return None
    good = request.usual()
    first, body = wire(good, ("content-length",), [("Transfer-Encoding", "chunked")])
    half = len(body) // 2
    one, two = (b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    tail = {
        "good": [one, two, b"0\r\n\r\n"],
        "extension": [one.replace(b"\r\n", b";a=b\r\n", 1), two, b"0\r\nX-Trailer: x\r\n\r\n"],
        "no-end": [one, two],
        "cut": [one],
        "cut-in-chunk": [one, two[:-10]],
        "size-overflow": [one, b"fffffffffffffffff1\r\n", body[half:], b"\r\n0\r\n\r\n"],
        "size-no-hex": [one, b"zz\r\n", body[half:], b"\r\n0\r\n\r\n"],
        "size-minus": [one, b"-5\r\n", body[half:], b"\r\n0\r\n\r\n"],
    }[what]
    return Reply(raw=[first, *tail])


# ---- bodies ----


@action
def body(case, request, n, what, times):
    if over(n, times):
        return None
    good = request.usual()
    data = good.body
    if what == "flipped":
        good.body = data[:-1] + bytes([data[-1] ^ 1])
    elif what == "flipped-first":
        good.body = bytes([data[0] ^ 1]) + data[1:]
    elif what == "longer":
        good.body = data + b"x"
    elif what == "shorter":
        good.body = data[:-1]
    elif what == "empty":
        good.body = b""
    elif what == "other":
        good.body = case.other_body(request)
    elif what == "page":
        good.body = b"<!DOCTYPE html><title>Sign in to this network</title>"
        good.headers = {"Content-Type": "text/html"}
    elif what == "gzip":
        good.body = gzip.compress(data)
        good.headers["Content-Encoding"] = "gzip"
    elif what == "gzip-label":
        good.headers["Content-Encoding"] = "gzip"
    elif what == "other-digest-header":
        good.headers["Docker-Content-Digest"] = "sha256:" + "0" * 64
    elif what == "no-digest-header":
        good.headers.pop("Docker-Content-Digest", None)
    elif what == "deep":
        good.body = b"[" * 100000
    elif what == "no-sense":
        good.body = json.dumps(["a", 5]).encode()
    else:
        raise KeyError(what)
    good.length = len(good.body)
    return good


@action
def range_(case, request, n, what):
    """The first reply breaks off in the middle; what the second says to a request for the rest. "unasked": 206 at once."""
    good = request.usual()
    whole = case.module
    if what == "unasked":
        return Reply(206, whole, {"Content-Range": f"bytes 0-{len(whole) - 1}/{len(whole)}"}) if n == 0 else None
    if n == 0:
        good.cut = len(whole) // 2
        return good
    at = len(whole) // 2
    if n > 1:
        return None
    size, last = len(whole), len(whole) - 1
    return {
        "good": lambda: None,
        "whole": lambda: Reply(200, whole),
        "other-first": lambda: Reply(206, whole[5:], {"Content-Range": f"bytes 5-{last}/{size}"}),
        "no-header": lambda: Reply(206, whole[at:]),
        "no-sense": lambda: Reply(206, whole[at:], {"Content-Range": "bytes x-y/z"}),
        "backwards": lambda: Reply(206, whole[at:], {"Content-Range": f"bytes {at}-{at - 9}/{size}"}),
        "huge": lambda: Reply(206, whole[at:], {"Content-Range": f"bytes {at}-{last}/99999999999999999999999"}),
        "star": lambda: Reply(206, whole[at:], {"Content-Range": f"bytes {at}-{last}/*"}),
        "other-total": lambda: Reply(206, whole[at:], {"Content-Range": f"bytes {at}-{last}/{size + 1}"}),
        "other-bytes": lambda: Reply(206, bytes(size - at), {"Content-Range": f"bytes {at}-{last}/{size}"}),
        "too-many": lambda: Reply(206, whole[at:] + b"x" * 100, {"Content-Range": f"bytes {at}-{last}/{size}"}),
        "too-few": lambda: Reply(206, whole[at:-7], {"Content-Range": f"bytes {at}-{last}/{size}"}),
        "416": lambda: error(416),
        "503": lambda: error(503),
        "404": lambda: error(404),
    }[what]()


# ---- where to go ----


@action
def redirect(case, request, n, what, code="307"):
    path = request.path.partition("?")[0]
    hops = {"loop": 10**9, "20": 20, "6": 6, "5": 5, "relative": 1, "absolute": 1, "query": 1}.get(what)
    if hops is not None:
        target = {"relative": "./" + path.rsplit("/", 1)[1], "absolute": case.reg.url + path}.get(what, f"{path}?hop={n}")
        return Reply(int(code), headers={"Location": target}) if n < hops else None
    target = {
        "other-host": lambda: case.second().url + path,
        "ftp": lambda: "ftp://127.0.0.1/x",
        "file": lambda: "file:///etc/passwd",
        "user": lambda: f"http://user:word@{case.reg.host}{path}",
        "empty": lambda: "",
        "no-host": lambda: "http://",
        "other-port-closed": lambda: f"http://127.0.0.1:{case.closed_port}{path}",
    }.get(what)
    if what == "missing":
        return Reply(int(code))
    return Reply(int(code), headers={"Location": target()})


@action
def location(case, request, n, what):
    """Where an upload goes on, as said by the reply to POST or PATCH."""
    good = request.usual()
    path = good.headers["Location"]
    name = path.rsplit("/", 1)[1]
    target = {
        "relative": lambda: name,
        "dot": lambda: "./" + name,
        "dots": lambda: "../uploads/" + name,
        "absolute": lambda: case.reg.url + path,
        "network": lambda: f"//{case.reg.host}{path}",
        "query": lambda: path + "?_state=x%3D%3D&y=1",
        "fragment": lambda: path + "#x",
        "other-repo": lambda: path.replace("/a/b/", "/other/repo/"),
        "other-host": lambda: case.second(case.reg.uploads).url + path,
        "other-port-closed": lambda: f"http://127.0.0.1:{case.closed_port}{path}",
        "empty": lambda: "",
        "ftp": lambda: "ftp://127.0.0.1/x",
        "user": lambda: f"http://user:word@{case.reg.host}{path}",
        "nowhere": lambda: path + "-gone",
        "blank": lambda: path + " x",
    }.get(what)
    if target:
        good.headers["Location"] = target()
    else:
        del good.headers["Location"]
    return good


@action
def upload_range(case, request, n, what):
    """What the reply to PATCH says it has."""
    good = request.usual()
    size = len(request.body)
    value = {"too-much": f"0-{size + 5}", "no-sense": "x-y", "bytes": f"bytes=0-{size - 1}", "missing": None,
             "huge": "0-99999999999999999999999", "minus": "0--1"}[what]
    good.headers.pop("Range", None)
    if value:
        good.headers["Range"] = value
    return good


@action
def link(case, request, n, what):
    good = request.usual()
    target = {"self": request.path, "elsewhere": case.second().url + "/x", "ftp": "ftp://127.0.0.1/x", "empty": "",
              "endless": f"{request.path.partition('?')[0]}?n=1&last={n}"}[what]
    good.headers["Link"] = f'<{target}>; rel="next"'
    return good


# ---- who are you ----


@action
def bearer(case, request, n, what):
    """Only the newest token is good, at every request. n: None away from the column's requests."""
    challenge = {"WWW-Authenticate": f'Bearer realm="{case.reg.url}/token",service="s"'}
    good = case.current and request.authorization == f"Bearer {case.current}"
    if what == "once" and good:  # each token is good for one request
        case.current = None
        return None
    if what == "expires" and good and n is not None and not case.expired:  # in the middle of the work
        case.expired, case.current, good = True, None, False
    if what == "always" and n is not None:
        good = False
    return None if good else Reply(401, headers=challenge)


@action
def token_reply(case, request, n, what):
    token = case.token().encode()
    body = {"empty": b"", "no-json": b"<html>", "no-token": b"{}", "number": b'{"token":5}', "blank": b'{"token":"a b"}',
            "newline": b'{"token":"a\\r\\nX-Evil: 1"}', "long": b'{"token":"' + b"x" * 70000 + b'"}',
            "twice": b'{"token":"a","token":"b"}', "access-token": b'{"access_token":"%s"}' % token,
            "expired": b'{"token":"%s","expires_in":0}' % token,
            "minus": b'{"token":"%s","expires_in":-5}' % token,
            "forever": b'{"token":"%s","expires_in":99999999999999999999}' % token}.get(what)
    if what == "loop":
        return Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{case.reg.url}/token",service="s"'})
    if what == "redirect-loop":
        return Reply(302, headers={"Location": "/token"})
    return Reply(200, body, {"Content-Type": "application/json"})
