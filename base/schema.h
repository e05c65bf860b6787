/* SPDX-License-Identifier: Apache-2.0
 *
 * A subset of JSON Schema 2020-12, enough for schemas/: type, enum, const, required, properties, patternProperties,
 * additionalProperties, propertyNames, items, prefixItems, minItems, maxItems, uniqueItems, minimum, maximum,
 * minLength, maxLength, pattern (POSIX extended), anyOf, oneOf, not, $ref into $defs. Annotations are ignored; any
 * other keyword makes wp_schema_check fail with WP_E_OTHER: a schema must not promise what is not checked. */
#pragma once

#include "base/json.h"

/* Checks doc against schema. The first violation is reported at its place, an unknown key with the nearest known one:
 * "wpack.json:3:5: /modle: unknown key; did you mean 'module'?". Code: the document's. */
int wp_schema_check(const struct wp_json_doc *schema, const struct wp_json_doc *doc, struct wp_err *err) WP_MUST_USE;
