/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the bytes are: sections of all depths summed under their titles. */
#include "pack/facts.h"

#include <stdlib.h>

static int by_title(const void *a, const void *b)
{
    const struct pack_part *x = a;
    const struct pack_part *y = b;
    return strcmp(x->title, y->title);
}

static int by_size(const void *a, const void *b)
{
    const struct pack_part *x = a;
    const struct pack_part *y = b;
    return x->size != y->size ? (x->size < y->size ? 1 : -1) : strcmp(x->title, y->title);
}

size_t facts_sum_parts(struct pack_part *list, size_t count)
{
    size_t n = 0;
    if (count == 0) {
        return 0;
    }
    qsort(list, count, sizeof(*list), by_title);
    for (size_t i = 0; i < count; i++) {
        if (n > 0 && wp_str_eq(list[n - 1].title, list[i].title)) {
            list[n - 1].size += list[i].size;
            list[n - 1].count += list[i].count;
        } else {
            list[n++] = list[i];
        }
    }
    qsort(list, n, sizeof(*list), by_size);
    return n;
}
