/* SPDX-License-Identifier: Apache-2.0
 *
 * Expectations as they were observed, written into the text of wpack.json: single values are replaced where they stand,
 * so that everything else stays as its author wrote it. The text was parsed before; the scanner here only finds. */
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "cmd/tests.h"

#include <stdlib.h>

/* ---- finding ---- */

struct range {
    size_t begin, end;
};
struct member {
    struct range key, value; /* key with its quotes */
};

struct edit {
    struct range at;
    char *with;
};
struct edits {
    struct wp_span text;
    struct edit *items;
    size_t count;
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_blanks(struct wp_span t, size_t i)
{
    while (i < t.len && is_blank(t.ptr[i])) {
        i++;
    }
    return i;
}

static size_t skip_string(struct wp_span t, size_t i)
{
    for (i++; i < t.len && t.ptr[i] != '"'; i++) {
        i += t.ptr[i] == '\\';
    }
    return i + 1;
}

static size_t skip_value(struct wp_span t, size_t i)
{
    size_t depth = 0;
    do {
        uint8_t c = i < t.len ? t.ptr[i] : 0;
        if (c == 0) {
            return i;
        }
        if (c == '"') {
            i = skip_string(t, i);
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= (c == '}' || c == ']') && depth > 0;
        i++;
        while (depth == 0 && i < t.len && strchr(",]}", t.ptr[i]) == NULL && !is_blank(t.ptr[i]) && c != '}' &&
               c != ']') {
            i++;
        }
    } while (depth > 0);
    return i;
}

/* The next member of an object or, with bare, element of an array; *at stands behind the bracket or the last one. */
static bool next_member(struct wp_span t, size_t *at, bool bare, struct member *ret)
{
    size_t i = skip_blanks(t, *at);
    i = i < t.len && t.ptr[i] == ',' ? skip_blanks(t, i + 1) : i;
    if (i >= t.len || t.ptr[i] == '}' || t.ptr[i] == ']') {
        return false;
    }
    if (!bare) {
        ret->key = (struct range){i, skip_string(t, i)};
        i = skip_blanks(t, ret->key.end);
        i = skip_blanks(t, i + 1);
    }
    ret->value = (struct range){i, skip_value(t, i)};
    *at = ret->value.end;
    return true;
}

static bool find_member(struct wp_span t, size_t object, const char *key, struct member *ret)
{
    size_t at = object + 1;
    size_t n = strlen(key);
    while (next_member(t, &at, false, ret)) {
        size_t len = ret->key.end - ret->key.begin;
        if (len == n + 2 && memcmp(t.ptr + ret->key.begin + 1, key, n) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- changing ---- */

static void put(struct edits *e, size_t begin, size_t end, struct wp_buf *with)
{
    e->items = wp_xrealloc(e->items, e->count + 1, sizeof(*e->items));
    e->items[e->count++] = (struct edit){{begin, end}, wp_buf_take(with)};
}

/* The member takes another value, and another key where one is given. */
static void replace(struct edits *e, const struct member *m, const char *key, const struct wp_buf *value)
{
    struct wp_buf b = WP_BUF_INIT;
    if (key != NULL) {
        wp_buf_printf(&b, "\"%s\"", key);
        wp_buf_add(&b, e->text.ptr + m->key.end, m->value.begin - m->key.end);
    }
    wp_buf_add(&b, value->ptr, value->len);
    put(e, key != NULL ? m->key.begin : m->value.begin, m->value.end, &b);
}

/* A further member at the end of an object, as far from the last one as that is from what is before it. */
static void append(struct edits *e, size_t object, const char *key, const struct wp_buf *value)
{
    struct wp_span t = e->text;
    struct member last = {{object + 1, object + 1}, {object + 1, object + 1}};
    struct wp_buf b = WP_BUF_INIT;
    size_t at = object + 1;
    bool any = false;
    while (next_member(t, &at, false, &last)) {
        any = true;
    }
    size_t gap = last.key.begin;
    while (any && gap > object + 1 && is_blank(t.ptr[gap - 1])) {
        gap--;
    }
    wp_buf_add_str(&b, any ? "," : "");
    wp_buf_add(&b, t.ptr + gap, last.key.begin - gap);
    wp_buf_add_str(&b, any && gap == last.key.begin ? " " : "");
    wp_buf_printf(&b, "\"%s\": ", key);
    wp_buf_add(&b, value->ptr, value->len);
    put(e, last.value.end, last.value.end, &b);
}

/* ---- what was observed ---- */

static void text_value(const char *text, struct wp_buf *b)
{
    struct wp_json_out j = wp_json_out(b);
    wp_jo_str(&j, text);
}

static bool is_text(struct wp_span bytes)
{
    return bytes.len <= 65536 && wp_utf8_is(bytes) && memchr(bytes.ptr, '\0', bytes.len) == NULL;
}

static void output_value(const struct run_answer *r, bool hashed, struct wp_buf *b)
{
    if (!hashed) {
        WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
        wp_buf_add(&text, r->output[0].ptr, r->output[0].len);
        text_value(text.ptr, b);
        return;
    }
    uint8_t hash[WP_HASH_MAX];
    char hex[65];
    wp_hash_bytes(WP_SHA256, r->output[0], hash);
    wp_hex(hash, 32, hex);
    text_value(hex, b);
}

static void one_result(const struct run_result *r, struct wp_buf *b)
{
    const bool number = (r->type[0] == 'i' || r->type[0] == 'f') && strpbrk(r->text, "anx") == NULL;
    if (number) {
        wp_buf_add_str(b, r->text);
    } else {
        text_value(r->text, b);
    }
}

static void result_value(const struct run_answer *r, struct wp_buf *b)
{
    wp_buf_add_str(b, r->result_count == 1 ? "" : "[");
    for (size_t i = 0; i < r->result_count; i++) {
        wp_buf_add_str(b, i == 0 ? "" : ", ");
        one_result(&r->results[i], b);
    }
    wp_buf_add_str(b, r->result_count == 1 ? "" : "]");
}

static bool stopped(const struct run_answer *r)
{
    return r->stop != WRT_STOP_NONE && r->stop != WRT_STOP_EXIT;
}

static void number_value(uint64_t n, struct wp_buf *b)
{
    wp_buf_printf(b, "%llu", (unsigned long long)n);
}

/* "exit" or "trap", whichever it was, in the place of what stood there. */
static void update_end(struct edits *e, size_t object, const struct test_result *r)
{
    const struct run_answer *a = &r->answer;
    const struct pack_expect *x = &r->test->expect;
    struct member exit_at;
    struct member trap_at;
    WP_AUTO_BUF struct wp_buf value = WP_BUF_INIT;
    const bool exit_there = find_member(e->text, object, "exit", &exit_at);
    const bool trap_there = find_member(e->text, object, "trap", &trap_at);
    const bool limit = stopped(a) && wrt_stop_is_limit(a->stop);
    if (stopped(a)) {
        const char *text = wrt_stop_text(a->stop);
        if (x->trap && (x->trap_text == NULL ? !limit : strstr(text, x->trap_text) != NULL)) {
            return;
        }
        text_value(text, &value);
    } else {
        if (!x->trap && x->exit == a->exit) {
            return;
        }
        number_value(a->exit, &value);
    }
    const char *key = stopped(a) ? "trap" : "exit";
    if (trap_there && (stopped(a) || !exit_there)) {
        replace(e, &trap_at, key, &value);
    } else if (exit_there) {
        replace(e, &exit_at, key, &value);
    } else {
        append(e, object, key, &value);
    }
}

static void update_member(struct edits *e, size_t object, const char *key, const char *other_key,
                          const struct wp_buf *value)
{
    struct member at;
    if (find_member(e->text, object, key, &at)) {
        replace(e, &at, other_key, value);
    }
}

static void update_expect(struct edits *e, size_t object, const struct test_result *r)
{
    const struct run_answer *a = &r->answer;
    const struct pack_expect *x = &r->test->expect;
    update_end(e, object, r);
    if (x->out != NULL &&
        (strlen(x->out) != a->output[0].len || memcmp(x->out, a->output[0].ptr, strlen(x->out)) != 0)) {
        WP_AUTO_BUF struct wp_buf value = WP_BUF_INIT;
        const bool text = is_text(a->output[0]);
        output_value(a, !text, &value);
        update_member(e, object, "stdout", text ? NULL : "stdoutSha256", &value);
    }
    if (x->out_sha256 != NULL) {
        WP_AUTO_BUF struct wp_buf value = WP_BUF_INIT;
        output_value(a, true, &value);
        update_member(e, object, "stdoutSha256", NULL, &value);
    }
    if (x->has_result && a->result_count > 0) {
        WP_AUTO_BUF struct wp_buf value = WP_BUF_INIT;
        result_value(a, &value);
        update_member(e, object, "result", NULL, &value);
    }
    if (x->max_fuel != 0) {
        WP_AUTO_BUF struct wp_buf value = WP_BUF_INIT;
        number_value(a->fuel, &value);
        update_member(e, object, "maxFuel", NULL, &value);
    }
}

/* All that is known, for a test that expects nothing yet. */
static void new_expect(struct edits *e, size_t object, const struct test_result *r)
{
    const struct run_answer *a = &r->answer;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_buf_printf(&b, "{ \"%s\": ", stopped(a) ? "trap" : "exit");
    if (stopped(a)) {
        text_value(wrt_stop_text(a->stop), &b);
    } else {
        number_value(a->exit, &b);
    }
    if (a->result_count > 0) {
        wp_buf_add_str(&b, ", \"result\": ");
        result_value(a, &b);
    }
    if (a->output[0].len > 0 || r->test->invoke == NULL) {
        const bool text = is_text(a->output[0]);
        wp_buf_printf(&b, ", \"%s\": ", text ? "stdout" : "stdoutSha256");
        output_value(a, !text, &b);
    }
    wp_buf_printf(&b, ", \"maxFuel\": %llu }", (unsigned long long)WP_MAX(a->fuel, 1u));
    append(e, object, "expect", &b);
}

static int by_place(const void *a, const void *b)
{
    const struct edit *x = a;
    const struct edit *y = b;
    return x->at.begin < y->at.begin ? -1 : x->at.begin > y->at.begin;
}

static void apply(struct edits *e, struct wp_buf *ret)
{
    size_t at = 0;
    if (e->count > 0) {
        qsort(e->items, e->count, sizeof(*e->items), by_place);
    }
    for (size_t i = 0; i < e->count; i++) {
        wp_buf_add(ret, e->text.ptr + at, e->items[i].at.begin - at);
        wp_buf_add_str(ret, e->items[i].with);
        at = e->items[i].at.end;
        free(e->items[i].with);
    }
    wp_buf_add(ret, e->text.ptr + at, e->text.len - at);
    free(e->items);
}

int tests_update(struct wp_span text, const char *name, const struct test_suite *s, struct wp_buf *ret,
                 struct wp_err *err)
{
    struct edits e = {.text = text};
    struct member list;
    struct member test;
    struct member expect;
    size_t root = skip_blanks(text, 0);
    if (!find_member(text, root, "tests", &list)) {
        return wp_fail(err, WP_E_INPUT, "%s: its member \"tests\" cannot be found in its text", name);
    }
    size_t at = list.value.begin + 1;
    for (size_t i = 0; i < s->project->test_count && next_member(text, &at, true, &test); i++) {
        const struct test_result *r = &s->results[i];
        if (r->skipped || r->failures == NULL) {
            continue;
        }
        if (find_member(text, test.value.begin, "expect", &expect)) {
            update_expect(&e, expect.value.begin, r);
        } else {
            new_expect(&e, test.value.begin, r);
        }
    }
    apply(&e, ret);
    return 0;
}
