/* SPDX-License-Identifier: Apache-2.0
 *
 * Downloads of the registry store: offsets, ranges that are ignored or wrong, connections that break. */
#include "tests/unit/oci/registry-fixture.h"

enum { SIZE = 10000 };

struct blob {
    struct oci_desc d;
    struct wp_span bytes;
};

static struct blob put_blob(struct registry_fixture *x)
{
    struct wp_err err = {0};
    struct blob b = {.bytes = contract_bytes(&x->a, SIZE, 3)};
    b.d = contract_desc(WP_SHA256, b.bytes, OCI_MT_OCTETS);
    CONTRACT_OK(oci_store_put(x->s, &b.d, b.bytes, &err));
    fake_registry_forget_log(x->f);
    return b;
}

/* All bytes from offset on are what they should be. */
static void assert_reads(struct registry_fixture *x, const struct blob *b, uint64_t offset)
{
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
    WP_AUTO_READER struct wp_reader *r = NULL;
    CONTRACT_OK(oci_store_fetch(x->s, &b->d, offset, &r, &err));
    CONTRACT_OK(wp_read_all(r, &got, SIZE, "blob", &err));
    assert_int_equal(got.len, SIZE - offset);
    assert_memory_equal(got.ptr, b->bytes.ptr + offset, got.len);
}

/* The error of reading from offset to the end, or of opening. */
static struct wp_err read_error(struct registry_fixture *x, const struct blob *b, uint64_t offset)
{
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
    WP_AUTO_READER struct wp_reader *r = NULL;
    if (oci_store_fetch(x->s, &b->d, offset, &r, &err) == 0) {
        assert_int_equal(wp_read_all(r, &got, SIZE, "blob", &err), -1);
        struct wp_err again = {0};
        char byte = 0;
        assert_int_equal(wp_read(r, &byte, 1, &again), -1);
        assert_int_equal(again.code, err.code);
        assert_string_equal(again.msg, err.msg);
    }
    return err;
}

static void test_offsets(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = put_blob(x);
    static const uint64_t offsets[] = {0, 1, 5000, SIZE - 1, SIZE};
    for (int ranges = 1; ranges >= 0; ranges--) {
        x->f->no_range = ranges == 0;
        for (size_t i = 0; i < WP_ARRAY_LEN(offsets); i++) {
            assert_reads(x, &b, offsets[i]);
        }
    }
    assert_int_equal(fake_registry_count(x->f, ""), 2 * WP_ARRAY_LEN(offsets));
    struct wp_err err = read_error(x, &b, SIZE + 1);
    assert_int_equal(err.code, WP_E_OTHER);
    struct blob unknown = b;
    unknown.d.size = OCI_SIZE_UNKNOWN;
    x->f->no_range = false;
    assert_reads(x, &unknown, 17);
    assert_reads(x, &unknown, SIZE);
    err = read_error(x, &unknown, SIZE + 1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(err.msg, "ended before byte 10001"));
}

static void test_not_found(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = {.d = contract_desc(WP_SHA256, wp_span_str("x"), OCI_MT_OCTETS)};
    struct wp_err err = read_error(x, &b, 0);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    assert_string_equal(err.msg, wp_arena_printf(&x->a, FIXTURE_HOST "/team/app@%s not found (404 BLOB_UNKNOWN)",
                                                 fixture_digest(x, &b.d)));
    b.d.media_type = OCI_MT_MANIFEST;
    err = read_error(x, &b, 0);
    assert_non_null(strstr(err.msg, "(404 MANIFEST_UNKNOWN)"));
}

static void test_continues(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = put_blob(x);
    x->f->break_at = 1500;
    x->f->breaks = 99;
    assert_reads(x, &b, 0);
    /* 1500 bytes each: 6 breaks, 7 requests. */
    assert_int_equal(99 - x->f->breaks, 6);
    assert_int_equal(fake_registry_count(x->f, "GET "), 7);
    x->f->breaks = 99;
    assert_reads(x, &b, 9000);
    assert_int_equal(x->f->breaks, 99);
}

static void test_no_progress(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = put_blob(x);
    /* Without ranges a connection that always breaks at the same byte brings nothing new. */
    x->f->no_range = true;
    x->f->break_at = 1500;
    x->f->breaks = 1000;
    struct wp_err err = read_error(x, &b, 0);
    assert_int_equal(err.code, WP_E_NETWORK);
    assert_non_null(strstr(err.msg, "broke off at byte 1500 and did not go on"));
    assert_int_equal(1000 - x->f->breaks, 7);
    assert_int_equal(fake_registry_count(x->f, "GET "), 7);
    /* It gets over three of them. */
    x->f->breaks = 3;
    assert_reads(x, &b, 0);
}

static void test_wrong_ranges(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = put_blob(x);
    static const char *const useless[] = {"bytes 0-9999/10000", "bytes 4-9999/10000",  "bytes 5-",
                                          "5-9999/10000",       "bytes 5-4/10000",     "bytes 5-10000/10000",
                                          "bytes */10000",      "bytes 5-9999/10000x", ""};
    for (size_t i = 0; i < WP_ARRAY_LEN(useless); i++) {
        x->f->content_range = useless[i];
        fake_registry_forget_log(x->f);
        assert_reads(x, &b, 5);
        assert_int_equal(fake_registry_count(x->f, "GET "), 2);
    }
    x->f->content_range = "bytes 5-9999/*";
    fake_registry_forget_log(x->f);
    assert_reads(x, &b, 5);
    assert_int_equal(fake_registry_count(x->f, "GET "), 1);
    x->f->content_range = "bytes 5-9999/20000";
    struct wp_err err = read_error(x, &b, 5);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(err.msg, "the registry has 20000 bytes, expected 10000"));
}

static void test_encoded(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = put_blob(x);
    x->f->content_encoding = "gzip";
    struct wp_err err = read_error(x, &b, 0);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_string_equal(err.msg, FIXTURE_HOST "/team/app: came with Content-Encoding 'gzip', which was not asked for");
    x->f->content_encoding = "identity";
    assert_reads(x, &b, 0);
}

static void test_cancelled(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = put_blob(x);
    struct wp_err err = {0};
    struct wp_job *job = wp_job_new();
    struct wp_reader *r = NULL;
    oci_registry_set_job(x->s, job);
    x->f->break_at = 1500;
    x->f->breaks = 99;
    CONTRACT_OK(oci_store_fetch(x->s, &b.d, 0, &r, &err));
    wp_job_cancel(job, 0);
    WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
    int rc = wp_read_all(r, &got, SIZE, "blob", &err);
    wp_reader_close(r);
    oci_registry_set_job(x->s, NULL);
    wp_job_free(job);
    assert_int_equal(rc, -1);
    assert_int_equal(err.code, WP_E_INTERRUPTED);
    assert_int_equal(fake_registry_count(x->f, "GET "), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_TEST(test_offsets),     REGISTRY_TEST(test_not_found),    REGISTRY_TEST(test_continues),
        REGISTRY_TEST(test_no_progress), REGISTRY_TEST(test_wrong_ranges), REGISTRY_TEST(test_encoded),
        REGISTRY_TEST(test_cancelled),
    };
    return cmocka_run_group_tests_name("registry-fetch", tests, NULL, NULL);
}
