#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The crash harness: every command of rows.py is killed, failed and robbed of its power at every point; the judge, who
shares no code with wpack, reads what is left. `make crash`, `--quick`, `--points 0` for every power-loss point,
`--self-test` to see that missing fsyncs are caught, `--peers` for other programs under the same treatment."""

import argparse
import concurrent.futures
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).parent))

# E402: what stands beside this file is found only from here on.
import disk  # noqa: E402
import faults  # noqa: E402
import methods  # noqa: E402
import peers  # noqa: E402
import rows  # noqa: E402

METHODS = ("kill", "torn", "error", "short", "full", "ext4", "xfs")


def spread(items, budget, seed=1):
    """Evenly chosen items, all of them for 0. One from each stretch, not each n-th: the list has its own rhythm."""
    if budget <= 0 or len(items) <= budget:
        return items
    pick = random.Random(seed)
    return [items[int((i + pick.random()) * len(items) / budget)] for i in range(budget)]


class Harness:
    def __init__(self, wpack, work, jobs):
        self.wpack, self.work, self.jobs = wpack, pathlib.Path(work), jobs
        self.seed = 1
        self.statuses = methods.statuses(ROOT)
        self.count = {}  # (row name, method) -> [points, violations]
        self.found = []
        self.skipped = []
        self.fs = []
        self.bases = {}  # (fs, row name) -> Image
        self.local = threading.local()
        self.lock = threading.Lock()

    # ---- preparation ----

    def compile_shim(self):
        path = self.work / "shim.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", path, pathlib.Path(__file__).parent / "shim.c"], check=True)
        faults.SHIM = str(path)

    def skip(self, text):
        print(f"SKIP: {text}", flush=True)
        self.skipped.append(text)

    def find_disks(self):
        for fs in disk.SIZE:
            why = disk.works(fs, self.work)
            if why:
                self.skip(f"power loss on {fs}: {why}")
            else:
                self.fs.append(fs)

    def start_dir(self, row):
        return self.work / ("start-" + "".join(c if c.isalnum() else "-" for c in row.name))

    def make_bases(self, table):
        for fs in self.fs:
            empty = disk.Image(fs, self.work / f"{fs}.img", self.work / "mnt")
            empty.make()
            for row in table:
                start = self.start_dir(row)
                image = empty.clone(f"{start}.{fs}", self.work / "mnt")
                image.mount()
                shutil.copytree(start, image.mountpoint / "w")
                image.umount()
                self.bases[fs, row.name] = image

    # ---- one point ----

    def place(self):
        if not hasattr(self.local, "place"):
            self.local.place = pathlib.Path(tempfile.mkdtemp(dir=self.work))
        return self.local.place

    def in_folder(self, row, fn, *args):
        folder = self.place() / "w"
        shutil.copytree(self.start_dir(row), folder)
        try:
            return fn(self, row, folder, *args)
        finally:
            shutil.rmtree(folder)

    def in_image(self, row, fs, *args):
        image = self.bases[fs, row.name].clone(self.place() / "img", self.place() / "mnt")
        try:
            return methods.power(self, row, image, *args)
        finally:
            image.drop()

    def point(self, job):
        row, method, label, fn, args = job
        try:
            wrong = fn(row, *args)
        except Exception:  # the harness itself failed: as bad as a violation
            wrong = ["the harness: " + traceback.format_exc().strip().splitlines()[-1]]
        with self.lock:
            cell = self.count.setdefault((row.name, method), [0, 0])
            cell[0] += 1
            cell[1] += 1 if wrong else 0
            self.found += [f"{row.name}: {method} {label}: {text}" for text in wrong]

    def run(self, jobs):
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            list(pool.map(self.point, jobs))

    # ---- the plan ----

    def plan_processes(self, table, budget):
        kills, errors, more = [], [], []
        for row in [r for r in table if not r.script]:
            every = faults.points(self.wpack, row, self.fresh(row), faults.ALL)
            for call, n in every:
                at = f"{call}#{n}"
                kills.append((row, "kill", at, self.folder_job(methods.kill), (call, n)))
                if call in faults.MUTATING:
                    for zero in (False, True):
                        kills.append((row, "torn", at + (" zeros" if zero else " cut"), self.folder_job(methods.torn),
                                      (call, n, zero)))
                for name in methods.ERRNOS:
                    errors.append((row, "error", f"{at} {name}", self.folder_job(methods.error), (call, n, name)))
            more.append((row, "short", "all", self.folder_job(methods.short), ()))
            if not disk.no_mounts():
                for pages in (0, 1, 2, 3, 4, 5, 6, 8, 12, 20, 50, 100, 145, 147, 149, 151, 160):
                    more.append((row, "full", f"{pages} pages", self.folder_job(methods.full), (pages,)))
        if disk.no_mounts():
            self.skip(f"full disk: {disk.no_mounts()}")
        return [job for jobs in (kills, errors, more) for job in spread(jobs, budget, self.seed)]

    def plan_power(self, table, budget, shim=None, modes=None):
        ends, inner = [], []
        for row in table:
            for fs in self.fs:
                job = self.image_job(fs)
                for commit in (True, False):
                    ends.append((row, fs, "at the end" + (", journal written" if commit else ""), job,
                                 (None, 0, False, commit, shim)))
            for call, n in faults.points(self.wpack, row, self.fresh(row), faults.MUTATING, shim):
                for rerun, commit in modes or ((False, True), (False, False), (True, False)):
                    for fs in self.fs:
                        label = f"{call}#{n}" + (" and a second run" if rerun else "")
                        inner.append((row, fs, label + (", journal written" if commit else ""), self.image_job(fs),
                                      (call, n, rerun, commit, shim)))
        return ends + spread(inner, max(1, budget - len(ends)) if budget else 0, self.seed)

    def folder_job(self, fn):
        return lambda row, *args: self.in_folder(row, fn, *args)

    def image_job(self, fs):
        return lambda row, *args: self.in_image(row, fs, *args)

    def fresh(self, row):
        folder = self.place() / "count"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.start_dir(row), folder)
        return folder

    # ---- the report ----

    def table(self, table):
        used = [m for m in METHODS if any((r.name, m) in self.count for r in table)]
        width = max(len(r.name) for r in table) + 2
        lines = ["points/violations".ljust(width) + "".join(f"{m:>10}" for m in used) + f"{'all':>12}"]
        for name in [r.name for r in table] + ["all"]:
            cells = []
            for m in used:
                own = [c for (r, o), c in self.count.items() if o == m and name in (r, "all")]
                cells.append((sum(c[0] for c in own), sum(c[1] for c in own)))
            total = (sum(a for a, _ in cells), sum(b for _, b in cells))
            lines.append(name.ljust(width) + "".join(f"{f'{a}/{b}':>10}" for a, b in cells) + f"{f'{total[0]}/{total[1]}':>12}")
        return "\n".join(lines)

    def violations(self):
        return sum(c[1] for c in self.count.values())

    def total(self):
        return sum(c[0] for c in self.count.values())


def learn(h, table):
    for row in table:
        rows.learn(h.wpack, row, h.start_dir(row))


def self_test(h, table, points):
    """Without fsync, and without that of folders only, the harness must find violations; as it is, none."""
    ok = True
    h.make_bases(table)
    for title, shim, wanted in (("as it is", None, False), ("no fsync", {"CRASH_NOSYNC": "all"}, True),
                                ("no fsync of files", {"CRASH_NOSYNC": "files"}, True),
                                ("no fsync of folders", {"CRASH_NOSYNC": "dirs"}, True)):
        h.count, h.found = {}, []
        h.run(h.plan_power(table, points, shim))
        seen = h.violations() > 0
        print(f"self-test: {title}: {h.total()} points, {h.violations()} violations"
              + ("" if seen == wanted else "   WRONG"), flush=True)
        for text in h.found[:3 if wanted else 20]:
            print(f"    {text}")
        ok = ok and seen == wanted and h.total() > 0
    print("self-test: " + ("the harness sees what is missing" if ok else "FAILED"))
    return 0 if ok else 1


def work_folder():
    """Memory is quick, and the images are small."""
    shm = pathlib.Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="wpack-crash-", dir=shm if os.access(shm, os.W_OK) else None,
                                       ignore_cleanup_errors=True)


def private_mounts():
    """What is mounted here is seen by nobody else and goes with the process."""
    if os.geteuid() != 0 or os.environ.get("WPACK_CRASH_PRIVATE"):
        return
    if not shutil.which("unshare") or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        return
    os.environ["WPACK_CRASH_PRIVATE"] = "1"
    os.execvp("unshare", ["unshare", "-m", sys.executable, "-B", *sys.argv])


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("wpack")
    p.add_argument("--points", type=int, default=1000, help="power-loss points, and half as many of each other kind (0: all)")
    p.add_argument("--quick", action="store_true", help="a few commands and points, well under a minute")
    p.add_argument("--row", action="append", help="only this command, may be repeated")
    p.add_argument("--only", choices=("processes", "power"), help="one half of the plan")
    p.add_argument("--seed", type=int, default=1, help="which points are chosen")
    p.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    p.add_argument("--self-test", action="store_true")
    p.add_argument("--peers", action="store_true")
    args = p.parse_args()
    private_mounts()
    os.nice(10)
    if shutil.which("strace") is None:
        print("SKIP: strace is not installed\ncrash: 0 points, 1 SKIP")
        return 0
    started = time.monotonic()
    points = 60 if args.quick or args.self_test and args.points == 1000 else args.points
    others = 30 if args.quick else points // 2
    table = [r for r in rows.ROWS if not args.row or r.name in args.row]
    if not args.row and (args.quick or args.self_test):
        table = [r for r in rows.ROWS if r.name in rows.QUICK]
    with work_folder() as work:
        # A build that goes on beside us must not change what is tested.
        h = Harness(shutil.copy(args.wpack, pathlib.Path(work) / "wpack"), work, args.jobs)
        h.seed = args.seed
        h.compile_shim()
        if args.only != "processes":
            h.find_disks()
        if args.peers:
            return peers.run(h, args.points if args.points != 1000 else 24)
        learn(h, table)
        if args.self_test:
            return self_test(h, table, points) if h.fs else 0
        jobs = [] if args.only == "power" else h.plan_processes(table, others)
        if h.fs:
            h.make_bases(table)
            jobs += h.plan_power(table, points)
        h.run(jobs)
        print(h.table(table))
        for text in h.found[:200]:
            print(f"VIOLATION {text}")
        print(f"crash: {h.total()} points, {h.violations()} violations, {len(h.skipped)} SKIP,"
              f" {time.monotonic() - started:.0f} s")
        return 1 if h.violations() or not h.total() else 0


if __name__ == "__main__":
    sys.exit(main())
