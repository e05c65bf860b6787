/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed attributes of Notary envelopes: which must be there, which must be critical, which must not be there at all,
 * by signing scheme (signature-specification.md, "Signed Attributes"; signing-scheme.md). */
#include "sign/notation-int.h"

#define SCHEME_X509      "notary.x509"
#define SCHEME_AUTHORITY "notary.x509.signingAuthority"

const char *const sig_attribute_names[SIG_ATTR_COUNT] = {
    [SIG_ATTR_SCHEME] = SIG_NOTARY_SCHEME,
    [SIG_ATTR_SIGNING_TIME] = SIG_NOTARY_SIGNING_TIME,
    [SIG_ATTR_AUTHENTIC_TIME] = SIG_NOTARY_AUTHENTIC_TIME,
    [SIG_ATTR_EXPIRY] = SIG_NOTARY_EXPIRY,
};

const struct sig_wire *sig_wire_of(const char *media_type)
{
    static const struct sig_wire *const wires[] = {&sig_wire_jws, &sig_wire_cose};
    for (size_t i = 0; i < WP_ARRAY_LEN(wires); i++) {
        if (wp_str_eq(wires[i]->media_type, media_type)) {
            return wires[i];
        }
    }
    return NULL;
}

static bool span_is(struct wp_span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static bool span_starts(struct wp_span s, const char *prefix)
{
    return s.len >= strlen(prefix) && memcmp(s.ptr, prefix, strlen(prefix)) == 0;
}

/* Foreign names may be long. */
static int shown(struct wp_span s)
{
    return (int)WP_MIN(s.len, (size_t)100);
}

int sig_attribute_of(struct wp_span name)
{
    for (int i = 0; i < SIG_ATTR_COUNT; i++) {
        if (span_is(name, sig_attribute_names[i])) {
            return i;
        }
    }
    return -1;
}

static int fail_plugin(struct wp_span name, struct wp_err *err)
{
    wp_fail(err, WP_E_INPUT, "'%.*s' asks for a verification plugin, and there are none here", shown(name),
            (const char *)name.ptr);
    return wp_hint(err, "notation verifies it where that plugin is installed");
}

int sig_attributes_critical(struct sig_attributes *at, struct wp_span name, struct wp_err *err)
{
    int i = sig_attribute_of(name);
    if (i < 0 && span_starts(name, SIG_NOTARY_PLUGIN)) {
        return fail_plugin(name, err);
    }
    if (i < 0 || i == SIG_ATTR_SIGNING_TIME) {
        return wp_fail(err, WP_E_INPUT, "the critical attribute '%.*s' is not known", shown(name),
                       (const char *)name.ptr);
    }
    if (at->critical[i]) {
        return wp_fail(err, WP_E_INPUT, "'%s' is listed as critical twice", sig_attribute_names[i]);
    }
    at->critical[i] = true;
    return 0;
}

int sig_attributes_other(struct wp_span name, struct wp_err *err)
{
    if (span_starts(name, SIG_NOTARY_PLUGIN)) {
        return fail_plugin(name, err);
    }
    if (span_starts(name, SIG_NOTARY_PREFIX)) {
        return wp_fail(err, WP_E_INPUT, "the attribute '%.*s' is not known", shown(name), (const char *)name.ptr);
    }
    return 0;
}

static int must(const struct sig_attributes *at, int i, bool critical, struct wp_err *err)
{
    if (!at->there[i]) {
        return wp_fail(err, WP_E_INPUT, "'%s' is missing", sig_attribute_names[i]);
    }
    if (critical && !at->critical[i]) {
        return wp_fail(err, WP_E_INPUT, "'%s' is not marked critical", sig_attribute_names[i]);
    }
    return 0;
}

static int must_not(const struct sig_attributes *at, int i, struct wp_err *err)
{
    if (at->there[i]) {
        return wp_fail(err, WP_E_INPUT, "'%s' must not be there in the signing scheme '%s'", sig_attribute_names[i],
                       at->scheme);
    }
    return 0;
}

/* The time of signing by the scheme. */
static int settle_scheme(const struct sig_attributes *at, struct sig_envelope *e, struct wp_err *err)
{
    if (wp_str_eq(at->scheme, SCHEME_AUTHORITY)) {
        e->authority = true;
        e->signing_time = at->times[SIG_ATTR_AUTHENTIC_TIME];
        if (must(at, SIG_ATTR_AUTHENTIC_TIME, true, err) < 0) {
            return -1;
        }
        return must_not(at, SIG_ATTR_SIGNING_TIME, err);
    }
    if (!wp_str_eq(at->scheme, SCHEME_X509)) {
        return wp_fail(err, WP_E_INPUT, "the signing scheme '%s' is not known", at->scheme);
    }
    e->authority = false;
    e->signing_time = at->times[SIG_ATTR_SIGNING_TIME];
    if (must(at, SIG_ATTR_SIGNING_TIME, false, err) < 0) {
        return -1;
    }
    return must_not(at, SIG_ATTR_AUTHENTIC_TIME, err);
}

int sig_attributes_settle(const struct sig_attributes *at, struct sig_envelope *e, struct wp_err *err)
{
    if (must(at, SIG_ATTR_SCHEME, true, err) < 0 || settle_scheme(at, e, err) < 0) {
        return -1;
    }
    for (int i = 0; i < SIG_ATTR_COUNT; i++) {
        if (at->critical[i] && must(at, i, false, err) < 0) {
            return -1;
        }
    }
    e->has_expiry = at->there[SIG_ATTR_EXPIRY];
    e->expiry = at->times[SIG_ATTR_EXPIRY];
    if (e->has_expiry && must(at, SIG_ATTR_EXPIRY, true, err) < 0) {
        return -1;
    }
    if (e->has_expiry && e->expiry <= e->signing_time) {
        return wp_fail(err, WP_E_INPUT, "it expires no later than it was signed");
    }
    return 0;
}
