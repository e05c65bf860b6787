/* SPDX-License-Identifier: Apache-2.0
 *
 * Built-in functions that a component can ask for (component-model Explainer.md, "Canonical Built-ins"): most are a row
 * of a table: what stands behind the leading byte, and the core signature. */
#include "runtime-min/component-canon.h"

/* imm, in their order: r resource defined here, R any resource, s stream, f future, o options, m memory, c cancellable,
 * a async, n result type, x core type and slot, t core type and table. Signatures: i is i32, l i64, p an address, v
 * what represents the resource. */
struct row {
    uint8_t kind;
    const char *word;
    uint64_t feature;
    const char *imm, *params, *results;
};

#define ASYNC     (UINT64_C(1) << WRT_BIT_CM_ASYNC)
#define THREADING (UINT64_C(1) << WRT_BIT_CM_THREADING)
#define ERROR     (UINT64_C(1) << WRT_BIT_CM_ERROR_CONTEXT)

static const struct row rows[] = {
    {WRT_CANON_RESOURCE_NEW, "resource.new", 0, "r", "v", "i"},
    {WRT_CANON_RESOURCE_DROP, "resource.drop", 0, "R", "i", ""},
    {WRT_CANON_RESOURCE_REP, "resource.rep", 0, "r", "i", "v"},
    {WRT_CANON_TASK_CANCEL, "task.cancel", ASYNC, "", "", ""},
    {WRT_CANON_SUBTASK_CANCEL, "subtask.cancel", ASYNC, "a", "i", "i"},
    {WRT_CANON_TASK_RETURN, "task.return", ASYNC, "no", NULL, NULL},
    {WRT_CANON_CONTEXT_GET, "context.get", ASYNC, "x", "", "v"},
    {WRT_CANON_CONTEXT_SET, "context.set", ASYNC, "x", "v", ""},
    {WRT_CANON_THREAD_YIELD, "thread.yield", ASYNC, "c", "", "i"},
    {WRT_CANON_SUBTASK_DROP, "subtask.drop", ASYNC, "", "i", ""},
    {WRT_CANON_STREAM_NEW, "stream.new", ASYNC, "s", "", "l"},
    {WRT_CANON_STREAM_READ, "stream.read", ASYNC, "so", "ipp", "p"},
    {WRT_CANON_STREAM_WRITE, "stream.write", ASYNC, "so", "ipp", "p"},
    {WRT_CANON_STREAM_CANCEL_READ, "stream.cancel-read", ASYNC, "sa", "i", "i"},
    {WRT_CANON_STREAM_CANCEL_WRITE, "stream.cancel-write", ASYNC, "sa", "i", "i"},
    {WRT_CANON_STREAM_DROP_READABLE, "stream.drop-readable", ASYNC, "s", "i", ""},
    {WRT_CANON_STREAM_DROP_WRITABLE, "stream.drop-writable", ASYNC, "s", "i", ""},
    {WRT_CANON_FUTURE_NEW, "future.new", ASYNC, "f", "", "l"},
    {WRT_CANON_FUTURE_READ, "future.read", ASYNC, "fo", "ip", "i"},
    {WRT_CANON_FUTURE_WRITE, "future.write", ASYNC, "fo", "ip", "i"},
    {WRT_CANON_FUTURE_CANCEL_READ, "future.cancel-read", ASYNC, "fa", "i", "i"},
    {WRT_CANON_FUTURE_CANCEL_WRITE, "future.cancel-write", ASYNC, "fa", "i", "i"},
    {WRT_CANON_FUTURE_DROP_READABLE, "future.drop-readable", ASYNC, "f", "i", ""},
    {WRT_CANON_FUTURE_DROP_WRITABLE, "future.drop-writable", ASYNC, "f", "i", ""},
    {WRT_CANON_ERROR_CONTEXT_NEW, "error-context.new", ERROR, "o", "pp", "i"},
    {WRT_CANON_ERROR_CONTEXT_DEBUG_MESSAGE, "error-context.debug-message", ERROR, "o", "ip", ""},
    {WRT_CANON_ERROR_CONTEXT_DROP, "error-context.drop", ERROR, "", "i", ""},
    {WRT_CANON_WAITABLE_SET_NEW, "waitable-set.new", ASYNC, "", "", "i"},
    {WRT_CANON_WAITABLE_SET_WAIT, "waitable-set.wait", ASYNC, "cm", "ip", "i"},
    {WRT_CANON_WAITABLE_SET_POLL, "waitable-set.poll", ASYNC, "cm", "ip", "i"},
    {WRT_CANON_WAITABLE_SET_DROP, "waitable-set.drop", ASYNC, "", "i", ""},
    {WRT_CANON_WAITABLE_JOIN, "waitable.join", ASYNC, "", "ii", ""},
    {WRT_CANON_BACKPRESSURE_INC, "backpressure.inc", ASYNC, "", "", ""},
    {WRT_CANON_BACKPRESSURE_DEC, "backpressure.dec", ASYNC, "", "", ""},
    {WRT_CANON_THREAD_INDEX, "thread.index", THREADING, "", "", "i"},
    {WRT_CANON_THREAD_NEW_INDIRECT, "thread.new-indirect", THREADING, "t", NULL, "i"},
    {WRT_CANON_THREAD_RESUME_LATER, "thread.resume-later", THREADING, "", "i", ""},
    {WRT_CANON_THREAD_SUSPEND, "thread.suspend", THREADING, "c", "", "i"},
    {WRT_CANON_THREAD_SUSPEND_THEN_RESUME, "thread.suspend-then-resume", THREADING, "c", "i", "i"},
    {WRT_CANON_THREAD_YIELD_THEN_RESUME, "thread.yield-then-resume", THREADING, "c", "i", "i"},
    {WRT_CANON_THREAD_SUSPEND_THEN_PROMOTE, "thread.suspend-then-promote", THREADING, "c", "i", "i"},
    {WRT_CANON_THREAD_YIELD_THEN_PROMOTE, "thread.yield-then-promote", THREADING, "c", "i", "i"},
};

/* A built-in under construction. */
struct making {
    struct canon *k;
    const struct row *row;
    uint32_t rep; /* the core type called v */
    struct sig g;
};

static int read_resource(struct making *m, struct wp_wasm_cursor *c, bool local, struct wp_err *err)
{
    struct scope *s = m->k->s;
    uint32_t index;
    if (wp_wasm_u32(c, &index, err) < 0 || comp_resource_at(s, index, m->k->at, &m->k->c.type, err) < 0) {
        return -1;
    }
    bool known = idmap_get(&s->reps, wrt_ctype(s->l->types, m->k->c.type)->as.resource, &m->rep);
    return known || !local ? 0 : comp_fail(s->l, m->k->at, err, "type %u is not a local resource", index);
}

static int read_channel(struct making *m, struct wp_wasm_cursor *c, enum wrt_ctype_kind kind, struct wp_err *err)
{
    struct scope *s = m->k->s;
    uint32_t index;
    if (wp_wasm_u32(c, &index, err) < 0 || comp_defined_at(s, index, m->k->at, &m->k->c.type, err) < 0) {
        return -1;
    }
    return wrt_ctype(s->l->types, m->k->c.type)->kind == kind
               ? 0
               : comp_fail(s->l, m->k->at, err, "'%s' requires a %s type", m->row->word, comp_type_word(kind));
}

static int read_async(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    if (comp_bool(c, &m->k->c.async, err) < 0) {
        return -1;
    }
    return m->k->c.async ? comp_need(m->k->s->l, WRT_F_CM_MORE_ASYNC_BUILTINS, m->k->at, "an async cancellation", err)
                         : 0;
}

static int read_memory(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    uint32_t index;
    return wp_wasm_u32(c, &index, err) < 0 ? -1 : canon_memory(m->k, index, err);
}

static int read_context(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct scope *s = m->k->s;
    struct cload *l = s->l;
    const uint8_t *at = m->k->at;
    struct wrt_module view = comp_core_view(s);
    if (wrt_read_valtype(&view, c, &m->rep, err) < 0 || wp_wasm_u32(c, &m->k->c.slot, err) < 0) {
        return -1;
    }
    if (m->rep != WRT_I32 && m->rep != WRT_I64) {
        return comp_fail(l, at, err, "'%s' only supports 'i32' or 'i64'", m->row->word);
    }
    if (m->rep == WRT_I64 && comp_need(l, WRT_F_CM64, at, "a context of 64 bits", err) < 0) {
        return -1;
    }
    if (s->context != 0 && s->context != m->rep) {
        return comp_fail(l, at, err, "'%s' type must match previous context type", m->row->word);
    }
    s->context = m->rep;
    if (m->k->c.slot > 1) {
        return comp_fail(l, at, err, "'%s' immediate must be zero or one: %u", m->row->word, m->k->c.slot);
    }
    return m->k->c.slot == 1 ? comp_need(l, WRT_F_CM_THREADING, at, "a second context slot", err) : 0;
}

/* The type of what a thread begins with; its parameter becomes rep. */
static int check_start(struct making *m, uint32_t index, struct wp_err *err)
{
    struct scope *s = m->k->s;
    struct cload *l = s->l;
    const uint8_t *at = m->k->at;
    if (comp_at_index(s, &s->core_types, "type", index, at, err) < 0) {
        return -1;
    }
    struct core_type_ref ref = ((const struct core_type_ref *)s->core_types.items)[index];
    if (ref.is_module) {
        return comp_fail(l, at, err, "expected a core function type");
    }
    const struct wrt_deftype *t = wrt_deftype(l->core, ref.id);
    if (t->kind != WRT_COMP_FUNC) {
        return comp_fail(l, at, err, "start type must be a function");
    }
    bool one = t->as.func.param_count == 1;
    bool wide = one && t->as.func.params[0] == WRT_I64 && (l->features & WRT_F_CM64) != 0;
    if (!wide && (!one || t->as.func.params[0] != WRT_I32)) {
        return comp_fail(l, at, err, "start function must take a single 'i32' argument (currently)");
    }
    m->rep = wide ? WRT_I64 : WRT_I32;
    return t->as.func.result_count == 0 ? 0 : comp_fail(l, at, err, "start function must not return any values");
}

static int read_thread(struct making *m, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct scope *s = m->k->s;
    uint32_t type;
    if (wp_wasm_u32(c, &type, err) < 0 || wp_wasm_u32(c, &m->k->c.table, err) < 0 || check_start(m, type, err) < 0 ||
        comp_at_index(s, &s->core_tables, "table", m->k->c.table, m->k->at, err) < 0) {
        return -1;
    }
    struct wrt_mitem table = ((const struct wrt_mitem *)s->core_tables.items)[m->k->c.table];
    if (table.limits.is64 && comp_need(s->l, WRT_F_CM64, m->k->at, "a 64-bit table for a component", err) < 0) {
        return -1;
    }
    const struct wrt_mitem want = {
        .kind = WRT_TABLE, .type = WRT_FUNCREF, .limits = {.is64 = table.limits.is64, .max = UINT64_MAX}};
    table.kind = WRT_TABLE;
    if (comp_core_matches(s->l, &table, &want, err) < 0) {
        wp_wrap(err, "table is not a 32-bit table of (ref null (func))");
        return comp_at(s->l, m->k->at, err);
    }
    m->g.params[0] = table.limits.is64 ? WRT_I64 : WRT_I32;
    m->g.params[1] = m->rep;
    m->g.param_count = 2;
    return 0;
}

static int read_immediate(struct making *m, char what, struct wp_wasm_cursor *c, struct wp_err *err)
{
    switch (what) {
    case 'r':
    case 'R':
        return read_resource(m, c, what == 'r', err);
    case 's':
        return read_channel(m, c, WRT_T_STREAM, err);
    case 'f':
        return read_channel(m, c, WRT_T_FUTURE, err);
    case 'o':
        return canon_options(m->k, c, err);
    case 'm':
        return read_memory(m, c, err);
    case 'c':
        return comp_bool(c, &m->k->c.cancellable, err);
    case 'a':
        return read_async(m, c, err);
    case 'n':
        return comp_read_result(m->k->s, c, &m->k->c.type, err);
    case 'x':
        return read_context(m, c, err);
    default:
        return read_thread(m, c, err);
    }
}

/* ---- what options they take ---- */

static int check_transfer(struct making *m, bool read, struct wp_err *err)
{
    struct cload *l = m->k->s->l;
    uint32_t elem = wrt_ctype(l->types, m->k->c.type)->as.of.elem;
    struct wrt_ctype props;
    if (!m->k->c.async && comp_need(l, WRT_F_CM_MORE_ASYNC_BUILTINS, m->k->at, "a transfer that blocks", err) < 0) {
        return -1;
    }
    if (elem == WRT_V_NONE) {
        return canon_check_lower(m->k, err);
    }
    comp_value_props(l, elem, &props);
    if (canon_need_memory(m->k, err) < 0 || (read && props.has_pointer && canon_need_realloc(m->k, err) < 0)) {
        return -1;
    }
    return canon_check_lower(m->k, err);
}

static int check_error_context(struct making *m, struct wp_err *err)
{
    if (canon_need_memory(m->k, err) < 0 ||
        (m->row->kind == WRT_CANON_ERROR_CONTEXT_DEBUG_MESSAGE && canon_need_realloc(m->k, err) < 0)) {
        return -1;
    }
    return m->k->c.async ? comp_fail(m->k->s->l, m->k->at, err, "cannot specify 'async' option on '%s'", m->row->word)
                         : canon_check_lower(m->k, err);
}

/* The result of the task goes out like the parameter of a lowered function. */
static int task_return(struct making *m, struct wp_err *err)
{
    struct canon *k = m->k;
    const struct cload *l = k->s->l;
    struct wrt_ctype params = {.flat = 0};
    if (k->c.type != WRT_V_NONE) {
        comp_value_props(l, k->c.type, &params);
    }
    if (params.has_borrow) {
        return comp_fail(l, k->at, err, "'task.return' result cannot contain a 'borrow' type");
    }
    const char *word = k->c.realloc != WRT_NO_INDEX       ? "realloc"
                       : k->c.post_return != WRT_NO_INDEX ? "post-return"
                       : k->c.async                       ? "async"
                                                          : NULL;
    if (word != NULL) {
        return comp_fail(l, k->at, err, "cannot specify '%s' option on 'task.return'", word);
    }
    return canon_check_lower(k, err) < 0 ? -1 : canon_flatten(k, &params, WRT_V_NONE, false, &m->g, err);
}

static int check_row(struct making *m, struct wp_err *err)
{
    switch (m->row->kind) {
    case WRT_CANON_STREAM_READ:
    case WRT_CANON_FUTURE_READ:
        return check_transfer(m, true, err);
    case WRT_CANON_STREAM_WRITE:
    case WRT_CANON_FUTURE_WRITE:
        return check_transfer(m, false, err);
    case WRT_CANON_ERROR_CONTEXT_NEW:
    case WRT_CANON_ERROR_CONTEXT_DEBUG_MESSAGE:
        return check_error_context(m, err);
    case WRT_CANON_TASK_RETURN:
        return task_return(m, err);
    default:
        return 0;
    }
}

static void spell(const struct making *m, const char *letters, uint32_t *to, uint32_t *count)
{
    for (const char *p = letters; p != NULL && *p != '\0'; p++) {
        to[(*count)++] = *p == 'l'   ? (uint32_t)WRT_I64
                         : *p == 'p' ? canon_pointer(m->k)
                         : *p == 'v' ? m->rep
                                     : (uint32_t)WRT_I32;
    }
}

int canon_builtin(struct canon *k, struct wp_wasm_cursor *c, struct wp_err *err)
{
    struct making m = {.k = k};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows) && m.row == NULL; i++) {
        m.row = rows[i].kind == (uint8_t)k->c.kind ? &rows[i] : NULL;
    }
    if (m.row == NULL) {
        bool threads = k->c.kind >= WRT_CANON_THREAD_SPAWN_REF && k->c.kind <= WRT_CANON_THREAD_AVAILABLE_PARALLELISM;
        return threads ? comp_fail(k->s->l, k->at, err,
                                   "the built-in 0x%x needs 'shared-everything-threads', which is not supported",
                                   (unsigned)k->c.kind)
                       : comp_leading(c, "canonical function", err);
    }
    if (comp_need(k->s->l, m.row->feature, k->at, m.row->word, err) < 0) {
        return -1;
    }
    for (const char *p = m.row->imm; *p != '\0'; p++) {
        if (read_immediate(&m, *p, c, err) < 0) {
            return -1;
        }
    }
    if (canon_check_options(k, err) < 0 || check_row(&m, err) < 0) {
        return -1;
    }
    spell(&m, m.row->params, m.g.params, &m.g.param_count);
    spell(&m, m.row->results, m.g.results, &m.g.result_count);
    return canon_push(k, &m.g, err);
}
