/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules over what a valid module asks of its host. An import passes when it matches one of the allowed globs, if there
 * are any, and none of the denied ones. */
#include "base/text.h"
#include "cmd/validate.h"

#include <inttypes.h>

enum { TELL = 5 };

/* Steps back to the last '*' only: names come from the module and must not cost more than their length times the
 * glob's. */
bool validate_glob(const char *glob, const char *text)
{
    const char *star = NULL;
    const char *mark = NULL;
    while (*text != '\0') {
        if (*glob == '*') {
            star = glob++;
            mark = text;
        } else if (*glob == '?' || (*glob != '\0' && *glob == *text)) {
            glob++;
            text++;
        } else if (star != NULL) {
            glob = star + 1;
            text = ++mark;
        } else {
            return false;
        }
    }
    while (*glob == '*') {
        glob++;
    }
    return *glob == '\0';
}

static const char *first_match(const struct opt_list *globs, const char *name)
{
    for (size_t i = 0; i < globs->count; i++) {
        if (validate_glob(globs->items[i], name)) {
            return globs->items[i];
        }
    }
    return NULL;
}

/* NULL: it may. Else why not. */
static const char *objection(const struct validate_opts *o, const char *name, struct wp_arena *a)
{
    const char *denied = first_match(&o->deny, name);
    if (denied != NULL) {
        return wp_arena_printf(a, "--deny-import '%s' forbids it", denied);
    }
    return o->allow.count > 0 && first_match(&o->allow, name) == NULL ? "no --allow-import names it" : NULL;
}

static int check_imports(const struct validate_opts *o, const struct pack_module *m, struct wp_arena *a,
                         struct wp_err *err)
{
    const char *first = NULL;
    const char *why = NULL;
    size_t more = 0;
    WP_AUTO_BUF struct wp_buf others = WP_BUF_INIT;
    for (size_t i = 0; i < m->import_count; i++) {
        const struct pack_extern *x = &m->imports[i];
        const char *name = x->module[0] == '\0' ? x->name : wp_arena_printf(a, "%s.%s", x->module, x->name);
        const char *no = objection(o, name, a);
        if (no == NULL) {
            continue;
        }
        if (first == NULL) {
            first = name;
            why = no;
        } else if (++more <= TELL) {
            wp_buf_printf(&others, "%s%s", more == 1 ? "" : ", ", name);
        }
    }
    if (first == NULL) {
        return 0;
    }
    wp_fail(err, WP_E_POLICY, "it imports '%s': %s", first, why);
    if (more > 0) {
        wp_hint(err, "so with %zu more: %s%s", more, others.ptr, more > TELL ? ", …" : "");
    }
    return -1;
}

uint64_t validate_memory(const struct pack_module *m)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < m->memory_count; i++) {
        const struct pack_memory *memory = &m->memories[i];
        uint64_t bytes = 0;
        /* In a component one module's import is another's memory. */
        if (memory->imported && m->kind == WP_WASM_COMPONENT) {
            continue;
        }
        if (wp_mul_overflows(memory->min, memory->page, &bytes) || wp_add_overflows(sum, bytes, &sum)) {
            return UINT64_MAX;
        }
    }
    return sum;
}

static int check_memory(const struct validate_opts *o, const struct pack_module *m, struct wp_err *err)
{
    uint64_t bytes = validate_memory(m);
    if (o->max_memory == 0 || bytes <= o->max_memory) {
        return 0;
    }
    char size[WP_SIZE_TEXT];
    return wp_fail(err, WP_E_LIMIT,
                   "it declares %s of memory to start with (%" PRIu64 " bytes, --max-memory is %" PRIu64 ")",
                   wp_size_text(bytes, size), bytes, o->max_memory);
}

int validate_rules(const struct validate_opts *o, const struct pack_module *m, struct wp_arena *a, struct wp_err *err)
{
    return check_imports(o, m, a, err) < 0 ? -1 : check_memory(o, m, err);
}
