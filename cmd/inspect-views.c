/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack inspect`: views that show one thing alone, a line each, made for scripts and for the eye. */
#include "base/num.h"
#include "base/text.h"
#include "cmd/inspect.h"
#include "cmd/out.h"

enum { BAR = 40, TITLE_MAX = 30, GROUPS_TOLD = 16 };

/* ---- words ---- */

const char *inspect_extern_text(struct cmd_ctx *c, const struct pack_extern *x)
{
    return x->module[0] == '\0' ? x->name : wp_arena_printf(c->arena, "%s.%s", x->module, x->name);
}

const char *inspect_memory_text(struct cmd_ctx *c, const struct pack_memory *m, enum wp_wasm_kind kind)
{
    char min[WP_NUMBER_TEXT];
    char max[WP_NUMBER_TEXT];
    char size[WP_SIZE_TEXT];
    uint64_t bytes = 0;
    const char *words =
        m->max == UINT64_MAX ? "no maximum" : wp_arena_printf(c->arena, "at most %s", wp_number_text(m->max, max));
    const char *in_bytes =
        wp_mul_overflows(m->min, m->page, &bytes) ? "" : wp_arena_printf(c->arena, " (%s)", wp_size_text(bytes, size));
    return wp_arena_printf(
        c->arena, "%s %s%s, %s%s%s%s%s%s", wp_number_text(m->min, min), m->min == 1 ? "page" : "pages", in_bytes, words,
        m->page == 65536 ? "" : wp_arena_printf(c->arena, ", pages of %llu B", (unsigned long long)m->page),
        m->is64 ? ", 64-bit" : "", m->shared ? ", shared" : "", m->imported ? ", imported" : "",
        kind == WP_WASM_COMPONENT ? wp_arena_printf(c->arena, ", in core module %llu", (unsigned long long)m->module)
                                  : "");
}

const char *inspect_function_text(struct cmd_ctx *c, const struct pack_function *f, enum wp_wasm_kind kind)
{
    if (f->name[0] != '\0') {
        return f->name;
    }
    unsigned long long index = f->index;
    return kind == WP_WASM_COMPONENT
               ? wp_arena_printf(c->arena, "core module %llu function %llu", (unsigned long long)f->module, index)
               : wp_arena_printf(c->arena, "function %llu", index);
}

void inspect_bar(struct wp_buf *b, uint64_t part, uint64_t whole, unsigned cells)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    uint64_t total = (uint64_t)cells * 8;
    uint64_t filled = whole == 0 ? 0 : WP_MIN((part * total + whole / 2) / whole, total);
    if (filled == 0 && part > 0) {
        filled = 1; /* there is something */
    }
    for (uint64_t i = 0; i < filled / 8; i++) {
        wp_buf_add_str(b, "█");
    }
    wp_buf_add_str(b, eighths[filled % 8]);
    for (uint64_t i = filled / 8 + (filled % 8 != 0); i < cells; i++) {
        wp_buf_add_char(b, ' ');
    }
}

/* ---- lists ---- */

void inspect_externs(struct cmd_ctx *c, const struct pack_extern *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct pack_extern *x = &list[i];
        const char *type = x->type[0] == '\0' ? x->kind : wp_arena_printf(c->arena, "%s %s", x->kind, x->type);
        out_pair(c->out, inspect_extern_text(c, x), type);
    }
}

void inspect_sections(struct cmd_ctx *c, const struct pack_module *m)
{
    for (size_t i = 0; i < m->section_count; i++) {
        const struct pack_section *s = &m->sections[i];
        out_line(c->out, "0x%08llx  %10llu  %s", (unsigned long long)s->offset, (unsigned long long)s->size, s->title);
    }
}

static double share(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0.0 : 100.0 * (double)part / (double)whole;
}

void inspect_functions(struct cmd_ctx *c, const struct pack_module *m)
{
    for (size_t i = 0; i < m->largest_count; i++) {
        const struct pack_function *f = &m->largest[i];
        out_line(c->out, "%10llu  %5.1f %%  %s", (unsigned long long)f->size, share(f->size, m->size),
                 inspect_function_text(c, f, m->kind));
    }
}

void inspect_producers(struct cmd_ctx *c, const struct pack_module *m)
{
    for (size_t i = 0; i < m->producer_count; i++) {
        const struct pack_producer *p = &m->producers[i];
        out_line(c->out, "%s  %s%s%s", p->field, p->name, p->version[0] == '\0' ? "" : "  ", p->version);
    }
}

void inspect_dependencies(struct cmd_ctx *c, const struct pack_module *m)
{
    for (size_t i = 0; i < m->dependency_count; i++) {
        const struct pack_dependency *d = &m->dependencies[i];
        const char *mark = d->root ? "  (itself)" : d->build ? "  (for building)" : "";
        out_line(c->out, "%s %s%s%s%s", d->name, d->version, d->source[0] == '\0' ? "" : "  ", d->source, mark);
    }
}

void inspect_wit(struct cmd_ctx *c, const struct pack_module *m)
{
    const char *rest = m->wit == NULL ? "" : m->wit;
    while (*rest != '\0') {
        size_t n = strcspn(rest, "\n");
        out_line(c->out, "%.*s", (int)n, rest);
        rest += n;
        rest += *rest == '\n' ? 1 : 0;
    }
}

/* ---- bars ---- */

struct bar_row {
    const char *title; /* escaped, at most TITLE_MAX columns */
    uint64_t size;
    const char *note;
};

/* At most TITLE_MAX columns. */
static const char *bar_title(struct cmd_ctx *c, const char *text)
{
    WP_AUTO_BUF struct wp_buf whole = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf cut = WP_BUF_INIT;
    wp_escape(&whole, wp_span_str(text));
    const uint8_t *p = (const uint8_t *)whole.ptr;
    const uint8_t *end = p + whole.len;
    for (size_t columns = 0; p < end;) {
        const uint8_t *start = p;
        (void)wp_utf8_next(&p, end);
        char one[8] = {0};
        memcpy(one, start, (size_t)(p - start));
        columns += wp_columns(one);
        if (columns >= TITLE_MAX && p < end) {
            wp_buf_add_str(&cut, "…");
            break;
        }
        wp_buf_add_str(&cut, one);
    }
    return wp_arena_str(c->arena, cut.ptr);
}

static void bars(struct cmd_ctx *c, const struct bar_row *rows, size_t n, uint64_t whole)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++) {
        width = WP_MAX(width, wp_columns(rows[i].title));
    }
    for (size_t i = 0; i < n; i++) {
        char size[WP_NUMBER_TEXT];
        WP_AUTO_BUF struct wp_buf line = WP_BUF_INIT;
        wp_buf_add_str(&line, rows[i].title);
        for (size_t k = wp_columns(rows[i].title); k < width; k++) {
            wp_buf_add_char(&line, ' ');
        }
        wp_buf_printf(&line, "  %5.1f %%  ", share(rows[i].size, whole));
        inspect_bar(&line, rows[i].size, whole, BAR);
        wp_buf_printf(&line, "  %13s%s", wp_number_text(rows[i].size, size), rows[i].note);
        out_line(c->out, "%s", line.ptr);
    }
}

static const char *functions_text(struct cmd_ctx *c, uint64_t n)
{
    char number[WP_NUMBER_TEXT];
    return wp_arena_printf(c->arena, "   %s %s", wp_number_text(n, number), n == 1 ? "function" : "functions");
}

/* The code by namespace, where names tell of more than one. */
static void group_bars(struct cmd_ctx *c, const struct pack_module *m)
{
    size_t n = WP_MIN(m->group_count, GROUPS_TOLD);
    struct bar_row *rows = wp_arena_alloc(c->arena, n + 1, sizeof(*rows));
    if (m->group_count < 2) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct pack_group *g = &m->groups[i];
        rows[i] = (struct bar_row){.title = bar_title(c, g->name[0] == '\0' ? "(no name)" : g->name),
                                   .size = g->size,
                                   .note = functions_text(c, g->functions)};
    }
    out_line(c->out, "\ncode by package");
    bars(c, rows, n, m->size);
    if (m->group_count > n) {
        out_line(c->out, "… %zu more (--format json)", m->group_count - n);
    }
}

void inspect_size_bars(struct cmd_ctx *c, const struct pack_module *m)
{
    struct bar_row *rows = wp_arena_alloc(c->arena, m->part_count + 1, sizeof(*rows));
    for (size_t i = 0; i < m->part_count; i++) {
        const struct pack_part *p = &m->parts[i];
        rows[i] = (struct bar_row){
            .title = bar_title(c, p->title),
            .size = p->size,
            .note = p->count == 1 ? "" : wp_arena_printf(c->arena, "   %llu of them", (unsigned long long)p->count)};
    }
    bars(c, rows, m->part_count, m->size);
    group_bars(c, m);
}
