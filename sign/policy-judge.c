/* SPDX-License-Identifier: Apache-2.0
 *
 * The question at the door: the rule in force, what was found, each requirement, one answer. An index that satisfies
 * covers what it leads to, unless the rule or the question asks for each manifest by itself. The answer "satisfied" is
 * given by judge_all() alone. */
#include "base/limits.h"
#include "base/time.h"
#include "oci/ref.h"
#include "sign/policy-int.h"

struct judging {
    const struct sig_policy *policy;
    const struct sig_question *question;
    const struct sig_rule *rule;
    const char *scope;
    int64_t now;
    struct wp_arena *arena;
    struct sig_result *results;
    size_t result_count, result_cap;
    struct sig_candidate *found;
    size_t found_count, found_cap;
    struct oci_digest *asked; /* manifests of an index that were judged by themselves */
    size_t asked_count, asked_cap;
};

/* One manifest or file. */
struct part {
    struct sig_artifact artifact;
    const char *label; /* "linux/amd64"; NULL: the root */
    const struct sig_candidate *given;
    size_t given_count;
};

/* Room for `more` further ones in a list that lives in the arena. */
static void *grow(struct judging *j, void *list, size_t count, size_t *cap, size_t more, size_t size)
{
    if (count + more <= *cap) {
        return list;
    }
    *cap = 2 * (count + more);
    void *bigger = wp_arena_alloc(j->arena, *cap, size);
    if (count > 0) {
        memcpy(bigger, list, count * size);
    }
    return bigger;
}

/* ---- one part ---- */

static void add_results(struct judging *j, const struct part *part, const struct sig_answer *answers, size_t n)
{
    j->results = grow(j, j->results, j->result_count, &j->result_cap, n, sizeof(*j->results));
    for (size_t i = 0; i < n; i++) {
        struct sig_result *r = &j->results[j->result_count++];
        *r = answers[i].result;
        if (part->label != NULL) {
            r->what = wp_arena_printf(j->arena, "%s: %s", part->label, r->what);
        }
    }
}

static void add_found(struct judging *j, const struct sig_candidate *list, size_t n)
{
    j->found = grow(j, j->found, j->found_count, &j->found_cap, n, sizeof(*j->found));
    for (size_t i = 0; i < n; i++) {
        j->found[j->found_count++] = list[i];
    }
}

/* The repository, or a longer name of it, with its beginning replaced as the map says. */
static const char *map_repository(const struct sig_name_map *map, const char *name, struct wp_arena *a)
{
    if (map->to == NULL || name == NULL || map->from == NULL) {
        return map->to != NULL ? map->to : name;
    }
    size_t len = strlen(map->from);
    bool within = strncmp(name, map->from, len) == 0 && (name[len] == '\0' || name[len] == '/');
    return within ? wp_arena_printf(a, "%s%s", map->to, name + len) : name;
}

/* What the older format must name, with the tag or digest that was asked for where it has to. Returns the name rule. */
static int map_name(const struct judging *j, const struct sig_name_map *map, const char **name)
{
    struct oci_ref ref = {.kind = OCI_REF_REGISTRY};
    struct wp_err err;
    char digest[OCI_DIGEST_TEXT];
    const char *repo;
    const char *tag = NULL;
    bool fixed = map->to != NULL && map->from == NULL;
    *name = map_repository(map, *name, j->arena);
    if (map->rule == SIG_MAP_REPOSITORY || fixed || *name == NULL) {
        return map->rule == SIG_MAP_REPOSITORY ? SIG_NAME_REPOSITORY : SIG_NAME_EXACT;
    }
    if (j->question->reference == NULL || oci_ref_parse(j->arena, j->question->reference, &ref, &err) < 0) {
        return SIG_NAME_EXACT;
    }
    if (ref.has_digest && map->rule == SIG_MAP_DIGEST_OR_EXACT) {
        return SIG_NAME_REPOSITORY;
    }
    if (ref.has_digest) {
        *name = wp_arena_printf(j->arena, "%s@%s", *name, oci_digest_text(&ref.digest, digest));
        return SIG_NAME_EXACT;
    }
    oci_name_split(j->arena, ref.name != NULL ? ref.name : "latest", &repo, &tag);
    *name = wp_arena_printf(j->arena, "%s:%s", *name, tag);
    return SIG_NAME_EXACT;
}

/* None of the group's needs holds: the one to tell is the one that something was found for. */
static const struct sig_answer *telling(const struct sig_group *g, const struct sig_answer *answers)
{
    const struct sig_answer *best = &answers[g->needs[0]];
    for (size_t i = 1; i < g->count && best->verdict == SIG_NONE; i++) {
        best = &answers[g->needs[i]];
    }
    return best->verdict == SIG_NONE ? &answers[g->needs[0]] : best;
}

static bool holds(const struct sig_group *g, const struct sig_answer *answers)
{
    for (size_t i = 0; i < g->count; i++) {
        if (answers[g->needs[i]].result.satisfied) {
            return true;
        }
    }
    return false;
}

/* The first group that does not hold; NULL: all do. */
static const struct sig_answer *unsatisfied(const struct sig_rule *rule, const struct sig_answer *answers)
{
    for (size_t i = 0; i < rule->group_count; i++) {
        if (!holds(&rule->groups[i], answers)) {
            return telling(&rule->groups[i], answers);
        }
    }
    return NULL;
}

static struct sig_answer *ask_needs(struct judging *j, const struct part *part, const struct sig_candidate *list,
                                    size_t n)
{
    struct sig_answer *answers = wp_arena_alloc(j->arena, j->rule->need_count + 1, sizeof(*answers));
    for (size_t i = 0; i < j->rule->need_count; i++) {
        const struct sig_need *need = &j->rule->needs[i];
        struct sig_asked asked = {.artifact = part->artifact, .now = j->now, .name_rule = -1};
        if (need->name_map.rule != SIG_MAP_NONE) {
            asked.name_rule = map_name(j, &need->name_map, &asked.artifact.repository);
        }
        sig_need_ask(need, &asked, list, n, j->arena, &answers[i]);
    }
    return answers;
}

static int fail_unknown(const struct part *part, struct wp_err *err)
{
    bool told = strstr(err->msg, part->artifact.name) != NULL;
    return told ? -1 : wp_wrap(err, "%s: whether it is signed cannot be told", part->artifact.name);
}

static enum sig_verdict judge_part(struct judging *j, const struct part *part, struct wp_err *err)
{
    const struct sig_question *q = j->question;
    struct sig_list list = {.count = 0};
    struct wp_err unread = {.code = WP_E_OK};
    bool listed = q->store == NULL || part->artifact.desc.media_type == NULL ||
                  sig_find(q->store, q->repo, &part->artifact.desc, q->job, j->arena, &list, &unread) == 0;
    size_t n = part->given_count + (listed ? list.count : 0);
    struct sig_candidate *all = wp_arena_alloc(j->arena, n + 1, sizeof(*all));
    for (size_t i = 0; i < n; i++) {
        all[i] = i < part->given_count ? part->given[i] : list.items[i - part->given_count];
    }
    const struct sig_answer *answers = ask_needs(j, part, all, n);
    add_results(j, part, answers, j->rule->need_count);
    add_found(j, all, n);
    const struct sig_answer *missing = unsatisfied(j->rule, answers);
    if (missing == NULL) {
        return SIG_SATISFIED;
    }
    if (!listed) {
        *err = unread;
        (void)fail_unknown(part, err);
        return SIG_UNKNOWN;
    }
    const struct sig_looked looked = {
        .question = q,
        .name = part->artifact.name,
        .by_policy = j->policy->doc != NULL,
        .others = list.others,
    };
    sig_answer_fail(missing, &looked, j->arena, err);
    return missing->verdict;
}

/* ---- what an index leads to ---- */

static bool is_asked(const struct judging *j, const struct oci_digest *d)
{
    for (size_t i = 0; i < j->asked_count; i++) {
        if (oci_digest_equal(&j->asked[i], d)) {
            return true;
        }
    }
    return false;
}

static const char *part_label(const struct oci_desc *d, struct wp_arena *a)
{
    char text[OCI_DIGEST_TEXT];
    oci_digest_text(&d->digest, text);
    if (d->platform == NULL) {
        return wp_arena_printf(a, "%.19s…", text);
    }
    return wp_arena_printf(a, "%s/%s%s%s", d->platform->os, d->platform->architecture,
                           d->platform->variant != NULL ? "/" : "",
                           d->platform->variant != NULL ? d->platform->variant : "");
}

/* "host/repo@sha256:…" of what was reached from there. */
static const char *part_name(const char *from, const struct oci_digest *d, struct wp_arena *a)
{
    char text[OCI_DIGEST_TEXT];
    const char *at = strrchr(from, '@');
    size_t len = at != NULL && oci_digest_is(at + 1) ? (size_t)(at - from) : strlen(from);
    return wp_arena_printf(a, "%.*s@%s", (int)len, from, oci_digest_text(d, text));
}

static enum sig_verdict settle_index(struct judging *j, const struct sig_artifact *index, enum sig_verdict v,
                                     unsigned depth, struct wp_err *err);

static enum sig_verdict judge_child(struct judging *j, const struct sig_artifact *index, const struct oci_desc *d,
                                    unsigned depth, struct wp_err *err)
{
    struct part part = {.artifact = *index, .label = part_label(d, j->arena)};
    if (is_asked(j, &d->digest)) {
        return SIG_SATISFIED;
    }
    if (j->asked_count >= WP_LIMIT_POLICY_PARTS) {
        wp_fail(err, WP_E_LIMIT, "%s: leads to more than %llu manifests", index->name,
                (unsigned long long)WP_LIMIT_POLICY_PARTS);
        return SIG_UNKNOWN;
    }
    j->asked = grow(j, j->asked, j->asked_count, &j->asked_cap, 1, sizeof(*j->asked));
    j->asked[j->asked_count++] = d->digest;
    part.artifact.desc = *d;
    part.artifact.name = part_name(index->name, &d->digest, j->arena);
    part.artifact.bytes = (struct wp_span){.ptr = NULL};
    bool is_index = oci_mediatype_kind(d->media_type) == OCI_INDEX;
    if (is_index && oci_store_get(j->question->store, d, WP_LIMIT_MANIFEST, j->arena, &part.artifact.bytes, err) < 0) {
        return SIG_UNKNOWN;
    }
    enum sig_verdict v = judge_part(j, &part, err);
    if (v != SIG_SATISFIED) {
        wp_wrap(err, "%s", part.label);
    }
    return is_index ? settle_index(j, &part.artifact, v, depth + 1, err) : v;
}

static enum sig_verdict judge_parts(struct judging *j, const struct sig_artifact *index, unsigned depth,
                                    size_t *ret_count, struct wp_err *err)
{
    struct oci_manifest m;
    struct wp_span bytes = index->bytes;
    if (depth > WP_LIMIT_GRAPH_DEPTH) {
        wp_fail(err, WP_E_LIMIT, "%s: indexes within indexes, more than %llu deep", index->name,
                (unsigned long long)WP_LIMIT_GRAPH_DEPTH);
        return SIG_UNKNOWN;
    }
    if ((bytes.ptr == NULL &&
         oci_store_get(j->question->store, &index->desc, WP_LIMIT_MANIFEST, j->arena, &bytes, err) < 0) ||
        oci_manifest_parse(bytes, index->desc.media_type, index->name, j->arena, &m, err) < 0) {
        return SIG_UNKNOWN;
    }
    *ret_count = m.manifest_count;
    for (size_t i = 0; i < m.manifest_count; i++) {
        enum sig_verdict v = judge_child(j, index, &m.manifests[i], depth, err);
        if (v != SIG_SATISFIED) {
            return v;
        }
    }
    return SIG_SATISFIED;
}

/* The answer for the index itself was v: are those it leads to asked, too, or in its place? */
static enum sig_verdict settle_index(struct judging *j, const struct sig_artifact *index, enum sig_verdict v,
                                     unsigned depth, struct wp_err *err)
{
    bool each = j->question->recursive || j->rule->platforms == SIG_PLATFORMS_EACH;
    size_t count = 0;
    if (v == SIG_SATISFIED) {
        return each ? judge_parts(j, index, depth, &count, err) : v;
    }
    if (v == SIG_UNKNOWN || each || j->rule->platforms != SIG_PLATFORMS_EITHER) {
        return v;
    }
    struct wp_err of_parts = {.code = WP_E_OK};
    enum sig_verdict parts = judge_parts(j, index, depth, &count, &of_parts);
    if (parts == SIG_SATISFIED) {
        return count > 0 ? SIG_SATISFIED : v; /* nothing cannot stand for an index */
    }
    if (parts == SIG_UNKNOWN || v == SIG_NONE) {
        *err = of_parts;
        return parts;
    }
    return v;
}

static enum sig_verdict judge_all(struct judging *j, struct wp_err *err)
{
    const struct sig_question *q = j->question;
    const struct part root = {.artifact = q->artifact, .given = q->given, .given_count = q->given_count};
    enum sig_verdict v = judge_part(j, &root, err);
    bool is_index = q->store != NULL && oci_mediatype_kind(q->artifact.desc.media_type) == OCI_INDEX;
    return is_index ? settle_index(j, &q->artifact, v, 0, err) : v;
}

/* ---- the rule ---- */

static void fail_rejected(const struct judging *j, struct wp_err *err)
{
    const char *name = j->question->artifact.name;
    const char *where = sig_rule_where(j->policy, j->rule, j->arena);
    if (j->rule->why != NULL) {
        wp_fail(err, WP_E_POLICY, "%s: rejected by the policy: %s: %s", name, where, j->rule->why);
    } else if (j->scope != NULL) {
        wp_fail(err, WP_E_POLICY, "%s: rejected by the policy: %s admits nothing under '%s'", name, where, j->scope);
    } else {
        wp_fail(err, WP_E_POLICY, "%s: rejected by the policy: no rule of %s is about it", name, j->policy->name);
    }
    wp_hint(err, "who may sign it is said by a rule of %s: wpack-policy(5)", j->policy->name);
}

static enum sig_verdict judge(struct judging *j, struct wp_err *err)
{
    switch (j->rule->action) {
    case SIG_ACTION_ACCEPT:
        return SIG_ACCEPTED_UNSIGNED;
    case SIG_ACTION_REJECT:
        fail_rejected(j, err);
        return SIG_REJECTED;
    case SIG_ACTION_REQUIRE:
        break;
    }
    if (j->rule->group_count == 0) {
        fail_rejected(j, err);
        return SIG_REJECTED;
    }
    return judge_all(j, err);
}

int sig_judge(const struct sig_policy *p, const struct sig_question *q, struct wp_arena *a, struct sig_report *ret,
              struct wp_err *err)
{
    struct judging j = {.policy = p, .question = q, .arena = a, .now = q->now != 0 ? q->now : wp_time_now()};
    *ret = (struct sig_report){.policy = p->name, .verdict = SIG_REJECTED};
    j.rule = p->find(p, q, &j.scope);
    ret->verdict = judge(&j, &ret->err);
    ret->scope = j.scope;
    ret->results = j.results;
    ret->result_count = j.result_count;
    ret->found = j.found;
    ret->found_count = j.found_count;
    if (ret->verdict == SIG_SATISFIED || ret->verdict == SIG_ACCEPTED_UNSIGNED) {
        wp_err_clear(&ret->err);
        return 0;
    }
    *err = ret->err;
    return -1;
}
