/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures inside modules: the input is a module, and a signature section. Whatever can be signed is accepted as it
 * then is, and no more with a byte behind it; what is read of a section is read again as it was written. */
#include "base/mem.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/module-section.h"
#include "sign/module.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static int check(struct wp_span module, const struct sig_pub *key, struct wp_arena *a)
{
    struct wp_err err = {0};
    struct sig_proof proof;
    struct sig_candidate c = {.format = &sig_format_module, .where = "fuzz.wasm", .bytes = module};
    struct sig_artifact art = {.name = "fuzz.wasm", .bytes = module};
    struct sig_demand d = {.name = "fuzz.pub", .key = key, .now = 1};
    int r = sig_check(&c, &art, &d, a, &proof, &err);
    must(r == 1 ? proof.failed == NULL : proof.failed != NULL && err.msg[0] != '\0');
    return r;
}

static void check_section(struct wp_span bytes, struct wp_arena *a)
{
    struct wp_err err = {0};
    struct sig_module_section s;
    struct sig_module_section again;
    struct sig_module_parts parts;
    WP_AUTO_BUF struct wp_buf module = WP_BUF_INIT;
    if (sig_module_section_read(bytes, a, &s, &err) < 0) {
        return;
    }
    wp_buf_add(&module, "\0asm\1\0\0", 8);
    sig_module_section_write(&s, &module);
    must(sig_module_parts(wp_buf_span(&module), a, &parts, &err) == 0 && parts.minimal && parts.signature.ptr != NULL);
    must(sig_module_section_read(parts.signature, a, &again, &err) == 0 && again.set_count == s.set_count);
    for (size_t i = 0; i < s.set_count; i++) {
        must(again.sets[i].sig_count == s.sets[i].sig_count && again.sets[i].hashes.len == s.sets[i].hashes.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[SIG_ED25519_SEED] = {7};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    SIG_AUTO_KEY struct sig_key *k = NULL;
    WP_AUTO_BUF struct wp_buf sealed = WP_BUF_INIT;
    struct wp_span module = wp_span(data, size);
    must(sig_key_of_seed(seed, "fuzz.key", &k, &err) == 0);
    check_section(module, &a);
    (void)check(module, sig_key_pub(k), &a);
    if (sig_module_seal(k, module, &sealed, &err) < 0) {
        must(err.msg[0] != '\0');
        return 0;
    }
    must(check(wp_buf_span(&sealed), sig_key_pub(k), &a) == 1);
    wp_buf_add(&sealed, "\0\2\1x", 4);
    must(check(wp_buf_span(&sealed), sig_key_pub(k), &a) == 0);
    return 0;
}
