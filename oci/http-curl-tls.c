/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS options. Further certificate authorities stand beside the system's: libcurl takes one bundle, so one is put
 * together in memory, once per set of files. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "oci/http-curl.h"

#include <dirent.h>
#include <unistd.h>

enum { BUNDLE_MAX = 16 * 1024 * 1024 };

/* Where distributions keep the bundle, for a libcurl that was built elsewhere. */
static const char *const system_bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    NULL,
};

static bool has_suffix(const char *name, const char *suffix)
{
    size_t n = strlen(name);
    size_t m = strlen(suffix);
    return n > m && wp_str_eq(name + n - m, suffix);
}

static int is_cert_file(const struct dirent *e)
{
    return has_suffix(e->d_name, ".crt") || has_suffix(e->d_name, ".cert");
}

static void free_names(struct dirent **names, int n)
{
    for (int i = 0; i < n; i++) {
        free(names[i]);
    }
    free((void *)names);
}

/* Calls fn with the path of every file in dir with the suffix, by name. An absent folder has none. */
static int each_file(const char *dir, const char *suffix, int (*fn)(void *arg, const char *path, struct wp_err *err),
                     void *arg, struct wp_err *err)
{
    struct dirent **names = NULL;
    int n = dir ? scandir(dir, &names, is_cert_file, alphasort) : 0;
    int rc = 0;
    for (int i = 0; i < n && rc == 0; i++) {
        if (has_suffix(names[i]->d_name, suffix)) {
            WP_AUTO_FREE char *path = wp_xasprintf("%s/%s", dir, names[i]->d_name);
            rc = fn(arg, path, err);
        }
    }
    free_names(names, n);
    return rc;
}

static int add_pem(void *arg, const char *path, struct wp_err *err)
{
    struct wp_buf *pem = arg;
    if (wp_fs_read(path, BUNDLE_MAX, pem, err) < 0) {
        return -1;
    }
    wp_buf_add_char(pem, '\n');
    return 0;
}

static int add_system(const struct curl_api *api, CURL *easy, const struct http_tls *tls, struct wp_buf *pem,
                      struct wp_err *err)
{
    if (tls->ca_bundle) {
        return add_pem(pem, tls->ca_bundle, err);
    }
    const char *builtin = NULL; /* a libcurl before 7.84 does not tell */
    if (api->easy_getinfo(easy, CURLINFO_CAINFO, &builtin) == CURLE_OK && builtin && access(builtin, R_OK) == 0) {
        return add_pem(pem, builtin, err);
    }
    for (size_t i = 0; system_bundles[i]; i++) {
        if (access(system_bundles[i], R_OK) == 0) {
            return add_pem(pem, system_bundles[i], err);
        }
    }
    return 0;
}

static int build_pem(const struct curl_api *api, CURL *easy, const struct http_tls *tls, struct wp_buf *ret,
                     struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf extra = WP_BUF_INIT;
    if (each_file(tls->certs_dir, ".crt", add_pem, &extra, err) < 0) {
        return -1;
    }
    if (tls->ca_file && add_pem(&extra, tls->ca_file, err) < 0) {
        return wp_wrap(err, "--ca-file");
    }
    if (tls->ca_file && !strstr(extra.ptr, "CERTIFICATE-----")) {
        return wp_fail(err, WP_E_INPUT, "'%s' holds no PEM certificate", tls->ca_file);
    }
    if (extra.len == 0) {
        return 0;
    }
    if (add_system(api, easy, tls, ret, err) < 0) {
        return -1;
    }
    wp_buf_add(ret, extra.ptr, extra.len);
    return 0;
}

/* The bundle for these files; empty when the system's alone is wanted. Stays valid as long as the transport. */
static int find_pem(struct curl_transport *t, CURL *easy, const struct http_tls *tls, const struct wp_buf **ret,
                    struct wp_err *err)
{
    WP_AUTO_FREE char *key = wp_xasprintf("%s\n%s\n%s", tls->ca_bundle ? tls->ca_bundle : "",
                                          tls->ca_file ? tls->ca_file : "", tls->certs_dir ? tls->certs_dir : "");
    for (const struct curl_ca *ca = t->cas; ca; ca = ca->next) {
        if (wp_str_eq(ca->key, key)) {
            *ret = &ca->pem;
            return 0;
        }
    }
    WP_AUTO_BUF struct wp_buf pem = WP_BUF_INIT;
    if (build_pem(t->api, easy, tls, &pem, err) < 0) {
        return -1;
    }
    struct curl_ca *ca = wp_xcalloc(1, sizeof *ca);
    ca->key = WP_STEAL(key);
    ca->pem = pem;
    pem = (struct wp_buf)WP_BUF_INIT;
    ca->next = t->cas;
    t->cas = ca;
    *ret = &ca->pem;
    return 0;
}

void curl_tls_free(struct curl_transport *t)
{
    while (t->cas) {
        struct curl_ca *ca = t->cas;
        t->cas = ca->next;
        free(ca->key);
        wp_buf_done(&ca->pem);
        free(ca);
    }
}

struct client_cert {
    const struct curl_api *api;
    CURL *easy;
};

static void set_client_cert(const struct client_cert *c, const char *cert, const char *key)
{
    c->api->easy_setopt(c->easy, CURLOPT_SSLCERT, cert);
    c->api->easy_setopt(c->easy, CURLOPT_SSLKEY, key ? key : cert);
}

/* certs.d: NAME.cert with NAME.key beside it. */
static int take_pair(void *arg, const char *path, struct wp_err *err)
{
    const struct client_cert *c = arg;
    WP_AUTO_FREE char *key = wp_xasprintf("%.*s.key", (int)(strlen(path) - strlen(".cert")), path);
    if (access(key, R_OK) != 0) {
        return wp_fail(err, WP_E_INPUT, "'%s' lacks its key '%s'", path, key);
    }
    set_client_cert(c, path, key);
    return 0;
}

int curl_tls_set(struct curl_transport *t, CURL *easy, const struct http_tls *tls, struct wp_err *err)
{
    const struct curl_api *api = t->api;
    const struct wp_buf *pem = NULL;
    pthread_mutex_lock(&t->lock);
    int rc = find_pem(t, easy, tls, &pem, err);
    pthread_mutex_unlock(&t->lock);
    if (rc < 0) {
        return -1;
    }
    if (pem->len > 0) {
        struct curl_blob blob = {.data = pem->ptr, .len = pem->len, .flags = CURL_BLOB_NOCOPY};
        if (api->easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) != CURLE_OK) {
            return wp_fail(err, WP_E_UNSUPPORTED, "this libcurl cannot take further certificate authorities");
        }
    } else if (tls->ca_bundle) {
        api->easy_setopt(easy, CURLOPT_CAINFO, tls->ca_bundle);
    }
    if (tls->ca_dir) {
        api->easy_setopt(easy, CURLOPT_CAPATH, tls->ca_dir);
    } else if (tls->ca_bundle) {
        api->easy_setopt(easy, CURLOPT_CAPATH, NULL); /* else the system's folder would still count */
    }
    api->easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->insecure ? 0L : 1L);
    api->easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->insecure ? 0L : 2L);
    api->easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    struct client_cert client = {.api = api, .easy = easy};
    if (tls->cert_file) {
        set_client_cert(&client, tls->cert_file, tls->key_file);
        return 0;
    }
    return each_file(tls->certs_dir, ".cert", take_pair, &client, err);
}
