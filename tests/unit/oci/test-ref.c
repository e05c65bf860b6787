/* SPDX-License-Identifier: Apache-2.0
 *
 * References: what each form means, and what is said about the others. */
#include "oci/ref.h"
#include "tests/unit/unit.h"

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define DIG "sha256:" HEX
#define R16 "0123456789abcdef"
#define R64 R16 R16 R16 R16

static const struct {
    const char *in;
    enum oci_ref_kind kind;
    const char *base;
    const char *name;
    const char *text; /* NULL: as typed */
} accepted[] = {
    {"ghcr.io/acme/hello:1.0", OCI_REF_REGISTRY, "ghcr.io/acme/hello", "1.0", NULL},
    {"ghcr.io/hello", OCI_REF_REGISTRY, "ghcr.io/hello", NULL, NULL},
    {"ghcr.io/hello@" DIG, OCI_REF_REGISTRY, "ghcr.io/hello", NULL, NULL},
    {"ghcr.io/hello:1@" DIG, OCI_REF_REGISTRY, "ghcr.io/hello", "1", NULL},
    {"ghcr.io/hello:1,1.0,latest", OCI_REF_REGISTRY, "ghcr.io/hello", "1", NULL},
    {"ghcr.io/hello:1,2@" DIG, OCI_REF_REGISTRY, "ghcr.io/hello", "1", NULL},
    {"ghcr.io/hello:sha256-" HEX, OCI_REF_REGISTRY, "ghcr.io/hello", "sha256-" HEX, NULL},
    {"ghcr.io/hello:sha256-" HEX ".sig", OCI_REF_REGISTRY, "ghcr.io/hello", "sha256-" HEX ".sig", NULL},
    {"localhost/hello", OCI_REF_REGISTRY, "localhost/hello", NULL, NULL},
    {"localhost:5000/a/b_c/d__e/f---g/h.i:T_-.x", OCI_REF_REGISTRY, "localhost:5000/a/b_c/d__e/f---g/h.i", "T_-.x",
     NULL},
    {"registry:80/a", OCI_REF_REGISTRY, "registry:80/a", NULL, NULL},
    {"127.0.0.1:65535/a:_", OCI_REF_REGISTRY, "127.0.0.1:65535/a", "_", NULL},
    {"[::1]/a", OCI_REF_REGISTRY, "[::1]/a", NULL, NULL},
    {"[2001:DB8::1]:5000/a:1", OCI_REF_REGISTRY, "[2001:db8::1]:5000/a", "1", "[2001:db8::1]:5000/a:1"},
    {"GHCR.io/a:B", OCI_REF_REGISTRY, "ghcr.io/a", "B", "ghcr.io/a:B"},
    {"docker://ghcr.io/a:1", OCI_REF_REGISTRY, "ghcr.io/a", "1", "ghcr.io/a:1"},
    {"oci://ghcr.io/a:1", OCI_REF_REGISTRY, "ghcr.io/a", "1", "ghcr.io/a:1"},
    {"docker.io/hello:1", OCI_REF_REGISTRY, "docker.io/library/hello", "1", "docker.io/library/hello:1"},
    {"docker.io/acme/hello", OCI_REF_REGISTRY, "docker.io/acme/hello", NULL, NULL},
    {"index.docker.io/hello", OCI_REF_REGISTRY, "docker.io/library/hello", NULL, "docker.io/library/hello"},
    {"registry-1.docker.io/a/b", OCI_REF_REGISTRY, "docker.io/a/b", NULL, "docker.io/a/b"},
    {"oci:dir", OCI_REF_LAYOUT, "oci:dir", NULL, NULL},
    {"oci:/abs/dir:v1", OCI_REF_LAYOUT, "oci:/abs/dir", "v1", NULL},
    {"oci:./d:acme/hello:1.0", OCI_REF_LAYOUT, "oci:./d", "acme/hello:1.0", NULL},
    {"oci:d:hello:1.0", OCI_REF_LAYOUT, "oci:d", "hello:1.0", NULL},
    {"oci:d@" DIG, OCI_REF_LAYOUT, "oci:d", NULL, NULL},
    {"oci:d:v1@" DIG, OCI_REF_LAYOUT, "oci:d", "v1", NULL},
    {"oci:a@b/c@d:v1", OCI_REF_LAYOUT, "oci:a@b/c@d", "v1", NULL},
    {"oci:a@shared:v1", OCI_REF_LAYOUT, "oci:a@shared", "v1", NULL},
    {"oci:a@b@" DIG, OCI_REF_LAYOUT, "oci:a@b", NULL, NULL},
    {"oci:d:sha256-" HEX, OCI_REF_LAYOUT, "oci:d", "sha256-" HEX, NULL},
    {"ocidir://d:v1", OCI_REF_LAYOUT, "oci:d", "v1", "oci:d:v1"},
    {"ocidir:////abs", OCI_REF_LAYOUT, "oci:/abs", NULL, "oci:/abs"},
    {"oci-archive:f.tar", OCI_REF_ARCHIVE, "oci-archive:f.tar", NULL, NULL},
    {"oci-archive:/a/f.tar:a/b:1@" DIG, OCI_REF_ARCHIVE, "oci-archive:/a/f.tar", "a/b:1", NULL},
};

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(accepted); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct oci_ref ref;
        struct wp_err err = {0};
        if (oci_ref_parse(&a, accepted[i].in, &ref, &err) != 0) {
            fail_msg("%s", err.msg);
        }
        assert_int_equal(ref.kind, accepted[i].kind);
        assert_string_equal(oci_ref_base(&a, &ref), accepted[i].base);
        if (accepted[i].name == NULL) {
            assert_null(ref.name);
        } else {
            assert_string_equal(ref.name, accepted[i].name);
        }
        assert_non_null(ref.more);
        const char *text = accepted[i].text != NULL ? accepted[i].text : accepted[i].in;
        assert_string_equal(oci_ref_text(&a, &ref), text);
        assert_int_equal(ref.has_digest, strchr(text, '@') != NULL && strstr(text, "@" DIG) != NULL);
        assert_int_equal(ref.kind == OCI_REF_REGISTRY, ref.path == NULL && ref.host != NULL && ref.repo != NULL);
    }
}

static void test_parts(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_ref ref;
    struct wp_err err = {0};
    assert_int_equal(oci_ref_parse(&a, "localhost:5000/a/b:x,y,z@" DIG, &ref, &err), 0);
    assert_string_equal(ref.host, "localhost:5000");
    assert_string_equal(ref.repo, "a/b");
    assert_string_equal(ref.name, "x");
    assert_string_equal(ref.more[0], "y");
    assert_string_equal(ref.more[1], "z");
    assert_null(ref.more[2]);
    char text[OCI_DIGEST_TEXT];
    assert_string_equal(oci_digest_text(&ref.digest, text), DIG);
    assert_int_equal(oci_ref_parse(&a, "oci:/tmp/d:r:t", &ref, &err), 0);
    assert_string_equal(ref.path, "/tmp/d");
    assert_null(ref.host);
    assert_null(ref.repo);
    assert_null(ref.more[0]);
    assert_false(ref.has_digest);
}

static const struct {
    const char *in;
    const char *msg;
    const char *hint;
} refused[] = {
    {"hello:1", "'hello:1' names no registry host", "a reference names its host: try docker.io/library/hello:1"},
    {"hello", "'hello' names no registry host", "a reference names its host: try docker.io/library/hello"},
    {"acme/hello:1", "'acme/hello:1' names no registry host", "a reference names its host: try docker.io/acme/hello:1"},
    {"docker://hello", "'docker://hello' names no registry host",
     "a reference names its host: try docker.io/library/hello"},
    {"Acme/hello", "'Acme/hello' names no registry host",
     "a reference is host/repo:tag, oci:DIR:tag or oci-archive:FILE:tag"},
    {"", "'' names no registry host", "a reference is host/repo:tag, oci:DIR:tag or oci-archive:FILE:tag"},
    {"ghcr.io", "'ghcr.io' names no repository", "a reference is host/repo:tag, for example ghcr.io/hello:1"},
    {"localhost:5000", "'localhost:5000' names no repository",
     "a reference is host/repo:tag, for example localhost:5000/hello:1"},
    {"https://ghcr.io/a", "'https://ghcr.io/a' is a URL, not a reference",
     "leave out everything up to '//': host/repo:tag"},
    {"./dir", "'./dir' is a path, not a reference", "for a layout folder write oci:./dir"},
    {"/abs/dir", "'/abs/dir' is a path, not a reference", "for a layout folder write oci:/abs/dir"},
    {"oci:///abs/dir", "'oci:///abs/dir' names no registry host", "for a layout folder write oci:/abs/dir"},
    {"ghcr..io/a", "'ghcr..io/a': host 'ghcr..io' is not a host name or address with an optional port", ""},
    {"-a.io/a", "'-a.io/a': host '-a.io' is not a host name or address with an optional port", ""},
    {"a-.io/a", "'a-.io/a': host 'a-.io' is not a host name or address with an optional port", ""},
    {"a.io:/a", "'a.io:/a': host 'a.io:' is not a host name or address with an optional port", ""},
    {"a.io:0/a", "'a.io:0/a': host 'a.io:0' is not a host name or address with an optional port", ""},
    {"a.io:65536/a", "'a.io:65536/a': host 'a.io:65536' is not a host name or address with an optional port", ""},
    {"u:p@a.io/a", "'u:p@a.io/a': host 'u:p@a.io' is not a host name or address with an optional port", ""},
    {"[::1/a", "'[::1/a': host '[::1' is not a host name or address with an optional port", ""},
    {"a.io\x1b/b", "'a.io\\x1b/b': host 'a.io\\x1b' is not a host name or address with an optional port", ""},
    {"ghcr.io/", "'ghcr.io/': repository '' is empty", ""},
    {"ghcr.io/Acme/x:1", "'ghcr.io/Acme/x:1': repository 'Acme/x' has upper-case letters", "write it in lower case"},
    {"ghcr.io/a//b", "'ghcr.io/a//b': repository 'a//b' has an empty part between or beside '/'", ""},
    {"ghcr.io/../b", "'ghcr.io/../b': repository '../b' has a part that does not start with a letter or digit", ""},
    {"ghcr.io/a?x=1", "'ghcr.io/a?x=1': repository 'a?x=1' has other characters than a-z, 0-9, '.', '_', '-' and '/'",
     ""},
    {"ghcr.io/a:", "'ghcr.io/a:': tag '' is empty", ""},
    {"ghcr.io/a:1,,2", "'ghcr.io/a:1,,2': tag '' is empty", ""},
    {"ghcr.io/a:1,", "'ghcr.io/a:1,': tag '' is empty", ""},
    {"ghcr.io/a:1.0+x", "'ghcr.io/a:1.0+x': tag '1.0+x' has a '+', which tags cannot hold", ""},
    {"ghcr.io/a:../x", "'ghcr.io/a:../x': tag '../x' does not start with a letter, digit or '_'", ""},
    {"ghcr.io/a:b/c", "'ghcr.io/a:b/c': tag 'b/c' has other characters than A-Z, a-z, 0-9, '.', '_', '-'", ""},
    {"ghcr.io/a@", "'ghcr.io/a@' ends in '@' without a digest", ""},
    {"ghcr.io/a@latest", "'ghcr.io/a@latest': 'latest' is not a digest: expected 'sha256:' and 64 hex digits", ""},
    {"ghcr.io/a@sha256-" HEX,
     "'ghcr.io/a@sha256-" HEX "': 'sha256-" HEX "' is not a digest: expected 'sha256:' and 64 hex digits",
     "in a digest a ':' follows the algorithm: sha256:" HEX},
    {"ghcr.io/a@sha256:12", "'ghcr.io/a@sha256:12': 'sha256:12' is not a digest: it has 2 hex digits, expected 64", ""},
    {"ghcr.io/a@" DIG ":1", "'ghcr.io/a@" DIG ":1': '" DIG ":1' is not a digest: it has other than hex digits", ""},
    {"oci:", "'oci:' names no folder", ""},
    {"oci::v1", "'oci::v1' names no folder", ""},
    {"oci-archive:", "'oci-archive:' names no file", ""},
    {"oci:d:", "'oci:d:': tag '' is empty", ""},
    {"oci:d:a/b", "'oci:d:a/b': name 'a/b' has a repository and no tag",
     "a name in a layout is a tag or repo:tag, for example a/b:latest"},
    {"oci:d:A/b:1", "'oci:d:A/b:1': repository 'A/b' has upper-case letters", ""},
    {"oci:d::1", "'oci:d::1': repository '' is empty", ""},
    {"oci:d:../x:1", "'oci:d:../x:1': repository '../x' has a part that does not start with a letter or digit", ""},
    {"oci:d:a,b", "'oci:d:a,b': tag 'a,b' has other characters than A-Z, a-z, 0-9, '.', '_', '-'", ""},
    {"oci:d@", "'oci:d@' ends in '@' without a digest", ""},
    {"oci:d:v@x", "'oci:d:v@x': 'x' is not a digest: expected 'sha256:' and 64 hex digits", ""},
    {"oci:d@SHA256:" HEX,
     "'oci:d@SHA256:" HEX "': 'SHA256:" HEX "' is not a digest: the algorithm must be in lower case", ""},
    {"oci:d@md5:d41d8cd98f00b204e9800998ecf8427e",
     "'oci:d@md5:d41d8cd98f00b204e9800998ecf8427e': 'md5:d41d8cd98f00b204e9800998ecf8427e' is not a digest: the "
     "algorithm is neither sha256 nor sha512",
     ""},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(refused); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct oci_ref ref = {.path = "untouched"};
        struct wp_err err = {0};
        if (oci_ref_parse(&a, refused[i].in, &ref, &err) != -1) {
            fail_msg("accepted: %s", refused[i].in);
        }
        assert_int_equal(err.code, WP_E_USAGE);
        assert_string_equal(err.msg, refused[i].msg);
        assert_string_equal(err.hint, refused[i].hint);
        assert_string_equal(ref.path, "untouched");
    }
}

static void test_lengths(void **state)
{
    (void)state;
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_ref ref;
    struct wp_err err = {0};
    /* "a.io" and '/' take 5 of 255 characters. */
    char repo[301];
    memset(repo, 'r', sizeof(repo));
    repo[250] = '\0';
    assert_int_equal(oci_ref_parse(&a, wp_arena_printf(&a, "a.io/%s", repo), &ref, &err), 0);
    assert_int_equal(oci_ref_parse(&a, wp_arena_printf(&a, "a.io/%sr", repo), &ref, &err), -1);
    assert_non_null(strstr(err.msg, "host and repository together are longer than 255 characters"));
    repo[250] = 'r';
    repo[300] = '\0';
    assert_string_equal(oci_ref_repo_problem(repo), "is longer than 255 characters");
    assert_int_equal(oci_ref_parse(&a, wp_arena_printf(&a, "a.io/a:%s%s", R64, R64), &ref, &err), 0);
    assert_int_equal(oci_ref_parse(&a, wp_arena_printf(&a, "a.io/a:%s%sx", R64, R64), &ref, &err), -1);
    assert_non_null(strstr(err.msg, "is longer than 128 characters"));
}

static void test_repo(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "0", "a/b/c", "a.b", "a_b", "a__b", "a-b", "a-----b", "a.b_c__d-e/f.0"};
    for (size_t i = 0; i < WP_ARRAY_LEN(good); i++) {
        assert_null(oci_ref_repo_problem(good[i]));
    }
    static const char *const bad[] = {"",         "/",     "/a",   "a/",   "a//b", ".a",    "a.",   "_a",
                                      "a_",       "-a",    "a-",   "a..b", "a._b", "a___b", "a_-b", "a-.b",
                                      "A",        "a b",   "a\n",  "a:b",  "a@b",  "..",    "a/..", "a/./b",
                                      "\xc3\xbc", "a%2fb", "a/-b", "a\\b", "a__",  "a/b."};
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        if (oci_ref_repo_problem(bad[i]) == NULL) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
    assert_string_equal(oci_ref_repo_problem("a..b"), "has separators in a row other than '__' or dashes");
    assert_string_equal(oci_ref_repo_problem("a./b"), "has a part that does not end with a letter or digit");
}

static void test_looks_like(void **state)
{
    (void)state;
    static const char *const yes[] = {"ghcr.io/a", "localhost/a", "LOCALHOST/a", "h:5000/a",      "[::1]:5/a",  "oci:d",
                                      "oci://x",   "ocidir://d",  "docker://x",  "oci-archive:f", "ghcr.io/A b"};
    for (size_t i = 0; i < WP_ARRAY_LEN(yes); i++) {
        assert_true(oci_ref_looks_like(yes[i]));
    }
    static const char *const no[] = {"",       "a",       "a/b", "hello.wasm", "./a.wasm",  "../a/b",
                                     "/abs/a", "ghcr.io", "a:1", "file",       ".hidden/a", "h:x/a"};
    for (size_t i = 0; i < WP_ARRAY_LEN(no); i++) {
        assert_false(oci_ref_looks_like(no[i]));
    }
}

static void test_split(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *repo;
        const char *tag;
    } rows[] = {
        {"1.0", "", "1.0"},
        {"a:1", "a", "1"},
        {"a/b:1", "a/b", "1"},
        {"localhost:5000/a:1", "localhost:5000/a", "1"},
        {"localhost:5000/a", "", "localhost:5000/a"},
        {":1", "", "1"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        const char *repo = NULL;
        const char *tag = NULL;
        oci_name_split(&a, rows[i].name, &repo, &tag);
        assert_string_equal(repo, rows[i].repo);
        assert_string_equal(tag, rows[i].tag);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted), cmocka_unit_test(test_parts), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lengths),  cmocka_unit_test(test_repo),  cmocka_unit_test(test_looks_like),
        cmocka_unit_test(test_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
