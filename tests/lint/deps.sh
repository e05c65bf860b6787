#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may include whom (ARCHITECTURE.md, "Folders"): every #include "room/file.h" is held against this table. The table
# is the wall; a new arrow is a decision, not an accident. Foreign libraries are let in at their one home only.
set -eu
bad=0
say() { echo "lint: $*" >&2; bad=1; }
allowed() {
    case $1 in
    base) echo base ;;
    runtime-min) echo runtime-min base ;;
    oci) echo oci base ;;
    sign) echo sign oci base ;;
    pack) echo pack runtime-min oci base ;;
    cmd) echo cmd pack sign runtime-min oci base ;;
    esac
}
for room in base runtime-min oci sign pack cmd; do
    for f in "$room"/*.[ch]; do
        [ -e "$f" ] || continue
        for to in $(sed -n 's|^ *# *include "\([a-z-]*\)/.*|\1|p' "$f" | sort -u); do
            case " $(allowed $room) " in
            *" $to "*) ;;
            *) say "$f: $room/ may not include $to/" ;;
            esac
        done
    done
done
# runtime-min sees only base/'s libc-only headers.
for f in runtime-min/*.[ch]; do
    for h in $(sed -n 's|^ *# *include "base/\(.*\)".*|\1|p' "$f"); do
        case $h in
        base.h | err.h | limits.h | wasm-section.h | num.h | text.h | pool.h) ;;
        *) say "$f: runtime-min/ may not include base/$h" ;;
        esac
    done
done
home() { # header pattern, allowed files...
    pattern=$1
    shift
    for f in base/*.[ch] runtime-min/*.[ch] oci/*.[ch] sign/*.[ch] pack/*.[ch] cmd/*.[ch]; do
        [ -e "$f" ] || continue
        case " $* " in *" $f "*) continue ;; esac
        if grep -q "^ *# *include <$pattern" "$f"; then say "$f: includes <$pattern...>, whose home is $*"; fi
    done
}
home jansson base/json.c base/json-out.c base/json-tree.c base/json-pos.c base/json-doc.h
home openssl/ base/hash.c base/lazy-crypto.h sign/*.[ch]
home sodium base/lazy-sodium.h sign/*.[ch]
home curl/ oci/http-curl.h oci/http-curl.c oci/http-curl-lib.c oci/http-curl-tls.c oci/http-curl-stream.c oci/http-curl-error.c
home microhttpd oci/httpd-int.h
home zlib pack/facts-deps.c
# Below cmd/ nothing prints, exits or reads the environment.
for f in $(ls base/*.c runtime-min/*.c oci/*.c sign/*.c pack/*.c 2>/dev/null); do
    [ "$f" = base/mem.c ] && continue
    if grep -nE '(^|[^a-z_>])(printf|puts|putchar|exit|abort|getenv|perror)\(' "$f" | grep -v '_printf(' >&2; then
        say "$f: printing, exiting and the environment belong to cmd/"
    fi
done
if grep -nE 'pthread_create' base/*.c runtime-min/*.c oci/*.c sign/*.c pack/*.c cmd/*.c | grep -v '^base/pool.c' >&2; then
    say "threads start in base/pool.c only"
fi
exit $bad
