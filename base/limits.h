/* SPDX-License-Identifier: Apache-2.0
 *
 * Every ceiling on what an outsider may make the program hold, read or repeat, in one table. A size is compared with
 * its limit before anything is allocated. SECURITY.md's limit table is generated from these rows (make docs). */
#pragma once

#include <stdint.h>

#define WP_KIB (UINT64_C(1) << 10)
#define WP_MIB (UINT64_C(1) << 20)
#define WP_GIB (UINT64_C(1) << 30)

/* X(NAME, value, unit, what is limited) */
#define WP_LIMITS(X)                                                                                             \
    X(MANIFEST, 4 * WP_MIB, "bytes", "a manifest or index from a store (distribution-spec asks for 4 MiB)")      \
    X(LAYOUT_INDEX, 64 * WP_MIB, "bytes", "index.json of a layout")                                              \
    X(CONFIG, 4 * WP_MIB, "bytes", "a config blob that is parsed")                                               \
    X(LISTING, 4 * WP_MIB, "bytes", "one page of tags, repositories or referrers")                               \
    X(TOKEN_BODY, 64 * WP_KIB, "bytes", "a token server's reply")                                                \
    X(ERROR_BODY, 16 * WP_KIB, "bytes", "an error reply of a registry")                                          \
    X(HEADERS, 64 * WP_KIB, "bytes", "all header lines of one reply")                                            \
    X(CREDENTIALS, 4 * WP_MIB, "bytes", "a credential file")                                                     \
    X(HELPER_OUTPUT, 64 * WP_KIB, "bytes", "what a credential helper prints")                                    \
    X(PROJECT, 1 * WP_MIB, "bytes", "wpack.json")                                                                \
    X(MODULE, 1 * WP_GIB, "bytes", "a WebAssembly module or component")                                          \
    X(JSON_DEPTH, 32, "levels", "nesting of any JSON document")                                                  \
    X(LAYERS, 4096, "entries", "layers of one manifest")                                                         \
    X(INDEX_ENTRIES, 65536, "entries", "manifests of one index")                                                 \
    X(GRAPH_NODES, 100000, "manifests", "manifests reached by one copy")                                         \
    X(GRAPH_BYTES, 256 * WP_MIB, "bytes", "manifest bytes held by one copy")                                     \
    X(GRAPH_DEPTH, 16, "levels", "indexes within indexes, referrers of referrers")                               \
    X(REFERRERS, 1000, "entries", "referrers of one subject")                                                    \
    X(PAGES, 1000, "pages", "pages of one listing")                                                              \
    X(NAMES, 1000000, "entries", "tags or repositories of one listing")                                          \
    X(REDIRECTS, 5, "hops", "redirects of one request")                                                          \
    X(WASM_SECTIONS, 100000, "sections", "sections of one module, nested ones included")                         \
    X(WASM_DEPTH, 16, "levels", "components within components")                                                  \
    X(WASM_NAMES, 1000000, "names", "imports or exports of one module")                                          \
    X(WASM_TYPES, 1000000, "types", "types of one module")                                                       \
    X(WASM_FUNCTIONS, 1000000, "functions", "functions of one module, imports included")                         \
    X(WASM_TABLES, 100000, "tables", "tables of one module, imports included")                                   \
    X(WASM_MEMORIES, 100, "memories", "memories of one module, imports included")                                \
    X(WASM_GLOBALS, 1000000, "globals", "globals of one module, imports included")                               \
    X(WASM_TAGS, 1000000, "tags", "exception tags of one module, imports included")                              \
    X(WASM_ELEMENT_SEGMENTS, 100000, "segments", "element segments of one module")                               \
    X(WASM_ELEMENTS, 10000000, "entries", "entries of one element segment")                                      \
    X(WASM_DATA_SEGMENTS, 100000, "segments", "data segments of one module")                                     \
    X(WASM_PARAMS, 1000, "types", "parameters of one function type")                                             \
    X(WASM_RESULTS, 1000, "types", "results of one function type")                                               \
    X(WASM_FIELDS, 10000, "fields", "fields of one struct type")                                                 \
    X(WASM_FUNCTION_SIZE, 7654321, "bytes", "the body of one function")                                          \
    X(WASM_MEMORY, 48 * WP_MIB, "bytes", "held while a module is validated, beside 16 times its size")           \
    X(WASM_LOCALS, 50000, "locals", "parameters and locals of one function of a module")                         \
    X(WASM_OPERANDS, 1000000, "operands", "on the stack of one function of a module")                            \
    X(WASM_LABELS, 500000, "levels", "blocks within blocks of one function of a module")                         \
    X(LOOK_ANSWER, 256 * WP_MIB, "bytes", "what the sandboxed reader of a module may answer")                    \
    X(RUN_ANSWER, 64 * WP_MIB, "bytes", "what the sandboxed process that runs a module may answer")              \
    X(RUN_INPUT, 64 * WP_MIB, "bytes", "standard input that a test gives")                                       \
    X(REPLAY_TESTS, 4096, "tests", "attested, that are made again")                                              \
    X(REPLAY_TIME, 600000, "ms", "one attested test that is made again, whatever its budget was")                \
    X(WASM_NAME, 100000, "bytes", "one import, export or section name")                                          \
    X(WASM_TYPE_SIZE, 1000000, "parts", "one type of a component, with all that it is made of")                  \
    X(WASM_TYPE_DEPTH, 100, "levels", "types within types of a component")                                       \
    X(WASM_VALUE_BYTES, 256 * WP_MIB, "bytes", "a value of a component, as it lies in memory")                   \
    X(WASM_COMPONENT_ITEMS, 1000000, "entries", "one index space of a component")                                \
    X(WASM_COMPONENT_PARTS, 1000, "parts", "modules and components of a component, at all depths")               \
    X(WASM_INSTANCES, 4096, "instances", "instances of one component")                                           \
    X(WASM_TYPE_PARTS, 10000, "entries", "fields of a record, cases of a variant, types of a tuple")             \
    X(WASM_FLAGS, 32, "flags", "one flags type")                                                                 \
    X(WASM_COMPONENT_PARAMS, 1000, "parameters", "one function of a component")                                  \
    X(WASM_COMPONENT_WORK, 30000000, "steps", "comparing and rewriting the types of a component")                \
    X(WIT_TEXT, 16 * WP_MIB, "bytes", "a component described as WIT")                                            \
    X(FACT_FUNCTIONS, 100000, "functions", "told by name, the largest of a module")                              \
    X(FACT_GROUPS, 4096, "groups", "namespaces that the functions of a module are counted under")                \
    X(FACT_FEATURES, 64, "names", "features that a module is said to use")                                       \
    X(FACT_DEPENDENCIES, 65536, "packages", "told by the dependency list in a module")                           \
    X(DEPENDENCY_LIST, 2 * WP_MIB, "bytes", "a dependency list in a module, once inflated")                      \
    X(WASI_DESCRIPTORS, 1024, "descriptors", "that a running module has open at once")                           \
    X(WASI_STRINGS, 16 * WP_MIB, "bytes", "arguments, variables of a running module")                            \
    X(WASI_MOVE, 64 * WP_MIB, "bytes", "that one call of a running module reads or writes")                      \
    X(WASI_SUBSCRIPTIONS, 4096, "subscriptions", "that one call of a running module waits for")                  \
    X(WASI_LISTINGS, 64 * WP_MIB, "bytes", "listings of folders that a running module reads")                    \
    X(WASI_NUMBERED, 1 * WP_MIB, "files", "that have numbers of their own in the virtual world")                 \
    X(KEY_FILE, 64 * WP_KIB, "bytes", "a file with keys or certificates")                                        \
    X(KEY_MEMORY, 1 * WP_GIB, "bytes", "that unlocking a key file with its password may take")                   \
    X(SIGNATURE, 4 * WP_MIB, "bytes", "a signature, bundle or envelope, without the statement a bundle carries") \
    X(STATEMENT, 16 * WP_MIB, "bytes", "a signed statement, such as a bill of materials, with its envelope")     \
    X(SIGNATURES, 256, "signatures", "looked at for one artifact")                                               \
    X(SIGNATURE_BYTES, 64 * WP_MIB, "bytes", "signatures and statements of one artifact, together")              \
    X(CERTIFICATES, 10, "certificates", "one chain")                                                             \
    X(LOG_ENTRIES, 16, "entries", "log entries or timestamps of one signature")                                  \
    X(TRUST_FILE, 4 * WP_MIB, "bytes", "a trusted root, a policy, a signing configuration")                      \
    X(POLICY_RULES, 10000, "rules", "one policy")                                                                \
    X(POLICY_PARTS, 4096, "manifests", "of one index, judged each by itself")                                    \
    X(CBOR_ITEMS, 4096, "values", "values of one COSE signature")                                                \
    X(TRUST_CERTIFICATES, 1000, "certificates", "trusted, or revocation lists, of one rule")                     \
    X(SIGN_HELPER, 64 * WP_KIB, "bytes", "what a program that holds a key prints")

#define WP_LIMIT_ENUM(name, value, unit, what) static const uint64_t WP_LIMIT_##name __attribute__((unused)) = (value);
WP_LIMITS(WP_LIMIT_ENUM)
#undef WP_LIMIT_ENUM
