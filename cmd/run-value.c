/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as text (cmd/run-value.h). */
#include "cmd/run-value.h"

#include "base/num.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { V128_DIGITS = 32, HOST_TAG = 2 };

unsigned run_value_slots(uint32_t type)
{
    return type == WRT_V128 ? 2 : 1;
}

static bool is_extern(uint32_t type)
{
    return wrt_is_ref(type) && (type & WRT_HEAP) == WRT_HEAP_EXTERN;
}

/* Digits only, in the base that the text begins with. */
static bool parse_digits(const char *text, uint64_t *ret)
{
    if (!wp_str_starts(text, "0x") && !wp_str_starts(text, "0X")) {
        return wp_parse_u64(text, 0, UINT64_MAX, ret);
    }
    text += 2;
    size_t n = strlen(text);
    if (n == 0 || n != strspn(text, "0123456789abcdefABCDEF")) {
        return false;
    }
    errno = 0;
    *ret = strtoull(text, NULL, 16);
    return errno == 0;
}

static bool parse_integer(const char *text, unsigned bits, uint64_t *ret)
{
    bool minus = text[0] == '-';
    uint64_t n = 0;
    if (!parse_digits(text + (minus || text[0] == '+'), &n)) {
        return false;
    }
    uint64_t most = minus ? UINT64_C(1) << (bits - 1) : UINT64_MAX >> (64 - bits);
    if (n > most) {
        return false;
    }
    *ret = (minus ? 0 - n : n) & UINT64_MAX >> (64 - bits);
    return true;
}

/* The quiet NaN with that payload: what stands behind "nan". */
static bool parse_nan(const char *text, unsigned fraction, uint64_t exponent, uint64_t *ret)
{
    uint64_t payload = UINT64_C(1) << (fraction - 1);
    if (text[0] == ':' && (!wp_str_starts(text, ":0x") || !parse_digits(text + 1, &payload))) {
        return false;
    }
    if ((text[0] != ':' && text[0] != '\0') || payload == 0 || payload >> fraction != 0) {
        return false;
    }
    *ret = exponent | payload;
    return true;
}

/* What strtod takes, without blanks and words of its own. */
static bool is_number(const char *text)
{
    return text[0] != '\0' && strspn(text, "0123456789abcdefABCDEFxXpP.+-") == strlen(text) &&
           strpbrk(text, "0123456789") != NULL;
}

static bool parse_float(const char *text, uint32_t type, uint64_t *ret)
{
    const bool wide = type == WRT_F64;
    uint64_t exponent = wide ? UINT64_C(0x7ff0000000000000) : UINT64_C(0x7f800000);
    bool minus = text[0] == '-';
    const char *rest = text + (minus || text[0] == '+');
    uint64_t bits = 0;
    char *end = NULL;
    if (wp_str_eq(rest, "inf") || wp_str_eq(rest, "infinity")) {
        bits = exponent;
    } else if (wp_str_starts(rest, "nan")) {
        if (!parse_nan(rest + 3, wide ? 52 : 23, exponent, &bits)) {
            return false;
        }
    } else if (!is_number(rest) || rest[0] == '-' || rest[0] == '+') {
        return false;
    } else if (wide) {
        double d = strtod(rest, &end);
        memcpy(&bits, &d, sizeof(d));
    } else {
        float f = strtof(rest, &end);
        memcpy(&bits, &f, sizeof(f));
    }
    if (end != NULL && *end != '\0') {
        return false;
    }
    *ret = bits | (uint64_t)minus << (wide ? 63 : 31);
    return true;
}

static bool parse_v128(const char *text, uint64_t *ret)
{
    char half[V128_DIGITS / 2 + 1];
    if (!wp_str_starts(text, "0x") || strlen(text) != 2 + V128_DIGITS ||
        strspn(text + 2, "0123456789abcdefABCDEF") != V128_DIGITS) {
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        memcpy(half, text + 2 + i * sizeof(half) - i, sizeof(half) - 1);
        half[sizeof(half) - 1] = '\0';
        ret[1 - i] = strtoull(half, NULL, 16);
    }
    return true;
}

static bool parse_ref(uint32_t type, const char *text, uint64_t *ret)
{
    if (wp_str_eq(text, "null")) {
        *ret = 0;
        return (type & WRT_NULL) != 0;
    }
    uint64_t n = 0;
    if (!is_extern(type) || !parse_digits(text, &n) || n >> 62 != 0) {
        return false;
    }
    *ret = n << 2 | HOST_TAG;
    return true;
}

bool run_value_parse(uint32_t type, const char *text, uint64_t *ret_slots)
{
    switch (type) {
    case WRT_I32:
        return parse_integer(text, 32, ret_slots);
    case WRT_I64:
        return parse_integer(text, 64, ret_slots);
    case WRT_F32:
    case WRT_F64:
        return parse_float(text, type, ret_slots);
    case WRT_V128:
        return parse_v128(text, ret_slots);
    default:
        return wrt_is_ref(type) && parse_ref(type, text, ret_slots);
    }
}

static void float_text(double value, bool wide, struct wp_buf *b)
{
    char text[48];
    for (int digits = wide ? 15 : 6;; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        bool same = wide ? strtod(text, NULL) == value : strtof(text, NULL) == (float)value;
        if (same || digits == 17) {
            break;
        }
    }
    wp_buf_add_str(b, text);
}

static void float_bits_text(uint64_t bits, bool wide, struct wp_buf *b)
{
    uint64_t fraction = bits & (wide ? UINT64_C(0xfffffffffffff) : UINT64_C(0x7fffff));
    uint64_t quiet = wide ? UINT64_C(1) << 51 : UINT64_C(1) << 22;
    float f;
    double d;
    uint32_t low = (uint32_t)bits;
    memcpy(&f, &low, sizeof(f));
    memcpy(&d, &bits, sizeof(d));
    d = wide ? d : (double)f;
    if (!isnan(d)) {
        float_text(d, wide, b);
        return;
    }
    wp_buf_add_str(b, (bits >> (wide ? 63 : 31) & 1) != 0 ? "-nan" : "nan");
    if (fraction != quiet) {
        wp_buf_printf(b, ":0x%" PRIx64, fraction);
    }
}

void run_value_text(uint32_t type, const uint64_t *slots, struct wp_buf *b)
{
    switch (type) {
    case WRT_I32:
        wp_buf_printf(b, "%" PRId32, (int32_t)(uint32_t)slots[0]);
        return;
    case WRT_I64:
        wp_buf_printf(b, "%" PRId64, (int64_t)slots[0]);
        return;
    case WRT_F32:
    case WRT_F64:
        float_bits_text(slots[0], type == WRT_F64, b);
        return;
    case WRT_V128:
        wp_buf_printf(b, "0x%016" PRIx64 "%016" PRIx64, slots[1], slots[0]);
        return;
    default:
        break;
    }
    if (slots[0] == 0) {
        wp_buf_add_str(b, "null");
    } else if (is_extern(type) && (slots[0] & 3) == HOST_TAG) {
        wp_buf_printf(b, "%" PRIu64, slots[0] >> 2);
    } else {
        wp_buf_add_str(b, "(ref)");
    }
}

static bool is_nan(uint32_t type, uint64_t bits)
{
    return type == WRT_F64 ? (bits & ~(UINT64_C(1) << 63)) > UINT64_C(0x7ff0000000000000)
                           : (bits & UINT64_C(0x7fffffff)) > UINT64_C(0x7f800000);
}

bool run_value_equal(uint32_t type, const uint64_t *a, const uint64_t *b, bool loose)
{
    if (loose && (type == WRT_F32 || type == WRT_F64) && is_nan(type, a[0]) && is_nan(type, b[0])) {
        return true;
    }
    return a[0] == b[0] && (type != WRT_V128 || a[1] == b[1]);
}

const char *run_value_form(uint32_t type)
{
    switch (type) {
    case WRT_I32:
    case WRT_I64:
        return "a whole number, decimal or 0x hex";
    case WRT_F32:
    case WRT_F64:
        return "a number, inf or nan";
    case WRT_V128:
        return "0x and 32 hex digits";
    default:
        return is_extern(type) ? "a number or null" : (type & WRT_NULL) != 0 ? "null" : "nothing that can be typed";
    }
}

static void list_types(const uint32_t *list, uint32_t n, struct wp_buf *b)
{
    for (uint32_t i = 0; i < n; i++) {
        char text[64];
        wrt_type_text(list[i], text, sizeof(text));
        wp_buf_printf(b, "%s%s", i == 0 ? "" : ", ", text);
    }
}

void run_signature(const struct wrt_types *types, uint32_t type, const char *name, struct wp_buf *b)
{
    const struct wrt_deftype *t = wrt_deftype(types, type);
    wp_buf_printf(b, "%s(", name);
    list_types(t->as.func.params, t->as.func.param_count, b);
    wp_buf_add_char(b, ')');
    if (t->as.func.result_count > 0) {
        wp_buf_add_str(b, " -> ");
        list_types(t->as.func.results, t->as.func.result_count, b);
    }
}
