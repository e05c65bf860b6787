# SPDX-License-Identifier: Apache-2.0
"""A served layout under mixed load, killed again and again. Workers run wpack processes that push, pull, tag, remove,
attach, copy and build, collect garbage and read everything back; every few seconds the server is killed with SIGKILL,
in some rounds with every client, in the others under clients that try again. After each kill the folder is judged: by
hashes (support.check_layout), by `wpack fsck`, against the list of what was acknowledged, and through the server once
more. Then one server lives on, and its descriptors and memory must not grow.

    run.py --time SECONDS [--seed N] [--workers N] [--keep DIR]

The seed decides what every worker does; when the kills fall between two requests the scheduler decides. Needs WPACK_BIN."""

import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from support import check_layout, sample, sha256  # noqa: E402

WPACK = str(pathlib.Path(os.environ.get("WPACK_BIN", "build/release/wpack")).absolute())
HANG_S = 180
TAGS = 6
SIZES = [0, 1000, 70_000, 300_000, 5_000_000]
FDS_SLACK = 4
RSS_SLACK_KIB = 8 * 1024


class Failure(Exception):
    pass


class Server:
    """`wpack serve` on one port through all its lives."""

    def __init__(self, env, folder):
        self.env, self.folder = env, folder
        self.port = 0
        self.lives = 0
        self.process = None

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        log = open(self.folder.parent / "serve.log", "ab")
        self.process = subprocess.Popen([WPACK, "serve", f"oci:{self.folder}", "--addr", f"127.0.0.1:{self.port}"],
                                        env=self.env, stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise Failure(f"the server does not start: see serve.log ({line!r})")
        self.port = int(line.strip().rsplit(":", 1)[1])
        self.lives += 1

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.terminate()
        rc = self.process.wait(30)
        self.process.stdout.close()
        if rc not in (0, -15, 130, 143):
            raise Failure(f"the server ended with {rc}")

    def get(self, path, accept="*/*"):
        request = urllib.request.Request(f"http://{self.host}{path}", headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.headers, reply.read()

    def footprint(self):
        """(open descriptors, resident KiB)"""
        proc = pathlib.Path(f"/proc/{self.process.pid}")
        rss = next(line for line in (proc / "status").read_text().splitlines() if line.startswith("VmRSS:"))
        return len(list((proc / "fd").iterdir())), int(rss.split()[1])


class Gate:
    """Closed: no operation begins; idle() waits for the running ones."""

    def __init__(self):
        self.condition = threading.Condition()
        self.is_open = True
        self.running = 0
        self.over = False

    def enter(self):
        with self.condition:
            self.condition.wait_for(lambda: self.is_open or self.over)
            self.running += not self.over
            return not self.over

    def leave(self):
        with self.condition:
            self.running -= 1
            self.condition.notify_all()

    def close(self):
        with self.condition:
            self.is_open = False

    def idle(self):
        with self.condition:
            self.condition.wait_for(lambda: self.running == 0)

    def open(self):
        with self.condition:
            self.is_open = True
            self.condition.notify_all()

    def end(self):
        with self.condition:
            self.over = True
            self.condition.notify_all()


class Worker(threading.Thread):
    """One after the other, random operations on repositories of its own. `tags` maps "repo:tag" to the set of digests
    it may have now; None stands for absent. One element: it is known."""

    def __init__(self, soak, number):
        super().__init__(daemon=True)
        self.soak, self.number = soak, number
        self.rng = random.Random(f"{soak.seed}:{number}")
        self.tags = {}
        self.modules = {}  # digest of a manifest: file content
        self.referrers = {}  # digest of a subject: digests of its acknowledged referrers
        self.child = None
        self.counts = {}
        self.dir = soak.dir / f"worker{number}"
        self.dir.mkdir()

    # ---- one process ----

    def wpack(self, *args):
        """(exit status, stdout, stderr)"""
        self.child = subprocess.Popen([WPACK, *map(str, args)], cwd=self.dir, env=self.soak.env,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = self.child.communicate(timeout=HANG_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.communicate()
            raise Failure(f"hangs: wpack {' '.join(map(str, args))}") from None
        rc, self.child = self.child.returncode, None
        return rc, out.decode().rstrip("\n").rsplit("\n", 1)[-1].rsplit("@", 1)[-1], err.decode(errors="replace")

    def expect(self, operation, began, *args, also=()):
        """Runs; the digest on the last line, or None where it failed and was entitled to."""
        rc, last, err = self.wpack(*args)
        key = operation if rc == 0 else f"{operation} failed"
        self.counts[key] = self.counts.get(key, 0) + 1
        if rc == 0:
            return last
        if rc not in also and self.soak.alive_since(began):
            raise Failure(f"worker {self.number}: exit {rc} although the server lives: wpack"
                          f" {' '.join(map(str, args))}\n{err}")
        return None

    # ---- operations ----

    def ref(self, name):
        return f"{self.soak.server.host}/{name}"

    def any_name(self):
        return f"w{self.number}/{self.rng.choice('ab')}:t{self.rng.randrange(TAGS)}"

    def known(self):
        """Names that have exactly one digest."""
        return sorted(n for n, d in self.tags.items() if len(d) == 1 and None not in d)

    def module(self):
        """A file from the pool that all workers share, so that they meet at the blobs."""
        return self.rng.choice(self.soak.pool)

    def retries(self):
        return ["--retry", self.rng.choice([0, 5]), "--retry-max-wait", "1s"]

    def push(self, began):
        """A module, or a build in the layout; the annotation makes the manifest this worker's own."""
        name, file = self.any_name(), self.module()
        note = f"soak.n={self.number}.{self.rng.randrange(40)}"
        old = self.tags.get(name, {None})
        # What a push that fails may have left is only known by its annotation: the digest is asked for beforehand.
        rc, digest, err = self.wpack("build", file, "-t", "x:1", "-o", "oci:own", "-a", note)
        if rc != 0:
            if self.soak.alive_since(began):
                raise Failure(f"build: exit {rc}\n{err}")
            return
        self.modules[digest] = file.read_bytes()
        self.tags[name] = old | {digest}
        if self.rng.random() < 0.3:
            done = self.expect("build", began, "build", file, "-t", name, "-o", f"oci:{self.soak.layout}", "-a", note)
        else:
            done = self.expect("push", began, "push", file, self.ref(name), "-a", note, *self.retries())
        if done is not None:
            if done != digest:
                raise Failure(f"the same input gave {digest} and {done}")
            self.tags[name] = {digest}

    def pull(self, began):
        names = self.known()
        if not names:
            return
        name = self.rng.choice(names)
        (digest,) = self.tags[name]
        target = self.dir / "pulled.wasm"
        if self.expect("pull", began, "pull", self.ref(name), "-o", target, *self.retries()) is not None:
            if target.read_bytes() != self.modules[digest]:
                raise Failure(f"{name}: other bytes than were pushed")

    def tag(self, began):
        names = self.known()
        if not names:
            return
        source = self.rng.choice(names)
        repo = source.split(":")[0]
        tag = f"t{self.rng.randrange(TAGS)}"
        (digest,) = self.tags[source]
        target = f"{repo}:{tag}"
        old = self.tags.get(target, {None})
        self.tags[target] = old | {digest}
        if self.expect("tag", began, "tag", self.ref(source), tag, *self.retries()) is not None:
            self.tags[target] = {digest}

    def copy(self, began):
        names = self.known()
        if not names:
            return
        source, target = self.rng.choice(names), self.any_name()
        (digest,) = self.tags[source]
        old = self.tags.get(target, {None})
        self.tags[target] = old | {digest}
        where = self.ref(source) if self.rng.random() < 0.7 else f"oci:{self.soak.layout}:{source}"
        if self.expect("copy", began, "copy", where, self.ref(target), *self.retries()) is not None:
            self.tags[target] = {digest}

    def remove_tag(self, began):
        names = self.known()
        if not names:
            return
        name = self.rng.choice(names)
        (digest,) = self.tags[name]
        self.tags[name] = {digest, None}
        where = self.ref(name) if self.rng.random() < 0.7 else f"oci:{self.soak.layout}:{name}"
        # Trying again after an answer that was lost finds nothing.
        if self.expect("rm tag", began, "rm", where) is not None:
            self.tags[name] = {None}

    def remove_manifest(self, began):
        names = self.known()
        if not names:
            return
        name = self.rng.choice(names)
        (digest,) = self.tags[name]
        touched = [n for n, d in self.tags.items() if digest in d]
        for n in touched:
            self.tags[n] = self.tags[n] | {None}
        if self.expect("rm digest", began, "rm", self.ref(f"{name.split(':')[0]}@{digest}")) is not None:
            # One repository's manifest goes with its tags there; whether others keep theirs is seen at the next check.
            for n in touched:
                if n.split(":")[0] == name.split(":")[0]:
                    self.tags[n] = self.tags[n] - {digest}

    def attach(self, began):
        names = self.known()
        if not names:
            return
        name = self.rng.choice(names)
        (subject,) = self.tags[name]
        file = self.dir / "note.txt"
        file.write_text(f"{self.number} {self.rng.randrange(1000)}\n")
        referrer = self.expect("attach", began, "attach", self.ref(name), file, "--type", "text/plain",
                               *self.retries())
        if referrer is not None:
            self.referrers.setdefault(subject, set()).add(referrer)

    def gc(self, began):
        self.expect("gc", began, "gc", f"oci:{self.soak.layout}", "--min-age", "1h")

    def fsck(self, began):
        self.expect("fsck", began, "fsck", f"oci:{self.soak.layout}")

    OPERATIONS = [(push, 8), (pull, 4), (tag, 3), (copy, 3), (remove_tag, 2), (remove_manifest, 1), (attach, 2),
                  (gc, 1), (fsck, 1)]

    def run(self):
        operations, weights = zip(*self.OPERATIONS)
        try:
            while self.soak.gate.enter():
                try:
                    self.rng.choices(operations, weights)[0](self, self.soak.epoch)
                finally:
                    self.soak.gate.leave()
        except BaseException as e:  # noqa: BLE001: whatever it was, the run has failed
            self.soak.fail(e)


class Soak:
    def __init__(self, options, folder):
        self.seed, self.seconds = options.seed, options.time
        self.dir = folder
        self.layout = folder / "served"
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        self.rng = random.Random(f"{self.seed}:main")
        self.gate = Gate()
        self.epoch = 0  # odd: the server is down
        self.failure = None
        self.checks = 0
        self.pool = []
        for i in range(12):
            path = folder / f"m{i}.wasm"
            path.write_bytes(sample.core_module(sample.custom("n", self.rng.randbytes(SIZES[i % len(SIZES)]))))
            self.pool.append(path)
        self.server = Server(self.env, self.layout)
        self.workers = [Worker(self, i) for i in range(options.workers)]

    def fail(self, error):
        if self.failure is None:
            self.failure = error
        self.gate.end()

    def alive_since(self, epoch):
        return epoch == self.epoch and epoch % 2 == 0

    def raise_failure(self):
        if self.failure is not None:
            raise self.failure

    def pause(self, seconds):
        """Let the workers work; ends early when one has failed."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.failure is None:
            time.sleep(0.01)
        self.raise_failure()

    # ---- judging ----

    def fsck(self):
        p = subprocess.run([WPACK, "fsck", f"oci:{self.layout}"], env=self.env, capture_output=True, text=True,
                           timeout=HANG_S)
        if p.returncode != 0:
            raise Failure(f"fsck: exit {p.returncode}\n{p.stdout}{p.stderr}")

    def check_folder(self):
        """Idle: the folder is sound, and every name has a digest it may have. Afterwards each has one."""
        found = check_layout(self.layout)
        for w in self.workers:
            for name, allowed in w.tags.items():
                seen = found.get(name)
                if seen not in allowed:
                    raise Failure(f"{name} is {seen}, acknowledged was {allowed}")
                w.tags[name] = {seen}
        expected = {n for w in self.workers for n in w.tags}
        for name in found:
            if not name.startswith("sha256-") and ":sha256-" not in name and name not in expected:
                raise Failure(f"nobody gave the name {name}")
        self.fsck()
        self.checks += 1

    def check_server(self):
        """What the folder has, the server tells: names, and referrers of what has a name."""
        for w in self.workers:
            for name in w.known():
                (digest,) = w.tags[name]
                repo, tag = name.split(":")
                status, headers, body = self.server.get(f"/v2/{repo}/manifests/{tag}")
                if status != 200 or headers["Docker-Content-Digest"] != digest or sha256(body) != digest:
                    raise Failure(f"the server serves {headers['Docker-Content-Digest']} as {name}, not {digest}")
                listed = self.server.get(f"/v2/{repo}/referrers/{digest}")[2].decode()
                for referrer in w.referrers.get(digest, ()):
                    if referrer not in listed:
                        raise Failure(f"{name}: the referrer {referrer} was acknowledged and is not listed")
            # gc takes a referrer with its subject; the same subject may come again without it.
            alive = {d for n in w.known() for d in w.tags[n]}
            w.referrers = {s: r for s, r in w.referrers.items() if s in alive}

    # ---- rounds ----

    def start_again(self):
        self.server.start()
        self.epoch += 1

    def crash_round(self):
        """The server dies, in half of the rounds all clients with it; else they meet its next life."""
        self.pause(self.rng.uniform(0.8, 3))
        with_clients = self.rng.random() < 0.5
        if with_clients:
            self.gate.close()
        self.epoch += 1
        self.server.kill()
        if with_clients:
            for w in self.workers:
                child = w.child
                if child is not None:
                    child.kill()
            self.gate.idle()
            self.raise_failure()
            self.check_folder()
            self.start_again()
        else:
            self.start_again()
            self.pause(self.rng.uniform(0.2, 1))
            self.gate.close()
            self.gate.idle()
            self.raise_failure()
            self.check_folder()
        self.check_server()
        self.gate.open()

    def settled_footprint(self, limit):
        """Footprint once the connections of ended clients are gone, at most 20 s later."""
        end = time.monotonic() + 20
        fds, rss = self.server.footprint()
        while limit is not None and fds > limit and time.monotonic() < end:
            time.sleep(0.1)
            fds, rss = self.server.footprint()
        return fds, rss

    def long_life(self, seconds):
        """One server, no kills: descriptors and memory after a warm-up and at the end."""
        fresh_fds = self.server.footprint()[0]
        marks = []
        for part in (0.4, 0.3, 0.3):
            self.gate.open()
            self.pause(seconds * part)
            self.gate.close()
            self.gate.idle()
            self.raise_failure()
            self.check_folder()
            self.check_server()
            marks.append(self.settled_footprint(fresh_fds + FDS_SLACK))
        print("long-lived server: " + ", ".join(f"{fds} descriptors {rss} KiB" for fds, rss in marks))
        (_, warm), (fds, rss) = marks[0], marks[-1]
        if fds > fresh_fds + FDS_SLACK:
            raise Failure(f"descriptors grew from {fresh_fds} to {fds}")
        if rss > warm * 1.25 + RSS_SLACK_KIB:
            raise Failure(f"memory grew from {warm} to {rss} KiB")

    def run(self):
        begin = time.monotonic()
        self.server.start()
        for w in self.workers:
            w.start()
        try:
            while time.monotonic() - begin < self.seconds * 0.65:
                self.crash_round()
            self.long_life(self.seconds * 0.35)
        finally:
            self.gate.end()
            for w in self.workers:
                w.join(HANG_S)
            if self.server.process.poll() is None:
                self.server.stop()
        total = {}
        for w in self.workers:
            for key, n in w.counts.items():
                total[key] = total.get(key, 0) + n
        print(f"{self.server.lives - 1} kills, {self.checks} checks, "
              + ", ".join(f"{k} {n}" for k, n in sorted(total.items())))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--time", type=float, default=60)
    parser.add_argument("--seed", default=str(random.randrange(10**6)))
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--keep", help="work in this new folder and leave it")
    options = parser.parse_args()
    print(f"soak: seed {options.seed}, {options.time:g} s, {options.workers} workers", flush=True)
    folder = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="wpack-soak-")).absolute()
    folder.mkdir(exist_ok=True)
    try:
        Soak(options, folder).run()
    except (Failure, AssertionError) as e:
        print(f"soak: FAILED with seed {options.seed}; state in {folder}\n{e}", file=sys.stderr)
        return 1
    if not options.keep:
        shutil.rmtree(folder)
    print("soak: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
