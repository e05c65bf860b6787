#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The matrix of `make interop`: wpack against every registry and client that is installed, both ways, and one table.

run.py WPACK [--only WORD] [--rounds N] [--budget S]. A cell is ok when the files are byte-identical and all sides name the same
digest; FAIL cells are explained below the table and make the exit status 1; what is not installed is skipped and counted
in the last line. "-": the program has no such thing."""

import argparse
import json
import sys
import tempfile
import time
import traceback

from lab import MISSING, REGISTRIES, Lab, check_layout, find_peer, sha256
from clients import CLIENTS
import signatures

from support.race import attach_at_once

COLUMNS = ["push, they pull", "they push, pull", "layout to them", "layout from them", "referrers out", "referrers in",
           "same digest"]
# Files go through every registry; layouts and referrers through one with the referrers API and one without.
THROUGH = ["wpack serve", "docker-registry 2.8"]
SPDX = "application/spdx+json"


def same(*values):
    assert len(set(values)) == 1, values


def layout_files(lab, layout):
    """{digest: bytes} of a layout, every blob hashed against its name."""
    check_layout(lab.folder / layout)
    return {f"sha256:{p.name}": p.read_bytes() for p in (lab.folder / layout / "blobs/sha256").iterdir()}


class ClientRow:
    """A client's cells, each through the registries of THROUGH."""

    def __init__(self, lab, kind):
        find_peer(kind.needs)
        self.everywhere = [name for name in REGISTRIES if self.has_registry(lab, name)]
        self.lab = lab
        self.wpack = lab.wpack
        self.client = kind(lab)
        self.files = [lab.component] if kind.component_only else [lab.module, lab.component]

    def has(self, *verbs):
        return all(hasattr(self.client, v) for v in verbs)

    @staticmethod
    def has_registry(lab, name):
        """Registries that are missing are skips of their own rows, those of THROUGH also of this one."""
        try:
            return bool(lab.host(name))
        except MISSING:
            if name in THROUGH:
                raise
            return False

    def each(self, registries=THROUGH):
        for registry in registries:
            yield f"{self.lab.host(registry)}/interop/{self.lab.new('r')}:v1"

    def push_they_pull(self):
        for ref in self.each(self.everywhere):
            for file in self.files:
                digest = self.wpack("push", file, ref).digest
                theirs, data = self.client.pull(ref, file.name)
                assert data == file.read_bytes(), f"{file.name} differs"
                same(digest, theirs or digest)
        return True

    def they_push_pull(self):
        for ref in self.each([r for r in self.everywhere if r not in self.client.cannot_push_to]):
            for file in self.files:
                theirs = self.client.push(file, ref)
                digest, data = self.lab.pulled(ref, file.name)
                assert data == file.read_bytes(), f"{file.name} differs"
                same(digest, theirs or digest, sha256(self.lab.manifest(ref)[1]))
        return True

    def layout_to_them(self):
        if not self.has("send_layout"):
            return False
        for ref in self.each():
            layout = self.lab.new("ours")
            digest = self.wpack("build", self.lab.component, "-t", "v1", "-o", f"oci:{layout}").digest
            same(digest, self.client.send_layout(layout, ref), *self.lab.manifest(ref)[:1])
            assert self.lab.pulled(ref, "comp.wasm")[1] == self.lab.component.read_bytes()
        return True

    def layout_from_them(self):
        if not self.has("fetch_layout"):
            return False
        for ref in self.each():
            digest = self.wpack("push", self.lab.component, ref).digest
            layout = self.lab.new("theirs")
            self.client.fetch_layout(ref, layout)
            files = layout_files(self.lab, layout)
            assert self.lab.component.read_bytes() in files.values()
            pulled, data = self.lab.pulled(f"oci:{layout}@{digest}", "comp.wasm")
            assert data == self.lab.component.read_bytes()
            same(digest, pulled)
            # And it stays a good layout when it grows.
            self.wpack("build", self.lab.module, "-t", "more", "-o", f"oci:{layout}")
            self.wpack("fsck", f"oci:{layout}")
            assert layout_files(self.lab, layout).keys() >= files.keys() - self.replaced_lists(files)
        return True

    @staticmethod
    def replaced_lists(files):
        return {d for d, b in files.items() if b.startswith(b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index')}

    def signed(self, ref):
        return self.lab.subject(ref), self.wpack("attach", ref, f"sbom.json:{SPDX}", "--type", SPDX).digest

    def referrers_out(self):
        """What wpack attached is seen by them, in the registry, in a layout of wpack and in what they make of it."""
        if not self.has("referrers"):
            return False
        for ref in self.each():
            _, referrer = self.signed(ref)
            same(frozenset({referrer}), frozenset(self.client.referrers(ref)))
            layout = self.lab.new("ours")
            self.wpack("copy", ref, f"oci:{layout}:v1")
            same(frozenset({referrer}), frozenset(self.client.layout_referrers(layout)))
            for far in self.each():
                self.client.send_layout(layout, far)
                same(frozenset({referrer}), frozenset(self.lab.listed(far)))
        return True

    def referrers_in(self):
        """What they attached, and layouts that they wrote, are seen by wpack and travel with its copies."""
        if not self.has("attach"):
            return False
        for ref in self.each():
            _, ours = self.signed(ref)
            theirs = self.client.attach(ref, "sbom.json")
            both = frozenset({ours, theirs})
            same(both, frozenset(self.lab.listed(ref)), frozenset(self.client.referrers(ref)))
            layout = self.lab.new("theirs")
            self.client.fetch_layout(ref, layout)
            same(both, frozenset(self.lab.listed(f"oci:{layout}:v1")))
            # And what wpack adds to their layout, they see beside theirs.
            both |= {self.wpack("attach", f"oci:{layout}:v1", "comp.wasm:application/wasm", "--type", SPDX).digest}
            same(both, frozenset(self.lab.listed(f"oci:{layout}:v1")), frozenset(self.client.layout_referrers(layout)))
            mirror = self.lab.new("mirror")
            self.wpack("copy", f"oci:{layout}:v1", f"oci:{mirror}:v1")
            same(both, frozenset(self.lab.listed(f"oci:{mirror}:v1")), frozenset(self.client.layout_referrers(mirror)))
            for far in self.each():
                self.wpack("copy", f"oci:{layout}:v1", far)
                same(both, frozenset(self.lab.listed(far)), frozenset(self.client.referrers(far)))
        return True

    def same_digest(self):
        """A round trip through the client's hands changes no byte of the manifest."""
        if not self.has("fetch_layout", "send_layout"):
            return False
        for ref in self.each():
            digest = self.wpack("push", self.lab.module, ref).digest
            said, first = self.lab.manifest(ref)
            layout = self.lab.new("theirs")
            self.client.fetch_layout(ref, layout)
            far = self.wpack("copy", f"oci:{layout}@{digest}", ref.replace(":v1", ":v2")).digest
            same(digest, said, sha256(first), far)
            same(first, self.lab.manifest(ref.replace(":v1", ":v2"))[1])
            back = self.lab.new("ours")
            self.wpack("copy", ref, f"oci:{back}:v1")
            self.client.send_layout(back, ref.replace(":v1", ":v3"))
            same(first, self.lab.manifest(ref.replace(":v1", ":v3"))[1])
        return True


class RegistryRow:
    """A registry's cells: wpack on one side, oras on the other."""

    def __init__(self, lab, name):
        self.lab = lab
        self.wpack = lab.wpack
        self.host = lab.host(name)
        self.oras = None

    def other(self):
        find_peer("oras")
        self.oras = self.oras or CLIENTS["oras 1.3"](self.lab)
        return self.oras

    def ref(self):
        return f"{self.host}/interop/{self.lab.new('r')}:v1"

    def push_they_pull(self):
        for file in (self.lab.module, self.lab.component):
            ref = self.ref()
            digest = self.wpack("push", file, ref).digest
            theirs, data = self.other().pull(ref, file.name)
            assert data == file.read_bytes()
            same(digest, theirs)
        return True

    def they_push_pull(self):
        ref = self.ref()
        theirs = self.other().push(self.lab.module, ref)
        digest, data = self.lab.pulled(ref, "hello.wasm")
        assert data == self.lab.module.read_bytes()
        same(digest, theirs)
        return True

    def layout_to_them(self):
        layout, ref = self.lab.new("ours"), self.ref()
        digest = self.wpack("build", self.lab.component, "-t", "v1", "-o", f"oci:{layout}").digest
        same(digest, self.wpack("copy", f"oci:{layout}:v1", ref).digest, self.lab.manifest(ref)[0])
        return True

    def layout_from_them(self):
        layout, ref = self.lab.new("back"), self.ref()
        digest = self.wpack("push", self.lab.module, ref).digest
        same(digest, self.wpack("copy", ref, f"oci:{layout}:v1").digest)
        files = layout_files(self.lab, layout)
        same(files[digest], self.lab.manifest(ref)[1])
        return True

    def referrers_out(self):
        ref = self.ref()
        self.lab.subject(ref)
        referrer = self.wpack("attach", ref, f"sbom.json:{SPDX}", "--type", SPDX).digest
        same(frozenset({referrer}), frozenset(self.lab.listed(ref)), frozenset(self.other().referrers(ref)))
        return True

    def referrers_in(self):
        ref, layout, far = self.ref(), self.lab.new("mirror"), self.ref()
        self.lab.subject(ref)
        referrer = frozenset({self.other().attach(ref, "sbom.json")})
        self.wpack("copy", ref, f"oci:{layout}:v1")
        self.wpack("copy", f"oci:{layout}:v1", far)
        same(referrer, frozenset(self.lab.listed(ref)), frozenset(self.lab.listed(f"oci:{layout}:v1")),
             frozenset(self.lab.listed(far)), frozenset(self.other().referrers(far)))
        return True

    def same_digest(self):
        ref, far = self.ref(), self.ref()
        digest = self.wpack("push", self.lab.module, ref).digest
        copied = self.wpack("copy", ref, far).digest
        said, data = self.lab.manifest(far)
        same(digest, copied, said, sha256(data), self.wpack("resolve", ref).digest)
        return True


# ---- what is no cell ----


def wkg_config(lab, _):
    """The config of a component is wkg's, but for `created`; the layer is the same blob."""
    find_peer("wkg")
    host = lab.host("wpack serve")
    lab.wpack("push", lab.component, f"{host}/wkg/ours:1")
    lab.run("wkg", "oci", "push", "--insecure", host, f"{host}/wkg/theirs:1", lab.component)
    docs = []
    for name in ("ours", "theirs"):
        lab.wpack("copy", f"{host}/wkg/{name}:1", f"oci:wkg-{name}:1")
        manifest = json.loads(lab.manifest(f"{host}/wkg/{name}:1")[1])
        config = (lab.folder / f"wkg-{name}/blobs" / manifest["config"]["digest"].replace(":", "/")).read_bytes()
        doc = json.loads(config)
        docs.append((manifest["config"]["mediaType"], manifest["layers"], list(doc), {**doc, "created": ""}))
    assert docs[0] == docs[1], docs
    assert docs[0][3]["component"]["exports"], docs


def signature_tags(lab, _):
    """Signatures of the old habit, under sha256-<hex>.sig, travel with copies between registries and layouts."""
    find_peer("oras")
    near, far = lab.host("docker-registry 2.8"), lab.host("wpack serve")
    digest = lab.subject(f"{near}/tags/a:1")
    tag = digest.replace(":", "-") + ".sig"
    lab.run("oras", "push", "--plain-http", f"{near}/tags/a:{tag}", "sbom.json:application/vnd.dev.cosign.simplesigning.v1+json")
    want, raw = lab.manifest(f"{near}/tags/a:{tag}")
    lab.wpack("copy", f"{near}/tags/a:1", f"{far}/tags/b:1")
    lab.wpack("copy", f"{near}/tags/a:1", "oci:sig-tags:1")
    lab.wpack("copy", "oci:sig-tags:1", f"{far}/tags/c:1")
    for repo in ("b", "c"):
        same((want, raw), lab.manifest(f"{far}/tags/{repo}:{tag}"))


def race(registry):
    def run(lab, rounds):
        host, listed, loud = lab.host(registry), 0, 0
        for n in range(rounds):
            ref = f"{host}/race/{lab.new('r')}:1"
            lab.subject(ref)
            said, failed, there = attach_at_once(lab.wpack, ref, 8)
            assert said <= there, f"round {n}: {len(said - there)} lost without a word"
            assert all("other writers keep replacing" in err for _, err in failed), failed
            listed, loud = listed + len(there), loud + len(failed)
        return f"{listed} of {8 * rounds} listed" + (f", {loud} said that they were not" if loud else "")

    return run


CHECKS = {
    "component config as wkg writes it": wkg_config,
    "cosign-style tags travel with copy": signature_tags,
    "8 attach at once, docker-registry 2.8": race("docker-registry 2.8"),
    "8 attach at once, distribution v3": race("distribution v3"),
    **signatures.checks(REGISTRIES, ["docker-registry 2.8", "distribution v3"]),
}


class Table:
    def __init__(self, budget):
        self.budget = budget
        self.end = time.monotonic() + budget if budget else None
        self.failures = []
        self.skips = []
        self.count = {"ok": 0, "FAIL": 0, "skip": 0}

    def check_time(self):
        if self.end and time.monotonic() > self.end:
            raise MISSING(f"SKIP: the {self.budget} seconds for all rows are over")

    def cell(self, where, fn):
        """ok, FAIL, skip or "-"; a text that fn returns is kept."""
        try:
            self.check_time()
            got = fn()
            text = "-" if got is False else got if isinstance(got, str) else "ok"
            self.count["ok"] += text != "-"
        except MISSING as e:
            if str(e) not in self.skips:
                self.skips.append(str(e))
            self.count["skip"] += 1
            text = "skip"
        except Exception as e:  # whatever goes wrong in a cell is this cell's failure
            last = traceback.extract_tb(e.__traceback__)[-1]
            self.failures.append(f"{where} ({last.name}:{last.lineno}): {e}")
            self.count["FAIL"] += 1
            text = "FAIL"
        return text

    def row(self, name, make):
        try:
            self.check_time()
            row = make()
        except MISSING as e:
            self.skips += [str(e)] if str(e) not in self.skips else []
            self.count["skip"] += len(COLUMNS)
            return ["skip"] * len(COLUMNS)
        except Exception as e:
            self.failures.append(f"{name} does not start: {e}")
            self.count["FAIL"] += len(COLUMNS)
            return ["FAIL"] * len(COLUMNS)
        verbs = ["push_they_pull", "they_push_pull", "layout_to_them", "layout_from_them", "referrers_out", "referrers_in",
                 "same_digest"]
        cells = [self.cell(f"{name}: {title}", getattr(row, verb)) for title, verb in zip(COLUMNS, verbs)]
        return cells


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wpack")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--budget", type=int, default=0, help="seconds; what has not begun by then is skipped (0: none)")
    o = parser.parse_args()
    table = Table(o.budget)
    with tempfile.TemporaryDirectory(prefix="wpack-interop-", ignore_cleanup_errors=True) as folder:
        lab = Lab(o.wpack, folder)
        try:
            widths = [max(map(len, [*REGISTRIES, *CLIENTS])), *map(len, COLUMNS)]
            show = lambda cells: print("  ".join(c.ljust(w) for c, w in zip(cells, widths)).rstrip(), flush=True)
            show(["peer", *COLUMNS])
            for name in REGISTRIES:
                if o.only in name:
                    show([name, *table.row(name, lambda: RegistryRow(lab, name))])
            for name, kind in CLIENTS.items():
                if o.only in name:
                    show([name, *table.row(name, lambda: ClientRow(lab, kind))])
            for name, check in CHECKS.items():
                if o.only in name:
                    print(f"{name}: {table.cell(name, lambda: check(lab, o.rounds))}", flush=True)
        finally:
            lab.stop()
    for line in [*table.failures, *table.skips]:
        print(line, file=sys.stderr)
    n = table.count
    print(f"{n['ok']} ok, {n['FAIL']} failed, {n['skip']} skipped")
    return 1 if n["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
