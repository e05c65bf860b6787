/* SPDX-License-Identifier: Apache-2.0
 *
 * From a path to what it names, never outside of the folder it starts from, whatever others do to the tree meanwhile:
 * by openat2 with RESOLVE_BENEATH, or component by component. The walk holds the folders it came through, so that ..
 * goes back to one of these and no text is ever resolved twice; a link is read and its text walked, absolute ones
 * lead out. */
#include "runtime-min/wasi-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRIES = 32 };

/* ---- openat2 ---- */

static int openat2_beneath(int root, const char *path, int flags, unsigned mode)
{
    const struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .mode = (flags & O_CREAT) != 0 ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    return fd >= 0 ? (int)fd : -errno;
}

bool wrt_wasi_has_openat2(void)
{
    /* A path that leads out is refused as such by whoever knows the call, whatever the folder is. */
    int fd = openat2_beneath(AT_FDCWD, "/", O_PATH, 0);
    if (fd >= 0) {
        close(fd);
    }
    return fd == -EXDEV;
}

/* ---- the walk ---- */

struct walk {
    int root;
    int held[WASI_DEPTH_MAX]; /* folders below root, the deepest last */
    unsigned depth, links;
    bool follow; /* the last component, too */
    bool parent; /* the last component is not looked at */
    char *at;    /* what is to do, in place->text */
    struct wrt_wasi_place *place;
};

static int here(const struct walk *k)
{
    return k->depth > 0 ? k->held[k->depth - 1] : k->root;
}

static void let_go(struct walk *k)
{
    while (k->depth > 0) {
        close(k->held[--k->depth]);
    }
}

/* The text of the link takes its name's place. end: behind the name, where its slashes or the end are. */
static int follow_link(struct walk *k, const char *name, const char *end, const char *rest)
{
    char link[WASI_PATH_MAX + 1];
    ssize_t n = readlinkat(here(k), name, link, sizeof link);
    if (n < 0) {
        return -errno;
    }
    size_t len = (size_t)n, rest_len = strlen(rest);
    if (++k->links > WASI_LINKS_MAX) {
        return -ELOOP;
    }
    if (len == 0) {
        return -ENOENT;
    }
    if (link[0] == '/') {
        return -EXDEV;
    }
    bool slash = end != rest || rest_len > 0;
    if (len + slash + rest_len > WASI_PATH_MAX) {
        return -ENAMETOOLONG;
    }
    char *text = k->place->text;
    memmove(text + len + slash, rest, rest_len + 1);
    memcpy(text, link, len);
    if (slash) {
        text[len] = '/';
    }
    k->at = text;
    return 0;
}

static int go_up(struct walk *k)
{
    if (k->depth == 0) {
        return -EXDEV;
    }
    close(k->held[--k->depth]);
    return 0;
}

/* Into the folder of this name, or where the link of this name leads. */
static int go_down(struct walk *k, const char *name, char *end, char *rest)
{
    int fd = openat(here(k), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
        int e = follow_link(k, name, end, rest);
        return e == -EINVAL ? -ENOTDIR : e;
    }
    if (fd < 0) {
        return -errno;
    }
    if (k->depth == WASI_DEPTH_MAX) {
        close(fd);
        return -ENAMETOOLONG;
    }
    k->held[k->depth++] = fd;
    k->at = rest;
    return 0;
}

static int arrive(struct walk *k, char *name, bool slash)
{
    struct wrt_wasi_place *p = k->place;
    p->name = name;
    p->slash = slash;
    p->dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    p->own = k->depth > 0;
    p->dir = here(k);
    k->depth -= k->depth > 0; /* that one is the place's now */
    return 1;
}

/* One component; 1: arrived. */
static int step(struct walk *k)
{
    char *name = k->at + strspn(k->at, "/");
    if (*name == 0) { /* "a/.." and "." end here: the folder itself */
        memcpy(k->place->text, ".", 2);
        return arrive(k, k->place->text, false);
    }
    char *end = name + strcspn(name, "/");
    char *rest = end + strspn(end, "/");
    bool last = *rest == 0, slash = end != rest;
    *end = 0;
    if (last && k->parent) {
        return arrive(k, name, slash);
    }
    if (strcmp(name, ".") == 0) {
        k->at = rest;
        return 0;
    }
    if (strcmp(name, "..") == 0) {
        k->at = rest;
        return go_up(k);
    }
    if (!last) {
        return go_down(k, name, end, rest);
    }
    int e = k->follow || slash ? follow_link(k, name, end, rest) : -EINVAL;
    return e == -EINVAL || e == -ENOENT ? arrive(k, name, slash) : e;
}

static int walk(int root, const char *path, bool follow, bool parent, struct wrt_wasi_place *ret)
{
    size_t len = strlen(path);
    if (len > WASI_PATH_MAX) {
        return -ENAMETOOLONG;
    }
    if (len == 0 || path[0] == '/') {
        return len == 0 ? -ENOENT : -EXDEV;
    }
    *ret = (struct wrt_wasi_place){.dir = -1};
    memcpy(ret->text, path, len + 1);
    struct walk k = {.root = root, .follow = follow, .parent = parent, .at = ret->text, .place = ret};
    int e = 0;
    while (e == 0) {
        e = step(&k);
    }
    let_go(&k);
    return e < 0 ? e : 0;
}

static int walk_open(int root, const char *path, int flags, unsigned mode)
{
    const int make = O_CREAT | O_EXCL;
    bool follow = (flags & O_NOFOLLOW) == 0 && (flags & make) != make;
    int fd = -ELOOP;
    for (int i = 0; fd == -ELOOP && i < TRIES; i++) {
        struct wrt_wasi_place place;
        int e = walk(root, path, follow, false, &place);
        if (e != 0) {
            return e;
        }
        if (place.slash && (flags & O_CREAT) != 0) {
            fd = -EISDIR;
        } else {
            fd = openat(place.dir, place.name, flags | O_NOFOLLOW | O_CLOEXEC | (place.slash ? O_DIRECTORY : 0), mode);
            fd = fd < 0 ? -errno : fd;
        }
        wrt_wasi_place_done(&place);
        if (!follow) { /* else: a link appeared since it was looked at */
            break;
        }
    }
    return fd;
}

/* ---- both ---- */

int wrt_wasi_beneath(bool walking, int root, const char *path, int flags, unsigned mode)
{
    int fd = -EAGAIN;
    /* EAGAIN: something was renamed meanwhile and a .. could not be judged. */
    for (int i = 0; !walking && (fd == -EAGAIN || fd == -EINTR) && i < TRIES; i++) {
        fd = openat2_beneath(root, path, flags, mode);
    }
    return walking || fd == -EAGAIN || fd == -EINTR ? walk_open(root, path, flags, mode) : fd;
}

int wrt_wasi_parent(bool walking, int root, const char *path, struct wrt_wasi_place *ret)
{
    size_t len = strlen(path);
    if (walking || len == 0 || len > WASI_PATH_MAX || path[0] == '/') {
        int e = walk(root, path, false, true, ret);
        if (e == 0 && ret->slash) {
            ret->name[strlen(ret->name)] = '/'; /* one at least stood there */
        }
        return e;
    }
    *ret = (struct wrt_wasi_place){.dir = root};
    memcpy(ret->text, path, len + 1);
    size_t end = len;
    while (ret->text[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && ret->text[begin - 1] != '/') {
        begin--;
    }
    ret->name = ret->text + begin;
    ret->slash = end < len;
    ret->dots = (end - begin == 1 && ret->name[0] == '.') || (end - begin == 2 && memcmp(ret->name, "..", 2) == 0);
    if (begin == 0) {
        return 0;
    }
    char folder[WASI_PATH_MAX + 1];
    memcpy(folder, path, begin);
    folder[begin] = 0;
    int fd = wrt_wasi_beneath(false, root, folder, O_PATH | O_DIRECTORY, 0);
    if (fd < 0) {
        return fd;
    }
    ret->dir = fd;
    ret->own = true;
    return 0;
}

int wrt_wasi_final(int root, const char *path, struct wrt_wasi_place *ret)
{
    return walk(root, path, true, false, ret);
}

void wrt_wasi_place_done(struct wrt_wasi_place *place)
{
    if (place->own) {
        close(place->dir);
    }
    place->own = false;
    place->dir = -1;
}
