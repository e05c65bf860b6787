/* SPDX-License-Identifier: Apache-2.0
 *
 * 64-bit mixing and scattered memory: words are counted in an open hash table that grows. hash [WORDS] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct slot {
    uint64_t key; /* 0: free */
    uint64_t count;
};
static struct slot *slots;
static uint64_t capacity;
static uint64_t used;

static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 29;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 32);
}

static struct slot *find(uint64_t key)
{
    uint64_t i = mix(key) & (capacity - 1);
    while (slots[i].key != 0 && slots[i].key != key) {
        i = (i + 1) & (capacity - 1);
    }
    return &slots[i];
}

static void grow(void)
{
    struct slot *old = slots;
    uint64_t before = capacity;
    capacity = before == 0 ? 64 : before * 2;
    slots = calloc((size_t)capacity, sizeof *slots);
    if (slots == NULL) {
        exit(1);
    }
    for (uint64_t i = 0; i < before; i++) {
        if (old[i].key != 0) {
            *find(old[i].key) = old[i];
        }
    }
    free(old);
}

int main(int argc, char *argv[])
{
    uint64_t words = argc > 1 ? strtoull(argv[1], NULL, 10) : 4000000;
    uint64_t seed = 1;
    grow();
    for (uint64_t i = 0; i < words; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        uint64_t key = (seed >> 40) % (i / 8 + 7) + 1;
        struct slot *slot = find(key);
        if (slot->key == 0) {
            slot->key = key;
            if (++used * 4 > capacity * 3) {
                grow();
                slot = find(key);
            }
        }
        slot->count++;
    }
    uint64_t most = 0;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < capacity; i++) {
        most = slots[i].count > most ? slots[i].count : most;
        sum += mix(slots[i].key) * slots[i].count;
    }
    printf("%llu words, %llu different, at most %llu, %llx\n", (unsigned long long)words, (unsigned long long)used,
           (unsigned long long)most, (unsigned long long)sum);
    free(slots);
    return 0;
}
