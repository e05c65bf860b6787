/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors (image-spec, descriptor.md): what a piece of content is, how long, and its digest. */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "oci/digest.h"

#define OCI_SIZE_UNKNOWN UINT64_MAX

struct oci_annotation {
    const char *key;
    const char *value;
};

struct oci_platform {
    const char *architecture;
    const char *os;
    const char *os_version; /* NULL: absent, here and below */
    const char *variant;
};

/* Strings are borrowed: they live in the arena of whoever parsed or built it. */
struct oci_desc {
    const char *media_type;
    struct oci_digest digest;
    uint64_t size;             /* OCI_SIZE_UNKNOWN where only the digest is known */
    const char *artifact_type; /* NULL: absent */
    const struct oci_annotation *annotations;
    size_t annotation_count;
    const struct oci_platform *platform; /* NULL: absent */
    struct wp_span data;                 /* decoded "data" member; ptr NULL: absent */
};

/* Refuses: missing or wrong types, negative or huge sizes, bad digests, keys that differ from a known key in case only,
 * a data member whose size or digest does not match. `urls` is accepted and never followed. */
int oci_desc_read(const struct wp_json *at, struct wp_arena *a, struct oci_desc *ret, struct wp_err *err) WP_MUST_USE;
/* Keys sorted, no blanks; absent members left out; an empty annotation map is left out. */
void oci_desc_write(struct wp_json_out *o, const struct oci_desc *d);
/* A copy whose strings live in a. */
struct oci_desc oci_desc_copy(struct wp_arena *a, const struct oci_desc *d);
/* NULL when absent. */
const char *oci_annotation_get(const struct oci_annotation *list, size_t count, const char *key);
static inline const char *oci_desc_annotation(const struct oci_desc *d, const char *key)
{
    return oci_annotation_get(d->annotations, d->annotation_count, key);
}
/* Sorted by key (byte order), values that are not strings refused. */
int oci_annotations_read(const struct wp_json *at, struct wp_arena *a, const struct oci_annotation **ret,
                         size_t *ret_count, struct wp_err *err) WP_MUST_USE;
/* Writes {"k":"v",…}; the list must be sorted. */
void oci_annotations_write(struct wp_json_out *o, const struct oci_annotation *list, size_t count);
/* Sort by key in place; on equal keys the later one wins. Returns the new count. */
size_t oci_annotations_sort(struct oci_annotation *list, size_t count);
