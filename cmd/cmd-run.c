/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack run`: a module, in a process that can do what was granted on the command line and nothing else. The exit
 * status is the guest's own; 124 to 134 say that it did not come to one. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/memfile.h"
#include "base/num.h"
#include "base/text.h"
#include "cmd/out.h"
#include "cmd/run-open.h"
#include "cmd/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct opts {
    struct look_opts look;
    struct trust_opts trust;
    const char *invoke, *input, *trace, *profile, *platform;
    struct opt_list dirs, env;
    uint64_t fuel, memory, timeout, output_max;
    bool stats, virtual_world;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.name = "invoke",
     .kind = OPT_STR,
     .offset = AT(invoke),
     .arg = "FUNCTION",
     .help = "call this export with ARGS, typed by its parameters, and print its results",
     .env = ""},
    {.name = "dir",
     .kind = OPT_LIST,
     .offset = AT(dirs),
     .arg = "HOST[:GUEST[:ro]]",
     .help = "a folder that the guest may use, may be repeated",
     .env = ""},
    {.name = "env",
     .kind = OPT_LIST,
     .offset = AT(env),
     .arg = "NAME[=VALUE]",
     .help = "a variable for the guest, without a value: as it is here",
     .env = ""},
    {.name = "stdin", .kind = OPT_STR, .offset = AT(input), .arg = "FILE", .help = "what it reads", .env = ""},
    {.name = "fuel",
     .kind = OPT_UINT,
     .offset = AT(fuel),
     .arg = "N",
     .help = "end it after so many instructions (default: no limit)"},
    {.name = "memory",
     .kind = OPT_SIZE,
     .offset = AT(memory),
     .arg = "SIZE",
     .help = "the most that its memories may hold together (default 1GiB)"},
    {.name = "timeout",
     .kind = OPT_DURATION,
     .offset = AT(timeout),
     .arg = "TIME",
     .help = "end it after so long (default: no limit)",
     .env = "WPACK_RUN_TIMEOUT"},
    {.name = "output-max",
     .kind = OPT_SIZE,
     .offset = AT(output_max),
     .arg = "SIZE",
     .help = "end it when it has written more (default: no limit; of JSON 16MiB)"},
    {.name = "trace",
     .kind = OPT_STR,
     .offset = AT(trace),
     .arg = "[=FILE]",
     .help = "write each call with its arguments and results, to a file or standard error",
     .env = "",
     .bare = "-"},
    {.name = "profile",
     .kind = OPT_STR,
     .offset = AT(profile),
     .arg = "FILE",
     .help = "write folded stacks with their instructions, and show the top functions",
     .env = ""},
    {.name = "stats", .kind = OPT_FLAG, .offset = AT(stats), .help = "say what it used: instructions, memory, time"},
    {.name = "virtual",
     .kind = OPT_FLAG,
     .offset = AT(virtual_world),
     .help = "a clock that begins in 1970 and random numbers that are always the same"},
    {.name = "platform",
     .kind = OPT_STR,
     .offset = AT(platform),
     .arg = "OS/ARCH",
     .help = "which manifest of an index"},
    TRUST_ROWS(struct opts, trust),
    RUN_ROWS(struct opts),
    {0},
};

enum { STATUS_LIMIT = 124, STATUS_OWN = 125, STATUS_SIGNAL = 128, STATUS_TRAP = 134, STATUS_MAX = 255, TOP = 20 };
#define CAPTURED (16 * WP_MIB)

/* The descriptors of one run, closed with it. */
struct files {
    int input, output, error; /* the guest's; -1: those of this process */
    int trace, profile, signals;
    struct wrt_wasi_dir *dirs;
    size_t dir_count;
};
#define FILES_INIT                                                                         \
    {                                                                                      \
        .input = -1, .output = -1, .error = -1, .trace = -1, .profile = -1, .signals = -1, \
    }

static void files_done(struct files *f)
{
    int *const all[] = {&f->input, &f->output, &f->error, &f->trace, &f->profile, &f->signals};
    for (size_t i = 0; i < WP_ARRAY_LEN(all); i++) {
        wp_close_p(all[i]);
    }
    for (size_t i = 0; i < f->dir_count; i++) {
        wp_close_p(&f->dirs[i].fd);
    }
}
#define FILES_AUTO WP_CLEANUP(files_done)

/* ---- what is granted ---- */

/* "host", "host:guest", "host:guest:ro"; a folder of one name has it on both sides. */
static int open_dir(struct cmd_ctx *c, const char *text, struct wrt_wasi_dir *ret, struct wp_err *err)
{
    const char *colon = strchr(text, ':');
    const char *host = colon == NULL ? text : wp_arena_strn(c->arena, text, (size_t)(colon - text));
    const char *guest = colon == NULL ? text : colon + 1;
    size_t n = strlen(guest);
    if (n > 3 && wp_str_eq(guest + n - 3, ":ro")) {
        guest = wp_arena_strn(c->arena, guest, n - 3);
        ret->read_only = true;
    } else if (colon != NULL && (wp_str_eq(guest, "ro") || wp_str_eq(guest, ":ro"))) {
        guest = host;
        ret->read_only = true;
    } else if (n > 3 && wp_str_eq(guest + n - 3, ":rw")) {
        guest = wp_arena_strn(c->arena, guest, n - 3);
    }
    if (host[0] == '\0' || guest[0] == '\0' || strchr(guest, ':') != NULL) {
        wp_fail(err, WP_E_USAGE, "--dir %s: not a folder and a name", text);
        return wp_hint(err, "write HOST, HOST:GUEST or HOST:GUEST:ro");
    }
    ret->guest = guest;
    ret->fd = wp_fs_open_dir(host, err);
    return ret->fd < 0 ? wp_wrap(err, "--dir") : 0;
}

static int open_dirs(struct cmd_ctx *c, const struct opts *o, struct files *f, struct wp_err *err)
{
    f->dirs = wp_arena_alloc(c->arena, o->dirs.count + 1, sizeof(*f->dirs));
    for (size_t i = 0; i < o->dirs.count; i++) {
        if (open_dir(c, o->dirs.items[i], &f->dirs[i], err) < 0) {
            return -1;
        }
        f->dir_count++;
    }
    return 0;
}

static int read_env(struct cmd_ctx *c, const struct opts *o, struct run_texts *ret, struct wp_err *err)
{
    ret->items = wp_arena_alloc(c->arena, o->env.count + 1, sizeof(*ret->items));
    for (size_t i = 0; i < o->env.count; i++) {
        const char *text = o->env.items[i];
        const char *eq = strchr(text, '=');
        if (text[0] == '\0' || eq == text) {
            wp_fail(err, WP_E_USAGE, "--env %s: a variable has a name", text);
            return wp_hint(err, "write NAME=VALUE, or NAME to pass on what it is here");
        }
        const char *value = eq == NULL ? getenv(text) : NULL;
        if (eq != NULL || value != NULL) {
            ret->items[ret->count++] = eq != NULL ? text : wp_arena_printf(c->arena, "%s=%s", text, value);
        }
    }
    return 0;
}

static int memory_file(const char *name, struct wp_err *err)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    return fd < 0 ? wp_fail_errno(err, errno, "cannot hold the %s in memory", name) : fd;
}

static int open_trace(const char *path, struct wp_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return fd < 0 ? wp_fs_fail(err, errno, "cannot write the trace to '%s'", path) : fd;
}

/* What is typed here ends the run, not this process before it could say so. */
static int take_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int open_files(struct cmd_ctx *c, const struct opts *o, struct files *f, struct wp_err *err)
{
    uint64_t ignored;
    if ((o->input != NULL && (f->input = wp_fs_open_file(o->input, &ignored, err)) < 0) ||
        (o->trace != NULL && !wp_str_eq(o->trace, "-") && (f->trace = open_trace(o->trace, err)) < 0) ||
        (o->profile != NULL && (f->profile = memory_file("profile", err)) < 0)) {
        return -1;
    }
    /* One value on standard output: what the guest writes becomes part of it. */
    if (cmd_json(c) && ((f->output = memory_file("output", err)) < 0 || (f->error = memory_file("output", err)) < 0)) {
        return -1;
    }
    f->signals = take_signals();
    if (f->signals < 0) {
        return wp_fail_errno(err, errno, "cannot wait for signals");
    }
    return open_dirs(c, o, f, err);
}

static int write_request(struct cmd_ctx *c, const struct opts *o, const struct files *f,
                         const struct run_source *source, struct run_request *ret, struct wp_err *err)
{
    const bool invoke = o->invoke != NULL;
    const char **args = wp_arena_alloc(c->arena, c->arg_count + 1, sizeof(*args));
    args[0] = source->name;
    for (size_t i = 1; i < c->arg_count && !invoke; i++) {
        args[i] = c->args[i];
    }
    *ret = (struct run_request){
        .look = &o->look,
        .standard = {f->input >= 0 ? f->input : STDIN_FILENO, f->output >= 0 ? f->output : STDOUT_FILENO,
                     f->error >= 0 ? f->error : STDERR_FILENO},
        .signals = f->signals,
        .kill_ms = o->timeout == 0 ? 0 : o->timeout + 500,
        .order = {.budget = {.fuel = o->fuel, .memory = o->memory, .deadline_ms = o->timeout},
                  .invoke = invoke ? o->invoke : "",
                  .params = {invoke ? c->args + 1 : NULL, invoke ? c->arg_count - 1 : 0},
                  .args = {args, invoke ? 1 : c->arg_count},
                  .own_stdio = true,
                  .output_max = o->output_max == 0 && cmd_json(c) ? CAPTURED : o->output_max,
                  .virtual_clock = o->virtual_world,
                  .seeded = o->virtual_world,
                  .dirs = f->dirs,
                  .dir_count = f->dir_count,
                  .trace_fd = f->trace >= 0      ? (uint64_t)f->trace
                              : o->trace != NULL ? STDERR_FILENO
                                                 : RUN_NO_FD,
                  .trace_now = f->trace < 0,
                  .profile_fd = f->profile >= 0 ? (uint64_t)f->profile : RUN_NO_FD},
    };
    return read_env(c, o, &ret->order.env, err);
}

/* ---- what is said ---- */

/* The bytes of a memory file. */
static int add_text(struct wp_json_out *j, const char *key, int fd, struct wp_err *err)
{
    struct stat st;
    struct wp_span bytes;
    if (fstat(fd, &st) != 0 || wp_map(fd, (uint64_t)st.st_size, &bytes, err) < 0) {
        return wp_fail_errno(err, errno, "cannot read what it wrote");
    }
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    const bool plain = wp_utf8_is(bytes) && memchr(bytes.ptr, '\0', bytes.len) == NULL;
    if (plain) {
        wp_buf_add(&text, bytes.ptr, bytes.len);
    } else {
        wp_base64(&text, bytes, false);
    }
    wp_unmap(&bytes);
    char name[32];
    (void)snprintf(name, sizeof(name), "%s%s", key, plain ? "" : "Base64");
    wp_jo_kstr(j, name, text.ptr);
    return 0;
}

static const char *outcome_word(const struct run_answer *r)
{
    return r->stop == WRT_STOP_NONE     ? "returned"
           : r->stop == WRT_STOP_EXIT   ? "exit"
           : wrt_stop_is_limit(r->stop) ? "limit"
                                        : "trap";
}

static void add_lists(struct wp_json_out *j, const struct run_answer *r)
{
    run_results_json(j, r);
    if (r->frame_count > 0) {
        run_frames_json(j, r);
    }
    if (r->hot_count > 0) {
        wp_jo_key(j, "profile");
        wp_jo_array(j);
        for (size_t i = 0; i < r->hot_count; i++) {
            wp_jo_object(j);
            wp_jo_kstr(j, "function", r->hot[i].name);
            wp_jo_ku64(j, "calls", r->hot[i].calls);
            wp_jo_ku64(j, "self", r->hot[i].self);
            wp_jo_ku64(j, "total", r->hot[i].total);
            wp_jo_object_end(j);
        }
        wp_jo_array_end(j);
    }
}

static int write_json(struct cmd_ctx *c, const struct run_source *source, const struct files *f,
                      const struct run_answer *r, const struct run_cost *cost, struct wp_buf *b, struct wp_err *err)
{
    struct wp_json_out j = wp_json_out(b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "module", source->shown);
    if (source->pinned != NULL) {
        wp_jo_kstr(&j, "reference", source->pinned);
    }
    wp_jo_kstr(&j, "outcome", outcome_word(r));
    wp_jo_ku64(&j, "exit", (uint64_t)c->status);
    if (r->stop != WRT_STOP_NONE && r->stop != WRT_STOP_EXIT) {
        wp_jo_kstr(&j, "stop", wrt_stop_text(r->stop));
        wp_jo_kstr(&j, "detail", r->detail);
    }
    wp_jo_kstr(&j, "ran", r->ran);
    wp_jo_ku64(&j, "fuel", r->fuel);
    wp_jo_ku64(&j, "memory", r->memory);
    wp_jo_ku64(&j, "ms", cost->ms);
    add_lists(&j, r);
    int rc = add_text(&j, "stdout", f->output, err) < 0 ? -1 : add_text(&j, "stderr", f->error, err);
    wp_jo_object_end(&j);
    return rc;
}

static void show_profile(struct cmd_ctx *c, const struct run_answer *r)
{
    out_note(c->out, "%16s %16s %12s  %s", "instructions", "with calls", "calls", "function");
    for (size_t i = 0; i < r->hot_count && i < TOP; i++) {
        char self[WP_NUMBER_TEXT];
        char total[WP_NUMBER_TEXT];
        char calls[WP_NUMBER_TEXT];
        out_note(c->out, "%16s %16s %12s  %s", wp_number_text(r->hot[i].self, self),
                 wp_number_text(r->hot[i].total, total), wp_number_text(r->hot[i].calls, calls), r->hot[i].name);
    }
}

static void show_stats(struct cmd_ctx *c, const struct run_answer *r, const struct run_cost *cost)
{
    char number[WP_NUMBER_TEXT];
    char size[WP_SIZE_TEXT];
    char resident[WP_SIZE_TEXT];
    char ms[WP_NUMBER_TEXT];
    char cpu[WP_NUMBER_TEXT];
    out_fact(c->out, "instructions", "%s", wp_number_text(r->fuel, number));
    out_fact(c->out, "memory", "%s, %s resident", wp_size_text(r->memory, size),
             wp_size_text(cost->resident, resident));
    out_fact(c->out, "time", "%s ms, %s ms of a processor", wp_number_text(cost->ms, ms),
             wp_number_text(cost->cpu_ms, cpu));
}

static int save_profile(const struct opts *o, const struct files *f, struct wp_err *err)
{
    struct stat st;
    struct wp_span bytes;
    if (fstat(f->profile, &st) != 0 || wp_map(f->profile, (uint64_t)st.st_size, &bytes, err) < 0) {
        return wp_fail_errno(err, errno, "cannot read the profile");
    }
    int rc = wp_fs_replace(o->profile, bytes, 0666, err);
    wp_unmap(&bytes);
    return rc;
}

/* A module without `_start` did what it does when it is instantiated; if that is nothing, the user meant more. */
static int check_ran(struct cmd_ctx *c, const struct run_source *source, const struct run_answer *r, struct wp_err *err)
{
    if (r->stop != WRT_STOP_NONE || (r->ran[0] != '\0' && !wp_str_eq(r->ran, "_initialize"))) {
        return 0;
    }
    WP_AUTO_BUF struct wp_buf list = WP_BUF_INIT;
    for (size_t i = 0; i < r->offer_count && i < 12; i++) {
        wp_buf_printf(&list, "%s%s", i == 0 ? "" : "\n", r->offers[i]);
    }
    if (r->ran[0] != '\0' || r->started) {
        out_note(c->out, "%s: %s; '_start', which a host would run, is not there", source->shown,
                 r->ran[0] != '\0' ? "initialized" : "its start function ran");
        return 0;
    }
    wp_fail(err, WP_E_USAGE, "%s has no '_start' and no start function: nothing to run", source->shown);
    return r->offer_count == 0 ? wp_hint(err, "it exports no function")
                               : wp_hint(err, "--invoke calls one of:\n%s", list.ptr);
}

/* How many frames from the i-th on stand at the same place: recursion. */
static size_t same_frames(const struct run_answer *r, size_t i)
{
    size_t n = 1;
    while (i + n < r->frame_count && r->frames[i + n].function == r->frames[i].function &&
           r->frames[i + n].offset == r->frames[i].offset) {
        n++;
    }
    return n;
}

static void add_backtrace(struct cmd_ctx *c, const struct run_answer *r)
{
    enum { TOLD = 2 }; /* of a longer row of the same */
    const char **lines = wp_arena_alloc(c->arena, r->frame_count + 2, sizeof(*lines));
    size_t n = 0;
    for (size_t i = 0; i < r->frame_count;) {
        size_t same = same_frames(r, i), told = same > TOLD + 1 ? TOLD : same;
        for (size_t k = 0; k < told; k++) {
            lines[n++] = wp_arena_printf(c->arena, "  %s", run_frame_text(r, i + k, c->arena));
        }
        if (told < same) {
            lines[n++] = wp_arena_printf(c->arena, "  … the same %zu times more", same - told);
        }
        i += same;
    }
    if (r->depth > r->frame_count) {
        lines[n++] = wp_arena_printf(c->arena, "  … %" PRIu64 " more", r->depth - r->frame_count);
    }
    c->after = lines;
}

static int judge(struct cmd_ctx *c, const struct run_source *source, const struct run_answer *r, struct wp_err *err)
{
    if (r->stop == WRT_STOP_EXIT) {
        c->status = (int)WP_MIN(r->exit, (uint64_t)STATUS_MAX);
        return 0;
    }
    if (r->stop == WRT_STOP_NONE) {
        return check_ran(c, source, r, err);
    }
    if (r->stop == WRT_STOP_UNSUPPORTED) {
        wp_fail(err, WP_E_UNSUPPORTED, "%s", wrt_stop_text(r->stop));
    } else {
        c->status = wrt_stop_is_limit(r->stop) ? STATUS_LIMIT : STATUS_TRAP;
        run_fail_stop(r, err);
    }
    add_backtrace(c, r);
    return -1;
}

static int tell(struct cmd_ctx *c, const struct run_source *source, const struct files *f, const struct run_answer *r,
                const struct run_cost *cost, struct wp_err *err)
{
    const struct opts *o = c->opts;
    int verdict = judge(c, source, r, err);
    struct wp_err later = {.code = WP_E_OK};
    if (o->profile != NULL && save_profile(o, f, &later) < 0) {
        out_warn(c->out, "%s", later.msg);
    }
    for (size_t i = 0; i < r->result_count; i++) {
        out_line(c->out, "%s", r->results[i].text);
    }
    if (o->profile != NULL) {
        show_profile(c, r);
    }
    if (o->stats) {
        show_stats(c, r, cost);
    }
    if (!cmd_json(c)) {
        return verdict;
    }
    WP_AUTO_BUF struct wp_buf json = WP_BUF_INIT;
    if (write_json(c, source, f, r, cost, &json, &later) < 0) {
        *err = later;
        return -1;
    }
    if (verdict < 0) {
        out_json_failed(c->out, &json);
    } else {
        out_json(c->out, &json);
    }
    return verdict;
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    FILES_AUTO struct files files = FILES_INIT;
    struct run_source source;
    struct run_request request;
    struct run_answer answer;
    struct run_cost cost;
    TRUST_AUTO struct trust trust = {0};
    if (trust_open(c, &o->trust, &trust, err) < 0 ||
        run_open(c, c->args[0], o->platform, &trust, &content, &source, err) < 0 || open_files(c, o, &files, err) < 0 ||
        write_request(c, o, &files, &source, &request, err) < 0) {
        return -1;
    }
    request.content = &content;
    if (run_module(c, &request, c->arena, &answer, &cost, err) < 0) {
        c->status = cost.signal != 0 ? STATUS_SIGNAL + cost.signal : err->code == WP_E_LIMIT ? STATUS_LIMIT : 0;
        return err->code == WP_E_INTERRUPTED ? -1 : wp_wrap(err, "%s", source.shown);
    }
    return tell(c, &source, &files, &answer, &cost, err);
}

const struct cmd cmd_run = {
    .name = "run",
    .group = "Core",
    .args = "FILE|REF [-- ARGS]",
    .summary = "run a module in a sandbox, with what is granted and no more",
    .min_args = 1,
    .max_args = SIZE_MAX,
    .uses = CMD_REGISTRY,
    .failure = STATUS_OWN,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
