/* SPDX-License-Identifier: Apache-2.0
 *
 * Notary signatures: made and verified again, each broken in one way and refused for that; the vectors of notation-go
 * from WPACK_DATA. */
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/notation-int.h"
#include "tests/unit/sign/notary.h"
#include "tests/unit/sign/vectors.h"
#include "tests/unit/unit.h"

#define MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define LEAF     "C=US/ST=WA/O=acme/CN=leaf"
#define IDENTITY "x509.subject: C=US, ST=WA, O=acme"

/* A signer, an artifact, a store and a demand that fit together; tests spoil one of them. */
struct world {
    struct wp_arena arena;
    struct notary_cert root, leaf, tsa_root, tsa;
    struct sig_artifact artifact;
    struct wp_buf chain, root_pem, tsa_pem;
    struct sig_store_file ca, tsa_file;
    const char *identity;
    struct sig_store_parts parts;
    struct sig_notation_sign sign;
    struct sig_demand demand;
    struct wp_buf envelope;
    struct sig_proof proof;
    struct wp_err err;
};

static const struct notary_spec root_spec = {
    .key = "P-256", .name = "C=US/ST=WA/O=acme/CN=root", .extensions = NOTARY_CA_EXTENSIONS};
static const struct notary_spec leaf_spec = {.key = "P-256#2", .name = LEAF, .extensions = NOTARY_LEAF_EXTENSIONS};

static void world_with(struct world *w, const struct notary_spec *root, const struct notary_spec *leaf)
{
    *w = (struct world){.chain = WP_BUF_INIT, .root_pem = WP_BUF_INIT, .tsa_pem = WP_BUF_INIT, .envelope = WP_BUF_INIT};
    w->root = notary_issue(root, NULL);
    w->leaf = notary_issue(leaf, &w->root);
    notary_pem(w->leaf.cert, &w->chain);
    notary_pem(w->root.cert, &w->chain);
    notary_pem(w->root.cert, &w->root_pem);
    w->artifact = (struct sig_artifact){.name = "app", .desc = {.media_type = MANIFEST, .size = 3}};
    oci_digest_of(WP_SHA256, wp_span("abc", 3), &w->artifact.desc.digest);
    w->identity = IDENTITY;
    w->ca = (struct sig_store_file){.name = "root.pem", .bytes = wp_buf_span(&w->root_pem)};
    w->parts = (struct sig_store_parts){
        .name = "test", .ca = &w->ca, .ca_count = 1, .identities = &w->identity, .identity_count = 1};
    w->sign = (struct sig_notation_sign){
        .target = &w->artifact.desc, .chain = wp_buf_span(&w->chain), .signing_time = NOTARY_NOW, .agent = "test/1"};
    w->demand = (struct sig_demand){.name = "test", .now = NOTARY_NOW + 60};
}

static void world(struct world *w)
{
    world_with(w, &root_spec, &leaf_spec);
}

static void add_tsa(struct world *w)
{
    const struct notary_spec root = {
        .key = "P-256#3", .name = "O=time/CN=root", .extensions = NOTARY_CA_EXTENSIONS, .to = NOTARY_TO + 1000000};
    const struct notary_spec tsa = {
        .key = "P-256#4", .name = "O=time/CN=tsa", .extensions = NOTARY_TSA_EXTENSIONS, .to = NOTARY_TO + 1000000};
    w->tsa_root = notary_issue(&root, NULL);
    w->tsa = notary_issue(&tsa, &w->tsa_root);
    notary_pem(w->tsa_root.cert, &w->tsa_pem);
    w->tsa_file = (struct sig_store_file){.name = "tsa.pem", .bytes = wp_buf_span(&w->tsa_pem)};
    w->parts.tsa = &w->tsa_file;
    w->parts.tsa_count = 1;
}

static void done(struct world *w)
{
    notary_cert_done(&w->root);
    notary_cert_done(&w->leaf);
    notary_cert_done(&w->tsa_root);
    notary_cert_done(&w->tsa);
    wp_buf_done(&w->chain);
    wp_buf_done(&w->root_pem);
    wp_buf_done(&w->tsa_pem);
    wp_buf_done(&w->envelope);
    wp_arena_done(&w->arena);
}

static int try_seal(struct world *w)
{
    SIG_AUTO_KEY struct sig_key *key = NULL;
    const char *thumbprints = NULL;
    EVP_PKEY_up_ref(w->leaf.key);
    assert_int_equal(sig_key_of_evp(w->leaf.key, "key", &key, &w->err), 0);
    wp_buf_cut(&w->envelope, 0);
    int rc = sig_notation_seal(key, &w->sign, &w->envelope, &thumbprints, &w->arena, &w->err);
    assert_true(rc < 0 || wp_str_starts(thumbprints, "[\""));
    return rc;
}

static void seal(struct world *w)
{
    if (try_seal(w) < 0) {
        fail_msg("%s", w->err.msg);
    }
}

static int ask(struct world *w, struct wp_span envelope, const char *media_type)
{
    struct sig_store *store = NULL;
    const struct sig_candidate c = {
        .format = &sig_format_notation, .where = "it", .bytes = envelope, .media_type = media_type};
    if (sig_store_new(&w->parts, &store, &w->err) < 0) {
        fail_msg("%s", w->err.msg);
    }
    w->demand.store = store;
    wp_err_clear(&w->err);
    int rc = sig_check(&c, &w->artifact, &w->demand, &w->arena, &w->proof, &w->err);
    sig_store_free(store);
    w->demand.store = NULL;
    return rc;
}

static void accepts(struct world *w)
{
    if (ask(w, wp_buf_span(&w->envelope), w->sign.cose ? SIG_MT_COSE : SIG_MT_JWS) != 1) {
        fail_msg("%s: %s", w->proof.failed, w->err.msg);
    }
    assert_null(w->proof.failed);
}

static void refuses(struct world *w, const char *failed, enum wp_code code, const char *words)
{
    assert_int_equal(ask(w, wp_buf_span(&w->envelope), w->sign.cose ? SIG_MT_COSE : SIG_MT_JWS), 0);
    assert_string_equal(w->err.msg, words);
    assert_string_equal(w->proof.failed, failed);
    assert_int_equal(w->err.code, code);
}

static void test_round_trips(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        enum sig_alg alg;
    } keys[] = {
        {"P-256", SIG_ALG_ECDSA_P256_SHA256}, {"P-384", SIG_ALG_ECDSA_P384_SHA384},
        {"P-521", SIG_ALG_ECDSA_P521_SHA512}, {"RSA2048", SIG_ALG_RSA_PSS_SHA256},
        {"RSA3072", SIG_ALG_RSA_PSS_SHA384},  {"RSA4096", SIG_ALG_RSA_PSS_SHA512},
    };
    for (size_t i = 0; i < 2 * WP_ARRAY_LEN(keys); i++) {
        struct world w;
        struct notary_spec leaf = leaf_spec;
        leaf.key = keys[i / 2].key;
        world_with(&w, &root_spec, &leaf);
        w.sign.cose = i % 2 != 0;
        w.sign.expiry = i % 4 < 2 ? NOTARY_NOW + 3600 : 0;
        seal(&w);
        accepts(&w);
        assert_int_equal(w.proof.alg, keys[i / 2].alg);
        assert_string_equal(w.proof.signer, "CN=leaf,O=acme,ST=WA,C=US");
        assert_string_equal(w.proof.issuer, "CN=root,O=acme,ST=WA,C=US");
        assert_int_equal(w.proof.time_count, 0);
        assert_int_equal(w.proof.note_count, 0);
        assert_true(wp_str_starts((const char *)w.proof.statement.ptr, "{\"targetArtifact\":"));
        /* Any bit of it. */
        for (size_t at = 7; at < w.envelope.len; at += 31) {
            w.envelope.ptr[at] ^= 1;
            /* What made it is the one thing that nobody signed. */
            bool agent = memmem(w.envelope.ptr, w.envelope.len, SIG_NOTARY_AGENT, strlen(SIG_NOTARY_AGENT)) == NULL ||
                         memmem(w.envelope.ptr, w.envelope.len, "test/1", 6) == NULL;
            if (!agent && ask(&w, wp_buf_span(&w.envelope), w.sign.cose ? SIG_MT_COSE : SIG_MT_JWS) == 1) {
                fail_msg("%s, byte %zu changed: accepted", keys[i / 2].key, at);
            }
            w.envelope.ptr[at] ^= 1;
        }
        accepts(&w);
        done(&w);
    }
}

/* What the signer says beside the artifact. */
static void test_annotations(void **state)
{
    (void)state;
    static const struct oci_annotation user[] = {{"z", "1"}, {"build", "42"}};
    static const struct oci_annotation want[] = {{"build", "42"}, {"z", "2"}, {"other", "1"}};
    static const struct oci_annotation reserved = {"io.cncf.notary.x", "1"};
    struct world w;
    world(&w);
    w.sign.annotations = user;
    w.sign.annotation_count = 2;
    seal(&w);
    w.demand.annotations = want;
    w.demand.annotation_count = 1;
    accepts(&w);
    w.demand.annotations = want + 1;
    refuses(&w, "annotation", WP_E_UNSATISFIED, "it: the annotation 'z' under the signature is '1', not '2'");
    w.demand.annotations = want + 2;
    refuses(&w, "annotation", WP_E_UNSATISFIED, "it: the annotation 'other' under the signature is missing, not '1'");
    w.sign.annotations = &reserved;
    w.sign.annotation_count = 1;
    assert_int_equal(try_seal(&w), -1);
    assert_string_equal(w.err.msg, "annotation 'io.cncf.notary.x': what begins with 'io.cncf.notary' is reserved");
    done(&w);
}

/* Who is said to have signed has signed. */
static void test_changed_payload(void **state)
{
    (void)state;
    struct world w;
    world(&w);
    seal(&w);
    char *digit = strstr(w.envelope.ptr, "\"signature\":\"") + strlen("\"signature\":\"");
    *digit = *digit == 'A' ? 'B' : 'A';
    refuses(&w, "signature", WP_E_UNSATISFIED,
            "it: the signature does not hold for the certificate 'CN=leaf,O=acme,ST=WA,C=US'");
    assert_null(w.proof.signer);
    assert_null(w.proof.identity);
    done(&w);
}

static void test_other_artifact(void **state)
{
    (void)state;
    struct world w;
    world(&w);
    seal(&w);
    w.artifact.desc.size = 4;
    refuses(&w, "subject", WP_E_UNSATISFIED, "it: it signs 3 bytes, the artifact has 4");
    w.artifact.desc.size = OCI_SIZE_UNKNOWN;
    accepts(&w);
    w.artifact.desc.media_type = "text/plain";
    refuses(&w, "subject", WP_E_UNSATISFIED, "it: it signs a '" MANIFEST "', the artifact is a 'text/plain'");
    w.artifact.desc.media_type = NULL;
    accepts(&w);
    oci_digest_of(WP_SHA256, wp_span("abd", 3), &w.artifact.desc.digest);
    refuses(&w, "subject", WP_E_UNSATISFIED,
            "it: it signs another artifact, "
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    done(&w);
}

static void test_who(void **state)
{
    (void)state;
    struct world w;
    world(&w);
    seal(&w);
    w.identity = "*";
    accepts(&w);
    w.identity = "x509.subject: C=US, ST=WA, O=acme, CN=other";
    refuses(&w, "identity", WP_E_UNSATISFIED,
            "it: signed by 'CN=leaf,O=acme,ST=WA,C=US', who is none of the trusted identities");
    w.parts.authenticity = SIG_NOTATION_LOG;
    accepts(&w);
    assert_int_equal(w.proof.note_count, 1);
    assert_string_equal(w.proof.notes[0], "not enforced: signed by 'CN=leaf,O=acme,ST=WA,C=US', who is none of the "
                                          "trusted identities");
    /* Any certificate of the chain may be the trusted one, here the leaf; but not one that is none of it. */
    w.parts.authenticity = SIG_NOTATION_ENFORCE;
    w.identity = IDENTITY;
    struct notary_cert other = notary_issue(&root_spec, NULL);
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    notary_pem(other.cert, &pem);
    w.ca.bytes = wp_buf_span(&pem);
    refuses(&w, "chain", WP_E_UNSATISFIED,
            "it: signed by 'CN=leaf,O=acme,ST=WA,C=US': no certificate of its chain is a certificate authority that "
            "'test' trusts");
    /* A store for signing authorities is another one. */
    w.ca.bytes = wp_buf_span(&w.root_pem);
    w.parts.authority = w.parts.ca;
    w.parts.authority_count = 1;
    w.parts.ca_count = 0;
    refuses(&w, "chain", WP_E_UNSATISFIED,
            "it: signed by 'CN=leaf,O=acme,ST=WA,C=US': no certificate of its chain is a certificate authority that "
            "'test' trusts");
    notary_cert_done(&other);
    done(&w);
}

static void test_no_store(void **state)
{
    (void)state;
    struct world w;
    world(&w);
    seal(&w);
    const struct sig_candidate c = {
        .format = &sig_format_notation, .where = "it", .bytes = wp_buf_span(&w.envelope), .media_type = SIG_MT_JWS};
    assert_int_equal(sig_check(&c, &w.artifact, &w.demand, &w.arena, &w.proof, &w.err), 0);
    assert_string_equal(w.err.msg, "it: a Notary signature is judged by certificates, and none are trusted");
    w.demand.predicate.kind = SIG_MATCH_EXACT;
    w.demand.predicate.text = "https://slsa.dev/provenance/v1";
    refuses(&w, "predicate", WP_E_UNSATISFIED, "it: a Notary signature is no attestation");
    w.demand.predicate.kind = SIG_MATCH_ANY;
    w.demand.log = SIG_LOG_REQUIRED;
    refuses(&w, "log", WP_E_UNSATISFIED, "it: Notary signatures stand in no transparency log, and one is asked for");
    w.demand.log = SIG_LOG_OPTIONAL;
    assert_int_equal(ask(&w, wp_buf_span(&w.envelope), "text/plain"), 0);
    assert_string_equal(w.err.msg, "it: 'text/plain' is no Notary envelope");
    assert_int_equal(ask(&w, wp_buf_span(&w.envelope), SIG_MT_COSE), 0);
    assert_string_equal(w.proof.failed, "parse");
    done(&w);
}

static void test_times(void **state)
{
    (void)state;
    struct world w;
    world(&w);
    w.sign.expiry = NOTARY_NOW + 100;
    seal(&w);
    w.demand.now = NOTARY_NOW + 99;
    accepts(&w);
    w.demand.now = NOTARY_NOW + 100;
    refuses(&w, "expired", WP_E_UNSATISFIED,
            "it: the signature by 'CN=leaf,O=acme,ST=WA,C=US' expired at 2026-06-01T00:01:40Z");
    w.parts.expiry = SIG_NOTATION_LOG;
    accepts(&w);
    assert_int_equal(w.proof.note_count, 1);
    w.demand.now = NOTARY_TO;
    accepts(&w);
    w.demand.now = NOTARY_TO + 1;
    refuses(&w, "expired", WP_E_CERTIFICATE,
            "it: certificate 'CN=leaf,O=acme,ST=WA,C=US' has expired: it is valid from 2026-01-01T00:00:00Z to "
            "2027-01-01T00:00:00Z");
    w.demand.now = NOTARY_FROM - 1;
    refuses(&w, "expired", WP_E_CERTIFICATE,
            "it: certificate 'CN=leaf,O=acme,ST=WA,C=US' is not yet valid: it is valid from "
            "2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z");
    w.parts.timestamp = SIG_NOTATION_LOG;
    accepts(&w);
    w.demand.timestamp_required = true;
    refuses(&w, "timestamp", WP_E_UNSATISFIED, "it: no timestamp authority that is trusted has seen the signature");
    done(&w);
}

/* What the callback of sealing stamps. */
struct stamper {
    const struct notary_cert *tsa;
    int64_t at;
    bool other; /* over something else */
};

static int stamp(void *arg, struct wp_span signature, struct wp_arena *a, struct wp_span *ret, struct wp_err *err)
{
    const struct stamper *s = arg;
    (void)err;
    *ret = notary_stamp(s->tsa, s->other ? wp_span("x", 1) : signature, s->at, a);
    return 0;
}

static void test_timestamps(void **state)
{
    (void)state;
    for (int cose = 0; cose < 2; cose++) {
        struct world w;
        world(&w);
        add_tsa(&w);
        struct stamper s = {.tsa = &w.tsa, .at = NOTARY_NOW + 5};
        w.sign.cose = cose != 0;
        seal(&w);
        refuses(&w, "timestamp", WP_E_UNSATISFIED, "it: the signature by 'CN=leaf,O=acme,ST=WA,C=US' has no timestamp");
        w.parts.timestamp_after_expiry_only = true;
        accepts(&w);
        assert_int_equal(w.proof.time_count, 0);
        w.demand.now = NOTARY_TO + 1;
        refuses(&w, "timestamp", WP_E_UNSATISFIED, "it: the signature by 'CN=leaf,O=acme,ST=WA,C=US' has no timestamp");

        w.sign.stamp = stamp;
        w.sign.stamp_arg = &s;
        seal(&w);
        w.demand.timestamp_required = true;
        accepts(&w); /* long after the certificate */
        assert_int_equal(w.proof.time_count, 1);
        assert_int_equal(w.proof.times[0].at, NOTARY_NOW + 5);
        assert_string_equal(w.proof.times[0].source, "timestamp authority CN=tsa,O=time");
        /* Limits of the demand are about that time. */
        w.demand.not_after = NOTARY_NOW + 4;
        assert_int_equal(ask(&w, wp_buf_span(&w.envelope), w.sign.cose ? SIG_MT_COSE : SIG_MT_JWS), 0);
        assert_string_equal(w.proof.failed, "time-limit");
        w.demand.not_after = 0;

        s.other = true;
        seal(&w);
        refuses(&w, "timestamp", WP_E_UNSATISFIED,
                "it: the timestamp does not hold: it is not over this signature, or its own signature or authority is "
                "not trusted");
        s.other = false;
        s.at = w.demand.now + 301;
        seal(&w);
        refuses(&w, "timestamp", WP_E_UNSATISFIED, "it: the timestamp is from the future");
        s.at = NOTARY_TO; /* a second of doubt reaches beyond */
        seal(&w);
        refuses(&w, "timestamp", WP_E_CERTIFICATE,
                "it: certificate 'CN=leaf,O=acme,ST=WA,C=US' had expired at the time of the timestamp: it is valid "
                "from 2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z");
        s.at = NOTARY_FROM;
        seal(&w);
        assert_int_equal(ask(&w, wp_buf_span(&w.envelope), w.sign.cose ? SIG_MT_COSE : SIG_MT_JWS), 0);
        s.at = NOTARY_FROM + 1;
        seal(&w);
        accepts(&w);
        /* Nobody here believes the authority. */
        w.tsa_file.bytes = wp_buf_span(&w.root_pem);
        refuses(&w, "timestamp", WP_E_UNSATISFIED,
                "it: the timestamp does not hold: it is not over this signature, or its own signature or authority is "
                "not trusted");
        w.parts.tsa_count = 0;
        w.demand.timestamp_required = false;
        w.demand.now = NOTARY_NOW;
        accepts(&w);
        assert_string_equal(w.proof.notes[0], "its timestamp was not looked at: no timestamp authority is trusted");
        done(&w);
    }
}

/* The authority's certificate must be for timestamps, and valid then. */
static void test_timestamp_certificates(void **state)
{
    (void)state;
    struct world w;
    world(&w);
    add_tsa(&w);
    struct stamper s = {.tsa = &w.tsa, .at = NOTARY_TO + 1000000 + 1};
    w.sign.stamp = stamp;
    w.sign.stamp_arg = &s;
    seal(&w);
    assert_int_equal(ask(&w, wp_buf_span(&w.envelope), SIG_MT_JWS), 0);
    assert_string_equal(w.proof.failed, "timestamp");
    done(&w);
}

static void test_revocation(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf crl = WP_BUF_INIT;
    struct sig_store_file file = {.name = "list.crl"};
    struct world w;
    struct notary_spec named = leaf_spec;
    named.extensions = NOTARY_LEAF_EXTENSIONS "\ncrlDistributionPoints=URI:http://127.0.0.1/x.crl";
    world_with(&w, &root_spec, &named);
    seal(&w);
    refuses(&w, "revoked", WP_E_CERTIFICATE,
            "it: whether certificate 'CN=leaf,O=acme,ST=WA,C=US' is revoked is not known: nobody is asked");
    w.parts.revocation = SIG_NOTATION_SKIP;
    accepts(&w);
    assert_string_equal(w.proof.notes[0], "revocation of certificates was not looked at");
    w.parts.revocation = SIG_NOTATION_LOG;
    accepts(&w);
    assert_int_equal(w.proof.note_count, 1);
    w.parts.revocation = SIG_NOTATION_ENFORCE;

    w.parts.crls = &file;
    w.parts.crl_count = 1;
    notary_crl(&w.root, NULL, NOTARY_FROM, NOTARY_TO, false, &crl);
    file.bytes = wp_buf_span(&crl);
    accepts(&w);
    assert_int_equal(w.proof.note_count, 0);
    wp_buf_cut(&crl, 0);
    notary_crl(&w.root, w.leaf.cert, NOTARY_FROM, NOTARY_TO, false, &crl);
    file.bytes = wp_buf_span(&crl);
    refuses(&w, "revoked", WP_E_CERTIFICATE, "it: certificate 'CN=leaf,O=acme,ST=WA,C=US' is revoked");
    w.parts.revocation = SIG_NOTATION_LOG;
    accepts(&w);
    w.parts.revocation = SIG_NOTATION_ENFORCE;
    wp_buf_cut(&crl, 0);
    notary_crl(&w.root, NULL, NOTARY_FROM, NOTARY_NOW, false, &crl);
    file.bytes = wp_buf_span(&crl);
    refuses(&w, "revoked", WP_E_CERTIFICATE, "it: the revocation list for 'CN=leaf,O=acme,ST=WA,C=US' is out of date");
    /* Beside a current one it does no harm; but what revoked once stays revoked. */
    WP_AUTO_BUF struct wp_buf current = WP_BUF_INIT;
    struct sig_store_file both[2] = {file, {.name = "current.crl"}};
    notary_crl(&w.root, NULL, NOTARY_FROM, NOTARY_TO, false, &current);
    both[1].bytes = wp_buf_span(&current);
    w.parts.crls = both;
    w.parts.crl_count = 2;
    accepts(&w);
    wp_buf_cut(&crl, 0);
    notary_crl(&w.root, w.leaf.cert, NOTARY_FROM, NOTARY_NOW, false, &crl);
    both[0].bytes = wp_buf_span(&crl);
    refuses(&w, "revoked", WP_E_CERTIFICATE, "it: certificate 'CN=leaf,O=acme,ST=WA,C=US' is revoked");
    w.parts.crls = &file;
    w.parts.crl_count = 1;
    /* By somebody else with that name. */
    wp_buf_cut(&crl, 0);
    struct notary_cert twin = {.cert = w.root.cert, .key = w.leaf.key};
    notary_crl(&twin, NULL, NOTARY_FROM, NOTARY_TO, false, &crl);
    file.bytes = wp_buf_span(&crl);
    refuses(&w, "revoked", WP_E_CERTIFICATE,
            "it: the revocation list for 'CN=leaf,O=acme,ST=WA,C=US' is not signed by the issuer");
    done(&w);
}

/* What a chain must be is test-notation-chain.c's; a signer whose chain is not so is refused either way. */
static void test_bad_chain(void **state)
{
    (void)state;
    struct world w;
    struct notary_spec leaf = leaf_spec;
    leaf.extensions = "keyUsage=digitalSignature";
    world_with(&w, &root_spec, &leaf);
    assert_int_equal(try_seal(&w), -1);
    assert_string_equal(w.err.msg, "certificate 'CN=leaf,O=acme,ST=WA,C=US': key usage is missing or not critical");
    assert_int_equal(w.err.code, WP_E_INPUT);
    done(&w);
}

/* ---- what notation-go made ---- */

/* The artifact it speaks of, the root of its own chain as the trusted one. */
static int ask_vector(struct world *w, const char *name, int64_t now, const char *tsa)
{
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf tsa_bytes = WP_BUF_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct sig_envelope e;
    vectors_read(name, &bytes);
    const struct sig_wire *wire = bytes.ptr[0] == '{' ? &sig_wire_jws : &sig_wire_cose;
    if (wire->read(wp_buf_span(&bytes), &w->arena, &e, &w->err) < 0) {
        return -1;
    }
    assert_int_equal(wp_json_parse(e.payload, "payload", false, WP_E_INPUT, &doc, &w->err), 0);
    struct wp_json root = wp_json_root(doc);
    struct wp_json target = wp_json_get(&root, "targetArtifact");
    assert_int_equal(oci_desc_read(&target, &w->arena, &w->artifact.desc, &w->err), 0);
    w->ca = (struct sig_store_file){.name = "root", .bytes = e.chain[e.chain_count - 1]};
    w->identity = "*";
    w->demand = (struct sig_demand){.name = "vector", .now = now};
    w->parts = (struct sig_store_parts){.name = "vectors",
                                        .ca = &w->ca,
                                        .ca_count = !e.authority,
                                        .authority = &w->ca,
                                        .authority_count = e.authority,
                                        .identities = &w->identity,
                                        .identity_count = 1,
                                        .revocation = SIG_NOTATION_SKIP};
    if (tsa != NULL) {
        vectors_read(tsa, &tsa_bytes);
        w->tsa_file = (struct sig_store_file){.name = tsa, .bytes = wp_buf_span(&tsa_bytes)};
        w->parts.tsa = &w->tsa_file;
        w->parts.tsa_count = 1;
    }
    return ask(w, wp_buf_span(&bytes), wire->media_type);
}

#define GLOBALSIGN "notation/truststore/globalsignRoot.cer"
#define ALPINE     "'CN=alpine,O=Notary,L=Seattle,ST=WA,C=US'"

static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *file, *tsa;
        const char *failed; /* NULL: proven; "": refused when it is read */
        const char *words;
    } rows[] = {
        {"notation/jws_signature.sig", NULL, NULL, ""},
        {"notation/cose_signature.sig", NULL, NULL, ""},
        {"notation/jws_signature.sig", GLOBALSIGN, "timestamp", "it: the signature by " ALPINE " has no timestamp"},
        {"notation/mock/ca_valid_sig_env.json", NULL, NULL, ""},
        {"notation/mock/sa_valid_sig_env.json", NULL, NULL, ""},
        {"notation/mock/ca_expired_sig_env.json", NULL, "expired",
         "it: the signature by 'CN=Notation Test Root,O=Notary,L=Seattle,ST=WA,C=US' expired at 2022-07-29T23:59:00Z"},
        {"notation/mock/sa_expired_sig_env.json", NULL, "expired",
         "it: the signature by 'CN=Notation Test Root,O=Notary,L=Seattle,ST=WA,C=US' expired at 2022-07-29T23:59:00Z"},
        {"notation/mock/ca_invalid_sig_env.json", NULL, "", "the envelope: /payload: is not base64url without padding"},
        {"notation/mock/sa_invalid_sig_env.json", NULL, "", "the envelope: /payload: is not base64url without padding"},
        {"notation/mock/sig_env_with_metadata.json", NULL, "expired",
         "it: certificate 'CN=wabbit-networks.io,O=Notary,L=Seattle,ST=WA,C=US' has expired: it is valid from "
         "2023-01-11T00:52:12Z to 2023-01-12T00:52:12Z"},
        {"notation/sigEnv/withoutTimestamp.sig", NULL, NULL, ""},
        {"notation/sigEnv/withoutTimestamp.sig", GLOBALSIGN, "timestamp",
         "it: the signature by " ALPINE " has no timestamp"},
        {"notation/sigEnv/coseWithTimestamp.sig", GLOBALSIGN, NULL, ""},
        {"notation/sigEnv/jwsWithTimestamp.sig", GLOBALSIGN, NULL, ""},
        {"notation/sigEnv/coseExpiredWithTimestamp.sig", GLOBALSIGN, NULL, ""},
        {"notation/sigEnv/jwsExpiredWithTimestamp.sig", GLOBALSIGN, NULL, ""},
        {"notation/sigEnv/coseExpiredWithTimestamp.sig", NULL, "expired",
         "it: certificate 'CN=testTSA,O=Notary,L=Seattle,ST=WA,C=US' has expired: it is valid from "
         "2024-06-18T07:20:31Z to 2024-06-18T07:30:31Z"},
        {"notation/sigEnv/coseWithTimestamp.sig", "notation/truststore/GlobalSignRootCA.crt", "timestamp",
         "it: the timestamp does not hold: it is not over this signature, or its own signature or authority is not "
         "trusted"},
        {"notation/sigEnv/timestampAfterNotAfter.sig", GLOBALSIGN, "timestamp",
         "it: certificate 'CN=testTSA,O=Notary,L=Seattle,ST=WA,C=US' had expired at the time of the timestamp: it is "
         "valid from 2000-09-18T11:54:34Z to 2001-09-18T11:54:34Z"},
        {"notation/sigEnv/timestampBeforeNotBefore.sig", GLOBALSIGN, "timestamp",
         "it: certificate 'CN=testTSA,O=Notary,L=Seattle,ST=WA,C=US' was not yet valid at the time of the timestamp: "
         "it is valid from 2099-09-18T11:54:34Z to 2100-09-18T11:54:34Z"},
    };
    vectors_or_skip();
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct world w = {0};
        int rc = ask_vector(&w, rows[i].file, NOTARY_NOW, rows[i].tsa);
        bool good = rows[i].failed == NULL;
        if (rc != (good ? 1 : rows[i].failed[0] == '\0' ? -1 : 0)) {
            fail_msg("%s: %s: %s", rows[i].file, w.proof.failed, w.err.msg);
        }
        assert_string_equal(w.err.msg, rows[i].words);
        assert_true(rc != 0 || wp_str_eq(w.proof.failed, rows[i].failed));
        assert_true(!good || rows[i].tsa == NULL || w.proof.time_count == 1);
        wp_arena_done(&w.arena);
    }
}

/* The manifest that notation-go's two signatures are about, from its layout. */
static void test_vector_layout(void **state)
{
    (void)state;
    static const char *const files[] = {"notation/jws_signature.sig", "notation/cose_signature.sig"};
    WP_AUTO_BUF struct wp_buf manifest = WP_BUF_INIT;
    vectors_or_skip();
    vectors_read("notation/oci-layout/blobs/sha256/19dbd2e48e921426ee8ace4dc892edfb2ecdc1d1a72d5416c83670c30acecef0",
                 &manifest);
    for (size_t i = 0; i < WP_ARRAY_LEN(files); i++) {
        struct world w = {0};
        struct oci_digest digest;
        assert_int_equal(ask_vector(&w, files[i], NOTARY_NOW, NULL), 1);
        oci_digest_of(WP_SHA256, wp_buf_span(&manifest), &digest);
        assert_true(oci_digest_equal(&digest, &w.artifact.desc.digest));
        assert_int_equal(w.artifact.desc.size, manifest.len);
        assert_string_equal(w.artifact.desc.media_type, MANIFEST);
        wp_arena_done(&w.arena);
    }
}

static void refuse_plugin(void *arg, const char *name, struct wp_span bytes)
{
    size_t *count = arg;
    (void)bytes;
    if (strstr(name, "plugin") != NULL) {
        struct world w = {0};
        assert_int_equal(ask_vector(&w, name, NOTARY_NOW, NULL), -1);
        assert_non_null(strstr(w.err.msg, "asks for a verification plugin, and there are none here"));
        wp_arena_done(&w.arena);
        *count += 1;
    }
}

static void test_plugin_vectors(void **state)
{
    (void)state;
    size_t count = 0;
    vectors_or_skip();
    vectors_each("notation/mock/", refuse_plugin, &count);
    assert_int_equal(count, 10);
}

/* A token whose own signature is broken, in place of a good one. */
static void test_broken_token(void **state)
{
    (void)state;
    struct world w = {0};
    struct sig_stamp stamped = {.chain = SIG_CERTS_INIT};
    WP_AUTO_BUF struct wp_buf token = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf root = WP_BUF_INIT;
    struct sig_store *store = NULL;
    vectors_or_skip();
    vectors_read("notation/TimeStampTokenWithInvalidSignature.p7s", &token);
    vectors_read("notation/tsaRootCert.cer", &root);
    w.tsa_file = (struct sig_store_file){.name = "tsa", .bytes = wp_buf_span(&root)};
    w.identity = "*";
    w.parts = (struct sig_store_parts){.name = "vectors",
                                       .ca = &w.tsa_file,
                                       .ca_count = 1,
                                       .tsa = &w.tsa_file,
                                       .tsa_count = 1,
                                       .identities = &w.identity,
                                       .identity_count = 1};
    assert_int_equal(sig_store_new(&w.parts, &store, &w.err), 0);
    assert_int_equal(
        sig_store_stamp(store, wp_buf_span(&token), wp_span_str("notation"), NOTARY_NOW, &w.arena, &stamped, &w.err),
        -1);
    assert_string_equal(w.err.msg, "the timestamp does not hold: it is not over this signature, or its own signature "
                                   "or authority is not trusted");
    for (size_t len = 0; len < token.len; len += 97) {
        assert_int_equal(sig_store_stamp(store, wp_span(token.ptr, len), wp_span_str("notation"), NOTARY_NOW, &w.arena,
                                         &stamped, &w.err),
                         -1);
        assert_string_equal(w.err.msg, "the timestamp is no token of RFC 3161");
    }
    sig_store_free(store);
    wp_arena_done(&w.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_annotations),
        cmocka_unit_test(test_changed_payload),
        cmocka_unit_test(test_other_artifact),
        cmocka_unit_test(test_who),
        cmocka_unit_test(test_no_store),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_timestamp_certificates),
        cmocka_unit_test(test_revocation),
        cmocka_unit_test(test_bad_chain),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_vector_layout),
        cmocka_unit_test(test_plugin_vectors),
        cmocka_unit_test(test_broken_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
