/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening libcurl. It brings some thirty libraries along: it is opened when a registry is to be talked to. */
#include "oci/http-curl.h"

#include <dlfcn.h>

static struct {
    pthread_once_t once;
    bool ready;
    char why[256];
    struct curl_api api;
    char version[128];
} library = {.once = PTHREAD_ONCE_INIT};

static bool load_functions(void *handle)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
#define CURL_ROW(member, function) {#function, offsetof(struct curl_api, member)},
        CURL_FUNCTIONS(CURL_ROW)
#undef CURL_ROW
    };
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

static void describe_version(void)
{
    const curl_version_info_data *info = library.api.version_info(CURLVERSION_NOW);
    const char *nghttp2 = info->age >= CURLVERSION_SEVENTH ? info->nghttp2_version : NULL;
    snprintf(library.version, sizeof library.version, "libcurl/%s %s%s%s", info->version,
             info->ssl_version ? info->ssl_version : "without TLS", nghttp2 ? " nghttp2/" : "", nghttp2 ? nghttp2 : "");
}

static void open_library(void)
{
    void *handle = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        snprintf(library.why, sizeof library.why, "%s", why ? why : "libcurl.so.4 cannot be opened");
        return;
    }
    if (!load_functions(handle)) {
        return;
    }
    if (library.api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        snprintf(library.why, sizeof library.why, "libcurl does not start");
        return;
    }
    describe_version();
    library.ready = true;
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
    const char *why = NULL;
    return curl_api_get(&why) ? library.version : NULL;
}
