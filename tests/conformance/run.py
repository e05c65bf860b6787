# SPDX-License-Identifier: Apache-2.0
"""The distribution-spec's own conformance suite against `wpack serve` and the other registries that are installed.

    run.py WPACK [--peers]

One table: how many cases passed, failed, ended in an error, were skipped, or are switched off by the suite itself. The
exit status judges wpack alone: 0 when nothing failed, erred or was skipped. The suite comes with `make peers`."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

PEERS = pathlib.Path(os.environ.get("WPACK_PEERS", pathlib.Path.home() / ".cache/wpack/peers"))
STABLE = {"OCI_VERSION": "1.1"}
DEV = {"OCI_VERSION": "dev"}
SPARSE = {"OCI_VERSION": "dev", "OCI_DATA_SPARSE": "true"}
# Fewer cases than this: the suite did not really run.
CASES = 800
SECONDS = 120


def find(name):
    for place in (PEERS / name, shutil.which(name)):
        if place and os.access(place, os.X_OK):
            return str(place)
    return None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Registry:
    """A registry in a folder of its own, from start to stop."""

    def __init__(self, args, folder, host=None):
        self.log = open(folder / "log", "wb")
        out = self.log if host else subprocess.PIPE
        self.process = subprocess.Popen(args, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=self.log,
                                        env={**os.environ, "OTEL_TRACES_EXPORTER": "none"})
        self.host = host
        if host is None:
            line = self.process.stdout.readline().decode()
            self.host = line.strip().removeprefix("listening on http://") or "127.0.0.1:0"
        self.wait()

    def wait(self):
        address, port = self.host.rsplit(":", 1)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as s:
                if s.connect_ex((address, int(port))) == 0:
                    return
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"{self.process.args[0]} does not listen")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def wpack(program, *options):
    return lambda folder: Registry([program, "serve", f"oci:{folder}/layout", "--addr", "127.0.0.1:0", *options], folder)


def crane(program, *options):
    def start(folder):
        host = f"127.0.0.1:{free_port()}"
        return Registry([program, "registry", "serve", "--address", host,
                         *[o.replace("FOLDER", str(folder / "disk")) for o in options]], folder, host)

    return start


def distribution(program):
    def start(folder):
        host = f"127.0.0.1:{free_port()}"
        (folder / "config.yml").write_text(
            "version: 0.1\nlog: {level: error}\n"
            f"storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}\n"
            f"http: {{addr: '{host}'}}\n")
        return Registry([program, "serve", str(folder / "config.yml")], folder, host)

    return start


def run_suite(suite, start, settings):
    """{pass, fail, error, skip, disabled, seconds}, and the report's lines about what did not pass."""
    with tempfile.TemporaryDirectory(prefix="wpack-conformance-") as name:
        folder = pathlib.Path(name)
        (folder / "disk").mkdir()
        try:
            registry = start(folder)
        except RuntimeError as e:
            return None, [str(e)]
        env = {k: v for k, v in os.environ.items() if not k.startswith("OCI_")}
        began = time.monotonic()
        try:
            p = subprocess.run([suite], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS,
                               text=True, env={**env, "OCI_REGISTRY": registry.host, "OCI_TLS": "disabled",
                                               "OCI_RESULTS_DIR": str(folder / "results"), "OCI_LOG": "error", **settings})
        except subprocess.TimeoutExpired:
            return None, [f"not done after {SECONDS} s"]
        finally:
            registry.stop()
        took = time.monotonic() - began
        report = folder / "results/junit.xml"
        if not report.exists():
            return None, [p.stderr.strip()[-500:] or "the suite left no report"]
        head = xml.parse(report).getroot().find("testsuite")
        n = {key: int(head.get(key, 0)) for key in ("tests", "failures", "errors", "skipped", "disabled")}
    counts = {"fail": n["failures"], "error": n["errors"], "skip": n["skipped"], "disabled": n["disabled"]}
    counts["pass"] = n["tests"] - sum(counts.values())
    bad = [line.strip() for line in p.stdout.splitlines()
           if line.startswith(" ") and line.rstrip().endswith((": FAIL", ": Error", ": Skip"))]
    if n["tests"] < CASES:
        return None, [f"only {n['tests']} cases ran"]
    return {**counts, "seconds": took}, bad


def rows(program, with_peers):
    """(registry, version, start or None, settings, is it ours)"""
    yield "wpack serve", "1.1", wpack(program), STABLE, True
    yield "wpack serve", "dev", wpack(program), DEV, True
    yield "wpack serve --sparse", "dev+sparse", wpack(program, "--sparse"), SPARSE, True
    if not with_peers:
        return
    for label, name, make in (
        ("docker-registry 2.8", "docker-registry", distribution),
        ("distribution 3", "registry", distribution),
        ("crane registry, memory", "crane", crane),
        ("crane registry, disk", "crane", lambda path: crane(path, "--disk", "FOLDER")),
    ):
        path = find(name)
        for version, settings in (("1.1", STABLE), ("dev+sparse", SPARSE)):
            yield label, version, make(path) if path else None, settings, False


def main():
    program = os.path.abspath(sys.argv[1])
    suite = find("conformance")
    if suite is None:
        print("SKIP: conformance not installed (make peers)", file=sys.stderr)
        return 0
    columns = ("pass", "fail", "error", "skip", "disabled", "seconds")
    print(f"{'registry':24}{'version':12}" + "".join(f"{c:>9}" for c in columns), flush=True)
    failed = False
    for label, version, start, settings, ours in rows(program, "--peers" in sys.argv[2:]):
        line = f"{label:24}{version:12}"
        if start is None:
            print(f"{line} SKIP: not installed (make peers)", flush=True)
            continue
        counts, bad = run_suite(suite, start, settings)
        if counts is None:
            print(f"{line} {bad[0]}", flush=True)
        else:
            print(line + "".join(f"{counts[c]:9d}" for c in columns[:-1]) + f"{counts['seconds']:9.1f}", flush=True)
        if ours and (counts is None or counts["fail"] + counts["error"] + counts["skip"] > 0):
            failed = True
            print("\n".join(f"    {text}" for text in bad[:40]), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
