/* SPDX-License-Identifier: Apache-2.0
 *
 * Formats: the bytes they write (golden), where annotations come from, and the table's questions. */
#include "../runtime-min/wasm-hex.h"
#include "pack/format.h"
#include "samples.h"

#include <cmocka.h>

#define JAN_2024 1704067200

static const char *const no_strings[] = {NULL};
static const char *const only_cncf[] = {"cncf", NULL};

struct built {
    struct wp_arena a;
    struct wp_buf module_bytes;
    struct pack_module module;
    struct oci_store *store;
    struct oci_desc desc;
    struct wp_span bytes;
    struct oci_manifest manifest;
};

static void built_done(struct built *b)
{
    oci_store_close(b->store);
    wp_buf_done(&b->module_bytes);
    wp_arena_done(&b->a);
}

static struct pack_project project(void)
{
    return (struct pack_project){.module = "hello.wasm", .targets = only_cncf, .unused = no_strings};
}

static void build(struct built *b, const char *hex, const struct pack_project *p, int64_t created)
{
    *b = (struct built){.a = WP_ARENA_INIT, .module_bytes = WP_BUF_INIT};
    struct wp_err err = {.code = WP_E_OK};
    wasm_hex(&b->module_bytes, hex);
    struct wp_span bytes = wp_buf_span(&b->module_bytes);
    assert_int_equal(pack_module_read(bytes, &b->a, &b->module, &err), 0);
    b->store = oci_memory_new("memory");
    struct pack_input in = {
        .project = p, .module = &b->module, .bytes = bytes, .title = "hello.wasm", .created = created};
    if (pack_formats[0]->build(&in, b->store, &b->a, &b->desc, &b->bytes, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(oci_manifest_parse(b->bytes, b->desc.media_type, "built", &b->a, &b->manifest, &err), 0);
}

static void assert_text(struct wp_span bytes, const char *want)
{
    char *copy = strndup((const char *)bytes.ptr, bytes.len);
    assert_string_equal(copy, want);
    free(copy);
}

static struct wp_span get(struct built *b, const struct oci_desc *d)
{
    struct wp_span bytes;
    struct wp_err err = {.code = WP_E_OK};
    if (oci_store_get(b->store, d, 1 << 20, &b->a, &bytes, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    return bytes;
}

static void assert_digest(const struct oci_desc *d, const char *want)
{
    char text[OCI_DIGEST_TEXT];
    assert_string_equal(oci_digest_text(&d->digest, text), want);
}

static void test_golden_module(void **state)
{
    (void)state;
    struct pack_project p = project();
    p.version = "0.1.0";
    struct built b;
    build(&b, SAMPLE_HELLO, &p, JAN_2024);
    assert_digest(&b.manifest.config, "sha256:fdd79a12cbd54c1b0da5f412ca38eb4b7e1015250b0b9fa16389fa0326a0da22");
    assert_int_equal(b.manifest.config.size, 192);
    assert_text(get(&b, &b.manifest.config),
                "{\"created\":\"2024-01-01T00:00:00Z\",\"author\":null,\"architecture\":\"wasm\",\"os\":\"wasip1\","
                "\"layerDigests\":[\"sha256:b5e5153f12edd20b55a45c90cd196b35957e19d8d083063b0f3c1b2d77b0b0e6\"],"
                "\"component\":null}");
    assert_digest(&b.desc, "sha256:0d7cf1a08adc870c1a17efb9424d18d6b323fe7f190096a3668897c29e6ffe3d");
    assert_int_equal(b.desc.size, 490);
    assert_string_equal(b.desc.media_type, OCI_MT_MANIFEST);
    assert_text(b.bytes,
                "{\"annotations\":{\"org.opencontainers.image.version\":\"0.1.0\"},\"config\":{\"digest\":"
                "\"sha256:fdd79a12cbd54c1b0da5f412ca38eb4b7e1015250b0b9fa16389fa0326a0da22\",\"mediaType\":"
                "\"application/vnd.wasm.config.v0+json\",\"size\":192},\"layers\":[{\"annotations\":{"
                "\"org.opencontainers.image.title\":\"hello.wasm\"},\"digest\":"
                "\"sha256:b5e5153f12edd20b55a45c90cd196b35957e19d8d083063b0f3c1b2d77b0b0e6\",\"mediaType\":"
                "\"application/wasm\",\"size\":133}],\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                "\"schemaVersion\":2}");
    assert_text(get(&b, &b.desc), (const char *)wp_arena_strn(&b.a, (const char *)b.bytes.ptr, b.bytes.len));
    struct wp_span layer = get(&b, &b.manifest.layers[0]);
    assert_int_equal(layer.len, 133);
    assert_memory_equal(layer.ptr, b.module_bytes.ptr, 133);
    assert_ptr_equal(pack_format_detect(&b.manifest), pack_formats[0]);
    built_done(&b);
}

static void test_golden_component(void **state)
{
    (void)state;
    struct pack_project p = project();
    struct built b;
    build(&b, SAMPLE_COMPONENT, &p, 0);
    char want[512];
    char layer[OCI_DIGEST_TEXT];
    snprintf(want, sizeof(want),
             "{\"created\":\"1970-01-01T00:00:00Z\",\"author\":null,\"architecture\":\"wasm\",\"os\":\"wasip2\","
             "\"layerDigests\":[\"%s\"],\"component\":{\"exports\":[\"wasi:cli/run@0.2.0\"],\"imports\":["
             "\"wasi:io/error@0.2.0\",\"wasi:cli/environment@0.2.0\"],\"target\":null}}",
             oci_digest_text(&b.manifest.layers[0].digest, layer));
    assert_text(get(&b, &b.manifest.config), want);
    assert_int_equal(b.manifest.annotation_count, 0);
    assert_memory_equal(b.bytes.ptr, "{\"config\"", 9); /* no empty annotation map */
    built_done(&b);
}

static void test_target_world(void **state)
{
    (void)state;
    struct pack_project p = project();
    p.world = "wasi:cli/command@0.2.0";
    struct built b;
    build(&b, SAMPLE_COMPONENT, &p, 0);
    struct wp_span config = get(&b, &b.manifest.config);
    assert_non_null(memmem(config.ptr, config.len, "\"target\":\"wasi:cli/command@0.2.0\"}", 34));
    built_done(&b);
}

/* A module that describes itself. */
static void self_described(struct wp_buf *hex)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wasm_hex(&b, HEX_MODULE);
    wasm_custom(&b, "name", wp_span("\0\3\2in", 5));
    wasm_custom(&b, "description", wp_span_str("from the module"));
    wasm_custom(&b, "licenses", wp_span_str("MIT"));
    wasm_custom(&b, "authors", wp_span_str("M. Author"));
    wasm_custom(&b, "source", wp_span_str("https://example.com/m"));
    wasm_custom(&b, "homepage", wp_span_str("https://example.com"));
    wasm_custom(&b, "revision", wp_span_str("abc"));
    wasm_custom(&b, "version", wp_span_str("9.9.9"));
    for (size_t i = 0; i < b.len; i++) {
        wp_buf_printf(hex, "%02x", (uint8_t)b.ptr[i]);
    }
}

static void assert_annotation(const struct built *b, const char *key, const char *want)
{
    const char *have = oci_annotation_get(b->manifest.annotations, b->manifest.annotation_count, key);
    if (want) {
        assert_non_null(have);
        assert_string_equal(have, want);
    } else {
        assert_null(have);
    }
}

static void test_annotations_from_module(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf hex = WP_BUF_INIT;
    self_described(&hex);
    struct pack_project p = project();
    struct built b;
    build(&b, hex.ptr, &p, 0);
    assert_int_equal(b.manifest.annotation_count, 8);
    assert_annotation(&b, "org.opencontainers.image.title", "in");
    assert_annotation(&b, "org.opencontainers.image.description", "from the module");
    assert_annotation(&b, "org.opencontainers.image.licenses", "MIT");
    assert_annotation(&b, "org.opencontainers.image.authors", "M. Author");
    assert_annotation(&b, "org.opencontainers.image.source", "https://example.com/m");
    assert_annotation(&b, "org.opencontainers.image.url", "https://example.com");
    assert_annotation(&b, "org.opencontainers.image.revision", "abc");
    assert_annotation(&b, "org.opencontainers.image.version", "9.9.9");
    assert_annotation(&b, "org.opencontainers.image.created", NULL);
    built_done(&b);
}

static void test_annotations_from_project(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf hex = WP_BUF_INIT;
    self_described(&hex);
    struct oci_annotation own[] = {{"com.example.x", "y"}, {"org.opencontainers.image.version", "3.0.0"}};
    struct pack_project p = project();
    p.name = "acme/hello";
    p.version = "2.0.0";
    p.description = "from the project";
    p.annotations = own;
    p.annotation_count = 2;
    struct built b;
    build(&b, hex.ptr, &p, 0);
    assert_int_equal(b.manifest.annotation_count, 9);
    assert_annotation(&b, "org.opencontainers.image.title", "acme/hello");
    assert_annotation(&b, "org.opencontainers.image.description", "from the project");
    assert_annotation(&b, "org.opencontainers.image.licenses", "MIT");
    assert_annotation(&b, "org.opencontainers.image.version", "3.0.0");
    assert_annotation(&b, "com.example.x", "y");
    built_done(&b);
}

static void test_same_digest_twice(void **state)
{
    (void)state;
    struct pack_project p = project();
    struct built one;
    struct built two;
    build(&one, SAMPLE_HELLO, &p, 0);
    build(&two, SAMPLE_HELLO, &p, 0);
    assert_true(oci_digest_equal(&one.desc.digest, &two.desc.digest));
    struct built other;
    build(&other, SAMPLE_HELLO, &p, 1);
    assert_false(oci_digest_equal(&one.desc.digest, &other.desc.digest));
    built_done(&one);
    built_done(&two);
    built_done(&other);
}

static void test_untitled(void **state)
{
    (void)state;
    struct pack_project p = project();
    struct built b;
    build(&b, SAMPLE_HELLO, &p, 0);
    struct wp_err err = {.code = WP_E_OK};
    struct pack_input in = {.project = &p, .module = &b.module, .bytes = wp_buf_span(&b.module_bytes)};
    assert_int_equal(pack_formats[0]->check(&in, &err), -1);
    assert_int_equal(err.code, WP_E_INPUT);
    assert_string_equal(err.msg, "the module has no file name to title its layer with");
    in.title = "x.wasm";
    assert_int_equal(pack_formats[0]->check(&in, &err), 0);
    built_done(&b);
}

static void test_find(void **state)
{
    (void)state;
    const struct pack_format *f = NULL;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(pack_format_find("cncf", &f, &err), 0);
    assert_string_equal(f->name, "cncf");
    f = NULL;
    assert_int_equal(pack_format_find("artifact", &f, &err), 0);
    assert_ptr_equal(f, pack_formats[0]);
    assert_int_equal(pack_format_find("cnfc", &f, &err), -1);
    assert_int_equal(err.code, WP_E_USAGE);
    assert_string_equal(err.msg, "no artifact format 'cnfc'");
    assert_string_equal(err.hint, "did you mean 'cncf'?");
    assert_int_equal(pack_format_find("zzzzzzzzzz", &f, &err), -1);
    assert_string_equal(err.hint, "there is: cncf");
}

static void test_detect_others(void **state)
{
    (void)state;
    struct oci_manifest m = {.kind = OCI_MANIFEST, .config = {.media_type = OCI_MT_CONFIG}};
    assert_null(pack_format_detect(&m));
    m.config.media_type = NULL;
    assert_null(pack_format_detect(&m));
    m.config.media_type = "application/vnd.wasm.config.v0+json";
    assert_non_null(pack_format_detect(&m));
    m.kind = OCI_INDEX;
    assert_null(pack_format_detect(&m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_module),
        cmocka_unit_test(test_golden_component),
        cmocka_unit_test(test_target_world),
        cmocka_unit_test(test_annotations_from_module),
        cmocka_unit_test(test_annotations_from_project),
        cmocka_unit_test(test_same_digest_twice),
        cmocka_unit_test(test_untitled),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_detect_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
