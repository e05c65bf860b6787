/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a function belongs, told by its name: crates of Rust (demangled, legacy and v0 mangling), namespaces of C++
 * (demangled and Itanium mangling), packages of Go and Zig, modules of Swift and AssemblyScript, and for C the habit of
 * a common prefix. A guess that is right often enough to colour a picture. */
#include "pack/facts.h"

static struct wp_span cut(struct wp_span s, size_t from, size_t to)
{
    return wp_span(s.ptr + from, to - from);
}

static struct wp_span skip(struct wp_span s, size_t n)
{
    return cut(s, n, s.len);
}

static bool is_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

/* Where what begins, s.len when it does not. */
static size_t find(struct wp_span s, const char *what)
{
    const uint8_t *at = s.len == 0 ? NULL : memmem(s.ptr, s.len, what, strlen(what));
    return at == NULL ? s.len : (size_t)(at - s.ptr);
}

static size_t digits(struct wp_span s, size_t *ret_len)
{
    size_t i = 0;
    size_t n = 0;
    while (i < s.len && i < 5 && s.ptr[i] >= '0' && s.ptr[i] <= '9') {
        n = n * 10 + (size_t)(s.ptr[i++] - '0');
    }
    *ret_len = n;
    return i;
}

/* "4core…" gives "core". */
static bool counted(struct wp_span s, struct wp_span *ret)
{
    size_t len = 0;
    size_t at = digits(s, &len);
    if (at == 0 || len == 0 || len > s.len - at) {
        return false;
    }
    *ret = cut(s, at, at + len);
    return true;
}

/* An impl of Rust's legacy mangling: "_$LT$alloc..string..String$u20$as…" gives "alloc". */
static struct wp_span legacy_impl(struct wp_span s)
{
    static const char *const heads[] = {"_$LT$", "$RF$", "$LP$", "$u5b$", "mut$u20$", "dyn$u20$"};
    for (size_t i = 0; i < WP_ARRAY_LEN(heads); i++) {
        if (facts_starts(s, heads[i])) {
            s = skip(s, strlen(heads[i]));
        }
    }
    size_t as = find(s, "$u20$as$u20$");
    size_t dots = find(s, "..");
    if (dots > as && as < s.len) {
        s = skip(s, as + strlen("$u20$as$u20$"));
        dots = find(s, "..");
    }
    return cut(s, 0, dots);
}

/* _ZN4core3fmt5write17h…E, _ZNSt3__26vectorIiE…, _ZNK4llvm… */
static bool itanium(struct wp_span s, struct wp_span *ret)
{
    s = skip(s, 2);
    if (facts_starts(s, "N")) {
        s = skip(s, 1);
    }
    while (s.len > 0 && (s.ptr[0] == 'K' || s.ptr[0] == 'V' || s.ptr[0] == 'r')) {
        s = skip(s, 1);
    }
    if (facts_starts(s, "St")) {
        *ret = wp_span_str("std");
        return true;
    }
    if (!counted(s, ret)) {
        return false;
    }
    if (facts_starts(*ret, "_$LT$")) {
        *ret = legacy_impl(*ret);
    } else if (facts_starts(*ret, "_GLOBAL__N")) {
        *ret = wp_span_str("(anonymous namespace)");
    }
    return ret->len > 0;
}

/* Rust v0: the first crate root, "Cs" base-62 "_" and its counted name. */
static bool rust_v0(struct wp_span s, struct wp_span *ret)
{
    size_t at = find(s, "Cs");
    size_t end = at;
    while (end < s.len && s.ptr[end] != '_') {
        end++;
    }
    return end < s.len && counted(skip(s, end + 1), ret);
}

/* "void std::sort<…>(…)", "<alloc::vec::Vec<T> as …>::f", "a::b::c": the first part of the first path. */
static bool path(struct wp_span s, struct wp_span *ret)
{
    while (s.len > 0 && (s.ptr[0] == '<' || s.ptr[0] == '&' || s.ptr[0] == '*' || s.ptr[0] == '[')) {
        s = skip(s, 1);
    }
    if (facts_starts(s, "(anonymous namespace)")) {
        *ret = cut(s, 0, strlen("(anonymous namespace)"));
        return true;
    }
    size_t colons = find(s, "::");
    size_t from = colons;
    while (from > 0 && is_word(s.ptr[from - 1])) {
        from--;
    }
    *ret = cut(s, from, colons);
    return colons < s.len && ret->len > 0;
}

/* github.com_evanw_esbuild_internal.f, encoding_json.Marshal: up to the dot that ends the package. */
static bool dotted(struct wp_span s, struct wp_span *ret)
{
    static const char *const hosts[] = {".com_", ".org_", ".in_", ".io_", ".dev_", ".net_", ".sh_"};
    size_t dot = find(s, ".");
    for (size_t i = 0; i < WP_ARRAY_LEN(hosts); i++) {
        if (dot < s.len && facts_starts(skip(s, dot), hosts[i])) {
            size_t after = dot + strlen(hosts[i]);
            size_t next = find(skip(s, after), ".");
            dot = after + next;
            break;
        }
    }
    *ret = cut(s, 0, dot);
    for (size_t i = 0; i < dot; i++) {
        if (!is_word(s.ptr[i]) && s.ptr[i] != '.' && s.ptr[i] != '-' && s.ptr[i] != '/') {
            return false;
        }
    }
    return dot > 0 && dot < s.len;
}

static bool prefixed(struct wp_span s, struct wp_span *ret)
{
    size_t from = 0;
    while (from < s.len && (s.ptr[from] == '_' || s.ptr[from] == '$')) {
        from++;
    }
    size_t to = from;
    while (to < s.len && s.ptr[to] != '_' && is_word(s.ptr[to])) {
        to++;
    }
    *ret = cut(s, from, to);
    return to < s.len && s.ptr[to] == '_' && ret->len >= 2;
}

enum facts_group_kind facts_group(struct wp_span s, struct wp_span *ret)
{
    if (facts_starts(s, "_ZN") || facts_starts(s, "_ZS")) {
        return itanium(s, ret) ? FACTS_NAMESPACE : FACTS_NO_GROUP;
    }
    if (facts_starts(s, "_R") && rust_v0(s, ret)) {
        return FACTS_NAMESPACE;
    }
    if ((facts_starts(s, "$s") || facts_starts(s, "$S")) && counted(skip(s, 2), ret)) {
        return FACTS_NAMESPACE;
    }
    if (facts_starts(s, "~lib/")) {
        size_t next = find(skip(s, 5), "/");
        *ret = cut(s, 0, 5 + next);
        return FACTS_NAMESPACE;
    }
    if (find(s, "::") < s.len) {
        return path(s, ret) ? FACTS_NAMESPACE : FACTS_NO_GROUP;
    }
    if (dotted(s, ret)) {
        return FACTS_NAMESPACE;
    }
    return prefixed(s, ret) ? FACTS_PREFIX : FACTS_NO_GROUP;
}
