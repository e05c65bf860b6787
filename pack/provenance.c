/* SPDX-License-Identifier: Apache-2.0
 *
 * SLSA provenance v1 (pack/provenance.h). */
#include "pack/provenance.h"

#include "base/json.h"

static void optional(struct wp_json_out *o, const char *key, const char *value)
{
    if (value != NULL) {
        wp_jo_kstr(o, key, value);
    }
}

static void pairs(struct wp_json_out *o, const struct oci_annotation *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        wp_jo_kstr(o, list[i].key, list[i].value);
    }
}

static void external(struct wp_json_out *o, const struct pack_provenance *in)
{
    wp_jo_key(o, "externalParameters");
    wp_jo_object(o);
    if (in->source_uri != NULL || in->source_ref != NULL) {
        wp_jo_key(o, "source");
        wp_jo_object(o);
        optional(o, "uri", in->source_uri);
        optional(o, "ref", in->source_ref);
        wp_jo_object_end(o);
    }
    optional(o, "workflow", in->workflow);
    if (in->parameter_count > 0) {
        wp_jo_key(o, "parameters");
        wp_jo_object(o);
        pairs(o, in->parameters, in->parameter_count);
        wp_jo_object_end(o);
    }
    wp_jo_object_end(o);
}

/* A ResourceDescriptor of in-toto. */
static void resource(struct wp_json_out *o, const char *name, const char *uri, const char *alg, const char *digest)
{
    wp_jo_object(o);
    optional(o, "name", name);
    optional(o, "uri", uri);
    if (digest != NULL) {
        wp_jo_key(o, "digest");
        wp_jo_object(o);
        wp_jo_kstr(o, alg, digest);
        wp_jo_object_end(o);
    }
    wp_jo_object_end(o);
}

static void dependencies(struct wp_json_out *o, const struct pack_provenance *in)
{
    wp_jo_key(o, "resolvedDependencies");
    wp_jo_array(o);
    if (in->source_uri != NULL) {
        resource(o, NULL, in->source_uri, "gitCommit", in->source_commit);
    }
    if (in->project_sha256 != NULL) {
        resource(o, "wpack.json", NULL, "sha256", in->project_sha256);
    }
    if (in->module_sha256 != NULL) {
        resource(o, in->module_name, NULL, "sha256", in->module_sha256);
    }
    wp_jo_array_end(o);
}

static void definition(struct wp_json_out *o, const struct pack_provenance *in)
{
    wp_jo_key(o, "buildDefinition");
    wp_jo_object(o);
    wp_jo_kstr(o, "buildType", in->build_type != NULL ? in->build_type : PACK_BUILD_TYPE);
    external(o, in);
    wp_jo_key(o, "internalParameters");
    wp_jo_object(o);
    pairs(o, in->environment, in->environment_count);
    wp_jo_object_end(o);
    dependencies(o, in);
    wp_jo_object_end(o);
}

static void details(struct wp_json_out *o, const struct pack_provenance *in)
{
    wp_jo_key(o, "runDetails");
    wp_jo_object(o);
    wp_jo_key(o, "builder");
    wp_jo_object(o);
    wp_jo_kstr(o, "id", in->builder_id);
    wp_jo_key(o, "version");
    wp_jo_object(o);
    wp_jo_kstr(o, "wpack", in->wpack_version);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
    wp_jo_key(o, "metadata");
    wp_jo_object(o);
    optional(o, "invocationId", in->invocation_id);
    optional(o, "startedOn", in->started_on);
    optional(o, "finishedOn", in->finished_on);
    wp_jo_object_end(o);
    wp_jo_object_end(o);
}

void pack_provenance_write(const struct pack_provenance *in, struct wp_buf *b)
{
    struct wp_json_out o = wp_json_out(b);
    wp_jo_object(&o);
    definition(&o, in);
    details(&o, in);
    wp_jo_object_end(&o);
}
