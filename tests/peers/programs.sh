#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The programs of tests/peers/programs.txt, built for WASI preview 1 into CACHE/programs: programs.sh install CACHE. What is
# there stays; what cannot be had or built here is skipped loudly.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ "$1" = install ]
mkdir -p "$2/programs/.work" "$2/programs/data"
dir=$(realpath "$2")/programs
work=$dir/.work
skipped=0

# ---- where sources come from: each leaves a folder of them and prints its path ----

apt() { # apt-get on indexes of our own, which hold source packages
    state=$work/apt
    program=$1
    shift
    "$program" -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/sources" -o Dir::State::lists="$state/lists" \
        -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root "$@"
}

from_debian() { # PACKAGE: what its authors published, without Debian's changes
    if [ ! -e "$work/apt/there" ]; then
        mkdir -p "$work/apt/sources" "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
        if [ -e /etc/apt/sources.list.d/debian.sources ]; then
            sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >"$work/apt/sources/src.sources"
        else
            sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$work/apt/sources/src.list"
        fi
        apt apt-get update >&2 || return 1
        touch "$work/apt/there"
    fi
    rm -rf "$work/src/$1" && mkdir -p "$work/src/$1/tree"
    # Debian's own part is not needed, and not every mirror keeps all of them.
    (cd "$work/src/$1" && { apt apt-get source --download-only "$1" >&2 || true; }) || return 1
    for tar in "$work/src/$1"/*.orig.tar.*; do
        case $tar in *.asc) continue ;; esac
        tar xf "$tar" -C "$work/src/$1/tree" --strip-components=1 || return 1
    done
    echo "$work/src/$1/tree"
}

from_crate() { # CRATE@VERSION
    mkdir -p "$work/crate"
    (cd "$work/crate" && rm -rf "${1%@*}" && cargo init --quiet --vcs none --name fetch "${1%@*}" && cd "${1%@*}" &&
        cargo add --quiet --no-default-features "${1%@*}@=${1#*@}" && cargo vendor --quiet vendor >/dev/null) >&2 || return 1
    echo "$work/crate/${1%@*}/vendor/${1%@*}"
}

from_sdist() { # PACKAGE==VERSION
    mkdir -p "$work/sdist/$1/tree"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: -d "$work/sdist/$1" "$1" >&2 || return 1
    tar xf "$work/sdist/$1"/*.tar.gz -C "$work/sdist/$1/tree" --strip-components=1 || return 1
    echo "$work/sdist/$1/tree"
}

from_own() {
    echo "$here/../programs"
}

# ---- how each is built: make_NAME FOLDER OUT ----

emulated='-D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_MMAN -D_WASI_EMULATED_GETPID'
cc() { # OUT ARGUMENT...
    out=$1
    shift
    # shellcheck disable=SC2086 # a list of options
    clang --target=wasm32-wasi -O2 -s -w $emulated -o "$out" "$@" -lm -lwasi-emulated-signal -lwasi-emulated-process-clocks \
        -lwasi-emulated-mman -lwasi-emulated-getpid
}

make_probe() { cc "$2" "$1/probe.c" -Wl,-z,stack-size=1048576; }
make_words() { clang++ --target=wasm32-wasi -O2 -s -std=c++17 -fno-exceptions -o "$2" "$1/words.cc"; }
make_tally() { rustc_wasi -O -C strip=symbols --crate-name tally "$1/tally.rs" -o "$2"; }
make_gopher() { GOOS=wasip1 GOARCH=wasm go build -trimpath -ldflags=-s -o "$2" "$1/gopher.go"; }
make_hello() { GOOS=wasip1 GOARCH=wasm go build -trimpath -ldflags=-s -o "$2" "$1/hello.go"; }

rustc_wasi() { # Debian's compiler has that target as a package: libstd-rust-dev-wasm32
    for rustc in /usr/bin/rustc rustc; do
        [ -d "$("$rustc" --print sysroot 2>/dev/null)/lib/rustlib/wasm32-wasi/lib" ] || continue
        "$rustc" --edition 2021 --target wasm32-wasi "$@"
        return
    done
    echo "no rustc has the target wasm32-wasi (Debian: rustc libstd-rust-dev-wasm32)" >&2
    return 1
}

make_lua() { # no setjmp on WASI: an error ends the program, and so does a coroutine that yields
    files=$(find "$1/src" -name '*.c' ! -name luac.c)
    # shellcheck disable=SC2086
    cc "$2" -I"$1/src" -I"$work/lua" -include "$work/lua/try.h" $files
}

make_bzip2() {
    (cd "$1" && cc "$2" -include "$work/gaps.h" blocksort.c huffman.c crctable.c randtable.c compress.c decompress.c \
        bzlib.c bzip2.c)
}

make_minigzip() {
    (cd "$1" && cc "$2" -I. -DHAVE_UNISTD_H -Dunlink=remove adler32.c crc32.c deflate.c infback.c inffast.c inflate.c inftrees.c \
        trees.c zutil.c compress.c uncompr.c gzclose.c gzlib.c gzread.c gzwrite.c test/minigzip.c)
}

make_lz4() {
    (cd "$1" && cc "$2" -include "$work/gaps.h" -Ilib -Iprograms lib/*.c programs/lz4cli.c programs/lz4io.c programs/bench.c programs/datagen.c)
}

make_zstd() {
    (cd "$1" && cc "$2" -include "$work/gaps.h" -DZSTD_NOBENCH -DZSTD_NODICT -DZSTD_NOTRACE -DZSTD_DISABLE_ASM -DBACKTRACE_ENABLE=0 \
        -Ilib -Ilib/common lib/common/*.c lib/compress/*.c lib/decompress/*.c programs/zstdcli.c programs/util.c \
        programs/timefn.c programs/fileio.c programs/fileio_asyncio.c)
}

make_zopfli() { (cd "$1" && cc "$2" src/zopfli/*.c); }

make_cmark() {
    printf '#define HAVE_STDBOOL_H\n#include <stdbool.h>\n#define CMARK_INLINE inline\n#define CMARK_ATTRIBUTE(list) __attribute__ (list)\n' >"$1/src/config.h"
    printf '#define CMARK_VERSION 0x001e02\n#define CMARK_VERSION_STRING "0.30.2"\n' >"$1/src/cmark_version.h"
    printf '#define CMARK_EXPORT\n#define CMARK_STATIC_DEFINE\n' >"$1/src/cmark_export.h"
    (cd "$1/src" && cc "$2" -I. ./*.c)
}

make_md2html() {
    (cd "$1" && cc "$2" -Isrc -Imd2html -DMD_VERSION_MAJOR=0 -DMD_VERSION_MINOR=4 -DMD_VERSION_RELEASE=8 src/*.c md2html/*.c)
}

make_figlet() {
    cp "$1"/fonts/standard.flf "$1"/fonts/slant.flf "$dir/data/"
    (cd "$1" && cc "$2" -include "$work/gaps.h" -DDEFAULTFONTDIR='"/fonts"' -DDEFAULTFONTFILE='"standard.flf"' -D__CYGWIN__ figlet.c zipio.c crc.c inflate.c utf8.c)
}

make_tinyscheme() {
    cp "$(find "$1" -name init.scm | head -n 1)" "$dir/data/"
    at=$(dirname "$(find "$1" -name scheme.c | head -n 1)")
    cc "$2" -I"$at" -DUSE_DL=0 -DUSE_STRLWR=1 -DSTANDALONE=1 -DUSE_NO_FEATURES=0 -DUSE_MATH=1 -DUSE_CHAR_CLASSIFIERS=1 \
        -DUSE_ASCII_NAMES=1 -DUSE_STRING_PORTS=1 -DUSE_INTERFACE=0 -DUSE_PLIST=0 "$at/scheme.c"
}

make_xxhsum() { (cd "$1" && cc "$2" -include "$work/gaps.h" -I. xxhash.c cli/*.c); }

make_qrencode() {
    (cd "$1" && cc "$2" -DSTATIC_IN_RELEASE=static -DMAJOR_VERSION=4 -DMINOR_VERSION=1 -DMICRO_VERSION=1 '-DVERSION="4.1.1"' \
        -DHAVE_STRDUP=1 -I. bitstream.c mask.c mmask.c mqrspec.c qrencode.c qrenc.c qrinput.c qrspec.c rsecc.c split.c)
}

make_xmlwf() {
    at=$1
    [ -d "$at/lib" ] || at=$1/expat
    : >"$at/lib/expat_config.h"
    (cd "$at" && cc "$2" -DXML_STATIC -DXML_POOR_ENTROPY -DXML_NS -DXML_DTD -DXML_CONTEXT_BYTES=1024 -DHAVE_MEMMOVE -DBYTEORDER=1234 \
        '-DPACKAGE="expat"' -Ilib -Ixmlwf lib/xmlparse.c lib/xmlrole.c lib/xmltok.c xmlwf/xmlwf.c xmlwf/xmlfile.c xmlwf/codepage.c xmlwf/readfilemap.c)
}

make_gifbuild() {
    cp "$(find "$1" -name 'treescap.gif' | head -n 1)" "$dir/data/"
    (cd "$1" && cc "$2" -I. dgif_lib.c egif_lib.c gifalloc.c gif_err.c gif_font.c gif_hash.c openbsd-reallocarray.c quantize.c qprintf.c giftext.c getarg.c)
}

make_sqlite() {
    cc "$2" -I"$1/sqlite3" -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OS_OTHER=1 -DSQLITE_OMIT_WAL -DSQLITE_TEMP_STORE=3 \
        -DLONGDOUBLE_TYPE=double "$1/sqlite3/sqlite3.c" "$1/sqlite3/wasm32-wasi-vfs.c" "$here/../programs/sql.c"
}

make_coremark() {
    sed -i 's/\bsize_of::</std::mem::size_of::</g' "$1"/src/*.rs
    (
        export COREMARK_RUSTC_VERSION=- COREMARK_PROFILE=- COREMARK_TARGET=-
        rustc_wasi -O --crate-type rlib --crate-name coremark "$1/src/lib.rs" -o "$work/libcoremark.rlib" &&
            rustc_wasi -O -C strip=symbols "$here/../programs/coremark.rs" --extern coremark="$work/libcoremark.rlib" -o "$2"
    )
}

make_quickjs() {
    at=$(dirname "$(find "$1" -name quickjs.c | head -n 1)")
    cc "$2" -I"$at" -D_GNU_SOURCE '-DCONFIG_VERSION="wasi"' -DEMSCRIPTEN -DFE_DOWNWARD=1 -DFE_UPWARD=2 -include "$work/gaps.h" "$at/quickjs.c" "$at/libregexp.c" \
        "$at/libunicode.c" "$at/cutils.c" "$at/libbf.c" "$here/../programs/js.c" -Wl,-z,stack-size=4194304
}

# What the C library lacks, and a program mentions without needing it here.
headers() {
    cat >"$work/gaps.h" <<'H'
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <utime.h>
static inline int wp_gap(void) { return 0; }
#define chmod(...) wp_gap()
#define chown(...) wp_gap()
#define fchmod(...) wp_gap()
#define fchown(...) wp_gap()
#define umask(...) wp_gap()
#define tmpfile() ((FILE *)0)
#define system(...) wp_gap()
H
    mkdir -p "$work/lua"
    echo 'typedef int jmp_buf[1];' >"$work/lua/setjmp.h"
    cat >"$work/lua/try.h" <<'H'
#include <stdio.h>
#include <stdlib.h>
#define LUAI_THROW(L, c) (fputs("error\n", stderr), exit(70))
#define LUAI_TRY(L, c, a) a
#define luai_jmpbuf int
#define tmpfile() ((FILE *)0)
#define tmpnam(x) ((char *)0)
#undef L_tmpnam
#define L_tmpnam 1
#define system(x) (-1)
#define l_mathop(op) op
H
}

build() { # NAME KIND SOURCE
    if [ "$2" = go ]; then
        (cd "$work" && GOOS=wasip1 GOARCH=wasm GOFLAGS=-mod=mod GOBIN= GOPATH="$work/go" go install -trimpath -ldflags=-s "$3") || return 1
        mv "$work/go/bin/wasip1_wasm/$1" "$work/$1.wasm"
        return
    fi
    tree=$("from_$2" "$3") || return 1
    "make_$1" "$tree" "$work/$1.wasm"
}

headers
"$here/../deps.sh" clang lld wasi-libc libclang-rt-14-dev-wasm32 libc++-14-dev-wasm32 libc++abi-14-dev-wasm32 rustc libstd-rust-dev-wasm32 ||
    echo "  compilers are missing: what needs them is skipped" >&2
while read -r name kind source; do
    case $name in '' | '#'*) continue ;; esac
    if [ -s "$dir/$name.wasm" ] && { [ "$kind" != own ] || [ ! "$here/../programs/$source" -nt "$dir/$name.wasm" ]; }; then
        continue
    fi
    echo "  PROGRAM $name ($kind $source)"
    if build "$name" "$kind" "$source" </dev/null >"$work/log" 2>&1 && [ -s "$work/$name.wasm" ]; then
        mv "$work/$name.wasm" "$dir/$name.wasm"
    else
        grep -m 8 -E 'error|undefined|E:' "$work/log" >&2 || tail -n 3 "$work/log" >&2
        echo "  SKIP    $name: cannot be had or built here" >&2
        skipped=$((skipped + 1))
    fi
done <"$here/programs.txt"
echo "  PROGRAM $(find "$dir" -maxdepth 1 -name '*.wasm' | wc -l) there, $skipped skipped"
[ "$skipped" -gt 0 ] || { chmod -R u+w "$work" && rm -rf "$work"; }
