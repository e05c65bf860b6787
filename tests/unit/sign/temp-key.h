/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys in a test's folder. */
#pragma once

#include "tests/unit/base/temp-folder.h"

/* The public half of a new ECDSA P-256 key, as PEM. */
void temp_write_pub(const struct temp_folder *t, const char *path);
