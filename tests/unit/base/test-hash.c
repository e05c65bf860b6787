/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashes against the published values (FIPS 180-4 examples). */
#include "base/hash.h"
#include "base/num.h"
#include "tests/unit/unit.h"

static const struct {
    enum wp_hash_alg alg;
    const char *text;
    const char *hex;
} rows[] = {
    {WP_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {WP_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {WP_SHA256, "{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
    {WP_SHA512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
     "2a9ac94fa54ca49f"},
};

static void test_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        uint8_t sum[WP_HASH_MAX];
        char hex[2 * WP_HASH_MAX + 1];
        wp_hash_bytes(rows[i].alg, wp_span_str(rows[i].text), sum);
        wp_hex(sum, wp_hash_size(rows[i].alg), hex);
        assert_string_equal(hex, rows[i].hex);
        /* Byte by byte, and again after a reset in the middle of something else. */
        WP_AUTO_HASH struct wp_hash *h = wp_hash_new(rows[i].alg);
        wp_hash_add(h, "noise", 5);
        wp_hash_reset(h);
        for (const char *s = rows[i].text; *s != '\0'; s++) {
            wp_hash_add(h, s, 1);
        }
        wp_hash_add(h, "", 0);
        wp_hash_end(h, sum);
        wp_hex(sum, wp_hash_size(rows[i].alg), hex);
        assert_string_equal(hex, rows[i].hex);
    }
}

/* Looking at it changes nothing. */
static void test_peek(void **state)
{
    (void)state;
    for (enum wp_hash_alg alg = WP_SHA256; alg <= WP_SHA512; alg++) {
        WP_AUTO_HASH struct wp_hash *h = wp_hash_new(alg);
        uint8_t want[WP_HASH_MAX];
        uint8_t got[WP_HASH_MAX];
        wp_hash_add(h, "one", 3);
        wp_hash_peek(h, got);
        wp_hash_bytes(alg, wp_span_str("one"), want);
        assert_memory_equal(got, want, wp_hash_size(alg));
        wp_hash_add(h, "two", 3);
        wp_hash_end(h, got);
        wp_hash_bytes(alg, wp_span_str("onetwo"), want);
        assert_memory_equal(got, want, wp_hash_size(alg));
    }
}

static void test_size(void **state)
{
    (void)state;
    assert_int_equal(wp_hash_size(WP_SHA256), 32);
    assert_int_equal(wp_hash_size(WP_SHA512), 64);
    assert_int_equal(wp_hash_size((enum wp_hash_alg)0), 0);
    wp_hash_free(NULL);
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(wp_equal_secret("abc", "abc", 3));
    assert_false(wp_equal_secret("abc", "abd", 3));
    assert_true(wp_equal_secret("abc", "abd", 2));
    assert_true(wp_equal_secret("", "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_peek),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
