/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes in memory: the sieve of Eratosthenes. sieve [BELOW] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char *argv[])
{
    size_t below = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 20000000;
    unsigned char *composite = calloc(below, 1);
    if (composite == NULL) {
        return 1;
    }
    size_t count = 0;
    size_t last = 0;
    for (size_t i = 2; i < below; i++) {
        if (composite[i]) {
            continue;
        }
        count++;
        last = i;
        for (size_t k = i; k <= (below - 1) / i; k++) {
            composite[i * k] = 1;
        }
    }
    printf("%zu primes below %zu, the last is %zu\n", count, below, last);
    free(composite);
    return 0;
}
