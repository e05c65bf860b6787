/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of a trusted root (sign/root.h). */
#pragma once

#include "sign/cert.h"
#include "sign/key.h"
#include "sign/root.h"

/* A closed interval; ends that are not there are those of int64_t. */
struct sig_period {
    int64_t from, until;
};
static inline bool sig_period_has(const struct sig_period *v, int64_t at)
{
    return v->from <= at && at <= v->until;
}

/* A log's key: of signed entries and checkpoints, or of certificate timestamps. */
struct sig_root_log {
    const char *name; /* base URL without scheme; "" where only the key is known */
    struct sig_pub *key;
    enum sig_alg alg;
    uint8_t id[32];
    uint8_t note_hint[4]; /* of its lines in signed notes */
    struct sig_period valid;
};

/* Whether sig is log's over m: by the algorithm that the root names, or by SHA-256, which Rekor v1 and logs of
 * certificates sign with whatever the curve of their key is (rekor, pkg/util/signed_note.go; RFC 6962, section 2.1.4).
 */
bool sig_root_log_signed(const struct sig_root_log *log, const struct sig_message *m, struct wp_span sig);

/* Certificates of one authority: the first may be of whom signs timestamps, the last is the anchor. */
struct sig_root_authority {
    const char *name;
    struct sig_certs certificates;
    struct sig_period valid;
};

struct sig_root {
    struct wp_arena arena;
    const char *name;
    struct sig_root_log *logs, *ctlogs;
    size_t log_count, ctlog_count;
    struct sig_root_authority *cas, *tsas;
    size_t ca_count, tsa_count;
};

/* With nothing in it but a name. */
WP_OWN struct sig_root *sig_root_new(const char *name);
