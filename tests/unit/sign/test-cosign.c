/* SPDX-License-Identifier: Apache-2.0
 *
 * cosign's older format: written as cosign does, read strictly, judged. Signatures are made by OpenSSL. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "oci/mediatype.h"
#include "sign/cosign.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/root-int.h"
#include "tests/unit/sign/vectors.h"
#include "tests/unit/unit.h"

#include <openssl/evp.h>

#define HEX   "d34db33fd34db33fd34db33fd34db33fd34db33fd34db33fd34db33fd34db33f"
#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"
#define CRITICAL(reference, digest)                                  \
    "{\"critical\":{\"identity\":{\"docker-reference\":\"" reference \
    "\"},\"image\":{\"docker-manifest-digest\":\"" digest            \
    "\"},\"type\":\"cosign container image signature\"},\"optional\":"
#define PLAIN CRITICAL("example.com/test/image", "sha256:" HEX) "null}"

struct fixture {
    struct wp_arena a;
    EVP_PKEY *key;
    struct sig_pub *pub, *other;
    struct sig_artifact art;
    struct sig_demand d;
    struct sig_candidate c;
    struct sig_proof proof;
    struct wp_err err;
};

static struct sig_pub *pub_of(EVP_PKEY *key, const char *name)
{
    struct sig_pub *p = NULL;
    struct wp_err err = {0};
    if (sig_pub_of_evp(key, name, &p, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    return p;
}

static int set_up(void **state)
{
    struct fixture *f = wp_xcalloc(1, sizeof(*f));
    f->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    f->pub = pub_of(f->key, "wpack.pub");
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    f->other = pub_of(other, "other.pub");
    EVP_PKEY_free(other);
    f->art = (struct sig_artifact){.name = "example.com/test/image@sha256:" HEX,
                                   .repository = "example.com/test/image",
                                   .desc = {.media_type = OCI_MT_MANIFEST, .size = 7}};
    assert_int_equal(oci_digest_parse("sha256:" HEX, &f->art.desc.digest, &f->err), 0);
    f->d = (struct sig_demand){.name = "wpack.pub", .key = f->pub, .now = 1000};
    f->c = (struct sig_candidate){.format = &sig_format_cosign, .where = "tag x.sig", .media_type = SIG_MT_SIMPLE};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    sig_pub_free(f->pub);
    sig_pub_free(f->other);
    EVP_PKEY_free(f->key);
    wp_arena_done(&f->a);
    free(f);
    return 0;
}

static struct wp_span sign(struct fixture *f, struct wp_span text)
{
    uint8_t buf[128];
    size_t len = sizeof(buf);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, f->key), 1);
    assert_int_equal(EVP_DigestSign(ctx, buf, &len, text.ptr, text.len), 1);
    EVP_MD_CTX_free(ctx);
    return wp_arena_bytes(&f->a, wp_span(buf, len));
}

static struct wp_span span(const char *text)
{
    return wp_span_str(text);
}

/* The candidate becomes a signed payload. */
static void payload(struct fixture *f, const char *text)
{
    const struct sig_material none = {0};
    f->c.bytes = span(text);
    f->c.media_type = SIG_MT_SIMPLE;
    f->c.annotation_count = sig_cosign_annotations(sign(f, f->c.bytes), &none, NULL, &f->a, &f->c.annotations);
}

static int ask(struct fixture *f)
{
    wp_err_clear(&f->err);
    return sig_check(&f->c, &f->art, &f->d, &f->a, &f->proof, &f->err);
}

static void good(struct fixture *f)
{
    if (ask(f) != 1) {
        fail_msg("%s", f->err.msg);
    }
    assert_null(f->proof.failed);
}

static void bad(struct fixture *f, const char *failed, const char *words)
{
    assert_int_equal(ask(f), 0);
    assert_int_equal(f->err.code, WP_E_UNSATISFIED);
    if (strstr(f->err.msg, words) == NULL || strncmp(f->err.msg, "tag x.", 6) != 0) {
        fail_msg("'%s' is not in '%s'", words, f->err.msg);
    }
    assert_string_equal(f->proof.failed, failed);
}

/* ---- written ---- */

static void assert_payload(struct fixture *f, const char *reference, const struct oci_annotation *notes, size_t n,
                           const char *want)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    sig_cosign_payload(reference, &f->art.desc.digest, notes, n, &b);
    assert_string_equal(b.ptr, want);
}

/* sigstore, pkg/signature/payload/payload_test.go, and what cosign 3.1.3 was seen to write. */
static void test_payload(void **state)
{
    struct fixture *f = *state;
    assert_payload(f, "example.com/test/image", NULL, 0, PLAIN);
    const struct oci_annotation notes[] = {
        {"CosignSubject", "Cosign"}, {"a<b", "<a&b> \"q\"\n"}, {"sep", "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xa7"}};
    assert_payload(
        f, "example.com/test/image", notes, 3,
        CRITICAL("example.com/test/image",
                 "sha256:" HEX) "{\"CosignSubject\":\"Cosign\",\"a\\u003cb\":\"\\u003ca\\u0026b\\u003e \\\"q\\\"\\n\","
                                "\"sep\":\"\\u2028\\u2029\xe2\x80\xa7\"}}");
}

static void test_envelope(void **state WP_UNUSED)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    sig_dsse_envelope("application/x", span("{}"), span("sig"), NULL, &b);
    assert_string_equal(b.ptr,
                        "{\"payload\":\"e30=\",\"payloadType\":\"application/x\",\"signatures\":[{\"sig\":\"c2ln\"}]}");
    wp_buf_cut(&b, 0);
    sig_dsse_envelope("application/x", span("{}"), span("sig"), "id", &b);
    assert_non_null(strstr(b.ptr, "[{\"keyid\":\"id\",\"sig\":\"c2ln\"}]"));
}

#define BODY "{\"apiVersion\":\"0.0.1\",\"kind\":\"hashedrekord\",\"spec\":{}}"

static struct sig_material full_material(struct fixture *f)
{
    static const struct wp_span certificates[] = {{.ptr = (const uint8_t *)"leaf", .len = 4},
                                                  {.ptr = (const uint8_t *)"mid", .len = 3},
                                                  {.ptr = (const uint8_t *)"root", .len = 4}};
    static const struct wp_span stamp = {.ptr = (const uint8_t *)"stamp", .len = 5};
    struct sig_log_entry *e = wp_arena_alloc(&f->a, 2, sizeof(*e));
    e[0] = (struct sig_log_entry){.has_proof = true}; /* has no place here */
    e[1] = (struct sig_log_entry){
        .canonical_body = span(BODY),
        .log_id = wp_span(f->art.desc.digest.bytes, 32),
        .log_index = 5179,
        .integrated_time = 1624396085,
        .set = span("set"),
    };
    return (struct sig_material){.certificates = certificates,
                                 .certificate_count = 3,
                                 .entries = e,
                                 .entry_count = 2,
                                 .timestamps = &stamp,
                                 .timestamp_count = 1};
}

static bool same(struct wp_span a, const char *text)
{
    return a.len == strlen(text) && memcmp(a.ptr, text, a.len) == 0;
}

static void test_annotations(void **state)
{
    struct fixture *f = *state;
    const struct sig_material m = full_material(f);
    const struct oci_annotation *notes = NULL;
    size_t n = sig_cosign_annotations(span("sig"), &m, NULL, &f->a, &notes);
    assert_int_equal(n, 5);
    for (size_t i = 1; i < n; i++) {
        assert_true(strcmp(notes[i - 1].key, notes[i].key) < 0);
    }
    assert_string_equal(oci_annotation_get(notes, n, SIG_NOTE_SIGNATURE), "c2ln");
    assert_string_equal(oci_annotation_get(notes, n, SIG_NOTE_CERTIFICATE),
                        "-----BEGIN CERTIFICATE-----\nbGVhZg==\n-----END CERTIFICATE-----\n");
    assert_string_equal(oci_annotation_get(notes, n, SIG_NOTE_TIMESTAMP), "{\"SignedRFC3161Timestamp\":\"c3RhbXA=\"}");
    const char *log = oci_annotation_get(notes, n, SIG_NOTE_BUNDLE);
    assert_true(wp_str_starts(log, "{\"SignedEntryTimestamp\":\"c2V0\",\"Payload\":{\"body\":\"eyJ"));
    assert_non_null(strstr(log, "\",\"integratedTime\":1624396085,\"logIndex\":5179,\"logID\":\"" HEX "\"}}"));
    /* And back. */
    struct sig_material r;
    struct wp_span signature;
    assert_int_equal(sig_cosign_material("it", notes, n, &f->a, &r, &signature, &f->err), 0);
    assert_true(same(signature, "sig"));
    assert_int_equal(r.certificate_count, 3);
    assert_true(same(r.certificates[0], "leaf") && same(r.certificates[2], "root"));
    assert_int_equal(r.entry_count, 1);
    assert_true(same(r.entries[0].canonical_body, BODY) && same(r.entries[0].set, "set"));
    assert_string_equal(r.entries[0].kind, "hashedrekord");
    assert_string_equal(r.entries[0].version, "0.0.1");
    assert_int_equal(r.entries[0].log_index, 5179);
    assert_int_equal(r.entries[0].integrated_time, 1624396085);
    assert_memory_equal(r.entries[0].log_id.ptr, f->art.desc.digest.bytes, 32);
    assert_false(r.entries[0].proof_required);
    assert_int_equal(r.timestamp_count, 1);
    assert_true(same(r.timestamps[0], "stamp"));
}

static void test_annotations_small(void **state)
{
    struct fixture *f = *state;
    struct sig_material m = {0};
    const struct oci_annotation *notes = NULL;
    struct wp_span signature;
    assert_int_equal(sig_cosign_annotations(span("sig"), &m, "https://x/v1", &f->a, &notes), 2);
    assert_string_equal(notes[0].value, "");
    assert_string_equal(oci_annotation_get(notes, 2, "predicateType"), "https://x/v1");
    assert_int_equal(sig_cosign_material("it", notes, 2, &f->a, &m, &signature, &f->err), 0);
    assert_null(signature.ptr);
    /* The chain is written even when it is empty. */
    m = full_material(f);
    m.certificate_count = 1;
    m.entry_count = m.timestamp_count = 0;
    assert_int_equal(sig_cosign_annotations(span("sig"), &m, NULL, &f->a, &notes), 3);
    assert_string_equal(oci_annotation_get(notes, 3, SIG_NOTE_CHAIN), "");
    assert_int_equal(sig_cosign_material("it", notes, 3, &f->a, &m, &signature, &f->err), 0);
    assert_int_equal(m.certificate_count, 1);
}

#define PEM(text) "-----BEGIN CERTIFICATE-----\n" text "\n-----END CERTIFICATE-----\n"
#define LOG(set, body, time, index, id)                                                                                \
    "{\"SignedEntryTimestamp\":" set ",\"Payload\":{\"body\":" body ",\"integratedTime\":" time ",\"logIndex\":" index \
    ",\"logID\":" id "}}"
/* {"apiVersion":"0.0.1","kind":"x"} */
#define BODY64 "\"eyJhcGlWZXJzaW9uIjoiMC4wLjEiLCJraW5kIjoieCJ9\""
#define ID     "\"" HEX "\""

static void test_bad_annotations(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *key, *value, *why;
    } rows[] = {
        {SIG_NOTE_SIGNATURE, "*", "is not base64"},
        {SIG_NOTE_CERTIFICATE, "", "0 certificates, not one"},
        {SIG_NOTE_CERTIFICATE, PEM("YQ==") PEM("YQ=="), "2 certificates, not one"},
        {SIG_NOTE_CERTIFICATE, PEM("*"), "base64"},
        {SIG_NOTE_CERTIFICATE, "-----BEGIN PUBLIC KEY-----\nYQ==\n-----END PUBLIC KEY-----\n", "something else"},
        {SIG_NOTE_CERTIFICATE, "-----BEGIN CERTIFICATE-----\nYQ==\n", "has no end"},
        {SIG_NOTE_TIMESTAMP, "{}", "/SignedRFC3161Timestamp"},
        {SIG_NOTE_TIMESTAMP, "{\"SignedRFC3161Timestamp\":\"\"}", "is not base64"},
        {SIG_NOTE_TIMESTAMP, "[", SIG_NOTE_TIMESTAMP},
        {SIG_NOTE_BUNDLE, "null", "/Payload"},
        {SIG_NOTE_BUNDLE, LOG("\"c2V0\"", BODY64, "1", "2", "\"abc\""), "is not the SHA-256"},
        {SIG_NOTE_BUNDLE, LOG("\"c2V0\"", BODY64, "-1", "2", ID), "/integratedTime"},
        {SIG_NOTE_BUNDLE, LOG("\"c2V0\"", BODY64, "1", "\"2\"", ID), "/logIndex"},
        {SIG_NOTE_BUNDLE, LOG("null", BODY64, "1", "2", ID), "/SignedEntryTimestamp"},
        {SIG_NOTE_BUNDLE, LOG("\"c2V0\"", "\"\"", "1", "2", ID), "is not base64"},
        {SIG_NOTE_BUNDLE, LOG("\"c2V0\"", "\"e30=\"", "1", "2", ID), "/kind"},
        {SIG_NOTE_BUNDLE, LOG("\"c2V0\"", "\"W10=\"", "1", "2", ID), "/kind"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct oci_annotation note = {rows[i].key, rows[i].value};
        struct sig_material m;
        struct wp_span signature;
        wp_err_clear(&f->err);
        assert_int_equal(sig_cosign_material("it", &note, 1, &f->a, &m, &signature, &f->err), -1);
        assert_int_equal(f->err.code, WP_E_UNSATISFIED);
        if (strstr(f->err.msg, rows[i].why) == NULL || strncmp(f->err.msg, "it: ", 4) != 0) {
            fail_msg("row %zu: '%s' is not in '%s'", i, rows[i].why, f->err.msg);
        }
    }
    const struct oci_annotation fine = {SIG_NOTE_BUNDLE, LOG("\"c2V0\"", BODY64, "1", "2", ID)};
    struct sig_material m;
    struct wp_span signature;
    assert_int_equal(sig_cosign_material("it", &fine, 1, &f->a, &m, &signature, &f->err), 0);
}

static void test_chain_limit(void **state)
{
    struct fixture *f = *state;
    WP_AUTO_BUF struct wp_buf chain = WP_BUF_INIT;
    for (size_t i = 0; i < WP_LIMIT_CERTIFICATES; i++) {
        wp_buf_add_str(&chain, PEM("YQ=="));
    }
    const struct oci_annotation notes[] = {{SIG_NOTE_CERTIFICATE, PEM("YQ==")}, {SIG_NOTE_CHAIN, chain.ptr}};
    struct sig_material m;
    struct wp_span signature;
    assert_int_equal(sig_cosign_material("it", notes, 2, &f->a, &m, &signature, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "more than 10 certificates"));
}

/* ---- payloads judged ---- */

static void test_good(void **state)
{
    struct fixture *f = *state;
    payload(f, PLAIN);
    good(f);
    assert_string_equal(f->proof.key_id, sig_pub_facts(f->pub)->id);
    assert_int_equal(f->proof.statement.len, strlen(PLAIN));
    /* White space, order and further members are the signer's. */
    payload(f, " {\"optional\":{\"x\":1},\"critical\":{\"type\":\"cosign container image signature\",\"more\":[],"
               "\"image\":{\"docker-manifest-digest\":\"sha256:" HEX
               "\"},\"identity\":{\"docker-reference\":\"example.com/test/image\"}}} ");
    good(f);
}

static void test_swapped(void **state)
{
    struct fixture *f = *state;
    payload(f, PLAIN);
    f->d.key = f->other;
    bad(f, "signature", "other.pub");
    f->d.key = f->pub;
    f->c.bytes = span(CRITICAL("example.com/test/imagE", "sha256:" HEX) "null}");
    bad(f, "signature", "wpack.pub");
    f->c.annotation_count = 0;
    bad(f, "parse", "has no annotation dev.cosignproject.cosign/signature");
    /* Made for something else, by the right key. */
    payload(f, CRITICAL("example.com/test/image", "sha256:" OTHER) "null}");
    bad(f, "subject", "the signature is for sha256:" OTHER);
}

/* Signed by the right key, and still no payload. */
static void test_bad_payloads(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "tag x.sig"},
        {"{}", "/critical"},
        {"[]", "array"},
        {"{\"critical\":null}", "/critical"},
        {PLAIN "x", "tag x.sig"},
        {"{\"critical\":{\"identity\":{\"docker-reference\":\"r\"},\"image\":{\"Docker-manifest-digest\":\"sha256:" HEX
         "\"},\"type\":\"cosign container image signature\"}}",
         "ocker-manifest-digest"},
        {"{\"critical\":{\"identity\":{\"docker-reference\":\"r\"},\"image\":{\"docker-manifest-digest\":\"sha256:" HEX
         "\",\"Docker-manifest-digest\":\"sha256:" OTHER "\"},\"type\":\"cosign container image signature\"}}",
         "Docker-manifest-digest"},
        {"{\"critical\":{\"identity\":{\"docker-reference\":\"r\"},\"image\":{\"docker-manifest-digest\":\"sha256:" HEX
         "\",\"docker-manifest-digest\":\"sha256:" OTHER "\"},\"type\":\"cosign container image signature\"}}",
         "duplicate"},
        {"{\"critical\":{\"identity\":{\"docker-reference\":\"r\"},\"image\":{\"docker-manifest-digest\":\"sha256:" HEX
         "\"},\"type\":\"atomic container signature\"}}",
         "'atomic container signature', not"},
        {"{\"critical\":{\"identity\":{\"docker-reference\":\"r\"},\"image\":{\"docker-manifest-digest\":\"sha256:" HEX
         "\"},\"type\":\"cosign container image signature\"},\"Critical\":{}}",
         "Critical"},
        {"{\"critical\":{\"image\":{\"docker-manifest-digest\":\"sha256:" HEX
         "\"},\"type\":\"cosign container image signature\"}}",
         "/critical/identity"},
        {CRITICAL("example.com/test/image", "sha256:" HEX) "[]}", "/optional"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        payload(f, rows[i].text);
        bad(f, "parse", rows[i].why);
    }
}

static void test_names(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        bool repository, exact;
    } rows[] = {
        {CRITICAL("example.com/test/image", "sha256:" HEX) "null}", true, true},
        {CRITICAL("example.com/test/image:v1", "sha256:" HEX) "null}", true, false},
        {CRITICAL("example.com/test/image@sha256:" HEX, "sha256:" HEX) "null}", true, false},
        {CRITICAL("example.com/test/image:v1@sha256:" HEX, "sha256:" HEX) "null}", true, false},
        {CRITICAL("example.com/test/images", "sha256:" HEX) "null}", false, false},
        {CRITICAL("example.com/test", "sha256:" HEX) "null}", false, false},
        {CRITICAL("example.com:5000/test/image", "sha256:" HEX) "null}", false, false},
        {CRITICAL("", "sha256:" HEX) "null}", false, false},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        payload(f, rows[i].text);
        f->d.name_rule = SIG_NAME_REPOSITORY;
        assert_int_equal(ask(f), rows[i].repository);
        f->d.name_rule = SIG_NAME_EXACT;
        assert_int_equal(ask(f), rows[i].exact);
        f->d.name_rule = SIG_NAME_IGNORED;
        good(f);
    }
    f->d.name_rule = SIG_NAME_REPOSITORY;
    bad(f, "name", "signed as '', not as 'example.com/test/image'");
    f->art.repository = NULL; /* a layout without names of repositories */
    good(f);
    f->d.name_rule = SIG_NAME_EXACT;
    bad(f, "name", "signed as '', not as 'example.com/test/image@sha256:");
    f->d.name_rule = SIG_NAME_REPOSITORY;
    f->art.repository = "host:5000/a";
    payload(f, CRITICAL("host:5000/a", "sha256:" HEX) "null}");
    good(f);
}

static void test_annotations_demanded(void **state)
{
    struct fixture *f = *state;
    const struct oci_annotation want[] = {{"env", "prod"}, {"team", "a&b"}};
    f->d.annotations = want;
    f->d.annotation_count = 2;
    payload(f,
            CRITICAL("example.com/test/image", "sha256:" HEX) "{\"env\":\"prod\",\"more\":1,\"team\":\"a\\u0026b\"}}");
    good(f);
    payload(f, CRITICAL("example.com/test/image", "sha256:" HEX) "{\"env\":\"prod\",\"team\":\"b\"}}");
    bad(f, "annotation", "signed with the annotation team=b, 'wpack.pub' asks for team=a&b");
    payload(f, CRITICAL("example.com/test/image", "sha256:" HEX) "{\"env\":\"prod\",\"team\":1}}");
    bad(f, "annotation", "without the annotation team=a&b");
    payload(f, PLAIN);
    bad(f, "annotation", "without the annotation env=prod");
}

static void test_no_attestation(void **state)
{
    struct fixture *f = *state;
    f->d.predicate = (struct sig_match){.kind = SIG_MATCH_EXACT, .text = "https://slsa.dev/provenance/v1"};
    payload(f, PLAIN);
    bad(f, "predicate", "is a plain signature, 'wpack.pub' asks for an attestation");
}

/* ---- envelopes judged ---- */

static const char *statement(struct fixture *f, const char *hex, const char *type)
{
    return wp_arena_printf(&f->a,
                           "{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"predicateType\":\"%s\",\"subject\":[{"
                           "\"name\":\"x\",\"digest\":{\"sha256\":\"%s\"}}],\"predicate\":{}}",
                           type, hex);
}

/* sigs: how many signatures stand before the right one. */
static void envelope(struct fixture *f, const char *type, const char *text, size_t sigs)
{
    WP_AUTO_BUF struct wp_buf pae = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf base64 = WP_BUF_INIT;
    sig_dsse_pae(type, span(text), &pae);
    wp_base64(&base64, span(text), false);
    wp_buf_printf(&b, "{\"payloadType\":\"%s\",\"payload\":\"%s\",\"signatures\":[", type, base64.ptr);
    for (size_t i = 0; i < sigs; i++) {
        wp_buf_add_str(&b, "{\"keyid\":\"x\",\"sig\":\"AAAA\"},");
    }
    wp_buf_cut(&base64, 0);
    wp_base64(&base64, sign(f, wp_buf_span(&pae)), false);
    wp_buf_printf(&b, "{\"sig\":\"%s\"}]}", base64.ptr);
    f->c.bytes = wp_arena_bytes(&f->a, wp_buf_span(&b));
    f->c.media_type = SIG_MT_DSSE;
    f->c.where = "tag x.att";
    f->c.annotation_count = 0;
}

#define SLSA "https://slsa.dev/provenance/v1"

static void test_attestation(void **state)
{
    struct fixture *f = *state;
    f->d.predicate = (struct sig_match){.kind = SIG_MATCH_EXACT, .text = SLSA};
    envelope(f, SIG_PAYLOAD_INTOTO, statement(f, HEX, SLSA), 0);
    good(f);
    assert_string_equal(f->proof.predicate_type, SLSA);
    assert_non_null(f->proof.statement.ptr);
    envelope(f, SIG_PAYLOAD_INTOTO, statement(f, HEX, SLSA), 15);
    good(f);
    envelope(f, SIG_PAYLOAD_INTOTO, statement(f, HEX, SLSA), 16);
    bad(f, "parse", "/signatures");
    envelope(f, SIG_PAYLOAD_INTOTO, statement(f, OTHER, SLSA), 0);
    bad(f, "subject", "about something else");
    envelope(f, SIG_PAYLOAD_INTOTO, statement(f, HEX, "https://spdx.dev/Document"), 0);
    bad(f, "predicate", "'https://spdx.dev/Document'");
    envelope(f, "text/plain", statement(f, HEX, SLSA), 0);
    bad(f, "parse", "'text/plain', not an in-toto statement");
    envelope(f, SIG_PAYLOAD_INTOTO, "{}", 0);
    bad(f, "parse", "tag x.att");
    envelope(f, SIG_PAYLOAD_INTOTO, statement(f, HEX, SLSA), 0);
    f->d.key = f->other;
    bad(f, "signature", "other.pub");
}

/* An attestation is no signature of the artifact, but for the one by which cosign signs. */
static void test_attestation_as_signature(void **state)
{
    struct fixture *f = *state;
    envelope(f, SIG_PAYLOAD_INTOTO, statement(f, HEX, SLSA), 0);
    bad(f, "predicate", "is an attestation of type '" SLSA "', 'wpack.pub' asks for a signature");
    envelope(f, SIG_PAYLOAD_INTOTO, statement(f, HEX, SIG_PREDICATE_SIGN), 0);
    good(f);
    f->d.predicate = (struct sig_match){.kind = SIG_MATCH_EXACT, .text = SLSA};
    bad(f, "predicate", "is a signature");
}

static void test_bad_envelopes(void **state)
{
    struct fixture *f = *state;
    static const char *const rows[] = {
        "",
        "[]",
        "{}",
        "{\"payload\":\"e30=\",\"payloadType\":\"x\"}",
        "{\"payload\":\"e30=\",\"payloadType\":\"x\",\"signatures\":[]}",
        "{\"payload\":\"e30=\",\"payloadType\":\"x\",\"signatures\":[{}]}",
        "{\"payload\":\"e30=\",\"payloadType\":\"x\",\"signatures\":[{\"sig\":\"\"}]}",
        "{\"payload\":\"e30=\",\"payloadType\":\"x\",\"signatures\":{\"sig\":\"AAAA\"}}",
        "{\"payload\":\"\",\"payloadType\":\"x\",\"signatures\":[{\"sig\":\"AAAA\"}]}",
        "{\"payload\":\"*\",\"payloadType\":\"x\",\"signatures\":[{\"sig\":\"AAAA\"}]}",
        "{\"payload\":\"e30=\",\"payload\":\"e30=\",\"payloadType\":\"x\",\"signatures\":[{\"sig\":\"AAAA\"}]}",
    };
    f->c.where = "tag x.att";
    f->c.media_type = SIG_MT_DSSE;
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        f->c.bytes = span(rows[i]);
        bad(f, "parse", "");
    }
}

/* ---- a signature of the year 2021 ---- */

/* By cosign 1, Fulcio and the public log as they were then (sigstore-rs, src/cosign/signature_layers.rs): the entry is
 * of the kind rekord, the certificate came without the timestamp of a log of certificates. */
#define REAL_PAYLOAD                                                                    \
    CRITICAL("registry-testing.svc.lan/kubewarden/disallow-service-nodeport",           \
             "sha256:5f481572d088dc4023afb35fced9530ced3d9b03bf7299c6f492163cb9f0452e") \
    "null}"
#define REAL_SIGNATURE \
    "MEUCIGqWScz7s9aP2sGXNFKeqivw3B6kPRs56AITIHnvd5igAiEA1kzbaV2Y5yPE81EN92NUFOl31LLJSvwsjFQ07m2XqaA="
#define REAL_SET "MEUCIDBGJijj2FqU25yRWzlEWHqE64XKwUvychBs1bSM1PaKAiEAwcR2u81c42TLBk3lWJqhtB7SnM7Lh0OYEl6Bfa7ZA4s="
static const char real_certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                       "MIICdzCCAfygAwIBAgITA+PsaKjaEZqn7IY94b1e/jJnizAKBggqhkjOPQQDAzAq\n"
                                       "MRUwEwYDVQQKEwxzaWdzdG9yZS5kZXYxETAPBgNVBAMTCHNpZ3N0b3JlMB4XDTIx\n"
                                       "MTAyMDA3MjUxNloXDTIxMTAyMDA3NDUxNVowADBZMBMGByqGSM49AgEGCCqGSM49\n"
                                       "AwEHA0IABINewQBS1f4AmNIENdL+U/HJotMSM7ZNnkTnYefxwV9TErpvnAZ0+DzL\n"
                                       "yfAAVaeJtKjFvbOTb8F1yhJFU0XY+RijggEpMIIBJTAOBgNVHQ8BAf8EBAMCB4Aw\n"
                                       "EwYDVR0lBAwwCgYIKwYBBQUHAwMwDAYDVR0TAQH/BAIwADAdBgNVHQ4EFgQUMf1R\n"
                                       "MMsqNFBrWbx8mRNdxOkEEYswHwYDVR0jBBgwFoAUyMUdAEGaJCkyUSTrDa5K7UoG\n"
                                       "0+wwgY0GCCsGAQUFBwEBBIGAMH4wfAYIKwYBBQUHMAKGcGh0dHA6Ly9wcml2YXRl\n"
                                       "Y2EtY29udGVudC02MDNmZTdlNy0wMDAwLTIyMjctYmY3NS1mNGY1ZTgwZDI5NTQu\n"
                                       "c3RvcmFnZS5nb29nbGVhcGlzLmNvbS9jYTM2YTFlOTYyNDJiOWZjYjE0Ni9jYS5j\n"
                                       "cnQwIAYDVR0RAQH/BBYwFIESZmxhdmlvQGNhc3RlbGxpLm1lMAoGCCqGSM49BAMD\n"
                                       "A2kAMGYCMQC3Y2ulPTsPmNS4czaKeje0BnOQHz5e6NBX0Bqx9Xca+t2kOi17sopc\n"
                                       "/v/xH1xLuPoCMQDKND4WjHfKqXXOeUvZ9A96DqrEwGaqGMtnIuN4JzZYaULZrx9g\n"
                                       "oXqqo/C9QnOHTto=\n"
                                       "-----END CERTIFICATE-----\n";

static const char *base64(struct fixture *f, const char *text)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_base64(&b, span(text), false);
    return wp_arena_str(&f->a, b.ptr);
}

static const char *real_entry(struct fixture *f, const char *kind)
{
    const char *body = wp_arena_printf(
        &f->a,
        "{\"apiVersion\":\"0.0.1\",\"kind\":\"%s\",\"spec\":{\"data\":{\"hash\":{\"algorithm\":\"sha256\",\"value\":"
        "\"e7801de935512e22b237c7b57e42ca4d20e2134bdf1b98f976c8f55d9cfe4067\"}},\"signature\":{\"content\":"
        "\"" REAL_SIGNATURE "\",\"format\":\"x509\",\"publicKey\":{\"content\":\"%s\"}}}}",
        kind, base64(f, real_certificate));
    return wp_arena_printf(
        &f->a,
        "{\"SignedEntryTimestamp\":\"" REAL_SET "\",\"Payload\":{\"body\":\"%s\",\"integratedTime\":1634714717,"
        "\"logIndex\":783607,\"logID\":\"c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d\"}}",
        base64(f, body));
}

static void test_real(void **state)
{
    struct fixture *f = *state;
    vectors_or_skip();
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    SIG_AUTO_ROOT struct sig_root *root = NULL;
    vectors_read("roots/public-good-trusted_root.json", &json);
    assert_int_equal(sig_root_read(wp_buf_span(&json), "root", &root, &f->err), 0);
    const struct sig_who who = {.identity = {SIG_MATCH_EXACT, "flavio@castelli.me"}, .issuer = {SIG_MATCH_ANY, NULL}};
    f->d = (struct sig_demand){.name = "flavio", .who = &who, .root = root, .log = SIG_LOG_REQUIRED, .now = 1780272000};
    f->art.repository = "registry-testing.svc.lan/kubewarden/disallow-service-nodeport";
    assert_int_equal(oci_digest_parse("sha256:5f481572d088dc4023afb35fced9530ced3d9b03bf7299c6f492163cb9f0452e",
                                      &f->art.desc.digest, &f->err),
                     0);
    struct oci_annotation notes[] = {{SIG_NOTE_SIGNATURE, REAL_SIGNATURE},
                                     {SIG_NOTE_CERTIFICATE, real_certificate},
                                     {SIG_NOTE_BUNDLE, real_entry(f, "rekord")}};
    f->c.bytes = span(REAL_PAYLOAD);
    f->c.annotations = notes;
    f->c.annotation_count = 3;
    bad(f, "sct", "no log of certificates has seen");
    /* Where nobody asks for that. */
    struct sig_root then = *root;
    then.ctlog_count = 0;
    f->d.root = &then;
    good(f);
    assert_true(f->proof.logged && f->proof.time_count == 1 && f->proof.times[0].at == 1634714717);
    assert_string_equal(f->proof.log_name, "rekor.sigstore.dev");
    notes[2].value = real_entry(f, "hashedrekord");
    bad(f, "log", "the signed entry timestamp is not by the log 'rekor.sigstore.dev'");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_payload),
        TEST(test_envelope),
        TEST(test_annotations),
        TEST(test_annotations_small),
        TEST(test_bad_annotations),
        TEST(test_chain_limit),
        TEST(test_good),
        TEST(test_swapped),
        TEST(test_bad_payloads),
        TEST(test_names),
        TEST(test_annotations_demanded),
        TEST(test_no_attestation),
        TEST(test_attestation),
        TEST(test_attestation_as_signature),
        TEST(test_bad_envelopes),
        TEST(test_real),
    };
    return cmocka_run_group_tests_name("sign/cosign", tests, NULL, NULL);
}
