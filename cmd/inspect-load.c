/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding and reading the module of a file or an artifact, for inspect and diff. */
#include "cmd/inspect-load.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/mem.h"
#include "oci/copy.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024 };

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

static int read_module(struct cmd_ctx *c, const struct look_content *content, const struct inspect_how *how,
                       struct pack_module *ret, struct wp_err *err)
{
    struct look_opts look = how->look;
    /* What is only shown may use every proposal; validate, build and push are the strict ones. */
    look.features = look.features == NULL ? "all" : look.features;
    struct pack_read read = how->read;
    read.load.threads = look_processors();
    return look_module(c, &look, content, &read, c->arena, ret, NULL, err);
}

/* Leaves the descriptor where it stands. */
static int digest_of(int fd, const char *path, struct oci_digest *ret, struct wp_err *err)
{
    WP_AUTO_HASH struct wp_hash *hash = wp_hash_new(WP_SHA256);
    WP_AUTO_FREE char *chunk = wp_xmalloc(CHUNK);
    uint64_t offset = 0;
    for (;;) {
        ssize_t n = pread(fd, chunk, CHUNK, (off_t)offset);
        if (n < 0) {
            return wp_fail_errno(err, errno, "cannot read '%s'", path);
        }
        if (n == 0) {
            break;
        }
        wp_hash_add(hash, chunk, (size_t)n);
        offset += (uint64_t)n;
    }
    ret->alg = WP_SHA256;
    wp_hash_end(hash, ret->bytes);
    return 0;
}

int inspect_load_file(struct cmd_ctx *c, const char *path, const struct inspect_how *how, struct inspect_loaded *ret,
                      struct wp_err *err)
{
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    struct inspect_loaded loaded = {.source = path};
    if (look_open_file(path, WP_LIMIT_MODULE, &content, err) < 0 ||
        (how->digest && digest_of(content.fd, path, &loaded.digest, err) < 0)) {
        return -1;
    }
    if (read_module(c, &content, how, &loaded.module, err) < 0) {
        return wp_wrap(err, "%s", path);
    }
    *ret = loaded;
    return 0;
}

int inspect_load_layer(struct cmd_ctx *c, struct cmd_target *t, const struct oci_manifest *m,
                       const struct inspect_how *how, struct inspect_loaded *ret, struct wp_err *err)
{
    const struct oci_desc *layer = NULL;
    for (size_t i = 0; i < m->layer_count && layer == NULL; i++) {
        layer = look_is_module(&m->layers[i]) ? &m->layers[i] : NULL;
    }
    if (layer == NULL) {
        return 0;
    }
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    if (look_open_blob(t->store, layer, WP_LIMIT_MODULE, &content, err) < 0) {
        return -1;
    }
    static const uint8_t magic[4] = {0x00, 0x61, 0x73, 0x6d};
    if (content.bytes.len < sizeof(magic) || memcmp(content.bytes.ptr, magic, sizeof(magic)) != 0) {
        return 0;
    }
    if (how->digest) {
        /* Comparable, whatever the layer is named by. */
        oci_digest_of(WP_SHA256, content.bytes, &ret->digest);
    }
    return read_module(c, &content, how, &ret->module, err) < 0 ? -1 : 1;
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

static int load_ref(struct cmd_ctx *c, const char *text, const struct inspect_how *how, struct inspect_loaded *ret,
                    struct wp_err *err)
{
    TARGET_AUTO struct cmd_target t = {0};
    struct oci_desc desc;
    struct wp_span bytes;
    struct oci_manifest m;
    if (target_open(c, text, TARGET_READ, &t, err) < 0 ||
        inspect_resolve(c, &t, how->platform, &desc, &bytes, &m, err) < 0) {
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

int inspect_load(struct cmd_ctx *c, const char *text, const struct inspect_how *how, struct inspect_loaded *ret,
                 struct wp_err *err)
{
    int file = inspect_is_file(text, err);
    if (file < 0) {
        return wp_wrap(err, "%s", c->cmd->name);
    }
    return file > 0 ? inspect_load_file(c, text, how, ret, err) : load_ref(c, text, how, ret, err);
}
