/* SPDX-License-Identifier: Apache-2.0
 *
 * The members "tests" and "limits" of wpack.json. Values stay text here: which type they are of, the module says. */
#pragma once

#include "base/arena.h"
#include "base/json.h"

struct pack_words {
    const char **items; /* NULL-terminated; a value that no function takes (true, an object) is NULL */
    size_t count;
};

struct pack_expect {
    bool has_exit, has_trap, trap, has_result; /* trap: any, unless trap_text says which */
    uint64_t exit;                             /* without a word on it 0, unless a trap is meant */
    const char *trap_text;
    const char *out, *out_match, *out_sha256, *err_match; /* NULL: anything */
    struct pack_words result;
    uint64_t max_fuel; /* 0: any */
};

struct pack_test {
    const char *name;
    struct pack_words args, env; /* env: NAME=VALUE */
    const char *input;           /* text, NULL: none */
    const char *input_file;      /* its path, the folder of wpack.json joined; NULL: none */
    struct wp_span bytes;        /* in place of both: read already; ptr NULL: not */
    const char *invoke;          /* NULL: what a host would run */
    struct pack_words params;
    uint64_t clock; /* seconds since 1970 */
    uint64_t seed;
    bool expects; /* the member is there */
    struct pack_expect expect;
};

struct pack_limits { /* 0: not given */
    uint64_t fuel, memory, timeout_ms, size;
};

/* folder: that of wpack.json, "" or with a slash at its end. at: the document's root, checked against the schema. */
int pack_tests_read(const struct wp_json *root, const char *folder, struct wp_arena *a, const struct pack_test **ret,
                    size_t *ret_count, struct wp_err *err) WP_MUST_USE;
int pack_limits_read(const struct wp_json *root, struct pack_limits *ret, struct wp_err *err) WP_MUST_USE;
