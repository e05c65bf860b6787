/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads pairs of lines, a schema and a document, and prints "ok", "refused MESSAGE" or the slug of another error with
 * its message for each. */
#include "base/mem.h"
#include "base/schema.h"

static void judge(const char *schema_text, const char *text)
{
    WP_AUTO_JSON struct wp_json_doc *schema = NULL;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_err err = {.code = WP_E_OK};
    if (wp_json_parse(wp_span_str(schema_text), "schema", false, WP_E_OTHER, &schema, &err) < 0 ||
        wp_json_parse(wp_span_str(text), "document", false, WP_E_INPUT, &doc, &err) < 0 ||
        wp_schema_check(schema, doc, &err) < 0) {
        printf("%s %s\n", err.code == WP_E_INPUT ? "refused" : wp_code_slug(err.code), err.msg);
        return;
    }
    puts("ok");
}

int main(void)
{
    WP_AUTO_FREE char *schema = NULL;
    WP_AUTO_FREE char *doc = NULL;
    size_t schema_size = 0;
    size_t doc_size = 0;
    while (getline(&schema, &schema_size, stdin) > 0 && getline(&doc, &doc_size, stdin) > 0) {
        judge(schema, doc);
    }
    return 0;
}
