/* SPDX-License-Identifier: Apache-2.0
 *
 * Every good bundle, changed in one place at a time: each mutant is refused, or means the same by a rule of the list
 * below. mutants SIGNING-DATA [PLACES [-v]]: a string is changed at so many places. */
#include "base/mem.h"
#include "base/num.h"
#include "sign/material-int.h"
#include "tests/sign/case.h"
#include "tests/sign/mutate.h"

#include <openssl/ts.h>
#include <stdio.h>

/* Why a mutant may be accepted. */
enum rule {
    SAME_WORDS,      /* protobuf's JSON has several spellings for one value */
    HINT,            /* "hint" and "keyid" help to find a key, nothing depends on them */
    DIGEST_UNSTATED, /* messageDigest is informational: it may be missing, never be wrong */
    VERSION,         /* what the bundle holds satisfies the other version, too */
    HELPERS,         /* intermediate certificates that a bundle brings are not believed for that */
    LOG_OPTIONAL,    /* a key's signature needs no log entry */
    TIME_OPTIONAL,   /* nor a timestamp; and a certificate's needs one time of those it has */
    ONE_PROOF,       /* promise and inclusion proof each are enough, where the version does not ask for one */
    WITNESSES,       /* lines of a checkpoint that are by nobody known */
    UNSIGNED,        /* a timestamp's bytes outside of what its authority signed */
    TWICE,           /* an entry or timestamp that is there twice proves what it proves once */
    RULES
};
static const char *const rule_names[RULES] = {
    "another spelling of the same value",
    "hint of a key",
    "digest not stated",
    "another version that holds",
    "helping certificates",
    "log entries are optional",
    "one time is enough",
    "one proof is enough",
    "lines of unknown witnesses",
    "unsigned bytes around a timestamp",
    "the same thing twice",
};

struct bench {
    const struct sign_case *c;
    const struct sig_bundle *original;
    size_t places, mutants, refused, wrong, by_rule[RULES];
    bool verbose;
};

typedef unsigned rules; /* bits */
#define NEVER ((rules)1 << 31)

static rules when(bool holds, enum rule r)
{
    return holds ? 1U << r : NEVER;
}

static bool equal(struct wp_span a, struct wp_span b)
{
    return (a.ptr == NULL) == (b.ptr == NULL) && a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool equal_text(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || wp_str_eq(a, b));
}

/* ---- what differs ---- */

static rules differ_checkpoint(const struct bench *b, struct wp_span was, struct wp_span is)
{
    struct sig_checkpoint old;
    struct sig_checkpoint new;
    struct wp_err err;
    if (equal(was, is)) {
        return 0;
    }
    if (sig_checkpoint_read(was, &old, &err) < 0 || sig_checkpoint_read(is, &new, &err) < 0 ||
        !equal(old.signed_text, new.signed_text)) {
        return NEVER;
    }
    for (size_t i = 0; b->c->root != NULL && i < b->c->root->log_count; i++) {
        if (sig_checkpoint_by(&new, &b->c->root->logs[i])) {
            return 1U << WITNESSES;
        }
    }
    return NEVER;
}

static bool equal_proof(const struct sig_log_entry *was, const struct sig_log_entry *is)
{
    bool same = was->proof_index == is->proof_index && was->proof_size == is->proof_size &&
                equal(was->proof_root, is->proof_root) && was->proof_hash_count == is->proof_hash_count;
    for (size_t i = 0; same && i < was->proof_hash_count; i++) {
        same = equal(was->proof_hashes[i], is->proof_hashes[i]);
    }
    return same;
}

static rules differ_entry(const struct bench *b, const struct sig_log_entry *was, const struct sig_log_entry *is)
{
    rules r = 0;
    if (!equal(was->canonical_body, is->canonical_body) || !equal(was->log_id, is->log_id) ||
        was->log_index != is->log_index || was->integrated_time != is->integrated_time ||
        !wp_str_eq(was->kind, is->kind) || !wp_str_eq(was->version, is->version)) {
        return NEVER;
    }
    if (!equal(was->set, is->set)) {
        r |= when(is->set.ptr == NULL && is->has_proof, ONE_PROOF);
    }
    if (was->has_proof != is->has_proof) {
        r |= when(was->has_proof && is->set.ptr != NULL && !is->proof_required, ONE_PROOF);
    } else if (was->has_proof && !equal_proof(was, is)) {
        r |= NEVER;
    } else if (was->checkpoint.ptr != NULL && is->checkpoint.ptr == NULL) {
        r |= when(is->set.ptr != NULL && !is->proof_required, ONE_PROOF);
    } else {
        r |= differ_checkpoint(b, was->checkpoint, is->checkpoint);
    }
    return r;
}

/* The entry of the original that explains this one best. */
static rules differ_entries(const struct bench *b, const struct sig_material *was, const struct sig_material *is)
{
    rules all = is->entry_count < was->entry_count   ? when(b->c->key != NULL, LOG_OPTIONAL)
                : is->entry_count > was->entry_count ? 1U << TWICE
                                                     : 0;
    for (size_t i = 0; i < is->entry_count; i++) {
        rules best = NEVER;
        for (size_t k = 0; k < was->entry_count; k++) {
            rules r = differ_entry(b, &was->entries[k], &is->entries[i]);
            best = r < best ? r : best;
        }
        all |= best;
    }
    return all;
}

static struct wp_span signature_of(TS_RESP *resp)
{
    STACK_OF(PKCS7_SIGNER_INFO) *signers = PKCS7_get_signer_info(TS_RESP_get_token(resp));
    const ASN1_OCTET_STRING *s = sk_PKCS7_SIGNER_INFO_value(signers, 0)->enc_digest;
    return wp_span(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* What the authority signed: the time, the imprint, and the signature itself. */
static bool same_token(struct wp_span was, struct wp_span is)
{
    bool same = false;
    const uint8_t *at[] = {was.ptr, is.ptr};
    TS_RESP *old = d2i_TS_RESP(NULL, &at[0], (long)was.len);
    TS_RESP *new = d2i_TS_RESP(NULL, &at[1], (long)is.len);
    if (old != NULL && new != NULL && TS_RESP_get_tst_info(old) != NULL &&TS_RESP_get_tst_info(new) != NULL) {
        uint8_t *a = NULL;
        uint8_t *b = NULL;
        int a_len = i2d_TS_TST_INFO(TS_RESP_get_tst_info(old), &a);
        int b_len = i2d_TS_TST_INFO(TS_RESP_get_tst_info(new), &b);
        same = a_len > 0 && b_len > 0 && equal(wp_span(a, (size_t)a_len), wp_span(b, (size_t)b_len)) &&
               equal(signature_of(old), signature_of(new));
        OPENSSL_free(a);
        OPENSSL_free(b);
    }
    TS_RESP_free(old);
    TS_RESP_free(new);
    return same;
}

static rules differ_timestamps(const struct bench *b, const struct sig_material *was, const struct sig_material *is)
{
    rules all = is->timestamp_count > was->timestamp_count ? 1U << TWICE : 0;
    if (is->timestamp_count < was->timestamp_count) {
        bool promised = is->entry_count != 0 && is->entries[0].set.ptr != NULL;
        all |= when(b->c->key != NULL || promised, TIME_OPTIONAL);
    }
    for (size_t i = 0; i < is->timestamp_count; i++) {
        rules best = NEVER;
        for (size_t k = 0; k < was->timestamp_count; k++) {
            bool same = equal(was->timestamps[k], is->timestamps[i]);
            rules r = same ? 0 : when(same_token(was->timestamps[k], is->timestamps[i]), UNSIGNED);
            best = r < best ? r : best;
        }
        all |= best;
    }
    return all;
}

static rules differ_signer(const struct sig_material *was, const struct sig_material *is)
{
    rules r = equal_text(was->hint, is->hint) ? 0 : 1U << HINT;
    if ((was->certificate_count == 0) != (is->certificate_count == 0)) {
        return NEVER;
    }
    if (was->certificate_count != 0 && !equal(was->certificates[0], is->certificates[0])) {
        return NEVER;
    }
    bool same = was->certificate_count == is->certificate_count;
    for (size_t i = 1; same && i < was->certificate_count; i++) {
        same = equal(was->certificates[i], is->certificates[i]);
    }
    return same ? r : r | 1U << HELPERS;
}

static rules differ_content(const struct sig_bundle *was, const struct sig_bundle *is)
{
    rules r = 0;
    if (was->is_dsse != is->is_dsse || !equal(was->signature, is->signature) || !equal(was->payload, is->payload) ||
        !equal_text(was->payload_type, is->payload_type)) {
        return NEVER;
    }
    if (!equal_text(was->digest_alg, is->digest_alg) || !equal(was->digest, is->digest)) {
        r |= when(is->digest_alg == NULL, DIGEST_UNSTATED);
    }
    return was->minor == is->minor ? r : r | 1U << VERSION;
}

static rules explain(const struct bench *b, struct wp_span mutant, struct wp_arena *a)
{
    struct sig_bundle is;
    struct wp_err err;
    if (sig_bundle_read(mutant, "mutant", a, &is, &err) < 0) {
        return NEVER;
    }
    rules r = differ_content(b->original, &is) | differ_signer(&b->original->material, &is.material);
    r |= differ_entries(b, &b->original->material, &is.material) |
         differ_timestamps(b, &b->original->material, &is.material);
    return r == 0 ? 1U << SAME_WORDS : r;
}

static void count_rules(struct bench *b, rules r)
{
    for (unsigned i = 0; i < RULES; i++) {
        b->by_rule[i] += r >> i & 1;
    }
}

static void try_mutant(void *arg, const char *what, struct wp_span mutant)
{
    struct bench *b = arg;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct sig_proof p;
    b->mutants++;
    if (sign_case_ask(b->c, mutant, false, &a, &p, &err) != 1) {
        b->refused++;
        return;
    }
    rules r = explain(b, mutant, &a);
    if ((r & NEVER) != 0) {
        b->wrong++;
        printf("ACCEPTED %s: %s\n", b->c->name, what);
        return;
    }
    count_rules(b, r);
    if (b->verbose) {
        printf("same     %s: %s\n", b->c->name, what);
    }
}

static int bend(void *arg, const struct sign_case *c)
{
    struct bench *b = arg;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct sig_bundle original;
    if (!c->good) {
        return 0;
    }
    if (sig_bundle_read(wp_buf_span(&c->bundle), c->name, &a, &original, &err) < 0) {
        printf("%s\n", err.msg);
        return -1;
    }
    b->c = c;
    b->original = &original;
    return sign_mutate(wp_buf_span(&c->bundle), b->places, try_mutant, b) == 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: mutants SIGNING-DATA [PLACES [-v]]\n");
        return 2;
    }
    uint64_t places = 12;
    if (argc > 2 && !wp_parse_u64(argv[2], 2, 100000, &places)) {
        fprintf(stderr, "mutants: '%s' is no number of places\n", argv[2]);
        return 2;
    }
    struct bench b = {.places = places, .verbose = argc > 3};
    if (sign_cases(argv[1], bend, &b) <= 0) {
        return 1;
    }
    printf("mutants of bundles: %zu, refused %zu, accepted wrongly %zu; the others mean the same:\n", b.mutants,
           b.refused, b.wrong);
    for (unsigned i = 0; i < RULES; i++) {
        printf("%8zu  %s\n", b.by_rule[i], rule_names[i]);
    }
    return b.wrong == 0 ? 0 : 1;
}
