/* SPDX-License-Identifier: Apache-2.0
 *
 * What changed within interfaces: the WIT of both sides, as wrt_wit_print writes it (a statement a line, a brace at the
 * end of what it opens), as a list of members. Interfaces that only one side has are told by imports and exports. */
#include "pack/diff-parts.h"

#include <stdlib.h>

enum { DEPTH = 8 };

struct reader {
    struct wp_arena *a;
    struct diff_list *out; /* NULL: only counted */
    size_t count;
    const char *heads[DEPTH]; /* of the blocks that are open */
    size_t depth;
};

static struct wp_span trimmed(struct wp_span s)
{
    while (s.len > 0 && s.ptr[0] == ' ') {
        s = wp_span(s.ptr + 1, s.len - 1);
    }
    while (s.len > 0 && strchr(" ;,", s.ptr[s.len - 1]) != NULL) {
        s.len--;
    }
    return s;
}

static bool starts(struct wp_span s, const char *prefix)
{
    return s.len >= strlen(prefix) && memcmp(s.ptr, prefix, strlen(prefix)) == 0;
}

static size_t find(struct wp_span s, const char *what)
{
    const uint8_t *at = s.len == 0 ? NULL : memmem(s.ptr, s.len, what, strlen(what));
    return at == NULL ? s.len : (size_t)(at - s.ptr);
}

/* "wasi:io" of "package wasi:io@0.2.9", "poll" of "interface poll", "x" of "export x: interface". */
static const char *head_of(struct wp_span line, struct wp_arena *a)
{
    static const char *const words[] = {"package ", "interface ", "export ", "import ", "world "};
    for (size_t i = 0; i < WP_ARRAY_LEN(words); i++) {
        if (starts(line, words[i])) {
            line = wp_span(line.ptr + strlen(words[i]), line.len - strlen(words[i]));
            line.len = WP_MIN(find(line, "@"), find(line, ": interface"));
            break;
        }
    }
    return wp_arena_strn(a, (const char *)line.ptr, line.len);
}

/* "wasi:io/poll" or "exports": what the two sides must both have. */
static const char *scope_of(const struct reader *r)
{
    if (r->depth < 2) {
        return "";
    }
    bool package = strchr(r->heads[0], ':') != NULL;
    return package ? wp_arena_printf(r->a, "%s/%s", r->heads[0], r->heads[1]) : r->heads[1];
}

static void member(struct reader *r, struct wp_span line)
{
    /* Versions and names of other interfaces: told elsewhere. */
    if (starts(line, "use ") || starts(line, "package ") || starts(line, "//") || starts(line, "@") || r->depth < 2) {
        return;
    }
    size_t index = r->count++;
    if (r->out == NULL) {
        return;
    }
    size_t end = WP_MIN(find(line, ": "), find(line, " = "));
    const char *name = wp_arena_printf(r->a, "%s ", scope_of(r));
    for (size_t i = 2; i < r->depth && i < DEPTH; i++) {
        name = wp_arena_printf(r->a, "%s%s ", name, r->heads[i]);
    }
    name = wp_arena_printf(r->a, "%s%.*s", name, (int)end, (const char *)line.ptr);
    size_t words = WP_MIN(line.len, end + (end < line.len && line.ptr[end] == ':' ? 2 : 1));
    r->out->items[index] = (struct diff_item){
        .key = name,
        .name = name,
        .words = wp_arena_strn(r->a, (const char *)line.ptr + words, line.len - words),
        .scope = scope_of(r),
    };
    r->out->count = r->count;
}

static void line(struct reader *r, struct wp_span text)
{
    text = trimmed(text);
    if (text.len == 0) {
        return;
    }
    if (text.ptr[0] == '}') {
        r->depth -= r->depth > 0;
        return;
    }
    if (text.ptr[text.len - 1] != '{') {
        member(r, text);
        return;
    }
    text.len--;
    text = trimmed(text);
    if (r->depth < DEPTH) {
        r->heads[r->depth] = head_of(text, r->a);
    }
    r->depth++;
}

static size_t read_all(const char *wit, struct wp_arena *a, struct diff_list *out)
{
    struct reader r = {.a = a, .out = out};
    while (*wit != '\0') {
        size_t n = strcspn(wit, "\n");
        line(&r, wp_span(wit, n));
        wit += n;
        wit += *wit == '\n' ? 1 : 0;
    }
    return r.count;
}

static struct diff_list members(const struct pack_module *m, struct wp_arena *a)
{
    struct diff_list l = {.count = 0};
    const char *wit = m->wit == NULL ? "" : m->wit;
    size_t n = read_all(wit, a, NULL);
    l.items = wp_arena_alloc(a, n, sizeof(*l.items));
    (void)read_all(wit, a, &l);
    return l;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **scopes(const struct diff_list *l, struct wp_arena *a)
{
    const char **list = wp_arena_alloc(a, l->count + 1, sizeof(*list));
    for (size_t i = 0; i < l->count; i++) {
        list[i] = l->items[i].scope;
    }
    if (l->count > 1) {
        qsort(list, l->count, sizeof(*list), by_text);
    }
    return list;
}

static void keep_common(struct diff_list *l, const char **other, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (n > 0 && bsearch(&l->items[i].scope, other, n, sizeof(*other), by_text) != NULL) {
            l->items[kept++] = l->items[i];
        }
    }
    l->count = kept;
}

struct pack_changes diff_interfaces(const struct pack_module *a, const struct pack_module *b, struct wp_arena *arena)
{
    struct diff_list x = members(a, arena);
    struct diff_list y = members(b, arena);
    const char **of_x = scopes(&x, arena);
    const char **of_y = scopes(&y, arena);
    size_t nx = x.count;
    size_t ny = y.count;
    keep_common(&x, of_y, ny);
    keep_common(&y, of_x, nx);
    return diff_lists(&x, &y, arena);
}
