/* SPDX-License-Identifier: Apache-2.0
 *
 * From the bytes of a validated function to slot code (slot.h), in one pass, when it is called first. What it takes to
 * translate is kept in the store and used again. The same bytes give the same code, always. */
#include "runtime-min/translate-parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEEP = 1 << 18 }; /* words of scratch that are kept for the next function */

int tr_fail(struct wrt_translator *t, enum wrt_stop stop, const char *fmt, ...)
{
    if (!t->failed && !t->quiet) {
        char text[160];
        va_list args;
        va_start(args, fmt);
        vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);
        (void)wrt_stop(&t->store->exec, stop, "%s", text);
    }
    t->failed = true;
    return -1;
}

/* Room for `count` items. */
bool tr_reserve(struct wrt_translator *t, struct wrt_vec *v, uint64_t count, size_t size)
{
    struct wp_err err = {.code = WP_E_OK};
    if (count <= v->room) {
        return true;
    }
    if (count > UINT32_MAX / 2 || wrt_vec_reserve(&t->store->mem, v, (uint32_t)(count - v->count), size, &err) < 0) {
        (void)tr_fail(t, WRT_STOP_CODE, "function %u: no room to translate it", t->f->index);
        return false;
    }
    return true;
}

static struct wrt_translator *translator(struct wrt_store *s)
{
    struct wp_err err = {.code = WP_E_OK};
    if (s->translator == NULL) {
        s->translator = wrt_alloc(&s->mem, 1, sizeof(*s->translator), &err);
        if (s->translator != NULL) {
            tr_rows_make(s->translator->rows);
            s->translator->store = s;
        }
    }
    return s->translator;
}

/* ---- the begin ---- */

static bool add_locals(struct wrt_translator *t, uint32_t n, uint32_t type)
{
    uint32_t width = tr_width(type);
    if (t->local_slots + (uint64_t)n * width > TR_SLOTS_MAX) {
        tr_fail_slots(t);
        return false;
    }
    if (!tr_reserve(t, &t->local_vec, (uint64_t)t->local_count + n, sizeof(uint32_t))) {
        return false;
    }
    t->locals = t->local_vec.items;
    for (uint32_t i = 0; i < n; i++) {
        t->locals[t->local_count++] = t->local_slots | (width == 2 ? TR_WIDE_LOCAL : 0);
        t->local_slots += width;
    }
    t->local_vec.count = t->local_count;
    return true;
}

static bool read_locals(struct wrt_translator *t, const struct wrt_deftype *type)
{
    t->local_count = t->local_slots = t->local_vec.count = 0;
    for (uint32_t i = 0; i < type->as.func.param_count; i++) {
        if (!add_locals(t, 1, type->as.func.params[i])) {
            return false;
        }
    }
    uint32_t params = t->local_slots;
    for (uint32_t groups = tr_u32(t); groups > 0; groups--) {
        uint32_t n = tr_u32(t), byte = *t->p++;
        if (byte == 0x63 || byte == 0x64) {
            (void)tr_signed(t);
        }
        if (!add_locals(t, n, byte)) {
            return false;
        }
    }
    t->head_vec.count = 0;
    if (!tr_reserve(t, &t->head_vec, t->local_slots + 1, sizeof(uint32_t))) {
        return false;
    }
    t->heads = t->head_vec.items;
    memset(t->heads, 0, t->local_slots * sizeof(uint32_t));
    if (t->local_slots > params) {
        *tr_emit(t, 1) = wrt_slot_ad(WRT_S_ENTER, params, t->local_slots - params);
    }
    return true;
}

static bool begin(struct wrt_translator *t, const struct wrt_func *f, uint32_t probe)
{
    const struct wrt_module *m = f->instance->module;
    const struct wrt_code *code = &m->code[f->index - m->func_imports];
    t->f = f;
    t->m = m;
    t->instance = f->instance;
    t->p = m->base + code->offset;
    t->end = t->p + code->size;
    t->at = t->p;
    t->place = t->len = t->count = t->settled = t->depth = t->table_number = 0;
    t->catch_count = t->range_count = t->firm = t->firm_end = 0;
    t->dead = t->failed = false;
    t->probe = probe;
    t->owner = t->last_owner = (struct tr_owner){t->p, 0};
    t->free_fixup = TR_NONE;
    t->op_vec.count = t->block_vec.count = t->fixup_vec.count = t->catch_vec.count = t->range_vec.count = 0;
    tr_seal(t);
    /* Validation counted how much there is of both. */
    if (!tr_reserve(t, &t->op_vec, code->max_height + 1, sizeof(*t->ops)) ||
        !tr_reserve(t, &t->block_vec, code->max_labels + 1, sizeof(*t->blocks))) {
        return false;
    }
    t->ops = t->op_vec.items;
    t->blocks = t->block_vec.items;
    const struct wrt_deftype *type = wrt_deftype(m->types, f->type);
    if (!read_locals(t, type)) {
        return false;
    }
    t->top = t->local_slots;
    t->max_slots = 0;
    tr_need_slots(t, WP_MAX(WP_MAX(t->top, f->param_slots), f->result_slots));
    if (t->store->watch.enter != NULL) {
        *tr_emit(t, 1) = wrt_slot_ad(WRT_S_WATCH_ENTER, 0, 0);
    }
    tr_seal(t);
    t->blocks[t->depth++] = (struct tr_block){.slot = t->top,
                                              .result_count = type->as.func.result_count,
                                              .results = type->as.func.results,
                                              .fixups = TR_NONE,
                                              .unless = TR_NONE,
                                              .kind = TR_FUNC};
    return true;
}

/* ---- the end ---- */

static int finish_tries(struct wrt_translator *t, struct wrt_func *f)
{
    struct wp_err err = {.code = WP_E_OK};
    if (t->range_count == 0) {
        return 0;
    }
    struct wrt_try *tries = wrt_alloc(&t->store->mem, t->range_count, sizeof(*tries), &err);
    struct wrt_catch *catches = wrt_alloc(&t->store->mem, t->catch_count, sizeof(*catches), &err);
    if (tries == NULL || catches == NULL) {
        return tr_fail(t, WRT_STOP_CODE, "function %u: %s", f->index, err.msg);
    }
    memcpy(catches, t->catches, t->catch_count * sizeof(*catches));
    for (uint32_t i = 0; i < t->range_count; i++) {
        const struct tr_range *r = &t->ranges[i];
        tries[i] = (struct wrt_try){r->begin, r->end, catches + r->first_catch, r->catch_count};
    }
    f->tries = tries;
    f->try_count = t->range_count;
    return 0;
}

static int finish(struct wrt_translator *t, struct wrt_func *f)
{
    struct wp_err err = {.code = WP_E_OK};
    uint64_t *code = wrt_alloc(&t->store->mem, t->len, sizeof(*code), &err);
    if (code == NULL) {
        return tr_fail(t, WRT_STOP_CODE, "function %u: %s", f->index, err.msg);
    }
    memcpy(code, t->code, t->len * sizeof(*code));
    if (finish_tries(t, f) < 0) {
        return -1;
    }
    f->code_words = t->len;
    wrt_chain(f, code);
    f->frame_slots = WP_MAX(t->max_slots, 1u); /* 0 says that it is not translated */
    f->entry = code;
    return 0;
}

/* One large function does not make all others pay for it. */
static void give_back(struct wrt_translator *t)
{
    if (t->code_vec.room > KEEP) {
        wrt_vec_done(&t->store->mem, &t->code_vec, sizeof(uint64_t));
        wrt_vec_done(&t->store->mem, &t->op_vec, sizeof(*t->ops));
        wrt_vec_done(&t->store->mem, &t->fixup_vec, sizeof(*t->fixups));
        wrt_vec_done(&t->store->mem, &t->block_vec, sizeof(*t->blocks));
    }
    t->code = t->code_vec.items;
}

int wrt_translate(struct wrt_exec *x, struct wrt_func *f)
{
    struct wrt_translator *t = translator(x->store);
    if (t == NULL) {
        return wrt_stop(x, WRT_STOP_CODE, "function %u: no room to translate it", f->index);
    }
    t->quiet = false;
    if (begin(t, f, TR_NONE)) {
        tr_run(t);
    }
    int done = t->failed ? -1 : finish(t, f);
    give_back(t);
    return done;
}

void wrt_locate(struct wrt_store *s, const struct wrt_func *f, uint32_t word, uint64_t *ret_offset, uint32_t *ret_place)
{
    const struct wrt_module *m = f->instance->module;
    *ret_offset = m->code[f->index - m->func_imports].offset;
    *ret_place = 0;
    struct wrt_translator *t = translator(s);
    if (t == NULL) {
        return;
    }
    t->quiet = true;
    if (begin(t, f, word)) {
        tr_run(t);
        *ret_offset = (uint64_t)(t->owner.at - m->base);
        *ret_place = t->owner.place;
    }
    give_back(t);
}
