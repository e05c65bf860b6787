/* SPDX-License-Identifier: Apache-2.0
 *
 * Digest texts: what is accepted comes back unchanged and makes a path without surprises; what is refused says why. */
#include "base/mem.h"
#include "oci/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A C string of its own, so that a read past the NUL is seen. */
    size_t len = strnlen((const char *)data, size);
    WP_AUTO_FREE char *text = wp_xmalloc(len + 1);
    memcpy(text, data, len);
    text[len] = '\0';
    struct oci_digest d;
    struct wp_err err = {0};
    if (oci_digest_parse(text, &d, &err) != 0) {
        must(err.code == WP_E_INPUT && err.msg[0] != '\0' && !oci_digest_is(text));
        return 0;
    }
    char again[OCI_DIGEST_TEXT];
    char path[OCI_BLOB_PATH];
    char tag[OCI_DIGEST_TEXT];
    must(wp_str_eq(oci_digest_text(&d, again), text));
    oci_digest_blob_path(&d, path);
    must(wp_str_starts(path, "blobs/sha") && strstr(path, "..") == NULL && strlen(path) == len + strlen("blobs/"));
    must(strlen(oci_digest_referrers_tag(&d, tag)) == 71);
    return 0;
}
