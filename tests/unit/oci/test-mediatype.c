/* SPDX-License-Identifier: Apache-2.0
 *
 * Media types: kinds, syntax, the Accept header. */
#include "base/buf.h"
#include "oci/mediatype.h"
#include "tests/unit/unit.h"

static void test_kind(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum oci_manifest_kind want;
    } rows[] = {
        {OCI_MT_MANIFEST, OCI_MANIFEST},
        {OCI_MT_DOCKER_MANIFEST, OCI_MANIFEST},
        {OCI_MT_ARTIFACT, OCI_MANIFEST},
        {OCI_MT_INDEX, OCI_INDEX},
        {OCI_MT_DOCKER_LIST, OCI_INDEX},
        {OCI_MT_MANIFEST "; charset=utf-8", OCI_MANIFEST},
        {OCI_MT_INDEX ";x", OCI_INDEX},
        {OCI_MT_INDEX " ; x", OCI_INDEX},
        {"Application/VND.oci.image.Index.v1+json", OCI_INDEX},
        {OCI_MT_CONFIG, OCI_NOT_MANIFEST},
        {OCI_MT_EMPTY, OCI_NOT_MANIFEST},
        {OCI_MT_MANIFEST "x", OCI_NOT_MANIFEST},
        {" " OCI_MT_MANIFEST, OCI_NOT_MANIFEST},
        {"application/vnd.oci.image.manifest.v1", OCI_NOT_MANIFEST},
        {"application/json", OCI_NOT_MANIFEST},
        {"", OCI_NOT_MANIFEST},
        {NULL, OCI_NOT_MANIFEST},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        assert_int_equal(oci_mediatype_kind(rows[i].text), rows[i].want);
    }
}

static void test_syntax(void **state)
{
    (void)state;
    for (const struct oci_mediatype_row *row = oci_mediatypes; row->name != NULL; row++) {
        assert_true(oci_mediatype_is(row->name));
        assert_true(row->summary[0] != '\0');
    }
    assert_true(oci_mediatype_is("application/wasm"));
    assert_true(oci_mediatype_is("a/b"));
    assert_true(oci_mediatype_is("x-y.z+w!#$&^_1/1"));
    static const char *const bad[] = {"",     "a",    "a/",   "/b",   "a/b/c", "a/b;c=d", "a /b",
                                      "a/ b", "a/b ", "-a/b", "a/.b", "a/b\n", "a/b,c/d", "\xc3\xbc/b"};
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        assert_false(oci_mediatype_is(bad[i]));
    }
    /* 127 characters on either side: 255 bytes. */
    char longest[300];
    memset(longest, 'a', sizeof(longest));
    longest[127] = '/';
    longest[255] = '\0';
    assert_true(oci_mediatype_is(longest));
    longest[255] = 'a';
    longest[256] = '\0';
    assert_false(oci_mediatype_is(longest));
}

static void test_accept(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
    size_t count = 0;
    for (const struct oci_mediatype_row *row = oci_mediatypes; row->name != NULL; row++) {
        if (row->kind != OCI_NOT_MANIFEST) {
            wp_buf_printf(&want, "%s%s", count++ == 0 ? "" : ", ", row->name);
        }
    }
    assert_int_equal(count, 5);
    assert_string_equal(oci_mediatype_accept, want.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kind),
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_accept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
