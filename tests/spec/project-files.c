/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads every wpack.json named on standard input, one path a line, and prints "ok PATH" or "refused PATH: message". */
#include "pack/project.h"

int main(void)
{
    char line[4096];
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
        struct pack_project p;
        struct wp_err err = {.code = WP_E_OK};
        if (pack_project_read(line, &a, &p, &err) < 0) {
            printf("%s %s: %s\n", err.code == WP_E_INPUT ? "refused" : wp_code_slug(err.code), line, err.msg);
        } else {
            printf("ok %s\n", line);
        }
    }
    return 0;
}
