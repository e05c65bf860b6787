/* SPDX-License-Identifier: Apache-2.0
 *
 * The proven bytes of manifests that are asked for again and again, kept while their files are the same ones: a server
 * answers most requests with a few of them. A fixed number of places, each for one small manifest; what hashes to a
 * taken place replaces what is there. */
#include "base/mem.h"
#include "oci/layout-int.h"

#include <fcntl.h>

#define PLACES  256
#define LARGEST ((uint64_t)16 << 10)

struct place {
    struct oci_digest digest; /* alg 0: free */
    struct stat st;
    uint8_t *bytes;
};
struct layout_cache {
    struct place places[PLACES];
};

/* The file as it is now; false when it is none. */
static bool look(struct layout *l, const struct oci_digest *digest, struct stat *ret)
{
    struct wp_err ignored = {0};
    char path[OCI_BLOB_PATH];
    int dir = layout_blob_dir(l, digest->alg, false, &ignored);
    return dir >= 0 &&
           fstatat(dir, strrchr(oci_digest_blob_path(digest, path), '/') + 1, ret, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(ret->st_mode);
}

/* Under the lock. */
static struct place *place_of(struct layout *l, const struct oci_digest *digest)
{
    if (l->cache == NULL) {
        l->cache = wp_xcalloc(1, sizeof(*l->cache));
    }
    return &l->cache->places[digest->bytes[0] % PLACES];
}

static bool take(struct layout *l, const struct oci_digest *digest, const struct stat *now, struct wp_arena *a,
                 struct wp_span *ret)
{
    pthread_mutex_lock(&l->cache_mutex);
    const struct place *p = place_of(l, digest);
    bool found = oci_digest_equal(&p->digest, digest) && layout_same_file(&p->st, now);
    if (found) {
        *ret = wp_arena_bytes(a, wp_span(p->bytes, (size_t)now->st_size));
    }
    pthread_mutex_unlock(&l->cache_mutex);
    return found;
}

static void keep(struct layout *l, const struct oci_digest *digest, const struct stat *st, struct wp_span bytes)
{
    pthread_mutex_lock(&l->cache_mutex);
    struct place *p = place_of(l, digest);
    free(p->bytes);
    p->bytes = wp_xmalloc(bytes.len + 1);
    memcpy(p->bytes, bytes.ptr, bytes.len);
    p->digest = *digest;
    p->st = *st;
    pthread_mutex_unlock(&l->cache_mutex);
}

int layout_cached(struct layout *l, const struct oci_desc *d, uint64_t limit, struct wp_arena *a, struct wp_span *ret,
                  struct wp_err *err)
{
    struct stat before;
    struct stat after;
    bool known = look(l, &d->digest, &before);
    bool fits = known && (uint64_t)before.st_size <= WP_MIN(limit, LARGEST) &&
                (d->size == OCI_SIZE_UNKNOWN || d->size == (uint64_t)before.st_size);
    if (fits && take(l, &d->digest, &before, a, ret)) {
        return 0;
    }
    if (oci_store_get(&l->base, d, limit, a, ret, err) < 0) {
        return -1;
    }
    if (fits && layout_settled(&before) && look(l, &d->digest, &after) && layout_same_file(&before, &after)) {
        keep(l, &d->digest, &before, *ret);
    }
    return 0;
}

void layout_cache_free(WP_OWN struct layout_cache *c)
{
    for (size_t i = 0; c != NULL && i < PLACES; i++) {
        free(c->places[i].bytes);
    }
    free(c);
}
