/* SPDX-License-Identifier: Apache-2.0
 *
 * Function names without a table of them: a module of a gigabyte may name a hundred million functions. Both the name
 * section and a walk over the functions go upwards, so that one cursor is enough. */
#include "pack/facts.h"

enum { FUNCTION_NAMES = 1 };

void facts_names_start(struct facts_names *n, struct wp_span section)
{
    *n = (struct facts_names){.left = 0};
    if (section.len == 0) {
        return;
    }
    struct wp_wasm_cursor c = {.start = section.ptr, .p = section.ptr, .end = section.ptr + section.len};
    struct wp_err ignored;
    while (c.p < c.end) {
        uint8_t id;
        uint32_t size;
        if (wp_wasm_byte(&c, &id, &ignored) < 0 || wp_wasm_u32(&c, &size, &ignored) < 0) {
            return;
        }
        const uint8_t *body = c.p;
        if (wp_wasm_skip(&c, size, &ignored) < 0) {
            return;
        }
        if (id == FUNCTION_NAMES) {
            n->c = (struct wp_wasm_cursor){.start = body, .p = body, .end = body + size};
            if (wp_wasm_u32(&n->c, &n->left, &ignored) < 0) {
                n->left = 0;
            }
            return;
        }
    }
}

struct wp_span facts_names_at(struct facts_names *n, uint32_t index)
{
    struct wp_err ignored;
    while (n->left > 0 && (n->name.ptr == NULL || n->index < index)) {
        n->left--;
        if (wp_wasm_u32(&n->c, &n->index, &ignored) < 0 || wp_wasm_name(&n->c, &n->name, &ignored) < 0) {
            *n = (struct facts_names){.left = 0};
        }
    }
    return n->name.ptr != NULL && n->index == index ? n->name : wp_span("", 0);
}
