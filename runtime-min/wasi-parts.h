/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of WASI share: the standard's numbers (witx, snapshot 1), descriptors, and how a function of the
 * standard sees its call. Private to runtime-min/wasi*.
 *
 * A function gives an errno of the standard, or WASI_STOPPED after wrt_host_stop. Pointers from the guest are checked
 * before anything is done; one that leads out of the memory is a trap, as the standard's rules for pointers have it. */
#pragma once

#include "base/limits.h"
#include "runtime-min/mem.h"
#include "runtime-min/wasi.h"

#include <sys/stat.h>
#include <sys/uio.h>

/* X(NAME, number): errno of the standard; the names are those of errno.h. */
/* clang-format off */
#define WASI_ERRNOS(X)                                                                               \
    X(2BIG, 1) X(ACCES, 2) X(AGAIN, 6) X(BADF, 8) X(BUSY, 10) X(DQUOT, 19) X(EXIST, 20) X(FAULT, 21) \
    X(FBIG, 22) X(ILSEQ, 25) X(INTR, 27) X(INVAL, 28) X(IO, 29) X(ISDIR, 31) X(LOOP, 32)             \
    X(MFILE, 33) X(MLINK, 34) X(NAMETOOLONG, 37) X(NFILE, 41) X(NOBUFS, 42) X(NODEV, 43)             \
    X(NOENT, 44) X(NOLCK, 46) X(NOMEM, 48) X(NOSPC, 51) X(NOSYS, 52) X(NOTDIR, 54) X(NOTEMPTY, 55)   \
    X(NOTSOCK, 57) X(NOTTY, 59) X(NXIO, 60) X(OVERFLOW, 61) X(PERM, 63) X(PIPE, 64) X(RANGE, 68)     \
    X(ROFS, 69) X(SPIPE, 70) X(STALE, 72) X(TIMEDOUT, 73) X(TXTBSY, 74) X(XDEV, 75)
/* clang-format on */
enum {
    WASI_STOPPED = -1,
    WASI_SUCCESS = 0,
#define WASI_ERRNO_ENUM(name, number) WASI_##name = (number),
    WASI_ERRNOS(WASI_ERRNO_ENUM)
#undef WASI_ERRNO_ENUM
        WASI_CONNRESET = 15,
    WASI_NOTSUP = 58,
    WASI_NOTCAPABLE = 76,
};

/* Rights: what a descriptor may be used for. */
enum {
    WASI_FD_DATASYNC = 1 << 0,
    WASI_FD_READ = 1 << 1,
    WASI_FD_SEEK = 1 << 2,
    WASI_FD_FDSTAT_SET_FLAGS = 1 << 3,
    WASI_FD_SYNC = 1 << 4,
    WASI_FD_TELL = 1 << 5,
    WASI_FD_WRITE = 1 << 6,
    WASI_FD_ADVISE = 1 << 7,
    WASI_FD_ALLOCATE = 1 << 8,
    WASI_PATH_CREATE_DIRECTORY = 1 << 9,
    WASI_PATH_CREATE_FILE = 1 << 10,
    WASI_PATH_LINK_SOURCE = 1 << 11,
    WASI_PATH_LINK_TARGET = 1 << 12,
    WASI_PATH_OPEN = 1 << 13,
    WASI_FD_READDIR = 1 << 14,
    WASI_PATH_READLINK = 1 << 15,
    WASI_PATH_RENAME_SOURCE = 1 << 16,
    WASI_PATH_RENAME_TARGET = 1 << 17,
    WASI_PATH_FILESTAT_GET = 1 << 18,
    WASI_PATH_FILESTAT_SET_SIZE = 1 << 19,
    WASI_PATH_FILESTAT_SET_TIMES = 1 << 20,
    WASI_FD_FILESTAT_GET = 1 << 21,
    WASI_FD_FILESTAT_SET_SIZE = 1 << 22,
    WASI_FD_FILESTAT_SET_TIMES = 1 << 23,
    WASI_PATH_SYMLINK = 1 << 24,
    WASI_PATH_REMOVE_DIRECTORY = 1 << 25,
    WASI_PATH_UNLINK_FILE = 1 << 26,
    WASI_POLL_FD_READWRITE = 1 << 27,

    /* those that change what is in a folder, or of a folder */
    WASI_DIR_WRITING = WASI_PATH_CREATE_DIRECTORY | WASI_PATH_CREATE_FILE | WASI_PATH_LINK_TARGET |
                       WASI_PATH_RENAME_SOURCE | WASI_PATH_RENAME_TARGET | WASI_PATH_FILESTAT_SET_SIZE |
                       WASI_PATH_FILESTAT_SET_TIMES | WASI_FD_FILESTAT_SET_TIMES | WASI_PATH_SYMLINK |
                       WASI_PATH_REMOVE_DIRECTORY | WASI_PATH_UNLINK_FILE,
    WASI_DIR_RIGHTS = WASI_DIR_WRITING | WASI_PATH_LINK_SOURCE | WASI_PATH_OPEN | WASI_FD_READDIR | WASI_PATH_READLINK |
                      WASI_PATH_FILESTAT_GET | WASI_FD_FILESTAT_GET | WASI_FD_SYNC | WASI_FD_DATASYNC |
                      WASI_FD_FDSTAT_SET_FLAGS,
    /* those that make a file be opened for writing */
    WASI_FILE_WRITING = WASI_FD_WRITE | WASI_FD_ALLOCATE | WASI_FD_FILESTAT_SET_SIZE,
    WASI_FILE_RIGHTS = WASI_FILE_WRITING | WASI_FD_DATASYNC | WASI_FD_READ | WASI_FD_SEEK | WASI_FD_FDSTAT_SET_FLAGS |
                       WASI_FD_SYNC | WASI_FD_TELL | WASI_FD_ADVISE | WASI_FD_FILESTAT_GET |
                       WASI_FD_FILESTAT_SET_TIMES | WASI_POLL_FD_READWRITE,
    WASI_ALL_RIGHTS = WASI_DIR_RIGHTS | WASI_FILE_RIGHTS,
};

enum { WASI_LOOKUP_FOLLOW = 1 };
enum { WASI_O_CREAT = 1, WASI_O_DIRECTORY = 2, WASI_O_EXCL = 4, WASI_O_TRUNC = 8 };
enum { WASI_F_APPEND = 1, WASI_F_DSYNC = 2, WASI_F_NONBLOCK = 4, WASI_F_RSYNC = 8, WASI_F_SYNC = 16, WASI_F_ALL = 31 };
enum { WASI_ATIM = 1, WASI_ATIM_NOW = 2, WASI_MTIM = 4, WASI_MTIM_NOW = 8 };
enum {
    WASI_TYPE_UNKNOWN,
    WASI_TYPE_BLOCK_DEVICE,
    WASI_TYPE_CHARACTER_DEVICE,
    WASI_TYPE_DIRECTORY,
    WASI_TYPE_REGULAR_FILE,
    WASI_TYPE_SOCKET_DGRAM,
    WASI_TYPE_SOCKET_STREAM,
    WASI_TYPE_SYMBOLIC_LINK
};
enum { WASI_CLOCK_REALTIME, WASI_CLOCK_MONOTONIC, WASI_CLOCK_PROCESS, WASI_CLOCK_THREAD, WASI_CLOCK_COUNT };

/* Ceilings of what lies on the stack; the others are rows of base/limits.h. */
enum {
    WASI_IOVS_MAX = 1024, /* buffers of one call that are looked at */
    WASI_PATH_MAX = 4095, /* bytes of a path */
    WASI_LINKS_MAX = 40,  /* symlinks followed for one path */
    WASI_DEPTH_MAX = 256  /* folders held open while walking */
};

enum wrt_wasi_kind { WASI_CLOSED, WASI_STREAM, WASI_FILE, WASI_DIR };

struct wrt_wasi_desc {
    enum wrt_wasi_kind kind;
    uint8_t type;                     /* WASI_TYPE_* */
    uint8_t stream;                   /* of WASI_STREAM: 0, 1, 2 */
    bool borrowed;                    /* host is not closed with it */
    bool read_only;                   /* a folder that was given so, or beneath one */
    uint16_t flags;                   /* WASI_F_* */
    int host;                         /* -1: a stream in memory */
    uint64_t base, inheriting;        /* rights */
    const char *preopen;              /* its name for the guest; NULL: none was given to begin with */
    struct wrt_wasi_listing *listing; /* wasi-dir.c */
};

struct wrt_wasi_strings {
    uint8_t *bytes; /* each ends in NUL */
    uint32_t *starts;
    uint32_t count, size;
};

struct wrt_wasi_bound { /* what a host function gets as its env */
    struct wrt_wasi *wasi;
    const struct wrt_wasi_row *row;
    struct wrt_func *func; /* NULL: not asked for yet */
    bool unstable;         /* of wasi_unstable */
};

enum { WASI_FUNCTIONS = 46 };

struct wrt_wasi {
    struct wrt_store *store;
    struct wrt_mem mem;
    struct wrt_wasi_strings args, env;
    struct wrt_wasi_desc *descs; /* by the guest's number */
    uint32_t desc_room;
    bool walk; /* the kernel has no openat2 */

    struct wp_span input;
    size_t input_at;
    struct wrt_wasi_output {
        uint8_t *bytes;
        size_t len, room;
    } output[2];
    uint64_t output_max, output_used; /* max 0: no limit */

    bool virtual_clock, seeded;
    uint64_t clock_ns, elapsed_ns; /* of the virtual clock: begin, and what passed since */
    uint64_t monotonic_start;      /* of the real one */
    uint32_t chacha[16];           /* state of the seeded stream */
    uint8_t chacha_block[64];
    uint32_t chacha_used; /* bytes of the block given out */

    uint64_t listing_bytes;             /* of all listings */
    struct wrt_wasi_numbered *numbered; /* wasi-stat.c */
    struct wrt_wasi_bound bound[2][WASI_FUNCTIONS];
};

struct wrt_wasi_call {
    struct wrt_wasi *w;
    uint8_t *mem; /* of the caller; never moves while a host function runs */
    uint64_t mem_size;
    const uint64_t *slots; /* the parameters */
    bool unstable;
};
typedef int (*wrt_wasi_fn)(struct wrt_wasi_call *c);

static inline uint32_t wrt_wasi_arg(const struct wrt_wasi_call *c, unsigned i)
{
    return (uint32_t)c->slots[i];
}

/* ---- wasi-guest.c: memory of the guest ---- */

/* len bytes at address; NULL after a trap. Never NULL otherwise, also of no bytes. */
uint8_t *wrt_wasi_at(const struct wrt_wasi_call *c, uint32_t address, uint64_t len) WP_MUST_USE;
void wrt_wasi_put16(uint8_t *at, uint16_t v);
void wrt_wasi_put32(uint8_t *at, uint32_t v);
void wrt_wasi_put64(uint8_t *at, uint64_t v);
uint16_t wrt_wasi_get16(const uint8_t *at);
uint32_t wrt_wasi_get32(const uint8_t *at);
uint64_t wrt_wasi_get64(const uint8_t *at);
/* The buffers of a read or write, WP_LIMIT_WASI_MOVE bytes at most; empty ones are left out. An errno, or WASI_STOPPED.
 */
int wrt_wasi_iovs(const struct wrt_wasi_call *c, uint32_t address, uint32_t count, struct iovec ret[WASI_IOVS_MAX],
                  int *ret_count, size_t *ret_size) WP_MUST_USE;
/* What moving so many bytes costs in fuel. */
void wrt_wasi_charge(const struct wrt_wasi_call *c, uint64_t bytes);
int wrt_wasi_errno(int host_errno);

/* ---- wasi-desc.c: the table of descriptors ---- */

/* The descriptor of the number in parameter 0 of the kind (WASI_CLOSED: any) with all of the rights; else an errno:
 * BADF, NOTDIR or ISDIR, NOTCAPABLE. */
int wrt_wasi_desc(const struct wrt_wasi_call *c, uint32_t fd, enum wrt_wasi_kind kind, uint64_t rights,
                  struct wrt_wasi_desc **ret) WP_MUST_USE;
/* The lowest free number, closed; an errno when there is none. Pointers to descriptors are void after it. */
int wrt_wasi_desc_new(struct wrt_wasi *w, uint32_t *ret) WP_MUST_USE;
void wrt_wasi_desc_close(struct wrt_wasi *w, struct wrt_wasi_desc *d);

/* ---- wasi-path.c: from a name to a descriptor ---- */

/* A folder and a name in it. */
struct wrt_wasi_place {
    int dir;
    bool own;   /* dir is closed by wrt_wasi_place_done */
    bool slash; /* slashes stood behind the name; they are part of it after wrt_wasi_parent */
    bool dots;  /* the name is . or .. */
    char *name; /* in text */
    char text[WASI_PATH_MAX + 1];
};
/* All of them: an errno of the host, negated, on failure; -EXDEV: the path leads out. path: a C string, at most
 * WASI_PATH_MAX bytes. walk: without openat2.
 *
 * Open what path names beneath root; flags and mode as of open(2), O_CLOEXEC is added. With O_NOFOLLOW the last
 * component is not followed. */
int wrt_wasi_beneath(bool walk, int root, const char *path, int flags, unsigned mode) WP_MUST_USE;
/* The folder of the last component, which is not looked at. */
int wrt_wasi_parent(bool walk, int root, const char *path, struct wrt_wasi_place *ret) WP_MUST_USE;
/* The same after following the last component: the name was no symlink a moment ago. Always walks. */
int wrt_wasi_final(int root, const char *path, struct wrt_wasi_place *ret) WP_MUST_USE;
void wrt_wasi_place_done(struct wrt_wasi_place *place);
/* Does the kernel answer openat2? */
bool wrt_wasi_has_openat2(void);

/* ---- wasi-stat.c ---- */

uint8_t wrt_wasi_type(mode_t mode);
/* A filestat in the guest's memory, of 64 bytes (56 of wasi_unstable). */
void wrt_wasi_put_filestat(const struct wrt_wasi_call *c, uint8_t *at, const struct stat *st);
uint32_t wrt_wasi_filestat_size(const struct wrt_wasi_call *c);
/* The number a file shows: the real one, or in the virtual world that of its first appearance. */
uint64_t wrt_wasi_number(struct wrt_wasi *w, uint64_t dev, uint64_t ino);
/* The file is going: its number is not for another one. */
void wrt_wasi_forget(struct wrt_wasi *w, const struct stat *st);
void wrt_wasi_numbered_free(struct wrt_wasi *w);
/* Times to set: parameters of *_filestat_set_times; an errno. */
int wrt_wasi_times(struct wrt_wasi *w, uint64_t atim, uint64_t mtim, uint32_t flags,
                   struct timespec ret[2]) WP_MUST_USE;

/* ---- wasi-dir.c ---- */

void wrt_wasi_listing_free(struct wrt_wasi *w, struct wrt_wasi_listing *l);

/* ---- wasi-clock.c ---- */

/* Nanoseconds; false: no such clock. A look at the virtual clock moves it. */
bool wrt_wasi_now(struct wrt_wasi *w, uint32_t clock, uint64_t *ret);
void wrt_wasi_random_begin(struct wrt_wasi *w, uint64_t seed);

/* ---- wasi-wait.c: waiting within the deadline of the run ---- */

/* Has the run still time? 0, or WASI_STOPPED. */
int wrt_wasi_alive(const struct wrt_wasi_call *c) WP_MUST_USE;
/* poll(2) on fds in short pieces until one is ready or ns have passed (UINT64_MAX: never). The number of those that
 * are ready, or WASI_STOPPED. */
struct pollfd;
int wrt_wasi_wait(const struct wrt_wasi_call *c, struct pollfd *fds, uint32_t count, uint64_t ns) WP_MUST_USE;

/* ---- the functions, by their names in the standard ---- */

#define WASI_TABLE(X)                     \
    X(args_get, "ii")                     \
    X(args_sizes_get, "ii")               \
    X(environ_get, "ii")                  \
    X(environ_sizes_get, "ii")            \
    X(clock_res_get, "ii")                \
    X(clock_time_get, "iIi")              \
    X(fd_advise, "iIIi")                  \
    X(fd_allocate, "iII")                 \
    X(fd_close, "i")                      \
    X(fd_datasync, "i")                   \
    X(fd_fdstat_get, "ii")                \
    X(fd_fdstat_set_flags, "ii")          \
    X(fd_fdstat_set_rights, "iII")        \
    X(fd_filestat_get, "ii")              \
    X(fd_filestat_set_size, "iI")         \
    X(fd_filestat_set_times, "iIIi")      \
    X(fd_pread, "iiiIi")                  \
    X(fd_prestat_get, "ii")               \
    X(fd_prestat_dir_name, "iii")         \
    X(fd_pwrite, "iiiIi")                 \
    X(fd_read, "iiii")                    \
    X(fd_readdir, "iiiIi")                \
    X(fd_renumber, "ii")                  \
    X(fd_seek, "iIii")                    \
    X(fd_sync, "i")                       \
    X(fd_tell, "ii")                      \
    X(fd_write, "iiii")                   \
    X(path_create_directory, "iii")       \
    X(path_filestat_get, "iiiii")         \
    X(path_filestat_set_times, "iiiiIIi") \
    X(path_link, "iiiiiii")               \
    X(path_open, "iiiiiIIii")             \
    X(path_readlink, "iiiiii")            \
    X(path_remove_directory, "iii")       \
    X(path_rename, "iiiiii")              \
    X(path_symlink, "iiiii")              \
    X(path_unlink_file, "iii")            \
    X(poll_oneoff, "iiii")                \
    X(proc_exit, "i")                     \
    X(proc_raise, "i")                    \
    X(sched_yield, "")                    \
    X(random_get, "ii")                   \
    X(sock_accept, "iii")                 \
    X(sock_recv, "iiiiii")                \
    X(sock_send, "iiiii")                 \
    X(sock_shutdown, "ii")
#define WASI_DECLARE(name, params) int wrt_wasi_##name(struct wrt_wasi_call *c);
WASI_TABLE(WASI_DECLARE)
#undef WASI_DECLARE
