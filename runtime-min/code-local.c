/* SPDX-License-Identifier: Apache-2.0
 *
 * Locals of the function at hand: a prefix of them flat, all of them as groups of equal type, so that a function costs
 * what its bytes say and not how many locals it claims; and which of those without a default value were set (core 3.0,
 * section 3.4.1). */
#include "base/limits.h"
#include "runtime-min/code-parts.h"

static int no_memory(struct wrt_scratch *s)
{
    return wp_fail(s->err, WP_E_LIMIT, "no memory for locals");
}

static int add_group(struct wrt_scratch *s, uint32_t count, uint32_t type)
{
    if (s->group_count > 0 && s->groups[s->group_count - 1].type == type) {
        s->groups[s->group_count - 1].end += count;
    } else {
        if (!code_grow(s, &s->groups, &s->group_room, s->group_count + UINT64_C(1), WP_LIMIT_WASM_LOCALS,
                       sizeof(*s->groups))) {
            return no_memory(s);
        }
        s->groups[s->group_count++] = (struct local_group){s->local_count + count, type};
    }
    s->local_count += count;
    return 0;
}

/* Zero where the general way has to look. */
static int fill_flat(struct wrt_scratch *s)
{
    uint32_t most = (uint32_t)WP_MIN((uint64_t)(s->c.end - s->c.p), WP_LIMIT_WASM_LOCALS);
    s->flat_count = WP_MAX(WP_MIN(s->local_count, most), FLAT_LEAST);
    if (!code_grow(s, &s->flat, &s->flat_room, s->flat_count, WP_LIMIT_WASM_LOCALS, sizeof(*s->flat))) {
        return no_memory(s);
    }
    uint32_t i = 0;
    for (uint32_t g = 0; g < s->group_count && i < s->flat_count; g++) {
        uint32_t end = WP_MIN(s->groups[g].end, s->flat_count), type = s->groups[g].type;
        bool unset = !wrt_defaultable(type);
        for (; i < end; i++) {
            s->flat[i] = unset && i >= s->param_count ? 0 : type;
        }
    }
    memset(s->flat + i, 0, (s->flat_count - i) * sizeof(*s->flat));
    return 0;
}

int code_locals_read(struct wrt_scratch *s, const struct wrt_deftype *func)
{
    uint32_t vectors, count, type;
    s->group_count = s->local_count = s->log_count = 0;
    s->param_count = func->as.func.param_count;
    for (uint32_t i = 0; i < s->param_count; i++) {
        if (add_group(s, 1, func->as.func.params[i]) < 0) {
            return -1;
        }
    }
    uint64_t total = s->param_count;
    s->at = s->c.p;
    if (code_u32(s, &vectors) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < vectors; i++) {
        s->at = s->c.p;
        if (code_u32(s, &count) < 0) {
            return -1;
        }
        total += count;
        if (total - s->param_count > UINT32_MAX) {
            return code_fail(s, "too many locals: %llu", (unsigned long long)total);
        }
        if (code_imm_valtype(s, &type) < 0) {
            return -1;
        }
        if (count > 0 && total <= WP_LIMIT_WASM_LOCALS && add_group(s, count, type) < 0) {
            return -1;
        }
    }
    if (total > WP_LIMIT_WASM_LOCALS) {
        return code_limit(s, WP_LIMIT_WASM_LOCALS, "locals");
    }
    return fill_flat(s);
}

int code_local_type(struct wrt_scratch *s, uint32_t index, uint32_t *ret)
{
    if (index >= s->local_count) {
        return code_fail(s, "unknown local %u: the function has %u, counted from 0", index, s->local_count);
    }
    uint32_t low = 0, high = s->group_count - 1;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (index < s->groups[mid].end) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    *ret = s->groups[low].type;
    return 0;
}

static bool must_be_set(const struct wrt_scratch *s, uint32_t index, uint32_t type)
{
    return index >= s->param_count && !wrt_defaultable(type);
}

int code_local_get(struct wrt_scratch *s)
{
    uint32_t index, type;
    if (code_u32(s, &index) < 0 || code_local_type(s, index, &type) < 0) {
        return -1;
    }
    if (must_be_set(s, index, type) && (s->set[index >> 3] >> (index & 7) & 1) == 0) {
        char text[64];
        code_type_text(s, type, text, sizeof(text));
        return code_fail(s, "uninitialized local %u: %s has no default value, set it first", index, text);
    }
    return code_push(s, type);
}

static int mark_set(struct wrt_scratch *s, uint32_t index)
{
    if ((s->set[index >> 3] >> (index & 7) & 1) != 0) {
        return 0;
    }
    if (!code_grow(s, &s->log, &s->log_room, s->log_count + UINT64_C(1), WP_LIMIT_WASM_LOCALS, sizeof(*s->log))) {
        return no_memory(s);
    }
    s->log[s->log_count++] = index;
    s->set[index >> 3] |= (uint8_t)(1u << (index & 7));
    return 0;
}

int code_local_set(struct wrt_scratch *s, bool tee)
{
    uint32_t index = 0, type = 0;
    if (code_u32(s, &index) < 0 || code_local_type(s, index, &type) < 0 || code_pop(s, type) < 0 ||
        (tee && code_push(s, type) < 0)) {
        return -1;
    }
    return must_be_set(s, index, type) ? mark_set(s, index) : 0;
}

void code_locals_reset(struct wrt_scratch *s, uint32_t count)
{
    while (s->log_count > count) {
        uint32_t index = s->log[--s->log_count];
        s->set[index >> 3] &= (uint8_t) ~(1u << (index & 7));
    }
}
