/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of credential files and helpers. docker writes "host", "https://host" or "https://index.docker.io/v1/";
 * containers tools write "host" or "host/namespace/repo" (containers-auth.json(5)). */
#include "oci/creds-parts.h"

#include <strings.h>

const char *creds_canonical_host(const char *host)
{
    static const char *const hub[] = {"docker.io", "index.docker.io", "registry-1.docker.io"};
    for (size_t i = 0; i < WP_ARRAY_LEN(hub); i++) {
        if (strcasecmp(host, hub[i]) == 0) {
            return hub[0];
        }
    }
    return host;
}

static size_t drop_suffix(const char *text, size_t len, const char *suffix)
{
    size_t n = strlen(suffix);
    return len >= n && memcmp(text + len - n, suffix, n) == 0 ? len - n : len;
}

size_t creds_key_match(const char *key, const char *host, const char *repo)
{
    if (strncasecmp(key, "https://", 8) == 0) {
        key += 8;
    } else if (strncasecmp(key, "http://", 7) == 0) {
        key += 7;
    }
    size_t len = drop_suffix(key, strlen(key), "/");
    len = drop_suffix(key, drop_suffix(key, len, "/v1"), "/v2");
    size_t name = 0;
    while (name < len && key[name] != '/') {
        name++;
    }
    char key_host[256];
    if (name == 0 || name >= sizeof key_host) {
        return 0;
    }
    memcpy(key_host, key, name);
    key_host[name] = '\0';
    if (strcasecmp(creds_canonical_host(key_host), creds_canonical_host(host)) != 0) {
        return 0;
    }
    size_t path = len - name; /* "/a/b" */
    if (path == 0) {
        return 1;
    }
    bool below = repo && strlen(repo) >= path - 1 && memcmp(repo, key + name + 1, path - 1) == 0 &&
                 (repo[path - 1] == '\0' || repo[path - 1] == '/');
    return below ? 1 + path : 0;
}

const char *const *creds_helper_keys(struct wp_arena *a, const char *host)
{
    const char **keys = wp_arena_alloc(a, 5, sizeof *keys);
    if (wp_str_eq(creds_canonical_host(host), "docker.io")) {
        keys[0] = "https://index.docker.io/v1/";
        keys[1] = "docker.io";
        keys[2] = "index.docker.io";
        keys[3] = "registry-1.docker.io";
    } else {
        keys[0] = wp_arena_str(a, host);
        keys[1] = wp_arena_printf(a, "https://%s", host);
    }
    return keys;
}
