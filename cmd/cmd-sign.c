/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack sign`: an artifact where it lies, or a file. What was typed is resolved once; every signature of the run is
 * about that digest. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/time.h"
#include "cmd/inspect-load.h"
#include "cmd/out.h"
#include "cmd/sign.h"
#include "cmd/transfer.h"
#include "sign/cosign.h"
#include "sign/minisign.h"
#include "sign/module.h"
#include "sign/notation.h"

#include <unistd.h>

struct opts {
    struct sign_opts sign;
    const char *as, *certificate, *output, *identity;
    struct opt_list annotations;
    bool recursive, cose;
    uint64_t expiry;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    SIGN_ROWS(struct opts, sign),
    {.name = "as",
     .kind = OPT_STR,
     .offset = AT(as),
     .arg = "LIST",
     .help = "bundle (default), cosign, notation, minisign, module; several: a comma between them"},
    {.letter = 'r',
     .name = "recursive",
     .kind = OPT_FLAG,
     .offset = AT(recursive),
     .help = "of an index also every manifest, by itself"},
    {.letter = 'a',
     .name = "annotation",
     .kind = OPT_LIST,
     .offset = AT(annotations),
     .arg = "KEY=VALUE",
     .help = "put under the signature, may be repeated"},
    {.letter = 'o',
     .name = "output",
     .kind = OPT_STR,
     .offset = AT(output),
     .arg = "FILE",
     .help = "where a file's signature goes (default: beside it)"},
    {.name = "sign-container-identity",
     .kind = OPT_STR,
     .offset = AT(identity),
     .arg = "NAME",
     .help = "cosign: the name to sign for (default: the repository)"},
    {.name = "certificate-chain",
     .kind = OPT_STR,
     .offset = AT(certificate),
     .arg = "FILE",
     .alias = "cert",
     .help = "notation: the key's certificate and those above it, PEM"},
    {.name = "cose", .kind = OPT_FLAG, .offset = AT(cose), .help = "notation: a COSE envelope (default: JWS)"},
    {.name = "expiry",
     .kind = OPT_DURATION,
     .offset = AT(expiry),
     .arg = "TIME",
     .help = "notation: how long the signature holds, such as 8760h"},
    {0},
};

/* One signature that was made. */
struct made {
    const struct sig_format *format;
    const struct oci_desc *subject; /* NULL: a file */
    const char *where;              /* the referrer, the tag, the file */
    struct made *next;
};

struct run {
    struct cmd_ctx *c;
    const struct opts *o;
    struct signer signer;
    const struct sig_format *formats[SIG_FORMATS];
    size_t format_count;
    const struct oci_annotation *annotations;
    size_t annotation_count;
    struct cmd_target target;
    struct made *made, **last;
};

static void run_done(struct run *r)
{
    signer_done(&r->signer);
    target_done(&r->target);
}

static void note_made(struct run *r, const struct sig_format *format, const struct oci_desc *subject, const char *where)
{
    struct made *m = wp_arena_alloc(r->c->arena, 1, sizeof(*m));
    *m = (struct made){.format = format, .subject = subject, .where = where};
    *r->last = m;
    r->last = &m->next;
}

/* ---- what is asked for ---- */

static int add_format(struct run *r, const char *name, struct wp_err *err)
{
    const struct sig_format *f = NULL;
    if (sig_format_find(name, &f, err) < 0) {
        return wp_wrap(err, "--as");
    }
    for (size_t i = 0; i < r->format_count; i++) {
        if (r->formats[i] == f) {
            return 0;
        }
    }
    r->formats[r->format_count++] = f;
    return 0;
}

static int read_formats(struct run *r, struct wp_err *err)
{
    const char *at = r->o->as != NULL ? r->o->as : "bundle";
    for (;;) {
        size_t len = strcspn(at, ",");
        if (add_format(r, wp_arena_strn(r->c->arena, at, len), err) < 0) {
            return -1;
        }
        if (at[len] == '\0') {
            return 0;
        }
        at += len + 1;
    }
}

static bool is_for_files(const struct sig_format *f)
{
    return f->id == SIG_MINISIGN || f->id == SIG_MODULE;
}

static bool wants(const struct run *r, enum sig_format_id id)
{
    for (size_t i = 0; i < r->format_count; i++) {
        if (r->formats[i]->id == id) {
            return true;
        }
    }
    return false;
}

/* An option that changes nothing is a mistake that its user should know. */
static int check_vain(const struct run *r, bool file, struct wp_err *err)
{
    const bool notation = wants(r, SIG_NOTATION);
    const struct {
        const char *name;
        bool useful;
    } all[] = {
        {"certificate-chain", notation},
        {"cose", notation},
        {"expiry", notation},
        {"output", file},
        {"annotation", !file},
        {"recursive", !file},
        {"sign-container-identity", wants(r, SIG_COSIGN)},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(all); i++) {
        if (!all[i].useful && cmd_given(r->c, all[i].name)) {
            return wp_fail(err, WP_E_USAGE, "sign: --%s changes nothing in what is to be made of %s", all[i].name,
                           r->c->args[0]);
        }
    }
    return 0;
}

static int check_formats(const struct run *r, bool file, struct wp_err *err)
{
    for (size_t i = 0; i < r->format_count; i++) {
        const struct sig_format *f = r->formats[i];
        if (file && (f->id == SIG_COSIGN || f->id == SIG_NOTATION)) {
            wp_fail(err, WP_E_USAGE, "sign: '%s' is for artifacts, and %s is a file", f->name, r->c->args[0]);
            return wp_hint(err, "--as bundle, minisign or module; or push the file and sign the reference");
        }
        if (!file && is_for_files(f)) {
            wp_fail(err, WP_E_USAGE, "sign: '%s' is for files, and %s is a reference", f->name, r->c->args[0]);
            return wp_hint(err, "--as bundle, cosign or notation%s",
                           f->id == SIG_MODULE ? "; a module is signed before it is built: wpack sign FILE --as module"
                                               : "");
        }
    }
    if (r->o->sign.online.keyless && (wants(r, SIG_NOTATION) || wants(r, SIG_MINISIGN) || wants(r, SIG_MODULE))) {
        wp_fail(err, WP_E_USAGE, "sign: --keyless makes a Sigstore certificate, which only Sigstore's formats hold");
        return wp_hint(err, "--as bundle or cosign; or --key");
    }
    if (wants(r, SIG_NOTATION) && r->o->certificate == NULL) {
        wp_fail(err, WP_E_USAGE,
                "sign: a Notary signature needs the key's certificate: --certificate-chain is missing");
        return wp_hint(err, "a PEM file with the key's certificate first and the root last");
    }
    if (file && r->o->output != NULL && r->format_count > 1) {
        return wp_fail(err, WP_E_USAGE, "sign: --output is for one signature, --as asks for %zu", r->format_count);
    }
    return check_vain(r, file, err);
}

/* ---- artifacts ---- */

static const char *digest_word(struct run *r, const char *what, const struct oci_digest *d)
{
    char text[OCI_DIGEST_TEXT];
    return wp_arena_printf(r->c->arena, "%s %s", what, oci_digest_text(d, text));
}

static int sign_bundle(struct run *r, const struct oci_desc *subject, const char **ret_where, struct wp_err *err)
{
    struct oci_desc referrer;
    if (signer_sign(r->c, &r->signer, &r->target, subject, r->annotations, r->annotation_count, &referrer, err) < 0) {
        return -1;
    }
    *ret_where = digest_word(r, "referrer", &referrer.digest);
    return 0;
}

static int sign_cosign(struct run *r, const struct oci_desc *subject, const char **ret_where, struct wp_err *err)
{
    struct cmd_ctx *c = r->c;
    const char *identity = r->o->identity != NULL ? r->o->identity : signer_repository(c, &r->target);
    if (identity == NULL) {
        wp_fail(err, WP_E_USAGE, "sign: cosign's format names the repository, and %s has none", c->args[0]);
        return wp_hint(err, "--sign-container-identity HOST/REPOSITORY: where it will be pulled from");
    }
    if (signer_check_cosign(&r->signer, err) < 0) {
        return -1;
    }
    WP_AUTO_BUF struct wp_buf payload = WP_BUF_INIT;
    struct sealed sealed;
    sig_cosign_payload(identity, &subject->digest, r->annotations, r->annotation_count, &payload);
    if (signer_seal_bytes(c, &r->signer, wp_buf_span(&payload), &sealed, err) < 0) {
        return -1;
    }
    struct sig_tag_layer layer = {
        .subject = subject,
        .suffix = "sig",
        .layer_type = SIG_MT_SIMPLE,
        .layer = wp_buf_span(&payload),
    };
    struct oci_desc manifest;
    layer.annotation_count =
        sig_cosign_annotations(sealed.signature, &sealed.material, NULL, c->arena, &layer.annotations);
    if (sig_tag_add(r->target.store, signer_repo(c, &r->target), &layer, c->job, c->arena, &manifest, err) < 0) {
        return -1;
    }
    char tag[OCI_DIGEST_TEXT];
    oci_digest_referrers_tag(&subject->digest, tag);
    *ret_where = wp_arena_printf(c->arena, "tag %s.sig", tag);
    return 0;
}

static int stamp(void *arg, struct wp_span signature, struct wp_arena *a, struct wp_span *ret, struct wp_err *err)
{
    const struct sig_online *online = arg;
    return sig_online_timestamp(online, signature, a, ret, err);
}

static int sign_notation(struct run *r, const struct oci_desc *subject, const char **ret_where, struct wp_err *err)
{
    const struct opts *o = r->o;
    WP_AUTO_BUF struct wp_buf chain = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf envelope = WP_BUF_INIT;
    if (wp_fs_read(o->certificate, WP_LIMIT_KEY_FILE, &chain, err) < 0) {
        return -1;
    }
    const bool stamped = r->signer.online.services.timestamp != NULL;
    const struct sig_notation_sign in = {
        .cose = o->cose,
        .target = subject,
        .annotations = r->annotations,
        .annotation_count = r->annotation_count,
        .chain = wp_buf_span(&chain),
        .signing_time = r->signer.time,
        .expiry = o->expiry == 0 ? 0 : r->signer.time + (int64_t)(o->expiry / 1000),
        .agent = "wpack/" WPACK_VERSION,
        .stamp = stamped ? stamp : NULL,
        .stamp_arg = &r->signer.online,
    };
    const char *thumbprints = NULL;
    if (sig_notation_seal(r->signer.key, &in, &envelope, &thumbprints, r->c->arena, err) < 0) {
        return -1;
    }
    char created[WP_TIME_TEXT];
    const struct oci_annotation annotations[] = {
        {.key = SIG_NOTATION_THUMBS, .value = thumbprints},
        {.key = OCI_ANNOTATION_CREATED, .value = wp_time_rfc3339(r->signer.time, created)},
    };
    /* notation knows its signatures in a layout by the config's type, and writes them so everywhere. */
    const struct sig_attach at = {
        .subject = subject,
        .artifact_type = NULL,
        .config_type = SIG_NOTATION_TYPE,
        .layer_type = o->cose ? SIG_MT_COSE : SIG_MT_JWS,
        .layer = wp_buf_span(&envelope),
        .annotations = annotations,
        .annotation_count = WP_ARRAY_LEN(annotations),
    };
    struct oci_desc referrer;
    if (signer_attach(r->c, &r->target, &at, &referrer, err) < 0) {
        return -1;
    }
    *ret_where = digest_word(r, "referrer", &referrer.digest);
    return 0;
}

static int sign_manifest(struct run *r, const struct oci_desc *subject, struct wp_err *err)
{
    for (size_t i = 0; i < r->format_count; i++) {
        const char *where = NULL;
        int rc = r->formats[i]->id == SIG_BUNDLE   ? sign_bundle(r, subject, &where, err)
                 : r->formats[i]->id == SIG_COSIGN ? sign_cosign(r, subject, &where, err)
                                                   : sign_notation(r, subject, &where, err);
        if (rc < 0) {
            return -1;
        }
        note_made(r, r->formats[i], subject, where);
    }
    return 0;
}

/* The manifest, and where that is wished all that an index leads to. */
static int sign_tree(struct run *r, const struct oci_desc *subject, struct wp_span bytes, unsigned depth,
                     struct wp_err *err)
{
    struct oci_manifest m;
    char text[OCI_DIGEST_TEXT];
    const char *what = oci_digest_text(&subject->digest, text);
    if (depth > WP_LIMIT_GRAPH_DEPTH) {
        return wp_fail(err, WP_E_LIMIT, "indexes are nested deeper than %u levels", (unsigned)WP_LIMIT_GRAPH_DEPTH);
    }
    if (subject->digest.alg != WP_SHA256) {
        return wp_fail(err, WP_E_UNSUPPORTED, "%s: what is signed is named by sha256, and this is not", what);
    }
    if (sign_manifest(r, subject, err) < 0) {
        return wp_wrap(err, "%s", what);
    }
    if (!r->o->recursive || oci_mediatype_kind(subject->media_type) != OCI_INDEX) {
        return 0;
    }
    if (oci_manifest_parse(bytes, subject->media_type, what, r->c->arena, &m, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < m.manifest_count; i++) {
        struct wp_span child;
        if (oci_store_get(r->target.store, &m.manifests[i], WP_LIMIT_MANIFEST, r->c->arena, &child, err) < 0 ||
            sign_tree(r, &m.manifests[i], child, depth + 1, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int sign_reference(struct run *r, const char **ret_name, struct oci_digest *ret_digest, struct wp_err *err)
{
    struct cmd_ctx *c = r->c;
    struct oci_desc *subject = wp_arena_alloc(c->arena, 1, sizeof(*subject));
    struct wp_span bytes;
    if (target_open(c, c->args[0], TARGET_WRITE, &r->target, err) < 0 ||
        target_resolve(c, &r->target, subject, &bytes, err) < 0 || sign_tree(r, subject, bytes, 0, err) < 0) {
        return -1;
    }
    *ret_name = target_pinned(c, &r->target, &subject->digest);
    *ret_digest = subject->digest;
    return 0;
}

/* ---- files ---- */

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int make_file(struct run *r, const struct sig_format *f, struct wp_span file, const struct oci_digest *digest,
                     struct wp_buf *ret, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    if (f->id == SIG_MODULE) {
        return sig_module_seal(r->signer.key, file, ret, err);
    }
    if (f->id == SIG_MINISIGN) {
        const char *comment = wp_arena_printf(r->c->arena, "timestamp:%lld\tfile:%s\t%s", (long long)r->signer.time,
                                              last_component(r->c->args[0]), oci_digest_text(digest, text));
        return sig_minisign_seal(r->signer.key, file, comment, ret, err);
    }
    struct sealed sealed;
    if (signer_seal_bytes(r->c, &r->signer, file, &sealed, err) < 0) {
        return -1;
    }
    wp_buf_add(ret, sealed.bundle.ptr, sealed.bundle.len);
    return 0;
}

static const char *output_path(const struct run *r, const struct sig_format *f)
{
    const char *path = r->c->args[0];
    if (r->o->output != NULL) {
        return r->o->output;
    }
    return f->id == SIG_MODULE
               ? path
               : wp_arena_printf(r->c->arena, "%s.%s", path, f->id == SIG_MINISIGN ? "minisig" : "sigstore.json");
}

/* A signature inside of the module is part of what the others sign: it comes first. */
static void module_first(struct run *r)
{
    for (size_t i = 1; i < r->format_count; i++) {
        if (r->formats[i]->id == SIG_MODULE) {
            for (; i > 0; i--) {
                r->formats[i] = r->formats[i - 1];
            }
            r->formats[0] = sig_formats[SIG_MODULE];
            return;
        }
    }
}

static bool was_made(const struct run *r, const char *path)
{
    for (const struct made *m = r->made; m != NULL; m = m->next) {
        if (wp_str_eq(m->where, path)) {
            return true;
        }
    }
    return false;
}

/* What lies beside a module that is another one now was made of it as it was. */
static void note_outdated(const struct run *r)
{
    static const char *const endings[] = {"sigstore.json", "sigstore", "minisig", "sig"};
    const char *path = r->c->args[0];
    for (size_t i = 0; was_made(r, path) && i < WP_ARRAY_LEN(endings); i++) {
        const char *beside = wp_arena_printf(r->c->arena, "%s.%s", path, endings[i]);
        if (access(beside, F_OK) == 0 && !was_made(r, beside)) {
            out_note(r->c->out, "%s is of the module as it was before: sign that anew, too", beside);
        }
    }
}

static int sign_file(struct run *r, const char **ret_name, struct oci_digest *ret_digest, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf file = WP_BUF_INIT;
    module_first(r);
    if (wp_fs_read(r->c->args[0], WP_LIMIT_MODULE, &file, err) < 0) {
        return -1;
    }
    oci_digest_of(WP_SHA256, wp_buf_span(&file), ret_digest);
    for (size_t i = 0; i < r->format_count; i++) {
        WP_AUTO_BUF struct wp_buf made = WP_BUF_INIT;
        const struct sig_format *f = r->formats[i];
        const char *path = output_path(r, f);
        if (make_file(r, f, wp_buf_span(&file), ret_digest, &made, err) < 0) {
            return wp_wrap(err, "%s", r->c->args[0]);
        }
        if (wp_str_eq(path, "-")) {
            out_bytes(r->c->out, wp_buf_span(&made));
        } else if (wp_fs_replace(path, wp_buf_span(&made), 0666, err) < 0) {
            return -1;
        }
        note_made(r, f, NULL, path);
        if (f->id == SIG_MODULE) {
            wp_buf_cut(&file, 0);
            wp_buf_add(&file, made.ptr, made.len);
            oci_digest_of(WP_SHA256, wp_buf_span(&file), ret_digest);
        }
    }
    note_outdated(r);
    *ret_name = NULL;
    return 0;
}

/* ---- the report ---- */

static void report_json(const struct run *r, const char *name, const struct oci_digest *digest)
{
    char text[OCI_DIGEST_TEXT];
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, name != NULL ? "reference" : "file", name != NULL ? name : r->c->args[0]);
    wp_jo_kstr(&j, "digest", oci_digest_text(digest, text));
    wp_jo_kstr(&j, "signer", r->signer.name);
    wp_jo_kstr(&j, "keyId", sig_pub_facts(r->signer.pub)->id);
    wp_jo_key(&j, "signatures");
    wp_jo_array(&j);
    for (const struct made *m = r->made; m != NULL; m = m->next) {
        wp_jo_object(&j);
        wp_jo_kstr(&j, "format", m->format->name);
        if (m->subject != NULL) {
            wp_jo_kstr(&j, "subject", oci_digest_text(&m->subject->digest, text));
        }
        wp_jo_kstr(&j, "where", m->where);
        wp_jo_object_end(&j);
    }
    wp_jo_array_end(&j);
    wp_jo_object_end(&j);
    out_json(r->c->out, &b);
}

static void report(const struct run *r, const char *name, const struct oci_digest *digest)
{
    struct cmd_out *out = r->c->out;
    const struct oci_desc *shown = r->made != NULL ? r->made->subject : NULL;
    char text[OCI_DIGEST_TEXT];
    if (cmd_json(r->c)) {
        report_json(r, name, digest);
        return;
    }
    out_fact(out, "signed by", "%s", r->signer.name);
    for (const struct made *m = r->made; m != NULL; m = m->next) {
        if (m->subject != shown) {
            shown = m->subject;
            out_fact(out, "manifest", "%s", oci_digest_text(&shown->digest, text));
        }
        out_fact(out, m->format->name, "%s", m->where);
    }
    if (name != NULL) {
        out_line(out, "%s", name);
    } else if (r->o->output == NULL || !wp_str_eq(r->o->output, "-")) {
        out_line(out, "%s", oci_digest_text(digest, text));
    }
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    WP_CLEANUP(run_done) struct run r = {.c = c, .o = c->opts};
    r.last = &r.made;
    const char *name = NULL;
    struct oci_digest digest;
    int file = inspect_is_file(c->args[0], err);
    if (file < 0 || read_formats(&r, err) < 0 || check_formats(&r, file > 0, err) < 0 ||
        transfer_annotations(c, &r.o->annotations, &r.annotations, &r.annotation_count, err) < 0 ||
        signer_open(c, &r.o->sign, &r.signer, err) < 0) {
        return -1;
    }
    if ((file > 0 ? sign_file(&r, &name, &digest, err) : sign_reference(&r, &name, &digest, err)) < 0) {
        return -1;
    }
    report(&r, name, &digest);
    return 0;
}

const struct cmd cmd_sign = {
    .name = "sign",
    .group = "Trust",
    .args = "REF|FILE",
    .summary = "sign an artifact or a file",
    .min_args = 1,
    .max_args = 1,
    .uses = CMD_REGISTRY | CMD_LONG | CMD_LOCAL,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
