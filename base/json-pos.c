/* SPDX-License-Identifier: Apache-2.0
 *
 * From a place in a parsed document back to line:column: the text is scanned again, member by member, beside the parsed
 * tree (which holds members in document order and has no duplicates, so keys need no decoding). Also the depth check
 * that runs before the recursive parser does. */

#include "base/json-doc.h"
#include "base/mem.h"

#include <stdlib.h>

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_punctuation(uint8_t c)
{
    return c == '{' || c == '}' || c == '[' || c == ']' || c == ':' || c == ',';
}

static size_t string_end(struct wp_span text, size_t start)
{
    for (size_t i = start + 1; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            return i + 1;
        }
        if (text.ptr[i] == '\\') {
            i++;
        }
    }
    return text.len;
}

bool json_token_next(struct wp_span text, size_t *offset, struct json_token *ret)
{
    size_t i = *offset;
    while (i < text.len && is_blank(text.ptr[i])) {
        i++;
    }
    if (i >= text.len) {
        *offset = text.len;
        return false;
    }
    uint8_t first = text.ptr[i];
    size_t end = i + 1;
    if (first == '"') {
        end = string_end(text, i);
    } else if (!is_punctuation(first)) {
        while (end < text.len && !is_blank(text.ptr[end]) && !is_punctuation(text.ptr[end]) && text.ptr[end] != '"') {
            end++;
        }
    }
    *ret = (struct json_token){.start = i, .end = end, .kind = (char)first};
    *offset = end;
    return true;
}

size_t json_token_before(struct wp_span text, size_t offset)
{
    size_t at = 0;
    size_t start = 0;
    struct json_token token;
    while (json_token_next(text, &at, &token) && token.start < offset) {
        start = token.start;
    }
    return start;
}

bool json_depth_ok(struct wp_span text, uint64_t limit, size_t *ret_offset)
{
    uint64_t depth = 0;
    size_t at = 0;
    struct json_token token;
    while (json_token_next(text, &at, &token)) {
        if (token.kind == '{' || token.kind == '[') {
            if (++depth > limit) {
                *ret_offset = token.start;
                return false;
            }
        } else if ((token.kind == '}' || token.kind == ']') && depth > 0) {
            depth--;
        }
    }
    return true;
}

struct json_place json_place_of(struct wp_span text, size_t offset)
{
    struct json_place place = {.line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if ((text.ptr[i] & 0xc0U) != 0x80U) {
            place.column++;
        }
    }
    return place;
}

static void skip_value(struct wp_span text, size_t *offset)
{
    size_t depth = 0;
    struct json_token token;
    while (json_token_next(text, offset, &token)) {
        if (token.kind == '{' || token.kind == '[') {
            depth++;
        } else if (token.kind == '}' || token.kind == ']') {
            depth--;
        }
        if (depth == 0) {
            return;
        }
    }
}

static size_t ordinal_of(const struct wp_json *at)
{
    if (at->key == NULL) {
        return at->index;
    }
    json_t *object = json_node(at->up);
    size_t i = 0;
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        if (wp_str_eq(json_object_iter_key(it), at->key)) {
            break;
        }
        i++;
    }
    return i;
}

static size_t find_offset(const struct wp_json *at, struct wp_span text, bool of_key)
{
    size_t offset = 0;
    struct json_token token = {0};
    if (at->up == NULL) {
        (void)json_token_next(text, &offset, &token);
        return token.start;
    }
    size_t parent = find_offset(at->up, text, false);
    if (at->node == NULL) {
        return parent;
    }
    offset = parent + 1;
    for (size_t i = ordinal_of(at); i > 0; i--) {
        if (at->key != NULL) {
            (void)json_token_next(text, &offset, &token);
            (void)json_token_next(text, &offset, &token);
        }
        skip_value(text, &offset);
        (void)json_token_next(text, &offset, &token);
    }
    (void)json_token_next(text, &offset, &token);
    if (at->key != NULL && !of_key) {
        (void)json_token_next(text, &offset, &token);
        (void)json_token_next(text, &offset, &token);
    }
    return token.start;
}

bool json_place_find(const struct wp_json *at, bool of_key, struct json_place *ret)
{
    const struct wp_json_doc *doc = at->doc;
    const struct wp_json *top = at;
    while (top->up != NULL) {
        top = top->up;
    }
    if (doc->text == NULL || top->node != doc->root) {
        return false;
    }
    struct wp_span text = wp_span(doc->text, doc->text_len);
    *ret = json_place_of(text, find_offset(at, text, of_key));
    return true;
}

/* ---- all of them ---- */

struct value_place {
    const json_t *node;
    struct json_place place;
};

struct wp_json_places {
    const struct wp_json_doc *doc;
    struct value_place *list; /* by node */
    size_t count, cap;
    struct wp_span rest;     /* the text from where the last one stands */
    struct json_place place; /* of that */
};

static void add_place(struct wp_json_places *p, const json_t *node, const struct json_token *token)
{
    const uint8_t *at = (const uint8_t *)p->doc->text + token->start;
    size_t gap = (size_t)(at - p->rest.ptr);
    struct json_place step = json_place_of(p->rest, gap);
    p->place.column = step.line == 1 ? p->place.column + step.column - 1 : step.column;
    p->place.line += step.line - 1;
    p->rest = wp_span(at, p->rest.len - gap);
    if (p->count == p->cap) {
        p->cap = 2 * p->cap + 64;
        p->list = wp_xrealloc(p->list, p->cap, sizeof(*p->list));
    }
    p->list[p->count++] = (struct value_place){.node = node, .place = p->place};
}

/* The tree and the text side by side. As deep as the parser lets documents be. */
static void walk(struct wp_json_places *p, json_t *node, size_t *offset)
{
    struct wp_span text = wp_span(p->doc->text, p->doc->text_len);
    struct json_token token = {0};
    (void)json_token_next(text, offset, &token);
    if (json_typeof(node) <= JSON_REAL) { /* true, false and null are one node each, wherever they stand */
        add_place(p, node, &token);
    }
    size_t count = json_typeof(node) == JSON_ARRAY    ? json_array_size(node)
                   : json_typeof(node) == JSON_OBJECT ? json_object_size(node)
                                                      : 0;
    void *member = json_typeof(node) == JSON_OBJECT ? json_object_iter(node) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (member != NULL) {
            (void)json_token_next(text, offset, &token); /* the key and ':' */
            (void)json_token_next(text, offset, &token);
        }
        walk(p, member != NULL ? json_object_iter_value(member) : json_array_get(node, i), offset);
        (void)json_token_next(text, offset, &token); /* ',' or the end */
        member = member != NULL ? json_object_iter_next(node, member) : NULL;
    }
    if (count == 0 && (json_typeof(node) == JSON_ARRAY || json_typeof(node) == JSON_OBJECT)) {
        (void)json_token_next(text, offset, &token);
    }
}

static int by_node(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct value_place *)a)->node;
    uintptr_t y = (uintptr_t)((const struct value_place *)b)->node;
    return x < y ? -1 : x > y;
}

WP_OWN struct wp_json_places *wp_json_places_new(const struct wp_json_doc *doc)
{
    struct wp_json_places *p = wp_xcalloc(1, sizeof(*p));
    size_t offset = 0;
    p->doc = doc;
    p->rest = wp_span(doc->text, doc->text_len);
    p->place = (struct json_place){.line = 1, .column = 1};
    walk(p, doc->root, &offset);
    if (p->count > 1) {
        qsort(p->list, p->count, sizeof(*p->list), by_node);
    }
    return p;
}

void wp_json_places_free(WP_OWN struct wp_json_places *p)
{
    if (p != NULL) {
        free(p->list);
        free(p);
    }
}

void wp_json_places_tell(const struct wp_json_places *p, const struct wp_json *at, struct wp_buf *b)
{
    const struct value_place *found = NULL;
    for (; at != NULL && found == NULL; at = at->up) {
        struct value_place wanted = {.node = json_node(at)};
        found = p->count == 0 ? NULL : bsearch(&wanted, p->list, p->count, sizeof(wanted), by_node);
    }
    wp_buf_add_str(b, p->doc->name);
    if (found != NULL) {
        wp_buf_printf(b, ":%zu:%zu", found->place.line, found->place.column);
    }
}
