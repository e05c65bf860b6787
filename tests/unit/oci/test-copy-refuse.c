/* SPDX-License-Identifier: Apache-2.0
 *
 * oci_copy where it fails: which side is named, and that nothing half-done has a name. */
#include "base/limits.h"
#include "tests/unit/oci/copy-fixture.h"

/* ---- the question at the door ---- */

struct door {
    struct fixture *f;
    const struct oci_desc *root, *ref, *stranger;
    const char *sig_tag;
    unsigned asked;
    int answer;
};

static int door(void *arg, struct oci_store *view, const struct oci_desc *root, struct wp_err *ret_err)
{
    struct wp_err err = {0};
    struct door *d = arg;
    struct wp_arena *a = &d->f->a;
    struct oci_desc got;
    struct wp_span bytes;
    d->asked++;
    assert_true(oci_digest_equal(&root->digest, &d->root->digest));
    /* Manifests by every name they may be asked for. */
    char text[OCI_DIGEST_TEXT];
    CONTRACT_OK(oci_store_resolve(view, NULL, a, &got, &bytes, &err));
    assert_true(oci_digest_equal(&got.digest, &root->digest));
    assert_int_equal(bytes.len, root->size);
    CONTRACT_OK(oci_store_resolve(view, "acme/x:1", a, &got, NULL, &err));
    assert_true(oci_digest_equal(&got.digest, &root->digest));
    CONTRACT_OK(oci_store_resolve(view, oci_digest_text(&d->ref->digest, text), a, &got, &bytes, &err));
    assert_true(oci_digest_equal(&got.digest, &d->ref->digest));
    CONTRACT_OK(oci_store_resolve(view, d->sig_tag, a, &got, NULL, &err));
    assert_int_equal(count_referrers(view, root), 1);
    CONTRACT_OK(oci_store_get(view, d->ref, WP_LIMIT_MANIFEST, a, &bytes, &err));
    /* A blob of the closure is read through. */
    struct wp_span layer = wp_span_str("layer of root");
    struct oci_desc blob = contract_desc(WP_SHA256, layer, OCI_MT_OCTETS);
    CONTRACT_OK(oci_store_get(view, &blob, 100, a, &bytes, &err));
    assert_memory_equal(bytes.ptr, layer.ptr, layer.len);
    assert_int_equal(oci_store_exists(view, &blob, true, &err), OCI_PRESENT);
    /* What is not copied is not there, though the source has it. */
    CONTRACT_FAILS(oci_store_resolve(view, "stranger", a, &got, NULL, &err), WP_E_NOT_FOUND);
    CONTRACT_FAILS(oci_store_resolve(view, oci_digest_text(&d->stranger->digest, text), a, &got, NULL, &err),
                   WP_E_NOT_FOUND);
    CONTRACT_FAILS(oci_store_get(view, d->stranger, WP_LIMIT_MANIFEST, a, &bytes, &err), WP_E_NOT_FOUND);
    assert_int_equal(oci_store_exists(view, d->stranger, false, &err), OCI_ABSENT);
    CONTRACT_FAILS(oci_store_put(view, &blob, layer, &err), WP_E_UNSUPPORTED);
    return d->answer == 0 ? 0 : wp_fail(ret_err, WP_E_POLICY, "no signature by a known key");
}

static void test_admit(void **state)
{
    struct fixture *f = *state;
    struct item root = item_manifest(f, "root", NULL, "acme/x:1");
    struct item ref = item_manifest(f, "ref", &root.desc, NULL);
    struct item stranger = item_manifest(f, "stranger", NULL, "stranger");
    char text[OCI_DIGEST_TEXT];
    const char *tag = wp_arena_printf(&f->a, "acme/x:%s.sig", oci_digest_referrers_tag(&root.desc.digest, text));
    item_manifest(f, "sig", NULL, tag);
    struct door d = {
        .f = f, .root = &root.desc, .ref = &ref.desc, .stranger = &stranger.desc, .sig_tag = tag, .answer = -1};
    f->src.liars = &stranger.desc; /* looked at, and not taken */
    f->src.liar_count = 1;
    f->opts.admit = door;
    f->opts.admit_arg = &d;
    assert_int_equal(copy_name(f, "acme/x:1"), -1);
    assert_int_equal(f->err.code, WP_E_POLICY);
    assert_string_equal(f->err.msg, "no signature by a known key");
    assert_int_equal(d.asked, 1);
    assert_int_equal(f->dst.pushes, 0);
    assert_int_equal(f->dst.binds, 0);
    assert_no_names(f);
    d.answer = 0;
    assert_int_equal(copy_name(f, "acme/x:1"), 0);
    assert_named(f, "acme/x:1", &root.desc);
    assert_false(at_dst(f, &stranger.desc));
}

/* ---- the source ---- */

static void test_absent(void **state)
{
    struct fixture *f = *state;
    item_manifest(f, "one", NULL, "1");
    assert_int_equal(copy_name(f, "2"), -1);
    assert_int_equal(f->err.code, WP_E_NOT_FOUND);
    assert_string_equal(f->err.msg, "source host/repo has no name '2'");
    assert_string_equal(f->err.hint, "it has: 1");
}

/* Content that is announced and not delivered: bytes of another text under the digest. */
static void add_damaged(struct fixture *f, const struct oci_desc *d, struct wp_source_mem *src, const char *bytes)
{
    *src = wp_source_mem(wp_span_str(bytes));
    assert_int_equal(oci_memory_add_source(f->src_mem, d, &src->base, &f->err), 0);
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
    assert_int_equal(oci_store_put(f->src_mem, &m.config, config, &f->err), 0);
    return item_put(f, &m, name);
}

static void test_damaged_layer(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[] = {"layer damagex", "layer damage", "layer damagedx", "Layer damaged", ""};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct oci_store *fresh = oci_memory_new("host/repo");
        struct spy spy;
        spy_init(&spy, fresh);
        struct oci_store *kept = f->src_mem;
        f->src_mem = fresh;
        struct oci_desc layer = contract_desc(WP_SHA256, wp_span_str("layer damaged"), OCI_MT_OCTETS);
        struct wp_source_mem src;
        add_damaged(f, &layer, &src, rows[i]);
        with_layer(f, &layer, "1");
        const char *name = "1";
        assert_int_equal(oci_copy(&spy.base, "1", &f->dst.base, &name, 1, NULL, &f->a, &f->r, &f->err), -1);
        assert_int_equal(f->err.code, WP_E_INTEGRITY);
        assert_true(wp_str_starts(f->err.msg, "source host/repo: "));
        assert_int_equal(f->dst.binds, 0);
        assert_no_names(f);
        assert_false(at_dst(f, &layer));
        f->src_mem = kept;
        oci_store_close(fresh);
    }
}

static void test_damaged_manifest(void **state)
{
    struct fixture *f = *state;
    struct oci_desc child = contract_desc(WP_SHA256, wp_span_str("{\"schemaVersion\":2}"), OCI_MT_MANIFEST);
    struct wp_source_mem src;
    item_index(f, &child, 1, NULL, "all");
    add_damaged(f, &child, &src, "{\"schemaVersion\":3}");
    assert_int_equal(copy_name(f, "all"), -1);
    assert_int_equal(f->err.code, WP_E_INTEGRITY);
    assert_true(wp_str_starts(f->err.msg, "source host/repo: "));
    assert_int_equal(f->dst.pushes, 0);
    assert_no_names(f);
}

static void test_missing_layer(void **state)
{
    struct fixture *f = *state;
    struct oci_desc layer = contract_desc(WP_SHA256, wp_span_str("gone"), OCI_MT_OCTETS);
    with_layer(f, &layer, "1");
    assert_int_equal(copy_name(f, "1"), -1);
    assert_int_equal(f->err.code, WP_E_NOT_FOUND);
    assert_true(wp_str_starts(f->err.msg, "source host/repo has no content sha256:"));
    assert_no_names(f);
}

static void test_missing_referrer(void **state)
{
    struct fixture *f = *state;
    item_manifest(f, "one", NULL, "1");
    struct oci_desc gone = contract_desc(WP_SHA256, wp_span_str("gone"), OCI_MT_MANIFEST);
    f->src.liars = &gone;
    f->src.liar_count = 1;
    assert_int_equal(copy_name(f, "1"), -1);
    assert_int_equal(f->err.code, WP_E_NOT_FOUND);
    assert_non_null(strstr(f->err.msg, "a referrer is listed, but not there"));
    assert_string_equal(f->err.hint, "to leave signatures and other referrers behind, use --no-referrers");
    f->opts.no_referrers = true;
    assert_int_equal(copy_name(f, "1"), 0);
}

/* Stored is not enough: success is told when the destination lists what was brought. */
static void test_unlisted_referrer(void **state)
{
    struct fixture *f = *state;
    struct item root = item_manifest(f, "one", NULL, "1");
    struct item ref = item_manifest(f, "ref", &root.desc, NULL);
    f->dst.forgets = true;
    assert_int_equal(copy_name(f, "1"), -1);
    assert_int_equal(f->err.code, WP_E_NETWORK);
    char text[OCI_DIGEST_TEXT];
    assert_non_null(strstr(f->err.msg, "destination "));
    assert_non_null(strstr(f->err.msg, oci_digest_text(&ref.desc.digest, text)));
    assert_non_null(strstr(f->err.msg, "is not listed"));
    f->dst.list_fails = true;
    assert_int_equal(copy_name(f, "1"), -1);
    assert_int_equal(f->err.code, WP_E_NETWORK);
    assert_non_null(strstr(f->err.msg, "all was copied, but whether referrers are listed is not known"));
    f->opts.no_referrers = true;
    assert_int_equal(copy_name(f, "1"), 0);
    f->opts.no_referrers = false;
    f->dst.list_fails = f->dst.forgets = false;
    assert_int_equal(copy_name(f, "1"), 0);
    assert_int_equal(count_referrers(f->dst_mem, &root.desc), 1);
}

/* One digest, announced in two ways. */
static void test_two_faces(void **state)
{
    struct fixture *f = *state;
    struct item one = item_manifest(f, "one", NULL, "one");
    struct oci_desc list[] = {one.desc, one.desc};
    list[1].media_type = OCI_MT_INDEX;
    item_index(f, list, 2, NULL, "kinds");
    assert_int_equal(copy_name(f, "kinds"), -1);
    assert_int_equal(f->err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(f->err.msg, "is announced as '" OCI_MT_MANIFEST "' and as '" OCI_MT_INDEX "'"));
    list[1] = one.desc;
    list[1].size++;
    item_index(f, list, 2, NULL, "sizes");
    assert_int_equal(copy_name(f, "sizes"), -1);
    assert_int_equal(f->err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(f->err.msg, "bytes"));
    list[0] = list[1] = contract_desc(WP_SHA256, wp_span_str("a note"), OCI_MT_OCTETS);
    list[1].size++;
    item_index(f, list, 2, NULL, "notes");
    assert_int_equal(oci_store_put(f->src_mem, &list[0], wp_span_str("a note"), &f->err), 0);
    assert_int_equal(copy_name(f, "notes"), -1);
    assert_int_equal(f->err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(f->err.msg, "bytes"));
    assert_no_names(f);
}

/* ---- limits ---- */

static void test_depth(void **state)
{
    struct fixture *f = *state;
    struct item it = item_manifest(f, "bottom", NULL, "0");
    for (unsigned i = 1; i <= WP_LIMIT_GRAPH_DEPTH + 1; i++) {
        it = item_index(f, &it.desc, 1, NULL, wp_arena_printf(&f->a, "%u", i));
    }
    assert_int_equal(copy_name(f, "16"), 0);
    assert_int_equal(f->r.manifests, 17);
    assert_int_equal(copy_name(f, "17"), -1);
    assert_int_equal(f->err.code, WP_E_LIMIT);
    assert_string_equal(f->err.msg, "source host/repo: manifests are nested deeper than 16 levels");
}

static void test_referrer_count(void **state)
{
    struct fixture *f = *state;
    struct item root = item_manifest(f, "root", NULL, "1");
    struct item ref = item_manifest(f, "ref", &root.desc, NULL);
    f->src.liars = &ref.desc;
    f->src.liar_count = 1;
    f->src.liar_repeat = 998; /* 999 and the true one */
    assert_int_equal(copy_name(f, "1"), 0);
    f->src.liar_repeat = 999;
    assert_int_equal(copy_name(f, "1"), -1);
    assert_int_equal(f->err.code, WP_E_LIMIT);
    assert_non_null(strstr(f->err.msg, " has more than 1000 referrers"));
}

static void test_manifest_bytes(void **state)
{
    struct fixture *f = *state;
    struct oci_desc list[65];
    for (unsigned i = 0; i < 65; i++) {
        list[i] = contract_desc(WP_SHA256, wp_span(&i, sizeof(i)), OCI_MT_MANIFEST);
        list[i].size = WP_LIMIT_MANIFEST;
    }
    item_index(f, list, 65, NULL, "all");
    assert_int_equal(copy_name(f, "all"), -1);
    assert_int_equal(f->err.code, WP_E_LIMIT);
    assert_string_equal(f->err.msg, "source host/repo: the manifests have more than 268435456 bytes");
    /* Refused before anything announced so was fetched. */
    assert_int_equal(f->src.fetches, 0);
}

static void test_manifest_size(void **state)
{
    struct fixture *f = *state;
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("x"), OCI_MT_MANIFEST);
    d.size = WP_LIMIT_MANIFEST + 1;
    item_index(f, &d, 1, NULL, "1");
    assert_int_equal(copy_name(f, "1"), -1);
    assert_int_equal(f->err.code, WP_E_LIMIT);
    assert_int_equal(f->src.fetches, 0);
}

/* ---- the destination, and the user ---- */

static void test_destination_fails(void **state)
{
    struct fixture *f = *state;
    struct item one = item_manifest(f, "one", NULL, "one");
    struct item two = item_manifest(f, "two", NULL, "two");
    const struct oci_desc list[] = {one.desc, two.desc};
    struct item root = item_index(f, list, 2, NULL, "all");
    f->dst.fail_code = WP_E_IO;
    f->dst.fail_text = "No space left on device";
    /* Three blobs and two manifests: each of the five fails once. */
    for (unsigned i = 1; i <= 5; i++) {
        f->dst.fail_push = i;
        f->dst.pushes = 0;
        oci_store_close(f->dst_mem);
        f->dst_mem = oci_memory_new("oci:DIR");
        f->dst.inner = f->dst_mem;
        f->dst.base.label = f->dst_mem->label;
        assert_int_equal(copy_name(f, "all"), -1);
        assert_int_equal(f->err.code, WP_E_IO);
        assert_string_equal(f->err.msg, "destination oci:DIR: No space left on device");
        assert_int_equal(f->dst.binds, 0);
        assert_no_names(f);
    }
    /* Going on from there. */
    f->dst.fail_push = 0;
    assert_int_equal(copy_name(f, "all"), 0);
    assert_named(f, "all", &root.desc);
    assert_int_equal(f->r.blobs_present, 3);
    assert_int_equal(f->r.blobs_copied, 0);
}

static void test_unknown_content(void **state)
{
    struct fixture *f = *state;
    struct item one = item_manifest(f, "one", NULL, "one");
    struct item root = item_index(f, &one.desc, 1, NULL, "all");
    f->dst.unknown_manifests = 1;
    assert_int_equal(copy_name(f, "all"), 0);
    assert_named(f, "all", &root.desc);
    assert_int_equal(f->dst.pushes, 2 + 1 + 2 + 1); /* blobs, the manifest; both again */
}

/* Sending again what the destination lost may fail as sending does. */
static void test_unknown_and_full(void **state)
{
    struct fixture *f = *state;
    struct item one = item_manifest(f, "one", NULL, "one");
    item_index(f, &one.desc, 1, NULL, "all");
    f->dst.unknown_manifests = 1;
    f->dst.fail_push = 2 + 1 + 1;
    f->dst.fail_code = WP_E_IO;
    f->dst.fail_text = "No space left on device";
    assert_int_equal(copy_name(f, "all"), -1);
    assert_int_equal(f->err.code, WP_E_IO);
    assert_string_equal(f->err.msg, "destination oci:DIR: No space left on device");
    assert_int_equal(f->dst.pushes, 2 + 1 + 1);
    assert_no_names(f);
}

static void test_unknown_at_bind(void **state)
{
    struct fixture *f = *state;
    struct item one = item_manifest(f, "one", NULL, "one");
    struct item root = item_index(f, &one.desc, 1, NULL, "all");
    f->dst.unknown_binds = 1;
    assert_int_equal(copy_name(f, "all"), 0);
    assert_named(f, "all", &root.desc);
    assert_int_equal(f->dst.binds, 2);
    assert_int_equal(f->dst.pushes, 3 + 3);
}

static void test_unknown_for_good(void **state)
{
    struct fixture *f = *state;
    item_manifest(f, "one", NULL, "one");
    f->dst.unknown_binds = 100;
    assert_int_equal(copy_name(f, "one"), -1);
    assert_int_equal(f->dst.binds, 2);
    assert_string_equal(f->err.msg, "destination oci:DIR: host failed (404 MANIFEST_BLOB_UNKNOWN): PUT");
    assert_no_names(f);
}

static void test_no_replace(void **state)
{
    struct fixture *f = *state;
    struct item one = item_manifest(f, "one", NULL, "1");
    assert_int_equal(copy_name(f, "1"), 0);
    item_manifest(f, "two", NULL, "1");
    f->opts.bind_flags = OCI_BIND_NO_REPLACE;
    assert_int_equal(copy_name(f, "1"), -1);
    assert_int_equal(f->err.code, WP_E_EXISTS);
    assert_true(wp_str_starts(f->err.msg, "destination oci:DIR: "));
    assert_named(f, "1", &one.desc);
}

static void test_cancelled(void **state)
{
    struct fixture *f = *state;
    item_manifest(f, "one", NULL, "1");
    f->opts.job = wp_job_new();
    f->opts.jobs = 1;
    f->dst.cancel = f->opts.job;
    assert_int_equal(copy_name(f, "1"), -1);
    assert_int_equal(f->err.code, WP_E_INTERRUPTED);
    assert_int_equal(f->dst.pushes, 1);
    assert_int_equal(f->dst.binds, 0);
    /* From the start. */
    f->src.resolves = 0;
    assert_int_equal(copy_name(f, "1"), -1);
    assert_int_equal(f->err.code, WP_E_INTERRUPTED);
    assert_int_equal(f->src.resolves, 0);
    assert_no_names(f);
    wp_job_free(f->opts.job);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_up, fixture_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_admit),           T(test_absent),           T(test_damaged_layer),     T(test_damaged_manifest),
        T(test_missing_layer),   T(test_missing_referrer), T(test_two_faces),         T(test_depth),
        T(test_referrer_count),  T(test_manifest_bytes),   T(test_manifest_size),     T(test_destination_fails),
        T(test_unknown_content), T(test_unknown_and_full), T(test_unknown_at_bind),   T(test_unknown_for_good),
        T(test_no_replace),      T(test_cancelled),        T(test_unlisted_referrer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
