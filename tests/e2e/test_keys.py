# SPDX-License-Identifier: Apache-2.0
"""Keys: made, imported, asked for passwords, held by programs and tokens; nothing of them is seen where it should not be.
Other programs (cosign, openssl, ssh-keygen, minisign, softhsm2) open what wpack writes, and the other way round."""

import base64
import json
import os
import re
import stat
import subprocess

import pytest

from conftest import find_peer
from support import terminal

CANARY = "canary-Pa55word-7f3e"
MODULE = "/usr/lib/softhsm/libsofthsm2.so"


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def tool(*args, cwd, rc=0, stdin=b"", env=None):
    program = find_peer(args[0])
    p = subprocess.run([program, *map(str, args[1:])], cwd=cwd, input=stdin, capture_output=True, timeout=120,
                       env={"PATH": os.environ["PATH"], "HOME": str(cwd), **(env or {})})
    assert p.returncode == rc, (args, p)
    return p.stdout


@pytest.fixture
def keygen(wpack):
    def run(*args, password=CANARY, **more):
        return wpack("keygen", *args, env={"WPACK_KEY_PASSWORD": password}, **more)

    return run


@pytest.fixture
def blob(tmp_path):
    path = tmp_path / "data.bin"
    path.write_bytes(b"what is signed\n" * 100)
    return path


def signs_and_verifies(wpack, key, pub, blob, *args, env=None):
    """With what wpack makes by default of such a key."""
    told = wpack("sign", "--key", key, blob, "-o", "sig.json", "--format", "json", *args, env=env)
    assert CANARY not in told.out + told.err + (wpack.cwd / "sig.json").read_text()
    wpack("verify", "--key", pub, blob, "--bundle", "sig.json")
    other = blob.with_name("other.bin")
    other.write_bytes(blob.read_bytes() + b"!")
    wpack("verify", "--key", pub, other, "--bundle", "sig.json", rc=12)


# ---- files ----

@pytest.mark.parametrize("umask", [0, 0o077])
def test_modes_whatever_the_umask(wpack, keygen, umask):
    wpack_env = {**wpack.env, "WPACK_KEY_PASSWORD": CANARY}
    subprocess.run([wpack.path, "keygen", "-o", "one"], cwd=wpack.cwd, env=wpack_env, check=True, umask=umask,
                   stdin=subprocess.DEVNULL, capture_output=True)
    assert mode(wpack.cwd / "one.key") == 0o600
    assert mode(wpack.cwd / "one.pub") == 0o644 & ~umask
    assert sorted(p.name for p in wpack.cwd.iterdir() if p.is_file()) == ["one.key", "one.pub"]


def test_names_and_answers(wpack, keygen):
    assert keygen().out == "wpack.key\nwpack.pub\n"
    assert keygen("-o", "release.key").out == "release.key\nrelease.pub\n"
    answer = json.loads(keygen("-o", "j", "--type", "ed25519", "--format", "json").out)
    assert {k: answer[k] for k in ("key", "public", "keyFormat")} == \
        {"key": "j.key", "public": "j.pub", "keyFormat": "sigstore"}
    assert len(base64.b64decode(answer["keyId"])) == 32
    assert keygen("--public", "j.key").out == (wpack.cwd / "j.pub").read_text()
    assert keygen("--public", "j.pub").out == (wpack.cwd / "j.pub").read_text()
    assert json.loads(keygen("--public", "j.key", "--format", "json").out)["keyId"] == answer["keyId"]


def test_nothing_is_overwritten(wpack, keygen, tmp_path):
    keygen()
    before = (tmp_path / "wpack.key").read_bytes()
    again = keygen(rc=1)
    assert "'wpack.key' is already there" in again.err and "--force" in again.err
    (tmp_path / "b.pub").symlink_to("nowhere")
    assert "'b.pub' is already there" in keygen("-o", "b", rc=1).err
    assert not (tmp_path / "b.key").exists() and not (tmp_path / "nowhere").exists()
    assert (tmp_path / "wpack.key").read_bytes() == before
    keygen("--force")
    assert (tmp_path / "wpack.key").read_bytes() != before and mode(tmp_path / "wpack.key") == 0o600
    # A symlink is replaced, not written through.
    (tmp_path / "target").write_text("stays")
    (tmp_path / "c.key").symlink_to("target")
    keygen("-o", "c", "--force")
    assert (tmp_path / "target").read_text() == "stays" and not (tmp_path / "c.key").is_symlink()


def test_wrong_requests(wpack, keygen):
    assert "writes nothing" in keygen("--public", "x", "--plain", rc=2).err
    assert "an imported key is what it is" in keygen("--import", "x", "--type", "ed25519", rc=2).err
    assert "--type" in keygen("--type", "dsa", rc=2).err
    keygen("--import", "absent", rc=3)
    assert "none" not in keygen("--public", "absent", rc=3).out


def test_others_may_read_it(wpack, keygen, blob):
    keygen("--plain")
    os.chmod(wpack.cwd / "wpack.key", 0o644)
    r = wpack("sign", "--key", "wpack.key", blob)
    assert "others may read this private key (mode 0644); chmod 600 wpack.key" in r.err


# ---- other programs ----

@pytest.mark.parametrize("kind", ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "ed25519"])
def test_cosign_opens_our_files(wpack, keygen, blob, tmp_path, kind):
    keygen("--type", kind)
    pub = tool("cosign", "public-key", "--key", "wpack.key", cwd=tmp_path, env={"COSIGN_PASSWORD": CANARY})
    assert pub == (tmp_path / "wpack.pub").read_bytes()
    signs_and_verifies(wpack, "wpack.key", "wpack.pub", blob, env={"COSIGN_PASSWORD": CANARY})


def test_we_open_cosigns_files(wpack, blob, tmp_path):
    tool("cosign", "generate-key-pair", cwd=tmp_path, env={"COSIGN_PASSWORD": CANARY})
    env = {"COSIGN_PASSWORD": CANARY}
    assert wpack("keygen", "--public", "cosign.key", env=env).out == (tmp_path / "cosign.pub").read_text()
    signs_and_verifies(wpack, "cosign.key", "cosign.pub", blob, env=env)
    wrong = wpack("keygen", "--public", "cosign.key", env={"COSIGN_PASSWORD": "wrong"}, rc=2)
    assert "cosign.key: the password is wrong, or the file is damaged" in wrong.err


@pytest.mark.parametrize("command", [
    ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "k.pem"],
    ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "k.pem"],
    ["genpkey", "-algorithm", "ED25519", "-out", "k.pem"],
    ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521", "-outform", "DER", "-out", "k.pem"],
    ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-aes256", "-pass", "pass:" + CANARY,
     "-out", "k.pem"],
    ["ecparam", "-genkey", "-name", "prime256v1", "-out", "k.pem"],
    ["genrsa", "-traditional", "-out", "k.pem", "3072"],
])
def test_openssls_keys_are_imported(wpack, keygen, blob, tmp_path, command):
    tool("openssl", *command, cwd=tmp_path)
    form = ["-inform", "DER"] if "DER" in command else []
    pub = tool("openssl", "pkey", "-in", "k.pem", *form, "-passin", "pass:" + CANARY, "-pubout", cwd=tmp_path)
    keygen("--import", "k.pem", "-o", "mine")
    assert (tmp_path / "mine.pub").read_bytes() == pub
    assert b"BEGIN ENCRYPTED SIGSTORE PRIVATE KEY" in (tmp_path / "mine.key").read_bytes()
    signs_and_verifies(wpack, "mine.key", "mine.pub", blob, env={"WPACK_KEY_PASSWORD": CANARY})
    # Directly, too; and written plain it is OpenSSL's again.
    signs_and_verifies(wpack, "k.pem", "mine.pub", blob, env={"WPACK_KEY_PASSWORD": CANARY})
    keygen("--import", "mine.key", "-o", "plain", "--plain")
    assert tool("openssl", "pkey", "-in", "plain.key", "-pubout", cwd=tmp_path) == pub


@pytest.mark.parametrize("command, why", [
    (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], "secp256k1 is not accepted"),
    (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"], "is not accepted"),
    (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], "1024 bits is not accepted"),
    (["genpkey", "-algorithm", "X25519"], "keys of this kind are not accepted"),
])
def test_weak_and_foreign_keys_are_refused(keygen, tmp_path, command, why):
    tool("openssl", *command, "-out", "k.pem", cwd=tmp_path)
    assert why in keygen("--import", "k.pem", "-o", "mine", rc=2).err
    assert not (tmp_path / "mine.key").exists()


def test_openssh(wpack, keygen, blob, tmp_path):
    tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "id", "-C", "a comment", cwd=tmp_path)
    keygen("--import", "id")
    signs_and_verifies(wpack, "wpack.key", "wpack.pub", blob, env={"WPACK_KEY_PASSWORD": CANARY})
    signs_and_verifies(wpack, "id", "id.pub", blob)
    tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "12345", "-f", "locked", cwd=tmp_path)
    refused = keygen("--import", "locked", "-o", "other", rc=2)
    assert "an OpenSSH key with a password is not read" in refused.err and "ssh-keygen -p" in refused.err
    tool("ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", "ec", cwd=tmp_path)
    assert "other kinds are not" in keygen("--import", "ec", "-o", "other", rc=2).err


@pytest.mark.parametrize("plain", [True, False])
def test_minisign_both_ways(wpack, keygen, blob, tmp_path, plain):
    password = b"\n" if plain else f"{CANARY}\n".encode()
    keygen("--type", "minisign", "-o", "m", *(["--plain"] if plain else []))
    env = {"WPACK_KEY_PASSWORD": CANARY}
    tool("minisign", "-S", "-s", "m.key", "-m", blob.name, "-x", "theirs.minisig", "-t", "by minisign", cwd=tmp_path,
         stdin=password)
    told = wpack("verify", "--key", "m.pub", blob, "--bundle", "theirs.minisig", "--format", "json").out
    assert "by minisign" in told
    tool("minisign", "-S", "-l", "-s", "m.key", "-m", blob.name, "-x", "legacy.minisig", cwd=tmp_path, stdin=password)
    assert "not prehashed" in wpack("verify", "--key", "m.pub", blob, "--bundle", "legacy.minisig", "--format", "json").out
    wpack("sign", "--key", "m.key", "--as", "minisign", blob, "-o", "ours.minisig", env=env)
    out = tool("minisign", "-V", "-p", "m.pub", "-m", blob.name, "-x", "ours.minisig", "-H", cwd=tmp_path)
    assert b"Signature and comment signature verified" in out
    blob.write_bytes(blob.read_bytes() + b"!")
    tool("minisign", "-V", "-p", "m.pub", "-m", blob.name, "-x", "ours.minisig", cwd=tmp_path, rc=1)
    wpack("verify", "--key", "m.pub", blob, "--bundle", "theirs.minisig", rc=12)


def test_minisigns_own_keys(wpack, blob, tmp_path):
    tool("minisign", "-G", "-W", "-p", "t.pub", "-s", "t.key", cwd=tmp_path)
    wpack("sign", "--key", "t.key", "--as", "minisign", blob)
    tool("minisign", "-V", "-p", "t.pub", "-m", blob.name, cwd=tmp_path)
    wpack("verify", "--key", "t.pub", blob)
    assert wpack("keygen", "--public", "t.key", "--type", "minisign").out.splitlines()[1] == \
        (tmp_path / "t.pub").read_text().splitlines()[1]


def test_signatures_inside_modules(wpack, keygen, module, tmp_path):
    keygen("--type", "ed25519")
    env = {"WPACK_KEY_PASSWORD": CANARY}
    wpack("verify", "--key", "wpack.pub", "--in-module", module, rc=10)
    wpack("sign", "--key", "wpack.key", "--as", "module", module, "-o", "signed.wasm", env=env)
    wpack("verify", "--key", "wpack.pub", "--in-module", "signed.wasm")
    wpack("validate", "signed.wasm")
    changed = bytearray((tmp_path / "signed.wasm").read_bytes())
    (tmp_path / "changed.wasm").write_bytes(bytes(changed) + b"\0\2\1x")
    r = wpack("verify", "--key", "wpack.pub", "--in-module", "changed.wasm", rc=12)
    assert "the module was changed" in r.err


# ---- passwords ----

def test_where_passwords_come_from(wpack, keygen, tmp_path):
    keygen()
    (tmp_path / "pw").write_text(f"{CANARY}\nsecond line\n")
    (tmp_path / "wrong").write_text("wrong\n")
    for args, env, rc in [
        (["--password-file", "pw"], {"WPACK_KEY_PASSWORD": "wrong"}, 0),
        (["--password-file", "wrong"], {"WPACK_KEY_PASSWORD": CANARY}, 2),
        ([], {"WPACK_KEY_PASSWORD": CANARY, "COSIGN_PASSWORD": "wrong"}, 0),
        ([], {"COSIGN_PASSWORD": CANARY}, 0),
        ([], {"WPACK_KEY_PASSWORD": ""}, 2),
        ([], {"WPACK_PASSWORD_FILE": "pw"}, 0),
        (["--password-file", "absent"], {}, 3),
        (["--password-fd", "x"], {}, 2),
    ]:
        wpack("keygen", "--public", "wpack.key", *args, env=env, rc=rc)
    r, w = os.pipe()
    os.write(w, f"{CANARY}\nmore".encode())  # a line is enough: the writer stays
    p = wpack.popen("keygen", "--public", "wpack.key", "--password-fd", str(r), pass_fds=[r], stdout=subprocess.PIPE,
                    stdin=subprocess.DEVNULL)
    assert p.communicate(timeout=60)[0] == (tmp_path / "wpack.pub").read_bytes() and p.returncode == 0
    assert os.read(r, 100) == b"more"
    os.close(r)
    os.close(w)


def test_empty_is_a_password(wpack, keygen, tmp_path):
    keygen(password="")
    assert b"ENCRYPTED" in (tmp_path / "wpack.key").read_bytes()
    wpack("keygen", "--public", "wpack.key", env={"COSIGN_PASSWORD": ""})
    wpack("keygen", "--public", "wpack.key", env={"COSIGN_PASSWORD": "x"}, rc=2)


def test_without_a_terminal_it_fails_at_once(wpack, keygen, tmp_path):
    """Standard input stays open and unread: what is typed there was meant for something else."""
    keygen()
    for args in (["--public", "wpack.key"], ["-o", "new"]):
        r, w = os.pipe()
        os.write(w, f"{CANARY}\n".encode())
        p = wpack.popen("keygen", *args, stdin=r, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        out, err = p.communicate(timeout=60)
        assert p.returncode == 2 and b"there is no terminal to ask at" in err and b"WPACK_KEY_PASSWORD" in err, err
        assert os.read(r, 100) == f"{CANARY}\n".encode()
        os.close(r)
        os.close(w)
    assert not (tmp_path / "new.key").exists()


@pytest.fixture
def tty(wpack):
    def run(*args, answers=(), rc=0):
        status, out = terminal.run([wpack.path, *map(str, args)], wpack.env, wpack.cwd, answers=answers, own=True)
        assert status == rc, (status, out)
        assert CANARY.encode() not in out, "the password was echoed"
        return out

    return run


def test_the_terminal_asks_twice_and_shows_nothing(tty, wpack, tmp_path):
    typed = f"{CANARY}\n".encode()
    out = tty("keygen", answers=[(b"Password for the new wpack.key: ", typed), (b"The same again: ", typed)])
    assert b"wpack.pub" in out
    out = tty("keygen", "--public", "wpack.key", answers=[(b"Password of wpack.key: ", typed)])
    assert out.count(b"Password") == 1 and b"BEGIN PUBLIC KEY" in out
    out = tty("keygen", "-o", "b", rc=2, answers=[(b"new b.key: ", typed), (b"again: ", b"another\n")])
    assert b"the two passwords differ" in out and not (tmp_path / "b.key").exists()
    wpack("keygen", "--public", "wpack.key", env={"COSIGN_PASSWORD": CANARY})


def test_nothing_is_asked_in_vain(tty, tmp_path):
    """What will fail anyway fails before somebody types a password."""
    assert b"Password" not in tty("keygen", "--public", "absent.key", rc=3)
    (tmp_path / "wpack.key").write_text("")
    assert b"Password" not in tty("keygen", rc=1)
    (tmp_path / "data").write_text("x")
    assert b"Password" not in tty("sign", "--key", "absent.key", "data", rc=3)


@pytest.mark.parametrize("command", [["keygen", "--public", "wpack.key"], ["sign", "--key", "wpack.key", "data"]])
def test_an_interrupted_prompt_leaves_the_terminal_as_it_was(wpack, keygen, tmp_path, command):
    keygen()
    (tmp_path / "data").write_text("x")
    # The shell tells what the terminal is like once the program is gone.
    script = 'trap : INT; "$0" "$@"; echo "status $?"; stty -a'
    _, out = terminal.run(["sh", "-c", script, wpack.path, *command], wpack.env, wpack.cwd, own=True,
                          answers=[(b"Password of wpack.key: ", b"\x03")])
    assert re.search(rb"status 130", out), out
    assert re.search(rb"(?<!-)\becho\b", out), out


# ---- keys in other hands ----

HAND = """#!/bin/sh
cd '{folder}'
env >> env.seen
tr '\\0' '\\n' < /proc/$PPID/environ >> parent.seen
echo "$@" >> args.seen
case "$1 $2" in
'public-key ') cat hand.pub ;;
'sign ecdsa-sha256') openssl pkeyutl -sign -inkey hand.pem | base64 ;;
*) exit 1 ;;
esac
"""


@pytest.fixture
def hand(tmp_path):
    tool("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "hand.pem", cwd=tmp_path)
    (tmp_path / "hand.pub").write_bytes(tool("openssl", "pkey", "-in", "hand.pem", "-pubout", cwd=tmp_path))
    path = tmp_path / "hand"
    path.write_text(HAND.format(folder=tmp_path))
    path.chmod(0o755)
    return path


def test_a_program_holds_the_key(wpack, hand, blob, tmp_path):
    env = {"WPACK_KEY_PASSWORD": CANARY, "COSIGN_PASSWORD": CANARY, "WPACK_PKCS11_PIN": CANARY, "HARMLESS": "seen"}
    signs_and_verifies(wpack, f"exec:{hand}", "hand.pub", blob, env=env)
    assert wpack("keygen", "--public", f"exec:{hand}", env=env).out == (tmp_path / "hand.pub").read_text()
    assert (tmp_path / "args.seen").read_text() == "public-key\nsign ecdsa-sha256\npublic-key\n"
    for name in ("env.seen", "parent.seen"):
        seen = (tmp_path / name).read_text()
        assert "HARMLESS=seen" in seen and CANARY not in seen, name
    assert "in other hands" in wpack("keygen", "--import", f"exec:{hand}", "-o", "x", env=env, rc=2).err


def test_a_program_that_lies(wpack, hand, blob, tmp_path):
    tool("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "hand.pem", cwd=tmp_path)
    r = wpack("sign", "--key", f"exec:{hand}", blob, "-o", "sig.json", rc=1)
    assert "is not one of this key's" in r.err and not (tmp_path / "sig.json").exists()
    assert "is not in PATH" in wpack("sign", "--key", "exec:/nowhere/hand", blob, rc=3).err


@pytest.fixture
def token(tmp_path):
    if not os.path.exists(MODULE):
        pytest.skip("SKIP: softhsm2 not installed (make deps-test)")
    folder = tmp_path / "tokens"
    folder.mkdir()
    conf = tmp_path / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}\n")
    # libp11's engine keeps what it allocated to the end.
    env = {"SOFTHSM2_CONF": str(conf), "ASAN_OPTIONS": "detect_leaks=0"}
    tool("softhsm2-util", "--init-token", "--free", "--label", "wpack test", "--pin", CANARY, "--so-pin", "00000000",
         cwd=tmp_path, env=env)
    for name, kind, number in (("ec", "EC", "1"), ("rsa", "RSA", "2")):
        option = "ec_paramgen_curve:P-256" if kind == "EC" else "rsa_keygen_bits:2048"
        tool("openssl", "genpkey", "-algorithm", kind, "-pkeyopt", option, "-out", f"{name}.pem", cwd=tmp_path)
        (tmp_path / f"{name}.pub").write_bytes(tool("openssl", "pkey", "-in", f"{name}.pem", "-pubout", cwd=tmp_path))
        tool("softhsm2-util", "--import", f"{name}.pem", "--token", "wpack test", "--label", name, "--id", number * 2,
             "--pin", CANARY, cwd=tmp_path, env=env)
    return env


@pytest.mark.parametrize("name", ["ec", "rsa"])
def test_a_token_holds_the_key(wpack, token, blob, tmp_path, name):
    uri = f"pkcs11:token=wpack%20test;object={name};type=private?module-path={MODULE}"
    pin = {**token, "WPACK_PKCS11_PIN": CANARY}
    assert wpack("keygen", "--public", uri, env=pin).out == (tmp_path / f"{name}.pub").read_text()
    signs_and_verifies(wpack, uri, f"{name}.pub", blob, env=pin)
    signs_and_verifies(wpack, f"{uri}&pin-value={CANARY}", f"{name}.pub", blob, env=token)
    (tmp_path / "pin").write_text(CANARY + "\n")
    signs_and_verifies(wpack, f"{uri}&pin-source=file:{tmp_path}/pin", f"{name}.pub", blob, env=token)
    signs_and_verifies(wpack, uri, f"{name}.pub", blob, env={**token, "COSIGN_PKCS11_PIN": CANARY})


def test_tokens_that_refuse(wpack, token, blob, tmp_path):
    uri = f"pkcs11:token=wpack%20test;object=ec?module-path={MODULE}"
    for wrong, env, rc, why in [
        (uri, {"WPACK_PKCS11_PIN": "0000"}, 3, "or the PIN is wrong"),
        (uri.replace("object=ec", "object=none"), {"WPACK_PKCS11_PIN": CANARY}, 3, "no such private key"),
        (uri + f"&pin-source={tmp_path}/absent", {}, 3, "pin-source"),
        (uri.replace(MODULE, "/nowhere.so") + f"&pin-value={CANARY}", {}, 3, "object=ec: no such private key"),
    ]:
        r = wpack("sign", "--key", wrong, blob, "-o", "sig.json", env={**token, **env}, rc=rc)
        assert why in r.err and CANARY not in r.err + r.out
    p = wpack.popen("sign", "--key", uri, blob, env=token, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                    start_new_session=True)
    assert b"the PIN for pkcs11:token=wpack%20test;object=ec is needed" in p.communicate(timeout=60)[1]
    assert p.returncode == 2


# ---- nothing is seen ----

def spellings(secret):
    """How bytes may show up in a text or a file."""
    return [secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")[:-1]]


@pytest.mark.parametrize("kind", ["ecdsa-p256", "ed25519", "minisign"])
def test_keys_and_passwords_are_seen_nowhere(wpack, keygen, blob, tmp_path, kind):
    """Everything that the program writes anywhere, by system call, holds neither password nor key; no core, no child."""
    strace = find_peer("strace")
    if wpack.sanitized:
        pytest.skip("SKIP: sanitizers look into the process, which hides itself")
    keygen("--type", kind, "--plain", "-o", "plain")
    text = (tmp_path / "plain.key").read_text().splitlines()
    der = base64.b64decode("".join(text[1:-1]) if "BEGIN" in text[0] else text[1])
    # The private part: of PKCS #8 what the last OCTET STRINGs hold, of minisign's file the seed.
    raw = der[62:94] if kind == "minisign" else der[36:68] if kind == "ecdsa-p256" else der[16:48]
    keygen("--import", "plain.key", "-o", "locked", *(["--type", "minisign"] if kind == "minisign" else []))
    (tmp_path / "plain.key").unlink()
    home = set(tmp_path.rglob("*"))
    env = {"WPACK_KEY_PASSWORD": CANARY, "TMPDIR": str(tmp_path)}
    p = subprocess.run([strace, "-f", "-qq", "-s", "1000000", "-xx", "-o", str(tmp_path / "trace"), wpack.path, "sign",
                        "--debug", "--key", "locked.key", *(["--as", "minisign"] if kind == "minisign" else []), blob],
                       cwd=tmp_path, env={**wpack.env, **env}, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert p.returncode == 0, p
    for secret in [*spellings(CANARY.encode()), *spellings(raw)]:
        assert secret not in p.stdout + p.stderr
        for path in set(tmp_path.rglob("*")) - home - {tmp_path / "trace"}:
            assert not path.is_file() or secret not in path.read_bytes(), path
    written = 0
    for line in (tmp_path / "trace").read_text().splitlines():
        call = re.match(r"\d+ +(\w+)\(", line)
        # What was read, and the environment that the first call got, is what we gave.
        if not call or call[1] in ("read", "pread64", "readv"):
            continue
        if call[1] == "execve" and written == 0:
            written += 1
            continue
        written += call[1] in ("write", "pwrite64", "writev", "sendto", "sendmsg")
        data = b"".join(bytes.fromhex(x.replace("\\x", "")) for x in re.findall(r'"((?:\\x[0-9a-f]{2})+)"', line))
        for secret in [*spellings(CANARY.encode()), *spellings(raw)]:
            assert secret not in data, line[:400]
    assert written > 2
    trace = (tmp_path / "trace").read_text()
    assert "PR_SET_DUMPABLE, SUID_DUMP_DISABLE" in trace
    assert re.search(r"RLIMIT_CORE, \{rlim_cur=0, rlim_max=0\}", trace)
    assert trace.count("execve(") == 1


def test_the_environment_is_emptied_while_it_waits(wpack, hand, keygen, tmp_path):
    """A key that is read from a file leaves nothing in /proc either: seen from the program that holds another key."""
    keygen("-o", "k")
    env = {"COSIGN_PASSWORD": CANARY}
    wpack("keygen", "--public", f"exec:{hand}", env=env)
    assert CANARY not in (tmp_path / "parent.seen").read_text()
    assert "COSIGN_PASSWORD=\n" in (tmp_path / "parent.seen").read_text(), "the test looks at the right process"
