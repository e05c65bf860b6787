/* SPDX-License-Identifier: Apache-2.0
 *
 * oci/manifest.h: the kinds, what two readers could read differently (CVE-2021-41190), canonical bytes. */
#include "base/limits.h"
#include "base/mem.h"
#include "oci/manifest.h"
#include "tests/unit/unit.h"

#define D1     "\"digest\":\"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\""
#define CONFIG "{\"mediaType\":\"application/vnd.x.config\",\"size\":5," D1 "}"
#define LAYER  "{\"mediaType\":\"application/wasm\",\"size\":5," D1 "}"
#define CHILD  "{\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":5," D1 "}"

static int parse(const char *text, const char *announced, struct wp_arena *a, struct oci_manifest *ret,
                 struct wp_err *err)
{
    return oci_manifest_parse(wp_span_str(text), announced, "manifest x", a, ret, err);
}

struct reading {
    const char *text;
    const char *announced;
    enum oci_manifest_kind kind;
    const char *media_type;
    bool has_media_type;
    size_t layers;
    size_t manifests;
};

static void test_kinds(void **state)
{
    (void)state;
    static const struct reading rows[] = {
        {"{\"schemaVersion\":2,\"mediaType\":\"" OCI_MT_MANIFEST "\",\"config\":" CONFIG ",\"layers\":[" LAYER "," LAYER
         "]}",
         OCI_MT_MANIFEST, OCI_MANIFEST, OCI_MT_MANIFEST, true, 2, 0},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[]}", OCI_MT_MANIFEST, OCI_MANIFEST, OCI_MT_MANIFEST,
         false, 0, 0},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":null}",
         "Application/vnd.oci.image.manifest.v1+json; charset=utf-8", OCI_MANIFEST, OCI_MT_MANIFEST, false, 0, 0},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[" LAYER "]}", NULL, OCI_MANIFEST, OCI_MT_MANIFEST,
         false, 1, 0},
        {"{\"schemaVersion\":2,\"mediaType\":\"" OCI_MT_MANIFEST "\",\"config\":" CONFIG ",\"layers\":[]}",
         "text/plain", OCI_MANIFEST, OCI_MT_MANIFEST, true, 0, 0},
        {"{\"schemaVersion\":2,\"mediaType\":\"" OCI_MT_INDEX "\",\"manifests\":[]}", "application/json", OCI_INDEX,
         OCI_MT_INDEX, true, 0, 0},
        {"{\"schemaVersion\":2,\"mediaType\":\"" OCI_MT_INDEX "\",\"manifests\":[]}", "application/octet-stream",
         OCI_INDEX, OCI_MT_INDEX, true, 0, 0},
        {"{\"schemaVersion\":2,\"manifests\":[" CHILD "," CHILD "," CHILD "]}", NULL, OCI_INDEX, OCI_MT_INDEX, false, 0,
         3},
        {"{\"schemaVersion\":2,\"manifests\":null}", OCI_MT_INDEX, OCI_INDEX, OCI_MT_INDEX, false, 0, 0},
        {"{\"schemaVersion\":2,\"mediaType\":\"" OCI_MT_DOCKER_MANIFEST "\",\"config\":" CONFIG ",\"layers\":[" LAYER
         "]}",
         OCI_MT_DOCKER_MANIFEST, OCI_MANIFEST, OCI_MT_DOCKER_MANIFEST, true, 1, 0},
        {"{\"schemaVersion\":2,\"manifests\":[" CHILD "]}", OCI_MT_DOCKER_LIST, OCI_INDEX, OCI_MT_DOCKER_LIST, false, 0,
         1},
        {"{\"mediaType\":\"" OCI_MT_ARTIFACT "\",\"artifactType\":\"a/b\",\"blobs\":[" LAYER "],\"subject\":" CHILD "}",
         OCI_MT_ARTIFACT, OCI_MANIFEST, OCI_MT_ARTIFACT, true, 1, 0},
        {"{\"mediaType\":\"" OCI_MT_ARTIFACT "\",\"artifactType\":\"a/b\"}", NULL, OCI_MANIFEST, OCI_MT_ARTIFACT, true,
         0, 0},
        {"{\"blobs\":[" LAYER "]}", NULL, OCI_MANIFEST, OCI_MT_ARTIFACT, false, 1, 0},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[],\"annotations\":null,\"subject\":null,"
         "\"artifactType\":null,\"mediaType\":null,\"new\":{\"Layers\":[]},\"layer\":1}",
         NULL, OCI_MANIFEST, OCI_MT_MANIFEST, false, 0, 0},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_err err = {0};
        struct oci_manifest m;
        if (parse(rows[i].text, rows[i].announced, &a, &m, &err) < 0) {
            fail_msg("row %zu: %s", i, err.msg);
        }
        assert_int_equal(m.kind, rows[i].kind);
        assert_string_equal(m.media_type, rows[i].media_type);
        assert_int_equal(m.has_media_type, rows[i].has_media_type);
        assert_int_equal(m.layer_count, rows[i].layers);
        assert_int_equal(m.manifest_count, rows[i].manifests);
        bool has_config = m.kind == OCI_MANIFEST && strcmp(m.media_type, OCI_MT_ARTIFACT) != 0;
        assert_int_equal(m.config.media_type != NULL, has_config);
    }
}

struct refusal {
    const char *text;
    const char *announced;
    enum wp_code code;
    const char *message;
};

static void test_refused(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {"[]", NULL, WP_E_INTEGRITY, "manifest x: must be an object, not an array"},
        {"<html>", OCI_MT_MANIFEST, WP_E_INTEGRITY, "manifest x: invalid JSON at byte 0: invalid token near '<'"},
        {"{\"schemaVersion\":2,\"schemaVersion\":2}", NULL, WP_E_INTEGRITY,
         "manifest x: invalid JSON at byte 19: duplicate key \"schemaVersion\""},
        {"{\"schemaVersion\":2}", NULL, WP_E_INTEGRITY,
         "manifest x: neither a manifest nor an index: no mediaType, config, layers or manifests"},
        {"{\"errors\":[]}", "application/json", WP_E_INTEGRITY,
         "manifest x: announced as 'application/json', which is no manifest, and without a mediaType of its own"},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[]}", "text/plain", WP_E_INTEGRITY,
         "manifest x: announced as 'text/plain', which is no manifest, and without a mediaType of its own"},
        /* CVE-2021-41190 */
        {"{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}", NULL, WP_E_INTEGRITY,
         "manifest x: ambiguous: an index with a member 'layers'"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"config\":" CONFIG "}", OCI_MT_INDEX, WP_E_INTEGRITY,
         "manifest x: ambiguous: an index with a member 'config'"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"config\":null}", OCI_MT_INDEX, WP_E_INTEGRITY,
         "manifest x: ambiguous: an index with a member 'config'"},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[],\"manifests\":[]}", OCI_MT_MANIFEST, WP_E_INTEGRITY,
         "manifest x: ambiguous: a manifest with a member 'manifests'"},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[],\"blobs\":[]}", NULL, WP_E_INTEGRITY,
         "manifest x: ambiguous: a manifest with a member 'blobs'"},
        {"{\"mediaType\":\"" OCI_MT_ARTIFACT "\",\"layers\":[]}", NULL, WP_E_INTEGRITY,
         "manifest x: ambiguous: an artifact manifest with a member 'layers'"},
        {"{\"mediaType\":\"" OCI_MT_INDEX "\",\"config\":" CONFIG ",\"layers\":[]}", OCI_MT_MANIFEST, WP_E_INTEGRITY,
         "manifest x: /mediaType: says '" OCI_MT_INDEX "', but the document was announced as '" OCI_MT_MANIFEST "'"},
        {"{\"mediaType\":\"" OCI_MT_MANIFEST "\",\"config\":" CONFIG ",\"layers\":[]}", OCI_MT_DOCKER_MANIFEST,
         WP_E_INTEGRITY,
         "manifest x: /mediaType: says '" OCI_MT_MANIFEST "', but the document was announced as '" //
         OCI_MT_DOCKER_MANIFEST "'"},
        {"{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"config\":" CONFIG ",\"layers\":[]}", NULL,
         WP_E_INTEGRITY,
         "manifest x: /mediaType: 'application/vnd.oci.image.config.v1+json' is not the type of a manifest or index"},
        {"{\"mediaType\":\"" OCI_MT_MANIFEST "; a=b\",\"config\":" CONFIG ",\"layers\":[]}", NULL, WP_E_INTEGRITY,
         "manifest x: /mediaType: '" OCI_MT_MANIFEST "; a=b' is not the type of a manifest or index"},
        {"{\"MediaType\":\"" OCI_MT_INDEX "\",\"mediaType\":\"" OCI_MT_MANIFEST "\"}", NULL, WP_E_INTEGRITY,
         "manifest x: /MediaType: differs from the key 'mediaType' in case only, readers would disagree"},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[],\"manifest\xc5\xbf\":[]}", OCI_MT_MANIFEST,
         WP_E_INTEGRITY,
         "manifest x: /manifest\xc5\xbf: differs from the key 'manifests' in case only, readers would disagree"},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[{\"Digest\":1}]}", OCI_MT_MANIFEST, WP_E_INTEGRITY,
         "manifest x: /layers/0/Digest: differs from the key 'digest' in case only, readers would disagree"},
        {"{\"schemaVersion\":2,\"layers\":[]}", NULL, WP_E_INTEGRITY, "manifest x: /config: is missing"},
        {"{\"schemaVersion\":2,\"config\":" CONFIG "}", NULL, WP_E_INTEGRITY, "manifest x: /layers: is missing"},
        {"{\"schemaVersion\":2}", OCI_MT_INDEX, WP_E_INTEGRITY, "manifest x: /manifests: is missing"},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":{}}", NULL, WP_E_INTEGRITY,
         "manifest x: /layers: must be an array, not an object"},
        {"{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[" LAYER ",{\"mediaType\":\"a/b\"}]}", NULL,
         WP_E_INTEGRITY, "manifest x: /layers/1/digest: is missing"},
        {"{\"schemaVersion\":3,\"manifests\":[]}", NULL, WP_E_INTEGRITY,
         "manifest x: /schemaVersion: must be 2, not 3"},
        {"{\"schemaVersion\":\"2\",\"manifests\":[]}", NULL, WP_E_INTEGRITY,
         "manifest x: /schemaVersion: must be an integer, not a string"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"subject\":[]}", NULL, WP_E_INTEGRITY,
         "manifest x: /subject: must be an object, not an array"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"annotations\":{\"a\":null}}", NULL, WP_E_INTEGRITY,
         "manifest x: /annotations/a: must be a string, not null"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"artifactType\":1}", NULL, WP_E_INTEGRITY,
         "manifest x: /artifactType: must be a string, not an integer"},
        {"{\"schemaVersion\":1,\"name\":\"x\",\"fsLayers\":[]}", NULL, WP_E_UNSUPPORTED,
         "manifest x: a Docker schema 1 manifest, a format given up in 2019, cannot be read"},
        {"{\"name\":\"x\"}", "application/vnd.docker.distribution.manifest.v1+prettyjws", WP_E_UNSUPPORTED,
         "manifest x: a Docker schema 1 manifest, a format given up in 2019, cannot be read"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_err err = {0};
        struct oci_manifest m = {.layer_count = 99};
        assert_int_equal(parse(rows[i].text, rows[i].announced, &a, &m, &err), -1);
        assert_string_equal(err.msg, rows[i].message);
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(m.layer_count, 99);
    }
}

static void fill(struct wp_buf *b, const char *head, const char *entry, size_t count)
{
    wp_buf_cut(b, 0);
    wp_buf_add_str(b, head);
    for (size_t i = 0; i < count; i++) {
        wp_buf_add_str(b, i == 0 ? "" : ",");
        wp_buf_add_str(b, entry);
    }
    wp_buf_add_str(b, "]}");
}

static void test_counts(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct oci_manifest m;
    const char *head = "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[";
    fill(&text, head, LAYER, WP_LIMIT_LAYERS);
    assert_int_equal(parse(text.ptr, NULL, &a, &m, &err), 0);
    assert_int_equal(m.layer_count, WP_LIMIT_LAYERS);
    fill(&text, head, LAYER, WP_LIMIT_LAYERS + 1);
    assert_int_equal(parse(text.ptr, NULL, &a, &m, &err), -1);
    assert_string_equal(err.msg, "manifest x: /layers: 4097 entries, the limit is 4096");
    assert_int_equal(err.code, WP_E_LIMIT);
    fill(&text, "{\"schemaVersion\":2,\"manifests\":[", "0", WP_LIMIT_INDEX_ENTRIES + 1);
    assert_int_equal(parse(text.ptr, NULL, &a, &m, &err), -1);
    assert_string_equal(err.msg, "manifest x: /manifests: 65537 entries, the limit is 65536");
    assert_int_equal(err.code, WP_E_LIMIT);
}

static struct oci_desc desc(const char *media_type, const char *digest, uint64_t size)
{
    struct oci_desc d = {.media_type = media_type, .size = size};
    struct wp_err err = {0};
    assert_int_equal(oci_digest_parse(digest, &d.digest, &err), 0);
    return d;
}

/* The manifest that the reference client of the CNCF Wasm layout sends for a sample module. */
static void test_canonical_bytes(void **state)
{
    (void)state;
    static const struct oci_annotation version = {"org.opencontainers.image.version", "0.1.0"};
    static const struct oci_annotation title = {OCI_ANNOTATION_TITLE, "hello.wasm"};
    struct oci_desc layer =
        desc("application/wasm", "sha256:b5e5153f12edd20b55a45c90cd196b35957e19d8d083063b0f3c1b2d77b0b0e6", 133);
    layer.annotations = &title;
    layer.annotation_count = 1;
    struct oci_manifest m = {
        .kind = OCI_MANIFEST,
        .config = desc("application/vnd.wasm.config.v0+json",
                       "sha256:fdd79a12cbd54c1b0da5f412ca38eb4b7e1015250b0b9fa16389fa0326a0da22", 192),
        .layers = &layer,
        .layer_count = 1,
        .annotations = &version,
        .annotation_count = 1,
    };
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&m, &b);
    assert_int_equal(b.len, 490);
    m.media_type = OCI_MT_MANIFEST;
    struct oci_desc d = oci_manifest_desc(&m, wp_buf_span(&b));
    char text[OCI_DIGEST_TEXT];
    assert_string_equal(oci_digest_text(&d.digest, text),
                        "sha256:0d7cf1a08adc870c1a17efb9424d18d6b323fe7f190096a3668897c29e6ffe3d");
    assert_int_equal(d.size, 490);
    assert_string_equal(d.media_type, OCI_MT_MANIFEST);
    assert_string_equal(oci_manifest_artifact_type(&m), "application/vnd.wasm.config.v0+json");

    layer.annotation_count = 0;
    m.annotation_count = 0;
    m.artifact_type = "application/vnd.example.wpack.bundle.v1";
    m.config = desc(OCI_MT_EMPTY, OCI_EMPTY_DIGEST, 2);
    wp_buf_cut(&b, 0);
    oci_manifest_write(&m, &b);
    d = oci_manifest_desc(&m, wp_buf_span(&b));
    assert_string_equal(oci_digest_text(&d.digest, text),
                        "sha256:67086c60825311fc11be07c208039e5196516e9e689bf8e9dec5f16a90cb3aad");
    assert_int_equal(d.size, 422);
    assert_string_equal(oci_manifest_artifact_type(&m), "application/vnd.example.wpack.bundle.v1");
}

static void test_round_trips(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{\"annotations\":{\"a\":\"b\"},\"artifactType\":\"x/y\",\"config\":{" D1 ",\"mediaType\":\"c/d\",\"size\":5},"
        "\"layers\":[{" D1 ",\"mediaType\":\"e/f\",\"size\":5}],\"mediaType\":\"" OCI_MT_MANIFEST
        "\",\"schemaVersion\":2,\"subject\":{" D1 ",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":5}}",
        "{\"annotations\":{\"a\":\"b\"},\"artifactType\":\"x/y\",\"manifests\":[{" D1 ",\"mediaType\":\""             //
        OCI_MT_MANIFEST "\",\"platform\":{\"architecture\":\"wasm\",\"os\":\"wasip1\"},\"size\":5}],\"mediaType\":\"" //
        OCI_MT_INDEX "\",\"schemaVersion\":2,\"subject\":{" D1 ",\"mediaType\":\"" OCI_MT_INDEX "\",\"size\":5}}",
        "{\"manifests\":[],\"mediaType\":\"" OCI_MT_DOCKER_LIST "\",\"schemaVersion\":2}",
        "{\"config\":{" D1 ",\"mediaType\":\"c/d\",\"size\":5},\"layers\":[],\"mediaType\":\"" OCI_MT_DOCKER_MANIFEST
        "\",\"schemaVersion\":2}",
        "{\"artifactType\":\"x/y\",\"blobs\":[{" D1 ",\"mediaType\":\"e/f\",\"size\":5}],\"mediaType\":\"" //
        OCI_MT_ARTIFACT "\",\"subject\":{" D1 ",\"mediaType\":\"" OCI_MT_INDEX "\",\"size\":5}}",
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        WP_AUTO_FREE char *text = wp_xstrdup(rows[i]);
        struct wp_err err = {0};
        struct oci_manifest m;
        assert_int_equal(parse(text, NULL, &a, &m, &err), 0);
        memset(text, 'x', strlen(text));
        oci_manifest_write(&m, &b);
        assert_string_equal(b.ptr, rows[i]);
    }
}

static int count_types(void *arg, const struct oci_desc *d, struct wp_err *err)
{
    (void)err;
    struct wp_buf *b = arg;
    wp_buf_printf(b, "%s ", d->media_type);
    return wp_str_eq(d->media_type, "stop/stop") ? 9 : 0;
}

static void test_each(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_err err = {0};
    struct oci_manifest m;
    assert_int_equal(parse("{\"config\":" CONFIG ",\"layers\":[" LAYER ",{\"mediaType\":\"x/y\",\"size\":5," D1
                           "}],\"subject\":" CHILD "}",
                           NULL, &a, &m, &err),
                     0);
    assert_int_equal(oci_manifest_each(&m, count_types, &b, &err), 0);
    assert_string_equal(b.ptr, "application/vnd.x.config application/wasm x/y ");
    wp_buf_cut(&b, 0);
    assert_int_equal(parse("{\"manifests\":[" CHILD ",{\"mediaType\":\"stop/stop\",\"size\":5," D1 "}," CHILD "]}",
                           NULL, &a, &m, &err),
                     0);
    assert_int_equal(oci_manifest_each(&m, count_types, &b, &err), 9);
    assert_string_equal(b.ptr, OCI_MT_MANIFEST " stop/stop ");
    wp_buf_cut(&b, 0);
    assert_int_equal(parse("{\"artifactType\":\"\",\"blobs\":[" LAYER "]}", NULL, &a, &m, &err), 0);
    assert_int_equal(oci_manifest_each(&m, count_types, &b, &err), 0);
    assert_string_equal(b.ptr, "application/wasm ");
    assert_null(oci_manifest_artifact_type(&m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),           cmocka_unit_test(test_refused),     cmocka_unit_test(test_counts),
        cmocka_unit_test(test_canonical_bytes), cmocka_unit_test(test_round_trips), cmocka_unit_test(test_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
