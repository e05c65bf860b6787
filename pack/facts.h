/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of pack/facts*.c and module.c: what the reader of a module is made of. */
#pragma once

#include "base/num.h"
#include "pack/module.h"

/* A C string of bytes that may hold NUL, which becomes U+FFFD. */
const char *facts_text(struct wp_arena *a, struct wp_span s);
static inline bool facts_is(struct wp_span s, const char *want)
{
    return s.len == strlen(want) && memcmp(s.ptr, want, s.len) == 0;
}
static inline bool facts_starts(struct wp_span s, const char *prefix)
{
    return s.len >= strlen(prefix) && memcmp(s.ptr, prefix, strlen(prefix)) == 0;
}

/* ---- facts-names.c: the name section (core 3.0 section 7.4.1), read in step with a walk over the functions ---- */

struct facts_names {
    struct wp_wasm_cursor c;
    uint32_t left, index; /* index: of the name that was read last */
    struct wp_span name;
};
void facts_names_start(struct facts_names *n, struct wp_span name_section);
/* Empty: none. Indices must be asked for in rising order, and names that stand in no rising order are not found. */
struct wp_span facts_names_at(struct facts_names *n, uint32_t index);

/* ---- facts-group.c: the package, crate or namespace in a function's name ---- */

enum facts_group_kind {
    FACTS_NO_GROUP,
    FACTS_NAMESPACE, /* "core", "fmt", "std" */
    FACTS_PREFIX,    /* "zend" of zend_hash_find: a habit, not a fact */
};
enum facts_group_kind facts_group(struct wp_span s, struct wp_span *ret);

/* ---- facts-functions.c: the largest functions, and all of them by group ---- */

struct facts_functions;
WP_OWN struct facts_functions *facts_functions_new(uint64_t keep);
void facts_functions_free(WP_OWN struct facts_functions *f);
void facts_functions_free_p(struct facts_functions **f);
#define FACTS_AUTO_FUNCTIONS WP_CLEANUP(facts_functions_free_p)
/* A core module begins; its functions follow in order. */
void facts_functions_module(struct facts_functions *f, const struct wrt_module *m, uint64_t number);
void facts_functions_add(struct facts_functions *f, uint32_t index, uint64_t offset, uint64_t size);
void facts_functions_finish(const struct facts_functions *f, struct wp_arena *a, struct pack_module *m);

/* ---- facts-deps.c: `.dep-v0`, the dependency list of cargo-auditable ---- */

/* What cannot be read leaves the module without dependencies. */
void facts_dependencies(struct wp_span section, struct wp_arena *a, struct pack_module *m);

/* ---- facts-about.c: language, toolchain, world ---- */

/* inner: what a module inside of a component says, where the component itself says nothing. */
void facts_language(struct pack_module *m, struct wp_arena *a, const struct pack_producer *inner, size_t inner_count);
const char *facts_world(const struct pack_module *m);

/* ---- facts-custom.c: custom sections that say something about the whole ---- */

/* tool-conventions ProducersSection.md. Counts into *count; writes them too where out is there. false: not readable. */
bool facts_producers(struct wp_arena *a, struct wp_span section, struct pack_producer *out, size_t *count);
/* Names and metadata of depth 0. */
void facts_custom(struct pack_module *m, struct wp_arena *a, struct wp_span name, struct wp_span body);

/* ---- facts-parts.c ---- */

/* One for each title with the sum of their sizes, largest first; reorders list in place, which they keep. */
size_t facts_sum_parts(struct pack_part *list, size_t count);
