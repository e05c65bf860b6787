/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes of wpack's own policy files: patterns over what references name without tag and digest. "host/repo" for
 * registries; "oci:", "oci-archive:" and "file:" with absolute paths for what lies here, a layout's repositories behind
 * another ':'. The narrowest scope that matches is in force, wherever it stands. */
#include "base/mem.h"
#include "oci/ref.h"
#include "sign/policy-int.h"

#include <stdlib.h>

static const char *const local_prefixes[] = {"oci-archive:", "oci:", "file:"};

/* Length of the prefix of what lies here; 0: a registry. */
static size_t local_prefix(const char *text)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(local_prefixes); i++) {
        if (wp_str_starts(text, local_prefixes[i])) {
            return strlen(local_prefixes[i]);
        }
    }
    return 0;
}

/* As the file system knows it, where it is there. */
static const char *real(const char *path, struct wp_arena *a)
{
    WP_AUTO_FREE char *full = realpath(path[0] != '\0' ? path : ".", NULL);
    return wp_arena_str(a, full != NULL ? full : path);
}

/* repo: where what has no name, or is named by its digest alone, has its name after all. */
static const char *layout_name(const struct oci_ref *ref, const char *repo, struct wp_arena *a)
{
    const char *prefix = ref->kind == OCI_REF_ARCHIVE ? "oci-archive:" : "oci:";
    const char *path = real(ref->path, a);
    repo = repo != NULL ? repo : "";
    if (ref->name != NULL) {
        const char *tag;
        oci_name_split(a, ref->name, &repo, &tag);
    }
    return wp_arena_printf(a, "%s%s%s%s", prefix, path, repo[0] != '\0' ? ":" : "", repo);
}

const char *sig_scope_name(const struct sig_question *q, struct wp_arena *a)
{
    struct oci_ref ref;
    struct wp_err err;
    const char *text = q->reference != NULL ? q->reference : q->artifact.name;
    if (q->artifact.desc.media_type == NULL) {
        return wp_arena_printf(a, "file:%s", real(text, a));
    }
    if (oci_ref_parse(a, text, &ref, &err) < 0) {
        return text;
    }
    return ref.kind == OCI_REF_REGISTRY ? oci_ref_base(a, &ref) : layout_name(&ref, q->repo, a);
}

const char *sig_scope_folder(const char *name, struct wp_arena *a)
{
    size_t prefix = local_prefix(name);
    const char *repo = prefix > 0 ? strchr(name + prefix, ':') : NULL;
    return repo != NULL ? wp_arena_strn(a, name, (size_t)(repo - name)) : NULL;
}

bool sig_scope_matches(const char *scope, const char *name)
{
    const struct sig_match m = {.kind = SIG_MATCH_GLOB, .text = scope};
    return sig_match(&m, name);
}

/* ---- reading one ---- */

static const char *problem(const char *host, const char *path)
{
    if (path == NULL) {
        return strstr(host, "**") != NULL ? NULL : "names a host and no repository";
    }
    if (strchr(path, ':') != NULL) {
        return "names a tag: what is trusted is so in a whole repository";
    }
    if (strchr(path, '@') != NULL) {
        return "names a digest: what is trusted is so in a whole repository";
    }
    for (const char *c = host; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            return "has upper-case letters, which no repository has";
        }
    }
    if (wp_str_starts(host, "index.docker.io/") || wp_str_starts(host, "registry-1.docker.io/")) {
        return "is another name of docker.io";
    }
    return NULL;
}

static int read_registry(const struct wp_json *at, const char *text, struct wp_arena *a, const char **ret,
                         struct wp_err *err)
{
    struct oci_ref ref;
    const char *why = problem(text, strchr(text, '/'));
    if (why != NULL) {
        wp_json_fail(at, err, "the scope '%s' %s", text, why);
        return wp_hint(err, "registry.example/team/*: '*' within one part, '**' deeper; '**' alone is everything");
    }
    *ret = text;
    if (strchr(text, '*') != NULL) {
        return 0;
    }
    if (oci_ref_parse(a, text, &ref, err) < 0) {
        struct wp_err bad = *err;
        return wp_json_fail(at, err, "%s", bad.msg);
    }
    *ret = oci_ref_base(a, &ref);
    return 0;
}

/* The part before the first '*' that is a whole folder, as the file system knows it; the rest as it is. */
static const char *read_local(struct sig_policy *p, const char *text, size_t prefix)
{
    size_t literal = strcspn(text + prefix, "*");
    const char *path = text + prefix;
    const char *repo = strchr(path, ':');
    size_t end = repo != NULL && (size_t)(repo - path) < literal ? (size_t)(repo - path) : literal;
    while (path[end] == '*' && end > 0 && path[end - 1] != '/') {
        end--;
    }
    const char *given = wp_arena_strn(&p->arena, path, end);
    const char *folder = real(sig_policy_path(p, given), &p->arena);
    bool slash = path[end] == '*' && (folder[0] == '\0' || folder[strlen(folder) - 1] != '/');
    return wp_arena_printf(&p->arena, "%.*s%s%s%s", (int)prefix, text, folder, slash ? "/" : "", path + end);
}

int sig_scope_read(struct sig_policy *p, const struct wp_json *at, const char **ret, struct wp_err *err)
{
    const char *text;
    if (wp_json_str(at, &text, err) < 0) {
        return -1;
    }
    if (strstr(text, "***") != NULL || text[0] == '\0') {
        return wp_json_fail(at, err, "the scope '%s' is no pattern: '*' within one part, '**' deeper", text);
    }
    size_t prefix = local_prefix(text);
    if (prefix == 0) {
        return read_registry(at, text, &p->arena, ret, err);
    }
    *ret = read_local(p, text, prefix);
    return 0;
}

/* ---- which is narrower ---- */

struct rank {
    size_t prefix, literal, deep;
};

static struct rank rank_of(const char *scope)
{
    struct rank r = {.prefix = strcspn(scope, "*")};
    for (const char *c = scope; *c != '\0'; c++) {
        bool deep = c[0] == '*' && c[1] == '*';
        r.literal += *c != '*';
        r.deep += deep;
        c += deep;
    }
    return r;
}

static int more(size_t a, size_t b)
{
    return a == b ? 0 : a > b ? -1 : 1;
}

int sig_scope_cmp(const char *a, const char *b)
{
    struct rank x = rank_of(a);
    struct rank y = rank_of(b);
    bool x_whole = a[x.prefix] == '\0';
    bool y_whole = b[y.prefix] == '\0';
    int by_prefix = more(x.prefix, y.prefix);
    int by_literal = more(x.literal, y.literal);
    int by_deep = -more(x.deep, y.deep);
    int by_star = x_whole == y_whole ? 0 : x_whole ? -1 : 1;
    return by_prefix != 0 ? by_prefix : by_literal != 0 ? by_literal : by_deep != 0 ? by_deep : by_star;
}

/* Behind the last star; nothing where there is none. */
static struct wp_span tail_of(const char *scope)
{
    const char *star = strrchr(scope, '*');
    const char *end = scope + strlen(scope);
    const char *tail = star != NULL ? star + 1 : end;
    return wp_span(tail, (size_t)(end - tail));
}

static bool ends_with(struct wp_span text, struct wp_span end)
{
    return end.len <= text.len && memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0;
}

/* By their last characters first. */
static int tail_cmp(struct wp_span a, struct wp_span b)
{
    for (size_t i = 1; i <= a.len && i <= b.len; i++) {
        if (a.ptr[a.len - i] != b.ptr[b.len - i]) {
            return a.ptr[a.len - i] < b.ptr[b.len - i] ? -1 : 1;
        }
    }
    return -more(a.len, b.len);
}

/* 0: equally narrow, and the same up to the first star. */
static int group_cmp(const char *a, const char *b)
{
    int order = sig_scope_cmp(a, b);
    return order != 0 ? order : memcmp(a, b, strcspn(a, "*"));
}

static int by_clash(const void *a, const void *b)
{
    const struct sig_scope_at *x = a;
    const struct sig_scope_at *y = b;
    int order = group_cmp(x->scope, y->scope);
    order = order != 0 ? order : tail_cmp(tail_of(x->scope), tail_of(y->scope));
    return order != 0 ? order : x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Patterns with the same beginning have a name in common exactly when one's end is the other's, too: whatever stands
 * between goes into one another's first and last star. Sorted by their ends, those whose end the next one shares are a
 * pile; as long as nothing clashes, all of it is of one rule. */
bool sig_scopes_clash(struct sig_scope_at *list, size_t n, struct sig_scope_at ret[2])
{
    WP_AUTO_FREE const struct sig_scope_at **pile = wp_xcalloc(n + 1, sizeof(const struct sig_scope_at *));
    size_t high = 0;
    if (n > 1) {
        qsort(list, n, sizeof(*list), by_clash);
    }
    for (size_t i = 0; i < n; i++) {
        if (high > 0 && group_cmp(pile[high - 1]->scope, list[i].scope) != 0) {
            high = 0;
        }
        while (high > 0 && !ends_with(tail_of(list[i].scope), tail_of(pile[high - 1]->scope))) {
            high--;
        }
        if (high > 0 && pile[high - 1]->rule != list[i].rule) {
            bool in_order = pile[high - 1]->rule < list[i].rule;
            ret[0] = in_order ? *pile[high - 1] : list[i];
            ret[1] = in_order ? list[i] : *pile[high - 1];
            return true;
        }
        pile[high++] = &list[i];
    }
    return false;
}
