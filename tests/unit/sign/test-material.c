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
        sigstore_expect_of(&plans[i], NULL, NULL);
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
            sigstore_expect_of(&plan, i == 0 ? NULL : "expired", "certificate");
        }
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
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V1, .stamped = SIGSTORE_AT, .tsa_to = SIGSTORE_AT - 1},
                       "timestamp", not_by);
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V1, .stamped = SIGSTORE_AT, .tsa_from = SIGSTORE_AT + 1},
                       "timestamp", not_by);
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V1, .stamped = NOTARY_FROM - 1, .tsa_from = 1},
                       "timestamp", not_by);
    sigstore_expect_of(&(struct sigstore_plan){.log = SIGSTORE_V1, .stamped = SIGSTORE_LATE + 1}, "expired",
                       "has expired");
    struct sigstore s;
    sigstore_init(&s, &v2);
    struct wp_span stamp = s.b.material.timestamps[0];
    stamp_with(&s, notary_stamp(&s.tsa, wp_span_str("other"), SIGSTORE_AT, &s.a));
    sigstore_expect(&s, "timestamp", not_by);
    stamp_with(&s, wp_span(stamp.ptr, stamp.len - 1));
    sigstore_expect(&s, "timestamp", "no reply of a timestamp authority");
    stamp_with(&s, wp_span("\x30\x05\x30\x03\x02\x01\x02", 7)); /* refused, without a token */
    sigstore_expect(&s, "timestamp", "says no time");
    const struct notary_spec spec = {.key = "P-256#strange", .name = "CN=tsa", .extensions = NOTARY_TSA_EXTENSIONS};
    struct notary_cert strange = notary_issue(&spec, &s.anchor);
    stamp_with(&s, notary_stamp(&strange, s.b.signature, SIGSTORE_AT, &s.a));
    sigstore_expect(&s, "timestamp", not_by);
    /* Of the same authority, but not the one that the root names. */
    struct notary_cert twin = notary_issue(&spec, &s.tsa_anchor);
    stamp_with(&s, notary_stamp(&twin, s.b.signature, SIGSTORE_AT, &s.a));
    sigstore_expect(&s, "timestamp", not_by);
    notary_cert_done(&strange);
    notary_cert_done(&twin);
    stamp_with(&s, stamp);
    sigstore_expect(&s, NULL, NULL);
    /* Each that is there must hold, whichever else does. */
    for (size_t i = 0; i < 3; i++) {
        struct wp_span *two = wp_arena_alloc(&s.a, 2, sizeof(*two));
        two[0] = two[1] = stamp;
        if (i < 2) {
            two[i] = notary_stamp(&s.tsa, wp_span_str("other"), SIGSTORE_AT, &s.a);
        }
        s.b.material.timestamps = two;
        s.b.material.timestamp_count = 2;
        sigstore_expect(&s, i < 2 ? "timestamp" : NULL, not_by);
    }
    s.d.now = SIGSTORE_AT - 400;
    sigstore_expect(&s, "timestamp", "from the future");
    sigstore_done(&s);
    /* cosign 2 has attestations stamped whole. */
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1, .older = true, .dsse = true, .stamped = SIGSTORE_AT});
    sigstore_expect(&s, NULL, NULL);
    stamp_with(&s, notary_stamp(&s.tsa, s.envelope, SIGSTORE_AT, &s.a));
    sigstore_expect(&s, NULL, NULL);
    s.older = false;
    sigstore_expect(&s, "timestamp", not_by);
    s.older = true;
    stamp_with(&s, notary_stamp(&s.tsa, s.b.payload, SIGSTORE_AT, &s.a));
    sigstore_expect(&s, "timestamp", not_by);
    sigstore_done(&s);
    sigstore_init(&s, &(struct sigstore_plan){.log = SIGSTORE_V1});
    s.d.timestamp_required = true;
    sigstore_expect(&s, "timestamp", "no timestamp of a trusted authority");
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
        sigstore_expect_of(&plan, rows[i].failed, rows[i].words);
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
    sigstore_expect(&s, NULL, NULL);
    s.d.now = SIGSTORE_AT - 301;
    sigstore_expect(&s, "sct", "no log of certificates that 'root.json' knows");
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
    sigstore_expect(&s, NULL, NULL);
    s.d.root = strange;
    sigstore_expect(&s, "chain", "unable to get");
    assert_int_equal(sigstore_ask(&s, &p, &err), 0);
    assert_int_equal(err.code, WP_E_CERTIFICATE);
    s.d.root = no_logs;
    sigstore_expect(&s, "log", "no trusted root says which logs");
    s.d.root = NULL;
    sigstore_expect(&s, "chain", "no trusted root says which certificate authorities");
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
    sigstore_expect(&s, "identity", "of the issuer '" SIGSTORE_ISSUER "'");
    s.who.issuer.text = SIGSTORE_ISSUER;
    s.who.identity = (struct sig_match){SIG_MATCH_GLOB, "https://example.com/team/**"};
    sigstore_expect(&s, NULL, NULL);
    claim(&s, "buildTrigger", "push");
    sigstore_expect(&s, NULL, NULL);
    claim(&s, "buildTrigger", "release");
    sigstore_expect(&s, "identity", "says buildTrigger 'push', not 'release'");
    claim(&s, "buildSignerURI", "release");
    sigstore_expect(&s, "identity", "says buildSignerURI '', not 'release'");
    claim(&s, "colour", "red");
    sigstore_expect(&s, "identity", "nothing that is called 'colour'");
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
    sigstore_expect(&s, "key", "signed with a certificate, not with the key release.pub");
    keyed.d = by_who;
    sigstore_expect(&keyed, "key", "signed with the key ");
    s.d = by_who;
    s.d.log = SIG_LOG_IGNORED;
    s.log_entry.log_index = 77;
    assert_int_equal(sigstore_ask(&s, &p, &err), 1);
    assert_true(p.unproven && !p.logged);
    s.b.material.timestamp_count = 0;
    sigstore_expect(&s, "timestamp", "nothing proves when");
    s.d.any_time_source_missing = true;
    s.d.now = SIGSTORE_AT + 1;
    sigstore_expect(&s, NULL, NULL);
    s.d.now = SIGSTORE_LATE + 1;
    sigstore_expect(&s, "expired", "(now)");
    s.log_entry.kind = NULL;
    s.d = by_who;
    sigstore_expect(&s, "log", "no log entry comes with the signature");
    s.d.who = NULL;
    sigstore_expect(&s, "format", "trust store");
    keyed.d = by_key;
    keyed.d.root = NULL;
    assert_int_equal(sigstore_ask(&keyed, &p, &err), 1);
    assert_true(p.unproven && !p.logged && p.time_count == 0);
    keyed.d.log = SIG_LOG_REQUIRED;
    sigstore_expect(&keyed, "log", "no trusted root says which logs");
    keyed.d = by_key;
    keyed.log_entry.set = sigstore_bent(&keyed, keyed.log_entry.set, 20);
    sigstore_expect(&keyed, "log", "the signed entry timestamp");
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
        sigstore_expect(&s, rows[i].failed, rows[i].by_digest);
        s.art.bytes = bytes;
        struct wp_span signature = s.b.signature;
        s.b.signature = sigstore_bent(&s, signature, signature.len - 1);
        sigstore_expect(&s, "signature", "is not by release.pub over this content");
        s.b.signature = signature;
        s.b.material.hint = "somebody's";
        sigstore_expect(&s, NULL, NULL);
        s.b.signature = wp_span(signature.ptr, signature.len - 1);
        sigstore_expect(&s, "signature", "it names the key 'somebody's'");
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
    sigstore_expect(&s, "digest", "the bundle is about another artifact than sha256:");
    s.b.digest_alg = NULL;
    sigstore_expect(&s, "log", "about another artifact");
    sigstore_done(&s);
    sigstore_init(&s, &(struct sigstore_plan){.by_key = "P-256#key", .dsse = true});
    s.art.desc.digest.bytes[0] ^= 1;
    sigstore_expect(&s, "subject", "about something else");
    s.art.desc.digest.bytes[0] ^= 1;
    s.d.predicate = (struct sig_match){SIG_MATCH_EXACT, "https://spdx.dev/Document"};
    sigstore_expect(&s, "predicate", "asks for");
    s.d.predicate.kind = SIG_MATCH_ANY;
    s.d.annotations = &(struct oci_annotation){"a", "b"};
    s.d.annotation_count = 1;
    sigstore_expect(&s, "annotation", "a=b");
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
    sigstore_expect(&s, NULL, NULL);
    s.art.desc.media_type = "application/vnd.oci.image.manifest.v1+json";
    sigstore_expect(&s, "predicate", "asks for a signature");
    s.d.predicate = (struct sig_match){SIG_MATCH_EXACT, "https://spdx.dev/Document"};
    sigstore_expect(&s, NULL, NULL);
    sigstore_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),           cmocka_unit_test(test_proof),       cmocka_unit_test(test_validity),
        cmocka_unit_test(test_timestamps),     cmocka_unit_test(test_certificate), cmocka_unit_test(test_future_sct),
        cmocka_unit_test(test_authority),      cmocka_unit_test(test_codes),       cmocka_unit_test(test_who),
        cmocka_unit_test(test_demands),        cmocka_unit_test(test_signature),   cmocka_unit_test(test_whose_key),
        cmocka_unit_test(test_other_artifact), cmocka_unit_test(test_plain),       cmocka_unit_test(test_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
