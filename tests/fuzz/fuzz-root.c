/* SPDX-License-Identifier: Apache-2.0
 *
 * Trusted roots, as JSON and as parts (certificates and keys of any kind): what is read is whole. */
#include "sign/root-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_authorities(const struct sig_root_authority *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        must(list[i].name != NULL && list[i].certificates.count > 0);
    }
}

static void check_whole(const struct sig_root *r)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    must(strstr(sig_root_summary(r, &a), "certificate authorit") != NULL);
    for (size_t i = 0; i < r->log_count + r->ctlog_count; i++) {
        const struct sig_root_log *log = i < r->log_count ? &r->logs[i] : &r->ctlogs[i - r->log_count];
        must(log->key != NULL && log->name != NULL && log->alg != SIG_ALG_NONE);
    }
    check_authorities(r->cas, r->ca_count);
    check_authorities(r->tsas, r->tsa_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_span text = size > 0 ? wp_span(data, size) : wp_span("", 0);
    struct wp_err err = {0};
    SIG_AUTO_ROOT struct sig_root *read = NULL;
    SIG_AUTO_ROOT struct sig_root *parts = NULL;
    SIG_AUTO_ROOT struct sig_root *keys = NULL;
    const struct wp_span none = {0};
    if (sig_root_read(text, "r", &read, &err) == 0) {
        must(read->logs == NULL || read->logs[0].valid.from != INT64_MIN || read->log_count == 0);
        check_whole(read);
    } else {
        must(wp_str_starts(err.msg, "r:") || wp_str_starts(err.msg, "r is larger"));
    }
    if (sig_root_of_parts("r", text, NULL, 0, text, &parts, &err) == 0) {
        must(parts->ca_count > 0 && parts->tsa_count == parts->ca_count);
        check_whole(parts);
    }
    if (sig_root_of_parts("r", none, &text, 1, none, &keys, &err) == 0) {
        check_whole(keys);
    }
    return 0;
}
