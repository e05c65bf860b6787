/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of pack/report*.c. */
#pragma once

#include "pack/report.h"

/* Text between tags or in a quoted attribute: control bytes shown as \x1b, then & < > " ' as entities. */
void report_text(struct wp_buf *b, const char *text);
extern const char report_style[];

/* A box of the picture. */
struct report_box {
    const char *label;
    const char *shown; /* in the box, where the label repeats what is around it; NULL: the label */
    uint64_t size;
    unsigned color; /* 0..REPORT_COLORS-1: of the palette; REPORT_GREY */
    const struct report_box *inside;
    size_t inside_count;
};
enum { REPORT_COLORS = 12, REPORT_GREY = 12 };

/* A squarified treemap (Bruls, Huizing, van Wijk 2000) as inline SVG; boxes largest first. */
void report_map(struct wp_buf *b, const struct report_box *boxes, size_t n, uint64_t whole);
/* The boxes of a module: sections, in the code packages, in those functions. */
size_t report_boxes(const struct pack_module *m, struct wp_arena *a, const struct report_box **ret);
