/* SPDX-License-Identifier: Apache-2.0
 *
 * Is the trace of a run that stopped true? The frame on top stands at an instruction that can trap so, those below it
 * at calls. */
#include "tests/spec/suite.h"

#include <stdio.h>

/* Instructions that can trap so: first bytes; deeper frames stand at calls. */
static const char *trapping(enum wrt_stop stop)
{
    switch (stop) {
    case WRT_STOP_UNREACHABLE:
        return "\x00";
    case WRT_STOP_DIVIDE_BY_ZERO:
        return "\x6d\x6e\x6f\x70\x7f\x80\x81\x82";
    case WRT_STOP_INTEGER_OVERFLOW:
        return "\x6d\x7f\xa8\xa9\xaa\xab\xae\xaf\xb0\xb1";
    case WRT_STOP_INVALID_CONVERSION:
        return "\xa8\xa9\xaa\xab\xae\xaf\xb0\xb1";
    case WRT_STOP_MEMORY_BOUNDS:
        return "\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x3a\x3b\x3c\x3d\x3e\xfb"
               "\xfc\xfd\xfe";
    case WRT_STOP_TABLE_BOUNDS:
        return "\x25\x26\xfb\xfc";
    case WRT_STOP_UNDEFINED_ELEMENT:
    case WRT_STOP_UNINITIALIZED_ELEMENT:
    case WRT_STOP_INDIRECT_TYPE:
        return "\x11\x13";
    case WRT_STOP_NULL_FUNC:
        return "\x14\x15";
    case WRT_STOP_NULL_REFERENCE:
        return "\xd4";
    case WRT_STOP_EXCEPTION:
        return "\x08\x0a";
    case WRT_STOP_CALL_STACK:
        return "\x10\x11\x14";
    case WRT_STOP_UNALIGNED:
    case WRT_STOP_EXPECTED_SHARED:
        return "\xfe";
    default:
        return "\xfb\x0a";
    }
}

static bool stands_at(const struct wrt_trace_frame *f, const char *bytes, size_t n)
{
    const struct wrt_module *m = wrt_instance_module(f->instance);
    return f->offset < m->bytes.len && memchr(bytes, m->base[f->offset], n) != NULL;
}

bool suite_trace(const struct wrt_outcome *o, char *problem, size_t room)
{
    const char *bytes = trapping(o->stop);
    size_t n = o->stop == WRT_STOP_UNREACHABLE ? 1 : strlen(bytes);
    for (uint32_t i = 0; i < o->frame_count; i++) {
        if (i == 0 ? !stands_at(&o->frames[i], bytes, n) : !stands_at(&o->frames[i], "\x10\x11\x14", 3)) {
            snprintf(problem, room, "frame %u of the trace stands at byte 0x%llx, where that cannot be", i,
                     (unsigned long long)o->frames[i].offset);
            return false;
        }
    }
    if (o->frame_count == 0 || o->depth < o->frame_count) {
        snprintf(problem, room, "a trace of %u frames of %u", o->frame_count, o->depth);
        return false;
    }
    return true;
}
