/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack inspect`: what an artifact or a module file is, holds and wants. */
#include "base/fs.h"
#include "base/limits.h"
#include "cmd/inspect-load.h"
#include "cmd/inspect.h"
#include "cmd/out.h"
#include "pack/format.h"
#include "pack/module-json.h"
#include "pack/report.h"

struct opts {
    bool manifest, config, sections, imports, exports, size, wit, functions, producers, dependencies;
    uint64_t top;
    const char *report;
    const char *platform;
    struct look_opts look;
};

enum { TOP = 20, REPORT_FUNCTIONS = 2000 };

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.name = "manifest", .kind = OPT_FLAG, .offset = AT(manifest), .help = "the manifest's bytes"},
    {.name = "config", .kind = OPT_FLAG, .offset = AT(config), .help = "the config blob's bytes"},
    {.name = "imports", .kind = OPT_FLAG, .offset = AT(imports), .help = "what the module wants, one per line"},
    {.name = "exports", .kind = OPT_FLAG, .offset = AT(exports), .help = "what the module offers, one per line"},
    {.name = "wit", .kind = OPT_FLAG, .offset = AT(wit), .help = "a component's world and interfaces as WIT"},
    {.name = "sections", .kind = OPT_FLAG, .offset = AT(sections), .help = "offset, size and name of its sections"},
    {.name = "functions", .kind = OPT_FLAG, .offset = AT(functions), .help = "size, share and name, largest first"},
    {.name = "top", .kind = OPT_UINT, .offset = AT(top), .arg = "N", .help = "how many functions (default 20)"},
    {.name = "producers", .kind = OPT_FLAG, .offset = AT(producers), .help = "languages and tools that made it"},
    {.name = "dependencies",
     .kind = OPT_FLAG,
     .offset = AT(dependencies),
     .help = "packages in it, where its compiler listed them (cargo auditable)"},
    {.name = "size", .kind = OPT_FLAG, .offset = AT(size), .help = "bars: where the bytes are"},
    {.name = "report",
     .kind = OPT_STR,
     .offset = AT(report),
     .arg = "FILE.html",
     .help = "write all of it as one page with pictures; '-': to standard output"},
    {.name = "platform",
     .kind = OPT_STR,
     .offset = AT(platform),
     .arg = "OS/ARCH",
     .help = "which manifest of an index"},
    LOOK_ROWS(struct opts),
    {0},
};

static bool wants_module_only(const struct opts *o)
{
    return o->imports || o->exports || o->sections || o->size || o->wit || o->functions || o->producers ||
           o->dependencies || o->report != NULL;
}

/* How much of the module has to be read for what is asked. */
static struct inspect_how reading(const struct opts *o)
{
    uint64_t top = o->top == 0 ? TOP : o->top;
    struct pack_read how = {.wit = o->wit || o->report != NULL};
    how.functions = o->functions ? top : o->size ? 1 : 0;
    how.functions = o->report != NULL ? WP_MAX(how.functions, REPORT_FUNCTIONS) : how.functions;
    return (struct inspect_how){.look = o->look, .read = how, .platform = o->platform};
}

static int show_config(struct cmd_ctx *c, struct cmd_target *t, const struct oci_manifest *m, struct wp_err *err)
{
    if (m->config.media_type == NULL) {
        return wp_fail(err, WP_E_NOT_FOUND, "%s has no config", t->base);
    }
    struct wp_span bytes;
    if (oci_store_get(t->store, &m->config, WP_LIMIT_CONFIG, c->arena, &bytes, err) < 0) {
        return -1;
    }
    out_bytes(c->out, bytes);
    return 0;
}

/* Asked for what it cannot have. */
static int check_view(const struct opts *o, const struct pack_module *m, const char *name, struct wp_err *err)
{
    if (o->wit && m->kind == WP_WASM_MODULE) {
        wp_fail(err, WP_E_NOT_FOUND, "%s is a core module: only components have WIT", name);
        return wp_hint(err, "--imports and --exports show what it wants and offers");
    }
    return 0;
}

static int write_report(struct cmd_ctx *c, const struct pack_module *m, const char *name, const char *pinned,
                        struct wp_err *err)
{
    const struct opts *o = c->opts;
    WP_AUTO_BUF struct wp_buf page = WP_BUF_INIT;
    const struct pack_report report = {
        .module = m, .title = name, .reference = pinned, .generator = "wpack " WPACK_VERSION};
    pack_report_html(&page, &report, c->arena);
    if (wp_str_eq(o->report, "-")) {
        out_bytes(c->out, wp_buf_span(&page));
        return 0;
    }
    if (wp_fs_replace(o->report, wp_buf_span(&page), 0666, err) < 0) {
        return -1;
    }
    out_line(c->out, "%s", o->report);
    return 0;
}

/* The module's facts in the asked form. name: of the file or artifact; pinned: NULL for a file. */
static int show_module(struct cmd_ctx *c, const struct pack_module *m, const char *name, const char *pinned,
                       struct wp_err *err)
{
    const struct opts *o = c->opts;
    if (check_view(o, m, name, err) < 0 || (o->report != NULL && write_report(c, m, name, pinned, err) < 0)) {
        return -1;
    }
    if (cmd_json(c)) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct wp_json_out j = wp_json_out(&b);
        pack_module_json(&j, m);
        out_json(c->out, &b);
        return 0;
    }
    if (o->imports) {
        inspect_externs(c, m->imports, m->import_count);
    }
    if (o->exports) {
        inspect_externs(c, m->exports, m->export_count);
    }
    if (o->wit) {
        inspect_wit(c, m);
    }
    if (o->sections) {
        inspect_sections(c, m);
    }
    if (o->functions) {
        inspect_functions(c, m);
    }
    if (o->producers) {
        inspect_producers(c, m);
    }
    if (o->dependencies) {
        inspect_dependencies(c, m);
    }
    if (o->size) {
        inspect_size_bars(c, m);
    }
    if (!wants_module_only(o)) {
        inspect_module(c, m);
    }
    return 0;
}

static int inspect_file(struct cmd_ctx *c, const char *path, struct wp_err *err)
{
    const struct opts *o = c->opts;
    if (o->manifest || o->config) {
        wp_fail(err, WP_E_USAGE, "%s is a file: it has no manifest and no config", path);
        return wp_hint(err, "'wpack build %s' makes an artifact of it", path);
    }
    const struct inspect_how how = reading(o);
    struct inspect_loaded loaded;
    if (inspect_load_file(c, path, &how, &loaded, err) < 0) {
        return -1;
    }
    if (!cmd_json(c) && !wants_module_only(o)) {
        out_heading(c->out, "%s", path);
    }
    return show_module(c, &loaded.module, path, NULL, err);
}

static int inspect_manifest(struct cmd_ctx *c, struct cmd_target *t, const struct oci_desc *desc, struct wp_span bytes,
                            const struct oci_manifest *m, struct wp_err *err)
{
    const struct opts *o = c->opts;
    const struct inspect_how how = reading(o);
    struct inspect_loaded loaded = {.source = t->base};
    if (o->config) {
        return show_config(c, t, m, err);
    }
    int found = inspect_load_layer(c, t, m, &how, &loaded, err);
    if (found < 0) {
        return -1;
    }
    if (wants_module_only(o)) {
        if (found == 0) {
            return wp_fail(err, WP_E_NOT_FOUND, "%s holds no WebAssembly module", t->base);
        }
        return show_module(c, &loaded.module, t->base, target_pinned(c, t, &desc->digest), err);
    }
    if (cmd_json(c)) {
        inspect_artifact_json(c, target_pinned(c, t, &desc->digest), desc, bytes, m, found > 0 ? &loaded.module : NULL);
        return 0;
    }
    inspect_artifact(c, target_pinned(c, t, &desc->digest), desc, m);
    if (found > 0) {
        inspect_module(c, &loaded.module);
    }
    return 0;
}

static int inspect_ref(struct cmd_ctx *c, const char *text, struct wp_err *err)
{
    const struct opts *o = c->opts;
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_desc desc;
    struct wp_span bytes;
    struct oci_manifest m;
    if (target_open(c, text, TARGET_READ, &t, err) < 0) {
        return -1;
    }
    if (o->manifest && o->platform == NULL) {
        if (target_resolve(c, &t, &desc, &bytes, err) < 0) {
            return -1;
        }
        out_bytes(c->out, bytes);
        return 0;
    }
    if (inspect_resolve(c, &t, o->platform, &desc, &bytes, &m, err) < 0) {
        return -1;
    }
    if (o->manifest) {
        out_bytes(c->out, bytes);
        return 0;
    }
    return inspect_manifest(c, &t, &desc, bytes, &m, err);
}

static int check_options(const struct opts *o, const struct cmd_ctx *c, struct wp_err *err)
{
    if (o->report != NULL && wp_str_eq(o->report, "-") && cmd_json(c)) {
        return wp_fail(err, WP_E_USAGE, "--report - and --format json both want standard output");
    }
    return 0;
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const char *text = c->args[0];
    if (check_options(c->opts, c, err) < 0) {
        return -1;
    }
    int file = inspect_is_file(text, err);
    if (file < 0) {
        return wp_wrap(err, "inspect");
    }
    return file > 0 ? inspect_file(c, text, err) : inspect_ref(c, text, err);
}

const struct cmd cmd_inspect = {
    .name = "inspect",
    .group = "Look",
    .args = "REF|FILE",
    .summary = "show what an artifact or module is, holds and wants",
    .min_args = 1,
    .max_args = 1,
    .uses = CMD_REGISTRY,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
