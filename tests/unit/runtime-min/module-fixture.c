/* SPDX-License-Identifier: Apache-2.0
 *
 * A module decoded from hex text. */
#include "module-fixture.h"

void module_decode(struct module_fixture *f, const char *hex, uint64_t features)
{
    *f = (struct module_fixture){.mem = {.limit = 64 << 20}};
    f->bytes = (struct wp_buf)WP_BUF_INIT;
    wasm_hex(&f->bytes, HEX_MODULE);
    wasm_hex(&f->bytes, hex);
    struct wp_span all = wp_buf_span(&f->bytes);
    f->types.mem = &f->mem;
    f->m = (struct wrt_module){.types = &f->types, .bytes = all, .base = all.ptr, .features = features};
    struct wp_wasm_cursor c = {.start = all.ptr, .p = all.ptr + 8, .end = all.ptr + all.len};
    f->rc = wrt_module_decode(&f->m, &c, &f->mem, &f->err);
}

void module_done(struct module_fixture *f)
{
    wrt_mem_done(&f->mem);
    wp_buf_done(&f->bytes);
}

void module_cases(const struct module_case *cases, size_t n, uint64_t features)
{
    for (size_t i = 0; i < n; i++) {
        struct module_fixture f;
        module_decode(&f, cases[i].hex, features);
        if (cases[i].message) {
            assert_string_equal(f.err.msg, cases[i].message);
            assert_int_equal(f.rc, -1);
            bool limit = strstr(f.err.msg, ", at most ") != NULL && strstr(f.err.msg, " are allowed") != NULL;
            assert_int_equal(f.err.code, limit ? WP_E_LIMIT : WP_E_MODULE);
        } else if (f.rc != 0) {
            fail_msg("%s: %s", cases[i].hex, f.err.msg);
        }
        module_done(&f);
    }
}
