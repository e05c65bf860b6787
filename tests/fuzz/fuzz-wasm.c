/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that claim to be WebAssembly: scanner and reader agree, with one thread or three and within any memory; what
 * they point at lies within the input, a module needs no other features than those it was found to use, the sections of
 * an accepted binary tile it, and what is packed from it can be read again. */
#include "base/mem.h"
#include "pack/format.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static bool within(const struct wp_span *all, struct wp_span s)
{
    return s.len == 0 || (s.ptr >= all->ptr && s.ptr + s.len <= all->ptr + all->len);
}

static int on_section(void *arg, unsigned depth, const struct wp_wasm_section *s, const char *title,
                      struct wp_err *err WP_UNUSED)
{
    must(within(arg, s->whole) && within(arg, s->body) && within(arg, s->name));
    must(title[0] != '\0' && depth <= 16);
    return 0;
}

static int on_extern(void *arg, const struct wrt_extern *x, struct wp_err *err WP_UNUSED)
{
    must(within(arg, x->module) && within(arg, x->name));
    must(wrt_extern_kind_name(x->kind)[0] != '\0');
    return 0;
}

static void check_facts(const struct pack_module *m)
{
    uint64_t end = 8;
    for (size_t i = 0; i < m->section_count; i++) {
        must(m->sections[i].offset == end && m->sections[i].title[0] != '\0');
        end += m->sections[i].size;
    }
    must(end == m->size && m->world != NULL);
    for (size_t i = 0; i < m->producer_count; i++) {
        must(m->producers[i].field && m->producers[i].name && m->producers[i].version);
    }
}

static void check_packed(struct wp_span bytes, const struct pack_module *m, struct wp_arena *a)
{
    struct pack_project project = {.module = "x.wasm"};
    struct pack_input in = {.project = &project, .module = m, .bytes = bytes, .title = "x.wasm"};
    OCI_AUTO_STORE struct oci_store *store = oci_memory_new("memory");
    struct oci_desc desc;
    struct wp_span manifest;
    struct oci_manifest parsed;
    struct wp_err err = {.code = WP_E_OK};
    must(pack_formats[0]->build(&in, store, a, &desc, &manifest, &err) == 0);
    must(oci_manifest_parse(manifest, desc.media_type, "packed", a, &parsed, &err) == 0);
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_span config;
    must(oci_store_get(store, &parsed.config, UINT64_C(1) << 30, a, &config, &err) == 0);
    must(wp_json_parse(config, "config", false, WP_E_OTHER, &doc, &err) == 0);
}

/* The verdict of a load under these options; WP_E_OK: valid. */
static enum wp_code verdict(struct wp_span bytes, struct wrt_options options, struct wp_err *err)
{
    struct wrt_binary *b = NULL;
    struct wrt_fault fault = {.offset = UINT64_MAX};
    *err = (struct wp_err){.code = WP_E_OK};
    if (wrt_load(bytes, &options, &b, &fault, err) != 0) {
        must(fault.offset == UINT64_MAX || fault.offset <= bytes.len);
        return err->code;
    }
    wrt_binary_free(b);
    return WP_E_OK;
}

static void check_options(struct wp_span bytes, enum wp_code expected, const struct wp_err *first, uint64_t used)
{
    struct wp_err err;
    must(verdict(bytes, (struct wrt_options){.threads = 3}, &err) == expected);
    must(expected == WP_E_OK || wp_str_eq(err.msg, first->msg));
    enum wp_code little = verdict(bytes, (struct wrt_options){.memory = 4096}, &err);
    must(little == expected || little == WP_E_LIMIT);
    if (expected == WP_E_OK && used != 0) {
        must(verdict(bytes, (struct wrt_options){.features = used}, &err) == WP_E_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Bytes of their own, so that a read past the end is seen. */
    WP_AUTO_FREE uint8_t *copy = wp_xmalloc(size > 0 ? size : 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    struct wp_span bytes = wp_span(copy, size);
    struct wrt_visitor v = {.section = on_section, .import = on_extern, .export = on_extern, .arg = &bytes};
    struct wrt_summary sum = {.features = 0};
    struct wp_err err = {.code = WP_E_OK};
    int scanned = wrt_scan(bytes, NULL, &v, &sum, &err);
    if (scanned != 0) {
        must((err.code == WP_E_MODULE || err.code == WP_E_LIMIT) && err.msg[0] != '\0');
    }
    check_options(bytes, scanned != 0 ? err.code : WP_E_OK, &err, sum.features);
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct pack_module m;
    int read = pack_module_read(bytes, &a, &m, &err);
    must(read == scanned);
    if (read == 0) {
        must(m.kind == sum.kind && m.functions == sum.functions);
        check_facts(&m);
        check_packed(bytes, &m, &a);
    }
    return 0;
}
