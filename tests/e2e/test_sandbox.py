# SPDX-License-Identifier: Apache-2.0
"""The process that reads modules: what it is given, what it gives up before it reads, what its end means to the user,
and kernels that lack a layer. What it cannot do is in tests/unit/base/test-sandbox.c, a row for each attempt."""

import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from conftest import find_peer
from support import sample

# Calls that the finished cell lets through and a run may show.
ALLOWED = {"write", "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "rt_sigprocmask", "rt_sigreturn",
           "getrandom", "clock_gettime", "sched_yield", "getpid", "gettid", "restart_syscall", "exit", "exit_group",
           "rt_sigaction", "set_robust_list", "rseq", "clone3", "clone", "prctl", "tgkill", "sigaltstack",
           "sched_getaffinity"}


@pytest.fixture
def strace(wpack):
    """strace(options, *args): the run of `wpack args` under strace -f; .trace holds its lines."""
    program = find_peer("strace")
    started = []

    def run(options, *args, background=False):
        trace = wpack.cwd / "trace"
        p = subprocess.Popen([program, "-f", "-qq", "-o", trace, *options, wpack.path, *map(str, args)], cwd=wpack.cwd,
                             env={**wpack.env, "WPACK_REGISTRY_PASSWORD": "hunter2",
                                  "ASAN_OPTIONS": "detect_leaks=0:handle_segv=0:handle_sigbus=0"},
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             start_new_session=True)
        started.append(p)
        if background:
            return p
        p.out, p.err = p.communicate(timeout=60)
        p.trace = trace.read_text().splitlines()
        return p

    yield run
    for p in started:
        if p.poll() is None:  # the test has failed: with the parent, its child goes
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()


def child_of(trace):
    """The lines of the process that entered a cell."""
    pid = next(x.split()[0] for x in trace if "SECCOMP_SET_MODE_FILTER" in x)
    return [x.split(None, 1)[1] for x in trace if x.split()[0] == pid]


def stopped_child(strace_pid):
    """The process of the cell that a signal has stopped, from /proc: seen so five times in a row, because strace stops it
    for moments, too."""
    deadline = time.monotonic() + 20
    seen = {}
    while time.monotonic() < deadline:
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if b"\0__look\0" in (path / "cmdline").read_bytes() and descends(path.name, strace_pid):
                    state = (path / "status").read_text().partition("State:")[2].split()[0]
                    seen[path] = seen.get(path, 0) + 1 if state in "tT" else 0
                    if seen[path] == 5:
                        return path
            except OSError:
                pass
        time.sleep(0.02)
    raise AssertionError("no process was stopped")


def descends(pid, ancestor):
    while int(pid) > 1:
        if int(pid) == ancestor:
            return True
        pid = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]
    return False


def finish(p, path):
    os.kill(int(path.name), signal.SIGCONT)
    out, err = p.communicate(timeout=60)
    return out, err


def test_nothing_but_computing_follows_the_cell(strace, wpack):
    """Also where it starts threads, sorts and grows."""
    many = b"".join(sample.custom(f"section {i}", b"x") for i in range(300))
    for i, extra in enumerate(([], ["-j", "1"], ["-j", "4"])):
        (wpack.cwd / "big.wasm").write_bytes(sample.core_module(many, payload=1 << 20))
        p = strace([], "validate", "big.wasm", *extra)
        assert p.returncode == 0, p.err
        lines = child_of(p.trace)
        entered = next(i for i, x in enumerate(lines) if "SECCOMP_SET_MODE_FILTER" in x)
        before = "\n".join(lines[:entered])
        after = {re.match(r"(?:<\.\.\. )?(\w+)", x)[1] for x in lines[entered + 1:] if not x.startswith(("+++", "---"))}
        assert after <= ALLOWED, after - ALLOWED
        assert "PR_SET_NO_NEW_PRIVS, 1" in before and "PR_SET_DUMPABLE, SUID_DUMP_DISABLE" in before
        assert "close_range(3, 4294967295" in before
        for limit in ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE"):
            assert f"{limit}, {{rlim_cur=" in before


def test_the_process_from_outside(strace, wpack, module):
    """Stopped when the cell is closed: no descriptor but three, no environment, no privileges, nothing of the user's."""
    if os.geteuid() != 0:
        pytest.skip("SKIP: only root sees the descriptors of a process that cannot be dumped")
    p = strace(["-e", "inject=seccomp:signal=SIGSTOP", "-e", "trace=seccomp"], "validate", "hello.wasm",
               background=True)
    child = stopped_child(p.pid)
    status = (child / "status").read_text()
    fds = sorted(os.listdir(child / "fd"))
    where = {fd: os.readlink(child / "fd" / fd) for fd in fds}
    environment = (child / "environ").read_bytes()
    limits = (child / "limits").read_text()
    session = (child / "stat").read_text().rsplit(")", 1)[1].split()[3]
    finish(p, child)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M) and re.search(r"^Seccomp:\s+2$", status, re.M)
    assert fds == ["0", "1", "2"] and where["0"] == str(module) and where["1"].startswith("pipe:")
    assert b"hunter2" not in environment and b"HOME=" not in environment
    assert session == child.name
    if not wpack.sanitized:
        assert where["2"] == where["1"] and environment == b""
        assert re.search(r"Max address space +\d+ ", limits) and re.search(r"Max cpu time +6\d ", limits)
        assert re.search(r"Max file size +0 ", limits) and re.search(r"Max processes +0 ", limits)
        assert re.search(r"Max open files +3 ", limits)


@pytest.mark.parametrize("call, error, lacks", [
    ("landlock_create_ruleset", "ENOSYS", "Landlock (Function not implemented)"),
    ("landlock_create_ruleset", "EOPNOTSUPP", "Landlock (Operation not supported)"),
    ("landlock_restrict_self", "EPERM", "Landlock (Operation not permitted)"),
    ("seccomp", "ENOSYS", "seccomp (Function not implemented)"),
    ("seccomp", "EINVAL", "seccomp (Invalid argument)"),
])
def test_kernels_that_lack_a_layer(strace, wpack, module, call, error, lacks):
    inject = ["-e", f"inject={call}:error={error}"]
    warning = f"wpack: warning: this kernel lacks {lacks}: modules are read in a weaker sandbox\n"
    p = strace(inject, "validate", "hello.wasm", "hello.wasm")
    assert p.returncode == 0 and p.err == warning and p.out.count("\n") == 2, "one warning and on"
    p = strace(inject, "build", "hello.wasm", "-q")
    assert p.returncode == 0 and p.err == warning
    p = strace(inject, "validate", "hello.wasm", "--sandbox=require")
    assert p.returncode == 1 and p.out == ""
    assert p.err == (f"wpack: hello.wasm: the sandbox for reading modules is not whole: this kernel lacks {lacks}\n"
                     "  hint: --sandbox=auto reads with what there is\n")
    p = strace(inject, "build", "hello.wasm", "--sandbox", "require", "--format", "json")
    assert p.returncode == 1 and '"code":"unsupported"' in p.out
    p = strace(inject, "validate", "hello.wasm", "--sandbox=off")
    assert p.returncode == 0 and p.err == "" and not any("SECCOMP_SET_MODE_FILTER" in x for x in p.trace)


def test_sandbox_option(wpack, module):
    for mode in ("auto", "require", "off"):
        assert wpack("validate", module, "--sandbox", mode).err == ""
        assert wpack("validate", module, env={"WPACK_SANDBOX": mode}).err == ""
    assert "'none' is not one of: auto require off" in wpack("validate", module, "--sandbox", "none", rc=2).err


@pytest.mark.parametrize("signum, words", [
    ("SIGSEGV", "the reader of modules died of signal 11 (Segmentation fault)\n  hint: this is a defect of wpack: please "
                "report it, with the file if you can\n"),
    ("SIGABRT", "the reader of modules died of signal 6 (Aborted)\n  hint: this is a defect of wpack: please report it, "
                "with the file if you can\n"),
    ("SIGKILL", "the reader of modules was killed\n  hint: the machine may be short of memory\n"),
])
def test_a_child_that_dies(strace, wpack, module, signum, words):
    """As a module that breaks its reader would make it."""
    p = strace(["-e", f"inject=landlock_restrict_self:signal={signum}"], "validate", "hello.wasm")
    assert (p.returncode, p.out, p.err) == (1, "", f"wpack: hello.wasm: {words}")
    p = strace(["-e", f"inject=landlock_restrict_self:signal={signum}"], "build", "hello.wasm")
    assert p.returncode == 1 and p.err == f"wpack: hello.wasm: {words}" and not (wpack.cwd / ".wpack").exists()


def test_a_child_that_breaks_out_is_stopped(strace, wpack, module):
    """The kernel kills it; here strace does in its place, at a call that every run makes."""
    p = strace(["-e", "inject=landlock_restrict_self:signal=SIGSYS"], "validate", "hello.wasm")
    assert p.err.startswith("wpack: hello.wasm: the reader of modules was stopped by its sandbox: ")
    p = strace(["-e", "inject=landlock_restrict_self:signal=SIGXCPU"], "validate", "hello.wasm")
    assert p.returncode == 23
    assert p.err == "wpack: hello.wasm: reading it takes too much time: the reader was stopped\n"


def test_a_child_that_cannot_start(strace, wpack, module):
    p = strace(["-e", "inject=clone,clone3,vfork,fork:error=EAGAIN"], "validate", "hello.wasm", "-j", "1")
    assert p.returncode == 1
    assert p.err == ("wpack: hello.wasm: cannot start the reader of modules: Resource temporarily unavailable\n"
                     "  hint: --sandbox=off reads them in this process\n")


def changing(strace, wpack, change):
    """Change the file while the child, its mapping made, has not begun to read it."""
    path = wpack.cwd / "x.wasm"
    path.write_bytes(sample.core_module(payload=40000))
    p = strace(["-e", "inject=landlock_restrict_self:signal=SIGSTOP", "-e", "trace=landlock_restrict_self"], "validate",
               "x.wasm", background=True)
    child = stopped_child(p.pid)
    change(path)
    out, err = finish(p, child)
    return p.returncode, out, err


def cut(path):
    os.truncate(path, 0)


def grow(path):
    with open(path, "ab") as f:
        f.write(b"more")


def overwrite(path):
    with open(path, "r+b") as f:
        f.seek(30)
        f.write(bytes(40))


@pytest.mark.parametrize("change", [cut, grow, overwrite])
def test_files_that_change_meanwhile(strace, wpack, change):
    assert changing(strace, wpack, change) == (
        1, "", "wpack: x.wasm: the file changed while it was read\n  hint: run it again when its writer is done\n")


def test_files_that_are_replaced_are_not_noticed(strace, wpack):
    """Whoever replaces a file atomically, as one should, changes nothing for those who read the old one."""
    def replace(path):
        (path.parent / "new").write_bytes(b"rubbish")
        os.replace(path.parent / "new", path)

    assert changing(strace, wpack, replace)[0] == 0


def test_what_was_validated_is_what_is_packed(strace, wpack):
    """The file is changed while the child reads: build holds its own bytes, and nobody can change those."""
    path = wpack.cwd / "x.wasm"
    good = sample.core_module(payload=40000)
    path.write_bytes(good)
    p = strace(["-e", "inject=landlock_restrict_self:signal=SIGSTOP", "-e", "trace=landlock_restrict_self"], "build",
               "x.wasm", "-t", "app:1", "--no-test", background=True)
    child = stopped_child(p.pid)
    path.write_bytes(b"rubbish")
    finish(p, child)
    assert p.returncode == 0
    wpack("pull", "oci:.wpack/oci:app:1", "-o", "out.wasm")
    assert (wpack.cwd / "out.wasm").read_bytes() == good


def test_a_parent_that_dies_takes_the_child_along(strace, wpack, module):
    p = strace(["-e", "inject=seccomp:signal=SIGSTOP", "-e", "trace=seccomp"], "validate", "hello.wasm",
               background=True)
    child = stopped_child(p.pid)
    parent = pathlib.Path(child / "stat").read_text().rsplit(")", 1)[1].split()[1]
    os.kill(int(parent), signal.SIGKILL)
    p.communicate(timeout=60)  # strace ends when all have ended
    assert not child.exists() or "State:\tZ" in (child / "status").read_text()


def test_the_child_by_hand_is_no_command(wpack):
    for args in (["__look"], ["__look", "auto", "x", "0", "1", "0", "0"]):
        r = wpack.run(*args)
        assert r.rc == 2 and r.out == "", r


def test_without_proc(wpack, module):
    """In a chroot without /proc the child is started by the name that the program was started by."""
    script = "mount -t tmpfs none /proc 2>/dev/null && exec \"$@\""
    p = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", wpack.path, "validate", "hello.wasm"], cwd=wpack.cwd,
                       env=wpack.env, capture_output=True, text=True)
    if "unshare" in p.stderr or p.returncode == 32 or wpack.sanitized:
        pytest.skip("SKIP: mounts cannot be private here, or a sanitizer needs /proc")
    assert p.returncode == 0 and p.stdout.startswith("ok  hello.wasm"), p


def test_interrupted_while_the_child_reads(strace, wpack, module):
    p = strace(["-e", "inject=seccomp:signal=SIGSTOP", "-e", "trace=seccomp"], "build", "hello.wasm", background=True)
    child = stopped_child(p.pid)
    parent = (child / "stat").read_text().rsplit(")", 1)[1].split()[1]
    os.kill(int(parent), signal.SIGINT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 130 and out == "" and err.startswith("wpack: interrupted\n")
    assert not child.exists() or "State:\tZ" in (child / "status").read_text()
    assert not (wpack.cwd / ".wpack").exists()
