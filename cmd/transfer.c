/* SPDX-License-Identifier: Apache-2.0
 *
 * One report for every command that moves content. */
#include "cmd/transfer.h"

#include "base/text.h"
#include "cmd/out.h"
#include "cmd/progress.h"

#include <sys/stat.h>

enum { JOBS = 4, JOBS_MAX = 64 };

struct oci_copy_opts transfer_opts(struct cmd_ctx *c)
{
    uint64_t jobs = c->registry.concurrency > 0 ? c->registry.concurrency : JOBS;
    return (struct oci_copy_opts){
        .job = c->job,
        .jobs = (unsigned)WP_MIN(jobs, JOBS_MAX),
    };
}

void transfer_note(struct cmd_ctx *c, const char *label, const char *where, bool dry_run,
                   const struct oci_copy_result *r)
{
    char size[WP_SIZE_TEXT];
    char moved[WP_SIZE_TEXT];
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    progress_flush(c->progress);
    uint64_t blobs = r->blobs + r->manifests;
    wp_buf_printf(&b, "%llu %s, %s", (unsigned long long)blobs, blobs == 1 ? "blob" : "blobs",
                  wp_size_text(r->bytes, size));
    if (r->blobs_present > 0) {
        wp_buf_printf(&b, "; %llu there already", (unsigned long long)r->blobs_present);
    }
    if (r->blobs_mounted > 0) {
        wp_buf_printf(&b, "; %llu mounted", (unsigned long long)r->blobs_mounted);
    }
    if (r->bytes_copied < r->bytes) {
        wp_buf_printf(&b, "; %s %s", wp_size_text(r->bytes_copied, moved), dry_run ? "to move" : "moved");
    }
    if (r->referrers > 0) {
        wp_buf_printf(&b, "; with %llu %s", (unsigned long long)r->referrers,
                      r->referrers == 1 ? "referrer" : "referrers");
    }
    out_fact(c->out, label, "%s%s%s", where, where[0] == '\0' ? "" : "  ", b.ptr);
    if (r->skipped_referrers > 0) {
        out_warn(c->out, "%llu listed %s another subject and %s not taken", (unsigned long long)r->skipped_referrers,
                 r->skipped_referrers == 1 ? "referrer names" : "referrers name",
                 r->skipped_referrers == 1 ? "was" : "were");
    }
}

void transfer_json(struct wp_json_out *o, const struct oci_copy_result *r)
{
    char digest[OCI_DIGEST_TEXT];
    wp_jo_kstr(o, "digest", oci_digest_text(&r->root.digest, digest));
    wp_jo_kstr(o, "mediaType", r->root.media_type);
    wp_jo_ku64(o, "size", r->root.size);
    wp_jo_ku64(o, "manifests", r->manifests);
    wp_jo_ku64(o, "referrers", r->referrers);
    wp_jo_key(o, "blobs");
    wp_jo_object(o);
    wp_jo_ku64(o, "total", r->blobs);
    wp_jo_ku64(o, "copied", r->blobs_copied);
    wp_jo_ku64(o, "present", r->blobs_present);
    wp_jo_ku64(o, "mounted", r->blobs_mounted);
    wp_jo_object_end(o);
    wp_jo_ku64(o, "bytes", r->bytes);
    wp_jo_ku64(o, "bytesCopied", r->bytes_copied);
}

void transfer_report(struct cmd_ctx *c, const char *pinned, const char *const *tags, size_t tag_count,
                     const struct oci_copy_result *r, struct wp_json_out *list)
{
    if (!cmd_json(c)) {
        out_line(c->out, "%s", pinned);
        return;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out single = wp_json_out(&b);
    struct wp_json_out *o = list != NULL ? list : &single;
    wp_jo_object(o);
    wp_jo_kstr(o, "reference", pinned);
    wp_jo_key(o, "tags");
    wp_jo_array(o);
    for (size_t i = 0; i < tag_count; i++) {
        wp_jo_str(o, tags[i]);
    }
    wp_jo_array_end(o);
    transfer_json(o, r);
    wp_jo_object_end(o);
    if (list == NULL) {
        out_json(c->out, &b);
    }
}

struct pack_file transfer_file(struct cmd_ctx *c, const char *text)
{
    const char *colon = strrchr(text, ':');
    struct stat st;
    if (colon == NULL || strchr(colon, '/') == NULL || stat(text, &st) == 0) {
        return (struct pack_file){.path = text};
    }
    return (struct pack_file){
        .path = wp_arena_strn(c->arena, text, (size_t)(colon - text)),
        .media_type = colon + 1,
    };
}

int transfer_annotations(struct cmd_ctx *c, const struct opt_list *list, const struct oci_annotation **ret,
                         size_t *ret_count, struct wp_err *err)
{
    struct oci_annotation *out = wp_arena_alloc(c->arena, list->count + 1, sizeof(*out));
    for (size_t i = 0; i < list->count; i++) {
        const char *eq = strchr(list->items[i], '=');
        if (eq == NULL || eq == list->items[i]) {
            wp_fail(err, WP_E_USAGE, "annotation '%s' has no key and value", list->items[i]);
            return wp_hint(err, "write -a KEY=VALUE");
        }
        out[i].key = wp_arena_strn(c->arena, list->items[i], (size_t)(eq - list->items[i]));
        out[i].value = eq + 1;
    }
    *ret = out;
    *ret_count = oci_annotations_sort(out, list->count);
    return 0;
}
