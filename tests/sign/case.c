/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading cases (tests/sign/case.h). What cannot be read ends the program. */
#include "tests/sign/case.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/time.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#define IDENTITY                                                          \
    "https://github.com/sigstore-conformance/extremely-dangerous-public-" \
    "oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"
#define ISSUER "https://token.actions.githubusercontent.com"

static void end(const struct wp_err *err)
{
    fprintf(stderr, "%s\n", err->msg);
    exit(2);
}

static void read_file(const char *path, struct wp_buf *b)
{
    struct wp_err err = {0};
    if (wp_fs_read(path, UINT64_C(64) << 20, b, &err) < 0) {
        end(&err);
    }
}

/* The text of the file without its last line break, or a copy of `otherwise`. */
static char *read_line(const char *path, const char *otherwise)
{
    if (access(path, F_OK) != 0) {
        return wp_xstrdup(otherwise);
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    read_file(path, &b);
    while (b.len > 0 && b.ptr[b.len - 1] == '\n') {
        wp_buf_cut(&b, b.len - 1);
    }
    return wp_buf_take(&b);
}

static void demand_of(struct sign_case *c)
{
    c->who = (struct sig_who){.identity = {SIG_MATCH_EXACT, c->identity}, .issuer = {SIG_MATCH_EXACT, c->issuer}};
    c->demand = (struct sig_demand){.name = "test",
                                    .key = c->key,
                                    .who = c->key == NULL ? &c->who : NULL,
                                    .root = c->root,
                                    .log = c->key == NULL ? SIG_LOG_REQUIRED : SIG_LOG_OPTIONAL,
                                    .now = wp_time_now()};
}

void sign_case_make(struct sign_case *c, const char *bundle, const char *artifact, const char *root, const char *key,
                    const char *identity, const char *issuer)
{
    struct wp_err err = {0};
    *c = (struct sign_case){.good = true, .bundle = WP_BUF_INIT, .artifact = WP_BUF_INIT};
    const char *slash = strrchr(bundle, '/');
    c->name = wp_xstrdup(slash != NULL ? slash + 1 : bundle);
    read_file(bundle, &c->bundle);
    if (artifact != NULL) {
        read_file(artifact, &c->artifact);
    } else {
        wp_buf_add(&c->artifact, "\0asm\1\0\0", 8);
    }
    /* A root or a key that cannot be read is a refusal. */
    if (root != NULL && sig_root_load(root, &c->root, &err) < 0) {
        c->root = NULL;
    }
    if (key != NULL && sig_pub_load(key, &c->key, &err) < 0) {
        c->key = NULL;
    }
    c->identity = wp_xstrdup(key != NULL && c->key == NULL ? "nobody" : identity);
    c->issuer = wp_xstrdup(issuer);
    demand_of(c);
}

static char *in(const char *suite, const char *name, const char *file)
{
    return wp_xasprintf("%s/%s/%s", suite, name, file);
}

void sign_case_open(struct sign_case *c, const char *suite, const char *name, const char *root)
{
    WP_AUTO_FREE char *bundle = in(suite, name, "bundle.sigstore.json");
    WP_AUTO_FREE char *own_artifact = in(suite, name, "artifact");
    WP_AUTO_FREE char *common = in(suite, ".", "a.txt");
    WP_AUTO_FREE char *own_root = in(suite, name, "trusted_root.json");
    WP_AUTO_FREE char *own_key = in(suite, name, "key.pub");
    WP_AUTO_FREE char *identity_file = in(suite, name, "identity");
    WP_AUTO_FREE char *issuer_file = in(suite, name, "issuer");
    WP_AUTO_FREE char *identity = read_line(identity_file, IDENTITY);
    WP_AUTO_FREE char *issuer = read_line(issuer_file, ISSUER);
    sign_case_make(c, bundle, access(own_artifact, F_OK) == 0 ? own_artifact : common,
                   access(own_root, F_OK) == 0 ? own_root : root, access(own_key, F_OK) == 0 ? own_key : NULL, identity,
                   issuer);
    free(c->name);
    c->name = wp_xstrdup(name);
    size_t len = strlen(name);
    c->good = len < 5 || !wp_str_eq(name + len - 5, "_fail");
}

void sign_case_close(struct sign_case *c)
{
    free(c->name);
    free(c->identity);
    free(c->issuer);
    sig_pub_free(c->key);
    sig_root_free(c->root);
    wp_buf_done(&c->bundle);
    wp_buf_done(&c->artifact);
}

int sign_case_ask(const struct sign_case *c, struct wp_span bundle, bool by_digest, struct wp_arena *a,
                  struct sig_proof *ret, struct wp_err *err)
{
    struct sig_artifact art = {.name = c->name};
    oci_digest_of(WP_SHA256, wp_buf_span(&c->artifact), &art.desc.digest);
    art.desc.size = c->artifact.len;
    if (!by_digest) {
        art.bytes = wp_buf_span(&c->artifact);
    }
    const struct sig_candidate candidate = {.format = &sig_format_bundle, .where = "bundle", .bytes = bundle};
    return sig_check(&candidate, &art, &c->demand, a, ret, err);
}

/* ---- all of them ---- */

/* Made by @sigstore/sign and @sigstore/mock, by OpenSSL and hand; of eight bytes, or of a statement's subject. */
static const struct {
    const char *bundle, *root, *key;
} others[] = {
    {"mock/msg-keyless-rekor1.sigstore.json", "mock/trusted_root.json", NULL},
    {"mock/msg-keyless-rekor1-tsa.sigstore.json", "mock/trusted_root.json", NULL},
    {"mock/dsse-keyless-rekor1-intoto.sigstore.json", "mock/trusted_root.json", NULL},
    {"mock/msg-key-rekor1.sigstore.json", "mock/trusted_root.json", "mock/managed.pub"},
    {"mock/dsse-key-tsa.sigstore.json", "mock/trusted_root.json", "mock/managed.pub"},
    {"mock/dsse-key-notlog.sigstore.json", NULL, "mock/managed.pub"},
    {"cosign/own-dsse-key.sigstore.json", NULL, "cosign/legacy.pub"},
};

static int is_case(const struct dirent *e)
{
    return e->d_name[0] != '.' && e->d_type == DT_DIR;
}

static int each_of_suite(const char *data, int (*fn)(void *arg, const struct sign_case *c), void *arg)
{
    WP_AUTO_FREE char *suite = wp_xasprintf("%s/sigstore-conformance/bundle-verify", data);
    WP_AUTO_FREE char *root = wp_xasprintf("%s/roots/public-good-trusted_root.json", data);
    struct dirent **list = NULL;
    int count = scandir(suite, &list, is_case, alphasort);
    int stop = 0;
    for (int i = 0; i < count; i++) {
        struct sign_case c;
        sign_case_open(&c, suite, list[i]->d_name, root);
        stop = stop != 0 ? stop : fn(arg, &c);
        sign_case_close(&c);
        free(list[i]);
    }
    free(list);
    return stop != 0 ? -1 : count;
}

int sign_cases(const char *data, int (*fn)(void *arg, const struct sign_case *c), void *arg)
{
    int count = each_of_suite(data, fn, arg);
    for (size_t i = 0; count >= 0 && i < WP_ARRAY_LEN(others); i++) {
        WP_AUTO_FREE char *bundle = in(data, ".", others[i].bundle);
        WP_AUTO_FREE char *root = others[i].root != NULL ? in(data, ".", others[i].root) : NULL;
        WP_AUTO_FREE char *key = others[i].key != NULL ? in(data, ".", others[i].key) : NULL;
        struct sign_case c;
        sign_case_make(&c, bundle, NULL, root, key, "dev@example.com", "https://issuer.example");
        count = fn(arg, &c) != 0 ? -1 : count + 1;
        sign_case_close(&c);
    }
    return count;
}
