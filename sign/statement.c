/* SPDX-License-Identifier: Apache-2.0
 *
 * DSSE's encoding, in-toto statements both ways, and the names of predicate types (sign/statement.h). */
#include "sign/statement.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"

#define SBOM_TYPES "https://(spdx\\.dev/Document|cyclonedx\\.org/bom)(/.*)?"

/* cosign's names (cosign, pkg/cosign/attestation), then ours. */
const struct sig_predicate_row sig_predicates[] = {
    {"slsaprovenance1", "https://slsa.dev/provenance/v1", "SLSA provenance v1"},
    {"slsaprovenance02", "https://slsa.dev/provenance/v0.2", "SLSA provenance v0.2"},
    {"slsaprovenance", "https://slsa.dev/provenance/v0.2", "SLSA provenance v0.2"},
    {"spdx", "https://spdx.dev/Document", "SPDX document"},
    {"spdxjson", "https://spdx.dev/Document", "SPDX document"},
    {"cyclonedx", "https://cyclonedx.org/bom", "CycloneDX bill of materials"},
    {"vuln", "https://cosign.sigstore.dev/attestation/vuln/v1", "result of a vulnerability scan"},
    {"openvex", "https://openvex.dev/ns", "OpenVEX document"},
    {"link", "https://in-toto.io/Link/v1", "in-toto link"},
    {"custom", "https://cosign.sigstore.dev/attestation/v1", "anything"},
    {"slsa", "https://slsa.dev/provenance/v1", "SLSA provenance v1"},
    {"test", "https://in-toto.io/attestation/test-result/v0.1", "results of tests"},
    {"sbom", NULL, "a bill of materials, SPDX or CycloneDX"},
    {NULL, NULL, NULL},
};

void sig_dsse_pae(const char *payload_type, struct wp_span payload, struct wp_buf *b)
{
    wp_buf_printf(b, "DSSEv1 %zu %s %zu ", strlen(payload_type), payload_type, payload.len);
    wp_buf_add(b, payload.ptr, payload.len);
}

/* ---- names of predicate types ---- */

static const struct sig_predicate_row *row_of(const char *name)
{
    for (const struct sig_predicate_row *r = sig_predicates; r->name != NULL; r++) {
        if (wp_str_eq(r->name, name)) {
            return r;
        }
    }
    return NULL;
}

/* scheme ":" and no blanks (RFC 3986, section 3.1). */
static bool is_uri(const char *text)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    if (scheme == 0 || text[scheme] != ':' || text[scheme + 1] == '\0') {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            return false;
        }
    }
    return true;
}

static int fail_predicate(const char *text, struct wp_err *err)
{
    const char *names[WP_ARRAY_LEN(sig_predicates)] = {NULL};
    for (size_t i = 0; sig_predicates[i].name != NULL; i++) {
        names[i] = sig_predicates[i].name;
    }
    wp_fail(err, WP_E_USAGE, "'%s' is neither the name of a predicate type nor a URI", text);
    const char *near = wp_nearest(text, names);
    if (near != NULL) {
        return wp_hint(err, "did you mean '%s'?", near);
    }
    return wp_hint(err,
                   "spdx, cyclonedx, slsaprovenance1, vuln, openvex, custom, or a URI as it stands in predicateType");
}

int sig_predicate_uri(const char *text, const char **ret, struct wp_err *err)
{
    const struct sig_predicate_row *row = row_of(text);
    if (row != NULL && row->uri == NULL) {
        wp_fail(err, WP_E_USAGE, "'%s' stands for several predicate types", text);
        return wp_hint(err, "spdx or cyclonedx");
    }
    if (row == NULL && !is_uri(text)) {
        return fail_predicate(text, err);
    }
    *ret = row != NULL ? row->uri : text;
    return 0;
}

int sig_predicate_match(const char *text, struct sig_match *ret, struct wp_err *err)
{
    const struct sig_predicate_row *row = row_of(text);
    if (row != NULL && row->uri == NULL) {
        *ret = (struct sig_match){.kind = SIG_MATCH_REGEXP, .text = SBOM_TYPES};
        return 0;
    }
    const char *uri = NULL;
    if (sig_predicate_uri(text, &uri, err) < 0) {
        return -1;
    }
    *ret = (struct sig_match){.kind = SIG_MATCH_EXACT, .text = uri};
    return 0;
}

/* ---- reading ---- */

static int read_subject(void *arg, const struct wp_json *subject, struct wp_err *err)
{
    static const char *const known[] = {"name", "digest", "annotations", NULL};
    (void)arg;
    if (wp_json_must(subject, WP_JSON_OBJECT, err) < 0 || wp_json_no_case_twins(subject, known, err) < 0) {
        return -1;
    }
    struct wp_json digest = wp_json_get(subject, "digest");
    if (wp_json_must(&digest, WP_JSON_OBJECT, err) < 0) {
        return -1;
    }
    return wp_json_len(&digest) == 0 ? wp_json_fail(&digest, err, "names no digest") : 0;
}

static int read_type(const struct wp_json *root, struct wp_err *err)
{
    struct wp_json at = wp_json_get(root, "_type");
    const char *type = NULL;
    if (wp_json_str(&at, &type, err) < 0) {
        return -1;
    }
    if (!wp_str_eq(type, SIG_STATEMENT_V1) && !wp_str_eq(type, "https://in-toto.io/Statement/v0.1")) {
        return wp_json_fail(&at, err, "'%s' is no in-toto statement of version 1 or 0.1", type);
    }
    return 0;
}

static int read_statement(struct sig_statement *s, struct wp_err *err)
{
    static const char *const known[] = {"_type", "subject", "predicateType", "predicate", NULL};
    struct wp_json root = wp_json_root(s->doc);
    if (wp_json_must(&root, WP_JSON_OBJECT, err) < 0 || wp_json_no_case_twins(&root, known, err) < 0 ||
        read_type(&root, err) < 0) {
        return -1;
    }
    struct wp_json type = wp_json_get(&root, "predicateType");
    struct wp_json subjects = wp_json_get(&root, "subject");
    if (wp_json_must(&subjects, WP_JSON_ARRAY, err) < 0 || wp_json_str(&type, &s->predicate_type, err) < 0) {
        return -1;
    }
    if (wp_json_len(&subjects) == 0) {
        return wp_json_fail(&subjects, err, "names no subject");
    }
    if (wp_json_each(&subjects, read_subject, NULL, err) < 0) {
        return -1;
    }
    s->subjects = wp_json_pointer(&root, "/subject");
    s->predicate = wp_json_pointer(&root, "/predicate");
    return 0;
}

int sig_statement_read(struct wp_span payload, const char *name, struct sig_statement *ret, struct wp_err *err)
{
    if (payload.len > WP_LIMIT_STATEMENT) {
        return wp_fail(err, WP_E_LIMIT, "%s: %zu bytes, at most %llu are looked at", name, payload.len,
                       (unsigned long long)WP_LIMIT_STATEMENT);
    }
    struct sig_statement s = {0};
    if (wp_json_parse(payload, name, false, WP_E_UNSATISFIED, &s.doc, err) < 0) {
        return -1;
    }
    if (read_statement(&s, err) < 0) {
        sig_statement_done(&s);
        return -1;
    }
    *ret = s;
    return 0;
}

void sig_statement_done(struct sig_statement *s)
{
    wp_json_free(WP_STEAL(s->doc));
}

bool sig_statement_is_about(const struct sig_statement *s, const struct oci_digest *digest,
                            struct wp_json *ret_annotations)
{
    char hex[2 * WP_HASH_MAX + 1];
    wp_hex(digest->bytes, wp_hash_size(digest->alg), hex);
    for (size_t i = 0; i < wp_json_len(&s->subjects); i++) {
        struct wp_json subject = wp_json_at(&s->subjects, i);
        struct wp_json digests = wp_json_get(&subject, "digest");
        struct wp_json at = wp_json_get(&digests, oci_digest_alg_name(digest->alg));
        struct wp_err err = {0};
        const char *text = NULL;
        if (wp_json_str(&at, &text, &err) < 0 || !wp_str_eq(text, hex)) {
            continue;
        }
        if (ret_annotations != NULL) {
            *ret_annotations = wp_json_get(&subject, "annotations");
            ret_annotations->up = NULL; /* the subject does not outlive this block */
        }
        return true;
    }
    return false;
}

/* ---- writing ---- */

void sig_statement_write(struct wp_buf *b, const char *subject_name, const struct oci_digest *digest,
                         const struct oci_annotation *annotations, size_t annotation_count, const char *predicate_type,
                         struct wp_span predicate)
{
    char hex[2 * WP_HASH_MAX + 1];
    wp_hex(digest->bytes, wp_hash_size(digest->alg), hex);
    struct wp_json_out o = wp_json_out(b);
    wp_jo_object(&o);
    wp_jo_kstr(&o, "_type", SIG_STATEMENT_V1);
    wp_jo_key(&o, "subject");
    wp_jo_array(&o);
    wp_jo_object(&o);
    if (subject_name != NULL) {
        wp_jo_kstr(&o, "name", subject_name);
    }
    wp_jo_key(&o, "digest");
    wp_jo_object(&o);
    wp_jo_kstr(&o, oci_digest_alg_name(digest->alg), hex);
    wp_jo_object_end(&o);
    if (annotation_count != 0) {
        wp_jo_key(&o, "annotations");
        oci_annotations_write(&o, annotations, annotation_count);
    }
    wp_jo_object_end(&o);
    wp_jo_array_end(&o);
    wp_jo_kstr(&o, "predicateType", predicate_type);
    wp_jo_key(&o, "predicate");
    wp_jo_raw(&o, predicate.len != 0 ? predicate : wp_span_str("{}"));
    wp_jo_object_end(&o);
}
