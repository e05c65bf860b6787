/* SPDX-License-Identifier: Apache-2.0
 *
 * Provenance of an artifact (cmd/attest.h): what options say, else what the CI's environment does, else nothing. Who
 * built it is never assumed. */
#include "base/fs.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/time.h"
#include "cmd/attest.h"
#include "cmd/out.h"
#include "cmd/transfer.h"
#include "pack/provenance.h"

static const char *either(const char *given, const char *told)
{
    return given != NULL ? given : told;
}

static int check_time(const char *name, const char *text, struct wp_err *err)
{
    int64_t ignored;
    if (text == NULL || wp_time_parse_rfc3339(text, &ignored)) {
        return 0;
    }
    return wp_fail(err, WP_E_USAGE, "%s '%s' is no time such as 2026-01-31T12:00:00Z", name, text);
}

static int hash_project(struct cmd_ctx *c, const char *path, const char **ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    uint8_t hash[WP_HASH_MAX];
    char hex[65];
    if (path == NULL) {
        return 0;
    }
    if (wp_fs_read(path, WP_LIMIT_PROJECT, &text, err) < 0) {
        return -1;
    }
    wp_hash_bytes(WP_SHA256, wp_buf_span(&text), hash);
    wp_hex(hash, 32, hex);
    *ret = wp_arena_str(c->arena, hex);
    return 0;
}

/* The module as the manifest names it. */
static void name_module(struct cmd_ctx *c, const struct attest_subject *s, struct pack_provenance *p)
{
    const struct oci_desc *layer = attest_layer(s);
    if (layer != NULL && layer->digest.alg == WP_SHA256) {
        char hex[65];
        wp_hex(layer->digest.bytes, 32, hex);
        p->module_sha256 = wp_arena_str(c->arena, hex);
        p->module_name = oci_desc_annotation(layer, OCI_ANNOTATION_TITLE);
    }
}

int attest_slsa(struct cmd_ctx *c, const struct attest_subject *s, const struct attest_slsa_opts *o, struct wp_buf *b,
                struct wp_err *err)
{
    struct attest_ci ci;
    attest_ci_read(c->arena, &ci);
    struct pack_provenance p = {
        .builder_id = either(o->builder_id, ci.builder_id),
        .build_type = o->build_type,
        .source_uri = either(o->source_uri, ci.source_uri),
        .source_ref = either(o->source_ref, ci.source_ref),
        .source_commit = either(o->source_commit, ci.source_commit),
        .workflow = ci.workflow,
        .invocation_id = either(o->invocation_id, ci.invocation_id),
        .started_on = either(o->started_on, ci.started_on),
        .finished_on = o->finished_on,
        .wpack_version = WPACK_VERSION,
        .environment = ci.environment,
        .environment_count = ci.environment_count,
    };
    if (p.builder_id == NULL) {
        wp_fail(err, WP_E_USAGE, "provenance needs to say who built: --builder-id is missing%s",
                ci.name != NULL ? ", and the CI's environment does not tell" : "");
        return wp_hint(err, "--builder-id https://example.com/builders/laptop: a URI that your verifiers know");
    }
    if (transfer_annotations(c, &o->parameters, &p.parameters, &p.parameter_count, err) < 0) {
        wp_wrap(err, "--parameter");
        return wp_hint(err, "write --parameter KEY=VALUE");
    }
    if (check_time("--started-on", p.started_on, err) < 0 || check_time("--finished-on", p.finished_on, err) < 0 ||
        hash_project(c, o->project, &p.project_sha256, err) < 0) {
        return -1;
    }
    name_module(c, s, &p);
    out_fact(c->out, "built by", "%s, as %s", p.builder_id,
             o->builder_id != NULL ? "--builder-id says"
                                   : wp_arena_printf(c->arena, "the environment of %s says", ci.name));
    pack_provenance_write(&p, b);
    return 0;
}
