/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding and reading the module of a file or an artifact, for inspect and diff. */
#include "cmd/inspect-load.h"

#include "base/fs.h"
#include "base/limits.h"
#include "oci/copy.h"

int inspect_is_file(const char *text, struct wp_err *err)
{
    struct stat st;
    if (stat(text, &st) == 0 && S_ISREG(st.st_mode)) {
        return 1;
    }
    size_t len = strlen(text);
    if (len > 5 && wp_str_eq(text + len - 5, ".wasm") && !oci_ref_looks_like(text)) {
        return wp_fail(err, WP_E_NOT_FOUND, "there is no file '%s'", text);
    }
    return 0;
}

static int read_module(struct cmd_ctx *c, struct wp_span bytes, const struct pack_read *how, struct pack_module *ret,
                       struct wp_err *err)
{
    return pack_module_read_as(bytes, how, c->arena, ret, err);
}

int inspect_load_file(struct cmd_ctx *c, const char *path, const struct pack_read *how, struct inspect_loaded *ret,
                      struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    struct inspect_loaded loaded = {.source = path};
    if (wp_fs_read(path, WP_LIMIT_MODULE, &file, err) < 0) {
        return -1;
    }
    if (read_module(c, wp_buf_span(&file), how, &loaded.module, err) < 0) {
        return wp_wrap(err, "%s", path);
    }
    oci_digest_of(WP_SHA256, wp_buf_span(&file), &loaded.digest);
    *ret = loaded;
    return 0;
}

static bool is_wasm_layer(const struct oci_desc *d)
{
    const char *title = oci_desc_annotation(d, OCI_ANNOTATION_TITLE);
    size_t len = title == NULL ? 0 : strlen(title);
    return strstr(d->media_type, "wasm") != NULL || (len > 5 && wp_str_eq(title + len - 5, ".wasm"));
}

int inspect_load_layer(struct cmd_ctx *c, struct cmd_target *t, const struct oci_manifest *m,
                       const struct pack_read *how, struct inspect_loaded *ret, struct wp_err *err)
{
    const struct oci_desc *layer = NULL;
    for (size_t i = 0; i < m->layer_count && layer == NULL; i++) {
        layer = is_wasm_layer(&m->layers[i]) ? &m->layers[i] : NULL;
    }
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
    oci_digest_of(WP_SHA256, bytes, &ret->digest); /* comparable, whatever the layer is named by */
    return read_module(c, bytes, how, &ret->module, err) < 0 ? -1 : 1;
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

int inspect_resolve(struct cmd_ctx *c, struct cmd_target *t, const char *platform, struct oci_desc *ret_desc,
                    struct wp_span *ret_bytes, struct oci_manifest *ret, struct wp_err *err)
{
    char digest[OCI_DIGEST_TEXT];
    if (target_resolve(c, t, ret_desc, ret_bytes, err) < 0) {
        return -1;
    }
    const char *what = wp_arena_printf(c->arena, "manifest %s", oci_digest_text(&ret_desc->digest, digest));
    if (oci_manifest_parse(*ret_bytes, ret_desc->media_type, what, c->arena, ret, err) < 0) {
        return -1;
    }
    return ret->kind == OCI_INDEX && platform != NULL ? choose_platform(c, t, platform, ret_desc, ret_bytes, ret, err)
                                                      : 0;
}

static int load_ref(struct cmd_ctx *c, const char *text, const char *platform, const struct pack_read *how,
                    struct inspect_loaded *ret, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_desc desc;
    struct wp_span bytes;
    struct oci_manifest m;
    if (target_open(c, text, TARGET_READ, &t, err) < 0 ||
        inspect_resolve(c, &t, platform, &desc, &bytes, &m, err) < 0) {
        return -1;
    }
    struct inspect_loaded loaded = {.source = text, .pinned = target_pinned(c, &t, &desc.digest)};
    int found = inspect_load_layer(c, &t, &m, how, &loaded, err);
    if (found < 0) {
        return wp_wrap(err, "%s", text);
    }
    if (found == 0) {
        wp_fail(err, WP_E_NOT_FOUND, "%s holds no WebAssembly module", text);
        return m.kind == OCI_INDEX ? wp_hint(err, "it is an index: --platform chooses a manifest") : -1;
    }
    *ret = loaded;
    return 0;
}

int inspect_load(struct cmd_ctx *c, const char *text, const char *platform, const struct pack_read *how,
                 struct inspect_loaded *ret, struct wp_err *err)
{
    int file = inspect_is_file(text, err);
    if (file < 0) {
        return wp_wrap(err, "%s", c->cmd->name);
    }
    return file > 0 ? inspect_load_file(c, text, how, ret, err) : load_ref(c, text, platform, how, ret, err);
}
