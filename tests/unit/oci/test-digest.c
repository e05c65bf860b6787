/* SPDX-License-Identifier: Apache-2.0
 *
 * Digest texts. What is refused here never reaches a path or a URL. */
#include "oci/digest.h"
#include "oci/mediatype.h"
#include "tests/unit/unit.h"

#define HEX64  "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define HEX63  "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8"
#define UPPER  "44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A"
#define WHY(t) "'" t "' is not a digest: "

static void test_round_trip(void **state)
{
    (void)state;
    static const char *const rows[] = {"sha256:" HEX64, "sha512:" HEX64 HEX64};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct oci_digest d = {0};
        struct wp_err err = {0};
        assert_int_equal(oci_digest_parse(rows[i], &d, &err), 0);
        assert_true(oci_digest_is(rows[i]));
        char text[OCI_DIGEST_TEXT];
        assert_string_equal(oci_digest_text(&d, text), rows[i]);
        assert_int_equal(d.bytes[0], 0x44);
        assert_int_equal(d.bytes[31], 0x8a);
    }
}

static const struct {
    const char *name;
    const char *text;
    const char *want;
} refused[] = {
    {"path traversal", "sha256:../../x", WHY("sha256:../../x") "it has other than hex digits"},
    {"traversal of the right length",
     "sha256:../../../../../../../../../../../../../../../../../../../../../etc/passwd",
     WHY("sha256:../../../../../../../../../../../../../../../../../../../../../etc/passwd") "it has other than hex "
                                                                                             "digits"},
    {"no hex", "sha256:", WHY("sha256:") "it has 0 hex digits, expected 64"},
    {"upper-case algorithm", "SHA256:" HEX64, WHY("SHA256:" HEX64) "the algorithm must be in lower case"},
    {"mixed-case algorithm", "Sha512:" HEX64 HEX64, WHY("Sha512:" HEX64 HEX64) "the algorithm must be in lower case"},
    {"63 digits", "sha256:" HEX63, WHY("sha256:" HEX63) "it has 63 hex digits, expected 64"},
    {"65 digits", "sha256:" HEX64 "a", WHY("sha256:" HEX64 "a") "it has 65 hex digits, expected 64"},
    {"64 digits for sha512", "sha512:" HEX64, WHY("sha512:" HEX64) "it has 64 hex digits, expected 128"},
    {"upper-case hex", "sha256:" UPPER, WHY("sha256:" UPPER) "hex digits must be in lower case"},
    {"slash in the algorithm", "a/b:" HEX64, WHY("a/b:" HEX64) "the algorithm is neither sha256 nor sha512"},
    {"percent escape", "sha256:" HEX63 "%2f", WHY("sha256:" HEX63 "%2f") "it has other than hex digits"},
    {"embedded NUL", "sha256:44136f\0" HEX64, WHY("sha256:44136f") "it has 6 hex digits, expected 64"},
    {"md5", "md5:d41d8cd98f00b204e9800998ecf8427e",
     WHY("md5:d41d8cd98f00b204e9800998ecf8427e") "the algorithm is neither sha256 nor sha512"},
    {"sha384", "sha384:" HEX64, WHY("sha384:" HEX64) "the algorithm is neither sha256 nor sha512"},
    {"no algorithm", ":" HEX64, WHY(":" HEX64) "the algorithm is neither sha256 nor sha512"},
    {"algorithm cut short", "sha25:" HEX64, WHY("sha25:" HEX64) "the algorithm is neither sha256 nor sha512"},
    {"empty", "", WHY("") "expected 'sha256:' and 64 hex digits"},
    {"a tag", "sha256-" HEX64, WHY("sha256-" HEX64) "expected 'sha256:' and 64 hex digits"},
    {"leading blank", " sha256:" HEX64, WHY(" sha256:" HEX64) "the algorithm is neither sha256 nor sha512"},
    {"trailing blank", "sha256:" HEX64 " ", WHY("sha256:" HEX64 " ") "it has other than hex digits"},
    {"trailing newline", "sha256:" HEX64 "\n", WHY("sha256:" HEX64 "\\n") "it has other than hex digits"},
    {"terminal escape", "sha256:\x1b[2J", WHY("sha256:\\x1b[2J") "it has other than hex digits"},
    {"second colon", "sha256:sha256:" HEX64, WHY("sha256:sha256:" HEX64) "it has other than hex digits"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(refused); i++) {
        struct oci_digest d = {.alg = WP_SHA512, .bytes = {1}};
        struct wp_err err = {0};
        if (oci_digest_parse(refused[i].text, &d, &err) != -1) {
            fail_msg("accepted: %s", refused[i].name);
        }
        assert_int_equal(err.code, WP_E_INPUT);
        assert_string_equal(err.msg, refused[i].want);
        assert_false(oci_digest_is(refused[i].text));
        assert_true(d.alg == WP_SHA512 && d.bytes[0] == 1);
    }
}

static void test_flood(void **state)
{
    (void)state;
    static char text[100000] = "sha256:";
    memset(text + 7, 'a', sizeof(text) - 8);
    struct oci_digest d;
    struct wp_err err = {0};
    assert_int_equal(oci_digest_parse(text, &d, &err), -1);
    assert_true(strlen(err.msg) < 250);
    assert_non_null(strstr(err.msg, "it has 99992 hex digits, expected 64"));
}

/* A sha512 digest is shown whole, what is longer is cut. */
static void test_shown(void **state)
{
    (void)state;
    struct oci_digest d;
    struct wp_err err = {0};
    static const char whole[] = "SHA512:" HEX64 HEX64 "12345";
    static const char longer[] = "SHA512:" HEX64 HEX64 "123456";
    assert_int_equal(strlen(whole), 140);
    assert_int_equal(oci_digest_parse(whole, &d, &err), -1);
    assert_string_equal(err.msg, WHY("SHA512:" HEX64 HEX64 "12345") "the algorithm must be in lower case");
    assert_int_equal(oci_digest_parse(longer, &d, &err), -1);
    assert_string_equal(err.msg, WHY("SHA512:" HEX64 HEX64 "12345") "the algorithm must be in lower case");
}

static void test_derived(void **state)
{
    (void)state;
    struct oci_digest d;
    struct wp_err err = {0};
    oci_digest_of(WP_SHA256, wp_span_str("{}"), &d);
    char text[OCI_DIGEST_TEXT];
    char path[OCI_BLOB_PATH];
    assert_string_equal(oci_digest_text(&d, text), OCI_EMPTY_DIGEST);
    assert_string_equal(oci_digest_blob_path(&d, path), "blobs/sha256/" HEX64);
    assert_string_equal(oci_digest_referrers_tag(&d, text), "sha256-" HEX64);
    assert_int_equal(oci_digest_parse("sha512:" HEX64 UPPER, &d, &err), -1);
    assert_int_equal(oci_digest_parse("sha512:" HEX64 HEX64, &d, &err), 0);
    assert_string_equal(oci_digest_blob_path(&d, path), "blobs/sha512/" HEX64 HEX64);
    /* 128 hex digits would not fit a tag's 128 characters. */
    assert_string_equal(oci_digest_referrers_tag(&d, text), "sha512-" HEX64);
}

static void test_equal(void **state)
{
    (void)state;
    struct oci_digest a;
    struct oci_digest b;
    oci_digest_of(WP_SHA256, wp_span_str("x"), &a);
    oci_digest_of(WP_SHA256, wp_span_str("x"), &b);
    assert_true(oci_digest_equal(&a, &b));
    b.bytes[31] ^= 1;
    assert_false(oci_digest_equal(&a, &b));
    b.bytes[31] ^= 1;
    b.bytes[32] = 9; /* beyond a sha256 */
    assert_true(oci_digest_equal(&a, &b));
    b.alg = WP_SHA512;
    assert_false(oci_digest_equal(&a, &b));
    struct oci_digest none = {0};
    assert_false(oci_digest_equal(&none, &none));
}

static void test_algorithms(void **state)
{
    (void)state;
    enum wp_hash_alg alg = WP_SHA512;
    assert_string_equal(oci_digest_alg_name(WP_SHA256), "sha256");
    assert_string_equal(oci_digest_alg_name(WP_SHA512), "sha512");
    assert_string_equal(oci_digest_alg_name((enum wp_hash_alg)0), "");
    assert_true(oci_digest_alg_parse("sha256", &alg));
    assert_int_equal(alg, WP_SHA256);
    assert_false(oci_digest_alg_parse("SHA256", &alg));
    assert_false(oci_digest_alg_parse("sha2566", &alg));
    assert_false(oci_digest_alg_parse("", &alg));
}

/* Digests chosen to be alike in all but a few bytes must not meet in a table. */
static void test_hash(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 32; place += 8) {
        static bool taken[4096];
        memset(taken, 0, sizeof(taken));
        size_t distinct = 0;
        for (unsigned i = 0; i < WP_ARRAY_LEN(taken); i++) {
            struct oci_digest d = {.alg = WP_SHA256};
            d.bytes[place] = (uint8_t)i;
            d.bytes[place + 7] = (uint8_t)(i >> 8);
            uint64_t h = oci_digest_hash(&d, UINT64_C(0x0123456789abcdef));
            assert_true(h == oci_digest_hash(&d, UINT64_C(0x0123456789abcdef)));
            assert_true(h != oci_digest_hash(&d, UINT64_C(0x0fedcba987654321)));
            distinct += !taken[h % WP_ARRAY_LEN(taken)];
            taken[h % WP_ARRAY_LEN(taken)] = true;
        }
        /* Random ones fill 1 - 1/e of the places. */
        assert_in_range(distinct, 2400, 2800);
    }
    assert_true(oci_digest_seed() != oci_digest_seed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refused), cmocka_unit_test(test_flood),
        cmocka_unit_test(test_shown),      cmocka_unit_test(test_derived), cmocka_unit_test(test_equal),
        cmocka_unit_test(test_algorithms), cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
