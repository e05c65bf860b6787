/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading JSON (RFC 8259, RFC 7493) over jansson: parsing with every leniency off, the cursor, the typed getters and
 * their messages. */

#include "base/json-doc.h"
#include "base/limits.h"
#include "base/mem.h"

static int fail_at_offset(const struct wp_json_doc *doc, struct wp_span text, bool lines, size_t offset,
                          const char *what, struct wp_err *err)
{
    if (!lines) {
        return wp_fail(err, doc->code, "%s: invalid JSON at byte %zu: %s", doc->name, offset, what);
    }
    struct json_place place = json_place_of(text, offset);
    return wp_fail(err, doc->code, "%s:%zu:%zu: invalid JSON: %s", doc->name, place.line, place.column, what);
}

static int fail_syntax(const struct wp_json_doc *doc, struct wp_span text, bool lines, const json_error_t *why,
                       struct wp_err *err)
{
    size_t position = why->position < 0 ? 0 : WP_MIN((size_t)why->position, text.len);
    enum json_error_code code = json_error_code(why);
    if (code == json_error_out_of_memory) {
        return wp_fail(err, WP_E_LIMIT, "%s: out of memory", doc->name);
    }
    if (code == json_error_invalid_utf8) {
        return fail_at_offset(doc, text, lines, position, "not UTF-8", err);
    }
    size_t start = json_token_before(text, position);
    if (code == json_error_null_character || code == json_error_null_byte_in_key) {
        return fail_at_offset(doc, text, lines, start, "a string with \\u0000 in it", err);
    }
    if (code == json_error_duplicate_key) {
        size_t end = start;
        struct json_token token = {0};
        (void)json_token_next(text, &end, &token);
        WP_AUTO_BUF struct wp_buf what = WP_BUF_INIT;
        wp_buf_add_str(&what, "duplicate key ");
        wp_buf_add(&what, text.ptr + token.start, WP_MIN(token.end - token.start, (size_t)128));
        return fail_at_offset(doc, text, lines, start, what.ptr, err);
    }
    return fail_at_offset(doc, text, lines, start, why->text, err);
}

static int parse(struct wp_json_doc *doc, struct wp_span text, bool lines, struct wp_err *err)
{
    if (text.len == 0) {
        return wp_fail(err, doc->code, "%s: empty, not JSON", doc->name);
    }
    if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0) {
        return fail_at_offset(doc, text, lines, 0, "it starts with a byte order mark", err);
    }
    /* jansson skips a NUL byte behind a number. */
    const uint8_t *nul = memchr(text.ptr, '\0', text.len);
    if (nul != NULL) {
        return fail_at_offset(doc, text, lines, (size_t)(nul - text.ptr), "a NUL byte", err);
    }
    size_t deep = 0;
    if (!json_depth_ok(text, WP_LIMIT_JSON_DEPTH, &deep)) {
        char what[64];
        (void)snprintf(what, sizeof(what), "nested deeper than %llu levels", (unsigned long long)WP_LIMIT_JSON_DEPTH);
        return fail_at_offset(doc, text, lines, deep, what, err);
    }
    json_error_t why;
    doc->root = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (doc->root == NULL) {
        return fail_syntax(doc, text, lines, &why, err);
    }
    if (lines) {
        doc->text = wp_xstrndup((const char *)text.ptr, text.len);
        doc->text_len = text.len;
    }
    return 0;
}

int wp_json_parse(struct wp_span text, const char *name, bool lines, enum wp_code code, WP_OWN struct wp_json_doc **ret,
                  struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = wp_xcalloc(1, sizeof(*doc));
    doc->name = wp_xstrdup(name);
    doc->code = code;
    if (parse(doc, text, lines, err) < 0) {
        return -1;
    }
    *ret = WP_STEAL(doc);
    return 0;
}

void wp_json_free(WP_OWN struct wp_json_doc *doc)
{
    if (doc == NULL) {
        return;
    }
    json_decref(doc->root);
    free(doc->name);
    free(doc->text);
    free(doc);
}

void wp_json_free_p(struct wp_json_doc **doc)
{
    wp_json_free(*doc);
    *doc = NULL;
}

struct wp_json wp_json_root(const struct wp_json_doc *doc)
{
    return (struct wp_json){.doc = doc, .node = doc->root};
}

enum wp_json_kind wp_json_kind(const struct wp_json *at)
{
    if (at->node == NULL) {
        return WP_JSON_ABSENT;
    }
    switch (json_typeof(json_node(at))) {
    case JSON_OBJECT:
        return WP_JSON_OBJECT;
    case JSON_ARRAY:
        return WP_JSON_ARRAY;
    case JSON_STRING:
        return WP_JSON_STRING;
    case JSON_INTEGER:
        return WP_JSON_INT;
    case JSON_REAL:
        return WP_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return WP_JSON_BOOL;
    case JSON_NULL:
        break;
    }
    return WP_JSON_NULL;
}

const char *wp_json_kind_name(enum wp_json_kind kind)
{
    static const char *const names[] = {
        [WP_JSON_ABSENT] = "absent",  [WP_JSON_NULL] = "null",          [WP_JSON_BOOL] = "true or false",
        [WP_JSON_INT] = "an integer", [WP_JSON_REAL] = "a real number", [WP_JSON_STRING] = "a string",
        [WP_JSON_ARRAY] = "an array", [WP_JSON_OBJECT] = "an object",
    };
    return names[kind];
}

struct wp_json wp_json_get(const struct wp_json *at, const char *key)
{
    struct wp_json member = {.doc = at->doc, .up = at, .key = key};
    if (at->node != NULL) {
        member.node = json_object_get(json_node(at), key);
    }
    return member;
}

struct wp_json wp_json_at(const struct wp_json *at, size_t index)
{
    struct wp_json element = {.doc = at->doc, .up = at, .index = index};
    if (at->node != NULL) {
        element.node = json_array_get(json_node(at), index);
    }
    return element;
}

size_t wp_json_len(const struct wp_json *at)
{
    if (wp_json_kind(at) == WP_JSON_OBJECT) {
        return json_object_size(json_node(at));
    }
    return wp_json_kind(at) == WP_JSON_ARRAY ? json_array_size(json_node(at)) : 0;
}

int wp_json_each(const struct wp_json *at, int (*fn)(void *arg, const struct wp_json *member, struct wp_err *err),
                 void *arg, struct wp_err *err)
{
    if (wp_json_kind(at) == WP_JSON_ARRAY) {
        size_t len = wp_json_len(at);
        for (size_t i = 0; i < len; i++) {
            struct wp_json element = wp_json_at(at, i);
            int stop = fn(arg, &element, err);
            if (stop != 0) {
                return stop;
            }
        }
        return 0;
    }
    if (wp_json_kind(at) != WP_JSON_OBJECT) {
        return 0;
    }
    json_t *object = json_node(at);
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        struct wp_json member = {
            .doc = at->doc, .up = at, .node = json_object_iter_value(it), .key = json_object_iter_key(it)};
        int stop = fn(arg, &member, err);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

static int fail_here(const struct wp_json *at, bool of_key, struct wp_err *err, const char *fmt, va_list args)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_add_str(&text, at->doc->name);
    struct json_place place;
    if (json_place_find(at, of_key, &place)) {
        wp_buf_printf(&text, ":%zu:%zu", place.line, place.column);
    }
    wp_buf_add_str(&text, ": ");
    size_t before = text.len;
    wp_json_path(at, &text);
    if (text.len > before) {
        wp_buf_add_str(&text, ": ");
    }
    wp_buf_vprintf(&text, fmt, args);
    return wp_fail(err, at->doc->code, "%s", text.ptr);
}

int wp_json_fail(const struct wp_json *at, struct wp_err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int ret = fail_here(at, false, err, fmt, args);
    va_end(args);
    return ret;
}

int wp_json_fail_key(const struct wp_json *at, struct wp_err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int ret = fail_here(at, true, err, fmt, args);
    va_end(args);
    return ret;
}

int wp_json_must(const struct wp_json *at, enum wp_json_kind kind, struct wp_err *err)
{
    enum wp_json_kind is = wp_json_kind(at);
    if (is == kind || (kind == WP_JSON_REAL && is == WP_JSON_INT)) {
        return 0;
    }
    if (is == WP_JSON_ABSENT) {
        return wp_json_fail(at, err, "is missing");
    }
    const char *wanted = kind == WP_JSON_REAL ? "a number" : wp_json_kind_name(kind);
    return wp_json_fail(at, err, "must be %s, not %s", wanted, wp_json_kind_name(is));
}

int wp_json_str(const struct wp_json *at, const char **ret, struct wp_err *err)
{
    if (wp_json_must(at, WP_JSON_STRING, err) < 0) {
        return -1;
    }
    *ret = json_string_value(json_node(at));
    return 0;
}

int wp_json_u64(const struct wp_json *at, uint64_t *ret, struct wp_err *err)
{
    if (wp_json_must(at, WP_JSON_INT, err) < 0) {
        return -1;
    }
    json_int_t n = json_integer_value(json_node(at));
    if (n < 0) {
        return wp_json_fail(at, err, "must not be negative");
    }
    *ret = (uint64_t)n;
    return 0;
}

int wp_json_bool(const struct wp_json *at, bool *ret, struct wp_err *err)
{
    if (wp_json_must(at, WP_JSON_BOOL, err) < 0) {
        return -1;
    }
    *ret = json_is_true(json_node(at));
    return 0;
}

int wp_json_opt_str(const struct wp_json *at, const char **ret, struct wp_err *err)
{
    return at->node == NULL ? 0 : wp_json_str(at, ret, err);
}

int wp_json_opt_u64(const struct wp_json *at, uint64_t *ret, struct wp_err *err)
{
    return at->node == NULL ? 0 : wp_json_u64(at, ret, err);
}

int wp_json_opt_bool(const struct wp_json *at, bool *ret, struct wp_err *err)
{
    return at->node == NULL ? 0 : wp_json_bool(at, ret, err);
}

const char *wp_json_version(void)
{
    return jansson_version_str();
}
