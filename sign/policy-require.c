/* SPDX-License-Identifier: Apache-2.0
 *
 * Requirements of wpack's own policy files: who must have signed, or what must be attested by whom
 * (schemas/policy.schema.json, which was checked before). */
#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "sign/policy-file.h"

/* ---- members ---- */

static bool has(const struct wp_json *at, const char *key)
{
    struct wp_json member = wp_json_get(at, key);
    return wp_json_kind(&member) != WP_JSON_ABSENT;
}

/* A text, or {"exact" | "glob" | "regexp": text}. */
static int read_match(const struct wp_json *at, struct sig_match *ret, struct wp_err *err)
{
    static const char *const keys[] = {"exact", "glob", "regexp"};
    struct wp_json text = *at;
    ret->kind = SIG_MATCH_EXACT;
    if (wp_json_kind(at) == WP_JSON_OBJECT) {
        if (wp_json_len(at) != 1) {
            return wp_json_fail(at, err, "is one of exact, glob and regexp");
        }
        for (size_t i = 0; i < WP_ARRAY_LEN(keys); i++) {
            if (has(at, keys[i])) {
                text = wp_json_get(at, keys[i]);
                ret->kind = (unsigned)(SIG_MATCH_EXACT + i);
            }
        }
    }
    struct wp_err why = {.code = WP_E_OK};
    if (wp_json_str(&text, &ret->text, err) < 0) {
        return -1;
    }
    if (sig_match_check(ret, &why) < 0) {
        wp_json_fail(at, err, "%s", why.msg);
        return wp_hint(err, "%s", why.hint);
    }
    return 0;
}

static unsigned read_formats(const struct wp_json *at)
{
    struct wp_json list = wp_json_get(at, "formats");
    unsigned formats = 0;
    for (size_t i = 0; i < wp_json_len(&list); i++) {
        struct wp_json item = wp_json_at(&list, i);
        const struct sig_format *f = NULL;
        const char *name = NULL;
        struct wp_err err;
        if (wp_json_str(&item, &name, &err) == 0 && sig_format_find(name, &f, &err) == 0) {
            formats |= 1U << f->id;
        }
    }
    return formats;
}

/* ---- what all ways of signing have in common ---- */

static int read_log(const struct wp_json *at, bool keyless, struct sig_demand *d, struct wp_err *err)
{
    static const char *const by_key[] = {"optional", "required", "ignored", NULL};
    static const char *const by_identity[] = {"required", "ignored", "optional", NULL};
    struct wp_json tlog = wp_json_get(at, "tlog");
    if (keyless) {
        unsigned word = sig_policy_choice(at, "tlog", by_identity);
        d->log = word == 0 ? SIG_LOG_REQUIRED : SIG_LOG_IGNORED;
        if (word == 2) {
            wp_json_fail(&tlog, err,
                         "a certificate lives for minutes: only a log or a timestamp proves that it was used "
                         "then");
            return wp_hint(err, "\"required\", or \"ignored\" with \"timestamp\": \"required\"");
        }
    } else {
        static const enum sig_log_rule rules[] = {SIG_LOG_OPTIONAL, SIG_LOG_REQUIRED, SIG_LOG_IGNORED};
        d->log = rules[sig_policy_choice(at, "tlog", by_key)];
    }
    if (d->log == SIG_LOG_REQUIRED && d->root == NULL) {
        return wp_json_fail(&tlog, err, "which logs are believed? \"trustedRoot\" is missing");
    }
    return 0;
}

static int read_common(struct sig_policy *p, const struct wp_json *at, bool keyless, struct sig_demand *d,
                       struct wp_err *err)
{
    static const char *const names[] = {"repository", "exact", "any", NULL};
    static const char *const stamps[] = {"optional", "required", NULL};
    struct wp_json annotations = wp_json_get(at, "annotations");
    struct wp_json root = wp_json_get(at, "trustedRoot");
    struct wp_json timestamp = wp_json_get(at, "timestamp");
    const char *path = NULL;
    d->formats = read_formats(at);
    d->name_rule = SIG_NAME_REPOSITORY + sig_policy_choice(at, "name", names);
    d->timestamp_required = sig_policy_choice(at, "timestamp", stamps) == 1;
    if (wp_json_opt_str(&root, &path, err) < 0 ||
        (path != NULL && sig_policy_root(p, &root, path, &d->root, err) < 0) ||
        sig_time_read(at, "notBefore", &d->not_before, err) < 0 ||
        sig_time_read(at, "notAfter", &d->not_after, err) < 0 || read_log(at, keyless, d, err) < 0) {
        return -1;
    }
    if (d->timestamp_required && d->root == NULL) {
        return wp_json_fail(&timestamp, err, "which authorities are believed? \"trustedRoot\" is missing");
    }
    if (wp_json_kind(&annotations) == WP_JSON_ABSENT) {
        return 0;
    }
    return oci_annotations_read(&annotations, &p->arena, &d->annotations, &d->annotation_count, err);
}

static int check_limits(const struct wp_json *at, const struct sig_demand *d, struct wp_err *err)
{
    if (d->not_before != 0 && d->not_after != 0 && d->not_before > d->not_after) {
        return wp_json_fail(at, err, "no time lies between notBefore and notAfter");
    }
    return 0;
}

static struct sig_demand *demands_new(struct sig_policy *p, struct sig_need *need, size_t n)
{
    need->demands = wp_arena_alloc(&p->arena, n + 1, sizeof(*need->demands));
    need->demand_count = n;
    return need->demands;
}

/* ---- by keys ---- */

static int read_key(struct sig_policy *p, const struct wp_json *at, struct sig_demand *d, struct wp_err *err)
{
    struct wp_json file = wp_json_kind(at) == WP_JSON_OBJECT ? wp_json_get(at, "file") : *at;
    const char *path;
    if (wp_json_str(&file, &path, err) < 0 || sig_policy_pub(p, &file, path, &d->key, err) < 0 ||
        sig_time_read(at, "notBefore", &d->not_before, err) < 0 ||
        sig_time_read(at, "notAfter", &d->not_after, err) < 0) {
        return -1;
    }
    d->name = path;
    return check_limits(at, d, err);
}

static int read_keys(struct sig_policy *p, const struct wp_json *at, struct sig_need *need, struct wp_err *err)
{
    struct wp_json keys = wp_json_get(at, "keys");
    struct sig_demand common = {.key = NULL};
    if (wp_json_must(&keys, WP_JSON_ARRAY, err) < 0 || read_common(p, at, false, &common, err) < 0) {
        return -1;
    }
    struct sig_demand *demands = demands_new(p, need, wp_json_len(&keys));
    const char **ids = wp_arena_alloc(&p->arena, need->demand_count + 1, sizeof(*ids));
    size_t earlier = 0;
    for (size_t i = 0; i < need->demand_count; i++) {
        struct wp_json key = wp_json_at(&keys, i);
        demands[i] = common;
        if (read_key(p, &key, &demands[i], err) < 0) {
            return -1;
        }
        ids[i] = sig_pub_facts(demands[i].key)->id;
    }
    size_t again = wp_first_repeat(ids, need->demand_count, &earlier);
    struct wp_json key = wp_json_at(&keys, again);
    return again == need->demand_count ? 0 : wp_json_fail(&key, err, "is the same key as '%s'", demands[earlier].name);
}

/* ---- by identities of certificates ---- */

static int read_claims(struct sig_policy *p, const struct wp_json *at, struct sig_who *who, struct wp_err *err);

static int read_who(struct sig_policy *p, const struct wp_json *at, struct sig_demand *d, struct wp_err *err)
{
    struct sig_who *who = wp_arena_alloc(&p->arena, 1, sizeof(*who));
    struct wp_json identity = wp_json_get(at, "identity");
    struct wp_json issuer = wp_json_get(at, "issuer");
    struct wp_json claims = wp_json_get(at, "claims");
    if (wp_json_kind(at) != WP_JSON_OBJECT) {
        return wp_json_fail(at, err, "must say \"identity\" and \"issuer\"");
    }
    if (wp_json_kind(&identity) == WP_JSON_ABSENT || wp_json_kind(&issuer) == WP_JSON_ABSENT) {
        return wp_json_fail(wp_json_kind(&identity) == WP_JSON_ABSENT ? &identity : &issuer, err,
                            "is missing: an identity is worth what its issuer is");
    }
    if (read_match(&identity, &who->identity, err) < 0 || read_match(&issuer, &who->issuer, err) < 0 ||
        read_claims(p, &claims, who, err) < 0) {
        return -1;
    }
    d->who = who;
    d->name = who->identity.text;
    return 0;
}

static int read_identities(struct sig_policy *p, const struct wp_json *at, struct sig_need *need, struct wp_err *err)
{
    struct wp_json list = wp_json_get(at, "identities");
    struct wp_json root = wp_json_get(at, "trustedRoot");
    struct sig_demand common = {.key = NULL};
    bool several = wp_json_kind(&list) != WP_JSON_ABSENT;
    if (wp_json_kind(&root) == WP_JSON_ABSENT) {
        return wp_json_fail(&root, err, "is missing: who issues certificates for identities?");
    }
    if (several && (has(at, "identity") || has(at, "issuer") || has(at, "claims"))) {
        return wp_json_fail(&list, err, "stands beside identity, issuer or claims: one or the other");
    }
    if (read_common(p, at, true, &common, err) < 0 || check_limits(at, &common, err) < 0) {
        return -1;
    }
    struct sig_demand *demands = demands_new(p, need, several ? wp_json_len(&list) : 1);
    for (size_t i = 0; i < need->demand_count; i++) {
        struct wp_json item = wp_json_at(&list, i);
        demands[i] = common;
        if (read_who(p, several ? &item : at, &demands[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

struct claims {
    struct sig_policy *policy;
    struct sig_claim *list;
    size_t count;
};

static int read_claim(void *arg, const struct wp_json *member, struct wp_err *err)
{
    struct claims *c = arg;
    struct sig_claim *claim = &c->list[c->count++];
    claim->name = wp_arena_str(&c->policy->arena, member->key);
    return read_match(member, &claim->value, err);
}

static int read_claims(struct sig_policy *p, const struct wp_json *at, struct sig_who *who, struct wp_err *err)
{
    struct claims c = {.policy = p};
    c.list = wp_arena_alloc(&p->arena, wp_json_len(at) + 1, sizeof(*c.list));
    if (wp_json_kind(at) != WP_JSON_ABSENT && wp_json_each(at, read_claim, &c, err) < 0) {
        return -1;
    }
    who->claims = c.list;
    who->claim_count = c.count;
    return 0;
}

/* ---- by Notary's trust stores ---- */

static int read_files(struct sig_policy *p, const struct wp_json *at, const char *key,
                      const struct sig_store_file **ret, size_t *ret_count, struct wp_err *err)
{
    struct wp_json list = wp_json_get(at, key);
    size_t n = wp_json_len(&list);
    struct sig_store_file *files = wp_arena_alloc(&p->arena, n + 1, sizeof(*files));
    for (size_t i = 0; i < n; i++) {
        struct wp_json item = wp_json_at(&list, i);
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        if (wp_json_str(&item, &files[i].name, err) < 0) {
            return -1;
        }
        if (wp_fs_read(sig_policy_path(p, files[i].name), WP_LIMIT_TRUST_FILE, &b, err) < 0) {
            return sig_policy_fail_at(&item, err);
        }
        files[i].bytes = wp_arena_bytes(&p->arena, wp_buf_span(&b));
    }
    *ret = files;
    *ret_count = n;
    return 0;
}

static int read_names(struct sig_policy *p, const struct wp_json *at, struct sig_store_parts *parts, struct wp_err *err)
{
    struct wp_json list = wp_json_get(at, "identities");
    if (wp_json_must(&list, WP_JSON_ARRAY, err) < 0) {
        return wp_hint(err,
                       "of all that these authorities vouch for, who is meant? \"x509.subject: C=.., ST=.., O=..\"");
    }
    const char **names = wp_arena_alloc(&p->arena, wp_json_len(&list) + 1, sizeof(*names));
    for (size_t i = 0; i < wp_json_len(&list); i++) {
        struct wp_json item = wp_json_at(&list, i);
        if (wp_json_str(&item, &names[i], err) < 0) {
            return -1;
        }
    }
    parts->identities = names;
    parts->identity_count = wp_json_len(&list);
    return 0;
}

static int read_store(struct sig_policy *p, const struct wp_json *at, struct sig_need *need, struct wp_err *err)
{
    static const char *const checks[] = {"log", "enforce", "skip", NULL};
    static const enum sig_notation_check values[] = {SIG_NOTATION_LOG, SIG_NOTATION_ENFORCE, SIG_NOTATION_SKIP};
    struct sig_store_parts parts = {.name = need->id,
                                    .revocation = values[sig_policy_choice(at, "revocation", checks)]};
    struct sig_store *store = NULL;
    struct sig_demand *d = demands_new(p, need, 1);
    if (read_files(p, at, "ca", &parts.ca, &parts.ca_count, err) < 0 ||
        read_files(p, at, "signingAuthority", &parts.authority, &parts.authority_count, err) < 0 ||
        read_files(p, at, "tsa", &parts.tsa, &parts.tsa_count, err) < 0 ||
        read_files(p, at, "crls", &parts.crls, &parts.crl_count, err) < 0 || read_names(p, at, &parts, err) < 0) {
        return -1;
    }
    if (parts.ca_count + parts.authority_count == 0) {
        return wp_json_fail(at, err, "which certificates are believed? \"ca\" or \"signingAuthority\" is missing");
    }
    if (sig_store_new(&parts, &store, err) < 0) {
        return sig_policy_fail_at(at, err);
    }
    sig_policy_own_store(p, NULL, store);
    if (read_common(p, at, false, d, err) < 0) {
        return -1;
    }
    d->store = store;
    d->name = need->id;
    d->formats = 1U << SIG_NOTATION;
    return check_limits(at, d, err);
}

/* ---- attestations ---- */

/* The requirement at that place of signedBy, somebody who can sign; NULL with err. */
static struct policy_entry *signer_at(const struct wp_json *at, const struct policy_table *table, struct wp_err *err)
{
    struct policy_entry *e = policy_table_find(table, at, err);
    if (e != NULL && e->attestation) {
        wp_json_fail(at, err, "'%s' is an attestation, nobody who could sign", e->need.id);
        return NULL;
    }
    return e;
}

/* All demands of those that signedBy names, each asking for the statement. */
static int read_signers(struct sig_policy *p, const struct wp_json *at, const struct policy_table *table,
                        struct sig_need *need, const struct sig_match *predicate, struct wp_err *err)
{
    struct wp_json list = wp_json_get(at, "signedBy");
    size_t n = wp_json_len(&list);
    size_t total = 0;
    struct policy_entry **signers = wp_arena_alloc(&p->arena, n + 1, sizeof(struct policy_entry *));
    if (wp_json_must(&list, WP_JSON_ARRAY, err) < 0) {
        return wp_hint(err, "\"signedBy\": [\"ID of a requirement of the type key, keyless or notation\"]");
    }
    for (size_t i = 0; i < n; i++) {
        struct wp_json item = wp_json_at(&list, i);
        signers[i] = signer_at(&item, table, err);
        if (signers[i] == NULL) {
            return -1;
        }
        signers[i]->used = true;
        total += signers[i]->need.demand_count;
    }
    struct sig_demand *d = demands_new(p, need, total);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < signers[i]->need.demand_count; k++, d++) {
            *d = signers[i]->need.demands[k];
            d->predicate = *predicate;
            d->annotations = NULL; /* of signatures; what attestations say is conditions' affair */
            d->annotation_count = 0;
        }
    }
    return 0;
}

static int read_attestation(struct sig_policy *p, const struct wp_json *at, const struct policy_table *table,
                            struct sig_need *need, struct wp_err *err)
{
    struct wp_json type = wp_json_get(at, "predicateType");
    struct wp_json conditions = wp_json_get(at, "conditions");
    struct sig_match predicate;
    const char *text;
    if (wp_json_str(&type, &text, err) < 0) {
        return -1;
    }
    if (sig_predicate_match(text, &predicate, err) < 0) {
        return sig_policy_fail_at(&type, err);
    }
    return read_signers(p, at, table, need, &predicate, err) < 0 ||
                   sig_conditions_read(p, &conditions, &need->conditions, &need->condition_count, err) < 0
               ? -1
               : 0;
}

/* ---- one requirement ---- */

enum { KEY, KEYLESS, NOTATION, ATTESTATION, TYPES };
static const char *const types[TYPES + 1] = {"key", "keyless", "notation", "attestation", NULL};

/* Members that only some types have. */
static const struct {
    const char *key;
    unsigned types;
} members[] = {
    {"keys", 1U << KEY},
    {"trustedRoot", 1U << KEY | 1U << KEYLESS},
    {"tlog", 1U << KEY | 1U << KEYLESS},
    {"timestamp", 1U << KEY | 1U << KEYLESS},
    {"name", 1U << KEY | 1U << KEYLESS},
    {"formats", 1U << KEY | 1U << KEYLESS},
    {"annotations", 1U << KEY | 1U << KEYLESS | 1U << NOTATION},
    {"notBefore", 1U << KEY | 1U << KEYLESS | 1U << NOTATION},
    {"notAfter", 1U << KEY | 1U << KEYLESS | 1U << NOTATION},
    {"issuer", 1U << KEYLESS},
    {"identity", 1U << KEYLESS},
    {"claims", 1U << KEYLESS},
    {"identities", 1U << KEYLESS | 1U << NOTATION},
    {"ca", 1U << NOTATION},
    {"signingAuthority", 1U << NOTATION},
    {"tsa", 1U << NOTATION},
    {"crls", 1U << NOTATION},
    {"revocation", 1U << NOTATION},
    {"predicateType", 1U << ATTESTATION},
    {"signedBy", 1U << ATTESTATION},
    {"conditions", 1U << ATTESTATION},
};

static int check_members(const struct wp_json *at, unsigned type, struct wp_err *err)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(members); i++) {
        struct wp_json member = wp_json_get(at, members[i].key);
        if (wp_json_kind(&member) != WP_JSON_ABSENT && (members[i].types & 1U << type) == 0) {
            return wp_json_fail_key(&member, err, "a requirement of the type '%s' has none", types[type]);
        }
    }
    return 0;
}

static int read_threshold(const struct wp_json *at, struct sig_need *need, struct wp_err *err)
{
    struct wp_json threshold = wp_json_get(at, "threshold");
    uint64_t n = 1;
    if (wp_json_opt_u64(&threshold, &n, err) < 0) {
        return -1;
    }
    if (n == 0 || n > need->demand_count) {
        return wp_json_fail(&threshold, err, "%llu must have signed, but %zu %s named", (unsigned long long)n,
                            need->demand_count, need->demand_count == 1 ? "is" : "are");
    }
    need->threshold = (unsigned)n;
    return 0;
}

bool policy_is_attestation(const struct wp_json *at)
{
    return sig_policy_choice(at, "type", types) == ATTESTATION;
}

int policy_require_read(struct sig_policy *p, const struct wp_json *at, const struct policy_table *table,
                        struct sig_need *need, struct wp_err *err)
{
    struct wp_json id = wp_json_get(at, "id");
    unsigned type = sig_policy_choice(at, "type", types);
    if (wp_json_str(&id, &need->id, err) < 0 || check_members(at, type, err) < 0) {
        return -1;
    }
    int rc = type == KEY        ? read_keys(p, at, need, err)
             : type == KEYLESS  ? read_identities(p, at, need, err)
             : type == NOTATION ? read_store(p, at, need, err)
                                : read_attestation(p, at, table, need, err);
    return rc < 0 ? -1 : read_threshold(at, need, err);
}
