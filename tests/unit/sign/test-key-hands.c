/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys in other hands: programs that keep to the protocol, and such that do not. Tokens have end-to-end tests
 * (tests/e2e/test_keys.py). */
#include "base/fs.h"
#include "base/mem.h"
#include "sign/key-int.h"
#include "tests/unit/base/temp-folder.h"
#include "tests/unit/unit.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>

static void write_key(const struct temp_folder *t, const char *name, EVP_PKEY *k)
{
    WP_AUTO_FREE char *pub = wp_xasprintf("%s.pub", name);
    for (int i = 0; i < 2; i++) {
        BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL;
        int ok =
            i == 0 ? PEM_write_bio_PKCS8PrivateKey(bio, k, NULL, NULL, 0, NULL, NULL) : PEM_write_bio_PUBKEY(bio, k);
        assert_int_equal(ok, 1);
        long len = BIO_get_mem_data(bio, &text);
        temp_write(t, i == 0 ? name : pub, wp_span(text, (size_t)len));
        BIO_free(bio);
    }
    EVP_PKEY_free(k);
}

/* "exec:<script>", whose body sees $1 (the user's own argument), $2 (the verb), $3. */
static char *script(const struct temp_folder *t, const char *body)
{
    WP_AUTO_FREE char *text = wp_xasprintf("#!/bin/sh\ncd '%s'\n%s\n", t->path, body);
    temp_write(t, "hand", wp_span_str(text));
    assert_int_equal(chmod(temp_path(t, "hand"), 0755), 0);
    return wp_xasprintf("exec:%s own", temp_path(t, "hand"));
}

static const char honest[] = "case \"$1 $2 $3\" in\n"
                             "'own public-key ') cat k.pub ;;\n"
                             "'own sign ecdsa-sha256'|'own sign ecdsa-sha384')\n"
                             "  openssl pkeyutl -sign -inkey k | base64 ;;\n"
                             "'own sign rsa-pkcs1-sha256')\n"
                             "  openssl pkeyutl -sign -inkey k -pkeyopt digest:sha256 | base64 -w0 ;;\n"
                             "'own sign rsa-pss-sha384')\n"
                             "  openssl pkeyutl -sign -inkey k -pkeyopt digest:sha384 -pkeyopt rsa_padding_mode:pss "
                             "-pkeyopt rsa_pss_saltlen:digest | base64 -w0 ;;\n"
                             "'own sign ed25519')\n"
                             "  cat > message; openssl pkeyutl -sign -inkey k -rawin -in message | base64 -w0 ;;\n"
                             "*) exit 1 ;;\n"
                             "esac";

static int sign_with(const char *spec, enum sig_alg alg, struct wp_err *err)
{
    SIG_AUTO_KEY struct sig_key *k = NULL;
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    struct sig_message m = {.bytes = wp_span_str("message")};
    *err = (struct wp_err){0};
    if (sig_key_open(spec, NULL, &k, err) < 0 || sig_key_sign(k, alg, &m, &sig, err) < 0) {
        return -1;
    }
    alg = alg == SIG_ALG_NONE ? sig_pub_facts(sig_key_pub(k))->alg : alg;
    assert_true(sig_pub_verify(sig_key_pub(k), alg, &m, wp_buf_span(&sig)));
    SIG_AUTO_SECRET struct sig_secret *s = NULL;
    struct wp_err other = {0};
    assert_int_equal(sig_key_write_pkcs8(k, &s, &other), -1);
    assert_non_null(strstr(other.msg, "in other hands"));
    return 0;
}

static void signs(const char *spec, enum sig_alg alg)
{
    struct wp_err err;
    if (sign_with(spec, alg, &err) < 0) {
        fail_msg("%s", err.msg);
    }
}

static void fails(const char *spec, const char *why)
{
    struct wp_err err;
    assert_int_equal(sign_with(spec, SIG_ALG_NONE, &err), -1);
    if (strstr(err.msg, why) == NULL) {
        fail_msg("'%s' lacks '%s'", err.msg, why);
    }
}

static void test_honest(void **state)
{
    const struct temp_folder *t = *state;
    WP_AUTO_FREE char *spec = script(t, honest);
    write_key(t, "k", EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"));
    signs(spec, SIG_ALG_NONE);
    write_key(t, "k", EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"));
    signs(spec, SIG_ALG_NONE);
    write_key(t, "k", EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048));
    signs(spec, SIG_ALG_NONE);
    signs(spec, SIG_ALG_RSA_PSS_SHA384);
    write_key(t, "k", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    signs(spec, SIG_ALG_ED25519);
    fails(spec, "failed at 'sign'"); /* ed25519ph */
}

static void test_environment(void **state)
{
    const struct temp_folder *t = *state;
    WP_AUTO_FREE char *spec = script(t, "env > seen\ncat k.pub");
    write_key(t, "k", EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"));
    setenv("WPACK_KEY_PASSWORD", "canary-1", 1);
    setenv("COSIGN_PASSWORD", "canary-2", 1);
    setenv("OTHER", "stays", 1);
    SIG_AUTO_KEY struct sig_key *k = NULL;
    struct wp_err err = {0};
    assert_int_equal(sig_key_open(spec, NULL, &k, &err), 0);
    WP_AUTO_BUF struct wp_buf seen = WP_BUF_INIT;
    assert_int_equal(wp_fs_read(temp_path(t, "seen"), 1 << 20, &seen, &err), 0);
    assert_non_null(strstr(seen.ptr, "OTHER=stays"));
    assert_null(strstr(seen.ptr, "canary"));
}

static void test_dishonest(void **state)
{
    const struct temp_folder *t = *state;
    write_key(t, "k", EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"));
    write_key(t, "other", EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"));
    static const struct {
        const char *body, *why;
    } rows[] = {
        {"test $2 = sign || exec cat k.pub\nopenssl pkeyutl -sign -inkey other | base64", "is not one of this key's"},
        {"test $2 = sign || exec cat k.pub\necho 'no base64!'", "did not print a signature"},
        {"test $2 = sign || exec cat k.pub", "did not print a signature"},
        {"test $2 = sign || exec cat k.pub\nexit 3", "failed at 'sign'"},
        {"exit 1", "failed at 'public-key'"},
        {"echo hello", "printed no public key"},
        {"cat k", "printed no public key"},
        {"yes", "larger than"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_FREE char *spec = script(t, rows[i].body);
        fails(spec, rows[i].why);
    }
    fails("exec:/nowhere/at-all", "is not in PATH");
    fails("exec: ", "names no program");
    fails("exec:", "names no program");
    fails("awskms:///alias/release", "in the hands of programs and tokens");
}

/* Everything a URI may be before the engine is asked. */
static void test_uris(void **state)
{
    (void)state;
    fails("pkcs11:token=t;object=o", "the PIN of the token is needed");
    fails("pkcs11:token=t?pin-value=%zz", "pin-value is not percent-encoded");
    fails("pkcs11:token=t?pin-value=%4", "pin-value is not percent-encoded");
    fails("pkcs11:token=t?pin-value=a%00b", "pin-value is not percent-encoded");
    fails("pkcs11:token=t?pin-source=file:/nowhere/pin", "/nowhere/pin");
}

#define WITH_FOLDER(fn) cmocka_unit_test_setup_teardown(fn, temp_folder_setup, temp_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_honest),
        WITH_FOLDER(test_environment),
        WITH_FOLDER(test_dishonest),
        cmocka_unit_test(test_uris),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
