# SPDX-License-Identifier: Apache-2.0
"""What holds for every command: help, options, one JSON value, silence with -q. The commands come from `wpack __dump`,
so that a new one is held to it too."""

import json
import os
import pathlib
import re
import resource
import subprocess

import pytest

from support import keys, sample

COMMANDS = ["build", "push", "pull", "sign", "verify", "attest", "keygen", "attach", "copy", "serve", "gc", "fsck",
            "inspect", "diff", "validate", "run", "test", "tree", "ls", "resolve", "tag", "rm", "raw", "login",
            "logout", "version", "completion"]
PINNED = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")


@pytest.fixture
def dump(wpack):
    return json.loads(wpack("__dump").out)


def test_these_are_the_commands(dump):
    assert [c["name"] for c in dump["commands"]] == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_help_tells_every_option(wpack, dump, name):
    row = next(c for c in dump["commands"] if c["name"] == name)
    r = wpack(name, "--help")
    assert r.err == ""
    assert row["summary"] in r.out
    own = {o["name"] for o in row["options"]}
    shared = dump["globalOptions"] + (dump["registryOptions"] if row["registry"] else [])
    wanted = row["options"] + [o for o in shared if o["name"] not in own]
    for o in wanted:
        lines = r.out.splitlines()
        at = next(i for i, x in enumerate(lines) if re.match(rf"  (    |-., )--{o['name']}( |\[|$)", x))
        # the words stand beside an option, or below one that is wide
        line = lines[at] if lines[at][33:].strip() and lines[at][32] == " " else lines[at] + lines[at + 1]
        assert o["help"] in line
        if "letter" in o:
            assert f"-{o['letter']}, --{o['name']}" in line
        for word in o.get("choices", "").split():
            assert word in line
    assert "-h, --help" in r.out
    assert max(map(len, r.out.splitlines())) <= 120
    assert wpack("help", name).out == r.out
    if row["alias"]:
        assert wpack(row["alias"], "-h").out == r.out
    assert wpack(name, "--format", "json", "--help").out == r.out, "help is for people in every form"
    assert wpack(name, "--help", env={"WPACK_FORMAT": "json"}).out == r.out


def test_overview_names_every_command(wpack):
    r = wpack("--help")
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", r.out, re.M), name
    assert "__dump" not in r.out
    assert wpack().out == r.out == wpack("help").out == wpack("-h").out


@pytest.mark.parametrize("name", COMMANDS)
def test_unknown_option_is_2_with_a_suggestion(wpack, name):
    rc = 125 if name == "run" else 2  # a guest may end with 2
    r = wpack(name, "--formt", "json", rc=rc)
    assert r.out == ""
    assert r.err == f"wpack: {name}: unknown option '--formt'\n  hint: did you mean '--format'?\n"
    r = wpack(name, "--zzzzzzzzzz", rc=rc)
    assert f"hint: 'wpack {name} --help' lists its options" in r.err
    r = wpack(name, "--zzzzzzzzzz", "--format", "json", rc=rc)
    assert r.json["error"]["code"] == "usage" and r.json["error"]["exit"] == rc
    assert r.json["error"]["message"] == f"{name}: unknown option '--zzzzzzzzzz'"


def test_unknown_command(wpack):
    assert "hint: did you mean 'wpack build'?" in wpack("biuld", rc=2).err
    assert "'wpack --help' lists the commands" in wpack("xyzzyxyzzy", rc=2).err
    assert "the command comes first" in wpack("--quiet", "ls", rc=2).err
    assert "unknown command 'nope'" in wpack("help", "nope", rc=2).err


@pytest.mark.parametrize("args, words", [
    (["pull"], "usage: wpack pull REF"),
    (["copy", "oci:a:b"], "usage: wpack copy SRC DST"),
    (["tag", "oci:a:b"], "usage: wpack tag SRC NEWTAG..."),
    (["raw", "get", "blob"], "usage: wpack raw get|head|put|delete manifest|blob REF"),
    (["version", "extra"], "unexpected argument 'extra'"),
    (["ls", "oci:a", "oci:b"], "unexpected argument 'oci:b'"),
])
def test_too_few_and_too_many_arguments(wpack, args, words):
    assert words in wpack(*args, rc=2).err


class World:
    """A layout with app:1, the same in a registry with a note attached, credentials: ready for a run of any command."""

    def __init__(self, wpack, module, host):
        self.host = host
        self.ref = f"{host}/a/app:1"
        (wpack.cwd / "note.txt").write_text("a note\n")
        (wpack.cwd / "start.wasm").write_bytes(sample.start_module())
        (wpack.cwd / "wpack.json").write_text('{"module": "start.wasm", "tests": [{"name": "runs"}]}')
        wpack("login", host, "-u", "alice", "-p", "secret", "--no-check", "-q")
        wpack("build", module, "-t", "app:1", "-o", "oci:lay", "-q")
        self.digest = wpack("push", "oci:lay:app:1", self.ref, "-q").digest
        wpack("attach", self.ref, "note.txt:text/plain", "--type", "application/vnd.acme.note", "-q")
        keys.pair(wpack.cwd, "k")
        wpack("sign", self.ref, "--key", "k.pem", "-q")
        self.layer = f"{host}/a/app@" + json.loads(wpack("inspect", self.ref, "--manifest").out)["layers"][0]["digest"]


@pytest.fixture
def world(wpack, module, serve):
    return World(wpack, module, serve().host)


# One run per command: arguments, and whether stdout ends in repo@sha256:…
RUNS = {
    "build": ("build hello.wasm -t x:1 -o oci:lay", True),
    "build-two": ("build hello.wasm -t x:1 -t y:1 -o oci:lay", True),
    "push": ("push hello.wasm {host}/b/app:1", True),
    "push-dry": ("push hello.wasm {host}/b/app:1 --dry-run", True),
    "push-files": ("push {host}/b/notes:1 note.txt:text/plain", True),
    "push-layout": ("push oci:lay:app:1 {host}/c/app:1", True),
    "pull": ("pull {ref} -o out/", True),
    "pull-layout": ("pull {ref} -o oci:other:app:1", True),
    "sign": ("sign {ref} --key k.pem", True),
    "sign-file": ("sign hello.wasm --key k.pem", False),
    "verify": ("verify {ref} --key k.pub", True),
    "attach": ("attach {ref} note.txt --type application/vnd.acme.other", True),
    "attest": ("attest {ref} --type sbom --no-sign", True),
    "copy": ("copy {ref} {host}/d/app:1", True),
    "copy-all": ("copy {host}/a/app oci:third:app --all-tags", True),
    "gc": ("gc oci:lay", False),
    "fsck": ("fsck oci:lay", False),
    "inspect": ("inspect {ref}", False),
    "inspect-file": ("inspect hello.wasm", False),
    "diff": ("diff hello.wasm {ref}", False),
    "validate": ("validate hello.wasm {ref}", False),
    "run": ("run start.wasm", False),
    "test": ("test", False),
    "tree": ("tree {ref}", False),
    "ls": ("ls {host}/a/app", False),
    "ls-host": ("ls {host}", False),
    "ls-layout": ("ls oci:lay", False),
    "resolve": ("resolve {ref}", True),
    "tag": ("tag {ref} two three", True),
    "rm": ("rm {ref}", True),
    "raw-head": ("raw head manifest {ref}", True),
    "raw-head-blob": ("raw head blob {layer}", True),
    "raw-put": ("raw put blob {host}/a/app --file note.txt", True),
    "keygen": ("keygen --plain", False),
    "login": ("login {host} -u alice -p secret --no-check", False),
    "logout": ("logout {host}", False),
    "version": ("version", False),
    "completion": ("completion bash", False),
}


@pytest.mark.parametrize("run", RUNS)
def test_one_json_value_and_nothing_else(wpack, world, run):
    args = RUNS[run][0].format(**vars(world)).split()
    r = wpack(*args, "--format", "json")
    assert r.out.count("\n") == 1 and isinstance(r.json, dict)
    assert "error" not in r.json
    assert not [x for x in r.err.splitlines() if not x.startswith("wpack: warning: ")], "notes are for people"


@pytest.mark.parametrize("run", RUNS)
def test_quiet_leaves_stderr_empty_and_the_result_whole(wpack, world, run):
    words, pinned = RUNS[run]
    args = words.format(**vars(world)).split()
    r = wpack(*args, "-q")
    assert [x for x in r.err.splitlines() if not x.startswith("wpack: warning: ")] == []
    if pinned:
        assert PINNED.fullmatch(r.last), r
        loud = wpack.run(*args)
        assert loud.rc != 0 or PINNED.fullmatch(loud.last), loud


def test_every_command_is_among_the_runs():
    assert {words.split()[0] for words, _ in RUNS.values()} == set(COMMANDS) - {"serve"}


def test_serve_tells_its_address_as_json(wpack):
    p = wpack.popen("serve", "oci:s", "--addr", "127.0.0.1:0", "--format", "json", stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True)
    try:
        assert json.loads(p.stdout.readline())["listening"].startswith("http://127.0.0.1:")
    finally:
        p.terminate()
        out, err = p.communicate(timeout=20)
    assert (p.returncode, out, err) in ((0, "", ""), (130, "", "")), (p.returncode, out, err)


def test_serve_raises_its_limit_of_descriptors(wpack):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    p = wpack.popen("serve", "oci:s", "--addr", "127.0.0.1:0", stdout=subprocess.PIPE, text=True,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard)))
    try:
        assert p.stdout.readline().startswith("listening on ")
        limits = pathlib.Path(f"/proc/{p.pid}/limits").read_text()
        assert re.search(r"Max open files +(\d+)", limits)[1] == str(min(hard, 65536))
    finally:
        p.terminate()
        p.communicate(timeout=20)


def test_jsonl_tells_blobs_then_the_result(wpack, module, world):
    other = wpack.cwd / "other.wasm"
    other.write_bytes(sample.core_module(sample.custom("x", b"y")))
    lines = [json.loads(x) for x in wpack("push", other, f"{world.host}/j/app:1", "--format", "jsonl").out.splitlines()]
    events, result = lines[:-1], lines[-1]
    assert {e["t"] for e in events} == {"blob"} and "t" not in result
    assert sorted((e["name"], e["state"], e["size"]) for e in events if e["name"] == "other.wasm") == [
        ("other.wasm", "done", other.stat().st_size)]
    assert len(events) == result["blobs"]["total"] == 2
    assert result["reference"].startswith(f"{world.host}/j/app@sha256:")
    plain = wpack("push", other, f"{world.host}/j/app:1", "--format", "json").json
    assert plain.keys() == result.keys()


def test_a_failure_is_one_json_value_too(wpack, world):
    r = wpack("resolve", f"{world.host}/a/app:nope", "--format", "json", rc=3)
    assert r.json["error"]["code"] == "not-found" and r.json["error"]["exit"] == 3
    assert r.json["error"]["message"] in r.err


def test_options_from_the_environment(wpack, world):
    assert wpack("resolve", world.ref, env={"WPACK_FORMAT": "json"}).json["digest"] == world.digest
    assert wpack("resolve", world.ref, "--format", "text", env={"WPACK_FORMAT": "json"}).last.endswith(world.digest)
    r = wpack("resolve", world.ref, env={"WPACK_FORMAT": "xml"}, rc=2)
    assert "WPACK_FORMAT: 'xml' is not one of: text json jsonl" in r.err
    r = wpack("resolve", world.ref, env={"WPACK_RETRY": "many"}, rc=2)
    assert "WPACK_RETRY: 'many' is not a whole number" in r.err


def test_version(wpack, dump):
    assert wpack("--version").out == wpack("-V").out == f"wpack {dump['version']}\n"
    r = wpack("version")
    assert r.out.startswith(f"wpack {dump['version']}\n")
    for library in ("OpenSSL", "jansson", "libcurl", "libmicrohttpd"):
        assert library in r.out
    doc = wpack("version", "--format", "json").json
    assert doc["version"] == dump["version"] and doc["curl"].startswith("libcurl/")


CURL_BUILT_IN = "(built in)" in subprocess.run([os.environ["WPACK_BIN"], "version"], capture_output=True,
                                             text=True).stdout
opens_libcurl = pytest.mark.skipif(CURL_BUILT_IN, reason="libcurl is a part of the program")


@pytest.mark.parametrize("library, word, lacks", [
    ("libcrypto.so.3", "openssl", "OpenSSL 3: not installed, nothing can be hashed"),
    pytest.param("libcurl.so.4", "curl", "libcurl: not installed, registries cannot be reached", marks=opens_libcurl),
    ("libmicrohttpd.so.12", "microhttpd", "libmicrohttpd: not installed, 'wpack serve' cannot run"),
])
def test_a_library_that_is_missing_is_missed_where_it_is_needed(wpack, tmp_path, module, library, word, lacks):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / library).write_text("not a library")
    without = {"LD_LIBRARY_PATH": str(tmp_path / "lib")}
    wpack("--help", env=without)
    assert f"  {lacks}\n" in wpack("version", env=without).out
    assert wpack("version", "--format", "json", env=without).json[word] is None
    command = {"openssl": ["build", module, "-o", "oci:lay", "-t", "v1"], "curl": ["ls", "127.0.0.1:1/x"],
               "microhttpd": ["serve", "oci:lay"]}[word]
    r = wpack(*command, env=without, rc=1)
    assert library.split(".")[0] in r.err and "apt install lib" in r.err


@pytest.mark.skipif(not CURL_BUILT_IN, reason="libcurl is opened as a library (make CURL=shared)")
def test_of_libcurls_libraries_only_those_that_are_needed_are_opened(wpack, tmp_path, world):
    """libcurl itself is within: nothing of it is missed; plain HTTP needs none of its libraries, TLS libssl."""
    (tmp_path / "lib").mkdir()
    for library in ("libcurl.so.4", "libssl.so.3", "libnghttp2.so.14", "libidn2.so.0", "libpsl.so.5", "libssh2.so.1"):
        (tmp_path / "lib" / library).write_text("not a library")
    without = {"LD_LIBRARY_PATH": str(tmp_path / "lib")}
    assert wpack("resolve", world.ref, env=without).last.endswith(world.digest)
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")  # who gives one means TLS
    r = wpack("resolve", world.ref, "--ca-file", tmp_path / "ca.pem", env=without, rc=1)
    assert r.err == ("wpack: libssl.so.3 is missing: install the libraries of libcurl (Debian: apt install libcurl4)\n")


def test_login_without_a_terminal_asks_nothing(wpack):
    r = wpack("login", "127.0.0.1:1", rc=2, stdin="alice\nsecret\n")
    assert "login: user name and password are missing" in r.err
    assert "--password-stdin" in r.err
    r = wpack("login", "127.0.0.1:1", "-u", "alice", rc=2, stdin="secret\n")
    assert "login: the password is missing" in r.err
    assert not (wpack.home / ".docker").exists()


def test_login_and_logout_keep_other_hosts(wpack):
    config = wpack.home / ".docker/config.json"
    wpack("login", "one.example", "-u", "alice", "--password-stdin", "--no-check", stdin="s3cret\n")
    wpack("login", "two.example:5000", "-u", "bob", "-p", "x", "--no-check")
    assert set(json.loads(config.read_text())["auths"]) == {"one.example", "two.example:5000"}
    assert config.stat().st_mode & 0o077 == 0
    r = wpack("logout", "one.example", "--format", "json")
    assert r.json["host"] == "one.example"
    assert set(json.loads(config.read_text())["auths"]) == {"two.example:5000"}


def test_closed_and_full_stdout(wpack, module):
    r = subprocess.run(["sh", "-c", f"'{wpack.path}' inspect hello.wasm >/dev/full"], cwd=wpack.cwd, env=wpack.env,
                       capture_output=True, text=True)
    assert r.returncode == 1 and "cannot write to standard output" in r.stderr
    read, write = os.pipe()
    os.close(read)
    p = wpack.popen("inspect", "hello.wasm", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert p.communicate()[1] == b"" and p.returncode == 141
