/* SPDX-License-Identifier: Apache-2.0
 *
 * Making arrays, and the instructions on ranges of them (core 3.0 section 4.6.6). A range is proven before anything is
 * charged or written; what is charged is slot.h's. */
#include "runtime-min/heap.h"
#include "runtime-min/op.h"

enum { WORDS = 2, BYTES_CHARGED = 64, ITEM = sizeof(uint64_t) };

static uint64_t *operands(const uint64_t *ip, uint64_t *fp)
{
    return fp + wrt_slot_a(ip[0]);
}

static uint32_t slots_of(uint32_t type)
{
    return type == WRT_V128 ? 2 : 1;
}

static uint32_t element_type(const struct wrt_exec *x, uint32_t type)
{
    return wrt_deftype(&x->store->types, type)->as.data.fields[0].type;
}

static uint8_t *elements(const struct wrt_exec *x, uint64_t ref)
{
    return wrt_object_at(x->store->heap, ref, sizeof(struct wrt_object));
}

/* The same value n times, by doubling what is there. */
static void fill(uint8_t *p, uint32_t type, const uint64_t *value, uint64_t n)
{
    uint64_t size = wrt_storage_size(type), bytes = n * size;
    if (n == 0) {
        return;
    }
    wrt_storage_set(p, type, value);
    for (uint64_t done = size; done < bytes;) {
        uint64_t more = WP_MIN(done, bytes - done);
        memcpy(p + done, p, more);
        done += more;
    }
}

static uint64_t charge_of_bytes(uint64_t n)
{
    return (n + BYTES_CHARGED - 1) / BYTES_CHARGED;
}

/* n bytes or items from an offset on, of `size`. */
static bool inside(uint64_t offset, uint64_t n, uint64_t size)
{
    return offset <= size && n <= size - offset;
}

/* A range of an array's elements: stops when the reference is null or the range is not inside. */
static int check_range(struct wrt_exec *x, uint64_t ref, uint64_t index, uint64_t n)
{
    if (ref == 0) {
        return wrt_stop(x, WRT_STOP_NULL_ARRAY, NULL);
    }
    uint32_t length = wrt_object(x->store->heap, ref)->length;
    if (!inside(index, n, length)) {
        return wrt_stop(x, WRT_STOP_ARRAY_BOUNDS, "elements %llu + %llu of %u", (unsigned long long)index,
                        (unsigned long long)n, length);
    }
    return 0;
}

static int check_data(struct wrt_exec *x, uint32_t segment, uint64_t offset, uint64_t bytes)
{
    uint64_t size = x->instance->datas[segment].len;
    if (!inside(offset, bytes, size)) {
        return wrt_stop(x, WRT_STOP_MEMORY_BOUNDS, "bytes %llu + %llu of a data segment of %llu",
                        (unsigned long long)offset, (unsigned long long)bytes, (unsigned long long)size);
    }
    return 0;
}

static int check_elem(struct wrt_exec *x, uint32_t segment, uint64_t offset, uint64_t n)
{
    uint32_t size = x->instance->elems[segment].count;
    if (!inside(offset, n, size)) {
        return wrt_stop(x, WRT_STOP_TABLE_BOUNDS, "items %llu + %llu of an element segment of %u",
                        (unsigned long long)offset, (unsigned long long)n, size);
    }
    return 0;
}

/* What is empty may have no address. */
static void copy(uint8_t *to, const void *from, uint64_t offset, uint64_t bytes)
{
    if (bytes > 0) {
        memmove(to, (const uint8_t *)from + offset, bytes);
    }
}

/* ---- making: i0 type ---- */

/* value, n */
int wrt_op_array_new(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp), ref;
    uint32_t id = wrt_slot_d(ip[0]), type = element_type(x, id);
    uint64_t n = a[slots_of(type)];
    if (wrt_heap_array(x, id, n, &ref) < 0 || wrt_charge(x, n) < 0) {
        return WRT_STOPPED;
    }
    fill(elements(x, ref), type, a, n);
    *a = ref;
    return WORDS;
}

/* n */
int wrt_op_array_new_default(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp), ref;
    if (wrt_heap_array(x, wrt_slot_d(ip[0]), *a, &ref) < 0 || wrt_charge(x, *a) < 0) {
        return WRT_STOPPED;
    }
    *a = ref;
    return WORDS;
}

/* The values; i1: how many. */
int wrt_op_array_new_fixed(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp), ref;
    uint32_t id = wrt_slot_d(ip[0]), type = element_type(x, id), n = (uint32_t)ip[1];
    if (wrt_heap_array(x, id, n, &ref) < 0) {
        return WRT_STOPPED;
    }
    uint32_t size = wrt_storage_size(type), slots = slots_of(type);
    uint8_t *p = elements(x, ref);
    for (uint32_t i = 0; i < n; i++) {
        wrt_storage_set(p + (uint64_t)i * size, type, a + (uint64_t)i * slots);
    }
    *a = ref;
    return WORDS;
}

/* offset, n; i1: data segment */
int wrt_op_array_new_data(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp), ref;
    uint32_t id = wrt_slot_d(ip[0]), segment = (uint32_t)ip[1];
    uint64_t bytes = a[1] * wrt_storage_size(element_type(x, id));
    if (check_data(x, segment, a[0], bytes) < 0 || wrt_heap_array(x, id, a[1], &ref) < 0 ||
        wrt_charge(x, charge_of_bytes(bytes)) < 0) {
        return WRT_STOPPED;
    }
    copy(elements(x, ref), x->instance->datas[segment].ptr, a[0], bytes);
    *a = ref;
    return WORDS;
}

/* offset, n; i1: element segment */
int wrt_op_array_new_elem(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    uint64_t *a = operands(ip, fp), ref;
    uint32_t segment = (uint32_t)ip[1];
    if (check_elem(x, segment, a[0], a[1]) < 0 || wrt_heap_array(x, wrt_slot_d(ip[0]), a[1], &ref) < 0 ||
        wrt_charge(x, a[1]) < 0) {
        return WRT_STOPPED;
    }
    copy(elements(x, ref), x->instance->elems[segment].items, a[0] * ITEM, a[1] * ITEM);
    *a = ref;
    return WORDS;
}

/* ---- ranges: i0 type ---- */

/* array, index, value, n */
int wrt_op_array_fill(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const uint64_t *a = operands(ip, fp);
    uint32_t type = element_type(x, wrt_slot_d(ip[0]));
    uint64_t n = a[2 + slots_of(type)];
    if (check_range(x, a[0], a[1], n) < 0 || wrt_charge(x, n) < 0) {
        return WRT_STOPPED;
    }
    fill(elements(x, a[0]) + a[1] * wrt_storage_size(type), type, a + 2, n);
    return WORDS;
}

/* array, index, array from, index there, n; their elements are equally wide */
int wrt_op_array_copy(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const uint64_t *a = operands(ip, fp);
    uint32_t size = wrt_storage_size(element_type(x, wrt_slot_d(ip[0])));
    if (a[2] == 0) {
        return wrt_stop(x, WRT_STOP_NULL_ARRAY, NULL);
    }
    if (check_range(x, a[0], a[1], a[4]) < 0 || check_range(x, a[2], a[3], a[4]) < 0 || wrt_charge(x, a[4]) < 0) {
        return WRT_STOPPED;
    }
    copy(elements(x, a[0]) + a[1] * size, elements(x, a[2]), a[3] * size, a[4] * size);
    return WORDS;
}

/* array, index, offset, n; i1: data segment */
int wrt_op_array_init_data(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const uint64_t *a = operands(ip, fp);
    uint32_t size = wrt_storage_size(element_type(x, wrt_slot_d(ip[0]))), segment = (uint32_t)ip[1];
    uint64_t bytes = a[3] * size;
    if (check_range(x, a[0], a[1], a[3]) < 0 || check_data(x, segment, a[2], bytes) < 0 ||
        wrt_charge(x, charge_of_bytes(bytes)) < 0) {
        return WRT_STOPPED;
    }
    copy(elements(x, a[0]) + a[1] * size, x->instance->datas[segment].ptr, a[2], bytes);
    return WORDS;
}

/* array, index, offset, n; i1: element segment */
int wrt_op_array_init_elem(struct wrt_exec *x, const uint64_t *ip, uint64_t *fp)
{
    const uint64_t *a = operands(ip, fp);
    uint32_t segment = (uint32_t)ip[1];
    if (check_range(x, a[0], a[1], a[3]) < 0 || check_elem(x, segment, a[2], a[3]) < 0 || wrt_charge(x, a[3]) < 0) {
        return WRT_STOPPED;
    }
    copy(elements(x, a[0]) + a[1] * ITEM, x->instance->elems[segment].items, a[2] * ITEM, a[3] * ITEM);
    return WORDS;
}
