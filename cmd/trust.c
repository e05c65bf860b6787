/* SPDX-License-Identifier: Apache-2.0
 *
 * From the options of a command to a policy, and the question about one artifact (cmd/trust.h). */
#include "cmd/trust.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/time.h"
#include "cmd/sign.h"
#include "cmd/transfer.h"
#include "sign/notation.h"
#include "sign/root.h"

#include <stdlib.h>

struct trust_parts {
    struct sig_pub **keys;
    size_t key_count;
    struct sig_root *root;
    struct sig_store *store;
    struct sig_who who;
};

static bool names_identity(const struct trust_opts *o)
{
    return o->identity != NULL || o->identity_regexp != NULL || o->issuer != NULL || o->issuer_regexp != NULL;
}

static bool names_store(const struct trust_opts *o)
{
    return o->trust_stores.count > 0 || o->identities.count > 0 || o->crls.count > 0;
}

static bool names_somebody(const struct trust_opts *o)
{
    return o->keys.count > 0 || names_identity(o) || names_store(o);
}

/* ---- options that contradict each other or lead nowhere ---- */

static int check_identity(const struct trust_opts *o, struct wp_err *err)
{
    if (!names_identity(o)) {
        return 0;
    }
    if (o->identity == NULL && o->identity_regexp == NULL) {
        wp_fail(err, WP_E_USAGE, "an issuer is named, but not who");
        return wp_hint(err, "--certificate-identity WHO or --certificate-identity-regexp RE");
    }
    if (o->issuer == NULL && o->issuer_regexp == NULL) {
        wp_fail(err, WP_E_USAGE, "an identity is worth what its issuer is, and none is named");
        return wp_hint(err, "--certificate-oidc-issuer URL, such as https://token.actions.githubusercontent.com");
    }
    if ((o->identity != NULL && o->identity_regexp != NULL) || (o->issuer != NULL && o->issuer_regexp != NULL)) {
        return wp_fail(err, WP_E_USAGE, "an identity or issuer is given as text and as regular expression");
    }
    if (o->trusted_root == NULL) {
        wp_fail(err, WP_E_USAGE, "who issues certificates for identities? --trusted-root is missing");
        return wp_hint(err, "a trusted_root.json, such as Sigstore's own: "
                            "https://github.com/sigstore/root-signing/tree/main/targets; nothing is fetched here");
    }
    return 0;
}

static int check_store(const struct trust_opts *o, struct wp_err *err)
{
    if (!names_store(o)) {
        return 0;
    }
    if (o->trust_stores.count == 0) {
        wp_fail(err, WP_E_USAGE, "which certificates are believed? --trust-store is missing");
        return wp_hint(err, "--trust-store FILE: the root certificate, PEM");
    }
    if (o->identities.count == 0) {
        wp_fail(err, WP_E_USAGE, "of all that the trust store's authorities vouch for, who is meant?");
        return wp_hint(err, "--trusted-identity 'x509.subject: C=.., ST=.., O=..', or '*' for all of them");
    }
    return 0;
}

static int check_opts(const struct trust_opts *o, struct wp_err *err)
{
    bool somebody = names_somebody(o);
    if (o->policy != NULL && somebody) {
        wp_fail(err, WP_E_USAGE, "--policy says who is trusted; so do the other options");
        return wp_hint(err, "one or the other (WPACK_POLICY counts); a policy file takes keys and identities, too");
    }
    if (o->policy != NULL && o->annotations.count > 0) {
        wp_fail(err, WP_E_USAGE, "--policy says what must be proven, and --annotation would add to it");
        return wp_hint(err, "\"annotations\" of a requirement in the policy: wpack-policy(5)");
    }
    const char *vain = o->trust_dir != NULL && o->policy == NULL ? "--trust-dir"
                       : somebody                                ? NULL
                       : o->trusted_root != NULL                 ? "--trusted-root"
                       : o->require_log                          ? "--require-tlog"
                       : o->ignore_log                           ? "--insecure-ignore-tlog"
                       : o->threshold > 0                        ? "--threshold"
                                                                 : NULL;
    if (vain != NULL) {
        wp_fail(err, WP_E_USAGE, "%s names nobody who is trusted", vain);
        return wp_hint(err, wp_str_eq(vain, "--trust-dir") ? "it goes with --policy FILE"
                                                           : "--key PUB, or --certificate-identity WHO");
    }
    if (o->require_log && o->ignore_log) {
        return wp_fail(err, WP_E_USAGE, "--require-tlog and --insecure-ignore-tlog exclude each other");
    }
    if (o->require_log && o->trusted_root == NULL) {
        wp_fail(err, WP_E_USAGE, "which logs are believed? --require-tlog needs --trusted-root");
        return -1;
    }
    return check_identity(o, err) < 0 || check_store(o, err) < 0 ? -1 : 0;
}

/* ---- loading ---- */

static struct sig_match match_of(const char *exact, const char *regexp)
{
    return exact != NULL ? (struct sig_match){.kind = SIG_MATCH_EXACT, .text = exact}
                         : (struct sig_match){.kind = SIG_MATCH_REGEXP, .text = regexp};
}

static int load_keys(const struct trust_opts *o, struct trust_parts *p, struct wp_err *err)
{
    p->keys = wp_xcalloc(o->keys.count + 1, sizeof(struct sig_pub *));
    for (size_t i = 0; i < o->keys.count; i++) {
        if (sig_pub_load(o->keys.items[i], &p->keys[i], err) < 0) {
            return wp_wrap(err, "--key");
        }
        p->key_count++;
    }
    return 0;
}

/* Those with that prefix, or (the first one) with none of them. */
static const char *const store_prefixes[] = {"ca:", "signingAuthority:", "tsa:", NULL};

static int read_files(struct wp_arena *a, const struct opt_list *list, const char *prefix,
                      const struct sig_store_file **ret, size_t *ret_count, struct wp_err *err)
{
    struct sig_store_file *out = wp_arena_alloc(a, list->count + 1, sizeof(*out));
    size_t n = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *file = list->items[i];
        const char *const *is = store_prefixes;
        while (*is != NULL && !wp_str_starts(file, *is)) {
            is++;
        }
        if (prefix != NULL && !wp_str_eq(*is != NULL ? *is : store_prefixes[0], prefix)) {
            continue;
        }
        file += prefix != NULL && *is != NULL ? strlen(prefix) : 0;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        if (wp_fs_read(file, WP_LIMIT_TRUST_FILE, &b, err) < 0) {
            return -1;
        }
        out[n++] = (struct sig_store_file){.name = file, .bytes = wp_arena_bytes(a, wp_buf_span(&b))};
    }
    *ret = out;
    *ret_count = n;
    return 0;
}

static int load_store(struct cmd_ctx *c, const struct trust_opts *o, struct trust_parts *p, struct wp_err *err)
{
    struct sig_store_parts parts = {
        .name = o->trust_stores.items[0],
        .identities = o->identities.items,
        .identity_count = o->identities.count,
        .revocation = o->crls.count > 0 ? SIG_NOTATION_ENFORCE : SIG_NOTATION_SKIP,
    };
    const struct opt_list *stores = &o->trust_stores;
    if (read_files(c->arena, stores, "ca:", &parts.ca, &parts.ca_count, err) < 0 ||
        read_files(c->arena, stores, "signingAuthority:", &parts.authority, &parts.authority_count, err) < 0 ||
        read_files(c->arena, stores, "tsa:", &parts.tsa, &parts.tsa_count, err) < 0 ||
        read_files(c->arena, &o->crls, NULL, &parts.crls, &parts.crl_count, err) < 0) {
        return -1;
    }
    return sig_store_new(&parts, &p->store, err);
}

static int load_parts(struct cmd_ctx *c, const struct trust_opts *o, struct trust_parts *p, struct wp_err *err)
{
    if (load_keys(o, p, err) < 0 || (o->trusted_root != NULL && sig_root_load(o->trusted_root, &p->root, err) < 0) ||
        (names_store(o) && load_store(c, o, p, err) < 0)) {
        return -1;
    }
    if (!names_identity(o)) {
        return 0;
    }
    p->who.identity = match_of(o->identity, o->identity_regexp);
    p->who.issuer = match_of(o->issuer, o->issuer_regexp);
    return sig_match_check(&p->who.identity, err) < 0 || sig_match_check(&p->who.issuer, err) < 0 ? -1 : 0;
}

/* What all demands of a command line have in common. */
static int common_demand(struct cmd_ctx *c, const struct trust_opts *o, const struct trust_parts *p,
                         struct sig_demand *ret, struct wp_err *err)
{
    struct sig_demand d = {
        .root = p->root,
        .log = o->require_log  ? SIG_LOG_REQUIRED
               : o->ignore_log ? SIG_LOG_IGNORED
                               : SIG_LOG_OPTIONAL,
        .now = wp_time_now(),
        .name_rule = SIG_NAME_IGNORED, /* a copy elsewhere is the same artifact; only policies tell names apart */
    };
    if (o->any_type) {
        d.predicate = (struct sig_match){.kind = SIG_MATCH_GLOB, .text = "**"};
    } else if (o->type != NULL && sig_predicate_match(o->type, &d.predicate, err) < 0) {
        return wp_wrap(err, "--type");
    }
    if (transfer_annotations(c, &o->annotations, &d.annotations, &d.annotation_count, err) < 0) {
        return -1;
    }
    *ret = d;
    return 0;
}

static int policy_of(struct cmd_ctx *c, const struct trust_opts *o, struct trust *t, struct wp_err *err)
{
    const struct trust_parts *p = t->parts;
    struct sig_demand common;
    if (common_demand(c, o, p, &common, err) < 0) {
        return -1;
    }
    struct sig_demand *list = wp_arena_alloc(c->arena, p->key_count + 2, sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < p->key_count; i++) {
        list[n] = common;
        list[n].name = o->keys.items[i];
        list[n++].key = p->keys[i];
    }
    if (names_identity(o)) {
        list[n] = common;
        list[n].name = p->who.identity.text;
        list[n].who = &p->who;
        list[n].log = o->ignore_log ? SIG_LOG_IGNORED : SIG_LOG_REQUIRED;
        n++;
    }
    if (p->store != NULL) {
        list[n] = common;
        list[n].name = o->trust_stores.items[0];
        list[n].root = NULL;
        list[n++].store = p->store;
    }
    uint64_t threshold = o->threshold == 0 ? 1 : o->threshold;
    return sig_policy_of(list, n, (unsigned)WP_MIN(threshold, (uint64_t)UINT32_MAX), &t->policy, err);
}

int trust_open(struct cmd_ctx *c, const struct trust_opts *o, struct trust *ret, struct wp_err *err)
{
    *ret = (struct trust){0};
    if (o->threshold == 0 && cmd_given(c, "threshold")) {
        return wp_fail(err, WP_E_USAGE, "%s: --threshold 0 would accept what nobody signed", c->cmd->name);
    }
    if (check_opts(o, err) < 0) {
        return wp_wrap(err, "%s", c->cmd->name);
    }
    if (o->policy != NULL) {
        return sig_policy_load(o->policy, o->trust_dir, &ret->policy, err);
    }
    if (!names_somebody(o)) {
        return 0;
    }
    ret->parts = wp_xcalloc(1, sizeof(*ret->parts));
    return load_parts(c, o, ret->parts, err) < 0 ? -1 : policy_of(c, o, ret, err);
}

void trust_done(struct trust *t)
{
    struct trust_parts *p = t->parts;
    if (t->policy != NULL) {
        sig_policy_free(t->policy);
        t->policy = NULL;
    }
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < p->key_count; i++) {
        sig_pub_free(p->keys[i]);
    }
    free(p->keys);
    sig_root_free(p->root);
    sig_store_free(p->store);
    free(p);
    t->parts = NULL;
}

/* ---- the question ---- */

int trust_judge(struct cmd_ctx *c, const struct trust *t, const struct trust_subject *s, struct sig_report *ret,
                struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    if (s->desc->digest.alg != WP_SHA256) {
        *ret = (struct sig_report){.verdict = SIG_NOT_SATISFIED, .policy = sig_policy_name(t->policy)};
        wp_fail(&ret->err, WP_E_UNSUPPORTED, "%s: what is signed is named by sha256, and this is not",
                oci_digest_text(&s->desc->digest, text));
        *err = ret->err;
        return -1;
    }
    struct sig_question q = {
        .artifact = {.name = s->file, .desc = *s->desc, .bytes = s->bytes},
        .reference = s->file,
        .given = s->given,
        .given_count = s->given_count,
        .recursive = s->recursive,
        .now = wp_time_now(),
        .job = c->job,
    };
    if (s->target != NULL) {
        struct cmd_target named = *s->target;
        named.ref.name = s->name != NULL ? s->name : named.ref.name;
        q.artifact.name = target_pinned(c, &named, &s->desc->digest);
        q.artifact.repository = signer_repository(c, &named);
        q.reference = oci_ref_text(c->arena, &named.ref);
        q.store = s->given_only ? NULL : s->store != NULL ? s->store : s->target->store;
        q.repo = signer_repo(c, &named);
    }
    int rc = sig_judge(t->policy, &q, c->arena, ret, err);
    if (rc < 0) {
        trust_after(c, ret);
    } else {
        c->after = NULL;
    }
    return rc;
}

int trust_gate(struct cmd_ctx *c, const struct trust *t, const struct cmd_target *target,
               const struct trust_manifest *root, const struct trust_manifest *chosen, struct sig_report *ret,
               struct wp_err *err)
{
    *ret = (struct sig_report){.verdict = SIG_ACCEPTED_UNSIGNED};
    if (t->policy == NULL) {
        return 0;
    }
    const struct trust_subject first = {.target = target, .desc = root->desc, .bytes = root->bytes};
    int rc = trust_judge(c, t, &first, ret, err);
    if (rc == 0 || oci_digest_equal(&root->desc->digest, &chosen->desc->digest) ||
        (ret->verdict != SIG_NONE && ret->verdict != SIG_NOT_SATISFIED)) {
        return rc;
    }
    const struct trust_subject second = {.target = target, .desc = chosen->desc, .bytes = chosen->bytes};
    struct sig_report by_itself;
    struct wp_err ignored = {0};
    if (trust_judge(c, t, &second, &by_itself, &ignored) < 0) {
        trust_after(c, ret);
        return -1;
    }
    wp_err_clear(err);
    *ret = by_itself;
    return 0;
}

/* ---- the door ---- */

static int admit(void *arg, struct oci_store *view, const struct oci_desc *root, struct wp_err *err)
{
    struct trust_door *door = arg;
    struct trust_subject s = {.target = door->source, .name = door->name, .store = view, .desc = root};
    door->asked = true;
    return oci_store_get(view, root, WP_LIMIT_MANIFEST, door->c->arena, &s.bytes, err) < 0
               ? -1
               : trust_judge(door->c, door->trust, &s, &door->report, err);
}

/* The copy fails where it cannot list referrers, in words of its own: the question that was not reached is asked of the
 * source, which knows whether that is why. */
static int explain(struct trust_door *door, const struct oci_desc *root, struct wp_err *err)
{
    struct wp_err why = {0};
    const struct trust_subject s = {.target = door->source, .name = door->name, .desc = root};
    if (door->asked || err->code == WP_E_INTERRUPTED) {
        return -1;
    }
    if (trust_judge(door->c, door->trust, &s, &door->report, &why) == 0 || door->report.verdict != SIG_UNKNOWN) {
        door->c->after = NULL;
        return -1;
    }
    *err = why;
    return -1;
}

/* What is left behind cannot be asked for in what is copied: the source is asked. Of an index that is taken in part and
 * not trusted, the part has to be trusted by itself, at the door. */
static int judge_source(struct trust_door *door, struct oci_copy_opts *copy, struct wp_err *err)
{
    const struct trust_subject s = {
        .target = door->source,
        .name = door->name,
        .desc = copy->root,
        .bytes = copy->root_bytes,
    };
    int rc = trust_judge(door->c, door->trust, &s, &door->report, err);
    bool in_part = copy->platform != NULL && !copy->no_referrers &&
                   (door->report.verdict == SIG_NONE || door->report.verdict == SIG_NOT_SATISFIED);
    if (rc < 0 && in_part) {
        copy->admit = admit;
        copy->admit_arg = door;
        return 0;
    }
    return rc;
}

int trust_copy(struct trust_door *door, const char *from, struct oci_store *dst, const char *const *names, size_t n,
               const struct oci_copy_opts *opts, struct oci_copy_result *ret, struct wp_err *err)
{
    struct cmd_ctx *c = door->c;
    struct oci_store *src = door->source->store;
    struct oci_copy_opts copy = *opts;
    struct oci_desc root;
    if (door->trust->policy == NULL) {
        return oci_copy(src, from, dst, names, n, &copy, c->arena, ret, err);
    }
    if (copy.root == NULL) {
        if (oci_store_resolve(src, from, c->arena, &root, &copy.root_bytes, err) < 0) {
            return -1;
        }
        copy.root = &root;
    }
    if (copy.no_referrers || copy.platform != NULL) {
        if (judge_source(door, &copy, err) < 0) {
            return -1;
        }
    } else {
        copy.admit = admit;
        copy.admit_arg = door;
    }
    if (oci_copy(src, from, dst, names, n, &copy, c->arena, ret, err) < 0) {
        return explain(door, copy.root, err);
    }
    trust_note(c, &door->report);
    return 0;
}
