/* SPDX-License-Identifier: Apache-2.0
 *
 * From the arguments of `wpack validate` to modules. References are resolved here, on one thread; their layers are
 * fetched when their turn comes. */
#include "base/limits.h"
#include "base/mem.h"
#include "cmd/validate.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static struct validate_item *add(struct validate_items *items, const char *shown)
{
    items->list = wp_xrealloc(items->list, items->count + 1, sizeof(*items->list));
    struct validate_item *item = &items->list[items->count++];
    memset(item, 0, sizeof(*item));
    item->shown = shown;
    item->fault = (struct wrt_fault){.offset = UINT64_MAX, .function = WRT_NO_INDEX};
    return item;
}

static void add_failed(struct validate_items *items, const char *shown, const struct wp_err *err)
{
    struct validate_item *item = add(items, shown);
    item->err = *err;
    item->done = true;
}

static int is_module_name(const struct dirent *d)
{
    size_t len = strlen(d->d_name);
    return len > 5 && wp_str_eq(d->d_name + len - 5, ".wasm");
}

static void add_folder(struct cmd_ctx *c, const char *path, struct validate_items *items)
{
    struct dirent **names = NULL;
    struct wp_err err = {.code = WP_E_OK};
    int n = scandir(path, &names, is_module_name, alphasort);
    if (n < 0) {
        wp_fail_errno(&err, errno, "cannot read folder '%s'", path);
    } else if (n == 0) {
        struct stat st;
        wp_fail(&err, WP_E_NOT_FOUND, "there is no *.wasm in folder '%s'", path);
        if (stat(wp_arena_printf(c->arena, "%s/oci-layout", path), &st) == 0) {
            wp_hint(&err, "a layout folder is written oci:%s", path);
        }
    }
    for (int i = 0; i < n; i++) {
        const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
        const char *file = wp_arena_printf(c->arena, "%s%s%s", path, slash, names[i]->d_name);
        add(items, file)->path = file;
        free(names[i]);
    }
    free(names);
    if (n <= 0) {
        add_failed(items, path, &err);
    }
}

/* The layers of one manifest that are modules. several: the title or digest tells them apart. */
static size_t add_layers(struct cmd_ctx *c, const char *shown, struct oci_store *store, const struct oci_manifest *m,
                         bool several, struct validate_items *items)
{
    size_t found = 0;
    for (size_t i = 0; i < m->layer_count; i++) {
        found += look_is_module(&m->layers[i]);
    }
    for (size_t i = 0; i < m->layer_count; i++) {
        const struct oci_desc *d = &m->layers[i];
        char digest[OCI_DIGEST_TEXT];
        if (!look_is_module(d)) {
            continue;
        }
        const char *title = oci_desc_annotation(d, OCI_ANNOTATION_TITLE);
        title = title != NULL ? title : oci_digest_text(&d->digest, digest);
        struct validate_item *item =
            add(items, several || found > 1 ? wp_arena_printf(c->arena, "%s (%s)", shown, title) : shown);
        item->store = store;
        item->layer = *d;
    }
    return found;
}

/* The manifests of an index, one level: nobody nests modules deeper. */
static int add_index(struct cmd_ctx *c, const char *shown, struct oci_store *store, const struct oci_manifest *index,
                     struct validate_items *items, size_t *ret_found, struct wp_err *err)
{
    for (size_t i = 0; i < index->manifest_count; i++) {
        const struct oci_desc *d = &index->manifests[i];
        char digest[OCI_DIGEST_TEXT];
        struct wp_span bytes;
        struct oci_manifest m;
        if (oci_mediatype_kind(d->media_type) != OCI_MANIFEST) {
            continue;
        }
        const char *what = wp_arena_printf(c->arena, "manifest %s", oci_digest_text(&d->digest, digest));
        if (oci_store_get(store, d, WP_LIMIT_MANIFEST, c->arena, &bytes, err) < 0 ||
            oci_manifest_parse(bytes, d->media_type, what, c->arena, &m, err) < 0) {
            return -1;
        }
        *ret_found += add_layers(c, shown, store, &m, true, items);
    }
    return 0;
}

static int add_reference(struct cmd_ctx *c, const char *text, struct validate_items *items, struct wp_err *err)
{
    struct cmd_target t = {0};
    struct oci_desc desc;
    struct wp_span bytes;
    struct oci_manifest m;
    size_t found = 0;
    char digest[OCI_DIGEST_TEXT];
    if (target_open(c, text, TARGET_READ, &t, err) < 0) {
        return -1;
    }
    items->targets = wp_xrealloc(items->targets, items->target_count + 1, sizeof(*items->targets));
    items->targets[items->target_count++] = t;
    if (target_resolve(c, &t, &desc, &bytes, err) < 0) {
        return -1;
    }
    const char *what = wp_arena_printf(c->arena, "manifest %s", oci_digest_text(&desc.digest, digest));
    if (oci_manifest_parse(bytes, desc.media_type, what, c->arena, &m, err) < 0) {
        return -1;
    }
    if (m.kind == OCI_INDEX && add_index(c, text, t.store, &m, items, &found, err) < 0) {
        return -1;
    }
    found += m.kind == OCI_MANIFEST ? add_layers(c, text, t.store, &m, false, items) : 0;
    return found > 0 ? 0 : wp_fail(err, WP_E_NOT_FOUND, "%s holds no WebAssembly module", text);
}

static void add_argument(struct cmd_ctx *c, const char *text, struct validate_items *items)
{
    struct wp_err err = {.code = WP_E_OK};
    struct stat st;
    size_t len = strlen(text);
    if (wp_str_eq(text, "-")) {
        add(items, "standard input")->path = text;
    } else if (stat(text, &st) == 0) {
        if (S_ISDIR(st.st_mode)) {
            add_folder(c, text, items);
        } else {
            add(items, text)->path = text;
        }
    } else if (len > 5 && wp_str_eq(text + len - 5, ".wasm") && !oci_ref_looks_like(text)) {
        wp_fail(&err, WP_E_NOT_FOUND, "there is no file '%s'", text);
        add_failed(items, text, &err);
    } else if (add_reference(c, text, items, &err) < 0) {
        add_failed(items, text, &err);
    }
}

void validate_collect(struct cmd_ctx *c, struct validate_items *ret)
{
    for (size_t i = 0; i < c->arg_count; i++) {
        add_argument(c, c->args[i], ret);
    }
}

void validate_items_done(struct validate_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        wp_arena_done(&items->list[i].arena);
    }
    for (size_t i = 0; i < items->target_count; i++) {
        target_done(&items->targets[i]);
    }
    free(items->list);
    free(items->targets);
    *items = (struct validate_items){0};
}
