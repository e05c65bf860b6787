/* SPDX-License-Identifier: Apache-2.0
 *
 * The files store: what it writes, what it refuses to write through, and how it goes on with what is there. */
#include "base/mem.h"
#include "oci/files.h"
#include "oci/verify.h"
#include "tests/unit/base/temp-folder.h"
#include "tests/unit/oci/store-contract.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 300000 };

struct fixture {
    struct temp_folder *t;
    struct wp_arena a;
    struct wp_span bytes; /* the content of the plan */
    struct oci_desc desc;
    char part[OCI_DIGEST_TEXT + 16];
    char out[600];
};

static int set_up(void **state)
{
    struct fixture *f = wp_xcalloc(1, sizeof(*f));
    void *t = NULL;
    assert_int_equal(temp_folder_setup(&t), 0);
    f->t = t;
    f->a = (struct wp_arena)WP_ARENA_INIT;
    f->bytes = contract_bytes(&f->a, SIZE, 1);
    f->desc = contract_desc(WP_SHA256, f->bytes, "application/wasm");
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&f->desc.digest, text);
    snprintf(f->part, sizeof(f->part), "out/.wpack/part/sha256-%s", strchr(text, ':') + 1);
    snprintf(f->out, sizeof(f->out), "%s/out", f->t->path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    void *t = f->t;
    wp_arena_done(&f->a);
    free(f);
    return temp_folder_teardown(&t);
}

/* A source that notes where it was opened and breaks off after `good` bytes of the content. */
struct noting_source {
    struct wp_source base;
    struct wp_span bytes;
    size_t good;
    unsigned opens;
    uint64_t offsets[4];
};

struct noting_reader {
    struct wp_reader base;
    struct wp_span rest;
    bool breaks;
};

static ssize_t noting_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct noting_reader *n = WP_DOWNCAST(struct noting_reader, r);
    size_t take = WP_MIN(WP_MIN(len, n->rest.len), 70001);
    if (take == 0) {
        return n->breaks ? wp_fail(err, WP_E_NETWORK, "the line went dead") : 0;
    }
    memcpy(buf, n->rest.ptr, take);
    n->rest = wp_span(n->rest.ptr + take, n->rest.len - take);
    return (ssize_t)take;
}

static void noting_close(struct wp_reader *r)
{
    free(r);
}

static int noting_open(struct wp_source *src, uint64_t offset, struct wp_reader **ret, struct wp_err *err)
{
    struct noting_source *s = WP_DOWNCAST(struct noting_source, src);
    if (s->opens == WP_ARRAY_LEN(s->offsets)) {
        return wp_fail(err, WP_E_OTHER, "opened too often");
    }
    s->offsets[s->opens++] = offset;
    struct noting_reader *n = wp_xcalloc(1, sizeof(*n));
    n->base = (struct wp_reader){.read = noting_read, .close = noting_close};
    n->breaks = s->good < s->bytes.len;
    n->rest = offset < s->good ? wp_span(s->bytes.ptr + offset, s->good - (size_t)offset) : wp_span("", 0);
    *ret = &n->base;
    return 0;
}

static struct noting_source noting(struct wp_span bytes, size_t good)
{
    return (struct noting_source){.base = {.open = noting_open}, .bytes = bytes, .good = good};
}

static struct oci_store *open_plan(struct fixture *f, const char *path, const struct oci_files_opts *opts)
{
    struct wp_err err = {0};
    struct oci_store *s = NULL;
    struct oci_files_entry entry = {.desc = f->desc, .path = path};
    CONTRACT_OK(oci_files_open(f->out, &entry, 1, opts, &s, &err));
    return s;
}

static int bind(struct oci_store *s, struct wp_err *err)
{
    return oci_store_bind(s, NULL, 0, 0, err);
}

/* What a run that broke off leaves behind: `good` bytes of these. */
static void leave_part(struct fixture *f, struct wp_span bytes, size_t good)
{
    temp_mkdir(f->t, "out");
    temp_mkdir(f->t, "out/.wpack");
    temp_mkdir(f->t, "out/.wpack/part");
    temp_write(f->t, f->part, wp_span(bytes.ptr, good));
}

/* ---- the way it should go ---- */

static void test_files(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    struct wp_span small = wp_span_str("hello\n");
    struct oci_files_entry plan[] = {
        {.desc = f->desc, .path = "app.wasm"},
        {.desc = contract_desc(WP_SHA512, small, "text/plain"), .path = "a/b/hello.txt"},
        {.desc = f->desc, .path = "a/copy.wasm"},
        {.desc = contract_desc(WP_SHA256, wp_span_str(""), "text/plain"), .path = "empty"}};
    OCI_AUTO_STORE struct oci_store *s = NULL;
    CONTRACT_OK(oci_files_open(f->out, plan, WP_ARRAY_LEN(plan), NULL, &s, &err));
    assert_string_equal(s->ops->kind, "files");
    assert_temp_list(f->t, "out", "");
    assert_int_equal(oci_store_exists(s, &f->desc, false, &err), OCI_ABSENT);
    CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
    CONTRACT_OK(oci_store_put(s, &plan[1].desc, small, &err));
    CONTRACT_OK(oci_store_put(s, &plan[3].desc, wp_span_str(""), &err));
    assert_int_equal(oci_store_exists(s, &f->desc, true, &err), OCI_PRESENT);
    /* No name before bind. */
    assert_temp_list(f->t, "out", ".wpack ");
    struct wp_span manifest;
    struct oci_desc root = contract_manifest(s, &f->a, "root", NULL, NULL, &manifest);
    struct oci_binding binding = {.name = "v1", .desc = &root, .bytes = manifest};
    CONTRACT_OK(oci_store_bind(s, &binding, 1, 0, &err));
    assert_temp_list(f->t, "out", "a app.wasm empty ");
    assert_temp_list(f->t, "out/a", "b copy.wasm ");
    assert_temp_file(f->t, "out/app.wasm", f->bytes);
    assert_temp_file(f->t, "out/a/copy.wasm", f->bytes);
    assert_temp_file(f->t, "out/a/b/hello.txt", small);
    assert_temp_file(f->t, "out/empty", wp_span_str(""));
    struct oci_desc got;
    CONTRACT_OK(oci_store_resolve(s, "v1", &f->a, &got, NULL, &err));
    assert_true(oci_digest_equal(&got.digest, &root.digest));
    /* What was placed can be read again. */
    struct wp_span read;
    CONTRACT_OK(oci_store_get(s, &f->desc, SIZE, &f->a, &read, &err));
    assert_memory_equal(read.ptr, f->bytes.ptr, SIZE);
    struct oci_ingest *in = NULL;
    CONTRACT_FAILS(oci_store_ingest(s, &in, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_bind(s, &binding, 1, OCI_BIND_ATOMIC, &err), WP_E_UNSUPPORTED);
}

static void test_fetch_staged(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    WP_AUTO_READER struct wp_reader *r = NULL;
    CONTRACT_FAILS(oci_store_fetch(s, &f->desc, 0, &r, &err), WP_E_NOT_FOUND);
    CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
    CONTRACT_OK(oci_store_fetch(s, &f->desc, SIZE - 3, &r, &err));
    uint8_t tail[8];
    assert_int_equal(wp_read(r, tail, sizeof(tail), &err), 3);
    assert_memory_equal(tail, f->bytes.ptr + SIZE - 3, 3);
}

static void test_mode(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    mode_t before = umask(027);
    struct oci_files_opts opts = {.mode = 0777};
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "tool", &opts);
    CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
    CONTRACT_OK(bind(s, &err));
    umask(before);
    struct stat st;
    assert_int_equal(stat(temp_path(f->t, "out/tool"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
}

static void test_replaces(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    temp_mkdir(f->t, "out");
    temp_write(f->t, "out/app.wasm", wp_span_str("the old one"));
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
    assert_temp_file(f->t, "out/app.wasm", wp_span_str("the old one"));
    CONTRACT_OK(bind(s, &err));
    assert_temp_file(f->t, "out/app.wasm", f->bytes);
    assert_temp_list(f->t, "out", "app.wasm ");
}

static void test_unplanned(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    struct oci_desc config = contract_desc(WP_SHA256, wp_span_str("{}"), OCI_MT_EMPTY);
    struct wp_span got;
    CONTRACT_OK(oci_store_put(s, &config, wp_span_str("{}"), &err));
    CONTRACT_OK(oci_store_get(s, &config, 2, &f->a, &got, &err));
    assert_temp_list(f->t, "out", "");
    struct oci_desc huge = config;
    huge.size = (uint64_t)5 << 20;
    huge.digest.bytes[0] ^= 1;
    CONTRACT_FAILS(oci_store_put(s, &huge, wp_span_str("{}"), &err), WP_E_LIMIT);
    struct oci_desc lie = f->desc;
    lie.size++;
    CONTRACT_FAILS(oci_store_put(s, &lie, f->bytes, &err), WP_E_INTEGRITY);
}

/* ---- what must not arrive ---- */

static void test_wrong_content(void **state)
{
    struct fixture *f = *state;
    uint8_t *wrong = wp_arena_alloc(&f->a, SIZE + 1, 1);
    memcpy(wrong, f->bytes.ptr, SIZE);
    static const size_t sizes[] = {0, SIZE - 1, SIZE + 1, SIZE};
    for (size_t i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        struct wp_err err = {0};
        wrong[SIZE - 1] ^= i == 3;
        struct wp_source_mem src = wp_source_mem(wp_span(wrong, sizes[i]));
        OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
        CONTRACT_FAILS(oci_store_push(s, &f->desc, &src.base, NULL, &err), WP_E_INTEGRITY);
        assert_int_equal(oci_store_exists(s, &f->desc, true, &err), OCI_ABSENT);
        assert_false(temp_is_there(f->t, f->part));
        assert_int_equal(bind(s, &err), -1);
        assert_int_equal(err.code, WP_E_NOT_FOUND);
        assert_non_null(strstr(err.msg, "app.wasm': its content sha256:"));
        oci_store_close_p(&s);
        assert_temp_list(f->t, "out", "");
    }
}

static void test_incomplete(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    struct wp_span small = wp_span_str("small");
    struct oci_files_entry plan[] = {{.desc = contract_desc(WP_SHA256, small, "text/plain"), .path = "small"},
                                     {.desc = f->desc, .path = "app.wasm"}};
    OCI_AUTO_STORE struct oci_store *s = NULL;
    CONTRACT_OK(oci_files_open(f->out, plan, 2, NULL, &s, &err));
    CONTRACT_OK(oci_store_put(s, &plan[0].desc, small, &err));
    CONTRACT_FAILS(bind(s, &err), WP_E_NOT_FOUND);
    assert_temp_list(f->t, "out", ".wpack ");
    CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
    /* A name that cannot be given stops everything, too. */
    struct oci_binding bad = {.name = "a b", .desc = &f->desc};
    CONTRACT_FAILS(oci_store_bind(s, &bad, 1, 0, &err), WP_E_USAGE);
    assert_temp_list(f->t, "out", ".wpack ");
    CONTRACT_OK(bind(s, &err));
    assert_temp_list(f->t, "out", "app.wasm small ");
}

static void test_plans(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *one;
        const char *two;
        const char *message;
    } table[] = {
        {"../x", "b", "'../x' cannot be the name of a file: it is '..'"},
        {"a/../../x", "b", "'a/../../x' cannot be the name of a file: it is '..'"},
        {"/etc/x", "b", "'/etc/x' cannot be the name of a file: it is absolute"},
        {"", "b", "'' cannot be the name of a file: it is empty"},
        {"a//b", "b", "'a//b' cannot be the name of a file: it has an empty component"},
        {".wpack/part/x", "b", "'.wpack/part/x' cannot be the name of a file: it is a reserved name"},
        {"b", "b", "two files are to be written as 'b'"},
        {"a/b", "a", "'a' is to be a file and, for 'a/b', a folder"},
        {"a", "a/b", "'a' is to be a file and, for 'a/b', a folder"},
    };
    struct wp_err err = {0};
    struct oci_store *s = NULL;
    for (size_t i = 0; i < WP_ARRAY_LEN(table); i++) {
        struct oci_files_entry plan[] = {{.desc = f->desc, .path = table[i].one},
                                         {.desc = f->desc, .path = table[i].two}};
        assert_int_equal(oci_files_open(f->out, plan, 2, NULL, &s, &err), -1);
        assert_int_equal(err.code, WP_E_INPUT);
        assert_string_equal(err.msg, table[i].message);
    }
    struct oci_files_entry plan[] = {{.desc = f->desc, .path = "a"}, {.desc = f->desc, .path = "ab"}};
    plan[1].desc.size++;
    CONTRACT_FAILS(oci_files_open(f->out, plan, 2, NULL, &s, &err), WP_E_INTEGRITY);
    plan[1].desc.size = OCI_SIZE_UNKNOWN;
    CONTRACT_FAILS(oci_files_open(f->out, plan, 2, NULL, &s, &err), WP_E_INPUT);
    assert_temp_list(f->t, ".", "");
    plan[1].desc.size = SIZE;
    CONTRACT_OK(oci_files_open(f->out, plan, 2, NULL, &s, &err));
    oci_store_close(s);
}

/* ---- going on ---- */

static void test_resume(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    struct noting_source broken = noting(f->bytes, 200000);
    struct oci_store *first = open_plan(f, "app.wasm", NULL);
    CONTRACT_FAILS(oci_store_push(first, &f->desc, &broken.base, NULL, &err), WP_E_NETWORK);
    assert_int_equal(oci_store_exists(first, &f->desc, false, &err), OCI_ABSENT);
    oci_store_close(first);
    struct stat st;
    assert_int_equal(stat(temp_path(f->t, f->part), &st), 0);
    /* The newest byte is held back by the proof. */
    assert_int_equal(st.st_size, 199999);
    assert_temp_list(f->t, "out", ".wpack ");

    struct noting_source rest = noting(f->bytes, SIZE);
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    struct wp_job *job = wp_job_new();
    struct oci_push_opts opts = {.job = job, .item = wp_item_begin(job, "app.wasm", SIZE)};
    int n = oci_store_push(s, &f->desc, &rest.base, &opts, &err);
    struct wp_job_totals totals;
    wp_job_totals(job, &totals);
    wp_job_free(job);
    CONTRACT_OK(n);
    assert_int_equal(rest.opens, 1);
    assert_int_equal(rest.offsets[0], 199999);
    assert_int_equal(totals.bytes_done, SIZE);
    assert_int_equal(totals.bytes_moved, SIZE - 199999);
    CONTRACT_OK(bind(s, &err));
    assert_temp_file(f->t, "out/app.wasm", f->bytes);
    assert_temp_list(f->t, "out", "app.wasm ");
}

static void test_whole_part(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    leave_part(f, f->bytes, SIZE);
    struct noting_source src = noting(f->bytes, SIZE);
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    CONTRACT_OK(oci_store_push(s, &f->desc, &src.base, NULL, &err));
    assert_int_equal(src.opens, 0);
    CONTRACT_OK(bind(s, &err));
    assert_temp_file(f->t, "out/app.wasm", f->bytes);
}

static void test_bad_parts(void **state)
{
    struct fixture *f = *state;
    /* flip: which byte of the part is wrong; opens: how often the source is asked, the last time from 0. */
    static const struct {
        size_t len;
        size_t flip;
        unsigned opens;
    } table[] = {{100000, 0, 2}, {100000, 99999, 2}, {SIZE, 5, 1}, {SIZE + 1, SIZE, 1}};
    for (size_t i = 0; i < WP_ARRAY_LEN(table); i++) {
        struct wp_err err = {0};
        uint8_t *bad = wp_arena_alloc(&f->a, SIZE + 1, 1);
        memcpy(bad, f->bytes.ptr, SIZE);
        bad[table[i].flip] ^= 1;
        leave_part(f, wp_span(bad, SIZE + 1), table[i].len);
        struct noting_source src = noting(f->bytes, SIZE);
        OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
        struct wp_job *job = wp_job_new();
        struct oci_push_opts opts = {.job = job, .item = wp_item_begin(job, "app.wasm", SIZE)};
        int n = oci_store_push(s, &f->desc, &src.base, &opts, &err);
        struct wp_job_totals totals;
        wp_job_totals(job, &totals);
        wp_job_free(job);
        CONTRACT_OK(n);
        assert_int_equal(src.opens, table[i].opens);
        assert_int_equal(src.offsets[src.opens - 1], 0);
        assert_int_equal(totals.bytes_done, SIZE);
        CONTRACT_OK(bind(s, &err));
        assert_temp_file(f->t, "out/app.wasm", f->bytes);
        assert_int_equal(unlink(temp_path(f->t, "out/app.wasm")), 0);
        oci_store_close_p(&s);
        assert_int_equal(rmdir(f->out), 0);
    }
}

static void test_bad_part_bad_source(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    struct wp_span other = contract_bytes(&f->a, SIZE, 9);
    leave_part(f, other, 1000);
    struct noting_source src = noting(other, SIZE);
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    CONTRACT_FAILS(oci_store_push(s, &f->desc, &src.base, NULL, &err), WP_E_INTEGRITY);
    assert_int_equal(src.opens, 2);
    assert_false(temp_is_there(f->t, f->part));
}

static void test_cancelled(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    leave_part(f, f->bytes, 1000);
    struct noting_source src = noting(f->bytes, SIZE);
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    struct wp_job *job = wp_job_new();
    struct oci_push_opts opts = {.job = job};
    wp_job_cancel(job, SIGINT);
    int n = oci_store_push(s, &f->desc, &src.base, &opts, &err);
    wp_job_free(job);
    CONTRACT_FAILS(n, WP_E_INTERRUPTED);
    /* The part is kept for the next run. */
    assert_temp_file(f->t, f->part, wp_span(f->bytes.ptr, 1000));
}

static void test_one_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *one = open_plan(f, "app.wasm", NULL);
    OCI_AUTO_STORE struct oci_store *two = open_plan(f, "app.wasm", NULL);
    CONTRACT_OK(oci_store_put(one, &f->desc, f->bytes, &err));
    struct wp_job *job = wp_job_new();
    struct oci_push_opts opts = {.job = job};
    wp_job_cancel(job, 0);
    struct noting_source src = noting(f->bytes, SIZE);
    int n = oci_store_push(two, &f->desc, &src.base, &opts, &err);
    wp_job_free(job);
    CONTRACT_FAILS(n, WP_E_INTERRUPTED);
    assert_int_equal(src.opens, 0);
    CONTRACT_OK(bind(one, &err));
    oci_store_close_p(&one);
    /* The second has looked before the file was there. */
    CONTRACT_OK(oci_store_push(two, &f->desc, &src.base, NULL, &err));
    assert_int_equal(src.opens, 1);
    CONTRACT_OK(bind(two, &err));
    assert_temp_list(f->t, "out", "app.wasm ");
    assert_temp_file(f->t, "out/app.wasm", f->bytes);
}

/* ---- planted links ---- */

static void test_symlink_at_name(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    temp_mkdir(f->t, "out");
    temp_write(f->t, "victim", wp_span_str("precious"));
    temp_symlink(f->t, "../victim", "out/app.wasm");
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
    CONTRACT_OK(bind(s, &err));
    assert_temp_file(f->t, "victim", wp_span_str("precious"));
    assert_temp_file(f->t, "out/app.wasm", f->bytes);
}

static void test_symlink_with_same_content(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    temp_mkdir(f->t, "out");
    temp_write(f->t, "victim", f->bytes);
    temp_symlink(f->t, "../victim", "out/app.wasm");
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    assert_int_equal(oci_store_exists(s, &f->desc, true, &err), OCI_ABSENT);
}

static void test_symlinked_folder(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    temp_mkdir(f->t, "out");
    temp_mkdir(f->t, "victim");
    temp_symlink(f->t, "../victim", "out/sub");
    struct noting_source src = noting(f->bytes, SIZE);
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "sub/app.wasm", NULL);
    assert_int_equal(oci_store_push(s, &f->desc, &src.base, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_IO);
    assert_non_null(strstr(err.msg, "out/sub/app.wasm"));
    assert_non_null(strstr(err.hint, "symbolic links are not followed"));
    assert_int_equal(src.opens, 0);
    oci_store_close_p(&s);

    /* Planted after the content has arrived. */
    assert_int_equal(unlink(temp_path(f->t, "out/sub")), 0);
    s = open_plan(f, "sub/app.wasm", NULL);
    CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
    temp_symlink(f->t, "../victim", "out/sub");
    CONTRACT_FAILS(bind(s, &err), WP_E_IO);
    assert_temp_list(f->t, "victim", "");
}

static void test_planted_parts(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    for (int hard = 0; hard < 2; hard++) {
        temp_mkdir(f->t, "out");
        temp_mkdir(f->t, "out/.wpack");
        temp_mkdir(f->t, "out/.wpack/part");
        temp_write(f->t, "victim", wp_span_str("precious"));
        if (hard != 0) {
            assert_int_equal(linkat(f->t->fd, "victim", f->t->fd, f->part, 0), 0);
        } else {
            temp_symlink(f->t, "../../../victim", f->part);
        }
        OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
        CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
        CONTRACT_OK(bind(s, &err));
        assert_temp_file(f->t, "victim", wp_span_str("precious"));
        assert_temp_file(f->t, "out/app.wasm", f->bytes);
        assert_int_equal(unlink(temp_path(f->t, "out/app.wasm")), 0);
        oci_store_close_p(&s);
        assert_int_equal(rmdir(f->out), 0);
    }
    /* The folder of parts itself. */
    temp_mkdir(f->t, "out");
    temp_mkdir(f->t, "elsewhere");
    temp_symlink(f->t, "../elsewhere", "out/.wpack");
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    CONTRACT_FAILS(oci_store_put(s, &f->desc, f->bytes, &err), WP_E_IO);
    assert_temp_list(f->t, "elsewhere", "");
}

static void test_exchanged_part(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
    assert_int_equal(unlink(temp_path(f->t, f->part)), 0);
    temp_write(f->t, f->part, wp_span_str("something else"));
    assert_int_equal(bind(s, &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(err.msg, "out/app.wasm': its part was exchanged after it had been proven"));
    assert_temp_list(f->t, "out", ".wpack ");
}

/* Somebody else's part, who keeps it open for writing. */
static void test_foreign_part(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    leave_part(f, f->bytes, 1000);
    WP_AUTO_FD int theirs = openat(f->t->fd, f->part, O_WRONLY | O_CLOEXEC);
    assert_true(theirs >= 0);
    if (fchown(theirs, 65534, (gid_t)-1) != 0) {
        skip(); /* only root can give files away */
    }
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
    CONTRACT_OK(bind(s, &err));
    assert_int_equal(pwrite(theirs, "evil", 4, 0), 4);
    assert_temp_file(f->t, "out/app.wasm", f->bytes);
}

/* ---- what is there already ---- */

static void test_already_there(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    temp_mkdir(f->t, "out");
    temp_write(f->t, "out/app.wasm", f->bytes);
    struct stat before;
    struct stat after;
    assert_int_equal(stat(temp_path(f->t, "out/app.wasm"), &before), 0);
    struct noting_source src = noting(f->bytes, SIZE);
    struct oci_files_opts opts = {.no_clobber = true};
    for (int i = 0; i < 2; i++) {
        OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", i == 0 ? NULL : &opts);
        assert_int_equal(oci_store_exists(s, &f->desc, true, &err), OCI_PRESENT);
        CONTRACT_OK(oci_store_push(s, &f->desc, &src.base, NULL, &err));
        CONTRACT_OK(bind(s, &err));
        assert_int_equal(src.opens, 0);
        assert_int_equal(stat(temp_path(f->t, "out/app.wasm"), &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
    }
    /* Same size, another byte. */
    uint8_t *other = wp_arena_alloc(&f->a, SIZE, 1);
    memcpy(other, f->bytes.ptr, SIZE);
    other[SIZE / 2] ^= 1;
    temp_write(f->t, "out/app.wasm", wp_span(other, SIZE));
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    assert_int_equal(oci_store_exists(s, &f->desc, false, &err), OCI_ABSENT);
    assert_int_equal(oci_store_exists(s, &f->desc, true, &err), OCI_ABSENT);
}

static void test_changed_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    temp_mkdir(f->t, "out");
    temp_write(f->t, "out/app.wasm", f->bytes);
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    assert_int_equal(oci_store_exists(s, &f->desc, true, &err), OCI_PRESENT);
    temp_write(f->t, "out/app.wasm", wp_span_str("something else"));
    CONTRACT_FAILS(bind(s, &err), WP_E_INTEGRITY);
}

static void test_no_clobber(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    struct oci_files_opts opts = {.no_clobber = true};
    temp_mkdir(f->t, "out");
    temp_write(f->t, "out/app.wasm", wp_span_str("mine"));
    struct noting_source src = noting(f->bytes, SIZE);
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", &opts);
    assert_int_equal(oci_store_push(s, &f->desc, &src.base, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_EXISTS);
    assert_non_null(strstr(err.msg, "out/app.wasm' exists already with other content"));
    assert_int_equal(src.opens, 0);
    assert_temp_file(f->t, "out/app.wasm", wp_span_str("mine"));
    oci_store_close_p(&s);
    assert_int_equal(unlink(temp_path(f->t, "out/app.wasm")), 0);

    /* It appears while the content arrives. */
    s = open_plan(f, "app.wasm", &opts);
    CONTRACT_OK(oci_store_push(s, &f->desc, &src.base, NULL, &err));
    temp_symlink(f->t, "nowhere", "out/app.wasm");
    CONTRACT_FAILS(bind(s, &err), WP_E_EXISTS);
    assert_int_equal(unlink(temp_path(f->t, "out/app.wasm")), 0);
    CONTRACT_OK(bind(s, &err));
    assert_temp_file(f->t, "out/app.wasm", f->bytes);
}

static void test_folder_at_name(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    temp_mkdir(f->t, "out");
    temp_mkdir(f->t, "out/app.wasm");
    struct noting_source src = noting(f->bytes, SIZE);
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    CONTRACT_FAILS(oci_store_push(s, &f->desc, &src.base, NULL, &err), WP_E_EXISTS);
    assert_int_equal(src.opens, 0);
}

/* ---- a disk that takes no more ---- */

static void test_no_room(void **state)
{
    struct fixture *f = *state;
    struct wp_err err = {0};
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit tight = {.rlim_cur = 100000, .rlim_max = old.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    OCI_AUTO_STORE struct oci_store *s = open_plan(f, "app.wasm", NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int n = oci_store_put(s, &f->desc, f->bytes, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(n, -1);
    assert_int_equal(err.code, WP_E_IO);
    assert_non_null(strstr(err.msg, "out/app.wasm': File too large"));
    assert_true(err.hint[0] != '\0');
    assert_int_equal(oci_store_exists(s, &f->desc, true, &err), OCI_ABSENT);
    /* Once there is room, it goes on. */
    CONTRACT_OK(oci_store_put(s, &f->desc, f->bytes, &err));
    CONTRACT_OK(bind(s, &err));
    assert_temp_file(f->t, "out/app.wasm", f->bytes);
}

#define CHECK(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK(test_files),
        CHECK(test_fetch_staged),
        CHECK(test_mode),
        CHECK(test_replaces),
        CHECK(test_unplanned),
        CHECK(test_wrong_content),
        CHECK(test_incomplete),
        CHECK(test_plans),
        CHECK(test_resume),
        CHECK(test_whole_part),
        CHECK(test_bad_parts),
        CHECK(test_bad_part_bad_source),
        CHECK(test_cancelled),
        CHECK(test_one_at_a_time),
        CHECK(test_symlink_at_name),
        CHECK(test_symlink_with_same_content),
        CHECK(test_symlinked_folder),
        CHECK(test_planted_parts),
        CHECK(test_exchanged_part),
        CHECK(test_foreign_part),
        CHECK(test_already_there),
        CHECK(test_changed_meanwhile),
        CHECK(test_no_clobber),
        CHECK(test_folder_at_name),
        CHECK(test_no_room),
    };
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
