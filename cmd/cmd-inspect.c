/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack inspect`: what an artifact or a module file is, holds and wants. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "cmd/inspect.h"
#include "cmd/out.h"
#include "cmd/target.h"
#include "oci/copy.h"
#include "pack/format.h"
#include "pack/module-json.h"

struct opts {
    bool manifest, config, sections, imports, exports, size;
    const char *platform;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.name = "manifest", .kind = OPT_FLAG, .offset = AT(manifest), .help = "the manifest's bytes"},
    {.name = "config", .kind = OPT_FLAG, .offset = AT(config), .help = "the config blob's bytes"},
    {.name = "imports", .kind = OPT_FLAG, .offset = AT(imports), .help = "what the module wants, one per line"},
    {.name = "exports", .kind = OPT_FLAG, .offset = AT(exports), .help = "what the module offers, one per line"},
    {.name = "sections", .kind = OPT_FLAG, .offset = AT(sections), .help = "offset, size and name of its sections"},
    {.name = "size", .kind = OPT_FLAG, .offset = AT(size), .help = "bars: where the bytes are"},
    {.name = "platform",
     .kind = OPT_STR,
     .offset = AT(platform),
     .arg = "OS/ARCH",
     .help = "which manifest of an index"},
    {0},
};

static bool wants_module_only(const struct opts *o)
{
    return o->imports || o->exports || o->sections || o->size;
}

static bool is_wasm_layer(const struct oci_desc *d)
{
    const char *title = oci_desc_annotation(d, OCI_ANNOTATION_TITLE);
    size_t len = title == NULL ? 0 : strlen(title);
    return strstr(d->media_type, "wasm") != NULL || (len > 5 && wp_str_eq(title + len - 5, ".wasm"));
}

/* The module of an artifact: its only layer that can be one. NULL data when there is none. */
static int layer_module(struct cmd_ctx *c, struct cmd_target *t, const struct oci_manifest *m, struct pack_module *ret,
                        bool *ret_found, struct wp_err *err)
{
    const struct oci_desc *layer = NULL;
    for (size_t i = 0; i < m->layer_count; i++) {
        if (is_wasm_layer(&m->layers[i])) {
            layer = layer == NULL ? &m->layers[i] : layer;
        }
    }
    *ret_found = false;
    if (layer == NULL) {
        return 0;
    }
    struct wp_span bytes;
    if (oci_store_get(t->store, layer, WP_LIMIT_MODULE, c->arena, &bytes, err) < 0) {
        return -1;
    }
    static const uint8_t magic[4] = {0x00, 0x61, 0x73, 0x6d};
    if (bytes.len < sizeof(magic) || memcmp(bytes.ptr, magic, sizeof(magic)) != 0) {
        return 0;
    }
    *ret_found = true;
    return pack_module_read(bytes, c->arena, ret, err);
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

/* The module's facts in the asked form. */
static void show_module(struct cmd_ctx *c, const struct pack_module *m)
{
    const struct opts *o = c->opts;
    if (cmd_json(c)) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct wp_json_out j = wp_json_out(&b);
        pack_module_json(&j, m);
        out_json(c->out, &b);
        return;
    }
    if (o->imports) {
        inspect_externs(c, m->imports, m->import_count);
    }
    if (o->exports) {
        inspect_externs(c, m->exports, m->export_count);
    }
    if (o->sections) {
        inspect_sections(c, m);
    }
    if (o->size) {
        inspect_size_bars(c, m);
    }
    if (!wants_module_only(o)) {
        inspect_module(c, m);
    }
}

static int inspect_file(struct cmd_ctx *c, const char *path, struct wp_err *err)
{
    const struct opts *o = c->opts;
    if (o->manifest || o->config) {
        wp_fail(err, WP_E_USAGE, "%s is a file: it has no manifest and no config", path);
        return wp_hint(err, "'wpack build %s' makes an artifact of it", path);
    }
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    struct pack_module m = {0};
    if (wp_fs_read(path, WP_LIMIT_MODULE, &file, err) < 0) {
        return -1;
    }
    if (pack_module_read(wp_buf_span(&file), c->arena, &m, err) < 0) {
        return wp_wrap(err, "%s", path);
    }
    if (!cmd_json(c) && !wants_module_only(o)) {
        out_heading(c->out, "%s", path);
    }
    show_module(c, &m);
    return 0;
}

static int inspect_manifest(struct cmd_ctx *c, struct cmd_target *t, const struct oci_desc *desc, struct wp_span bytes,
                            const struct oci_manifest *m, struct wp_err *err)
{
    const struct opts *o = c->opts;
    struct pack_module module = {0};
    bool found = false;
    if (o->config) {
        return show_config(c, t, m, err);
    }
    if (layer_module(c, t, m, &module, &found, err) < 0) {
        return -1;
    }
    if (wants_module_only(o)) {
        if (!found) {
            return wp_fail(err, WP_E_NOT_FOUND, "%s holds no WebAssembly module", t->base);
        }
        show_module(c, &module);
        return 0;
    }
    if (cmd_json(c)) {
        inspect_artifact_json(c, target_pinned(c, t, &desc->digest), desc, bytes, m, found ? &module : NULL);
        return 0;
    }
    inspect_artifact(c, target_pinned(c, t, &desc->digest), desc, m);
    if (found) {
        inspect_module(c, &module);
    }
    return 0;
}

/* Of an index the manifest for the platform asked for, in the place of all three. */
static int choose_platform(struct cmd_ctx *c, struct cmd_target *t, const char *platform, struct oci_desc *desc,
                           struct wp_span *bytes, struct oci_manifest *m, struct wp_err *err)
{
    for (size_t i = 0; i < m->manifest_count; i++) {
        if (oci_platform_match(platform, m->manifests[i].platform)) {
            *desc = m->manifests[i];
            if (oci_store_get(t->store, desc, WP_LIMIT_MANIFEST, c->arena, bytes, err) < 0) {
                return -1;
            }
            return oci_manifest_parse(*bytes, desc->media_type, "the chosen manifest", c->arena, m, err);
        }
    }
    return wp_fail(err, WP_E_NOT_FOUND, "the index has no manifest for %s", platform);
}

static int inspect_ref(struct cmd_ctx *c, const char *text, struct wp_err *err)
{
    const struct opts *o = c->opts;
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_desc desc;
    struct wp_span bytes;
    struct oci_manifest m;
    if (target_open(c, text, TARGET_READ, &t, err) < 0 || target_resolve(c, &t, &desc, &bytes, err) < 0) {
        return -1;
    }
    if (o->manifest) {
        out_bytes(c->out, bytes);
        return 0;
    }
    char digest[OCI_DIGEST_TEXT];
    const char *what = wp_arena_printf(c->arena, "manifest %s", oci_digest_text(&desc.digest, digest));
    if (oci_manifest_parse(bytes, desc.media_type, what, c->arena, &m, err) < 0) {
        return -1;
    }
    if (m.kind == OCI_INDEX && o->platform != NULL && choose_platform(c, &t, o->platform, &desc, &bytes, &m, err) < 0) {
        return -1;
    }
    return inspect_manifest(c, &t, &desc, bytes, &m, err);
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    struct stat st;
    const char *text = c->args[0];
    if (stat(text, &st) == 0 && S_ISREG(st.st_mode)) {
        return inspect_file(c, text, err);
    }
    size_t len = strlen(text);
    if (len > 5 && wp_str_eq(text + len - 5, ".wasm") && !oci_ref_looks_like(text)) {
        return wp_fail(err, WP_E_NOT_FOUND, "inspect: there is no file '%s'", text);
    }
    return inspect_ref(c, text, err);
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
