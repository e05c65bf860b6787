# SPDX-License-Identifier: Apache-2.0
"""What comes with the program: completions that the shells take, manual pages that render, an install that can be
undone. `make repro` compares two builds."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def need(name):
    path = shutil.which(name)
    if not path:
        pytest.skip(f"SKIP: {name} not installed")
    return path


@pytest.fixture(scope="session")
def release(wpack_bin):
    """The release build's variant, for what make itself puts together; other variants were built for tests only."""
    if pathlib.Path(wpack_bin) != ROOT / "build/release/wpack":
        pytest.skip("SKIP: only with build/release/wpack")
    return ROOT / "build/release"


def make(*args):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "-s", *args], cwd=ROOT, env=env, check=True, capture_output=True, timeout=300)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_parse(wpack, shell):
    program = need(shell)
    script = wpack.cwd / f"script.{shell}"
    script.write_text(wpack("completion", shell).out)
    p = subprocess.run([program, "-n", str(script)], capture_output=True, text=True)
    assert (p.returncode, p.stdout, p.stderr) == (0, "", "")
    script.write_text(script.read_text() + "\nif (\n")
    assert subprocess.run([program, "-n", str(script)], capture_output=True).returncode != 0, "the check can fail"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_know_every_command_and_option(wpack, shell):
    text = wpack("completion", shell).out
    dump = json.loads(wpack("__dump").out)
    for c in dump["commands"]:
        assert c["name"] in text
        for o in c["options"]:
            assert f"--{o['name']}" in text or f"-l {o['name']} " in text, o["name"]
    assert "__dump" not in text


def test_unknown_shell(wpack):
    assert "'tcsh' is not one of: bash zsh fish" in wpack("completion", "tcsh", rc=2).err


@pytest.mark.parametrize("words, wanted", [
    (["wpack", "pu"], {"push", "pull"}),
    (["wpack", ""], {"build", "push", "version", "--help"}),
    (["wpack", "build", "--ta"], {"--tag", "--target"}),
    (["wpack", "cp", "--all"], {"--all-tags"}),
    (["wpack", "ls", "--retry-"], {"--retry-max-wait"}),
    (["wpack", "version", "--format", ""], {"text", "json", "jsonl"}),
    (["wpack", "version", "--format", "jsonl"], {"jsonl"}),
    (["wpack", "build", "hel"], {"hello.wasm"}),
    (["wpack", "version", "--tag"], set()),
])
def test_bash_completes(wpack, module, words, wanted):
    (wpack.cwd / "c.bash").write_text(wpack("completion", "bash").out)
    quoted = " ".join(f"'{w}'" for w in words)
    text = f"source c.bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _wpack; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    p = subprocess.run([need("bash"), "--norc", "-c", text], cwd=wpack.cwd, capture_output=True, text=True)
    assert p.returncode == 0 and p.stderr == ""
    found = set(p.stdout.split())
    assert wanted <= found if "" in words[1:2] else found == wanted


def test_fish_completes(wpack):
    fish = need("fish")
    (wpack.cwd / "c.fish").write_text(wpack("completion", "fish").out)
    p = subprocess.run([fish, "--no-config", "-c", "source c.fish; complete -C 'wpack pu'; complete -C 'wpack cp --all'"],
                       cwd=wpack.cwd, env=wpack.env, capture_output=True, text=True)
    assert p.returncode == 0, p.stderr
    assert [x.split("\t")[0] for x in p.stdout.splitlines()] == ["pull", "push", "--all-tags"]


def test_manual_pages_render_without_warnings(wpack, release):
    groff = need("groff")
    make("man")
    pages = sorted((release / "man").glob("*.[15]"))
    options = {c["name"]: [o["name"] for o in c["options"]] for c in json.loads(wpack("__dump").out)["commands"]}
    names = set(options)
    assert {p.name for p in pages} == {f"wpack-{n}.1" for n in names} | {"wpack.1", "wpack-json.5", "wpack-policy.5"}
    for page in pages:
        p = subprocess.run([groff, "-man", "-ww", "-Tutf8", "-rLL=78n", str(page)], capture_output=True, text=True)
        assert (p.returncode, p.stderr) == (0, ""), page
        text = re.sub(".\b", "", p.stdout)
        assert "NAME" in text and page.name.rsplit(".", 1)[0] in text
        if page.name.removesuffix(".1")[6:] in names:
            assert all(f"--{o}" in text for o in options[page.name.removesuffix(".1")[6:]]), page


def test_install_and_uninstall(release, tmp_path):
    root = tmp_path / "root"
    make("install", f"DESTDIR={root}", "PREFIX=/usr")
    files = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
    assert [f for f in files if "/man/" not in f] == [
        "usr/bin/wpack", "usr/share/bash-completion/completions/wpack",
        "usr/share/fish/vendor_completions.d/wpack.fish", "usr/share/zsh/site-functions/_wpack"]
    pages = {p.name.removesuffix(".scd") for p in (ROOT / "cmd/man").glob("*.scd")}
    assert {f for f in files if "/man/" in f} == {f"usr/share/man/man{p[-1]}/{p}" for p in pages}
    for f in files:
        mode = (root / f).stat().st_mode & 0o777
        assert mode == (0o755 if f == "usr/bin/wpack" else 0o644), f
        assert (root / f).stat().st_size > 100
    p = subprocess.run([root / "usr/bin/wpack", "--version"], capture_output=True, text=True)
    assert p.stdout.startswith("wpack ")
    make("uninstall", f"DESTDIR={root}", "PREFIX=/usr")
    assert [p for p in root.rglob("*") if p.is_file()] == []
