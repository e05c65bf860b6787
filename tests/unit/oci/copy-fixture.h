/* SPDX-License-Identifier: Apache-2.0
 *
 * Two memory stores, spies before them, and content for the copy tests. */
#pragma once

#include "oci/copy.h"
#include "tests/unit/oci/spy-store.h"
#include "tests/unit/oci/store-contract.h"

struct fixture {
    struct wp_arena a;
    struct oci_store *src_mem, *dst_mem;
    struct spy src, dst;
    struct oci_copy_opts opts;
    struct oci_copy_result r;
    struct wp_err err;
};
int fixture_up(void **state);
int fixture_down(void **state);

struct item {
    struct oci_desc desc;
    struct wp_span bytes;
};
/* A manifest with its own layer, in the source; named when name is given. */
struct item item_manifest(struct fixture *f, const char *seed, const struct oci_desc *subject, const char *name);
struct item item_index(struct fixture *f, const struct oci_desc *list, size_t n, const struct oci_desc *subject,
                       const char *name);
/* Any manifest, pushed and bound. */
struct item item_put(struct fixture *f, const struct oci_manifest *m, const char *name);
/* Copy the name from source to the same name at the destination. */
int copy_name(struct fixture *f, const char *name);
bool at_dst(struct fixture *f, const struct oci_desc *d);
/* The destination has no name at all. */
void assert_no_names(struct fixture *f);
void assert_named(struct fixture *f, const char *name, const struct oci_desc *d);
size_t count_referrers(struct oci_store *s, const struct oci_desc *subject);
