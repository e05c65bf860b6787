# SPDX-License-Identifier: Apache-2.0
"""Modules for tests of running: from the text format by wasm-tools, from C by clang with wasi-libc."""

import shutil
import subprocess

import pytest


def wat(find_peer, path, text):
    """A module from its text, at path."""
    source = path.with_suffix(".wat")
    source.write_text(text)
    subprocess.run([find_peer("wasm-tools"), "parse", source, "-o", path], check=True, capture_output=True)
    return path


def c(path, text):
    """A WASI command from C, at path."""
    if shutil.which("clang") is None:
        pytest.skip("SKIP: clang not installed")
    source = path.with_suffix(".c")
    source.write_text(text)
    p = subprocess.run(["clang", "--target=wasm32-wasi", "-O1", "-o", path, source], capture_output=True, text=True)
    if p.returncode != 0 and ("wasi" in p.stderr or "wasm-ld" in p.stderr or "stdio.h" in p.stderr):
        pytest.skip("SKIP: wasi-libc not installed")
    assert p.returncode == 0, p.stderr
    return path
