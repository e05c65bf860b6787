/* SPDX-License-Identifier: Apache-2.0
 *
 * WIT as text: types where they are used, and functions. Recursion follows value types into value types, whose depth
 * loading has limited. */
#include "base/limits.h"
#include "runtime-min/wit-text.h"

#include <stdio.h>

static const char *primitive_name(uint32_t type)
{
    switch (type) {
    case WRT_V_BOOL:
        return "bool";
    case WRT_V_S8:
        return "s8";
    case WRT_V_U8:
        return "u8";
    case WRT_V_S16:
        return "s16";
    case WRT_V_U16:
        return "u16";
    case WRT_V_S32:
        return "s32";
    case WRT_V_U32:
        return "u32";
    case WRT_V_S64:
        return "s64";
    case WRT_V_U64:
        return "u64";
    case WRT_V_F32:
        return "f32";
    case WRT_V_F64:
        return "f64";
    case WRT_V_CHAR:
        return "char";
    case WRT_V_STRING:
        return "string";
    default:
        return "error-context";
    }
}

/* A failure that only the finished text shows; nothing more is written. */
void wit_put_unsaid(struct wit_out *o, const char *what)
{
    if (o->result == 0) {
        o->result = wp_fail(o->err, WP_E_UNSUPPORTED, "the component cannot be said in WIT: a %s has no name", what);
    }
}

/* The name of a resource or of whatever a type is known as, also by an older id of it. */
void wit_put_named(struct wit_out *o, uint32_t ctype, const char *what)
{
    for (; ctype != WRT_NO_INDEX && o->result == 0; ctype = wrt_ctype(o->w->ctypes, ctype)->alias_of) {
        uint32_t known = wit_known(o->w, ctype);
        if (known != WIT_NONE && known != WIT_ANONYMOUS) {
            wit_put_name(o, wit_type(o->w, known)->name);
            return;
        }
        if (++o->work > WP_LIMIT_WASM_COMPONENT_WORK && o->result == 0) {
            o->result = wp_fail(o->err, WP_E_LIMIT, "the component's types are aliases of each other in too long rows");
        }
    }
    wit_put_unsaid(o, what);
}

/* word<a, b>: types that are not there (WRT_V_NONE) are left out from the end, and "_" before another. */
static void put_generic(struct wit_out *o, const char *word, uint32_t a, uint32_t b)
{
    wit_put(o, word);
    if (a == WRT_V_NONE && b == WRT_V_NONE) {
        return;
    }
    wit_put(o, "<");
    if (a == WRT_V_NONE) {
        wit_put(o, "_");
    } else {
        wit_put_type(o, a);
    }
    if (b != WRT_V_NONE) {
        wit_put(o, ", ");
        wit_put_type(o, b);
    }
    wit_put(o, ">");
}

static void put_tuple(struct wit_out *o, const struct wrt_ctype *t)
{
    wit_put(o, "tuple<");
    for (uint32_t i = 0; i < t->as.list.count && o->result == 0; i++) {
        if (i > 0) {
            wit_put(o, ", ");
        }
        wit_put_type(o, t->as.list.items[i].type);
    }
    wit_put(o, ">");
}

/* A type without a name. */
void wit_put_structure(struct wit_out *o, uint32_t ctype)
{
    const struct wrt_ctype *t = wrt_ctype(o->w->ctypes, ctype);
    char length[16];
    switch (t->kind) {
    case WRT_T_PRIMITIVE:
        wit_put_type(o, t->as.of.elem);
        break;
    case WRT_T_TUPLE:
        put_tuple(o, t);
        break;
    case WRT_T_LIST:
        put_generic(o, "list", t->as.of.elem, WRT_V_NONE);
        break;
    case WRT_T_FIXED_LIST:
        (void)snprintf(length, sizeof(length), ", %u>", (unsigned)t->as.of.length);
        wit_put(o, "list<");
        wit_put_type(o, t->as.of.elem);
        wit_put(o, length);
        break;
    case WRT_T_MAP:
        put_generic(o, "map", t->as.of.elem, t->as.of.err);
        break;
    case WRT_T_OPTION:
        put_generic(o, "option", t->as.of.elem, WRT_V_NONE);
        break;
    case WRT_T_RESULT:
        put_generic(o, "result", t->as.of.elem, t->as.of.err);
        break;
    case WRT_T_STREAM:
        put_generic(o, "stream", t->as.of.elem, WRT_V_NONE);
        break;
    case WRT_T_FUTURE:
        put_generic(o, "future", t->as.of.elem, WRT_V_NONE);
        break;
    case WRT_T_OWN:
        wit_put_named(o, t->as.handle, "resource");
        break;
    case WRT_T_BORROW:
        wit_put(o, "borrow<");
        wit_put_named(o, t->as.handle, "resource");
        wit_put(o, ">");
        break;
    default:
        wit_put_named(o, ctype, "record, variant, enum or flags type");
        break;
    }
}

void wit_put_type(struct wit_out *o, uint32_t valtype)
{
    if (valtype < WRT_V_TYPE) {
        wit_put(o, primitive_name(valtype));
        return;
    }
    uint32_t known = wit_known(o->w, valtype - WRT_V_TYPE);
    if (known != WIT_NONE && known != WIT_ANONYMOUS) {
        wit_put_name(o, wit_type(o->w, known)->name);
    } else if (o->result == 0) {
        wit_put_structure(o, valtype - WRT_V_TYPE);
    }
}

/* ---- functions ---- */

/* A constructor gives its resource without saying so. */
static bool result_is_implied(const struct wit *w, const struct wit_func *f, uint32_t result)
{
    if (f->kind != WRT_NAME_CONSTRUCTOR || result < WRT_V_TYPE) {
        return false;
    }
    uint32_t known = wit_known(w, result - WRT_V_TYPE), ctype = result - WRT_V_TYPE;
    if (known != WIT_NONE && known != WIT_ANONYMOUS) {
        if (wit_type(w, known)->same != WIT_NONE) {
            return false;
        }
        ctype = wit_type(w, known)->source;
    }
    const struct wrt_ctype *t = wrt_ctype(w->ctypes, ctype);
    return t->kind == WRT_T_OWN && wit_known(w, t->as.handle) == f->resource;
}

void wit_put_func(struct wit_out *o, const struct wit_func *f)
{
    const struct wrt_ctype *t = wrt_ctype(o->w->ctypes, f->type);
    wit_put(o, t->async ? "async " : "");
    wit_put(o, f->kind == WRT_NAME_CONSTRUCTOR ? "constructor(" : "func(");
    uint32_t first = f->kind == WRT_NAME_METHOD ? 1 : 0; /* self goes without saying */
    for (uint32_t i = first; i < t->as.list.count && o->result == 0; i++) {
        if (i > first) {
            wit_put(o, ", ");
        }
        wit_put_name(o, t->as.list.items[i].name);
        wit_put(o, ": ");
        wit_put_type(o, t->as.list.items[i].type);
    }
    wit_put(o, ")");
    if (t->as.list.result != WRT_V_NONE && !result_is_implied(o->w, f, t->as.list.result)) {
        wit_put(o, " -> ");
        wit_put_type(o, t->as.list.result);
    }
    wit_put_end(o);
}
