/* SPDX-License-Identifier: Apache-2.0
 *
 * TransparencyLogEntry (sigstore/protobuf-specs, sigstore_rekor.proto) as JSON, both ways: what bundles hold and what
 * Rekor v2 answers. Nothing is believed here. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "sign/log.h"
#include "sign/proto-json.h"

#include <stdio.h>

/* A proof of a tree of 2^64 leaves. */
#define HASHES_MAX 64

static int read_checkpoint(const struct wp_json *at, struct wp_arena *a, struct wp_span *ret, struct wp_err *err)
{
    static const char *const known[] = {"envelope", NULL};
    if (!sig_pj_has(at)) {
        return 0;
    }
    struct wp_json envelope = sig_pj_get(at, "envelope");
    const char *text = NULL;
    if (sig_pj_object(at, known, err) < 0 || wp_json_str(&envelope, &text, err) < 0) {
        return -1;
    }
    *ret = wp_span_str(wp_arena_str(a, text));
    return 0;
}

static int read_hashes(const struct wp_json *at, struct wp_arena *a, struct sig_log_entry *e, struct wp_err *err)
{
    if (sig_pj_array(at, HASHES_MAX, &e->proof_hash_count, err) < 0) {
        return -1;
    }
    struct wp_span *hashes = wp_arena_alloc(a, e->proof_hash_count, sizeof(*hashes));
    for (size_t i = 0; i < e->proof_hash_count; i++) {
        struct wp_json hash = wp_json_at(at, i);
        if (sig_pj_bytes(&hash, a, &hashes[i], err) < 0) {
            return -1;
        }
        if (hashes[i].len != 32) {
            return wp_json_fail(&hash, err, "%zu bytes, not the 32 of SHA-256", hashes[i].len);
        }
    }
    e->proof_hashes = hashes;
    return 0;
}

static int read_proof(const struct wp_json *at, struct wp_arena *a, struct sig_log_entry *e, struct wp_err *err)
{
    static const char *const known[] = {"logIndex", "rootHash", "treeSize", "hashes", "checkpoint", NULL};
    if (!sig_pj_has(at)) {
        return 0;
    }
    if (sig_pj_object(at, known, err) < 0) {
        return -1;
    }
    struct wp_json index = sig_pj_get(at, "logIndex");
    struct wp_json root = sig_pj_get(at, "rootHash");
    struct wp_json size = sig_pj_get(at, "treeSize");
    struct wp_json hashes = sig_pj_get(at, "hashes");
    struct wp_json checkpoint = sig_pj_get(at, "checkpoint");
    if (sig_pj_int64(&index, &e->proof_index, err) < 0 || sig_pj_bytes(&root, a, &e->proof_root, err) < 0 ||
        sig_pj_int64(&size, &e->proof_size, err) < 0 || read_hashes(&hashes, a, e, err) < 0 ||
        read_checkpoint(&checkpoint, a, &e->checkpoint, err) < 0) {
        return -1;
    }
    e->has_proof = true;
    return 0;
}

static int read_promise(const struct wp_json *at, struct wp_arena *a, struct sig_log_entry *e, struct wp_err *err)
{
    static const char *const known[] = {"signedEntryTimestamp", NULL};
    if (!sig_pj_has(at)) {
        return 0;
    }
    struct wp_json set = sig_pj_get(at, "signedEntryTimestamp");
    return sig_pj_object(at, known, err) < 0 ? -1 : sig_pj_bytes(&set, a, &e->set, err);
}

static int read_log_id(const struct wp_json *at, struct wp_arena *a, struct sig_log_entry *e, struct wp_err *err)
{
    static const char *const known[] = {"keyId", NULL};
    struct wp_json id = sig_pj_get(at, "keyId");
    return sig_pj_object(at, known, err) < 0 ? -1 : sig_pj_bytes(&id, a, &e->log_id, err);
}

static int read_kind(const struct wp_json *at, struct wp_arena *a, struct sig_log_entry *e, struct wp_err *err)
{
    static const char *const known[] = {"kind", "version", NULL};
    struct wp_json kind = sig_pj_get(at, "kind");
    struct wp_json version = sig_pj_get(at, "version");
    if (sig_pj_object(at, known, err) < 0 || wp_json_must(&kind, WP_JSON_STRING, err) < 0 ||
        wp_json_must(&version, WP_JSON_STRING, err) < 0) {
        return -1;
    }
    return sig_pj_text(&kind, a, &e->kind, err) < 0 ? -1 : sig_pj_text(&version, a, &e->version, err);
}

int sig_log_entry_read(const struct wp_json *at, struct wp_arena *a, struct sig_log_entry *ret, struct wp_err *err)
{
    static const char *const known[] = {"logIndex",         "logId",          "kindVersion",       "integratedTime",
                                        "inclusionPromise", "inclusionProof", "canonicalizedBody", NULL};
    struct sig_log_entry e = {0};
    if (sig_pj_object(at, known, err) < 0) {
        return -1;
    }
    struct wp_json index = sig_pj_get(at, "logIndex");
    struct wp_json time = sig_pj_get(at, "integratedTime");
    struct wp_json id = sig_pj_get(at, "logId");
    struct wp_json kind = sig_pj_get(at, "kindVersion");
    struct wp_json body = sig_pj_get(at, "canonicalizedBody");
    struct wp_json promise = sig_pj_get(at, "inclusionPromise");
    struct wp_json proof = sig_pj_get(at, "inclusionProof");
    uint64_t integrated = 0;
    if (sig_pj_int64(&index, &e.log_index, err) < 0 || sig_pj_int64(&time, &integrated, err) < 0 ||
        read_log_id(&id, a, &e, err) < 0 || read_kind(&kind, a, &e, err) < 0 ||
        sig_pj_bytes(&body, a, &e.canonical_body, err) < 0 || read_promise(&promise, a, &e, err) < 0 ||
        read_proof(&proof, a, &e, err) < 0) {
        return -1;
    }
    e.integrated_time = (int64_t)integrated;
    *ret = e;
    return 0;
}

/* ---- writing ---- */

static void put_bytes(struct wp_json_out *o, const char *key, struct wp_span bytes)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_base64(&text, bytes, false);
    if (key != NULL) {
        wp_jo_key(o, key);
    }
    wp_jo_str(o, text.ptr);
}

static void put_int64(struct wp_json_out *o, const char *key, uint64_t n)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
    wp_jo_kstr(o, key, text);
}

static void put_proof(struct wp_json_out *o, const struct sig_log_entry *e)
{
    wp_jo_key(o, "inclusionProof");
    wp_jo_object(o);
    put_int64(o, "logIndex", e->proof_index);
    put_bytes(o, "rootHash", e->proof_root);
    put_int64(o, "treeSize", e->proof_size);
    wp_jo_key(o, "hashes");
    wp_jo_array(o);
    for (size_t i = 0; i < e->proof_hash_count; i++) {
        put_bytes(o, NULL, e->proof_hashes[i]);
    }
    wp_jo_array_end(o);
    if (e->checkpoint.ptr != NULL) {
        wp_jo_key(o, "checkpoint");
        wp_jo_object(o);
        WP_AUTO_BUF struct wp_buf note = WP_BUF_INIT;
        wp_buf_add(&note, e->checkpoint.ptr, e->checkpoint.len);
        wp_jo_kstr(o, "envelope", note.ptr);
        wp_jo_object_end(o);
    }
    wp_jo_object_end(o);
}

void sig_log_entry_write(struct wp_json_out *o, const struct sig_log_entry *e)
{
    wp_jo_object(o);
    put_int64(o, "logIndex", e->log_index);
    wp_jo_key(o, "logId");
    wp_jo_object(o);
    put_bytes(o, "keyId", e->log_id);
    wp_jo_object_end(o);
    wp_jo_key(o, "kindVersion");
    wp_jo_object(o);
    wp_jo_kstr(o, "kind", e->kind);
    wp_jo_kstr(o, "version", e->version);
    wp_jo_object_end(o);
    if (e->integrated_time != 0) {
        put_int64(o, "integratedTime", (uint64_t)e->integrated_time);
    }
    if (e->set.ptr != NULL) {
        wp_jo_key(o, "inclusionPromise");
        wp_jo_object(o);
        put_bytes(o, "signedEntryTimestamp", e->set);
        wp_jo_object_end(o);
    }
    if (e->has_proof) {
        put_proof(o, e);
    }
    put_bytes(o, "canonicalizedBody", e->canonical_body);
    wp_jo_object_end(o);
}
