/* SPDX-License-Identifier: Apache-2.0
 *
 * What a child that fell to its input may answer: whatever is accepted as facts can be written, compared and shown. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_err err = {.code = WP_E_OK};
    if (wp_json_parse(wp_span(data, size), "facts", false, WP_E_OTHER, &doc, &err) < 0) {
        return 0;
    }
    struct wp_json root = wp_json_root(doc);
    struct pack_module m = {.size = 77};
    if (pack_module_from_json(&root, &a, &m, &err) < 0) {
        must(m.size == 77 && err.code == WP_E_OTHER && err.msg[0] != '\0');
        return 0;
    }
    const struct pack_module nothing = {.kind = WP_WASM_MODULE, .world = "library"};
    struct pack_diff d;
    WP_AUTO_BUF struct wp_buf page = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&json);
    pack_diff(&nothing, &m, &a, &d);
    wp_jo_object(&j);
    pack_diff_json(&j, &d, 10);
    wp_jo_object_end(&j);
    const struct pack_report report = {.module = &m, .title = "x.wasm", .generator = "wpack"};
    pack_report_html(&page, &report, &a);
    must(strstr(page.ptr, "<script") == NULL);
    return 0;
}
