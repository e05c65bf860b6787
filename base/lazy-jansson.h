/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of jansson that are called, one row each, sorted (base/lazy.h). */
#pragma once

#define WP_LAZY_JANSSON(X)    \
    X(jansson_version_str)    \
    X(json_array_get)         \
    X(json_array_size)        \
    X(json_delete)            \
    X(json_integer_value)     \
    X(json_loadb)             \
    X(json_object_get)        \
    X(json_object_iter)       \
    X(json_object_iter_key)   \
    X(json_object_iter_next)  \
    X(json_object_iter_value) \
    X(json_object_size)       \
    X(json_real_value)        \
    X(json_string_value)
