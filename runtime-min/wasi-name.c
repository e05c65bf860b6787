/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done to names: open, make, link, rename, remove, look. A path is checked as text, resolved beneath its
 * folder (wasi-path.c), and the last step is a system call on that folder and one name. */
#include "base/num.h"
#include "runtime-min/wasi-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A path from the guest and the folder it starts from. */
struct named {
    struct wrt_wasi_desc *dir;
    char text[WASI_PATH_MAX + 1];
};

/* Leading out is answered as no permission; between file systems it stays what it is, in the callers. */
static int path_error(int host_errno)
{
    return host_errno == EXDEV ? WASI_PERM : wrt_wasi_errno(host_errno);
}

static int get_text(const struct wrt_wasi_call *c, uint32_t address, uint32_t len, char text[WASI_PATH_MAX + 1])
{
    const uint8_t *at = wrt_wasi_at(c, address, len);
    if (!at) {
        return WASI_STOPPED;
    }
    if (len > WASI_PATH_MAX) {
        return WASI_NAMETOOLONG;
    }
    if (!wp_utf8_is(wp_span(at, len))) {
        return WASI_ILSEQ;
    }
    if (memchr(at, 0, len)) {
        return WASI_INVAL;
    }
    memcpy(text, at, len);
    text[len] = 0;
    wrt_wasi_charge(c, len);
    return WASI_SUCCESS;
}

/* fd: number of the parameter that is the folder; the text is parameters path and path + 1. */
static int get_named(const struct wrt_wasi_call *c, unsigned fd, unsigned path, uint64_t rights, struct named *ret)
{
    int code = get_text(c, wrt_wasi_arg(c, path), wrt_wasi_arg(c, path + 1), ret->text);
    return code != WASI_SUCCESS ? code : wrt_wasi_desc(c, wrt_wasi_arg(c, fd), WASI_DIR, rights, &ret->dir);
}

/* ---- path_open ---- */

static int open_flags(uint32_t lookup, uint32_t oflags, uint64_t rights, uint32_t fdflags)
{
    bool reads = (rights & (WASI_FD_READ | WASI_FD_READDIR)) != 0;
    bool writes = (rights & WASI_FILE_WRITING) != 0 || (oflags & WASI_O_TRUNC) != 0;
    int flags = writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
    flags |= (lookup & WASI_LOOKUP_FOLLOW) != 0 ? 0 : O_NOFOLLOW;
    flags |= (oflags & WASI_O_CREAT) != 0 ? O_CREAT : 0;
    flags |= (oflags & WASI_O_DIRECTORY) != 0 ? O_DIRECTORY : 0;
    flags |= (oflags & WASI_O_EXCL) != 0 ? O_EXCL : 0;
    flags |= (oflags & WASI_O_TRUNC) != 0 ? O_TRUNC : 0;
    flags |= (fdflags & WASI_F_APPEND) != 0 ? O_APPEND : 0;
    flags |= (fdflags & (WASI_F_SYNC | WASI_F_RSYNC)) != 0 ? O_SYNC : 0;
    flags |= (fdflags & WASI_F_DSYNC) != 0 ? O_DSYNC : 0;
    /* Never wait in open(2) for the other end of a pipe: waiting has its place in wasi-io.c. */
    return flags | O_NONBLOCK | O_NOCTTY;
}

static int check_open(const struct wrt_wasi_call *c, const struct wrt_wasi_desc *dir)
{
    uint32_t oflags = wrt_wasi_arg(c, 4);
    uint64_t rights = c->slots[5];
    const uint32_t make_folder = WASI_O_CREAT | WASI_O_DIRECTORY;
    if (wrt_wasi_arg(c, 1) > 1 || oflags > 15 || wrt_wasi_arg(c, 7) > WASI_F_ALL ||
        (oflags & make_folder) == make_folder) {
        return WASI_INVAL;
    }
    bool changes = (oflags & (WASI_O_CREAT | WASI_O_TRUNC)) != 0;
    if (dir->read_only && (changes || (rights & WASI_FILE_WRITING) != 0)) {
        return WASI_ROFS;
    }
    uint64_t need = ((oflags & WASI_O_CREAT) != 0 ? (uint64_t)WASI_PATH_CREATE_FILE : 0) |
                    ((oflags & WASI_O_TRUNC) != 0 ? (uint64_t)WASI_PATH_FILESTAT_SET_SIZE : 0);
    uint64_t use = rights & (WASI_FD_READ | WASI_FILE_WRITING);
    return (dir->base & need) != need || (dir->inheriting & use) != use ? WASI_NOTCAPABLE : WASI_SUCCESS;
}

static void fill(const struct wrt_wasi_call *c, const struct wrt_wasi_desc *dir, int host, const struct stat *st,
                 struct wrt_wasi_desc *ret)
{
    bool folder = S_ISDIR(st->st_mode);
    uint64_t fits = folder ? WASI_DIR_RIGHTS & ~(dir->read_only ? (uint64_t)WASI_DIR_WRITING : 0) : WASI_FILE_RIGHTS;
    *ret = (struct wrt_wasi_desc){
        .kind = folder ? WASI_DIR : WASI_FILE,
        .type = wrt_wasi_type(st->st_mode),
        .read_only = dir->read_only,
        .flags = (uint16_t)wrt_wasi_arg(c, 7),
        .host = host,
        .base = c->slots[5] & dir->inheriting & fits,
        .inheriting = c->slots[6] & dir->inheriting,
    };
}

int wrt_wasi_path_open(struct wrt_wasi_call *c)
{
    struct named n;
    uint8_t *ret = wrt_wasi_at(c, wrt_wasi_arg(c, 8), 4);
    if (!ret) {
        return WASI_STOPPED;
    }
    int code = get_named(c, 0, 2, WASI_PATH_OPEN, &n);
    code = code == WASI_SUCCESS ? check_open(c, n.dir) : code;
    if (code != WASI_SUCCESS) {
        return code;
    }
    struct wrt_wasi_desc dir = *n.dir; /* the table may move */
    uint32_t fd = 0;
    code = wrt_wasi_desc_new(c->w, &fd);
    if (code != WASI_SUCCESS) {
        return code;
    }
    int flags = open_flags(wrt_wasi_arg(c, 1), wrt_wasi_arg(c, 4), c->slots[5], wrt_wasi_arg(c, 7));
    int host = wrt_wasi_beneath(c->w->walk, dir.host, n.text, flags, 0666);
    if (host < 0) {
        return path_error(-host);
    }
    struct stat st;
    if (fstat(host, &st) != 0) {
        code = wrt_wasi_errno(errno);
        close(host);
        return code;
    }
    fill(c, &dir, host, &st, &c->w->descs[fd]);
    wrt_wasi_put32(ret, fd);
    return WASI_SUCCESS;
}

/* ---- looking ---- */

int wrt_wasi_path_filestat_get(struct wrt_wasi_call *c)
{
    struct named n;
    uint8_t *at = wrt_wasi_at(c, wrt_wasi_arg(c, 4), wrt_wasi_filestat_size(c));
    if (!at) {
        return WASI_STOPPED;
    }
    int code = get_named(c, 0, 2, WASI_PATH_FILESTAT_GET, &n);
    if (code != WASI_SUCCESS || wrt_wasi_arg(c, 1) > 1) {
        return code != WASI_SUCCESS ? code : WASI_INVAL;
    }
    int follow = wrt_wasi_arg(c, 1) == WASI_LOOKUP_FOLLOW ? 0 : O_NOFOLLOW;
    int host = wrt_wasi_beneath(c->w->walk, n.dir->host, n.text, O_PATH | follow, 0);
    if (host < 0) {
        return path_error(-host);
    }
    struct stat st;
    code = fstat(host, &st) == 0 ? WASI_SUCCESS : wrt_wasi_errno(errno);
    close(host);
    if (code == WASI_SUCCESS) {
        wrt_wasi_put_filestat(c, at, &st);
    }
    return code;
}

/* A name with a slash behind it is what a link leads to: a folder, or nothing. */
static int as_folder(const struct wrt_wasi_call *c, const struct named *n, int otherwise)
{
    int host = wrt_wasi_beneath(c->w->walk, n->dir->host, n->text, O_PATH | O_DIRECTORY, 0);
    if (host < 0) {
        return path_error(-host);
    }
    close(host);
    return otherwise;
}

int wrt_wasi_path_readlink(struct wrt_wasi_call *c)
{
    struct named n;
    uint32_t room = wrt_wasi_arg(c, 4);
    uint8_t *at = wrt_wasi_at(c, wrt_wasi_arg(c, 3), room), *ret = wrt_wasi_at(c, wrt_wasi_arg(c, 5), 4);
    if (!at || !ret) {
        return WASI_STOPPED;
    }
    int code = get_named(c, 0, 1, WASI_PATH_READLINK, &n);
    if (code != WASI_SUCCESS) {
        return code;
    }
    struct wrt_wasi_place place;
    int e = wrt_wasi_parent(c->w->walk, n.dir->host, n.text, &place);
    if (e != 0) {
        return path_error(-e);
    }
    char text[WASI_PATH_MAX + 1];
    ssize_t len = -1;
    if (place.slash || place.dots) {
        code = as_folder(c, &n, WASI_INVAL);
    } else {
        len = readlinkat(place.dir, place.name, text, sizeof text);
        code = len < 0 ? wrt_wasi_errno(errno) : WASI_SUCCESS;
    }
    wrt_wasi_place_done(&place);
    if (code != WASI_SUCCESS) {
        return code;
    }
    if (len > 0 && text[0] == '/') {
        return WASI_PERM; /* a name of the machine */
    }
    size_t n_out = WP_MIN((size_t)len, room);
    memcpy(at, text, n_out);
    wrt_wasi_put32(ret, (uint32_t)n_out);
    return WASI_SUCCESS;
}

int wrt_wasi_path_filestat_set_times(struct wrt_wasi_call *c)
{
    struct named n;
    struct timespec times[2];
    int code = get_named(c, 0, 2, WASI_PATH_FILESTAT_SET_TIMES, &n);
    if (code == WASI_SUCCESS && wrt_wasi_arg(c, 1) > 1) {
        code = WASI_INVAL;
    }
    if (code == WASI_SUCCESS) {
        code = wrt_wasi_times(c->w, c->slots[4], c->slots[5], wrt_wasi_arg(c, 6), times);
    }
    if (code != WASI_SUCCESS) {
        return code;
    }
    struct wrt_wasi_place place;
    bool follow = wrt_wasi_arg(c, 1) == WASI_LOOKUP_FOLLOW;
    int e =
        follow ? wrt_wasi_final(n.dir->host, n.text, &place) : wrt_wasi_parent(c->w->walk, n.dir->host, n.text, &place);
    /* "link/" and ".." are what they lead to. */
    if (e == 0 && !follow && (place.slash || place.dots)) {
        wrt_wasi_place_done(&place);
        e = wrt_wasi_final(n.dir->host, n.text, &place);
    }
    if (e != 0) {
        return path_error(-e);
    }
    code = utimensat(place.dir, place.name, times, AT_SYMLINK_NOFOLLOW) == 0 ? WASI_SUCCESS : wrt_wasi_errno(errno);
    wrt_wasi_place_done(&place);
    return code;
}

/* ---- making and removing: a call on a folder and one name ---- */

/* dots: what is answered when the name is . or .., which no call may see. */
static int at_name(struct wrt_wasi_call *c, uint64_t right, int (*call)(int dir, const char *name), int dots)
{
    struct named n;
    struct wrt_wasi_place place;
    int code = get_named(c, 0, 1, right, &n);
    if (code != WASI_SUCCESS) {
        return code;
    }
    int e = wrt_wasi_parent(c->w->walk, n.dir->host, n.text, &place);
    if (e != 0) {
        return path_error(-e);
    }
    struct stat st;
    bool look = c->w->virtual_clock && !place.dots && right != WASI_PATH_CREATE_DIRECTORY &&
                fstatat(place.dir, place.name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (place.dots) {
        code = dots;
    } else {
        code = call(place.dir, place.name) == 0 ? WASI_SUCCESS : wrt_wasi_errno(errno);
    }
    if (code == WASI_SUCCESS && look && (S_ISDIR(st.st_mode) || st.st_nlink == 1)) {
        wrt_wasi_forget(c->w, &st);
    }
    wrt_wasi_place_done(&place);
    return code;
}

static int make_folder(int dir, const char *name)
{
    return mkdirat(dir, name, 0777);
}

static int remove_folder(int dir, const char *name)
{
    return unlinkat(dir, name, AT_REMOVEDIR);
}

static int remove_file(int dir, const char *name)
{
    return unlinkat(dir, name, 0);
}

int wrt_wasi_path_create_directory(struct wrt_wasi_call *c)
{
    return at_name(c, WASI_PATH_CREATE_DIRECTORY, make_folder, WASI_EXIST);
}

int wrt_wasi_path_remove_directory(struct wrt_wasi_call *c)
{
    return at_name(c, WASI_PATH_REMOVE_DIRECTORY, remove_folder, WASI_INVAL);
}

int wrt_wasi_path_unlink_file(struct wrt_wasi_call *c)
{
    return at_name(c, WASI_PATH_UNLINK_FILE, remove_file, WASI_ISDIR);
}

int wrt_wasi_path_symlink(struct wrt_wasi_call *c)
{
    struct named n;
    struct wrt_wasi_place place;
    char target[WASI_PATH_MAX + 1];
    int code = get_text(c, wrt_wasi_arg(c, 0), wrt_wasi_arg(c, 1), target);
    code = code == WASI_SUCCESS ? get_named(c, 2, 3, WASI_PATH_SYMLINK, &n) : code;
    if (code == WASI_SUCCESS && target[0] == '/') {
        code = WASI_PERM;
    }
    if (code != WASI_SUCCESS) {
        return code;
    }
    int e = wrt_wasi_parent(c->w->walk, n.dir->host, n.text, &place);
    if (e != 0) {
        return path_error(-e);
    }
    if (place.dots) {
        code = WASI_EXIST;
    } else {
        code = symlinkat(target, place.dir, place.name) == 0 ? WASI_SUCCESS : wrt_wasi_errno(errno);
    }
    wrt_wasi_place_done(&place);
    return code;
}

/* ---- two names ---- */

struct two {
    struct named n[2];
    struct wrt_wasi_place place[2];
};

static int resolve_two(const struct wrt_wasi_call *c, struct two *t)
{
    for (int i = 0; i < 2; i++) {
        int e = wrt_wasi_parent(c->w->walk, t->n[i].dir->host, t->n[i].text, &t->place[i]);
        if (e != 0 && i == 1) {
            wrt_wasi_place_done(&t->place[0]);
        }
        if (e != 0) {
            return path_error(-e);
        }
    }
    return WASI_SUCCESS;
}

static void two_done(struct two *t)
{
    wrt_wasi_place_done(&t->place[0]);
    wrt_wasi_place_done(&t->place[1]);
}

int wrt_wasi_path_link(struct wrt_wasi_call *c)
{
    struct two t;
    int code = get_named(c, 0, 2, WASI_PATH_LINK_SOURCE, &t.n[0]);
    code = code == WASI_SUCCESS ? get_named(c, 4, 5, WASI_PATH_LINK_TARGET, &t.n[1]) : code;
    if (code == WASI_SUCCESS && wrt_wasi_arg(c, 1) != 0) {
        code = WASI_INVAL; /* a link to what a link leads to is not offered */
    }
    /* A second name in a folder that may be written would make the file writable. */
    if (code == WASI_SUCCESS && t.n[0].dir->read_only) {
        code = WASI_ROFS;
    }
    code = code == WASI_SUCCESS ? resolve_two(c, &t) : code;
    if (code != WASI_SUCCESS) {
        return code;
    }
    if (t.place[0].slash || t.place[0].dots) {
        code = as_folder(c, &t.n[0], WASI_PERM);
    } else if (t.place[1].dots) {
        code = WASI_EXIST;
    } else {
        code = linkat(t.place[0].dir, t.place[0].name, t.place[1].dir, t.place[1].name, 0) == 0 ? WASI_SUCCESS
                                                                                                : wrt_wasi_errno(errno);
    }
    two_done(&t);
    return code;
}

int wrt_wasi_path_rename(struct wrt_wasi_call *c)
{
    struct two t;
    int code = get_named(c, 0, 1, WASI_PATH_RENAME_SOURCE, &t.n[0]);
    code = code == WASI_SUCCESS ? get_named(c, 3, 4, WASI_PATH_RENAME_TARGET, &t.n[1]) : code;
    code = code == WASI_SUCCESS ? resolve_two(c, &t) : code;
    if (code != WASI_SUCCESS) {
        return code;
    }
    struct stat st;
    bool look = c->w->virtual_clock && !t.place[1].dots &&
                fstatat(t.place[1].dir, t.place[1].name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (t.place[0].dots || t.place[1].dots) {
        code = WASI_BUSY;
    } else {
        code = renameat(t.place[0].dir, t.place[0].name, t.place[1].dir, t.place[1].name) == 0 ? WASI_SUCCESS
                                                                                               : wrt_wasi_errno(errno);
    }
    if (code == WASI_SUCCESS && look && (S_ISDIR(st.st_mode) || st.st_nlink == 1)) {
        wrt_wasi_forget(c->w, &st);
    }
    two_done(&t);
    return code;
}
