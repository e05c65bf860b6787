/* SPDX-License-Identifier: Apache-2.0
 *
 * A component after decoding and validation (component-model Binary.md, Explainer.md): its types, imports and exports,
 * and the modules and components inside. */
#pragma once

#include "runtime-min/module.h"

struct wrt_component;
