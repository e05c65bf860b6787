/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a program and writes the most memory (KiB) that it and the processes it starts hold together into a file:
 * tree-peak FILE PROGRAM [ARGUMENT...]. Adds up the high-water marks of all processes seen, so pages that two of them
 * share count twice; looks every tenth of a millisecond, so not for timing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES = 64 };
struct seen {
    long pid;
    long peak;
};
static struct seen seen[PROCESSES];
static int seen_count;

static void look(long pid)
{
    char path[64];
    char line[4096];
    int i = 0;
    while (i < seen_count && seen[i].pid != pid) {
        i++;
    }
    if (i == PROCESSES) {
        return;
    }
    seen_count = i == seen_count ? i + 1 : seen_count;
    seen[i].pid = pid;
    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            long peak = strtol(line + 6, NULL, 10);
            seen[i].peak = peak > seen[i].peak ? peak : seen[i].peak;
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", pid, pid);
    f = fopen(path, "re");
    if (f == NULL) {
        return;
    }
    if (fgets(line, sizeof line, f) != NULL) {
        char *end = line;
        for (long child = strtol(line, &end, 10); child > 0; child = strtol(end, &end, 10)) {
            look(child);
        }
    }
    fclose(f);
}

int main(int argc, char *argv[])
{
    struct rusage usage;
    int status = 0;
    if (argc < 3) {
        fputs("usage: tree-peak FILE PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[2], &argv[2]);
        perror(argv[2]);
        _exit(127);
    }
    if (pid < 0) {
        perror("tree-peak");
        return 1;
    }
    while (wait4(pid, &status, WNOHANG, &usage) == 0) {
        look(pid);
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    long sum = 0;
    for (int i = 0; i < seen_count; i++) {
        sum += seen[i].peak;
    }
    FILE *f = fopen(argv[1], "we");
    if (f == NULL) {
        perror(argv[1]);
        return 1;
    }
    fprintf(f, "%ld\n", sum > usage.ru_maxrss ? sum : usage.ru_maxrss);
    fclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
