/* SPDX-License-Identifier: Apache-2.0
 *
 * Holds every policy named on standard input, one path a line, against the embedded schema, and prints "ok PATH" or
 * "refused PATH: message". The files that a policy names need not be there. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/schema.h"
#include "schemas.h"

#include <stdio.h>

static int check(const char *path, const struct wp_json_doc *schema, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    return wp_fs_read(path, WP_LIMIT_TRUST_FILE, &text, err) < 0 ||
                   wp_json_parse(wp_buf_span(&text), path, true, WP_E_INPUT, &doc, err) < 0 ||
                   wp_schema_check(schema, doc, err) < 0
               ? -1
               : 0;
}

int main(void)
{
    char line[4096];
    struct wp_err err = {.code = WP_E_OK};
    WP_AUTO_JSON struct wp_json_doc *schema = NULL;
    if (wp_json_parse(wp_span_str(wp_schema_policy), "policy.schema.json", false, WP_E_OTHER, &schema, &err) < 0) {
        printf("%s\n", err.msg);
        return 1;
    }
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (check(line, schema, &err) < 0) {
            printf("%s %s: %s\n", err.code == WP_E_INPUT ? "refused" : wp_code_slug(err.code), line, err.msg);
        } else {
            printf("ok %s\n", line);
        }
    }
    return 0;
}
