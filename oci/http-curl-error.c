/* SPDX-License-Identifier: Apache-2.0
 *
 * libcurl's results as errors: which are worth another attempt, and what a person should do about the others. */
#include "oci/http-curl.h"
#include "oci/http-retry.h"

#include <ctype.h>

static bool says(const char *text, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        if (strcasestr(text, words[i])) {
            return true;
        }
    }
    return false;
}

static int tls_fail(const char *host, const char *why, struct wp_err *err)
{
    static const char *const no_tls[] = {"wrong version number", "packet length too long", "http request",
                                         "unknown protocol", NULL};
    static const char *const refused[] = {"alert", "unsupported protocol", "no protocols available", "no shared cipher",
                                          NULL};
    if (says(why, no_tls)) {
        wp_fail(err, WP_E_OTHER, "'%s' speaks HTTP, not HTTPS", host);
        return wp_hint(err, "add --plain-http");
    }
    enum wp_code code = says(why, refused) ? WP_E_OTHER : WP_E_NETWORK;
    return wp_fail(err, code, "'%s': no TLS connection: %s", host, why);
}

/* Is it the name or the time that is wrong rather than who signed? Then another authority would not help. */
static int cert_fail(const char *host, const char *why, struct wp_err *err)
{
    static const char *const not_the_signer[] = {"target host name", "expired", "not yet valid", NULL};
    wp_fail(err, WP_E_OTHER, "'%s' shows a certificate that is not trusted: %s", host, why);
    return says(why, not_the_signer) ? -1 : wp_hint(err, "name the certificate authority with --ca-file");
}

static bool is_temporary(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_FAIL_REWIND:
        return true;
    default:
        return false;
    }
}

#define PROXY_HINT "HTTPS_PROXY or HTTP_PROXY names the proxy, NO_PROXY the hosts that need none"

/* The status with which a proxy refused the tunnel, or 0. */
static int tunnel_status(const struct curl_stream *s)
{
    long status = 0;
    return s->api->easy_getinfo(s->lane->easy, CURLINFO_HTTP_CONNECTCODE, &status) == CURLE_OK && status >= 300
               ? (int)status
               : 0;
}

static int tunnel_fail(const char *host, int status, struct wp_err *err)
{
    if (status == 407) {
        wp_fail(err, WP_E_OTHER, "'%s': the proxy asks for credentials (407)", host);
        return wp_hint(err, HTTP_PROXY_LOGIN_HINT);
    }
    wp_fail(err, http_retry_status(status) ? WP_E_NETWORK : WP_E_OTHER, "'%s': the proxy does not connect to it (%d)",
            host, status);
    return wp_hint(err, PROXY_HINT);
}

/* Which port was tried stands in libcurl's message; it is another one where a proxy was. */
static int connect_fail(const struct curl_stream *s, const char *why, struct wp_err *err)
{
    char port[24];
    snprintf(port, sizeof port, " port %u ", (unsigned)s->origin.port);
    wp_fail(err, WP_E_NETWORK, "'%s': %s", s->origin.host, why);
    return wp_hint(err, strstr(why, " port ") && !strstr(why, port)
                            ? PROXY_HINT
                            : "check the host and port, and that the registry is running");
}

/* libcurl stops at a header line of 100 KiB; before 8.6 it says that as if memory had run out. */
static bool is_long_line(const struct curl_stream *s, CURLcode code)
{
    enum { TOO_LARGE = 100 }; /* CURLE_TOO_LARGE */
    return !s->headers_done && (code == CURLE_OUT_OF_MEMORY || (int)code == TOO_LARGE);
}

int curl_stream_fail(const struct curl_stream *s, CURLcode code, struct wp_err *err)
{
    const char *host = s->origin.host;
    if (is_long_line(s, code)) {
        return wp_fail(err, WP_E_LIMIT, "'%s' sends a header line without end", host);
    }
    int refused = tunnel_status(s);
    if (refused > 0) {
        return tunnel_fail(host, refused, err);
    }
    char why[CURL_ERROR_SIZE];
    snprintf(why, sizeof why, "%s", s->errbuf[0] ? s->errbuf : s->api->easy_strerror(code));
    if (isupper((unsigned char)why[0]) && islower((unsigned char)why[1])) {
        why[0] = (char)tolower((unsigned char)why[0]);
    }
    switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
        return tls_fail(host, why, err);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        return cert_fail(host, why, err);
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return wp_fail(err, WP_E_OTHER, "'%s': a certificate or key file cannot be used: %s", host, why);
    case CURLE_UNSUPPORTED_PROTOCOL: /* a reply that is no HTTP/1 reply */
        wp_fail(err, WP_E_OTHER, "'%s' port %u does not speak HTTP", host, (unsigned)s->origin.port);
        return s->origin.https ? -1 : wp_hint(err, "if it speaks HTTPS, leave out --plain-http");
    case CURLE_RECV_ERROR:
        /* TLS 1.3 servers refuse a client's certificate after the handshake. */
        if (strcasestr(why, "SSL") && strcasestr(why, "alert")) {
            return tls_fail(host, why, err);
        }
        break;
    case CURLE_COULDNT_RESOLVE_HOST:
        wp_fail(err, WP_E_NETWORK, "'%s': %s", host, why);
        return wp_hint(err, "check the spelling of the name, and the network");
    case CURLE_COULDNT_RESOLVE_PROXY:
        wp_fail(err, WP_E_NETWORK, "'%s': %s", host, why);
        return wp_hint(err, PROXY_HINT);
    case CURLE_COULDNT_CONNECT:
        return connect_fail(s, why, err);
    case CURLE_PARTIAL_FILE:
        return wp_fail(err, WP_E_NETWORK, "'%s' broke off in the middle of a reply: %s", host, why);
    default:
        break;
    }
    return wp_fail(err, is_temporary(code) ? WP_E_NETWORK : WP_E_OTHER, "'%s': %s", host, why);
}
