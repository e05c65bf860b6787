/* SPDX-License-Identifier: Apache-2.0
 *
 * The child that runs one module: `wpack __run N` with its order behind descriptor N, which says where everything else
 * is. The order is our own; of the module nothing is touched before the cell is closed. The cell is as tight as the
 * order allows: no reading where no stream is given, no names of files where no folder is. */
#include "base/limits.h"
#include "base/memfile.h"
#include "base/num.h"
#include "base/sandbox.h"
#include "cmd/run-int.h"
#include "cmd/run.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CPU_GRACE = 5, KEPT = 8 };
#define DEFAULT(value, otherwise) ((value) == 0 ? (otherwise) : (value))

/* What a run may need at most: the program and its libraries, the loader's budget, and each budget of the store, whose
 * memories and heap are reservations of address space. Sanitizers map terabytes. */
static uint64_t address_space(const struct run_order *o)
{
    const struct wrt_budget *b = &o->budget;
    uint64_t memory = DEFAULT(b->memory, WP_GIB);
    uint64_t total = WP_MIN(memory, UINT64_C(1) << 44) * 4; /* several memories reserve their room each */
    total += DEFAULT(b->heap, 256 * WP_MIB) * 2 + DEFAULT(b->code, 512 * WP_MIB) + DEFAULT(b->stack, 8 * WP_MIB) * 2;
    total += DEFAULT(b->tables, 10000000) * 16 + wrt_budget(o->module_size) + 2 * o->module_size;
    return total + WP_MAX(o->threads, 1u) * 160 * WP_MIB + 4 * WP_LIMIT_RUN_ANSWER + WP_GIB;
}

/* What the cell has to leave open: the answer, the trace, the profile, the folders. The module is mapped. */
static size_t kept(const struct run_order *o, int *list)
{
    const uint64_t fds[] = {o->answer_fd, o->trace_fd, o->profile_fd};
    size_t n = 0;
    for (size_t i = 0; i < WP_ARRAY_LEN(fds); i++) {
        if (fds[i] != RUN_NO_FD && fds[i] > STDERR_FILENO) {
            list[n++] = (int)fds[i];
        }
    }
    for (size_t i = 0; i < o->dir_count; i++) {
        list[n++] = o->dirs[i].fd;
    }
    return n;
}

static void say_missing(const struct wp_sandbox_state *s, struct wp_arena *a, struct run_answer *ret)
{
    const char *l = s->landlock_missing;
    const char *f = s->seccomp_missing;
    ret->landlock = s->landlock;
    ret->seccomp = s->seccomp;
    if (l != NULL && f != NULL) {
        ret->cell_missing = wp_arena_printf(a, "Landlock (%s) and seccomp (%s)", l, f);
    } else if (l != NULL) {
        ret->cell_missing = wp_arena_printf(a, "Landlock (%s)", l);
    } else if (f != NULL) {
        ret->cell_missing = wp_arena_printf(a, "seccomp (%s)", f);
    }
}

struct child {
    struct run_order o;
    struct wp_arena a;
    struct run_answer answer;
};

/* lists: room for all descriptors of the order. */
static struct wp_sandbox_plan plan_of(const struct run_order *o, int *keep, struct wp_sandbox_dir *dirs)
{
    for (size_t i = 0; i < o->dir_count; i++) {
        dirs[i] = (struct wp_sandbox_dir){o->dirs[i].fd, o->dirs[i].read_only};
    }
    uint64_t seconds = o->budget.deadline_ms == 0 ? 0 : o->budget.deadline_ms / 1000 + CPU_GRACE;
    return (struct wp_sandbox_plan){
        .address_space = WP_SANITIZED ? 0 : address_space(o),
        .cpu_seconds = WP_SANITIZED || seconds == 0 ? 0 : seconds * WP_MAX(o->threads, 1u),
        .threads = o->threads > 1,
        .shrinks = o->threads > 1,
        .streams = o->own_stdio || o->dir_count > 0 || o->trace_fd != RUN_NO_FD || o->profile_fd != RUN_NO_FD,
        .keep = keep,
        .keep_count = kept(o, keep),
        .dirs = dirs,
        .dir_count = o->dir_count,
    };
}

static int close_cell(const struct run_order *o, const struct wp_sandbox_plan *plan, struct wp_arena *a,
                      struct run_answer *ret, struct wp_err *err)
{
    struct wp_sandbox_state state;
    if (wp_sandbox_enter(plan, &state, err) < 0) {
        return -1;
    }
    say_missing(&state, a, ret);
    if (o->cell != RUN_CELL_REQUIRE || ret->cell_missing == NULL) {
        return 0;
    }
    wp_fail(err, WP_E_UNSUPPORTED, "the sandbox for running modules is not whole: this kernel lacks %s",
            ret->cell_missing);
    return wp_hint(err, "--sandbox=auto runs with what there is");
}

static int enter(void *arg, enum run_stage stage, struct wp_err *err)
{
    struct child *child = arg;
    const struct run_order *o = &child->o;
    int *keep = wp_arena_alloc(&child->a, o->dir_count + KEPT, sizeof(*keep));
    struct wp_sandbox_dir *dirs = wp_arena_alloc(&child->a, o->dir_count + 1, sizeof(*dirs));
    struct wp_sandbox_plan plan = plan_of(o, keep, dirs);
    if (o->cell == RUN_CELL_OFF) {
        wp_sandbox_close(plan.keep, plan.keep_count); /* what others left open for this program is not for its guest */
        return 0;
    }
    if (stage == RUN_PREPARED) {
        return close_cell(o, &plan, &child->a, &child->answer, err);
    }
    if (!plan.threads || !child->answer.seccomp) {
        return 0;
    }
    plan.threads = false;
    plan.shrinks = false;
    return wp_sandbox_filter(&plan) == 0 ? 0 : wp_fail(err, WP_E_OTHER, "the cell cannot be made smaller");
}

static int any_order(const void *a WP_UNUSED, const void *b WP_UNUSED)
{
    return 0;
}

/* What libc asks the system for once and late, and would be killed for later: how much memory there is (a large qsort),
 * how many processors (an arena for each of many threads). */
static void settle_libraries(void)
{
    uint64_t large[160] = {0}; /* glibc: of more than a KiB */
    qsort(large, WP_ARRAY_LEN(large), sizeof(*large), any_order);
    mallopt(M_ARENA_MAX, 1);
}

static int read_order(int argc, char *argv[], struct wp_arena *a, struct run_order *ret)
{
    uint64_t fd = 0;
    struct stat st;
    struct wp_span bytes;
    struct wp_err ignored;
    if (argc != 3 || !wp_parse_u64(argv[2], 3, INT32_MAX, &fd) || fstat((int)fd, &st) != 0 ||
        wp_map((int)fd, (uint64_t)st.st_size, &bytes, &ignored) < 0) {
        return -1;
    }
    close((int)fd);
    return run_order_read(bytes, a, ret) ? 0 : -1;
}

static int work(struct child *child, struct wp_err *err)
{
    const struct run_order *o = &child->o;
    struct wp_span module;
    if (wp_map((int)o->module_fd, o->module_size, &module, err) < 0) {
        return -1;
    }
    settle_libraries();
    return run_execute(o, module, enter, child, &child->a, &child->answer, err);
}

int run_child(int argc, char *argv[])
{
    struct wp_arena a = WP_ARENA_INIT;
    struct run_order o;
    if (read_order(argc, argv, &a, &o) < 0) {
        _exit(wp_code_status(WP_E_USAGE));
    }
    run_child_ordered(&o);
}

void run_child_ordered(const struct run_order *o)
{
    struct child child = {.o = *o, .a = WP_ARENA_INIT, .answer = {.ran = "", .detail = ""}};
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    struct wp_err err = {.code = WP_E_OK};
    struct wp_err ignored;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGXFSZ, SIG_IGN); /* an error of the write, which the guest is told */
    if (work(&child, &err) >= 0) {
        wp_err_clear(&err);
    }
    run_answer_write(&child.answer, &err, &out);
    if (out.len > WP_LIMIT_RUN_ANSWER) {
        wp_buf_cut(&out, 0);
        wp_fail(&err, WP_E_LIMIT, "what there is to tell about the run takes more than it may");
        run_answer_write(&child.answer, &err, &out);
    }
    _exit(wp_write_all((int)child.o.answer_fd, out.ptr, out.len, "the answer", &ignored) < 0);
}
