/* SPDX-License-Identifier: Apache-2.0
 *
 * Indirect calls: quicksort over a comparison that is known only at run time. qsort [ITEMS] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct item {
    uint32_t key;
    uint32_t serial;
};
typedef int (*compare_fn)(const struct item *a, const struct item *b);

static int by_key(const struct item *a, const struct item *b)
{
    return (a->key > b->key) - (a->key < b->key);
}

static int by_serial(const struct item *a, const struct item *b)
{
    return (a->serial > b->serial) - (a->serial < b->serial);
}

static int by_low_bits(const struct item *a, const struct item *b)
{
    return (int)(a->key & 0xffff) - (int)(b->key & 0xffff);
}

static compare_fn volatile orders[] = {by_key, by_serial, by_low_bits};

static void swap(struct item *a, struct item *b)
{
    struct item t = *a;
    *a = *b;
    *b = t;
}

static void sort(struct item *items, size_t n, compare_fn compare)
{
    while (n > 1) {
        struct item pivot = items[(n - 1) / 2]; /* not the last: both parts get smaller */
        size_t low = 0;
        size_t high = n - 1;
        for (;;) {
            while (compare(&items[low], &pivot) < 0) {
                low++;
            }
            while (compare(&items[high], &pivot) > 0) {
                high--;
            }
            if (low >= high) {
                break;
            }
            swap(&items[low++], &items[high--]);
        }
        size_t left = high + 1;
        if (left < n - left) {
            sort(items, left, compare);
            items += left;
            n -= left;
        } else {
            sort(items + left, n - left, compare);
            n = left;
        }
    }
}

int main(int argc, char *argv[])
{
    size_t n = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 1000000;
    struct item *items = malloc(n * sizeof *items);
    if (items == NULL || n == 0) {
        return 1;
    }
    uint32_t seed = 12345;
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        items[i] = (struct item){seed >> 3, (uint32_t)i};
    }
    for (unsigned round = 0; round < 3; round++) {
        sort(items, n, orders[round]);
        uint64_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            sum = sum * 31 + (round == 2 ? items[i].key & 0xffff : items[i].key);
        }
        printf("%u %u %llu\n", (unsigned)items[0].key, (unsigned)items[n - 1].key & 0xffff, (unsigned long long)sum);
    }
    free(items);
    return 0;
}
