/* SPDX-License-Identifier: Apache-2.0
 *
 * Types as the text format writes them (core 3.0 section 6.4). */
#include "runtime-min/type.h"

#include <stdio.h>

static const char *name_of(uint32_t code)
{
    switch (code) {
    case WRT_I32:
        return "i32";
    case WRT_I64:
        return "i64";
    case WRT_F32:
        return "f32";
    case WRT_F64:
        return "f64";
    case WRT_V128:
        return "v128";
    case WRT_I8:
        return "i8";
    case WRT_I16:
        return "i16";
    case WRT_BOTTOM:
        return "unknown";
    default:
        return "?";
    }
}

struct heap_name {
    uint32_t code;
    const char *name, *null_ref;
};

static const struct heap_name heap_names[] = {
    {WRT_HEAP_FUNC, "func", "funcref"},      {WRT_HEAP_EXTERN, "extern", "externref"},
    {WRT_HEAP_ANY, "any", "anyref"},         {WRT_HEAP_EQ, "eq", "eqref"},
    {WRT_HEAP_I31, "i31", "i31ref"},         {WRT_HEAP_STRUCT, "struct", "structref"},
    {WRT_HEAP_ARRAY, "array", "arrayref"},   {WRT_HEAP_EXN, "exn", "exnref"},
    {WRT_HEAP_NONE, "none", "nullref"},      {WRT_HEAP_NOFUNC, "nofunc", "nullfuncref"},
    {WRT_HEAP_NOEXN, "noexn", "nullexnref"}, {WRT_HEAP_NOEXTERN, "noextern", "nullexternref"},
};

static size_t put(char *out, size_t room, const char *fmt, const char *word)
{
    int n = snprintf(out, room, fmt, word);
    return n < 0 ? 0 : (size_t)n;
}

size_t wrt_type_text(uint32_t type, char *out, size_t room)
{
    if (!wrt_is_ref(type)) {
        return put(out, room, "%s", name_of(type));
    }
    bool null = (type & WRT_NULL) != 0;
    if (wrt_is_concrete(type)) {
        int n = snprintf(out, room, null ? "(ref null %u)" : "(ref %u)", wrt_type_id(type));
        return n < 0 ? 0 : (size_t)n;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(heap_names); i++) {
        if (heap_names[i].code == (type & WRT_HEAP)) {
            return null ? put(out, room, "%s", heap_names[i].null_ref) : put(out, room, "(ref %s)", heap_names[i].name);
        }
    }
    return put(out, room, "%s", "?");
}

/* Text that goes on where the last piece ended, also past the end of its room. */
struct text {
    char *out;
    size_t room, len;
};

static void add(struct text *t, const char *fmt, const char *word)
{
    bool fits = t->len < t->room;
    t->len += put(fits ? t->out + t->len : NULL, fits ? t->room - t->len : 0, fmt, word);
}

static void add_type(struct text *t, const char *fmt, uint32_t type)
{
    char word[40];
    wrt_type_text(type, word, sizeof(word));
    add(t, fmt, word);
}

/* What does not fit need not be counted. */
static bool full(const struct text *t)
{
    return t->room > 0 && t->len >= t->room;
}

static void add_list(struct text *t, const char *head, const uint32_t *types, uint32_t n)
{
    if (n == 0) {
        return;
    }
    add(t, t->len > 0 ? " (%s" : "(%s", head);
    for (uint32_t i = 0; i < n && !full(t); i++) {
        add_type(t, " %s", types[i]);
    }
    add(t, "%s", ")");
}

static void add_field(struct text *t, struct wrt_field field)
{
    add_type(t, field.mut ? "(mut %s)" : "%s", field.type);
}

size_t wrt_deftype_text(const struct wrt_types *t, uint32_t id, char *out, size_t room)
{
    const struct wrt_deftype *d = wrt_deftype(t, id);
    struct text text = {.out = out, .room = room};
    if (room > 0) {
        out[0] = '\0';
    }
    if (d->kind == WRT_COMP_FUNC) {
        add_list(&text, "param", d->as.func.params, d->as.func.param_count);
        add_list(&text, "result", d->as.func.results, d->as.func.result_count);
        return text.len;
    }
    add(&text, "(%s", d->kind == WRT_COMP_STRUCT ? "struct" : "array");
    for (uint32_t i = 0; i < d->as.data.field_count && !full(&text); i++) {
        add(&text, "%s", d->kind == WRT_COMP_STRUCT ? " (field " : " ");
        add_field(&text, d->as.data.fields[i]);
        add(&text, "%s", d->kind == WRT_COMP_STRUCT ? ")" : "");
    }
    add(&text, "%s", ")");
    return text.len;
}
