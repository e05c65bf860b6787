/* SPDX-License-Identifier: Apache-2.0
 *
 * wpack.json: checked against the embedded schema first, so that what follows may take members as they are. */
#include "pack/project.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/schema.h"
#include "schemas.h"

#define PROJECT_FILE "wpack.json"

/* What a pattern means, in words: by the place that the schema checker named. */
static const struct {
    const char *place;
    const char *hint;
} hints[] = {
    {": /name: ", "lower-case words joined by one of . _ - / :, for example acme/hello"},
    {": /version: ", "MAJOR.MINOR.PATCH, for example 1.2.0"},
    {": /world: ", "package:name/world@version, for example wasi:cli/command@0.2.0"},
    {": /limits/memory: ", "a number of bytes or, for example, 64MiB"},
    {": /limits/size: ", "a number of bytes or, for example, 4MiB"},
    {"/clock: ", "for example 2026-01-31T12:00:00Z"},
    {": /limits/timeout: ", "a number of seconds or, for example, 500ms, 30s, 5m"},
};

static int explain(struct wp_err *err)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(hints); i++) {
        if (err->hint[0] == '\0' && strstr(err->msg, hints[i].place)) {
            return wp_hint(err, "%s", hints[i].hint);
        }
    }
    return -1;
}

static int check(const struct wp_json_doc *doc, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *schema = NULL;
    if (wp_json_parse(wp_span_str(wp_schema_wpack), "wpack.schema.json", false, WP_E_OTHER, &schema, err) < 0) {
        return -1;
    }
    return wp_schema_check(schema, doc, err) < 0 ? explain(err) : 0;
}

static int read_string(const struct wp_json *root, struct wp_arena *a, const char *key, const char **ret,
                       struct wp_err *err)
{
    struct wp_json at = wp_json_get(root, key);
    const char *value = NULL;
    if (wp_json_opt_str(&at, &value, err) < 0) {
        return -1;
    }
    *ret = value ? wp_arena_str(a, value) : NULL;
    return 0;
}

static int read_strings(const struct wp_json *root, struct wp_arena *a, struct pack_project *p, struct wp_err *err)
{
    const struct {
        const char *key;
        const char **field;
    } rows[] = {
        {"module", &p->module},     {"name", &p->name},         {"version", &p->version},
        {"licenses", &p->licenses}, {"authors", &p->authors},   {"description", &p->description},
        {"source", &p->source},     {"homepage", &p->homepage}, {"world", &p->world},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        if (read_string(root, a, rows[i].key, rows[i].field, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_targets(const struct wp_json *root, struct wp_arena *a, struct pack_project *p, struct wp_err *err)
{
    struct wp_json list = wp_json_get(root, "targets");
    size_t n = wp_json_len(&list);
    const char **targets = wp_arena_alloc(a, WP_MAX(n, 1) + 1, sizeof(*targets));
    targets[0] = "cncf";
    for (size_t i = 0; i < n; i++) {
        struct wp_json at = wp_json_at(&list, i);
        const char *name;
        if (wp_json_str(&at, &name, err) < 0) {
            return -1;
        }
        targets[i] = wp_arena_str(a, name);
    }
    p->targets = targets;
    return 0;
}

static void note_unused(const struct wp_json *root, struct wp_arena *a, struct pack_project *p)
{
    static const char *const keys[] = {"files", "permissions"};
    const char **unused = wp_arena_alloc(a, WP_ARRAY_LEN(keys) + 1, sizeof(*unused));
    size_t n = 0;
    for (size_t i = 0; i < WP_ARRAY_LEN(keys); i++) {
        struct wp_json at = wp_json_get(root, keys[i]);
        if (wp_json_kind(&at) != WP_JSON_ABSENT) {
            unused[n++] = keys[i];
        }
    }
    p->unused = unused;
}

int pack_project_parse(struct wp_span text, const char *name, const char *folder, struct wp_arena *a,
                       struct pack_project *ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(text, name, true, WP_E_INPUT, &doc, err) < 0 || check(doc, err) < 0) {
        return -1;
    }
    struct pack_project p = {.module = NULL};
    struct wp_json root = wp_json_root(doc);
    struct wp_json annotations = wp_json_get(&root, "annotations");
    if (read_strings(&root, a, &p, err) < 0 || read_targets(&root, a, &p, err) < 0) {
        return -1;
    }
    if (wp_json_kind(&annotations) != WP_JSON_ABSENT &&
        oci_annotations_read(&annotations, a, &p.annotations, &p.annotation_count, err) < 0) {
        return -1;
    }
    note_unused(&root, a, &p);
    const char *slash = folder[0] == '\0' || folder[strlen(folder) - 1] == '/' ? "" : "/";
    const char *prefix = wp_arena_printf(a, "%s%s", folder, slash);
    if (pack_limits_read(&root, &p.limits, err) < 0 ||
        pack_tests_read(&root, prefix, a, &p.tests, &p.test_count, err) < 0) {
        return -1;
    }
    bool relative = p.module[0] != '/' && !wp_str_eq(p.module, "-");
    if (relative) {
        p.module = wp_arena_printf(a, "%s%s", prefix, p.module);
    }
    *ret = p;
    return 0;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int pack_project_read(const char *path, struct wp_arena *a, struct pack_project *ret, struct wp_err *err)
{
    const char *folder = path;
    const char *file = path;
    if (is_folder(path)) {
        file = wp_arena_printf(a, "%s%s" PROJECT_FILE, path, path[strlen(path) - 1] == '/' ? "" : "/");
    } else {
        const char *slash = strrchr(path, '/');
        folder = slash ? wp_arena_strn(a, path, (size_t)(slash - path) + 1) : "";
    }
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    if (wp_fs_read(file, WP_LIMIT_PROJECT, &text, err) < 0) {
        return err->code == WP_E_NOT_FOUND && file != path
                   ? wp_hint(err, "name the module itself: wpack build app.wasm -t REF")
                   : -1;
    }
    return pack_project_parse(wp_buf_span(&text), file, folder, a, ret, err);
}
