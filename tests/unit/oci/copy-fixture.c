/* SPDX-License-Identifier: Apache-2.0
 *
 * Material of the copy tests (copy-fixture.h). */
#include "tests/unit/oci/copy-fixture.h"

#include "base/mem.h"

int fixture_up(void **state)
{
    struct fixture *f = wp_xcalloc(1, sizeof(*f));
    f->src_mem = oci_memory_new("host/repo");
    f->dst_mem = oci_memory_new("oci:DIR");
    spy_init(&f->src, f->src_mem);
    spy_init(&f->dst, f->dst_mem);
    *state = f;
    return 0;
}

int fixture_down(void **state)
{
    struct fixture *f = *state;
    oci_store_close(f->src_mem);
    oci_store_close(f->dst_mem);
    wp_arena_done(&f->a);
    free(f);
    return 0;
}

static void bind_source(struct fixture *f, const struct item *it, const char *name)
{
    const struct oci_binding b = {.name = name, .desc = &it->desc, .bytes = it->bytes};
    struct wp_err err = {0};
    CONTRACT_OK(oci_store_bind(f->src_mem, &b, 1, 0, &err));
}

struct item item_manifest(struct fixture *f, const char *seed, const struct oci_desc *subject, const char *name)
{
    struct item it;
    it.desc = contract_manifest(f->src_mem, &f->a, seed, subject, subject != NULL ? "application/x" : NULL, &it.bytes);
    bind_source(f, &it, name);
    return it;
}

struct item item_put(struct fixture *f, const struct oci_manifest *m, const char *name)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(m, &b);
    struct item it = {.bytes = wp_arena_bytes(&f->a, wp_buf_span(&b))};
    it.desc = contract_desc(WP_SHA256, it.bytes, m->media_type);
    bind_source(f, &it, name);
    return it;
}

struct item item_index(struct fixture *f, const struct oci_desc *list, size_t n, const struct oci_desc *subject,
                       const char *name)
{
    const struct oci_manifest m = {
        .kind = OCI_INDEX,
        .media_type = OCI_MT_INDEX,
        .manifests = list,
        .manifest_count = n,
        .subject = subject,
    };
    return item_put(f, &m, name);
}

int copy_name(struct fixture *f, const char *name)
{
    wp_err_clear(&f->err);
    return oci_copy(&f->src.base, name, &f->dst.base, &name, 1, &f->opts, &f->a, &f->r, &f->err);
}

bool at_dst(struct fixture *f, const struct oci_desc *d)
{
    struct wp_err err = {0};
    return oci_store_exists(f->dst_mem, d, true, &err) == OCI_PRESENT;
}

static int seen_name(void *arg, const char *repo WP_UNUSED, const char *tag, const struct oci_desc *desc WP_UNUSED,
                     struct wp_err *err WP_UNUSED)
{
    *(const char **)arg = tag;
    return 0;
}

void assert_no_names(struct fixture *f)
{
    const char *seen = NULL;
    struct wp_err err = {0};
    assert_int_equal(oci_store_each_name(f->dst_mem, NULL, seen_name, &seen, &err), 0);
    assert_null(seen);
}

void assert_named(struct fixture *f, const char *name, const struct oci_desc *d)
{
    struct oci_desc got;
    struct wp_err err = {0};
    CONTRACT_OK(oci_store_resolve(f->dst_mem, name, &f->a, &got, NULL, &err));
    assert_true(oci_digest_equal(&got.digest, &d->digest));
}

static int count_one(void *arg, const struct oci_desc *d WP_UNUSED, struct wp_err *err WP_UNUSED)
{
    ++*(size_t *)arg;
    return 0;
}

size_t count_referrers(struct oci_store *s, const struct oci_desc *subject)
{
    size_t n = 0;
    struct wp_err err = {0};
    CONTRACT_OK(oci_store_referrers(s, subject, count_one, &n, &err));
    return n;
}
