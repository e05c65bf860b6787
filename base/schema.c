/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluation of a vetted schema (JSON Schema 2020-12, core and validation vocabularies) over a document. Members are
 * looked at before required ones are missed, so that a misspelt key is told as such. */

#include "base/schema.h"

#include "base/mem.h"
#include "base/schema-doc.h"
#include "base/text.h"

/* References that lead back to themselves end here, as do schemas that try too many combinations. */
#define DEPTH_LIMIT  256
#define STEPS_LIMIT  4000000
#define UNIQUE_LIMIT 4096

static enum outcome evaluate(struct schema_checker *c, const struct wp_json *schema, struct schema_instance in,
                             struct wp_err *err);

/* The texts of a list of nothing else; NULL: something else is there. */
static const char **all_texts(const struct wp_json *list, size_t len)
{
    WP_AUTO_FREE const char **texts = wp_xcalloc(len + 1, sizeof(*texts));
    struct wp_err ignored = {0};
    for (size_t i = 0; i < len; i++) {
        struct wp_json entry = wp_json_at(list, i);
        if (wp_json_kind(&entry) != WP_JSON_STRING || wp_json_str(&entry, &texts[i], &ignored) < 0) {
            return NULL;
        }
    }
    return WP_STEAL(texts);
}

static enum outcome check_unique(const struct schema_checker *c, struct schema_instance in, struct wp_err *err)
{
    size_t len = wp_json_len(in.at);
    size_t earlier_text = 0;
    WP_AUTO_FREE const char **texts = all_texts(in.at, len);
    if (texts != NULL) {
        size_t same = wp_first_repeat(texts, len, &earlier_text);
        struct wp_json entry = wp_json_at(in.at, same);
        return same == len ? VALID
                           : schema_violate(c, (struct schema_instance){.at = &entry}, err, "is the same as entry %zu",
                                            earlier_text);
    }
    if (len > UNIQUE_LIMIT) {
        (void)wp_json_fail(in.at, err, "%zu entries, the limit is %d", len, UNIQUE_LIMIT);
        err->code = WP_E_LIMIT;
        return FAULT;
    }
    for (size_t i = 1; i < len; i++) {
        struct wp_json entry = wp_json_at(in.at, i);
        for (size_t j = 0; j < i; j++) {
            struct wp_json earlier = wp_json_at(in.at, j);
            if (wp_json_equal(&entry, &earlier)) {
                return schema_violate(c, (struct schema_instance){.at = &entry}, err, "is the same as entry %zu", j);
            }
        }
    }
    return VALID;
}

static const char *entries(uint64_t count)
{
    return count == 1 ? "entry" : "entries";
}

static enum outcome check_array(struct schema_checker *c, const struct wp_json *schema, struct schema_instance in,
                                struct wp_err *err)
{
    size_t len = wp_json_len(in.at);
    uint64_t bound = 0;
    if (schema_get_count(schema, "minItems", &bound) && len < bound) {
        return schema_violate(c, in, err, "must have at least %llu %s, not %zu", (unsigned long long)bound,
                              entries(bound), len);
    }
    if (schema_get_count(schema, "maxItems", &bound) && len > bound) {
        return schema_violate(c, in, err, "must have at most %llu %s, not %zu", (unsigned long long)bound,
                              entries(bound), len);
    }
    struct wp_json prefix = wp_json_get(schema, "prefixItems");
    struct wp_json items = wp_json_get(schema, "items");
    for (size_t i = 0; i < len; i++) {
        struct wp_json entry = wp_json_at(in.at, i);
        struct wp_json own = wp_json_at(&prefix, i);
        const struct wp_json *judge = wp_json_kind(&own) != WP_JSON_ABSENT ? &own : &items;
        if (wp_json_kind(judge) == WP_JSON_ABSENT) {
            break;
        }
        enum outcome outcome = evaluate(c, judge, (struct schema_instance){.at = &entry}, err);
        if (outcome != VALID) {
            return outcome;
        }
    }
    struct wp_json unique = wp_json_get(schema, "uniqueItems");
    bool must = false;
    struct wp_err ignored = {0};
    return wp_json_opt_bool(&unique, &must, &ignored) == 0 && must ? check_unique(c, in, err) : VALID;
}

static bool is_false(const struct wp_json *schema)
{
    bool value = true;
    struct wp_err ignored = {0};
    return wp_json_kind(schema) == WP_JSON_BOOL && wp_json_bool(schema, &value, &ignored) == 0 && !value;
}

struct member_check {
    struct schema_checker *c;
    const struct wp_json *schema;
    const struct wp_json *properties;
    const struct wp_json *member; /* of patternProperties: the member under judgement */
    bool known;
};

static int collect_key(void *arg, const struct wp_json *member, struct wp_err *err)
{
    (void)err;
    const char ***next = arg;
    *(*next)++ = member->key;
    return 0;
}

static enum outcome fail_unknown_key(const struct member_check *m, const struct wp_json *member, struct wp_err *err)
{
    if (m->c->quiet > 0) {
        return VIOLATION;
    }
    size_t len = wp_json_len(m->properties);
    WP_AUTO_FREE const char **keys = wp_xcalloc(len + 1, sizeof(*keys));
    const char **next = keys;
    (void)wp_json_each(m->properties, collect_key, &next, err);
    const char *near = wp_nearest(member->key, keys);
    if (near != NULL) {
        (void)wp_json_fail_key(member, err, "unknown key; did you mean '%s'?", near);
        return VIOLATION;
    }
    (void)wp_json_fail_key(member, err, "unknown key");
    if (len > 0) {
        WP_AUTO_BUF struct wp_buf list = WP_BUF_INIT;
        for (size_t i = 0; i < len; i++) {
            wp_buf_printf(&list, "%s%s", i == 0 ? "" : ", ", keys[i]);
        }
        (void)wp_hint(err, "known keys here: %s", list.ptr);
    }
    return VIOLATION;
}

static int check_pattern_property(void *arg, const struct wp_json *pattern, struct wp_err *err)
{
    struct member_check *m = arg;
    if (!schema_pattern_matches(&m->c->patterns, pattern->key, m->member->key)) {
        return VALID;
    }
    m->known = true;
    return evaluate(m->c, pattern, (struct schema_instance){.at = m->member}, err);
}

static int check_member(void *arg, const struct wp_json *member, struct wp_err *err)
{
    struct member_check *m = arg;
    struct wp_json names = wp_json_get(m->schema, "propertyNames");
    if (wp_json_kind(&names) != WP_JSON_ABSENT) {
        enum outcome outcome = evaluate(m->c, &names, (struct schema_instance){.at = member, .is_name = true}, err);
        if (outcome != VALID) {
            return outcome;
        }
    }
    struct wp_json own = wp_json_get(m->properties, member->key);
    m->known = wp_json_kind(&own) != WP_JSON_ABSENT;
    m->member = member;
    if (m->known) {
        enum outcome outcome = evaluate(m->c, &own, (struct schema_instance){.at = member}, err);
        if (outcome != VALID) {
            return outcome;
        }
    }
    struct wp_json patterns = wp_json_get(m->schema, "patternProperties");
    int outcome = wp_json_each(&patterns, check_pattern_property, m, err);
    if (outcome != VALID || m->known) {
        return outcome;
    }
    struct wp_json others = wp_json_get(m->schema, "additionalProperties");
    if (wp_json_kind(&others) == WP_JSON_ABSENT) {
        return VALID;
    }
    return is_false(&others) ? fail_unknown_key(m, member, err)
                             : evaluate(m->c, &others, (struct schema_instance){.at = member}, err);
}

static enum outcome check_object(struct schema_checker *c, const struct wp_json *schema, struct schema_instance in,
                                 struct wp_err *err)
{
    struct wp_json properties = wp_json_get(schema, "properties");
    struct member_check m = {.c = c, .schema = schema, .properties = &properties};
    int outcome = wp_json_each(in.at, check_member, &m, err);
    if (outcome != VALID) {
        return outcome < 0 ? FAULT : VIOLATION;
    }
    struct wp_json required = wp_json_get(schema, "required");
    for (size_t i = 0; i < wp_json_len(&required); i++) {
        struct wp_json name = wp_json_at(&required, i);
        struct wp_json member = wp_json_get(in.at, schema_text(&name));
        if (wp_json_kind(&member) == WP_JSON_ABSENT) {
            return schema_violate(c, (struct schema_instance){.at = &member}, err, "is missing");
        }
    }
    return VALID;
}

/* The schema that a reference leads to, or the schema itself. */
static struct wp_json follow(const struct schema_checker *c, const struct wp_json *schema)
{
    struct wp_json reference = wp_json_get(schema, "$ref");
    if (wp_json_kind(&reference) != WP_JSON_STRING) {
        return *schema;
    }
    return wp_json_pointer(&c->schema_root, schema_text(&reference) + 1);
}

static enum outcome evaluate_quietly(struct schema_checker *c, const struct wp_json *schema, struct schema_instance in,
                                     struct wp_err *err)
{
    c->quiet++;
    enum outcome outcome = evaluate(c, schema, in, err);
    c->quiet--;
    return outcome;
}

/* No form fits. Where only one has the right type, its complaint is the one to tell. */
static enum outcome fail_forms(struct schema_checker *c, const struct wp_json *forms, struct schema_instance in,
                               struct wp_err *err)
{
    if (c->quiet > 0) {
        return VIOLATION;
    }
    WP_AUTO_BUF struct wp_buf wanted = WP_BUF_INIT;
    size_t count = wp_json_len(forms);
    size_t candidate = count;
    size_t candidates = 0;
    for (size_t i = 0; i < count; i++) {
        struct wp_json form = wp_json_at(forms, i);
        struct wp_json target = follow(c, &form);
        struct wp_json type = wp_json_get(&target, "type");
        if (schema_type_accepts(&type, schema_instance_kind(in))) {
            candidate = i;
            candidates++;
        } else {
            schema_add_type(&wanted, &type);
        }
    }
    if (candidates == 1) {
        struct wp_json form = wp_json_at(forms, candidate);
        return evaluate(c, &form, in, err);
    }
    if (candidates > 1) {
        return schema_violate(c, in, err, "fits none of the %zu forms allowed here", count);
    }
    return schema_violate(c, in, err, "must be %s, not %s", wanted.ptr, wp_json_kind_name(schema_instance_kind(in)));
}

static enum outcome check_forms(struct schema_checker *c, const struct wp_json *forms, bool only_one,
                                struct schema_instance in, struct wp_err *err)
{
    size_t fitting = 0;
    for (size_t i = 0; i < wp_json_len(forms) && (only_one || fitting == 0); i++) {
        struct wp_json form = wp_json_at(forms, i);
        enum outcome outcome = evaluate_quietly(c, &form, in, err);
        if (outcome == FAULT) {
            return FAULT;
        }
        fitting += outcome == VALID;
    }
    if (fitting == 0) {
        return fail_forms(c, forms, in, err);
    }
    return fitting == 1 ? VALID : schema_violate(c, in, err, "fits %zu forms where only one may fit", fitting);
}

static enum outcome check_combined(struct schema_checker *c, const struct wp_json *schema, struct schema_instance in,
                                   struct wp_err *err)
{
    struct wp_json any = wp_json_get(schema, "anyOf");
    struct wp_json one = wp_json_get(schema, "oneOf");
    struct wp_json not = wp_json_get(schema, "not");
    enum outcome outcome = VALID;
    if (wp_json_kind(&any) != WP_JSON_ABSENT) {
        outcome = check_forms(c, &any, false, in, err);
    }
    if (outcome == VALID && wp_json_kind(&one) != WP_JSON_ABSENT) {
        outcome = check_forms(c, &one, true, in, err);
    }
    if (outcome != VALID || wp_json_kind(&not ) == WP_JSON_ABSENT) {
        return outcome;
    }
    outcome = evaluate_quietly(c, &not, in, err);
    if (outcome == FAULT) {
        return FAULT;
    }
    return outcome == VIOLATION ? VALID : schema_violate(c, in, err, "is not allowed here");
}

static enum outcome check_kind(struct schema_checker *c, const struct wp_json *schema, struct schema_instance in,
                               struct wp_err *err)
{
    switch (schema_instance_kind(in)) {
    case WP_JSON_INT:
    case WP_JSON_REAL:
        return schema_check_number(c, schema, in, err);
    case WP_JSON_STRING:
        return schema_check_string(c, schema, in, err);
    case WP_JSON_ARRAY:
        return check_array(c, schema, in, err);
    case WP_JSON_OBJECT:
        return check_object(c, schema, in, err);
    case WP_JSON_ABSENT:
    case WP_JSON_NULL:
    case WP_JSON_BOOL:
        break;
    }
    return VALID;
}

static enum outcome evaluate_keywords(struct schema_checker *c, const struct wp_json *schema, struct schema_instance in,
                                      struct wp_err *err)
{
    if (wp_json_kind(schema) == WP_JSON_BOOL) {
        return is_false(schema) ? schema_violate(c, in, err, "is not allowed here") : VALID;
    }
    enum outcome outcome = schema_check_type(c, schema, in, err);
    if (outcome == VALID) {
        outcome = schema_check_values(c, schema, in, err);
    }
    struct wp_json reference = wp_json_get(schema, "$ref");
    if (outcome == VALID && wp_json_kind(&reference) != WP_JSON_ABSENT) {
        struct wp_json target = follow(c, schema);
        outcome = evaluate(c, &target, in, err);
    }
    if (outcome == VALID) {
        outcome = check_kind(c, schema, in, err);
    }
    return outcome == VALID ? check_combined(c, schema, in, err) : outcome;
}

static enum outcome evaluate(struct schema_checker *c, const struct wp_json *schema, struct schema_instance in,
                             struct wp_err *err)
{
    if (c->depth >= DEPTH_LIMIT || c->steps >= STEPS_LIMIT) {
        (void)wp_json_fail(in.at, err, "the schema goes round in circles here");
        err->code = WP_E_OTHER;
        return FAULT;
    }
    c->depth++;
    c->steps++;
    enum outcome outcome = evaluate_keywords(c, schema, in, err);
    c->depth--;
    return outcome;
}

int wp_schema_check(const struct wp_json_doc *schema, const struct wp_json_doc *doc, struct wp_err *err)
{
    struct schema_checker c = {.schema_root = wp_json_root(schema)};
    struct wp_json root = wp_json_root(doc);
    enum outcome outcome = FAULT;
    if (schema_vet(&c.schema_root, &c.patterns, err) == 0) {
        outcome = evaluate(&c, &c.schema_root, (struct schema_instance){.at = &root}, err);
    }
    schema_patterns_done(&c.patterns);
    return outcome == VALID ? 0 : -1;
}
