/* SPDX-License-Identifier: Apache-2.0
 *
 * Merkle trees of transparency logs (RFC 9162, section 2.1): hashes of leaves and nodes, inclusion proofs. */
#include "base/hash.h"
#include "sign/material-int.h"

static void hash_of(uint8_t prefix, struct wp_span left, struct wp_span right, uint8_t ret[32])
{
    uint8_t full[WP_HASH_MAX];
    WP_AUTO_HASH struct wp_hash *h = wp_hash_new(WP_SHA256);
    wp_hash_add(h, &prefix, 1);
    wp_hash_add(h, left.ptr, left.len);
    wp_hash_add(h, right.ptr, right.len);
    wp_hash_end(h, full);
    memcpy(ret, full, 32);
}

void sig_merkle_leaf(struct wp_span entry, uint8_t ret[32])
{
    hash_of(0, entry, wp_span(entry.ptr, 0), ret);
}

/* Nodes on the way up with a sibling within the tree: as long as index and the last leaf are not beneath the same node.
 * Above, only left siblings are left, one for each bit of the index. */
static unsigned inner_nodes(uint64_t index, uint64_t size)
{
    uint64_t differ = index ^ (size - 1);
    return differ == 0 ? 0 : 64 - (unsigned)__builtin_clzll(differ);
}

static unsigned border_nodes(uint64_t index, unsigned inner)
{
    return inner == 64 ? 0 : (unsigned)__builtin_popcountll(index >> inner);
}

bool sig_merkle_root(const uint8_t leaf[32], uint64_t index, uint64_t size, const struct wp_span *hashes, size_t count,
                     uint8_t ret[32])
{
    if (index >= size) {
        return false;
    }
    unsigned inner = inner_nodes(index, size);
    if (count != inner + border_nodes(index, inner)) {
        return false;
    }
    uint8_t node[32];
    memcpy(node, leaf, sizeof(node));
    for (size_t i = 0; i < count; i++) {
        if (hashes[i].len != 32) {
            return false;
        }
        bool right = i < inner && (index >> i & 1) == 0;
        struct wp_span self = wp_span(node, sizeof(node));
        uint8_t parent[32];
        hash_of(1, right ? self : hashes[i], right ? hashes[i] : self, parent);
        memcpy(node, parent, sizeof(node));
    }
    memcpy(ret, node, sizeof(node));
    return true;
}
