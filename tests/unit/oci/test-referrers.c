/* SPDX-License-Identifier: Apache-2.0
 *
 * oci/referrers.h: what counts as a list, entries, and edits that keep the other entries. */
#include "base/limits.h"
#include "oci/referrers.h"
#include "tests/unit/unit.h"

#define D1 "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define D2 "sha256:b5e5153f12edd20b55a45c90cd196b35957e19d8d083063b0f3c1b2d77b0b0e6"
#define D3 "sha256:fdd79a12cbd54c1b0da5f412ca38eb4b7e1015250b0b9fa16389fa0326a0da22"

/* Entries as this program writes them. */
#define E1                                                                                           \
    "{\"annotations\":{\"k\":\"v\"},\"artifactType\":\"a/1\",\"data\":\"aGVsbG8=\",\"digest\":\"" D1 \
    "\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"platform\":{\"architecture\":\"wasm\",\"os\":\"wasip1\"},\"size\":5}"
#define E2 "{\"artifactType\":\"a/2\",\"digest\":\"" D2 "\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":133}"
#define E3 "{\"digest\":\"" D3 "\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":192}"

static void list_of(struct wp_buf *b, const char *annotations, const char *entries)
{
    wp_buf_printf(b, "{%s\"manifests\":[%s],\"mediaType\":\"" OCI_MT_INDEX "\",\"schemaVersion\":2}", annotations,
                  entries);
}

static struct oci_desc desc(const char *artifact_type, const char *digest, uint64_t size)
{
    struct oci_desc d = {.media_type = OCI_MT_MANIFEST, .size = size, .artifact_type = artifact_type};
    struct wp_err err = {0};
    assert_int_equal(oci_digest_parse(digest, &d.digest, &err), 0);
    return d;
}

struct edit_row {
    const char *old; /* entries; NULL: no list yet */
    const char *digest;
    const char *artifact_type;
    uint64_t size;
    bool remove;
    const char *new; /* entries; NULL: nothing to do */
};

static void test_edit(void **state)
{
    (void)state;
    static const struct edit_row rows[] = {
        {NULL, D2, "a/2", 133, false, E2},
        {NULL, D2, "a/2", 133, true, NULL},
        {"", D2, "a/2", 133, false, E2},
        {E1 "," E3, D2, "a/2", 133, false, E1 "," E3 "," E2},
        {E1 "," E2 "," E3, D2, "a/2", 133, false, NULL},
        {E3 "," E1 "," E2, D3, "a/3", 192, false,
         "{\"artifactType\":\"a/3\",\"digest\":\"" D3 "\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":192}," E1
         "," E2},
        {E1 "," E2 "," E3, D2, "a/2", 133, true, E1 "," E3},
        {E2, D2, NULL, 133, true, ""},
        {E1, D2, NULL, 133, true, NULL},
        {E2 "," E1 "," E2, D2, "a/2", 133, false, E2 "," E1},
        {E2 "," E1 "," E2, D2, "a/2", 133, true, E1},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf old = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
        struct wp_err err = {0};
        if (rows[i].old != NULL) {
            list_of(&old, "", rows[i].old);
        }
        wp_buf_add_str(&got, "earlier");
        struct oci_desc entry = desc(rows[i].artifact_type, rows[i].digest, rows[i].size);
        int changed = oci_referrers_edit(wp_buf_span(&old), &entry, 1, rows[i].remove, &got, &err);
        assert_int_equal(changed, rows[i].new != NULL);
        if (rows[i].new == NULL) {
            assert_string_equal(got.ptr, "earlier");
            continue;
        }
        list_of(&want, "", rows[i].new);
        assert_string_equal(got.ptr, want.ptr);
    }
}

static void test_edit_keeps_the_list_itself(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf old = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
    struct wp_err err = {0};
    struct oci_desc entry = desc("a/2", D2, 133);
    list_of(&old, "\"annotations\":{\"by\":\"x\"},\"artifactType\":\"l/l\",", E1);
    assert_int_equal(oci_referrers_edit(wp_buf_span(&old), &entry, 1, false, &got, &err), 1);
    list_of(&want, "\"annotations\":{\"by\":\"x\"},\"artifactType\":\"l/l\",", E1 "," E2);
    assert_string_equal(got.ptr, want.ptr);
}

static void test_edit_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *old;
        const char *message;
    } rows[] = {
        {"{}", "list of referrers: neither a manifest nor an index: no mediaType, config, layers or manifests"},
        {"{\"config\":" E3 ",\"layers\":[]}", "list of referrers: not an index but '" OCI_MT_MANIFEST "'"},
        {"{\"manifests\":[{}]}", "list of referrers: /manifests/0/mediaType: is missing"},
        {"x", "list of referrers: invalid JSON at byte 0: invalid token near 'x'"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
        struct wp_err err = {0};
        struct oci_desc entry = desc("a/2", D2, 133);
        assert_int_equal(oci_referrers_edit(wp_span_str(rows[i].old), &entry, 1, false, &got, &err), -1);
        assert_string_equal(err.msg, rows[i].message);
        assert_int_equal(err.code, WP_E_INTEGRITY);
        assert_int_equal(got.len, 0);
    }
}

static void test_edit_limit(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf entries = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf list = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
    struct wp_err err = {0};
    struct oci_desc entry = desc("a/2", D2, 133);
    struct wp_json_out o = wp_json_out(&entries);
    for (uint64_t i = 0; i < WP_LIMIT_REFERRERS - 1; i++) {
        struct oci_desc other = entry;
        oci_digest_of(WP_SHA256, wp_span(&i, sizeof(i)), &other.digest);
        oci_desc_write(&o, &other);
        wp_buf_add_char(&entries, ',');
    }
    wp_buf_add_str(&entries, E1);
    list_of(&list, "", entries.ptr);
    assert_int_equal(oci_referrers_edit(wp_buf_span(&list), &entry, 1, false, &got, &err), -1);
    assert_string_equal(err.msg, "list of referrers: 1001 entries, the limit is 1000");
    assert_int_equal(err.code, WP_E_LIMIT);
    entry = desc("a/1", D1, 5);
    assert_int_equal(oci_referrers_edit(wp_buf_span(&list), &entry, 1, false, &got, &err), 1);
}

static void test_is_list(void **state)
{
    (void)state;
    struct oci_desc self = desc(NULL, D1, 1);
    struct oci_desc subject = desc(NULL, D2, 1);
    struct oci_manifest index = {.kind = OCI_INDEX};
    struct oci_manifest image = {.kind = OCI_MANIFEST};
    assert_true(oci_referrers_is_list(&index, &self.digest, &subject.digest));
    assert_false(oci_referrers_is_list(&image, &self.digest, &subject.digest));
    assert_false(oci_referrers_is_list(&index, &subject.digest, &subject.digest));
}

static void test_entry(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    static const struct oci_annotation notes[] = {{"a", "1"}, {"b", "2"}};
    struct oci_manifest m = {.kind = OCI_MANIFEST,
                             .media_type = OCI_MT_MANIFEST,
                             .config = desc(NULL, D3, 2),
                             .annotations = notes,
                             .annotation_count = 2};
    m.config.media_type = "c/c";
    struct oci_desc d = oci_referrers_entry(&a, &m, wp_span_str("hello"));
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&b);
    oci_desc_write(&o, &d);
    assert_string_equal(b.ptr, "{\"annotations\":{\"a\":\"1\",\"b\":\"2\"},\"artifactType\":\"c/c\",\"digest\":\"" D1
                               "\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":5}");
    assert_ptr_not_equal(d.annotations, notes);
    m.artifact_type = "a/a";
    assert_string_equal(oci_referrers_entry(&a, &m, wp_span_str("hello")).artifact_type, "a/a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edit),         cmocka_unit_test(test_edit_keeps_the_list_itself),
        cmocka_unit_test(test_edit_refuses), cmocka_unit_test(test_edit_limit),
        cmocka_unit_test(test_is_list),      cmocka_unit_test(test_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
