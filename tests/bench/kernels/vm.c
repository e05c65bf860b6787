/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of jumps: a small stack machine, one switch in a loop, that adds up the lengths of all Collatz sequences
 * below a number. vm [BELOW] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum op { PUSH, LOAD, STORE, ADD, SUB, MUL, AND, OR, XOR, SHIFT, LESS, EQUAL, DUP, SWAP, DROP, JUMP, JUMP_IF, HALT };

static uint64_t run(const int32_t *code, uint64_t vars[8])
{
    uint64_t stack[32];
    uint64_t *sp = stack;
    uint64_t steps = 0;
    uint64_t t;
    for (const int32_t *pc = code;;) {
        steps++;
        switch ((enum op) * pc++) {
        case PUSH:
            *sp++ = (uint64_t)(int64_t)*pc++;
            break;
        case LOAD:
            *sp++ = vars[*pc++];
            break;
        case STORE:
            vars[*pc++] = *--sp;
            break;
        case ADD:
            sp--, sp[-1] += sp[0];
            break;
        case SUB:
            sp--, sp[-1] -= sp[0];
            break;
        case MUL:
            sp--, sp[-1] *= sp[0];
            break;
        case AND:
            sp--, sp[-1] &= sp[0];
            break;
        case OR:
            sp--, sp[-1] |= sp[0];
            break;
        case XOR:
            sp--, sp[-1] ^= sp[0];
            break;
        case SHIFT:
            sp--, sp[-1] >>= sp[0] & 63;
            break;
        case LESS:
            sp--, sp[-1] = sp[-1] < sp[0];
            break;
        case EQUAL:
            sp--, sp[-1] = sp[-1] == sp[0];
            break;
        case DUP:
            sp[0] = sp[-1], sp++;
            break;
        case SWAP:
            t = sp[-1], sp[-1] = sp[-2], sp[-2] = t;
            break;
        case DROP:
            sp--;
            break;
        case JUMP:
            pc = code + *pc;
            break;
        case JUMP_IF:
            pc = *--sp != 0 ? code + *pc : pc + 1;
            break;
        case HALT:
            return steps;
        }
    }
}

/* ---- a program for it ---- */

static int32_t program[128];
static int32_t size;

static int32_t emit(enum op op)
{
    program[size] = (int32_t)op;
    return size++;
}

static int32_t with(enum op op, int32_t operand) /* the operand's place */
{
    emit(op);
    program[size] = operand;
    return size++;
}

enum var { N, X, COUNT, TOTAL, BELOW, MIX };

static void collatz(void)
{
    with(PUSH, 1), with(STORE, N);
    int32_t each = size;
    with(LOAD, N), with(LOAD, BELOW), emit(LESS);
    int32_t go_on = with(JUMP_IF, 0);
    emit(HALT);
    program[go_on] = size;
    with(LOAD, N), with(STORE, X), with(PUSH, 0), with(STORE, COUNT);
    int32_t step = size;
    with(LOAD, X), emit(DUP), with(PUSH, 1), emit(EQUAL);
    int32_t done = with(JUMP_IF, 0);
    emit(DUP), with(PUSH, 1), emit(AND);
    int32_t odd = with(JUMP_IF, 0);
    with(PUSH, 1), emit(SHIFT);
    int32_t next = with(JUMP, 0);
    program[odd] = size;
    with(PUSH, 3), emit(MUL), with(PUSH, 1), emit(ADD);
    program[next] = size;
    with(STORE, X), with(LOAD, COUNT), with(PUSH, 1), emit(ADD), with(STORE, COUNT);
    with(JUMP, step);
    program[done] = size;
    emit(DROP);
    with(LOAD, TOTAL), with(LOAD, COUNT), emit(ADD), with(STORE, TOTAL);
    with(LOAD, MIX), with(PUSH, 31), emit(MUL), with(LOAD, COUNT), emit(SWAP), emit(SUB), with(LOAD, N), emit(XOR);
    with(STORE, MIX);
    with(LOAD, N), with(PUSH, 1), emit(ADD), with(STORE, N);
    with(JUMP, each);
}

int main(int argc, char *argv[])
{
    uint64_t vars[8] = {0};
    vars[BELOW] = argc > 1 ? strtoull(argv[1], NULL, 10) : 60000;
    collatz();
    uint64_t steps = run(program, vars);
    printf("below %llu: %llu in all, mixed %llx, %llu steps\n", (unsigned long long)vars[BELOW],
           (unsigned long long)vars[TOTAL], (unsigned long long)vars[MIX], (unsigned long long)steps);
    return 0;
}
