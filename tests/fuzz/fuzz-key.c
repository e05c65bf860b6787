/* SPDX-License-Identifier: Apache-2.0
 *
 * Key files of every format. What is read as a public key is written and read again as the same key, as a private one
 * it signs what its public half verifies. Nobody tells passwords: what encrypted files hold is not reached, only what
 * stands around it. */
#include "base/mem.h"
#include "sign/key-int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static int refuse(void *arg, const char *what, bool confirm, struct sig_secret **ret, struct wp_err *err)
{
    (void)arg;
    (void)confirm;
    (void)ret;
    must(what[0] != '\0');
    return wp_fail(err, WP_E_USAGE, "nobody is there");
}

static void check_pub(struct wp_span file)
{
    struct wp_err err = {0};
    SIG_AUTO_PUB struct sig_pub *p = NULL;
    SIG_AUTO_PUB struct sig_pub *again = NULL;
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    if (sig_pub_read(file, "fuzz.pub", &p, &err) < 0) {
        must(err.msg[0] != '\0' && p == NULL);
        return;
    }
    const struct sig_pub_facts *f = sig_pub_facts(p);
    must(sig_alg_fits(f->alg, f) && f->spki.len > 0);
    sig_pub_pem(p, &pem);
    must(sig_pub_read(wp_buf_span(&pem), "again.pub", &again, &err) == 0);
    must(wp_str_eq(sig_pub_facts(again)->id, f->id) && sig_pub_facts(again)->kind == f->kind);
    struct sig_message m = {.bytes = wp_span_str("message")};
    must(!sig_pub_verify(p, f->alg, &m, wp_span("", 0)));
}

static void check_key(struct wp_span file)
{
    struct wp_err err = {0};
    const struct sig_ask ask = {.password = refuse};
    SIG_AUTO_KEY struct sig_key *k = NULL;
    if (sig_key_read(file, "fuzz.key", &ask, &k, &err) < 0) {
        must(err.msg[0] != '\0' && k == NULL);
        return;
    }
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    struct sig_message m = {.bytes = wp_span_str("message")};
    /* A key whose halves do not fit signs nothing. */
    if (sig_key_sign(k, SIG_ALG_NONE, &m, &sig, &err) == 0) {
        must(sig_pub_verify(sig_key_pub(k), sig_pub_facts(sig_key_pub(k))->alg, &m, wp_buf_span(&sig)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_span file = wp_span(data, size);
    check_pub(file);
    check_key(file);
    return 0;
}
