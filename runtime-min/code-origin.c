/* SPDX-License-Identifier: Apache-2.0
 *
 * Where does the operand come from that is not what an instruction takes? Found by going through the function again up
 * to the fault, so that valid code pays nothing for it. */
#include "runtime-min/code-parts.h"

#include <stdio.h>

struct origin {
    const uint8_t *at;
    const char *name;
};

static struct origin last_to_push(struct wrt_scratch *s, uint32_t operand, const uint8_t *fault)
{
    struct origin found = {.at = NULL};
    while (s->c.p < fault && code_step(s) == 0) {
        if (s->low <= s->stack + operand && s->stack + operand < s->sp) {
            found = (struct origin){s->at, s->op->name};
        }
    }
    return found;
}

void code_tell_origin(struct wrt_scratch *s, struct wp_span body, const struct wrt_deftype *func)
{
    const uint8_t *fault = s->at;
    struct wp_err ignored = {.code = WP_E_OK}, *err = s->err;
    uint32_t operand = s->fault;
    struct origin from = {.at = NULL};
    s->err = &ignored;
    code_locals_reset(s, 0);
    if (code_begin(s, body, func) == 0) {
        from = last_to_push(s, operand, fault);
    }
    s->err = err;
    size_t len = strlen(err->msg);
    if (from.at != NULL) {
        snprintf(err->msg + len, sizeof(err->msg) - len, ", pushed by %s at byte 0x%llx", from.name,
                 (unsigned long long)(from.at - s->m->base));
    }
}
