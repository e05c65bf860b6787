/* SPDX-License-Identifier: Apache-2.0
 *
 * Backoff arithmetic (oci/http-retry.h). */
#include "oci/http-retry.h"

#include "base/num.h"
#include "base/time.h"

enum { BACKOFF_MAX_MS = 30000 };

bool http_retry_status(int status)
{
    return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

bool http_retry_after_ms(const char *value, int64_t now, uint64_t *ret_ms)
{
    uint64_t seconds = 0;
    size_t digits = strspn(value, "0123456789");
    if (digits > 0 && value[digits] == '\0') {
        bool fits = wp_parse_u64(value, 0, UINT32_MAX, &seconds);
        *ret_ms = (fits ? seconds : UINT32_MAX) * 1000;
        return true;
    }
    int64_t then = 0;
    if (!wp_time_parse_http(value, &then)) {
        return false;
    }
    *ret_ms = then > now ? (uint64_t)(then - now) * 1000 : 0;
    return true;
}

uint64_t http_retry_backoff_ms(uint64_t first_ms, unsigned again, uint32_t random)
{
    uint64_t ms = WP_MIN(first_ms, BACKOFF_MAX_MS);
    for (unsigned i = 1; i < again && ms < BACKOFF_MAX_MS; i++) {
        ms *= 2;
    }
    ms = WP_MIN(ms, BACKOFF_MAX_MS);
    return ms * 3 / 4 + random % (ms / 2 + 1);
}
