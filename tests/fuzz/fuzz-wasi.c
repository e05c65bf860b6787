/* SPDX-License-Identifier: Apache-2.0
 *
 * A hostile guest of WASI: calls with arguments of its choice, on a folder with links in it that lead out. Whatever it
 * does, nothing outside of the folder changes, nothing of outside is ever open, a call gives an errno of the standard
 * or a trap, and nothing stays open or allocated. */
#include "runtime-min/exec.h"
#include "runtime-min/wasi-parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

enum { MEM = 65536, CALLS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* ---- the folder and what is outside of it ---- */

static struct place {
    char top[64];
    int top_fd, root_fd, outside_fd;
    struct stat secret, outside;
} place;

static void make_file(const char *name)
{
    int fd = openat(place.top_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    must(fd >= 0 && write(fd, "secret", 6) == 6);
    close(fd);
}

static void make_place(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(place.top, sizeof place.top, "%s/wpack-fuzz-wasi-XXXXXX", tmp ? tmp : "/tmp");
    must(mkdtemp(place.top) != NULL);
    place.top_fd = open(place.top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(mkdirat(place.top_fd, "o", 0777) == 0 && mkdirat(place.top_fd, "r", 0777) == 0 &&
         mkdirat(place.top_fd, "r/d", 0777) == 0 && mkdirat(place.top_fd, "o/d", 0777) == 0);
    make_file("o/s");
    make_file("r/f");
    make_file("r/d/f");
    must(symlinkat("../o/s", place.top_fd, "r/l") == 0 && symlinkat("../o", place.top_fd, "r/m") == 0 &&
         symlinkat("d", place.top_fd, "r/n") == 0 && symlinkat("../../o/new", place.top_fd, "r/d/l") == 0 &&
         symlinkat("/proc/self/root", place.top_fd, "r/p") == 0);
    place.root_fd = openat(place.top_fd, "r", O_PATH | O_DIRECTORY | O_CLOEXEC);
    place.outside_fd = openat(place.top_fd, "o", O_PATH | O_DIRECTORY | O_CLOEXEC);
    must(fstatat(place.outside_fd, "s", &place.secret, 0) == 0 && fstatat(place.top_fd, "o", &place.outside, 0) == 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static void check_outside(void)
{
    struct stat st;
    must(fstatat(place.outside_fd, "s", &st, AT_SYMLINK_NOFOLLOW) == 0);
    must(st.st_ino == place.secret.st_ino && st.st_nlink == 1 && st.st_size == 6 &&
         same_time(st.st_mtim, place.secret.st_mtim) && same_time(st.st_ctim, place.secret.st_ctim));
    must(fstatat(place.top_fd, "o", &st, AT_SYMLINK_NOFOLLOW) == 0);
    must(same_time(st.st_mtim, place.outside.st_mtim) && same_time(st.st_ctim, place.outside.st_ctim));
}

static void remove_place(void)
{
    close(place.outside_fd);
    close(place.root_fd);
    close(place.top_fd);
    must(nftw(place.top, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

/* Not among what the guest has open. */
static void check_open(const struct wrt_wasi *w)
{
    for (uint32_t i = 0; i < w->desc_room; i++) {
        struct stat st;
        if (w->descs[i].kind != WASI_CLOSED && w->descs[i].host >= 0) {
            must(fstat(w->descs[i].host, &st) == 0);
            must(st.st_ino != place.secret.st_ino && st.st_ino != place.outside.st_ino);
        }
    }
}

static unsigned open_here(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    must(d != NULL);
    while (readdir(d)) {
        n++;
    }
    closedir(d);
    return n;
}

/* ---- calls out of bytes ---- */

struct source {
    const uint8_t *at, *end;
};

static uint8_t byte(struct source *s)
{
    return s->at < s->end ? *s->at++ : 0;
}

static const char *const texts[] = {
    "f",  "d",    "d/f", "l",      "m",        "n",           "p",      "d/l",   "n/f",   "m/s", "../o/s",
    "..", "d/..", ".",   "new",    "d/new",    "n/new",       "m/new",  "p/etc", "/",     "f/",  "d/",
    "n/", "m/",   "l/",  "n/../f", "m/../r/f", "d/../../o/s", "d//./f", "../o",  "d/sub", "",
};

/* An argument: a text's place or length, a small number, or one that is not small. */
static uint64_t argument(struct source *s, uint8_t *mem, uint64_t *last_len)
{
    static const uint64_t odd[] = {0xffffffff,       0x80000000,      0x7fffffff,      MEM,
                                   MEM - 1,          MEM - 4,         0x10000000,      0x20000001,
                                   UINT64_MAX,       INT64_MAX,       1u << 20,        0x05555556,
                                   WASI_FILE_RIGHTS, WASI_DIR_RIGHTS, WASI_ALL_RIGHTS, WASI_FD_READ | WASI_FD_WRITE};
    uint8_t b = byte(s);
    if (b < 32) {
        return b;
    }
    if (b < 128) { /* a text at a place of its own; the next argument may be its length */
        const char *text = texts[b % WP_ARRAY_LEN(texts)];
        uint32_t at = 0x1000 + (uint32_t)b * 64;
        *last_len = strlen(text);
        memcpy(mem + at, text, *last_len);
        return at;
    }
    if (b < 192) {
        return *last_len;
    }
    return b < 224 ? odd[b % WP_ARRAY_LEN(odd)] : (uint64_t)byte(s) << 8;
}

static const struct {
    wrt_wasi_fn fn;
    unsigned params;
} functions[] = {
#define FUZZ_ROW(name, params) {wrt_wasi_##name, sizeof(params) - 1},
    WASI_TABLE(FUZZ_ROW)
#undef FUZZ_ROW
};

static void call(struct wrt_wasi *w, struct source *s, uint8_t *mem)
{
    uint64_t slots[9] = {0}, last_len = 1;
    unsigned f = byte(s) % WP_ARRAY_LEN(functions);
    for (unsigned i = 0; i < functions[f].params; i++) {
        slots[i] = argument(s, mem, &last_len);
    }
    struct wrt_wasi_call c = {.w = w, .mem = mem, .mem_size = MEM, .slots = slots, .unstable = byte(s) == 1};
    w->store->exec.stop = WRT_STOP_NONE;
    int code = functions[f].fn(&c);
    must(code == WASI_STOPPED ? w->store->exec.stop != WRT_STOP_NONE
                              : code >= 0 && code <= WASI_NOTCAPABLE && w->store->exec.stop == WRT_STOP_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source s = {data, data + size};
    struct wp_err err = {.code = WP_E_OK};
    static struct wrt_store *store; /* one for all: making it is what would cost most */
    struct wrt_wasi *w = NULL;
    unsigned before = open_here();
    make_place();
    uint8_t how = byte(&s);
    const struct wrt_wasi_dir dirs[] = {{.guest = "/", .fd = place.root_fd},
                                        {.guest = "/ro", .fd = place.root_fd, .read_only = true}};
    const struct wrt_wasi_options o = {
        .dirs = dirs, .dir_count = 2, .virtual_clock = true, .seeded = true, .output_max = 4096};
    must((store || wrt_store_new(NULL, NULL, &store, &err) == 0) && wrt_wasi_new(store, &o, &w, &err) == 0);
    w->walk = w->walk || (how & 1) != 0;
    /* Exactly so large, so that a sanitizer sees what leads out. */
    uint8_t *mem = calloc(1, MEM);
    must(mem != NULL);
    for (unsigned i = 0; i < CALLS && s.at < s.end; i++) {
        call(w, &s, mem);
        check_open(w);
    }
    check_outside();
    must(w->listing_bytes < WP_LIMIT_WASI_LISTINGS && w->desc_room <= WP_LIMIT_WASI_DESCRIPTORS);
    free(mem);
    wrt_wasi_free(w);
    remove_place();
    must(open_here() == before);
    return 0;
}
