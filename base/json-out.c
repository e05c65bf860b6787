/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing JSON as a compact stream, byte-equal to what serde_json writes for the same strings and numbers. */

#include "base/json.h"
#include "base/num.h"

struct wp_json_out wp_json_out(struct wp_buf *b)
{
    return (struct wp_json_out){.b = b};
}

static void begin_value(struct wp_json_out *o)
{
    if (o->need_comma) {
        wp_buf_add_char(o->b, ',');
    }
    o->need_comma = o->depth > 0;
}

static void open_bracket(struct wp_json_out *o, char bracket)
{
    begin_value(o);
    wp_buf_add_char(o->b, bracket);
    o->depth++;
    o->need_comma = false;
}

static void close_bracket(struct wp_json_out *o, char bracket)
{
    wp_buf_add_char(o->b, bracket);
    o->depth--;
    o->need_comma = o->depth > 0;
}

void wp_jo_object(struct wp_json_out *o)
{
    open_bracket(o, '{');
}

void wp_jo_object_end(struct wp_json_out *o)
{
    close_bracket(o, '}');
}

void wp_jo_array(struct wp_json_out *o)
{
    open_bracket(o, '[');
}

void wp_jo_array_end(struct wp_json_out *o)
{
    close_bracket(o, ']');
}

static void add_escaped(struct wp_buf *b, uint8_t c)
{
    static const char short_forms[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    if (c == '"' || c == '\\') {
        wp_buf_add_char(b, '\\');
        wp_buf_add_char(b, (char)c);
    } else if (c < sizeof(short_forms) && short_forms[c] != '\0') {
        wp_buf_add_char(b, '\\');
        wp_buf_add_char(b, short_forms[c]);
    } else {
        wp_buf_printf(b, "\\u%04x", c);
    }
}

static void add_quoted(struct wp_buf *b, const char *text)
{
    const uint8_t *p = (const uint8_t *)text;
    const uint8_t *end = p + strlen(text);
    const uint8_t *plain = p;
    wp_buf_add_char(b, '"');
    while (p < end) {
        const uint8_t *start = p;
        int32_t c = wp_utf8_next(&p, end);
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        wp_buf_add(b, plain, (size_t)(start - plain));
        if (c < 0) {
            wp_buf_add_str(b, "\xef\xbf\xbd");
        } else {
            add_escaped(b, (uint8_t)c);
        }
        plain = p;
    }
    wp_buf_add(b, plain, (size_t)(end - plain));
    wp_buf_add_char(b, '"');
}

void wp_jo_key(struct wp_json_out *o, const char *key)
{
    begin_value(o);
    add_quoted(o->b, key);
    wp_buf_add_char(o->b, ':');
    o->need_comma = false;
}

void wp_jo_str(struct wp_json_out *o, const char *text)
{
    if (text == NULL) {
        wp_jo_null(o);
        return;
    }
    begin_value(o);
    add_quoted(o->b, text);
}

void wp_jo_u64(struct wp_json_out *o, uint64_t n)
{
    begin_value(o);
    wp_buf_printf(o->b, "%llu", (unsigned long long)n);
}

void wp_jo_bool(struct wp_json_out *o, bool v)
{
    wp_jo_raw(o, wp_span_str(v ? "true" : "false"));
}

void wp_jo_null(struct wp_json_out *o)
{
    wp_jo_raw(o, wp_span_str("null"));
}

void wp_jo_raw(struct wp_json_out *o, struct wp_span json)
{
    begin_value(o);
    wp_buf_add(o->b, json.ptr, json.len);
}

void wp_jo_kstr(struct wp_json_out *o, const char *key, const char *text)
{
    wp_jo_key(o, key);
    wp_jo_str(o, text);
}

void wp_jo_ku64(struct wp_json_out *o, const char *key, uint64_t n)
{
    wp_jo_key(o, key);
    wp_jo_u64(o, n);
}

void wp_jo_kbool(struct wp_json_out *o, const char *key, bool v)
{
    wp_jo_key(o, key);
    wp_jo_bool(o, v);
}
