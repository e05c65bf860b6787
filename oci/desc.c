/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors: reading with every check of the header, writing as canonical JSON. A member that is null counts as
 * absent, for writers in Go leave nulls where they have nothing. */

#include "oci/desc.h"

#include "base/mem.h"
#include "base/num.h"

/* I-JSON's largest exact integer: beyond it readers disagree about the number. */
#define SIZE_LARGEST ((UINT64_C(1) << 53) - 1)

static bool is_present(const struct wp_json *at)
{
    enum wp_json_kind kind = wp_json_kind(at);
    return kind != WP_JSON_ABSENT && kind != WP_JSON_NULL;
}

static int read_opt_str(const struct wp_json *at, struct wp_arena *a, const char **ret, struct wp_err *err)
{
    if (!is_present(at)) {
        *ret = NULL;
        return 0;
    }
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    *ret = wp_arena_str(a, text);
    return 0;
}

static int read_media_type(const struct wp_json *at, struct wp_arena *a, const char **ret, struct wp_err *err)
{
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    if (*text == '\0') {
        return wp_json_fail(at, err, "must not be empty");
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~') {
            return wp_json_fail(at, err, "'%s' is not a media type", text);
        }
    }
    *ret = wp_arena_str(a, text);
    return 0;
}

static int read_digest(const struct wp_json *at, struct oci_digest *ret, struct wp_err *err)
{
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    struct wp_err why = {0};
    if (oci_digest_parse(text, ret, &why) < 0) {
        return wp_json_fail(at, err, "%s", why.msg);
    }
    return 0;
}

static int read_size(const struct wp_json *at, uint64_t *ret, struct wp_err *err)
{
    if (wp_json_u64(at, ret, err) < 0) {
        return -1;
    }
    if (*ret > SIZE_LARGEST) {
        return wp_json_fail(at, err, "%llu bytes is more than any content has", (unsigned long long)*ret);
    }
    return 0;
}

static int read_urls(const struct wp_json *at, struct wp_err *err)
{
    return is_present(at) ? wp_json_must(at, WP_JSON_ARRAY, err) : 0;
}

static int read_platform(const struct wp_json *at, struct wp_arena *a, const struct oci_platform **ret,
                         struct wp_err *err)
{
    static const char *const known[] = {"architecture", "os", "os.version", "os.features", "variant", NULL};
    if (!is_present(at)) {
        return 0;
    }
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || wp_json_no_case_twins(at, known, err) < 0) {
        return -1;
    }
    struct oci_platform *platform = wp_arena_alloc(a, 1, sizeof(*platform));
    struct wp_json architecture = wp_json_get(at, "architecture");
    struct wp_json os = wp_json_get(at, "os");
    struct wp_json os_version = wp_json_get(at, "os.version");
    struct wp_json variant = wp_json_get(at, "variant");
    if (read_opt_str(&architecture, a, &platform->architecture, err) < 0 ||
        read_opt_str(&os, a, &platform->os, err) < 0 || read_opt_str(&os_version, a, &platform->os_version, err) < 0 ||
        read_opt_str(&variant, a, &platform->variant, err) < 0) {
        return -1;
    }
    if (platform->architecture == NULL) {
        platform->architecture = "";
    }
    if (platform->os == NULL) {
        platform->os = "";
    }
    *ret = platform;
    return 0;
}

static int read_data(const struct wp_json *at, struct wp_arena *a, struct oci_desc *d, struct wp_err *err)
{
    if (!is_present(at)) {
        return 0;
    }
    const char *text = NULL;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    if (!wp_unbase64(&bytes, text, strlen(text), false)) {
        return wp_json_fail(at, err, "is not base64");
    }
    if (bytes.len != d->size) {
        return wp_json_fail(at, err, "holds %zu bytes, the descriptor says %llu", bytes.len,
                            (unsigned long long)d->size);
    }
    struct oci_digest digest;
    oci_digest_of(d->digest.alg, wp_buf_span(&bytes), &digest);
    if (!oci_digest_equal(&digest, &d->digest)) {
        char is[OCI_DIGEST_TEXT];
        return wp_json_fail(at, err, "is not what the descriptor's digest says but %s", oci_digest_text(&digest, is));
    }
    d->data = bytes.len == 0 ? wp_span("", 0) : wp_arena_bytes(a, wp_buf_span(&bytes));
    return 0;
}

int oci_desc_read(const struct wp_json *at, struct wp_arena *a, struct oci_desc *ret, struct wp_err *err)
{
    static const char *const known[] = {"mediaType", "digest",       "size",     "urls", "annotations",
                                        "data",      "artifactType", "platform", NULL};
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || wp_json_no_case_twins(at, known, err) < 0) {
        return -1;
    }
    struct oci_desc d = {0};
    struct wp_json media_type = wp_json_get(at, "mediaType");
    struct wp_json digest = wp_json_get(at, "digest");
    struct wp_json size = wp_json_get(at, "size");
    struct wp_json artifact_type = wp_json_get(at, "artifactType");
    struct wp_json urls = wp_json_get(at, "urls");
    struct wp_json annotations = wp_json_get(at, "annotations");
    struct wp_json platform = wp_json_get(at, "platform");
    struct wp_json data = wp_json_get(at, "data");
    if (read_media_type(&media_type, a, &d.media_type, err) < 0 || read_digest(&digest, &d.digest, err) < 0 ||
        read_size(&size, &d.size, err) < 0 || read_opt_str(&artifact_type, a, &d.artifact_type, err) < 0 ||
        read_urls(&urls, err) < 0 ||
        oci_annotations_read(&annotations, a, &d.annotations, &d.annotation_count, err) < 0 ||
        read_platform(&platform, a, &d.platform, err) < 0 || read_data(&data, a, &d, err) < 0) {
        return -1;
    }
    *ret = d;
    return 0;
}

static void write_platform(struct wp_json_out *o, const struct oci_platform *platform)
{
    wp_jo_object(o);
    wp_jo_kstr(o, "architecture", platform->architecture);
    wp_jo_kstr(o, "os", platform->os);
    if (platform->os_version != NULL) {
        wp_jo_kstr(o, "os.version", platform->os_version);
    }
    if (platform->variant != NULL) {
        wp_jo_kstr(o, "variant", platform->variant);
    }
    wp_jo_object_end(o);
}

void oci_desc_write(struct wp_json_out *o, const struct oci_desc *d)
{
    char digest[OCI_DIGEST_TEXT];
    wp_jo_object(o);
    if (d->annotation_count > 0) {
        wp_jo_key(o, "annotations");
        oci_annotations_write(o, d->annotations, d->annotation_count);
    }
    if (d->artifact_type != NULL) {
        wp_jo_kstr(o, "artifactType", d->artifact_type);
    }
    if (d->data.ptr != NULL) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        wp_base64(&text, d->data, false);
        wp_jo_kstr(o, "data", text.ptr);
    }
    wp_jo_kstr(o, "digest", oci_digest_text(&d->digest, digest));
    wp_jo_kstr(o, "mediaType", d->media_type);
    if (d->platform != NULL) {
        wp_jo_key(o, "platform");
        write_platform(o, d->platform);
    }
    if (d->size != OCI_SIZE_UNKNOWN) {
        wp_jo_ku64(o, "size", d->size);
    }
    wp_jo_object_end(o);
}

static const char *copy_str(struct wp_arena *a, const char *text)
{
    return text == NULL ? NULL : wp_arena_str(a, text);
}

struct oci_desc oci_desc_copy(struct wp_arena *a, const struct oci_desc *d)
{
    struct oci_desc copy = *d;
    copy.media_type = copy_str(a, d->media_type);
    copy.artifact_type = copy_str(a, d->artifact_type);
    if (d->annotation_count > 0) {
        struct oci_annotation *list = wp_arena_alloc(a, d->annotation_count, sizeof(*list));
        for (size_t i = 0; i < d->annotation_count; i++) {
            list[i].key = wp_arena_str(a, d->annotations[i].key);
            list[i].value = copy_str(a, d->annotations[i].value);
        }
        copy.annotations = list;
    }
    if (d->platform != NULL) {
        struct oci_platform *platform = wp_arena_alloc(a, 1, sizeof(*platform));
        platform->architecture = copy_str(a, d->platform->architecture);
        platform->os = copy_str(a, d->platform->os);
        platform->os_version = copy_str(a, d->platform->os_version);
        platform->variant = copy_str(a, d->platform->variant);
        copy.platform = platform;
    }
    if (d->data.ptr != NULL && d->data.len > 0) {
        copy.data = wp_arena_bytes(a, d->data);
    }
    return copy;
}

const char *oci_annotation_get(const struct oci_annotation *list, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (wp_str_eq(list[i].key, key)) {
            return list[i].value;
        }
    }
    return NULL;
}

struct annotation_reading {
    struct wp_arena *a;
    struct oci_annotation *list;
    size_t count;
};

static int read_annotation(void *arg, const struct wp_json *member, struct wp_err *err)
{
    struct annotation_reading *reading = arg;
    const char *value = NULL;
    if (wp_json_str(member, &value, err) < 0) {
        return -1;
    }
    reading->list[reading->count++] = (struct oci_annotation){
        .key = wp_arena_str(reading->a, member->key),
        .value = wp_arena_str(reading->a, value),
    };
    return 0;
}

int oci_annotations_read(const struct wp_json *at, struct wp_arena *a, const struct oci_annotation **ret,
                         size_t *ret_count, struct wp_err *err)
{
    if (!is_present(at)) {
        *ret = NULL;
        *ret_count = 0;
        return 0;
    }
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0) {
        return -1;
    }
    struct annotation_reading reading = {.a = a};
    if (wp_json_len(at) > 0) {
        reading.list = wp_arena_alloc(a, wp_json_len(at), sizeof(*reading.list));
        if (wp_json_each(at, read_annotation, &reading, err) != 0) {
            return -1;
        }
    }
    *ret_count = oci_annotations_sort(reading.list, reading.count);
    *ret = reading.list;
    return 0;
}

void oci_annotations_write(struct wp_json_out *o, const struct oci_annotation *list, size_t count)
{
    wp_jo_object(o);
    for (size_t i = 0; i < count; i++) {
        wp_jo_kstr(o, list[i].key, list[i].value);
    }
    wp_jo_object_end(o);
}

struct ranked_annotation {
    struct oci_annotation annotation;
    size_t rank;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked_annotation *x = a;
    const struct ranked_annotation *y = b;
    int order = strcmp(x->annotation.key, y->annotation.key);
    return order != 0 ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

size_t oci_annotations_sort(struct oci_annotation *list, size_t count)
{
    if (count == 0) {
        return 0;
    }
    WP_AUTO_FREE struct ranked_annotation *ranked = wp_xcalloc(count, sizeof(*ranked));
    for (size_t i = 0; i < count; i++) {
        ranked[i] = (struct ranked_annotation){.annotation = list[i], .rank = i};
    }
    qsort(ranked, count, sizeof(*ranked), compare_ranked);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && wp_str_eq(ranked[i].annotation.key, ranked[i + 1].annotation.key)) {
            continue;
        }
        list[kept++] = ranked[i].annotation;
    }
    return kept;
}
