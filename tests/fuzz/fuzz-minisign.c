/* SPDX-License-Identifier: Apache-2.0
 *
 * minisign's signature files: the input is one, and once more the trusted comment of a signature that is made and must
 * be accepted, for its own file only. */
#include "base/mem.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/minisign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static int check(struct wp_span sig, struct wp_span file, const struct sig_pub *key, struct wp_arena *a)
{
    struct wp_err err = {0};
    struct sig_proof proof;
    struct sig_candidate c = {.format = &sig_format_minisign, .where = "fuzz.minisig", .bytes = sig};
    struct sig_artifact art = {.name = "fuzz", .bytes = file};
    struct sig_demand d = {.name = "fuzz.pub", .key = key, .now = 1};
    int r = sig_check(&c, &art, &d, a, &proof, &err);
    must(r == 1 ? proof.failed == NULL && proof.signer != NULL : proof.failed != NULL && err.msg[0] != '\0');
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[SIG_ED25519_SEED] = {7};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    SIG_AUTO_KEY struct sig_key *k = NULL;
    WP_AUTO_BUF struct wp_buf made = WP_BUF_INIT;
    must(sig_key_of_seed(seed, "fuzz.key", &k, &err) == 0);
    const struct sig_pub *key = sig_key_pub(k);
    struct wp_span text = wp_span_str("the file that was signed");
    (void)check(wp_span(data, size), text, key, &a);

    size_t comment = size > 100 ? 100 : size;
    WP_AUTO_FREE char *trusted = wp_xstrndup((const char *)data, strnlen((const char *)data, comment));
    if (sig_minisign_seal(k, text, trusted, &made, &err) < 0) {
        must(err.code == WP_E_INPUT);
        return 0;
    }
    must(check(wp_buf_span(&made), text, key, &a) == 1);
    must(check(wp_buf_span(&made), wp_span(data, size), key, &a) == 0 || size == text.len);
    wp_buf_add(&made, data, size);
    (void)check(wp_buf_span(&made), text, key, &a);
    return 0;
}
