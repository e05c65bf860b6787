/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/num.h"
#include "sign/cbor.h"
#include "tests/unit/unit.h"

/* Lower-case hex to bytes in a block of exactly that size, so that a sanitizer sees every step beyond. */
static struct wp_span unhex(const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *bytes = wp_xmalloc(len + (len == 0));
    assert_true(wp_unhex(hex, bytes, len));
    return wp_span(bytes, len);
}

static void put(struct wp_buf *b, const struct sig_cbor *v)
{
    int64_t n = 0;
    switch (v->kind) {
    case SIG_CBOR_UINT:
    case SIG_CBOR_NEGATIVE:
        assert_true(sig_cbor_int(v, &n));
        sig_cbor_put_int(b, n);
        return;
    case SIG_CBOR_BYTES:
        sig_cbor_put_bytes(b, v->bytes);
        return;
    case SIG_CBOR_TEXT: {
        WP_AUTO_FREE char *text = wp_xstrndup((const char *)v->bytes.ptr, v->bytes.len);
        sig_cbor_put_text(b, text);
        return;
    }
    case SIG_CBOR_ARRAY:
        sig_cbor_put_array(b, v->count);
        break;
    case SIG_CBOR_MAP:
        sig_cbor_put_map(b, v->count / 2);
        break;
    case SIG_CBOR_TAG:
        sig_cbor_put_tag(b, v->number);
        break;
    case SIG_CBOR_SIMPLE:
        wp_buf_add(b, v->raw.ptr, v->raw.len);
        break;
    }
    for (size_t i = 0; i < v->count; i++) {
        put(b, &v->items[i]);
    }
}

/* RFC 8949, Appendix A, as far as it is within what is read here; each is written again as it was. */
static const char *const accepted[] = {
    "00",
    "17",
    "1818",
    "18ff",
    "190100",
    "19ffff",
    "1a00010000",
    "1a000f4240",
    "1affffffff",
    "1b0000000100000000",
    "1b000000e8d4a51000",
    "1b7fffffffffffffff",
    "20",
    "3863",
    "3903e7",
    "3b7fffffffffffffff",
    "f4",
    "f5",
    "f6",
    "c11a514b67b0",
    "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
    "40",
    "4401020304",
    "60",
    "6161",
    "62225c",
    "62c3bc",
    "64f0908591",
    "80",
    "83010203",
    "8301820203820405",
    "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
    "a0",
    "a201020304",
    "a26161016162820203",
    "826161a161626163",
    "818181818181818100", /* eight levels */
    "a2016162206161",
};

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(accepted); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        WP_AUTO_BUF struct wp_buf again = WP_BUF_INIT;
        struct wp_span bytes = unhex(accepted[i]);
        struct sig_cbor v;
        struct wp_err err = {0};
        if (sig_cbor_read(bytes, &a, &v, &err) != 0) {
            fail_msg("%s: %s", accepted[i], err.msg);
        }
        assert_true(v.raw.ptr == bytes.ptr && v.raw.len == bytes.len);
        put(&again, &v);
        assert_int_equal(again.len, bytes.len);
        assert_memory_equal(again.ptr, bytes.ptr, bytes.len);
        free((void *)bytes.ptr);
    }
}

static const struct {
    const char *hex, *words;
} refused[] = {
    {"", "at byte 0: it ends here"},
    {"18", "at byte 0: it ends within a number"},
    {"1901", "at byte 0: it ends within a number"},
    {"1a000102", "at byte 0: it ends within a number"},
    {"1b00010203040506", "at byte 0: it ends within a number"},
    {"1817", "at byte 0: a number longer than needed"},
    {"1900ff", "at byte 0: a number longer than needed"},
    {"1a0000ffff", "at byte 0: a number longer than needed"},
    {"1b00000000ffffffff", "at byte 0: a number longer than needed"},
    {"3817", "at byte 0: a number longer than needed"},
    {"5803010203", "at byte 0: a number longer than needed"},
    {"781761", "at byte 0: a number longer than needed"},
    {"1c", "at byte 0: a reserved length"},
    {"1e", "at byte 0: a reserved length"},
    {"5f42010243030405ff", "at byte 0: an indefinite length"},
    {"7f61616162ff", "at byte 0: an indefinite length"},
    {"9f0102ff", "at byte 0: an indefinite length"},
    {"bf616101ff", "at byte 0: an indefinite length"},
    {"ff", "at byte 0: an indefinite length"},
    {"4401", "at byte 1: a string longer than what is left"},
    {"5bffffffffffffffff", "at byte 9: a string longer than what is left"},
    {"6161ff", "at byte 2: more behind the end"},
    {"62c328", "at byte 1: text that is not UTF-8"},
    {"0000", "at byte 1: more behind the end"},
    {"8201", "at byte 1: more items than bytes are left"},
    {"820182", "at byte 3: more items than bytes are left"},
    {"9bffffffffffffffff", "at byte 9: more items than bytes are left"},
    {"bbffffffffffffffff", "at byte 9: more items than bytes are left"},
    {"bb8000000000000001", "at byte 9: more items than bytes are left"},
    {"a101", "at byte 1: more items than bytes are left"},
    {"c1", "at byte 1: more items than bytes are left"},
    {"a201000100", "at byte 3: a key for the second time"},
    {"a3010020000120", "at byte 5: a key for the second time"},
    {"a2616101616102", "at byte 4: a key for the second time"},
    {"f90000", "at byte 0: a float or an unknown simple value"},
    {"fa47c35000", "at byte 0: a float or an unknown simple value"},
    {"fb3ff199999999999a", "at byte 0: a float or an unknown simple value"},
    {"f7", "at byte 0: a float or an unknown simple value"},
    {"e0", "at byte 0: a float or an unknown simple value"},
    {"f814", "at byte 0: a float or an unknown simple value"},
    {"f8ff", "at byte 0: a float or an unknown simple value"},
    {"81818181818181818100", "at byte 9: nested deeper than 8 levels"},
    {"c1c1c1c1c1c1c1c1c100", "at byte 9: nested deeper than 8 levels"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(refused); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_span bytes = unhex(refused[i].hex);
        struct sig_cbor v;
        struct wp_err err = {0};
        if (sig_cbor_read(bytes, &a, &v, &err) == 0) {
            fail_msg("%s was accepted", refused[i].hex);
        }
        assert_string_equal(err.msg, refused[i].words);
        assert_int_equal(err.code, WP_E_INPUT);
        free((void *)bytes.ptr);
    }
}

/* Many small items in few bytes: the count is bounded, not only the bytes. */
static void test_many(void **state)
{
    (void)state;
    for (size_t n = 4095; n <= 4097; n++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct sig_cbor v;
        struct wp_err err = {0};
        sig_cbor_put_array(&b, n);
        for (size_t i = 0; i < n; i++) {
            sig_cbor_put_int(&b, 0);
        }
        assert_int_equal(sig_cbor_read(wp_buf_span(&b), &a, &v, &err), n > 4096 ? -1 : 0);
        assert_true(n <= 4096 || strcmp(err.msg, "at byte 3: more than 4096 items") == 0);
    }
}

static void test_look_up(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_span bytes = unhex("a50126616101182180206162646c6f6e6743010203");
    struct sig_cbor v;
    struct wp_err err = {0};
    int64_t n = 0;
    assert_int_equal(sig_cbor_read(bytes, &a, &v, &err), 0);
    assert_true(sig_cbor_int(sig_cbor_label(&v, 1), &n) && n == -7);
    assert_true(sig_cbor_int(sig_cbor_get(&v, "a"), &n) && n == 1);
    assert_int_equal(sig_cbor_label(&v, 33)->kind, SIG_CBOR_ARRAY);
    assert_true(sig_cbor_text_is(sig_cbor_label(&v, -1), "b"));
    assert_false(sig_cbor_text_is(sig_cbor_label(&v, -1), "bb"));
    assert_int_equal(sig_cbor_get(&v, "long")->bytes.len, 3);
    assert_null(sig_cbor_get(&v, "lon"));
    assert_null(sig_cbor_label(&v, 2));
    assert_null(sig_cbor_get(sig_cbor_label(&v, 33), "a"));
    assert_false(sig_cbor_int(sig_cbor_label(&v, 33), &n));
    assert_string_equal(sig_cbor_kind_name(&v), "a map");
    free((void *)bytes.ptr);

    struct wp_span large = unhex("1bffffffffffffffff");
    assert_int_equal(sig_cbor_read(large, &a, &v, &err), 0);
    assert_false(sig_cbor_int(&v, &n));
    free((void *)large.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_look_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
