/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack tree`: an artifact, its manifests and everything that refers to it. */
#include "base/limits.h"
#include "base/text.h"
#include "cmd/out.h"
#include "cmd/tree-signatures.h"

struct opts {
    struct trust_opts trust;
    const char *artifact_type;
};
static const struct opt rows[] = {
    {.name = "artifact-type",
     .kind = OPT_STR,
     .offset = offsetof(struct opts, artifact_type),
     .arg = "TYPE",
     .help = "only referrers of this type"},
    TRUST_ROWS(struct opts, trust),
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
    struct tree_trust trust;
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

static const char *node_text(struct tree *t, const struct oci_desc *d, const struct tree_signatures *signatures)
{
    char digest[OCI_DIGEST_TEXT];
    char size[WP_SIZE_TEXT];
    size_t at = 0;
    const struct sig_candidate *k = tree_signatures_next(signatures, d, &at);
    const char *what = d->artifact_type != NULL ? d->artifact_type : d->media_type;
    oci_digest_text(&d->digest, digest);
    wp_size_text(d->size, size);
    if (k != NULL) {
        return wp_arena_printf(t->c->arena, "%s  %s  %s  %s", tree_signature_text(t->c, k), digest, size,
                               tree_signature_verdict(t->c, signatures, k));
    }
    if (d->platform != NULL) {
        what = wp_arena_printf(t->c->arena, "%s/%s", d->platform->os, d->platform->architecture);
    }
    return wp_arena_printf(t->c->arena, "%s  %s  %s", what, digest, size);
}

/* Signatures under cosign's tags are no referrers; here they stand among them. */
static void show_tags(struct tree *t, const struct tree_signatures *s, const char *indent)
{
    size_t at = 0;
    const struct sig_candidate *k = tree_signatures_next(s, NULL, &at);
    while (k != NULL) {
        const struct sig_candidate *next = tree_signatures_next(s, NULL, &at);
        out_line(t->c->out, "%s%s%s  %s  %s", indent, next == NULL ? "└── " : "├── ", tree_signature_text(t->c, k),
                 k->where, tree_signature_verdict(t->c, s, k));
        k = next;
    }
}

static bool has_tags(const struct tree_signatures *s)
{
    size_t at = 0;
    return tree_signatures_next(s, NULL, &at) != NULL;
}

static int walk(struct tree *t, const struct oci_desc *d, bool referrer, const char *indent, unsigned depth,
                struct wp_err *err);

/* A list of children: what they are called in JSON, and what they stand among. */
struct branch {
    const char *key;
    struct children *list;
    bool more; /* something stands behind them */
    const struct tree_signatures *signatures;
};

/* In the order the store gives. */
static int walk_children(struct tree *t, const struct branch *b, const char *indent, unsigned depth, struct wp_err *err)
{
    struct children *k = b->list;
    if (k->count == 0) {
        return 0;
    }
    wp_jo_key(&t->json, b->key);
    wp_jo_array(&t->json);
    for (size_t i = 0; i < k->count; i++) {
        bool last = i + 1 == k->count && !b->more;
        out_line(t->c->out, "%s%s%s", indent, last ? "└── " : "├── ", node_text(t, &k->list[i], b->signatures));
        const char *deeper = wp_arena_printf(t->c->arena, "%s%s", indent, last ? "    " : "│   ");
        if (walk(t, &k->list[i], k->referrers, deeper, depth + 1, err) < 0) {
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

static int walk(struct tree *t, const struct oci_desc *d, bool referrer, const char *indent, unsigned depth,
                struct wp_err *err)
{
    if (depth > WP_LIMIT_GRAPH_DEPTH) {
        return wp_fail(err, WP_E_LIMIT, "referrers are nested deeper than %u levels", (unsigned)WP_LIMIT_GRAPH_DEPTH);
    }
    wp_jo_object(&t->json);
    node_json(t, d);
    struct children inner = {.c = t->c, .tree = t};
    struct children refs = {.c = t->c, .tree = t, .referrers = true};
    struct tree_signatures signatures = {0};
    bool manifest = oci_mediatype_kind(d->media_type) != OCI_NOT_MANIFEST;
    if (oci_mediatype_kind(d->media_type) == OCI_INDEX && add_manifests(t, d, &inner, err) < 0) {
        return -1;
    }
    if (manifest && oci_store_referrers(t->t->store, d, add_child, &refs, err) < 0) {
        return -1;
    }
    if (manifest && !referrer) {
        const struct tree_subject subject = {.desc = d, .referrers = refs.list, .referrer_count = refs.count};
        tree_signatures_find(t->c, &t->trust, t->t, &subject, &signatures);
        tree_signatures_json(&t->json, &signatures, t->c->arena);
    }
    const struct tree_signatures none = {0};
    const struct branch first = {
        .key = "manifests",
        .list = &inner,
        .more = refs.count > 0 || has_tags(&signatures),
        .signatures = &none,
    };
    const struct branch second = {
        .key = "referrers",
        .list = &refs,
        .more = has_tags(&signatures),
        .signatures = &signatures,
    };
    if (walk_children(t, &first, indent, depth, err) < 0 || walk_children(t, &second, indent, depth, err) < 0) {
        return -1;
    }
    show_tags(t, &signatures, indent);
    wp_jo_object_end(&t->json);
    return 0;
}

static void tree_done(struct tree *t)
{
    tree_trust_done(&t->trust);
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    TARGET_AUTO struct cmd_target target = {0};
    struct oci_desc root;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_CLEANUP(tree_done) struct tree t = {.c = c, .t = &target, .json = wp_json_out(&b)};
    if (tree_trust_open(c, &o->trust, &t.trust, err) < 0 || target_open(c, c->args[0], TARGET_READ, &target, err) < 0 ||
        target_resolve(c, &target, &root, NULL, err) < 0) {
        return -1;
    }
    out_heading(c->out, "%s", target_pinned(c, &target, &root.digest));
    if (walk(&t, &root, false, "", 0, err) < 0) {
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
