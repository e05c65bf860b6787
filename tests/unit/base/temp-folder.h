/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder for one test, with short words for what tests do in it. Every function fails the test itself. Paths are
 * relative to the folder. */
#pragma once

#include "base/buf.h"

struct temp_folder {
    char path[512];
    int fd;
};

/* cmocka fixtures: *state is a struct temp_folder *. */
int temp_folder_setup(void **state);
int temp_folder_teardown(void **state);

/* "<folder>/<path>", valid until the fourth next call. */
const char *temp_path(const struct temp_folder *t, const char *path);
void temp_write(const struct temp_folder *t, const char *path, struct wp_span bytes);
void temp_mkdir(const struct temp_folder *t, const char *path);
void temp_symlink(const struct temp_folder *t, const char *target, const char *path);
bool temp_is_there(const struct temp_folder *t, const char *path); /* symlinks are not followed */
/* The regular file at path holds exactly bytes. */
void assert_temp_file(const struct temp_folder *t, const char *path, struct wp_span bytes);
/* Names below the folder path, hidden ones too, sorted, each followed by a blank. */
void assert_temp_list(const struct temp_folder *t, const char *path, const char *names);
