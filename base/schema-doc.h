/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of base/schema*.c: the static check of a schema, which leaves its patterns compiled, so that the evaluation
 * can trust the shape of every keyword; and the checks of single values. */
#pragma once

#include "base/json.h"

#include <regex.h>

struct schema_pattern {
    const char *text; /* borrowed from the schema */
    regex_t regex;
};

struct schema_patterns {
    struct schema_pattern *list;
    size_t count;
};

void schema_patterns_done(struct schema_patterns *patterns);
/* The pattern must be one that schema_vet has seen. */
bool schema_pattern_matches(const struct schema_patterns *patterns, const char *pattern, const char *text);
/* Refuses unknown keywords, keywords of a wrong shape, references to nothing, patterns of which readers disagree. */
int schema_vet(const struct wp_json *schema, struct schema_patterns *ret, struct wp_err *err) WP_MUST_USE;
/* Kind of a type's name, WP_JSON_ABSENT when it is none. "number" is WP_JSON_REAL. */
enum wp_json_kind schema_kind(const char *type);

/* Outcome of one evaluation. A violation has its message in err unless the checker is quiet, a fault always. */
enum outcome { VALID = 0, VIOLATION = 1, FAULT = -1 };

struct schema_checker {
    struct wp_json schema_root;
    struct schema_patterns patterns;
    unsigned depth;
    unsigned steps;
    unsigned quiet; /* > 0 while trying forms: messages cost a scan of the document */
};

/* What is judged: the value at a place, or (propertyNames) the name of the member there. */
struct schema_instance {
    const struct wp_json *at;
    bool is_name;
};

enum wp_json_kind schema_instance_kind(struct schema_instance in);
/* The text of a schema's string. */
const char *schema_text(const struct wp_json *at);
bool schema_get_count(const struct wp_json *schema, const char *keyword, uint64_t *ret);
/* Does the value of a "type" keyword (absent accepts all) accept the kind? */
bool schema_type_accepts(const struct wp_json *type, enum wp_json_kind kind);
/* "a string or null" appended, with " or " in front when b is not empty. */
void schema_add_type(struct wp_buf *b, const struct wp_json *type);
/* Writes the message and returns VIOLATION. */
enum outcome schema_violate(const struct schema_checker *c, struct schema_instance in, struct wp_err *err,
                            const char *fmt, ...) WP_PRINTF(4, 5);
/* The keywords type, enum and const; minimum and maximum; minLength, maxLength and pattern. */
enum outcome schema_check_type(const struct schema_checker *c, const struct wp_json *schema, struct schema_instance in,
                               struct wp_err *err);
enum outcome schema_check_values(const struct schema_checker *c, const struct wp_json *schema,
                                 struct schema_instance in, struct wp_err *err);
enum outcome schema_check_number(const struct schema_checker *c, const struct wp_json *schema,
                                 struct schema_instance in, struct wp_err *err);
enum outcome schema_check_string(const struct schema_checker *c, const struct wp_json *schema,
                                 struct schema_instance in, struct wp_err *err);
