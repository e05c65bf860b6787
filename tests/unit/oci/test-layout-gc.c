/* SPDX-License-Identifier: Apache-2.0
 *
 * fsck and gc of a layout: what is told, what goes, and above all what stays. */
#include "base/fs.h"
#include "base/mem.h"
#include "tests/unit/oci/layout-helper.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OLD = 7200, HOUR = 3600 };

static void bind_one(struct oci_store *s, const char *name, const struct oci_desc *d, struct wp_span bytes)
{
    struct wp_err err = {0};
    struct oci_binding b = {.name = name, .desc = d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(s, &b, 1, 0, &err));
}

static void unbind(struct oci_store *s, const char *name)
{
    struct wp_err err = {0};
    struct oci_binding b = {.name = name};
    CONTRACT_OK(oci_store_bind(s, &b, 1, 0, &err));
}

/* An image with its three blobs, bound. */
static struct oci_desc image(struct oci_store *s, struct wp_arena *a, const char *name, const char *seed)
{
    struct wp_span bytes;
    struct oci_desc d = contract_manifest(s, a, seed, NULL, NULL, &bytes);
    bind_one(s, name, &d, bytes);
    return d;
}

static struct oci_desc referrer(struct oci_store *s, struct wp_arena *a, const char *seed,
                                const struct oci_desc *subject)
{
    struct wp_span bytes;
    struct oci_desc d = contract_manifest(s, a, seed, subject, "a/sig", &bytes);
    bind_one(s, NULL, &d, bytes);
    return d;
}

static struct oci_digest layer_of(const char *seed)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_digest d;
    oci_digest_of(WP_SHA256, wp_span_str(wp_arena_printf(&a, "layer of %s", seed)), &d);
    return d;
}

/* ---- fsck ---- */

static void note_problem(void *arg, const char *path, const char *problem)
{
    wp_buf_printf(arg, "%s: %s\n", path, problem);
}

static struct oci_fsck_report fsck(struct oci_store *s, const char *expected)
{
    struct wp_err err = {0};
    struct oci_fsck_report report;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    CONTRACT_OK(oci_layout_fsck(s, NULL, note_problem, &b, &report, &err));
    assert_string_equal(b.ptr, expected);
    return report;
}

static const char *blob_path(struct wp_arena *a, const struct oci_digest *d)
{
    char path[OCI_BLOB_PATH];
    return wp_arena_str(a, oci_digest_blob_path(d, path));
}

static const char *digest_text(struct wp_arena *a, const struct oci_digest *d)
{
    char text[OCI_DIGEST_TEXT];
    return wp_arena_str(a, oci_digest_text(d, text));
}

static void test_fsck_clean(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_fsck_report report = fsck(s, "");
    assert_int_equal(report.blobs, 0);
    struct oci_desc one = image(s, &a, "v1", "one");
    (void)image(s, &a, "v2", "two");
    (void)referrer(s, &a, "sig", &one);
    report = fsck(s, "");
    /* Three manifests with a layer each, one config, the list of referrers. */
    assert_int_equal(report.blobs, 3 + 3 + 1 + 1);
    assert_true(report.bytes > 3 * one.size);
    assert_int_equal(report.damaged + report.missing + report.unreachable + report.strays + report.parts, 0);
    unbind(s, "v2");
    report = fsck(s, "");
    assert_int_equal(report.unreachable, 2);
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *memory = oci_memory_new("memory");
    CONTRACT_FAILS(oci_layout_fsck(memory, NULL, NULL, NULL, &report, &err), WP_E_UNSUPPORTED);
}

static void test_fsck_damaged(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc d = image(s, &a, "v1", "one");
    struct oci_digest layer = layer_of("one");
    struct oci_digest wrong;
    /* Right size, wrong bytes. */
    place_write(p, blob_path(&a, &layer), wp_span_str("layer of onE"));
    oci_digest_of(WP_SHA256, wp_span_str("layer of onE"), &wrong);
    struct oci_fsck_report report = fsck(s, wp_arena_printf(&a, "%s: content does not match, its digest is %s\n",
                                                            blob_path(&a, &layer), digest_text(&a, &wrong)));
    assert_int_equal(report.damaged, 1);
    assert_int_equal(report.missing, 0);
    assert_int_equal(report.unreachable, 0);
    /* Cut off: told once, not for its size too. */
    place_write(p, blob_path(&a, &layer), wp_span_str(""));
    oci_digest_of(WP_SHA256, wp_span_str(""), &wrong);
    report = fsck(s, wp_arena_printf(&a, "%s: content does not match, its digest is %s\n", blob_path(&a, &layer),
                                     digest_text(&a, &wrong)));
    assert_int_equal(report.damaged, 1);
    assert_int_equal(unlink(place_path(p, &a, blob_path(&a, &layer))), 0);
    report = fsck(s, wp_arena_printf(&a, "%s: is missing, manifest %s names it\n", blob_path(&a, &layer),
                                     digest_text(&a, &d.digest)));
    assert_int_equal(report.missing, 1);
    assert_int_equal(report.damaged, 0);
    assert_int_equal(unlink(place_path(p, &a, blob_path(&a, &d.digest))), 0);
    report = fsck(s, wp_arena_printf(&a, "%s: is missing, index.json ('v1') names it\n", blob_path(&a, &d.digest)));
    assert_int_equal(report.missing, 1);
    assert_int_equal(report.unreachable, 1);
}

static void test_fsck_index(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc d = image(s, &a, "v1", "one");
    struct wp_err err = {0};
    struct oci_fsck_report report;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    place_write(p, "index.json", wp_span_str("{\"schemaVersion\":2,\"mani"));
    CONTRACT_OK(oci_layout_fsck(s, NULL, note_problem, &b, &report, &err));
    assert_true(wp_str_starts(b.ptr, "index.json: "));
    assert_int_equal(report.damaged, 1);
    assert_int_equal(report.blobs, 3);
    assert_int_equal(unlink(place_path(p, &a, "index.json")), 0);
    report = fsck(s, "index.json: is missing\n");
    assert_int_equal(report.missing, 1);
    /* An entry that lies about the size. */
    place_write(p, "index.json",
                wp_span_str(wp_arena_printf(
                    &a, "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":7}]}",
                    OCI_MT_MANIFEST, digest_text(&a, &d.digest))));
    report = fsck(
        s, wp_arena_printf(&a, "%s: has %zu bytes, index.json says 7\n", blob_path(&a, &d.digest), (size_t)d.size));
    assert_int_equal(report.damaged, 1);
    place_write(p, "oci-layout", wp_span_str(""));
    wp_buf_cut(&b, 0);
    CONTRACT_OK(oci_layout_fsck(s, NULL, note_problem, &b, &report, &err));
    assert_true(wp_str_starts(b.ptr, "oci-layout: "));
    assert_int_equal(report.damaged, 2);
}

/* Right by its digest, but no manifest. */
static void test_fsck_no_manifest(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("[]"), OCI_MT_MANIFEST);
    CONTRACT_OK(oci_store_put(s, &d, wp_span_str("[]"), &err));
    place_write(p, "index.json",
                wp_span_str(wp_arena_printf(
                    &a, "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":2}]}",
                    OCI_MT_MANIFEST, digest_text(&a, &d.digest))));
    struct oci_fsck_report report;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    CONTRACT_OK(oci_layout_fsck(s, NULL, note_problem, &b, &report, &err));
    assert_true(wp_str_starts(b.ptr, wp_arena_printf(&a, "%s: manifest sha256:", blob_path(&a, &d.digest))));
    assert_int_equal(report.damaged, 1);
}

struct remover {
    struct oci_store *s;
    const struct oci_desc *victim;
    unsigned told;
};

static void remove_victim(void *arg, const char *path, const char *problem)
{
    struct remover *r = arg;
    struct wp_err err = {0};
    assert_true(wp_str_starts(path, "blobs/sha256/"));
    assert_non_null(strstr(problem, "says 7"));
    r->told++;
    CONTRACT_OK(oci_store_remove(r->s, r->victim, &err));
}

/* What somebody removes while names are being followed is not missing. */
static void test_fsck_beside_rm(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc one = image(s, &a, "v1", "one");
    struct oci_desc two = image(s, &a, "v2", "two");
    static const char *const entry = "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu,\"annotations\":{"
                                     "\"org.opencontainers.image.ref.name\":\"%s\"}}";
    place_write(
        p, "index.json",
        wp_span_str(wp_arena_printf(
            &a, "{\"schemaVersion\":2,\"manifests\":[%s,%s]}",
            wp_arena_printf(&a, entry, OCI_MT_MANIFEST, digest_text(&a, &one.digest), (size_t)7, "v1"),
            wp_arena_printf(&a, entry, OCI_MT_MANIFEST, digest_text(&a, &two.digest), (size_t)two.size, "v2"))));
    OCI_AUTO_STORE struct oci_store *reader = place_open(p, OCI_LAYOUT_READ);
    struct remover r = {.s = s, .victim = &two};
    struct oci_fsck_report report;
    CONTRACT_OK(oci_layout_fsck(reader, NULL, remove_victim, &r, &report, &err));
    assert_int_equal(r.told, 1);
    assert_false(place_has_blob(p, &two.digest));
    assert_int_equal(report.damaged, 1);
    assert_int_equal(report.missing, 0);
}

static void test_fsck_strays(void **state)
{
    struct layout_place *p = *state;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    place_write(p, ".wpack/part/sha256-00", wp_span_str("x"));
    place_write(p, ".wpack/tmp/00", wp_span_str("x"));
    struct oci_fsck_report report = fsck(s, "");
    assert_int_equal(report.parts, 2);
    place_write(p, "blobs/sha256/0123", wp_span_str("x"));
    report = fsck(s, "blobs/sha256/0123: does not belong to a layout\n");
    assert_int_equal(report.strays, 1);
    assert_int_equal(report.damaged, 0);
    place_write(p, "blobs/md5/0123", wp_span_str("x"));
    place_write(p, "oci-put-blob123", wp_span_str("x"));
    struct wp_err err = {0};
    CONTRACT_OK(oci_layout_fsck(s, NULL, NULL, NULL, &report, &err));
    assert_int_equal(report.strays, 3);
}

static void test_fsck_cancelled(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    (void)image(s, &a, "v1", "one");
    struct wp_job *job = wp_job_new();
    wp_job_cancel(job, 2);
    struct oci_fsck_report report;
    CONTRACT_FAILS(oci_layout_fsck(s, job, NULL, NULL, &report, &err), WP_E_INTERRUPTED);
    wp_job_free(job);
}

/* ---- gc ---- */

static void note_removed(void *arg, const char *path, uint64_t bytes)
{
    (void)path;
    *(uint64_t *)arg += bytes;
}

static struct oci_gc_report gc(struct oci_store *s, bool dry_run, uint64_t min_age_s)
{
    struct wp_err err = {0};
    struct oci_gc_report report;
    struct oci_gc_opts opts = {.dry_run = dry_run, .min_age_s = min_age_s};
    uint64_t bytes = 0;
    CONTRACT_OK(oci_layout_gc(s, &opts, note_removed, &bytes, &report, &err));
    assert_int_equal(bytes, report.removed_bytes);
    return report;
}

static void test_gc(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc one = image(s, &a, "v1", "one");
    struct oci_desc two = image(s, &a, "v2", "two");
    struct oci_desc plain = image(s, &a, NULL, "plain");
    struct oci_digest layer = layer_of("two");
    unbind(s, "v2");
    place_age_blobs(p, OLD);
    struct oci_gc_report report = gc(s, true, HOUR);
    assert_int_equal(report.removed, 2);
    assert_int_equal(report.removed_bytes, two.size + strlen("layer of two"));
    assert_int_equal(report.kept, 5);
    assert_true(place_has_blob(p, &two.digest));
    report = gc(s, false, HOUR);
    assert_int_equal(report.removed, 2);
    assert_int_equal(report.kept, 5);
    assert_int_equal(report.parts, 0);
    assert_false(place_has_blob(p, &two.digest));
    assert_false(place_has_blob(p, &layer));
    assert_true(place_has_blob(p, &one.digest));
    assert_true(place_has_blob(p, &plain.digest));
    report = gc(s, false, HOUR);
    assert_int_equal(report.removed, 0);
    assert_int_equal(fsck(s, "").blobs, 5);
}

static void test_gc_young(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("young"), OCI_MT_OCTETS);
    struct oci_desc old = contract_desc(WP_SHA256, wp_span_str("old"), OCI_MT_OCTETS);
    struct oci_desc used = contract_desc(WP_SHA256, wp_span_str("used"), OCI_MT_OCTETS);
    CONTRACT_OK(oci_store_put(s, &d, wp_span_str("young"), &err));
    CONTRACT_OK(oci_store_put(s, &old, wp_span_str("old"), &err));
    CONTRACT_OK(oci_store_put(s, &used, wp_span_str("used"), &err));
    place_age(p, blob_path(&a, &old.digest), OLD);
    place_age(p, blob_path(&a, &used.digest), OLD);
    /* Whoever asks for it is about to name it. */
    assert_int_equal(oci_store_exists(s, &used, true, &err), OCI_PRESENT);
    struct oci_gc_report report = gc(s, false, HOUR);
    assert_int_equal(report.removed, 1);
    assert_int_equal(report.kept, 2);
    assert_false(place_has_blob(p, &old.digest));
    assert_true(place_has_blob(p, &used.digest));
    report = gc(s, false, 0);
    assert_int_equal(report.removed, 2);
    assert_false(place_has_blob(p, &d.digest));
}

/* Referrers live as long as their subject; so do referrers of referrers. */
static void test_gc_referrers(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc one = image(s, &a, "v1", "one");
    struct oci_desc two = image(s, &a, "v2", "two");
    struct oci_desc sig1 = referrer(s, &a, "sig1", &one);
    struct oci_desc sig2 = referrer(s, &a, "sig2", &two);
    /* Its digest may sort before or after that of its subject. */
    struct oci_desc stamp1 = referrer(s, &a, "stamp1", &sig1);
    struct oci_desc stamp2 = referrer(s, &a, "stamp2", &sig2);
    place_age_blobs(p, OLD);
    assert_int_equal(gc(s, false, HOUR).removed, 0);
    unbind(s, "v2");
    struct oci_gc_report report = gc(s, false, HOUR);
    /* Three manifests, their layers, two lists. */
    assert_int_equal(report.removed, 3 + 3 + 2);
    assert_true(place_has_blob(p, &sig1.digest));
    assert_true(place_has_blob(p, &stamp1.digest));
    assert_false(place_has_blob(p, &sig2.digest));
    assert_false(place_has_blob(p, &stamp2.digest));
    const char *index = place_read(p, &a, "index.json");
    assert_null(strstr(index, digest_text(&a, &sig2.digest)));
    char tag[OCI_DIGEST_TEXT];
    assert_null(strstr(index, oci_digest_referrers_tag(&two.digest, tag)));
    assert_non_null(strstr(index, oci_digest_referrers_tag(&one.digest, tag)));
    struct oci_fsck_report check = fsck(s, "");
    assert_int_equal(check.unreachable + check.missing, 0);
    /* With a name of its own a referrer stays without its subject. */
    struct oci_binding b = {.name = "my-sig", .desc = &sig1};
    CONTRACT_OK(oci_store_bind(s, &b, 1, 0, &err));
    unbind(s, "v1");
    (void)gc(s, false, 0);
    assert_true(place_has_blob(p, &sig1.digest));
    assert_true(place_has_blob(p, &stamp1.digest));
    assert_false(place_has_blob(p, &one.digest));
}

/* A signature may come before what it signs. */
static void young_referrer(struct layout_place *p, bool listed)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc later = contract_desc(WP_SHA256, wp_span_str("{\"later\":1}"), OCI_MT_MANIFEST);
    struct oci_desc sig = referrer(s, &a, "sig", &later);
    if (!listed) {
        char tag[OCI_DIGEST_TEXT];
        unbind(s, oci_digest_referrers_tag(&later.digest, tag));
    }
    const char *before = place_read(p, &a, "index.json");
    struct oci_digest layer = layer_of("sig");
    /* Its content is old, it was pushed long ago for something else. */
    place_age(p, blob_path(&a, &layer), OLD);
    assert_int_equal(gc(s, false, HOUR).removed, 0);
    assert_string_equal(place_read(p, &a, "index.json"), before);
    assert_true(place_has_blob(p, &sig.digest));
    place_age_blobs(p, OLD);
    assert_int_equal(gc(s, true, HOUR).removed, 4);
    assert_string_equal(place_read(p, &a, "index.json"), before);
    assert_int_equal(gc(s, false, HOUR).removed, 4);
    assert_null(strstr(place_read(p, &a, "index.json"), digest_text(&a, &sig.digest)));
}

static void test_gc_young_referrer(void **state)
{
    young_referrer(*state, true);
}

static void test_gc_young_plain(void **state)
{
    young_referrer(*state, false);
}

/* Referrers that stand only in regctl's list stay with their subject. */
static void test_gc_regctl(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc one = image(s, &a, "v1", "one");
    struct oci_desc sig = referrer(s, &a, "sig", &one);
    const char *index = place_read(p, &a, "index.json");
    const char *entry = strstr(index, ",{\"annotations\":{\"seed\":\"sig\"}");
    assert_non_null(entry);
    const char *next = strchr(entry + 1, '}') + 1;
    next = strchr(next, '}') + 1;
    place_write(p, "index.json", wp_span_str(wp_arena_printf(&a, "%.*s%s", (int)(entry - index), index, next)));
    place_age_blobs(p, OLD);
    assert_int_equal(gc(s, false, HOUR).removed, 0);
    assert_true(place_has_blob(p, &sig.digest));
    unbind(s, "v1");
    assert_int_equal(gc(s, false, HOUR).removed, 1 + 1 + 2 + 2);
    assert_false(place_has_blob(p, &sig.digest));
    assert_null(strstr(place_read(p, &a, "index.json"), "sha256-"));
}

/* Under the fallback tag of one image stands a list with more on it than its referrers. */
static void test_gc_odd_list(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc one = image(s, &a, "v1", "one");
    struct oci_desc two = image(s, &a, "v2", "two");
    struct wp_span bytes;
    struct oci_desc entries[3];
    entries[0] = contract_desc(WP_SHA256, wp_span_str("a note"), OCI_MT_OCTETS);
    CONTRACT_OK(oci_store_put(s, &entries[0], wp_span_str("a note"), &err));
    entries[1] = contract_manifest(s, &a, "stranger", &two, "a/sig", &bytes);
    CONTRACT_OK(oci_store_put(s, &entries[1], bytes, &err));
    entries[2] = contract_manifest(s, &a, "sig", &one, "a/sig", &bytes);
    CONTRACT_OK(oci_store_put(s, &entries[2], bytes, &err));
    struct oci_manifest m = {
        .kind = OCI_INDEX, .media_type = OCI_MT_INDEX, .manifests = entries, .manifest_count = WP_ARRAY_LEN(entries)};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&m, &b);
    struct oci_desc list = contract_desc(WP_SHA256, wp_buf_span(&b), OCI_MT_INDEX);
    char tag[OCI_DIGEST_TEXT];
    bind_one(s, oci_digest_referrers_tag(&one.digest, tag), &list, wp_buf_span(&b));
    place_age_blobs(p, OLD);
    /* The note, and the stranger with its layer: nobody asks this list for them. */
    assert_int_equal(gc(s, false, HOUR).removed, 1 + 2);
    assert_true(place_has_blob(p, &list.digest));
    assert_true(place_has_blob(p, &entries[2].digest));
    assert_false(place_has_blob(p, &entries[1].digest));
    assert_false(place_has_blob(p, &entries[0].digest));
}

/* Bytes that are a layer of one image and a manifest of another keep what they name. */
static void test_gc_two_faces(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc inner = image(s, &a, "inner", "inner");
    struct oci_desc as_layer = inner;
    as_layer.media_type = OCI_MT_OCTETS;
    struct oci_manifest m = {.kind = OCI_MANIFEST,
                             .media_type = OCI_MT_MANIFEST,
                             .config = contract_desc(WP_SHA256, wp_span_str(OCI_EMPTY_JSON), OCI_MT_EMPTY),
                             .layers = &as_layer,
                             .layer_count = 1};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&m, &b);
    struct oci_desc outer = contract_desc(WP_SHA256, wp_buf_span(&b), OCI_MT_MANIFEST);
    struct oci_binding list[] = {{.name = "outer", .desc = &outer, .bytes = wp_buf_span(&b)},
                                 {.name = "inner"},
                                 {.name = "last", .desc = &inner}};
    CONTRACT_OK(oci_store_bind(s, list, 3, 0, &err));
    assert_int_equal(gc(s, false, 0).removed, 0);
    struct oci_digest layer = layer_of("inner");
    assert_true(place_has_blob(p, &layer));
}

static void test_gc_damaged(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc one = image(s, &a, "v1", "one");
    (void)image(s, &a, "v2", "two");
    unbind(s, "v2");
    size_t before = place_count(p, "blobs/sha256");
    struct oci_gc_opts opts = {0};
    struct oci_gc_report report;
    place_write(p, blob_path(&a, &one.digest), wp_span_str("damaged"));
    assert_int_equal(oci_layout_gc(s, &opts, NULL, NULL, &report, &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(err.msg, digest_text(&a, &one.digest)));
    place_write(p, "index.json", wp_span_str("{\"schemaVersion\":2,"));
    CONTRACT_FAILS(oci_layout_gc(s, &opts, NULL, NULL, &report, &err), WP_E_INTEGRITY);
    assert_int_equal(unlink(place_path(p, &a, "index.json")), 0);
    CONTRACT_FAILS(oci_layout_gc(s, &opts, NULL, NULL, &report, &err), WP_E_INTEGRITY);
    assert_int_equal(place_count(p, "blobs/sha256"), before);
}

static void test_gc_unknown_type(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct oci_desc d = image(s, &a, "app:1", "one");
    /* A foreign program's entry: its type says nothing to us, what it names may be all the rest. */
    place_write(
        p, "index.json",
        wp_span_str(wp_arena_printf(&a,
                                    "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.other+json\","
                                    "\"digest\":\"%s\",\"size\":%llu}]}",
                                    digest_text(&a, &d.digest), (unsigned long long)d.size)));
    place_age_blobs(p, 7200);
    const struct oci_gc_opts opts = {.min_age_s = 60};
    struct oci_gc_report report;
    assert_int_equal(oci_layout_gc(s, &opts, NULL, NULL, &report, &err), -1);
    assert_int_equal(err.code, WP_E_UNSUPPORTED);
    assert_non_null(strstr(err.msg, "of type 'application/vnd.other+json', which is not known here"));
    struct oci_digest layer = layer_of("one");
    assert_true(place_has_blob(p, &layer));
}

static void test_gc_parts(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    static const char *const names[] = {".wpack/part/old", ".wpack/part/new", ".wpack/tmp/old", ".wpack/tmp/busy"};
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        place_write(p, names[i], wp_span_str("1234"));
        if (!wp_str_eq(names[i], ".wpack/part/new")) {
            place_age(p, names[i], OLD);
        }
    }
    place_write(p, "blobs/sha256/0123temporary", wp_span_str("another tool's"));
    WP_AUTO_FD int busy = open(place_path(p, &a, ".wpack/tmp/busy"), O_RDWR | O_CLOEXEC);
    assert_int_equal(wp_fs_lock(busy, 0, true, false, NULL, &err), 1);
    struct oci_ingest *in = NULL;
    CONTRACT_OK(oci_store_ingest(s, &in, &err));
    struct oci_gc_report report = gc(s, false, HOUR);
    assert_int_equal(report.parts, 2);
    assert_int_equal(report.removed, 2);
    assert_int_equal(report.removed_bytes, 8);
    report = gc(s, false, 0);
    assert_int_equal(report.parts, 1);
    assert_false(place_has(p, ".wpack/part/new"));
    assert_true(place_has(p, ".wpack/tmp/busy"));
    assert_true(place_has(p, "blobs/sha256/0123temporary"));
    /* The upload under way has lost nothing. */
    struct oci_desc d = contract_desc(WP_SHA256, wp_span_str("upload"), OCI_MT_OCTETS);
    CONTRACT_OK(in->ops->write(in, wp_span_str("upload"), &err));
    CONTRACT_OK(in->ops->commit(in, &d, NULL, &err));
    assert_true(place_has_blob(p, &d.digest));
}

/* While another handle writes, gc waits; one that locks per operation does not stand in its way. */
/* In a child that cannot remove files. */
static int gc_fails(void *arg)
{
    struct layout_place *p = arg;
    struct wp_err err = {0};
    struct oci_gc_opts opts = {.dry_run = false};
    struct oci_gc_report report = {0};
    OCI_AUTO_STORE struct oci_store *s = NULL;
    if (oci_layout_open(p->path, OCI_LAYOUT_WRITE, &s, &err) < 0) {
        return 1;
    }
    if (oci_layout_gc(s, &opts, NULL, NULL, &report, &err) != -1 || err.code != WP_E_IO || report.removed != 0) {
        return 2;
    }
    if (strstr(err.msg, "cannot remove '") == NULL || strstr(err.msg, "/blobs/sha256/") == NULL) {
        return 3;
    }
    /* What is not there is no failure of ours. */
    opts.dry_run = true;
    wp_err_clear(&err);
    return oci_layout_gc(s, &opts, NULL, NULL, &report, &err) == 0 && report.removed == 2 ? 0 : 4;
}

static int gc_does_not_mind(void *arg)
{
    struct layout_place *p = arg;
    struct wp_err err = {0};
    struct oci_gc_opts opts = {.dry_run = false};
    struct oci_gc_report report = {0};
    OCI_AUTO_STORE struct oci_store *s = NULL;
    if (oci_layout_open(p->path, OCI_LAYOUT_WRITE, &s, &err) < 0) {
        return 1;
    }
    return oci_layout_gc(s, &opts, NULL, NULL, &report, &err) == 0 && report.removed == 2 ? 0 : 2;
}

static void test_gc_cannot_remove(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    (void)image(s, &a, "v1", "one");
    (void)image(s, &a, "v2", "two");
    unbind(s, "v2");
    place_age_blobs(p, OLD);
    oci_store_close(WP_STEAL(s));
    assert_int_equal(place_without_call(SYS_unlinkat, EIO, gc_fails, p), 0);
    /* Somebody else was quicker. */
    assert_int_equal(place_without_call(SYS_unlinkat, ENOENT, gc_does_not_mind, p), 0);
}

static void test_gc_alone(void **state)
{
    struct layout_place *p = *state;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    OCI_AUTO_STORE struct oci_store *server = place_open(p, OCI_LAYOUT_WRITE | OCI_LAYOUT_LOCK_OPS);
    OCI_AUTO_STORE struct oci_store *reader = place_open(p, OCI_LAYOUT_READ);
    assert_non_null(reader);
    (void)gc(s, false, 0);
    (void)gc(s, false, 0);
    OCI_AUTO_STORE struct oci_store *writer = place_open(p, OCI_LAYOUT_WRITE);
    struct wp_job *job = wp_job_new();
    wp_job_cancel(job, 2);
    struct oci_gc_opts opts = {.job = job};
    struct oci_gc_report report;
    CONTRACT_FAILS(oci_layout_gc(s, &opts, NULL, NULL, &report, &err), WP_E_INTERRUPTED);
    CONTRACT_FAILS(oci_layout_gc(server, &opts, NULL, NULL, &report, &err), WP_E_INTERRUPTED);
    oci_store_close(WP_STEAL(writer));
    (void)gc(s, false, 0);
    /* The first handle took its own lock back: the second one has to wait for it. */
    CONTRACT_FAILS(oci_layout_gc(server, &opts, NULL, NULL, &report, &err), WP_E_INTERRUPTED);
    oci_store_close(WP_STEAL(s));
    (void)gc(server, false, 0);
    wp_job_free(job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fsck_clean, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_fsck_damaged, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_fsck_index, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_fsck_no_manifest, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_fsck_beside_rm, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_fsck_strays, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_fsck_cancelled, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_young, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_referrers, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_young_referrer, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_young_plain, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_regctl, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_odd_list, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_two_faces, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_unknown_type, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_damaged, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_parts, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_cannot_remove, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_gc_alone, place_setup, place_teardown),
    };
    return cmocka_run_group_tests_name("layout fsck and gc", tests, NULL, NULL);
}
