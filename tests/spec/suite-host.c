/* SPDX-License-Identifier: Apache-2.0
 *
 * The module "spectest" that the suites import: functions that do nothing, a global of each number type, tables and
 * memories. */
#include "tests/spec/suite.h"

static int print(struct wrt_store *s WP_UNUSED, void *env WP_UNUSED, uint64_t *slots WP_UNUSED)
{
    return 0;
}

static struct wrt_value *add(struct suite_host *h, const char *name, enum wrt_extern_kind kind)
{
    struct wrt_value *v = &h->values[h->count];
    h->names[h->count++] = name;
    v->kind = kind;
    return v;
}

static int add_functions(struct suite_host *h, struct wrt_store *s, struct wp_err *err)
{
    static const struct {
        const char *name;
        uint32_t count, params[2];
    } rows[] = {
        {"print", 0, {0}},
        {"print_i32", 1, {WRT_I32}},
        {"print_i64", 1, {WRT_I64}},
        {"print_f32", 1, {WRT_F32}},
        {"print_f64", 1, {WRT_F64}},
        {"print_i32_f32", 2, {WRT_I32, WRT_F32}},
        {"print_f64_f64", 2, {WRT_F64, WRT_F64}},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        uint32_t type;
        if (wrt_types_func(wrt_store_types(s), rows[i].params, rows[i].count, NULL, 0, &type, err) < 0 ||
            wrt_func_new_host(s, type, print, NULL, &add(h, rows[i].name, WRT_FUNC)->as.func, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int add_globals(struct suite_host *h, struct wrt_store *s, struct wp_err *err)
{
    static const struct {
        const char *name;
        uint32_t type;
        uint64_t bits;
    } rows[] = {
        {"global_i32", WRT_I32, 666},
        {"global_i64", WRT_I64, 666},
        {"global_f32", WRT_F32, 0x4426a666},                   /* 666.6 */
        {"global_f64", WRT_F64, UINT64_C(0x4084d4cccccccccd)}, /* 666.6 */
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wrt_value *v = add(h, rows[i].name, WRT_GLOBAL);
        if (wrt_global_new(s, rows[i].type, false, &rows[i].bits, &v->as.global, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int suite_host_init(struct suite_host *h, struct wrt_store *s, struct wp_err *err)
{
    struct wrt_table table = {.type = WRT_FUNCREF, .limits = {.min = 10, .max = 20, .has_max = true}};
    struct wrt_table table64 = table;
    table64.limits.is64 = true;
    struct wrt_limits memory = {.min = 1, .max = 2, .has_max = true, .page_log2 = 16};
    struct wrt_limits shared = memory;
    shared.shared = true;
    h->count = 0;
    if (add_functions(h, s, err) < 0 || add_globals(h, s, err) < 0 ||
        wrt_table_new(s, &table, 0, &add(h, "table", WRT_TABLE)->as.table, err) < 0 ||
        wrt_table_new(s, &table64, 0, &add(h, "table64", WRT_TABLE)->as.table, err) < 0 ||
        wrt_memory_new(s, &memory, &add(h, "memory", WRT_MEMORY)->as.memory, err) < 0) {
        return -1;
    }
    return wrt_memory_new(s, &shared, &add(h, "shared_memory", WRT_MEMORY)->as.memory, err);
}

bool suite_host_find(const struct suite_host *h, struct wp_span name, struct wrt_value *ret)
{
    for (uint32_t i = 0; i < h->count; i++) {
        if (strlen(h->names[i]) == name.len && memcmp(h->names[i], name.ptr, name.len) == 0) {
            *ret = h->values[i];
            return true;
        }
    }
    return false;
}
