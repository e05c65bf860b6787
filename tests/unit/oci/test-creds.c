/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials: order of places, forms of keys, helpers (small scripts written by the test), login and logout. */
#include "base/fs.h"
#include "base/mem.h"
#include "oci/creds-parts.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    char dir[64];
    struct wp_arena a;
    struct wp_err err;
    struct wp_buf warnings;
    struct oci_creds_opts opts;
};

static void on_warn(void *arg, const char *text)
{
    struct fixture *f = arg;
    wp_buf_printf(&f->warnings, "%s\n", text);
}

static int setup(void **state)
{
    struct fixture *f = wp_xcalloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/wpack-creds-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->warnings = (struct wp_buf)WP_BUF_INIT;
    f->opts.warn = on_warn;
    f->opts.warn_arg = f;
    WP_AUTO_FREE char *path = wp_xasprintf("%s:/usr/bin:/bin", f->dir);
    setenv("PATH", path, 1);
    setenv("HELPER_DIR", f->dir, 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"config.json",
                                        "auth.json",
                                        "home.json",
                                        "reg.json",
                                        "sub/config.json",
                                        "sub",
                                        "log",
                                        "docker-credential-good",
                                        "docker-credential-bad",
                                        "docker-credential-slow",
                                        "docker-credential-loud",
                                        "docker-credential-junk",
                                        "docker-credential-half",
                                        "docker-credential-token",
                                        "secret"};
    struct fixture *f = *state;
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        WP_AUTO_FREE char *path = wp_xasprintf("%s/%s", f->dir, names[i]);
        (void)remove(path);
    }
    assert_int_equal(rmdir(f->dir), 0);
    wp_arena_done(&f->a);
    wp_buf_done(&f->warnings);
    free(f);
    return 0;
}

static const char *in_dir(struct fixture *f, const char *name)
{
    return wp_arena_printf(&f->a, "%s/%s", f->dir, name);
}

static const char *put(struct fixture *f, const char *name, const char *text, unsigned mode)
{
    const char *path = in_dir(f, name);
    assert_int_equal(wp_fs_replace(path, wp_span_str(text), mode, &f->err), 0);
    return path;
}

static const char *content(struct fixture *f, const char *name)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    if (wp_fs_read(in_dir(f, name), 100000, &b, &f->err) != 0) {
        fail_msg("%s", f->err.msg);
    }
    return wp_arena_str(&f->a, b.ptr);
}

static int look(struct fixture *f, const char *host, const char *repo, struct oci_cred *ret)
{
    struct oci_creds *c = oci_creds_new(&f->opts);
    *ret = (struct oci_cred){0};
    int rc = oci_creds_get(c, host, repo, &f->a, ret, &f->err);
    oci_creds_free(c);
    return rc;
}

static struct oci_cred must_look(struct fixture *f, const char *host, const char *repo)
{
    struct oci_cred cred;
    if (look(f, host, repo, &cred) != 0) {
        fail_msg("%s", f->err.msg);
    }
    return cred;
}

static void check_text(const char *got, const char *want)
{
    assert_string_equal(got ? got : "(null)", want ? want : "(null)");
}

static void check_user(struct fixture *f, const char *host, const char *repo, const char *user)
{
    check_text(must_look(f, host, repo).username, user);
}

static void test_nothing(void **state)
{
    struct fixture *f = *state;
    f->opts.docker_config = f->dir;
    f->opts.home_auth = in_dir(f, "home.json");
    struct oci_cred cred = must_look(f, "ghcr.io", "a/b");
    assert_null(cred.username);
    assert_null(cred.password);
    assert_null(cred.identity_token);
    assert_null(cred.registry_token);
    assert_null(cred.problem);
    assert_int_equal(f->warnings.len, 0);
}

static void test_flags(void **state)
{
    struct fixture *f = *state;
    f->opts.username = "u";
    f->opts.password = "p";
    f->opts.only_host = "index.docker.io";
    check_user(f, "docker.io", NULL, "u");
    check_user(f, "ghcr.io", NULL, NULL);
    f->opts.only_host = NULL;
    check_user(f, "ghcr.io", NULL, "u");
    check_text(must_look(f, "ghcr.io", NULL).source, "the command line or environment");
    f->opts.password = NULL;
    check_user(f, "ghcr.io", NULL, NULL);
    f->opts.identity_token = "t";
    check_text(must_look(f, "ghcr.io", NULL).identity_token, "t");
}

/* Each file has another user for the host; taking the first away uncovers the next. */
static void test_order(void **state)
{
    struct fixture *f = *state;
    static const char form[] = "{\"auths\":{\"h.test\":{\"auth\":\"%s\"}}}";
    const struct {
        const char *name, *auth, *user; /* base64 of user:p */
    } rows[] = {{"reg.json", "cjpw", "r"},
                {"auth.json", "YTpw", "a"},
                {"config.json", "ZDpw", "d"},
                {"secret", "dDpw", "t"},
                {"home.json", "aDpw", "h"}};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        put(f, rows[i].name, wp_arena_printf(&f->a, form, rows[i].auth), 0600);
    }
    const char **places[] = {&f->opts.registry_config, &f->opts.registry_auth_file, &f->opts.docker_config,
                             &f->opts.runtime_auth, &f->opts.home_auth};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        *places[i] = i == 2 ? f->dir : in_dir(f, rows[i].name);
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        struct oci_cred cred = must_look(f, "h.test", "x");
        check_text(cred.username, rows[i].user);
        check_text(cred.password, "p");
        check_text(cred.source, in_dir(f, rows[i].name));
        *places[i] = NULL;
    }
    check_user(f, "h.test", "x", NULL);
}

static void test_keys(void **state)
{
    (void)state;
    const struct {
        const char *key, *host, *repo;
        size_t match;
    } rows[] = {
        {"ghcr.io", "ghcr.io", NULL, 1},
        {"https://ghcr.io", "ghcr.io", NULL, 1},
        {"https://ghcr.io/v1/", "ghcr.io", NULL, 1},
        {"https://ghcr.io/v2/", "ghcr.io", NULL, 1},
        {"http://GHCR.io/", "ghcr.io", NULL, 1},
        {"https://index.docker.io/v1/", "docker.io", "library/x", 1},
        {"registry-1.docker.io", "index.docker.io", NULL, 1},
        {"ghcr.io:443", "ghcr.io", NULL, 0},
        {"reg:5000", "reg:5000", NULL, 1},
        {"ghcr.io/a", "ghcr.io", "a/b", 3},
        {"ghcr.io/a/b", "ghcr.io", "a/b", 5},
        {"ghcr.io/a/b", "ghcr.io", "a/bc", 0},
        {"ghcr.io/a", "ghcr.io", NULL, 0},
        {"ghcr.io/a", "ghcr.io", "ab", 0},
        {"ghcr.io.evil.com", "ghcr.io", NULL, 0},
        {"evil-ghcr.io", "ghcr.io", NULL, 0},
        {"io", "ghcr.io", NULL, 0},
        {"", "ghcr.io", NULL, 0},
        {"/", "", NULL, 0},
        {"https://", "ghcr.io", NULL, 0},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        size_t match = creds_key_match(rows[i].key, rows[i].host, rows[i].repo);
        if (match != rows[i].match) {
            fail_msg("'%s' for '%s': %zu, expected %zu", rows[i].key, rows[i].host, match, rows[i].match);
        }
    }
}

static void test_longest_namespace_wins(void **state)
{
    struct fixture *f = *state;
    f->opts.registry_auth_file = put(f, "auth.json",
                                     "{\"auths\":{\"h.test/a\":{\"auth\":\"YTpw\"},\"h.test\":{\"auth\":\"aDpw\"},"
                                     "\"h.test/a/b\":{\"auth\":\"Yjpw\"},\"other.test\":{\"auth\":\"bzpw\"}}}",
                                     0644);
    check_user(f, "h.test", "a/b", "b");
    check_user(f, "h.test", "a/b/c", "b");
    check_user(f, "h.test", "a/x", "a");
    check_user(f, "h.test", "x", "h");
    check_user(f, "h.test", NULL, "h");
    check_user(f, "h.test.evil", "a", NULL);
}

static void test_entry_forms(void **state)
{
    struct fixture *f = *state;
    f->opts.registry_config =
        put(f, "config.json",
            "{\"auths\":{\"a\":{\"username\":\"u\",\"password\":\"p:q\"},\"b\":{\"auth\":\"dTpwOnE=\"},"
            "\"c\":{\"auth\":\"dTo=\",\"identitytoken\":\"it\"},\"d\":{\"registrytoken\":\"rt\"},\"e\":{},"
            "\"f\":{\"email\":\"x\"},\"https://docker.io\":{},\"https://index.docker.io/v1/\":{\"auth\":\"dTpw\"},"
            "\"g\":{\"auth\":\"!!\"},\"h\":{\"auth\":\"dQ==\"}}}",
            0600);
    check_text(must_look(f, "a", NULL).password, "p:q");
    check_text(must_look(f, "b", NULL).password, "p:q");
    check_text(must_look(f, "b", NULL).username, "u");
    struct oci_cred c = must_look(f, "c", NULL);
    check_text(c.identity_token, "it");
    check_text(c.username, "u");
    check_text(c.password, NULL);
    check_text(must_look(f, "d", NULL).registry_token, "rt");
    check_text(must_look(f, "e", NULL).source, NULL);
    check_text(must_look(f, "f", NULL).source, NULL);
    check_user(f, "docker.io", NULL, "u");
    for (const char *host = "gh"; *host; host++) {
        struct oci_cred cred;
        const char name[] = {*host, '\0'};
        assert_int_equal(look(f, name, NULL, &cred), -1);
        assert_int_equal(f->err.code, WP_E_INPUT);
        assert_non_null(strstr(f->err.msg, "has an auth member that is not base64 of user:password"));
    }
}

static void test_broken_files(void **state)
{
    struct fixture *f = *state;
    struct oci_cred cred;
    f->opts.registry_config = in_dir(f, "reg.json");
    assert_int_equal(look(f, "h.test", NULL, &cred), -1);
    assert_int_equal(f->err.code, WP_E_NOT_FOUND);
    put(f, "reg.json", "{\"auths\":", 0600);
    assert_int_equal(look(f, "h.test", NULL, &cred), -1);
    assert_int_equal(f->err.code, WP_E_INPUT);
    put(f, "reg.json", "[]", 0600);
    assert_int_equal(look(f, "h.test", NULL, &cred), -1);

    /* Nobody named this one: a warning. */
    f->opts.registry_config = NULL;
    f->opts.docker_config = f->dir;
    put(f, "config.json", "{", 0600);
    f->opts.home_auth = put(f, "home.json", "{\"auths\":{\"h.test\":{\"auth\":\"aDpw\"}}}", 0600);
    check_user(f, "h.test", NULL, "h");
    assert_non_null(strstr(f->warnings.ptr, "config.json"));
    assert_non_null(must_look(f, "other.test", NULL).problem);
}

#define SCRIPT "#!/bin/sh\nread url\nprintf '%s %s\\n' \"$1\" \"$url\" >>\"$HELPER_DIR/log\"\n"

static void test_helpers(void **state)
{
    struct fixture *f = *state;
    put(f, "docker-credential-good",
        SCRIPT "case $url in *.test) echo '{\"ServerURL\":\"x\",\"Username\":\"u\",\"Secret\":\"s\"}';;\n"
               "*) echo 'credentials not found in native keychain'; exit 1;; esac\n",
        0755);
    put(f, "docker-credential-token", SCRIPT "echo '{\"Username\":\"<token>\",\"Secret\":\"idt\"}'\n", 0755);
    f->opts.registry_config = put(f, "config.json",
                                  "{\"credsStore\":\"good\",\"credHelpers\":{\"t.example\":\"token\","
                                  "\"gone.example\":\"gone\",\"evil.example\":\"../sh\"},"
                                  "\"auths\":{\"plain.example\":{\"auth\":\"aDpw\"}}}",
                                  0600);
    struct oci_cred cred = must_look(f, "h.test", "a/b");
    check_text(cred.username, "u");
    check_text(cred.password, "s");
    check_text(cred.source, "helper 'good'");
    cred = must_look(f, "t.example", NULL);
    check_text(cred.identity_token, "idt");
    check_text(cred.username, NULL);
    check_user(f, "plain.example", NULL, "h"); /* not in the helper, but in the file */
    check_user(f, "docker.io", NULL, NULL);
    check_text(content(f, "log"), "get h.test\nget t.example\nget plain.example\nget https://plain.example\n"
                                  "get https://index.docker.io/v1/\nget docker.io\nget index.docker.io\n"
                                  "get registry-1.docker.io\n");
    assert_int_equal(f->warnings.len, 0);

    cred = must_look(f, "gone.example", NULL);
    check_text(cred.username, NULL);
    const char *missing = wp_arena_printf(
        &f->a, "credential helper 'docker-credential-gone' is not in PATH (named in '%s/config.json')", f->dir);
    check_text(cred.problem, missing);
    assert_true(wp_str_starts(f->warnings.ptr, missing));
    assert_non_null(strstr(must_look(f, "evil.example", NULL).problem, "'../sh' is no name of a credential helper"));
}

static void test_failing_helpers(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *name, *script, *problem;
    } rows[] = {
        {"bad", "#!/bin/sh\necho 'vault is locked'; exit 3\n",
         "credential helper 'docker-credential-bad' failed at 'get': vault is locked"},
        {"junk", "#!/bin/sh\necho 'hunter2'\n",
         "credential helper 'docker-credential-junk' printed something else than credentials"},
        {"half", "#!/bin/sh\necho '{\"Username\":\"u\",\"Secret\":\"hunter2\"}'; exit 1\n",
         "credential helper 'docker-credential-half' failed at 'get' ("},
        {"loud", "#!/bin/sh\nexec cat /dev/zero\n",
         "credential helper 'docker-credential-loud': its output is larger than 65536 bytes"},
        {"slow", "#!/bin/sh\nexec sleep 1000\n", "credential helper 'docker-credential-slow' did not answer in time"},
    };
    f->opts.helper_timeout_ms = 3000;
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        put(f, wp_arena_printf(&f->a, "docker-credential-%s", rows[i].name), rows[i].script, 0755);
        f->opts.registry_config = put(f, "config.json",
                                      wp_arena_printf(&f->a,
                                                      "{\"credsStore\":\"%s\",\"auths\":{\"other.test\":{\"auth\":"
                                                      "\"dTpw\"}}}",
                                                      rows[i].name),
                                      0600);
        f->opts.helper_timeout_ms = wp_str_eq(rows[i].name, "slow") ? 50 : 10000;
        struct oci_cred cred = must_look(f, "h.test", NULL);
        assert_null(cred.username); /* never another host's */
        assert_non_null(cred.problem);
        assert_true(wp_str_starts(cred.problem, rows[i].problem));
        assert_null(strstr(cred.problem, "hunter2"));
    }
}

static const struct oci_cred login = {.username = "u", .password = "p"};

static void test_store(void **state)
{
    struct fixture *f = *state;
    const char *where = NULL;
    const char *file = in_dir(f, "sub/config.json");
    assert_int_equal(oci_creds_store(file, "h.test", &login, &f->a, &where, &f->err), 0);
    check_text(where, file);
    check_text(content(f, "sub/config.json"),
               "{\n\t\"auths\": {\n\t\t\"h.test\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t}\n\t}\n}\n");
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    put(f, "sub/config.json",
        "{\"HttpHeaders\":{\"a\":[1,{},[],\"x,\\\"{:\"]},\"auths\":{\"a.test\":{\"auth\":\"eDp5\"},"
        "\"https://h.test\":{\"auth\":\"b2xkOm9sZA==\"},\"h.test/ns\":{\"auth\":\"eDp5\"},\"h.test\":{}},\"z\":null}",
        0644);
    const struct oci_cred token = {.identity_token = "it"};
    assert_int_equal(oci_creds_store(file, "h.test", &token, &f->a, &where, &f->err), 0);
    check_text(
        content(f, "sub/config.json"),
        "{\n\t\"HttpHeaders\": {\n\t\t\"a\": [\n\t\t\t1,\n\t\t\t{},\n\t\t\t[],\n\t\t\t\"x,\\\"{:\"\n\t\t]\n\t},\n"
        "\t\"auths\": {\n\t\t\"a.test\": {\n\t\t\t\"auth\": \"eDp5\"\n\t\t},\n"
        "\t\t\"h.test\": {\n\t\t\t\"identitytoken\": \"it\"\n\t\t},\n"
        "\t\t\"h.test/ns\": {\n\t\t\t\"auth\": \"eDp5\"\n\t\t}\n\t},\n\t\"z\": null\n}\n");
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    assert_int_equal(oci_creds_store(file, "docker.io", &login, &f->a, &where, &f->err), 0);
    assert_non_null(strstr(content(f, "sub/config.json"), "\"https://index.docker.io/v1/\": {\n\t\t\t\"auth\""));
    f->opts.registry_config = file;
    check_user(f, "docker.io", NULL, "u");
    check_text(must_look(f, "h.test", NULL).identity_token, "it");
}

static void test_store_refused(void **state)
{
    struct fixture *f = *state;
    const char *where = NULL;
    const struct oci_cred colon = {.username = "a:b", .password = "p"};
    const struct oci_cred none = {.username = "a"};
    const char *file = in_dir(f, "config.json");
    assert_int_equal(oci_creds_store(file, "h.test", &colon, &f->a, &where, &f->err), -1);
    check_text(f->err.msg, "the user name 'a:b' contains ':'");
    assert_int_equal(oci_creds_store(file, "h.test", &none, &f->a, &where, &f->err), -1);
    check_text(f->err.msg, "there are no credentials for 'h.test' to store");
    assert_int_not_equal(access(file, F_OK), 0);
    put(f, "config.json", "{\"auths\":3}", 0600);
    assert_int_equal(oci_creds_store(file, "h.test", &login, &f->a, &where, &f->err), -1);
    assert_int_equal(f->err.code, WP_E_INPUT);
    check_text(content(f, "config.json"), "{\"auths\":3}");
}

static void test_erase(void **state)
{
    struct fixture *f = *state;
    const char *where = NULL;
    const char *file =
        put(f, "config.json", "{\"auths\":{\"h.test\":{\"auth\":\"dTpw\"},\"h.test/ns\":{\"auth\":\"eDp5\"}}}", 0600);
    assert_int_equal(oci_creds_erase(file, "h.test", &f->a, &where, &f->err), 0);
    check_text(where, file);
    check_text(content(f, "config.json"),
               "{\n\t\"auths\": {\n\t\t\"h.test/ns\": {\n\t\t\t\"auth\": \"eDp5\"\n\t\t}\n\t}\n}\n");
    assert_int_equal(oci_creds_erase(file, "h.test", &f->a, &where, &f->err), -1);
    assert_int_equal(f->err.code, WP_E_NOT_FOUND);
    assert_int_equal(oci_creds_erase(in_dir(f, "home.json"), "h.test", &f->a, &where, &f->err), -1);
    assert_int_equal(f->err.code, WP_E_NOT_FOUND);
}

/* A helper that keeps one secret in a file. */
static void test_helper_store_and_erase(void **state)
{
    struct fixture *f = *state;
    const char *where = NULL;
    put(f, "docker-credential-good",
        "#!/bin/sh\ncd \"$HELPER_DIR\"\ncase $1 in\n"
        "store) cat >secret;;\n"
        "erase) rm secret;;\n"
        "get) read u; if [ -e secret ] && [ \"$u\" = h.test ]; then cat secret; else echo credentials not found; "
        "exit 1; fi;;\nesac\n",
        0755);
    const char *file = put(f, "config.json", "{\"credsStore\":\"good\"}", 0600);
    assert_int_equal(oci_creds_store(file, "h.test", &login, &f->a, &where, &f->err), 0);
    check_text(where, "helper 'good'");
    check_text(content(f, "secret"), "{\"ServerURL\":\"h.test\",\"Username\":\"u\",\"Secret\":\"p\"}");
    check_text(content(f, "config.json"), "{\"credsStore\":\"good\"}");
    f->opts.registry_config = file;
    check_user(f, "h.test", NULL, "u");
    assert_int_equal(oci_creds_erase(file, "h.test", &f->a, &where, &f->err), 0);
    check_text(where, "helper 'good'");
    check_user(f, "h.test", NULL, NULL);
    assert_int_equal(oci_creds_erase(file, "h.test", &f->a, &where, &f->err), -1);
    assert_int_equal(f->err.code, WP_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flags, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test(test_keys),
        cmocka_unit_test_setup_teardown(test_longest_namespace_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entry_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_helpers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_helpers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_erase, setup, teardown),
        cmocka_unit_test_setup_teardown(test_helper_store_and_erase, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
