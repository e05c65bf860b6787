/* SPDX-License-Identifier: Apache-2.0
 *
 * Doubles in memory: the product of two square matrices, the second one walked by columns. matmul [N] */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    size_t n = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 400;
    double *a = malloc(n * n * sizeof *a);
    double *b = malloc(n * n * sizeof *b);
    double *c = malloc(n * n * sizeof *c);
    if (a == NULL || b == NULL || c == NULL) {
        return 1;
    }
    for (size_t i = 0; i < n * n; i++) {
        a[i] = (double)(i % 97) / 7.0;
        b[i] = (double)(i % 89) / 11.0;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++) {
                sum += a[i * n + k] * b[k * n + j];
            }
            c[i * n + j] = sum;
        }
    }
    double trace = 0;
    for (size_t i = 0; i < n; i++) {
        trace += c[i * n + i] - c[i * n + (n - 1 - i)] / 3.0;
    }
    printf("%zu: %.9g %.9g\n", n, trace, c[n * n / 2]);
    free(a);
    free(b);
    free(c);
    return 0;
}
