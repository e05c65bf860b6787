/* SPDX-License-Identifier: Apache-2.0
 *
 * The CNCF "Wasm OCI artifact" (tag-runtime, wasm-oci-artifact): a config with the component's imports and exports, one
 * layer, no artifactType. Config members keep the order of the reference implementation and write null where it does;
 * the manifest is canonical JSON. Imports and exports keep the order of the binary. */
#include "base/time.h"
#include "pack/format-rows.h"

#define MT_CONFIG        "application/vnd.wasm.config.v0+json"
#define MT_LAYER         "application/wasm"

#define ANNOTATION(name) "org.opencontainers.image." name

static bool detect(const struct oci_manifest *m)
{
    return m->kind == OCI_MANIFEST && m->config.media_type && wp_str_eq(m->config.media_type, MT_CONFIG);
}

static int check(const struct pack_input *in, struct wp_err *err)
{
    if (!in->title || in->title[0] == '\0') {
        return wp_fail(err, WP_E_INPUT, "the module has no file name to title its layer with");
    }
    return 0;
}

static void names(struct wp_json_out *o, const char *key, const struct pack_extern *list, size_t n)
{
    wp_jo_key(o, key);
    wp_jo_array(o);
    for (size_t i = 0; i < n; i++) {
        wp_jo_str(o, list[i].name);
    }
    wp_jo_array_end(o);
}

static void write_config(const struct pack_input *in, const char *layer_digest, struct wp_buf *b)
{
    const struct pack_module *m = in->module;
    bool component = m->kind == WP_WASM_COMPONENT;
    char created[WP_TIME_TEXT];
    struct wp_json_out o = wp_json_out(b);
    wp_jo_object(&o);
    wp_jo_kstr(&o, "created", wp_time_rfc3339(in->created, created));
    wp_jo_kstr(&o, "author", NULL);
    wp_jo_kstr(&o, "architecture", "wasm");
    wp_jo_kstr(&o, "os", component ? "wasip2" : "wasip1");
    wp_jo_key(&o, "layerDigests");
    wp_jo_array(&o);
    wp_jo_str(&o, layer_digest);
    wp_jo_array_end(&o);
    wp_jo_key(&o, "component");
    if (component) {
        wp_jo_object(&o);
        names(&o, "exports", m->exports, m->export_count);
        names(&o, "imports", m->imports, m->import_count);
        wp_jo_kstr(&o, "target", in->project->world);
        wp_jo_object_end(&o);
    } else {
        wp_jo_null(&o);
    }
    wp_jo_object_end(&o);
}

/* What the project says, then what the module says about itself; the project's own annotations win over both. */
static size_t annotations(const struct pack_input *in, struct wp_arena *a, const struct oci_annotation **ret)
{
    const struct pack_project *p = in->project;
    const struct pack_module *m = in->module;
    const struct {
        const char *key, *given, *embedded;
    } rows[] = {
        {ANNOTATION("title"), p->name, m->name},
        {ANNOTATION("version"), p->version, m->version},
        {ANNOTATION("description"), p->description, m->description},
        {ANNOTATION("licenses"), p->licenses, m->licenses},
        {ANNOTATION("authors"), p->authors, m->authors},
        {ANNOTATION("source"), p->source, m->source},
        {ANNOTATION("url"), p->homepage, m->homepage},
        {ANNOTATION("revision"), NULL, m->revision},
    };
    struct oci_annotation *list = wp_arena_alloc(a, WP_ARRAY_LEN(rows) + p->annotation_count, sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        const char *value = rows[i].given ? rows[i].given : rows[i].embedded;
        if (value) {
            list[n++] = (struct oci_annotation){rows[i].key, value};
        }
    }
    for (size_t i = 0; i < p->annotation_count; i++) {
        list[n++] = p->annotations[i];
    }
    *ret = list;
    return oci_annotations_sort(list, n);
}

static struct oci_desc describe(const char *media_type, struct wp_span bytes)
{
    struct oci_desc d = {.media_type = media_type, .size = bytes.len};
    oci_digest_of(WP_SHA256, bytes, &d.digest);
    return d;
}

static int build(const struct pack_input *in, struct oci_store *out, struct wp_arena *a, struct oci_desc *ret_desc,
                 struct wp_span *ret_bytes, struct wp_err *err)
{
    if (check(in, err) < 0) {
        return -1;
    }
    struct oci_annotation title = {OCI_ANNOTATION_TITLE, in->title};
    struct oci_desc layer = describe(MT_LAYER, in->bytes);
    layer.annotations = &title;
    layer.annotation_count = 1;
    char digest[OCI_DIGEST_TEXT];
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    write_config(in, oci_digest_text(&layer.digest, digest), &text);
    struct wp_span config_bytes = wp_arena_bytes(a, wp_buf_span(&text));
    struct oci_manifest m = {.kind = OCI_MANIFEST,
                             .media_type = OCI_MT_MANIFEST,
                             .has_media_type = true,
                             .config = describe(MT_CONFIG, config_bytes),
                             .layers = &layer,
                             .layer_count = 1};
    m.annotation_count = annotations(in, a, &m.annotations);
    wp_buf_cut(&text, 0);
    oci_manifest_write(&m, &text);
    struct wp_span bytes = wp_arena_bytes(a, wp_buf_span(&text));
    struct oci_desc desc = oci_manifest_desc(&m, bytes);
    if (pack_put(out, &layer, in->bytes, a, err) < 0 || oci_store_put(out, &m.config, config_bytes, err) < 0 ||
        oci_store_put(out, &desc, bytes, err) < 0) {
        return -1;
    }
    *ret_desc = oci_desc_copy(a, &desc);
    *ret_bytes = bytes;
    return 0;
}

const struct pack_format pack_format_cncf = {
    .name = "cncf",
    .summary = "CNCF Wasm OCI artifact: wkg, wasmCloud, Spin, runwasi",
    .detect = detect,
    .check = check,
    .build = build,
};
