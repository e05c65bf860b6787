/* SPDX-License-Identifier: Apache-2.0
 *
 * The face of stores: verbs that are missing, proven bytes, sources. */
#include "base/mem.h"
#include "oci/store.h"
#include "tests/unit/oci/store-contract.h"

static void close_nothing(struct oci_store *s WP_UNUSED)
{
}

static int see_nothing(void *arg WP_UNUSED, const struct oci_desc *d WP_UNUSED, struct wp_err *err WP_UNUSED)
{
    return 0;
}

static int name_nothing(void *arg WP_UNUSED, const char *repo WP_UNUSED, const char *tag WP_UNUSED,
                        const struct oci_desc *d WP_UNUSED, struct wp_err *err WP_UNUSED)
{
    return 0;
}

static void test_missing_verbs(void **state WP_UNUSED)
{
    struct wp_err err = {0};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    static const struct oci_store_ops ops = {.kind = "bare", .close = close_nothing};
    struct oci_store s = {.ops = &ops, .label = "place"};
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("x"), NULL);
    struct wp_source_mem src = wp_source_mem(wp_span_str("x"));
    struct wp_reader *r = NULL;
    struct oci_ingest *in = NULL;
    struct wp_span bytes;
    int fd = -1;
    uint64_t size = 0;
    CONTRACT_FAILS(oci_store_exists(&s, &d, true, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_fetch(&s, &d, 0, &r, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_push(&s, &d, &src.base, NULL, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_put(&s, &d, wp_span_str("x"), &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_get(&s, &d, 1, &a, &bytes, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_resolve(&s, "x", &a, &d, NULL, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_bind(&s, NULL, 0, 0, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_remove(&s, &d, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_each_name(&s, NULL, name_nothing, NULL, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_referrers(&s, &d, see_nothing, NULL, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_open_blob(&s, &d.digest, &fd, &size, &err), WP_E_UNSUPPORTED);
    assert_int_equal(oci_store_ingest(&s, &in, &err), -1);
    assert_string_equal(err.msg, "place: a bare store cannot take content of unknown digest (ingest)");
    oci_store_close(&s);
    oci_store_close(NULL);
}

static void test_inline_data(void **state WP_UNUSED)
{
    struct wp_err err = {0};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = oci_memory_new("m");
    struct wp_span got;
    /* Not in the store: the descriptor brings it along. */
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("inline"), NULL);
    d.data = wp_span_str("inline");
    CONTRACT_OK(oci_store_get(s, &d, 6, &a, &got, &err));
    assert_int_equal(got.len, 6);
    assert_memory_equal(got.ptr, "inline", 6);
    assert_ptr_not_equal(got.ptr, d.data.ptr);
    CONTRACT_FAILS(oci_store_get(s, &d, 5, &a, &got, &err), WP_E_LIMIT);
    d.data = wp_span_str("Inline");
    CONTRACT_FAILS(oci_store_get(s, &d, 6, &a, &got, &err), WP_E_INTEGRITY);
    d.data = wp_span_str("inlin");
    CONTRACT_FAILS(oci_store_get(s, &d, 6, &a, &got, &err), WP_E_INTEGRITY);
    d.size = OCI_SIZE_UNKNOWN;
    d.data = wp_span_str("inline");
    CONTRACT_FAILS(oci_store_get(s, &d, 5, &a, &got, &err), WP_E_LIMIT);
}

static void test_limits(void **state WP_UNUSED)
{
    struct wp_err err = {0};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = oci_memory_new("m");
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("content"), NULL);
    struct wp_span got;
    CONTRACT_OK(oci_store_put(s, &d, wp_span_str("content"), &err));
    /* A size that nobody could allocate is refused before anybody tries. */
    struct oci_desc huge = d;
    huge.size = UINT64_MAX - 1;
    CONTRACT_FAILS(oci_store_get(s, &huge, 1 << 20, &a, &got, &err), WP_E_LIMIT);
    struct oci_desc unknown = d;
    unknown.size = OCI_SIZE_UNKNOWN;
    CONTRACT_OK(oci_store_get(s, &unknown, 7, &a, &got, &err));
    assert_int_equal(got.len, 7);
    CONTRACT_FAILS(oci_store_get(s, &unknown, 6, &a, &got, &err), WP_E_LIMIT);
}

static void test_source(void **state WP_UNUSED)
{
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *from = oci_memory_new("from");
    OCI_AUTO_STORE struct oci_store *to = oci_memory_new("to");
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("content"), NULL);
    struct oci_source src = oci_store_source(from, &d);
    CONTRACT_FAILS(oci_store_push(to, &d, &src.base, NULL, &err), WP_E_NOT_FOUND);
    CONTRACT_OK(oci_store_put(from, &d, wp_span_str("content"), &err));
    CONTRACT_OK(oci_store_push(to, &d, &src.base, NULL, &err));
    assert_int_equal(oci_store_exists(to, &d, true, &err), OCI_PRESENT);
    struct wp_reader *r = NULL;
    char got[8] = "";
    CONTRACT_OK(src.base.open(&src.base, 3, &r, &err));
    assert_int_equal(wp_read(r, got, 7, &err), 4);
    assert_string_equal(got, "tent");
    wp_reader_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing_verbs),
        cmocka_unit_test(test_inline_data),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_source),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
