# SPDX-License-Identifier: Apache-2.0
"""Both ways with oras, crane, regctl and skopeo, through registries and through layouts: same bytes, same digests."""

import json
import shutil

import pytest

from support import check_layout, sample, sha256


@pytest.fixture(params=["serve", "docker-registry"])
def host(request):
    if request.param == "serve":
        return request.getfixturevalue("serve")().host
    return request.getfixturevalue("docker_registry")().host


class TestRegistry:
    def test_oras_pulls_what_we_push(self, wpack, module, host, oras):
        wpack("push", module, f"{host}/a/hello:1")
        oras("pull", "--plain-http", f"{host}/a/hello:1", "-o", "by-oras")
        assert (wpack.cwd / "by-oras/hello.wasm").read_bytes() == module.read_bytes()

    def test_we_pull_what_oras_pushes(self, wpack, module, host, oras):
        out = oras("push", "--plain-http", f"{host}/a/files:1", "hello.wasm:application/wasm", "--format", "json")
        assert wpack("pull", f"{host}/a/files:1", "-o", "out/").digest == out.json["digest"]
        assert (wpack.cwd / "out/hello.wasm").read_bytes() == module.read_bytes()

    def test_same_files_same_digest_as_oras(self, wpack, module, host, oras):
        (wpack.cwd / "note.txt").write_text("hello\n")
        created = "org.opencontainers.image.created=2024-01-01T00:00:00Z"
        args = ["hello.wasm:application/wasm", "note.txt:text/plain", "--artifact-type", "application/vnd.acme.x"]
        theirs = oras("push", "--plain-http", f"{host}/a/o:1", *args, "--annotation", created, "--format", "json")
        ours = wpack("push", f"{host}/a/w:1", *args, "-a", created)
        assert ours.digest == theirs.json["digest"]

    def test_skopeo_copies_and_reads(self, wpack, module, host, skopeo):
        digest = wpack("push", module, f"{host}/a/hello:1").digest
        raw = skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{host}/a/hello:1").out_bytes
        assert sha256(raw) == digest
        skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{host}/a/hello:1",
               f"docker://{host}/b/hello:1")
        assert wpack("pull", f"{host}/b/hello:1", "-o", "out/").digest == digest

    def test_crane_reads_what_we_push(self, wpack, module, host, crane):
        digest = wpack("push", module, f"{host}/a/hello:1").digest
        assert crane("digest", f"{host}/a/hello:1").out.strip() == digest
        assert sha256(crane("manifest", f"{host}/a/hello:1").out_bytes) == digest
        assert crane("ls", f"{host}/a/hello").out.split() == ["1"]
        crane("copy", f"{host}/a/hello:1", f"{host}/b/hello:2")
        assert wpack("resolve", f"{host}/b/hello:2").digest == digest

    def test_we_read_what_crane_pushes(self, wpack, host, crane, module):
        wpack("build", module, "-t", "v1", "-o", "oci:lay")
        digest = wpack("resolve", "oci:lay:v1").digest
        crane("push", "lay", f"{host}/c/x:1")
        assert wpack("pull", f"{host}/c/x:1", "-o", "out/").digest == digest

    def test_regctl_both_ways(self, wpack, module, host, regctl):
        digest = wpack("push", module, f"{host}/a/hello:1").digest
        assert regctl("image", "digest", f"{host}/a/hello:1", host=host).out.strip() == digest
        got = regctl("artifact", "get", f"{host}/a/hello:1", "--file", "hello.wasm", host=host)
        assert got.out_bytes == module.read_bytes()
        regctl("artifact", "put", "--artifact-type", "application/vnd.acme.x", "--file", "hello.wasm", "--file-title",
               "--file-media-type", "application/wasm", f"{host}/a/theirs:1", host=host)
        theirs = regctl("image", "digest", f"{host}/a/theirs:1", host=host).out.strip()
        assert wpack("pull", f"{host}/a/theirs:1", "-o", "out/").digest == theirs
        assert (wpack.cwd / "out/hello.wasm").read_bytes() == module.read_bytes()


class TestLayout:
    @pytest.fixture
    def lay(self, wpack, module):
        return wpack("build", module, "-t", "v1", "-o", "oci:lay").digest

    def test_skopeo_reads_ours(self, wpack, lay, skopeo):
        assert sha256(skopeo("inspect", "--raw", "oci:lay:v1").out_bytes) == lay
        skopeo("copy", "oci:lay:v1", "oci:theirs:v9")
        assert wpack("resolve", "oci:theirs:v9").digest == lay

    def test_we_read_and_extend_skopeos(self, wpack, lay, skopeo, module):
        skopeo("copy", "oci:lay:v1", "oci:theirs:v1")
        wpack("build", module, "-t", "v2", "-o", "oci:theirs")
        check_layout(wpack.cwd / "theirs", ["v1", "v2"])
        assert sha256(skopeo("inspect", "--raw", "oci:theirs:v1").out_bytes) == lay
        assert "all as named" in wpack("fsck", "oci:theirs").err

    def test_oras_reads_ours(self, wpack, lay, oras, module):
        assert oras("resolve", "--oci-layout", "lay:v1").out.strip() == lay
        oras("pull", "--oci-layout", "lay:v1", "-o", "by-oras")
        assert (wpack.cwd / "by-oras/hello.wasm").read_bytes() == module.read_bytes()

    def test_we_read_oras(self, wpack, oras, module):
        oras("push", "--oci-layout", "theirs:v1", "hello.wasm:application/wasm")
        wpack("pull", "oci:theirs:v1", "-o", "out/")
        assert (wpack.cwd / "out/hello.wasm").read_bytes() == module.read_bytes()

    def test_a_layout_of_crane(self, wpack, lay, serve, crane):
        host = serve().host
        wpack("push", "oci:lay:v1", f"{host}/a/b:1")
        crane("pull", "--format=oci", f"{host}/a/b:1", "theirs")
        assert wpack("resolve", "oci:theirs").digest == lay
        wpack("pull", "oci:theirs", "-o", "out/")


class TestReferrers:
    """A signature-like referrer survives every way between us and oras."""

    @pytest.fixture
    def signed(self, wpack, module, host):
        (wpack.cwd / "sbom.json").write_text('{"spdxVersion":"SPDX-2.3"}')
        subject = wpack("push", module, f"{host}/a/hello:1")
        ref = wpack("attach", f"{host}/a/hello:1", "sbom.json:application/spdx+json", "--type", "application/spdx+json")
        return host, subject.digest, ref.digest

    def listed(self, wpack, ref):
        tree = wpack("tree", ref, "--format", "json").json
        return [(r["artifactType"], r["digest"]) for r in tree.get("referrers", [])]

    def test_tree_shows_it(self, wpack, signed):
        host, _, digest = signed
        assert self.listed(wpack, f"{host}/a/hello:1") == [("application/spdx+json", digest)]

    def test_oras_discovers_ours(self, wpack, signed, oras):
        host, _, digest = signed
        out = oras("discover", "--plain-http", f"{host}/a/hello:1", "--format", "json").json
        assert [r["digest"] for r in out["referrers"]] == [digest]

    def test_we_discover_what_oras_attached(self, wpack, signed, oras):
        host, _, digest = signed
        out = oras("attach", "--plain-http", f"{host}/a/hello:1", "sbom.json", "--artifact-type",
                   "application/vnd.acme.report", "--format", "json").json
        assert set(self.listed(wpack, f"{host}/a/hello:1")) == {
            ("application/spdx+json", digest),
            ("application/vnd.acme.report", out["digest"]),
        }

    def test_copied_through_a_layout(self, wpack, signed, serve, oras):
        host, subject, digest = signed
        wpack("copy", f"{host}/a/hello:1", "oci:mirror:v1")
        check_layout(wpack.cwd / "mirror", ["v1"])
        assert self.listed(wpack, "oci:mirror:v1") == [("application/spdx+json", digest)]
        out = oras("discover", "--oci-layout", "mirror:v1", "--format", "json").json
        assert [r["digest"] for r in out["referrers"]] == [digest]
        other = serve("far").host
        wpack("copy", "oci:mirror:v1", f"{other}/far/hello:1")
        assert self.listed(wpack, f"{other}/far/hello:1") == [("application/spdx+json", digest)]

    def test_orass_layout_carries_them_to_us(self, wpack, signed, serve, oras):
        host, _, digest = signed
        oras("cp", "-r", "--from-plain-http", f"{host}/a/hello:1", "--to-oci-layout", "theirs:v1")
        assert self.listed(wpack, "oci:theirs:v1") == [("application/spdx+json", digest)]
        other = serve("far").host
        wpack("copy", "oci:theirs:v1", f"{other}/far/hello:1")
        assert self.listed(wpack, f"{other}/far/hello:1") == [("application/spdx+json", digest)]

    def test_regctl_sees_ours_and_its_layout_carries_them(self, wpack, signed, serve, regctl):
        host, _, digest = signed
        show = ("--format", "{{range .Descriptors}}{{.Digest}} {{end}}")
        assert regctl("artifact", "list", f"{host}/a/hello:1", *show, host=host).out.split() == [digest]
        wpack("copy", f"{host}/a/hello:1", "oci:mirror:v1")
        assert regctl("artifact", "list", "ocidir://mirror:v1", *show).out.split() == [digest]
        regctl("image", "copy", "--referrers", f"{host}/a/hello:1", "ocidir://theirs:v1", host=host)
        assert self.listed(wpack, "oci:theirs:v1") == [("application/spdx+json", digest)]
        other = serve("far").host
        wpack("copy", "oci:theirs:v1", f"{other}/far/hello:1")
        assert self.listed(wpack, f"{other}/far/hello:1") == [("application/spdx+json", digest)]

    def test_no_referrers_leaves_them(self, wpack, signed, serve):
        host, _, _ = signed
        other = serve("far").host
        wpack("copy", f"{host}/a/hello:1", f"{other}/far/hello:1", "--no-referrers")
        assert self.listed(wpack, f"{other}/far/hello:1") == []
