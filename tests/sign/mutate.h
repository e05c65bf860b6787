/* SPDX-License-Identifier: Apache-2.0
 *
 * Changed JSON documents: every value of a document removed, replaced, bent and repeated, one change at a time. */
#pragma once

#include "base/buf.h"

/* Calls fn with every changed document: what: "/a/b: removed". Strings are changed at so many places, at least 2,
 * spread over each. Returns how many there were. */
size_t sign_mutate(struct wp_span json, size_t places, void (*fn)(void *arg, const char *what, struct wp_span mutant),
                   void *arg);
