/* SPDX-License-Identifier: Apache-2.0
 *
 * Checking a layout: every blob is hashed, everything that index.json reaches is followed. Nothing is changed. Each
 * damaged or missing blob is told once, with the one who needs it where somebody does. */
#include "base/fs.h"
#include "base/mem.h"
#include "oci/layout-int.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* So often the names are followed anew when they change below us. */
enum { TRIES = 20 };

struct lost {
    struct oci_digest digest;
    char *text;
};

struct fsck {
    struct layout *l;
    struct wp_job *job;
    struct wp_item *item;
    oci_fsck_fn *fn;
    void *arg;
    struct oci_fsck_report *report;
    struct layout_set intact;
    struct layout_set told;
    struct lost *lost; /* missing, as far as is known */
    size_t lost_count, lost_cap;
    enum wp_hash_alg alg; /* of the folder being read */
    const char *folder;
    uint64_t total;
};

static void tell(struct fsck *f, const char *path, const char *problem)
{
    if (f->fn != NULL) {
        f->fn(f->arg, path, problem);
    }
}

static void stray(struct fsck *f, const char *folder, const char *name)
{
    WP_AUTO_FREE char *path = wp_xasprintf("%s%s%s", folder, folder[0] != '\0' ? "/" : "", name);
    f->report->strays++;
    tell(f, path, "does not belong to a layout");
}

static void damaged(struct fsck *f, const struct oci_digest *digest, const char *problem)
{
    if (layout_set_add(&f->told, digest)) {
        char path[OCI_BLOB_PATH];
        f->report->damaged++;
        tell(f, oci_digest_blob_path(digest, path), problem);
    }
}

/* ---- blobs ---- */

static int hash_blob(void *arg, int dir, const char *name, const struct stat *st, struct wp_err *err)
{
    struct fsck *f = arg;
    struct oci_digest digest;
    if (!S_ISREG(st->st_mode) || !layout_blob_name(f->alg, name, &digest)) {
        stray(f, f->folder, name);
        return 0;
    }
    WP_AUTO_FREE char *path = wp_xasprintf("%s/%s", f->folder, name);
    WP_AUTO_FREE char *shown = layout_shown(f->l, path);
    WP_AUTO_FD int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return 0;
    }
    if (fd < 0) {
        return wp_fs_fail(err, errno, "cannot open '%s'", shown);
    }
    struct oci_digest got;
    if (layout_hash_fd(fd, f->alg, shown, f->job, f->item, &got, err) < 0) {
        /* A disk that cannot be read is what this is here to find. */
        if (err->code != WP_E_IO) {
            return -1;
        }
        damaged(f, &digest, err->msg);
        wp_err_clear(err);
        return 0;
    }
    f->report->blobs++;
    f->report->bytes += (uint64_t)st->st_size;
    if (!oci_digest_equal(&got, &digest)) {
        char text[OCI_DIGEST_TEXT];
        WP_AUTO_FREE char *problem =
            wp_xasprintf("content does not match, its digest is %s", oci_digest_text(&got, text));
        damaged(f, &digest, problem);
        return 0;
    }
    layout_set_add(&f->intact, &digest);
    return 0;
}

static int add_size(void *arg, int dir, const char *name, const struct stat *st, struct wp_err *err)
{
    (void)dir;
    (void)name;
    (void)err;
    struct fsck *f = arg;
    f->total += S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
    return 0;
}

static int each_blob(struct fsck *f, layout_file_fn *fn, struct wp_err *err)
{
    static const enum wp_hash_alg algs[] = {WP_SHA256, WP_SHA512};
    for (size_t i = 0; i < WP_ARRAY_LEN(algs); i++) {
        f->alg = algs[i];
        f->folder = layout_blob_folder(algs[i]);
        int dir = layout_blob_dir(f->l, algs[i], false, err);
        if (dir < 0 && err->code != WP_E_NOT_FOUND) {
            return -1;
        }
        wp_err_clear(err);
        WP_AUTO_FREE char *shown = layout_shown(f->l, f->folder);
        if (dir >= 0 && layout_each_file(dir, shown, fn, f, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- other files ---- */

static int root_file(void *arg, int dir, const char *name, const struct stat *st, struct wp_err *err)
{
    (void)dir;
    (void)st;
    (void)err;
    static const char *const known[] = {"oci-layout", "index.json", "blobs", ".wpack", "lost+found"};
    for (size_t i = 0; i < WP_ARRAY_LEN(known); i++) {
        if (wp_str_eq(name, known[i])) {
            return 0;
        }
    }
    stray(arg, "", name);
    return 0;
}

static int blobs_file(void *arg, int dir, const char *name, const struct stat *st, struct wp_err *err)
{
    (void)dir;
    (void)st;
    (void)err;
    enum wp_hash_alg alg;
    if (!oci_digest_alg_parse(name, &alg)) {
        stray(arg, "blobs", name);
    }
    return 0;
}

static int part_file(void *arg, int dir, const char *name, const struct stat *st, struct wp_err *err)
{
    (void)dir;
    (void)name;
    (void)st;
    (void)err;
    struct fsck *f = arg;
    f->report->parts++;
    return 0;
}

static int each_in(struct fsck *f, const char *folder, layout_file_fn *fn, struct wp_err *err)
{
    WP_AUTO_FREE char *shown = layout_shown(f->l, folder);
    WP_AUTO_FD int dir = wp_fs_open_beneath(f->l->root, folder, O_RDONLY | O_DIRECTORY, 0, shown, err);
    if (dir < 0) {
        if (err->code != WP_E_NOT_FOUND) {
            return -1;
        }
        wp_err_clear(err);
        return 0;
    }
    return layout_each_file(dir, shown, fn, f, err) < 0 ? -1 : 0;
}

static int check_files(struct fsck *f, struct wp_err *err)
{
    if (each_in(f, ".", root_file, err) < 0 || each_in(f, "blobs", blobs_file, err) < 0 ||
        each_in(f, ".wpack/part", part_file, err) < 0 || each_in(f, ".wpack/tmp", part_file, err) < 0) {
        return -1;
    }
    return 0;
}

/* ---- what is named ---- */

static void lost_clear(struct fsck *f)
{
    for (size_t i = 0; i < f->lost_count; i++) {
        free(f->lost[i].text);
    }
    f->lost_count = 0;
}

static void lost_add(struct fsck *f, const struct oci_digest *digest, const char *text)
{
    if (f->lost_count == f->lost_cap) {
        f->lost_cap = f->lost_cap == 0 ? 16 : 2 * f->lost_cap;
        f->lost = wp_xrealloc(f->lost, f->lost_cap, sizeof(*f->lost));
    }
    f->lost[f->lost_count++] = (struct lost){.digest = *digest, .text = wp_xstrdup(text)};
}

static void lost_tell(struct fsck *f)
{
    for (size_t i = 0; i < f->lost_count; i++) {
        if (layout_set_add(&f->told, &f->lost[i].digest)) {
            char path[OCI_BLOB_PATH];
            f->report->missing++;
            tell(f, oci_digest_blob_path(&f->lost[i].digest, path), f->lost[i].text);
        }
    }
}

static int graph_problem(struct layout_graph *g, enum layout_problem kind, const struct oci_desc *d, const char *text,
                         struct wp_err *err)
{
    (void)err;
    struct fsck *f = g->arg;
    if (kind == LAYOUT_DAMAGED) {
        damaged(f, &d->digest, text);
    } else {
        lost_add(f, &d->digest, text);
    }
    return 0;
}

/* 1: what is missing may have been removed in the meantime; removing changes index.json first */
static int follow_entries(struct fsck *f, struct layout_graph *g, struct wp_err *err)
{
    LAYOUT_AUTO_INDEX struct layout_index_ref index = {.l = f->l};
    if (layout_index_get(f->l, &index.x, err) < 0) {
        if (err->code != WP_E_INTEGRITY && err->code != WP_E_LIMIT) {
            return -1;
        }
        f->report->damaged++;
        tell(f, "index.json", err->msg);
        wp_err_clear(err);
        return 0;
    }
    if (!index.x->present) {
        f->report->missing++;
        tell(f, "index.json", "is missing");
    }
    for (size_t i = 0; i < index.x->count; i++) {
        const struct layout_entry *e = &index.x->entries[i];
        WP_AUTO_FREE char *by = e->name != NULL ? wp_xasprintf("index.json ('%s')", e->name) : wp_xstrdup("index.json");
        if (layout_graph_add(g, &e->desc, by, err) < 0) {
            return -1;
        }
    }
    return f->lost_count > 0 && !layout_index_current(f->l, index.x) ? 1 : 0;
}

static void count_unreachable(struct fsck *f, const struct layout_graph *g)
{
    for (size_t i = 0; i < f->intact.cap; i++) {
        if (f->intact.slots[i].alg != 0 && !layout_set_has(&g->seen, &f->intact.slots[i])) {
            f->report->unreachable++;
        }
    }
}

static int check_names(struct fsck *f, struct wp_err *err)
{
    for (int tries = 1;; tries++) {
        WP_CLEANUP(layout_graph_done)
        struct layout_graph g = {.l = f->l, .job = f->job, .problem = graph_problem, .arg = f};
        int n = follow_entries(f, &g, err);
        if (n != 1 || tries == TRIES) {
            count_unreachable(f, &g);
            lost_tell(f);
            return n < 0 ? -1 : 0;
        }
        lost_clear(f);
    }
}

static int check_head(struct fsck *f, struct wp_err *err)
{
    if (layout_dir_check(f->l, err) == 0) {
        return 0;
    }
    if (err->code == WP_E_NOT_FOUND) {
        f->report->missing++;
        tell(f, "oci-layout", "is missing");
    } else {
        f->report->damaged++;
        tell(f, "oci-layout", err->msg);
    }
    wp_err_clear(err);
    return 0;
}

static int check_all(struct fsck *f, struct wp_err *err)
{
    if (check_head(f, err) < 0 || each_blob(f, add_size, err) < 0) {
        return -1;
    }
    f->item = wp_item_begin(f->job, f->l->label, f->total);
    if (each_blob(f, hash_blob, err) < 0 || check_files(f, err) < 0 || check_names(f, err) < 0) {
        wp_item_end(f->item, WP_ITEM_FAILED);
        return -1;
    }
    wp_item_end(f->item, WP_ITEM_DONE);
    return 0;
}

int oci_layout_fsck(struct oci_store *s, struct wp_job *job, oci_fsck_fn *fn, void *arg, struct oci_fsck_report *ret,
                    struct wp_err *err)
{
    struct layout *l = layout_of(s, "be checked", err);
    if (l == NULL) {
        return -1;
    }
    LAYOUT_AUTO_GUARD struct layout_guard guard = LAYOUT_GUARD_INIT;
    if ((l->flags & OCI_LAYOUT_WRITE) != 0 && layout_enter(l, job, &guard, err) < 0) {
        return -1;
    }
    struct oci_fsck_report report = {0};
    struct fsck f = {.l = l, .job = job, .fn = fn, .arg = arg, .report = &report};
    int n = check_all(&f, err);
    layout_set_done(&f.intact);
    layout_set_done(&f.told);
    lost_clear(&f);
    free(f.lost);
    if (n == 0) {
        *ret = report;
    }
    return n;
}
