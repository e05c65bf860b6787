/* SPDX-License-Identifier: Apache-2.0
 *
 * Removing what no name reaches. Roots are the entries of index.json; a referrer without a name is one only while its
 * subject is reachable or its file is young, and the lists under fallback tags follow the same rule. index.json is
 * edited first, files go afterwards, all under the exclusive content lock. Writers that know no lock are spared by the
 * age of their files, and their change of index.json while we were looking begins the work anew. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/time.h"
#include "oci/layout-int.h"
#include "oci/referrers.h"

#include <errno.h>
#include <unistd.h>

#define TRIES 3

/* Something that stays because of somebody else. */
struct dependent {
    const struct layout_entry *entry; /* its own place in index.json (or that of the list it is on) */
    struct oci_desc desc;
    struct oci_digest subject;
    bool kept;
};

struct gc {
    struct layout *l;
    const struct oci_gc_opts *opts;
    void (*fn)(void *arg, const char *path, uint64_t bytes);
    void *arg;
    struct oci_gc_report *report;
    int64_t now;
    struct layout_index *index; /* borrowed */
    struct layout_graph graph;
    struct wp_arena arena;
    struct dependent *list;
    size_t count, cap;
    enum wp_hash_alg alg; /* of the folder being swept */
    const char *folder;
};

static bool is_young(const struct gc *g, const struct stat *st)
{
    return g->opts->min_age_s > 0 &&
           (st->st_mtime > g->now || (uint64_t)(g->now - (int64_t)st->st_mtime) < g->opts->min_age_s);
}

/* Half a graph is no ground for removing the rest. */
static int graph_problem(struct layout_graph *graph, enum layout_problem kind, const struct oci_desc *d,
                         const char *text, struct wp_err *err)
{
    const struct gc *g = graph->arg;
    if (kind == LAYOUT_MISSING || oci_mediatype_kind(d->media_type) == OCI_NOT_MANIFEST) {
        return 0;
    }
    char digest[OCI_DIGEST_TEXT];
    wp_fail(err, WP_E_INTEGRITY, "%s: what manifest %s needs cannot be told: %s", g->l->label,
            oci_digest_text(&d->digest, digest), text);
    return wp_hint(err, "pull it again or remove it; nothing was removed");
}

/* ---- marking ---- */

static void add_dependent(struct gc *g, const struct layout_entry *e, const struct oci_desc *d,
                          const struct oci_digest *subject)
{
    if (g->count == g->cap) {
        g->cap = g->cap == 0 ? 16 : 2 * g->cap;
        g->list = wp_xrealloc(g->list, g->cap, sizeof(*g->list));
    }
    g->list[g->count++] = (struct dependent){.entry = e, .desc = oci_desc_copy(&g->arena, d), .subject = *subject};
}

/* 1: an entry of the list of referrers depends on its subject; 0: nothing to follow */
static int listed_subject(struct gc *g, const struct oci_desc *d, struct oci_digest *ret, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_manifest m;
    if (oci_mediatype_kind(d->media_type) == OCI_NOT_MANIFEST) {
        return 0;
    }
    if (layout_manifest(g->l, d, &a, &m, NULL, err) < 0) {
        bool gone = err->code == WP_E_NOT_FOUND;
        return gone ? (wp_err_clear(err), 0) : graph_problem(&g->graph, LAYOUT_DAMAGED, d, err->msg, err);
    }
    if (m.subject == NULL) {
        return 0;
    }
    *ret = m.subject->digest;
    return 1;
}

/* The list under a fallback tag, and each manifest on it, depend on the subject. Something else under such a tag is an
 * ordinary name. */
static int add_list(struct gc *g, const struct layout_entry *e, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_manifest m;
    int n = layout_manifest(g->l, &e->desc, &a, &m, NULL, err);
    if (n < 0) {
        bool gone = err->code == WP_E_NOT_FOUND;
        return gone ? (wp_err_clear(err), 0) : graph_problem(&g->graph, LAYOUT_DAMAGED, &e->desc, err->msg, err);
    }
    if (m.kind != OCI_INDEX) {
        return layout_graph_add(&g->graph, &e->desc, e->name, err);
    }
    for (size_t i = 0; i < m.manifest_count; i++) {
        struct oci_digest subject;
        n = listed_subject(g, &m.manifests[i], &subject, err);
        if (n < 0) {
            return -1;
        }
        char tag[OCI_DIGEST_TEXT];
        if (n == 1 && wp_str_eq(oci_digest_referrers_tag(&subject, tag), e->tag)) {
            add_dependent(g, e, &m.manifests[i], &subject);
        }
    }
    return 0;
}

static bool entry_is_young(const struct gc *g, const struct layout_entry *e)
{
    WP_AUTO_FD int fd = -1;
    struct stat st;
    struct wp_err ignored = {0};
    return layout_blob_open(g->l, &e->desc.digest, &fd, &st, &ignored) == 1 && is_young(g, &st);
}

/* What such an entry leads to cannot be told, so nothing can be told to be in nobody's use. */
static int refuse_type(const struct gc *g, const struct layout_entry *e, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    return wp_fail(err, WP_E_UNSUPPORTED,
                   "%s: index.json names %s of type '%s', which is not known here; nothing was removed", g->l->label,
                   oci_digest_text(&e->desc.digest, text), e->desc.media_type);
}

static int add_entry(struct gc *g, const struct layout_entry *e, struct wp_err *err)
{
    if (oci_mediatype_kind(e->desc.media_type) == OCI_NOT_MANIFEST) {
        return refuse_type(g, e, err);
    }
    /* Somebody may be about to bring the subject. */
    bool young = (e->fallback || e->name == NULL) && entry_is_young(g, e);
    if (e->fallback && !young) {
        return add_list(g, e, err);
    }
    struct oci_digest subject;
    int n = e->name == NULL && !young ? layout_subject(g->l, g->index, &e->desc.digest, &subject, err) : 0;
    if (n < 0) {
        return -1;
    }
    if (n == 1) {
        add_dependent(g, e, &e->desc, &subject);
        return 0;
    }
    return layout_graph_add(&g->graph, &e->desc, e->name != NULL ? e->name : "index.json", err);
}

/* A referrer may itself be the subject of others: until nothing more is kept. */
static int keep_dependents(struct gc *g, struct wp_err *err)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < g->count; i++) {
            struct dependent *d = &g->list[i];
            if (d->kept || !layout_set_has(&g->graph.seen, &d->subject)) {
                continue;
            }
            d->kept = true;
            more = true;
            /* Only the list's own file: what stands on it is kept for its own sake. */
            if (d->entry->fallback) {
                layout_set_add(&g->graph.seen, &d->entry->desc.digest);
            }
            if (layout_graph_add(&g->graph, &d->desc, "index.json", err) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int mark(struct gc *g, struct wp_err *err)
{
    for (size_t i = 0; i < g->index->count; i++) {
        if (add_entry(g, &g->index->entries[i], err) < 0) {
            return -1;
        }
    }
    return keep_dependents(g, err);
}

/* ---- sweeping ---- */

static void count_removed(struct gc *g, const char *folder, const char *name, uint64_t bytes)
{
    WP_AUTO_FREE char *path = wp_xasprintf("%s/%s", folder, name);
    g->report->removed++;
    g->report->removed_bytes += bytes;
    if (g->fn != NULL) {
        g->fn(g->arg, path, bytes);
    }
}

static int remove_file(struct gc *g, int dir, const char *name, const struct stat *st, struct wp_err *err)
{
    if (!g->opts->dry_run && unlinkat(dir, name, 0) < 0 && errno != ENOENT) {
        return wp_fs_fail(err, errno, "cannot remove '%s/%s/%s'", g->l->path, g->folder, name);
    }
    count_removed(g, g->folder, name, (uint64_t)st->st_size);
    return 0;
}

static int sweep_blob(void *arg, int dir, const char *name, const struct stat *st, struct wp_err *err)
{
    struct gc *g = arg;
    struct oci_digest digest;
    if (wp_job_check(g->opts->job, err) < 0) {
        return -1;
    }
    /* Other tools' temporary files are not ours to judge: fsck names them. */
    if (!S_ISREG(st->st_mode) || !layout_blob_name(g->alg, name, &digest)) {
        return 0;
    }
    if (layout_set_has(&g->graph.seen, &digest) || is_young(g, st)) {
        g->report->kept++;
        g->report->kept_bytes += (uint64_t)st->st_size;
        return 0;
    }
    return remove_file(g, dir, name, st, err);
}

static int sweep_part(void *arg, int dir, const char *name, const struct stat *st, struct wp_err *err)
{
    struct gc *g = arg;
    if (!S_ISREG(st->st_mode) || is_young(g, st) || !layout_file_idle(dir, name)) {
        return 0;
    }
    g->report->parts++;
    return remove_file(g, dir, name, st, err);
}

static int sweep(struct gc *g, struct wp_err *err)
{
    static const enum wp_hash_alg algs[] = {WP_SHA256, WP_SHA512};
    for (size_t i = 0; i < WP_ARRAY_LEN(algs); i++) {
        g->alg = algs[i];
        g->folder = layout_blob_folder(algs[i]);
        int dir = layout_blob_dir(g->l, algs[i], false, err);
        if (dir < 0 && err->code != WP_E_NOT_FOUND) {
            return -1;
        }
        wp_err_clear(err);
        if (dir >= 0 && layout_each_file(dir, g->folder, sweep_blob, g, err) < 0) {
            return -1;
        }
    }
    g->folder = ".wpack/part";
    if (layout_each_file(g->l->part, g->folder, sweep_part, g, err) < 0) {
        return -1;
    }
    g->folder = ".wpack/tmp";
    return layout_each_file(g->l->tmp, g->folder, sweep_part, g, err) < 0 ? -1 : 0;
}

/* Entries that nothing keeps leave index.json before their files go. */
static int drop_entries(struct gc *g, struct wp_err *err)
{
    LAYOUT_AUTO_DRAFT struct layout_draft dr;
    layout_draft_init(&dr, g->index);
    for (size_t i = 0; i < g->index->count; i++) {
        const struct layout_entry *e = &g->index->entries[i];
        if (layout_set_has(&g->graph.seen, &e->desc.digest)) {
            continue;
        }
        if (e->name == NULL || e->fallback) {
            layout_draft_drop_at(&dr, i);
        }
    }
    return g->opts->dry_run ? 0 : layout_draft_write(g->l, &dr, err);
}

/* 0 done, 1 index.json has changed meanwhile, -1 */
static int attempt(struct gc *g, struct wp_err *err)
{
    LAYOUT_AUTO_INDEX struct layout_index_ref index = {.l = g->l};
    if (layout_index_get(g->l, &index.x, err) < 0) {
        return -1;
    }
    g->index = index.x;
    if (!index.x->present) {
        return wp_fail(err, WP_E_INTEGRITY, "%s: index.json is missing; nothing was removed", g->l->label);
    }
    if (mark(g, err) < 0) {
        return -1;
    }
    if (!layout_index_current(g->l, g->index)) {
        return 1;
    }
    return drop_entries(g, err) < 0 || sweep(g, err) < 0 ? -1 : 0;
}

static int run(struct gc *g, struct wp_err *err)
{
    LAYOUT_AUTO_EDIT struct layout_edit edit = {.l = NULL};
    if (layout_edit_begin(g->l, &edit, err) < 0) {
        return -1;
    }
    int n = 1;
    for (int tries = 0; n == 1 && tries < TRIES; tries++) {
        g->graph = (struct layout_graph){.l = g->l, .job = g->opts->job, .problem = graph_problem, .arg = g};
        g->arena = (struct wp_arena)WP_ARENA_INIT;
        g->count = 0;
        n = attempt(g, err);
        layout_graph_done(&g->graph);
        wp_arena_done(&g->arena);
    }
    if (n == 1) {
        return wp_fail(err, WP_E_OTHER, "%s: another program keeps changing index.json; nothing was removed",
                       g->l->label);
    }
    return n;
}

int oci_layout_gc(struct oci_store *s, const struct oci_gc_opts *opts,
                  void (*fn)(void *arg, const char *path, uint64_t bytes), void *arg, struct oci_gc_report *ret,
                  struct wp_err *err)
{
    struct layout *l = layout_of(s, "be cleaned", err);
    if (l == NULL) {
        return -1;
    }
    if ((l->flags & OCI_LAYOUT_WRITE) == 0) {
        return wp_fail(err, WP_E_UNSUPPORTED, "%s is open for reading only", l->label);
    }
    if (layout_settle(l, err) < 0 || layout_alone_begin(l, opts->job, err) < 0) {
        return -1;
    }
    struct oci_gc_report report = {0};
    struct gc g = {.l = l, .opts = opts, .fn = fn, .arg = arg, .report = &report, .now = wp_time_now()};
    int n = run(&g, err);
    layout_alone_end(l);
    free(g.list);
    if (n == 0) {
        *ret = report;
    }
    return n;
}
