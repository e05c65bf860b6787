/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of the layout store: a layout in a temporary folder, and looks behind its back. */
#pragma once

#include "oci/layout.h"
#include "tests/unit/oci/store-contract.h"

struct layout_place {
    char dir[64];  /* the temporary folder; empty: none */
    char path[80]; /* the layout in it */
};

/* Make the folder; nothing is in it yet. */
void place_make(struct layout_place *p);
void place_remove(struct layout_place *p);
/* cmocka set-up and tear-down: *state becomes a place. */
int place_setup(void **state);
int place_teardown(void **state);

struct oci_store *place_open(struct layout_place *p, unsigned flags);
/* "<layout>/<name>" in a */
char *place_path(const struct layout_place *p, struct wp_arena *a, const char *name);
void place_write(const struct layout_place *p, const char *name, struct wp_span bytes);
/* The whole file as text in a; NULL when it is not there. */
const char *place_read(const struct layout_place *p, struct wp_arena *a, const char *name);
bool place_has(const struct layout_place *p, const char *name);
bool place_has_blob(const struct layout_place *p, const struct oci_digest *digest);
/* Modification time `seconds` ago. */
void place_age(const struct layout_place *p, const char *name, unsigned seconds);
/* The same for each blob. */
void place_age_blobs(const struct layout_place *p, unsigned seconds);
/* Files in a folder of the layout, 0 when it is absent. */
size_t place_count(const struct layout_place *p, const char *folder);
/* fn(arg) in a child in which the system call nr fails with errnum from the start; it returns a number from 0 to 99. */
int place_without_call(long nr, unsigned errnum, int (*fn)(void *arg), void *arg);
