/* SPDX-License-Identifier: Apache-2.0
 *
 * A trusted root, a NUL byte, a bundle: whatever both say, an answer with a reason or without one; and a bundle that is
 * read is written and read again as the same. */
#include "sign/bundle.h"
#include "sign/formats.h"
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
    } else {
        must(wp_str_starts(err.msg, "b: "));
    }
    check_answer(root, text, &a);
    return 0;
}
