/* SPDX-License-Identifier: Apache-2.0
 *
 * The last question of a copy: does the destination list what was brought? A signature that is stored and not listed is
 * found by nobody, and a registry that takes one in need not list it. */
#include "oci/copy-graph.h"

struct asked {
    struct copy_graph *g;
    const struct oci_digest *subject;
};

static bool is_of(const struct copy_node *n, const struct oci_digest *subject)
{
    return n->m.subject != NULL && !n->tagged && oci_digest_equal(&n->m.subject->digest, subject);
}

static int on_listed(void *arg, const struct oci_desc *d, struct wp_err *err)
{
    const struct asked *q = arg;
    size_t at = copy_find_node(q->g, &d->digest);
    (void)err;
    if (at != SIZE_MAX && is_of(q->g->nodes[at], q->subject)) {
        q->g->nodes[at]->listed = true;
    }
    return 0;
}

static int check_subject(struct copy_graph *g, struct oci_store *dst, const struct oci_desc *subject,
                         struct wp_err *err)
{
    const struct asked q = {.g = g, .subject = &subject->digest};
    char text[OCI_DIGEST_TEXT];
    if (oci_store_referrers(dst, subject, on_listed, (void *)&q, err) < 0) {
        wp_wrap(err, "all was copied, but whether referrers are listed is not known");
        return copy_side(err, "destination", dst);
    }
    for (size_t i = 0; i < g->order_count; i++) {
        const struct copy_node *n = g->nodes[g->order[i]];
        if (is_of(n, &subject->digest) && !n->listed) {
            wp_fail(err, WP_E_NETWORK, "referrer %s was copied, but is not listed: nobody will find it",
                    oci_digest_text(&n->desc.digest, text));
            wp_hint(err, "somebody else may have changed the list meanwhile, or the registry drops referrers: run the "
                         "command again");
            return copy_side(err, "destination", dst);
        }
    }
    return 0;
}

int copy_check_listed(struct copy_graph *g, struct oci_store *dst, struct wp_err *err)
{
    for (size_t i = 0; i < g->order_count; i++) {
        const struct copy_node *n = g->nodes[g->order[i]];
        if (n->m.subject != NULL && !n->tagged && !n->listed && check_subject(g, dst, n->m.subject, err) < 0) {
            return -1;
        }
    }
    return 0;
}
