/* SPDX-License-Identifier: Apache-2.0
 *
 * What a module may use, as named features: the words of the proposals, as other tools spell them. One table makes the
 * bits, the option `--features`, the facts "requires" and the manual page. */
#pragma once

#include "base/base.h"
#include "base/err.h"

/* X(NAME, name, on by default, what it is) */
#define WRT_FEATURES(X)                                                                                               \
    X(MUTABLE_GLOBAL, "mutable-global", true, "imported and exported globals that change")                            \
    X(SAT_FLOAT, "saturating-float-to-int", true, "conversions that do not trap")                                     \
    X(SIGN_EXTENSION, "sign-extension", true, "sign extension of narrow integers")                                    \
    X(MULTI_VALUE, "multi-value", true, "several results of blocks and functions")                                    \
    X(REFERENCE_TYPES, "reference-types", true, "references to functions and host values, several tables")            \
    X(BULK_MEMORY, "bulk-memory", true, "memory.copy, memory.fill, passive segments")                                 \
    X(SIMD, "simd", true, "128-bit vectors")                                                                          \
    X(RELAXED_SIMD, "relaxed-simd", true, "vector instructions whose edges the machine decides")                      \
    X(TAIL_CALL, "tail-call", true, "calls that replace their caller")                                                \
    X(EXTENDED_CONST, "extended-const", true, "arithmetic in constant expressions")                                   \
    X(FUNCTION_REFERENCES, "function-references", true, "typed references to functions")                              \
    X(GC, "gc", true, "structs, arrays and i31 references")                                                           \
    X(EXCEPTIONS, "exceptions", true, "try_table, throw and exception references")                                    \
    X(MEMORY64, "memory64", true, "memories and tables with 64-bit indices")                                          \
    X(MULTI_MEMORY, "multi-memory", true, "several memories")                                                         \
    X(THREADS, "threads", true, "shared memories and atomic instructions")                                            \
    X(LEGACY_EXCEPTIONS, "legacy-exceptions", true, "try, catch and rethrow as compilers wrote them before 3.0")      \
    X(CUSTOM_PAGE_SIZES, "custom-page-sizes", false, "memories with pages of one byte")                               \
    X(WIDE_ARITHMETIC, "wide-arithmetic", false, "128-bit addition, subtraction and multiplication")                  \
    X(COMPONENT_MODEL, "component-model", true, "components")                                                         \
    X(CM_ASYNC, "cm-async", true, "components: async functions, streams, futures, tasks")                             \
    X(CM_ASYNC_STACKFUL, "cm-async-stackful", true, "components: async functions that are lifted without a callback") \
    X(CM_MORE_ASYNC_BUILTINS, "cm-more-async-builtins", true,                                                         \
      "components: built-in functions that block or cancel without waiting")                                          \
    X(CM_THREADING, "cm-threading", true, "components: several threads in a task")                                    \
    X(CM_ERROR_CONTEXT, "cm-error-context", false, "components: error contexts")                                      \
    X(CM_FIXED_LENGTH_LISTS, "cm-fixed-length-lists", true, "components: lists whose length is part of their type")   \
    X(CM_MAP, "cm-map", true, "components: maps")                                                                     \
    X(CM_IMPLEMENTS, "cm-implements", true, "components: names with the interface that they implement")               \
    X(CM_VALUES, "cm-values", false, "components: values and start functions")                                        \
    X(CM64, "cm64", false, "components: memories with 64-bit addresses")

enum wrt_feature_bit {
#define WRT_FEATURE_ENUM(name, text, on, what) WRT_BIT_##name,
    WRT_FEATURES(WRT_FEATURE_ENUM)
#undef WRT_FEATURE_ENUM
        WRT_BIT_COUNT
};
#define WRT_FEATURE_MASK(name, text, on, what) \
    static const uint64_t WRT_F_##name WP_UNUSED = UINT64_C(1) << WRT_BIT_##name;
WRT_FEATURES(WRT_FEATURE_MASK)
#undef WRT_FEATURE_MASK

/* A set without features: 0 stands for the default where options take a set. */
#define WRT_F_NONE (UINT64_C(1) << 63)

uint64_t wrt_features_default(void);
const char *wrt_feature_name(unsigned bit);
const char *wrt_feature_meaning(unsigned bit);
/* "simd,threads,-gc": words of the table, with '-' in front to take one away; "all", "default", "mvp" (none of them)
 * as first words set the start, else it is default, as the empty text is. Unknown words are WP_E_USAGE with the
 * nearest. */
int wrt_features_parse(const char *text, uint64_t *ret, struct wp_err *err) WP_MUST_USE;
