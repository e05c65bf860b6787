/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes with a signature, checked in one order (sign/material.h): log entries, timestamps, the certificate at
 * every time these prove, whether a log of certificates has seen it, of whom it speaks, and last the signature itself.
 */
#include "base/mem.h"
#include "sign/cert.h"
#include "sign/key-int.h"
#include "sign/material-int.h"

int sig_refuse(struct sig_checking *c, const char *failed, struct wp_err *err, const char *fmt, ...)
{
    bool certificate = c->meant && (wp_str_eq(failed, "chain") || wp_str_eq(failed, "expired"));
    va_list args;
    va_start(args, fmt);
    c->proof->failed = failed;
    wp_vfail(err, certificate ? WP_E_CERTIFICATE : WP_E_UNSATISFIED, fmt, args);
    va_end(args);
    return -1;
}

/* ---- who ---- */

static int take_key(struct sig_checking *c, struct wp_err *err)
{
    const struct sig_pub_facts *f = sig_pub_facts(c->demand->key);
    if (c->material->certificate_count != 0) {
        return sig_refuse(c, "key", err, "signed with a certificate, not with the key %s", f->name);
    }
    c->key = c->demand->key;
    return 0;
}

static int take_certificate(struct sig_checking *c, struct sig_pub **ret, struct wp_err *err)
{
    struct wp_err why = {0};
    if (c->material->certificate_count == 0) {
        return sig_refuse(c, "key", err, "signed with the key %s, not by %s",
                          c->material->hint != NULL ? c->material->hint : "of somebody", c->demand->name);
    }
    if (sig_cert_of_der(c->material->certificates[0], "the signer's certificate", &c->leaf, &why) < 0) {
        return sig_refuse(c, "parse", err, "%s", why.msg);
    }
    if (sig_read_identity(c, err) < 0) {
        return -1;
    }
    if (c->root == NULL || c->root->ca_count == 0) {
        return sig_refuse(c, "chain", err, "no trusted root says which certificate authorities are believed");
    }
    bool known = X509_get0_pubkey(c->leaf) != NULL;
    if (!known || sig_pub_of_cert(c->leaf, "the signer's certificate", ret, &why) < 0) {
        return sig_refuse(c, "chain", err, "the key in the signer's certificate cannot be used%s%s", known ? ": " : "",
                          known ? why.msg : "");
    }
    c->key = *ret;
    return 0;
}

/* ---- log and time ---- */

static int check_logged(struct sig_checking *c, struct wp_err *err)
{
    const struct sig_demand *d = c->demand;
    bool known = c->root != NULL && c->root->log_count != 0;
    if (d->log == SIG_LOG_IGNORED || !known) {
        c->proof->unproven = c->material->entry_count != 0;
    } else if (sig_check_entries(c, err) < 0) {
        return -1;
    }
    if (d->log == SIG_LOG_REQUIRED && !c->proof->logged) {
        return known ? sig_refuse(c, "log", err, "no log entry comes with the signature")
                     : sig_refuse(c, "log", err, "no trusted root says which logs are believed");
    }
    return 0;
}

static int check_stamped(struct sig_checking *c, struct wp_err *err)
{
    size_t before = c->time_count;
    if (c->root == NULL || c->root->tsa_count == 0) {
        c->proof->unproven = c->proof->unproven || c->material->timestamp_count != 0;
    } else if (sig_check_timestamps(c, err) < 0) {
        return -1;
    }
    if (c->demand->timestamp_required && c->time_count == before) {
        return sig_refuse(c, "timestamp", err, "no timestamp of a trusted authority comes with the signature");
    }
    return c->proof->logged ? sig_check_entry_times(c, err) : 0;
}

static int check_certificate(struct sig_checking *c, struct wp_err *err)
{
    if (c->time_count == 0 && !c->demand->any_time_source_missing) {
        return sig_refuse(
            c, "timestamp", err,
            "nothing proves when it was signed, so that nobody can say whether the certificate was valid");
    }
    if (sig_check_chain(c, err) < 0 || sig_check_sct(c, err) < 0) {
        return -1;
    }
    return sig_check_identity(c, err);
}

/* ---- the signature ---- */

static bool by_alg(const struct sig_checking *c, enum sig_alg alg)
{
    return sig_pub_verify(c->key, alg, &c->sealed->message, c->sealed->signature);
}

/* Whether the message is known by what alg signs. */
static bool in_reach(const struct sig_checking *c, enum sig_alg alg)
{
    const struct sig_message *m = &c->sealed->message;
    return m->bytes.ptr != NULL || sig_algs[alg].hash_bits == 8 * m->digest_len;
}

static int check_signature(struct sig_checking *c, struct wp_err *err)
{
    const struct sig_pub_facts *f = sig_pub_facts(c->key);
    enum sig_alg also = sig_alg_also(f->alg);
    if (!in_reach(c, f->alg) && !in_reach(c, also)) {
        return sig_refuse(c, "signature", err,
                          "signatures of this kind (%s) cannot be checked by the artifact's digest alone",
                          sig_algs[f->alg].name);
    }
    bool own = by_alg(c, f->alg);
    bool other = !own && by_alg(c, also);
    c->proof->alg = other ? also : f->alg;
    if (own || other) {
        c->proof->key_id = wp_arena_str(c->arena, f->id);
        c->proof->signer = c->leaf != NULL ? c->proof->signer : wp_arena_printf(c->arena, "key %s", f->id);
        return 0;
    }
    const char *hint = c->material->hint;
    bool strange = c->leaf == NULL && hint != NULL && !wp_str_eq(hint, f->id);
    return sig_refuse(c, "signature", err, "the signature is not by %s over this content%s%s%s",
                      c->leaf != NULL ? "the certificate's key" : f->name, strange ? "; it names the key '" : "",
                      strange ? hint : "", strange ? "'" : "");
}

/* ---- the order ---- */

static int check_all(struct sig_checking *c, struct sig_pub **key, struct wp_err *err)
{
    const struct sig_demand *d = c->demand;
    if (c->material->certificate_count == 0 && c->material->hint != NULL) { /* says the bundle, until it is proven */
        c->proof->signer = wp_arena_printf(c->arena, "key %s", c->material->hint);
    }
    if (d->key == NULL && d->who == NULL) {
        return sig_refuse(c, "format", err,
                          "certificates of a trust store say nothing about signatures of this format");
    }
    if ((d->key != NULL ? take_key(c, err) : take_certificate(c, key, err)) < 0) {
        return -1;
    }
    if (check_logged(c, err) < 0 || check_stamped(c, err) < 0) {
        return -1;
    }
    if (c->leaf != NULL && check_certificate(c, err) < 0) {
        return -1;
    }
    return check_signature(c, err);
}

int sig_material_check(const struct sig_material *m, const struct sig_signed *s, const struct sig_artifact *art,
                       const struct sig_demand *d, struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    SIG_AUTO_PUB struct sig_pub *key = NULL;
    struct sig_checking c = {
        .material = m, .sealed = s, .artifact = art, .demand = d, .root = d->root, .arena = a, .proof = ret};
    c.times = wp_arena_alloc(a, m->entry_count + m->timestamp_count, sizeof(*c.times));
    c.logs = wp_arena_alloc(a, m->entry_count, sizeof(const struct sig_root_log *));
    int r = check_all(&c, &key, err);
    ret->times = c.times;
    ret->time_count = c.time_count;
    X509_free(c.leaf);
    X509_free(c.issuer);
    return r < 0 ? 0 : 1;
}
