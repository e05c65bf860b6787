/* SPDX-License-Identifier: Apache-2.0
 *
 * What judging says: a requirement in words, why it is not satisfied, and the five answers as errors. Each names what
 * was found, who signed it as far as that is known, which check failed, and what to do. */
#include "base/buf.h"
#include "sign/policy-int.h"

/* ---- requirements ---- */

static const char *list_names(const struct sig_need *need, const char *last, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    enum { TOLD = 6 };
    size_t n = WP_MIN(need->demand_count, (size_t)TOLD);
    for (size_t i = 0; i < n; i++) {
        const char *between = i == 0 ? "" : i + 1 == need->demand_count ? last : ", ";
        wp_buf_printf(&b, "%s'%s'", between, need->demands[i].name);
    }
    if (need->demand_count > n) {
        wp_buf_printf(&b, " and %zu more", need->demand_count - n);
    }
    return wp_arena_str(a, b.ptr);
}

/* The statement that is asked for; NULL: a plain signature. All demands of a need ask for the same. */
static const char *predicate_of(const struct sig_need *need)
{
    const struct sig_match *m = &need->demands[0].predicate;
    return need->demand_count > 0 && m->kind != SIG_MATCH_ANY ? m->text : NULL;
}

const char *sig_need_text(const struct sig_need *need, struct wp_arena *a)
{
    const char *predicate = predicate_of(need);
    const char *what = predicate == NULL ? "" : wp_arena_printf(a, "attestation %s, ", predicate);
    const char *how = need->condition_count == 0   ? ""
                      : need->condition_count == 1 ? ", with 1 condition"
                                                   : wp_arena_printf(a, ", with %zu conditions", need->condition_count);
    if (need->threshold == 1) {
        return wp_arena_printf(a, "%ssigned by %s%s", what, list_names(need, " or ", a), how);
    }
    return wp_arena_printf(a, "%ssigned by %u of %s%s", what, need->threshold, list_names(need, " and ", a), how);
}

/* ---- why not ---- */

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static const char *why_none(const struct sig_answer *an, struct wp_arena *a)
{
    const char *predicate = predicate_of(an->need);
    size_t n = an->result.proof_count;
    if (predicate == NULL && n == 0) {
        return "it is not signed";
    }
    if (predicate == NULL) {
        return wp_arena_printf(a, "it is not signed; %zu attestation%s of it %s there", n, plural(n),
                               n == 1 ? "is" : "are");
    }
    if (n == 0) {
        return wp_arena_printf(a, "it has no attestation %s", predicate);
    }
    return wp_arena_printf(a, "it has no attestation %s; what is there states something else: %s", predicate,
                           an->result.proofs[0].why);
}

static const char *why_too_few(const struct sig_answer *an, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    const struct sig_result *r = &an->result;
    wp_buf_printf(&b, "signed by %zu of the %u that are asked for: ", an->signers, an->need->threshold);
    for (size_t i = 0; i < an->signers && i < r->good_count; i++) {
        wp_buf_printf(&b, "%s'%s'", i == 0 ? "" : ", ", r->proofs[i].demand->name);
    }
    size_t again = r->good_count > an->signers ? r->good_count - an->signers : 0;
    if (again > 0) {
        wp_buf_printf(&b, "; %zu more signature%s by the same signer%s", again, plural(again),
                      again == 1 ? " does not count" : "s do not count");
    }
    if (r->proof_count > r->good_count) {
        wp_buf_printf(&b, "; %s", r->proofs[r->good_count].why);
    }
    return wp_arena_str(a, b.ptr);
}

const char *sig_answer_why(const struct sig_answer *an, struct wp_arena *a)
{
    if (an->verdict == SIG_NONE) {
        return why_none(an, a);
    }
    if (an->result.good_count > 0) {
        return why_too_few(an, a);
    }
    return an->result.proofs[0].why;
}

/* ---- the answers ---- */

/* By the check that the nearest signature failed: what that means, and what to do. */
static const struct meaning {
    const char *failed, *what, *hint;
} meanings[] = {
    {"condition", "attested, but not what is asked for", NULL},
    {"name", "signed, but under another name", NULL},
    {"time-limit", "signed, but at a time that is not accepted", NULL},
    {"annotation", "signed, but without an annotation that is asked for", NULL},
    {"expired", "signed, but its certificate was not valid then", NULL},
    {"revoked", "signed, but its certificate was revoked", NULL},
    {"timestamp", "signed, but no time can be proven", "authorities of time are in the trusted root: --trusted-root"},
    {"log", "signed, but no transparency log proves it",
     "logs are in the trusted root: --trusted-root; signatures that were meant not to be logged: "
     "--insecure-ignore-tlog"},
    {"sct", "signed, but no log of certificates knows its certificate", NULL},
    {"chain", "signed, but by a certificate of somebody who is not trusted",
     "authorities are in the trusted root or trust store: is this the right one, and a current one?"},
    {"identity", "signed, but by nobody who is trusted here", NULL},
    {"signature", "signed, but by nobody who is trusted here",
     "if that signer is to be trusted, give its public key, too: --key FILE"},
    {"key", "signed, but by nobody who is trusted here",
     "if that signer is to be trusted, give its public key, too: --key FILE"},
    {"digest", "what is signed is something else",
     "the signature was moved here, or the content was changed after it was signed"},
    {"subject", "what is signed is something else",
     "the signature was moved here, or the content was changed after it was signed"},
    {"parse", "no signature that is there can be read", NULL},
    {"predicate", "nothing of the kind that is asked for was signed", NULL},
    {"format", "signed, but in a format that is not accepted here", NULL},
};

static const struct meaning *meaning_of(const char *failed)
{
    static const struct meaning other = {"", "signed, but not as it is asked for", NULL};
    for (size_t i = 0; failed != NULL && i < WP_ARRAY_LEN(meanings); i++) {
        if (wp_str_eq(meanings[i].failed, failed)) {
            return &meanings[i];
        }
    }
    return &other;
}

/* Who signed is known, or what a certificate says of it. */
static bool names_signer(const char *failed)
{
    static const char *const before[] = {"format", "predicate", "parse", "digest", "key", "signature"};
    for (size_t i = 0; i < WP_ARRAY_LEN(before); i++) {
        if (failed == NULL || wp_str_eq(before[i], failed)) {
            return false;
        }
    }
    return true;
}

static const char *reference(const struct sig_looked *l)
{
    return l->question->reference != NULL ? l->question->reference : l->name;
}

/* "bundle, cosign, notation": those that come as layers of manifests. */
static const char *format_list(struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    for (size_t i = 0; i < SIG_FORMATS; i++) {
        if (sig_formats[i]->layer_types[0] != NULL) {
            wp_buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", sig_formats[i]->name);
        }
    }
    return wp_arena_str(a, b.ptr);
}

static int fail_none(const struct sig_answer *an, const struct sig_looked *l, const char *who, struct wp_arena *a,
                     struct wp_err *err)
{
    const struct oci_desc *d = &l->question->artifact.desc;
    const char *predicate = predicate_of(an->need);
    if (an->result.proof_count > 0) {
        wp_fail(err, WP_E_NO_SIGNATURE, "%s: %s", who, an->result.why);
    } else if (l->question->store == NULL || d->media_type == NULL) {
        wp_fail(err, WP_E_NO_SIGNATURE, "%s: %s: none was given, none is in it", who, an->result.why);
    } else {
        char tag[OCI_DIGEST_TEXT];
        oci_digest_referrers_tag(&d->digest, tag);
        const char *others = l->others == 0   ? ""
                             : l->others == 1 ? "; its 1 referrer is of another kind"
                                              : wp_arena_printf(a, "; its %zu referrers are of other kinds", l->others);
        wp_fail(err, WP_E_NO_SIGNATURE, "%s: %s: no referrer is a signature (%s), there is no tag %.14s….sig or .att%s",
                who, an->result.why, format_list(a), tag, others);
    }
    if (predicate != NULL) {
        return wp_hint(err, "to state it: wpack attest --type %s --key KEY %s\nwhat is there: wpack tree %s", predicate,
                       reference(l), reference(l));
    }
    if (d->media_type == NULL) {
        return wp_hint(err, "name the signature: --bundle FILE; to make one: wpack sign --key KEY %s", l->name);
    }
    return wp_hint(err, "to sign it: wpack sign --key KEY %s\nwhat is there: wpack tree %s", reference(l),
                   reference(l));
}

static int hint(const struct sig_proof *p, const struct meaning *m, const struct sig_looked *l, struct wp_err *err)
{
    bool quotable = p->identity != NULL && p->issuer != NULL && strpbrk(p->identity, "'\\") == NULL &&
                    strpbrk(p->issuer, "'\\") == NULL;
    const bool is_other = !l->by_policy && quotable && p->failed != NULL && wp_str_eq(p->failed, "identity");
    if (is_other && p->candidate->format->id == SIG_NOTATION) {
        return wp_hint(err, "if that is who should have signed: --trusted-identity 'x509.subject: %s'", p->identity);
    }
    if (is_other) {
        return wp_hint(err,
                       "if that is who should have signed: --certificate-identity '%s' --certificate-oidc-issuer '%s'",
                       p->identity, p->issuer);
    }
    if (l->by_policy && m->hint != NULL && strstr(m->hint, "--") != NULL) {
        return wp_hint(err, "all signatures: wpack tree %s", reference(l));
    }
    if (m->hint != NULL) {
        return wp_hint(err, "%s", m->hint);
    }
    return l->question->store != NULL ? wp_hint(err, "all signatures: wpack tree %s", reference(l)) : -1;
}

static int fail_found(const struct sig_answer *an, const struct sig_looked *l, const char *who, struct wp_arena *a,
                      struct wp_err *err)
{
    const struct sig_result *r = &an->result;
    bool certificate = an->verdict == SIG_BAD_CERTIFICATE;
    enum wp_code code = certificate ? WP_E_CERTIFICATE : WP_E_UNSATISFIED;
    if (r->good_count > 0) {
        wp_fail(err, code, "%s: not signed by enough: %s", who, r->why);
        return wp_hint(err, "who else should sign: wpack sign --key KEY %s", reference(l));
    }
    const struct sig_proof *p = &r->proofs[0];
    const struct meaning *m = meaning_of(p->failed);
    size_t more = r->proof_count - 1;
    bool known = p->signer != NULL && names_signer(p->failed) && strstr(p->why, p->signer) == NULL;
    const char *by = known ? wp_arena_printf(a, " (signed by %s)", p->signer) : "";
    const char *rest = more == 0   ? ""
                       : more == 1 ? "; 1 more does not count either"
                                   : wp_arena_printf(a, "; %zu more do not count either", more);
    const char *others = an->need->demand_count > 1 ? wp_arena_printf(a, "; asked for is: %s", r->what) : "";
    wp_fail(err, code, "%s: %s: %s: %s%s%s%s", who, m->what, p->candidate->format->name, p->why, by, rest, others);
    return hint(p, m, l, err);
}

void sig_answer_fail(const struct sig_answer *an, const struct sig_looked *l, struct wp_arena *a, struct wp_err *err)
{
    const char *who = l->name;
    if (l->by_policy && an->need->id != NULL) {
        who = wp_arena_printf(a, "%s: '%s' is required", l->name, an->need->id);
    }
    if (an->verdict == SIG_NONE) {
        (void)fail_none(an, l, who, a, err);
    } else {
        (void)fail_found(an, l, who, a, err);
    }
}
