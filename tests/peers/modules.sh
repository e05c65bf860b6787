#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The modules of tests/peers/modules.txt into CACHE/modules: modules.sh install CACHE. What is there stays; what cannot be
# had or made here is skipped loudly.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ "$1" = install ]
mkdir -p "$2/modules/.work"
dir=$(realpath "$2")/modules
work=$dir/.work
skipped=0

by_npm() { # NAME PACKAGE@VERSION PATTERN: each package is fetched once, and kept until the end
    pack=$work/npm/$2
    if [ ! -e "$pack/there" ]; then
        mkdir -p "$pack"
        (cd "$pack" && tgz=$(npm pack --silent "$2") && tar xzf "$tgz" && rm "$tgz") || return 1
        touch "$pack/there"
    fi
    found=$(find "$pack/package" -path "$pack/package/$3" -name '*.wasm' | sort | head -n 1)
    [ -n "$found" ] && cp "$found" "$work/$1"
}

by_wheel() { # NAME PACKAGE==VERSION PATTERN
    mkdir -p "$work/wheel"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps -d "$work/wheel" "$2" || return 1
    python3 - "$work/wheel" "$3" "$work/$1" <<'PY'
import fnmatch, pathlib, sys, zipfile
wheel = zipfile.ZipFile(max(pathlib.Path(sys.argv[1]).glob("*.whl"), key=lambda p: p.stat().st_mtime))
name = sorted(fnmatch.filter(wheel.namelist(), sys.argv[2]))[-1]
pathlib.Path(sys.argv[3]).write_bytes(wheel.read(name))
PY
}

by_go() { # NAME PACKAGE@VERSION
    (cd "$work" && GOOS=wasip1 GOARCH=wasm GOFLAGS=-mod=mod GOBIN= GOPATH="$work/go" go install "$2") || return 1
    cp "$work"/go/bin/wasip1_wasm/"$(basename "${2%@*}")" "$work/$1"
}

hello_c='#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int by_length(const void *a, const void *b) { return (int)strlen(*(char *const *)a) - (int)strlen(*(char *const *)b); }
int main(int argc, char **argv) { qsort(argv, (size_t)argc, sizeof *argv, by_length); for (int i = 0; i < argc; i++) puts(argv[i]); return 0; }'

by_cc() {
    echo "$hello_c" >"$work/$1.c"
    clang --target=wasm32-wasi -O2 -o "$work/$1" "$work/$1.c"
}

by_rust() { # NAME TARGET
    cat >"$work/hello.rs" <<'RS'
use std::collections::BTreeMap;
fn main() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for word in std::env::args() { *seen.entry(word).or_default() += 1; }
    println!("{seen:?} {:?}", std::fs::read_dir("/").map(|d| d.count()));
}
RS
    rustc --target "$2" -O "$work/hello.rs" -o "$work/$1"
}

a_world() { # FOLDER
    mkdir -p "$1" && cat >"$1/demo.wit" <<'WIT'
package demo:words@0.1.0;
interface kinds {
    resource bag { constructor(); put: func(word: string); most: func() -> option<tuple<string, u32>>; }
    variant order { by-name, by-count(bool), }
    record line { word: string, count: u32, }
}
world words {
    use kinds.{line, order};
    import log: func(text: string);
    export count: func(words: list<string>, how: order) -> result<list<line>, string>;
}
WIT
}

by_py() { # NAME PACKAGE==VERSION
    python3 -m venv "$work/py" && "$work/py/bin/pip" install --quiet --disable-pip-version-check "$2" || return 1
    a_world "$work/wit"
    printf 'import wit_world\nclass WitWorld(wit_world.WitWorld):\n def count(self, words, how):\n  return []\n' >"$work/app.py"
    (cd "$work" && py/bin/componentize-py -d wit -w words componentize app -o "$1")
}

by_js() { # NAME PACKAGE@VERSION
    mkdir -p "$work/js" && (cd "$work/js" && npm install --silent --no-audit --no-fund --prefix . "$2") || return 1
    a_world "$work/wit"
    echo 'export function count(words, how) { return []; }' >"$work/js/app.js"
    (cd "$work/js" && node_modules/.bin/componentize-js app.js --wit ../wit -n words -o "../$1")
}

the_zig() { # PACKAGE==VERSION ARGUMENT...
    [ -x "$work/zig/bin/python" ] || python3 -m venv "$work/zig" || return 1
    "$work/zig/bin/pip" install --quiet --disable-pip-version-check "$1" || return 1
    shift
    "$work/zig/bin/python" -m ziglang "$@"
}

by_zig() { # NAME PACKAGE==VERSION
    echo "$hello_c" >"$work/$1.c"
    the_zig "$2" cc --target=wasm32-wasi -O2 -o "$work/$1" "$work/$1.c"
}

by_zigcxx() { # NAME PACKAGE==VERSION
    cat >"$work/$1.cc" <<'CC'
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>
int main(int argc, char **argv) {
    std::map<std::string, std::vector<int>> seen;
    for (int i = 0; i < argc; i++) seen[argv[i]].push_back(i);
    for (auto &[word, at] : seen) std::printf("%s %zu\n", word.c_str(), at.size());
}
CC
    the_zig "$2" c++ --target=wasm32-wasi -O2 -fno-exceptions -std=c++17 -o "$work/$1" "$work/$1.cc"
}

by_adapt() { # NAME PACKAGE@VERSION MODULE: a command of WASI preview 1 behind the adapter of that package
    mkdir -p "$work/adapt" && (cd "$work/adapt" && [ -d package ] || { tgz=$(npm pack --silent "$2") && tar xzf "$tgz"; }) || return 1
    "$dir/../wasm-tools" component new "$dir/$3.wasm" -o "$work/$1" \
        --adapt wasi_snapshot_preview1="$work/adapt/package/lib/wasi_snapshot_preview1.command.wasm"
}

while read -r name kind source what; do
    case $name in '' | '#'*) continue ;; esac
    [ -s "$dir/$name.wasm" ] && continue
    echo "  MODULE  $name ($kind $source)"
    if "by_$kind" "$name" "$source" "$what" </dev/null >"$work/log" 2>&1; then
        mv "$work/$name" "$dir/$name.wasm"
    else
        tail -n 3 "$work/log" >&2
        echo "  SKIP    $name: cannot be had or made here" >&2
        skipped=$((skipped + 1))
    fi
done <"$here/modules.txt"
echo "  MODULE  $(find "$dir" -maxdepth 1 -name '*.wasm' | wc -l) there, $skipped skipped"
[ "$skipped" -gt 0 ] || { chmod -R u+w "$work" && rm -rf "$work"; }
