/* SPDX-License-Identifier: Apache-2.0
 *
 * Sigstore's conformance suite, every case by file and by digest: the verdict, and of the bad ones the check that
 * stopped them. conformance SIGNING-DATA [-v] */
#include "tests/sign/case.h"

#include <stdio.h>

/* What stops a bad case, by file and by digest: sig_proof.failed, and words of the message. */
static const struct reason {
    const char *name, *failed, *words;
} reasons[] = {
    {"bundle-empty-certificate-chain_fail", "parse", "has no certificate"},
    {"bundle-from-wrong-instance_fail", "log", "of a log that"},
    {"bundle-invalid-base64-signature_fail", "parse", "signature: is not base64"},
    {"bundle-malformed-json_fail", "parse", "premature end of input"},
    {"bundle-negative-log-index_fail", "parse", "'-1' is not a number"},
    {"bundle-unknown-version_fail", "parse", "is no version of Sigstore bundles"},
    {"bundle-with-root-cert_fail", "chain", "certificate 1 is a root"},
    {"checkpoint-bad-keyhint_fail", "log", "is not signed by the log"},
    {"checkpoint-wrong-roothash_fail", "log", "speak of different trees"},
    {"dsse-invalid-sig_fail", "log", "about another signature"},
    {"dsse-mismatch-envelope_fail", "log", "about another signature"},
    {"inclusion-proof-corrupted-hash_fail", "log", "does not lead from the entry"},
    {"incorrect-public-key_fail", "log", "entry timestamp is not by the log"},
    {"integrated-time-in-future_fail", "expired", "certificate has expired"},
    {"intoto-expired-certificate_fail", "expired", "certificate is not yet valid"},
    {"intoto-log-entry-mismatch_fail", "log", "about another signature"},
    {"intoto-missing-inclusion-proof_fail", "parse", "needs an inclusionProof"},
    {"intoto-set-outside-signing-cert-validity_fail", "expired", "certificate has expired"},
    {"invalid-checkpoint-signature_fail", "log", "is not signed by the log"},
    {"invalid-ct-key_fail", "sct", "no log of certificates that"},
    {"invalid-inclusion-proof_fail", "parse", "needs an inclusionProof"},
    {"managed-key-no-key_fail", "key", "signed with the key"},
    {"managed-key-wrong-key_fail", "key", "signed with the key"},
    {"message-digest-mismatch_fail", "digest", "bundle is about another artifact"},
    {"rekor2-checkpoint-missing-log-signature_fail", "log", "malformed: no signature"},
    {"rekor2-checkpoint-missing-origin_fail", "log", "malformed: no size"},
    {"rekor2-checkpoint-missing-root-hash_fail", "log", "malformed: no root hash"},
    {"rekor2-checkpoint-missing-size_fail", "log", "malformed: no size"},
    {"rekor2-checkpoint-no-matching-signature_fail", "log", "is not signed by the log"},
    {"rekor2-dsse-invalid-sig_fail", "log", "about another signature"},
    {"rekor2-dsse-mismatch-sig_fail", "log", "about another signature"},
    {"rekor2-no-inclusion-proof_fail", "parse", "needs an inclusionProof"},
    {"rekor2-no-timestamp_fail", "timestamp", "nothing proves when"},
    {"rekor2-timestamp-outside-trust-root-tsa-validity_fail", "timestamp", "by an authority that"},
    {"rekor2-timestamp-outside-tsa-cert-validity_fail", "timestamp", "by an authority that"},
    {"rekor2-timestamp-payload-mismatch_fail", "timestamp", "by an authority that"},
    {"rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail", "timestamp", "by an authority that"},
    {"rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail", "timestamp", "by an authority that"},
    {"set-invalid-signature_fail", "log", "entry timestamp is not by the log"},
    {"signature-mismatch_fail", "log", "about another signature"},
    {"wrong-hashedrekord-artifact_fail", "log", "about another signature"},
    {"wrong-hashedrekord-entry_fail", "log", "about another signature"},
    {"wrong-material_fail", "digest", "bundle is about another artifact"},
};

static bool is_reason(const char *name, const char *failed, const char *message)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(reasons); i++) {
        if (wp_str_eq(reasons[i].name, name)) {
            return wp_str_eq(reasons[i].failed, failed) && strstr(message, reasons[i].words) != NULL;
        }
    }
    return false;
}

struct sum {
    size_t runs, right;
    bool verbose;
};

static void ask(const struct sign_case *c, bool by_digest, struct sum *sum)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct sig_proof p;
    bool good = sign_case_ask(c, wp_buf_span(&c->bundle), by_digest, &a, &p, &err) == 1;
    bool right = good == c->good && (good ? p.failed == NULL : is_reason(c->name, p.failed, err.msg));
    sum->runs++;
    sum->right += right ? 1 : 0;
    if (!right || sum->verbose) {
        printf("%s %s (%s): %s%s%s\n", right ? "ok   " : "WRONG", c->name, by_digest ? "digest" : "file",
               good ? "accepted" : p.failed, good ? "" : ": ", good ? "" : err.msg);
    }
}

static int ask_both(void *arg, const struct sign_case *c)
{
    ask(c, false, arg);
    ask(c, true, arg);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: conformance SIGNING-DATA [-v]\n");
        return 2;
    }
    struct sum sum = {.verbose = argc > 2};
    int cases = sign_cases(argv[1], ask_both, &sum);
    printf("sigstore: %d cases, by file and by digest: %zu of %zu runs right\n", cases, sum.right, sum.runs);
    return sum.runs != 0 && sum.right == sum.runs ? 0 : 1;
}
