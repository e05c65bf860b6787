/* SPDX-License-Identifier: Apache-2.0
 *
 * A trusted root, a NUL byte, a bundle: whatever both say, an answer with a reason or without one; and a bundle that is
 * read is written and read again as the same. What its log entries say is looked at without asking for trust. */
#include "sign/bundle.h"
#include "sign/cert.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/log.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW INT64_C(1780275600) /* an hour after the corpus was signed */

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static bool equal(struct wp_span a, struct wp_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void check_written(const struct sig_bundle *b, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_span *entries = wp_arena_alloc(a, b->material.entry_count, sizeof(*entries));
    struct wp_err err = {0};
    struct sig_bundle again;
    for (size_t i = 0; i < b->material.entry_count; i++) {
        WP_AUTO_BUF struct wp_buf entry = WP_BUF_INIT;
        struct wp_json_out o = wp_json_out(&entry);
        sig_log_entry_write(&o, &b->material.entries[i]);
        entries[i] = wp_arena_bytes(a, wp_buf_span(&entry));
    }
    sig_bundle_write(b, entries, b->material.entry_count, &text);
    if (sig_bundle_read(wp_buf_span(&text), "b", a, &again, &err) < 0) {
        must(b->minor < 3); /* what is optional there may be missing */
        return;
    }
    must(again.is_dsse == b->is_dsse && equal(again.signature, b->signature) && equal(again.payload, b->payload));
    must(again.material.entry_count == b->material.entry_count);
    must(again.material.timestamp_count == b->material.timestamp_count);
    for (size_t i = 0; i < b->material.entry_count; i++) {
        const struct sig_log_entry *e = &b->material.entries[i];
        const struct sig_log_entry *f = &again.material.entries[i];
        must(equal(e->canonical_body, f->canonical_body) && e->log_index == f->log_index && equal(e->set, f->set));
        must(e->has_proof == f->has_proof && e->proof_size == f->proof_size && equal(e->proof_root, f->proof_root));
    }
}

static struct sig_pub *signer_of(const struct sig_material *m)
{
    static const uint8_t seed[SIG_ED25519_SEED] = {7};
    struct wp_err err = {0};
    struct sig_pub *pub = NULL;
    SIG_AUTO_CERT X509 *cert = NULL;
    if (m->certificate_count > 0) {
        EVP_PKEY *key = sig_cert_of_der(m->certificates[0], "c", &cert, &err) < 0 ? NULL : X509_get0_pubkey(cert);
        return key == NULL || sig_pub_of_evp(key, "c", &pub, &err) < 0 ? NULL : pub;
    }
    must(sig_pub_of_ed25519(seed, "k", &pub, &err) == 0 || pub == NULL);
    return pub;
}

/* Whatever an entry holds, it is about this signature or there is a reason why not. */
static void check_entries(const struct sig_bundle *b)
{
    SIG_AUTO_PUB struct sig_pub *pub = signer_of(&b->material);
    static const uint8_t module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    struct sig_signed s = {.message = {.bytes = wp_span(module, sizeof(module))}, .signature = b->signature};
    if (b->is_dsse) {
        s.payload_type = b->payload_type;
        s.payload = s.envelope = b->payload;
    }
    for (size_t i = 0; pub != NULL && i < b->material.entry_count; i++) {
        struct wp_err err = {0};
        int r = sig_log_entry_answers(&b->material.entries[i], &s, &b->material, pub, &err);
        must(r == 0 || (r == -1 && err.code == WP_E_UNSATISFIED && err.msg[0] != '\0'));
    }
}

static void check_answer(const struct sig_root *root, struct wp_span text, struct wp_arena *a)
{
    static const uint8_t module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    const struct sig_who anybody = {.identity = {.kind = SIG_MATCH_ANY}, .issuer = {.kind = SIG_MATCH_ANY}};
    const struct sig_demand d = {.name = "d", .who = &anybody, .root = root, .log = SIG_LOG_REQUIRED, .now = NOW};
    struct sig_artifact art = {.name = "m", .bytes = wp_span(module, sizeof(module))};
    const struct sig_candidate c = {.format = &sig_format_bundle, .where = "b", .bytes = text};
    struct sig_proof p;
    struct wp_err err = {0};
    oci_digest_of(WP_SHA256, art.bytes, &art.desc.digest);
    int r = sig_check(&c, &art, &d, a, &p, &err);
    must(r == 0 || r == 1);
    must((r == 1) == (p.failed == NULL));
    must(r == 1 || (err.msg[0] != '\0' && err.code != WP_E_OK));
    must(r == 0 || (root != NULL && p.logged && p.time_count > 0 && p.identity != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
    if (nul == NULL) {
        return 0;
    }
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    SIG_AUTO_ROOT struct sig_root *root = NULL;
    struct wp_span text = wp_span(nul + 1, size - (size_t)(nul - data) - 1);
    struct wp_err err = {0};
    struct sig_bundle b;
    if (sig_root_read(wp_span(data, (size_t)(nul - data)), "r", &root, &err) < 0) {
        root = NULL;
    }
    if (sig_bundle_read(text, "b", &a, &b, &err) == 0) {
        check_written(&b, &a);
        check_entries(&b);
    } else {
        must(wp_str_starts(err.msg, "b: "));
    }
    check_answer(root, text, &a);
    return 0;
}
