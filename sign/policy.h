/* SPDX-License-Identifier: Apache-2.0
 *
 * Trust policy: for every repository what must be proven before anything of it gets a name. wpack's own file
 * (schemas/policy.schema.json), containers' policy.json, Notary's trust policy; or the demands of a command line.
 * Judging is pure: candidates in, report out. */
#pragma once

#include "oci/store.h"
#include "sign/find.h"
#include "sign/statement.h"

struct sig_policy;
/* A file of any kind known, told by its content. Keys, roots and certificates it names are relative to its folder and
 * loaded now; one that cannot be read is an error. config_dir: Notary's configuration folder (trust stores); NULL: the
 * file's. */
int sig_policy_load(const char *path, const char *config_dir, WP_OWN struct sig_policy **ret,
                    struct wp_err *err) WP_MUST_USE;
/* The same from its bytes; path is its name, and what paths in it are relative to. */
int sig_policy_parse(struct wp_span text, const char *path, const char *config_dir, WP_OWN struct sig_policy **ret,
                     struct wp_err *err) WP_MUST_USE;
/* One rule for everything: any of the demands satisfies it (threshold of them, each by another signer). Demands and
 * what they point at are borrowed. */
int sig_policy_of(const struct sig_demand *demands, size_t n, unsigned threshold, WP_OWN struct sig_policy **ret,
                  struct wp_err *err) WP_MUST_USE;
void sig_policy_free(WP_OWN struct sig_policy *p);
void sig_policy_free_p(struct sig_policy **p);
#define SIG_AUTO_POLICY WP_CLEANUP(sig_policy_free_p)
const char *sig_policy_name(const struct sig_policy *p);

enum sig_verdict {
    SIG_SATISFIED,
    SIG_ACCEPTED_UNSIGNED, /* the policy asks for nothing here */
    SIG_NONE,              /* 10: nothing that could satisfy was found */
    SIG_NOT_SATISFIED,     /* 12 */
    SIG_BAD_CERTIFICATE,   /* 13 */
    SIG_UNKNOWN,           /* 14: the list of signatures could not be read */
    SIG_REJECTED,          /* 22: the policy admits nothing under this name */
};

/* One requirement of the rule and how it went. */
struct sig_result {
    const char *id;   /* as in the file, or the demand's name */
    const char *what; /* for people: "signed by 2 of release-2025.pub, release-2026.pub" */
    bool satisfied;
    const struct sig_proof *proofs; /* those that counted, then those that failed */
    size_t proof_count, good_count;
    const char *why; /* where not satisfied: one line */
};
struct sig_report {
    enum sig_verdict verdict;
    const char *scope;  /* of the rule that was in force; NULL: the default */
    const char *policy; /* sig_policy_name */
    const struct sig_result *results;
    size_t result_count;
    const struct sig_candidate *found; /* all candidates */
    size_t found_count;
    struct wp_err
        err; /* the answer as an error: code, message that names what was found, hint; code OK where satisfied */
};

struct sig_question {
    struct sig_artifact artifact;
    const char *reference;             /* "host/repo:tag", "oci:DIR:tag": what scopes are compared with */
    struct oci_store *store;           /* where the artifact and its signatures are; NULL: `given` alone */
    const char *repo;                  /* as sig_find wants it */
    const struct sig_candidate *given; /* besides: --bundle files, detached signatures, the module's own */
    size_t given_count;
    bool recursive; /* every manifest of an index by itself, too */
    int64_t now;
    struct wp_job *job;
};
/* Always fills ret; 0 where verdict is SATISFIED or ACCEPTED_UNSIGNED, else -1 with *err = ret->err. In the arena. */
int sig_judge(const struct sig_policy *p, const struct sig_question *q, struct wp_arena *a, struct sig_report *ret,
              struct wp_err *err) WP_MUST_USE;
