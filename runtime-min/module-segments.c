/* SPDX-License-Identifier: Apache-2.0
 *
 * Element segments, code and data (core 3.0 sections 5.5.12-5.5.14, 5.5.16). Of function bodies only the frame is read
 * here; nothing of a data segment is kept. */
#include "base/limits.h"
#include "runtime-min/module-parts.h"

/* Bits of an element segment's flags. */
enum { PASSIVE = 1, EXPLICIT = 2, EXPRESSIONS = 4 };

static int table_offset(struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t flags, uint32_t *ret_type,
                        struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint32_t table = 0;
    struct wp_span offset;
    if ((flags & EXPLICIT) != 0 && wp_wasm_u32(c, &table, err) < 0) {
        return -1;
    }
    if (table >= m->table_count) {
        return wrt_fail_at(m, at, err, "unknown table %u: the module has %u", table, m->table_count);
    }
    *ret_type = m->tables[table].type;
    return wrt_const_validate(m, c, m->tables[table].limits.is64 ? WRT_I64 : WRT_I32, m->global_count, &offset, err);
}

/* What follows unless flags are 0 or 4: an element kind or a reference type. */
static int element_type(struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t flags, uint32_t *ret,
                        struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t kind;
    *ret = (flags & EXPRESSIONS) != 0 ? WRT_FUNCREF : WRT_REF | WRT_HEAP_FUNC;
    if ((flags & (PASSIVE | EXPLICIT)) == 0) {
        return 0;
    }
    if ((flags & EXPRESSIONS) != 0) {
        if (wrt_read_reftype(m, c, ret, err) < 0) {
            return -1;
        }
        m->used |= wrt_type_features(*ret);
        return 0;
    }
    if (wp_wasm_byte(c, &kind, err) < 0) {
        return -1;
    }
    return kind == 0 ? 0 : wrt_fail_at(m, at, err, "malformed element kind: 0x%02x", kind);
}

static int function_list(struct wrt_module *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t n;
    if (wrt_read_count(c, "elements", 0, WP_LIMIT_WASM_ELEMENTS, 1, &n, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *at = c->p;
        uint32_t index;
        if (wp_wasm_u32(c, &index, err) < 0) {
            return -1;
        }
        if (index >= m->func_count) {
            return wrt_fail_at(m, at, err, "unknown function %u: the module has %u", index, m->func_count);
        }
        wrt_declare(m, index);
    }
    return 0;
}

static int expression_list(struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t type, struct wp_err *err)
{
    uint32_t n;
    if (wrt_read_count(c, "elements", 0, WP_LIMIT_WASM_ELEMENTS, 2, &n, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct wp_span expression;
        if (wrt_const_validate(m, c, type, m->global_count, &expression, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int one_element(struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint32_t flags, want = WRT_NO_INDEX;
    if (wp_wasm_u32(c, &flags, err) < 0) {
        return -1;
    }
    if (flags > 7) {
        return wrt_fail_at(m, at, err, "malformed element segment: flags 0x%02x", flags);
    }
    if ((flags & PASSIVE) != 0 && wrt_use_feature(m, WRT_F_BULK_MEMORY, at, "a passive element segment", err) < 0) {
        return -1;
    }
    if ((flags & PASSIVE) == 0 && table_offset(m, c, flags, &want, err) < 0) {
        return -1;
    }
    at = c->p;
    if (element_type(m, c, flags, ret, err) < 0) {
        return -1;
    }
    if (want != WRT_NO_INDEX && !wrt_matches(m->types, *ret, want)) {
        char a[40], b[40];
        wrt_type_text(*ret, a, sizeof(a));
        wrt_type_text(want, b, sizeof(b));
        return wrt_fail_at(m, at, err, "type mismatch: elements of %s in a table of %s", a, b);
    }
    return (flags & EXPRESSIONS) != 0 ? expression_list(m, c, *ret, err) : function_list(m, c, err);
}

int wrt_decode_elements(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_module *m = d->m;
    uint32_t n;
    m->elem_section = wp_span(c->p, (size_t)(c->end - c->p));
    if (wrt_read_count(c, "element segments", 0, WP_LIMIT_WASM_ELEMENT_SEGMENTS, 3, &n, err) < 0) {
        return -1;
    }
    uint32_t *types = wrt_alloc(d->mem, n, sizeof(*types), err);
    if (!types) {
        return -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (one_element(m, c, &types[i], err) < 0) {
            return -1;
        }
    }
    m->elem_types = types;
    m->elem_count = n;
    return 0;
}

int wrt_decode_data_count(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    const uint8_t *at = c->p;
    d->m->has_data_count = true;
    if (wrt_use_feature(d->m, WRT_F_BULK_MEMORY, at, "a data count section", err) < 0 ||
        wp_wasm_u32(c, &d->claimed_data, err) < 0) {
        return -1;
    }
    if (d->claimed_data > WP_LIMIT_WASM_DATA_SEGMENTS) {
        return wp_fail(err, WP_E_LIMIT, "%u data segments, at most %llu are allowed", d->claimed_data,
                       (unsigned long long)WP_LIMIT_WASM_DATA_SEGMENTS);
    }
    d->m->data_count = d->claimed_data;
    return 0;
}

static int one_body(const struct wrt_module *m, struct wp_wasm_cursor *c, struct wrt_code *code, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint32_t size;
    if (wp_wasm_u32(c, &size, err) < 0) {
        return -1;
    }
    if (size > WP_LIMIT_WASM_FUNCTION_SIZE) {
        return wp_fail(err, WP_E_LIMIT, "a function body of %u bytes, at most %llu are allowed", size,
                       (unsigned long long)WP_LIMIT_WASM_FUNCTION_SIZE);
    }
    if (size > (size_t)(c->end - c->p)) {
        return wrt_fail_at(m, at, err, "unexpected end of section or function: a body of %u bytes, %zu are left", size,
                           (size_t)(c->end - c->p));
    }
    code->offset = (uint32_t)(c->p - m->base);
    code->size = size;
    c->p += size;
    return 0;
}

int wrt_decode_code(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_module *m = d->m;
    uint32_t n;
    d->code_at = c->p;
    if (wrt_read_count(c, "functions", m->func_imports, WP_LIMIT_WASM_FUNCTIONS, 1, &n, err) < 0) {
        return -1;
    }
    struct wrt_code *code = wrt_alloc(d->mem, n, sizeof(*code), err);
    if (!code) {
        return -1;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (one_body(m, c, &code[i], err) < 0) {
            return wp_wrap(err, "function %u", m->func_imports + i);
        }
    }
    m->code = code;
    m->code_count = n;
    return 0;
}

static int one_data(struct wrt_module *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint32_t flags, memory = 0, size;
    struct wp_span offset;
    if (wp_wasm_u32(c, &flags, err) < 0) {
        return -1;
    }
    if (flags > 2) {
        return wrt_fail_at(m, at, err, "malformed data segment: flags 0x%02x", flags);
    }
    if (flags == 1 && wrt_use_feature(m, WRT_F_BULK_MEMORY, at, "a passive data segment", err) < 0) {
        return -1;
    }
    if (flags == 2 && wp_wasm_u32(c, &memory, err) < 0) {
        return -1;
    }
    if (flags != 1) {
        if (memory >= m->memory_count) {
            return wrt_fail_at(m, at, err, "unknown memory %u: the module has %u", memory, m->memory_count);
        }
        uint32_t want = m->memories[memory].is64 ? WRT_I64 : WRT_I32;
        if (wrt_const_validate(m, c, want, m->global_count, &offset, err) < 0) {
            return -1;
        }
    }
    at = c->p;
    if (wp_wasm_u32(c, &size, err) < 0) {
        return -1;
    }
    if (size > (size_t)(c->end - c->p)) {
        return wrt_fail_at(m, at, err, "unexpected end of section or function: a segment of %u bytes, %zu are left",
                           size, (size_t)(c->end - c->p));
    }
    c->p += size;
    return 0;
}

int wrt_decode_data(struct decode *d, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_module *m = d->m;
    const uint8_t *at = c->p;
    uint32_t n;
    m->data_section = wp_span(c->p, (size_t)(c->end - c->p));
    if (wrt_read_count(c, "data segments", 0, WP_LIMIT_WASM_DATA_SEGMENTS, 2, &n, err) < 0) {
        return -1;
    }
    if (m->has_data_count && n != d->claimed_data) {
        return wrt_fail_at(m, at, err, "data count and data section have inconsistent lengths: %u and %u",
                           d->claimed_data, n);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (one_data(m, c, err) < 0) {
            return -1;
        }
    }
    m->data_count = n;
    return 0;
}
