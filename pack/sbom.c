/* SPDX-License-Identifier: Apache-2.0
 *
 * What both kinds of bills of materials are made of. */
#include "pack/sbom.h"

#include "base/hash.h"
#include "base/num.h"
#include "base/text.h"
#include "pack/sbom-parts.h"

#include <inttypes.h>
#include <stdio.h>

char *sbom_sha256(struct wp_span bytes, char ret[SBOM_HEX])
{
    uint8_t hash[WP_HASH_MAX];
    wp_hash_bytes(WP_SHA256, bytes, hash);
    wp_hex(hash, 32, ret);
    return ret;
}

/* With its end, so that two texts side by side are never one. */
static void mix(struct wp_hash *h, const char *text)
{
    wp_hash_add(h, text == NULL ? "" : text, text == NULL ? 1 : strlen(text) + 1);
}

char *sbom_uuid(const struct pack_sbom *in, char ret[SBOM_UUID])
{
    WP_AUTO_HASH struct wp_hash *h = wp_hash_new(WP_SHA256);
    uint8_t hash[WP_HASH_MAX];
    char hex[33];
    char created[WP_TIME_TEXT];
    const char *const words[] = {in->kind == PACK_SBOM_SPDX ? "spdx" : "cyclonedx",
                                 in->name,
                                 in->version,
                                 in->file,
                                 in->licenses,
                                 in->reference,
                                 in->digest,
                                 in->wpack_version,
                                 wp_time_rfc3339(in->created, created)};
    for (size_t i = 0; i < WP_ARRAY_LEN(words); i++) {
        mix(h, words[i]);
    }
    wp_hash_add(h, in->bytes.ptr, in->bytes.len);
    wp_hash_end(h, hash);
    hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x80);
    hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
    wp_hex(hash, 16, hex);
    (void)snprintf(ret, SBOM_UUID, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return ret;
}

bool sbom_crate_url(const struct pack_dependency *d, struct wp_buf *b)
{
    if (!wp_str_eq(d->source, "crates.io")) {
        return false;
    }
    wp_buf_add_str(b, "pkg:cargo/");
    wp_percent_encode(b, d->name, "");
    wp_buf_add_char(b, '@');
    wp_percent_encode(b, d->version, "");
    return true;
}

bool sbom_artifact_url(const struct pack_sbom *in, struct wp_buf *b)
{
    if (in->reference == NULL || in->digest == NULL) {
        return false;
    }
    const char *slash = strrchr(in->reference, '/');
    wp_buf_add_str(b, "pkg:oci/");
    wp_percent_encode(b, slash == NULL ? in->reference : slash + 1, "");
    wp_buf_add_char(b, '@');
    wp_percent_encode(b, in->digest, "");
    wp_buf_add_str(b, "?repository_url=");
    wp_percent_encode(b, in->reference, "/:");
    return true;
}

struct wp_span sbom_nested_bytes(const struct pack_sbom *in, size_t i)
{
    const struct pack_nested *n = &in->module->nested[i];
    return wp_span(in->bytes.ptr + n->offset, n->size);
}

char *sbom_nested_name(const struct pack_module *m, size_t i, char ret[SBOM_NAME])
{
    (void)snprintf(ret, SBOM_NAME, "%s at 0x%" PRIx64,
                   m->nested[i].kind == WP_WASM_COMPONENT ? "component" : "core module", m->nested[i].offset);
    return ret;
}

const char *sbom_licenses(const struct pack_sbom *in)
{
    return in->licenses != NULL ? in->licenses : in->module->licenses;
}

const struct pack_dependency *sbom_root(const struct pack_module *m)
{
    for (size_t i = 0; i < m->dependency_count; i++) {
        if (m->dependencies[i].root) {
            return &m->dependencies[i];
        }
    }
    return NULL;
}

const char *sbom_version(const struct pack_sbom *in)
{
    const struct pack_dependency *root = sbom_root(in->module);
    const char *own = in->version != NULL ? in->version : in->module->version;
    return own == NULL && root != NULL ? root->version : own;
}

bool sbom_is_tool(const struct pack_producer *p)
{
    return !wp_str_eq(p->field, "language") && p->name[0] != '\0';
}

const char *pack_sbom_media_type(enum pack_sbom_kind kind)
{
    return kind == PACK_SBOM_SPDX ? PACK_MT_SPDX : PACK_MT_CYCLONEDX;
}

void pack_sbom_write(const struct pack_sbom *in, struct wp_buf *b)
{
    if (in->kind == PACK_SBOM_SPDX) {
        sbom_spdx(in, b);
    } else {
        sbom_cyclonedx(in, b);
    }
}
