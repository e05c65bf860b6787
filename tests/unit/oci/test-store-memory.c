/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory store: the whole contract, and content held by reference. */
#include "base/mem.h"
#include "tests/unit/oci/store-contract.h"

static struct oci_store *open_empty(void *arg WP_UNUSED)
{
    return oci_memory_new("memory");
}

static void test_by_reference(void **state WP_UNUSED)
{
    struct wp_err err = {0};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = oci_memory_new("memory");
    char text[] = "some content";
    struct wp_span bytes = wp_span(text, strlen(text));
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    struct wp_source_mem src = wp_source_mem(bytes);
    struct wp_span got;
    CONTRACT_OK(oci_memory_add_source(s, &d, &src.base, &err));
    assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_PRESENT);
    CONTRACT_OK(oci_store_get(s, &d, 100, &a, &got, &err));
    assert_memory_equal(got.ptr, text, got.len);
    WP_AUTO_READER struct wp_reader *r = NULL;
    char tail[8] = "";
    CONTRACT_OK(oci_store_fetch(s, &d, 5, &r, &err));
    assert_int_equal(wp_read(r, tail, sizeof(tail), &err), 7);
    assert_string_equal(tail, "content");

    /* The source changes under us: nobody is told that the content is there. */
    text[0] ^= 1;
    assert_int_equal(oci_store_exists(s, &d, false, &err), OCI_PRESENT);
    assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_ABSENT);
    CONTRACT_FAILS(oci_store_get(s, &d, 100, &a, &got, &err), WP_E_INTEGRITY);
    /* A push makes it the store's own. */
    text[0] ^= 1;
    CONTRACT_OK(oci_store_put(s, &d, bytes, &err));
    text[0] ^= 1;
    assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_PRESENT);
    CONTRACT_OK(oci_store_get(s, &d, 100, &a, &got, &err));
    assert_memory_equal(got.ptr, "some content", got.len);
}

static void test_reference_needs_size(void **state WP_UNUSED)
{
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = oci_memory_new("memory");
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("x"), OCI_MT_OCTETS);
    struct wp_source_mem src = wp_source_mem(wp_span_str("x"));
    d.size = OCI_SIZE_UNKNOWN;
    CONTRACT_FAILS(oci_memory_add_source(s, &d, &src.base, &err), WP_E_OTHER);
    assert_int_equal(oci_store_exists(s, &d, false, &err), OCI_ABSENT);
}

/* A reader that outlives its content in the store. */
static void test_removed_while_read(void **state WP_UNUSED)
{
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = oci_memory_new("memory");
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("abc"), OCI_MT_OCTETS);
    WP_AUTO_READER struct wp_reader *r = NULL;
    char got[4] = "";
    CONTRACT_OK(oci_store_put(s, &d, wp_span_str("abc"), &err));
    CONTRACT_OK(oci_store_fetch(s, &d, 0, &r, &err));
    CONTRACT_OK(oci_store_remove(s, &d, &err));
    assert_int_equal(wp_read(r, got, 3, &err), 3);
    assert_string_equal(got, "abc");
}

static void test_messages(void **state WP_UNUSED)
{
    struct wp_err err = {0};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = oci_memory_new("memory:x");
    struct oci_desc got;
    assert_int_equal(oci_store_resolve(s, NULL, &a, &got, NULL, &err), -1);
    assert_string_equal(err.msg, "memory:x has no names");
    assert_int_equal(oci_store_resolve(s, "v1", &a, &got, NULL, &err), -1);
    assert_string_equal(err.msg, "memory:x has no name 'v1', and no other");
    struct wp_span bytes;
    struct oci_desc d = contract_manifest(s, &a, "m", NULL, NULL, &bytes);
    struct oci_binding b = {.name = "team/app:1", .desc = &d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(s, &b, 1, 0, &err));
    b.name = "v2";
    CONTRACT_OK(oci_store_bind(s, &b, 1, 0, &err));
    assert_int_equal(oci_store_resolve(s, "v1", &a, &got, NULL, &err), -1);
    assert_string_equal(err.msg, "memory:x has no name 'v1'");
    assert_string_equal(err.hint, "it has: v2, team/app:1");
    assert_int_equal(oci_store_resolve(s, NULL, &a, &got, NULL, &err), -1);
    assert_string_equal(err.msg, "memory:x has 2 names: which one?");
    b.name = "a b";
    assert_int_equal(oci_store_bind(s, &b, 1, 0, &err), -1);
    assert_true(wp_str_starts(err.msg, "memory:x: 'a b' cannot be a name: its tag "));
    /* What is no manifest gets no name. */
    struct oci_desc blob = contract_desc(WP_SHA256, wp_span_str(OCI_EMPTY_JSON), OCI_MT_EMPTY);
    b = (struct oci_binding){.name = "blob", .desc = &blob};
    CONTRACT_FAILS(oci_store_bind(s, &b, 1, 0, &err), WP_E_INPUT);
}

int main(void)
{
    struct contract_target target = {.kind = "memory", .open = open_empty};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_reference),
        cmocka_unit_test(test_reference_needs_size),
        cmocka_unit_test(test_removed_while_read),
        cmocka_unit_test(test_messages),
    };
    int failed = contract_run(&target);
    return failed + cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
