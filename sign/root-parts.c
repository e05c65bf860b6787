/* SPDX-License-Identifier: Apache-2.0
 *
 * A trusted root of parts that users have by themselves (sign/root.h): certificates as PEM, bare keys of logs. What
 * has no validity of its own is valid always. And a line about what a root holds. */
#include "base/hash.h"
#include "base/mem.h"
#include "base/time.h"
#include "sign/key-int.h"
#include "sign/root-int.h"

/* Certificates of one file. */
#define CERTIFICATES_MAX 64

static const struct sig_period always = {.from = INT64_MIN, .until = INT64_MAX};

/* Every self-issued certificate is the anchor of an authority of its own; the others help each. A file without any is
 * anchored in its last. */
static struct sig_root_authority authority_of(const struct sig_root *r, const struct sig_certs *list, size_t anchor)
{
    struct sig_root_authority ca = {.name = r->name, .valid = always};
    for (size_t i = 0; i < list->count; i++) {
        if (i != anchor && !sig_cert_self_issued(list->items[i])) {
            sig_certs_add(&ca.certificates, sig_cert_share(list->items[i]));
        }
    }
    sig_certs_add(&ca.certificates, sig_cert_share(list->items[anchor]));
    return ca;
}

static int read_authorities(struct sig_root *r, struct wp_span pem, struct sig_root_authority **ret, size_t *ret_count,
                            struct wp_err *err)
{
    SIG_AUTO_CERTS struct sig_certs list = SIG_CERTS_INIT;
    if (pem.ptr == NULL) {
        return 0;
    }
    if (sig_certs_read(pem, r->name, CERTIFICATES_MAX, &list, err) < 0) {
        return -1;
    }
    *ret = wp_arena_alloc(&r->arena, list.count, sizeof(**ret));
    for (size_t i = 0; i < list.count; i++) {
        bool last = i + 1 == list.count && *ret_count == 0;
        if (last || sig_cert_self_issued(list.items[i])) {
            (*ret)[(*ret_count)++] = authority_of(r, &list, i);
        }
    }
    return 0;
}

static int read_log_key(struct sig_root *r, struct wp_span file, struct sig_root_log *log, struct wp_err *err)
{
    if (sig_pub_read(file, r->name, &log->key, err) < 0) {
        return -1;
    }
    const struct sig_pub_facts *f = sig_pub_facts(log->key);
    log->name = "";
    log->alg = f->kind == SIG_KIND_ED25519 ? SIG_ALG_ED25519 : f->alg;
    log->valid = always;
    uint8_t id[WP_HASH_MAX];
    wp_hash_bytes(WP_SHA256, f->spki, id);
    memcpy(log->id, id, sizeof(log->id));
    memcpy(log->note_hint, id, sizeof(log->note_hint));
    return 0;
}

int sig_root_of_parts(const char *name, struct wp_span ca_pem, const struct wp_span *log_keys, size_t log_key_count,
                      struct wp_span tsa_pem, struct sig_root **ret, struct wp_err *err)
{
    SIG_AUTO_ROOT struct sig_root *r = sig_root_new(name);
    if (read_authorities(r, ca_pem, &r->cas, &r->ca_count, err) < 0 ||
        read_authorities(r, tsa_pem, &r->tsas, &r->tsa_count, err) < 0) {
        return -1;
    }
    r->logs = wp_arena_alloc(&r->arena, log_key_count, sizeof(*r->logs));
    r->log_count = log_key_count;
    for (size_t i = 0; i < log_key_count; i++) {
        if (read_log_key(r, log_keys[i], &r->logs[i], err) < 0) {
            return -1;
        }
    }
    *ret = WP_STEAL(r);
    return 0;
}

static const char *counted(struct wp_arena *a, size_t n, const char *one, const char *more)
{
    return wp_arena_printf(a, "%zu %s", n, n == 1 ? one : more);
}

const char *sig_root_summary(const struct sig_root *r, struct wp_arena *a)
{
    int64_t newest = INT64_MIN;
    for (size_t i = 0; i < r->log_count; i++) {
        newest = WP_MAX(newest, r->logs[i].valid.from);
    }
    for (size_t i = 0; i < r->tsa_count; i++) {
        newest = WP_MAX(newest, r->tsas[i].valid.from);
    }
    for (size_t i = 0; i < r->ca_count; i++) {
        newest = WP_MAX(newest, r->cas[i].valid.from);
    }
    char when[WP_TIME_TEXT] = "";
    if (newest != INT64_MIN) {
        (void)wp_time_rfc3339(newest, when);
    }
    return wp_arena_printf(a, "%s, %s, %s%s%.10s", counted(a, r->log_count, "transparency log", "transparency logs"),
                           counted(a, r->tsa_count, "timestamp authority", "timestamp authorities"),
                           counted(a, r->ca_count, "certificate authority", "certificate authorities"),
                           newest != INT64_MIN ? "; newest from " : "", when);
}
