/* SPDX-License-Identifier: Apache-2.0
 *
 * Libraries that are opened at their first call, not at start-up. Code includes a library's own headers and calls its
 * functions by their own names; what is linked in their place is a jump through a slot, which is filled when the
 * function is first called. Rows of names stand in base/lazy-LIBRARY.h: a function that the linker misses is a row that
 * is missing there. How it is done: base/lazy-rows.h. libc only. */
#pragma once

#include "base/base.h"

/* Where the library is opened by hand: 0, or -1 where it is not there or cannot start (*ret_lacks says what is
 * missing). Without asking, the first call of a function ends the program with a line that says what to install. */
int wp_lazy_crypto(const char **ret_lacks) WP_MUST_USE;
int wp_lazy_jansson(const char **ret_lacks) WP_MUST_USE;
int wp_lazy_sodium(const char **ret_lacks) WP_MUST_USE;
int wp_lazy_zlib(const char **ret_lacks) WP_MUST_USE;
