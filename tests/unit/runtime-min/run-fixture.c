/* SPDX-License-Identifier: Apache-2.0
 *
 * Running small modules in test code. */
#include "run-fixture.h"

void run_open(struct run_fixture *r, const struct wrt_budget *budget)
{
    *r = (struct run_fixture){.count = 0};
    assert_int_equal(wrt_store_new(budget, NULL, &r->store, &r->err), 0);
}

void run_close(struct run_fixture *r)
{
    wrt_store_free(r->store);
    for (size_t i = 0; i < r->count; i++) {
        wrt_binary_free(r->binaries[i]);
        wp_buf_done(&r->bytes[i]);
    }
}

const struct wrt_module *run_load(struct run_fixture *r, const char *hex)
{
    assert_in_range(r->count, 0, RUN_MODULES - 1);
    struct wp_buf *b = &r->bytes[r->count];
    struct wrt_options o = {.features = (UINT64_C(1) << WRT_BIT_COUNT) - 1, .types = wrt_store_types(r->store)};
    wasm_hex(b, HEX_MODULE);
    wasm_hex(b, hex);
    if (wrt_load(wp_buf_span(b), &o, &r->binaries[r->count], NULL, &r->err) < 0) {
        fail_msg("%s", r->err.msg);
    }
    return wrt_binary_module(r->binaries[r->count++]);
}

struct wrt_instance *run_instantiate(struct run_fixture *r, const char *hex, wrt_import_fn imports, void *arg)
{
    const struct wrt_module *m = run_load(r, hex);
    struct wrt_instance *i = NULL;
    int rc = wrt_instantiate(r->store, m, imports, arg, &i, &r->out, &r->err);
    assert_true(rc == 0 || i == NULL);
    return i;
}

struct wrt_value run_export(const struct wrt_instance *i, const char *name)
{
    struct wrt_value v = {.kind = WRT_FUNC};
    assert_non_null(i);
    assert_true(wrt_instance_export(i, wp_span_str(name), &v));
    return v;
}

enum wrt_stop run_call(struct run_fixture *r, const struct wrt_instance *i, const char *name, uint64_t *slots)
{
    wrt_call(r->store, run_export(i, name).as.func, slots, &r->out);
    return r->out.stop;
}
