/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that claim to be wpack.json: what is accepted has a module and targets, what is refused says where and why. */
#include "base/mem.h"
#include "pack/project.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    WP_AUTO_FREE uint8_t *copy = wp_xmalloc(size > 0 ? size : 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct pack_project p;
    struct wp_err err = {.code = WP_E_OK};
    if (pack_project_parse(wp_span(copy, size), "wpack.json", "folder", &a, &p, &err) != 0) {
        must(err.code == WP_E_INPUT && wp_str_starts(err.msg, "wpack.json"));
        return 0;
    }
    must(p.module[0] != '\0' && p.targets[0] != NULL && p.unused != NULL);
    for (size_t i = 1; i < p.annotation_count; i++) {
        must(strcmp(p.annotations[i - 1].key, p.annotations[i].key) < 0);
    }
    return 0;
}
