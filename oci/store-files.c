/* SPDX-License-Identifier: Apache-2.0
 *
 * The files store (oci/files.h): its plan, and where each verb goes. What is in the plan is on disk, all else lives in
 * a memory store inside. */
#include "oci/store-files.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "oci/mediatype.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

static struct files_slot *find_slot(const struct files_store *f, const struct oci_digest *digest)
{
    struct files_slot *slot = f->slots;
    while (slot != NULL && !oci_digest_equal(&slot->desc.digest, digest)) {
        slot = slot->next;
    }
    return slot;
}

static int files_exists(struct oci_store *s, const struct oci_desc *d, bool proven, struct wp_err *err)
{
    struct files_store *f = WP_DOWNCAST(struct files_store, s);
    struct files_slot *slot = find_slot(f, &d->digest);
    if (slot == NULL) {
        return oci_store_exists(f->memory, d, proven, err);
    }
    if (d->size != OCI_SIZE_UNKNOWN && d->size != slot->desc.size) {
        return OCI_ABSENT;
    }
    /* A path is not made from its content: nothing less than the proof tells that it is there. */
    pthread_mutex_lock(&slot->lock);
    int n = files_look(f, slot, err);
    bool there = slot->state == FILES_STAGED || slot->state == FILES_PLACED;
    pthread_mutex_unlock(&slot->lock);
    if (n < 0) {
        return -1;
    }
    return there ? OCI_PRESENT : OCI_ABSENT;
}

static int files_fetch(struct oci_store *s, const struct oci_desc *d, uint64_t offset, struct wp_reader **ret,
                       struct wp_err *err)
{
    struct files_store *f = WP_DOWNCAST(struct files_store, s);
    struct files_slot *slot = find_slot(f, &d->digest);
    if (slot == NULL) {
        return oci_store_fetch(f->memory, d, offset, ret, err);
    }
    WP_AUTO_FD int fd = -1;
    pthread_mutex_lock(&slot->lock);
    int n = files_look(f, slot, err);
    n = n < 0 ? -1 : files_open_content(f, slot, &fd, err);
    pthread_mutex_unlock(&slot->lock);
    if (n < 0) {
        return -1;
    }
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&slot->desc.digest, text);
    if (offset > slot->desc.size || lseek(fd, (off_t)offset, SEEK_SET) < 0) {
        return wp_fail(err, WP_E_OTHER, "%s: %s has %" PRIu64 " bytes, cannot start at %" PRIu64, s->label, text,
                       slot->desc.size, offset);
    }
    *ret = wp_reader_fd(wp_steal_fd(&fd), text);
    return 0;
}

/* Small things only: a plan that leaves out a layer is no reason to hold it in memory. */
static int push_unplanned(struct files_store *f, const struct oci_desc *d, struct wp_source *src,
                          const struct oci_push_opts *opts, struct wp_err *err)
{
    bool manifest = oci_mediatype_kind(d->media_type) != OCI_NOT_MANIFEST;
    uint64_t limit = manifest ? WP_LIMIT_MANIFEST : WP_LIMIT_CONFIG;
    if (d->size > limit) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_LIMIT, "%s: %s is not among the files to be written and larger than %" PRIu64 " bytes",
                       f->base.label, oci_digest_text(&d->digest, text), limit);
    }
    return oci_store_push(f->memory, d, src, opts, err);
}

static int push_planned(struct files_store *f, struct files_slot *slot, struct wp_source *src,
                        const struct oci_push_opts *opts, struct wp_err *err)
{
    if (files_look(f, slot, err) < 0) {
        return -1;
    }
    if (slot->state == FILES_STAGED || slot->state == FILES_PLACED) {
        return 0;
    }
    const char *shown = NULL;
    for (size_t i = 0; i < f->entry_count; i++) {
        if (f->entries[i].slot != slot) {
            continue;
        }
        if (files_check_target(f, i, err) < 0) {
            return -1;
        }
        shown = shown == NULL ? f->entries[i].shown : shown;
    }
    if (files_part_fill(f, slot, shown, src, opts, err) < 0) {
        return -1;
    }
    slot->state = FILES_STAGED;
    return 0;
}

static int files_push(struct oci_store *s, const struct oci_desc *d, struct wp_source *src,
                      const struct oci_push_opts *opts, struct wp_err *err)
{
    struct files_store *f = WP_DOWNCAST(struct files_store, s);
    struct files_slot *slot = find_slot(f, &d->digest);
    if (slot == NULL) {
        return push_unplanned(f, d, src, opts, err);
    }
    if (d->size != OCI_SIZE_UNKNOWN && d->size != slot->desc.size) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_INTEGRITY, "%s: %s has %" PRIu64 " bytes in one place and %" PRIu64 " in another",
                       s->label, oci_digest_text(&d->digest, text), slot->desc.size, d->size);
    }
    pthread_mutex_lock(&slot->lock);
    int n = push_planned(f, slot, src, opts, err);
    pthread_mutex_unlock(&slot->lock);
    return n;
}

static int files_resolve(struct oci_store *s, const char *name, struct wp_arena *a, struct oci_desc *ret_desc,
                         struct wp_span *ret_bytes, struct wp_err *err)
{
    return oci_store_resolve(WP_DOWNCAST(struct files_store, s)->memory, name, a, ret_desc, ret_bytes, err);
}

static int files_each_name(struct oci_store *s, const char *repo, oci_name_fn *fn, void *arg, struct wp_err *err)
{
    return oci_store_each_name(WP_DOWNCAST(struct files_store, s)->memory, repo, fn, arg, err);
}

static int files_referrers(struct oci_store *s, const struct oci_desc *subject, oci_desc_fn *fn, void *arg,
                           struct wp_err *err)
{
    return oci_store_referrers(WP_DOWNCAST(struct files_store, s)->memory, subject, fn, arg, err);
}

/* Everything that can be known to fail fails here, before the first file gets its name. */
static int check_entry(struct files_store *f, size_t i, struct wp_err *err)
{
    struct files_slot *slot = f->entries[i].slot;
    if (files_look(f, slot, err) < 0) {
        return -1;
    }
    if (slot->state == FILES_MISSING) {
        char text[OCI_DIGEST_TEXT];
        return wp_fail(err, WP_E_NOT_FOUND, "cannot write '%s': its content %s has not arrived", f->entries[i].shown,
                       oci_digest_text(&slot->desc.digest, text));
    }
    return files_check_target(f, i, err);
}

static int with_slot(struct files_store *f, size_t i, int (*fn)(struct files_store *f, size_t i, struct wp_err *err),
                     struct wp_err *err)
{
    struct files_slot *slot = f->entries[i].slot;
    pthread_mutex_lock(&slot->lock);
    int n = fn(f, i, err);
    pthread_mutex_unlock(&slot->lock);
    return n;
}

static int files_bind(struct oci_store *s, const struct oci_binding *list, size_t n, unsigned flags, struct wp_err *err)
{
    struct files_store *f = WP_DOWNCAST(struct files_store, s);
    if ((flags & OCI_BIND_ATOMIC) != 0 && f->entry_count > 1) {
        return wp_fail(err, WP_E_UNSUPPORTED, "%s: several files cannot appear all at once", s->label);
    }
    for (size_t i = 0; i < f->entry_count; i++) {
        if (with_slot(f, i, check_entry, err) < 0) {
            return -1;
        }
    }
    if (oci_store_bind(f->memory, list, n, flags, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < f->entry_count; i++) {
        if (with_slot(f, i, files_place, err) < 0) {
            return -1;
        }
    }
    files_part_tidy(f);
    return 0;
}

static void files_close(struct oci_store *s)
{
    struct files_store *f = WP_DOWNCAST(struct files_store, s);
    files_part_tidy(f);
    for (struct files_slot *slot = f->slots; slot != NULL; slot = slot->next) {
        pthread_mutex_destroy(&slot->lock);
    }
    pthread_mutex_destroy(&f->lock);
    wp_close_p(&f->dirfd);
    oci_store_close(f->memory);
    wp_arena_done(&f->arena);
    free(f);
}

/* ---- the plan ---- */

static int clash(const char *a, const char *b, struct wp_err *err)
{
    if (wp_str_eq(a, b)) {
        return wp_fail(err, WP_E_INPUT, "two files are to be written as '%s'", a);
    }
    const char *upper = strlen(a) < strlen(b) ? a : b;
    const char *lower = upper == a ? b : a;
    if (wp_str_starts(lower, upper) && lower[strlen(upper)] == '/') {
        return wp_fail(err, WP_E_INPUT, "'%s' is to be a file and, for '%s', a folder", upper, lower);
    }
    return 0;
}

static int check_path(const struct files_store *f, const char *path, struct wp_err *err)
{
    const char *problem = wp_fs_path_problem(path);
    if (problem != NULL) {
        return wp_fail(err, WP_E_INPUT, "'%s' cannot be the name of a file: it %s", path, problem);
    }
    for (size_t i = 0; i < f->entry_count; i++) {
        if (clash(f->entries[i].path, path, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static struct files_slot *add_slot(struct files_store *f, const struct oci_desc *d)
{
    struct files_slot *slot = wp_arena_alloc(&f->arena, 1, sizeof(*slot));
    slot->next = f->slots;
    f->slots = slot;
    slot->desc = oci_desc_copy(&f->arena, d);
    pthread_mutex_init(&slot->lock, NULL);
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, text);
    *strchr(text, ':') = '-';
    memcpy(slot->part, text, sizeof(slot->part));
    return slot;
}

static int add_entry(struct files_store *f, const struct oci_files_entry *entry, const char *folder, struct wp_err *err)
{
    if (check_path(f, entry->path, err) < 0) {
        return -1;
    }
    if (entry->desc.digest.alg == 0 || entry->desc.size == OCI_SIZE_UNKNOWN) {
        return wp_fail(err, WP_E_INPUT, "'%s': digest and size of a file must be known", entry->path);
    }
    struct files_slot *slot = find_slot(f, &entry->desc.digest);
    if (slot == NULL) {
        slot = add_slot(f, &entry->desc);
    } else if (slot->desc.size != entry->desc.size) {
        return wp_fail(err, WP_E_INTEGRITY, "'%s': the same digest with two sizes, %" PRIu64 " and %" PRIu64 " bytes",
                       entry->path, slot->desc.size, entry->desc.size);
    }
    f->entries[f->entry_count++] = (struct files_entry){
        .path = wp_arena_str(&f->arena, entry->path),
        .shown = wp_str_eq(folder, ".") ? wp_arena_str(&f->arena, entry->path)
                                        : wp_arena_printf(&f->arena, "%s/%s", folder, entry->path),
        .slot = slot,
    };
    return 0;
}

int oci_files_open(const char *folder, const struct oci_files_entry *entries, size_t n,
                   const struct oci_files_opts *opts, struct oci_store **ret, struct wp_err *err)
{
    static const struct oci_store_ops ops = {
        .kind = "files",
        .exists = files_exists,
        .fetch = files_fetch,
        .push = files_push,
        .resolve = files_resolve,
        .bind = files_bind,
        .each_name = files_each_name,
        .referrers = files_referrers,
        .close = files_close,
    };
    struct files_store *f = wp_xcalloc(1, sizeof(*f));
    OCI_AUTO_STORE struct oci_store *s = &f->base;
    f->arena = (struct wp_arena)WP_ARENA_INIT;
    f->base = (struct oci_store){.ops = &ops, .label = wp_arena_str(&f->arena, folder)};
    f->no_clobber = opts != NULL && opts->no_clobber;
    f->mode = opts != NULL && opts->mode != 0 ? opts->mode : 0666;
    f->dirfd = f->lock_fd = f->part_fd = -1;
    pthread_mutex_init(&f->lock, NULL);
    f->memory = oci_memory_new(folder);
    f->entries = wp_arena_alloc(&f->arena, n, sizeof(*f->entries));
    for (size_t i = 0; i < n; i++) {
        if (add_entry(f, &entries[i], folder, err) < 0) {
            return -1;
        }
    }
    if (wp_fs_mkdirs(folder, err) < 0) {
        return -1;
    }
    f->dirfd = wp_fs_open_dir(folder, err);
    if (f->dirfd < 0) {
        return -1;
    }
    *ret = WP_STEAL(s);
    return 0;
}
