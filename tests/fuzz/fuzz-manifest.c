/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests and indexes: no bytes read both as manifest and as index; what is read is written and read again to the
 * same bytes; a list of referrers keeps its length plus one. */
#include "oci/referrers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_referrers(struct wp_span text, const struct oci_manifest *m)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    WP_AUTO_BUF struct wp_buf more = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf less = WP_BUF_INIT;
    struct wp_err err = {0};
    struct oci_desc entry = oci_referrers_entry(&a, m, text);
    struct oci_manifest read;
    int got = oci_referrers_edit(text, &entry, 1, false, &more, &err);
    must(got >= 0 || err.code == WP_E_INTEGRITY || err.code == WP_E_LIMIT);
    if (got <= 0) {
        return;
    }
    must(oci_manifest_parse(wp_buf_span(&more), OCI_MT_INDEX, "list", &a, &read, &err) == 0 ||
         oci_manifest_parse(wp_buf_span(&more), OCI_MT_DOCKER_LIST, "list", &a, &read, &err) == 0);
    must(read.manifest_count == m->manifest_count + 1);
    must(oci_referrers_edit(wp_buf_span(&more), &entry, 1, false, &less, &err) == 0);
    must(oci_referrers_edit(wp_buf_span(&more), &entry, 1, true, &less, &err) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const announced[] = {
        NULL, OCI_MT_MANIFEST, OCI_MT_INDEX, OCI_MT_DOCKER_MANIFEST, OCI_MT_DOCKER_LIST, OCI_MT_ARTIFACT, "text/plain"};
    struct wp_span text = wp_span(data, size);
    bool seen[3] = {false};
    for (size_t i = 0; i < WP_ARRAY_LEN(announced); i++) {
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct wp_err err = {0};
        struct oci_manifest m;
        if (oci_manifest_parse(text, announced[i], "x", &a, &m, &err) < 0) {
            must(wp_str_starts(err.msg, "x: "));
            must(err.code == WP_E_INTEGRITY || err.code == WP_E_LIMIT || err.code == WP_E_UNSUPPORTED);
            continue;
        }
        must(m.kind == OCI_MANIFEST || m.kind == OCI_INDEX);
        must(m.layer_count == 0 || m.manifest_count == 0);
        seen[m.kind] = true;
        WP_AUTO_BUF struct wp_buf once = WP_BUF_INIT;
        WP_AUTO_BUF struct wp_buf twice = WP_BUF_INIT;
        struct oci_manifest again;
        oci_manifest_write(&m, &once);
        must(oci_manifest_parse(wp_buf_span(&once), m.media_type, "x", &a, &again, &err) == 0);
        must(again.kind == m.kind && again.layer_count == m.layer_count && again.manifest_count == m.manifest_count);
        oci_manifest_write(&again, &twice);
        must(once.len == twice.len && memcmp(once.ptr, twice.ptr, once.len) == 0);
        if (i == 0) {
            check_referrers(text, &m);
        }
    }
    must(!(seen[OCI_MANIFEST] && seen[OCI_INDEX]));
    return 0;
}
