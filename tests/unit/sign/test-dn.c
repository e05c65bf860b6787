/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "sign/dn.h"
#include "tests/unit/unit.h"

static const struct {
    const char *text;
    const char *parts; /* "TYPE=value|…" */
} accepted[] = {
    {"C=US,ST=WA,O=acme", "C=US|ST=WA|O=acme"},
    {" C=US, ST=WA, L=Seattle, O=acme-rockets.io, OU=Finance, CN=SecureBuilder",
     "C=US|ST=WA|L=Seattle|O=acme-rockets.io|OU=Finance|CN=SecureBuilder"},
    {"c = US , s=WA,o= acme rockets ", "C=US|ST=WA|O=acme rockets"},
    {"O=a\\, b\\+c\\\"d\\\\e\\;f\\<g\\>h\\=i\\#j", "O=a, b+c\"d\\e;f<g>h=i#j"},
    {"O=\\ a\\ ,C=x", "O= a |C=x"},
    {"O=\\c3\\BC\\2c", "O=\xc3\xbc,"},
    {"O=a=b", "O=a=b"},
    {"O=a#b", "O=a#b"},
    {"2.5.4.3=me,1.2.840.113549.1.9.1=m@x", "CN=me|1.2.840.113549.1.9.1=m@x"},
    {"emailAddress=m@x", "EMAILADDRESS=m@x"},
};

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(accepted); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct sig_dn dn;
        struct wp_err err = {0};
        if (sig_dn_read(accepted[i].text, &a, &dn, &err) != 0) {
            fail_msg("%s: %s", accepted[i].text, err.msg);
        }
        for (size_t j = 0; j < dn.count; j++) {
            wp_buf_printf(&b, "%s%s=%s", j > 0 ? "|" : "", dn.parts[j].type, dn.parts[j].value);
        }
        assert_string_equal(b.ptr, accepted[i].parts);
    }
}

static const struct {
    const char *text, *words;
} refused[] = {
    {"", "'' is no attribute (TYPE=VALUE)"},
    {"C=US,", "'' is no attribute (TYPE=VALUE)"},
    {"C=US,,O=x", "'' is no attribute (TYPE=VALUE)"},
    {"acme", "'acme' is no attribute (TYPE=VALUE)"},
    {"=x", "'' is no type of attribute"},
    {"C N=x", "'C N' is no type of attribute"},
    {"2.5.x=y", "'2.5.x' is no type of attribute"},
    {"C=", "C: an attribute without a value"},
    {"C= ,O=x", "C: an attribute without a value"},
    {"C=#0c0255", "C: a value in hex ('#') is not supported"},
    {"C=US+O=x", "C: several attributes in one part ('+') are not supported"},
    {"C=US;O=x", "C: ';' must be escaped with '\\'"},
    {"O=\"a,b\"", "O: '\"' must be escaped with '\\'"},
    {"O=a\\", "O: '\\' escapes nothing that can be escaped"},
    {"O=a\\x", "O: '\\' escapes nothing that can be escaped"},
    {"O=a\\00", "O: '\\' escapes nothing that can be escaped"},
    {"O=\\ff", "O: a value that is not UTF-8"},
    {"C=US,O=a,C=DE", "C stands there twice"},
    {"ST=a,S=b", "ST stands there twice"},
    {"CN=a,2.5.4.3=b", "CN stands there twice"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(refused); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct sig_dn dn;
        struct wp_err err = {0};
        if (sig_dn_read(refused[i].text, &a, &dn, &err) == 0) {
            fail_msg("'%s' was accepted", refused[i].text);
        }
        assert_string_equal(err.msg, refused[i].words);
        assert_int_equal(err.code, WP_E_INPUT);
    }
}

static void test_many(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct sig_dn dn;
    struct wp_err err = {0};
    for (int i = 0; i <= SIG_DN_PARTS; i++) {
        wp_buf_printf(&b, "%s1.%d=x", i > 0 ? "," : "", i);
        assert_int_equal(sig_dn_read(b.ptr, &a, &dn, &err), i < SIG_DN_PARTS ? 0 : -1);
    }
    assert_string_equal(err.msg, "more than 32 attributes");
}

static void test_within(void **state)
{
    (void)state;
    static const struct {
        const char *few, *all;
        bool yes;
    } rows[] = {
        {"C=US,ST=WA,O=acme", "CN=x,O=acme,ST=WA,C=US", true},
        {"C=US,S=WA,O=acme,CN=x", "CN=x,O=acme,ST=WA,C=US", true},
        {"C=US,ST=WA,O=acme,CN=y", "CN=x,O=acme,ST=WA,C=US", false},
        {"C=US,ST=WA,O=acme,OU=y", "CN=x,O=acme,ST=WA,C=US", false},
        {"C=us,ST=WA,O=acme", "CN=x,O=acme,ST=WA,C=US", false},
        {"C=US,ST=WA,O=acm", "CN=x,O=acme,ST=WA,C=US", false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct sig_dn few;
        struct sig_dn all;
        struct wp_err err = {0};
        assert_int_equal(sig_dn_read(rows[i].few, &a, &few, &err), 0);
        assert_int_equal(sig_dn_read(rows[i].all, &a, &all, &err), 0);
        assert_int_equal(sig_dn_within(&few, &all), rows[i].yes);
    }
}

/* A certificate's name, with an attribute whose string type is not UTF-8's. */
static void test_of_name(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct sig_dn dn;
    struct wp_err err = {0};
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)"US", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "ST", V_ASN1_T61STRING, (const unsigned char *)"W\xc4", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "emailAddress", MBSTRING_ASC, (const unsigned char *)"m@x", -1, -1, 0);
    assert_int_equal(sig_dn_of_name(name, &a, &dn, &err), 0);
    assert_int_equal(dn.count, 3);
    assert_string_equal(sig_dn_get(&dn, "C"), "US");
    assert_string_equal(sig_dn_get(&dn, "ST"), "W\xc3\x84");
    assert_string_equal(sig_dn_get(&dn, "1.2.840.113549.1.9.1"), "m@x");
    assert_null(sig_dn_get(&dn, "O"));

    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)"DE", -1, -1, 0);
    assert_int_equal(sig_dn_of_name(name, &a, &dn, &err), -1);
    assert_string_equal(err.msg, "C stands there twice");
    X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, 3));
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"acme", -1, -1, -1);
    assert_int_equal(sig_dn_of_name(name, &a, &dn, &err), -1);
    assert_string_equal(err.msg, "several attributes in one part are not supported");
    X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, 3));
    X509_NAME_add_entry_by_txt(name, "O", V_ASN1_UTF8STRING, (const unsigned char *)"a\0b", 3, -1, 0);
    assert_int_equal(sig_dn_of_name(name, &a, &dn, &err), -1);
    assert_string_equal(err.msg, "an attribute that is no text");
    X509_NAME_free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted), cmocka_unit_test(test_refused), cmocka_unit_test(test_many),
        cmocka_unit_test(test_within),   cmocka_unit_test(test_of_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
