/* SPDX-License-Identifier: Apache-2.0
 *
 * SLSA provenance, byte for byte: with all that can be told, and with what must be. */
#include "../unit.h"
#include "pack/provenance.h"

static void test_all(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    const struct oci_annotation parameters[] = {{"opt", "3"}};
    const struct oci_annotation environment[] = {{"CI_JOB_NAME", "build \"x\""}};
    const struct pack_provenance in = {
        .builder_id = "https://b.example/1",
        .source_uri = "git+https://s.example/r",
        .source_ref = "refs/tags/v1",
        .source_commit = "abc",
        .workflow = "ci.yml",
        .invocation_id = "https://b.example/run/7",
        .started_on = "2026-01-31T12:00:00Z",
        .finished_on = "2026-01-31T12:01:00Z",
        .project_sha256 = "11",
        .module_name = "app.wasm",
        .module_sha256 = "22",
        .wpack_version = "9",
        .parameters = parameters,
        .parameter_count = 1,
        .environment = environment,
        .environment_count = 1,
    };
    pack_provenance_write(&in, &b);
    assert_string_equal(
        b.ptr,
        "{\"buildDefinition\":{\"buildType\":\"https://wpack.dev/build/"
        "v1\",\"externalParameters\":{\"source\":{\"uri\":"
        "\"git+https://s.example/r\",\"ref\":\"refs/tags/v1\"},\"workflow\":\"ci.yml\",\"parameters\":{\"opt\":\"3\"}},"
        "\"internalParameters\":{\"CI_JOB_NAME\":\"build \\\"x\\\"\"},\"resolvedDependencies\":[{\"uri\":"
        "\"git+https://s.example/"
        "r\",\"digest\":{\"gitCommit\":\"abc\"}},{\"name\":\"wpack.json\",\"digest\":{\"sha256\":"
        "\"11\"}},{\"name\":\"app.wasm\",\"digest\":{\"sha256\":\"22\"}}]},\"runDetails\":{\"builder\":{\"id\":"
        "\"https://b.example/1\",\"version\":{\"wpack\":\"9\"}},\"metadata\":{\"invocationId\":"
        "\"https://b.example/run/"
        "7\",\"startedOn\":\"2026-01-31T12:00:00Z\",\"finishedOn\":\"2026-01-31T12:01:00Z\"}}}");
}

static void test_least(void **state)
{
    (void)state;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    const struct pack_provenance in = {.builder_id = "b:1", .build_type = "t:1", .wpack_version = "9"};
    pack_provenance_write(&in, &b);
    assert_string_equal(
        b.ptr, "{\"buildDefinition\":{\"buildType\":\"t:1\",\"externalParameters\":{},\"internalParameters\":{},"
               "\"resolvedDependencies\":[]},\"runDetails\":{\"builder\":{\"id\":\"b:1\",\"version\":{\"wpack\":"
               "\"9\"}},\"metadata\":{}}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all), cmocka_unit_test(test_least)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
