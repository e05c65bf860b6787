/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies as objects: what they own, and a command line's demands as one rule (sign/policy.h). */
#include "base/mem.h"
#include "sign/policy-int.h"

#include <stdlib.h>

struct sig_owned {
    struct sig_owned *next;
    const char *path; /* of stores the key; NULL: was handed over, not loaded */
    struct sig_pub *pub;
    struct sig_root *root;
    struct sig_store *store;
};

/* The list that a path belongs to (FNV-1a). */
static struct sig_owned **list_of(struct sig_policy *p, const char *path)
{
    uint32_t h = 2166136261U;
    for (; path != NULL && *path != '\0'; path++) {
        h = (h ^ (uint8_t)*path) * 16777619U;
    }
    return &p->owned[h % WP_ARRAY_LEN(p->owned)];
}

WP_OWN struct sig_policy *sig_policy_new(const char *name)
{
    struct sig_policy *p = wp_xcalloc(1, sizeof(*p));
    p->name = wp_arena_str(&p->arena, name);
    p->folder = "";
    return p;
}

void sig_policy_free(WP_OWN struct sig_policy *p)
{
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(p->owned); i++) {
        for (struct sig_owned *o = p->owned[i]; o != NULL; o = o->next) {
            sig_pub_free(o->pub);
            sig_root_free(o->root);
            sig_store_free(o->store);
        }
    }
    wp_json_places_free(p->places);
    wp_json_free(p->doc);
    wp_arena_done(&p->arena);
    free(p);
}

void sig_policy_free_p(struct sig_policy **p)
{
    sig_policy_free(*p);
}

const char *sig_policy_name(const struct sig_policy *p)
{
    return p->name;
}

/* ---- what is owned ---- */

static struct sig_owned *own(struct sig_policy *p, const char *path)
{
    struct sig_owned *o = wp_arena_alloc(&p->arena, 1, sizeof(*o));
    struct sig_owned **list = list_of(p, path);
    o->path = path;
    o->next = *list;
    *list = o;
    return o;
}

void sig_policy_own_pub(struct sig_policy *p, WP_OWN struct sig_pub *pub)
{
    own(p, NULL)->pub = pub;
}

void sig_policy_own_root(struct sig_policy *p, WP_OWN struct sig_root *root)
{
    own(p, NULL)->root = root;
}

void sig_policy_own_store(struct sig_policy *p, const char *key, WP_OWN struct sig_store *store)
{
    own(p, key)->store = store;
}

const struct sig_store *sig_policy_store(struct sig_policy *p, const char *key)
{
    for (const struct sig_owned *o = *list_of(p, key); o != NULL; o = o->next) {
        if (o->store != NULL && o->path != NULL && wp_str_eq(o->path, key)) {
            return o->store;
        }
    }
    return NULL;
}

const char *sig_policy_path(struct sig_policy *p, const char *path)
{
    return path[0] == '/' ? wp_arena_str(&p->arena, path) : wp_arena_printf(&p->arena, "%s%s", p->folder, path);
}

static const char *place_text(const struct wp_json *at, struct wp_arena *a)
{
    struct wp_err err;
    wp_json_fail(at, &err, "%s", "");
    const char *end = strstr(err.msg, ": ");
    return wp_arena_strn(a, err.msg, end != NULL ? (size_t)(end - err.msg) : strlen(err.msg));
}

const char *sig_policy_where(struct sig_policy *p, const struct wp_json *at)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (p->places == NULL) {
        p->places = wp_json_places_new(p->doc);
    }
    wp_json_places_tell(p->places, at, &b);
    return wp_arena_str(&p->arena, b.ptr);
}

const char *sig_rule_where(const struct sig_policy *p, const struct sig_rule *r, struct wp_arena *a)
{
    if (r->where != NULL || p->doc == NULL || r < p->rules || r >= p->rules + p->rule_count) {
        return r->where != NULL ? r->where : p->name;
    }
    struct wp_json root = wp_json_root(p->doc);
    struct wp_json rules = wp_json_get(&root, "rules");
    struct wp_json at = wp_json_at(&rules, (size_t)(r - p->rules));
    return place_text(&at, a);
}

int sig_policy_fail_at(const struct wp_json *at, struct wp_err *err)
{
    struct wp_err why = *err;
    wp_json_fail(at, err, "%s", why.msg);
    return why.hint[0] != '\0' ? wp_hint(err, "%s", why.hint) : -1;
}

int sig_policy_pub(struct sig_policy *p, const struct wp_json *at, const char *path, const struct sig_pub **ret,
                   struct wp_err *err)
{
    const char *full = sig_policy_path(p, path);
    for (const struct sig_owned *o = *list_of(p, full); o != NULL; o = o->next) {
        if (o->pub != NULL && o->path != NULL && wp_str_eq(o->path, full)) {
            *ret = o->pub;
            return 0;
        }
    }
    struct sig_pub *pub = NULL;
    if (sig_pub_load(full, &pub, err) < 0) {
        return sig_policy_fail_at(at, err);
    }
    own(p, full)->pub = pub;
    *ret = pub;
    return 0;
}

int sig_policy_root(struct sig_policy *p, const struct wp_json *at, const char *path, const struct sig_root **ret,
                    struct wp_err *err)
{
    const char *full = sig_policy_path(p, path);
    for (const struct sig_owned *o = *list_of(p, full); o != NULL; o = o->next) {
        if (o->root != NULL && o->path != NULL && wp_str_eq(o->path, full)) {
            *ret = o->root;
            return 0;
        }
    }
    struct sig_root *root = NULL;
    if (sig_root_load(full, &root, err) < 0) {
        return sig_policy_fail_at(at, err);
    }
    own(p, full)->root = root;
    *ret = root;
    return 0;
}

unsigned sig_policy_choice(const struct wp_json *at, const char *key, const char *const *words)
{
    struct wp_json member = wp_json_get(at, key);
    struct wp_err err;
    const char *text = NULL;
    unsigned i = 0;
    if (wp_json_opt_str(&member, &text, &err) < 0 || text == NULL) {
        return 0;
    }
    while (words[i] != NULL && !wp_str_eq(words[i], text)) {
        i++;
    }
    return i;
}

void sig_rule_need_all(struct sig_policy *p, struct sig_rule *r)
{
    struct sig_group *groups = wp_arena_alloc(&p->arena, r->need_count + 1, sizeof(*groups));
    size_t *places = wp_arena_alloc(&p->arena, r->need_count + 1, sizeof(*places));
    for (size_t i = 0; i < r->need_count; i++) {
        places[i] = i;
        groups[i] = (struct sig_group){.needs = &places[i], .count = 1};
    }
    r->groups = groups;
    r->group_count = r->need_count;
}

/* ---- the demands of a command line ---- */

static const struct sig_rule *find_fallback(const struct sig_policy *p, const struct sig_question *q,
                                            const char **ret_scope)
{
    (void)q;
    *ret_scope = NULL;
    return &p->fallback;
}

static bool same_key(const struct sig_demand *a, const struct sig_demand *b)
{
    return a->key != NULL && b->key != NULL && wp_str_eq(sig_pub_facts(a->key)->id, sig_pub_facts(b->key)->id);
}

static int check_threshold(const struct sig_demand *demands, size_t n, unsigned threshold, struct wp_err *err)
{
    if (n == 0) {
        return wp_fail(err, WP_E_USAGE, "nobody is named whose signature would do");
    }
    if (threshold == 0) {
        return wp_fail(err, WP_E_USAGE, "a threshold of 0 would accept what nobody signed");
    }
    if (threshold > n) {
        wp_fail(err, WP_E_USAGE, "%u signers are asked for, but only %zu %s named", threshold, n,
                n == 1 ? "is" : "are");
        return wp_hint(err, "name more of them, or ask for %zu", n);
    }
    for (size_t i = 0; threshold > 1 && i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (same_key(&demands[i], &demands[k])) {
                return wp_fail(err, WP_E_USAGE, "'%s' and '%s' are the same key: it would count once", demands[k].name,
                               demands[i].name);
            }
        }
    }
    return 0;
}

int sig_policy_of(const struct sig_demand *demands, size_t n, unsigned threshold, WP_OWN struct sig_policy **ret,
                  struct wp_err *err)
{
    if (check_threshold(demands, n, threshold, err) < 0) {
        return -1;
    }
    struct sig_policy *p = sig_policy_new("the command line");
    struct sig_need *need = wp_arena_alloc(&p->arena, 1, sizeof(*need));
    need->demands = wp_arena_alloc(&p->arena, n, sizeof(*need->demands));
    memcpy(need->demands, demands, n * sizeof(*demands));
    need->demand_count = n;
    need->threshold = threshold;
    p->fallback = (struct sig_rule){.needs = need, .need_count = 1};
    sig_rule_need_all(p, &p->fallback);
    p->find = find_fallback;
    *ret = p;
    return 0;
}
