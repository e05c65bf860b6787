/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs every file given (and every file of every folder given, one level deep) through a fuzz target, without a fuzzer.
 * Fails when nothing was run: an empty corpus proves nothing. */
#include "base/buf.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rbe");
    if (f == NULL) {
        perror(path);
        return -1;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    char chunk[4096];
    size_t n = 0;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
        wp_buf_add(&b, chunk, n);
    }
    bool bad = ferror(f) != 0;
    fclose(f);
    if (bad) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return -1;
    }
    /* An exact copy on the heap: a sanitizer sees the first byte read beyond it. */
    WP_AUTO_FREE uint8_t *data = wp_xmalloc(b.len);
    memcpy(data, b.ptr, b.len);
    (void)LLVMFuzzerTestOneInput(data, b.len);
    return 0;
}

static long run_dir(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        perror(path);
        return -1;
    }
    long count = 0;
    for (const struct dirent *e = readdir(dir); e != NULL && count >= 0; e = readdir(dir)) {
        WP_AUTO_FREE char *file = wp_xasprintf("%s/%s", path, e->d_name);
        struct stat st;
        if (stat(file, &st) != 0 || !S_ISREG(st.st_mode)) {
            continue;
        }
        count = run_file(file) == 0 ? count + 1 : -1;
    }
    closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    long total = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        bool folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
        long n = folder ? run_dir(argv[i]) : run_file(argv[i]) == 0 ? 1 : -1;
        if (n <= 0) {
            fprintf(stderr, "%s: %s\n", argv[i], n == 0 ? "holds no input" : "failed");
            return 1;
        }
        total += n;
    }
    if (total == 0) {
        fprintf(stderr, "usage: %s FILE|DIR...\n", argv[0]);
        return 1;
    }
    printf("%ld inputs\n", total);
    return 0;
}
