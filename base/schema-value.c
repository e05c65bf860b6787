/* SPDX-License-Identifier: Apache-2.0
 *
 * Single values against a schema: type, enum, const, numbers and strings, and the messages about them. */

#include "base/mem.h"
#include "base/schema-doc.h"
#include "base/text.h"

#include <stdarg.h>

#define VALUES_SHOWN 8

enum wp_json_kind schema_instance_kind(struct schema_instance in)
{
    return in.is_name ? WP_JSON_STRING : wp_json_kind(in.at);
}

/* The text of a string instance. */
static const char *text_of(struct schema_instance in)
{
    const char *text = "";
    struct wp_err ignored;
    if (in.is_name) {
        return in.at->key;
    }
    return wp_json_kind(in.at) == WP_JSON_STRING && wp_json_str(in.at, &text, &ignored) == 0 ? text : "";
}

const char *schema_text(const struct wp_json *at)
{
    return text_of((struct schema_instance){.at = at});
}

enum outcome schema_violate(const struct schema_checker *c, struct schema_instance in, struct wp_err *err,
                            const char *fmt, ...)
{
    if (c->quiet > 0) {
        return VIOLATION;
    }
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    va_list args;
    va_start(args, fmt);
    wp_buf_vprintf(&text, fmt, args);
    va_end(args);
    if (in.is_name) {
        (void)wp_json_fail_key(in.at, err, "the key %s", text.ptr);
    } else {
        (void)wp_json_fail(in.at, err, "%s", text.ptr);
    }
    return VIOLATION;
}

static bool is_kind(enum wp_json_kind is, const char *type)
{
    enum wp_json_kind wanted = schema_kind(type);
    return is == wanted || (is == WP_JSON_INT && wanted == WP_JSON_REAL);
}

/* A value for people: strings in quotes, everything else as JSON, long ones cut. */
static void add_value(struct wp_buf *b, const struct wp_json *at)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    if (wp_json_kind(at) == WP_JSON_STRING) {
        wp_buf_printf(&text, "'%s'", schema_text(at));
    } else {
        wp_json_dump(at, &text);
    }
    if (text.len > 100) {
        wp_buf_add(b, text.ptr, 100);
        wp_buf_add_str(b, "...");
    } else {
        wp_buf_add_str(b, text.ptr);
    }
}

static void add_instance(struct wp_buf *b, struct schema_instance in)
{
    if (in.is_name) {
        wp_buf_printf(b, "'%.100s'", in.at->key);
    } else {
        add_value(b, in.at);
    }
}

static bool equals(struct schema_instance in, const struct wp_json *value)
{
    if (in.is_name) {
        return wp_json_kind(value) == WP_JSON_STRING && wp_str_eq(in.at->key, schema_text(value));
    }
    return wp_json_equal(in.at, value);
}

static const char *type_phrase(const char *type)
{
    return wp_str_eq(type, "number") ? "a number" : wp_json_kind_name(schema_kind(type));
}

bool schema_type_accepts(const struct wp_json *type, enum wp_json_kind kind)
{
    if (wp_json_kind(type) != WP_JSON_ARRAY) {
        return wp_json_kind(type) == WP_JSON_ABSENT || is_kind(kind, schema_text(type));
    }
    for (size_t i = 0; i < wp_json_len(type); i++) {
        struct wp_json name = wp_json_at(type, i);
        if (is_kind(kind, schema_text(&name))) {
            return true;
        }
    }
    return false;
}

void schema_add_type(struct wp_buf *b, const struct wp_json *type)
{
    size_t len = wp_json_kind(type) == WP_JSON_ARRAY ? wp_json_len(type) : 1;
    for (size_t i = 0; i < len; i++) {
        struct wp_json name = wp_json_kind(type) == WP_JSON_ARRAY ? wp_json_at(type, i) : *type;
        wp_buf_printf(b, "%s%s", b->len > 0 ? " or " : "", type_phrase(schema_text(&name)));
    }
}

enum outcome schema_check_type(const struct schema_checker *c, const struct wp_json *schema, struct schema_instance in,
                               struct wp_err *err)
{
    struct wp_json type = wp_json_get(schema, "type");
    if (schema_type_accepts(&type, schema_instance_kind(in))) {
        return VALID;
    }
    WP_AUTO_BUF struct wp_buf wanted = WP_BUF_INIT;
    schema_add_type(&wanted, &type);
    return schema_violate(c, in, err, "must be %s, not %s", wanted.ptr, wp_json_kind_name(schema_instance_kind(in)));
}

static enum outcome fail_enum(const struct schema_checker *c, const struct wp_json *values, struct schema_instance in,
                              struct wp_err *err)
{
    if (c->quiet > 0) {
        return VIOLATION;
    }
    size_t len = wp_json_len(values);
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_FREE const char **words = wp_xcalloc(len + 1, sizeof(*words));
    size_t word_count = 0;
    for (size_t i = 0; i < len; i++) {
        struct wp_json value = wp_json_at(values, i);
        if (wp_json_kind(&value) == WP_JSON_STRING) {
            words[word_count++] = schema_text(&value);
        }
        if (i < VALUES_SHOWN) {
            wp_buf_add_str(&text, i == 0 ? "must be " : i + 1 == len ? " or " : ", ");
            add_value(&text, &value);
        }
    }
    wp_buf_add_str(&text, len > VALUES_SHOWN ? ", ..., not " : ", not ");
    add_instance(&text, in);
    const char *near = schema_instance_kind(in) == WP_JSON_STRING ? wp_nearest(text_of(in), words) : NULL;
    if (near != NULL) {
        return schema_violate(c, in, err, "%s; did you mean '%s'?", text.ptr, near);
    }
    return schema_violate(c, in, err, "%s", text.ptr);
}

enum outcome schema_check_values(const struct schema_checker *c, const struct wp_json *schema,
                                 struct schema_instance in, struct wp_err *err)
{
    struct wp_json constant = wp_json_get(schema, "const");
    struct wp_json values = wp_json_get(schema, "enum");
    if (wp_json_kind(&constant) != WP_JSON_ABSENT && !equals(in, &constant)) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        wp_buf_add_str(&text, "must be ");
        add_value(&text, &constant);
        wp_buf_add_str(&text, ", not ");
        add_instance(&text, in);
        return schema_violate(c, in, err, "%s", text.ptr);
    }
    if (wp_json_kind(&values) == WP_JSON_ABSENT) {
        return VALID;
    }
    for (size_t i = 0; i < wp_json_len(&values); i++) {
        struct wp_json value = wp_json_at(&values, i);
        if (equals(in, &value)) {
            return VALID;
        }
    }
    return fail_enum(c, &values, in, err);
}

bool schema_get_count(const struct wp_json *schema, const char *keyword, uint64_t *ret)
{
    struct wp_json at = wp_json_get(schema, keyword);
    struct wp_err ignored;
    return wp_json_kind(&at) == WP_JSON_INT && wp_json_u64(&at, ret, &ignored) == 0;
}

enum outcome schema_check_number(const struct schema_checker *c, const struct wp_json *schema,
                                 struct schema_instance in, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_json minimum = wp_json_get(schema, "minimum");
    struct wp_json maximum = wp_json_get(schema, "maximum");
    const struct wp_json *bound = NULL;
    if (wp_json_kind(&minimum) != WP_JSON_ABSENT && wp_json_number_cmp(in.at, &minimum) < 0) {
        bound = &minimum;
        wp_buf_add_str(&text, "must be at least ");
    } else if (wp_json_kind(&maximum) != WP_JSON_ABSENT && wp_json_number_cmp(in.at, &maximum) > 0) {
        bound = &maximum;
        wp_buf_add_str(&text, "must be at most ");
    }
    if (bound == NULL) {
        return VALID;
    }
    add_value(&text, bound);
    wp_buf_add_str(&text, ", not ");
    add_value(&text, in.at);
    return schema_violate(c, in, err, "%s", text.ptr);
}

enum outcome schema_check_string(const struct schema_checker *c, const struct wp_json *schema,
                                 struct schema_instance in, struct wp_err *err)
{
    const char *text = text_of(in);
    uint64_t bound = 0;
    uint64_t length = 0;
    for (const char *p = text; *p != '\0'; p++) {
        length += ((uint8_t)*p & 0xc0U) != 0x80U;
    }
    if (schema_get_count(schema, "minLength", &bound) && length < bound) {
        if (bound == 1) {
            return schema_violate(c, in, err, "must not be empty");
        }
        return schema_violate(c, in, err, "must have at least %llu characters, not %llu", (unsigned long long)bound,
                              (unsigned long long)length);
    }
    if (schema_get_count(schema, "maxLength", &bound) && length > bound) {
        return schema_violate(c, in, err, "must have at most %llu characters, not %llu", (unsigned long long)bound,
                              (unsigned long long)length);
    }
    struct wp_json pattern = wp_json_get(schema, "pattern");
    if (wp_json_kind(&pattern) != WP_JSON_ABSENT &&
        !schema_pattern_matches(&c->patterns, schema_text(&pattern), text)) {
        return schema_violate(c, in, err, "'%.100s' does not match the pattern %s", text, schema_text(&pattern));
    }
    return VALID;
}
