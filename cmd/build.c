/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and packing a module for build and push. */
#include "cmd/build.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/out.h"

#include <inttypes.h>
#include <unistd.h>

void build_result_done(struct build_result *r)
{
    oci_store_close(r->store);
    r->store = NULL;
    look_content_done(&r->content);
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int read_module(const char *path, struct look_content *ret, struct wp_err *err)
{
    if (wp_str_eq(path, "-")) {
        WP_AUTO_READER struct wp_reader *in = wp_reader_fd(dup(STDIN_FILENO), "standard input");
        return look_open_reader(in, WP_LIMIT_MODULE, "the module on standard input", ret, err);
    }
    uint64_t size = 0;
    int fd = wp_fs_open_file(path, &size, err);
    if (fd < 0) {
        return -1;
    }
    WP_AUTO_READER struct wp_reader *in = wp_reader_fd(fd, path);
    if (size > WP_LIMIT_MODULE) {
        return wp_fail(err, WP_E_LIMIT, "'%s' is larger than %" PRIu64 " bytes", path, WP_LIMIT_MODULE);
    }
    return look_open_reader(in, WP_LIMIT_MODULE, path, ret, err);
}

int build_created(int64_t otherwise, int64_t *ret, struct wp_err *err)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds = (uint64_t)otherwise;
    if (text != NULL && text[0] != '\0' && !wp_parse_u64(text, 0, UINT64_C(253402300799), &seconds)) {
        return wp_fail(err, WP_E_USAGE, "SOURCE_DATE_EPOCH '%s' is not a number of seconds since 1970", text);
    }
    *ret = (int64_t)seconds;
    return 0;
}

int build_read(struct cmd_ctx *c, const struct build_plan *plan, struct build_result *ret, struct wp_err *err)
{
    const struct pack_read how = {.load = {.threads = look_processors()}};
    if (plan->project != NULL && pack_project_read(plan->project, c->arena, &ret->project, err) < 0) {
        return -1;
    }
    if (plan->module != NULL) {
        ret->project.module = plan->module;
    }
    if (ret->project.module == NULL) {
        wp_fail(err, WP_E_USAGE, "no module given");
        return wp_hint(err, "wpack build MODULE.wasm, or write wpack.json: {\"module\": \"app.wasm\"}");
    }
    if (read_module(ret->project.module, &ret->content, err) < 0) {
        return -1;
    }
    uint64_t most = ret->project.limits.size;
    if (most > 0 && ret->content.size > most) {
        wp_fail(err, WP_E_LIMIT, "%s is larger than its limit of %" PRIu64 " bytes", ret->project.module, most);
        return wp_hint(err, "it has %" PRIu64 " bytes; limits.size of the project file says how many it may have",
                       ret->content.size);
    }
    uint64_t begin = wp_time_mono_ms();
    if (look_module(c, plan->look, &ret->content, &how, c->arena, &ret->module, NULL, err) < 0) {
        return wp_wrap(err, "%s", ret->project.module);
    }
    ret->ms = wp_time_mono_ms() - begin;
    return 0;
}

static void merge_annotations(struct cmd_ctx *c, const struct build_plan *plan, struct pack_project *p)
{
    size_t n = p->annotation_count + plan->annotation_count;
    struct oci_annotation *all = wp_arena_alloc(c->arena, n + 1, sizeof(*all));
    for (size_t i = 0; i < p->annotation_count; i++) {
        all[i] = p->annotations[i];
    }
    for (size_t i = 0; i < plan->annotation_count; i++) {
        all[p->annotation_count + i] = plan->annotations[i];
    }
    p->annotations = all;
    p->annotation_count = oci_annotations_sort(all, n);
}

int build_format(struct cmd_ctx *c, const struct build_plan *plan, const struct pack_format *format,
                 struct build_result *r, struct wp_err *err)
{
    struct pack_project project = r->project;
    merge_annotations(c, plan, &project);
    struct pack_input in = {
        .project = &project,
        .module = &r->module,
        .bytes = r->content.bytes,
        .title = wp_str_eq(project.module, "-") ? "module.wasm" : last_component(project.module),
    };
    if (build_created(0, &in.created, err) < 0) {
        return -1;
    }
    if (format->check != NULL && format->check(&in, err) < 0) {
        return wp_wrap(err, "%s", project.module);
    }
    oci_store_close(r->store);
    r->store = oci_memory_new("the build");
    return format->build(&in, r->store, c->arena, &r->desc, &r->bytes, err);
}

enum { GROUPS = 6 };

/* "wasi_snapshot_preview1 (7), env (2)": what it asks of its host, grouped by the first name. */
static void import_groups(const struct pack_module *m, struct wp_buf *b)
{
    struct {
        const char *name;
        size_t count;
    } groups[GROUPS] = {{0}};
    size_t n = 0;
    bool more = false;
    for (size_t i = 0; i < m->import_count; i++) {
        const char *name = m->kind == WP_WASM_MODULE ? m->imports[i].module : m->imports[i].name;
        size_t k = 0;
        while (k < n && !wp_str_eq(groups[k].name, name)) {
            k++;
        }
        more = more || k == GROUPS;
        if (k < GROUPS) {
            groups[k].name = name;
            groups[k].count++;
            n = WP_MAX(n, k + 1);
        }
    }
    for (size_t k = 0; k < n; k++) {
        wp_buf_printf(b, "%s%s", k == 0 ? "" : ", ", groups[k].name);
        if (groups[k].count > 1) {
            wp_buf_printf(b, " (%zu)", groups[k].count);
        }
    }
    wp_buf_add_str(b, more ? ", …" : n == 0 ? "none" : "");
}

void build_describe(struct cmd_ctx *c, const struct build_result *r)
{
    const struct pack_module *m = &r->module;
    char size[WP_SIZE_TEXT];
    char time[LOOK_TEXT];
    char functions[LOOK_TEXT];
    WP_AUTO_BUF struct wp_buf imports = WP_BUF_INIT;
    import_groups(m, &imports);
    out_fact(c->out, last_component(r->project.module), "%s  %s  %s",
             m->kind == WP_WASM_COMPONENT ? "component" : "module", wp_size_text(m->size, size), m->world);
    out_fact(c->out, "imports", "%s", imports.ptr);
    out_fact(c->out, "validate ok", "%s, %s", look_functions_text(m, functions), look_time_text(r->ms, time));
    if (m->component_type) {
        out_warn(c->out,
                 "%s holds a component type but is a core module: 'wasm-tools component new' makes the component",
                 r->project.module);
    }
    if (m->object) {
        out_warn(c->out, "%s is a relocatable object file: 'wasm-ld' makes a program of it", r->project.module);
    }
    if (m->dylink) {
        out_warn(c->out, "%s is a shared library (dylink.0), not a program", r->project.module);
    }
}
