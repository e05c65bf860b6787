/* SPDX-License-Identifier: Apache-2.0
 *
 * The schema checker: any document against a schema with every keyword, and any schema against fixed documents. Schemas
 * with patterns are left out of the second: they are the program's own, and regcomp spends memory at their word. */
#include "base/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char all_keywords[] =
    "{\"$schema\":\"s\",\"$defs\":{\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":9,\"pattern\":\"^[a-z]+$"
    "\"},"
    "\"tree\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/"
    "tree\"},\"uniqueItems\":true}]}},"
    "\"type\":[\"object\",\"array\"],\"required\":[\"name\"],\"properties\":{\"name\":{\"$ref\":\"#/$defs/name\"},"
    "\"port\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535},\"tree\":{\"$ref\":\"#/$defs/tree\"},"
    "\"kind\":{\"enum\":[\"wasm\",\"component\",1,null]},\"version\":{\"const\":1},"
    "\"one\":{\"oneOf\":[{\"minimum\":1},{\"maximum\":2}]},\"no\":{\"not\":{\"type\":\"string\"}},"
    "\"map\":{\"propertyNames\":{\"$ref\":\"#/$defs/name\"},\"additionalProperties\":{\"type\":\"number\"}}},"
    "\"patternProperties\":{\"^x-\":true},\"additionalProperties\":false,"
    "\"prefixItems\":[{\"type\":\"boolean\"}],\"items\":{\"$ref\":\"#\"},\"minItems\":1,\"maxItems\":5}";

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static struct wp_json_doc *parse(struct wp_span text, bool lines)
{
    struct wp_json_doc *doc = NULL;
    struct wp_err err = {0};
    return wp_json_parse(text, "x", lines, WP_E_INPUT, &doc, &err) < 0 ? NULL : doc;
}

static void check(const struct wp_json_doc *schema, const struct wp_json_doc *doc)
{
    struct wp_err err = {0};
    int got = wp_schema_check(schema, doc, &err);
    must(got == 0 || (got == -1 && wp_str_starts(err.msg, "x:")));
    must(got == 0 || err.code == WP_E_INPUT || err.code == WP_E_OTHER || err.code == WP_E_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const docs[] = {"{\"a\":[1,\"b\",{\"c\":null}],\"d\":1.5}", "[[],[1,1],{}]", "\"text\"", "-7"};
    WP_AUTO_JSON struct wp_json_doc *own = parse(wp_span_str(all_keywords), false);
    WP_AUTO_JSON struct wp_json_doc *foreign = parse(wp_span(data, size), size <= 4096);
    must(own != NULL);
    if (foreign == NULL) {
        return 0;
    }
    struct wp_err err = {0};
    check(own, foreign);
    must(wp_schema_check(own, own, &err) == -1 && err.code == WP_E_INPUT);
    if (memmem(data, size, "attern", strlen("attern")) != NULL || memmem(data, size, "\\u", 2) != NULL) {
        return 0;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(docs); i++) {
        WP_AUTO_JSON struct wp_json_doc *doc = parse(wp_span_str(docs[i]), true);
        must(doc != NULL);
        check(foreign, doc);
    }
    return 0;
}
