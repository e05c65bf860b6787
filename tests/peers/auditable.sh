#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cargo-auditable's reader, and a module that cargo-auditable built, with its lock file: auditable.sh install CACHE puts
# CACHE/rust-audit-info and CACHE/.auditable/{app.wasm,Cargo.lock} there. The crate has dependencies of every kind: of
# crates.io and local, direct and indirect, for building, for tests, and one that is switched off.
#
# It takes a cargo that crates.io is read with, and a toolchain with a standard library for WASI: the same one with the
# target wasm32-wasip1, or Debian's (cargo, libstd-rust-dev-wasm32), which is too old for the index and gets its crates
# from a folder.
set -eu
[ "$1" = install ]
dir=$(realpath "$2")
work=$dir/.build/auditable
rm -rf "$work" "$dir/.auditable"
mkdir -p "$work/tools" "$work/app/src" "$work/app/helper/src"

tool() { # CRATE VERSION
    nice -n 19 env CARGO_TARGET_DIR="$work/target" cargo install --quiet --root "$work/tools" --locked "$1" --version "$2"
}

debian() {
    [ -x /usr/bin/cargo ] && [ -d /usr/lib/rustlib/wasm32-wasi ] && return
    [ "$(id -u)" -eq 0 ] || return 1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends cargo libstd-rust-dev-wasm32 >/dev/null
}

tool cargo-auditable 0.7.7
tool rust-audit-info 0.5.4
cd "$work/app"
cat >Cargo.toml <<'T'
[package]
name = "app"
version = "0.1.0"
edition = "2021"

[dependencies]
itoa = "=1.0.9"
fnv = { version = "=1.0.7", optional = true }
helper = { path = "helper" }

[build-dependencies]
cfg-if = "=1.0.0"

[dev-dependencies]
lazy_static = "=1.4.0"
T
cat >helper/Cargo.toml <<'T'
[package]
name = "helper"
version = "0.2.0"
edition = "2021"

[dependencies]
memchr = { version = "=2.5.0", default-features = false }
T
echo 'fn main() {}' >build.rs
echo 'fn main() { println!("{} {:?}", itoa::Buffer::new().format(7), helper::at("max")); }' >src/main.rs
echo "pub fn at(s: &str) -> Option<usize> { memchr::memchr(b'x', s.as_bytes()) }" >helper/src/lib.rs
mkdir .cargo
cargo vendor --quiet vendor >/dev/null
printf '[source.crates-io]\nreplace-with = "here"\n[source.here]\ndirectory = "vendor"\n' >.cargo/config.toml
PATH=$work/tools/bin:$PATH
if [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-wasip1" ]; then
    target=wasm32-wasip1
elif debian; then
    target=wasm32-wasi
    PATH=/usr/bin:$PATH
    sed -i 's/^version = 4$/version = 3/' Cargo.lock
else
    echo "  no standard library for WASI: rustup target add wasm32-wasip1, or Debian's cargo and libstd-rust-dev-wasm32" >&2
    exit 1
fi
env -u CARGO -u RUSTC cargo auditable build --quiet --offline --release --target "$target"
mkdir "$dir/.auditable"
cp "target/$target/release/app.wasm" Cargo.lock "$dir/.auditable/"
cp "$work/tools/bin/rust-audit-info" "$dir/rust-audit-info"
rm -rf "$work"
