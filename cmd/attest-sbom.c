/* SPDX-License-Identifier: Apache-2.0
 *
 * Bills of materials of what lies in a store (cmd/attest.h). */
#include "base/hash.h"
#include "base/limits.h"
#include "base/text.h"
#include "cmd/attest.h"
#include "cmd/build.h"

const struct oci_desc *attest_layer(const struct attest_subject *s)
{
    for (size_t i = 0; i < s->manifest.layer_count; i++) {
        if (look_is_module(&s->manifest.layers[i])) {
            return &s->manifest.layers[i];
        }
    }
    return NULL;
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL || slash[1] == '\0' ? path : slash + 1;
}

int attest_open_module(struct cmd_ctx *c, const struct attest_subject *s, struct look_content *ret,
                       const char **ret_file, struct wp_err *err)
{
    const struct oci_desc *layer = attest_layer(s);
    if (layer == NULL) {
        wp_fail(err, WP_E_NOT_FOUND, "%s holds no WebAssembly module", target_pinned(c, s->target, &s->desc.digest));
        return s->manifest.kind == OCI_INDEX ? wp_hint(err, "it is an index: --platform chooses a manifest") : -1;
    }
    const char *title = oci_desc_annotation(layer, OCI_ANNOTATION_TITLE);
    *ret_file = title == NULL ? "module.wasm" : wp_arena_str(c->arena, last_component(title));
    return look_open_blob(s->target->store, layer, WP_LIMIT_MODULE, ret, err);
}

bool attest_sbom_kind(const char *word, enum pack_sbom_kind *ret)
{
    static const struct {
        const char *word;
        enum pack_sbom_kind kind;
    } rows[] = {{"cyclonedx", PACK_SBOM_CYCLONEDX},
                {"sbom", PACK_SBOM_CYCLONEDX},
                {"spdx", PACK_SBOM_SPDX},
                {"spdxjson", PACK_SBOM_SPDX},
                {"https://cyclonedx.org/bom", PACK_SBOM_CYCLONEDX},
                {"https://spdx.dev/Document", PACK_SBOM_SPDX}};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (wp_str_eq(rows[i].word, word)) {
            *ret = rows[i].kind;
            return true;
        }
    }
    return false;
}

const char *attest_sbom_predicate(enum pack_sbom_kind kind)
{
    return kind == PACK_SBOM_SPDX ? "https://spdx.dev/Document" : "https://cyclonedx.org/bom";
}

static const char *annotation(const struct attest_subject *s, const char *key)
{
    for (size_t i = 0; i < s->manifest.annotation_count; i++) {
        if (wp_str_eq(s->manifest.annotations[i].key, key)) {
            return s->manifest.annotations[i].value;
        }
    }
    return NULL;
}

int attest_sbom(struct cmd_ctx *c, const struct attest_subject *s, enum pack_sbom_kind kind, struct wp_buf *b,
                struct wp_err *err)
{
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    const struct pack_read how = {.load = {.threads = look_processors()}};
    struct pack_module module;
    struct pack_sbom sbom = {.kind = kind, .module = &module, .wpack_version = WPACK_VERSION};
    if (build_created(0, &sbom.created, err) < 0 || attest_open_module(c, s, &content, &sbom.file, err) < 0) {
        return -1;
    }
    if (look_module(c, s->look, &content, &how, c->arena, &module, NULL, err) < 0) {
        return wp_wrap(err, "%s", target_pinned(c, s->target, &s->desc.digest));
    }
    char digest[OCI_DIGEST_TEXT];
    const char *title = annotation(s, OCI_ANNOTATION_TITLE);
    sbom.bytes = content.bytes;
    sbom.name = title != NULL ? title : module.name != NULL ? module.name : sbom.file;
    sbom.version = annotation(s, "org.opencontainers.image.version");
    sbom.licenses = annotation(s, "org.opencontainers.image.licenses");
    sbom.reference = s->target->ref.kind == OCI_REF_REGISTRY ? s->target->base : NULL;
    sbom.digest = oci_digest_text(&s->desc.digest, digest);
    pack_sbom_write(&sbom, b);
    return 0;
}
