/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a program and writes the most memory (KiB) that it and the processes it starts held, each at its own peak, into a
 * file: tree-peak FILE PROGRAM [ARGUMENT...]. Each is stopped at its end (ptrace(2)) and its high-water mark added up, so
 * pages that two of them share count twice. Not for timing. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OPTIONS = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL };

/* Of a process; of its other threads nothing. */
static long peak_of(pid_t pid)
{
    char path[64];
    char line[4096];
    long peak = 0;
    long group = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "Tgid:", 5) == 0) {
            group = strtol(line + 5, NULL, 10);
        } else if (strncmp(line, "VmHWM:", 6) == 0) {
            peak = strtol(line + 6, NULL, 10);
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    return group == pid ? peak : 0;
}

/* What a stop goes on with: the signal that it was for, if it was for one. */
static int signal_of(int status)
{
    int signum = WSTOPSIG(status);
    return status >> 16 != 0 || signum == SIGTRAP || signum == SIGSTOP ? 0 : signum;
}

int main(int argc, char *argv[])
{
    int ended = 0;
    int status = 0;
    long sum = 0;
    if (argc < 3) {
        fputs("usage: tree-peak FILE PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    pid_t first = fork();
    if (first == 0) {
        raise(SIGSTOP);
        execvp(argv[2], &argv[2]);
        perror(argv[2]);
        _exit(127);
    }
    if (first < 0 || waitpid(first, &status, WUNTRACED) != first || ptrace(PTRACE_SEIZE, first, NULL, (long)OPTIONS) != 0 ||
        kill(first, SIGCONT) != 0) {
        perror("tree-peak");
        return 1;
    }
    for (pid_t pid = 0; (pid = waitpid(-1, &status, __WALL)) > 0;) {
        if (WIFSTOPPED(status)) {
            sum += status >> 16 == PTRACE_EVENT_EXIT ? peak_of(pid) : 0;
            ptrace(PTRACE_CONT, pid, NULL, (long)signal_of(status));
        } else if (pid == first) {
            ended = status;
        }
    }
    FILE *f = fopen(argv[1], "we");
    if (f == NULL) {
        perror(argv[1]);
        return 1;
    }
    fprintf(f, "%ld\n", sum);
    fclose(f);
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
}
