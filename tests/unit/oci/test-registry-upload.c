/* SPDX-License-Identifier: Apache-2.0
 *
 * Uploads of the registry store: mount, one PUT, chunks, what breaks and what is refused; the requests are asserted
 * one by one. */
#include "base/limits.h"
#include "tests/unit/oci/registry-fixture.h"

enum { SIZE = 3500 };

struct blob {
    struct oci_desc d;
    struct wp_span bytes;
    struct wp_source_mem src;
    const char *digest;
};

static struct blob make_blob(struct registry_fixture *x)
{
    struct blob b = {.bytes = contract_bytes(&x->a, SIZE, 5)};
    b.d = contract_desc(WP_SHA256, b.bytes, OCI_MT_OCTETS);
    b.src = wp_source_mem(b.bytes);
    b.digest = fixture_digest(x, &b.d);
    return b;
}

static void assert_held(struct registry_fixture *x, const struct blob *b)
{
    struct wp_span held = fake_registry_blob(x->f, FIXTURE_REPO, b->digest);
    assert_int_equal(held.len, b->bytes.len);
    assert_memory_equal(held.ptr, b->bytes.ptr, held.len);
    assert_int_equal(fake_registry_open_uploads(x->f), 0);
}

static void push_ok(struct registry_fixture *x, struct blob *b)
{
    struct wp_err err = {0};
    CONTRACT_OK(oci_store_push(x->s, &b->d, &b->src.base, NULL, &err));
}

/* The log with digests shown as "D". */
static const char *requests(struct registry_fixture *x, const struct blob *b)
{
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    for (const char *p = x->f->log.ptr; *p != '\0';) {
        const char *hex = b->digest + strlen("sha256:");
        if (wp_str_starts(p, "sha256%3A") && strncmp(p + 9, hex, 64) == 0) {
            wp_buf_add_str(&out, "D");
            p += 9 + 64;
        } else if (wp_str_starts(p, "/v2/team/app/blobs/uploads/")) {
            wp_buf_add_str(&out, "~");
            p += strlen("/v2/team/app/blobs/uploads/");
        } else {
            wp_buf_add_char(&out, *p++);
        }
    }
    return wp_arena_str(&x->a, out.ptr);
}

static void test_whole(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = make_blob(x);
    push_ok(x, &b);
    assert_held(x, &b);
    assert_string_equal(requests(x, &b), "POST ~\nPUT ~u1?digest=D\n");
    x->f->relative_locations = true;
    fake_registry_forget_log(x->f);
    push_ok(x, &b);
    assert_held(x, &b);
    assert_string_equal(requests(x, &b), "POST ~\nPUT ~u2?_state=abc&digest=D\n");
    struct wp_err err = {0};
    struct oci_desc unknown = b.d;
    unknown.size = OCI_SIZE_UNKNOWN;
    CONTRACT_FAILS(oci_store_push(x->s, &unknown, &b.src.base, NULL, &err), WP_E_UNSUPPORTED);
}

static void test_mount(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = make_blob(x);
    struct wp_err err = {0};
    fake_registry_plant(x->f, "other/repo", "blob", b.digest, NULL, b.bytes, NULL);
    struct wp_job *job = wp_job_new();
    struct oci_push_opts opts = {.job = job, .item = wp_item_begin(job, "blob", b.d.size), .mount_from = "other/repo"};
    int rc = oci_store_push(x->s, &b.d, &b.src.base, &opts, &err);
    struct wp_item_view view = {0};
    wp_job_items(job, 0, &view, 1);
    wp_job_free(job);
    CONTRACT_OK(rc);
    assert_int_equal(view.state, WP_ITEM_MOUNTED);
    assert_int_equal(view.done, 0);
    assert_held(x, &b);
    assert_string_equal(requests(x, &b), "POST ~?mount=D&from=other%2Frepo\n");
    /* 202: the upload goes on as any other. */
    opts = (struct oci_push_opts){.mount_from = "other/repo"};
    x->f->no_mount = true;
    fake_registry_forget_log(x->f);
    CONTRACT_OK(oci_store_push(x->s, &b.d, &b.src.base, &opts, &err));
    assert_string_equal(requests(x, &b), "POST ~?mount=D&from=other%2Frepo\nPUT ~u1?digest=D\n");
    /* Refused: the upload is asked for without it. */
    x->f->fail_method = "POST";
    x->f->fail_status = 403;
    x->f->fail_count = 1;
    fake_registry_forget_log(x->f);
    CONTRACT_OK(oci_store_push(x->s, &b.d, &b.src.base, &opts, &err));
    assert_string_equal(requests(x, &b), "POST ~?mount=D&from=other%2Frepo\nPOST ~\nPUT ~u2?digest=D\n");
    /* From itself: nothing to mount. */
    opts.mount_from = FIXTURE_REPO;
    fake_registry_forget_log(x->f);
    CONTRACT_OK(oci_store_push(x->s, &b.d, &b.src.base, &opts, &err));
    assert_int_equal(fake_registry_count(x->f, "POST /v2/team/app/blobs/uploads/\n"), 1);
}

static const char chunked_requests[] = "POST ~\n"
                                       "PATCH ~u1?_state=abc\nPATCH ~u1?_state=abc\nPATCH ~u1?_state=abc\n"
                                       "PATCH ~u1?_state=abc\nPUT ~u1?_state=abc&digest=D\n";

static void test_chunks(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = make_blob(x);
    x->f->relative_locations = true;
    x->f->chunk_min = 10;
    push_ok(x, &b);
    assert_held(x, &b);
    /* 1000 + 1000 + 1000 + 500, then the end. */
    assert_string_equal(requests(x, &b), chunked_requests);
    /* The registry wants more at a time. */
    x->f->chunk_min = 2000;
    x->f->patch_204 = true;
    fake_registry_forget_log(x->f);
    push_ok(x, &b);
    assert_held(x, &b);
    assert_int_equal(fake_registry_count(x->f, "PATCH "), 2);
    x->f->chunk_min = SIZE + 1;
    fake_registry_forget_log(x->f);
    push_ok(x, &b);
    assert_int_equal(fake_registry_count(x->f, "PATCH "), 1);
}

static void test_too_large(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = make_blob(x);
    struct wp_err err = {0};
    x->r->chunk_size = 1000;
    x->f->max_body = 1000;
    push_ok(x, &b);
    assert_held(x, &b);
    assert_string_equal(requests(x, &b),
                        "POST ~\nPUT ~u1?digest=D\nDELETE ~u1\nPOST ~\nPATCH ~u2\nPATCH ~u2\nPATCH ~u2\n"
                        "PATCH ~u2\nPUT ~u2?digest=D\n");
    /* Not even that little. */
    x->f->max_body = 999;
    assert_int_equal(oci_store_push(x->s, &b.d, &b.src.base, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_OTHER);
    assert_string_equal(err.msg, FIXTURE_HOST "/team/app: the registry refuses even a part of 1000 bytes as too large "
                                              "(413)");
}

static void test_smaller_chunks(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&x->a, 3 * WP_MIB, 6);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    x->r->chunk_size = 2 * WP_MIB;
    x->f->max_body = WP_MIB;
    CONTRACT_OK(oci_store_put(x->s, &d, bytes, &err));
    /* 3 MiB and 2 MiB were refused, 512 KiB are taken. */
    assert_int_equal(fake_registry_count(x->f, "PATCH "), 1 + 6);
    assert_int_equal(fake_registry_blob(x->f, FIXTURE_REPO, fixture_digest(x, &d)).len, bytes.len);
}

static void test_broken_put(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = make_blob(x);
    struct wp_err err = {0};
    struct wp_job *job = wp_job_new();
    struct oci_push_opts opts = {.job = job, .item = wp_item_begin(job, "blob", b.d.size)};
    x->f->upload_break_at = 1200;
    x->f->upload_breaks = 1;
    int rc = oci_store_push(x->s, &b.d, &b.src.base, &opts, &err);
    struct wp_item_view view = {0};
    wp_job_items(job, 0, &view, 1);
    wp_job_free(job);
    CONTRACT_OK(rc);
    assert_int_equal(view.done, SIZE);
    assert_held(x, &b);
    assert_string_equal(requests(x, &b), "POST ~\nPUT ~u1?digest=D\nGET ~u1\nPATCH ~u1\nPUT ~u1?digest=D\n");
    /* Two more breaks, each further on. */
    x->f->upload_breaks = 3;
    fake_registry_forget_log(x->f);
    push_ok(x, &b);
    assert_held(x, &b);
    assert_int_equal(fake_registry_count(x->f, "GET "), 2);
}

static void test_broken_put_without_state(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = make_blob(x);
    struct wp_err err = {0};
    x->f->no_upload_state = true;
    x->f->upload_break_at = 1200;
    x->f->upload_breaks = 2;
    CONTRACT_OK(oci_store_push(x->s, &b.d, &b.src.base, NULL, &err));
    assert_string_equal(requests(x, &b), "POST ~\nPUT ~u1?digest=D\nGET ~u1\nPOST ~\nPUT ~u2?digest=D\nGET ~u2\n"
                                         "POST ~\nPUT ~u3?digest=D\n");
    x->f->upload_breaks = 1000;
    assert_int_equal(oci_store_push(x->s, &b.d, &b.src.base, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_NETWORK);
    assert_non_null(strstr(err.msg, "does not get on"));
    assert_int_equal(1000 - x->f->upload_breaks, 6);
}

static void test_busy(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = make_blob(x);
    struct wp_err err = {0};
    x->f->fail_method = "PUT";
    x->f->fail_status = 503;
    x->f->fail_count = 2;
    push_ok(x, &b);
    assert_held(x, &b);
    x->f->fail_status = 400;
    x->f->fail_count = 1;
    CONTRACT_FAILS(oci_store_push(x->s, &b.d, &b.src.base, NULL, &err), WP_E_OTHER);
    x->f->fail_status = 403;
    x->f->fail_count = 1;
    CONTRACT_FAILS(oci_store_push(x->s, &b.d, &b.src.base, NULL, &err), WP_E_DENIED);
    assert_int_equal(fake_registry_open_uploads(x->f), 0);
}

/* No part of a wrong source ever completes an upload, however it is cut. */
static void test_wrong_source(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = make_blob(x);
    for (uint64_t chunk = 0; chunk <= 3500; chunk += 700) {
        for (size_t at = 0; at < SIZE; at += SIZE - 1) {
            struct wp_err err = {0};
            uint8_t *wrong = wp_arena_alloc(&x->a, SIZE, 1);
            memcpy(wrong, b.bytes.ptr, SIZE);
            wrong[at] ^= 1;
            struct wp_source_mem src = wp_source_mem(wp_span(wrong, SIZE));
            x->f->chunk_min = chunk > 0 ? 1 : 0;
            x->r->chunk_size = chunk;
            fake_registry_forget_log(x->f);
            CONTRACT_FAILS(oci_store_push(x->s, &b.d, &src.base, NULL, &err), WP_E_INTEGRITY);
            assert_null(fake_registry_blob(x->f, FIXTURE_REPO, b.digest).ptr);
            assert_int_equal(fake_registry_open_uploads(x->f), 0);
            assert_int_equal(fake_registry_count(x->f, "POST "), 1);
            assert_int_equal(fake_registry_count(x->f, "PUT "), chunk > 0 ? 0 : 1);
        }
    }
}

static void test_stored_as_something_else(void **state)
{
    struct registry_fixture *x = *state;
    struct blob b = make_blob(x);
    struct wp_err err = {0};
    x->f->digest_header = OCI_EMPTY_DIGEST;
    CONTRACT_FAILS(oci_store_push(x->s, &b.d, &b.src.base, NULL, &err), WP_E_INTEGRITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_TEST(test_whole),
        REGISTRY_TEST(test_mount),
        REGISTRY_TEST(test_chunks),
        REGISTRY_TEST(test_too_large),
        REGISTRY_TEST(test_smaller_chunks),
        REGISTRY_TEST(test_broken_put),
        REGISTRY_TEST(test_broken_put_without_state),
        REGISTRY_TEST(test_busy),
        REGISTRY_TEST(test_wrong_source),
        REGISTRY_TEST(test_stored_as_something_else),
    };
    return cmocka_run_group_tests_name("registry-upload", tests, NULL, NULL);
}
