/* SPDX-License-Identifier: Apache-2.0
 *
 * A signature as a referrer (image-spec, "Guidelines for Artifact Usage"): one layer, a config of "{}", the subject. */
#include "sign/find.h"

/* cosign repeats the artifact type at the empty config. */
static struct oci_desc config_of(const struct sig_attach *at)
{
    struct oci_desc d = {.media_type = at->config_type, .size = strlen(OCI_EMPTY_JSON)};
    oci_digest_of(WP_SHA256, wp_span_str(OCI_EMPTY_JSON), &d.digest);
    if (wp_str_eq(at->config_type, OCI_MT_EMPTY)) {
        d.artifact_type = at->artifact_type;
    }
    return d;
}

int sig_attach_build(const struct sig_attach *at, struct oci_store *out, struct wp_arena *a, struct oci_desc *ret_desc,
                     struct wp_span *ret_bytes, struct wp_err *err)
{
    const struct oci_desc config = config_of(at);
    struct oci_desc layer = {.media_type = at->layer_type, .size = at->layer.len};
    oci_digest_of(WP_SHA256, at->layer, &layer.digest);
    /* Names and platforms by which it was found are not the subject's. */
    const struct oci_desc subject = {
        .media_type = at->subject->media_type, .digest = at->subject->digest, .size = at->subject->size};
    const struct oci_manifest m = {
        .kind = OCI_MANIFEST,
        .media_type = OCI_MT_MANIFEST,
        .artifact_type = at->artifact_type,
        .config = config,
        .layers = &layer,
        .layer_count = 1,
        .subject = &subject,
        .annotations = at->annotations,
        .annotation_count = at->annotation_count,
    };
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    oci_manifest_write(&m, &b);
    struct wp_span bytes = wp_arena_bytes(a, wp_buf_span(&b));
    const struct oci_desc desc = oci_manifest_desc(&m, bytes);
    const struct oci_binding bind = {.desc = &desc, .bytes = bytes};
    if (oci_store_put(out, &config, wp_span_str(OCI_EMPTY_JSON), err) < 0 ||
        oci_store_put(out, &layer, at->layer, err) < 0 || oci_store_bind(out, &bind, 1, 0, err) < 0) {
        return -1;
    }
    *ret_desc = desc;
    *ret_bytes = bytes;
    return 0;
}
