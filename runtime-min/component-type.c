/* SPDX-License-Identifier: Apache-2.0
 *
 * The store of component-level types. Resources are numbers, given out once: two resource types are the same exactly
 * when their numbers are. All other types are compared by their structure. */
#include "runtime-min/component-parts.h"

int comp_type_add(struct cload *l, const struct wrt_ctype *t, uint32_t *ret, struct wp_err *err)
{
    if (l->types->types.count >= UINT32_MAX - WRT_V_TYPE - 1) {
        return wp_fail(err, WP_E_LIMIT, "too many types");
    }
    struct wrt_ctype *place = wrt_vec_add(l->mem, &l->types->types, sizeof(*place), err);
    if (place == NULL) {
        return -1;
    }
    *place = *t;
    *ret = l->types->types.count - 1;
    return 0;
}

int comp_type_alias(struct cload *l, uint32_t of, uint32_t *ret, struct wp_err *err)
{
    struct wrt_ctype t = *wrt_ctype(l->types, of);
    t.alias_of = of;
    return comp_type_add(l, &t, ret, err);
}

int comp_resource_new(struct cload *l, uint32_t *ret_number, uint32_t *ret_type, struct wp_err *err)
{
    uint32_t number = l->types->resources++;
    *ret_number = number;
    struct wrt_ctype t = {.kind = WRT_T_RESOURCE,
                          .as.resource = number,
                          .has_resource = true,
                          .size = 1,
                          .depth = 1,
                          .alias_of = WRT_NO_INDEX};
    return ret_type == NULL ? 0 : comp_type_add(l, &t, ret_type, err);
}

int comp_grow(const struct cload *l, const uint8_t *at, uint32_t *size, uint8_t *depth, uint32_t part_size,
              uint8_t part_depth, struct wp_err *err)
{
    if (part_depth + 1u > WP_LIMIT_WASM_TYPE_DEPTH) {
        wp_fail(err, WP_E_LIMIT, "type nesting is too deep: at most %llu levels",
                (unsigned long long)WP_LIMIT_WASM_TYPE_DEPTH);
        return comp_at(l, at, err);
    }
    if (*size + part_size >= WP_LIMIT_WASM_TYPE_SIZE) {
        wp_fail(err, WP_E_LIMIT, "effective type size exceeds the limit of %llu",
                (unsigned long long)WP_LIMIT_WASM_TYPE_SIZE);
        return comp_at(l, at, err);
    }
    *size += part_size;
    *depth = (uint8_t)WP_MAX(*depth, part_depth + 1);
    return 0;
}

/* The type whose size counts; false: a primitive value. */
static bool type_of_item(const struct wrt_citem *item, uint32_t *ret)
{
    *ret = item->kind == WRT_C_TYPE ? item->of : item->type;
    if (item->kind == WRT_C_VALUE) {
        *ret = item->type - WRT_V_TYPE;
        return item->type >= WRT_V_TYPE;
    }
    return true;
}

int comp_grow_item(const struct cload *l, const uint8_t *at, uint32_t *size, uint8_t *depth,
                   const struct wrt_citem *item, struct wp_err *err)
{
    uint32_t id;
    if (!type_of_item(item, &id)) {
        return comp_grow(l, at, size, depth, 1, 1, err);
    }
    const struct wrt_ctype *t = wrt_ctype(l->types, id);
    return comp_grow(l, at, size, depth, t->size, t->depth, err);
}

bool comp_item_has_resource(const struct cload *l, const struct wrt_citem *item)
{
    uint32_t id;
    return type_of_item(item, &id) && wrt_ctype(l->types, id)->has_resource;
}

static void primitive_props(uint32_t valtype, struct wrt_ctype *t)
{
    static const struct {
        uint8_t valtype, bytes, core;
    } rows[] = {{WRT_V_BOOL, 1, 0},         {WRT_V_S8, 1, 0},  {WRT_V_U8, 1, 0},  {WRT_V_S16, 2, 0},
                {WRT_V_U16, 2, 0},          {WRT_V_S32, 4, 0}, {WRT_V_U32, 4, 0}, {WRT_V_S64, 8, 1},
                {WRT_V_U64, 8, 1},          {WRT_V_F32, 4, 2}, {WRT_V_F64, 8, 3}, {WRT_V_CHAR, 4, 0},
                {WRT_V_ERROR_CONTEXT, 4, 0}};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (rows[i].valtype == valtype) {
            t->bytes = t->align = rows[i].bytes;
            t->flat = 1;
            t->flat32 = t->flat64 = rows[i].core;
            return;
        }
    }
    comp_pointer_pair(t);
}

void comp_pointer_pair(struct wrt_ctype *t)
{
    t->has_pointer = true;
    t->bytes = 16;
    t->align = 8;
    t->flat = 2;
    t->flat32 = 0;
    t->flat64 = 1 | 1 << 2;
}

void comp_value_props(const struct cload *l, uint32_t valtype, struct wrt_ctype *ret)
{
    if (valtype >= WRT_V_TYPE) {
        *ret = *wrt_ctype_of(l->types, valtype);
        return;
    }
    *ret = (struct wrt_ctype){.kind = WRT_T_PRIMITIVE, .size = 1, .depth = 1, .as.of.elem = valtype};
    primitive_props(valtype, ret);
}

/* ---- words ---- */

const char *comp_type_word(enum wrt_ctype_kind kind)
{
    static const char *const words[] = {
        [WRT_T_PRIMITIVE] = "primitive",
        [WRT_T_RECORD] = "record",
        [WRT_T_VARIANT] = "variant",
        [WRT_T_TUPLE] = "tuple",
        [WRT_T_FLAGS] = "flags",
        [WRT_T_ENUM] = "enum",
        [WRT_T_LIST] = "list",
        [WRT_T_FIXED_LIST] = "fixed-length list",
        [WRT_T_MAP] = "map",
        [WRT_T_OPTION] = "option",
        [WRT_T_RESULT] = "result",
        [WRT_T_STREAM] = "stream",
        [WRT_T_FUTURE] = "future",
        [WRT_T_OWN] = "own",
        [WRT_T_BORROW] = "borrow",
        [WRT_T_FUNC] = "func",
        [WRT_T_RESOURCE] = "resource",
        [WRT_T_INSTANCE] = "instance",
        [WRT_T_COMPONENT] = "component",
        [WRT_T_MODULE] = "module",
    };
    return words[kind];
}

bool comp_is_value_kind(enum wrt_ctype_kind kind)
{
    return kind < WRT_T_FUNC;
}

const char *comp_type_class(enum wrt_ctype_kind kind)
{
    return comp_is_value_kind(kind) ? "defined type" : comp_type_word(kind);
}

const char *comp_item_word(enum wrt_extern_kind kind)
{
    return kind == WRT_C_MODULE ? "module" : wrt_extern_kind_name(kind);
}

const char *comp_primitive(uint32_t valtype)
{
    static const char *const words[] = {"string", "char", "f64", "f32", "u64", "s64", "u32",
                                        "s32",    "u16",  "s16", "u8",  "s8",  "bool"};
    return valtype == WRT_V_ERROR_CONTEXT ? "error-context" : words[valtype - WRT_V_STRING];
}

int comp_freeze(struct wrt_mem *m, struct wrt_vec *v, size_t size, const void **ret, uint32_t *ret_count,
                struct wp_err *err)
{
    void *items = wrt_alloc(m, v->count, size, err);
    if (items == NULL) {
        return -1;
    }
    if (v->count > 0) {
        memcpy(items, v->items, v->count * size);
    }
    *ret = items;
    *ret_count = v->count;
    wrt_vec_done(m, v, size);
    return 0;
}
