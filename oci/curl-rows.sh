#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: curl-rows.sh static|shared CC FOLDER
# How libcurl gets into the program (oci/http-curl-lib.c). FOLDER/args gets what the linker is told, FOLDER/curl-rows.h
# the functions that libcurl.a calls and of which libraries (base/lazy-rows.h). static becomes shared, with a line that
# says why, where there is no libcurl.a, no jump for the processor, or a symbol whose library is not known.
set -eu
want=$1 cc=$2 folder=$3
mkdir -p "$folder"

shared() {
    [ $# -eq 0 ] || echo "  CURL    shared: $*"
    : >"$folder/args"
    printf '#pragma once\n#define WP_CURL_STATIC 0\n' >"$folder/curl-rows.h"
    exit 0
}
[ "$want" = static ] || shared
case $($cc -dumpmachine) in
x86_64* | aarch64*) ;;
*) shared "base/lazy.c knows no jump of this processor" ;;
esac
archive=$($cc -print-file-name=libcurl.a)
library=$($cc -print-file-name=libcurl.so)
[ -e "$archive" ] && [ -e "$library" ] || shared "libcurl.a is missing"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
nm "$archive" 2>/dev/null | awk 'NF == 3 && $2 != "w" { print $3 }' | sort -u >"$tmp/defined"
nm -u "$archive" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u | comm -23 - "$tmp/defined" | grep -v '^_GLOBAL_OFFSET_TABLE_$' >"$tmp/left"
# What this program opens at first use anyway has its rows already.
sed -n 's/^ *X(\([A-Za-z0-9_]*\)).*/\1/p' base/lazy-*.h | sort -u >"$tmp/rows"
# Symbols that libcurl.so's own libraries have: those of libc stay the linker's.
ldd "$library" | awk '$2 == "=>" { print $1, $3 }' >"$tmp/paths"
names=
: >"$tmp/never"
for so in $(objdump -p "$library" | awk '$1 == "NEEDED" { print $2 }'); do
    path=$(awk -v so="$so" '$1 == so { print $2 }' "$tmp/paths")
    nm -D --defined-only "$path" | awk '{ sub(/@.*/, "", $3); print $2, $3 }' | sort -k 2 -u >"$tmp/has"
    awk '{ print $2 }' "$tmp/has" | sort -u | comm -12 "$tmp/left" - >"$tmp/of"
    comm -23 "$tmp/left" "$tmp/of" >"$tmp/rest"
    mv "$tmp/rest" "$tmp/left"
    case $so in
    libc.so* | libm.so* | libpthread.so* | libdl.so*) continue ;;
    librtmp.* | libssh* | libgssapi* | libldap* | liblber*) # of protocols that wpack never lets libcurl speak
        cat "$tmp/of" >>"$tmp/never"
        continue
        ;;
    esac
    name=$(echo "$so" | sed 's/\.so.*//; s/^lib//; s/[^A-Za-z0-9]/_/g')
    if awk 'NR == FNR { of[$1]; next } ($2 in of) && $1 !~ /[TWi]/' "$tmp/of" "$tmp/has" | grep -q .; then
        shared "libcurl.a takes variables of $so"
    fi
    comm -23 "$tmp/of" "$tmp/rows" | grep -v '^OPENSSL_init_ssl$' >"$tmp/$name.new" || true
    names="$names $name"
    echo "$so" >"$tmp/$name.so"
done
[ -s "$tmp/left" ] && shared "the library of '$(head -n 1 "$tmp/left")' is not known"

rows() { # file, macro
    awk -v m="$2" 'BEGIN { printf "#define %s(X)", m } { printf " \\\n    X(%s)", $1 } END { print "" }' "$1"
}
{
    printf '#pragma once\n#define WP_CURL_STATIC 1\n'
    echo '#define WP_CURL_LIBRARIES(X) \' # X(library, file)
    for name in $names; do
        [ ! -s "$tmp/$name.new" ] || printf '    X(%s, "%s") \\\n' "$name" "$(cat "$tmp/$name.so")"
    done
    printf '\n#define WP_CURL_ENTRIES(X) \\\n' # X(function, library)
    for name in $names; do
        sed "s/.*/    X(&, $name) \\\\/" "$tmp/$name.new"
    done
    echo
    sort -u "$tmp/never" >"$tmp/never.sorted"
    # What libcurl calls of them at its start and to tell versions does nothing; the others are not reached.
    grep -E '^libssh2?_(init|exit)$|ersion$' "$tmp/never.sorted" >"$tmp/quiet" || true
    rows "$tmp/quiet" WP_CURL_QUIET
    comm -23 "$tmp/never.sorted" "$tmp/quiet" >"$tmp/unreached"
    rows "$tmp/unreached" WP_CURL_NEVER
} >"$folder/curl-rows.h"
echo "$archive" >"$folder/args"
