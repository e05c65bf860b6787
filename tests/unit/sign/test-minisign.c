/* SPDX-License-Identifier: Apache-2.0
 *
 * minisign's files: made, checked, bent in every byte; vectors of minisign and signify themselves. */
#include "base/mem.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/minisign.h"
#include "tests/unit/sign/vectors.h"
#include "tests/unit/unit.h"

struct fixture {
    struct wp_arena arena;
    struct sig_demand demand;
    struct sig_proof proof;
    struct wp_err err;
};

static int check(struct fixture *f, struct wp_span sig, struct wp_span file, const struct sig_pub *key)
{
    struct sig_candidate c = {.format = &sig_format_minisign, .where = "f.minisig", .bytes = sig};
    struct sig_artifact art = {.name = "f.bin", .bytes = file};
    f->demand.name = "test.pub";
    f->demand.key = key;
    f->demand.now = 1;
    f->err = (struct wp_err){0};
    return sig_check(&c, &art, &f->demand, &f->arena, &f->proof, &f->err);
}

static void refuses(struct fixture *f, struct wp_span sig, struct wp_span file, const struct sig_pub *key,
                    const char *failed, const char *why)
{
    assert_int_equal(check(f, sig, file, key), 0);
    assert_string_equal(f->proof.failed, failed);
    if (strstr(f->err.msg, why) == NULL) {
        fail_msg("'%s' lacks '%s'", f->err.msg, why);
    }
}

static struct sig_key *new_key(enum sig_key_type type)
{
    struct sig_key *k = NULL;
    struct wp_err err = {0};
    assert_int_equal(sig_key_generate(type, &k, &err), 0);
    return k;
}

static void seal(struct sig_key *k, const char *file, const char *comment, struct wp_buf *ret)
{
    struct wp_err err = {0};
    if (sig_minisign_seal(k, wp_span_str(file), comment, ret, &err) < 0) {
        fail_msg("%s", err.msg);
    }
}

static void test_both_ways(void **state)
{
    (void)state;
    struct fixture f = {.arena = WP_ARENA_INIT};
    SIG_AUTO_KEY struct sig_key *k = new_key(SIG_KEY_MINISIGN);
    SIG_AUTO_KEY struct sig_key *other = new_key(SIG_KEY_MINISIGN);
    SIG_AUTO_KEY struct sig_key *plain = new_key(SIG_KEY_ED25519);
    SIG_AUTO_KEY struct sig_key *ec = new_key(SIG_KEY_ECDSA_P256);
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    seal(k, "bytes", "tag:1 \xc3\xa4\tx", &sig);
    struct wp_span file = wp_span_str("bytes");
    assert_int_equal(check(&f, wp_buf_span(&sig), file, sig_key_pub(k)), 1);
    assert_null(f.proof.failed);
    assert_int_equal(f.proof.alg, SIG_ALG_ED25519);
    assert_non_null(strstr(f.proof.signer, "trusted comment 'tag:1"));
    refuses(&f, wp_buf_span(&sig), wp_span_str("bytez"), sig_key_pub(k), "digest", "is not one of 'test.pub'");
    refuses(&f, wp_buf_span(&sig), file, sig_key_pub(other), "key", "signed with the key");
    refuses(&f, wp_buf_span(&sig), file, sig_key_pub(plain), "signature", "is not one of");
    refuses(&f, wp_buf_span(&sig), file, sig_key_pub(ec), "key", "another kind");
    refuses(&f, wp_buf_span(&sig), wp_span(NULL, 0), sig_key_pub(k), "digest", "only its digest");
    refuses(&f, wp_buf_span(&sig), file, NULL, "key", "asks for a certificate");

    /* A key without a number signs and is checked, too. */
    WP_AUTO_BUF struct wp_buf second = WP_BUF_INIT;
    seal(plain, "bytes", "", &second);
    assert_int_equal(check(&f, wp_buf_span(&second), file, sig_key_pub(plain)), 1);
    wp_arena_done(&f.arena);
}

static void test_demands(void **state)
{
    (void)state;
    struct fixture f = {.arena = WP_ARENA_INIT};
    SIG_AUTO_KEY struct sig_key *k = new_key(SIG_KEY_MINISIGN);
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    struct wp_span file = wp_span_str("bytes");
    struct oci_annotation annotation = {.key = "k", .value = "v"};
    seal(k, "bytes", "c", &sig);
    f.demand = (struct sig_demand){.log = SIG_LOG_REQUIRED};
    refuses(&f, wp_buf_span(&sig), file, sig_key_pub(k), "log", "transparency log");
    f.demand = (struct sig_demand){.timestamp_required = true};
    refuses(&f, wp_buf_span(&sig), file, sig_key_pub(k), "timestamp", "a timestamp");
    f.demand = (struct sig_demand){.predicate = {.kind = SIG_MATCH_EXACT, .text = "x"}};
    refuses(&f, wp_buf_span(&sig), file, sig_key_pub(k), "predicate", "an attestation");
    f.demand = (struct sig_demand){.annotations = &annotation, .annotation_count = 1};
    refuses(&f, wp_buf_span(&sig), file, sig_key_pub(k), "annotation", "annotations");
    f.demand = (struct sig_demand){.not_before = 1};
    refuses(&f, wp_buf_span(&sig), file, sig_key_pub(k), "time-limit", "nothing proves when");
    wp_arena_done(&f.arena);
}

/* Every bit of a signature file counts, but for the untrusted comment and letters that base64 ignores. */
static void test_mutants(void **state)
{
    (void)state;
    struct fixture f = {.arena = WP_ARENA_INIT};
    SIG_AUTO_KEY struct sig_key *k = new_key(SIG_KEY_MINISIGN);
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    seal(k, "bytes", "comment", &sig);
    size_t signed_from = (size_t)(strchr(sig.ptr, '\n') - sig.ptr) + 1;
    size_t accepted = 0;
    for (size_t i = signed_from; i < sig.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            sig.ptr[i] = (char)(sig.ptr[i] ^ (1 << bit));
            accepted += check(&f, wp_buf_span(&sig), wp_span_str("bytes"), sig_key_pub(k)) == 1;
            sig.ptr[i] = (char)(sig.ptr[i] ^ (1 << bit));
        }
    }
    /* The last line break may be a carriage return, a tab or a blank is not: bits 1 and 2 of it make none. */
    assert_true(accepted <= 2);
    for (size_t len = 0; len + 1 < sig.len; len++) {
        assert_int_equal(check(&f, wp_span(sig.ptr, len), wp_span_str("bytes"), sig_key_pub(k)), 0);
    }
    wp_arena_done(&f.arena);
}

static void test_refused(void **state)
{
    (void)state;
    struct fixture f = {.arena = WP_ARENA_INIT};
    SIG_AUTO_KEY struct sig_key *k = new_key(SIG_KEY_MINISIGN);
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    struct wp_span file = wp_span_str("bytes");
    seal(k, "bytes", "comment", &sig);
    refuses(&f, wp_span_str(""), file, sig_key_pub(k), "parse", "untrusted comment");
    refuses(&f, wp_span_str("untrusted comment: x\n"), file, sig_key_pub(k), "parse", "second line");
    refuses(&f, wp_span_str("untrusted comment: x\nAAAA\n"), file, sig_key_pub(k), "parse", "second line");
    wp_buf_add_str(&sig, "more");
    refuses(&f, wp_buf_span(&sig), file, sig_key_pub(k), "parse", "follows its fourth line");

    /* Two lines are signify's, which are never prehashed. */
    WP_AUTO_FREE char *two = wp_xstrdup(sig.ptr);
    strchr(strchr(two, '\n') + 1, '\n')[1] = '\0';
    refuses(&f, wp_span_str(two), file, sig_key_pub(k), "parse", "trusted comment");

    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf none = WP_BUF_INIT;
    assert_int_equal(sig_minisign_seal(k, file, "line\nbreak", &none, &err), -1);
    assert_int_equal(sig_minisign_seal(k, file, "\x1b[2J", &none, &err), -1);
    assert_int_equal(sig_minisign_seal(k, file, "\xff", &none, &err), -1);
    SIG_AUTO_KEY struct sig_key *ec = new_key(SIG_KEY_ECDSA_P256);
    assert_int_equal(sig_minisign_seal(ec, file, "", &none, &err), -1);
    assert_int_equal(none.len, 0);
    wp_arena_done(&f.arena);
}

static struct sig_pub *vector_key(const char *name)
{
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    struct sig_pub *p = NULL;
    struct wp_err err = {0};
    vectors_read(name, &file);
    assert_int_equal(sig_pub_read(wp_buf_span(&file), name, &p, &err), 0);
    return p;
}

static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *sig, *key, *told;
    } rows[] = {{"minisign/f.bin.minisig", "minisign/m.pub", "trusted comment 'digest:sha256:abcd file:f.bin'"},
                {"minisign/f.leg", "minisign/m.pub", "not prehashed, trusted comment"},
                {"minisign/f.sig", "minisign/s.pub", "not prehashed"}};
    vectors_or_skip();
    struct fixture f = {.arena = WP_ARENA_INIT};
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    vectors_read("minisign/f.bin", &file);
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        SIG_AUTO_PUB struct sig_pub *p = vector_key(rows[i].key);
        WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
        vectors_read(rows[i].sig, &sig);
        if (check(&f, wp_buf_span(&sig), wp_buf_span(&file), p) != 1) {
            fail_msg("%s: %s", rows[i].sig, f.err.msg);
        }
        if (strstr(f.proof.signer, rows[i].told) == NULL) {
            fail_msg("%s", f.proof.signer);
        }
        const char *failed = sig_pub_facts(p)->has_minisign_id ? "digest" : "signature";
        refuses(&f, wp_buf_span(&sig), wp_span(file.ptr, file.len - 1), p, failed, "is not one of");
    }
    wp_arena_done(&f.arena);
}

/* The prehashed signature of a file, told to be one over the 64 bytes of its hash. */
static void test_hash_as_file(void **state)
{
    (void)state;
    struct fixture f = {.arena = WP_ARENA_INIT};
    SIG_AUTO_KEY struct sig_key *k = new_key(SIG_KEY_MINISIGN);
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    seal(k, "bytes", "comment", &sig);
    char *line = strchr(sig.ptr, '\n') + 1;
    assert_int_equal(line[1], 'U'); /* "ED" … */
    line[1] = 'W';                  /* … "Ed" */
    uint8_t hash[64] = {0};
    refuses(&f, wp_buf_span(&sig), wp_span(hash, sizeof(hash)), sig_key_pub(k), "signature", "another file's");
    wp_arena_done(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways), cmocka_unit_test(test_demands), cmocka_unit_test(test_mutants),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_vectors), cmocka_unit_test(test_hash_as_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
