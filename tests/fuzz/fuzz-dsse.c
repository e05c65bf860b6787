/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed texts: statements, whose encoding (PAE) tells type and payload apart, and checkpoints, whose parts lie one
 * behind the other in the note. */
#include "base/mem.h"
#include "sign/material-int.h"
#include "sign/statement.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_statement(struct wp_span text)
{
    struct wp_err err = {0};
    SIG_AUTO_STATEMENT struct sig_statement s = {0};
    if (sig_statement_read(text, "s", &s, &err) < 0) {
        must(wp_str_starts(err.msg, "s: ") && s.doc == NULL);
        return;
    }
    struct oci_digest digest = {.alg = WP_SHA256};
    must(wp_json_len(&s.subjects) > 0 && s.predicate_type != NULL);
    must(!sig_statement_is_about(&s, &digest, NULL) || memmem(text.ptr, text.len, "00000000", 8) != NULL);
    WP_AUTO_BUF struct wp_buf again = WP_BUF_INIT;
    SIG_AUTO_STATEMENT struct sig_statement t = {0};
    struct wp_span none = {0};
    sig_statement_write(&again, NULL, &digest, NULL, 0, s.predicate_type, none);
    must(sig_statement_read(wp_buf_span(&again), "s", &t, &err) == 0);
    must(wp_str_eq(s.predicate_type, t.predicate_type) && sig_statement_is_about(&t, &digest, NULL));
}

/* The halves of the text as type and payload: both stand in the encoding where it says they do. */
static void check_pae(struct wp_span text)
{
    size_t half = text.len / 2;
    WP_AUTO_FREE char *type = wp_xstrndup((const char *)text.ptr, half);
    struct wp_span payload = wp_span(text.ptr + half, text.len - half);
    WP_AUTO_BUF struct wp_buf pae = WP_BUF_INIT;
    sig_dsse_pae(type, payload, &pae);
    must(wp_str_starts(pae.ptr, "DSSEv1 "));
    char *end = NULL;
    size_t type_len = strtoul(pae.ptr + strlen("DSSEv1 "), &end, 10);
    must(type_len == strlen(type) && *end == ' ' && memcmp(end + 1, type, type_len) == 0);
    must(memcmp(pae.ptr + pae.len - payload.len, payload.ptr, payload.len) == 0);
}

static void check_note(struct wp_span text)
{
    struct wp_err err = {0};
    struct sig_checkpoint cp;
    if (sig_checkpoint_read(text, &cp, &err) < 0) {
        must(wp_str_starts(err.msg, "the checkpoint is malformed: "));
        return;
    }
    must(cp.signed_text.ptr == text.ptr && cp.origin.ptr == text.ptr && cp.origin.len > 0);
    must(cp.signed_text.len + 1 + cp.signatures.len == text.len);
    must(cp.signatures.ptr + cp.signatures.len == text.ptr + text.len);
    const struct sig_root_log log = {.name = ""};
    must(memmem(text.ptr, text.len, " AAAAA", 6) != NULL || !sig_checkpoint_by(&cp, &log));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_span text = size > 0 ? wp_span(data, size) : wp_span("", 0);
    check_statement(text);
    check_pae(text);
    check_note(text);
    return 0;
}
