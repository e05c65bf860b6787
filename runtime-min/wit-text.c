/* SPDX-License-Identifier: Apache-2.0
 *
 * WIT as text: characters, names and paths. Types are in wit-text-type.c. */
#include "runtime-min/wit-text.h"

#include "base/limits.h"
#include "base/num.h"

#include <stdio.h>

static void flush(struct wit_out *o)
{
    if (o->result == 0 && o->len > 0) {
        o->result = o->write(o->arg, o->buf, o->len, o->err);
    }
    o->len = 0;
}

int wit_put_flush(struct wit_out *o)
{
    flush(o);
    return o->result;
}

/* A type of types of types may be small in a binary and endless in text. */
static bool may_write(struct wit_out *o, size_t len)
{
    o->written += len;
    if (o->result == 0 && o->written > WP_LIMIT_WIT_TEXT) {
        o->result = wp_fail(o->err, WP_E_LIMIT, "the component's WIT is longer than %llu bytes",
                            (unsigned long long)WP_LIMIT_WIT_TEXT);
    }
    return o->result == 0;
}

static void put_bytes(struct wit_out *o, const char *text, size_t len)
{
    if (!may_write(o, len)) {
        return;
    }
    while (len > 0) {
        size_t part = WP_MIN(len, sizeof(o->buf) - o->len);
        memcpy(o->buf + o->len, text, part);
        o->len += part;
        text += part;
        len -= part;
        if (o->len == sizeof(o->buf)) {
            flush(o);
        }
    }
}

void wit_put_span(struct wit_out *o, struct wp_span text)
{
    for (unsigned i = 0; o->line_start && i < o->indent; i++) {
        put_bytes(o, "  ", 2);
    }
    o->line_start = false;
    put_bytes(o, (const char *)text.ptr, text.len);
}

void wit_put(struct wit_out *o, const char *text)
{
    wit_put_span(o, wp_span_str(text));
}

void wit_put_line(struct wit_out *o)
{
    put_bytes(o, "\n", 1);
    o->line_start = true;
}

void wit_put_end(struct wit_out *o)
{
    wit_put(o, ";");
    wit_put_line(o);
}

void wit_put_open(struct wit_out *o)
{
    wit_put(o, " {");
    o->indent++;
    wit_put_line(o);
}

void wit_put_close(struct wit_out *o)
{
    o->indent--;
    wit_put(o, "}");
    wit_put_line(o);
}

void wit_put_new_item(struct wit_out *o)
{
    if (o->any_items) {
        wit_put_line(o);
    }
    o->any_items = true;
}

/* WIT.md, "Keywords", and the older names of the floats. */
static bool is_keyword(struct wp_span name)
{
    static const char *const words[] = {
        "as",      "async",     "bool",  "borrow",  "char",    "constructor", "enum",    "error-context", "export",
        "f32",     "f64",       "flags", "float32", "float64", "from",        "func",    "future",        "import",
        "include", "interface", "list",  "map",     "option",  "own",         "package", "record",        "resource",
        "result",  "s16",       "s32",   "s64",     "s8",      "static",      "stream",  "string",        "tuple",
        "type",    "u16",       "u32",   "u64",     "u8",      "use",         "variant", "with",          "world",
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(words); i++) {
        if (strlen(words[i]) == name.len && memcmp(words[i], name.ptr, name.len) == 0) {
            return true;
        }
    }
    return false;
}

void wit_put_name(struct wit_out *o, struct wp_span name)
{
    if (is_keyword(name)) {
        wit_put(o, "%");
    }
    wit_put_span(o, name);
}

void wit_put_path(struct wit_out *o, uint32_t scope)
{
    const struct wit_scope *s = wit_scope(o->w, scope);
    const struct wit_package *p = wit_package(o->w, s->package);
    if (s->package != o->package) {
        wit_put_name(o, p->ns);
        wit_put(o, ":");
        wit_put_name(o, p->name);
        wit_put(o, "/");
    }
    wit_put_name(o, s->name);
    if (s->package != o->package && p->version.len > 0) {
        wit_put(o, "@");
        wit_put_span(o, p->version);
    }
}

/* ---- comments ---- */

/* What could steer a terminal: control characters, changes of direction, invisible ones. */
static bool is_unsafe(int32_t c)
{
    return (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static void put_code(struct wit_out *o, int32_t c)
{
    char text[16];
    int len = snprintf(text, sizeof(text), "\\u{%x}", (unsigned)c);
    put_bytes(o, text, (size_t)len);
}

static void put_foreign(struct wit_out *o, struct wp_span text)
{
    wit_put(o, "");
    for (const uint8_t *p = text.ptr, *end = text.ptr + text.len; p < end;) {
        const uint8_t *start = p;
        int32_t c = wp_utf8_next(&p, end);
        if (is_unsafe(c)) {
            put_code(o, c);
        } else {
            put_bytes(o, (const char *)start, (size_t)(p - start));
        }
    }
}

void wit_put_comment(struct wit_out *o, struct wp_span text)
{
    while (text.len > 0) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        size_t shown = end != NULL && len > 0 && text.ptr[len - 1] == '\r' ? len - 1 : len;
        wit_put(o, shown > 0 ? "/// " : "///");
        put_foreign(o, wp_span(text.ptr, shown));
        wit_put_line(o);
        size_t done = len + (end != NULL);
        text = wp_span(text.ptr + done, text.len - done);
    }
}

static void put_attribute(struct wit_out *o, const char *start, uint32_t node)
{
    if (node != WIT_NONE) {
        wit_put(o, start);
        put_foreign(o, wit_docs_text(o->w, node));
        wit_put(o, ")");
        wit_put_line(o);
    }
}

void wit_put_stability(struct wit_out *o, uint32_t node)
{
    uint32_t stable = wit_docs(o->w, node, "stable"), unstable = wit_docs(o->w, node, "unstable");
    put_attribute(o, "@since(version = ", wit_docs(o->w, stable, "since"));
    put_attribute(o, "@unstable(feature = ", wit_docs(o->w, unstable, "feature"));
    put_attribute(o, "@deprecated(version = ", wit_docs(o->w, stable != WIT_NONE ? stable : unstable, "deprecated"));
}

void wit_put_docs(struct wit_out *o, uint32_t node)
{
    uint32_t docs = wit_docs(o->w, node, "docs");
    wit_put_comment(o, wit_docs_text(o->w, docs != WIT_NONE ? docs : node));
    wit_put_stability(o, wit_docs(o->w, node, "stability"));
}

/* ---- external ids ---- */

static bool is_plain(int32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '/' || c == ':' || c == ' ';
}

void wit_put_external_id(struct wit_out *o, struct wp_span id)
{
    static const char escaped[] = "\\\\\"\"\nn\rr\tt";
    if (id.ptr == NULL) {
        return;
    }
    wit_put(o, "@external-id(\"");
    for (const uint8_t *p = id.ptr, *end = id.ptr + id.len; p < end;) {
        const uint8_t *start = p;
        int32_t c = wp_utf8_next(&p, end);
        const char *pair = escaped;
        while (*pair != '\0' && *pair != c) {
            pair += 2;
        }
        if (is_plain(c)) {
            put_bytes(o, (const char *)start, 1);
        } else if (*pair != '\0') {
            put_bytes(o, (const char[]){'\\', pair[1]}, 2);
        } else {
            put_code(o, c);
        }
    }
    wit_put(o, "\")");
    wit_put_line(o);
}
