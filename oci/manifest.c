/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests and indexes (image-spec, manifest.md and image-index.md). What a document is follows from its own
 * mediaType, else from how it was announced, else from its members; where two of these disagree it is refused. */

#include "oci/manifest.h"

#include "base/limits.h"

static const char *const known_keys[] = {"schemaVersion", "mediaType", "artifactType", "config",      "layers",
                                         "manifests",     "blobs",     "subject",      "annotations", NULL};

static bool has(const struct wp_json *root, const char *key)
{
    struct wp_json member = wp_json_get(root, key);
    return wp_json_kind(&member) != WP_JSON_ABSENT;
}

static bool is_present(const struct wp_json *at)
{
    enum wp_json_kind kind = wp_json_kind(at);
    return kind != WP_JSON_ABSENT && kind != WP_JSON_NULL;
}

/* The row of a media type, its parameters and case ignored. */
static const struct oci_mediatype_row *row_of(const char *media_type)
{
    if (media_type == NULL) {
        return NULL;
    }
    size_t len = strcspn(media_type, "; \t");
    for (const struct oci_mediatype_row *row = oci_mediatypes; row->name != NULL; row++) {
        if (row->kind != OCI_NOT_MANIFEST && strlen(row->name) == len && strncasecmp(row->name, media_type, len) == 0) {
            return row;
        }
    }
    return NULL;
}

static int refuse_schema1(const struct wp_json *root, const char *media_type, struct wp_err *err)
{
    struct wp_json version = wp_json_get(root, "schemaVersion");
    uint64_t number = 2;
    if (is_present(&version) && wp_json_u64(&version, &number, err) < 0) {
        return -1;
    }
    bool is_schema1 =
        media_type != NULL && wp_str_starts(media_type, "application/vnd.docker.distribution.manifest.v1");
    if (number == 1 || is_schema1 || has(root, "fsLayers")) {
        (void)wp_json_fail(root, err, "a Docker schema 1 manifest, a format given up in 2019, cannot be read");
        err->code = WP_E_UNSUPPORTED;
        return wp_hint(err, "push the image again with a current tool");
    }
    if (number != 2) {
        return wp_json_fail(&version, err, "must be 2, not %llu", (unsigned long long)number);
    }
    return 0;
}

static int by_shape(const struct wp_json *root, const char **ret, struct wp_err *err)
{
    if (has(root, "manifests")) {
        *ret = OCI_MT_INDEX;
    } else if (has(root, "config") || has(root, "layers")) {
        *ret = OCI_MT_MANIFEST;
    } else if (has(root, "blobs")) {
        *ret = OCI_MT_ARTIFACT;
    } else {
        return wp_json_fail(root, err, "neither a manifest nor an index: no mediaType, config, layers or manifests");
    }
    return 0;
}

static int decide_type(const struct wp_json *root, const char *announced, struct wp_arena *a, struct oci_manifest *m,
                       struct wp_err *err)
{
    const char *own = NULL;
    struct wp_json media_type = wp_json_get(root, "mediaType");
    if (is_present(&media_type) && wp_json_str(&media_type, &own, err) < 0) {
        return -1;
    }
    if (refuse_schema1(root, own != NULL ? own : announced, err) < 0) {
        return -1;
    }
    const struct oci_mediatype_row *own_row = row_of(own);
    const struct oci_mediatype_row *announced_row = row_of(announced);
    m->has_media_type = own != NULL;
    if (own != NULL) {
        if (own_row == NULL || strlen(own) != strlen(own_row->name)) {
            return wp_json_fail(&media_type, err, "'%s' is not the type of a manifest or index", own);
        }
        if (announced_row != NULL && announced_row != own_row) {
            return wp_json_fail(&media_type, err, "says '%s', but the document was announced as '%s'", own, announced);
        }
        m->media_type = wp_arena_str(a, own);
        return 0;
    }
    if (announced_row != NULL) {
        m->media_type = announced_row->name;
        return 0;
    }
    if (announced != NULL) {
        return wp_json_fail(root, err, "announced as '%s', which is no manifest, and without a mediaType of its own",
                            announced);
    }
    return by_shape(root, &m->media_type, err);
}

/* CVE-2021-41190: members that belong to another kind of document, whatever their value. */
static int refuse_foreign_members(const struct wp_json *root, const struct oci_manifest *m, struct wp_err *err)
{
    static const char *const in_index[] = {"config", "layers", "blobs", NULL};
    static const char *const in_artifact[] = {"manifests", "config", "layers", NULL};
    static const char *const in_manifest[] = {"manifests", "blobs", NULL};
    const char *const *foreign = in_manifest;
    const char *what = "a manifest";
    if (m->kind == OCI_INDEX) {
        foreign = in_index;
        what = "an index";
    } else if (row_of(m->media_type) == row_of(OCI_MT_ARTIFACT)) {
        foreign = in_artifact;
        what = "an artifact manifest";
    }
    for (; *foreign != NULL; foreign++) {
        if (has(root, *foreign)) {
            return wp_json_fail(root, err, "ambiguous: %s with a member '%s'", what, *foreign);
        }
    }
    return 0;
}

static int read_list(const struct wp_json *at, uint64_t limit, struct wp_arena *a, const struct oci_desc **ret,
                     size_t *ret_count, struct wp_err *err)
{
    if (wp_json_kind(at) == WP_JSON_NULL) {
        return 0;
    }
    if (wp_json_must(at, WP_JSON_ARRAY, err) < 0) {
        return -1;
    }
    size_t count = wp_json_len(at);
    if (count > limit) {
        (void)wp_json_fail(at, err, "%zu entries, the limit is %llu", count, (unsigned long long)limit);
        err->code = WP_E_LIMIT;
        return -1;
    }
    if (count == 0) {
        return 0;
    }
    struct oci_desc *list = wp_arena_alloc(a, count, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        struct wp_json entry = wp_json_at(at, i);
        if (oci_desc_read(&entry, a, &list[i], err) < 0) {
            return -1;
        }
    }
    *ret = list;
    *ret_count = count;
    return 0;
}

static int read_content(const struct wp_json *root, struct wp_arena *a, struct oci_manifest *m, struct wp_err *err)
{
    if (m->kind == OCI_INDEX) {
        struct wp_json manifests = wp_json_get(root, "manifests");
        return read_list(&manifests, WP_LIMIT_INDEX_ENTRIES, a, &m->manifests, &m->manifest_count, err);
    }
    if (row_of(m->media_type) == row_of(OCI_MT_ARTIFACT)) {
        struct wp_json blobs = wp_json_get(root, "blobs");
        if (!is_present(&blobs)) {
            return 0;
        }
        return read_list(&blobs, WP_LIMIT_LAYERS, a, &m->layers, &m->layer_count, err);
    }
    struct wp_json config = wp_json_get(root, "config");
    struct wp_json layers = wp_json_get(root, "layers");
    if (oci_desc_read(&config, a, &m->config, err) < 0) {
        return -1;
    }
    return read_list(&layers, WP_LIMIT_LAYERS, a, &m->layers, &m->layer_count, err);
}

static int read_rest(const struct wp_json *root, struct wp_arena *a, struct oci_manifest *m, struct wp_err *err)
{
    struct wp_json artifact_type = wp_json_get(root, "artifactType");
    struct wp_json annotations = wp_json_get(root, "annotations");
    struct wp_json subject = wp_json_get(root, "subject");
    const char *text = NULL;
    if (is_present(&artifact_type)) {
        if (wp_json_str(&artifact_type, &text, err) < 0) {
            return -1;
        }
        m->artifact_type = wp_arena_str(a, text);
    }
    if (oci_annotations_read(&annotations, a, &m->annotations, &m->annotation_count, err) < 0) {
        return -1;
    }
    if (is_present(&subject)) {
        struct oci_desc *d = wp_arena_alloc(a, 1, sizeof(*d));
        if (oci_desc_read(&subject, a, d, err) < 0) {
            return -1;
        }
        m->subject = d;
    }
    return 0;
}

int oci_manifest_parse(struct wp_span bytes, const char *announced, const char *what, struct wp_arena *a,
                       struct oci_manifest *ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(bytes, what, false, WP_E_INTEGRITY, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    struct oci_manifest m = {0};
    if (wp_json_must(&root, WP_JSON_OBJECT, err) < 0 || wp_json_no_case_twins(&root, known_keys, err) < 0 ||
        decide_type(&root, announced, a, &m, err) < 0) {
        return -1;
    }
    m.kind = oci_mediatype_kind(m.media_type);
    if (refuse_foreign_members(&root, &m, err) < 0 || read_content(&root, a, &m, err) < 0 ||
        read_rest(&root, a, &m, err) < 0) {
        return -1;
    }
    *ret = m;
    return 0;
}

static void write_list(struct wp_json_out *o, const char *key, const struct oci_desc *list, size_t count)
{
    wp_jo_key(o, key);
    wp_jo_array(o);
    for (size_t i = 0; i < count; i++) {
        oci_desc_write(o, &list[i]);
    }
    wp_jo_array_end(o);
}

void oci_manifest_write(const struct oci_manifest *m, struct wp_buf *b)
{
    const char *media_type = m->media_type;
    if (media_type == NULL) {
        media_type = m->kind == OCI_INDEX ? OCI_MT_INDEX : OCI_MT_MANIFEST;
    }
    bool is_artifact = row_of(media_type) == row_of(OCI_MT_ARTIFACT);
    struct wp_json_out o = wp_json_out(b);
    wp_jo_object(&o);
    if (m->annotation_count > 0) {
        wp_jo_key(&o, "annotations");
        oci_annotations_write(&o, m->annotations, m->annotation_count);
    }
    if (m->artifact_type != NULL) {
        wp_jo_kstr(&o, "artifactType", m->artifact_type);
    }
    if (is_artifact) {
        write_list(&o, "blobs", m->layers, m->layer_count);
    } else if (m->kind == OCI_INDEX) {
        write_list(&o, "manifests", m->manifests, m->manifest_count);
    } else {
        wp_jo_key(&o, "config");
        oci_desc_write(&o, &m->config);
        write_list(&o, "layers", m->layers, m->layer_count);
    }
    wp_jo_kstr(&o, "mediaType", media_type);
    if (!is_artifact) {
        wp_jo_ku64(&o, "schemaVersion", 2);
    }
    if (m->subject != NULL) {
        wp_jo_key(&o, "subject");
        oci_desc_write(&o, m->subject);
    }
    wp_jo_object_end(&o);
}

struct oci_desc oci_manifest_desc(const struct oci_manifest *m, struct wp_span bytes)
{
    struct oci_desc d = {.media_type = m->media_type, .size = bytes.len};
    oci_digest_of(WP_SHA256, bytes, &d.digest);
    return d;
}

const char *oci_manifest_artifact_type(const struct oci_manifest *m)
{
    if (m->artifact_type != NULL && *m->artifact_type != '\0') {
        return m->artifact_type;
    }
    return m->config.media_type;
}

int oci_manifest_each(const struct oci_manifest *m, int (*fn)(void *arg, const struct oci_desc *d, struct wp_err *err),
                      void *arg, struct wp_err *err)
{
    if (m->config.media_type != NULL) {
        int stop = fn(arg, &m->config, err);
        if (stop != 0) {
            return stop;
        }
    }
    for (size_t i = 0; i < m->layer_count; i++) {
        int stop = fn(arg, &m->layers[i], err);
        if (stop != 0) {
            return stop;
        }
    }
    for (size_t i = 0; i < m->manifest_count; i++) {
        int stop = fn(arg, &m->manifests[i], err);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}
