/* SPDX-License-Identifier: Apache-2.0
 *
 * The picture of the report: areas are bytes. Layout is that of squarified treemaps: boxes are put in rows along the
 * shorter side as long as that makes the row's boxes squarer. Sizes come sorted; what is too small to be seen is left
 * out. */
#include "base/mem.h"
#include "base/text.h"
#include "pack/report-parts.h"

enum { WIDTH = 1100, HEIGHT = 560, HEAD = 18, LABEL_WIDTH = 44, LABEL_HEIGHT = 14 };
static const double least = 2.0; /* a side shorter than this is not drawn */
static const double char_width = 6.4;

struct rect {
    double x, y, w, h;
};

/* The worst aspect of a row of boxes with sum, largest and smallest area along a side. */
static double worst(double sum, double largest, double smallest, double side)
{
    double s2 = sum * sum;
    double w2 = side * side;
    double a = w2 * largest / s2;
    double b = s2 / (w2 * smallest);
    return a > b ? a : b;
}

/* Areas of n boxes (largest first, all > 0) that fill the room, as rectangles. */
static void squarify(const double *areas, size_t n, struct rect room, struct rect *out)
{
    size_t at = 0;
    while (at < n) {
        double side = room.w < room.h ? room.w : room.h;
        double sum = areas[at];
        size_t end = at + 1;
        while (end < n &&
               worst(sum + areas[end], areas[at], areas[end], side) <= worst(sum, areas[at], areas[end - 1], side)) {
            sum += areas[end++];
        }
        double thick = side > 0 ? sum / side : 0;
        double along = 0;
        bool down = room.w >= room.h; /* a column at the left, else a row at the top */
        for (size_t i = at; i < end; i++) {
            double part = thick > 0 ? areas[i] / thick : 0;
            out[i] = down ? (struct rect){room.x, room.y + along, thick, part}
                          : (struct rect){room.x + along, room.y, part, thick};
            along += part;
        }
        if (down) {
            room.x += thick;
            room.w -= thick;
        } else {
            room.y += thick;
            room.h -= thick;
        }
        at = end;
    }
}

static void add_label(struct wp_buf *b, const char *label, double w, bool head)
{
    WP_AUTO_BUF struct wp_buf shown = WP_BUF_INIT;
    wp_escape(&shown, wp_span_str(label));
    size_t fits = (size_t)((w - 8) / char_width);
    size_t columns = 0;
    size_t end = 0;
    while (end < shown.len && columns < fits) {
        end++;
        while (end < shown.len && ((uint8_t)shown.ptr[end] & 0xc0) == 0x80) {
            end++;
        }
        columns++;
    }
    bool cut = end < shown.len;
    wp_buf_cut(&shown, end);
    wp_buf_printf(b, "<text x=\"4\" y=\"13\"%s>", head ? " class=\"h\"" : "");
    report_text(b, shown.ptr);
    wp_buf_add_str(b, cut ? "…</text>" : "</text>");
}

static void draw(struct wp_buf *b, const struct report_box *boxes, size_t n, struct rect room, uint64_t whole,
                 unsigned level);

static void draw_box(struct wp_buf *b, const struct report_box *box, struct rect r, uint64_t whole, unsigned level)
{
    char number[WP_NUMBER_TEXT];
    wp_buf_printf(b, "<svg x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><g><title>", r.x, r.y, r.w, r.h);
    report_text(b, box->label);
    wp_buf_printf(b, " – %s bytes, %.1f %%</title>", wp_number_text(box->size, number),
                  whole == 0 ? 0.0 : 100.0 * (double)box->size / (double)whole);
    wp_buf_printf(b, "<rect class=\"c%u l%u\" width=\"100%%\" height=\"100%%\"/>", box->color, level);
    bool holds = box->inside_count > 0;
    bool labelled = r.w >= LABEL_WIDTH && r.h >= (holds ? 3 * HEAD : LABEL_HEIGHT + 2);
    if (labelled) {
        add_label(b, box->shown == NULL ? box->label : box->shown, r.w, holds);
    }
    wp_buf_add_str(b, "</g>");
    if (holds) {
        double head = labelled ? HEAD : 1;
        draw(b, box->inside, box->inside_count, (struct rect){1, head, r.w - 2, r.h - head - 1}, whole, level + 1);
    }
    wp_buf_add_str(b, "</svg>");
}

static void draw(struct wp_buf *b, const struct report_box *boxes, size_t n, struct rect room, uint64_t whole,
                 unsigned level)
{
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        total += (double)boxes[i].size;
    }
    if (total <= 0 || room.w < least || room.h < least) {
        return;
    }
    WP_AUTO_FREE double *areas = wp_xcalloc(n, sizeof(*areas));
    WP_AUTO_FREE struct rect *rects = wp_xcalloc(n, sizeof(*rects));
    size_t seen = 0;
    while (seen < n && boxes[seen].size > 0) {
        areas[seen] = (double)boxes[seen].size / total * room.w * room.h;
        seen++;
    }
    squarify(areas, seen, room, rects);
    for (size_t i = 0; i < seen; i++) {
        if (rects[i].w >= least && rects[i].h >= least) {
            draw_box(b, &boxes[i], rects[i], whole, level);
        }
    }
}

void report_map(struct wp_buf *b, const struct report_box *boxes, size_t n, uint64_t whole)
{
    wp_buf_printf(b,
                  "<svg class=\"map\" viewBox=\"0 0 %d %d\" role=\"img\" "
                  "aria-label=\"Where the bytes are: one box for each section, package and function\">",
                  WIDTH, HEIGHT);
    draw(b, boxes, n, (struct rect){0, 0, WIDTH, HEIGHT}, whole, 0);
    wp_buf_add_str(b, "</svg>\n");
}
