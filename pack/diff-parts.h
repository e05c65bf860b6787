/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of pack/diff*.c. */
#pragma once

#include "pack/diff.h"

/* key pairs the two sides up; name and words are what is told and compared. */
struct diff_item {
    const char *key, *name, *words;
    const char *scope; /* members of interfaces: which one */
};
struct diff_list {
    struct diff_item *items;
    size_t count;
};
struct diff_list diff_items(const struct pack_module *m, enum pack_diff_list list, struct wp_arena *a);
/* Members of the interfaces that both sides have. */
struct pack_changes diff_interfaces(const struct pack_module *a, const struct pack_module *b, struct wp_arena *arena);
/* Sorts both. */
struct pack_changes diff_lists(struct diff_list *x, struct diff_list *y, struct wp_arena *a);
/* "wasi:sockets/tcp@0.2.0" */
bool diff_is_interface(const char *name);
/* Say at added imports which capability is new with them. */
void diff_note_capabilities(struct pack_diff *d, struct wp_arena *a);
