/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack version`: of the program and of the libraries it found. */
#include "base/hash.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "oci/http.h"
#include "oci/serve.h"

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const char *openssl = wp_hash_version();
    const char *curl = http_curl_version();
    const char *httpd = oci_serve_version();
    (void)err;
    if (!cmd_json(c)) {
        out_line(c->out, "wpack %s", WPACK_VERSION);
        out_line(c->out, "  %s", openssl != NULL ? openssl : "OpenSSL 3: not installed, nothing can be hashed");
        out_line(c->out, "  jansson %s", wp_json_version());
        out_line(c->out, "  %s", curl != NULL ? curl : "libcurl: not installed, registries cannot be reached");
        out_line(c->out, "  %s", httpd != NULL ? httpd : "libmicrohttpd: not installed, 'wpack serve' cannot run");
        return 0;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "version", WPACK_VERSION);
    wp_jo_kstr(&j, "openssl", openssl);
    wp_jo_kstr(&j, "jansson", wp_json_version());
    wp_jo_kstr(&j, "curl", curl);
    wp_jo_kstr(&j, "microhttpd", httpd);
    wp_jo_object_end(&j);
    out_json(c->out, &b);
    return 0;
}

const struct cmd cmd_version = {
    .name = "version",
    .group = "Setup",
    .args = "",
    .summary = "versions of wpack and of its libraries",
    .run = run,
};
