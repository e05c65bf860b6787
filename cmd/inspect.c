/* SPDX-License-Identifier: Apache-2.0
 *
 * The views of `wpack inspect`. */
#include "cmd/inspect.h"

#include "base/text.h"
#include "cmd/out.h"
#include "pack/format.h"
#include "pack/module-json.h"

enum { BAR = 30, FEW = 8 };

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

static const char *extern_text(struct cmd_ctx *c, const struct pack_extern *x)
{
    return x->module[0] == '\0' ? x->name : wp_arena_printf(c->arena, "%s.%s", x->module, x->name);
}

void inspect_externs(struct cmd_ctx *c, const struct pack_extern *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out_pair(c->out, extern_text(c, &list[i]), list[i].kind);
    }
}

static void extern_facts(struct cmd_ctx *c, const char *label, const char *option, const struct pack_extern *list,
                         size_t n)
{
    if (n == 0) {
        fact(c, label, "none");
    }
    for (size_t i = 0; i < n && i < FEW; i++) {
        fact(c, i == 0 ? label : "", wp_arena_printf(c->arena, "%s  %s", extern_text(c, &list[i]), list[i].kind));
    }
    if (n > FEW) {
        fact(c, "", wp_arena_printf(c->arena, "… %zu more (%s)", n - FEW, option));
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
    for (size_t i = 0; i < m->producer_count && i < FEW; i++) {
        fact(c, m->producers[i].field,
             wp_arena_printf(c->arena, "%s %s", m->producers[i].name, m->producers[i].version));
    }
    extern_facts(c, "imports", "--imports", m->imports, m->import_count);
    extern_facts(c, "exports", "--exports", m->exports, m->export_count);
}

void inspect_sections(struct cmd_ctx *c, const struct pack_module *m)
{
    for (size_t i = 0; i < m->section_count; i++) {
        const struct pack_section *s = &m->sections[i];
        out_line(c->out, "0x%08llx  %10llu  %s", (unsigned long long)s->offset, (unsigned long long)s->size, s->title);
    }
}

static int by_title(const void *a, const void *b)
{
    const struct pack_section *x = a;
    const struct pack_section *y = b;
    int order = strcmp(x->title, y->title);
    return order != 0 ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

static int by_size(const void *a, const void *b)
{
    const struct pack_section *x = a;
    const struct pack_section *y = b;
    return x->size != y->size ? (x->size < y->size ? 1 : -1) : (x->offset > y->offset) - (x->offset < y->offset);
}

/* One of each title with the sum of their sizes, at the place of the first; largest first. */
static size_t sum_by_title(const struct pack_module *m, struct pack_section *ret)
{
    size_t n = 0;
    if (m->section_count == 0) {
        return 0;
    }
    memcpy(ret, m->sections, m->section_count * sizeof(*ret));
    qsort(ret, m->section_count, sizeof(*ret), by_title);
    for (size_t i = 0; i < m->section_count; i++) {
        if (n > 0 && wp_str_eq(ret[n - 1].title, ret[i].title)) {
            ret[n - 1].size += ret[i].size;
        } else {
            ret[n++] = ret[i];
        }
    }
    qsort(ret, n, sizeof(*ret), by_size);
    return n;
}

void inspect_size_bars(struct cmd_ctx *c, const struct pack_module *m)
{
    struct pack_section *sums = wp_arena_alloc(c->arena, m->section_count + 1, sizeof(*sums));
    size_t n = sum_by_title(m, sums);
    for (size_t i = 0; i < n; i++) {
        struct pack_section s = sums[i];
        char size[WP_SIZE_TEXT];
        WP_AUTO_BUF struct wp_buf bar = WP_BUF_INIT;
        uint64_t full = m->size == 0 ? 0 : (s.size * BAR + m->size / 2) / m->size;
        for (uint64_t k = 0; k < BAR; k++) {
            wp_buf_add_str(&bar, k < full ? "█" : "·");
        }
        double share = m->size == 0 ? 0.0 : 100.0 * (double)s.size / (double)m->size;
        out_line(c->out, "%s %5.1f %%  %9s  %s", bar.ptr, share, wp_size_text(s.size, size), s.title);
    }
}

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
