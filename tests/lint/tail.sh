#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: tail.sh exec-tail.o. Handlers of instructions jump to one another: none may call the next, or long runs would
# eat the C stack. Looks at the machine code of x86-64; says SKIP elsewhere and where the loop dispatcher was built.
set -eu
if ! command -v objdump >/dev/null || ! objdump -f "$1" | grep -q x86-64; then
    echo "SKIP: tail.sh: no objdump for x86-64"
    exit 0
fi
objdump -d --no-show-raw-insn "$1" | awk '
    /^[0-9a-f]+ <.*>:$/ { name = $2; handler = name ~ /^<(op|leave)_/; handlers += handler; next }
    handler && /\tcall +\*/ { print "lint: exec-tail.o: " name " calls the next handler: " $0; bad = 1 }
    handler && /\tjmp +\*/ { jumps++ }
    END {
        if (handlers == 0) { print "SKIP: tail.sh: the loop dispatcher"; exit 0 }
        if (jumps < handlers / 2) { print "lint: exec-tail.o: only " jumps + 0 " jumps in " handlers " handlers"; bad = 1 }
        exit bad
    }'
