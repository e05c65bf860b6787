/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of features, and the option that names them. */
#include "runtime-min/feature.h"

#include "base/text.h"

struct row {
    const char *name;
    bool on;
    const char *meaning;
};

static const struct row rows[] = {
#define WRT_FEATURE_ROW(name, text, on, what) {text, on, what},
    WRT_FEATURES(WRT_FEATURE_ROW)
#undef WRT_FEATURE_ROW
};

uint64_t wrt_features_default(void)
{
    uint64_t set = 0;
    for (unsigned i = 0; i < WRT_BIT_COUNT; i++) {
        set |= rows[i].on ? UINT64_C(1) << i : 0;
    }
    return set;
}

const char *wrt_feature_name(unsigned bit)
{
    return rows[bit].name;
}

const char *wrt_feature_meaning(unsigned bit)
{
    return rows[bit].meaning;
}

static int unknown(const char *word, struct wp_err *err)
{
    static const char *const words[] = {
#define WRT_FEATURE_WORD(name, text, on, what) text,
        WRT_FEATURES(WRT_FEATURE_WORD)
#undef WRT_FEATURE_WORD
            "all",
        "default", "mvp", NULL};
    const char *near = wp_nearest(word, words);
    wp_fail(err, WP_E_USAGE, "'%s' is not a feature", word);
    return near && !wp_str_eq(near, word)
               ? wp_hint(err, "did you mean '%s'?", near)
               : wp_hint(err, "names as in 'simd,threads,-gc'; 'all', 'default' and 'mvp' may come first");
}

static int one_word(const char *word, bool first, uint64_t *set, struct wp_err *err)
{
    if (first && wp_str_eq(word, "all")) {
        *set = (UINT64_C(1) << WRT_BIT_COUNT) - 1;
        return 0;
    }
    if (first && wp_str_eq(word, "default")) {
        return 0;
    }
    if (first && wp_str_eq(word, "mvp")) {
        *set = 0;
        return 0;
    }
    bool off = word[0] == '-';
    for (unsigned i = 0; i < WRT_BIT_COUNT; i++) {
        if (wp_str_eq(word + off, rows[i].name)) {
            uint64_t bit = UINT64_C(1) << i;
            *set = off ? *set & ~bit : *set | bit;
            return 0;
        }
    }
    return unknown(word + off, err);
}

int wrt_features_parse(const char *text, uint64_t *ret, struct wp_err *err)
{
    uint64_t set = wrt_features_default();
    bool first = true;
    for (const char *p = text; *text != '\0'; first = false) {
        size_t len = strcspn(p, ",");
        char word[40];
        if (len >= sizeof(word)) {
            return wp_fail(err, WP_E_USAGE, "'%.*s...' is not a feature", (int)sizeof(word), p);
        }
        memcpy(word, p, len);
        word[len] = '\0';
        if (one_word(word, first, &set, err) < 0) {
            return -1;
        }
        if (p[len] == '\0') {
            break;
        }
        p += len + 1;
    }
    *ret = set != 0 ? set : WRT_F_NONE;
    return 0;
}
