/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing the list of referrers under the fallback tag (distribution-spec, "Referrers Tag Schema") of a registry that
 * does not keep it itself. Registries know no lock: of two writers who read the same list the later one wins, and the
 * entry of the earlier is gone. So every writer stays for a while after its write, longer than another one should be
 * between reading and writing, looks again, and writes again what is missing: its own entries, and what it saw there
 * before, as long as the registry still has it. Who leaves with success was listed when everyone who might have undone
 * it should be through, and whoever is still there repairs; who cannot get there says so. */
#include "base/mem.h"
#include "base/time.h"
#include "oci/referrers.h"
#include "oci/registry-int.h"
#include "oci/settle.h"

/* One list to edit. entries: `own` that are to be there or gone, then those that others had there. */
struct edit {
    const struct oci_digest *subject;
    struct oci_desc *entries;
    size_t own, count, room;
};

struct editing {
    struct wp_arena arena; /* of the entries of others */
    struct edit *list;
    size_t count;
    bool remove;
    uint64_t slowest_ms; /* the longest that reading and writing one list took */
};

static void editing_done(struct editing *e)
{
    for (size_t i = 0; i < e->count; i++) {
        free(e->list[i].entries);
    }
    free(e->list);
    wp_arena_done(&e->arena);
}

static void push_entry(struct edit *e, const struct oci_desc *d)
{
    if (e->count == e->room) {
        e->room = e->room == 0 ? 8 : e->room * 2;
        e->entries = wp_xrealloc(e->entries, e->room, sizeof(*e->entries));
    }
    e->entries[e->count++] = *d;
}

static void editing_begin(struct editing *e, const struct oci_registry_listed *list, size_t n)
{
    e->list = wp_xcalloc(n, sizeof(*e->list));
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < e->count && !oci_digest_equal(e->list[at].subject, &list[i].subject)) {
            at++;
        }
        e->count += at == e->count ? 1 : 0;
        e->list[at].subject = &list[i].subject;
        push_entry(&e->list[at], &list[i].entry);
        e->list[at].own = e->list[at].count;
    }
}

static bool has(const struct oci_desc *list, size_t n, const struct oci_digest *digest)
{
    for (size_t i = 0; i < n; i++) {
        if (oci_digest_equal(&list[i].digest, digest)) {
            return true;
        }
    }
    return false;
}

/* What is to be added to the list m: the own entries, and those of others that vanished from it although the registry
 * has them still: a writer who had not seen them undid them. What it has no longer was removed, and is forgotten. */
static int missing(struct oci_registry *r, struct editing *all, struct edit *e, const struct oci_manifest *m,
                   struct oci_desc *ret, size_t *ret_count, struct wp_err *err)
{
    memcpy(ret, e->entries, e->own * sizeof(*ret));
    size_t count = e->own;
    size_t kept = e->own;
    for (size_t i = e->own; i < e->count; i++) {
        const struct oci_desc d = e->entries[i];
        if (!has(m->manifests, m->manifest_count, &d.digest)) {
            int there = oci_store_exists(&r->base, &d, false, err);
            if (there < 0) {
                return -1;
            }
            if (there == OCI_ABSENT) {
                continue;
            }
            ret[count++] = d;
        }
        e->entries[kept++] = d;
    }
    e->count = kept;
    for (size_t i = 0; i < m->manifest_count; i++) {
        if (!has(e->entries, e->count, &m->manifests[i].digest)) {
            const struct oci_desc copy = oci_desc_copy(&all->arena, &m->manifests[i]);
            push_entry(e, &copy);
        }
    }
    *ret_count = count;
    return 0;
}

static void not_a_list(const struct oci_registry *r, const char *tag, struct wp_err *err)
{
    wp_fail(err, WP_E_OTHER, "%s:%s holds something else than a list of referrers", r->label, tag);
    wp_hint(err, "the tag belongs to referrers of a registry without the referrers API: remove it");
}

/* 1 when the list already is as wanted, 0 when it was written (and has to be looked at again), -1. */
static int edit_list(struct oci_registry *r, struct editing *all, struct edit *e, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf edited = WP_BUF_INIT;
    char tag[OCI_DIGEST_TEXT];
    oci_digest_referrers_tag(e->subject, tag);
    struct oci_registry_manifest list = {0};
    struct oci_manifest m = {0};
    bool foreign = false;
    int there = oci_registry_fallback_read(r, e->subject, &a, &list, &foreign, err);
    if (there < 0 ||
        (there == 1 && oci_manifest_parse(list.bytes, list.media_type, "list of referrers", &a, &m, err) != 0)) {
        return -1;
    }
    if (there == 0 && all->remove) {
        return 1;
    }
    if (foreign) {
        not_a_list(r, tag, err);
        return -1;
    }
    size_t count = e->own;
    WP_AUTO_FREE struct oci_desc *entries = wp_xcalloc(e->count + 1, sizeof(*entries));
    memcpy(entries, e->entries, e->own * sizeof(*entries));
    if (!all->remove && missing(r, all, e, &m, entries, &count, err) != 0) {
        return -1;
    }
    struct wp_span old = there == 1 ? list.bytes : wp_span(NULL, 0);
    int changed = oci_referrers_edit(old, entries, count, all->remove, &edited, err);
    if (changed <= 0) {
        return changed < 0 ? wp_wrap(err, "%s:%s", r->label, tag) : 1;
    }
    const char *etag = there == 1 ? list.etag : NULL;
    int rc = oci_registry_put_manifest(r, tag, OCI_MT_INDEX, wp_buf_span(&edited), etag, NULL, err);
    return rc < 0 ? -1 : 0;
}

/* All lists once: 1 when nothing was to be written; 0 when something was, then *ret_subject is one of its subjects;
 * -1. */
static int edit_round(struct oci_registry *r, struct editing *all, const struct oci_digest **ret_subject,
                      struct wp_err *err)
{
    int settled = 1;
    for (size_t i = 0; i < all->count; i++) {
        uint64_t start = wp_time_mono_ms();
        int rc = edit_list(r, all, &all->list[i], err);
        if (rc < 0) {
            return -1;
        }
        all->slowest_ms = WP_MAX(all->slowest_ms, wp_time_mono_ms() - start);
        if (rc == 0) {
            *ret_subject = all->list[i].subject;
            settled = 0;
        }
    }
    return settled;
}

int oci_registry_fallback_edit(struct oci_registry *r, const struct oci_registry_listed *list, size_t n, bool remove,
                               struct wp_err *err)
{
    WP_CLEANUP(editing_done) struct editing all = {.remove = remove};
    const struct oci_digest *subject = NULL;
    editing_begin(&all, list, n);
    for (unsigned round = 0; round < OCI_SETTLE_ROUNDS; round++) {
        int rc = edit_round(r, &all, &subject, err);
        if (rc != 0) {
            return rc < 0 ? -1 : 0;
        }
        if (oci_settle(r->job, r->base.settle_ms, round, all.slowest_ms, err) != 0) {
            return -1;
        }
    }
    char tag[OCI_DIGEST_TEXT];
    wp_fail(err, WP_E_NETWORK, "%s:%s: other writers keep replacing the list of referrers", r->label,
            oci_digest_referrers_tag(subject, tag));
    return wp_hint(err, "run it again when they are done");
}
