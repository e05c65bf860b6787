/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys that a program holds (wpack-keygen(1), "Keys in other hands"): `PROGRAM ARG… public-key` prints the public key;
 * `PROGRAM ARG… sign ALGORITHM` gets the digest on standard input — for ed25519 the message — and prints the signature
 * as base64. What it answers is believed as far as the public key verifies it. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/program.h"
#include "sign/key-int.h"

#include <unistd.h>

enum { TIMEOUT_MS = 120000, WORDS_MAX = 64 }; /* somebody may have to touch a key */

/* Words of the protocol: they stay as they are. */
static const char *const words[SIG_ALG_COUNT] = {
    [SIG_ALG_ECDSA_P256_SHA256] = "ecdsa-sha256",
    [SIG_ALG_ECDSA_P384_SHA384] = "ecdsa-sha384",
    [SIG_ALG_ECDSA_P521_SHA512] = "ecdsa-sha512",
    [SIG_ALG_ECDSA_P384_SHA256] = "ecdsa-sha256",
    [SIG_ALG_ECDSA_P521_SHA256] = "ecdsa-sha256",
    [SIG_ALG_RSA_PKCS1_SHA256] = "rsa-pkcs1-sha256",
    [SIG_ALG_RSA_PKCS1_SHA512] = "rsa-pkcs1-sha512",
    [SIG_ALG_RSA_PSS_SHA256] = "rsa-pss-sha256",
    [SIG_ALG_RSA_PSS_SHA384] = "rsa-pss-sha384",
    [SIG_ALG_RSA_PSS_SHA512] = "rsa-pss-sha512",
    [SIG_ALG_ED25519] = "ed25519",
    [SIG_ALG_ED25519_PH] = "ed25519ph",
};

struct command {
    struct wp_arena arena;
    const char *argv[WORDS_MAX + 3]; /* two words of ours and NULL behind the user's */
    size_t argc;
    const char *what;
};

static void command_free(struct command *c)
{
    wp_arena_done(&c->arena);
    free(c);
}

static void command_free_p(struct command **c)
{
    if (*c != NULL) {
        command_free(*c);
    }
}

/* Blanks separate words; there is no quoting. */
static int parse(struct command *c, const char *spec, struct wp_err *err)
{
    char *text = wp_arena_str(&c->arena, spec + strlen("exec:"));
    char *rest = NULL;
    for (char *word = strtok_r(text, " \t", &rest); word != NULL; word = strtok_r(NULL, " \t", &rest)) {
        if (c->argc == WORDS_MAX) {
            return wp_fail(err, WP_E_USAGE, "%s: more than %d words", spec, WORDS_MAX);
        }
        c->argv[c->argc++] = word;
    }
    if (c->argc == 0) {
        wp_fail(err, WP_E_USAGE, "'%s' names no program", spec);
        return wp_hint(err, "exec:PROGRAM [ARG...]");
    }
    c->what = wp_arena_printf(&c->arena, "the program '%s' that holds the key", c->argv[0]);
    return 0;
}

/* wpack's and cosign's own variables are not for others: they may hold tokens and passwords. */
static char **environment(struct wp_arena *a)
{
    size_t count = 0;
    size_t kept = 0;
    for (; environ[count] != NULL; count++) {
    }
    char **list = wp_arena_alloc(a, count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        if (!wp_str_starts(environ[i], "WPACK_") && !wp_str_starts(environ[i], "COSIGN_")) {
            list[kept++] = environ[i];
        }
    }
    return list;
}

static int run(const struct command *c, const char *verb, const char *arg, struct wp_span input, struct wp_buf *output,
               struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const char *argv[WORDS_MAX + 3] = {NULL};
    memcpy(argv, c->argv, sizeof(argv));
    argv[c->argc] = verb;
    argv[c->argc + 1] = arg;
    const struct wp_program p = {
        .argv = argv,
        .envp = environment(&a),
        .what = c->what,
        .input = input,
        .timeout_ms = TIMEOUT_MS,
        .output_max = WP_LIMIT_SIGN_HELPER,
        .talks = true,
    };
    bool done = false;
    if (wp_program_run(&p, output, &done, err) < 0) {
        return -1;
    }
    return done ? 0 : wp_fail(err, WP_E_OTHER, "%s failed at '%s'", c->what, verb);
}

/* Without blanks: base64(1) breaks lines. */
static void squeeze(struct wp_buf *b)
{
    size_t len = 0;
    for (size_t i = 0; i < b->len; i++) {
        if (strchr(" \t\r\n", b->ptr[i]) == NULL) {
            b->ptr[len++] = b->ptr[i];
        }
    }
    wp_buf_cut(b, len);
}

static int sign(struct sig_key *k, enum sig_alg alg, const struct sig_message *m, struct wp_buf *ret,
                struct wp_err *err)
{
    const struct command *c = k->state;
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len = sig_message_digest(alg, m, digest);
    struct wp_span input = alg == SIG_ALG_ED25519 ? m->bytes : wp_span(digest, len);
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    if (run(c, "sign", words[alg], input, &text, err) < 0) {
        return -1;
    }
    squeeze(&text);
    if (text.len == 0 || !wp_unbase64(ret, text.ptr, text.len, false)) {
        return wp_fail(err, WP_E_OTHER, "%s did not print a signature as base64", c->what);
    }
    return 0;
}

static void done(struct sig_key *k)
{
    command_free(k->state);
}

static const struct sig_key_hand hand = {.sign = sign, .done = done};

int sig_key_exec(const char *spec, struct sig_key **ret, struct wp_err *err)
{
    WP_CLEANUP(command_free_p) struct command *c = wp_xcalloc(1, sizeof(*c));
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct sig_pub *pub = NULL;
    if (parse(c, spec, err) < 0 || run(c, "public-key", NULL, wp_span(NULL, 0), &text, err) < 0) {
        return -1;
    }
    if (sig_pub_read(wp_buf_span(&text), spec, &pub, err) < 0) {
        return wp_wrap(err, "%s printed no public key", c->what);
    }
    *ret = wp_xcalloc(1, sizeof(**ret));
    (*ret)->hand = &hand;
    (*ret)->pub = pub;
    (*ret)->state = WP_STEAL(c);
    return 0;
}
