/* SPDX-License-Identifier: Apache-2.0
 *
 * How artifacts and modules are shown: text for people, JSON for programs. */
#pragma once

#include "cmd/cmd.h"
#include "oci/manifest.h"
#include "pack/module.h"

void inspect_artifact(struct cmd_ctx *c, const char *pinned, const struct oci_desc *desc, const struct oci_manifest *m);
void inspect_module(struct cmd_ctx *c, const struct pack_module *m);
/* module: NULL where the artifact holds none. bytes: the manifest, passed through as it is. */
void inspect_artifact_json(struct cmd_ctx *c, const char *pinned, const struct oci_desc *desc, struct wp_span bytes,
                           const struct oci_manifest *m, const struct pack_module *module);

/* ---- one thing alone, a line each: inspect-views.c ---- */

void inspect_externs(struct cmd_ctx *c, const struct pack_extern *list, size_t n);
void inspect_sections(struct cmd_ctx *c, const struct pack_module *m);
void inspect_functions(struct cmd_ctx *c, const struct pack_module *m);
void inspect_producers(struct cmd_ctx *c, const struct pack_module *m);
void inspect_dependencies(struct cmd_ctx *c, const struct pack_module *m);
void inspect_size_bars(struct cmd_ctx *c, const struct pack_module *m);
void inspect_wit(struct cmd_ctx *c, const struct pack_module *m);

/* ---- words, in the run's arena ---- */

/* "module.name", or the name alone. */
const char *inspect_extern_text(struct cmd_ctx *c, const struct pack_extern *x);
/* "17 pages (1.1 MiB), at most 32, shared" */
const char *inspect_memory_text(struct cmd_ctx *c, const struct pack_memory *m, enum wp_wasm_kind kind);
/* Its name, else "function 12". */
const char *inspect_function_text(struct cmd_ctx *c, const struct pack_function *f, enum wp_wasm_kind kind);
/* A bar of `cells` columns with part of whole filled, in eighths; blanks behind it. */
void inspect_bar(struct wp_buf *b, uint64_t part, uint64_t whole, unsigned cells);
