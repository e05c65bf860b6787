/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON by protobuf's rules: one value, several spellings; and what is none. */
#include "sign/proto-json.h"
#include "tests/unit/unit.h"

struct doc {
    struct wp_json_doc *doc;
    struct wp_json root;
    struct wp_arena a;
    struct wp_err err;
};

static void open_doc(struct doc *d, const char *text)
{
    *d = (struct doc){.doc = NULL};
    if (wp_json_parse(wp_span_str(text), "d", false, WP_E_UNSATISFIED, &d->doc, &d->err) < 0) {
        fail_msg("%s", d->err.msg);
    }
    d->root = wp_json_root(d->doc);
}

static void done_doc(struct doc *d)
{
    wp_json_free(d->doc);
    wp_arena_done(&d->a);
}

static void test_members(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool has;
    } rows[] = {
        {"{\"logIndex\":1}", true},
        {"{\"log_index\":1}", true},
        {"{\"logIndex\":null}", false},
        {"{\"LogIndex\":1}", false},
        {"{}", false},
        {"[]", false},
        {"{\"log_index\":null}", false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct doc d;
        open_doc(&d, rows[i].text);
        struct wp_json at = sig_pj_get(&d.root, "logIndex");
        assert_int_equal(sig_pj_has(&at), rows[i].has);
        done_doc(&d);
    }
}

static void test_objects(void **state)
{
    (void)state;
    static const char *const known[] = {"logIndex", "rfc3161Timestamps", NULL};
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"{\"logIndex\":1,\"rfc3161_timestamps\":[]}", NULL},
        {"{\"rfc3161Timestamps\":[]}", NULL},
        {"{}", NULL},
        {"[]", "d: must be an object, not an array"},
        {"{\"logindex\":1}", "d: /logindex: a field that is not known"},
        {"{\"logIndex\":1,\"log_index\":1}", "d: /log_index: is there as 'logIndex', too"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct doc d;
        open_doc(&d, rows[i].text);
        assert_int_equal(sig_pj_object(&d.root, known, &d.err), rows[i].message == NULL ? 0 : -1);
        assert_string_equal(d.err.msg, rows[i].message != NULL ? rows[i].message : "");
        done_doc(&d);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } rows[] = {
        {"{\"n\":\"12\"}", true, 12},
        {"{\"n\":12}", true, 12},
        {"{}", true, 0},
        {"{\"n\":null}", true, 0},
        {"{\"n\":\"9223372036854775807\"}", true, INT64_MAX},
        {"{\"n\":\"9223372036854775808\"}", false, 0},
        {"{\"n\":\"-1\"}", false, 0},
        {"{\"n\":-1}", false, 0},
        {"{\"n\":\"\"}", false, 0},
        {"{\"n\":\"1e3\"}", false, 0},
        {"{\"n\":1.0}", false, 0},
        {"{\"n\":\" 1\"}", false, 0},
        {"{\"n\":true}", false, 0},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct doc d;
        uint64_t n = 99;
        open_doc(&d, rows[i].text);
        struct wp_json at = sig_pj_get(&d.root, "n");
        assert_int_equal(sig_pj_int64(&at, &n, &d.err), rows[i].good ? 0 : -1);
        assert_true(!rows[i].good || n == rows[i].value);
        done_doc(&d);
    }
}

static void test_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *bytes; /* NULL: refused */
    } rows[] = {
        {"{\"b\":\"aGk/\"}", "hi?"},
        {"{\"b\":\"aGk_\"}", "hi?"},
        {"{\"b\":\"aGk\"}", "hi"},
        {"{\"b\":\"aGk=\"}", "hi"},
        {"{\"b\":\"a\\nG k=\\r\\n\"}", "hi"},
        {"{\"b\":\"\"}", NULL},
        {"{\"b\":\"aGk==\"}", NULL},
        {"{\"b\":\"aGl=\"}", NULL},
        {"{\"b\":\"a+k_\"}", NULL},
        {"{\"b\":\"aGk!\"}", NULL},
        {"{\"b\":7}", NULL},
        {"{}", NULL},
        {"{\"b\":null}", NULL},
        {"{\"b\":\"\\n\"}", NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct doc d;
        struct wp_span bytes = {0};
        open_doc(&d, rows[i].text);
        struct wp_json at = sig_pj_get(&d.root, "b");
        int r = sig_pj_bytes(&at, &d.a, &bytes, &d.err);
        if ((r == 0) != (rows[i].bytes != NULL)) {
            fail_msg("%s: %s", rows[i].text, d.err.msg);
        }
        if (r == 0) {
            assert_int_equal(bytes.len, strlen(rows[i].bytes));
            assert_memory_equal(bytes.ptr, rows[i].bytes, bytes.len);
        }
        done_doc(&d);
    }
}

static void test_enums(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int value; /* -1: refused */
    } rows[] = {
        {"{\"e\":\"SHA2_256\"}", 1}, {"{\"e\":1}", 1},    {"{}", 0},          {"{\"e\":0}", 0},
        {"{\"e\":\"SHA1\"}", -1},    {"{\"e\":99}", -1},  {"{\"e\":-1}", -1}, {"{\"e\":true}", -1},
        {"{\"e\":\"\"}", -1},        {"{\"e\":null}", 0},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct doc d;
        size_t which = 0;
        open_doc(&d, rows[i].text);
        struct wp_json at = sig_pj_get(&d.root, "e");
        int r = sig_pj_enum(&at, sig_pj_hashes, SIG_PJ_HASHES, &which, &d.err);
        assert_int_equal(r < 0 ? -1 : (int)which, rows[i].value);
        done_doc(&d);
    }
}

static void test_arrays_and_times(void **state)
{
    (void)state;
    struct doc d;
    size_t len = 9;
    int64_t at = 0;
    open_doc(&d, "{\"a\":[1,2,3],\"t\":\"2024-01-01T00:00:00.999Z\",\"no\":\"yesterday\"}");
    struct wp_json array = sig_pj_get(&d.root, "a");
    struct wp_json none = sig_pj_get(&d.root, "b");
    struct wp_json time = sig_pj_get(&d.root, "t");
    struct wp_json no = sig_pj_get(&d.root, "no");
    assert_int_equal(sig_pj_array(&array, 3, &len, &d.err), 0);
    assert_int_equal(len, 3);
    assert_int_equal(sig_pj_array(&array, 2, &len, &d.err), -1);
    assert_string_equal(d.err.msg, "d: /a: 3 elements, at most 2 are looked at");
    assert_int_equal(sig_pj_array(&none, 2, &len, &d.err), 0);
    assert_int_equal(len, 0);
    assert_int_equal(sig_pj_array(&time, 2, &len, &d.err), -1);
    assert_int_equal(sig_pj_time(&time, &at, &d.err), 0);
    assert_int_equal(at, 1704067200);
    assert_int_equal(sig_pj_time(&no, &at, &d.err), -1);
    assert_int_equal(sig_pj_time(&none, &at, &d.err), -1);
    done_doc(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members), cmocka_unit_test(test_objects), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_bytes),   cmocka_unit_test(test_enums),   cmocka_unit_test(test_arrays_and_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
