/* SPDX-License-Identifier: Apache-2.0
 *
 * The world of one guest: made from the options, given out as host functions, one for each name of the standard's
 * table (witx, snapshot 1). Every call comes through one door, which finds the caller's memory and puts the errno into
 * the result. */
#include "runtime-min/wasi-parts.h"

#include <stdlib.h>
#include <unistd.h>

struct wrt_wasi_row {
    const char *name, *params; /* i: i32, I: i64 */
    wrt_wasi_fn fn;
};
static const struct wrt_wasi_row rows[WASI_FUNCTIONS] = {
#define WASI_ROW(name, params) {#name, params, wrt_wasi_##name},
    WASI_TABLE(WASI_ROW)
#undef WASI_ROW
};

static int enter(struct wrt_store *s, void *env, uint64_t *slots)
{
    const struct wrt_wasi_bound *bound = env;
    struct wrt_wasi_call c = {.w = bound->wasi, .slots = slots, .unstable = bound->unstable};
    const struct wrt_memory_inst *memory = wrt_caller_memory(s);
    if (memory) {
        c.mem = wrt_memory_bytes(memory, &c.mem_size);
    }
    int code = bound->row->fn(&c);
    if (code == WASI_STOPPED) {
        return -1;
    }
    slots[0] = (uint32_t)code;
    return 0;
}

/* ---- made from the options ---- */

static int copy_strings(struct wrt_wasi *w, const char *const *items, size_t count, const char *what,
                        struct wrt_wasi_strings *ret, struct wp_err *err)
{
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += strlen(items[i]) + 1;
    }
    if (size > WP_LIMIT_WASI_STRINGS || count > WP_LIMIT_WASI_STRINGS) {
        return wp_fail(err, WP_E_LIMIT, "%s: more than %llu bytes", what, (unsigned long long)WP_LIMIT_WASI_STRINGS);
    }
    ret->bytes = wrt_alloc(&w->mem, size, 1, err);
    ret->starts = ret->bytes ? wrt_alloc(&w->mem, count, sizeof *ret->starts, err) : NULL;
    if (!ret->starts) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(items[i]) + 1;
        ret->starts[i] = ret->size;
        memcpy(ret->bytes + ret->size, items[i], len);
        ret->size += (uint32_t)len;
    }
    ret->count = (uint32_t)count;
    return 0;
}

static uint8_t stream_type(int host, bool plain)
{
    struct stat st;
    if (plain || fstat(host, &st) != 0) {
        return WASI_TYPE_UNKNOWN;
    }
    /* The guest's libc takes every character device for a terminal. */
    return S_ISCHR(st.st_mode) && !isatty(host) ? WASI_TYPE_UNKNOWN : wrt_wasi_type(st.st_mode);
}

static int add_streams(struct wrt_wasi *w, const struct wrt_wasi_options *o, struct wp_err *err)
{
    for (int i = 0; i < 3; i++) {
        uint32_t fd = 0;
        if (wrt_wasi_desc_new(w, &fd) != WASI_SUCCESS) {
            return wp_fail(err, WP_E_LIMIT, "no memory for the guest's descriptors");
        }
        uint64_t rights = WASI_FD_FDSTAT_SET_FLAGS | WASI_FD_FILESTAT_GET | WASI_POLL_FD_READWRITE;
        w->descs[fd] = (struct wrt_wasi_desc){
            .kind = WASI_STREAM,
            .stream = (uint8_t)i,
            .borrowed = true,
            .host = o->own_stdio ? i : -1,
            .type = o->own_stdio ? stream_type(i, o->virtual_clock) : WASI_TYPE_UNKNOWN,
            .base = rights | (i == 0 ? WASI_FD_READ : WASI_FD_WRITE),
        };
    }
    return 0;
}

static int add_folders(struct wrt_wasi *w, const struct wrt_wasi_options *o, struct wp_err *err)
{
    for (size_t i = 0; i < o->dir_count; i++) {
        const struct wrt_wasi_dir *dir = &o->dirs[i];
        size_t len = strlen(dir->guest) + 1;
        struct stat st;
        if (fstat(dir->fd, &st) != 0 || !S_ISDIR(st.st_mode)) {
            return wp_fail(err, WP_E_INPUT, "'%s' for the guest is not a folder", dir->guest);
        }
        char *name = len <= WASI_PATH_MAX ? wrt_alloc(&w->mem, len, 1, err) : NULL;
        uint32_t fd = 0;
        if (!name || wrt_wasi_desc_new(w, &fd) != WASI_SUCCESS) {
            return wp_fail(err, WP_E_LIMIT, "more than %llu folders for the guest, or too long a name",
                           (unsigned long long)WP_LIMIT_WASI_DESCRIPTORS);
        }
        memcpy(name, dir->guest, len);
        w->descs[fd] = (struct wrt_wasi_desc){
            .kind = WASI_DIR,
            .type = WASI_TYPE_DIRECTORY,
            .borrowed = true,
            .read_only = dir->read_only,
            .host = dir->fd,
            .base = WASI_DIR_RIGHTS & ~(dir->read_only ? (uint64_t)WASI_DIR_WRITING : 0),
            /* Whoever wants to write beneath a read-only folder is told so when opening, not when writing. */
            .inheriting = WASI_ALL_RIGHTS,
            .preopen = name,
        };
    }
    return 0;
}

int wrt_wasi_new(struct wrt_store *s, const struct wrt_wasi_options *o, WP_OWN struct wrt_wasi **ret,
                 struct wp_err *err)
{
    struct wrt_wasi *w = calloc(1, sizeof *w);
    if (!w) {
        return wp_fail(err, WP_E_LIMIT, "no memory for the guest's world");
    }
    w->store = s;
    w->mem.limit = 4 * WP_LIMIT_WASI_STRINGS;
    w->input = o->input;
    w->output_max = o->output_max || o->own_stdio ? o->output_max : (uint64_t)16 << 20;
    w->virtual_clock = o->virtual_clock;
    w->clock_ns = o->clock_ns;
    w->walk = !wrt_wasi_has_openat2();
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    w->monotonic_start = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    if (o->seeded) {
        wrt_wasi_random_begin(w, o->seed);
    }
    for (unsigned i = 0; i < 2 * WASI_FUNCTIONS; i++) {
        w->bound[i / WASI_FUNCTIONS][i % WASI_FUNCTIONS] =
            (struct wrt_wasi_bound){.wasi = w, .row = &rows[i % WASI_FUNCTIONS], .unstable = i >= WASI_FUNCTIONS};
    }
    if (copy_strings(w, o->args, o->arg_count, "arguments", &w->args, err) != 0 ||
        copy_strings(w, o->env, o->env_count, "variables", &w->env, err) != 0 || add_streams(w, o, err) != 0 ||
        add_folders(w, o, err) != 0) {
        wrt_wasi_free(w);
        return -1;
    }
    *ret = w;
    return 0;
}

void wrt_wasi_free(WP_OWN struct wrt_wasi *w)
{
    if (!w) {
        return;
    }
    for (uint32_t i = 0; i < w->desc_room; i++) {
        wrt_wasi_desc_close(w, &w->descs[i]);
    }
    free(w->descs);
    free(w->output[0].bytes);
    free(w->output[1].bytes);
    wrt_wasi_numbered_free(w);
    wrt_mem_done(&w->mem);
    free(w);
}

struct wp_span wrt_wasi_output(const struct wrt_wasi *w, int stream)
{
    const struct wrt_wasi_output *out = &w->output[stream == 2];
    return wp_span(out->bytes, out->len);
}

/* ---- given out ---- */

static bool is(struct wp_span text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

static int make(struct wrt_wasi_bound *bound, struct wp_err *err)
{
    struct wrt_store *s = bound->wasi->store;
    uint32_t params[9];
    uint32_t count = 0;
    for (const char *p = bound->row->params; *p; p++) {
        params[count++] = *p == 'I' ? WRT_I64 : WRT_I32;
    }
    const uint32_t result = WRT_I32;
    uint32_t type = 0;
    if (wrt_types_func(wrt_store_types(s), params, count, &result,
                       is(wp_span_str(bound->row->name), "proc_exit") ? 0 : 1, &type, err) != 0) {
        return -1;
    }
    return wrt_func_new_host(s, type, enter, bound, &bound->func, err);
}

int wrt_wasi_import(struct wrt_wasi *w, const struct wrt_import *import, struct wrt_value *ret, struct wp_err *err)
{
    bool unstable = is(import->module, "wasi_unstable");
    if (import->kind != WRT_FUNC || (!unstable && !is(import->module, "wasi_snapshot_preview1"))) {
        return 0;
    }
    for (unsigned i = 0; i < WASI_FUNCTIONS; i++) {
        struct wrt_wasi_bound *bound = &w->bound[unstable][i];
        if (!is(import->name, bound->row->name)) {
            continue;
        }
        if (!bound->func && make(bound, err) != 0) {
            return -1;
        }
        *ret = (struct wrt_value){.kind = WRT_FUNC, .as.func = bound->func};
        return 1;
    }
    return 0;
}
