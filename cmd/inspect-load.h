/* SPDX-License-Identifier: Apache-2.0
 *
 * The module behind what the user typed: a file, or the layer of an artifact that is one. */
#pragma once

#include "cmd/look.h"
#include "cmd/target.h"
#include "oci/manifest.h"
#include "pack/module.h"

struct inspect_how {
    struct look_opts look;
    struct pack_read read;
    const char *platform; /* of an index; NULL: not chosen */
    bool digest;          /* of files too */
};

struct inspect_loaded {
    const char *source;       /* as typed */
    const char *pinned;       /* "base@sha256:…"; NULL: a file */
    struct oci_digest digest; /* of the module's bytes, sha256; a file's only where asked for */
    struct pack_module module;
};

/* 1: text names a file, 0: a reference; -1 WP_E_NOT_FOUND: a file that is not there. */
int inspect_is_file(const char *text, struct wp_err *err) WP_MUST_USE;
int inspect_load_file(struct cmd_ctx *c, const char *path, const struct inspect_how *how, struct inspect_loaded *ret,
                      struct wp_err *err) WP_MUST_USE;
/* The first layer of m that can be a module: 1 with *ret set, 0 when there is none. */
int inspect_load_layer(struct cmd_ctx *c, struct cmd_target *t, const struct oci_manifest *m,
                       const struct inspect_how *how, struct inspect_loaded *ret, struct wp_err *err) WP_MUST_USE;
/* Resolve what t names; of an index the manifest for platform, where one is asked for. */
int inspect_resolve(struct cmd_ctx *c, struct cmd_target *t, const char *platform, struct oci_desc *ret_desc,
                    struct wp_span *ret_bytes, struct oci_manifest *ret, struct wp_err *err) WP_MUST_USE;
/* A file or a reference that holds a module. */
int inspect_load(struct cmd_ctx *c, const char *text, const struct inspect_how *how, struct inspect_loaded *ret,
                 struct wp_err *err) WP_MUST_USE;
