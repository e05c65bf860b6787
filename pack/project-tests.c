/* SPDX-License-Identifier: Apache-2.0
 *
 * "tests" and "limits" of wpack.json (pack/project-tests.h). The schema was checked before. */
#include "pack/project-tests.h"

#include "base/num.h"
#include "base/time.h"

#define CLOCK_MAX INT64_C(18446744073) /* seconds whose nanoseconds are 64 bits */

/* A number or text as a value's text; NULL: neither. */
static const char *value_text(const struct wp_json *at, struct wp_arena *a, struct wp_err *err)
{
    const char *text = NULL;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    switch (wp_json_kind(at)) {
    case WP_JSON_STRING:
        return wp_json_str(at, &text, err) < 0 ? NULL : wp_arena_str(a, text);
    case WP_JSON_INT:
    case WP_JSON_REAL:
    case WP_JSON_NULL:
        wp_json_dump(at, &b);
        return wp_arena_str(a, b.ptr);
    default:
        return NULL;
    }
}

static void read_words(const struct wp_json *list, struct wp_arena *a, struct pack_words *ret, struct wp_err *err)
{
    const bool one = wp_json_kind(list) != WP_JSON_ARRAY;
    size_t n = wp_json_kind(list) == WP_JSON_ABSENT ? 0 : one ? 1 : wp_json_len(list);
    ret->items = wp_arena_alloc(a, n + 1, sizeof(*ret->items));
    ret->count = n;
    for (size_t i = 0; i < n; i++) {
        struct wp_json at = one ? *list : wp_json_at(list, i);
        ret->items[i] = value_text(&at, a, err);
    }
}

struct pairs {
    struct wp_arena *a;
    struct pack_words *into;
};

static int add_pair(void *arg, const struct wp_json *member, struct wp_err *err)
{
    struct pairs *p = arg;
    const char *value = NULL;
    if (wp_json_str(member, &value, err) < 0) {
        return -1;
    }
    p->into->items[p->into->count++] = wp_arena_printf(p->a, "%s=%s", member->key, value);
    return 0;
}

static int read_env(const struct wp_json *test, struct wp_arena *a, struct pack_words *ret, struct wp_err *err)
{
    struct wp_json at = wp_json_get(test, "env");
    struct pairs p = {a, ret};
    ret->items = wp_arena_alloc(a, wp_json_len(&at) + 1, sizeof(*ret->items));
    return wp_json_each(&at, add_pair, &p, err);
}

static int read_text(const struct wp_json *object, const char *key, struct wp_arena *a, const char **ret,
                     struct wp_err *err)
{
    struct wp_json at = wp_json_get(object, key);
    const char *text = NULL;
    if (wp_json_opt_str(&at, &text, err) < 0) {
        return -1;
    }
    *ret = text == NULL ? NULL : wp_arena_str(a, text);
    return 0;
}

static int read_trap(const struct wp_json *object, struct wp_arena *a, struct pack_expect *ret, struct wp_err *err)
{
    struct wp_json at = wp_json_get(object, "trap");
    ret->has_trap = wp_json_kind(&at) != WP_JSON_ABSENT;
    if (wp_json_kind(&at) == WP_JSON_BOOL) {
        return wp_json_bool(&at, &ret->trap, err);
    }
    ret->trap = ret->has_trap;
    return read_text(object, "trap", a, &ret->trap_text, err);
}

static int read_expect(const struct wp_json *test, struct wp_arena *a, struct pack_test *t, struct wp_err *err)
{
    struct wp_json at = wp_json_get(test, "expect");
    struct wp_json exit = wp_json_get(&at, "exit");
    struct wp_json result = wp_json_get(&at, "result");
    struct wp_json max_fuel = wp_json_get(&at, "maxFuel");
    struct pack_expect *x = &t->expect;
    t->expects = wp_json_kind(&at) != WP_JSON_ABSENT;
    x->has_exit = wp_json_kind(&exit) != WP_JSON_ABSENT;
    x->has_result = wp_json_kind(&result) != WP_JSON_ABSENT;
    read_words(&result, a, &x->result, err);
    if (wp_json_opt_u64(&exit, &x->exit, err) < 0 || wp_json_opt_u64(&max_fuel, &x->max_fuel, err) < 0 ||
        read_trap(&at, a, x, err) < 0) {
        return -1;
    }
    const struct {
        const char *key;
        const char **field;
    } rows[] = {{"stdout", &x->out},
                {"stdoutMatch", &x->out_match},
                {"stdoutSha256", &x->out_sha256},
                {"stderrMatch", &x->err_match}};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (read_text(&at, rows[i].key, a, rows[i].field, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_clock(const struct wp_json *test, uint64_t *ret, struct wp_err *err)
{
    struct wp_json at = wp_json_get(test, "clock");
    const char *text = NULL;
    int64_t seconds = 0;
    if (wp_json_opt_str(&at, &text, err) < 0) {
        return -1;
    }
    if (text != NULL && (!wp_time_parse_rfc3339(text, &seconds) || seconds < 0 || seconds > CLOCK_MAX)) {
        return wp_json_fail(&at, err, "'%s' is not a time between 1970 and 2554", text);
    }
    *ret = (uint64_t)seconds;
    return 0;
}

static int read_test(const struct wp_json *at, const char *folder, struct wp_arena *a, struct pack_test *t,
                     struct wp_err *err)
{
    struct wp_json args = wp_json_get(at, "args");
    struct wp_json params = wp_json_get(at, "params");
    struct wp_json seed = wp_json_get(at, "seed");
    read_words(&args, a, &t->args, err);
    read_words(&params, a, &t->params, err);
    if (read_text(at, "name", a, &t->name, err) < 0 || read_text(at, "stdin", a, &t->input, err) < 0 ||
        read_text(at, "stdinFile", a, &t->input_file, err) < 0 || read_text(at, "invoke", a, &t->invoke, err) < 0 ||
        read_clock(at, &t->clock, err) < 0 || wp_json_opt_u64(&seed, &t->seed, err) < 0 ||
        read_env(at, a, &t->env, err) < 0) {
        return -1;
    }
    if (t->input_file != NULL && t->input_file[0] != '/') {
        t->input_file = wp_arena_printf(a, "%s%s", folder, t->input_file);
    }
    return read_expect(at, a, t, err);
}

int pack_tests_read(const struct wp_json *root, const char *folder, struct wp_arena *a, const struct pack_test **ret,
                    size_t *ret_count, struct wp_err *err)
{
    struct wp_json list = wp_json_get(root, "tests");
    size_t n = wp_json_len(&list);
    struct pack_test *tests = wp_arena_alloc(a, n + 1, sizeof(*tests));
    for (size_t i = 0; i < n; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (read_test(&at, folder, a, &tests[i], err) < 0) {
            return -1;
        }
    }
    *ret = tests;
    *ret_count = n;
    return 0;
}

/* A number, or text with a unit. */
static int read_amount(const struct wp_json *object, const char *key, uint64_t unit,
                       bool (*parse)(const char *, uint64_t *), uint64_t *ret, struct wp_err *err)
{
    struct wp_json at = wp_json_get(object, key);
    const char *text = NULL;
    uint64_t n = 0;
    if (wp_json_kind(&at) != WP_JSON_STRING) {
        if (wp_json_opt_u64(&at, &n, err) < 0) {
            return -1;
        }
        return wp_mul_overflows(n, unit, ret) ? wp_json_fail(&at, err, "is too large") : 0;
    }
    if (wp_json_str(&at, &text, err) < 0) {
        return -1;
    }
    return parse(text, ret) ? 0 : wp_json_fail(&at, err, "'%s' is too large", text);
}

int pack_limits_read(const struct wp_json *root, struct pack_limits *ret, struct wp_err *err)
{
    struct wp_json at = wp_json_get(root, "limits");
    struct wp_json fuel = wp_json_get(&at, "fuel");
    *ret = (struct pack_limits){0};
    if (wp_json_opt_u64(&fuel, &ret->fuel, err) < 0 ||
        read_amount(&at, "memory", 1, wp_parse_size, &ret->memory, err) < 0 ||
        read_amount(&at, "timeout", 1000, wp_parse_duration, &ret->timeout_ms, err) < 0) {
        return -1;
    }
    return read_amount(&at, "size", 1, wp_parse_size, &ret->size, err);
}
