/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack raw`: single manifests and blobs, byte for byte. */
#include "base/fs.h"
#include "base/limits.h"
#include "cmd/out.h"
#include "cmd/target.h"
#include "oci/verify.h"

#include <unistd.h>

struct opts {
    const char *media_type, *file;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.name = "media-type",
     .kind = OPT_STR,
     .offset = AT(media_type),
     .arg = "TYPE",
     .help = "put manifest: where the document does not say"},
    {.name = "file",
     .kind = OPT_STR,
     .offset = AT(file),
     .arg = "FILE",
     .help = "put: what to send (default: standard input)"},
    {0},
};

static int blob_desc(const struct cmd_target *t, const char *text, struct oci_desc *ret, struct wp_err *err)
{
    if (!t->ref.has_digest) {
        wp_fail(err, WP_E_USAGE, "'%s': a blob is named by its digest", text);
        return wp_hint(err, "write REPO@sha256:...");
    }
    *ret = (struct oci_desc){.media_type = OCI_MT_OCTETS, .digest = t->ref.digest, .size = OCI_SIZE_UNKNOWN};
    return 0;
}

static int get(struct cmd_ctx *c, struct cmd_target *t, bool manifest, struct wp_err *err)
{
    struct oci_desc d = {0};
    struct wp_span bytes;
    if (manifest ? target_resolve(c, t, &d, &bytes, err) < 0
                 : blob_desc(t, c->args[2], &d, err) < 0 ||
                       oci_store_get(t->store, &d, WP_LIMIT_MODULE, c->arena, &bytes, err) < 0) {
        return -1;
    }
    out_bytes(c->out, bytes);
    return 0;
}

static int head(struct cmd_ctx *c, struct cmd_target *t, bool manifest, struct wp_err *err)
{
    struct oci_desc d = {0};
    if (manifest) {
        if (target_resolve(c, t, &d, NULL, err) < 0) {
            return -1;
        }
        target_report(c, t, &d);
        return 0;
    }
    if (blob_desc(t, c->args[2], &d, err) < 0) {
        return -1;
    }
    int there = oci_store_exists(t->store, &d, false, err);
    if (there == 0) {
        return wp_fail(err, WP_E_NOT_FOUND, "%s: no such blob", c->args[2]);
    }
    if (there > 0) {
        target_report(c, t, &d);
    }
    return there < 0 ? -1 : 0;
}

static int read_input(struct cmd_ctx *c, uint64_t limit, struct wp_buf *b, struct wp_err *err)
{
    const struct opts *o = c->opts;
    if (o->file != NULL) {
        return wp_fs_read(o->file, limit, b, err);
    }
    WP_AUTO_READER struct wp_reader *in = wp_reader_fd(dup(STDIN_FILENO), "standard input");
    return wp_read_all(in, b, limit, "standard input", err);
}

static int put(struct cmd_ctx *c, struct cmd_target *t, bool manifest, struct wp_err *err)
{
    const struct opts *o = c->opts;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (read_input(c, manifest ? WP_LIMIT_MANIFEST : WP_LIMIT_MODULE, &b, err) < 0) {
        return -1;
    }
    struct oci_desc d = {.media_type = OCI_MT_OCTETS, .size = b.len};
    oci_digest_of(WP_SHA256, wp_buf_span(&b), &d.digest);
    if (t->ref.has_digest) {
        d.digest = t->ref.digest;
        if (oci_verify_bytes(wp_buf_span(&b), &d, "the input", err) < 0) {
            return -1;
        }
    }
    if (!manifest) {
        if (oci_store_put(t->store, &d, wp_buf_span(&b), err) < 0) {
            return -1;
        }
        target_report(c, t, &d);
        return 0;
    }
    struct oci_manifest m;
    if (oci_manifest_parse(wp_buf_span(&b), o->media_type, "the input", c->arena, &m, err) < 0) {
        /* Nothing was damaged: this is what the user gave. */
        err->code = err->code == WP_E_INTEGRITY ? WP_E_INPUT : err->code;
        return -1;
    }
    d.media_type = m.media_type;
    const struct oci_binding bind = {.name = t->ref.name, .desc = &d, .bytes = wp_buf_span(&b)};
    if (oci_store_bind(t->store, &bind, 1, 0, err) < 0) {
        return -1;
    }
    target_report(c, t, &d);
    return 0;
}

static int delete (struct cmd_ctx *c, struct cmd_target *t, bool manifest, struct wp_err *err)
{
    struct oci_desc d = {0};
    if (manifest ? target_resolve(c, t, &d, NULL, err) < 0 : blob_desc(t, c->args[2], &d, err) < 0) {
        return -1;
    }
    if (oci_store_remove(t->store, &d, err) < 0) {
        return -1;
    }
    target_report(c, t, &d);
    return 0;
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    static const struct {
        const char *word;
        enum target_use use;
        int (*fn)(struct cmd_ctx *, struct cmd_target *, bool, struct wp_err *);
    } verbs[] = {
        {"get", TARGET_READ, get},
        {"head", TARGET_READ, head},
        {"put", TARGET_CREATE, put},
        {"delete", TARGET_WRITE, delete},
    };
    bool manifest = wp_str_eq(c->args[1], "manifest");
    if (!manifest && !wp_str_eq(c->args[1], "blob")) {
        return wp_fail(err, WP_E_USAGE, "raw: '%s' is neither 'manifest' nor 'blob'", c->args[1]);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(verbs); i++) {
        if (wp_str_eq(c->args[0], verbs[i].word)) {
            TARGET_AUTO struct cmd_target t = {0};
            if (target_open(c, c->args[2], verbs[i].use, &t, err) < 0) {
                return -1;
            }
            return verbs[i].fn(c, &t, manifest, err);
        }
    }
    return wp_fail(err, WP_E_USAGE, "raw: '%s' is not one of: get head put delete", c->args[0]);
}

const struct cmd cmd_raw = {
    .name = "raw",
    .group = "Setup",
    .args = "get|head|put|delete manifest|blob REF",
    .summary = "single manifests and blobs, byte for byte",
    .min_args = 3,
    .max_args = 3,
    .uses = CMD_REGISTRY,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
