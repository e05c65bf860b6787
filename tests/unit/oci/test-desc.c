/* SPDX-License-Identifier: Apache-2.0
 *
 * oci/desc.h: what a descriptor may be, canonical writing, copies, annotation lists. */
#include "oci/desc.h"
#include "tests/unit/unit.h"

#define HELLO_DIGEST "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define HEAD         "\"mediaType\":\"text/plain\",\"digest\":\"" HELLO_DIGEST "\",\"size\":5"

static int read_desc(const char *text, struct wp_arena *a, struct oci_desc *ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    assert_int_equal(wp_json_parse(wp_span_str(text), "d", false, WP_E_INTEGRITY, &doc, err), 0);
    struct wp_json root = wp_json_root(doc);
    return oci_desc_read(&root, a, ret, err);
}

static void write_desc(struct wp_buf *b, const struct oci_desc *d)
{
    struct wp_json_out o = wp_json_out(b);
    oci_desc_write(&o, d);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"[]", "d: must be an object, not an array"},
        {"{}", "d: /mediaType: is missing"},
        {"{\"mediaType\":7}", "d: /mediaType: must be a string, not an integer"},
        {"{\"mediaType\":\"\"}", "d: /mediaType: must not be empty"},
        {"{\"mediaType\":\"a/b\\r\\nX: y\"}", "d: /mediaType: 'a/b\\r\\nX: y' is not a media type"},
        {"{\"mediaType\":\"a/b\"}", "d: /digest: is missing"},
        {"{\"mediaType\":\"a/b\",\"digest\":null}", "d: /digest: must be a string, not null"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" HELLO_DIGEST "\"}", "d: /size: is missing"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" HELLO_DIGEST "\",\"size\":-1}", "d: /size: must not be negative"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" HELLO_DIGEST "\",\"size\":\"5\"}",
         "d: /size: must be an integer, not a string"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" HELLO_DIGEST "\",\"size\":5.0}",
         "d: /size: must be an integer, not a real number"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" HELLO_DIGEST "\",\"size\":9007199254740992}",
         "d: /size: 9007199254740992 bytes is more than any content has"},
        {"{" HEAD ",\"MediaType\":\"x/y\"}",
         "d: /MediaType: differs from the key 'mediaType' in case only, readers would disagree"},
        {"{" HEAD ",\"Size\":6}", "d: /Size: differs from the key 'size' in case only, readers would disagree"},
        {"{" HEAD ",\"artifacttype\":\"x/y\"}",
         "d: /artifacttype: differs from the key 'artifactType' in case only, readers would disagree"},
        {"{" HEAD ",\"artifactType\":[]}", "d: /artifactType: must be a string, not an array"},
        {"{" HEAD ",\"urls\":\"http://x\"}", "d: /urls: must be an array, not a string"},
        {"{" HEAD ",\"annotations\":[]}", "d: /annotations: must be an object, not an array"},
        {"{" HEAD ",\"annotations\":{\"a/b\":1}}", "d: /annotations/a~1b: must be a string, not an integer"},
        {"{" HEAD ",\"platform\":\"linux\"}", "d: /platform: must be an object, not a string"},
        {"{" HEAD ",\"platform\":{\"os\":1}}", "d: /platform/os: must be a string, not an integer"},
        {"{" HEAD ",\"platform\":{\"OS\":\"x\"}}",
         "d: /platform/OS: differs from the key 'os' in case only, readers would disagree"},
        {"{" HEAD ",\"data\":\"aGVsbG8\\n\"}", "d: /data: is not base64"},
        {"{" HEAD ",\"data\":\"aGVsbA==\"}", "d: /data: holds 4 bytes, the descriptor says 5"},
        {"{" HEAD ",\"data\":\"aGVsbE8=\"}", "d: /data: is not what the descriptor's digest says but "
                                             "sha256:04a6f55face2f46be8c23f627d539827615851e10751b63ec59db6d2c706b770"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_err err = {0};
        struct oci_desc d = {.size = 99};
        assert_int_equal(read_desc(rows[i].text, &a, &d, &err), -1);
        assert_string_equal(err.msg, rows[i].message);
        assert_int_equal(err.code, WP_E_INTEGRITY);
        assert_int_equal(d.size, 99);
    }
}

static void test_bad_digests(void **state)
{
    (void)state;
    static const char *const digests[] = {
        "",
        "sha256:",
        "sha256:../../x",
        "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b982",
        "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b98244",
        "sha256:2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824",
        "SHA256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "a/b:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b%2f24",
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(digests); i++) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        wp_buf_printf(&text, "{\"mediaType\":\"a/b\",\"size\":5,\"digest\":\"%s\"}", digests[i]);
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_err err = {0};
        struct oci_desc d;
        assert_int_equal(read_desc(text.ptr, &a, &d, &err), -1);
        assert_true(wp_str_starts(err.msg, "d: /digest: "));
        assert_int_equal(err.code, WP_E_INTEGRITY);
    }
}

static void test_round_trips(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *written;
    } rows[] = {
        {"{\"digest\":\"" HELLO_DIGEST "\",\"mediaType\":\"text/plain\",\"size\":5}", NULL},
        {"{\"annotations\":{\"a\":\"\",\"b\":\"\\n\"},\"artifactType\":\"a/b\",\"data\":\"aGVsbG8=\",\"digest\":\"" //
         HELLO_DIGEST "\",\"mediaType\":\"text/plain\",\"platform\":{\"architecture\":\"arm64\",\"os\":\"linux\","
         "\"os.version\":\"1\",\"variant\":\"v8\"},\"size\":5}",
         NULL},
        {"{" HEAD ",\"annotations\":{},\"urls\":[\"http://x\"],\"new\":{\"Size\":1}}",
         "{\"digest\":\"" HELLO_DIGEST "\",\"mediaType\":\"text/plain\",\"size\":5}"},
        {"{" HEAD ",\"annotations\":null,\"urls\":null,\"platform\":null,\"data\":null,\"artifactType\":null}",
         "{\"digest\":\"" HELLO_DIGEST "\",\"mediaType\":\"text/plain\",\"size\":5}"},
        {"{" HEAD ",\"annotations\":{\"z\":\"1\",\"Z\":\"2\",\"a\":\"3\"},\"platform\":{\"os.features\":[]}}",
         "{\"annotations\":{\"Z\":\"2\",\"a\":\"3\",\"z\":\"1\"},\"digest\":\"" HELLO_DIGEST
         "\",\"mediaType\":\"text/plain\",\"platform\":{\"architecture\":\"\",\"os\":\"\"},\"size\":5}"},
        {"{\"data\":\"\",\"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
         "\"mediaType\":\"a/b\",\"size\":0}",
         NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        WP_AUTO_ARENA struct wp_arena other = WP_ARENA_INIT;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct wp_err err = {0};
        struct oci_desc d;
        assert_int_equal(read_desc(rows[i].text, &a, &d, &err), 0);
        struct oci_desc copy = oci_desc_copy(&other, &d);
        wp_arena_done(&a);
        write_desc(&b, &copy);
        assert_string_equal(b.ptr, rows[i].written == NULL ? rows[i].text : rows[i].written);
    }
}

static void test_members(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct oci_desc d;
    assert_int_equal(read_desc("{" HEAD ",\"data\":\"aGVsbG8\",\"annotations\":{\"k\":\"v\"},\"artifactType\":\"x/y\"}",
                               &a, &d, &err),
                     0);
    char text[OCI_DIGEST_TEXT];
    assert_string_equal(oci_digest_text(&d.digest, text), HELLO_DIGEST);
    assert_int_equal(d.size, 5);
    assert_string_equal(d.media_type, "text/plain");
    assert_string_equal(d.artifact_type, "x/y");
    assert_null(d.platform);
    assert_int_equal(d.data.len, 5);
    assert_memory_equal(d.data.ptr, "hello", 5);
    assert_string_equal(oci_desc_annotation(&d, "k"), "v");
    assert_null(oci_desc_annotation(&d, "K"));
}

static void test_size_unknown(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct oci_desc d = {.media_type = "a/b", .size = OCI_SIZE_UNKNOWN};
    oci_digest_of(WP_SHA256, wp_span_str("hello"), &d.digest);
    write_desc(&b, &d);
    assert_string_equal(b.ptr, "{\"digest\":\"" HELLO_DIGEST "\",\"mediaType\":\"a/b\"}");
}

static void test_annotations_sort(void **state)
{
    (void)state;
    struct oci_annotation list[] = {{"b", "1"}, {"a", "2"}, {"b", "3"}, {"", "4"}, {"\xc3\xa4", "5"}, {"b", "6"}};
    size_t count = oci_annotations_sort(list, WP_ARRAY_LEN(list));
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&b);
    oci_annotations_write(&o, list, count);
    assert_string_equal(b.ptr, "{\"\":\"4\",\"a\":\"2\",\"b\":\"6\",\"\xc3\xa4\":\"5\"}");
    assert_int_equal(oci_annotations_sort(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_bad_digests),  cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_members), cmocka_unit_test(test_size_unknown), cmocka_unit_test(test_annotations_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
