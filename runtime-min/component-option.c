/* SPDX-License-Identifier: Apache-2.0
 *
 * Options of canonical definitions (component-model Binary.md, "Canonical Definitions", CanonicalABI.md, "canonopt
 * Validation"). */
#include "runtime-min/component-canon.h"

static const char *const option_words[] = {"utf8",        "utf16", "latin1-utf16", "memory",    "realloc",
                                           "post-return", "async", "callback",     "core-type", "gc"};

enum { OPT_LATIN1 = 2, OPT_MEMORY, OPT_REALLOC, OPT_POST_RETURN, OPT_ASYNC, OPT_CALLBACK, OPT_CORE_TYPE, OPT_GC };

int canon_memory(struct canon *k, uint32_t index, struct wp_err *err)
{
    struct scope *s = k->s;
    if (comp_at_index(s, &s->core_memories, "memory", index, k->at, err) < 0) {
        return -1;
    }
    const struct wrt_limits *l = &((const struct wrt_mitem *)s->core_memories.items)[index].limits;
    if (l->is64 && comp_need(s->l, WRT_F_CM64, k->at, "a 64-bit memory for a component", err) < 0) {
        return -1;
    }
    if (l->shared) {
        return comp_fail(s->l, k->at, err, "mismatch in the shared flag for memories: it must not be shared");
    }
    k->c.memory = index;
    k->c.is64 = l->is64;
    return 0;
}

static int one_option(struct canon *k, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct scope *s = k->s;
    uint32_t *const places[] = {[OPT_MEMORY] = &k->c.memory,
                                [OPT_REALLOC] = &k->c.realloc,
                                [OPT_POST_RETURN] = &k->c.post_return,
                                [OPT_CALLBACK] = &k->c.callback};
    uint8_t option;
    if (wp_wasm_byte(c, &option, err) < 0) {
        return -1;
    }
    if (option > OPT_GC) {
        return comp_leading(c, "canonical option", err);
    }
    if (option <= OPT_LATIN1) {
        if (k->has_encoding) {
            return comp_fail(s->l, k->at, err, "canonical encoding option '%s' conflicts with option '%s'",
                             option_words[k->c.encoding], option_words[option]);
        }
        k->has_encoding = true;
        k->c.encoding = (enum wrt_string_encoding)option;
        return 0;
    }
    if (option >= OPT_CORE_TYPE) {
        return comp_fail(s->l, k->at, err, "canonical option '%s' needs the feature 'cm-gc', which is not supported",
                         option_words[option]);
    }
    bool again = option == OPT_ASYNC ? k->c.async : *places[option] != WRT_NO_INDEX;
    if (again) {
        return comp_fail(s->l, k->at, err, "canonical option '%s' is specified more than once", option_words[option]);
    }
    if (option == OPT_ASYNC) {
        k->c.async = true;
        return comp_need(s->l, WRT_F_CM_ASYNC, k->at, "canonical option 'async'", err);
    }
    if (wp_wasm_u32(c, places[option], err) < 0) {
        return -1;
    }
    return option == OPT_MEMORY ? canon_memory(k, k->c.memory, err) : 0;
}

int canon_func_at(const struct canon *k, uint32_t index, const struct wrt_deftype **ret, struct wp_err *err)
{
    uint32_t id;
    if (comp_id_at(k->s, &k->s->core_funcs, "core function", index, k->at, &id, err) < 0) {
        return -1;
    }
    *ret = wrt_deftype(k->s->l->core, id);
    return 0;
}

static bool all_are(const uint32_t *types, uint32_t count, uint32_t want, uint32_t type)
{
    bool same = count == want;
    for (uint32_t i = 0; i < count && same; i++) {
        same = types[i] == type;
    }
    return same;
}

int canon_check_helper(struct canon *k, uint32_t index, const char *word, uint32_t params, uint32_t type,
                       struct wp_err *err)
{
    const struct wrt_deftype *t;
    if (canon_func_at(k, index, &t, err) < 0) {
        return -1;
    }
    bool fits = all_are(t->as.func.params, t->as.func.param_count, params, type) &&
                all_are(t->as.func.results, t->as.func.result_count, 1, type);
    return fits ? 0
                : comp_fail(k->s->l, k->at, err,
                            "canonical option '%s' uses a core function with an incorrect signature", word);
}

int canon_options(struct canon *k, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t count;
    if (wrt_read_count(c, "canonical options", 0, WP_ARRAY_LEN(option_words), 1, &count, err) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (one_option(k, c, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int canon_check_options(struct canon *k, struct wp_err *err)
{
    const struct cload *l = k->s->l;
    if (!k->c.async && k->c.callback != WRT_NO_INDEX) {
        return comp_fail(l, k->at, err, "cannot specify callback without async");
    }
    if (k->c.async && k->c.post_return != WRT_NO_INDEX) {
        return comp_fail(l, k->at, err, "cannot specify post-return function in async");
    }
    if (k->c.realloc == WRT_NO_INDEX) {
        return 0;
    }
    if (k->c.memory == WRT_NO_INDEX) {
        return comp_fail(l, k->at, err, "canonical option 'realloc' requires 'memory' to also be specified");
    }
    return canon_check_helper(k, k->c.realloc, "realloc", 4, canon_pointer(k), err);
}

int canon_check_lower(const struct canon *k, struct wp_err *err)
{
    const char *word = k->c.post_return != WRT_NO_INDEX ? "post-return"
                       : k->c.callback != WRT_NO_INDEX  ? "callback"
                                                        : NULL;
    return word == NULL
               ? 0
               : comp_fail(k->s->l, k->at, err, "canonical option '%s' cannot be specified for lowerings", word);
}

int canon_need_memory(const struct canon *k, struct wp_err *err)
{
    return k->c.memory != WRT_NO_INDEX ? 0 : comp_fail(k->s->l, k->at, err, "canonical option 'memory' is required");
}

int canon_need_realloc(const struct canon *k, struct wp_err *err)
{
    if (canon_need_memory(k, err) < 0) {
        return -1;
    }
    return k->c.realloc != WRT_NO_INDEX ? 0 : comp_fail(k->s->l, k->at, err, "canonical option 'realloc' is required");
}
