#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shape of the tree: no file outgrows its purpose, every file says what it is, every command has its manual page,
# every unit test mirrors a room, nothing is left for later.
set -eu
bad=0
say() { echo "lint: $*" >&2; bad=1; }
for f in base/*.[ch] runtime-min/*.[ch] oci/*.[ch] sign/*.[ch] pack/*.[ch] cmd/*.[ch] tests/unit/*/*.[ch] tests/fuzz/*.c tests/e2e/*.py; do
    [ -e "$f" ] || continue
    n=$(wc -l <"$f")
    [ "$n" -le 800 ] || say "$f: $n lines (limit 800): two rooms in one?"
    head -n 3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || say "$f: no SPDX line at its head"
done
for f in base/*.h runtime-min/*.h oci/*.h sign/*.h pack/*.h cmd/*.h; do
    grep -q '^#pragma once' "$f" || say "$f: no '#pragma once'"
done
if grep -nE '\b(TODO|FIXME|XXX|HACK)\b' base/*.[ch] runtime-min/*.[ch] oci/*.[ch] sign/*.[ch] pack/*.[ch] cmd/*.[ch] >&2; then
    say "finish it or file it"
fi
for c in $(sed -n 's/^    \.name = "\([a-z]*\)",$/\1/p' cmd/cmd-*.c); do
    [ -e "cmd/man/wpack-$c.1.scd" ] || say "cmd/man/wpack-$c.1.scd: the command '$c' has no manual page"
done
for f in tests/unit/*/test-*.c; do
    room=$(basename "$(dirname "$f")")
    [ -d "$room" ] || say "$f: tests no room of the house"
done
for f in tests/fuzz/fuzz-*.c; do
    name=$(basename "$f" .c)
    [ -n "$(ls "tests/fuzz/corpus/${name#fuzz-}" 2>/dev/null)" ] || say "$f: its corpus is empty"
done
exit $bad
