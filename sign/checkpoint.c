/* SPDX-License-Identifier: Apache-2.0
 *
 * Checkpoints: what a log says of its tree, signed (C2SP, signed-note and tlog-checkpoint). Lines of witnesses and of
 * keys that are not known say nothing, but must be lines. */
#include "base/mem.h"
#include "base/num.h"
#include "sign/material-int.h"

#include <inttypes.h>

/* "— ", an em dash and a blank. */
#define DASH     "\xe2\x80\x94 "
#define DASH_LEN 4
/* More signatures under one checkpoint than there are witnesses. */
#define LINES_MAX 64
#define HINT      4

static int malformed(struct wp_err *err, const char *what)
{
    return wp_fail(err, WP_E_UNSATISFIED, "the checkpoint is malformed: %s", what);
}

/* The line at the start of *rest, without its end; *rest is moved behind it. */
static bool next_line(struct wp_span *rest, struct wp_span *ret)
{
    const uint8_t *end = memchr(rest->ptr, '\n', rest->len);
    if (end == NULL) {
        return false;
    }
    *ret = wp_span(rest->ptr, (size_t)(end - rest->ptr));
    *rest = wp_span(end + 1, rest->len - ret->len - 1);
    return true;
}

static bool read_size(struct wp_span line, uint64_t *ret)
{
    char text[24];
    if (line.len >= sizeof(text) || line.len == 0 || (line.ptr[0] == '0' && line.len > 1)) {
        return false;
    }
    memcpy(text, line.ptr, line.len);
    text[line.len] = '\0';
    return wp_parse_u64(text, 0, UINT64_MAX, ret);
}

static bool read_root(struct wp_span line, uint8_t ret[32])
{
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    if (line.len != 44 || !wp_unbase64(&bytes, (const char *)line.ptr, line.len, false) || bytes.len != 32) {
        return false;
    }
    memcpy(ret, bytes.ptr, 32);
    return true;
}

struct note_line {
    struct wp_span name;
    uint8_t hint[HINT];
    struct wp_span signature; /* within the buffer given */
};

static bool read_note_line(struct wp_span line, struct wp_buf *bytes, struct note_line *ret)
{
    if (line.len < DASH_LEN || memcmp(line.ptr, DASH, DASH_LEN) != 0) {
        return false;
    }
    struct wp_span rest = wp_span(line.ptr + DASH_LEN, line.len - DASH_LEN);
    const uint8_t *blank = memchr(rest.ptr, ' ', rest.len);
    if (blank == NULL || blank == rest.ptr) {
        return false;
    }
    ret->name = wp_span(rest.ptr, (size_t)(blank - rest.ptr));
    wp_buf_cut(bytes, 0);
    if (!wp_unbase64(bytes, (const char *)blank + 1, rest.len - ret->name.len - 1, false) || bytes->len <= HINT) {
        return false;
    }
    memcpy(ret->hint, bytes->ptr, HINT);
    ret->signature = wp_span(bytes->ptr + HINT, bytes->len - HINT);
    return true;
}

static int check_lines(struct wp_span lines, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    struct wp_span line = {0};
    struct note_line parsed;
    size_t count = 0;
    while (next_line(&lines, &line)) {
        if (++count > LINES_MAX) {
            return malformed(err, "more signatures than anybody needs");
        }
        if (!read_note_line(line, &bytes, &parsed)) {
            return malformed(err, "a line that is no signature");
        }
    }
    if (lines.len != 0) {
        return malformed(err, "its last line has no end");
    }
    return count == 0 ? malformed(err, "no signature") : 0;
}

int sig_checkpoint_read(struct wp_span note, struct sig_checkpoint *ret, struct wp_err *err)
{
    const uint8_t *blank = memmem(note.ptr, note.len, "\n\n", 2);
    if (blank == NULL) {
        return malformed(err, "no blank line before signatures");
    }
    struct sig_checkpoint cp = {.signed_text = wp_span(note.ptr, (size_t)(blank - note.ptr) + 1)};
    cp.signatures = wp_span(blank + 2, note.len - cp.signed_text.len - 1);
    struct wp_span rest = cp.signed_text;
    struct wp_span line = {0};
    if (!next_line(&rest, &cp.origin) || cp.origin.len == 0) {
        return malformed(err, "no origin");
    }
    if (!next_line(&rest, &line) || !read_size(line, &cp.size)) {
        return malformed(err, "no size of the tree");
    }
    if (!next_line(&rest, &line) || !read_root(line, cp.root)) {
        return malformed(err, "no root hash");
    }
    if (check_lines(cp.signatures, err) < 0) {
        return -1;
    }
    *ret = cp;
    return 0;
}

static bool starts(struct wp_span text, struct wp_span with)
{
    return text.len >= with.len && memcmp(text.ptr, with.ptr, with.len) == 0;
}

static bool equal(struct wp_span a, struct wp_span b)
{
    return a.len == b.len && starts(a, b);
}

/* "NAME - NUMBER": of a tree of Rekor v1, which takes its machine's name where nobody gave it another. */
static bool is_tree_of(struct wp_span origin, struct wp_span name)
{
    struct wp_span rest = wp_span(origin.ptr + name.len, origin.len - name.len);
    if (rest.len < 4 || memcmp(rest.ptr, " - ", 3) != 0) {
        return false;
    }
    for (size_t i = 3; i < rest.len; i++) {
        if (rest.ptr[i] < '0' || rest.ptr[i] > '9') {
            return false;
        }
    }
    return true;
}

/* Of the log's URL, with and without the port. */
static bool is_host_of(struct wp_span name, const struct sig_root_log *log)
{
    size_t host = strcspn(log->name, "/");
    return equal(name, wp_span_str(log->name)) || equal(name, wp_span(log->name, host)) ||
           equal(name, wp_span(log->name, WP_MIN(host, strcspn(log->name, ":"))));
}

/* Who signs is who the origin names: the log, or whatever a tree of version 1 calls itself. The key is what tells. */
static bool is_name_of(const struct sig_checkpoint *cp, struct wp_span name, const struct sig_root_log *log)
{
    if (!starts(cp->origin, name)) {
        return false;
    }
    return is_tree_of(cp->origin, name) ||
           (cp->origin.len == name.len && (log->name[0] == '\0' || is_host_of(name, log)));
}

bool sig_checkpoint_by(const struct sig_checkpoint *cp, const struct sig_root_log *log)
{
    WP_AUTO_BUF struct wp_buf bytes = WP_BUF_INIT;
    struct wp_span lines = cp->signatures;
    struct wp_span line = {0};
    struct note_line parsed;
    const struct sig_message text = {.bytes = cp->signed_text};
    while (next_line(&lines, &line)) {
        if (read_note_line(line, &bytes, &parsed) && memcmp(parsed.hint, log->note_hint, HINT) == 0 &&
            is_name_of(cp, parsed.name, log) && sig_root_log_signed(log, &text, parsed.signature)) {
            return true;
        }
    }
    return false;
}
