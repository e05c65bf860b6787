/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder of a guest and what lies beside it, in a temporary folder:
 *
 *   root/file "inside"        root/dir/nested/deep "deep"      root/dir/back -> ../file
 *   root/link -> file         root/dirlink -> dir              root/chain -> link
 *   root/winding -> dir/nested/../../file                      root/loop -> loop, ping -> pong -> ping
 *   root/dangling -> missing  root/dangling-out -> ../outside/new
 *   root/out -> ../outside/secret                              root/dir-out -> ../outside
 *   root/winding-out -> dir/../../outside/secret               root/dir/nested/up -> ../../../outside/secret
 *   root/out-and-in -> ../root/file                            root/absolute -> its own file, from / on
 *   root/magic -> /proc/self/root                              outside/secret, outside/file, outside/dir */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

struct wasi_tree {
    char top[64];
    int top_fd, root_fd, outside_fd;
};
void wasi_tree_make(struct wasi_tree *t);
void wasi_tree_remove(struct wasi_tree *t);
void wasi_tree_file(const struct wasi_tree *t, const char *name, const char *text);
/* Is it one of those beneath outside? */
bool wasi_tree_is_outside(const struct wasi_tree *t, const struct stat *st);
/* Nothing beneath outside was made, changed or removed. */
void wasi_tree_check_outside(const struct wasi_tree *t);
