/* SPDX-License-Identifier: Apache-2.0
 *
 * Key files of minisign (jedisct1/minisign, src/minisign.h) and of signify (OpenBSD, signify.c). Both are a comment and
 * a line of base64: two letters for the algorithm, a number for the key, Ed25519. */
#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "sign/key-int.h"
#include "sign/pem.h"

#include <sodium.h>

#define COMMENT "untrusted comment:"
#define ID_LEN  8

/* "Ed", number, key */
#define PUB_LEN  (2 + ID_LEN + SIG_ED25519_PUB)
#define PUB_TEXT 56 /* of it as base64 */

/* minisign: "Ed", "Sc" or zeros, "B2", salt, operations, memory, then the part that the password covers. */
#define SALT_AT    6
#define SALT_LEN   32
#define OPS_AT     (SALT_AT + SALT_LEN)
#define MEM_AT     (OPS_AT + 8)
#define COVER_AT   (MEM_AT + 8)
#define CHECK_LEN  32
#define COVER_LEN  (ID_LEN + SIG_ED25519_SECRET + CHECK_LEN)
#define SECRET_LEN (COVER_AT + COVER_LEN)
/* scrypt with N 2^17, r 8, p 1: as much as cosign accepts at most; minisign reads it from the file. */
#define OPS (UINT64_C(1) << 22)
#define MEM (UINT64_C(1) << 27)

/* signify: "Ed", "BK", rounds, salt, check, number, secret key. */
#define BK_ROUNDS_AT 4
#define BK_CHECK_AT  24
#define BK_ID_AT     32
#define BK_KEY_AT    40
#define BK_LEN       (BK_KEY_AT + SIG_ED25519_SECRET)

/* The second line; true where nothing but blanks follows it. */
static bool second_line(struct wp_span file, struct wp_span *ret)
{
    struct wp_span comment;
    return sig_line(&file, &comment) && sig_line(&file, ret) && sig_blank(file);
}

bool sig_key_minisign_is(struct wp_span file)
{
    return sig_starts(file, COMMENT);
}

/* minisign's own -P takes the line alone. */
bool sig_pub_minisign_is(struct wp_span file)
{
    return sig_starts(file, COMMENT) || (file.len >= PUB_TEXT && sig_starts(file, "RW") &&
                                         sig_blank(wp_span(file.ptr + PUB_TEXT, file.len - PUB_TEXT)));
}

int sig_pub_minisign(struct wp_span file, const char *name, struct sig_pub **ret, struct wp_err *err)
{
    struct wp_span line = wp_span(file.ptr, WP_MIN(file.len, (size_t)PUB_TEXT));
    WP_AUTO_BUF struct wp_buf key = WP_BUF_INIT;
    if (sig_starts(file, COMMENT) && !second_line(file, &line)) {
        return wp_fail(err, WP_E_INPUT, "%s: no minisign or signify key: two lines are expected", name);
    }
    if (line.len > (size_t)2 * SECRET_LEN || !wp_unbase64(&key, (const char *)line.ptr, line.len, false)) {
        return wp_fail(err, WP_E_INPUT, "%s: no minisign or signify key: the second line is not base64", name);
    }
    if (key.len == SECRET_LEN || key.len == BK_LEN) {
        sig_wipe(key.ptr, key.len);
        wp_fail(err, WP_E_INPUT, "%s: is a private key, a public one is needed", name);
        return wp_hint(err, "wpack keygen --public %s prints its public key", name);
    }
    if (key.len != PUB_LEN || memcmp(key.ptr, "Ed", 2) != 0) {
        return wp_fail(err, WP_E_INPUT, "%s: no minisign or signify public key", name);
    }
    if (sig_pub_of_ed25519((const uint8_t *)key.ptr + 2 + ID_LEN, name, ret, err) < 0) {
        return -1;
    }
    (*ret)->facts.has_minisign_id = true;
    memcpy((*ret)->facts.minisign_id, key.ptr + 2, ID_LEN);
    return 0;
}

static uint64_t le64(const uint8_t *at)
{
    uint64_t n = 0;
    for (unsigned i = 8; i-- > 0;) {
        n = n << 8 | at[i];
    }
    return n;
}

static void put_le64(uint8_t *at, uint64_t n)
{
    for (unsigned i = 0; i < 8; i++) {
        at[i] = (uint8_t)(n >> (8 * i));
    }
}

/* Both halves and the number are in the file; the key is made of the seed, and must be the one of the file. */
static int of_secret(const uint8_t id[ID_LEN], const uint8_t *secret, const char *name, struct sig_key **ret,
                     struct wp_err *err)
{
    SIG_AUTO_KEY struct sig_key *k = NULL;
    if (sig_key_of_seed(secret, name, &k, err) < 0) {
        return -1;
    }
    if (memcmp(k->pub->ed25519, secret + SIG_ED25519_SEED, SIG_ED25519_PUB) != 0) {
        return wp_fail(err, WP_E_INPUT, "%s: the password is wrong, or the file is damaged", name);
    }
    k->pub->facts.has_minisign_id = true;
    memcpy(k->pub->facts.minisign_id, id, ID_LEN);
    *ret = WP_STEAL(k);
    return 0;
}

/* The stream that a password makes for the covered part. */
static int stream(const struct sig_secret *password, const uint8_t *file, const char *name, struct sig_secret **ret,
                  struct wp_err *err)
{
    uint64_t ops = le64(file + OPS_AT);
    uint64_t mem = le64(file + MEM_AT);
    if (mem > WP_LIMIT_KEY_MEMORY || ops > WP_LIMIT_KEY_MEMORY / 32) {
        wp_fail(err, WP_E_LIMIT, "%s: unlocking the key would take more than %llu MiB", name,
                (unsigned long long)(WP_LIMIT_KEY_MEMORY / WP_MIB));
        return -1;
    }
    SIG_AUTO_SECRET struct sig_secret *s = sig_secret_new(COVER_LEN);
    if (crypto_pwhash_scryptsalsa208sha256(s->ptr, s->len, (const char *)password->ptr, password->len, file + SALT_AT,
                                           ops, (size_t)mem) != 0) {
        wp_fail(err, WP_E_LIMIT, "%s: unlocking the key needs %llu MiB of memory, and they are not there", name,
                (unsigned long long)(mem / WP_MIB));
        return -1;
    }
    *ret = WP_STEAL(s);
    return 0;
}

static void cover(uint8_t *part, const struct sig_secret *with)
{
    for (size_t i = 0; i < COVER_LEN; i++) {
        part[i] ^= with->ptr[i];
    }
}

/* BLAKE2b-256 of "Ed", number, secret key */
static void check_of(const uint8_t *part, uint8_t ret[CHECK_LEN])
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, CHECK_LEN);
    crypto_generichash_update(&st, (const uint8_t *)"Ed", 2);
    crypto_generichash_update(&st, part, ID_LEN + SIG_ED25519_SECRET);
    crypto_generichash_final(&st, ret, CHECK_LEN);
}

static int read_minisign(const struct sig_key_file *f, struct sig_secret *key, struct sig_key **ret, struct wp_err *err)
{
    uint8_t *part = key->ptr + COVER_AT;
    bool locked = memcmp(key->ptr + 2, "Sc", 2) == 0;
    if ((!locked && memcmp(key->ptr + 2, "\0\0", 2) != 0) || memcmp(key->ptr + 4, "B2", 2) != 0) {
        return wp_fail(err, WP_E_INPUT, "%s: a minisign key with another protection than scrypt", f->name);
    }
    if (locked) {
        SIG_AUTO_SECRET struct sig_secret *password = NULL;
        SIG_AUTO_SECRET struct sig_secret *with = NULL;
        uint8_t check[CHECK_LEN];
        if (sig_key_password(f, &password, err) < 0 || stream(password, key->ptr, f->name, &with, err) < 0) {
            return -1;
        }
        cover(part, with);
        check_of(part, check);
        if (!wp_equal_secret(check, part + ID_LEN + SIG_ED25519_SECRET, CHECK_LEN)) {
            return wp_fail(err, WP_E_INPUT, "%s: the password is wrong, or the file is damaged", f->name);
        }
    }
    return of_secret(part, part + ID_LEN, f->name, ret, err);
}

static int read_signify(const struct sig_key_file *f, const struct sig_secret *key, struct sig_key **ret,
                        struct wp_err *err)
{
    if (memcmp(key->ptr + 2, "BK", 2) != 0 || memcmp(key->ptr + BK_ROUNDS_AT, "\0\0\0\0", 4) != 0) {
        wp_fail(err, WP_E_INPUT, "%s: a signify key with a password is not read", f->name);
        return wp_hint(err, "signify -G -n makes keys without; wpack keygen --import NEW gives it a password");
    }
    uint8_t hash[WP_HASH_MAX];
    wp_hash_bytes(WP_SHA512, wp_span(key->ptr + BK_KEY_AT, SIG_ED25519_SECRET), hash);
    bool sound = wp_equal_secret(hash, key->ptr + BK_CHECK_AT, ID_LEN);
    sig_wipe(hash, sizeof(hash));
    return sound ? of_secret(key->ptr + BK_ID_AT, key->ptr + BK_KEY_AT, f->name, ret, err)
                 : wp_fail(err, WP_E_INPUT, "%s: the signify key does not match its check sum", f->name);
}

int sig_key_minisign(const struct sig_key_file *f, struct sig_key **ret, struct wp_err *err)
{
    struct wp_span line;
    size_t len = 0;
    if (!second_line(f->bytes, &line)) {
        return wp_fail(err, WP_E_INPUT, "%s: no minisign or signify key: two lines are expected", f->name);
    }
    SIG_AUTO_SECRET struct sig_secret *key = sig_secret_new(SECRET_LEN);
    if (sodium_base642bin(key->ptr, key->len, (const char *)line.ptr, line.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        return wp_fail(err, WP_E_INPUT, "%s: no minisign or signify key: the second line is not base64 of one",
                       f->name);
    }
    sig_secret_cut(key, len);
    if (len == PUB_LEN) {
        return wp_fail(err, WP_E_INPUT, "%s: is a public key, the private one is needed", f->name);
    }
    if ((len != SECRET_LEN && len != BK_LEN) || memcmp(key->ptr, "Ed", 2) != 0) {
        return wp_fail(err, WP_E_INPUT, "%s: no minisign or signify private key", f->name);
    }
    return len == SECRET_LEN ? read_minisign(f, key, ret, err) : read_signify(f, key, ret, err);
}

/* ---- writing ---- */

void sig_pub_minisign_id(const struct sig_pub *p, uint8_t ret[8])
{
    if (p->facts.has_minisign_id) {
        memcpy(ret, p->facts.minisign_id, ID_LEN);
        return;
    }
    uint8_t hash[WP_HASH_MAX];
    wp_hash_bytes(WP_SHA256, wp_span(p->ed25519, sizeof(p->ed25519)), hash);
    memcpy(ret, hash, ID_LEN);
}

static int must_be_ed25519(const struct sig_pub *p, struct wp_err *err)
{
    return p->facts.kind == SIG_KIND_ED25519
               ? 0
               : wp_fail(err, WP_E_INPUT, "%s: minisign knows Ed25519 keys only", p->facts.name);
}

int sig_pub_write_minisign(const struct sig_pub *p, struct wp_buf *ret, struct wp_err *err)
{
    uint8_t key[PUB_LEN] = {'E', 'd'};
    if (must_be_ed25519(p, err) < 0) {
        return -1;
    }
    sig_pub_minisign_id(p, key + 2);
    memcpy(key + 2 + ID_LEN, p->ed25519, SIG_ED25519_PUB);
    wp_buf_printf(ret, COMMENT " minisign public key %016llX\n", (unsigned long long)le64(key + 2));
    wp_base64(ret, wp_span(key, sizeof(key)), false);
    wp_buf_add_char(ret, '\n');
    return 0;
}

/* Without a password minisign leaves the check sum zero. */
static int fill(const struct sig_key *k, const struct sig_secret *password, struct sig_secret *key, struct wp_err *err)
{
    uint8_t *part = key->ptr + COVER_AT;
    SIG_AUTO_SECRET struct sig_secret *with = NULL;
    memcpy(key->ptr, "Ed\0\0B2", 6);
    sig_pub_minisign_id(k->pub, part);
    memcpy(part + ID_LEN, k->ed25519->ptr, SIG_ED25519_SECRET);
    if (password == NULL) {
        return 0;
    }
    memcpy(key->ptr + 2, "Sc", 2);
    randombytes_buf(key->ptr + SALT_AT, SALT_LEN);
    put_le64(key->ptr + OPS_AT, OPS);
    put_le64(key->ptr + MEM_AT, MEM);
    check_of(part, part + ID_LEN + SIG_ED25519_SECRET);
    if (stream(password, key->ptr, k->pub->facts.name, &with, err) < 0) {
        return -1;
    }
    cover(part, with);
    return 0;
}

int sig_key_write_minisign(const struct sig_key *k, const struct sig_secret *password, struct sig_secret **ret,
                           struct wp_err *err)
{
    if (must_be_ed25519(k->pub, err) < 0) {
        return -1;
    }
    if (k->ed25519 == NULL) {
        return wp_fail(err, WP_E_INPUT, "%s: the key is in other hands and cannot be written", k->pub->facts.name);
    }
    SIG_AUTO_SECRET struct sig_secret *key = sig_secret_new(SECRET_LEN);
    if (fill(k, password, key, err) < 0) {
        return -1;
    }
    char head[64];
    int len = snprintf(head, sizeof(head), COMMENT " minisign %s\n",
                       password != NULL ? "encrypted secret key" : "secret key");
    size_t room = sodium_base64_encoded_len(SECRET_LEN, sodium_base64_VARIANT_ORIGINAL); /* with its NUL */
    SIG_AUTO_SECRET struct sig_secret *text = sig_secret_new((size_t)len + room);
    memcpy(text->ptr, head, (size_t)len);
    sodium_bin2base64((char *)text->ptr + len, room, key->ptr, key->len, sodium_base64_VARIANT_ORIGINAL);
    text->ptr[text->len - 1] = '\n';
    *ret = WP_STEAL(text);
    return 0;
}
