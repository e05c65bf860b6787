/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack push`: a built artifact, a module (packed on the way), or any files, to a registry or layout. */
#include "base/fs.h"
#include "cmd/build.h"
#include "cmd/out.h"
#include "cmd/sign.h"
#include "cmd/transfer.h"

#include <unistd.h>

struct opts {
    struct look_opts look;
    struct sign_opts sign;
    const char *artifact_type, *config;
    struct opt_list annotations;
    bool no_referrers, no_clobber, dry_run, no_test;
    const char *digest_file;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.letter = 'a',
     .name = "annotation",
     .kind = OPT_LIST,
     .offset = AT(annotations),
     .arg = "KEY=VALUE",
     .help = "annotation of the manifest, may be repeated (with a module or files)"},
    {.name = "artifact-type",
     .kind = OPT_STR,
     .offset = AT(artifact_type),
     .arg = "TYPE",
     .help = "artifact type of pushed files"},
    {.name = "config",
     .kind = OPT_STR,
     .offset = AT(config),
     .arg = "FILE[:TYPE]",
     .help = "config blob of pushed files"},
    {.name = "no-referrers",
     .kind = OPT_FLAG,
     .offset = AT(no_referrers),
     .help = "leave signatures and other referrers behind"},
    {.name = "no-clobber", .kind = OPT_FLAG, .offset = AT(no_clobber), .help = "fail where the tag has other content"},
    {.name = "dry-run", .kind = OPT_FLAG, .offset = AT(dry_run), .help = "say what would be sent, send nothing"},
    {.name = "digest-file",
     .kind = OPT_STR,
     .offset = AT(digest_file),
     .arg = "FILE",
     .alias = "digestfile",
     .help = "write the digest to a file"},
    {.name = "no-test", .kind = OPT_FLAG, .offset = AT(no_test), .help = "do not run the module before it is packed"},
    {.name = "sign-by",
     .kind = OPT_STR,
     .offset = AT(sign.key),
     .arg = "KEY",
     .help = "sign it, too; the name comes after the signature"},
    SIGN_PASSWORD_ROWS(struct opts, sign),
    LOOK_ROWS(struct opts),
    {0},
};

/* What to send; root is NULL where it has not been resolved yet. */
struct source {
    struct oci_store *store;
    const char *name;
    const struct oci_desc *root;
    struct wp_span bytes;
};

static bool exists_as_file(const char *path)
{
    struct stat st;
    return wp_str_eq(path, "-") || (stat(path, &st) == 0 && S_ISREG(st.st_mode));
}

static bool is_file_argument(struct cmd_ctx *c, const char *text)
{
    return exists_as_file(text) || exists_as_file(transfer_file(c, text).path);
}

static bool is_module_argument(const char *text)
{
    size_t len = strlen(text);
    return wp_str_eq(text, "-") || (exists_as_file(text) && len > 5 && wp_str_eq(text + len - 5, ".wasm"));
}

/* Where it goes, and who signs it there; no key: nobody. */
struct destination {
    struct cmd_target target;
    struct signer signer;
};

static void destination_done(struct destination *d)
{
    target_done(&d->target);
    signer_done(&d->signer);
}

/* The content without a name, its signature, then the name: whoever finds the one finds the other. */
static int send_signed(struct cmd_ctx *c, const struct source *src, struct destination *dst,
                       const struct oci_copy_opts *copy, const char *const *names, size_t n,
                       struct oci_copy_result *ret, struct wp_err *err)
{
    struct oci_desc root;
    struct wp_span bytes;
    struct oci_desc referrer;
    char text[OCI_DIGEST_TEXT];
    if (oci_copy(src->store, src->name, dst->target.store, NULL, 0, copy, c->arena, ret, err) < 0 ||
        oci_store_resolve(src->store, oci_digest_text(&ret->root.digest, text), c->arena, &root, &bytes, err) < 0 ||
        signer_sign(c, &dst->signer, &dst->target, &root, NULL, 0, &referrer, err) < 0) {
        return -1;
    }
    struct oci_binding *list = wp_arena_alloc(c->arena, n + 1, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        list[i] = (struct oci_binding){.name = names[i], .desc = &root, .bytes = bytes};
    }
    if (n > 0 && oci_store_bind(dst->target.store, list, n, copy->bind_flags, err) < 0) {
        return -1;
    }
    out_fact(c->out, "signed by", "%s", dst->signer.name);
    return 0;
}

static int send(struct cmd_ctx *c, const struct source *src, struct destination *dst, struct wp_err *err)
{
    const struct opts *o = c->opts;
    struct oci_copy_opts copy = transfer_opts(c);
    copy.root = src->root;
    copy.root_bytes = src->bytes;
    copy.no_referrers = o->no_referrers;
    copy.dry_run = o->dry_run;
    copy.bind_flags = o->no_clobber ? OCI_BIND_NO_REPLACE : 0;
    struct oci_copy_result r = {0};
    const char *const *names = NULL;
    size_t n = target_names(c, &dst->target, &names);
    if (dst->target.ref.has_digest) {
        wp_fail(err, WP_E_USAGE, "%s: a digest cannot be pushed to, it follows from the content", dst->target.base);
        return -1;
    }
    bool sign = dst->signer.key != NULL && !o->dry_run;
    if ((sign ? send_signed(c, src, dst, &copy, names, n, &r, err)
              : oci_copy(src->store, src->name, dst->target.store, names, n, &copy, c->arena, &r, err)) < 0) {
        return -1;
    }
    transfer_note(c, o->dry_run ? "would push" : "pushed", "", o->dry_run, &r);
    char digest[OCI_DIGEST_TEXT];
    oci_digest_text(&r.root.digest, digest);
    if (o->digest_file != NULL &&
        wp_fs_replace(o->digest_file, wp_span_str(wp_arena_printf(c->arena, "%s\n", digest)), 0666, err) < 0) {
        return -1;
    }
    transfer_report(c, wp_arena_printf(c->arena, "%s@%s", dst->target.base, digest), names, n, &r, NULL);
    return 0;
}

static int push_module(struct cmd_ctx *c, const char *module, struct destination *dst, struct wp_err *err)
{
    const struct opts *o = c->opts;
    struct build_plan plan = {.module = module, .look = &o->look, .no_test = o->no_test};
    BUILD_AUTO struct build_result built = BUILD_RESULT_INIT;
    if (transfer_annotations(c, &o->annotations, &plan.annotations, &plan.annotation_count, err) < 0 ||
        build_read(c, &plan, &built, err) < 0) {
        return -1;
    }
    build_describe(c, &built);
    if (build_test(c, &plan, &built, err) < 0 || build_format(c, &plan, pack_formats[0], &built, err) < 0) {
        return -1;
    }
    const struct oci_binding keep = {.desc = &built.desc, .bytes = built.bytes};
    if (oci_store_bind(built.store, &keep, 1, 0, err) < 0) {
        return -1;
    }
    char digest[OCI_DIGEST_TEXT];
    const struct source src = {
        .store = built.store,
        .name = oci_digest_text(&built.desc.digest, digest),
        .root = &built.desc,
        .bytes = built.bytes,
    };
    return send(c, &src, dst, err);
}

static int push_files(struct cmd_ctx *c, const char *const *paths, size_t n, struct destination *dst,
                      struct wp_err *err)
{
    const struct opts *o = c->opts;
    struct pack_file *files = wp_arena_alloc(c->arena, n + 1, sizeof(*files));
    for (size_t i = 0; i < n; i++) {
        files[i] = transfer_file(c, paths[i]);
    }
    struct pack_files_opts f = {.artifact_type = o->artifact_type, .job = c->job};
    if (o->config != NULL) {
        struct pack_file config = transfer_file(c, o->config);
        f.config_path = config.path;
        f.config_type = config.media_type;
    }
    OCI_AUTO_STORE struct oci_store *store = oci_memory_new("the files");
    struct oci_desc desc;
    struct wp_span bytes;
    if (transfer_annotations(c, &o->annotations, &f.annotations, &f.annotation_count, err) < 0 ||
        pack_files_build(files, n, &f, store, c->arena, &desc, &bytes, err) < 0) {
        return -1;
    }
    const struct oci_binding keep = {.desc = &desc, .bytes = bytes};
    if (oci_store_bind(store, &keep, 1, 0, err) < 0) {
        return -1;
    }
    char digest[OCI_DIGEST_TEXT];
    const struct source src = {
        .store = store,
        .name = oci_digest_text(&desc.digest, digest),
        .root = &desc,
        .bytes = bytes,
    };
    return send(c, &src, dst, err);
}

/* What `build -t REF` left in .wpack/oci under the reference's own name. */
static int push_built(struct cmd_ctx *c, struct destination *dst, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target src = {0};
    const char *name = wp_arena_printf(c->arena, "%s:%s", dst->target.base,
                                       dst->target.ref.name == NULL ? "latest" : dst->target.ref.name);
    if (target_open(c, "oci:" TARGET_LAYOUT, TARGET_READ, &src, err) < 0) {
        return wp_hint(err, "build it first: wpack build MODULE.wasm -t %s", name);
    }
    const struct source s = {.store = src.store, .name = name};
    if (send(c, &s, dst, err) < 0) {
        return err->code == WP_E_NOT_FOUND ? wp_hint(err, "build it first: wpack build MODULE.wasm -t %s", name) : -1;
    }
    return 0;
}

static int push_store(struct cmd_ctx *c, const char *text, struct destination *dst, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target src = {0};
    struct oci_desc desc;
    struct wp_span bytes;
    if (target_open(c, text, TARGET_READ, &src, err) < 0 || target_resolve(c, &src, &desc, &bytes, err) < 0) {
        return -1;
    }
    const struct source s = {.store = src.store, .name = src.name, .root = &desc, .bytes = bytes};
    return send(c, &s, dst, err);
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    const char **args = c->args;
    size_t n = c->arg_count;
    /* REF first (as with oras and wkg), or SRC first (as with docker's neighbours): both are understood. */
    bool ref_first = n == 1 || !is_file_argument(c, args[0]);
    if (n == 2 && ref_first && !oci_ref_looks_like(args[0]) && !is_file_argument(c, args[1])) {
        return wp_fail(err, WP_E_NOT_FOUND, "push: there is no file '%s'", args[0]);
    }
    bool source_is_store = n == 2 && ref_first && !is_file_argument(c, args[1]) && oci_ref_looks_like(args[1]);
    const char *ref = ref_first && !source_is_store ? args[0] : args[n - 1];
    if (!ref_first && n > 2) {
        wp_fail(err, WP_E_USAGE, "push: with several files the reference comes first");
        return wp_hint(err, "wpack push REF FILE[:TYPE]...");
    }
    WP_CLEANUP(destination_done) struct destination dst = {0};
    if ((o->sign.key != NULL && signer_open(c, &o->sign, &dst.signer, err) < 0) ||
        target_open(c, ref, o->dry_run ? TARGET_IMAGINE : TARGET_CREATE, &dst.target, err) < 0) {
        return -1;
    }
    if (n == 1 || source_is_store) {
        const char *vain = cmd_given(c, "artifact-type") ? "--artifact-type"
                           : cmd_given(c, "config")      ? "--config"
                           : cmd_given(c, "annotation")  ? "--annotation"
                                                         : NULL;
        if (vain != NULL) {
            wp_fail(err, WP_E_USAGE, "push: %s changes nothing in an artifact that is already built", vain);
            return wp_hint(err, "give it to 'wpack build', or push files: wpack push REF FILE[:TYPE]...");
        }
        return n == 1 ? push_built(c, &dst, err) : push_store(c, args[0], &dst, err);
    }
    const char *const *files = ref_first ? &args[1] : &args[0];
    if (n == 2 && is_module_argument(files[0]) && o->artifact_type == NULL && o->config == NULL) {
        return push_module(c, files[0], &dst, err);
    }
    return push_files(c, files, n - 1, &dst, err);
}

const struct cmd cmd_push = {
    .name = "push",
    .group = "Core",
    .args = "[SRC] REF[,TAG...] | REF FILE[:TYPE]...",
    .summary = "send a built artifact, a module or any files to a registry",
    .min_args = 1,
    .max_args = SIZE_MAX,
    .uses = CMD_REGISTRY | CMD_LONG,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
