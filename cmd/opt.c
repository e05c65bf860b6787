/* SPDX-License-Identifier: Apache-2.0
 *
 * Option rows parsed with getopt_long; values checked by kind; environment variables as defaults. */
#include "cmd/opt.h"

#include "base/buf.h"
#include "base/num.h"
#include "base/text.h"

#include <ctype.h>
#include <getopt.h>

enum { FIRST_LONG = 256, MAX_OPTS = 96 };

struct table {
    struct option longs[2 * MAX_OPTS + 2]; /* each with an alias, help, the end */
    const struct opt *rows[MAX_OPTS];
    void *into[MAX_OPTS];
    const char *names[2 * MAX_OPTS + 2];
    char shorts[3 * MAX_OPTS];
    size_t count, long_count;
};

const char *opt_env_name(const struct opt *o, char ret[64])
{
    if (o->env != NULL) {
        return o->env[0] == '\0' ? NULL : o->env;
    }
    size_t n = 0;
    for (const char *p = "WPACK_"; *p != '\0'; p++) {
        ret[n++] = *p;
    }
    for (const char *p = o->name; *p != '\0' && n < 63; p++) {
        ret[n++] = (char)(*p == '-' ? '_' : toupper((unsigned char)*p));
    }
    ret[n] = '\0';
    return ret;
}

static void table_add_long(struct table *t, const char *name, int has_arg)
{
    t->longs[t->long_count] = (struct option){
        .name = name,
        .has_arg = has_arg,
        .val = FIRST_LONG + (int)t->count,
    };
    t->names[t->long_count] = name;
    t->long_count++;
}

static void table_add(struct table *t, const struct opt *o, void *into)
{
    int has_arg = o->kind == OPT_FLAG ? no_argument : o->bare != NULL ? optional_argument : required_argument;
    table_add_long(t, o->name, has_arg);
    if (o->alias != NULL) {
        table_add_long(t, o->alias, has_arg);
    }
    if (o->letter != 0) {
        size_t s = strlen(t->shorts);
        t->shorts[s] = o->letter;
        t->shorts[s + 1] = has_arg == no_argument ? '\0' : ':';
    }
    t->rows[t->count] = o;
    t->into[t->count] = into;
    t->count++;
}

bool opt_is_hidden(const struct opt *own, const struct opt *row)
{
    for (const struct opt *o = own; o != NULL && o->name != NULL; o++) {
        if (wp_str_eq(o->name, row->name)) {
            return true;
        }
    }
    return false;
}

static void table_fill(struct table *t, const struct opt_group *groups, size_t group_count)
{
    memcpy(t->shorts, ":h", 3);
    for (size_t g = 0; g < group_count; g++) {
        for (const struct opt *o = groups[g].rows; o->name != NULL && t->count < MAX_OPTS; o++) {
            if (g == 0 || !opt_is_hidden(groups[0].rows, o)) {
                table_add(t, o, groups[g].into);
            }
        }
    }
    t->names[t->long_count] = "help";
    t->longs[t->long_count] = (struct option){.name = "help", .has_arg = no_argument, .val = 'h'};
}

static bool choice_is(const char *choices, const char *value)
{
    size_t len = strlen(value);
    for (const char *p = choices; len > 0 && p != NULL && *p != '\0';) {
        size_t word = strcspn(p, " ");
        if (word == len && memcmp(p, value, len) == 0) {
            return true;
        }
        p += word;
        p += strspn(p, " ");
    }
    return false;
}

static int parse_flag_word(const char *value, bool *ret)
{
    static const char *const yes[] = {"1", "true", "yes", "on"};
    static const char *const no[] = {"", "0", "false", "no", "off"};
    for (size_t i = 0; i < WP_ARRAY_LEN(yes); i++) {
        if (wp_str_eq(value, yes[i])) {
            *ret = true;
            return 0;
        }
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(no); i++) {
        if (wp_str_eq(value, no[i])) {
            *ret = false;
            return 0;
        }
    }
    return -1;
}

static void list_add(struct wp_arena *a, struct opt_list *list, const char *value)
{
    const char **items = wp_arena_alloc(a, list->count + 2, sizeof(*items));
    if (list->count > 0) {
        memcpy(items, list->items, list->count * sizeof(*items));
    }
    items[list->count] = value;
    list->items = items;
    list->count++;
}

/* shown is how the value was given: "--jobs" or "WPACK_JOBS". */
static int set_value(struct wp_arena *a, const struct opt *o, void *into, const char *shown, const char *value,
                     struct wp_err *err)
{
    void *field = (char *)into + o->offset;
    switch (o->kind) {
    case OPT_FLAG:
        if (value != NULL && parse_flag_word(value, field) < 0) {
            return wp_fail(err, WP_E_USAGE, "%s: '%s' is neither true nor false", shown, value);
        }
        if (value == NULL) {
            *(bool *)field = true;
        }
        return 0;
    case OPT_STR:
        *(const char **)field = value;
        return 0;
    case OPT_LIST:
        list_add(a, field, value);
        return 0;
    case OPT_UINT:
        if (!wp_parse_u64(value, 0, UINT64_MAX, field)) {
            return wp_fail(err, WP_E_USAGE, "%s: '%s' is not a whole number", shown, value);
        }
        return 0;
    case OPT_SIZE:
        if (!wp_parse_size(value, field)) {
            wp_fail(err, WP_E_USAGE, "%s: '%s' is not a size", shown, value);
            return wp_hint(err, "write bytes, or 64KiB, 10MiB, 1.5GiB");
        }
        return 0;
    case OPT_DURATION:
        if (!wp_parse_duration(value, field)) {
            wp_fail(err, WP_E_USAGE, "%s: '%s' is not a duration", shown, value);
            return wp_hint(err, "write 250ms, 30s, 5m, 1h");
        }
        return 0;
    case OPT_ENUM:
        if (!choice_is(o->choices, value)) {
            return wp_fail(err, WP_E_USAGE, "%s: '%s' is not one of: %s", shown, value, o->choices);
        }
        *(const char **)field = value;
        return 0;
    }
    return 0;
}

static int read_environment(struct wp_arena *a, const struct table *t, struct wp_err *err)
{
    for (size_t i = 0; i < t->count; i++) {
        char name[64];
        const char *variable = opt_env_name(t->rows[i], name);
        const char *value = variable == NULL ? NULL : getenv(variable);
        if (value == NULL || (value[0] == '\0' && t->rows[i]->kind != OPT_FLAG)) {
            continue;
        }
        if (set_value(a, t->rows[i], t->into[i], wp_arena_str(a, variable), wp_arena_str(a, value), err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int fail_unknown(struct table *t, const char *word, struct wp_err *err)
{
    if (!wp_str_starts(word, "--")) {
        return wp_fail(err, WP_E_USAGE, "unknown option '-%c'", optopt);
    }
    const char *name = word + 2;
    char plain[64];
    size_t n = WP_MIN(strcspn(name, "="), sizeof(plain) - 1);
    memcpy(plain, name, n);
    plain[n] = '\0';
    t->names[t->long_count + 1] = NULL;
    const char *near = wp_nearest(plain, t->names);
    for (size_t i = 0; i <= t->long_count; i++) {
        if (wp_str_eq(t->names[i], plain)) {
            return wp_fail(err, WP_E_USAGE, "option '--%s' takes no value", plain);
        }
    }
    wp_fail(err, WP_E_USAGE, "unknown option '--%s'", plain);
    return near == NULL ? -1 : wp_hint(err, "did you mean '--%s'?", near);
}

static const struct opt *row_of(const struct table *t, int c, size_t *ret_index)
{
    if (c >= FIRST_LONG) {
        *ret_index = (size_t)(c - FIRST_LONG);
        return t->rows[*ret_index];
    }
    for (size_t i = 0; i < t->count; i++) {
        if (t->rows[i]->letter == (char)c) {
            *ret_index = i;
            return t->rows[i];
        }
    }
    return NULL;
}

/* Lists given on the command line replace what the environment said. */
static void clear_list_once(const struct opt *o, void *into, bool *seen)
{
    if (o->kind == OPT_LIST && !*seen) {
        *(struct opt_list *)(void *)((char *)into + o->offset) = (struct opt_list){0};
    }
    *seen = true;
}

/* One answer of getopt_long, found in `word`. */
static int take_option(struct wp_arena *a, struct table *t, int c, const char *word, bool *seen, struct wp_err *err)
{
    if (c == ':') {
        return wp_fail(err, WP_E_USAGE, "option '%s' needs a value", word);
    }
    size_t i = 0;
    const struct opt *o = c == '?' ? NULL : row_of(t, c, &i);
    if (o == NULL) {
        return fail_unknown(t, word, err);
    }
    clear_list_once(o, t->into[i], &seen[i]);
    const char *shown = wp_arena_printf(a, "--%s", o->name);
    const char *value = o->kind == OPT_FLAG ? NULL : optarg != NULL ? optarg : o->bare;
    return set_value(a, o, t->into[i], shown, value, err);
}

static const char **copy_args(struct wp_arena *a, char *const argv[], size_t n)
{
    const char **args = wp_arena_alloc(a, n + 1, sizeof(*args));
    for (size_t i = 0; i < n; i++) {
        args[i] = argv[i];
    }
    return args;
}

static const char **names_given(struct wp_arena *a, const struct table *t, const bool *seen)
{
    const char **names = wp_arena_alloc(a, t->count + 1, sizeof(*names));
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (seen[i]) {
            names[n++] = t->rows[i]->name;
        }
    }
    return names;
}

int opt_parse(struct wp_arena *a, const struct opt_group *groups, size_t group_count, int argc, char *const argv[],
              struct opt_rest *ret, struct wp_err *err)
{
    struct table t = {.count = 0};
    table_fill(&t, groups, group_count);
    int rc = read_environment(a, &t, err);
    struct wp_err later = {.code = WP_E_OK};
    bool seen[MAX_OPTS] = {false};
    *ret = (struct opt_rest){0};
    optind = 0;
    opterr = 0;
    for (;;) {
        int before = optind == 0 ? 1 : optind;
        int c = getopt_long(argc, argv, t.shorts, t.longs, NULL);
        if (c == -1) {
            break;
        }
        if (c == 'h') {
            ret->help = true;
            return rc;
        }
        const char *word = argv[WP_MAX(optind - 1, before)];
        if (take_option(a, &t, c, word, seen, rc < 0 ? &later : err) < 0) {
            rc = -1;
        }
    }
    ret->arg_count = (size_t)(argc - optind);
    ret->args = copy_args(a, &argv[optind], ret->arg_count);
    ret->given = names_given(a, &t, seen);
    return rc;
}
