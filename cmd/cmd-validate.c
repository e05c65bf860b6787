/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack validate`: are these modules WebAssembly, and do they keep to the rules given. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/out.h"
#include "cmd/validate.h"

#include <pthread.h>
#include <unistd.h>

#define AT(field) offsetof(struct validate_opts, field)
static const struct opt rows[] = {
    LOOK_ROWS(struct validate_opts),
    {.name = "deny-import",
     .kind = OPT_LIST,
     .offset = AT(deny),
     .arg = "GLOB",
     .help = "refuse modules with such an import, as 'wasi:sockets/*' or 'env.*'; may be repeated"},
    {.name = "allow-import",
     .kind = OPT_LIST,
     .offset = AT(allow),
     .arg = "GLOB",
     .help = "refuse modules with any other import; may be repeated"},
    {.name = "max-size", .kind = OPT_SIZE, .offset = AT(max_size), .arg = "SIZE", .help = "refuse larger modules"},
    {.name = "max-memory",
     .kind = OPT_SIZE,
     .offset = AT(max_memory),
     .arg = "SIZE",
     .help = "refuse modules that declare more memory to start with"},
    {0},
};

/* The run: workers look, whoever completes the next item in order prints it. */
struct run {
    struct cmd_ctx *c;
    struct validate_items items;
    unsigned threads; /* for each child */
    pthread_mutex_t lock;
    size_t printed;
    size_t failed;
    struct wp_json_out *json; /* NULL: text */
};

static int open_item(const struct validate_opts *o, const struct validate_item *item, struct look_content *ret,
                     struct wp_err *err)
{
    uint64_t limit = o->max_size == 0 ? WP_LIMIT_MODULE : WP_MIN(o->max_size, WP_LIMIT_MODULE);
    if (item->path == NULL) {
        return look_open_blob(item->store, &item->layer, limit, ret, err);
    }
    if (!wp_str_eq(item->path, "-")) {
        return look_open_file(item->path, limit, ret, err);
    }
    WP_AUTO_READER struct wp_reader *in = wp_reader_fd(dup(STDIN_FILENO), item->shown);
    return look_open_reader(in, limit, item->shown, ret, err);
}

static int look(struct run *r, struct validate_item *item)
{
    const struct validate_opts *o = r->c->opts;
    const bool rules = o->deny.count + o->allow.count > 0;
    const struct pack_read how = {.load = {.threads = r->threads}, .brief = !rules};
    LOOK_AUTO_CONTENT struct look_content content = LOOK_CONTENT_INIT;
    struct wp_err *err = &item->err;
    if (open_item(o, item, &content, err) < 0) {
        return -1;
    }
    item->module.size = content.size;
    if (look_module(r->c, &o->look, &content, &how, &item->arena, &item->module, &item->fault, err) < 0) {
        return wp_wrap(err, "%s", item->shown);
    }
    item->valid = true;
    return validate_rules(o, &item->module, &item->arena, err) < 0 ? wp_wrap(err, "%s", item->shown) : 0;
}

static void print_ok(struct run *r, const struct validate_item *item)
{
    const struct pack_module *m = &item->module;
    char size[WP_SIZE_TEXT];
    char time[LOOK_TEXT];
    char functions[LOOK_TEXT];
    out_line(r->c->out, "ok  %s  %s, %s, %s, %s", item->shown, m->kind == WP_WASM_COMPONENT ? "component" : "module",
             look_functions_text(m, functions), wp_size_text(m->size, size), look_time_text(item->ms, time));
}

static void print_error_json(struct wp_json_out *j, const struct validate_item *item)
{
    wp_jo_key(j, "error");
    wp_jo_object(j);
    wp_jo_kstr(j, "code", wp_code_slug(item->err.code));
    wp_jo_ku64(j, "exit", (uint64_t)wp_code_status(item->err.code));
    wp_jo_kstr(j, "message", item->err.msg);
    if (item->err.hint[0] != '\0') {
        wp_jo_kstr(j, "hint", item->err.hint);
    }
    if (item->fault.offset != UINT64_MAX) {
        wp_jo_ku64(j, "offset", item->fault.offset);
    }
    if (item->fault.function != WRT_NO_INDEX) {
        wp_jo_ku64(j, "function", item->fault.function);
    }
    if (item->fault.name.len > 0) {
        WP_AUTO_BUF struct wp_buf name = WP_BUF_INIT;
        wp_buf_add(&name, item->fault.name.ptr, item->fault.name.len);
        wp_jo_kstr(j, "name", name.ptr);
    }
    wp_jo_object_end(j);
}

static void print_json(struct wp_json_out *j, const struct validate_item *item)
{
    const struct pack_module *m = &item->module;
    wp_jo_object(j);
    wp_jo_kstr(j, "file", item->shown);
    if (item->path == NULL && item->store != NULL) {
        char digest[OCI_DIGEST_TEXT];
        wp_jo_kstr(j, "layer", oci_digest_text(&item->layer.digest, digest));
    }
    wp_jo_kbool(j, "valid", item->valid);
    if (item->valid) {
        wp_jo_kstr(j, "kind", m->kind == WP_WASM_COMPONENT ? "component" : "module");
        wp_jo_ku64(j, "size", m->size);
        wp_jo_ku64(j, "functions", m->functions);
        wp_jo_key(j, "features");
        wp_jo_array(j);
        for (size_t i = 0; i < m->feature_count; i++) {
            wp_jo_str(j, m->features[i]);
        }
        wp_jo_array_end(j);
    }
    if (item->err.code != WP_E_OK) {
        print_error_json(j, item);
    }
    wp_jo_object_end(j);
}

/* The last word on a single one is main's. */
static void print_item(struct run *r, struct validate_item *item)
{
    r->failed += item->err.code != WP_E_OK;
    if (r->json != NULL) {
        print_json(r->json, item);
    } else if (item->err.code == WP_E_OK) {
        print_ok(r, item);
    } else if (r->items.count > 1) {
        out_error(r->c->out, &item->err, false);
    }
    wp_arena_done(&item->arena);
}

static int work(void *arg, size_t i, struct wp_err *err)
{
    struct run *r = arg;
    struct validate_item *item = &r->items.list[i];
    if (wp_job_check(r->c->job, err) < 0) {
        return -1;
    }
    if (!item->done) {
        uint64_t begin = wp_time_mono_ms();
        (void)look(r, item);
        item->ms = wp_time_mono_ms() - begin;
    }
    pthread_mutex_lock(&r->lock);
    item->done = true;
    while (r->printed < r->items.count && r->items.list[r->printed].done) {
        print_item(r, &r->items.list[r->printed++]);
    }
    pthread_mutex_unlock(&r->lock);
    return 0;
}

/* Of several failures the most telling: not valid, denied, else the first. */
static enum wp_code worst(const struct validate_items *items)
{
    enum wp_code first = WP_E_OK;
    bool denied = false;
    for (size_t i = 0; i < items->count; i++) {
        enum wp_code code = items->list[i].err.code;
        if (code == WP_E_MODULE) {
            return code;
        }
        denied = denied || code == WP_E_POLICY;
        first = first == WP_E_OK ? code : first;
    }
    return denied ? WP_E_POLICY : first;
}

static int conclude(const struct run *r, struct wp_err *err)
{
    if (r->failed == 0) {
        return 0;
    }
    if (r->items.count == 1) {
        *err = r->items.list[0].err;
        return -1;
    }
    return wp_fail(err, worst(&r->items), "%zu of %zu did not pass", r->failed, r->items.count);
}

static int validate(struct run *r, struct wp_err *err)
{
    uint64_t jobs = r->c->registry.concurrency > 0 ? r->c->registry.concurrency : look_processors();
    jobs = WP_MIN(jobs, 64u);
    unsigned workers = (unsigned)WP_MIN(jobs, WP_MAX(r->items.count, 1u));
    r->threads = (unsigned)jobs / workers;
    return wp_pool_run(workers, r->items.count, work, r, err);
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct validate_opts *o = c->opts;
    struct run r = {.c = c, .lock = PTHREAD_MUTEX_INITIALIZER};
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&text);
    uint64_t unused = 0;
    if (o->look.features != NULL && wrt_features_parse(o->look.features, &unused, err) < 0) {
        return wp_wrap(err, "--features");
    }
    r.json = cmd_json(c) ? &j : NULL;
    wp_jo_object(&j);
    wp_jo_key(&j, "results");
    wp_jo_array(&j);
    validate_collect(c, &r.items);
    int rc = validate(&r, err);
    wp_jo_array_end(&j);
    wp_jo_object_end(&j);
    rc = rc < 0 ? rc : conclude(&r, err);
    validate_items_done(&r.items);
    if (cmd_json(c) && rc == 0) {
        out_json(c->out, &text);
    } else if (cmd_json(c)) {
        out_json_failed(c->out, &text);
    }
    return rc;
}

const struct cmd cmd_validate = {
    .name = "validate",
    .group = "Look",
    .args = "FILE|REF...",
    .summary = "is it valid WebAssembly, and does it keep to the rules given",
    .min_args = 1,
    .max_args = SIZE_MAX,
    .uses = CMD_REGISTRY,
    .opts_size = sizeof(struct validate_opts),
    .opts = rows,
    .run = run,
};
