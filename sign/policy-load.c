/* SPDX-License-Identifier: Apache-2.0
 *
 * Policy files: which kind one is, told by its content. */
#include "base/fs.h"
#include "base/limits.h"
#include "sign/policy-int.h"

static bool has(const struct wp_json *root, const char *key)
{
    struct wp_json at = wp_json_get(root, key);
    return wp_json_kind(&at) != WP_JSON_ABSENT;
}

static int read_any(struct sig_policy *p, const char *config_dir, struct wp_err *err)
{
    struct wp_json root = wp_json_root(p->doc);
    if (has(&root, "trustPolicies")) {
        return sig_policy_read_notation(p, config_dir, err);
    }
    if (has(&root, "rules") || has(&root, "version")) {
        return sig_policy_read_file(p, err);
    }
    if (has(&root, "transports") || has(&root, "default")) {
        return sig_policy_read_containers(p, err);
    }
    wp_json_fail(&root, err,
                 "this is no trust policy: neither wpack's (rules), nor containers' (transports), nor "
                 "Notary's (trustPolicies)");
    return wp_hint(err, "see wpack-policy(5)");
}

int sig_policy_load(const char *path, const char *config_dir, WP_OWN struct sig_policy **ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    if (wp_fs_read(path, WP_LIMIT_TRUST_FILE, &text, err) < 0) {
        return -1;
    }
    return sig_policy_parse(wp_buf_span(&text), path, config_dir, ret, err);
}

int sig_policy_parse(struct wp_span text, const char *path, const char *config_dir, WP_OWN struct sig_policy **ret,
                     struct wp_err *err)
{
    SIG_AUTO_POLICY struct sig_policy *p = sig_policy_new(path);
    if (wp_json_parse(text, path, true, WP_E_INPUT, &p->doc, err) < 0) {
        return -1;
    }
    const char *slash = strrchr(path, '/');
    if (slash != NULL) {
        p->folder = wp_arena_strn(&p->arena, path, (size_t)(slash - path) + 1);
    }
    if (read_any(p, config_dir, err) < 0) {
        return -1;
    }
    *ret = WP_STEAL(p);
    return 0;
}
