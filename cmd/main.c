/* SPDX-License-Identifier: Apache-2.0
 *
 * The program: find the command's row, parse its options, run it, print its error, choose the exit status. */
#include "base/mem.h"
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/look.h"
#include "cmd/out.h"
#include "cmd/progress.h"
#include "cmd/run.h"
#include "cmd/target.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static int fail_unknown_command(const char *word, struct wp_err *err)
{
    wp_fail(err, WP_E_USAGE, "unknown command '%s'", word);
    const char *near = cmd_nearest(word);
    return near == NULL ? wp_hint(err, "'wpack --help' lists the commands")
                        : wp_hint(err, "did you mean 'wpack %s'?", near);
}

static int check_args(const struct cmd_ctx *c, struct wp_err *err)
{
    const struct cmd *cmd = c->cmd;
    if (c->arg_count < cmd->min_args) {
        wp_fail(err, WP_E_USAGE, "%s: too few arguments", cmd->name);
    } else if (c->arg_count > cmd->max_args) {
        wp_fail(err, WP_E_USAGE, "%s: unexpected argument '%s'", cmd->name, c->args[cmd->max_args]);
    } else {
        return 0;
    }
    return wp_hint(err, "usage: wpack %s%s%s", cmd->name, cmd->args[0] == '\0' ? "" : " ", cmd->args);
}

static int parse(struct cmd_ctx *c, int argc, char *argv[], bool *ret_help, struct wp_err *err)
{
    struct opt_group groups[3];
    size_t n = 0;
    if (c->cmd->opts != NULL) {
        groups[n++] = (struct opt_group){.rows = c->cmd->opts, .into = c->opts};
    }
    if ((c->cmd->uses & CMD_REGISTRY) != 0) {
        groups[n++] = (struct opt_group){.rows = cmd_registry_opts, .into = &c->registry};
    }
    groups[n++] = (struct opt_group){.rows = cmd_global_opts, .into = &c->global};
    struct opt_rest rest = {0};
    int rc = opt_parse(c->arena, groups, n, argc, argv, &rest, err);
    c->args = rest.args;
    c->arg_count = rest.arg_count;
    c->given = rest.given;
    *ret_help = rest.help;
    if (rc < 0) {
        wp_wrap(err, "%s", c->cmd->name);
        return err->hint[0] != '\0' ? -1 : wp_hint(err, "'wpack %s --help' lists its options", c->cmd->name);
    }
    return 0;
}

static int run_command(struct cmd_ctx *c, struct wp_err *err)
{
    c->job = wp_job_new();
    if ((c->cmd->uses & CMD_LONG) != 0) {
        progress_block_signals();
        bool lines = (c->cmd->uses & CMD_LOCAL) == 0;
        if (progress_start(c->job, c->out, &c->global, lines, &c->progress, err) < 0) {
            return -1;
        }
    }
    int rc = c->cmd->run(c, err);
    progress_stop(c->progress);
    return rc;
}

/* An interruption says what to do next, whatever level noticed it. */
static void explain_interruption(const struct cmd_ctx *c, struct wp_err *err)
{
    if (c->job != NULL && wp_job_cancelled(c->job) && err->code != WP_E_OK) {
        wp_fail(err, WP_E_INTERRUPTED, "interrupted");
        wp_hint(err, "what was transferred is kept; the same command continues it");
    }
}

static int run_row(struct cmd_ctx *c, int argc, char *argv[], struct wp_err *err)
{
    bool help = false;
    int parsed = parse(c, argc, argv, &help, err);
    if (help) {
        help_command(c->out, c->cmd);
        return 0;
    }
    out_configure(c->out, &c->global);
    if (parsed < 0) {
        return -1;
    }
    if (check_args(c, err) < 0) {
        return -1;
    }
    int rc = run_command(c, err);
    if (rc < 0) {
        explain_interruption(c, err);
    }
    return rc;
}

static int dispatch(struct cmd_ctx *c, int argc, char *argv[], struct wp_err *err)
{
    const char *word = argc > 1 ? argv[1] : "--help";
    if (wp_str_eq(word, "--help") || wp_str_eq(word, "-h") || wp_str_eq(word, "help")) {
        const struct cmd *of = argc > 2 ? cmd_find(argv[2]) : NULL;
        if (argc > 2 && of == NULL) {
            return fail_unknown_command(argv[2], err);
        }
        if (of != NULL) {
            help_command(c->out, of);
        } else {
            help_overview(c->out);
        }
        return 0;
    }
    if (wp_str_eq(word, "--version") || wp_str_eq(word, "-V")) {
        out_line(c->out, "wpack %s", WPACK_VERSION);
        return 0;
    }
    if (word[0] == '-') {
        wp_fail(err, WP_E_USAGE, "the command comes first: '%s' is an option", word);
        return wp_hint(err, "wpack COMMAND [OPTIONS]; 'wpack --help' lists the commands");
    }
    c->cmd = cmd_find(word);
    if (c->cmd == NULL) {
        return fail_unknown_command(word, err);
    }
    if (c->cmd->opts_size > 0) {
        c->opts = wp_arena_alloc(c->arena, 1, c->cmd->opts_size);
    }
    return run_row(c, argc - 1, argv + 1, err);
}

/* What the process ends with. */
static int status_of(const struct cmd_ctx *c, const struct wp_err *err)
{
    if (c->status != 0) {
        return c->status;
    }
    bool own = err->code != WP_E_OK && err->code != WP_E_PIPE && err->code != WP_E_INTERRUPTED;
    return own && c->cmd != NULL && c->cmd->failure != 0 ? c->cmd->failure : wp_code_status(err->code);
}

static void tell_error(struct cmd_ctx *c, const struct wp_err *err)
{
    if (err->code == WP_E_PIPE) {
        return;
    }
    out_failure_status(c->out, status_of(c, err));
    out_error(c->out, err, cmd_json(c));
    for (const char *const *line = c->after; line != NULL && *line != NULL; line++) {
        out_after(c->out, *line);
    }
}

/* A file opened later must never get number 0, 1 or 2: what is printed would go into it. Where one is closed, its place
 * is taken by something that fails as a closed file does. */
static void hold_standard_files(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) {
            _exit(1);
        }
    }
}

int main(int argc, char *argv[])
{
    if (argc > 1 && wp_str_eq(argv[1], LOOK_WORD)) {
        return look_child(argc, argv);
    }
    if (argc > 1 && wp_str_eq(argv[1], RUN_WORD)) {
        return run_child(argc, argv);
    }
    hold_standard_files();
    /* A closed pipe is an answer of write(2), not a death. */
    signal(SIGPIPE, SIG_IGN);
    struct wp_arena arena = WP_ARENA_INIT;
    struct cmd_ctx c = {
        .arena = &arena,
        .out = out_new(),
        .global = {.format = "text", .progress = "auto"},
        .registry = {.retry = 5},
    };
    struct wp_err err = {.code = WP_E_OK};
    int rc = dispatch(&c, argc, argv, &err);
    struct wp_err late = {.code = WP_E_OK};
    if (rc >= 0) {
        wp_err_clear(&err); /* what was overcome on the way */
    } else {
        if (err.code == WP_E_OK) {
            wp_fail(&err, WP_E_OTHER, "failed without a message");
        }
        tell_error(&c, &err);
    }
    if (out_finish(c.out, &late) < 0 && rc >= 0) {
        err = late;
        c.status = 0;
        if (err.code != WP_E_PIPE) {
            out_error(c.out, &err, false);
        }
    }
    int status = status_of(&c, &err);
    target_net_free(c.net);
    wp_job_free(c.job);
    out_free(c.out);
    wp_arena_done(&arena);
    return status;
}
