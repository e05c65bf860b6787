/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack login` and `wpack logout`: credentials where docker, podman, oras and crane look for them too. */
#include "base/mem.h"
#include "cmd/out.h"
#include "cmd/silent.h"
#include "cmd/target.h"
#include "oci/registry.h"

#include <unistd.h>

struct login_opts {
    bool no_check;
};
static const struct opt login_rows[] = {
    {.name = "no-check",
     .kind = OPT_FLAG,
     .offset = offsetof(struct login_opts, no_check),
     .help = "store without asking the registry"},
    {0},
};

/* Read one line from the terminal, without echo when it is a secret. */
static int ask(struct cmd_ctx *c, const char *prompt, bool secret, const char **ret, struct wp_err *err)
{
    if (isatty(STDIN_FILENO) == 0) {
        wp_fail(err, WP_E_USAGE, "login: %s missing", secret ? "the password is" : "user name and password are");
        return wp_hint(err, "wpack login HOST -u NAME --password-stdin");
    }
    bool silenced = secret && silent_begin(STDIN_FILENO);
    /* Only now: what is typed at the sight of it is neither shown nor lost. */
    fputs(prompt, stderr);
    fflush(stderr);
    char line[4096];
    char *got = fgets(line, sizeof(line), stdin);
    if (silenced) {
        silent_end();
        fputc('\n', stderr);
    }
    if (got == NULL) {
        return wp_fail(err, WP_E_USAGE, "login: nothing was entered");
    }
    line[strcspn(line, "\r\n")] = '\0';
    *ret = wp_arena_str(c->arena, line);
    explicit_bzero(line, sizeof(line));
    return 0;
}

static void report(struct cmd_ctx *c, const char *word, const char *host, const char *where)
{
    if (!cmd_json(c)) {
        out_note(c->out, "%s %s (%s)", word, host, where);
        return;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "host", host);
    wp_jo_kstr(&j, "stored", where);
    wp_jo_object_end(&j);
    out_json(c->out, &b);
}

static int login_file(struct cmd_ctx *c, const char **ret, struct wp_err *err)
{
    *ret = target_login_file(c);
    if (*ret == NULL) {
        wp_fail(err, WP_E_USAGE, "there is no place for credentials: HOME is not set");
        return wp_hint(err, "--registry-config FILE");
    }
    return 0;
}

static int run_login(struct cmd_ctx *c, struct wp_err *err)
{
    const struct login_opts *o = c->opts;
    const char *host = c->args[0];
    const char *file = NULL;
    struct cmd_registry *r = &c->registry;
    if (r->username == NULL && r->identity_token == NULL && ask(c, "Username: ", false, &r->username, err) < 0) {
        return -1;
    }
    if (r->password == NULL && !r->password_stdin && r->identity_token == NULL &&
        ask(c, "Password: ", true, &r->password, err) < 0) {
        return -1;
    }
    if (login_file(c, &file, err) < 0) {
        return -1;
    }
    /* The file login writes to may be made by it. */
    r->registry_config = NULL;
    struct http_client *client = NULL;
    if (target_client(c, host, &client, err) < 0 || (!o->no_check && oci_registry_ping(client, err) < 0)) {
        return -1;
    }
    const struct oci_cred cred = {
        .username = r->username,
        .password = r->password,
        .identity_token = r->identity_token,
    };
    const char *where = NULL;
    if (oci_creds_store(file, host, &cred, c->arena, &where, err) < 0) {
        return -1;
    }
    report(c, "logged in to", host, where);
    return 0;
}

const struct cmd cmd_login = {
    .name = "login",
    .group = "Setup",
    .args = "HOST",
    .summary = "check and store credentials for a registry",
    .min_args = 1,
    .max_args = 1,
    .uses = CMD_REGISTRY,
    .opts_size = sizeof(struct login_opts),
    .opts = login_rows,
    .run = run_login,
};

static int run_logout(struct cmd_ctx *c, struct wp_err *err)
{
    const char *file = NULL;
    const char *where = NULL;
    if (login_file(c, &file, err) < 0) {
        return -1;
    }
    if (oci_creds_erase(file, c->args[0], c->arena, &where, err) < 0) {
        return -1;
    }
    report(c, "logged out of", c->args[0], where);
    return 0;
}

const struct cmd cmd_logout = {
    .name = "logout",
    .group = "Setup",
    .args = "HOST",
    .summary = "forget the credentials for a registry",
    .min_args = 1,
    .max_args = 1,
    .uses = CMD_REGISTRY,
    .run = run_logout,
};
