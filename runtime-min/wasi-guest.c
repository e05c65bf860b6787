/* SPDX-License-Identifier: Apache-2.0
 *
 * What a call reads and writes in the guest's memory, bounds checked with 64-bit arithmetic; and the errnos of the
 * host as those of the standard. */
#include "runtime-min/wasi-parts.h"

#include <endian.h>
#include <errno.h>

uint8_t *wrt_wasi_at(const struct wrt_wasi_call *c, uint32_t address, uint64_t len)
{
    static uint8_t nothing[1];
    if (address > c->mem_size || len > c->mem_size - address) {
        wrt_host_stop(c->w->store, WRT_STOP_MEMORY_BOUNDS, "address 0x%x + %llu of %llu", address,
                      (unsigned long long)len, (unsigned long long)c->mem_size);
        return NULL;
    }
    return c->mem ? c->mem + address : nothing;
}

void wrt_wasi_put16(uint8_t *at, uint16_t v)
{
    v = htole16(v);
    memcpy(at, &v, sizeof v);
}
void wrt_wasi_put32(uint8_t *at, uint32_t v)
{
    v = htole32(v);
    memcpy(at, &v, sizeof v);
}
void wrt_wasi_put64(uint8_t *at, uint64_t v)
{
    v = htole64(v);
    memcpy(at, &v, sizeof v);
}
uint16_t wrt_wasi_get16(const uint8_t *at)
{
    uint16_t v;
    memcpy(&v, at, sizeof v);
    return le16toh(v);
}
uint32_t wrt_wasi_get32(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return le32toh(v);
}
uint64_t wrt_wasi_get64(const uint8_t *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return le64toh(v);
}

int wrt_wasi_iovs(const struct wrt_wasi_call *c, uint32_t address, uint32_t count, struct iovec ret[WASI_IOVS_MAX],
                  int *ret_count, size_t *ret_size)
{
    const uint8_t *array = wrt_wasi_at(c, address, (uint64_t)count * 8);
    if (!array) {
        return WASI_STOPPED;
    }
    int n = 0;
    size_t size = 0;
    /* A read or write may be short: what is beyond the ceilings is left for the next one. */
    for (uint32_t i = 0; i < count && n < WASI_IOVS_MAX && size < WP_LIMIT_WASI_MOVE; i++) {
        size_t len = wrt_wasi_get32(array + (size_t)i * 8 + 4);
        uint8_t *at = wrt_wasi_at(c, wrt_wasi_get32(array + (size_t)i * 8), len);
        if (!at) {
            return WASI_STOPPED;
        }
        len = WP_MIN(len, WP_LIMIT_WASI_MOVE - size);
        if (len > 0) {
            ret[n++] = (struct iovec){.iov_base = at, .iov_len = len};
            size += len;
        }
    }
    *ret_count = n;
    *ret_size = size;
    wrt_wasi_charge(c, (uint64_t)count * 8);
    return WASI_SUCCESS;
}

void wrt_wasi_charge(const struct wrt_wasi_call *c, uint64_t bytes)
{
    if (bytes >= 64) {
        wrt_host_charge(c->w->store, bytes / 64);
    }
}

int wrt_wasi_errno(int host_errno)
{
    switch (host_errno) {
    case 0:
        return WASI_SUCCESS;
#define WASI_ERRNO_CASE(name, number) \
    case E##name:                     \
        return number;
        WASI_ERRNOS(WASI_ERRNO_CASE)
#undef WASI_ERRNO_CASE
    case ECONNRESET:
        return WASI_CONNRESET;
    case EOPNOTSUPP:
        return WASI_NOTSUP;
    default:
        return WASI_IO;
    }
}
