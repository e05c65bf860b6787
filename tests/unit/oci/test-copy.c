/* SPDX-License-Identifier: Apache-2.0
 *
 * oci_copy where it succeeds: what arrives, what is counted, what is not asked twice. */
#include "tests/unit/oci/copy-fixture.h"

static void test_simple(void **state)
{
    struct fixture *f = *state;
    struct item it = item_manifest(f, "one", NULL, "1");
    const char *const names[] = {"acme/hello:1", "acme/hello:latest"};
    assert_int_equal(oci_copy(&f->src.base, "1", &f->dst.base, names, 2, NULL, &f->a, &f->r, &f->err), 0);
    assert_named(f, "acme/hello:1", &it.desc);
    assert_named(f, "acme/hello:latest", &it.desc);
    assert_true(oci_digest_equal(&f->r.root.digest, &it.desc.digest));
    assert_string_equal(f->r.root.media_type, OCI_MT_MANIFEST);
    assert_int_equal(f->r.manifests, 1);
    assert_int_equal(f->r.referrers, 0);
    assert_int_equal(f->r.blobs, 2);
    assert_int_equal(f->r.blobs_copied, 2);
    assert_int_equal(f->r.blobs_present, 0);
    assert_int_equal(f->r.bytes, it.desc.size + 2 + strlen("layer of one"));
    assert_int_equal(f->r.bytes_copied, f->r.bytes);
    /* Two blobs; the manifest rides in the one bind. */
    assert_int_equal(f->dst.pushes, 2);
    assert_int_equal(f->dst.binds, 1);
}

static void test_again(void **state)
{
    struct fixture *f = *state;
    item_manifest(f, "one", NULL, "1");
    assert_int_equal(copy_name(f, "1"), 0);
    assert_int_equal(f->dst.proofs, 2);
    assert_int_equal(f->dst.trusts, 0);
    assert_int_equal(copy_name(f, "1"), 0);
    assert_int_equal(f->r.blobs_present, 2);
    assert_int_equal(f->r.blobs_copied, 0);
    assert_int_equal(f->dst.pushes, 2);
    /* Bound under that name already: proven when it came. */
    assert_int_equal(f->dst.proofs, 2);
    assert_int_equal(f->dst.trusts, 2);
    /* Under another name nothing is taken on trust. */
    const char *other = "2";
    assert_int_equal(oci_copy(&f->src.base, "1", &f->dst.base, &other, 1, NULL, &f->a, &f->r, &f->err), 0);
    assert_int_equal(f->dst.proofs, 4);
    assert_int_equal(f->dst.trusts, 2);
    /* What a registry holds is not downloaded to see whether it is there. */
    f->dst.ops.kind = "registry";
    other = "3";
    assert_int_equal(oci_copy(&f->src.base, "1", &f->dst.base, &other, 1, NULL, &f->a, &f->r, &f->err), 0);
    assert_int_equal(f->dst.proofs, 4);
    assert_int_equal(f->dst.trusts, 4);
}

static void test_nested(void **state)
{
    struct fixture *f = *state;
    struct item one = item_manifest(f, "one", NULL, "one");
    struct item two = item_manifest(f, "two", NULL, "two");
    struct item three = item_manifest(f, "three", NULL, "three");
    const struct oci_desc in[] = {one.desc, two.desc};
    struct item inner = item_index(f, in, 2, NULL, NULL);
    const struct oci_desc out[] = {inner.desc, one.desc, three.desc, one.desc};
    struct item root = item_index(f, out, 4, NULL, "all");
    assert_int_equal(copy_name(f, "all"), 0);
    assert_int_equal(f->r.manifests, 5);
    assert_int_equal(f->r.referrers, 0);
    assert_int_equal(f->r.blobs, 4); /* three layers, one empty config */
    assert_named(f, "all", &root.desc);
    assert_true(at_dst(f, &one.desc) && at_dst(f, &two.desc) && at_dst(f, &three.desc) && at_dst(f, &inner.desc));
    assert_int_equal(f->dst.pushes, 4 + 4);
    assert_int_equal(f->src.fetches, 4 + 4);
    /* What is there is not put again. */
    assert_int_equal(copy_name(f, "all"), 0);
    assert_int_equal(f->dst.pushes, 4 + 4);
}

static const char *signature_tag(struct fixture *f, const struct oci_desc *d, const char *ending)
{
    char text[OCI_DIGEST_TEXT];
    return wp_arena_printf(&f->a, "%s.%s", oci_digest_referrers_tag(&d->digest, text), ending);
}

static void test_referrers(void **state)
{
    struct fixture *f = *state;
    struct item root = item_manifest(f, "root", NULL, "acme/x:1");
    struct item ref = item_manifest(f, "ref", &root.desc, NULL);
    struct item deep = item_manifest(f, "deep", &ref.desc, NULL);
    const char *sig_tag = signature_tag(f, &root.desc, "sig");
    const char *sbom_tag = signature_tag(f, &root.desc, "sbom");
    struct item sig = item_manifest(f, "sig", NULL, wp_arena_printf(&f->a, "acme/x:%s", sig_tag));
    struct item sbom = item_manifest(f, "sbom", NULL, wp_arena_printf(&f->a, "acme/x:%s", sbom_tag));
    /* The SBOM is signed in its turn. */
    const char *sbom_sig_tag = signature_tag(f, &sbom.desc, "sig");
    struct item sbom_sig = item_manifest(f, "sbom sig", NULL, wp_arena_printf(&f->a, "acme/x:%s", sbom_sig_tag));
    const char *name = "copy/y:2";
    assert_int_equal(oci_copy(&f->src.base, "acme/x:1", &f->dst.base, &name, 1, NULL, &f->a, &f->r, &f->err), 0);
    assert_int_equal(f->r.manifests, 6);
    assert_int_equal(f->r.referrers, 5);
    assert_int_equal(f->r.skipped_referrers, 0);
    assert_int_equal(f->r.bytes_copied, f->r.bytes);
    assert_named(f, name, &root.desc);
    assert_int_equal(count_referrers(f->dst_mem, &root.desc), 1);
    assert_int_equal(count_referrers(f->dst_mem, &ref.desc), 1);
    assert_true(at_dst(f, &deep.desc));
    assert_named(f, wp_arena_printf(&f->a, "copy/y:%s", sig_tag), &sig.desc);
    assert_named(f, wp_arena_printf(&f->a, "copy/y:%s", sbom_tag), &sbom.desc);
    assert_named(f, wp_arena_printf(&f->a, "copy/y:%s", sbom_sig_tag), &sbom_sig.desc);
    /* Seven blobs, and the root ahead of what refers to it; its name comes with the bind. */
    assert_int_equal(f->dst.pushes, 7 + 1);
    /* The root's name, and three tags each for the root, two referrers and the SBOM: nobody signs signatures. */
    assert_int_equal(f->src.resolves, 1 + 4 * 3);
    assert_int_equal(f->dst.binds, 1);
}

/* Asked for by digest, the signatures are looked for where the digest has a name. */
static void test_tags_by_digest(void **state)
{
    struct fixture *f = *state;
    item_manifest(f, "stranger", NULL, "aaa/first:1");
    struct item root = item_manifest(f, "root", NULL, "acme/x:1");
    const char *tag = signature_tag(f, &root.desc, "att");
    struct item att = item_manifest(f, "att", NULL, wp_arena_printf(&f->a, "acme/x:%s", tag));
    char text[OCI_DIGEST_TEXT];
    const char *from = oci_digest_text(&root.desc.digest, text);
    const char *name = "1";
    assert_int_equal(oci_copy(&f->src.base, from, &f->dst.base, &name, 1, NULL, &f->a, &f->r, &f->err), 0);
    assert_int_equal(f->r.manifests, 2);
    assert_named(f, tag, &att.desc);
    assert_named(f, "1", &root.desc);
}

static void test_no_referrers(void **state)
{
    struct fixture *f = *state;
    struct item root = item_manifest(f, "root", NULL, "1");
    struct item ref = item_manifest(f, "ref", &root.desc, NULL);
    struct item sig = item_manifest(f, "sig", NULL, signature_tag(f, &root.desc, "sig"));
    f->opts.no_referrers = true;
    assert_int_equal(copy_name(f, "1"), 0);
    assert_int_equal(f->r.manifests, 1);
    assert_false(at_dst(f, &ref.desc));
    assert_false(at_dst(f, &sig.desc));
    /* And the same without the option, so that the line above means something. */
    f->opts.no_referrers = false;
    assert_int_equal(copy_name(f, "1"), 0);
    assert_int_equal(f->r.manifests, 3);
    assert_true(at_dst(f, &ref.desc) && at_dst(f, &sig.desc));
}

/* A referrer that is an index of its own subject: every edge leads back, and it ends. */
static void test_back_edge(void **state)
{
    struct fixture *f = *state;
    struct item root = item_manifest(f, "root", NULL, "1");
    struct item ref = item_index(f, &root.desc, 1, &root.desc, NULL);
    assert_int_equal(copy_name(f, "1"), 0);
    assert_int_equal(f->r.manifests, 2);
    assert_int_equal(f->r.referrers, 1);
    assert_true(at_dst(f, &ref.desc));
    assert_int_equal(count_referrers(f->dst_mem, &root.desc), 1);
}

/* Found before their subjects, written after them; the name asked for comes last. */
static void test_order(void **state)
{
    struct fixture *f = *state;
    struct item one = item_manifest(f, "one", NULL, NULL);
    struct item two = item_manifest(f, "two", &one.desc, NULL);
    struct item three = item_manifest(f, "three", &two.desc, NULL);
    const struct oci_desc list[] = {three.desc, two.desc, one.desc};
    struct item root = item_index(f, list, 3, NULL, "all");
    assert_int_equal(copy_name(f, "all"), 0);
    assert_true(oci_digest_equal(&f->dst.bound[0], &two.desc.digest));
    assert_true(oci_digest_equal(&f->dst.bound[1], &three.desc.digest));
    assert_true(oci_digest_equal(&f->dst.bound[2], &root.desc.digest));
    assert_int_equal(f->r.referrers, 0);
}

static void test_wrong_subject(void **state)
{
    struct fixture *f = *state;
    struct item root = item_manifest(f, "root", NULL, "1");
    struct item other = item_manifest(f, "other", NULL, "other");
    struct item good = item_manifest(f, "good", &root.desc, NULL);
    struct item wrong = item_manifest(f, "wrong", &other.desc, NULL);
    const struct oci_desc liars[] = {wrong.desc, other.desc};
    f->src.liars = liars;
    f->src.liar_count = 2;
    f->opts.jobs = 1;
    assert_int_equal(copy_name(f, "1"), 0);
    /* Both beneath the root and beneath the good one; `wrong` is not followed, so that `other` is not asked. */
    assert_int_equal(f->r.skipped_referrers, 4);
    assert_int_equal(f->r.manifests, 2);
    assert_true(at_dst(f, &good.desc));
    assert_false(at_dst(f, &wrong.desc));
    assert_false(at_dst(f, &other.desc));
}

/* Listed falsely first, rightly later: it comes along. */
static void test_late_claim(void **state)
{
    struct fixture *f = *state;
    struct item root = item_manifest(f, "root", NULL, "1");
    struct item first = item_manifest(f, "first", &root.desc, NULL);
    struct item second = item_manifest(f, "second", &first.desc, NULL);
    struct item last = item_manifest(f, "last", &second.desc, NULL);
    struct item beyond = item_manifest(f, "beyond", &last.desc, NULL);
    f->src.liars = &last.desc;
    f->src.liar_count = 1;
    assert_int_equal(copy_name(f, "1"), 0);
    assert_int_equal(f->r.manifests, 5);
    assert_int_equal(f->r.skipped_referrers, 3); /* of the root, of the first, of the one beyond */
    assert_int_equal(count_referrers(f->dst_mem, &second.desc), 1);
    assert_true(at_dst(f, &beyond.desc));
}

static void test_unnamed(void **state)
{
    struct fixture *f = *state;
    struct item subject = item_manifest(f, "subject", NULL, "1");
    struct item ref = item_manifest(f, "ref", &subject.desc, NULL);
    char text[OCI_DIGEST_TEXT];
    assert_int_equal(oci_copy(&f->src.base, oci_digest_text(&ref.desc.digest, text), &f->dst.base, NULL, 0, NULL, &f->a,
                              &f->r, &f->err),
                     0);
    assert_no_names(f);
    assert_int_equal(f->r.manifests, 1);
    assert_int_equal(count_referrers(f->dst_mem, &subject.desc), 1);
    assert_false(at_dst(f, &subject.desc));
}

static void test_only_name(void **state)
{
    struct fixture *f = *state;
    struct item it = item_manifest(f, "one", NULL, "acme/only:7");
    const char *name = "7";
    assert_int_equal(oci_copy(&f->src.base, NULL, &f->dst.base, &name, 1, NULL, &f->a, &f->r, &f->err), 0);
    assert_named(f, "7", &it.desc);
}

static void test_dry_run(void **state)
{
    struct fixture *f = *state;
    struct item root = item_manifest(f, "root", NULL, "1");
    item_manifest(f, "ref", &root.desc, NULL);
    f->opts.dry_run = true;
    assert_int_equal(copy_name(f, "1"), 0);
    assert_int_equal(f->r.manifests, 2);
    assert_int_equal(f->r.blobs_copied, 3);
    assert_int_equal(f->r.bytes_copied, f->r.bytes);
    assert_int_equal(f->dst.pushes, 0);
    assert_int_equal(f->dst.binds, 0);
    assert_no_names(f);
}

static struct item with_layer(struct fixture *f, const struct oci_desc *layer, const char *name)
{
    struct wp_span config = wp_span_str(OCI_EMPTY_JSON);
    const struct oci_manifest m = {
        .kind = OCI_MANIFEST,
        .media_type = OCI_MT_MANIFEST,
        .config = contract_desc(WP_SHA256, config, OCI_MT_EMPTY),
        .layers = layer,
        .layer_count = 1,
    };
    struct wp_err err = {0};
    CONTRACT_OK(oci_store_put(f->src_mem, &m.config, config, &err));
    return item_put(f, &m, name);
}

static void test_inline_data(void **state)
{
    struct fixture *f = *state;
    struct wp_span bytes = wp_span_str("inside the manifest only");
    struct oci_desc layer = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    layer.data = bytes;
    with_layer(f, &layer, "1");
    assert_int_equal(copy_name(f, "1"), 0);
    assert_true(at_dst(f, &layer));
    assert_int_equal(f->r.blobs_copied, 2);
}

static void test_foreign_layer(void **state)
{
    struct fixture *f = *state;
    static const char type[] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    struct oci_desc absent = contract_desc(WP_SHA256, wp_span_str("elsewhere"), type);
    with_layer(f, &absent, "absent");
    assert_int_equal(copy_name(f, "absent"), 0);
    assert_int_equal(f->r.blobs, 2);
    assert_int_equal(f->r.blobs_copied, 1);
    assert_false(at_dst(f, &absent));
    struct oci_desc there = contract_desc(WP_SHA256, wp_span_str("here"), type);
    assert_int_equal(oci_store_put(f->src_mem, &there, wp_span_str("here"), &f->err), 0);
    with_layer(f, &there, "there");
    assert_int_equal(copy_name(f, "there"), 0);
    assert_true(at_dst(f, &there));
}

static void test_platform(void **state)
{
    struct fixture *f = *state;
    struct item wasm = item_manifest(f, "wasm", NULL, NULL);
    struct item arm = item_manifest(f, "arm", NULL, NULL);
    const struct oci_platform p[] = {{.architecture = "arm64", .os = "linux", .variant = "v8"},
                                     {.architecture = "wasm", .os = "wasip1"}};
    struct oci_desc list[] = {arm.desc, wasm.desc};
    list[0].platform = &p[0];
    list[1].platform = &p[1];
    item_index(f, list, 2, NULL, "all");
    f->opts.platform = "wasip1/wasm";
    assert_int_equal(copy_name(f, "all"), 0);
    assert_named(f, "all", &wasm.desc);
    assert_int_equal(f->r.manifests, 1);
    assert_true(oci_digest_equal(&f->r.root.digest, &wasm.desc.digest));
    assert_null(f->r.root.platform);
    assert_false(at_dst(f, &arm.desc));
    f->opts.platform = "linux/riscv64";
    assert_int_equal(copy_name(f, "all"), -1);
    assert_int_equal(f->err.code, WP_E_NOT_FOUND);
    assert_string_equal(f->err.msg, "source host/repo: no manifest for platform 'linux/riscv64'");
    assert_string_equal(f->err.hint, "it has: linux/arm64/v8, wasip1/wasm");
}

static void test_platform_match(void **state)
{
    (void)state;
    static const struct {
        const char *want;
        struct oci_platform p;
        bool match;
    } rows[] = {
        {"linux/amd64", {.os = "linux", .architecture = "amd64"}, true},
        {"linux/arm64", {.os = "linux", .architecture = "arm64", .variant = "v8"}, true},
        {"linux/arm64/v8", {.os = "linux", .architecture = "arm64", .variant = "v8"}, true},
        {"linux/arm64/v7", {.os = "linux", .architecture = "arm64", .variant = "v8"}, false},
        {"linux/arm64/v8", {.os = "linux", .architecture = "arm64"}, false},
        {"linux/arm", {.os = "linux", .architecture = "arm64"}, false},
        {"wasi/wasm", {.os = "wasi", .architecture = "wasm"}, true},
        {"wasi/wasm", {.os = "wasip1", .architecture = "wasm"}, false},
        {"wasip1/wasm", {.os = "wasi", .architecture = "wasm"}, false},
        {"linux", {.os = "linux", .architecture = "amd64"}, false},
        {"", {.os = "linux", .architecture = "amd64"}, false},
        {"/", {.os = "", .architecture = ""}, true},
        {"linux/amd64", {.os = NULL, .architecture = NULL}, false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        assert_int_equal(oci_platform_match(rows[i].want, &rows[i].p), rows[i].match);
    }
    assert_false(oci_platform_match("linux/amd64", NULL));
}

static void test_job_items(void **state)
{
    struct fixture *f = *state;
    item_manifest(f, "one", NULL, "1");
    f->opts.job = wp_job_new();
    assert_int_equal(copy_name(f, "1"), 0);
    struct wp_job_totals t;
    wp_job_totals(f->opts.job, &t);
    assert_int_equal(t.items, 2);
    assert_int_equal(t.done, 2);
    assert_int_equal(t.active, 0);
    assert_int_equal(copy_name(f, "1"), 0);
    wp_job_totals(f->opts.job, &t);
    assert_int_equal(t.present, 2);
    struct wp_item_view v[4];
    assert_int_equal(wp_job_items(f->opts.job, 0, v, 4), 4);
    assert_int_equal(strlen(v[0].label), 19);
    assert_memory_equal(v[0].label, "sha256:", 7);
    wp_job_free(f->opts.job);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_up, fixture_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_simple),         T(test_again),          T(test_nested),    T(test_referrers),     T(test_no_referrers),
        T(test_tags_by_digest), T(test_back_edge),      T(test_order),     T(test_wrong_subject), T(test_late_claim),
        T(test_unnamed),        T(test_only_name),      T(test_dry_run),   T(test_inline_data),   T(test_foreign_layer),
        T(test_platform),       T(test_platform_match), T(test_job_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
