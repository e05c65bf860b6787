/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of referrers that clients keep themselves where a registry or layout has no referrers API. */

#include "oci/referrers.h"

#include "base/limits.h"
#include "base/mem.h"

bool oci_referrers_is_list(const struct oci_manifest *m, const struct oci_digest *self,
                           const struct oci_digest *subject)
{
    return m->kind == OCI_INDEX && !oci_digest_equal(self, subject);
}

struct oci_desc oci_referrers_entry(struct wp_arena *a, const struct oci_manifest *m, struct wp_span bytes)
{
    struct oci_desc d = oci_manifest_desc(m, bytes);
    d.artifact_type = oci_manifest_artifact_type(m);
    d.annotations = m->annotations;
    d.annotation_count = m->annotation_count;
    return oci_desc_copy(a, &d);
}

static bool same(const struct oci_desc *a, const struct oci_desc *b)
{
    WP_AUTO_BUF struct wp_buf x = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf y = WP_BUF_INIT;
    struct wp_json_out ox = wp_json_out(&x);
    struct wp_json_out oy = wp_json_out(&y);
    oci_desc_write(&ox, a);
    oci_desc_write(&oy, b);
    return wp_str_eq(x.ptr, y.ptr);
}

/* The list of *count entries with the edit applied in place; it has room for one more. Returns whether anything
 * changed. */
static bool edit(struct oci_desc *list, size_t *count, const struct oci_desc *entry, bool remove)
{
    bool changed = false;
    bool placed = remove;
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (!oci_digest_equal(&list[i].digest, &entry->digest)) {
            list[kept++] = list[i];
        } else if (!placed) {
            placed = true;
            changed = changed || !same(&list[i], entry);
            list[kept++] = *entry;
        } else {
            changed = true;
        }
    }
    if (!placed) {
        changed = true;
        list[kept++] = *entry;
    }
    *count = kept;
    return changed;
}

int oci_referrers_edit(struct wp_span old, const struct oci_desc *entries, size_t n, bool remove, struct wp_buf *ret,
                       struct wp_err *err)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct oci_manifest m = {.kind = OCI_INDEX, .media_type = OCI_MT_INDEX};
    if (old.len > 0) {
        if (oci_manifest_parse(old, NULL, "list of referrers", &a, &m, err) < 0) {
            return -1;
        }
        if (m.kind != OCI_INDEX) {
            return wp_fail(err, WP_E_INTEGRITY, "list of referrers: not an index but '%s'", m.media_type);
        }
    }
    WP_AUTO_FREE struct oci_desc *list = wp_xcalloc(m.manifest_count + n + 1, sizeof(*list));
    size_t count = m.manifest_count;
    if (count > 0) {
        memcpy(list, m.manifests, count * sizeof(*list));
    }
    bool changed = false;
    for (size_t i = 0; i < n; i++) {
        changed = edit(list, &count, &entries[i], remove) || changed;
    }
    if (!changed) {
        return 0;
    }
    if (!remove && count > WP_LIMIT_REFERRERS) {
        return wp_fail(err, WP_E_LIMIT, "list of referrers: %zu entries, the limit is %llu", count,
                       (unsigned long long)WP_LIMIT_REFERRERS);
    }
    m.manifests = list;
    m.manifest_count = count;
    wp_buf_cut(ret, 0);
    oci_manifest_write(&m, ret);
    return 1;
}
