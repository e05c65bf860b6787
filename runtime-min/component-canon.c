/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical definitions (component-model Binary.md, "Canonical Definitions", CanonicalABI.md): lifted and lowered
 * functions. The built-in ones are in component-builtin.c. */
#include "runtime-min/component-canon.h"

#include <stdio.h>

/* ---- signatures ---- */

int canon_push(struct canon *k, const struct sig *g, struct wp_err *err)
{
    struct cload *l = k->s->l;
    if (wrt_types_func(l->core, g->params, g->param_count, g->results, g->result_count, &k->c.core_type, err) < 0) {
        return -1;
    }
    return comp_push_id(k->s, &k->s->core_funcs, "core functions", WP_LIMIT_WASM_COMPONENT_ITEMS, k->c.core_type, k->at,
                        err);
}

static void add_flat(const struct canon *k, const struct wrt_ctype *t, uint32_t *to, uint32_t *count)
{
    for (uint32_t i = 0; i < t->flat; i++) {
        to[(*count)++] = comp_flat_at(t, i, k->c.is64);
    }
}

enum { MOST_PARAMS = 16, MOST_ASYNC_PARAMS = 4 };

static int flatten_params(const struct canon *k, const struct wrt_ctype *params, bool lift, struct sig *g,
                          struct wp_err *err)
{
    uint32_t most = !lift && k->c.async ? MOST_ASYNC_PARAMS : MOST_PARAMS;
    bool over = params->flat > most;
    if (lift && (over || params->has_pointer) && canon_need_realloc(k, err) < 0) {
        return -1;
    }
    if (!lift && (over || params->has_pointer) && canon_need_memory(k, err) < 0) {
        return -1;
    }
    if (over) {
        g->params[g->param_count++] = canon_pointer(k);
    } else {
        add_flat(k, params, g->params, &g->param_count);
    }
    return 0;
}

static int flatten_lifted_async(const struct canon *k, const struct wrt_ctype *result, struct sig *g,
                                struct wp_err *err)
{
    if ((result->flat > MOST_PARAMS || result->has_pointer) && canon_need_memory(k, err) < 0) {
        return -1;
    }
    if (k->c.callback != WRT_NO_INDEX) {
        g->results[g->result_count++] = WRT_I32;
    }
    return 0;
}

int canon_flatten(const struct canon *k, const struct wrt_ctype *params, uint32_t result_type, bool lift,
                  struct sig *ret, struct wp_err *err)
{
    struct sig g = {.param_count = 0};
    struct wrt_ctype result = {.flat = 0};
    bool some = result_type != WRT_V_NONE;
    if (flatten_params(k, params, lift, &g, err) < 0) {
        return -1;
    }
    if (some) {
        comp_value_props(k->s->l, result_type, &result);
    }
    if (!lift && result.has_pointer && canon_need_realloc(k, err) < 0) {
        return -1;
    }
    bool in_memory = k->c.async ? some : result.flat > 1;
    if (lift && k->c.async) {
        if (flatten_lifted_async(k, &result, &g, err) < 0) {
            return -1;
        }
    } else if (in_memory) {
        if (canon_need_memory(k, err) < 0) {
            return -1;
        }
        uint32_t *place = lift ? &g.results[g.result_count++] : &g.params[g.param_count++];
        *place = canon_pointer(k);
    } else {
        add_flat(k, &result, g.results, &g.result_count);
    }
    if (!lift && k->c.async) {
        g.results[g.result_count++] = WRT_I32;
    }
    *ret = g;
    return 0;
}

/* "[I32 I64]" */
static void list_text(const uint32_t *types, uint32_t count, char *out, size_t room)
{
    size_t len = (size_t)snprintf(out, room, "[");
    for (uint32_t i = 0; i < count && len + 24 < room; i++) {
        char text[40];
        wrt_type_text(types[i], text, sizeof(text));
        len += (size_t)snprintf(out + len, room - len, "%s%.16s", i > 0 ? " " : "", text);
    }
    snprintf(out + len, room - len, "]");
}

static int check_list(const struct canon *k, const char *what, const uint32_t *want, uint32_t want_count,
                      const uint32_t *have, uint32_t have_count, struct wp_err *err)
{
    if (want_count == have_count && memcmp(want, have, want_count * sizeof(*want)) == 0) {
        return 0;
    }
    char a[200], b[200];
    list_text(want, want_count, a, sizeof(a));
    list_text(have, have_count, b, sizeof(b));
    return comp_fail(k->s->l, k->at, err, "lowered %s types '%s' do not match %s types '%s' of core function %u", what,
                     a, what, b, k->c.func);
}

/* ---- lift and lower ---- */

static int check_post_return(struct canon *k, const struct wrt_deftype *core, struct wp_err *err)
{
    const struct wrt_deftype *t;
    if (k->c.post_return == WRT_NO_INDEX) {
        return 0;
    }
    if (canon_func_at(k, k->c.post_return, &t, err) < 0) {
        return -1;
    }
    uint32_t count = core->as.func.result_count;
    bool fits = t->as.func.result_count == 0 && t->as.func.param_count == count &&
                (count == 0 || memcmp(t->as.func.params, core->as.func.results, count * sizeof(uint32_t)) == 0);
    return fits ? 0
                : comp_fail(k->s->l, k->at, err,
                            "canonical option 'post-return' uses a core function with an incorrect signature");
}

static int check_lift(struct canon *k, const struct wrt_deftype *core, struct wp_err *err)
{
    if (check_post_return(k, core, err) < 0) {
        return -1;
    }
    if (!k->c.async) {
        return 0;
    }
    return k->c.callback == WRT_NO_INDEX
               ? comp_need(k->s->l, WRT_F_CM_ASYNC_STACKFUL, k->at, "an async function without callback", err)
               : canon_check_helper(k, k->c.callback, "callback", 3, WRT_I32, err);
}

static int check_async(const struct canon *k, const struct wrt_ctype *func, struct wp_err *err)
{
    return k->c.async && !func->async
               ? comp_fail(k->s->l, k->at, err, "the 'async' canonical option requires an async function type")
               : 0;
}

static int lift(struct canon *k, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct scope *s = k->s;
    uint8_t sort;
    uint32_t index;
    if (wp_wasm_byte(c, &sort, err) < 0) {
        return -1;
    }
    if (sort != 0) {
        return comp_leading(c, "canonical function lift", err);
    }
    if (wp_wasm_u32(c, &k->c.func, err) < 0 || canon_options(k, c, err) < 0 || wp_wasm_u32(c, &index, err) < 0 ||
        comp_id_at(s, &s->types, "type", index, k->at, &k->c.type, err) < 0) {
        return -1;
    }
    const struct wrt_ctype func = *wrt_ctype(s->l->types, k->c.type);
    const struct wrt_deftype *core;
    struct sig g;
    if (func.kind != WRT_T_FUNC) {
        return comp_fail(s->l, k->at, err, "type index %u is not a function type", index);
    }
    if (canon_func_at(k, k->c.func, &core, err) < 0 || canon_check_options(k, err) < 0 ||
        check_lift(k, core, err) < 0 || check_async(k, &func, err) < 0 ||
        canon_flatten(k, &func, func.as.list.result, true, &g, err) < 0 ||
        check_list(k, "parameter", g.params, g.param_count, core->as.func.params, core->as.func.param_count, err) < 0 ||
        check_list(k, "result", g.results, g.result_count, core->as.func.results, core->as.func.result_count, err) <
            0) {
        return -1;
    }
    k->c.core_type = ((const uint32_t *)s->core_funcs.items)[k->c.func];
    return comp_push_id(s, &s->funcs, "functions", WP_LIMIT_WASM_COMPONENT_ITEMS, k->c.type, k->at, err);
}

static int lower(struct canon *k, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct scope *s = k->s;
    uint8_t sort;
    struct sig g;
    if (wp_wasm_byte(c, &sort, err) < 0) {
        return -1;
    }
    if (sort != 0) {
        return comp_leading(c, "canonical function lower", err);
    }
    if (wp_wasm_u32(c, &k->c.func, err) < 0 || canon_options(k, c, err) < 0 ||
        comp_id_at(s, &s->funcs, "function", k->c.func, k->at, &k->c.type, err) < 0) {
        return -1;
    }
    const struct wrt_ctype func = *wrt_ctype(s->l->types, k->c.type);
    if (canon_check_options(k, err) < 0 || canon_check_lower(k, err) < 0 || check_async(k, &func, err) < 0 ||
        canon_flatten(k, &func, func.as.list.result, false, &g, err) < 0) {
        return -1;
    }
    return canon_push(k, &g, err);
}

int comp_read_canon(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct canon k = {.s = s,
                      .at = c->p,
                      .c = {.core_type = WRT_NO_INDEX,
                            .memory = WRT_NO_INDEX,
                            .realloc = WRT_NO_INDEX,
                            .post_return = WRT_NO_INDEX,
                            .callback = WRT_NO_INDEX,
                            .core_type_option = WRT_NO_INDEX}};
    uint8_t lead;
    if (wp_wasm_byte(c, &lead, err) < 0) {
        return -1;
    }
    k.c.kind = (enum wrt_canon_kind)lead;
    int rc = lead == WRT_CANON_LIFT    ? lift(&k, c, err)
             : lead == WRT_CANON_LOWER ? lower(&k, c, err)
                                       : canon_builtin(&k, c, err);
    if (rc < 0) {
        return -1;
    }
    struct wrt_canon *place = wrt_vec_add(s->l->mem, &s->canons, sizeof(*place), err);
    if (place == NULL) {
        return -1;
    }
    *place = k.c;
    return 0;
}
