/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer as JSON, both ways in one file: written by a process that may have fallen to its module, read by one that
 * believes nothing it has not checked. */
#include "base/json.h"
#include "base/limits.h"
#include "base/num.h"
#include "cmd/run-order.h"

/* ---- writing ---- */

static void write_cell(struct wp_json_out *j, const struct run_answer *r)
{
    wp_jo_key(j, "cell");
    wp_jo_object(j);
    wp_jo_ku64(j, "landlock", r->landlock);
    wp_jo_kbool(j, "seccomp", r->seccomp);
    if (r->cell_missing != NULL) {
        wp_jo_kstr(j, "missing", r->cell_missing);
    }
    wp_jo_object_end(j);
}

static void write_list(struct wp_json_out *j, const char *key, const char *const *list, size_t n)
{
    wp_jo_key(j, key);
    wp_jo_array(j);
    for (size_t i = 0; i < n; i++) {
        wp_jo_str(j, list[i]);
    }
    wp_jo_array_end(j);
}

void run_frames_json(struct wp_json_out *j, const struct run_answer *r)
{
    wp_jo_key(j, "frames");
    wp_jo_array(j);
    for (size_t i = 0; i < r->frame_count; i++) {
        wp_jo_object(j);
        wp_jo_ku64(j, "function", r->frames[i].function);
        wp_jo_kstr(j, "name", r->frames[i].name);
        wp_jo_ku64(j, "offset", r->frames[i].offset);
        wp_jo_object_end(j);
    }
    wp_jo_array_end(j);
}

void run_results_json(struct wp_json_out *j, const struct run_answer *r)
{
    wp_jo_key(j, "results");
    wp_jo_array(j);
    for (size_t i = 0; i < r->result_count; i++) {
        wp_jo_object(j);
        wp_jo_kstr(j, "type", r->results[i].type);
        wp_jo_kstr(j, "value", r->results[i].text);
        wp_jo_object_end(j);
    }
    wp_jo_array_end(j);
}

static void write_hot(struct wp_json_out *j, const struct run_answer *r)
{
    wp_jo_key(j, "hot");
    wp_jo_array(j);
    for (size_t i = 0; i < r->hot_count; i++) {
        wp_jo_object(j);
        wp_jo_kstr(j, "name", r->hot[i].name);
        wp_jo_ku64(j, "calls", r->hot[i].calls);
        wp_jo_ku64(j, "self", r->hot[i].self);
        wp_jo_ku64(j, "total", r->hot[i].total);
        wp_jo_object_end(j);
    }
    wp_jo_array_end(j);
}

static void write_output(struct wp_json_out *j, const char *key, struct wp_span bytes)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    wp_base64(&text, bytes, false);
    wp_jo_kstr(j, key, text.ptr);
}

static void write_run(struct wp_json_out *j, const struct run_answer *r)
{
    wp_jo_key(j, "run");
    wp_jo_object(j);
    wp_jo_kstr(j, "ran", r->ran);
    wp_jo_kbool(j, "started", r->started);
    wp_jo_ku64(j, "stop", (uint64_t)r->stop);
    wp_jo_ku64(j, "exit", r->exit);
    wp_jo_kstr(j, "detail", r->detail);
    wp_jo_ku64(j, "fuel", r->fuel);
    wp_jo_ku64(j, "memory", r->memory);
    wp_jo_ku64(j, "depth", r->depth);
    run_frames_json(j, r);
    run_results_json(j, r);
    write_list(j, "offers", r->offers, r->offer_count);
    write_hot(j, r);
    write_output(j, "stdout", r->output[0]);
    write_output(j, "stderr", r->output[1]);
    wp_jo_object_end(j);
}

void run_answer_write(const struct run_answer *r, const struct wp_err *e, struct wp_buf *b)
{
    struct wp_json_out j = wp_json_out(b);
    wp_jo_object(&j);
    write_cell(&j, r);
    write_list(&j, "missing", r->missing, r->missing_count);
    if (e->code != WP_E_OK) {
        wp_jo_key(&j, "error");
        wp_jo_object(&j);
        wp_jo_kstr(&j, "code", wp_code_slug(e->code));
        wp_jo_kstr(&j, "message", e->msg);
        wp_jo_kstr(&j, "hint", e->hint);
        wp_jo_object_end(&j);
    } else {
        write_run(&j, r);
    }
    wp_jo_object_end(&j);
    wp_buf_add_char(b, '\n');
}

/* ---- reading ---- */

static int read_text(const struct wp_json *object, const char *key, struct wp_arena *a, const char **ret,
                     struct wp_err *err)
{
    struct wp_json at = wp_json_get(object, key);
    const char *text = NULL;
    if (wp_json_str(&at, &text, err) < 0) {
        return -1;
    }
    *ret = wp_arena_str(a, text);
    return 0;
}

static int read_number(const struct wp_json *object, const char *key, uint64_t max, uint64_t *ret, struct wp_err *err)
{
    struct wp_json at = wp_json_get(object, key);
    if (wp_json_u64(&at, ret, err) < 0) {
        return -1;
    }
    return *ret <= max ? 0 : wp_json_fail(&at, err, "is too large");
}

static int read_flag(const struct wp_json *object, const char *key, bool *ret, struct wp_err *err)
{
    struct wp_json at = wp_json_get(object, key);
    return wp_json_bool(&at, ret, err);
}

/* The array under a key, of at most max: room for its items, zeroed; NULL with err set. */
static void *open_list(const struct wp_json *object, const char *key, size_t max, size_t size, struct wp_arena *a,
                       struct wp_json *ret, size_t *ret_count, struct wp_err *err)
{
    *ret = wp_json_get(object, key);
    size_t n = wp_json_len(ret);
    if (wp_json_must(ret, WP_JSON_ARRAY, err) < 0) {
        return NULL;
    }
    if (n > max) {
        (void)wp_json_fail(ret, err, "has too many entries");
        return NULL;
    }
    *ret_count = n;
    return wp_arena_alloc(a, n + 1, size);
}

static int read_list(const struct wp_json *object, const char *key, size_t max, struct wp_arena *a,
                     const char *const **ret, size_t *ret_count, struct wp_err *err)
{
    struct wp_json list;
    const char **items = open_list(object, key, max, sizeof(*items), a, &list, ret_count, err);
    if (items == NULL) {
        return -1;
    }
    for (size_t i = 0; i < *ret_count; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (wp_json_str(&at, &items[i], err) < 0) {
            return -1;
        }
        items[i] = wp_arena_str(a, items[i]);
    }
    *ret = items;
    return 0;
}

static int read_frames(const struct wp_json *object, struct wp_arena *a, struct run_answer *ret, struct wp_err *err)
{
    struct wp_json list;
    struct run_frame *items =
        open_list(object, "frames", WRT_TRACE_MAX, sizeof(*items), a, &list, &ret->frame_count, err);
    if (items == NULL) {
        return -1;
    }
    for (size_t i = 0; i < ret->frame_count; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (read_number(&at, "function", WRT_NO_INDEX, &items[i].function, err) < 0 ||
            read_number(&at, "offset", WP_LIMIT_MODULE, &items[i].offset, err) < 0 ||
            read_text(&at, "name", a, &items[i].name, err) < 0) {
            return -1;
        }
    }
    ret->frames = items;
    return 0;
}

static int read_results(const struct wp_json *object, struct wp_arena *a, struct run_answer *ret, struct wp_err *err)
{
    struct wp_json list;
    struct run_result *items =
        open_list(object, "results", WP_LIMIT_WASM_RESULTS, sizeof(*items), a, &list, &ret->result_count, err);
    if (items == NULL) {
        return -1;
    }
    for (size_t i = 0; i < ret->result_count; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (read_text(&at, "type", a, &items[i].type, err) < 0 || read_text(&at, "value", a, &items[i].text, err) < 0) {
            return -1;
        }
    }
    ret->results = items;
    return 0;
}

static int read_hot(const struct wp_json *object, struct wp_arena *a, struct run_answer *ret, struct wp_err *err)
{
    struct wp_json list;
    struct run_hot *items = open_list(object, "hot", RUN_HOT, sizeof(*items), a, &list, &ret->hot_count, err);
    if (items == NULL) {
        return -1;
    }
    for (size_t i = 0; i < ret->hot_count; i++) {
        struct wp_json at = wp_json_at(&list, i);
        if (read_text(&at, "name", a, &items[i].name, err) < 0 ||
            read_number(&at, "calls", UINT64_MAX, &items[i].calls, err) < 0 ||
            read_number(&at, "self", UINT64_MAX, &items[i].self, err) < 0 ||
            read_number(&at, "total", UINT64_MAX, &items[i].total, err) < 0) {
            return -1;
        }
    }
    ret->hot = items;
    return 0;
}

static int read_output(const struct wp_json *object, const char *key, struct wp_arena *a, struct wp_span *ret,
                       struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    struct wp_json at = wp_json_get(object, key);
    const char *text = NULL;
    if (wp_json_str(&at, &text, err) < 0) {
        return -1;
    }
    if (!wp_unbase64(&bytes, text, strlen(text), false)) {
        return wp_json_fail(&at, err, "is not base64");
    }
    *ret = wp_arena_bytes(a, wp_buf_span(&bytes));
    return 0;
}

static int read_run(const struct wp_json *at, struct wp_arena *a, struct run_answer *ret, struct wp_err *err)
{
    uint64_t stop = 0;
    if (read_text(at, "ran", a, &ret->ran, err) < 0 || read_flag(at, "started", &ret->started, err) < 0 ||
        read_number(at, "stop", WRT_STOP_COUNT - 1, &stop, err) < 0 ||
        read_number(at, "exit", UINT32_MAX, &ret->exit, err) < 0 || read_text(at, "detail", a, &ret->detail, err) < 0 ||
        read_number(at, "fuel", UINT64_MAX, &ret->fuel, err) < 0 ||
        read_number(at, "memory", UINT64_MAX, &ret->memory, err) < 0 ||
        read_number(at, "depth", UINT64_MAX, &ret->depth, err) < 0 || read_frames(at, a, ret, err) < 0 ||
        read_results(at, a, ret, err) < 0 ||
        read_list(at, "offers", RUN_OFFERS, a, &ret->offers, &ret->offer_count, err) < 0 ||
        read_hot(at, a, ret, err) < 0 || read_output(at, "stdout", a, &ret->output[0], err) < 0) {
        return -1;
    }
    ret->stop = (enum wrt_stop)stop;
    return read_output(at, "stderr", a, &ret->output[1], err);
}

/* Codes that running may give. */
static int read_code(const struct wp_json *object, enum wp_code *ret, struct wp_err *err)
{
    static const enum wp_code codes[] = {WP_E_MODULE,    WP_E_LIMIT, WP_E_UNSUPPORTED, WP_E_USAGE,
                                         WP_E_NOT_FOUND, WP_E_IO,    WP_E_OTHER};
    struct wp_json at = wp_json_get(object, "code");
    const char *slug = NULL;
    if (wp_json_str(&at, &slug, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(codes); i++) {
        if (wp_str_eq(slug, wp_code_slug(codes[i]))) {
            *ret = codes[i];
            return 0;
        }
    }
    return wp_json_fail(&at, err, "'%s' is not an error of a run", slug);
}

static int read_error(const struct wp_json *at, struct wp_arena *a, struct wp_err *told, struct wp_err *err)
{
    enum wp_code code = WP_E_OTHER;
    const char *message = NULL;
    const char *hint = NULL;
    if (read_code(at, &code, err) < 0 || read_text(at, "message", a, &message, err) < 0 ||
        read_text(at, "hint", a, &hint, err) < 0) {
        return -1;
    }
    wp_fail(told, code, "%s", message);
    wp_hint(told, "%s", hint);
    return 0;
}

static int read_cell(const struct wp_json *root, struct wp_arena *a, struct run_answer *ret, struct wp_err *err)
{
    struct wp_json at = wp_json_get(root, "cell");
    struct wp_json missing = wp_json_get(&at, "missing");
    if (read_number(&at, "landlock", UINT32_MAX, &ret->landlock, err) < 0 ||
        read_flag(&at, "seccomp", &ret->seccomp, err) < 0 || wp_json_opt_str(&missing, &ret->cell_missing, err) < 0) {
        return -1;
    }
    ret->cell_missing = ret->cell_missing == NULL ? NULL : wp_arena_str(a, ret->cell_missing);
    return 0;
}

static int read_answer(const struct wp_json *root, struct wp_arena *a, struct run_answer *ret, struct wp_err *told,
                       struct wp_err *err)
{
    struct wp_json run = wp_json_get(root, "run");
    struct wp_json error = wp_json_get(root, "error");
    if (read_cell(root, a, ret, err) < 0 ||
        read_list(root, "missing", RUN_MISSING, a, &ret->missing, &ret->missing_count, err) < 0) {
        return -1;
    }
    return wp_json_kind(&error) != WP_JSON_ABSENT ? read_error(&error, a, told, err) : read_run(&run, a, ret, err);
}

int run_answer_read(struct wp_span text, struct wp_arena *a, struct run_answer *ret, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_err told = {.code = WP_E_OK};
    *ret = (struct run_answer){.ran = "", .detail = ""};
    if (wp_json_parse(text, "the answer of the process that runs modules", false, WP_E_OTHER, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    if (read_answer(&root, a, ret, &told, err) < 0) {
        wp_hint(err, "this is a defect of wpack, or the work of the module: please report it");
        return -1;
    }
    if (told.code == WP_E_OK) {
        return 0;
    }
    *err = told;
    return -1;
}
