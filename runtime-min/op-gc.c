/* SPDX-License-Identifier: Apache-2.0
 *
 * Structs, and single elements of arrays (core 3.0 section 4.6.6). What validation proved, that a reference that is not
 * null is an object of that type or a subtype, is not asked again. */
#include "runtime-min/heap.h"
#include "runtime-min/op.h"

enum { WORDS = 2 };

static uint64_t *operands(const uint64_t *ip, uint64_t *fp)
{
    return fp + wrt_slot_a(ip[0]);
}

static uint32_t slots_of(uint32_t type)
{
    return type == WRT_V128 ? 2 : 1;
}

static uint32_t sign_extended(uint64_t value, uint32_t type)
{
    return type == WRT_I8 ? (uint32_t)(int8_t)value : (uint32_t)(int16_t)value;
}

/* ---- structs: i0 type, i1 field ---- */

static int struct_new(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp, bool defaults)
{
    uint64_t *a = operands(ip, fp), ref;
    uint32_t type = wrt_slot_d(ip[0]);
    if (wrt_heap_struct(x, type, &ref) < 0) {
        return WRT_STOPPED;
    }
    const struct wrt_layout *l = wrt_layout(x, type);
    uint32_t count = defaults ? 0 : wrt_deftype(&x->store->types, type)->as.data.field_count;
    const uint64_t *from = a;
    for (uint32_t i = 0; i < count; i++) {
        wrt_storage_set(wrt_object_at(x->store->heap, ref, l->offsets[i]), l->fields[i].type, from);
        from += slots_of(l->fields[i].type);
    }
    *a = ref;
    return WORDS;
}

int wrt_op_struct_new(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    return struct_new(x, ip, fp, false);
}

int wrt_op_struct_new_default(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    return struct_new(x, ip, fp, true);
}

/* Where a field lies; *ret_type: of it. NULL: stopped. */
static uint8_t *field(struct wrt_exec *x, const uint64_t *ip, uint64_t ref, uint32_t *ret_type)
{
    if (ref == 0) {
        (void)wrt_stop(x, WRT_STOP_NULL_STRUCT, NULL);
        return NULL;
    }
    uint32_t i = (uint32_t)ip[1];
    const struct wrt_layout *l = wrt_layout(x, wrt_slot_d(ip[0]));
    if (!l) {
        return NULL;
    }
    *ret_type = l->fields[i].type;
    return wrt_object_at(x->store->heap, ref, l->offsets[i]);
}

int wrt_op_struct_get(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp);
    uint32_t type = 0;
    const uint8_t *p = field(x, ip, *a, &type);
    if (!p) {
        return WRT_STOPPED;
    }
    wrt_storage_get(p, type, a);
    return WORDS;
}

int wrt_op_struct_get_s(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp);
    uint32_t type = 0;
    const uint8_t *p = field(x, ip, *a, &type);
    if (!p) {
        return WRT_STOPPED;
    }
    wrt_storage_get(p, type, a);
    *a = sign_extended(*a, type);
    return WORDS;
}

int wrt_op_struct_set(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp);
    uint32_t type = 0;
    uint8_t *p = field(x, ip, a[0], &type);
    if (!p) {
        return WRT_STOPPED;
    }
    wrt_storage_set(p, type, a + 1);
    return WORDS;
}

/* ---- elements: i0 type ---- */

/* Where an element lies; *ret_type: of it. NULL: stopped. */
static uint8_t *element(struct wrt_exec *x, const uint64_t *ip, const uint64_t *a, uint32_t *ret_type)
{
    if (a[0] == 0) {
        (void)wrt_stop(x, WRT_STOP_NULL_ARRAY, NULL);
        return NULL;
    }
    const struct wrt_layout *l = wrt_layout(x, wrt_slot_d(ip[0]));
    if (!l) {
        return NULL;
    }
    uint32_t length = wrt_object(x->store->heap, a[0])->length;
    if (a[1] >= length) {
        (void)wrt_stop(x, WRT_STOP_ARRAY_BOUNDS, "element %llu of %u", (unsigned long long)a[1], length);
        return NULL;
    }
    *ret_type = l->fields[0].type;
    return wrt_object_at(x->store->heap, a[0], l->offsets[0] + a[1] * l->size);
}

int wrt_op_array_get(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp);
    uint32_t type = 0;
    const uint8_t *p = element(x, ip, a, &type);
    if (!p) {
        return WRT_STOPPED;
    }
    wrt_storage_get(p, type, a);
    return WORDS;
}

int wrt_op_array_get_s(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp);
    uint32_t type = 0;
    const uint8_t *p = element(x, ip, a, &type);
    if (!p) {
        return WRT_STOPPED;
    }
    wrt_storage_get(p, type, a);
    *a = sign_extended(*a, type);
    return WORDS;
}

int wrt_op_array_set(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp);
    uint32_t type = 0;
    uint8_t *p = element(x, ip, a, &type);
    if (!p) {
        return WRT_STOPPED;
    }
    wrt_storage_set(p, type, a + 2);
    return WORDS;
}

int wrt_op_array_len(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp);
    if (*a == 0) {
        return wrt_stop(x, WRT_STOP_NULL_ARRAY, NULL);
    }
    *a = wrt_object(x->store->heap, *a)->length;
    return WORDS;
}
