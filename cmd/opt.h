/* SPDX-License-Identifier: Apache-2.0
 *
 * Options as rows. Parsing, --help, man pages, completions and the environment (WPACK_FOO_BAR for --foo-bar) come from
 * the same rows; there is no second list. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum opt_kind {
    OPT_FLAG,     /* bool */
    OPT_STR,      /* const char * */
    OPT_LIST,     /* struct opt_list, may be given several times */
    OPT_UINT,     /* uint64_t */
    OPT_SIZE,     /* uint64_t bytes: 64MiB */
    OPT_DURATION, /* uint64_t milliseconds: 30s */
    OPT_ENUM,     /* const char *, one of choices */
};

struct opt_list {
    const char **items;
    size_t count;
};

struct opt {
    char letter;      /* 0: none */
    const char *name; /* without dashes */
    enum opt_kind kind;
    size_t offset;       /* of the field in the group's struct */
    const char *arg;     /* "FILE"; NULL for flags */
    const char *help;    /* one line, no full stop */
    const char *choices; /* OPT_ENUM: "text json jsonl" */
    const char *env;     /* another variable than WPACK_<NAME>; "" : none */
    const char *alias;   /* another long name that is understood but not advertised, or NULL */
    const char
        *bare; /* OPT_STR: what it is without a value, which then needs a '='; arg is "[=FILE]". NULL: it needs one */
};

/* Rows and the struct they fill. rows ends with name == NULL. */
struct opt_group {
    const char *title; /* "Options", "Registry options", ... */
    const struct opt *rows;
    void *into;
};

/* What a parse leaves: the words that are no options, in order, NULL-terminated; or the wish for help. */
struct opt_rest {
    const char **args;
    size_t arg_count;
    const char **given; /* names of the options that were on the command line, NULL-terminated */
    bool help;
};

/* A row of a later group that an earlier one of the same name takes the place of. */
bool opt_is_hidden(const struct opt *own, const struct opt *row);

/* Environment first, then argv[1..]; whatever is no option is collected in order into ret->args (in a).
 * Unknown options are WP_E_USAGE with the nearest name; the first error is told, the options behind it
 * are read all the same (--format says how errors are printed). `-h` and `--help` set ret->help and end the parse. */
int opt_parse(struct wp_arena *a, const struct opt_group *groups, size_t group_count, int argc, char *const argv[],
              struct opt_rest *ret, struct wp_err *err) WP_MUST_USE;
/* "WPACK_FOO_BAR" for a row, NULL when it has none. ret has 64 bytes. */
const char *opt_env_name(const struct opt *o, char ret[64]);
