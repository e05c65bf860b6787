/* SPDX-License-Identifier: Apache-2.0
 *
 * Files as artifacts. The golden manifests are what oras 1.3.6 wrote with `oras push --oci-layout` (and attach) for the
 * same files, types and annotations. */
#include "../runtime-min/wasm-hex.h"
#include "base/fs.h"
#include "pack/format.h"

#include <cmocka.h>
#include <unistd.h>

struct place {
    char dir[64];
    struct wp_arena a;
    struct oci_store *store;
};

static void write_file(const char *path, const char *text)
{
    struct wp_err err = {.code = WP_E_OK};
    if (wp_fs_replace(path, wp_span_str(text), 0644, &err) != 0) {
        fail_msg("%s", err.msg);
    }
}

/* A folder of its own as the current one: titles are relative paths. */
static int place_new(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    snprintf(p->dir, sizeof(p->dir), "/tmp/wpack-files-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    assert_int_equal(chdir(p->dir), 0);
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(wp_fs_mkdirs("sub", &err), 0);
    write_file("a.txt", "hello");
    write_file("cfg.json", "{\"x\":1}");
    write_file("app.wasm", "not looked into");
    write_file("sub/b&<c>.txt", "sub");
    p->store = oci_memory_new("memory");
    *state = p;
    return 0;
}

static int place_free(void **state)
{
    struct place *p = *state;
    oci_store_close(p->store);
    wp_arena_done(&p->a);
    (void)unlink("a.txt");
    (void)unlink("cfg.json");
    (void)unlink("app.wasm");
    (void)unlink("sub/b&<c>.txt");
    (void)rmdir("sub");
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(p->dir), 0);
    free(p);
    return 0;
}

static const struct oci_annotation created[] = {{OCI_ANNOTATION_CREATED, "2024-01-01T00:00:00Z"}, {"z", "y"}};

static struct wp_span build(struct place *p, const struct pack_file *files, size_t n,
                            const struct pack_files_opts *opts, struct oci_desc *desc)
{
    struct wp_span bytes = {.ptr = NULL};
    struct wp_err err = {.code = WP_E_OK};
    if (pack_files_build(files, n, opts, p->store, &p->a, desc, &bytes, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    struct wp_span stored;
    assert_int_equal(oci_store_get(p->store, desc, 1 << 20, &p->a, &stored, &err), 0);
    assert_int_equal(stored.len, bytes.len);
    return bytes;
}

static void assert_digest(const struct oci_desc *d, const char *want)
{
    char text[OCI_DIGEST_TEXT];
    assert_string_equal(oci_digest_text(&d->digest, text), want);
}

static void refuses(struct place *p, const struct pack_file *files, size_t n, const struct pack_files_opts *opts,
                    enum wp_code code, const char *message)
{
    struct oci_desc desc;
    struct wp_span bytes;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(pack_files_build(files, n, opts, p->store, &p->a, &desc, &bytes, &err), -1);
    assert_string_equal(err.msg, message);
    assert_int_equal(err.code, code);
}

static void test_two_files(void **state)
{
    struct place *p = *state;
    struct pack_file files[] = {{"a.txt", "application/vnd.oci.image.layer.v1.tar"}, {"sub/b&<c>.txt", "text/plain"}};
    struct pack_files_opts opts = {.annotations = created, .annotation_count = 2};
    struct oci_desc desc;
    struct wp_span bytes = build(p, files, 2, &opts, &desc);
    assert_digest(&desc, "sha256:23cd0a5346be6dccc4d70e301b6e8ca1de50ed4d23fb1c42bf7584aa5c42a0f5");
    struct oci_manifest m;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(oci_manifest_parse(bytes, OCI_MT_MANIFEST, "built", &p->a, &m, &err), 0);
    struct wp_span content;
    assert_int_equal(oci_store_get(p->store, &m.layers[1], 100, &p->a, &content, &err), 0);
    assert_int_equal(content.len, 3);
    assert_memory_equal(content.ptr, "sub", 3);
    assert_string_equal(oci_desc_annotation(&m.layers[1], OCI_ANNOTATION_TITLE), "sub/b&<c>.txt");
}

static void test_config(void **state)
{
    struct place *p = *state;
    struct pack_file files[] = {{"a.txt", NULL}};
    struct pack_files_opts opts = {.config_path = "cfg.json",
                                   .config_type = "application/x.cfg+json",
                                   .annotations = created,
                                   .annotation_count = 1};
    struct oci_desc desc;
    build(p, files, 1, &opts, &desc);
    assert_digest(&desc, "sha256:faaf22b44d827dd017a0e8bd6299904b782bfba947eff522a4c35ee3b00926c7");
}

/* Characters that Go's encoder escapes and others do not, beside some that neither does. */
static void test_escapes(void **state)
{
    struct place *p = *state;
    static const char name[] = "u\xe2\x80\xa8v\"\xc3\xa9.txt";
    write_file(name, "x");
    struct pack_file files[] = {{name, "text/plain"}};
    struct pack_files_opts opts = {.artifact_type = "application/x.y", .annotations = created, .annotation_count = 1};
    struct oci_desc desc;
    build(p, files, 1, &opts, &desc);
    assert_digest(&desc, "sha256:ac58106e59f1f1996751a8297bf2705e04d48b33f8a462a8cd241e294d550662");
    assert_int_equal(unlink(name), 0);
}

static void test_no_files(void **state)
{
    struct place *p = *state;
    struct pack_files_opts opts = {.artifact_type = "application/x.y", .annotations = created, .annotation_count = 1};
    struct oci_desc desc;
    build(p, NULL, 0, &opts, &desc);
    assert_digest(&desc, "sha256:c3e3e91ef8a3da7c1c2fe05f0ece181cfdaf693c659175dab8d5e471d64e4f01");
}

static void test_subject(void **state)
{
    struct place *p = *state;
    struct pack_file files[] = {{"a.txt", "text/plain"}};
    struct oci_desc subject = {
        .media_type = OCI_MT_MANIFEST, .size = 533, .annotations = created, .annotation_count = 1};
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(oci_digest_parse("sha256:d03cd98bd991f621d9ba923d11caa855d8b9937472cfc5ee54b9dacf0dd54d56",
                                      &subject.digest, &err),
                     0);
    struct pack_files_opts opts = {
        .artifact_type = "application/x.sbom", .annotations = created, .annotation_count = 1, .subject = &subject};
    struct oci_desc desc;
    struct wp_span bytes = build(p, files, 1, &opts, &desc);
    assert_digest(&desc, "sha256:868765bf12f7947a3d0b359ec14b741ec92c5abebe93f35ca2f89a4f3bb74137");
    struct oci_manifest m;
    assert_int_equal(oci_manifest_parse(bytes, OCI_MT_MANIFEST, "built", &p->a, &m, &err), 0);
    assert_non_null(m.subject);
    assert_true(oci_digest_equal(&m.subject->digest, &subject.digest));
    assert_int_equal(m.subject->annotation_count, 0);
    assert_string_equal(m.artifact_type, "application/x.sbom");
}

static void test_titles(void **state)
{
    struct place *p = *state;
    char absolute[128];
    char around[128];
    snprintf(absolute, sizeof(absolute), "%s/a.txt", p->dir);
    snprintf(around, sizeof(around), "sub/../cfg.json");
    struct pack_file files[] = {{absolute, NULL}, {around, NULL}, {".//sub/./b&<c>.txt", NULL}, {"./app.wasm", NULL}};
    struct pack_files_opts opts = {.artifact_type = NULL};
    struct oci_desc desc;
    struct wp_span bytes = build(p, files, 4, &opts, &desc);
    struct oci_manifest m;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(oci_manifest_parse(bytes, OCI_MT_MANIFEST, "built", &p->a, &m, &err), 0);
    const char *const want[] = {"a.txt", "cfg.json", "sub/b&<c>.txt", "app.wasm"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(oci_desc_annotation(&m.layers[i], OCI_ANNOTATION_TITLE), want[i]);
    }
    assert_string_equal(m.layers[0].media_type, "application/octet-stream");
    assert_string_equal(m.layers[3].media_type, "application/wasm");
    assert_string_equal(m.artifact_type, "application/vnd.unknown.artifact.v1");
    assert_string_equal(m.config.media_type, OCI_MT_EMPTY);
}

static void test_refusals(void **state)
{
    struct place *p = *state;
    struct pack_files_opts none = {.artifact_type = NULL};
    struct pack_file missing[] = {{"nowhere.txt", NULL}};
    refuses(p, missing, 1, &none, WP_E_NOT_FOUND, "cannot open 'nowhere.txt': No such file or directory");
    struct pack_file twice[] = {{"a.txt", NULL}, {"./a.txt", NULL}};
    refuses(p, twice, 2, &none, WP_E_INPUT, "two files with the title 'a.txt': a.txt and ./a.txt");
    struct pack_file type[] = {{"a.txt", "text"}};
    refuses(p, type, 1, &none, WP_E_INPUT, "a.txt: 'text' is not a media type");
    struct pack_files_opts bad_type = {.artifact_type = "x y"};
    refuses(p, NULL, 0, &bad_type, WP_E_INPUT, "'x y' is not a media type");
    struct pack_files_opts bad_config = {.config_path = "cfg.json", .config_type = "json"};
    refuses(p, NULL, 0, &bad_config, WP_E_INPUT, "cfg.json: 'json' is not a media type");
    struct pack_file folder[] = {{"sub", NULL}};
    refuses(p, folder, 1, &none, WP_E_INPUT, "'sub' is a folder, not a regular file");
}

static void test_cancelled(void **state)
{
    struct place *p = *state;
    struct wp_job *job = wp_job_new();
    wp_job_cancel(job, 2);
    struct pack_file files[] = {{"a.txt", NULL}};
    struct pack_files_opts opts = {.job = job};
    refuses(p, files, 1, &opts, WP_E_INTERRUPTED, "interrupted");
    wp_job_free(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_files, place_new, place_free),
        cmocka_unit_test_setup_teardown(test_config, place_new, place_free),
        cmocka_unit_test_setup_teardown(test_escapes, place_new, place_free),
        cmocka_unit_test_setup_teardown(test_no_files, place_new, place_free),
        cmocka_unit_test_setup_teardown(test_subject, place_new, place_free),
        cmocka_unit_test_setup_teardown(test_titles, place_new, place_free),
        cmocka_unit_test_setup_teardown(test_refusals, place_new, place_free),
        cmocka_unit_test_setup_teardown(test_cancelled, place_new, place_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
