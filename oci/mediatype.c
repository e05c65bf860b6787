/* SPDX-License-Identifier: Apache-2.0
 *
 * Media types (oci/mediatype.h). */
#include "oci/mediatype.h"

#include <strings.h>

const struct oci_mediatype_row oci_mediatypes[] = {
    {OCI_MT_MANIFEST, OCI_MANIFEST, "OCI image manifest"},
    {OCI_MT_INDEX, OCI_INDEX, "OCI image index"},
    {OCI_MT_DOCKER_MANIFEST, OCI_MANIFEST, "Docker image manifest"},
    {OCI_MT_DOCKER_LIST, OCI_INDEX, "Docker manifest list"},
    {OCI_MT_ARTIFACT, OCI_MANIFEST, "OCI artifact manifest (retired)"},
    {OCI_MT_CONFIG, OCI_NOT_MANIFEST, "OCI image config"},
    {OCI_MT_EMPTY, OCI_NOT_MANIFEST, "OCI empty descriptor"},
    {OCI_MT_OCTETS, OCI_NOT_MANIFEST, "bytes"},
    {"application/vnd.oci.image.layer.v1.tar", OCI_NOT_MANIFEST, "OCI layer, tar"},
    {"application/vnd.oci.image.layer.v1.tar+gzip", OCI_NOT_MANIFEST, "OCI layer, tar+gzip"},
    {"application/vnd.oci.image.layer.v1.tar+zstd", OCI_NOT_MANIFEST, "OCI layer, tar+zstd"},
    {"application/vnd.docker.container.image.v1+json", OCI_NOT_MANIFEST, "Docker image config"},
    {"application/vnd.docker.image.rootfs.diff.tar.gzip", OCI_NOT_MANIFEST, "Docker layer, tar+gzip"},
    {NULL, OCI_NOT_MANIFEST, NULL},
};

const char oci_mediatype_accept[] =
    OCI_MT_MANIFEST ", " OCI_MT_INDEX ", " OCI_MT_DOCKER_MANIFEST ", " OCI_MT_DOCKER_LIST ", " OCI_MT_ARTIFACT;

enum oci_manifest_kind oci_mediatype_kind(const char *media_type)
{
    if (media_type == NULL) {
        return OCI_NOT_MANIFEST;
    }
    size_t len = strcspn(media_type, "; \t");
    for (const struct oci_mediatype_row *row = oci_mediatypes; row->name != NULL; row++) {
        if (strlen(row->name) == len && strncasecmp(row->name, media_type, len) == 0) {
            return row->kind;
        }
    }
    return OCI_NOT_MANIFEST;
}

/* A restricted-name of RFC 6838 section 4.2; returns its length, 0 for none. */
static size_t restricted_name(const char *text)
{
    static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+";
    if (strspn(text, alnum) == 0) {
        return 0;
    }
    size_t len = strspn(text, all);
    return len <= 127 ? len : 0;
}

bool oci_mediatype_is(const char *text)
{
    size_t type = restricted_name(text);
    if (type == 0 || text[type] != '/') {
        return false;
    }
    size_t subtype = restricted_name(text + type + 1);
    return subtype != 0 && text[type + 1 + subtype] == '\0';
}
