/* SPDX-License-Identifier: Apache-2.0
 *
 * Distinguished names: RFC 4514 text and X.509 names to the same list (sign/dn.h). */
#include "sign/dn.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"

#include <ctype.h>

struct builder {
    struct wp_arena *arena;
    struct sig_dn_part *parts;
    size_t count;
};

static struct builder builder_of(struct wp_arena *a)
{
    return (struct builder){.arena = a, .parts = wp_arena_alloc(a, SIG_DN_PARTS, sizeof(struct sig_dn_part))};
}

/* Attributes that have a name in RFC 4514 or in notation's messages; others by number. */
static const struct {
    const char *name, *oid;
} types[] = {
    {"CN", "2.5.4.3"},          {"SERIALNUMBER", "2.5.4.5"},
    {"C", "2.5.4.6"},           {"L", "2.5.4.7"},
    {"ST", "2.5.4.8"},          {"STREET", "2.5.4.9"},
    {"O", "2.5.4.10"},          {"OU", "2.5.4.11"},
    {"POSTALCODE", "2.5.4.17"}, {"UID", "0.9.2342.19200300.100.1.1"},
    {"S", "2.5.4.8"},           {"DC", "0.9.2342.19200300.100.1.25"},
};

static const char *type_of(const char *text, struct wp_arena *a)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(types); i++) {
        if (strcasecmp(types[i].name, text) == 0 || wp_str_eq(types[i].oid, text)) {
            return wp_str_eq(types[i].name, "S") ? "ST" : types[i].name;
        }
    }
    return wp_arena_str(a, text);
}

const char *sig_dn_get(const struct sig_dn *dn, const char *type)
{
    for (size_t i = 0; i < dn->count; i++) {
        if (wp_str_eq(dn->parts[i].type, type)) {
            return dn->parts[i].value;
        }
    }
    return NULL;
}

static int add(struct builder *b, const char *type, const char *value, struct wp_err *err)
{
    const char *known = type_of(type, b->arena);
    const struct sig_dn so_far = {.parts = b->parts, .count = b->count};
    if (sig_dn_get(&so_far, known) != NULL) {
        return wp_fail(err, WP_E_INPUT, "%s stands there twice", known);
    }
    if (b->count == SIG_DN_PARTS) {
        return wp_fail(err, WP_E_INPUT, "more than %d attributes", SIG_DN_PARTS);
    }
    b->parts[b->count++] = (struct sig_dn_part){.type = known, .value = value};
    return 0;
}

static bool type_text_ok(const char *text)
{
    bool number = isdigit((unsigned char)text[0]) != 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (number ? (!isdigit((unsigned char)*p) && *p != '.') : (!isalnum((unsigned char)*p) && *p != '-')) {
            return false;
        }
    }
    return *text != '\0';
}

/* "\," and "\2c"; *p stands on the backslash and is left on the last character. */
static int read_escape(const char **p, struct wp_buf *value, struct wp_err *err)
{
    uint8_t byte = 0;
    char next = (*p)[1];
    if (next != '\0' && strchr(" \"#+,;<=>\\", next) != NULL) {
        wp_buf_add_char(value, next);
        *p += 1;
        return 0;
    }
    char hex[3] = {0};
    for (size_t i = 0; i < 2 && (*p)[i + 1] != '\0'; i++) {
        hex[i] = (char)tolower((unsigned char)(*p)[i + 1]);
    }
    if (!wp_unhex(hex, &byte, 1) || byte == 0) {
        return wp_fail(err, WP_E_INPUT, "'\\' escapes nothing that can be escaped");
    }
    wp_buf_add_char(value, (char)byte);
    *p += 2;
    return 0;
}

/* From behind the '=' to the ',' or the end, which *p is left on. Blanks around it do not count unless escaped. */
static int read_value(const char **p, struct wp_buf *value, struct wp_err *err)
{
    size_t keep = 0;
    *p += strspn(*p, " ");
    if (**p == '#') {
        return wp_fail(err, WP_E_INPUT, "a value in hex ('#') is not supported");
    }
    for (; **p != '\0' && **p != ','; *p += 1) {
        if (**p == '\\') {
            if (read_escape(p, value, err) < 0) {
                return -1;
            }
            keep = value->len;
            continue;
        }
        if (strchr("\"+;<>", **p) != NULL) {
            return wp_fail(err, WP_E_INPUT,
                           **p == '+' ? "several attributes in one part ('+') are not supported"
                                      : "'%c' must be escaped with '\\'",
                           **p);
        }
        wp_buf_add_char(value, **p);
        keep = **p != ' ' ? value->len : keep;
    }
    wp_buf_cut(value, keep);
    if (value->len == 0) {
        return wp_fail(err, WP_E_INPUT, "an attribute without a value");
    }
    return wp_utf8_is(wp_buf_span(value)) ? 0 : wp_fail(err, WP_E_INPUT, "a value that is not UTF-8");
}

static int read_part(const char **p, struct builder *b, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf type = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf value = WP_BUF_INIT;
    *p += strspn(*p, " ");
    size_t len = strcspn(*p, "=,");
    if ((*p)[len] != '=') {
        return wp_fail(err, WP_E_INPUT, "'%.*s' is no attribute (TYPE=VALUE)", (int)WP_MIN(len, (size_t)64), *p);
    }
    wp_buf_add(&type, *p, len);
    while (type.len > 0 && type.ptr[type.len - 1] == ' ') {
        wp_buf_cut(&type, type.len - 1);
    }
    if (!type_text_ok(type.ptr)) {
        return wp_fail(err, WP_E_INPUT, "'%.64s' is no type of attribute", type.ptr);
    }
    *p += len + 1;
    if (read_value(p, &value, err) < 0) {
        return wp_wrap(err, "%.64s", type.ptr);
    }
    for (char *c = type.ptr; *c != '\0'; c++) {
        *c = (char)toupper((unsigned char)*c);
    }
    return add(b, type.ptr, wp_arena_str(b->arena, value.ptr), err);
}

int sig_dn_read(const char *text, struct wp_arena *a, struct sig_dn *ret, struct wp_err *err)
{
    struct builder b = builder_of(a);
    const char *p = text;
    for (;;) {
        if (read_part(&p, &b, err) < 0) {
            return -1;
        }
        if (*p == '\0') {
            break;
        }
        p++;
    }
    *ret = (struct sig_dn){.parts = b.parts, .count = b.count};
    return 0;
}

static int add_entry(struct builder *b, const X509_NAME_ENTRY *entry, struct wp_err *err)
{
    char oid[128];
    unsigned char *text = NULL;
    int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    int oid_len = OBJ_obj2txt(oid, sizeof(oid), X509_NAME_ENTRY_get_object(entry), 1);
    bool ok = len >= 0 && oid_len > 0 && (size_t)oid_len < sizeof(oid) && memchr(text, '\0', (size_t)len) == NULL;
    const char *value = ok ? wp_arena_strn(b->arena, (const char *)text, (size_t)len) : NULL;
    OPENSSL_free(text);
    if (!ok) {
        return wp_fail(err, WP_E_INPUT, "an attribute that is no text");
    }
    return add(b, oid, value, err);
}

int sig_dn_of_name(const X509_NAME *name, struct wp_arena *a, struct sig_dn *ret, struct wp_err *err)
{
    struct builder b = builder_of(a);
    int set = -1;
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        if (X509_NAME_ENTRY_set(entry) == set) {
            return wp_fail(err, WP_E_INPUT, "several attributes in one part are not supported");
        }
        set = X509_NAME_ENTRY_set(entry);
        if (add_entry(&b, entry, err) < 0) {
            return -1;
        }
    }
    *ret = (struct sig_dn){.parts = b.parts, .count = b.count};
    return 0;
}

bool sig_dn_within(const struct sig_dn *few, const struct sig_dn *all)
{
    for (size_t i = 0; i < few->count; i++) {
        const char *value = sig_dn_get(all, few->parts[i].type);
        if (value == NULL || !wp_str_eq(value, few->parts[i].value)) {
            return false;
        }
    }
    return true;
}
