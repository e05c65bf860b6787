/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs out of replies: a Location or Link target against the URL it came with. What comes out is a URL that splits,
 * never leads from https to http, and names no user; shown, it is as short a secret as before. */
#include "oci/http-url.h"
#include "oci/http.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_join(struct wp_arena *a, const char *base, const char *target)
{
    struct wp_err err = {0};
    struct http_origin from;
    struct http_origin to;
    char *url = NULL;
    if (http_url_join(a, base, target, &url, &err) < 0) {
        must(err.code != WP_E_OK);
        return;
    }
    must(http_url_split(base, &from, NULL) == NULL);
    /* A host may still turn out to be none: then every request to it is refused. */
    if (http_url_split(url, &to, NULL) == NULL) {
        must(!from.https || to.https);
        must(to.host[0] != '\0' && to.port != 0);
        (void)http_host_kind(to.host);
        (void)http_host_is_loopback(to.host);
    }
    for (const char *p = url; *p != '\0'; p++) {
        must(*p > ' ' && *p <= '~' && *p != '\\');
    }
    must(http_url_shown(a, url) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const bases[] = {"https://reg.example.com/v2/a/blobs/uploads/?x=1", "http://127.0.0.1:5000",
                                        "https://[2001:db8::1]:8443/v2/"};
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    char *text = wp_arena_strn(&a, (const char *)data, size);
    for (size_t i = 0; i < WP_ARRAY_LEN(bases); i++) {
        check_join(&a, bases[i], text);
    }
    check_join(&a, text, "/v2/");
    char *next = http_link_next(&a, text);
    if (next != NULL) {
        check_join(&a, bases[0], next);
    }
    return 0;
}
