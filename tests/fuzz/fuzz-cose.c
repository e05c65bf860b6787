/* SPDX-License-Identifier: Apache-2.0
 *
 * Notary envelopes in COSE, read and judged (tests/fuzz/notary.h). */
#include "tests/fuzz/notary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ask_all(&sig_wire_cose, wp_span(data, size));
    return 0;
}
