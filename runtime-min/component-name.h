/* SPDX-License-Identifier: Apache-2.0
 *
 * Names at the borders of components (component-model Explainer.md, "Import and Export Definitions"): labels, annotated
 * names of resource functions, and names of interfaces; and the sets in which they have to be unique. What the
 * explainer marks as gated (nested namespaces, canonical versions like @1) and what it has dropped (locked-dep=<…>,
 * url=<…>, integrity=<…>) is refused, as the suite and other validators do. Two spellings of a label that differ in
 * hyphens only are two names: the suite holds a1 and a-1 in one component. */
#pragma once

#include "runtime-min/mem.h"

enum wrt_name_kind {
    WRT_NAME_LABEL,       /* a-b: label */
    WRT_NAME_CONSTRUCTOR, /* [constructor]a: resource */
    WRT_NAME_METHOD,      /* [method]a.b: resource, label */
    WRT_NAME_STATIC,      /* [static]a.b: resource, label */
    WRT_NAME_INTERFACE,   /* ns:package/interface@version */
};

struct wrt_name {
    enum wrt_name_kind kind;
    struct wp_span text; /* all of it; the others are parts of it, empty: not there */
    struct wp_span resource, label;
    struct wp_span ns, package, interface, version; /* a semantic version, without its '@' */
};

/* Words of letters and digits, each all lower or ALL UPPER case, with single hyphens; the first begins with a letter.
 */
bool wrt_label_is(struct wp_span text);
/* WP_E_MODULE "<what> 'aBc' is not in kebab case", for an empty one "<what> cannot be empty". */
int wrt_label_check(struct wp_span text, const char *what, struct wp_err *err) WP_MUST_USE;
/* what: "import", "export". WP_E_MODULE "<what> name '…' is not a valid extern name: …". */
int wrt_name_parse(struct wp_span text, const char *what, struct wrt_name *ret, struct wp_err *err) WP_MUST_USE;
/* The rules of the attribute `implements` (its text) of an import or export called n. */
int wrt_name_implements(const struct wrt_name *n, bool is_instance, struct wp_span implements,
                        struct wp_err *err) WP_MUST_USE;
/* The whole text is a semantic version 2.0; the reason is "unexpected character 'x' while parsing …". */
int wrt_semver_check(struct wp_span text, struct wp_err *err) WP_MUST_USE;

/* Names that are strongly unique: letters in any case are equal, [method]a.b is [static]a.b, and [method]a.a is a; but
 * [constructor]a is not a. Zero is an empty set. */
struct wrt_name_set {
    struct wrt_vec entries; /* private */
    uint32_t *slots;
    uint32_t slot_count;
    uint64_t key;
};
/* 1: it is new; 0: it is not, and *ret_before is the one that was there; -1: WP_E_LIMIT. */
int wrt_name_set_add(struct wrt_mem *m, struct wrt_name_set *s, const struct wrt_name *n, struct wp_span *ret_before,
                     struct wp_err *err) WP_MUST_USE;
/* The same for fields, cases, flags and parameters. */
int wrt_label_set_add(struct wrt_mem *m, struct wrt_name_set *s, struct wp_span label, struct wp_span *ret_before,
                      struct wp_err *err) WP_MUST_USE;
