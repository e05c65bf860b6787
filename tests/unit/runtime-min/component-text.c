/* SPDX-License-Identifier: Apache-2.0
 *
 * The little language of component-text.h. */
#include "component-text.h"

#include "runtime-min/component.h"

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static const char *sections(struct wp_buf *b, const char *p, char end);

static int nibble(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static const char *quoted(struct wp_buf *b, const char *p)
{
    const char *end = strchr(p + 1, '\'');
    assert_non_null(end);
    wasm_leb(b, (uint64_t)(end - p - 1));
    wp_buf_add(b, p + 1, (size_t)(end - p - 1));
    return end + 1;
}

/* Up to ';', '}' , ']' or the end. */
static const char *body(struct wp_buf *b, const char *p)
{
    while (*p != '\0' && *p != ';' && *p != '}' && *p != ']') {
        if (*p == ' ') {
            p++;
        } else if (*p == '\'') {
            p = quoted(b, p);
        } else if (*p == '{') {
            wasm_hex(b, HEX_COMPONENT);
            p = sections(b, p + 1, '}');
        } else if (*p == '[') {
            wasm_hex(b, HEX_MODULE);
            p = sections(b, p + 1, ']');
        } else {
            assert_true(isxdigit((unsigned char)p[0]) && isxdigit((unsigned char)p[1]));
            wp_buf_add_char(b, (char)(nibble(p[0]) * 16 + nibble(p[1])));
            p += 2;
        }
    }
    return p;
}

static const char *sections(struct wp_buf *b, const char *p, char end)
{
    while (*p != end) {
        while (*p == ' ' || *p == ';') {
            p++;
        }
        if (*p == end) {
            break;
        }
        char *colon;
        unsigned long id = strtoul(p, &colon, 10);
        assert_int_equal(*colon, ':');
        WP_AUTO_BUF struct wp_buf content = WP_BUF_INIT;
        p = body(&content, colon + 1);
        wasm_section(b, (uint8_t)id, wp_buf_span(&content));
    }
    return end == '\0' ? p : p + 1;
}

void component_text(struct wp_buf *b, const char *text)
{
    wasm_hex(b, HEX_COMPONENT);
    sections(b, text, '\0');
}

static int try_load(struct wp_buf *b, const char *text, const char *features, struct wrt_binary **ret,
                    struct wp_err *err)
{
    struct wrt_options o = {.features = 0};
    struct wrt_fault fault = {.offset = UINT64_MAX};
    *err = (struct wp_err){.code = WP_E_OK};
    component_text(b, text);
    assert_int_equal(wrt_features_parse(features, &o.features, err), 0);
    int rc = wrt_load(wp_buf_span(b), &o, ret, &fault, err);
    if (rc < 0 && err->code == WP_E_MODULE) {
        assert_true(fault.offset <= b->len);
    }
    return rc;
}

struct wrt_binary *component_load(struct wp_buf *b, const char *text, const char *features)
{
    struct wrt_binary *loaded = NULL;
    struct wp_err err;
    if (try_load(b, text, features, &loaded, &err) < 0) {
        fail_msg("%s: %s", text, err.msg);
    }
    return loaded;
}

void component_ok(const char *text)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wrt_binary_free(component_load(&b, text, "default"));
}

static void refused(const char *text, const char *message, enum wp_code code)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wrt_binary *loaded = NULL;
    struct wp_err err;
    if (try_load(&b, text, "default", &loaded, &err) == 0) {
        wrt_binary_free(loaded);
        fail_msg("%s: accepted, expected '%s'", text, message);
    }
    if (strstr(err.msg, message) == NULL) {
        fail_msg("%s:\n  %s\n  expected '%s'", text, err.msg, message);
    }
    assert_int_equal(err.code, code);
}

void component_refused(const char *text, const char *message)
{
    refused(text, message, WP_E_MODULE);
}

void component_limited(const char *text, const char *message)
{
    refused(text, message, WP_E_LIMIT);
}

void component_needs(const char *text, const char *feature)
{
    char with[80], without[80];
    snprintf(with, sizeof(with), "default,%s", feature);
    snprintf(without, sizeof(without), "default,-%s", feature);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wrt_binary *loaded = component_load(&b, text, with);
    uint64_t bit = 0, rest = 0;
    struct wp_err err = {.code = WP_E_OK};
    assert_int_equal(wrt_features_parse(with, &bit, &err), 0);
    assert_int_equal(wrt_features_parse(without, &rest, &err), 0);
    assert_int_equal(wrt_binary_features(loaded) & (bit & ~rest), bit & ~rest);
    wrt_binary_free(loaded);
    WP_AUTO_BUF struct wp_buf again = WP_BUF_INIT;
    loaded = NULL;
    assert_int_equal(try_load(&again, text, without, &loaded, &err), -1);
    assert_non_null(strstr(err.msg, feature));
    assert_non_null(strstr(err.hint, feature));
}

void component_cases(const struct component_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cases[i].message == NULL) {
            component_ok(cases[i].text);
        } else {
            component_refused(cases[i].text, cases[i].message);
        }
    }
}
