/* SPDX-License-Identifier: Apache-2.0
 *
 * A tar file, read from its beginning for each question. */
#include "tests/unit/sign/vectors.h"

#include "base/mem.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <zlib.h>

enum { BLOCK = 512 };

static char *archive(void)
{
    const char *folder = getenv("WPACK_DATA");
    return folder != NULL ? wp_xasprintf("%s/signing.tar.gz", folder) : NULL;
}

void vectors_or_skip(void)
{
    WP_AUTO_FREE char *path = archive();
    gzFile f = path != NULL ? gzopen(path, "rb") : NULL;
    if (f == NULL) {
        print_message("SKIP: no test data: set WPACK_DATA to a folder with signing.tar.gz\n");
        skip();
    }
    gzclose(f);
}

/* Size of the next regular file, its name in ret; -1: the end. */
static long next(gzFile f, char ret[101])
{
    uint8_t head[BLOCK];
    while (gzread(f, head, BLOCK) == BLOCK && head[0] != 0) {
        long size = strtol((const char *)head + 124, NULL, 8);
        memcpy(ret, head, 100);
        ret[100] = '\0';
        if (head[156] == '0' || head[156] == 0) {
            return size;
        }
        gzseek(f, (size + BLOCK - 1) / BLOCK * BLOCK, SEEK_CUR);
    }
    return -1;
}

void vectors_each(const char *prefix, void (*fn)(void *arg, const char *name, struct wp_span bytes), void *arg)
{
    char name[101];
    long size = 0;
    WP_AUTO_FREE char *path = archive();
    assert_non_null(path);
    gzFile f = gzopen(path, "rb");
    assert_non_null(f);
    while ((size = next(f, name)) >= 0) {
        const char *plain = wp_str_starts(name, "./") ? name + 2 : name;
        size_t padded = (size_t)(size + BLOCK - 1) / BLOCK * BLOCK;
        WP_AUTO_FREE uint8_t *bytes = wp_xmalloc(padded + 1);
        assert_int_equal(gzread(f, bytes, (unsigned)padded), (int)padded);
        if (wp_str_starts(plain, prefix)) {
            fn(arg, plain, wp_span(bytes, (size_t)size));
        }
    }
    gzclose(f);
}

struct wanted {
    const char *name;
    struct wp_buf *into;
    bool found;
};

static void take(void *arg, const char *name, struct wp_span bytes)
{
    struct wanted *w = arg;
    if (wp_str_eq(name, w->name)) {
        wp_buf_add(w->into, bytes.ptr, bytes.len);
        w->found = true;
    }
}

void vectors_read(const char *name, struct wp_buf *ret)
{
    struct wanted w = {.name = name, .into = ret};
    vectors_each(name, take, &w);
    if (!w.found) {
        fail_msg("signing.tar.gz has no %s", name);
    }
}
