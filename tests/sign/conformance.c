/* SPDX-License-Identifier: Apache-2.0
 *
 * Sigstore's conformance suite, every case by file and by digest: the verdict, and of the bad ones the check that
 * stopped them. conformance SIGNING-DATA [-v] */
#include "base/mem.h"
#include "tests/sign/case.h"

#include <dirent.h>
#include <stdio.h>

/* By file; by_digest where it differs. */
static const struct {
    const char *name, *failed, *by_digest;
} reasons[] = {
    {"", NULL, NULL},
};

static const char *reason_of(const char *name, bool by_digest)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(reasons); i++) {
        if (wp_str_eq(reasons[i].name, name)) {
            return by_digest && reasons[i].by_digest != NULL ? reasons[i].by_digest : reasons[i].failed;
        }
    }
    return NULL;
}

struct sum {
    size_t runs, right;
    bool verbose;
};

static void ask(const struct sign_case *c, bool by_digest, struct sum *sum)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct sig_proof p;
    bool good = sign_case_ask(c, wp_buf_span(&c->bundle), by_digest, &a, &p, &err) == 1;
    const char *want = c->good ? NULL : reason_of(c->name, by_digest);
    bool right = good == c->good && (good ? p.failed == NULL : want != NULL && wp_str_eq(want, p.failed));
    sum->runs++;
    sum->right += right ? 1 : 0;
    if (!right || sum->verbose) {
        printf("%s %s (%s): %s%s%s\n", right ? "ok   " : "WRONG", c->name, by_digest ? "digest" : "file",
               good ? "accepted" : p.failed, good ? "" : ": ", good ? "" : err.msg);
    }
}

static int is_case(const struct dirent *e)
{
    return e->d_name[0] != '.' && e->d_type == DT_DIR;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: conformance SIGNING-DATA [-v]\n");
        return 2;
    }
    struct sum sum = {.verbose = argc > 2};
    WP_AUTO_FREE char *suite = wp_xasprintf("%s/sigstore-conformance/bundle-verify", argv[1]);
    WP_AUTO_FREE char *root = wp_xasprintf("%s/roots/public-good-trusted_root.json", argv[1]);
    struct dirent **list = NULL;
    int count = scandir(suite, &list, is_case, alphasort);
    for (int i = 0; i < count; i++) {
        struct sign_case c;
        sign_case_open(&c, suite, list[i]->d_name, root);
        ask(&c, false, &sum);
        ask(&c, true, &sum);
        sign_case_close(&c);
        free(list[i]);
    }
    free(list);
    printf("sigstore conformance: %zu of %zu runs right\n", sum.right, sum.runs);
    return sum.runs != 0 && sum.right == sum.runs ? 0 : 1;
}
