/* SPDX-License-Identifier: Apache-2.0
 *
 * What every kind of policy file becomes: rules, each with scopes and needs, and what the policy owns for them. The
 * readers (policy-file.c, policy-containers.c, policy-notation.c) fill it, policy-judge.c asks it. */
#pragma once

#include "base/json.h"
#include "sign/notation.h"
#include "sign/policy.h"
#include "sign/root.h"

struct sig_condition; /* policy-condition.c */

/* The name that cosign's older format must state, where the rule says more than the demand's name_rule does
 * (containers policy.json, signedIdentity). */
enum sig_map_rule {
    SIG_MAP_NONE,
    SIG_MAP_REPOSITORY,
    SIG_MAP_EXACT,           /* with the tag or digest that was asked for */
    SIG_MAP_DIGEST_OR_EXACT, /* asked for by digest: the repository; by tag: exactly that */
};
struct sig_name_map {
    enum sig_map_rule rule;
    const char *from; /* what names begin with, whole parts, to be replaced by `to`; others stay. NULL: all of it */
    const char *to;   /* NULL: the name as it is */
};

/* One requirement: threshold of demands, each by another signer, and all conditions on each attestation that counts. */
struct sig_need {
    const char *id;
    struct sig_demand *demands;
    size_t demand_count;
    unsigned threshold;
    const struct sig_condition *conditions;
    size_t condition_count;
    struct sig_name_map name_map;
};

/* Any one of these needs, by their place in the rule. */
struct sig_group {
    const size_t *needs;
    size_t count;
};

enum sig_action { SIG_ACTION_REQUIRE, SIG_ACTION_ACCEPT, SIG_ACTION_REJECT };

/* What a signature must be of where the artifact is an index. */
enum sig_platforms {
    SIG_PLATFORMS_INDEX,  /* the index: what is reached through it is covered */
    SIG_PLATFORMS_EITHER, /* the index, or each manifest it leads to */
    SIG_PLATFORMS_EACH,   /* the index, and each manifest it leads to */
};

struct sig_rule {
    const char *where;         /* "policy.json:12:5", for messages; NULL: sig_rule_where finds it among "rules" */
    const char *const *scopes; /* what they mean is the reader's affair: sig_policy.find */
    size_t scope_count;
    enum sig_action action;
    const char *why; /* with REJECT: more than that the file says so; NULL: nothing */
    struct sig_need *needs;
    size_t need_count;
    const struct sig_group *groups; /* all of them must hold */
    size_t group_count;
    enum sig_platforms platforms;
};

struct sig_policy {
    struct wp_arena arena; /* of all strings and lists here */
    const char *name;
    const char *folder; /* that paths are relative to: "" or with a '/' at its end */
    struct sig_rule *rules;
    size_t rule_count;
    struct sig_rule fallback; /* where no rule is in force */
    /* The rule in force and which of its scopes matched (NULL: the fallback). Never NULL. */
    const struct sig_rule *(*find)(const struct sig_policy *p, const struct sig_question *q, const char **ret_scope);
    struct wp_json_doc *doc;       /* the file: its strings live as long as the policy; NULL: a command line */
    struct wp_json_places *places; /* of doc; NULL: nobody asked yet */
    struct sig_owned *owned[256];  /* keys, roots, stores, in lists by hash of their paths: policy.c */
};

WP_OWN struct sig_policy *sig_policy_new(const char *name);

/* The readers: fill p from p->doc, which is of their kind. */
int sig_policy_read_file(struct sig_policy *p, struct wp_err *err) WP_MUST_USE;
int sig_policy_read_containers(struct sig_policy *p, struct wp_err *err) WP_MUST_USE;
/* config_dir: as of sig_policy_load. */
int sig_policy_read_notation(struct sig_policy *p, const char *config_dir, struct wp_err *err) WP_MUST_USE;

/* For readers. A path as the policy means it, in its arena. */
const char *sig_policy_path(struct sig_policy *p, const char *path);
/* Loaded once per path, owned by the policy; an error is told at the place that names it. */
int sig_policy_pub(struct sig_policy *p, const struct wp_json *at, const char *path, const struct sig_pub **ret,
                   struct wp_err *err) WP_MUST_USE;
int sig_policy_root(struct sig_policy *p, const struct wp_json *at, const char *path, const struct sig_root **ret,
                    struct wp_err *err) WP_MUST_USE;
/* Handed over to the policy. */
void sig_policy_own_pub(struct sig_policy *p, WP_OWN struct sig_pub *pub);
void sig_policy_own_root(struct sig_policy *p, WP_OWN struct sig_root *root);
/* key: all that the store was made of, by which it is found again; NULL: it is not. */
void sig_policy_own_store(struct sig_policy *p, const char *key, WP_OWN struct sig_store *store);
/* The store of that key, or NULL. */
const struct sig_store *sig_policy_store(struct sig_policy *p, const char *key);
/* The place of a member's text in words, which end with NULL and hold whatever the schema lets pass; absent: 0. */
unsigned sig_policy_choice(const struct wp_json *at, const char *key, const char *const *words);
/* One group per need: all must hold. */
void sig_rule_need_all(struct sig_policy *p, struct sig_rule *r);
/* err told again at the place that led to it; a hint stays. Returns -1. */
int sig_policy_fail_at(const struct wp_json *at, struct wp_err *err);
/* "wpack-policy.json:12:5" of a place, in the arena. */
const char *sig_policy_where(struct sig_policy *p, const struct wp_json *at);
/* Of a rule; looked for when it is asked for, which takes a walk through the file. */
const char *sig_rule_where(const struct sig_policy *p, const struct sig_rule *r, struct wp_arena *a);

/* What scopes are compared with: the reference without tag and digest, "file:…" for files. In the arena. */
const char *sig_scope_name(const struct sig_question *q, struct wp_arena *a);
/* That without a layout's repository; NULL: has none. */
const char *sig_scope_folder(const char *name, struct wp_arena *a);
/* '*' within one level, "**" across. */
bool sig_scope_matches(const char *scope, const char *name);
/* Which of two patterns is the narrower one: < 0 the first, > 0 the second, 0 neither. */
int sig_scope_cmp(const char *a, const char *b);
/* Two patterns of different rules that are equally narrow and may match the same name, stars standing for anything:
 * true, and which; of two rules that clash the later one is ret[1]. list is sorted by that. */
struct sig_scope_at {
    const char *scope;
    size_t rule;
};
bool sig_scopes_clash(struct sig_scope_at *list, size_t n, struct sig_scope_at ret[2]) WP_MUST_USE;
/* A pattern from a document, as names are written. */
int sig_scope_read(struct sig_policy *p, const struct wp_json *at, const char **ret, struct wp_err *err) WP_MUST_USE;
/* A member that is a point in time, RFC 3339; absent: *ret stays. */
int sig_time_read(const struct wp_json *at, const char *key, int64_t *ret, struct wp_err *err) WP_MUST_USE;

/* How one need was answered. */
struct sig_answer {
    struct sig_result result;
    enum sig_verdict verdict; /* SATISFIED, NONE, NOT_SATISFIED, BAD_CERTIFICATE */
    size_t signers;           /* that count */
    const struct sig_need *need;
};
struct sig_asked {
    struct sig_artifact artifact;
    int64_t now;
    int name_rule; /* in place of the demands'; < 0: theirs */
};
/* list against the need. Nothing is read but what is given. */
void sig_need_ask(const struct sig_need *need, const struct sig_asked *asked, const struct sig_candidate *list,
                  size_t n, struct wp_arena *a, struct sig_answer *ret);

/* Words (policy-words.c). "signed by 'release.pub'", "2 of 'a.pub', 'b.pub' have signed", … */
const char *sig_need_text(const struct sig_need *need, struct wp_arena *a);
/* Why the need is not satisfied, without the artifact's name. */
const char *sig_answer_why(const struct sig_answer *an, struct wp_arena *a);
/* The error of a question whose rule is not satisfied because of `an`, with a hint. */
struct sig_looked {
    const struct sig_question *question;
    const char *name; /* of the artifact */
    bool by_policy;   /* a file's rule, not a command line */
    size_t others;    /* referrers that are no signatures */
};
void sig_answer_fail(const struct sig_answer *an, const struct sig_looked *l, struct wp_arena *a, struct wp_err *err);

/* A list of conditions, from the document. */
int sig_conditions_read(struct sig_policy *p, const struct wp_json *at, const struct sig_condition **ret, size_t *ret_n,
                        struct wp_err *err) WP_MUST_USE;
/* 0, or -1 with a message that names the path, what is there and what should be. */
int sig_conditions_check(const struct sig_condition *list, size_t n, struct wp_span statement, int64_t now,
                         struct wp_err *err) WP_MUST_USE;
