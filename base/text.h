/* SPDX-License-Identifier: Apache-2.0
 *
 * Text for people: escaping of foreign strings, sizes and rates, "did you mean". libc only. */
#pragma once

#include "base/buf.h"

/* Append text with control bytes, invalid UTF-8 and bidirectional or invisible format characters escaped, so that it
 * cannot steer a terminal. */
void wp_escape(struct wp_buf *b, struct wp_span text);
/* The same into a fixed array, cut with "..." at its end. Returns ret. */
char *wp_escape_to(char *ret, size_t ret_size, struct wp_span text);
/* Append text for XML or HTML, also inside of quotes: & < > " ' as entities, the rest as it is. */
void wp_escape_xml(struct wp_buf *b, const char *text);

/* "133 B", "25.3 KiB", "1.9 MiB": at most three significant digits and one blank. Returns ret. */
#define WP_SIZE_TEXT 16
char *wp_size_text(uint64_t bytes, char ret[WP_SIZE_TEXT]);
/* "13,978,850". Returns ret. */
#define WP_NUMBER_TEXT 28
char *wp_number_text(uint64_t n, char ret[WP_NUMBER_TEXT]);
/* "0.8 s", "12 s", "3 m 05 s". Returns ret. */
char *wp_duration_text(uint64_t ms, char ret[WP_SIZE_TEXT]);

/* The candidate nearest to word by edit distance, or NULL when none is near (distance > 1 + length / 3). candidates
 * ends with NULL. */
const char *wp_nearest(const char *word, const char *const *candidates);
/* The first of list that stood there before: its place, *ret_earlier that of the other; n where all differ. */
size_t wp_first_repeat(const char *const *list, size_t n, size_t *ret_earlier);
/* Percent-encode everything but unreserved characters (RFC 3986 section 2.3) and those in keep. */
void wp_percent_encode(struct wp_buf *b, const char *text, const char *keep);
/* Columns a terminal uses for text (wide and combining characters counted by wcwidth). */
size_t wp_columns(const char *text);
