/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the WIT printer, for wit*.c only: a component's types, interfaces and worlds as WIT has them, filled by
 * wit-package.c, wit-decode.c, wit-type.c and wit-docs.c, written by wit-print.c and wit-text*.c. Things refer to each
 * other by index; lists are chained. */
#pragma once

#include "runtime-min/component-name.h"
#include "runtime-min/wit.h"

#define WIT_NONE      UINT32_MAX
#define WIT_ANONYMOUS (UINT32_MAX - 1) /* a type without a name, spelled out where it is used */

/* Chained members, WIT_NONE: end. */
struct wit_list {
    uint32_t first, last;
};

struct wit_type {
    struct wp_span name, external_id;
    uint32_t source;       /* the component's type that says what it is */
    uint32_t same;         /* it is another name of this one (or of WIT_ANONYMOUS); WIT_NONE: declared here */
    uint32_t scope;        /* its owner */
    uint32_t next;         /* in the scope */
    struct wit_list funcs; /* of a resource */
};

struct wit_func {
    struct wp_span name, label, external_id; /* [method]a.b, b */
    enum wrt_name_kind kind;
    uint32_t type;     /* the component's type */
    uint32_t resource; /* WIT_NONE: of none */
    uint32_t next;     /* in the scope, or in the resource */
};

/* What a world imports or exports, types and resource functions aside. */
struct wit_item {
    struct wp_span name;  /* empty: an interface under its own name */
    struct wp_span key;   /* the name in the binary */
    uint32_t scope, func; /* one of them; the other is WIT_NONE */
    uint32_t docs;        /* of a function */
    struct wp_span external_id;
    uint32_t next;
};

/* An interface or a world. */
struct wit_scope {
    struct wp_span name; /* empty: an interface that is written where it is used */
    bool is_world;
    bool complete; /* an interface that has all of its members: others may not tell more */
    uint32_t docs; /* node of its comments, WIT_NONE: none */
    uint32_t package, next;
    struct wit_list types, funcs;     /* functions of no resource */
    struct wit_list imports, exports; /* of a world: items */
};

struct wit_package {
    struct wp_span ns, name, version;
    struct wit_list interfaces, worlds;
    struct wit_list defined; /* while reading a WIT package: the interfaces that are in it, printed after the others */
    bool visited;
};

/* Exact names to numbers, in constant time. */
enum wit_key {
    WIT_KEY_NS,
    WIT_KEY_NAME,
    WIT_KEY_VERSION,
    WIT_KEY_INTERFACE,
    WIT_KEY_TYPE,
    WIT_KEY_FUNC,   /* of interfaces, and those that worlds import */
    WIT_KEY_INLINE, /* interfaces without a name that worlds import */
    WIT_KEY_DOCS,
};
struct wit_map {
    struct wrt_vec entries;
    uint32_t *slots;
    uint32_t slot_count;
    uint64_t key;
};
/* WIT_NONE: it is not there. */
uint32_t wit_map_get(const struct wit_map *m, enum wit_key kind, uint32_t in, struct wp_span name);
/* Only for what is not there. */
int wit_map_put(struct wrt_mem *mem, struct wit_map *m, enum wit_key kind, uint32_t in, struct wp_span name,
                uint32_t value, struct wp_err *err) WP_MUST_USE;

struct wit {
    const struct wrt_component *c;
    const struct wrt_ctypes *ctypes;
    struct wrt_mem mem;
    struct wit_map map;
    uint32_t *known; /* the component's type -> 0: not yet seen, 1: without a name, else WIT type + 2 */
    struct wrt_vec types, funcs, items, scopes, packages;
    struct wrt_vec docs; /* struct wp_span: texts of the nodes of the comments' tree */
    bool has_docs;
    uint32_t *order; /* packages as they are printed; the first is the main one */
    uint32_t order_count;
    uint32_t main;
    uint64_t work; /* steps along aliases so far, against WP_LIMIT_WASM_COMPONENT_WORK */
    struct wp_err *err;
};

static inline struct wit_type *wit_type(const struct wit *w, uint32_t i)
{
    return (struct wit_type *)w->types.items + i;
}
static inline struct wit_func *wit_func(const struct wit *w, uint32_t i)
{
    return (struct wit_func *)w->funcs.items + i;
}
static inline struct wit_item *wit_item(const struct wit *w, uint32_t i)
{
    return (struct wit_item *)w->items.items + i;
}
static inline struct wit_scope *wit_scope(const struct wit *w, uint32_t i)
{
    return (struct wit_scope *)w->scopes.items + i;
}
static inline struct wit_package *wit_package(const struct wit *w, uint32_t i)
{
    return (struct wit_package *)w->packages.items + i;
}
/* What a type of the component is known as: WIT type, WIT_ANONYMOUS, WIT_NONE. */
static inline uint32_t wit_known(const struct wit *w, uint32_t ctype)
{
    uint32_t k = w->known[ctype];
    return k == 0 ? WIT_NONE : k == 1 ? WIT_ANONYMOUS : k - 2;
}

/* wit-package.c: all of w from w->c. */
int wit_decode(struct wit *w) WP_MUST_USE;

/* wit-decode.c: packages, interfaces and worlds. */
int wit_find_package(struct wit *w, struct wp_span ns, struct wp_span name, struct wp_span version,
                     uint32_t *ret) WP_MUST_USE;
/* The interface called `name`, with the members of that instance. */
int wit_add_interface(struct wit *w, struct wp_span name, const struct wrt_citem *instance, uint32_t *ret) WP_MUST_USE;
/* The same for one that the package brings: complete. */
int wit_define_interface(struct wit *w, const struct wrt_citem *instance) WP_MUST_USE;
/* strict: of a WIT package; a component may also import modules and components, of which its world says nothing. */
int wit_add_world(struct wit *w, uint32_t package, struct wp_span name, const struct wrt_ciface *f,
                  bool strict) WP_MUST_USE;
/* WP_E_UNSUPPORTED "'name' cannot be said in WIT: why". */
int wit_unsaid(const struct wit *w, struct wp_span name, const char *why);

/* wit-type.c: a named type of a scope, a second sight of one, and a function. */
int wit_add_type(struct wit *w, uint32_t scope, const struct wrt_citem *item) WP_MUST_USE;
int wit_meet_type(struct wit *w, uint32_t type, const struct wrt_citem *item) WP_MUST_USE;
int wit_add_func(struct wit *w, uint32_t scope, const struct wrt_citem *item, uint32_t *ret) WP_MUST_USE;
/* Append to a chain: `next` is that of member. */
#define WIT_CHAIN(w, list, member, at)            \
    do {                                          \
        if ((list)->first == WIT_NONE) {          \
            (list)->first = (member);             \
        } else {                                  \
            at(w, (list)->last)->next = (member); \
        }                                         \
        (list)->last = (member);                  \
    } while (0)

/* wit-docs.c: the comments of a WIT package. Node 0 is the package's; of WIT_NONE nothing is known. -1: no memory. */
int wit_read_docs(struct wit *w) WP_MUST_USE;
uint32_t wit_docs_at(const struct wit *w, uint32_t node, struct wp_span key);
uint32_t wit_docs(const struct wit *w, uint32_t node, const char *key);
struct wp_span wit_docs_text(const struct wit *w, uint32_t node); /* its text, empty: an object */

/* wit-print.c */
int wit_print(const struct wit *w, wrt_write_fn write, void *arg, struct wp_err *err) WP_MUST_USE;
