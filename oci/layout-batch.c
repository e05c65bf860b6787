/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are written and proven and wait for fsync and name. Together they cost one turn of the disk, not one each:
 * writing out begins for all before the first fsync waits, and fsyncs that wait side by side share the journal's
 * commits and the disk's flushes. This handle sees them all the while: who asks for one of them settles all. */
#include "base/mem.h"
#include "base/pool.h"
#include "oci/layout-int.h"

#include <errno.h>
#include <fcntl.h>

enum { BATCH = 64, SYNCS = 16 };

struct layout_batch {
    size_t count;
    struct layout_file files[BATCH];
    struct oci_digest digests[BATCH];
};

/* b may be NULL. */
struct leave {
    struct layout *l;
    struct layout_batch *b;
};

static int sync_birth(struct layout *l, struct wp_err *err)
{
    WP_AUTO_FREE char *shown = layout_shown(l, LAYOUT_MARK);
    if (!l->birth.synced && wp_fs_sync(l->birth.fd, shown, err) < 0) {
        return -1;
    }
    l->birth.synced = true;
    return 0;
}

static int name_birth(struct layout *l, struct wp_err *err)
{
    if (renameat(l->birth.dir, l->birth.name, l->root, LAYOUT_MARK) < 0) {
        return wp_fs_fail(err, errno, "cannot make '%s/" LAYOUT_MARK "'", l->path);
    }
    l->birth.keep = true;
    layout_file_drop_p(&l->birth);
    return 0;
}

static int sync_one(void *arg, size_t i, struct wp_err *err)
{
    const struct leave *leave = arg;
    struct layout_batch *b = leave->b;
    return b != NULL && i < b->count ? layout_file_sync(&b->files[i], &b->digests[i], err) : sync_birth(leave->l, err);
}

/* Names in the order in which somebody else may look: what this is, then what it holds. */
static int publish_all(struct layout *l, struct layout_batch *b, struct wp_err *err)
{
    bool birth = l->birth.fd >= 0;
    size_t count = b != NULL ? b->count : 0;
    struct leave leave = {.l = l, .b = b};
    if (wp_pool_run(SYNCS, count + birth, sync_one, &leave, err) < 0 || (birth && name_birth(l, err) < 0)) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (layout_file_name(&b->files[i], &b->digests[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static void batch_free(WP_OWN struct layout_batch *b)
{
    for (size_t i = 0; b != NULL && i < b->count; i++) {
        layout_file_drop_p(&b->files[i]);
    }
    free(b);
}

int layout_settle(struct layout *l, struct wp_err *err)
{
    /* Whoever finds nothing waiting must not return before the thread that is just publishing it. */
    pthread_mutex_lock(&l->settling);
    pthread_mutex_lock(&l->mutex);
    struct layout_batch *b = l->leaving = WP_STEAL(l->waiting);
    pthread_mutex_unlock(&l->mutex);
    int n = publish_all(l, b, err);
    pthread_mutex_lock(&l->mutex);
    l->leaving = NULL;
    pthread_mutex_unlock(&l->mutex);
    batch_free(b);
    pthread_mutex_unlock(&l->settling);
    return n;
}

int layout_bear(struct layout *l, struct wp_err *err)
{
    pthread_mutex_lock(&l->settling);
    int n = l->birth.fd < 0 ? 0 : publish_all(l, NULL, err);
    pthread_mutex_unlock(&l->settling);
    return n;
}

int layout_publish_later(struct layout *l, struct layout_file *f, const struct oci_digest *digest, struct wp_err *err)
{
    /* The disk begins now, behind the back of what is still to come; an error shows at fsync. */
    (void)sync_file_range(f->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    pthread_mutex_lock(&l->mutex);
    while (l->waiting != NULL && l->waiting->count == BATCH) {
        pthread_mutex_unlock(&l->mutex);
        if (layout_settle(l, err) < 0) {
            return -1;
        }
        pthread_mutex_lock(&l->mutex);
    }
    if (l->waiting == NULL) {
        l->waiting = wp_xcalloc(1, sizeof(*l->waiting));
    }
    struct layout_batch *b = l->waiting;
    b->files[b->count] = *f;
    b->digests[b->count++] = *digest;
    f->fd = -1;
    pthread_mutex_unlock(&l->mutex);
    return 0;
}

static bool holds(const struct layout_batch *b, const struct oci_digest *digest)
{
    for (size_t i = 0; b != NULL && i < b->count; i++) {
        if (oci_digest_equal(&b->digests[i], digest)) {
            return true;
        }
    }
    return false;
}

bool layout_waits(struct layout *l, const struct oci_digest *digest)
{
    pthread_mutex_lock(&l->mutex);
    bool waits = holds(l->waiting, digest) || holds(l->leaving, digest);
    pthread_mutex_unlock(&l->mutex);
    return waits;
}
