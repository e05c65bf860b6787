/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding candidates in a store (sign/find.h). What a listing says of a referrer is a hint; what counts is its
 * manifest, proven, which must name the subject itself. Nothing is left out in silence: what cannot be read ends the
 * search with WP_E_CANNOT_TELL, for the signature asked for may be just that one. */
#include "sign/find.h"

#include "base/limits.h"
#include "base/mem.h"
#include "sign/cosign.h"

#include <inttypes.h>

/* A bundle with the largest statement in base64. */
#define LAYER_MAX (WP_LIMIT_STATEMENT / 3 * 4 + WP_LIMIT_SIGNATURE)

struct finder {
    struct oci_store *store;
    const char *repo;
    const struct oci_desc *subject;
    struct wp_job *job;
    struct wp_arena *a;
    struct oci_desc *referrers;
    size_t referrer_count, referrer_room;
    struct sig_candidate *found;
    size_t count, room, others;
    uint64_t held; /* bytes of candidates */
};

static void finder_done(struct finder *f)
{
    free(f->referrers);
    free(f->found);
}

static void add(struct finder *f, const struct sig_candidate *c)
{
    if (f->count == f->room) {
        f->room = f->room == 0 ? 8 : f->room * 2;
        f->found = wp_xrealloc(f->found, f->room, sizeof(*f->found));
    }
    f->found[f->count++] = *c;
}

/* A manifest that may carry signatures, and how messages call it. It does not outlive the look into it. */
struct carrier {
    const char *where; /* lives as long as what is found */
    struct oci_desc desc;
    const struct oci_manifest *m;
    unsigned formats;      /* bits of those that may stand here; 0: all */
    const char *announced; /* by all of it; lives as long as what is found */
};

/* All that is kept counts: content, and the manifest whose annotations are. */
static int hold(struct finder *f, uint64_t bytes, struct wp_err *err)
{
    if (bytes > WP_LIMIT_SIGNATURE_BYTES - f->held) {
        return wp_fail(err, WP_E_LIMIT, "there are more than %" PRIu64 " bytes of signatures",
                       WP_LIMIT_SIGNATURE_BYTES);
    }
    f->held += bytes;
    return 0;
}

/* A plain signature announces nothing. */
static const char *announcement(const struct oci_annotation *notes, size_t count)
{
    const char *type = oci_annotation_get(notes, count, "dev.sigstore.bundle.predicateType");
    type = type != NULL ? type : oci_annotation_get(notes, count, SIG_NOTE_PREDICATE);
    return type == NULL || *type == '\0' || wp_str_eq(type, SIG_PREDICATE_SIGN) ? NULL : type;
}

static int add_layer(struct finder *f, const struct carrier *c, size_t at, const struct sig_format *format,
                     struct wp_err *err)
{
    struct oci_desc layer = oci_desc_copy(f->a, &c->m->layers[at]);
    struct sig_candidate cand = {
        .format = format,
        .where = c->m->layer_count == 1 ? c->where : wp_arena_printf(f->a, "%s, layer %zu", c->where, at),
        .manifest = oci_desc_copy(f->a, &c->desc),
        .media_type = layer.media_type,
        .annotations = layer.annotations,
        .annotation_count = layer.annotation_count,
        .announced = c->announced != NULL ? c->announced : announcement(layer.annotations, layer.annotation_count),
    };
    if (f->count == WP_LIMIT_SIGNATURES) {
        return wp_fail(err, WP_E_LIMIT, "there are more than %" PRIu64 " signatures", WP_LIMIT_SIGNATURES);
    }
    if (hold(f, layer.size, err) < 0 || wp_job_check(f->job, err) < 0 ||
        oci_store_get(f->store, &layer, LAYER_MAX, f->a, &cand.bytes, err) < 0) {
        return wp_wrap(err, "%s", cand.where);
    }
    add(f, &cand);
    return 0;
}

/* The first thing found in a carrier: from here on parts of it are kept. */
static int begin_carrier(struct finder *f, struct carrier *c, struct wp_err *err)
{
    const char *type = announcement(c->m->annotations, c->m->annotation_count);
    c->announced = type != NULL ? wp_arena_str(f->a, type) : NULL;
    return hold(f, c->desc.size, err);
}

static int add_layers(struct finder *f, struct carrier *c, struct wp_err *err)
{
    size_t before = f->count;
    for (size_t i = 0; i < c->m->layer_count; i++) {
        const struct sig_format *format = sig_format_of(c->m->layers[i].media_type);
        bool here = format != NULL && (c->formats == 0 || (c->formats & 1U << format->id) != 0);
        if (here && f->count == before && begin_carrier(f, c, err) < 0) {
            return -1;
        }
        if (here && add_layer(f, c, i, format, err) < 0) {
            return -1;
        }
    }
    f->others += f->count == before ? 1 : 0;
    return 0;
}

/* ---- referrers ---- */

static int on_referrer(void *arg, const struct oci_desc *d, struct wp_err *err)
{
    struct finder *f = arg;
    if (f->referrer_count == WP_LIMIT_REFERRERS) {
        return wp_fail(err, WP_E_LIMIT, "there are more than %" PRIu64 " referrers", WP_LIMIT_REFERRERS);
    }
    if (f->referrer_count == f->referrer_room) {
        f->referrer_room = f->referrer_room == 0 ? 16 : f->referrer_room * 2;
        f->referrers = wp_xrealloc(f->referrers, f->referrer_room, sizeof(*f->referrers));
    }
    /* What else a listing tells is not believed. */
    f->referrers[f->referrer_count++] = (struct oci_desc){
        .media_type = d->media_type != NULL ? wp_arena_str(f->a, d->media_type) : NULL,
        .digest = d->digest,
        .size = d->size,
    };
    return 0;
}

static int look_into(struct finder *f, const struct oci_desc *listed, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const char *where = wp_arena_printf(f->a, "referrer %s", oci_digest_text(&listed->digest, text));
    struct wp_span bytes;
    struct oci_manifest m;
    if (oci_mediatype_kind(listed->media_type) == OCI_NOT_MANIFEST) {
        f->others++;
        return 0;
    }
    if (wp_job_check(f->job, err) < 0 || oci_store_get(f->store, listed, WP_LIMIT_MANIFEST, &a, &bytes, err) < 0) {
        return wp_wrap(err, "%s", where);
    }
    /* The bytes are what was listed; where they are no manifest they are no signature either. */
    struct wp_err why = {0};
    if (oci_manifest_parse(bytes, listed->media_type, where, &a, &m, &why) < 0) {
        f->others++;
        return 0;
    }
    if (m.subject == NULL || !oci_digest_equal(&m.subject->digest, &f->subject->digest)) {
        return 0;
    }
    struct carrier c = {
        .where = where,
        .desc = {.media_type = m.media_type, .digest = listed->digest, .size = bytes.len},
        .m = &m,
    };
    return add_layers(f, &c, err);
}

static int find_referrers(struct finder *f, struct wp_err *err)
{
    if (oci_store_referrers(f->store, f->subject, on_referrer, f, err) < 0) {
        if (err->code != WP_E_UNSUPPORTED) {
            return -1;
        }
        wp_err_clear(err);
    }
    for (size_t i = 0; i < f->referrer_count; i++) {
        if (look_into(f, &f->referrers[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- cosign's tags ---- */

char *sig_tag_name(struct wp_arena *a, const char *repo, const struct oci_digest *digest, const char *suffix)
{
    char base[OCI_DIGEST_TEXT];
    oci_digest_referrers_tag(digest, base);
    return wp_arena_printf(a, "%s%s%s.%s", repo, *repo != '\0' ? ":" : "", base, suffix);
}

/* An earlier cosign pushed the manifest under the tag as a referrer, too. */
static bool known(const struct finder *f, const struct oci_digest *manifest)
{
    for (size_t i = 0; i < f->count; i++) {
        if (oci_digest_equal(&f->found[i].manifest.digest, manifest)) {
            return true;
        }
    }
    return false;
}

static int find_tag(struct finder *f, const char *suffix, struct wp_err *err)
{
    const char *name = sig_tag_name(f->a, f->repo, &f->subject->digest, suffix);
    const char *tag = sig_tag_name(f->a, "", &f->subject->digest, suffix);
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_desc d;
    struct wp_span bytes;
    struct oci_manifest m;
    if (wp_job_check(f->job, err) < 0) {
        return -1;
    }
    if (oci_store_resolve(f->store, name, &a, &d, &bytes, err) < 0) {
        if (err->code != WP_E_NOT_FOUND && err->code != WP_E_UNSUPPORTED) {
            return wp_wrap(err, "tag %s", tag);
        }
        wp_err_clear(err);
        return 0;
    }
    const char *where = wp_arena_printf(f->a, "tag %s", tag);
    if (oci_manifest_parse(bytes, d.media_type, where, &a, &m, err) < 0) {
        return -1;
    }
    if (known(f, &d.digest)) {
        return 0;
    }
    struct carrier c = {
        .where = where,
        .desc = {.media_type = m.media_type, .digest = d.digest, .size = bytes.len},
        .m = &m,
        .formats = 1U << SIG_COSIGN,
    };
    return add_layers(f, &c, err);
}

static int find_all(struct finder *f, struct wp_err *err)
{
    return find_referrers(f, err) < 0 || find_tag(f, "sig", err) < 0 || find_tag(f, "att", err) < 0 ? -1 : 0;
}

/* What the store said, as an answer to the question. */
static int cannot_tell(const struct finder *f, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    if (err->code == WP_E_INTERRUPTED) {
        return -1;
    }
    err->code = WP_E_CANNOT_TELL;
    return wp_wrap(err, "cannot tell which signatures %s@%s has", f->store->label,
                   oci_digest_text(&f->subject->digest, text));
}

int sig_find(struct oci_store *s, const char *repo, const struct oci_desc *subject, struct wp_job *job,
             struct wp_arena *a, struct sig_list *ret, struct wp_err *err)
{
    WP_CLEANUP(finder_done)
    struct finder f = {.store = s, .repo = repo, .subject = subject, .job = job, .a = a};
    if (find_all(&f, err) < 0) {
        return cannot_tell(&f, err);
    }
    struct sig_candidate *items = wp_arena_alloc(a, f.count, sizeof(*items));
    if (f.count > 0) {
        memcpy(items, f.found, f.count * sizeof(*items));
    }
    *ret = (struct sig_list){.items = items, .count = f.count, .others = f.others};
    return 0;
}
