/* SPDX-License-Identifier: Apache-2.0
 *
 * What custom sections of the binary itself say about it. Custom sections are hints by nature (core 3.0 section 7.4):
 * what cannot be read in them is left out and never refuses the binary. */
#include "base/limits.h"
#include "pack/facts.h"

const char *facts_text(struct wp_arena *a, struct wp_span s)
{
    static const uint8_t instead[] = {0xef, 0xbf, 0xbd};
    size_t nuls = 0;
    for (size_t i = 0; i < s.len; i++) {
        nuls += s.ptr[i] == 0;
    }
    if (nuls == 0) {
        return wp_arena_strn(a, (const char *)s.ptr, s.len);
    }
    char *copy = wp_arena_alloc(a, s.len + 2 * nuls + 1, 1);
    char *out = copy;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == 0) {
            memcpy(out, instead, sizeof(instead));
            out += sizeof(instead);
        } else {
            *out++ = (char)s.ptr[i];
        }
    }
    return copy;
}

static struct wp_wasm_cursor over(struct wp_span body)
{
    return (struct wp_wasm_cursor){.start = body.ptr, .p = body.ptr, .end = body.ptr + body.len};
}

/* Subsection 0 of `name` and `component-name`. */
static const char *module_name(struct wp_arena *a, struct wp_span body)
{
    struct wp_wasm_cursor c = over(body);
    struct wp_err ignored;
    while (c.p < c.end) {
        uint8_t id;
        uint32_t size;
        struct wp_span name;
        if (wp_wasm_byte(&c, &id, &ignored) < 0 || wp_wasm_u32(&c, &size, &ignored) < 0) {
            return NULL;
        }
        if (id == 0) {
            return wp_wasm_name(&c, &name, &ignored) == 0 && name.len > 0 ? facts_text(a, name) : NULL;
        }
        if (wp_wasm_skip(&c, size, &ignored) < 0) {
            return NULL;
        }
    }
    return NULL;
}

bool facts_producers(struct wp_arena *a, struct wp_span body, struct pack_producer *out, size_t *count)
{
    struct wp_wasm_cursor c = over(body);
    struct wp_err ignored;
    uint32_t fields;
    if (wp_wasm_u32(&c, &fields, &ignored) < 0) {
        return false;
    }
    for (uint32_t f = 0; f < fields; f++) {
        struct wp_span field;
        struct wp_span name;
        struct wp_span version;
        uint32_t values;
        if (wp_wasm_name(&c, &field, &ignored) < 0 || wp_wasm_u32(&c, &values, &ignored) < 0) {
            return false;
        }
        for (uint32_t i = 0; i < values; i++) {
            if (wp_wasm_name(&c, &name, &ignored) < 0 || wp_wasm_name(&c, &version, &ignored) < 0 ||
                *count >= WP_LIMIT_WASM_NAMES) {
                return false;
            }
            if (out) {
                out[*count] = (struct pack_producer){facts_text(a, field), facts_text(a, name), facts_text(a, version)};
            }
            ++*count;
        }
    }
    return true;
}

static void take_metadata(struct pack_module *m, struct wp_arena *a, struct wp_span name, struct wp_span body)
{
    const struct {
        const char *section;
        const char **field;
    } rows[] = {
        {"description", &m->description}, {"authors", &m->authors},   {"licenses", &m->licenses},
        {"source", &m->source},           {"homepage", &m->homepage}, {"revision", &m->revision},
        {"version", &m->version},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        bool wanted = !*rows[i].field && facts_is(name, rows[i].section);
        if (wanted && body.len > 0 && body.len <= WP_LIMIT_WASM_NAME && wp_utf8_is(body)) {
            *rows[i].field = facts_text(a, body);
        }
    }
}

void facts_custom(struct pack_module *m, struct wp_arena *a, struct wp_span name, struct wp_span body)
{
    bool core = m->kind == WP_WASM_MODULE;
    if (!m->name && facts_is(name, core ? "name" : "component-name")) {
        m->name = module_name(a, body);
    }
    m->component_type = m->component_type || (core && facts_starts(name, "component-type"));
    m->dylink = m->dylink || (core && (facts_is(name, "dylink.0") || facts_is(name, "dylink")));
    m->object = m->object || (core && facts_is(name, "linking"));
    take_metadata(m, a, name, body);
}
