/* SPDX-License-Identifier: Apache-2.0
 *
 * wpack-policy.json: rules and their scopes (wpack-policy(5)). Checked against the embedded schema first. The order of
 * rules means nothing: the narrowest scope that matches is in force, and two that are equally narrow are refused. */
#include "sign/policy-file.h"

#include "base/mem.h"
#include "base/schema.h"
#include "base/text.h"
#include "schemas.h"

#include <stdlib.h>

/* ---- requirements by name ---- */

static int by_id(const void *a, const void *b)
{
    return strcmp((*(struct policy_entry *const *)a)->id, (*(struct policy_entry *const *)b)->id);
}

static struct policy_entry *entry_of(const struct policy_table *t, const char *id)
{
    const struct policy_entry wanted = {.id = id};
    const struct policy_entry *key = &wanted;
    for (; t != NULL; t = t->outer) {
        struct policy_entry **found =
            t->count == 0 ? NULL : bsearch(&key, t->by_id, t->count, sizeof(struct policy_entry *), by_id);
        if (found != NULL && (*found)->need.id != NULL) {
            return *found;
        }
    }
    return NULL;
}

struct policy_entry *policy_table_find(const struct policy_table *t, const struct wp_json *at, struct wp_err *err)
{
    const char *id;
    if (wp_json_str(at, &id, err) < 0) {
        return NULL;
    }
    struct policy_entry *e = entry_of(t, id);
    if (e == NULL) {
        wp_json_fail(at, err, "no requirement here is called '%s'", id);
    }
    return e;
}

/* The names of a table, each of them once, also among those that all rules share. */
static int read_ids(struct sig_policy *p, const struct wp_json *list, struct policy_table *t, struct wp_err *err)
{
    const char **ids = wp_arena_alloc(&p->arena, t->count + 1, sizeof(*ids));
    size_t earlier = 0;
    t->by_id = wp_arena_alloc(&p->arena, t->count + 1, sizeof(struct policy_entry *));
    for (size_t i = 0; i < t->count; i++) {
        struct policy_entry *e = &t->entries[i];
        e->at = wp_json_at(list, i);
        struct wp_json id = wp_json_get(&e->at, "id");
        if (wp_json_str(&id, &e->id, err) < 0) {
            return -1;
        }
        ids[i] = e->id;
        t->by_id[i] = e;
    }
    size_t again = wp_first_repeat(ids, t->count, &earlier);
    for (size_t i = 0; again == t->count && t->outer != NULL && i < t->count; i++) {
        again = entry_of(t->outer, ids[i]) != NULL ? i : again;
    }
    if (again < t->count) {
        return wp_json_fail(&t->entries[again].at, err, "another requirement is called '%s', too", ids[again]);
    }
    if (t->count > 1) {
        qsort(t->by_id, t->count, sizeof(struct policy_entry *), by_id);
    }
    return 0;
}

/* Who signs comes before what they attest. */
static int read_table(struct sig_policy *p, const struct wp_json *list, struct policy_table *t, struct wp_err *err)
{
    t->entries = wp_arena_alloc(&p->arena, wp_json_len(list) + 1, sizeof(*t->entries));
    t->count = wp_json_len(list);
    if (read_ids(p, list, t, err) < 0) {
        return -1;
    }
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < t->count; i++) {
            struct policy_entry *e = &t->entries[i];
            struct sig_need need = {.id = NULL};
            if (policy_is_attestation(&e->at) != (pass == 1)) {
                continue;
            }
            e->attestation = pass == 1;
            if (policy_require_read(p, &e->at, t, &need, err) < 0) {
                return -1;
            }
            e->need = need;
        }
    }
    return 0;
}

/* ---- rules ---- */

static size_t add_need(struct sig_rule *r, struct policy_entry *e)
{
    e->used = true;
    if (e->rule != r) {
        e->rule = r;
        e->place = r->need_count;
        r->needs[r->need_count++] = e->need;
    }
    return e->place;
}

struct grouping {
    struct sig_policy *policy;
    struct sig_rule *rule;
    const struct policy_table *table;
    struct sig_group *groups;
};

static void add_group(struct grouping *g, const size_t *needs, size_t count)
{
    g->groups[g->rule->group_count++] = (struct sig_group){.needs = needs, .count = count};
}

static int read_any(struct grouping *g, const struct wp_json *list, struct wp_err *err)
{
    size_t n = wp_json_len(list);
    size_t *needs = wp_arena_alloc(&g->policy->arena, n + 1, sizeof(*needs));
    for (size_t i = 0; i < n; i++) {
        struct wp_json item = wp_json_at(list, i);
        struct policy_entry *e = policy_table_find(g->table, &item, err);
        if (e == NULL) {
            return -1;
        }
        needs[i] = add_need(g->rule, e);
    }
    if (n > 0) {
        add_group(g, needs, n);
    }
    return 0;
}

static int read_all(struct grouping *g, const struct wp_json *list, struct wp_err *err)
{
    for (size_t i = 0; i < wp_json_len(list); i++) {
        struct wp_json item = wp_json_at(list, i);
        struct policy_entry *e = policy_table_find(g->table, &item, err);
        if (e == NULL) {
            return -1;
        }
        size_t *need = wp_arena_alloc(&g->policy->arena, 1, sizeof(*need));
        *need = add_need(g->rule, e);
        add_group(g, need, 1);
    }
    return 0;
}

static int read_groups(struct sig_policy *p, const struct wp_json *at, struct policy_table *table, struct sig_rule *r,
                       struct wp_err *err)
{
    struct wp_json any = wp_json_get(at, "anyOf");
    struct wp_json all = wp_json_get(at, "allOf");
    size_t most = table->count + wp_json_len(&any) + wp_json_len(&all);
    struct grouping g = {.policy = p, .rule = r, .table = table};
    g.groups = wp_arena_alloc(&p->arena, most + 1, sizeof(*g.groups));
    r->needs = wp_arena_alloc(&p->arena, most + 1, sizeof(*r->needs));
    r->groups = g.groups;
    if (read_any(&g, &any, err) < 0 || read_all(&g, &all, err) < 0) {
        return -1;
    }
    bool said = r->group_count > 0;
    for (size_t i = 0; i < table->count; i++) {
        struct policy_entry *e = &table->entries[i];
        if (said && !e->used) {
            wp_json_fail(&e->at, err, "'%s' is asked for by neither anyOf, allOf nor signedBy", e->need.id);
            return wp_hint(err, "without anyOf and allOf all requirements must hold");
        }
        if (!said) {
            size_t *need = wp_arena_alloc(&p->arena, 1, sizeof(*need));
            *need = add_need(r, e);
            add_group(&g, need, 1);
        }
    }
    return 0;
}

static int read_scopes(struct sig_policy *p, const struct wp_json *at, struct sig_rule *r, struct wp_err *err)
{
    struct wp_json scope = wp_json_get(at, "scope");
    bool several = wp_json_kind(&scope) == WP_JSON_ARRAY;
    r->scope_count = several ? wp_json_len(&scope) : 1;
    const char **scopes = wp_arena_alloc(&p->arena, r->scope_count + 1, sizeof(*scopes));
    r->scopes = scopes;
    for (size_t i = 0; i < r->scope_count; i++) {
        struct wp_json item = wp_json_at(&scope, i);
        if (sig_scope_read(p, several ? &item : &scope, &scopes[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_rule(struct sig_policy *p, const struct wp_json *at, const struct policy_table *signers,
                     struct sig_rule *r, struct wp_err *err)
{
    static const char *const actions[] = {"require", "accept-unsigned", "reject", NULL};
    static const char *const platforms[] = {"index", "index-or-manifest", "each", NULL};
    struct wp_json action = wp_json_get(at, "action");
    struct wp_json require = wp_json_get(at, "require");
    struct policy_table table = {.outer = signers};
    r->action = SIG_ACTION_REQUIRE + sig_policy_choice(at, "action", actions);
    r->platforms = SIG_PLATFORMS_INDEX + sig_policy_choice(at, "platforms", platforms);
    if (read_scopes(p, at, r, err) < 0 || read_table(p, &require, &table, err) < 0 ||
        read_groups(p, at, &table, r, err) < 0) {
        return -1;
    }
    if (r->action != SIG_ACTION_REQUIRE && r->group_count > 0) {
        return wp_json_fail(&action, err, "what is required is not asked for then");
    }
    if (r->action == SIG_ACTION_REQUIRE && r->group_count == 0) {
        wp_json_fail(at, err, "requires nothing");
        return wp_hint(err,
                       "require, anyOf or allOf; \"action\": \"accept-unsigned\" or \"reject\" where that is meant");
    }
    return 0;
}

/* ---- which rule ---- */

static int check_scopes(struct sig_policy *p, const struct wp_json *rules, struct wp_err *err)
{
    size_t n = 0;
    struct sig_scope_at clash[2];
    for (size_t i = 0; i < p->rule_count; i++) {
        n += p->rules[i].scope_count;
    }
    WP_AUTO_FREE struct sig_scope_at *all = wp_xcalloc(n + 1, sizeof(*all));
    n = 0;
    for (size_t i = 0; i < p->rule_count; i++) {
        for (size_t k = 0; k < p->rules[i].scope_count; k++) {
            all[n++] = (struct sig_scope_at){.scope = p->rules[i].scopes[k], .rule = i};
        }
    }
    if (!sig_scopes_clash(all, n, clash)) {
        return 0;
    }
    struct wp_json at = wp_json_at(rules, clash[1].rule);
    wp_json_fail(&at, err, "the scope '%s' is as narrow as '%s' (%s), and names may match both", clash[1].scope,
                 clash[0].scope, sig_rule_where(p, &p->rules[clash[0].rule], &p->arena));
    return wp_hint(err, "one rule for both, or one scope that says more");
}

static const struct sig_rule *find(const struct sig_policy *p, const struct sig_question *q, const char **ret_scope)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct sig_rule *best = &p->fallback;
    const char *name = sig_scope_name(q, &a);
    const char *folder = sig_scope_folder(name, &a);
    *ret_scope = NULL;
    for (size_t i = 0; i < p->rule_count; i++) {
        for (size_t k = 0; k < p->rules[i].scope_count; k++) {
            const char *scope = p->rules[i].scopes[k];
            bool matches = sig_scope_matches(scope, name) || (folder != NULL && sig_scope_matches(scope, folder));
            if (matches && (*ret_scope == NULL || sig_scope_cmp(scope, *ret_scope) < 0)) {
                best = &p->rules[i];
                *ret_scope = scope;
            }
        }
    }
    return best;
}

static int read_rules(struct sig_policy *p, const struct wp_json *root, const struct policy_table *signers,
                      struct wp_err *err)
{
    struct wp_json list = wp_json_get(root, "rules");
    p->rules = wp_arena_alloc(&p->arena, wp_json_len(&list) + 1, sizeof(*p->rules));
    p->rule_count = wp_json_len(&list);
    for (size_t i = 0; i < p->rule_count; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (read_rule(p, &at, signers, &p->rules[i], err) < 0) {
            return -1;
        }
    }
    return check_scopes(p, &list, err);
}

/* What a pattern of the schema means, in words. */
static int explain(struct wp_err *err)
{
    static const struct {
        const char *place, *hint;
    } rows[] = {
        {"/path: ", "a JSON pointer into the statement, such as /predicate/runDetails/builder/id"},
        {"/notBefore: ", "for example 2026-06-30T00:00:00Z"},
        {"/notAfter: ", "for example 2026-06-30T00:00:00Z"},
        {"/maxAge: ", "for example 90d, 12h, 30m"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (err->hint[0] == '\0' && strstr(err->msg, rows[i].place) != NULL) {
            return wp_hint(err, "%s", rows[i].hint);
        }
    }
    return -1;
}

static int check_schema(const struct sig_policy *p, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *schema = NULL;
    return wp_json_parse(wp_span_str(wp_schema_policy), "policy.schema.json", false, WP_E_OTHER, &schema, err) < 0 ? -1
           : wp_schema_check(schema, p->doc, err) < 0 ? explain(err)
                                                      : 0;
}

int sig_policy_read_file(struct sig_policy *p, struct wp_err *err)
{
    static const char *const defaults[] = {"accept-unsigned", "reject", NULL};
    struct wp_json root = wp_json_root(p->doc);
    struct wp_json shared = wp_json_get(&root, "signers");
    struct policy_table signers = {.count = 0};
    if (check_schema(p, err) < 0 || read_table(p, &shared, &signers, err) < 0 ||
        read_rules(p, &root, &signers, err) < 0) {
        return -1;
    }
    p->fallback.action = SIG_ACTION_ACCEPT + sig_policy_choice(&root, "default", defaults);
    p->find = find;
    return 0;
}
