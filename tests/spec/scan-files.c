/* SPDX-License-Identifier: Apache-2.0
 *
 * Validates every file named on standard input, "FEATURES TAB PATH" a line (FEATURES as `validate --features` takes
 * them, empty for the default), and answers each with a line "SLUG TAB MESSAGE", "ok" and nothing where it is valid.
 * The drivers beside it and in tests/agree know what each answer should be. scan-files --features lists the features,
 * a line each, those that are not default with a '-' in front; scan-files --wit FILE prints the WIT of a component. */
#include "base/buf.h"
#include "runtime-min/component.h"
#include "runtime-min/scan.h"
#include "runtime-min/wit.h"

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

static void judge(const char *features, const char *path)
{
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_options options = {.features = 0};
    struct wrt_summary sum;
    if (!read_file(path, &bytes)) {
        printf("unreadable\t\n");
    } else if (wrt_features_parse(features[0] != '\0' ? features : "default", &options.features, &err) != 0 ||
               wrt_scan(wp_buf_span(&bytes), &options, NULL, &sum, &err) != 0) {
        printf("%s\t%s\n", wp_code_slug(err.code), err.msg);
    } else {
        printf("ok\t\n");
    }
}

static int list_features(void)
{
    for (unsigned bit = 0; bit < WRT_BIT_COUNT; bit++) {
        printf("%s%s\n", (wrt_features_default() >> bit & 1) != 0 ? "" : "-", wrt_feature_name(bit));
    }
    return 0;
}

static int print(void *arg, const char *text, size_t len, struct wp_err *err WP_UNUSED)
{
    fwrite(text, 1, len, arg);
    return 0;
}

static int print_wit(const char *path)
{
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_binary *b = NULL;
    if (!read_file(path, &bytes) || wrt_load(wp_buf_span(&bytes), NULL, &b, NULL, &err) != 0) {
        fprintf(stderr, "%s: %s\n", path, err.msg);
        return 1;
    }
    const struct wrt_component *c = wrt_binary_component(b);
    int failed = c == NULL || wrt_wit_print(c, print, stdout, &err) != 0;
    if (failed) {
        fprintf(stderr, "%s: %s\n", path, c == NULL ? "no component" : err.msg);
    }
    wrt_binary_free(b);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc == 3 && wp_str_eq(argv[1], "--wit")) {
        return print_wit(argv[2]);
    }
    if (argc == 2 && wp_str_eq(argv[1], "--features")) {
        return list_features();
    }
    char line[4096];
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *path = strchr(line, '\t');
        if (path == NULL) {
            fprintf(stderr, "no tab in '%s'\n", line);
            return 2;
        }
        *path++ = '\0';
        judge(line, path);
        fflush(stdout); /* an input that ends this process must not take earlier answers along */
    }
    return 0;
}
