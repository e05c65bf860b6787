/* SPDX-License-Identifier: Apache-2.0
 *
 * login and logout in docker's config.json: the one entry changes, all other members stay as they are and in their
 * order, laid out as docker does it. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "oci/creds-parts.h"

#include <unistd.h>

struct config {
    const char *file, *host;
    struct wp_json_doc *doc; /* NULL: there is no file yet */
};

static void config_done(struct config *c)
{
    wp_json_free(c->doc);
}

static int config_open(struct config *c, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    if (access(c->file, F_OK) != 0) {
        return 0;
    }
    if (wp_fs_read(c->file, WP_LIMIT_CREDENTIALS, &text, err) < 0) {
        return -1;
    }
    if (text.len == 0) {
        return 0;
    }
    int rc = wp_json_parse(wp_buf_span(&text), c->file, true, WP_E_INPUT, &c->doc, err);
    explicit_bzero(text.ptr, text.len);
    if (rc < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(c->doc);
    struct wp_json auths = wp_json_get(&root, "auths");
    if (wp_json_must(&root, WP_JSON_OBJECT, err) < 0) {
        return -1;
    }
    return wp_json_kind(&auths) == WP_JSON_ABSENT ? 0 : wp_json_must(&auths, WP_JSON_OBJECT, err);
}

static void new_line(struct wp_buf *b, size_t depth)
{
    wp_buf_add_char(b, '\n');
    while (depth-- > 0) {
        wp_buf_add_char(b, '\t');
    }
}

/* Compact JSON as docker writes it: a tab for each level, one member a line. */
static void indent(const char *json, struct wp_buf *ret)
{
    size_t depth = 0;
    bool quoted = false;
    for (const char *p = json; *p; p++) {
        bool opens = !quoted && (*p == '{' || *p == '[');
        bool closes = !quoted && (*p == '}' || *p == ']');
        bool empty = closes && p > json && (p[-1] == '{' || p[-1] == '[');
        depth -= closes ? 1 : 0;
        if (closes && !empty) {
            new_line(ret, depth);
        }
        wp_buf_add_char(ret, *p);
        if (quoted && *p == '\\') {
            wp_buf_add_char(ret, *++p);
            continue;
        }
        quoted = *p == '"' ? !quoted : quoted;
        depth += opens ? 1 : 0;
        bool breaks = (opens && p[1] != '}' && p[1] != ']') || (!quoted && *p == ',');
        if (breaks) {
            new_line(ret, depth);
        } else if (!quoted && *p == ':') {
            wp_buf_add_char(ret, ' ');
        }
    }
    wp_buf_add_char(ret, '\n');
}

/* What is written in the place of the host's entries. */
struct rewrite {
    struct wp_json_out out;
    const char *host;
    const char *key;   /* of the new entry; NULL: erase */
    const char *entry; /* JSON */
    bool auths_seen, removed;
};

static void put_entry(struct rewrite *w)
{
    if (w->key) {
        wp_jo_key(&w->out, w->key);
        wp_jo_raw(&w->out, wp_span_str(w->entry));
    }
}

static void copy_member(struct rewrite *w, const struct wp_json *member)
{
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    wp_json_dump(member, &json);
    wp_jo_key(&w->out, member->key);
    wp_jo_raw(&w->out, wp_buf_span(&json));
    explicit_bzero(json.ptr, json.len);
}

static int rewrite_auth(void *arg, const struct wp_json *member, struct wp_err *err)
{
    struct rewrite *w = arg;
    (void)err;
    if (creds_key_match(member->key, w->host, NULL) == 0) {
        copy_member(w, member);
    } else if (!w->removed) {
        w->removed = true;
        put_entry(w);
    }
    return 0;
}

static int rewrite_auths(struct rewrite *w, const struct wp_json *auths, struct wp_err *err)
{
    w->auths_seen = true;
    wp_jo_key(&w->out, "auths");
    wp_jo_object(&w->out);
    if (wp_json_each(auths, rewrite_auth, w, err) != 0) {
        return -1;
    }
    if (!w->removed) {
        put_entry(w);
    }
    wp_jo_object_end(&w->out);
    return 0;
}

static int rewrite_member(void *arg, const struct wp_json *member, struct wp_err *err)
{
    struct rewrite *w = arg;
    if (wp_str_eq(member->key, "auths")) {
        return rewrite_auths(w, member, err);
    }
    copy_member(w, member);
    return 0;
}

/* The file with entry under key in the place of the host's old ones; *ret_removed: were there any? */
static int config_rewrite(const struct config *c, const char *key, const char *entry, bool *ret_removed,
                          struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct rewrite w = {.out = wp_json_out(&json), .host = c->host, .key = key, .entry = entry};
    struct wp_json none = {0};
    wp_jo_object(&w.out);
    if (c->doc) {
        struct wp_json root = wp_json_root(c->doc);
        if (wp_json_each(&root, rewrite_member, &w, err) != 0) {
            return -1;
        }
    }
    if (!w.auths_seen && key && rewrite_auths(&w, &none, err) < 0) {
        return -1;
    }
    wp_jo_object_end(&w.out);
    *ret_removed = w.removed;
    if (!key && !w.removed) {
        return 0;
    }
    indent(json.ptr, &text);
    const char *slash = strrchr(c->file, '/');
    WP_AUTO_FREE char *folder = slash && slash > c->file ? wp_xstrndup(c->file, (size_t)(slash - c->file)) : NULL;
    int rc = folder ? wp_fs_mkdirs(folder, err) : 0;
    rc = rc == 0 ? wp_fs_replace(c->file, wp_buf_span(&text), 0600, err) : rc;
    explicit_bzero(json.ptr, json.len);
    explicit_bzero(text.ptr, text.len);
    return rc;
}

static const char *entry_key(const char *host)
{
    return wp_str_eq(creds_canonical_host(host), "docker.io") ? "https://index.docker.io/v1/" : host;
}

static void entry_json(const struct oci_cred *cred, struct wp_buf *ret)
{
    struct wp_json_out out = wp_json_out(ret);
    wp_jo_object(&out);
    if (cred->username || cred->password) {
        WP_AUTO_BUF struct wp_buf plain = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf auth = WP_BUF_INIT;
        wp_buf_printf(&plain, "%s:%s", cred->username ? cred->username : "", cred->password ? cred->password : "");
        wp_base64(&auth, wp_buf_span(&plain), false);
        wp_jo_kstr(&out, "auth", auth.ptr);
        explicit_bzero(plain.ptr, plain.len);
        explicit_bzero(auth.ptr, auth.len);
    }
    if (cred->identity_token) {
        wp_jo_kstr(&out, "identitytoken", cred->identity_token);
    }
    if (cred->registry_token) {
        wp_jo_kstr(&out, "registrytoken", cred->registry_token);
    }
    wp_jo_object_end(&out);
}

static int helper_store(const char *suffix, const char *host, const struct oci_cred *cred, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    struct wp_json_out out = wp_json_out(&json);
    wp_jo_object(&out);
    wp_jo_kstr(&out, "ServerURL", entry_key(host));
    wp_jo_kstr(&out, "Username", cred->identity_token ? "<token>" : cred->username);
    wp_jo_kstr(&out, "Secret", cred->identity_token ? cred->identity_token : cred->password);
    wp_jo_object_end(&out);
    enum creds_helper_result result = creds_helper_run(suffix, "store", json.ptr, 0, NULL, err);
    explicit_bzero(json.ptr, json.len);
    if (result == CREDS_HELPER_NOT_FOUND) {
        return wp_fail(err, WP_E_OTHER, "credential helper 'docker-credential-%s' did not store", suffix);
    }
    return result == CREDS_HELPER_OK ? 0 : -1;
}

static const char *config_helper(const struct config *c, struct wp_arena *a)
{
    if (!c->doc) {
        return NULL;
    }
    struct wp_json root = wp_json_root(c->doc);
    return creds_file_helper(&root, c->host, a);
}

int oci_creds_store(const char *file, const char *host, const struct oci_cred *cred, struct wp_arena *a,
                    const char **ret_where, struct wp_err *err)
{
    struct config c WP_CLEANUP(config_done) = {.file = file, .host = host};
    if (cred->username && strchr(cred->username, ':')) {
        return wp_fail(err, WP_E_USAGE, "the user name '%s' contains ':'", cred->username);
    }
    bool has_login = cred->username && cred->password;
    if (!has_login && !cred->identity_token && !cred->registry_token) {
        return wp_fail(err, WP_E_USAGE, "there are no credentials for '%s' to store", host);
    }
    if (config_open(&c, err) < 0) {
        return -1;
    }
    /* The helpers' protocol has no place for a ready bearer token. */
    const char *suffix = has_login || cred->identity_token ? config_helper(&c, a) : NULL;
    if (suffix) {
        if (helper_store(suffix, host, cred, err) < 0) {
            return -1;
        }
        *ret_where = wp_arena_printf(a, "helper '%s'", suffix);
        return 0;
    }
    WP_AUTO_BUF struct wp_buf entry = WP_BUF_INIT;
    bool removed = false;
    entry_json(cred, &entry);
    int rc = config_rewrite(&c, entry_key(host), entry.ptr, &removed, err);
    explicit_bzero(entry.ptr, entry.len);
    if (rc == 0) {
        *ret_where = wp_arena_str(a, file);
    }
    return rc;
}

/* Does the helper know the host under any of its addresses? Those are erased: 1, else 0. */
static int helper_erase(const char *suffix, const char *host, struct wp_arena *a, struct wp_err *err)
{
    const char *const *keys = creds_helper_keys(a, host);
    int found = 0;
    for (size_t i = 0; keys[i]; i++) {
        struct oci_cred cred;
        /* Erasing what is not there succeeds with many helpers: only get tells. */
        enum creds_helper_result known = creds_helper_get(suffix, keys[i], 0, a, &cred, err);
        if (known == CREDS_HELPER_FAILED ||
            (known == CREDS_HELPER_OK &&
             creds_helper_run(suffix, "erase", keys[i], 0, NULL, err) == CREDS_HELPER_FAILED)) {
            return -1;
        }
        found = known == CREDS_HELPER_OK ? 1 : found;
    }
    return found;
}

int oci_creds_erase(const char *file, const char *host, struct wp_arena *a, const char **ret_where, struct wp_err *err)
{
    struct config c WP_CLEANUP(config_done) = {.file = file, .host = host};
    if (config_open(&c, err) < 0) {
        return -1;
    }
    const char *suffix = config_helper(&c, a);
    int in_helper = suffix ? helper_erase(suffix, host, a, err) : 0;
    bool in_file = false;
    if (in_helper < 0 || config_rewrite(&c, NULL, NULL, &in_file, err) < 0) {
        return -1;
    }
    if (!in_helper && !in_file) {
        return wp_fail(err, WP_E_NOT_FOUND, "'%s' holds no credentials for '%s'", file, host);
    }
    *ret_where = in_helper ? wp_arena_printf(a, "helper '%s'", suffix) : wp_arena_str(a, file);
    return 0;
}
