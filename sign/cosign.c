/* SPDX-License-Identifier: Apache-2.0
 *
 * cosign's older format, written (sign/cosign.h): byte for byte what cosign writes, so that nobody's reader meets
 * anything new. */
#include "sign/cosign.h"

#include "base/mem.h"
#include "base/num.h"
#include "sign/pem.h"

/* Go's encoding/json makes strings safe inside HTML. Outside of strings none of these characters stands. */
static void add_as_go(struct wp_buf *b, struct wp_span json)
{
    for (size_t i = 0; i < json.len; i++) {
        uint8_t c = json.ptr[i];
        bool separator = c == 0xe2 && json.len - i > 2 && json.ptr[i + 1] == 0x80 && (json.ptr[i + 2] | 1) == 0xa9;
        if (c == '<' || c == '>' || c == '&') {
            wp_buf_printf(b, "\\u%04x", c);
        } else if (separator) {
            wp_buf_add_str(b, json.ptr[i + 2] == 0xa8 ? "\\u2028" : "\\u2029");
            i += 2;
        } else {
            wp_buf_add_char(b, (char)c);
        }
    }
}

void sig_cosign_payload(const char *docker_reference, const struct oci_digest *digest,
                        const struct oci_annotation *annotations, size_t count, struct wp_buf *b)
{
    char text[OCI_DIGEST_TEXT];
    WP_AUTO_BUF struct wp_buf plain = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(&plain);
    wp_jo_object(&o);
    wp_jo_key(&o, "critical");
    wp_jo_object(&o);
    wp_jo_key(&o, "identity");
    wp_jo_object(&o);
    wp_jo_kstr(&o, "docker-reference", docker_reference);
    wp_jo_object_end(&o);
    wp_jo_key(&o, "image");
    wp_jo_object(&o);
    wp_jo_kstr(&o, "docker-manifest-digest", oci_digest_text(digest, text));
    wp_jo_object_end(&o);
    wp_jo_kstr(&o, "type", SIG_COSIGN_TYPE);
    wp_jo_object_end(&o);
    wp_jo_key(&o, "optional");
    if (count > 0) {
        oci_annotations_write(&o, annotations, count);
    } else {
        wp_jo_null(&o);
    }
    wp_jo_object_end(&o);
    add_as_go(b, wp_buf_span(&plain));
}

void sig_dsse_envelope(const char *payload_type, struct wp_span payload, struct wp_span signature, const char *keyid,
                       struct wp_buf *b)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_json_out o = wp_json_out(b);
    wp_jo_object(&o);
    wp_base64(&text, payload, false);
    wp_jo_kstr(&o, "payload", text.ptr);
    wp_jo_kstr(&o, "payloadType", payload_type);
    wp_jo_key(&o, "signatures");
    wp_jo_array(&o);
    wp_jo_object(&o);
    if (keyid != NULL) {
        wp_jo_kstr(&o, "keyid", keyid);
    }
    wp_buf_cut(&text, 0);
    wp_base64(&text, signature, false);
    wp_jo_kstr(&o, "sig", text.ptr);
    wp_jo_object_end(&o);
    wp_jo_array_end(&o);
    wp_jo_object_end(&o);
}

/* ---- annotations of a layer ---- */

static const char *base64_text(struct wp_arena *a, struct wp_span bytes)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_base64(&b, bytes, false);
    return wp_arena_str(a, b.ptr);
}

static const char *certificates_text(struct wp_arena *a, const struct wp_span *list, size_t count)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    for (size_t i = 0; i < count; i++) {
        sig_pem_write("CERTIFICATE", list[i], &b);
    }
    return wp_arena_str(a, b.ptr);
}

/* What Rekor v1 promised; an entry with nothing but a proof has no place in this format. */
static const char *log_text(struct wp_arena *a, const struct sig_log_entry *e)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_FREE char *log_id = wp_xcalloc(2 * e->log_id.len + 1, 1);
    struct wp_json_out o = wp_json_out(&b);
    wp_hex(e->log_id.ptr, e->log_id.len, log_id);
    wp_jo_object(&o);
    wp_jo_kstr(&o, "SignedEntryTimestamp", base64_text(a, e->set));
    wp_jo_key(&o, "Payload");
    wp_jo_object(&o);
    wp_jo_kstr(&o, "body", base64_text(a, e->canonical_body));
    wp_jo_ku64(&o, "integratedTime", (uint64_t)e->integrated_time);
    wp_jo_ku64(&o, "logIndex", e->log_index);
    wp_jo_kstr(&o, "logID", log_id);
    wp_jo_object_end(&o);
    wp_jo_object_end(&o);
    return wp_arena_str(a, b.ptr);
}

static const char *timestamp_text(struct wp_arena *a, struct wp_span timestamp)
{
    return wp_arena_printf(a, "{\"SignedRFC3161Timestamp\":\"%s\"}", base64_text(a, timestamp));
}

size_t sig_cosign_annotations(struct wp_span signature, const struct sig_material *m, const char *predicate_type,
                              struct wp_arena *a, const struct oci_annotation **ret)
{
    struct oci_annotation *list = wp_arena_alloc(a, 6, sizeof(*list));
    size_t n = 0;
    /* Attestations have it too, empty: cosign's reader wants it there. */
    list[n++] = (struct oci_annotation){SIG_NOTE_SIGNATURE, predicate_type == NULL ? base64_text(a, signature) : ""};
    for (size_t i = 0; i < m->entry_count; i++) {
        if (m->entries[i].set.ptr != NULL) {
            list[n++] = (struct oci_annotation){SIG_NOTE_BUNDLE, log_text(a, &m->entries[i])};
            break;
        }
    }
    if (m->certificate_count > 0) {
        list[n++] = (struct oci_annotation){SIG_NOTE_CERTIFICATE, certificates_text(a, m->certificates, 1)};
        list[n++] = (struct oci_annotation){SIG_NOTE_CHAIN,
                                            certificates_text(a, m->certificates + 1, m->certificate_count - 1)};
    }
    if (m->timestamp_count > 0) {
        list[n++] = (struct oci_annotation){SIG_NOTE_TIMESTAMP, timestamp_text(a, m->timestamps[0])};
    }
    if (predicate_type != NULL) {
        list[n++] = (struct oci_annotation){SIG_NOTE_PREDICATE, predicate_type};
    }
    *ret = list;
    return n;
}
