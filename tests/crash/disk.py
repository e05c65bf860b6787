# SPDX-License-Identifier: Apache-2.0
"""File systems in sparse files on loop devices, and their power loss: FS_IOC_SHUTDOWN without flushing the log."""

import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import time

FS_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
SIZE = {"ext4": 64 << 20, "xfs": 320 << 20}
OPTIONS = {"ext4": "loop,commit=300", "xfs": "loop,nouuid"}


def sh(*words):
    p = subprocess.run(words, capture_output=True, text=True)
    if p.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {p.stderr.strip()}")


class Image:
    """One image file and the folder it is mounted on."""

    def __init__(self, fs, path, mountpoint):
        self.fs, self.path, self.mountpoint = fs, pathlib.Path(path), pathlib.Path(mountpoint)

    def make(self):
        with open(self.path, "wb") as f:
            f.truncate(SIZE[self.fs])
        sh(f"mkfs.{self.fs}", "-q", self.path)

    def clone(self, path, mountpoint):
        sh("cp", "--sparse=always", "--reflink=auto", self.path, path)
        return Image(self.fs, path, mountpoint)

    def mount(self):
        self.mountpoint.mkdir(exist_ok=True)
        sh("mount", "-t", self.fs, "-o", OPTIONS[self.fs], self.path, self.mountpoint)

    def umount(self):
        """A killed process may hold the mount for a moment longer than its parent waits."""
        for attempt in range(200):
            p = subprocess.run(["umount", self.mountpoint], capture_output=True, text=True)
            if p.returncode == 0:
                return
            if "busy" not in p.stderr:
                break
            time.sleep(0.02)
        raise RuntimeError(f"umount {self.mountpoint}: {p.stderr.strip()}")

    def power_loss(self, commit):
        """Everything that is not on the medium is gone. commit: somebody else's fsync wrote the journal before."""
        if commit:
            fd = os.open(self.mountpoint / "unrelated", os.O_WRONLY | os.O_CREAT, 0o600)
            os.write(fd, b"x")
            os.fsync(fd)
            os.close(fd)
        fd = os.open(self.mountpoint, os.O_RDONLY)
        fcntl.ioctl(fd, FS_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        os.close(fd)
        self.umount()
        self.mount()

    def drop(self):
        if os.path.ismount(self.mountpoint):
            self.umount()
        self.path.unlink(missing_ok=True)


def no_mounts():
    """Why nothing can be mounted here without others seeing it, or None."""
    if os.geteuid() != 0:
        return "not root"
    if not os.environ.get("WPACK_CRASH_PRIVATE"):
        return "no mount namespace of our own (in a chroot?)"
    return None


def missing(fs):
    """Why this file system cannot be used here, or None."""
    if no_mounts():
        return no_mounts()
    if not os.path.exists("/dev/loop-control"):
        return "no loop devices"
    if shutil.which(f"mkfs.{fs}") is None:
        return f"mkfs.{fs} is not installed"
    return None


def works(fs, folder):
    """As missing, and by trying it."""
    why = missing(fs)
    if why:
        return why
    image = Image(fs, folder / f"probe-{fs}", folder / "probe")
    try:
        image.make()
        image.mount()
        image.power_loss(False)
    except (OSError, RuntimeError) as e:
        return str(e)
    finally:
        image.drop()
    return None
