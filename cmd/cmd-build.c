/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack build`: a module or wpack.json becomes an artifact in a layout. */
#include "base/fs.h"
#include "base/text.h"
#include "cmd/attest.h"
#include "cmd/build.h"
#include "cmd/out.h"
#include "cmd/transfer.h"
#include "oci/layout.h"
#include "sign/find.h"

struct opts {
    struct look_opts look;
    const char *file, *output, *target, *sbom;
    struct opt_list tags, annotations;
    bool no_test;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.letter = 'f',
     .name = "file",
     .kind = OPT_STR,
     .offset = AT(file),
     .arg = "FILE",
     .help = "the project file (default: wpack.json in the folder given)"},
    {.letter = 't',
     .name = "tag",
     .kind = OPT_LIST,
     .offset = AT(tags),
     .arg = "[FORMAT=]REF",
     .help = "name to give, may be repeated; a name inside a layout needs no host"},
    {.name = "target",
     .kind = OPT_STR,
     .offset = AT(target),
     .arg = "FORMAT",
     .help = "artifact format: cncf; several at once: -t FORMAT=REF each"},
    {.letter = 'o',
     .name = "output",
     .kind = OPT_STR,
     .offset = AT(output),
     .arg = "oci:DIR",
     .help = "layout to build into (default oci:" TARGET_LAYOUT ")"},
    {.letter = 'a',
     .name = "annotation",
     .kind = OPT_LIST,
     .offset = AT(annotations),
     .arg = "KEY=VALUE",
     .help = "annotation of the manifest, may be repeated"},
    {.name = "sbom",
     .kind = OPT_STR,
     .offset = AT(sbom),
     .arg = "[=KIND]",
     .bare = "cyclonedx",
     .help = "attach a bill of materials, unsigned: cyclonedx (default), spdx"},
    {.name = "no-test", .kind = OPT_FLAG, .offset = AT(no_test), .help = "do not run the module before it is packed"},
    LOOK_ROWS(struct opts),
    {0},
};

/* One name to build under: a format and what it is called in the layout. */
struct output {
    const struct pack_format *format;
    const char *name; /* in the layout; NULL: none */
    const char *base; /* what the digest is printed behind; NULL: the layout */
};

struct outputs {
    struct output *items;
    size_t count;
};

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int plan_sources(struct cmd_ctx *c, const struct opts *o, struct build_plan *plan, struct wp_err *err)
{
    const char *arg = c->arg_count == 1 ? c->args[0] : NULL;
    bool folder = arg != NULL && is_folder(arg);
    struct stat st;
    plan->module = folder ? NULL : arg;
    if (o->file != NULL) {
        plan->project = o->file;
    } else if (folder) {
        plan->project = arg;
    } else if (arg == NULL) {
        if (stat("wpack.json", &st) != 0) {
            wp_fail(err, WP_E_USAGE, "no module given and no wpack.json here");
            return wp_hint(err, "wpack build MODULE.wasm");
        }
        plan->project = "wpack.json";
    }
    return transfer_annotations(c, &o->annotations, &plan->annotations, &plan->annotation_count, err);
}

/* "-t cncf=host/app:1", "-t host/app:1", "-t app:1": the first '=' splits only after a format's name. */
static int parse_tag(struct cmd_ctx *c, const char *text, const struct pack_format *format, struct output *ret,
                     struct wp_err *err)
{
    const char *eq = strchr(text, '=');
    ret->format = format;
    if (eq != NULL) {
        if (pack_format_find(wp_arena_strn(c->arena, text, (size_t)(eq - text)), &ret->format, err) < 0) {
            return -1;
        }
        text = eq + 1;
    }
    ret->name = text;
    ret->base = NULL;
    if (oci_ref_looks_like(text)) {
        struct oci_ref ref;
        if (oci_ref_parse(c->arena, text, &ref, err) < 0) {
            return -1;
        }
        if (ref.kind != OCI_REF_REGISTRY) {
            return wp_fail(err, WP_E_USAGE, "--tag %s: name the layout with --output", text);
        }
        if (ref.name == NULL || ref.has_digest || ref.more[0] != NULL) {
            wp_fail(err, WP_E_USAGE, "--tag %s: one tag is needed, and no digest", text);
            return wp_hint(err, "write %s:1.0.0; repeat --tag for several names", oci_ref_base(c->arena, &ref));
        }
        ret->base = oci_ref_base(c->arena, &ref);
        ret->name = wp_arena_printf(c->arena, "%s:%s", ret->base, ref.name);
        return 0;
    }
    const char *repo = NULL;
    const char *tag = NULL;
    oci_name_split(c->arena, text, &repo, &tag);
    const char *problem = repo[0] == '\0' ? NULL : oci_ref_repo_problem(repo);
    problem = problem != NULL ? problem : oci_ref_tag_problem(tag);
    return problem == NULL ? 0 : wp_fail(err, WP_E_USAGE, "--tag %s: %s", text, problem);
}

/* Without --tag: the project's name and version, else nothing. */
static const char *default_name(struct cmd_ctx *c, const struct pack_project *p)
{
    if (p->name == NULL || oci_ref_repo_problem(p->name) != NULL) {
        return NULL;
    }
    const char *tag = p->version != NULL && oci_ref_tag_problem(p->version) == NULL ? p->version : "latest";
    return wp_arena_printf(c->arena, "%s:%s", p->name, tag);
}

static int plan_outputs(struct cmd_ctx *c, const struct opts *o, const struct pack_project *p, const char *out_name,
                        struct outputs *ret, struct wp_err *err)
{
    const char *word = o->target != NULL ? o->target : p->targets == NULL ? NULL : p->targets[0];
    const struct pack_format *format = pack_formats[0];
    if (word != NULL && pack_format_find(word, &format, err) < 0) {
        return -1;
    }
    struct output *list = wp_arena_alloc(c->arena, o->tags.count + 2, sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < o->tags.count; i++, n++) {
        if (parse_tag(c, o->tags.items[i], format, &list[n], err) < 0) {
            return -1;
        }
    }
    if (out_name != NULL || n == 0) {
        list[n++] = (struct output){.format = format, .name = out_name != NULL ? out_name : default_name(c, p)};
    }
    *ret = (struct outputs){.items = list, .count = n};
    return 0;
}

/* The bill of materials travels as a referrer of what was built; wpack attest signs one. */
static int add_sbom(struct cmd_ctx *c, struct build_result *built, struct wp_err *err)
{
    const struct opts *o = c->opts;
    enum pack_sbom_kind kind;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct oci_desc desc;
    struct wp_span bytes;
    if (o->sbom == NULL || !attest_sbom_kind(o->sbom, &kind)) {
        return 0;
    }
    if (attest_sbom_of_build(c, built, kind, &text, err) < 0) {
        return -1;
    }
    const char *type = pack_sbom_media_type(kind);
    const struct sig_attach at = {.subject = &built->desc,
                                  .artifact_type = type,
                                  .config_type = OCI_MT_EMPTY,
                                  .layer_type = type,
                                  .layer = wp_arena_bytes(c->arena, wp_buf_span(&text))};
    return sig_attach_build(&at, built->store, c->arena, &desc, &bytes, err);
}

/* Every name of one format in one copy; a line per name, the digest behind the name's own repository. */
static int build_names(struct cmd_ctx *c, const struct build_plan *plan, const struct pack_format *format,
                       const struct outputs *out, struct build_result *built, struct cmd_target *layout,
                       struct wp_json_out *list, struct wp_err *err)
{
    const char **names = wp_arena_alloc(c->arena, out->count + 1, sizeof(*names));
    const char **lines = wp_arena_alloc(c->arena, out->count + 1, sizeof(*lines));
    size_t n = 0;
    size_t line_count = 0;
    if (build_format(c, plan, format, built, err) < 0 || add_sbom(c, built, err) < 0) {
        return -1;
    }
    char digest[OCI_DIGEST_TEXT];
    oci_digest_text(&built->desc.digest, digest);
    for (size_t i = 0; i < out->count; i++) {
        const struct output *o = &out->items[i];
        if (o->format != format) {
            continue;
        }
        if (o->name != NULL) {
            names[n++] = o->name;
        }
        lines[line_count++] = wp_arena_printf(c->arena, "%s@%s", o->base != NULL ? o->base : layout->base, digest);
    }
    struct oci_copy_opts copy = transfer_opts(c);
    struct oci_copy_result result = {0};
    const struct oci_binding keep = {.name = NULL, .desc = &built->desc, .bytes = built->bytes};
    if (oci_store_bind(built->store, &keep, 1, 0, err) < 0 ||
        oci_copy(built->store, digest, layout->store, names, n, &copy, c->arena, &result, err) < 0) {
        return -1;
    }
    transfer_note(c, "layout", layout->base, false, &result);
    for (size_t i = 0; i < n; i++) {
        out_fact(c->out, "name", "%s", names[i]);
    }
    for (size_t i = 0; i + 1 < line_count; i++) {
        out_line(c->out, "%s", lines[i]);
    }
    transfer_report(c, lines[cmd_json(c) ? 0 : line_count - 1], names, n, &result, list);
    return 0;
}

/* One JSON object; {"artifacts":[…]} where names of several formats were asked for. */
static int build_all(struct cmd_ctx *c, const struct build_plan *plan, const struct outputs *out,
                     struct build_result *built, struct cmd_target *layout, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    struct wp_json_out list = wp_json_out(&json);
    bool several = false;
    for (size_t i = 1; i < out->count; i++) {
        several = several || out->items[i].format != out->items[0].format;
    }
    wp_jo_object(&list);
    wp_jo_key(&list, "artifacts");
    wp_jo_array(&list);
    for (size_t i = 0; i < out->count; i++) {
        const struct pack_format *format = out->items[i].format;
        bool first = true;
        for (size_t k = 0; k < i; k++) {
            first = first && out->items[k].format != format;
        }
        if (first && build_names(c, plan, format, out, built, layout, several ? &list : NULL, err) < 0) {
            return -1;
        }
    }
    wp_jo_array_end(&list);
    wp_jo_object_end(&list);
    if (several && cmd_json(c)) {
        out_json(c->out, &json);
    }
    return 0;
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    struct build_plan plan = {.look = &o->look, .no_test = o->no_test};
    BUILD_AUTO struct build_result built = BUILD_RESULT_INIT;
    TARGET_AUTO struct cmd_target layout = {0};
    struct oci_ref ref;
    const char *output = o->output == NULL ? "oci:" TARGET_LAYOUT : o->output;
    if (oci_ref_parse(c->arena, output, &ref, err) < 0) {
        return -1;
    }
    if (ref.kind != OCI_REF_LAYOUT || ref.has_digest) {
        wp_fail(err, WP_E_USAGE, "--output %s: not a layout folder", output);
        return wp_hint(err, "write oci:DIR or oci:DIR:NAME; 'wpack push' sends it to a registry");
    }
    enum pack_sbom_kind sbom;
    if (o->sbom != NULL && !attest_sbom_kind(o->sbom, &sbom)) {
        wp_fail(err, WP_E_USAGE, "--sbom: '%s' is no kind of bill of materials", o->sbom);
        return wp_hint(err, "--sbom=cyclonedx or --sbom=spdx");
    }
    struct outputs outputs = {0};
    if (plan_sources(c, o, &plan, err) < 0 || build_read(c, &plan, &built, err) < 0 ||
        plan_outputs(c, o, &built.project, ref.name, &outputs, err) < 0) {
        return -1;
    }
    build_describe(c, &built);
    const char *shown = plan.project != NULL && is_folder(plan.project)
                            ? wp_arena_printf(c->arena, "%s/wpack.json", plan.project)
                            : plan.project;
    for (size_t i = 0; built.project.unused != NULL && built.project.unused[i] != NULL; i++) {
        out_warn(c->out, "'%s' in %s is checked, but this version does nothing with it", built.project.unused[i],
                 shown);
    }
    if (build_test(c, &plan, &built, err) < 0 || target_open_ref(c, &ref, TARGET_CREATE, &layout, err) < 0) {
        return -1;
    }
    return build_all(c, &plan, &outputs, &built, &layout, err);
}

const struct cmd cmd_build = {
    .name = "build",
    .group = "Core",
    .args = "[MODULE.wasm|DIR]",
    .summary = "pack a module or wpack.json as an OCI artifact into a layout",
    .max_args = 1,
    .uses = CMD_LONG | CMD_LOCAL,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
