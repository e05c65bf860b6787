/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack keygen`: a pair of keys into two files; a key of another program brought over; a key's public half. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/num.h"
#include "cmd/out.h"
#include "cmd/password.h"

#include <errno.h>

struct opts {
    const char *output, *type, *import, *public, *password_file, *password_fd;
    bool force, plain;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.letter = 'o',
     .name = "output",
     .kind = OPT_STR,
     .offset = AT(output),
     .arg = "NAME",
     .env = "",
     .help = "write NAME.key and NAME.pub (default: wpack)"},
    {.name = "type",
     .kind = OPT_ENUM,
     .offset = AT(type),
     .arg = "TYPE",
     .choices = "ecdsa-p256 ecdsa-p384 rsa-2048 rsa-3072 rsa-4096 ed25519 minisign",
     .env = "WPACK_KEY_TYPE",
     .help = "kind of key"},
    {.name = "import",
     .kind = OPT_STR,
     .offset = AT(import),
     .arg = "FILE",
     .env = "",
     .help = "take the private key in FILE instead of making one"},
    {.name = "public",
     .kind = OPT_STR,
     .offset = AT(public),
     .arg = "KEY",
     .env = "",
     .help = "print the public key of KEY and write nothing"},
    {.name = "password-file",
     .kind = OPT_STR,
     .offset = AT(password_file),
     .arg = "FILE",
     .help = "the key's password is the first line of FILE"},
    {.name = "password-fd",
     .kind = OPT_STR,
     .offset = AT(password_fd),
     .arg = "N",
     .env = "",
     .help = "the key's password is the first line read from descriptor N"},
    {.name = "plain",
     .kind = OPT_FLAG,
     .offset = AT(plain),
     .env = "",
     .help = "write the private key without password"},
    {.letter = 'f',
     .name = "force",
     .kind = OPT_FLAG,
     .offset = AT(force),
     .env = "",
     .help = "replace files that are there"},
    {0},
};

static const struct {
    const char *word;
    enum sig_key_type type;
} types[] = {
    {"ecdsa-p256", SIG_KEY_ECDSA_P256}, {"ecdsa-p384", SIG_KEY_ECDSA_P384}, {"rsa-2048", SIG_KEY_RSA_2048},
    {"rsa-3072", SIG_KEY_RSA_3072},     {"rsa-4096", SIG_KEY_RSA_4096},     {"ed25519", SIG_KEY_ED25519},
    {"minisign", SIG_KEY_MINISIGN},
};

/* The two files, and how the first is written. */
struct pair {
    const char *key, *pub, *format;
};

static bool for_minisign(const struct opts *o)
{
    return o->type != NULL && wp_str_eq(o->type, "minisign");
}

static struct pair name_pair(struct cmd_ctx *c, const struct opts *o)
{
    const char *name = o->output != NULL ? o->output : "wpack";
    size_t len = strlen(name);
    size_t stem = len > 4 && wp_str_eq(name + len - 4, ".key") ? len - 4 : len;
    return (struct pair){
        .key = wp_arena_printf(c->arena, "%.*s.key", (int)stem, name),
        .pub = wp_arena_printf(c->arena, "%.*s.pub", (int)stem, name),
        .format = for_minisign(o) ? "minisign"
                  : o->plain      ? "pkcs8"
                                  : "sigstore",
    };
}

/* Before anybody is asked for a password. */
static int check_absent(const char *path, struct wp_err *err)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return errno == ENOENT ? 0 : wp_fs_fail(err, errno, "cannot look for '%s'", path);
    }
    wp_fail(err, WP_E_EXISTS, "'%s' is already there", path);
    return wp_hint(err, "-o NAME for another name; --force replaces it: what it signed is then signed by a lost key");
}

static int write_file(const struct opts *o, const char *path, struct wp_span bytes, unsigned mode, struct wp_err *err)
{
    return o->force ? wp_fs_replace(path, bytes, mode, err) : wp_fs_create(path, bytes, mode, err);
}

static int private_text(const struct sig_key *k, const struct opts *o, const struct sig_secret *password,
                        struct sig_secret **ret, struct wp_err *err)
{
    return for_minisign(o) ? sig_key_write_minisign(k, password, ret, err)
                           : sig_key_write_sigstore(k, password, ret, err);
}

static int write_pair(const struct sig_key *k, const struct opts *o, const struct pair *p,
                      const struct sig_secret *password, struct wp_err *err)
{
    SIG_AUTO_SECRET struct sig_secret *text = NULL;
    WP_AUTO_BUF struct wp_buf pub = WP_BUF_INIT;
    if (!for_minisign(o)) {
        sig_pub_pem(sig_key_pub(k), &pub);
    } else if (sig_pub_write_minisign(sig_key_pub(k), &pub, err) < 0) {
        return -1;
    }
    if (private_text(k, o, password, &text, err) < 0) {
        return -1;
    }
    return write_file(o, p->key, wp_span(text->ptr, text->len), 0600, err) < 0 ||
                   write_file(o, p->pub, wp_buf_span(&pub), 0644, err) < 0
               ? -1
               : 0;
}

static int get_key(const struct opts *o, const struct password *pw, struct sig_key **ret, struct wp_err *err)
{
    if (o->import != NULL) {
        return sig_key_open(o->import, &pw->ask, ret, err);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(types); i++) {
        if (o->type == NULL || wp_str_eq(types[i].word, o->type)) {
            return sig_key_generate(types[i].type, ret, err);
        }
    }
    return wp_fail(err, WP_E_USAGE, "'%s' is no type of key", o->type);
}

/* As it signs where no log asks for the prehashed variant. */
static const char *algorithm_of(const struct sig_pub_facts *f)
{
    return sig_algs[f->kind == SIG_KIND_ED25519 ? SIG_ALG_ED25519 : f->alg].name;
}

static void report(struct cmd_ctx *c, const struct pair *p, const struct sig_pub *pub)
{
    const struct sig_pub_facts *f = sig_pub_facts(pub);
    if (!cmd_json(c)) {
        out_fact(c->out, "algorithm", "%s", algorithm_of(f));
        out_fact(c->out, "key id", "%s", f->id);
        out_fact(c->out, "key file", "%s", wp_str_eq(p->format, "sigstore") ? "encrypted, as cosign's" : p->format);
        out_line(c->out, "%s", p->key);
        out_line(c->out, "%s", p->pub);
        return;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "key", p->key);
    wp_jo_kstr(&j, "public", p->pub);
    wp_jo_kstr(&j, "keyFormat", p->format);
    wp_jo_kstr(&j, "algorithm", algorithm_of(f));
    wp_jo_kstr(&j, "keyId", f->id);
    wp_jo_object_end(&j);
    out_json(c->out, &b);
}

static int generate(struct cmd_ctx *c, const struct password *pw, struct wp_err *err)
{
    const struct opts *o = c->opts;
    struct pair p = name_pair(c, o);
    SIG_AUTO_KEY struct sig_key *k = NULL;
    SIG_AUTO_SECRET struct sig_secret *password = NULL;
    if (!o->force && (check_absent(p.key, err) < 0 || check_absent(p.pub, err) < 0)) {
        return -1;
    }
    if (get_key(o, pw, &k, err) < 0) {
        return -1;
    }
    const char *what = wp_arena_printf(c->arena, "password for the new %s", p.key);
    if (!o->plain && pw->ask.password(pw->ask.arg, what, true, &password, err) < 0) {
        return -1;
    }
    if (write_pair(k, o, &p, password, err) < 0) {
        return -1;
    }
    report(c, &p, sig_key_pub(k));
    return 0;
}

static void print_public(struct cmd_ctx *c, const struct sig_pub *pub, const struct wp_buf *text)
{
    if (!cmd_json(c)) {
        out_bytes(c->out, wp_buf_span(text));
        return;
    }
    const struct sig_pub_facts *f = sig_pub_facts(pub);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "publicKey", text->ptr);
    wp_jo_kstr(&j, "algorithm", algorithm_of(f));
    wp_jo_kstr(&j, "keyId", f->id);
    wp_jo_object_end(&j);
    out_json(c->out, &b);
}

static int show_public(struct cmd_ctx *c, const struct password *pw, struct wp_err *err)
{
    const struct opts *o = c->opts;
    SIG_AUTO_KEY struct sig_key *k = NULL;
    SIG_AUTO_PUB struct sig_pub *read = NULL;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_err other = {0};
    /* A public key is printed as PEM, too. */
    if (sig_pub_load(o->public, &read, &other) < 0 && sig_key_open(o->public, &pw->ask, &k, err) < 0) {
        return -1;
    }
    const struct sig_pub *pub = read != NULL ? read : sig_key_pub(k);
    if (!for_minisign(o)) {
        sig_pub_pem(pub, &text);
    } else if (sig_pub_write_minisign(pub, &text, err) < 0) {
        return -1;
    }
    print_public(c, pub, &text);
    return 0;
}

static int check_options(const struct opts *o, struct wp_err *err)
{
    if (o->public != NULL && (o->import != NULL || o->output != NULL || o->plain)) {
        return wp_fail(err, WP_E_USAGE, "keygen: --public writes nothing: it goes without --import, --output, --plain");
    }
    if (o->import != NULL && o->type != NULL && !for_minisign(o)) {
        return wp_fail(err, WP_E_USAGE, "keygen: an imported key is what it is: of --type only minisign goes with it");
    }
    return 0;
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    PASSWORD_AUTO struct password pw;
    password_init(&pw, c, o->password_file, o->password_fd);
    if (check_options(o, err) < 0) {
        return -1;
    }
    return o->public != NULL ? show_public(c, &pw, err) : generate(c, &pw, err);
}

const struct cmd cmd_keygen = {
    .name = "keygen",
    .group = "Trust",
    .args = "",
    .summary = "make a pair of keys for signing",
    .min_args = 0,
    .max_args = 0,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
