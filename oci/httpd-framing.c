/* SPDX-License-Identifier: Apache-2.0
 *
 * Framing (RFC 9112 §6.3, §11): what two readers of one request could understand differently is refused. The parser is
 * the library's; this is what it leaves to its user. */
#include "base/num.h"
#include "oci/httpd-int.h"

#include <strings.h>

struct framing {
    struct request *q;
    unsigned lengths, codings;
    const char *problem;
};

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL) {
            return false;
        }
    }
    return len > 0;
}

static enum MHD_Result check_header(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_len,
                                    const char *value, size_t value_len)
{
    (void)kind;
    struct framing *f = cls;
    if (!is_token(key, key_len)) {
        f->problem = "a header name holds other characters than a name may";
        return MHD_NO;
    }
    if (value == NULL) {
        return MHD_YES;
    }
    for (size_t i = 0; i < value_len; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            f->problem = "a header holds a control byte";
            return MHD_NO;
        }
    }
    if (strcasecmp(key, "Content-Length") == 0) {
        f->lengths++;
        if (!wp_parse_u64(value, 0, INT64_MAX, &f->q->pub.length)) {
            f->problem = "Content-Length is not a number";
        }
        f->q->pub.has_length = true;
    } else if (strcasecmp(key, "Transfer-Encoding") == 0) {
        f->codings++;
        if (strcasecmp(value, "chunked") != 0) {
            f->problem = "a transfer coding other than chunked";
        }
    }
    return f->problem == NULL ? MHD_YES : MHD_NO;
}

const char *httpd_framing_problem(struct request *q, const char *version)
{
    /* The library keeps target and version in one buffer, one byte apart: a gap hides a NUL. */
    uintptr_t gap = (uintptr_t)version - (uintptr_t)q->target_end;
    if ((gap > 0 && gap < HTTPD_MEMORY) || q->pub.path[0] != '/') {
        return "the target is not a path";
    }
    struct framing f = {.q = q};
    (void)q->h->lib.get_connection_values_n(q->con, MHD_HEADER_KIND, check_header, &f);
    if (f.problem != NULL) {
        return f.problem;
    }
    if (f.lengths + f.codings > 1) {
        return "more than one of Content-Length and Transfer-Encoding";
    }
    if (f.codings > 0 && !wp_str_eq(version, "HTTP/1.1")) {
        return "Transfer-Encoding in a request before HTTP/1.1";
    }
    return NULL;
}
