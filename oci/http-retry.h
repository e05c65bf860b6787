/* SPDX-License-Identifier: Apache-2.0
 *
 * When to try again and how long to wait before: pure functions. */
#pragma once

#include "base/base.h"

/* 408, 429, 500, 502, 503, 504. */
bool http_retry_status(int status);
/* A Retry-After value (RFC 9110 section 10.2.3: seconds or a date) as milliseconds from now (seconds since the epoch);
 * a date that has passed is 0. False when it is malformed. */
bool http_retry_after_ms(const char *value, int64_t now, uint64_t *ret_ms);
/* Milliseconds before further attempt number `again` (1, 2, ...): first_ms doubled each time, at most 30 s, then
 * between 75 % and 125 % of it by random. */
uint64_t http_retry_backoff_ms(uint64_t first_ms, unsigned again, uint32_t random);
