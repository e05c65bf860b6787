# SPDX-License-Identifier: Apache-2.0
"""The judge: what lies on disk, read without wpack. `damage` is what fsck must see as well: content that does not hash
to its name, an index.json that does not parse, something named that is not there. `broken` is about the promise of the
command: acknowledged names that are gone, names that nobody gave, temporary files under the roof of final ones."""

import hashlib
import json
import pathlib
import re

REF_NAME = "org.opencontainers.image.ref.name"
HEX = {"sha256": 64, "sha512": 128}


class Verdict:
    def __init__(self):
        self.damage = []
        self.broken = []
        self.names = {}
        self.blobs = set()
        self.there = False
        self.unfinished = False  # a creation that was cut short: no index.json yet

    def all(self):
        return self.damage + self.broken


def _blobs(layout, v):
    for path in sorted((layout / "blobs").glob("*/*")):
        alg, name = path.parent.name, path.name
        if len(name) != HEX.get(alg, -1) or re.search("[^0-9a-f]", name):
            v.broken.append(f"blobs/{alg}/{name}: a stray file")
            continue
        data = path.read_bytes()
        if hashlib.new(alg, data).hexdigest() != name:
            v.damage.append(f"blobs/{alg}/{name[:12]}: {len(data)} bytes that are not its content")
        v.blobs.add(f"{alg}:{name}")


def _follow(layout, desc, seen, v):
    digest = desc["digest"]
    if digest in seen:
        return
    seen.add(digest)
    alg, hex_ = digest.split(":")
    path = layout / "blobs" / alg / hex_
    if not path.is_file():
        v.damage.append(f"{digest[:19]}: named, not there")
        return
    data = path.read_bytes()
    if len(data) != desc["size"]:
        v.damage.append(f"{digest[:19]}: {len(data)} bytes, {desc['size']} promised")
        return
    if re.search(r"\.(manifest|index)\.v1\+json$|manifest\.v2\+json$|manifest\.list\.v2\+json$", desc["mediaType"]):
        try:
            doc = json.loads(data)
        except ValueError:
            v.damage.append(f"{digest[:19]}: a manifest that does not parse")
            return
        is_list = bool(re.fullmatch("sha256-[0-9a-f]{64}", desc.get("annotations", {}).get(REF_NAME, "")))
        children = [doc.get("config"), *doc.get("layers", [])] + ([] if is_list else doc.get("manifests", []))
        for child in children:
            if child:
                _follow(layout, child, seen, v)


def layout(path):
    """The state of a layout folder."""
    path = pathlib.Path(path)
    v = Verdict()
    if not path.is_dir():
        return v
    for entry in path.iterdir():
        if entry.name not in ("oci-layout", "index.json", "blobs", ".wpack"):
            v.broken.append(f"{entry.name}: a stray file")
    mark = path / "oci-layout"
    if mark.exists():
        v.there = True
        try:
            if json.loads(mark.read_bytes()) != {"imageLayoutVersion": "1.0.0"}:
                raise ValueError
        except ValueError:
            v.damage.append(f"oci-layout: {mark.stat().st_size} bytes that say nothing")
    _blobs(path, v)
    index = path / "index.json"
    if not index.exists():
        v.unfinished = v.there
        return v
    if not mark.exists():
        v.damage.append("index.json without oci-layout")
    try:
        entries = json.loads(index.read_bytes())["manifests"]
    except (ValueError, KeyError):
        v.damage.append(f"index.json: {index.stat().st_size} bytes that do not parse")
        return v
    seen = set()
    for n, desc in enumerate(entries):
        name = desc.get("annotations", {}).get(REF_NAME, f"#{desc['digest']}")
        if v.names.get(name, desc["digest"]) != desc["digest"]:
            v.damage.append(f"index.json: '{name}' twice")
        v.names[name] = desc["digest"]
        _follow(path, desc, seen, v)
    return v


def folder(path):
    """The state of a folder of plain files."""
    path = pathlib.Path(path)
    v = Verdict()
    if path.is_dir():
        v.there = True
        for f in sorted(path.rglob("*")):
            if f.is_file() and ".wpack" not in f.relative_to(path).parts:
                v.names[str(f.relative_to(path))] = "sha256:" + hashlib.sha256(f.read_bytes()).hexdigest()
    return v


def promises(v, before, after, acknowledged, exact_blobs=None):
    """Adds to v what is wrong with the names: each is as before or as after; after exit 0 exactly as after."""
    for name in sorted({*before, *after, *v.names}):
        got = v.names.get(name)
        if acknowledged and got != after.get(name):
            v.broken.append(f"acknowledged, but '{name}' is {str(got)[:19]} and not {str(after.get(name))[:19]}")
        elif not acknowledged and got not in (before.get(name), after.get(name)):
            v.broken.append(f"'{name}' is {str(got)[:19]}, neither as before nor as asked")
    if acknowledged and exact_blobs is not None and v.blobs != exact_blobs:
        v.broken.append(f"acknowledged, but there are {len(v.blobs)} blobs and not {len(exact_blobs)}")
    return v


def leftovers(target, final):
    """Temporary files that an orderly end must not leave: all but resumable parts; after exit 0 (final) these too."""
    work = pathlib.Path(target) / ".wpack"
    found = [f"{p.relative_to(target)}: left behind" for p in sorted(work.glob("tmp/*"))]
    if final:
        found += [f"{p.relative_to(target)}: left behind" for p in sorted(work.glob("part/*"))]
    return found + [f"{p.name}: left behind" for p in pathlib.Path(target).rglob(".wpack-*")]
