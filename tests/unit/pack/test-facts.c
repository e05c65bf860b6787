/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts that facts are made of: namespaces in names, names in step with a walk, the largest functions, capabilities
 * of imports, dependency lists. */
#include "../runtime-min/wasm-hex.h"
#include "pack/facts-capability.h"
#include "pack/facts.h"

#include <cmocka.h>
#include <zlib.h>

static void test_groups(void **state)
{
    (void)state;
    const struct {
        const char *name, *group;
        enum facts_group_kind kind;
    } rows[] = {
        /* Rust: demangled, legacy, v0 */
        {"core::fmt::write::h0123456789abcdef", "core", FACTS_NAMESPACE},
        {"<alloc::vec::Vec<T> as core::ops::drop::Drop>::drop", "alloc", FACTS_NAMESPACE},
        {"<&T as core::fmt::Debug>::fmt", "core", FACTS_NAMESPACE},
        {"_ZN4core3fmt5write17h0123456789abcdefE", "core", FACTS_NAMESPACE},
        {"_ZN60_$LT$alloc..string..String$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE", "alloc",
         FACTS_NAMESPACE},
        {"_RNvNtCs1234_7mycrate3foo4main", "mycrate", FACTS_NAMESPACE},
        /* C++: demangled, Itanium */
        {"std::__2::vector<int>::push_back(int const&)", "std", FACTS_NAMESPACE},
        {"void Yosys::run<std::string>(std::string)", "Yosys", FACTS_NAMESPACE},
        {"(anonymous namespace)::Helper::run()", "(anonymous namespace)", FACTS_NAMESPACE},
        {"_ZNSt3__26vectorIiE9push_backEi", "std", FACTS_NAMESPACE},
        {"_ZNK4llvm5Value7getTypeEv", "llvm", FACTS_NAMESPACE},
        {"_ZN12_GLOBAL__N_13runEv", "(anonymous namespace)", FACTS_NAMESPACE},
        /* Go, Zig, Swift, AssemblyScript */
        {"runtime.mallocgc", "runtime", FACTS_NAMESPACE},
        {"encoding_json.__decodeState_.array", "encoding_json", FACTS_NAMESPACE},
        {"github.com_evanw_esbuild_internal_js.f", "github.com_evanw_esbuild_internal_js", FACTS_NAMESPACE},
        {"gopkg.in_yaml_2ev3.__parser_.x", "gopkg.in_yaml_2ev3", FACTS_NAMESPACE},
        {"c.stdlib.qsort__struct_51.wrap", "c", FACTS_NAMESPACE},
        {"$s4main3runyyF", "main", FACTS_NAMESPACE},
        {"~lib/rt/tlsf/insertBlock", "~lib/rt", FACTS_NAMESPACE},
        /* C */
        {"sqlite3_exec", "sqlite3", FACTS_PREFIX},
        {"__wasi_fd_write", "wasi", FACTS_PREFIX},
        {"main", NULL, FACTS_NO_GROUP},
        {"a_b", NULL, FACTS_NO_GROUP},
        {"_start", NULL, FACTS_NO_GROUP},
        /* and what only looks like it */
        {"_ZN", NULL, FACTS_NO_GROUP},
        {"_ZN99999x", NULL, FACTS_NO_GROUP},
        {"_ZN5x", NULL, FACTS_NO_GROUP},
        {"::", NULL, FACTS_NO_GROUP},
        {"operator new(unsigned long)", NULL, FACTS_NO_GROUP},
        {"_R", NULL, FACTS_NO_GROUP},
        {"$s", NULL, FACTS_NO_GROUP},
        {".", NULL, FACTS_NO_GROUP},
        {"<<<<", NULL, FACTS_NO_GROUP},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_span group = wp_span("", 0);
        enum facts_group_kind kind = facts_group(wp_span_str(rows[i].name), &group);
        if (kind != rows[i].kind || (rows[i].group != NULL && !facts_is(group, rows[i].group))) {
            fail_msg("%s: kind %d, '%.*s'", rows[i].name, (int)kind, (int)group.len, (const char *)group.ptr);
        }
    }
}

static void name_is(struct facts_names *n, uint32_t index, const char *want)
{
    struct wp_span got = facts_names_at(n, index);
    assert_true(facts_is(got, want));
}

static void test_names(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct facts_names n;
    wasm_hex(&b, "00 02 01 6d  01 0f 03 01 03 6f6e65 04 00 07 05 736576656e  02 00");
    facts_names_start(&n, wp_buf_span(&b));
    name_is(&n, 0, "");
    name_is(&n, 1, "one");
    name_is(&n, 1, "one");
    name_is(&n, 2, "");
    name_is(&n, 4, "");
    name_is(&n, 7, "seven");
    name_is(&n, 8, "");
    facts_names_start(&n, wp_buf_span(&b));
    name_is(&n, 7, "seven");
    /* Cut anywhere: what was whole is still told, nothing else. */
    for (size_t cut = 0; cut < b.len; cut++) {
        facts_names_start(&n, wp_span(b.ptr, cut));
        struct wp_span one = facts_names_at(&n, 1);
        struct wp_span seven = facts_names_at(&n, 7);
        assert_true(one.len == 0 || facts_is(one, "one"));
        assert_true(seven.len == 0 || facts_is(seven, "seven"));
    }
}

static void test_largest(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct pack_module m = {0};
    FACTS_AUTO_FUNCTIONS struct facts_functions *f = facts_functions_new(100);
    const struct wrt_module none = {.export_count = 0};
    facts_functions_module(f, &none, 3);
    for (uint32_t i = 0; i < 5000; i++) {
        facts_functions_add(f, i, i * 10, i * 7919 % 5003);
    }
    facts_functions_finish(f, &a, &m);
    assert_int_equal(m.largest_count, 100);
    assert_int_equal(m.largest[0].module, 3);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(m.largest[i].size, m.largest[i].index * 7919 % 5003);
        assert_true(m.largest[i].size >= 4900);
        assert_true(i == 0 || m.largest[i].size <= m.largest[i - 1].size);
    }
    assert_int_equal(m.group_count, 1);
    assert_int_equal(m.groups[0].functions, 5000);
    assert_string_equal(m.groups[0].name, "");
}

/* More namespaces than are kept: the sum of all groups is still the sum of all functions. */
static void test_very_many_groups(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf names = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf section = WP_BUF_INIT;
    const uint32_t count = 50000;
    wasm_leb(&names, count);
    for (uint32_t i = 0; i < count; i++) {
        WP_AUTO_BUF struct wp_buf one = WP_BUF_INIT;
        wp_buf_printf(&one, "n%u::f", i);
        wasm_leb(&names, i);
        wasm_leb(&names, one.len);
        wp_buf_add(&names, one.ptr, one.len);
    }
    wp_buf_add_char(&section, 1);
    wasm_leb(&section, names.len);
    wp_buf_add(&section, names.ptr, names.len);
    const struct wrt_module module = {.name_section = wp_buf_span(&section)};
    struct pack_module m = {0};
    FACTS_AUTO_FUNCTIONS struct facts_functions *f = facts_functions_new(1);
    facts_functions_module(f, &module, 0);
    for (uint32_t i = 0; i < count; i++) {
        facts_functions_add(f, i, i, i == 77 ? 1000 : 3);
    }
    facts_functions_finish(f, &a, &m);
    uint64_t functions = 0;
    uint64_t size = 0;
    for (size_t i = 0; i < m.group_count; i++) {
        functions += m.groups[i].functions;
        size += m.groups[i].size;
    }
    assert_true(m.group_count > 4000 && m.group_count <= 4096);
    assert_int_equal(functions, count);
    assert_int_equal(size, (uint64_t)(count - 1) * 3 + 1000);
    assert_string_equal(m.groups[0].name, "(other)");
    assert_string_equal(m.groups[1].name, "n77");
}

static void test_reach(void **state)
{
    (void)state;
    const struct {
        const char *module, *name, *kind;
        enum pack_reach reach;
        const char *via;
    } rows[] = {
        {"wasi_snapshot_preview1", "sock_send", "func", PACK_NETWORK, "wasi_snapshot_preview1.sock_send"},
        {"wasi_unstable", "path_open", "func", PACK_FILESYSTEM, "wasi_unstable.path_open"},
        {"wasi_snapshot_preview1", "fd_prestat_get", "func", PACK_FILESYSTEM, NULL},
        {"wasi_snapshot_preview1", "fd_write", "func", PACK_STDIO, NULL},
        {"wasi_snapshot_preview1", "poll_oneoff", "func", PACK_CLOCKS, NULL},
        {"wasi_snapshot_preview1", "proc_exit", "func", PACK_REACH_NONE, NULL},
        {"wasi_snapshot_preview1", "proc_raise", "func", PACK_PROCESSES, NULL},
        {"wasi_snapshot_preview1", "made_up", "func", PACK_HOST, "wasi_snapshot_preview1"},
        {"wasi_snapshot_preview1", "memory", "memory", PACK_REACH_NONE, NULL},
        {"env", "f", "func", PACK_HOST, "env"},
        {"env", "memory", "memory", PACK_REACH_NONE, NULL},
        {"cm32p2|wasi:http/outgoing-handler@0.2", "handle", "func", PACK_HTTP, "wasi:http/outgoing-handler@0.2"},
        {"", "wasi:http/types@0.2.0", "instance", PACK_REACH_NONE, NULL},
        {"", "wasi:http/outgoing-handler@0.2.0", "instance", PACK_HTTP, NULL},
        {"", "wasi:sockets/tcp@0.2.0", "instance", PACK_NETWORK, "wasi:sockets/tcp@0.2.0"},
        {"", "wasi:filesystem/preopens@0.2.0", "instance", PACK_FILESYSTEM, NULL},
        {"", "wasi:cli/environment@0.2.0", "instance", PACK_ENVIRONMENT, NULL},
        {"", "wasi:cli/exit@0.2.0", "instance", PACK_REACH_NONE, NULL},
        {"", "wasi:cli/stdin@0.2.0", "instance", PACK_STDIO, NULL},
        {"", "wasi:io/streams@0.2.0", "instance", PACK_REACH_NONE, NULL},
        {"", "wasi:keyvalue/store@0.2.0", "instance", PACK_STORES, NULL},
        {"", "wasi:made-up/x", "instance", PACK_HOST, "wasi:made-up"},
        {"", "fermyon:spin/http", "instance", PACK_HOST, "fermyon:spin"},
        {"", "log", "func", PACK_HOST, "log"},
        {"", "t", "type", PACK_REACH_NONE, NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        const struct pack_extern x = {.module = rows[i].module, .name = rows[i].name, .kind = rows[i].kind, .type = ""};
        const char *via = NULL;
        enum pack_reach reach = pack_reach_of(&x, &a, &via);
        if (reach != rows[i].reach || (rows[i].via != NULL && !wp_str_eq(via, rows[i].via))) {
            fail_msg("%s %s: %s via %s", rows[i].module, rows[i].name, pack_reach_name(reach), via);
        }
    }
    for (enum pack_reach r = PACK_NETWORK; r < PACK_REACH_COUNT; r++) {
        assert_int_equal(pack_reach_find(pack_reach_name(r)), r);
        assert_true(pack_reach_meaning(r)[0] != '\0');
    }
    assert_int_equal(pack_reach_find("nothing"), PACK_REACH_NONE);
}

static size_t dependencies_of(const char *json, size_t len)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    struct pack_module m = {0};
    uLongf size = compressBound(len);
    wp_buf_reserve(&out, size);
    assert_int_equal(compress((Bytef *)out.ptr, &size, (const Bytef *)json, len), Z_OK);
    facts_dependencies(wp_span(out.ptr, size), &a, &m);
    return m.dependency_count;
}

/* The list may inflate to 2 MiB and not to a byte more. */
static void test_dependency_limit(void **state)
{
    (void)state;
    static const char head[] = "{\"packages\":[{\"name\":\"a\",\"version\":\"1\"}]";
    const size_t limit = (size_t)2 << 20;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_buf_add_str(&b, head);
    while (b.len < limit - 1) {
        wp_buf_add_char(&b, ' ');
    }
    wp_buf_add_char(&b, '}');
    assert_int_equal(dependencies_of(b.ptr, b.len), 1);
    wp_buf_add_char(&b, ' ');
    assert_int_equal(dependencies_of(b.ptr, b.len), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),           cmocka_unit_test(test_names), cmocka_unit_test(test_largest),
        cmocka_unit_test(test_very_many_groups), cmocka_unit_test(test_reach), cmocka_unit_test(test_dependency_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
