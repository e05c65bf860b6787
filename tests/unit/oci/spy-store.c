/* SPDX-License-Identifier: Apache-2.0
 *
 * A store in front of another one (spy-store.h). */
#include "tests/unit/oci/spy-store.h"

#include "oci/mediatype.h"

static struct spy *spy_of(struct oci_store *s)
{
    return WP_DOWNCAST(struct spy, s);
}

static int spy_exists(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err)
{
    atomic_fetch_add(proven ? &spy_of(s)->proofs : &spy_of(s)->trusts, 1);
    return oci_store_exists(spy_of(s)->inner, d, proven, err);
}

static int spy_fetch(struct oci_store *s, const struct oci_desc *d, uint64_t offset, struct wp_reader **ret,
                     struct wp_err *err)
{
    atomic_fetch_add(&spy_of(s)->fetches, 1);
    return oci_store_fetch(spy_of(s)->inner, d, offset, ret, err);
}

static int spy_push(struct oci_store *s, const struct oci_desc *d, struct wp_source *src,
                    const struct oci_push_opts *opts, struct wp_err *err)
{
    struct spy *spy = spy_of(s);
    unsigned n = atomic_fetch_add(&spy->pushes, 1) + 1;
    if (n == spy->fail_push) {
        return wp_fail(err, spy->fail_code, "%s", spy->fail_text);
    }
    if (spy->cancel != NULL) {
        wp_job_cancel(spy->cancel, 2);
    }
    if (oci_mediatype_kind(d->media_type) != OCI_NOT_MANIFEST && atomic_fetch_sub(&spy->unknown_manifests, 1) > 0) {
        return wp_fail(err, WP_E_OTHER, "host failed (404 MANIFEST_BLOB_UNKNOWN): PUT");
    }
    return oci_store_push(spy->inner, d, src, opts, err);
}

static int spy_resolve(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                       struct wp_span *ret_bytes, struct wp_err *err)
{
    atomic_fetch_add(&spy_of(s)->resolves, 1);
    return oci_store_resolve(spy_of(s)->inner, name, a, ret_desc, ret_bytes, err);
}

static int spy_bind(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags, struct wp_err *err)
{
    struct spy *spy = spy_of(s);
    atomic_fetch_add(&spy->binds, 1);
    for (size_t i = 0; i < n && i < WP_ARRAY_LEN(spy->bound); i++) {
        spy->bound[i] = list[i].desc->digest;
    }
    if (atomic_fetch_sub(&spy->unknown_binds, 1) > 0) {
        return wp_fail(err, WP_E_OTHER, "host failed (404 MANIFEST_BLOB_UNKNOWN): PUT");
    }
    return oci_store_bind(spy->inner, list, n, flags, err);
}

static int spy_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                         struct wp_err *err)
{
    struct spy *spy = spy_of(s);
    if (spy->list_fails) {
        return wp_fail(err, WP_E_NETWORK, "host failed (503): GET referrers");
    }
    if (spy->forgets) {
        return 0;
    }
    if (oci_store_referrers(spy->inner, subject, fn, arg, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < spy->liar_count; i++) {
        for (size_t j = 0; j <= spy->liar_repeat; j++) {
            if (!oci_digest_equal(&spy->liars[i].digest, &subject->digest) && fn(arg, &spy->liars[i], err) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int spy_each_name(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg, struct wp_err *err)
{
    return oci_store_each_name(spy_of(s)->inner, repo, fn, arg, err);
}

static void spy_close(struct oci_store *s WP_UNUSED)
{
}

void spy_init(struct spy *s, struct oci_store *inner)
{
    static const struct oci_store_ops ops = {
        .kind = "memory",
        .exists = spy_exists,
        .fetch = spy_fetch,
        .push = spy_push,
        .resolve = spy_resolve,
        .bind = spy_bind,
        .each_name = spy_each_name,
        .referrers = spy_referrers,
        .close = spy_close,
    };
    memset(s, 0, sizeof(*s));
    s->ops = ops;
    s->base = (struct oci_store){.ops = &s->ops, .label = inner->label};
    s->inner = inner;
}
