/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program can ask of WASI, one thing at a time: probe WORD [ARGUMENT...] */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int show_arguments(int argc, char *argv[])
{
    for (int i = 0; i < argc; i++) {
        printf("%d [%s]\n", i, argv[i]);
    }
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int show_environment(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    size_t n = 0;
    while (environ[n] != NULL) {
        n++;
    }
    qsort(environ, n, sizeof *environ, by_text);
    for (size_t i = 0; i < n; i++) {
        puts(environ[i]);
    }
    printf("HOME %s\n", getenv("HOME") != NULL ? getenv("HOME") : "unset");
    return 0;
}

static int leave(int argc, char *argv[])
{
    printf("leaving with %s\n", argc > 0 ? argv[0] : "0");
    exit(argc > 0 ? atoi(argv[0]) : 0);
}

static int trap(int argc, char *argv[])
{
    volatile int zero = 0;
    fputs("before the trap\n", stdout);
    fflush(stdout);
    if (argc > 0 && strcmp(argv[0], "divide") == 0) {
        return 1 / zero;
    }
    if (argc > 0 && strcmp(argv[0], "memory") == 0) {
        return *(volatile int *)0xfffffff0;
    }
    __builtin_trap();
}

__attribute__((noinline)) static uint32_t ackermann(uint32_t m, uint32_t n)
{
    if (m == 0) {
        return n + 1;
    }
    return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static int deep(int argc, char *argv[])
{
    uint32_t n = argc > 0 ? (uint32_t)atoi(argv[0]) : 6;
    printf("ackermann(3, %u) = %u\n", n, ackermann(3, n));
    return 0;
}

static int flood(int argc, char *argv[])
{
    unsigned long lines = argc > 0 ? strtoul(argv[0], NULL, 10) : 100000;
    for (unsigned long i = 0; i < lines; i++) {
        printf("line %lu of a long output, %016llx\n", i, (unsigned long long)i * 0x9e3779b97f4a7c15ULL);
    }
    return 0;
}

static int list(const char *path, int depth)
{
    struct dirent **names = NULL;
    int n = scandir(path, &names, NULL, alphasort);
    if (n < 0) {
        printf("%*s%s: %s\n", depth * 2, "", path, strerror(errno));
        return 1;
    }
    for (int i = 0; i < n; i++) {
        char below[1024];
        struct stat st;
        if (strcmp(names[i]->d_name, ".") == 0 || strcmp(names[i]->d_name, "..") == 0) {
            continue;
        }
        snprintf(below, sizeof below, "%s/%s", path, names[i]->d_name);
        if (lstat(below, &st) != 0) {
            printf("%*s%s: %s\n", depth * 2, "", names[i]->d_name, strerror(errno));
        } else if (S_ISDIR(st.st_mode)) {
            printf("%*s%s/\n", depth * 2, "", names[i]->d_name);
            list(below, depth + 1);
        } else {
            printf("%*s%s %lld%s\n", depth * 2, "", names[i]->d_name, (long long)st.st_size, S_ISLNK(st.st_mode) ? " link" : "");
        }
    }
    return 0;
}

static int tree(int argc, char *argv[])
{
    return list(argc > 0 ? argv[0] : ".", 0);
}

static void say(const char *what, int result)
{
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "fine");
}

/* Every call on files that C programs make, inside of one folder. */
static int files(int argc, char *argv[])
{
    char text[64] = {0};
    struct stat st;
    say("chdir", chdir(argc > 0 ? argv[0] : "/work"));
    say("mkdir", mkdir("new", 0755));
    say("mkdir again", mkdir("new", 0755));
    int fd = open("new/a", O_CREAT | O_EXCL | O_RDWR, 0644);
    say("open", fd);
    say("write", (int)write(fd, "0123456789", 10));
    say("pread", (int)pread(fd, text, 4, 3));
    printf("read '%s', at %lld\n", text, (long long)lseek(fd, 0, SEEK_CUR));
    say("pwrite", (int)pwrite(fd, "xyz", 3, 20));
    say("ftruncate", ftruncate(fd, 22));
    say("fstat", fstat(fd, &st));
    printf("size %lld\n", (long long)st.st_size);
    say("close", close(fd));
    say("open once more", open("new/a", O_CREAT | O_EXCL | O_RDWR, 0644));
    say("link", link("new/a", "new/b"));
    say("symlink", symlink("a", "new/c"));
    say("rename", rename("new/b", "d"));
    fd = open("d", O_WRONLY | O_APPEND);
    say("append", (int)write(fd, "tail", 4));
    close(fd);
    ssize_t length = readlink("new/c", text, sizeof text - 1);
    printf("readlink %.*s\n", (int)(length > 0 ? length : 0), text);
    say("stat through the link", stat("new/c", &st));
    printf("size %lld, %u links\n", (long long)st.st_size, (unsigned)st.st_nlink);
    say("rmdir full", rmdir("new"));
    say("rmdir of a file", rmdir("d"));
    say("unlink of a folder", unlink("new"));
    say("unlink", unlink("new/c"));
    say("outside", open("../../etc/passwd", O_RDONLY));
    say("nowhere", open("/nowhere/at/all", O_RDONLY));
    return 0;
}

static int upper(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    size_t n = 0;
    for (int c = getchar(); c != EOF; c = getchar(), n++) {
        putchar(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    fprintf(stderr, "%zu bytes\n", n);
    return 0;
}

static int clocks(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    struct timespec a, b, r, nap = {0, 2000000};
    int bad = clock_gettime(CLOCK_MONOTONIC, &a) != 0 || clock_gettime(CLOCK_REALTIME, &r) != 0;
    bad |= nanosleep(&nap, NULL) != 0 || clock_gettime(CLOCK_MONOTONIC, &b) != 0;
    int64_t slept = (int64_t)(b.tv_sec - a.tv_sec) * 1000000000 + (b.tv_nsec - a.tv_nsec);
    printf("slept long enough: %s, this century: %s, resolution known: %s\n", slept >= 2000000 ? "yes" : "no",
           r.tv_sec > 946684800 ? "yes" : "no", clock_getres(CLOCK_MONOTONIC, &r) == 0 && r.tv_nsec > 0 ? "yes" : "no");
    return bad;
}

static int randoms(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    unsigned char a[64], b[64];
    int bad = getentropy(a, sizeof a) != 0 || getentropy(b, sizeof b) != 0;
    printf("random bytes differ: %s\n", memcmp(a, b, sizeof a) != 0 ? "yes" : "no");
    return bad;
}

static const struct {
    const char *name;
    int (*run)(int argc, char *argv[]);
} words[] = {{"args", show_arguments}, {"env", show_environment}, {"exit", leave},    {"trap", trap},
             {"deep", deep},           {"flood", flood},          {"tree", tree},     {"files", files},
             {"upper", upper},         {"clocks", clocks},        {"random", randoms}};

int main(int argc, char *argv[])
{
    for (size_t i = 0; argc > 1 && i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].name, argv[1]) == 0) {
            return words[i].run(argc - 2, argv + 2);
        }
    }
    fputs("usage: probe WORD [ARGUMENT...]\n", stderr);
    return 2;
}
