/* SPDX-License-Identifier: Apache-2.0
 *
 * From "127.0.0.1:5000" to a listening socket, with words for what can be wrong about it, and the reply to those who
 * expect TLS behind it. */
#include "base/mem.h"
#include "base/num.h"
#include "oci/httpd.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static int bad_address(const char *addr, const char *why, struct wp_err *err)
{
    (void)wp_fail(err, WP_E_USAGE, "'%s' is not an address to listen on: %s", addr, why);
    return wp_hint(err, "an address is HOST:PORT, e.g. 127.0.0.1:5000 or [::1]:5000; port 0 takes a free one");
}

/* host is allocated; port is borrowed from addr. */
static int split_address(const char *addr, char **ret_host, const char **ret_port, struct wp_err *err)
{
    const char *colon = strrchr(addr, ':');
    if (colon == NULL) {
        return bad_address(addr, "it has no port", err);
    }
    uint64_t port;
    if (!wp_parse_u64(colon + 1, 0, 65535, &port)) {
        return bad_address(addr, "its port is not a number from 0 to 65535", err);
    }
    const char *host = addr;
    size_t len = (size_t)(colon - addr);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    } else if (memchr(host, ':', len) != NULL) {
        return bad_address(addr, "an IPv6 address stands in brackets", err);
    }
    if (len == 0) {
        return bad_address(addr, "it has no host", err);
    }
    *ret_host = wp_xstrndup(host, len);
    *ret_port = colon + 1;
    return 0;
}

static int listen_failed(const char *addr, int errnum, struct wp_err *err)
{
    (void)wp_fail_errno(err, errnum, "cannot listen on '%s'", addr);
    err->code = WP_E_IO;
    if (errnum == EADDRINUSE) {
        return wp_hint(err, "another program listens there: end it, or take another port (0: any free one)");
    }
    if (errnum == EACCES) {
        return wp_hint(err, "ports below 1024 need privileges: take a higher one");
    }
    if (errnum == EADDRNOTAVAIL) {
        return wp_hint(err, "this machine has no such address: try 127.0.0.1, or 0.0.0.0 for all");
    }
    return -1;
}

static int listen_one(const struct addrinfo *ai)
{
    WP_AUTO_FD int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    /* Accepted with its first bytes, so that httpd_refuse_tls can look at them. */
    int seconds = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
        int errnum = errno;
        wp_close_p(&fd);
        fd = -1;
        errno = errnum;
        return -1;
    }
    int ret = fd;
    fd = -1;
    return ret;
}

static int own_address(int fd, char ret[HTTPD_ADDR_TEXT])
{
    struct sockaddr_storage sa = {0};
    socklen_t len = sizeof(sa);
    char host[48];
    char port[8];
    if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0 ||
        getnameinfo((struct sockaddr *)&sa, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return -1;
    }
    (void)snprintf(ret, HTTPD_ADDR_TEXT, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
    return 0;
}

int httpd_listen(const char *addr, WP_OWN int *ret_fd, char ret_addr[HTTPD_ADDR_TEXT], struct wp_err *err)
{
    WP_AUTO_FREE char *host = NULL;
    const char *port = NULL;
    if (split_address(addr, &host, &port, err) != 0) {
        return -1;
    }
    struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(host, port, &want, &list);
    if (rc != 0) {
        return bad_address(addr, gai_strerror(rc), err);
    }
    int fd = -1;
    int errnum = EADDRNOTAVAIL;
    for (const struct addrinfo *ai = list; ai != NULL && fd < 0; ai = ai->ai_next) {
        fd = listen_one(ai);
        if (fd < 0) {
            errnum = errno;
        }
    }
    freeaddrinfo(list);
    if (fd < 0) {
        return listen_failed(addr, errnum, err);
    }
    if (own_address(fd, ret_addr) != 0) {
        (void)listen_failed(addr, errno, err);
        (void)close(fd);
        return -1;
    }
    *ret_fd = fd;
    return 0;
}

/* Docker and containerd try TLS first and fall back when a reply shows that HTTP is spoken here; the library would end
 * most such connections without a word. */
void httpd_refuse_tls(int fd)
{
    static const char reply[] = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 39\r\n"
                                "Connection: close\r\n\r\nthis is HTTP, and the request was TLS\r\n";
    uint8_t hello[4096];
    ssize_t n = recv(fd, hello, 2, MSG_PEEK | MSG_DONTWAIT);
    if (n != 2 || hello[0] != 0x16 || hello[1] != 0x03) {
        return;
    }
    /* Closing with bytes unread would be a reset, and the reply lost. */
    while (recv(fd, hello, sizeof(hello), MSG_DONTWAIT) > 0) {
    }
    (void)send(fd, reply, sizeof(reply) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_RDWR);
}
