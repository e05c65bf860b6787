/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies over what really lies in a store: bundles by keys as referrers of an index and of what it leads to. */
#include "base/mem.h"
#include "sign/bundle.h"
#include "sign/policy-int.h"
#include "tests/unit/oci/store-contract.h"
#include "tests/unit/sign/fake-signature.h"

struct fixture {
    struct wp_arena a;
    struct oci_store *store;
    struct sig_key *key, *other;
    struct oci_desc parts[2], inner, index;
    struct wp_span inner_bytes, index_bytes;
    struct sig_demand demand;
};

static struct oci_desc add_index(struct fixture *f, const struct oci_desc *list, size_t n, struct wp_span *ret_bytes)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_err err;
    const struct oci_manifest m = {
        .kind = OCI_INDEX, .media_type = OCI_MT_INDEX, .has_media_type = true, .manifests = list, .manifest_count = n};
    oci_manifest_write(&m, &b);
    *ret_bytes = wp_arena_bytes(&f->a, wp_buf_span(&b));
    struct oci_desc d = oci_manifest_desc(&m, *ret_bytes);
    CONTRACT_OK(oci_store_put(f->store, &d, *ret_bytes, &err));
    return d;
}

static int set_up(void **state)
{
    static const struct oci_platform amd64 = {.os = "linux", .architecture = "amd64"};
    struct fixture *f = wp_xcalloc(1, sizeof(*f));
    struct wp_span bytes;
    struct wp_err err;
    *state = f;
    f->store = oci_memory_new("registry.example/team/app");
    f->parts[0] = contract_manifest(f->store, &f->a, "one", NULL, NULL, &bytes);
    f->parts[1] = contract_manifest(f->store, &f->a, "two", NULL, NULL, &bytes);
    f->parts[0].platform = &amd64;
    f->inner = add_index(f, &f->parts[1], 1, &f->inner_bytes);
    const struct oci_desc list[] = {f->parts[0], f->inner, f->parts[0]};
    f->index = add_index(f, list, 3, &f->index_bytes);
    CONTRACT_OK(sig_key_generate(SIG_KEY_ECDSA_P256, &f->key, &err));
    CONTRACT_OK(sig_key_generate(SIG_KEY_ED25519, &f->other, &err));
    f->demand = (struct sig_demand){.name = "a.pub", .key = sig_key_pub(f->key)};
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    sig_key_free(f->key);
    sig_key_free(f->other);
    oci_store_close(f->store);
    wp_arena_done(&f->a);
    free(f);
    return 0;
}

static void sign(struct fixture *f, const struct oci_desc *d, struct sig_key *key)
{
    WP_AUTO_BUF struct wp_buf statement = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf pae = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf signature = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct oci_desc made;
    struct wp_span bytes;
    struct wp_err err;
    sig_statement_write(&statement, NULL, &d->digest, NULL, 0, SIG_PREDICATE_SIGN, wp_span_str("{}"));
    sig_dsse_pae(SIG_PAYLOAD_INTOTO, wp_buf_span(&statement), &pae);
    const struct sig_message m = {.bytes = wp_buf_span(&pae)};
    CONTRACT_OK(sig_key_sign(key, SIG_ALG_NONE, &m, &signature, &err));
    const struct sig_bundle b = {
        .material = {.hint = sig_pub_facts(sig_key_pub(key))->id},
        .signature = wp_buf_span(&signature),
        .is_dsse = true,
        .payload_type = SIG_PAYLOAD_INTOTO,
        .payload = wp_buf_span(&statement),
        .minor = 3,
    };
    sig_bundle_write(&b, NULL, 0, &text);
    const struct sig_attach at = {.subject = d,
                                  .artifact_type = SIG_MT_BUNDLE,
                                  .config_type = OCI_MT_EMPTY,
                                  .layer_type = SIG_MT_BUNDLE,
                                  .layer = wp_buf_span(&text)};
    CONTRACT_OK(sig_attach_build(&at, f->store, &f->a, &made, &bytes, &err));
    const struct oci_binding bind = {.desc = &made, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(f->store, &bind, 1, 0, &err));
}

static struct sig_report judge(struct fixture *f, enum sig_platforms platforms, bool recursive, struct wp_err *ret)
{
    SIG_AUTO_POLICY struct sig_policy *p = NULL;
    struct sig_report report;
    struct wp_err err = {0};
    struct sig_question q = fake_question("registry.example/team/app:1", NULL, 0);
    CONTRACT_OK(sig_policy_of(&f->demand, 1, 1, &p, &err));
    p->fallback.platforms = platforms;
    q.artifact.desc = f->index;
    q.artifact.bytes = f->index_bytes;
    q.store = f->store;
    q.repo = "";
    q.recursive = recursive;
    int rc = sig_judge(p, &q, &f->a, &report, &err);
    assert_int_equal(rc == 0, report.verdict == SIG_SATISFIED);
    *ret = err;
    return report;
}

static enum sig_verdict verdict(struct fixture *f, enum sig_platforms platforms, bool recursive)
{
    struct wp_err err;
    return judge(f, platforms, recursive, &err).verdict;
}

static void test_index_covers(void **state)
{
    struct fixture *f = *state;
    struct wp_err err;
    assert_int_equal(verdict(f, SIG_PLATFORMS_INDEX, false), SIG_NONE);
    sign(f, &f->index, f->other);
    assert_int_equal(verdict(f, SIG_PLATFORMS_INDEX, false), SIG_NOT_SATISFIED);
    sign(f, &f->index, f->key);
    struct sig_report r = judge(f, SIG_PLATFORMS_INDEX, false, &err);
    assert_int_equal(r.verdict, SIG_SATISFIED);
    assert_int_equal(r.found_count, 2);
    assert_int_equal(r.results[0].good_count, 1);
    assert_int_equal(verdict(f, SIG_PLATFORMS_EITHER, false), SIG_SATISFIED);
    assert_int_equal(verdict(f, SIG_PLATFORMS_EACH, false), SIG_NONE);
}

static void test_recursive(void **state)
{
    struct fixture *f = *state;
    struct wp_err err;
    sign(f, &f->index, f->key);
    struct sig_report r = judge(f, SIG_PLATFORMS_INDEX, true, &err);
    assert_int_equal(r.verdict, SIG_NONE);
    assert_holds(err.msg, "linux/amd64: registry.example/team/app@sha256:");
    sign(f, &f->parts[0], f->key);
    assert_int_equal(verdict(f, SIG_PLATFORMS_INDEX, true), SIG_NONE);
    sign(f, &f->inner, f->key);
    assert_int_equal(verdict(f, SIG_PLATFORMS_INDEX, true), SIG_NONE);
    sign(f, &f->parts[1], f->other);
    assert_int_equal(verdict(f, SIG_PLATFORMS_INDEX, true), SIG_NOT_SATISFIED);
    sign(f, &f->parts[1], f->key);
    r = judge(f, SIG_PLATFORMS_EACH, false, &err);
    assert_int_equal(r.verdict, SIG_SATISFIED);
    assert_int_equal(r.result_count, 4); /* what is named twice is asked once */
    assert_holds(r.results[1].what, "linux/amd64: signed by 'a.pub'");
}

/* Without a signature of the index each manifest must stand for itself. */
static void test_either(void **state)
{
    struct fixture *f = *state;
    struct wp_err err;
    sign(f, &f->parts[0], f->key);
    sign(f, &f->parts[1], f->key);
    struct sig_report r = judge(f, SIG_PLATFORMS_EITHER, false, &err);
    assert_int_equal(r.verdict, SIG_SATISFIED);
    assert_int_equal(verdict(f, SIG_PLATFORMS_INDEX, false), SIG_NONE);
}

static void test_either_lacks_one(void **state)
{
    struct fixture *f = *state;
    sign(f, &f->parts[0], f->key);
    assert_int_equal(verdict(f, SIG_PLATFORMS_EITHER, false), SIG_NONE);
    sign(f, &f->parts[1], f->other);
    assert_int_equal(verdict(f, SIG_PLATFORMS_EITHER, false), SIG_NOT_SATISFIED);
}

static void test_empty_index(void **state)
{
    struct fixture *f = *state;
    f->index = add_index(f, NULL, 0, &f->index_bytes);
    assert_int_equal(verdict(f, SIG_PLATFORMS_EITHER, false), SIG_NONE);
}

static void test_lost_part(void **state)
{
    struct fixture *f = *state;
    struct wp_err err;
    sign(f, &f->index, f->key);
    sign(f, &f->parts[0], f->key);
    sign(f, &f->inner, f->key);
    CONTRACT_OK(oci_store_remove(f->store, &f->inner, &err));
    assert_int_equal(judge(f, SIG_PLATFORMS_EACH, false, &err).verdict, SIG_UNKNOWN);
    assert_int_not_equal(err.code, WP_E_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_index_covers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_recursive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_either, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_either_lacks_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_index, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lost_part, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
