/* SPDX-License-Identifier: Apache-2.0
 *
 * Points in time as seconds since the epoch, and their text forms. */
#pragma once

#include "base/base.h"

#define WP_TIME_TEXT 32
/* "2024-01-01T00:00:00Z" (RFC 3339, UTC). Returns ret. Years 0000..9999. */
char *wp_time_rfc3339(int64_t seconds, char ret[WP_TIME_TEXT]);
bool wp_time_parse_rfc3339(const char *text, int64_t *ret_seconds);
/* HTTP-date, IMF-fixdate and the two obsolete forms (RFC 9110 section 5.6.7). */
bool wp_time_parse_http(const char *text, int64_t *ret_seconds);
int64_t wp_time_now(void);
/* Milliseconds of a clock that never goes back. */
uint64_t wp_time_mono_ms(void);
/* The same, of one that also counts while the machine sleeps. */
uint64_t wp_time_boot_ms(void);
