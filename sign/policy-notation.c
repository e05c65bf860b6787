/* SPDX-License-Identifier: Apache-2.0
 *
 * Notary's trust policy (notaryproject/specifications, trust-store-trust-policy.md, version 1.0): trustpolicy.oci.json
 * or trustpolicy.json, with trust stores in truststore/x509/{ca,signingAuthority,tsa}/NAME/ of its configuration
 * folder. Beside the specification: revocation lists in truststore/crl/, for nobody is asked over the network. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "oci/ref.h"
#include "sign/notation-int.h"
#include "sign/policy-int.h"

struct reading {
    struct sig_policy *policy;
    struct sig_trust_files files;
    const char **names; /* of all statements */
    const char *name;   /* of the one that is read */
    struct sig_rule *rule;
};

struct known_keys {
    const char *const *known;
};

static int check_key(void *arg, const struct wp_json *at, struct wp_err *err)
{
    const struct known_keys *k = arg;
    for (const char *const *key = k->known; *key != NULL; key++) {
        if (wp_str_eq(*key, at->key)) {
            return 0;
        }
    }
    return wp_json_fail_key(at, err, "'%s' is no member of a Notary trust policy", at->key);
}

static int only(const struct wp_json *at, const char *const *known, struct wp_err *err)
{
    struct known_keys k = {.known = known};
    return wp_json_must(at, WP_JSON_OBJECT, err) < 0 || wp_json_each(at, check_key, &k, err) != 0 ? -1 : 0;
}

/* The reason at the place that leads there; its hint stays. */
static int fail_at(const struct wp_json *at, struct wp_err *err)
{
    struct wp_err why = *err;
    wp_json_fail(at, err, "%s", why.msg);
    return why.hint[0] != '\0' ? wp_hint(err, "%s", why.hint) : -1;
}

/* ---- levels ---- */

enum aspect { AUTHENTICITY, TIMESTAMP, EXPIRY, REVOCATION, ASPECTS };

static const char *const aspect_names[ASPECTS] = {"authenticity", "authenticTimestamp", "expiry", "revocation"};

#define E SIG_NOTATION_ENFORCE
#define L SIG_NOTATION_LOG
static const struct {
    const char *name;
    enum sig_notation_check checks[ASPECTS];
} levels[] = {
    {"strict", {E, E, E, E}},
    {"permissive", {E, L, L, L}},
    {"audit", {L, L, L, L}},
};
#undef E
#undef L

static int read_check(const struct wp_json *at, enum aspect which, enum sig_notation_check *ret, struct wp_err *err)
{
    static const char *const names[] = {"enforce", "log", "skip"};
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        if (wp_str_eq(names[i], text) && (i != SIG_NOTATION_SKIP || which == REVOCATION)) {
            *ret = (enum sig_notation_check)i;
            return 0;
        }
    }
    return wp_json_fail(at, err, "'%s': enforce or log%s are possible", text, which == REVOCATION ? " or skip" : "");
}

static int read_override(const struct wp_json *at, enum sig_notation_check checks[ASPECTS], struct wp_err *err)
{
    static const char *const known[] = {"authenticity", "authenticTimestamp", "expiry", "revocation", NULL};
    if (wp_json_kind(at) == WP_JSON_ABSENT) {
        return 0;
    }
    if (only(at, known, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < ASPECTS; i++) {
        struct wp_json value = wp_json_get(at, aspect_names[i]);
        if (wp_json_kind(&value) != WP_JSON_ABSENT && read_check(&value, (enum aspect)i, &checks[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_when(const struct wp_json *at, struct sig_store_parts *parts, struct wp_err *err)
{
    const char *text = "always";
    if (wp_json_opt_str(at, &text, err) < 0) {
        return -1;
    }
    parts->timestamp_after_expiry_only = wp_str_eq(text, "afterCertExpiry");
    return parts->timestamp_after_expiry_only || wp_str_eq(text, "always")
               ? 0
               : wp_json_fail(at, err, "'%s': always or afterCertExpiry are possible", text);
}

/* 1: the level is skip. */
static int read_level(const struct wp_json *at, struct sig_store_parts *parts, struct wp_err *err)
{
    static const char *const known[] = {"level", "override", "verifyTimestamp", NULL};
    enum sig_notation_check checks[ASPECTS];
    struct wp_json level = wp_json_get(at, "level");
    struct wp_json override = wp_json_get(at, "override");
    struct wp_json when = wp_json_get(at, "verifyTimestamp");
    const char *name = NULL;
    if (only(at, known, err) < 0 || wp_json_str(&level, &name, err) < 0 || read_when(&when, parts, err) < 0) {
        return -1;
    }
    if (wp_str_eq(name, "skip")) {
        return wp_json_kind(&override) == WP_JSON_ABSENT ? 1 : wp_json_fail(&override, err, "nothing overrides 'skip'");
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(levels); i++) {
        if (wp_str_eq(levels[i].name, name)) {
            for (size_t j = 0; j < ASPECTS; j++) {
                checks[j] = levels[i].checks[j];
            }
            if (read_override(&override, checks, err) < 0) {
                return -1;
            }
            parts->authenticity = checks[AUTHENTICITY];
            parts->timestamp = checks[TIMESTAMP];
            parts->expiry = checks[EXPIRY];
            parts->revocation = checks[REVOCATION];
            return 0;
        }
    }
    return wp_json_fail(&level, err, "'%s': strict, permissive, audit or skip are possible", name);
}

/* ---- statements ---- */

static int read_identities(struct reading *r, const struct wp_json *at, struct sig_store_parts *parts,
                           struct wp_err *err)
{
    const char **list = wp_arena_alloc(&r->files.arena, wp_json_len(at) + 1, sizeof(*list));
    if (wp_json_must(at, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < wp_json_len(at); i++) {
        struct wp_json item = wp_json_at(at, i);
        if (wp_json_str(&item, &list[i], err) < 0) {
            return -1;
        }
    }
    parts->identities = list;
    parts->identity_count = wp_json_len(at);
    return 0;
}

static int read_store(struct reading *r, const struct wp_json *at, const char *key, struct sig_store_parts *parts,
                      const struct sig_store **ret, struct wp_err *err)
{
    struct wp_json stores = wp_json_get(at, "trustStores");
    struct wp_json identities = wp_json_get(at, "trustedIdentities");
    struct sig_store *store = NULL;
    if (wp_json_must(&stores, WP_JSON_ARRAY, err) < 0 || read_identities(r, &identities, parts, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < wp_json_len(&stores); i++) {
        struct wp_json item = wp_json_at(&stores, i);
        const char *text = NULL;
        if (wp_json_str(&item, &text, err) < 0) {
            return -1;
        }
        if (sig_trust_files_store(&r->files, text, parts, err) < 0) {
            return fail_at(&item, err);
        }
    }
    if (sig_trust_files_crls(&r->files, parts, err) < 0) {
        return fail_at(&stores, err);
    }
    parts->name = r->name;
    if (sig_store_new(parts, &store, err) < 0) {
        return fail_at(at, err);
    }
    sig_policy_own_store(r->policy, key, store);
    *ret = store;
    return 0;
}

/* What the statement says besides its name and scopes. */
static const char *trust_key(const struct reading *r, const struct wp_json *at)
{
    static const char *const members[] = {"signatureVerification", "trustStores", "trustedIdentities"};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    for (size_t i = 0; i < WP_ARRAY_LEN(members); i++) {
        struct wp_json member = wp_json_get(at, members[i]);
        wp_buf_add_char(&b, '\n');
        if (wp_json_kind(&member) != WP_JSON_ABSENT) {
            wp_json_dump(&member, &b);
        }
    }
    return wp_arena_str(&r->policy->arena, b.ptr);
}

/* What the statement trusts, as one need of the rule. Statements that trust the same share a store. */
static int read_trust(struct reading *r, const struct wp_json *at, struct sig_store_parts *parts, struct wp_err *err)
{
    const char *key = trust_key(r, at);
    const struct sig_store *store = sig_policy_store(r->policy, key);
    if (store == NULL && read_store(r, at, key, parts, &store, err) < 0) {
        return -1;
    }
    struct sig_demand *demand = wp_arena_alloc(&r->policy->arena, 1, sizeof(*demand));
    struct sig_need *need = wp_arena_alloc(&r->policy->arena, 1, sizeof(*need));
    *demand = (struct sig_demand){.name = r->name, .store = store, .formats = 1U << SIG_NOTATION};
    *need = (struct sig_need){.id = r->name, .demands = demand, .demand_count = 1, .threshold = 1};
    r->rule->needs = need;
    r->rule->need_count = 1;
    sig_rule_need_all(r->policy, r->rule);
    return 0;
}

/* Exactly a repository: "host/path", lower case, no tag, no digest. */
static bool scope_ok(const char *text)
{
    const char *slash = strchr(text, '/');
    if (slash == NULL || slash == text || slash[1] == '\0' || slash[strlen(slash) - 1] == '/') {
        return false;
    }
    for (const char *p = slash + 1; *p != '\0'; p++) {
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789._-/", *p) == NULL || (p[0] == '/' && p[1] == '/')) {
            return false;
        }
    }
    return strcspn(text, "*@ \t") == strlen(text);
}

/* As references are compared: hosts in lower case, docker.io's short names in full. "local/layout", which notation
 * gives to layouts, is no reference and stays. */
static const char *scope_name(const char *text, struct wp_arena *a)
{
    struct oci_ref ref;
    struct wp_err ignored = {0};
    if (oci_ref_parse(a, text, &ref, &ignored) < 0 || ref.kind != OCI_REF_REGISTRY) {
        return text;
    }
    return oci_ref_base(a, &ref);
}

static int read_scopes(struct reading *r, const struct wp_json *at, struct wp_err *err)
{
    size_t count = wp_json_len(at);
    if (wp_json_must(at, WP_JSON_ARRAY, err) < 0) {
        return wp_hint(err, "policies for OCI artifacts are read, those for blobs (trustpolicy.blob.json) are not");
    }
    if (count == 0) {
        return wp_json_fail(at, err, "names no repository");
    }
    const char **scopes = wp_arena_alloc(&r->policy->arena, count, sizeof(*scopes));
    r->rule->scopes = scopes;
    for (size_t i = 0; i < count; i++) {
        struct wp_json item = wp_json_at(at, i);
        const char *text = NULL;
        if (wp_json_str(&item, &text, err) < 0) {
            return -1;
        }
        if (wp_str_eq(text, "*") ? count > 1 : !scope_ok(text)) {
            return wp_json_fail(&item, err,
                                wp_str_eq(text, "*") ? "'%s' stands beside others"
                                                     : "'%s' is no repository (such as registry.example/team/app)",
                                text);
        }
        scopes[i] = wp_str_eq(text, "*") ? text : scope_name(text, &r->policy->arena);
    }
    r->rule->scope_count = count;
    return 0;
}

static int check_names(const struct reading *r, const struct wp_json *statements, struct wp_err *err)
{
    size_t earlier = 0;
    size_t again = wp_first_repeat(r->names, r->policy->rule_count, &earlier);
    struct wp_json at = wp_json_at(statements, again);
    struct wp_json name = wp_json_get(&at, "name");
    return again == r->policy->rule_count
               ? 0
               : wp_json_fail(&name, err, "'%s' is the name of two statements", r->names[again]);
}

static int check_scopes(const struct reading *r, const struct wp_json *statements, struct wp_err *err)
{
    const struct sig_policy *p = r->policy;
    size_t n = 0;
    size_t earlier = 0;
    size_t rule = 0;
    for (size_t i = 0; i < p->rule_count; i++) {
        n += p->rules[i].scope_count;
    }
    WP_AUTO_FREE const char **all = wp_xcalloc(n + 1, sizeof(*all));
    n = 0;
    for (size_t i = 0; i < p->rule_count; i++) {
        for (size_t j = 0; j < p->rules[i].scope_count; j++) {
            all[n++] = p->rules[i].scopes[j];
        }
    }
    size_t again = wp_first_repeat(all, n, &earlier);
    if (again == n) {
        return 0;
    }
    for (; again >= p->rules[rule].scope_count; rule++) {
        again -= p->rules[rule].scope_count;
    }
    struct wp_json at = wp_json_at(statements, rule);
    struct wp_json list = wp_json_get(&at, "registryScopes");
    struct wp_json item = wp_json_at(&list, again);
    const char *text = NULL;
    return wp_json_str(&item, &text, err) < 0 ? -1
                                              : wp_json_fail(&item, err, "'%s' stands in a statement already", text);
}

static int read_statement(struct reading *r, const struct wp_json *statements, size_t i, struct wp_err *err)
{
    static const char *const known[] = {"name",        "registryScopes",    "signatureVerification",
                                        "trustStores", "trustedIdentities", NULL};
    struct wp_json at = wp_json_at(statements, i);
    struct wp_json name = wp_json_get(&at, "name");
    struct wp_json scopes = wp_json_get(&at, "registryScopes");
    struct wp_json verification = wp_json_get(&at, "signatureVerification");
    struct wp_json stores = wp_json_get(&at, "trustStores");
    struct wp_json identities = wp_json_get(&at, "trustedIdentities");
    struct sig_store_parts parts = {0};
    r->rule = &r->policy->rules[i];
    r->rule->where = sig_policy_where(r->policy, &at);
    if (only(&at, known, err) < 0 || wp_json_str(&name, &r->name, err) < 0 || read_scopes(r, &scopes, err) < 0) {
        return -1;
    }
    if (*r->name == '\0') {
        return wp_json_fail(&name, err, "is empty");
    }
    r->names[i] = r->name;
    int level = read_level(&verification, &parts, err);
    if (level < 0) {
        return -1;
    }
    r->rule->action = level == 1 ? SIG_ACTION_ACCEPT : SIG_ACTION_REQUIRE;
    if (level == 0) {
        return read_trust(r, &at, &parts, err);
    }
    const struct wp_json *vain = wp_json_len(&stores) > 0 ? &stores : wp_json_len(&identities) > 0 ? &identities : NULL;
    return vain == NULL ? 0 : wp_json_fail(vain, err, "stands beside the level 'skip', which asks for nothing");
}

/* The statement of that repository, else the one of '*'. What has none is refused. */
static const struct sig_rule *find(const struct sig_policy *p, const struct sig_question *q, const char **ret_scope)
{
    const struct sig_rule *any = &p->fallback;
    *ret_scope = NULL;
    for (size_t i = 0; i < p->rule_count; i++) {
        const struct sig_rule *r = &p->rules[i];
        for (size_t j = 0; j < r->scope_count; j++) {
            if (q->artifact.repository != NULL && wp_str_eq(r->scopes[j], q->artifact.repository)) {
                *ret_scope = r->scopes[j];
                return r;
            }
            if (wp_str_eq(r->scopes[j], "*")) {
                *ret_scope = r->scopes[j];
                any = r;
            }
        }
    }
    return any;
}

static int read_document(struct reading *r, struct wp_err *err)
{
    static const char *const known[] = {"version", "trustPolicies", NULL};
    struct wp_json root = wp_json_root(r->policy->doc);
    struct wp_json version = wp_json_get(&root, "version");
    struct wp_json statements = wp_json_get(&root, "trustPolicies");
    const char *text = NULL;
    size_t count = wp_json_len(&statements);
    if (only(&root, known, err) < 0 || wp_json_str(&version, &text, err) < 0 ||
        wp_json_must(&statements, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    if (!wp_str_eq(text, "1.0")) {
        return wp_json_fail(&version, err, "'%s': only version 1.0 is known", text);
    }
    if (count == 0 || count > WP_LIMIT_POLICY_RULES) {
        return wp_json_fail(&statements, err, "%zu statements, 1 to %llu are possible", count,
                            (unsigned long long)WP_LIMIT_POLICY_RULES);
    }
    r->policy->rules = wp_arena_alloc(&r->policy->arena, count, sizeof(*r->policy->rules));
    r->policy->rule_count = count;
    r->names = wp_arena_alloc(&r->policy->arena, count, sizeof(*r->names));
    for (size_t i = 0; i < count; i++) {
        if (read_statement(r, &statements, i, err) < 0) {
            return -1;
        }
    }
    return check_names(r, &statements, err) < 0 ? -1 : check_scopes(r, &statements, err);
}

int sig_policy_read_notation(struct sig_policy *p, const char *config_dir, struct wp_err *err)
{
    const char *own = *p->folder != '\0' ? p->folder : ".";
    struct reading r = {.policy = p, .files = {.folder = config_dir != NULL ? config_dir : own}};
    p->find = find;
    p->fallback.action = SIG_ACTION_REJECT;
    int rc = read_document(&r, err);
    wp_arena_done(&r.files.arena);
    return rc;
}
