#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on real input, as a newcomer would do it by hand: compile C to WebAssembly, build, push to a registry that
# wpack itself serves, sign, pull, verify, compare, run. Ends the server it started; leaves nothing behind.
set -eu
wpack=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || :; fi; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold= plain=; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
do_it() {
    printf '%s$ wpack %s%s\n' "$bold" "$*" "$plain"
    "$wpack" "$@"
}
cd "$work"

say "1. A C program becomes a WebAssembly module"
cp "$here/hello.c" .
echo '$ clang --target=wasm32-wasi -O2 -s hello.c -o hello.wasm'
clang --target=wasm32-wasi -O2 -s hello.c -o hello.wasm

say "2. wpack serves a folder as a registry"
echo '$ wpack serve oci:registry --addr 127.0.0.1:0 &'
mkfifo ready
"$wpack" serve oci:registry --addr 127.0.0.1:0 >ready &
server=$!
read -r line <ready
echo "$line"
host=${line#listening on http://}

say "3. Build, push, sign; pull what is proven and nothing else"
do_it keygen -o release --plain
do_it build hello.wasm -t "$host/demo/hello:1.0"
do_it push "$host/demo/hello:1.0"
if do_it pull "$host/demo/hello:1.0" --key release.pub; then exit 1; else echo "(exit status $?: unsigned)"; fi
do_it sign "$host/demo/hello:1.0" --key release.key
do_it pull "$host/demo/hello:1.0" --key release.pub -o pulled/
do_it verify "$host/demo/hello:1.0" --key release.pub
cmp hello.wasm pulled/hello.wasm
echo "hello.wasm and pulled/hello.wasm are identical: $(sha256sum <hello.wasm | cut -c1-16)…"

say "4. What is it, what does it want?"
do_it inspect "$host/demo/hello:1.0"
do_it inspect hello.wasm --size

say "5. Run it: from the registry, signed as it must be, with nothing granted; then its tests"
do_it run "$host/demo/hello:1.0" --key release.pub -- from the registry
echo '{"module":"hello.wasm","tests":[{"name":"says hello"}]}' >wpack.json
do_it test --update
do_it test

say "6. Attach a note; it travels with the artifact, and so does the signature"
echo '{"reviewed":"yes"}' >review.json
do_it attach "$host/demo/hello:1.0" review.json:application/json --type application/vnd.example.review.v1
do_it copy "$host/demo/hello:1.0" oci:mirror:hello:1.0
do_it tree oci:mirror:hello:1.0 --key release.pub
do_it fsck oci:mirror

if command -v npm >/dev/null 2>&1 && npm pack --silent esbuild-wasm@0.25.8 >npm.log 2>&1; then
    say "7. A real module of 12 MB, from npm: esbuild"
    tar xzf esbuild-wasm-*.tgz package/esbuild.wasm
    do_it push package/esbuild.wasm "$host/demo/esbuild:0.25.8"
    do_it pull "$host/demo/esbuild:0.25.8" -o pulled/
    cmp package/esbuild.wasm pulled/esbuild.wasm
    echo "package/esbuild.wasm and pulled/esbuild.wasm are identical"
else
    say "7. (npm is not here or cannot fetch: the 12 MB module is left out)"
fi
say "Done: a module went from the compiler to a registry and back, byte for byte."
