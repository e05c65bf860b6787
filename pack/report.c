/* SPDX-License-Identifier: Apache-2.0
 *
 * The page: who it is, what it can reach, where its bytes are, and the lists behind that. What is foreign goes through
 * report_text, without exception. */
#include "base/text.h"
#include "pack/facts-capability.h"
#include "pack/report-parts.h"

enum { ROWS = 1000, FUNCTION_ROWS = 100, GROUP_ROWS = 40 };

void report_text(struct wp_buf *b, const char *text)
{
    WP_AUTO_BUF struct wp_buf plain = WP_BUF_INIT;
    wp_escape(&plain, wp_span_str(text));
    wp_escape_xml(b, plain.ptr);
}

/* Several lines, each escaped. */
static void lines(struct wp_buf *b, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        WP_AUTO_BUF struct wp_buf plain = WP_BUF_INIT;
        wp_escape(&plain, wp_span(text, n));
        wp_escape_xml(b, plain.ptr);
        wp_buf_add_char(b, '\n');
        text += n;
        text += *text == '\n' ? 1 : 0;
    }
}

static double share(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0.0 : WP_MIN(100.0 * (double)part / (double)whole, 100.0);
}

static void number(struct wp_buf *b, uint64_t n)
{
    char text[WP_NUMBER_TEXT];
    wp_buf_add_str(b, wp_number_text(n, text));
}

/* ---- head ---- */

static void head(struct wp_buf *b, const struct pack_report *r)
{
    wp_buf_add_str(
        b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
           "base-uri 'none'; form-action 'none'\">\n"
           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
           "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    report_text(b, r->title);
    wp_buf_add_str(b, "</title>\n<style>\n");
    wp_buf_add_str(b, report_style);
    wp_buf_add_str(b, "</style></head>\n<body><main>\n<header><h1>");
    report_text(b, r->title);
    wp_buf_add_str(b, "</h1>\n<p class=\"soft\">");
    const struct pack_module *m = r->module;
    char size[WP_SIZE_TEXT];
    wp_buf_printf(b, "%s · %s · ", m->kind == WP_WASM_COMPONENT ? "component" : "core module",
                  wp_size_text(m->size, size));
    report_text(b, m->world);
    wp_buf_add_str(b, "</p>\n");
    if (m->description != NULL) {
        wp_buf_add_str(b, "<p>");
        report_text(b, m->description);
        wp_buf_add_str(b, "</p>\n");
    }
    if (r->reference != NULL) {
        wp_buf_add_str(b, "<p><code>");
        report_text(b, r->reference);
        wp_buf_add_str(b, "</code></p>\n");
    }
}

static const struct pack_capability *capability(const struct pack_module *m, const char *name)
{
    for (size_t i = 0; i < m->capability_count; i++) {
        if (wp_str_eq(m->capabilities[i].name, name)) {
            return &m->capabilities[i];
        }
    }
    return NULL;
}

static void chip(struct wp_buf *b, const char *class, const char *hint, const char *label)
{
    wp_buf_printf(b, "<li class=\"%s\" title=\"", class);
    report_text(b, hint);
    wp_buf_add_str(b, "\">");
    report_text(b, label);
    wp_buf_add_str(b, "</li>");
}

/* What it can reach is filled, what it cannot is struck through. */
static void chips(struct wp_buf *b, const struct pack_module *m)
{
    static const enum pack_reach always[] = {PACK_NETWORK,     PACK_HTTP,  PACK_FILESYSTEM, PACK_PROCESSES,
                                             PACK_ENVIRONMENT, PACK_STDIO, PACK_CLOCKS,     PACK_RANDOM};
    wp_buf_add_str(b, "<ul class=\"chips\" aria-label=\"Capabilities\">");
    for (enum pack_reach reach = PACK_NETWORK; reach < PACK_HOST; reach++) {
        const char *name = pack_reach_name(reach);
        bool shown = capability(m, name) != NULL;
        for (size_t i = 0; i < WP_ARRAY_LEN(always) && !shown; i++) {
            if (always[i] == reach) {
                chip(b, "off", "not among its imports", name);
            }
        }
        if (shown) {
            chip(b, "on", pack_reach_meaning(reach), name);
        }
    }
    size_t hosts = 0;
    for (size_t i = 0; i < m->capability_count; i++) {
        const struct pack_capability *x = &m->capabilities[i];
        if (pack_reach_find(x->name) == PACK_HOST && hosts++ < GROUP_ROWS) {
            const char *words = pack_host_words(x->via);
            chip(b, "host", words[0] == '\0' ? pack_reach_meaning(PACK_HOST) : words, x->via);
        }
    }
    wp_buf_add_str(b, "</ul></header>\n");
}

/* ---- facts ---- */

static void fact(struct wp_buf *b, const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0') {
        return;
    }
    wp_buf_printf(b, "<dt>%s</dt><dd>", label);
    report_text(b, text);
    wp_buf_add_str(b, "</dd>\n");
}

static void facts(struct wp_buf *b, const struct pack_module *m, struct wp_arena *a)
{
    char n[WP_NUMBER_TEXT];
    char code[WP_SIZE_TEXT];
    char data[WP_SIZE_TEXT];
    const char *features = "";
    for (size_t i = 0; i < m->feature_count; i++) {
        features = wp_arena_printf(a, "%s%s%s", features, i == 0 ? "" : ", ", m->features[i]);
    }
    wp_buf_add_str(b, "<h2>Facts</h2><div class=\"card\"><dl>\n");
    fact(b, "Name", m->name);
    fact(b, "Version", m->version);
    fact(b, "Authors", m->authors);
    fact(b, "Licences", m->licenses);
    fact(b, "Source", m->source);
    fact(b, "Homepage", m->homepage);
    fact(b, "Revision", m->revision);
    fact(b, "Language",
         m->language == NULL || !m->guessed ? m->language : wp_arena_printf(a, "%s (a guess)", m->language));
    fact(b, "Toolchain", m->toolchain);
    fact(b, "Size", wp_arena_printf(a, "%s bytes", wp_number_text(m->size, n)));
    fact(b, "Code",
         wp_arena_printf(a, "%s in %llu functions", wp_size_text(m->code_bytes, code),
                         (unsigned long long)m->functions));
    fact(b, "Data",
         wp_arena_printf(a, "%s in %llu segments", wp_size_text(m->data_bytes, data),
                         (unsigned long long)m->data_segments));
    fact(b, "Features", features);
    fact(b, "Starts with", m->start);
    wp_buf_add_str(b, "</dl></div>\n");
}

/* ---- tables ---- */

static void table_begin(struct wp_buf *b, const char *title, const char *header)
{
    wp_buf_printf(b, "<h2>%s</h2><div class=\"card\"><table><thead><tr>%s</tr></thead><tbody>\n", title, header);
}

static void table_end(struct wp_buf *b, size_t shown, size_t all)
{
    wp_buf_add_str(b, "</tbody></table>");
    if (all > shown) {
        wp_buf_add_str(b, "<p class=\"soft\">and ");
        number(b, all - shown);
        wp_buf_add_str(b, " more</p>");
    }
    wp_buf_add_str(b, "</div>\n");
}

static void cell(struct wp_buf *b, const char *class, const char *text)
{
    wp_buf_printf(b, "<td class=\"%s\">", class);
    report_text(b, text);
    wp_buf_add_str(b, "</td>");
}

static void number_cell(struct wp_buf *b, uint64_t n)
{
    wp_buf_add_str(b, "<td class=\"n\">");
    number(b, n);
    wp_buf_add_str(b, "</td>");
}

static void share_cells(struct wp_buf *b, uint64_t part, uint64_t whole)
{
    number_cell(b, part);
    wp_buf_printf(b,
                  "<td class=\"n\">%.1f %%</td><td class=\"b\"><span class=\"bar\" style=\"width:%.2f%%\"></span></td>",
                  share(part, whole), share(part, whole));
}

static void parts(struct wp_buf *b, const struct pack_module *m)
{
    size_t n = WP_MIN(m->part_count, ROWS);
    table_begin(b, "Sections", "<th>Section</th><th class=\"n\">Bytes</th><th class=\"n\">Share</th><th></th>");
    for (size_t i = 0; i < n; i++) {
        wp_buf_add_str(b, "<tr>");
        cell(b, "t", m->parts[i].title);
        share_cells(b, m->parts[i].size, m->size);
        wp_buf_add_str(b, "</tr>\n");
    }
    table_end(b, n, m->part_count);
}

static void groups(struct wp_buf *b, const struct pack_module *m)
{
    size_t n = WP_MIN(m->group_count, GROUP_ROWS);
    if (m->group_count < 2) {
        return;
    }
    table_begin(b, "Packages",
                "<th>Package</th><th class=\"n\">Functions</th><th class=\"n\">Bytes</th>"
                "<th class=\"n\">Share</th><th></th>");
    for (size_t i = 0; i < n; i++) {
        wp_buf_add_str(b, "<tr>");
        cell(b, "t mono", m->groups[i].name[0] == '\0' ? "(no name)" : m->groups[i].name);
        number_cell(b, m->groups[i].functions);
        share_cells(b, m->groups[i].size, m->size);
        wp_buf_add_str(b, "</tr>\n");
    }
    table_end(b, n, m->group_count);
}

static void functions(struct wp_buf *b, const struct pack_module *m)
{
    size_t n = WP_MIN(m->largest_count, FUNCTION_ROWS);
    if (n == 0) {
        return;
    }
    table_begin(b, "Largest functions",
                "<th>Function</th><th class=\"n\">Index</th><th class=\"n\">Bytes</th>"
                "<th class=\"n\">Share</th><th></th>");
    for (size_t i = 0; i < n; i++) {
        const struct pack_function *f = &m->largest[i];
        wp_buf_add_str(b, "<tr>");
        cell(b, "t mono", f->name[0] == '\0' ? "(no name)" : f->name);
        number_cell(b, f->index);
        share_cells(b, f->size, m->size);
        wp_buf_add_str(b, "</tr>\n");
    }
    table_end(b, n, (size_t)WP_MAX(m->functions, n));
}

static void externs(struct wp_buf *b, const char *title, const struct pack_extern *list, size_t count, bool imports,
                    struct wp_arena *a)
{
    size_t n = WP_MIN(count, ROWS);
    if (count == 0) {
        wp_buf_printf(b, "<h2>%s</h2><p class=\"soft\">none</p>\n", title);
        return;
    }
    table_begin(b, title,
                imports ? "<th>Name</th><th>Kind</th><th>Type</th><th>Reaches</th>"
                        : "<th>Name</th><th>Kind</th><th>Type</th>");
    for (size_t i = 0; i < n; i++) {
        const struct pack_extern *x = &list[i];
        const char *via;
        wp_buf_add_str(b, "<tr>");
        cell(b, "t mono", x->module[0] == '\0' ? x->name : wp_arena_printf(a, "%s.%s", x->module, x->name));
        cell(b, "t", x->kind);
        cell(b, "t mono", x->type);
        if (imports) {
            cell(b, "t", pack_reach_name(pack_reach_of(x, a, &via)));
        }
        wp_buf_add_str(b, "</tr>\n");
    }
    table_end(b, n, count);
}

static void memories(struct wp_buf *b, const struct pack_module *m)
{
    size_t n = WP_MIN(m->memory_count, ROWS);
    if (n == 0) {
        return;
    }
    table_begin(b, "Memories",
                "<th class=\"n\">Pages</th><th class=\"n\">At most</th><th class=\"n\">Bytes a page</th>"
                "<th>&nbsp;</th>");
    for (size_t i = 0; i < n; i++) {
        const struct pack_memory *x = &m->memories[i];
        wp_buf_add_str(b, "<tr>");
        number_cell(b, x->min);
        if (x->max == UINT64_MAX) {
            cell(b, "n", "no maximum");
        } else {
            number_cell(b, x->max);
        }
        number_cell(b, x->page);
        wp_buf_printf(b, "<td>%s%s%s</td></tr>\n", x->imported ? "imported " : "", x->shared ? "shared " : "",
                      x->is64 ? "64-bit" : "");
    }
    table_end(b, n, m->memory_count);
}

static void dependencies(struct wp_buf *b, const struct pack_module *m)
{
    size_t n = WP_MIN(m->dependency_count, ROWS);
    if (n == 0) {
        return;
    }
    table_begin(b, "Dependencies", "<th>Package</th><th>Version</th><th>From</th><th>&nbsp;</th>");
    for (size_t i = 0; i < n; i++) {
        const struct pack_dependency *d = &m->dependencies[i];
        wp_buf_add_str(b, "<tr>");
        cell(b, "t mono", d->name);
        cell(b, "t mono", d->version);
        cell(b, "t", d->source);
        cell(b, "t", d->root ? "itself" : d->build ? "for building" : "");
        wp_buf_add_str(b, "</tr>\n");
    }
    table_end(b, n, m->dependency_count);
}

static void producers(struct wp_buf *b, const struct pack_module *m)
{
    size_t n = WP_MIN(m->producer_count, ROWS);
    if (n == 0) {
        return;
    }
    table_begin(b, "Made by", "<th>Part</th><th>Name</th><th>Version</th>");
    for (size_t i = 0; i < n; i++) {
        wp_buf_add_str(b, "<tr>");
        cell(b, "t", m->producers[i].field);
        cell(b, "t", m->producers[i].name);
        cell(b, "t", m->producers[i].version);
        wp_buf_add_str(b, "</tr>\n");
    }
    table_end(b, n, m->producer_count);
}

void pack_report_html(struct wp_buf *b, const struct pack_report *r, struct wp_arena *a)
{
    const struct pack_module *m = r->module;
    const struct report_box *boxes;
    size_t n = report_boxes(m, a, &boxes);
    head(b, r);
    chips(b, m);
    facts(b, m, a);
    wp_buf_add_str(b, "<h2>Where the bytes are</h2><div class=\"card\">\n");
    report_map(b, boxes, n, m->size);
    wp_buf_add_str(b, "</div>\n");
    groups(b, m);
    parts(b, m);
    functions(b, m);
    externs(b, "Imports", m->imports, m->import_count, true, a);
    externs(b, "Exports", m->exports, m->export_count, false, a);
    memories(b, m);
    dependencies(b, m);
    producers(b, m);
    if (m->wit != NULL) {
        wp_buf_add_str(b, "<h2>WIT</h2><div class=\"card\"><details open><summary>world and interfaces</summary><pre>");
        lines(b, m->wit);
        wp_buf_add_str(b, "</pre></details></div>\n");
    }
    wp_buf_add_str(b, "<footer>written by ");
    report_text(b, r->generator);
    wp_buf_add_str(b, "</footer>\n</main></body></html>\n");
}
