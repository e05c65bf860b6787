/* SPDX-License-Identifier: Apache-2.0
 *
 * References: what is accepted holds to the grammar and parses again from its own text; what is refused says why. */
#include "base/mem.h"
#include "oci/ref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_parts(struct wp_arena *a, const struct oci_ref *ref)
{
    if (ref->kind == OCI_REF_REGISTRY) {
        must(ref->path == NULL && ref->host[0] != '\0' && oci_ref_repo_problem(ref->repo) == NULL);
        must(strlen(ref->host) + 1 + strlen(ref->repo) <= 255);
        must(ref->name == NULL || oci_ref_tag_problem(ref->name) == NULL);
    } else {
        must(ref->host == NULL && ref->repo == NULL && ref->path[0] != '\0');
        const char *repo = NULL;
        const char *tag = NULL;
        if (ref->name != NULL) {
            oci_name_split(a, ref->name, &repo, &tag);
            must(oci_ref_tag_problem(tag) == NULL);
        }
    }
    for (const char *const *tag = ref->more; *tag != NULL; tag++) {
        must(oci_ref_tag_problem(*tag) == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    size_t len = strnlen((const char *)data, size);
    WP_AUTO_FREE char *text = wp_xmalloc(len + 1);
    memcpy(text, data, len);
    text[len] = '\0';
    struct oci_ref ref;
    struct wp_err err = {0};
    (void)oci_ref_looks_like(text);
    if (oci_ref_parse(&a, text, &ref, &err) != 0) {
        must(err.code == WP_E_USAGE && err.msg[0] != '\0');
        return 0;
    }
    check_parts(&a, &ref);
    const char *shown = oci_ref_text(&a, &ref);
    struct oci_ref again;
    must(oci_ref_parse(&a, shown, &again, &err) == 0);
    must(wp_str_eq(oci_ref_text(&a, &again), shown));
    return 0;
}
