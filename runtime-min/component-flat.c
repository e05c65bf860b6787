/* SPDX-License-Identifier: Apache-2.0
 *
 * How values look at the border to core WebAssembly (component-model CanonicalABI.md, "Flattening", "Element Size"): up
 * to 16 core values, or bytes in memory. Computed once for each type, from its parts: using a type costs nothing. */
#include "runtime-min/component-parts.h"

enum { FLAT_MOST = 16, FLAT_OVER = 17 };

static uint32_t get(uint32_t bits, uint32_t i)
{
    return bits >> 2 * i & 3;
}

/* The core type that can hold either; 0 i32, 1 i64, 2 f32, 3 f64. */
static uint32_t join(uint32_t a, uint32_t b)
{
    if (a == b) {
        return a;
    }
    return (a == 0 || a == 2) && (b == 0 || b == 2) ? 0 : 1;
}

void comp_flat_append(struct wrt_ctype *t, const struct wrt_ctype *part, uint32_t times)
{
    uint64_t count = t->flat + (uint64_t)part->flat * times;
    if (count > FLAT_MOST) {
        t->flat = FLAT_OVER;
        return;
    }
    for (uint32_t i = 0; i < times; i++) {
        t->flat32 |= part->flat == 0 ? 0 : part->flat32 << 2 * t->flat;
        t->flat64 |= part->flat == 0 ? 0 : part->flat64 << 2 * t->flat;
        t->flat = (uint8_t)(t->flat + part->flat);
    }
}

static uint32_t join_all(uint32_t have, uint32_t have_count, uint32_t bits, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = i + 1; /* behind the discriminant */
        uint32_t both = place < have_count ? join(get(have, place), get(bits, i)) : get(bits, i);
        have = (have & ~(3u << 2 * place)) | both << 2 * place;
    }
    return have;
}

void comp_flat_case(struct wrt_ctype *t, const struct wrt_ctype *payload)
{
    if (t->flat == FLAT_OVER || payload->flat + 1 > FLAT_MOST) {
        t->flat = FLAT_OVER;
        return;
    }
    t->flat32 = join_all(t->flat32, t->flat, payload->flat32, payload->flat);
    t->flat64 = join_all(t->flat64, t->flat, payload->flat64, payload->flat);
    t->flat = (uint8_t)WP_MAX(t->flat, payload->flat + 1);
}

uint32_t comp_flat_at(const struct wrt_ctype *t, uint32_t i, bool is64)
{
    static const uint32_t types[] = {WRT_I32, WRT_I64, WRT_F32, WRT_F64};
    return types[get(is64 ? t->flat64 : t->flat32, i)];
}

/* ---- sizes in memory ---- */

static uint64_t align_to(uint64_t n, uint8_t align)
{
    return (n + align - 1) / align * align;
}

static uint8_t discriminant(uint32_t cases)
{
    return cases <= 0x100 ? 1 : cases <= 0x10000 ? 2 : 4;
}

struct layout {
    uint64_t bytes;
    uint8_t align;
};

static struct layout record_layout(const struct cload *l, const struct wrt_ctype *t)
{
    struct layout r = {.align = 1};
    for (uint32_t i = 0; i < t->as.list.count; i++) {
        struct wrt_ctype part;
        comp_value_props(l, t->as.list.items[i].type, &part);
        r.bytes = align_to(r.bytes, part.align) + part.bytes;
        r.align = WP_MAX(r.align, part.align);
    }
    r.bytes = align_to(r.bytes, r.align);
    return r;
}

static void add_case(const struct cload *l, struct layout *payload, uint32_t valtype)
{
    if (valtype != WRT_V_NONE) {
        struct wrt_ctype part;
        comp_value_props(l, valtype, &part);
        payload->bytes = WP_MAX(payload->bytes, part.bytes);
        payload->align = WP_MAX(payload->align, part.align);
    }
}

static struct layout variant_layout(struct layout payload, uint32_t cases)
{
    uint8_t head = discriminant(cases);
    struct layout r = {.align = WP_MAX(head, payload.align)};
    r.bytes = align_to(align_to(head, payload.align) + payload.bytes, r.align);
    return r;
}

static struct layout type_layout(const struct cload *l, const struct wrt_ctype *t)
{
    struct layout payload = {.align = 1};
    uint32_t count = t->as.list.count;
    struct wrt_ctype part;
    switch (t->kind) {
    case WRT_T_RECORD:
    case WRT_T_TUPLE:
        return record_layout(l, t);
    case WRT_T_VARIANT:
        for (uint32_t i = 0; i < count; i++) {
            add_case(l, &payload, t->as.list.items[i].type);
        }
        return variant_layout(payload, count);
    case WRT_T_OPTION:
    case WRT_T_RESULT:
        add_case(l, &payload, t->as.of.elem);
        add_case(l, &payload, t->kind == WRT_T_RESULT ? t->as.of.err : WRT_V_NONE);
        return variant_layout(payload, 2);
    case WRT_T_FLAGS:
        payload.align = count <= 8 ? 1 : count <= 16 ? 2 : 4;
        payload.bytes = payload.align;
        return payload;
    case WRT_T_ENUM:
        payload.align = discriminant(count);
        payload.bytes = payload.align;
        return payload;
    case WRT_T_FIXED_LIST:
        comp_value_props(l, t->as.of.elem, &part);
        return (struct layout){.bytes = (uint64_t)part.bytes * t->as.of.length, .align = part.align};
    default: /* the others have set it themselves */
        return (struct layout){.bytes = t->bytes, .align = t->align};
    }
}

int comp_layout(const struct cload *l, struct wrt_ctype *t, const uint8_t *at, struct wp_err *err)
{
    struct layout r = type_layout(l, t);
    if (r.bytes >= WP_LIMIT_WASM_VALUE_BYTES) {
        return comp_fail(l, at, err, "a value of the type exceeds maximum byte size: %llu of %llu bytes",
                         (unsigned long long)r.bytes, (unsigned long long)WP_LIMIT_WASM_VALUE_BYTES);
    }
    t->bytes = (uint32_t)r.bytes;
    t->align = r.align;
    return 0;
}
