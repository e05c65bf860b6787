/* SPDX-License-Identifier: Apache-2.0
 *
 * The format 'module' (sign/sig.h, sign/module.h). The module's own preamble is not under the signature: whether it is
 * a core module or a component is bound by the digest of the file alone. */
#include "oci/digest.h"
#include "sign/formats.h"
#include "sign/key-int.h"
#include "sign/module-section.h"
#include "sign/module.h"
#include "sign/plain.h"

static int fail(const struct sig_candidate *c, const char *check, struct sig_proof *ret, struct wp_err *err,
                const char *why)
{
    ret->failed = check;
    return wp_fail(err, WP_E_UNSATISFIED, "%s: %s", c->where, why);
}

static struct wp_span last_hash(struct wp_span hashes)
{
    return wp_span(hashes.ptr + hashes.len - SIG_MODULE_HASH, SIG_MODULE_HASH);
}

/* A set speaks of this whole module where its last hash is of all of it, and those before it of beginnings that end at
 * delimiters, in their order. Where the hash of all is another one than the last, the module is the beginning of what
 * was signed. */
static bool is_about(struct wp_span set, struct wp_span module)
{
    size_t at = 0;
    for (size_t i = 0; i < set.len; i += SIG_MODULE_HASH) {
        while (at < module.len && memcmp(set.ptr + i, module.ptr + at, SIG_MODULE_HASH) != 0) {
            at += SIG_MODULE_HASH;
        }
        if (at == module.len) {
            return false;
        }
        at += SIG_MODULE_HASH;
    }
    return set.len > 0 && at == module.len;
}

static bool is_cut(struct wp_span set, struct wp_span module)
{
    for (size_t i = 0; i + SIG_MODULE_HASH < set.len; i += SIG_MODULE_HASH) {
        if (memcmp(set.ptr + i, last_hash(module).ptr, SIG_MODULE_HASH) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_signature(const struct sig_module_set *set, const struct sig_pub *key)
{
    WP_AUTO_BUF struct wp_buf message = WP_BUF_INIT;
    sig_module_message(set->hashes, &message);
    struct sig_message m = {.bytes = wp_buf_span(&message)};
    for (size_t i = 0; i < set->sig_count; i++) {
        if (sig_pub_verify(key, SIG_ALG_ED25519, &m, set->sigs[i].bytes)) {
            return true;
        }
    }
    return false;
}

static int check_subject(const struct sig_candidate *c, const struct sig_artifact *art, struct sig_proof *ret,
                         struct wp_err *err)
{
    struct oci_digest digest;
    bool same = art->bytes.ptr != NULL && art->bytes.len == c->bytes.len &&
                memcmp(art->bytes.ptr, c->bytes.ptr, c->bytes.len) == 0;
    if (art->bytes.ptr == NULL) {
        oci_digest_of(WP_SHA256, c->bytes, &digest);
        same = oci_digest_equal(&digest, &art->desc.digest);
    }
    return same ? 0 : fail(c, "subject", ret, err, "the signature inside a module is about that module alone");
}

static int check_sets(const struct sig_candidate *c, const struct sig_demand *d, const struct sig_module_section *s,
                      const struct sig_module_parts *parts, struct sig_proof *ret, struct wp_err *err)
{
    bool about = false;
    bool cut = false;
    for (size_t i = 0; i < s->set_count; i++) {
        if (!is_about(s->sets[i].hashes, parts->hashes)) {
            cut = cut || is_cut(s->sets[i].hashes, parts->hashes);
            continue;
        }
        if (has_signature(&s->sets[i], d->key)) {
            return 0;
        }
        about = true;
    }
    if (about) {
        ret->failed = "signature";
        return wp_fail(err, WP_E_UNSATISFIED, "%s: none of the signatures inside is one of '%s'", c->where, d->name);
    }
    return fail(c, "digest", ret, err,
                cut ? "the module is only the beginning of what was signed: it was cut"
                    : "the signatures inside are about other content: the module was changed");
}

static int check(const struct sig_candidate *c, const struct sig_artifact *art, const struct sig_demand *d,
                 struct wp_arena *a, struct sig_proof *ret, struct wp_err *err)
{
    struct sig_module_parts parts;
    struct sig_module_section section;
    if (sig_module_parts(c->bytes, a, &parts, err) < 0 ||
        (parts.signature.ptr != NULL && sig_module_section_read(parts.signature, a, &section, err) < 0)) {
        ret->failed = "parse";
        err->code = WP_E_UNSATISFIED;
        wp_wrap(err, "%s", c->where);
        return 0;
    }
    if (parts.signature.ptr == NULL) {
        fail(c, "parse", ret, err, "there is no signature section");
        return 0;
    }
    if (sig_plain_admits(c, d, ret, err) < 0 || check_subject(c, art, ret, err) < 0 ||
        check_sets(c, d, &section, &parts, ret, err) < 0) {
        return 0;
    }
    sig_plain_signer(d, "", a, ret);
    return 1;
}

static const char *const layer_types[] = {NULL};

const struct sig_format sig_format_module = {
    .id = SIG_MODULE,
    .name = "module",
    .summary = "in the module's own signature section",
    .layer_types = layer_types,
    .check = check,
};

int sig_module_find(struct wp_span module, const char *name, struct wp_arena *a, struct sig_candidate *ret,
                    struct wp_err *err)
{
    struct sig_module_parts parts;
    if (sig_module_parts(module, a, &parts, err) < 0) {
        return wp_wrap(err, "%s", name);
    }
    if (parts.signature.ptr == NULL) {
        return 0;
    }
    *ret = (struct sig_candidate){
        .format = &sig_format_module,
        .where = wp_arena_printf(a, "%s, its signature section", name),
        .bytes = module,
    };
    return 1;
}

/* ---- writing ---- */

static struct sig_module_set *set_for(struct sig_module_section *s, const struct sig_module_parts *parts)
{
    for (size_t i = 0; i < s->set_count; i++) {
        if (is_about(s->sets[i].hashes, parts->hashes)) {
            return &s->sets[i];
        }
    }
    return NULL;
}

static int add_signature(struct sig_key *key, struct sig_module_set *set, struct wp_arena *a, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf message = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf sig = WP_BUF_INIT;
    sig_module_message(set->hashes, &message);
    struct sig_message m = {.bytes = wp_buf_span(&message)};
    if (set->sig_count == SIG_MODULE_SIG_MAX) {
        return wp_fail(err, WP_E_LIMIT, "the module has %d signatures already", SIG_MODULE_SIG_MAX);
    }
    if (sig_key_sign(key, SIG_ALG_ED25519, &m, &sig, err) < 0) {
        return -1;
    }
    struct sig_module_sig *sigs = wp_arena_alloc(a, set->sig_count + 1, sizeof(*sigs));
    if (set->sig_count > 0) {
        memcpy(sigs, set->sigs, set->sig_count * sizeof(*sigs));
    }
    sigs[set->sig_count] = (struct sig_module_sig){.bytes = wp_arena_bytes(a, wp_buf_span(&sig))};
    set->sigs = sigs;
    set->sig_count++;
    return 0;
}

/* The section as it is, or one with an empty set over the whole module. */
static int open_section(const struct sig_module_parts *parts, struct wp_arena *a, struct sig_module_section *ret,
                        struct wp_err *err)
{
    if (parts->signature.ptr != NULL) {
        return sig_module_section_read(parts->signature, a, ret, err);
    }
    ret->sets = wp_arena_alloc(a, 1, sizeof(*ret->sets));
    ret->sets[0].hashes = last_hash(parts->hashes);
    ret->set_count = 1;
    return 0;
}

static int seal(struct sig_key *key, struct wp_span module, struct wp_arena *a, struct wp_buf *ret, struct wp_err *err)
{
    struct sig_module_parts parts;
    struct sig_module_section section = {0};
    if (sig_module_parts(module, a, &parts, err) < 0 || open_section(&parts, a, &section, err) < 0) {
        return -1;
    }
    if (!parts.minimal) {
        wp_fail(err, WP_E_INPUT,
                "the module spells sizes of sections in more bytes than they need, and readers of "
                "signatures disagree about such modules");
        return wp_hint(err, "tools that write the module anew give it the short form: wasm-opt, wasm-tools strip");
    }
    struct sig_module_set *set = set_for(&section, &parts);
    if (set == NULL) {
        return wp_fail(err, WP_E_INPUT, "the module has a signature section about other content than its own");
    }
    if (!has_signature(set, sig_key_pub(key)) && add_signature(key, set, a, err) < 0) {
        return -1;
    }
    wp_buf_add(ret, module.ptr, 8);
    sig_module_section_write(&section, ret);
    wp_buf_add(ret, parts.rest.ptr, parts.rest.len);
    return 0;
}

int sig_module_seal(struct sig_key *key, struct wp_span module, struct wp_buf *ret, struct wp_err *err)
{
    const struct sig_pub_facts *f = sig_pub_facts(sig_key_pub(key));
    if (f->kind != SIG_KIND_ED25519) {
        wp_fail(err, WP_E_INPUT, "%s: signatures inside modules are made with Ed25519 keys only", f->name);
        return wp_hint(err, "wpack keygen --type ed25519 makes one");
    }
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    return seal(key, module, &a, ret, err);
}
