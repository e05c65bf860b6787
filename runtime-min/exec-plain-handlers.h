/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers of control, moves and globals (slot.h), in words that each dispatcher defines (exec-tail.c,
 * exec-loop.c); this file is included by them only, once.
 *
 *   registers   ip fp mem mem_size fuel x; mem and mem_size are those of memory 0
 *   accumulator acc acc64 acc32: what the instruction before gave, by kind
 *   OP(NAME)    begins the handler of WRT_S_NAME, which ends on every path in one of
 *   NEXT(n)     go on n words further
 *   DISPATCH    go on at ip
 *   TRAP(STOP)  the run ends with WRT_STOP_STOP
 *   LEAVE(way)  exec_WAY (exec-parts.h) knows how to go on
 *   FINISH      back to the host
 *   A B C D     the fields of the first word
 *   FAR(p, memory, base, offset, width)   declares uint8_t *p into any memory, or traps */
#pragma once

/* ---- control ---- */

/* In this order: how the branch is taken back is told by its word. */
#define BRANCH(word)                         \
    do {                                     \
        const uint64_t to = (word);          \
        fuel += (int64_t)to >> 32;           \
        ip += (int32_t)(uint32_t)to;         \
        if (__builtin_expect(fuel < 0, 0)) { \
            x->branch = to;                  \
            LEAVE(slice_at_branch);          \
        }                                    \
        DISPATCH;                            \
    } while (0)

/* f is a function of this instance; what does not fit is sorted out by the way. */
#define ENTER_OR(f, way)                                                                                       \
    do {                                                                                                       \
        uint64_t *const to = fp + A;                                                                           \
        struct wrt_frame *const callee = x->frame + 1;                                                         \
        const int64_t left = fuel - (int64_t)D;                                                                \
        if (__builtin_expect(left < 0 || callee >= x->frames_end || !exec_room(x, to, (f)->frame_slots), 0)) { \
            LEAVE(way);                                                                                        \
        }                                                                                                      \
        callee->func = (f);                                                                                    \
        callee->ip = ip + 2;                                                                                   \
        callee->fp = fp;                                                                                       \
        x->frame = callee;                                                                                     \
        ip = (f)->entry;                                                                                       \
        fp = to;                                                                                               \
        fuel = left;                                                                                           \
        DISPATCH;                                                                                              \
    } while (0)

/* The same in place of the running function. */
#define REPLACE_OR(f, way)                                                          \
    do {                                                                            \
        const uint64_t *const from = fp + A;                                        \
        const int64_t left = fuel - (int64_t)D;                                     \
        if (__builtin_expect(left < 0 || !exec_room(x, fp, (f)->frame_slots), 0)) { \
            LEAVE(way);                                                             \
        }                                                                           \
        for (uint32_t i = 0; i < (f)->param_slots; i++) {                           \
            fp[i] = from[i];                                                        \
        }                                                                           \
        x->frame->func = (f);                                                       \
        ip = (f)->entry;                                                            \
        fuel = left;                                                                \
        DISPATCH;                                                                   \
    } while (0)

#define RETURN                                   \
    do {                                         \
        struct wrt_frame *const done = x->frame; \
        fuel -= (int64_t)D;                      \
        ip = done->ip;                           \
        fp = done->fp;                           \
        x->frame = done - 1;                     \
        fuel += (int64_t)wrt_slot_d(ip[-2]);     \
        DISPATCH;                                \
    } while (0)

OP(TRAP_UNREACHABLE)
{
    TRAP(UNREACHABLE);
}
OP(NOP)
{
    NEXT(1);
}
OP(TRANSLATE)
{
    LEAVE(begin);
}
OP(RESTORE)
{
    LEAVE(restore);
}
OP(EXIT)
{
    FINISH;
}
OP(ENTER)
{
    uint64_t *p = fp + A;
    for (uint32_t n = D; n != 0; n--) {
        *p++ = 0;
    }
    NEXT(1);
}
OP(WATCH_ENTER)
{
    LEAVE(watch_enter);
}
OP(WATCH_LEAVE)
{
    LEAVE(watch_leave);
}
OP(WATCH_TAIL)
{
    LEAVE(watch_tail);
}
OP(BR)
{
    BRANCH(ip[1]);
}
OP(BR_IF)
{
    if ((uint32_t)fp[A] != 0) {
        BRANCH(ip[1]);
    }
    NEXT(2);
}
OP(BR_IF_R)
{
    if ((uint32_t)acc != 0) {
        BRANCH(ip[1]);
    }
    NEXT(2);
}
OP(BR_UNLESS_R)
{
    if ((uint32_t)acc == 0) {
        BRANCH(ip[1]);
    }
    NEXT(2);
}
OP(BR_UNLESS)
{
    if ((uint32_t)fp[A] == 0) {
        BRANCH(ip[1]);
    }
    NEXT(2);
}
OP(BR_NULL)
{
    if (fp[A] == 0) {
        BRANCH(ip[1]);
    }
    NEXT(2);
}
OP(BR_NON_NULL)
{
    if (fp[A] != 0) {
        BRANCH(ip[1]);
    }
    NEXT(2);
}
OP(BR_TABLE)
{
    const uint64_t index = fp[A], last = D;
    BRANCH(ip[1 + (index < last ? index : last)]);
}
OP(RETURN_0)
{
    RETURN;
}
OP(RETURN_1)
{
    fp[0] = fp[A];
    RETURN;
}
OP(RETURN_1_R)
{
    fp[0] = acc;
    RETURN;
}
OP(RETURN_2)
{
    const uint64_t *const from = fp + A;
    fp[0] = from[0];
    fp[1] = from[1];
    RETURN;
}
OP(RETURN_N)
{
    const uint64_t *const from = fp + A;
    const uint64_t n = ip[1];
    for (uint64_t i = 0; i < n; i++) {
        fp[i] = from[i];
    }
    RETURN;
}
OP(CALL)
{
    struct wrt_func *const f = exec_func(ip[1]);
    ENTER_OR(f, call);
}
OP(CALL_FAR)
{
    LEAVE(call);
}
OP(CALL_INDIRECT)
{
    const uint64_t w = ip[1], index = fp[w >> 48];
    const struct wrt_table_inst *const t = x->instance->tables[w >> 32 & 0xffff];
    struct wrt_func *const f = index < t->size ? exec_func(t->items[index]) : NULL;
    if (!f || f->type != (uint32_t)w || f->instance != x->instance) {
        LEAVE(call_indirect);
    }
    ENTER_OR(f, call_indirect);
}
OP(CALL_REF)
{
    struct wrt_func *const f = exec_func(fp[ip[1] & 0xffff]);
    if (!f || f->instance != x->instance) {
        LEAVE(call_ref);
    }
    ENTER_OR(f, call_ref);
}
OP(RETURN_CALL)
{
    struct wrt_func *const f = exec_func(ip[1]);
    if (f->instance != x->instance) {
        LEAVE(return_call);
    }
    REPLACE_OR(f, return_call);
}
OP(RETURN_CALL_INDIRECT)
{
    const uint64_t w = ip[1], index = fp[w >> 48];
    const struct wrt_table_inst *const t = x->instance->tables[w >> 32 & 0xffff];
    struct wrt_func *const f = index < t->size ? exec_func(t->items[index]) : NULL;
    if (!f || f->type != (uint32_t)w || f->instance != x->instance) {
        LEAVE(return_call_indirect);
    }
    REPLACE_OR(f, return_call_indirect);
}
OP(RETURN_CALL_REF)
{
    struct wrt_func *const f = exec_func(fp[ip[1] & 0xffff]);
    if (!f || f->instance != x->instance) {
        LEAVE(return_call_ref);
    }
    REPLACE_OR(f, return_call_ref);
}

/* ---- moves, constants, globals ---- */

OP(MOVE)
{
    fp[A] = fp[B];
    NEXT(1);
}
OP(MOVE_2)
{
    const uint64_t first = fp[B], second = fp[C];
    fp[A] = first;
    fp[A + 1] = second;
    NEXT(1);
}
OP(MOVE_V)
{
    const uint64_t low = fp[B], high = fp[B + 1];
    fp[A] = low;
    fp[A + 1] = high;
    NEXT(1);
}
OP(MOVE_N)
{
    memmove(fp + A, fp + B, ip[1] * sizeof *fp);
    NEXT(2);
}
OP(CONST_32)
{
    fp[A] = D;
    NEXT(1);
}
OP(CONST_64)
{
    fp[A] = ip[1];
    NEXT(2);
}
OP(CONST_V)
{
    fp[A] = ip[1];
    fp[A + 1] = ip[2];
    NEXT(3);
}
OP(SELECT)
{
    const uint64_t yes = fp[B], no = fp[C];
    fp[A] = (uint32_t)fp[ip[1] & 0xffff] != 0 ? yes : no;
    NEXT(2);
}
OP(SELECT_V)
{
    const uint64_t *const from = fp + ((uint32_t)fp[ip[1] & 0xffff] != 0 ? B : C);
    const uint64_t low = from[0], high = from[1];
    fp[A] = low;
    fp[A + 1] = high;
    NEXT(2);
}
OP(GLOBAL_GET)
{
    fp[A] = *(const uint64_t *)(uintptr_t)ip[1];
    NEXT(2);
}
OP(GLOBAL_SET)
{
    *(uint64_t *)(uintptr_t)ip[1] = fp[A];
    NEXT(2);
}
OP(GLOBAL_GET_V)
{
    const uint64_t *const cell = (const uint64_t *)(uintptr_t)ip[1];
    fp[A] = cell[0];
    fp[A + 1] = cell[1];
    NEXT(2);
}
OP(GLOBAL_SET_V)
{
    uint64_t *const cell = (uint64_t *)(uintptr_t)ip[1];
    cell[0] = fp[A];
    cell[1] = fp[A + 1];
    NEXT(2);
}
