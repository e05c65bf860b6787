/* SPDX-License-Identifier: Apache-2.0
 *
 * The folders of a layout and their locks (oci/layout-int.h): finding or making a layout, blobs/<alg>/, durability of
 * names in batches, the content lock and the lock on index.json. */
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "oci/layout-int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define OCI_LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"
#define LOCK_CONTENT    0
#define LOCK_INDEX      1

char *layout_shown(const struct layout *l, const char *name)
{
    return wp_xasprintf("%s/%s", l->path, name);
}

/* ---- what is there ---- */

int layout_dir_check(struct layout *l, struct wp_err *err)
{
    WP_AUTO_FREE char *shown = layout_shown(l, LAYOUT_MARK);
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    if (wp_fs_read_at(l->root, LAYOUT_MARK, WP_LIMIT_TOKEN_BODY, shown, &text, err) < 0) {
        if (err->code == WP_E_NOT_FOUND) {
            wp_fail(err, WP_E_NOT_FOUND, "'%s' has no oci-layout file", l->path);
            return wp_hint(err, "name a folder that holds an OCI image layout");
        }
        return -1;
    }
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(wp_buf_span(&text), shown, false, WP_E_INTEGRITY, &doc, err) < 0) {
        return wp_hint(err, "the file was cut short or overwritten; it should read %s", OCI_LAYOUT_TEXT);
    }
    struct wp_json root = wp_json_root(doc);
    struct wp_json at = wp_json_get(&root, "imageLayoutVersion");
    const char *version = NULL;
    if (wp_json_str(&at, &version, err) < 0) {
        return -1;
    }
    if (!wp_str_starts(version, "1.")) {
        return wp_fail(err, WP_E_UNSUPPORTED, "'%s': layout version '%s' is not known (1.0.0 is)", shown, version);
    }
    return 0;
}

/* Only what a creation of ours that was cut short leaves, or a fresh file system holds. */
static int check_empty(struct layout *l, struct wp_err *err)
{
    int fd = openat(l->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        int errnum = errno;
        wp_close_p(&fd);
        return wp_fs_fail(err, errnum, "cannot list '%s'", l->path);
    }
    static const char *const allowed[] = {".", "..", ".wpack", "blobs", "lost+found", LAYOUT_MARK, "index.json"};
    char odd[NAME_MAX + 1] = "";
    for (struct dirent *e = readdir(dir); e != NULL && odd[0] == '\0'; e = readdir(dir)) {
        bool fine = false;
        for (size_t i = 0; i < WP_ARRAY_LEN(allowed); i++) {
            fine = fine || wp_str_eq(e->d_name, allowed[i]);
        }
        if (!fine) {
            (void)snprintf(odd, sizeof(odd), "%s", e->d_name);
        }
    }
    (void)closedir(dir);
    if (odd[0] != '\0') {
        wp_fail(err, WP_E_EXISTS, "'%s' is no OCI layout and holds other files ('%s')", l->path, odd);
        return wp_hint(err, "name an empty or a new folder");
    }
    return 0;
}

/* ---- making it ---- */

static int make_folder(struct layout *l, int at, const char *name, const char *shown_name, struct wp_err *err)
{
    WP_AUTO_FREE char *shown = layout_shown(l, shown_name);
    if (mkdirat(at, name, 0777) < 0 && errno != EEXIST) {
        return wp_fs_fail(err, errno, "cannot make folder '%s'", shown);
    }
    return wp_fs_open_beneath(at, name, O_RDONLY | O_DIRECTORY, 0, shown, err);
}

static int open_workspace(struct layout *l, struct wp_err *err)
{
    WP_AUTO_FD int dir = make_folder(l, l->root, ".wpack", ".wpack", err);
    if (dir < 0) {
        return -1;
    }
    WP_AUTO_FREE char *shown = layout_shown(l, ".wpack/lock");
    l->lock = wp_fs_open_beneath(dir, "lock", O_RDWR | O_CREAT | O_NOCTTY, 0666, shown, err);
    if (l->lock < 0) {
        return -1;
    }
    l->tmp = make_folder(l, dir, "tmp", ".wpack/tmp", err);
    l->part = l->tmp < 0 ? -1 : make_folder(l, dir, "part", ".wpack/part", err);
    return l->part < 0 ? -1 : 0;
}

static bool lacks(const struct layout *l, const char *name)
{
    return faccessat(l->root, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

/* oci-layout first, index.json last: what lacks the last step reads as an empty layout. */
int layout_dir_finish(struct layout *l, struct wp_err *err)
{
    static const char empty[] = "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MT_INDEX "\",\"manifests\":[]}";
    if (!lacks(l, "index.json") && !lacks(l, LAYOUT_MARK)) {
        return 0;
    }
    LAYOUT_AUTO_EDIT struct layout_edit edit = {.l = NULL};
    if (layout_edit_begin(l, &edit, err) < 0) {
        return -1;
    }
    if (lacks(l, LAYOUT_MARK) && layout_put_root(l, LAYOUT_MARK, wp_span_str(OCI_LAYOUT_TEXT), err) < 0) {
        return -1;
    }
    return lacks(l, "index.json") ? layout_put_root(l, "index.json", wp_span_str(empty), err) : 0;
}

static int fill_new(struct layout *l, struct wp_err *err)
{
    if (layout_blob_dir(l, WP_SHA256, true, err) < 0) {
        return -1;
    }
    if ((l->flags & OCI_LAYOUT_LATE) == 0) {
        return layout_dir_finish(l, err) < 0 ? -1 : layout_flush(l, -1, NULL, err);
    }
    if (!lacks(l, LAYOUT_MARK)) {
        return 0;
    }
    WP_AUTO_FREE char *shown = layout_shown(l, LAYOUT_MARK);
    if (layout_temp(l, &l->birth, err) < 0) {
        return -1;
    }
    return wp_write_all(l->birth.fd, OCI_LAYOUT_TEXT, strlen(OCI_LAYOUT_TEXT), shown, err);
}

int layout_dir_open(struct layout *l, struct wp_err *err)
{
    bool create = (l->flags & OCI_LAYOUT_CREATE) != 0;
    if (create && wp_fs_mkdirs_later(l->path, &l->later, err) < 0) {
        return -1;
    }
    l->root = wp_fs_open_dir(l->path, err);
    if (l->root < 0) {
        return -1;
    }
    int found = layout_dir_check(l, err);
    bool fresh = found < 0 && err->code == WP_E_NOT_FOUND && create;
    if (found < 0 && (!fresh || check_empty(l, err) < 0)) {
        return -1;
    }
    wp_err_clear(err);
    if ((l->flags & OCI_LAYOUT_WRITE) == 0) {
        return 0;
    }
    if (open_workspace(l, err) < 0) {
        return -1;
    }
    if ((l->flags & OCI_LAYOUT_LOCK_OPS) == 0 && wp_fs_lock(l->lock, LOCK_CONTENT, false, true, NULL, err) < 0) {
        return -1;
    }
    return create ? fill_new(l, err) : 0;
}

/* ---- blobs/<alg>/ ---- */

static int open_blob_dir(struct layout *l, enum wp_hash_alg alg, bool create, struct wp_err *err)
{
    const char *name = oci_digest_alg_name(alg);
    char path[OCI_BLOB_PATH];
    (void)snprintf(path, sizeof(path), "blobs/%s", name);
    if (create) {
        WP_AUTO_FD int blobs = make_folder(l, l->root, "blobs", "blobs", err);
        if (blobs < 0) {
            return -1;
        }
        int fd = make_folder(l, blobs, name, path, err);
        /* Also where they are there: whoever made them may have ended before this. */
        wp_fs_later_add(&l->later, l->root, false, l->path);
        wp_fs_later_add(&l->later, wp_steal_fd(&blobs), true, l->path);
        return fd;
    }
    WP_AUTO_FREE char *shown = layout_shown(l, path);
    return wp_fs_open_beneath(l->root, path, O_RDONLY | O_DIRECTORY, 0, shown, err);
}

int layout_blob_dir(struct layout *l, enum wp_hash_alg alg, bool create, struct wp_err *err)
{
    if (alg != WP_SHA256 && alg != WP_SHA512) {
        return wp_fail(err, WP_E_INPUT, "%s: a descriptor without a digest", l->label);
    }
    pthread_mutex_lock(&l->mutex);
    if (l->blobs[alg] < 0) {
        l->blobs[alg] = open_blob_dir(l, alg, create, err);
    }
    int fd = l->blobs[alg];
    pthread_mutex_unlock(&l->mutex);
    return fd;
}

void layout_blob_dir_touched(struct layout *l, enum wp_hash_alg alg)
{
    pthread_mutex_lock(&l->mutex);
    l->unsynced[alg] = true;
    pthread_mutex_unlock(&l->mutex);
}

/* What is unsynced, as far as this handle knows. */
static struct wp_fs_later take_unsynced(struct layout *l)
{
    pthread_mutex_lock(&l->mutex);
    struct wp_fs_later now = l->later;
    l->later = (struct wp_fs_later){0};
    for (size_t alg = 1; alg < LAYOUT_ALGS; alg++) {
        if (l->unsynced[alg]) {
            wp_fs_later_add(&now, l->blobs[alg], false, l->path);
            l->unsynced[alg] = false;
        }
    }
    pthread_mutex_unlock(&l->mutex);
    return now;
}

static void give_back(struct layout *l, struct wp_fs_later *now)
{
    pthread_mutex_lock(&l->mutex);
    for (size_t i = 0; i < now->count; i++) {
        const struct wp_fs_later_row *row = &now->rows[i];
        wp_fs_later_add(&l->later, row->fd, row->own, row->shown);
        now->rows[i].own = false;
    }
    pthread_mutex_unlock(&l->mutex);
}

int layout_flush(struct layout *l, int fd, const char *shown, struct wp_err *err)
{
    /* Whoever finds nothing to sync must not return before the thread that is just syncing it. */
    pthread_mutex_lock(&l->flushing);
    struct wp_fs_later now = take_unsynced(l);
    size_t folders = now.count;
    if (fd >= 0) {
        wp_fs_later_add(&now, fd, false, shown);
    }
    int n = wp_fs_later_sync(&now, err);
    if (n < 0) {
        wp_fs_later_cut(&now, folders);
        give_back(l, &now);
    }
    pthread_mutex_unlock(&l->flushing);
    wp_fs_later_done(&now);
    return n;
}

/* ---- locks ---- */

int layout_enter(struct layout *l, struct wp_job *job, struct layout_guard *g, struct wp_err *err)
{
    if ((l->flags & OCI_LAYOUT_WRITE) == 0) {
        return wp_fail(err, WP_E_UNSUPPORTED, "%s is open for reading only", l->label);
    }
    if ((l->flags & OCI_LAYOUT_LOCK_OPS) == 0) {
        return 0;
    }
    WP_AUTO_FREE char *shown = layout_shown(l, ".wpack/lock");
    int fd = wp_fs_open_beneath(l->root, ".wpack/lock", O_RDWR | O_CREAT | O_NOCTTY, 0666, shown, err);
    if (fd < 0) {
        return -1;
    }
    g->fd = fd;
    return wp_fs_lock(fd, LOCK_CONTENT, false, true, job, err) < 0 ? -1 : 0;
}

void layout_leave_p(struct layout_guard *g)
{
    wp_close_p(&g->fd);
}

int layout_edit_begin(struct layout *l, struct layout_edit *e, struct wp_err *err)
{
    pthread_mutex_lock(&l->edit);
    if (wp_fs_lock(l->lock, LOCK_INDEX, true, true, NULL, err) < 0) {
        pthread_mutex_unlock(&l->edit);
        return -1;
    }
    e->l = l;
    return 0;
}

void layout_edit_end_p(struct layout_edit *e)
{
    if (e->l != NULL) {
        wp_fs_unlock(e->l->lock, LOCK_INDEX);
        pthread_mutex_unlock(&e->l->edit);
        e->l = NULL;
    }
}

int layout_alone_begin(struct layout *l, struct wp_job *job, struct wp_err *err)
{
    /* Two handles that both turn their shared lock into an exclusive one would wait for each other for ever. */
    wp_fs_unlock(l->lock, LOCK_CONTENT);
    if (wp_fs_lock(l->lock, LOCK_CONTENT, true, true, job, err) < 0) {
        layout_alone_end(l);
        return -1;
    }
    return 0;
}

void layout_alone_end(struct layout *l)
{
    struct wp_err ignored = {0};
    if ((l->flags & OCI_LAYOUT_LOCK_OPS) != 0 || wp_fs_lock(l->lock, LOCK_CONTENT, false, true, NULL, &ignored) < 0) {
        wp_fs_unlock(l->lock, LOCK_CONTENT);
    }
}
