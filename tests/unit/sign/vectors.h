/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of $WPACK_DATA/signing.tar.gz: keys and signatures that other programs made. */
#pragma once

#include "base/buf.h"

/* Skips the test, loudly, where there are none. */
void vectors_or_skip(void);
/* The file's bytes, appended; a file that is not there fails the test. */
void vectors_read(const char *name, struct wp_buf *ret);
/* Every file under prefix. */
void vectors_each(const char *prefix, void (*fn)(void *arg, const char *name, struct wp_span bytes), void *arg);
