/* SPDX-License-Identifier: Apache-2.0
 *
 * All facts of bytes that claim to be WebAssembly: they cross into JSON and back unchanged, nothing differs from
 * itself, and the report of them is a page. */
#include "base/mem.h"
#include "pack/diff.h"
#include "pack/module-json.h"
#include "pack/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void write(struct wp_buf *b, const struct pack_module *m)
{
    struct wp_json_out j = wp_json_out(b);
    pack_module_json(&j, m);
}

static void check_json(const struct pack_module *m, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf one = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf two = WP_BUF_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct pack_module back;
    struct wp_err err = {.code = WP_E_OK};
    write(&one, m);
    must(wp_json_parse(wp_buf_span(&one), "facts", false, WP_E_OTHER, &doc, &err) == 0);
    struct wp_json root = wp_json_root(doc);
    must(pack_module_from_json(&root, a, &back, &err) == 0);
    write(&two, &back);
    must(wp_str_eq(one.ptr, two.ptr));
}

static void check_sums(const struct pack_module *m)
{
    uint64_t functions = 0;
    uint64_t parts = 0;
    for (size_t i = 0; i < m->group_count; i++) {
        functions += m->groups[i].functions;
    }
    for (size_t i = 0; i < m->part_count; i++) {
        parts += m->parts[i].size;
    }
    must(functions == m->functions && parts <= m->size);
    for (size_t i = 1; i < m->largest_count; i++) {
        must(m->largest[i].size <= m->largest[i - 1].size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Bytes of their own, so that a read past the end is seen. */
    WP_AUTO_FREE uint8_t *copy = wp_xmalloc(size > 0 ? size : 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct pack_read how = {.functions = 20, .wit = true};
    struct pack_module m;
    struct pack_diff d;
    struct wp_err err = {.code = WP_E_OK};
    if (pack_module_read_as(wp_span(copy, size), &how, &a, &m, &err) < 0) {
        return 0;
    }
    check_json(&m, &a);
    check_sums(&m);
    pack_diff(&m, &m, &a, &d);
    must(!pack_diff_any(&d) && d.new_import_count == 0);
    WP_AUTO_BUF struct wp_buf page = WP_BUF_INIT;
    const struct pack_report report = {.module = &m, .title = "x.wasm", .generator = "wpack"};
    pack_report_html(&page, &report, &a);
    must(strstr(page.ptr, "<script") == NULL && strstr(page.ptr, "</html>") != NULL);
    return 0;
}
