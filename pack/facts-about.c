/* SPDX-License-Identifier: Apache-2.0
 *
 * Who made it and what it is to a host. The producers section says so itself (tool-conventions ProducersSection.md);
 * where there is none, marks that compilers leave are read, and the answer is called a guess. */
#include "pack/facts.h"

/* ---- world ---- */

static bool exports_named(const struct pack_module *m, const char *name)
{
    for (size_t i = 0; i < m->export_count; i++) {
        if (wp_str_eq(m->exports[i].name, name) && wp_str_eq(m->exports[i].kind, "func")) {
            return true;
        }
    }
    return false;
}

static bool exports_interface(const struct pack_module *m, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < m->export_count; i++) {
        const char *have = m->exports[i].name;
        if (strncmp(have, name, len) == 0 && (have[len] == '\0' || have[len] == '@')) {
            return true;
        }
    }
    return false;
}

static bool imports_wasip1(const struct pack_module *m)
{
    for (size_t i = 0; i < m->import_count; i++) {
        const char *module = m->imports[i].module;
        if (wp_str_eq(module, "wasi_snapshot_preview1") || wp_str_eq(module, "wasi_unstable")) {
            return true;
        }
    }
    return false;
}

const char *facts_world(const struct pack_module *m)
{
    if (m->kind == WP_WASM_COMPONENT) {
        static const struct {
            const char *interface;
            const char *world;
        } rows[] = {
            {"wasi:cli/run", "wasi:cli/command"},
            {"wasi:http/incoming-handler", "wasi:http/proxy"},
            {"wasi:http/handler", "wasi:http/service"},
        };
        for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
            if (exports_interface(m, rows[i].interface)) {
                return rows[i].world;
            }
        }
        return "library";
    }
    if (m->dylink || m->object) {
        return "library";
    }
    if (exports_named(m, "_start")) {
        return "wasip1 command";
    }
    return exports_named(m, "_initialize") || imports_wasip1(m) ? "wasip1 reactor" : "library";
}

/* ---- language and toolchain ---- */

enum { TOLD = 4 }; /* of many producers the first few */

static const char *said(const struct pack_producer *list, size_t n, const char *field, struct wp_arena *a)
{
    const char *all = NULL;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct pack_producer *p = &list[i];
        if (!wp_str_eq(p->field, field) || count++ >= TOLD) {
            continue;
        }
        /* C_plus_plus_14: tool-conventions have no '+' in names. */
        bool cpp = wp_str_starts(p->name, "C_plus_plus");
        const char *name = cpp ? wp_arena_printf(a, "C++%s", p->name + strlen("C_plus_plus")) : p->name;
        /* Go 1.26 calls itself "go1.26". */
        const char *version = wp_str_starts(p->version, "go") ? p->version + 2 : p->version;
        const char *one = version[0] == '\0' ? name : wp_arena_printf(a, "%s %s", name, version);
        all = all == NULL ? one : wp_arena_printf(a, "%s, %s", all, one);
    }
    return count > TOLD ? wp_arena_printf(a, "%s, …", all) : all;
}

enum place { IMPORTED_FROM, IMPORTED, EXPORTED, SECTION };

struct mark {
    enum place place;
    const char *prefix;
    const char *language, *toolchain; /* NULL: the mark does not say */
};

static const struct mark marks[] = {
    {IMPORTED, "runtime.ticks", "Go", "TinyGo"},
    {SECTION, "custom 'go:buildid'", "Go", "Go"},
    {IMPORTED_FROM, "gojs", "Go", "Go"},
    {IMPORTED_FROM, "wbg", "Rust", "wasm-bindgen"},
    {IMPORTED_FROM, "__wbindgen", "Rust", "wasm-bindgen"},
    {EXPORTED, "__wbindgen", "Rust", "wasm-bindgen"},
    {EXPORTED, "__rtti_base", "AssemblyScript", "asc"},
    {EXPORTED, "__pin", "AssemblyScript", "asc"},
    {EXPORTED, "swjs_", "Swift", "JavaScriptKit"},
    {EXPORTED, "mono_wasm_", "C#", ".NET"},
    {EXPORTED, "teavm_", "Java", "TeaVM"},
    {IMPORTED_FROM, "teavm", "Java", "TeaVM"},
    {IMPORTED_FROM, "dart2wasm", "Dart", "dart2wasm"},
    {IMPORTED_FROM, "wasm:js-string", NULL, "a compiler with wasm-gc and JavaScript strings"},
    {IMPORTED, "kotlin.", "Kotlin", "Kotlin/Wasm"},
    {IMPORTED_FROM, "OCaml", "OCaml", "wasm_of_ocaml"},
    {IMPORTED, "emscripten_", "C or C++", "Emscripten"},
    {EXPORTED, "emscripten_", "C or C++", "Emscripten"},
    {EXPORTED, "_emscripten_", "C or C++", "Emscripten"},
    {SECTION, "custom 'target_features'", NULL, "LLVM"},
    {SECTION, "custom '.debug_", NULL, "LLVM"},
};

static bool in_externs(const struct pack_extern *list, size_t n, bool module, const char *prefix)
{
    for (size_t i = 0; i < n; i++) {
        if (wp_str_starts(module ? list[i].module : list[i].name, prefix)) {
            return true;
        }
    }
    return false;
}

static bool shows(const struct pack_module *m, const struct mark *mark)
{
    switch (mark->place) {
    case IMPORTED_FROM:
        return in_externs(m->imports, m->import_count, true, mark->prefix);
    case IMPORTED:
        return in_externs(m->imports, m->import_count, false, mark->prefix);
    case EXPORTED:
        return in_externs(m->exports, m->export_count, false, mark->prefix);
    case SECTION:
        break;
    }
    for (size_t i = 0; i < m->section_count; i++) {
        if (wp_str_starts(m->sections[i].title, mark->prefix)) {
            return true;
        }
    }
    return false;
}

void facts_language(struct pack_module *m, struct wp_arena *a, const struct pack_producer *inner, size_t inner_count)
{
    m->language = said(m->producers, m->producer_count, "language", a);
    m->toolchain = said(m->producers, m->producer_count, "processed-by", a);
    m->language = m->language == NULL ? said(inner, inner_count, "language", a) : m->language;
    for (size_t i = 0; i < WP_ARRAY_LEN(marks) && m->language == NULL; i++) {
        if (!shows(m, &marks[i])) {
            continue;
        }
        m->language = marks[i].language;
        m->guessed = m->guessed || m->language != NULL || m->toolchain == NULL;
        m->toolchain = m->toolchain == NULL ? marks[i].toolchain : m->toolchain;
    }
}
