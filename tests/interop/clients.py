# SPDX-License-Identifier: Apache-2.0
"""Foreign clients, each with the same verbs in its own words. A verb that a client does not have is absent. Layouts are
named by folder, always with the tag v1; digests are what the client itself says, or None."""

import json
import os
import pathlib
import subprocess
import tarfile

from lab import MISSING, find_peer, sha256


class Client:
    component_only = False
    cannot_push_to = ()  # rows of REGISTRIES, by what is between the two without wpack

    def __init__(self, lab):
        self.lab = lab


class Oras(Client):
    needs = "oras"

    def run(self, *args):
        return self.lab.run("oras", *args).decode()

    def pull(self, ref, name):
        out = self.lab.new("oras")
        self.run("pull", "--plain-http", ref, "-o", out)
        return self.run("resolve", "--plain-http", ref).strip(), (self.lab.folder / out / name).read_bytes()

    def push(self, file, ref):
        out = self.run("push", "--plain-http", ref, f"{file.name}:application/wasm", "--format", "json")
        return json.loads(out)["digest"]

    def send_layout(self, layout, ref):
        self.run("cp", "-r", "--from-oci-layout", f"{layout}:v1", "--to-plain-http", ref)
        return self.run("resolve", "--oci-layout", f"{layout}:v1").strip()

    def fetch_layout(self, ref, layout):
        self.run("cp", "-r", "--from-plain-http", ref, "--to-oci-layout", f"{layout}:v1")

    def attach(self, ref, file):
        out = self.run("attach", "--plain-http", ref, file, "--artifact-type", "application/vnd.acme.x", "--format", "json")
        return json.loads(out)["digest"]

    def discover(self, *args):
        return {r["digest"] for r in json.loads(self.run("discover", "--format", "json", *args))["referrers"]}

    def referrers(self, ref):
        return self.discover("--plain-http", ref)

    def layout_referrers(self, layout):
        return self.discover("--oci-layout", f"{layout}:v1")


class Regctl(Client):
    needs = "regctl"

    def run(self, *args, **more):
        hosts = [a for host in self.lab.hosts.values() for a in ("--host", f"reg={host},tls=disabled")]
        config = str(self.lab.folder / "regctl.json")
        return self.lab.run("regctl", *hosts, *args, env={"REGCTL_CONFIG": config}, **more)

    def pull(self, ref, name):
        return self.run("image", "digest", ref).decode().strip(), self.run("artifact", "get", ref, "--file", name)

    def push(self, file, ref):
        self.run("artifact", "put", "--artifact-type", "application/vnd.acme.files", "--file", file.name,
                 "--file-media-type", "application/wasm", "--file-title", ref)
        return self.run("image", "digest", ref).decode().strip()

    def send_layout(self, layout, ref):
        self.run("image", "copy", "--referrers", f"ocidir://{layout}:v1", ref)
        return self.run("image", "digest", f"ocidir://{layout}:v1").decode().strip()

    def fetch_layout(self, ref, layout):
        self.run("image", "copy", "--referrers", ref, f"ocidir://{layout}:v1")

    def attach(self, ref, file):
        out = self.run("artifact", "put", "--subject", ref, "--artifact-type", "application/vnd.acme.x", "--format",
                       "{{.Manifest.GetDescriptor.Digest}}", stdin=(self.lab.folder / file).read_bytes())
        return out.decode().strip()

    def referrers(self, ref):
        return set(self.run("artifact", "list", ref, "--format", "{{range .Descriptors}}{{.Digest}} {{end}}").decode().split())

    def layout_referrers(self, layout):
        return self.referrers(f"ocidir://{layout}:v1")


class Crane(Client):
    needs = "crane"

    def run(self, *args):
        return self.lab.run("crane", *args)

    def pull(self, ref, name):
        manifest = self.run("manifest", ref)
        layer = json.loads(manifest)["layers"][0]
        assert self.run("digest", ref).decode().strip() == sha256(manifest)
        return sha256(manifest), self.run("blob", f"{ref.rsplit(':', 1)[0]}@{layer['digest']}")

    def push(self, file, ref):
        """crane makes no artifacts: it sends a layout."""
        layout = self.lab.new("lay")
        self.lab.wpack("build", file, "-t", "v1", "-o", f"oci:{layout}")
        return self.send_layout(layout, ref)

    def send_layout(self, layout, ref):
        return self.run("push", layout, ref).decode().strip().rsplit("@", 1)[-1]

    def fetch_layout(self, ref, layout):
        self.run("pull", "--format=oci", ref, layout)


class Skopeo(Client):
    needs = "skopeo"
    remote = ("--src-tls-verify=false", "--dest-tls-verify=false")

    def run(self, *args):
        return self.lab.run("skopeo", *args)

    def pull(self, ref, name):
        out = self.lab.new("skopeo")
        self.run("copy", *self.remote, f"docker://{ref}", f"dir:{out}")
        manifest = (self.lab.folder / out / "manifest.json").read_bytes()
        layer = json.loads(manifest)["layers"][0]["digest"].split(":")[1]
        return sha256(manifest), (self.lab.folder / out / layer).read_bytes()

    def push(self, file, ref):
        layout = self.lab.new("lay")
        self.lab.wpack("build", file, "-t", "v1", "-o", f"oci:{layout}")
        return self.send_layout(layout, ref)

    def send_layout(self, layout, ref):
        self.run("copy", *self.remote, f"oci:{layout}:v1", f"docker://{ref}")
        return sha256(self.run("inspect", "--raw", f"oci:{layout}:v1"))

    def fetch_layout(self, ref, layout):
        self.run("copy", *self.remote, f"docker://{ref}", f"oci:{layout}:v1")


class Wkg(Client):
    needs = "wkg"
    component_only = True
    # It wants a Location that this registry does not send.
    cannot_push_to = ("crane registry, memory", "crane registry, disk")

    def pull(self, ref, name):
        out = self.lab.new("wkg") + ".wasm"
        self.lab.run("wkg", "oci", "pull", "--insecure", ref.split("/")[0], ref, "-o", out)
        return None, (self.lab.folder / out).read_bytes()

    def push(self, file, ref):
        self.lab.run("wkg", "oci", "push", "--insecure", ref.split("/")[0], ref, file)


class Containerd(Client):
    """What ctr and docker share: layouts travel as tar files, and their daemons want root."""

    def __init__(self, lab):
        super().__init__(lab)
        if os.geteuid() != 0:
            raise MISSING(f"SKIP: {self.needs} needs root")

    def here(self, start):
        """What daemons need (mounts, control groups, a firewall) not every machine grants; wpack has no part in it."""
        try:
            start()
        except (AssertionError, OSError, subprocess.TimeoutExpired) as e:
            raise MISSING(f"SKIP: {self.needs}: its daemon does not start here: {str(e).strip().splitlines()[-1]}") from e

    def tar_of(self, layout):
        path = self.lab.folder / (self.lab.new("tar") + ".tar")
        with tarfile.open(path, "w") as tar:
            for name in ("oci-layout", "index.json", "blobs"):
                tar.add(self.lab.folder / layout / name, name)
        return path

    def untar(self, path, layout):
        with tarfile.open(path) as tar:
            tar.extractall(self.lab.folder / layout)


class Ctr(Containerd):
    needs = "ctr"

    def __init__(self, lab):
        super().__init__(lab)
        self.dir = lab.folder / "containerd"
        self.dir.mkdir()
        self.socket = self.dir / "c.sock"
        (self.dir / "config.toml").write_text(
            f'version = 2\nroot = "{self.dir}/root"\nstate = "{self.dir}/state"\n'
            'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
            f'[grpc]\naddress = "{self.socket}"\n[ttrpc]\naddress = "{self.dir}/c.ttrpc"\n')
        program = find_peer("containerd")
        self.here(lambda: lab.start_socket([program, "-c", self.dir / "config.toml"], self.socket))

    def run(self, *args):
        return self.lab.run("ctr", "-a", self.socket, *args)

    def digest(self, ref):
        for line in self.run("images", "ls").decode().splitlines()[1:]:
            if line.split()[0] == ref:
                return line.split()[2]
        raise AssertionError(f"ctr images ls does not show {ref}")

    def layer(self, digest):
        layer = json.loads(self.run("content", "get", digest))["layers"][0]
        return self.run("content", "get", layer["digest"])

    def pull(self, ref, name):
        self.run("content", "fetch", "--plain-http", "--all-platforms", ref)
        digest = self.digest(ref)
        assert sha256(self.run("content", "get", digest)) == digest
        return digest, self.layer(digest)

    def push(self, file, ref):
        """ctr makes no artifacts: it sends what it fetched."""
        source = f"{ref.split('/')[0]}/{self.lab.new('source')}:1"
        self.lab.wpack("push", file, source)
        digest, _ = self.pull(source, file.name)
        self.run("images", "tag", "--force", source, ref)
        self.run("images", "push", "--plain-http", ref)
        return digest

    def send_layout(self, layout, ref):
        self.run("images", "import", "--all-platforms", "--no-unpack", "--base-name", ref.rsplit(":", 1)[0],
                 self.tar_of(layout))
        imported = ref.rsplit(":", 1)[0] + ":v1"
        if imported != ref:
            self.run("images", "tag", "--force", imported, ref)
        self.run("images", "push", "--plain-http", ref)
        return self.digest(ref)

    def fetch_layout(self, ref, layout):
        self.pull(ref, None)
        out = self.lab.folder / (self.lab.new("export") + ".tar")
        self.run("images", "export", "--all-platforms", "--skip-manifest-json", out, ref)
        self.untar(out, layout)


class Docker26(Containerd):
    needs = "docker26"

    def __init__(self, lab):
        super().__init__(lab)
        script = find_peer("docker26")
        self.cache = pathlib.Path(script).parent
        self.docker = self.cache / ".docker26/root/usr/bin/docker"
        self.dir = lab.folder / "docker26"
        lab.servers.append(self)
        self.here(lambda: lab.run("docker26", "up", self.cache, self.dir))

    def stop(self):
        self.lab.run("docker26", "down", self.cache, self.dir)

    def run(self, *args):
        return self.lab.run_path(self.docker, "-H", f"unix://{self.dir}/docker.sock", *args)

    def digest(self, ref):
        found = json.loads(self.run("image", "inspect", "--format", "{{json .RepoDigests}}", ref))
        return found[0].rsplit("@", 1)[-1]

    def pull(self, ref, name):
        self.run("pull", "--quiet", ref)
        layout = self.lab.new("saved")
        self.save(ref, layout)
        return self.digest(ref), self.lab.only_layer(layout, self.digest(ref))

    def save(self, ref, layout):
        out = self.lab.folder / f"{layout}.tar"
        self.run("save", "-o", out, ref)
        self.untar(out, layout)

    def push(self, file, ref):
        """docker makes no artifacts: it sends what it pulled."""
        source = f"{ref.split('/')[0]}/{self.lab.new('source')}:1"
        self.lab.wpack("push", file, source)
        self.run("pull", "--quiet", source)
        self.run("tag", source, ref)
        self.run("push", "--quiet", ref)
        return self.digest(ref)

    def fetch_layout(self, ref, layout):
        self.run("pull", "--quiet", ref)
        self.save(ref, layout)


CLIENTS = {
    "oras 1.3": Oras,
    "crane 0.22": Crane,
    "regctl 0.11": Regctl,
    "skopeo": Skopeo,
    "wkg 0.16": Wkg,
    "containerd ctr": Ctr,
    "docker 26": Docker26,
}
