/* SPDX-License-Identifier: Apache-2.0
 *
 * What is reachable in a layout: a set of digests, and the walk from a descriptor over manifests to their content. fsck
 * and gc share it. Each digest is followed once; the walk keeps its own list of what is to be done, so that depth costs
 * no stack. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "oci/layout-int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* ---- a set of digests ---- */

void layout_set_done(struct layout_set *s)
{
    free(s->slots);
    *s = (struct layout_set){0};
}

/* The slot of d, or the free one where it belongs. */
static struct oci_digest *set_slot(const struct layout_set *s, const struct oci_digest *d)
{
    size_t at = (size_t)oci_digest_hash(d, s->seed) & (s->cap - 1);
    while (s->slots[at].alg != 0 && !oci_digest_equal(&s->slots[at], d)) {
        at = (at + 1) & (s->cap - 1);
    }
    return &s->slots[at];
}

bool layout_set_has(const struct layout_set *s, const struct oci_digest *d)
{
    return s->cap > 0 && set_slot(s, d)->alg != 0;
}

bool layout_set_add(struct layout_set *s, const struct oci_digest *d)
{
    if (2 * (s->count + 1) > s->cap) {
        struct layout_set bigger = {.cap = s->cap == 0 ? 256 : 2 * s->cap, .count = s->count};
        bigger.seed = s->cap == 0 ? oci_digest_seed() : s->seed;
        bigger.slots = wp_xcalloc(bigger.cap, sizeof(*bigger.slots));
        for (size_t i = 0; i < s->cap; i++) {
            if (s->slots[i].alg != 0) {
                *set_slot(&bigger, &s->slots[i]) = s->slots[i];
            }
        }
        free(s->slots);
        *s = bigger;
    }
    struct oci_digest *slot = set_slot(s, d);
    if (slot->alg != 0) {
        return false;
    }
    *slot = *d;
    s->count++;
    return true;
}

/* ---- the walk ---- */

struct todo {
    struct todo *next;
    struct wp_arena arena;
    struct oci_desc desc;
};

struct walk {
    struct layout_graph *g;
    struct todo *list;
};

static void walk_done(struct walk *w)
{
    while (w->list != NULL) {
        struct todo *t = w->list;
        w->list = t->next;
        wp_arena_done(&t->arena);
        free(t);
    }
}

static int missing(struct layout_graph *g, const struct oci_desc *d, const char *by, struct wp_err *err)
{
    WP_AUTO_FREE char *text = wp_xasprintf("is missing, %s names it", by);
    return g->problem(g, LAYOUT_MISSING, d, text, err);
}

/* Mark d; a manifest goes on the list. */
static int visit(struct walk *w, const struct oci_desc *d, const char *by, struct wp_err *err)
{
    struct layout_graph *g = w->g;
    bool fresh = layout_set_add(&g->seen, &d->digest);
    /* The same bytes may be a layer here and a manifest there. */
    if (oci_mediatype_kind(d->media_type) != OCI_NOT_MANIFEST && layout_set_add(&g->opened, &d->digest)) {
        struct todo *t = wp_xcalloc(1, sizeof(*t));
        t->arena = (struct wp_arena)WP_ARENA_INIT;
        t->desc = oci_desc_copy(&t->arena, d);
        t->next = w->list;
        w->list = t;
    }
    if (!fresh) {
        return 0;
    }
    WP_AUTO_FD int fd = -1;
    struct stat st;
    int found = layout_blob_open(g->l, &d->digest, &fd, &st, err);
    if (found <= 0) {
        return found < 0 ? -1 : missing(g, d, by, err);
    }
    if (d->size != OCI_SIZE_UNKNOWN && (uint64_t)st.st_size != d->size) {
        WP_AUTO_FREE char *text =
            wp_xasprintf("has %" PRIu64 " bytes, %s says %" PRIu64, (uint64_t)st.st_size, by, d->size);
        return g->problem(g, LAYOUT_DAMAGED, d, text, err);
    }
    return 0;
}

struct child {
    struct walk *walk;
    const char *by;
};

static int visit_child(void *arg, const struct oci_desc *d, struct wp_err *err)
{
    const struct child *c = arg;
    return visit(c->walk, d, c->by, err);
}

static int open_manifest(struct walk *w, const struct oci_desc *d, struct wp_err *err)
{
    struct layout_graph *g = w->g;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_manifest m;
    struct wp_err why = {0};
    if (layout_manifest(g->l, d, &a, &m, NULL, &why) < 0) {
        if (why.code == WP_E_NOT_FOUND) {
            return 0;
        }
        if (why.code != WP_E_INTEGRITY && why.code != WP_E_LIMIT) {
            *err = why;
            return -1;
        }
        return g->problem(g, LAYOUT_DAMAGED, d, why.msg, err);
    }
    char by[OCI_DIGEST_TEXT + 16] = "manifest ";
    oci_digest_text(&d->digest, by + strlen(by));
    struct child c = {.walk = w, .by = by};
    return oci_manifest_each(&m, visit_child, &c, err);
}

int layout_graph_add(struct layout_graph *g, const struct oci_desc *d, const char *by, struct wp_err *err)
{
    WP_CLEANUP(walk_done) struct walk w = {.g = g};
    int n = visit(&w, d, by, err);
    while (n == 0 && w.list != NULL) {
        struct todo *t = w.list;
        w.list = t->next;
        n = wp_job_check(g->job, err) < 0 ? -1 : open_manifest(&w, &t->desc, err);
        wp_arena_done(&t->arena);
        free(t);
    }
    return n;
}

void layout_graph_done(struct layout_graph *g)
{
    layout_set_done(&g->seen);
    layout_set_done(&g->opened);
}

static int no_problem(struct layout_graph *g, enum layout_problem kind, const struct oci_desc *d, const char *text,
                      struct wp_err *err)
{
    (void)g;
    (void)kind;
    (void)d;
    (void)text;
    (void)err;
    return 0;
}

int layout_needed(struct oci_store *s, const struct oci_digest *digest, struct wp_err *err)
{
    struct layout *l = WP_DOWNCAST(struct layout, s);
    LAYOUT_AUTO_INDEX struct layout_index_ref index = {.l = l};
    if (layout_index_get(l, &index.x, err) < 0) {
        return -1;
    }
    WP_CLEANUP(layout_graph_done) struct layout_graph g = {.l = l, .problem = no_problem};
    for (size_t i = 0; i < index.x->count && !layout_set_has(&g.seen, digest); i++) {
        if (layout_graph_add(&g, &index.x->entries[i].desc, "index.json", err) < 0) {
            return -1;
        }
    }
    return layout_set_has(&g.seen, digest);
}

/* ---- files ---- */

const char *layout_blob_folder(enum wp_hash_alg alg)
{
    return alg == WP_SHA512 ? "blobs/sha512" : "blobs/sha256";
}

bool layout_blob_name(enum wp_hash_alg alg, const char *name, struct oci_digest *ret)
{
    *ret = (struct oci_digest){.alg = alg};
    return wp_unhex(name, ret->bytes, wp_hash_size(alg));
}

int layout_each_file(int dir, const char *shown, layout_file_fn *fn, void *arg, struct wp_err *err)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (list == NULL) {
        int errnum = errno;
        wp_close_p(&fd);
        return wp_fs_fail(err, errnum, "cannot list '%s'", shown);
    }
    int n = 0;
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(list);
        if (e == NULL) {
            n = errno == 0 ? 0 : wp_fs_fail(err, errno, "cannot list '%s'", shown);
            break;
        }
        struct stat st;
        if (wp_str_eq(e->d_name, ".") || wp_str_eq(e->d_name, "..") ||
            fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
            continue;
        }
        n = fn(arg, fd, e->d_name, &st, err);
        if (n != 0) {
            break;
        }
    }
    (void)closedir(list);
    return n;
}
