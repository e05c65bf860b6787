/* SPDX-License-Identifier: Apache-2.0
 *
 * Log entries from Rekor: version 1 (sigstore/rekor, openapi.yaml: createLogEntry) and version 2 (sigstore/rekor-tiles,
 * rekor_service.proto: CreateEntry), both told as a TransparencyLogEntry. The entry that comes back is the log's own
 * text of it; it must speak of this signature and lie where its proof says. Whose log it is, is judged with the
 * finished bundle. */
#include "base/limits.h"
#include "base/num.h"
#include "sign/cosign.h"
#include "sign/key-int.h"
#include "sign/log.h"
#include "sign/online-int.h"

#define WHAT    "transparency log"
#define PATH_V1 "/api/v1/log/entries"
#define PATH_V2 "/api/v2/log/entries"

static void member(struct wp_json_out *o, const char *key)
{
    wp_jo_key(o, key);
    wp_jo_object(o);
}

/* base64(PEM) of the certificate or key, as version 1 wants it. */
static const char *verifier_pem(const struct sig_material *m, const struct sig_pub *pub, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    if (m->certificate_count == 0) {
        sig_pub_pem(pub, &pem);
        return online_base64(a, wp_buf_span(&pem));
    }
    const char *body = online_base64(a, m->certificates[0]);
    wp_buf_add_str(&pem, "-----BEGIN CERTIFICATE-----\n");
    for (size_t at = 0, len = strlen(body); at < len; at += 64) {
        wp_buf_printf(&pem, "%.64s\n", body + at);
    }
    wp_buf_add_str(&pem, "-----END CERTIFICATE-----\n");
    return online_base64(a, wp_buf_span(&pem));
}

/* What is logged of the message: its hash by the signature's own hash function. */
static int message_hash(const struct sig_signed *s, enum sig_alg alg, struct wp_arena *a, struct wp_span *ret,
                        struct wp_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = sig_message_digest(alg, &s->message, digest);
    if (len == 0) {
        wp_fail(err, WP_E_UNSUPPORTED, "signatures by %s are not logged", sig_algs[alg].name);
        return wp_hint(err, "use an ECDSA key, or sign without a log");
    }
    *ret = wp_arena_bytes(a, wp_span(digest, len));
    return 0;
}

static void write_hashed_v1(const struct sig_signed *s, const char *verifier, struct wp_span digest, struct wp_arena *a,
                            struct wp_json_out *o)
{
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    wp_hex(digest.ptr, digest.len, hex);
    wp_jo_object(o);
    wp_jo_kstr(o, "apiVersion", "0.0.1");
    wp_jo_kstr(o, "kind", "hashedrekord");
    member(o, "spec");
    member(o, "data");
    member(o, "hash");
    wp_jo_kstr(o, "algorithm", wp_arena_printf(a, "sha%zu", 8 * digest.len));
    wp_jo_kstr(o, "value", hex);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
    member(o, "signature");
    wp_jo_kstr(o, "content", online_base64(a, s->signature));
    member(o, "publicKey");
    wp_jo_kstr(o, "content", verifier);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
}

static void write_dsse_v1(const struct sig_signed *s, const char *verifier, struct wp_json_out *o)
{
    WP_AUTO_BUF struct wp_buf envelope = WP_BUF_INIT;
    sig_dsse_envelope(s->payload_type, s->payload, s->signature, NULL, &envelope);
    wp_jo_object(o);
    wp_jo_kstr(o, "apiVersion", "0.0.1");
    wp_jo_kstr(o, "kind", "dsse");
    member(o, "spec");
    member(o, "proposedContent");
    wp_jo_kstr(o, "envelope", envelope.ptr);
    wp_jo_key(o, "verifiers");
    wp_jo_array(o);
    wp_jo_str(o, verifier);
    wp_jo_array_end(o);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
}

static void write_v2(const struct sig_signed *s, const struct sig_material *m, const struct sig_pub *pub,
                     enum sig_alg alg, struct wp_span digest, struct wp_arena *a, struct wp_json_out *o)
{
    const bool by_certificate = m->certificate_count > 0;
    wp_jo_object(o);
    member(o, "hashedRekordRequestV002");
    wp_jo_kstr(o, "digest", online_base64(a, digest));
    member(o, "signature");
    wp_jo_kstr(o, "content", online_base64(a, s->signature));
    member(o, "verifier");
    member(o, by_certificate ? "x509Certificate" : "publicKey");
    wp_jo_kstr(o, "rawBytes", online_base64(a, by_certificate ? m->certificates[0] : sig_pub_facts(pub)->spki));
    wp_jo_object_end(o);
    wp_jo_kstr(o, "keyDetails", sig_pub_details(pub, alg));
    wp_jo_object_end(o);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
}

/* ---- version 1's reply, told as a TransparencyLogEntry ---- */

struct entry_v1 {
    const char *body, *log_id, *set, *root, *checkpoint;
    uint64_t time, index, proof_index, proof_size;
    struct wp_json hashes;
};

static int read_v1(const struct wp_json *entry, struct entry_v1 *ret, struct wp_err *err)
{
    struct wp_json verification = wp_json_get(entry, "verification");
    struct wp_json proof = wp_json_get(&verification, "inclusionProof");
    const struct {
        const struct wp_json *in;
        const char *key;
        const char **text;
        uint64_t *number;
    } rows[] = {
        {entry, "body", &ret->body, NULL},
        {entry, "logID", &ret->log_id, NULL},
        {entry, "integratedTime", NULL, &ret->time},
        {entry, "logIndex", NULL, &ret->index},
        {&verification, "signedEntryTimestamp", &ret->set, NULL},
        {&proof, "rootHash", &ret->root, NULL},
        {&proof, "checkpoint", &ret->checkpoint, NULL},
        {&proof, "logIndex", NULL, &ret->proof_index},
        {&proof, "treeSize", NULL, &ret->proof_size},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_json at = wp_json_get(rows[i].in, rows[i].key);
        int bad = rows[i].text != NULL ? wp_json_str(&at, rows[i].text, err) : wp_json_u64(&at, rows[i].number, err);
        if (bad < 0) {
            return -1;
        }
    }
    ret->hashes = wp_json_get(&proof, "hashes");
    if (wp_json_len(&ret->hashes) > 64) {
        return wp_json_fail(&ret->hashes, err, "is longer than a path in any tree");
    }
    return 0;
}

static int hex_as_base64(const struct wp_json *at, const char *hex, struct wp_arena *a, const char **ret,
                         struct wp_err *err)
{
    uint8_t bytes[32];
    if (!wp_unhex(hex, bytes, sizeof(bytes))) {
        return wp_json_fail(at, err, "'%s' is no hash of 32 bytes in hex", hex);
    }
    *ret = online_base64(a, wp_span(bytes, sizeof(bytes)));
    return 0;
}

static void number_text(struct wp_json_out *o, const char *key, uint64_t n)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
    wp_jo_kstr(o, key, text);
}

static int write_proof(const struct wp_json *at, const struct entry_v1 *e, struct wp_arena *a, struct wp_json_out *o,
                       struct wp_err *err)
{
    const char *root = NULL;
    if (hex_as_base64(at, e->root, a, &root, err) < 0) {
        return -1;
    }
    member(o, "inclusionProof");
    number_text(o, "logIndex", e->proof_index);
    wp_jo_kstr(o, "rootHash", root);
    number_text(o, "treeSize", e->proof_size);
    wp_jo_key(o, "hashes");
    wp_jo_array(o);
    for (size_t i = 0; i < wp_json_len(&e->hashes); i++) {
        struct wp_json row = wp_json_at(&e->hashes, i);
        const char *hex = NULL;
        const char *text = NULL;
        if (wp_json_str(&row, &hex, err) < 0 || hex_as_base64(&row, hex, a, &text, err) < 0) {
            return -1;
        }
        wp_jo_str(o, text);
    }
    wp_jo_array_end(o);
    member(o, "checkpoint");
    wp_jo_kstr(o, "envelope", e->checkpoint);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
    return 0;
}

static int retell_v1(const struct wp_json *entry, const char *kind, struct wp_arena *a, struct wp_buf *ret,
                     struct wp_err *err)
{
    struct entry_v1 e = {0};
    const char *log_id = NULL;
    if (read_v1(entry, &e, err) < 0 || hex_as_base64(entry, e.log_id, a, &log_id, err) < 0) {
        return -1;
    }
    struct wp_json_out o = wp_json_out(ret);
    wp_jo_object(&o);
    number_text(&o, "logIndex", e.index);
    member(&o, "logId");
    wp_jo_kstr(&o, "keyId", log_id);
    wp_jo_object_end(&o);
    member(&o, "kindVersion");
    wp_jo_kstr(&o, "kind", kind);
    wp_jo_kstr(&o, "version", "0.0.1");
    wp_jo_object_end(&o);
    number_text(&o, "integratedTime", e.time);
    member(&o, "inclusionPromise");
    wp_jo_kstr(&o, "signedEntryTimestamp", e.set);
    wp_jo_object_end(&o);
    if (write_proof(entry, &e, a, &o, err) < 0) {
        return -1;
    }
    wp_jo_kstr(&o, "canonicalizedBody", e.body);
    wp_jo_object_end(&o);
    return 0;
}

/* The reply is an object with one member, named by the entry's identifier. */
struct retelling {
    const char *kind;
    struct wp_arena *a;
    struct wp_buf *ret;
};

static int retell_member(void *arg, const struct wp_json *entry, struct wp_err *err)
{
    struct retelling *r = arg;
    return retell_v1(entry, r->kind, r->a, r->ret, err);
}

static int retell(struct wp_span reply, const char *kind, struct wp_arena *a, struct wp_buf *ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(reply, "its reply", false, WP_E_OTHER, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    if (wp_json_kind(&root) != WP_JSON_OBJECT || wp_json_len(&root) != 1) {
        return wp_json_fail(&root, err, "is not one entry");
    }
    struct retelling r = {.kind = kind, .a = a, .ret = ret};
    return wp_json_each(&root, retell_member, &r, err);
}

/* ---- asking ---- */

static int ask_v1(const struct sig_online *on, struct wp_span request, const char *kind, struct wp_arena *a,
                  struct wp_buf *ret, struct wp_err *err)
{
    static const int answers[] = {200, 201, 409, 0};
    WP_AUTO_BUF struct wp_buf reply = WP_BUF_INIT;
    const struct online_post post = {.base = on->services.rekor,
                                     .path = PATH_V1,
                                     .type = "application/json",
                                     .accept = "application/json",
                                     .body = request,
                                     .statuses = answers,
                                     .what = WHAT};
    int status = 0;
    const char *location = NULL;
    if (online_post(on, &post, a, &reply, &status, &location, err) < 0) {
        return -1;
    }
    if (status == 409) { /* it has the entry already and says where */
        if (location == NULL) {
            return wp_fail(err, WP_E_OTHER, WHAT " %s: it has this entry already and does not say where",
                           on->services.rekor);
        }
        wp_buf_cut(&reply, 0);
        if (online_get(on, location, WHAT, &reply, err) < 0) {
            return -1;
        }
    }
    return retell(wp_buf_span(&reply), kind, a, ret, err) < 0 ? wp_wrap(err, WHAT " %s", on->services.rekor) : 0;
}

static int ask_v2(const struct sig_online *on, struct wp_span request, struct wp_arena *a, struct wp_buf *ret,
                  struct wp_err *err)
{
    static const int answers[] = {200, 201, 0};
    const struct online_post post = {.base = on->services.rekor,
                                     .path = PATH_V2,
                                     .type = "application/json",
                                     .accept = "application/json",
                                     .body = request,
                                     .statuses = answers,
                                     .what = WHAT};
    return online_post(on, &post, a, ret, NULL, NULL, err);
}

static int ask(const struct sig_online *on, const struct sig_signed *s, const struct sig_material *m,
               const struct sig_pub *pub, struct wp_arena *a, struct wp_buf *ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf request = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&request);
    enum sig_alg alg = sig_pub_facts(pub)->alg;
    struct wp_span digest = {0};
    const bool dsse = s->payload_type != NULL;
    if (on->services.rekor_version == 2 && sig_pub_details(pub, alg) == NULL) {
        return wp_fail(err, WP_E_UNSUPPORTED, "signatures by %s keys of %u bits are not logged", sig_algs[alg].name,
                       sig_pub_facts(pub)->bits);
    }
    if ((on->services.rekor_version == 2 || !dsse) && message_hash(s, alg, a, &digest, err) < 0) {
        return -1;
    }
    if (on->services.rekor_version == 2) {
        write_v2(s, m, pub, alg, digest, a, &o);
        return ask_v2(on, wp_buf_span(&request), a, ret, err);
    }
    const char *verifier = verifier_pem(m, pub, a);
    if (dsse) {
        write_dsse_v1(s, verifier, &o);
    } else {
        write_hashed_v1(s, verifier, digest, a, &o);
    }
    return ask_v1(on, wp_buf_span(&request), dsse ? "dsse" : "hashedrekord", a, ret, err);
}

static int read_entry(struct wp_span text, struct wp_arena *a, struct sig_log_entry *ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(text, "its reply", false, WP_E_OTHER, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    return sig_log_entry_read(&root, a, ret, err);
}

int sig_online_log(const struct sig_online *on, const struct sig_signed *s, const struct sig_material *m,
                   const struct sig_pub *pub, struct wp_arena *a, struct wp_span *ret_json, struct sig_log_entry *ret,
                   struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    if (ask(on, s, m, pub, a, &json, err) < 0) {
        return -1;
    }
    struct wp_span text = wp_arena_bytes(a, wp_buf_span(&json));
    if (read_entry(text, a, ret, err) < 0 || sig_log_entry_answers(ret, s, m, pub, err) < 0) {
        return wp_wrap(err, WHAT " %s", on->services.rekor);
    }
    *ret_json = text;
    return 0;
}
