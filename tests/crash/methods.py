# SPDX-License-Identifier: Apache-2.0
"""What is done at one point of a command: kill, torn tails, error, short writes, full disk, power loss. Each returns the
list of what is wrong, in words."""

import errno
import os
import pathlib
import re
import shutil
import subprocess

import faults
import judge
import rows

ERRNOS = ("ENOSPC", "EIO", "EDQUOT", "EACCES", "EMFILE", "EROFS", "EINTR")
MUST_RETRY = ("write", "pwrite64", "fsync", "fdatasync")


def statuses(root):
    """The documented exit statuses, from the table in base/err.h."""
    text = (pathlib.Path(root) / "base/err.h").read_text()
    found = {int(n) for n in re.findall(r"^    X\(\w+, (\d+), ", text, re.M)}
    assert len(found) > 10, "base/err.h: the table of codes was not found"
    return found


def check(wpack, row, folder, acknowledged, when, exact=True):
    """The judge's word, and fsck's beside it."""
    v = row.judge(folder, acknowledged, exact)
    wrong = [f"{when}: {text}" for text in v.all()]
    if row.kind == "layout" and row.program is None:
        p = subprocess.run([wpack, "fsck", f"oci:{row.target}"], cwd=folder, env=rows.environment(folder),
                           capture_output=True)
        want = 3 if not v.there else 6 if v.damage or v.unfinished else 0
        if p.returncode != want:
            said = (p.stdout + p.stderr).decode(errors="replace").strip()[:300]
            wrong.append(f"{when}: fsck says {p.returncode}, the judge {want}: {said}")
    return wrong


def again(wpack, row, folder, when):
    """The command once more, undisturbed: it must do its work."""
    status, err = rows.run(wpack, row, folder)
    if status not in row.rerun:
        return [f"{when}: the second run ends with {status}: {err.strip()[:300]}"]
    return check(wpack, row, folder, True, when)


def killed(ctx, row, folder, call, n, shim=None):
    """The run that ends at the n-th such call (or at its own end), and what is wrong with how it ended."""
    out = faults.strace(ctx.wpack, row, folder, f"{call}:signal=KILL:when={n}" if call else None, shim)
    return out, ["hangs"] if out.status == "hang" else []


def kill(ctx, row, folder, call, n):
    out, wrong = killed(ctx, row, folder, call, n)
    wrong += check(ctx.wpack, row, folder, out.status == 0, "after the kill")
    return wrong + again(ctx.wpack, row, folder, "after the second run")


def torn(ctx, row, folder, call, n, zero):
    """As kill; what was not fsynced loses its last 512 bytes, or finds zeros there."""
    out, wrong = killed(ctx, row, folder, call, n)
    for path in faults.unsynced(out, folder):
        size = os.path.getsize(path)
        os.truncate(path, max(0, size - 512))
        if zero:
            os.truncate(path, size)
    wrong += check(ctx.wpack, row, folder, out.status == 0, "with torn tails")
    return wrong + again(ctx.wpack, row, folder, "after the second run")


def error(ctx, row, folder, call, n, name):
    out = faults.strace(ctx.wpack, row, folder, f"{call}:error={name}:when={n}")
    wrong = []
    if out.status not in ctx.statuses:
        wrong.append(f"ends with {out.status}, which no table knows: {out.err.strip()[:200]}")
    text = os.strerror(getattr(errno, name))
    if out.status != 0 and text not in out.err and not out.hit("2"):
        wrong.append(f"exit {out.status} without '{text}': {out.err.strip()[:200]}")
    # No signal interrupts a write to the terminal: a thread of its own takes them all.
    if name == "EINTR" and call in MUST_RETRY and out.status != 0 and not out.hit("1", "2"):
        wrong.append(f"gives up when interrupted: {out.err.strip()[:200]}")
    wrong += check(ctx.wpack, row, folder, out.status == 0, f"after exit {out.status}")
    if call not in ("unlinkat", "close"):
        wrong += judge.leftovers(pathlib.Path(folder) / row.target, out.status == 0)
    return wrong + again(ctx.wpack, row, folder, "after the second run")


def short(ctx, row, folder):
    """Every write takes half of what it is given."""
    out = faults.strace(ctx.wpack, row, folder, shim={"CRASH_SHORT": "1"})
    wrong = [] if out.status == 0 else [f"short writes: exit {out.status}: {out.err.strip()[:200]}"]
    return wrong + check(ctx.wpack, row, folder, True, "after short writes")


def full(ctx, row, folder, pages):
    """The command on a tmpfs that has room for so many more pages."""
    place = pathlib.Path(f"{folder}-full")
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
    try:
        shutil.copytree(folder, place, dirs_exist_ok=True)
        st = os.statvfs(place)
        used = (st.f_blocks - st.f_bfree) * st.f_frsize // 4096
        subprocess.run(["mount", "-o", f"remount,size={(used + pages) * 4}k", place], check=True)
        status, err = rows.run(ctx.wpack, row, place)
        wrong = [] if status in ctx.statuses else [f"ends with {status}: {err.strip()[:200]}"]
        if status != 0 and os.strerror(errno.ENOSPC) not in err:
            wrong.append(f"exit {status} without '{os.strerror(errno.ENOSPC)}': {err.strip()[:200]}")
        wrong += check(ctx.wpack, row, place, status == 0, f"after exit {status}")
        wrong += judge.leftovers(place / row.target, status == 0)
        subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
        return wrong + again(ctx.wpack, row, place, "with room again")
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


def power(ctx, row, image, call, n, rerun, commit, shim=None):
    """Kill (or the whole command where call is None), perhaps a second run to its end, then the power goes."""
    folder = image.mountpoint / "w"
    image.mount()
    try:
        out, hung = killed(ctx, row, folder, call, n, shim)
        acknowledged = out.status == 0
        if call is None and not acknowledged:
            return [f"undisturbed, but exit {out.status}: {out.err.strip()[:200]}"]
        if rerun and not acknowledged:
            status, err = rows.run(ctx.wpack, row, folder, {**shim, "LD_PRELOAD": faults.SHIM} if shim else None)
            if status not in row.rerun:
                return [f"the second run ends with {status}: {err.strip()[:300]}"]
            acknowledged = status == 0
        image.power_loss(commit)
        # What gc removed may come back: nobody was promised that it would not.
        wrong = hung + check(ctx.wpack, row, folder, acknowledged, "after the power loss", exact=False)
        if row.program is None and not shim:
            wrong += again(ctx.wpack, row, folder, "after the power loss and a second run")
        return wrong
    finally:
        image.umount()
