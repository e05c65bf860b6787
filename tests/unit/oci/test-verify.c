/* SPDX-License-Identifier: Apache-2.0
 *
 * The proof: nothing reads to the end of content that is not what was promised. */
#include "base/mem.h"
#include "oci/verify.h"
#include "tests/unit/oci/store-contract.h"

/* Gives pieces of at most `piece` bytes, then the end, or an error where the code is set. */
struct piece_reader {
    struct wp_reader base;
    struct wp_span rest;
    size_t piece;
    enum wp_code code;
    unsigned *closed;
};

static ssize_t piece_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct piece_reader *p = WP_DOWNCAST(struct piece_reader, r);
    size_t n = WP_MIN(WP_MIN(len, p->piece), p->rest.len);
    if (n == 0) {
        return p->code != WP_E_OK ? wp_fail(err, p->code, "the line went dead") : 0;
    }
    memcpy(buf, p->rest.ptr, n);
    p->rest = wp_span(p->rest.ptr + n, p->rest.len - n);
    return (ssize_t)n;
}

static void piece_close(struct wp_reader *r)
{
    struct piece_reader *p = WP_DOWNCAST(struct piece_reader, r);
    (*p->closed)++;
    free(p);
}

struct outcome {
    enum wp_code code;
    size_t got; /* bytes handed out before the end or the failure */
    char msg[sizeof(((struct wp_err *)NULL)->msg)];
};

/* Reads all in steps of `step`, checks that what came is a prefix of bytes and that the outcome repeats itself. */
static struct outcome drain(struct wp_span bytes, const struct oci_desc *want, size_t piece, size_t step,
                            enum wp_code code)
{
    unsigned closed = 0;
    struct piece_reader *p = wp_xcalloc(1, sizeof(*p));
    *p = (struct piece_reader){.base = {.read = piece_read, .close = piece_close},
                               .rest = bytes,
                               .piece = piece,
                               .code = code,
                               .closed = &closed};
    struct wp_reader *r = oci_verify_reader(&p->base, want);
    struct wp_err err = {0};
    struct outcome o = {.code = WP_E_OK};
    uint8_t buf[64];
    ssize_t n = 0;
    while ((n = wp_read(r, buf, step, &err)) > 0) {
        assert_true((size_t)n <= step && o.got + (size_t)n <= bytes.len);
        assert_memory_equal(buf, bytes.ptr + o.got, (size_t)n);
        o.got += (size_t)n;
    }
    o.code = err.code;
    assert_int_equal(n < 0, o.code != WP_E_OK);
    snprintf(o.msg, sizeof(o.msg), "%s", err.msg);
    for (int i = 0; i < 2; i++) {
        wp_err_clear(&err);
        assert_int_equal(wp_read(r, buf, step, &err), n);
        assert_int_equal(err.code, o.code);
        assert_string_equal(err.msg, o.msg);
    }
    assert_int_equal(closed, 0);
    wp_reader_close(r);
    assert_int_equal(closed, 1);
    return o;
}

static const size_t steps[] = {1, 2, 3, 12, 13, 14, 64};

static void test_exact(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 14; len++) {
        struct wp_span bytes = wp_span("thirteen byte", WP_MIN(len, 13));
        for (size_t i = 0; i < WP_ARRAY_LEN(steps) * WP_ARRAY_LEN(steps); i++) {
            size_t step = steps[i % WP_ARRAY_LEN(steps)];
            size_t piece = steps[i / WP_ARRAY_LEN(steps)];
            struct oci_desc want = contract_desc(i % 2 == 0 ? WP_SHA256 : WP_SHA512, bytes, NULL);
            assert_int_equal(drain(bytes, &want, piece, step, WP_E_OK).got, bytes.len);
            want.size = OCI_SIZE_UNKNOWN;
            struct outcome o = drain(bytes, &want, piece, step, WP_E_OK);
            assert_int_equal(o.code, WP_E_OK);
            assert_int_equal(o.got, bytes.len);
        }
    }
}

/* All that is wrong fails, and of content that is as long as promised, or longer, the last byte never came out. */
static void test_wrong(void **state)
{
    (void)state;
    struct wp_span right = wp_span_str("thirteen byte");
    static const struct {
        const char *bytes;
        bool unknown_size;
        const char *message; /* after the digest */
    } table[] = {
        {"thirteen byt", false, ": has 12 bytes, expected 13"},
        {"", false, ": has 0 bytes, expected 13"},
        {"thirteen bytes", false, ": has more than the 13 bytes expected"},
        {"thirteen byte and a lot more than that, so that several reads are needed", false,
         ": has more than the 13 bytes expected"},
        {"thirteen bytE", false, ": content does not match, its digest is sha256:"},
        {"Thirteen byte", false, ": content does not match, its digest is sha256:"},
        {"thirteen byt", true, ": content does not match, its digest is sha256:"},
        {"thirteen bytes", true, ": content does not match, its digest is sha256:"},
        {"", true, ": content does not match, its digest is sha256:e3b0c442"},
    };
    struct oci_desc d = contract_desc(WP_SHA256, right, NULL);
    char digest[OCI_DIGEST_TEXT];
    oci_digest_text(&d.digest, digest);
    for (size_t i = 0; i < WP_ARRAY_LEN(table); i++) {
        struct wp_span bytes = wp_span_str(table[i].bytes);
        struct oci_desc want = d;
        want.size = table[i].unknown_size ? OCI_SIZE_UNKNOWN : d.size;
        for (size_t k = 0; k < WP_ARRAY_LEN(steps); k++) {
            struct outcome o = drain(bytes, &want, 64, steps[k], WP_E_OK);
            assert_int_equal(o.code, WP_E_INTEGRITY);
            assert_true(wp_str_starts(o.msg, "blob sha256:"));
            assert_memory_equal(o.msg + 5, digest, strlen(digest));
            assert_true(wp_str_starts(o.msg + 5 + strlen(digest), table[i].message));
            assert_true(table[i].unknown_size || o.got < 13);
            assert_true(o.got < bytes.len || bytes.len == 0);
        }
    }
}

static void test_size_and_digest_disagree(void **state)
{
    (void)state;
    struct wp_span bytes = wp_span_str("thirteen byte");
    struct oci_desc want = contract_desc(WP_SHA256, bytes, OCI_MT_MANIFEST);
    want.size = 14;
    struct outcome o = drain(bytes, &want, 64, 64, WP_E_OK);
    assert_int_equal(o.code, WP_E_INTEGRITY);
    assert_true(wp_str_starts(o.msg, "manifest sha256:"));
    assert_non_null(strstr(o.msg, ": has 13 bytes, expected 14"));
    want.size = 12;
    assert_int_equal(drain(bytes, &want, 64, 64, WP_E_OK).code, WP_E_INTEGRITY);
    want.size = 0;
    assert_int_equal(drain(bytes, &want, 64, 64, WP_E_OK).code, WP_E_INTEGRITY);
    /* The right size of nothing, but not the digest of nothing. */
    assert_int_equal(drain(wp_span_str(""), &want, 64, 64, WP_E_OK).code, WP_E_INTEGRITY);
}

static void test_source_fails(void **state)
{
    (void)state;
    struct wp_span bytes = wp_span_str("thirteen byte");
    struct oci_desc want = contract_desc(WP_SHA256, bytes, NULL);
    struct outcome o = drain(bytes, &want, 5, 64, WP_E_NETWORK);
    assert_int_equal(o.code, WP_E_NETWORK);
    assert_string_equal(o.msg, "the line went dead");
    assert_int_equal(o.got, 12);
}

static void test_no_digest(void **state)
{
    (void)state;
    struct oci_desc want = {.size = 0};
    struct wp_err err = {0};
    assert_int_equal(drain(wp_span_str(""), &want, 64, 64, WP_E_OK).code, WP_E_INTEGRITY);
    CONTRACT_FAILS(oci_verify_bytes(wp_span_str(""), &want, "x", &err), WP_E_INTEGRITY);
}

static void test_early_close(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct oci_desc want = contract_desc(WP_SHA256, wp_span_str("abc"), NULL);
    struct wp_reader *r = oci_verify_reader(wp_reader_mem(wp_span_str("abc")), &want);
    char byte = 0;
    assert_int_equal(wp_read(r, &byte, 1, &err), 1);
    wp_reader_close(r);
}

static void test_bytes(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct oci_desc want = contract_desc(WP_SHA512, wp_span_str("abc"), NULL);
    CONTRACT_OK(oci_verify_bytes(wp_span_str("abc"), &want, "x", &err));
    assert_int_equal(oci_verify_bytes(wp_span_str("ab"), &want, "a thing", &err), -1);
    assert_string_equal(err.msg, "a thing: has 2 bytes, expected 3");
    assert_int_equal(oci_verify_bytes(wp_span_str("abd"), &want, "a thing", &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_true(wp_str_starts(err.msg, "a thing: content does not match, its digest is sha512:"));
    want.size = OCI_SIZE_UNKNOWN;
    wp_err_clear(&err);
    CONTRACT_OK(oci_verify_bytes(wp_span_str("abc"), &want, "x", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_size_and_digest_disagree),
        cmocka_unit_test(test_source_fails),
        cmocka_unit_test(test_no_digest),
        cmocka_unit_test(test_early_close),
        cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
