/* SPDX-License-Identifier: Apache-2.0
 *
 * Of whom a certificate speaks (sigstore/fulcio, docs/oid-info.md): the one subject alternative name, the issuer of the
 * token that it was given for, and what else the issuer said. */
#include "base/mem.h"
#include "base/num.h"
#include "sign/cert.h"
#include "sign/material-int.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#define FULCIO  "1.3.6.1.4.1.57264.1."
#define OID_MAX 32

static const struct {
    const char *name;
    unsigned number; /* below FULCIO */
    bool raw;        /* the text itself, not DER of a UTF8String */
} claims[] = {
    {"githubWorkflowTrigger", 2, true},
    {"githubWorkflowSHA", 3, true},
    {"githubWorkflowName", 4, true},
    {"githubWorkflowRepository", 5, true},
    {"githubWorkflowRef", 6, true},
    {"buildSignerURI", 9, false},
    {"buildSignerDigest", 10, false},
    {"runnerEnvironment", 11, false},
    {"sourceRepositoryURI", 12, false},
    {"sourceRepositoryDigest", 13, false},
    {"sourceRepositoryRef", 14, false},
    {"sourceRepositoryIdentifier", 15, false},
    {"sourceRepositoryOwnerURI", 16, false},
    {"sourceRepositoryOwnerIdentifier", 17, false},
    {"buildConfigURI", 18, false},
    {"buildConfigDigest", 19, false},
    {"buildTrigger", 20, false},
    {"runInvocationURI", 21, false},
    {"sourceRepositoryVisibilityAtSigning", 22, false},
    {"deploymentEnvironment", 23, false},
};

/* Text without NUL, or NULL. */
static const char *text_of(struct wp_span bytes, struct wp_arena *a)
{
    if (bytes.len == 0 || memchr(bytes.ptr, '\0', bytes.len) != NULL || !wp_utf8_is(bytes)) {
        return NULL;
    }
    return wp_arena_strn(a, (const char *)bytes.ptr, bytes.len);
}

static const char *text_of_asn1(const ASN1_STRING *s, struct wp_arena *a)
{
    return text_of(wp_span(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)), a);
}

/* The value of the one extension with this OID; ptr NULL: there is none. */
static struct wp_span value_of(X509 *cert, const char *oid)
{
    struct wp_span ret = {0};
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    if (object == NULL) {
        wp_out_of_memory();
    }
    int at = X509_get_ext_by_OBJ(cert, object, -1);
    /* Which of two were meant nobody can say. */
    if (at >= 0 && X509_get_ext_by_OBJ(cert, object, at) < 0) {
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
        ret = wp_span(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
    }
    ASN1_OBJECT_free(object);
    return ret;
}

/* NULL where there is none, or none that is a text. */
static const char *extension(X509 *cert, unsigned number, bool raw, struct wp_arena *a)
{
    char oid[OID_MAX];
    (void)snprintf(oid, sizeof(oid), FULCIO "%u", number);
    struct wp_span value = value_of(cert, oid);
    if (value.ptr == NULL || raw) {
        return value.ptr == NULL ? NULL : text_of(value, a);
    }
    const uint8_t *at = value.ptr;
    ASN1_UTF8STRING *s = d2i_ASN1_UTF8STRING(NULL, &at, (long)value.len);
    const char *ret = s != NULL && at == value.ptr + value.len ? text_of_asn1(s, a) : NULL;
    ASN1_UTF8STRING_free(s);
    ERR_clear_error();
    return ret;
}

static bool is_fulcio_name(const OTHERNAME *o)
{
    char oid[OID_MAX];
    return OBJ_obj2txt(oid, sizeof(oid), o->type_id, 1) > 0 && wp_str_eq(oid, FULCIO "7") &&
           o->value->type == V_ASN1_UTF8STRING;
}

static const char *name_of(const GENERAL_NAME *name, struct wp_arena *a)
{
    switch (name->type) {
    case GEN_EMAIL:
    case GEN_URI:
        return text_of_asn1(name->d.ia5, a);
    case GEN_OTHERNAME:
        return is_fulcio_name(name->d.otherName) ? text_of_asn1(name->d.otherName->value->value.utf8string, a) : NULL;
    default:
        return NULL;
    }
}

/* Of several nobody could say who signed. */
static const char *subject_of(X509 *cert, struct wp_arena *a)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    const char *ret = sk_GENERAL_NAME_num(names) == 1 ? name_of(sk_GENERAL_NAME_value(names, 0), a) : NULL;
    GENERAL_NAMES_free(names);
    ERR_clear_error();
    return ret;
}

static const char *issuer_of(X509 *cert, struct wp_arena *a)
{
    const char *ret = extension(cert, 8, false, a);
    return ret != NULL ? ret : extension(cert, 1, true, a);
}

int sig_read_identity(struct sig_checking *c, struct wp_err *err)
{
    struct sig_proof *p = c->proof;
    p->identity = subject_of(c->leaf, c->arena);
    p->issuer = issuer_of(c->leaf, c->arena);
    if (p->identity == NULL) {
        return sig_refuse(c, "identity", err, "the signer's certificate names nobody, or several");
    }
    p->signer = p->issuer != NULL ? wp_arena_printf(c->arena, "%s (%s)", p->identity, p->issuer) : p->identity;
    const struct sig_who *who = c->demand->who;
    c->meant = sig_match(&who->identity, p->identity) && sig_match(&who->issuer, p->issuer);
    return 0;
}

static int check_claim(struct sig_checking *c, const char *name, const struct sig_match *wanted, struct wp_err *err)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(claims); i++) {
        if (!wp_str_eq(claims[i].name, name)) {
            continue;
        }
        const char *value = extension(c->leaf, claims[i].number, claims[i].raw, c->arena);
        if (value != NULL && sig_match(wanted, value)) {
            return 0;
        }
        return sig_refuse(c, "identity", err, "the signer's certificate says %s '%s', not '%s'", name,
                          value != NULL ? value : "", wanted->text != NULL ? wanted->text : "*");
    }
    return sig_refuse(c, "identity", err, "certificates say nothing that is called '%s'", name);
}

static const char *shown(const struct sig_match *m)
{
    return m->kind == SIG_MATCH_ANY ? "*" : m->text;
}

int sig_check_identity(struct sig_checking *c, struct wp_err *err)
{
    const struct sig_who *who = c->demand->who;
    if (!c->meant) {
        return sig_refuse(c, "identity", err, "signed by '%s' of the issuer '%s', not by '%s' of '%s'",
                          c->proof->identity, c->proof->issuer != NULL ? c->proof->issuer : "", shown(&who->identity),
                          shown(&who->issuer));
    }
    for (size_t i = 0; i < who->claim_count; i++) {
        if (check_claim(c, who->claims[i].name, &who->claims[i].value, err) < 0) {
            return -1;
        }
    }
    return 0;
}
