/* SPDX-License-Identifier: Apache-2.0
 *
 * The layout store: the whole contract, in both ways of locking and of making one; opening and making layouts; resumed
 * and damaged content; many processes at once. */
#include "base/fs.h"
#include "base/mem.h"
#include "tests/unit/oci/layout-helper.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- the contract ---- */

struct target {
    struct layout_place place;
    unsigned flags;
};

static struct oci_store *target_open(void *arg)
{
    struct target *t = arg;
    place_make(&t->place);
    return place_open(&t->place, OCI_LAYOUT_CREATE | t->flags);
}

static struct oci_store *target_reopen(void *arg)
{
    struct target *t = arg;
    return place_open(&t->place, OCI_LAYOUT_WRITE | t->flags);
}

static void target_reset(void *arg)
{
    place_remove(&((struct target *)arg)->place);
}

static void target_corrupt(void *arg, const struct oci_digest *digest, struct wp_span bytes)
{
    char path[OCI_BLOB_PATH];
    place_write(&((struct target *)arg)->place, oci_digest_blob_path(digest, path), bytes);
}

static size_t target_leftovers(void *arg)
{
    const struct target *t = arg;
    return place_count(&t->place, ".wpack/tmp") + place_count(&t->place, ".wpack/part");
}

static int run_contract(unsigned flags)
{
    struct target target = {.flags = flags};
    struct contract_target t = {
        .kind = "layout",
        .arg = &target,
        .open = target_open,
        .reset = target_reset,
        .reopen = target_reopen,
        .corrupt = target_corrupt,
        .leftovers = target_leftovers,
    };
    return contract_run(&t);
}

/* ---- opening ---- */

static void test_open(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct oci_store *none = NULL;
    assert_int_equal(oci_layout_open(p->path, OCI_LAYOUT_READ, &none, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    assert_int_equal(mkdir(p->path, 0777), 0);
    assert_int_equal(oci_layout_open(p->path, OCI_LAYOUT_WRITE, &none, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    assert_string_equal(err.msg, wp_arena_printf(&a, "'%s' has no oci-layout file", p->path));
    assert_int_equal(place_count(p, "."), 0);

    place_write(p, "notes.txt", wp_span_str("mine"));
    assert_int_equal(oci_layout_open(p->path, OCI_LAYOUT_CREATE, &none, &err), -1);
    assert_int_equal(err.code, WP_E_EXISTS);
    assert_string_equal(err.msg,
                        wp_arena_printf(&a, "'%s' is no OCI layout and holds other files ('notes.txt')", p->path));
    assert_false(place_has(p, ".wpack"));
    assert_int_equal(unlink(place_path(p, &a, "notes.txt")), 0);

    oci_store_close(place_open(p, OCI_LAYOUT_CREATE));
    assert_string_equal(place_read(p, &a, "oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    assert_string_equal(place_read(p, &a, "index.json"),
                        "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MT_INDEX "\",\"manifests\":[]}");
    oci_store_close(place_open(p, OCI_LAYOUT_CREATE));
    oci_store_close(place_open(p, OCI_LAYOUT_READ));
    place_remove(p);
    place_make(p);
    oci_store_close(place_open(p, OCI_LAYOUT_CREATE | OCI_LAYOUT_LATE));
    assert_string_equal(place_read(p, &a, "oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    assert_true(place_has(p, "index.json"));
}

static struct oci_desc bind_new(struct oci_store *s, struct wp_arena *a, const char *name, const char *seed)
{
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc d = contract_manifest(s, a, seed, NULL, NULL, &bytes);
    struct oci_binding b = {.name = name, .desc = &d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(s, &b, 1, 0, &err));
    return d;
}

static void test_late(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct oci_store *none = NULL;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE | OCI_LAYOUT_LATE);
    assert_int_equal(oci_layout_open(p->path, OCI_LAYOUT_READ, &none, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    wp_err_clear(&err);
    /* A second one is no hindrance. */
    OCI_AUTO_STORE struct oci_store *twin = place_open(p, OCI_LAYOUT_CREATE | OCI_LAYOUT_LATE);
    (void)bind_new(s, &a, "v1", "one");
    oci_store_close(place_open(p, OCI_LAYOUT_READ));
    (void)bind_new(twin, &a, "v2", "two");
    oci_store_close(WP_STEAL(s));
    oci_store_close(WP_STEAL(twin));
    OCI_AUTO_STORE struct oci_store *r = place_open(p, OCI_LAYOUT_READ);
    struct oci_desc d;
    CONTRACT_OK(oci_store_resolve(r, "v1", &a, &d, NULL, &err));
    CONTRACT_OK(oci_store_resolve(r, "v2", &a, &d, NULL, &err));
    assert_int_equal(place_count(p, ".wpack/tmp"), 0);
}

/* Large content does not wait for the bind, and a run that is cut short leaves a layout. */
static void test_late_large(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE | OCI_LAYOUT_LATE);
    struct wp_span bytes = contract_bytes(&a, 5000000, 1);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    struct wp_source_mem src = wp_source_mem(bytes);
    struct oci_push_opts opts = {.until_bind = true};
    CONTRACT_OK(oci_store_push(s, &d, &src.base, &opts, &err));
    OCI_AUTO_STORE struct oci_store *r = place_open(p, OCI_LAYOUT_READ);
    assert_int_equal(oci_store_exists(r, &d, true, &err), OCI_PRESENT);
    assert_false(place_has(p, "index.json"));
    oci_store_close(WP_STEAL(s));
    assert_true(place_has(p, "index.json"));
}

static void test_bad_oci_layout(void **state)
{
    struct layout_place *p = *state;
    static const struct {
        const char *text;
        enum wp_code code;
        const char *part;
    } rows[] = {
        {"", WP_E_INTEGRITY, "/oci-layout"},
        {"{\"imageLayoutVersion\":\"1.0.0\"", WP_E_INTEGRITY, "/oci-layout"},
        {"{}", WP_E_INTEGRITY, "/imageLayoutVersion: is missing"},
        {"{\"imageLayoutVersion\":1}", WP_E_INTEGRITY, "/imageLayoutVersion"},
        {"{\"imageLayoutVersion\":\"2.0.0\"}", WP_E_UNSUPPORTED, "layout version '2.0.0' is not known"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        struct oci_store *none = NULL;
        place_write(p, "oci-layout", wp_span_str(rows[i].text));
        assert_int_equal(oci_layout_open(p->path, OCI_LAYOUT_CREATE, &none, &err), -1);
        assert_int_equal(err.code, rows[i].code);
        if (strstr(err.msg, rows[i].part) == NULL) {
            fail_msg("'%s' lacks '%s'", err.msg, rows[i].part);
        }
    }
}

static void test_read_only(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *w = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc d = bind_new(w, &a, "v1", "one");
    oci_store_close(WP_STEAL(w));
    /* As it comes from elsewhere. */
    assert_int_equal(unlink(place_path(p, &a, ".wpack/lock")), 0);
    assert_int_equal(rmdir(place_path(p, &a, ".wpack/tmp")), 0);
    assert_int_equal(rmdir(place_path(p, &a, ".wpack/part")), 0);
    assert_int_equal(rmdir(place_path(p, &a, ".wpack")), 0);

    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_READ);
    struct oci_desc got;
    struct wp_span bytes;
    CONTRACT_OK(oci_store_resolve(s, "v1", &a, &got, &bytes, &err));
    assert_true(oci_digest_equal(&got.digest, &d.digest));
    assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_PRESENT);
    struct oci_fsck_report report;
    CONTRACT_OK(oci_layout_fsck(s, NULL, NULL, NULL, &report, &err));
    assert_int_equal(report.blobs, 3);

    struct oci_desc more = contract_desc(WP_SHA256, wp_span_str("more"), OCI_MT_OCTETS);
    struct oci_binding b = {.name = "v2", .desc = &d};
    struct oci_ingest *in = NULL;
    struct oci_gc_opts opts = {0};
    struct oci_gc_report gc;
    CONTRACT_FAILS(oci_store_put(s, &more, wp_span_str("more"), &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_bind(s, &b, 1, 0, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_remove(s, &d, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_store_ingest(s, &in, &err), WP_E_UNSUPPORTED);
    CONTRACT_FAILS(oci_layout_gc(s, &opts, NULL, NULL, &gc, &err), WP_E_UNSUPPORTED);
    assert_false(place_has(p, ".wpack"));
}

/* ---- damage ---- */

static void test_planted_source(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    OCI_AUTO_STORE struct oci_store *dst = oci_memory_new("memory");
    struct wp_span bytes = contract_bytes(&a, 100000, 1);
    struct wp_span wrong = contract_bytes(&a, 100000, 2);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    char path[OCI_BLOB_PATH];
    place_write(p, oci_digest_blob_path(&d.digest, path), wrong);

    struct oci_source src = oci_store_source(s, &d);
    CONTRACT_FAILS(oci_store_push(dst, &d, &src.base, NULL, &err), WP_E_INTEGRITY);
    assert_int_equal(oci_store_exists(dst, &d, false, &err), OCI_ABSENT);
    assert_int_equal(oci_store_exists(s, &d, false, &err), OCI_PRESENT);
    assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_ABSENT);

    /* As a destination it is mended. */
    CONTRACT_OK(oci_store_put(s, &d, bytes, &err));
    assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_PRESENT);
    CONTRACT_OK(oci_store_push(dst, &d, &src.base, NULL, &err));
}

/* What is no regular file in the place of a blob is nothing, and gives way. */
/* Has the file stood long enough for its times to tell its versions apart? Then its proof is kept. */
static bool settled(const char *path)
{
    struct stat st;
    struct timespec now;
    assert_int_equal(stat(path, &st), 0);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec - st.st_ctim.tv_sec > 1 ||
           (now.tv_sec - st.st_ctim.tv_sec) * 1000 + (now.tv_nsec - st.st_ctim.tv_nsec) / 1000000 > 30;
}

/* A manifest that was proven a hundred times is read again when its file is another one. */
static void test_damaged_after_proof(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct wp_span bytes;
    struct wp_span got;
    struct oci_desc d = contract_manifest(s, &a, "proven", NULL, NULL, &bytes);
    const struct oci_binding binding = {.name = "v1", .desc = &d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(s, &binding, 1, 0, &err));
    char blob[OCI_BLOB_PATH];
    const char *path = place_path(p, &a, oci_digest_blob_path(&d.digest, blob));
    for (unsigned after = 0; after < 100; after += settled(path) ? 1 : 0) {
        WP_AUTO_ARENA struct wp_arena b = WP_ARENA_INIT;
        CONTRACT_OK(oci_store_resolve(s, "v1", &b, NULL, &got, &err));
        assert_int_equal(got.len, bytes.len);
        assert_memory_equal(got.ptr, bytes.ptr, bytes.len);
    }
    /* Nor does the proof excuse a descriptor that names another size. */
    const char *index = place_read(p, &a, "index.json");
    const char *size = wp_arena_printf(&a, "\"size\":%zu", bytes.len);
    const char *at = strstr(index, size);
    assert_non_null(at);
    place_write(p, "index.json",
                wp_span_str(wp_arena_printf(&a, "%.*s\"size\":%zu%s", (int)(at - index), index, bytes.len + 1,
                                            at + strlen(size))));
    CONTRACT_FAILS(oci_store_resolve(s, "v1", &a, NULL, &got, &err), WP_E_INTEGRITY);
    place_write(p, "index.json", wp_span_str(index));
    CONTRACT_OK(oci_store_resolve(s, "v1", &a, NULL, &got, &err));
    uint8_t *wrong = wp_arena_alloc(&a, bytes.len, 1);
    memcpy(wrong, bytes.ptr, bytes.len);
    wrong[bytes.len - 1] ^= 1;
    WP_AUTO_FD int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, wrong, bytes.len, 0), bytes.len);
    CONTRACT_FAILS(oci_store_resolve(s, "v1", &a, NULL, &got, &err), WP_E_INTEGRITY);
    assert_int_equal(pwrite(fd, bytes.ptr, bytes.len, 0), bytes.len);
    CONTRACT_OK(oci_store_resolve(s, "v1", &a, NULL, &got, &err));
    assert_int_equal(unlink(path), 0);
    CONTRACT_FAILS(oci_store_resolve(s, "v1", &a, NULL, &got, &err), WP_E_NOT_FOUND);
}

static void test_bind_wrong_bytes(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct wp_span bytes;
    struct oci_desc d = contract_manifest(s, &a, "one", NULL, NULL, &bytes);
    const struct oci_binding binding = {.name = "v1", .desc = &d, .bytes = wp_span(bytes.ptr, bytes.len - 1)};
    assert_int_equal(oci_store_bind(s, &binding, 1, 0, &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    char text[OCI_DIGEST_TEXT];
    assert_non_null(strstr(err.msg, wp_arena_printf(&a, "manifest %s", oci_digest_text(&d.digest, text))));
    wp_err_clear(&err);
    CONTRACT_FAILS(oci_store_resolve(s, "v1", &a, NULL, NULL, &err), WP_E_NOT_FOUND);
}

static void test_odd_blob_folder(void **state)
{
    struct layout_place *p = *state;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    place_write(p, "blobs/sha512", wp_span_str("a file"));
    struct oci_desc d = contract_desc(WP_SHA512, wp_span_str("content"), OCI_MT_OCTETS);
    struct oci_ingest *in = NULL;
    CONTRACT_OK(oci_store_ingest(s, &in, &err));
    CONTRACT_OK(in->ops->write(in, wp_span_str("content"), &err));
    assert_int_equal(in->ops->commit(in, &d, NULL, &err), -1);
    assert_non_null(strstr(err.msg, "blobs/sha512"));
    in->ops->abort(in);
    assert_int_equal(place_count(p, ".wpack/tmp"), 0);
    assert_int_equal(oci_store_put(s, &d, wp_span_str("content"), &err), -1);
}

static void test_odd_blob_files(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct wp_span bytes = wp_span_str("content");
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    char path[OCI_BLOB_PATH];
    char *file = place_path(p, &a, oci_digest_blob_path(&d.digest, path));
    place_write(p, "target", bytes);
    for (int kind = 0; kind < 2; kind++) {
        struct wp_err err = {0};
        struct wp_reader *r = NULL;
        assert_int_equal(kind == 0 ? symlink(place_path(p, &a, "target"), file) : mkfifo(file, 0666), 0);
        assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_ABSENT);
        CONTRACT_FAILS(oci_store_fetch(s, &d, 0, &r, &err), WP_E_NOT_FOUND);
        CONTRACT_OK(oci_store_put(s, &d, bytes, &err));
        assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_PRESENT);
        struct stat st;
        assert_int_equal(lstat(file, &st), 0);
        assert_true(S_ISREG(st.st_mode));
        assert_int_equal(unlink(file), 0);
    }
    assert_string_equal(place_read(p, &a, "target"), "content");
}

/* A folder of the layout that leads elsewhere is not followed. */
static void test_linked_folders(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    oci_store_close(place_open(p, OCI_LAYOUT_CREATE));
    char *folder = place_path(p, &a, "blobs/sha256");
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(symlink(p->dir, folder), 0);
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_WRITE);
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("x"), OCI_MT_OCTETS);
    CONTRACT_FAILS(oci_store_put(s, &d, wp_span_str("x"), &err), WP_E_IO);
    assert_int_equal(place_count(p, ".."), 1);
}

/* ---- resumed pushes ---- */

/* Gives `good` bytes from the offset it is opened at, then fails (good < size), or ends. */
struct flaky {
    struct wp_source base;
    struct wp_span bytes;
    size_t good;
    uint64_t opened_at[4];
    size_t opens;
};
struct flaky_reader {
    struct wp_reader base;
    struct wp_span rest;
    bool fails;
};

static ssize_t flaky_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct flaky_reader *f = WP_DOWNCAST(struct flaky_reader, r);
    size_t n = WP_MIN(WP_MIN(len, f->rest.len), 1000);
    if (n == 0) {
        return f->fails ? wp_fail(err, WP_E_NETWORK, "the line went dead") : 0;
    }
    memcpy(buf, f->rest.ptr, n);
    f->rest = wp_span(f->rest.ptr + n, f->rest.len - n);
    return (ssize_t)n;
}

static void flaky_close(struct wp_reader *r)
{
    free(r);
}

static int flaky_open(struct wp_source *src, uint64_t offset, struct wp_reader **ret, struct wp_err *err)
{
    (void)err;
    struct flaky *f = WP_DOWNCAST(struct flaky, src);
    assert_true(f->opens < WP_ARRAY_LEN(f->opened_at));
    f->opened_at[f->opens++] = offset;
    size_t left = f->bytes.len - (size_t)offset;
    struct flaky_reader *r = wp_xcalloc(1, sizeof(*r));
    r->base = (struct wp_reader){.read = flaky_read, .close = flaky_close};
    r->fails = f->good < left;
    r->rest = wp_span(f->bytes.ptr + offset, WP_MIN(left, f->good));
    *ret = &r->base;
    return 0;
}

static struct flaky flaky(struct wp_span bytes, size_t good)
{
    return (struct flaky){.base = {.open = flaky_open}, .bytes = bytes, .good = good};
}

static char *part_name(struct wp_arena *a, const struct oci_desc *d)
{
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, text);
    *strchr(text, ':') = '-';
    return wp_arena_printf(a, ".wpack/part/%s", text);
}

static void test_resume(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&a, 600000, 1);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    struct flaky src = flaky(bytes, 250000);
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    assert_int_equal(oci_store_push(s, &d, &src.base, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_NETWORK);
    assert_string_equal(err.msg, "the line went dead");
    assert_int_equal(oci_store_exists(s, &d, false, &err), OCI_ABSENT);
    assert_true(place_has(p, part_name(&a, &d)));
    oci_store_close(WP_STEAL(s));

    /* Another run goes on where that one ended, and counts what it found. */
    s = place_open(p, OCI_LAYOUT_WRITE);
    struct wp_job *job = wp_job_new();
    struct wp_item *item = wp_item_begin(job, "blob", d.size);
    struct oci_push_opts opts = {.job = job, .item = item};
    src.good = bytes.len;
    CONTRACT_OK(oci_store_push(s, &d, &src.base, &opts, &err));
    assert_int_equal(src.opens, 2);
    assert_int_equal(src.opened_at[1], 250000);
    struct wp_job_totals totals;
    wp_job_totals(job, &totals);
    assert_int_equal(totals.bytes_done, 600000);
    assert_int_equal(totals.bytes_moved, 350000);
    wp_job_free(job);
    assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_PRESENT);
    assert_int_equal(place_count(p, ".wpack/part"), 0);
    assert_int_equal(place_count(p, ".wpack/tmp"), 0);
}

static void test_resume_cancelled(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&a, 5000, 1);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    place_write(p, part_name(&a, &d), wp_span(bytes.ptr, 3000));
    struct wp_job *job = wp_job_new();
    wp_job_cancel(job, 2);
    struct oci_push_opts opts = {.job = job};
    struct flaky src = flaky(bytes, bytes.len);
    CONTRACT_FAILS(oci_store_push(s, &d, &src.base, &opts, &err), WP_E_INTERRUPTED);
    wp_job_free(job);
    struct stat st;
    assert_int_equal(stat(place_path(p, &a, part_name(&a, &d)), &st), 0);
    assert_int_equal(st.st_size, 3000);
    assert_int_equal(src.opens, 0);
}

/* The whole content is there already, only its name is not. */
static void test_resume_complete(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&a, 5000, 1);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    place_write(p, part_name(&a, &d), bytes);
    struct flaky src = flaky(bytes, 0);
    CONTRACT_OK(oci_store_push(s, &d, &src.base, NULL, &err));
    assert_int_equal(src.opens, 0);
    assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_PRESENT);
}

static void test_resume_damaged(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_span bytes = contract_bytes(&a, 600000, 1);
    struct wp_span other = contract_bytes(&a, 700000, 2);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    /* Too short, complete, too long: all wrong, all thrown away for one fetch from the start. */
    static const struct {
        size_t len;
        size_t opens;
        uint64_t first;
    } rows[] = {{1000, 2, 1000}, {600000, 1, 0}, {700000, 1, 0}};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        struct flaky src = flaky(bytes, bytes.len);
        place_write(p, part_name(&a, &d), wp_span(other.ptr, rows[i].len));
        CONTRACT_OK(oci_store_push(s, &d, &src.base, NULL, &err));
        assert_int_equal(src.opens, rows[i].opens);
        assert_int_equal(src.opened_at[0], rows[i].first);
        assert_int_equal(src.opened_at[src.opens - 1], 0);
        assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_PRESENT);
        CONTRACT_OK(oci_store_remove(s, &d, &err));
    }
    /* A source that is wrong itself is asked twice, not for ever. */
    struct wp_err err = {0};
    struct flaky wrong = flaky(wp_span(other.ptr, bytes.len), bytes.len);
    place_write(p, part_name(&a, &d), wp_span(bytes.ptr, 1000));
    CONTRACT_FAILS(oci_store_push(s, &d, &wrong.base, NULL, &err), WP_E_INTEGRITY);
    assert_int_equal(wrong.opens, 2);
    assert_int_equal(oci_store_exists(s, &d, false, &err), OCI_ABSENT);
    assert_int_equal(place_count(p, ".wpack/part"), 0);
}

/* Somebody else is writing the part: it is left alone. */
static void test_part_busy(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&a, 5000, 1);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    place_write(p, part_name(&a, &d), wp_span_str("theirs"));
    WP_AUTO_FD int theirs = open(place_path(p, &a, part_name(&a, &d)), O_RDWR | O_CLOEXEC);
    assert_int_equal(wp_fs_lock(theirs, 0, true, false, NULL, &err), 1);
    struct flaky src = flaky(bytes, bytes.len);
    CONTRACT_OK(oci_store_push(s, &d, &src.base, NULL, &err));
    assert_int_equal(src.opened_at[0], 0);
    assert_int_equal(oci_store_exists(s, &d, true, &err), OCI_PRESENT);
    assert_string_equal(place_read(p, &a, part_name(&a, &d)), "theirs");
    assert_int_equal(place_count(p, ".wpack/tmp"), 0);
    /* A failure leaves no private file. */
    CONTRACT_OK(oci_store_remove(s, &d, &err));
    src = flaky(bytes, 3000);
    CONTRACT_FAILS(oci_store_push(s, &d, &src.base, NULL, &err), WP_E_NETWORK);
    assert_int_equal(place_count(p, ".wpack/tmp"), 0);
}

/* ---- a disk that takes nothing ---- */

struct lost {
    struct layout_place *p;
    struct oci_desc desc; /* bound as v1 */
    struct wp_span bytes;
};

static bool not_durable(struct oci_store *s, const struct lost *lost, const char *name)
{
    struct wp_err err = {0};
    struct oci_binding b = {.name = name, .desc = &lost->desc, .bytes = lost->bytes};
    return oci_store_bind(s, &b, 1, 0, &err) == -1 && err.code == WP_E_IO && strstr(err.msg, "' durable") != NULL;
}

/* In a child in which fsync fails. */
static int bind_fails(void *arg)
{
    const struct lost *lost = arg;
    const struct layout_place *p = lost->p;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = NULL;
    if (oci_layout_open(p->path, OCI_LAYOUT_WRITE, &s, &err) < 0) {
        return 1;
    }
    /* New, what is there already, and once more after a failure. */
    if (!not_durable(s, lost, "v2") || !not_durable(s, lost, "v1") || !not_durable(s, lost, "v1")) {
        return 2;
    }
    /* A layout that cannot be made so that it lasts is none. */
    struct layout_place other = *p;
    (void)snprintf(other.path, sizeof(other.path), "%s/other", p->dir);
    OCI_AUTO_STORE struct oci_store *late = NULL;
    if (oci_layout_open(other.path, OCI_LAYOUT_CREATE, &late, &err) != -1 || mkdir(other.path, 0777) < 0) {
        return 3;
    }
    wp_err_clear(&err);
    if (oci_layout_open(other.path, OCI_LAYOUT_CREATE | OCI_LAYOUT_LATE, &late, &err) < 0) {
        return 4;
    }
    return not_durable(late, lost, "v1") && !place_has(&other, "oci-layout") ? 0 : 5;
}

static void test_bind_without_fsync(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct lost lost = {.p = p, .desc = bind_new(s, &a, "v1", "one")};
    struct wp_err err = {0};
    CONTRACT_OK(oci_store_get(s, &lost.desc, lost.desc.size, &a, &lost.bytes, &err));
    const char *before = place_read(p, &a, "index.json");
    oci_store_close(WP_STEAL(s));
    assert_int_equal(place_without_call(SYS_fsync, EIO, bind_fails, &lost), 0);
    assert_string_equal(place_read(p, &a, "index.json"), before);
}

/* ---- many processes ---- */

enum { PROCESSES = 16, ROUNDS = 5 };

/* In a child: no cmocka here. */
static int write_one(struct layout_place *p, int round, int i)
{
    struct wp_err err = {0};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = NULL;
    if (oci_layout_open(p->path, OCI_LAYOUT_CREATE | OCI_LAYOUT_LATE, &s, &err) < 0) {
        (void)fprintf(stderr, "open: %s\n", err.msg);
        return 1;
    }
    struct wp_span bytes;
    const char *seed = wp_arena_printf(&a, "process %d of round %d", i, round);
    struct oci_desc d = contract_manifest(s, &a, seed, NULL, NULL, &bytes);
    /* One layer that all of them push at the same time. */
    struct wp_span shared = contract_bytes(&a, 300000, (unsigned)round);
    struct oci_desc layer = contract_desc(WP_SHA256, shared, OCI_MT_OCTETS);
    struct oci_binding b = {.name = wp_arena_printf(&a, "r%d-t%d", round, i), .desc = &d, .bytes = bytes};
    if (oci_store_put(s, &layer, shared, &err) < 0 || oci_store_bind(s, &b, 1, 0, &err) < 0) {
        (void)fprintf(stderr, "%s: %s\n", b.name, err.msg);
        return 1;
    }
    return 0;
}

static int count_name(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err)
{
    (void)repo;
    (void)tag;
    (void)desc;
    (void)err;
    ++*(size_t *)arg;
    return 0;
}

static void test_processes(void **state)
{
    struct layout_place *p = *state;
    for (int round = 0; round < ROUNDS; round++) {
        pid_t children[PROCESSES];
        for (int i = 0; i < PROCESSES; i++) {
            children[i] = fork();
            assert_true(children[i] >= 0);
            if (children[i] == 0) {
                _exit(write_one(p, round, i));
            }
        }
        for (int i = 0; i < PROCESSES; i++) {
            int status = -1;
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_int_equal(status, 0);
        }
        struct wp_err err = {0};
        OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_READ);
        size_t names = 0;
        CONTRACT_OK(oci_store_each_name(s, NULL, count_name, &names, &err));
        assert_int_equal(names, (size_t)(round + 1) * PROCESSES);
        struct oci_fsck_report report;
        CONTRACT_OK(oci_layout_fsck(s, NULL, NULL, NULL, &report, &err));
        assert_int_equal(report.damaged + report.missing + report.strays + report.parts, 0);
        assert_int_equal(report.unreachable, (size_t)round + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_late, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_late_large, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_bad_oci_layout, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_read_only, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_planted_source, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_after_proof, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_bind_wrong_bytes, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_odd_blob_folder, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_odd_blob_files, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_linked_folders, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_resume, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_resume_cancelled, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_resume_complete, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_resume_damaged, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_part_busy, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_bind_without_fsync, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_processes, place_setup, place_teardown),
    };
    int failed = cmocka_run_group_tests_name("layout", tests, NULL, NULL);
    failed += run_contract(OCI_LAYOUT_WRITE);
    failed += run_contract(OCI_LAYOUT_WRITE | OCI_LAYOUT_LATE);
    return failed + run_contract(OCI_LAYOUT_WRITE | OCI_LAYOUT_LOCK_OPS);
}
