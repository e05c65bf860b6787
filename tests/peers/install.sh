#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the programs of tests/peers/peers.txt that are not in the cache yet. Resumable: run it again after a failure.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${WPACK_PEERS:-$HOME/.cache/wpack/peers}
mkdir -p "$dir"
skipped=0
while read -r name kind source; do
    case $name in '' | '#'*) continue ;; esac
    mark="$dir/.$name.version"
    if [ -x "$dir/$name" ] && { [ ! -e "$mark" ] || [ "$(cat "$mark")" = "$source" ]; }; then
        echo "  PEER    $name: there already"
        continue
    fi
    if ! command -v "$kind" >/dev/null 2>&1; then
        echo "  SKIP    $name: '$kind' is not installed" >&2
        skipped=$((skipped + 1))
        continue
    fi
    echo "  PEER    $name ($source)"
    if GOBIN="$dir" GOFLAGS=-mod=mod go install "$source" </dev/null; then
        echo "$source" >"$mark"
    else
        echo "  SKIP    $name: cannot be had" >&2
        skipped=$((skipped + 1))
    fi
done <"$here/peers.txt"
[ "$skipped" -eq 0 ] || echo "$skipped peers skipped: tests that need them say SKIP" >&2
