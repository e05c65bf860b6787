/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of stores: the run itself, and the checks about content. */
#include "tests/unit/oci/store-contract.h"

#include "base/mem.h"
#include "base/pool.h"
#include "oci/verify.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <unistd.h>

/* ---- the run ---- */

static int set_up(void **state)
{
    struct contract *c = wp_xcalloc(1, sizeof(*c));
    c->t = *state;
    c->a = (struct wp_arena)WP_ARENA_INIT;
    *state = c;
    c->s = c->t->open(c->t->arg);
    assert_non_null(c->s);
    return 0;
}

static int tear_down(void **state)
{
    struct contract *c = *state;
    oci_store_close(c->s);
    if (c->t->reset != NULL) {
        c->t->reset(c->t->arg);
    }
    wp_arena_done(&c->a);
    free(c);
    return 0;
}

int contract_run(struct contract_target *t)
{
    size_t count = contract_content_count + contract_name_count;
    struct CMUnitTest *tests = wp_xcalloc(count, sizeof(*tests));
    for (size_t i = 0; i < count; i++) {
        tests[i] =
            i < contract_content_count ? contract_content_tests[i] : contract_name_tests[i - contract_content_count];
        tests[i].setup_func = set_up;
        tests[i].teardown_func = tear_down;
        tests[i].initial_state = t;
    }
    int failed = _cmocka_run_group_tests(t->kind, tests, count, NULL, NULL);
    free(tests);
    return failed;
}

void contract_ok(bool ok, const char *expr, struct wp_err *err)
{
    if (!ok) {
        fail_msg("%s: %s", expr, err->msg);
    }
    wp_err_clear(err);
}

void contract_fails(bool failed, const char *expr, enum wp_code expected, struct wp_err *err)
{
    if (!failed) {
        fail_msg("%s: does not fail", expr);
    }
    if (err->code != expected) {
        fail_msg("%s: code %s, not %s: %s", expr, wp_code_slug(err->code), wp_code_slug(expected), err->msg);
    }
    assert_true(err->msg[0] != '\0');
    wp_err_clear(err);
}

/* ---- material ---- */

struct wp_span contract_bytes(struct wp_arena *a, size_t len, unsigned seed)
{
    uint8_t *p = wp_arena_alloc(a, len + 1, 1);
    uint64_t x = UINT64_C(0x9e3779b97f4a7c15) * (seed + 1);
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        p[i] = (uint8_t)(x >> 56);
    }
    return wp_span(p, len);
}

struct oci_desc contract_desc(enum wp_hash_alg alg, struct wp_span bytes, const char *media_type)
{
    struct oci_desc d = {.media_type = media_type, .size = bytes.len};
    oci_digest_of(alg, bytes, &d.digest);
    return d;
}

struct oci_desc contract_manifest(struct oci_store *s, struct wp_arena *a, const char *seed,
                                  const struct oci_desc *subject, const char *artifact_type, struct wp_span *ret_bytes)
{
    struct wp_err err = {0};
    struct wp_span config = wp_span_str(OCI_EMPTY_JSON);
    struct oci_desc *layer = wp_arena_alloc(a, 1, sizeof(*layer));
    struct wp_span content = wp_span_str(wp_arena_printf(a, "layer of %s", seed));
    *layer = contract_desc(WP_SHA256, content, OCI_MT_OCTETS);
    struct oci_annotation note = {.key = "seed", .value = seed};
    struct oci_manifest m = {
        .kind = OCI_MANIFEST,
        .media_type = OCI_MT_MANIFEST,
        .has_media_type = true,
        .artifact_type = artifact_type,
        .config = contract_desc(WP_SHA256, config, OCI_MT_EMPTY),
        .layers = layer,
        .layer_count = 1,
        .subject = subject,
        .annotations = &note,
        .annotation_count = 1,
    };
    CONTRACT_OK(oci_store_put(s, &m.config, config, &err));
    CONTRACT_OK(oci_store_put(s, layer, content, &err));
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&m, &b);
    *ret_bytes = wp_arena_bytes(a, wp_buf_span(&b));
    return contract_desc(WP_SHA256, *ret_bytes, OCI_MT_MANIFEST);
}

/* A source that breaks off: `good` bytes, then an error. */
struct broken_source {
    struct wp_source base;
    struct wp_span bytes;
    size_t good;
    enum wp_code code;
};
struct broken_reader {
    struct wp_reader base;
    struct wp_span rest;
    enum wp_code code;
};

static ssize_t broken_read(struct wp_reader *r, void *buf, size_t len, struct wp_err *err)
{
    struct broken_reader *b = WP_DOWNCAST(struct broken_reader, r);
    size_t n = WP_MIN(len, b->rest.len);
    if (n == 0) {
        return wp_fail(err, b->code, "the line went dead");
    }
    memcpy(buf, b->rest.ptr, n);
    b->rest = wp_span(b->rest.ptr + n, b->rest.len - n);
    return (ssize_t)n;
}

static void broken_close(struct wp_reader *r)
{
    free(r);
}

static int broken_open(struct wp_source *src, uint64_t offset, struct wp_reader **ret, struct wp_err *err WP_UNUSED)
{
    const struct broken_source *b = WP_DOWNCAST(struct broken_source, src);
    struct broken_reader *r = wp_xcalloc(1, sizeof(*r));
    r->base = (struct wp_reader){.read = broken_read, .close = broken_close};
    r->code = b->code;
    if (offset < b->good) {
        r->rest = wp_span(b->bytes.ptr + offset, b->good - (size_t)offset);
    }
    *ret = &r->base;
    return 0;
}

static int refuse_open(struct wp_source *src WP_UNUSED, uint64_t offset WP_UNUSED, struct wp_reader **ret WP_UNUSED,
                       struct wp_err *err)
{
    return wp_fail(err, WP_E_DENIED, "the source is closed to you");
}

/* ---- checks ---- */

static void assert_absent(struct oci_store *s, const struct oci_desc *d)
{
    struct wp_err err = {0};
    struct wp_reader *r = NULL;
    assert_int_equal(oci_store_exists(s, d, false, &err), OCI_ABSENT);
    assert_int_equal(oci_store_exists(s, d, true, &err), OCI_ABSENT);
    if (oci_store_fetch(s, d, 0, &r, &err) == 0) {
        /* A store may find out at the first read. */
        char byte = 0;
        ssize_t n = wp_read(r, &byte, 1, &err);
        wp_reader_close(r);
        assert_int_equal(n, -1);
    }
    assert_int_equal(err.code, WP_E_NOT_FOUND);
}

static void assert_present(struct oci_store *s, const struct oci_desc *d, struct wp_span bytes)
{
    struct wp_err err = {0};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_span got;
    assert_int_equal(oci_store_exists(s, d, false, &err), OCI_PRESENT);
    assert_int_equal(oci_store_exists(s, d, true, &err), OCI_PRESENT);
    CONTRACT_OK(oci_store_get(s, d, bytes.len, &a, &got, &err));
    assert_int_equal(got.len, bytes.len);
    assert_memory_equal(got.ptr, bytes.ptr, bytes.len);
}

static void assert_fetches(struct oci_store *s, const struct oci_desc *d, uint64_t offset, struct wp_span bytes)
{
    struct wp_err err = {0};
    WP_AUTO_READER struct wp_reader *r = NULL;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    CONTRACT_OK(oci_store_fetch(s, d, offset, &r, &err));
    CONTRACT_OK(wp_read_all(r, &b, bytes.len, "content", &err));
    assert_int_equal(b.len, bytes.len - offset);
    assert_memory_equal(b.ptr, bytes.ptr + offset, b.len);
    char more = 0;
    assert_int_equal(wp_read(r, &more, 1, &err), 0);
}

static void assert_clean(const struct contract *c)
{
    if (c->t->leftovers != NULL) {
        assert_int_equal(c->t->leftovers(c->t->arg), 0);
    }
}

static void test_kind(void **state)
{
    const struct contract *c = *state;
    assert_string_equal(c->s->ops->kind, c->t->kind);
    assert_non_null(c->s->label);
    assert_true(c->s->label[0] != '\0');
}

static void test_push_fetch(void **state)
{
    struct contract *c = *state;
    static const size_t sizes[] = {0, 1, 2, 13, 4096, 300001};
    struct wp_err err = {0};
    for (unsigned i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        struct wp_span bytes = contract_bytes(&c->a, sizes[i], i);
        struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
        assert_absent(c->s, &d);
        CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
        assert_present(c->s, &d, bytes);
        assert_fetches(c->s, &d, 0, bytes);
        assert_fetches(c->s, &d, bytes.len / 2, bytes);
        assert_fetches(c->s, &d, bytes.len > 0 ? bytes.len - 1 : 0, bytes);
        assert_fetches(c->s, &d, bytes.len, bytes);
    }
    assert_clean(c);
}

static void test_empty_blob(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct oci_desc d = {.media_type = OCI_MT_OCTETS};
    CONTRACT_OK(
        oci_digest_parse("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", &d.digest, &err));
    struct wp_source_mem wrong = wp_source_mem(wp_span_str("x"));
    CONTRACT_FAILS(oci_store_push(c->s, &d, &wrong.base, NULL, &err), WP_E_INTEGRITY);
    assert_absent(c->s, &d);
    CONTRACT_OK(oci_store_put(c->s, &d, wp_span_str(""), &err));
    assert_present(c->s, &d, wp_span_str(""));
}

static void test_sha512(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    if (c->t->no_sha512) {
        skip();
    }
    struct wp_span bytes = contract_bytes(&c->a, 5000, 5);
    struct oci_desc d = contract_desc(WP_SHA512, bytes, OCI_MT_OCTETS);
    struct oci_desc other = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    struct wp_source_mem cut = wp_source_mem(wp_span(bytes.ptr, bytes.len - 1));
    CONTRACT_FAILS(oci_store_push(c->s, &d, &cut.base, NULL, &err), WP_E_INTEGRITY);
    assert_absent(c->s, &d);
    CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
    assert_present(c->s, &d, bytes);
    assert_absent(c->s, &other);
}

static void test_push_twice(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&c->a, 777, 7);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
    CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
    assert_present(c->s, &d, bytes);
    assert_clean(c);
}

static void test_wrong_content(void **state)
{
    struct contract *c = *state;
    enum { SIZE = 70000 };
    struct wp_span bytes = contract_bytes(&c->a, SIZE + 1, 11);
    struct oci_desc d = contract_desc(WP_SHA256, wp_span(bytes.ptr, SIZE), OCI_MT_OCTETS);
    /* Cut or lengthened to len; the byte at flip (below SIZE) changed. */
    static const struct {
        size_t len;
        size_t flip;
    } table[] = {{SIZE - 1, SIZE}, {SIZE + 1, SIZE}, {0, SIZE},       {1, SIZE},
                 {SIZE, 0},        {SIZE, SIZE / 2}, {SIZE, SIZE - 1}};
    for (size_t i = 0; i < WP_ARRAY_LEN(table); i++) {
        struct wp_err err = {0};
        uint8_t *wrong = wp_arena_alloc(&c->a, SIZE + 1, 1);
        memcpy(wrong, bytes.ptr, SIZE + 1);
        wrong[table[i].flip] ^= 1;
        struct wp_source_mem src = wp_source_mem(wp_span(wrong, table[i].len));
        CONTRACT_FAILS(oci_store_push(c->s, &d, &src.base, NULL, &err), WP_E_INTEGRITY);
        assert_absent(c->s, &d);
        assert_clean(c);
    }
    struct wp_err err = {0};
    CONTRACT_OK(oci_store_put(c->s, &d, wp_span(bytes.ptr, SIZE), &err));
    assert_present(c->s, &d, wp_span(bytes.ptr, SIZE));
}

static void test_wrong_size(void **state)
{
    struct contract *c = *state;
    struct wp_span bytes = contract_bytes(&c->a, 1000, 12);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    static const uint64_t sizes[] = {999, 1001, 0};
    for (size_t i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        struct wp_err err = {0};
        struct oci_desc lie = d;
        lie.size = sizes[i];
        CONTRACT_FAILS(oci_store_put(c->s, &lie, bytes, &err), WP_E_INTEGRITY);
        assert_absent(c->s, &d);
        assert_clean(c);
    }
}

static void test_broken_source(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&c->a, 200000, 13);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    struct wp_source closed = {.open = refuse_open};
    CONTRACT_FAILS(oci_store_push(c->s, &d, &closed, NULL, &err), WP_E_DENIED);
    assert_absent(c->s, &d);
    static const size_t good[] = {0, 1, 150000, 200000};
    for (size_t i = 0; i < WP_ARRAY_LEN(good); i++) {
        struct broken_source src = {
            .base = {.open = broken_open}, .bytes = bytes, .good = good[i], .code = WP_E_POLICY};
        CONTRACT_FAILS(oci_store_push(c->s, &d, &src.base, NULL, &err), WP_E_POLICY);
        assert_absent(c->s, &d);
    }
    CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
    assert_present(c->s, &d, bytes);
    assert_clean(c);
}

static void test_replaces_damage(void **state)
{
    struct contract *c = *state;
    if (c->t->corrupt == NULL) {
        skip();
    }
    struct wp_span bytes = contract_bytes(&c->a, 3000, 14);
    struct wp_span wrong = contract_bytes(&c->a, 3000, 15);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    static const size_t sizes[] = {3000, 2999, 0};
    struct wp_err err = {0};
    CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
    for (size_t i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        struct wp_span got;
        c->t->corrupt(c->t->arg, &d.digest, wp_span(wrong.ptr, sizes[i]));
        assert_int_equal(oci_store_exists(c->s, &d, true, &err), OCI_ABSENT);
        CONTRACT_FAILS(oci_store_get(c->s, &d, 3000, &c->a, &got, &err), WP_E_INTEGRITY);
        CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
        assert_present(c->s, &d, bytes);
    }
}

static void test_get_limit(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&c->a, 100, 16);
    struct wp_span got;
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
    CONTRACT_FAILS(oci_store_get(c->s, &d, 99, &c->a, &got, &err), WP_E_LIMIT);
    CONTRACT_OK(oci_store_get(c->s, &d, 100, &c->a, &got, &err));
    assert_memory_equal(got.ptr, bytes.ptr, 100);
}

static void test_counters(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&c->a, 250000, 17);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    struct wp_source_mem src = wp_source_mem(bytes);
    struct wp_job *job = wp_job_new();
    struct oci_push_opts opts = {.job = job, .item = wp_item_begin(job, "blob", d.size)};
    int n = oci_store_push(c->s, &d, &src.base, &opts, &err);
    struct wp_item_view view = {0};
    wp_job_items(job, 0, &view, 1);
    wp_job_free(job);
    CONTRACT_OK(n);
    assert_int_equal(view.done, bytes.len);
}

static void test_cancelled(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&c->a, 1000000, 18);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    struct wp_source_mem src = wp_source_mem(bytes);
    struct wp_job *job = wp_job_new();
    struct oci_push_opts opts = {.job = job};
    wp_job_cancel(job, 0);
    int n = oci_store_push(c->s, &d, &src.base, &opts, &err);
    wp_job_free(job);
    CONTRACT_FAILS(n, WP_E_INTERRUPTED);
    assert_absent(c->s, &d);
}

static void write_in_pieces(struct oci_ingest *in, struct wp_span bytes)
{
    struct wp_err err = {0};
    for (size_t at = 0; at < bytes.len;) {
        size_t n = WP_MIN(bytes.len - at, at + 1);
        CONTRACT_OK(in->ops->write(in, wp_span(bytes.ptr + at, n), &err));
        at += n;
        assert_int_equal(in->ops->size(in), at);
    }
}

static void test_ingest(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct oci_ingest *in = NULL;
    if (c->t->no_ingest) {
        CONTRACT_FAILS(oci_store_ingest(c->s, &in, &err), WP_E_UNSUPPORTED);
        return;
    }
    static const size_t sizes[] = {0, 1, 200000, 200000};
    for (unsigned i = 0; i < WP_ARRAY_LEN(sizes); i++) {
        struct wp_span bytes = contract_bytes(&c->a, sizes[i], 20 + i / 3);
        struct oci_desc d = contract_desc(i == 2 && !c->t->no_sha512 ? WP_SHA512 : WP_SHA256, bytes, OCI_MT_OCTETS);
        struct oci_desc want = d;
        want.size = i % 2 == 0 ? d.size : OCI_SIZE_UNKNOWN;
        uint64_t size = 99;
        CONTRACT_OK(oci_store_ingest(c->s, &in, &err));
        assert_int_equal(in->ops->size(in), 0);
        write_in_pieces(in, bytes);
        assert_absent(c->s, &d);
        CONTRACT_OK(in->ops->commit(in, &want, i == 0 ? NULL : &size, &err));
        assert_int_equal(size, i == 0 ? 99 : bytes.len);
        assert_present(c->s, &d, bytes);
        assert_clean(c);
        /* The same content once more. */
        CONTRACT_OK(oci_store_ingest(c->s, &in, &err));
        write_in_pieces(in, bytes);
        CONTRACT_OK(in->ops->commit(in, &want, NULL, &err));
        assert_present(c->s, &d, bytes);
        assert_clean(c);
    }
}

static void test_ingest_refuses(void **state)
{
    struct contract *c = *state;
    if (c->t->no_ingest) {
        skip();
    }
    struct wp_err err = {0};
    struct oci_ingest *in = NULL;
    struct wp_span bytes = contract_bytes(&c->a, 5000, 30);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    struct oci_desc other = contract_desc(WP_SHA256, contract_bytes(&c->a, 5000, 31), OCI_MT_OCTETS);
    struct oci_desc longer = d;
    longer.size++;

    CONTRACT_OK(oci_store_ingest(c->s, &in, &err));
    write_in_pieces(in, bytes);
    assert_int_equal(in->ops->commit(in, &other, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    char text[OCI_DIGEST_TEXT];
    assert_non_null(strstr(err.msg, oci_digest_text(&other.digest, text)));
    assert_non_null(strstr(err.msg, oci_digest_text(&d.digest, text)));
    in->ops->abort(in);

    CONTRACT_OK(oci_store_ingest(c->s, &in, &err));
    write_in_pieces(in, bytes);
    assert_int_equal(in->ops->commit(in, &longer, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(err.msg, oci_digest_text(&d.digest, text)));
    assert_non_null(strstr(err.msg, "5000 bytes, expected 5001"));
    in->ops->abort(in);

    CONTRACT_OK(oci_store_ingest(c->s, &in, &err));
    CONTRACT_FAILS(in->ops->commit(in, &d, NULL, &err), WP_E_INTEGRITY);
    in->ops->abort(in);

    CONTRACT_OK(oci_store_ingest(c->s, &in, &err));
    write_in_pieces(in, bytes);
    in->ops->abort(in);

    assert_absent(c->s, &d);
    assert_absent(c->s, &other);
    assert_clean(c);
}

static void test_open_blob(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    WP_AUTO_FD int fd = -1;
    uint64_t size = 0;
    struct wp_span bytes = contract_bytes(&c->a, 9000, 32);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    if (c->t->no_open_blob) {
        CONTRACT_FAILS(oci_store_open_blob(c->s, &d.digest, &fd, &size, &err), WP_E_UNSUPPORTED);
        return;
    }
    assert_int_equal(oci_store_open_blob(c->s, &d.digest, &fd, &size, &err), 0);
    CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
    assert_int_equal(oci_store_open_blob(c->s, &d.digest, &fd, &size, &err), 1);
    assert_int_equal(size, bytes.len);
    uint8_t *got = wp_arena_alloc(&c->a, bytes.len + 1, 1);
    assert_int_equal(pread(fd, got, bytes.len + 1, 0), bytes.len);
    assert_memory_equal(got, bytes.ptr, bytes.len);
}

static void test_remove_blob(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes = contract_bytes(&c->a, 100, 33);
    struct wp_span kept = contract_bytes(&c->a, 100, 34);
    struct oci_desc d = contract_desc(WP_SHA256, bytes, OCI_MT_OCTETS);
    struct oci_desc k = contract_desc(WP_SHA256, kept, OCI_MT_OCTETS);
    CONTRACT_FAILS(oci_store_remove(c->s, &d, &err), WP_E_NOT_FOUND);
    CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
    CONTRACT_OK(oci_store_put(c->s, &k, kept, &err));
    CONTRACT_OK(oci_store_remove(c->s, &d, &err));
    assert_absent(c->s, &d);
    assert_present(c->s, &k, kept);
    CONTRACT_FAILS(oci_store_remove(c->s, &d, &err), WP_E_NOT_FOUND);
    CONTRACT_OK(oci_store_put(c->s, &d, bytes, &err));
    assert_present(c->s, &d, bytes);
}

/* An index without a name that lists an image: the image's content, two steps away, is needed until the index goes. */
static void test_needed(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_manifest m;
    struct oci_desc image = contract_manifest(c->s, &c->a, "needed", NULL, NULL, &bytes);
    CONTRACT_OK(oci_manifest_parse(bytes, NULL, "image", &c->a, &m, &err));
    const struct oci_digest layer = m.layers[0].digest;
    if (c->t->no_needed) {
        CONTRACT_FAILS(oci_store_needed(c->s, &layer, &err), WP_E_UNSUPPORTED);
        return;
    }
    assert_int_equal(oci_store_needed(c->s, &layer, &err), 0);
    CONTRACT_OK(oci_store_put(c->s, &image, bytes, &err));
    struct oci_manifest list = {.kind = OCI_INDEX,
                                .media_type = OCI_MT_INDEX,
                                .has_media_type = true,
                                .manifests = &image,
                                .manifest_count = 1};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&list, &b);
    struct oci_desc index = contract_desc(WP_SHA256, wp_buf_span(&b), OCI_MT_INDEX);
    const struct oci_binding plain = {.desc = &index, .bytes = wp_buf_span(&b)};
    CONTRACT_OK(oci_store_bind(c->s, &plain, 1, 0, &err));
    assert_int_equal(oci_store_needed(c->s, &layer, &err), 1);
    assert_int_equal(oci_store_needed(c->s, &m.config.digest, &err), 1);
    assert_int_equal(oci_store_needed(c->s, &image.digest, &err), 1);
    struct oci_digest other = layer;
    other.bytes[0] ^= 1;
    assert_int_equal(oci_store_needed(c->s, &other, &err), 0);
    CONTRACT_OK(oci_store_remove(c->s, &index, &err));
    CONTRACT_OK(oci_store_remove(c->s, &image, &err));
    assert_int_equal(oci_store_needed(c->s, &layer, &err), 0);
}

static void test_reopen(void **state)
{
    struct contract *c = *state;
    if (c->t->reopen == NULL) {
        skip();
    }
    struct wp_err err = {0};
    struct wp_span bytes;
    struct oci_desc d = contract_manifest(c->s, &c->a, "lasting", NULL, NULL, &bytes);
    struct oci_binding binding = {.name = "v1", .desc = &d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(c->s, &binding, 1, 0, &err));
    /* Seen at once by somebody else, and still there when the first has gone. */
    for (int i = 0; i < 2; i++) {
        OCI_AUTO_STORE struct oci_store *again = c->t->reopen(c->t->arg);
        assert_non_null(again);
        struct oci_desc got;
        CONTRACT_OK(oci_store_resolve(again, "v1", &c->a, &got, NULL, &err));
        assert_true(oci_digest_equal(&got.digest, &d.digest));
        assert_present(again, &d, bytes);
        oci_store_close_p(&c->s);
    }
}

/* ---- many at once ---- */

enum { THREADS = 8, ROUNDS = 4 };

struct crowd {
    struct contract *c;
    struct wp_span shared;
    struct oci_desc shared_desc;
};

/* No assertions here: cmocka's jump out of a check works on the first thread only. */
static int crowd_member(void *arg, size_t i, struct wp_err *err)
{
    struct crowd *crowd = arg;
    struct oci_store *s = crowd->c->s;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const char *seed = wp_arena_printf(&a, "t%zu-%u", i, round);
        struct wp_span config = wp_span_str(OCI_EMPTY_JSON);
        struct wp_span content = wp_span_str(wp_arena_printf(&a, "layer of %s", seed));
        struct oci_desc layers[] = {contract_desc(WP_SHA256, content, OCI_MT_OCTETS), crowd->shared_desc};
        struct oci_manifest m = {.kind = OCI_MANIFEST,
                                 .media_type = OCI_MT_MANIFEST,
                                 .config = contract_desc(WP_SHA256, config, OCI_MT_EMPTY),
                                 .layers = layers,
                                 .layer_count = 2};
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        oci_manifest_write(&m, &b);
        struct oci_desc d = contract_desc(WP_SHA256, wp_buf_span(&b), OCI_MT_MANIFEST);
        struct oci_binding binding = {.name = seed, .desc = &d};
        if (oci_store_put(s, &m.config, config, err) < 0 || oci_store_put(s, &layers[0], content, err) < 0 ||
            oci_store_put(s, &layers[1], crowd->shared, err) < 0 || oci_store_put(s, &d, wp_buf_span(&b), err) < 0 ||
            oci_store_bind(s, &binding, 1, 0, err) < 0 || oci_store_resolve(s, seed, &a, &d, NULL, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int count_name(void *arg, const char *repo WP_UNUSED, const char *tag WP_UNUSED,
                      const struct oci_desc *desc WP_UNUSED, struct wp_err *err WP_UNUSED)
{
    (*(size_t *)arg)++;
    return 0;
}

static void test_many_at_once(void **state)
{
    struct contract *c = *state;
    struct wp_err err = {0};
    struct crowd crowd = {.c = c, .shared = contract_bytes(&c->a, 100000, 40)};
    crowd.shared_desc = contract_desc(WP_SHA256, crowd.shared, OCI_MT_OCTETS);
    CONTRACT_OK(wp_pool_run(THREADS, THREADS, crowd_member, &crowd, &err));
    size_t names = 0;
    CONTRACT_OK(oci_store_each_name(c->s, NULL, count_name, &names, &err));
    assert_int_equal(names, THREADS * ROUNDS);
    assert_present(c->s, &crowd.shared_desc, crowd.shared);
    for (unsigned i = 0; i < THREADS * ROUNDS; i++) {
        struct oci_desc d;
        struct wp_span bytes;
        const char *name = wp_arena_printf(&c->a, "t%u-%u", i / ROUNDS, i % ROUNDS);
        CONTRACT_OK(oci_store_resolve(c->s, name, &c->a, &d, &bytes, &err));
        struct oci_manifest m;
        CONTRACT_OK(oci_manifest_parse(bytes, NULL, name, &c->a, &m, &err));
        assert_present(c->s, &m.layers[0], wp_span_str(wp_arena_printf(&c->a, "layer of %s", name)));
    }
    assert_clean(c);
}

const struct CMUnitTest contract_content_tests[] = {
    cmocka_unit_test(test_kind),         cmocka_unit_test(test_push_fetch),     cmocka_unit_test(test_empty_blob),
    cmocka_unit_test(test_sha512),       cmocka_unit_test(test_push_twice),     cmocka_unit_test(test_wrong_content),
    cmocka_unit_test(test_wrong_size),   cmocka_unit_test(test_broken_source),  cmocka_unit_test(test_replaces_damage),
    cmocka_unit_test(test_get_limit),    cmocka_unit_test(test_counters),       cmocka_unit_test(test_cancelled),
    cmocka_unit_test(test_ingest),       cmocka_unit_test(test_ingest_refuses), cmocka_unit_test(test_open_blob),
    cmocka_unit_test(test_remove_blob),  cmocka_unit_test(test_needed),         cmocka_unit_test(test_reopen),
    cmocka_unit_test(test_many_at_once),
};
const size_t contract_content_count = WP_ARRAY_LEN(contract_content_tests);
