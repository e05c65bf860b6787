/* SPDX-License-Identifier: Apache-2.0
 *
 * Entries of transparency logs: a promise (Rekor v1's signed entry timestamp), a proof of inclusion beneath a signed
 * checkpoint, or both; and that the entry is about this signature (sign/log-body.c). Every entry that is there must
 * hold, an entry without promise and proof is none. */
#include "sign/log.h"

#include "base/num.h"
#include "base/time.h"
#include "sign/cert.h"
#include "sign/material-int.h"

/* ---- the promise ---- */

/* {"body":…,"integratedTime":…,"logID":…,"logIndex":…}: RFC 8785 of these four. */
static void put_promised(const struct sig_log_entry *e, struct wp_buf *b)
{
    char id[2 * 32 + 1];
    wp_hex(e->log_id.ptr, 32, id);
    wp_buf_add_str(b, "{\"body\":\"");
    wp_base64(b, e->canonical_body, false);
    wp_buf_printf(b, "\",\"integratedTime\":%lld,\"logID\":\"%s\",\"logIndex\":%llu}", (long long)e->integrated_time,
                  id, (unsigned long long)e->log_index);
}

static int check_promise(struct sig_checking *c, const struct sig_log_entry *e, const struct sig_root_log *log,
                         struct wp_err *err)
{
    char when[WP_TIME_TEXT];
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    put_promised(e, &text);
    const struct sig_message message = {.bytes = wp_buf_span(&text)};
    if (!sig_root_log_signed(log, &message, e->set)) {
        return sig_refuse(c, "log", err, "the signed entry timestamp is not by the log '%s'", log->name);
    }
    if (!sig_period_has(&log->valid, e->integrated_time)) {
        return sig_refuse(c, "log", err, "the log '%s' is not trusted for %s, when the entry was made", log->name,
                          wp_time_rfc3339(e->integrated_time, when));
    }
    if (e->integrated_time > c->demand->now + SIG_TOKEN_AHEAD) {
        return sig_refuse(c, "log", err, "the log entry is from the future, %s",
                          wp_time_rfc3339(e->integrated_time, when));
    }
    return 0;
}

/* ---- the proof ---- */

static int check_checkpoint(struct sig_checking *c, const struct sig_log_entry *e, const struct sig_root_log *log,
                            struct wp_err *err)
{
    struct sig_checkpoint cp;
    struct wp_err why = {0};
    if (sig_checkpoint_read(e->checkpoint, &cp, &why) < 0) {
        return sig_refuse(c, "log", err, "%s", why.msg);
    }
    if (!sig_checkpoint_by(&cp, log)) {
        return sig_refuse(c, "log", err, "the checkpoint is not signed by the log '%s'", log->name);
    }
    if (cp.size != e->proof_size || e->proof_root.len != 32 || memcmp(cp.root, e->proof_root.ptr, 32) != 0) {
        return sig_refuse(c, "log", err, "the inclusion proof and the checkpoint speak of different trees");
    }
    return 0;
}

static int check_inclusion(struct sig_checking *c, const struct sig_log_entry *e, struct wp_err *err)
{
    uint8_t leaf[32];
    uint8_t root[32];
    sig_merkle_leaf(e->canonical_body, leaf);
    if (!sig_merkle_root(leaf, e->proof_index, e->proof_size, e->proof_hashes, e->proof_hash_count, root) ||
        e->proof_root.len != 32 || memcmp(root, e->proof_root.ptr, 32) != 0) {
        return sig_refuse(c, "log", err, "the inclusion proof does not lead from the entry to the tree's root");
    }
    return 0;
}

static int check_proof(struct sig_checking *c, const struct sig_log_entry *e, const struct sig_root_log *log,
                       struct wp_err *err)
{
    if (check_inclusion(c, e, err) < 0) {
        return -1;
    }
    return e->checkpoint.ptr != NULL ? check_checkpoint(c, e, log, err) : 0;
}

/* ---- an entry ---- */

static bool is_of_second_version(const struct sig_log_entry *e)
{
    return wp_str_eq(e->version, "0.0.2") && (wp_str_eq(e->kind, "hashedrekord") || wp_str_eq(e->kind, "dsse"));
}

/* Rekor v2 has one tree: an entry's index in the log is the one in its tree. It promises nothing and says no time. */
static int check_shape(struct sig_checking *c, const struct sig_log_entry *e, struct wp_err *err)
{
    bool proven = e->has_proof && e->checkpoint.ptr != NULL;
    if (e->proof_required && !proven) {
        return sig_refuse(c, "log", err, "the log entry has no inclusion proof with a checkpoint");
    }
    if (!proven && e->set.ptr == NULL) {
        return sig_refuse(c, "log", err, "the log entry has neither a promise nor an inclusion proof");
    }
    if (is_of_second_version(e) && (e->set.ptr != NULL || e->log_index != e->proof_index || e->integrated_time != 0)) {
        return sig_refuse(c, "log", err, "the log entry contradicts its inclusion proof");
    }
    return 0;
}

static int check_by(struct sig_checking *c, const struct sig_log_entry *e, const struct sig_root_log *log,
                    struct wp_err *err)
{
    if (e->set.ptr != NULL && check_promise(c, e, log, err) < 0) {
        return -1;
    }
    return e->has_proof ? check_proof(c, e, log, err) : 0;
}

/* The log that holds the entry, or NULL, with the reason. Several keys of one log may follow each other under one id.
 */
static const struct sig_root_log *find_log(struct sig_checking *c, const struct sig_log_entry *e, struct wp_err *err)
{
    bool known = false;
    for (size_t i = 0; e->log_id.len == 32 && i < c->root->log_count; i++) {
        const struct sig_root_log *log = &c->root->logs[i];
        if (memcmp(log->id, e->log_id.ptr, 32) != 0) {
            continue;
        }
        known = true;
        if (check_by(c, e, log, err) == 0) {
            return log;
        }
    }
    if (!known) { /* else the last one's reason */
        sig_refuse(c, "log", err, "the log entry is of a log that '%s' does not know", c->root->name);
    }
    return NULL;
}

static int check_entry(struct sig_checking *c, size_t which, struct wp_err *err)
{
    const struct sig_log_entry *e = &c->material->entries[which];
    if (check_shape(c, e, err) < 0) {
        return -1;
    }
    const struct sig_root_log *log = find_log(c, e, err);
    c->logs[which] = log;
    if (log == NULL || sig_check_body(c, e, err) < 0) {
        return -1;
    }
    const char *name = log->name[0] != '\0' ? log->name : "of the key given";
    if (e->set.ptr != NULL) {
        c->times[c->time_count++] = (struct sig_time){.at = e->integrated_time,
                                                      .source = wp_arena_printf(c->arena, "transparency log %s", name)};
    }
    c->proof->logged = true;
    c->proof->log_index = e->log_index;
    c->proof->log_name = wp_arena_str(c->arena, name);
    return 0;
}

int sig_check_entries(struct sig_checking *c, struct wp_err *err)
{
    for (size_t i = 0; i < c->material->entry_count; i++) {
        if (check_entry(c, i, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* By any row for that key: it may have been trusted more than once. */
static bool trusted_at(const struct sig_checking *c, const struct sig_root_log *log, int64_t at)
{
    struct wp_span key = sig_pub_facts(log->key)->spki;
    for (size_t i = 0; i < c->root->log_count; i++) {
        const struct sig_root_log *row = &c->root->logs[i];
        struct wp_span other = sig_pub_facts(row->key)->spki;
        if (memcmp(row->id, log->id, sizeof(log->id)) == 0 && other.len == key.len &&
            memcmp(other.ptr, key.ptr, key.len) == 0 && sig_period_has(&row->valid, at)) {
            return true;
        }
    }
    return false;
}

static int check_trusted_at(struct sig_checking *c, const struct sig_root_log *log, int64_t at, const char *what,
                            struct wp_err *err)
{
    char when[WP_TIME_TEXT];
    return trusted_at(c, log, at) ? 0
                                  : sig_refuse(c, "log", err, "the log '%s' is not trusted for %s, %s", log->name,
                                               wp_time_rfc3339(at, when), what);
}

int sig_check_entry_times(struct sig_checking *c, struct wp_err *err)
{
    for (size_t i = 0; i < c->material->entry_count; i++) {
        if (c->material->entries[i].set.ptr != NULL) { /* checked at its own time */
            continue;
        }
        for (size_t k = 0; k < c->time_count; k++) {
            if (check_trusted_at(c, c->logs[i], c->times[k].at, "when was signed", err) < 0) {
                return -1;
            }
        }
        if (c->time_count == 0 &&
            check_trusted_at(c, c->logs[i], c->demand->now, "and nothing proves an earlier time", err) < 0) {
            return -1;
        }
    }
    return 0;
}

int sig_log_entry_answers(const struct sig_log_entry *e, const struct sig_signed *s, const struct sig_material *m,
                          const struct sig_pub *pub, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    SIG_AUTO_CERT X509 *leaf = NULL;
    struct sig_proof proof = {0};
    struct sig_checking c = {.material = m, .sealed = s, .arena = &a, .proof = &proof, .key = pub};
    if (m->certificate_count != 0 && sig_cert_of_der(m->certificates[0], "the signer's certificate", &leaf, err) < 0) {
        return -1;
    }
    c.leaf = leaf;
    if (sig_check_body(&c, e, err) < 0) {
        return -1;
    }
    return e->has_proof ? check_inclusion(&c, e, err) : 0;
}
