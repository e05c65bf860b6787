# SPDX-License-Identifier: Apache-2.0
"""The fault matrix: every row of matrix.txt with every kind of request, against a scripted registry (tests/e2e/support).

    run.py PROGRAM [--quick] [--only TEXT] [--jobs N] [--verbose]

A case ends as its cell says: the exit status, the number of requests of that kind. Beyond the cell, for all of them: the
right bytes or nothing under a final name, exactly one message, no hang, no sanitizer report, and no more requests
around the failing one than the client's policy needs."""

import argparse
import concurrent.futures
import dataclasses
import functools
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import peers  # noqa: E402
from actions import ACTIONS  # noqa: E402
from support import sample  # noqa: E402
from support.fakereg import CONFIG, INDEX, FakeRegistry, Reply, desc, index, manifest, sha256  # noqa: E402

MODULE = sample.core_module(payload=40_000)
OTHER = sample.core_module(sample.custom("other", b"x" * 40_000))
CONFIG_BYTES = b'{"architecture":"wasm","os":"wasip1"}'
APP = manifest([desc(MODULE, title="m.wasm")], config=desc(CONFIG_BYTES, CONFIG))
OTHER_APP = manifest([desc(OTHER, title="m.wasm")], config=desc(CONFIG_BYTES, CONFIG))
REFERRER = manifest([], subject=desc(APP, "application/vnd.oci.image.manifest.v1+json"), artifactType="application/x.note")
LISTED = desc(REFERRER, "application/vnd.oci.image.manifest.v1+json", artifactType="application/x.note")
OPTIONS = ["--retry", "5", "--retry-max-wait", "5ms", "--timeout", "5s", "-j", "1"]
DIGEST = re.escape(sha256(MODULE))

# The columns of the table: (method, path, command, requests that may accompany each of that kind)
PULL = ["pull", "{host}/a/app:1", "-o", "out/"]
PUSH = ["push", "oci:{layout}:app:1", "{host}/a/b:1"]
KINDS = {
    "manifest": ("GET", r"/v2/a/app/manifests/1", PULL, 0),
    "blob": ("GET", rf"/v2/a/app/blobs/{DIGEST}", PULL, 0),
    "head": ("HEAD", rf"/v2/a/b/blobs/{DIGEST}", PUSH, 0),
    "post": ("POST", r"/v2/a/b/blobs/uploads/", PUSH, 1),
    "patch": ("PATCH", r"/v2/.*/blobs/uploads/.+", PUSH, 3),
    "put-blob": ("PUT", r"/v2/.*/blobs/uploads/.+", PUSH, 3),
    "put-man": ("PUT", r"/v2/a/b/manifests/1", PUSH, 0),
    "token": ("GET", r"/token", PULL, 1),
    "referrers": ("GET", rf"/v2/a/app/referrers/{sha256(APP)}", ["tree", "{host}/a/app:1"], 0),
    "tags": ("GET", r"/v2/a/app/tags/list", ["ls", "{host}/a/app"], 0),
}
PUSHES = ("head", "post", "patch", "put-blob", "put-man")


@dataclasses.dataclass
class Cell:
    action: list
    options: list
    kind: str
    rc: int
    count: int
    exact: bool
    quick: bool

    def __str__(self):
        return f"{' '.join(self.action)} [{self.kind}]"


def read_matrix(path=HERE / "matrix.txt"):
    columns, cells = None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, options, row = (part.strip() for part in line.split("|"))
        if columns is None:
            columns = row.split()
            assert set(columns) == set(KINDS), columns
            continue
        quick = name.startswith("*")
        action, values = name.lstrip("* ").split(), row.split()
        assert len(values) == len(columns), f"{path.name}:{number}: {len(values)} cells"
        for kind, value in zip(columns, values):
            if value == ".":
                continue
            m = re.fullmatch(r"(ok|\d+)(=|<)(\d+)", value)
            assert m, f"{path.name}:{number}: '{value}'"
            cells.append(Cell(action, options.split(), kind, 0 if m[1] == "ok" else int(m[1]), int(m[3]), m[2] == "=", quick))
    names = [str(c) + " ".join(c.options) for c in cells]
    assert len(set(names)) == len(names), "a row stands twice"
    return cells


class Case:
    """One cell: a registry, the program run once, and what is wrong with how it went."""

    def __init__(self, cell, program, shared, folder):
        self.cell, self.program, self.shared, self.folder = cell, program, shared, folder
        self.method, self.path, self.command, self.around = KINDS[cell.kind]
        self.module = MODULE
        self.stop = threading.Event()
        self.others = []
        self.current, self.expired, self.tokens = None, False, 0
        self.lock = threading.Lock()
        self.seen = 0
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.closed_port = s.getsockname()[1]

    def second(self, uploads=None):
        """Another registry with the same content, on a port of its own."""
        if not self.others:
            self.others.append(self.fill(FakeRegistry()))
            if uploads is not None:
                self.others[0].uploads, self.others[0].blobs = uploads, self.reg.blobs
        return self.others[0]

    def token(self):
        self.tokens += 1
        self.current = f"t0k3n-{self.tokens}"
        return self.current

    def other_body(self, request):
        if "/blobs/" in request.path:
            return OTHER[:len(MODULE)]
        if "/referrers/" in request.path:
            return index([desc(OTHER_APP)])
        return b'{"name":"a/app","tags":["2"]}' if "/tags/" in request.path else OTHER_APP

    # ---- the good registry that the fault happens in ----

    def fill(self, reg):
        reg.add("a/app", "1", APP, [MODULE, CONFIG_BYTES])
        reg.add("a/app", None, REFERRER)
        if self.cell.kind in PUSHES:
            del reg.blobs[sha256(MODULE)]
        reg.on("GET", r"/v2/a/app/referrers/.*", self.referrers_reply)
        reg.on("GET", "/token", lambda q: self.token_reply())
        if self.cell.kind == "patch":
            reg.on("POST", KINDS["post"][1], self.begin_as_usual)
        if self.cell.kind == "token":
            reg.on("*", "/v2/.*", self.gate)
        return reg

    def token_reply(self):
        return Reply(200, b'{"token":"%s"}' % self.token().encode(), {"Content-Type": "application/json"})

    @staticmethod
    def referrers_reply(request):
        return Reply(200, index([LISTED] if sha256(APP) in request.path else []), {"Content-Type": INDEX})

    def begin_as_usual(self, request):
        name, *words = self.cell.action
        refused = name == "bearer" and ACTIONS["bearer"](self, request, None, *words)
        return refused or self.begin(request.usual())

    def begin(self, reply):
        if self.cell.kind == "patch":
            reply.headers["OCI-Chunk-Min-Length"] = "1000"
        return reply

    def has_token(self, request):
        return self.current and request.authorization == f"Bearer {self.current}"

    def gate(self, request):
        if self.has_token(request):
            return None
        return Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{self.reg.url}/token",service="s"'})

    def fault(self, request):
        with self.lock:
            n, self.seen = self.seen, self.seen + 1
        usual = request.usual
        below = {"referrers": lambda: self.referrers_reply(request), "token": self.token_reply}.get(self.cell.kind, usual)

        def marked():
            reply = below()
            reply.to_head = request.method == "HEAD"
            return reply

        request.usual = marked
        name, *words = self.cell.action
        return ACTIONS[name](self, request, n, *words) or marked()

    # ---- running ----

    def start(self):
        name, *words = self.cell.action
        if name in peers.PEERS:
            self.reg, self.options = peers.PEERS[name](self, *words)
            return
        self.reg, self.options = FakeRegistry(), []
        if name == "bearer":
            self.reg.on("*", "/v2/.*", lambda q: ACTIONS["bearer"](self, q, None, *words))
        self.fill(self.reg)
        self.reg.on(self.method, self.path, self.fault)

    def run(self):
        self.start()
        began = time.monotonic()
        args = [a.format(host=self.reg.host, layout=self.shared / "lay") for a in self.command]
        args += [*OPTIONS, *self.cell.options, *map(str, self.options)]
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        p = subprocess.Popen([self.program, *args], cwd=self.folder, env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = p.communicate(timeout=self.patience(args))
            hung = False
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
            hung = True
        self.seconds = time.monotonic() - began
        self.rc, self.out, self.err = p.returncode, out.decode(errors="replace"), err.decode(errors="replace")
        self.stop.set()
        problems = ["hangs"] if hung else list(self.judge())
        for reg in (self.reg, *self.others):
            reg.stop()
        return problems

    @staticmethod
    def patience(args):
        """Two timeouts for every attempt, the waits, and time to start on a busy machine."""
        def last(name):
            return args[len(args) - 1 - args[::-1].index(name) + 1]

        def seconds(text):
            return float(text[:-2]) / 1000 if text.endswith("ms") else float(text[:-1])

        attempts = int(last("--retry")) + 1
        return attempts * (min(2 * seconds(last("--timeout")), 3) + seconds(last("--retry-max-wait"))) + 5

    def requests(self):
        counted = getattr(self, "counted", None)
        if counted is not None:
            return counted()
        return sum(r.method == self.method and re.fullmatch(self.path, r.path.partition("?")[0]) is not None
                   for r in self.reg.requests)

    def judge(self):
        cell = self.cell
        if self.rc != cell.rc:
            yield f"exit {self.rc}, not {cell.rc}"
        n = self.requests()
        if n > cell.count or (cell.exact and n != cell.count):
            yield f"{n} requests, not {'' if cell.exact else 'at most '}{cell.count}"
        total = len(self.reg.requests) + sum(len(o.requests) for o in self.others)
        most = 12 + n * (2 + self.around)
        if total > most:
            yield f"{total} requests in all, at most {most} are due"
        if "Sanitizer" in self.err or "runtime error" in self.err:
            yield "a sanitizer reports"
        said = len(re.findall(r"^wpack: (?!warning)", self.err, re.M))
        if said != (self.rc != 0):
            yield f"{said} messages"
        yield from self.judge_pull() if cell.kind in ("manifest", "blob", "token") else (
            self.judge_push() if cell.kind in PUSHES else self.judge_list())

    def judge_pull(self):
        final = {p.name: p.read_bytes() for p in self.folder.rglob("*") if p.is_file() and ".wpack" not in p.parts}
        if self.rc == 0 and final != {"m.wasm": MODULE}:
            yield f"success with {sorted(final)}, not with the right bytes"
        if self.rc != 0 and final:
            yield f"failure with {sorted(final)}"
        if self.rc != 0 and self.out:
            yield "failure with a result on standard output"

    def judge_push(self):
        if not hasattr(self.reg, "manifests"):  # no registry is there
            return
        holds = self.reg.manifests.get(("a/b", "1"))
        if any(sha256(v) != k for k, v in self.reg.blobs.items()):
            yield "the registry holds a wrong blob"
        if self.rc == 0 and (not holds or sha256(holds[1]) != self.shared_digest() or sha256(MODULE) not in self.reg.blobs):
            yield "success, but the registry does not hold it"
        if self.rc != 0 and holds and self.cell.kind != "put-man":
            yield "failure, but the tag is there"

    def shared_digest(self):
        return (self.shared / "digest").read_text()

    def judge_list(self):
        right = {"tags": "1\n", "referrers": sha256(REFERRER)}[self.cell.kind]
        if self.rc == 0 and right not in self.out:
            yield f"success, but not the right list: {self.out!r}"
        if self.rc != 0 and right in self.out:
            yield "failure with a result on standard output"


def prepare(program, shared):
    """What all cases push: an artifact in a layout."""
    (shared / "m.wasm").write_bytes(MODULE)
    reg = FakeRegistry()
    reg.add("a/app", "1", APP, [MODULE, CONFIG_BYTES])
    p = subprocess.run([program, "pull", f"{reg.host}/a/app:1", "-o", "oci:lay:app:1"], cwd=shared, capture_output=True,
                       env={"PATH": os.environ["PATH"], "HOME": str(shared)})
    reg.stop()
    assert p.returncode == 0, p.stderr
    (shared / "digest").write_text(sha256(APP))
    peers.prepare(shared)


def run_cell(program, shared, cell):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="case-", dir=shared))
    case = Case(cell, program, shared, folder)
    try:
        problems = case.run()
    except Exception as e:  # the harness itself
        problems = [f"harness: {e!r}"]
        case.seconds, case.err = 0, ""
    shutil.rmtree(folder)
    return cell, problems, case.seconds, case.err


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--quick", action="store_true", help="the rows marked * only")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    cells = [c for c in read_matrix() if (c.quick or not options.quick) and options.only in str(c)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wpack-faults-") as shared:
        shared = pathlib.Path(shared)
        prepare(options.program, shared)
        work = functools.partial(run_cell, options.program, shared)
        deviating, slowest = 0, (0, "")
        with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
            for cell, problems, seconds, err in pool.map(work, cells):
                slowest = max(slowest, (seconds, str(cell)))
                if options.verbose or problems:
                    print(f"  {'DEVIATES' if problems else 'ok':8} {cell}: {'; '.join(problems) or f'{seconds:.2f} s'}")
                if problems:
                    deviating += 1
                    print("    " + "\n    ".join(err.strip().splitlines()[-4:]))
    print(f"faults: {len(cells)} cases, {len(cells) - deviating} as the table says, {deviating} deviate"
          f" ({time.monotonic() - began:.0f} s; slowest {slowest[0]:.1f} s: {slowest[1]})")
    return 1 if deviating or not cells else 0


if __name__ == "__main__":
    sys.exit(main())
