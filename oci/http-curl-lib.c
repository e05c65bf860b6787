/* SPDX-License-Identifier: Apache-2.0
 *
 * Where libcurl comes from: libcurl.a within the program, or libcurl.so.4 and the thirty libraries it brings along,
 * opened when a registry is to be talked to (oci/curl-rows.sh decides, make CURL=shared asks for it). */
#include "base/lazy-rows.h"
#include "base/mem.h"
#include "curl-rows.h"
#include "oci/http-curl.h"

#include <dlfcn.h>

static struct {
    pthread_once_t once;
    bool ready;
    char why[256];
    struct curl_api api;
} library = {.once = PTHREAD_ONCE_INIT};

#if WP_CURL_STATIC

/* libcurl.a is a part of the program, and what it calls of other libraries goes through slots (base/lazy-rows.h): a
 * plain http:// request opens none of them, TLS opens libssl, HTTP/2 nghttp2. */
#define LIBRARY(name, file) \
    WP_LAZY_LIBRARY(curl_##name, file, "the libraries of libcurl (Debian: apt install libcurl4)", NULL)
#define ENTRY(function, name) WP_LAZY_ENTRY(function, curl_##name)
WP_CURL_LIBRARIES(LIBRARY)
WP_CURL_ENTRIES(ENTRY)

/* Of protocols that are never asked for (LDAP, SSH, RTMP, Kerberos): CURLOPT_PROTOCOLS_STR lets http and https in. */
#define LABEL(function) ".hidden " #function "\n.globl " #function "\n.type " #function ",%function\n" #function ":\n"
__asm__(".text\n" WP_CURL_NEVER(LABEL) WP_LAZY_CALL(wp_curl_never));
__asm__(".text\n" WP_CURL_QUIET(LABEL) WP_LAZY_RETURN_0);
void wp_curl_never(void) __attribute__((visibility("hidden"), used, noreturn));
void wp_curl_never(void)
{
    wp_die("wpack: libcurl reached for a protocol that is not http\n", 1);
}

/* libcurl calls it at its start. OpenSSL starts by itself at the first SSL_CTX_new (OPENSSL_init_ssl(3)), with the same
 * configuration file; what is left out are engines, which are only for keys of CURLOPT_SSLENGINE. */
int OPENSSL_init_ssl(uint64_t options, const void *settings) __attribute__((visibility("hidden")));
int OPENSSL_init_ssl(uint64_t options, const void *settings)
{
    (void)options;
    (void)settings;
    return 1;
}

static bool load_functions(void)
{
#define CURL_ROW(member, function) library.api.member = (function);
    CURL_FUNCTIONS(CURL_ROW)
#undef CURL_ROW
    return true;
}

#else

static bool load_functions(void)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
#define CURL_ROW(member, function) {#function, offsetof(struct curl_api, member)},
        CURL_FUNCTIONS(CURL_ROW)
#undef CURL_ROW
    };
    void *handle = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        snprintf(library.why, sizeof library.why, "%s", why ? why : "libcurl.so.4 cannot be opened");
        return false;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        void *symbol = dlsym(handle, rows[i].name);
        if (!symbol) {
            snprintf(library.why, sizeof library.why, "libcurl lacks %s", rows[i].name);
            return false;
        }
        memcpy((char *)&library.api + rows[i].offset, &symbol, sizeof symbol);
    }
    return true;
}

/* "libcurl/7.88.1 OpenSSL/3.0.19 nghttp2/1.52.0", of the library that was found. */
static const char *version_of(const curl_version_info_data *info)
{
    static char text[128];
    const char *nghttp2 = info->age >= CURLVERSION_SEVENTH ? info->nghttp2_version : NULL;
    snprintf(text, sizeof text, "libcurl/%s %s%s%s", info->version,
             info->ssl_version ? info->ssl_version : "without TLS", nghttp2 ? " nghttp2/" : "", nghttp2 ? nghttp2 : "");
    return text;
}

#endif

static void open_library(void)
{
    if (!load_functions()) {
        return;
    }
    library.ready = library.api.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!library.ready) {
        snprintf(library.why, sizeof library.why, "libcurl does not start");
    }
}

const struct curl_api *curl_api_get(const char **why)
{
    pthread_once(&library.once, open_library);
    if (!library.ready) {
        *why = library.why;
        return NULL;
    }
    return &library.api;
}

const char *http_curl_version(void)
{
#if WP_CURL_STATIC
    return "libcurl/" LIBCURL_VERSION " (built in)";
#else
    const char *why = NULL;
    const struct curl_api *api = curl_api_get(&why);
    return api ? version_of(api->version_info(CURLVERSION_NOW)) : NULL;
#endif
}
