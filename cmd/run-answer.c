/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer in bytes, both ways in one list of fields: written by a process that may have fallen to its module, read
 * by one that believes nothing it has not checked. And the parts of it that users read as JSON. */
#include "base/limits.h"
#include "base/num.h"
#include "base/text.h"
#include "cmd/run-flow.h"
#include "cmd/run-order.h"

/* ---- as JSON ---- */

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

/* ---- in bytes ---- */

/* What people and JSON are shown: never anything but UTF-8. */
static void words(struct run_flow *f, const char **t)
{
    WP_AUTO_BUF struct wp_buf plain = WP_BUF_INIT;
    const char *given = f->out != NULL ? *t : NULL;
    if (given != NULL && !wp_utf8_is(wp_span_str(given))) {
        wp_escape(&plain, wp_span_str(given));
        given = plain.ptr;
    }
    run_flow_text(f, &given);
    if (f->out == NULL) {
        f->bad = f->bad || !wp_utf8_is(wp_span_str(given));
        *t = given;
    }
}

static void list_of_words(struct run_flow *f, const char *const **items, size_t *count, size_t max)
{
    const char **list = run_flow_list(f, *items, count, max, sizeof(*list));
    for (size_t i = 0; i < *count; i++) {
        words(f, &list[i]);
    }
    *items = list;
}

static void frames(struct run_flow *f, struct run_answer *r)
{
    struct run_frame *items = run_flow_list(f, r->frames, &r->frame_count, WRT_TRACE_MAX, sizeof(*items));
    for (size_t i = 0; i < r->frame_count; i++) {
        run_flow_number(f, &items[i].function, WRT_NO_INDEX);
        run_flow_number(f, &items[i].offset, WP_LIMIT_MODULE);
        words(f, &items[i].name);
    }
    r->frames = items;
}

static void results(struct run_flow *f, struct run_answer *r)
{
    struct run_result *items = run_flow_list(f, r->results, &r->result_count, WP_LIMIT_WASM_RESULTS, sizeof(*items));
    for (size_t i = 0; i < r->result_count; i++) {
        words(f, &items[i].type);
        words(f, &items[i].text);
    }
    r->results = items;
}

static void hot(struct run_flow *f, struct run_answer *r)
{
    struct run_hot *items = run_flow_list(f, r->hot, &r->hot_count, RUN_HOT, sizeof(*items));
    for (size_t i = 0; i < r->hot_count; i++) {
        words(f, &items[i].name);
        run_flow_number(f, &items[i].calls, UINT64_MAX);
        run_flow_number(f, &items[i].self, UINT64_MAX);
        run_flow_number(f, &items[i].total, UINT64_MAX);
    }
    r->hot = items;
}

static void outcome(struct run_flow *f, struct run_answer *r)
{
    uint64_t stop = (uint64_t)r->stop;
    words(f, &r->ran);
    run_flow_flag(f, &r->started);
    run_flow_number(f, &stop, WRT_STOP_COUNT - 1);
    run_flow_number(f, &r->exit, UINT32_MAX);
    words(f, &r->detail);
    run_flow_number(f, &r->fuel, UINT64_MAX);
    run_flow_number(f, &r->memory, UINT64_MAX);
    run_flow_number(f, &r->depth, UINT64_MAX);
    frames(f, r);
    results(f, r);
    list_of_words(f, &r->offers, &r->offer_count, RUN_OFFERS);
    hot(f, r);
    run_flow_bytes(f, &r->output[0]);
    run_flow_bytes(f, &r->output[1]);
    r->stop = (enum wrt_stop)stop;
}

/* Codes that running may give. */
static bool may_be(uint64_t code)
{
    static const enum wp_code codes[] = {WP_E_MODULE,    WP_E_LIMIT, WP_E_UNSUPPORTED, WP_E_USAGE,
                                         WP_E_NOT_FOUND, WP_E_IO,    WP_E_OTHER};
    for (size_t i = 0; i < WP_ARRAY_LEN(codes); i++) {
        if (code == codes[i]) {
            return true;
        }
    }
    return false;
}

/* Code 0: it ran. */
static void fields(struct run_flow *f, struct run_answer *r, uint64_t *code, const char **message, const char **hint)
{
    run_flow_number(f, &r->landlock, UINT32_MAX);
    run_flow_flag(f, &r->seccomp);
    words(f, &r->cell_missing);
    list_of_words(f, &r->missing, &r->missing_count, RUN_MISSING);
    run_flow_number(f, code, WP_E_COUNT - 1);
    if (*code == WP_E_OK) {
        outcome(f, r);
    } else {
        words(f, message);
        words(f, hint);
    }
}

void run_answer_write(const struct run_answer *r, const struct wp_err *e, struct wp_buf *b)
{
    struct run_flow f = {.out = b};
    struct run_answer copy = *r;
    uint64_t code = e->code;
    const char *message = e->msg;
    const char *hint = e->hint;
    fields(&f, &copy, &code, &message, &hint);
}

int run_answer_read(struct wp_span bytes, struct wp_arena *a, struct run_answer *ret, struct wp_err *err)
{
    struct run_flow f = {.in = bytes, .a = a};
    uint64_t code = WP_E_OK;
    const char *message = "";
    const char *hint = "";
    *ret = (struct run_answer){.ran = "", .detail = ""};
    fields(&f, ret, &code, &message, &hint);
    if (!run_flow_ended(&f) || (code != WP_E_OK && !may_be(code))) {
        *ret = (struct run_answer){.ran = "", .detail = ""};
        wp_fail(err, WP_E_OTHER, "the answer of the process that runs modules is none");
        return wp_hint(err, "this is a defect of wpack, or the work of the module: please report it");
    }
    ret->cell_missing = ret->cell_missing[0] == '\0' ? NULL : ret->cell_missing;
    if (code == WP_E_OK) {
        return 0;
    }
    wp_fail(err, (enum wp_code)code, "%s", message);
    return hint[0] == '\0' ? -1 : wp_hint(err, "%s", hint);
}
