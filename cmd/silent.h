/* SPDX-License-Identifier: Apache-2.0
 *
 * A terminal that does not show what is typed, for as long as it is asked; signals that end the program do not leave it
 * so. One at a time. */
#pragma once

#include <stdbool.h>

/* False where fd is no terminal, or cannot be silenced: then nothing has changed. */
bool silent_begin(int fd);
void silent_end(void);
