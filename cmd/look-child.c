/* SPDX-License-Identifier: Apache-2.0
 *
 * The child that reads one module: the bytes behind descriptor 0, the answer to 1, then the end. Nothing of the module
 * is touched before the cell is closed. */
#include "base/json.h"
#include "base/lazy.h"
#include "base/limits.h"
#include "base/memfile.h"
#include "base/sandbox.h"
#include "cmd/look-int.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { CPU_SECONDS = 60 };

/* What reading may need at most: the program and its libraries, a stack and an arena per thread, the reader's budget,
 * and the facts as values and as text. Sanitizers map terabytes. */
static struct wp_sandbox_plan plan_for(uint64_t size, const struct pack_read *how)
{
    uint64_t threads = WP_MAX(how->load.threads, 1u);
    uint64_t budget = WP_MAX(how->load.memory, wrt_budget(size));
    uint64_t space = 256 * WP_MIB + threads * 160 * WP_MIB + budget + 8 * size + 2 * WP_LIMIT_LOOK_ANSWER;
    return (struct wp_sandbox_plan){
        .address_space = WP_SANITIZED ? 0 : space,
        .cpu_seconds = WP_SANITIZED ? 0 : CPU_SECONDS + size / WP_MIB,
        .threads = threads > 1,
    };
}

static int enter(uint64_t size, const struct pack_read *how, bool require, struct look_cell *ret, char missing[128],
                 struct wp_err *err)
{
    struct wp_sandbox_plan plan = plan_for(size, how);
    struct wp_sandbox_state state;
    if (wp_sandbox_enter(&plan, &state, err) < 0) {
        return -1;
    }
    *ret = (struct look_cell){.landlock = state.landlock, .seccomp = state.seccomp};
    const char *l = state.landlock_missing;
    const char *s = state.seccomp_missing;
    if (l != NULL || s != NULL) {
        (void)snprintf(missing, 128, "%s%s%s%s%s%s%s", l != NULL ? "Landlock (" : "", l != NULL ? l : "",
                       l != NULL ? ")" : "", l != NULL && s != NULL ? " and " : "", s != NULL ? "seccomp (" : "",
                       s != NULL ? s : "", s != NULL ? ")" : "");
        ret->missing = missing;
    }
    if (!require || ret->missing == NULL) {
        return 0;
    }
    wp_fail(err, WP_E_UNSUPPORTED, "the sandbox for reading modules is not whole: this kernel lacks %s", missing);
    return wp_hint(err, "--sandbox=auto reads with what there is");
}

static int any_order(const void *a WP_UNUSED, const void *b WP_UNUSED)
{
    return 0;
}

/* What libraries ask the system for once and late, and would be killed for later: how much memory there is (a large
 * qsort), how many processors (an arena for each of many threads); and for the list of dependencies zlib, jansson and
 * its seed for hashes (the first object). */
static int settle_libraries(const struct pack_read *how, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    const char *lacks = NULL;
    uint64_t large[160] = {0}; /* glibc: of more than a KiB */
    qsort(large, WP_ARRAY_LEN(large), sizeof(*large), any_order);
    mallopt(M_ARENA_MAX, 1);
    if (how->brief) {
        return 0;
    }
    if (wp_lazy_zlib(&lacks) < 0 || wp_lazy_jansson(&lacks) < 0) {
        wp_fail(err, WP_E_OTHER, "%s is missing", lacks);
        return wp_hint(err, "install zlib and jansson (Debian: apt install zlib1g libjansson4)");
    }
    return wp_json_parse(wp_span_str("{}"), "nothing", false, WP_E_OTHER, &doc, err);
}

static int answer(const struct wp_buf *text)
{
    struct wp_err ignored;
    return wp_write_all(STDOUT_FILENO, text->ptr, text->len, "the answer", &ignored) < 0;
}

int look_child(int argc, char *argv[])
{
    WP_AUTO_BUF struct wp_buf out = WP_BUF_INIT;
    struct pack_read how;
    bool require = false;
    struct look_cell cell = {0};
    char missing[128];
    struct wp_err err = {.code = WP_E_OK};
    struct stat st;
    struct wp_span bytes;
    if (!look_args_read(argc, argv, &require, &how) || fstat(STDIN_FILENO, &st) != 0) {
        _exit(wp_code_status(WP_E_USAGE));
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    uint64_t size = (uint64_t)st.st_size;
    int rc = wp_map(STDIN_FILENO, size, &bytes, &err);
    if (rc == 0) {
        rc = settle_libraries(&how, &err);
    }
    if (rc == 0) {
        rc = enter(size, &how, require, &cell, missing, &err);
    }
    if (rc < 0) {
        look_answer_error(&err, NULL, &cell, &out);
        _exit(answer(&out));
    }
    look_answer_write(bytes, &how, &cell, &out);
    _exit(answer(&out));
}
