/* SPDX-License-Identifier: Apache-2.0
 *
 * What the child says, both ways in one file: written by a process that may have fallen to its input, read by one that
 * believes nothing it has not checked. */
#include "base/limits.h"
#include "base/num.h"
#include "cmd/look-int.h"
#include "pack/module-json.h"

static void write_cell(struct wp_json_out *j, const struct look_cell *cell)
{
    if (cell == NULL) {
        return;
    }
    wp_jo_key(j, "cell");
    wp_jo_object(j);
    wp_jo_ku64(j, "landlock", cell->landlock);
    wp_jo_kbool(j, "seccomp", cell->seccomp);
    if (cell->missing != NULL) {
        wp_jo_kstr(j, "missing", cell->missing);
    }
    wp_jo_object_end(j);
}

void look_answer_error(const struct wp_err *e, const struct wrt_fault *fault, const struct look_cell *cell,
                       struct wp_buf *out)
{
    wp_buf_cut(out, 0);
    struct wp_json_out j = wp_json_out(out);
    wp_jo_object(&j);
    write_cell(&j, cell);
    wp_jo_key(&j, "error");
    wp_jo_object(&j);
    wp_jo_kstr(&j, "code", wp_code_slug(e->code));
    wp_jo_kstr(&j, "message", e->msg);
    if (e->hint[0] != '\0') {
        wp_jo_kstr(&j, "hint", e->hint);
    }
    if (fault != NULL && fault->offset != UINT64_MAX) {
        wp_jo_ku64(&j, "offset", fault->offset);
    }
    if (fault != NULL && fault->function != WRT_NO_INDEX) {
        wp_jo_ku64(&j, "function", fault->function);
        wp_jo_ku64(&j, "depth", fault->depth);
    }
    if (fault != NULL && fault->name.len > 0) {
        WP_AUTO_BUF struct wp_buf name = WP_BUF_INIT;
        wp_buf_add(&name, fault->name.ptr, strnlen((const char *)fault->name.ptr, fault->name.len));
        wp_jo_kstr(&j, "name", name.ptr);
    }
    wp_jo_object_end(&j);
    wp_jo_object_end(&j);
    wp_buf_add_char(out, '\n');
}

void look_answer_write(struct wp_span bytes, const struct pack_read *how, const struct look_cell *cell,
                       struct wp_buf *out)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wrt_fault fault = {.offset = UINT64_MAX, .function = WRT_NO_INDEX};
    struct pack_read asked = *how;
    struct pack_module m = {0};
    struct wp_err err = {.code = WP_E_OK};
    asked.fault = &fault;
    if (pack_module_read_as(bytes, &asked, &a, &m, &err) < 0) {
        look_answer_error(&err, &fault, cell, out);
        return;
    }
    wp_buf_cut(out, 0);
    struct wp_json_out j = wp_json_out(out);
    wp_jo_object(&j);
    write_cell(&j, cell);
    wp_jo_key(&j, "module");
    pack_module_json(&j, &m);
    wp_jo_object_end(&j);
    wp_buf_add_char(out, '\n');
    if (out->len > WP_LIMIT_LOOK_ANSWER) {
        wp_fail(&err, WP_E_LIMIT, "what there is to tell about it takes %zu bytes", out->len);
        look_answer_error(&err, NULL, cell, out);
    }
}

/* Codes that a reader of modules may give. */
static int read_code(const struct wp_json *at, enum wp_code *ret, struct wp_err *err)
{
    static const enum wp_code codes[] = {WP_E_MODULE, WP_E_LIMIT, WP_E_UNSUPPORTED, WP_E_IO, WP_E_OTHER};
    const char *slug = NULL;
    if (wp_json_str(at, &slug, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(codes); i++) {
        if (wp_str_eq(slug, wp_code_slug(codes[i]))) {
            *ret = codes[i];
            return 0;
        }
    }
    return wp_json_fail(at, err, "'%s' is not an error of a module", slug);
}

static int read_number(const struct wp_json *object, const char *key, uint64_t max, uint64_t *ret, struct wp_err *err)
{
    struct wp_json at = wp_json_get(object, key);
    if (wp_json_opt_u64(&at, ret, err) < 0) {
        return -1;
    }
    return wp_json_kind(&at) == WP_JSON_ABSENT || *ret <= max ? 0 : wp_json_fail(&at, err, "is too large");
}

static int read_fault(const struct wp_json *at, uint64_t size, struct wp_arena *a, struct wrt_fault *ret,
                      struct wp_err *err)
{
    uint64_t offset = UINT64_MAX;
    uint64_t function = WRT_NO_INDEX;
    uint64_t depth = 0;
    const char *name = NULL;
    struct wp_json name_at = wp_json_get(at, "name");
    if (read_number(at, "offset", size, &offset, err) < 0 ||
        read_number(at, "function", WRT_NO_INDEX - 1, &function, err) < 0 ||
        read_number(at, "depth", WP_LIMIT_WASM_DEPTH + 1, &depth, err) < 0 ||
        wp_json_opt_str(&name_at, &name, err) < 0) {
        return -1;
    }
    *ret = (struct wrt_fault){
        .offset = offset,
        .function = (uint32_t)function,
        .depth = (unsigned)depth,
        .name = name == NULL ? (struct wp_span){0} : wp_arena_bytes(a, wp_span_str(name)),
    };
    return 0;
}

/* The error told becomes *told; -1 when it cannot be understood. */
static int read_error(const struct wp_json *at, uint64_t size, struct wp_arena *a, struct wrt_fault *ret_fault,
                      struct wp_err *told, struct wp_err *err)
{
    struct wp_json code_at = wp_json_get(at, "code");
    struct wp_json message_at = wp_json_get(at, "message");
    struct wp_json hint_at = wp_json_get(at, "hint");
    enum wp_code code = WP_E_OTHER;
    const char *message = NULL;
    const char *hint = NULL;
    if (wp_json_must(at, WP_JSON_OBJECT, err) < 0 || read_code(&code_at, &code, err) < 0 ||
        wp_json_str(&message_at, &message, err) < 0 || wp_json_opt_str(&hint_at, &hint, err) < 0 ||
        read_fault(at, size, a, ret_fault, err) < 0) {
        return -1;
    }
    wp_fail(told, code, "%s", message);
    if (hint != NULL) {
        wp_hint(told, "%s", hint);
    }
    told->has_at = ret_fault->offset != UINT64_MAX;
    told->at = told->has_at ? ret_fault->offset : 0;
    return 0;
}

static int read_cell(const struct wp_json *at, struct wp_arena *a, struct look_cell *ret, struct wp_err *err)
{
    *ret = (struct look_cell){0};
    if (wp_json_kind(at) == WP_JSON_ABSENT) {
        return 0;
    }
    struct wp_json seccomp = wp_json_get(at, "seccomp");
    struct wp_json missing = wp_json_get(at, "missing");
    if (read_number(at, "landlock", UINT32_MAX, &ret->landlock, err) < 0 ||
        wp_json_bool(&seccomp, &ret->seccomp, err) < 0 || wp_json_opt_str(&missing, &ret->missing, err) < 0) {
        return -1;
    }
    ret->missing = ret->missing == NULL ? NULL : wp_arena_str(a, ret->missing);
    return 0;
}

static int read_answer(const struct wp_json *root, uint64_t size, struct wp_arena *a, struct pack_module *ret,
                       struct wrt_fault *ret_fault, struct look_cell *ret_cell, struct wp_err *told, struct wp_err *err)
{
    struct wp_json cell = wp_json_get(root, "cell");
    struct wp_json error = wp_json_get(root, "error");
    struct wp_json module = wp_json_get(root, "module");
    if (read_cell(&cell, a, ret_cell, err) < 0) {
        return -1;
    }
    if (wp_json_kind(&error) != WP_JSON_ABSENT) {
        return read_error(&error, size, a, ret_fault, told, err);
    }
    if (pack_module_from_json(&module, a, ret, err) < 0) {
        return -1;
    }
    return ret->size == size ? 0 : wp_json_fail(&module, err, "tells of another binary");
}

int look_answer_read(struct wp_span text, uint64_t size, struct wp_arena *a, struct pack_module *ret,
                     struct wrt_fault *ret_fault, struct look_cell *ret_cell, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    struct wp_err told = {.code = WP_E_OK};
    if (wp_json_parse(text, "the answer of the reader of modules", false, WP_E_OTHER, &doc, err) < 0) {
        return -1;
    }
    struct wp_json root = wp_json_root(doc);
    if (read_answer(&root, size, a, ret, ret_fault, ret_cell, &told, err) < 0) {
        wp_hint(err, "this is a defect of wpack, or the work of the module: please report it");
        return -1;
    }
    if (told.code == WP_E_OK) {
        return 0;
    }
    *err = told;
    return -1;
}

static void number(uint64_t n, char ret[LOOK_NUMBER])
{
    (void)snprintf(ret, LOOK_NUMBER, "%llu", (unsigned long long)n);
}

enum { FLAG_WIT = 1, FLAG_BRIEF = 2 };

void look_args_write(const char *sandbox, const struct pack_read *how, struct look_args *ret)
{
    static char program[] = "wpack";
    static char word[] = LOOK_WORD;
    static char modes[2][8] = {"auto", "require"};
    number(how->load.features, ret->numbers[0]);
    number(how->load.memory, ret->numbers[1]);
    number(how->load.threads, ret->numbers[2]);
    number(how->functions, ret->numbers[3]);
    number((how->wit ? FLAG_WIT : 0u) | (how->brief ? FLAG_BRIEF : 0u), ret->numbers[4]);
    size_t n = 0;
    ret->argv[n++] = program;
    ret->argv[n++] = word;
    ret->argv[n++] = modes[wp_str_eq(sandbox, "require")];
    for (size_t i = 0; i < WP_ARRAY_LEN(ret->numbers); i++) {
        ret->argv[n++] = ret->numbers[i];
    }
    ret->argv[n] = NULL;
}

bool look_args_read(int argc, char *const argv[], bool *ret_require, struct pack_read *ret_how)
{
    uint64_t n[5];
    if (argc != LOOK_ARGS + 1) {
        return false;
    }
    *ret_require = wp_str_eq(argv[2], "require");
    for (size_t i = 0; i < WP_ARRAY_LEN(n); i++) {
        if (!wp_parse_u64(argv[3 + i], 0, UINT64_MAX, &n[i])) {
            return false;
        }
    }
    *ret_how = (struct pack_read){
        .load = {.features = n[0], .memory = n[1], .threads = (unsigned)WP_MIN(n[2], 1024u)},
        .functions = n[3],
        .wit = (n[4] & FLAG_WIT) != 0,
        .brief = (n[4] & FLAG_BRIEF) != 0,
    };
    return true;
}
