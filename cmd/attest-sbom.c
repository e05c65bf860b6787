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

static const char *annotation(const struct oci_manifest *m, const char *key)
{
    for (size_t i = 0; i < m->annotation_count; i++) {
        if (wp_str_eq(m->annotations[i].key, key)) {
            return m->annotations[i].value;
        }
    }
    return NULL;
}

/* What the artifact says of itself comes before what the module does. */
static int write_sbom(struct pack_sbom *sbom, const struct oci_manifest *m, struct wp_buf *b, struct wp_err *err)
{
    const char *title = annotation(m, OCI_ANNOTATION_TITLE);
    sbom->name = title != NULL ? title : sbom->module->name != NULL ? sbom->module->name : sbom->file;
    sbom->version = annotation(m, "org.opencontainers.image.version");
    sbom->licenses = annotation(m, "org.opencontainers.image.licenses");
    sbom->wpack_version = WPACK_VERSION;
    if (build_created(0, &sbom->created, err) < 0) {
        return -1;
    }
    pack_sbom_write(sbom, b);
    return 0;
}

int attest_sbom(struct cmd_ctx *c, const struct attest_subject *s, enum pack_sbom_kind kind, struct wp_buf *b,
                struct wp_err *err)
{
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    const struct pack_read how = {.load = {.threads = look_processors()}};
    struct pack_module module;
    const char *file = NULL;
    char digest[OCI_DIGEST_TEXT];
    if (attest_open_module(c, s, &content, &file, err) < 0) {
        return -1;
    }
    if (look_module(c, s->look, &content, &how, c->arena, &module, NULL, err) < 0) {
        return wp_wrap(err, "%s", target_pinned(c, s->target, &s->desc.digest));
    }
    struct pack_sbom sbom = {
        .kind = kind,
        .module = &module,
        .bytes = content.bytes,
        .file = file,
        .reference = s->target->ref.kind == OCI_REF_REGISTRY ? s->target->base : NULL,
        .digest = oci_digest_text(&s->desc.digest, digest),
    };
    return write_sbom(&sbom, &s->manifest, b, err);
}

int attest_sbom_of_build(struct cmd_ctx *c, const struct build_result *r, enum pack_sbom_kind kind, struct wp_buf *b,
                         struct wp_err *err)
{
    char digest[OCI_DIGEST_TEXT];
    struct attest_subject s = {.desc = r->desc, .bytes = r->bytes};
    if (oci_manifest_parse(r->bytes, r->desc.media_type, "the build", c->arena, &s.manifest, err) < 0) {
        return -1;
    }
    const struct oci_desc *layer = attest_layer(&s);
    struct pack_sbom sbom = {
        .kind = kind,
        .module = &r->module,
        .bytes = r->content.bytes,
        .file = layer == NULL ? NULL : oci_desc_annotation(layer, OCI_ANNOTATION_TITLE),
        .digest = oci_digest_text(&r->desc.digest, digest),
    };
    sbom.file = sbom.file == NULL ? "module.wasm" : sbom.file;
    return write_sbom(&sbom, &s.manifest, b, err);
}
