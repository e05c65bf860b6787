/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls as lines: "name(1, 2)" where a function is entered, "= 3" where it is left, indented by how deep it is. */
#include "base/io.h"
#include "cmd/run-int.h"
#include "cmd/run-value.h"

enum { FLUSH = 64 * 1024, INDENT_MAX = 64 };

void run_watch_flush(struct run_watch *w)
{
    struct wp_err ignored;
    if (w->trace_fd >= 0 && w->lines.len > 0 &&
        wp_write_all(w->trace_fd, w->lines.ptr, w->lines.len, "the trace", &ignored) < 0) {
        w->trace_fd = -1; /* whoever read it went away: the run goes on */
    }
    wp_buf_cut(&w->lines, 0);
}

static void values(struct run_watch *w, const uint32_t *types, uint32_t n, const uint64_t *slots)
{
    for (uint32_t i = 0; i < n; i++) {
        wp_buf_add_str(&w->lines, i == 0 ? "" : ", ");
        run_value_text(types[i], slots, &w->lines);
        slots += run_value_slots(types[i]);
    }
}

static void indent(struct run_watch *w)
{
    for (uint64_t i = 0; i < w->depth && i < INDENT_MAX; i++) {
        wp_buf_add_str(&w->lines, "  ");
    }
}

static void end_line(struct run_watch *w)
{
    wp_buf_add_char(&w->lines, '\n');
    if (w->trace_now || w->lines.len >= FLUSH) {
        run_watch_flush(w);
    }
}

static void enter(void *arg, const struct wrt_func *f, const uint64_t *slots, uint64_t fuel)
{
    struct run_watch *w = arg;
    if (w->profile != NULL) {
        run_profile_enter(w->profile, f, fuel);
    }
    if (w->trace_fd < 0) {
        return;
    }
    const struct wrt_deftype *t = wrt_deftype(w->types, wrt_func_type(f));
    indent(w);
    run_name_of(w->names, f, &w->lines);
    wp_buf_add_char(&w->lines, '(');
    values(w, t->as.func.params, t->as.func.param_count, slots);
    wp_buf_add_char(&w->lines, ')');
    end_line(w);
    w->depth++;
}

static void leave(void *arg, const struct wrt_func *f, const uint64_t *slots, uint64_t fuel)
{
    struct run_watch *w = arg;
    if (w->profile != NULL) {
        run_profile_leave(w->profile, fuel);
    }
    if (w->trace_fd < 0) {
        return;
    }
    const struct wrt_deftype *t = wrt_deftype(w->types, wrt_func_type(f));
    w->depth -= w->depth > 0;
    if (t->as.func.result_count == 0 || slots == NULL) {
        return;
    }
    indent(w);
    wp_buf_add_str(&w->lines, "= ");
    values(w, t->as.func.results, t->as.func.result_count, slots);
    end_line(w);
}

struct wrt_watch run_watch_of(struct run_watch *w)
{
    return (struct wrt_watch){.enter = enter, .leave = leave, .arg = w};
}
