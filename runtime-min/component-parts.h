/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that decode and validate components share: the state of one load, the scopes in which indices are
 * counted, and the doors between the files. Private to runtime-min/component-*.c. */
#pragma once

#include "base/limits.h"
#include "runtime-min/component-name.h"
#include "runtime-min/component.h"
#include "runtime-min/feature.h"
#include "runtime-min/module-parts.h"
#include "runtime-min/scan.h"

/* The name and the border type of a core thing. */
struct wrt_mitem {
    struct wp_span name, module; /* module: of imports, else empty */
    enum wrt_extern_kind kind;   /* of the core ones */
    uint32_t type;               /* functions and tags: id in wrt_types; tables, globals: value type */
    bool mut;
    struct wrt_limits limits;
};

/* The type of a core module or core instance (which has no imports). */
struct wrt_mtype {
    const struct wrt_mitem *imports, *exports;
    uint32_t import_count, export_count;
    struct wrt_name_index import_index, export_index;
};

/* A map from numbers to numbers. Zero is an empty one. */
struct idmap {
    uint32_t *slots; /* pairs of key + 1 and value */
    uint32_t slot_count, count;
};

enum scope_kind { SCOPE_COMPONENT, SCOPE_COMPONENT_TYPE, SCOPE_INSTANCE_TYPE };
enum scope_side { SIDE_IMPORT, SIDE_EXPORT };

struct core_type_ref {
    uint32_t id; /* in wrt_types; modules: in wrt_ctypes */
    bool is_module;
};
struct value_ref {
    uint32_t type;
    bool used;
};

/* What one load shares between all scopes. */
struct cload {
    struct wrt_mem *mem;
    struct wrt_types *core;
    struct wrt_ctypes *types;
    const uint8_t *base;
    uint64_t features, used;
    unsigned threads;
    struct wrt_fault *fault;
    uint64_t work;           /* steps so far, against WP_LIMIT_WASM_COMPONENT_WORK */
    uint64_t sections;       /* so far, against WP_LIMIT_WASM_SECTIONS */
    uint32_t parts;          /* modules and components so far */
    uint32_t module_mark;    /* core type that stands for a module type in index spaces of core types */
    struct wrt_vec stamps;   /* per type, of the walk that saw it last */
    struct wrt_vec marks;    /* per resource, the same */
    uint32_t stamp;          /* of the current walk */
    uint32_t marked;         /* resources marked by it */
    struct wrt_vec subst[2]; /* per resource: what stands for it while types are compared, WRT_NO_INDEX: itself */
    struct wrt_vec undo;     /* of substitutions */
};

/* A component, or the body of a component or instance type: index spaces, imports and exports. */
struct scope {
    struct cload *l;
    struct scope *up;
    enum scope_kind kind;
    unsigned depth;             /* of components */
    struct wrt_vec core_types;  /* struct core_type_ref */
    struct wrt_vec core_ids;    /* the same as ids, as the readers of core types want them */
    struct wrt_vec core_funcs;  /* ids of core types */
    struct wrt_vec core_tags;   /* the same */
    struct wrt_vec core_tables; /* struct wrt_mitem, as the next ones */
    struct wrt_vec core_memories;
    struct wrt_vec core_globals;
    struct wrt_vec core_modules;                        /* ids of types */
    struct wrt_vec core_instances;                      /* const struct wrt_mtype * */
    struct wrt_vec types, funcs, instances, components; /* ids of types */
    struct wrt_vec values;                              /* struct value_ref */
    struct wrt_vec imports, exports;                    /* struct wrt_citem */
    struct wrt_name_set name_sets[2];                   /* by side, as the next ones */
    struct wrt_name_index index[2];                     /* of imports and exports */
    struct idmap named[2];                              /* types that have a name on that side */
    struct idmap resource_names[2];                     /* id of a resource type -> the item that names it */
    struct wrt_vec imported, defined;                   /* resources, by number */
    struct idmap reps; /* resources defined in this component -> core type of what stands for them */
    uint32_t size;     /* effective size of imports and exports */
    uint8_t type_depth;
    uint32_t outer_size; /* of what aliases bring in from outer components */
    uint32_t context;    /* core type of context.get and context.set, 0: not seen */
    bool has_start;
    /* kept for struct wrt_component */
    struct wrt_vec canons, modules, nested;
};

/* ---- component-read.c: errors, bytes, names, maps ---- */

int comp_fail(const struct cload *l, const uint8_t *at, struct wp_err *err, const char *fmt, ...) WP_PRINTF(4, 5);
/* WP_E_LIMIT "at byte …: more than LIMIT WHAT". */
int comp_limit(const struct cload *l, const uint8_t *at, const char *what, uint64_t limit, struct wp_err *err);
/* Put the place in front of a message that has none. Returns -1. */
int comp_at(const struct cload *l, const uint8_t *at, struct wp_err *err);
/* "invalid leading byte (0x5) for WHAT" of the byte before the cursor. Returns -1. */
int comp_leading(const struct wp_wasm_cursor *c, const char *what, struct wp_err *err);
int comp_need(struct cload *l, uint64_t feature, const uint8_t *at, const char *what, struct wp_err *err) WP_MUST_USE;
int comp_bool(struct wp_wasm_cursor *c, bool *ret, struct wp_err *err) WP_MUST_USE;
/* A name with its options, and a kind. */
int comp_extern_name(struct cload *l, struct wp_wasm_cursor *c, struct wrt_citem *ret, struct wp_err *err) WP_MUST_USE;
int comp_sort(struct wp_wasm_cursor *c, enum wrt_extern_kind *ret, struct wp_err *err) WP_MUST_USE;
/* n more steps of work that is not bounded by the size of the input. */
int comp_work(struct cload *l, uint64_t n, struct wp_err *err) WP_MUST_USE;
/* The steps of looking for two names. */
int comp_work_names(struct cload *l, struct wp_span a, struct wp_span b, struct wp_err *err) WP_MUST_USE;

/* A name for messages: as much of it as fits. */
#define COMP_SHOWN   200
#define COMP_TEXT(s) (int)WP_MIN((s).len, (size_t)COMP_SHOWN), (const char *)(s).ptr

/* Items of the array begin with two spans: name, module. */
uint32_t comp_index_find(const struct wrt_name_index *x, const void *items, uint32_t count, size_t stride,
                         struct wp_span name, struct wp_span module);
/* Item i, the last one, is in the table from now on; its name is new. */
int comp_index_add(struct wrt_mem *m, struct wrt_name_index *x, const void *items, uint32_t i, size_t stride,
                   struct wp_err *err) WP_MUST_USE;
/* Make the table over all of the array; 1 when two items have one name (ret_twice: the later one), 0, or -1. */
int comp_index_build(struct wrt_mem *m, struct wrt_name_index *x, const void *items, uint32_t count, size_t stride,
                     uint32_t *ret_twice, struct wp_err *err) WP_MUST_USE;
bool comp_same(struct wp_span a, struct wp_span b);

/* False: it is not there. */
bool idmap_get(const struct idmap *m, uint32_t key, uint32_t *ret);
int idmap_put(struct wrt_mem *mem, struct idmap *m, uint32_t key, uint32_t value, struct wp_err *err) WP_MUST_USE;
void idmap_remove(struct idmap *m, uint32_t key); /* keys that are there; leaves the slot behind */

/* ---- component-type.c: the store ---- */

int comp_type_add(struct cload *l, const struct wrt_ctype *t, uint32_t *ret, struct wp_err *err) WP_MUST_USE;
/* A new id for the type. */
int comp_type_alias(struct cload *l, uint32_t of, uint32_t *ret, struct wp_err *err) WP_MUST_USE;
int comp_resource_new(struct cload *l, uint32_t *ret_number, uint32_t *ret_type, struct wp_err *err) WP_MUST_USE;
/* Size and depth of a type that has `size` and `depth` so far and gets one more part. */
int comp_grow(const struct cload *l, const uint8_t *at, uint32_t *size, uint8_t *depth, uint32_t part_size,
              uint8_t part_depth, struct wp_err *err) WP_MUST_USE;
/* The same of a part that is an import or export; *ret_resource: it names a resource. */
int comp_grow_item(const struct cload *l, const uint8_t *at, uint32_t *size, uint8_t *depth,
                   const struct wrt_citem *item, struct wp_err *err) WP_MUST_USE;
bool comp_item_has_resource(const struct cload *l, const struct wrt_citem *item);
/* Properties of value types, primitive or not. */
void comp_value_props(const struct cload *l, uint32_t valtype, struct wrt_ctype *ret);
const char *comp_type_word(enum wrt_ctype_kind kind);  /* "record" */
const char *comp_type_class(enum wrt_ctype_kind kind); /* "defined type", "resource", "func", … */
const char *comp_item_word(enum wrt_extern_kind kind); /* "func", "module" */
const char *comp_primitive(uint32_t valtype);
bool comp_is_value_kind(enum wrt_ctype_kind kind);
/* An array of the arena with the content of a vector, which is empty then. */
int comp_freeze(struct wrt_mem *m, struct wrt_vec *v, size_t size, const void **ret, uint32_t *ret_count,
                struct wp_err *err) WP_MUST_USE;

/* ---- component-value.c: value and function types ---- */

int comp_read_valtype(struct scope *s, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err) WP_MUST_USE;
/* What stands behind the leading byte. */
int comp_read_deftype(struct scope *s, struct wp_wasm_cursor *c, uint8_t lead, uint32_t *ret,
                      struct wp_err *err) WP_MUST_USE;
int comp_read_func_type(struct scope *s, struct wp_wasm_cursor *c, bool async, uint32_t *ret,
                        struct wp_err *err) WP_MUST_USE;
/* 0x00 and a type, or 0x01 0x00. */
int comp_read_result(struct scope *s, struct wp_wasm_cursor *c, uint32_t *ret, struct wp_err *err) WP_MUST_USE;

/* ---- component-flat.c ---- */

/* Strings, lists and maps: an address and a length. */
void comp_pointer_pair(struct wrt_ctype *t);
void comp_flat_append(struct wrt_ctype *t, const struct wrt_ctype *part, uint32_t times);
void comp_flat_case(struct wrt_ctype *t, const struct wrt_ctype *payload);
/* The core value type at place i. */
uint32_t comp_flat_at(const struct wrt_ctype *t, uint32_t i, bool is64);
/* Sizes in memory, like the fields of a struct in C. -1: WP_LIMIT_WASM_VALUE_BYTES. */
int comp_layout(const struct cload *l, struct wrt_ctype *t, const uint8_t *at, struct wp_err *err) WP_MUST_USE;

/* ---- component-scope.c: index spaces, imports, exports ---- */

int comp_at_index(const struct scope *s, const struct wrt_vec *space, const char *what, uint32_t index,
                  const uint8_t *at, struct wp_err *err) WP_MUST_USE; /* "unknown WHAT 3: WHAT index out of bounds" */
int comp_id_at(const struct scope *s, const struct wrt_vec *space, const char *what, uint32_t index, const uint8_t *at,
               uint32_t *ret, struct wp_err *err) WP_MUST_USE; /* of spaces that hold ids */
int comp_defined_at(const struct scope *s, uint32_t index, const uint8_t *at, uint32_t *ret,
                    struct wp_err *err) WP_MUST_USE;
int comp_resource_at(const struct scope *s, uint32_t index, const uint8_t *at, uint32_t *ret,
                     struct wp_err *err) WP_MUST_USE;
int comp_push_id(struct scope *s, struct wrt_vec *space, const char *what, uint64_t limit, uint32_t id,
                 const uint8_t *at, struct wp_err *err) WP_MUST_USE;
int comp_value_use(struct scope *s, uint32_t index, const uint8_t *at, uint32_t *ret, struct wp_err *err) WP_MUST_USE;
/* Put the thing into its index space. */
int comp_push_item(struct scope *s, const struct wrt_citem *item, bool used, const uint8_t *at,
                   struct wp_err *err) WP_MUST_USE;
/* An import or export of the scope: its name, its place in an index space and all rules that it has to keep. */
int comp_add_extern(struct scope *s, struct wrt_citem *item, enum scope_side side, const uint8_t *at,
                    struct wp_err *err) WP_MUST_USE;
/* The thing that (kind, index) names, as an item; values count as used then. */
int comp_item_at(struct scope *s, enum wrt_extern_kind kind, uint32_t index, const uint8_t *at, struct wrt_citem *ret,
                 struct wp_err *err) WP_MUST_USE;
/* The last part of that: name, rules and the list of imports or exports; no index space, no resources. */
int comp_enter(struct scope *s, const struct wrt_citem *item, enum scope_side side, const uint8_t *at,
               struct wp_err *err) WP_MUST_USE;
int comp_check_exported_value(const struct scope *s, const struct wrt_citem *item, const uint8_t *at,
                              struct wp_err *err) WP_MUST_USE;
int comp_finish(struct scope *s, struct wrt_ciface *ret, const uint8_t *at, struct wp_err *err) WP_MUST_USE;

/* ---- component-named.c: types that need names ---- */

/* The attributes and the annotated names: [method]a.b and their like. */
int comp_check_name(const struct scope *s, enum scope_side side, const struct wrt_name *n, const struct wrt_citem *item,
                    const uint8_t *at, struct wp_err *err) WP_MUST_USE;
int comp_register_resource(struct scope *s, const struct wrt_citem *item, enum scope_side side,
                           struct wp_err *err) WP_MUST_USE;
/* 1: all types that it uses have names on that side, and it counts as named from now on; 0: one has none. */
int comp_name_types(struct scope *s, enum scope_side side, const struct wrt_citem *item,
                    struct wp_err *err) WP_MUST_USE;

/* ---- component-decl.c, component-alias.c: types of components and instances, descriptions of externs ---- */

int comp_read_type(struct scope *s, struct wp_wasm_cursor *c, unsigned nesting, struct wp_err *err) WP_MUST_USE;
int comp_read_extern_type(struct scope *s, struct wp_wasm_cursor *c, struct wrt_citem *ret,
                          struct wp_err *err) WP_MUST_USE;
int comp_read_alias(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
/* The scope `count` levels out; NULL with err set. */
struct scope *comp_outer(struct scope *s, uint32_t count, const uint8_t *at, struct wp_err *err);
/* The type of a scope whose body is complete. */
int comp_iface_type(struct scope *s, enum wrt_ctype_kind kind, const uint8_t *at, uint32_t *ret,
                    struct wp_err *err) WP_MUST_USE;
void comp_scope_done(struct scope *s); /* its index spaces go */
/* What the readers of core types want to know of a scope. */
struct wrt_module comp_core_view(const struct scope *s);

/* ---- component-core*.c: core types and core instances ---- */

int comp_read_core_type(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int comp_read_core_instance(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int comp_alias_core_export(struct scope *s, uint8_t sort, uint32_t instance, struct wp_span name, const uint8_t *at,
                           struct wp_err *err) WP_MUST_USE;
/* The type of a module that has been decoded. */
int comp_module_type(struct cload *l, const struct wrt_module *m, const uint8_t *at, uint32_t *ret,
                     struct wp_err *err) WP_MUST_USE;
int comp_push_core_type(struct scope *s, struct core_type_ref ref, const uint8_t *at, struct wp_err *err) WP_MUST_USE;
/* Does a fit where b is asked for? Messages have no place. */
int comp_core_matches(const struct cload *l, const struct wrt_mitem *a, const struct wrt_mitem *b,
                      struct wp_err *err) WP_MUST_USE;
/* The item of that name, NULL: none. */
const struct wrt_mitem *comp_core_export(const struct wrt_mtype *t, struct wp_span name);
int comp_module_matches(struct cload *l, const struct wrt_mtype *a, const struct wrt_mtype *b,
                        struct wp_err *err) WP_MUST_USE;

/* ---- component-match.c, component-match-value.c: subtyping. Messages have no place ---- */

/* Resources stand for others while types are compared, other ones on either side. */
struct match {
    struct cload *l;
    unsigned a, b; /* which of the substitutions belongs to which side: 0 and 1, or 1 and 0 */
};
int comp_value_matches(const struct match *m, uint32_t a, uint32_t b, struct wp_err *err) WP_MUST_USE;
int comp_defined_matches(const struct match *m, uint32_t a, uint32_t b, struct wp_err *err) WP_MUST_USE; /* ids */
bool comp_same_resource(const struct match *m, uint32_t a, uint32_t b);                                  /* numbers */
/* Names of fields, cases and parameters. */
int comp_label_matches(const struct match *m, struct wp_span a, struct wp_span b, const char *what,
                       struct wp_err *err) WP_MUST_USE;
int comp_differ(struct wp_err *err, const char *want, const char *have); /* "expected WANT, found HAVE" */
int comp_item_matches(const struct match *m, const struct wrt_citem *a, const struct wrt_citem *b,
                      struct wp_err *err) WP_MUST_USE;
/* Items by name. */
struct args {
    const struct wrt_citem *items;
    uint32_t count;
    struct wrt_name_index index;
};
const struct wrt_citem *comp_arg(const struct args *args, struct wp_span name);
/* Do the arguments (side a) satisfy the imports or exports of the component type (side b)? Resources that it brings
 * stand for those of the arguments from then on, until comp_subst_undo. */
int comp_args_match(const struct match *m, const struct args *args, const struct wrt_ciface *want, enum scope_side side,
                    struct wp_err *err) WP_MUST_USE;
void comp_subst_undo(struct cload *l, uint32_t count); /* back to `count` entries of l->undo */
uint32_t comp_subst_get(const struct cload *l, unsigned side, uint32_t resource);

/* ---- component-remap.c: new types from old ones, with other resources and other names ---- */

struct remap {
    struct idmap resources; /* number -> number */
    struct idmap types;     /* id -> id: what is asked for, and what has been made already */
    bool renames;           /* `types` held something at the beginning */
};
int comp_remap_item(struct cload *l, struct remap *r, struct wrt_citem *item, struct wp_err *err) WP_MUST_USE;
int comp_remap_items(struct cload *l, struct remap *r, const struct wrt_citem *items, uint32_t count,
                     const struct wrt_citem **ret, struct wp_err *err) WP_MUST_USE;
/* Give every resource that an instance of the type makes a new number; those are appended to `numbers`. */
int comp_open_instance(struct cload *l, uint32_t *type, struct wrt_vec *numbers, struct wp_err *err) WP_MUST_USE;

/* ---- component-free.c: which resources does a type name? ---- */

/* Begin a walk; nothing is marked. */
int comp_free_begin(struct cload *l, struct wp_err *err) WP_MUST_USE;
/* Mark the resources that stand free in it. *ret_any may be NULL. */
int comp_free_type(struct cload *l, uint32_t type, struct wp_err *err) WP_MUST_USE;
int comp_free_item(struct cload *l, const struct wrt_citem *item, struct wp_err *err) WP_MUST_USE;
bool comp_free_marked(const struct cload *l, uint32_t resource);
static inline bool comp_free_any(const struct cload *l)
{
    return l->marked > 0;
}
/* Mark the resources that are exported themselves, also by exported instances. */
int comp_explicit(struct cload *l, const struct wrt_citem *items, uint32_t count, struct wp_err *err) WP_MUST_USE;

/* ---- component-instance.c, component-canon.c ---- */

int comp_read_import(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int comp_read_export(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int comp_read_instance(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
int comp_read_canon(struct scope *s, struct wp_wasm_cursor *c, struct wp_err *err) WP_MUST_USE;
