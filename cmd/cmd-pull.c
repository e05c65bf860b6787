/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack pull`: from a registry or layout to files, a layout or standard output. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "cmd/out.h"
#include "cmd/progress.h"
#include "cmd/transfer.h"
#include "cmd/trust.h"
#include "oci/files.h"
#include "pack/format.h"

#include <unistd.h>

struct opts {
    struct trust_opts trust;
    const char *output, *platform;
    bool no_clobber, no_referrers;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.letter = 'o',
     .name = "output",
     .kind = OPT_STR,
     .offset = AT(output),
     .arg = "WHERE",
     .help = "file, folder, oci:DIR[:NAME] or - (default: the titled files, here)"},
    {.name = "platform",
     .kind = OPT_STR,
     .offset = AT(platform),
     .arg = "OS/ARCH",
     .help = "which manifest of an index"},
    {.name = "no-clobber",
     .kind = OPT_FLAG,
     .offset = AT(no_clobber),
     .alias = "keep-old-files",
     .help = "fail where a file or name has other content"},
    {.name = "no-referrers",
     .kind = OPT_FLAG,
     .offset = AT(no_referrers),
     .help = "to a layout: leave signatures and other referrers behind"},
    TRUST_ROWS(struct opts, trust),
    {0},
};

static int pull_layout(struct cmd_ctx *c, const struct trust *trust, struct cmd_target *src,
                       const struct oci_desc *root, struct wp_span bytes, struct wp_err *err)
{
    const struct opts *o = c->opts;
    TARGET_AUTO struct cmd_target dst = {0};
    if (target_open(c, o->output, TARGET_CREATE, &dst, err) < 0) {
        return -1;
    }
    struct oci_copy_opts copy = transfer_opts(c);
    copy.root = root;
    copy.root_bytes = bytes;
    copy.platform = o->platform;
    copy.no_referrers = o->no_referrers;
    copy.bind_flags = o->no_clobber ? OCI_BIND_NO_REPLACE : 0;
    const char *name = dst.ref.name != NULL ? dst.ref.name : src->ref.name;
    char digest[OCI_DIGEST_TEXT];
    struct oci_copy_result r = {0};
    struct trust_door door = {.c = c, .trust = trust, .source = src};
    if (trust_copy(&door, oci_digest_text(&root->digest, digest), dst.store, &name, name == NULL ? 0 : 1, &copy, &r,
                   err) < 0) {
        return -1;
    }
    transfer_note(c, "layout", dst.base, false, &r);
    transfer_report(c, target_pinned(c, src, &r.root.digest), &name, name == NULL ? 0 : 1, &r, NULL);
    return 0;
}

static const char *platform_text(struct cmd_ctx *c, const struct oci_platform *p)
{
    return p == NULL ? "unknown" : wp_arena_printf(c->arena, "%s/%s", p->os, p->architecture);
}

/* Of an index the one manifest that --platform names, or the only one, or the only WebAssembly one. */
static const struct oci_desc *choose_manifest(struct cmd_ctx *c, const struct oci_manifest *index, struct wp_err *err)
{
    const struct opts *o = c->opts;
    const struct oci_desc *match = NULL;
    const struct oci_desc *wasm = NULL;
    size_t wasms = 0;
    WP_AUTO_BUF struct wp_buf have = WP_BUF_INIT;
    for (size_t i = 0; i < index->manifest_count; i++) {
        const struct oci_desc *d = &index->manifests[i];
        wp_buf_printf(&have, "%s%s", i == 0 ? "" : " ", platform_text(c, d->platform));
        if (o->platform != NULL ? oci_platform_match(o->platform, d->platform) : index->manifest_count == 1) {
            match = match == NULL ? d : match;
        }
        if (d->platform != NULL && wp_str_starts(d->platform->architecture, "wasm")) {
            wasm = d;
            wasms++;
        }
    }
    if (match != NULL) {
        return match;
    }
    if (o->platform == NULL && wasms == 1) {
        return wasm;
    }
    if (o->platform != NULL) {
        wp_fail(err, WP_E_NOT_FOUND, "the index has no manifest for %s", o->platform);
    } else {
        wp_fail(err, WP_E_USAGE, "the reference names an index of several manifests");
    }
    wp_hint(err, "choose with --platform; there are: %s", have.ptr);
    return NULL;
}

static int read_manifest(struct cmd_ctx *c, struct cmd_target *src, struct oci_desc *desc, struct wp_span *bytes,
                         struct oci_manifest *ret, struct wp_err *err)
{
    for (unsigned depth = 0; depth < WP_LIMIT_GRAPH_DEPTH; depth++) {
        char digest[OCI_DIGEST_TEXT];
        const char *what = wp_arena_printf(c->arena, "manifest %s", oci_digest_text(&desc->digest, digest));
        if (oci_manifest_parse(*bytes, desc->media_type, what, c->arena, ret, err) < 0) {
            return -1;
        }
        if (ret->kind != OCI_INDEX) {
            return 0;
        }
        const struct oci_desc *chosen = choose_manifest(c, ret, err);
        if (chosen == NULL || oci_store_get(src->store, chosen, WP_LIMIT_MANIFEST, c->arena, bytes, err) < 0) {
            return -1;
        }
        *desc = *chosen;
    }
    return wp_fail(err, WP_E_LIMIT, "indexes are nested deeper than %u levels", (unsigned)WP_LIMIT_GRAPH_DEPTH);
}

static const char *repo_stem(struct cmd_ctx *c, const struct cmd_target *src)
{
    const char *repo = src->ref.repo != NULL ? src->ref.repo : src->ref.name;
    if (repo == NULL) {
        return "artifact";
    }
    const char *slash = strrchr(repo, '/');
    repo = slash == NULL ? repo : slash + 1;
    return wp_arena_strn(c->arena, repo, strcspn(repo, ":"));
}

static int pull_stdout(struct cmd_ctx *c, struct cmd_target *src, const struct oci_files_entry *files, size_t n,
                       struct wp_err *err)
{
    if (n != 1) {
        wp_fail(err, WP_E_USAGE, "-o -: the artifact has %zu files, standard output takes one", n);
        return wp_hint(err, "-o DIR");
    }
    struct wp_span bytes;
    if (oci_store_get(src->store, &files[0].desc, WP_LIMIT_MODULE, c->arena, &bytes, err) < 0) {
        return -1;
    }
    out_bytes(c->out, bytes);
    return 0;
}

/* Where files go: -o DIR, -o FILE for a single one, or here. */
static int place_files(struct cmd_ctx *c, struct oci_files_entry *files, size_t n, const char **ret_folder,
                       struct wp_err *err)
{
    const struct opts *o = c->opts;
    struct stat st;
    *ret_folder = ".";
    if (o->output == NULL) {
        return 0;
    }
    size_t len = strlen(o->output);
    if (len == 0) {
        return wp_fail(err, WP_E_USAGE, "--output is empty");
    }
    bool folder = n != 1 || o->output[len - 1] == '/' || (stat(o->output, &st) == 0 && S_ISDIR(st.st_mode));
    if (folder) {
        while (len > 1 && o->output[len - 1] == '/') {
            len--;
        }
        *ret_folder = wp_arena_strn(c->arena, o->output, len);
        return 0;
    }
    const char *slash = strrchr(o->output, '/');
    files[0].path = slash == NULL ? o->output : slash + 1;
    if (slash != NULL) {
        *ret_folder = slash == o->output ? "/" : wp_arena_strn(c->arena, o->output, (size_t)(slash - o->output));
    }
    const char *problem = wp_fs_name_problem(files[0].path);
    return problem == NULL ? 0 : wp_fail(err, WP_E_USAGE, "--output %s: the name %s", o->output, problem);
}

static void report_files(struct cmd_ctx *c, const char *folder, const struct oci_files_entry *files, size_t n,
                         const char *pinned, const struct oci_copy_result *r)
{
    progress_flush(c->progress);
    for (size_t i = 0; i < n; i++) {
        char size[WP_SIZE_TEXT];
        const char *path = wp_str_eq(folder, ".")   ? files[i].path
                           : wp_str_eq(folder, "/") ? wp_arena_printf(c->arena, "/%s", files[i].path)
                                                    : wp_arena_printf(c->arena, "%s/%s", folder, files[i].path);
        out_fact(c->out, "file", "%s  %s", path, wp_size_text(files[i].desc.size, size));
    }
    if (!cmd_json(c)) {
        out_line(c->out, "%s", pinned);
        return;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "reference", pinned);
    wp_jo_kstr(&j, "folder", folder);
    wp_jo_key(&j, "files");
    wp_jo_array(&j);
    for (size_t i = 0; i < n; i++) {
        char digest[OCI_DIGEST_TEXT];
        wp_jo_object(&j);
        wp_jo_kstr(&j, "path", files[i].path);
        wp_jo_kstr(&j, "digest", oci_digest_text(&files[i].desc.digest, digest));
        wp_jo_kstr(&j, "mediaType", files[i].desc.media_type);
        wp_jo_ku64(&j, "size", files[i].desc.size);
        wp_jo_object_end(&j);
    }
    wp_jo_array_end(&j);
    transfer_json(&j, r);
    wp_jo_object_end(&j);
    out_json(c->out, &b);
}

static int pull_files(struct cmd_ctx *c, const struct trust *trust, struct cmd_target *src, const struct oci_desc *root,
                      struct wp_span root_bytes, struct wp_err *err)
{
    const struct opts *o = c->opts;
    struct oci_desc desc = *root;
    struct wp_span bytes = root_bytes;
    const struct trust_manifest resolved = {.desc = root, .bytes = root_bytes};
    struct trust_manifest chosen = {.desc = &desc};
    struct sig_report report;
    struct oci_manifest m;
    struct oci_files_entry *files = NULL;
    size_t n = 0;
    if (read_manifest(c, src, &desc, &bytes, &m, err) < 0) {
        return -1;
    }
    chosen.bytes = bytes;
    if (trust_gate(c, trust, src, &resolved, &chosen, &report, err) < 0 ||
        pack_files_plan(&m, repo_stem(c, src), c->arena, &files, &n, err) < 0) {
        return -1;
    }
    if (n == 0) {
        wp_fail(err, WP_E_NOT_FOUND, "%s holds no files", src->base);
        return wp_hint(err, "'wpack inspect' shows what it is");
    }
    const char *pinned = target_pinned(c, src, &desc.digest);
    if (o->output != NULL && wp_str_eq(o->output, "-")) {
        return pull_stdout(c, src, files, n, err);
    }
    const char *folder = NULL;
    OCI_AUTO_STORE struct oci_store *dst = NULL;
    const struct oci_files_opts fo = {.no_clobber = o->no_clobber};
    if (place_files(c, files, n, &folder, err) < 0 || oci_files_open(folder, files, n, &fo, &dst, err) < 0) {
        return -1;
    }
    struct oci_copy_opts copy = transfer_opts(c);
    copy.no_referrers = true;
    copy.root = &desc;
    copy.root_bytes = bytes;
    struct oci_copy_result r = {0};
    char digest[OCI_DIGEST_TEXT];
    if (oci_copy(src->store, oci_digest_text(&desc.digest, digest), dst, NULL, 0, &copy, c->arena, &r, err) < 0) {
        return -1;
    }
    trust_note(c, &report);
    report_files(c, folder, files, n, pinned, &r);
    return 0;
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    TRUST_AUTO struct trust trust = {0};
    TARGET_AUTO struct cmd_target src = {0};
    struct oci_desc root;
    struct wp_span bytes;
    if (trust_open(c, &o->trust, &trust, err) < 0 || target_open(c, c->args[0], TARGET_READ, &src, err) < 0 ||
        target_resolve(c, &src, &root, &bytes, err) < 0) {
        return -1;
    }
    if (o->output != NULL && (wp_str_starts(o->output, "oci:") || wp_str_starts(o->output, "ocidir://"))) {
        return pull_layout(c, &trust, &src, &root, bytes, err);
    }
    return pull_files(c, &trust, &src, &root, bytes, err);
}

const struct cmd cmd_pull = {
    .name = "pull",
    .group = "Core",
    .args = "REF",
    .summary = "fetch an artifact's files, or the artifact into a layout",
    .min_args = 1,
    .max_args = 1,
    .uses = CMD_REGISTRY | CMD_LONG,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
