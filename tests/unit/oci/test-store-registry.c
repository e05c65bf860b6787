/* SPDX-License-Identifier: Apache-2.0
 *
 * The registry store: the contract over registries of several kinds, resolving, existence, names and their listing. */
#include "base/limits.h"
#include "base/mem.h"
#include "tests/unit/oci/registry-fixture.h"

/* ---- the contract ---- */

struct ground {
    struct fake_registry *f;
    struct http_client *client;
};

static struct oci_store *open_store(void *arg)
{
    struct ground *g = arg;
    return registry_fixture_store(g->client, FIXTURE_REPO);
}

static void clear(void *arg)
{
    struct ground *g = arg;
    fake_registry_clear(g->f);
    fake_registry_forget_log(g->f);
}

static void corrupt(void *arg, const struct oci_digest *digest, struct wp_span bytes)
{
    struct ground *g = arg;
    char text[OCI_DIGEST_TEXT];
    fake_registry_corrupt(g->f, oci_digest_text(digest, text), bytes);
}

static size_t leftovers(void *arg)
{
    struct ground *g = arg;
    return fake_registry_open_uploads(g->f);
}

enum kind { MODERN, OLD, CHUNKED, KINDS };

static int run_contract(enum kind kind)
{
    struct ground g = {.f = fake_registry_new("http://" FIXTURE_HOST)};
    g.client = registry_fixture_client(g.f);
    g.f->no_referrers_api = kind == OLD;
    g.f->head_405 = kind == OLD;
    g.f->no_range = kind == OLD;
    g.f->etags = kind == CHUNKED;
    g.f->relative_locations = kind == CHUNKED;
    g.f->chunk_min = kind == CHUNKED ? 30000 : 0;
    g.f->per_page = kind == MODERN ? 2 : 0;
    struct contract_target target = {
        .kind = "registry",
        .arg = &g,
        .open = open_store,
        .reset = clear,
        .reopen = open_store,
        .corrupt = corrupt,
        .leftovers = leftovers,
        .one_repo = true,
        .no_ingest = true,
        .no_open_blob = true,
        .no_needed = true,
        .no_atomic_bind = true,
        .names_without_desc = true,
        .lists_unbound_referrer = true,
    };
    int failed = contract_run(&target);
    http_client_free(g.client);
    fake_registry_free(g.f);
    return failed;
}

/* ---- exists ---- */

static void test_exists(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("abc"), OCI_MT_OCTETS);
    CONTRACT_OK(oci_store_put(x->s, &d, wp_span_str("abc"), &err));
    fake_registry_forget_log(x->f);
    assert_int_equal(oci_store_exists(x->s, &d, false, &err), OCI_PRESENT);
    assert_string_equal(x->f->log.ptr, wp_arena_printf(&x->a, "HEAD /v2/team/app/blobs/%s\n", fixture_digest(x, &d)));
    /* Another length is another content. */
    struct oci_desc longer = d;
    longer.size = 4;
    assert_int_equal(oci_store_exists(x->s, &longer, false, &err), OCI_ABSENT);
    longer.size = OCI_SIZE_UNKNOWN;
    assert_int_equal(oci_store_exists(x->s, &longer, false, &err), OCI_PRESENT);
    x->f->head_405 = true;
    fake_registry_forget_log(x->f);
    assert_int_equal(oci_store_exists(x->s, &d, false, &err), OCI_PRESENT);
    assert_int_equal(fake_registry_count(x->f, "HEAD "), 1);
    assert_int_equal(fake_registry_count(x->f, "GET "), 1);
}

static void test_exists_fails(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("abc"), OCI_MT_OCTETS);
    x->f->fail_method = "HEAD";
    x->f->fail_status = 429;
    x->f->fail_count = 2;
    assert_int_equal(oci_store_exists(x->s, &d, false, &err), OCI_ABSENT);
    x->f->fail_count = 99;
    CONTRACT_FAILS(oci_store_exists(x->s, &d, false, &err), WP_E_NETWORK);
    x->f->fail_status = 403;
    CONTRACT_FAILS(oci_store_exists(x->s, &d, false, &err), WP_E_DENIED);
}

/* ---- resolve ---- */

static void test_resolve_messages(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct oci_desc got;
    assert_int_equal(oci_store_resolve(x->s, "v1", &x->a, &got, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    assert_string_equal(err.msg, "127.0.0.1:5000/team/app:v1 not found (404 MANIFEST_UNKNOWN)");
    CONTRACT_FAILS(oci_store_resolve(x->s, "a b", &x->a, &got, NULL, &err), WP_E_USAGE);
    CONTRACT_FAILS(oci_store_resolve(x->s, "../../x", &x->a, &got, NULL, &err), WP_E_USAGE);
    CONTRACT_FAILS(oci_store_resolve(x->s, "sha256:abc", &x->a, &got, NULL, &err), WP_E_USAGE);
    assert_int_equal(fake_registry_count(x->f, ""), 1);
    assert_int_equal(oci_store_resolve(x->s, NULL, &x->a, &got, NULL, &err), -1);
    assert_string_equal(err.msg, "127.0.0.1:5000/team/app not found (404 NAME_UNKNOWN)");
}

static void test_digest_header(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct wp_span other;
    struct oci_desc got;
    struct oci_desc d = contract_manifest(x->s, &x->a, "one", NULL, NULL, &bytes);
    struct oci_desc e = contract_manifest(x->s, &x->a, "two", NULL, NULL, &other);
    struct oci_binding b = {.name = "v1", .desc = &d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(x->s, &b, 1, 0, &err));
    x->f->digest_header = fixture_digest(x, &e);
    assert_int_equal(oci_store_resolve(x->s, "v1", &x->a, &got, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_string_equal(err.msg, wp_arena_printf(&x->a,
                                                 FIXTURE_HOST "/team/app:v1: Docker-Content-Digest is %s, but the "
                                                              "content has digest %s",
                                                 fixture_digest(x, &e), fixture_digest(x, &d)));
    /* A digest that was asked for is the judge, whatever the header says. */
    CONTRACT_OK(oci_store_resolve(x->s, fixture_digest(x, &d), &x->a, &got, NULL, &err));
    x->f->digest_header = "nonsense";
    CONTRACT_FAILS(oci_store_resolve(x->s, "v1", &x->a, &got, NULL, &err), WP_E_INTEGRITY);
    /* And what it asks for is held against the bytes, also when the header agrees. */
    x->f->digest_header = fixture_digest(x, &d);
    fake_registry_corrupt(x->f, fixture_digest(x, &d), other);
    CONTRACT_FAILS(oci_store_resolve(x->s, fixture_digest(x, &d), &x->a, &got, NULL, &err), WP_E_INTEGRITY);
    CONTRACT_FAILS(oci_store_resolve(x->s, "v1", &x->a, &got, NULL, &err), WP_E_INTEGRITY);
    /* A PUT that the registry stores as something else. */
    x->f->digest_header = fixture_digest(x, &e);
    CONTRACT_FAILS(oci_store_bind(x->s, &b, 1, 0, &err), WP_E_INTEGRITY);
}

static void test_resolve_types(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc got;
    struct oci_desc d = contract_manifest(x->s, &x->a, "one", NULL, NULL, &bytes);
    struct oci_binding b = {.name = "v1", .desc = &d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(x->s, &b, 1, 0, &err));
    static const char *const types[] = {"application/vnd.oci.image.manifest.v1+json; charset=utf-8",
                                        "Application/VND.oci.image.manifest.v1+json", "text/plain", "application/json"};
    for (size_t i = 0; i < WP_ARRAY_LEN(types); i++) {
        x->f->content_type = types[i];
        CONTRACT_OK(oci_store_resolve(x->s, "v1", &x->a, &got, NULL, &err));
        assert_string_equal(got.media_type, OCI_MT_MANIFEST);
    }
    x->f->content_type = NULL;
    x->f->content_encoding = "gzip";
    CONTRACT_FAILS(oci_store_resolve(x->s, "v1", &x->a, &got, NULL, &err), WP_E_INTEGRITY);
    x->f->content_encoding = "identity";
    CONTRACT_OK(oci_store_resolve(x->s, "v1", &x->a, &got, NULL, &err));
    /* A body that breaks off is asked for again. */
    x->f->break_at = 20;
    x->f->breaks = 2;
    CONTRACT_OK(oci_store_resolve(x->s, "v1", &x->a, &got, NULL, &err));
    x->f->breaks = 6;
    CONTRACT_FAILS(oci_store_resolve(x->s, "v1", &x->a, &got, NULL, &err), WP_E_NETWORK);
}

static void test_manifest_limit(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct oci_desc got;
    struct wp_span huge = contract_bytes(&x->a, (size_t)WP_LIMIT_MANIFEST + 1, 1);
    struct oci_desc d = contract_desc(WP_SHA256, huge, OCI_MT_MANIFEST);
    fake_registry_plant(x->f, FIXTURE_REPO, "manifest", fixture_digest(x, &d), OCI_MT_MANIFEST, huge, "v1");
    CONTRACT_FAILS(oci_store_resolve(x->s, "v1", &x->a, &got, NULL, &err), WP_E_LIMIT);
    struct wp_source_mem src = wp_source_mem(huge);
    CONTRACT_FAILS(oci_store_push(x->s, &d, &src.base, NULL, &err), WP_E_LIMIT);
}

static void test_the_only_tag(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc got;
    struct oci_desc d = contract_manifest(x->s, &x->a, "one", NULL, NULL, &bytes);
    struct oci_binding b = {.name = "v1", .desc = &d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(x->s, &b, 1, 0, &err));
    const char *sig = wp_arena_printf(&x->a, "%s.sig", fixture_fallback(x, &d));
    b.name = sig;
    CONTRACT_OK(oci_store_bind(x->s, &b, 1, 0, &err));
    CONTRACT_OK(oci_store_resolve(x->s, NULL, &x->a, &got, NULL, &err));
    b.name = "v2";
    CONTRACT_OK(oci_store_bind(x->s, &b, 1, 0, &err));
    assert_int_equal(oci_store_resolve(x->s, NULL, &x->a, &got, NULL, &err), -1);
    assert_string_equal(err.msg, FIXTURE_HOST "/team/app has 2 tags: which one?");
    assert_string_equal(err.hint, "name one of: v1, v2");
}

/* ---- bind, remove ---- */

static void test_bind_requests(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc d = contract_manifest(x->s, &x->a, "one", NULL, NULL, &bytes);
    CONTRACT_OK(oci_store_put(x->s, &d, bytes, &err));
    fake_registry_forget_log(x->f);
    struct oci_binding list[] = {{.name = "a", .desc = &d}, {.name = "b", .desc = &d}, {.name = "c", .desc = &d}};
    CONTRACT_OK(oci_store_bind(x->s, list, 3, 0, &err));
    assert_string_equal(x->f->log.ptr, wp_arena_printf(&x->a,
                                                       "GET /v2/team/app/manifests/%s\n"
                                                       "PUT /v2/team/app/manifests/a\n"
                                                       "PUT /v2/team/app/manifests/b\n"
                                                       "PUT /v2/team/app/manifests/c\n",
                                                       fixture_digest(x, &d)));
    fake_registry_forget_log(x->f);
    list[2].bytes = bytes;
    CONTRACT_OK(oci_store_bind(x->s, list, 3, OCI_BIND_NO_REPLACE, &err));
    assert_int_equal(fake_registry_count(x->f, "HEAD "), 3);
    assert_int_equal(fake_registry_count(x->f, "GET "), 0);
    CONTRACT_OK(oci_store_bind(x->s, list, 1, OCI_BIND_ATOMIC, &err));
    assert_int_equal(oci_store_bind(x->s, list, 2, OCI_BIND_ATOMIC, &err), -1);
    assert_string_equal(err.msg, FIXTURE_HOST "/team/app: a registry cannot change 2 names in one step");
    /* The second name is taken: the first is not written either. */
    struct wp_span other;
    struct oci_desc e = contract_manifest(x->s, &x->a, "two", NULL, NULL, &other);
    struct oci_binding clash[] = {{.name = "free", .desc = &e, .bytes = other}, {.name = "b", .desc = &e}};
    assert_int_equal(oci_store_bind(x->s, clash, 2, OCI_BIND_NO_REPLACE, &err), -1);
    assert_int_equal(err.code, WP_E_EXISTS);
    assert_string_equal(
        err.msg, wp_arena_printf(&x->a, FIXTURE_HOST "/team/app:b exists already and is %s", fixture_digest(x, &d)));
    assert_null(fake_registry_tag(x->f, FIXTURE_REPO, "free"));
    /* Without HEAD the answer is the same. */
    x->f->head_405 = true;
    CONTRACT_FAILS(oci_store_bind(x->s, clash, 2, OCI_BIND_NO_REPLACE, &err), WP_E_EXISTS);
}

static void test_put_refused(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc d = contract_manifest(x->s, &x->a, "one", NULL, NULL, &bytes);
    struct oci_binding b = {.name = "v1", .desc = &d, .bytes = bytes};
    x->f->fail_method = "PUT";
    x->f->fail_status = 400;
    x->f->fail_code = "DIGEST_INVALID";
    x->f->fail_count = 2;
    CONTRACT_OK(oci_store_bind(x->s, &b, 1, 0, &err));
    assert_int_equal(x->f->fail_count, 0);
    x->f->fail_count = 3;
    CONTRACT_FAILS(oci_store_bind(x->s, &b, 1, 0, &err), WP_E_OTHER);
    assert_int_equal(x->f->fail_count, 0);
    x->f->fail_code = "MANIFEST_BLOB_UNKNOWN";
    x->f->fail_count = 3;
    assert_int_equal(oci_store_bind(x->s, &b, 1, 0, &err), -1);
    assert_int_equal(x->f->fail_count, 2);
    assert_string_equal(err.msg, FIXTURE_HOST "/team/app: the registry refuses manifest v1 (400 "
                                              "MANIFEST_BLOB_UNKNOWN: no)");
    x->f->fail_status = 413;
    CONTRACT_FAILS(oci_store_bind(x->s, &b, 1, 0, &err), WP_E_OTHER);
}

static void test_delete_refused(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc d = contract_manifest(x->s, &x->a, "one", NULL, NULL, &bytes);
    struct oci_binding b = {.name = "v1", .desc = &d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(x->s, &b, 1, 0, &err));
    struct oci_binding gone = {.name = "v1"};
    x->f->no_tag_delete = true;
    assert_int_equal(oci_store_bind(x->s, &gone, 1, 0, &err), -1);
    assert_int_equal(err.code, WP_E_UNSUPPORTED);
    assert_string_equal(err.msg, FIXTURE_HOST "/team/app:v1 stays: the registry does not remove single tags "
                                              "(400 DIGEST_INVALID)");
    x->f->no_delete = true;
    assert_int_equal(oci_store_remove(x->s, &d, &err), -1);
    assert_int_equal(err.code, WP_E_UNSUPPORTED);
    assert_string_equal(err.msg, FIXTURE_HOST "/team/app does not delete manifests (405 UNSUPPORTED)");
    CONTRACT_FAILS(oci_store_bind(x->s, &gone, 1, 0, &err), WP_E_UNSUPPORTED);
    x->f->no_delete = false;
    CONTRACT_OK(oci_store_remove(x->s, &d, &err));
    CONTRACT_FAILS(oci_store_bind(x->s, &gone, 1, 0, &err), WP_E_NOT_FOUND);
}

/* ---- listings ---- */

static int join(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err WP_UNUSED)
{
    assert_string_equal(repo, FIXTURE_REPO);
    assert_null(desc);
    wp_buf_printf(arg, "%s ", tag);
    return 0;
}

static void bind_tags(struct registry_fixture *x, size_t n)
{
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc d = contract_manifest(x->s, &x->a, "m", NULL, NULL, &bytes);
    for (size_t i = 0; i < n; i++) {
        struct oci_binding b = {.name = wp_arena_printf(&x->a, "t%zu", i), .desc = &d, .bytes = bytes};
        CONTRACT_OK(oci_store_bind(x->s, &b, 1, 0, &err));
    }
    fake_registry_forget_log(x->f);
}

static void test_pages(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    bind_tags(x, 5);
    x->f->per_page = 2;
    CONTRACT_OK(oci_store_each_name(x->s, NULL, join, &text, &err));
    assert_string_equal(text.ptr, "t0 t1 t2 t3 t4 ");
    assert_int_equal(fake_registry_count(x->f, "GET /v2/team/app/tags/list"), 3);
    wp_buf_cut(&text, 0);
    CONTRACT_OK(oci_store_each_name(x->s, "team/app", join, &text, &err));
    assert_string_equal(text.ptr, "t0 t1 t2 t3 t4 ");
    CONTRACT_FAILS(oci_store_each_name(x->s, "team/other", join, &text, &err), WP_E_NOT_FOUND);
}

static void test_hostile_links(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    bind_tags(x, 1);
    static const char *const foreign[] = {
        "<http://127.0.0.1:9/v2/team/app/tags/list?from=1>; rel=\"next\"", "<//evil.example/x>; rel=next",
        "<https://127.0.0.1:5000/v2/team/app/tags/list>; rel=\"next\"", "<http://127.0.0.2:5000/x>; rel=\"next\""};
    for (size_t i = 0; i < WP_ARRAY_LEN(foreign); i++) {
        x->f->link = foreign[i];
        fake_registry_forget_log(x->f);
        assert_int_equal(oci_store_each_name(x->s, NULL, join, &text, &err), -1);
        assert_int_equal(err.code, WP_E_INTEGRITY);
        assert_non_null(strstr(err.msg, "is not on the same origin as the registry"));
        assert_int_equal(fake_registry_count(x->f, ""), 1);
    }
    /* Round and round. */
    x->f->link = "</v2/team/app/tags/list?from=0>; rel=\"next\"";
    fake_registry_forget_log(x->f);
    assert_int_equal(oci_store_each_name(x->s, NULL, join, &text, &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(err.msg, "comes again and again"));
    assert_int_equal(fake_registry_count(x->f, ""), 2);
    assert_string_equal(text.ptr, "");
    /* Another link is no next page. */
    x->f->link = "<http://evil.example/>; rel=\"prev\"";
    CONTRACT_OK(oci_store_each_name(x->s, NULL, join, &text, &err));
    assert_string_equal(text.ptr, "t0 ");
}

/* A listing without end: every page names one more. */
struct endless {
    struct http_transport base;
    unsigned long pages;
};

static int endless_send(struct http_transport *t, const struct http_exchange *e WP_UNUSED, struct http_resp *ret,
                        WP_OWN struct wp_reader **ret_body, struct wp_err *err WP_UNUSED)
{
    struct endless *n = WP_DOWNCAST(struct endless, t);
    struct http_resp resp = {.arena = WP_ARENA_INIT, .status = 200, .header_count = 1};
    struct http_header *h = wp_arena_alloc(&resp.arena, 1, sizeof(*h));
    *h = (struct http_header){
        "Link", wp_arena_printf(&resp.arena, "</v2/team/app/tags/list?page=%lu>; rel=\"next\"", ++n->pages)};
    resp.headers = h;
    *ret = resp;
    *ret_body = wp_reader_mem(wp_span_str("{\"tags\":[]}"));
    return 0;
}

static void test_endless_pages(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct endless endless = {.base = {.send = endless_send}};
    const struct http_opts opts = {0};
    struct http_client *client = http_client_new(&endless.base, FIXTURE_HOST, NULL, &opts);
    struct oci_store *s = registry_fixture_store(client, FIXTURE_REPO);
    int rc = oci_store_each_name(s, NULL, join, &text, &err);
    oci_store_close(s);
    http_client_free(client);
    assert_int_equal(rc, -1);
    assert_int_equal(err.code, WP_E_LIMIT);
    assert_string_equal(err.msg, "tags of " FIXTURE_HOST "/team/app: more than 1000 pages");
    assert_int_equal(endless.pages, WP_LIMIT_PAGES);
    (void)x;
}

static int join_repo(void *arg, const char *repo, struct wp_err *err WP_UNUSED)
{
    wp_buf_printf(arg, "%s ", repo);
    return 0;
}

static void test_catalog_and_ping(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    bind_tags(x, 1);
    CONTRACT_OK(oci_registry_catalog(x->client, NULL, join_repo, &text, &err));
    assert_string_equal(text.ptr, "team/app ");
    CONTRACT_OK(oci_registry_ping(x->client, &err));
    x->f->fail_method = "GET";
    x->f->fail_count = 99;
    x->f->fail_status = 404;
    CONTRACT_FAILS(oci_registry_catalog(x->client, NULL, join_repo, &text, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_registry_ping(x->client, &err), WP_E_OTHER);
    x->f->fail_status = 401;
    CONTRACT_FAILS(oci_registry_ping(x->client, &err), WP_E_DENIED);
    x->f->fail_status = 503;
    CONTRACT_FAILS(oci_registry_catalog(x->client, NULL, join_repo, &text, &err), WP_E_NETWORK);
}

static void test_open(void **state)
{
    struct registry_fixture *x = *state;
    struct wp_err err = {0};
    struct oci_store *s = NULL;
    assert_string_equal(x->s->label, FIXTURE_HOST "/team/app");
    static const char *const bad[] = {"", "UP", "a//b", "../a", "a/../b", "a b", "a?b"};
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        CONTRACT_FAILS(oci_registry_open(x->client, FIXTURE_HOST, bad[i], &s, &err), WP_E_USAGE);
        assert_null(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_TEST(test_exists),
        REGISTRY_TEST(test_exists_fails),
        REGISTRY_TEST(test_resolve_messages),
        REGISTRY_TEST(test_digest_header),
        REGISTRY_TEST(test_resolve_types),
        REGISTRY_TEST(test_manifest_limit),
        REGISTRY_TEST(test_the_only_tag),
        REGISTRY_TEST(test_bind_requests),
        REGISTRY_TEST(test_delete_refused),
        REGISTRY_TEST(test_put_refused),
        REGISTRY_TEST(test_pages),
        REGISTRY_TEST(test_hostile_links),
        REGISTRY_TEST(test_endless_pages),
        REGISTRY_TEST(test_catalog_and_ping),
        REGISTRY_TEST(test_open),
    };
    int failed = 0;
    for (enum kind kind = MODERN; kind < KINDS; kind++) {
        failed += run_contract(kind);
    }
    return failed + cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
