/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON, strict (RFC 8259, I-JSON): one value, UTF-8, no duplicate keys, depth <= WP_LIMIT_JSON_DEPTH, integers checked,
 * no NUL in strings. jansson stands behind it. Reading goes through a cursor that knows its path, so that every message
 * says where: "wpack.json:7:14: /limits/memory: ..." for documents that people write, "/layers/0/size: ..." else. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct wp_json_doc; /* owns the parsed value and, where lines are told, a copy of the text; shared once parsed */

/* name: a file name or a phrase such as "manifest sha256:…", copied, used in messages. lines: messages carry
 * line:column (for files that people write). Syntax errors, duplicate keys, depth: code given by `code` (WP_E_INPUT for
 * users' files, WP_E_INTEGRITY or WP_E_OTHER for what a registry sent). */
int wp_json_parse(struct wp_span text, const char *name, bool lines, enum wp_code code, WP_OWN struct wp_json_doc **ret,
                  struct wp_err *err) WP_MUST_USE;
void wp_json_free(WP_OWN struct wp_json_doc *doc);
void wp_json_free_p(struct wp_json_doc **doc);
#define WP_AUTO_JSON WP_CLEANUP(wp_json_free_p)

enum wp_json_kind {
    WP_JSON_ABSENT,
    WP_JSON_NULL,
    WP_JSON_BOOL,
    WP_JSON_INT,
    WP_JSON_REAL,
    WP_JSON_STRING,
    WP_JSON_ARRAY,
    WP_JSON_OBJECT
};

/* A place in a document. A value; children point at their parent's storage, which must outlive them. Absent members
 * are places too: their kind is WP_JSON_ABSENT and every must-getter fails on them with "is missing". */
struct wp_json {
    const struct wp_json_doc *doc;
    const struct wp_json *up;
    const void *node; /* json_t, NULL when absent */
    const char *key;  /* in an object, else NULL */
    size_t index;     /* in an array */
};

struct wp_json wp_json_root(const struct wp_json_doc *doc);
enum wp_json_kind wp_json_kind(const struct wp_json *at);
/* Never fails: absent when `at` is not an object or lacks the key. */
struct wp_json wp_json_get(const struct wp_json *at, const char *key);
struct wp_json wp_json_at(const struct wp_json *at, size_t index);
size_t wp_json_len(const struct wp_json *at); /* of an array or object, else 0 */
/* Members in document order; non-zero stops and is returned. */
int wp_json_each(const struct wp_json *at, int (*fn)(void *arg, const struct wp_json *member, struct wp_err *err),
                 void *arg, struct wp_err *err);

/* Must-getters. Strings are borrowed from the document, NUL-terminated, without NUL inside. */
int wp_json_str(const struct wp_json *at, const char **ret, struct wp_err *err) WP_MUST_USE;
int wp_json_u64(const struct wp_json *at, uint64_t *ret, struct wp_err *err) WP_MUST_USE;
int wp_json_bool(const struct wp_json *at, bool *ret, struct wp_err *err) WP_MUST_USE;
/* WP_JSON_REAL accepts integers too. */
int wp_json_must(const struct wp_json *at, enum wp_json_kind kind, struct wp_err *err) WP_MUST_USE;
/* Optional: absent leaves *ret alone and returns 0; another kind is still an error. */
int wp_json_opt_str(const struct wp_json *at, const char **ret, struct wp_err *err) WP_MUST_USE;
int wp_json_opt_u64(const struct wp_json *at, uint64_t *ret, struct wp_err *err) WP_MUST_USE;
int wp_json_opt_bool(const struct wp_json *at, bool *ret, struct wp_err *err) WP_MUST_USE;
/* Refuse keys of the object `at` that equal a known key in all but case: two readers would see two documents
 * (CVE-2021-41190 family). known ends with NULL. */
int wp_json_no_case_twins(const struct wp_json *at, const char *const *known, struct wp_err *err) WP_MUST_USE;
/* Fail at this place: "<name>[:line:col]: <path>: <text>" with the document's code. Returns -1. */
int wp_json_fail(const struct wp_json *at, struct wp_err *err, const char *fmt, ...) WP_PRINTF(3, 4);
/* The same for a complaint about the member's name: line:column of the key instead of the value. */
int wp_json_fail_key(const struct wp_json *at, struct wp_err *err, const char *fmt, ...) WP_PRINTF(3, 4);
/* Where every value of a document stands, for those who ask of many: wp_json_fail finds one by reading the text from
 * its beginning. Borrows the document, which was parsed with lines. */
struct wp_json_places;
WP_OWN struct wp_json_places *wp_json_places_new(const struct wp_json_doc *doc);
void wp_json_places_free(WP_OWN struct wp_json_places *p);
/* "<name>:line:col" of a value, appended; what is absent, true, false or null: of what it is in. */
void wp_json_places_tell(const struct wp_json_places *p, const struct wp_json *at, struct wp_buf *b);
/* "/layers/0/size" appended to b (RFC 6901, '~' and '/' escaped); "" for the root. */
void wp_json_path(const struct wp_json *at, struct wp_buf *b);
/* The value as compact JSON appended to b (members in document order). */
void wp_json_dump(const struct wp_json *at, struct wp_buf *b);
/* RFC 6901 pointer from `at`; absent when nothing is there. The returned cursor has no parent chain (up == NULL). */
struct wp_json wp_json_pointer(const struct wp_json *at, const char *pointer);
/* Equal values: numbers by value (1 equals 1.0), members in any order. Absent equals absent. */
bool wp_json_equal(const struct wp_json *a, const struct wp_json *b);
/* -1, 0, 1 as a is less than, equal to, greater than b; both must be numbers. */
int wp_json_number_cmp(const struct wp_json *a, const struct wp_json *b);
/* "an object", "a string", ... for messages */
const char *wp_json_kind_name(enum wp_json_kind kind);

/* Writing: a compact stream, keys in the order given; canonical documents come from emitting sorted keys. Commas,
 * quoting and escapes are the writer's: U+0000..U+001F as \uXXXX or the short forms, '"' and '\', all else as is;
 * bytes that are not UTF-8 become U+FFFD. */
struct wp_json_out {
    struct wp_buf *b;
    unsigned depth;
    bool need_comma;
};
struct wp_json_out wp_json_out(struct wp_buf *b);
void wp_jo_object(struct wp_json_out *o);
void wp_jo_object_end(struct wp_json_out *o);
void wp_jo_array(struct wp_json_out *o);
void wp_jo_array_end(struct wp_json_out *o);
void wp_jo_key(struct wp_json_out *o, const char *key);
void wp_jo_str(struct wp_json_out *o, const char *text); /* NULL writes null */
void wp_jo_u64(struct wp_json_out *o, uint64_t n);
void wp_jo_bool(struct wp_json_out *o, bool v);
void wp_jo_null(struct wp_json_out *o);
/* A finished JSON value as it is (e.g. foreign manifest bytes). */
void wp_jo_raw(struct wp_json_out *o, struct wp_span json);
/* key + value in one call */
void wp_jo_kstr(struct wp_json_out *o, const char *key, const char *text);
void wp_jo_ku64(struct wp_json_out *o, const char *key, uint64_t n);
void wp_jo_kbool(struct wp_json_out *o, const char *key, bool v);
/* "2.14": of the library behind this. */
const char *wp_json_version(void);
