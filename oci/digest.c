/* SPDX-License-Identifier: Apache-2.0
 *
 * Content digests (oci/digest.h). */
#include "oci/digest.h"

#include "base/num.h"
#include "base/time.h"

#include <stdio.h>
#include <strings.h>
#include <sys/random.h>

enum { QUOTED_MAX = 140 }; /* a sha512 digest is shown whole, a flood is not */

struct alg_row {
    const char *name;
    enum wp_hash_alg alg;
};

static const struct alg_row algs[] = {{"sha256", WP_SHA256}, {"sha512", WP_SHA512}};

const char *oci_digest_alg_name(enum wp_hash_alg alg)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(algs); i++) {
        if (algs[i].alg == alg) {
            return algs[i].name;
        }
    }
    return "";
}

bool oci_digest_alg_parse(const char *name, enum wp_hash_alg *ret)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(algs); i++) {
        if (wp_str_eq(algs[i].name, name)) {
            *ret = algs[i].alg;
            return true;
        }
    }
    return false;
}

static int not_a_digest(struct wp_err *err, const char *text, const char *why)
{
    return wp_fail(err, WP_E_INPUT, "'%.*s' is not a digest: %s", QUOTED_MAX, text, why);
}

static int algorithm_problem(const char *text, size_t len, struct wp_err *err)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(algs); i++) {
        if (strlen(algs[i].name) == len && strncasecmp(text, algs[i].name, len) == 0) {
            return not_a_digest(err, text, "the algorithm must be in lower case");
        }
    }
    return not_a_digest(err, text, "the algorithm is neither sha256 nor sha512");
}

static int hex_problem(const char *text, const char *hex, size_t want, struct wp_err *err)
{
    static const char lower[] = "0123456789abcdef";
    size_t good = strspn(hex, lower);
    if (hex[good] != '\0') {
        bool upper = hex[good] >= 'A' && hex[good] <= 'F';
        return not_a_digest(err, text, upper ? "hex digits must be in lower case" : "it has other than hex digits");
    }
    return wp_fail(err, WP_E_INPUT, "'%.*s' is not a digest: it has %zu hex digits, expected %zu", QUOTED_MAX, text,
                   good, want);
}

static const struct alg_row *row_of(const char *text, size_t len)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(algs); i++) {
        if (strlen(algs[i].name) == len && memcmp(algs[i].name, text, len) == 0) {
            return &algs[i];
        }
    }
    return NULL;
}

static bool read_digest(const char *text, struct oci_digest *ret)
{
    const char *colon = strchr(text, ':');
    const struct alg_row *row = colon != NULL ? row_of(text, (size_t)(colon - text)) : NULL;
    if (row == NULL) {
        return false;
    }
    struct oci_digest d = {.alg = row->alg};
    /* wp_unhex stops at the first NUL or wrong character, so shorter text is not overrun. */
    if (!wp_unhex(colon + 1, d.bytes, wp_hash_size(row->alg))) {
        return false;
    }
    *ret = d;
    return true;
}

int oci_digest_parse(const char *text, struct oci_digest *ret, struct wp_err *err)
{
    if (read_digest(text, ret)) {
        return 0;
    }
    const char *colon = strchr(text, ':');
    if (colon == NULL) {
        return not_a_digest(err, text, "expected 'sha256:' and 64 hex digits");
    }
    const struct alg_row *row = row_of(text, (size_t)(colon - text));
    return row == NULL ? algorithm_problem(text, (size_t)(colon - text), err)
                       : hex_problem(text, colon + 1, 2 * wp_hash_size(row->alg), err);
}

bool oci_digest_is(const char *text)
{
    struct oci_digest d;
    return read_digest(text, &d);
}

/* prefix + hex of d with at most `max` bytes of it */
static char *text_of(const struct oci_digest *d, const char *prefix, char sep, size_t max, char *ret, size_t ret_size)
{
    char hex[2 * WP_HASH_MAX + 1];
    wp_hex(d->bytes, WP_MIN(wp_hash_size(d->alg), max), hex);
    (void)snprintf(ret, ret_size, "%s%s%c%s", prefix, oci_digest_alg_name(d->alg), sep, hex);
    return ret;
}

char *oci_digest_text(const struct oci_digest *d, char ret[OCI_DIGEST_TEXT])
{
    return text_of(d, "", ':', WP_HASH_MAX, ret, OCI_DIGEST_TEXT);
}

bool oci_digest_equal(const struct oci_digest *a, const struct oci_digest *b)
{
    /* No digest equals nothing: a forgotten one must not pass as proof. */
    size_t size = wp_hash_size(a->alg);
    return size != 0 && a->alg == b->alg && memcmp(a->bytes, b->bytes, size) == 0;
}

void oci_digest_of(enum wp_hash_alg alg, struct wp_span bytes, struct oci_digest *ret)
{
    *ret = (struct oci_digest){.alg = alg};
    wp_hash_bytes(alg, bytes, ret->bytes);
}

uint64_t oci_digest_hash(const struct oci_digest *d, uint64_t seed)
{
    __extension__ typedef unsigned __int128 wide;
    uint64_t h = seed;
    for (size_t at = 0; at < wp_hash_size(d->alg); at += sizeof(h)) {
        uint64_t word = 0;
        memcpy(&word, d->bytes + at, sizeof(word));
        /* Both halves of the product: no bit of a word moves on alone, where another word could take it back. */
        wide product = (wide)(h ^ word) * (seed | 1);
        h = (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    return h;
}

uint64_t oci_digest_seed(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed)) {
        seed ^= wp_time_mono_ms() * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(uintptr_t)&seed;
    }
    return seed;
}

char *oci_digest_blob_path(const struct oci_digest *d, char ret[OCI_BLOB_PATH])
{
    return text_of(d, "blobs/", '/', WP_HASH_MAX, ret, OCI_BLOB_PATH);
}

char *oci_digest_referrers_tag(const struct oci_digest *d, char ret[OCI_DIGEST_TEXT])
{
    return text_of(d, "", '-', 32, ret, OCI_DIGEST_TEXT);
}
