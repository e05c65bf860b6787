/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding the module to run (cmd/run-open.h). */
#include "cmd/run-open.h"

#include "base/io.h"
#include "base/limits.h"
#include "cmd/inspect-load.h"

#include <unistd.h>

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL || slash[1] == '\0' ? path : slash + 1;
}

static const struct oci_desc *module_layer(const struct oci_manifest *m)
{
    for (size_t i = 0; i < m->layer_count; i++) {
        if (look_is_module(&m->layers[i])) {
            return &m->layers[i];
        }
    }
    return NULL;
}

static int open_ref(struct cmd_ctx *c, const char *text, const char *platform, struct look_content *ret,
                    struct run_source *source, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_desc desc;
    struct wp_span bytes;
    struct oci_manifest m;
    if (target_open(c, text, TARGET_READ, &t, err) < 0 ||
        inspect_resolve(c, &t, platform, &desc, &bytes, &m, err) < 0) {
        return -1;
    }
    const struct oci_desc *layer = module_layer(&m);
    if (layer == NULL) {
        wp_fail(err, WP_E_NOT_FOUND, "%s holds no WebAssembly module", text);
        return m.kind == OCI_INDEX ? wp_hint(err, "it is an index: --platform chooses a manifest") : -1;
    }
    const char *title = oci_desc_annotation(layer, OCI_ANNOTATION_TITLE);
    source->name = title != NULL ? wp_arena_str(c->arena, last_component(title)) : "module.wasm";
    source->pinned = target_pinned(c, &t, &desc.digest);
    return look_open_blob(t.store, layer, WP_LIMIT_MODULE, ret, err) < 0 ? wp_wrap(err, "%s", text) : 0;
}

int run_open(struct cmd_ctx *c, const char *text, const char *platform, struct look_content *ret,
             struct run_source *ret_source, struct wp_err *err)
{
    *ret_source = (struct run_source){.shown = text, .name = last_component(text)};
    if (wp_str_eq(text, "-")) {
        WP_AUTO_READER struct wp_reader *in = wp_reader_fd(dup(STDIN_FILENO), "standard input");
        *ret_source = (struct run_source){.shown = "standard input", .name = "module.wasm"};
        return look_open_reader(in, WP_LIMIT_MODULE, "the module on standard input", ret, err);
    }
    int file = inspect_is_file(text, err);
    if (file < 0) {
        return wp_wrap(err, "%s", c->cmd->name);
    }
    return file > 0 ? look_open_file(text, WP_LIMIT_MODULE, ret, err)
                    : open_ref(c, text, platform, ret, ret_source, err);
}
