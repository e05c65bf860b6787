/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening libmicrohttpd 0.9.75 or newer, at first use: only a server needs it. */
#include "oci/httpd-int.h"

#include <dlfcn.h>

bool httpd_library_open(struct mhd *ret)
{
    static const struct {
        const char *name;
        size_t offset;
    } symbols[] = {
#define MHD_ROW(name) {"MHD_" #name, offsetof(struct mhd, name)},
        MHD_SYMBOLS(MHD_ROW)
#undef MHD_ROW
    };
    *ret = (struct mhd){0};
    ret->handle = dlopen(HTTPD_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (ret->handle == NULL) {
        return false;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(symbols); i++) {
        void *symbol = dlsym(ret->handle, symbols[i].name);
        if (symbol == NULL) {
            (void)dlclose(ret->handle);
            return false;
        }
        memcpy((char *)ret + symbols[i].offset, &symbol, sizeof(symbol));
    }
    return true;
}

const char *httpd_version(void)
{
    static char text[48];
    struct mhd lib;
    if (!httpd_library_open(&lib)) {
        return NULL;
    }
    (void)snprintf(text, sizeof(text), "libmicrohttpd %s", lib.get_version());
    return text;
}
