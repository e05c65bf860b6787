/* SPDX-License-Identifier: Apache-2.0
 *
 * Bills of materials: what is told, where, and that the same input gives the same bytes. That the documents are what
 * their specifications want, tests/e2e/test_attest.py asks the reference tools. */
#include "../unit.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/num.h"
#include "pack/sbom.h"

static const uint8_t bytes[] = "0123456789abcdef";

static const struct pack_dependency packages[] = {
    {"app", "0.1.0", "local", false, true, (const uint64_t[]){1, 3}, 2},
    {"build-me", "2.0.0", "crates.io", true, false, NULL, 0},
    {"odd name", "1.0.0+x/y", "crates.io", false, false, NULL, 0},
    {"serde", "1.0.2", "crates.io", false, false, (const uint64_t[]){1, 2, 2}, 3},
};
static const struct pack_nested nested[] = {
    {WP_WASM_COMPONENT, 0, 1, 10}, {WP_WASM_MODULE, 1, 2, 3}, {WP_WASM_MODULE, 1, 6, 2}, {WP_WASM_MODULE, 0, 12, 4}};

static const struct pack_module module = {
    .kind = WP_WASM_COMPONENT,
    .size = 16,
    .imports = (const struct pack_extern[]){{"", "wasi:io/error@0.2.0", "instance", ""}},
    .import_count = 1,
    .producers = (const struct pack_producer[]){{"language", "Rust", ""}, {"processed-by", "rustc", "1.95.0"}},
    .producer_count = 2,
    .dependencies = packages,
    .dependency_count = 4,
    .nested = nested,
    .nested_count = 4,
    .licenses = "MIT, or so",
    .language = "Rust",
    .world = "wasi:cli/command",
};

static struct pack_sbom input(enum pack_sbom_kind kind)
{
    return (struct pack_sbom){.kind = kind,
                              .module = &module,
                              .bytes = wp_span(bytes, 16),
                              .name = "app",
                              .file = "app.wasm",
                              .digest = "sha256:00",
                              .wpack_version = "9.9.9",
                              .created = 86400};
}

static struct wp_json_doc *written(const struct pack_sbom *in, struct wp_buf *b)
{
    struct wp_json_doc *doc = NULL;
    struct wp_err err = {.code = WP_E_OK};
    wp_buf_cut(b, 0);
    pack_sbom_write(in, b);
    if (wp_json_parse(wp_buf_span(b), "sbom", false, WP_E_OTHER, &doc, &err) < 0) {
        fail_msg("%s\n%s", err.msg, b->ptr);
    }
    return doc;
}

/* want NULL: nothing is there. */
static void is(const struct wp_json_doc *doc, const char *pointer, const char *want)
{
    struct wp_json root = wp_json_root(doc);
    struct wp_json at = wp_json_pointer(&root, pointer);
    WP_AUTO_BUF struct wp_buf got = WP_BUF_INIT;
    if (wp_json_kind(&at) != WP_JSON_ABSENT) {
        wp_json_dump(&at, &got);
    }
    if (!wp_str_eq(got.ptr, want == NULL ? "" : want)) {
        fail_msg("%s is %s, expected %s", pointer, got.ptr, want);
    }
}

static const char *quoted_hash(size_t offset, size_t size, char ret[67])
{
    uint8_t hash[WP_HASH_MAX];
    wp_hash_bytes(WP_SHA256, wp_span(bytes + offset, size), hash);
    ret[0] = '"';
    wp_hex(hash, 32, ret + 1);
    ret[65] = '"';
    ret[66] = '\0';
    return ret;
}

static void test_cyclonedx(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    char hash[67];
    const struct pack_sbom in = input(PACK_SBOM_CYCLONEDX);
    WP_AUTO_JSON struct wp_json_doc *doc = written(&in, &b);
    is(doc, "/specVersion", "\"1.6\"");
    is(doc, "/metadata/timestamp", "\"1970-01-02T00:00:00Z\"");
    is(doc, "/metadata/component/type", "\"application\"");
    is(doc, "/metadata/component/version", "\"0.1.0\""); /* of the package that it was built from */
    is(doc, "/metadata/component/licenses/0/license/name", "\"MIT, or so\"");
    is(doc, "/metadata/component/purl", NULL);
    is(doc, "/metadata/component/hashes/0/content", quoted_hash(0, 16, hash));
    is(doc, "/metadata/component/components/0/hashes/0/content", quoted_hash(1, 10, hash));
    is(doc, "/metadata/component/components/2/name", "\"core module at 0x6\"");
    is(doc, "/metadata/component/components/2/hashes/0/content", quoted_hash(6, 2, hash));
    is(doc, "/components/0/purl", NULL); /* a local package is in no registry */
    is(doc, "/components/1/scope", "\"excluded\"");
    is(doc, "/components/2/purl", "\"pkg:cargo/odd%20name@1.0.0%2Bx%2Fy\"");
    is(doc, "/components/3/purl", "\"pkg:cargo/serde@1.0.2\"");
    is(doc, "/components/4/name", "\"rustc\"");
    is(doc, "/components/5", NULL);
    is(doc, "/dependencies/0", "{\"ref\":\"module\",\"dependsOn\":[\"nested-1\",\"nested-4\",\"crate-1\"]}");
    is(doc, "/dependencies/1", "{\"ref\":\"nested-1\",\"dependsOn\":[\"nested-2\",\"nested-3\"]}");
    is(doc, "/dependencies/4", "{\"ref\":\"nested-4\",\"dependsOn\":[]}");
    is(doc, "/dependencies/5", "{\"ref\":\"crate-1\",\"dependsOn\":[\"crate-2\",\"crate-4\"]}");
    is(doc, "/dependencies/8", "{\"ref\":\"crate-4\",\"dependsOn\":[\"crate-2\",\"crate-3\"]}");
    is(doc, "/dependencies/9", NULL);
}

static void test_spdx(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    char hash[67];
    const struct pack_sbom in = input(PACK_SBOM_SPDX);
    WP_AUTO_JSON struct wp_json_doc *doc = written(&in, &b);
    is(doc, "/spdxVersion", "\"SPDX-2.3\"");
    is(doc, "/creationInfo/creators/0", "\"Tool: wpack-9.9.9\"");
    is(doc, "/packages/0/versionInfo", "\"0.1.0\"");
    is(doc, "/packages/0/licenseDeclared", "\"NOASSERTION\"");
    is(doc, "/packages/0/licenseComments", "\"declared as: MIT, or so\"");
    is(doc, "/packages/0/comment",
       "\"WebAssembly component, 16 bytes, wasi:cli/command. Language: Rust. Imports: wasi:io/error@0.2.0.\"");
    is(doc, "/packages/2/checksums/0/checksumValue", quoted_hash(2, 3, hash));
    is(doc, "/packages/5/externalRefs", NULL);
    is(doc, "/packages/8/externalRefs/0/referenceLocator", "\"pkg:cargo/serde@1.0.2\"");
    is(doc, "/packages/9/comment", "\"processed-by\"");
    is(doc, "/relationships/2",
       "{\"spdxElementId\":\"SPDXRef-Nested-1\",\"relationshipType\":\"CONTAINS\","
       "\"relatedSpdxElement\":\"SPDXRef-Nested-2\"}");
    is(doc, "/relationships/5/relationshipType", "\"GENERATED_FROM\"");
    is(doc, "/relationships/8",
       "{\"spdxElementId\":\"SPDXRef-Crate-2\",\"relationshipType\":\"BUILD_DEPENDENCY_OF\","
       "\"relatedSpdxElement\":\"SPDXRef-Module\"}");
    is(doc, "/relationships/11/relationshipType", "\"BUILD_TOOL_OF\"");
    is(doc, "/relationships/12", NULL);
}

static void test_artifact_url(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct pack_sbom in = input(PACK_SBOM_CYCLONEDX);
    in.reference = "127.0.0.1:5000/team/app";
    in.version = "3";
    WP_AUTO_JSON struct wp_json_doc *doc = written(&in, &b);
    is(doc, "/metadata/component/purl", "\"pkg:oci/app@sha256%3A00?repository_url=127.0.0.1:5000/team/app\"");
    is(doc, "/metadata/component/version", "\"3\"");
}

/* Without a package that says it is the program, all packages are what the module depends on. */
static void test_no_root(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct pack_module other = module;
    other.dependencies = packages + 1;
    other.dependency_count = 1;
    other.nested_count = 0;
    other.producer_count = 0;
    struct pack_sbom in = input(PACK_SBOM_CYCLONEDX);
    in.module = &other;
    WP_AUTO_JSON struct wp_json_doc *doc = written(&in, &b);
    is(doc, "/dependencies/0", "{\"ref\":\"module\",\"dependsOn\":[\"crate-1\"]}");
    is(doc, "/metadata/component/version", NULL);
}

static void serial_of(const struct pack_sbom *in, char ret[64])
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = written(in, &b);
    struct wp_json root = wp_json_root(doc);
    struct wp_json at = wp_json_get(&root, in->kind == PACK_SBOM_SPDX ? "documentNamespace" : "serialNumber");
    const char *text = NULL;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(wp_json_str(&at, &text, &err), 0);
    (void)snprintf(ret, 64, "%s", text);
}

/* Another content, another name, another time: another document. The same: the same. */
static void test_serial(void **state)
{
    (void)state;
    char one[64];
    char two[64];
    const struct pack_sbom in = input(PACK_SBOM_CYCLONEDX);
    struct pack_sbom changed[] = {in, in, in, in, in};
    changed[1].name = "apq";
    changed[2].created = 1;
    changed[3].bytes = wp_span("x123456789abcdef", 16);
    changed[4].reference = "h/r";
    serial_of(&in, one);
    assert_int_equal(strlen(one), strlen("urn:uuid:") + 36);
    assert_int_equal(one[strlen("urn:uuid:") + 14], '8'); /* RFC 9562: version 8, its variant */
    assert_non_null(strchr("89ab", one[strlen("urn:uuid:") + 19]));
    for (size_t i = 0; i < WP_ARRAY_LEN(changed); i++) {
        serial_of(&changed[i], two);
        assert_int_equal(wp_str_eq(one, two), i == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cyclonedx), cmocka_unit_test(test_spdx),   cmocka_unit_test(test_artifact_url),
        cmocka_unit_test(test_no_root),   cmocka_unit_test(test_serial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
