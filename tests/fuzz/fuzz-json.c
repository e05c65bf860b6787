/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON texts: line mode changes messages only; what was read is written back equal; every value is found again in the
 * text at a byte that can begin its kind. */
#include "base/json-doc.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Finding a place reads the text from its start: quadratic over a whole document. */
#define PLACES_LARGEST 4096

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static char first_byte(struct wp_span text, struct json_place place)
{
    size_t offset = 0;
    for (size_t line = 1; line < place.line; offset++) {
        must(offset < text.len);
        line += text.ptr[offset] == '\n';
    }
    for (size_t column = 1; column < place.column; column++) {
        offset++;
        while (offset < text.len && (text.ptr[offset] & 0xc0U) == 0x80U) {
            offset++;
        }
    }
    must(offset < text.len);
    return (char)text.ptr[offset];
}

static int check_place(void *arg, const struct wp_json *at, struct wp_err *err)
{
    static const char *const starts[] = {
        [WP_JSON_ABSENT] = "",          [WP_JSON_NULL] = "n",    [WP_JSON_BOOL] = "tf", [WP_JSON_INT] = "-0123456789",
        [WP_JSON_REAL] = "-0123456789", [WP_JSON_STRING] = "\"", [WP_JSON_ARRAY] = "[", [WP_JSON_OBJECT] = "{",
    };
    const struct wp_span *text = arg;
    struct json_place place;
    must(json_place_find(at, false, &place));
    must(strchr(starts[wp_json_kind(at)], first_byte(*text, place)) != NULL);
    if (at->key != NULL) {
        must(json_place_find(at, true, &place));
        must(first_byte(*text, place) == '"');
        struct wp_json again = wp_json_get(at->up, at->key);
        must(again.node == at->node);
    }
    WP_AUTO_BUF struct wp_buf path = WP_BUF_INIT;
    wp_json_path(at, &path);
    struct wp_json root = wp_json_root(at->doc);
    struct wp_json found = wp_json_pointer(&root, path.ptr);
    must(wp_json_equal(&found, at));
    return wp_json_each(at, check_place, arg, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    WP_AUTO_JSON struct wp_json_doc *quick = NULL;
    WP_AUTO_JSON struct wp_json_doc *again = NULL;
    struct wp_err err = {0};
    struct wp_span text = wp_span(data, size);
    int got = wp_json_parse(text, "x", true, WP_E_INPUT, &doc, &err);
    must(got == wp_json_parse(text, "x", false, WP_E_INPUT, &quick, &err));
    if (got < 0) {
        must(doc == NULL && quick == NULL && err.code == WP_E_INPUT && wp_str_starts(err.msg, "x: "));
        return 0;
    }
    struct wp_json root = wp_json_root(doc);
    WP_AUTO_BUF struct wp_buf dump = WP_BUF_INIT;
    wp_json_dump(&root, &dump);
    must(wp_json_parse(wp_buf_span(&dump), "x", false, WP_E_INPUT, &again, &err) == 0);
    struct wp_json other = wp_json_root(again);
    must(wp_json_equal(&root, &other));
    if (size <= PLACES_LARGEST) {
        must(check_place(&text, &root, &err) == 0);
    }
    return 0;
}
