/* SPDX-License-Identifier: Apache-2.0
 *
 * The readers of types (core 3.0 section 5.3) and counts that all sections share, and what they say when a feature is
 * off. */
#include "runtime-min/module-parts.h"

int wrt_fail_at(const struct wrt_module *m, const uint8_t *at, struct wp_err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    wp_vfail(err, WP_E_MODULE, fmt, args);
    va_end(args);
    err->has_at = true;
    err->at = (uint64_t)(at - m->base);
    return wp_wrap(err, "at byte 0x%llx", (unsigned long long)err->at);
}

int wrt_need_feature(const struct wrt_module *m, uint64_t feature, const uint8_t *at, const char *what,
                     struct wp_err *err)
{
    if ((m->features & feature) == feature) {
        return 0;
    }
    const char *name = wrt_feature_name((unsigned)__builtin_ctzll(feature & ~m->features));
    wrt_fail_at(m, at, err, "unexpected content: %s needs the feature '%s'", what, name);
    return wp_hint(err, "if the host has it: --features %s", name);
}

int wrt_read_count(struct wp_wasm_cursor *c, const char *what, uint64_t have, uint64_t limit, size_t least,
                   uint32_t *ret, struct wp_err *err)
{
    struct wp_wasm_cursor at = *c;
    uint32_t count;
    if (wp_wasm_u32(c, &count, err) < 0) {
        return -1;
    }
    unsigned long long all = have + count;
    if (all > limit) {
        wp_fail(err, WP_E_LIMIT, "%llu %s, at most %llu are allowed", all, what, (unsigned long long)limit);
        err->has_at = true;
        err->at = (uint64_t)(at.p - at.start);
        return wp_wrap(err, "at byte 0x%llx", (unsigned long long)err->at);
    }
    size_t left = (size_t)(c->end - c->p);
    if (count > left / least) {
        return wp_wasm_fail(&at, err, "unexpected end: %u %s are claimed in %zu bytes", count, what, left);
    }
    *ret = count;
    return 0;
}

uint64_t wrt_type_features(uint32_t type)
{
    if (!wrt_is_ref(type)) {
        return type == WRT_V128 ? WRT_F_SIMD : 0;
    }
    uint32_t heap = type & WRT_HEAP;
    if (heap >= WRT_CONCRETE) {
        return WRT_F_REFERENCE_TYPES | WRT_F_FUNCTION_REFERENCES;
    }
    switch (heap) {
    case WRT_HEAP_FUNC:
    case WRT_HEAP_EXTERN:
        return WRT_F_REFERENCE_TYPES | ((type & WRT_NULL) != 0 ? 0 : WRT_F_FUNCTION_REFERENCES);
    case WRT_HEAP_EXN:
    case WRT_HEAP_NOEXN:
        return WRT_F_REFERENCE_TYPES | WRT_F_EXCEPTIONS;
    default:
        return WRT_F_REFERENCE_TYPES | WRT_F_GC;
    }
}

static int check_ref(const struct wrt_module *m, uint32_t type, const uint8_t *at, struct wp_err *err)
{
    uint64_t need = wrt_type_features(type);
    if ((need & ~m->features) == 0) {
        return 0;
    }
    /* Typed references to defined types came with either proposal. */
    bool typed = (type & WRT_HEAP) >= WRT_CONCRETE && (m->features & WRT_F_GC) != 0;
    if (typed && (m->features & WRT_F_REFERENCE_TYPES) != 0) {
        return 0;
    }
    char text[40];
    wrt_type_text(type, text, sizeof(text));
    return wrt_need_feature(m, need, at, (type & WRT_HEAP) >= WRT_CONCRETE ? "a reference to a type" : text, err);
}

int wrt_read_heap_in(const struct wrt_module *m, uint32_t local, struct wp_wasm_cursor *c, uint32_t *ret,
                     struct wp_err *err)
{
    const uint8_t *at = c->p;
    int64_t code;
    if (wp_wasm_signed(c, 33, &code, err) < 0) {
        return -1;
    }
    if (code < 0) {
        uint32_t byte = (uint32_t)(code & 0x7f);
        if (c->p - at != 1 || byte < WRT_HEAP_EXN || byte > WRT_HEAP_NOEXN) {
            return wrt_fail_at(m, at, err, "malformed heap type: 0x%02x", *at);
        }
        *ret = byte;
        return 0;
    }
    uint32_t index = (uint32_t)code;
    if (index < m->type_count) {
        *ret = WRT_CONCRETE + m->type_ids[index];
        return 0;
    }
    if (index - m->type_count < local) {
        *ret = WRT_CONCRETE + WRT_LOCAL + (index - m->type_count);
        return 0;
    }
    return wrt_fail_at(m, at, err, "unknown type %u: %u are defined before it", index, m->type_count + local);
}

int wrt_read_heaptype(const struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint32_t heap = 0;
    if (wrt_read_heap_in(m, 0, c, &heap, err) < 0 || check_ref(m, WRT_REF | WRT_NULL | heap, at, err) < 0) {
        return -1;
    }
    *ret = heap;
    return 0;
}

int wrt_read_valtype_in(const struct wrt_module *m, uint32_t local, struct wp_wasm_cursor *c, uint32_t *ret,
                        struct wp_err *err)
{
    const uint8_t *at = c->p;
    uint8_t byte;
    uint32_t heap = 0;
    if (wp_wasm_byte(c, &byte, err) < 0) {
        return -1;
    }
    switch (byte) {
    case WRT_I32:
    case WRT_I64:
    case WRT_F32:
    case WRT_F64:
        *ret = byte;
        return 0;
    case WRT_V128:
        *ret = byte;
        return wrt_need_feature(m, WRT_F_SIMD, at, "v128", err);
    case 0x63:
    case 0x64:
        if (wrt_read_heap_in(m, local, c, &heap, err) < 0) {
            return -1;
        }
        *ret = WRT_REF | (byte == 0x63 ? WRT_NULL : 0) | heap;
        return check_ref(m, *ret, at, err);
    default:
        if (byte < WRT_HEAP_EXN || byte > WRT_HEAP_NOEXN) {
            return wrt_fail_at(m, at, err, "malformed value type: 0x%02x", byte);
        }
        *ret = WRT_REF | WRT_NULL | byte;
        return check_ref(m, *ret, at, err);
    }
}

int wrt_read_valtype(const struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    return wrt_read_valtype_in(m, 0, c, ret, err);
}

int wrt_read_reftype(const struct wrt_module *m, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    if (c->p < c->end && *c->p >= WRT_V128 && *c->p <= WRT_I32) {
        return wrt_fail_at(m, at, err, "malformed reference type: 0x%02x", *c->p);
    }
    return wrt_read_valtype(m, c, ret, err);
}
