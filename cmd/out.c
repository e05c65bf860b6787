/* SPDX-License-Identifier: Apache-2.0
 *
 * Printing. One mutex keeps lines of several threads whole; the status block of progress is erased before a line and
 * drawn again after it. */
#include "cmd/out.h"

#include "base/mem.h"
#include "base/text.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct cmd_out {
    pthread_mutex_t lock;
    bool quiet, json, color, tty;
    int write_errno; /* of stdout, kept until out_finish */
    struct wp_buf status;
    unsigned status_lines;
    struct wp_buf report; /* out_json_failed */
    int failure_status;   /* 0: that of the error's code */
};

struct cmd_out *out_new(void)
{
    struct cmd_out *o = wp_xcalloc(1, sizeof(*o));
    pthread_mutex_init(&o->lock, NULL);
    o->status = (struct wp_buf)WP_BUF_INIT;
    o->report = (struct wp_buf)WP_BUF_INIT;
    return o;
}

void out_free(struct cmd_out *o)
{
    if (o != NULL) {
        wp_buf_done(&o->status);
        wp_buf_done(&o->report);
        pthread_mutex_destroy(&o->lock);
        free(o);
    }
}

static bool wants_color(int fd, const struct cmd_global *g)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (g->no_color || (no_color != NULL && no_color[0] != '\0') || (term != NULL && wp_str_eq(term, "dumb"))) {
        return false;
    }
    return isatty(fd) != 0;
}

void out_configure(struct cmd_out *o, const struct cmd_global *g)
{
    o->quiet = g->quiet;
    o->json = g->format != NULL && !wp_str_eq(g->format, "text");
    o->color = wants_color(STDOUT_FILENO, g);
    const char *term = getenv("TERM");
    bool able = isatty(STDERR_FILENO) != 0 && !(term != NULL && wp_str_eq(term, "dumb")) && getenv("CI") == NULL;
    o->tty = !g->quiet && (wp_str_eq(g->progress, "tty") || (wp_str_eq(g->progress, "auto") && able));
}

static void keep_errno(struct cmd_out *o)
{
    if (o->write_errno == 0) {
        o->write_errno = errno == 0 ? EIO : errno;
    }
}

static void put(struct cmd_out *o, FILE *f, const void *bytes, size_t len)
{
    errno = 0;
    if (fwrite(bytes, 1, len, f) != len && f == stdout) {
        keep_errno(o);
    }
}

/* What takes the status block off the terminal: stderr is unbuffered, so it is sent in one piece. */
static void add_erasure(const struct cmd_out *o, struct wp_buf *b)
{
    for (unsigned i = 0; i < o->status_lines; i++) {
        wp_buf_add_str(b, "\x1b[1A\x1b[2K");
    }
}

static void emit(struct cmd_out *o, FILE *f, const struct wp_buf *line)
{
    pthread_mutex_lock(&o->lock);
    if (o->status_lines == 0) {
        put(o, f, line->ptr, line->len);
    } else {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        add_erasure(o, &b);
        if (f == stdout) {
            put(o, stderr, b.ptr, b.len);
            wp_buf_cut(&b, 0);
            put(o, stdout, line->ptr, line->len);
            if (fflush(stdout) != 0) {
                keep_errno(o);
            }
        } else {
            wp_buf_add(&b, line->ptr, line->len);
        }
        wp_buf_add(&b, o->status.ptr, o->status.len);
        put(o, stderr, b.ptr, b.len);
    }
    pthread_mutex_unlock(&o->lock);
}

/* before and after are ours, as are newlines that the format begins with. What is formatted may be foreign and stays
 * one line, whatever it holds. */
static void emit_line(struct cmd_out *o, FILE *f, const char *before, const char *after, const char *fmt, va_list args)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf line = WP_BUF_INIT;
    size_t blank = strspn(fmt, "\n");
    wp_buf_vprintf(&text, fmt, args);
    wp_buf_add(&line, text.ptr, blank);
    wp_buf_add_str(&line, before);
    wp_escape(&line, wp_span(text.ptr + blank, text.len - blank));
    wp_buf_add_str(&line, after);
    wp_buf_add_char(&line, '\n');
    emit(o, f, &line);
}

void out_line(struct cmd_out *o, const char *fmt, ...)
{
    if (o->json) {
        return;
    }
    va_list args;
    va_start(args, fmt);
    emit_line(o, stdout, "", "", fmt, args);
    va_end(args);
}

void out_heading(struct cmd_out *o, const char *fmt, ...)
{
    if (o->json) {
        return;
    }
    va_list args;
    va_start(args, fmt);
    emit_line(o, stdout, o->color ? "\x1b[1m" : "", o->color ? "\x1b[0m" : "", fmt, args);
    va_end(args);
}

void out_pair(struct cmd_out *o, const char *text, const char *kind)
{
    if (o->json) {
        return;
    }
    WP_AUTO_BUF struct wp_buf line = WP_BUF_INIT;
    wp_escape(&line, wp_span_str(text));
    wp_buf_add_str(&line, o->color ? "  \x1b[2m" : "  ");
    wp_escape(&line, wp_span_str(kind));
    wp_buf_add_str(&line, o->color ? "\x1b[0m\n" : "\n");
    emit(o, stdout, &line);
}

void out_bytes(struct cmd_out *o, struct wp_span bytes)
{
    put(o, stdout, bytes.ptr, bytes.len);
}

void out_json(struct cmd_out *o, const struct wp_buf *json)
{
    WP_AUTO_BUF struct wp_buf line = WP_BUF_INIT;
    wp_buf_add(&line, json->ptr, json->len);
    wp_buf_add_char(&line, '\n');
    emit(o, stdout, &line);
}

void out_json_failed(struct cmd_out *o, const struct wp_buf *json)
{
    wp_buf_cut(&o->report, 0);
    wp_buf_add(&o->report, json->ptr, json->len);
}

void out_note(struct cmd_out *o, const char *fmt, ...)
{
    if (o->quiet || o->json) {
        return;
    }
    va_list args;
    va_start(args, fmt);
    emit_line(o, stderr, "", "", fmt, args);
    va_end(args);
}

void out_fact(struct cmd_out *o, const char *label, const char *fmt, ...)
{
    if (o->quiet || o->json) {
        return;
    }
    WP_AUTO_BUF struct wp_buf name = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf head = WP_BUF_INIT;
    wp_escape(&name, wp_span_str(label));
    wp_buf_printf(&head, "  %s", name.ptr);
    for (size_t column = wp_columns(name.ptr); column < 14; column++) {
        wp_buf_add_char(&head, ' ');
    }
    if (head.ptr[head.len - 1] != ' ') {
        wp_buf_add_str(&head, "  ");
    }
    va_list args;
    va_start(args, fmt);
    emit_line(o, stderr, head.ptr, "", fmt, args);
    va_end(args);
}

void out_warn(struct cmd_out *o, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    emit_line(o, stderr, "wpack: warning: ", "", fmt, args);
    va_end(args);
}

void out_error(struct cmd_out *o, const struct wp_err *e, bool json)
{
    WP_AUTO_BUF struct wp_buf line = WP_BUF_INIT;
    wp_buf_add_str(&line, "wpack: ");
    wp_escape(&line, wp_span_str(e->msg));
    wp_buf_add_char(&line, '\n');
    const char *rest = e->hint;
    while (*rest != '\0') {
        size_t n = strcspn(rest, "\n");
        wp_buf_add_str(&line, rest == e->hint ? "  hint: " : "        ");
        wp_escape(&line, wp_span(rest, n));
        wp_buf_add_char(&line, '\n');
        rest += n;
        rest += *rest == '\n' ? 1 : 0;
    }
    emit(o, stderr, &line);
    if (!json) {
        return;
    }
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf whole = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&text);
    wp_jo_object(&j);
    wp_jo_key(&j, "error");
    wp_jo_object(&j);
    wp_jo_kstr(&j, "code", wp_code_slug(e->code));
    wp_jo_ku64(&j, "exit", (uint64_t)(o->failure_status != 0 ? o->failure_status : wp_code_status(e->code)));
    wp_jo_kstr(&j, "message", e->msg);
    if (e->hint[0] != '\0') {
        wp_jo_kstr(&j, "hint", e->hint);
    }
    wp_jo_object_end(&j);
    wp_jo_object_end(&j);
    if (o->report.len > 2) {
        /* {"problems":…} and {"error":…} become {"problems":…,"error":…}. */
        wp_buf_add(&whole, o->report.ptr, o->report.len - 1);
        wp_buf_add_char(&whole, ',');
        wp_buf_add(&whole, text.ptr + 1, text.len - 1);
        out_json(o, &whole);
    } else {
        out_json(o, &text);
    }
}

void out_after(struct cmd_out *o, const char *line)
{
    if (o->json) {
        return;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    wp_escape(&b, wp_span_str(line));
    wp_buf_add_char(&b, '\n');
    emit(o, stderr, &b);
}

void out_failure_status(struct cmd_out *o, int status)
{
    o->failure_status = status;
}

int out_finish(struct cmd_out *o, struct wp_err *err)
{
    errno = 0;
    if (fflush(stdout) != 0) {
        keep_errno(o);
    }
    /* A disk that fills up late tells only at close. */
    int fd = o->write_errno == 0 ? dup(STDOUT_FILENO) : -1;
    if (fd >= 0 && close(fd) != 0) {
        keep_errno(o);
    }
    if (o->write_errno == EPIPE) {
        return wp_fail(err, WP_E_PIPE, "the reader of standard output went away");
    }
    if (o->write_errno != 0) {
        wp_fail_errno(err, o->write_errno, "cannot write to standard output");
        err->code = WP_E_IO;
        return -1;
    }
    return 0;
}

void out_status(struct cmd_out *o, const char *block, unsigned lines)
{
    pthread_mutex_lock(&o->lock);
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    add_erasure(o, &b);
    wp_buf_cut(&o->status, 0);
    if (block != NULL) {
        wp_buf_add_str(&o->status, block);
    }
    o->status_lines = block == NULL ? 0 : lines;
    wp_buf_add(&b, o->status.ptr, o->status.len);
    put(o, stderr, b.ptr, b.len);
    pthread_mutex_unlock(&o->lock);
}

bool out_is_tty(const struct cmd_out *o)
{
    return o->tty;
}

unsigned out_width(const struct cmd_out *o)
{
    struct winsize w = {0};
    (void)o;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0) {
        return w.ws_col;
    }
    return 80;
}
