# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test stands on: the built program (WPACK_BIN), real registries on loopback ports, real clients.

Programs that are missing skip their tests with a line that names them; servers are ended by their own pid."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
import warnings

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support import Result, certs, sample, tokens  # noqa: E402
from support.fakereg import FakeRegistry  # noqa: E402

PEERS = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers"))


def find_peer(name):
    """Path of a program from the peer cache or PATH; skips the test where there is none."""
    for place in (PEERS / name, shutil.which(name)):
        if place and os.access(place, os.X_OK):
            return str(place)
    pytest.skip(f"SKIP: {name} not installed (make peers)")


@pytest.fixture(scope="session")
def wpack_bin():
    path = os.environ.get("WPACK_BIN")
    assert path and os.access(path, os.X_OK), "WPACK_BIN must name the built program (make e2e does)"
    return path


class Wpack:
    """Runs the program in `cwd` with an environment of its own: no credentials, no proxies, no WPACK_* leak in."""

    def __init__(self, path, cwd):
        self.path = path
        self.cwd = pathlib.Path(cwd)
        self.home = self.cwd / "home"
        self.home.mkdir(exist_ok=True)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }

    def popen(self, *args, env=None, cwd=None, **more):
        return subprocess.Popen(
            [self.path, *map(str, args)],
            cwd=cwd or self.cwd,
            env={**self.env, **(env or {})},
            **more,
        )

    def run(self, *args, env=None, cwd=None, stdin=None, timeout=120):
        """Run to the end; a Result with .rc, .out, .err (text) and .out_bytes."""
        p = self.popen(
            *args, env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = p.communicate(stdin.encode() if isinstance(stdin, str) else stdin, timeout=timeout)
        result = Result(args, p.returncode, out, err)
        assert "Sanitizer" not in result.err and "runtime error:" not in result.err, result
        return result

    def measured(self, *args, timeout=60):
        """As run, with .peak: the most memory the program held, in bytes (0 under a sanitizer, which needs its own)."""
        helper = (
            "import os, resource, subprocess, sys\n"
            "rc = subprocess.call(sys.argv[2:])\n"
            "open(sys.argv[1], 'w').write(f'{rc} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}')\n"
        )
        note = self.cwd / "measured"
        # A fork of this process would count its memory as the program's: a small interpreter is in between.
        p = subprocess.run([sys.executable, "-I", "-S", "-c", helper, str(note), self.path, *map(str, args)],
                           cwd=self.cwd, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        rc, kib = note.read_text().split()
        result = Result(args, int(rc), p.stdout, p.stderr)
        assert "Sanitizer" not in result.err and "runtime error:" not in result.err, result
        result.peak = int(kib) * 1024
        if self.sanitized:
            result.peak = 0
            warnings.warn("SKIP: under a sanitizer the program's memory is not judged")
        return result

    def traced(self, calls, *args):
        """Run under strace and expect success: what it tells of these system calls."""
        log = self.cwd / "strace.log"
        p = subprocess.run([find_peer("strace"), "-f", "-qq", "-e", f"trace={calls}", "-o", log, self.path,
                            *map(str, args)], cwd=self.cwd, stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                           env={**self.env, "ASAN_OPTIONS": "detect_leaks=0"})  # leaks cannot be looked for under ptrace
        assert p.returncode == 0, Result(args, p.returncode, p.stdout, p.stderr)
        return log.read_text()

    @property
    def sanitized(self):
        return b"__asan_init" in pathlib.Path(self.path).read_bytes()

    def __call__(self, *args, rc=0, **more):
        """Run and expect exit status rc."""
        result = self.run(*args, **more)
        assert result.rc == rc, result
        return result


@pytest.fixture
def wpack(wpack_bin, tmp_path):
    return Wpack(wpack_bin, tmp_path)


@pytest.fixture
def module(tmp_path):
    """A small core module with two imports, as a file named hello.wasm."""
    path = tmp_path / "hello.wasm"
    path.write_bytes(sample.core_module())
    return path


@pytest.fixture
def component(tmp_path):
    path = tmp_path / "comp.wasm"
    path.write_bytes(sample.component())
    return path


class Server:
    """A child process that listens; .host is 127.0.0.1:PORT."""

    def __init__(self, process, host, log=None):
        self.process = process
        self.host = host
        self.log = log

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


@pytest.fixture
def servers():
    """Servers appended here are ended with the test."""
    started = []
    yield started
    for s in reversed(started):
        s.stop()


def start_serve(wpack, folder, *args):
    p = wpack.popen("serve", f"oci:{folder}", "--addr", "127.0.0.1:0", *args, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True)
    line = p.stdout.readline()
    assert line.startswith("listening on http://"), (line, p.stderr.read() if not line else "")
    return Server(p, line.strip().removeprefix("listening on http://"))


@pytest.fixture
def serve(wpack, servers):
    """serve(folder, *options) starts `wpack serve` and returns the Server."""

    def start(folder="served", *args):
        s = start_serve(wpack, folder, *args)
        servers.append(s)
        return s

    return start


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_listening(process, port, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the server does not listen")


@pytest.fixture
def fakereg():
    """fakereg(**options) starts a scripted registry (support/fakereg.py)."""
    started = []

    def start(**options):
        started.append(FakeRegistry(**options))
        return started[-1]

    yield start
    for s in started:
        s.stop()


@pytest.fixture
def distribution(tmp_path, servers):
    """distribution() starts distribution v3 on a free port, with the options of docker_registry."""
    return distribution_starter("registry", tmp_path, servers)


@pytest.fixture
def docker_registry(tmp_path, servers):
    """docker_registry(tls=Certs, htpasswd=path, token=TokenServer) starts Debian's docker-registry 2.8 on a free port."""
    return distribution_starter("docker-registry", tmp_path, servers)


def distribution_starter(name, tmp_path, servers):
    def start(tls=None, client_ca=None, htpasswd=None, token=None):
        program = find_peer(name)
        port = free_port()
        folder = tmp_path / f"registry-{port}"
        folder.mkdir()
        lines = [
            "version: 0.1",
            "log: {level: error}",
            f"storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}",
            f"http: {{addr: 127.0.0.1:{port}"
            + (f", tls: {{certificate: {tls.server_cert}, key: {tls.server_key}" if tls else "")
            + (f", clientcas: [{client_ca}]" if client_ca else "")
            + ("}" if tls else "")
            + "}",
        ]
        if htpasswd:
            lines.append(f"auth: {{htpasswd: {{realm: wpack, path: {htpasswd}}}}}")
        if token:
            lines.append(
                f"auth: {{token: {{realm: '{token.realm}', service: wpack, issuer: wpack-test,"
                f" rootcertbundle: {token.certificate}}}}}"
            )
        config = folder / "config.yml"
        config.write_text("\n".join(lines) + "\n")
        log = open(folder / "log", "wb")
        p = subprocess.Popen([program, "serve", str(config)], stdout=log, stderr=log,
                             env={**os.environ, "OTEL_TRACES_EXPORTER": "none"})
        s = Server(p, f"127.0.0.1:{port}", folder / "log")
        servers.append(s)
        wait_listening(p, port)
        return s

    return start


@pytest.fixture
def crane_registry(tmp_path, servers):
    def start():
        program = find_peer("crane")
        port = free_port()
        log = open(tmp_path / f"crane-{port}.log", "wb")
        p = subprocess.Popen([program, "registry", "serve", "--address", f"127.0.0.1:{port}"], stdout=log, stderr=log)
        s = Server(p, f"127.0.0.1:{port}")
        servers.append(s)
        wait_listening(p, port)
        return s

    return start


@pytest.fixture
def tls(tmp_path):
    return certs.make(tmp_path / "tls")


@pytest.fixture
def token_server(tmp_path):
    """A token server as docker-registry trusts it; records the Authorization headers it saw."""
    server = tokens.TokenServer(tmp_path / "token", users={"alice": "secret"})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def client(name, tmp_path):
    """run(*args) for a real client with an empty home, so that no credential of the user is seen."""
    program = find_peer(name)
    home = tmp_path / f"{name}-home"
    home.mkdir(exist_ok=True)

    def run(*args, rc=0, env=None, cwd=None):
        p = subprocess.run(
            [program, *map(str, args)],
            cwd=cwd or tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "DOCKER_CONFIG": str(home), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
        )
        result = Result((name, *args), p.returncode, p.stdout, p.stderr)
        if rc is not None:
            assert p.returncode == rc, result
        return result

    return run


@pytest.fixture
def oras(tmp_path):
    return client("oras", tmp_path)


@pytest.fixture
def crane(tmp_path):
    return client("crane", tmp_path)


@pytest.fixture
def regctl(tmp_path):
    """regctl(*args, host=H): H is spoken to without TLS."""
    run = client("regctl", tmp_path)
    return lambda *args, host=None, **more: run(*(["--host", f"reg={host},tls=disabled"] if host else []), *args, **more)


@pytest.fixture
def skopeo(tmp_path):
    return client("skopeo", tmp_path)
