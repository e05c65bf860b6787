/* SPDX-License-Identifier: Apache-2.0
 *
 * The option that names features. */
#include "../unit.h"
#include "runtime-min/feature.h"

#include <stdio.h>

struct words_case {
    const char *text;
    uint64_t start, with, without; /* start + with - without */
};

static void test_words(void **state)
{
    (void)state;
    uint64_t usual = wrt_features_default();
    uint64_t all = (UINT64_C(1) << WRT_BIT_COUNT) - 1;
    const struct words_case cases[] = {
        {"", usual, 0, 0},
        {"default", usual, 0, 0},
        {"all", all, 0, 0},
        {"mvp", WRT_F_NONE, 0, 0},
        {"mvp,simd,-simd", WRT_F_NONE, 0, 0},
        {"mvp,simd", 0, WRT_F_SIMD, 0},
        {"-gc", usual, 0, WRT_F_GC},
        {"wide-arithmetic,-threads", usual, WRT_F_WIDE_ARITHMETIC, WRT_F_THREADS},
        {"all,-cm-async", all, 0, WRT_F_CM_ASYNC},
        {"-simd,simd", usual, 0, 0},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(cases); i++) {
        struct wp_err err = {.code = WP_E_OK};
        uint64_t got = 0;
        assert_int_equal(wrt_features_parse(cases[i].text, &got, &err), 0);
        assert_true(got == ((cases[i].start | cases[i].with) & ~cases[i].without));
    }
}

struct refused_case {
    const char *text, *message, *hint;
};

static const struct refused_case refused[] = {
    {"thread", "'thread' is not a feature", "did you mean 'threads'?"},
    {"simd,mvp", "'mvp' is not a feature", "names as in 'simd,threads,-gc'; 'all', 'default' and 'mvp' may come first"},
    {"simd,,gc", "'' is not a feature", NULL},
    {"-", "'' is not a feature", NULL},
    {"simd ", "'simd ' is not a feature", "did you mean 'simd'?"},
    {"xyzzy", "'xyzzy' is not a feature", "names as in 'simd,threads,-gc'; 'all', 'default' and 'mvp' may come first"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' is not a feature", NULL},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(refused); i++) {
        struct wp_err err = {.code = WP_E_OK};
        uint64_t got = 7;
        assert_int_equal(wrt_features_parse(refused[i].text, &got, &err), -1);
        assert_int_equal(err.code, WP_E_USAGE);
        assert_string_equal(err.msg, refused[i].message);
        if (refused[i].hint) {
            assert_string_equal(err.hint, refused[i].hint);
        }
        assert_true(got == 7);
    }
}

static void test_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WRT_BIT_COUNT; i++) {
        struct wp_err err = {.code = WP_E_OK};
        uint64_t got = 0;
        char text[64];
        snprintf(text, sizeof(text), "mvp,%s", wrt_feature_name(i));
        assert_int_equal(wrt_features_parse(text, &got, &err), 0);
        assert_true(got == UINT64_C(1) << i);
        assert_true(strlen(wrt_feature_meaning(i)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
