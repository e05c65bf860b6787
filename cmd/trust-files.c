/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures that are files (cmd/trust.h). */
#include "base/fs.h"
#include "base/limits.h"
#include "cmd/trust.h"

/* A signature file tells what it is by how it begins. */
static const struct sig_format *format_of(struct wp_span bytes)
{
    static const char comment[] = "untrusted comment:";
    size_t i = 0;
    while (i < bytes.len && (bytes.ptr[i] == ' ' || (bytes.ptr[i] >= '\t' && bytes.ptr[i] <= '\r'))) {
        i++;
    }
    if (bytes.len - i >= strlen(comment) && memcmp(bytes.ptr + i, comment, strlen(comment)) == 0) {
        return sig_formats[SIG_MINISIGN];
    }
    return i < bytes.len && bytes.ptr[i] == '{' ? sig_formats[SIG_BUNDLE] : NULL;
}

int trust_signature(struct cmd_ctx *c, const char *path, struct sig_candidate *ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (wp_fs_read(path, WP_LIMIT_SIGNATURE + WP_LIMIT_STATEMENT, &b, err) < 0) {
        return -1;
    }
    const struct sig_format *format = format_of(wp_buf_span(&b));
    if (format == NULL) {
        wp_fail(err, WP_E_UNSATISFIED, "%s: this is no signature in a format known here", path);
        return wp_hint(err,
                       "a Sigstore bundle (JSON) or minisign's file; 'cosign sign-blob --bundle' makes the former");
    }
    *ret = (struct sig_candidate){
        .format = format,
        .where = path,
        .bytes = wp_arena_bytes(c->arena, wp_buf_span(&b)),
    };
    return 0;
}

int trust_beside(struct cmd_ctx *c, const char *path, struct sig_candidate **ret, size_t *ret_count, struct wp_err *err)
{
    static const char *const endings[] = {"sigstore.json", "sigstore", "minisig", "sig"};
    struct sig_candidate *list = wp_arena_alloc(c->arena, WP_ARRAY_LEN(endings), sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < WP_ARRAY_LEN(endings); i++) {
        const char *beside = wp_arena_printf(c->arena, "%s.%s", path, endings[i]);
        struct stat st;
        if (stat(beside, &st) == 0 && trust_signature(c, beside, &list[n++], err) < 0) {
            return -1;
        }
    }
    *ret = list;
    *ret_count = n;
    return 0;
}
