/* SPDX-License-Identifier: Apache-2.0
 *
 * A terminal without echo (cmd/silent.h). Signal handlers reach no arguments: the terminal as it was is kept here. */
#include "cmd/silent.h"

#include "base/base.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static struct {
    int fd;
    struct termios shown;
    struct sigaction before[WP_ARRAY_LEN(signals)];
} kept;

static void show_again(int sig)
{
    tcsetattr(kept.fd, TCSANOW, &kept.shown);
    for (size_t i = 0; i < WP_ARRAY_LEN(signals); i++) {
        if (signals[i] == sig) {
            sigaction(sig, &kept.before[i], NULL);
        }
    }
    raise(sig);
}

bool silent_begin(int fd)
{
    if (tcgetattr(fd, &kept.shown) != 0) {
        return false;
    }
    struct sigaction act = {.sa_handler = show_again};
    struct termios silent = kept.shown;
    kept.fd = fd;
    for (size_t i = 0; i < WP_ARRAY_LEN(signals); i++) {
        sigaction(signals[i], &act, &kept.before[i]);
    }
    silent.c_lflag &= (tcflag_t) ~(tcflag_t)ECHO;
    if (tcsetattr(fd, TCSAFLUSH, &silent) != 0) {
        silent_end();
        return false;
    }
    return true;
}

void silent_end(void)
{
    tcsetattr(kept.fd, TCSAFLUSH, &kept.shown);
    for (size_t i = 0; i < WP_ARRAY_LEN(signals); i++) {
        sigaction(signals[i], &kept.before[i], NULL);
    }
}
