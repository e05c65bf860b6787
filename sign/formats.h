/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of sig_formats, one sign/sig-NAME.c each. */
#pragma once

#include "sign/sig.h"

extern const struct sig_format sig_format_bundle, sig_format_cosign, sig_format_notation, sig_format_minisign,
    sig_format_module;
