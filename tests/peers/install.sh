#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs programs of tests/peers/peers.txt that are not in the cache yet: install.sh [all | NAME...], without arguments
# the quick kinds. Resumable: run it again after a failure, what was compiled so far is kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${WPACK_PEERS:-$HOME/.cache/wpack/peers}
mkdir -p "$dir"
skipped=0

skip() {
    echo "  SKIP    $1" >&2
    skipped=$((skipped + 1))
}

wanted() { # NAME KIND ARGUMENT...
    name=$1 kind=$2
    shift 2
    if [ $# -eq 0 ]; then
        case $kind in go | pip | apt | npm | maven) return 0 ;; *) return 1 ;; esac
    fi
    for arg; do
        [ "$arg" = all ] || [ "$arg" = "$name" ] || continue
        return 0
    done
    return 1
}

there() { # NAME KIND SOURCE
    [ "$2" != list ] || return 1 # knows itself what is there
    if [ "$2" = apt ]; then
        [ -x "/usr/bin/$1" ] || [ -x "/usr/sbin/$1" ]
        return
    fi
    if [ "$2" = npm ]; then # packages, no program
        [ -d "$dir/.npm/$1/node_modules" ] || return 1
    elif [ "$2" = maven ]; then # an archive
        [ -d "$dir/.maven/$1" ] || return 1
    else
        [ -x "$dir/$1" ] || return 1
    fi
    mark="$dir/.$1.version"
    [ ! -e "$mark" ] || [ "$(cat "$mark")" = "$(mark_of "$2" "$3")" ]
}

mark_of() { # KIND SOURCE: what is installed; one of the project's own programs changes with its files
    if [ "$1" = gomod ]; then
        echo "$2 $(cat "$here/$2"/*.go "$here/$2"/go.* | sha256sum | cut -c 1-16)"
    else
        echo "$2"
    fi
}

tool_of() {
    case $1 in
    go | gomod) echo go ;;
    cargo | cargofull) echo cargo ;;
    pip) echo python3 ;;
    npm) echo npm ;;
    maven) echo mvn ;;
    apt) echo apt-get ;;
    script | list) echo sh ;;
    *) echo "no-such-kind-$1" ;;
    esac
}

by_go() {
    GOBIN="$dir" GOFLAGS=-mod=mod go install "$2"
}

by_gomod() { # a program of the project's own over other people's libraries: tests/peers/FOLDER
    (cd "$here/$2" && nice -n 19 env CGO_ENABLED=0 go build -trimpath -o "$dir/$1" .)
}

by_cargo() { # speed of the peer does not matter, the time to build it does
    name=$1 crate=$2
    shift 2
    nice -n 19 env CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_TARGET_DIR="$dir/.build/$name" \
        cargo install --root "$dir/.cargo" --locked "${crate%@*}" --version "${crate#*@}" "$@" || return 1
    ln -sf ".cargo/bin/$name" "$dir/$name"
    rm -rf "$dir/.build/$name"
}

by_cargofull() { # optimised as its authors do: for peers whose speed is measured
    name=$1 crate=$2
    shift 2
    nice -n 19 env CARGO_TARGET_DIR="$dir/.build/$name" \
        cargo install --root "$dir/.cargo" --locked "${crate%@*}" --version "${crate#*@}" "$@" || return 1
    ln -sf ".cargo/bin/$name" "$dir/$name"
    rm -rf "$dir/.build/$name"
}

by_pip() { # the program inside the package, without pip's Python wrapper where there is one; more packages share its venv
    name=$1
    venv="$dir/.venv/$1"
    shift
    rm -rf "$venv"
    python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check "$@" || return 1
    set -- "$name"
    program=$(find "$venv/lib" -type f \( -path "*/bin/$1" -o -path "*_cli/$1" \) | head -n 1)
    program=${program:-$venv/bin/$1}
    [ -e "$program" ] || return 1
    chmod +x "$program" && ln -sf "$program" "$dir/$1"
}

by_maven() { # one archive into .maven/NAME
    rm -rf "$dir/.maven/$1"
    mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -Dartifact="$2" -Dtransitive=false \
        -DoutputDirectory="$dir/.maven/$1" >/dev/null
}

by_npm() { # packages into .npm/NAME/node_modules
    prefix="$dir/.npm/$1"
    shift
    rm -rf "$prefix"
    mkdir -p "$prefix" && npm install --prefix "$prefix" --silent --no-audit --no-fund --ignore-scripts "$@"
}

by_apt() {
    [ "$(id -u)" -eq 0 ] || { echo "  needs root: apt-get install $2" >&2 && return 1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

by_script() {
    "$here/$2" install "$dir"
}

by_list() {
    by_script "$@"
}

for arg; do
    [ "$arg" = all ] || grep -q "^$arg " "$here/peers.txt" || { echo "no peer '$arg' in tests/peers/peers.txt" >&2 && exit 2; }
done
while read -r name kind source more; do
    case $name in '' | '#'*) continue ;; esac
    wanted "$name" "$kind" "$@" || continue
    if there "$name" "$kind" "$source"; then
        echo "  PEER    $name: there already"
        continue
    fi
    tool=$(tool_of "$kind")
    if ! command -v "$tool" >/dev/null 2>&1; then
        skip "$name: '$tool' is not installed"
        continue
    fi
    echo "  PEER    $name ($kind $source)"
    # shellcheck disable=SC2086 # the rest of a row is arguments
    if "by_$kind" "$name" "$source" $more </dev/null; then
        [ "$kind" = apt ] || [ "$kind" = list ] || mark_of "$kind" "$source" >"$dir/.$name.version"
    else
        skip "$name: cannot be had"
    fi
done <"$here/peers.txt"
[ "$skipped" -eq 0 ] || echo "$skipped peers skipped: tests that need them say SKIP" >&2
