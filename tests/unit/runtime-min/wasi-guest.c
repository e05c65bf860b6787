/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of WASI called as a guest would call them, from C. */
#include "wasi-guest.h"

#include <dirent.h>
#include <stdlib.h>

void guest_world(struct guest *g, struct wrt_wasi_options o)
{
    struct wp_err err = {.code = WP_E_OK};
    const struct wrt_wasi_dir dirs[] = {{.guest = "/", .fd = g->tree.root_fd},
                                        {.guest = "/ro", .fd = g->tree.root_fd, .read_only = true}};
    bool walk = g->w && g->w->walk;
    o.dirs = dirs;
    o.dir_count = 2;
    wrt_wasi_free(g->w);
    assert_int_equal(wrt_wasi_new(g->store, &o, &g->w, &err), 0);
    g->w->walk = g->w->walk || walk;
}

int guest_set_up(void **state)
{
    struct wp_err err = {.code = WP_E_OK};
    struct guest *g = calloc(1, sizeof *g);
    assert_non_null(g);
    wasi_tree_make(&g->tree);
    assert_int_equal(wrt_store_new(NULL, NULL, &g->store, &err), 0);
    guest_world(g, (struct wrt_wasi_options){.arg_count = 0});
    *state = g;
    return 0;
}

int guest_tear_down(void **state)
{
    struct guest *g = *state;
    wrt_wasi_free(g->w);
    wrt_store_free(g->store);
    wasi_tree_check_outside(&g->tree);
    wasi_tree_remove(&g->tree);
    free(g);
    return 0;
}

int guest_call(struct guest *g, wrt_wasi_fn fn, const uint64_t *slots)
{
    struct wrt_wasi_call c = {.w = g->w, .mem = g->mem, .mem_size = GUEST_MEM, .slots = slots, .unstable = g->unstable};
    g->store->exec.stop = WRT_STOP_NONE;
    return fn(&c);
}

enum wrt_stop guest_stopped(const struct guest *g)
{
    return g->store->exec.stop;
}

uint32_t guest_u32(const struct guest *g, uint32_t at)
{
    return wrt_wasi_get32(g->mem + at);
}

uint64_t guest_u64(const struct guest *g, uint32_t at)
{
    return wrt_wasi_get64(g->mem + at);
}

uint32_t guest_text(struct guest *g, uint32_t at, const char *text)
{
    size_t len = strlen(text);
    assert_true(len < GUEST_MEM - at);
    memcpy(g->mem + at, text, len);
    return (uint32_t)len;
}

int guest_open(struct guest *g, uint32_t fd, uint32_t lookup, const char *path, uint32_t oflags, uint64_t rights,
               uint32_t fdflags)
{
    uint32_t len = guest_text(g, AT_PATH, path);
    int code = CALL(g, path_open, fd, lookup, AT_PATH, len, oflags, rights, WASI_ALL_RIGHTS, fdflags, AT_RET);
    return code == WASI_SUCCESS ? (int)guest_u32(g, AT_RET) : -code;
}

int guest_path(struct guest *g, wrt_wasi_fn fn, uint32_t fd, const char *path)
{
    uint32_t len = guest_text(g, AT_PATH, path);
    return guest_call(g, fn, (uint64_t[12]){fd, AT_PATH, len});
}

int guest_move(struct guest *g, wrt_wasi_fn fn, uint32_t fd, uint32_t len)
{
    wrt_wasi_put32(g->mem + AT_IOVS, AT_DATA);
    wrt_wasi_put32(g->mem + AT_IOVS + 4, len);
    return guest_call(g, fn, (uint64_t[12]){fd, AT_IOVS, 1, AT_RET});
}

unsigned guest_host_descriptors(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d)) {
        n++;
    }
    closedir(d);
    return n;
}
