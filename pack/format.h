/* SPDX-License-Identifier: Apache-2.0
 *
 * Artifact formats: one row and one file each. */
#pragma once

#include "oci/store.h"
#include "pack/module.h"
#include "pack/project.h"

struct pack_input {
    const struct pack_project *project;
    const struct pack_module *module;
    struct wp_span bytes; /* the module, borrowed; the store made by build refers to it */
    const char *title;    /* file name for org.opencontainers.image.title */
    int64_t created;      /* seconds since the epoch: SOURCE_DATE_EPOCH or 0, never "now" */
};

struct pack_format {
    const char *name;    /* "cncf" */
    const char *summary; /* "CNCF Wasm OCI artifact: wkg, wasmCloud, Spin, runwasi" */
    /* Does a manifest of this shape belong to the format? Used by inspect and unpack. */
    bool (*detect)(const struct oci_manifest *m);
    /* Would the platform take it? WP_E_INPUT with the reason. */
    int (*check)(const struct pack_input *in, struct wp_err *err);
    /* Config, layers and manifest into out (memory or layout; not bound). ret_desc, ret_bytes live in a; in->bytes is
     * pushed by reference through src where out can hold references. */
    int (*build)(const struct pack_input *in, struct oci_store *out, struct wp_arena *a, struct oci_desc *ret_desc,
                 struct wp_span *ret_bytes, struct wp_err *err);
};
extern const struct pack_format *const pack_formats[]; /* NULL-terminated; the first is the default */
/* WP_E_USAGE with the nearest name when unknown. */
int pack_format_find(const char *name, const struct pack_format **ret, struct wp_err *err) WP_MUST_USE;
const struct pack_format *pack_format_detect(const struct oci_manifest *m); /* NULL: none */

/* Any files as one artifact, as oras writes it (image-spec, "Guidelines for Artifact Usage"): empty config (or the one
 * given), artifactType, one layer per file titled with its path. */
struct pack_file {
    const char *path;       /* to read; titled with it as given (absolute and ".." paths by their last component) */
    const char *media_type; /* NULL: application/octet-stream, application/wasm for *.wasm */
};
struct pack_files_opts {
    const char *artifact_type; /* NULL: "application/vnd.unknown.artifact.v1" */
    const char *config_path;   /* a file to use as config, or NULL */
    const char *config_type;
    const struct oci_annotation *annotations; /* sorted */
    size_t annotation_count;
    const struct oci_desc *subject; /* attach: what it refers to */
    struct wp_job *job;
};
/* Hashes every file once and adds it to out (a memory store) by reference; sources are kept in a, which must outlive
 * out. */
int pack_files_build(const struct pack_file *files, size_t n, const struct pack_files_opts *opts, struct oci_store *out,
                     struct wp_arena *a, struct oci_desc *ret_desc, struct wp_span *ret_bytes,
                     struct wp_err *err) WP_MUST_USE;

/* The files of an artifact for pull: one entry per layer with a safe relative path (from its title; an untitled wasm
 * layer is "<fallback>.wasm", other untitled layers "<hex12>"). WP_E_INPUT when a title is unsafe ("layer 2: title
 * '../x' contains '..'"): nothing is written then. Arrays live in a. */
struct oci_files_entry;
int pack_files_plan(const struct oci_manifest *m, const char *fallback, struct wp_arena *a,
                    struct oci_files_entry **ret, size_t *ret_count, struct wp_err *err) WP_MUST_USE;
