/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON by protobuf's rules (protobuf.dev, "ProtoJSON Format"), as Sigstore's bundles and trusted roots are written:
 * null is absent, names in lowerCamelCase or snake_case, 64-bit integers as strings or numbers, bytes in base64 of
 * either alphabet, enums as names or numbers, zero values left out. */
#pragma once

#include "base/arena.h"
#include "base/json.h"

/* The member by its lowerCamelCase name; absent where it is null or missing. */
struct wp_json sig_pj_get(const struct wp_json *at, const char *key);
static inline bool sig_pj_has(const struct wp_json *at)
{
    return wp_json_kind(at) != WP_JSON_ABSENT;
}
/* at is an object without other keys than known (lowerCamelCase, ends with NULL), none of them in both spellings. */
int sig_pj_object(const struct wp_json *at, const char *const *known, struct wp_err *err) WP_MUST_USE;
/* An array of at most limit elements; absent is empty. */
int sig_pj_array(const struct wp_json *at, uint64_t limit, size_t *ret_len, struct wp_err *err) WP_MUST_USE;
/* Copies in the arena. Text: absent is "". */
int sig_pj_text(const struct wp_json *at, struct wp_arena *a, const char **ret, struct wp_err *err) WP_MUST_USE;
/* Absent or empty is an error. */
int sig_pj_bytes(const struct wp_json *at, struct wp_arena *a, struct wp_span *ret, struct wp_err *err) WP_MUST_USE;
/* 0..INT64_MAX; absent is 0. */
int sig_pj_int64(const struct wp_json *at, uint64_t *ret, struct wp_err *err) WP_MUST_USE;
/* The index in names (NULL entries have no name) of what stands there; absent is 0. */
int sig_pj_enum(const struct wp_json *at, const char *const *names, size_t count, size_t *ret,
                struct wp_err *err) WP_MUST_USE;
/* RFC 3339, fractions of a second cut off; must be there. */
int sig_pj_time(const struct wp_json *at, int64_t *ret, struct wp_err *err) WP_MUST_USE;

/* HashAlgorithm (sigstore_common.proto): "SHA2_256" as 1. */
enum { SIG_PJ_SHA2_256 = 1, SIG_PJ_SHA2_384, SIG_PJ_SHA2_512, SIG_PJ_SHA3_256, SIG_PJ_SHA3_384, SIG_PJ_HASHES };
extern const char *const sig_pj_hashes[SIG_PJ_HASHES];
