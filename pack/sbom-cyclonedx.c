/* SPDX-License-Identifier: Apache-2.0
 *
 * CycloneDX 1.6 (ECMA-424, bom-1.6.schema.json). The module is the component that the document is about; modules and
 * components within it are that one's components, packages and tools those of the document. What runs nowhere in it,
 * such as a compiler, has the scope "excluded". What has no member of its own is a property "wpack:…". */
#include "base/text.h"
#include "pack/sbom-parts.h"

#include <inttypes.h>
#include <stdio.h>

enum { REF = 64 };

static char *ref_of(const char *kind, size_t i, char ret[REF])
{
    (void)snprintf(ret, REF, "%s-%zu", kind, i + 1);
    return ret;
}

static void property(struct wp_json_out *o, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0') {
        return;
    }
    wp_jo_object(o);
    wp_jo_kstr(o, "name", name);
    wp_jo_kstr(o, "value", value);
    wp_jo_object_end(o);
}

static void property_u64(struct wp_json_out *o, const char *name, uint64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRIu64, value);
    property(o, name, text);
}

static void hash(struct wp_json_out *o, struct wp_span bytes)
{
    char hex[SBOM_HEX];
    wp_jo_key(o, "hashes");
    wp_jo_array(o);
    wp_jo_object(o);
    wp_jo_kstr(o, "alg", "SHA-256");
    wp_jo_kstr(o, "content", sbom_sha256(bytes, hex));
    wp_jo_object_end(o);
    wp_jo_array_end(o);
}

static void start(struct wp_json_out *o, const char *ref, const char *type, const char *name, const char *version)
{
    wp_jo_object(o);
    wp_jo_kstr(o, "bom-ref", ref);
    wp_jo_kstr(o, "type", type);
    wp_jo_kstr(o, "name", name);
    if (version != NULL && version[0] != '\0') {
        wp_jo_kstr(o, "version", version);
    }
}

/* As told, which need not be an expression that SPDX knows. */
static void licenses(struct wp_json_out *o, const char *text)
{
    if (text == NULL) {
        return;
    }
    wp_jo_key(o, "licenses");
    wp_jo_array(o);
    wp_jo_object(o);
    wp_jo_key(o, "license");
    wp_jo_object(o);
    wp_jo_kstr(o, "name", text);
    wp_jo_kstr(o, "acknowledgement", "declared");
    wp_jo_object_end(o);
    wp_jo_object_end(o);
    wp_jo_array_end(o);
}

static void externs(struct wp_json_out *o, const char *property_name, const struct pack_extern *list, size_t n)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    for (size_t i = 0; i < n; i++) {
        wp_buf_cut(&b, 0);
        wp_buf_printf(&b, "%s%s%s", list[i].module, list[i].module[0] == '\0' ? "" : " ", list[i].name);
        property(o, property_name, b.ptr);
    }
}

static void module_properties(struct wp_json_out *o, const struct pack_sbom *in)
{
    const struct pack_module *m = in->module;
    wp_jo_key(o, "properties");
    wp_jo_array(o);
    property(o, "wpack:wasm:kind", m->kind == WP_WASM_COMPONENT ? "component" : "module");
    property_u64(o, "wpack:wasm:size", in->bytes.len);
    property(o, "wpack:wasm:file", in->file);
    property(o, "wpack:wasm:world", m->world);
    property(o, m->guessed ? "wpack:wasm:language:guessed" : "wpack:wasm:language", m->language);
    property(o, "wpack:wasm:revision", m->revision);
    for (size_t i = 0; i < m->feature_count; i++) {
        property(o, "wpack:wasm:feature", m->features[i]);
    }
    for (size_t i = 0; i < m->capability_count; i++) {
        property(o, "wpack:wasm:capability", m->capabilities[i].name);
    }
    externs(o, "wpack:wasm:import", m->imports, m->import_count);
    externs(o, "wpack:wasm:export", m->exports, m->export_count);
    wp_jo_array_end(o);
}

static void nested(struct wp_json_out *o, const struct pack_sbom *in)
{
    char ref[REF];
    char name[SBOM_NAME];
    const struct pack_module *m = in->module;
    if (m->nested_count == 0) {
        return;
    }
    wp_jo_key(o, "components");
    wp_jo_array(o);
    for (size_t i = 0; i < m->nested_count; i++) {
        start(o, ref_of("nested", i, ref), "library", sbom_nested_name(m, i, name), NULL);
        hash(o, sbom_nested_bytes(in, i));
        wp_jo_key(o, "properties");
        wp_jo_array(o);
        property(o, "wpack:wasm:kind", m->nested[i].kind == WP_WASM_COMPONENT ? "component" : "module");
        property_u64(o, "wpack:wasm:offset", m->nested[i].offset);
        property_u64(o, "wpack:wasm:size", m->nested[i].size);
        wp_jo_array_end(o);
        wp_jo_object_end(o);
    }
    wp_jo_array_end(o);
}

static void subject(struct wp_json_out *o, const struct pack_sbom *in)
{
    WP_AUTO_BUF struct wp_buf url = WP_BUF_INIT;
    const struct pack_module *m = in->module;
    start(o, "module", wp_str_eq(m->world, "library") ? "library" : "application", in->name, sbom_version(in));
    if (m->description != NULL) {
        wp_jo_kstr(o, "description", m->description);
    }
    hash(o, in->bytes);
    licenses(o, sbom_licenses(in));
    if (sbom_artifact_url(in, &url)) {
        wp_jo_kstr(o, "purl", url.ptr);
    }
    nested(o, in);
    module_properties(o, in);
    wp_jo_object_end(o);
}

static void metadata(struct wp_json_out *o, const struct pack_sbom *in)
{
    char created[WP_TIME_TEXT];
    wp_jo_key(o, "metadata");
    wp_jo_object(o);
    wp_jo_kstr(o, "timestamp", wp_time_rfc3339(in->created, created));
    wp_jo_key(o, "lifecycles");
    wp_jo_array(o);
    wp_jo_object(o);
    wp_jo_kstr(o, "phase", "post-build");
    wp_jo_object_end(o);
    wp_jo_array_end(o);
    wp_jo_key(o, "tools");
    wp_jo_object(o);
    wp_jo_key(o, "components");
    wp_jo_array(o);
    start(o, "wpack", "application", "wpack", in->wpack_version);
    wp_jo_object_end(o);
    wp_jo_array_end(o);
    wp_jo_object_end(o);
    wp_jo_key(o, "component");
    subject(o, in);
    wp_jo_object_end(o);
}

static void crate(struct wp_json_out *o, const struct pack_dependency *d, size_t i)
{
    char ref[REF];
    WP_AUTO_BUF struct wp_buf url = WP_BUF_INIT;
    start(o, ref_of("crate", i, ref), d->root ? "application" : "library", d->name, d->version);
    wp_jo_kstr(o, "scope", d->build ? "excluded" : "required");
    if (sbom_crate_url(d, &url)) {
        wp_jo_kstr(o, "purl", url.ptr);
    }
    wp_jo_key(o, "properties");
    wp_jo_array(o);
    property(o, "wpack:cargo:source", d->source);
    property(o, "wpack:cargo:kind", d->build ? "build" : "runtime");
    wp_jo_array_end(o);
    wp_jo_object_end(o);
}

static void tool(struct wp_json_out *o, const struct pack_producer *p, size_t i)
{
    char ref[REF];
    start(o, ref_of("producer", i, ref), "application", p->name, p->version);
    wp_jo_kstr(o, "scope", "excluded");
    wp_jo_key(o, "properties");
    wp_jo_array(o);
    property(o, "wpack:wasm:producer", p->field);
    wp_jo_array_end(o);
    wp_jo_object_end(o);
}

static void components(struct wp_json_out *o, const struct pack_module *m)
{
    wp_jo_key(o, "components");
    wp_jo_array(o);
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

static void depends_start(struct wp_json_out *o, const char *ref)
{
    wp_jo_object(o);
    wp_jo_kstr(o, "ref", ref);
    wp_jo_key(o, "dependsOn");
    wp_jo_array(o);
}

static void depends_end(struct wp_json_out *o)
{
    wp_jo_array_end(o);
    wp_jo_object_end(o);
}

/* What is directly in it, and the package it was built from; without one of these all packages. */
static void module_depends(struct wp_json_out *o, const struct pack_module *m)
{
    char ref[REF];
    const struct pack_dependency *root = sbom_root(m);
    depends_start(o, "module");
    for (size_t i = 0; i < m->nested_count; i++) {
        if (m->nested[i].parent == 0) {
            wp_jo_str(o, ref_of("nested", i, ref));
        }
    }
    for (size_t i = 0; i < m->dependency_count; i++) {
        if (root == NULL || m->dependencies[i].root) {
            wp_jo_str(o, ref_of("crate", i, ref));
        }
    }
    depends_end(o);
}

static void nested_depend(struct wp_json_out *o, const struct pack_module *m, size_t around)
{
    char ref[REF];
    depends_start(o, ref_of("nested", around, ref));
    /* In binary order, what is in a component follows it. */
    for (size_t i = around + 1; i < m->nested_count && m->nested[i].parent > around; i++) {
        if (m->nested[i].parent == around + 1) {
            wp_jo_str(o, ref_of("nested", i, ref));
        }
    }
    depends_end(o);
}

static void crate_depends(struct wp_json_out *o, const struct pack_dependency *d, size_t at)
{
    char ref[REF];
    depends_start(o, ref_of("crate", at, ref));
    for (size_t i = 0; i < d->need_count; i++) {
        if (i == 0 || d->needs[i] != d->needs[i - 1]) {
            wp_jo_str(o, ref_of("crate", d->needs[i], ref));
        }
    }
    depends_end(o);
}

static void dependencies(struct wp_json_out *o, const struct pack_module *m)
{
    wp_jo_key(o, "dependencies");
    wp_jo_array(o);
    module_depends(o, m);
    for (size_t i = 0; i < m->nested_count; i++) {
        nested_depend(o, m, i);
    }
    for (size_t i = 0; i < m->dependency_count; i++) {
        crate_depends(o, &m->dependencies[i], i);
    }
    wp_jo_array_end(o);
}

void sbom_cyclonedx(const struct pack_sbom *in, struct wp_buf *b)
{
    char uuid[SBOM_UUID];
    struct wp_json_out o = wp_json_out(b);
    WP_AUTO_BUF struct wp_buf serial = WP_BUF_INIT;
    wp_buf_printf(&serial, "urn:uuid:%s", sbom_uuid(in, uuid));
    wp_jo_object(&o);
    wp_jo_kstr(&o, "bomFormat", "CycloneDX");
    wp_jo_kstr(&o, "specVersion", "1.6");
    wp_jo_kstr(&o, "serialNumber", serial.ptr);
    wp_jo_ku64(&o, "version", 1);
    metadata(&o, in);
    components(&o, in->module);
    dependencies(&o, in->module);
    wp_jo_object_end(&o);
}
