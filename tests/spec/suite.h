/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the assertion runner share: values as the suites' JSON has them, and the host module "spectest". */
#pragma once

#include "runtime-min/run.h"

#include <jansson.h>

enum { SUITE_SLOTS = 4096, SUITE_TEXT = 4096 };

/* An argument to slots; gives how many it takes, 0: no value that is known. */
uint32_t suite_argument(const json_t *value, uint64_t *slots);
/* Are the slots what is expected (patterns of NaN, alternatives, kinds of references)? ret_slots: how many it takes. */
bool suite_expected(const struct wrt_store *s, const json_t *expected, const uint64_t *slots, uint32_t *ret_slots);
/* Slots of values of these types in words. */
void suite_text(const uint32_t *types, uint32_t n, const uint64_t *slots, char *out, size_t room);

/* Does the trace of a run that stopped stand where that can be? Else words in problem. */
bool suite_trace(const struct wrt_outcome *o, char *problem, size_t room);

/* "spectest" as the suites want it, threads and table64 included. */
struct suite_host {
    struct wrt_value values[32];
    const char *names[32];
    uint32_t count;
};
int suite_host_init(struct suite_host *h, struct wrt_store *s, struct wp_err *err);
bool suite_host_find(const struct suite_host *h, struct wp_span name, struct wrt_value *ret);
