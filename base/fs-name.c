/* SPDX-License-Identifier: Apache-2.0
 *
 * Which foreign names may become names of files (base/fs.h). Stricter than Linux needs: what is written here may be
 * copied to, or shared with, systems where a backslash separates and CON is a device. */
#include "base/fs.h"
#include "base/num.h"

#include <ctype.h>
#include <strings.h>

#define NAME_BYTES 255
#define PATH_BYTES 4096

static const char *const devices[] = {"CON",  "PRN",  "AUX",  "NUL",  "COM1", "COM2", "COM3", "COM4",
                                      "COM5", "COM6", "COM7", "COM8", "COM9", "LPT1", "LPT2", "LPT3",
                                      "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9"};

static bool is_reserved(const char *name, size_t len)
{
    static const char ours[] = ".wpack";
    if (len == strlen(ours) && strncasecmp(name, ours, len) == 0) {
        return true;
    }
    /* A device name stays one with any extension, and with blanks after it. */
    size_t stem = 0;
    while (stem < len && name[stem] != '.' && name[stem] != ' ') {
        stem++;
    }
    for (size_t i = 0; i < WP_ARRAY_LEN(devices); i++) {
        if (stem == strlen(devices[i]) && strncasecmp(name, devices[i], stem) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_control_byte(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static const char *component_problem(const char *name, size_t len)
{
    if (len == 1 && name[0] == '.') {
        return "is '.'";
    }
    if (len == 2 && name[0] == '.' && name[1] == '.') {
        return "is '..'";
    }
    if (len > NAME_BYTES) {
        return "is longer than 255 bytes";
    }
    if (has_control_byte(name, len)) {
        return "contains a control byte";
    }
    if (!wp_utf8_is(wp_span(name, len))) {
        return "is not UTF-8";
    }
    if (memchr(name, '\\', len) != NULL) {
        return "contains '\\'";
    }
    if (len >= 2 && name[1] == ':' && isalpha((unsigned char)name[0])) {
        return "starts with a drive letter";
    }
    return is_reserved(name, len) ? "is a reserved name" : NULL;
}

const char *wp_fs_name_problem(const char *name)
{
    size_t len = strlen(name);
    if (len == 0) {
        return "is empty";
    }
    if (memchr(name, '/', len) != NULL) {
        return "contains '/'";
    }
    return component_problem(name, len);
}

const char *wp_fs_path_problem(const char *path)
{
    size_t len = strlen(path);
    if (len == 0) {
        return "is empty";
    }
    if (len > PATH_BYTES) {
        return "is longer than 4096 bytes";
    }
    if (path[0] == '/') {
        return "is absolute";
    }
    for (const char *p = path;;) {
        size_t part = strcspn(p, "/");
        if (part == 0) {
            return "has an empty component";
        }
        const char *problem = component_problem(p, part);
        if (problem != NULL || p[part] == '\0') {
            return problem;
        }
        p += part + 1;
    }
}
