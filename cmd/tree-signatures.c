/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures in a tree (cmd/tree-signatures.h). */
#include "cmd/tree-signatures.h"

#include "cmd/out.h"
#include "cmd/sign.h"

int tree_trust_open(struct cmd_ctx *c, const struct trust_opts *o, struct tree_trust *ret, struct wp_err *err)
{
    struct trust_opts any = *o;
    any.any_type = true;
    *ret = (struct tree_trust){0};
    return trust_open(c, o, &ret->signatures, err) < 0 ||
                   (o->policy == NULL && trust_open(c, &any, &ret->attestations, err) < 0)
               ? -1
               : 0;
}

void tree_trust_done(struct tree_trust *t)
{
    trust_done(&t->signatures);
    trust_done(&t->attestations);
}

static void judge(struct cmd_ctx *c, const struct trust *trust, const struct trust_subject *s,
                  struct tree_signatures *ret)
{
    struct wp_err err = {0};
    if (trust->policy == NULL) {
        return;
    }
    if (trust_judge(c, trust, s, &ret->reports[ret->report_count], &err) < 0) {
        c->after = NULL; /* a verdict is no failure of the tree */
    }
    ret->report_count++;
}

/* The target's store, but for the list of referrers, which the tree has asked for already. */
struct listed {
    struct oci_store base;
    struct oci_store *inner;
    const struct tree_subject *subject;
};

static struct listed *listed_of(struct oci_store *s)
{
    return WP_DOWNCAST(struct listed, s);
}

static int listed_exists(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err)
{
    return oci_store_exists(listed_of(s)->inner, d, proven, err);
}

static int listed_fetch(struct oci_store *s, const struct oci_desc *d, uint64_t offset, struct wp_reader **ret,
                        struct wp_err *err)
{
    return oci_store_fetch(listed_of(s)->inner, d, offset, ret, err);
}

static int listed_resolve(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                          struct wp_span *ret_bytes, struct wp_err *err)
{
    return oci_store_resolve(listed_of(s)->inner, name, a, ret_desc, ret_bytes, err);
}

static int listed_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                            struct wp_err *err)
{
    const struct tree_subject *t = listed_of(s)->subject;
    (void)subject;
    for (size_t i = 0; i < t->referrer_count; i++) {
        int stop = fn(arg, &t->referrers[i], err);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

static void listed_close(struct oci_store *s WP_UNUSED)
{
}

static const struct oci_store_ops listed_ops = {
    .kind = "view",
    .exists = listed_exists,
    .fetch = listed_fetch,
    .resolve = listed_resolve,
    .referrers = listed_referrers,
    .close = listed_close,
};

void tree_signatures_find(struct cmd_ctx *c, const struct tree_trust *trust, const struct cmd_target *t,
                          const struct tree_subject *subject, struct tree_signatures *ret)
{
    struct wp_err err = {0};
    struct listed store = {
        .base = {.ops = &listed_ops, .label = t->store->label},
        .inner = t->store,
        .subject = subject,
    };
    *ret = (struct tree_signatures){0};
    if (sig_find(&store.base, signer_repo(c, t), subject->desc, c->job, c->arena, &ret->list, &err) < 0) {
        out_warn(c->out, "%s", err.msg);
        ret->list = (struct sig_list){0};
        return;
    }
    const struct trust_subject s = {
        .target = t,
        .desc = subject->desc,
        .given = ret->list.items,
        .given_count = ret->list.count,
        .given_only = true,
    };
    if (ret->list.count > 0) {
        judge(c, &trust->signatures, &s, ret);
        judge(c, &trust->attestations, &s, ret);
    }
}

static bool came_in(const struct sig_candidate *k, const struct oci_desc *d)
{
    if (d == NULL) {
        return wp_str_starts(k->where, "tag ");
    }
    return k->manifest.media_type != NULL && oci_digest_equal(&k->manifest.digest, &d->digest);
}

const struct sig_candidate *tree_signatures_next(const struct tree_signatures *s, const struct oci_desc *d, size_t *at)
{
    while (*at < s->list.count) {
        const struct sig_candidate *k = &s->list.items[(*at)++];
        if (came_in(k, d)) {
            return k;
        }
    }
    return NULL;
}

const char *tree_signature_text(struct cmd_ctx *c, const struct sig_candidate *k)
{
    return trust_candidate_text(k, c->arena);
}

/* The candidate's proof in a report: a good one, else one that failed; not one that was about something else. */
static const struct sig_proof *proof_in(const struct sig_report *r, const struct sig_candidate *k)
{
    const struct sig_proof *failed = NULL;
    for (size_t i = 0; i < r->result_count; i++) {
        const struct sig_result *q = &r->results[i];
        for (size_t j = 0; j < q->proof_count; j++) {
            const struct sig_proof *p = &q->proofs[j];
            if (!wp_str_eq(p->candidate->where, k->where)) {
                continue;
            }
            if (p->failed == NULL) {
                return p;
            }
            failed = wp_str_eq(p->failed, "predicate") ? failed : p;
        }
    }
    return failed;
}

static const struct sig_proof *proof_of(const struct tree_signatures *s, const struct sig_candidate *k)
{
    const struct sig_proof *best = NULL;
    for (size_t i = 0; i < s->report_count; i++) {
        const struct sig_proof *p = proof_in(&s->reports[i], k);
        best = best == NULL || (p != NULL && p->failed == NULL) ? p : best;
    }
    return best;
}

const char *tree_signature_verdict(struct cmd_ctx *c, const struct tree_signatures *s, const struct sig_candidate *k)
{
    const struct sig_proof *p = proof_of(s, k);
    if (p == NULL) {
        return s->report_count > 0 ? "not asked for" : trust_claim_text(k, c->arena);
    }
    if (p->failed == NULL) {
        return wp_arena_printf(c->arena, "signed by %s", trust_signer_text(p, c->arena));
    }
    size_t where = strlen(k->where);
    const char *why = p->why != NULL ? p->why : p->failed;
    bool named = strncmp(why, k->where, where) == 0 && why[where] == ':'; /* the line has it already */
    return wp_arena_printf(c->arena, "NOT TRUSTED: %s", named ? why + where + 2 : why);
}

void tree_signatures_json(struct wp_json_out *o, const struct tree_signatures *s, struct wp_arena *a)
{
    if (s->list.count == 0) {
        return;
    }
    wp_jo_key(o, "signatures");
    wp_jo_array(o);
    for (size_t i = 0; i < s->list.count; i++) {
        const struct sig_candidate *k = &s->list.items[i];
        const struct sig_proof *p = proof_of(s, k);
        wp_jo_object(o);
        trust_candidate_json(o, k);
        if (p != NULL) {
            wp_jo_kbool(o, "proven", p->failed == NULL);
            wp_jo_kstr(o, p->failed == NULL ? "signer" : "why", p->failed == NULL ? trust_signer_text(p, a) : p->why);
        }
        wp_jo_object_end(o);
    }
    wp_jo_array_end(o);
}
