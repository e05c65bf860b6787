/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs one WASI module through the public interface, for tests/wasi/run.py:
 * guest [--walk] [--virtual] [--own] [--read-only] [--dir HOST=GUEST]... [--env NAME=VALUE]... MODULE [ARGS...]. The guest's
 * streams go out as they are when it has ended; its status is the exit status, a trap is 134, anything else 125.
 * --walk: resolve paths without openat2. --virtual: clock at 0, seed 0. --own: the guest has this process's streams. */
#include "runtime-min/run.h"
#include "runtime-min/scan.h"
#include "runtime-min/wasi-parts.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST = 64 };

struct setup {
    struct wrt_wasi_options o;
    struct wrt_wasi_dir dirs[MOST];
    const char *env[MOST];
    bool walk, read_only;
    const char *module;
};

static int fail(const char *what, const struct wp_err *err)
{
    fprintf(stderr, "guest: %s: %s\n", what, err ? err->msg : "");
    return 125;
}

static bool add_dir(struct setup *s, char *text)
{
    char *guest = strchr(text, '=');
    if (!guest || s->o.dir_count == MOST) {
        return false;
    }
    *guest = 0;
    int fd = open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    s->dirs[s->o.dir_count++] = (struct wrt_wasi_dir){.guest = guest + 1, .fd = fd, .read_only = s->read_only};
    return fd >= 0;
}

static bool read_options(struct setup *s, int argc, char **argv)
{
    int i = 1;
    for (; i < argc && wp_str_starts(argv[i], "--"); i++) {
        if (wp_str_eq(argv[i], "--walk")) {
            s->walk = true;
        } else if (wp_str_eq(argv[i], "--virtual")) {
            s->o.virtual_clock = s->o.seeded = true;
        } else if (wp_str_eq(argv[i], "--own")) {
            s->o.own_stdio = true;
        } else if (wp_str_eq(argv[i], "--read-only")) {
            s->read_only = true;
        } else if (wp_str_eq(argv[i], "--env") && i + 1 < argc && s->o.env_count < MOST) {
            s->env[s->o.env_count++] = argv[++i];
        } else if (!wp_str_eq(argv[i], "--dir") || i + 1 == argc || !add_dir(s, argv[++i])) {
            return false;
        }
    }
    if (i == argc) {
        return false;
    }
    s->module = argv[i];
    s->o.args = (const char *const *)&argv[i];
    s->o.arg_count = (size_t)(argc - i);
    s->o.env = s->env;
    s->o.dirs = s->dirs;
    return true;
}

static bool map(const char *path, struct wp_span *ret)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0) {
        return false;
    }
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    *ret = wp_span(at, (size_t)st.st_size);
    return at != MAP_FAILED;
}

static int import(void *arg, const struct wrt_module *m, const struct wrt_import *what, struct wrt_value *ret,
                  struct wp_err *err)
{
    (void)m;
    int found = wrt_wasi_import(arg, what, ret, err);
    if (found == 0) {
        return wp_fail(err, WP_E_NOT_FOUND, "unknown import '%.*s'", (int)what->name.len, (const char *)what->name.ptr);
    }
    return found < 0 ? -1 : 0;
}

static void print(const struct wrt_wasi *w, int stream)
{
    struct wp_span out = wrt_wasi_output(w, stream);
    while (out.len > 0) {
        ssize_t n = write(stream, out.ptr, out.len);
        if (n <= 0) {
            return;
        }
        out = wp_span(out.ptr + n, out.len - (size_t)n);
    }
}

static int run(struct wrt_store *s, struct wrt_wasi *w, const struct wrt_module *m)
{
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_outcome out = {.stop = WRT_STOP_NONE};
    struct wrt_instance *instance = NULL;
    struct wrt_value start;
    uint64_t slots[1] = {0};
    if (wrt_instantiate(s, m, import, w, &instance, &out, &err) != 0) {
        return fail("instantiation", &err);
    }
    if (out.stop == WRT_STOP_NONE) {
        if (!wrt_instance_export(instance, wp_span_str("_start"), &start) || start.kind != WRT_FUNC) {
            return fail("there is no _start", NULL);
        }
        wrt_call(s, start.as.func, slots, &out);
    }
    print(w, 1);
    print(w, 2);
    if (out.stop == WRT_STOP_NONE || out.stop == WRT_STOP_EXIT) {
        return out.stop == WRT_STOP_EXIT ? (int)(out.exit_status & 255) : 0;
    }
    fprintf(stderr, "guest: trap: %s %s\n", wrt_stop_text(out.stop), out.detail);
    for (uint32_t i = 0; i < out.frame_count; i++) {
        fprintf(stderr, "  function %u at 0x%llx\n", out.frames[i].function, (unsigned long long)out.frames[i].offset);
    }
    return 134;
}

int main(int argc, char **argv)
{
    static struct setup set;
    struct wp_err err = {.code = WP_E_OK};
    struct wp_span bytes;
    signal(SIGPIPE, SIG_IGN);
    if (!read_options(&set, argc, argv) || !map(set.module, &bytes)) {
        return fail("wrong options", NULL);
    }
    struct wrt_store *s = NULL;
    struct wrt_wasi *w = NULL;
    struct wrt_binary *b = NULL;
    const struct wrt_budget budget = {.fuel = UINT64_C(20000000000)};
    if (wrt_store_new(&budget, NULL, &s, &err) != 0 || wrt_wasi_new(s, &set.o, &w, &err) != 0) {
        return fail("store", &err);
    }
    w->walk = w->walk || set.walk;
    const struct wrt_options options = {.types = wrt_store_types(s)};
    if (wrt_load(bytes, &options, &b, NULL, &err) != 0) {
        return fail(set.module, &err);
    }
    int status = run(s, w, wrt_binary_module(b));
    wrt_wasi_free(w);
    wrt_store_free(s);
    wrt_binary_free(b);
    munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
    return status;
}
