/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures put into stores: referrers, and layers under cosign's tags with others at work on the same tag. */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/copy.h"
#include "sign/bundle.h"
#include "sign/cosign.h"
#include "sign/find.h"
#include "tests/unit/oci/spy-store.h"
#include "tests/unit/oci/store-contract.h"

struct fixture {
    struct wp_arena a;
    struct oci_store *mem;
    struct spy spy;
    struct oci_desc subject;
    /* Another writer: so many times it puts its own manifest in the place of ours (after our bind), or before it. */
    unsigned undo, ahead;
    unsigned at_resolve; /* or ahead of the look of this number */
    unsigned rivals, looks;
};
static struct fixture *current;

static void rival_writes(struct fixture *f);

static int bind(struct oci_store *s WP_UNUSED, const struct oci_binding *list, size_t n, unsigned flags,
                struct wp_err *err)
{
    struct fixture *f = current;
    f->spy.binds++;
    if (f->ahead > 0) {
        f->ahead--;
        rival_writes(f);
    }
    /* A registry compares nothing. */
    struct oci_binding b = list[0];
    b.replaces = f->spy.base.settle_ms == 0 ? b.replaces : NULL;
    if (oci_store_bind(f->mem, n == 1 ? &b : list, n, flags, err) < 0) {
        return -1;
    }
    if (f->undo > 0) {
        f->undo--;
        rival_writes(f);
    }
    return 0;
}

static int resolve(struct oci_store *s WP_UNUSED, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                   struct wp_span *ret_bytes, struct wp_err *err)
{
    if (++current->looks == current->at_resolve) {
        rival_writes(current);
    }
    return oci_store_resolve(current->mem, name, a, ret_desc, ret_bytes, err);
}

static int set_up(void **state)
{
    struct fixture *f = wp_xcalloc(1, sizeof(*f));
    struct wp_span bytes;
    struct wp_err err = {0};
    f->mem = oci_memory_new("host/repo");
    spy_init(&f->spy, f->mem);
    f->spy.ops.bind = bind;
    f->spy.ops.resolve = resolve;
    f->subject = contract_manifest(f->mem, &f->a, "subject", NULL, NULL, &bytes);
    const struct oci_binding b = {.name = "v1", .desc = &f->subject, .bytes = bytes};
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

static const char *tag_of(struct fixture *f)
{
    return sig_tag_name(&f->a, "", &f->subject.digest, "sig");
}

/* The manifest of another signer who had seen none of ours. */
static void rival_writes(struct fixture *f)
{
    struct wp_err err = {0};
    const char *content = wp_arena_printf(&f->a, "rival %u", f->rivals++);
    struct oci_desc layer = {.media_type = SIG_MT_SIMPLE, .size = strlen(content)};
    oci_digest_of(WP_SHA256, wp_span_str(content), &layer.digest);
    CONTRACT_OK(oci_store_put(f->mem, &layer, wp_span_str(content), &err));
    struct oci_manifest m = {.kind = OCI_MANIFEST, .media_type = OCI_MT_MANIFEST, .layers = &layer, .layer_count = 1};
    m.config = (struct oci_desc){.media_type = OCI_MT_CONFIG, .size = 2};
    oci_digest_of(WP_SHA256, wp_span_str("{}"), &m.config.digest);
    CONTRACT_OK(oci_store_put(f->mem, &m.config, wp_span_str("{}"), &err));
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&m, &b);
    struct oci_desc d = oci_manifest_desc(&m, wp_buf_span(&b));
    const struct oci_binding bound = {.name = tag_of(f), .desc = &d, .bytes = wp_buf_span(&b)};
    CONTRACT_OK(oci_store_bind(f->mem, &bound, 1, 0, &err));
}

static int add(struct fixture *f, const char *content, const char *signature, struct oci_desc *ret, struct wp_err *err)
{
    const struct oci_annotation note = {SIG_NOTE_SIGNATURE, signature};
    const struct sig_tag_layer l = {
        .subject = &f->subject,
        .suffix = "sig",
        .layer_type = SIG_MT_SIMPLE,
        .layer = wp_span_str(content),
        .annotations = &note,
        .annotation_count = 1,
    };
    return sig_tag_add(&f->spy.base, "", &l, NULL, &f->a, ret, err);
}

static void add_well(struct fixture *f, const char *content, const char *signature)
{
    struct wp_err err = {0};
    struct oci_desc d;
    struct oci_desc there;
    if (add(f, content, signature, &d, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    CONTRACT_OK(oci_store_resolve(f->mem, tag_of(f), &f->a, &there, NULL, &err));
    assert_true(oci_digest_equal(&d.digest, &there.digest));
}

/* How many candidates, and does each of the texts stand in one of them? */
static void assert_found(struct fixture *f, size_t count, const char *const *texts, size_t n)
{
    struct wp_err err = {0};
    struct sig_list list;
    CONTRACT_OK(sig_find(f->mem, "", &f->subject, NULL, &f->a, &list, &err));
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < n; i++) {
        bool there = false;
        for (size_t k = 0; k < list.count && !there; k++) {
            struct wp_span b = list.items[k].bytes;
            there = b.len == strlen(texts[i]) && memcmp(b.ptr, texts[i], b.len) == 0;
        }
        if (!there) {
            fail_msg("'%s' is lost", texts[i]);
        }
    }
}
#define FOUND(f, count, ...)                                       \
    assert_found((f), (count), (const char *const[]){__VA_ARGS__}, \
                 sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

/* ---- tags ---- */

static void test_first(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    add_well(f, "one", "c2ln");
    FOUND(f, 1, "one");
    assert_int_equal(f->spy.binds, 1);
    struct oci_desc d;
    struct wp_span bytes;
    struct wp_span config;
    struct oci_manifest m;
    CONTRACT_OK(oci_store_resolve(f->mem, tag_of(f), &f->a, &d, &bytes, &err));
    CONTRACT_OK(oci_manifest_parse(bytes, d.media_type, "it", &f->a, &m, &err));
    assert_string_equal(m.config.media_type, OCI_MT_CONFIG);
    assert_string_equal(oci_desc_annotation(&m.layers[0], SIG_NOTE_SIGNATURE), "c2ln");
    assert_null(m.subject);
    CONTRACT_OK(oci_store_get(f->mem, &m.config, 4096, &f->a, &config, &err));
    char digest[OCI_DIGEST_TEXT];
    const char *want =
        wp_arena_printf(&f->a,
                        "{\"architecture\":\"\",\"created\":\"0001-01-01T00:00:00Z\",\"history\":[{\"created\":"
                        "\"0001-01-01T00:00:00Z\"}],\"os\":\"\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]},"
                        "\"config\":{}}",
                        oci_digest_text(&m.layers[0].digest, digest));
    assert_int_equal(config.len, 233); /* as long as cosign's */
    assert_memory_equal(config.ptr, want, config.len);
}

static void test_more(void **state)
{
    struct fixture *f = *state;
    add_well(f, "one", "c2ln");
    add_well(f, "one", "b3RoZXI="); /* the same payload by another signer */
    add_well(f, "two", "c2ln");
    FOUND(f, 3, "one", "two");
    /* What is there is not added twice, and nothing is written. */
    unsigned binds = f->spy.binds;
    add_well(f, "two", "c2ln");
    FOUND(f, 3, "one", "two");
    assert_int_equal(f->spy.binds, binds);
}

/* A store that compares: another one is faster between reading and writing. */
static void test_too_late(void **state)
{
    struct fixture *f = *state;
    f->ahead = 3;
    add_well(f, "one", "c2ln");
    /* Rivals undo each other; the last of them is there, and ours beside it. */
    FOUND(f, 4, "one", "rival 2");
}

/* A store where the last one wins. */
static void test_undone(void **state)
{
    struct fixture *f = *state;
    f->spy.base.settle_ms = 200;
    f->undo = 2;
    add_well(f, "one", "c2ln");
    /* What was seen of others is put back, too. */
    FOUND(f, 3, "one", "rival 0", "rival 1");
    f->ahead = 1;
    add_well(f, "two", "c2ln");
    FOUND(f, 4, "one", "two", "rival 0", "rival 1");
}

/* Such a store is looked at once more before it is written to: nobody is undone who was there by then. */
static void test_seen_in_time(void **state)
{
    struct fixture *f = *state;
    f->spy.base.settle_ms = 200;
    f->at_resolve = 2;
    add_well(f, "one", "c2ln");
    FOUND(f, 2, "one", "rival 0");
    assert_int_equal(f->spy.binds, 1);
    assert_int_equal(f->looks, 5); /* nothing, the rival, the rival twice, all of it */
}

static void test_never_wins(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    struct oci_desc d;
    f->undo = 1000;
    assert_int_equal(add(f, "one", "c2ln", &d, &err), -1);
    assert_int_equal(err.code, WP_E_NETWORK);
    assert_non_null(strstr(err.msg, ".sig: other writers keep replacing it"));
    assert_int_equal(f->spy.binds, 40);
}

static void test_fails(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    struct oci_desc d;
    /* The tag holds something else. */
    struct oci_manifest m = {.kind = OCI_INDEX, .media_type = OCI_MT_INDEX};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&m, &b);
    d = oci_manifest_desc(&m, wp_buf_span(&b));
    const struct oci_binding bound = {.name = tag_of(f), .desc = &d, .bytes = wp_buf_span(&b)};
    CONTRACT_OK(oci_store_bind(f->mem, &bound, 1, 0, &err));
    assert_int_equal(add(f, "one", "c2ln", &d, &err), -1);
    assert_int_equal(err.code, WP_E_OTHER);
    assert_non_null(strstr(err.msg, "holds something else than signatures"));
    /* A push that fails. */
    f->spy.fail_push = f->spy.pushes + 1;
    f->spy.fail_code = WP_E_DENIED;
    f->spy.fail_text = "no";
    wp_err_clear(&err);
    assert_int_equal(add(f, "one", "c2ln", &d, &err), -1);
    assert_int_equal(err.code, WP_E_DENIED);
}

static void test_limit(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    const size_t n = WP_LIMIT_SIGNATURES;
    struct oci_desc *layers = wp_arena_alloc(&f->a, n, sizeof(*layers));
    for (size_t i = 0; i < n; i++) {
        layers[i] = (struct oci_desc){.media_type = SIG_MT_SIMPLE, .size = sizeof(i)};
        oci_digest_of(WP_SHA256, wp_span(&i, sizeof(i)), &layers[i].digest);
    }
    struct oci_manifest m = {.kind = OCI_MANIFEST, .media_type = OCI_MT_MANIFEST, .layers = layers, .layer_count = n};
    m.config = (struct oci_desc){.media_type = OCI_MT_CONFIG, .size = 2};
    oci_digest_of(WP_SHA256, wp_span_str("{}"), &m.config.digest);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&m, &b);
    struct oci_desc d = oci_manifest_desc(&m, wp_buf_span(&b));
    const struct oci_binding bound = {.name = tag_of(f), .desc = &d, .bytes = wp_buf_span(&b)};
    CONTRACT_OK(oci_store_bind(f->mem, &bound, 1, 0, &err));
    CONTRACT_FAILS(add(f, "one", "c2ln", &d, &err), WP_E_LIMIT);
}

/* ---- referrers ---- */

static void test_referrer(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    const struct oci_annotation notes[] = {{"dev.sigstore.bundle.content", "dsse-envelope"}};
    struct oci_desc subject = f->subject;
    const struct oci_annotation noise = {OCI_ANNOTATION_REF_NAME, "v1"};
    subject.annotations = &noise;
    subject.annotation_count = 1;
    struct sig_attach at = {
        .subject = &subject,
        .artifact_type = SIG_MT_BUNDLE,
        .config_type = OCI_MT_EMPTY,
        .layer_type = SIG_MT_BUNDLE,
        .layer = wp_span_str("{}\n"),
        .annotations = notes,
        .annotation_count = 1,
    };
    OCI_AUTO_STORE struct oci_store *out = oci_memory_new("new");
    struct oci_desc d;
    struct wp_span bytes;
    CONTRACT_OK(sig_attach_build(&at, out, &f->a, &d, &bytes, &err));
    char text[OCI_DIGEST_TEXT];
    const char *subject_text = wp_arena_str(&f->a, oci_digest_text(&f->subject.digest, text));
    struct oci_digest layer;
    oci_digest_of(WP_SHA256, at.layer, &layer);
    const char *want = wp_arena_printf(
        &f->a,
        "{\"annotations\":{\"dev.sigstore.bundle.content\":\"dsse-envelope\"},\"artifactType\":\"" SIG_MT_BUNDLE
        "\",\"config\":{\"artifactType\":\"" SIG_MT_BUNDLE "\",\"digest\":\"" OCI_EMPTY_DIGEST
        "\",\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"size\":2},\"layers\":[{\"digest\":\"%s\","
        "\"mediaType\":\"" SIG_MT_BUNDLE "\",\"size\":3}],\"mediaType\":\"" OCI_MT_MANIFEST
        "\",\"schemaVersion\":2,\"subject\":{\"digest\":\"%s\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":%llu}}",
        oci_digest_text(&layer, text), subject_text, (unsigned long long)f->subject.size);
    assert_string_equal(wp_arena_strn(&f->a, (const char *)bytes.ptr, bytes.len), want);
    /* Copied by digest it is found beside its subject. */
    struct oci_copy_result r;
    CONTRACT_OK(
        oci_copy(out, oci_digest_text(&d.digest, text), f->mem, NULL, 0, &(struct oci_copy_opts){0}, &f->a, &r, &err));
    FOUND(f, 1, "{}\n");
    /* Notary's older form has no artifact type, and a config that tells. */
    at.artifact_type = NULL;
    at.config_type = "application/vnd.cncf.notary.signature";
    CONTRACT_OK(sig_attach_build(&at, out, &f->a, &d, &bytes, &err));
    assert_null(strstr(wp_arena_strn(&f->a, (const char *)bytes.ptr, bytes.len), "artifactType"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_first),      TEST(test_more),  TEST(test_too_late), TEST(test_undone),   TEST(test_seen_in_time),
        TEST(test_never_wins), TEST(test_fails), TEST(test_limit),    TEST(test_referrer),
    };
    return cmocka_run_group_tests_name("sign/attach", tests, NULL, NULL);
}
