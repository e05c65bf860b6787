/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack inspect`: the artifact, and the facts of a module on one page. */
#include "cmd/inspect.h"

#include "base/text.h"
#include "cmd/out.h"
#include "pack/facts-capability.h"
#include "pack/format.h"
#include "pack/module-json.h"

enum { FEW = 8 };

static void fact(struct cmd_ctx *c, const char *label, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        out_line(c->out, "  %-12s  %s", label, text);
    }
}

static void layer_line(struct cmd_ctx *c, const char *label, const struct oci_desc *d)
{
    char digest[OCI_DIGEST_TEXT];
    char size[WP_SIZE_TEXT];
    const char *title = oci_desc_annotation(d, OCI_ANNOTATION_TITLE);
    oci_digest_text(&d->digest, digest);
    fact(c, label,
         wp_arena_printf(c->arena, "%.19s…  %9s  %s%s%s", digest, wp_size_text(d->size, size), d->media_type,
                         title == NULL ? "" : "  ", title == NULL ? "" : title));
}

static void index_lines(struct cmd_ctx *c, const struct oci_manifest *m)
{
    for (size_t i = 0; i < m->manifest_count; i++) {
        const struct oci_desc *d = &m->manifests[i];
        char digest[OCI_DIGEST_TEXT];
        const char *what = d->platform != NULL
                               ? wp_arena_printf(c->arena, "%s/%s", d->platform->os, d->platform->architecture)
                               : (d->artifact_type != NULL ? d->artifact_type : d->media_type);
        fact(c, "manifest", wp_arena_printf(c->arena, "%s  %s", oci_digest_text(&d->digest, digest), what));
    }
}

void inspect_artifact(struct cmd_ctx *c, const char *pinned, const struct oci_desc *desc, const struct oci_manifest *m)
{
    char size[WP_SIZE_TEXT];
    const struct pack_format *format = pack_format_detect(m);
    out_heading(c->out, "%s", pinned);
    fact(c, "media type", desc->media_type);
    fact(c, "artifact", oci_manifest_artifact_type(m));
    fact(c, "format", format == NULL ? NULL : format->summary);
    fact(c, "manifest", wp_size_text(desc->size, size));
    if (m->config.media_type != NULL) {
        layer_line(c, "config", &m->config);
    }
    for (size_t i = 0; i < m->layer_count; i++) {
        layer_line(c, "layer", &m->layers[i]);
    }
    index_lines(c, m);
    if (m->subject != NULL) {
        char digest[OCI_DIGEST_TEXT];
        fact(c, "refers to", oci_digest_text(&m->subject->digest, digest));
    }
    for (size_t i = 0; i < m->annotation_count; i++) {
        fact(c, i == 0 ? "annotations" : "",
             wp_arena_printf(c->arena, "%s=%s", m->annotations[i].key, m->annotations[i].value));
    }
}

/* ---- a module ---- */

static void extern_facts(struct cmd_ctx *c, const char *label, const char *option, const struct pack_extern *list,
                         size_t n)
{
    if (n == 0) {
        fact(c, label, "none");
    }
    for (size_t i = 0; i < n && i < FEW; i++) {
        fact(c, i == 0 ? label : "",
             wp_arena_printf(c->arena, "%s  %s", inspect_extern_text(c, &list[i]), list[i].kind));
    }
    if (n > FEW) {
        fact(c, "", wp_arena_printf(c->arena, "… %zu more (%s)", n - FEW, option));
    }
}

/* "network, filesystem"; then what it needs of one kind of host. */
static void capability_facts(struct cmd_ctx *c, const struct pack_module *m)
{
    const char *words = NULL;
    bool hosts = false;
    for (size_t i = 0; i < m->capability_count; i++) {
        const char *name = m->capabilities[i].name;
        if (pack_reach_find(name) == PACK_HOST) {
            hosts = true;
        } else {
            words = words == NULL ? name : wp_arena_printf(c->arena, "%s, %s", words, name);
        }
    }
    fact(c, "capabilities", words != NULL ? words : hosts ? "those of its host" : "none");
    size_t told = 0;
    for (size_t i = 0; i < m->capability_count; i++) {
        const struct pack_capability *x = &m->capabilities[i];
        if (pack_reach_find(x->name) != PACK_HOST || told++ >= FEW) {
            continue;
        }
        const char *known = pack_host_words(x->via);
        fact(c, told == 1 ? "needs host" : "",
             wp_arena_printf(c->arena, "%s  %llu %s%s%s", x->via, (unsigned long long)x->imports,
                             x->imports == 1 ? "import" : "imports", known[0] == '\0' ? "" : ", ", known));
    }
    if (told > FEW) {
        fact(c, "", wp_arena_printf(c->arena, "… %zu more (--imports)", told - FEW));
    }
}

static void memory_facts(struct cmd_ctx *c, const struct pack_module *m)
{
    for (size_t i = 0; i < m->memory_count && i < FEW; i++) {
        fact(c, i == 0 ? "memory" : "", inspect_memory_text(c, &m->memories[i], m->kind));
    }
    if (m->memory_count > FEW) {
        fact(c, "", wp_arena_printf(c->arena, "… %zu more (--format json)", m->memory_count - FEW));
    }
}

static const char *joined(struct cmd_ctx *c, const char *const *words, size_t n)
{
    const char *all = "";
    for (size_t i = 0; i < n; i++) {
        all = i == 0 ? words[0] : wp_arena_printf(c->arena, "%s, %s", all, words[i]);
    }
    return all;
}

static void made_facts(struct cmd_ctx *c, const struct pack_module *m)
{
    const char *guess = m->guessed ? "  (a guess)" : "";
    if (m->language != NULL) {
        fact(c, "language", wp_arena_printf(c->arena, "%s%s", m->language, guess));
    }
    if (m->toolchain != NULL) {
        fact(c, "toolchain", wp_arena_printf(c->arena, "%s%s", m->toolchain, m->language == NULL ? guess : ""));
    }
    size_t told = 0;
    for (size_t i = 0; i < m->producer_count && told < FEW; i++) {
        const struct pack_producer *p = &m->producers[i];
        if (!wp_str_eq(p->field, "language") && !wp_str_eq(p->field, "processed-by")) {
            fact(c, p->field, wp_arena_printf(c->arena, "%s %s", p->name, p->version));
            told++;
        }
    }
    if (m->dependency_count > 0) {
        fact(c, "depends on", wp_arena_printf(c->arena, "%zu packages (--dependencies)", m->dependency_count));
    }
}

void inspect_module(struct cmd_ctx *c, const struct pack_module *m)
{
    char size[WP_SIZE_TEXT];
    char code[WP_SIZE_TEXT];
    char data[WP_SIZE_TEXT];
    fact(c, m->kind == WP_WASM_COMPONENT ? "component" : "module",
         wp_arena_printf(c->arena, "%s, %llu %s, code %s, data %s", wp_size_text(m->size, size),
                         (unsigned long long)m->functions, m->functions == 1 ? "function" : "functions",
                         wp_size_text(m->code_bytes, code), wp_size_text(m->data_bytes, data)));
    fact(c, "world", m->world);
    fact(c, "name", m->name);
    fact(c, "version", m->version);
    fact(c, "description", m->description);
    fact(c, "authors", m->authors);
    fact(c, "licenses", m->licenses);
    fact(c, "source", m->source);
    fact(c, "homepage", m->homepage);
    fact(c, "revision", m->revision);
    made_facts(c, m);
    capability_facts(c, m);
    memory_facts(c, m);
    fact(c, "features", joined(c, m->features, m->feature_count));
    fact(c, "starts with", m->start);
    extern_facts(c, "imports", "--imports", m->imports, m->import_count);
    extern_facts(c, "exports", "--exports", m->exports, m->export_count);
}

/* ---- JSON ---- */

static void text_json(struct wp_json_out *j, const char *key, const char *text)
{
    if (text != NULL) {
        wp_jo_kstr(j, key, text);
    }
}

void inspect_artifact_json(struct cmd_ctx *c, const char *pinned, const struct oci_desc *desc, struct wp_span bytes,
                           const struct oci_manifest *m, const struct pack_module *module)
{
    char digest[OCI_DIGEST_TEXT];
    const struct pack_format *format = pack_format_detect(m);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "reference", pinned);
    wp_jo_kstr(&j, "digest", oci_digest_text(&desc->digest, digest));
    wp_jo_kstr(&j, "mediaType", desc->media_type);
    wp_jo_ku64(&j, "size", desc->size);
    text_json(&j, "artifactType", oci_manifest_artifact_type(m));
    text_json(&j, "format", format == NULL ? NULL : format->name);
    wp_jo_key(&j, "manifest");
    wp_jo_raw(&j, bytes);
    if (module != NULL) {
        wp_jo_key(&j, "module");
        pack_module_json(&j, module);
    }
    wp_jo_object_end(&j);
    out_json(c->out, &b);
}
