/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a program and writes "WALL CPU PEAK" (seconds, seconds, KiB) of the whole process into a file:
 * timed FILE PROGRAM [ARGUMENT...]. A launcher this small keeps its own memory out of the child's peak. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char *argv[])
{
    if (argc < 3) {
        fputs("usage: timed FILE PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    struct timespec a;
    struct timespec b;
    struct rusage usage;
    int status = 0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[2], &argv[2]);
        perror(argv[2]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
        perror("timed");
        return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    FILE *f = fopen(argv[1], "we");
    if (f == NULL) {
        perror(argv[1]);
        return 1;
    }
    double wall = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
    fprintf(f, "%.6f %.6f %ld\n", wall, seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
    fclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
