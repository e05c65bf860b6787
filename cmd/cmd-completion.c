/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack completion`: scripts for bash, zsh and fish, written from the rows of commands and options. */
#include "base/buf.h"
#include "cmd/cmd.h"
#include "cmd/out.h"

static bool is_shown(const struct cmd *c)
{
    return (c->uses & CMD_HIDDEN) == 0;
}

static const struct opt *const *groups_of(const struct cmd *c, const struct opt *ret[4])
{
    size_t n = 0;
    if (c->opts != NULL) {
        ret[n++] = c->opts;
    }
    if ((c->uses & CMD_REGISTRY) != 0) {
        ret[n++] = cmd_registry_opts;
    }
    ret[n++] = cmd_global_opts;
    ret[n] = NULL;
    return ret;
}

/* Of two rows with one name the command's own holds. */
static bool is_understood(const struct cmd *c, const struct opt *rows, const struct opt *o)
{
    return rows == c->opts || !opt_is_hidden(c->opts, o);
}

static void bash_option(struct wp_buf *b, const struct cmd *c, const struct opt *rows, const struct opt *o)
{
    if (is_understood(c, rows, o)) {
        wp_buf_printf(b, " --%s", o->name);
    }
}

static void bash(struct wp_buf *b)
{
    wp_buf_add_str(b, "# bash completion for wpack\n_wpack() {\n"
                      "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} opts= cmds=\n"
                      "    COMPREPLY=()\n    cmds='");
    for (size_t i = 0; cmd_table[i] != NULL; i++) {
        if (is_shown(cmd_table[i])) {
            wp_buf_printf(b, "%s%s", i == 0 ? "" : " ", cmd_table[i]->name);
        }
    }
    wp_buf_add_str(b,
                   "'\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                   "        COMPREPLY=($(compgen -W \"$cmds --help --version\" -- \"$cur\"))\n        return\n    fi\n"
                   "    case $prev in\n");
    const struct opt *const shared[] = {cmd_registry_opts, cmd_global_opts};
    for (size_t g = 0; g < WP_ARRAY_LEN(shared); g++) {
        for (const struct opt *o = shared[g]; o->name != NULL; o++) {
            if (o->choices != NULL) {
                wp_buf_printf(b, "    --%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", o->name,
                              o->choices);
            }
        }
    }
    wp_buf_add_str(b, "    esac\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; cmd_table[i] != NULL; i++) {
        const struct cmd *c = cmd_table[i];
        const struct opt *groups[4];
        if (!is_shown(c)) {
            continue;
        }
        wp_buf_printf(b, "    %s%s%s) opts='--help", c->name, c->alias == NULL ? "" : "|",
                      c->alias == NULL ? "" : c->alias);
        for (const struct opt *const *g = groups_of(c, groups); *g != NULL; g++) {
            for (const struct opt *o = *g; o->name != NULL; o++) {
                bash_option(b, c, *g, o);
            }
        }
        wp_buf_add_str(b, "' ;;\n");
    }
    wp_buf_add_str(b, "    esac\n    case $cur in\n"
                      "    -*) COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\")) ;;\n"
                      "    *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n    esac\n}\n"
                      "complete -o filenames -F _wpack wpack\n");
}

/* Inside single quotes of a shell. */
static void quoted(struct wp_buf *b, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            wp_buf_add_str(b, "'\\''");
        } else if (*text == '[' || *text == ']' || *text == ':') {
            wp_buf_printf(b, "\\%c", *text);
        } else {
            wp_buf_add_char(b, *text);
        }
    }
}

static void zsh_option(struct wp_buf *b, const struct cmd *c, const struct opt *rows, const struct opt *o)
{
    if (!is_understood(c, rows, o)) {
        return;
    }
    wp_buf_printf(b, " '%s--%s%s[", o->kind == OPT_LIST ? "*" : "", o->name,
                  o->arg == NULL    ? ""
                  : o->bare != NULL ? "=-"
                                    : "=");
    quoted(b, o->help);
    wp_buf_add_char(b, ']');
    if (o->choices != NULL) {
        wp_buf_printf(b, ":%s:(%s)", o->name, o->choices);
    } else if (o->arg != NULL) {
        wp_buf_printf(b, "%s:%s:%s", o->bare != NULL ? ":" : "", o->name, strstr(o->arg, "FILE") ? "_files" : "");
    }
    wp_buf_add_char(b, '\'');
}

static void zsh(struct wp_buf *b)
{
    wp_buf_add_str(b, "#compdef wpack\n_wpack() {\n    local -a cmds\n    cmds=(\n");
    for (size_t i = 0; cmd_table[i] != NULL; i++) {
        if (is_shown(cmd_table[i])) {
            wp_buf_printf(b, "        '%s:", cmd_table[i]->name);
            quoted(b, cmd_table[i]->summary);
            wp_buf_add_str(b, "'\n");
        }
    }
    wp_buf_add_str(b, "    )\n    if (( CURRENT == 2 )); then\n        _describe command cmds\n        return\n    fi\n"
                      "    local cmd=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $cmd in\n");
    for (size_t i = 0; cmd_table[i] != NULL; i++) {
        const struct cmd *c = cmd_table[i];
        const struct opt *groups[4];
        if (!is_shown(c)) {
            continue;
        }
        wp_buf_printf(b, "    %s%s%s) _arguments '(-h --help)'{-h,--help}'[explain the command]'", c->name,
                      c->alias == NULL ? "" : "|", c->alias == NULL ? "" : c->alias);
        for (const struct opt *const *g = groups_of(c, groups); *g != NULL; g++) {
            for (const struct opt *o = *g; o->name != NULL; o++) {
                zsh_option(b, c, *g, o);
            }
        }
        wp_buf_add_str(b, " '*:file:_files' ;;\n");
    }
    wp_buf_add_str(b, "    esac\n}\n_wpack \"$@\"\n");
}

/* Inside single quotes of fish. */
static void fish_quoted(struct wp_buf *b, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        wp_buf_printf(b, "%s%c", *p == '\'' || *p == '\\' ? "\\" : "", *p);
    }
}

static void fish_option(struct wp_buf *b, const struct cmd *c, const struct opt *rows, const struct opt *o)
{
    if (!is_understood(c, rows, o)) {
        return;
    }
    wp_buf_printf(b, "complete -c wpack -n '__fish_seen_subcommand_from %s%s%s' -l %s", c->name,
                  c->alias == NULL ? "" : " ", c->alias == NULL ? "" : c->alias, o->name);
    if (o->letter != 0) {
        wp_buf_printf(b, " -s %c", o->letter);
    }
    if (o->choices != NULL) {
        wp_buf_printf(b, " -x -a '%s'", o->choices);
    } else if (o->arg != NULL && o->bare == NULL) {
        wp_buf_add_str(b, " -r");
    }
    wp_buf_add_str(b, " -d '");
    fish_quoted(b, o->help);
    wp_buf_add_str(b, "'\n");
}

static void fish(struct wp_buf *b)
{
    wp_buf_add_str(b, "# fish completion for wpack\n"
                      "complete -c wpack -s h -l help -d 'explain the command'\n");
    for (size_t i = 0; cmd_table[i] != NULL; i++) {
        const struct cmd *c = cmd_table[i];
        const struct opt *groups[4];
        if (!is_shown(c)) {
            continue;
        }
        wp_buf_printf(b, "complete -c wpack -n __fish_use_subcommand -f -a %s -d '", c->name);
        fish_quoted(b, c->summary);
        wp_buf_add_str(b, "'\n");
        for (const struct opt *const *g = groups_of(c, groups); *g != NULL; g++) {
            for (const struct opt *o = *g; o->name != NULL; o++) {
                fish_option(b, c, *g, o);
            }
        }
    }
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    const char *shell = c->args[0];
    if (wp_str_eq(shell, "bash")) {
        bash(&b);
    } else if (wp_str_eq(shell, "zsh")) {
        zsh(&b);
    } else if (wp_str_eq(shell, "fish")) {
        fish(&b);
    } else {
        return wp_fail(err, WP_E_USAGE, "completion: '%s' is not one of: bash zsh fish", shell);
    }
    if (!cmd_json(c)) {
        out_bytes(c->out, wp_buf_span(&b));
        return 0;
    }
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&json);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "shell", shell);
    wp_jo_kstr(&j, "script", b.ptr);
    wp_jo_object_end(&j);
    out_json(c->out, &json);
    return 0;
}

const struct cmd cmd_completion = {
    .name = "completion",
    .group = "Setup",
    .args = "bash|zsh|fish",
    .summary = "print a completion script",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
