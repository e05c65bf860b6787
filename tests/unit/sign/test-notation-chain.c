/* SPDX-License-Identifier: Apache-2.0
 *
 * What certificate chains of Notary signatures must be: each rule broken once. */
#include "base/mem.h"
#include "sign/key-int.h"
#include "sign/notation-int.h"
#include "tests/unit/sign/notary.h"
#include "tests/unit/unit.h"

static const struct notary_spec root_spec = {
    .key = "P-256", .name = "C=US/ST=WA/O=acme/CN=root", .extensions = NOTARY_CA_EXTENSIONS};
static const struct notary_spec leaf_spec = {
    .key = "P-256#2", .name = "C=US/ST=WA/O=acme/CN=leaf", .extensions = NOTARY_LEAF_EXTENSIONS};

static void test_chains(void **state)
{
    (void)state;
#define CA "basicConstraints=critical,CA:TRUE\n"
    static const struct {
        const char *root, *leaf, *words;
        const char *leaf_key, *leaf_hash;
    } rows[] = {
        {NOTARY_CA_EXTENSIONS, NOTARY_LEAF_EXTENSIONS "\nextendedKeyUsage=codeSigning", NULL, NULL, NULL},
        {NOTARY_CA_EXTENSIONS, "keyUsage=critical,digitalSignature", NULL, NULL, NULL},
        {NOTARY_CA_EXTENSIONS, "keyUsage=critical,digitalSignature,nonRepudiation", NULL, NULL, "SHA512"},
        {NOTARY_CA_EXTENSIONS, "keyUsage=digitalSignature", "leaf: key usage is missing or not critical", NULL, NULL},
        {NOTARY_CA_EXTENSIONS, "", "leaf: key usage is missing or not critical", NULL, NULL},
        {NOTARY_CA_EXTENSIONS, "keyUsage=critical,digitalSignature,keyEncipherment",
         "leaf: its key usage is not digitalSignature alone", NULL, NULL},
        {NOTARY_CA_EXTENSIONS, "keyUsage=critical,nonRepudiation", "leaf: its key usage is not digitalSignature alone",
         NULL, NULL},
        {NOTARY_CA_EXTENSIONS, CA "keyUsage=critical,digitalSignature",
         "leaf: it signs artifacts and is a certificate authority", NULL, NULL},
        {NOTARY_CA_EXTENSIONS, NOTARY_LEAF_EXTENSIONS "\nextendedKeyUsage=codeSigning,serverAuth",
         "leaf: its extended key usage is for something other than signing code", NULL, NULL},
        {NOTARY_CA_EXTENSIONS, NOTARY_LEAF_EXTENSIONS "\nextendedKeyUsage=timeStamping",
         "leaf: its extended key usage is for something other than signing code", NULL, NULL},
        {NOTARY_CA_EXTENSIONS, NOTARY_LEAF_EXTENSIONS "\nextendedKeyUsage=anyExtendedKeyUsage",
         "leaf: its extended key usage is for something other than signing code", NULL, NULL},
        {NOTARY_CA_EXTENSIONS, NOTARY_LEAF_EXTENSIONS "\n1.2.3.4=critical,DER:0500",
         "leaf: it has a critical extension that is not known", NULL, NULL},
        {NOTARY_CA_EXTENSIONS, NOTARY_LEAF_EXTENSIONS, "leaf: it is not signed with SHA-256, SHA-384 or SHA-512", NULL,
         "SHA1"},
        {NOTARY_CA_EXTENSIONS, NOTARY_LEAF_EXTENSIONS,
         "leaf: its key is neither RSA of 2048 bits nor ECDSA of 256 bits or more", "RSA1024", NULL},
        {NOTARY_CA_EXTENSIONS, NOTARY_LEAF_EXTENSIONS,
         "leaf: its key is neither RSA of 2048 bits nor ECDSA of 256 bits or more", "ED25519", NULL},
        {NOTARY_CA_EXTENSIONS, NOTARY_LEAF_EXTENSIONS, NULL, "RSA2560", NULL},
        {"keyUsage=critical,keyCertSign", NOTARY_LEAF_EXTENSIONS,
         "root: it issues others and is no certificate authority (critical basic constraints)", NULL, NULL},
        {"basicConstraints=CA:TRUE\nkeyUsage=critical,keyCertSign", NOTARY_LEAF_EXTENSIONS,
         "root: it issues others and is no certificate authority (critical basic constraints)", NULL, NULL},
        {CA, NOTARY_LEAF_EXTENSIONS, "root: key usage is missing or not critical", NULL, NULL},
        {CA "keyUsage=critical,cRLSign", NOTARY_LEAF_EXTENSIONS,
         "root: it issues others and its key usage lacks keyCertSign", NULL, NULL},
        {NOTARY_CA_EXTENSIONS "\nnameConstraints=critical,permitted;DNS:good.org",
         NOTARY_LEAF_EXTENSIONS "\nsubjectAltName=DNS:evil.org", "leaf: its name is none that its authority may issue",
         NULL, NULL},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_err err = {0};
        struct notary_spec root = root_spec;
        struct notary_spec leaf = leaf_spec;
        root.extensions = rows[i].root;
        leaf.extensions = rows[i].leaf;
        leaf.hash = rows[i].leaf_hash;
        leaf.key = rows[i].leaf_key != NULL ? rows[i].leaf_key : leaf.key;
        struct notary_cert r = notary_issue(&root, NULL);
        struct notary_cert l = notary_issue(&leaf, &r);
        const struct sig_certs chain = {.items = (X509 *[]){l.cert, r.cert}, .count = 2};
        WP_AUTO_FREE char *words = rows[i].words == NULL ? NULL
                                                         : wp_xasprintf("certificate 'CN=%.4s,O=acme,ST=WA,C=US': %s",
                                                                        rows[i].words, rows[i].words + 6);
        int rc = sig_chain_check(&chain, &a, &err);
        if (rc != (words == NULL ? 0 : -1)) {
            fail_msg("row %zu: %s", i, err.msg);
        }
        assert_string_equal(err.msg, words != NULL ? words : "");
        assert_int_equal(err.code, words != NULL ? WP_E_CERTIFICATE : WP_E_OK);
        notary_cert_done(&l);
        notary_cert_done(&r);
    }
#undef CA
}

/* Order, completeness, what issued what. */
static void test_chain_order(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct notary_spec middle_spec = {.key = "P-256#5",
                                            .name = "C=US/ST=WA/O=acme/CN=middle",
                                            .extensions = "basicConstraints=critical,CA:TRUE,pathlen:0\n"
                                                          "keyUsage=critical,keyCertSign"};
    struct notary_spec low_spec = middle_spec;
    low_spec.key = "P-256#6";
    low_spec.name = "C=US/ST=WA/O=acme/CN=low";
    struct notary_cert root = notary_issue(&root_spec, NULL);
    struct notary_cert root2 = notary_issue(&root_spec, NULL);
    struct notary_cert middle = notary_issue(&middle_spec, &root);
    struct notary_cert low = notary_issue(&low_spec, &middle);
    struct notary_cert leaf = notary_issue(&leaf_spec, &middle);
    struct notary_cert deep = notary_issue(&leaf_spec, &low);
    struct notary_cert self = notary_issue(&leaf_spec, NULL);
    struct notary_cert twin = {.cert = root.cert, .key = leaf.key}; /* root's name, another key */
    struct notary_cert forged = notary_issue(&leaf_spec, &twin);
    const struct {
        X509 *items[5];
        size_t count;
        const char *words;
    } rows[] = {
        {{leaf.cert, middle.cert, root.cert}, 3, NULL},
        {{leaf.cert, middle.cert, root2.cert}, 3, NULL}, /* the same name and key */
        {{self.cert}, 1, NULL},
        {{root.cert}, 1, "'CN=root,O=acme,ST=WA,C=US': it signs artifacts and is a certificate authority"},
        {{leaf.cert}, 1, "'CN=leaf,O=acme,ST=WA,C=US': the chain ends here, and it is no root that signed itself"},
        {{leaf.cert, middle.cert},
         2,
         "'CN=middle,O=acme,ST=WA,C=US': the chain ends here, and it is no root that signed itself"},
        {{leaf.cert, root.cert},
         2,
         "'CN=leaf,O=acme,ST=WA,C=US' was not issued by the next of the chain, 'CN=root,O=acme,ST=WA,C=US'"},
        {{leaf.cert, root.cert, middle.cert},
         3,
         "'CN=leaf,O=acme,ST=WA,C=US' was not issued by the next of the chain, 'CN=root,O=acme,ST=WA,C=US'"},
        {{self.cert, root.cert}, 2, "'CN=leaf,O=acme,ST=WA,C=US': it signed itself, and the chain goes on"},
        {{leaf.cert, middle.cert, root.cert, root2.cert},
         4,
         "'CN=root,O=acme,ST=WA,C=US': it signed itself, and the chain goes on"},
        {{forged.cert, root.cert},
         2,
         "'CN=leaf,O=acme,ST=WA,C=US' was not issued by the next of the chain, 'CN=root,O=acme,ST=WA,C=US'"},
        {{deep.cert, low.cert, middle.cert, root.cert},
         4,
         "'CN=middle,O=acme,ST=WA,C=US': more authorities below it than its path length allows"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        const struct sig_certs chain = {.items = (X509 **)rows[i].items, .count = rows[i].count};
        int rc = sig_chain_check(&chain, &a, &err);
        if (rc != (rows[i].words == NULL ? 0 : -1)) {
            fail_msg("row %zu: %s", i, err.msg);
        }
        assert_true(rows[i].words == NULL || err.code == WP_E_CERTIFICATE);
        assert_string_equal(rows[i].words == NULL ? "" : err.msg + strlen("certificate "),
                            rows[i].words == NULL ? "" : rows[i].words);
    }
    struct notary_cert *all[] = {&root, &root2, &middle, &low, &leaf, &deep, &self, &forged};
    for (size_t i = 0; i < WP_ARRAY_LEN(all); i++) {
        notary_cert_done(all[i]);
    }
}

/* The key decides the algorithm; sizes between Notary's have none. */
static void test_algorithms(void **state)
{
    (void)state;
    static const struct {
        enum sig_kind kind;
        unsigned bits;
        enum sig_alg alg;
    } rows[] = {
        {SIG_KIND_ECDSA, 256, SIG_ALG_ECDSA_P256_SHA256},
        {SIG_KIND_ECDSA, 384, SIG_ALG_ECDSA_P384_SHA384},
        {SIG_KIND_ECDSA, 521, SIG_ALG_ECDSA_P521_SHA512},
        {SIG_KIND_RSA, 2048, SIG_ALG_RSA_PSS_SHA256},
        {SIG_KIND_RSA, 3072, SIG_ALG_RSA_PSS_SHA384},
        {SIG_KIND_RSA, 4096, SIG_ALG_RSA_PSS_SHA512},
        {SIG_KIND_RSA, 2560, SIG_ALG_NONE},
        {SIG_KIND_RSA, 8192, SIG_ALG_NONE},
        {SIG_KIND_ED25519, 256, SIG_ALG_NONE},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const struct sig_pub_facts f = {.kind = rows[i].kind, .bits = rows[i].bits};
        assert_int_equal(sig_chain_alg(&f), rows[i].alg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_chain_order),
        cmocka_unit_test(test_algorithms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
