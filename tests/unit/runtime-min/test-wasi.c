/* SPDX-License-Identifier: Apache-2.0
 *
 * WASI preview 1, function by function where the public suite (make wasi) does not go: streams, descriptors, listings,
 * polling, the virtual world, the older name. */
#include "wasi-guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- streams ---- */

static void test_streams(void **state)
{
    struct guest *g = *state;
    guest_world(g, (struct wrt_wasi_options){.input = wp_span_str("hello"), .output_max = 10});
    assert_int_equal(guest_move(g, wrt_wasi_fd_read, 0, 3), WASI_SUCCESS);
    assert_int_equal(guest_u32(g, AT_RET), 3);
    assert_memory_equal(g->mem + AT_DATA, "hel", 3);
    assert_int_equal(guest_move(g, wrt_wasi_fd_read, 0, 100), WASI_SUCCESS);
    assert_int_equal(guest_u32(g, AT_RET), 2);
    assert_int_equal(guest_move(g, wrt_wasi_fd_read, 0, 100), WASI_SUCCESS);
    assert_int_equal(guest_u32(g, AT_RET), 0);
    assert_int_equal(guest_move(g, wrt_wasi_fd_read, 1, 1), WASI_NOTCAPABLE);
    assert_int_equal(guest_move(g, wrt_wasi_fd_write, 0, 1), WASI_NOTCAPABLE);
    /* Both streams together may have ten bytes. */
    guest_text(g, AT_DATA, "0123456789");
    assert_int_equal(guest_move(g, wrt_wasi_fd_write, 1, 4), WASI_SUCCESS);
    assert_int_equal(guest_move(g, wrt_wasi_fd_write, 2, 5), WASI_SUCCESS);
    assert_int_equal(guest_move(g, wrt_wasi_fd_write, 1, 2), WASI_STOPPED);
    assert_int_equal(guest_stopped(g), WRT_STOP_OUTPUT);
    assert_int_equal(guest_move(g, wrt_wasi_fd_write, 2, 1), WASI_STOPPED);
    assert_int_equal(wrt_wasi_output(g->w, 1).len, 5);
    assert_memory_equal(wrt_wasi_output(g->w, 1).ptr, "01230", 5);
    assert_int_equal(wrt_wasi_output(g->w, 2).len, 5);
    /* Streams have no place and are no sockets. */
    assert_int_equal(CALL(g, fd_seek, 1, 0, 1, AT_RET), WASI_SPIPE);
    assert_int_equal(CALL(g, fd_pread, 0, AT_IOVS, 1, 0, AT_RET), WASI_SPIPE);
    assert_int_equal(CALL(g, sock_recv, 0, AT_IOVS, 1, 0, AT_RET, AT_RET), WASI_NOTSOCK);
    assert_int_equal(CALL(g, sock_accept, 99, 0, AT_RET), WASI_BADF);
}

static void test_vectors(void **state)
{
    struct guest *g = *state;
    for (uint32_t i = 0; i < 3000; i++) { /* every second one is empty */
        wrt_wasi_put32(g->mem + AT_DATA + 8 * i, AT_DATA);
        wrt_wasi_put32(g->mem + AT_DATA + 8 * i + 4, i % 2);
    }
    assert_int_equal(CALL(g, fd_write, 1, AT_DATA, 3000, AT_RET), WASI_SUCCESS);
    assert_int_equal(guest_u32(g, AT_RET), WASI_IOVS_MAX); /* what is beyond comes with the next write */
    assert_int_equal(CALL(g, fd_write, 1, AT_DATA, 0, AT_RET), WASI_SUCCESS);
    assert_int_equal(guest_u32(g, AT_RET), 0);
}

/* In a process of its own: its streams are pipes; the status is what check gives. */
static void with_pipes(struct guest *g, int (*check)(struct guest *g, int in, int out), int expected)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        int in[2], out[2]; /* made here: nobody else holds an end of them */
        bool ok = pipe(in) == 0 && pipe(out) == 0 && dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1;
        signal(SIGPIPE, SIG_IGN);
        guest_world(g, (struct wrt_wasi_options){.own_stdio = true, .output_max = 100000});
        close(out[1]);
        _exit(ok ? check(g, in[1], out[0]) : 255);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
}

static int closed_pipe(struct guest *g, int in, int out)
{
    (void)in;
    close(out);
    return guest_move(g, wrt_wasi_fd_write, 1, 10);
}

static int pipe_through(struct guest *g, int in, int out)
{
    char got[10000];
    bool ok = write(in, "abc", 3) == 3;
    ok = ok && guest_move(g, wrt_wasi_fd_read, 0, 100) == WASI_SUCCESS && guest_u32(g, AT_RET) == 3;
    ok = ok && guest_move(g, wrt_wasi_fd_write, 1, 10000) == WASI_SUCCESS && guest_u32(g, AT_RET) == 10000;
    ok = ok && read(out, got, sizeof got) == 10000 && memcmp(got, "abc", 3) == 0;
    /* Not ready and told not to wait. */
    ok = ok && CALL(g, fd_fdstat_set_flags, 0, WASI_F_NONBLOCK) == WASI_SUCCESS;
    ok = ok && guest_move(g, wrt_wasi_fd_read, 0, 100) == WASI_AGAIN;
    ok = ok && (fcntl(0, F_GETFL) & O_NONBLOCK) == 0; /* the pipe belongs to others, too */
    close(in);
    ok = ok && guest_move(g, wrt_wasi_fd_read, 0, 100) == WASI_SUCCESS && guest_u32(g, AT_RET) == 0;
    /* As much as there is room for. */
    ok = ok && fcntl(1, F_SETPIPE_SZ, 4096) == 4096;
    ok = ok && CALL(g, fd_fdstat_set_flags, 1, WASI_F_NONBLOCK) == WASI_SUCCESS;
    ok = ok && guest_move(g, wrt_wasi_fd_write, 1, 10000) == WASI_SUCCESS && guest_u32(g, AT_RET) == 4096;
    ok = ok && guest_move(g, wrt_wasi_fd_write, 1, 10000) == WASI_AGAIN;
    return ok ? 0 : 1;
}

/* Many buffers, the ends of which are not those of the pieces, to a reader. */
static int by_pieces(struct guest *g, int in, int out)
{
    (void)in;
    for (uint32_t i = 0; i < 1000; i++) {
        g->mem[AT_DATA + 0x8000 + i] = (uint8_t)(i * 7);
        wrt_wasi_put32(g->mem + AT_DATA + 8 * i, AT_DATA + 0x8000 + i);
        wrt_wasi_put32(g->mem + AT_DATA + 8 * i + 4, 1 + i % 23);
    }
    int code = CALL(g, fd_write, 1, AT_DATA, 1000, AT_RET);
    for (uint32_t i = 0; code == WASI_SUCCESS && i < 1000; i++) {
        uint8_t got[23];
        ssize_t len = 1 + i % 23;
        if (read(out, got, (size_t)len) != len || memcmp(got, g->mem + AT_DATA + 0x8000 + i, (size_t)len) != 0) {
            return 1;
        }
    }
    return code;
}

static int too_much(struct guest *g, int in, int out)
{
    char got[4096];
    (void)in;
    for (int i = 0; i < 100; i++) {
        if (guest_move(g, wrt_wasi_fd_write, 1, 4000) != WASI_SUCCESS) {
            return guest_stopped(g) == WRT_STOP_OUTPUT ? i : 200;
        }
        if (read(out, got, sizeof got) != 4000) {
            return 201;
        }
    }
    return 202;
}

static int past_deadline(struct guest *g, int in, int out)
{
    (void)in;
    (void)out;
    g->store->deadline = 1;
    return guest_move(g, wrt_wasi_fd_read, 0, 1) == WASI_STOPPED && guest_stopped(g) == WRT_STOP_DEADLINE ? 0 : 1;
}

static void test_own_streams(void **state)
{
    with_pipes(*state, closed_pipe, WASI_PIPE);
    with_pipes(*state, pipe_through, 0);
    with_pipes(*state, by_pieces, 0);
    with_pipes(*state, too_much, 25);
    with_pipes(*state, past_deadline, 0);
}

static bool say_yes(void *arg)
{
    (void)arg;
    return true;
}

static void put_clock(struct guest *g, uint32_t i, uint32_t clock, uint64_t timeout, uint32_t flags)
{
    uint8_t *at = g->mem + AT_DATA + 48 * i;
    memset(at, 0, 48);
    wrt_wasi_put64(at, 100 + i);
    wrt_wasi_put32(at + 16, clock);
    wrt_wasi_put64(at + 24, timeout);
    wrt_wasi_put16(at + 40, (uint16_t)flags);
}

static void put_descriptor(struct guest *g, uint32_t i, uint8_t type, uint32_t fd)
{
    uint8_t *at = g->mem + AT_DATA + 48 * i;
    memset(at, 0, 48);
    wrt_wasi_put64(at, 100 + i);
    at[8] = type;
    wrt_wasi_put32(at + 16, fd);
}

enum { AT_EVENTS = AT_DATA + 0x8000 };

static uint32_t poll_of(struct guest *g, uint32_t count, int code)
{
    wrt_wasi_put32(g->mem + AT_RET, 77);
    assert_int_equal(CALL(g, poll_oneoff, AT_DATA, AT_EVENTS, count, AT_RET), code);
    return guest_u32(g, AT_RET);
}

static void check_event(struct guest *g, uint32_t i, uint64_t userdata, uint16_t error, uint8_t type)
{
    const uint8_t *at = g->mem + AT_EVENTS + 32 * i;
    assert_int_equal(wrt_wasi_get64(at), userdata);
    assert_int_equal(wrt_wasi_get16(at + 8), error);
    assert_int_equal(at[10], type);
}

static void test_poll(void **state)
{
    struct guest *g = *state;
    poll_of(g, 0, WASI_INVAL);
    memset(g->mem + AT_DATA, 0, GUEST_MEM - AT_DATA);
    assert_int_equal(CALL(g, poll_oneoff, AT_DATA, AT_DATA, 4097, AT_RET), WASI_INVAL);
    put_descriptor(g, 0, 3, 0); /* no such type */
    poll_of(g, 1, WASI_INVAL);
    /* A clock that there is not, a descriptor that there is not, and one that is ready; a time that is not over. */
    put_clock(g, 0, 2, 0, 0);
    put_descriptor(g, 1, 1, 50);
    put_descriptor(g, 2, 1, 0);
    put_descriptor(g, 3, 2, 1);
    put_clock(g, 4, 1, UINT64_MAX, 0);
    put_descriptor(g, 5, 2, 0);
    assert_int_equal(poll_of(g, 6, WASI_SUCCESS), 5);
    check_event(g, 0, 100, WASI_INVAL, 0);
    check_event(g, 1, 101, WASI_BADF, 1);
    check_event(g, 2, 102, WASI_SUCCESS, 1);
    check_event(g, 3, 103, WASI_SUCCESS, 2);
    check_event(g, 4, 105, WASI_NOTCAPABLE, 2);
    assert_int_equal(wrt_wasi_get16(g->mem + AT_EVENTS + 2 * 32 + 24), 1); /* input is at its end: hangup */
    /* Times: the shortest, and all that are over by then. */
    put_clock(g, 0, 1, 1000000, 0);
    put_clock(g, 1, 1, UINT64_MAX, 0);
    put_clock(g, 2, 0, 5, 1); /* 1970 */
    put_clock(g, 3, 1, 0, 0);
    assert_int_equal(poll_of(g, 4, WASI_SUCCESS), 2);
    check_event(g, 0, 102, WASI_SUCCESS, 0);
    check_event(g, 1, 103, WASI_SUCCESS, 0);
    assert_int_equal(poll_of(g, 1, WASI_SUCCESS), 1);
    /* The run's end ends the sleep. */
    put_clock(g, 0, 1, UINT64_MAX, 0);
    g->store->deadline = 1;
    poll_of(g, 1, WASI_STOPPED);
    assert_int_equal(guest_stopped(g), WRT_STOP_DEADLINE);
    g->store->deadline = 0;
    g->store->watch.cancelled = say_yes;
    poll_of(g, 1, WASI_STOPPED);
    assert_int_equal(guest_stopped(g), WRT_STOP_CANCELLED);
    assert_int_equal(CALL(g, random_get, AT_DATA, 100), WASI_SUCCESS);
}

/* ---- descriptors ---- */

static void test_descriptors(void **state)
{
    struct guest *g = *state;
    unsigned before = guest_host_descriptors();
    int fd = 0, last = 0;
    while ((fd = guest_open(g, 3, 0, "file", 0, WASI_FD_READ, 0)) > 0) {
        last = fd;
    }
    assert_true(fd == -WASI_MFILE);
    assert_true(last == WP_LIMIT_WASI_DESCRIPTORS - 1 ||
                guest_host_descriptors() > 900); /* or the machine has no more */
    for (uint32_t i = 5; i <= (uint32_t)last; i++) {
        assert_int_equal(CALL(g, fd_close, i), WASI_SUCCESS);
    }
    assert_int_equal(guest_host_descriptors(), before);
    assert_int_equal(CALL(g, fd_close, 5), WASI_BADF);
    assert_int_equal(CALL(g, fd_close, 0xffffffffu), WASI_BADF);
    /* Numbers are the lowest, and none is the host's. */
    assert_int_equal(guest_open(g, 3, 0, "file", 0, WASI_FD_READ | WASI_FD_TELL, 0), 5);
    assert_int_equal(guest_open(g, 3, 0, "dir/nested/deep", 0, WASI_FD_READ, 0), 6);
    assert_int_equal(CALL(g, fd_renumber, 5, 7), WASI_BADF);
    assert_int_equal(CALL(g, fd_renumber, 7, 5), WASI_BADF);
    assert_int_equal(CALL(g, fd_renumber, 5, 5), WASI_SUCCESS);
    assert_int_equal(CALL(g, fd_renumber, 5, 6), WASI_SUCCESS);
    assert_int_equal(guest_host_descriptors(), before + 1);
    assert_int_equal(guest_move(g, wrt_wasi_fd_read, 6, 100), WASI_SUCCESS);
    assert_memory_equal(g->mem + AT_DATA, "inside", 6);
    assert_int_equal(CALL(g, fd_tell, 6, AT_RET), WASI_SUCCESS);
    assert_int_equal(guest_u64(g, AT_RET), 6);
    /* Over a folder that was given, and over standard output: they are gone, the host's stay. */
    assert_int_equal(CALL(g, fd_renumber, 6, 3), WASI_SUCCESS);
    assert_int_equal(CALL(g, fd_prestat_get, 3, AT_RET), WASI_BADF);
    assert_int_equal(guest_open(g, 3, 0, "file", 0, 0, 0), -WASI_NOTDIR);
    assert_int_equal(CALL(g, fd_renumber, 4, 1), WASI_SUCCESS);
    assert_int_equal(guest_move(g, wrt_wasi_fd_write, 1, 1), WASI_ISDIR);
    assert_int_equal(CALL(g, fd_prestat_get, 1, AT_RET), WASI_SUCCESS);
    assert_int_equal(guest_open(g, 1, 0, "new", WASI_O_CREAT, 0, 0), -WASI_ROFS);
    assert_true(fcntl(1, F_GETFD) >= 0 && fcntl(g->tree.root_fd, F_GETFD) >= 0);
    assert_int_equal(CALL(g, fd_close, 1), WASI_SUCCESS);
    assert_int_equal(CALL(g, fd_prestat_get, 1, AT_RET), WASI_BADF);
    /* Opening a pipe waits for nobody. */
    assert_int_equal(mkfifoat(g->tree.root_fd, "fifo", 0666), 0);
    guest_world(g, (struct wrt_wasi_options){.arg_count = 0});
    assert_int_equal(guest_open(g, 3, 0, "fifo", 0, WASI_FD_READ, WASI_F_NONBLOCK), 5);
    assert_int_equal(guest_open(g, 3, 0, "fifo", 0, WASI_FD_WRITE, WASI_F_NONBLOCK), 6);
    assert_int_equal(guest_move(g, wrt_wasi_fd_read, 5, 10), WASI_AGAIN);
    assert_int_equal(guest_move(g, wrt_wasi_fd_write, 6, 10), WASI_SUCCESS);
    assert_int_equal(guest_move(g, wrt_wasi_fd_read, 5, 100), WASI_SUCCESS);
    assert_int_equal(guest_u32(g, AT_RET), 10);
}

/* ---- listings ---- */

struct listed {
    char name[64];
    uint64_t next, ino;
    uint8_t type;
};

/* One call with a buffer of that size; the number of whole entries. */
static unsigned list(struct guest *g, uint32_t fd, uint32_t room, uint64_t cookie, struct listed *ret, uint32_t *used)
{
    assert_int_equal(CALL(g, fd_readdir, fd, AT_DATA, room, cookie, AT_RET), WASI_SUCCESS);
    *used = guest_u32(g, AT_RET);
    assert_true(*used <= room);
    unsigned n = 0;
    for (uint32_t at = 0; *used - at >= 24; n++) {
        const uint8_t *e = g->mem + AT_DATA + at;
        uint32_t len = wrt_wasi_get32(e + 16);
        if (len > *used - at - 24) {
            break;
        }
        ret[n] = (struct listed){.next = wrt_wasi_get64(e), .ino = wrt_wasi_get64(e + 8), .type = e[20]};
        memcpy(ret[n].name, e + 24, len);
        at += 24 + len;
    }
    return n;
}

static void test_listing(void **state)
{
    static const char *const names[] = {
        ".",    "..",   "absolute", "chain", "dangling",   "dangling-out", "dir",  "dir-out", "dirlink",    "file",
        "link", "loop", "magic",    "out",   "out-and-in", "ping",         "pong", "winding", "winding-out"};
    struct guest *g = *state;
    struct listed all[40], some[40];
    uint32_t used = 0, read = 0;
    wasi_tree_file(&g->tree, "root/\xff\xfe", ""); /* has no name in the guest's world */
    unsigned n = list(g, 3, 4096, 0, all, &used);
    assert_int_equal(n, WP_ARRAY_LEN(names));
    for (unsigned i = 0; i < n; i++) {
        assert_string_equal(all[i].name, names[i]);
        assert_int_equal(all[i].next, i + 1);
    }
    assert_int_equal(all[6].type, WASI_TYPE_DIRECTORY);
    assert_int_equal(all[9].type, WASI_TYPE_REGULAR_FILE);
    assert_int_equal(all[10].type, WASI_TYPE_SYMBOLIC_LINK);
    assert_int_equal(all[1].ino, 0); /* what is above is not shown */
    /* By pieces of every size, from a folder that changes meanwhile: no name twice, none left out. */
    for (uint32_t room = 24 + 12; room < 300; room += 7) {
        uint64_t cookie = 0;
        unsigned count = 0;
        do {
            unsigned got = list(g, 3, room, cookie, some, &used);
            assert_true(got > 0 || used < room);
            for (unsigned i = 0; i < got; i++) {
                assert_string_equal(some[i].name, names[count++]);
                cookie = some[i].next;
            }
            wasi_tree_file(&g->tree, "root/aaa", ""); /* would come before the others */
        } while (used == room);
        assert_int_equal(unlinkat(g->tree.root_fd, "aaa", 0), 0);
        assert_int_equal(count, n);
    }
    /* Less than an entry fills the room; nonsense is the end. */
    assert_int_equal(list(g, 3, 10, 0, some, &used), 0);
    assert_int_equal(used, 10);
    const uint64_t nonsense[] = {n, n + 1, 1000, UINT32_MAX, INT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < WP_ARRAY_LEN(nonsense); i++) {
        list(g, 3, 4096, nonsense[i], some, &read);
        assert_int_equal(read, 0);
    }
    assert_int_equal(CALL(g, fd_readdir, 3, AT_DATA, 0, 0, AT_RET), WASI_SUCCESS);
    assert_int_equal(CALL(g, fd_readdir, 0, AT_DATA, 100, 0, AT_RET), WASI_NOTDIR);
}

static void test_listings_bounded(void **state)
{
    struct guest *g = *state;
    struct listed some[40];
    uint32_t used = 0;
    g->w->listing_bytes = WP_LIMIT_WASI_LISTINGS - 100; /* as if others were held */
    assert_int_equal(CALL(g, fd_readdir, 3, AT_DATA, 100, 0, AT_RET), WASI_NOMEM);
    assert_int_equal(g->w->listing_bytes, WP_LIMIT_WASI_LISTINGS - 100);
    g->w->listing_bytes = 0;
    assert_true(list(g, 3, 4096, 0, some, &used) > 0);
    assert_true(g->w->listing_bytes > 0);
    assert_int_equal(CALL(g, fd_close, 3), WASI_SUCCESS);
    assert_int_equal(g->w->listing_bytes, 0);
}

/* ---- the virtual world ---- */

static const struct wrt_wasi_options made_up = {
    .virtual_clock = true, .clock_ns = 1000000000, .seeded = true, .seed = 0};

static uint64_t now(struct guest *g, uint32_t clock)
{
    assert_int_equal(CALL(g, clock_time_get, clock, 0, AT_RET), WASI_SUCCESS);
    return guest_u64(g, AT_RET);
}

static void test_virtual_clock(void **state)
{
    struct guest *g = *state;
    guest_world(g, made_up);
    assert_int_equal(now(g, 0), 1000001000);
    assert_int_equal(now(g, 1), 1000002000);
    assert_int_equal(now(g, 2), 3000);
    assert_int_equal(CALL(g, clock_time_get, 4, 0, AT_RET), WASI_INVAL);
    assert_int_equal(CALL(g, clock_res_get, 0, AT_RET), WASI_SUCCESS);
    assert_int_equal(guest_u64(g, AT_RET), 1000);
    put_clock(g, 0, 1, UINT64_C(3600000000000), 0); /* an hour takes no time */
    assert_int_equal(poll_of(g, 1, WASI_SUCCESS), 1);
    assert_int_equal(now(g, 0), UINT64_C(3601000005000));
    put_clock(g, 0, 0, 5, 1);
    put_descriptor(g, 1, 1, 0); /* always ready */
    put_clock(g, 2, 0, 1, 0);
    assert_int_equal(poll_of(g, 3, WASI_SUCCESS), 2);
}

static void test_seeded(void **state)
{
    struct guest *g = *state;
    /* ChaCha20 with a key and a nonce of zeros: RFC 8439, appendix A.1, test vectors 1 and 2 */
    static const uint8_t first[] = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90},
                         second[] = {0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a};
    uint8_t before[200];
    guest_world(g, made_up);
    assert_int_equal(CALL(g, random_get, AT_DATA, 200), WASI_SUCCESS);
    assert_memory_equal(g->mem + AT_DATA, first, sizeof first);
    assert_memory_equal(g->mem + AT_DATA + 64, second, sizeof second);
    memcpy(before, g->mem + AT_DATA, sizeof before);
    /* The same bytes however they are asked for. */
    guest_world(g, made_up);
    for (uint32_t at = 0; at < 200; at += 8) {
        assert_int_equal(CALL(g, random_get, AT_DATA + at, 3), WASI_SUCCESS);
        assert_int_equal(CALL(g, random_get, AT_DATA + at + 3, 5), WASI_SUCCESS);
    }
    assert_memory_equal(g->mem + AT_DATA, before, sizeof before);
    struct wrt_wasi_options other = made_up;
    other.seed = UINT64_C(1) << 63;
    guest_world(g, other);
    assert_int_equal(CALL(g, random_get, AT_DATA, 200), WASI_SUCCESS);
    assert_memory_not_equal(g->mem + AT_DATA, before, sizeof before);
}

static uint64_t number_of(struct guest *g, const char *path)
{
    uint32_t len = guest_text(g, AT_PATH, path);
    assert_int_equal(CALL(g, path_filestat_get, 3, 0, AT_PATH, len, AT_DATA), WASI_SUCCESS);
    assert_int_equal(guest_u64(g, AT_DATA), 0);      /* device */
    assert_int_equal(guest_u64(g, AT_DATA + 40), 0); /* times */
    assert_int_equal(guest_u64(g, AT_DATA + 48), 0);
    assert_int_equal(guest_u64(g, AT_DATA + 56), 0);
    return guest_u64(g, AT_DATA + 8);
}

static void test_virtual_files(void **state)
{
    struct guest *g = *state;
    struct listed all[40];
    uint32_t used = 0;
    guest_world(g, made_up);
    assert_int_equal(number_of(g, "file"), 1);
    assert_int_equal(number_of(g, "dir"), 2);
    assert_int_equal(number_of(g, "file"), 1);
    unsigned n = list(g, 3, 4096, 0, all, &used);
    for (unsigned i = 0, next = 3; i < n; i++) {
        uint64_t ino = all[i].ino;
        bool known = wp_str_eq(all[i].name, "file") || wp_str_eq(all[i].name, "dir") || wp_str_eq(all[i].name, "..");
        assert_true(known || ino == next);
        next += !known;
    }
    /* A second name is the same file; a new file is another one, whatever number the machine gives it. */
    uint64_t last = number_of(g, "winding-out");
    for (int i = 0; i < 20; i++) {
        int fd = guest_open(g, 3, 0, "new", WASI_O_CREAT, WASI_FD_FILESTAT_GET, 0);
        assert_true(fd > 0);
        uint64_t mine = number_of(g, "new");
        assert_int_equal(mine, ++last);
        uint32_t len = guest_text(g, AT_PATH, "new"), other = guest_text(g, AT_PATH2, "second");
        assert_int_equal(CALL(g, path_link, 3, 0, AT_PATH, len, 3, AT_PATH2, other), WASI_SUCCESS);
        assert_int_equal(number_of(g, "second"), mine);
        assert_int_equal(CALL(g, fd_close, (uint32_t)fd), WASI_SUCCESS);
        assert_int_equal(guest_path(g, wrt_wasi_path_unlink_file, 3, "new"), WASI_SUCCESS);
        assert_int_equal(number_of(g, "second"), mine);
        assert_int_equal(guest_path(g, wrt_wasi_path_unlink_file, 3, "second"), WASI_SUCCESS);
    }
    /* Folders have neither size nor more than one link. */
    assert_int_equal(number_of(g, "dir"), 2);
    assert_int_equal(guest_u64(g, AT_DATA + 24), 1);
    assert_int_equal(guest_u64(g, AT_DATA + 32), 0);
}

/* ---- the older name ---- */

static void test_unstable(void **state)
{
    struct guest *g = *state;
    g->unstable = true;
    assert_int_equal(guest_open(g, 3, 0, "file", 0, WASI_FILE_RIGHTS, 0), 5);
    assert_int_equal(CALL(g, fd_seek, 5, 4, 2, AT_RET), WASI_SUCCESS); /* 0 current, 1 end, 2 begin */
    assert_int_equal(guest_u64(g, AT_RET), 4);
    assert_int_equal(CALL(g, fd_seek, 5, 1, 0, AT_RET), WASI_SUCCESS);
    assert_int_equal(guest_u64(g, AT_RET), 5);
    assert_int_equal(CALL(g, fd_seek, 5, 0, 1, AT_RET), WASI_SUCCESS);
    assert_int_equal(guest_u64(g, AT_RET), 6);
    memset(g->mem + AT_DATA, 0xee, 64);
    assert_int_equal(CALL(g, fd_filestat_get, 5, AT_DATA), WASI_SUCCESS);
    assert_int_equal(g->mem[AT_DATA + 16], WASI_TYPE_REGULAR_FILE);
    assert_int_equal(guest_u32(g, AT_DATA + 20), 1); /* links */
    assert_int_equal(guest_u64(g, AT_DATA + 24), 6); /* size */
    assert_int_equal(g->mem[AT_DATA + 56], 0xee);
    uint8_t *at = g->mem + AT_DATA;
    memset(at, 0, 56);
    wrt_wasi_put64(at, 42);
    wrt_wasi_put64(at + 16, 99); /* the identifier of the clock */
    wrt_wasi_put32(at + 24, 1);
    wrt_wasi_put64(at + 32, 1000);
    assert_int_equal(poll_of(g, 1, WASI_SUCCESS), 1);
    check_event(g, 0, 42, WASI_SUCCESS, 0);
}

static void test_imports(void **state)
{
    struct guest *g = *state;
    struct wp_err err = {.code = WP_E_OK};
    struct wrt_value a, b;
    struct wrt_import import = {
        .module = wp_span_str("wasi_snapshot_preview1"), .name = wp_span_str("fd_write"), .kind = WRT_FUNC};
    assert_int_equal(wrt_wasi_import(g->w, &import, &a, &err), 1);
    assert_int_equal(wrt_wasi_import(g->w, &import, &b, &err), 1);
    assert_ptr_equal(a.as.func, b.as.func);
    char text[100];
    wrt_deftype_text(wrt_store_types(g->store), wrt_func_type(a.as.func), text, sizeof text);
    assert_string_equal(text, "(param i32 i32 i32 i32) (result i32)");
    import.module = wp_span_str("wasi_unstable");
    assert_int_equal(wrt_wasi_import(g->w, &import, &b, &err), 1);
    assert_ptr_not_equal(a.as.func, b.as.func);
    import.name = wp_span_str("fd_writ");
    assert_int_equal(wrt_wasi_import(g->w, &import, &b, &err), 0);
    import.name = wp_span_str("fd_write");
    import.kind = WRT_GLOBAL;
    assert_int_equal(wrt_wasi_import(g->w, &import, &b, &err), 0);
    import.kind = WRT_FUNC;
    import.module = wp_span_str("env");
    assert_int_equal(wrt_wasi_import(g->w, &import, &b, &err), 0);
    import = (struct wrt_import){
        .module = wp_span_str("wasi_snapshot_preview1"), .name = wp_span_str("proc_exit"), .kind = WRT_FUNC};
    assert_int_equal(wrt_wasi_import(g->w, &import, &a, &err), 1);
    wrt_deftype_text(wrt_store_types(g->store), wrt_func_type(a.as.func), text, sizeof text);
    assert_string_equal(text, "(param i32)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_streams, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_vectors, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_own_streams, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_poll, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_descriptors, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_listing, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_listings_bounded, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_virtual_clock, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_seeded, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_virtual_files, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_unstable, guest_set_up, guest_tear_down),
        cmocka_unit_test_setup_teardown(test_imports, guest_set_up, guest_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
