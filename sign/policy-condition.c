/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions on what is attested: places of a signed statement (RFC 6901) and what must be there. A place that is not
 * there fails every condition but "exists": false. */
#include "base/num.h"
#include "base/time.h"
#include "sign/policy-int.h"

struct sig_condition {
    const char *path;
    bool has_exists, exists;
    struct wp_json equals, in, contains, min, max; /* of the policy's document; absent: not asked */
    struct sig_match glob, regexp;                 /* ANY: not asked */
    int64_t not_before, not_after, max_age;        /* 0: not asked */
};

/* Clocks of builders and of this machine may differ by so much. */
#define SKEW INT64_C(300)

/* ---- reading ---- */

static struct wp_json own_get(const struct wp_json *at, const char *key)
{
    struct wp_json member = wp_json_get(at, key);
    member.up = NULL; /* outlives at */
    return member;
}

static int read_match(const struct wp_json *at, const char *key, int kind, struct sig_match *ret, struct wp_err *err)
{
    struct wp_json member = wp_json_get(at, key);
    const char *text = NULL;
    if (wp_json_opt_str(&member, &text, err) < 0) {
        return -1;
    }
    if (text == NULL) {
        return 0;
    }
    *ret = (struct sig_match){.text = text};
    ret->kind = kind == 0 ? SIG_MATCH_GLOB : SIG_MATCH_REGEXP;
    struct wp_err why;
    if (sig_match_check(ret, &why) < 0) {
        wp_json_fail(&member, err, "%s", why.msg);
        return wp_hint(err, "%s", why.hint);
    }
    return 0;
}

int sig_time_read(const struct wp_json *at, const char *key, int64_t *ret, struct wp_err *err)
{
    struct wp_json member = wp_json_get(at, key);
    const char *text = NULL;
    if (wp_json_opt_str(&member, &text, err) < 0) {
        return -1;
    }
    if (text != NULL && (!wp_time_parse_rfc3339(text, ret) || *ret <= 0)) {
        wp_json_fail(&member, err, "'%s' is no point in time", text);
        return wp_hint(err, "for example 2026-06-30T00:00:00Z");
    }
    return 0;
}

static int read_age(struct sig_policy *p, const struct wp_json *at, int64_t *ret, struct wp_err *err)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    struct wp_json member = wp_json_get(at, "maxAge");
    const char *text = NULL;
    uint64_t n = 0;
    if (wp_json_opt_str(&member, &text, err) < 0 || text == NULL) {
        return text == NULL ? 0 : -1;
    }
    size_t digits = strspn(text, "0123456789");
    for (size_t i = 0; i < WP_ARRAY_LEN(units); i++) {
        bool fits = digits > 0 && text[digits] == units[i].unit && text[digits + 1] == '\0';
        if (fits && wp_parse_u64(wp_arena_strn(&p->arena, text, digits), 1, 999999999, &n)) {
            *ret = (int64_t)(n * units[i].seconds);
        }
    }
    if (*ret == 0) {
        wp_json_fail(&member, err, "'%s' is no length of time", text);
        return wp_hint(err, "for example 90d, 12h, 30m");
    }
    return 0;
}

static bool asks_nothing(const struct sig_condition *c)
{
    const struct wp_json *values[] = {&c->equals, &c->in, &c->contains, &c->min, &c->max};
    for (size_t i = 0; i < WP_ARRAY_LEN(values); i++) {
        if (wp_json_kind(values[i]) != WP_JSON_ABSENT) {
            return false;
        }
    }
    return !c->has_exists && c->glob.kind == SIG_MATCH_ANY && c->regexp.kind == SIG_MATCH_ANY && c->not_before == 0 &&
           c->not_after == 0 && c->max_age == 0;
}

static int read_one(struct sig_policy *p, const struct wp_json *at, struct sig_condition *c, struct wp_err *err)
{
    struct wp_json path = wp_json_get(at, "path");
    struct wp_json exists = wp_json_get(at, "exists");
    c->has_exists = wp_json_kind(&exists) != WP_JSON_ABSENT;
    c->equals = own_get(at, "equals");
    c->in = own_get(at, "in");
    c->contains = own_get(at, "contains");
    c->min = own_get(at, "min");
    c->max = own_get(at, "max");
    if (wp_json_str(&path, &c->path, err) < 0 || wp_json_opt_bool(&exists, &c->exists, err) < 0 ||
        read_match(at, "glob", 0, &c->glob, err) < 0 || read_match(at, "regexp", 1, &c->regexp, err) < 0 ||
        sig_time_read(at, "notBefore", &c->not_before, err) < 0 ||
        sig_time_read(at, "notAfter", &c->not_after, err) < 0 || read_age(p, at, &c->max_age, err) < 0) {
        return -1;
    }
    if (asks_nothing(c)) {
        wp_json_fail(at, err, "asks for nothing at '%s'", c->path);
        return wp_hint(err, "equals, in, contains, glob, regexp, min, max, notBefore, notAfter, maxAge or exists");
    }
    bool alone = c->has_exists && !c->exists;
    c->has_exists = false;
    if (alone && !asks_nothing(c)) {
        return wp_json_fail(at, err, "what must not be there cannot be held against anything else");
    }
    c->has_exists = wp_json_kind(&exists) != WP_JSON_ABSENT;
    return 0;
}

int sig_conditions_read(struct sig_policy *p, const struct wp_json *at, const struct sig_condition **ret, size_t *ret_n,
                        struct wp_err *err)
{
    size_t n = wp_json_len(at);
    struct sig_condition *list = wp_arena_alloc(&p->arena, n + 1, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        struct wp_json item = wp_json_at(at, i);
        if (read_one(p, &item, &list[i], err) < 0) {
            return -1;
        }
    }
    *ret = list;
    *ret_n = n;
    return 0;
}

/* ---- asking ---- */

static bool is_number(const struct wp_json *v)
{
    return wp_json_kind(v) == WP_JSON_INT || wp_json_kind(v) == WP_JSON_REAL;
}

static const char *text_of(const struct wp_json *v)
{
    const char *text = NULL;
    struct wp_err err;
    return wp_json_kind(v) == WP_JSON_STRING && wp_json_str(v, &text, &err) == 0 ? text : NULL;
}

/* RFC 3339, or seconds since the epoch. */
static bool time_of(const struct wp_json *v, int64_t *ret)
{
    uint64_t seconds = 0;
    struct wp_err err;
    const char *text = text_of(v);
    if (text != NULL) {
        return wp_time_parse_rfc3339(text, ret);
    }
    if (wp_json_kind(v) != WP_JSON_INT || wp_json_u64(v, &seconds, &err) < 0 || seconds > INT64_MAX) {
        return false;
    }
    *ret = (int64_t)seconds;
    return true;
}

static bool is_among(const struct wp_json *list, const struct wp_json *v)
{
    for (size_t i = 0; i < wp_json_len(list) && wp_json_kind(list) == WP_JSON_ARRAY; i++) {
        struct wp_json item = wp_json_at(list, i);
        if (wp_json_equal(&item, v)) {
            return true;
        }
    }
    return false;
}

/* "is 'x', but …": the value, not too long. */
static int fail_value(const struct sig_condition *c, const struct wp_json *v, const char *asked,
                      const struct wp_json *want, const char *want_text, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf is = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf should = WP_BUF_INIT;
    enum { SHOWN = 200 };
    wp_json_dump(v, &is);
    if (want != NULL) {
        wp_json_dump(want, &should);
    } else {
        wp_buf_add_str(&should, want_text);
    }
    return wp_fail(err, WP_E_UNSATISFIED, "%s of the statement is %.*s%s, and %s %.*s", c->path,
                   (int)WP_MIN(is.len, (size_t)SHOWN), is.ptr, is.len > SHOWN ? "…" : "", asked,
                   (int)WP_MIN(should.len, (size_t)SHOWN), should.ptr);
}

static int check_number(const struct sig_condition *c, const struct wp_json *v, struct wp_err *err)
{
    if (wp_json_kind(&c->min) != WP_JSON_ABSENT && (!is_number(v) || wp_json_number_cmp(v, &c->min) < 0)) {
        return fail_value(c, v, "must be at least", &c->min, NULL, err);
    }
    if (wp_json_kind(&c->max) != WP_JSON_ABSENT && (!is_number(v) || wp_json_number_cmp(v, &c->max) > 0)) {
        return fail_value(c, v, "must be at most", &c->max, NULL, err);
    }
    return 0;
}

static int check_text(const struct sig_condition *c, const struct wp_json *v, struct wp_err *err)
{
    const char *text = text_of(v);
    if (c->glob.kind != SIG_MATCH_ANY && (text == NULL || !sig_match(&c->glob, text))) {
        return fail_value(c, v, "must match", NULL, c->glob.text, err);
    }
    if (c->regexp.kind != SIG_MATCH_ANY && (text == NULL || !sig_match(&c->regexp, text))) {
        return fail_value(c, v, "must match", NULL, c->regexp.text, err);
    }
    return 0;
}

static int check_time(const struct sig_condition *c, const struct wp_json *v, int64_t now, struct wp_err *err)
{
    char limit[WP_TIME_TEXT];
    int64_t at = 0;
    if (c->not_before == 0 && c->not_after == 0 && c->max_age == 0) {
        return 0;
    }
    if (!time_of(v, &at)) {
        return fail_value(c, v, "must be", NULL, "a point in time", err);
    }
    if (c->not_before != 0 && at < c->not_before) {
        return fail_value(c, v, "must not be before", NULL, wp_time_rfc3339(c->not_before, limit), err);
    }
    if (c->not_after != 0 && at > c->not_after) {
        return fail_value(c, v, "must not be after", NULL, wp_time_rfc3339(c->not_after, limit), err);
    }
    if (c->max_age != 0 && at < now - c->max_age) {
        return fail_value(c, v, "must not be before", NULL, wp_time_rfc3339(now - c->max_age, limit), err);
    }
    if (c->max_age != 0 && at > now + SKEW) {
        return fail_value(c, v, "must not be after now,", NULL, wp_time_rfc3339(now, limit), err);
    }
    return 0;
}

static int check_one(const struct sig_condition *c, const struct wp_json *statement, int64_t now, struct wp_err *err)
{
    struct wp_json v = wp_json_pointer(statement, c->path);
    bool there = wp_json_kind(&v) != WP_JSON_ABSENT;
    if (c->has_exists && !c->exists) {
        return there ? wp_fail(err, WP_E_UNSATISFIED, "%s of the statement is there, and must not be", c->path) : 0;
    }
    if (!there) {
        return wp_fail(err, WP_E_UNSATISFIED, "%s of the statement is asked for, and is not there", c->path);
    }
    if (wp_json_kind(&c->equals) != WP_JSON_ABSENT && !wp_json_equal(&v, &c->equals)) {
        return fail_value(c, &v, "must be", &c->equals, NULL, err);
    }
    if (wp_json_kind(&c->in) != WP_JSON_ABSENT && !is_among(&c->in, &v)) {
        return fail_value(c, &v, "must be one of", &c->in, NULL, err);
    }
    if (wp_json_kind(&c->contains) != WP_JSON_ABSENT && !is_among(&v, &c->contains)) {
        return fail_value(c, &v, "must contain", &c->contains, NULL, err);
    }
    return check_number(c, &v, err) < 0 || check_text(c, &v, err) < 0 || check_time(c, &v, now, err) < 0 ? -1 : 0;
}

int sig_conditions_check(const struct sig_condition *list, size_t n, struct wp_span statement, int64_t now,
                         struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (statement.ptr == NULL) {
        return wp_fail(err, WP_E_UNSATISFIED, "no statement is signed that conditions could be held against");
    }
    if (wp_json_parse(statement, "statement", false, WP_E_UNSATISFIED, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    for (size_t i = 0; i < n; i++) {
        if (check_one(&list[i], &root, now, err) < 0) {
            return -1;
        }
    }
    return 0;
}
