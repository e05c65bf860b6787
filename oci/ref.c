/* SPDX-License-Identifier: Apache-2.0
 *
 * References as users type them (oci/ref.h). */
#include "oci/ref.h"

#include "base/num.h"

#include <stdio.h>
#include <strings.h>

enum { NAME_MAX_LEN = 255, QUOTED_MAX = 300 };

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

/* "[::1]", "[::1]:5000": hex digits, colons and dots in brackets. Returns its length, 0 for none. */
static size_t bracket_host(const char *host)
{
    if (host[0] != '[') {
        return 0;
    }
    size_t n = strspn(host + 1, "0123456789abcdefABCDEF:.");
    return n >= 2 && host[1 + n] == ']' ? n + 2 : 0;
}

static bool host_is(const char *host)
{
    size_t n = bracket_host(host);
    if (n == 0) {
        const char *s = host;
        while (is_alnum(*s)) {
            const char *start = s;
            while (is_alnum(*s) || *s == '-') {
                s++;
            }
            if (s[-1] == '-' || s - start > 63) {
                return false;
            }
            if (*s != '.') {
                break;
            }
            s++;
        }
        if (s == host || s[-1] == '.') {
            return false;
        }
        n = (size_t)(s - host);
    }
    uint64_t port = 0;
    return host[n] == '\0' || (host[n] == ':' && wp_parse_u64(host + n + 1, 1, 65535, &port));
}

/* Can the text before the first '/' be nothing but a host? */
static bool host_looks_like(const char *host)
{
    return host_is(host) && (strpbrk(host, ".:") != NULL || strcasecmp(host, "localhost") == 0);
}

/* "hello:1" may be a repository and a tag as well; "ghcr.io", "localhost:5000" and "[::1]" are hosts. */
static bool host_without_doubt(const char *host)
{
    size_t n = strcspn(host, ":");
    return host[0] == '[' || memchr(host, '.', n) != NULL || (n == 9 && strncasecmp(host, "localhost", n) == 0);
}

struct prefix {
    const char *text;
    enum oci_ref_kind kind;
};

/* "oci://" before "oci:": the former comes before a registry. */
static const struct prefix prefixes[] = {
    {"docker://", OCI_REF_REGISTRY}, {"oci://", OCI_REF_REGISTRY},      {"ocidir://", OCI_REF_LAYOUT},
    {"oci:", OCI_REF_LAYOUT},        {"oci-archive:", OCI_REF_ARCHIVE},
};

static const struct prefix *prefix_of(const char *text)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(prefixes); i++) {
        if (wp_str_starts(text, prefixes[i].text)) {
            return &prefixes[i];
        }
    }
    return NULL;
}

bool oci_ref_looks_like(const char *text)
{
    if (prefix_of(text) != NULL) {
        return true;
    }
    const char *slash = strchr(text, '/');
    char host[NAME_MAX_LEN + 1];
    if (slash == NULL || (size_t)(slash - text) >= sizeof(host)) {
        return false;
    }
    memcpy(host, text, (size_t)(slash - text));
    host[slash - text] = '\0';
    return host_looks_like(host);
}

static int bad(struct wp_err *err, const char *text, const char *what, const char *part, const char *problem)
{
    return wp_fail(err, WP_E_USAGE, "'%.*s': %s '%.*s' %s", QUOTED_MAX, text, what, QUOTED_MAX, part, problem);
}

static int read_digest(const char *text, const char *digest, struct oci_ref *ret, struct wp_err *err)
{
    if (*digest == '\0') {
        return wp_fail(err, WP_E_USAGE, "'%.*s' ends in '@' without a digest", QUOTED_MAX, text);
    }
    if (oci_digest_parse(digest, &ret->digest, err) != 0) {
        err->code = WP_E_USAGE;
        wp_wrap(err, "'%.*s'", QUOTED_MAX, text);
        if (wp_str_starts(digest, "sha256-") || wp_str_starts(digest, "sha512-")) {
            wp_hint(err, "in a digest a ':' follows the algorithm: %.6s:%.*s", digest, QUOTED_MAX, digest + 7);
        }
        return -1;
    }
    ret->has_digest = true;
    return 0;
}

/* tags: "a,b,c"; cut at the commas. */
static int read_tags(struct wp_arena *a, const char *text, char *tags, struct oci_ref *ret, struct wp_err *err)
{
    size_t count = 1;
    for (const char *s = tags; *s != '\0'; s++) {
        count += *s == ',';
    }
    const char **list = wp_arena_alloc(a, count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        char *tag = strsep(&tags, ",");
        const char *problem = oci_ref_tag_problem(tag);
        if (problem != NULL) {
            return bad(err, text, "tag", tag, problem);
        }
        list[i] = tag;
    }
    ret->name = list[0];
    ret->more = list + 1;
    return 0;
}

static int parse_registry(struct wp_arena *a, const char *text, const char *body, struct oci_ref *ret,
                          struct wp_err *err);

/* host: what stands before the first '/'; rest: everything after a prefix such as "docker://". */
static int no_host(struct wp_arena *a, const char *text, const char *host, const char *rest, struct wp_err *err)
{
    if (strstr(rest, "://") != NULL) {
        wp_fail(err, WP_E_USAGE, "'%.*s' is a URL, not a reference", QUOTED_MAX, text);
        return wp_hint(err, "leave out everything up to '//': host/repo:tag");
    }
    if (*rest == '/' || wp_str_starts(rest, "./") || wp_str_starts(rest, "../")) {
        wp_fail(err, WP_E_USAGE, "'%.*s' is a path, not a reference", QUOTED_MAX, text);
        return wp_hint(err, "for a layout folder write oci:%.*s", QUOTED_MAX, rest);
    }
    if (strchr(rest, '/') != NULL && strpbrk(host, ".:[") != NULL) {
        return bad(err, text, "host", host, "is not a host name or address with an optional port");
    }
    wp_fail(err, WP_E_USAGE, "'%.*s' names no registry host", QUOTED_MAX, text);
    /* Suggest only what would be accepted. */
    struct oci_ref ref = {0};
    struct wp_err ignored;
    const char *guess = wp_arena_printf(a, "docker.io/%s%s", strchr(rest, '/') == NULL ? "library/" : "", rest);
    if (parse_registry(a, guess, guess, &ref, &ignored) != 0) {
        return wp_hint(err, "a reference is host/repo:tag, oci:DIR:tag or oci-archive:FILE:tag");
    }
    return wp_hint(err, "a reference names its host: try %s", guess);
}

static void docker_hub(struct wp_arena *a, struct oci_ref *ref)
{
    static const char *const names[] = {"docker.io", "index.docker.io", "registry-1.docker.io"};
    for (size_t i = 0; i < WP_ARRAY_LEN(names); i++) {
        if (wp_str_eq(ref->host, names[i])) {
            ref->host = names[0];
            if (strchr(ref->repo, '/') == NULL) {
                ref->repo = wp_arena_printf(a, "library/%s", ref->repo);
            }
            return;
        }
    }
}

static int parse_registry(struct wp_arena *a, const char *text, const char *body, struct oci_ref *ret,
                          struct wp_err *err)
{
    char *rest = wp_arena_str(a, body);
    char *slash = strchr(rest, '/');
    if (slash == NULL) {
        if (host_is(rest) && host_without_doubt(rest)) {
            wp_fail(err, WP_E_USAGE, "'%.*s' names no repository", QUOTED_MAX, text);
            return wp_hint(err, "a reference is host/repo:tag, for example %.*s/hello:1", QUOTED_MAX, rest);
        }
        return no_host(a, text, rest, rest, err);
    }
    *slash = '\0';
    if (!host_looks_like(rest)) {
        return no_host(a, text, rest, body, err);
    }
    for (char *s = rest; *s != '\0'; s++) {
        *s = (char)(*s >= 'A' && *s <= 'Z' ? *s - 'A' + 'a' : *s);
    }
    ret->host = rest;
    char *repo = slash + 1;
    char *at = strchr(repo, '@');
    if (at != NULL) {
        *at = '\0';
        if (read_digest(text, at + 1, ret, err) != 0) {
            return -1;
        }
    }
    char *colon = strchr(repo, ':');
    if (colon != NULL) {
        *colon = '\0';
        if (read_tags(a, text, colon + 1, ret, err) != 0) {
            return -1;
        }
    }
    const char *problem = oci_ref_repo_problem(repo);
    if (problem != NULL) {
        bad(err, text, "repository", repo, problem);
        return strpbrk(repo, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL ? -1 : wp_hint(err, "write it in lower case");
    }
    ret->repo = repo;
    docker_hub(a, ret);
    if (strlen(ret->host) + 1 + strlen(ret->repo) > NAME_MAX_LEN) {
        return wp_fail(err, WP_E_USAGE, "'%.*s': host and repository together are longer than 255 characters",
                       QUOTED_MAX, text);
    }
    return 0;
}

/* Does what follows an '@' in a path mean a digest? Folders may have an '@' in their name. */
static bool digest_like(const char *tail)
{
    if (*tail == '\0' || (strncasecmp(tail, "sha", 3) == 0 && tail[3] >= '0' && tail[3] <= '9')) {
        return true;
    }
    const char *colon = strchr(tail, ':');
    return colon != NULL && strspn(colon + 1, "0123456789abcdefABCDEF") >= 32;
}

static int read_layout_name(struct wp_arena *a, const char *text, const char *name, struct oci_ref *ret,
                            struct wp_err *err)
{
    const char *repo = NULL;
    const char *tag = NULL;
    oci_name_split(a, name, &repo, &tag);
    if (strchr(tag, '/') != NULL) {
        wp_fail(err, WP_E_USAGE, "'%.*s': name '%.*s' has a repository and no tag", QUOTED_MAX, text, QUOTED_MAX, name);
        return wp_hint(err, "a name in a layout is a tag or repo:tag, for example %.*s:latest", QUOTED_MAX, name);
    }
    const char *problem = oci_ref_tag_problem(tag);
    if (problem != NULL) {
        return bad(err, text, "tag", tag, problem);
    }
    problem = strchr(name, ':') == NULL ? NULL : oci_ref_repo_problem(repo);
    if (problem != NULL) {
        return bad(err, text, "repository", repo, problem);
    }
    ret->name = name;
    return 0;
}

static int parse_path(struct wp_arena *a, const char *text, const char *body, struct oci_ref *ret, struct wp_err *err)
{
    char *path = wp_arena_str(a, body);
    char *colon = strchr(path, ':');
    char *at = strrchr(path, '@');
    /* A name holds no '@': one after it always begins a digest. */
    if (at != NULL && (colon == NULL || at < colon) && !digest_like(at + 1)) {
        at = NULL;
    }
    if (at != NULL) {
        *at = '\0';
        if (read_digest(text, at + 1, ret, err) != 0) {
            return -1;
        }
        colon = strchr(path, ':');
    }
    if (colon != NULL) {
        *colon = '\0';
        if (read_layout_name(a, text, colon + 1, ret, err) != 0) {
            return -1;
        }
    }
    if (*path == '\0') {
        return wp_fail(err, WP_E_USAGE, "'%.*s' names no %s", QUOTED_MAX, text,
                       ret->kind == OCI_REF_LAYOUT ? "folder" : "file");
    }
    /* "oci://" comes before a registry: the path's own text must not look like that. */
    while (path[0] == '/' && path[1] == '/') {
        path++;
    }
    ret->path = path;
    return 0;
}

int oci_ref_parse(struct wp_arena *a, const char *text, struct oci_ref *ret, struct wp_err *err)
{
    static const char *const none[] = {NULL};
    const struct prefix *prefix = prefix_of(text);
    struct oci_ref ref = {.kind = prefix == NULL ? OCI_REF_REGISTRY : prefix->kind, .more = none};
    const char *body = text + (prefix == NULL ? 0 : strlen(prefix->text));
    if (ref.kind == OCI_REF_REGISTRY && prefix != NULL && *body == '/') {
        wp_fail(err, WP_E_USAGE, "'%.*s' names no registry host", QUOTED_MAX, text);
        return wp_hint(err, "for a layout folder write oci:%.*s", QUOTED_MAX, body);
    }
    int rc =
        ref.kind == OCI_REF_REGISTRY ? parse_registry(a, text, body, &ref, err) : parse_path(a, text, body, &ref, err);
    if (rc != 0) {
        return -1;
    }
    *ret = ref;
    return 0;
}

char *oci_ref_base(struct wp_arena *a, const struct oci_ref *ref)
{
    switch (ref->kind) {
    case OCI_REF_LAYOUT:
        return wp_arena_printf(a, "oci:%s", ref->path);
    case OCI_REF_ARCHIVE:
        return wp_arena_printf(a, "oci-archive:%s", ref->path);
    case OCI_REF_REGISTRY:
    default:
        return wp_arena_printf(a, "%s/%s", ref->host, ref->repo);
    }
}

char *oci_ref_text(struct wp_arena *a, const struct oci_ref *ref)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_buf_add_str(&b, oci_ref_base(a, ref));
    if (ref->name != NULL) {
        wp_buf_printf(&b, ":%s", ref->name);
    }
    for (const char *const *tag = ref->more; *tag != NULL; tag++) {
        wp_buf_printf(&b, ",%s", *tag);
    }
    if (ref->has_digest) {
        char digest[OCI_DIGEST_TEXT];
        wp_buf_printf(&b, "@%s", oci_digest_text(&ref->digest, digest));
    }
    return wp_arena_str(a, b.ptr);
}
