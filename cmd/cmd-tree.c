/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack tree`: an artifact, its manifests and everything that refers to it. */
#include "base/limits.h"
#include "base/text.h"
#include "cmd/out.h"
#include "cmd/target.h"

struct opts {
    const char *artifact_type;
};
static const struct opt rows[] = {
    {.name = "artifact-type",
     .kind = OPT_STR,
     .offset = offsetof(struct opts, artifact_type),
     .arg = "TYPE",
     .help = "only referrers of this type"},
    {0},
};

struct children {
    struct cmd_ctx *c;
    struct tree *tree;
    struct oci_desc *list;
    size_t count, room;
    bool referrers;
};

struct tree {
    struct cmd_ctx *c;
    struct cmd_target *t;
    struct wp_json_out json;
    uint64_t nodes, bytes; /* shown so far: what multiplies from level to level must end somewhere */
};

static int count_node(struct tree *t, const struct oci_desc *d, struct wp_err *err)
{
    t->bytes += OCI_DIGEST_TEXT;
    for (size_t i = 0; i < d->annotation_count; i++) {
        t->bytes += strlen(d->annotations[i].key) + strlen(d->annotations[i].value);
    }
    if (++t->nodes > WP_LIMIT_GRAPH_NODES) {
        return wp_fail(err, WP_E_LIMIT, "the tree has more than %llu manifests",
                       (unsigned long long)WP_LIMIT_GRAPH_NODES);
    }
    if (t->bytes > WP_LIMIT_GRAPH_BYTES) {
        return wp_fail(err, WP_E_LIMIT, "the tree has more than %llu bytes", (unsigned long long)WP_LIMIT_GRAPH_BYTES);
    }
    return 0;
}

static int add_child(void *arg, const struct oci_desc *d, struct wp_err *err)
{
    struct children *k = arg;
    const struct opts *o = k->c->opts;
    if (k->referrers && o->artifact_type != NULL &&
        (d->artifact_type == NULL || !wp_str_eq(d->artifact_type, o->artifact_type))) {
        return 0;
    }
    if (count_node(k->tree, d, err) < 0) {
        return -1;
    }
    if (k->count == k->room) {
        k->room = k->room == 0 ? 16 : 2 * k->room;
        struct oci_desc *grown = wp_arena_alloc(k->c->arena, k->room, sizeof(*grown));
        if (k->count > 0) {
            memcpy(grown, k->list, k->count * sizeof(*grown));
        }
        k->list = grown;
    }
    k->list[k->count++] = oci_desc_copy(k->c->arena, d);
    return 0;
}

static const char *node_text(struct tree *t, const struct oci_desc *d)
{
    char digest[OCI_DIGEST_TEXT];
    char size[WP_SIZE_TEXT];
    oci_digest_text(&d->digest, digest);
    const char *what = d->artifact_type != NULL ? d->artifact_type : d->media_type;
    if (d->platform != NULL) {
        what = wp_arena_printf(t->c->arena, "%s/%s", d->platform->os, d->platform->architecture);
    }
    return wp_arena_printf(t->c->arena, "%s  %s  %s", what, digest, wp_size_text(d->size, size));
}

static int walk(struct tree *t, const struct oci_desc *d, const char *indent, unsigned depth, struct wp_err *err);

/* Children first as the tree of manifests, then referrers, in the order the store gives. */
static int walk_children(struct tree *t, const struct oci_desc *d, const char *key, struct children *k,
                         struct children *rest, const char *indent, unsigned depth, struct wp_err *err)
{
    (void)d;
    if (k->count == 0) {
        return 0;
    }
    wp_jo_key(&t->json, key);
    wp_jo_array(&t->json);
    for (size_t i = 0; i < k->count; i++) {
        bool last = i + 1 == k->count && (rest == NULL || rest->count == 0);
        out_line(t->c->out, "%s%s%s", indent, last ? "└── " : "├── ", node_text(t, &k->list[i]));
        const char *deeper = wp_arena_printf(t->c->arena, "%s%s", indent, last ? "    " : "│   ");
        if (walk(t, &k->list[i], deeper, depth + 1, err) < 0) {
            return -1;
        }
    }
    wp_jo_array_end(&t->json);
    return 0;
}

static void node_json(struct tree *t, const struct oci_desc *d)
{
    char digest[OCI_DIGEST_TEXT];
    wp_jo_kstr(&t->json, "digest", oci_digest_text(&d->digest, digest));
    wp_jo_kstr(&t->json, "mediaType", d->media_type);
    wp_jo_ku64(&t->json, "size", d->size);
    if (d->artifact_type != NULL) {
        wp_jo_kstr(&t->json, "artifactType", d->artifact_type);
    }
    if (d->annotation_count > 0) {
        wp_jo_key(&t->json, "annotations");
        oci_annotations_write(&t->json, d->annotations, d->annotation_count);
    }
}

static int add_manifests(struct tree *t, const struct oci_desc *d, struct children *ret, struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_span bytes;
    struct oci_manifest m;
    if (oci_store_get(t->t->store, d, WP_LIMIT_MANIFEST, &a, &bytes, err) < 0 ||
        oci_manifest_parse(bytes, d->media_type, "index", &a, &m, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < m.manifest_count; i++) {
        if (add_child(ret, &m.manifests[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int walk(struct tree *t, const struct oci_desc *d, const char *indent, unsigned depth, struct wp_err *err)
{
    if (depth > WP_LIMIT_GRAPH_DEPTH) {
        return wp_fail(err, WP_E_LIMIT, "referrers are nested deeper than %u levels", (unsigned)WP_LIMIT_GRAPH_DEPTH);
    }
    wp_jo_object(&t->json);
    node_json(t, d);
    struct children inner = {.c = t->c, .tree = t};
    struct children refs = {.c = t->c, .tree = t, .referrers = true};
    if (oci_mediatype_kind(d->media_type) == OCI_INDEX && add_manifests(t, d, &inner, err) < 0) {
        return -1;
    }
    if (oci_mediatype_kind(d->media_type) != OCI_NOT_MANIFEST &&
        oci_store_referrers(t->t->store, d, add_child, &refs, err) < 0) {
        return -1;
    }
    if (walk_children(t, d, "manifests", &inner, &refs, indent, depth, err) < 0 ||
        walk_children(t, d, "referrers", &refs, NULL, indent, depth, err) < 0) {
        return -1;
    }
    wp_jo_object_end(&t->json);
    return 0;
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    TARGET_AUTO struct cmd_target target = {0};
    struct oci_desc root;
    if (target_open(c, c->args[0], TARGET_READ, &target, err) < 0 || target_resolve(c, &target, &root, NULL, err) < 0) {
        return -1;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct tree t = {.c = c, .t = &target, .json = wp_json_out(&b)};
    out_heading(c->out, "%s", target_pinned(c, &target, &root.digest));
    if (walk(&t, &root, "", 0, err) < 0) {
        return -1;
    }
    if (cmd_json(c)) {
        out_json(c->out, &b);
    }
    return 0;
}

const struct cmd cmd_tree = {
    .name = "tree",
    .alias = "discover",
    .group = "Look",
    .args = "REF",
    .summary = "show an artifact with everything that refers to it",
    .min_args = 1,
    .max_args = 1,
    .uses = CMD_REGISTRY,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
