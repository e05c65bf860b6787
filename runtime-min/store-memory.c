/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear memories (core 3.0 section 4.2.8): address space for all that a memory may become is reserved at once, pages
 * are made accessible as it grows, so that its bytes never move and cost nothing before they are touched. */
#include "runtime-min/exec.h"

#include <sys/mman.h>
#include <unistd.h>

/* Bytes of pages, UINT64_MAX where that is more. */
static uint64_t bytes_of(uint64_t pages, uint8_t page_log2)
{
    return pages > UINT64_MAX >> page_log2 ? UINT64_MAX : pages << page_log2;
}

/* Pages that memory.size can tell of; more is not for the instruction to grow to. */
static uint64_t most_pages(const struct wrt_limits *l)
{
    uint64_t addressable = l->is64 ? UINT64_MAX >> l->page_log2 : l->page_log2 == 0 ? UINT32_MAX : UINT64_C(65536);
    return l->has_max ? WP_MIN(l->max, addressable) : addressable;
}

static uint64_t whole_pages(uint64_t bytes)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return (bytes + page - 1) / page * page;
}

/* How much of `most` is reserved: all of it while three budgets are not used up, after that enough for a hundred small
 * ones. A store so never reserves more than about four budgets. */
static uint64_t fair_share(const struct wrt_store *s, uint64_t least, uint64_t most)
{
    enum { FULL = 3, SHARES = 256 };
    if (s->memory_reserved <= FULL * s->budget.memory && most <= FULL * s->budget.memory - s->memory_reserved) {
        return most;
    }
    return WP_MAX(least, WP_MIN(most, whole_pages(s->budget.memory / SHARES)));
}

/* Where address space is short, a memory that cannot grow as far is better than none. */
static void *reserve(uint64_t least, uint64_t *most)
{
    for (;;) {
        void *p = mmap(NULL, *most, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p != MAP_FAILED) {
            return p;
        }
        if (*most == least) {
            return NULL;
        }
        *most = WP_MAX(whole_pages(*most / 2), least);
    }
}

static bool open_pages(struct wrt_memory_inst *m, uint64_t size)
{
    uint64_t open = whole_pages(m->size), want = whole_pages(size);
    return want == open || mprotect(m->base + open, want - open, PROT_READ | PROT_WRITE) == 0;
}

static void account(struct wrt_store *s, uint64_t more)
{
    s->memory_used += more;
    s->memory_peak = WP_MAX(s->memory_peak, s->memory_used);
}

int wrt_memory_new(struct wrt_store *s, const struct wrt_limits *type, struct wrt_memory_inst **ret, struct wp_err *err)
{
    uint64_t least = bytes_of(type->min, type->page_log2), left = s->budget.memory - s->memory_used;
    if (least > left) {
        wp_fail(err, WP_E_LIMIT, "a memory of %llu pages of %llu bytes, the memory budget has %llu bytes left",
                (unsigned long long)type->min, 1ULL << type->page_log2, (unsigned long long)left);
        return -1;
    }
    struct wrt_memory_inst *m = wrt_alloc(&s->mem, 1, sizeof(*m), err);
    struct wrt_memory_inst **place =
        m ? wrt_vec_add(&s->mem, &s->memories, sizeof(struct wrt_memory_inst *), err) : NULL;
    if (!place) {
        return -1;
    }
    *place = m;
    m->type = *type;
    uint64_t one = whole_pages(1), first = WP_MAX(whole_pages(least), one); /* an address, also without a byte */
    uint64_t most = WP_MAX(whole_pages(WP_MIN(bytes_of(most_pages(type), type->page_log2), left)), one);
    most = fair_share(s, first, most);
    m->base = reserve(first, &most);
    if (!m->base) {
        return wp_fail(err, WP_E_LIMIT, "no address space for a memory of %llu bytes", (unsigned long long)least);
    }
    m->reserved = most;
    s->memory_reserved += most;
    if (!open_pages(m, least)) {
        return wp_fail(err, WP_E_LIMIT, "no room for a memory of %llu bytes", (unsigned long long)least);
    }
    m->size = least;
    account(s, least);
    *ret = m;
    return 0;
}

int64_t wrt_memory_grow(struct wrt_store *s, struct wrt_memory_inst *m, uint64_t pages)
{
    uint64_t old = m->size >> m->type.page_log2, most = most_pages(&m->type);
    if (old > most || pages > most - old) {
        return -1;
    }
    uint64_t size = bytes_of(old + pages, m->type.page_log2);
    if (size > m->reserved || size - m->size > s->budget.memory - s->memory_used || !open_pages(m, size)) {
        return -1;
    }
    account(s, size - m->size);
    m->size = size;
    return (int64_t)old;
}

bool wrt_memory_init(struct wrt_memory_inst *m, uint64_t dst, struct wp_span data, uint64_t src, uint64_t n)
{
    if (n > data.len || src > data.len - n || n > m->size || dst > m->size - n) {
        return false;
    }
    if (n > 0) {
        memcpy(m->base + dst, data.ptr + src, n);
    }
    return true;
}

uint8_t *wrt_memory_bytes(const struct wrt_memory_inst *m, uint64_t *ret_size)
{
    *ret_size = m->size;
    return m->base;
}
