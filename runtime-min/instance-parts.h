/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of instantiation share. Private to runtime-min/instance*.c. */
#pragma once

#include "runtime-min/exec.h"

/* Does what the host gave match the import's type (core 3.0 section 3.5)? -1: "incompatible import type: …". */
int instance_match(const struct wrt_store *s, const struct wrt_module *m, const struct wrt_import *import,
                   const struct wrt_value *given, struct wp_err *err) WP_MUST_USE;

/* Element and data segments in their order: active ones are copied and dropped, passive ones kept. 0; WRT_STOPPED with
 * x->stop set; or -2 with err set. */
enum { INSTANCE_ERROR = -2 };
int instance_elements(struct wrt_exec *x, struct wrt_instance *i, struct wp_err *err) WP_MUST_USE;
int instance_data(struct wrt_exec *x, struct wrt_instance *i) WP_MUST_USE;
