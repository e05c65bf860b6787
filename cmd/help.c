/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack --help` and `wpack COMMAND --help`. */
#include "cmd/help.h"

#include "cmd/out.h"

static const char *const groups[] = {"Core", "Trust", "Mirror", "Look", "Setup", NULL};

void help_overview(struct cmd_out *o)
{
    out_line(o, "wpack: WebAssembly modules as OCI artifacts, from the compiler to the edge");
    out_line(o, "\nusage: wpack COMMAND [OPTIONS] [ARGUMENTS]");
    for (size_t g = 0; groups[g] != NULL; g++) {
        out_line(o, "\n%s", groups[g]);
        for (size_t i = 0; cmd_table[i] != NULL; i++) {
            const struct cmd *c = cmd_table[i];
            if ((c->uses & CMD_HIDDEN) == 0 && wp_str_eq(c->group, groups[g])) {
                out_line(o, "  %-11s %s", c->name, c->summary);
            }
        }
    }
    out_line(o, "\nReferences");
    out_line(o, "  host[:port]/repo[:tag][@digest]   a registry");
    out_line(o, "  oci:DIR[:tag|:repo:tag][@digest]  a layout folder");
    out_line(o, "\n'wpack COMMAND --help' and 'man wpack-COMMAND' tell more.");
}

enum { LEFT = 30 }; /* columns of an option and its argument */

static void option_line(struct cmd_out *o, const struct opt *row)
{
    char left[64];
    char letter[8] = "    ";
    if (row->letter != 0) {
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    }
    snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name, row->arg == NULL || row->arg[0] == '[' ? "" : " ",
             row->arg == NULL ? "" : row->arg);
    if (strlen(left) > LEFT) { /* the words stand below */
        out_line(o, "  %s", left);
        left[0] = '\0';
    }
    if (row->choices != NULL) {
        out_line(o, "  %-*s %s: %s", LEFT, left, row->help, row->choices);
    } else {
        out_line(o, "  %-*s %s", LEFT, left, row->help);
    }
}

/* own: rows of the command, shown before. */
static void option_group(struct cmd_out *o, const char *title, const struct opt *rows, const struct opt *own)
{
    out_line(o, "\n%s", title);
    for (const struct opt *row = rows; row->name != NULL; row++) {
        if (!opt_is_hidden(own, row)) {
            option_line(o, row);
        }
    }
}

void help_command(struct cmd_out *o, const struct cmd *cmd)
{
    out_line(o, "wpack %s: %s", cmd->name, cmd->summary);
    out_line(o, "\nusage: wpack %s%s%s [OPTIONS]", cmd->name, cmd->args[0] == '\0' ? "" : " ", cmd->args);
    if (cmd->alias != NULL) {
        out_line(o, "alias: wpack %s", cmd->alias);
    }
    if (cmd->opts != NULL && cmd->opts->name != NULL) {
        option_group(o, "Options", cmd->opts, NULL);
    }
    if ((cmd->uses & CMD_REGISTRY) != 0) {
        option_group(o, "Registry options", cmd_registry_opts, cmd->opts);
    }
    option_group(o, "Options of every command", cmd_global_opts, cmd->opts);
    out_line(o, "  %-*s %s", LEFT, "-h, --help", "this text");
    out_line(o, "\nEvery option --foo-bar can also be set as WPACK_FOO_BAR. Exit statuses: 'man wpack'.");
}
