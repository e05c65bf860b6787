/* SPDX-License-Identifier: Apache-2.0
 *
 * sign/material.h: entries of logs. What is accepted, and for every check the thing that it alone stops. */
#include "base/mem.h"
#include "base/num.h"
#include "sign/formats.h"
#include "sign/log.h"
#include "sign/root-int.h"
#include "tests/unit/sign/sigstore.h"
#include "tests/unit/unit.h"

static void test_promise(void **state)
{
    (void)state;
    const struct sigstore_plan v1 = {.log = SIGSTORE_V1};
    struct sigstore s;
    sigstore_init(&s, &v1);
    struct wp_span set = s.log_entry.set;
    s.log_entry.set = sigstore_bent(&s, set, set.len - 1);
    sigstore_expect(&s, "log", "the signed entry timestamp is not by the log 'rekor.example.com'");
    s.log_entry.set = set;
    s.log_entry.log_index++;
    sigstore_expect(&s, "log", "the signed entry timestamp is not by");
    s.log_entry.log_index--;
    s.log_entry.integrated_time++;
    sigstore_expect(&s, "log", "the signed entry timestamp is not by");
    s.log_entry.integrated_time--;
    s.d.now = SIGSTORE_AT - 400;
    sigstore_expect(&s, "log", "from the future, 2026-06-01T00:00:00Z");
    sigstore_done(&s);
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V1, .integrated = SIGSTORE_LATE + 1}, "expired",
                       "has expired");
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V1, .integrated = SIGSTORE_EARLY - 1}, "expired",
                       "not yet valid");
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V1, .integrated = NOTARY_FROM - 1}, "log",
                       "is not trusted for");
}

static void test_inclusion(void **state)
{
    (void)state;
    const struct sigstore_plan v1 = {.log = SIGSTORE_V1};
    struct sigstore s;
    sigstore_init(&s, &v1);
    struct sig_log_entry good = s.log_entry;
    s.sibling[0] ^= 1;
    sigstore_expect(&s, "log", "does not lead from the entry");
    s.sibling[0] ^= 1;
    s.log_entry.proof_index = 1;
    sigstore_expect(&s, "log", "does not lead from the entry");
    s.log_entry.proof_index = 2;
    sigstore_expect(&s, "log", "does not lead from the entry");
    s.log_entry.proof_index = 0;
    s.log_entry.proof_hash_count = 0;
    sigstore_expect(&s, "log", "does not lead from the entry");
    s.log_entry = good;
    s.log_entry.checkpoint = wp_span_str("");
    sigstore_expect(&s, "log", "the checkpoint is malformed");
    s.log_entry.checkpoint.ptr = NULL;
    sigstore_expect(&s, "parse", "needs an inclusionProof with a checkpoint");
    s.log_entry = good;
    s.log_entry.has_proof = false;
    sigstore_expect(&s, "parse", "needs an inclusionProof with a checkpoint");
    s.log_entry = good;
    s.log_entry.checkpoint = sigstore_bent(&s, good.checkpoint, 0); /* of the origin */
    sigstore_expect(&s, "log", "the checkpoint is not signed by the log 'rekor.example.com'");
    s.log_entry = good;
    s.log_entry.log_id = sigstore_bent(&s, good.log_id, 0);
    sigstore_expect(&s, "log", "of a log that 'root.json' does not know");
    /* A checkpoint of the log, but of the tree as it was with one entry. */
    s.log_entry = good;
    s.log_entry.proof_hash_count = 0;
    s.log_entry.proof_size = 1;
    sigstore_log_again(&s, &v1);
    struct wp_span other = s.log_entry.checkpoint;
    s.log_entry = good;
    sigstore_log_again(&s, &v1);
    sigstore_expect(&s, NULL, NULL);
    s.log_entry.checkpoint = other;
    sigstore_expect(&s, "log", "speak of different trees");
    sigstore_done(&s);
}

static void test_second_version(void **state)
{
    (void)state;
    struct sigstore s;
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V2}, "timestamp", "nothing proves when it was signed");
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V1, .no_promise = true}, "timestamp",
                       "nothing proves when");
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V2, .stamped = SIGSTORE_AT});
    s.log_entry.log_index = 1;
    sigstore_expect(&s, "log", "contradicts its inclusion proof");
    s.log_entry.log_index = 0;
    s.log_entry.integrated_time = SIGSTORE_AT;
    sigstore_expect(&s, "log", "contradicts its inclusion proof");
    s.log_entry.integrated_time = 0;
    s.log_entry.set = wp_span_str("promised");
    sigstore_expect(&s, "log", "contradicts its inclusion proof");
    sigstore_done(&s);
    sigstore_init(
        &s, &(struct sigstore_plan){.log = SIGSTORE_V2, .dsse = true, .kind = "dsse 0.0.2", .stamped = SIGSTORE_AT});
    s.log_entry.log_index = 1;
    sigstore_expect(&s, "log", "contradicts its inclusion proof");
    sigstore_done(&s);
}

/* A log is believed for what it said while it was trusted; without a time, for what it says now. */
static void test_log_validity(void **state)
{
    (void)state;
    const char *not_then = "is not trusted for";
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V1, .log_to = SIGSTORE_AT}, NULL, NULL);
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V1, .log_to = SIGSTORE_AT - 1}, "log", not_then);
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V2, .stamped = SIGSTORE_AT, .log_to = SIGSTORE_AT}, NULL,
                       NULL);
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V2, .stamped = SIGSTORE_AT, .log_to = SIGSTORE_AT - 1},
                       "log", not_then);
    const struct sigstore_plan timeless = {.log = SIGSTORE_V2, .by_key = "P-256#key", .log_to = SIGSTORE_AT};
    struct sigstore s;
    sigstore_init(&s, &timeless);
    sigstore_expect(&s, "log", not_then);
    s.d.now = SIGSTORE_AT;
    sigstore_expect(&s, NULL, NULL);
    sigstore_done(&s);
}

/* Two keys under one identifier: each for its own time. */
static void test_log_with_two_keys(void **state)
{
    (void)state;
    struct sigstore s;
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1, .no_promise = true, .stamped = SIGSTORE_AT});
    struct sig_root root = *s.root;
    struct sig_root_log rows[] = {root.logs[0], root.logs[0]};
    root.logs = rows;
    root.log_count = 2;
    s.d.root = &root;
    rows[0].valid.until = SIGSTORE_AT - 1;
    rows[1].valid.from = SIGSTORE_AT;
    sigstore_expect(&s, NULL, NULL); /* the same key, trusted again */
    rows[1].key = root.ctlogs[0].key;
    sigstore_expect(&s, "log", "is not trusted for");
    rows[0].valid.until = SIGSTORE_AT;
    sigstore_expect(&s, NULL, NULL);
    s.d.root = s.root;
    sigstore_done(&s);
}

/* Replaces the first `from` in the body, and has the log sign that. */
static void rewrite(struct sigstore *s, const struct sigstore_plan *plan, const char *from, const char *to)
{
    const char *body = (const char *)s->log_entry.canonical_body.ptr;
    const char *at = strstr(body, from);
    assert_non_null(at);
    s->log_entry.canonical_body =
        wp_span_str(wp_arena_printf(&s->a, "%.*s%s%s", (int)(at - body), body, to, at + strlen(from)));
    sigstore_log_again(s, plan);
}

/* Entries that the log really holds, about other things. */
static void test_bodies(void **state)
{
    (void)state;
    static const struct sigstore_plan v1 = {.log = SIGSTORE_V1};
    static const struct sigstore_plan dsse = {.log = SIGSTORE_V1, .dsse = true};
    static const struct sigstore_plan v2 = {.log = SIGSTORE_V2, .stamped = SIGSTORE_AT};
    static const struct sigstore_plan key = {.log = SIGSTORE_V1, .by_key = "P-256#key"};
    static const struct sigstore_plan rekord = {.log = SIGSTORE_V1, .kind = "rekord 0.0.1"};
    static const struct sigstore_plan intoto = {
        .log = SIGSTORE_V1, .kind = "intoto 0.0.1", .dsse = true, .older = true};
    static const struct sigstore_plan intoto_v2 = {.log = SIGSTORE_V1, .kind = "intoto 0.0.2", .dsse = true};
    static const struct sigstore_plan dsse_v2 = {
        .log = SIGSTORE_V2, .kind = "dsse 0.0.2", .dsse = true, .stamped = SIGSTORE_AT};
    static const struct {
        const struct sigstore_plan *plan;
        const char *from, *to, *words;
    } rows[] = {
        {&v1, "\"value\":\"", "\"value\":\"00", "about another artifact"},
        {&v1, "\"value\":\"9", "\"value\":\"x", "is no hash"},
        {&v1, "\"sha256\"", "\"sha1\"", "has a sha1 hash"},
        {&v1, "\"content\":\"", "\"content\":\"AAAA", "about another signature"},
        {&v1, "\"publicKey\":{\"content\":\"LS0t", "\"publicKey\":{\"content\":\"AAAA", "names no key or certificate"},
        {&v1, "\"publicKey\"", "\"publickey\"", "is missing"},
        {&v1, "\"kind\":\"hashedrekord\"", "\"kind\":\"rekord\"", "is not of the kind hashedrekord 0.0.1"},
        {&v1, "\"apiVersion\":\"0.0.1\"", "\"apiVersion\":\"0.0.9\"", "is not of the kind hashedrekord 0.0.1"},
        {&v1, "{", "", "invalid JSON"},
        {&key, "\"publicKey\":{\"content\":\"LS0t", "\"publicKey\":{\"content\":\"", "names no key or certificate"},
        {&dsse, "\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"",
         "\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"00", "about another payload"},
        {&dsse, "\"signatures\":[", "\"signatures\":[{},", "about another number of signatures"},
        {&dsse, "\"signatures\":[", "\"signaturez\":[", "about another number of signatures"},
        {&v2, "\"digest\":\"", "\"digest\":\"AAAA", "about another artifact"},
        {&v2, "\"SHA2_256\"", "\"SHA1\"", "has a SHA1 hash"},
        {&v2, "\"rawBytes\":\"", "\"rawBytes\":\"AAAA", "about another certificate"},
        {&v2, "\"x509Certificate\"", "\"publicKey\"", "no public key"},
        {&v2, "\"content\":\"", "\"content\":\"AAAA", "about another signature"},
        {&v2, "P256_SHA_256", "P384_SHA_384", "about another algorithm"},
        {&v2, "\"keyDetails\"", "\"keydetails\"", "/keyDetails: is missing"},
        {&v2, "\"x509Certificate\"", "\"publicKey\":{\"rawBytes\":\"AAAA\"},\"x509Certificate\"",
         "a certificate and a key"},
        {&v2, "\"hashedRekordV002\"", "\"hashedRekordV003\"", "is missing"},
        {&rekord, "\"value\":\"", "\"value\":\"00", "about another artifact"},
        {&rekord, "\"content\":\"", "\"content\":\"AAAA", "about another signature"},
        {&rekord, "\"publicKey\":{\"content\":\"LS0t", "\"publicKey\":{\"content\":\"AAAA",
         "names no key or certificate"},
        {&rekord, "\"x509\"", "\"minisign\"", "about another kind of signature"},
        {&rekord, "\"format\"", "\"formaT\"", "body: is missing"},
        {&intoto, "{\"hash\":{\"algorithm\":\"sha256\",\"value\":\"",
         "{\"hash\":{\"algorithm\":\"sha256\",\"value\":\"00", "about another envelope"},
        {&intoto, "{\"hash\":", "{\"hasH\":", "is missing"},
        {&intoto, "\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"",
         "\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"00", "about another payload"},
        {&intoto, "\"publicKey\":\"LS0t", "\"publicKey\":\"AAAA", "names no key or certificate"},
        {&intoto, "\"publicKey\"", "\"publickey\"", "body: is missing"},
        {&intoto, "\"kind\":\"intoto\"", "\"kind\":\"dsse\"", "about another number of signatures"},
        {&intoto_v2, "\"sig\":\"", "\"sig\":\"QUFB", "about another signature"},
        {&intoto_v2, "\"sig\":\"", "\"sig\":\"Ly0v", "about another signature"},
        {&intoto_v2, "\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"",
         "\"payloadHash\":{\"algorithm\":\"sha256\",\"value\":\"00", "about another payload"},
        {&intoto_v2, "\"publicKey\":\"LS0t", "\"publicKey\":\"AAAA", "names no key or certificate"},
        {&intoto_v2, "\"signatures\":[", "\"signatures\":[{},", "about another number of signatures"},
        {&dsse_v2, "\"digest\":\"", "\"digest\":\"AAAA", "about another payload"},
        {&dsse_v2, "\"SHA2_256\"", "\"SHA1\"", "has a SHA1 hash"},
        {&dsse_v2, "\"content\":\"", "\"content\":\"AAAA", "about another signature"},
        {&dsse_v2, "\"rawBytes\":\"", "\"rawBytes\":\"AAAA", "about another certificate"},
        {&dsse_v2, "P256_SHA_256", "P521_SHA_512", "about another algorithm"},
        {&dsse_v2, "\"signatures\":[", "\"signatures\":[{},", "about another number of signatures"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct sigstore s;
        sigstore_init(&s, rows[i].plan);
        rewrite(&s, rows[i].plan, rows[i].from, rows[i].to);
        sigstore_expect(&s, "log", rows[i].words);
        sigstore_done(&s);
    }
    struct sigstore s;
    sigstore_init(&s, &v1);
    s.log_entry.kind = "alpine";
    rewrite(&s, &v1, "\"hashedrekord\"", "\"alpine\"");
    sigstore_expect(&s, "log", "log entries of the kind alpine 0.0.1 are not known here");
    sigstore_done(&s);
    /* An entry about the artifact by somebody else. */
    struct sigstore other;
    sigstore_init(&s, &v1);
    sigstore_init(&other, &key);
    s.log_entry = other.log_entry;
    sigstore_expect(&s, "log", "about another");
    sigstore_done(&other);
    sigstore_done(&s);
}

/* What is said of the bundle with these two entries. */
static int ask_two(struct sigstore *s, const struct sig_log_entry *first, const struct sig_log_entry *second,
                   struct wp_err *err)
{
    const struct sig_log_entry *entries[] = {first, second};
    struct wp_span json[2];
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct sig_proof p;
    for (size_t i = 0; i < 2; i++) {
        WP_AUTO_BUF struct wp_buf one = WP_BUF_INIT;
        struct wp_json_out o = wp_json_out(&one);
        sig_log_entry_write(&o, entries[i]);
        json[i] = wp_arena_bytes(&s->a, wp_buf_span(&one));
    }
    sig_bundle_write(&s->b, json, 2, &text);
    const struct sig_candidate c = {.format = &sig_format_bundle, .where = "bundle", .bytes = wp_buf_span(&text)};
    return sig_check(&c, &s->art, &s->d, &s->a, &p, err);
}

/* Every entry that is there must hold, whichever else does. */
static void test_two_entries(void **state)
{
    (void)state;
    struct sigstore s;
    struct sigstore other;
    struct wp_err err = {0};
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1});
    sigstore_init(&other, &(struct sigstore_plan){.log = SIGSTORE_V1, .by_key = "P-256#key"});
    struct sig_log_entry good = s.log_entry;
    struct sig_log_entry bad[] = {good, good, good, other.log_entry};
    bad[0].set = sigstore_bent(&s, good.set, good.set.len - 1);
    bad[1].log_id = sigstore_bent(&s, good.log_id, 0);
    bad[2].proof_index = 1;
    assert_int_equal(ask_two(&s, &good, &good, &err), 1);
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        assert_int_equal(ask_two(&s, &good, &bad[i], &err), 0);
        assert_int_equal(ask_two(&s, &bad[i], &good, &err), 0);
    }
    sigstore_done(&other);
    sigstore_done(&s);
}

/* What an entry binds besides its own fields: a message is no envelope, an envelope is its bytes. */
static void test_envelopes(void **state)
{
    (void)state;
    static const struct sigstore_plan intoto = {
        .log = SIGSTORE_V1, .kind = "intoto 0.0.1", .dsse = true, .older = true};
    struct sigstore s;
    sigstore_init(&s, &intoto);
    /* Without the payload's own hash, as the oldest entries are. */
    const char *payload_hash = strstr((const char *)s.log_entry.canonical_body.ptr, ",\"payloadHash\":");
    WP_AUTO_FREE char *part = wp_xstrndup(payload_hash, (size_t)(strstr(payload_hash, "}}") + 1 - payload_hash));
    rewrite(&s, &intoto, part, "");
    sigstore_expect(&s, NULL, NULL);
    /* The same words, written otherwise. */
    struct wp_span envelope = s.envelope;
    s.envelope = wp_span_str(wp_arena_printf(&s.a, " %.*s", (int)envelope.len, (const char *)envelope.ptr));
    sigstore_expect(&s, "log", "about another envelope");
    s.envelope = envelope;
    /* A bundle has not kept the bytes. */
    s.older = false;
    sigstore_expect(&s, "log", "which a bundle has not kept");
    sigstore_done(&s);
    const struct sigstore_plan message = {.log = SIGSTORE_V1, .older = true};
    sigstore_init(&s, &message);
    s.log_entry.kind = "intoto";
    rewrite(&s, &message, "\"kind\":\"hashedrekord\"", "\"kind\":\"intoto\"");
    sigstore_expect(&s, "log", "about another kind of signature");
    sigstore_done(&s);
    /* Base64 inside of base64, by the other alphabet. */
    const struct sigstore_plan v2 = {.log = SIGSTORE_V1, .kind = "intoto 0.0.2", .dsse = true};
    sigstore_init(&s, &v2);
    WP_AUTO_BUF struct wp_buf standard = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf inside = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf outside = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf before = WP_BUF_INIT;
    wp_base64(&standard, s.b.signature, false);
    wp_base64(&before, wp_buf_span(&standard), false);
    for (size_t i = 0; i < standard.len; i++) {
        char c = standard.ptr[i];
        wp_buf_add_char(&inside, (char)(c == '+' ? '-' : c == '/' ? '_' : c));
    }
    wp_base64(&outside, wp_buf_span(&inside), false);
    rewrite(&s, &v2, before.ptr, outside.ptr);
    sigstore_expect(&s, NULL, NULL);
    sigstore_done(&s);
}

static void test_log_answers(void **state)
{
    (void)state;
    static const struct sigstore_plan plans[] = {{.log = SIGSTORE_V1}, {.log = SIGSTORE_V2, .by_key = "P-256#key"}};
    for (size_t i = 0; i < WP_ARRAY_LEN(plans); i++) {
        struct sigstore s;
        struct wp_err err = {0};
        SIG_AUTO_PUB struct sig_pub *key = NULL;
        sigstore_init(&s, &plans[i]);
        struct sig_signed sealed = {.message = {.bytes = s.art.bytes}, .signature = s.b.signature};
        WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
        notary_pem(s.leaf.cert, &pem);
        assert_int_equal(sig_pub_read(wp_buf_span(&pem), "leaf", &key, &err), 0);
        const struct sig_pub *pub = s.pub != NULL ? s.pub : key;
        assert_int_equal(sig_log_entry_answers(&s.log_entry, &sealed, &s.b.material, pub, &err), 0);
        s.sibling[0] ^= 1;
        assert_int_equal(sig_log_entry_answers(&s.log_entry, &sealed, &s.b.material, pub, &err), -1);
        assert_non_null(strstr(err.msg, "does not lead"));
        s.sibling[0] ^= 1;
        sealed.signature = sigstore_bent(&s, sealed.signature, 5);
        assert_int_equal(sig_log_entry_answers(&s.log_entry, &sealed, &s.b.material, pub, &err), -1);
        assert_non_null(strstr(err.msg, "another signature"));
        sigstore_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_promise),           cmocka_unit_test(test_inclusion),
        cmocka_unit_test(test_second_version),    cmocka_unit_test(test_log_validity),
        cmocka_unit_test(test_log_with_two_keys), cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_two_entries),       cmocka_unit_test(test_envelopes),
        cmocka_unit_test(test_log_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
