/* SPDX-License-Identifier: Apache-2.0
 *
 * Changed JSON documents (tests/sign/mutate.h). The document is changed in place, written, and changed back. */
#include "tests/sign/mutate.h"

#include "base/mem.h"
#include "base/num.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>

/* A key that no document has; stands for the one it is to repeat. */
#define TWIN "@twin@"

struct mutation {
    json_t *root;
    void (*fn)(void *arg, const char *what, struct wp_span mutant);
    void *arg;
    size_t places, count;
};

/* Where a value hangs: in an object by key, in an array by index. */
struct place {
    json_t *parent;
    const char *key;
    size_t index;
    const char *path;
};

static void tell(struct mutation *m, const char *path, const char *what)
{
    char *text = json_dumps(m->root, JSON_COMPACT);
    WP_AUTO_FREE char *name = wp_xasprintf("%s: %s", path, what);
    m->fn(m->arg, name, wp_span_str(text));
    m->count++;
    free(text);
}

static json_t *put(const struct place *p, json_t *value)
{
    json_t *before = p->key != NULL ? json_object_get(p->parent, p->key) : json_array_get(p->parent, p->index);
    json_incref(before);
    if (p->key != NULL) {
        json_object_set_new(p->parent, p->key, value);
    } else {
        json_array_set_new(p->parent, p->index, value);
    }
    return before;
}

static void with(struct mutation *m, const struct place *p, json_t *value, const char *what)
{
    json_t *before = put(p, value);
    tell(m, p->path, what);
    json_decref(put(p, before));
}

static void with_text(struct mutation *m, const struct place *p, const char *text, size_t len, const char *what)
{
    json_t *value = json_stringn(text, len);
    if (value != NULL) { /* else no UTF-8 */
        with(m, p, value, what);
    }
}

/* ---- strings ---- */

static char neighbour(char c)
{
    if (c >= '0' && c < '9') {
        return (char)(c + 1);
    }
    if (c == '9') {
        return '8';
    }
    return isalpha((unsigned char)c) ? (char)(c ^ 3) : c == '\n' ? ' ' : 'x';
}

/* Of `places` places spread over len the one with number i. */
static size_t place_of(size_t i, size_t len, size_t places)
{
    return len <= places ? i : i * (len - 1) / (places - 1);
}

static void bend_characters(struct mutation *m, const struct place *p, const char *text, size_t len)
{
    WP_AUTO_FREE char *copy = wp_xstrndup(text, len);
    for (size_t i = 0; i < WP_MIN(len, m->places); i++) {
        size_t at = place_of(i, len, m->places);
        copy[at] = neighbour(text[at]);
        with_text(m, p, copy, len, "a character changed");
        copy[at] = text[at];
    }
}

static void bend_bits(struct mutation *m, const struct place *p, const char *text, size_t len)
{
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    if (len < 8 || len % 4 != 0 || !wp_unbase64(&bytes, text, len, false)) {
        return;
    }
    for (size_t i = 0; i < WP_MIN(bytes.len, m->places); i++) {
        size_t at = place_of(i, bytes.len, m->places);
        char bit = (char)(1U << (i % 8));
        WP_AUTO_BUF struct wp_buf changed = WP_BUF_INIT;
        bytes.ptr[at] ^= bit;
        wp_base64(&changed, wp_buf_span(&bytes), false);
        bytes.ptr[at] ^= bit;
        with_text(m, p, changed.ptr, changed.len, "a bit changed");
    }
}

static void bend_string(struct mutation *m, const struct place *p, const char *text, size_t len)
{
    WP_AUTO_FREE char *doubled = wp_xasprintf("%s%s", text, text);
    WP_AUTO_FREE char *longer = wp_xasprintf("%sA", text);
    WP_AUTO_FREE char *line = wp_xasprintf("%s\n", text);
    WP_AUTO_FREE char *before = wp_xasprintf(" %s", text);
    with_text(m, p, "", 0, "empty");
    with_text(m, p, doubled, 2 * len, "twice");
    with_text(m, p, longer, len + 1, "longer");
    with_text(m, p, line, len + 1, "a line break behind");
    with_text(m, p, before, len + 1, "a blank before");
    if (len > 0) {
        with_text(m, p, text, len - 1, "cut");
        with_text(m, p, text + 1, len - 1, "beheaded");
    }
    bend_characters(m, p, text, len);
    bend_bits(m, p, text, len);
}

static void bend_number(struct mutation *m, const struct place *p, const char *text)
{
    uint64_t n = 0;
    if (!wp_parse_u64(text, 0, INT64_MAX, &n)) {
        return;
    }
    const uint64_t others[] = {n + 1, n - 1, 0, n + (UINT64_C(1) << 32), n + (UINT64_C(1) << 62)};
    for (size_t i = 0; i < WP_ARRAY_LEN(others); i++) {
        WP_AUTO_FREE char *other = wp_xasprintf("%llu", (unsigned long long)others[i]);
        with_text(m, p, other, strlen(other), "another number");
    }
    WP_AUTO_FREE char *negative = wp_xasprintf("-%s", text);
    with_text(m, p, negative, strlen(negative), "negative");
    with(m, p, json_integer((json_int_t)n), "as a number");
    with(m, p, json_real((double)n), "as a real number");
}

/* ---- any value ---- */

static void remove_value(struct mutation *m, const struct place *p, json_t *value)
{
    json_incref(value);
    if (p->key != NULL) {
        json_object_del(p->parent, p->key);
        tell(m, p->path, "removed");
        json_object_set_new(p->parent, p->key, value);
    } else {
        json_array_remove(p->parent, p->index);
        tell(m, p->path, "removed");
        json_array_insert_new(p->parent, p->index, value);
    }
}

/* The same key once more, with another value and with its own. */
static void repeat_key(struct mutation *m, const struct place *p, json_t *value)
{
    json_t *second[] = {json_string("x"), json_deep_copy(value)};
    for (size_t i = 0; i < WP_ARRAY_LEN(second); i++) {
        json_object_set_new(p->parent, TWIN, second[i]);
        char *text = json_dumps(m->root, JSON_COMPACT);
        json_object_del(p->parent, TWIN);
        char *twin = strstr(text, TWIN);
        WP_AUTO_FREE char *mutant = wp_xasprintf("%.*s%s%s", (int)(twin - text), text, p->key, twin + strlen(TWIN));
        WP_AUTO_FREE char *what = wp_xasprintf("%s: its key twice", p->path);
        m->fn(m->arg, what, wp_span_str(mutant));
        m->count++;
        free(text);
    }
}

static void swap_elements(struct mutation *m, const char *path, json_t *array)
{
    size_t len = json_array_size(array);
    for (size_t i = 0; i + 1 < len; i++) {
        json_t *first = json_incref(json_array_get(array, i));
        json_array_remove(array, i);
        json_array_insert(array, i + 1, first);
        tell(m, path, "two elements swapped");
        json_array_remove(array, i + 1);
        json_array_insert_new(array, i, first);
    }
    if (len > 0) {
        json_array_append_new(array, json_deep_copy(json_array_get(array, 0)));
        tell(m, path, "its first element twice");
        json_array_remove(array, len);
    }
}

static void bend_value(struct mutation *m, const struct place *p, json_t *value)
{
    remove_value(m, p, value);
    with(m, p, json_null(), "null");
    with(m, p, json_object(), "an empty object");
    with(m, p, json_array(), "an empty array");
    with(m, p, json_true(), "true");
    with(m, p, json_integer(0), "zero");
    if (p->key != NULL) {
        repeat_key(m, p, value);
    }
    if (json_is_string(value)) {
        bend_string(m, p, json_string_value(value), json_string_length(value));
        bend_number(m, p, json_string_value(value));
    }
}

static void walk(struct mutation *m, json_t *at, const char *path);

static void visit(struct mutation *m, const struct place *p, json_t *value)
{
    bend_value(m, p, value);
    walk(m, value, p->path);
}

static void walk(struct mutation *m, json_t *at, const char *path)
{
    if (json_is_object(at)) {
        json_object_set_new(at, "unknown", json_string("x"));
        tell(m, path, "an unknown member");
        json_object_del(at, "unknown");
        WP_AUTO_FREE const char **keys = wp_xcalloc(json_object_size(at) + 1, sizeof(*keys));
        size_t count = 0;
        for (void *it = json_object_iter(at); it != NULL; it = json_object_iter_next(at, it)) {
            keys[count++] = wp_xstrdup(json_object_iter_key(it));
        }
        for (size_t i = 0; i < count; i++) {
            WP_AUTO_FREE char *key = (char *)keys[i];
            WP_AUTO_FREE char *below = wp_xasprintf("%s/%s", path, key);
            visit(m, &(struct place){.parent = at, .key = key, .path = below}, json_object_get(at, key));
        }
    }
    for (size_t i = 0; i < json_array_size(at); i++) {
        WP_AUTO_FREE char *below = wp_xasprintf("%s/%zu", path, i);
        visit(m, &(struct place){.parent = at, .index = i, .path = below}, json_array_get(at, i));
    }
    if (json_is_array(at)) {
        swap_elements(m, path, at);
    }
}

size_t sign_mutate(struct wp_span json, size_t places, void (*fn)(void *arg, const char *what, struct wp_span mutant),
                   void *arg)
{
    struct mutation m = {.fn = fn, .arg = arg, .places = places};
    m.root = json_loadb((const char *)json.ptr, json.len, 0, NULL);
    if (m.root == NULL) {
        return 0;
    }
    walk(&m, m.root, "");
    json_decref(m.root);
    return m.count;
}
