/* SPDX-License-Identifier: Apache-2.0
 *
 * Notary envelopes as JWS in flattened JSON (RFC 7515 section 7.2.2; signature-envelope-jws.md): exactly the members
 * payload, protected, header and signature. */
#include "base/json.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/time.h"
#include "sign/notation-int.h"
#include "sign/notation.h"

struct header {
    struct sig_attributes attributes;
    const char *alg, *type;
};

static bool absent(const struct wp_json *at)
{
    enum wp_json_kind kind = wp_json_kind(at);
    return kind == WP_JSON_ABSENT || kind == WP_JSON_NULL;
}

static int read_base64(const struct wp_json *at, bool url, struct wp_arena *a, struct wp_span *ret, struct wp_err *err)
{
    const char *text = NULL;
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    if (*text == '\0' || (url && strchr(text, '=') != NULL) || !wp_unbase64(&bytes, text, strlen(text), url)) {
        return wp_json_fail(at, err, "is not base64%s", url ? "url without padding" : "");
    }
    *ret = wp_arena_bytes(a, wp_buf_span(&bytes));
    return 0;
}

static int read_time(const struct wp_json *at, int64_t *ret, struct wp_err *err)
{
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    return wp_time_parse_rfc3339(text, ret) ? 0 : wp_json_fail(at, err, "'%s' is not a time (RFC 3339)", text);
}

static int read_attribute(void *arg, const struct wp_json *at, struct wp_err *err)
{
    struct header *h = arg;
    int i = sig_attribute_of(wp_span_str(at->key));
    if (wp_str_eq(at->key, "alg")) {
        return wp_json_str(at, &h->alg, err);
    }
    if (wp_str_eq(at->key, "cty")) {
        return wp_json_str(at, &h->type, err);
    }
    if (wp_str_eq(at->key, "crit") || (i >= 0 && wp_json_kind(at) == WP_JSON_NULL)) {
        return 0;
    }
    if (i < 0) {
        return sig_attributes_other(wp_span_str(at->key), err);
    }
    h->attributes.there[i] = true;
    return i == SIG_ATTR_SCHEME ? wp_json_str(at, &h->attributes.scheme, err)
                                : read_time(at, &h->attributes.times[i], err);
}

static int read_crit(const struct wp_json *root, struct sig_attributes *ret, struct wp_err *err)
{
    struct wp_json crit = wp_json_get(root, "crit");
    if (wp_json_must(&crit, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < wp_json_len(&crit); i++) {
        struct wp_json item = wp_json_at(&crit, i);
        const char *name = NULL;
        if (wp_json_str(&item, &name, err) < 0 || sig_attributes_critical(ret, wp_span_str(name), err) < 0) {
            return -1;
        }
    }
    return 0;
}

static enum sig_alg alg_of(const char *name)
{
    for (enum sig_alg alg = SIG_ALG_NONE; name != NULL && alg < SIG_ALG_COUNT; alg++) {
        if (sig_algs[alg].jose != NULL && wp_str_eq(sig_algs[alg].jose, name)) {
            return alg;
        }
    }
    return SIG_ALG_NONE;
}

static int read_protected(struct wp_span text, struct sig_envelope *ret, struct wp_err *err)
{
    static const char *const known[] = {
        "alg", "cty", "crit", SIG_NOTARY_SCHEME, SIG_NOTARY_SIGNING_TIME, SIG_NOTARY_AUTHENTIC_TIME, SIG_NOTARY_EXPIRY,
        NULL};
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(text, "its protected header", false, WP_E_INPUT, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct header h = {0};
    if (wp_json_must(&root, WP_JSON_OBJECT, err) < 0 || wp_json_no_case_twins(&root, known, err) < 0 ||
        wp_json_each(&root, read_attribute, &h, err) != 0 || read_crit(&root, &h.attributes, err) < 0) {
        return -1;
    }
    ret->alg = alg_of(h.alg);
    if (ret->alg == SIG_ALG_NONE) {
        return wp_fail(err, WP_E_INPUT, "the algorithm '%s' is none of Notary's", h.alg != NULL ? h.alg : "");
    }
    if (h.type == NULL || !wp_str_eq(h.type, SIG_NOTARY_PAYLOAD)) {
        return wp_fail(err, WP_E_INPUT, "its content is '%s', not a Notary payload", h.type != NULL ? h.type : "");
    }
    return sig_attributes_settle(&h.attributes, ret, err);
}

static int read_chain(const struct wp_json *x5c, struct wp_arena *a, struct sig_envelope *ret, struct wp_err *err)
{
    if (wp_json_must(x5c, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    size_t count = wp_json_len(x5c);
    if (count == 0 || count > WP_LIMIT_CERTIFICATES) {
        return wp_json_fail(x5c, err, "%zu certificates, 1 to %llu are possible", count,
                            (unsigned long long)WP_LIMIT_CERTIFICATES);
    }
    struct wp_span *chain = wp_arena_alloc(a, count, sizeof(*chain));
    for (size_t i = 0; i < count; i++) {
        struct wp_json item = wp_json_at(x5c, i);
        if (read_base64(&item, false, a, &chain[i], err) < 0) {
            return -1;
        }
    }
    ret->chain = chain;
    ret->chain_count = count;
    return 0;
}

static int read_unprotected(const struct wp_json *header, struct wp_arena *a, struct sig_envelope *ret,
                            struct wp_err *err)
{
    struct wp_json x5c = wp_json_get(header, "x5c");
    struct wp_json timestamp = wp_json_get(header, SIG_NOTARY_TIMESTAMP);
    struct wp_json agent = wp_json_get(header, SIG_NOTARY_AGENT);
    if (wp_json_must(header, WP_JSON_OBJECT, err) < 0 || read_chain(&x5c, a, ret, err) < 0) {
        return -1;
    }
    if (!absent(&timestamp) && read_base64(&timestamp, false, a, &ret->timestamp, err) < 0) {
        return -1;
    }
    if (!absent(&agent)) {
        if (wp_json_str(&agent, &ret->agent, err) < 0) {
            return -1;
        }
        ret->agent = wp_arena_str(a, ret->agent);
    }
    return 0;
}

static int check_members(void *arg, const struct wp_json *at, struct wp_err *err)
{
    (void)arg;
    static const char *const members[] = {"payload", "protected", "header", "signature"};
    for (size_t i = 0; i < WP_ARRAY_LEN(members); i++) {
        if (wp_str_eq(members[i], at->key)) {
            return 0;
        }
    }
    return wp_json_fail(at, err, "is no member of a Notary envelope");
}

static int read_jws(struct wp_span bytes, struct wp_arena *a, struct sig_envelope *ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    *ret = (struct sig_envelope){0};
    if (wp_json_parse(bytes, "the envelope", false, WP_E_INPUT, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    if (wp_json_must(&root, WP_JSON_OBJECT, err) < 0 || wp_json_each(&root, check_members, NULL, err) != 0) {
        return -1;
    }
    struct wp_json payload = wp_json_get(&root, "payload");
    struct wp_json protected = wp_json_get(&root, "protected");
    struct wp_json header = wp_json_get(&root, "header");
    struct wp_json signature = wp_json_get(&root, "signature");
    struct wp_span attributes = {0};
    const char *protected_text = NULL;
    const char *payload_text = NULL;
    if (read_base64(&payload, true, a, &ret->payload, err) < 0 ||
        read_base64(&protected, true, a, &attributes, err) < 0 || wp_json_str(&protected, &protected_text, err) < 0 ||
        wp_json_str(&payload, &payload_text, err) < 0 || read_protected(attributes, ret, err) < 0 ||
        read_unprotected(&header, a, ret, err) < 0 || read_base64(&signature, true, a, &ret->signature, err) < 0) {
        return -1;
    }
    ret->protected = wp_span_str(wp_arena_str(a, protected_text));
    ret->tbs = wp_span_str(wp_arena_printf(a, "%s.%s", protected_text, payload_text));
    return 0;
}

static void put_time(struct wp_json_out *o, const char *key, int64_t at)
{
    char text[WP_TIME_TEXT];
    wp_jo_kstr(o, key, wp_time_rfc3339(at, text));
}

/* Keys sorted, as notation writes them. */
static void protect(const struct sig_envelope *e, struct wp_buf *ret)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&text);
    wp_jo_object(&o);
    wp_jo_kstr(&o, "alg", sig_algs[e->alg].jose);
    wp_jo_key(&o, "crit");
    wp_jo_array(&o);
    wp_jo_str(&o, SIG_NOTARY_SCHEME);
    if (e->has_expiry) {
        wp_jo_str(&o, SIG_NOTARY_EXPIRY);
    }
    wp_jo_array_end(&o);
    wp_jo_kstr(&o, "cty", SIG_NOTARY_PAYLOAD);
    if (e->has_expiry) {
        put_time(&o, SIG_NOTARY_EXPIRY, e->expiry);
    }
    wp_jo_kstr(&o, SIG_NOTARY_SCHEME, "notary.x509");
    put_time(&o, SIG_NOTARY_SIGNING_TIME, e->signing_time);
    wp_jo_object_end(&o);
    wp_base64(ret, wp_buf_span(&text), true);
}

static void to_be_signed(const struct sig_envelope *e, struct wp_buf *ret)
{
    wp_buf_add(ret, e->protected.ptr, e->protected.len);
    wp_buf_add_char(ret, '.');
    wp_base64(ret, e->payload, true);
}

static void put_base64(struct wp_json_out *o, const char *key, struct wp_span bytes, bool url)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_base64(&text, bytes, url);
    if (key != NULL) {
        wp_jo_key(o, key);
    }
    wp_jo_str(o, text.ptr);
}

static void write_jws(const struct sig_envelope *e, struct wp_buf *ret)
{
    WP_AUTO_BUF struct wp_buf protected = WP_BUF_INIT;
    wp_buf_add(&protected, e->protected.ptr, e->protected.len);
    struct wp_json_out o = wp_json_out(ret);
    wp_jo_object(&o);
    put_base64(&o, "payload", e->payload, true);
    wp_jo_kstr(&o, "protected", protected.ptr);
    wp_jo_key(&o, "header");
    wp_jo_object(&o);
    if (e->timestamp.ptr != NULL) {
        put_base64(&o, SIG_NOTARY_TIMESTAMP, e->timestamp, false);
    }
    wp_jo_key(&o, "x5c");
    wp_jo_array(&o);
    for (size_t i = 0; i < e->chain_count; i++) {
        put_base64(&o, NULL, e->chain[i], false);
    }
    wp_jo_array_end(&o);
    if (e->agent != NULL) {
        wp_jo_kstr(&o, SIG_NOTARY_AGENT, e->agent);
    }
    wp_jo_object_end(&o);
    put_base64(&o, "signature", e->signature, true);
    wp_jo_object_end(&o);
}

const struct sig_wire sig_wire_jws = {
    .media_type = SIG_MT_JWS,
    .read = read_jws,
    .protect = protect,
    .to_be_signed = to_be_signed,
    .write = write_jws,
};
