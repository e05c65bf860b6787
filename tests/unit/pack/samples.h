/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules that several pack tests use, as hex text. */
#pragma once

/* 133 bytes: WASI preview 1, writes "hello\n"; sha256:b5e5153f12edd20b55a45c90cd196b35957e19d8d083063b0f3c1b2d77b0b0e6
 */
#define SAMPLE_HELLO                                                                                               \
    "0061736d01000000010c0260047f7f7f7f017f60000002230116776173695f736e617073686f745f70726576696577310866645f7772" \
    "6974650000030201010503010001071302066d656d6f72790200065f737461727400010a0f010d00410141084101410010001a0b0b19" \
    "020041080b0810000000060000000041100b0668656c6c6f0a"

/* A component: imports the instances wasi:io/error@0.2.0 and wasi:cli/environment@0.2.0, exports the instance
 * wasi:cli/run@0.2.0, all of them empty. */
#define SAMPLE_COMPONENT                                               \
    "0061736d0d000100"                                                 \
    "07 03 01 42 00"                                                   \
    "0a36 02 00 13 776173693a696f2f6572726f7240302e322e30 05 00"       \
    "00 1a 776173693a636c692f656e7669726f6e6d656e7440302e322e30 05 00" \
    "0b18 01 00 12 776173693a636c692f72756e40302e322e30 05 00 00"
