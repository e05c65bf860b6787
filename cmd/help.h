/* SPDX-License-Identifier: Apache-2.0
 *
 * Help text made from the rows of commands, options and error codes. */
#pragma once

#include "cmd/cmd.h"

struct cmd_out;
void help_overview(struct cmd_out *o);
void help_command(struct cmd_out *o, const struct cmd *cmd);
