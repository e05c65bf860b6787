/* SPDX-License-Identifier: Apache-2.0
 *
 * PEM (sign/pem.h). */
#include "sign/pem.h"

#include "base/num.h"
#include "sign/secret.h"

#define BEGIN "-----BEGIN "
#define END   "-----END "
#define DASH  "-----"
/* Longer labels than this nobody gave. */
#define LABEL_MAX 64
#define COLUMNS   64

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool sig_blank(struct wp_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!blank(text.ptr[i])) {
            return false;
        }
    }
    return true;
}

/* where `word` stands at the start of a line of text; its length where it does not. */
static size_t find_line(struct wp_span text, const char *word)
{
    size_t len = strlen(word);
    size_t at = 0;
    while (at < text.len) {
        const uint8_t *hit = memmem(text.ptr + at, text.len - at, word, len);
        if (hit == NULL) {
            return text.len;
        }
        at = (size_t)(hit - text.ptr);
        if (at == 0 || text.ptr[at - 1] == '\n') {
            return at;
        }
        at++;
    }
    return text.len;
}

static struct wp_span from(struct wp_span text, size_t at)
{
    return wp_span(text.ptr + at, text.len - at);
}

static bool take(struct wp_span *text, const void *word, size_t len)
{
    if (text->len < len || memcmp(text->ptr, word, len) != 0) {
        return false;
    }
    *text = from(*text, len);
    return true;
}

int sig_pem_next(struct wp_span *text, const char *name, struct sig_pem *ret, struct wp_err *err)
{
    size_t at = find_line(*text, BEGIN);
    if (at == text->len) {
        return 0;
    }
    struct wp_span rest = from(*text, at + strlen(BEGIN));
    const uint8_t *dash = memmem(rest.ptr, WP_MIN(rest.len, LABEL_MAX + strlen(DASH)), DASH, strlen(DASH));
    if (dash == NULL) {
        return wp_fail(err, WP_E_INPUT, "%s: a line that begins with " BEGIN " has no label", name);
    }
    struct wp_span label = wp_span(rest.ptr, (size_t)(dash - rest.ptr));
    rest = from(rest, label.len + strlen(DASH));
    size_t end = find_line(rest, END);
    struct wp_span tail = from(rest, end);
    if (!take(&tail, END, strlen(END)) || !take(&tail, label.ptr, label.len) || !take(&tail, DASH, strlen(DASH))) {
        return wp_fail(err, WP_E_INPUT, "%s: the block %.*s has no end: " END "%.*s" DASH, name, (int)label.len,
                       (const char *)label.ptr, (int)label.len, (const char *)label.ptr);
    }
    *ret = (struct sig_pem){.label = label, .body = wp_span(rest.ptr, end)};
    *text = tail;
    return 1;
}

bool sig_pem_is(const struct sig_pem *p, const char *label)
{
    return p->label.len == strlen(label) && memcmp(p->label.ptr, label, p->label.len) == 0;
}

int sig_pem_decode(const struct sig_pem *p, const char *name, struct wp_buf *ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf plain = WP_BUF_INIT;
    wp_buf_reserve(&plain, p->body.len + 1);
    for (size_t i = 0; i < p->body.len; i++) {
        if (!blank(p->body.ptr[i])) {
            wp_buf_add_char(&plain, (char)p->body.ptr[i]);
        }
    }
    wp_buf_reserve(ret, plain.len + 1);
    bool fine = plain.len > 0 && wp_unbase64(ret, plain.ptr, plain.len, false);
    bool headers = memchr(plain.ptr, ':', plain.len) != NULL;
    sig_wipe(plain.ptr, plain.len);
    if (!fine && headers) {
        wp_fail(err, WP_E_INPUT, "%s: a %.*s with headers, as OpenSSL wrote them before PKCS #8, is not read", name,
                (int)p->label.len, (const char *)p->label.ptr);
        return wp_hint(err, "openssl pkcs8 -topk8 -in %s -out new.key", name);
    }
    return fine ? 0
                : wp_fail(err, WP_E_INPUT, "%s: what stands in the block %.*s is not base64", name, (int)p->label.len,
                          (const char *)p->label.ptr);
}

void sig_pem_write(const char *label, struct wp_span bytes, struct wp_buf *b)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_buf_reserve(&text, bytes.len / 3 * 4 + 8);
    wp_base64(&text, bytes, false);
    wp_buf_reserve(b, text.len + text.len / COLUMNS + 2 * strlen(label) + 64);
    wp_buf_printf(b, BEGIN "%s" DASH "\n", label);
    for (size_t at = 0; at < text.len; at += COLUMNS) {
        wp_buf_add(b, text.ptr + at, WP_MIN(text.len - at, COLUMNS));
        wp_buf_add_char(b, '\n');
    }
    wp_buf_printf(b, END "%s" DASH "\n", label);
    sig_wipe(text.ptr, text.len);
}

bool sig_line(struct wp_span *text, struct wp_span *ret)
{
    if (text->len == 0) {
        return false;
    }
    const uint8_t *nl = memchr(text->ptr, '\n', text->len);
    size_t len = nl != NULL ? (size_t)(nl - text->ptr) : text->len;
    *ret = wp_span(text->ptr, len > 0 && text->ptr[len - 1] == '\r' ? len - 1 : len);
    *text = from(*text, nl != NULL ? len + 1 : len);
    return true;
}

bool sig_starts(struct wp_span text, const char *word)
{
    return text.len >= strlen(word) && memcmp(text.ptr, word, strlen(word)) == 0;
}
