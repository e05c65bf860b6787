/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands as rows, and what every command gets: options, a job, a place to print, a way to open references. cmd/ is
 * the only room that prints, exits, reads argv or the environment. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/job.h"
#include "base/json.h"
#include "cmd/opt.h"

/* Options of every command. */
struct cmd_global {
    const char *format;   /* "text", "json", "jsonl" */
    const char *progress; /* "auto", "tty", "plain", "none" */
    bool quiet, debug, no_color;
};

/* Options of every command that may talk to a registry. */
struct cmd_registry {
    const char *username, *password, *identity_token, *registry_token, *registry_config;
    bool password_stdin, plain_http, insecure;
    const char *ca_file, *cert_file, *key_file;
    struct opt_list realm_hosts;
    uint64_t retry, retry_max_wait, timeout, limit_rate, concurrency;
};

enum cmd_uses {
    CMD_REGISTRY = 1 << 0, /* takes the registry options */
    CMD_LONG = 1 << 1,     /* may run long: signals cancel the job, progress is shown */
    CMD_LOCAL = 1 << 3,    /* works on local files: no line per finished item */
    CMD_HIDDEN = 1 << 2,   /* not in help and completions */
};

struct cmd_ctx {
    const struct cmd *cmd;
    struct cmd_global global;
    struct cmd_registry registry;
    void *opts;                 /* the command's own struct */
    const char **args, **given; /* as opt_rest has them */
    size_t arg_count;
    struct wp_arena *arena; /* lives as long as the run */
    struct wp_job *job;
    struct cmd_out *out;
    struct cmd_net *net;
    struct cmd_progress *progress; /* NULL: none */
    int status;                    /* to end with, where the error table does not say it; 0: it does */
    const char *const *after;      /* lines for people behind the error, NULL-terminated; NULL: none */
};

struct cmd {
    const char *name, *alias;  /* alias: another word that is understood, or NULL */
    const char *group;         /* "Core", "Trust", "Mirror", "Look", "Setup" */
    const char *args;          /* "[SRC] REF[,TAG...]" */
    const char *summary;       /* one line, no full stop */
    size_t min_args, max_args; /* SIZE_MAX: no limit */
    unsigned uses;
    size_t opts_size;
    const struct opt *opts; /* ends with name == NULL; may be NULL */
    int failure;            /* the status of every failure, whose own ones are the guest's; 0: that of its code */
    int (*run)(struct cmd_ctx *c, struct wp_err *err);
};

extern const struct cmd *const cmd_table[]; /* NULL-terminated, in the order of help */
extern const struct opt cmd_global_opts[], cmd_registry_opts[];

const struct cmd *cmd_find(const char *word);
/* NULL when there is none near. */
const char *cmd_nearest(const char *word);
bool cmd_json(const struct cmd_ctx *c); /* --format json or jsonl */
/* Is the option, by its long name, on the command line? The environment is there for more than one command: what it
 * sets may be of no use to this one, what was typed should be. */
bool cmd_given(const struct cmd_ctx *c, const char *option);

/* ---- one row per file ---- */
extern const struct cmd cmd_build, cmd_push, cmd_pull, cmd_copy, cmd_attach, cmd_attest, cmd_tag, cmd_ls, cmd_resolve,
    cmd_inspect, cmd_diff, cmd_validate, cmd_run, cmd_test, cmd_tree, cmd_keygen, cmd_login, cmd_logout, cmd_rm, cmd_gc,
    cmd_fsck, cmd_raw, cmd_serve, cmd_sign, cmd_verify, cmd_version, cmd_completion, cmd_dump;
