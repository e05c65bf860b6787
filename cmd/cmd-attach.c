/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack attach`: any files as a referrer of an artifact. */
#include "cmd/out.h"
#include "cmd/progress.h"
#include "cmd/transfer.h"
#include "pack/format.h"

struct opts {
    const char *type;
    struct opt_list annotations;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.name = "type",
     .kind = OPT_STR,
     .offset = AT(type),
     .arg = "ARTIFACT-TYPE",
     .alias = "artifact-type",
     .help = "what the attachment is, such as application/spdx+json (required)"},
    {.letter = 'a',
     .name = "annotation",
     .kind = OPT_LIST,
     .offset = AT(annotations),
     .arg = "KEY=VALUE",
     .help = "annotation of the attachment's manifest, may be repeated"},
    {0},
};

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    if (o->type == NULL) {
        wp_fail(err, WP_E_USAGE, "attach: --type is missing");
        return wp_hint(err, "--type application/spdx+json, --type application/vnd.example.report.v1, ...");
    }
    TARGET_AUTO struct cmd_target t = {0};
    OCI_AUTO_STORE struct oci_store *memory = oci_memory_new("the attachment");
    struct oci_desc subject;
    if (target_open(c, c->args[0], TARGET_WRITE, &t, err) < 0 || target_resolve(c, &t, &subject, NULL, err) < 0) {
        return -1;
    }
    const struct oci_desc link = {.media_type = subject.media_type, .digest = subject.digest, .size = subject.size};
    struct pack_files_opts f = {.artifact_type = o->type, .subject = &link, .job = c->job};
    size_t n = c->arg_count - 1;
    struct pack_file *files = wp_arena_alloc(c->arena, n + 1, sizeof(*files));
    for (size_t i = 0; i < n; i++) {
        files[i] = transfer_file(c, c->args[i + 1]);
    }
    struct oci_desc desc;
    struct wp_span bytes;
    if (transfer_annotations(c, &o->annotations, &f.annotations, &f.annotation_count, err) < 0 ||
        pack_files_build(files, n, &f, memory, c->arena, &desc, &bytes, err) < 0) {
        return -1;
    }
    const struct oci_binding keep = {.desc = &desc, .bytes = bytes};
    struct oci_copy_opts copy = transfer_opts(c);
    struct oci_copy_result r = {0};
    char digest[OCI_DIGEST_TEXT];
    if (oci_store_bind(memory, &keep, 1, 0, err) < 0 ||
        oci_copy(memory, oci_digest_text(&desc.digest, digest), t.store, NULL, 0, &copy, c->arena, &r, err) < 0) {
        return -1;
    }
    progress_flush(c->progress);
    out_fact(c->out, "attached to", "%s", target_pinned(c, &t, &subject.digest));
    transfer_report(c, target_pinned(c, &t, &desc.digest), NULL, 0, &r, NULL);
    return 0;
}

const struct cmd cmd_attach = {
    .name = "attach",
    .group = "Core",
    .args = "REF FILE[:TYPE]...",
    .summary = "attach files to an artifact as a referrer",
    .min_args = 2,
    .max_args = SIZE_MAX,
    .uses = CMD_REGISTRY | CMD_LONG,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
