/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of artifact formats and the questions asked of all of it. */
#include "pack/format.h"

#include "base/text.h"
#include "pack/format-rows.h"

const struct pack_format *const pack_formats[] = {&pack_format_cncf, NULL};

/* Other names that people use for a format. */
static const struct {
    const char *name;
    const struct pack_format *format;
} aliases[] = {
    {"artifact", &pack_format_cncf},
    {"wasm", &pack_format_cncf},
};

int pack_format_find(const char *name, const struct pack_format **ret, struct wp_err *err)
{
    const char *names[WP_ARRAY_LEN(pack_formats) + WP_ARRAY_LEN(aliases)];
    size_t n = 0;
    for (size_t i = 0; pack_formats[i]; i++) {
        names[n++] = pack_formats[i]->name;
        if (wp_str_eq(name, pack_formats[i]->name)) {
            *ret = pack_formats[i];
            return 0;
        }
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(aliases); i++) {
        names[n++] = aliases[i].name;
        if (wp_str_eq(name, aliases[i].name)) {
            *ret = aliases[i].format;
            return 0;
        }
    }
    names[n] = NULL;
    wp_fail(err, WP_E_USAGE, "no artifact format '%s'", name);
    const char *near = wp_nearest(name, names);
    return near ? wp_hint(err, "did you mean '%s'?", near) : wp_hint(err, "there is: %s", pack_formats[0]->name);
}

const struct pack_format *pack_format_detect(const struct oci_manifest *m)
{
    for (size_t i = 0; pack_formats[i]; i++) {
        if (pack_formats[i]->detect(m)) {
            return pack_formats[i];
        }
    }
    return NULL;
}

int pack_put(struct oci_store *out, const struct oci_desc *d, struct wp_span bytes, struct wp_arena *a,
             struct wp_err *err)
{
    if (!wp_str_eq(out->ops->kind, "memory")) {
        return oci_store_put(out, d, bytes, err);
    }
    struct wp_source_mem *src = wp_arena_alloc(a, 1, sizeof(*src));
    *src = wp_source_mem(bytes);
    return oci_memory_add_source(out, d, &src->base, err);
}
