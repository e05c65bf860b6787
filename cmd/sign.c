/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing, as commands share it (cmd/sign.h). */
#include "cmd/sign.h"

#include "base/time.h"
#include "cmd/build.h"
#include "cmd/password.h"
#include "cmd/progress.h"
#include "cmd/transfer.h"

/* An Ed25519 key signs the message itself, which cosign and all others verify; but entries of logs know a hash alone,
 * and then the prehashed variant is what fits. */
static enum sig_alg alg_of(const struct signer *s)
{
    const struct sig_pub_facts *f = sig_pub_facts(sig_key_pub(s->key));
    return f->kind == SIG_KIND_ED25519 && s->online.services.rekor == NULL ? SIG_ALG_ED25519 : f->alg;
}

static int open_key(struct cmd_ctx *c, const struct sign_opts *o, const struct password *password, struct signer *s,
                    struct wp_err *err)
{
    if (sig_key_open(o->key, &password->ask, &s->key, err) < 0) {
        return -1;
    }
    /* Not as it was typed: a token's URI may hold its PIN. */
    s->pub = sig_key_pub(s->key);
    s->name = wp_arena_printf(c->arena, "%s (%s)", sig_pub_facts(s->pub)->name, sig_algs[alg_of(s)].name);
    return 0;
}

/* The certificate lives for ten minutes, the token hardly longer: both are asked for when there is something to sign.
 */
static int open_identity(struct cmd_ctx *c, struct signer *s, struct wp_err *err)
{
    char *token = NULL;
    const char *subject = NULL;
    const char *issuer = NULL;
    if (online_token(c, s->identity, &token, err) < 0) {
        return -1;
    }
    int rc = sig_token_claims(token, c->arena, &subject, &issuer, err);
    if (rc == 0) {
        rc = sig_online_certificate(&s->online, token, c->arena, &s->key, &s->certificates, &s->certificate_count, err);
    }
    sig_wipe(token, strlen(token));
    if (rc == 0) {
        s->pub = sig_key_pub(s->key);
        s->name = wp_arena_printf(c->arena, "%s (%s)", subject, issuer);
    }
    return rc;
}

int signer_open(struct cmd_ctx *c, const struct sign_opts *o, struct signer *ret, struct wp_err *err)
{
    struct signer s = {0};
    if (o->key != NULL && o->online.keyless) {
        return wp_fail(err, WP_E_USAGE, "%s: --key and --keyless: who of the two signs?", c->cmd->name);
    }
    if (o->key == NULL && !o->online.keyless) {
        wp_fail(err, WP_E_USAGE, "%s: who signs? --key is missing", c->cmd->name);
        return wp_hint(err, "--key wpack.key ('wpack keygen' makes one), or --keyless in a CI job");
    }
    PASSWORD_AUTO struct password password;
    password_init(&password, c, o->password_file, o->password_fd);
    if (build_created(wp_time_now(), &s.time, err) < 0 ||
        (online_wanted(&o->online) && online_open(c, &o->online, &s.online, err) < 0) ||
        (o->key != NULL ? open_key(c, o, &password, &s, err) : online_check_token(&o->online, err)) < 0) {
        return -1;
    }
    s.identity = &o->online;
    *ret = s;
    return 0;
}

int signer_check_cosign(const struct signer *s, struct wp_err *err)
{
    const struct sig_services *services = &s->online.services;
    if (services->rekor == NULL || services->rekor_version < 2) {
        return 0;
    }
    wp_fail(err, WP_E_UNSUPPORTED, "cosign's older format has no place for an entry of Rekor v2 (%s)", services->rekor);
    return wp_hint(err, "--as bundle holds it");
}

void signer_done(struct signer *s)
{
    sig_key_free(s->key);
    s->key = NULL;
}

/* What services attest of a signature: that it is in a log, and when it was there. */
static int attest(struct cmd_ctx *c, const struct signer *s, const struct sig_signed *what, struct sealed *ret,
                  struct wp_err *err)
{
    const struct sig_services *services = &s->online.services;
    if (services->rekor != NULL) {
        struct sig_log_entry *entry = wp_arena_alloc(c->arena, 1, sizeof(*entry));
        if (sig_online_log(&s->online, what, &ret->material, s->pub, c->arena, &ret->entry, entry, err) < 0) {
            return -1;
        }
        ret->material.entries = entry;
        ret->material.entry_count = 1;
    }
    if (services->timestamp != NULL) {
        struct wp_span *stamp = wp_arena_alloc(c->arena, 1, sizeof(*stamp));
        if (sig_online_timestamp(&s->online, what->signature, c->arena, stamp, err) < 0) {
            return -1;
        }
        ret->material.timestamps = stamp;
        ret->material.timestamp_count = 1;
    }
    return 0;
}

/* Signs what->message; the rest of what is for the log. */
static int seal(struct cmd_ctx *c, struct signer *s, struct sig_signed *what, struct sealed *ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf signature = WP_BUF_INIT;
    if (s->key == NULL && open_identity(c, s, err) < 0) {
        return -1;
    }
    if (sig_key_sign(s->key, alg_of(s), &what->message, &signature, err) < 0) {
        return -1;
    }
    *ret = (struct sealed){.signature = wp_arena_bytes(c->arena, wp_buf_span(&signature))};
    ret->material.certificates = s->certificates;
    ret->material.certificate_count = s->certificate_count;
    ret->material.hint = s->certificate_count > 0 ? NULL : sig_pub_facts(s->pub)->id;
    what->signature = ret->signature;
    return attest(c, s, what, ret, err);
}

static void write_bundle(struct cmd_ctx *c, const struct sig_bundle *b, struct sealed *ret)
{
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    sig_bundle_write(b, &ret->entry, ret->entry.ptr == NULL ? 0 : 1, &text);
    ret->bundle = wp_arena_bytes(c->arena, wp_buf_span(&text));
}

int signer_seal_payload(struct cmd_ctx *c, struct signer *s, const char *payload_type, struct wp_span payload,
                        struct sealed *ret, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf pae = WP_BUF_INIT;
    sig_dsse_pae(payload_type, payload, &pae);
    struct sig_signed what = {
        .message = {.bytes = wp_buf_span(&pae)}, .payload_type = payload_type, .payload = payload};
    if (seal(c, s, &what, ret, err) < 0) {
        return -1;
    }
    const struct sig_bundle b = {
        .material = ret->material,
        .signature = ret->signature,
        .is_dsse = true,
        .payload_type = payload_type,
        .payload = payload,
        .minor = 3,
    };
    write_bundle(c, &b, ret);
    return 0;
}

int signer_seal_bytes(struct cmd_ctx *c, struct signer *s, struct wp_span bytes, struct sealed *ret, struct wp_err *err)
{
    struct sig_signed what = {.message = {.bytes = bytes}};
    if (seal(c, s, &what, ret, err) < 0) {
        return -1;
    }
    struct sig_bundle b = {.material = ret->material, .signature = ret->signature, .minor = 3};
    sig_bundle_name(&b, s->pub, alg_of(s), bytes, c->arena);
    write_bundle(c, &b, ret);
    return 0;
}

/* ---- where it goes ---- */

int signer_attach(struct cmd_ctx *c, struct cmd_target *t, const struct sig_attach *at, struct oci_desc *ret,
                  struct wp_err *err)
{
    OCI_AUTO_STORE struct oci_store *memory = oci_memory_new("the signature");
    const struct oci_desc *to = at->subject;
    const struct oci_desc link = {.media_type = to->media_type, .digest = to->digest, .size = to->size};
    struct sig_attach linked = *at;
    struct oci_desc desc;
    struct wp_span bytes;
    linked.subject = &link;
    if (sig_attach_build(&linked, memory, c->arena, &desc, &bytes, err) < 0) {
        return -1;
    }
    const struct oci_binding keep = {.desc = &desc, .bytes = bytes};
    struct oci_copy_opts copy = transfer_opts(c);
    copy.jobs = 1; /* two small blobs are not worth a second connection */
    copy.root = &desc;
    copy.root_bytes = bytes;
    struct oci_copy_result r = {0};
    char digest[OCI_DIGEST_TEXT];
    if (oci_store_bind(memory, &keep, 1, 0, err) < 0 ||
        oci_copy(memory, oci_digest_text(&desc.digest, digest), t->store, NULL, 0, &copy, c->arena, &r, err) < 0) {
        return -1;
    }
    progress_flush(c->progress);
    *ret = desc;
    return 0;
}

int signer_attach_bundle(struct cmd_ctx *c, const struct signer *s, struct cmd_target *t,
                         const struct oci_desc *subject, struct wp_span bundle, const char *predicate_type,
                         struct oci_desc *ret, struct wp_err *err)
{
    char created[WP_TIME_TEXT];
    const struct oci_annotation annotations[] = {
        {.key = "dev.sigstore.bundle.content", .value = "dsse-envelope"},
        {.key = "dev.sigstore.bundle.predicateType", .value = predicate_type},
        {.key = OCI_ANNOTATION_CREATED, .value = wp_time_rfc3339(s->time, created)},
    };
    const struct sig_attach at = {
        .subject = subject,
        .artifact_type = SIG_MT_BUNDLE,
        .config_type = OCI_MT_EMPTY,
        .layer_type = SIG_MT_BUNDLE,
        .layer = bundle,
        .annotations = annotations,
        .annotation_count = WP_ARRAY_LEN(annotations),
    };
    return signer_attach(c, t, &at, ret, err);
}

int signer_sign(struct cmd_ctx *c, struct signer *s, struct cmd_target *t, const struct oci_desc *subject,
                const struct oci_annotation *annotations, size_t annotation_count, struct oci_desc *ret,
                struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf statement = WP_BUF_INIT;
    struct sealed sealed;
    sig_statement_write(&statement, NULL, &subject->digest, annotations, annotation_count, SIG_PREDICATE_SIGN,
                        wp_span_str("{}"));
    return signer_seal_payload(c, s, SIG_PAYLOAD_INTOTO, wp_buf_span(&statement), &sealed, err) < 0
               ? -1
               : signer_attach_bundle(c, s, t, subject, sealed.bundle, SIG_PREDICATE_SIGN, ret, err);
}

struct lookup {
    struct wp_arena *arena;
    const struct oci_digest *want; /* NULL: whatever has a name */
    const char *repo;
};

static int on_name(void *arg, const char *repo, const char *tag, const struct oci_desc *desc, struct wp_err *err)
{
    struct lookup *l = arg;
    (void)tag;
    (void)err;
    bool found = l->want == NULL || (desc != NULL && oci_digest_equal(&desc->digest, l->want));
    if (found && l->repo == NULL && repo != NULL) {
        l->repo = wp_arena_str(l->arena, repo);
    }
    return 0;
}

const char *signer_repo(struct cmd_ctx *c, const struct cmd_target *t)
{
    const char *repo = "";
    const char *tag = NULL;
    if (t->ref.kind != OCI_REF_LAYOUT) {
        return repo;
    }
    if (t->ref.name != NULL) {
        oci_name_split(c->arena, t->ref.name, &repo, &tag);
        return repo;
    }
    struct wp_err ignored = {0};
    struct lookup l = {.arena = c->arena, .want = t->ref.has_digest ? &t->ref.digest : NULL};
    return oci_store_each_name(t->store, NULL, on_name, &l, &ignored) < 0 || l.repo == NULL ? repo : l.repo;
}

const char *signer_repository(struct cmd_ctx *c, const struct cmd_target *t)
{
    if (t->ref.kind == OCI_REF_REGISTRY) {
        return t->base;
    }
    const char *repo = signer_repo(c, t);
    return *repo == '\0' ? NULL : repo;
}
