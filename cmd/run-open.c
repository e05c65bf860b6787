/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding the module to run (cmd/run-open.h). */
#include "cmd/run-open.h"

#include "base/fs.h"
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

/* Where something has to be proven: first of what the reference leads to, which is then pinned, so that the manifest
 * that is run comes from there and nowhere else. */
static int open_manifest(struct cmd_ctx *c, const struct trust *trust, const char *platform, struct cmd_target *t,
                         struct oci_desc *ret_desc, struct oci_manifest *ret, struct wp_err *err)
{
    struct oci_desc root;
    struct wp_span root_bytes;
    struct wp_span bytes;
    struct sig_report report;
    bool asked = trust != NULL && trust->policy != NULL;
    if (asked) {
        if (target_resolve(c, t, &root, &root_bytes, err) < 0) {
            return -1;
        }
        t->ref.has_digest = true;
        t->ref.digest = root.digest;
    }
    if (inspect_resolve(c, t, platform, ret_desc, &bytes, ret, err) < 0) {
        return -1;
    }
    const struct trust_manifest resolved = {.desc = &root, .bytes = root_bytes};
    const struct trust_manifest chosen = {.desc = ret_desc, .bytes = bytes};
    return asked ? trust_gate(c, trust, t, &resolved, &chosen, &report, err) : 0;
}

static int open_ref(struct cmd_ctx *c, const char *text, const char *platform, const struct trust *trust,
                    struct look_content *ret, struct run_source *source, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_desc desc;
    struct oci_manifest m;
    if (target_open(c, text, TARGET_READ, &t, err) < 0 || open_manifest(c, trust, platform, &t, &desc, &m, err) < 0) {
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

/* A file is judged by the signatures beside it. */
static int open_proven(struct cmd_ctx *c, const char *path, const struct trust *trust, struct look_content *ret,
                       struct wp_err *err)
{
    uint64_t size = 0;
    int fd = wp_fs_open_file(path, &size, err);
    if (fd < 0) {
        return -1;
    }
    WP_AUTO_READER struct wp_reader *in = wp_reader_fd(fd, path);
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    struct sig_candidate *beside = NULL;
    struct trust_subject s = {.file = path};
    struct oci_desc desc = {0};
    struct sig_report report;
    if (look_open_reader(in, WP_LIMIT_MODULE, path, &content, err) < 0 ||
        trust_beside(c, path, &beside, &s.given_count, err) < 0) {
        return -1;
    }
    desc.size = content.size;
    oci_digest_of(WP_SHA256, content.bytes, &desc.digest);
    s.desc = &desc;
    s.bytes = content.bytes;
    s.given = beside;
    if (trust_judge(c, trust, &s, &report, err) < 0) {
        return -1;
    }
    *ret = content;
    content = (struct look_content)LOOK_CONTENT_INIT;
    return 0;
}

static int open_stdin(const struct trust *trust, struct look_content *ret, struct wp_err *err)
{
    WP_AUTO_READER struct wp_reader *in = wp_reader_fd(dup(STDIN_FILENO), "standard input");
    if (trust != NULL && trust->policy != NULL) {
        wp_fail(err, WP_E_NO_SIGNATURE, "a module on standard input has no signature beside it");
        return wp_hint(err, "run a file or a reference");
    }
    return look_open_reader(in, WP_LIMIT_MODULE, "the module on standard input", ret, err);
}

int run_open(struct cmd_ctx *c, const char *text, const char *platform, const struct trust *trust,
             struct look_content *ret, struct run_source *ret_source, struct wp_err *err)
{
    *ret_source = (struct run_source){.shown = text, .name = last_component(text)};
    if (wp_str_eq(text, "-")) {
        *ret_source = (struct run_source){.shown = "standard input", .name = "module.wasm"};
        return open_stdin(trust, ret, err);
    }
    int file = inspect_is_file(text, err);
    if (file < 0) {
        return wp_wrap(err, "%s", c->cmd->name);
    }
    if (file == 0) {
        return open_ref(c, text, platform, trust, ret, ret_source, err);
    }
    return trust != NULL && trust->policy != NULL ? open_proven(c, text, trust, ret, err)
                                                  : look_open_file(text, WP_LIMIT_MODULE, ret, err);
}
