/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of commands, and the options that many of them share. */
#include "base/text.h"
#include "cmd/cmd.h"

const struct cmd *const cmd_table[] = {
    &cmd_build,  &cmd_push,    &cmd_pull,       &cmd_sign,    &cmd_verify,  &cmd_attest, &cmd_keygen,   &cmd_attach,
    &cmd_copy,   &cmd_serve,   &cmd_gc,         &cmd_fsck,    &cmd_inspect, &cmd_diff,   &cmd_validate, &cmd_run,
    &cmd_test,   &cmd_tree,    &cmd_ls,         &cmd_resolve, &cmd_tag,     &cmd_rm,     &cmd_raw,      &cmd_login,
    &cmd_logout, &cmd_version, &cmd_completion, &cmd_dump,    NULL,
};

#define GLOBAL(field) offsetof(struct cmd_global, field)
const struct opt cmd_global_opts[] = {
    {.name = "format",
     .kind = OPT_ENUM,
     .offset = GLOBAL(format),
     .arg = "FORMAT",
     .choices = "text json jsonl",
     .help = "form of the result"},
    {.name = "progress",
     .kind = OPT_ENUM,
     .offset = GLOBAL(progress),
     .arg = "KIND",
     .choices = "auto tty plain none",
     .help = "how progress is shown"},
    {.letter = 'q', .name = "quiet", .kind = OPT_FLAG, .offset = GLOBAL(quiet), .help = "print the result only"},
    {.name = "debug", .kind = OPT_FLAG, .offset = GLOBAL(debug), .help = "trace requests on stderr, secrets redacted"},
    {.name = "no-color", .kind = OPT_FLAG, .offset = GLOBAL(no_color), .help = "no colours, as with NO_COLOR"},
    {0},
};

#define REGISTRY(field) offsetof(struct cmd_registry, field)
const struct opt cmd_registry_opts[] = {
    {.letter = 'u',
     .name = "username",
     .kind = OPT_STR,
     .offset = REGISTRY(username),
     .arg = "NAME",
     .help = "user name for the registry"},
    {.letter = 'p',
     .name = "password",
     .kind = OPT_STR,
     .offset = REGISTRY(password),
     .arg = "PASSWORD",
     .env = "WPACK_REGISTRY_PASSWORD",
     .help = "password (visible to other users: prefer --password-stdin)"},
    {.name = "password-stdin",
     .kind = OPT_FLAG,
     .offset = REGISTRY(password_stdin),
     .env = "",
     .help = "read the password from standard input"},
    {.name = "identity-token",
     .kind = OPT_STR,
     .offset = REGISTRY(identity_token),
     .arg = "TOKEN",
     .help = "OAuth2 refresh token"},
    {.name = "registry-token",
     .kind = OPT_STR,
     .offset = REGISTRY(registry_token),
     .arg = "TOKEN",
     .help = "bearer token, used as it is"},
    {.name = "registry-config",
     .kind = OPT_STR,
     .offset = REGISTRY(registry_config),
     .arg = "FILE",
     .alias = "authfile",
     .help = "credential file in docker's form"},
    {.name = "plain-http",
     .kind = OPT_FLAG,
     .offset = REGISTRY(plain_http),
     .help = "speak HTTP (automatic for loopback hosts only)"},
    {.name = "insecure",
     .kind = OPT_FLAG,
     .offset = REGISTRY(insecure),
     .help = "do not check the registry's certificate"},
    {.name = "ca-file",
     .kind = OPT_STR,
     .offset = REGISTRY(ca_file),
     .arg = "FILE",
     .help = "certificates to trust besides the system's, PEM"},
    {.name = "cert-file",
     .kind = OPT_STR,
     .offset = REGISTRY(cert_file),
     .arg = "FILE",
     .help = "client certificate, PEM"},
    {.name = "key-file",
     .kind = OPT_STR,
     .offset = REGISTRY(key_file),
     .arg = "FILE",
     .help = "key of the client certificate, PEM"},
    {.name = "realm-host",
     .kind = OPT_LIST,
     .offset = REGISTRY(realm_hosts),
     .arg = "HOST",
     .help = "token server that may receive the credentials"},
    {.name = "retry",
     .kind = OPT_UINT,
     .offset = REGISTRY(retry),
     .arg = "N",
     .help = "further attempts after a failed one (default 5)"},
    {.name = "retry-max-wait",
     .kind = OPT_DURATION,
     .offset = REGISTRY(retry_max_wait),
     .arg = "TIME",
     .help = "longest wait that a registry may ask for (default 5m)"},
    {.name = "timeout",
     .kind = OPT_DURATION,
     .offset = REGISTRY(timeout),
     .arg = "TIME",
     .help = "longest silence of a connection (default 30s)"},
    {.name = "limit-rate",
     .kind = OPT_SIZE,
     .offset = REGISTRY(limit_rate),
     .arg = "SIZE",
     .help = "bytes per second and connection"},
    {.letter = 'j',
     .name = "concurrency",
     .kind = OPT_UINT,
     .offset = REGISTRY(concurrency),
     .arg = "N",
     .help = "what is done at once: blobs (default 4), functions and modules (all processors)"},
    {0},
};

const struct cmd *cmd_find(const char *word)
{
    for (size_t i = 0; cmd_table[i] != NULL; i++) {
        const struct cmd *c = cmd_table[i];
        if (wp_str_eq(c->name, word) || (c->alias != NULL && wp_str_eq(c->alias, word))) {
            return c;
        }
    }
    return NULL;
}

const char *cmd_nearest(const char *word)
{
    const char *names[WP_ARRAY_LEN(cmd_table)];
    size_t n = 0;
    for (size_t i = 0; cmd_table[i] != NULL; i++) {
        if ((cmd_table[i]->uses & CMD_HIDDEN) == 0) {
            names[n++] = cmd_table[i]->name;
        }
    }
    names[n] = NULL;
    return wp_nearest(word, names);
}

bool cmd_json(const struct cmd_ctx *c)
{
    return c->global.format != NULL && !wp_str_eq(c->global.format, "text");
}

bool cmd_given(const struct cmd_ctx *c, const char *option)
{
    for (const char **name = c->given; *name != NULL; name++) {
        if (wp_str_eq(*name, option)) {
            return true;
        }
    }
    return false;
}
