# SPDX-License-Identifier: Apache-2.0
"""Helpers of the end-to-end tests."""

import hashlib
import json
import pathlib


class Result:
    """How a program ended."""

    def __init__(self, args, rc, out, err):
        self.args_given = args
        self.rc = rc
        self.out_bytes = out
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    @property
    def last(self):
        """The last line of stdout: repo@sha256:…"""
        return self.out.rstrip("\n").rsplit("\n", 1)[-1]

    @property
    def digest(self):
        return self.last.rsplit("@", 1)[-1]

    @property
    def json(self):
        """Its output; a member that is there twice is none."""
        def members(pairs):
            found = dict(pairs)
            assert len(found) == len(pairs), f"a member twice: {[key for key, _ in pairs]}"
            return found

        return json.loads(self.out, object_pairs_hook=members)

    def __repr__(self):
        words = " ".join(map(str, self.args_given))
        return f"{words}\nexit {self.rc}\n--- stdout\n{self.out[-3000:]}\n--- stderr\n{self.err[-3000:]}"


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blob_path(layout, digest):
    alg, hex_ = digest.split(":")
    return pathlib.Path(layout) / "blobs" / alg / hex_


def check_layout(layout, names=None):
    """Judge a layout without wpack: every blob hashes to its name, index.json leads to blobs that are there. Returns
    {ref.name: digest}."""
    layout = pathlib.Path(layout)
    assert json.loads((layout / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    for path in (layout / "blobs").glob("*/*"):
        assert hashlib.new(path.parent.name, path.read_bytes()).hexdigest() == path.name, path
    found = {}

    def follow(desc):
        path = blob_path(layout, desc["digest"])
        assert path.stat().st_size == desc["size"], desc
        if desc["mediaType"].endswith("+json") and ("manifest" in desc["mediaType"] or "index" in desc["mediaType"]):
            doc = json.loads(path.read_bytes())
            for child in [doc.get("config"), *doc.get("layers", []), *doc.get("manifests", [])]:
                if child:
                    follow(child)

    for desc in json.loads((layout / "index.json").read_bytes())["manifests"]:
        follow(desc)
        name = desc.get("annotations", {}).get("org.opencontainers.image.ref.name")
        if name:
            assert name not in found, f"{name} stands twice in index.json"
            found[name] = desc["digest"]
    if names is not None:
        assert {n for n in found if not n.startswith("sha256-")} == set(names)
    return found
