/* SPDX-License-Identifier: Apache-2.0
 *
 * containers' policy.json as it is (containers/image, docs/containers-policy.json.5.md): podman's, skopeo's and
 * CRI-O's. Strict as theirs: an unknown member or type refuses the file. Signatures are cosign's older format, the only
 * one this file speaks of. What asks for GPG admits nothing here, and says so. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/num.h"
#include "oci/ref.h"
#include "sign/policy-int.h"

/* ---- members ---- */

struct known {
    const char *const *keys; /* ends with NULL */
    const char *what;
};

static int check_key(void *arg, const struct wp_json *member, struct wp_err *err)
{
    const struct known *k = arg;
    for (const char *const *key = k->keys; *key != NULL; key++) {
        if (wp_str_eq(*key, member->key)) {
            return 0;
        }
    }
    return wp_json_fail_key(member, err, "unknown key of %s", k->what);
}

static int check_keys(const struct wp_json *at, const char *const *keys, const char *what, struct wp_err *err)
{
    struct known k = {.keys = keys, .what = what};
    return wp_json_must(at, WP_JSON_OBJECT, err) < 0 ? -1 : wp_json_each(at, check_key, &k, err);
}

/* Bytes by path, or in base64 in the document. */
static int read_file(struct sig_policy *p, const struct wp_json *at, struct wp_span *ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    const char *path;
    if (wp_json_str(at, &path, err) < 0) {
        return -1;
    }
    if (wp_fs_read(sig_policy_path(p, path), WP_LIMIT_TRUST_FILE, &b, err) < 0) {
        return sig_policy_fail_at(at, err);
    }
    *ret = wp_arena_bytes(&p->arena, wp_buf_span(&b));
    return 0;
}

static int read_data(struct sig_policy *p, const struct wp_json *at, struct wp_span *ret, struct wp_err *err)
{
    const char *text;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (!wp_unbase64(&b, text, strlen(text), false)) {
        return wp_json_fail(at, err, "is not base64");
    }
    *ret = wp_arena_bytes(&p->arena, wp_buf_span(&b));
    return 0;
}

typedef int(bytes_fn)(struct sig_policy *p, const struct wp_json *at, struct wp_span *ret, struct wp_err *err);

struct blob {
    const char *name, *where;
    struct wp_span bytes;
};
struct blobs {
    struct blob *items;
    size_t count;
};

static int add_blob(struct sig_policy *p, const struct wp_json *at, bytes_fn *read, struct blobs *ret,
                    struct wp_err *err)
{
    struct blob *b = &ret->items[ret->count++];
    const char *text;
    b->where = sig_policy_where(p, at);
    if (read(p, at, &b->bytes, err) < 0 || wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    b->name = read == read_file ? text : b->where;
    return 0;
}

/* Exactly one of STEMPath, STEMPaths, STEMData, STEMDatas. none: that may be. *ret_key: which one it was. */
static int read_blobs(struct sig_policy *p, const struct wp_json *at, const char *stem, bool many, struct blobs *ret,
                      struct wp_err *err)
{
    static const char *const ends[] = {"Path", "Data", "Paths", "Datas"};
    const char *found = NULL;
    for (size_t i = 0; i < (many ? 4 : 2); i++) {
        const char *key = wp_arena_printf(&p->arena, "%s%s", stem, ends[i]);
        struct wp_json member = wp_json_get(at, key);
        bytes_fn *read = i % 2 == 0 ? read_file : read_data;
        if (wp_json_kind(&member) == WP_JSON_ABSENT) {
            continue;
        }
        if (found != NULL) {
            return wp_json_fail(&member, err, "stands beside '%s': one or the other", found);
        }
        found = key;
        size_t n = i < 2 ? 1 : wp_json_len(&member);
        if (n == 0 || (i >= 2 && wp_json_must(&member, WP_JSON_ARRAY, err) < 0)) {
            return n == 0 ? wp_json_fail(&member, err, "must be a list that is not empty") : -1;
        }
        ret->items = wp_arena_alloc(&p->arena, n, sizeof(*ret->items));
        for (size_t k = 0; k < n; k++) {
            struct wp_json item = i < 2 ? member : wp_json_at(&member, k);
            if (add_blob(p, &item, read, ret, err) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* ---- signedIdentity ---- */

static int read_remap(const struct wp_json *at, struct sig_name_map *ret, struct wp_err *err)
{
    struct wp_json from = wp_json_get(at, "prefix");
    struct wp_json to = wp_json_get(at, "signedPrefix");
    ret->rule = SIG_MAP_DIGEST_OR_EXACT;
    return wp_json_str(&from, &ret->from, err) < 0 || wp_json_str(&to, &ret->to, err) < 0 ? -1 : 0;
}

static int read_fixed(const struct wp_json *at, const char *key, enum sig_map_rule rule, struct sig_name_map *ret,
                      struct wp_err *err)
{
    struct wp_json name = wp_json_get(at, key);
    ret->rule = rule;
    return wp_json_str(&name, &ret->to, err);
}

static int read_identity(const struct wp_json *at, struct sig_name_map *ret, struct wp_err *err)
{
    static const struct {
        const char *type;
        const char *keys[4];
    } rows[] = {
        {"matchRepoDigestOrExact", {"type"}},
        {"matchExact", {"type"}},
        {"matchRepository", {"type"}},
        {"exactReference", {"type", "dockerReference"}},
        {"exactRepository", {"type", "dockerRepository"}},
        {"remapIdentity", {"type", "prefix", "signedPrefix"}},
    };
    struct wp_json type = wp_json_get(at, "type");
    const char *text = NULL;
    size_t i = 0;
    ret->rule = SIG_MAP_DIGEST_OR_EXACT;
    if (wp_json_kind(at) == WP_JSON_ABSENT) {
        return 0;
    }
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || wp_json_str(&type, &text, err) < 0) {
        return -1;
    }
    while (i < WP_ARRAY_LEN(rows) && !wp_str_eq(rows[i].type, text)) {
        i++;
    }
    if (i == WP_ARRAY_LEN(rows)) {
        return wp_json_fail(&type, err, "'%s' is no kind of signedIdentity known here", text);
    }
    if (check_keys(at, rows[i].keys, text, err) < 0) {
        return -1;
    }
    switch (i) {
    case 0:
        return 0;
    case 1:
        ret->rule = SIG_MAP_EXACT;
        return 0;
    case 2:
        ret->rule = SIG_MAP_REPOSITORY;
        return 0;
    case 3:
        return read_fixed(at, "dockerReference", SIG_MAP_EXACT, ret, err);
    case 4:
        return read_fixed(at, "dockerRepository", SIG_MAP_REPOSITORY, ret, err);
    default:
        return read_remap(at, ret, err);
    }
}

/* ---- sigstoreSigned ---- */

static int read_logs(struct sig_policy *p, const struct wp_json *at, struct wp_span ca, struct sig_demand *d,
                     struct wp_err *err)
{
    struct blobs logs = {.count = 0};
    struct sig_root *root = NULL;
    if (read_blobs(p, at, "rekorPublicKey", true, &logs, err) < 0) {
        return -1;
    }
    if (logs.count == 0 && ca.ptr == NULL) {
        return 0;
    }
    if (logs.count == 0) {
        wp_json_fail(at, err, "asks for certificates without naming a log that proves when they were used");
        return wp_hint(err, "rekorPublicKeyPath or rekorPublicKeyData");
    }
    struct wp_span *keys = wp_arena_alloc(&p->arena, logs.count, sizeof(*keys));
    for (size_t i = 0; i < logs.count; i++) {
        keys[i] = logs.items[i].bytes;
    }
    const struct wp_span no_tsa = {.ptr = NULL};
    if (sig_root_of_parts(sig_policy_where(p, at), ca, keys, logs.count, no_tsa, &root, err) < 0) {
        return -1;
    }
    sig_policy_own_root(p, root);
    d->root = root;
    d->log = SIG_LOG_REQUIRED;
    return 0;
}

static int read_fulcio(struct sig_policy *p, const struct wp_json *at, struct wp_span *ret_ca, struct sig_demand *d,
                       struct wp_err *err)
{
    static const char *const keys[] = {"caPath", "caData", "oidcIssuer", "subjectEmail", NULL};
    struct wp_json issuer = wp_json_get(at, "oidcIssuer");
    struct wp_json subject = wp_json_get(at, "subjectEmail");
    struct sig_who *who = wp_arena_alloc(&p->arena, 1, sizeof(*who));
    struct blobs ca = {.count = 0};
    who->identity.kind = SIG_MATCH_EXACT;
    who->issuer.kind = SIG_MATCH_EXACT;
    if (check_keys(at, keys, "fulcio", err) < 0 || read_blobs(p, at, "ca", false, &ca, err) < 0 ||
        wp_json_str(&issuer, &who->issuer.text, err) < 0 || wp_json_str(&subject, &who->identity.text, err) < 0) {
        return -1;
    }
    if (ca.count == 0) {
        return wp_json_fail(at, err, "caPath or caData is missing");
    }
    *ret_ca = ca.items[0].bytes;
    d->who = who;
    d->name = who->identity.text;
    return 0;
}

static int read_keys(struct sig_policy *p, const struct blobs *keys, const struct sig_demand *common,
                     struct sig_need *need, struct wp_err *err)
{
    need->demands = wp_arena_alloc(&p->arena, keys->count + 1, sizeof(*need->demands));
    need->demand_count = keys->count;
    for (size_t i = 0; i < keys->count; i++) {
        struct sig_pub *pub = NULL;
        if (sig_pub_read(keys->items[i].bytes, keys->items[i].name, &pub, err) < 0) {
            return wp_wrap(err, "%s", keys->items[i].where);
        }
        sig_policy_own_pub(p, pub);
        need->demands[i] = *common;
        need->demands[i].key = pub;
        need->demands[i].name = keys->items[i].name;
    }
    return 0;
}

static int read_signed(struct sig_policy *p, const struct wp_json *at, struct sig_need *need, struct wp_err *err)
{
    static const char *const known[] = {"type",
                                        "keyPath",
                                        "keyPaths",
                                        "keyData",
                                        "keyDatas",
                                        "fulcio",
                                        "pki",
                                        "rekorPublicKeyPath",
                                        "rekorPublicKeyPaths",
                                        "rekorPublicKeyData",
                                        "rekorPublicKeyDatas",
                                        "signedIdentity",
                                        NULL};
    struct wp_json fulcio = wp_json_get(at, "fulcio");
    struct wp_json pki = wp_json_get(at, "pki");
    struct wp_json identity = wp_json_get(at, "signedIdentity");
    struct sig_demand d = {.formats = 1U << SIG_COSIGN, .name_rule = SIG_NAME_REPOSITORY};
    struct blobs keys = {.count = 0};
    struct wp_span ca = {.ptr = NULL};
    bool by_identity = wp_json_kind(&fulcio) != WP_JSON_ABSENT;
    if (check_keys(at, known, "sigstoreSigned", err) < 0 || read_blobs(p, at, "key", true, &keys, err) < 0 ||
        read_identity(&identity, &need->name_map, err) < 0) {
        return -1;
    }
    if (wp_json_kind(&pki) != WP_JSON_ABSENT) {
        return wp_json_fail(&pki, err, "certificates of one's own (\"pki\") are not supported");
    }
    if (by_identity == (keys.count > 0)) {
        return wp_json_fail(at, err, "exactly one of keyPath, keyPaths, keyData, keyDatas and fulcio says who signs");
    }
    if ((by_identity && read_fulcio(p, &fulcio, &ca, &d, err) < 0) || read_logs(p, at, ca, &d, err) < 0) {
        return -1;
    }
    need->id = wp_arena_printf(&p->arena, "sigstoreSigned (%s)", sig_policy_where(p, at));
    need->threshold = 1;
    if (!by_identity) {
        return read_keys(p, &keys, &d, need, err);
    }
    need->demands = wp_arena_alloc(&p->arena, 1, sizeof(d));
    need->demands[0] = d;
    need->demand_count = 1;
    return 0;
}

/* ---- requirements of a scope ---- */

static int read_requirement(struct sig_policy *p, const struct wp_json *at, struct sig_rule *r, struct wp_err *err)
{
    static const char *const alone[] = {"type", NULL};
    struct wp_json type = wp_json_get(at, "type");
    const char *text;
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || wp_json_str(&type, &text, err) < 0) {
        return -1;
    }
    if (wp_str_eq(text, "sigstoreSigned")) {
        return read_signed(p, at, &r->needs[r->need_count++], err);
    }
    if (wp_str_eq(text, "insecureAcceptAnything")) {
        return check_keys(at, alone, text, err);
    }
    if (wp_str_eq(text, "reject")) {
        r->action = SIG_ACTION_REJECT;
        return check_keys(at, alone, text, err);
    }
    if (wp_str_eq(text, "signedBy")) {
        r->action = SIG_ACTION_REJECT;
        r->why = "signatures by GPG (signedBy) are asked for, and cannot be verified here";
        return 0;
    }
    wp_json_fail(&type, err, "'%s' is no requirement known here", text);
    return wp_hint(err, "insecureAcceptAnything, reject, sigstoreSigned");
}

static int read_rule(struct sig_policy *p, const struct wp_json *list, struct sig_rule *r, struct wp_err *err)
{
    if (wp_json_must(list, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    if (wp_json_len(list) == 0) {
        wp_json_fail(list, err, "asks for nothing");
        return wp_hint(err, "[{\"type\": \"insecureAcceptAnything\"}] or [{\"type\": \"reject\"}]");
    }
    r->where = sig_policy_where(p, list);
    r->needs = wp_arena_alloc(&p->arena, wp_json_len(list), sizeof(*r->needs));
    for (size_t i = 0; i < wp_json_len(list); i++) {
        struct wp_json item = wp_json_at(list, i);
        if (read_requirement(p, &item, r, err) < 0) {
            return -1;
        }
    }
    if (r->action == SIG_ACTION_REQUIRE && r->need_count == 0) {
        r->action = SIG_ACTION_ACCEPT;
    }
    sig_rule_need_all(p, r);
    return 0;
}

struct scopes {
    struct sig_policy *policy;
    const char *transport;
};

static int read_scope(void *arg, const struct wp_json *member, struct wp_err *err)
{
    const struct scopes *s = arg;
    struct sig_policy *p = s->policy;
    struct sig_rule *r = &p->rules[p->rule_count++];
    const char **scope = wp_arena_alloc(&p->arena, 1, sizeof(*scope));
    *scope = wp_arena_printf(&p->arena, "%s:%s", s->transport, member->key);
    r->scopes = scope;
    r->scope_count = 1;
    return read_rule(p, member, r, err);
}

static int count_scopes(void *arg, const struct wp_json *member, struct wp_err *err)
{
    size_t *n = arg;
    *n += wp_json_len(member);
    return wp_json_must(member, WP_JSON_OBJECT, err);
}

static int read_transport(void *arg, const struct wp_json *member, struct wp_err *err)
{
    struct scopes s = {.policy = arg, .transport = member->key};
    return wp_json_each(member, read_scope, &s, err);
}

/* ---- which rule ---- */

static const struct sig_rule *rule_of(const struct sig_policy *p, const char *scope, const char **ret_scope)
{
    for (size_t i = 0; i < p->rule_count; i++) {
        if (wp_str_eq(p->rules[i].scopes[0], scope)) {
            *ret_scope = p->rules[i].scopes[0];
            return &p->rules[i];
        }
    }
    return NULL;
}

/* text, then without its last part, and so on. */
static const struct sig_rule *up(const struct sig_policy *p, const char *transport, const char *text,
                                 struct wp_arena *a, const char **ret_scope)
{
    char *part = wp_arena_str(a, text);
    const struct sig_rule *r = NULL;
    while (r == NULL && part[0] != '\0') {
        char *slash = strrchr(part, '/');
        r = rule_of(p, wp_arena_printf(a, "%s:%s", transport, part), ret_scope);
        part[slash != NULL ? slash - part : 0] = '\0';
    }
    return r;
}

static const struct sig_rule *find_docker(const struct sig_policy *p, const struct oci_ref *ref, struct wp_arena *a,
                                          const char **ret_scope)
{
    const char *base = oci_ref_base(a, ref);
    char digest[OCI_DIGEST_TEXT];
    const char *exact = ref->has_digest
                            ? wp_arena_printf(a, "docker:%s@%s", base, oci_digest_text(&ref->digest, digest))
                            : wp_arena_printf(a, "docker:%s:%s", base, ref->name != NULL ? ref->name : "latest");
    const struct sig_rule *r = rule_of(p, exact, ret_scope);
    r = r != NULL ? r : up(p, "docker", base, a, ret_scope);
    const char *host = wp_arena_strn(a, ref->host, strcspn(ref->host, ":"));
    for (const char *dot = strchr(host, '.'); r == NULL && dot != NULL; dot = strchr(dot + 1, '.')) {
        r = rule_of(p, wp_arena_printf(a, "docker:*%s", dot), ret_scope);
    }
    return r != NULL ? r : rule_of(p, "docker:", ret_scope);
}

/* Folders and files: with the name within, without, then the folders above. */
static const struct sig_rule *find_local(const struct sig_policy *p, const struct sig_question *q,
                                         const struct oci_ref *ref, struct wp_arena *a, const char **ret_scope)
{
    const char *transport = ref->kind == OCI_REF_ARCHIVE ? "oci-archive" : "oci";
    struct sig_question plain = *q;
    plain.reference = oci_ref_base(a, ref);
    plain.repo = NULL;
    const char *path = sig_scope_name(&plain, a) + strlen(transport) + 1;
    const struct sig_rule *r = NULL;
    if (ref->name != NULL) {
        r = rule_of(p, wp_arena_printf(a, "%s:%s:%s", transport, path, ref->name), ret_scope);
    }
    r = r != NULL ? r : up(p, transport, path, a, ret_scope);
    return r != NULL ? r : rule_of(p, wp_arena_printf(a, "%s:", transport), ret_scope);
}

static const struct sig_rule *find(const struct sig_policy *p, const struct sig_question *q, const char **ret_scope)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct sig_rule *r = NULL;
    struct oci_ref ref;
    struct wp_err err;
    *ret_scope = NULL;
    if (q->artifact.desc.media_type != NULL && q->reference != NULL &&
        oci_ref_parse(&a, q->reference, &ref, &err) == 0) {
        r = ref.kind == OCI_REF_REGISTRY ? find_docker(p, &ref, &a, ret_scope) : find_local(p, q, &ref, &a, ret_scope);
    }
    return r != NULL ? r : &p->fallback;
}

int sig_policy_read_containers(struct sig_policy *p, struct wp_err *err)
{
    static const char *const known[] = {"default", "transports", NULL};
    struct wp_json root = wp_json_root(p->doc);
    struct wp_json fallback = wp_json_get(&root, "default");
    struct wp_json transports = wp_json_get(&root, "transports");
    size_t n = 0;
    p->find = find;
    if (check_keys(&root, known, "policy.json", err) < 0 || read_rule(p, &fallback, &p->fallback, err) < 0) {
        return -1;
    }
    if (wp_json_kind(&transports) == WP_JSON_ABSENT) {
        return 0;
    }
    if (wp_json_must(&transports, WP_JSON_OBJECT, err) < 0 || wp_json_each(&transports, count_scopes, &n, err) < 0) {
        return -1;
    }
    if (n > WP_LIMIT_POLICY_RULES) {
        return wp_json_fail(&transports, err, "more than %llu scopes", (unsigned long long)WP_LIMIT_POLICY_RULES);
    }
    p->rules = wp_arena_alloc(&p->arena, n + 1, sizeof(*p->rules));
    return wp_json_each(&transports, read_transport, p, err);
}
