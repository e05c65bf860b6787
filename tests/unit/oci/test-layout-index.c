/* SPDX-License-Identifier: Apache-2.0
 *
 * index.json of a layout: the exact bytes, names in both forms, layouts that other tools wrote, what must survive an
 * edit, damage, and referrers as oras and regctl list them. */
#include "base/mem.h"
#include "oci/referrers.h"
#include "tests/unit/oci/layout-helper.h"

#include <sys/stat.h>
#include <unistd.h>

#define NAMED(name, digest, size)                                                                \
    "{\"annotations\":{\"org.opencontainers.image.ref.name\":\"" name "\"},\"digest\":\"" digest \
    "\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":" size "}"
#define HEAD "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MT_INDEX "\",\"manifests\":["

static const char *digest_of(struct wp_arena *a, const struct oci_desc *d)
{
    char text[OCI_DIGEST_TEXT];
    return wp_arena_str(a, oci_digest_text(&d->digest, text));
}

static int note_name(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err)
{
    (void)err;
    assert_non_null(desc);
    wp_buf_printf(arg, "%s|%s ", repo, tag);
    return 0;
}

static void assert_names(struct oci_store *s, const char *repo, const char *expected)
{
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    CONTRACT_OK(oci_store_each_name(s, repo, note_name, &b, &err));
    assert_string_equal(b.ptr, expected);
}

static void bind_one(struct oci_store *s, const char *name, const struct oci_desc *d, struct wp_span bytes)
{
    struct wp_err err = {0};
    struct oci_binding b = {.name = name, .desc = d, .bytes = bytes};
    CONTRACT_OK(oci_store_bind(s, &b, 1, 0, &err));
}

static void assert_resolves(struct oci_store *s, const char *name, const struct oci_desc *d)
{
    struct wp_err err = {0};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_desc got;
    struct wp_span bytes;
    CONTRACT_OK(oci_store_resolve(s, name, &a, &got, &bytes, &err));
    assert_true(oci_digest_equal(&got.digest, &d->digest));
    assert_int_equal(bytes.len, d->size);
    assert_string_equal(got.media_type, OCI_MT_MANIFEST);
    assert_null(oci_desc_annotation(&got, OCI_ANNOTATION_REF_NAME));
}

static void test_bytes(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    struct wp_span one_bytes;
    struct wp_span two_bytes;
    struct oci_desc one = contract_manifest(s, &a, "one", NULL, NULL, &one_bytes);
    struct oci_desc two = contract_manifest(s, &a, "two", NULL, NULL, &two_bytes);
    const char *d1 = digest_of(&a, &one);
    const char *d2 = digest_of(&a, &two);
    bind_one(s, "v1", &one, one_bytes);
    assert_string_equal(place_read(p, &a, "index.json"),
                        wp_arena_printf(&a, HEAD NAMED("v1", "%s", "%zu") "]}", d1, one_bytes.len));
    bind_one(s, "team/app:v1", &one, one_bytes);
    bind_one(s, "v2", &two, two_bytes);
    /* A name moves: its old entry goes, its place stays. */
    bind_one(s, "v1", &two, two_bytes);
    assert_string_equal(
        place_read(p, &a, "index.json"),
        wp_arena_printf(
            &a, HEAD NAMED("v1", "%s", "%zu") "," NAMED("team/app:v1", "%s", "%zu") "," NAMED("v2", "%s", "%zu") "]}",
            d2, two_bytes.len, d1, one_bytes.len, d2, two_bytes.len));
    assert_true(place_has_blob(p, &one.digest));
    /* Once without a name, however often it is asked for. */
    bind_one(s, NULL, &one, one_bytes);
    const char *before = place_read(p, &a, "index.json");
    const char *plain = wp_arena_printf(&a, ",{\"digest\":\"%s\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":%zu}]}",
                                        d1, one_bytes.len);
    assert_string_equal(before + strlen(before) - strlen(plain), plain);
    struct stat then;
    struct stat now;
    assert_int_equal(stat(place_path(p, &a, "index.json"), &then), 0);
    bind_one(s, NULL, &one, one_bytes);
    bind_one(s, "v2", &two, two_bytes);
    assert_int_equal(stat(place_path(p, &a, "index.json"), &now), 0);
    assert_int_equal(then.st_ino, now.st_ino);
    assert_string_equal(place_read(p, &a, "index.json"), before);
}

static void test_names(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_CREATE);
    OCI_AUTO_STORE struct oci_store *r = place_open(p, OCI_LAYOUT_READ);
    struct wp_span bytes;
    struct wp_span other_bytes;
    struct oci_desc d = contract_manifest(s, &a, "m", NULL, NULL, &bytes);
    struct oci_desc other = contract_manifest(s, &a, "other", NULL, NULL, &other_bytes);
    struct oci_desc got;
    CONTRACT_FAILS(oci_store_resolve(s, NULL, &a, &got, NULL, &err), WP_E_NOT_FOUND);
    /* An unnamed manifest alone can only be meant. */
    bind_one(s, NULL, &d, bytes);
    assert_resolves(s, NULL, &d);
    bind_one(s, "v1", &d, bytes);
    assert_resolves(s, NULL, &d);
    bind_one(s, "team/app:v1", &other, other_bytes);
    assert_resolves(r, "v1", &d);
    assert_resolves(r, "team/app:v1", &other);
    assert_resolves(r, digest_of(&a, &other), &other);
    assert_int_equal(oci_store_resolve(r, NULL, &a, &got, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_USAGE);
    assert_string_equal(err.hint, "name one of: v1, team/app:v1");
    assert_int_equal(oci_store_resolve(r, "app:v1", &a, &got, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_NOT_FOUND);
    assert_string_equal(err.msg, wp_arena_printf(&a, "oci:%s has no name 'app:v1'", p->path));
    bind_one(s, "team/app:a", &d, bytes);
    bind_one(s, "b", &d, bytes);
    assert_names(r, NULL, "|b |v1 team/app|a team/app|v1 ");
    assert_names(r, "", "|b |v1 ");
    assert_names(r, "team/app", "team/app|a team/app|v1 ");
    assert_names(r, "team", "");
    /* A name whose content is gone. */
    char path[OCI_BLOB_PATH];
    assert_int_equal(unlink(place_path(p, &a, oci_digest_blob_path(&d.digest, path))), 0);
    CONTRACT_FAILS(oci_store_resolve(r, "v1", &a, &got, NULL, &err), WP_E_NOT_FOUND);
    CONTRACT_FAILS(oci_store_resolve(r, "v1", &a, &got, &bytes, &err), WP_E_NOT_FOUND);
}

/* ---- layouts from elsewhere ---- */

#define EMPTY "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define FOREIGN_MANIFEST                                                                                       \
    "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MT_MANIFEST                                                    \
    "\",\"config\":{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"digest\":\"" EMPTY "\",\"size\":2}," \
    "\"layers\":[]}"
#define FOREIGN_DIGEST "sha256:1ccb399e44f3e0ec86bb1a95031c6b9f81ac77860556a81a90acb79bab8005d9"

static void foreign_layout(struct layout_place *p, const char *index)
{
    place_write(p, "oci-layout", wp_span_str("{\"imageLayoutVersion\": \"1.0.0\"}"));
    place_write(p, "blobs/sha256/1ccb399e44f3e0ec86bb1a95031c6b9f81ac77860556a81a90acb79bab8005d9",
                wp_span_str(FOREIGN_MANIFEST));
    place_write(p, "blobs/sha256/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", wp_span_str("{}"));
    place_write(p, "index.json", wp_span_str(index));
}

/* As skopeo writes it, and with members that we do not know. */
static void test_foreign(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    foreign_layout(p, "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" OCI_MT_MANIFEST
                      "\",\"digest\":\"" FOREIGN_DIGEST "\",\"size\":239,\"x\":[1, 2.5],"
                      "\"annotations\":{\"org.opencontainers.image.ref.name\":\"latest\",\"io.x\":\"y\"}}],"
                      "\"annotations\":{\"who\":\"else\"},\"vendor\":{\"b\":1,\"a\":null}}\n");
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_WRITE);
    struct oci_desc d;
    CONTRACT_OK(oci_store_resolve(s, "latest", &a, &d, NULL, &err));
    assert_string_equal(oci_desc_annotation(&d, "io.x"), "y");
    assert_resolves(s, "latest", &d);
    assert_resolves(s, NULL, &d);
    struct wp_span bytes;
    struct oci_desc more = contract_manifest(s, &a, "more", NULL, NULL, &bytes);
    bind_one(s, "more", &more, bytes);
    bind_one(s, "latest", &d, wp_span(NULL, 0));
    assert_string_equal(
        place_read(p, &a, "index.json"),
        wp_arena_printf(&a,
                        "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" OCI_MT_MANIFEST
                        "\",\"digest\":\"" FOREIGN_DIGEST "\",\"size\":239,\"x\":[1,2.5],"
                        "\"annotations\":{\"org.opencontainers.image.ref.name\":\"latest\","
                        "\"io.x\":\"y\"}}," NAMED(
                            "more", "%s", "%zu") "],"
                                                 "\"annotations\":{\"who\":\"else\"},\"vendor\":{\"b\":1,\"a\":null}}",
                        digest_of(&a, &more), bytes.len));
}

static void test_foreign_empty(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct oci_desc d;
    foreign_layout(p, "{\"schemaVersion\":2,\"manifests\":null}");
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_WRITE);
    assert_names(s, NULL, "");
    CONTRACT_OK(oci_store_resolve(s, FOREIGN_DIGEST, &a, &d, NULL, &err));
    assert_string_equal(d.media_type, OCI_MT_MANIFEST);
    CONTRACT_FAILS(oci_store_resolve(s, EMPTY, &a, &d, NULL, &err), WP_E_NOT_FOUND);
    assert_int_equal(unlink(place_path(p, &a, "index.json")), 0);
    assert_names(s, NULL, "");
    CONTRACT_OK(oci_store_resolve(s, FOREIGN_DIGEST, &a, &d, NULL, &err));
    bind_one(s, "v1", &d, wp_span(NULL, 0));
    assert_string_equal(place_read(p, &a, "index.json"),
                        HEAD "{\"annotations\":{\"org.opencontainers.image.ref.name\":\"v1\"},\"digest\":"
                             "\"" FOREIGN_DIGEST "\",\"mediaType\":\"" OCI_MT_MANIFEST "\",\"size\":239}]}");
}

/* Somebody replaces the file in place while we hold the store open. */
static void test_changed_behind(void **state)
{
    struct layout_place *p = *state;
    foreign_layout(p, "{\"schemaVersion\":2,\"manifests\":[]}");
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_READ);
    assert_names(s, NULL, "");
    static const char *const names[] = {"aa", "bb", "cc", "dd"};
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        const char *text = wp_arena_printf(&a,
                                           "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" OCI_MT_MANIFEST
                                           "\",\"digest\":\"" FOREIGN_DIGEST "\",\"size\":239,\"annotations\":{"
                                           "\"org.opencontainers.image.ref.name\":\"%s\"}}]}",
                                           names[i]);
        place_write(p, "index.json", wp_span_str(text));
        assert_names(s, NULL, wp_arena_printf(&a, "|%s ", names[i]));
        /* Not within one tick of the clock that stamps files: now what was read is relied on. */
        const struct timespec tick = {.tv_nsec = 25000000};
        nanosleep(&tick, NULL);
        assert_names(s, NULL, wp_arena_printf(&a, "|%s ", names[i]));
        assert_names(s, NULL, wp_arena_printf(&a, "|%s ", names[i]));
    }
}

static void test_damaged(void **state)
{
    struct layout_place *p = *state;
#define ONE(member) "{\"schemaVersion\":2,\"manifests\":[{" member "}]}"
#define TYPE        "\"mediaType\":\"" OCI_MT_MANIFEST "\","
    static const struct {
        const char *index;
        const char *part; /* of the message */
    } rows[] = {
        {"", "index.json"},
        {"{\"schemaVersion\":2,\"manifests\":[{\"mediaTy", "index.json"},
        {"{\"schemaVersion\":2,\"manifests\":[]}{\"schemaVersion\":2}", "index.json"},
        {"[]", "index.json"},
        {"{\"schemaVersion\":2}", "/manifests: is missing"},
        {"{\"schemaVersion\":1,\"manifests\":[]}", "/schemaVersion: is 1, only 2 is known"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"mediaType\":\"" OCI_MT_MANIFEST "\"}",
         "/mediaType: '" OCI_MT_MANIFEST},
        {"{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}", "/layers: does not belong into an index"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"Manifests\":[]}", "Manifests"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"manifests\":[]}", "manifests"},
        {"{\"schemaVersion\":2,\"manifests\":{}}", "/manifests"},
        {ONE(TYPE "\"digest\":\"sha256:../../x\",\"size\":2"), "/manifests/0/digest"},
        {ONE(TYPE "\"digest\":\"" FOREIGN_DIGEST "\",\"size\":-1"), "/manifests/0/size"},
        {ONE("\"digest\":\"" FOREIGN_DIGEST "\",\"size\":2"), "/manifests/0/mediaType: is missing"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct wp_err err = {0};
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        foreign_layout(p, rows[i].index);
        OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_WRITE);
        struct oci_desc d;
        struct wp_buf none = WP_BUF_INIT;
        assert_int_equal(oci_store_resolve(s, "v1", &a, &d, NULL, &err), -1);
        if (err.code != WP_E_INTEGRITY || strstr(err.msg, rows[i].part) == NULL) {
            fail_msg("row %zu: %s: %s", i, wp_code_slug(err.code), err.msg);
        }
        CONTRACT_FAILS(oci_store_each_name(s, NULL, note_name, &none, &err), WP_E_INTEGRITY);
        struct wp_span bytes;
        struct oci_desc m = contract_manifest(s, &a, "m", NULL, NULL, &bytes);
        struct oci_binding b = {.name = "v1", .desc = &m, .bytes = bytes};
        CONTRACT_FAILS(oci_store_bind(s, &b, 1, 0, &err), WP_E_INTEGRITY);
        /* Nothing that cannot be read is overwritten. */
        assert_string_equal(place_read(p, &a, "index.json"), rows[i].index);
    }
}

static void test_ambiguous(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    static const char index[] =
        "{\"schemaVersion\":2,\"manifests\":[" NAMED("v1", FOREIGN_DIGEST, "239") "," NAMED("v1", EMPTY, "2") "]}";
    foreign_layout(p, index);
    OCI_AUTO_STORE struct oci_store *s = place_open(p, OCI_LAYOUT_WRITE);
    struct oci_desc d;
    assert_int_equal(oci_store_resolve(s, "v1", &a, &d, NULL, &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(err.msg, "'v1' stands in index.json more than once"));
    CONTRACT_FAILS(oci_store_resolve(s, NULL, &a, &d, NULL, &err), WP_E_INTEGRITY);
    assert_names(s, NULL, "|v1 ");
    CONTRACT_OK(oci_store_resolve(s, FOREIGN_DIGEST, &a, &d, NULL, &err));
    bind_one(s, "v1", &d, wp_span(NULL, 0));
    assert_resolves(s, "v1", &d);
    assert_null(strstr(place_read(p, &a, "index.json"), EMPTY));
}

/* ---- referrers ---- */

static int note_referrer(void *arg, const struct oci_desc *desc, struct wp_err *err)
{
    (void)err;
    wp_buf_printf(arg, "%s=%s ", desc->artifact_type, oci_desc_annotation(desc, "seed"));
    return 0;
}

static void assert_referrers(struct oci_store *s, const struct oci_desc *subject, const char *expected)
{
    struct wp_err err = {0};
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    CONTRACT_OK(oci_store_referrers(s, subject, note_referrer, &b, &err));
    assert_string_equal(b.ptr, expected);
}

struct family {
    struct oci_store *s;
    struct oci_desc image, sig, note;
    struct wp_span image_bytes, sig_bytes, note_bytes;
    const char *tag; /* the fallback tag of image */
};

static struct family family(struct layout_place *p, struct wp_arena *a)
{
    struct family f = {.s = place_open(p, OCI_LAYOUT_CREATE)};
    f.image = contract_manifest(f.s, a, "image", NULL, NULL, &f.image_bytes);
    f.sig = contract_manifest(f.s, a, "sig", &f.image, "a/sig", &f.sig_bytes);
    f.note = contract_manifest(f.s, a, "note", &f.image, "a/note", &f.note_bytes);
    bind_one(f.s, "v1", &f.image, f.image_bytes);
    char tag[OCI_DIGEST_TEXT];
    f.tag = wp_arena_str(a, oci_digest_referrers_tag(&f.image.digest, tag));
    return f;
}

/* Both lists are written: plain descriptors for oras, the index under the fallback tag for regctl. */
static void test_referrers_written(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct family f = family(p, &a);
    OCI_AUTO_STORE struct oci_store *s = f.s;
    const struct oci_binding both[] = {{.name = NULL, .desc = &f.sig, .bytes = f.sig_bytes},
                                       {.name = NULL, .desc = &f.note, .bytes = f.note_bytes}};
    CONTRACT_OK(oci_store_bind(s, both, 2, 0, &err));
    const char *index = place_read(p, &a, "index.json");
    assert_non_null(strstr(index, wp_arena_printf(&a,
                                                  "{\"annotations\":{\"seed\":\"sig\"},\"artifactType\":\"a/sig\","
                                                  "\"digest\":\"%s\"",
                                                  digest_of(&a, &f.sig))));
    struct oci_desc list;
    struct wp_span bytes;
    CONTRACT_OK(oci_store_resolve(s, f.tag, &a, &list, &bytes, &err));
    struct oci_manifest m;
    CONTRACT_OK(oci_manifest_parse(bytes, OCI_MT_INDEX, "list", &a, &m, &err));
    assert_int_equal(m.manifest_count, 2);
    assert_string_equal(m.manifests[0].artifact_type, "a/sig");
    assert_string_equal(oci_desc_annotation(&m.manifests[1], "seed"), "note");
    assert_names(s, NULL, "|v1 ");
    /* One list was written, not one for each. */
    assert_int_equal(place_count(p, "blobs/sha256"), 1 + 3 + 3 + 1);

    CONTRACT_OK(oci_store_remove(s, &f.sig, &err));
    assert_referrers(s, &f.image, "a/note=note ");
    CONTRACT_OK(oci_store_resolve(s, f.tag, &a, &list, &bytes, &err));
    CONTRACT_OK(oci_manifest_parse(bytes, OCI_MT_INDEX, "list", &a, &m, &err));
    assert_int_equal(m.manifest_count, 1);
    assert_false(place_has_blob(p, &f.sig.digest));
}

/* oras lists them in index.json only. */
static void test_referrers_oras(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct family f = family(p, &a);
    OCI_AUTO_STORE struct oci_store *s = f.s;
    CONTRACT_OK(oci_store_put(s, &f.sig, f.sig_bytes, &err));
    place_write(p, "index.json",
                wp_span_str(wp_arena_printf(
                    &a,
                    "{\"schemaVersion\":2,\"manifests\":[" NAMED(
                        "v1", "%s", "%zu") ",{\"mediaType\":\"" OCI_MT_MANIFEST "\",\"digest\":\"%s\",\"size\":%zu}]}",
                    digest_of(&a, &f.image), f.image_bytes.len, digest_of(&a, &f.sig), f.sig_bytes.len)));
    assert_referrers(s, &f.image, "a/sig=sig ");
    assert_referrers(s, &f.sig, "");
    /* A new one joins; the list for regctl holds what we were told, and everything is found once. */
    bind_one(s, NULL, &f.note, f.note_bytes);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    CONTRACT_OK(oci_store_referrers(s, &f.image, note_referrer, &b, &err));
    assert_int_equal(b.len, strlen("a/sig=sig a/note=note "));
}

/* regctl lists them in an index under the fallback tag only; entries that lie are left out. */
static void test_referrers_regctl(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct family f = family(p, &a);
    OCI_AUTO_STORE struct oci_store *s = f.s;
    struct wp_span liar_bytes;
    struct oci_desc liar = contract_manifest(s, &a, "liar", &f.sig, "a/liar", &liar_bytes);
    struct wp_span gone_bytes;
    struct oci_desc gone = contract_manifest(s, &a, "gone", &f.image, "a/gone", &gone_bytes);
    CONTRACT_OK(oci_store_put(s, &f.sig, f.sig_bytes, &err));
    CONTRACT_OK(oci_store_put(s, &liar, liar_bytes, &err));
    WP_AUTO_BUF struct wp_buf list = WP_BUF_INIT;
    const struct oci_desc *const entries[] = {&f.sig, &liar, &gone};
    for (size_t i = 0; i < WP_ARRAY_LEN(entries); i++) {
        WP_AUTO_BUF struct wp_buf next = WP_BUF_INIT;
        assert_int_equal(oci_referrers_edit(wp_buf_span(&list), entries[i], 1, false, &next, &err), 1);
        wp_buf_cut(&list, 0);
        wp_buf_add(&list, next.ptr, next.len);
    }
    struct oci_desc d = contract_desc(WP_SHA256, wp_buf_span(&list), OCI_MT_INDEX);
    CONTRACT_OK(oci_store_put(s, &d, wp_buf_span(&list), &err));
    bind_one(s, f.tag, &d, wp_span(NULL, 0));
    assert_referrers(s, &f.image, "a/sig=sig ");
    assert_names(s, NULL, "|v1 ");
    /* Under the name of a repository too. */
    struct oci_binding moved[] = {{.name = f.tag}, {.name = wp_arena_printf(&a, "team/app:%s", f.tag), .desc = &d}};
    CONTRACT_OK(oci_store_bind(s, moved, 2, OCI_BIND_ATOMIC, &err));
    assert_referrers(s, &f.image, "a/sig=sig ");
    assert_names(s, NULL, "|v1 ");
}

/* Leaving a damaged signature out would be a lie; one that is simply not there is not one. */
static void damage_referrer(struct layout_place *p, bool listed)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct family f = family(p, &a);
    OCI_AUTO_STORE struct oci_store *s = f.s;
    bind_one(s, NULL, &f.sig, f.sig_bytes);
    bind_one(s, NULL, &f.note, f.note_bytes);
    if (!listed) {
        struct oci_binding gone = {.name = f.tag};
        CONTRACT_OK(oci_store_bind(s, &gone, 1, 0, &err));
    }
    char path[OCI_BLOB_PATH];
    oci_digest_blob_path(&f.sig.digest, path);
    place_write(p, path, wp_span_str("damaged"));
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    OCI_AUTO_STORE struct oci_store *r = place_open(p, OCI_LAYOUT_READ);
    assert_int_equal(oci_store_referrers(r, &f.image, note_referrer, &b, &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(err.msg, digest_of(&a, &f.sig)));
    assert_int_equal(b.len, 0);
    assert_int_equal(unlink(place_path(p, &a, path)), 0);
    assert_referrers(r, &f.image, "a/note=note ");
    /* It comes back without index.json changing. */
    place_write(p, path, f.sig_bytes);
    CONTRACT_OK(oci_store_referrers(r, &f.image, note_referrer, &b, &err));
    assert_int_equal(b.len, strlen("a/sig=sig a/note=note "));
}

/* What is not there yet is looked for again, although index.json stays as it is. */
static void test_referrers_late(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct family f = family(p, &a);
    OCI_AUTO_STORE struct oci_store *s = f.s;
    place_write(p, "index.json",
                wp_span_str(wp_arena_printf(
                    &a,
                    "{\"schemaVersion\":2,\"manifests\":[" NAMED(
                        "v1", "%s", "%zu") ",{\"mediaType\":\"" OCI_MT_MANIFEST "\",\"digest\":\"%s\",\"size\":%zu}]}",
                    digest_of(&a, &f.image), f.image_bytes.len, digest_of(&a, &f.sig), f.sig_bytes.len)));
    const struct timespec tick = {.tv_nsec = 25000000};
    nanosleep(&tick, NULL);
    assert_referrers(s, &f.image, "");
    assert_referrers(s, &f.image, "");
    char path[OCI_BLOB_PATH];
    place_write(p, oci_digest_blob_path(&f.sig.digest, path), f.sig_bytes);
    assert_referrers(s, &f.image, "a/sig=sig ");
}

static void test_referrers_damaged_list(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct family f = family(p, &a);
    OCI_AUTO_STORE struct oci_store *s = f.s;
    CONTRACT_OK(oci_store_put(s, &f.sig, f.sig_bytes, &err));
    WP_AUTO_BUF struct wp_buf list = WP_BUF_INIT;
    assert_int_equal(oci_referrers_edit(wp_span(NULL, 0), &f.sig, 1, false, &list, &err), 1);
    struct oci_desc d = contract_desc(WP_SHA256, wp_buf_span(&list), OCI_MT_INDEX);
    bind_one(s, f.tag, &d, wp_buf_span(&list));
    assert_referrers(s, &f.image, "a/sig=sig ");
    char path[OCI_BLOB_PATH];
    place_write(p, oci_digest_blob_path(&d.digest, path), wp_span_str("damaged"));
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    assert_int_equal(oci_store_referrers(s, &f.image, note_referrer, &b, &err), -1);
    assert_int_equal(err.code, WP_E_INTEGRITY);
    assert_non_null(strstr(err.msg, digest_of(&a, &d)));
}

static void test_referrers_damaged(void **state)
{
    damage_referrer(*state, true);
}

static void test_referrers_damaged_plain(void **state)
{
    damage_referrer(*state, false);
}

/* A damaged image that has a name is no signature of another one. */
static void test_referrers_beside_damage(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct family f = family(p, &a);
    OCI_AUTO_STORE struct oci_store *s = f.s;
    struct wp_span bytes;
    struct oci_desc other = contract_manifest(s, &a, "other", NULL, NULL, &bytes);
    bind_one(s, "other", &other, bytes);
    bind_one(s, NULL, &f.sig, f.sig_bytes);
    char path[OCI_BLOB_PATH];
    place_write(p, oci_digest_blob_path(&other.digest, path), wp_span_str("damaged"));
    assert_referrers(s, &f.image, "a/sig=sig ");
}

/* A tag of that form which leads to something else is not overwritten. */
static void test_fallback_taken(void **state)
{
    struct layout_place *p = *state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct family f = family(p, &a);
    OCI_AUTO_STORE struct oci_store *s = f.s;
    bind_one(s, f.tag, &f.image, f.image_bytes);
    bind_one(s, NULL, &f.sig, f.sig_bytes);
    assert_resolves(s, f.tag, &f.image);
    assert_referrers(s, &f.image, "a/sig=sig ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bytes, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_names, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_foreign, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_foreign_empty, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_changed_behind, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_damaged, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_ambiguous, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_referrers_written, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_referrers_oras, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_referrers_regctl, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_referrers_late, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_referrers_damaged_list, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_referrers_damaged, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_referrers_damaged_plain, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_referrers_beside_damage, place_setup, place_teardown),
        cmocka_unit_test_setup_teardown(test_fallback_taken, place_setup, place_teardown),
    };
    return cmocka_run_group_tests_name("layout index", tests, NULL, NULL);
}
