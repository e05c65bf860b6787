/* SPDX-License-Identifier: Apache-2.0
 *
 * The custom section `package-docs` of a WIT package in binary form: a version byte and JSON, objects of objects with
 * the comments and the stability of everything by name. It becomes a tree of nodes that are looked up by parent and
 * key. Whatever is wrong with it, the package is printed without comments then. */
#include "base/num.h"
#include "base/wasm-section.h"
#include "runtime-min/wit-parts.h"

#define MOST_NESTED 16

struct reader {
    struct wit *w;
    const uint8_t *p, *end;
    bool out_of_memory;
};

static void skip_blanks(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r')) {
        r->p++;
    }
}

static bool eat(struct reader *r, uint8_t c)
{
    skip_blanks(r);
    if (r->p == r->end || *r->p != c) {
        return false;
    }
    r->p++;
    return true;
}

static bool hex4(struct reader *r, uint32_t *ret)
{
    *ret = 0;
    for (unsigned i = 0; i < 4; i++, r->p++) {
        uint8_t c = r->p < r->end ? *r->p : 0;
        uint32_t digit = c >= '0' && c <= '9' ? c - (uint32_t)'0' : (c | 32U) - (uint32_t)'a' + 10;
        if (digit > 15) {
            return false;
        }
        *ret = *ret << 4 | digit;
    }
    return true;
}

/* \uXXXX after the u, or two of them. At most as many bytes as it had characters. */
static bool code_point(struct reader *r, uint8_t **to)
{
    uint32_t c, low;
    if (!hex4(r, &c) || (c >= 0xdc00 && c < 0xe000)) {
        return false;
    }
    if (c >= 0xd800 && c < 0xdc00) {
        if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u') {
            return false;
        }
        r->p += 2;
        if (!hex4(r, &low) || low < 0xdc00 || low > 0xdfff) {
            return false;
        }
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    *(*to)++ = (uint8_t)(lead[more] | c >> (6 * more));
    while (more-- > 0) {
        *(*to)++ = (uint8_t)(0x80 | (c >> (6 * more) & 0x3f));
    }
    return true;
}

static bool escape(struct reader *r, uint8_t **to)
{
    static const char pairs[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    uint8_t c = r->p < r->end ? *r->p++ : 0;
    if (c == 'u') {
        return code_point(r, to);
    }
    for (const char *pair = pairs; *pair != '\0'; pair += 2) {
        if ((uint8_t)*pair == c) {
            *(*to)++ = (uint8_t)pair[1];
            return true;
        }
    }
    return false;
}

/* The rest of a string after its first quote. */
static bool string(struct reader *r, struct wp_span *ret)
{
    const uint8_t *start = r->p;
    bool escaped = false;
    for (; r->p < r->end && *r->p != '"'; r->p++) {
        if (*r->p == '\\') {
            escaped = true;
            r->p++;
        }
    }
    if (r->p >= r->end) {
        return false;
    }
    const uint8_t *end = r->p;
    *ret = wp_span(start, (size_t)(end - start));
    if (escaped) {
        uint8_t *text = wrt_alloc(&r->w->mem, ret->len, 1, r->w->err), *to = text;
        r->out_of_memory = text == NULL;
        for (r->p = start; text != NULL && r->p < end;) {
            if (*r->p != '\\') {
                *to++ = *r->p++;
                continue;
            }
            r->p++;
            if (!escape(r, &to)) {
                return false;
            }
        }
        *ret = wp_span(text, (size_t)(to - text));
    }
    r->p = end + 1;
    return !r->out_of_memory;
}

static bool value(struct reader *r, unsigned nested, uint32_t node);

/* One "key": value. */
static bool member(struct reader *r, unsigned nested, uint32_t parent)
{
    struct wit *w = r->w;
    struct wp_span key;
    if (!eat(r, '"') || !string(r, &key) || !eat(r, ':') ||
        wit_map_get(&w->map, WIT_KEY_DOCS, parent, key) != WIT_NONE) {
        return false;
    }
    uint32_t node = w->docs.count;
    if (wrt_vec_add(&w->mem, &w->docs, sizeof(struct wp_span), w->err) == NULL ||
        wit_map_put(&w->mem, &w->map, WIT_KEY_DOCS, parent, key, node, w->err) < 0) {
        r->out_of_memory = true;
        return false;
    }
    return value(r, nested, node);
}

static bool object(struct reader *r, unsigned nested, uint32_t node)
{
    if (nested == MOST_NESTED) {
        return false;
    }
    if (eat(r, '}')) {
        return true;
    }
    do {
        if (!member(r, nested + 1, node)) {
            return false;
        }
    } while (eat(r, ','));
    return eat(r, '}');
}

static bool value(struct reader *r, unsigned nested, uint32_t node)
{
    if (eat(r, '{')) {
        return object(r, nested, node);
    }
    if (eat(r, '"')) {
        struct wp_span text;
        if (!string(r, &text)) {
            return false;
        }
        ((struct wp_span *)r->w->docs.items)[node] = text;
        return true;
    }
    return eat(r, 'n') && eat(r, 'u') && eat(r, 'l') && eat(r, 'l');
}

/* The body of the section; empty: there is none. */
static struct wp_span docs_section(struct wp_span component)
{
    static const char name[] = "package-docs";
    struct wp_err ignored;
    enum wp_wasm_kind kind;
    struct wp_wasm_section s;
    struct wp_wasm_cursor c = {component.ptr, component.ptr, component.ptr + component.len};
    if (wp_wasm_preamble(&c, &kind, &ignored) < 0) {
        return wp_span(NULL, 0);
    }
    while (wp_wasm_next(&c, &s, &ignored) > 0) {
        if (s.id == 0 && s.name.len == sizeof(name) - 1 && memcmp(s.name.ptr, name, s.name.len) == 0) {
            return s.body;
        }
    }
    return wp_span(NULL, 0);
}

int wit_read_docs(struct wit *w)
{
    struct wp_span body = docs_section(w->c->bytes);
    if (body.len == 0 || body.ptr[0] > 1 || !wp_utf8_is(body)) {
        return 0;
    }
    if (wrt_vec_add(&w->mem, &w->docs, sizeof(struct wp_span), w->err) == NULL) {
        return -1;
    }
    struct reader r = {.w = w, .p = body.ptr + 1, .end = body.ptr + body.len};
    bool good = value(&r, 0, 0);
    skip_blanks(&r);
    w->has_docs = good && r.p == r.end;
    return r.out_of_memory ? -1 : 0;
}

uint32_t wit_docs_at(const struct wit *w, uint32_t node, struct wp_span key)
{
    return node == WIT_NONE || !w->has_docs ? WIT_NONE : wit_map_get(&w->map, WIT_KEY_DOCS, node, key);
}

uint32_t wit_docs(const struct wit *w, uint32_t node, const char *key)
{
    return wit_docs_at(w, node, wp_span_str(key));
}

struct wp_span wit_docs_text(const struct wit *w, uint32_t node)
{
    return node == WIT_NONE ? wp_span(NULL, 0) : ((const struct wp_span *)w->docs.items)[node];
}
