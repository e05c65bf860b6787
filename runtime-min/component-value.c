/* SPDX-License-Identifier: Apache-2.0
 *
 * Value types and function types (component-model Binary.md, "Type Definitions"): read and checked in one pass. What
 * validation asks about a type later (does it hold a borrow, a pointer, how does it flatten) is put down here, once. */
#include "runtime-min/component-parts.h"

static bool is_primitive(uint8_t byte)
{
    return (byte >= WRT_V_STRING && byte <= WRT_V_BOOL) || byte == WRT_V_ERROR_CONTEXT;
}

static int check_primitive(struct scope *s, uint8_t byte, const uint8_t *at, struct wp_err *err)
{
    return byte == WRT_V_ERROR_CONTEXT ? comp_need(s->l, WRT_F_CM_ERROR_CONTEXT, at, "error-context", err) : 0;
}

int comp_read_valtype(struct scope *s, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    const uint8_t *at = c->p;
    int64_t code;
    if (c->p < c->end && is_primitive(*c->p)) {
        *ret = *c->p++;
        return check_primitive(s, *at, at, err);
    }
    if (wp_wasm_signed(c, 33, &code, err) < 0) {
        return -1;
    }
    if (code < 0) {
        return comp_fail(s->l, at, err, "invalid leading byte (0x%x) for component value type", *at);
    }
    uint32_t id;
    if (comp_defined_at(s, (uint32_t)code, at, &id, err) < 0) {
        return -1;
    }
    *ret = WRT_V_TYPE + id;
    return 0;
}

/* 0x00: none; 0x01 and a type. */
static int read_optional(struct scope *s, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    uint8_t there;
    if (wp_wasm_byte(c, &there, err) < 0) {
        return -1;
    }
    *ret = WRT_V_NONE;
    if (there > 1) {
        return comp_leading(c, "optional component value type", err);
    }
    return there == 1 ? comp_read_valtype(s, c, ret, err) : 0;
}

/* A type under construction. */
struct making {
    struct scope *s;
    const uint8_t *at;
    struct wrt_ctype t;
};

/* One more part: its size, depth and properties become those of the whole. */
static int add_part(struct making *m, uint32_t valtype, struct wrt_ctype *ret_part, struct wp_err *err)
{
    struct wrt_ctype part;
    comp_value_props(m->s->l, valtype, &part);
    if (comp_grow(m->s->l, m->at, &m->t.size, &m->t.depth, part.size, part.depth, err) < 0) {
        return -1;
    }
    m->t.has_borrow |= part.has_borrow;
    m->t.has_pointer |= part.has_pointer;
    m->t.has_resource |= part.has_resource;
    *ret_part = part;
    return 0;
}

struct list_rules {
    const char *label, *before; /* what its names are called */
    const char *empty;          /* NULL: it may be empty */
    const char *count;
    size_t least; /* bytes that an entry takes */
};

static const struct list_rules record_rules = {"record field name", "field name",
                                               "record type must have at least one field", "record fields", 2};
static const struct list_rules variant_rules = {"variant case name", "case name",
                                                "variant type must have at least one case", "variant cases", 3};
static const struct list_rules tuple_rules = {NULL, NULL, "tuple type must have at least one type", "tuple types", 1};
static const struct list_rules flags_rules = {"flag name", "flag name", "flags must have at least one entry", "flags",
                                              1};
static const struct list_rules enum_rules = {"enum tag name", "tag name", "enum type must have at least one variant",
                                             "enum cases", 1};
static const struct list_rules param_rules = {"function parameter name", "parameter name", NULL, "function parameters",
                                              2};

static int add_label(struct making *m, const struct list_rules *r, struct wrt_name_set *set, struct wp_span label,
                     const uint8_t *at, struct wp_err *err)
{
    const struct cload *l = m->s->l;
    struct wp_span before;
    if (wrt_label_check(label, r->label, err) < 0) {
        return comp_at(l, at, err);
    }
    int new = wrt_label_set_add(l->mem, set, label, &before, err);
    return new != 0 ? WP_MIN(new, 0)
                    : comp_fail(l, at, err, "%s '%.*s' conflicts with previous %s '%.*s'", r->label, COMP_TEXT(label),
                                r->before, COMP_TEXT(before));
}

static int case_end(struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint8_t zero;
    if (wp_wasm_byte(c, &zero, err) < 0) {
        return -1;
    }
    return zero == 0 ? 0 : comp_leading(c, "zero byte required", err);
}

/* One field, case, type, flag or parameter. */
static int read_item(struct making *m, struct wp_wasm_cursor *c, const struct list_rules *r, struct wrt_name_set *set,
                     struct wrt_cfield *f, struct wp_err *err)
{
    const uint8_t *at = c->p;
    struct wrt_ctype part;
    if (r->label != NULL && (wp_wasm_name(c, &f->name, err) < 0 || add_label(m, r, set, f->name, at, err) < 0)) {
        return -1;
    }
    switch (m->t.kind) {
    case WRT_T_FLAGS:
    case WRT_T_ENUM:
        return 0;
    case WRT_T_VARIANT:
        if (read_optional(m->s, c, &f->type, err) < 0 || case_end(c, err) < 0) {
            return -1;
        }
        if (f->type == WRT_V_NONE) {
            return 0;
        }
        if (add_part(m, f->type, &part, err) < 0) {
            return -1;
        }
        comp_flat_case(&m->t, &part);
        return 0;
    default:
        if (comp_read_valtype(m->s, c, &f->type, err) < 0 || add_part(m, f->type, &part, err) < 0) {
            return -1;
        }
        comp_flat_append(&m->t, &part, 1);
        return 0;
    }
}

static int read_list(struct making *m, struct wp_wasm_cursor *c, const struct list_rules *r, struct wp_err *err)
{
    struct cload *l = m->s->l;
    uint32_t count;
    uint64_t limit = m->t.kind == WRT_T_FUNC    ? WP_LIMIT_WASM_COMPONENT_PARAMS
                     : m->t.kind == WRT_T_FLAGS ? WP_LIMIT_WASM_COMPONENT_ITEMS
                                                : WP_LIMIT_WASM_TYPE_PARTS;
    if (wrt_read_count(c, r->count, 0, limit, r->least, &count, err) < 0) {
        return -1;
    }
    if (count == 0 && r->empty != NULL) {
        return comp_fail(l, m->at, err, "%s", r->empty);
    }
    if (m->t.kind == WRT_T_FLAGS && count > WP_LIMIT_WASM_FLAGS) {
        return comp_fail(l, m->at, err, "cannot have more than %llu flags: %u", (unsigned long long)WP_LIMIT_WASM_FLAGS,
                         count);
    }
    struct wrt_cfield *items = wrt_alloc(l->mem, count, sizeof(*items), err);
    if (items == NULL) {
        return -1;
    }
    struct wrt_name_set set = {.slots = NULL};
    for (uint32_t i = 0; i < count; i++) {
        if (read_item(m, c, r, &set, &items[i], err) < 0) {
            return -1;
        }
    }
    m->t.as.list.items = items;
    m->t.as.list.count = count;
    return 0;
}

static int read_variant(struct making *m, struct wp_wasm_cursor *c, const struct list_rules *r, struct wp_err *err)
{
    m->t.flat = 1;
    return read_list(m, c, r, err);
}

/* A case of option or result. */
static int add_case(struct making *m, uint32_t valtype, struct wp_err *err)
{
    struct wrt_ctype part;
    if (valtype == WRT_V_NONE) {
        return 0;
    }
    if (add_part(m, valtype, &part, err) < 0) {
        return -1;
    }
    comp_flat_case(&m->t, &part);
    return 0;
}

static int read_option(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    m->t.flat = 1;
    if (m->t.kind == WRT_T_OPTION) {
        return comp_read_valtype(m->s, c, &m->t.as.of.elem, err) < 0 ? -1 : add_case(m, m->t.as.of.elem, err);
    }
    if (read_optional(m->s, c, &m->t.as.of.elem, err) < 0 || read_optional(m->s, c, &m->t.as.of.err, err) < 0) {
        return -1;
    }
    return add_case(m, m->t.as.of.elem, err) < 0 ? -1 : add_case(m, m->t.as.of.err, err);
}

static int read_sequence(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_ctype part;
    if (comp_read_valtype(m->s, c, &m->t.as.of.elem, err) < 0 || add_part(m, m->t.as.of.elem, &part, err) < 0) {
        return -1;
    }
    comp_pointer_pair(&m->t);
    return 0;
}

static int read_fixed_list(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct cload *l = m->s->l;
    struct wrt_ctype part;
    if (comp_need(l, WRT_F_CM_FIXED_LENGTH_LISTS, m->at, "a fixed-length list", err) < 0 ||
        comp_read_valtype(m->s, c, &m->t.as.of.elem, err) < 0 || wp_wasm_u32(c, &m->t.as.of.length, err) < 0 ||
        add_part(m, m->t.as.of.elem, &part, err) < 0) {
        return -1;
    }
    if (m->t.as.of.length == 0) {
        return comp_fail(l, m->at, err, "Fixed-length lists must have more than zero elements");
    }
    comp_flat_append(&m->t, &part, m->t.as.of.length);
    return 0;
}

/* The primitive behind a value type, WRT_V_NONE: it is none. */
static uint32_t primitive_of(const struct scope *s, uint32_t valtype)
{
    if (valtype < WRT_V_TYPE) {
        return valtype;
    }
    const struct wrt_ctype *t = wrt_ctype_of(s->l->types, valtype);
    return t->kind == WRT_T_PRIMITIVE ? t->as.of.elem : WRT_V_NONE;
}

static int read_map(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_ctype part;
    if (comp_need(m->s->l, WRT_F_CM_MAP, m->at, "a map", err) < 0 ||
        comp_read_valtype(m->s, c, &m->t.as.of.elem, err) < 0 || comp_read_valtype(m->s, c, &m->t.as.of.err, err) < 0 ||
        add_part(m, m->t.as.of.elem, &part, err) < 0 || add_part(m, m->t.as.of.err, &part, err) < 0) {
        return -1;
    }
    uint32_t key = primitive_of(m->s, m->t.as.of.elem);
    if (key == WRT_V_NONE || key == WRT_V_F32 || key == WRT_V_F64 || key == WRT_V_ERROR_CONTEXT) {
        return comp_fail(m->s->l, m->at, err,
                         "invalid map key type: only booleans, integers, characters and strings can be keys");
    }
    comp_pointer_pair(&m->t);
    return 0;
}

static void is_handle(struct making *m)
{
    m->t.flat = 1;
    m->t.bytes = m->t.align = 4;
}

static int read_handle(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t index;
    if (wp_wasm_u32(c, &index, err) < 0 || comp_resource_at(m->s, index, m->at, &m->t.as.handle, err) < 0) {
        return -1;
    }
    is_handle(m);
    m->t.has_borrow = m->t.kind == WRT_T_BORROW;
    m->t.has_resource = true;
    return 0;
}

static int read_channel(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct cload *l = m->s->l;
    const char *word = comp_type_word(m->t.kind);
    struct wrt_ctype part;
    if (comp_need(l, WRT_F_CM_ASYNC, m->at, word, err) < 0 || read_optional(m->s, c, &m->t.as.of.elem, err) < 0) {
        return -1;
    }
    uint32_t elem = m->t.as.of.elem;
    if (elem != WRT_V_NONE && add_part(m, elem, &part, err) < 0) {
        return -1;
    }
    if (m->t.has_borrow) {
        return comp_fail(l, m->at, err, "'%s' payload cannot contain a 'borrow' type", word);
    }
    if (m->t.kind == WRT_T_STREAM && elem != WRT_V_NONE && primitive_of(m->s, elem) == WRT_V_CHAR) {
        return comp_fail(l, m->at, err, "'stream<char>' is not valid at this time, use 'stream<u8>' with an encoding");
    }
    m->t.has_pointer = false; /* the handle, not what passes through */
    is_handle(m);
    return 0;
}

static int read_body(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct wrt_ctype part;
    switch (m->t.kind) {
    case WRT_T_RECORD:
        return read_list(m, c, &record_rules, err);
    case WRT_T_VARIANT:
        return read_variant(m, c, &variant_rules, err);
    case WRT_T_TUPLE:
        return read_list(m, c, &tuple_rules, err);
    case WRT_T_FLAGS:
        return read_variant(m, c, &flags_rules, err);
    case WRT_T_ENUM:
        return read_variant(m, c, &enum_rules, err);
    case WRT_T_LIST:
        return read_sequence(m, c, err);
    case WRT_T_FIXED_LIST:
        return read_fixed_list(m, c, err);
    case WRT_T_MAP:
        return read_map(m, c, err);
    case WRT_T_OPTION:
    case WRT_T_RESULT:
        return read_option(m, c, err);
    case WRT_T_OWN:
    case WRT_T_BORROW:
        return read_handle(m, c, err);
    case WRT_T_STREAM:
    case WRT_T_FUTURE:
        return read_channel(m, c, err);
    default: /* a primitive */
        m->t.size = 0;
        m->t.depth = 0;
        comp_value_props(m->s->l, m->t.as.of.elem, &part);
        m->t = part;
        m->t.alias_of = WRT_NO_INDEX;
        return check_primitive(m->s, (uint8_t)m->t.as.of.elem, m->at, err);
    }
}

static bool kind_of(uint8_t lead, enum wrt_ctype_kind *ret)
{
    static const struct {
        uint8_t lead;
        enum wrt_ctype_kind kind;
    } rows[] = {{0x72, WRT_T_RECORD}, {0x71, WRT_T_VARIANT},   {0x70, WRT_T_LIST},   {0x6f, WRT_T_TUPLE},
                {0x6e, WRT_T_FLAGS},  {0x6d, WRT_T_ENUM},      {0x6b, WRT_T_OPTION}, {0x6a, WRT_T_RESULT},
                {0x69, WRT_T_OWN},    {0x68, WRT_T_BORROW},    {0x66, WRT_T_STREAM}, {0x65, WRT_T_FUTURE},
                {0x63, WRT_T_MAP},    {0x67, WRT_T_FIXED_LIST}};
    *ret = WRT_T_PRIMITIVE;
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (rows[i].lead == lead) {
            *ret = rows[i].kind;
            return true;
        }
    }
    return is_primitive(lead);
}

int comp_read_deftype(struct scope *s, struct wp_wasm_cursor *c, uint8_t lead, uint32_t *ret, struct wp_err *err)
{
    struct making m = {.s = s, .at = c->p - 1, .t = {.size = 1, .depth = 1, .alias_of = WRT_NO_INDEX}};
    if (!kind_of(lead, &m.t.kind)) {
        return comp_leading(c, "component defined type", err);
    }
    if (m.t.kind == WRT_T_PRIMITIVE) {
        m.t.as.of.elem = lead;
    }
    if (read_body(&m, c, err) < 0 || comp_layout(s->l, &m.t, m.at, err) < 0) {
        return -1;
    }
    return comp_type_add(s->l, &m.t, ret, err);
}

int comp_read_result(struct scope *s, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err)
{
    uint8_t lead, none;
    *ret = WRT_V_NONE;
    if (wp_wasm_byte(c, &lead, err) < 0) {
        return -1;
    }
    if (lead == 0) {
        return comp_read_valtype(s, c, ret, err);
    }
    if (lead > 1) {
        return comp_leading(c, "component function results", err);
    }
    if (wp_wasm_byte(c, &none, err) < 0) {
        return -1;
    }
    return none == 0 ? 0 : comp_leading(c, "number of results", err);
}

int comp_read_func_type(struct scope *s, struct wp_wasm_cursor *c, bool async, uint32_t *ret, struct wp_err *err)
{
    struct making m = {.s = s,
                       .at = c->p - 1,
                       .t = {.kind = WRT_T_FUNC, .async = async, .size = 1, .depth = 1, .alias_of = WRT_NO_INDEX}};
    uint32_t result;
    struct wrt_ctype part = {.has_borrow = false};
    if (async && comp_need(s->l, WRT_F_CM_ASYNC, m.at, "an async function", err) < 0) {
        return -1;
    }
    if (read_list(&m, c, &param_rules, err) < 0 || comp_read_result(s, c, &result, err) < 0) {
        return -1;
    }
    bool has_pointer = m.t.has_pointer; /* of parameters only: the result is asked itself */
    if (result != WRT_V_NONE && add_part(&m, result, &part, err) < 0) {
        return -1;
    }
    if (part.has_borrow) {
        return comp_fail(s->l, m.at, err, "function result cannot contain a 'borrow' type");
    }
    m.t.has_pointer = has_pointer;
    m.t.as.list.result = result;
    return comp_type_add(s->l, &m.t, ret, err);
}
