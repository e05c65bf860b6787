/* SPDX-License-Identifier: Apache-2.0
 *
 * A format that believes what it reads (fake-signature.h). */
#include "tests/unit/sign/fake-signature.h"

#include "tests/unit/unit.h"

#include <stdio.h>

static bool satisfies(const struct fake_signature *f, const char *name)
{
    char word[128];
    (void)snprintf(word, sizeof(word), " %s ", name);
    return f->satisfies != NULL && strstr(f->satisfies, word) != NULL;
}

static int refuse(const struct sig_candidate *c, const char *failed, enum wp_code code, struct sig_proof *ret,
                  struct wp_err *err)
{
    ret->failed = failed;
    wp_fail(err, code, "%s: failed at %s for '%s'", c->where, failed, ret->demand->name);
    return 0;
}

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    const struct fake_signature *f = (const void *)c->bytes.ptr;
    (void)a;
    ret->key_id = f->key_id;
    ret->identity = f->identity;
    ret->issuer = f->issuer;
    ret->signer = f->signer != NULL ? f->signer : f->key_id;
    ret->logged = f->log != NULL;
    ret->log_name = f->log;
    ret->log_index = f->log_index;
    ret->predicate_type = f->predicate;
    ret->statement = f->statement != NULL ? wp_span_str(f->statement) : (struct wp_span){.ptr = NULL};
    bool plain = d->predicate.kind == SIG_MATCH_ANY;
    if (plain != (f->predicate == NULL) || (!plain && !sig_match(&d->predicate, f->predicate))) {
        return refuse(c, "predicate", WP_E_UNSATISFIED, ret, err);
    }
    if (!satisfies(f, d->name)) {
        return refuse(c, f->failed != NULL ? f->failed : "signature", f->code != WP_E_OK ? f->code : WP_E_UNSATISFIED,
                      ret, err);
    }
    if (d->name_rule == SIG_NAME_EXACT && f->signer != NULL && !wp_str_eq(f->signer, art->repository)) {
        return refuse(c, "name", WP_E_UNSATISFIED, ret, err);
    }
    return 1;
}

static const char *const no_types[] = {NULL};
static const struct sig_format fake_format = {
    .id = SIG_COSIGN,
    .name = "fake",
    .summary = "of tests",
    .layer_types = no_types,
    .check = check,
};

struct sig_candidate fake_candidate(const struct fake_signature *f, const char *where)
{
    return (struct sig_candidate){.format = &fake_format, .where = where, .bytes = wp_span(f, sizeof(*f))};
}

struct sig_question fake_question(const char *reference, const struct sig_candidate *given, size_t n)
{
    struct sig_question q = {
        .artifact = {.name = "registry.example/team/app@sha256:1234", .repository = "registry.example/team/app"},
        .reference = reference,
        .given = given,
        .given_count = n,
        .now = 1800000000,
    };
    q.artifact.desc.media_type = OCI_MT_MANIFEST;
    oci_digest_of(WP_SHA256, wp_span_str("app"), &q.artifact.desc.digest);
    return q;
}

void assert_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' not found in '%s'", part, text);
    }
}
