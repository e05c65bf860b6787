/* SPDX-License-Identifier: Apache-2.0
 *
 * Matching of types, core 3.0 section 3.3: four hierarchies of heap types (any, func, extern, exn), each with a bottom,
 * and defined types below the abstract one of their kind. */
#include "runtime-min/type.h"

static uint32_t abstract_of(const struct wrt_types *t, uint32_t heap)
{
    static const uint32_t kinds[] = {
        [WRT_COMP_FUNC] = WRT_HEAP_FUNC, [WRT_COMP_STRUCT] = WRT_HEAP_STRUCT, [WRT_COMP_ARRAY] = WRT_HEAP_ARRAY};
    return heap >= WRT_CONCRETE ? kinds[wrt_deftype(t, heap - WRT_CONCRETE)->kind] : heap;
}

uint32_t wrt_heap_top(const struct wrt_types *t, uint32_t heap)
{
    switch (abstract_of(t, heap)) {
    case WRT_HEAP_FUNC:
    case WRT_HEAP_NOFUNC:
        return WRT_HEAP_FUNC;
    case WRT_HEAP_EXTERN:
    case WRT_HEAP_NOEXTERN:
        return WRT_HEAP_EXTERN;
    case WRT_HEAP_EXN:
    case WRT_HEAP_NOEXN:
        return WRT_HEAP_EXN;
    default:
        return WRT_HEAP_ANY;
    }
}

bool wrt_id_matches(const struct wrt_types *t, uint32_t sub, uint32_t super)
{
    uint8_t depth = wrt_deftype(t, super)->depth;
    while (wrt_deftype(t, sub)->depth > depth) {
        sub = wrt_deftype(t, sub)->super;
    }
    return sub == super;
}

static bool abstract_matches(uint32_t sub, uint32_t super)
{
    switch (super) {
    case WRT_HEAP_ANY:
        return sub == WRT_HEAP_EQ || sub == WRT_HEAP_I31 || sub == WRT_HEAP_STRUCT || sub == WRT_HEAP_ARRAY ||
               sub == WRT_HEAP_NONE;
    case WRT_HEAP_EQ:
        return sub == WRT_HEAP_I31 || sub == WRT_HEAP_STRUCT || sub == WRT_HEAP_ARRAY || sub == WRT_HEAP_NONE;
    case WRT_HEAP_I31:
    case WRT_HEAP_STRUCT:
    case WRT_HEAP_ARRAY:
        return sub == WRT_HEAP_NONE;
    case WRT_HEAP_FUNC:
        return sub == WRT_HEAP_NOFUNC;
    case WRT_HEAP_EXTERN:
        return sub == WRT_HEAP_NOEXTERN;
    case WRT_HEAP_EXN:
        return sub == WRT_HEAP_NOEXN;
    default:
        return false;
    }
}

bool wrt_heap_matches(const struct wrt_types *t, uint32_t sub, uint32_t super)
{
    if (sub == super) {
        return true;
    }
    if (super >= WRT_CONCRETE) {
        if (sub >= WRT_CONCRETE) {
            return wrt_id_matches(t, sub - WRT_CONCRETE, super - WRT_CONCRETE);
        }
        uint32_t bottom = abstract_of(t, super) == WRT_HEAP_FUNC ? WRT_HEAP_NOFUNC : WRT_HEAP_NONE;
        return sub == bottom;
    }
    uint32_t kind = abstract_of(t, sub);
    return kind == super || abstract_matches(kind, super);
}

bool wrt_matches_slow(const struct wrt_types *t, uint32_t sub, uint32_t super)
{
    if (sub == super || sub == WRT_BOTTOM) {
        return true;
    }
    if (!wrt_is_ref(sub) || !wrt_is_ref(super) || (sub & WRT_NULL) > (super & WRT_NULL)) {
        return false;
    }
    return wrt_heap_matches(t, sub & WRT_HEAP, super & WRT_HEAP);
}

bool wrt_defaultable(uint32_t type)
{
    return !wrt_is_ref(type) || (type & WRT_NULL) != 0;
}

static bool field_matches(const struct wrt_types *t, struct wrt_field sub, struct wrt_field super)
{
    return sub.mut == super.mut && (sub.mut ? sub.type == super.type : wrt_matches(t, sub.type, super.type));
}

static bool func_matches(const struct wrt_types *t, const struct wrt_deftype *sub, const struct wrt_deftype *super)
{
    if (sub->as.func.param_count != super->as.func.param_count ||
        sub->as.func.result_count != super->as.func.result_count) {
        return false;
    }
    for (uint32_t i = 0; i < sub->as.func.param_count; i++) {
        if (!wrt_matches(t, super->as.func.params[i], sub->as.func.params[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < sub->as.func.result_count; i++) {
        if (!wrt_matches(t, sub->as.func.results[i], super->as.func.results[i])) {
            return false;
        }
    }
    return true;
}

bool wrt_composite_matches(const struct wrt_types *t, uint32_t sub, uint32_t super)
{
    const struct wrt_deftype *a = wrt_deftype(t, sub), *b = wrt_deftype(t, super);
    if (a->kind != b->kind) {
        return false;
    }
    if (a->kind == WRT_COMP_FUNC) {
        return func_matches(t, a, b);
    }
    if (a->as.data.field_count < b->as.data.field_count) {
        return false;
    }
    for (uint32_t i = 0; i < b->as.data.field_count; i++) {
        if (!field_matches(t, a->as.data.fields[i], b->as.data.fields[i])) {
            return false;
        }
    }
    return true;
}
