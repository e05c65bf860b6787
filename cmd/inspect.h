/* SPDX-License-Identifier: Apache-2.0
 *
 * How artifacts and modules are shown: text for people, JSON for programs. */
#pragma once

#include "cmd/cmd.h"
#include "oci/manifest.h"
#include "pack/module.h"

void inspect_artifact(struct cmd_ctx *c, const char *pinned, const struct oci_desc *desc, const struct oci_manifest *m);
void inspect_module(struct cmd_ctx *c, const struct pack_module *m);
void inspect_externs(struct cmd_ctx *c, const struct pack_extern *list, size_t n);
void inspect_sections(struct cmd_ctx *c, const struct pack_module *m);
void inspect_size_bars(struct cmd_ctx *c, const struct pack_module *m);
/* module: NULL where the artifact holds none. bytes: the manifest, passed through as it is. */
void inspect_artifact_json(struct cmd_ctx *c, const char *pinned, const struct oci_desc *desc, struct wp_span bytes,
                           const struct oci_manifest *m, const struct pack_module *module);
