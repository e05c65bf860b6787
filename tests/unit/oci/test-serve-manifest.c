/* SPDX-License-Identifier: Apache-2.0
 *
 * oci/serve-manifest.c and oci/serve-list.c: manifests in, out and away, the listings that follow from them. */
#include "base/limits.h"
#include "tests/unit/oci/serve-client.h"
#include "tests/unit/unit.h"

#define ABSENT "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define TYPE   "Content-Type: " OCI_MT_MANIFEST "\r\n"
#define EMPTY  "{\"digest\":\"" OCI_EMPTY_DIGEST "\",\"mediaType\":\"" OCI_MT_EMPTY "\",\"size\":2}"

static struct server server;

static int start(void **state)
{
    (void)state;
    server_start(&server, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    server_stop(&server);
    return 0;
}

/* A manifest of the empty config and layer; more: further members, with a comma at the end. */
static char *manifest(char ret[1024], const char *artifact_type, const char *more)
{
    (void)snprintf(ret, 1024,
                   "{\"artifactType\":\"%s\",\"config\":" EMPTY ",\"layers\":[" EMPTY
                   "],%s\"mediaType\":\"" OCI_MT_MANIFEST "\",\"schemaVersion\":2}",
                   artifact_type, more);
    return ret;
}

static char *manifest_path(const char *repo, const char *ref, char ret[512])
{
    (void)snprintf(ret, 512, "/v2/%s/manifests/%s", repo, ref);
    return ret;
}

/* Pushes under a tag (or digest); d receives the digest. */
static void push_manifest(const struct server *s, const char *repo, const char *ref, const char *text,
                          char d[OCI_DIGEST_TEXT])
{
    char path[512];
    push_blob(s, repo, "{}", d);
    digest_of(WP_SHA256, wp_span_str(text), d);
    AUTO_REPLY struct reply r = call(s, "PUT", manifest_path(repo, ref != NULL ? ref : d, path), TYPE, text);
    assert_int_equal(r.status, 201);
    assert_header(&r, "Docker-Content-Digest", d);
    assert_header(&r, "Location", manifest_path(repo, d, path));
}

static void assert_manifest(const char *repo, const char *ref, const char *text, const char *digest)
{
    char path[512];
    char length[32];
    AUTO_REPLY struct reply get = call(&server, "GET", manifest_path(repo, ref, path), "Accept: text/html\r\n", NULL);
    assert_int_equal(get.status, 200);
    assert_string_equal(get.body.ptr, text);
    assert_header(&get, "Content-Type", OCI_MT_MANIFEST);
    assert_header(&get, "Docker-Content-Digest", digest);
    AUTO_REPLY struct reply head = call(&server, "HEAD", path, "", NULL);
    assert_int_equal(head.status, 200);
    (void)snprintf(length, sizeof(length), "%zu", strlen(text));
    assert_header(&head, "Content-Length", length);
    assert_header(&head, "Docker-Content-Digest", digest);
    assert_header(&head, "Content-Type", OCI_MT_MANIFEST);
}

static void assert_answer(const struct server *s, const char *path, const char *body)
{
    AUTO_REPLY struct reply r = call(s, "GET", path, "", NULL);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body.ptr, body);
}

static void test_tag_and_digest(void **state)
{
    (void)state;
    char text[1024];
    char d[OCI_DIGEST_TEXT];
    manifest(text, "a/b", "");
    push_manifest(&server, "app/one", "v1", text, d);
    assert_manifest("app/one", "v1", text, d);
    assert_manifest("app/one", d, text, d);
    /* The tag moves; the first manifest stays by its digest. */
    char other[1024];
    char d2[OCI_DIGEST_TEXT];
    push_manifest(&server, "app/one", "v1", manifest(other, "a/c", ""), d2);
    assert_manifest("app/one", "v1", other, d2);
    assert_manifest("app/one", d, text, d);
    AUTO_REPLY struct reply no_tag = call(&server, "GET", "/v2/app/one/manifests/v2", "", NULL);
    assert_error(&no_tag, 404, "MANIFEST_UNKNOWN");
    AUTO_REPLY struct reply no_repo = call(&server, "GET", "/v2/app/two/manifests/v1", "", NULL);
    assert_error(&no_repo, 404, "NAME_UNKNOWN");
    AUTO_REPLY struct reply no_digest = call(&server, "GET", "/v2/app/one/manifests/" ABSENT, "", NULL);
    assert_error(&no_digest, 404, "MANIFEST_UNKNOWN");
    AUTO_REPLY struct reply bad_digest = call(&server, "GET", "/v2/app/one/manifests/sha256:bad", "", NULL);
    assert_error(&bad_digest, 400, "DIGEST_INVALID");
    /* A blob is no manifest. */
    char path[512];
    push_blob(&server, "app/one", "plain", d);
    expect(&server, 404, "GET", manifest_path("app/one", d, path), "", NULL);
    expect(&server, 404, "DELETE", path, "", NULL);
}

static void test_digest_with_tags(void **state)
{
    (void)state;
    char text[1024];
    char d[OCI_DIGEST_TEXT];
    char path[1024];
    char tag[512];
    push_blob(&server, "tags", "{}", d);
    digest_of(WP_SHA512, wp_span_str(manifest(text, "t/t", "")), d);
    (void)snprintf(path, sizeof(path), "/v2/tags/manifests/%s?tag=one&tag=t%%77o", d);
    AUTO_REPLY struct reply r = call(&server, "PUT", path, TYPE, text);
    assert_int_equal(r.status, 201);
    assert_header(&r, "Docker-Content-Digest", d);
    const char *first = reply_header(&r, "OCI-Tag", 0, tag);
    assert_non_null(first);
    assert_true(wp_str_eq(first, "one") || wp_str_eq(first, "two"));
    assert_non_null(reply_header(&r, "OCI-Tag", 1, tag));
    assert_null(reply_header(&r, "OCI-Tag", 2, tag));
    assert_manifest("tags", "one", text, d);
    assert_manifest("tags", "two", text, d);
    assert_answer(&server, "/v2/tags/tags/list", "{\"name\":\"tags\",\"tags\":[\"one\",\"two\"]}");
    (void)snprintf(path, sizeof(path), "/v2/tags/manifests/%s?tag=no/tag", d);
    AUTO_REPLY struct reply bad = call(&server, "PUT", path, TYPE, text);
    assert_error(&bad, 400, "MANIFEST_INVALID");
}

static void test_refused(void **state)
{
    (void)state;
    char text[1024];
    char d[OCI_DIGEST_TEXT];
    push_blob(&server, "no", "{}", d);
    manifest(text, "a/b", "");
    AUTO_REPLY struct reply digest = call(&server, "PUT", "/v2/no/manifests/" ABSENT, TYPE, text);
    assert_error(&digest, 400, "DIGEST_INVALID");
    AUTO_REPLY struct reply malformed = call(&server, "PUT", "/v2/no/manifests/sha256:bad", TYPE, text);
    assert_error(&malformed, 400, "DIGEST_INVALID");
    AUTO_REPLY struct reply type =
        call(&server, "PUT", "/v2/no/manifests/1", "Content-Type: " OCI_MT_INDEX "\r\n", text);
    assert_error(&type, 400, "MANIFEST_INVALID");
    AUTO_REPLY struct reply html = call(&server, "PUT", "/v2/no/manifests/1", "Content-Type: text/html\r\n", text);
    assert_error(&html, 400, "MANIFEST_INVALID");
    static const char *const bad[] = {"", "{", "[]", "{\"schemaVersion\":2}", "<script>alert(1)</script>"};
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        AUTO_REPLY struct reply r = call(&server, "PUT", "/v2/no/manifests/1", TYPE, bad[i]);
        assert_error(&r, 400, "MANIFEST_INVALID");
    }
    AUTO_REPLY struct reply tag = call(&server, "PUT", "/v2/no/manifests/-x", TYPE, text);
    assert_error(&tag, 400, "MANIFEST_INVALID");
    expect(&server, 404, "GET", "/v2/no/tags/list", "", NULL);
}

static void test_missing_blobs(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    static const char missing[] =
        "{\"config\":" EMPTY ",\"layers\":[{\"digest\":\"" ABSENT
        "\",\"mediaType\":\"application/wasm\",\"size\":5}],\"mediaType\":\"" OCI_MT_MANIFEST "\",\"schemaVersion\":2}";
    push_blob(&server, "m", "{}", d);
    AUTO_REPLY struct reply r = call(&server, "PUT", "/v2/m/manifests/1", TYPE, missing);
    assert_error(&r, 400, "MANIFEST_BLOB_UNKNOWN");
    assert_non_null(strstr(r.body.ptr, "\"detail\":{\"digest\":\"" ABSENT "\"}"));
    expect(&server, 404, "GET", "/v2/m/manifests/1", "", NULL);
    /* What may stay elsewhere: foreign layers, manifests of an index. */
    static const char foreign[] =
        "{\"config\":" EMPTY ",\"layers\":[{\"digest\":\"" ABSENT "\",\"mediaType\":\"application/"
        "vnd.oci.image.layer.nondistributable.v1.tar\",\"size\":5}],\"mediaType\":\"" OCI_MT_MANIFEST
        "\",\"schemaVersion\":2}";
    expect(&server, 201, "PUT", "/v2/m/manifests/foreign", TYPE, foreign);
    static const char sparse[] = "{\"manifests\":[{\"digest\":\"" ABSENT "\",\"mediaType\":\"" OCI_MT_MANIFEST
                                 "\",\"size\":5}],\"mediaType\":\"" OCI_MT_INDEX "\",\"schemaVersion\":2}";
    expect(&server, 201, "PUT", "/v2/m/manifests/sparse", "Content-Type: " OCI_MT_INDEX "; charset=utf-8\r\n", sparse);
    AUTO_REPLY struct reply index = call(&server, "GET", "/v2/m/manifests/sparse", "", NULL);
    assert_header(&index, "Content-Type", OCI_MT_INDEX);

    struct server partial;
    server_start(&partial, &(struct oci_serve_opts){.sparse = true});
    expect(&partial, 201, "PUT", "/v2/m/manifests/1", TYPE, missing);
    AUTO_REPLY struct reply kept = call(&partial, "GET", "/v2/m/manifests/1", "", NULL);
    assert_string_equal(kept.body.ptr, missing);
    AUTO_REPLY struct reply layer = call(&partial, "GET", "/v2/m/blobs/" ABSENT, "", NULL);
    assert_error(&layer, 404, "BLOB_UNKNOWN");
    server_stop(&partial);
}

static void test_too_large(void **state)
{
    (void)state;
    char text[1024];
    WP_AUTO_BUF struct wp_buf large = WP_BUF_INIT;
    wp_buf_add_str(&large, manifest(text, "l/l", ""));
    while (large.len < WP_LIMIT_MANIFEST) {
        wp_buf_add_char(&large, ' ');
    }
    expect(&server, 201, "PUT", "/v2/app/one/manifests/limit", TYPE, large.ptr);
    wp_buf_add_char(&large, ' ');
    AUTO_REPLY struct reply r = call(&server, "PUT", "/v2/app/one/manifests/large", TYPE, large.ptr);
    assert_error(&r, 413, "SIZE_INVALID");
    expect(&server, 404, "GET", "/v2/app/one/manifests/large", "", NULL);
}

static void test_delete(void **state)
{
    (void)state;
    char text[1024];
    char d[OCI_DIGEST_TEXT];
    char path[512];
    manifest(text, "del/del", "");
    push_manifest(&server, "del", "a", text, d);
    push_manifest(&server, "del", "b", text, d);
    push_manifest(&server, "kept", "c", text, d);
    expect(&server, 202, "DELETE", "/v2/del/manifests/a", "", NULL);
    AUTO_REPLY struct reply again = call(&server, "DELETE", "/v2/del/manifests/a", "", NULL);
    assert_error(&again, 404, "MANIFEST_UNKNOWN");
    assert_manifest("del", "b", text, d);
    (void)snprintf(path, sizeof(path), "/v2/del/blobs/%s", d);
    AUTO_REPLY struct reply as_blob = call(&server, "DELETE", path, "", NULL);
    assert_error(&as_blob, 405, "UNSUPPORTED");
    assert_manifest("del", "b", text, d);
    /* By digest: all tags of this repository, none of another. */
    expect(&server, 202, "DELETE", manifest_path("del", d, path), "", NULL);
    expect(&server, 404, "GET", "/v2/del/manifests/b", "", NULL);
    assert_manifest("kept", "c", text, d);
    expect(&server, 404, "DELETE", path, "", NULL);
    expect(&server, 202, "DELETE", manifest_path("kept", d, path), "", NULL);
    expect(&server, 404, "GET", path, "", NULL);
    expect(&server, 404, "GET", "/v2/kept/manifests/c", "", NULL);
    expect(&server, 404, "GET", "/v2/kept/tags/list", "", NULL);
}

static void test_tag_pages(void **state)
{
    (void)state;
    char text[1024];
    char d[OCI_DIGEST_TEXT];
    char link[512];
    static const char *const tags[] = {"b", "a", "C", "d"};
    for (size_t i = 0; i < WP_ARRAY_LEN(tags); i++) {
        push_manifest(&server, "page", tags[i], manifest(text, "p/p", ""), d);
    }
#define PAGE(query, list) assert_answer(&server, "/v2/page/tags/list" query, "{\"name\":\"page\",\"tags\":[" list "]}")
    PAGE("", "\"C\",\"a\",\"b\",\"d\"");
    PAGE("?n=2", "\"C\",\"a\"");
    PAGE("?n=2&last=a", "\"b\",\"d\"");
    PAGE("?n=0", "");
    PAGE("?last=d", "");
    PAGE("?last=aa", "\"b\",\"d\"");
    PAGE("?n=99999999999999999999999", "\"C\",\"a\",\"b\",\"d\"");
    AUTO_REPLY struct reply first = call(&server, "GET", "/v2/page/tags/list?n=3", "", NULL);
    assert_header(&first, "Link", "</v2/page/tags/list?n=3&last=b>; rel=\"next\"");
    AUTO_REPLY struct reply last = call(&server, "GET", "/v2/page/tags/list?n=3&last=b", "", NULL);
    assert_null(reply_header(&last, "Link", 0, link));
    AUTO_REPLY struct reply none = call(&server, "GET", "/v2/page/tags/list?n=0", "", NULL);
    assert_null(reply_header(&none, "Link", 0, link));
    static const char *const bad[] = {"-1", "abc", "", "1x", "%31%00"};
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        (void)snprintf(text, sizeof(text), "/v2/page/tags/list?n=%s", bad[i]);
        expect(&server, 400, "GET", text, "", NULL);
        (void)snprintf(text, sizeof(text), "/v2/_catalog?n=%s", bad[i]);
        expect(&server, 400, "GET", text, "", NULL);
    }
    AUTO_REPLY struct reply unknown = call(&server, "GET", "/v2/nobody/tags/list", "", NULL);
    assert_error(&unknown, 404, "NAME_UNKNOWN");
}

/* Bare tags of a layout appear in the repository that was named for them, and only there. */
static void test_catalog_and_default(void **state)
{
    (void)state;
    struct server s;
    char text[1024];
    char d[OCI_DIGEST_TEXT];
    server_start(&s, &(struct oci_serve_opts){.default_repo = "mid/dle"});
    assert_answer(&s, "/v2/_catalog", "{\"repositories\":[]}");
    push_manifest(&s, "z", "1", manifest(text, "a/a", ""), d);
    push_manifest(&s, "a", "1", text, d);
    push_manifest(&s, "mid/dle", "own", text, d);
    assert_answer(&s, "/v2/_catalog", "{\"repositories\":[\"a\",\"mid/dle\",\"z\"]}");
    AUTO_REPLY struct reply page = call(&s, "GET", "/v2/_catalog?n=2&last=a", "", NULL);
    assert_string_equal(page.body.ptr, "{\"repositories\":[\"mid/dle\",\"z\"]}");
    AUTO_REPLY struct reply one = call(&s, "GET", "/v2/_catalog?n=1&last=a", "", NULL);
    assert_header(&one, "Link", "</v2/_catalog?n=1&last=mid/dle>; rel=\"next\"");
    assert_answer(&s, "/v2/mid/dle/tags/list", "{\"name\":\"mid/dle\",\"tags\":[\"own\"]}");
    struct oci_desc desc;
    struct wp_err err = {0};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    assert_int_equal(oci_store_resolve(s.store, "own", &a, &desc, NULL, &err), 0);
    /* A name written in full is found as well, and goes with the bare one. */
    const struct oci_binding full = {.name = "mid/dle:full", .desc = &desc};
    assert_int_equal(oci_store_bind(s.store, &full, 1, 0, &err), 0);
    assert_answer(&s, "/v2/mid/dle/tags/list", "{\"name\":\"mid/dle\",\"tags\":[\"full\",\"own\"]}");
    expect(&s, 200, "GET", "/v2/mid/dle/manifests/full", "", NULL);
    expect(&s, 202, "DELETE", "/v2/mid/dle/manifests/full", "", NULL);
    expect(&s, 202, "DELETE", "/v2/mid/dle/manifests/own", "", NULL);
    expect(&s, 404, "GET", "/v2/mid/dle/tags/list", "", NULL);
    server_stop(&s);
}

static void push_referrer(const struct server *s, const char *type, const char *subject, char d[OCI_DIGEST_TEXT])
{
    char more[512];
    char text[1024];
    char path[512];
    (void)snprintf(more, sizeof(more),
                   "\"subject\":{\"digest\":\"%s\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":9},", subject);
    /* Members in order: layers, mediaType, schemaVersion, subject is not needed of others' documents. */
    manifest(text, type, more);
    push_blob(s, "ref", "{}", d);
    digest_of(WP_SHA256, wp_span_str(text), d);
    AUTO_REPLY struct reply r = call(s, "PUT", manifest_path("ref", d, path), TYPE, text);
    assert_int_equal(r.status, 201);
    assert_header(&r, "OCI-Subject", s->opts.no_referrers_api ? NULL : subject);
}

static void test_referrers(void **state)
{
    (void)state;
    char d[OCI_DIGEST_TEXT];
    static const char empty[] = "{\"manifests\":[],\"mediaType\":\"" OCI_MT_INDEX "\",\"schemaVersion\":2}";
    AUTO_REPLY struct reply none = call(&server, "GET", "/v2/nobody/referrers/" ABSENT, "", NULL);
    assert_int_equal(none.status, 200);
    assert_string_equal(none.body.ptr, empty);
    assert_header(&none, "Content-Type", OCI_MT_INDEX);
    assert_header(&none, "OCI-Filters-Applied", NULL);
    /* The subject itself may be missing. */
    push_referrer(&server, "sig/one+json", ABSENT, d);
    AUTO_REPLY struct reply all = call(&server, "GET", "/v2/ref/referrers/" ABSENT, "", NULL);
    assert_non_null(strstr(all.body.ptr, d));
    assert_non_null(strstr(all.body.ptr, "\"artifactType\":\"sig/one+json\""));
    push_referrer(&server, "sbom/two", ABSENT, d);
    AUTO_REPLY struct reply sbom = call(&server, "GET", "/v2/ref/referrers/" ABSENT "?artifactType=sbom/two", "", NULL);
    assert_header(&sbom, "OCI-Filters-Applied", "artifactType");
    assert_non_null(strstr(sbom.body.ptr, d));
    assert_null(strstr(sbom.body.ptr, "sig/one"));
    static const char *const plus[] = {"sig/one+json", "sig%2Fone%2Bjson"};
    for (size_t i = 0; i < WP_ARRAY_LEN(plus); i++) {
        char path[512];
        (void)snprintf(path, sizeof(path), "/v2/ref/referrers/" ABSENT "?artifactType=%s", plus[i]);
        AUTO_REPLY struct reply sig = call(&server, "GET", path, "", NULL);
        assert_non_null(strstr(sig.body.ptr, "sig/one+json"));
        assert_null(strstr(sig.body.ptr, d));
    }
    AUTO_REPLY struct reply other = call(&server, "GET", "/v2/ref/referrers/" ABSENT "?artifactType=x/y", "", NULL);
    assert_string_equal(other.body.ptr, empty);
    AUTO_REPLY struct reply bad = call(&server, "GET", "/v2/ref/referrers/sha256:x", "", NULL);
    assert_error(&bad, 400, "DIGEST_INVALID");
}

static void test_without_referrers_api(void **state)
{
    (void)state;
    struct server s;
    char d[OCI_DIGEST_TEXT];
    server_start(&s, &(struct oci_serve_opts){.no_referrers_api = true});
    push_referrer(&s, "sig/one", ABSENT, d);
    expect(&s, 404, "GET", "/v2/ref/referrers/" ABSENT, "", NULL);
    server_stop(&s);
}

/* More than a page of referrers: the pages together hold each once. */
static void test_referrer_pages(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf path = WP_BUF_INIT;
    char d[OCI_DIGEST_TEXT];
    char link[512];
    push_blob(&server, "many", "{}", d);
    for (int i = 0; i < 5; i++) {
        wp_buf_cut(&text, 0);
        wp_buf_printf(&text,
                      "{\"annotations\":{\"k\":\"%01500000d\"},\"config\":" EMPTY
                      ",\"layers\":[],\"mediaType\":\"" OCI_MT_MANIFEST
                      "\",\"schemaVersion\":2,\"subject\":{\"digest\":"
                      "\"" OCI_EMPTY_DIGEST "\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":2}}",
                      i);
        wp_buf_cut(&path, 0);
        wp_buf_printf(&path, "/v2/many/manifests/%s", digest_of(WP_SHA256, wp_buf_span(&text), d));
        expect(&server, 201, "PUT", path.ptr, TYPE, text.ptr);
    }
    wp_buf_cut(&path, 0);
    wp_buf_add_str(&path, "/v2/many/referrers/" OCI_EMPTY_DIGEST);
    unsigned pages = 0;
    unsigned entries = 0;
    for (;;) {
        AUTO_REPLY struct reply r = call(&server, "GET", path.ptr, "", NULL);
        assert_int_equal(r.status, 200);
        assert_true(r.body.len <= WP_LIMIT_LISTING);
        for (const char *p = r.body.ptr; (p = strstr(p, "\"digest\":")) != NULL; p++) {
            entries++;
        }
        pages++;
        const char *next = reply_header(&r, "Link", 0, link);
        if (next == NULL) {
            break;
        }
        assert_int_equal(next[0], '<');
        wp_buf_cut(&path, 0);
        wp_buf_add(&path, next + 1, strcspn(next + 1, ">"));
    }
    assert_int_equal(pages, 3);
    assert_int_equal(entries, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tag_and_digest), cmocka_unit_test(test_digest_with_tags),
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_missing_blobs),
        cmocka_unit_test(test_too_large),      cmocka_unit_test(test_delete),
        cmocka_unit_test(test_tag_pages),      cmocka_unit_test(test_catalog_and_default),
        cmocka_unit_test(test_referrers),      cmocka_unit_test(test_without_referrers_api),
        cmocka_unit_test(test_referrer_pages),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
