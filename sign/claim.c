/* SPDX-License-Identifier: Apache-2.0
 *
 * What a demand asks of signed words (sign/claim.h). */
#include "sign/claim.h"

static int demands_attestation(const char *where, const char *what, const struct sig_demand *d, struct sig_proof *ret,
                               struct wp_err *err)
{
    ret->failed = "predicate";
    return wp_fail(err, WP_E_UNSATISFIED, "%s: is %s, '%s' asks for an attestation of type '%s'", where, what, d->name,
                   d->predicate.text);
}

int sig_claim_plain(const char *where, const struct sig_demand *d, struct sig_proof *ret, struct wp_err *err)
{
    if (d->predicate.kind != SIG_MATCH_ANY) {
        return demands_attestation(where, "a plain signature", d, ret, err);
    }
    return sig_claim_annotations(where, &(struct wp_json){.node = NULL}, d, ret, err);
}

int sig_claim_annotations(const char *where, const struct wp_json *at, const struct sig_demand *d,
                          struct sig_proof *ret, struct wp_err *err)
{
    for (size_t i = 0; i < d->annotation_count; i++) {
        const struct oci_annotation *want = &d->annotations[i];
        struct wp_json value = wp_json_get(at, want->key);
        const char *text = NULL;
        struct wp_err ignored = {0};
        bool is_text = wp_json_kind(&value) == WP_JSON_STRING && wp_json_str(&value, &text, &ignored) == 0;
        if (is_text && wp_str_eq(text, want->value)) {
            continue;
        }
        ret->failed = "annotation";
        if (text != NULL) {
            return wp_fail(err, WP_E_UNSATISFIED, "%s: signed with the annotation %s=%s, '%s' asks for %s=%s", where,
                           want->key, text, d->name, want->key, want->value);
        }
        return wp_fail(err, WP_E_UNSATISFIED, "%s: signed without the annotation %s=%s that '%s' asks for", where,
                       want->key, want->value, d->name);
    }
    return 0;
}

static int check_predicate(const char *where, const struct sig_artifact *art, const struct sig_demand *d,
                           struct sig_proof *ret, struct wp_err *err)
{
    bool file = art->desc.media_type == NULL;
    bool sign = wp_str_eq(ret->predicate_type, SIG_PREDICATE_SIGN);
    if (d->predicate.kind == SIG_MATCH_ANY ? sign || file : sig_match(&d->predicate, ret->predicate_type)) {
        return 0;
    }
    if (d->predicate.kind == SIG_MATCH_ANY) {
        ret->failed = "predicate";
        return wp_fail(err, WP_E_UNSATISFIED, "%s: is an attestation of type '%s', '%s' asks for a signature", where,
                       ret->predicate_type, d->name);
    }
    if (sign) {
        return demands_attestation(where, "a signature", d, ret, err);
    }
    ret->failed = "predicate";
    return wp_fail(err, WP_E_UNSATISFIED, "%s: is an attestation of type '%s', '%s' asks for '%s'", where,
                   ret->predicate_type, d->name, d->predicate.text);
}

static int not_about(const char *where, const struct sig_artifact *art, struct sig_proof *ret, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    ret->failed = "subject";
    return wp_fail(err, WP_E_UNSATISFIED, "%s: the statement is about something else than %s", where,
                   oci_digest_text(&art->desc.digest, text));
}

int sig_claim_statement(const char *where, const char *payload_type, struct wp_span payload,
                        const struct sig_artifact *art, const struct sig_demand *d, struct wp_arena *a,
                        struct sig_proof *ret, struct wp_err *err)
{
    ret->failed = "parse";
    if (!wp_str_eq(payload_type, SIG_PAYLOAD_INTOTO)) {
        return wp_fail(err, WP_E_UNSATISFIED, "%s: signs a payload of type '%s', not an in-toto statement", where,
                       payload_type);
    }
    SIG_AUTO_STATEMENT struct sig_statement s = {0};
    if (sig_statement_read(payload, where, &s, err) < 0) {
        err->code = WP_E_UNSATISFIED;
        return -1;
    }
    ret->predicate_type = wp_arena_str(a, s.predicate_type);
    ret->statement = payload;
    struct wp_json annotations = {.node = NULL};
    if (!sig_statement_is_about(&s, &art->desc.digest, &annotations)) {
        return not_about(where, art, ret, err);
    }
    if (check_predicate(where, art, d, ret, err) < 0 || sig_claim_annotations(where, &annotations, d, ret, err) < 0) {
        return -1;
    }
    ret->failed = NULL;
    return 0;
}
