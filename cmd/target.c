/* SPDX-License-Identifier: Apache-2.0
 *
 * References become stores; the environment's credential files, proxies and certificate folders are found here and
 * handed down. */
#include "cmd/target.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/out.h"
#include "oci/http-url.h"
#include "oci/layout.h"
#include "oci/registry.h"

#include <unistd.h>

struct net_client {
    char *host;
    const struct oci_creds *creds; /* what it was opened with; NULL: nothing */
    struct http_client *client;
    struct net_client *next;
};

struct cmd_net {
    struct http_transport *transport;
    struct oci_creds *creds;
    struct net_client *clients;
    const char *registry; /* the last one that got a client */
    bool given;           /* credentials come from options or the environment: they are for one registry */
};

static const char *env_or_null(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

static const char *under_home(struct cmd_ctx *c, const char *rest)
{
    const char *home = env_or_null("HOME");
    return home == NULL ? NULL : wp_arena_printf(c->arena, "%s/%s", home, rest);
}

static const char *docker_folder(struct cmd_ctx *c)
{
    const char *folder = env_or_null("DOCKER_CONFIG");
    return folder != NULL ? folder : under_home(c, ".docker");
}

const char *target_login_file(struct cmd_ctx *c)
{
    if (c->registry.registry_config != NULL) {
        return c->registry.registry_config;
    }
    const char *folder = docker_folder(c);
    return folder == NULL ? NULL : wp_arena_printf(c->arena, "%s/config.json", folder);
}

static void warn_creds(void *arg, const char *text)
{
    struct cmd_ctx *c = arg;
    out_warn(c->out, "%s", text);
}

static void trace_http(void *arg, const char *line)
{
    struct cmd_ctx *c = arg;
    out_note(c->out, "http: %s", line);
}

static int read_password(struct cmd_ctx *c, struct wp_err *err)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_READER struct wp_reader *in = wp_reader_fd(dup(STDIN_FILENO), "standard input");
    if (wp_read_all(in, &b, WP_LIMIT_TOKEN_BODY, "the password", err) < 0) {
        return -1;
    }
    while (b.len > 0 && (b.ptr[b.len - 1] == '\n' || b.ptr[b.len - 1] == '\r')) {
        wp_buf_cut(&b, b.len - 1);
    }
    c->registry.password = wp_arena_str(c->arena, b.ptr);
    return 0;
}

static int check_registry_options(struct cmd_ctx *c, struct wp_err *err)
{
    struct cmd_registry *r = &c->registry;
    if (r->password_stdin && read_password(c, err) < 0) {
        return -1;
    }
    if ((r->username == NULL) != (r->password == NULL)) {
        wp_fail(err, WP_E_USAGE, "--username and a password go together");
        return wp_hint(err, "add %s", r->username == NULL ? "--username NAME" : "--password-stdin");
    }
    if ((r->cert_file == NULL) != (r->key_file == NULL)) {
        return wp_fail(err, WP_E_USAGE, "--cert-file and --key-file go together");
    }
    return 0;
}

static struct oci_creds *creds_from_environment(struct cmd_ctx *c)
{
    const char *runtime = env_or_null("XDG_RUNTIME_DIR");
    const char *config = env_or_null("XDG_CONFIG_HOME");
    struct oci_creds_opts o = {
        .username = c->registry.username,
        .password = c->registry.password,
        .identity_token = c->registry.identity_token,
        .registry_token = c->registry.registry_token,
        .registry_config = c->registry.registry_config,
        .registry_auth_file = env_or_null("REGISTRY_AUTH_FILE"),
        .docker_config = docker_folder(c),
        .runtime_auth = runtime == NULL ? NULL : wp_arena_printf(c->arena, "%s/containers/auth.json", runtime),
        .home_auth = config != NULL ? wp_arena_printf(c->arena, "%s/containers/auth.json", config)
                                    : under_home(c, ".config/containers/auth.json"),
        .helper_timeout_ms = c->registry.timeout,
        .warn = warn_creds,
        .warn_arg = c,
    };
    return oci_creds_new(&o);
}

static int net_open(struct cmd_ctx *c, struct wp_err *err)
{
    if (c->net != NULL) {
        return 0;
    }
    if (check_registry_options(c, err) < 0) {
        return -1;
    }
    struct http_transport *transport = NULL;
    if (http_curl_open(&transport, err) < 0) {
        return -1;
    }
    c->net = wp_xcalloc(1, sizeof(*c->net));
    c->net->transport = transport;
    c->net->creds = creds_from_environment(c);
    c->net->given =
        c->registry.password != NULL || c->registry.identity_token != NULL || c->registry.registry_token != NULL;
    return 0;
}

static void net_client_free(WP_OWN struct net_client *n)
{
    http_client_free(n->client);
    free(n->host);
    free(n);
}

void target_net_free(struct cmd_net *net)
{
    if (net == NULL) {
        return;
    }
    while (net->clients != NULL) {
        struct net_client *n = net->clients;
        net->clients = n->next;
        net_client_free(n);
    }
    oci_creds_free(net->creds);
    net->transport->close(net->transport);
    free(net);
}

/* certs.d/<host> as docker, podman and containerd users have it: the first folder that is there. */
static const char *certs_folder(struct cmd_ctx *c, const char *host)
{
    const char *const roots[] = {under_home(c, ".config/containers/certs.d"), "/etc/containers/certs.d",
                                 "/etc/docker/certs.d"};
    for (size_t i = 0; i < WP_ARRAY_LEN(roots); i++) {
        const char *folder = roots[i] == NULL ? NULL : wp_arena_printf(c->arena, "%s/%s", roots[i], host);
        struct stat st;
        if (folder != NULL && stat(folder, &st) == 0 && S_ISDIR(st.st_mode)) {
            return folder;
        }
    }
    return NULL;
}

static struct http_client *net_find(const struct cmd_net *net, const char *host, const struct oci_creds *creds)
{
    for (struct net_client *n = net->clients; n != NULL; n = n->next) {
        if (n->creds == creds && wp_str_eq(n->host, host)) {
            return n->client;
        }
    }
    return NULL;
}

static struct http_client *net_add(struct cmd_net *net, const char *host, struct oci_creds *creds,
                                   const struct http_opts *o)
{
    struct net_client *n = wp_xcalloc(1, sizeof(*n));
    n->host = wp_xstrdup(host);
    n->creds = creds;
    n->client = http_client_new(net->transport, host, creds, o);
    n->next = net->clients;
    net->clients = n;
    return n->client;
}

/* What registries and services have in common. */
static struct http_opts common_opts(struct cmd_ctx *c)
{
    const struct cmd_registry *r = &c->registry;
    return (struct http_opts){
        .tls = {.ca_bundle = env_or_null("SSL_CERT_FILE"),
                .ca_dir = env_or_null("SSL_CERT_DIR"),
                .ca_file = r->ca_file},
        .retries = (unsigned)WP_MIN(r->retry, 100u),
        .retry_max_wait_ms = r->retry_max_wait,
        .timeout_ms = r->timeout,
        .stall_ms = r->timeout,
        .user_agent = "wpack/" WPACK_VERSION,
        .trace = c->global.debug ? trace_http : NULL,
        .trace_arg = c,
    };
}

int target_client(struct cmd_ctx *c, const char *host, struct http_client **ret, struct wp_err *err)
{
    if (net_open(c, err) < 0) {
        return -1;
    }
    *ret = net_find(c->net, host, c->net->creds);
    if (*ret != NULL) {
        return 0;
    }
    const struct cmd_registry *r = &c->registry;
    const char **realms = wp_arena_alloc(c->arena, r->realm_hosts.count + 1, sizeof(*realms));
    if (r->realm_hosts.count > 0) {
        memcpy(realms, r->realm_hosts.items, r->realm_hosts.count * sizeof(*realms));
    }
    if (c->net->given && c->net->registry != NULL) {
        wp_fail(err, WP_E_USAGE, "credentials were given, which are for one registry: '%s' or '%s'?", c->net->registry,
                host);
        return wp_hint(err, "store them with 'wpack login', then each registry gets its own");
    }
    struct http_opts o = common_opts(c);
    o.plain_http = r->plain_http;
    o.tls.cert_file = r->cert_file;
    o.tls.key_file = r->key_file;
    o.tls.certs_dir = certs_folder(c, host);
    o.tls.insecure = r->insecure;
    o.limit_rate = r->limit_rate;
    o.realm_hosts = realms;
    *ret = net_add(c->net, host, c->net->creds, &o);
    c->net->registry = wp_arena_str(c->arena, host);
    return 0;
}

int target_service(struct cmd_ctx *c, const char *url, struct oci_creds *creds, struct http_client **ret,
                   struct wp_err *err)
{
    struct http_origin at = {0};
    const char *why = http_url_split(url, &at, NULL);
    if (why != NULL) {
        return wp_fail(err, WP_E_USAGE, "'%s' %s", http_url_shown(c->arena, url), why);
    }
    if (!at.https && http_host_kind(at.host) != HTTP_HOST_LOOPBACK) {
        wp_fail(err, WP_E_USAGE, "'%s' is no https URL: identities are not shown to everybody on the way",
                http_url_shown(c->arena, url));
        return wp_hint(err, "https://%s", at.host);
    }
    if (net_open(c, err) < 0) {
        return -1;
    }
    bool v6 = strchr(at.host, ':') != NULL;
    const char *host = wp_arena_printf(c->arena, "%s%s%s:%u", v6 ? "[" : "", at.host, v6 ? "]" : "", at.port);
    *ret = net_find(c->net, host, creds);
    if (*ret == NULL) {
        struct http_opts o = common_opts(c);
        o.plain_http = !at.https;
        o.token_unasked = creds != NULL;
        *ret = net_add(c->net, host, creds, &o);
    }
    return 0;
}

void target_service_end(struct cmd_ctx *c, struct oci_creds *creds)
{
    for (struct net_client **at = c->net == NULL ? NULL : &c->net->clients; at != NULL && *at != NULL;) {
        struct net_client *n = *at;
        if (n->creds == creds) {
            *at = n->next;
            net_client_free(n);
        } else {
            at = &n->next;
        }
    }
    oci_creds_free(creds);
}

static int open_registry(struct cmd_ctx *c, const struct oci_ref *ref, struct cmd_target *t, struct wp_err *err)
{
    struct http_client *client = NULL;
    if (target_client(c, ref->host, &client, err) < 0 ||
        oci_registry_open(client, ref->host, ref->repo, &t->store, err) < 0) {
        return -1;
    }
    oci_registry_set_job(t->store, c->job);
    return 0;
}

static unsigned layout_flags(enum target_use use)
{
    switch (use) {
    case TARGET_WRITE:
        return OCI_LAYOUT_WRITE;
    case TARGET_CREATE:
        return OCI_LAYOUT_CREATE | OCI_LAYOUT_LATE;
    case TARGET_READ:
    case TARGET_IMAGINE:
        break;
    }
    return OCI_LAYOUT_READ;
}

static int open_layout(const struct oci_ref *ref, enum target_use use, struct cmd_target *t, struct wp_err *err)
{
    if (oci_layout_open(ref->path, layout_flags(use), &t->store, err) == 0) {
        return 0;
    }
    if (use != TARGET_IMAGINE || err->code != WP_E_NOT_FOUND) {
        return -1;
    }
    wp_err_clear(err);
    t->store = oci_memory_new(t->base);
    return 0;
}

int target_open_ref(struct cmd_ctx *c, const struct oci_ref *ref, enum target_use use, struct cmd_target *ret,
                    struct wp_err *err)
{
    struct cmd_target t = {.ref = *ref};
    t.base = oci_ref_base(c->arena, ref);
    t.name = ref->name;
    if (t.name == NULL && ref->has_digest) {
        char text[OCI_DIGEST_TEXT];
        t.name = wp_arena_str(c->arena, oci_digest_text(&ref->digest, text));
    }
    int rc = -1;
    switch (ref->kind) {
    case OCI_REF_REGISTRY:
        rc = open_registry(c, ref, &t, err);
        break;
    case OCI_REF_LAYOUT:
        rc = open_layout(ref, use, &t, err);
        break;
    case OCI_REF_ARCHIVE:
        wp_fail(err, WP_E_UNSUPPORTED, "%s: archives are not supported by this version", ref->path);
        rc = wp_hint(err, "unpack it (tar xf) and use oci:DIR");
        break;
    }
    if (rc == 0) {
        *ret = t;
    }
    return rc;
}

int target_open_serve(struct cmd_ctx *c, const struct oci_ref *ref, bool read_only, struct cmd_target *ret,
                      struct wp_err *err)
{
    struct cmd_target t = {.ref = *ref, .base = oci_ref_base(c->arena, ref)};
    unsigned flags = read_only ? OCI_LAYOUT_READ : OCI_LAYOUT_CREATE | OCI_LAYOUT_WRITE | OCI_LAYOUT_LOCK_OPS;
    if (oci_layout_open(ref->path, flags, &t.store, err) < 0) {
        return -1;
    }
    *ret = t;
    return 0;
}

int target_open(struct cmd_ctx *c, const char *text, enum target_use use, struct cmd_target *ret, struct wp_err *err)
{
    struct oci_ref ref;
    if (oci_ref_parse(c->arena, text, &ref, err) < 0) {
        struct stat st;
        /* What has an '@' was meant for a reference: a bad digest must not become a path, not even to look. */
        return strchr(text, '@') == NULL && stat(text, &st) == 0 && S_ISDIR(st.st_mode)
                   ? wp_hint(err, "a layout folder is written oci:%s", text)
                   : -1;
    }
    return target_open_ref(c, &ref, use, ret, err);
}

void target_done(struct cmd_target *t)
{
    oci_store_close(t->store);
    t->store = NULL;
}

size_t target_names(struct cmd_ctx *c, const struct cmd_target *t, const char *const **ret)
{
    size_t more = 0;
    while (t->ref.more[more] != NULL) {
        more++;
    }
    const char **names = wp_arena_alloc(c->arena, more + 2, sizeof(*names));
    size_t n = 0;
    if (t->ref.name != NULL) {
        names[n++] = t->ref.name;
    }
    for (size_t i = 0; i < more; i++) {
        names[n++] = t->ref.more[i];
    }
    *ret = names;
    return n;
}

int target_resolve(struct cmd_ctx *c, struct cmd_target *t, struct oci_desc *ret, struct wp_span *ret_bytes,
                   struct wp_err *err)
{
    const char *name = t->name;
    char text[OCI_DIGEST_TEXT];
    if (t->ref.has_digest) {
        name = oci_digest_text(&t->ref.digest, text);
    } else if (name == NULL && t->ref.kind == OCI_REF_REGISTRY) {
        wp_fail(err, WP_E_USAGE, "%s: a tag or digest is missing", t->base);
        return wp_hint(err, "'wpack ls %s' lists the tags", t->base);
    }
    return oci_store_resolve(t->store, name, c->arena, ret, ret_bytes, err);
}

const char *target_pinned(struct cmd_ctx *c, const struct cmd_target *t, const struct oci_digest *d)
{
    char text[OCI_DIGEST_TEXT];
    return wp_arena_printf(c->arena, "%s@%s", t->base, oci_digest_text(d, text));
}

void target_report(struct cmd_ctx *c, const struct cmd_target *t, const struct oci_desc *d)
{
    const char *pinned = target_pinned(c, t, &d->digest);
    if (!cmd_json(c)) {
        out_line(c->out, "%s", pinned);
        return;
    }
    char digest[OCI_DIGEST_TEXT];
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    struct wp_json_out j = wp_json_out(&b);
    wp_jo_object(&j);
    wp_jo_kstr(&j, "reference", pinned);
    wp_jo_kstr(&j, "digest", oci_digest_text(&d->digest, digest));
    wp_jo_kstr(&j, "mediaType", d->media_type);
    if (d->size != OCI_SIZE_UNKNOWN) {
        wp_jo_ku64(&j, "size", d->size);
    }
    wp_jo_object_end(&j);
    out_json(c->out, &b);
}

int target_open_folder(struct cmd_ctx *c, enum target_use use, struct cmd_target *ret, struct wp_err *err)
{
    struct oci_ref ref;
    const char *text = c->arg_count == 0 ? "oci:" TARGET_LAYOUT : c->args[0];
    if (oci_ref_parse(c->arena, text, &ref, err) < 0) {
        return -1;
    }
    if (ref.kind != OCI_REF_LAYOUT || ref.name != NULL || ref.has_digest) {
        wp_fail(err, WP_E_USAGE, "%s: '%s' is not a layout folder", c->cmd->name, text);
        return wp_hint(err, "wpack %s oci:DIR", c->cmd->name);
    }
    return target_open_ref(c, &ref, use, ret, err);
}
