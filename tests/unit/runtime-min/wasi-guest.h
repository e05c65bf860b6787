/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of WASI called as a guest would call them, from C: a store, a world with the folder of wasi-tree.h as
 * descriptor 3 (and, when asked for, once more as 4, read-only), and memory. Texts and structures are put into memory
 * at places of the test's choice. */
#pragma once

#include "../unit.h"
#include "runtime-min/exec.h"
#include "runtime-min/wasi-parts.h"
#include "wasi-tree.h"

enum { GUEST_MEM = 256 * 1024, AT_PATH = 0x100, AT_PATH2 = 0x1200, AT_RET = 0x40, AT_DATA = 0x4000, AT_IOVS = 0x3000 };

struct guest {
    struct wasi_tree tree;
    struct wrt_store *store;
    struct wrt_wasi *w;
    uint8_t mem[GUEST_MEM];
    bool unstable;
};

/* One that waits for every test, in *state: without openat2 where walk is true. */
int guest_set_up(void **state);
int guest_tear_down(void **state);
/* A new world instead of the one there. */
void guest_world(struct guest *g, struct wrt_wasi_options o);
int guest_call(struct guest *g, wrt_wasi_fn fn, const uint64_t *slots);
#define CALL(g, name, ...) guest_call(g, wrt_wasi_##name, (uint64_t[12]){__VA_ARGS__})

/* Why the last call stopped the run. */
enum wrt_stop guest_stopped(const struct guest *g);
uint32_t guest_u32(const struct guest *g, uint32_t at);
uint64_t guest_u64(const struct guest *g, uint32_t at);
/* Put text at address; its length. */
uint32_t guest_text(struct guest *g, uint32_t at, const char *text);
/* path_open beneath fd; the new number, or the errno negated. */
int guest_open(struct guest *g, uint32_t fd, uint32_t lookup, const char *path, uint32_t oflags, uint64_t rights,
               uint32_t fdflags);
/* A call of the shape (fd, path, path_len). */
int guest_path(struct guest *g, wrt_wasi_fn fn, uint32_t fd, const char *path);
/* fd_write or fd_read of one buffer at AT_DATA; the errno, the number of bytes at AT_RET. */
int guest_move(struct guest *g, wrt_wasi_fn fn, uint32_t fd, uint32_t len);
unsigned guest_host_descriptors(void);
