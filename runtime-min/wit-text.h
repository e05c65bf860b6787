/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing WIT, for wit-print.c: text with indents, names, types and functions. After a failure nothing more is
 * written. */
#pragma once

#include "runtime-min/wit-parts.h"

struct wit_out {
    const struct wit *w;
    wrt_write_fn write;
    void *arg;
    struct wp_err *err;
    int result;             /* of write, or -1 */
    uint64_t written, work; /* bytes; steps along aliases */
    uint32_t package;       /* whose text this is: names of its own interfaces are short */
    unsigned indent;
    bool line_start, any_items;
    size_t len;
    char buf[4096];
};

void wit_put(struct wit_out *o, const char *text);
void wit_put_span(struct wit_out *o, struct wp_span text);
/* With '%' in front of a keyword. */
void wit_put_name(struct wit_out *o, struct wp_span name);
void wit_put_line(struct wit_out *o);  /* the end of one */
void wit_put_end(struct wit_out *o);   /* ";" and the end of the line */
void wit_put_open(struct wit_out *o);  /* " {" */
void wit_put_close(struct wit_out *o); /* "}" */
void wit_put_new_item(struct wit_out *o);
/* ns:package/interface@version, or interface alone. */
void wit_put_path(struct wit_out *o, uint32_t scope);
/* A line `@external-id("…")`; nothing where there is none. */
void wit_put_external_id(struct wit_out *o, struct wp_span id);
/* Lines "/// …" and "@since(…)" or "@unstable(…)", "@deprecated(…)", as the node has them. */
void wit_put_docs(struct wit_out *o, uint32_t node);
void wit_put_comment(struct wit_out *o, struct wp_span text);
void wit_put_stability(struct wit_out *o, uint32_t node); /* of the stability itself */
/* A value type where it is used: its name, or what it is. */
void wit_put_type(struct wit_out *o, uint32_t valtype);
void wit_put_structure(struct wit_out *o, uint32_t ctype);
/* The name of a resource, or of whatever a type is known as. what: a word for the message where it has none. */
void wit_put_named(struct wit_out *o, uint32_t ctype, const char *what);
/* WP_E_UNSUPPORTED "… a WHAT has no name"; nothing more is written. */
void wit_put_unsaid(struct wit_out *o, const char *what);
/* From "func(" to the end of the line. */
void wit_put_func(struct wit_out *o, const struct wit_func *f);
/* The types of an interface or world: what it uses, then what it declares. */
void wit_put_types(struct wit_out *o, uint32_t scope);
int wit_put_flush(struct wit_out *o) WP_MUST_USE;
