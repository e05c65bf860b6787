/* SPDX-License-Identifier: Apache-2.0
 *
 * Notary's configuration folder: the files of named trust stores, and of revocation lists (sign/notation-int.h). */
#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "sign/notation-int.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Of a folder, sorted. */
struct names {
    char **items;
    size_t count;
};

static void names_done(struct names *n)
{
    for (size_t i = 0; i < n->count; i++) {
        free(n->items[i]);
    }
    free(n->items);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(DIR *dir, const char *shown, struct names *ret, struct wp_err *err)
{
    const struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        if (wp_str_eq(entry->d_name, ".") || wp_str_eq(entry->d_name, "..")) {
            continue;
        }
        if (ret->count >= WP_LIMIT_TRUST_CERTIFICATES) {
            return wp_fail(err, WP_E_LIMIT, "'%s': more than %llu files", shown,
                           (unsigned long long)WP_LIMIT_TRUST_CERTIFICATES);
        }
        ret->items = wp_xrealloc(ret->items, ret->count + 1, sizeof(*ret->items));
        ret->items[ret->count++] = wp_xstrdup(entry->d_name);
    }
    if (ret->count > 1) {
        qsort(ret->items, ret->count, sizeof(*ret->items), by_name);
    }
    return 0;
}

static void close_dir_p(DIR **dir)
{
    if (*dir != NULL) {
        (void)closedir(*dir);
    }
}

/* The files of an open folder, appended to *list. Symlinks, folders and whatever else is there are refused: what is
 * trusted is written down where it is looked for. */
static int read_folder(struct sig_trust_files *f, int dirfd, const char *shown, const struct sig_store_file **list,
                       size_t *count, struct wp_err *err)
{
    WP_CLEANUP(names_done) struct names names = {0};
    WP_AUTO_FD int fd = dup(dirfd);
    WP_CLEANUP(close_dir_p) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        return wp_fs_fail(err, errno, "cannot read folder '%s'", shown);
    }
    (void)wp_steal_fd(&fd);
    if (read_names(dir, shown, &names, err) < 0) {
        return -1;
    }
    struct sig_store_file *more = wp_arena_alloc(&f->arena, *count + names.count + 1, sizeof(*more));
    if (*count > 0) {
        memcpy(more, *list, *count * sizeof(*more));
    }
    for (size_t i = 0; i < names.count; i++) {
        WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
        const char *name = wp_arena_printf(&f->arena, "%s/%s", shown, names.items[i]);
        if (wp_fs_read_at(dirfd, names.items[i], WP_LIMIT_KEY_FILE, name, &bytes, err) < 0) {
            return -1;
        }
        more[*count + i] =
            (struct sig_store_file){.name = name, .bytes = wp_arena_bytes(&f->arena, wp_buf_span(&bytes))};
    }
    *list = more;
    *count += names.count;
    return 0;
}

static const char *slash(const char *folder)
{
    size_t len = strlen(folder);
    return len > 0 && folder[len - 1] == '/' ? "" : "/";
}

/* Beneath the configuration, never through a symlink. One that is not there is empty. */
static int read_beneath(struct sig_trust_files *f, const char *path, const struct sig_store_file **list, size_t *count,
                        struct wp_err *err)
{
    const char *shown = wp_arena_printf(&f->arena, "%s%s%s", f->folder, slash(f->folder), path);
    WP_AUTO_FD int top = wp_fs_open_dir(f->folder, err);
    if (top < 0) {
        return -1;
    }
    WP_AUTO_FD int fd = wp_fs_open_beneath(top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, shown, err);
    if (fd < 0) {
        if (err->code != WP_E_NOT_FOUND) {
            return -1;
        }
        wp_err_clear(err);
        return 0;
    }
    return read_folder(f, fd, shown, list, count, err);
}

static bool store_name_ok(const char *name)
{
    static const char *const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    return *name != '\0' && name[strspn(name, letters)] == '\0' && !wp_str_eq(name, ".") && !wp_str_eq(name, "..");
}

int sig_trust_files_store(struct sig_trust_files *f, const char *text, struct sig_store_parts *parts,
                          struct wp_err *err)
{
    const struct {
        const char *type;
        const struct sig_store_file **list;
        size_t *count;
    } kinds[] = {
        {"ca", &parts->ca, &parts->ca_count},
        {"signingAuthority", &parts->authority, &parts->authority_count},
        {"tsa", &parts->tsa, &parts->tsa_count},
    };
    size_t len = strcspn(text, ":");
    for (size_t i = 0; text[len] == ':' && i < WP_ARRAY_LEN(kinds); i++) {
        if (strlen(kinds[i].type) != len || strncmp(kinds[i].type, text, len) != 0 || !store_name_ok(text + len + 1)) {
            continue;
        }
        size_t before = *kinds[i].count;
        const char *path = wp_arena_printf(&f->arena, "truststore/x509/%s/%s", kinds[i].type, text + len + 1);
        if (read_beneath(f, path, kinds[i].list, kinds[i].count, err) < 0) {
            return -1;
        }
        return *kinds[i].count > before
                   ? 0
                   : wp_fail(err, WP_E_INPUT, "there is no certificate in '%s%s%s'", f->folder, slash(f->folder), path);
    }
    return wp_fail(err, WP_E_INPUT, "'%s' names no trust store: ca:NAME, signingAuthority:NAME or tsa:NAME", text);
}

int sig_trust_files_crls(struct sig_trust_files *f, struct sig_store_parts *parts, struct wp_err *err)
{
    return read_beneath(f, "truststore/crl", &parts->crls, &parts->crl_count, err);
}
