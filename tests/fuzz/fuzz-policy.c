/* SPDX-License-Identifier: Apache-2.0
 *
 * Trust policies of all three kinds, and a statement behind a NUL byte for their conditions. Where nothing was signed
 * no policy may be satisfied, whatever it says; where it is refused there are words. */
#include "sign/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What policies name. */
static const struct {
    const char *name, *text;
} files[] = {
    {"k", "-----BEGIN PUBLIC KEY-----\n"
          "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESINNbfRFq5DjsyYHBCcwzypIqTEC\n"
          "4Co5PhwcTAFvIktJv4NH4QO9Imv3FPYERYBnSM9Zrmnvd/IYcuy3mXDLvQ==\n"
          "-----END PUBLIC KEY-----\n"},
    {"a", "-----BEGIN PUBLIC KEY-----\n"
          "MCowBQYDK2VwAyEAm54Uhmq3g+2Fr0hYoUMyU2uCAT+TnyTOKS9aosNLR3Q=\n"
          "-----END PUBLIC KEY-----\n"},
    {"b", "-----BEGIN PUBLIC KEY-----\n"
          "MCowBQYDK2VwAyEABT5HdF+nEI+FbOba4ojqfGjykATbJrxRIywPEaLoRmY=\n"
          "-----END PUBLIC KEY-----\n"},
    {"r", "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\"}"},
};

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "we");
    must(f != NULL && fputs(text, f) >= 0);
    must(fclose(f) == 0);
}

static char place[] = "/tmp/wpack-fuzz-policy.XXXXXX";

static void remove_place(void)
{
    for (size_t i = 0; i < WP_ARRAY_LEN(files); i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", place, files[i].name);
        (void)unlink(path);
    }
    (void)rmdir(place);
}

/* Made once for the process. */
static const char *folder(void)
{
    static bool made;
    if (!made) {
        must(mkdtemp(place) != NULL);
        must(atexit(remove_place) == 0);
        for (size_t i = 0; i < WP_ARRAY_LEN(files); i++) {
            put(place, files[i].name, files[i].text);
        }
        made = true;
    }
    return place;
}

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    (void)art, (void)d, (void)a, (void)err;
    ret->key_id = ret->signer = "key";
    ret->statement = c->bytes;
    return 1;
}

static const char *const no_types[] = {NULL};
static const struct sig_format format = {.id = SIG_BUNDLE, .name = "any", .layer_types = no_types, .check = check};

static void judge(const struct sig_policy *p, const char *reference, struct wp_span statement, bool is_file)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    const struct sig_candidate c = {.format = &format, .where = "here", .bytes = statement};
    for (size_t n = 0; n < 2; n++) {
        struct sig_report report;
        struct wp_err err = {0};
        struct sig_question q = {.artifact = {.name = "artifact", .repository = "registry.example/a/b"},
                                 .reference = reference,
                                 .given = &c,
                                 .given_count = n,
                                 .now = 1800000000};
        q.artifact.desc.media_type = is_file ? NULL : OCI_MT_MANIFEST;
        oci_digest_of(WP_SHA256, statement, &q.artifact.desc.digest);
        int rc = sig_judge(p, &q, &a, &report, &err);
        bool good = report.verdict == SIG_SATISFIED || report.verdict == SIG_ACCEPTED_UNSIGNED;
        must((rc == 0) == good);
        must(n > 0 || report.verdict != SIG_SATISFIED);
        must(good || (err.code != WP_E_OK && err.msg[0] != '\0'));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SIG_AUTO_POLICY struct sig_policy *p = NULL;
    const uint8_t *nul = size > 0 ? memchr(data, 0, size) : NULL;
    size_t len = nul != NULL ? (size_t)(nul - data) : size;
    struct wp_span statement = nul != NULL ? wp_span(nul + 1, size - len - 1) : wp_span("", 0);
    struct wp_err err = {0};
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/policy.json", folder());
    if (sig_policy_parse(wp_span(data, len), path, folder(), &p, &err) < 0) {
        must(p == NULL && err.code != WP_E_OK && err.msg[0] != '\0');
        return 0;
    }
    judge(p, "registry.example/a/b:1", statement, false);
    judge(p, "registry.example/a/b@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", statement,
          false);
    judge(p, "oci:/tmp/layout:a/b:1", statement, false);
    judge(p, "app.wasm", statement, true);
    return 0;
}
