/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar of repository names and tags (distribution-spec, "Pulling manifests"; oci/ref.h). */
#include "oci/ref.h"

enum { NAME_MAX_LEN = 255, TAG_MAX_LEN = 128 };

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/* Length of a separator at s inside a repository component ('.', '_', '__', dashes); 0 for none. */
static size_t separator(const char *s)
{
    size_t n = strspn(s, "._-");
    if (n == 1 || (n == 2 && s[0] == '_' && s[1] == '_')) {
        return n;
    }
    return n != 0 && strspn(s, "-") == n ? n : 0;
}

const char *oci_ref_repo_problem(const char *repo)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-/";
    size_t len = strlen(repo);
    if (len == 0) {
        return "is empty";
    }
    if (len > NAME_MAX_LEN) {
        return "is longer than 255 characters";
    }
    const char *odd = repo + strspn(repo, allowed);
    if (*odd != '\0') {
        return *odd >= 'A' && *odd <= 'Z' ? "has upper-case letters"
                                          : "has other characters than a-z, 0-9, '.', '_', '-' and '/'";
    }
    for (const char *s = repo;;) {
        if (*s == '/' || *s == '\0') {
            return "has an empty part between or beside '/'";
        }
        if (!is_lower_alnum(*s)) {
            return "has a part that does not start with a letter or digit";
        }
        while (is_lower_alnum(*s)) {
            s++;
            size_t n = separator(s);
            if (n != 0 && is_lower_alnum(s[n])) {
                s += n;
            }
        }
        if (*s == '\0') {
            return NULL;
        }
        if (*s != '/') {
            size_t n = strspn(s, "._-");
            return s[n] == '/' || s[n] == '\0' ? "has a part that does not end with a letter or digit"
                                               : "has separators in a row other than '__' or dashes";
        }
        s++;
    }
}

const char *oci_ref_tag_problem(const char *tag)
{
    size_t len = strlen(tag);
    if (len == 0) {
        return "is empty";
    }
    if (len > TAG_MAX_LEN) {
        return "is longer than 128 characters";
    }
    if (!is_alnum(tag[0]) && tag[0] != '_') {
        return "does not start with a letter, digit or '_'";
    }
    for (const char *s = tag; *s != '\0'; s++) {
        if (!is_alnum(*s) && strchr("._-", *s) == NULL) {
            return *s == '+' ? "has a '+', which tags cannot hold"
                             : "has other characters than A-Z, a-z, 0-9, '.', '_', '-'";
        }
    }
    return NULL;
}

void oci_name_split(struct wp_arena *a, const char *name, const char **ret_repo, const char **ret_tag)
{
    const char *colon = strrchr(name, ':');
    if (colon == NULL || strchr(colon, '/') != NULL) {
        *ret_repo = "";
        *ret_tag = wp_arena_str(a, name);
        return;
    }
    *ret_repo = wp_arena_strn(a, name, (size_t)(colon - name));
    *ret_tag = wp_arena_str(a, colon + 1);
}

/* Behind "host:port/" in front of a repository, whose ':' the grammar of repositories does not know. */
static const char *behind_port(const char *repo)
{
    size_t host = strcspn(repo, ":/");
    size_t port = repo[host] == ':' ? strspn(repo + host + 1, "0123456789") : 0;
    return host > 0 && port > 0 && repo[host + 1 + port] == '/' ? repo + host + 1 + port + 1 : repo;
}

int oci_name_check(const char *name, const char *label, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const char *repo = NULL;
    const char *tag = NULL;
    if (oci_digest_is(name)) {
        return wp_fail(err, WP_E_USAGE, "%s: '%s' is a digest and cannot be a name", label, name);
    }
    oci_name_split(&a, name, &repo, &tag);
    const char *part = "repository";
    const char *problem = repo[0] != '\0' ? oci_ref_repo_problem(behind_port(repo)) : NULL;
    if (problem == NULL) {
        part = "tag";
        problem = oci_ref_tag_problem(tag);
    }
    return problem == NULL
               ? 0
               : wp_fail(err, WP_E_USAGE, "%s: '%s' cannot be a name: its %s %s", label, name, part, problem);
}
