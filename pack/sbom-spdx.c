/* SPDX-License-Identifier: Apache-2.0
 *
 * SPDX 2.3 in JSON (spdx-spec 2.3, spdx-schema.json): the module, what is nested in it, packages and tools are
 * packages; how they belong together are relationships. */
#include "pack/sbom-parts.h"

#include <inttypes.h>
#include <stdio.h>

/* Documents are named beneath it; nothing needs to be there. */
#define NAMESPACE "https://wpack.dev/spdx/"

enum { ID = 64 };

static char *id_of(const char *kind, size_t i, char ret[ID])
{
    (void)snprintf(ret, ID, "SPDXRef-%s-%zu", kind, i + 1);
    return ret;
}

static void start(struct wp_json_out *o, const char *id, const char *name, const char *version, const char *purpose)
{
    wp_jo_object(o);
    wp_jo_kstr(o, "SPDXID", id);
    wp_jo_kstr(o, "name", name);
    if (version != NULL && version[0] != '\0') {
        wp_jo_kstr(o, "versionInfo", version);
    }
    wp_jo_kstr(o, "primaryPackagePurpose", purpose);
    wp_jo_kstr(o, "downloadLocation", "NOASSERTION");
    wp_jo_kbool(o, "filesAnalyzed", false);
    wp_jo_kstr(o, "licenseConcluded", "NOASSERTION");
    wp_jo_kstr(o, "licenseDeclared", "NOASSERTION");
    wp_jo_kstr(o, "copyrightText", "NOASSERTION");
}

static void checksum(struct wp_json_out *o, struct wp_span bytes)
{
    char hex[SBOM_HEX];
    wp_jo_key(o, "checksums");
    wp_jo_array(o);
    wp_jo_object(o);
    wp_jo_kstr(o, "algorithm", "SHA256");
    wp_jo_kstr(o, "checksumValue", sbom_sha256(bytes, hex));
    wp_jo_object_end(o);
    wp_jo_array_end(o);
}

static void locator(struct wp_json_out *o, const char *url)
{
    wp_jo_key(o, "externalRefs");
    wp_jo_array(o);
    wp_jo_object(o);
    wp_jo_kstr(o, "referenceCategory", "PACKAGE-MANAGER");
    wp_jo_kstr(o, "referenceType", "purl");
    wp_jo_kstr(o, "referenceLocator", url);
    wp_jo_object_end(o);
    wp_jo_array_end(o);
}

static void say_externs(struct wp_buf *b, const char *word, const struct pack_extern *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        wp_buf_printf(b, "%s%s%s%s", i == 0 ? word : ", ", list[i].module, list[i].module[0] == '\0' ? "" : " ",
                      list[i].name);
    }
    wp_buf_add_str(b, n == 0 ? "" : ". ");
}

/* What SPDX has no member for. */
static void comment(struct wp_json_out *o, const struct pack_sbom *in)
{
    const struct pack_module *m = in->module;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_buf_printf(&b, "WebAssembly %s, %zu bytes, %s. ", m->kind == WP_WASM_COMPONENT ? "component" : "module",
                  in->bytes.len, m->world);
    if (m->language != NULL) {
        wp_buf_printf(&b, "Language: %s%s. ", m->language, m->guessed ? " (guessed)" : "");
    }
    for (size_t i = 0; i < m->capability_count; i++) {
        wp_buf_printf(&b, "%s%s", i == 0 ? "Capabilities: " : ", ", m->capabilities[i].name);
    }
    wp_buf_add_str(&b, m->capability_count == 0 ? "" : ". ");
    for (size_t i = 0; i < m->feature_count; i++) {
        wp_buf_printf(&b, "%s%s", i == 0 ? "Features: " : ", ", m->features[i]);
    }
    wp_buf_add_str(&b, m->feature_count == 0 ? "" : ". ");
    say_externs(&b, "Imports: ", m->imports, m->import_count);
    say_externs(&b, "Exports: ", m->exports, m->export_count);
    wp_buf_cut(&b, b.len - 1);
    wp_jo_kstr(o, "comment", b.ptr);
}

static void subject(struct wp_json_out *o, const struct pack_sbom *in)
{
    WP_AUTO_BUF struct wp_buf url = WP_BUF_INIT;
    const char *licenses = sbom_licenses(in);
    const struct pack_module *m = in->module;
    start(o, "SPDXRef-Module", in->name, sbom_version(in), wp_str_eq(m->world, "library") ? "LIBRARY" : "APPLICATION");
    if (in->file != NULL) {
        wp_jo_kstr(o, "packageFileName", in->file);
    }
    if (m->description != NULL) {
        wp_jo_kstr(o, "description", m->description);
    }
    if (licenses != NULL) {
        /* As told, which need not be an expression that SPDX knows. */
        wp_buf_printf(&url, "declared as: %s", licenses);
        wp_jo_kstr(o, "licenseComments", url.ptr);
        wp_buf_cut(&url, 0);
    }
    checksum(o, in->bytes);
    if (sbom_artifact_url(in, &url)) {
        locator(o, url.ptr);
    }
    comment(o, in);
    wp_jo_object_end(o);
}

static void nested(struct wp_json_out *o, const struct pack_sbom *in, size_t i)
{
    char id[ID];
    char name[SBOM_NAME];
    char where[64];
    const struct pack_nested *n = &in->module->nested[i];
    start(o, id_of("Nested", i, id), sbom_nested_name(in->module, i, name), NULL, "LIBRARY");
    checksum(o, sbom_nested_bytes(in, i));
    (void)snprintf(where, sizeof(where), "%" PRIu64 " bytes at byte %" PRIu64, n->size, n->offset);
    wp_jo_kstr(o, "comment", where);
    wp_jo_object_end(o);
}

static void crate(struct wp_json_out *o, const struct pack_dependency *d, size_t i)
{
    char id[ID];
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    start(o, id_of("Crate", i, id), d->name, d->version, d->root ? "APPLICATION" : "LIBRARY");
    if (sbom_crate_url(d, &b)) {
        locator(o, b.ptr);
        wp_buf_cut(&b, 0);
    }
    wp_buf_printf(&b, "Rust package, source: %s", d->source[0] == '\0' ? "not told" : d->source);
    wp_jo_kstr(o, "comment", b.ptr);
    wp_jo_object_end(o);
}

static void tool(struct wp_json_out *o, const struct pack_producer *p, size_t i)
{
    char id[ID];
    start(o, id_of("Producer", i, id), p->name, p->version, "APPLICATION");
    wp_jo_kstr(o, "comment", p->field);
    wp_jo_object_end(o);
}

static void packages(struct wp_json_out *o, const struct pack_sbom *in)
{
    const struct pack_module *m = in->module;
    wp_jo_key(o, "packages");
    wp_jo_array(o);
    subject(o, in);
    for (size_t i = 0; i < m->nested_count; i++) {
        nested(o, in, i);
    }
    for (size_t i = 0; i < m->dependency_count; i++) {
        crate(o, &m->dependencies[i], i);
    }
    for (size_t i = 0; i < m->producer_count; i++) {
        if (sbom_is_tool(&m->producers[i])) {
            tool(o, &m->producers[i], i);
        }
    }
    wp_jo_array_end(o);
}

static void relate(struct wp_json_out *o, const char *from, const char *type, const char *to)
{
    wp_jo_object(o);
    wp_jo_kstr(o, "spdxElementId", from);
    wp_jo_kstr(o, "relationshipType", type);
    wp_jo_kstr(o, "relatedSpdxElement", to);
    wp_jo_object_end(o);
}

static void relate_crates(struct wp_json_out *o, const struct pack_module *m)
{
    char from[ID];
    char to[ID];
    const bool has_root = sbom_root(m) != NULL;
    for (size_t i = 0; i < m->dependency_count; i++) {
        const struct pack_dependency *d = &m->dependencies[i];
        id_of("Crate", i, from);
        if (d->root) {
            relate(o, "SPDXRef-Module", "GENERATED_FROM", from);
        } else if (d->build) {
            relate(o, from, "BUILD_DEPENDENCY_OF", "SPDXRef-Module");
        } else if (!has_root) {
            relate(o, "SPDXRef-Module", "DEPENDS_ON", from);
        }
        for (size_t k = 0; k < d->need_count; k++) {
            if (k == 0 || d->needs[k] != d->needs[k - 1]) {
                relate(o, from, "DEPENDS_ON", id_of("Crate", d->needs[k], to));
            }
        }
    }
}

static void relationships(struct wp_json_out *o, const struct pack_module *m)
{
    char from[ID];
    char to[ID];
    wp_jo_key(o, "relationships");
    wp_jo_array(o);
    relate(o, "SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Module");
    for (size_t i = 0; i < m->nested_count; i++) {
        uint64_t parent = m->nested[i].parent;
        relate(o, parent == 0 ? "SPDXRef-Module" : id_of("Nested", parent - 1, from), "CONTAINS",
               id_of("Nested", i, to));
    }
    relate_crates(o, m);
    for (size_t i = 0; i < m->producer_count; i++) {
        if (sbom_is_tool(&m->producers[i])) {
            relate(o, id_of("Producer", i, from), "BUILD_TOOL_OF", "SPDXRef-Module");
        }
    }
    wp_jo_array_end(o);
}

void sbom_spdx(const struct pack_sbom *in, struct wp_buf *b)
{
    char uuid[SBOM_UUID];
    char created[WP_TIME_TEXT];
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(b);
    wp_jo_object(&o);
    wp_jo_kstr(&o, "spdxVersion", "SPDX-2.3");
    wp_jo_kstr(&o, "dataLicense", "CC0-1.0");
    wp_jo_kstr(&o, "SPDXID", "SPDXRef-DOCUMENT");
    wp_jo_kstr(&o, "name", in->name);
    wp_buf_printf(&text, NAMESPACE "%s", sbom_uuid(in, uuid));
    wp_jo_kstr(&o, "documentNamespace", text.ptr);
    wp_jo_key(&o, "creationInfo");
    wp_jo_object(&o);
    wp_jo_kstr(&o, "created", wp_time_rfc3339(in->created, created));
    wp_jo_key(&o, "creators");
    wp_jo_array(&o);
    wp_buf_cut(&text, 0);
    wp_buf_printf(&text, "Tool: wpack-%s", in->wpack_version);
    wp_jo_str(&o, text.ptr);
    wp_jo_array_end(&o);
    wp_jo_object_end(&o);
    packages(&o, in);
    relationships(&o, in->module);
    wp_jo_object_end(&o);
}
