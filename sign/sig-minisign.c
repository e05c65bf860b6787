/* SPDX-License-Identifier: Apache-2.0
 *
 * The format 'minisign' (sign/sig.h; jedisct1/minisign, src/minisign.h). Four lines: a comment that nobody signed; "ED"
 * (over the BLAKE2b-512 of the file) or "Ed" (over the file), the key's number, the signature; a comment; a signature
 * over the first one and that comment. signify writes the first two only, with "Ed". */
#include "base/limits.h"
#include "base/num.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/minisign.h"
#include "sign/pem.h"
#include "sign/plain.h"

#include <sodium.h>

#define UNTRUSTED   "untrusted comment: "
#define TRUSTED     "trusted comment: "
#define ID_LEN      8
#define SIG_AT      (2 + ID_LEN)
#define LINE_LEN    (SIG_AT + SIG_ED25519_SIG)
#define HASH_LEN    64
#define COMMENT_MAX 8192

struct minisig {
    uint8_t line[LINE_LEN]; /* algorithm, number, signature */
    bool prehashed;
    struct wp_span comment; /* ptr NULL: signify's, which has none */
    uint8_t global[SIG_ED25519_SIG];
};

static int fail(const char *where, const char *check, const char *why, struct sig_proof *ret, struct wp_err *err)
{
    ret->failed = check;
    return wp_fail(err, WP_E_UNSATISFIED, "%s: %s", where, why);
}

static bool decode(struct wp_span line, uint8_t *ret, size_t len)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (line.len != (len + 2) / 3 * 4 || !wp_unbase64(&b, (const char *)line.ptr, line.len, false) || b.len != len) {
        return false;
    }
    memcpy(ret, b.ptr, len);
    return true;
}

/* Nothing that could steer a terminal; tabs are minisign's own. */
static bool is_printable(struct wp_span text)
{
    const uint8_t *at = text.ptr;
    const uint8_t *end = text.ptr + text.len;
    while (at < end) {
        int32_t c = wp_utf8_next(&at, end);
        if (c < 0 || (c < ' ' && c != '\t') || (c >= 0x7f && c < 0xa0)) {
            return false;
        }
    }
    return text.len <= COMMENT_MAX;
}

/* NULL, or what is wrong. */
static const char *parse(struct wp_span text, struct minisig *ret)
{
    struct wp_span line;
    *ret = (struct minisig){.comment = {NULL, 0}};
    if (!sig_line(&text, &line) || !sig_starts(line, UNTRUSTED)) {
        return "it does not begin with an untrusted comment";
    }
    if (!sig_line(&text, &line) || !decode(line, ret->line, LINE_LEN)) {
        return "its second line is not the base64 of a signature";
    }
    ret->prehashed = memcmp(ret->line, "ED", 2) == 0;
    if (!ret->prehashed && memcmp(ret->line, "Ed", 2) != 0) {
        return "its algorithm is neither ED nor Ed";
    }
    if (sig_blank(text) && !ret->prehashed) {
        return NULL;
    }
    if (!sig_line(&text, &line) || !sig_starts(line, TRUSTED)) {
        return "its third line is not a trusted comment";
    }
    ret->comment = wp_span(line.ptr + strlen(TRUSTED), line.len - strlen(TRUSTED));
    if (!is_printable(ret->comment)) {
        return "its trusted comment cannot be printed";
    }
    if (!sig_line(&text, &line) || !decode(line, ret->global, sizeof(ret->global))) {
        return "its fourth line is not the base64 of a signature";
    }
    return sig_blank(text) ? NULL : "something follows its fourth line";
}

static void blake2b(struct wp_span file, uint8_t ret[HASH_LEN])
{
    crypto_generichash(ret, HASH_LEN, file.ptr, file.len, NULL, 0);
}

/* What the second signature is over: the first one and the comment. */
static void global_message(const uint8_t *sig, struct wp_span comment, struct wp_buf *ret)
{
    wp_buf_add(ret, sig, SIG_ED25519_SIG);
    wp_buf_add(ret, comment.ptr, comment.len);
}

static bool holds(const struct minisig *s, const struct sig_pub *key, struct wp_span file)
{
    uint8_t hash[HASH_LEN];
    struct sig_message m = {.bytes = file};
    if (s->prehashed) {
        blake2b(file, hash);
        m.bytes = wp_span(hash, sizeof(hash));
    }
    return sig_pub_verify(key, SIG_ALG_ED25519, &m, wp_span(s->line + SIG_AT, SIG_ED25519_SIG));
}

static bool global_holds(const struct minisig *s, const struct sig_pub *key)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (s->comment.ptr == NULL) {
        return true;
    }
    global_message(s->line + SIG_AT, s->comment, &b);
    struct sig_message m = {.bytes = wp_buf_span(&b)};
    return sig_pub_verify(key, SIG_ALG_ED25519, &m, wp_span(s->global, sizeof(s->global)));
}

static unsigned long long number(const uint8_t id[ID_LEN])
{
    unsigned long long n = 0;
    for (size_t i = ID_LEN; i-- > 0;) {
        n = n << 8 | id[i];
    }
    return n;
}

/* A key that came with a number signs under it. */
static int check_number(const struct minisig *s, const struct sig_candidate *c, const struct sig_demand *d,
                        struct sig_proof *ret, struct wp_err *err)
{
    const struct sig_pub_facts *f = sig_pub_facts(d->key);
    if (f->has_minisign_id && memcmp(f->minisign_id, s->line + 2, ID_LEN) != 0) {
        ret->failed = "key";
        return wp_fail(err, WP_E_UNSATISFIED, "%s: signed with the key %016llX, and '%s' is %016llX", c->where,
                       number(s->line + 2), d->name, number(f->minisign_id));
    }
    return 0;
}

static void tell(const struct minisig *s, const struct sig_demand *d, struct wp_arena *a, struct sig_proof *ret)
{
    const char *how = s->prehashed ? "" : ", not prehashed";
    const char *note = s->comment.ptr == NULL ? wp_arena_printf(a, "%s", how)
                                              : wp_arena_printf(a, "%s, trusted comment '%.*s'", how,
                                                                (int)s->comment.len, (const char *)s->comment.ptr);
    sig_plain_signer(d, note, a, ret);
}

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    struct minisig s;
    const char *problem = c->bytes.len > WP_LIMIT_KEY_FILE ? "it is larger than a minisign file" : parse(c->bytes, &s);
    if (problem != NULL) {
        fail(c->where, "parse", problem, ret, err);
        return 0;
    }
    if (sig_plain_admits(c, d, ret, err) < 0 || check_number(&s, c, d, ret, err) < 0) {
        return 0;
    }
    if (art->bytes.ptr == NULL) {
        fail(c->where, "digest", "minisign signs the file itself, and only its digest is known", ret, err);
        return 0;
    }
    if (!s.prehashed && art->bytes.len == HASH_LEN) {
        fail(c->where, "signature", "not prehashed, over 64 bytes: it could be another file's, prehashed", ret, err);
        return 0;
    }
    if (!holds(&s, d->key, art->bytes)) {
        /* By its number it is of that very key: then it is the file that is another one. */
        ret->failed = sig_pub_facts(d->key)->has_minisign_id ? "digest" : "signature";
        wp_fail(err, WP_E_UNSATISFIED, "%s: the signature is not one of '%s' over %s", c->where, d->name, art->name);
        return 0;
    }
    if (!global_holds(&s, d->key)) {
        fail(c->where, "signature", "the trusted comment is not the one that was signed", ret, err);
        return 0;
    }
    tell(&s, d, a, ret);
    return 1;
}

static const char *const layer_types[] = {NULL};

const struct sig_format sig_format_minisign = {
    .id = SIG_MINISIGN,
    .name = "minisign",
    .summary = "minisign's and signify's signature files",
    .layer_types = layer_types,
    .check = check,
};

/* ---- writing ---- */

static int sign(struct sig_key *key, struct wp_span bytes, struct wp_buf *ret, struct wp_err *err)
{
    struct sig_message m = {.bytes = bytes};
    return sig_key_sign(key, SIG_ALG_ED25519, &m, ret, err);
}

int sig_minisign_seal(struct sig_key *key, struct wp_span file, const char *trusted, struct wp_buf *ret,
                      struct wp_err *err)
{
    const struct sig_pub *pub = sig_key_pub(key);
    struct wp_span comment = wp_span_str(trusted);
    if (sig_pub_facts(pub)->kind != SIG_KIND_ED25519) {
        wp_fail(err, WP_E_INPUT, "%s: minisign knows Ed25519 keys only", sig_pub_facts(pub)->name);
        return wp_hint(err, "wpack keygen --type minisign makes one");
    }
    if (!is_printable(comment)) {
        return wp_fail(err, WP_E_INPUT, "the trusted comment must be printable and at most %d bytes long", COMMENT_MAX);
    }
    uint8_t hash[HASH_LEN];
    uint8_t line[SIG_AT] = {'E', 'D'};
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf message = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf global = WP_BUF_INIT;
    sig_pub_minisign_id(pub, line + 2);
    wp_buf_add(&sig, line, sizeof(line));
    blake2b(file, hash);
    if (sign(key, wp_span(hash, sizeof(hash)), &sig, err) < 0) {
        return -1;
    }
    global_message((const uint8_t *)sig.ptr + SIG_AT, comment, &message);
    if (sign(key, wp_buf_span(&message), &global, err) < 0) {
        return -1;
    }
    wp_buf_printf(ret, UNTRUSTED "signature from key %016llX\n", number(line + 2));
    wp_base64(ret, wp_buf_span(&sig), false);
    wp_buf_printf(ret, "\n" TRUSTED "%s\n", trusted);
    wp_base64(ret, wp_buf_span(&global), false);
    wp_buf_add_char(ret, '\n');
    return 0;
}
