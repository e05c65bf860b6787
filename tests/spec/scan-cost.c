/* SPDX-License-Identifier: Apache-2.0
 *
 * Validates one file and says what it cost: "SLUG TAB CPU-MICROSECONDS TAB KIB TAB MESSAGE", where KIB is how much the
 * peak of resident memory grew from before to after, the file's own bytes not counted. Ends itself after ten seconds of
 * CPU time: scan-cost FILE [BUDGET], where BUDGET is the memory that may be allocated, in bytes. */
#include "base/buf.h"
#include "runtime-min/scan.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static long peak_kib(void)
{
    long kib = -1;
    char line[256];
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof(line), f)) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtol(line + 6, NULL, 10);
        }
    }
    if (f) {
        fclose(f);
    }
    return kib;
}

static long long cpu_microseconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000LL + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

int main(int argc, char **argv)
{
    setrlimit(RLIMIT_CPU, &(struct rlimit){.rlim_cur = 10, .rlim_max = 10});
    int fd = argc == 2 || argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0) {
        fprintf(stderr, "usage: scan-cost FILE [BUDGET]\n");
        return 2;
    }
    size_t size = (size_t)st.st_size;
    uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED) {
        perror(argv[1]);
        return 2;
    }
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_options options = {.memory = argc == 3 ? strtoull(argv[2], NULL, 10) : 0};
    struct wrt_summary sum;
    long before = peak_kib();
    long long start = cpu_microseconds();
    int failed = wrt_scan(wp_span(bytes, size), &options, NULL, &sum, &err);
    long long spent = cpu_microseconds() - start;
    printf("%s\t%lld\t%ld\t%s\n", failed ? wp_code_slug(err.code) : "ok", spent, peak_kib() - before,
           failed ? err.msg : "");
    return 0;
}
