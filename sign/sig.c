/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of formats, texts as they must be, and the one answer (sign/sig.h). */
#include "sign/sig.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/time.h"
#include "sign/formats.h"

#include <regex.h>

const struct sig_format *const sig_formats[SIG_FORMATS] = {
    [SIG_BUNDLE] = &sig_format_bundle,     [SIG_COSIGN] = &sig_format_cosign, [SIG_NOTATION] = &sig_format_notation,
    [SIG_MINISIGN] = &sig_format_minisign, [SIG_MODULE] = &sig_format_module,
};

/* Longer names are no identities anybody gave a certificate for. */
#define MATCH_MAX 2048

static bool type_is(const char *row, const char *media_type)
{
    size_t len = strlen(row);
    return row[len - 1] == '*' ? strncasecmp(row, media_type, len - 1) == 0 : strcasecmp(row, media_type) == 0;
}

const struct sig_format *sig_format_of(const char *media_type)
{
    for (size_t i = 0; media_type != NULL && i < SIG_FORMATS; i++) {
        for (const char *const *row = sig_formats[i]->layer_types; *row != NULL; row++) {
            if (type_is(*row, media_type)) {
                return sig_formats[i];
            }
        }
    }
    return NULL;
}

int sig_format_find(const char *name, const struct sig_format **ret, struct wp_err *err)
{
    const char *names[SIG_FORMATS + 1] = {NULL};
    for (size_t i = 0; i < SIG_FORMATS; i++) {
        if (wp_str_eq(sig_formats[i]->name, name)) {
            *ret = sig_formats[i];
            return 0;
        }
        names[i] = sig_formats[i]->name;
    }
    wp_fail(err, WP_E_USAGE, "'%s' is no signature format", name);
    const char *near = wp_nearest(name, names);
    if (near != NULL) {
        return wp_hint(err, "did you mean '%s'?", near);
    }
    return wp_hint(err, "bundle, cosign, notation, minisign, module");
}

/* '*' stands for characters of one part, "**" for any. Where the last '*' can take no more, the last "**" takes one. */
static bool glob(const char *pattern, const char *text)
{
    struct {
        const char *pattern, *text; /* behind the star; what it has taken ends here */
    } part = {NULL, NULL}, any = {NULL, NULL};
    while (*text != '\0') {
        if (pattern[0] == '*' && pattern[1] == '*') {
            pattern += 2;
            any.pattern = pattern;
            any.text = text;
            part.pattern = NULL;
        } else if (*pattern == '*') {
            part.pattern = ++pattern;
            part.text = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (part.pattern != NULL && *part.text != '/') {
            pattern = part.pattern;
            text = ++part.text;
        } else if (any.pattern != NULL) {
            part.pattern = NULL;
            pattern = any.pattern;
            text = ++any.text;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

static int compile(const struct sig_match *m, regex_t *ret, struct wp_err *err)
{
    const char *foreign = strstr(m->text, "(?");
    for (const char *p = m->text; foreign == NULL && *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0') {
            foreign = strchr("dDwWsSbBAzpPQE0123456789", p[1]) != NULL ? p : NULL;
            p++;
        }
    }
    if (foreign != NULL) {
        wp_fail(err, WP_E_INPUT, "'%s': '%.2s' is no part of POSIX extended regular expressions", m->text, foreign);
        return wp_hint(err, "[0-9] for \\d, [[:alnum:]_] for \\w; the whole text must match, ^ and $ are not needed");
    }
    int bad = regcomp(ret, m->text, REG_EXTENDED);
    if (bad != 0) {
        char why[128];
        regerror(bad, ret, why, sizeof(why));
        return wp_fail(err, WP_E_INPUT, "'%s' is no regular expression: %s", m->text, why);
    }
    return 0;
}

int sig_match_check(const struct sig_match *m, struct wp_err *err)
{
    regex_t r;
    if (m->kind != SIG_MATCH_REGEXP) {
        return 0;
    }
    if (compile(m, &r, err) < 0) {
        return -1;
    }
    regfree(&r);
    return 0;
}

/* The leftmost and longest match is all of text. Nothing is put around the expression: a ')' too many would end it. */
static bool matches_whole(const struct sig_match *m, const char *text)
{
    regex_t r;
    regmatch_t at;
    struct wp_err ignored = {0};
    if (compile(m, &r, &ignored) < 0) {
        return false;
    }
    bool yes = regexec(&r, text, 1, &at, 0) == 0 && at.rm_so == 0 && text[at.rm_eo] == '\0';
    regfree(&r);
    return yes;
}

bool sig_match(const struct sig_match *m, const char *text)
{
    if (m->kind == SIG_MATCH_ANY) {
        return true;
    }
    if (text == NULL || strlen(text) > MATCH_MAX) {
        return false;
    }
    switch (m->kind) {
    case SIG_MATCH_EXACT:
        return wp_str_eq(m->text, text);
    case SIG_MATCH_GLOB:
        return glob(m->text, text);
    case SIG_MATCH_REGEXP:
        return matches_whole(m, text);
    default:
        return false;
    }
}

/* The signing time must lie within the demand's limits: every time proven does, or where none is and the limit has
 * passed, nobody can say that the signature is older. */
static int check_limits(const struct sig_demand *d, const char *where, struct sig_proof *p, struct wp_err *err)
{
    char limit[WP_TIME_TEXT];
    for (size_t i = 0; i < p->time_count; i++) {
        int64_t at = p->times[i].at;
        bool early = d->not_before != 0 && at < d->not_before;
        if (early || (d->not_after != 0 && at > d->not_after)) {
            char when[WP_TIME_TEXT];
            p->failed = "time-limit";
            return wp_fail(err, WP_E_UNSATISFIED, "%s: signed at %s (%s), %s %s is accepted", where,
                           wp_time_rfc3339(at, when), p->times[i].source, early ? "nothing before" : "nothing after",
                           wp_time_rfc3339(early ? d->not_before : d->not_after, limit));
        }
    }
    bool open = (d->not_after == 0 || d->now <= d->not_after) && d->not_before == 0;
    if (p->time_count == 0 && !open) {
        p->failed = "time-limit";
        return wp_fail(err, WP_E_UNSATISFIED, "%s: nothing proves when it was signed, and %s is accepted of '%s'",
                       where, d->not_before != 0 ? "only what was signed after a certain time" : "nothing new",
                       d->name);
    }
    return 0;
}

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    if (d->formats != 0 && (d->formats & (1U << c->format->id)) == 0) {
        ret->failed = "format";
        return wp_fail(err, WP_E_UNSATISFIED, "%s: signatures in the format %s are not accepted of '%s'", c->where,
                       c->format->name, d->name);
    }
    if (c->format->check(c, art, d, a, ret, err) != 1) {
        ret->failed = ret->failed != NULL ? ret->failed : "signature";
        return -1;
    }
    return check_limits(d, c->where, ret, err);
}

int sig_check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
              struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    *ret = (struct sig_proof){.candidate = c, .demand = d};
    if (check(c, art, d, a, ret, err) < 0) {
        ret->why = wp_arena_str(a, err->msg);
        return 0;
    }
    ret->failed = NULL;
    return 1;
}
