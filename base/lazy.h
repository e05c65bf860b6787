/* SPDX-License-Identifier: Apache-2.0
 *
 * Libraries that are opened at their first call, not at start-up. Code includes a library's own headers and calls its
 * functions by their own names; what is linked in their place is a jump through a slot, and the slots are filled, all
 * of a library at once, when the first of them is used. Rows of names stand in base/lazy-LIBRARY.h: a function that the
 * linker misses is a row that is missing there. libc only. */
#pragma once

#include "base/base.h"

/* Where the library is opened by hand: 0, or -1 where it, or a function of the rows, is not there (*ret_lacks says
 * which). Without asking, the first call of a function ends the program with a line that says what to install. */
int wp_lazy_crypto(const char **ret_lacks) WP_MUST_USE;
int wp_lazy_jansson(const char **ret_lacks) WP_MUST_USE;
int wp_lazy_sodium(const char **ret_lacks) WP_MUST_USE;
int wp_lazy_zlib(const char **ret_lacks) WP_MUST_USE;
