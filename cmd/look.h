/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking the child. Modules are hostile until proven otherwise: they are decoded, validated and described in a process
 * of their own (the program itself, executed anew, in a cell of base/sandbox.h), which is given the bytes on a
 * descriptor and answers with one line of JSON. The answer is held against what an answer can be before it is believed.
 */
#pragma once

#include "cmd/cmd.h"
#include "oci/store.h"
#include "pack/module.h"

#include <sys/stat.h>

struct wp_reader;

/* Options of every command that looks at modules: a member `struct look_opts look` of its struct, two rows. */
struct look_opts {
    const char *sandbox;  /* "auto", "require", "off"; NULL: auto */
    const char *features; /* NULL: the default ones */
};
#define LOOK_ROWS(type)                                                                                            \
    {.name = "features",                                                                                           \
     .kind = OPT_STR,                                                                                              \
     .offset = offsetof(type, look.features),                                                                      \
     .arg = "LIST",                                                                                                \
     .help = "what modules may use: -gc,wide-arithmetic; all, default or mvp first"},                              \
    {                                                                                                              \
        .name = "sandbox", .kind = OPT_ENUM, .offset = offsetof(type, look.sandbox), .arg = "MODE",                \
        .choices = "auto require off", .help = "read modules in a process that can do nothing else (default auto)" \
    }

/* The bytes of a module behind a descriptor: a file, or memory that nobody can change any more. */
struct look_content {
    int fd; /* owned */
    uint64_t size;
    struct wp_span bytes; /* memory: mapped here too; a file: ptr NULL */
    bool is_file;
    struct stat st; /* of a file, as it was when opened */
};
#define LOOK_CONTENT_INIT \
    {                     \
        .fd = -1          \
    }
void look_content_done(struct look_content *content);
#define LOOK_AUTO_CONTENT WP_CLEANUP(look_content_done)

/* A regular file that is read by the child only; WP_E_LIMIT when it is larger than limit. */
int look_open_file(const char *path, uint64_t limit, struct look_content *ret, struct wp_err *err) WP_MUST_USE;
/* What a reader gives, to its end, in memory. what names it in messages. */
int look_open_reader(struct wp_reader *r, uint64_t limit, const char *what, struct look_content *ret,
                     struct wp_err *err) WP_MUST_USE;

/* Is a layer of an artifact meant to be a module: by its media type, or by a title that ends in .wasm. */
bool look_is_module(const struct oci_desc *layer);
/* The proven bytes of d, in memory. Shared, as the store is. */
int look_open_blob(struct oci_store *s, const struct oci_desc *d, uint64_t limit, struct look_content *ret,
                   struct wp_err *err) WP_MUST_USE;

/* Load, validate and describe, in the child. how->load.features 0: those of the command's options. The message names
 * the fault, not the file: wrap it. A child that dies, takes too long or answers nonsense is an error in words.
 * ret_fault (may be NULL): offset UINT64_MAX where there is none; its name lives in a. Shared: may be called on several
 * threads at once, with an arena each. */
int look_module(struct cmd_ctx *c, const struct look_opts *o, const struct look_content *content,
                const struct pack_read *how, struct wp_arena *a, struct pack_module *ret, struct wrt_fault *ret_fault,
                struct wp_err *err) WP_MUST_USE;

/* One warning of a run about what the kernel lacks; missing may be NULL. what: "are read". */
void look_warn_missing(struct cmd_ctx *c, const char *missing, const char *what);

/* ---- words ---- */

#define LOOK_TEXT 48
unsigned look_processors(void);
/* "1 function", "412 functions". Returns ret. */
char *look_functions_text(const struct pack_module *m, char ret[LOOK_TEXT]);
/* "3 ms", "0.12 s". Returns ret. */
char *look_time_text(uint64_t ms, char ret[LOOK_TEXT]);

/* ---- the child ---- */

#define LOOK_WORD "__look" /* what it is called with */
/* The child's whole life, before anything else of main. */
int look_child(int argc, char *argv[]);
