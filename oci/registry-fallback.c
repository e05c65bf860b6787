/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing the list of referrers under the fallback tag (distribution-spec, "Referrers Tag Schema") of a registry that
 * does not keep it itself. Registries know no lock: of two writers who read the same list the later one wins, and the
 * entry of the earlier is gone. So every writer stays for a while after its write, longer than another one can be
 * between reading and writing, looks again, and writes again what is missing. Who leaves with success was listed when
 * everyone who might have undone it was through; who cannot get there says so. */
#include "base/mem.h"
#include "base/time.h"
#include "oci/referrers.h"
#include "oci/registry-int.h"

#include <sys/random.h>

#define EDIT_ROUNDS   40   /* 38 writes may be lost to others: the round after the last one that counts only looks */
#define SETTLE_ROUNDS 3    /* times as long as the slowest read and write so far: others are about as slow */
#define SETTLE_MAX_MS 5000 /* what one stalled request does not stretch */
#define SPREAD_MAX    4    /* the random part doubles so often, so that writers part */

static void not_a_list(const struct oci_registry *r, const char *tag, struct wp_err *err)
{
    wp_fail(err, WP_E_OTHER, "%s:%s holds something else than a list of referrers", r->label, tag);
    wp_hint(err, "the tag belongs to referrers of a registry without the referrers API: remove it");
}

/* The list of one subject: 1 when it already is as wanted, 0 when it was written (and has to be looked at again), -1.
 */
static int edit_list(struct oci_registry *r, const struct oci_digest *subject, const struct oci_desc *entries, size_t n,
                     bool remove, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf edited = WP_BUF_INIT;
    char tag[OCI_DIGEST_TEXT];
    oci_digest_referrers_tag(subject, tag);
    struct oci_registry_manifest list = {0};
    bool foreign = false;
    int there = oci_registry_fallback_read(r, subject, &a, &list, &foreign, err);
    if (there < 0) {
        return -1;
    }
    if (there == 0 && remove) {
        return 1;
    }
    if (foreign) {
        not_a_list(r, tag, err);
        return -1;
    }
    int changed = oci_referrers_edit(there == 1 ? list.bytes : wp_span(NULL, 0), entries, n, remove, &edited, err);
    if (changed <= 0) {
        return changed < 0 ? wp_wrap(err, "%s:%s", r->label, tag) : 1;
    }
    const char *etag = there == 1 ? list.etag : NULL;
    int rc = oci_registry_put_manifest(r, tag, OCI_MT_INDEX, wp_buf_span(&edited), etag, NULL, err);
    return rc < 0 ? -1 : 0;
}

/* One edit of all lists: 1 when nothing was to be written, 0 when something was, then *ret_subject is one of its
 * subjects; -1. *slowest_ms: how long the slowest list took. */
static int edit_round(struct oci_registry *r, const struct oci_registry_listed *list, size_t n, bool remove,
                      const struct oci_digest **ret_subject, uint64_t *slowest_ms, struct wp_err *err)
{
    WP_AUTO_FREE struct oci_desc *entries = wp_xcalloc(n, sizeof(*entries));
    WP_AUTO_FREE bool *seen = wp_xcalloc(n, sizeof(*seen));
    int all = 1;
    for (size_t i = 0; i < n; i++) {
        size_t count = 0;
        for (size_t j = i; j < n && !seen[i]; j++) {
            if (!seen[j] && oci_digest_equal(&list[j].subject, &list[i].subject)) {
                entries[count++] = list[j].entry;
                seen[j] = j != i;
            }
        }
        if (count == 0) {
            continue;
        }
        uint64_t start = wp_time_mono_ms();
        int rc = edit_list(r, &list[i].subject, entries, count, remove, err);
        if (rc < 0) {
            return -1;
        }
        *slowest_ms = WP_MAX(*slowest_ms, wp_time_mono_ms() - start);
        if (rc == 0) {
            *ret_subject = &list[i].subject;
            all = 0;
        }
    }
    return all;
}

static uint64_t random_below(uint64_t n)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0) {
        random = wp_time_mono_ms();
    }
    return n == 0 ? 0 : random % n;
}

/* The wait after the write of number `round`. */
static int settle(const struct oci_registry *r, unsigned round, uint64_t slowest_ms, struct wp_err *err)
{
    if (r->settle_ms == 0) {
        return wp_job_check(r->job, err);
    }
    uint64_t settle_ms = WP_MAX(r->settle_ms, slowest_ms * SETTLE_ROUNDS);
    uint64_t spread_ms = round == 0 ? 0 : slowest_ms << WP_MIN(round, (unsigned)SPREAD_MAX);
    return wp_job_sleep(r->job, WP_MIN(settle_ms, (uint64_t)SETTLE_MAX_MS) + random_below(spread_ms), err);
}

int oci_registry_fallback_edit(struct oci_registry *r, const struct oci_registry_listed *list, size_t n, bool remove,
                               struct wp_err *err)
{
    uint64_t slowest_ms = 0;
    const struct oci_digest *subject = NULL;
    for (unsigned round = 0; round < EDIT_ROUNDS; round++) {
        int rc = edit_round(r, list, n, remove, &subject, &slowest_ms, err);
        if (rc != 0) {
            return rc < 0 ? -1 : 0;
        }
        if (settle(r, round, slowest_ms, err) != 0) {
            return -1;
        }
    }
    char tag[OCI_DIGEST_TEXT];
    wp_fail(err, WP_E_NETWORK, "%s:%s: other writers keep replacing the list of referrers", r->label,
            oci_digest_referrers_tag(subject, tag));
    return wp_hint(err, "run it again when they are done");
}
