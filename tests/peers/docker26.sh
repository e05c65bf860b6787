#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Docker 26 with the containerd image store, from the Debian release after this one: its packages are unpacked into the
# cache, nothing is installed on the system.
#   docker26.sh install CACHE        download and unpack; CACHE/docker26 becomes the way to start it
#   docker26.sh up CACHE DIR         start containerd and dockerd with all state in DIR (as root); prints DOCKER_HOST
#   docker26.sh down CACHE DIR       end what `up` started
set -eu
suite=trixie
action=$1
cache=$(realpath "$2")
tree=$cache/.docker26

install() {
    lists=$tree/apt
    mkdir -p "$lists/sources" "$lists/lists/partial" "$lists/cache/archives/partial" "$tree/debs"
    # The system's first source, for the other suite.
    for f in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
        [ -e "$f" ] || continue
        case $f in
        *.sources) awk -v RS= 'NR == 1' "$f" | sed "s/^Suites:.*/Suites: $suite/" >"$lists/sources/next.sources" ;;
        *) awk -v s="$suite" '$1 == "deb" { $3 = s; print; exit }' "$f" >"$lists/sources/next.list" ;;
        esac
        break
    done
    set -- -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$lists/sources" \
        -o Dir::State::lists="$lists/lists" -o Dir::Cache="$lists/cache" -o APT::Sandbox::User=root
    apt-get "$@" update
    (cd "$tree/debs" && apt-get "$@" download "containerd/$suite" "docker.io/$suite" "docker-cli/$suite")
    rm -rf "$tree/root" && mkdir "$tree/root"
    for deb in "$tree"/debs/*.deb; do
        dpkg -x "$deb" "$tree/root"
    done
    rm -rf "$tree/debs" "$lists"
    # The runc of that suite wants a newer C library: the system's is used.
    rm -f "$tree/root/usr/bin/runc" "$tree/root/usr/sbin/runc"
    rm -f "$cache/docker26" && cp "$0" "$cache/docker26"
}

wait_for() { # PID COMMAND...
    pid=$1
    shift
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.2
    done
    return 1
}

up() {
    dir=$1
    mkdir -p "$dir"
    dir=$(realpath "$dir")
    PATH=$tree/root/usr/bin:$tree/root/usr/sbin:$PATH
    export PATH
    cat >"$dir/containerd.toml" <<TOML
version = 2
root = "$dir/containerd"
state = "$dir/containerd-run"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$dir/c.sock"
[ttrpc]
  address = "$dir/c.ttrpc"
TOML
    cat >"$dir/dockerd.json" <<JSON
{
  "data-root": "$dir/docker",
  "exec-root": "$dir/docker-run",
  "pidfile": "$dir/dockerd.lock",
  "hosts": ["unix://$dir/docker.sock"],
  "containerd": "$dir/c.sock",
  "features": { "containerd-snapshotter": true },
  "iptables": false,
  "ip6tables": false,
  "bridge": "none",
  "insecure-registries": ["127.0.0.0/8"]
}
JSON
    setsid containerd -c "$dir/containerd.toml" >"$dir/containerd.log" 2>&1 </dev/null &
    echo $! >"$dir/containerd.pid"
    wait_for "$(cat "$dir/containerd.pid")" ctr -a "$dir/c.sock" version || { cat "$dir/containerd.log" >&2 && exit 1; }
    setsid dockerd --config-file "$dir/dockerd.json" >"$dir/dockerd.log" 2>&1 </dev/null &
    echo $! >"$dir/dockerd.pid"
    wait_for "$(cat "$dir/dockerd.pid")" docker -H "unix://$dir/docker.sock" version ||
        { cat "$dir/dockerd.log" >&2 && exit 1; }
    echo "unix://$dir/docker.sock"
}

down() {
    for name in dockerd containerd; do
        [ -e "$1/$name.pid" ] || continue
        pid=$(cat "$1/$name.pid")
        kill "$pid" 2>/dev/null || continue
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
    done
}

case $action in
install) install ;;
up) up "$3" ;;
down) down "$3" ;;
*) echo "docker26.sh install|up|down CACHE [DIR]" >&2 && exit 2 ;;
esac
