/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures inside modules: made, checked, added to; modules that were cut or changed; both framings. */
#include "base/mem.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/module-section.h"
#include "sign/module.h"
#include "tests/unit/sign/vectors.h"
#include "tests/unit/unit.h"

/* A type, and a custom section "x" of two bytes. */
static const uint8_t plain[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 0, 4, 1, 'x', 7, 8};
#define PLAIN wp_span(plain, sizeof(plain))

struct fixture {
    struct wp_arena arena;
    struct sig_demand demand;
    struct sig_proof proof;
    struct wp_err err;
};

static int check(struct fixture *f, struct wp_span module, const struct sig_pub *key)
{
    struct sig_candidate c = {.format = &sig_format_module, .where = "app.wasm", .bytes = module};
    struct sig_artifact art = {.name = "app.wasm", .bytes = module};
    f->demand.name = "test.pub";
    f->demand.key = key;
    f->err = (struct wp_err){0};
    return sig_check(&c, &art, &f->demand, &f->arena, &f->proof, &f->err);
}

static void refuses(struct fixture *f, struct wp_span module, const struct sig_pub *key, const char *failed,
                    const char *why)
{
    assert_int_equal(check(f, module, key), 0);
    if (strcmp(f->proof.failed, failed) != 0 || strstr(f->err.msg, why) == NULL) {
        fail_msg("%s: '%s' lacks '%s'", f->proof.failed, f->err.msg, why);
    }
    assert_int_equal(f->err.code, WP_E_UNSATISFIED);
}

static struct sig_key *new_key(enum sig_key_type type)
{
    struct sig_key *k = NULL;
    struct wp_err err = {0};
    assert_int_equal(sig_key_generate(type, &k, &err), 0);
    return k;
}

static void seal(struct sig_key *k, struct wp_span module, struct wp_buf *ret)
{
    struct wp_err err = {0};
    wp_buf_cut(ret, 0);
    if (sig_module_seal(k, module, ret, &err) < 0) {
        fail_msg("%s", err.msg);
    }
}

static void test_both_ways(void **state)
{
    (void)state;
    struct fixture f = {.arena = WP_ARENA_INIT};
    struct sig_candidate c;
    SIG_AUTO_KEY struct sig_key *a = new_key(SIG_KEY_ED25519);
    SIG_AUTO_KEY struct sig_key *b = new_key(SIG_KEY_ED25519);
    SIG_AUTO_KEY struct sig_key *ec = new_key(SIG_KEY_ECDSA_P256);
    WP_AUTO_BUF struct wp_buf one = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf two = WP_BUF_INIT;
    assert_int_equal(sig_module_find(PLAIN, "app.wasm", &f.arena, &c, &f.err), 0);
    refuses(&f, PLAIN, sig_key_pub(a), "parse", "no signature section");
    seal(a, PLAIN, &one);
    assert_int_equal(sig_module_find(wp_buf_span(&one), "app.wasm", &f.arena, &c, &f.err), 1);
    assert_int_equal(check(&f, wp_buf_span(&one), sig_key_pub(a)), 1);
    assert_int_equal(f.proof.alg, SIG_ALG_ED25519);
    refuses(&f, wp_buf_span(&one), sig_key_pub(b), "signature", "none of the signatures inside is one of 'test.pub'");
    refuses(&f, wp_buf_span(&one), sig_key_pub(ec), "key", "another kind");

    /* The same key again changes nothing; another one is added. */
    seal(a, wp_buf_span(&one), &two);
    assert_int_equal(two.len, one.len);
    assert_memory_equal(two.ptr, one.ptr, one.len);
    seal(b, wp_buf_span(&one), &two);
    assert_int_equal(check(&f, wp_buf_span(&two), sig_key_pub(a)), 1);
    assert_int_equal(check(&f, wp_buf_span(&two), sig_key_pub(b)), 1);

    /* It says nothing about anything else. */
    struct sig_artifact art = {.name = "manifest", .bytes = wp_span_str("{}")};
    assert_int_equal(sig_check(&c, &art, &f.demand, &f.arena, &f.proof, &f.err), 0);
    assert_string_equal(f.proof.failed, "subject");
    assert_int_equal(sig_module_seal(ec, PLAIN, &two, &f.err), -1);
    assert_non_null(strstr(f.err.msg, "Ed25519 keys only"));
    wp_arena_done(&f.arena);
}

/* Each bit but those of the preamble and of the key's name counts. */
static void test_mutants(void **state)
{
    (void)state;
    struct fixture f = {.arena = WP_ARENA_INIT};
    SIG_AUTO_KEY struct sig_key *k = new_key(SIG_KEY_ED25519);
    WP_AUTO_BUF struct wp_buf m = WP_BUF_INIT;
    seal(k, PLAIN, &m);
    for (size_t i = 0; i < m.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            m.ptr[i] = (char)(m.ptr[i] ^ (1 << bit));
            assert_int_equal(check(&f, wp_buf_span(&m), sig_key_pub(k)), 0);
            m.ptr[i] = (char)(m.ptr[i] ^ (1 << bit));
        }
    }
    for (size_t len = 0; len < m.len; len++) {
        assert_int_equal(check(&f, wp_span(m.ptr, len), sig_key_pub(k)), 0);
    }
    wp_buf_add(&m, "\0\2\1y", 4);
    refuses(&f, wp_buf_span(&m), sig_key_pub(k), "digest", "the module was changed");
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf none = WP_BUF_INIT;
    assert_int_equal(sig_module_seal(k, wp_buf_span(&m), &none, &err), -1);
    assert_non_null(strstr(err.msg, "about other content"));
    wp_arena_done(&f.arena);
}

static void test_no_module(void **state)
{
    (void)state;
    static const uint8_t padded[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 0, 0x82, 0x00, 1, 'x'};
    static const uint8_t late[] = {0,  'a', 's', 'm', 1,   0,   0,   0,   0,   2,   1,   'x', 0,
                                   11, 9,   's', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', 1};
    struct fixture f = {.arena = WP_ARENA_INIT};
    struct sig_candidate c;
    SIG_AUTO_KEY struct sig_key *k = new_key(SIG_KEY_ED25519);
    WP_AUTO_BUF struct wp_buf none = WP_BUF_INIT;
    assert_int_equal(sig_module_seal(k, wp_span_str("text"), &none, &f.err), -1);
    assert_int_equal(f.err.code, WP_E_MODULE);
    assert_int_equal(sig_module_seal(k, wp_span(padded, sizeof(padded)), &none, &f.err), -1);
    assert_non_null(strstr(f.err.msg, "more bytes than they need"));
    assert_int_equal(sig_module_find(wp_span(late, sizeof(late)), "m", &f.arena, &c, &f.err), -1);
    assert_non_null(strstr(f.err.msg, "not the first section"));
    refuses(&f, wp_span(late, sizeof(late)), sig_key_pub(k), "parse", "not the first section");
    wp_arena_done(&f.arena);
}

static void section_refused(struct fixture *f, const uint8_t *bytes, size_t len, const char *why)
{
    struct sig_module_section s;
    assert_int_equal(sig_module_section_read(wp_span(bytes, len), &f->arena, &s, &f->err), -1);
    if (strstr(f->err.msg, why) == NULL) {
        fail_msg("'%s' lacks '%s'", f->err.msg, why);
    }
}

static void test_sections_refused(void **state)
{
    (void)state;
    struct fixture f = {.arena = WP_ARENA_INIT};
    static const struct {
        uint8_t bytes[8];
        size_t len;
        const char *why;
    } rows[] = {
        {{1}, 1, "unexpected end"},
        {{2, 1, 1, 0}, 4, "of another version"},
        {{1, 1, 2, 0}, 4, "of another version"},
        {{1, 1, 1, 0}, 4, "0 sets of hashes"},
        {{1, 1, 1, 65}, 4, "65 sets of hashes"},
        {{1, 1, 1, 1, 0}, 5, "0 hashes"},
        {{1, 1, 1, 1, 65}, 5, "65 hashes"},
        {{1, 1, 1, 1, 2}, 5, "unexpected end"},
        {{1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f}, 8, "4294967295 sets"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        section_refused(&f, rows[i].bytes, rows[i].len, rows[i].why);
    }
    wp_arena_done(&f.arena);
}

static struct sig_key *vector_key(void)
{
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    struct sig_key *k = NULL;
    struct wp_err err = {0};
    vectors_read("wasmsig/key.sec", &file);
    assert_int_equal(sig_key_read(wp_buf_span(&file), "key.sec", NULL, &k, &err), 0);
    return k;
}

static void test_vectors(void **state)
{
    (void)state;
    static const char *const good[] = {"whole-wasmsign2.wasm", "whole-spec.wasm", "split-wasmsign2.wasm"};
    vectors_or_skip();
    struct fixture f = {.arena = WP_ARENA_INIT};
    SIG_AUTO_KEY struct sig_key *k = vector_key();
    SIG_AUTO_KEY struct sig_key *other = new_key(SIG_KEY_ED25519);
    for (size_t i = 0; i < WP_ARRAY_LEN(good); i++) {
        WP_AUTO_FREE char *name = wp_xasprintf("wasmsig/%s", good[i]);
        WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf more = WP_BUF_INIT;
        vectors_read(name, &file);
        if (check(&f, wp_buf_span(&file), sig_key_pub(k)) != 1) {
            fail_msg("%s: %s", name, f.err.msg);
        }
        seal(other, wp_buf_span(&file), &more);
        assert_int_equal(check(&f, wp_buf_span(&more), sig_key_pub(other)), 1);
        assert_int_equal(check(&f, wp_buf_span(&more), sig_key_pub(k)), 1);
    }
    WP_AUTO_BUF struct wp_buf cut = WP_BUF_INIT;
    vectors_read("wasmsig/split-wasmsign2-truncated-must-fail-full.wasm", &cut);
    refuses(&f, wp_buf_span(&cut), sig_key_pub(k), "digest", "only the beginning of what was signed");

    WP_AUTO_BUF struct wp_buf module = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf want = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf made = WP_BUF_INIT;
    vectors_read("wasmsig/plain.wasm", &module);
    vectors_read("wasmsig/whole-wasmsign2.wasm", &want);
    seal(k, wp_buf_span(&module), &made);
    assert_int_equal(made.len, want.len);
    assert_memory_equal(made.ptr, want.ptr, want.len);
    wp_arena_done(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),        cmocka_unit_test(test_mutants), cmocka_unit_test(test_no_module),
        cmocka_unit_test(test_sections_refused), cmocka_unit_test(test_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
