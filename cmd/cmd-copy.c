/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack copy`: any store to any store, one name or all tags, referrers included. */
#include "cmd/out.h"
#include "cmd/transfer.h"
#include "cmd/trust.h"

#include <fnmatch.h>

struct opts {
    struct trust_opts trust;
    bool all_tags, no_referrers, no_clobber, dry_run, recursive;
    struct opt_list tags;
    const char *platform;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.name = "all-tags", .kind = OPT_FLAG, .offset = AT(all_tags), .help = "every tag of the source"},
    {.name = "tags",
     .kind = OPT_LIST,
     .offset = AT(tags),
     .arg = "GLOB",
     .help = "the tags that match, such as 'v1.*'; may be repeated"},
    {.name = "platform",
     .kind = OPT_STR,
     .offset = AT(platform),
     .arg = "OS/ARCH",
     .help = "of an index only this manifest"},
    {.name = "no-referrers",
     .kind = OPT_FLAG,
     .offset = AT(no_referrers),
     .help = "leave signatures and other referrers behind"},
    {.letter = 'r',
     .name = "recursive",
     .kind = OPT_FLAG,
     .offset = AT(recursive),
     .help = "understood and without effect: referrers are copied by default"},
    {.name = "no-clobber", .kind = OPT_FLAG, .offset = AT(no_clobber), .help = "fail where a name has other content"},
    {.name = "dry-run", .kind = OPT_FLAG, .offset = AT(dry_run), .help = "say what would be copied, copy nothing"},
    TRUST_ROWS(struct opts, trust),
    {0},
};

struct copy_run {
    struct cmd_ctx *c;
    struct cmd_target src, dst;
    struct trust trust;
    struct oci_copy_opts copy;
    const char **names; /* to copy, in the source's own words */
    size_t count, room;
    struct wp_buf json; /* of copy_many */
    struct wp_json_out list;
};

static void run_done(struct copy_run *r)
{
    target_done(&r->src);
    target_done(&r->dst);
    trust_done(&r->trust);
    wp_buf_done(&r->json);
}

static int copy_one(struct copy_run *r, const char *from, const char *const *to, size_t n, struct wp_json_out *list,
                    struct wp_err *err)
{
    struct cmd_ctx *c = r->c;
    const struct opts *o = c->opts;
    struct oci_copy_result result = {0};
    struct trust_door door = {.c = c, .trust = &r->trust, .source = &r->src};
    door.name = r->copy.root == NULL ? from : NULL; /* of many; else it is the source's own */
    if (trust_copy(&door, from, r->dst.store, to, n, &r->copy, &result, err) < 0) {
        return -1;
    }
    transfer_note(c, o->dry_run ? "would copy" : "copied", n > 0 ? to[0] : "", o->dry_run, &result);
    transfer_report(c, target_pinned(c, &r->dst, &result.root.digest), to, n, &result, list);
    return 0;
}

static bool tag_wanted(const struct opts *o, const char *tag)
{
    for (size_t i = 0; i < o->tags.count; i++) {
        if (fnmatch(o->tags.items[i], tag, 0) == 0) {
            return true;
        }
    }
    return o->tags.count == 0;
}

static int collect(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err)
{
    struct copy_run *r = arg;
    (void)desc;
    (void)err;
    if (!tag_wanted(r->c->opts, tag) || wp_str_starts(tag, "sha256-")) {
        return 0;
    }
    if (r->count == r->room) {
        r->room = r->room == 0 ? 64 : 2 * r->room;
        const char **grown = wp_arena_alloc(r->c->arena, r->room, sizeof(*grown));
        if (r->count > 0) {
            memcpy(grown, r->names, r->count * sizeof(*grown));
        }
        r->names = grown;
    }
    bool bare = repo == NULL || repo[0] == '\0' || r->src.ref.kind == OCI_REF_REGISTRY;
    r->names[r->count++] = bare ? wp_arena_str(r->c->arena, tag) : wp_arena_printf(r->c->arena, "%s:%s", repo, tag);
    return 0;
}

/* The name at the destination: the same tag, behind the repository that a layout destination names. */
static const char *name_at_destination(struct copy_run *r, const char *from)
{
    struct cmd_ctx *c = r->c;
    const char *repo = NULL;
    const char *tag = NULL;
    oci_name_split(c->arena, from, &repo, &tag);
    if (r->dst.ref.kind == OCI_REF_REGISTRY) {
        return tag;
    }
    return r->dst.ref.name == NULL ? from : wp_arena_printf(c->arena, "%s:%s", r->dst.ref.name, tag);
}

static int copy_many(struct copy_run *r, struct wp_err *err)
{
    const char *repo = r->src.ref.kind == OCI_REF_REGISTRY ? NULL : r->src.ref.name;
    if (oci_store_each_name(r->src.store, repo, collect, r, err) < 0) {
        return -1;
    }
    if (r->count == 0) {
        wp_fail(err, WP_E_NOT_FOUND, "%s has no tag that matches", r->src.base);
        return wp_hint(err, "'wpack ls %s' lists them", r->src.base);
    }
    int rc = 0;
    wp_jo_object(&r->list);
    wp_jo_key(&r->list, "copied");
    wp_jo_array(&r->list);
    for (size_t i = 0; i < r->count && rc == 0; i++) {
        const char *to = name_at_destination(r, r->names[i]);
        if (copy_one(r, r->names[i], &to, 1, &r->list, err) < 0) {
            rc = wp_wrap(err, "%s", r->names[i]);
        }
    }
    wp_jo_array_end(&r->list);
    wp_jo_object_end(&r->list);
    if (rc < 0) {
        out_json_failed(r->c->out, &r->json);
    } else if (cmd_json(r->c)) {
        out_json(r->c->out, &r->json);
    }
    return rc;
}

static int copy_named(struct copy_run *r, struct wp_err *err)
{
    struct cmd_ctx *c = r->c;
    struct oci_desc desc;
    if (target_resolve(c, &r->src, &desc, &r->copy.root_bytes, err) < 0) {
        return -1;
    }
    r->copy.root = &desc;
    const char *const *names = NULL;
    size_t n = target_names(c, &r->dst, &names);
    const char *tag = NULL;
    const char *repo = NULL;
    if (n == 0 && r->src.ref.name != NULL && !r->dst.ref.has_digest) {
        oci_name_split(c->arena, r->src.ref.name, &repo, &tag);
        names = &tag;
        n = 1;
    }
    /* The name tells where its signature tags stand; the content is what was resolved. */
    return copy_one(r, r->src.name, names, n, NULL, err);
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    WP_CLEANUP(run_done) struct copy_run r = {.c = c, .json = WP_BUF_INIT};
    r.list = wp_json_out(&r.json);
    r.copy = transfer_opts(c);
    r.copy.no_referrers = o->no_referrers;
    r.copy.platform = o->platform;
    r.copy.dry_run = o->dry_run;
    r.copy.bind_flags = o->no_clobber ? OCI_BIND_NO_REPLACE : 0;
    if (trust_open(c, &o->trust, &r.trust, err) < 0 || target_open(c, c->args[0], TARGET_READ, &r.src, err) < 0 ||
        target_open(c, c->args[1], o->dry_run ? TARGET_IMAGINE : TARGET_CREATE, &r.dst, err) < 0) {
        return -1;
    }
    if (r.src.ref.kind == OCI_REF_REGISTRY && r.dst.ref.kind == OCI_REF_REGISTRY &&
        wp_str_eq(r.src.ref.host, r.dst.ref.host)) {
        r.copy.mount_from = r.src.ref.repo;
    }
    if (o->all_tags || o->tags.count > 0) {
        return copy_many(&r, err);
    }
    return copy_named(&r, err);
}

const struct cmd cmd_copy = {
    .name = "copy",
    .alias = "cp",
    .group = "Mirror",
    .args = "SRC DST",
    .summary = "copy between registries and layouts, signatures included",
    .min_args = 2,
    .max_args = 2,
    .uses = CMD_REGISTRY | CMD_LONG,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
