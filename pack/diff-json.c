/* SPDX-License-Identifier: Apache-2.0
 *
 * A diff as JSON (schemas/diff.schema.json). Lists in which nothing changed are there too: scripts need no special
 * case. */
#include "pack/diff.h"

static void side_json(struct wp_json_out *j, const char *key, const struct pack_change *c, enum pack_change_kind kind)
{
    if (c->kind == kind) {
        wp_jo_object(j);
        wp_jo_kstr(j, key, c->name);
        const char *words = kind == PACK_ADDED ? c->after : c->before;
        if (words[0] != '\0') {
            wp_jo_kstr(j, "is", words);
        }
        if (c->note[0] != '\0') {
            wp_jo_kstr(j, "newCapability", c->note);
        }
        wp_jo_object_end(j);
    }
}

static void changes_json(struct wp_json_out *j, const struct pack_changes *l)
{
    static const struct {
        const char *key;
        enum pack_change_kind kind;
    } sides[] = {{"added", PACK_ADDED}, {"removed", PACK_REMOVED}};
    wp_jo_object(j);
    for (size_t s = 0; s < WP_ARRAY_LEN(sides); s++) {
        wp_jo_key(j, sides[s].key);
        wp_jo_array(j);
        for (size_t i = 0; i < l->count; i++) {
            side_json(j, "name", &l->rows[i], sides[s].kind);
        }
        wp_jo_array_end(j);
    }
    wp_jo_key(j, "changed");
    wp_jo_array(j);
    for (size_t i = 0; i < l->count; i++) {
        if (l->rows[i].kind == PACK_CHANGED) {
            wp_jo_object(j);
            wp_jo_kstr(j, "name", l->rows[i].name);
            wp_jo_kstr(j, "before", l->rows[i].before);
            wp_jo_kstr(j, "after", l->rows[i].after);
            wp_jo_object_end(j);
        }
    }
    wp_jo_array_end(j);
    wp_jo_ku64(j, "same", l->same);
    wp_jo_object_end(j);
}

static void sizes_json(struct wp_json_out *j, const struct pack_size_changes *l, size_t top)
{
    wp_jo_object(j);
    wp_jo_ku64(j, "added", l->added);
    wp_jo_ku64(j, "removed", l->removed);
    wp_jo_ku64(j, "changed", l->changed);
    wp_jo_ku64(j, "same", l->same);
    wp_jo_key(j, "largest");
    wp_jo_array(j);
    for (size_t i = 0; i < l->count && i < top; i++) {
        wp_jo_object(j);
        wp_jo_kstr(j, "name", l->rows[i].name);
        wp_jo_ku64(j, "before", l->rows[i].before);
        wp_jo_ku64(j, "after", l->rows[i].after);
        wp_jo_object_end(j);
    }
    wp_jo_array_end(j);
    wp_jo_object_end(j);
}

void pack_diff_json(struct wp_json_out *j, const struct pack_diff *d, size_t top)
{
    wp_jo_key(j, "newImports");
    wp_jo_array(j);
    for (size_t i = 0; i < d->new_import_count; i++) {
        wp_jo_str(j, d->new_imports[i]);
    }
    wp_jo_array_end(j);
    for (enum pack_diff_list list = 0; list < PACK_DIFF_LISTS; list++) {
        wp_jo_key(j, pack_diff_list_name(list));
        changes_json(j, &d->lists[list]);
    }
    wp_jo_key(j, "sections");
    sizes_json(j, &d->sections, SIZE_MAX);
    wp_jo_key(j, "functions");
    sizes_json(j, &d->functions, top);
    if (d->functions_cut) {
        wp_jo_kbool(j, "functionsCut", true);
    }
}
