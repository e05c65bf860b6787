/* SPDX-License-Identifier: Apache-2.0
 *
 * One requirement against what was found. Signers are counted, not signatures: one key, one identity of certificates
 * and one log entry count once, whoever's demand they satisfy, and every demand counts once, whoever satisfies it. */
#include "sign/policy-int.h"

/* A candidate that satisfies a demand. */
struct good {
    struct sig_proof *proof;
    size_t demand;
    size_t signer; /* the lowest place in the list of whom it shares a signer with */
};

struct asking {
    const struct sig_need *need;
    struct sig_demand *demands; /* the need's, as of now */
    size_t demand_count;
    const struct sig_artifact *art;
    int64_t now;
    struct wp_arena *arena;
    struct good *good;
    size_t good_count;
    struct sig_proof *failed; /* the closest one of each candidate that satisfies nothing */
    enum wp_code *codes;      /* of those */
    size_t failed_count;
};

/* How far checks got, from far to near. What is nearer is told first: it is what the reader wants to know. */
static unsigned closeness(const char *failed)
{
    static const char *const order[] = {
        "format", "predicate", "parse", "subject",   "digest",  "key",        "signature",  "identity", "chain",
        "sct",    "revoked",   "log",   "timestamp", "expired", "annotation", "time-limit", "name",     "condition",
    };
    for (unsigned i = 0; failed != NULL && i < WP_ARRAY_LEN(order); i++) {
        if (wp_str_eq(order[i], failed)) {
            return i + 1;
        }
    }
    return 0;
}

/* sig_check and the need's conditions: 1 or 0. */
static int check(const struct asking *q, const struct sig_candidate *c, const struct sig_demand *d,
                 struct sig_proof *ret, struct wp_err *err)
{
    const struct sig_need *need = q->need;
    if (sig_check(c, q->art, d, q->arena, ret, err) != 1) {
        return 0;
    }
    if (need->condition_count == 0 ||
        sig_conditions_check(need->conditions, need->condition_count, ret->statement, q->now, err) == 0) {
        return 1;
    }
    wp_wrap(err, "%s", c->where);
    ret->failed = "condition";
    ret->why = wp_arena_str(q->arena, err->msg);
    return 0;
}

/* What failed is announced as something that was not asked for. Nothing proves that, but then nothing else about it is
 * proven, and of a bill of materials by somebody else nobody wants to read that it is a signature by nobody trusted. */
static void set_aside(const struct asking *q, struct sig_proof *p)
{
    const struct sig_match *asked = &p->demand->predicate;
    const char *announced = p->candidate->announced;
    bool in_store = p->candidate->manifest.media_type != NULL;
    bool fits = announced == NULL ? asked->kind == SIG_MATCH_ANY || !in_store
                                  : asked->kind != SIG_MATCH_ANY && sig_match(asked, announced);
    if (fits || closeness(p->failed) >= closeness("annotation")) {
        return;
    }
    p->failed = "predicate";
    p->why = announced == NULL ? wp_arena_printf(q->arena, "%s: a signature", p->candidate->where)
                               : wp_arena_printf(q->arena, "%s: announced as %s", p->candidate->where, announced);
}

static void keep_good(struct asking *q, const struct sig_proof *proof, size_t demand)
{
    struct good *g = &q->good[q->good_count++];
    *g = (struct good){.proof = wp_arena_alloc(q->arena, 1, sizeof(*proof)), .demand = demand};
    *g->proof = *proof;
}

static void ask(struct asking *q, const struct sig_candidate *c)
{
    struct sig_proof best = {0};
    enum wp_code code = WP_E_OK;
    size_t before = q->good_count;
    bool enough = false;
    struct sig_memo memo = {.document = NULL};
    struct sig_candidate read_once = *c;
    read_once.memo = &memo;
    for (size_t i = 0; i < q->demand_count && !enough; i++) {
        struct sig_proof proof;
        struct wp_err err = {0};
        bool good = check(q, &read_once, &q->demands[i], &proof, &err) == 1;
        proof.candidate = c;
        if (good) {
            keep_good(q, &proof, i);
            enough = q->need->threshold == 1;
            continue;
        }
        set_aside(q, &proof);
        if (best.candidate == NULL || closeness(proof.failed) > closeness(best.failed)) {
            best = proof;
            code = err.code;
        }
    }
    if (q->good_count == before) {
        q->failed[q->failed_count] = best;
        q->codes[q->failed_count] = code;
        q->failed_count++;
    }
}

/* ---- who signed ---- */

static bool both_equal(const char *a, const char *b)
{
    return a != NULL && b != NULL && wp_str_eq(a, b);
}

static bool same_signer(const struct sig_proof *a, const struct sig_proof *b)
{
    bool nameless = a->key_id == NULL && a->identity == NULL && b->key_id == NULL && b->identity == NULL;
    bool same_person = both_equal(a->identity, b->identity) && both_equal(a->issuer, b->issuer);
    bool same_entry = a->logged && b->logged && a->log_index == b->log_index && both_equal(a->log_name, b->log_name);
    return a->candidate == b->candidate || both_equal(a->key_id, b->key_id) || same_person || same_entry || nameless ||
           both_equal(a->signer, b->signer);
}

/* Whoever is the same as somebody is the same as all whom that one is the same as. */
static void tell_signers(struct asking *q)
{
    for (size_t i = 0; i < q->good_count; i++) {
        q->good[i].signer = i;
        for (size_t k = 0; k < i; k++) {
            size_t from = q->good[k].signer;
            size_t to = q->good[i].signer;
            if (from == to || !same_signer(q->good[i].proof, q->good[k].proof)) {
                continue;
            }
            size_t low = WP_MIN(from, to);
            for (size_t m = 0; m <= i; m++) {
                bool joins = q->good[m].signer == from || q->good[m].signer == to;
                q->good[m].signer = joins ? low : q->good[m].signer;
            }
        }
    }
}

/* Kuhn's algorithm: as many pairs of demand and signer as there can be. seat[demand] is a place in good, plus 1. */
static bool find_seat(const struct asking *q, size_t signer, size_t *seat, bool *tried)
{
    for (size_t i = 0; i < q->good_count; i++) {
        size_t demand = q->good[i].demand;
        if (q->good[i].signer != signer || tried[demand]) {
            continue;
        }
        tried[demand] = true;
        if (seat[demand] == 0 || find_seat(q, q->good[seat[demand] - 1].signer, seat, tried)) {
            seat[demand] = i + 1;
            return true;
        }
    }
    return false;
}

/* The number of signers that count. The proofs that do come first in q->good afterwards. */
static size_t count_signers(struct asking *q)
{
    size_t n = 0;
    size_t demands = q->demand_count;
    size_t *seat = wp_arena_alloc(q->arena, demands + 1, sizeof(*seat));
    tell_signers(q);
    for (size_t i = 0; i < q->good_count; i++) {
        if (q->good[i].signer == i) {
            bool *tried = wp_arena_alloc(q->arena, demands + 1, sizeof(*tried));
            n += find_seat(q, i, seat, tried) ? 1 : 0;
        }
    }
    struct good *sorted = wp_arena_alloc(q->arena, q->good_count + 1, sizeof(*sorted));
    size_t first = 0;
    size_t rest = n;
    for (size_t i = 0; i < q->good_count; i++) {
        bool counts = seat[q->good[i].demand] == i + 1;
        sorted[counts ? first++ : rest++] = q->good[i];
    }
    q->good = sorted;
    return n;
}

/* ---- the answer ---- */

static bool is_listed(const struct sig_proof *list, size_t n, const struct sig_candidate *c)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].candidate == c) {
            return true;
        }
    }
    return false;
}

/* Nearest first; those that are equally near stay in the order in which they were found. */
static void sort_failed(struct asking *q)
{
    for (size_t i = 1; i < q->failed_count; i++) {
        struct sig_proof proof = q->failed[i];
        enum wp_code code = q->codes[i];
        size_t k = i;
        for (; k > 0 && closeness(q->failed[k - 1].failed) < closeness(proof.failed); k--) {
            q->failed[k] = q->failed[k - 1];
            q->codes[k] = q->codes[k - 1];
        }
        q->failed[k] = proof;
        q->codes[k] = code;
    }
}

static void list_proofs(const struct asking *q, struct sig_result *ret)
{
    struct sig_proof *list = wp_arena_alloc(q->arena, q->good_count + q->failed_count + 1, sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < q->good_count; i++) {
        if (!is_listed(list, n, q->good[i].proof->candidate)) {
            list[n++] = *q->good[i].proof;
        }
    }
    ret->good_count = n;
    for (size_t i = 0; i < q->failed_count; i++) {
        list[n++] = q->failed[i];
    }
    ret->proofs = list;
    ret->proof_count = n;
}

/* Other statements than the one asked for are no signatures that failed. */
static bool only_others(const struct asking *q)
{
    for (size_t i = 0; i < q->failed_count; i++) {
        if (closeness(q->failed[i].failed) != closeness("predicate")) {
            return false;
        }
    }
    return q->good_count == 0;
}

static enum sig_verdict verdict(const struct asking *q)
{
    if (only_others(q)) {
        return SIG_NONE;
    }
    bool certificate = q->good_count == 0 && q->codes[0] == WP_E_CERTIFICATE;
    return certificate ? SIG_BAD_CERTIFICATE : SIG_NOT_SATISFIED;
}

void sig_need_ask(const struct sig_need *need, const struct sig_asked *asked, const struct sig_candidate *list,
                  size_t n, struct wp_arena *a, struct sig_answer *ret)
{
    struct asking q = {.need = need, .art = &asked->artifact, .now = asked->now, .arena = a};
    q.good = wp_arena_alloc(a, n * need->demand_count + 1, sizeof(*q.good));
    q.failed = wp_arena_alloc(a, n + 1, sizeof(*q.failed));
    q.codes = wp_arena_alloc(a, n + 1, sizeof(*q.codes));
    q.demand_count = need->demand_count;
    q.demands = wp_arena_alloc(a, need->demand_count + 1, sizeof(*q.demands));
    for (size_t i = 0; i < need->demand_count; i++) {
        q.demands[i] = need->demands[i];
        q.demands[i].now = asked->now;
        if (asked->name_rule >= 0) {
            q.demands[i].name_rule = (unsigned)asked->name_rule;
        }
    }
    for (size_t i = 0; i < n; i++) {
        ask(&q, &list[i]);
    }
    size_t signers = count_signers(&q);
    sort_failed(&q);
    *ret = (struct sig_answer){.need = need, .result = {.id = need->id, .what = sig_need_text(need, a)}};
    list_proofs(&q, &ret->result);
    ret->signers = signers;
    ret->result.satisfied = need->threshold > 0 && signers >= need->threshold;
    ret->verdict = ret->result.satisfied ? SIG_SATISFIED : verdict(&q);
    ret->result.why = ret->result.satisfied ? NULL : sig_answer_why(ret, a);
}
