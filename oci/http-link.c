/* SPDX-License-Identifier: Apache-2.0
 *
 * Link header fields (RFC 8288 section 3), as far as paging needs them. */
#include "base/buf.h"
#include "oci/http.h"

#include <ctype.h>
#include <strings.h>

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* A token or quoted string into b; NULL when it is malformed. */
static const char *read_value(const char *p, struct wp_buf *b)
{
    if (*p != '"') {
        size_t n = strcspn(p, ";, \t\"");
        wp_buf_add(b, p, n);
        return p + n;
    }
    for (p++; *p && *p != '"'; p++) {
        if (*p == '\\' && p[1]) {
            p++;
        }
        wp_buf_add_char(b, *p);
    }
    return *p == '"' ? p + 1 : NULL;
}

/* Is "next" among the blank-separated relation types? */
static bool is_next(const char *rel)
{
    while (*rel) {
        rel = skip_blanks(rel);
        size_t n = strcspn(rel, " \t");
        if (n == 4 && strncasecmp(rel, "next", 4) == 0) {
            return true;
        }
        rel += n;
    }
    return false;
}

/* Parameters of one link; returns where they end or NULL. */
static const char *read_params(const char *p, bool *ret_next)
{
    bool seen_rel = false;
    bool anchored = false; /* a link about another resource than the one asked for */
    *ret_next = false;
    p = skip_blanks(p);
    while (*p == ';') {
        p = skip_blanks(p + 1);
        size_t len = strcspn(p, "=;, \t");
        const char *name = p;
        WP_AUTO_BUF struct wp_buf value = WP_BUF_INIT;
        p = skip_blanks(p + len);
        if (*p == '=') {
            p = read_value(skip_blanks(p + 1), &value);
            if (!p) {
                return NULL;
            }
            p = skip_blanks(p);
        }
        if (len == 3 && strncasecmp(name, "rel", 3) == 0 && !seen_rel) {
            seen_rel = true;
            *ret_next = is_next(value.ptr);
        }
        anchored = anchored || (len == 6 && strncasecmp(name, "anchor", 6) == 0);
    }
    *ret_next = *ret_next && !anchored;
    return p;
}

char *http_link_next(struct wp_arena *a, const char *value)
{
    const char *p = value;
    while (*p) {
        p += strspn(p, ", \t");
        if (*p != '<') {
            return NULL;
        }
        const char *target = p + 1;
        size_t len = strcspn(target, ">");
        if (target[len] != '>') {
            return NULL;
        }
        bool next = false;
        p = read_params(target + len + 1, &next);
        if (p && next) {
            return wp_arena_strn(a, target, len);
        }
        if (!p || (*p && *p != ',')) {
            return NULL;
        }
    }
    return NULL;
}
