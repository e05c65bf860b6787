# SPDX-License-Identifier: Apache-2.0
"""Hostile documents: manifests, indexes, descriptors, titles, annotations. Every test is named after the advisory or the
row of the security list that it repeats; all expect a refusal in words, and nothing written."""

import json
import os
import subprocess

import pytest

from support import check_layout, sample, sha256, terminal
from support.fakereg import INDEX, MANIFEST, Reply, desc, error, index, manifest

MODULE = sample.core_module()
OTHER = sample.core_module(sample.custom("other", b"x"))


@pytest.fixture
def reg(fakereg, wpack):
    wpack.env["WPACK_RETRY"] = "0"
    return fakereg()


@pytest.fixture
def refused(wpack, reg):
    """refused(manifest bytes, ...) serves an artifact and expects that pull and copy refuse it; the pull's Result."""

    def check(body, *says, rc=6, blobs=(MODULE,), media_type=MANIFEST):
        reg.add("a/app", "1", body, blobs, media_type)
        r = wpack("copy", f"{reg.host}/a/app:1", "oci:lay:app:1", rc=rc)
        if (wpack.cwd / "lay/index.json").exists():
            check_layout(wpack.cwd / "lay", [])
        r = wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", rc=rc)
        files = [p for p in (wpack.cwd / "out").rglob("*") if p.is_file()] if (wpack.cwd / "out").exists() else []
        assert not files, "nothing may be written"
        for words in says:
            assert words in r.err, r
        assert r.err.count("wpack: ") == 1, "one error"
        return r

    return check


# ---- one document, two readings ----


@pytest.mark.parametrize("announced", [MANIFEST, INDEX])
@pytest.mark.parametrize("own", [MANIFEST, INDEX, None])
def test_cve_2021_41190_manifest_and_index_in_one(refused, announced, own):
    doc = json.loads(manifest([desc(MODULE)]))
    doc["manifests"] = [desc(b"{}", MANIFEST)]
    if own:
        doc["mediaType"] = own
    else:
        del doc["mediaType"]
    says = "ambiguous" if own in (None, announced) else "announced as"
    refused(json.dumps(doc).encode(), says, media_type=announced)


@pytest.mark.parametrize("foreign", ["config", "layers"])
def test_cve_2021_41190_index_with_members_of_a_manifest(refused, foreign):
    value = desc(b"{}") if foreign == "config" else [desc(MODULE)]
    refused(index([desc(b"{}", MANIFEST)], **{foreign: value}), "ambiguous", f"'{foreign}'", media_type=INDEX)


def test_ghsa_77vh_xpmg_72qh_body_and_content_type_disagree(refused):
    refused(manifest([desc(MODULE)]), "announced as", INDEX, media_type=INDEX)


def test_ghsa_mc8v_mgrf_8f4m_descriptor_and_body_disagree(wpack, reg):
    inner = manifest([desc(MODULE)])
    reg.add("a/app", None, inner, [MODULE])
    reg.add("a/app", "1", index([desc(inner, INDEX)]), media_type=INDEX)
    for args in (["pull", f"{reg.host}/a/app:1", "-o", "out/"], ["copy", f"{reg.host}/a/app:1", "oci:lay:a:1"]):
        r = wpack(*args, rc=6)
        assert "announced as" in r.err
    assert not (wpack.cwd / "out").exists()


def test_ghsa_qq97_vm5h_rrhg_descriptor_and_content_type_disagree(wpack, reg):
    """An index entry says manifest, the registry announces the same bytes as an index, the bytes do not say."""
    doc = json.loads(manifest([desc(MODULE)]))
    del doc["mediaType"]
    inner = json.dumps(doc).encode()
    reg.add("a/app", None, inner, [MODULE], media_type=INDEX)
    r = wpack("pull", f"{reg.host}/a/app@{sha256(inner)}", "-o", "out/", rc=6)
    assert "ambiguous" in r.err or "announced as" in r.err


def duplicate(text, key):
    """The document with a second member `key` of another value at its end."""
    return text.rstrip()[:-1] + f', "{key}": []' + "}"


@pytest.mark.parametrize("key", ["layers", "mediaType", "config", "schemaVersion", "x"])
def test_json_duplicate_keys(refused, key):
    text = manifest([desc(MODULE)], x=1).decode()
    refused(duplicate(text, key).encode(), "duplicate")


def test_json_duplicate_keys_in_a_descriptor(refused):
    text = manifest([desc(MODULE)]).decode().replace('"size"', '"size": 1, "size"', 1)
    refused(text.encode(), "duplicate")


@pytest.mark.parametrize("key", ["Layers", "MediaType", "Config", "LAYERS", "Subject", "Manifests"])
def test_json_case_variant_keys(refused, key):
    refused(manifest([desc(MODULE)], **{key: []}), f"/{key}: differs from the key")


def test_json_case_variant_keys_in_a_descriptor(refused):
    refused(manifest([{**desc(MODULE), "Digest": sha256(OTHER)}]), "/layers/0/Digest: differs from the key 'digest'")


@pytest.mark.parametrize("text", [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe{}", b"{}\0", b"{}x", b"\xef\xbb\xbf{}", b"{" * 100 + b"}" * 100,
    b'{"a":' * 40 + b"1" + b"}" * 40, b'{"schemaVersion":2,"x":"\\ud800"}', b'{"schemaVersion":1e999}',
    b'{"schemaVersion":99999999999999999999}', b"<html>not a registry</html>",
])
def test_json_not_a_document(refused, text):
    refused(text)


@pytest.mark.parametrize("size", [-1, 1.5, 1e3, "10", 2**53, 2**63, None, [], True])
def test_json_size_is_no_size(refused, size):
    refused(manifest([desc(MODULE, size=size)]), "integer near" if size == 2**63 else "/layers/0/size")


# ---- digests ----

HEX = "a" * 64
BAD_DIGESTS = {
    "path": "sha256:../../x", "deep": "sha256:../../../../../../../../etc/passwd", "empty": "", "no-hex": "sha256:",
    "upper-alg": f"SHA256:{HEX}", "63": "sha256:" + HEX[:-1], "65": f"sha256:{HEX}a", "upper-hex": "sha256:" + "A" * 64,
    "slash-alg": f"a/b:{HEX}", "dots-alg": f"../..:{HEX}", "encoded": "sha256:" + HEX[:-3] + "%2f", "blank": f"sha256: {HEX[1:]}",
    "newline": f"sha256:{HEX}\n", "short-512": f"sha512:{HEX}", "no-colon": HEX, "dash": f"sha256-{HEX}", "md5": "md5:" + "a" * 32,
}


@pytest.mark.parametrize("digest", BAD_DIGESTS.values(), ids=BAD_DIGESTS.keys())
@pytest.mark.parametrize("where", ["layer", "config", "subject"])
def test_cve_2024_3727_digest_path_tricks_in_descriptors(refused, reg, where, digest):
    bad = desc(MODULE, digest=digest)
    body = {
        "layer": lambda: manifest([bad]),
        "config": lambda: manifest([], config=bad),
        "subject": lambda: manifest([desc(MODULE)], subject={**bad, "mediaType": MANIFEST}),
    }[where]()
    refused(body, "digest")
    assert not reg.seen("/blobs/"), "no URL was made of it"


def test_cve_2024_3727_digest_with_nul_in_a_descriptor(refused):
    body = manifest([desc(MODULE)]).replace(sha256(MODULE).encode(), b"sha256:" + b"a" * 63 + b"\\u0000")
    refused(body)


@pytest.mark.parametrize("verb", [("pull",), ("resolve",), ("raw", "get", "blob"), ("raw", "delete", "manifest")],
                         ids=lambda v: "-".join(v))
def test_cve_2024_3727_digest_path_tricks_on_the_command_line(wpack, reg, verb):
    for digest in BAD_DIGESTS.values() if verb == ("pull",) else ["", "sha256:../../x", f"SHA256:{HEX}"]:
        r = wpack(*verb, f"{reg.host}/a/app@{digest}", rc=2)
        assert "digest" in r.err and not reg.requests


@pytest.mark.parametrize("place", ["127.0.0.1:9/a/app", "oci:lay"])
@pytest.mark.parametrize("digest", ["sha256:../../../../etc/passwd", f"SHA256:{HEX}", "sha256:" + HEX[:-3] + "%2f"])
def test_cve_2024_3727_no_system_call_sees_a_bad_digest(wpack, module, place, digest):
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    trace = wpack.cwd / "trace"
    env = {**wpack.env, "ASAN_OPTIONS": "detect_leaks=0"}
    p = subprocess.run(["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=openat,openat2,connect",
                        wpack.path, "raw", "get", "blob", f"{place}@{digest}"], cwd=wpack.cwd, env=env,
                       capture_output=True, timeout=60)
    assert p.returncode == 2, p.stderr
    text = trace.read_text()
    assert "openat(" in text, "strace works"
    assert "passwd" not in text and "%2f" not in text and "SHA256" not in text and "connect(" not in text


@pytest.mark.parametrize("digest", BAD_DIGESTS.values(), ids=BAD_DIGESTS.keys())
def test_cve_2024_3727_digest_path_tricks_in_index_json(wpack, module, digest):
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    path = wpack.cwd / "lay/index.json"
    doc = json.loads(path.read_text())
    doc["manifests"][0]["digest"] = digest
    path.write_text(json.dumps(doc))
    for args in (["pull", "oci:lay:app:1", "-o", "out/"], ["ls", "oci:lay"], ["fsck", "oci:lay"], ["gc", "oci:lay"]):
        r = wpack(*args, rc=6)
        assert "lay/index.json: /manifests/0/digest" in r.out + r.err, "fsck reports on standard output"
    assert not (wpack.cwd / "out").exists()


def test_cve_2023_25153_index_json_without_end(wpack, module):
    """Larger than the limit as a sparse file: refused by its size, before anything is allocated."""
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    with open(wpack.cwd / "lay/index.json", "r+b") as f:
        f.truncate(1 << 40)
    r = wpack.measured("ls", "oci:lay")
    assert r.rc == 23 and "67108864" in r.err
    assert r.peak < 64 << 20


def test_cve_2023_25153_index_json_is_a_device(wpack, module):
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    path = wpack.cwd / "lay/index.json"
    path.unlink()
    path.symlink_to("/dev/zero")
    r = wpack.measured("ls", "oci:lay")
    assert r.rc != 0 and "index.json" in r.err
    assert r.peak < 64 << 20


def test_cve_2023_25153_index_json_of_many_members(wpack, module):
    """Work and memory grow with the document, not with its square."""
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    path = wpack.cwd / "lay/index.json"
    doc = json.loads(path.read_text())
    path.write_text(json.dumps({**doc, **{f"x{i}": 1 for i in range(30000)}}))
    r = wpack.measured("ls", "oci:lay")
    assert r.rc == 0, r
    assert r.peak < 64 << 20


# ---- sizes that lie ----


@pytest.mark.parametrize("by", [-1, 1, 1000, 2**40])
def test_cve_2026_42575_descriptor_with_another_size(refused, by):
    r = refused(manifest([desc(MODULE, size=len(MODULE) + by)]), sha256(MODULE))
    assert "expected" in r.err or "bytes" in r.err


def test_size_lie_costs_no_memory(wpack, reg):
    """Half a gigabyte announced, a few bytes there: what is announced is not what is allocated."""
    reg.add("a/app", "1", manifest([desc(MODULE, title="x.wasm", size=512 << 20)]), [MODULE])
    for args in (["pull", f"{reg.host}/a/app:1", "-o", "-"], ["inspect", f"{reg.host}/a/app:1"],
                 ["pull", f"{reg.host}/a/app:1", "-o", "out/"]):
        r = wpack.measured(*args)
        assert r.rc == 6, r
        assert r.peak < 64 << 20, (args, r.peak)


def test_sizes_that_add_up_beyond_64_bits(refused):
    layers = [desc(MODULE, title=str(i), digest=f"sha256:{i:064x}", size=2**53 - 1) for i in range(2049)]
    refused(manifest(layers), "64 bits", rc=23)


def test_one_digest_with_two_sizes(refused):
    refused(manifest([desc(MODULE, title="a.wasm"), desc(MODULE, title="b.wasm", size=3)]), "size")


@pytest.mark.parametrize("count", [4097])
def test_cve_2023_42813_more_layers_than_allowed(refused, count):
    layers = [desc(b"%d" % i) for i in range(count)]
    refused(manifest(layers), "4096", rc=23)


# ---- titles ----

BAD_TITLES = {
    "parent": "../x", "absolute": "/x", "inner": "a/../../x", "dots": "a/./../..", "drive": "C:\\x", "empty": "",
    "long": "x" * 4097, "long-part": "x" * 256, "dot": ".", "dotdot": "..", "device": "CON", "device-2": "nul.wasm",
    "slashes": "a//b", "trailing": "a/", "ours": ".wpack/part/x", "newline": "a\nb", "escape": "a\x1b[2Jb",
    "backslash": "..\\..\\x", "dot-middle": "a/./b",
}


def everything_near(wpack):
    return sorted([*wpack.cwd.parent.iterdir(), *wpack.cwd.rglob("*")])


@pytest.mark.parametrize("title", BAD_TITLES.values(), ids=BAD_TITLES.keys())
def test_cve_2021_21272_titles_that_are_paths(wpack, reg, title):
    reg.add("a/app", "1", manifest([desc(OTHER, title="fine.wasm"), desc(MODULE, title=title)]), [MODULE, OTHER])
    before = everything_near(wpack)
    r = wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", rc=2)
    assert "layer 1: title" in r.err and "-o oci:DIR" in r.err
    assert "\x1b" not in r.err and r.err.count("\n") == 2
    assert everything_near(wpack) == before, "nothing was written anywhere"
    wpack("pull", f"{reg.host}/a/app:1", "-o", "oci:lay:app:1")


def test_cve_2021_21272_title_that_is_not_utf_8(refused):
    body = manifest([desc(MODULE, title="x")]).replace(b'title": "x"', b'title": "\xff\xfe"')
    refused(body, "UTF-8")


@pytest.mark.parametrize("first,second,says", [("a", "a", "same title"), ("a", "a/b", "folder"), ("a/b", "a", "folder")])
def test_titles_that_clash(wpack, reg, first, second, says):
    body = manifest([desc(MODULE, title=first), desc(OTHER, title=second)])
    reg.add("a/app", "1", body, [MODULE, OTHER])
    r = wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", rc=2)
    assert says in r.err and not (wpack.cwd / "out").exists()


def evil(wpack):
    """A folder that the pull has no business in."""
    folder = wpack.cwd / "elsewhere"
    folder.mkdir()
    (folder / "f").write_text("theirs")
    return folder


def test_cve_2026_50162_title_through_a_planted_symlink(wpack, reg):
    folder = evil(wpack)
    (wpack.cwd / "here").mkdir()
    (wpack.cwd / "here/out").symlink_to(folder)
    reg.add("a/app", "1", manifest([desc(MODULE, title="out/f"), desc(OTHER, title="out/new")]), [MODULE, OTHER])
    for args in ([], ["-o", "."], ["-o", "./"]):
        r = wpack("pull", f"{reg.host}/a/app:1", *args, cwd=wpack.cwd / "here", rc=1)
        assert "symbolic link" in r.err and "out/" in r.err
        assert (folder / "f").read_text() == "theirs" and len(list(folder.iterdir())) == 1


def test_cve_2026_50162_chain_of_symlinks(wpack, reg):
    (wpack.cwd / "here").mkdir()
    (wpack.cwd / "here/b").symlink_to("..")
    (wpack.cwd / "here/a").symlink_to("b")
    reg.add("a/app", "1", manifest([desc(MODULE, title="a/x.wasm")]), [MODULE])
    r = wpack("pull", f"{reg.host}/a/app:1", cwd=wpack.cwd / "here", rc=1)
    assert "symbolic link" in r.err and not (wpack.cwd / "x.wasm").exists()


def test_cve_2026_50162_the_final_name_is_a_symlink(wpack, reg):
    """It is replaced, not followed."""
    folder = evil(wpack)
    (wpack.cwd / "here").mkdir()
    (wpack.cwd / "here/f").symlink_to(folder / "f")
    reg.add("a/app", "1", manifest([desc(MODULE, title="f")]), [MODULE])
    wpack("pull", f"{reg.host}/a/app:1", cwd=wpack.cwd / "here")
    assert (folder / "f").read_text() == "theirs"
    assert not (wpack.cwd / "here/f").is_symlink() and (wpack.cwd / "here/f").read_bytes() == MODULE


def test_cve_2026_50162_the_part_folder_is_a_symlink(wpack, reg):
    folder = evil(wpack)
    (wpack.cwd / "here/.wpack").mkdir(parents=True)
    (wpack.cwd / "here/.wpack/part").symlink_to(folder)
    reg.add("a/app", "1", manifest([desc(MODULE, title="f")]), [MODULE])
    wpack("pull", f"{reg.host}/a/app:1", cwd=wpack.cwd / "here", rc=1)
    assert [p.name for p in folder.iterdir()] == ["f"] and not (wpack.cwd / "here/f").exists()


def test_cve_2026_24137_ref_name_is_no_path(wpack, module):
    """A name in index.json stays a name, whatever it looks like."""
    wpack("build", module, "-t", "app:1", "-o", "oci:lay")
    path = wpack.cwd / "lay/index.json"
    doc = json.loads(path.read_text())
    doc["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "../../evil"}
    path.write_text(json.dumps(doc))
    assert wpack("ls", "oci:lay").out.splitlines() == ["../../evil"]
    wpack("copy", "oci:lay", "oci:other", "--all-tags", rc=2)
    wpack("pull", "oci:lay:../../evil", "-o", "out/", rc=2)
    outside = [wpack.cwd.parent / "evil", wpack.cwd.parent.parent / "evil"]
    assert not any(p.exists() for p in [*outside, *wpack.cwd.rglob("evil*"), wpack.cwd / "out"])


# ---- what is shown ----

STEER = "a\x1b[2Jb\rc\u202ed\x07\x9be"


@pytest.fixture
def steering(wpack, reg):
    """An artifact whose every text wants to steer the terminal; its reference."""
    body = manifest([desc(MODULE, title="m.wasm", mediaType="application/wasm")], annotations={"k" + STEER: STEER},
                    artifactType="x/" + STEER)
    reg.add("a/app", "1", body, [MODULE])
    return f"{reg.host}/a/app:1"


def harmless(text):
    return not any(c in text for c in "\x1b\r\u202e\x07\x9b")


def test_cve_2021_21303_annotations_are_escaped(wpack, steering):
    r = wpack("inspect", steering)
    assert harmless(r.out + r.err)
    assert r"a\x1b[2Jb\rc\u{202e}d" in r.out


def test_cve_2021_21303_json_keeps_what_is_there(wpack, steering):
    r = wpack("inspect", steering, "--format", "json")
    assert json.loads(r.out)["manifest"]["annotations"] == {"k" + STEER: STEER}
    assert "\x1b" not in r.out and r"\u001b" in r.out


def test_cve_2021_21303_error_bodies_are_escaped(wpack, reg):
    for reply in (error(418, "X" + STEER, "message " + STEER), Reply(418, STEER.encode())):
        reg.on("GET", ".*", reply)
        r = wpack("resolve", f"{reg.host}/a/app:1", rc=1)
        assert harmless(r.err) and r"a\x1b[2Jb" in r.err
        r = wpack("resolve", f"{reg.host}/a/app:1", "--format", "json", rc=1)
        assert harmless(r.out) and "418" in r.json["error"]["message"]


def test_cve_2021_21303_names_in_a_module_are_escaped(wpack):
    body = sample.PREAMBLE + sample.custom("x" + STEER, b"") + sample.section(
        2, b"\0") + sample.custom("producers", sample.leb(1) + sample.name("language") + sample.leb(1)
                                 + sample.name("C" + STEER) + sample.name(STEER))
    (wpack.cwd / "m.wasm").write_bytes(body)
    for args in ([], ["--sections"], ["--size"]):
        r = wpack("inspect", "m.wasm", *args)
        assert harmless(r.out + r.err) and r"\x1b[2J" in r.out


def test_cve_2021_21303_title_in_progress_and_errors(wpack, reg):
    """Into a layout any title may go; the line that tells of it is harmless."""
    reg.add("a/app", "1", manifest([desc(MODULE, title="t" + STEER)]), [MODULE])
    r = wpack("pull", f"{reg.host}/a/app:1", "-o", "oci:lay:app:1", "--progress", "plain")
    assert harmless(r.out + r.err) and r"t" in r.err
    r = wpack("tree", "oci:lay:app:1")
    assert harmless(r.out)


# ---- metadata is only metadata ----


@pytest.mark.parametrize("text", ["-opt", "--help", "$(touch owned)", "`touch owned`", "%s%s%s%n%n", "binary://bin/sh -c x",
                                  "a\nb: c", "|touch owned", "; touch owned", "${IFS}touch"])
def test_cve_2026_53488_metadata_is_never_command_option_or_format(wpack, reg, text):
    body = manifest([desc(MODULE, title="m.wasm")], annotations={text: text}, artifactType="x/" + text)
    reg.add("a/app", "1", body, [MODULE])
    ref = f"{reg.host}/a/app:1"
    shown = wpack("inspect", ref).out
    assert text.replace("\n", "\\n") in shown
    assert wpack("inspect", ref, "--format", "json").json["manifest"]["annotations"] == {text: text}
    wpack("copy", ref, "oci:lay:app:1")
    wpack("tree", "oci:lay:app:1")
    wpack("pull", ref, "-o", "out/")
    assert not list(wpack.cwd.rglob("owned"))


@pytest.mark.parametrize("title", ["-rf", "--output=x", "$(touch owned)", "%s%n", "a b", "*"])
def test_cve_2026_53488_odd_titles_are_plain_files(wpack, reg, title):
    reg.add("a/app", "1", manifest([desc(MODULE, title=title)]), [MODULE])
    wpack("pull", f"{reg.host}/a/app:1", "-o", "out/")
    assert [p.name for p in (wpack.cwd / "out").iterdir()] == [title]


def test_cve_2020_15157_foreign_urls_are_never_fetched(wpack, reg, fakereg):
    """A descriptor's urls lead nowhere, present or missing."""
    other = fakereg()
    layer = desc(MODULE, "application/vnd.oci.image.layer.nondistributable.v1.tar", title="x", urls=[other.url + "/x"])
    reg.add("a/app", "1", manifest([layer]))
    wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", rc=3)
    reg.blobs[sha256(MODULE)] = MODULE
    wpack("pull", f"{reg.host}/a/app:1", "-o", "out/")
    assert other.requests == []


def test_a_newline_in_metadata_makes_no_line_of_its_own(wpack, reg):
    """Neither a forged fact in a result nor a forged message in between."""
    forged = "x\n  refers to     sha256:00\nwpack: warning: forged"
    body = manifest([desc(MODULE, title=forged)], annotations={"k": forged}, artifactType=forged)
    reg.add("a/app", "1", body, [MODULE])
    r = wpack("inspect", f"{reg.host}/a/app:1")
    assert r"x\n  refers to" in r.out
    r2 = wpack("pull", f"{reg.host}/a/app:1", "-o", "oci:lay:a:1")
    r3 = wpack("tree", "oci:lay:a:1")
    for text in (r.out, r.err, r2.err, r3.out):
        assert not [line for line in text.splitlines() if line.startswith(("  refers to", "wpack: warning"))]


def test_colours_are_ours_alone(wpack):
    """On a terminal headings are bold, and the escapes of a file's name are not obeyed."""
    path = wpack.cwd / "a\x1b[31mb.wasm"
    path.write_bytes(MODULE)
    ours, theirs = terminal.openpty()
    p = wpack.popen("inspect", path.name, stdout=theirs, stdin=theirs, env={"TERM": "xterm"})
    assert p.wait(20) == 0
    out = b""
    while b"_start" not in out:
        out += os.read(ours, 65536)
    assert out.startswith(b"\x1b[1ma\\x1b[31mb.wasm\x1b[0m\r\n")
