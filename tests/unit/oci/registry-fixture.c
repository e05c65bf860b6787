/* SPDX-License-Identifier: Apache-2.0
 *
 * The fixture of the registry store's tests. */
#include "tests/unit/oci/registry-fixture.h"

#include "base/mem.h"

struct http_client *registry_fixture_client(struct fake_registry *f)
{
    const struct http_opts opts = {.retries = 5, .retry_first_ms = 1};
    return http_client_new(&f->base, FIXTURE_HOST, NULL, &opts);
}

struct oci_store *registry_fixture_store(struct http_client *client, const char *repo)
{
    struct wp_err err = {0};
    struct oci_store *s = NULL;
    if (oci_registry_open(client, FIXTURE_HOST, repo, &s, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    struct oci_registry *r = WP_DOWNCAST(struct oci_registry, s);
    r->base.settle_ms = 0;
    r->chunk_size = 1000;
    return s;
}

int registry_fixture_setup(void **state)
{
    struct registry_fixture *x = wp_xcalloc(1, sizeof(*x));
    x->f = fake_registry_new("http://" FIXTURE_HOST);
    x->client = registry_fixture_client(x->f);
    x->s = registry_fixture_store(x->client, FIXTURE_REPO);
    x->r = WP_DOWNCAST(struct oci_registry, x->s);
    *state = x;
    return 0;
}

int registry_fixture_teardown(void **state)
{
    struct registry_fixture *x = *state;
    oci_store_close(x->s);
    http_client_free(x->client);
    fake_registry_free(x->f);
    wp_arena_done(&x->a);
    free(x);
    return 0;
}

const char *fixture_digest(struct registry_fixture *x, const struct oci_desc *d)
{
    return oci_digest_text(&d->digest, wp_arena_alloc(&x->a, OCI_DIGEST_TEXT, 1));
}

const char *fixture_fallback(struct registry_fixture *x, const struct oci_desc *d)
{
    return oci_digest_referrers_tag(&d->digest, wp_arena_alloc(&x->a, OCI_DIGEST_TEXT, 1));
}
