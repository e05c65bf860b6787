/* SPDX-License-Identifier: Apache-2.0
 *
 * Capabilities from imports: functions of WASI preview 1 (and its WASIX relatives) by name, interfaces of the component
 * model by package and interface. Whatever no table knows is "host": a function that only some host has. */
#include "pack/facts-capability.h"

#include <stdlib.h>

static const struct {
    const char *name, *meaning;
} reaches[PACK_REACH_COUNT] = {
    [PACK_REACH_NONE] = {"", ""},
    [PACK_NETWORK] = {"network", "opens or accepts connections"},
    [PACK_HTTP] = {"http", "sends HTTP requests"},
    [PACK_FILESYSTEM] = {"filesystem", "opens, reads or writes files in the folders it is given"},
    [PACK_PROCESSES] = {"processes", "starts or signals processes"},
    [PACK_THREADS] = {"threads", "starts threads"},
    [PACK_STORES] = {"stores", "reads or writes a key-value store, blob store or database"},
    [PACK_MESSAGING] = {"messaging", "sends or receives messages"},
    [PACK_CONFIGURATION] = {"configuration", "reads settings or secrets of its host"},
    [PACK_DEVICES] = {"devices", "uses hardware: buses, pins, graphics"},
    [PACK_INFERENCE] = {"inference", "runs machine learning models"},
    [PACK_ENVIRONMENT] = {"environment", "reads environment variables"},
    [PACK_ARGUMENTS] = {"arguments", "reads its command line"},
    [PACK_STDIO] = {"stdio", "uses open streams: standard input, output and error"},
    [PACK_LOGGING] = {"logging", "writes to the log of its host"},
    [PACK_CLOCKS] = {"clocks", "reads clocks or sleeps"},
    [PACK_RANDOM] = {"random", "draws random numbers"},
    [PACK_HOST] = {"host", "calls functions that one kind of host has"},
};

const char *pack_reach_name(enum pack_reach reach)
{
    return reaches[reach].name;
}

const char *pack_reach_meaning(enum pack_reach reach)
{
    return reaches[reach].meaning;
}

enum pack_reach pack_reach_find(const char *name)
{
    for (enum pack_reach r = PACK_NETWORK; r < PACK_REACH_COUNT; r++) {
        if (wp_str_eq(reaches[r].name, name)) {
            return r;
        }
    }
    return PACK_REACH_NONE;
}

struct rule {
    const char *prefix;
    enum pack_reach reach;
};

/* The first that fits. A prefix that ends in '$' is the whole name. */
static enum pack_reach first_fit(const struct rule *rules, const char *name, enum pack_reach otherwise)
{
    for (size_t i = 0; rules[i].prefix != NULL; i++) {
        const char *prefix = rules[i].prefix;
        size_t len = strlen(prefix);
        bool whole = prefix[len - 1] == '$';
        len -= whole;
        if (strncmp(name, prefix, len) == 0 && (!whole || name[len] == '\0')) {
            return rules[i].reach;
        }
    }
    return otherwise;
}

/* wasi_snapshot_preview1 (witx/preview1), and what WASIX adds under the same names. */
static const struct rule preview1[] = {
    {"sock_", PACK_NETWORK},
    {"port_", PACK_NETWORK},
    {"resolve", PACK_NETWORK},
    {"path_", PACK_FILESYSTEM},
    {"fd_prestat_", PACK_FILESYSTEM},
    {"fd_readdir$", PACK_FILESYSTEM},
    {"fd_filestat_", PACK_FILESYSTEM},
    {"fd_allocate$", PACK_FILESYSTEM},
    {"fd_advise$", PACK_FILESYSTEM},
    {"fd_sync$", PACK_FILESYSTEM},
    {"fd_datasync$", PACK_FILESYSTEM},
    {"fd_pread$", PACK_FILESYSTEM},
    {"fd_pwrite$", PACK_FILESYSTEM},
    {"fd_renumber$", PACK_FILESYSTEM},
    {"getcwd$", PACK_FILESYSTEM},
    {"chdir$", PACK_FILESYSTEM},
    {"fd_", PACK_STDIO},
    {"tty_", PACK_STDIO},
    {"environ_", PACK_ENVIRONMENT},
    {"args_", PACK_ARGUMENTS},
    {"clock_", PACK_CLOCKS},
    {"poll_oneoff$", PACK_CLOCKS},
    {"epoll_", PACK_CLOCKS},
    {"thread_", PACK_THREADS},
    {"thread-spawn$", PACK_THREADS},
    {"futex_", PACK_THREADS},
    {"random_", PACK_RANDOM},
    {"proc_exit", PACK_REACH_NONE},
    {"proc_", PACK_PROCESSES},
    {"sched_yield$", PACK_REACH_NONE},
    {NULL, PACK_REACH_NONE},
};

/* Interfaces of the component model. */
static const struct rule interfaces[] = {
    {"wasi:io/", PACK_REACH_NONE},
    {"wasi:cli/environment", PACK_ENVIRONMENT},
    {"wasi:cli/exit", PACK_REACH_NONE},
    {"wasi:cli/run", PACK_REACH_NONE},
    {"wasi:cli/types", PACK_REACH_NONE},
    {"wasi:cli/", PACK_STDIO},
    {"wasi:clocks/", PACK_CLOCKS},
    {"wasi:random/", PACK_RANDOM},
    {"wasi:filesystem/", PACK_FILESYSTEM},
    {"wasi:sockets/", PACK_NETWORK},
    {"wasi:tls/", PACK_NETWORK},
    {"wasi:http/types", PACK_REACH_NONE}, /* servers need them too */
    {"wasi:http/incoming-handler", PACK_REACH_NONE},
    {"wasi:http/", PACK_HTTP},
    {"wasi:keyvalue/", PACK_STORES},
    {"wasi:blobstore/", PACK_STORES},
    {"wasi:sql/", PACK_STORES},
    {"wasi:messaging/", PACK_MESSAGING},
    {"wasi:config/", PACK_CONFIGURATION},
    {"wasi:logging/", PACK_LOGGING},
    {"wasi:nn/", PACK_INFERENCE},
    {"wasi:i2c/", PACK_DEVICES},
    {"wasi:spi/", PACK_DEVICES},
    {"wasi:gpio/", PACK_DEVICES},
    {"wasi:usb/", PACK_DEVICES},
    {"wasi:webgpu/", PACK_DEVICES},
    {"wasi:graphics-context/", PACK_DEVICES},
    {"wasi:surface/", PACK_DEVICES},
    {"wasi:frame-buffer/", PACK_DEVICES},
    {NULL, PACK_REACH_NONE},
};

static bool is_interface(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon != NULL && strchr(colon, '/') != NULL;
}

/* "wasi:sockets" of wasi:sockets/tcp@0.2.0. */
static const char *package(struct wp_arena *a, const char *interface)
{
    return wp_arena_strn(a, interface, strcspn(interface, "/"));
}

static enum pack_reach reach_of_interface(const char *name, struct wp_arena *a, const char **ret_via)
{
    *ret_via = name;
    enum pack_reach reach = first_fit(interfaces, name, PACK_HOST);
    if (reach == PACK_HOST) {
        *ret_via = package(a, name);
    }
    return reach;
}

static bool is_preview1(const char *module)
{
    static const char *const names[] = {"wasi_snapshot_preview1", "wasi_unstable", "wasi", "wasix_32v1", "wasix_64v1",
                                        "wasi_ephemeral_sock"};
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        if (wp_str_eq(module, names[i])) {
            return true;
        }
    }
    return false;
}

static enum pack_reach reach_of_core(const struct pack_extern *x, struct wp_arena *a, const char **ret_via)
{
    if (is_preview1(x->module)) {
        *ret_via = wp_arena_printf(a, "%s.%s", x->module, x->name);
        enum pack_reach reach = first_fit(preview1, x->name, PACK_HOST);
        if (reach == PACK_HOST) {
            *ret_via = x->module;
        }
        return reach;
    }
    /* Before `component new`, interfaces are module names; the second form is that of the canonical ABI's names. */
    const char *module = wp_str_starts(x->module, "cm32p2|") ? x->module + strlen("cm32p2|") : x->module;
    if (wp_str_starts(module, "[export]")) {
        return PACK_REACH_NONE;
    }
    if (is_interface(module)) {
        return reach_of_interface(module, a, ret_via);
    }
    *ret_via = x->module;
    return PACK_HOST;
}

enum pack_reach pack_reach_of(const struct pack_extern *x, struct wp_arena *a, const char **ret_via)
{
    *ret_via = x->name;
    bool func = wp_str_eq(x->kind, "func");
    if (x->module[0] != '\0') {
        return func ? reach_of_core(x, a, ret_via) : PACK_REACH_NONE;
    }
    if (is_interface(x->name)) {
        return wp_str_eq(x->kind, "instance") ? reach_of_interface(x->name, a, ret_via) : PACK_REACH_NONE;
    }
    return func ? PACK_HOST : PACK_REACH_NONE;
}

const char *pack_host_words(const char *via)
{
    static const struct {
        const char *via, *words;
    } rows[] = {
        {"gojs", "Go's JavaScript host"},
        {"go", "Go's JavaScript host"},
        {"wbg", "wasm-bindgen's JavaScript host"},
        {"__wbindgen_placeholder__", "wasm-bindgen's JavaScript host, not bound yet"},
        {"__wbindgen_externref_xform__", "wasm-bindgen's JavaScript host, not bound yet"},
        {"emscripten", "Emscripten's JavaScript host"},
        {"a", "a JavaScript host with names made short, as Emscripten does"},
        {"env", "the host it was linked for"},
        {"imports", "the host it was linked for"},
        {"spectest", "the specification's test host"},
        {"wasi_ephemeral_nn", "a host with wasi-nn"},
        {"wasmedge_httpsreq", "WasmEdge"},
        {"wapc", "a waPC host"},
        {"extism:host", "an Extism host"},
        {"fermyon:spin", "Spin"},
        {"spin:sdk", "Spin"},
        {"wasmcloud:bus", "wasmCloud"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (wp_str_eq(via, rows[i].via)) {
            return rows[i].words;
        }
    }
    return "";
}

/* ---- all of a module ---- */

struct found {
    enum pack_reach reach;
    const char *via;
    size_t at; /* which import */
};

static int by_reach(const void *a, const void *b)
{
    const struct found *x = a;
    const struct found *y = b;
    if (x->reach != y->reach) {
        return x->reach < y->reach ? -1 : 1;
    }
    int order = x->reach == PACK_HOST ? strcmp(x->via, y->via) : 0;
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

size_t pack_capabilities(const struct pack_extern *imports, size_t n, struct wp_arena *a,
                         const struct pack_capability **ret)
{
    struct found *found = wp_arena_alloc(a, n, sizeof(*found));
    size_t have = 0;
    for (size_t i = 0; i < n; i++) {
        struct found f = {.at = i};
        f.reach = pack_reach_of(&imports[i], a, &f.via);
        if (f.reach != PACK_REACH_NONE) {
            found[have++] = f;
        }
    }
    if (have > 0) {
        qsort(found, have, sizeof(*found), by_reach);
    }
    struct pack_capability *list = wp_arena_alloc(a, have, sizeof(*list));
    size_t count = 0;
    for (size_t i = 0; i < have; i++) {
        bool same = i > 0 && found[i].reach == found[i - 1].reach &&
                    (found[i].reach != PACK_HOST || wp_str_eq(found[i].via, found[i - 1].via));
        if (!same) {
            list[count++] = (struct pack_capability){.name = pack_reach_name(found[i].reach), .via = found[i].via};
        }
        list[count - 1].imports++;
    }
    *ret = list;
    return count;
}
