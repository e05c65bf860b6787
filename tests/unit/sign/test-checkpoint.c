/* SPDX-License-Identifier: Apache-2.0
 *
 * Checkpoints: what is one, and whose signature counts. */
#include "base/mem.h"
#include "base/num.h"
#include "sign/key-int.h"
#include "sign/material-int.h"
#include "tests/unit/unit.h"

#include <openssl/evp.h>

#define DASH "\xe2\x80\x94 "
#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define LINE DASH "log.example AAAAAAA=\n"

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *note, *words;
    } rows[] = {
        {"", "no blank line"},
        {"log.example\n5\n" ROOT "\n", "no blank line"},
        {"\n\n", "no origin"},
        {"log.example\n\n" LINE, "no size of the tree"},
        {"log.example\nx\n" ROOT "\n\n" LINE, "no size of the tree"},
        {"log.example\n05\n" ROOT "\n\n" LINE, "no size of the tree"},
        {"log.example\n+5\n" ROOT "\n\n" LINE, "no size of the tree"},
        {"log.example\n99999999999999999999\n" ROOT "\n\n" LINE, "no size of the tree"},
        {"log.example\n999999999999999999999999999999\n" ROOT "\n\n" LINE, "no size of the tree"},
        {"log.example\n5\n\n" LINE, "no root hash"},
        {"log.example\n5\nAAAA\n\n" LINE, "no root hash"},
        {"log.example\n5\n" ROOT "\n\n", "no signature"},
        {"log.example\n5\n" ROOT "\n\n" DASH "log.example AAAAAAA=", "its last line has no end"},
        {"log.example\n5\n" ROOT "\n\n- log.example AAAAAAA=\n", "a line that is no signature"},
        {"log.example\n5\n" ROOT "\n\n" DASH " AAAAAAA=\n", "a line that is no signature"},
        {"log.example\n5\n" ROOT "\n\n" DASH "log.example\n", "a line that is no signature"},
        {"log.example\n5\n" ROOT "\n\n" DASH "log.example AAAA\n", "a line that is no signature"},
        {"log.example\n5\n" ROOT "\n\n" DASH "log.example !\n", "a line that is no signature"},
        {"log.example\n5\n" ROOT "\n\n" LINE "\n", "a line that is no signature"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        struct sig_checkpoint cp;
        assert_int_equal(sig_checkpoint_read(wp_span_str(rows[i].note), &cp, &err), -1);
        if (strstr(err.msg, rows[i].words) == NULL) {
            fail_msg("%zu: %s", i, err.msg);
        }
    }
}

static void test_read(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct sig_checkpoint cp;
    const char *note = "log.example - 12\n18446744073709551615\n" ROOT "\nmore\n\n" LINE;
    assert_int_equal(sig_checkpoint_read(wp_span_str(note), &cp, &err), 0);
    assert_true(cp.size == UINT64_MAX);
    assert_int_equal(cp.origin.len, 16);
    assert_int_equal(cp.signed_text.len, strlen(note) - strlen(LINE) - 1);
    assert_int_equal(cp.signatures.len, strlen(LINE));
}

static void test_too_many(void **state)
{
    (void)state;
    struct wp_err err = {0};
    struct sig_checkpoint cp;
    WP_AUTO_BUF struct wp_buf note = WP_BUF_INIT;
    wp_buf_add_str(&note, "log.example\n5\n" ROOT "\n\n");
    for (size_t i = 0; i < 64; i++) {
        wp_buf_add_str(&note, LINE);
    }
    assert_int_equal(sig_checkpoint_read(wp_buf_span(&note), &cp, &err), 0);
    wp_buf_add_str(&note, LINE);
    assert_int_equal(sig_checkpoint_read(wp_buf_span(&note), &cp, &err), -1);
}

/* ---- whose ---- */

struct fixture {
    EVP_PKEY *key;
    struct sig_root_log log;
};

static int set_up(void **state)
{
    struct fixture *f = wp_xcalloc(1, sizeof(*f));
    struct wp_err err = {0};
    f->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    f->log = (struct sig_root_log){.name = "log.example", .alg = SIG_ALG_ED25519, .note_hint = {1, 2, 3, 4}};
    assert_int_equal(sig_pub_of_evp(f->key, "log", &f->log.key, &err), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    sig_pub_free(f->log.key);
    EVP_PKEY_free(f->key);
    free(f);
    return 0;
}

/* "— name BASE64(hint, signature over text)" appended. */
static void put_line(const struct fixture *f, const char *name, const char *hint, const char *text, struct wp_buf *b)
{
    uint8_t bytes[4 + 64];
    size_t len = 64;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    memcpy(bytes, hint, 4);
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, f->key), 1);
    assert_int_equal(EVP_DigestSign(ctx, bytes + 4, &len, (const uint8_t *)text, strlen(text)), 1);
    EVP_MD_CTX_free(ctx);
    wp_buf_printf(b, DASH "%s ", name);
    wp_base64(b, wp_span(bytes, sizeof(bytes)), false);
    wp_buf_add_char(b, '\n');
}

static bool is_by_log(const struct fixture *f, const char *text, const char *before, const char *name, const char *hint)
{
    struct wp_err err = {0};
    struct sig_checkpoint cp;
    WP_AUTO_BUF struct wp_buf note = WP_BUF_INIT;
    wp_buf_printf(&note, "%s\n%s", text, before);
    put_line(f, name, hint, text, &note);
    if (sig_checkpoint_read(wp_buf_span(&note), &cp, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    return sig_checkpoint_by(&cp, &f->log);
}

static void test_whose(void **state)
{
    struct fixture *f = *state;
    const char *text = "log.example\n5\n" ROOT "\n";
    const char *hint = "\1\2\3\4";
    assert_true(is_by_log(f, text, "", "log.example", hint));
    assert_true(is_by_log(f, text, DASH "witness.example AQIDBAAA\n", "log.example", hint));
    assert_true(is_by_log(f, text, DASH "log.example AQIDBAAA\n", "log.example", hint));
    assert_true(is_by_log(f, "log.example - 99\n5\n" ROOT "\n", "", "log.example", hint));
    assert_false(is_by_log(f, text, "", "log.example", "\1\2\3\5"));
    assert_false(is_by_log(f, text, "", "log.example2", hint));
    assert_false(is_by_log(f, "log.example2\n5\n" ROOT "\n", "", "log.example", hint));
    assert_false(is_by_log(f, "other.example\n5\n" ROOT "\n", "", "other.example", hint));
    /* Rekor v1 calls itself as its machine is called. */
    assert_true(is_by_log(f, "pod-1 - 99\n5\n" ROOT "\n", "", "pod-1", hint));
    assert_false(is_by_log(f, "pod-1 - 99\n5\n" ROOT "\n", "", "log.example", hint));
    assert_false(is_by_log(f, "pod-1 - 99\n5\n" ROOT "\n", "", "pod", hint));
    assert_false(is_by_log(f, "pod-1 - \n5\n" ROOT "\n", "", "pod-1", hint));
    assert_false(is_by_log(f, "pod-1 - 9x\n5\n" ROOT "\n", "", "pod-1", hint));
    assert_false(is_by_log(f, "pod-1 9999\n5\n" ROOT "\n", "", "pod-1", hint));
    f->log.name = "log.example:8443";
    assert_true(is_by_log(f, text, "", "log.example", hint));
    assert_true(is_by_log(f, "log.example:8443\n5\n" ROOT "\n", "", "log.example:8443", hint));
    assert_false(is_by_log(f, "log.exampl\n5\n" ROOT "\n", "", "log.exampl", hint));
    f->log.name = "log.example/2026";
    assert_true(is_by_log(f, "log.example/2026\n5\n" ROOT "\n", "", "log.example/2026", hint));
    assert_true(is_by_log(f, text, "", "log.example", hint));
    f->log.name = ""; /* only the key is known */
    assert_true(is_by_log(f, "other.example\n5\n" ROOT "\n", "", "other.example", hint));
    assert_false(is_by_log(f, "other.example\n5\n" ROOT "\n", "", "log.example", hint));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test_setup_teardown(test_whose, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
