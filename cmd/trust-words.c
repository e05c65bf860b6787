/* SPDX-License-Identifier: Apache-2.0
 *
 * What was proven, by whom, when and where, in words and as JSON (cmd/trust.h). */
#include "base/time.h"
#include "cmd/out.h"
#include "cmd/trust.h"

enum { TOLD = 12 }; /* of what did not count */

static const char *format_words(const struct sig_format *f)
{
    switch (f->id) {
    case SIG_BUNDLE:
        return "Sigstore bundle";
    case SIG_COSIGN:
        return "cosign's older format";
    case SIG_NOTATION:
        return "Notary Project";
    case SIG_MINISIGN:
        return "minisign";
    case SIG_MODULE:
        return "inside the module";
    case SIG_FORMATS:
        break;
    }
    return f->name;
}

const char *trust_candidate_text(const struct sig_candidate *c, struct wp_arena *a)
{
    return c->announced == NULL ? wp_arena_printf(a, "signature (%s)", format_words(c->format))
                                : wp_arena_printf(a, "attestation %s (%s)", c->announced, format_words(c->format));
}

const char *trust_signer_text(const struct sig_proof *p, struct wp_arena *a)
{
    const char *name = p->demand->name;
    if (p->signer == NULL) {
        return name != NULL ? name : "somebody";
    }
    return name == NULL || strstr(p->signer, name) != NULL ? p->signer : wp_arena_printf(a, "%s, %s", name, p->signer);
}

/* Asked of a demand that nobody can satisfy, for no authority is believed: what is left is what is claimed. */
const char *trust_claim_text(const struct sig_candidate *c, struct wp_arena *a)
{
    const struct sig_who anybody = {0};
    const struct sig_demand d = {
        .name = "anybody",
        .who = &anybody,
        .predicate = {.kind = c->announced != NULL ? SIG_MATCH_GLOB : SIG_MATCH_ANY, .text = "**"},
    };
    const struct sig_artifact art = {.name = c->where};
    struct sig_proof p;
    struct wp_err err = {0};
    if (sig_check(c, &art, &d, a, &p, &err) == 0 && p.signer != NULL) {
        return wp_arena_printf(a, "says it is by %s: unverified", p.signer);
    }
    return "unverified";
}

/* ---- for people ---- */

static void note_times(struct cmd_ctx *c, const struct sig_proof *p)
{
    char when[WP_TIME_TEXT];
    for (size_t i = 0; i < p->time_count; i++) {
        out_fact(c->out, i == 0 ? "signed at" : "", "%s, by %s", wp_time_rfc3339(p->times[i].at, when),
                 p->times[i].source);
    }
    if (p->time_count == 0) {
        out_fact(c->out, "signed at", "unknown: neither a log nor a timestamp authority attests it");
    }
    if (p->logged) {
        out_fact(c->out, "logged", "%s, entry %llu", p->log_name, (unsigned long long)p->log_index);
    }
    if (p->unproven) {
        out_fact(c->out, "not looked at", "log entries or timestamps that came along: --trusted-root tells whose");
    }
    for (size_t i = 0; i < p->note_count; i++) {
        out_fact(c->out, i == 0 ? "note" : "", "%s", p->notes[i]);
    }
}

static void note_proof(struct cmd_ctx *c, const struct sig_proof *p)
{
    const struct sig_candidate *k = p->candidate;
    out_fact(c->out, "signed by", "%s", trust_signer_text(p, c->arena));
    out_fact(c->out, p->predicate_type != NULL && k->announced != NULL ? "attestation" : "signature", "%s, %s",
             k->announced != NULL ? k->announced : format_words(k->format), k->where);
    note_times(c, p);
}

void trust_note(struct cmd_ctx *c, const struct sig_report *r)
{
    if (r->policy == NULL) {
        return;
    }
    if (r->verdict == SIG_ACCEPTED_UNSIGNED) {
        out_fact(c->out, "policy", "%s asks for nothing here%s%s", r->policy, r->scope != NULL ? ": " : "",
                 r->scope != NULL ? r->scope : "");
        return;
    }
    if (r->scope != NULL) {
        out_fact(c->out, "policy", "%s, for %s", r->policy, r->scope);
    }
    for (size_t i = 0; i < r->result_count; i++) {
        const struct sig_result *q = &r->results[i];
        if (r->scope != NULL && q->satisfied) {
            out_fact(c->out, "required", "%s: %s", q->id, q->what);
        }
        for (size_t k = 0; k < q->good_count; k++) {
            note_proof(c, &q->proofs[k]);
        }
    }
}

/* Failures that say something: the message has the first one of a requirement already, and that an attestation is no
 * signature goes without saying. */
static bool is_told(const struct sig_result *q, size_t k)
{
    return !q->satisfied && k > q->good_count && q->proofs[k].why != NULL &&
           !(q->proofs[k].failed != NULL && wp_str_eq(q->proofs[k].failed, "predicate"));
}

void trust_after(struct cmd_ctx *c, const struct sig_report *r)
{
    const char **lines = wp_arena_alloc(c->arena, TOLD + 2, sizeof(*lines));
    size_t n = 0, more = 0;
    for (size_t i = 0; i < r->result_count; i++) {
        const struct sig_result *q = &r->results[i];
        for (size_t k = 0; k < q->proof_count; k++) {
            if (is_told(q, k) && n < TOLD) {
                lines[n++] = wp_arena_printf(c->arena, "  %s", q->proofs[k].why);
            } else {
                more += is_told(q, k);
            }
        }
    }
    if (more > 0) {
        lines[n] = wp_arena_printf(c->arena, "  … %zu more", more);
    }
    c->after = lines;
}

/* ---- as JSON ---- */

static const char *verdict_word(enum sig_verdict v)
{
    switch (v) {
    case SIG_SATISFIED:
        return "satisfied";
    case SIG_ACCEPTED_UNSIGNED:
        return "accepted-unsigned";
    case SIG_NONE:
        return "no-signature";
    case SIG_NOT_SATISFIED:
        return "signature-mismatch";
    case SIG_BAD_CERTIFICATE:
        return "certificate";
    case SIG_UNKNOWN:
        return "cannot-tell";
    case SIG_REJECTED:
        return "policy-denied";
    }
    return "policy-denied";
}

static void kstr(struct wp_json_out *o, const char *key, const char *text)
{
    if (text != NULL) {
        wp_jo_kstr(o, key, text);
    }
}

void trust_candidate_json(struct wp_json_out *o, const struct sig_candidate *k)
{
    char digest[OCI_DIGEST_TEXT];
    wp_jo_kstr(o, "format", k->format->name);
    wp_jo_kstr(o, "where", k->where);
    if (k->manifest.media_type != NULL) {
        wp_jo_kstr(o, "digest", oci_digest_text(&k->manifest.digest, digest));
    }
    kstr(o, "announced", k->announced);
}

static void proof_json(struct wp_json_out *o, const struct sig_proof *p)
{
    char when[WP_TIME_TEXT];
    wp_jo_object(o);
    trust_candidate_json(o, p->candidate);
    kstr(o, "trustedAs", p->demand->name);
    kstr(o, "signer", p->signer);
    kstr(o, "algorithm", p->alg != SIG_ALG_NONE ? sig_algs[p->alg].name : NULL);
    kstr(o, "identity", p->identity);
    kstr(o, "issuer", p->issuer);
    kstr(o, "keyId", p->key_id);
    kstr(o, "predicateType", p->predicate_type);
    wp_jo_key(o, "times");
    wp_jo_array(o);
    for (size_t i = 0; i < p->time_count; i++) {
        wp_jo_object(o);
        wp_jo_kstr(o, "at", wp_time_rfc3339(p->times[i].at, when));
        wp_jo_kstr(o, "source", p->times[i].source);
        wp_jo_object_end(o);
    }
    wp_jo_array_end(o);
    if (p->logged) {
        wp_jo_kstr(o, "log", p->log_name);
        wp_jo_ku64(o, "logIndex", p->log_index);
    }
    if (p->unproven) {
        wp_jo_kbool(o, "unproven", true);
    }
    if (p->note_count > 0) {
        wp_jo_key(o, "notes");
        wp_jo_array(o);
        for (size_t i = 0; i < p->note_count; i++) {
            wp_jo_str(o, p->notes[i]);
        }
        wp_jo_array_end(o);
    }
    kstr(o, "failed", p->failed);
    kstr(o, "why", p->why);
    wp_jo_object_end(o);
}

static void result_json(struct wp_json_out *o, const struct sig_result *q)
{
    wp_jo_object(o);
    wp_jo_kstr(o, "id", q->id);
    wp_jo_kstr(o, "what", q->what);
    wp_jo_kbool(o, "satisfied", q->satisfied);
    kstr(o, "why", q->why);
    wp_jo_key(o, "proofs");
    wp_jo_array(o);
    for (size_t i = 0; i < q->proof_count; i++) {
        proof_json(o, &q->proofs[i]);
    }
    wp_jo_array_end(o);
    wp_jo_object_end(o);
}

void trust_json(struct wp_json_out *o, const struct sig_report *r)
{
    wp_jo_kstr(o, "verdict", verdict_word(r->verdict));
    kstr(o, "policy", r->policy);
    kstr(o, "scope", r->scope);
    wp_jo_key(o, "requirements");
    wp_jo_array(o);
    for (size_t i = 0; i < r->result_count; i++) {
        result_json(o, &r->results[i]);
    }
    wp_jo_array_end(o);
    wp_jo_key(o, "found");
    wp_jo_array(o);
    for (size_t i = 0; i < r->found_count; i++) {
        wp_jo_object(o);
        trust_candidate_json(o, &r->found[i]);
        wp_jo_object_end(o);
    }
    wp_jo_array_end(o);
}
