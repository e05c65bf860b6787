/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs one file of the public suites: run-suite [--watch] FEATURES FILE.json. Every command is executed in one store
 * (--watch: and every call is watched, which must change nothing); each
 * assertion that does not hold is a line "FILE:LINE: what was expected and found" on standard output. The last line is
 * "COUNT TYPE=RIGHT/ALL … fuel=N/0". Binaries that have to be refused are not its business: run.py judges those. Status
 * 1 when something was wrong. */
#include "base/buf.h"
#include "runtime-min/scan.h"
#include "tests/spec/suite.h"

#include <libgen.h>
#include <stdio.h>

enum { NAMES_MAX = 4096, DEADLINE_MS = 300000 };

struct loaded {
    struct wp_buf bytes;
    struct wrt_binary *binary;
};
struct named {
    char *name; /* owned; NULL: none */
    struct wrt_instance *instance;
};

/* What the suite counts as an assertion, and commands that only have to work. */
#define TYPES(X)             \
    X(assert_return)         \
    X(assert_trap)           \
    X(assert_exhaustion)     \
    X(assert_exception)      \
    X(assert_unlinkable)     \
    X(assert_uninstantiable) \
    X(module)                \
    X(action)
enum type {
#define TYPE_ENUM(name) TYPE_##name,
    TYPES(TYPE_ENUM)
#undef TYPE_ENUM
        TYPE_COUNT
};
static const char *const type_names[] = {
#define TYPE_NAME(name) #name,
    TYPES(TYPE_NAME)
#undef TYPE_NAME
};

struct suite {
    const char *path;
    char folder[SUITE_TEXT];
    struct wrt_store *store;
    struct suite_host host;
    uint64_t features;
    struct loaded *loaded; /* all that live: their bytes are the store's */
    size_t loaded_count;
    const struct wrt_module *definition; /* the last one defined */
    struct named definitions[NAMES_MAX]; /* name only; the module stands beside */
    const struct wrt_module *defined[NAMES_MAX];
    size_t definition_count;
    struct named instances[NAMES_MAX], registered[NAMES_MAX];
    size_t instance_count, registered_count;
    struct wrt_instance *last;
    unsigned right[TYPE_COUNT], all[TYPE_COUNT];
    long long line;
    bool wrong; /* of the command */
    bool watched;
    long long depth; /* calls entered and not left, as the watch has it */
    uint64_t seen_fuel;
    bool backwards;
    bool in_text;  /* the module is text, which nobody assembled: what follows about it is passed over */
    uint64_t fuel; /* of all that ran, but calls until the stack was used up: how deep that is is not the standard's */
    struct wrt_outcome out;
    uint64_t slots[SUITE_SLOTS];
};

static void WP_PRINTF(2, 3) wrong(struct suite *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    printf("%s:%lld: ", s->path, s->line);
    vprintf(fmt, args);
    putchar('\n');
    va_end(args);
    s->wrong = true;
}

static const char *text_of(const json_t *command, const char *key)
{
    const char *text = json_string_value(json_object_get(command, key));
    return text ? text : "";
}

/* ---- names ---- */

static void remember(struct named *list, size_t *count, const char *name, struct wrt_instance *instance)
{
    if (*count < NAMES_MAX) {
        list[*count].name = strdup(name);
        list[(*count)++].instance = instance;
    }
}

static struct wrt_instance *find(const struct named *list, size_t count, const char *name, size_t len)
{
    for (size_t i = count; i-- > 0;) {
        if (list[i].name && strlen(list[i].name) == len && memcmp(list[i].name, name, len) == 0) {
            return list[i].instance;
        }
    }
    return NULL;
}

static struct wrt_instance *instance_named(const struct suite *s, const char *name)
{
    return name[0] == '\0' ? s->last : find(s->instances, s->instance_count, name, strlen(name));
}

static int import(void *arg, const struct wrt_module *m WP_UNUSED, const struct wrt_import *x, struct wrt_value *ret,
                  struct wp_err *err)
{
    struct suite *s = arg;
    const char *module = (const char *)x->module.ptr;
    if (x->module.len == 8 && memcmp(module, "spectest", 8) == 0 && suite_host_find(&s->host, x->name, ret)) {
        return 0;
    }
    struct wrt_instance *i = find(s->registered, s->registered_count, module, x->module.len);
    if (i && wrt_instance_export(i, x->name, ret)) {
        return 0;
    }
    return wp_fail(err, WP_E_NOT_FOUND, "unknown import");
}

/* ---- modules ---- */

static bool read_file(const char *path, struct wp_buf *b)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        return false;
    }
    char chunk[65536];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
        wp_buf_add(b, chunk, n);
    }
    bool whole = ferror(f) == 0;
    return fclose(f) == 0 && whole;
}

/* NULL: said what is wrong. */
static const struct wrt_module *load(struct suite *s, const json_t *command)
{
    char path[2 * SUITE_TEXT];
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_options options = {.features = s->features, .types = wrt_store_types(s->store)};
    struct loaded *l = &s->loaded[s->loaded_count++];
    snprintf(path, sizeof(path), "%s/%s", s->folder, text_of(command, "filename"));
    if (!read_file(path, &l->bytes)) {
        wrong(s, "cannot read %s", path);
        return NULL;
    }
    if (wrt_load(wp_buf_span(&l->bytes), &options, &l->binary, NULL, &err) < 0) {
        wrong(s, "%s refused: %s", path, err.msg);
        return NULL;
    }
    return wrt_binary_module(l->binary);
}

static void instantiate(struct suite *s, const struct wrt_module *m, const char *name)
{
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_instance *i = NULL;
    s->last = NULL;
    if (wrt_instantiate(s->store, m, import, s, &i, &s->out, &err) < 0) {
        wrong(s, "not instantiated: %s", err.msg);
        return;
    }
    if (s->out.stop != WRT_STOP_NONE) {
        wrong(s, "not instantiated: %s %s", wrt_stop_text(s->out.stop), s->out.detail);
        return;
    }
    s->last = i;
    if (name[0] != '\0') {
        remember(s->instances, &s->instance_count, name, i);
    }
}

static void module(struct suite *s, const json_t *command)
{
    const struct wrt_module *m = load(s, command);
    if (m) {
        instantiate(s, m, text_of(command, "name"));
    }
}

static void module_definition(struct suite *s, const json_t *command)
{
    const struct wrt_module *m = load(s, command);
    if (m && s->definition_count < NAMES_MAX) {
        s->definition = m;
        s->defined[s->definition_count] = m;
        remember(s->definitions, &s->definition_count, text_of(command, "name"), NULL);
    }
}

static void module_instance(struct suite *s, const json_t *command)
{
    const char *name = text_of(command, "module");
    const struct wrt_module *m = s->definition;
    for (size_t i = 0; name[0] != '\0' && i < s->definition_count; i++) {
        m = wp_str_eq(s->definitions[i].name, name) ? s->defined[i] : m;
    }
    if (!m) {
        wrong(s, "no such definition: %s", name);
        return;
    }
    instantiate(s, m, text_of(command, "instance"));
}

static void register_as(struct suite *s, const json_t *command)
{
    struct wrt_instance *i = instance_named(s, text_of(command, "name"));
    if (!i) {
        wrong(s, "no instance to register as %s", text_of(command, "as"));
        return;
    }
    remember(s->registered, &s->registered_count, text_of(command, "as"), i);
}

/* One text begins as the other does: ours may name more, theirs may name the element. */
static bool same_words(const char *expected, const char *found)
{
    return wp_str_starts(found, expected) || wp_str_starts(expected, found);
}

static void assert_unlinkable(struct suite *s, const json_t *command)
{
    const struct wrt_module *m = load(s, command);
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_instance *i;
    if (!m) {
        return;
    }
    if (wrt_instantiate(s->store, m, import, s, &i, &s->out, &err) == 0) {
        wrong(s, "expected '%s', it was instantiated", text_of(command, "text"));
    } else if (!wp_str_starts(err.msg, text_of(command, "text"))) {
        wrong(s, "expected '%s', found '%s'", text_of(command, "text"), err.msg);
    }
}

static void assert_uninstantiable(struct suite *s, const json_t *command)
{
    const struct wrt_module *m = load(s, command);
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_instance *i;
    const char *text = text_of(command, "text");
    if (!m) {
        return;
    }
    if (wrt_instantiate(s->store, m, import, s, &i, &s->out, &err) < 0) {
        wrong(s, "expected the trap '%s', found '%s'", text, err.msg);
    } else if (s->out.stop == WRT_STOP_NONE || i != NULL) {
        wrong(s, "expected the trap '%s', it was instantiated", text);
    } else if (!same_words(text, wrt_stop_text(s->out.stop))) {
        wrong(s, "expected the trap '%s', found '%s'", text, wrt_stop_text(s->out.stop));
    }
}

/* ---- actions ---- */

static void invoke(struct suite *s, const json_t *action, struct wrt_func *f)
{
    size_t index;
    const json_t *value;
    uint32_t used = 0;
    const struct wrt_deftype *d = wrt_deftype(wrt_store_types(s->store), wrt_func_type(f));
    json_array_foreach(json_object_get(action, "args"), index, value)
    {
        uint32_t more = used + 2 < SUITE_SLOTS ? suite_argument(value, &s->slots[used]) : 0;
        if (more == 0) {
            wrong(s, "an argument that is not understood");
            return;
        }
        used += more;
    }
    if (used != wrt_slots_of(d->as.func.params, d->as.func.param_count)) {
        wrong(s, "%u slots of arguments for another number of parameters", used);
        return;
    }
    wrt_call(s->store, f, s->slots, &s->out);
}

/* Leaves the outcome, results in slots; their types. -1: said what is wrong. */
static int act(struct suite *s, const json_t *command, const uint32_t **ret_types, uint32_t *ret_count)
{
    const json_t *action = json_object_get(command, "action");
    const struct wrt_instance *i = instance_named(s, text_of(action, "module"));
    const json_t *field = json_object_get(action, "field");
    struct wrt_value v;
    static uint32_t global_type;
    if (!i || !wrt_instance_export(i, wp_span(json_string_value(field), json_string_length(field)), &v)) {
        wrong(s, "no such %s: '%s'", i ? "export" : "instance", text_of(action, "field"));
        return -1;
    }
    memset(&s->out, 0, sizeof(s->out));
    if (wp_str_eq(text_of(action, "type"), "get")) {
        bool mut;
        wrt_global_get(v.as.global, s->slots);
        global_type = wrt_global_type(v.as.global, &mut);
        *ret_types = &global_type;
        *ret_count = 1;
        return 0;
    }
    const struct wrt_deftype *d = wrt_deftype(wrt_store_types(s->store), wrt_func_type(v.as.func));
    *ret_types = d->as.func.results;
    *ret_count = d->as.func.result_count;
    invoke(s, action, v.as.func);
    return s->wrong ? -1 : 0;
}

static void found_wrong(struct suite *s, const json_t *command, const uint32_t *types, uint32_t n)
{
    char found[SUITE_TEXT];
    char *expected = json_dumps(json_object_get(command, "expected"), JSON_COMPACT);
    suite_text(types, n, s->slots, found, sizeof(found));
    wrong(s, "%s: expected %s, found %s", text_of(json_object_get(command, "action"), "field"), expected, found);
    free(expected);
}

static void assert_return(struct suite *s, const json_t *command)
{
    const uint32_t *types;
    uint32_t n, at = 0;
    size_t index;
    const json_t *expected = json_object_get(command, "expected"), *value;
    if (act(s, command, &types, &n) < 0) {
        return;
    }
    if (s->out.stop != WRT_STOP_NONE) {
        wrong(s, "%s: expected to return, found '%s' %s", text_of(json_object_get(command, "action"), "field"),
              wrt_stop_text(s->out.stop), s->out.detail);
        return;
    }
    bool right = json_array_size(expected) == n;
    json_array_foreach(expected, index, value)
    {
        uint32_t used = 1;
        right = right && suite_expected(s->store, value, &s->slots[at], &used);
        at += used;
    }
    if (!right) {
        found_wrong(s, command, types, n);
    }
}

static void check_trace(struct suite *s)
{
    char problem[SUITE_TEXT];
    if (!suite_trace(&s->out, problem, sizeof(problem))) {
        wrong(s, "'%s': %s", wrt_stop_text(s->out.stop), problem);
    }
}

static void assert_stop(struct suite *s, const json_t *command, enum type type)
{
    const uint32_t *types;
    uint32_t n;
    const char *text = type == TYPE_assert_exception ? wrt_stop_text(WRT_STOP_EXCEPTION) : text_of(command, "text");
    if (act(s, command, &types, &n) < 0) {
        return;
    }
    if (s->out.stop == WRT_STOP_NONE) {
        wrong(s, "%s: expected '%s', it returned", text_of(json_object_get(command, "action"), "field"), text);
    } else if (!same_words(text, wrt_stop_text(s->out.stop))) {
        wrong(s, "%s: expected '%s', found '%s' %s", text_of(json_object_get(command, "action"), "field"), text,
              wrt_stop_text(s->out.stop), s->out.detail);
    } else {
        check_trace(s);
    }
}

static void action(struct suite *s, const json_t *command)
{
    const uint32_t *types;
    uint32_t n;
    if (act(s, command, &types, &n) == 0 && s->out.stop != WRT_STOP_NONE) {
        wrong(s, "expected to return, found '%s' %s", wrt_stop_text(s->out.stop), s->out.detail);
    }
}

/* ---- commands ---- */

static void execute(struct suite *s, const json_t *command, enum type type)
{
    switch (type) {
    case TYPE_assert_return:
        assert_return(s, command);
        break;
    case TYPE_assert_unlinkable:
        assert_unlinkable(s, command);
        break;
    case TYPE_assert_uninstantiable:
        assert_uninstantiable(s, command);
        break;
    case TYPE_module:
        module(s, command);
        break;
    case TYPE_action:
        action(s, command);
        break;
    default:
        assert_stop(s, command, type);
        break;
    }
}

static void look(struct suite *s, uint64_t fuel, int more)
{
    s->depth += more;
    s->backwards = s->backwards || fuel < s->seen_fuel;
    s->seen_fuel = fuel;
}

static void enter(void *arg, const struct wrt_func *func WP_UNUSED, const uint64_t *slots WP_UNUSED, uint64_t fuel)
{
    look(arg, fuel, 1);
}

static void leave(void *arg, const struct wrt_func *func WP_UNUSED, const uint64_t *slots WP_UNUSED, uint64_t fuel)
{
    look(arg, fuel, -1);
}

/* What was called is left again, unless it stopped; fuel only grows. */
static void check_watch(struct suite *s)
{
    if (s->out.stop == WRT_STOP_NONE && s->depth != 0) {
        wrong(s, "%lld calls were entered and not left", s->depth);
    }
    if (s->backwards || s->seen_fuel > wrt_store_fuel(s->store)) {
        wrong(s, "the watch saw fuel go back: %llu, then %llu", (unsigned long long)s->seen_fuel,
              (unsigned long long)wrt_store_fuel(s->store));
    }
    s->depth = 0;
    s->seen_fuel = 0;
    s->backwards = false;
}

static void measured(struct suite *s, const json_t *command, enum type type)
{
    uint64_t before = wrt_store_fuel(s->store);
    memset(&s->out, 0, sizeof(s->out));
    execute(s, command, type);
    check_watch(s);
    s->fuel += s->out.stop == WRT_STOP_CALL_STACK ? 0 : wrt_store_fuel(s->store) - before;
    s->all[type]++;
    s->right[type] += !s->wrong;
}

/* Does the command need a module that is not here? */
static bool passed_over(struct suite *s, const json_t *command, const char *type)
{
    const char *file = text_of(command, "filename");
    if (wp_str_eq(type, "module")) {
        size_t len = strlen(file);
        s->in_text = len > 4 && wp_str_eq(file + len - 4, ".wat");
    }
    return s->in_text && text_of(json_object_get(command, "action"), "module")[0] == '\0';
}

static void one_command(struct suite *s, const json_t *command)
{
    const char *name = text_of(command, "type");
    if (passed_over(s, command, name)) {
        return;
    }
    s->line = json_integer_value(json_object_get(command, "line"));
    s->wrong = false;
    for (unsigned type = 0; type < TYPE_COUNT; type++) {
        if (wp_str_eq(type_names[type], name)) {
            measured(s, command, (enum type)type);
            return;
        }
    }
    if (wp_str_eq(name, "register")) {
        register_as(s, command);
    } else if (wp_str_eq(name, "module_definition")) {
        module_definition(s, command);
    } else if (wp_str_eq(name, "module_instance")) {
        module_instance(s, command);
    } else if (!wp_str_eq(name, "assert_invalid") && !wp_str_eq(name, "assert_malformed")) {
        wrong(s, "a command that is not known: %s", name);
    } else {
        return;
    }
    s->all[TYPE_action]++;
    s->right[TYPE_action] += !s->wrong;
}

static bool report(const struct suite *s)
{
    bool whole = true;
    printf("COUNT");
    for (unsigned type = 0; type < TYPE_COUNT; type++) {
        printf(" %s=%u/%u", type_names[type], s->right[type], s->all[type]);
        whole = whole && s->right[type] == s->all[type];
    }
    printf(" fuel=%llu/0\n", (unsigned long long)s->fuel);
    return whole;
}

static void done(struct suite *s)
{
    wrt_store_free(s->store);
    for (size_t i = 0; i < s->loaded_count; i++) {
        wrt_binary_free(s->loaded[i].binary);
        wp_buf_done(&s->loaded[i].bytes);
    }
    for (size_t i = 0; i < s->instance_count; i++) {
        free(s->instances[i].name);
    }
    for (size_t i = 0; i < s->registered_count; i++) {
        free(s->registered[i].name);
    }
    for (size_t i = 0; i < s->definition_count; i++) {
        free(s->definitions[i].name);
    }
    free(s->loaded);
    free(s);
}

static int run(struct suite *s, const json_t *commands)
{
    /* Room for what single modules of the suite ask for. */
    const struct wrt_budget budget = {.memory = UINT64_C(16) << 30, .tables = 200000000, .deadline_ms = DEADLINE_MS};
    struct wp_err err = {.code = WP_E_OK};
    size_t index;
    const json_t *command;
    const struct wrt_watch watch = {.enter = enter, .leave = leave, .arg = s};
    if (wrt_store_new(&budget, s->watched ? &watch : NULL, &s->store, &err) < 0 ||
        suite_host_init(&s->host, s->store, &err) < 0) {
        printf("%s: no store: %s\n", s->path, err.msg);
        return 1;
    }
    json_array_foreach(commands, index, command)
    {
        one_command(s, command);
    }
    return report(s) ? 0 : 1;
}

int main(int argc, char **argv)
{
    json_error_t problem;
    struct wp_err err = {.code = WP_E_OK};
    bool watched = argc == 4 && wp_str_eq(argv[1], "--watch");
    if (argc != 3 + watched) {
        fprintf(stderr, "usage: run-suite [--watch] FEATURES FILE.json\n");
        return 2;
    }
    const char *features = argv[1 + watched], *path = argv[2 + watched];
    json_t *file = json_load_file(path, JSON_ALLOW_NUL, &problem);
    struct suite *s = calloc(1, sizeof(*s));
    if (!file || !s || wrt_features_parse(features, &s->features, &err) != 0) {
        fprintf(stderr, "%s: %s\n", path, file ? err.msg : problem.text);
        return 2;
    }
    s->watched = watched;
    const json_t *commands = json_object_get(file, "commands");
    s->path = path;
    snprintf(s->folder, sizeof(s->folder), "%s", path);
    dirname(s->folder);
    s->loaded = calloc(json_array_size(commands) + 1, sizeof(*s->loaded));
    int status = s->loaded ? run(s, commands) : 2;
    done(s);
    json_decref(file);
    return status;
}
