/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints the WIT of every component named on standard input, "PATH TAB OUTPUT" a line, into OUTPUT, and answers each
 * with a line "SLUG TAB MESSAGE". wit-oracle.py compares the outputs with those of wasm-tools. */
#include "base/buf.h"
#include "runtime-min/scan.h"
#include "runtime-min/wit.h"

#include <stdio.h>

static bool read_file(const char *path, struct wp_buf *b)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        return false;
    }
    char chunk[65536];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
        wp_buf_add(b, chunk, n);
    }
    bool whole = ferror(f) == 0;
    return fclose(f) == 0 && whole;
}

static int to_file(void *arg, const char *text, size_t len, struct wp_err *err)
{
    return fwrite(text, 1, len, arg) == len ? 0 : wp_fail(err, WP_E_IO, "cannot write");
}

static int print(struct wp_span bytes, const char *output, struct wp_err *err)
{
    const struct wrt_options options = {.features = UINT64_MAX};
    struct wrt_binary *binary = NULL;
    if (wrt_load(bytes, &options, &binary, NULL, err) != 0) {
        return -1;
    }
    int result = -1;
    FILE *f = fopen(output, "wb");
    if (f == NULL || wrt_binary_component(binary) == NULL) {
        wp_fail(err, WP_E_INPUT, "no component, or no output file");
    } else {
        result = wrt_wit_print(wrt_binary_component(binary), to_file, f, err);
    }
    if (f != NULL && fclose(f) != 0 && result == 0) {
        result = wp_fail(err, WP_E_IO, "cannot write");
    }
    wrt_binary_free(binary);
    return result;
}

int main(void)
{
    char line[8192];
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *output = strchr(line, '\t');
        if (output == NULL) {
            fprintf(stderr, "no tab in '%s'\n", line);
            return 2;
        }
        *output++ = '\0';
        WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
        struct wp_err err = {.code = WP_E_OK};
        if (!read_file(line, &bytes)) {
            printf("unreadable\t\n");
        } else if (print(wp_buf_span(&bytes), output, &err) != 0) {
            printf("%s\t%s\n", wp_code_slug(err.code), err.msg);
        } else {
            printf("ok\t\n");
        }
        fflush(stdout); /* an input that ends this process must not take earlier answers along */
    }
    return 0;
}
