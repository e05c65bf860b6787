/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack attest`: a signed statement about an artifact, where the artifact lies: made here, or from a file. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "cmd/attest.h"
#include "cmd/inspect-load.h"
#include "cmd/out.h"
#include "cmd/run.h"
#include "cmd/sign.h"
#include "sign/cosign.h"

struct opts {
    struct look_opts look;
    struct sign_opts sign;
    struct attest_slsa_opts slsa;
    const char *type, *as, *output, *platform;
    bool generate, no_sign;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    {.name = "type",
     .kind = OPT_STR,
     .offset = AT(type),
     .arg = "TYPE",
     .env = "",
     .help = "what is stated: sbom, cyclonedx, spdx, slsa, test, another name, or a URI (required)"},
    {.name = "generate",
     .kind = OPT_FLAG,
     .offset = AT(generate),
     .help = "make it from the artifact: sbom, spdx, slsa and test, as without a FILE",
     .env = ""},
    SIGN_ROWS(struct opts, sign),
    {.name = "as",
     .kind = OPT_STR,
     .offset = AT(as),
     .arg = "LIST",
     .help = "bundle (default), cosign (its .att tag); several: a comma between them"},
    {.name = "no-sign",
     .kind = OPT_FLAG,
     .offset = AT(no_sign),
     .help = "attach a bill of materials as it is, without a statement or a signature",
     .env = ""},
    {.letter = 'o',
     .name = "output",
     .kind = OPT_STR,
     .offset = AT(output),
     .arg = "FILE",
     .env = "",
     .help = "write what would be stated into FILE (-: standard output), and attach nothing"},
    {.letter = 'f',
     .name = "file",
     .kind = OPT_STR,
     .offset = AT(slsa.project),
     .arg = "FILE",
     .help = "test, slsa: the project file (test: default wpack.json)"},
    {.name = "builder-id",
     .kind = OPT_STR,
     .offset = AT(slsa.builder_id),
     .arg = "URI",
     .help = "slsa: who built it (default: what a CI's environment says)"},
    {.name = "build-type",
     .kind = OPT_STR,
     .offset = AT(slsa.build_type),
     .arg = "URI",
     .env = "",
     .help = "slsa: how it was built, and what the parameters mean"},
    {.name = "parameter",
     .kind = OPT_LIST,
     .offset = AT(slsa.parameters),
     .arg = "KEY=VALUE",
     .env = "",
     .help = "slsa: what the build was told, may be repeated"},
    {.name = "source-uri",
     .kind = OPT_STR,
     .offset = AT(slsa.source_uri),
     .arg = "URI",
     .env = "",
     .help = "slsa: the repository, such as git+https://example.com/app"},
    {.name = "source-ref",
     .env = "",
     .kind = OPT_STR,
     .offset = AT(slsa.source_ref),
     .arg = "REF",
     .help = "slsa: its branch or tag"},
    {.name = "source-commit",
     .kind = OPT_STR,
     .offset = AT(slsa.source_commit),
     .arg = "HEX",
     .env = "",
     .help = "slsa: its commit"},
    {.name = "invocation-id",
     .kind = OPT_STR,
     .offset = AT(slsa.invocation_id),
     .arg = "TEXT",
     .env = "",
     .help = "slsa: which run of the builder it was"},
    {.name = "started-on",
     .kind = OPT_STR,
     .offset = AT(slsa.started_on),
     .arg = "TIME",
     .env = "",
     .help = "slsa: when the build began, 2026-01-31T12:00:00Z"},
    {.name = "finished-on",
     .env = "",
     .kind = OPT_STR,
     .offset = AT(slsa.finished_on),
     .arg = "TIME",
     .help = "slsa: when it ended"},
    {.name = "platform",
     .kind = OPT_STR,
     .offset = AT(platform),
     .arg = "OS/ARCH",
     .help = "which manifest of an index"},
    RUN_ROWS(struct opts),
    {0},
};

/* What is stated: a row of those that are made here, or somebody's file. */
enum made { MADE_NOT, MADE_SBOM, MADE_SLSA, MADE_TEST };
struct plan {
    enum made made;
    enum pack_sbom_kind sbom;
    const char *uri;  /* predicate type; NULL: a bill of materials whose kind the file says */
    const char *path; /* NULL: made here */
    bool bundle, cosign;
};

static int plan_type(const struct opts *o, struct plan *p, struct wp_err *err)
{
    if (o->type == NULL) {
        wp_fail(err, WP_E_USAGE, "attest: what is stated? --type is missing");
        return wp_hint(err, "--type sbom, spdx, slsa or test makes it here; --type URI FILE takes any JSON");
    }
    if (attest_sbom_kind(o->type, &p->sbom)) {
        p->made = MADE_SBOM;
        p->uri = wp_str_eq(o->type, "sbom") && p->path != NULL ? NULL : attest_sbom_predicate(p->sbom);
        return 0;
    }
    if (sig_predicate_uri(o->type, &p->uri, err) < 0) {
        return wp_wrap(err, "--type");
    }
    p->made = wp_str_eq(p->uri, ATTEST_SLSA) ? MADE_SLSA : wp_str_eq(p->uri, ATTEST_TEST) ? MADE_TEST : MADE_NOT;
    if (p->made == MADE_NOT && p->path == NULL) {
        wp_fail(err, WP_E_USAGE, "attest: a statement of the type '%s' cannot be made here: a FILE is missing",
                o->type);
        return wp_hint(err, "wpack attest REF --type %s FILE.json", o->type);
    }
    return 0;
}

static int plan_places(const struct opts *o, struct plan *p, struct wp_err *err)
{
    const char *at = o->as != NULL ? o->as : "bundle";
    for (const char *end = at; end != NULL; at = end == NULL ? NULL : end + 1) {
        const size_t len = strcspn(at, ",");
        end = at[len] == ',' ? at + len : NULL;
        const bool bundle = len == strlen("bundle") && memcmp(at, "bundle", len) == 0;
        const bool cosign = len == strlen("cosign") && memcmp(at, "cosign", len) == 0;
        if (!bundle && !cosign) {
            wp_fail(err, WP_E_USAGE, "--as %s: '%.*s' is no format that holds statements", o->as, (int)len, at);
            return wp_hint(err, "bundle, cosign, or both: bundle,cosign");
        }
        p->bundle = p->bundle || bundle;
        p->cosign = p->cosign || cosign;
    }
    return 0;
}

/* An option that changes nothing is a mistake that its user should know. */
static const char *vain_option(const struct cmd_ctx *c, const struct opts *o, const struct plan *p)
{
    const bool slsa = p->made == MADE_SLSA && p->path == NULL;
    const struct {
        const char *name;
        bool useful;
    } all[] = {
        {"file", slsa || (p->made == MADE_TEST && p->path == NULL)},
        {"builder-id", slsa},
        {"build-type", slsa},
        {"parameter", slsa},
        {"source-uri", slsa},
        {"source-ref", slsa},
        {"source-commit", slsa},
        {"invocation-id", slsa},
        {"started-on", slsa},
        {"finished-on", slsa},
        {"no-sign", o->output == NULL},
        {"key", !o->no_sign},
        {"keyless", !o->no_sign},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(all); i++) {
        if (!all[i].useful && cmd_given(c, all[i].name)) {
            return all[i].name;
        }
    }
    return NULL;
}

static int plan_all(struct cmd_ctx *c, const struct opts *o, struct plan *p, struct wp_err *err)
{
    p->path = c->arg_count > 1 ? c->args[1] : NULL;
    int file = inspect_is_file(c->args[0], err);
    if (file != 0) {
        wp_fail(err, WP_E_USAGE, "attest: statements are about artifacts, and %s is a file", c->args[0]);
        return wp_hint(err, "wpack build packs it, wpack push sends it; what they print is what to attest");
    }
    if (plan_type(o, p, err) < 0 || plan_places(o, p, err) < 0) {
        return -1;
    }
    if (o->generate && p->path != NULL) {
        return wp_fail(err, WP_E_USAGE, "attest: either --generate or a file, '%s'", p->path);
    }
    if (o->no_sign && p->made != MADE_SBOM) {
        return wp_fail(err, WP_E_USAGE,
                       "attest: --no-sign is for bills of materials: any other statement is worth "
                       "what its signer is");
    }
    const char *vain = vain_option(c, o, p);
    return vain == NULL ? 0 : wp_fail(err, WP_E_USAGE, "attest: --%s changes nothing in what was asked for", vain);
}

/* ---- what is stated ---- */

static int sniff_sbom(const struct wp_json *root, const char *path, struct plan *p, struct wp_err *err)
{
    struct wp_json cyclonedx = wp_json_get(root, "bomFormat");
    struct wp_json spdx = wp_json_get(root, "spdxVersion");
    if (wp_json_kind(&cyclonedx) == WP_JSON_ABSENT && wp_json_kind(&spdx) == WP_JSON_ABSENT) {
        wp_fail(err, WP_E_INPUT, "%s: neither a CycloneDX nor an SPDX document", path);
        return wp_hint(err, "--type URI FILE attests any JSON object");
    }
    p->sbom = wp_json_kind(&spdx) == WP_JSON_ABSENT ? PACK_SBOM_CYCLONEDX : PACK_SBOM_SPDX;
    p->uri = attest_sbom_predicate(p->sbom);
    return 0;
}

/* The bytes stay as they are: all that is asked is that they are one JSON object. */
static int read_predicate(struct plan *p, struct wp_buf *b, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_fs_read(p->path, WP_LIMIT_STATEMENT, b, err) < 0) {
        return -1;
    }
    if (wp_json_parse(wp_buf_span(b), p->path, true, WP_E_INPUT, &doc, err) < 0) {
        wp_wrap(err, "what is stated has to be JSON");
        return wp_hint(err, "'wpack attach' takes files of any kind, unsigned");
    }
    struct wp_json root = wp_json_root(doc);
    if (wp_json_must(&root, WP_JSON_OBJECT, err) < 0) {
        return -1;
    }
    return p->uri == NULL ? sniff_sbom(&root, p->path, p, err) : 0;
}

static int make_predicate(struct cmd_ctx *c, const struct attest_subject *s, struct plan *p, struct wp_buf *b,
                          struct wp_err *err)
{
    const struct opts *o = c->opts;
    if (p->path != NULL) {
        return read_predicate(p, b, err);
    }
    switch (p->made) {
    case MADE_SBOM:
        return attest_sbom(c, s, p->sbom, b, err);
    case MADE_SLSA:
        return attest_slsa(c, s, &o->slsa, b, err);
    default:
        return attest_test(c, s, o->slsa.project, b, err);
    }
}

/* ---- where it goes ---- */

/* What was written into a file; standard output is the document itself. */
static void report_output(struct cmd_ctx *c, const struct attest_subject *s, const struct plan *p, const char *path,
                          size_t size)
{
    const char *subject = target_pinned(c, s->target, &s->desc.digest);
    char text[WP_SIZE_TEXT];
    out_fact(c->out, "stated of", "%s", subject);
    out_fact(c->out, "statement", "%s", p->uri);
    out_fact(c->out, "written", "%s, %s, unsigned", path, wp_size_text(size, text));
    if (!cmd_json(c)) {
        return;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "file", path);
    wp_jo_kstr(&j, "subject", subject);
    wp_jo_kstr(&j, "predicateType", p->uri);
    wp_jo_ku64(&j, "size", size);
    wp_jo_object_end(&j);
    out_json(c->out, &b);
}

static int put_output(struct cmd_ctx *c, const struct attest_subject *s, const struct plan *p, const char *path,
                      struct wp_buf *predicate, struct wp_err *err)
{
    if (predicate->len == 0 || predicate->ptr[predicate->len - 1] != '\n') {
        wp_buf_add_char(predicate, '\n');
    }
    if (wp_str_eq(path, "-")) {
        out_bytes(c->out, wp_buf_span(predicate));
        return 0;
    }
    if (wp_fs_replace(path, wp_buf_span(predicate), 0666, err) < 0) {
        return wp_wrap(err, "--output");
    }
    report_output(c, s, p, path, predicate->len);
    return 0;
}

/* One JSON object, or the line that names what was made. by NULL: nobody signed it. */
static void report(struct cmd_ctx *c, const struct attest_subject *s, const struct plan *p, const struct signer *by,
                   const struct oci_desc *d, const char *tag)
{
    char digest[OCI_DIGEST_TEXT];
    const char *subject = target_pinned(c, s->target, &s->desc.digest);
    const char *made = target_pinned(c, s->target, &d->digest);
    out_fact(c->out, "stated of", "%s", subject);
    if (by != NULL) {
        out_fact(c->out, "statement", "%s", p->uri);
        out_fact(c->out, "signed by", "%s", by->name);
    } else {
        out_fact(c->out, "document", "%s, unsigned", pack_sbom_media_type(p->sbom));
    }
    if (tag != NULL) {
        out_fact(c->out, "tag", "%s", tag);
    }
    if (!cmd_json(c)) {
        out_line(c->out, "%s", made);
        return;
    }
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "reference", made);
    wp_jo_kstr(&j, "subject", subject);
    wp_jo_kstr(&j, "predicateType", p->uri);
    wp_jo_kstr(&j, "digest", oci_digest_text(&d->digest, digest));
    wp_jo_kstr(&j, "mediaType", d->media_type);
    wp_jo_ku64(&j, "size", d->size);
    if (by != NULL) {
        wp_jo_kstr(&j, "signer", by->name);
        wp_jo_kstr(&j, "keyId", sig_pub_facts(by->pub)->id);
    }
    if (tag != NULL) {
        wp_jo_kstr(&j, "tag", tag);
    }
    wp_jo_object_end(&j);
    out_json(c->out, &b);
}

static int attach_unsigned(struct cmd_ctx *c, const struct attest_subject *s, const struct plan *p,
                           struct wp_span predicate, struct wp_err *err)
{
    const char *type = pack_sbom_media_type(p->sbom);
    const struct sig_attach at = {
        .subject = &s->desc,
        .artifact_type = type,
        .config_type = OCI_MT_EMPTY,
        .layer_type = type,
        .layer = predicate,
    };
    struct oci_desc made;
    if (signer_attach(c, s->target, &at, &made, err) < 0) {
        return -1;
    }
    report(c, s, p, NULL, &made, NULL);
    return 0;
}

/* cosign's older place: the envelope as a layer under the tag sha256-….att. */
static int add_tag(struct cmd_ctx *c, const struct attest_subject *s, const struct plan *p, const struct sealed *sealed,
                   struct wp_span statement, struct oci_desc *ret, const char **ret_tag, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf envelope = WP_BUF_INIT;
    char tag[OCI_DIGEST_TEXT];
    sig_dsse_envelope(SIG_PAYLOAD_INTOTO, statement, sealed->signature, NULL, &envelope);
    struct sig_tag_layer layer = {
        .subject = &s->desc,
        .suffix = "att",
        .layer_type = SIG_MT_DSSE,
        .layer = wp_buf_span(&envelope),
    };
    layer.annotation_count =
        sig_cosign_annotations(wp_span("", 0), &sealed->material, p->uri, c->arena, &layer.annotations);
    if (sig_tag_add(s->target->store, signer_repo(c, s->target), &layer, c->job, c->arena, ret, err) < 0) {
        return -1;
    }
    oci_digest_referrers_tag(&s->desc.digest, tag);
    *ret_tag = wp_arena_printf(c->arena, "%s.att", tag);
    return 0;
}

/* Nothing is signed that those who verify would refuse to read. */
static int check_statement(struct wp_span payload, struct wp_err *err)
{
    SIG_AUTO_STATEMENT struct sig_statement read = {.doc = NULL};
    if (payload.len > WP_LIMIT_STATEMENT / 2) {
        return wp_fail(err, WP_E_LIMIT, "a statement of %zu bytes: with its envelope nobody could verify it",
                       payload.len);
    }
    if (sig_statement_read(payload, "the statement", &read, err) < 0) {
        err->code = WP_E_INPUT;
        return wp_wrap(err, "nobody could verify it");
    }
    return 0;
}

static int attach_signed(struct cmd_ctx *c, const struct attest_subject *s, const struct plan *p, struct signer *signer,
                         struct wp_span predicate, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf statement = WP_BUF_INIT;
    struct sealed sealed;
    struct oci_desc made = {0};
    const char *tag = NULL;
    sig_statement_write(&statement, signer_repository(c, s->target), &s->desc.digest, NULL, 0, p->uri, predicate);
    const struct wp_span payload = wp_buf_span(&statement);
    if ((p->cosign && signer_check_cosign(signer, err) < 0) || check_statement(payload, err) < 0 ||
        signer_seal_payload(c, signer, SIG_PAYLOAD_INTOTO, payload, &sealed, err) < 0 ||
        (p->cosign && add_tag(c, s, p, &sealed, payload, &made, &tag, err) < 0) ||
        (p->bundle && signer_attach_bundle(c, signer, s->target, &s->desc, sealed.bundle, p->uri, &made, err) < 0)) {
        return -1;
    }
    report(c, s, p, signer, &made, tag);
    return 0;
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    struct plan p = {.made = MADE_NOT};
    SIGNER_AUTO struct signer signer = {0};
    TARGET_AUTO struct cmd_target target = {0};
    WP_AUTO_BUF struct wp_buf predicate = WP_BUF_INIT;
    struct attest_subject s = {.target = &target, .look = &o->look};
    const bool writes = o->output == NULL;
    if (plan_all(c, o, &p, err) < 0 || (writes && !o->no_sign && signer_open(c, &o->sign, &signer, err) < 0) ||
        target_open(c, c->args[0], writes ? TARGET_WRITE : TARGET_READ, &target, err) < 0 ||
        inspect_resolve(c, &target, o->platform, &s.desc, &s.bytes, &s.manifest, err) < 0 ||
        make_predicate(c, &s, &p, &predicate, err) < 0) {
        return -1;
    }
    if (!writes) {
        return put_output(c, &s, &p, o->output, &predicate, err);
    }
    return o->no_sign ? attach_unsigned(c, &s, &p, wp_buf_span(&predicate), err)
                      : attach_signed(c, &s, &p, &signer, wp_buf_span(&predicate), err);
}

const struct cmd cmd_attest = {
    .name = "attest",
    .group = "Trust",
    .args = "REF [FILE]",
    .summary = "state something about an artifact, signed: its materials, origin, tests",
    .min_args = 1,
    .max_args = 2,
    .uses = CMD_REGISTRY | CMD_LONG | CMD_LOCAL,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
