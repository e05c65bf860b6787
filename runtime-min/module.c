/* SPDX-License-Identifier: Apache-2.0
 *
 * Sections of a core module in their one order (core 3.0 section 5.5), custom ones anywhere; names of functions. */
#include "runtime-min/module-parts.h"

enum core_id { CORE_CUSTOM, CORE_FUNCTION = 3, CORE_COUNT = 14 };

/* place: where the section stands in the one order that is allowed. */
struct row {
    const char *title;
    unsigned place;
    int (*decode)(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err);
};

static const struct row rows[CORE_COUNT] = {
    {"custom", 0, NULL},
    {"type", 1, wrt_decode_types},
    {"import", 2, wrt_decode_imports},
    {"function", 3, wrt_decode_functions},
    {"table", 4, wrt_decode_tables},
    {"memory", 5, wrt_decode_memories},
    {"global", 7, wrt_decode_globals},
    {"export", 8, wrt_decode_exports},
    {"start", 9, wrt_decode_start},
    {"element", 10, wrt_decode_elements},
    {"code", 12, wrt_decode_code},
    {"data", 13, wrt_decode_data},
    {"data count", 11, wrt_decode_data_count},
    {"tag", 6, wrt_decode_tags},
};

const char *wrt_section_title(uint8_t id)
{
    return id < CORE_COUNT ? rows[id].title : "unknown";
}

static const char *title_at(unsigned place)
{
    for (size_t i = 0; i < CORE_COUNT; i++) {
        if (rows[i].place == place) {
            return rows[i].title;
        }
    }
    return "custom";
}

/* The functions are counted: what may be named by ref.func gets its bits. */
static int seal_functions(struct decode *d, struct wp_err *err)
{
    if (d->m->declared) {
        return 0;
    }
    d->m->declared = wrt_alloc(d->mem, d->m->func_count / 8 + 1, 1, err);
    return d->m->declared ? 0 : -1;
}

static void custom(struct wrt_module *m, const struct wp_wasm_section *s)
{
    if (m->name_section.len == 0 && s->name.len == 4 && memcmp(s->name.ptr, "name", 4) == 0) {
        m->name_section = s->body;
    }
}

static int one_section(struct decode *d, unsigned *seen, const struct wp_wasm_cursor *c,
                       const struct wp_wasm_section *s, struct wp_err *err)
{
    const uint8_t *at = s->whole.ptr;
    if (s->id >= CORE_COUNT) {
        return wrt_fail_at(d->m, at, err, "malformed section id: %u", s->id);
    }
    const struct row *row = &rows[s->id];
    if (s->id == CORE_CUSTOM) {
        custom(d->m, s);
        return 0;
    }
    if (row->place == *seen) {
        return wrt_fail_at(d->m, at, err, "unexpected content after last section: a second %s section", row->title);
    }
    if (row->place < *seen) {
        return wrt_fail_at(d->m, at, err,
                           "unexpected content after last section: the %s section stands after the %s section",
                           row->title, title_at(*seen));
    }
    *seen = row->place;
    if (row->place > rows[CORE_FUNCTION].place && seal_functions(d, err) < 0) {
        return -1;
    }
    struct wp_wasm_cursor body = {.start = c->start, .p = s->body.ptr, .end = s->body.ptr + s->body.len};
    if (row->decode(d, &body, err) < 0) {
        return wp_wrap(err, "%s section", row->title);
    }
    if (body.p != body.end) {
        return wrt_fail_at(d->m, body.p, err, "section size mismatch: %zu bytes too many in the %s section",
                           (size_t)(body.end - body.p), row->title);
    }
    return 0;
}

static int finish(struct decode *d, const struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_module *m = d->m;
    uint32_t want = m->func_count - m->func_imports;
    if (m->code_count != want) {
        return wrt_fail_at(m, d->code_at ? d->code_at : c->p, err,
                           "function and code section have inconsistent lengths: %u and %u", want, m->code_count);
    }
    if (m->data_section.ptr == NULL && d->claimed_data != 0) {
        return wrt_fail_at(m, c->p, err, "data count and data section have inconsistent lengths: %u and 0",
                           d->claimed_data);
    }
    return seal_functions(d, err);
}

int wrt_module_decode(struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_mem *mem, struct wp_err *err)
{
    struct decode d = {.m = m, .mem = mem};
    unsigned seen = 0;
    m->start = WRT_NO_INDEX;
    for (;;) {
        struct wp_wasm_section s;
        int got = wp_wasm_next(c, &s, err);
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            return finish(&d, c, err);
        }
        if (one_section(&d, &seen, c, &s, err) < 0) {
            return -1;
        }
    }
}

/* ---- the name section; malformed ones just give no names ---- */

static struct wp_span name_in(struct wp_wasm_cursor *c, uint32_t func)
{
    struct wp_err ignored = {.code = WP_E_OK};
    struct wp_span none = wp_span("", 0), name;
    uint32_t n, index;
    if (wp_wasm_u32(c, &n, &ignored) < 0) {
        return none;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (wp_wasm_u32(c, &index, &ignored) < 0 || wp_wasm_name(c, &name, &ignored) < 0) {
            return none;
        }
        if (index == func) {
            return name;
        }
    }
    return none;
}

struct wp_span wrt_function_name(const struct wrt_module *m, uint32_t func)
{
    enum { FUNCTION_NAMES = 1 };
    struct wp_err ignored = {.code = WP_E_OK};
    if (m->name_section.len == 0) {
        return wp_span("", 0);
    }
    struct wp_wasm_cursor c = {.start = m->name_section.ptr, .p = m->name_section.ptr};
    c.end = c.p + m->name_section.len;
    uint8_t id;
    uint32_t size;
    while (c.p < c.end && wp_wasm_byte(&c, &id, &ignored) == 0 && wp_wasm_u32(&c, &size, &ignored) == 0 &&
           size <= (size_t)(c.end - c.p)) {
        if (id == FUNCTION_NAMES) {
            struct wp_wasm_cursor body = {.start = c.start, .p = c.p, .end = c.p + size};
            return name_in(&body, func);
        }
        c.p += size;
    }
    return wp_span("", 0);
}
