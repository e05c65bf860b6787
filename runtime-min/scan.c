/* SPDX-License-Identifier: Apache-2.0
 *
 * The scanner's front door: tells a WebAssembly binary from the other things people hand in, and the helpers that
 * modules and components share. */
#include "base/limits.h"
#include "runtime-min/scan-parts.h"

#include <stdlib.h>

const char *wrt_extern_kind_name(enum wrt_extern_kind kind)
{
    static const char *const names[] = {
        [WRT_FUNC] = "func",   [WRT_TABLE] = "table",           [WRT_MEMORY] = "memory",       [WRT_GLOBAL] = "global",
        [WRT_TAG] = "tag",     [WRT_C_MODULE] = "core module",  [WRT_C_FUNC] = "func",         [WRT_C_VALUE] = "value",
        [WRT_C_TYPE] = "type", [WRT_C_COMPONENT] = "component", [WRT_C_INSTANCE] = "instance",
    };
    return names[kind];
}

int scan_section(struct scan *s, unsigned depth, const struct wp_wasm_section *section, const char *title,
                 struct wp_err *err)
{
    if (++s->sections > WP_LIMIT_WASM_SECTIONS) {
        return wp_fail(err, WP_E_LIMIT, "more than %llu sections", (unsigned long long)WP_LIMIT_WASM_SECTIONS);
    }
    if (s->v->section) {
        int rc = s->v->section(s->v->arg, depth, section, title, err);
        if (rc != 0) {
            return rc;
        }
    }
    if (section->id == 0 && s->v->custom) {
        return s->v->custom(s->v->arg, depth, section->name, section->body, err);
    }
    return 0;
}

struct wp_wasm_cursor scan_body(const struct wp_wasm_cursor *c, const struct wp_wasm_section *section)
{
    return (struct wp_wasm_cursor){
        .start = c->start, .p = section->body.ptr, .end = section->body.ptr + section->body.len};
}

int scan_end(const struct wp_wasm_cursor *c, const char *title, struct wp_err *err)
{
    if (c->p != c->end) {
        return wp_wasm_fail(c, err, "%zu bytes too many in the %s section", (size_t)(c->end - c->p), title);
    }
    return 0;
}

int scan_count(struct wp_wasm_cursor *c, const char *what, uint32_t *ret, struct wp_err *err)
{
    if (wp_wasm_u32(c, ret, err) < 0) {
        return -1;
    }
    if (*ret > WP_LIMIT_WASM_NAMES) {
        return wp_fail(err, WP_E_LIMIT, "%u %s, at most %llu are allowed", *ret, what,
                       (unsigned long long)WP_LIMIT_WASM_NAMES);
    }
    return 0;
}

int scan_s33(struct wp_wasm_cursor *c, int64_t *ret, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte = 0;
        if (wp_wasm_byte(&at, &byte, err) < 0) {
            return -1;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) != 0) {
            continue;
        }
        bool negative = (byte & 0x40) != 0;
        if (shift == 28) {
            /* Bits 33 and 34 of the last byte must repeat the sign, which is bit 32. */
            unsigned top = (byte >> 4) & 7;
            if (top != 0 && top != 7) {
                return wp_wasm_fail(c, err, "number is too large for 33 bits");
            }
        }
        if (negative) {
            value |= UINT64_MAX << (shift + 7);
        }
        *c = at;
        *ret = (int64_t)value;
        return 0;
    }
    return wp_wasm_fail(c, err, "number has more than 5 bytes");
}

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

/* Fails with a name for what was handed in, when it is something well known. */
static int refuse_lookalike(struct wp_span bytes, struct wp_err *err)
{
    if (bytes.len == 0) {
        return wp_fail(err, WP_E_MODULE, "the file is empty");
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

struct wrt_binary {
    struct wp_span bytes;
    struct wrt_summary sum;
};

static int walk(struct wp_span bytes, const struct wrt_visitor *v, struct wrt_summary *ret, struct wp_err *err)
{
    static const struct wrt_visitor nobody = {.section = NULL};
    struct scan s = {.v = v ? v : &nobody};
    struct wp_wasm_cursor c = {.start = bytes.ptr, .p = bytes.ptr, .end = bytes.ptr + bytes.len};
    bool magic = bytes.len >= 4 && memcmp(bytes.ptr, "\0asm", 4) == 0;
    if (!magic && refuse_lookalike(bytes, err) < 0) {
        return -1;
    }
    if (wp_wasm_preamble(&c, &s.sum.kind, err) < 0) {
        return -1;
    }
    int rc = s.sum.kind == WP_WASM_MODULE ? scan_core(&s, &c, 0, err) : scan_component(&s, &c, 0, err);
    if (rc == 0) {
        *ret = s.sum;
    }
    return rc;
}

int wrt_load(struct wp_span bytes, const struct wrt_options *o WP_UNUSED, struct wrt_binary **ret,
             struct wrt_fault *ret_fault, struct wp_err *err)
{
    struct wrt_binary b = {.bytes = bytes};
    if (walk(bytes, NULL, &b.sum, err) != 0) {
        if (ret_fault) {
            *ret_fault = (struct wrt_fault){.offset = err->has_at ? err->at : UINT64_MAX, .function = WRT_NO_INDEX};
        }
        return -1;
    }
    struct wrt_binary *copy = malloc(sizeof(*copy));
    if (!copy) {
        return wp_fail(err, WP_E_LIMIT, "out of memory");
    }
    *copy = b;
    *ret = copy;
    return 0;
}

void wrt_binary_free(struct wrt_binary *b)
{
    free(b);
}

enum wp_wasm_kind wrt_binary_kind(const struct wrt_binary *b)
{
    return b->sum.kind;
}

int wrt_visit(const struct wrt_binary *b, const struct wrt_visitor *v, struct wrt_summary *ret, struct wp_err *err)
{
    return walk(b->bytes, v, ret, err);
}

int wrt_scan(struct wp_span bytes, const struct wrt_options *o, const struct wrt_visitor *v, struct wrt_summary *ret,
             struct wp_err *err)
{
    struct wrt_binary *b = NULL;
    if (wrt_load(bytes, o, &b, NULL, err) < 0) {
        return -1;
    }
    int rc = wrt_visit(b, v, ret, err);
    wrt_binary_free(b);
    return rc;
}
