/* SPDX-License-Identifier: Apache-2.0
 *
 * Facts as JSON, both ways from one table (schemas/facts.schema.json says the same to others): what `wpack inspect
 * --format json` prints and what the sandboxed child hands to its parent. */
#pragma once

#include "base/json.h"
#include "pack/module.h"

void pack_module_json(struct wp_json_out *j, const struct pack_module *m);
/* Strict: unknown and doubled members, wrong kinds, missing ones, more entries than base/limits.h allows, sections and
 * functions outside of the size are refused with the document's code. What is not known may be absent. Strings are
 * copied into the arena: the document may go. */
int pack_module_from_json(const struct wp_json *at, struct wp_arena *a, struct pack_module *ret,
                          struct wp_err *err) WP_MUST_USE;
