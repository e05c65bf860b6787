/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack __dump`: the tables of commands, options, error codes and limits, for man pages, documents and lints. */
#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "runtime-min/feature.h"

static void dump_rows(struct wp_json_out *j, const char *key, const struct opt *rows)
{
    wp_jo_key(j, key);
    wp_jo_array(j);
    for (const struct opt *o = rows; o != NULL && o->name != NULL; o++) {
        char env[64];
        char letter[2] = {o->letter, '\0'};
        wp_jo_object(j);
        wp_jo_kstr(j, "name", o->name);
        if (o->letter != 0) {
            wp_jo_kstr(j, "letter", letter);
        }
        if (o->arg != NULL) {
            wp_jo_kstr(j, "arg", o->arg);
        }
        if (o->choices != NULL) {
            wp_jo_kstr(j, "choices", o->choices);
        }
        wp_jo_kstr(j, "help", o->help);
        wp_jo_kstr(j, "env", opt_env_name(o, env));
        wp_jo_object_end(j);
    }
    wp_jo_array_end(j);
}

static void dump_commands(struct wp_json_out *j)
{
    wp_jo_key(j, "commands");
    wp_jo_array(j);
    for (size_t i = 0; cmd_table[i] != NULL; i++) {
        const struct cmd *c = cmd_table[i];
        if ((c->uses & CMD_HIDDEN) != 0) {
            continue;
        }
        wp_jo_object(j);
        wp_jo_kstr(j, "name", c->name);
        wp_jo_kstr(j, "alias", c->alias);
        wp_jo_kstr(j, "group", c->group);
        wp_jo_kstr(j, "args", c->args);
        wp_jo_kstr(j, "summary", c->summary);
        wp_jo_kbool(j, "registry", (c->uses & CMD_REGISTRY) != 0);
        dump_rows(j, "options", c->opts);
        wp_jo_object_end(j);
    }
    wp_jo_array_end(j);
}

static void dump_codes(struct wp_json_out *j)
{
    wp_jo_key(j, "errors");
    wp_jo_array(j);
    for (int i = 0; i < WP_E_COUNT; i++) {
        wp_jo_object(j);
        wp_jo_ku64(j, "exit", (uint64_t)wp_code_status((enum wp_code)i));
        wp_jo_kstr(j, "slug", wp_code_slug((enum wp_code)i));
        wp_jo_kstr(j, "meaning", wp_code_meaning((enum wp_code)i));
        wp_jo_object_end(j);
    }
    wp_jo_array_end(j);
}

static void dump_limits(struct wp_json_out *j)
{
    static const struct {
        const char *name, *unit, *what;
        uint64_t value;
    } limits[] = {
#define ROW(name, value, unit, what) {#name, unit, what, value},
        WP_LIMITS(ROW)
#undef ROW
    };
    wp_jo_key(j, "limits");
    wp_jo_array(j);
    for (size_t i = 0; i < WP_ARRAY_LEN(limits); i++) {
        wp_jo_object(j);
        wp_jo_kstr(j, "name", limits[i].name);
        wp_jo_ku64(j, "value", limits[i].value);
        wp_jo_kstr(j, "unit", limits[i].unit);
        wp_jo_kstr(j, "what", limits[i].what);
        wp_jo_object_end(j);
    }
    wp_jo_array_end(j);
}

static void dump_features(struct wp_json_out *j)
{
    wp_jo_key(j, "features");
    wp_jo_array(j);
    for (unsigned i = 0; i < WRT_BIT_COUNT; i++) {
        wp_jo_object(j);
        wp_jo_kstr(j, "name", wrt_feature_name(i));
        wp_jo_kstr(j, "meaning", wrt_feature_meaning(i));
        wp_jo_kbool(j, "default", (wrt_features_default() >> i & 1) != 0);
        wp_jo_object_end(j);
    }
    wp_jo_array_end(j);
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    (void)err;
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "version", WPACK_VERSION);
    dump_commands(&j);
    dump_rows(&j, "registryOptions", cmd_registry_opts);
    dump_rows(&j, "globalOptions", cmd_global_opts);
    dump_codes(&j);
    dump_limits(&j);
    dump_features(&j);
    wp_jo_object_end(&j);
    out_json(c->out, &b);
    return 0;
}

const struct cmd cmd_dump = {
    .name = "__dump",
    .group = "",
    .args = "",
    .summary = "the program's tables as JSON",
    .uses = CMD_HIDDEN,
    .run = run,
};
