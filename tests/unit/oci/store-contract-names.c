/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of stores: names and referrers. */
#include "base/mem.h"
#include "oci/ref.h"
#include "tests/unit/oci/store-contract.h"

/* A manifest that is in the store, proven, with and without a name. */
static struct oci_desc pushed(struct contract *c, const char *seed, struct wp_span *ret_bytes)
{
    struct wp_err err = {0};
    struct oci_desc d = contract_manifest(c->s, &c->a, seed, NULL, NULL, ret_bytes);
    CONTRACT_OK(oci_store_put(c->s, &d, *ret_bytes, &err));
    return d;
}

static void bind_one(struct contract *c, const char *name, const struct oci_desc *d)
{
    struct wp_err err = {0};
    struct oci_binding b = {.name = name, .desc = d};
    CONTRACT_OK(oci_store_bind(c->s, &b, 1, 0, &err));
}

static void assert_resolves(struct contract *c, const char *name, const struct oci_desc *want, struct wp_span bytes)
{
    struct wp_err err = {0};
    struct oci_desc got;
    struct wp_span got_bytes;
    CONTRACT_OK(oci_store_resolve(c->s, name, &c->a, &got, &got_bytes, &err));
    assert_true(oci_digest_equal(&got.digest, &want->digest));
    assert_int_equal(got.size, bytes.len);
    assert_string_equal(got.media_type, want->media_type);
    assert_int_equal(got_bytes.len, bytes.len);
    assert_memory_equal(got_bytes.ptr, bytes.ptr, bytes.len);
    CONTRACT_OK(oci_store_resolve(c->s, name, &c->a, &got, NULL, &err));
    assert_true(oci_digest_equal(&got.digest, &want->digest));
}

static void assert_no_name(struct contract *c, const char *name)
{
    struct wp_err err = {0};
    struct oci_desc got;
    struct wp_span bytes;
    CONTRACT_FAILS(oci_store_resolve(c->s, name, &c->a, &got, &bytes, &err), WP_E_NOT_FOUND);
}

/* ---- resolve ---- */

static void test_resolve(void **state)
{
    struct contract *c = *state;
    char text[OCI_DIGEST_TEXT];
    struct wp_span one;
    struct wp_span two;
    assert_no_name(c, "v1");
    assert_no_name(c, NULL);
    struct oci_desc a = pushed(c, "one", &one);
    struct oci_desc b = contract_manifest(c->s, &c->a, "two", NULL, NULL, &two);
    assert_no_name(c, oci_digest_text(&b.digest, text));
    assert_no_name(c, NULL);
    bind_one(c, "v1", &a);
    assert_resolves(c, "v1", &a, one);
    assert_resolves(c, NULL, &a, one);
    assert_resolves(c, oci_digest_text(&a.digest, text), &a, one);
    assert_no_name(c, "v2");
    assert_no_name(c, "V1");
    /* Content that is no manifest. */
    struct oci_desc blob = contract_desc(WP_SHA256, wp_span_str(OCI_EMPTY_JSON), OCI_MT_EMPTY);
    assert_no_name(c, oci_digest_text(&blob.digest, text));
}

static void test_resolve_index(void **state)
{
    struct contract *c = *state;
    struct wp_span bytes;
    struct oci_desc child = pushed(c, "child", &bytes);
    struct oci_manifest index = {
        .kind = OCI_INDEX, .media_type = OCI_MT_INDEX, .manifests = &child, .manifest_count = 1};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&index, &b);
    struct oci_desc d = contract_desc(WP_SHA256, wp_buf_span(&b), OCI_MT_INDEX);
    struct oci_binding binding = {.name = "multi", .desc = &d, .bytes = wp_buf_span(&b)};
    struct wp_err err = {0};
    CONTRACT_OK(oci_store_bind(c->s, &binding, 1, 0, &err));
    assert_resolves(c, "multi", &d, wp_buf_span(&b));
    char text[OCI_DIGEST_TEXT];
    assert_resolves(c, oci_digest_text(&child.digest, text), &child, bytes);
}

static void test_resolve_among_several(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct oci_desc got;
    struct wp_span bytes;
    struct oci_desc d = pushed(c, "m", &bytes);
    for (int i = 1; i <= 7; i++) {
        bind_one(c, wp_arena_printf(&c->a, "candidate%d", i), &d);
    }
    assert_int_equal(oci_store_resolve(c->s, NULL, &c->a, &got, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_USAGE);
    assert_non_null(strstr(err.hint, "candidate1"));
    assert_non_null(strstr(err.hint, "candidate5"));
    assert_null(strstr(err.hint, "candidate6"));
}

static void test_repositories(void **state)
{
    struct contract *c = *state;
    if (c->t->one_repo) {
        skip();
    }
    struct wp_span one;
    struct wp_span two;
    struct wp_span three;
    struct oci_desc a = pushed(c, "one", &one);
    struct oci_desc b = pushed(c, "two", &two);
    struct oci_desc d = pushed(c, "three", &three);
    bind_one(c, "v1", &a);
    bind_one(c, "team/app:v1", &b);
    bind_one(c, "team/other:v1", &d);
    assert_resolves(c, "v1", &a, one);
    assert_resolves(c, "team/app:v1", &b, two);
    assert_resolves(c, "team/other:v1", &d, three);
    assert_no_name(c, "team/app:v2");
    assert_no_name(c, "app:v1");
    assert_no_name(c, "team:v1");
    struct wp_err err = {0};
    struct oci_binding gone = {.name = "team/app:v1"};
    CONTRACT_OK(oci_store_bind(c->s, &gone, 1, 0, &err));
    assert_no_name(c, "team/app:v1");
    assert_resolves(c, "v1", &a, one);
    assert_resolves(c, "team/other:v1", &d, three);
}

/* ---- bind ---- */

static void test_bind_along(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct wp_span absent_bytes;
    struct oci_desc d = contract_manifest(c->s, &c->a, "comes along", NULL, NULL, &bytes);
    struct oci_desc absent = contract_manifest(c->s, &c->a, "nowhere", NULL, NULL, &absent_bytes);
    struct oci_binding b = {.name = "v1", .desc = &d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(c->s, &b, 1, 0, &err));
    assert_resolves(c, "v1", &d, bytes);
    assert_int_equal(oci_store_exists(c->s, &d, true, &err), OCI_PRESENT);

    b = (struct oci_binding){.name = "v2", .desc = &absent};
    CONTRACT_FAILS(oci_store_bind(c->s, &b, 1, 0, &err), WP_E_NOT_FOUND);
    assert_no_name(c, "v2");
    b.bytes = bytes;
    CONTRACT_FAILS(oci_store_bind(c->s, &b, 1, 0, &err), WP_E_INTEGRITY);
    assert_no_name(c, "v2");
    assert_int_equal(oci_store_exists(c->s, &absent, false, &err), OCI_ABSENT);
}

static void test_rebind(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span one;
    struct wp_span two;
    struct oci_desc a = pushed(c, "one", &one);
    struct oci_desc b = pushed(c, "two", &two);
    bind_one(c, "latest", &a);
    bind_one(c, "latest", &a);
    bind_one(c, "v1", &a);
    assert_resolves(c, "latest", &a, one);
    bind_one(c, "latest", &b);
    assert_resolves(c, "latest", &b, two);
    assert_resolves(c, "v1", &a, one);

    struct oci_binding keep = {.name = "latest", .desc = &a};
    CONTRACT_FAILS(oci_store_bind(c->s, &keep, 1, OCI_BIND_NO_REPLACE, &err), WP_E_EXISTS);
    assert_resolves(c, "latest", &b, two);
    keep.desc = &b;
    CONTRACT_OK(oci_store_bind(c->s, &keep, 1, OCI_BIND_NO_REPLACE, &err));
    keep = (struct oci_binding){.name = "new", .desc = &a};
    CONTRACT_OK(oci_store_bind(c->s, &keep, 1, OCI_BIND_NO_REPLACE, &err));
    assert_resolves(c, "new", &a, one);
}

/* Whoever changes what a name leads to learns that another one was faster. */
static void test_replaces(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span one;
    struct wp_span two;
    struct oci_desc a = pushed(c, "one", &one);
    struct oci_desc b = pushed(c, "two", &two);
    bind_one(c, "latest", &a);
    struct oci_binding next = {.name = "latest", .desc = &b, .replaces = &a.digest};
    CONTRACT_OK(oci_store_bind(c->s, &next, 1, 0, &err));
    assert_resolves(c, "latest", &b, two);
    if (c->t->one_repo) {
        return; /* a registry does not look */
    }
    CONTRACT_FAILS(oci_store_bind(c->s, &next, 1, 0, &err), WP_E_EXISTS);
    next = (struct oci_binding){.name = "new", .desc = &a, .replaces = &b.digest};
    CONTRACT_FAILS(oci_store_bind(c->s, &next, 1, 0, &err), WP_E_EXISTS);
    assert_no_name(c, "new");
    assert_resolves(c, "latest", &b, two);
}

static void test_unbind(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    char text[OCI_DIGEST_TEXT];
    struct oci_desc d = pushed(c, "one", &bytes);
    bind_one(c, "a", &d);
    bind_one(c, "b", &d);
    struct oci_binding gone = {.name = "a"};
    CONTRACT_OK(oci_store_bind(c->s, &gone, 1, 0, &err));
    assert_no_name(c, "a");
    assert_resolves(c, "b", &d, bytes);
    CONTRACT_FAILS(oci_store_bind(c->s, &gone, 1, 0, &err), WP_E_NOT_FOUND);
    gone.name = "b";
    CONTRACT_OK(oci_store_bind(c->s, &gone, 1, 0, &err));
    assert_no_name(c, "b");
    assert_no_name(c, NULL);
    assert_resolves(c, oci_digest_text(&d.digest, text), &d, bytes);
}

static void test_bind_atomic(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span one;
    struct wp_span two;
    struct wp_span none;
    struct oci_desc a = pushed(c, "one", &one);
    struct oci_desc b = pushed(c, "two", &two);
    struct oci_desc absent = contract_manifest(c->s, &c->a, "nowhere", NULL, NULL, &none);
    bind_one(c, "old", &a);
    struct oci_binding list[] = {
        {.name = "new", .desc = &a}, {.name = "old", .desc = &b}, {.name = "bad", .desc = &absent}};
    if (c->t->no_atomic_bind) {
        CONTRACT_FAILS(oci_store_bind(c->s, list, 2, OCI_BIND_ATOMIC, &err), WP_E_UNSUPPORTED);
    } else {
        CONTRACT_FAILS(oci_store_bind(c->s, list, 3, OCI_BIND_ATOMIC, &err), WP_E_NOT_FOUND);
    }
    assert_no_name(c, "new");
    assert_no_name(c, "bad");
    assert_resolves(c, "old", &a, one);
    if (!c->t->no_atomic_bind) {
        struct oci_binding gone[] = {{.name = "new", .desc = &a}, {.name = "not-there"}};
        CONTRACT_FAILS(oci_store_bind(c->s, gone, 2, OCI_BIND_ATOMIC, &err), WP_E_NOT_FOUND);
        CONTRACT_FAILS(oci_store_bind(c->s, list, 2, OCI_BIND_ATOMIC | OCI_BIND_NO_REPLACE, &err), WP_E_EXISTS);
        assert_no_name(c, "new");
    }
    CONTRACT_OK(oci_store_bind(c->s, list, 2, c->t->no_atomic_bind ? 0 : OCI_BIND_ATOMIC, &err));
    assert_resolves(c, "new", &a, one);
    assert_resolves(c, "old", &b, two);
    CONTRACT_OK(oci_store_bind(c->s, NULL, 0, 0, &err));
}

static void test_bad_names(void **state)
{
    struct contract *c = *state;
    struct wp_span bytes;
    char text[OCI_DIGEST_TEXT];
    struct oci_desc d = pushed(c, "one", &bytes);
    char long_tag[130];
    memset(long_tag, 'a', sizeof(long_tag) - 1);
    long_tag[sizeof(long_tag) - 1] = '\0';
    const char *names[] = {
        "",         "a b",   "../x",   "-x",     ".x",     "a/b",    "a\nb",
        "\xc3\xa9", "UP:v1", "r//s:1", "../r:1", "r/..:1", long_tag, oci_digest_text(&d.digest, text)};
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        struct wp_err err = {0};
        struct oci_binding b = {.name = names[i], .desc = &d};
        CONTRACT_FAILS(oci_store_bind(c->s, &b, 1, 0, &err), WP_E_USAGE);
    }
    assert_no_name(c, NULL);
    long_tag[128] = '\0';
    bind_one(c, long_tag, &d);
    assert_resolves(c, long_tag, &d, bytes);
}

/* ---- listing ---- */

struct listing {
    struct contract *c;
    struct wp_buf text; /* "repo:tag " or ":tag ", in the order seen */
    const struct oci_desc *want;
    int stop_at; /* > 0: the call at which to stop */
    int calls;
};

static int list_name(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err)
{
    struct listing *l = arg;
    l->calls++;
    wp_buf_printf(&l->text, "%s:%s ", l->c->t->one_repo ? "" : repo, tag);
    if (l->c->t->names_without_desc) {
        assert_null(desc);
    } else {
        assert_true(oci_digest_equal(&desc->digest, &l->want->digest));
        assert_int_equal(desc->size, l->want->size);
        assert_string_equal(desc->media_type, l->want->media_type);
    }
    /* A callback may use the store. */
    assert_int_equal(oci_store_exists(l->c->s, l->want, false, err), OCI_PRESENT);
    return l->calls == l->stop_at ? 7 : 0;
}

static void assert_lists(struct listing *l, const char *repo, const char *want)
{
    struct wp_err err = {0};
    wp_buf_cut(&l->text, 0);
    CONTRACT_OK(oci_store_each_name(l->c->s, repo, list_name, l, &err));
    assert_string_equal(l->text.ptr, want);
}

static int refuse_name(void *arg WP_UNUSED, const char *repo WP_UNUSED, const char *tag WP_UNUSED,
                       const struct oci_desc *desc WP_UNUSED, struct wp_err *err)
{
    return wp_fail(err, WP_E_POLICY, "enough");
}

static void test_each_name(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc d = pushed(c, "one", &bytes);
    struct listing l = {.c = c, .text = WP_BUF_INIT, .want = &d};
    assert_lists(&l, NULL, "");
    static const char *const tags[] = {"b", "10", "a", "A", "2", "a.b", "_x"};
    for (size_t i = 0; i < WP_ARRAY_LEN(tags); i++) {
        bind_one(c, tags[i], &d);
    }
    /* Reachable, but without a name. */
    struct oci_desc unnamed = pushed(c, "unnamed", &bytes);
    bind_one(c, NULL, &unnamed);
    assert_lists(&l, NULL, ":10 :2 :A :_x :a :a.b :b ");
    l.calls = 0;
    l.stop_at = 3;
    wp_buf_cut(&l.text, 0);
    assert_int_equal(oci_store_each_name(c->s, NULL, list_name, &l, &err), 7);
    assert_string_equal(l.text.ptr, ":10 :2 :A ");
    l.stop_at = 0;
    CONTRACT_FAILS(oci_store_each_name(c->s, NULL, refuse_name, NULL, &err), WP_E_POLICY);
    if (!c->t->one_repo) {
        bind_one(c, "z:1", &d);
        bind_one(c, "a/b:2", &d);
        bind_one(c, "a:3", &d);
        bind_one(c, "a-b:4", &d);
        bind_one(c, "a/b:1", &d);
        assert_lists(&l, NULL, ":10 :2 :A :_x :a :a.b :b a:3 a-b:4 a/b:1 a/b:2 z:1 ");
        assert_lists(&l, "", ":10 :2 :A :_x :a :a.b :b ");
        assert_lists(&l, "a/b", "a/b:1 a/b:2 ");
        assert_lists(&l, "a/", "");
        assert_lists(&l, "nothing", "");
    }
    wp_buf_done(&l.text);
}

/* ---- referrers ---- */

enum { SEEN_MAX = 8 };

struct seen {
    struct wp_arena *a;
    struct oci_desc list[SEEN_MAX];
    size_t count;
};

static int see(void *arg, const struct oci_desc *desc, struct wp_err *err)
{
    struct seen *s = arg;
    if (s->count == SEEN_MAX) {
        return wp_fail(err, WP_E_LIMIT, "more referrers than there are");
    }
    s->list[s->count++] = oci_desc_copy(s->a, desc);
    return 0;
}

static struct seen referrers_of(struct contract *c, const struct oci_desc *subject, size_t expected)
{
    struct wp_err err = {0};
    struct seen s = {.a = &c->a};
    CONTRACT_OK(oci_store_referrers(c->s, subject, see, &s, &err));
    assert_int_equal(s.count, expected);
    return s;
}

static void assert_sees(const struct seen *s, const struct oci_desc *want, const char *artifact_type, const char *seed)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct oci_desc *d = &s->list[i];
        if (!oci_digest_equal(&d->digest, &want->digest)) {
            continue;
        }
        assert_int_equal(d->size, want->size);
        assert_string_equal(d->media_type, want->media_type);
        assert_non_null(d->artifact_type);
        assert_string_equal(d->artifact_type, artifact_type);
        assert_non_null(oci_desc_annotation(d, "seed"));
        assert_string_equal(oci_desc_annotation(d, "seed"), seed);
        return;
    }
    fail_msg("the referrer '%s' is not listed", seed);
}

static void test_referrers(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span subject_bytes;
    struct wp_span bytes;
    struct oci_desc subject = pushed(c, "subject", &subject_bytes);
    bind_one(c, "v1", &subject);
    referrers_of(c, &subject, 0);

    struct oci_desc sig = contract_manifest(c->s, &c->a, "sig", &subject, "application/vnd.test.sig", &bytes);
    CONTRACT_OK(oci_store_put(c->s, &sig, bytes, &err));
    referrers_of(c, &subject, c->t->lists_unbound_referrer ? 1 : 0);
    bind_one(c, NULL, &sig);
    struct seen s = referrers_of(c, &subject, 1);
    assert_sees(&s, &sig, "application/vnd.test.sig", "sig");
    /* Once, however often it is bound. */
    bind_one(c, NULL, &sig);
    bind_one(c, "sig-tag", &sig);
    referrers_of(c, &subject, 1);

    /* The type of its config stands for a missing artifactType; the bytes come along. */
    struct oci_desc sbom = contract_manifest(c->s, &c->a, "sbom", &subject, NULL, &bytes);
    struct oci_binding b = {.desc = &sbom, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(c->s, &b, 1, 0, &err));
    s = referrers_of(c, &subject, 2);
    assert_sees(&s, &sig, "application/vnd.test.sig", "sig");
    assert_sees(&s, &sbom, OCI_MT_EMPTY, "sbom");

    /* A referrer of a referrer belongs to that one alone. */
    struct oci_desc nested = contract_manifest(c->s, &c->a, "nested", &sig, "application/vnd.test.note", &bytes);
    CONTRACT_OK(oci_store_put(c->s, &nested, bytes, &err));
    bind_one(c, NULL, &nested);
    referrers_of(c, &subject, 2);
    s = referrers_of(c, &sig, 1);
    assert_sees(&s, &nested, "application/vnd.test.note", "nested");

    CONTRACT_OK(oci_store_remove(c->s, &sbom, &err));
    s = referrers_of(c, &subject, 1);
    assert_sees(&s, &sig, "application/vnd.test.sig", "sig");
    assert_no_name(c, "sbom");
    assert_resolves(c, "v1", &subject, subject_bytes);
}

static void test_referrers_of_absent(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc absent = contract_manifest(c->s, &c->a, "absent", NULL, NULL, &bytes);
    referrers_of(c, &absent, 0);
    struct oci_desc sig = contract_manifest(c->s, &c->a, "early", &absent, "application/vnd.test.sig", &bytes);
    CONTRACT_OK(oci_store_put(c->s, &sig, bytes, &err));
    bind_one(c, NULL, &sig);
    struct seen s = referrers_of(c, &absent, 1);
    assert_sees(&s, &sig, "application/vnd.test.sig", "early");
}

static int stop_at_first(void *arg, const struct oci_desc *desc WP_UNUSED, struct wp_err *err WP_UNUSED)
{
    (*(int *)arg)++;
    return 5;
}

static void test_referrers_stop(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc subject = pushed(c, "subject", &bytes);
    for (int i = 0; i < 2; i++) {
        const char *seed = wp_arena_printf(&c->a, "r%d", i);
        struct oci_desc d = contract_manifest(c->s, &c->a, seed, &subject, "application/vnd.test.sig", &bytes);
        CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
        bind_one(c, NULL, &d);
    }
    int calls = 0;
    assert_int_equal(oci_store_referrers(c->s, &subject, stop_at_first, &calls, &err), 5);
    assert_int_equal(calls, 1);
}

/* ---- remove ---- */

static void test_remove_manifest(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span one;
    struct wp_span two;
    char text[OCI_DIGEST_TEXT];
    struct oci_desc a = pushed(c, "one", &one);
    struct oci_desc b = pushed(c, "two", &two);
    bind_one(c, "a1", &a);
    bind_one(c, "a2", &a);
    bind_one(c, "b1", &b);
    if (!c->t->one_repo) {
        bind_one(c, "team/app:a", &a);
    }
    CONTRACT_OK(oci_store_remove(c->s, &a, &err));
    assert_no_name(c, "a1");
    assert_no_name(c, "a2");
    if (!c->t->one_repo) {
        assert_no_name(c, "team/app:a");
    }
    assert_no_name(c, oci_digest_text(&a.digest, text));
    assert_int_equal(oci_store_exists(c->s, &a, false, &err), OCI_ABSENT);
    assert_resolves(c, "b1", &b, two);
    assert_resolves(c, NULL, &b, two);
    CONTRACT_FAILS(oci_store_remove(c->s, &a, &err), WP_E_NOT_FOUND);
}

const struct CMUnitTest contract_name_tests[] = {
    cmocka_unit_test(test_resolve),
    cmocka_unit_test(test_resolve_index),
    cmocka_unit_test(test_resolve_among_several),
    cmocka_unit_test(test_repositories),
    cmocka_unit_test(test_bind_along),
    cmocka_unit_test(test_rebind),
    cmocka_unit_test(test_replaces),
    cmocka_unit_test(test_unbind),
    cmocka_unit_test(test_bind_atomic),
    cmocka_unit_test(test_bad_names),
    cmocka_unit_test(test_each_name),
    cmocka_unit_test(test_referrers),
    cmocka_unit_test(test_referrers_of_absent),
    cmocka_unit_test(test_referrers_stop),
    cmocka_unit_test(test_remove_manifest),
};
const size_t contract_name_count = WP_ARRAY_LEN(contract_name_tests);
