# SPDX-License-Identifier: Apache-2.0
"""What goes wrong without malice: full and read-only disks, closed outputs, signals, registries that are down, busy, broken
off in the middle, or peculiar. Either the right result or a documented status; never a wrong or half file; requests counted."""

import os
import signal
import subprocess
import threading
import time
from email.utils import formatdate

import pytest

from conftest import free_port
from support import check_layout, sample, sha256
from support.fakereg import MANIFEST, MIB, Reply, desc, document, endless, error, manifest

MODULE = sample.core_module(payload=300_000)


@pytest.fixture
def reg(fakereg, wpack):
    wpack.env["WPACK_TIMEOUT"] = "5s"
    return fakereg()


@pytest.fixture
def app(reg):
    reg.add("a/app", "1", manifest([desc(MODULE, title="m.wasm")]), [MODULE])
    return f"{reg.host}/a/app:1"


@pytest.fixture
def big(tmp_path):
    path = tmp_path / "big.wasm"
    path.write_bytes(MODULE)
    return path


def finals(folder):
    """Files with a final name: not those that wpack keeps to go on from."""
    return [p for p in folder.rglob("*") if p.is_file() and ".wpack" not in p.parts] if folder.exists() else []


@pytest.fixture
def mount(tmp_path):
    """mount(options) gives a folder that is a file system of its own; needs root and the right to mount."""
    mounted = []

    def make(options, source=None):
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        kind = ["--bind", str(source)] if source else ["-t", "tmpfs", "-o", options, "tmpfs"]
        p = subprocess.run(["mount", *kind, str(folder)], capture_output=True, text=True)
        if p.returncode != 0:
            pytest.skip(f"SKIP: this test mounts a file system, which is not allowed here: {p.stderr.strip()}")
        mounted.append(folder)
        if source:
            subprocess.run(["mount", "-o", f"remount,bind,{options}", str(folder)], check=True)
        return folder

    yield make
    for folder in reversed(mounted):
        subprocess.run(["umount", "-l", str(folder)], check=False)


# ---- disks ----


class TestFullDisk:
    def test_pull(self, wpack, app, mount):
        disk = mount("size=256k")
        for where in (f"{disk}/out/", f"oci:{disk}/lay:app:1"):
            r = wpack("pull", app, "-o", where, rc=1)
            assert "No space left on device" in r.err and str(disk) in r.err
            assert r.err.count("wpack: ") == 1
        assert not [p for p in finals(disk) if p.name == "m.wasm" or p.name == sha256(MODULE)[7:]]

    def test_build(self, wpack, big, mount):
        disk = mount("size=256k")
        r = wpack("build", big, "-t", "app:1", "-o", f"oci:{disk}/lay", rc=1)
        assert "No space left on device" in r.err
        assert not [p for p in finals(disk) if p.name == sha256(MODULE)[7:]]

    def test_no_inodes(self, wpack, app, mount):
        disk = mount("size=4m,nr_inodes=3")
        r = wpack("pull", app, "-o", f"{disk}/out/", rc=1)
        assert "No space left on device" in r.err and not finals(disk)

    def test_then_room(self, wpack, app, mount):
        disk = mount("size=400k")
        (disk / "fill").write_bytes(bytes(200_000))
        wpack("pull", app, "-o", f"{disk}/out/", rc=1)
        (disk / "fill").unlink()
        wpack("pull", app, "-o", f"{disk}/out/")
        assert (disk / "out/m.wasm").read_bytes() == MODULE

    def test_digest_file(self, wpack, big, reg, mount):
        disk = mount("size=4k")
        (disk / "fill").write_bytes(bytes(4096))
        r = wpack("push", big, f"{reg.host}/a/b:1", "--digest-file", disk / "digest", rc=1)
        assert "No space left on device" in r.err and not (disk / "digest").exists()

    def test_serve(self, wpack, serve, big, mount):
        disk = mount("size=256k")
        server = serve(disk / "lay")
        r = wpack("push", big, f"{server.host}/a/b:1", "--retry", "0", rc=5)
        assert "50" in r.err, "a status of the 500s"
        wpack("resolve", f"{server.host}/a/b:1", rc=3)


class TestReadOnlyFolder:
    @pytest.fixture
    def sealed(self, tmp_path, mount):
        """sealed(folder): the same folder, read-only. chmod would not stop root."""
        return lambda folder: mount("ro", source=folder)

    def test_pull(self, wpack, app, sealed, tmp_path):
        (tmp_path / "plain").mkdir()
        folder = sealed(tmp_path / "plain")
        for where in (f"{folder}/", f"{folder}/out/", f"oci:{folder}/lay:app:1"):
            r = wpack("pull", app, "-o", where, rc=1)
            assert "Read-only file system" in r.err and str(folder) in r.err and r.err.count("wpack: ") == 1

    def test_layout_is_readable(self, wpack, big, sealed, reg):
        wpack("build", big, "-t", "app:1", "-o", "oci:lay")
        folder = sealed(wpack.cwd / "lay")
        wpack("pull", f"oci:{folder}:app:1", "-o", "out/")
        assert (wpack.cwd / "out/big.wasm").read_bytes() == MODULE
        wpack("push", f"oci:{folder}:app:1", f"{reg.host}/a/b:1")
        wpack("ls", f"oci:{folder}")
        wpack("fsck", f"oci:{folder}")
        r = wpack("tag", f"oci:{folder}:app:1", "2", rc=1)
        assert "Read-only file system" in r.err

    def test_serve_read_only(self, wpack, big, sealed, serve):
        wpack("build", big, "-t", "app:1", "-o", "oci:lay")
        server = serve(sealed(wpack.cwd / "lay"), "--read-only")
        wpack("pull", f"{server.host}/app:1", "-o", "out/")
        assert (wpack.cwd / "out/big.wasm").read_bytes() == MODULE

    def test_login(self, wpack, reg, sealed, tmp_path):
        (tmp_path / "config").mkdir()
        folder = sealed(tmp_path / "config")
        r = wpack("login", reg.host, "-u", "a", "--password-stdin", stdin="secret-word", env={"DOCKER_CONFIG": str(folder)}, rc=1)
        assert "Read-only file system" in r.err and "secret-word" not in r.err


# ---- outputs ----


def run_to(wpack, out, *args):
    p = wpack.popen(*args, stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    _, err = p.communicate(timeout=60)
    return p.returncode, err.decode()


@pytest.mark.parametrize("args", [["--help"], ["version"], ["inspect", "big.wasm"], ["inspect", "big.wasm", "--format", "json"],
                                  ["pull", "oci:lay:app:1", "-o", "-"], ["ls", "oci:lay"], ["completion", "bash"],
                                  ["pull", "oci:lay:app:1", "-o", "out/"], ["fsck", "oci:lay", "--format", "json"]],
                         ids=lambda a: a[0] + a[-1])
class TestOutput:
    @pytest.fixture(autouse=True)
    def layout(self, wpack, big):
        wpack("build", big, "-t", "app:1", "-o", "oci:lay")

    def test_full(self, wpack, args):
        with open("/dev/full", "wb") as full:
            rc, err = run_to(wpack, full, *args)
        assert rc == 1 and "wpack: cannot write to standard output: No space left on device" in err

    def test_closed_pipe_is_quiet_and_141(self, wpack, args):
        reader, writer = os.pipe()
        os.close(reader)
        rc, err = run_to(wpack, writer, *args)
        os.close(writer)
        assert rc == 141 and "wpack: " not in err

    def test_closed(self, wpack, args):
        p = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", wpack.path, *args], cwd=wpack.cwd, env=wpack.env,
                           capture_output=True, timeout=60)
        assert p.returncode == 1 and b"cannot write to standard output: Bad file descriptor" in p.stderr, p.stderr


def test_closed_standard_error_does_no_harm(wpack, app):
    p = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", wpack.path, "pull", app, "-o", "out/"], cwd=wpack.cwd,
                       env=wpack.env, capture_output=True, timeout=60)
    assert p.returncode == 0 and b"@sha256:" in p.stdout
    assert (wpack.cwd / "out/m.wasm").read_bytes() == MODULE


def test_all_standard_files_closed(wpack, app):
    """Descriptors 0 to 2 are not reused for content."""
    p = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", wpack.path, "pull", app, "-o", "out/"], cwd=wpack.cwd,
                       env=wpack.env, capture_output=True, timeout=60)
    assert p.returncode == 1, "a result that cannot be printed"
    assert (wpack.cwd / "out/m.wasm").read_bytes() == MODULE


# ---- signals ----


class Halfway:
    """A body that stops in the middle until it is told to go on; .reached says that it got there."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.reached, self.go = threading.Event(), threading.Event()

    def __iter__(self):
        yield self.data[: self.at]
        self.reached.set()
        self.go.wait(20)
        yield self.data[self.at :]


def kept(wpack):
    """Is there a part of the module below a .wpack folder?"""
    return any(f.stat().st_size > 0 for f in wpack.cwd.rglob(f".wpack/part/*{sha256(MODULE)[7:]}"))


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
@pytest.mark.parametrize("where", ["out/", "oci:lay:app:1"])
def test_signal_during_pull(wpack, reg, app, sig, where):
    half = Halfway(MODULE, 200_000)
    path = f".*/blobs/{sha256(MODULE)}"
    reg.on("GET", path, Reply(200, half, length=len(MODULE)), None)
    p = wpack.popen("pull", app, "-o", where, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert half.reached.wait(20)
    wait_for(lambda: kept(wpack))
    p.send_signal(sig)
    out, err = p.communicate(timeout=20)
    half.go.set()
    assert p.returncode == 130 and out == "" and "interrupted" in err and "continues" in err
    assert not [f for f in finals(wpack.cwd) if f.name in ("m.wasm", sha256(MODULE)[7:])]
    assert kept(wpack)
    wpack("pull", app, "-o", where)
    again = reg.seen(sha256(MODULE))[-1]
    assert again.headers.get("Range", "").startswith("bytes=")
    if where == "out/":
        assert (wpack.cwd / "out/m.wasm").read_bytes() == MODULE
    else:
        check_layout(wpack.cwd / "lay", ["app:1"])


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_signal_during_push(wpack, reg, big, sig):
    held, go = threading.Event(), threading.Event()

    def hold(request):
        held.set()
        go.wait(20)
        return None

    reg.on("PUT", ".*/blobs/uploads/.*", hold)
    p = wpack.popen("push", big, f"{reg.host}/a/b:1", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert held.wait(20)
    p.send_signal(sig)
    out, err = p.communicate(timeout=20)
    go.set()
    assert p.returncode == 130 and out == "" and "interrupted" in err
    assert ("a/b", "1") not in reg.manifests


def test_signal_while_waiting_for_a_retry(wpack, reg, app):
    asked = threading.Event()

    def busy(request):
        asked.set()
        return Reply(503, headers={"Retry-After": "200"})

    reg.on("GET", ".*", busy)
    p = wpack.popen("pull", app, "--debug", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert asked.wait(20)
    for line in p.stderr:
        if "waiting" in line:
            break
    p.send_signal(signal.SIGINT)
    _, err = p.communicate(timeout=20)
    assert p.returncode == 130 and "interrupted" in err


# ---- registries that are busy or down ----


def after(reply, seconds="0"):
    return Reply(reply, headers={"Retry-After": seconds})


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 408])
def test_busy_once_then_well(wpack, reg, app, status):
    reg.on("GET", ".*/manifests/1", after(status), None)
    wpack("pull", app, "-o", "out/", "--retry", "1")
    assert reg.count("GET", "/manifests/1") == 2


def test_busy_thrice_then_well(wpack, fakereg, wpack_bin):
    """Attempts are counted per request, and the waits grow."""
    reg = fakereg()
    reg.add("a/app", "1", manifest([desc(MODULE, title="m.wasm")]), [MODULE])
    reg.on("GET", ".*/manifests/1", Reply(503), Reply(503), None)
    r = wpack("pull", f"{reg.host}/a/app:1", "-o", "out/", "--retry", "2", "--debug")
    waits = [int(line.split("waiting ")[1].split()[0]) for line in r.err.splitlines() if "waiting " in line]
    assert len(waits) == 2 and 375 <= waits[0] <= 625 and 750 <= waits[1] <= 1250


@pytest.mark.parametrize("status", [500, 503, 429])
def test_busy_for_ever(wpack, reg, app, status):
    reg.on("GET", ".*/manifests/1", error(status, "TOOMANYREQUESTS", "come back later"))
    r = wpack("pull", app, "-o", "out/", "--retry", "1", rc=5)
    assert reg.count("GET", "/manifests/1") == 2
    assert "after 2 attempts" in r.err and str(status) in r.err and "come back later" in r.err


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 416, 418, 501])
def test_final_answers_are_not_asked_again(wpack, reg, app, status):
    reg.on("GET", ".*/manifests/1", error(status))
    r = wpack.run("pull", app, "-o", "out/", "--retry", "3")
    assert r.rc == {401: 4, 403: 4, 404: 3}.get(status, 1), r
    assert reg.count("GET", "/manifests/1") == 1


def test_retry_after_in_seconds_is_honoured(wpack, reg, app):
    reg.on("GET", ".*/manifests/1", after(503, "1"), None)
    r = wpack("pull", app, "-o", "out/", "--retry", "1", "--debug")
    (wait,) = [int(line.split("waiting ")[1].split()[0]) for line in r.err.splitlines() if "waiting " in line]
    assert 1000 <= wait <= 1250


def test_retry_after_as_a_date_is_honoured(wpack, reg, app):
    reg.on("GET", ".*/manifests/1", lambda q: after(429, formatdate(time.time() + 90, usegmt=True)))
    r = wpack("pull", app, "-o", "out/", "--retry", "1", "--retry-max-wait", "10s", rc=5)
    assert "--retry-max-wait" in r.err and "asked to wait" in r.err and reg.count("GET", "/manifests/1") == 1


@pytest.mark.parametrize("value", ["-1", "soon", "", "Wed, 21 Oct 2015 07:28:00 GMT", "1.5", "0x10"])
def test_retry_after_that_says_nothing(wpack, reg, app, value):
    reg.on("GET", ".*/manifests/1", after(503, value), None)
    r = wpack("pull", app, "-o", "out/", "--retry", "1", "--debug")
    (wait,) = [int(line.split("waiting ")[1].split()[0]) for line in r.err.splitlines() if "waiting " in line]
    assert wait <= 625


@pytest.mark.parametrize("value", ["99999999", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_retry_after_beyond_patience(wpack, reg, app, value):
    reg.on("GET", ".*/manifests/1", after(503, value))
    r = wpack("pull", app, "-o", "out/", "--retry", "3", rc=5)
    assert "--retry-max-wait" in r.err and reg.count("GET", "/manifests/1") == 1


def test_registry_down(wpack, big):
    host = f"127.0.0.1:{free_port()}"
    for args in (["pull", f"{host}/a/b:1"], ["push", big, f"{host}/a/b:1"], ["ls", f"{host}/a/b"], ["login", host, "-u", "a", "-p", "b"]):
        r = wpack(*args, "--retry", "0", rc=5)
        assert "127.0.0.1" in r.err and "hint: " in r.err and r.err.count("wpack: ") == 1, r


def test_no_such_host(wpack):
    r = wpack("pull", "no-such-host.invalid/a/b:1", "--retry", "0", rc=5)
    assert "no-such-host.invalid" in r.err and "hint: " in r.err


@pytest.mark.parametrize("reset", [False, True], ids=["fin", "rst"])
def test_connection_that_ends_without_a_reply(wpack, reg, app, reset):
    reg.on("GET", ".*/manifests/1", HangUp(reset), None)
    wpack("pull", app, "-o", "out/", "--retry", "1")
    assert reg.count("GET", "/manifests/1") in (2, 3), "libcurl itself asks again where a kept connection was dead"


class HangUp(Reply):
    """Not a single byte of a reply."""

    def __init__(self, reset):
        super().__init__(before=self.hang_up)
        self.hard = reset

    def hang_up(self):
        raise ConnectionAbortedError


def test_silence(wpack, reg, app):
    go = threading.Event()
    reg.on("GET", ".*/manifests/1", Reply(before=lambda: go.wait(20)))
    r = wpack("pull", app, "-o", "out/", "--timeout", "300ms", "--retry", "0", rc=5)
    go.set()
    assert "0.3 s" in r.err


# ---- bodies that break off ----


@pytest.mark.parametrize("reset", [False, True], ids=["fin", "rst"])
@pytest.mark.parametrize("where", ["out/", "oci:lay:app:1", "-"])
def test_a_truncated_blob_goes_on_with_range(wpack, reg, app, reset, where):
    """Each break costs one request, which asks for the rest only."""
    path = f".*/blobs/{sha256(MODULE)}"
    first, second = 100_000, 50_000

    def rest(request):
        at = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
        return Reply(206, MODULE[at:], {"Content-Range": f"bytes {at}-{len(MODULE) - 1}/{len(MODULE)}"}, cut=second, reset=reset)

    reg.on("GET", path, Reply(200, MODULE, cut=first, reset=reset), rest, None)
    r = wpack("pull", app, "-o", where, "--retry", "0")
    ranges = [q.headers.get("Range") for q in reg.seen(sha256(MODULE))]
    assert len(ranges) == 3 and ranges[0] is None
    if not reset:
        assert ranges[1:] == [f"bytes={first}-", f"bytes={first + second}-"]
    if where == "out/":
        assert (wpack.cwd / "out/m.wasm").read_bytes() == MODULE
    elif where == "-":
        assert r.out_bytes == MODULE
    else:
        check_layout(wpack.cwd / "lay", ["app:1"])


@pytest.mark.parametrize("reply", [
    lambda q: Reply(200, MODULE),
    lambda q: Reply(206, MODULE[5:], {"Content-Range": f"bytes 5-{len(MODULE) - 1}/{len(MODULE)}"}),
    lambda q: Reply(206, MODULE[100_000:]),
    lambda q: Reply(206, MODULE[100_000:], {"Content-Range": "bytes x-y/z"}),
    lambda q: error(416),
], ids=["ignored", "wrong-first", "no-content-range", "no-sense", "416"])
def test_a_registry_without_usable_ranges(wpack, reg, app, reply):
    """The whole is asked for again and passed over up to the break."""
    path = f".*/blobs/{sha256(MODULE)}"
    reg.on("GET", path, Reply(200, MODULE, cut=100_000), lambda q: reply(q) if q.headers.get("Range") else Reply(200, MODULE))
    wpack("pull", app, "-o", "out/", "--retry", "0")
    assert (wpack.cwd / "out/m.wasm").read_bytes() == MODULE
    assert reg.count("GET", sha256(MODULE)) in (2, 3)


def test_range_of_another_size_is_exit_6(wpack, reg, app):
    path = f".*/blobs/{sha256(MODULE)}"
    reg.on("GET", path, Reply(200, MODULE, cut=100_000), Reply(206, MODULE[100_000:] + b"xx", {
        "Content-Range": f"bytes 100000-{len(MODULE) + 1}/{len(MODULE) + 2}"}))
    r = wpack("pull", app, "-o", "out/", "--retry", "0", rc=6)
    assert str(len(MODULE) + 2) in r.err and not finals(wpack.cwd / "out")


def test_range_with_other_bytes_is_exit_6(wpack, reg, app):
    path = f".*/blobs/{sha256(MODULE)}"
    other = bytes(len(MODULE) - 100_000)
    reg.on("GET", path, Reply(200, MODULE, cut=100_000), Reply(206, other, {
        "Content-Range": f"bytes 100000-{len(MODULE) - 1}/{len(MODULE)}"}))
    r = wpack("pull", app, "-o", "out/", "--retry", "0", rc=6)
    assert sha256(MODULE) in r.err and not finals(wpack.cwd / "out")
    reg.rules.clear()
    wpack("pull", app, "-o", "out/")
    assert (wpack.cwd / "out/m.wasm").read_bytes() == MODULE, "the wrong part is not built upon"


@pytest.mark.parametrize("length", [len(MODULE) - 1, len(MODULE) + 1, 0, "x", "-5", [str(len(MODULE)), "5"]],
                         ids=["less", "more", "none", "word", "negative", "two"])
def test_content_length_that_is_wrong(wpack, reg, app, length):
    """The body is right, its announced length is not: the right file or an error, and never anything else."""
    path = f".*/blobs/{sha256(MODULE)}"
    if isinstance(length, list):
        reg.on("GET", path, Reply(200, MODULE, {"Content-Length": length}, length=None), None)
    else:
        reg.on("GET", path, Reply(200, MODULE, length=length), None)
    r = wpack.run("pull", app, "-o", "out/", "--retry", "0")
    assert r.rc in (0, 1, 5, 6), r
    if r.rc == 0:
        assert (wpack.cwd / "out/m.wasm").read_bytes() == MODULE
    else:
        assert not finals(wpack.cwd / "out")


def test_a_truncated_manifest_is_asked_for_again(wpack, reg, app):
    body = reg.manifests["a/app", "1"][1]
    broken = document(body)
    broken.cut = 50
    reg.on("GET", ".*/manifests/1", broken, None)
    wpack("pull", app, "-o", "out/", "--retry", "1")
    assert reg.count("GET", "/manifests/1") == 2


def test_chunked_body_that_breaks_off(wpack, reg, app):
    """No end chunk: the end of the connection is not the end of the content."""
    path = f".*/blobs/{sha256(MODULE)}"
    half = b"%x\r\n%s\r\n" % (1000, MODULE[:1000])
    reg.on("GET", path, Reply(200, half, {"Transfer-Encoding": "chunked"}, length=None), None)
    wpack("pull", app, "-o", "out/", "--retry", "0")
    assert (wpack.cwd / "out/m.wasm").read_bytes() == MODULE
    assert reg.seen(sha256(MODULE))[1].headers["Range"] == "bytes=1000-"


# ---- peculiar uploads ----


def test_413_is_answered_with_parts(wpack, reg, big):
    reg.on("PUT", ".*/blobs/uploads/.*", lambda q: Reply(413) if len(q.body) > 200_000 else None)
    wpack("push", big, f"{reg.host}/a/b:1")
    assert reg.blobs[sha256(MODULE)] == MODULE and reg.count("PATCH") >= 1


def test_413_for_ever(wpack, reg, big):
    reg.on("PUT", ".*/blobs/uploads/.*", lambda q: Reply(413) if q.body else None)
    reg.on("PATCH", ".*", Reply(413))
    r = wpack("push", big, f"{reg.host}/a/b:1", rc=1)
    assert "413" in r.err and "hint: " in r.err and ("a/b", "1") not in reg.manifests
    assert len(reg.requests) < 60


def test_202_instead_of_201(wpack, reg, big):
    def late(request):
        reg.blobs[sha256(request.body)] = request.body
        return Reply(202)

    reg.on("PUT", ".*/blobs/uploads/.*", late)
    wpack("push", big, f"{reg.host}/a/b:1")
    assert reg.blobs[sha256(MODULE)] == MODULE and ("a/b", "1") in reg.manifests


@pytest.mark.parametrize("location", ["/v2/a/b/blobs/uploads/U", "{url}/v2/a/b/blobs/uploads/U?_state=x%3D%3D&y=1", "./U", "U",
                                      "//{host}/v2/a/b/blobs/uploads/U", "../uploads/U?x=1"])
def test_locations_in_every_form(wpack, reg, big, location):
    def begin(request):
        reg.uploads["U"] = bytearray()
        return Reply(202, headers={"Location": location.format(url=reg.url, host=reg.host)})

    reg.on("POST", ".*/blobs/uploads/", begin)
    wpack("push", big, f"{reg.host}/a/b:1", "-j", "1")
    put = [q.path for q in reg.seen("/uploads/U")]
    assert put and all("digest=sha256%3A" in p for p in put)
    if "?" in location:
        assert all(p.count("?") == 1 for p in put)


@pytest.mark.parametrize("headers", [{}, {"Location": ""}, {"Location": "http://"}, {"Location": "ftp://x/y"}])
def test_upload_without_a_usable_location(wpack, reg, big, headers):
    reg.on("POST", ".*/blobs/uploads/", Reply(202, headers=headers))
    r = wpack("push", big, f"{reg.host}/a/b:1", rc=1)
    assert "Location" in r.err and r.err.count("wpack: ") == 1


@pytest.mark.parametrize("what", ["manifests", "blobs"])
def test_head_is_not_allowed(wpack, reg, app, big, what):
    reg.on("HEAD", f".*/{what}/.*", error(405))
    wpack("push", big, f"{reg.host}/a/b:1")
    wpack("push", big, f"{reg.host}/a/b:1", "--no-clobber")
    wpack("copy", app, f"{reg.host}/a/c:1")
    assert ("a/b", "1") in reg.manifests and ("a/c", "1") in reg.manifests


def test_upload_that_breaks_off_goes_on(wpack, reg, big):
    """The registry says how much it has; only the rest is sent."""
    taken = 100_000

    def broken(request):
        if len(request.body) < len(MODULE):
            return None
        upload = request.path.split("/")[-1].split("?")[0]
        reg.uploads[upload] += request.body[:taken]
        return Reply(503)

    reg.on("PUT", ".*/blobs/uploads/.*", broken)
    wpack("push", big, f"{reg.host}/a/b:1", "-j", "1")
    assert reg.blobs[sha256(MODULE)] == MODULE
    assert [len(q.body) for q in reg.requests if q.method == "PATCH"] == [len(MODULE) - taken]


def test_manifest_put_is_tried_again(wpack, reg, big):
    reg.on("PUT", ".*/manifests/.*", Reply(502), None)
    wpack("push", big, f"{reg.host}/a/b:1", "--retry", "1")
    assert reg.count("PUT", "/manifests/") == 2


def test_registry_that_stores_something_else(wpack, reg, big):
    reg.on("PUT", ".*/manifests/.*", Reply(201, headers={"Docker-Content-Digest": sha256(b"else")}))
    r = wpack("push", big, f"{reg.host}/a/b:1", rc=6)
    assert "Docker-Content-Digest" in r.err and r.out == ""
