/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that claim to be a component: whatever loads can be told in full (imports, exports, types, WIT), twice the
 * same; what does not load says why, where, within its memory. A module is left to fuzz-wasm. */
#include "base/buf.h"
#include "base/mem.h"
#include "runtime-min/component.h"
#include "runtime-min/scan.h"
#include "runtime-min/wit.h"

#include <stdlib.h>

#define BUDGET (UINT64_C(8) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static int on_extern(void *arg, const struct wrt_extern *x, struct wp_err *err WP_UNUSED)
{
    const struct wp_span *all = arg;
    must(x->name.len == 0 || (x->name.ptr >= all->ptr && x->name.ptr + x->name.len <= all->ptr + all->len));
    must(wrt_extern_kind_name(x->kind)[0] != '\0');
    return 0;
}

static int on_text(void *arg, const char *text, size_t len, struct wp_err *err WP_UNUSED)
{
    wp_buf_add(arg, text, len);
    return 0;
}

static void tell(const struct wrt_binary *b, struct wp_span *bytes)
{
    struct wrt_visitor v = {.import = on_extern, .export = on_extern, .arg = bytes};
    struct wrt_summary sum;
    struct wp_err err = {.code = WP_E_OK};
    must(wrt_visit(b, &v, &sum, &err) == 0);
    WP_AUTO_BUF struct wp_buf once = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf twice = WP_BUF_INIT;
    int first = wrt_wit_print(wrt_binary_component(b), on_text, &once, &err);
    must(first == wrt_wit_print(wrt_binary_component(b), on_text, &twice, &err));
    must(once.len == twice.len && (once.len == 0 || memcmp(once.ptr, twice.ptr, once.len) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 8 || data[6] != 1) {
        return 0;
    }
    /* Bytes of their own, so that a read past the end is seen. */
    WP_AUTO_FREE uint8_t *copy = wp_xmalloc(size);
    memcpy(copy, data, size);
    struct wp_span bytes = wp_span(copy, size);
    struct wrt_options options = {.memory = BUDGET};
    struct wrt_binary *b = NULL;
    struct wrt_fault fault = {.offset = UINT64_MAX};
    struct wp_err err = {.code = WP_E_OK};
    if (wrt_load(bytes, &options, &b, &fault, &err) != 0) {
        must((err.code == WP_E_MODULE || err.code == WP_E_LIMIT) && err.msg[0] != '\0');
        must(fault.offset == UINT64_MAX || fault.offset <= size);
        return 0;
    }
    if (wrt_binary_component(b) != NULL) {
        tell(b, &bytes);
    }
    wrt_binary_free(b);
    return 0;
}
