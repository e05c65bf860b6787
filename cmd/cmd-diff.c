/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack diff`: what changed between two modules, files or artifacts, what they can reach first. */
#include "base/limits.h"
#include "base/text.h"
#include "cmd/inspect-load.h"
#include "cmd/inspect.h"
#include "cmd/out.h"
#include "pack/diff.h"

struct opts {
    bool exit_code, deny_new_imports;
    uint64_t top;
    const char *platform;
    struct look_opts look;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.name = "exit-code", .kind = OPT_FLAG, .offset = AT(exit_code), .help = "exit with 1 when the modules differ"},
    {.name = "deny-new-imports",
     .kind = OPT_FLAG,
     .offset = AT(deny_new_imports),
     .help = "fail (22) when B imports what A does not"},
    {.name = "top",
     .kind = OPT_UINT,
     .offset = AT(top),
     .arg = "N",
     .help = "how many of the functions that changed most (default 10)"},
    {.name = "platform",
     .kind = OPT_STR,
     .offset = AT(platform),
     .arg = "OS/ARCH",
     .help = "which manifest of an index"},
    LOOK_ROWS(struct opts),
    {0},
};

enum { TOP = 10, LABEL = 14, NAMED = 5 };

struct view {
    struct cmd_ctx *c;
    const struct pack_diff *d;
    const struct inspect_loaded *a, *b;
    bool same; /* byte for byte */
    size_t top;
};

/* ---- text ---- */

/* "label         text", the label only once. */
static void row(const struct view *v, const char **label, const char *text)
{
    out_line(v->c->out, "%-*s%s", LABEL, *label, text);
    *label = "";
}

static const char *change_text(struct cmd_ctx *c, const struct pack_change *x, size_t width)
{
    const char *words =
        x->kind == PACK_ADDED ? x->after
        : x->kind == PACK_REMOVED
            ? x->before
            : wp_arena_printf(c->arena, "%s → %s", x->before[0] ? x->before : "none", x->after[0] ? x->after : "none");
    const char *note = x->note[0] == '\0' ? "" : wp_arena_printf(c->arena, "   NEW CAPABILITY: %s", x->note);
    if (words[0] == '\0' && note[0] == '\0') {
        return wp_arena_printf(c->arena, "%c %s", (char)x->kind, x->name);
    }
    size_t columns = wp_columns(x->name);
    int pad = columns < width ? (int)(width - columns) : 0;
    return wp_arena_printf(c->arena, "%c %s%*s  %s%s", (char)x->kind, x->name, pad, "", words, note);
}

static void show_list(const struct view *v, enum pack_diff_list list)
{
    const struct pack_changes *l = &v->d->lists[list];
    const char *label = pack_diff_list_name(list);
    size_t width = 0;
    for (size_t i = 0; i < l->count; i++) {
        width = WP_MAX(width, WP_MIN(wp_columns(l->rows[i].name), (size_t)48));
    }
    for (size_t i = 0; i < l->count; i++) {
        row(v, &label, change_text(v->c, &l->rows[i], width));
    }
    if (l->same > 0) {
        row(v, &label, wp_arena_printf(v->c->arena, "= %zu unchanged", l->same));
    }
}

static const char *delta_text(struct cmd_ctx *c, uint64_t before, uint64_t after)
{
    char n[WP_NUMBER_TEXT];
    uint64_t by = after >= before ? after - before : before - after;
    return wp_arena_printf(c->arena, "%s%s", after >= before ? "+" : "-", wp_number_text(by, n));
}

static void show_size(const struct view *v, const char *label, const char *name, uint64_t before, uint64_t after)
{
    char a[WP_NUMBER_TEXT];
    char b[WP_NUMBER_TEXT];
    double percent = before == 0 ? 0.0 : 100.0 * ((double)after - (double)before) / (double)before;
    const char *share = before == 0 ? "new" : after == 0 ? "gone" : wp_arena_printf(v->c->arena, "%+.1f %%", percent);
    out_line(v->c->out, "%-*s%13s → %13s  %12s  %9s%s%s", LABEL, label, wp_number_text(before, a),
             wp_number_text(after, b), delta_text(v->c, before, after), share, name[0] == '\0' ? "" : "  ", name);
}

static void show_sizes(const struct view *v, const char *label, const struct pack_size_changes *l, size_t top)
{
    for (size_t i = 0; i < l->count && i < top; i++) {
        show_size(v, label, l->rows[i].name, l->rows[i].before, l->rows[i].after);
        label = "";
    }
    if (l->count > top) {
        row(v, &label, wp_arena_printf(v->c->arena, "… %zu more", l->count - top));
    }
}

static size_t unnamed(const struct pack_module *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->largest_count; i++) {
        n += m->largest[i].name[0] == '\0';
    }
    return n;
}

/* What the comparison by name leaves out. */
static const char *left_out(const struct view *v)
{
    size_t a = unnamed(v->d->a);
    size_t b = unnamed(v->d->b);
    const char *cut = v->d->functions_cut ? "; the largest only" : "";
    return a + b == 0 ? cut : wp_arena_printf(v->c->arena, "; without name %zu and %zu%s", a, b, cut);
}

static void show_functions(const struct view *v)
{
    const struct pack_size_changes *f = &v->d->functions;
    const char *label = "functions";
    if (f->count + f->same > 0) {
        row(v, &label,
            wp_arena_printf(v->c->arena, "%zu added, %zu removed, %zu of another size, %zu of the same%s", f->added,
                            f->removed, f->changed, f->same, left_out(v)));
        show_sizes(v, "", f, v->top);
    }
}

static void show_text(const struct view *v)
{
    const struct pack_diff *d = v->d;
    out_heading(v->c->out, "%s → %s", v->a->source, v->b->source);
    if (v->same) {
        out_line(v->c->out, "the same, byte for byte");
        return;
    }
    for (enum pack_diff_list list = 0; list < PACK_DIFF_LISTS; list++) {
        show_list(v, list);
    }
    show_size(v, "size", "", d->a->size, d->b->size);
    show_sizes(v, "", &d->sections, SIZE_MAX);
    show_functions(v);
    if (!pack_diff_any(d)) {
        out_line(v->c->out, "only bytes differ: the same imports, exports and sizes");
    }
}

/* ---- JSON ---- */

static void side_json(struct wp_json_out *j, const char *key, const struct inspect_loaded *x)
{
    char digest[OCI_DIGEST_TEXT];
    wp_jo_key(j, key);
    wp_jo_object(j);
    wp_jo_kstr(j, "source", x->source);
    if (x->pinned != NULL) {
        wp_jo_kstr(j, "reference", x->pinned);
    }
    wp_jo_kstr(j, "digest", oci_digest_text(&x->digest, digest));
    wp_jo_ku64(j, "size", x->module.size);
    wp_jo_object_end(j);
}

static void write_json(const struct view *v, struct wp_buf *b)
{
    struct wp_json_out j = wp_json_out(b);
    wp_jo_object(&j);
    side_json(&j, "a", v->a);
    side_json(&j, "b", v->b);
    wp_jo_kbool(&j, "same", v->same);
    pack_diff_json(&j, v->d, v->top);
    wp_jo_object_end(&j);
}

/* ---- verdict ---- */

static int deny(const struct view *v, struct wp_err *err)
{
    const struct pack_diff *d = v->d;
    WP_AUTO_BUF struct wp_buf names = WP_BUF_INIT;
    for (size_t i = 0; i < d->new_import_count && i < NAMED; i++) {
        wp_buf_printf(&names, "%s%s", i == 0 ? "" : ", ", d->new_imports[i]);
    }
    if (d->new_import_count > NAMED) {
        wp_buf_printf(&names, " and %zu more", d->new_import_count - NAMED);
    }
    return wp_fail(err, WP_E_POLICY, "%s imports what %s does not: %s", v->b->source, v->a->source, names.ptr);
}

static int judge(const struct view *v, struct wp_err *err)
{
    const struct opts *o = v->c->opts;
    if (o->deny_new_imports && v->d->new_import_count > 0) {
        return deny(v, err);
    }
    if (o->exit_code && !v->same) {
        return wp_fail(err, WP_E_OTHER, "%s and %s differ", v->a->source, v->b->source);
    }
    return 0;
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    const struct inspect_how how = {.look = o->look,
                                    .read = {.functions = WP_LIMIT_FACT_FUNCTIONS, .wit = true},
                                    .platform = o->platform,
                                    .digest = true};
    struct inspect_loaded a;
    struct inspect_loaded b;
    struct pack_diff d;
    if (inspect_load(c, c->args[0], &how, &a, err) < 0 || inspect_load(c, c->args[1], &how, &b, err) < 0) {
        return -1;
    }
    pack_diff(&a.module, &b.module, c->arena, &d);
    const struct view v = {.c = c,
                           .d = &d,
                           .a = &a,
                           .b = &b,
                           .same = oci_digest_equal(&a.digest, &b.digest),
                           .top = o->top == 0 ? TOP : o->top};
    int verdict = judge(&v, err);
    if (!cmd_json(c)) {
        show_text(&v);
        return verdict;
    }
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    write_json(&v, &json);
    if (verdict < 0) {
        out_json_failed(c->out, &json);
    } else {
        out_json(c->out, &json);
    }
    return verdict;
}

const struct cmd cmd_diff = {
    .name = "diff",
    .group = "Look",
    .args = "A B",
    .summary = "show what changed between two modules: capabilities, imports, exports, size",
    .min_args = 2,
    .max_args = 2,
    .uses = CMD_REGISTRY,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
