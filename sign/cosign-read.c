/* SPDX-License-Identifier: Apache-2.0
 *
 * cosign's older format, read (sign/cosign.h). Keys are compared exactly: Go's reader would take "Docker-Manifest-
 * Digest", too, and then there are two documents in one. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "sign/cosign.h"
#include "sign/pem.h"

/* SHA-256 of the key. */
enum { LOG_ID_SIZE = 32 };

static int decode(const char *text, const char *where, const char *what, struct wp_arena *a, struct wp_span *ret,
                  struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (!wp_unbase64(&b, text, strlen(text), false) || b.len == 0) {
        return wp_fail(err, WP_E_UNSATISFIED, "%s: %s: is not base64", where, what);
    }
    *ret = wp_arena_bytes(a, wp_buf_span(&b));
    return 0;
}

static int parse(const char *text, const char *where, const char *what, struct wp_json_doc **ret, struct wp_err *err)
{
    WP_AUTO_FREE char *name = wp_xasprintf("%s: %s", where, what);
    if (strlen(text) > WP_LIMIT_SIGNATURE) {
        return wp_fail(err, WP_E_UNSATISFIED, "%s: too long", name);
    }
    return wp_json_parse(wp_span_str(text), name, false, WP_E_UNSATISFIED, ret, err);
}

/* ---- who ---- */

static int add_certificates(const char *pem, const char *where, const char *what, struct wp_arena *a,
                            struct wp_span *list, size_t *count, struct wp_err *err)
{
    WP_AUTO_FREE char *name = wp_xasprintf("%s: %s", where, what);
    struct wp_span rest = wp_span_str(pem);
    struct sig_pem block;
    int rc = 0;
    while ((rc = sig_pem_next(&rest, name, &block, err)) == 1) {
        WP_AUTO_BUF struct wp_buf der = WP_BUF_INIT;
        if (!sig_pem_is(&block, "CERTIFICATE")) {
            return wp_fail(err, WP_E_UNSATISFIED, "%s: holds something else than certificates", name);
        }
        if (*count == WP_LIMIT_CERTIFICATES) {
            return wp_fail(err, WP_E_UNSATISFIED, "%s: more than %llu certificates", name,
                           (unsigned long long)WP_LIMIT_CERTIFICATES);
        }
        if (sig_pem_decode(&block, name, &der, err) < 0) {
            return -1;
        }
        list[(*count)++] = wp_arena_bytes(a, wp_buf_span(&der));
    }
    return rc;
}

static int read_certificates(const char *where, const struct oci_annotation *notes, size_t count, struct wp_arena *a,
                             struct sig_material *m, struct wp_err *err)
{
    const char *leaf = oci_annotation_get(notes, count, SIG_NOTE_CERTIFICATE);
    const char *chain = oci_annotation_get(notes, count, SIG_NOTE_CHAIN);
    if (leaf == NULL) {
        return 0;
    }
    struct wp_span *list = wp_arena_alloc(a, WP_LIMIT_CERTIFICATES, sizeof(*list));
    if (add_certificates(leaf, where, SIG_NOTE_CERTIFICATE, a, list, &m->certificate_count, err) < 0) {
        return -1;
    }
    if (m->certificate_count != 1) {
        return wp_fail(err, WP_E_UNSATISFIED, "%s: " SIG_NOTE_CERTIFICATE ": %zu certificates, not one", where,
                       m->certificate_count);
    }
    m->certificates = list;
    return chain == NULL ? 0 : add_certificates(chain, where, SIG_NOTE_CHAIN, a, list, &m->certificate_count, err);
}

/* ---- log and time ---- */

/* The entry says itself what it is. */
static int read_kind(struct sig_log_entry *e, const char *where, struct wp_arena *a, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    WP_AUTO_FREE char *name = wp_xasprintf("%s: " SIG_NOTE_BUNDLE ": body", where);
    if (wp_json_parse(e->canonical_body, name, false, WP_E_UNSATISFIED, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json kind = wp_json_get(&root, "kind");
    struct wp_json version = wp_json_get(&root, "apiVersion");
    if (wp_json_str(&kind, &e->kind, err) < 0 || wp_json_str(&version, &e->version, err) < 0) {
        return -1;
    }
    e->kind = wp_arena_str(a, e->kind);
    e->version = wp_arena_str(a, e->version);
    return 0;
}

static int read_entry(const struct wp_json *root, const char *where, struct wp_arena *a, struct sig_log_entry *e,
                      struct wp_err *err)
{
    const char *set = NULL;
    const char *body = NULL;
    const char *log_id = NULL;
    uint64_t time = 0;
    struct wp_json set_at = wp_json_get(root, "SignedEntryTimestamp");
    struct wp_json payload = wp_json_get(root, "Payload");
    struct wp_json body_at = wp_json_get(&payload, "body");
    struct wp_json time_at = wp_json_get(&payload, "integratedTime");
    struct wp_json index_at = wp_json_get(&payload, "logIndex");
    struct wp_json id_at = wp_json_get(&payload, "logID");
    if (wp_json_must(&payload, WP_JSON_OBJECT, err) < 0 || wp_json_str(&set_at, &set, err) < 0 ||
        wp_json_str(&body_at, &body, err) < 0 || wp_json_u64(&time_at, &time, err) < 0 ||
        wp_json_u64(&index_at, &e->log_index, err) < 0 || wp_json_str(&id_at, &log_id, err) < 0) {
        return -1;
    }
    uint8_t *id = wp_arena_alloc(a, LOG_ID_SIZE, 1);
    if (strlen(log_id) != 2 * (size_t)LOG_ID_SIZE || !wp_unhex(log_id, id, LOG_ID_SIZE)) {
        return wp_json_fail(&id_at, err, "is not the SHA-256 of a log's key in hex");
    }
    e->log_id = wp_span(id, LOG_ID_SIZE);
    e->integrated_time = (int64_t)time;
    if (decode(set, where, SIG_NOTE_BUNDLE, a, &e->set, err) < 0 ||
        decode(body, where, SIG_NOTE_BUNDLE, a, &e->canonical_body, err) < 0) {
        return -1;
    }
    return read_kind(e, where, a, err);
}

static int read_log(const char *where, const char *text, struct wp_arena *a, struct sig_material *m, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (text == NULL) {
        return 0;
    }
    if (parse(text, where, SIG_NOTE_BUNDLE, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct sig_log_entry *e = wp_arena_alloc(a, 1, sizeof(*e));
    m->entries = e;
    m->entry_count = 1;
    return read_entry(&root, where, a, e, err);
}

static int read_timestamp(const char *where, const char *text, struct wp_arena *a, struct sig_material *m,
                          struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (text == NULL) {
        return 0;
    }
    if (parse(text, where, SIG_NOTE_TIMESTAMP, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json at = wp_json_get(&root, "SignedRFC3161Timestamp");
    const char *base64 = NULL;
    struct wp_span *timestamp = wp_arena_alloc(a, 1, sizeof(*timestamp));
    m->timestamps = timestamp;
    m->timestamp_count = 1;
    return wp_json_str(&at, &base64, err) < 0 ? -1 : decode(base64, where, SIG_NOTE_TIMESTAMP, a, timestamp, err);
}

int sig_cosign_material(const char *where, const struct oci_annotation *annotations, size_t count, struct wp_arena *a,
                        struct sig_material *ret, struct wp_span *ret_signature, struct wp_err *err)
{
    struct sig_material m = {0};
    struct wp_span signature = {0};
    const char *text = oci_annotation_get(annotations, count, SIG_NOTE_SIGNATURE);
    bool there = text != NULL && *text != '\0';
    if ((there && decode(text, where, SIG_NOTE_SIGNATURE, a, &signature, err) < 0) ||
        read_certificates(where, annotations, count, a, &m, err) < 0 ||
        read_log(where, oci_annotation_get(annotations, count, SIG_NOTE_BUNDLE), a, &m, err) < 0 ||
        read_timestamp(where, oci_annotation_get(annotations, count, SIG_NOTE_TIMESTAMP), a, &m, err) < 0) {
        err->code = WP_E_UNSATISFIED;
        return -1;
    }
    *ret = m;
    *ret_signature = signature;
    return 0;
}

/* ---- the payload ---- */

static int only(const struct wp_json *at, const char *const *known, struct wp_err *err)
{
    return wp_json_must(at, WP_JSON_OBJECT, err) < 0 ? -1 : wp_json_no_case_twins(at, known, err);
}

static int read_payload(struct sig_payload *p, struct wp_err *err)
{
    static const char *const in_root[] = {"critical", "optional", NULL};
    static const char *const in_critical[] = {"identity", "image", "type", NULL};
    static const char *const in_identity[] = {"docker-reference", NULL};
    static const char *const in_image[] = {"docker-manifest-digest", NULL};
    struct wp_json root = wp_json_root(p->doc);
    struct wp_json critical = wp_json_get(&root, "critical");
    struct wp_json identity = wp_json_get(&critical, "identity");
    struct wp_json image = wp_json_get(&critical, "image");
    struct wp_json type_at = wp_json_get(&critical, "type");
    struct wp_json reference = wp_json_get(&identity, "docker-reference");
    struct wp_json digest = wp_json_get(&image, "docker-manifest-digest");
    const char *type = NULL;
    if (only(&root, in_root, err) < 0 || only(&critical, in_critical, err) < 0 ||
        only(&identity, in_identity, err) < 0 || only(&image, in_image, err) < 0 ||
        wp_json_str(&type_at, &type, err) < 0 || wp_json_str(&reference, &p->reference, err) < 0 ||
        wp_json_str(&digest, &p->digest, err) < 0) {
        return -1;
    }
    if (!wp_str_eq(type, SIG_COSIGN_TYPE)) {
        return wp_json_fail(&type_at, err, "'%s', not '" SIG_COSIGN_TYPE "'", type);
    }
    struct wp_json optional = wp_json_get(&root, "optional");
    enum wp_json_kind kind = wp_json_kind(&optional);
    if (kind == WP_JSON_NULL || kind == WP_JSON_ABSENT) {
        return 0;
    }
    p->optional = wp_json_pointer(&root, "/optional"); /* outlives this block */
    return wp_json_must(&optional, WP_JSON_OBJECT, err);
}

int sig_payload_read(struct wp_span text, const char *name, struct sig_payload *ret, struct wp_err *err)
{
    struct sig_payload p = {0};
    if (text.len > WP_LIMIT_SIGNATURE) {
        return wp_fail(err, WP_E_UNSATISFIED, "%s: %zu bytes, at most %llu are looked at", name, text.len,
                       (unsigned long long)WP_LIMIT_SIGNATURE);
    }
    if (wp_json_parse(text, name, false, WP_E_UNSATISFIED, &p.doc, err) < 0) {
        return -1;
    }
    if (read_payload(&p, err) < 0) {
        sig_payload_done(&p);
        return -1;
    }
    *ret = p;
    return 0;
}

void sig_payload_done(struct sig_payload *p)
{
    wp_json_free(WP_STEAL(p->doc));
}
