/* SPDX-License-Identifier: Apache-2.0
 *
 * Function bodies in test code. */
#include "code-module.h"

#include "runtime-min/code-parts.h"
#include "tests/unit/unit.h"
#include "wasm-hex.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- text ---- */

static const struct {
    const char *name;
    uint8_t byte;
} type_names[] = {
    {"void", 0x40},
    {"i32", WRT_I32},
    {"i64", WRT_I64},
    {"f32", WRT_F32},
    {"f64", WRT_F64},
    {"v128", WRT_V128},
    {"funcref", WRT_HEAP_FUNC},
    {"externref", WRT_HEAP_EXTERN},
    {"anyref", 0x6e},
    {"eqref", 0x6d},
    {"exnref", 0x69},
    {"func", 0x70},
    {"extern", 0x6f},
    {"any", 0x6e},
    {"eq", 0x6d},
    {"i31", 0x6c},
    {"struct", 0x6b},
    {"array", 0x6a},
    {"none", 0x71},
    {"nofunc", 0x73},
    {"noextern", 0x72},
    {"exn", 0x69},
};

static bool type_byte(struct wp_buf *b, const char *word)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(type_names); i++) {
        if (wp_str_eq(type_names[i].name, word)) {
            wp_buf_add_char(b, (char)type_names[i].byte);
            return true;
        }
    }
    return false;
}

static void signed_leb(struct wp_buf *b, long long n)
{
    for (;;) {
        uint8_t byte = (uint8_t)(n & 0x7f);
        n >>= 7;
        if ((n == 0 && (byte & 0x40) == 0) || (n == -1 && (byte & 0x40) != 0)) {
            wp_buf_add_char(b, (char)byte);
            return;
        }
        wp_buf_add_char(b, (char)(byte | 0x80));
    }
}

static uint32_t number_of(const char *name)
{
    if (wp_str_eq(name, "select_typed")) {
        return WRT_OP_SELECT_TYPED;
    }
    if (wp_str_eq(name, "ref.test_null")) {
        return WRT_OP_REF_TEST_NULL;
    }
    if (wp_str_eq(name, "ref.cast_null")) {
        return WRT_OP_REF_CAST_NULL;
    }
    for (uint32_t i = 0; i < WRT_OP_COUNT; i++) {
        if (wrt_ops[i].name != NULL && wp_str_eq(wrt_ops[i].name, name)) {
            return i;
        }
    }
    return WRT_NO_INDEX;
}

static void opcode(struct wp_buf *b, uint32_t op)
{
    static const struct {
        uint32_t base;
        uint8_t byte;
    } prefixes[] = {{WRT_OP_FD, 0xfd}, {WRT_OP_FE, 0xfe}, {WRT_OP_FC, 0xfc}, {WRT_OP_FB, 0xfb}};
    for (size_t i = 0; i < WP_ARRAY_LEN(prefixes); i++) {
        if (op >= prefixes[i].base) {
            wp_buf_add_char(b, (char)prefixes[i].byte);
            wasm_leb(b, op - prefixes[i].base);
            return;
        }
    }
    wp_buf_add_char(b, (char)op);
}

/* Bytes that stand behind an instruction without being written in the text. */
static void implied(struct wp_buf *b, uint32_t imm)
{
    size_t zeros = imm == WRT_IMM_F32 ? 4 : imm == WRT_IMM_F64 ? 8 : imm == WRT_IMM_V128 ? 16 : imm == WRT_IMM_ZERO;
    for (size_t i = 0; i < zeros; i++) {
        wp_buf_add_char(b, 0);
    }
    if (imm == WRT_IMM_SELECT) {
        wp_buf_add_char(b, 1);
    }
}

void code_assemble(struct wp_buf *b, const char *text)
{
    char copy[4096], *save = NULL;
    uint32_t imm = WRT_IMM_NONE;
    assert_true((size_t)snprintf(copy, sizeof(copy), "%s", text) < sizeof(copy));
    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        char *end = NULL;
        long long n = strtoll(word, &end, 0);
        if (wp_str_starts(word, "0x")) {
            wp_buf_add_char(b, (char)n);
        } else if (*end == '\0') {
            signed_leb(b, n);
        } else if (!type_byte(b, word)) {
            uint32_t op = number_of(word);
            if (op == WRT_NO_INDEX) {
                fail_msg("no instruction '%s' in: %s", word, text);
            }
            opcode(b, op);
            imm = wrt_ops[op].imm;
            implied(b, imm);
        }
    }
}

/* ---- the module ---- */

static uint32_t func_type(struct wrt_types *t, const char *params, const char *results)
{
    uint32_t p[8], r[8], np = 0, nr = 0, id = 0;
    struct wp_err err = {.code = WP_E_OK};
    static const uint32_t words[128] = {['i'] = WRT_I32, ['l'] = WRT_I64, ['f'] = WRT_F32};
    for (; *params != '\0'; params++) {
        p[np++] = words[(unsigned char)*params];
    }
    for (; *results != '\0'; results++) {
        r[nr++] = words[(unsigned char)*results];
    }
    assert_int_equal(wrt_types_func(t, p, np, r, nr, &id, &err), 0);
    return id;
}

static uint32_t ref_func_type(struct wrt_types *t, uint32_t param, uint32_t result)
{
    uint32_t id = 0;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(wrt_types_func(t, &param, param != 0, &result, result != 0, &id, &err), 0);
    return id;
}

static uint32_t data_type(struct wrt_types *t, enum wrt_composite kind, bool final, uint32_t super,
                          const struct wrt_field *fields, uint32_t count)
{
    uint32_t id = 0;
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_deftype d = {.kind = kind, .final = final, .super = super};
    d.as.data.fields = fields;
    d.as.data.field_count = count;
    assert_int_equal(wrt_types_intern(t, &d, 1, &id, &err), 0);
    return id;
}

/* -> 16 times `most`, `last`. */
static uint32_t long_type(struct wrt_types *t, uint32_t most, uint32_t last)
{
    uint32_t results[17], id = 0;
    struct wp_err err = {.code = WP_E_OK};
    for (unsigned i = 0; i < 16; i++) {
        results[i] = most;
    }
    results[16] = last;
    assert_int_equal(wrt_types_func(t, NULL, 0, results, 17, &id, &err), 0);
    return id;
}

static void make_types(struct wrt_types *t, uint32_t ids[20])
{
    struct wrt_field f[3] = {{WRT_I32, true}, {WRT_I8, false}, {WRT_EXTERNREF, true}};
    ids[0] = func_type(t, "", "");
    ids[1] = func_type(t, "i", "i");
    ids[2] = func_type(t, "", "il");
    ids[3] = func_type(t, "il", "");
    ids[4] = func_type(t, "ii", "i");
    ids[5] = data_type(t, WRT_COMP_STRUCT, true, WRT_NO_INDEX, f, 3);
    ids[6] = data_type(t, WRT_COMP_ARRAY, true, WRT_NO_INDEX, f, 1);
    ids[7] = data_type(t, WRT_COMP_ARRAY, true, WRT_NO_INDEX, f + 1, 1);
    f[0].type = WRT_FUNCREF;
    ids[8] = data_type(t, WRT_COMP_ARRAY, true, WRT_NO_INDEX, f, 1);
    f[0] = (struct wrt_field){wrt_ref_to(ids[5], false), false};
    ids[9] = data_type(t, WRT_COMP_STRUCT, true, WRT_NO_INDEX, f, 1);
    ids[10] = func_type(t, "f", "");
    f[0] = (struct wrt_field){WRT_I8, true};
    ids[11] = data_type(t, WRT_COMP_ARRAY, true, WRT_NO_INDEX, f, 1);
    ids[12] = ref_func_type(t, 0, wrt_ref_to(ids[5], false));
    ids[13] = ref_func_type(t, wrt_ref_to(ids[5], true), 0);
    ids[14] = func_type(t, "", "i");
    f[0] = (struct wrt_field){WRT_I32, true};
    f[1] = (struct wrt_field){WRT_I64, false};
    ids[15] = data_type(t, WRT_COMP_STRUCT, false, WRT_NO_INDEX, f, 1);
    ids[16] = data_type(t, WRT_COMP_STRUCT, true, ids[15], f, 2);
    f[0] = (struct wrt_field){WRT_I64, true};
    ids[17] = data_type(t, WRT_COMP_ARRAY, true, WRT_NO_INDEX, f, 1);
    ids[18] = long_type(t, WRT_I31REF, WRT_FUNCREF);
    ids[19] = long_type(t, WRT_REF | WRT_NULL | WRT_HEAP_ANY, WRT_EXTERNREF);
}

struct how {
    uint64_t without;
    bool slow;
    code_use_fn use; /* with the module, when it is valid; NULL: none */
    void *arg;
};

static struct code_result validate(uint32_t type, struct wp_span body, const struct how *how)
{
    static const struct wrt_table tables[] = {
        {.type = WRT_FUNCREF}, {.type = WRT_EXTERNREF}, {.type = WRT_FUNCREF, .limits = {.is64 = true}}};
    static const struct wrt_limits memories[] = {{.min = 1}, {.min = 1, .is64 = true}};
    static const struct wrt_global globals[] = {
        {.type = WRT_I32, .mut = true}, {.type = WRT_I64}, {.type = WRT_EXTERNREF, .mut = true}};
    static const uint32_t elems[] = {WRT_FUNCREF, WRT_EXTERNREF};
    uint8_t declared[1] = {0x2f}; /* all but 4 */
    struct wrt_mem mem = {.limit = 1 << 20};
    struct wrt_types types = {.mem = &mem};
    uint32_t ids[20];
    make_types(&types, ids);
    uint32_t funcs[] = {ids[1], ids[0], ids[2], ids[3], ids[0], ids[12], ids[type]};
    const uint32_t tags[] = {ids[0], ids[3], ids[10]};
    struct wrt_code code = {.offset = 0, .size = (uint32_t)body.len};
    /* Exactly as long as it is: reading beyond is seen by the sanitizers. */
    uint8_t *bytes = malloc(WP_MAX(body.len, 1u));
    assert_non_null(bytes);
    memcpy(bytes, body.ptr, body.len);
    const struct wrt_module m = {.types = &types,
                                 .bytes = {bytes, body.len},
                                 .base = bytes,
                                 .features = ((UINT64_C(1) << WRT_BIT_COUNT) - 1) & ~how->without,
                                 .type_ids = ids,
                                 .type_count = 20,
                                 .funcs = funcs,
                                 .func_count = 7,
                                 .func_imports = 6,
                                 .tables = tables,
                                 .table_count = 3,
                                 .memories = memories,
                                 .memory_count = 2,
                                 .globals = globals,
                                 .global_count = 3,
                                 .tags = tags,
                                 .tag_count = 3,
                                 .elem_types = elems,
                                 .elem_count = 2,
                                 .data_count = 2,
                                 .has_data_count = true,
                                 .declared = declared,
                                 .code = &code,
                                 .code_count = 1};
    struct wrt_scratch *s = wrt_scratch_new(UINT64_MAX);
    assert_non_null(s);
    if (how->slow) {
        memset(s->fast, 0, sizeof(s->fast));
    }
    struct code_result r = {.rc = 0};
    r.rc = wrt_code_validate(&m, 0, s, &r.err);
    r.max_height = code.max_height;
    r.max_labels = code.max_labels;
    r.used = wrt_scratch_used(s);
    wrt_scratch_free(s);
    if (r.rc == 0 && how->use != NULL) {
        how->use(&m, how->arg);
    }
    wrt_mem_done(&mem);
    free(bytes);
    return r;
}

struct code_result code_validate_bytes(uint32_t type, struct wp_span body, uint64_t without)
{
    struct code_result r = validate(type, body, &(struct how){.without = without}),
                       slow = validate(type, body, &(struct how){.without = without, .slow = true});
    assert_int_equal(r.rc, slow.rc);
    assert_string_equal(r.err.msg, slow.err.msg);
    if (r.rc == 0) {
        assert_int_equal(r.max_height, slow.max_height);
        assert_int_equal(r.max_labels, slow.max_labels);
        assert_true(r.used == slow.used);
    }
    return r;
}

static void body_of(struct wp_buf *body, const struct code_case *c)
{
    wasm_hex(body, c->locals != NULL ? c->locals : "00");
    code_assemble(body, c->text);
    wp_buf_add_char(body, WRT_OP_END);
}

struct code_result code_validate(const struct code_case *c, uint64_t without)
{
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    body_of(&body, c);
    return code_validate_bytes(c->type, wp_buf_span(&body), without);
}

void code_use(const struct code_case *c, code_use_fn use, void *arg)
{
    WP_AUTO_BUF struct wp_buf body = WP_BUF_INIT;
    body_of(&body, c);
    struct code_result r = validate(c->type, wp_buf_span(&body), &(struct how){.use = use, .arg = arg});
    if (r.rc < 0) {
        fail_msg("%s: %s", c->text, r.err.msg);
    }
}

void code_check(const struct code_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct code_case *c = &cases[i];
        struct code_result r = code_validate(c, 0);
        const char *message = r.rc < 0 ? strstr(r.err.msg, ": ") + 2 : ""; /* "at byte 0x1: ..." */
        if (c->message == NULL ? r.rc < 0 : r.rc == 0 || !wp_str_starts(message, c->message)) {
            fail_msg("%s\n  gives '%s', expected '%s'", c->text, r.rc == 0 ? "valid" : message,
                     c->message != NULL ? c->message : "valid");
        }
    }
}
