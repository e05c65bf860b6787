# SPDX-License-Identifier: Apache-2.0
"""The main job: build → push → pull → compare, on wpack's own registry and on docker-registry."""

import json
import os
import re

import pytest

from support import check_layout, sample, sha256


@pytest.fixture(params=["serve", "docker-registry", "crane"])
def registry(request):
    """Every registry the main job must run on; crane's and docker's lack the referrers API."""
    if request.param == "serve":
        return request.getfixturevalue("serve")()
    if request.param == "crane":
        return request.getfixturevalue("crane_registry")()
    return request.getfixturevalue("docker_registry")()


def test_build_push_pull_compare(wpack, module, registry):
    ref = f"{registry.host}/demo/hello:1.0"
    built = wpack("build", module, "-t", ref)
    assert re.fullmatch(rf"{registry.host}/demo/hello@sha256:[0-9a-f]{{64}}", built.last)
    pushed = wpack("push", ref)
    assert pushed.last == built.last
    assert wpack("resolve", ref).last == built.last
    pulled = wpack("pull", ref, "-o", "out/")
    assert pulled.last == built.last
    assert (wpack.cwd / "out/hello.wasm").read_bytes() == module.read_bytes()
    assert [p.name for p in (wpack.cwd / "out").iterdir()] == ["hello.wasm"], "nothing but the file stays"


def test_component_round_trip(wpack, component, registry):
    ref = f"{registry.host}/demo/comp:1"
    wpack("push", component, ref)
    config = json.loads(wpack("inspect", ref, "--config").out)
    assert config["os"] == "wasip2"
    assert config["component"] == {
        "exports": ["wasi:cli/run@0.2.0"],
        "imports": ["wasi:io/error@0.2.0"],
        "target": None,
    }
    wpack("pull", ref, "-o", "copy.wasm")
    assert (wpack.cwd / "copy.wasm").read_bytes() == component.read_bytes()


def test_several_tags_in_one_push(wpack, module, registry):
    wpack("push", module, f"{registry.host}/demo/hello:1.0.0,1.0,latest")
    assert wpack("ls", f"{registry.host}/demo/hello").out.split() == ["1.0", "1.0.0", "latest"]


def test_layout_between_registries_keeps_the_digest(wpack, module, registry, serve):
    first = wpack("push", module, f"{registry.host}/demo/hello:1").digest
    wpack("pull", f"{registry.host}/demo/hello:1", "-o", "oci:lay:hello:1")
    assert check_layout(wpack.cwd / "lay", ["hello:1"]) == {"hello:1": first}
    other = serve("other")
    assert wpack("copy", "oci:lay:hello:1", f"{other.host}/mirror/hello:1").digest == first
    assert wpack("resolve", f"{other.host}/mirror/hello:1").digest == first


def test_a_second_push_sends_nothing(wpack, module, registry):
    ref = f"{registry.host}/demo/hello:1"
    wpack("push", module, ref)
    again = wpack("push", module, ref, "--format", "json").json
    assert again["blobs"] == {"total": 2, "copied": 0, "present": 2, "mounted": 0}


def test_two_builds_give_one_digest(wpack, tmp_path):
    """Other folder, umask, locale, time zone, year: one digest."""
    digests = set()
    old = os.umask(0o022)
    try:
        for n, (mask, env) in enumerate(
            [(0o022, {"LC_ALL": "C", "TZ": "UTC"}), (0o077, {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Tokyo"})]
        ):
            os.umask(mask)
            folder = tmp_path / f"build-{n}" / ("x" * (n * 40 + 1))
            folder.mkdir(parents=True)
            (folder / "hello.wasm").write_bytes(sample.core_module())
            os.utime(folder / "hello.wasm", (n * 10**9, n * 10**9))
            digests.add(wpack("build", "hello.wasm", "-t", "hello:1", "-o", "oci:out", cwd=folder, env=env).digest)
    finally:
        os.umask(old)
    assert len(digests) == 1


def test_source_date_epoch_is_written(wpack, module):
    plain = wpack("build", module, "-t", "a:1", "-o", "oci:lay")
    dated = wpack("build", module, "-t", "b:1", "-o", "oci:lay", env={"SOURCE_DATE_EPOCH": "1704067200"})
    assert plain.digest != dated.digest
    assert json.loads(wpack("inspect", "oci:lay:a:1", "--config").out)["created"] == "1970-01-01T00:00:00Z"
    assert json.loads(wpack("inspect", "oci:lay:b:1", "--config").out)["created"] == "2024-01-01T00:00:00Z"
    bad = wpack("build", module, "-t", "c:1", "-o", "oci:lay", env={"SOURCE_DATE_EPOCH": "now"}, rc=2)
    assert "SOURCE_DATE_EPOCH 'now'" in bad.err


def test_the_artifact_is_the_cncf_form(wpack, module):
    """Byte for byte: canonical manifest, config members in the order of the reference implementation."""
    wpack("build", module, "-t", "v1", "-o", "oci:lay", env={"SOURCE_DATE_EPOCH": "1704067200"})
    layer = sha256(module.read_bytes())
    config = (
        '{"created":"2024-01-01T00:00:00Z","author":null,"architecture":"wasm","os":"wasip1","layerDigests":["%s"],'
        '"component":null}' % layer
    ).encode()
    assert wpack.run("inspect", "oci:lay:v1", "--config").out_bytes == config
    manifest = (
        '{"config":{"digest":"%s","mediaType":"application/vnd.wasm.config.v0+json","size":%d},"layers":[{"annotations":'
        '{"org.opencontainers.image.title":"hello.wasm"},"digest":"%s","mediaType":"application/wasm","size":%d}],'
        '"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}'
        % (sha256(config), len(config), layer, module.stat().st_size)
    ).encode()
    assert wpack.run("inspect", "oci:lay:v1", "--manifest").out_bytes == manifest


def test_pull_to_standard_output(wpack, module, serve):
    host = serve().host
    wpack("push", module, f"{host}/a/b:1")
    assert wpack.run("pull", f"{host}/a/b:1", "-o", "-").out_bytes == module.read_bytes()


def test_module_from_standard_input(wpack, module):
    built = wpack("build", "-", "-t", "x:1", "-o", "oci:lay", stdin=module.read_bytes())
    assert built.last.startswith("oci:lay@sha256:")
    wpack("pull", "oci:lay:x:1", "-o", "back.wasm")
    assert (wpack.cwd / "back.wasm").read_bytes() == module.read_bytes()
