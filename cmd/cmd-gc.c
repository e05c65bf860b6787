/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack gc` and `wpack fsck`: housekeeping of layouts. */
#include "base/text.h"
#include "cmd/out.h"
#include "cmd/progress.h"
#include "cmd/target.h"
#include "oci/layout.h"

struct gc_opts {
    bool dry_run;
    uint64_t min_age;
};
static const struct opt gc_rows[] = {
    {.name = "dry-run", .kind = OPT_FLAG, .offset = offsetof(struct gc_opts, dry_run), .help = "list, remove nothing"},
    {.name = "min-age",
     .kind = OPT_DURATION,
     .offset = offsetof(struct gc_opts, min_age),
     .arg = "TIME",
     .help = "spare what is younger (default 1h; 1ms spares nothing)"},
    {0},
};

static int open_layout(struct cmd_ctx *c, enum target_use use, struct cmd_target *ret, struct wp_err *err)
{
    struct oci_ref ref;
    const char *text = c->arg_count == 0 ? "oci:" TARGET_LAYOUT : c->args[0];
    if (oci_ref_parse(c->arena, text, &ref, err) < 0) {
        return -1;
    }
    if (ref.kind != OCI_REF_LAYOUT || ref.name != NULL || ref.has_digest) {
        wp_fail(err, WP_E_USAGE, "%s: '%s' is not a layout folder", c->cmd->name, text);
        return wp_hint(err, "wpack %s oci:DIR", c->cmd->name);
    }
    return target_open_ref(c, &ref, use, ret, err);
}

static void gc_line(void *arg, const char *path, uint64_t bytes)
{
    struct cmd_ctx *c = arg;
    char size[WP_SIZE_TEXT];
    out_line(c->out, "%s  %s", path, wp_size_text(bytes, size));
}

static int run_gc(struct cmd_ctx *c, struct wp_err *err)
{
    const struct gc_opts *o = c->opts;
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_gc_report r = {0};
    const struct oci_gc_opts g = {
        .dry_run = o->dry_run,
        .min_age_s = o->min_age == 0 ? 3600 : o->min_age / 1000,
        .job = c->job,
    };
    if (open_layout(c, TARGET_WRITE, &t, err) < 0 || oci_layout_gc(t.store, &g, gc_line, c, &r, err) < 0) {
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
    .opts_size = sizeof(struct gc_opts),
    .opts = gc_rows,
    .run = run_gc,
};

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

static int run_fsck(struct cmd_ctx *c, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_fsck_report r = {0};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    struct fsck_run f = {.c = c, .json = &j};
    wp_jo_object(&j);
    wp_jo_key(&j, "problems");
    wp_jo_array(&j);
    if (open_layout(c, TARGET_READ, &t, err) < 0 || oci_layout_fsck(t.store, c->job, fsck_line, &f, &r, err) < 0) {
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
    .run = run_fsck,
};
