# SPDX-License-Identifier: Apache-2.0
"""Makes a disagreement smaller: sections are dropped, bodies of functions become `unreachable`, as long as it stays one."""


def leb(value):
    out = bytearray()
    while True:
        out.append(value & 127 | (128 if value > 127 else 0))
        value >>= 7
        if value == 0:
            return bytes(out)


def read_leb(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def sections(data):
    """(id, body) of each section; None when the frame is broken."""
    found, at = [], 8
    try:
        while at < len(data):
            kind, (size, start) = data[at], read_leb(data, at + 1)
            if start + size > len(data):
                return None
            found.append((kind, data[start:start + size]))
            at = start + size
    except IndexError:
        return None
    return found


def join(head, parts):
    return head + b"".join(bytes([kind]) + leb(len(body)) + body for kind, body in parts)


def entries(body):
    """The entries of a code section; None when they do not fill it."""
    try:
        count, at = read_leb(body, 0)
        found = []
        for _ in range(count):
            size, at = read_leb(body, at)
            found.append(body[at:at + size])
            at += size
        return found if at == len(body) else None
    except IndexError:
        return None


def smaller(data):
    """Candidates, each a little smaller."""
    parts = sections(data)
    if parts is None:
        return
    head = data[:8]
    for i in reversed(range(len(parts))):
        yield join(head, parts[:i] + parts[i + 1:])
    if data[4:8] != b"\x01\0\0\0":
        return
    for i, (kind, body) in enumerate(parts):
        bodies = entries(body) if kind == 10 else None
        for j, old in enumerate(bodies or []):
            if old != b"\x00\x00\x0b":
                new = bodies[:j] + [b"\x00\x00\x0b"] + bodies[j + 1:]
                code = leb(len(new)) + b"".join(leb(len(b)) + b for b in new)
                yield join(head, parts[:i] + [(kind, code)] + parts[i + 1:])


def reduce(data, holds, tries=400):
    """The smallest found for which holds(data) is still true."""
    progress = True
    while progress and tries > 0:
        progress = False
        for candidate in smaller(data):
            tries -= 1
            if tries <= 0:
                break
            if holds(candidate):
                data, progress = candidate, True
                break
    return data
