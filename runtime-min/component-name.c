/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar of component-level names (component-model Explainer.md, "Import and Export Definitions") and of semantic
 * versions (semver.org 2.0.0). Linear in the name; nothing is allocated. */
#include "runtime-min/component-name.h"

/* Bytes of a name that a message shows. */
#define SHOWN   200

#define TEXT(s) (int)WP_MIN((s).len, (size_t)SHOWN), (const char *)(s).ptr

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* One word between hyphens; the first one begins with a letter. */
static bool word_is(struct wp_span word, bool first)
{
    bool lower = false, upper = false;
    for (size_t i = 0; i < word.len; i++) {
        uint8_t c = word.ptr[i];
        if (!is_lower(c) && !is_upper(c) && !is_digit(c)) {
            return false;
        }
        lower |= is_lower(c);
        upper |= is_upper(c);
    }
    return word.len > 0 && !(lower && upper) && !(first && is_digit(word.ptr[0]));
}

static struct wp_span until(struct wp_span text, uint8_t end)
{
    const uint8_t *at = text.len == 0 ? NULL : memchr(text.ptr, end, text.len);
    return wp_span(text.ptr, at == NULL ? text.len : (size_t)(at - text.ptr));
}

static struct wp_span after(struct wp_span text, size_t len)
{
    return wp_span(text.ptr + len, text.len - len);
}

bool wrt_label_is(struct wp_span text)
{
    bool first = true;
    for (;; first = false) {
        struct wp_span word = until(text, '-');
        if (!word_is(word, first)) {
            return false;
        }
        if (word.len == text.len) {
            return true;
        }
        text = after(text, word.len + 1);
    }
}

int wrt_label_check(struct wp_span text, const char *what, struct wp_err *err)
{
    if (text.len == 0) {
        return wp_fail(err, WP_E_MODULE, "%s cannot be empty", what);
    }
    return wrt_label_is(text) ? 0 : wp_fail(err, WP_E_MODULE, "%s '%.*s' is not in kebab case", what, TEXT(text));
}

static int label(struct wp_span text, struct wp_span *ret, struct wp_err *err)
{
    *ret = text;
    return wrt_label_is(text) ? 0 : wp_fail(err, WP_E_MODULE, "'%.*s' is not in kebab case", TEXT(text));
}

/* ---- semantic versions ---- */

/* A character for a message: all bytes of it where it has several. */
static int unexpected(struct wp_span at, const char *place, const char *part, struct wp_err *err)
{
    if (at.len == 0) {
        return wp_fail(err, WP_E_MODULE, "unexpected end of input while parsing %s", part);
    }
    int len = 1;
    while ((size_t)len < at.len && len < 4 && (at.ptr[len] & 0xc0) == 0x80) {
        len++;
    }
    return wp_fail(err, WP_E_MODULE, "unexpected character '%.*s' %s %s", len, (const char *)at.ptr, place, part);
}

static int version_number(struct wp_span *text, const char *part, struct wp_err *err)
{
    uint64_t value = 0;
    size_t len = 0;
    for (; len < text->len && is_digit(text->ptr[len]); len++) {
        if (len > 0 && value == 0) {
            return wp_fail(err, WP_E_MODULE, "invalid leading zero in %s", part);
        }
        if (wp_mul_overflows(value, 10, &value) || wp_add_overflows(value, text->ptr[len] - (uint64_t)'0', &value)) {
            return wp_fail(err, WP_E_MODULE, "value of %s exceeds 64 bits", part);
        }
    }
    if (len == 0) {
        return unexpected(*text, "while parsing", part, err);
    }
    *text = after(*text, len);
    return 0;
}

/* Identifiers with dots between them. */
static int version_words(struct wp_span *text, bool pre, const char *part, struct wp_err *err)
{
    for (;;) {
        size_t len = 0;
        bool digits = true;
        for (; len < text->len; len++) {
            uint8_t c = text->ptr[len];
            if (!is_digit(c) && !is_lower(c) && !is_upper(c) && c != '-') {
                break;
            }
            digits &= is_digit(c);
        }
        if (len == 0) {
            return wp_fail(err, WP_E_MODULE, "empty identifier segment in %s", part);
        }
        if (pre && digits && len > 1 && text->ptr[0] == '0') {
            return wp_fail(err, WP_E_MODULE, "invalid leading zero in %s", part);
        }
        *text = after(*text, len);
        if (text->len == 0 || text->ptr[0] != '.') {
            return 0;
        }
        *text = after(*text, 1);
    }
}

static bool eat(struct wp_span *text, const char *what)
{
    size_t len = strlen(what);
    if (text->len < len || memcmp(text->ptr, what, len) != 0) {
        return false;
    }
    *text = after(*text, len);
    return true;
}

int wrt_semver_check(struct wp_span text, struct wp_err *err)
{
    static const char *const numbers[] = {"major version number", "minor version number", "patch version number"};
    static const char pre[] = "pre-release identifier", build[] = "build metadata";
    if (text.len == 0) {
        return wp_fail(err, WP_E_MODULE, "empty string, expected a semantic version");
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(numbers); i++) {
        if (i > 0 && !eat(&text, ".")) {
            return unexpected(text, "after", numbers[i - 1], err);
        }
        if (version_number(&text, numbers[i], err) < 0) {
            return -1;
        }
    }
    const char *part = numbers[2];
    if (eat(&text, "-")) {
        part = pre;
        if (version_words(&text, true, part, err) < 0) {
            return -1;
        }
    }
    if (eat(&text, "+")) {
        part = build;
        if (version_words(&text, false, part, err) < 0) {
            return -1;
        }
    }
    return text.len == 0 ? 0 : unexpected(text, "after", part, err);
}

/* ---- extern names ---- */

/* The longest run of label characters is a label. */
static int eat_label(struct wp_span *text, struct wp_span *ret, struct wp_err *err)
{
    size_t len = 0;
    while (len < text->len && (is_lower(text->ptr[len]) || is_upper(text->ptr[len]) || is_digit(text->ptr[len]) ||
                               text->ptr[len] == '-')) {
        len++;
    }
    struct wp_span word = wp_span(text->ptr, len);
    *text = after(*text, len);
    return label(word, ret, err);
}

static int eat_lower_label(struct wp_span *text, struct wp_span *ret, struct wp_err *err)
{
    if (eat_label(text, ret, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < ret->len; i++) {
        if (is_upper(ret->ptr[i])) {
            return wp_fail(err, WP_E_MODULE, "character '%c' is not lowercase in package name/namespace", ret->ptr[i]);
        }
    }
    return 0;
}

static int parse_interface(struct wp_span text, struct wrt_name *ret, struct wp_err *err)
{
    ret->kind = WRT_NAME_INTERFACE;
    if (eat_lower_label(&text, &ret->ns, err) < 0) {
        return -1;
    }
    if (!eat(&text, ":")) {
        return wp_fail(err, WP_E_MODULE, "expected ':' at '%.*s'", TEXT(text));
    }
    if (eat_lower_label(&text, &ret->package, err) < 0) {
        return -1;
    }
    if (!eat(&text, "/")) {
        return wp_fail(err, WP_E_MODULE, "expected '/' after package name");
    }
    if (eat_label(&text, &ret->interface, err) < 0) {
        return -1;
    }
    if (eat(&text, "@")) {
        ret->version = text;
        return wrt_semver_check(text, err) < 0 ? wp_wrap(err, "invalid interface version") : 0;
    }
    return text.len == 0 ? 0 : wp_fail(err, WP_E_MODULE, "trailing characters found: '%.*s'", TEXT(text));
}

static int parse_plain(struct wp_span text, struct wrt_name *ret, struct wp_err *err)
{
    if (eat(&text, "[constructor]")) {
        ret->kind = WRT_NAME_CONSTRUCTOR;
        return label(text, &ret->resource, err);
    }
    ret->kind = eat(&text, "[method]") ? WRT_NAME_METHOD : eat(&text, "[static]") ? WRT_NAME_STATIC : WRT_NAME_LABEL;
    if (ret->kind == WRT_NAME_LABEL) {
        return label(text, &ret->label, err);
    }
    struct wp_span resource = until(text, '.');
    if (resource.len == text.len) {
        return wp_fail(err, WP_E_MODULE, "failed to find '.' character");
    }
    return label(resource, &ret->resource, err) < 0 ? -1 : label(after(text, resource.len + 1), &ret->label, err);
}

int wrt_name_parse(struct wp_span text, const char *what, struct wrt_name *ret, struct wp_err *err)
{
    struct wrt_name n = {.text = text};
    bool interface = text.len > 0 && memchr(text.ptr, ':', text.len) != NULL;
    if ((interface ? parse_interface(text, &n, err) : parse_plain(text, &n, err)) < 0) {
        return wp_wrap(err, "%s name '%.*s' is not a valid extern name", what, TEXT(text));
    }
    *ret = n;
    return 0;
}

int wrt_name_implements(const struct wrt_name *n, bool is_instance, struct wp_span implements, struct wp_err *err)
{
    if (n->kind != WRT_NAME_LABEL) {
        return wp_fail(err, WP_E_MODULE, "name '%.*s' is not valid with 'implements'", TEXT(n->text));
    }
    if (!is_instance) {
        return wp_fail(err, WP_E_MODULE, "only instances can have an 'implements'");
    }
    struct wrt_name of = {.text = implements};
    bool interface = implements.len > 0 && memchr(implements.ptr, ':', implements.len) != NULL;
    if ((interface ? parse_interface(implements, &of, err) : parse_plain(implements, &of, err)) < 0) {
        return wp_wrap(err, "'%.*s' is not a valid name", TEXT(implements));
    }
    return interface ? 0 : wp_fail(err, WP_E_MODULE, "name '%.*s' must be an interface", TEXT(implements));
}
