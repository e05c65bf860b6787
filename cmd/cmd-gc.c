/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack gc`: remove from a layout what nothing reaches. */
#include "base/text.h"
#include "cmd/out.h"
#include "cmd/progress.h"
#include "cmd/target.h"
#include "oci/layout.h"

struct opts {
    bool dry_run;
    uint64_t min_age;
};
static const struct opt rows[] = {
    {.name = "dry-run", .kind = OPT_FLAG, .offset = offsetof(struct opts, dry_run), .help = "list, remove nothing"},
    {.name = "min-age",
     .kind = OPT_DURATION,
     .offset = offsetof(struct opts, min_age),
     .arg = "TIME",
     .help = "spare what is younger (default 1h; 1ms spares nothing)"},
    {0},
};

static void gc_line(void *arg, const char *path, uint64_t bytes)
{
    struct cmd_ctx *c = arg;
    char size[WP_SIZE_TEXT];
    out_line(c->out, "%s  %s", path, wp_size_text(bytes, size));
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_gc_report r = {0};
    const struct oci_gc_opts g = {
        .dry_run = o->dry_run,
        .min_age_s = o->min_age == 0 ? 3600 : o->min_age / 1000,
        .job = c->job,
    };
    if (target_open_folder(c, TARGET_WRITE, &t, err) < 0 || oci_layout_gc(t.store, &g, gc_line, c, &r, err) < 0) {
        return -1;
    }
    char removed[WP_SIZE_TEXT];
    char kept[WP_SIZE_TEXT];
    out_note(c->out, "%s %llu %s, %s (%llu unfinished); kept %llu %s, %s", o->dry_run ? "would remove" : "removed",
             (unsigned long long)r.removed, r.removed == 1 ? "file" : "files", wp_size_text(r.removed_bytes, removed),
             (unsigned long long)r.parts, (unsigned long long)r.kept, r.kept == 1 ? "blob" : "blobs",
             wp_size_text(r.kept_bytes, kept));
    if (cmd_json(c)) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct wp_json_out j = wp_json_out(&b);
        wp_jo_object(&j);
        wp_jo_kbool(&j, "dryRun", o->dry_run);
        wp_jo_ku64(&j, "removed", r.removed);
        wp_jo_ku64(&j, "removedBytes", r.removed_bytes);
        wp_jo_ku64(&j, "unfinished", r.parts);
        wp_jo_ku64(&j, "kept", r.kept);
        wp_jo_ku64(&j, "keptBytes", r.kept_bytes);
        wp_jo_object_end(&j);
        out_json(c->out, &b);
    }
    return 0;
}

const struct cmd cmd_gc = {
    .name = "gc",
    .group = "Mirror",
    .args = "[oci:DIR]",
    .summary = "remove what no name reaches from a layout",
    .max_args = 1,
    .uses = CMD_LONG | CMD_LOCAL,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
