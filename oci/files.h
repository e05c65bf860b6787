/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder that receives the files of one artifact: the store behind `pull` without a layout. It accepts exactly the
 * blobs of its plan; a download goes to `.wpack/part/` inside the folder (resumable), and the files get their names,
 * all proven, only at bind. Manifests and unplanned blobs are held in memory. Files are replaced atomically; names are
 * opened beneath the folder and never through a symlink. */
#pragma once

#include "oci/store.h"

struct oci_files_entry {
    struct oci_desc desc;
    const char *path; /* relative, checked by wp_fs_path_problem here too */
};
struct oci_files_opts {
    bool no_clobber; /* an existing file with other content is WP_E_EXISTS (the same content is fine) */
    unsigned mode;   /* 0: 0666 & ~umask */
};
/* entries and what they point at are copied. The folder is made when absent. Two entries with one path: WP_E_INPUT. */
int oci_files_open(const char *folder, const struct oci_files_entry *entries, size_t n,
                   const struct oci_files_opts *opts, WP_OWN struct oci_store **ret, struct wp_err *err) WP_MUST_USE;
