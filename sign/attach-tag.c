/* SPDX-License-Identifier: Apache-2.0
 *
 * One more layer under cosign's tag (sign/find.h). Reading, adding and writing are three steps, and several may do them
 * at once. A layout tells who was too late; in a registry the last one wins, so that whoever has written stays for a
 * while (oci/settle.h), looks again, and puts back what is missing: the own layer, and those of others that it has seen
 * and that somebody undid who had not, be it this process itself, whose write took longer than the others stayed. What
 * it can have undone without having seen it, for it was stopped just then, it says, and fails. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/time.h"
#include "oci/settle.h"
#include "sign/cosign.h"
#include "sign/find.h"

#include <inttypes.h>

/* Where others were seen at work, one stays so many times as long, and until nothing has moved for that time: a crowd
 * makes registries slow, and who leaves last has nobody to put back what a straggler undoes. */
#define CROWD_STAYS 4
/* A round is a few times what goes before its last look. */
#define PACES 2

struct layers {
    struct wp_arena *a;
    struct oci_desc *items;
    size_t count, room;
};

struct adding {
    struct oci_store *store;
    const char *name, *tag;
    struct wp_job *job;
    struct wp_arena *a;
    struct layers layers; /* the own one first, then those of others, as they were met */
    uint64_t slowest_ms;
    struct oci_digest seen; /* where the tag led at the last look, or since the last write */
    bool crowd;             /* others write, too */
    uint64_t unseen_ms;     /* so long somebody may have written and been undone; 0: nobody was */
};

/* Several may have signed the same payload: the signature is beside it. */
static bool same_layer(const struct oci_desc *a, const struct oci_desc *b)
{
    const char *x = oci_desc_annotation(a, SIG_NOTE_SIGNATURE);
    const char *y = oci_desc_annotation(b, SIG_NOTE_SIGNATURE);
    return oci_digest_equal(&a->digest, &b->digest) && wp_str_eq(x != NULL ? x : "", y != NULL ? y : "");
}

static bool has_layer(const struct oci_desc *list, size_t count, const struct oci_desc *d)
{
    for (size_t i = 0; i < count; i++) {
        if (same_layer(&list[i], d)) {
            return true;
        }
    }
    return false;
}

static void layers_done(struct layers *l)
{
    free(l->items);
}

static void adding_done(struct adding *x)
{
    layers_done(&x->layers);
}

/* Those that are not there yet, in l's arena. */
static void layers_add(struct layers *l, const struct oci_desc *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (has_layer(l->items, l->count, &list[i])) {
            continue;
        }
        if (l->count == l->room) {
            l->room = l->room == 0 ? 8 : l->room * 2;
            l->items = wp_xrealloc(l->items, l->room, sizeof(*l->items));
        }
        l->items[l->count++] = oci_desc_copy(l->a, &list[i]);
    }
}

/* ---- the manifest and its config ---- */

/* As cosign has it: an image of layers that are not compressed. */
static void write_config(const struct oci_desc *layers, size_t count, struct wp_buf *b)
{
    char text[OCI_DIGEST_TEXT];
    wp_buf_add_str(b, "{\"architecture\":\"\",\"created\":\"0001-01-01T00:00:00Z\",\"history\":[");
    for (size_t i = 0; i < count; i++) {
        wp_buf_printf(b, "%s{\"created\":\"0001-01-01T00:00:00Z\"}", i > 0 ? "," : "");
    }
    wp_buf_add_str(b, "],\"os\":\"\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[");
    for (size_t i = 0; i < count; i++) {
        wp_buf_printf(b, "%s\"%s\"", i > 0 ? "," : "", oci_digest_text(&layers[i].digest, text));
    }
    wp_buf_add_str(b, "]},\"config\":{}}");
}

static int put(struct adding *x, struct oci_desc *d, struct wp_span bytes, struct wp_err *err)
{
    d->size = bytes.len;
    oci_digest_of(WP_SHA256, bytes, &d->digest);
    return oci_store_put(x->store, d, bytes, err);
}

/* The manifest m with the layers of x that it lacks, its config in the store. */
static int make_manifest(struct adding *x, struct oci_manifest m, struct wp_buf *ret, struct wp_err *err)
{
    WP_AUTO_FREE struct oci_desc *layers = wp_xcalloc(m.layer_count + x->layers.count, sizeof(*layers));
    size_t count = m.layer_count;
    if (count > 0) {
        memcpy(layers, m.layers, count * sizeof(*layers));
    }
    for (size_t i = x->layers.count; i > 0; i--) {
        if (!has_layer(m.layers, m.layer_count, &x->layers.items[i - 1])) {
            layers[count++] = x->layers.items[i - 1];
        }
    }
    if (count > WP_LIMIT_SIGNATURES) {
        return wp_fail(err, WP_E_LIMIT, "there are %zu signatures already, the limit is %" PRIu64, m.layer_count,
                       WP_LIMIT_SIGNATURES);
    }
    WP_AUTO_BUF struct wp_buf config = WP_BUF_INIT;
    write_config(layers, count, &config);
    m.config = (struct oci_desc){.media_type = OCI_MT_CONFIG};
    if (put(x, &m.config, wp_buf_span(&config), err) < 0) {
        return -1;
    }
    m.media_type = OCI_MT_MANIFEST;
    m.layers = layers;
    m.layer_count = count;
    oci_manifest_write(&m, ret);
    return 0;
}

/* ---- rounds ---- */

/* 1: the tag leads to m; 0: nowhere. */
static int read_tag(const struct adding *x, struct wp_arena *a, struct oci_desc *ret_desc, struct oci_manifest *m,
                    struct wp_err *err)
{
    struct wp_span bytes;
    *m = (struct oci_manifest){.kind = OCI_MANIFEST, .media_type = OCI_MT_MANIFEST};
    if (oci_store_resolve(x->store, x->name, a, ret_desc, &bytes, err) < 0) {
        if (err->code != WP_E_NOT_FOUND) {
            return -1;
        }
        wp_err_clear(err);
        return 0;
    }
    if (oci_manifest_parse(bytes, ret_desc->media_type, x->tag, a, m, err) < 0) {
        return -1;
    }
    if (m->kind != OCI_MANIFEST) {
        return wp_fail(err, WP_E_OTHER, "holds something else than signatures: '%s'", m->media_type);
    }
    return 1;
}

/* What is about to be replaced, looked at before and while it is. */
struct looking {
    const struct adding *x;
    const struct oci_desc *old; /* where the tag led; NULL: nowhere */
    bool moved;                 /* it does not any more */
    struct oci_digest last;
    struct wp_arena a;
    struct layers layers; /* all that were seen */
};

static void looking_done(struct looking *k)
{
    layers_done(&k->layers);
    wp_arena_done(&k->a);
}

/* An oci_watch's: 1 where the tag does not lead to k->old any more. */
static int look(void *arg, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct looking *k = arg;
    struct oci_desc now;
    struct oci_manifest m;
    int there = read_tag(k->x, &a, &now, &m, err);
    if (there < 0) {
        return -1;
    }
    k->moved =
        k->moved || (there == 1) != (k->old != NULL) || (there == 1 && !oci_digest_equal(&now.digest, &k->old->digest));
    if (there == 1 && !oci_digest_equal(&k->last, &now.digest)) {
        k->last = now.digest;
        layers_add(&k->layers, m.layers, m.layer_count);
    }
    return k->moved ? 1 : 0;
}

static bool complete(const struct adding *x, const struct oci_manifest *m)
{
    for (size_t i = 0; i < x->layers.count; i++) {
        if (!has_layer(m->layers, m->layer_count, &x->layers.items[i])) {
            return false;
        }
    }
    return true;
}

enum step {
    STEP_DONE = 1,
    STEP_WRITTEN, /* by us or by others: stay and look again */
    STEP_TOO_LATE,
    STEP_OLD, /* the look took so long that its word is nothing to write on */
};

static int bind_tag(struct adding *x, const struct oci_desc *old, struct wp_span bytes, struct wp_err *err)
{
    const struct oci_manifest is = {.media_type = OCI_MT_MANIFEST};
    const struct oci_desc d = oci_manifest_desc(&is, bytes);
    const struct oci_binding b = {
        .name = x->name, .desc = &d, .bytes = bytes, .replaces = old != NULL ? &old->digest : NULL};
    unsigned flags = old == NULL && x->store->settle_ms == 0 ? OCI_BIND_NO_REPLACE : 0;
    if (oci_store_bind(x->store, &b, 1, flags, err) == 0) {
        x->seen = d.digest;
        return STEP_WRITTEN;
    }
    if (err->code != WP_E_EXISTS) {
        return -1;
    }
    wp_err_clear(err);
    return STEP_TOO_LATE;
}

/* Between looking and writing nobody else should find the time: what could be done before is done, and it is looked
 * once more, and on until the write is done. pace_ms: how long a look and a little more took a moment ago. */
static int replace_tag(struct adding *x, const struct oci_desc *old, struct wp_span bytes, uint64_t pace_ms,
                       struct wp_err *err)
{
    WP_CLEANUP(looking_done) struct looking k = {.x = x, .old = old};
    k.layers.a = &k.a;
    struct oci_watch watch = {
        .look = look, .arg = &k, .stay_ms = oci_settle_stay(x->store->settle_ms, pace_ms * PACES)};
    int moved = oci_watch_look(&watch, err);
    if (moved != 0) {
        return moved < 0 ? -1 : STEP_TOO_LATE;
    }
    if (oci_watch_is_old(&watch)) {
        return STEP_OLD;
    }
    oci_watch_begin(&watch);
    int step = bind_tag(x, old, bytes, err);
    if (!oci_watch_end(&watch)) {
        x->unseen_ms = WP_MAX(x->unseen_ms, watch.gap_ms);
    }
    layers_add(&x->layers, k.layers.items, k.layers.count);
    x->crowd = x->crowd || k.moved;
    return step;
}

/* One of enum step, or -1. */
static int add_round(struct adding *x, struct oci_desc *ret, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    struct oci_desc desc;
    struct oci_manifest m;
    const uint64_t start = wp_time_mono_ms();
    int there = read_tag(x, &a, &desc, &m, err);
    if (there < 0) {
        return -1;
    }
    bool moved = there == 1 && x->seen.alg != 0 && !oci_digest_equal(&x->seen, &desc.digest);
    x->crowd = x->crowd || moved;
    x->seen = there == 1 ? desc.digest : x->seen;
    layers_add(&x->layers, m.layers, m.layer_count);
    if (complete(x, &m)) {
        *ret = oci_desc_copy(x->a, &desc);
        return moved && x->store->settle_ms > 0 ? STEP_WRITTEN : STEP_DONE;
    }
    if (make_manifest(x, m, &bytes, err) < 0) {
        return -1;
    }
    const struct oci_desc *old = there == 1 ? &desc : NULL;
    return x->store->settle_ms == 0 ? bind_tag(x, old, wp_buf_span(&bytes), err)
                                    : replace_tag(x, old, wp_buf_span(&bytes), wp_time_mono_ms() - start, err);
}

static int add_all(struct adding *x, struct oci_desc *ret, struct wp_err *err)
{
    for (unsigned round = 0; round < OCI_SETTLE_ROUNDS; round++) {
        uint64_t start = wp_time_mono_ms();
        int step = add_round(x, ret, err);
        if (step < 0 || step == STEP_DONE) {
            return step < 0 ? -1 : 0;
        }
        x->slowest_ms = WP_MAX(x->slowest_ms, wp_time_mono_ms() - start);
        x->crowd = x->crowd || step == STEP_TOO_LATE;
        uint64_t stay_ms = step != STEP_WRITTEN ? 0 : x->store->settle_ms * (x->crowd ? CROWD_STAYS : 1);
        if (oci_settle(x->job, stay_ms, round, x->slowest_ms, err) < 0) {
            return -1;
        }
    }
    wp_fail(err, WP_E_NETWORK, "other writers keep replacing it");
    return wp_hint(err, "run it again when they are done");
}

/* Nobody can be named: a registry does not tell what a write replaced. */
static int fail_unseen(const struct adding *x, struct wp_err *err)
{
    wp_fail(err, WP_E_NETWORK,
            "the signature is there, but %" PRIu64 ".%" PRIu64 " s passed unseen while it was written: "
            "what others added to this tag in that time may be gone",
            x->unseen_ms / 1000, x->unseen_ms % 1000 / 100);
    return wp_hint(err, "see with 'wpack tree' whose signatures are there; who misses his own signs again");
}

int sig_tag_add(struct oci_store *s, const char *repo, const struct sig_tag_layer *l, struct wp_job *job,
                struct wp_arena *a, struct oci_desc *ret_desc, struct wp_err *err)
{
    WP_CLEANUP(adding_done) struct adding x = {.store = s, .job = job, .a = a, .layers = {.a = a}};
    x.name = sig_tag_name(a, repo, &l->subject->digest, l->suffix);
    x.tag = sig_tag_name(a, "", &l->subject->digest, l->suffix);
    struct oci_desc own = {
        .media_type = l->layer_type, .annotations = l->annotations, .annotation_count = l->annotation_count};
    if (put(&x, &own, l->layer, err) < 0) {
        return -1;
    }
    layers_add(&x.layers, &own, 1);
    struct oci_desc desc;
    if (add_all(&x, &desc, err) < 0 || (x.unseen_ms > 0 && fail_unseen(&x, err) < 0)) {
        return wp_wrap(err, "%s:%s", s->label, x.tag);
    }
    *ret_desc = desc;
    return 0;
}
