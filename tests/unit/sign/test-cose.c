/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "sign/cbor.h"
#include "sign/notation-int.h"
#include "tests/unit/sign/vectors.h"
#include "tests/unit/unit.h"

#include <ctype.h>

#define P "io.cncf.notary."

/* What may be wrong with an envelope, one at a time; all zero: nothing. */
struct wrong {
    uint64_t tag; /* in place of 18 */
    size_t items; /* in place of 4 */
    bool alg_text, no_alg, crit_text, crit_number, crit_unknown, no_type, scheme_bytes, scheme_nul, time_number,
        time_text;
    bool label_four, unknown_reserved, plugin, both, chain_text, chain_one, chain_empty, chain_many, token_text;
    bool agent_number, empty_payload, empty_signature, protected_array, payload_null;
};

static void put_protected(const struct wrong *w, struct wp_buf *b)
{
    sig_cbor_put_map(b, (size_t)5 - w->no_alg - w->no_type + w->label_four + w->unknown_reserved + w->plugin);
    if (!w->no_alg) {
        sig_cbor_put_int(b, 1);
        w->alg_text ? sig_cbor_put_text(b, "ES256") : sig_cbor_put_int(b, -7);
    }
    sig_cbor_put_int(b, 2);
    if (w->crit_text) {
        sig_cbor_put_text(b, P "signingScheme");
    } else {
        sig_cbor_put_array(b, (size_t)1 + w->crit_number + w->crit_unknown);
        sig_cbor_put_text(b, P "signingScheme");
        if (w->crit_number) {
            sig_cbor_put_int(b, 4);
        }
        if (w->crit_unknown) {
            sig_cbor_put_text(b, "x");
        }
    }
    if (!w->no_type) {
        sig_cbor_put_int(b, 3);
        sig_cbor_put_text(b, SIG_NOTARY_PAYLOAD);
    }
    if (w->label_four) {
        sig_cbor_put_int(b, 4);
        sig_cbor_put_int(b, 4);
    }
    if (w->unknown_reserved) {
        sig_cbor_put_text(b, P "x");
        sig_cbor_put_int(b, 4);
    }
    if (w->plugin) {
        sig_cbor_put_text(b, P "verificationPlugin");
        sig_cbor_put_text(b, "p");
    }
    sig_cbor_put_text(b, P "signingTime");
    if (!w->time_number) {
        sig_cbor_put_tag(b, 1);
    }
    w->time_text ? sig_cbor_put_text(b, "now") : sig_cbor_put_int(b, 1767323045);
    sig_cbor_put_text(b, P "signingScheme");
    if (w->scheme_bytes) {
        sig_cbor_put_bytes(b, wp_span_str("notary.x509"));
    } else if (w->scheme_nul) {
        wp_buf_add(b, "\x6dnotary.x509\0x", 14);
    } else {
        sig_cbor_put_text(b, "notary.x509");
    }
}

static void put_unprotected(const struct wrong *w, struct wp_buf *b)
{
    sig_cbor_put_map(b, (size_t)1 + w->both + w->token_text + w->agent_number);
    sig_cbor_put_int(b, 33);
    size_t count = w->chain_empty ? 0 : w->chain_many ? 11 : 2;
    if (w->chain_text) {
        sig_cbor_put_text(b, "cert");
    } else if (w->chain_one) {
        sig_cbor_put_bytes(b, wp_span_str("cert"));
    } else {
        sig_cbor_put_array(b, count);
        for (size_t i = 0; i < count; i++) {
            sig_cbor_put_bytes(b, wp_span_str("cert"));
        }
    }
    if (w->both) {
        sig_cbor_put_text(b, P "signingScheme");
        sig_cbor_put_text(b, "notary.x509");
    }
    if (w->token_text) {
        sig_cbor_put_text(b, P "timestampSignature");
        sig_cbor_put_text(b, "token");
    }
    if (w->agent_number) {
        sig_cbor_put_text(b, P "signingAgent");
        sig_cbor_put_int(b, 1);
    }
}

static void put_envelope(const struct wrong *w, struct wp_buf *b)
{
    WP_AUTO_BUF struct wp_buf protected = WP_BUF_INIT;
    size_t items = w->items != 0 ? w->items : 4;
    put_protected(w, &protected);
    sig_cbor_put_tag(b, w->tag != 0 ? w->tag : 18);
    sig_cbor_put_array(b, items);
    if (w->protected_array) {
        sig_cbor_put_array(b, 0);
    } else {
        sig_cbor_put_bytes(b, wp_buf_span(&protected));
    }
    put_unprotected(w, b);
    if (w->payload_null) {
        wp_buf_add_char(b, (char)0xf6);
    } else {
        sig_cbor_put_bytes(b, w->empty_payload ? wp_span("", 0) : wp_span_str("{}"));
    }
    for (size_t i = 3; i < items; i++) {
        sig_cbor_put_bytes(b, w->empty_signature ? wp_span("", 0) : wp_span_str("sig"));
    }
}

static const struct {
    struct wrong w;
    const char *words;
} refused[] = {
    {{.tag = 17}, "the envelope: not a COSE_Sign1 (tag 18)"},
    {{.items = 3}, "the envelope: not the four items of COSE_Sign1"},
    {{.items = 5}, "the envelope: not the four items of COSE_Sign1"},
    {{.protected_array = true}, "the protected header is an array, not a byte string"},
    {{.payload_null = true}, "the payload is a simple value, not a byte string"},
    {{.empty_payload = true}, "the envelope: its payload or signature is empty"},
    {{.empty_signature = true}, "the envelope: its payload or signature is empty"},
    {{.no_alg = true}, "the algorithm 0 is none of Notary's"},
    {{.alg_text = true}, "the algorithm 0 is none of Notary's"},
    {{.crit_text = true}, "the list of critical attributes is a text, not an array"},
    {{.crit_number = true}, "a critical attribute is a number, not a text"},
    {{.crit_unknown = true}, "the critical attribute 'x' is not known"},
    {{.no_type = true}, "the envelope: its content is not a Notary payload"},
    {{.label_four = true}, "the envelope: a protected attribute that is not known"},
    {{.unknown_reserved = true}, "the attribute '" P "x' is not known"},
    {{.plugin = true}, "'" P "verificationPlugin' asks for a verification plugin, and there are none here"},
    {{.scheme_bytes = true}, P "signingScheme is a byte string, not a text"},
    {{.scheme_nul = true}, "the envelope: a NUL byte in the signing scheme"},
    {{.time_number = true}, "'" P "signingTime' is not a time (tag 1 around whole seconds)"},
    {{.time_text = true}, "'" P "signingTime' is not a time (tag 1 around whole seconds)"},
    {{.both = true}, "the envelope: an attribute is both protected and not"},
    {{.chain_text = true}, "the certificate chain is a text, not an array"},
    {{.chain_empty = true}, "the envelope: 0 certificates, 1 to 10 are possible"},
    {{.chain_many = true}, "the envelope: 11 certificates, 1 to 10 are possible"},
    {{.token_text = true}, P "timestampSignature is a text, not a byte string"},
    {{.agent_number = true}, P "signingAgent is a number, not a text"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(refused); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct sig_envelope e;
        struct wp_err err = {0};
        put_envelope(&refused[i].w, &b);
        if (sig_wire_cose.read(wp_buf_span(&b), &a, &e, &err) == 0) {
            fail_msg("row %zu was accepted", i);
        }
        assert_string_equal(err.msg, refused[i].words);
        assert_int_equal(err.code, WP_E_INPUT);
    }
}

static void test_read(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct wrong none = {0};
    const struct wrong one = {.chain_one = true};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf tbs = WP_BUF_INIT;
    struct sig_envelope e;
    struct wp_err err = {0};
    put_envelope(&none, &b);
    assert_int_equal(sig_wire_cose.read(wp_buf_span(&b), &a, &e, &err), 0);
    assert_int_equal(e.alg, SIG_ALG_ECDSA_P256_SHA256);
    assert_int_equal(e.signing_time, 1767323045);
    assert_int_equal(e.chain_count, 2);
    assert_true(!e.authority && !e.has_expiry && e.timestamp.ptr == NULL && e.agent == NULL);
    /* Sig_structure, RFC 9052 section 4.4. */
    wp_buf_add(&tbs, "\x84\x6aSignature1", 12);
    sig_cbor_put_bytes(&tbs, e.protected);
    wp_buf_add(&tbs, "\x40\x42{}", 4);
    assert_int_equal(e.tbs.len, tbs.len);
    assert_memory_equal(e.tbs.ptr, tbs.ptr, tbs.len);
    wp_buf_cut(&b, 0);
    put_envelope(&one, &b);
    assert_int_equal(sig_wire_cose.read(wp_buf_span(&b), &a, &e, &err), 0);
    assert_int_equal(e.chain_count, 1);
}

/* The bytes of a hex member of notation-core-go's vector. */
static void hex_of(const struct wp_json *root, const char *pointer, struct wp_buf *ret)
{
    const char *text = NULL;
    struct wp_err err = {0};
    struct wp_json at = wp_json_pointer(root, pointer);
    assert_int_equal(wp_json_str(&at, &text, &err), 0);
    for (size_t i = 0; text[i] != '\0'; i += 2) {
        char two[3] = {(char)tolower(text[i]), (char)tolower(text[i + 1]), '\0'};
        uint8_t byte = 0;
        assert_true(wp_unhex(two, &byte, 1));
        wp_buf_add_char(ret, (char)byte);
    }
}

/* Without needle, which is there. */
static void cut(struct wp_buf *text, const struct wp_buf *needle)
{
    char *at = memmem(text->ptr, text->len, needle->ptr, needle->len);
    assert_non_null(at);
    memmove(at, at + needle->len, text->len - (size_t)(at - text->ptr) - needle->len);
    text->len -= needle->len;
}

/* notation-core-go's expected output, byte by byte, but for attributes of its own that wpack never writes. */
static void test_conformance(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf theirs = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf ours = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf whole = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf part = WP_BUF_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct sig_envelope e;
    struct sig_cbor root;
    struct wp_err err = {0};
    vectors_or_skip();
    vectors_read("notation/core-cose-conformance.json", &file);
    assert_int_equal(wp_json_parse(wp_buf_span(&file), "vector", false, WP_E_INPUT, &doc, &err), 0);
    struct wp_json top = wp_json_root(doc);
    hex_of(&top, "/expectedOutput/cborHex", &whole);
    assert_int_equal(sig_wire_cose.read(wp_buf_span(&whole), &a, &e, &err), -1);
    assert_string_equal(err.msg, "the critical attribute 'signedCritKey1' is not known");
    assert_int_equal(sig_cbor_read(wp_buf_span(&whole), &a, &root, &err), 0);
    hex_of(&top, "/protectedHeaders/cborHex", &theirs);
    assert_int_equal(root.items->items[0].bytes.len, theirs.len);
    assert_memory_equal(root.items->items[0].bytes.ptr, theirs.ptr, theirs.len);
    hex_of(&top, "/unprotectedHeaders/cborHex", &part);
    assert_int_equal(root.items->items[1].raw.len, part.len);
    assert_memory_equal(root.items->items[1].raw.ptr, part.ptr, part.len);

    /* Eight attributes to six, three critical ones to two. */
    wp_buf_cut(&part, 0);
    sig_cbor_put_text(&part, "signedKey1");
    sig_cbor_put_text(&part, "signedValue1");
    cut(&theirs, &part);
    wp_buf_cut(&part, 0);
    sig_cbor_put_text(&part, "signedCritKey1");
    sig_cbor_put_text(&part, "signedCritValue1");
    cut(&theirs, &part);
    wp_buf_cut(&part, 0);
    sig_cbor_put_text(&part, "signedCritKey1");
    cut(&theirs, &part);
    theirs.ptr[0] = (char)(theirs.ptr[0] - 2);
    theirs.ptr[5] = (char)(theirs.ptr[5] - 1);
    e = (struct sig_envelope){
        .alg = SIG_ALG_RSA_PSS_SHA384, .signing_time = 1661321924, .has_expiry = true, .expiry = 1661408324};
    sig_wire_cose.protect(&e, &ours);
    assert_int_equal(ours.len, theirs.len);
    assert_memory_equal(ours.ptr, theirs.ptr, ours.len);
}

/* A signature of notation's, taken apart and written again, is the same bytes. */
static void test_rewrite(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf theirs = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf ours = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf protected = WP_BUF_INIT;
    struct sig_envelope e;
    struct wp_err err = {0};
    vectors_or_skip();
    vectors_read("notation/cose_signature.sig", &theirs);
    assert_int_equal(sig_wire_cose.read(wp_buf_span(&theirs), &a, &e, &err), 0);
    sig_wire_cose.protect(&e, &protected);
    assert_int_equal(protected.len, e.protected.len);
    assert_memory_equal(protected.ptr, e.protected.ptr, e.protected.len);
    sig_wire_cose.write(&e, &ours);
    assert_int_equal(ours.len, theirs.len);
    assert_memory_equal(ours.ptr, theirs.ptr, ours.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_conformance),
        cmocka_unit_test(test_rewrite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
