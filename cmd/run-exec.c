/* SPDX-License-Identifier: Apache-2.0
 *
 * One run, from bytes to outcome: load, provide the imports, instantiate, call what a host would call or what was asked
 * for. Knows nothing of processes: the child calls it (cmd/run-child.c). */
#include "base/sandbox.h"
#include "cmd/run-int.h"
#include "cmd/run-value.h"

#include <inttypes.h>

/* All of one run; gone with it. */
struct run {
    const struct run_order *o;
    struct wp_arena *a;
    struct run_answer *ret;
    struct wrt_store *store;
    struct wrt_binary *binary;
    const struct wrt_module *m;
    struct wrt_wasi *wasi;
    struct wrt_instance *instance;
    struct wrt_outcome out;
    struct run_names names;
    struct run_watch watch;
};

/* The process ends with the run, and the kernel is quicker at giving back what it holds: only sanitizers want to see it
 * done in order. */
static void run_done(struct run *r)
{
    if (!WP_SANITIZED) {
        return;
    }
    run_profile_free(r->watch.profile);
    wp_buf_done(&r->watch.lines);
    wrt_wasi_free(r->wasi);
    wrt_store_free(r->store);
    wrt_binary_free(r->binary);
}
#define RUN_AUTO WP_CLEANUP(run_done)

static int load(struct run *r, struct wp_span bytes, struct wp_err *err)
{
    const struct wrt_options options = {
        .features = r->o->features,
        .threads = (unsigned)r->o->threads,
        .types = wrt_store_types(r->store),
    };
    if (wrt_load(bytes, &options, &r->binary, NULL, err) < 0) {
        return -1;
    }
    r->m = wrt_binary_module(r->binary);
    if (r->m == NULL) {
        wp_fail(err, WP_E_UNSUPPORTED, "it is a component, which this version can pack and inspect but not run");
        return wp_hint(err, "'wpack validate' and 'wpack inspect' work on it; wasmtime runs components");
    }
    r->names.m = r->m;
    return 0;
}

static int start_wasi(struct run *r, struct wp_err *err)
{
    const struct run_order *o = r->o;
    const struct wrt_wasi_options options = {
        .args = o->args.items,
        .arg_count = o->args.count,
        .env = o->env.items,
        .env_count = o->env.count,
        .dirs = o->dirs,
        .dir_count = o->dir_count,
        .own_stdio = o->own_stdio,
        .input = o->input,
        .output_max = o->output_max,
        .virtual_clock = o->virtual_clock,
        .clock_ns = o->clock_ns,
        .seeded = o->seeded,
        .seed = o->seed,
    };
    return wrt_wasi_new(r->store, &options, &r->wasi, err);
}

/* ---- imports ---- */

static const char *import_name(struct run *r, const struct wrt_import *import)
{
    return wp_arena_printf(r->a, "%.*s.%.*s", (int)import->module.len, (const char *)import->module.ptr,
                           (int)import->name.len, (const char *)import->name.ptr);
}

static int provide(void *arg, const struct wrt_module *m WP_UNUSED, const struct wrt_import *import,
                   struct wrt_value *ret, struct wp_err *err)
{
    struct run *r = arg;
    int rc = wrt_wasi_import(r->wasi, import, ret, err);
    if (rc == 0) {
        return wp_fail(err, WP_E_NOT_FOUND, "unknown import '%s'", import_name(r, import));
    }
    if (rc > 0 && ret->kind == WRT_FUNC && r->names.host_count < r->m->import_count) {
        r->names.hosts[r->names.host_count++] = (struct run_host){ret->as.func, import};
    }
    return rc < 0 ? -1 : 0;
}

static int fail_missing(struct run *r, const struct wrt_import *first, size_t count, struct wp_err *err)
{
    wp_fail(err, WP_E_NOT_FOUND, "nothing provides its import '%s' (%s)%s", import_name(r, first),
            wrt_extern_kind_name(first->kind), count > 1 ? wp_arena_printf(r->a, " nor %zu more", count - 1) : "");
    return wp_hint(err, "wpack runs modules that import WASI preview 1 (wasi_snapshot_preview1) or nothing; 'wpack "
                        "inspect --imports' lists what this one wants");
}

/* All that is missing, before anything runs. */
static int check_imports(struct run *r, struct wp_err *err)
{
    const struct wrt_import *first = NULL;
    const char **missing = wp_arena_alloc(r->a, RUN_MISSING + 1, sizeof(*missing));
    size_t count = 0;
    for (uint32_t i = 0; i < r->m->import_count; i++) {
        const struct wrt_import *import = &r->m->imports[i];
        struct wrt_value value;
        int rc = wrt_wasi_import(r->wasi, import, &value, err);
        if (rc < 0) {
            return -1;
        }
        if (rc > 0) {
            continue;
        }
        first = count == 0 ? import : first;
        if (count < RUN_MISSING) {
            missing[count] = import_name(r, import);
        }
        count++;
    }
    r->ret->missing = missing;
    r->ret->missing_count = WP_MIN(count, (size_t)RUN_MISSING);
    return count == 0 ? 0 : fail_missing(r, first, count, err);
}

/* ---- calls ---- */

static struct wrt_func *export_func(const struct run *r, const char *name)
{
    struct wrt_value v;
    bool found = wrt_instance_export(r->instance, wp_span_str(name), &v);
    return found && v.kind == WRT_FUNC ? v.as.func : NULL;
}

static const struct wrt_deftype *type_of(const struct run *r, const struct wrt_func *f)
{
    return wrt_deftype(r->m->types, wrt_func_type(f));
}

/* What could be invoked, for messages. */
static void offer(struct run *r)
{
    const char **list = wp_arena_alloc(r->a, RUN_OFFERS + 1, sizeof(*list));
    size_t n = 0;
    for (uint32_t i = 0; i < r->m->export_count && n < RUN_OFFERS; i++) {
        const struct wrt_export *x = &r->m->exports[i];
        if (x->kind == WRT_FUNC) {
            WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
            const char *name = wp_arena_strn(r->a, (const char *)x->name.ptr, x->name.len);
            run_signature(r->m->types, r->m->funcs[x->index], name, &b);
            list[n++] = wp_arena_str(r->a, b.ptr);
        }
    }
    r->ret->offers = list;
    r->ret->offer_count = n;
}

static int fail_unknown_function(struct run *r, const char *name, struct wp_err *err)
{
    offer(r);
    wp_fail(err, WP_E_USAGE, "it exports no function '%s'", name);
    if (r->ret->offer_count == 0) {
        return wp_hint(err, "it exports no function at all");
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    for (size_t i = 0; i < r->ret->offer_count && i < 8; i++) {
        wp_buf_printf(&b, "%s%s", i == 0 ? "" : "\n", r->ret->offers[i]);
    }
    return wp_hint(err, "it exports %s", b.ptr);
}

static int parse_params(struct run *r, const struct wrt_func *f, uint64_t *slots, struct wp_err *err)
{
    const struct wrt_deftype *t = type_of(r, f);
    const struct run_texts *given = &r->o->params;
    WP_AUTO_BUF struct wp_buf signature = WP_BUF_INIT;
    run_signature(r->m->types, wrt_func_type(f), r->o->invoke, &signature);
    if (given->count != t->as.func.param_count) {
        wp_fail(err, WP_E_USAGE, "%s takes %" PRIu32 " %s, %zu %s given", r->o->invoke, t->as.func.param_count,
                t->as.func.param_count == 1 ? "argument" : "arguments", given->count,
                given->count == 1 ? "was" : "were");
        return wp_hint(err, "it is %s", signature.ptr);
    }
    for (uint32_t i = 0; i < t->as.func.param_count; i++) {
        uint32_t type = t->as.func.params[i];
        char word[64];
        wrt_type_text(type, word, sizeof(word));
        if (!run_value_parse(type, given->items[i], slots)) {
            wp_fail(err, WP_E_USAGE, "%s: argument %" PRIu32 ", '%s', is no %s: %s is wanted", r->o->invoke, i + 1,
                    given->items[i], word, run_value_form(type));
            return wp_hint(err, "it is %s", signature.ptr);
        }
        slots += run_value_slots(type);
    }
    return 0;
}

static void keep_results(struct run *r, const struct wrt_func *f, const uint64_t *slots)
{
    const struct wrt_deftype *t = type_of(r, f);
    uint32_t n = t->as.func.result_count;
    struct run_result *list = wp_arena_alloc(r->a, (size_t)n + 1, sizeof(*list));
    for (uint32_t i = 0; i < n; i++) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        uint32_t type = t->as.func.results[i];
        char word[64];
        wrt_type_text(type, word, sizeof(word));
        run_value_text(type, slots, &text);
        list[i] = (struct run_result){wp_arena_str(r->a, word), wp_arena_str(r->a, text.ptr)};
        slots += run_value_slots(type);
    }
    r->ret->results = list;
    r->ret->result_count = n;
}

static int invoke(struct run *r, struct wp_err *err)
{
    struct wrt_func *f = export_func(r, r->o->invoke);
    if (f == NULL) {
        return fail_unknown_function(r, r->o->invoke, err);
    }
    const struct wrt_deftype *t = type_of(r, f);
    uint32_t params = wrt_slots_of(t->as.func.params, t->as.func.param_count);
    uint32_t results = wrt_slots_of(t->as.func.results, t->as.func.result_count);
    uint64_t *slots = wp_arena_alloc(r->a, (size_t)WP_MAX(params, results) + 1, sizeof(*slots));
    if (parse_params(r, f, slots, err) < 0) {
        return -1;
    }
    r->ret->ran = r->o->invoke;
    wrt_call(r->store, f, slots, &r->out);
    if (r->out.stop == WRT_STOP_NONE) {
        keep_results(r, f, slots);
    }
    return 0;
}

static bool takes_nothing(const struct run *r, const struct wrt_func *f)
{
    const struct wrt_deftype *t = type_of(r, f);
    return t->as.func.param_count == 0 && t->as.func.result_count == 0;
}

/* A reactor is initialised before anything else of it is called (WASI application ABI). */
static void initialize(struct run *r)
{
    struct wrt_func *f = export_func(r, "_initialize");
    if (f != NULL && takes_nothing(r, f) && export_func(r, "_start") == NULL) {
        uint64_t none = 0;
        r->ret->ran = "_initialize";
        wrt_call(r->store, f, &none, &r->out);
    }
}

static int call(struct run *r, struct wp_err *err)
{
    initialize(r);
    if (r->out.stop != WRT_STOP_NONE || r->o->instantiate) {
        return 0;
    }
    if (r->o->invoke[0] != '\0') {
        return invoke(r, err);
    }
    struct wrt_func *f = export_func(r, "_start");
    if (f == NULL || !takes_nothing(r, f)) {
        offer(r);
        return 0;
    }
    uint64_t none = 0;
    r->ret->ran = "_start";
    wrt_call(r->store, f, &none, &r->out);
    return 0;
}

/* ---- the outcome ---- */

static void keep_frames(struct run *r)
{
    struct run_frame *list = wp_arena_alloc(r->a, (size_t)r->out.frame_count + 1, sizeof(*list));
    for (uint32_t i = 0; i < r->out.frame_count; i++) {
        WP_AUTO_BUF struct wp_buf name = WP_BUF_INIT;
        run_name(&r->names, r->out.frames[i].function, &name);
        list[i] = (struct run_frame){r->out.frames[i].function, r->out.frames[i].offset, wp_arena_str(r->a, name.ptr)};
    }
    r->ret->frames = list;
    r->ret->frame_count = r->out.frame_count;
}

static int keep_profile(struct run *r, struct wp_err *err)
{
    if (r->watch.profile == NULL) {
        return 0;
    }
    run_profile_end(r->watch.profile, r->out.fuel);
    r->ret->hot_count = run_profile_hot(r->watch.profile, &r->names, r->a, &r->ret->hot);
    return run_profile_write(r->watch.profile, &r->names, (int)r->o->profile_fd, err);
}

static int conclude(struct run *r, struct wp_err *err)
{
    struct run_answer *ret = r->ret;
    ret->stop = r->out.stop;
    ret->exit = r->out.stop == WRT_STOP_EXIT ? r->out.exit_status : 0;
    ret->detail = wp_arena_str(r->a, r->out.detail);
    ret->fuel = r->out.fuel;
    ret->memory = wrt_store_peak_memory(r->store);
    ret->depth = r->out.depth;
    keep_frames(r);
    run_watch_flush(&r->watch);
    for (int i = 0; i < 2 && !r->o->own_stdio; i++) {
        ret->output[i] = wp_arena_bytes(r->a, wrt_wasi_output(r->wasi, i + 1));
    }
    return keep_profile(r, err);
}

static void prepare_watch(struct run *r)
{
    r->watch = (struct run_watch){
        .names = &r->names,
        .trace_fd = r->o->trace_fd == RUN_NO_FD ? -1 : (int)r->o->trace_fd,
        .trace_now = r->o->trace_now,
        .lines = WP_BUF_INIT,
        .profile = r->o->profile_fd == RUN_NO_FD ? NULL : run_profile_new(),
    };
}

int run_execute(const struct run_order *o, struct wp_span module, run_enter_fn enter, void *enter_arg,
                struct wp_arena *a, struct run_answer *ret, struct wp_err *err)
{
    RUN_AUTO struct run r = {.o = o, .a = a, .ret = ret};
    prepare_watch(&r);
    bool watched = r.watch.trace_fd >= 0 || r.watch.profile != NULL;
    const struct wrt_watch watch = run_watch_of(&r.watch);
    if (wrt_store_new(&o->budget, watched ? &watch : NULL, &r.store, err) < 0) {
        return -1;
    }
    r.watch.types = wrt_store_types(r.store);
    if (start_wasi(&r, err) < 0 || enter(enter_arg, RUN_PREPARED, err) < 0 || load(&r, module, err) < 0 ||
        enter(enter_arg, RUN_VALID, err) < 0 || check_imports(&r, err) < 0) {
        return -1;
    }
    r.names.hosts = wp_arena_alloc(a, (size_t)r.m->import_count + 1, sizeof(*r.names.hosts));
    if (watched) {
        run_names_fill(&r.names, a);
    }
    ret->started = r.m->start != WRT_NO_INDEX;
    if (wrt_instantiate(r.store, r.m, provide, &r, &r.instance, &r.out, err) < 0) {
        return -1;
    }
    if (r.out.stop == WRT_STOP_NONE && call(&r, err) < 0) {
        return -1;
    }
    return conclude(&r, err);
}
