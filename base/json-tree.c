/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole values of a parsed document: their path and text, JSON pointers (RFC 6901), equality, and keys that differ in
 * case only. */

#include "base/json-doc.h"

static void add_pointer_key(struct wp_buf *b, const char *key)
{
    for (; *key != '\0'; key++) {
        if (*key == '~') {
            wp_buf_add_str(b, "~0");
        } else if (*key == '/') {
            wp_buf_add_str(b, "~1");
        } else {
            wp_buf_add_char(b, *key);
        }
    }
}

void wp_json_path(const struct wp_json *at, struct wp_buf *b)
{
    if (at->up == NULL) {
        return;
    }
    wp_json_path(at->up, b);
    wp_buf_add_char(b, '/');
    if (at->key != NULL) {
        add_pointer_key(b, at->key);
    } else {
        wp_buf_printf(b, "%zu", at->index);
    }
}

static void add_real(struct wp_buf *b, double value)
{
    char text[40] = "";
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    bool whole = true;
    for (char *c = text; *c != '\0'; c++) {
        if (*c == ',') { /* the locale's decimal point */
            *c = '.';
        }
        whole = whole && *c != '.' && *c != 'e';
    }
    wp_buf_add_str(b, text);
    if (whole) {
        wp_buf_add_str(b, ".0");
    }
}

static void dump(struct wp_json_out *o, json_t *node)
{
    switch (json_typeof(node)) {
    case JSON_OBJECT:
        wp_jo_object(o);
        for (void *it = json_object_iter(node); it != NULL; it = json_object_iter_next(node, it)) {
            wp_jo_key(o, json_object_iter_key(it));
            dump(o, json_object_iter_value(it));
        }
        wp_jo_object_end(o);
        return;
    case JSON_ARRAY:
        wp_jo_array(o);
        for (size_t i = 0; i < json_array_size(node); i++) {
            dump(o, json_array_get(node, i));
        }
        wp_jo_array_end(o);
        return;
    case JSON_STRING:
        wp_jo_str(o, json_string_value(node));
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        wp_jo_bool(o, json_is_true(node));
        return;
    case JSON_NULL:
        wp_jo_null(o);
        return;
    case JSON_INTEGER:
    case JSON_REAL:
        break;
    }
    WP_AUTO_BUF struct wp_buf number = WP_BUF_INIT;
    if (json_is_integer(node)) {
        wp_buf_printf(&number, "%" JSON_INTEGER_FORMAT, json_integer_value(node));
    } else {
        add_real(&number, json_real_value(node));
    }
    wp_jo_raw(o, wp_buf_span(&number));
}

void wp_json_dump(const struct wp_json *at, struct wp_buf *b)
{
    if (at->node == NULL) {
        return;
    }
    struct wp_json_out o = wp_json_out(b);
    dump(&o, json_node(at));
}

static json_t *pointer_step(json_t *node, const char *token, size_t len)
{
    if (json_is_array(node)) {
        size_t index = 0;
        if (len == 0 || len > 9 || (len > 1 && token[0] == '0')) {
            return NULL;
        }
        for (size_t i = 0; i < len; i++) {
            if (token[i] < '0' || token[i] > '9') {
                return NULL;
            }
            index = index * 10 + (size_t)(token[i] - '0');
        }
        return json_array_get(node, index);
    }
    WP_AUTO_BUF struct wp_buf key = WP_BUF_INIT;
    for (size_t i = 0; i < len; i++) {
        if (token[i] == '~') {
            i++;
            if (i == len || (token[i] != '0' && token[i] != '1')) {
                return NULL;
            }
            wp_buf_add_char(&key, token[i] == '0' ? '~' : '/');
        } else {
            wp_buf_add_char(&key, token[i]);
        }
    }
    return json_object_get(node, key.ptr);
}

struct wp_json wp_json_pointer(const struct wp_json *at, const char *pointer)
{
    json_t *node = json_node(at);
    while (node != NULL && *pointer != '\0') {
        if (*pointer != '/') {
            node = NULL;
            break;
        }
        size_t len = strcspn(pointer + 1, "/");
        node = pointer_step(node, pointer + 1, len);
        pointer += 1 + len;
    }
    return (struct wp_json){.doc = at->doc, .node = node};
}

static int number_cmp(json_t *a, json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b)) {
        json_int_t x = json_integer_value(a);
        json_int_t y = json_integer_value(b);
        return (x > y) - (x < y);
    }
    long double x = json_is_integer(a) ? (long double)json_integer_value(a) : (long double)json_real_value(a);
    long double y = json_is_integer(b) ? (long double)json_integer_value(b) : (long double)json_real_value(b);
    return (x > y) - (x < y);
}

int wp_json_number_cmp(const struct wp_json *a, const struct wp_json *b)
{
    return number_cmp(json_node(a), json_node(b));
}

static bool equal(json_t *a, json_t *b)
{
    if (json_is_number(a) && json_is_number(b)) {
        return number_cmp(a, b) == 0;
    }
    if (json_typeof(a) != json_typeof(b)) {
        return false;
    }
    if (json_is_string(a)) {
        return wp_str_eq(json_string_value(a), json_string_value(b));
    }
    if (json_is_array(a)) {
        size_t len = json_array_size(a);
        for (size_t i = 0; i < len && len == json_array_size(b); i++) {
            if (!equal(json_array_get(a, i), json_array_get(b, i))) {
                return false;
            }
        }
        return len == json_array_size(b);
    }
    if (!json_is_object(a)) {
        return true;
    }
    for (void *it = json_object_iter(a); it != NULL; it = json_object_iter_next(a, it)) {
        json_t *other = json_object_get(b, json_object_iter_key(it));
        if (other == NULL || !equal(json_object_iter_value(it), other)) {
            return false;
        }
    }
    return json_object_size(a) == json_object_size(b);
}

bool wp_json_equal(const struct wp_json *a, const struct wp_json *b)
{
    if (a->node == NULL || b->node == NULL) {
        return a->node == b->node;
    }
    return equal(json_node(a), json_node(b));
}

/* Readers that ignore case fold Unicode too: U+017F is an s to them and U+212A a k. */
static char folded(const char **p)
{
    const char *c = *p;
    if ((uint8_t)c[0] == 0xc5 && (uint8_t)c[1] == 0xbf) {
        *p += 2;
        return 's';
    }
    if ((uint8_t)c[0] == 0xe2 && (uint8_t)c[1] == 0x84 && (uint8_t)c[2] == 0xaa) {
        *p += 3;
        return 'k';
    }
    *p += 1;
    bool upper = *c >= 'A' && *c <= 'Z';
    return (char)((uint8_t)*c | (upper ? 0x20U : 0U));
}

static bool same_but_case(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (folded(&a) != folded(&b)) {
            return false;
        }
    }
    return *a == *b;
}

static int check_twin(void *arg, const struct wp_json *member, struct wp_err *err)
{
    const char *const *known = arg;
    for (; *known != NULL; known++) {
        if (!wp_str_eq(member->key, *known) && same_but_case(member->key, *known)) {
            return wp_json_fail_key(member, err, "differs from the key '%s' in case only, readers would disagree",
                                    *known);
        }
    }
    return 0;
}

int wp_json_no_case_twins(const struct wp_json *at, const char *const *known, struct wp_err *err)
{
    if (wp_json_kind(at) != WP_JSON_OBJECT) {
        return 0;
    }
    return wp_json_each(at, check_twin, (void *)known, err);
}
