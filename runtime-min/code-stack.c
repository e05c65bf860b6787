/* SPDX-License-Identifier: Apache-2.0
 *
 * The operand stack of the function at hand (core 3.0, appendix "Validation Algorithm"), and what is said when it does
 * not hold what an instruction takes. */
#include "base/limits.h"
#include "runtime-min/code-parts.h"

int code_fail(struct wrt_scratch *s, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return wrt_fail_at(s->m, s->at, s->err, "%s", text);
}

int code_limit(struct wrt_scratch *s, uint64_t limit, const char *what)
{
    wp_fail(s->err, WP_E_LIMIT, "at byte 0x%llx: more than %llu %s in one function",
            (unsigned long long)(s->at - s->m->base), (unsigned long long)limit, what);
    s->err->has_at = true;
    s->err->at = (uint64_t)(s->at - s->m->base);
    return -1;
}

/* Concrete types by their index in this module, not by their canonical id. */
static uint32_t with_index(const struct wrt_module *m, uint32_t type)
{
    for (uint32_t i = 0; wrt_is_concrete(type) && i < m->type_count; i++) {
        if (m->type_ids[i] == wrt_type_id(type)) {
            return wrt_ref_to(i, (type & WRT_NULL) != 0);
        }
    }
    return type;
}

size_t code_type_text(const struct wrt_scratch *s, uint32_t type, char *out, size_t room)
{
    if (type == BARRIER || type == WRT_BOTTOM) {
        return (size_t)snprintf(out, room, "nothing");
    }
    if (type == REF_BOTTOM) {
        return (size_t)snprintf(out, room, "a reference");
    }
    return wrt_type_text(with_index(s->m, type), out, room);
}

const char *code_subject(const struct wrt_scratch *s)
{
    if (s->op != &wrt_ops[WRT_OP_END] && s->op != &wrt_ops[WRT_OP_ELSE]) {
        return s->op->name;
    }
    static const char *const ends[] = {
        [FRAME_FUNC] = "the function's end",
        [FRAME_BLOCK] = "the block's end",
        [FRAME_LOOP] = "the loop's end",
        [FRAME_IF] = "the end of if",
        [FRAME_ELSE] = "the end of else",
        [FRAME_TRY_TABLE] = "the end of try_table",
        [FRAME_TRY] = "the end of try",
        [FRAME_CATCH] = "the end of catch",
        [FRAME_CATCH_ALL] = "the end of catch_all",
    };
    return ends[code_frame(s)->kind];
}

void code_blame_top(struct wrt_scratch *s)
{
    s->fault = s->sp[-1] != BARRIER ? (uint32_t)(s->sp - 1 - s->stack) : 0;
}

int code_mismatch(struct wrt_scratch *s, const char *want, uint32_t got)
{
    char text[64];
    code_type_text(s, got, text, sizeof(text));
    return code_fail(s, "type mismatch: %s takes %s, found %s", code_subject(s), want, text);
}

bool code_matches(const struct wrt_scratch *s, uint32_t sub, uint32_t super)
{
    if (sub == REF_BOTTOM) {
        return wrt_is_ref(super);
    }
    return wrt_matches(s->m->types, sub, super);
}

/* ---- lists: 1,000 types in two bytes of code, so nothing is compared item by item twice ---- */

/* Where it is kept that all of one list matches the other. */
static struct list_pair *pair_of(struct wrt_scratch *s, const uint32_t *subs, const uint32_t *supers)
{
    uint64_t hash = ((uint64_t)(uintptr_t)subs * 31 + (uint64_t)(uintptr_t)supers) * UINT64_C(0x9e3779b97f4a7c15);
    return &s->pairs[hash >> 56];
}

static bool pair_matches(struct wrt_scratch *s, uint32_t sub, uint32_t super)
{
    struct word_pair *p = &s->words[((sub * 0x9e3779b1u) ^ (super * 0x85ebca6bu)) >> 24];
    if (sub == super || (p->sub == sub && p->super == super)) {
        return true;
    }
    if (!code_matches(s, sub, super)) {
        return false;
    }
    *p = (struct word_pair){sub, super};
    s->memo_used = true;
    return true;
}

bool code_list_matches(struct wrt_scratch *s, const uint32_t *subs, const uint32_t *supers, uint32_t n)
{
    if (n == 0 || subs == supers || memcmp(subs, supers, n * sizeof(*subs)) == 0) {
        return true;
    }
    struct list_pair *p = pair_of(s, subs, supers);
    if (p->subs == subs && p->supers == supers && n <= p->n) {
        return true;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!pair_matches(s, subs[i], supers[i])) {
            return false;
        }
    }
    if (n >= LONG_LIST) {
        *p = (struct list_pair){subs, supers, n};
        s->memo_used = true;
    }
    return true;
}

void code_forget(struct wrt_scratch *s)
{
    s->pushed = NULL;
    s->pushed_count = 0;
    if (s->memo_used) {
        memset(s->pairs, 0, sizeof(s->pairs));
        memset(s->words, 0, sizeof(s->words));
        s->memo_used = false;
    }
}

/* Is the list that was pushed last on top, and does all of it match? */
static bool pushed_matches(struct wrt_scratch *s, const uint32_t *types, uint32_t n)
{
    return s->pushed_count == n && memcmp(s->sp - n, s->pushed, n * sizeof(*types)) == 0 &&
           code_list_matches(s, s->pushed, types, n);
}

static bool list_on_top(struct wrt_scratch *s, const uint32_t *types, uint32_t n)
{
    return (size_t)(s->sp - code_base(s)) >= n &&
           (memcmp(s->sp - n, types, n * sizeof(*types)) == 0 || (n >= LONG_LIST && pushed_matches(s, types, n)));
}

bool code_grow(struct wrt_scratch *s, void *array, uint32_t *room, uint64_t need, uint64_t limit, size_t size)
{
    if (need <= *room) {
        return true;
    }
    uint64_t more = WP_MIN(WP_MAX(WP_MAX(need, *room * UINT64_C(2)), 64), WP_MAX(limit, need));
    if ((more - *room) * size > s->left) {
        return false;
    }
    void *old;
    memcpy(&old, array, sizeof(old));
    void *grown = realloc(old, (size_t)more * size);
    if (grown == NULL) {
        return false;
    }
    s->left -= (more - *room) * size;
    memcpy(array, &grown, sizeof(grown));
    *room = (uint32_t)more;
    return true;
}

int code_reserve(struct wrt_scratch *s, uint64_t n)
{
    uint64_t used = (uint64_t)(s->sp - s->stack), top = (uint64_t)(s->top - s->stack);
    ptrdiff_t low = s->low - s->stack;
    uint32_t room = (uint32_t)(s->stack_end - s->stack);
    if (used + n <= room) {
        return 0;
    }
    if (used + n > WP_LIMIT_WASM_OPERANDS + STACK_PAD) {
        return code_limit(s, WP_LIMIT_WASM_OPERANDS, "operands");
    }
    if (!code_grow(s, &s->stack, &room, used + n, WP_LIMIT_WASM_OPERANDS + STACK_PAD, sizeof(uint32_t))) {
        return wp_fail(s->err, WP_E_LIMIT, "no memory for %llu operands", (unsigned long long)used + n);
    }
    s->stack_end = s->stack + room;
    s->low = s->stack + low;
    s->sp = s->stack + used;
    s->top = s->stack + top;
    return 0;
}

int code_pop_any(struct wrt_scratch *s, uint32_t *ret)
{
    if (s->sp[-1] != BARRIER) {
        *ret = s->sp[-1];
        code_take(s, 1);
        return 0;
    }
    if (code_frame(s)->unreachable) {
        *ret = WRT_BOTTOM;
        return 0;
    }
    return code_mismatch(s, "a value", BARRIER);
}

int code_pop_slow(struct wrt_scratch *s, uint32_t want)
{
    uint32_t got = s->sp[-1];
    if (got == BARRIER && code_frame(s)->unreachable) {
        return 0;
    }
    if (got != BARRIER && code_matches(s, got, want)) {
        code_take(s, 1);
        return 0;
    }
    char text[64];
    code_type_text(s, want, text, sizeof(text));
    code_blame_top(s);
    return code_mismatch(s, text, got);
}

int code_pop_ref(struct wrt_scratch *s, uint32_t *ret)
{
    uint32_t got = s->sp[-1];
    if (got == BARRIER && code_frame(s)->unreachable) {
        *ret = REF_BOTTOM;
        return 0;
    }
    if (got != WRT_BOTTOM && !wrt_is_ref(got)) {
        code_blame_top(s);
        return code_mismatch(s, "a reference", got);
    }
    *ret = got == WRT_BOTTOM ? REF_BOTTOM : got;
    code_take(s, 1);
    return 0;
}

int code_pop_list(struct wrt_scratch *s, const uint32_t *types, uint32_t n)
{
    if (n == 0) {
        return 0;
    }
    if (list_on_top(s, types, n)) {
        code_take(s, n);
        return 0;
    }
    while (n > 0) {
        uint32_t want = types[--n];
        if (s->sp[-1] > BARRIER && pair_matches(s, s->sp[-1], want)) {
            code_take(s, 1);
        } else if (code_pop(s, want) < 0) {
            return -1;
        }
        if (code_gives_anything(s)) {
            return 0;
        }
    }
    return 0;
}

int code_push_list(struct wrt_scratch *s, const uint32_t *types, uint32_t n)
{
    if (n == 0) {
        return 0;
    }
    if (code_reserve(s, n) < 0) {
        return -1;
    }
    memcpy(s->sp, types, n * sizeof(*types));
    s->sp += n;
    s->top = WP_MAX(s->top, s->sp);
    if (n >= LONG_LIST) {
        s->pushed = types;
        s->pushed_count = n;
    }
    return 0;
}

int code_check_list(struct wrt_scratch *s, const uint32_t *types, uint32_t n)
{
    uint32_t *sp = s->sp, *low = s->low;
    int done = code_pop_list(s, types, n);
    s->sp = sp; /* nothing was written */
    s->low = low;
    return done;
}

void code_unreachable(struct wrt_scratch *s)
{
    code_take(s, (uint32_t)(s->sp - code_base(s)));
    code_frame(s)->unreachable = true;
}
