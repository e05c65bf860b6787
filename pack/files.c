/* SPDX-License-Identifier: Apache-2.0
 *
 * Any files as one artifact (image-spec, "Guidelines for Artifact Usage"). The manifest has the bytes that oras 1.3
 * writes for the same input - member order, inlined empty config, escaped <, > and & - so that both tools give one
 * digest for one content. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "pack/format-rows.h"

#define READ_CHUNK 65536

/* Descriptor of a regular file, hashed once, and a source for it in out. */
static int add_file(const char *path, const char *media_type, struct wp_job *job, struct oci_store *out,
                    struct wp_arena *a, struct oci_desc *ret, struct wp_err *err)
{
    struct wp_source_file *src = wp_arena_alloc(a, 1, sizeof(*src));
    *src = wp_source_file(wp_arena_str(a, path));
    WP_AUTO_READER struct wp_reader *reader = NULL;
    if (src->base.open(&src->base, 0, &reader, err) < 0) {
        return -1;
    }
    WP_AUTO_HASH struct wp_hash *hash = wp_hash_new(WP_SHA256);
    WP_AUTO_FREE uint8_t *chunk = wp_xmalloc(READ_CHUNK);
    struct oci_desc d = {.media_type = media_type, .digest = {.alg = WP_SHA256}};
    for (;;) {
        if (wp_job_check(job, err) < 0) {
            return -1;
        }
        ssize_t n = wp_read(reader, chunk, READ_CHUNK, err);
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        wp_hash_add(hash, chunk, (size_t)n);
        d.size += (uint64_t)n;
    }
    wp_hash_end(hash, d.digest.bytes);
    *ret = d;
    return oci_memory_add_source(out, &d, &src->base, err);
}

/* The path with "." and empty components taken out; absolute paths and those with ".." by their last component. */
static const char *title_of(struct wp_arena *a, const char *path)
{
    const char *last = strrchr(path, '/');
    last = last ? last + 1 : path;
    if (path[0] == '/') {
        return wp_arena_str(a, last);
    }
    char *title = wp_arena_alloc(a, strlen(path) + 1, 1);
    size_t len = 0;
    for (const char *p = path; *p != '\0';) {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.') {
            return wp_arena_str(a, last);
        }
        if (n > 0 && !(n == 1 && p[0] == '.')) {
            if (len > 0) {
                title[len++] = '/';
            }
            memcpy(title + len, p, n);
            len += n;
        }
        p += n + (p[n] == '/');
    }
    title[len] = '\0';
    return title;
}

static const char *default_type(const char *path)
{
    size_t len = strlen(path);
    return len > 5 && wp_str_eq(path + len - 5, ".wasm") ? "application/wasm" : OCI_MT_OCTETS;
}

static int check_type(const char *media_type, const char *path, struct wp_err *err)
{
    if (!oci_mediatype_is(media_type)) {
        return wp_fail(err, WP_E_INPUT, "%s: '%s' is not a media type", path, media_type);
    }
    return 0;
}

static struct oci_desc empty_desc(void)
{
    struct wp_span bytes = wp_span_str(OCI_EMPTY_JSON);
    struct oci_desc d = {.media_type = OCI_MT_EMPTY, .size = bytes.len, .data = bytes};
    oci_digest_of(WP_SHA256, bytes, &d.digest);
    return d;
}

static int add_layers(const struct pack_file *files, size_t n, struct wp_job *job, struct oci_store *out,
                      struct wp_arena *a, struct oci_desc *layers, struct wp_err *err)
{
    for (size_t i = 0; i < n; i++) {
        const char *type = files[i].media_type ? files[i].media_type : default_type(files[i].path);
        const char *title = title_of(a, files[i].path);
        const char *problem = wp_fs_path_problem(title);
        if (problem) {
            return wp_fail(err, WP_E_INPUT, "%s: the title '%s' %s", files[i].path, title, problem);
        }
        for (size_t k = 0; k < i; k++) {
            if (wp_str_eq(layers[k].annotations[0].value, title)) {
                return wp_fail(err, WP_E_INPUT, "two files with the title '%s': %s and %s", title, files[k].path,
                               files[i].path);
            }
        }
        if (check_type(type, files[i].path, err) < 0 ||
            add_file(files[i].path, wp_arena_str(a, type), job, out, a, &layers[i], err) < 0) {
            return -1;
        }
        struct oci_annotation *annotation = wp_arena_alloc(a, 1, sizeof(*annotation));
        *annotation = (struct oci_annotation){OCI_ANNOTATION_TITLE, title};
        layers[i].annotations = annotation;
        layers[i].annotation_count = 1;
    }
    return 0;
}

static void write_desc(struct wp_json_out *o, const struct oci_desc *d)
{
    char digest[OCI_DIGEST_TEXT];
    wp_jo_object(o);
    wp_jo_kstr(o, "mediaType", d->media_type);
    wp_jo_kstr(o, "digest", oci_digest_text(&d->digest, digest));
    wp_jo_ku64(o, "size", d->size);
    if (d->annotation_count > 0) {
        wp_jo_key(o, "annotations");
        oci_annotations_write(o, d->annotations, d->annotation_count);
    }
    if (d->data.ptr) {
        wp_jo_kstr(o, "data", "e30=");
    }
    wp_jo_object_end(o);
}

/* Go's encoder escapes what could end a script element; such bytes stand in strings only. */
static void add_escaped(struct wp_buf *b, struct wp_span json)
{
    for (size_t i = 0; i < json.len; i++) {
        const uint8_t *p = json.ptr + i;
        bool separator = json.len - i >= 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);
        if (separator) {
            wp_buf_printf(b, "\\u20%02x", p[2] - 0x80u);
            i += 2;
        } else if (*p == '<' || *p == '>' || *p == '&') {
            wp_buf_printf(b, "\\u%04x", *p);
        } else {
            wp_buf_add_char(b, (char)*p);
        }
    }
}

static void write_manifest(const struct oci_manifest *m, struct wp_buf *b)
{
    WP_AUTO_BUF struct wp_buf plain = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&plain);
    wp_jo_object(&o);
    wp_jo_ku64(&o, "schemaVersion", 2);
    wp_jo_kstr(&o, "mediaType", m->media_type);
    if (m->artifact_type) {
        wp_jo_kstr(&o, "artifactType", m->artifact_type);
    }
    wp_jo_key(&o, "config");
    write_desc(&o, &m->config);
    wp_jo_key(&o, "layers");
    wp_jo_array(&o);
    for (size_t i = 0; i < m->layer_count; i++) {
        write_desc(&o, &m->layers[i]);
    }
    wp_jo_array_end(&o);
    if (m->subject) {
        struct oci_desc subject = {
            .media_type = m->subject->media_type, .digest = m->subject->digest, .size = m->subject->size};
        wp_jo_key(&o, "subject");
        write_desc(&o, &subject);
    }
    if (m->annotation_count > 0) {
        wp_jo_key(&o, "annotations");
        oci_annotations_write(&o, m->annotations, m->annotation_count);
    }
    wp_jo_object_end(&o);
    add_escaped(b, wp_buf_span(&plain));
}

static int add_config(const struct pack_files_opts *opts, struct oci_store *out, struct wp_arena *a,
                      struct oci_manifest *m, struct wp_err *err)
{
    m->artifact_type = opts->artifact_type;
    if (opts->config_path) {
        const char *type = opts->config_type ? opts->config_type : "application/vnd.unknown.config.v1+json";
        return check_type(type, opts->config_path, err) < 0
                   ? -1
                   : add_file(opts->config_path, wp_arena_str(a, type), opts->job, out, a, &m->config, err);
    }
    if (!m->artifact_type) {
        m->artifact_type = "application/vnd.unknown.artifact.v1";
    }
    m->config = empty_desc();
    return oci_store_put(out, &m->config, m->config.data, err);
}

int pack_files_build(const struct pack_file *files, size_t n, const struct pack_files_opts *opts, struct oci_store *out,
                     struct wp_arena *a, struct oci_desc *ret_desc, struct wp_span *ret_bytes, struct wp_err *err)
{
    if (n > WP_LIMIT_LAYERS) {
        return wp_fail(err, WP_E_LIMIT, "%zu files, at most %llu fit one artifact", n,
                       (unsigned long long)WP_LIMIT_LAYERS);
    }
    if (opts->artifact_type && !oci_mediatype_is(opts->artifact_type)) {
        return wp_fail(err, WP_E_INPUT, "'%s' is not a media type", opts->artifact_type);
    }
    struct oci_desc *layers = wp_arena_alloc(a, WP_MAX(n, 1), sizeof(*layers));
    struct oci_manifest m = {.kind = OCI_MANIFEST,
                             .media_type = OCI_MT_MANIFEST,
                             .has_media_type = true,
                             .layers = layers,
                             .layer_count = WP_MAX(n, 1),
                             .subject = opts->subject,
                             .annotations = opts->annotations,
                             .annotation_count = opts->annotation_count};
    if (add_config(opts, out, a, &m, err) < 0 || add_layers(files, n, opts->job, out, a, layers, err) < 0) {
        return -1;
    }
    if (n == 0) {
        layers[0] = empty_desc();
        if (oci_store_put(out, &layers[0], layers[0].data, err) < 0) {
            return -1;
        }
    }
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    write_manifest(&m, &text);
    struct wp_span bytes = wp_arena_bytes(a, wp_buf_span(&text));
    struct oci_desc desc = oci_manifest_desc(&m, bytes);
    if (oci_store_put(out, &desc, bytes, err) < 0) {
        return -1;
    }
    *ret_desc = oci_desc_copy(a, &desc);
    *ret_bytes = bytes;
    return 0;
}
