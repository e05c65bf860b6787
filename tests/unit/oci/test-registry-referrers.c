/* SPDX-License-Identifier: Apache-2.0
 *
 * Referrers of the registry store: by API, by fallback tag, lost updates, hostile lists, and failures that must not
 * look like "none". */
#include "base/limits.h"
#include "base/mem.h"
#include "tests/unit/oci/registry-fixture.h"

#define SIG "application/vnd.test.sig"

struct made {
    struct oci_desc d;
    struct wp_span bytes;
};

static struct made push_one(struct registry_fixture *x, const char *seed, const struct oci_desc *subject)
{
    struct wp_err err = {0};
    struct made m = {0};
    m.d = contract_manifest(x->s, &x->a, seed, subject, subject != NULL ? SIG : NULL, &m.bytes);
    CONTRACT_OK(oci_store_put(x->s, &m.d, m.bytes, &err));
    return m;
}

static int seeds(void *arg, const struct oci_desc *d, struct wp_err *err WP_UNUSED)
{
    const char *seed = oci_desc_annotation(d, "seed");
    wp_buf_printf(arg, "%s:%s ", d->artifact_type, seed == NULL ? "-" : seed);
    return 0;
}

static const char *listed(struct registry_fixture *x, struct oci_store *s, const struct oci_desc *subject)
{
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    CONTRACT_OK(oci_store_referrers(s, subject, seeds, &text, &err));
    return wp_arena_str(&x->a, text.ptr);
}

static void test_api(void **state)
{
    struct registry_fixture *x = *state;
    struct made subject = push_one(x, "subject", NULL);
    assert_string_equal(listed(x, x->s, &subject.d), "");
    fake_registry_forget_log(x->f);
    struct made one = push_one(x, "one", &subject.d);
    /* OCI-Subject: nothing else to do. */
    assert_int_equal(fake_registry_count(x->f, "PUT /v2/team/app/manifests/"), 1);
    assert_null(fake_registry_tag(x->f, FIXTURE_REPO, fixture_fallback(x, &subject.d)));
    push_one(x, "two", &subject.d);
    push_one(x, "three", &subject.d);
    x->f->per_page = 1;
    fake_registry_forget_log(x->f);
    const char *list = listed(x, x->s, &subject.d);
    assert_non_null(strstr(list, SIG ":one "));
    assert_non_null(strstr(list, SIG ":two "));
    assert_non_null(strstr(list, SIG ":three "));
    assert_int_equal(fake_registry_count(x->f, "GET /v2/team/app/referrers/"), 3);
    assert_int_equal(fake_registry_count(x->f, ""), 3);
    /* Known to have the API: removing needs no look at the manifest. */
    struct wp_err err = {0};
    fake_registry_forget_log(x->f);
    CONTRACT_OK(oci_store_remove(x->s, &one.d, &err));
    assert_int_equal(fake_registry_count(x->f, ""), 1);
    x->f->link = "<http://evil.example/v2/team/app/referrers/x>; rel=\"next\"";
    CONTRACT_FAILS(oci_store_referrers(x->s, &subject.d, seeds, &(struct wp_buf)WP_BUF_INIT, &err), WP_E_INTEGRITY);
}

static void test_fallback(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    x->f->no_referrers_api = true;
    struct made subject = push_one(x, "subject", NULL);
    const char *tag = fixture_fallback(x, &subject.d);
    fake_registry_forget_log(x->f);
    struct made one = push_one(x, "one", &subject.d);
    assert_string_equal(strstr(x->f->log.ptr, "PUT /v2/team/app/manifests/"),
                        wp_arena_printf(&x->a,
                                        "PUT /v2/team/app/manifests/%s\n"
                                        "GET /v2/team/app/manifests/%s\n"
                                        "PUT /v2/team/app/manifests/%s\n"
                                        "GET /v2/team/app/manifests/%s\n",
                                        fixture_digest(x, &one.d), tag, tag, tag));
    struct made two = push_one(x, "two", &subject.d);
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":one " SIG ":two ");
    /* Once learned, the API is not asked again. */
    fake_registry_forget_log(x->f);
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":one " SIG ":two ");
    assert_string_equal(x->f->log.ptr, wp_arena_printf(&x->a, "GET /v2/team/app/manifests/%s\n", tag));
    /* Pushed again: the list stays as it is. */
    fake_registry_forget_log(x->f);
    CONTRACT_OK(oci_store_put(x->s, &one.d, one.bytes, &err));
    assert_int_equal(fake_registry_count(x->f, "PUT "), 1);
    CONTRACT_OK(oci_store_remove(x->s, &one.d, &err));
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":two ");
    CONTRACT_OK(oci_store_remove(x->s, &two.d, &err));
    assert_string_equal(listed(x, x->s, &subject.d), "");
    /* Another process, another memory. */
    OCI_AUTO_STORE struct oci_store *again = registry_fixture_store(x->client, FIXTURE_REPO);
    push_one(x, "three", &subject.d);
    assert_string_equal(listed(x, again, &subject.d), SIG ":three ");
}

static void test_lost_update(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    x->f->no_referrers_api = true;
    struct made subject = push_one(x, "subject", NULL);
    push_one(x, "one", &subject.d);
    x->f->drop_tag_puts = 38;
    push_one(x, "two", &subject.d);
    assert_int_equal(x->f->drop_tag_puts, 0);
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":one " SIG ":two ");
    x->f->drop_tag_puts = 99;
    struct made three = {0};
    three.d = contract_manifest(x->s, &x->a, "three", &subject.d, SIG, &three.bytes);
    assert_int_equal(oci_store_put(x->s, &three.d, three.bytes, &err), -1);
    assert_int_equal(err.code, WP_E_NETWORK);
    assert_non_null(strstr(err.msg, "other writers keep replacing the list of referrers"));
    assert_int_equal(99 - x->f->drop_tag_puts, 40);
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":one " SIG ":two ");
}

/* What one bind brings is one edit of each list, and stands there before the first name. */
static void test_bind_edits_once(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    x->f->no_referrers_api = true;
    struct made subjects[] = {push_one(x, "s0", NULL), push_one(x, "s1", NULL)};
    struct made made[5];
    struct oci_binding list[6];
    for (size_t i = 0; i < WP_ARRAY_LEN(made); i++) {
        const char *seed = wp_arena_printf(&x->a, "%zu", i);
        made[i].d = contract_manifest(x->s, &x->a, seed, &subjects[i % 2].d, SIG, &made[i].bytes);
        list[i] = (struct oci_binding){.desc = &made[i].d, .bytes = made[i].bytes};
    }
    list[5] = (struct oci_binding){.name = "v1", .desc = &subjects[0].d, .bytes = subjects[0].bytes};
    fake_registry_forget_log(x->f);
    CONTRACT_OK(oci_store_bind(x->s, list, WP_ARRAY_LEN(list), 0, &err));
    assert_string_equal(listed(x, x->s, &subjects[0].d), SIG ":0 " SIG ":2 " SIG ":4 ");
    assert_string_equal(listed(x, x->s, &subjects[1].d), SIG ":1 " SIG ":3 ");
    assert_int_equal(fake_registry_count(x->f, "PUT /v2/team/app/manifests/sha256-"), 2);
    const char *name = strstr(x->f->log.ptr, "PUT /v2/team/app/manifests/v1\n");
    assert_non_null(name);
    assert_null(strstr(name, "PUT /v2/team/app/manifests/sha256-"));
    /* Bound without a name at the end: listed as well. */
    struct made last = {0};
    last.d = contract_manifest(x->s, &x->a, "last", &subjects[1].d, SIG, &last.bytes);
    const struct oci_binding only = {.desc = &last.d, .bytes = last.bytes};
    CONTRACT_OK(oci_store_bind(x->s, &only, 1, 0, &err));
    assert_string_equal(listed(x, x->s, &subjects[1].d), SIG ":1 " SIG ":3 " SIG ":last ");
}

/* With ETags a write over somebody else's is refused by the registry itself. */
static void test_if_match(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    bool subject_seen = false;
    x->f->no_referrers_api = true;
    x->f->etags = true;
    struct made subject = push_one(x, "subject", NULL);
    push_one(x, "one", &subject.d);
    push_one(x, "two", &subject.d);
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":one " SIG ":two ");
    int rc = oci_registry_put_manifest(x->r, fixture_fallback(x, &subject.d), OCI_MT_MANIFEST, subject.bytes,
                                       "\"stale\"", &subject_seen, &err);
    assert_int_equal(rc, 0);
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":one " SIG ":two ");
}

static void test_list_that_is_none(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    x->f->no_referrers_api = true;
    /* The registry answers the image itself to the tag made of its digest. */
    x->f->answers_digest_tags = true;
    struct made subject = push_one(x, "subject", NULL);
    assert_string_equal(listed(x, x->s, &subject.d), "");
    push_one(x, "one", &subject.d);
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":one ");
    /* The same where the subject is an index, whose children are no referrers. */
    struct oci_manifest index = {
        .kind = OCI_INDEX, .media_type = OCI_MT_INDEX, .manifests = &subject.d, .manifest_count = 1};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&index, &b);
    struct oci_desc d = contract_desc(WP_SHA256, wp_buf_span(&b), OCI_MT_INDEX);
    CONTRACT_OK(oci_store_put(x->s, &d, wp_buf_span(&b), &err));
    assert_string_equal(listed(x, x->s, &d), "");
    x->f->answers_digest_tags = false;
    /* An image under the tag is not overwritten. */
    struct made other = push_one(x, "other", NULL);
    struct made victim = push_one(x, "victim", NULL);
    const char *tag = fixture_fallback(x, &victim.d);
    struct oci_binding bind = {.name = tag, .desc = &other.d};
    CONTRACT_OK(oci_store_bind(x->s, &bind, 1, 0, &err));
    assert_string_equal(listed(x, x->s, &victim.d), "");
    struct wp_span bytes;
    struct oci_desc sig = contract_manifest(x->s, &x->a, "s", &victim.d, SIG, &bytes);
    assert_int_equal(oci_store_put(x->s, &sig, bytes, &err), -1);
    assert_int_equal(err.code, WP_E_OTHER);
    assert_string_equal(err.msg, wp_arena_printf(&x->a,
                                                 FIXTURE_HOST "/team/app:%s holds something else than a list "
                                                              "of referrers",
                                                 tag));
    assert_string_equal(fake_registry_tag(x->f, FIXTURE_REPO, tag), fixture_digest(x, &other.d));
}

static void test_no_api_in_disguise(void **state)
{
    struct registry_fixture *x = *state;
    struct made subject = push_one(x, "subject", NULL);
    x->f->no_referrers_api = true;
    push_one(x, "one", &subject.d);
    x->f->no_referrers_api = false;
    /* 200 with a page for people: the fallback tag has the answer. */
    x->f->content_type = "text/html; charset=utf-8";
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":one ");
    assert_int_equal(atomic_load(&x->r->referrers_api), OCI_API_NO);
}

static void test_failures(void **state)
{
    struct registry_fixture *x = *state;
    static const struct {
        int status;
        enum wp_code code;
    } table[] = {{429, WP_E_NETWORK}, {500, WP_E_NETWORK}, {503, WP_E_NETWORK},
                 {401, WP_E_DENIED},  {403, WP_E_DENIED},  {400, WP_E_OTHER}};
    struct made subject = push_one(x, "subject", NULL);
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    for (size_t i = 0; i < WP_ARRAY_LEN(table); i++) {
        for (int api = 0; api < 2; api++) {
            struct wp_err err = {0};
            atomic_store(&x->r->referrers_api, api == 1 ? OCI_API_UNKNOWN : OCI_API_NO);
            x->f->fail_method = "GET";
            x->f->fail_status = table[i].status;
            x->f->fail_count = 99;
            CONTRACT_FAILS(oci_store_referrers(x->s, &subject.d, seeds, &text, &err), table[i].code);
        }
    }
    assert_string_equal(text.ptr, "");
    x->f->fail_count = 0;
    /* An unreadable list. */
    x->f->no_referrers_api = true;
    struct wp_span junk = wp_span_str("{\"manifests\":7}");
    struct oci_desc d = contract_desc(WP_SHA256, junk, OCI_MT_INDEX);
    struct wp_err err = {0};
    fake_registry_plant(x->f, FIXTURE_REPO, "manifest", fixture_digest(x, &d), OCI_MT_INDEX, junk,
                        fixture_fallback(x, &subject.d));
    CONTRACT_FAILS(oci_store_referrers(x->s, &subject.d, seeds, &text, &err), WP_E_INTEGRITY);
}

static struct wp_span index_of(struct registry_fixture *x, size_t n, bool same)
{
    struct oci_desc *list = wp_xcalloc(n, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        list[i] = contract_desc(WP_SHA256, wp_span(&i, same ? 0 : sizeof(i)), OCI_MT_MANIFEST);
        list[i].artifact_type = SIG;
    }
    struct oci_manifest index = {.kind = OCI_INDEX, .media_type = OCI_MT_INDEX, .manifests = list, .manifest_count = n};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&index, &b);
    free(list);
    return wp_arena_bytes(&x->a, wp_buf_span(&b));
}

static void plant_list(struct registry_fixture *x, const struct oci_desc *subject, struct wp_span bytes)
{
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_INDEX);
    fake_registry_plant(x->f, FIXTURE_REPO, "manifest", fixture_digest(x, &d), OCI_MT_INDEX, bytes,
                        fixture_fallback(x, subject));
}

static void test_limits(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    x->f->no_referrers_api = true;
    struct made subject = push_one(x, "subject", NULL);
    plant_list(x, &subject.d, index_of(x, (size_t)WP_LIMIT_REFERRERS, false));
    CONTRACT_OK(oci_store_referrers(x->s, &subject.d, seeds, &text, &err));
    assert_int_equal(text.len, WP_LIMIT_REFERRERS * strlen(SIG ":- "));
    wp_buf_cut(&text, 0);
    plant_list(x, &subject.d, index_of(x, (size_t)WP_LIMIT_REFERRERS + 1, false));
    CONTRACT_FAILS(oci_store_referrers(x->s, &subject.d, seeds, &text, &err), WP_E_LIMIT);
    assert_string_equal(text.ptr, "");
    /* One listed often is one. */
    plant_list(x, &subject.d, index_of(x, 50, true));
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":- ");
}

/* Another writer who read the list earlier undoes entries that were seen in between: they are put back with the own
 * one, unless the registry has them no longer. */
static void test_entries_of_others_are_put_back(void **state)
{
    struct registry_fixture *x = *state;
    x->f->no_referrers_api = true;
    struct made subject = push_one(x, "subject", NULL);
    push_one(x, "one", &subject.d);
    const char *first = fake_registry_tag(x->f, FIXTURE_REPO, fixture_fallback(x, &subject.d));
    first = wp_arena_str(&x->a, first);
    push_one(x, "two", &subject.d);
    x->f->drop_tag_puts = 1;
    x->f->dropped_put_leaves = first;
    push_one(x, "three", &subject.d);
    assert_string_equal(listed(x, x->s, &subject.d), SIG ":one " SIG ":three " SIG ":two ");
    assert_int_equal(x->f->drop_tag_puts, 0);
    /* The same where the one that vanished is not there. */
    struct made other = push_one(x, "other", NULL);
    struct oci_desc ghost = contract_desc(WP_SHA256, wp_span_str("ghost"), OCI_MT_MANIFEST);
    struct oci_manifest index = {
        .kind = OCI_INDEX, .media_type = OCI_MT_INDEX, .manifests = &ghost, .manifest_count = 1};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&index, &b);
    plant_list(x, &other.d, wp_buf_span(&b));
    x->f->drop_tag_puts = 1;
    push_one(x, "four", &other.d);
    assert_int_equal(x->f->drop_tag_puts, 0);
    assert_string_equal(listed(x, x->s, &other.d), SIG ":one " SIG ":four ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_TEST(test_api),
        REGISTRY_TEST(test_fallback),
        REGISTRY_TEST(test_lost_update),
        REGISTRY_TEST(test_bind_edits_once),
        REGISTRY_TEST(test_entries_of_others_are_put_back),
        REGISTRY_TEST(test_if_match),
        REGISTRY_TEST(test_list_that_is_none),
        REGISTRY_TEST(test_no_api_in_disguise),
        REGISTRY_TEST(test_failures),
        REGISTRY_TEST(test_limits),
    };
    return cmocka_run_group_tests_name("registry-referrers", tests, NULL, NULL);
}
