/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of base/json*.c: the document, and a scanner over its text that finds where a value stands (jansson keeps no
 * positions). The scanner does not validate; it is safe on any bytes. */
#pragma once

#include "base/json.h"

#include <jansson.h>

struct wp_json_doc {
    json_t *root;
    char *name;
    char *text; /* NULL unless lines are told */
    size_t text_len;
    enum wp_code code;
};

struct json_token {
    size_t start;
    size_t end;
    char kind; /* its first byte: one of {}[]:," or that of a number or word */
};

struct json_place {
    size_t line; /* from 1 */
    size_t column;
};

/* The token at or after *offset, which is moved behind it; false at the end. */
bool json_token_next(struct wp_span text, size_t *offset, struct json_token *ret);
/* Start of the last token that begins before offset; 0 when none does. */
size_t json_token_before(struct wp_span text, size_t offset);
/* false when brackets nest deeper than limit; *ret_offset is the bracket that does. */
bool json_depth_ok(struct wp_span text, uint64_t limit, size_t *ret_offset);
/* Columns count code points. */
struct json_place json_place_of(struct wp_span text, size_t offset);
/* Where the value (or its key) stands, an absent one at its nearest ancestor. false when the document keeps no text or
 * the cursor has no chain to its root. */
bool json_place_find(const struct wp_json *at, bool of_key, struct json_place *ret);

static inline json_t *json_node(const struct wp_json *at)
{
    return (json_t *)at->node;
}
