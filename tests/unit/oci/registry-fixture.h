/* SPDX-License-Identifier: Apache-2.0
 *
 * A fake registry with a client and the store of its repository "team/app", without waits between attempts. */
#pragma once

#include "oci/registry-int.h"
#include "tests/unit/oci/fake-registry.h"
#include "tests/unit/oci/store-contract.h"

#define FIXTURE_HOST "127.0.0.1:5000"
#define FIXTURE_REPO "team/app"

struct registry_fixture {
    struct fake_registry *f;
    struct http_client *client;
    struct oci_store *s;
    struct oci_registry *r; /* s, seen from inside */
    struct wp_arena a;
};
/* For cmocka: *state becomes a struct registry_fixture. */
int registry_fixture_setup(void **state);
int registry_fixture_teardown(void **state);
#define REGISTRY_TEST(fn) cmocka_unit_test_setup_teardown(fn, registry_fixture_setup, registry_fixture_teardown)
/* One more store over the client. */
struct oci_store *registry_fixture_store(struct http_client *client, const char *repo);
struct http_client *registry_fixture_client(struct fake_registry *f);
/* The texts of a digest and of a manifest's fallback tag, in the fixture's arena. */
const char *fixture_digest(struct registry_fixture *x, const struct oci_desc *d);
const char *fixture_fallback(struct registry_fixture *x, const struct oci_desc *d);
