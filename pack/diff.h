/* SPDX-License-Identifier: Apache-2.0
 *
 * What changed between two modules: capabilities first, then what they want and offer, then size. */
#pragma once

#include "base/json.h"
#include "pack/module.h"

enum pack_change_kind { PACK_ADDED = '+', PACK_REMOVED = '-', PACK_CHANGED = '~' };

struct pack_change {
    enum pack_change_kind kind;
    const char *name;           /* "wasi:sockets/tcp@0.2.0", "env.f", "simd", ... */
    const char *before, *after; /* in words; "" where there is no more to say than the name */
    const char *note;           /* added imports: the capability that is new with them; else "" */
};

/* Added first, then removed, then changed; by name. */
struct pack_changes {
    const struct pack_change *rows;
    size_t count, same; /* same: how many are on both sides */
};

struct pack_size_change {
    const char *name;
    uint64_t before, after; /* bytes; 0: not there */
};
/* The largest change first; those of equal size on both sides are not among them. */
struct pack_size_changes {
    const struct pack_size_change *rows;
    size_t count, added, removed, changed, same;
};

enum pack_diff_list {
    PACK_DIFF_CAPABILITIES,
    PACK_DIFF_IMPORTS,
    PACK_DIFF_EXPORTS,
    PACK_DIFF_INTERFACES, /* members of interfaces that both have; needs `wit` */
    PACK_DIFF_MEMORIES,
    PACK_DIFF_TABLES,
    PACK_DIFF_FEATURES,
    PACK_DIFF_METADATA, /* kind, world, language, licences, ... */
    PACK_DIFF_PRODUCERS,
    PACK_DIFF_DEPENDENCIES,
    PACK_DIFF_LISTS
};

struct pack_diff {
    const struct pack_module *a, *b;
    struct pack_changes lists[PACK_DIFF_LISTS];
    struct pack_size_changes sections;  /* parts, by title */
    struct pack_size_changes functions; /* by name; unnamed ones are not compared */
    bool functions_cut;                 /* one side has more functions than were read: counts are of those */
    /* Imports that A has not. An interface counts as the same where its version is one that A's is compatible with
     * (semver: equal major version, for 0.x equal minor version). */
    const char *const *new_imports;
    size_t new_import_count;
};

/* The facts must have been read with `functions` for functions to be compared. All in the arena. */
void pack_diff(const struct pack_module *a, const struct pack_module *b, struct wp_arena *arena, struct pack_diff *ret);
/* Something that the facts tell differs. */
bool pack_diff_any(const struct pack_diff *d);
/* "capabilities", "imports", ...: in views and JSON. */
const char *pack_diff_list_name(enum pack_diff_list list);
/* "17 pages, at most 32, shared" */
const char *pack_memory_words(const struct pack_memory *m, struct wp_arena *a);
/* Members of the report, inside an open object; at most `top` rows of functions. */
void pack_diff_json(struct wp_json_out *j, const struct pack_diff *d, size_t top);
