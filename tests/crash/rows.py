# SPDX-License-Identifier: Apache-2.0
"""The commands under test, one row each: what is there before, the command, where to look. What must hold afterwards is
measured, not written down: the setup gives the names before, an undisturbed run the names after."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys

import judge

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from support import sample  # noqa: E402  (found only from here on)


class Row:
    def __init__(self, name, setup, command, target="lay", kind="layout", rerun=(0,), exact=False, program=None,
                 script=False):
        self.name, self.setup, self.command, self.target, self.kind = name, setup, command, target, kind
        self.rerun = rerun  # statuses of a second run that mean "as asked"
        self.exact = exact  # the blobs are part of the promise as well
        self.program = program  # None: wpack; else another program, whose own habits are not judged
        self.script = script  # the command is for the shell; only power losses are tried
        self.before = self.after = self.blobs = None

    def look(self, folder):
        place = pathlib.Path(folder) / self.target
        v = judge.layout(place) if self.kind == "layout" else judge.folder(place)
        if self.program:
            v.broken = []  # where other programs keep their temporary files is their affair
        return v

    def judge(self, folder, acknowledged, exact=True):
        v = self.look(folder)
        return judge.promises(v, self.before, self.after, acknowledged, self.blobs if self.exact and exact else None)


SRC = [
    ["build", "app.wasm", "-t", "v1", "-o", "oci:src"],
    ["attach", "oci:src:v1", "sbom.json", "--type", "application/spdx+json"],
]
OLD = [["build", "old.wasm", "-t", "v0", "-o", "oci:lay"], ["tag", "oci:lay:v0", "latest"]]

ROWS = [
    Row("build", [], ["build", "app.wasm", "-t", "v1", "-o", "oci:lay"]),
    Row("build, there", OLD, ["build", "app.wasm", "-t", "latest", "-o", "oci:lay"]),
    Row("push", OLD, ["push", "app.wasm", "oci:lay:v1"]),
    Row("pull, folder", SRC, ["pull", "oci:src:v1", "-o", "out/deep/"], "out/deep", "folder"),
    Row("pull, over", [*SRC, ["!cp", "old.wasm", "out/app.wasm"]], ["pull", "oci:src:v1", "-o", "out/"], "out", "folder"),
    Row("pull, layout", SRC, ["pull", "oci:src:v1", "-o", "oci:lay:v1"]),
    Row("copy", [*SRC, *OLD], ["copy", "oci:src:v1", "oci:lay:latest"]),
    Row("attach", OLD, ["attach", "oci:lay:v0", "sbom.json", "--type", "application/spdx+json"]),
    Row("tag", [["build", "app.wasm", "-t", "v1", "-o", "oci:lay"], *OLD], ["tag", "oci:lay:v1", "latest", "new"]),
    Row("rm", [["build", "app.wasm", "-t", "v1", "-o", "oci:lay"], *OLD], ["rm", "oci:lay:v1"], rerun=(0, 3)),
    Row("gc", [["build", "app.wasm", "-t", "v1", "-o", "oci:lay"],
               ["attach", "oci:lay:v1", "sbom.json", "--type", "application/spdx+json"], *OLD, ["rm", "oci:lay:v1"]],
        ["gc", "oci:lay", "--min-age", "1ms"], exact=True),
]
# A client is told 201 by the server: then it is there, whatever happens to the machine.
SERVE = """rm -f port; mkfifo port
setpriv --pdeathsig KILL "$WPACK" serve oci:lay --addr 127.0.0.1:0 >port &
read -r _ _ url <port
"$WPACK" push app.wasm "${url#http://}/x:v1" --retry 0
status=$?
kill -9 $!; wait $!
exit $status
"""
ROWS.append(Row("push, serve", OLD, ["-c", SERVE], script=True))
QUICK = ("build", "pull, folder", "copy", "gc")


def words(wpack, row):
    return ["/bin/sh" if row.script else row.program or wpack, *row.command]


def environment(folder, wpack=""):
    return {"WPACK": wpack, "PATH": os.environ["PATH"], "HOME": str(pathlib.Path(folder) / "home"), "LC_ALL": "C.UTF-8",
            "OTEL_TRACES_EXPORTER": "none"}


def bounded(argv, folder, env):
    """(status, stderr); a command that hangs is killed with all it started, its status is 'hang'."""
    p = subprocess.Popen(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.PIPE, start_new_session=True)
    try:
        err = p.communicate(timeout=60)[1]
        return p.returncode, err.decode(errors="replace")
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, signal.SIGKILL)
        return "hang", p.communicate()[1].decode(errors="replace")


def run(wpack, row, folder, extra=None):
    """The command undisturbed: (status, stderr)."""
    return bounded(words(wpack, row), folder, {**environment(folder, wpack), **(extra or {})})


def prepare(wpack, row, folder):
    """Files and setup of a row in an empty folder."""
    folder = pathlib.Path(folder)
    (folder / "home").mkdir(parents=True)
    (folder / "app.wasm").write_bytes(sample.core_module(payload=600_000))
    (folder / "old.wasm").write_bytes(sample.core_module(payload=70_000))
    (folder / "sbom.json").write_text('{"spdxVersion": "SPDX-2.3"}\n')
    for step in row.setup:
        if step[0] == "!cp":
            (folder / step[2]).parent.mkdir(exist_ok=True)
            shutil.copy(folder / step[1], folder / step[2])
            continue
        p = subprocess.run([wpack, *step], cwd=folder, env=environment(folder), capture_output=True)
        if p.returncode != 0:
            raise SystemExit(f"crash: setup of '{row.name}': {' '.join(step)}: {p.stderr.decode(errors='replace')}")


def learn(wpack, row, folder):
    """Fill in before, after and blobs; `folder` keeps the state before."""
    prepare(wpack, row, folder)
    row.before = row.look(folder).names
    scratch = f"{folder}-after"
    shutil.copytree(folder, scratch)
    status, err = run(wpack, row, scratch)
    v = row.look(scratch)
    if status != 0 or v.all() or v.names == row.before and not row.exact:
        raise SystemExit(f"crash: '{row.name}' undisturbed: exit {status}, {v.all()}\n{err}")
    row.after, row.blobs = v.names, v.blobs
    shutil.rmtree(scratch)
