/* SPDX-License-Identifier: Apache-2.0
 *
 * Does a Notary envelope satisfy (sign/sig.h)? In the order of trust-store-trust-policy.md, "Signature verification":
 * integrity, which no policy can waive, then authenticity, expiry, authentic time, revocation, each as strict as the
 * store says. What is not enforced, and fails or is not looked at, stands in the proof's notes. */
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/notation-int.h"

#include <openssl/err.h>

#define NOTES_MOST 8

struct checking {
    const struct sig_candidate *candidate;
    const struct sig_artifact *artifact;
    const struct sig_demand *demand;
    const struct sig_store *store;
    struct wp_arena *arena;
    struct sig_proof *proof;
    struct sig_envelope envelope;
    struct sig_certs chain;
    X509 *leaf;                               /* of chain */
    const struct oci_annotation *annotations; /* that the signer put under the signature */
    size_t annotation_count;
    const char **notes;
};

static int refuse(struct checking *k, const char *failed, enum wp_code code, struct wp_err *err)
{
    err->code = code;
    k->proof->failed = failed;
    return wp_wrap(err, "%s", k->candidate->where);
}

static void note(struct checking *k, const char *text)
{
    if (k->proof->note_count < NOTES_MOST) {
        k->notes[k->proof->note_count++] = wp_arena_str(k->arena, text);
    }
}

/* A check failed: the end, or a note, as the store says. */
static int settle(struct checking *k, enum sig_notation_check how, const char *failed, struct wp_err *err)
{
    if (how == SIG_NOTATION_ENFORCE) {
        return refuse(k, failed, err->code == WP_E_CERTIFICATE ? WP_E_CERTIFICATE : WP_E_UNSATISFIED, err);
    }
    note(k, wp_arena_printf(k->arena, "not enforced: %s", err->msg));
    wp_err_clear(err);
    return 0;
}

/* ---- integrity ---- */

static int read_envelope(struct checking *k, struct wp_err *err)
{
    const struct sig_wire *wire = k->candidate->media_type != NULL ? sig_wire_of(k->candidate->media_type) : NULL;
    if (wire == NULL) {
        wp_fail(err, WP_E_UNSATISFIED, "'%s' is no Notary envelope",
                k->candidate->media_type != NULL ? k->candidate->media_type : "a file");
        return refuse(k, "format", WP_E_UNSATISFIED, err);
    }
    if (wire->read(k->candidate->bytes, k->arena, &k->envelope, err) < 0) {
        return refuse(k, "parse", WP_E_UNSATISFIED, err);
    }
    for (size_t i = 0; i < k->envelope.chain_count; i++) {
        X509 *cert = NULL;
        if (sig_cert_of_der(k->envelope.chain[i], "a certificate of its chain", &cert, err) < 0) {
            return refuse(k, "parse", WP_E_UNSATISFIED, err);
        }
        sig_certs_add(&k->chain, cert);
        k->leaf = i == 0 ? cert : k->leaf;
    }
    if (k->leaf == NULL) {
        wp_fail(err, WP_E_UNSATISFIED, "no certificate came with it");
        return refuse(k, "parse", WP_E_UNSATISFIED, err);
    }
    return 0;
}

/* The leaf's key, where the envelope names the one algorithm that this key has. */
static int read_key(struct checking *k, const char *subject, struct sig_pub **ret, struct wp_err *err)
{
    SIG_AUTO_PUB struct sig_pub *pub = NULL;
    if (X509_get0_pubkey(k->leaf) == NULL) {
        wp_fail(err, WP_E_UNSATISFIED, "the certificate '%s' has a key of an unknown kind", subject);
        return refuse(k, "key", WP_E_UNSATISFIED, err);
    }
    if (sig_pub_of_cert(k->leaf, subject, &pub, err) < 0) {
        return refuse(k, "key", WP_E_UNSATISFIED, err);
    }
    enum sig_alg alg = sig_chain_alg(sig_pub_facts(pub));
    if (alg == SIG_ALG_NONE || alg != k->envelope.alg) {
        wp_fail(err, WP_E_UNSATISFIED, "it says %s, the key of '%s' signs with %s", sig_algs[k->envelope.alg].name,
                subject, alg != SIG_ALG_NONE ? sig_algs[alg].name : "none of Notary's algorithms");
        return refuse(k, "key", WP_E_UNSATISFIED, err);
    }
    *ret = WP_STEAL(pub);
    return 0;
}

/* The signature is the leaf's; nobody is called a signer before that. */
static int check_signature(struct checking *k, struct wp_err *err)
{
    SIG_AUTO_PUB struct sig_pub *pub = NULL;
    WP_AUTO_BUF struct wp_buf der = WP_BUF_INIT;
    const struct sig_envelope *e = &k->envelope;
    const char *subject = sig_cert_subject(k->leaf, k->arena);
    if (read_key(k, subject, &pub, err) < 0) {
        return -1;
    }
    const struct sig_pub_facts *facts = sig_pub_facts(pub);
    const struct sig_message m = {.bytes = e->tbs};
    struct wp_span sig = e->signature;
    bool ok = facts->kind != SIG_KIND_ECDSA || sig_ecdsa_to_der(pub, e->signature, &der);
    if (facts->kind == SIG_KIND_ECDSA) {
        sig = wp_buf_span(&der);
    }
    if (!ok || !sig_pub_verify(pub, e->alg, &m, sig)) {
        wp_fail(err, WP_E_UNSATISFIED, "the signature does not hold for the certificate '%s'", subject);
        return refuse(k, "signature", WP_E_UNSATISFIED, err);
    }
    k->proof->identity = k->proof->signer = subject;
    k->proof->issuer = sig_name_text(X509_get_issuer_name(k->leaf), k->arena);
    k->proof->key_id = wp_arena_str(k->arena, facts->id);
    k->proof->alg = e->alg;
    return 0;
}

static int only_target(void *arg, const struct wp_json *at, struct wp_err *err)
{
    (void)arg;
    return wp_str_eq(at->key, "targetArtifact") ? 0 : wp_json_fail(at, err, "is no member of a Notary payload");
}

static int read_payload(struct checking *k, struct oci_desc *ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(k->envelope.payload, "the payload", false, WP_E_UNSATISFIED, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json target = wp_json_get(&root, "targetArtifact");
    if (wp_json_must(&root, WP_JSON_OBJECT, err) < 0 || wp_json_each(&root, only_target, NULL, err) != 0) {
        return -1;
    }
    return oci_desc_read(&target, k->arena, ret, err);
}

static int check_payload(struct checking *k, struct wp_err *err)
{
    struct oci_desc target;
    const struct oci_desc *is = &k->artifact->desc;
    char text[OCI_DIGEST_TEXT];
    k->proof->statement = k->envelope.payload;
    if (read_payload(k, &target, err) < 0) {
        return refuse(k, "parse", WP_E_UNSATISFIED, err);
    }
    k->annotations = target.annotations;
    k->annotation_count = target.annotation_count;
    if (!oci_digest_equal(&target.digest, &is->digest)) {
        wp_fail(err, WP_E_UNSATISFIED, "it signs another artifact, %s", oci_digest_text(&target.digest, text));
        return refuse(k, "subject", WP_E_UNSATISFIED, err);
    }
    if (is->size != OCI_SIZE_UNKNOWN && target.size != is->size) {
        wp_fail(err, WP_E_UNSATISFIED, "it signs %llu bytes, the artifact has %llu", (unsigned long long)target.size,
                (unsigned long long)is->size);
        return refuse(k, "subject", WP_E_UNSATISFIED, err);
    }
    if (is->media_type != NULL && !wp_str_eq(target.media_type, is->media_type)) {
        wp_fail(err, WP_E_UNSATISFIED, "it signs a '%s', the artifact is a '%s'", target.media_type, is->media_type);
        return refuse(k, "subject", WP_E_UNSATISFIED, err);
    }
    return 0;
}

static int check_annotations(struct checking *k, struct wp_err *err)
{
    for (size_t i = 0; i < k->demand->annotation_count; i++) {
        const struct oci_annotation *want = &k->demand->annotations[i];
        const char *have = oci_annotation_get(k->annotations, k->annotation_count, want->key);
        if (have == NULL || !wp_str_eq(have, want->value)) {
            wp_fail(err, WP_E_UNSATISFIED, "the annotation '%s' under the signature is %s%s%s, not '%s'", want->key,
                    have != NULL ? "'" : "", have != NULL ? have : "missing", have != NULL ? "'" : "", want->value);
            return refuse(k, "annotation", WP_E_UNSATISFIED, err);
        }
    }
    return 0;
}

static int check_integrity(struct checking *k, struct wp_err *err)
{
    if (read_envelope(k, err) < 0 || check_signature(k, err) < 0) {
        return -1;
    }
    if (sig_chain_check(&k->chain, k->arena, err) < 0) {
        return refuse(k, "chain", WP_E_CERTIFICATE, err);
    }
    return check_payload(k, err) < 0 || check_annotations(k, err) < 0 ? -1 : 0;
}

/* ---- what the store asks ---- */

static int check_authenticity(struct checking *k, struct wp_err *err)
{
    const struct sig_store *s = k->store;
    bool authority = k->envelope.authority;
    if (!sig_store_holds(authority ? &s->authority : &s->ca, &k->chain)) {
        wp_fail(err, WP_E_UNSATISFIED, "signed by '%s': no certificate of its chain is a %s that '%s' trusts",
                k->proof->signer, authority ? "signing authority" : "certificate authority", k->demand->name);
        return settle(k, s->authenticity, "chain", err);
    }
    if (!sig_store_means(s, k->leaf, k->arena)) {
        wp_fail(err, WP_E_UNSATISFIED, "signed by '%s', who is none of the trusted identities", k->proof->signer);
        return settle(k, s->authenticity, "identity", err);
    }
    return 0;
}

static int check_expiry(struct checking *k, struct wp_err *err)
{
    char text[WP_TIME_TEXT];
    if (!k->envelope.has_expiry || k->demand->now < k->envelope.expiry) {
        return 0;
    }
    wp_fail(err, WP_E_UNSATISFIED, "the signature by '%s' expired at %s", k->proof->signer,
            wp_time_rfc3339(k->envelope.expiry, text));
    return settle(k, k->store->expiry, "expired", err);
}

static void add_time(struct checking *k, int64_t at, const char *source)
{
    struct sig_time *t = wp_arena_alloc(k->arena, 1, sizeof(*t));
    *t = (struct sig_time){.at = at, .source = source};
    k->proof->times = t;
    k->proof->time_count = 1;
}

static int check_revoked(struct checking *k, const struct sig_certs *chain, struct wp_err *err)
{
    if (k->store->revocation == SIG_NOTATION_SKIP ||
        sig_store_revoked(k->store, chain, k->demand->now, k->arena, err) == 0) {
        return 0;
    }
    return settle(k, k->store->revocation, "revoked", err);
}

/* Both ends of what the timestamp may mean lie within every certificate's time. */
static int use_stamp(struct checking *k, const struct sig_stamp *stamp, struct wp_err *err)
{
    if (sig_chain_at(&k->chain, stamp->at - stamp->accuracy, "at the time of the timestamp", k->arena, err) < 0 ||
        sig_chain_at(&k->chain, stamp->at + stamp->accuracy, "at the time of the timestamp", k->arena, err) < 0) {
        return settle(k, k->store->timestamp, "timestamp", err);
    }
    add_time(k, stamp->at, wp_arena_printf(k->arena, "timestamp authority %s", stamp->authority));
    return check_revoked(k, &stamp->chain, err);
}

static int check_stamp(struct checking *k, struct wp_err *err)
{
    struct sig_stamp stamp = {.chain = SIG_CERTS_INIT};
    if (k->envelope.timestamp.ptr == NULL) {
        wp_fail(err, WP_E_UNSATISFIED, "the signature by '%s' has no timestamp", k->proof->signer);
        return settle(k, k->store->timestamp, "timestamp", err);
    }
    int rc =
        sig_store_stamp(k->store, k->envelope.timestamp, k->envelope.signature, k->demand->now, k->arena, &stamp, err);
    rc = rc < 0 ? settle(k, k->store->timestamp, "timestamp", err) : use_stamp(k, &stamp, err);
    sig_certs_done(&stamp.chain);
    return rc;
}

static bool expired_now(const struct checking *k)
{
    for (size_t i = 0; i < k->chain.count; i++) {
        if (sig_cert_at(k->chain.items[i], k->demand->now) == SIG_CERT_EXPIRED) {
            return true;
        }
    }
    return false;
}

static int check_time(struct checking *k, struct wp_err *err)
{
    if (k->envelope.authority) {
        if (sig_chain_at(&k->chain, k->envelope.signing_time, "when it signed", k->arena, err) < 0) {
            return settle(k, k->store->timestamp, "expired", err);
        }
        /* An authority that is not believed proves no time. */
        if (sig_store_holds(&k->store->authority, &k->chain)) {
            add_time(k, k->envelope.signing_time, "signing authority");
        }
        return 0;
    }
    if (k->store->tsa.count > 0 && (!k->store->timestamp_after_expiry_only || expired_now(k))) {
        return check_stamp(k, err);
    }
    if (k->envelope.timestamp.ptr != NULL && k->store->tsa.count == 0) {
        note(k, "its timestamp was not looked at: no timestamp authority is trusted");
    }
    if (sig_chain_at(&k->chain, k->demand->now, NULL, k->arena, err) < 0) {
        return settle(k, k->store->timestamp, "expired", err);
    }
    return 0;
}

static int check_store(struct checking *k, struct wp_err *err)
{
    if (check_authenticity(k, err) < 0 || check_expiry(k, err) < 0 || check_time(k, err) < 0) {
        return -1;
    }
    if (k->demand->log == SIG_LOG_REQUIRED) {
        wp_fail(err, WP_E_UNSATISFIED, "Notary signatures stand in no transparency log, and one is asked for");
        return refuse(k, "log", WP_E_UNSATISFIED, err);
    }
    if (k->demand->timestamp_required && (k->proof->time_count == 0 || k->envelope.authority)) {
        wp_fail(err, WP_E_UNSATISFIED, "no timestamp authority that is trusted has seen the signature");
        return refuse(k, "timestamp", WP_E_UNSATISFIED, err);
    }
    if (k->store->revocation == SIG_NOTATION_SKIP) {
        note(k, "revocation of certificates was not looked at");
    }
    return check_revoked(k, &k->chain, err);
}

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    struct checking k = {.candidate = c, .artifact = art, .demand = d, .store = d->store, .arena = a, .proof = ret};
    if (d->store == NULL || d->predicate.kind != SIG_MATCH_ANY) {
        ret->failed = d->store == NULL ? "format" : "predicate";
        wp_fail(err, WP_E_UNSATISFIED, "%s: a Notary signature %s", c->where,
                d->store == NULL ? "is judged by certificates, and none are trusted" : "is no attestation");
        if (d->store == NULL) {
            wp_hint(err, "--trust-store FILE --trusted-identity 'x509.subject: C=…, ST=…, O=…'");
        }
        return 0;
    }
    k.notes = wp_arena_alloc(a, NOTES_MOST, sizeof(*k.notes));
    ret->notes = k.notes;
    int rc = check_integrity(&k, err) < 0 || check_store(&k, err) < 0 ? 0 : 1;
    sig_certs_done(&k.chain);
    ERR_clear_error();
    return rc;
}

static const char *const layer_types[] = {SIG_MT_JWS, SIG_MT_COSE, NULL};

const struct sig_format sig_format_notation = {
    .id = SIG_NOTATION,
    .name = "notation",
    .summary = "Notary Project, JWS or COSE",
    .layer_types = layer_types,
    .check = check,
};
