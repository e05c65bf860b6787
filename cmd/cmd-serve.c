/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack serve`: a registry over a layout. */
#include "cmd/out.h"
#include "cmd/target.h"
#include "oci/serve.h"

#include <sys/resource.h>

struct opts {
    const char *addr;
    bool read_only, sparse, verbose;
    uint64_t max_blob;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.name = "addr",
     .kind = OPT_STR,
     .offset = AT(addr),
     .arg = "HOST:PORT",
     .help = "where to listen (default 127.0.0.1:5000; port 0 picks one)"},
    {.name = "read-only", .kind = OPT_FLAG, .offset = AT(read_only), .help = "refuse pushes and deletes"},
    {.name = "sparse",
     .kind = OPT_FLAG,
     .offset = AT(sparse),
     .help = "take manifests whose blobs are not here (partial mirrors)"},
    {.name = "max-blob",
     .kind = OPT_SIZE,
     .offset = AT(max_blob),
     .arg = "SIZE",
     .help = "refuse larger uploads (default: no limit)"},
    {.letter = 'v', .name = "verbose", .kind = OPT_FLAG, .offset = AT(verbose), .help = "a line per request on stderr"},
    {0},
};

static void ready(void *arg, const char *addr)
{
    struct cmd_ctx *c = arg;
    if (cmd_json(c)) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        struct wp_json_out j = wp_json_out(&b);
        wp_jo_object(&j);
        wp_jo_kstr(&j, "listening", wp_arena_printf(c->arena, "http://%s", addr));
        wp_jo_object_end(&j);
        out_json(c->out, &b);
    } else {
        out_line(c->out, "listening on http://%s", addr);
    }
    struct wp_err ignored = {.code = WP_E_OK};
    /* A failing stdout shows when the server ends; serving goes on without it. */
    if (out_finish(c->out, &ignored) < 0) {
        out_warn(c->out, "%s", ignored.msg);
    }
}

static void log_line(void *arg, const char *line)
{
    struct cmd_ctx *c = arg;
    out_note(c->out, "%s", line);
}

/* Bare tags of a layout appear in the repository named after its folder. */
static const char *default_repo(struct cmd_ctx *c, const char *path)
{
    char *name = wp_arena_str(c->arena, path);
    size_t len = strlen(name);
    while (len > 0 && name[len - 1] == '/') {
        name[--len] = '\0';
    }
    const char *slash = strrchr(name, '/');
    const char *last = slash == NULL ? name : slash + 1;
    return oci_ref_repo_problem(last) == NULL ? last : "layout";
}

/* Every connection and open blob takes a descriptor, and the server sizes its tables by the limit. */
static void raise_descriptor_limit(void)
{
    const rlim_t enough = 65536;
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < enough) {
        r.rlim_cur = WP_MIN(r.rlim_max, enough);
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    struct oci_ref ref;
    TARGET_AUTO struct cmd_target t = {0};
    if (oci_ref_parse(c->arena, c->args[0], &ref, err) < 0) {
        return -1;
    }
    if (ref.kind != OCI_REF_LAYOUT || ref.name != NULL || ref.has_digest) {
        wp_fail(err, WP_E_USAGE, "serve: '%s' is not a layout folder", c->args[0]);
        return wp_hint(err, "wpack serve oci:DIR");
    }
    if (target_open_serve(c, &ref, o->read_only, &t, err) < 0) {
        return -1;
    }
    const struct oci_serve_opts s = {
        .addr = o->addr == NULL ? "127.0.0.1:5000" : o->addr,
        .read_only = o->read_only,
        .sparse = o->sparse,
        .max_blob = o->max_blob,
        .default_repo = default_repo(c, ref.path),
        .job = c->job,
        .ready = ready,
        .log = o->verbose ? log_line : NULL,
        .arg = c,
    };
    raise_descriptor_limit();
    return oci_serve(t.store, &s, err);
}

const struct cmd cmd_serve = {
    .name = "serve",
    .group = "Mirror",
    .args = "oci:DIR",
    .summary = "a registry over a layout folder",
    .min_args = 1,
    .max_args = 1,
    .uses = CMD_LONG,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
