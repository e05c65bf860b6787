/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords of keys (cmd/password.h). What was read lives in guarded memory; buffers on the way do, too. */
#include "cmd/password.h"

#include "base/fs.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "cmd/out.h"
#include "cmd/silent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PASSWORD_MAX = 4096 };

static const char *const key_names[] = {"WPACK_KEY_PASSWORD", "COSIGN_PASSWORD"};
static const char *const pin_names[] = {"WPACK_PKCS11_PIN", "COSIGN_PKCS11_PIN"};

/* The first that is set; all go. */
static struct sig_secret *take_env(const char *const names[2])
{
    struct sig_secret *s = NULL;
    for (size_t i = 0; i < 2; i++) {
        char *value = getenv(names[i]);
        if (value == NULL) {
            continue;
        }
        s = s != NULL ? s : sig_secret_of(value, strlen(value));
        sig_wipe(value, strlen(value));
        unsetenv(names[i]);
    }
    return s;
}

static void hide_process(void)
{
    const struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* The first line of what fd has, without its end, and nothing behind it; the end of all is one, too, where may_end.
 * Signals may be taken by another thread, which cancels the job. */
static int read_line(struct cmd_ctx *c, int fd, bool may_end, const char *name, struct sig_secret **ret,
                     struct wp_err *err)
{
    SIG_AUTO_SECRET struct sig_secret *line = sig_secret_new(PASSWORD_MAX);
    for (size_t have = 0; have < line->len;) {
        struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = wp_job_wake_fd(c->job), .events = POLLIN}};
        int ready = poll(p, WP_ARRAY_LEN(p), -1);
        if (wp_job_cancelled(c->job) || (ready < 0 && errno != EINTR)) {
            wp_fail(err, WP_E_INTERRUPTED, "interrupted");
            return -1;
        }
        if (ready <= 0) {
            continue;
        }
        ssize_t n = read(fd, line->ptr + have, 1);
        if (n < 0) {
            wp_fs_fail(err, errno, "%s: cannot be read", name);
            return -1;
        }
        if (n == 0 && !may_end) {
            wp_fail(err, WP_E_USAGE, "nothing was entered");
            return -1;
        }
        if (n == 0 || line->ptr[have] == '\n') {
            sig_secret_cut(line, have > 0 && line->ptr[have - 1] == '\r' ? have - 1 : have);
            *ret = WP_STEAL(line);
            return 0;
        }
        have++;
    }
    wp_fail(err, WP_E_USAGE, "%s: a password has at most %d bytes", name, PASSWORD_MAX - 1);
    return -1;
}

static int from_file(struct cmd_ctx *c, const char *path, struct sig_secret **ret, struct wp_err *err)
{
    WP_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? wp_fs_fail(err, errno, "%s: cannot be opened", path) : read_line(c, fd, true, path, ret, err);
}

static int from_fd(struct cmd_ctx *c, const char *text, struct sig_secret **ret, struct wp_err *err)
{
    uint64_t fd = 0;
    if (!wp_parse_u64(text, 0, INT32_MAX, &fd)) {
        return wp_fail(err, WP_E_USAGE, "--password-fd '%s': the number of an open descriptor is expected", text);
    }
    WP_AUTO_FREE char *name = wp_xasprintf("descriptor %s", text);
    return read_line(c, (int)fd, true, name, ret, err);
}

/* ---- the terminal ---- */

static int no_terminal(const char *what, const char *hint, struct wp_err *err)
{
    wp_fail(err, WP_E_USAGE, "the %s is needed, and there is no terminal to ask at", what);
    return wp_hint(err, "%s", hint);
}

static int ask_once(struct cmd_ctx *c, int tty, const char *prompt, struct sig_secret **ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf shown = WP_BUF_INIT;
    if (!silent_begin(tty)) {
        wp_fail_errno(err, errno, "the terminal cannot be silenced");
        return -1;
    }
    /* Only now: what is typed at the sight of it is neither shown nor lost. */
    wp_escape(&shown, wp_span_str(prompt));
    int rc = wp_write_all(tty, shown.ptr, shown.len, "the terminal", err) < 0
                 ? -1
                 : read_line(c, tty, false, "the terminal", ret, err);
    silent_end();
    return rc < 0 || wp_write_all(tty, "\n", 1, "the terminal", err) < 0 ? -1 : 0;
}

static int ask_terminal(struct cmd_ctx *c, const char *what, bool confirm, const char *hint, struct sig_secret **ret,
                        struct wp_err *err)
{
    WP_AUTO_FD int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty < 0) {
        return no_terminal(what, hint, err);
    }
    SIG_AUTO_SECRET struct sig_secret *first = NULL;
    SIG_AUTO_SECRET struct sig_secret *again = NULL;
    WP_AUTO_FREE char *prompt = wp_xasprintf("%c%s: ", what[0] >= 'a' && what[0] <= 'z' ? what[0] - 'a' + 'A' : what[0],
                                             what[0] != '\0' ? what + 1 : "");
    if (ask_once(c, tty, prompt, &first, err) < 0 ||
        (confirm && ask_once(c, tty, "The same again: ", &again, err) < 0)) {
        return -1;
    }
    if (confirm && (first->len != again->len || !wp_equal_secret(first->ptr, again->ptr, first->len))) {
        return wp_fail(err, WP_E_USAGE, "the two passwords differ; nothing was written");
    }
    *ret = WP_STEAL(first);
    return 0;
}

static int on_password(void *arg, const char *what, bool confirm, struct sig_secret **ret, struct wp_err *err)
{
    const struct password *p = arg;
    if (p->file != NULL) {
        return from_file(p->c, p->file, ret, err);
    }
    if (p->fd != NULL) {
        return from_fd(p->c, p->fd, ret, err);
    }
    if (p->key != NULL) {
        *ret = sig_secret_of(p->key->ptr, p->key->len);
        return 0;
    }
    return ask_terminal(
        p->c, what, confirm,
        "--password-file FILE, --password-fd N, or WPACK_KEY_PASSWORD in the environment (empty counts)", ret, err);
}

static int on_pin(void *arg, const char *what, struct sig_secret **ret, struct wp_err *err)
{
    const struct password *p = arg;
    if (p->file != NULL) {
        return from_file(p->c, p->file, ret, err);
    }
    if (p->fd != NULL) {
        return from_fd(p->c, p->fd, ret, err);
    }
    if (p->pin != NULL) {
        *ret = sig_secret_of(p->pin->ptr, p->pin->len);
        return 0;
    }
    return ask_terminal(p->c, what, false,
                        "pin-source=FILE in the URI, --password-file FILE, or WPACK_PKCS11_PIN in the environment", ret,
                        err);
}

static void on_warning(void *arg, const char *line)
{
    const struct password *p = arg;
    out_warn(p->c->out, "%s", line);
}

void password_init(struct password *p, struct cmd_ctx *c, const char *file, const char *fd)
{
    hide_process();
    *p = (struct password){.c = c, .file = file, .fd = fd, .key = take_env(key_names), .pin = take_env(pin_names)};
    p->ask = (struct sig_ask){.password = on_password, .pin = on_pin, .arg = p, .warn = on_warning};
}

void password_done(struct password *p)
{
    sig_secret_free_p(&p->key);
    sig_secret_free_p(&p->pin);
}
