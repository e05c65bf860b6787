/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of the suites: {"type": "i32", "value": "7"}, vectors by lanes, or "(i64.const 0x7)" where the converter left
 * the text. */
#include "tests/spec/suite.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t integer(const char *text)
{
    char digits[64];
    size_t n = 0;
    for (; *text != '\0' && *text != ')' && n + 1 < sizeof(digits); text++) {
        if (*text != '_') {
            digits[n++] = *text;
        }
    }
    digits[n] = '\0';
    return strtoull(digits, NULL, 0);
}

static uint64_t cut(uint64_t value, unsigned bits)
{
    return bits == 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

static unsigned bits_of(const char *type)
{
    static const struct {
        const char *name;
        unsigned bits;
    } rows[] = {{"i8", 8}, {"i16", 16}, {"i32", 32}, {"f32", 32}, {"i64", 64}, {"f64", 64}};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (wp_str_eq(rows[i].name, type)) {
            return rows[i].bits;
        }
    }
    return 0;
}

static const char *member(const json_t *value, const char *key)
{
    const char *text = json_string_value(json_object_get(value, key));
    return text ? text : "";
}

/* "(i32.const -1)" */
static unsigned in_text(const char *text, uint64_t *ret)
{
    unsigned bits = wp_str_starts(text, "(i32.const ") ? 32 : wp_str_starts(text, "(i64.const ") ? 64 : 0;
    *ret = bits == 0 ? 0 : cut(integer(text + 11), bits);
    return bits;
}

static uint32_t vector(const json_t *value, uint64_t *slots)
{
    unsigned bits = bits_of(member(value, "lane_type"));
    const json_t *lanes = json_object_get(value, "value");
    if (bits == 0 || json_array_size(lanes) != 128 / bits) {
        return 0;
    }
    slots[0] = slots[1] = 0;
    for (unsigned i = 0; i < 128 / bits; i++) {
        const char *lane = json_string_value(json_array_get(lanes, i));
        slots[i * bits / 64] |= cut(integer(lane ? lane : ""), bits) << i * bits % 64;
    }
    return 2;
}

uint32_t suite_argument(const json_t *value, uint64_t *slots)
{
    if (json_is_string(value)) {
        return in_text(json_string_value(value), slots) != 0;
    }
    const char *type = member(value, "type"), *text = member(value, "value");
    if (wp_str_eq(type, "v128")) {
        return vector(value, slots);
    }
    unsigned bits = bits_of(type);
    if (bits != 0) {
        slots[0] = cut(integer(text), bits);
        return 1;
    }
    slots[0] = wp_str_eq(text, "null") ? 0 : wrt_extern_ref(integer(text));
    return text[0] != '\0';
}

/* ---- what is expected ---- */

static bool is_nan(uint64_t lane, unsigned bits, bool canonical)
{
    uint64_t quiet = bits == 32 ? 0x7fc00000u : UINT64_C(0x7ff8000000000000);
    uint64_t magnitude = cut(lane, bits - 1);
    return canonical ? magnitude == quiet : (magnitude & quiet) == quiet;
}

static bool number_is(const char *text, unsigned bits, uint64_t found)
{
    if (wp_str_starts(text, "nan:")) {
        return is_nan(found, bits, wp_str_eq(text, "nan:canonical"));
    }
    return found == cut(integer(text), bits);
}

static bool vector_is(const json_t *expected, const uint64_t *slots)
{
    unsigned bits = bits_of(member(expected, "lane_type"));
    const json_t *lanes = json_object_get(expected, "value");
    if (bits == 0 || json_array_size(lanes) != 128 / bits) {
        return false;
    }
    for (unsigned i = 0; i < 128 / bits; i++) {
        const char *lane = json_string_value(json_array_get(lanes, i));
        if (!number_is(lane ? lane : "", bits, cut(slots[i * bits / 64] >> i * bits % 64, bits))) {
            return false;
        }
    }
    return true;
}

/* "value" absent: any that is not null, of the bottom types null. */
static bool reference_is(const struct wrt_store *s, const char *type, const char *value, uint64_t found)
{
    static const struct {
        const char *name;
        uint32_t heap;
    } rows[] = {
        {"funcref", WRT_HEAP_FUNC},   {"externref", WRT_HEAP_EXTERN}, {"anyref", WRT_HEAP_ANY},
        {"eqref", WRT_HEAP_EQ},       {"i31ref", WRT_HEAP_I31},       {"structref", WRT_HEAP_STRUCT},
        {"arrayref", WRT_HEAP_ARRAY}, {"exnref", WRT_HEAP_EXN},
    };
    if (wp_str_eq(type, "refnull") || wp_str_starts(type, "null") || wp_str_eq(value, "null")) {
        return found == 0;
    }
    if (value[0] != '\0') {
        return found == wrt_extern_ref(integer(value));
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (wp_str_eq(rows[i].name, type)) {
            return found != 0 && wrt_ref_is(s, found, WRT_REF | rows[i].heap);
        }
    }
    return false;
}

static bool any_of(const struct wrt_store *s, const json_t *values, const uint64_t *slots, uint32_t *ret_slots)
{
    size_t index;
    const json_t *value;
    *ret_slots = 1;
    json_array_foreach(values, index, value)
    {
        if (suite_expected(s, value, slots, ret_slots)) {
            return true;
        }
    }
    return false;
}

bool suite_expected(const struct wrt_store *s, const json_t *expected, const uint64_t *slots, uint32_t *ret_slots)
{
    *ret_slots = 1;
    if (json_is_string(expected)) {
        uint64_t want;
        return in_text(json_string_value(expected), &want) != 0 && want == slots[0];
    }
    const char *type = member(expected, "type");
    if (wp_str_eq(type, "either")) {
        return any_of(s, json_object_get(expected, "values"), slots, ret_slots);
    }
    if (wp_str_eq(type, "v128")) {
        *ret_slots = 2;
        return vector_is(expected, slots);
    }
    unsigned bits = bits_of(type);
    return bits != 0 ? number_is(member(expected, "value"), bits, slots[0])
                     : reference_is(s, type, member(expected, "value"), slots[0]);
}

void suite_text(const uint32_t *types, uint32_t n, const uint64_t *slots, char *out, size_t room)
{
    char type[64];
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < n && used + 80 < room; i++) {
        wrt_type_text(types[i], type, sizeof(type));
        int more =
            snprintf(out + used, room - used, "%s%s 0x%llx", i == 0 ? "" : ", ", type, (unsigned long long)*slots++);
        used += more < 0 ? 0 : (size_t)more;
        if (types[i] == WRT_V128 && used + 40 < room) {
            more = snprintf(out + used, room - used, " 0x%llx", (unsigned long long)*slots++);
            used += more < 0 ? 0 : (size_t)more;
        }
    }
}
