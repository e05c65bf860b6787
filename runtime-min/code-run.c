/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime-min/code-parts.h"

int code_run(struct wrt_scratch *s)
{
    while (s->frame_count > 0) {
        if (s->c.p >= s->c.end) {
            s->at = s->c.end;
            return code_fail(s, "END opcode expected: %u blocks are open where the function's bytes end",
                             s->frame_count);
        }
        if (code_step(s) < 0) {
            return -1;
        }
    }
    return 0;
}
