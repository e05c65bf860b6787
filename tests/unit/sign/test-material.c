/* SPDX-License-Identifier: Apache-2.0
 *
 * sign/material.h by way of bundles of a Sigstore of our own: what is accepted, and for every check the thing that it
 * alone stops. */
#include "base/mem.h"
#include "base/num.h"
#include "sign/formats.h"
#include "sign/log.h"
#include "sign/root-int.h"
#include "tests/unit/sign/sigstore.h"
#include "tests/unit/unit.h"

/* The verdict, and of a refusal the check and words of its message. */
static void expect(struct sigstore *s, const char *failed, const char *words)
{
    struct sig_proof p;
    struct wp_err err = {0};
    int r = sigstore_ask(s, &p, &err);
    if (failed == NULL) {
        if (r != 1) {
            fail_msg("%s: %s", p.failed, err.msg);
        }
        return;
    }
    assert_int_equal(r, 0);
    if (!wp_str_eq(p.failed, failed) || strstr(err.msg, words) == NULL) {
        fail_msg("%s: %s; not %s: …%s…", p.failed, err.msg, failed, words);
    }
}

static void ask(const struct sigstore_plan *plan, const char *failed, const char *words)
{
    struct sigstore s;
    sigstore_init(&s, plan);
    expect(&s, failed, words);
    sigstore_done(&s);
}

static void test_good(void **state)
{
    (void)state;
    static const struct sigstore_plan plans[] = {
        {.log = SIGSTORE_V1},
        {.log = SIGSTORE_V1, .stamped = SIGSTORE_AT + 1},
        {.log = SIGSTORE_V2, .stamped = SIGSTORE_AT, .tsa_to = SIGSTORE_AT + 1}, /* since then expired */
        {.log = SIGSTORE_V1, .no_promise = true, .stamped = SIGSTORE_AT},
        {.log = SIGSTORE_V1, .dsse = true},
        {.log = SIGSTORE_V2, .stamped = SIGSTORE_AT},
        {.log = SIGSTORE_V2, .dsse = true, .stamped = SIGSTORE_AT},
        {.log = SIGSTORE_V1, .by_key = "P-256#key"},
        {.log = SIGSTORE_V2, .by_key = "P-256#key"},
        {.by_key = "P-256#key"},
        {.by_key = "P-256#key", .dsse = true, .stamped = SIGSTORE_AT},
        {.by_key = "P-384#key"},
        {.by_key = "RSA2048", .dsse = true},
        {.by_key = "ED25519", .dsse = true},
        {.by_key = "ED25519"},
        {.log = SIGSTORE_V1, .log_key = "P-384#rekor"},
        {.log = SIGSTORE_V1, .log_key = "P-521#rekor"},
        {.log = SIGSTORE_V1, .ct_key = "P-384#ct"},
        {.log = SIGSTORE_V1, .kind = "rekord 0.0.1"},
        {.log = SIGSTORE_V1, .kind = "rekord 0.0.1", .older = true},
        {.log = SIGSTORE_V1, .kind = "rekord 0.0.1", .by_key = "P-256#key"},
        {.log = SIGSTORE_V1, .older = true},
        {.log = SIGSTORE_V1, .older = true, .dsse = true},
        {.log = SIGSTORE_V1, .older = true, .dsse = true, .kind = "intoto 0.0.1"},
        {.log = SIGSTORE_V1, .older = true, .dsse = true, .kind = "intoto 0.0.1", .by_key = "P-256#key"},
        {.log = SIGSTORE_V1, .older = true, .dsse = true, .kind = "intoto 0.0.2"},
        {.log = SIGSTORE_V1, .dsse = true, .kind = "intoto 0.0.2"},
        {.log = SIGSTORE_V2, .dsse = true, .kind = "dsse 0.0.2", .stamped = SIGSTORE_AT},
        {.log = SIGSTORE_V2, .dsse = true, .kind = "dsse 0.0.2", .by_key = "RSA2048"},
        {.log = SIGSTORE_V2, .by_key = "P-384#key"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(plans); i++) {
        ask(&plans[i], NULL, NULL);
    }
}

static void test_proof(void **state)
{
    (void)state;
    struct sigstore s;
    struct sig_proof p;
    struct wp_err err = {0};
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1, .stamped = SIGSTORE_AT + 2});
    assert_int_equal(sigstore_ask(&s, &p, &err), 1);
    assert_null(p.failed);
    assert_string_equal(p.identity, SIGSTORE_IDENTITY);
    assert_string_equal(p.issuer, SIGSTORE_ISSUER);
    assert_string_equal(p.signer, SIGSTORE_IDENTITY " (" SIGSTORE_ISSUER ")");
    assert_int_equal(p.alg, SIG_ALG_ECDSA_P256_SHA256);
    assert_int_equal(p.time_count, 2);
    assert_int_equal(p.times[0].at, SIGSTORE_AT);
    assert_string_equal(p.times[0].source, "transparency log rekor.example.com");
    assert_int_equal(p.times[1].at, SIGSTORE_AT + 2);
    assert_string_equal(p.times[1].source, "timestamp authority tsa.example.com/api");
    assert_true(p.logged);
    assert_false(p.unproven);
    assert_int_equal(p.log_index, 1000);
    assert_string_equal(p.log_name, "rekor.example.com");
    sigstore_done(&s);
}

/* Certificates were valid when it was signed, as the log or an authority proves; what is valid now does not matter. */
static void test_validity(void **state)
{
    (void)state;
    static const struct {
        int64_t from, to;
    } periods[] = {
        {SIGSTORE_AT - 60, SIGSTORE_AT + 60}, /* valid */
        {SIGSTORE_AT + 30, SIGSTORE_AT + 60}, /* not yet */
        {SIGSTORE_AT - 60, SIGSTORE_AT - 30}, /* no more */
    };
    for (size_t i = 0; i < 27; i++) {
        size_t leaf = i % 3;
        size_t authority = i / 3 % 3;
        size_t root = i / 9;
        for (int stamped = 0; stamped < 2; stamped++) {
            struct sigstore_plan plan = {.log = stamped ? SIGSTORE_V2 : SIGSTORE_V1,
                                         .stamped = stamped ? SIGSTORE_AT : 0,
                                         .leaf_from = periods[leaf].from,
                                         .leaf_to = periods[leaf].to,
                                         .authority_from = periods[authority].from,
                                         .authority_to = periods[authority].to,
                                         .root_from = periods[root].from,
                                         .root_to = periods[root].to};
            ask(&plan, i == 0 ? NULL : "expired", "certificate");
        }
    }
}

/* Bytes with one bit changed. */
static struct wp_span bent(struct sigstore *s, struct wp_span bytes, size_t at)
{
    uint8_t *copy = wp_arena_alloc(&s->a, bytes.len, 1);
    memcpy(copy, bytes.ptr, bytes.len);
    copy[at] ^= 1;
    return wp_span(copy, bytes.len);
}

static void test_promise(void **state)
{
    (void)state;
    const struct sigstore_plan v1 = {.log = SIGSTORE_V1};
    struct sigstore s;
    sigstore_init(&s, &v1);
    struct wp_span set = s.log_entry.set;
    s.log_entry.set = bent(&s, set, set.len - 1);
    expect(&s, "log", "the signed entry timestamp is not by the log 'rekor.example.com'");
    s.log_entry.set = set;
    s.log_entry.log_index++;
    expect(&s, "log", "the signed entry timestamp is not by");
    s.log_entry.log_index--;
    s.log_entry.integrated_time++;
    expect(&s, "log", "the signed entry timestamp is not by");
    s.log_entry.integrated_time--;
    s.d.now = SIGSTORE_AT - 400;
    expect(&s, "log", "from the future, 2026-06-01T00:00:00Z");
    sigstore_done(&s);
    ask(&(struct sigstore_plan){.log = SIGSTORE_V1, .integrated = SIGSTORE_LATE + 1}, "expired", "has expired");
    ask(&(struct sigstore_plan){.log = SIGSTORE_V1, .integrated = SIGSTORE_EARLY - 1}, "expired", "not yet valid");
    ask(&(struct sigstore_plan){.log = SIGSTORE_V1, .integrated = NOTARY_FROM - 1}, "log", "is not trusted for");
}

static void test_inclusion(void **state)
{
    (void)state;
    const struct sigstore_plan v1 = {.log = SIGSTORE_V1};
    struct sigstore s;
    sigstore_init(&s, &v1);
    struct sig_log_entry good = s.log_entry;
    s.sibling[0] ^= 1;
    expect(&s, "log", "does not lead from the entry");
    s.sibling[0] ^= 1;
    s.log_entry.proof_index = 1;
    expect(&s, "log", "does not lead from the entry");
    s.log_entry.proof_index = 2;
    expect(&s, "log", "does not lead from the entry");
    s.log_entry.proof_index = 0;
    s.log_entry.proof_hash_count = 0;
    expect(&s, "log", "does not lead from the entry");
    s.log_entry = good;
    s.log_entry.checkpoint = wp_span_str("");
    expect(&s, "log", "the checkpoint is malformed");
    s.log_entry.checkpoint.ptr = NULL;
    expect(&s, "parse", "needs an inclusionProof with a checkpoint");
    s.log_entry = good;
    s.log_entry.has_proof = false;
    expect(&s, "parse", "needs an inclusionProof with a checkpoint");
    s.log_entry = good;
    s.log_entry.checkpoint = bent(&s, good.checkpoint, 0); /* of the origin */
    expect(&s, "log", "the checkpoint is not signed by the log 'rekor.example.com'");
    s.log_entry = good;
    s.log_entry.log_id = bent(&s, good.log_id, 0);
    expect(&s, "log", "of a log that 'root.json' does not know");
    /* A checkpoint of the log, but of the tree as it was with one entry. */
    s.log_entry = good;
    s.log_entry.proof_hash_count = 0;
    s.log_entry.proof_size = 1;
    sigstore_log_again(&s, &v1);
    struct wp_span other = s.log_entry.checkpoint;
    s.log_entry = good;
    sigstore_log_again(&s, &v1);
    expect(&s, NULL, NULL);
    s.log_entry.checkpoint = other;
    expect(&s, "log", "speak of different trees");
    sigstore_done(&s);
}

static void test_second_version(void **state)
{
    (void)state;
    struct sigstore s;
    ask(&(struct sigstore_plan){.log = SIGSTORE_V2}, "timestamp", "nothing proves when it was signed");
    ask(&(struct sigstore_plan){.log = SIGSTORE_V1, .no_promise = true}, "timestamp", "nothing proves when");
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V2, .stamped = SIGSTORE_AT});
    s.log_entry.log_index = 1;
    expect(&s, "log", "contradicts its inclusion proof");
    s.log_entry.log_index = 0;
    s.log_entry.integrated_time = SIGSTORE_AT;
    expect(&s, "log", "contradicts its inclusion proof");
    s.log_entry.integrated_time = 0;
    s.log_entry.set = wp_span_str("promised");
    expect(&s, "log", "contradicts its inclusion proof");
    sigstore_done(&s);
    sigstore_init(
        &s, &(struct sigstore_plan){.log = SIGSTORE_V2, .dsse = true, .kind = "dsse 0.0.2", .stamped = SIGSTORE_AT});
    s.log_entry.log_index = 1;
    expect(&s, "log", "contradicts its inclusion proof");
    sigstore_done(&s);
}

/* A log is believed for what it said while it was trusted; without a time, for what it says now. */
static void test_log_validity(void **state)
{
    (void)state;
    const char *not_then = "is not trusted for";
    ask(&(struct sigstore_plan){.log = SIGSTORE_V1, .log_to = SIGSTORE_AT}, NULL, NULL);
    ask(&(struct sigstore_plan){.log = SIGSTORE_V1, .log_to = SIGSTORE_AT - 1}, "log", not_then);
    ask(&(struct sigstore_plan){.log = SIGSTORE_V2, .stamped = SIGSTORE_AT, .log_to = SIGSTORE_AT}, NULL, NULL);
    ask(&(struct sigstore_plan){.log = SIGSTORE_V2, .stamped = SIGSTORE_AT, .log_to = SIGSTORE_AT - 1}, "log",
        not_then);
    const struct sigstore_plan timeless = {.log = SIGSTORE_V2, .by_key = "P-256#key", .log_to = SIGSTORE_AT};
    struct sigstore s;
    sigstore_init(&s, &timeless);
    expect(&s, "log", not_then);
    s.d.now = SIGSTORE_AT;
    expect(&s, NULL, NULL);
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
    expect(&s, NULL, NULL); /* the same key, trusted again */
    rows[1].key = root.ctlogs[0].key;
    expect(&s, "log", "is not trusted for");
    rows[0].valid.until = SIGSTORE_AT;
    expect(&s, NULL, NULL);
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
        expect(&s, "log", rows[i].words);
        sigstore_done(&s);
    }
    struct sigstore s;
    sigstore_init(&s, &v1);
    s.log_entry.kind = "alpine";
    rewrite(&s, &v1, "\"hashedrekord\"", "\"alpine\"");
    expect(&s, "log", "log entries of the kind alpine 0.0.1 are not known here");
    sigstore_done(&s);
    /* An entry about the artifact by somebody else. */
    struct sigstore other;
    sigstore_init(&s, &v1);
    sigstore_init(&other, &key);
    s.log_entry = other.log_entry;
    expect(&s, "log", "about another");
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
    bad[0].set = bent(&s, good.set, good.set.len - 1);
    bad[1].log_id = bent(&s, good.log_id, 0);
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
    expect(&s, NULL, NULL);
    /* The same words, written otherwise. */
    struct wp_span envelope = s.envelope;
    s.envelope = wp_span_str(wp_arena_printf(&s.a, " %.*s", (int)envelope.len, (const char *)envelope.ptr));
    expect(&s, "log", "about another envelope");
    s.envelope = envelope;
    /* A bundle has not kept the bytes. */
    s.older = false;
    expect(&s, "log", "which a bundle has not kept");
    sigstore_done(&s);
    const struct sigstore_plan message = {.log = SIGSTORE_V1, .older = true};
    sigstore_init(&s, &message);
    s.log_entry.kind = "intoto";
    rewrite(&s, &message, "\"kind\":\"hashedrekord\"", "\"kind\":\"intoto\"");
    expect(&s, "log", "about another kind of signature");
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
    expect(&s, NULL, NULL);
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
        sealed.signature = bent(&s, sealed.signature, 5);
        assert_int_equal(sig_log_entry_answers(&s.log_entry, &sealed, &s.b.material, pub, &err), -1);
        assert_non_null(strstr(err.msg, "another signature"));
        sigstore_done(&s);
    }
}

static void stamp_with(struct sigstore *s, struct wp_span stamp)
{
    struct wp_span *place = wp_arena_alloc(&s->a, 1, sizeof(*place));
    *place = stamp;
    s->b.material.timestamps = place;
}

static void test_timestamps(void **state)
{
    (void)state;
    static const struct sigstore_plan v2 = {.log = SIGSTORE_V2, .stamped = SIGSTORE_AT};
    const char *not_by = "is not over this signature by an authority";
    ask(&(struct sigstore_plan){.log = SIGSTORE_V1, .stamped = SIGSTORE_AT, .tsa_to = SIGSTORE_AT - 1}, "timestamp",
        not_by);
    ask(&(struct sigstore_plan){.log = SIGSTORE_V1, .stamped = SIGSTORE_AT, .tsa_from = SIGSTORE_AT + 1}, "timestamp",
        not_by);
    ask(&(struct sigstore_plan){.log = SIGSTORE_V1, .stamped = NOTARY_FROM - 1, .tsa_from = 1}, "timestamp", not_by);
    ask(&(struct sigstore_plan){.log = SIGSTORE_V1, .stamped = SIGSTORE_LATE + 1}, "expired", "has expired");
    struct sigstore s;
    sigstore_init(&s, &v2);
    struct wp_span stamp = s.b.material.timestamps[0];
    stamp_with(&s, notary_stamp(&s.tsa, wp_span_str("other"), SIGSTORE_AT, &s.a));
    expect(&s, "timestamp", not_by);
    stamp_with(&s, wp_span(stamp.ptr, stamp.len - 1));
    expect(&s, "timestamp", "no reply of a timestamp authority");
    stamp_with(&s, wp_span("\x30\x05\x30\x03\x02\x01\x02", 7)); /* refused, without a token */
    expect(&s, "timestamp", "says no time");
    const struct notary_spec spec = {.key = "P-256#strange", .name = "CN=tsa", .extensions = NOTARY_TSA_EXTENSIONS};
    struct notary_cert strange = notary_issue(&spec, &s.anchor);
    stamp_with(&s, notary_stamp(&strange, s.b.signature, SIGSTORE_AT, &s.a));
    expect(&s, "timestamp", not_by);
    /* Of the same authority, but not the one that the root names. */
    struct notary_cert twin = notary_issue(&spec, &s.tsa_anchor);
    stamp_with(&s, notary_stamp(&twin, s.b.signature, SIGSTORE_AT, &s.a));
    expect(&s, "timestamp", not_by);
    notary_cert_done(&strange);
    notary_cert_done(&twin);
    stamp_with(&s, stamp);
    expect(&s, NULL, NULL);
    /* Each that is there must hold, whichever else does. */
    for (size_t i = 0; i < 3; i++) {
        struct wp_span *two = wp_arena_alloc(&s.a, 2, sizeof(*two));
        two[0] = two[1] = stamp;
        if (i < 2) {
            two[i] = notary_stamp(&s.tsa, wp_span_str("other"), SIGSTORE_AT, &s.a);
        }
        s.b.material.timestamps = two;
        s.b.material.timestamp_count = 2;
        expect(&s, i < 2 ? "timestamp" : NULL, not_by);
    }
    s.d.now = SIGSTORE_AT - 400;
    expect(&s, "timestamp", "from the future");
    sigstore_done(&s);
    /* cosign 2 has attestations stamped whole. */
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1, .older = true, .dsse = true, .stamped = SIGSTORE_AT});
    expect(&s, NULL, NULL);
    stamp_with(&s, notary_stamp(&s.tsa, s.envelope, SIGSTORE_AT, &s.a));
    expect(&s, NULL, NULL);
    s.older = false;
    expect(&s, "timestamp", not_by);
    s.older = true;
    stamp_with(&s, notary_stamp(&s.tsa, s.b.payload, SIGSTORE_AT, &s.a));
    expect(&s, "timestamp", not_by);
    sigstore_done(&s);
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1});
    s.d.timestamp_required = true;
    expect(&s, "timestamp", "no timestamp of a trusted authority");
    sigstore_done(&s);
}

static void test_certificate(void **state)
{
    (void)state;
    static const struct {
        struct sigstore_plan plan;
        const char *failed, *words;
    } rows[] = {
        {{.leaf_extensions = "keyUsage=critical,digitalSignature"}, "chain", "is not for code signing"},
        {{.leaf_extensions = "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth"},
         "chain",
         "not for code"},
        {{.leaf_extensions = "keyUsage=critical,digitalSignature\nextendedKeyUsage=anyExtendedKeyUsage"},
         "chain",
         "not for code"},
        {{.leaf_extensions = "keyUsage=critical,keyEncipherment\nextendedKeyUsage=codeSigning"},
         "chain",
         "not for signatures"},
        {{.leaf_extensions = "extendedKeyUsage=codeSigning"}, "chain", "not for signatures"},
        {{.leaf_extensions = NOTARY_CA_EXTENSIONS "\nextendedKeyUsage=codeSigning"}, "chain", "that of an authority"},
        {{.leaf_extensions =
              "keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n1.2.3=critical,ASN1:NULL"},
         "chain",
         "unhandled critical extension"},
        {{.authority_uses = "extendedKeyUsage=serverAuth"}, "chain", "purpose"},
        {{.authority_uses = "1.2.3=critical,ASN1:NULL"}, "chain", "unhandled critical extension"},
        {{.sct = SIGSTORE_NO_SCT}, "sct", "no log of certificates has seen"},
        {{.sct = SIGSTORE_STRANGE_SCT}, "sct", "no log of certificates that 'root.json' knows"},
        {{.sct = SIGSTORE_EARLY_SCT}, "sct", "no log of certificates that 'root.json' knows"},
        {{.identity = "email:dev@example.com"}, "identity", "signed by 'dev@example.com' of the issuer"},
        {{.identity = "URI:" SIGSTORE_IDENTITY ",URI:https://b.example"}, "identity", "names nobody, or several"},
        {{.identity = "DNS:example.com"}, "identity", "names nobody, or several"},
        {{.identity = "URI:" SIGSTORE_IDENTITY "2"}, "identity", "not by '" SIGSTORE_IDENTITY "'"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct sigstore_plan plan = rows[i].plan;
        plan.log = SIGSTORE_V1;
        ask(&plan, rows[i].failed, rows[i].words);
    }
}

/* Seen by a log of certificates before it could have been. */
static void test_future_sct(void **state)
{
    (void)state;
    struct sigstore s;
    sigstore_init(&s, &(struct sigstore_plan){.leaf_from = SIGSTORE_AT - 1000});
    s.d.log = SIG_LOG_IGNORED;
    s.d.any_time_source_missing = true;
    s.d.now = SIGSTORE_AT - 299;
    expect(&s, NULL, NULL);
    s.d.now = SIGSTORE_AT - 301;
    expect(&s, "sct", "no log of certificates that 'root.json' knows");
    sigstore_done(&s);
}

/* Roots of parts: of the authority, of another one, without logs. */
static void test_authority(void **state)
{
    (void)state;
    struct sigstore s;
    struct wp_err err = {0};
    struct sig_proof p;
    WP_AUTO_BUF struct wp_buf own = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf other = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf rekor = WP_BUF_INIT;
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1, .sct = SIGSTORE_NO_SCT});
    notary_pem(s.anchor.cert, &own);
    notary_pem(s.authority.cert, &own);
    notary_pem(s.tsa_anchor.cert, &other);
    notary_pem(s.rekor.cert, &rekor);
    const struct wp_span keys[] = {wp_buf_span(&rekor)};
    const struct wp_span none = {0};
    SIG_AUTO_ROOT struct sig_root *good = NULL;
    SIG_AUTO_ROOT struct sig_root *strange = NULL;
    SIG_AUTO_ROOT struct sig_root *no_logs = NULL;
    assert_int_equal(sig_root_of_parts("ca.pem", wp_buf_span(&own), keys, 1, none, &good, &err), 0);
    assert_int_equal(sig_root_of_parts("ca.pem", wp_buf_span(&other), keys, 1, none, &strange, &err), 0);
    assert_int_equal(sig_root_of_parts("ca.pem", wp_buf_span(&own), NULL, 0, none, &no_logs, &err), 0);
    s.d.root = good;
    expect(&s, NULL, NULL);
    s.d.root = strange;
    expect(&s, "chain", "unable to get");
    assert_int_equal(sigstore_ask(&s, &p, &err), 0);
    assert_int_equal(err.code, WP_E_CERTIFICATE);
    s.d.root = no_logs;
    expect(&s, "log", "no trusted root says which logs");
    s.d.root = NULL;
    expect(&s, "chain", "no trusted root says which certificate authorities");
    sigstore_done(&s);
}

static void test_codes(void **state)
{
    (void)state;
    struct sigstore s;
    struct sig_proof p;
    struct wp_err err = {0};
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1, .integrated = SIGSTORE_LATE + 1});
    assert_int_equal(sigstore_ask(&s, &p, &err), 0);
    assert_int_equal(err.code, WP_E_CERTIFICATE);
    s.who.identity.text = "somebody else";
    assert_int_equal(sigstore_ask(&s, &p, &err), 0);
    assert_string_equal(p.failed, "expired");
    assert_int_equal(err.code, WP_E_UNSATISFIED);
    sigstore_done(&s);
}

static void claim(struct sigstore *s, const char *name, const char *value)
{
    __typeof__(*s->who.claims) one = {.name = name, .value = {SIG_MATCH_EXACT, value}};
    void *copy = wp_arena_alloc(&s->a, 1, sizeof(one));
    memcpy(copy, &one, sizeof(one));
    s->who.claims = copy;
    s->who.claim_count = 1;
}

static void test_who(void **state)
{
    (void)state;
    struct sigstore s;
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1});
    s.who.issuer.text = "https://other.example";
    expect(&s, "identity", "of the issuer '" SIGSTORE_ISSUER "'");
    s.who.issuer.text = SIGSTORE_ISSUER;
    s.who.identity = (struct sig_match){SIG_MATCH_GLOB, "https://example.com/team/**"};
    expect(&s, NULL, NULL);
    claim(&s, "buildTrigger", "push");
    expect(&s, NULL, NULL);
    claim(&s, "buildTrigger", "release");
    expect(&s, "identity", "says buildTrigger 'push', not 'release'");
    claim(&s, "buildSignerURI", "release");
    expect(&s, "identity", "says buildSignerURI '', not 'release'");
    claim(&s, "colour", "red");
    expect(&s, "identity", "nothing that is called 'colour'");
    sigstore_done(&s);
}

static void test_demands(void **state)
{
    (void)state;
    struct sigstore s;
    struct sigstore keyed;
    struct sig_proof p;
    struct wp_err err = {0};
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V2, .stamped = SIGSTORE_AT});
    sigstore_init(&keyed, &(struct sigstore_plan){.log = SIGSTORE_V1, .by_key = "P-256#key"});
    struct sig_demand by_who = s.d;
    struct sig_demand by_key = keyed.d;
    s.d = by_key;
    expect(&s, "key", "signed with a certificate, not with the key release.pub");
    keyed.d = by_who;
    expect(&keyed, "key", "signed with the key ");
    s.d = by_who;
    s.d.log = SIG_LOG_IGNORED;
    s.log_entry.log_index = 77;
    assert_int_equal(sigstore_ask(&s, &p, &err), 1);
    assert_true(p.unproven && !p.logged);
    s.b.material.timestamp_count = 0;
    expect(&s, "timestamp", "nothing proves when");
    s.d.any_time_source_missing = true;
    s.d.now = SIGSTORE_AT + 1;
    expect(&s, NULL, NULL);
    s.d.now = SIGSTORE_LATE + 1;
    expect(&s, "expired", "(now)");
    s.log_entry.kind = NULL;
    s.d = by_who;
    expect(&s, "log", "no log entry comes with the signature");
    s.d.who = NULL;
    expect(&s, "format", "trust store");
    keyed.d = by_key;
    keyed.d.root = NULL;
    assert_int_equal(sigstore_ask(&keyed, &p, &err), 1);
    assert_true(p.unproven && !p.logged && p.time_count == 0);
    keyed.d.log = SIG_LOG_REQUIRED;
    expect(&keyed, "log", "no trusted root says which logs");
    keyed.d = by_key;
    keyed.log_entry.set = bent(&keyed, keyed.log_entry.set, 20);
    expect(&keyed, "log", "the signed entry timestamp");
    sigstore_done(&keyed);
    sigstore_done(&s);
}

static void test_signature(void **state)
{
    (void)state;
    static const struct {
        struct sigstore_plan plan;
        const char *by_digest, *failed;
    } rows[] = {
        {{.by_key = "P-256#key"}, NULL, NULL},
        {{.by_key = "P-256#key", .dsse = true}, NULL, NULL},
        {{.by_key = "ED25519", .dsse = true}, NULL, NULL},
        {{.by_key = "RSA2048"}, NULL, NULL},
        {{.by_key = "P-384#key"}, "names the artifact by SHA2_384", "digest"},
        {{.by_key = "P-384#key", .hash = "SHA256"}, NULL, NULL},
        {{.by_key = "ED25519"}, "by the artifact's digest alone", "signature"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct sigstore s;
        sigstore_init(&s, &rows[i].plan);
        struct wp_span bytes = s.art.bytes;
        s.art.bytes.ptr = NULL;
        expect(&s, rows[i].failed, rows[i].by_digest);
        s.art.bytes = bytes;
        struct wp_span signature = s.b.signature;
        s.b.signature = bent(&s, signature, signature.len - 1);
        expect(&s, "signature", "is not by release.pub over this content");
        s.b.signature = signature;
        s.b.material.hint = "somebody's";
        expect(&s, NULL, NULL);
        s.b.signature = wp_span(signature.ptr, signature.len - 1);
        expect(&s, "signature", "it names the key 'somebody's'");
        sigstore_done(&s);
    }
}

/* Each kind of key with each hash: those of the registry, and those that signers took before it or beside it. */
static void test_hashes(void **state)
{
    (void)state;
    static const struct {
        const char *key, *hash;
        enum sig_alg alg; /* NONE: refused */
    } rows[] = {
        {"P-256#key", "SHA256", SIG_ALG_ECDSA_P256_SHA256},
        {"P-256#key", "SHA384", SIG_ALG_NONE},
        {"P-256#key", "SHA512", SIG_ALG_NONE},
        {"P-256#key", "SHA1", SIG_ALG_NONE},
        {"P-384#key", "SHA384", SIG_ALG_ECDSA_P384_SHA384},
        {"P-384#key", "SHA256", SIG_ALG_ECDSA_P384_SHA256},
        {"P-384#key", "SHA512", SIG_ALG_NONE},
        {"P-384#key", "SHA1", SIG_ALG_NONE},
        {"P-384#key", "SHA224", SIG_ALG_NONE},
        {"P-521#key", "SHA512", SIG_ALG_ECDSA_P521_SHA512},
        {"P-521#key", "SHA256", SIG_ALG_ECDSA_P521_SHA256},
        {"P-521#key", "SHA384", SIG_ALG_NONE},
        {"P-521#key", "SHA1", SIG_ALG_NONE},
        {"RSA2048", "SHA256", SIG_ALG_RSA_PKCS1_SHA256},
        {"RSA2048", "SHA512", SIG_ALG_RSA_PKCS1_SHA512},
        {"RSA2048", "SHA384", SIG_ALG_NONE},
        {"RSA2048", "SHA1", SIG_ALG_NONE},
    };
    for (size_t i = 0; i < 3 * WP_ARRAY_LEN(rows); i++) {
        const char *key = rows[i / 3].key;
        const struct sigstore_plan plans[] = {
            {.by_key = key, .hash = rows[i / 3].hash},
            {.by_key = key, .hash = rows[i / 3].hash, .dsse = true},
            {.leaf_key = key, .hash = rows[i / 3].hash, .log = SIGSTORE_V1},
        };
        struct sigstore s;
        struct sig_proof p;
        struct wp_err err = {0};
        sigstore_init(&s, &plans[i % 3]);
        assert_int_equal(sigstore_ask(&s, &p, &err), rows[i / 3].alg != SIG_ALG_NONE);
        if (rows[i / 3].alg != SIG_ALG_NONE) {
            assert_int_equal(p.alg, rows[i / 3].alg);
        } else {
            assert_string_equal(p.failed, "signature");
        }
        sigstore_done(&s);
    }
}

/* Whom the report names: until the signature holds, whom the bundle names. */
static void test_whose_key(void **state)
{
    (void)state;
    struct sigstore s;
    struct sig_proof p;
    struct wp_err err = {0};
    SIG_AUTO_PUB struct sig_pub *other = NULL;
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    sigstore_init(&s, &(struct sigstore_plan){.by_key = "P-256#key"});
    const char *own = wp_arena_printf(&s.a, "key %s", s.b.material.hint);
    const char *words = wp_arena_printf(
        &s.a, "bundle: the signature is not by other.pub over this content; it names the key '%s'", s.b.material.hint);
    assert_int_equal(sigstore_ask(&s, &p, &err), 1);
    assert_string_equal(p.signer, own);
    assert_string_equal(p.key_id, s.b.material.hint);
    notary_pem(s.leaf.cert, &pem);
    assert_int_equal(sig_pub_read(wp_buf_span(&pem), "other.pub", &other, &err), 0);
    s.d.key = other;
    assert_int_equal(sigstore_ask(&s, &p, &err), 0);
    assert_string_equal(p.signer, own);
    assert_null(p.key_id);
    assert_string_equal(err.msg, words);
    s.d.key = NULL;
    s.d.who = &s.who;
    assert_int_equal(sigstore_ask(&s, &p, &err), 0);
    assert_string_equal(p.failed, "key");
    assert_string_equal(p.signer, own);
    s.b.material.hint = NULL;
    assert_int_equal(sigstore_ask(&s, &p, &err), 0);
    assert_null(p.signer);
    sigstore_done(&s);
}

static void test_other_artifact(void **state)
{
    (void)state;
    struct sigstore s;
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1});
    s.b.digest = wp_arena_bytes(&s.a, s.b.digest);
    s.art.bytes = wp_span_str("other");
    oci_digest_of(WP_SHA256, s.art.bytes, &s.art.desc.digest);
    expect(&s, "digest", "the bundle is about another artifact than sha256:");
    s.b.digest_alg = NULL;
    expect(&s, "log", "about another artifact");
    sigstore_done(&s);
    sigstore_init(&s, &(struct sigstore_plan){.by_key = "P-256#key", .dsse = true});
    s.art.desc.digest.bytes[0] ^= 1;
    expect(&s, "subject", "about something else");
    s.art.desc.digest.bytes[0] ^= 1;
    s.d.predicate = (struct sig_match){SIG_MATCH_EXACT, "https://spdx.dev/Document"};
    expect(&s, "predicate", "asks for");
    s.d.predicate.kind = SIG_MATCH_ANY;
    s.d.annotations = &(struct oci_annotation){"a", "b"};
    s.d.annotation_count = 1;
    expect(&s, "annotation", "a=b");
    sigstore_done(&s);
}

/* Of a manifest, only what cosign states is a signature; of a file every statement is. */
static void test_plain(void **state)
{
    (void)state;
    struct sigstore s;
    const char *spdx = "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{\"sha256\":"
                       "\"93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476\"}}],"
                       "\"predicateType\":\"https://spdx.dev/Document\",\"predicate\":{}}";
    sigstore_init(&s, &(struct sigstore_plan){.by_key = "P-256#key", .dsse = true, .payload = spdx});
    expect(&s, NULL, NULL);
    s.art.desc.media_type = "application/vnd.oci.image.manifest.v1+json";
    expect(&s, "predicate", "asks for a signature");
    s.d.predicate = (struct sig_match){SIG_MATCH_EXACT, "https://spdx.dev/Document"};
    expect(&s, NULL, NULL);
    sigstore_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),        cmocka_unit_test(test_proof),
        cmocka_unit_test(test_validity),    cmocka_unit_test(test_promise),
        cmocka_unit_test(test_inclusion),   cmocka_unit_test(test_second_version),
        cmocka_unit_test(test_bodies),      cmocka_unit_test(test_log_answers),
        cmocka_unit_test(test_timestamps),  cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_future_sct),  cmocka_unit_test(test_authority),
        cmocka_unit_test(test_codes),       cmocka_unit_test(test_who),
        cmocka_unit_test(test_demands),     cmocka_unit_test(test_signature),
        cmocka_unit_test(test_whose_key),   cmocka_unit_test(test_other_artifact),
        cmocka_unit_test(test_plain),       cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_envelopes),   cmocka_unit_test(test_log_validity),
        cmocka_unit_test(test_two_entries), cmocka_unit_test(test_log_with_two_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
