/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors: codes and statuses, escaping, context, hints. */
#include "base/err.h"
#include "tests/unit/unit.h"

#include <errno.h>

static void test_fail(void **state)
{
    (void)state;
    struct wp_err err = {.hint = "old"};
    assert_int_equal(wp_fail(&err, WP_E_INPUT, "%s: %d", "x.json", 7), -1);
    assert_int_equal(err.code, WP_E_INPUT);
    assert_string_equal(err.msg, "x.json: 7");
    assert_string_equal(err.hint, "");
    wp_err_clear(&err);
    assert_int_equal(err.code, WP_E_OK);
    assert_string_equal(err.msg, "");
}

static void test_escape(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *want;
    } rows[] = {
        {"plain 'text'", "plain 'text'"},
        {"a\nb\rc\td", "a\\nb\\rc\\td"},
        {"\x1b[2Jx", "\\x1b[2Jx"},
        {"del\x7f", "del\\x7f"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"bad \xff\xc3", "bad \\xff\\xc3"},
        {"over\xc0\x80long", "over\\xc0\\x80long"},
        {"rlo \xe2\x80\xae!", "rlo \\u{202e}!"},
        {"c1 \xc2\x9b!", "c1 \\u{9b}!"},
        {"back\\slash", "back\\slash"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        assert_int_equal(wp_fail(&err, WP_E_OTHER, "%s", rows[i].in), -1);
        assert_string_equal(err.msg, rows[i].want);
    }
}

static void test_arguments_inside(void **state)
{
    (void)state;
    struct wp_err err = {0};
    wp_fail(&err, WP_E_IO, "inner");
    wp_fail(&err, WP_E_OTHER, "outer (%s)", err.msg);
    assert_string_equal(err.msg, "outer (inner)");
    wp_hint(&err, "was: %s", err.msg);
    assert_string_equal(err.hint, "was: outer (inner)");
}

static void test_long(void **state)
{
    (void)state;
    static char text[10000];
    memset(text, 'x', sizeof(text) - 1);
    struct wp_err err = {0};
    wp_fail(&err, WP_E_OTHER, "%s", text);
    assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
    assert_string_equal(err.msg + sizeof(err.msg) - 5, "x...");
    wp_wrap(&err, "%s", text);
    assert_string_equal(err.msg + sizeof(err.msg) - 5, "x...");
    wp_fail_errno(&err, EIO, "%s", text);
    assert_string_equal(err.msg + sizeof(err.msg) - 5, "x...");
    wp_hint(&err, "%s", text);
    assert_int_equal(strlen(err.hint), sizeof(err.hint) - 1);
    /* The cut never splits a character. */
    for (size_t i = 0; i + 2 < sizeof(text) - 1; i += 2) {
        memcpy(text + i, "\xc3\xbc", 2);
    }
    wp_fail(&err, WP_E_OTHER, "%s", text);
    size_t len = strlen(err.msg);
    assert_true(len >= sizeof(err.msg) - 3);
    assert_string_equal(err.msg + len - 5, "\xc3\xbc...");
    /* An escape is not cut either. */
    memset(text, '\n', sizeof(text) - 1);
    wp_fail(&err, WP_E_OTHER, "%s", text);
    len = strlen(err.msg);
    assert_string_equal(err.msg + len - 5, "\\n...");
    assert_int_equal((len - 3) % 2, 0);
}

static void test_errno(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        enum wp_code code;
        const char *want;
    } rows[] = {
        {ENOENT, WP_E_NOT_FOUND, "open 'f': No such file or directory"},
        {ENOTDIR, WP_E_NOT_FOUND, "open 'f': Not a directory"},
        {EEXIST, WP_E_EXISTS, "open 'f': File exists"},
        {ECONNREFUSED, WP_E_NETWORK, "open 'f': Connection refused"},
        {ETIMEDOUT, WP_E_NETWORK, "open 'f': Connection timed out"},
        {EPIPE, WP_E_PIPE, "open 'f': Broken pipe"},
        {ENOSPC, WP_E_IO, "open 'f': No space left on device"},
        {EACCES, WP_E_IO, "open 'f': Permission denied"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {.hint = "old"};
        assert_int_equal(wp_fail_errno(&err, rows[i].errnum, "open '%s'", "f"), -1);
        assert_int_equal(err.code, rows[i].code);
        assert_string_equal(err.msg, rows[i].want);
        assert_string_equal(err.hint, "");
    }
}

static void test_wrap_and_hint(void **state)
{
    (void)state;
    struct wp_err err = {0};
    wp_fail(&err, WP_E_DENIED, "refused\n");
    wp_hint(&err, "log in");
    assert_int_equal(wp_wrap(&err, "push %s", "a\nb"), -1);
    assert_int_equal(err.code, WP_E_DENIED);
    assert_string_equal(err.msg, "push a\\nb: refused\\n");
    assert_string_equal(err.hint, "log in");
    assert_int_equal(wp_hint(&err, "one\ntwo \x1b[0m\n%s", "three"), -1);
    assert_string_equal(err.hint, "one\ntwo \\x1b[0m\nthree");
}

static void test_codes(void **state)
{
    (void)state;
    static const struct {
        enum wp_code code;
        int status;
        const char *slug;
    } rows[] = {
        {WP_E_OK, 0, "ok"},
        {WP_E_OTHER, 1, "other"},
        {WP_E_IO, 1, "io"},
        {WP_E_EXISTS, 1, "exists"},
        {WP_E_UNSUPPORTED, 1, "unsupported"},
        {WP_E_USAGE, 2, "usage"},
        {WP_E_INPUT, 2, "invalid-input"},
        {WP_E_NOT_FOUND, 3, "not-found"},
        {WP_E_DENIED, 4, "denied"},
        {WP_E_NETWORK, 5, "network"},
        {WP_E_INTEGRITY, 6, "integrity"},
        {WP_E_NO_SIGNATURE, 10, "no-signature"},
        {WP_E_NO_SIGNED_REF, 11, "signed-reference-not-found"},
        {WP_E_UNSATISFIED, 12, "signature-mismatch"},
        {WP_E_CERTIFICATE, 13, "certificate"},
        {WP_E_CANNOT_TELL, 14, "cannot-tell"},
        {WP_E_MODULE, 20, "module-invalid"},
        {WP_E_SMOKE, 21, "smoke-test-failed"},
        {WP_E_POLICY, 22, "policy-denied"},
        {WP_E_LIMIT, 23, "limit"},
        {WP_E_PARTIAL, 30, "partial"},
        {WP_E_INTERRUPTED, 130, "interrupted"},
        {WP_E_PIPE, 141, "pipe-closed"},
    };
    assert_int_equal(WP_ARRAY_LEN(rows), WP_E_COUNT);
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        assert_int_equal(wp_code_status(rows[i].code), rows[i].status);
        assert_string_equal(wp_code_slug(rows[i].code), rows[i].slug);
        assert_true(wp_code_meaning(rows[i].code)[0] != '\0');
    }
    assert_int_equal(wp_code_status((enum wp_code)999), 1);
    assert_string_equal(wp_code_slug((enum wp_code)999), "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail),  cmocka_unit_test(test_escape), cmocka_unit_test(test_arguments_inside),
        cmocka_unit_test(test_long),  cmocka_unit_test(test_errno),  cmocka_unit_test(test_wrap_and_hint),
        cmocka_unit_test(test_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
