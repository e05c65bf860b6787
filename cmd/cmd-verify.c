/* SPDX-License-Identifier: Apache-2.0
 *
 * `wpack verify`: is this artifact, file or digest what somebody trusted has signed? Nothing is contacted but the
 * registry of a reference. */
#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "cmd/inspect-load.h"
#include "cmd/out.h"
#include "cmd/sign.h"
#include "cmd/trust.h"
#include "cmd/verify-replay.h"
#include "sign/module.h"

struct opts {
    struct trust_opts trust;
    struct opt_list bundles;
    const char *sandbox, *platform;
    bool recursive, in_module, replay;
};

#define AT(field) offsetof(struct opts, field)
static const struct opt rows[] = {
    TRUST_ROWS(struct opts, trust),
    {.name = "type",
     .kind = OPT_STR,
     .offset = AT(trust.type),
     .arg = "PREDICATE",
     .env = "",
     .help = "demand an attestation of this kind and print its statement: spdx, slsa, a URI"},
    {.letter = 'a',
     .name = "annotation",
     .kind = OPT_LIST,
     .offset = AT(trust.annotations),
     .arg = "KEY=VALUE",
     .env = "",
     .help = "demand that the signer has put this under the signature"},
    {.name = "bundle",
     .kind = OPT_LIST,
     .offset = AT(bundles),
     .arg = "FILE",
     .env = "",
     .alias = "signature",
     .help = "a Sigstore bundle or minisign's file (default: what lies beside a file)"},
    {.letter = 'r',
     .name = "recursive",
     .kind = OPT_FLAG,
     .offset = AT(recursive),
     .help = "of an index also every manifest, by itself"},
    {.name = "platform",
     .kind = OPT_STR,
     .offset = AT(platform),
     .arg = "OS/ARCH",
     .help = "which manifest of an index, judged by itself"},
    {.name = "replay",
     .kind = OPT_FLAG,
     .offset = AT(replay),
     .env = "",
     .help = "run attested tests (--type test) again: what comes out has to be the same"},
    {.name = "sandbox",
     .kind = OPT_ENUM,
     .offset = AT(sandbox),
     .arg = "MODE",
     .choices = "auto require off",
     .help = "run them in a process that can do nothing else (default auto)"},
    {.name = "in-module",
     .kind = OPT_FLAG,
     .offset = AT(in_module),
     .env = "",
     .help = "the signature inside of the module FILE counts, too"},
    {0},
};

/* What is verified, from the command line. */
struct subject {
    struct cmd_ctx *c;
    struct cmd_target target; /* of a reference */
    bool is_reference;
    struct oci_desc desc;
    struct wp_span bytes; /* the manifest or the file */
    struct wp_buf file;   /* holds the latter */
    const char *shown;    /* "base@sha256:…", or the file */
    struct sig_candidate *given;
    size_t given_count;
    const struct sig_proof **stated; /* what --type asks for, proven; ends with NULL */
    struct replay_result replayed;   /* of all of these */
};

static void subject_done(struct subject *s)
{
    target_done(&s->target);
    wp_buf_done(&s->file);
}

/* ---- signatures in files ---- */

static int add_given(struct subject *s, const char *file, struct wp_err *err)
{
    struct cmd_ctx *c = s->c;
    const struct opts *o = c->opts;
    if (file != NULL && o->bundles.count == 0 && !o->in_module) {
        return trust_beside(c, file, &s->given, &s->given_count, err);
    }
    s->given = wp_arena_alloc(c->arena, o->bundles.count + 2, sizeof(*s->given));
    for (; s->given_count < o->bundles.count; s->given_count++) {
        if (trust_signature(c, o->bundles.items[s->given_count], &s->given[s->given_count], err) < 0) {
            return wp_wrap(err, "--bundle");
        }
    }
    if (!o->in_module) {
        return 0;
    }
    int found = sig_module_find(s->bytes, file, c->arena, &s->given[s->given_count], err);
    s->given_count += found > 0 ? 1 : 0;
    return found < 0 ? -1 : 0;
}

/* ---- what is verified ---- */

static int resolve(struct subject *s, struct wp_err *err)
{
    const struct opts *o = s->c->opts;
    struct oci_manifest ignored;
    return o->platform == NULL ? target_resolve(s->c, &s->target, &s->desc, &s->bytes, err)
                               : inspect_resolve(s->c, &s->target, o->platform, &s->desc, &s->bytes, &ignored, err);
}

static int open_reference(struct subject *s, const char *text, struct wp_err *err)
{
    struct cmd_ctx *c = s->c;
    s->is_reference = true;
    if (target_open(c, text, TARGET_READ, &s->target, err) < 0 || resolve(s, err) < 0) {
        if (err->code != WP_E_NOT_FOUND) {
            return -1;
        }
        const struct wp_err old = *err;
        wp_fail(err, WP_E_NO_SIGNED_REF, "nothing to verify: %s", old.msg);
        return old.hint[0] != '\0' ? wp_hint(err, "%s", old.hint) : -1;
    }
    s->shown = target_pinned(c, &s->target, &s->desc.digest);
    return add_given(s, NULL, err);
}

static int open_file(struct subject *s, const char *path, struct wp_err *err)
{
    if (wp_fs_read(path, WP_LIMIT_MODULE, &s->file, err) < 0) {
        return -1;
    }
    s->shown = path;
    s->bytes = wp_buf_span(&s->file);
    s->desc.size = s->bytes.len;
    oci_digest_of(WP_SHA256, s->bytes, &s->desc.digest);
    return add_given(s, path, err);
}

static int open_digest(struct subject *s, const char *text, struct wp_err *err)
{
    const struct opts *o = s->c->opts;
    if (oci_digest_parse(text, &s->desc.digest, err) < 0) {
        return -1;
    }
    if (o->bundles.count == 0) {
        wp_fail(err, WP_E_USAGE, "verify: of %s only the digest is known: where is its signature?", text);
        return wp_hint(err, "--bundle FILE");
    }
    s->shown = text;
    s->desc.size = OCI_SIZE_UNKNOWN;
    return add_given(s, NULL, err);
}

static int open_subject(struct subject *s, const char *text, struct wp_err *err)
{
    const struct opts *o = s->c->opts;
    int file = inspect_is_file(text, err);
    if (file < 0) {
        return wp_wrap(err, "verify");
    }
    if (o->in_module && file == 0) {
        wp_fail(err, WP_E_USAGE, "verify: --in-module is for files, and %s is none", text);
        return wp_hint(err, "pull it first; what is signed in a registry is the whole artifact, not the module alone");
    }
    return file > 0              ? open_file(s, text, err)
           : oci_digest_is(text) ? open_digest(s, text, err)
                                 : open_reference(s, text, err);
}

/* ---- content of a layout ---- */

/* Files in a folder can be edited by anybody who may write there: every byte is held against its digest. A registry has
 * done so when it took them in, and whoever pulls does so again. */
static int check_blob(struct oci_store *store, const struct oci_desc *d, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    int proven = oci_store_exists(store, d, true, err);
    if (proven != OCI_ABSENT) {
        return proven < 0 ? -1 : 0;
    }
    struct wp_err ignored = {0};
    bool there = oci_store_exists(store, d, false, &ignored) == OCI_PRESENT;
    wp_fail(err, WP_E_INTEGRITY, "%s: %s %s", store->label, oci_digest_text(&d->digest, text),
            there ? "has been changed: its content is not its digest" : "is missing");
    return wp_hint(err, "the manifest is what was judged, its content is not: 'wpack fsck' tells what else is wrong");
}

static int check_content(struct cmd_ctx *c, struct oci_store *store, const struct oci_desc *d, struct wp_span bytes,
                         unsigned depth, struct wp_err *err)
{
    char text[OCI_DIGEST_TEXT];
    struct oci_manifest m;
    if (depth > WP_LIMIT_GRAPH_DEPTH) {
        return wp_fail(err, WP_E_LIMIT, "indexes are nested deeper than %u levels", (unsigned)WP_LIMIT_GRAPH_DEPTH);
    }
    if (oci_manifest_parse(bytes, d->media_type, oci_digest_text(&d->digest, text), c->arena, &m, err) < 0 ||
        (m.config.media_type != NULL && check_blob(store, &m.config, err) < 0)) {
        return -1;
    }
    for (size_t i = 0; i < m.layer_count; i++) {
        if (check_blob(store, &m.layers[i], err) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < m.manifest_count; i++) {
        struct wp_span child;
        if (oci_store_exists(store, &m.manifests[i], false, err) == OCI_ABSENT) {
            out_note(c->out, "%s, which the index names, is not in %s", oci_digest_text(&m.manifests[i].digest, text),
                     store->label);
            continue;
        }
        if (oci_store_get(store, &m.manifests[i], WP_LIMIT_MANIFEST, c->arena, &child, err) < 0 ||
            check_content(c, store, &m.manifests[i], child, depth + 1, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- the verdict ---- */

/* Of a file that nobody has signed: where was looked. */
static int hint_files(const struct subject *s, struct wp_err *err)
{
    const struct opts *o = s->c->opts;
    if (o->in_module) {
        return wp_hint(err, "the module has no signature section; to make one: wpack sign --as module --key KEY %s",
                       s->shown);
    }
    return o->bundles.count > 0 ? -1
                                : wp_hint(err,
                                          "looked for %s.sigstore.json, .sigstore, .minisig, .sig beside it; "
                                          "--bundle FILE names another, --in-module looks into a module",
                                          s->shown);
}

/* A policy may ask for more than the one type that is to be told, or for something else. */
static int find_stated(struct subject *s, const struct sig_report *r, struct wp_err *err)
{
    struct cmd_ctx *c = s->c;
    const struct opts *o = c->opts;
    struct sig_match type;
    size_t n = 0;
    if (o->trust.type == NULL) {
        return 0;
    }
    if (sig_predicate_match(o->trust.type, &type, err) < 0) {
        return wp_wrap(err, "--type");
    }
    for (size_t i = 0; i < r->result_count; i++) {
        n += r->results[i].good_count;
    }
    s->stated = wp_arena_alloc(c->arena, n + 1, sizeof(const struct sig_proof *));
    n = 0;
    for (size_t i = 0; i < r->result_count; i++) {
        for (size_t k = 0; k < r->results[i].good_count; k++) {
            const struct sig_proof *p = &r->results[i].proofs[k];
            if (p->predicate_type != NULL && sig_match(&type, p->predicate_type)) {
                s->stated[n++] = p;
            }
        }
    }
    if (n > 0) {
        return 0;
    }
    wp_fail(err, WP_E_NO_SIGNATURE, "%s: as the policy wants it, which asks for no attestation %s", s->shown,
            type.text);
    return wp_hint(err, "a requirement of the type attestation asks for one: wpack-policy(5)");
}

static int judge(struct subject *s, const struct trust *t, struct sig_report *ret, struct wp_err *err)
{
    struct cmd_ctx *c = s->c;
    const struct opts *o = c->opts;
    struct trust_subject q = {
        .target = s->is_reference ? &s->target : NULL,
        .file = s->is_reference ? NULL : s->shown,
        .desc = &s->desc,
        .bytes = s->bytes,
        .given = s->given,
        .given_count = s->given_count,
        .recursive = o->recursive,
    };
    if (trust_judge(c, t, &q, ret, err) < 0) {
        return ret->verdict == SIG_NONE && !s->is_reference ? hint_files(s, err) : -1;
    }
    return s->is_reference && s->target.ref.kind == OCI_REF_LAYOUT
               ? check_content(c, s->target.store, &s->desc, s->bytes, 0, err)
               : 0;
}

/* Nobody is trusted yet: what could be is shown. */
static int ask_whom(struct subject *s, struct wp_err *err)
{
    struct cmd_ctx *c = s->c;
    struct sig_list list = {.items = s->given, .count = s->given_count};
    struct wp_err why = {0};
    if (s->is_reference &&
        sig_find(s->target.store, signer_repo(c, &s->target), &s->desc, c->job, c->arena, &list, &why) < 0) {
        list.count = 0;
    }
    const char **lines = wp_arena_alloc(c->arena, list.count + 2, sizeof(*lines));
    size_t n = 0;
    for (size_t i = 0; i < list.count; i++) {
        const struct sig_candidate *k = &list.items[i];
        lines[n++] = wp_arena_printf(c->arena, "  found: %s, %s, %s", trust_candidate_text(k, c->arena), k->where,
                                     trust_claim_text(k, c->arena));
    }
    if (n == 0) {
        lines[n++] = why.code != WP_E_OK ? wp_arena_printf(c->arena, "  found: %s", why.msg) : "  found: no signature";
    }
    c->after = lines;
    wp_fail(err, WP_E_USAGE, "verify: whom do you trust? no key, identity or policy was given");
    return wp_hint(err, "--key PUB; --certificate-identity WHO --certificate-oidc-issuer URL --trusted-root FILE; "
                        "--trust-store FILE --trusted-identity DN; --policy FILE");
}

/* ---- the report ---- */

static int add_statement(struct wp_span statement, struct wp_buf *b, struct wp_err *err)
{
    WP_AUTO_JSON struct wp_json_doc *doc = NULL;
    if (wp_json_parse(statement, "the statement", false, WP_E_UNSATISFIED, &doc, err) < 0) {
        return -1;
    }
    const struct wp_json root = wp_json_root(doc);
    wp_json_dump(&root, b);
    return 0;
}

/* Every statement that was proven, on a line of its own or as elements. */
static int statements(const struct subject *s, bool as_list, struct wp_buf *b, struct wp_err *err)
{
    for (size_t i = 0; s->stated[i] != NULL; i++) {
        wp_buf_add_str(b, as_list && i > 0 ? "," : "");
        if (add_statement(s->stated[i]->statement, b, err) < 0) {
            return -1;
        }
        wp_buf_add_str(b, as_list ? "" : "\n");
    }
    return 0;
}

static int report_json(const struct subject *s, const struct sig_report *r, bool good, struct wp_err *err)
{
    const struct opts *o = s->c->opts;
    char text[OCI_DIGEST_TEXT];
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, s->is_reference ? "reference" : "file", s->shown);
    wp_jo_kstr(&j, "digest", oci_digest_text(&s->desc.digest, text));
    trust_json(&j, r);
    if (good && o->trust.type != NULL) {
        WP_AUTO_BUF struct wp_buf list = WP_BUF_INIT;
        wp_buf_add_char(&list, '[');
        if (statements(s, true, &list, err) < 0) {
            return -1;
        }
        wp_buf_add_char(&list, ']');
        wp_jo_key(&j, "statements");
        wp_jo_raw(&j, wp_buf_span(&list));
    }
    if (s->replayed.tests > 0) {
        wp_jo_key(&j, "replayed");
        wp_jo_object(&j);
        wp_jo_ku64(&j, "tests", s->replayed.tests);
        wp_jo_ku64(&j, "fuel", s->replayed.fuel);
        wp_jo_object_end(&j);
    }
    wp_jo_object_end(&j);
    if (good) {
        out_json(s->c->out, &b);
    } else {
        out_json_failed(s->c->out, &b);
    }
    return 0;
}

static int report(const struct subject *s, const struct sig_report *r, struct wp_err *err)
{
    const struct opts *o = s->c->opts;
    char text[OCI_DIGEST_TEXT];
    if (cmd_json(s->c)) {
        return report_json(s, r, true, err);
    }
    trust_note(s->c, r);
    if (o->trust.type != NULL) {
        WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
        if (statements(s, false, &b, err) < 0) {
            return -1;
        }
        out_bytes(s->c->out, wp_buf_span(&b));
        return 0;
    }
    out_line(s->c->out, "%s", s->is_reference ? s->shown : oci_digest_text(&s->desc.digest, text));
    return 0;
}

/* ---- tests that are made again, options in vain ---- */

static int check_vain(const struct subject *s, struct wp_err *err)
{
    const struct opts *o = s->c->opts;
    if (!s->is_reference && cmd_given(s->c, "platform")) {
        return wp_fail(err, WP_E_USAGE, "verify: --platform chooses a manifest of an index, and %s is none", s->shown);
    }
    if (o->replay && (o->trust.type == NULL || !s->is_reference)) {
        wp_fail(err, WP_E_USAGE, "verify: --replay is for statements about tests of an artifact: %s",
                s->is_reference ? "--type test is missing" : "this is none");
        return wp_hint(err, "wpack verify REF --type test --replay");
    }
    return !o->replay && cmd_given(s->c, "sandbox")
               ? wp_fail(err, WP_E_USAGE, "verify: --sandbox changes nothing without --replay")
               : 0;
}

/* Every statement that was proven has to be true, too. */
static int replay(struct subject *s, struct wp_err *err)
{
    const struct opts *o = s->c->opts;
    char fuel[WP_NUMBER_TEXT];
    struct replay_request q = {.target = &s->target, .desc = s->desc, .bytes = s->bytes, .sandbox = o->sandbox};
    for (size_t i = 0; o->replay && s->stated[i] != NULL; i++) {
        struct replay_result one;
        q.statement = s->stated[i]->statement;
        if (verify_replay(s->c, &q, &one, err) < 0) {
            return wp_wrap(err, "%s", s->shown);
        }
        out_fact(s->c->out, "replayed", "%zu test%s, %s instructions, attested by %s", one.tests,
                 one.tests == 1 ? "" : "s", wp_number_text(one.fuel, fuel), one.interpreter);
        s->replayed.tests += one.tests;
        s->replayed.fuel += one.fuel;
    }
    return 0;
}

static int run(struct cmd_ctx *c, struct wp_err *err)
{
    const struct opts *o = c->opts;
    TRUST_AUTO struct trust trust = {0};
    WP_CLEANUP(subject_done) struct subject s = {.c = c, .file = WP_BUF_INIT};
    struct sig_report r = {0};
    if (trust_open(c, &o->trust, &trust, err) < 0 || open_subject(&s, c->args[0], err) < 0 || check_vain(&s, err) < 0) {
        return -1;
    }
    if (trust.policy == NULL) {
        return ask_whom(&s, err);
    }
    if (judge(&s, &trust, &r, err) == 0 && find_stated(&s, &r, err) == 0 && replay(&s, err) == 0) {
        return report(&s, &r, err);
    }
    if (cmd_json(c)) {
        struct wp_err late = {0};
        (void)report_json(&s, &r, false, &late);
    }
    return -1;
}

const struct cmd cmd_verify = {
    .name = "verify",
    .group = "Trust",
    .args = "REF|FILE|DIGEST",
    .summary = "prove who signed an artifact or a file",
    .min_args = 1,
    .max_args = 1,
    .uses = CMD_REGISTRY,
    .opts_size = sizeof(struct opts),
    .opts = rows,
    .run = run,
};
