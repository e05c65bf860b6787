/* SPDX-License-Identifier: Apache-2.0
 *
 * CBOR: what is read is written again as the same bytes, for there is one way to write it. */
#include "base/mem.h"
#include "sign/cbor.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void put(struct wp_buf *b, const struct sig_cbor *v)
{
    int64_t n = 0;
    size_t count = v->kind == SIG_CBOR_MAP ? v->count / 2 : v->count;
    if (v->kind == SIG_CBOR_ARRAY) {
        sig_cbor_put_array(b, count);
    } else if (v->kind == SIG_CBOR_MAP) {
        sig_cbor_put_map(b, count);
    } else if (v->kind == SIG_CBOR_TAG) {
        sig_cbor_put_tag(b, v->number);
    } else if (v->kind == SIG_CBOR_BYTES) {
        sig_cbor_put_bytes(b, v->bytes);
    } else if (v->kind == SIG_CBOR_TEXT && memchr(v->bytes.ptr, '\0', v->bytes.len) == NULL) {
        WP_AUTO_FREE char *text = wp_xstrndup((const char *)v->bytes.ptr, v->bytes.len);
        must(sig_cbor_text_is(v, text));
        sig_cbor_put_text(b, text);
    } else if (sig_cbor_int(v, &n)) {
        sig_cbor_put_int(b, n);
    } else {
        wp_buf_add(b, v->raw.ptr, v->raw.len);
    }
    for (size_t i = 0; i < v->count; i++) {
        put(b, &v->items[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct sig_cbor v;
    struct wp_err err = {0};
    if (sig_cbor_read(wp_span(data, size), &a, &v, &err) != 0) {
        must(err.code == WP_E_INPUT && err.msg[0] != '\0');
        return 0;
    }
    put(&b, &v);
    must(b.len == size && memcmp(b.ptr, data, size) == 0);
    (void)sig_cbor_get(&v, "a");
    (void)sig_cbor_label(&v, -1);
    return 0;
}
