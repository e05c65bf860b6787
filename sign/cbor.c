/* SPDX-License-Identifier: Apache-2.0
 *
 * CBOR, the strict part of it that signatures need (sign/cbor.h; RFC 8949 sections 3 and 4.2.1). */
#include "sign/cbor.h"

#include "base/limits.h"
#include "base/num.h"

/* Major types of a head's upper three bits are the kinds in their order. */
enum { FALSE = 20, NULL_VALUE = 22, ONE_BYTE = 24, EIGHT_BYTES = 27 };

struct reader {
    struct wp_span bytes;
    size_t at;
    uint64_t items; /* read so far */
    struct wp_arena *arena;
};

struct head {
    unsigned kind;
    uint64_t number;
};

static int fail_at(size_t at, struct wp_err *err, const char *what)
{
    return wp_fail(err, WP_E_INPUT, "at byte %zu: %s", at, what);
}

static int read_head(struct reader *r, struct head *ret, struct wp_err *err)
{
    size_t start = r->at;
    if (start >= r->bytes.len) {
        return fail_at(start, err, "it ends here");
    }
    unsigned first = r->bytes.ptr[r->at++];
    unsigned low = first & 31U;
    *ret = (struct head){.kind = first >> 5U, .number = low};
    if (low < ONE_BYTE) {
        return 0;
    }
    if (low > EIGHT_BYTES) {
        return fail_at(start, err, low == 31 ? "an indefinite length" : "a reserved length");
    }
    size_t width = (size_t)1 << (low - ONE_BYTE);
    if (r->bytes.len - r->at < width) {
        return fail_at(start, err, "it ends within a number");
    }
    ret->number = 0;
    for (size_t i = 0; i < width; i++) {
        ret->number = ret->number << 8U | r->bytes.ptr[r->at++];
    }
    static const uint64_t least[] = {ONE_BYTE, 1U << 8U, 1U << 16U, UINT64_C(1) << 32U};
    if (ret->kind != SIG_CBOR_SIMPLE && ret->number < least[low - ONE_BYTE]) {
        return fail_at(start, err, "a number longer than needed");
    }
    return 0;
}

static int read_value(struct reader *r, unsigned depth, struct sig_cbor *ret, struct wp_err *err);

static int read_string(struct reader *r, const struct head *h, struct sig_cbor *ret, struct wp_err *err)
{
    if (h->number > r->bytes.len - r->at) {
        return fail_at(r->at, err, "a string longer than what is left");
    }
    ret->bytes = wp_span(r->bytes.ptr + r->at, (size_t)h->number);
    if (h->kind == SIG_CBOR_TEXT && !wp_utf8_is(ret->bytes)) {
        return fail_at(r->at, err, "text that is not UTF-8");
    }
    r->at += (size_t)h->number;
    return 0;
}

static bool same_bytes(struct wp_span a, struct wp_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Heads being shortest, equal keys have equal bytes. */
static int check_keys(const struct reader *r, const struct sig_cbor *map, struct wp_err *err)
{
    for (size_t i = 0; i < map->count; i += 2) {
        for (size_t j = 0; j < i; j += 2) {
            if (same_bytes(map->items[i].raw, map->items[j].raw)) {
                return fail_at((size_t)(map->items[i].raw.ptr - r->bytes.ptr), err, "a key for the second time");
            }
        }
    }
    return 0;
}

static int read_items(struct reader *r, unsigned depth, size_t count, struct sig_cbor *ret, struct wp_err *err)
{
    if (depth >= SIG_CBOR_DEPTH) {
        return fail_at(r->at, err, "nested deeper than 8 levels");
    }
    struct sig_cbor *items = wp_arena_alloc(r->arena, count, sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        if (read_value(r, depth + 1, &items[i], err) < 0) {
            return -1;
        }
    }
    ret->items = items;
    ret->count = count;
    return 0;
}

static int read_container(struct reader *r, const struct head *h, unsigned depth, struct sig_cbor *ret,
                          struct wp_err *err)
{
    uint64_t count = h->number;
    if (h->kind == SIG_CBOR_TAG) {
        count = 1;
    } else if (h->kind == SIG_CBOR_MAP && wp_mul_overflows(h->number, 2, &count)) {
        count = UINT64_MAX;
    }
    if (count > r->bytes.len - r->at) {
        return fail_at(r->at, err, "more items than bytes are left");
    }
    if (count > WP_LIMIT_CBOR_ITEMS - r->items) {
        return wp_fail(err, WP_E_INPUT, "at byte %zu: more than %llu items", r->at,
                       (unsigned long long)WP_LIMIT_CBOR_ITEMS);
    }
    r->items += count;
    if (read_items(r, depth, (size_t)count, ret, err) < 0) {
        return -1;
    }
    return h->kind == SIG_CBOR_MAP ? check_keys(r, ret, err) : 0;
}

static int read_value(struct reader *r, unsigned depth, struct sig_cbor *ret, struct wp_err *err)
{
    struct head h = {0};
    size_t start = r->at;
    if (read_head(r, &h, err) < 0) {
        return -1;
    }
    *ret = (struct sig_cbor){.kind = (enum sig_cbor_kind)h.kind, .number = h.number};
    int rc = 0;
    switch (ret->kind) {
    case SIG_CBOR_UINT:
    case SIG_CBOR_NEGATIVE:
        break;
    case SIG_CBOR_BYTES:
    case SIG_CBOR_TEXT:
        rc = read_string(r, &h, ret, err);
        break;
    case SIG_CBOR_ARRAY:
    case SIG_CBOR_MAP:
    case SIG_CBOR_TAG:
        rc = read_container(r, &h, depth, ret, err);
        break;
    case SIG_CBOR_SIMPLE:
        if (r->at - start != 1 || h.number < FALSE || h.number > NULL_VALUE) {
            rc = fail_at(start, err, "a float or an unknown simple value");
        }
        break;
    }
    ret->raw = wp_span(r->bytes.ptr + start, r->at - start);
    return rc;
}

int sig_cbor_read(struct wp_span bytes, struct wp_arena *a, struct sig_cbor *ret, struct wp_err *err)
{
    struct reader r = {.bytes = bytes, .arena = a};
    if (read_value(&r, 0, ret, err) < 0) {
        return -1;
    }
    return r.at == bytes.len ? 0 : fail_at(r.at, err, "more behind the end");
}

bool sig_cbor_int(const struct sig_cbor *v, int64_t *ret)
{
    if ((v->kind != SIG_CBOR_UINT && v->kind != SIG_CBOR_NEGATIVE) || v->number > INT64_MAX) {
        return false;
    }
    *ret = v->kind == SIG_CBOR_UINT ? (int64_t)v->number : -1 - (int64_t)v->number;
    return true;
}

bool sig_cbor_text_is(const struct sig_cbor *v, const char *text)
{
    return v->kind == SIG_CBOR_TEXT && same_bytes(v->bytes, wp_span_str(text));
}

const struct sig_cbor *sig_cbor_get(const struct sig_cbor *map, const char *key)
{
    for (size_t i = 0; map->kind == SIG_CBOR_MAP && i < map->count; i += 2) {
        if (sig_cbor_text_is(&map->items[i], key)) {
            return &map->items[i + 1];
        }
    }
    return NULL;
}

const struct sig_cbor *sig_cbor_label(const struct sig_cbor *map, int64_t label)
{
    for (size_t i = 0; map->kind == SIG_CBOR_MAP && i < map->count; i += 2) {
        int64_t n = 0;
        if (sig_cbor_int(&map->items[i], &n) && n == label) {
            return &map->items[i + 1];
        }
    }
    return NULL;
}

const char *sig_cbor_kind_name(const struct sig_cbor *v)
{
    static const char *const names[] = {"a number", "a negative number", "a byte string", "a text", "an array", "a map",
                                        "a tag",    "a simple value"};
    return names[v->kind];
}

static void put_head(struct wp_buf *b, enum sig_cbor_kind kind, uint64_t n)
{
    unsigned width = n < ONE_BYTE ? 0 : n <= UINT8_MAX ? 1 : n <= UINT16_MAX ? 2 : n <= UINT32_MAX ? 4 : 8;
    unsigned low = (unsigned)n;
    for (unsigned w = width; w != 0; w >>= 1U) {
        low = w == width ? ONE_BYTE : low + 1;
    }
    wp_buf_add_char(b, (char)((unsigned)kind << 5U | low));
    while (width-- > 0) {
        wp_buf_add_char(b, (char)(n >> (8U * width)));
    }
}

void sig_cbor_put_int(struct wp_buf *b, int64_t n)
{
    put_head(b, n < 0 ? SIG_CBOR_NEGATIVE : SIG_CBOR_UINT, (uint64_t)(n < 0 ? -1 - n : n));
}

void sig_cbor_put_bytes(struct wp_buf *b, struct wp_span bytes)
{
    put_head(b, SIG_CBOR_BYTES, bytes.len);
    wp_buf_add(b, bytes.ptr, bytes.len);
}

void sig_cbor_put_text(struct wp_buf *b, const char *text)
{
    put_head(b, SIG_CBOR_TEXT, strlen(text));
    wp_buf_add_str(b, text);
}

void sig_cbor_put_array(struct wp_buf *b, size_t count)
{
    put_head(b, SIG_CBOR_ARRAY, count);
}

void sig_cbor_put_map(struct wp_buf *b, size_t pairs)
{
    put_head(b, SIG_CBOR_MAP, pairs);
}

void sig_cbor_put_tag(struct wp_buf *b, uint64_t tag)
{
    put_head(b, SIG_CBOR_TAG, tag);
}
