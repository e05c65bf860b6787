/* SPDX-License-Identifier: Apache-2.0
 *
 * Element and data segments when a module is instantiated (core 3.0 section 4.7.2, steps 26 on): read again from the
 * bytes, which validation proved, straight into tables and memories. */
#include "runtime-min/instance-parts.h"
#include "runtime-min/validate.h"

/* Bits of a segment's flags. */
enum { PASSIVE = 1, EXPLICIT = 2, EXPRESSIONS = 4 };

struct segments {
    struct wrt_exec *x;
    struct wrt_instance *i;
    struct wp_wasm_cursor c;
};

/* A module without the section has no address for it. */
static struct wp_wasm_cursor cursor_of(struct wp_span section)
{
    const uint8_t *begin = section.ptr ? section.ptr : (const uint8_t *)"";
    return (struct wp_wasm_cursor){.start = begin, .p = begin, .end = begin + section.len};
}

static uint32_t number(struct segments *s)
{
    struct wp_err ignored;
    uint32_t n = 0;
    (void)(wp_wasm_u32(&s->c, &n, &ignored) < 0);
    return n;
}

/* An expression's value; the cursor goes behind it. */
static int value(struct segments *s, uint64_t *ret)
{
    return wrt_const_next(s->x, s->i, &s->c, ret);
}

/* ---- elements ---- */

static int function_items(struct segments *s, uint64_t *items, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        items[k] = (uint64_t)(uintptr_t)s->i->funcs[number(s)];
    }
    return 0;
}

static int expression_items(struct segments *s, uint64_t *items, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        if (value(s, &items[k]) < 0) {
            return WRT_STOPPED;
        }
    }
    return 0;
}

static int items_of(struct segments *s, uint32_t flags, uint64_t *items, uint32_t n)
{
    return (flags & EXPRESSIONS) != 0 ? expression_items(s, items, n) : function_items(s, items, n);
}

/* An element kind, a reference type, or nothing; n that follows. */
static uint32_t count_of(struct segments *s, uint32_t flags)
{
    struct wp_err ignored;
    uint32_t type;
    if ((flags & (PASSIVE | EXPLICIT)) == 0) {
        return number(s);
    }
    if ((flags & EXPRESSIONS) == 0) {
        s->c.p++;
    } else {
        (void)(wrt_read_reftype(s->i->module, &s->c, &type, &ignored) < 0);
    }
    return number(s);
}

/* Straight into the table, which the garbage collector knows. */
static int active_elements(struct segments *s, uint32_t flags, uint32_t index)
{
    uint32_t table = (flags & EXPLICIT) != 0 ? number(s) : 0;
    uint64_t at = 0;
    if (value(s, &at) < 0) {
        return WRT_STOPPED;
    }
    struct wrt_table_inst *t = s->i->tables[table];
    uint32_t n = count_of(s, flags);
    if (n > t->size || at > t->size - n) {
        return wrt_stop(s->x, WRT_STOP_TABLE_BOUNDS, "element segment %u: entries %llu to %llu of %llu", index,
                        (unsigned long long)at, (unsigned long long)at + n, (unsigned long long)t->size);
    }
    return items_of(s, flags, t->items + at, n);
}

static int kept_elements(struct segments *s, uint32_t flags, uint32_t index, struct wp_err *err)
{
    uint32_t n = count_of(s, flags);
    uint64_t *items = wrt_alloc(&s->i->store->mem, n, sizeof(*items), err);
    if (!items) {
        return INSTANCE_ERROR;
    }
    s->i->elems[index].items = items;
    s->i->elems[index].count = n;
    return items_of(s, flags, items, n);
}

int instance_elements(struct wrt_exec *x, struct wrt_instance *i, struct wp_err *err)
{
    struct segments s = {.x = x, .i = i, .c = cursor_of(i->module->elem_section)};
    uint32_t n = i->module->elem_count > 0 ? number(&s) : 0;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t flags = number(&s);
        int rc = (flags & PASSIVE) == 0 ? active_elements(&s, flags, k) : kept_elements(&s, flags, k, err);
        if (rc < 0) {
            return rc;
        }
        if ((flags & (PASSIVE | EXPLICIT)) == (PASSIVE | EXPLICIT)) {
            i->elems[k].count = 0; /* declares only */
        }
    }
    return 0;
}

/* ---- data ---- */

static int active_data(struct segments *s, uint32_t flags, uint32_t index)
{
    uint32_t memory = flags == EXPLICIT ? number(s) : 0;
    uint64_t at = 0;
    if (value(s, &at) < 0) {
        return WRT_STOPPED;
    }
    struct wrt_memory_inst *m = s->i->memories[memory];
    struct wp_span bytes = {.len = number(s)};
    bytes.ptr = s->c.p;
    s->c.p += bytes.len;
    if (!wrt_memory_init(m, at, bytes, 0, bytes.len)) {
        return wrt_stop(s->x, WRT_STOP_MEMORY_BOUNDS, "data segment %u: bytes %llu to %llu of %llu", index,
                        (unsigned long long)at, (unsigned long long)at + bytes.len, (unsigned long long)m->size);
    }
    return 0;
}

int instance_data(struct wrt_exec *x, struct wrt_instance *i)
{
    struct segments s = {.x = x, .i = i, .c = cursor_of(i->module->data_section)};
    uint32_t n = i->module->data_section.len > 0 ? number(&s) : 0;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t flags = number(&s);
        if (flags != PASSIVE) {
            if (active_data(&s, flags, k) < 0) {
                return WRT_STOPPED;
            }
            continue;
        }
        i->datas[k].len = number(&s);
        i->datas[k].ptr = s.c.p;
        s.c.p += i->datas[k].len;
    }
    return 0;
}
