/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack fsck`: read everything in a layout back. */
#include "base/text.h"
#include "cmd/out.h"
#include "cmd/progress.h"
#include "cmd/target.h"
#include "oci/layout.h"

struct fsck_run {
    struct cmd_ctx *c;
    struct wp_json_out *json;
};

static void fsck_line(void *arg, const char *path, const char *problem)
{
    struct fsck_run *f = arg;
    out_line(f->c->out, "%s: %s", path, problem);
    wp_jo_object(f->json);
    wp_jo_kstr(f->json, "path", path);
    wp_jo_kstr(f->json, "problem", problem);
    wp_jo_object_end(f->json);
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_fsck_report r = {0};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    struct fsck_run f = {.c = c, .json = &j};
    wp_jo_object(&j);
    wp_jo_key(&j, "problems");
    wp_jo_array(&j);
    if (target_open_folder(c, TARGET_READ, &t, err) < 0 ||
        oci_layout_fsck(t.store, c->job, fsck_line, &f, &r, err) < 0) {
        return -1;
    }
    wp_jo_array_end(&j);
    wp_jo_ku64(&j, "blobs", r.blobs);
    wp_jo_ku64(&j, "bytes", r.bytes);
    wp_jo_ku64(&j, "damaged", r.damaged);
    wp_jo_ku64(&j, "missing", r.missing);
    wp_jo_ku64(&j, "unreachable", r.unreachable);
    wp_jo_ku64(&j, "strays", r.strays);
    wp_jo_ku64(&j, "unfinished", r.parts);
    wp_jo_object_end(&j);
    progress_flush(c->progress);
    if (r.damaged + r.missing > 0) {
        out_json_failed(c->out, &b);
        wp_fail(err, WP_E_INTEGRITY, "%s: %llu damaged, %llu missing", t.base, (unsigned long long)r.damaged,
                (unsigned long long)r.missing);
        return wp_hint(err, "pull or copy the artifacts into it again: what is wrong is replaced");
    }
    char size[WP_SIZE_TEXT];
    out_note(c->out, "%llu %s, %s: all as named; %llu unreachable, %llu unfinished, %llu strays",
             (unsigned long long)r.blobs, r.blobs == 1 ? "blob" : "blobs", wp_size_text(r.bytes, size),
             (unsigned long long)r.unreachable, (unsigned long long)r.parts, (unsigned long long)r.strays);
    if (cmd_json(c)) {
        out_json(c->out, &b);
    }
    return 0;
}

const struct cmd cmd_fsck = {
    .name = "fsck",
    .group = "Mirror",
    .args = "[oci:DIR]",
    .summary = "hash and follow everything in a layout",
    .max_args = 1,
    .uses = CMD_LONG | CMD_LOCAL,
    .run = run,
};
