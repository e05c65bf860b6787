/* SPDX-License-Identifier: Apache-2.0
 *
 * Notary envelopes as COSE_Sign1 (RFC 9052 section 4.2, RFC 9360; signature-envelope-cose.md): tag 18, four items. The
 * protected bytes are signed as they came and never encoded anew. */
#include "base/limits.h"
#include "sign/cbor.h"
#include "sign/notation-int.h"
#include "sign/notation.h"

enum { TAG_SIGN1 = 18, TAG_TIME = 1 };
enum { LABEL_ALG = 1, LABEL_CRIT = 2, LABEL_TYPE = 3, LABEL_CHAIN = 33 };

static int fail(struct wp_err *err, const char *what)
{
    return wp_fail(err, WP_E_INPUT, "the envelope: %s", what);
}

static int must(const struct sig_cbor *v, enum sig_cbor_kind kind, const char *what, struct wp_err *err)
{
    const struct sig_cbor wanted = {.kind = kind};
    if (v == NULL) {
        return wp_fail(err, WP_E_INPUT, "%s is missing", what);
    }
    if (v->kind != kind) {
        return wp_fail(err, WP_E_INPUT, "%s is %s, not %s", what, sig_cbor_kind_name(v), sig_cbor_kind_name(&wanted));
    }
    return 0;
}

static int read_alg(const struct sig_cbor *protected, enum sig_alg *ret, struct wp_err *err)
{
    const struct sig_cbor *v = sig_cbor_label(protected, LABEL_ALG);
    int64_t n = 0;
    for (enum sig_alg alg = SIG_ALG_NONE; v != NULL && sig_cbor_int(v, &n) && alg < SIG_ALG_COUNT; alg++) {
        if (sig_algs[alg].cose != 0 && sig_algs[alg].cose == n) {
            *ret = alg;
            return 0;
        }
    }
    return wp_fail(err, WP_E_INPUT, "the algorithm %lld is none of Notary's", (long long)n);
}

static int read_crit(const struct sig_cbor *protected, struct sig_attributes *ret, struct wp_err *err)
{
    const struct sig_cbor *crit = sig_cbor_label(protected, LABEL_CRIT);
    if (must(crit, SIG_CBOR_ARRAY, "the list of critical attributes", err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < crit->count; i++) {
        if (must(&crit->items[i], SIG_CBOR_TEXT, "a critical attribute", err) < 0 ||
            sig_attributes_critical(ret, crit->items[i].bytes, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_attribute(const struct sig_cbor *v, int i, struct wp_arena *a, struct sig_attributes *ret,
                          struct wp_err *err)
{
    ret->there[i] = true;
    if (i == SIG_ATTR_SCHEME) {
        if (must(v, SIG_CBOR_TEXT, SIG_NOTARY_SCHEME, err) < 0) {
            return -1;
        }
        ret->scheme = wp_arena_strn(a, (const char *)v->bytes.ptr, v->bytes.len);
        return strlen(ret->scheme) == v->bytes.len ? 0 : fail(err, "a NUL byte in the signing scheme");
    }
    if (v->kind != SIG_CBOR_TAG || v->number != TAG_TIME || !sig_cbor_int(v->items, &ret->times[i])) {
        return wp_fail(err, WP_E_INPUT, "'%s' is not a time (tag 1 around whole seconds)", sig_attribute_names[i]);
    }
    return 0;
}

/* Labels that are numbers: those three alone, for nobody here would heed another. */
static bool label_known(const struct sig_cbor *key)
{
    int64_t n = 0;
    return sig_cbor_int(key, &n) && (n == LABEL_ALG || n == LABEL_CRIT || n == LABEL_TYPE);
}

static int read_attributes(const struct sig_cbor *protected, struct wp_arena *a, struct sig_attributes *ret,
                           struct wp_err *err)
{
    for (size_t i = 0; i < protected->count; i += 2) {
        const struct sig_cbor *key = &protected->items[i];
        if (key->kind != SIG_CBOR_TEXT) {
            if (!label_known(key)) {
                return fail(err, "a protected attribute that is not known");
            }
            continue;
        }
        int which = sig_attribute_of(key->bytes);
        int rc = which < 0 ? sig_attributes_other(key->bytes, err)
                           : read_attribute(&protected->items[i + 1], which, a, ret, err);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_protected(struct wp_span bytes, struct wp_arena *a, struct sig_cbor *protected,
                          struct sig_envelope *ret, struct wp_err *err)
{
    struct sig_attributes attributes = {0};
    if (sig_cbor_read(bytes, a, protected, err) < 0) {
        return wp_wrap(err, "its protected header");
    }
    if (must(protected, SIG_CBOR_MAP, "the protected header", err) < 0 || read_alg(protected, &ret->alg, err) < 0 ||
        read_attributes(protected, a, &attributes, err) < 0 || read_crit(protected, &attributes, err) < 0) {
        return -1;
    }
    const struct sig_cbor *type = sig_cbor_label(protected, LABEL_TYPE);
    if (type == NULL || !sig_cbor_text_is(type, SIG_NOTARY_PAYLOAD)) {
        return fail(err, "its content is not a Notary payload");
    }
    return sig_attributes_settle(&attributes, ret, err);
}

static int read_chain(const struct sig_cbor *v, struct wp_arena *a, struct sig_envelope *ret, struct wp_err *err)
{
    /* RFC 9360: a single certificate is a byte string by itself. */
    if (v != NULL && v->kind == SIG_CBOR_BYTES) {
        struct wp_span *one = wp_arena_alloc(a, 1, sizeof(*one));
        *one = v->bytes;
        ret->chain = one;
        ret->chain_count = 1;
        return 0;
    }
    if (must(v, SIG_CBOR_ARRAY, "the certificate chain", err) < 0 || v == NULL) {
        return -1;
    }
    if (v->count == 0 || v->count > WP_LIMIT_CERTIFICATES) {
        return wp_fail(err, WP_E_INPUT, "the envelope: %zu certificates, 1 to %llu are possible", v->count,
                       (unsigned long long)WP_LIMIT_CERTIFICATES);
    }
    struct wp_span *chain = wp_arena_alloc(a, v->count, sizeof(*chain));
    for (size_t i = 0; i < v->count; i++) {
        if (must(&v->items[i], SIG_CBOR_BYTES, "a certificate", err) < 0) {
            return -1;
        }
        chain[i] = v->items[i].bytes;
    }
    ret->chain = chain;
    ret->chain_count = v->count;
    return 0;
}

static int read_unprotected(const struct sig_cbor *map, struct wp_arena *a, struct sig_envelope *ret,
                            struct wp_err *err)
{
    const struct sig_cbor *timestamp = sig_cbor_get(map, SIG_NOTARY_TIMESTAMP);
    const struct sig_cbor *agent = sig_cbor_get(map, SIG_NOTARY_AGENT);
    if (read_chain(sig_cbor_label(map, LABEL_CHAIN), a, ret, err) < 0) {
        return -1;
    }
    if (timestamp != NULL) {
        if (must(timestamp, SIG_CBOR_BYTES, SIG_NOTARY_TIMESTAMP, err) < 0) {
            return -1;
        }
        ret->timestamp = timestamp->bytes;
    }
    if (agent != NULL) {
        if (must(agent, SIG_CBOR_TEXT, SIG_NOTARY_AGENT, err) < 0) {
            return -1;
        }
        ret->agent = wp_arena_strn(a, (const char *)agent->bytes.ptr, agent->bytes.len);
    }
    return 0;
}

/* RFC 9052 section 3: what is in one map must not be in the other. */
static int check_apart(const struct sig_cbor *protected, const struct sig_cbor *unprotected, struct wp_err *err)
{
    for (size_t i = 0; i < protected->count; i += 2) {
        for (size_t j = 0; j < unprotected->count; j += 2) {
            struct wp_span p = protected->items[i].raw;
            struct wp_span u = unprotected->items[j].raw;
            if (p.len == u.len && memcmp(p.ptr, u.ptr, p.len) == 0) {
                return fail(err, "an attribute is both protected and not");
            }
        }
    }
    return 0;
}

static void put_structure(struct wp_span protected, struct wp_span payload, struct wp_buf *ret)
{
    sig_cbor_put_array(ret, 4);
    sig_cbor_put_text(ret, "Signature1");
    sig_cbor_put_bytes(ret, protected);
    sig_cbor_put_bytes(ret, wp_span(NULL, 0));
    sig_cbor_put_bytes(ret, payload);
}

static void to_be_signed(const struct sig_envelope *e, struct wp_buf *ret)
{
    put_structure(e->protected, e->payload, ret);
}

static int read_parts(const struct sig_cbor *sign1, struct wp_arena *a, struct sig_envelope *ret, struct wp_err *err)
{
    const struct sig_cbor *parts = sign1->items;
    struct sig_cbor protected;
    if (must(&parts[0], SIG_CBOR_BYTES, "the protected header", err) < 0 ||
        must(&parts[1], SIG_CBOR_MAP, "the unprotected header", err) < 0 ||
        must(&parts[2], SIG_CBOR_BYTES, "the payload", err) < 0 ||
        must(&parts[3], SIG_CBOR_BYTES, "the signature", err) < 0 ||
        read_protected(parts[0].bytes, a, &protected, ret, err) < 0 || check_apart(&protected, &parts[1], err) < 0 ||
        read_unprotected(&parts[1], a, ret, err) < 0) {
        return -1;
    }
    ret->protected = parts[0].bytes;
    ret->payload = parts[2].bytes;
    ret->signature = parts[3].bytes;
    if (ret->payload.len == 0 || ret->signature.len == 0) {
        return fail(err, "its payload or signature is empty");
    }
    return 0;
}

static int read_cose(struct wp_span bytes, struct wp_arena *a, struct sig_envelope *ret, struct wp_err *err)
{
    struct sig_cbor root;
    *ret = (struct sig_envelope){0};
    if (sig_cbor_read(bytes, a, &root, err) < 0) {
        return wp_wrap(err, "the envelope is not the CBOR of COSE");
    }
    if (root.kind != SIG_CBOR_TAG || root.number != TAG_SIGN1) {
        return fail(err, "not a COSE_Sign1 (tag 18)");
    }
    if (root.items->kind != SIG_CBOR_ARRAY || root.items->count != 4) {
        return fail(err, "not the four items of COSE_Sign1");
    }
    if (read_parts(root.items, a, ret, err) < 0) {
        return -1;
    }
    WP_AUTO_BUF struct wp_buf tbs = WP_BUF_INIT;
    to_be_signed(ret, &tbs);
    ret->tbs = wp_arena_bytes(a, wp_buf_span(&tbs));
    return 0;
}

static void put_time(struct wp_buf *b, const char *key, int64_t at)
{
    sig_cbor_put_text(b, key);
    sig_cbor_put_tag(b, TAG_TIME);
    sig_cbor_put_int(b, at);
}

/* Keys by length, then bytes, as notation writes them. */
static void protect(const struct sig_envelope *e, struct wp_buf *ret)
{
    sig_cbor_put_map(ret, e->has_expiry ? 6 : 5);
    sig_cbor_put_int(ret, LABEL_ALG);
    sig_cbor_put_int(ret, sig_algs[e->alg].cose);
    sig_cbor_put_int(ret, LABEL_CRIT);
    sig_cbor_put_array(ret, e->has_expiry ? 2 : 1);
    sig_cbor_put_text(ret, SIG_NOTARY_SCHEME);
    if (e->has_expiry) {
        sig_cbor_put_text(ret, SIG_NOTARY_EXPIRY);
    }
    sig_cbor_put_int(ret, LABEL_TYPE);
    sig_cbor_put_text(ret, SIG_NOTARY_PAYLOAD);
    if (e->has_expiry) {
        put_time(ret, SIG_NOTARY_EXPIRY, e->expiry);
    }
    put_time(ret, SIG_NOTARY_SIGNING_TIME, e->signing_time);
    sig_cbor_put_text(ret, SIG_NOTARY_SCHEME);
    sig_cbor_put_text(ret, "notary.x509");
}

static void write_cose(const struct sig_envelope *e, struct wp_buf *ret)
{
    sig_cbor_put_tag(ret, TAG_SIGN1);
    sig_cbor_put_array(ret, 4);
    sig_cbor_put_bytes(ret, e->protected);
    sig_cbor_put_map(ret, (size_t)1 + (e->agent != NULL) + (e->timestamp.ptr != NULL));
    sig_cbor_put_int(ret, LABEL_CHAIN);
    sig_cbor_put_array(ret, e->chain_count);
    for (size_t i = 0; i < e->chain_count; i++) {
        sig_cbor_put_bytes(ret, e->chain[i]);
    }
    if (e->agent != NULL) {
        sig_cbor_put_text(ret, SIG_NOTARY_AGENT);
        sig_cbor_put_text(ret, e->agent);
    }
    if (e->timestamp.ptr != NULL) {
        sig_cbor_put_text(ret, SIG_NOTARY_TIMESTAMP);
        sig_cbor_put_bytes(ret, e->timestamp);
    }
    sig_cbor_put_bytes(ret, e->payload);
    sig_cbor_put_bytes(ret, e->signature);
}

const struct sig_wire sig_wire_cose = {
    .media_type = SIG_MT_COSE,
    .read = read_cose,
    .protect = protect,
    .to_be_signed = to_be_signed,
    .write = write_cose,
};
