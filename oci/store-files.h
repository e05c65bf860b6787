/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the files store, shared by its files: the store (store-files.c), resumable parts (store-files-part.c) and
 * files at their final names (store-files-place.c). */
#pragma once

#include "oci/files.h"

#include <pthread.h>
#include <sys/stat.h>

enum files_state {
    FILES_UNKNOWN, /* nobody has looked yet */
    FILES_MISSING, /* no entry's path holds it */
    FILES_STAGED,  /* whole, proven and durable in the part */
    FILES_PLACED,  /* proven at the path of entry `at` */
};

/* One content of the plan; several entries may want it. */
struct files_slot {
    struct files_slot *next;
    struct oci_desc desc;
    char part[OCI_DIGEST_TEXT]; /* "<alg>-<hex>" */
    pthread_mutex_t lock;       /* guards what follows, and the part; held while bytes move */
    enum files_state state;
    size_t at;
    struct stat seen; /* the part, or the file at `at`, when it was proven */
};

struct files_entry {
    const char *path;
    const char *shown; /* with the folder, for messages */
    struct files_slot *slot;
};

struct files_store {
    struct oci_store base;
    struct wp_arena arena;
    bool no_clobber;
    unsigned mode;
    int dirfd;
    struct files_entry *entries;
    size_t entry_count;
    struct files_slot *slots;
    struct oci_store *memory; /* manifests and what is not in the plan */
    pthread_mutex_t lock;     /* guards what follows */
    int lock_fd;              /* .wpack/pull.lock, held exclusively by who uses the parts; -1: not yet */
    int part_fd;              /* .wpack/part; -1: not yet */
};

/* ---- parts ---- */

/* Make the slot's part whole, proven and durable; what an earlier run left of it is used. With the slot's lock. */
int files_part_fill(struct files_store *f, struct files_slot *slot, const char *shown, struct wp_source *src,
                    const struct oci_push_opts *opts, struct wp_err *err);
/* Remove .wpack and what is below, as far as nothing is in it. Lets go of the lock. */
void files_part_tidy(struct files_store *f);

/* ---- final names ---- */

/* Look once whether a path of the slot's entries holds its content already. With the slot's lock. */
int files_look(struct files_store *f, struct files_slot *slot, struct wp_err *err);
/* Could the entry be given its name? Tells before bytes move: a folder there, a symlink on the way, no_clobber. With
 * the slot's lock. */
int files_check_target(struct files_store *f, size_t entry, struct wp_err *err);
/* Give the entry its name. With the slot's lock. */
int files_place(struct files_store *f, size_t entry, struct wp_err *err);
/* A descriptor of the slot's proven content. With the slot's lock. */
int files_open_content(struct files_store *f, struct files_slot *slot, WP_OWN int *ret_fd, struct wp_err *err);
