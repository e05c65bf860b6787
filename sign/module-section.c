/* SPDX-License-Identifier: Apache-2.0
 *
 * The signature section (sign/module-section.h). */
#include "sign/module-section.h"

#include "base/hash.h"
#include "base/wasm-section.h"

#define NAME      "signature"
#define DELIMITER "signature_delimiter"
#define ED25519   0x01
#define SIG_LEN   64

/* Version of the format, kind of content (modules and components alike), hash function: SHA-256. */
static const uint8_t head[] = {0x01, 0x01, 0x01};

static struct wp_wasm_cursor cursor(struct wp_span s)
{
    return (struct wp_wasm_cursor){.start = s.ptr, .p = s.ptr, .end = s.ptr + s.len};
}

static int take(struct wp_wasm_cursor *c, uint64_t len, struct wp_span *ret, struct wp_err *err)
{
    const uint8_t *from = c->p;
    if (wp_wasm_skip(c, len, err) < 0) {
        return -1;
    }
    *ret = wp_span(from, (size_t)len);
    return 0;
}

static int count(struct wp_wasm_cursor *c, uint32_t max, const char *what, uint32_t *ret, struct wp_err *err)
{
    if (wp_wasm_u32(c, ret, err) < 0) {
        return -1;
    }
    return *ret >= 1 && *ret <= max ? 0 : wp_wasm_fail(c, err, "%u %s, 1 to %u are accepted", *ret, what, max);
}

/* framed: a length stands in front of what is read next, and it ends there. */
static int frame(struct wp_wasm_cursor *c, bool framed, struct wp_wasm_cursor *ret, struct wp_err *err)
{
    uint32_t len = 0;
    struct wp_span body;
    if (!framed) {
        *ret = *c;
        return 0;
    }
    if (wp_wasm_u32(c, &len, err) < 0 || take(c, len, &body, err) < 0) {
        return -1;
    }
    *ret = (struct wp_wasm_cursor){.start = c->start, .p = body.ptr, .end = body.ptr + body.len};
    return 0;
}

static int frame_end(struct wp_wasm_cursor *c, bool framed, const struct wp_wasm_cursor *inner, struct wp_err *err)
{
    if (!framed) {
        c->p = inner->p;
        return 0;
    }
    return inner->p == inner->end ? 0 : wp_wasm_fail(inner, err, "more than its length says");
}

static int read_sig(struct wp_wasm_cursor *outer, bool framed, struct sig_module_sig *ret, struct wp_err *err)
{
    struct wp_wasm_cursor c;
    uint32_t len = 0;
    uint8_t alg = 0;
    if (frame(outer, framed, &c, err) < 0 || wp_wasm_u32(&c, &len, err) < 0 || take(&c, len, &ret->key_id, err) < 0 ||
        wp_wasm_byte(&c, &alg, err) < 0) {
        return -1;
    }
    if (alg != ED25519) {
        return wp_wasm_fail(&c, err, "signature algorithm 0x%02x, only Ed25519 (0x01) is known", alg);
    }
    if (wp_wasm_u32(&c, &len, err) < 0) {
        return -1;
    }
    if (len != SIG_LEN) {
        return wp_wasm_fail(&c, err, "an Ed25519 signature of %u bytes", len);
    }
    return take(&c, len, &ret->bytes, err) < 0 ? -1 : frame_end(outer, framed, &c, err);
}

static int read_set(struct wp_wasm_cursor *outer, bool framed, struct wp_arena *a, struct sig_module_set *ret,
                    struct wp_err *err)
{
    struct wp_wasm_cursor c;
    uint32_t n = 0;
    if (frame(outer, framed, &c, err) < 0 || count(&c, SIG_MODULE_PART_MAX, "hashes", &n, err) < 0 ||
        take(&c, (uint64_t)n * SIG_MODULE_HASH, &ret->hashes, err) < 0 ||
        count(&c, SIG_MODULE_SIG_MAX, "signatures", &n, err) < 0) {
        return -1;
    }
    ret->sigs = wp_arena_alloc(a, n, sizeof(*ret->sigs));
    for (; ret->sig_count < n; ret->sig_count++) {
        if (read_sig(&c, framed, &ret->sigs[ret->sig_count], err) < 0) {
            return -1;
        }
    }
    return frame_end(outer, framed, &c, err);
}

static int read_section(struct wp_span payload, bool framed, struct wp_arena *a, struct sig_module_section *ret,
                        struct wp_err *err)
{
    struct wp_wasm_cursor c = cursor(payload);
    struct wp_span got;
    uint32_t n = 0;
    if (take(&c, sizeof(head), &got, err) < 0) {
        return -1;
    }
    if (memcmp(got.ptr, head, sizeof(head)) != 0) {
        return wp_wasm_fail(&c, err, "a signature section of another version, content or hash function than 1, 1, 1");
    }
    if (count(&c, SIG_MODULE_SETS_MAX, "sets of hashes", &n, err) < 0) {
        return -1;
    }
    *ret = (struct sig_module_section){.sets = wp_arena_alloc(a, n, sizeof(*ret->sets))};
    for (; ret->set_count < n; ret->set_count++) {
        if (read_set(&c, framed, a, &ret->sets[ret->set_count], err) < 0) {
            return -1;
        }
    }
    return c.p == c.end ? 0 : wp_wasm_fail(&c, err, "something follows the last signature");
}

/* The framing is not told: what takes the content to its very end is it. */
int sig_module_section_read(struct wp_span payload, struct wp_arena *a, struct sig_module_section *ret,
                            struct wp_err *err)
{
    struct wp_err ignored = {0};
    struct sig_module_section s;
    if (read_section(payload, true, a, &s, &ignored) < 0 && read_section(payload, false, a, &s, err) < 0) {
        return wp_wrap(err, "the signature section");
    }
    *ret = s;
    return 0;
}

/* ---- writing ---- */

static void put_u32(struct wp_buf *b, size_t n)
{
    for (; n >= 0x80; n >>= 7) {
        wp_buf_add_char(b, (char)(n | 0x80));
    }
    wp_buf_add_char(b, (char)n);
}

static void put_framed(struct wp_buf *b, const struct wp_buf *part)
{
    put_u32(b, part->len);
    wp_buf_add(b, part->ptr, part->len);
}

static void put_set(struct wp_buf *b, const struct sig_module_set *set)
{
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    put_u32(&body, set->hashes.len / SIG_MODULE_HASH);
    wp_buf_add(&body, set->hashes.ptr, set->hashes.len);
    put_u32(&body, set->sig_count);
    for (size_t i = 0; i < set->sig_count; i++) {
        WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
        put_u32(&sig, set->sigs[i].key_id.len);
        wp_buf_add(&sig, set->sigs[i].key_id.ptr, set->sigs[i].key_id.len);
        wp_buf_add_char(&sig, ED25519);
        put_u32(&sig, set->sigs[i].bytes.len);
        wp_buf_add(&sig, set->sigs[i].bytes.ptr, set->sigs[i].bytes.len);
        put_framed(&body, &sig);
    }
    put_framed(b, &body);
}

void sig_module_section_write(const struct sig_module_section *s, struct wp_buf *ret)
{
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    put_u32(&body, strlen(NAME));
    wp_buf_add_str(&body, NAME);
    wp_buf_add(&body, head, sizeof(head));
    put_u32(&body, s->set_count);
    for (size_t i = 0; i < s->set_count; i++) {
        put_set(&body, &s->sets[i]);
    }
    wp_buf_add_char(ret, '\0');
    put_framed(ret, &body);
}

void sig_module_message(struct wp_span hashes, struct wp_buf *ret)
{
    wp_buf_add_str(ret, "wasmsig");
    wp_buf_add(ret, head, sizeof(head));
    wp_buf_add(ret, hashes.ptr, hashes.len);
}

/* ---- the module around it ---- */

static bool is_named(const struct wp_wasm_section *s, const char *name)
{
    return s->id == 0 && s->name.len == strlen(name) && memcmp(s->name.ptr, name, s->name.len) == 0;
}

/* Its size, behind the id, has no byte too many: the last one of several is not zero. */
static bool is_minimal(const struct wp_wasm_section *s)
{
    size_t at = 1;
    for (; (s->whole.ptr[at] & 0x80) != 0; at++) {
    }
    return at == 1 || s->whole.ptr[at] != 0;
}

static void put_hash(const struct wp_hash *so_far, struct wp_buf *hashes)
{
    uint8_t h[WP_HASH_MAX];
    wp_hash_peek(so_far, h);
    wp_buf_add(hashes, h, SIG_MODULE_HASH);
}

static int look(struct wp_wasm_cursor *c, struct sig_module_parts *ret, struct wp_buf *hashes, struct wp_err *err)
{
    WP_AUTO_HASH struct wp_hash *so_far = wp_hash_new(WP_SHA256);
    struct wp_wasm_section s;
    const uint8_t *from = c->p;
    int more = 0;
    for (bool first = true; (more = wp_wasm_next(c, &s, err)) == 1; first = false) {
        ret->minimal = ret->minimal && is_minimal(&s);
        if (is_named(&s, NAME)) {
            if (!first) {
                return wp_wasm_fail(c, err, "a signature section that is not the first section");
            }
            ret->signature = s.body;
            from = c->p;
            continue;
        }
        wp_hash_add(so_far, s.whole.ptr, s.whole.len);
        if (is_named(&s, DELIMITER) && c->p != c->end) {
            put_hash(so_far, hashes);
        }
        if (hashes->len / SIG_MODULE_HASH >= SIG_MODULE_PART_MAX) {
            return wp_wasm_fail(c, err, "more than %d delimiters", SIG_MODULE_PART_MAX - 1);
        }
    }
    ret->rest = wp_span(from, (size_t)(c->end - from));
    put_hash(so_far, hashes);
    return more;
}

int sig_module_parts(struct wp_span module, struct wp_arena *a, struct sig_module_parts *ret, struct wp_err *err)
{
    struct wp_wasm_cursor c = cursor(module);
    enum wp_wasm_kind kind;
    struct sig_module_parts parts = {.minimal = true};
    WP_AUTO_BUF struct wp_buf hashes = WP_BUF_INIT;
    if (wp_wasm_preamble(&c, &kind, err) < 0 || look(&c, &parts, &hashes, err) < 0) {
        return -1;
    }
    parts.hashes = wp_arena_bytes(a, wp_buf_span(&hashes));
    *ret = parts;
    return 0;
}
