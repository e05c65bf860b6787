# SPDX-License-Identifier: Apache-2.0
"""What the rows of the matrix work with: scratch folders, sample files, the program, registries that start when they are
asked for, and a way to run foreign programs."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))

import pytest  # noqa: E402

from conftest import PEERS, Server, Wpack, find_peer, free_port, start_serve, wait_listening  # noqa: E402
from support import blob_path, check_layout, sample, sha256  # noqa: E402

MISSING = pytest.skip.Exception
ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"


class Lab:
    def __init__(self, program, folder):
        self.folder = pathlib.Path(folder)
        self.wpack = Wpack(program, folder)
        self.servers = []
        self.hosts = {}
        self.number = 0
        self.module = self.folder / "hello.wasm"
        self.module.write_bytes(sample.core_module(payload=70000))
        self.component = self.folder / "comp.wasm"
        self.component.write_bytes(self.make_component())
        (self.folder / "sbom.json").write_text('{"spdxVersion":"SPDX-2.3"}')

    def make_component(self):
        """A component by wasm-tools, as compilers make them; without it one from its parts."""
        try:
            tools = find_peer("wasm-tools")
        except MISSING:
            return sample.component()
        wit = ("package demo:app@0.1.0;\ninterface words { count: func(text: string) -> u32; }\n"
               "world app { import words; export greet: func(name: string) -> string; export words; }\n")
        (self.folder / "app.wit").write_text(wit)
        (self.folder / "empty.wat").write_text("(module)")
        run = lambda *args: subprocess.run([tools, *args], cwd=self.folder, check=True, capture_output=True)
        run("component", "embed", "--dummy", "app.wit", "-o", "embedded.wasm")
        run("component", "new", "embedded.wasm", "-o", "new.wasm")
        return (self.folder / "new.wasm").read_bytes()

    def new(self, word):
        """A name nobody used yet; a folder or repository."""
        self.number += 1
        return f"{word}-{self.number}"

    def run(self, name, *args, **more):
        """Run a peer and expect success; its stdout as bytes. It has an empty home."""
        return self.run_path(find_peer(name), *args, **more)

    def run_path(self, program, *args, env=None, stdin=None):
        name = pathlib.Path(program).name
        home = self.folder / f"home-{name}"
        home.mkdir(exist_ok=True)
        own = {"PATH": os.environ["PATH"], "HOME": str(home), "DOCKER_CONFIG": str(home), "LC_ALL": "C.UTF-8"}
        env = {**own, **(env or {})}
        p = subprocess.run([program, *map(str, args)], cwd=self.folder, env=env, input=stdin or b"",
                           capture_output=True, timeout=180)
        words = " ".join(map(str, (name, *args)))
        assert p.returncode == 0, f"{words}: exit {p.returncode}\n{p.stdout[-1500:]!r}\n{p.stderr[-1500:].decode()}"
        return p.stdout

    # ---- registries ----

    def start(self, command, port, env=None):
        log = open(self.folder / f"server-{port}.log", "wb")
        p = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **(env or {})}, cwd=self.folder)
        server = Server(p, f"127.0.0.1:{port}")
        self.servers.append(server)
        wait_listening(p, port)
        return server.host

    def start_socket(self, command, path):
        """A server that listens on a Unix socket."""
        log = open(f"{path}.log", "wb")
        p = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.servers.append(Server(p, str(path)))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and p.poll() is None:
            with socket.socket(socket.AF_UNIX) as s:
                if s.connect_ex(str(path)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError(f"{command[0]} does not listen")

    def start_distribution(self, name):
        program = find_peer(name)
        port = free_port()
        config = self.folder / f"{name}-{port}.yml"
        config.write_text(f"version: 0.1\nlog: {{level: error}}\n"
                          f"storage: {{filesystem: {{rootdirectory: {self.folder}/data-{port}}}, delete: {{enabled: true}}}}\n"
                          f"http: {{addr: 127.0.0.1:{port}}}\n")
        return self.start([program, "serve", config], port, {"OTEL_TRACES_EXPORTER": "none"})

    def start_crane_disk(self):
        folder = self.folder / "crane-disk"
        folder.mkdir(exist_ok=True)
        return self.start_crane("--disk", folder)

    def start_crane(self, *more):
        program = find_peer("crane")
        port = free_port()
        return self.start([program, "registry", "serve", "--address", f"127.0.0.1:{port}", *more], port)

    def start_wpack(self):
        server = start_serve(self.wpack, self.folder / "served")
        self.servers.append(server)
        return server.host

    def host(self, registry):
        """host:port of a registry, by the name of its row; started at the first call."""
        if registry not in self.hosts:
            self.hosts[registry] = REGISTRIES[registry](self)
        return self.hosts[registry]

    def stop(self):
        for server in reversed(self.servers):
            server.stop()

    # ---- looks ----

    def manifest(self, ref):
        """(digest as the registry says it, bytes) of host/repo:tag, without any client in between."""
        host, path = ref.split("/", 1)
        repo, tag = path.rsplit(":", 1)
        request = urllib.request.Request(f"http://{host}/v2/{repo}/manifests/{tag}", headers={"Accept": ACCEPT})
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.headers["Docker-Content-Digest"], reply.read()

    def subject(self, ref):
        """Push an artifact that no other repository has: `wpack serve` lists what refers to it wherever it was pushed."""
        return self.wpack("push", self.module, ref, "-a", f"com.example.number={self.new('n')}").digest

    def listed(self, ref):
        tree = self.wpack("tree", ref, "--format", "json").json
        return {r["digest"] for r in tree.get("referrers", [])}

    def pulled(self, ref, name):
        """(digest, bytes of the file `name`) as wpack pulls them."""
        out = self.new("out")
        digest = self.wpack("pull", ref, "-o", f"{out}/").digest
        return digest, (self.folder / out / name).read_bytes()

    def only_layer(self, layout, digest):
        doc = json.loads(blob_path(self.folder / layout, digest).read_bytes())
        assert len(doc["layers"]) == 1, doc
        return blob_path(self.folder / layout, doc["layers"][0]["digest"]).read_bytes()


REGISTRIES = {
    "wpack serve": lambda lab: lab.start_wpack(),
    "docker-registry 2.8": lambda lab: lab.start_distribution("docker-registry"),
    "distribution v3": lambda lab: lab.start_distribution("registry"),
    "crane registry, memory": lambda lab: lab.start_crane(),
    "crane registry, disk": lambda lab: lab.start_crane_disk(),
}
