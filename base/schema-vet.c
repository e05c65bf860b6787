/* SPDX-License-Identifier: Apache-2.0
 *
 * Is this a schema that base/schema.c checks completely? One table of keywords says which shape each must have. */

#include "base/mem.h"
#include "base/schema-doc.h"

enum shape {
    ANYTHING,
    TYPE_NAMES,
    VALUES,
    COUNT,
    NUMBER,
    FLAG,
    NAMES,
    PATTERN,
    REFERENCE,
    SCHEMA,
    SCHEMA_LIST,
    SCHEMA_MAP,
    PATTERN_MAP,
};

static const struct keyword {
    const char *name;
    enum shape shape;
} keywords[] = {
    {"$schema", ANYTHING},
    {"$id", ANYTHING},
    {"$comment", ANYTHING},
    {"title", ANYTHING},
    {"description", ANYTHING},
    {"default", ANYTHING},
    {"examples", ANYTHING},
    {"deprecated", ANYTHING},
    {"readOnly", ANYTHING},
    {"writeOnly", ANYTHING},
    {"$defs", SCHEMA_MAP},
    {"$ref", REFERENCE},
    {"type", TYPE_NAMES},
    {"enum", VALUES},
    {"const", ANYTHING},
    {"required", NAMES},
    {"properties", SCHEMA_MAP},
    {"patternProperties", PATTERN_MAP},
    {"additionalProperties", SCHEMA},
    {"propertyNames", SCHEMA},
    {"items", SCHEMA},
    {"prefixItems", SCHEMA_LIST},
    {"minItems", COUNT},
    {"maxItems", COUNT},
    {"uniqueItems", FLAG},
    {"minimum", NUMBER},
    {"maximum", NUMBER},
    {"minLength", COUNT},
    {"maxLength", COUNT},
    {"pattern", PATTERN},
    {"anyOf", SCHEMA_LIST},
    {"oneOf", SCHEMA_LIST},
    {"not", SCHEMA},
};

struct vetting {
    struct wp_json root;
    struct schema_patterns *patterns;
};

void schema_patterns_done(struct schema_patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++) {
        regfree(&patterns->list[i].regex);
    }
    free(patterns->list);
    *patterns = (struct schema_patterns){0};
}

bool schema_pattern_matches(const struct schema_patterns *patterns, const char *pattern, const char *text)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (wp_str_eq(patterns->list[i].text, pattern)) {
            return regexec(&patterns->list[i].regex, text, 0, NULL, 0) == 0;
        }
    }
    return false;
}

enum wp_json_kind schema_kind(const char *type)
{
    static const struct {
        const char *name;
        enum wp_json_kind kind;
    } rows[] = {
        {"null", WP_JSON_NULL},     {"boolean", WP_JSON_BOOL}, {"integer", WP_JSON_INT},   {"number", WP_JSON_REAL},
        {"string", WP_JSON_STRING}, {"array", WP_JSON_ARRAY},  {"object", WP_JSON_OBJECT},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (wp_str_eq(rows[i].name, type)) {
            return rows[i].kind;
        }
    }
    return WP_JSON_ABSENT;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The end of the bracket expression that starts at p, or NULL with *ret_why set. */
static const char *bracket_end(const char *p, const char **ret_why)
{
    p += p[1] == '^' ? 2 : 1;
    if (*p == ']') {
        *ret_why = "']' first in brackets";
        return NULL;
    }
    for (; *p != '\0' && *p != ']'; p++) {
        if (*p == '\\' || *p == '[') {
            *ret_why = "'\\' or '[' in brackets";
            return NULL;
        }
    }
    if (*p == '\0') {
        *ret_why = "brackets without an end";
        return NULL;
    }
    return p;
}

/* NULL when POSIX and ECMA-262 read the pattern alike, else what they disagree on. */
static const char *disagreement(const char *pattern)
{
    const char *why = NULL;
    bool after_quantifier = false;
    for (const char *p = pattern; *p != '\0'; p++) {
        bool is_quantifier = *p == '*' || *p == '+' || *p == '?' || *p == '}';
        if (is_quantifier && after_quantifier) {
            return "a quantifier after a quantifier";
        }
        after_quantifier = is_quantifier;
        if (*p == '\\') {
            p++;
            if (*p == '\0' || is_alnum(*p)) {
                return "'\\' before a letter, digit or nothing";
            }
            if (strchr("`'<>", *p) != NULL) {
                return "'\\' before a character that needs none";
            }
        } else if (*p == '(' && p[1] == '?') {
            return "a group with '?'";
        } else if (*p == '[') {
            p = bracket_end(p, &why);
            if (p == NULL) {
                return why;
            }
        }
    }
    return NULL;
}

static int vet_pattern(struct vetting *v, const struct wp_json *at, const char *pattern, struct wp_err *err)
{
    const char *why = disagreement(pattern);
    if (why != NULL) {
        return wp_json_fail_key(at, err, "pattern '%s': %s", pattern, why);
    }
    struct schema_patterns *all = v->patterns;
    for (size_t i = 0; i < all->count; i++) {
        if (wp_str_eq(all->list[i].text, pattern)) {
            return 0;
        }
    }
    all->list = wp_xrealloc(all->list, all->count + 1, sizeof(*all->list));
    struct schema_pattern *added = &all->list[all->count];
    *added = (struct schema_pattern){.text = pattern};
    int code = regcomp(&added->regex, pattern, REG_EXTENDED | REG_NOSUB);
    if (code != 0) {
        char text[128];
        (void)regerror(code, &added->regex, text, sizeof(text));
        return wp_json_fail_key(at, err, "pattern '%s': %s", pattern, text);
    }
    all->count++;
    return 0;
}

static int vet_schema(struct vetting *v, const struct wp_json *at, struct wp_err *err);

static int vet_member(void *arg, const struct wp_json *member, struct wp_err *err)
{
    return vet_schema(arg, member, err);
}

static int vet_pattern_member(void *arg, const struct wp_json *member, struct wp_err *err)
{
    return vet_pattern(arg, member, member->key, err) < 0 ? -1 : vet_schema(arg, member, err);
}

static int vet_name(void *arg, const struct wp_json *member, struct wp_err *err)
{
    (void)arg;
    return wp_json_must(member, WP_JSON_STRING, err);
}

static int vet_type_name(void *arg, const struct wp_json *member, struct wp_err *err)
{
    (void)arg;
    const char *name = NULL;
    if (wp_json_str(member, &name, err) < 0) {
        return -1;
    }
    return schema_kind(name) == WP_JSON_ABSENT ? wp_json_fail(member, err, "'%s' is not a type", name) : 0;
}

static int vet_list(const struct wp_json *at, int (*fn)(void *arg, const struct wp_json *member, struct wp_err *err),
                    struct vetting *v, struct wp_err *err)
{
    if (wp_json_must(at, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    return fn == NULL ? 0 : wp_json_each(at, fn, v, err);
}

static int vet_choice(const struct wp_json *at, int (*fn)(void *arg, const struct wp_json *member, struct wp_err *err),
                      struct vetting *v, struct wp_err *err)
{
    if (vet_list(at, fn, v, err) < 0) {
        return -1;
    }
    return wp_json_len(at) == 0 ? wp_json_fail(at, err, "must not be empty") : 0;
}

static int vet_map(const struct wp_json *at, int (*fn)(void *arg, const struct wp_json *member, struct wp_err *err),
                   struct vetting *v, struct wp_err *err)
{
    return wp_json_must(at, WP_JSON_OBJECT, err) < 0 ? -1 : wp_json_each(at, fn, v, err);
}

static int vet_reference(const struct vetting *v, const struct wp_json *at, struct wp_err *err)
{
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    if (text[0] != '#') {
        return wp_json_fail(at, err, "'%s' points outside of the schema", text);
    }
    struct wp_json target = wp_json_pointer(&v->root, text + 1);
    enum wp_json_kind kind = wp_json_kind(&target);
    if (kind != WP_JSON_OBJECT && kind != WP_JSON_BOOL) {
        return wp_json_fail(at, err, "'%s' points to no schema", text);
    }
    bool is_definition = wp_str_starts(text, "#/$defs/") && strchr(text + strlen("#/$defs/"), '/') == NULL;
    if (text[1] != '\0' && !is_definition) {
        return wp_json_fail(at, err, "'%s' points neither to the root nor to one of $defs", text);
    }
    return 0;
}

static int vet_keyword(struct vetting *v, enum shape shape, const struct wp_json *at, struct wp_err *err)
{
    uint64_t count = 0;
    const char *text = NULL;
    switch (shape) {
    case ANYTHING:
        return 0;
    case TYPE_NAMES:
        return wp_json_kind(at) == WP_JSON_ARRAY ? vet_choice(at, vet_type_name, v, err) : vet_type_name(NULL, at, err);
    case VALUES:
        return vet_choice(at, NULL, v, err);
    case COUNT:
        return wp_json_u64(at, &count, err);
    case NUMBER:
        return wp_json_must(at, WP_JSON_REAL, err);
    case FLAG:
        return wp_json_must(at, WP_JSON_BOOL, err);
    case NAMES:
        return vet_list(at, vet_name, v, err);
    case PATTERN:
        return wp_json_str(at, &text, err) < 0 ? -1 : vet_pattern(v, at, text, err);
    case REFERENCE:
        return vet_reference(v, at, err);
    case SCHEMA:
        return vet_schema(v, at, err);
    case SCHEMA_LIST:
        return vet_choice(at, vet_member, v, err);
    case SCHEMA_MAP:
        return vet_map(at, vet_member, v, err);
    case PATTERN_MAP:
        break;
    }
    return vet_map(at, vet_pattern_member, v, err);
}

static int vet_schema_member(void *arg, const struct wp_json *member, struct wp_err *err)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(keywords); i++) {
        if (wp_str_eq(keywords[i].name, member->key)) {
            return vet_keyword(arg, keywords[i].shape, member, err);
        }
    }
    return wp_json_fail_key(member, err, "a keyword that this checker does not know");
}

static int vet_schema(struct vetting *v, const struct wp_json *at, struct wp_err *err)
{
    if (wp_json_kind(at) == WP_JSON_BOOL) {
        return 0;
    }
    return wp_json_must(at, WP_JSON_OBJECT, err) < 0 ? -1 : wp_json_each(at, vet_schema_member, v, err);
}

int schema_vet(const struct wp_json *schema, struct schema_patterns *ret, struct wp_err *err)
{
    struct vetting v = {.root = *schema, .patterns = ret};
    if (vet_schema(&v, schema, err) < 0) {
        err->code = WP_E_OTHER;
        return -1;
    }
    return 0;
}
