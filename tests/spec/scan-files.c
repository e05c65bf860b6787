/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans every file named on standard input, one path a line, and prints "ok PATH" or "SLUG PATH: message". The driver
 * beside it knows what each answer should be. */
#include "base/buf.h"
#include "runtime-min/scan.h"

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

int main(void)
{
    char line[4096];
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
        struct wp_err err = {.code = WP_E_OK};
        struct wrt_summary sum;
        if (!read_file(line, &bytes)) {
            printf("unreadable %s\n", line);
        } else if (wrt_scan(wp_buf_span(&bytes), NULL, &sum, &err) != 0) {
            printf("%s %s: %s\n", wp_code_slug(err.code), line, err.msg);
        } else {
            printf("ok %s\n", line);
        }
    }
    return 0;
}
