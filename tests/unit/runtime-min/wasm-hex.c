/* SPDX-License-Identifier: Apache-2.0
 *
 * Small WebAssembly binaries in test code. */
#include "wasm-hex.h"

#include <cmocka.h>

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    assert_in_range(c, 'a', 'f');
    return (unsigned)(c - 'a' + 10);
}

void wasm_hex(struct wp_buf *b, const char *hex)
{
    for (const char *p = hex; *p != '\0';) {
        if (*p == ' ') {
            p++;
            continue;
        }
        wp_buf_add_char(b, (char)(digit(p[0]) << 4 | digit(p[1])));
        p += 2;
    }
}

void wasm_leb(struct wp_buf *b, uint64_t n)
{
    while (n > 0x7f) {
        wp_buf_add_char(b, (char)(n | 0x80));
        n >>= 7;
    }
    wp_buf_add_char(b, (char)n);
}

void wasm_section(struct wp_buf *b, uint8_t id, struct wp_span body)
{
    wp_buf_add_char(b, (char)id);
    wasm_leb(b, body.len);
    wp_buf_add(b, body.ptr, body.len);
}

void wasm_custom(struct wp_buf *b, const char *name, struct wp_span payload)
{
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    wasm_leb(&body, strlen(name));
    wp_buf_add_str(&body, name);
    wp_buf_add(&body, payload.ptr, payload.len);
    wasm_section(b, 0, wp_buf_span(&body));
}
