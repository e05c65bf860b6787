/* SPDX-License-Identifier: Apache-2.0
 *
 * Candidates in stores: what is found, what is none, and when nobody can tell. */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/copy.h"
#include "sign/bundle.h"
#include "sign/cosign.h"
#include "sign/find.h"
#include "tests/unit/oci/spy-store.h"
#include "tests/unit/oci/store-contract.h"

#define MT_SBOM "application/vnd.cyclonedx+json"

struct fixture {
    struct wp_arena a;
    struct oci_store *mem;
    struct spy spy;
    struct oci_desc subject, other;
    struct wp_span subject_bytes;
    struct sig_list list;
    /* What the store in front says; NULL and 0: what the memory store says. */
    const struct oci_desc *listed;
    size_t listed_count;
    enum wp_code listing_fails, tags_fail;
    const char *tag_says;
};
static struct fixture *current;

static int referrers(struct oci_store *s WP_UNUSED, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                     struct wp_err *err)
{
    struct fixture *f = current;
    if (f->listing_fails != WP_E_OK) {
        return wp_fail(err, f->listing_fails, "host failed (429 TOOMANYREQUESTS): slow down");
    }
    if (f->listed == NULL) {
        return oci_store_referrers(f->mem, subject, fn, arg, err);
    }
    for (size_t i = 0; i < f->listed_count; i++) {
        int rc = fn(arg, &f->listed[i], err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int resolve(struct oci_store *s WP_UNUSED, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                   struct wp_span *ret_bytes, struct wp_err *err)
{
    if (current->tags_fail != WP_E_OK) {
        return wp_fail(err, current->tags_fail, "host failed (500): try later");
    }
    if (current->tag_says != NULL) {
        *ret_bytes = wp_span_str(current->tag_says);
        *ret_desc = (struct oci_desc){.media_type = OCI_MT_MANIFEST, .size = ret_bytes->len};
        return 0;
    }
    return oci_store_resolve(current->mem, name, a, ret_desc, ret_bytes, err);
}

static int set_up(void **state)
{
    struct wp_err err = {0};
    struct fixture *f = wp_xcalloc(1, sizeof(*f));
    f->mem = oci_memory_new("host/repo");
    spy_init(&f->spy, f->mem);
    f->spy.ops.referrers = referrers;
    f->spy.ops.resolve = resolve;
    f->subject = contract_manifest(f->mem, &f->a, "subject", NULL, NULL, &f->subject_bytes);
    f->other = contract_manifest(f->mem, &f->a, "another", NULL, NULL, &(struct wp_span){0});
    struct oci_binding b = {.name = "v1", .desc = &f->subject, .bytes = f->subject_bytes};
    CONTRACT_OK(oci_store_bind(f->mem, &b, 1, 0, &err));
    current = f;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    oci_store_close(f->mem);
    wp_arena_done(&f->a);
    free(f);
    return 0;
}

static struct oci_desc attach_to(struct fixture *f, const struct oci_desc *subject, const char *type,
                                 const char *content, const char *predicate)
{
    struct wp_err err = {0};
    const struct oci_annotation note = {"dev.sigstore.bundle.predicateType", predicate};
    struct sig_attach at = {
        .subject = subject,
        .artifact_type = type,
        .config_type = OCI_MT_EMPTY,
        .layer_type = type,
        .layer = wp_span_str(content),
        .annotations = &note,
        .annotation_count = predicate != NULL,
    };
    struct oci_desc d;
    struct wp_span bytes;
    CONTRACT_OK(sig_attach_build(&at, f->mem, &f->a, &d, &bytes, &err));
    return d;
}

static struct oci_desc attach(struct fixture *f, const char *type, const char *content, const char *predicate)
{
    return attach_to(f, &f->subject, type, content, predicate);
}

/* A manifest of these layers, their content put in the store where it is given. */
static struct oci_desc put_manifest(struct fixture *f, struct oci_desc *layers, const char *const *content, size_t n,
                                    const struct oci_desc *subject, const char *name)
{
    struct wp_err err = {0};
    for (size_t i = 0; i < n && content != NULL; i++) {
        layers[i].size = strlen(content[i]);
        oci_digest_of(WP_SHA256, wp_span_str(content[i]), &layers[i].digest);
        CONTRACT_OK(oci_store_put(f->mem, &layers[i], wp_span_str(content[i]), &err));
    }
    struct oci_manifest m = {
        .kind = OCI_MANIFEST, .media_type = OCI_MT_MANIFEST, .layers = layers, .layer_count = n, .subject = subject};
    m.config = (struct oci_desc){.media_type = OCI_MT_CONFIG, .size = 2};
    oci_digest_of(WP_SHA256, wp_span_str("{}"), &m.config.digest);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&m, &b);
    struct oci_desc d = oci_manifest_desc(&m, wp_buf_span(&b));
    struct oci_binding bind = {.name = name, .desc = &d, .bytes = wp_buf_span(&b)};
    CONTRACT_OK(oci_store_bind(f->mem, &bind, 1, 0, &err));
    return d;
}

static void find_in(struct fixture *f, const char *repo)
{
    struct wp_err err = {0};
    if (sig_find(&f->spy.base, repo, &f->subject, NULL, &f->a, &f->list, &err) < 0) {
        fail_msg("%s", err.msg);
    }
}

static void find(struct fixture *f)
{
    find_in(f, "");
}

static void cannot_tell(struct fixture *f, const char *words)
{
    struct wp_err err = {0};
    wp_err_clear(&err);
    assert_int_equal(sig_find(&f->spy.base, "", &f->subject, NULL, &f->a, &f->list, &err), -1);
    assert_int_equal(err.code, WP_E_CANNOT_TELL);
    if (strstr(err.msg, words) == NULL || strstr(err.msg, "cannot tell which signatures host/repo@sha256:") == NULL) {
        fail_msg("'%s' is not in '%s'", words, err.msg);
    }
}

/* ---- found ---- */

static void test_referrers(void **state)
{
    struct fixture *f = *state;
    struct oci_desc one = attach(f, SIG_MT_BUNDLE, "{\"a\":1}", SIG_PREDICATE_SIGN);
    attach(f, MT_SBOM, "{}", NULL);
    attach(f, SIG_MT_BUNDLE, "{\"a\":2}", "https://slsa.dev/provenance/v1");
    attach(f, "application/jose+json", "{\"a\":3}", NULL);
    attach_to(f, &f->other, SIG_MT_BUNDLE, "{\"a\":4}", NULL);
    find(f);
    assert_int_equal(f->list.count, 3);
    assert_int_equal(f->list.others, 1);
    const struct sig_candidate *c = f->list.items;
    char text[OCI_DIGEST_TEXT];
    assert_string_equal(c->where, wp_arena_printf(&f->a, "referrer %s", oci_digest_text(&one.digest, text)));
    assert_true(oci_digest_equal(&c->manifest.digest, &one.digest));
    assert_string_equal(c->manifest.media_type, OCI_MT_MANIFEST);
    assert_string_equal(c->media_type, SIG_MT_BUNDLE);
    assert_int_equal(c->format->id, SIG_BUNDLE);
    assert_int_equal(c->bytes.len, 7);
    assert_memory_equal(c->bytes.ptr, "{\"a\":1}", 7);
    assert_null(c->announced);
    assert_string_equal(c[1].announced, "https://slsa.dev/provenance/v1");
    assert_int_equal(c[2].format->id, SIG_NOTATION);
    assert_null(c[2].announced);
}

static void test_nothing(void **state)
{
    struct fixture *f = *state;
    find(f);
    assert_int_equal(f->list.count, 0);
    assert_int_equal(f->list.others, 0);
    /* A store that knows neither referrers nor names has none. */
    f->listing_fails = WP_E_UNSUPPORTED;
    f->tags_fail = WP_E_UNSUPPORTED;
    find(f);
    assert_int_equal(f->list.count, 0);
}

/* What lists say of artifactType is not believed, in either direction (ghcr: "application/vnd.oci.empty.v1+json"). */
static void test_listing_not_believed(void **state)
{
    struct fixture *f = *state;
    struct oci_desc list[3] = {
        attach(f, SIG_MT_BUNDLE, "{\"a\":1}", NULL),
        attach(f, SIG_MT_BUNDLE, "{\"a\":2}", NULL),
        attach(f, MT_SBOM, "{}", NULL),
    };
    list[0].artifact_type = OCI_MT_EMPTY;
    list[1].artifact_type = NULL;
    list[2].artifact_type = SIG_MT_BUNDLE;
    f->listed = list;
    f->listed_count = 3;
    find(f);
    assert_int_equal(f->list.count, 2);
    assert_int_equal(f->list.others, 1);
}

/* Replayed: listed here, made for something else. */
static void test_another_subject(void **state)
{
    struct fixture *f = *state;
    struct oci_desc list[2] = {
        attach_to(f, &f->other, SIG_MT_BUNDLE, "{\"a\":1}", NULL),
        put_manifest(f, NULL, NULL, 0, NULL, NULL),
    };
    f->listed = list;
    f->listed_count = 2;
    find(f);
    assert_int_equal(f->list.count, 0);
    assert_int_equal(f->list.others, 0);
}

static void test_odd_referrers(void **state)
{
    struct wp_err err = {0};
    struct fixture *f = *state;
    struct oci_desc list[2] = {
        attach(f, SIG_MT_BUNDLE, "{\"a\":1}", NULL),
        {.media_type = OCI_MT_MANIFEST, .size = 3},
    };
    list[0].media_type = "text/plain";
    oci_digest_of(WP_SHA256, wp_span_str("{]}"), &list[1].digest);
    CONTRACT_OK(oci_store_put(f->mem, &list[1], wp_span_str("{]}"), &err));
    f->listed = list;
    f->listed_count = 2;
    find(f);
    assert_int_equal(f->list.count, 0);
    assert_int_equal(f->list.others, 2);
}

/* cosign's tags, in a store with repositories and in one without. */
static void test_tags(void **state)
{
    struct wp_err err = {0};
    struct fixture *f = *state;
    const struct oci_annotation note = {"predicateType", "https://slsa.dev/provenance/v1"};
    struct oci_desc sig[3] = {
        {.media_type = SIG_MT_SIMPLE}, {.media_type = "text/plain"}, {.media_type = SIG_MT_SIMPLE}};
    struct oci_desc att = {.media_type = SIG_MT_DSSE, .annotations = &note, .annotation_count = 1};
    struct oci_desc not_here = {.media_type = SIG_MT_BUNDLE};
    put_manifest(f, sig, (const char *const[]){"{1}", "{2}", "{3}"}, 3, NULL,
                 sig_tag_name(&f->a, "team/app", &f->subject.digest, "sig"));
    put_manifest(f, &att, (const char *const[]){"{4}"}, 1, NULL,
                 sig_tag_name(&f->a, "team/app", &f->subject.digest, "att"));
    put_manifest(f, &not_here, (const char *const[]){"{5}"}, 1, NULL,
                 sig_tag_name(&f->a, "", &f->subject.digest, "sig"));
    find_in(f, "team/app");
    assert_int_equal(f->list.count, 3);
    assert_int_equal(f->list.others, 0);
    const struct sig_candidate *c = f->list.items;
    const char *tag = sig_tag_name(&f->a, "", &f->subject.digest, "sig");
    assert_string_equal(c[0].where, wp_arena_printf(&f->a, "tag %s, layer 0", tag));
    assert_string_equal(c[1].where, wp_arena_printf(&f->a, "tag %s, layer 2", tag));
    assert_null(c[0].announced);
    assert_int_equal(c[0].format->id, SIG_COSIGN);
    assert_memory_equal(c[1].bytes.ptr, "{3}", 3);
    assert_string_equal(c[2].announced, note.value);
    assert_int_equal(c[2].annotation_count, 1);
    /* Another format has no place under these tags. */
    find(f);
    assert_int_equal(f->list.count, 0);
    assert_int_equal(f->list.others, 1);
    /* An index there is nothing either. */
    struct oci_manifest m = {.kind = OCI_INDEX, .media_type = OCI_MT_INDEX};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&m, &b);
    struct oci_desc d = oci_manifest_desc(&m, wp_buf_span(&b));
    struct oci_binding bind = {.name = tag, .desc = &d, .bytes = wp_buf_span(&b)};
    CONTRACT_OK(oci_store_bind(f->mem, &bind, 1, 0, &err));
    find(f);
    assert_int_equal(f->list.count, 0);
}

/* The same manifest as tag and as referrer counts once. */
static void test_both_places(void **state)
{
    struct fixture *f = *state;
    struct oci_desc sig = {.media_type = SIG_MT_SIMPLE};
    const char *content = "{1}";
    put_manifest(f, &sig, &content, 1, &f->subject, NULL);
    put_manifest(f, &sig, &content, 1, &f->subject, sig_tag_name(&f->a, "", &f->subject.digest, "sig"));
    find(f);
    assert_int_equal(f->list.count, 1);
    assert_true(wp_str_starts(f->list.items[0].where, "referrer "));
}

/* ---- nobody can tell ---- */

static void test_listing_fails(void **state)
{
    struct wp_err err = {0};
    struct fixture *f = *state;
    attach(f, SIG_MT_BUNDLE, "{\"a\":1}", NULL);
    static const enum wp_code codes[] = {WP_E_NETWORK, WP_E_DENIED, WP_E_INTEGRITY, WP_E_OTHER, WP_E_LIMIT, WP_E_IO};
    for (size_t i = 0; i < WP_ARRAY_LEN(codes); i++) {
        f->listing_fails = codes[i];
        cannot_tell(f, "host failed (429 TOOMANYREQUESTS): slow down");
    }
    f->listing_fails = WP_E_INTERRUPTED;
    assert_int_equal(sig_find(&f->spy.base, "", &f->subject, NULL, &f->a, &f->list, &err), -1);
    assert_int_equal(err.code, WP_E_INTERRUPTED);
    f->listing_fails = WP_E_OK;
    f->tags_fail = WP_E_DENIED;
    cannot_tell(f, ".sig: host failed (500): try later");
}

static void test_interrupted(void **state)
{
    struct wp_err err = {0};
    struct fixture *f = *state;
    attach(f, SIG_MT_BUNDLE, "{\"a\":1}", NULL);
    struct wp_job *job = wp_job_new();
    wp_job_cancel(job, 2);
    assert_int_equal(sig_find(&f->spy.base, "", &f->subject, job, &f->a, &f->list, &err), -1);
    assert_int_equal(err.code, WP_E_INTERRUPTED);
    wp_job_free(job);
}

static void test_not_there(void **state)
{
    struct fixture *f = *state;
    struct oci_desc gone = {.media_type = OCI_MT_MANIFEST, .size = 2};
    oci_digest_of(WP_SHA256, wp_span_str("no"), &gone.digest);
    f->listed = &gone;
    f->listed_count = 1;
    cannot_tell(f, "has no content sha256:");
    f->listed = NULL;
    struct oci_desc layer = {.media_type = SIG_MT_BUNDLE, .size = 2, .digest = gone.digest};
    put_manifest(f, &layer, NULL, 1, &f->subject, NULL);
    cannot_tell(f, "has no content sha256:");
}

static void test_wrong_content(void **state)
{
    struct wp_err err = {0};
    struct fixture *f = *state;
    struct oci_desc layer = {.media_type = SIG_MT_BUNDLE};
    struct oci_desc wrong = {.media_type = SIG_MT_BUNDLE, .size = 3};
    put_manifest(f, &layer, (const char *const[]){"{1}"}, 1, &f->other, NULL);
    wrong.digest = layer.digest;
    struct wp_source_mem lie = wp_source_mem(wp_span_str("{2}"));
    CONTRACT_OK(oci_store_remove(f->mem, &wrong, &err));
    CONTRACT_OK(oci_memory_add_source(f->mem, &wrong, &lie.base, &err));
    put_manifest(f, &wrong, NULL, 1, &f->subject, NULL);
    cannot_tell(f, "sha256:");
}

static void test_bad_tag(void **state)
{
    struct fixture *f = *state;
    f->tag_says = "[]";
    cannot_tell(f, "tag sha256-");
    f->tag_says = "<html>";
    cannot_tell(f, "tag sha256-");
}

/* ---- limits ---- */

static void test_limits(void **state)
{
    struct wp_err err = {0};
    struct fixture *f = *state;
    const size_t n = WP_LIMIT_SIGNATURES + 1;
    struct oci_desc *layers = wp_arena_alloc(&f->a, n, sizeof(*layers));
    for (size_t i = 0; i < n; i++) {
        layers[i] = (struct oci_desc){.media_type = SIG_MT_SIMPLE, .size = 3};
        oci_digest_of(WP_SHA256, wp_span_str("{1}"), &layers[i].digest);
    }
    CONTRACT_OK(oci_store_put(f->mem, &layers[0], wp_span_str("{1}"), &err));
    const char *tag = sig_tag_name(&f->a, "", &f->subject.digest, "sig");
    put_manifest(f, layers, NULL, n - 1, NULL, tag);
    find(f);
    assert_int_equal(f->list.count, n - 1);
    put_manifest(f, layers, NULL, n, NULL, tag);
    cannot_tell(f, "more than 256 signatures");
    static const uint64_t sizes[] = {64 * WP_MIB, 65 * WP_MIB, 1 << 30};
    for (size_t i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        layers[0].size = sizes[i];
        put_manifest(f, layers, NULL, 1, NULL, tag);
        cannot_tell(f, "more than 67108864 bytes of signatures");
    }
    layers[0].size = 30 * WP_MIB;
    put_manifest(f, layers, NULL, 1, NULL, tag);
    cannot_tell(f, "the limit is 26563924");
    struct oci_desc *many = wp_arena_alloc(&f->a, WP_LIMIT_REFERRERS + 1, sizeof(*many));
    for (size_t i = 0; i <= WP_LIMIT_REFERRERS; i++) {
        many[i] = (struct oci_desc){.media_type = "text/plain", .size = i};
        oci_digest_of(WP_SHA256, wp_span(&i, sizeof(i)), &many[i].digest);
    }
    put_manifest(f, NULL, NULL, 0, NULL, tag);
    f->listed = many;
    f->listed_count = WP_LIMIT_REFERRERS;
    find(f);
    assert_int_equal(f->list.others, WP_LIMIT_REFERRERS + 1);
    f->listed_count++;
    cannot_tell(f, "more than 1000 referrers");
}

/* ---- at the door of a copy ---- */

struct door {
    struct fixture *f;
    size_t count;
};

static int admit(void *arg, struct oci_store *view, const struct oci_desc *root, struct wp_err *e)
{
    struct door *d = arg;
    struct sig_list list;
    if (sig_find(view, "", root, NULL, &d->f->a, &list, e) < 0) {
        return -1;
    }
    d->count = list.count;
    return 0;
}

static void test_view(void **state)
{
    struct wp_err err = {0};
    struct fixture *f = *state;
    struct oci_desc sig = {.media_type = SIG_MT_SIMPLE};
    attach(f, SIG_MT_BUNDLE, "{\"a\":1}", NULL);
    put_manifest(f, &sig, (const char *const[]){"{1}"}, 1, NULL, sig_tag_name(&f->a, "", &f->subject.digest, "sig"));
    struct oci_desc config = {.media_type = OCI_MT_CONFIG, .size = 2};
    oci_digest_of(WP_SHA256, wp_span_str("{}"), &config.digest);
    CONTRACT_OK(oci_store_put(f->mem, &config, wp_span_str("{}"), &err));
    OCI_AUTO_STORE struct oci_store *to = oci_memory_new("oci:DIR");
    struct door door = {.f = f};
    struct oci_copy_opts opts = {.admit = admit, .admit_arg = &door};
    struct oci_copy_result r;
    const char *name = "v1";
    CONTRACT_OK(oci_copy(&f->spy.base, name, to, &name, 1, &opts, &f->a, &r, &err));
    assert_int_equal(door.count, 2);
    struct sig_list list;
    CONTRACT_OK(sig_find(to, "", &f->subject, NULL, &f->a, &list, &err));
    assert_int_equal(list.count, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_referrers),     TEST(test_nothing),   TEST(test_listing_not_believed), TEST(test_another_subject),
        TEST(test_odd_referrers), TEST(test_tags),      TEST(test_both_places),          TEST(test_listing_fails),
        TEST(test_interrupted),   TEST(test_not_there), TEST(test_wrong_content),        TEST(test_bad_tag),
        TEST(test_limits),        TEST(test_view),
    };
    return cmocka_run_group_tests_name("sign/find", tests, NULL, NULL);
}
