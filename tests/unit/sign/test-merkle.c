/* SPDX-License-Identifier: Apache-2.0
 *
 * Inclusion proofs: of every leaf of every tree up to 40 leaves, made as RFC 9162 defines trees; and none that is not
 * exactly one. */
#include "base/hash.h"
#include "sign/material-int.h"
#include "tests/unit/unit.h"

#define LEAVES 40

static uint8_t leaves[LEAVES][32];

static void node(const uint8_t *left, const uint8_t *right, uint8_t ret[32])
{
    uint8_t text[65] = {1};
    uint8_t hash[WP_HASH_MAX];
    memcpy(text + 1, left, 32);
    memcpy(text + 33, right, 32);
    wp_hash_bytes(WP_SHA256, wp_span(text, sizeof(text)), hash);
    memcpy(ret, hash, 32);
}

/* MTH(D[from:from+n]) */
static void tree(size_t from, size_t n, uint8_t ret[32])
{
    if (n == 1) {
        memcpy(ret, leaves[from], 32);
        return;
    }
    size_t k = 1;
    while (2 * k < n) {
        k *= 2;
    }
    uint8_t left[32];
    uint8_t right[32];
    tree(from, k, left);
    tree(from + k, n - k, right);
    node(left, right, ret);
}

/* PATH(m, D[from:from+n]) */
static size_t path(size_t m, size_t from, size_t n, uint8_t ret[][32])
{
    if (n == 1) {
        return 0;
    }
    size_t k = 1;
    while (2 * k < n) {
        k *= 2;
    }
    bool left = m < k;
    size_t len = left ? path(m, from, k, ret) : path(m - k, from + k, n - k, ret);
    tree(left ? from + k : from, left ? n - k : k, ret[len]);
    return len + 1;
}

static void test_every_leaf(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEAVES; i++) {
        uint8_t entry = (uint8_t)i;
        sig_merkle_leaf(wp_span(&entry, 1), leaves[i]);
    }
    for (size_t n = 1; n <= LEAVES; n++) {
        uint8_t root[32];
        tree(0, n, root);
        for (size_t m = 0; m < n; m++) {
            uint8_t hashes[8][32];
            struct wp_span spans[9];
            uint8_t got[32];
            size_t count = path(m, 0, n, hashes);
            for (size_t i = 0; i < 8; i++) {
                spans[i] = wp_span(hashes[i], 32);
            }
            assert_true(sig_merkle_root(leaves[m], m, n, spans, count, got));
            assert_memory_equal(got, root, 32);
            assert_false(sig_merkle_root(leaves[m], m, n, spans, count + 1, got));
            assert_false(count > 0 && sig_merkle_root(leaves[m], m, n, spans, count - 1, got));
            for (size_t i = 0; i < count; i++) {
                hashes[i][31] ^= 1;
                assert_true(sig_merkle_root(leaves[m], m, n, spans, count, got));
                assert_memory_not_equal(got, root, 32);
                hashes[i][31] ^= 1;
                spans[i].len = 31;
                assert_false(sig_merkle_root(leaves[m], m, n, spans, count, got));
                spans[i].len = 32;
            }
            for (size_t other = 0; other < n; other++) {
                bool led = other != m && sig_merkle_root(leaves[m], other, n, spans, count, got);
                assert_true(!led || memcmp(got, root, 32) != 0);
            }
        }
    }
}

static void test_no_tree(void **state)
{
    (void)state;
    uint8_t root[32];
    struct wp_span none[1] = {{0}};
    assert_false(sig_merkle_root(leaves[0], 0, 0, none, 0, root));
    assert_false(sig_merkle_root(leaves[0], 1, 1, none, 0, root));
    assert_false(sig_merkle_root(leaves[0], UINT64_MAX, UINT64_MAX, none, 0, root));
    assert_false(sig_merkle_root(leaves[0], 0, UINT64_MAX, none, 0, root));
    assert_false(sig_merkle_root(leaves[0], UINT64_MAX - 1, UINT64_MAX, none, 1, root));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_leaf),
        cmocka_unit_test(test_no_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
