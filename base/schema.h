/* SPDX-License-Identifier: Apache-2.0
 *
 * A subset of JSON Schema 2020-12, enough for schemas/: type, enum, const, required, properties, patternProperties,
 * additionalProperties, propertyNames, items, prefixItems, minItems, maxItems, uniqueItems, minimum, maximum,
 * minLength, maxLength, pattern, anyOf, oneOf, not, $ref ("#" or "#/$defs/NAME"), $defs. Annotations ($schema, $id,
 * $comment, title, description, default, examples, deprecated, readOnly, writeOnly) are ignored; any other keyword
 * makes wp_schema_check fail with WP_E_OTHER: a schema must not promise what is not checked.
 *
 * Patterns are POSIX extended (regcomp) and must mean the same to ECMA-262 readers: no shorthand classes such as \d, no
 * back references, no lazy quantifiers, no groups that start with '?', no backslash and no [:class:] in brackets.
 * Lengths count code points. An integer is written without fraction and exponent: 1.0 is a number, not an integer. */
#pragma once

#include "base/json.h"

/* Checks doc against schema. The first violation is reported at its place, an unknown key with the nearest known one:
 * "wpack.json:3:5: /modle: unknown key; did you mean 'module'?". Code: the document's. The schema itself is checked
 * first, whatever the document is; faults in it carry WP_E_OTHER and the schema's name. */
int wp_schema_check(const struct wp_json_doc *schema, const struct wp_json_doc *doc, struct wp_err *err) WP_MUST_USE;
