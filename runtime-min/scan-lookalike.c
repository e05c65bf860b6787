/* SPDX-License-Identifier: Apache-2.0
 *
 * Names for what people hand in instead of a WebAssembly binary. */
#include "runtime-min/scan-parts.h"

struct lookalike {
    const char *magic;
    size_t len, offset;
    const char *what;
    const char *hint;
};

static const struct lookalike lookalikes[] = {
    {"\x1f\x8b", 2, 0, "a gzip file", "unpack it first: gunzip FILE"},
    {"\x28\xb5\x2f\xfd", 4, 0, "a zstd file", "unpack it first: unzstd FILE"},
    {"\xfd"
     "7zXZ",
     5, 0, "an xz file", "unpack it first: unxz FILE"},
    {"PK\x03\x04", 4, 0, "a zip archive", "unpack it first: unzip FILE"},
    {"ustar", 5, 257, "a tar archive", "unpack it first: tar xf FILE"},
    {"\x7f"
     "ELF",
     4, 0, "an ELF file (a native program or shared library)",
     "build for a WebAssembly target, for example wasm32-wasip1"},
    {"!<arch>\n", 8, 0, "a static library", "link it into a module first: wasm-ld"},
    {"BC\xc0\xde", 4, 0, "LLVM bitcode", "link it into a module first: wasm-ld"},
    {"MZ", 2, 0, "a Windows program or library", "build for a WebAssembly target, for example wasm32-wasip1"},
    {"\xcf\xfa\xed\xfe", 4, 0, "a Mach-O file (a native program or library)",
     "build for a WebAssembly target, for example wasm32-wasip1"},
};

/* Text format: blanks and comments, then "(module" or "(component". */
static bool is_text(struct wp_span bytes)
{
    size_t i = 0;
    while (i < bytes.len) {
        uint8_t c = bytes.ptr[i];
        bool comment =
            i + 1 < bytes.len && ((c == ';' && bytes.ptr[i + 1] == ';') || (c == '(' && bytes.ptr[i + 1] == ';'));
        if (comment || (c == '(' && i + 1 < bytes.len)) {
            return true;
        }
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            return false;
        }
        i++;
    }
    return false;
}

int scan_lookalike(struct wp_span bytes, struct wp_err *err)
{
    if (bytes.len == 0) {
        return wp_fail(err, WP_E_MODULE, "unexpected end: the file is empty");
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(lookalikes); i++) {
        const struct lookalike *l = &lookalikes[i];
        if (bytes.len >= l->offset + l->len && memcmp(bytes.ptr + l->offset, l->magic, l->len) == 0) {
            wp_fail(err, WP_E_MODULE, "this is %s, not WebAssembly", l->what);
            return wp_hint(err, "%s", l->hint);
        }
    }
    if (is_text(bytes)) {
        wp_fail(err, WP_E_MODULE, "this is WebAssembly text; assemble it with wat2wasm first");
        return wp_hint(err, "wat2wasm app.wat -o app.wasm (components: wasm-tools parse)");
    }
    return 0;
}
