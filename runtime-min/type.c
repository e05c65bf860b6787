/* SPDX-License-Identifier: Apache-2.0
 *
 * The type store: recursive groups are hash-consed (core 3.0 section 3.2.10, "type equivalence" by rolling up groups),
 * so that equality is equality of ids. */
#include "runtime-min/type.h"

enum { ID_MAX = 0x1ff00000 };

/* What an id means inside the group whose first type has the id `first`: its own types by their place. */
static uint32_t local_id(uint32_t id, uint32_t first, uint32_t n)
{
    return id != WRT_NO_INDEX && id >= first && id - first < n ? WRT_LOCAL + (id - first) : id;
}

static uint32_t local_type(uint32_t type, uint32_t first, uint32_t n)
{
    if (!wrt_is_concrete(type)) {
        return type;
    }
    return (type & ~WRT_HEAP) | (WRT_CONCRETE + local_id(wrt_type_id(type), first, n));
}

static uint32_t final_id(uint32_t id, uint32_t first)
{
    return id != WRT_NO_INDEX && id >= WRT_LOCAL ? id - WRT_LOCAL + first : id;
}

static uint32_t final_type(uint32_t type, uint32_t first)
{
    return wrt_is_concrete(type) ? (type & ~WRT_HEAP) | (WRT_CONCRETE + final_id(wrt_type_id(type), first)) : type;
}

/* ---- hashing ---- */

static void mix(uint64_t *h, uint64_t word)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(*h ^ word ^ UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
    *h = (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void mix_words(uint64_t *h, const uint32_t *words, uint32_t n)
{
    mix(h, n);
    for (uint32_t i = 0; i < n; i++) {
        mix(h, words[i]);
    }
}

/* The group as it was handed in, own types by their place. */
static uint32_t hash_group(const struct wrt_types *t, const struct wrt_deftype *group, uint32_t n)
{
    uint64_t h = t->seed;
    mix(&h, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct wrt_deftype *d = &group[i];
        mix(&h, (uint64_t)d->super << 8 | (uint64_t)d->kind << 1 | d->final);
        if (d->kind == WRT_COMP_FUNC) {
            mix_words(&h, d->as.func.params, d->as.func.param_count);
            mix_words(&h, d->as.func.results, d->as.func.result_count);
            continue;
        }
        mix(&h, d->as.data.field_count);
        for (uint32_t f = 0; f < d->as.data.field_count; f++) {
            mix(&h, (uint64_t)d->as.data.fields[f].type << 1 | d->as.data.fields[f].mut);
        }
    }
    return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

/* ---- equality of a group in the store with one that was handed in ---- */

static bool equal_words(const uint32_t *old, const uint32_t *new, uint32_t n, uint32_t first, uint32_t group_len)
{
    for (uint32_t i = 0; i < n; i++) {
        if (local_type(old[i], first, group_len) != new[i]) {
            return false;
        }
    }
    return true;
}

static bool equal_type(const struct wrt_deftype *old, const struct wrt_deftype *new, uint32_t first, uint32_t n)
{
    if (old->kind != new->kind || old->final != new->final || local_id(old->super, first, n) != new->super) {
        return false;
    }
    if (old->kind == WRT_COMP_FUNC) {
        return old->as.func.param_count == new->as.func.param_count &&
               old->as.func.result_count ==
                   new->as.func.result_count &&equal_words(old->as.func.params, new->as.func.params,
                                                           old->as.func.param_count, first, n) &&
               equal_words(old->as.func.results, new->as.func.results, old->as.func.result_count, first, n);
    }
    if (old->as.data.field_count != new->as.data.field_count) {
        return false;
    }
    for (uint32_t i = 0; i < old->as.data.field_count; i++) {
        const struct wrt_field *a = &old->as.data.fields[i], *b = &new->as.data.fields[i];
        if (a->mut != b->mut || local_type(a->type, first, n) != b->type) {
            return false;
        }
    }
    return true;
}

static bool equal_group(const struct wrt_types *t, uint32_t first, const struct wrt_deftype *group, uint32_t n)
{
    const struct wrt_deftype *old = wrt_deftype(t, first);
    if (old->group_len != n) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!equal_type(&old[i], &group[i], first, n)) {
            return false;
        }
    }
    return true;
}

/* ---- the table of groups: pairs of hash and first id + 1 ---- */

static size_t slot_of(const struct wrt_types *t, uint32_t hash, const struct wrt_deftype *group, uint32_t n)
{
    size_t mask = t->bucket_count - 1, slot = hash & mask;
    while (t->buckets[2 * slot + 1] != 0) {
        if (group && t->buckets[2 * slot] == hash && equal_group(t, t->buckets[2 * slot + 1] - 1, group, n)) {
            break;
        }
        slot = (slot + 1) & mask;
    }
    return slot;
}

static int make_room(struct wrt_types *t, struct wp_err *err)
{
    if (t->group_count < t->bucket_count / 2) {
        return 0;
    }
    struct wrt_types larger = *t;
    larger.bucket_count = t->bucket_count == 0 ? 64 : t->bucket_count * 2;
    larger.buckets = wrt_alloc(t->mem, larger.bucket_count, 2 * sizeof(uint32_t), err);
    if (!larger.buckets) {
        return -1;
    }
    for (size_t i = 0; i < t->bucket_count; i++) {
        if (t->buckets[2 * i + 1] != 0) {
            size_t slot = slot_of(&larger, t->buckets[2 * i], NULL, 0);
            memcpy(&larger.buckets[2 * slot], &t->buckets[2 * i], 2 * sizeof(uint32_t));
        }
    }
    wrt_give_back(t->mem, t->buckets, t->bucket_count, 2 * sizeof(uint32_t));
    *t = larger;
    return 0;
}

/* ---- putting in ---- */

static uint32_t *copy_words(struct wrt_types *t, const uint32_t *words, uint32_t n, uint32_t first, struct wp_err *err)
{
    uint32_t *copy = wrt_alloc(t->mem, n, sizeof(*copy), err);
    for (uint32_t i = 0; copy && i < n; i++) {
        copy[i] = final_type(words[i], first);
    }
    return copy;
}

static int copy_type(struct wrt_types *t, struct wrt_deftype *d, uint32_t first, struct wp_err *err)
{
    d->super = final_id(d->super, first);
    if (d->kind == WRT_COMP_FUNC) {
        uint32_t *params = copy_words(t, d->as.func.params, d->as.func.param_count, first, err);
        uint32_t *results = params ? copy_words(t, d->as.func.results, d->as.func.result_count, first, err) : NULL;
        d->as.func.params = params;
        d->as.func.results = results;
        return results ? 0 : -1;
    }
    uint32_t n = d->as.data.field_count;
    struct wrt_field *fields = wrt_alloc(t->mem, n, sizeof(*fields), err);
    d->defaultable = true;
    for (uint32_t i = 0; fields && i < n; i++) {
        const struct wrt_field *f = &d->as.data.fields[i];
        d->defaultable = d->defaultable && wrt_defaultable(f->type);
        fields[i] = (struct wrt_field){.type = final_type(f->type, first), .mut = f->mut};
    }
    d->as.data.fields = fields;
    return fields ? 0 : -1;
}

static int append(struct wrt_types *t, const struct wrt_deftype *group, uint32_t n, struct wp_err *err)
{
    uint32_t first = t->types.count;
    if (n > ID_MAX - first) {
        return wp_fail(err, WP_E_LIMIT, "more than %u types", (unsigned)ID_MAX);
    }
    if (wrt_vec_reserve(t->mem, &t->types, n, sizeof(*group), err) < 0) {
        return -1;
    }
    struct wrt_deftype *types = t->types.items;
    for (uint32_t i = 0; i < n; i++) {
        struct wrt_deftype *d = &types[first + i];
        *d = group[i];
        if (copy_type(t, d, first, err) < 0) {
            return -1;
        }
        bool above = d->super != WRT_NO_INDEX && d->super < first + i;
        d->depth = above ? (uint8_t)WP_MIN(types[d->super].depth + 1, WRT_DEPTH_MAX + 1) : 0;
        d->group = first;
        d->group_pos = i;
        d->group_len = n;
    }
    t->types.count += n;
    return 0;
}

int wrt_types_intern(struct wrt_types *t, const struct wrt_deftype *group, uint32_t n, uint32_t *ret,
                     struct wp_err *err)
{
    if (n == 0) {
        *ret = t->types.count;
        return 0;
    }
    if (make_room(t, err) < 0) {
        return -1;
    }
    if (t->seed == 0) {
        t->seed = (uint64_t)(uintptr_t)t->buckets ^ (uint64_t)(uintptr_t)&n << 20;
    }
    uint32_t hash = hash_group(t, group, n);
    size_t slot = slot_of(t, hash, group, n);
    if (t->buckets[2 * slot + 1] == 0) {
        uint32_t first = t->types.count;
        if (append(t, group, n, err) < 0) {
            return -1;
        }
        t->buckets[2 * slot] = hash;
        t->buckets[2 * slot + 1] = first + 1;
        t->group_count++;
    }
    *ret = t->buckets[2 * slot + 1] - 1;
    return 0;
}

int wrt_types_func(struct wrt_types *t, const uint32_t *params, uint32_t param_count, const uint32_t *results,
                   uint32_t result_count, uint32_t *ret, struct wp_err *err)
{
    struct wrt_deftype d = {
        .kind = WRT_COMP_FUNC,
        .final = true,
        .super = WRT_NO_INDEX,
        .as.func = {.params = params, .results = results, .param_count = param_count, .result_count = result_count},
    };
    return wrt_types_intern(t, &d, 1, ret, err);
}
