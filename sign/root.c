/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a trusted root (sign/root.h). Fields that are not known are passed over: the file is trusted, and Sigstore
 * adds fields without a new version. */
#include "sign/root.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "sign/cert.h"
#include "sign/key-int.h"
#include "sign/pem.h"
#include "sign/proto-json.h"
#include "sign/root-int.h"

#define INSTANCES_MAX 256

/* ---- common parts ---- */

static int read_validity(const struct wp_json *at, bool must_start, struct sig_period *ret, struct wp_err *err)
{
    *ret = (struct sig_period){.from = INT64_MIN, .until = INT64_MAX};
    struct wp_json start = sig_pj_get(at, "start");
    struct wp_json end = sig_pj_get(at, "end");
    if (sig_pj_has(at) && wp_json_must(at, WP_JSON_OBJECT, err) < 0) {
        return -1;
    }
    if ((must_start || sig_pj_has(&start)) && sig_pj_time(&start, &ret->from, err) < 0) {
        return -1;
    }
    return sig_pj_has(&end) ? sig_pj_time(&end, &ret->until, err) : 0;
}

/* "https://rekor.example/" as "rekor.example". */
static const char *name_of_url(const char *url, struct wp_arena *a)
{
    const char *scheme = strstr(url, "://");
    const char *name = scheme != NULL ? scheme + 3 : url;
    size_t len = strlen(name);
    while (len > 0 && name[len - 1] == '/') {
        len--;
    }
    return wp_arena_strn(a, name, len);
}

/* ---- logs ---- */

/* PublicKeyDetails (sigstore_common.proto), by their numbers. */
static const struct {
    const char *name;
    enum sig_alg alg;
} details[] = {
    {NULL, SIG_ALG_NONE},
    {"PKCS1_RSA_PKCS1V5", SIG_ALG_RSA_PKCS1_SHA256},
    {"PKCS1_RSA_PSS", SIG_ALG_RSA_PSS_SHA256},
    {"PKIX_RSA_PKCS1V5", SIG_ALG_RSA_PKCS1_SHA256},
    {"PKIX_RSA_PSS", SIG_ALG_RSA_PSS_SHA256},
    {"PKIX_ECDSA_P256_SHA_256", SIG_ALG_ECDSA_P256_SHA256},
    {"PKIX_ECDSA_P256_HMAC_SHA_256", SIG_ALG_ECDSA_P256_SHA256},
    {"PKIX_ED25519", SIG_ALG_ED25519},
    {"PKIX_ED25519_PH", SIG_ALG_ED25519_PH},
    {"PKIX_RSA_PKCS1V15_2048_SHA256", SIG_ALG_RSA_PKCS1_SHA256},
    {"PKIX_RSA_PKCS1V15_3072_SHA256", SIG_ALG_RSA_PKCS1_SHA256},
    {"PKIX_RSA_PKCS1V15_4096_SHA256", SIG_ALG_RSA_PKCS1_SHA256},
    {"PKIX_ECDSA_P384_SHA_384", SIG_ALG_ECDSA_P384_SHA384},
    {"PKIX_ECDSA_P521_SHA_512", SIG_ALG_ECDSA_P521_SHA512},
    {NULL, SIG_ALG_NONE},
    {NULL, SIG_ALG_NONE},
    {"PKIX_RSA_PSS_2048_SHA256", SIG_ALG_RSA_PSS_SHA256},
    {"PKIX_RSA_PSS_3072_SHA256", SIG_ALG_RSA_PSS_SHA256},
    {"PKIX_RSA_PSS_4096_SHA256", SIG_ALG_RSA_PSS_SHA256},
    {"PKIX_ECDSA_P384_SHA_256", SIG_ALG_ECDSA_P384_SHA256},
    {"PKIX_ECDSA_P521_SHA_256", SIG_ALG_ECDSA_P521_SHA256},
};

bool sig_root_log_signed(const struct sig_root_log *log, const struct sig_message *m, struct wp_span sig)
{
    return sig_pub_verify(log->key, log->alg, m, sig) ||
           (sig_algs[log->alg].kind == SIG_KIND_ECDSA && sig_pub_verify(log->key, sig_alg_also(log->alg), m, sig));
}

static enum sig_alg log_alg_of(const struct sig_pub *key)
{
    const struct sig_pub_facts *f = sig_pub_facts(key);
    return f->kind == SIG_KIND_ED25519 ? SIG_ALG_ED25519 : f->alg;
}

static int read_alg(const struct wp_json *at, size_t *ret, struct wp_err *err)
{
    const char *names[WP_ARRAY_LEN(details)] = {NULL};
    for (size_t i = 0; i < WP_ARRAY_LEN(details); i++) {
        names[i] = details[i].name;
    }
    return sig_pj_enum(at, names, WP_ARRAY_LEN(details), ret, err);
}

/* The oldest RSA keys are no SubjectPublicKeyInfo. */
static int public_key(struct wp_span der, size_t which, struct sig_pub **ret, struct wp_err *err)
{
    if (details[which].name == NULL || !wp_str_starts(details[which].name, "PKCS1_")) {
        return sig_pub_of_spki(der, "key", ret, err);
    }
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    sig_pem_write("RSA PUBLIC KEY", der, &pem);
    return sig_pub_read(wp_buf_span(&pem), "key", ret, err);
}

static int read_key(const struct wp_json *at, struct sig_root *r, struct sig_root_log *log, struct wp_err *err)
{
    struct wp_json bytes = sig_pj_get(at, "rawBytes");
    struct wp_json alg = sig_pj_get(at, "keyDetails");
    struct wp_json validity = sig_pj_get(at, "validFor");
    struct wp_span der = {0};
    struct wp_err why = {0};
    size_t which = 0;
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || sig_pj_bytes(&bytes, &r->arena, &der, err) < 0 ||
        read_validity(&validity, true, &log->valid, err) < 0) {
        return -1;
    }
    if (read_alg(&alg, &which, err) < 0) {
        return -1;
    }
    if (public_key(der, which, &log->key, &why) < 0) {
        return wp_json_fail(&bytes, err, "%s", why.msg);
    }
    log->alg = which == 0 ? log_alg_of(log->key) : details[which].alg;
    if (!sig_alg_fits(log->alg, sig_pub_facts(log->key))) {
        return wp_json_fail(&alg, err, "is not what the key is");
    }
    return 0;
}

static int read_id(const struct wp_json *at, struct wp_arena *a, uint8_t ret[32], struct wp_err *err)
{
    struct wp_json id = sig_pj_get(at, "keyId");
    struct wp_span bytes = {0};
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || sig_pj_bytes(&id, a, &bytes, err) < 0) {
        return -1;
    }
    if (bytes.len != 32) {
        return wp_json_fail(&id, err, "%zu bytes, not 32", bytes.len);
    }
    memcpy(ret, bytes.ptr, 32);
    return 0;
}

/* What stands before the log's signatures in notes: four bytes, which may be given with the rest of their hash. */
static int read_hint(const struct wp_json *at, struct wp_arena *a, struct sig_root_log *log, struct wp_err *err)
{
    struct wp_json id = sig_pj_get(at, "keyId");
    struct wp_span bytes = wp_span(log->id, sizeof(log->id));
    if (sig_pj_has(at) && (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || sig_pj_bytes(&id, a, &bytes, err) < 0)) {
        return -1;
    }
    if (bytes.len < sizeof(log->note_hint) || bytes.len > sizeof(log->id)) {
        return wp_json_fail(&id, err, "%zu bytes, not 4 to 32", bytes.len);
    }
    memcpy(log->note_hint, bytes.ptr, sizeof(log->note_hint));
    return 0;
}

static int read_log(const struct wp_json *at, struct sig_root *r, struct sig_root_log *log, struct wp_err *err)
{
    struct wp_json url = sig_pj_get(at, "baseUrl");
    struct wp_json key = sig_pj_get(at, "publicKey");
    struct wp_json id = sig_pj_get(at, "logId");
    struct wp_json note_id = sig_pj_get(at, "checkpointKeyId");
    struct wp_json hash = sig_pj_get(at, "hashAlgorithm");
    const char *text = NULL;
    size_t hash_alg = 0;
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || sig_pj_text(&url, &r->arena, &text, err) < 0 ||
        read_key(&key, r, log, err) < 0 || read_id(&id, &r->arena, log->id, err) < 0 ||
        sig_pj_enum(&hash, sig_pj_hashes, SIG_PJ_HASHES, &hash_alg, err) < 0) {
        return -1;
    }
    if (hash_alg > SIG_PJ_SHA2_256) {
        return wp_json_fail(&hash, err, "logs that hash with SHA-256 are known here");
    }
    if (read_hint(&note_id, &r->arena, log, err) < 0) {
        return -1;
    }
    log->name = name_of_url(text, &r->arena);
    return 0;
}

static int read_logs(const struct wp_json *at, struct sig_root *r, struct sig_root_log **ret, size_t *ret_count,
                     struct wp_err *err)
{
    size_t count = 0;
    if (sig_pj_array(at, INSTANCES_MAX, &count, err) < 0) {
        return -1;
    }
    *ret = wp_arena_alloc(&r->arena, count, sizeof(**ret));
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        struct wp_json one = wp_json_at(at, i);
        if (read_log(&one, r, &(*ret)[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- authorities ---- */

static int read_certificate(const struct wp_json *at, struct sig_root *r, struct sig_certs *ret, struct wp_err *err)
{
    struct wp_json bytes = sig_pj_get(at, "rawBytes");
    struct wp_span der = {0};
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || sig_pj_bytes(&bytes, &r->arena, &der, err) < 0) {
        return -1;
    }
    X509 *cert = NULL;
    struct wp_err why = {0};
    if (sig_cert_of_der(der, "certificate", &cert, &why) < 0) {
        return wp_json_fail(&bytes, err, "%s", why.msg);
    }
    sig_certs_add(ret, cert);
    return 0;
}

static int read_authority(const struct wp_json *at, struct sig_root *r, struct sig_root_authority *ca,
                          struct wp_err *err)
{
    struct wp_json uri = sig_pj_get(at, "uri");
    struct wp_json chain = sig_pj_get(at, "certChain");
    struct wp_json list = sig_pj_get(&chain, "certificates");
    struct wp_json validity = sig_pj_get(at, "validFor");
    size_t count = 0;
    const char *text = NULL;
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || sig_pj_text(&uri, &r->arena, &text, err) < 0 ||
        read_validity(&validity, true, &ca->valid, err) < 0 || wp_json_must(&chain, WP_JSON_OBJECT, err) < 0 ||
        sig_pj_array(&list, WP_LIMIT_CERTIFICATES, &count, err) < 0) {
        return -1;
    }
    if (count == 0) {
        return wp_json_fail(&chain, err, "has no certificate");
    }
    ca->name = name_of_url(text, &r->arena);
    for (size_t i = 0; i < count; i++) {
        struct wp_json one = wp_json_at(&list, i);
        if (read_certificate(&one, r, &ca->certificates, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_authorities(const struct wp_json *at, struct sig_root *r, struct sig_root_authority **ret,
                            size_t *ret_count, struct wp_err *err)
{
    size_t count = 0;
    if (sig_pj_array(at, INSTANCES_MAX, &count, err) < 0) {
        return -1;
    }
    *ret = wp_arena_alloc(&r->arena, count, sizeof(**ret));
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        struct wp_json one = wp_json_at(at, i);
        if (read_authority(&one, r, &(*ret)[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- the whole ---- */

static int read_media_type(const struct wp_json *at, struct wp_err *err)
{
    static const char *const known[] = {"application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                                        "application/vnd.dev.sigstore.trustedroot.v0.1+json",
                                        "application/vnd.dev.sigstore.trustedroot.v0.2+json"};
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(known); i++) {
        if (wp_str_eq(known[i], text)) {
            return 0;
        }
    }
    return wp_json_fail(at, err, "'%s' is no trusted root of Sigstore of a version known here", text);
}

static int read_root(const struct wp_json *root, struct sig_root *r, struct wp_err *err)
{
    struct wp_json type = sig_pj_get(root, "mediaType");
    struct wp_json logs = sig_pj_get(root, "tlogs");
    struct wp_json ctlogs = sig_pj_get(root, "ctlogs");
    struct wp_json cas = sig_pj_get(root, "certificateAuthorities");
    struct wp_json tsas = sig_pj_get(root, "timestampAuthorities");
    if (wp_json_must(root, WP_JSON_OBJECT, err) < 0 || read_media_type(&type, err) < 0 ||
        read_logs(&logs, r, &r->logs, &r->log_count, err) < 0 ||
        read_logs(&ctlogs, r, &r->ctlogs, &r->ctlog_count, err) < 0 ||
        read_authorities(&cas, r, &r->cas, &r->ca_count, err) < 0) {
        return -1;
    }
    return read_authorities(&tsas, r, &r->tsas, &r->tsa_count, err);
}

struct sig_root *sig_root_new(const char *name)
{
    struct sig_root *r = wp_xcalloc(1, sizeof(*r));
    r->name = wp_arena_str(&r->arena, name);
    return r;
}

int sig_root_read(struct wp_span text, const char *name, struct sig_root **ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (text.len > WP_LIMIT_TRUST_FILE) {
        return wp_fail(err, WP_E_LIMIT, "%s is larger than %llu bytes", name, (unsigned long long)WP_LIMIT_TRUST_FILE);
    }
    if (wp_json_parse(text, name, true, WP_E_INPUT, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    SIG_AUTO_ROOT struct sig_root *r = sig_root_new(name);
    if (read_root(&root, r, err) < 0) {
        return -1;
    }
    *ret = WP_STEAL(r);
    return 0;
}

int sig_root_load(const char *path, struct sig_root **ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    if (wp_fs_read(path, WP_LIMIT_TRUST_FILE, &file, err) < 0) {
        return -1;
    }
    return sig_root_read(wp_buf_span(&file), path, ret, err);
}

static void free_logs(struct sig_root_log *logs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sig_pub_free(logs[i].key);
    }
}

static void free_authorities(struct sig_root_authority *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sig_certs_done(&list[i].certificates);
    }
}

void sig_root_free(struct sig_root *r)
{
    if (r == NULL) {
        return;
    }
    free_logs(r->logs, r->log_count);
    free_logs(r->ctlogs, r->ctlog_count);
    free_authorities(r->cas, r->ca_count);
    free_authorities(r->tsas, r->tsa_count);
    wp_arena_done(&r->arena);
    free(r);
}

void sig_root_free_p(struct sig_root **r)
{
    sig_root_free(*r);
    *r = NULL;
}

const char *sig_root_name(const struct sig_root *r)
{
    return r->name;
}
