/* SPDX-License-Identifier: Apache-2.0
 *
 * What an import lets a module reach, in one word. */
#pragma once

#include "pack/module.h"

/* The words, in the order of views; "host" last. */
enum pack_reach {
    PACK_REACH_NONE, /* nothing outside of the module itself: wasi:io, exit, memory of a shared library */
    PACK_NETWORK,
    PACK_HTTP,
    PACK_FILESYSTEM,
    PACK_PROCESSES,
    PACK_THREADS,
    PACK_STORES,
    PACK_MESSAGING,
    PACK_CONFIGURATION,
    PACK_DEVICES,
    PACK_INFERENCE,
    PACK_ENVIRONMENT,
    PACK_ARGUMENTS,
    PACK_STDIO,
    PACK_LOGGING,
    PACK_CLOCKS,
    PACK_RANDOM,
    PACK_HOST, /* functions that one host alone has */
    PACK_REACH_COUNT
};

/* "network", "filesystem", …; "" for NONE. */
const char *pack_reach_name(enum pack_reach reach);
/* One line: "opens or accepts connections". */
const char *pack_reach_meaning(enum pack_reach reach);
enum pack_reach pack_reach_find(const char *name);
/* via: what to name it by (capability.via), in the arena. */
enum pack_reach pack_reach_of(const struct pack_extern *x, struct wp_arena *a, const char **ret_via);
/* "Go's own JavaScript host" for `gojs`; "" where nothing is known of it. */
const char *pack_host_words(const char *via);
/* Those of all imports, each once (hosts: each module or package once). */
size_t pack_capabilities(const struct pack_extern *imports, size_t n, struct wp_arena *a,
                         const struct pack_capability **ret);
