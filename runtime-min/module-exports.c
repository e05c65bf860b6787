/* SPDX-License-Identifier: Apache-2.0
 *
 * Exports and the start function (core 3.0 sections 5.5.10, 5.5.11). Names are unique: a hash table that lives as long
 * as the section is read. */
#include "base/limits.h"
#include "runtime-min/module-parts.h"

static const char *const spaces[] = {"function", "table", "memory", "global", "tag"};

static uint32_t space_size(const struct wrt_module *m, enum wrt_extern_kind kind)
{
    switch (kind) {
    case WRT_FUNC:
        return m->func_count;
    case WRT_TABLE:
        return m->table_count;
    case WRT_MEMORY:
        return m->memory_count;
    case WRT_GLOBAL:
        return m->global_count;
    default:
        return m->tag_count;
    }
}

static int one_export(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_export *x, struct wp_err *err)
{
    uint8_t kind;
    if (wp_wasm_name(c, &x->name, err) < 0) {
        return -1;
    }
    const uint8_t *at = c->p;
    if (wp_wasm_byte(c, &kind, err) < 0) {
        return -1;
    }
    if (kind > WRT_TAG) {
        return wrt_fail_at(m, at, err, "malformed export kind: 0x%02x", kind);
    }
    x->kind = (enum wrt_extern_kind)kind;
    at = c->p;
    if (wp_wasm_u32(c, &x->index, err) < 0) {
        return -1;
    }
    uint32_t n = space_size(m, x->kind);
    if (x->index >= n) {
        return wrt_fail_at(m, at, err, "unknown %s %u: the module has %u", spaces[kind], x->index, n);
    }
    if (kind == WRT_FUNC) {
        wrt_declare(m, x->index);
    }
    if (kind == WRT_GLOBAL && m->globals[x->index].mut) {
        return wrt_use_feature(m, WRT_F_MUTABLE_GLOBAL, at, "an exported mutable global", err);
    }
    return 0;
}

/* ---- names seen so far: indices + 1, open addressing ---- */

struct names {
    const struct wrt_export *exports;
    uint32_t *slots, mask;
    uint64_t seed;
};

static uint32_t hash(uint64_t seed, struct wp_span name)
{
    __extension__ typedef unsigned __int128 wide;
    uint64_t h = seed ^ name.len;
    for (size_t i = 0; i < name.len; i += 8) {
        uint64_t word = 0;
        memcpy(&word, name.ptr + i, WP_MIN(name.len - i, sizeof(word)));
        wide product = (wide)(h ^ word ^ UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
        h = (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    return (uint32_t)(h ^ h >> 32);
}

/* False: the name is there already. */
static bool add_name(struct names *t, uint32_t index)
{
    struct wp_span name = t->exports[index].name;
    uint32_t slot = hash(t->seed, name) & t->mask;
    while (t->slots[slot] != 0) {
        struct wp_span other = t->exports[t->slots[slot] - 1].name;
        if (other.len == name.len && memcmp(other.ptr, name.ptr, name.len) == 0) {
            return false;
        }
        slot = (slot + 1) & t->mask;
    }
    t->slots[slot] = index + 1;
    return true;
}

static int read_exports(struct decode *d, struct wp_wasm_cursor *c, struct wrt_export *exports, uint32_t n,
                        struct names *names, struct wp_err *err)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *at = c->p;
        if (one_export(d->m, c, &exports[i], err) < 0) {
            return -1;
        }
        if (!add_name(names, i)) {
            return wrt_fail_at(d->m, at, err, "duplicate export name: '%.*s' is exported twice",
                               (int)WP_MIN(exports[i].name.len, 200), (const char *)exports[i].name.ptr);
        }
    }
    return 0;
}

int wrt_decode_exports(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t n, room = 16;
    if (wrt_read_count(c, "exports", 0, WP_LIMIT_WASM_NAMES, 2, &n, err) < 0) {
        return -1;
    }
    while (room < 2 * n) {
        room *= 2;
    }
    struct wrt_export *exports = wrt_alloc(d->mem, n, sizeof(*exports), err);
    uint32_t *slots = exports ? wrt_alloc(d->mem, room, sizeof(*slots), err) : NULL;
    if (!slots) {
        return -1;
    }
    struct names names = {.exports = exports, .slots = slots, .mask = room - 1, .seed = (uintptr_t)slots};
    int rc = read_exports(d, c, exports, n, &names, err);
    wrt_give_back(d->mem, slots, room, sizeof(*slots));
    d->m->exports = exports;
    d->m->export_count = n;
    return rc;
}

int wrt_decode_start(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_module *m = d->m;
    const uint8_t *at = c->p;
    uint32_t index;
    if (wp_wasm_u32(c, &index, err) < 0) {
        return -1;
    }
    if (index >= m->func_count) {
        return wrt_fail_at(m, at, err, "unknown function %u: the module has %u", index, m->func_count);
    }
    const struct wrt_deftype *t = wrt_deftype(m->types, m->funcs[index]);
    if (t->as.func.param_count != 0 || t->as.func.result_count != 0) {
        return wrt_fail_at(m, at, err, "start function: function %u takes or gives values", index);
    }
    m->start = index;
    return 0;
}
