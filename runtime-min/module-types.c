/* SPDX-License-Identifier: Apache-2.0
 *
 * The type section (core 3.0 sections 5.3.7-5.3.10, 5.5.4, 3.2.10-3.2.12): recursive groups of function, struct and
 * array types. A group is read into scratch arrays, put into the store, then held against its supertypes. */
#include "base/limits.h"
#include "runtime-min/module-parts.h"

enum {
    FORM_FUNC = 0x60,
    FORM_STRUCT = 0x5f,
    FORM_ARRAY = 0x5e,
    FORM_SUB = 0x50,
    FORM_SUB_FINAL = 0x4f,
    FORM_REC = 0x4e
};

/* One group while it is read. Arrays of types stay offsets into words and fields until nothing moves any more. */
struct group {
    struct wrt_module *m;
    uint32_t n;           /* types that the group has */
    struct wrt_vec types; /* struct wrt_deftype */
    struct wrt_vec marks; /* struct mark, one per type */
    struct wrt_vec words; /* params and results */
    struct wrt_vec fields;
};

struct mark {
    const uint8_t *at;
    uint32_t first; /* in words or fields */
    uint32_t super; /* type index, for messages */
};

static int type_list(struct group *g, struct wp_wasm_cursor *c, const char *what, uint64_t limit, uint32_t *ret,
                     struct wp_err *err)
{
    if (wrt_read_count(c, what, 0, limit, 1, ret, err) < 0 ||
        wrt_vec_reserve(g->m->types->mem, &g->words, *ret, sizeof(uint32_t), err) < 0) {
        return -1;
    }
    if (*ret == 0) {
        return 0;
    }
    uint32_t *words = (uint32_t *)g->words.items + g->words.count;
    for (uint32_t i = 0; i < *ret; i++) {
        if (wrt_read_valtype_in(g->m, g->n, c, &words[i], err) < 0) {
            return -1;
        }
        g->m->used |= words[i] >= WRT_F64 && words[i] <= WRT_I32 ? 0 : wrt_type_features(words[i]);
    }
    g->words.count += *ret;
    return 0;
}

static int func_type(struct group *g, struct wp_wasm_cursor *c, struct wrt_deftype *d, struct wp_err *err)
{
    const uint8_t *at = c->p;
    d->kind = WRT_COMP_FUNC;
    if (type_list(g, c, "parameters", WP_LIMIT_WASM_PARAMS, &d->as.func.param_count, err) < 0 ||
        type_list(g, c, "results", WP_LIMIT_WASM_RESULTS, &d->as.func.result_count, err) < 0) {
        return -1;
    }
    if (d->as.func.result_count > 1) {
        return wrt_use_feature(g->m, WRT_F_MULTI_VALUE, at, "a function with several results", err);
    }
    return 0;
}

static int field(struct group *g, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_field *f = wrt_vec_add(g->m->types->mem, &g->fields, sizeof(*f), err);
    if (!f) {
        return -1;
    }
    if (c->p < c->end && (*c->p == WRT_I8 || *c->p == WRT_I16)) {
        f->type = *c->p++;
    } else if (wrt_read_valtype_in(g->m, g->n, c, &f->type, err) < 0) {
        return -1;
    }
    g->m->used |= wrt_type_features(f->type);
    return wrt_read_mutability(g->m, c, &f->mut, err);
}

static int struct_type(struct group *g, struct wp_wasm_cursor *c, struct wrt_deftype *d, struct wp_err *err)
{
    uint32_t n;
    d->kind = WRT_COMP_STRUCT;
    if (wrt_read_count(c, "fields", 0, WP_LIMIT_WASM_FIELDS, 2, &n, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (field(g, c, err) < 0) {
            return -1;
        }
    }
    d->as.data.field_count = n;
    return 0;
}

static int composite_type(struct group *g, struct wp_wasm_cursor *c, struct wrt_deftype *d, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t form;
    if (wp_wasm_byte(c, &form, err) < 0) {
        return -1;
    }
    if (form == FORM_FUNC) {
        return func_type(g, c, d, err);
    }
    if (form >= 0x80) {
        return wrt_fail_at(g->m, at, err, "integer representation too long: the form of a type is one byte");
    }
    if (form != FORM_STRUCT && form != FORM_ARRAY) {
        return wrt_fail_at(g->m, at, err, "malformed type: form 0x%02x is not known", form);
    }
    if (wrt_use_feature(g->m, WRT_F_GC, at, form == FORM_STRUCT ? "a struct type" : "an array type", err) < 0) {
        return -1;
    }
    if (form == FORM_STRUCT) {
        return struct_type(g, c, d, err);
    }
    d->kind = WRT_COMP_ARRAY;
    d->as.data.field_count = 1;
    return field(g, c, err);
}

static int supertype(struct group *g, struct wp_wasm_cursor *c, struct wrt_deftype *d, struct mark *mark,
                     struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint32_t n, index, place = g->types.count - 1;
    if (wp_wasm_u32(c, &n, err) < 0) {
        return -1;
    }
    if (n == 0) {
        return 0;
    }
    if (n > 1) {
        return wrt_fail_at(g->m, at, err, "sub type of %u types, at most one is allowed", n);
    }
    at = c->p;
    if (wp_wasm_u32(c, &index, err) < 0) {
        return -1;
    }
    mark->super = index;
    if (index < g->m->type_count) {
        d->super = g->m->type_ids[index];
        return 0;
    }
    if (index - g->m->type_count < place) {
        d->super = WRT_LOCAL + (index - g->m->type_count);
        return 0;
    }
    return wrt_fail_at(g->m, at, err, "unknown type %u: a super type must stand before its sub type %u", index,
                       g->m->type_count + place);
}

static int sub_type(struct group *g, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_mem *mem = g->m->types->mem;
    struct wrt_deftype *d = wrt_vec_add(mem, &g->types, sizeof(*d), err);
    struct mark *mark = d ? wrt_vec_add(mem, &g->marks, sizeof(*mark), err) : NULL;
    if (!mark) {
        return -1;
    }
    *mark = (struct mark){.at = c->p};
    *d = (struct wrt_deftype){.final = true, .super = WRT_NO_INDEX};
    if (c->p < c->end && (*c->p == FORM_SUB || *c->p == FORM_SUB_FINAL)) {
        d->final = *c->p++ == FORM_SUB_FINAL;
        if (wrt_use_feature(g->m, WRT_F_GC, mark->at, "a sub type", err) < 0 || supertype(g, c, d, mark, err) < 0) {
            return -1;
        }
    }
    uint32_t words = g->words.count, fields = g->fields.count;
    if (composite_type(g, c, d, err) < 0) {
        return -1;
    }
    mark->first = d->kind == WRT_COMP_FUNC ? words : fields;
    return 0;
}

static int read_group(struct group *g, struct wp_wasm_cursor *c, struct wp_err *err)
{
    const uint8_t *at = c->p;
    g->n = 1;
    if (c->p < c->end && *c->p == FORM_REC) {
        c->p++;
        if (wrt_use_feature(g->m, WRT_F_GC, at, "a group of types", err) < 0 ||
            wrt_read_count(c, "types", g->m->type_count, WP_LIMIT_WASM_TYPES, 2, &g->n, err) < 0 ||
            wrt_vec_reserve(g->m->types->mem, &g->types, g->n, sizeof(struct wrt_deftype), err) < 0) {
            return -1;
        }
    }
    for (uint32_t i = 0; i < g->n; i++) {
        if (sub_type(g, c, err) < 0) {
            return -1;
        }
    }
    struct wrt_deftype *types = g->types.items;
    const struct mark *marks = g->marks.items;
    for (uint32_t i = 0; i < g->n; i++) {
        if (types[i].kind == WRT_COMP_FUNC) {
            types[i].as.func.params = (const uint32_t *)g->words.items + marks[i].first;
            types[i].as.func.results = types[i].as.func.params + types[i].as.func.param_count;
        } else {
            types[i].as.data.fields = (const struct wrt_field *)g->fields.items + marks[i].first;
        }
    }
    return 0;
}

/* Section 3.2.12: a declared supertype is open and matched. */
static int check_super(struct group *g, uint32_t id, uint32_t i, struct wp_err *err)
{
    const struct wrt_types *t = g->m->types;
    const struct wrt_deftype *d = wrt_deftype(t, id);
    const struct mark *mark = (const struct mark *)g->marks.items + i;
    uint32_t index = g->m->type_count + i;
    if (d->super == WRT_NO_INDEX) {
        return 0;
    }
    if (wrt_deftype(t, d->super)->final) {
        return wrt_fail_at(g->m, mark->at, err, "sub type %u has type %u above it, which is final", index, mark->super);
    }
    if (!wrt_composite_matches(t, id, d->super)) {
        return wrt_fail_at(g->m, mark->at, err, "sub type %u does not match type %u above it", index, mark->super);
    }
    if (d->depth > WRT_DEPTH_MAX) {
        return wrt_fail_at(g->m, mark->at, err, "sub type %u has more than %d types above it", index, WRT_DEPTH_MAX);
    }
    return 0;
}

static int add_group(struct group *g, struct wrt_vec *type_ids, struct wp_err *err)
{
    struct wrt_types *t = g->m->types;
    uint32_t before = t->types.count, first;
    if (wrt_types_intern(t, g->types.items, g->n, &first, err) < 0 ||
        wrt_vec_reserve(t->mem, type_ids, g->n, sizeof(uint32_t), err) < 0) {
        return -1;
    }
    /* An older group has been checked. */
    for (uint32_t i = 0; first == before && i < g->n; i++) {
        if (check_super(g, first + i, i, err) < 0) {
            return -1;
        }
    }
    for (uint32_t i = 0; i < g->n; i++) {
        ((uint32_t *)type_ids->items)[type_ids->count++] = first + i;
    }
    g->m->type_ids = type_ids->items;
    g->m->type_count = type_ids->count;
    return 0;
}

static int one_group(struct group *g, struct wrt_vec *type_ids, struct wp_wasm_cursor *c, struct wp_err *err)
{
    g->types.count = 0;
    g->marks.count = 0;
    g->words.count = 0;
    g->fields.count = 0;
    /* Both are there, also when nothing comes into them: places in them are counted from their begin. */
    struct wrt_mem *mem = g->m->types->mem;
    if (wrt_vec_reserve(mem, &g->words, 1, sizeof(uint32_t), err) < 0 ||
        wrt_vec_reserve(mem, &g->fields, 1, sizeof(struct wrt_field), err) < 0) {
        return -1;
    }
    return read_group(g, c, err) < 0 ? -1 : add_group(g, type_ids, err);
}

static void group_done(struct group *g)
{
    struct wrt_mem *mem = g->m->types->mem;
    wrt_vec_done(mem, &g->types, sizeof(struct wrt_deftype));
    wrt_vec_done(mem, &g->marks, sizeof(struct mark));
    wrt_vec_done(mem, &g->words, sizeof(uint32_t));
    wrt_vec_done(mem, &g->fields, sizeof(struct wrt_field));
}

int wrt_read_rectype(struct wrt_module *m, struct wrt_vec *type_ids, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct group g = {.m = m};
    int rc = one_group(&g, type_ids, c, err);
    group_done(&g);
    return rc;
}

int wrt_decode_types(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t n;
    if (wrt_read_count(c, "types", 0, WP_LIMIT_WASM_TYPES, 1, &n, err) < 0 ||
        wrt_vec_reserve(d->mem, &d->type_ids, n, sizeof(uint32_t), err) < 0) {
        return -1;
    }
    struct group g = {.m = d->m};
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        rc = one_group(&g, &d->type_ids, c, err);
    }
    group_done(&g);
    return rc;
}
