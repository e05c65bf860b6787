/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of opcode.h as tables. */
#include "runtime-min/opcode.h"

enum { FEATURE_NONE = 0 };
#define FEATURE_ENUM(name, text, on, what) FEATURE_##name = WRT_BIT_##name + 1,
enum { WRT_FEATURES(FEATURE_ENUM) };
#undef FEATURE_ENUM

#define LIST(...)   \
    {               \
        __VA_ARGS__ \
    }
#define SIG(name, in, out, ins, outs) [WRT_SIG_##name] = {in, out, ins, outs},
const struct wrt_sig wrt_sigs[WRT_SIG_COUNT] = {WRT_SIGS(SIG, LIST)};

#define ROW(base, code, text, sig, imm, arg, feature) \
    [(base) + (code)] = {text, WRT_SIG_##sig, WRT_IMM_##imm, arg, FEATURE_##feature},
#define PLAIN(code, name, text, sig, imm, arg, feature) ROW(0, code, text, sig, imm, arg, feature)
#define IN_FB(code, name, text, sig, imm, arg, feature) ROW(WRT_OP_FB, code, text, sig, imm, arg, feature)
#define IN_FC(code, name, text, sig, imm, arg, feature) ROW(WRT_OP_FC, code, text, sig, imm, arg, feature)
#define IN_FD(code, name, text, sig, imm, arg, feature) ROW(WRT_OP_FD, code, text, sig, imm, arg, feature)
#define IN_FE(code, name, text, sig, imm, arg, feature) ROW(WRT_OP_FE, code, text, sig, imm, arg, feature)
const struct wrt_op wrt_ops[WRT_OP_COUNT] = {WRT_OPCODES(PLAIN) WRT_OPCODES_FB(IN_FB) WRT_OPCODES_FC(IN_FC)
                                                 WRT_OPCODES_FD(IN_FD) WRT_OPCODES_FE(IN_FE)};

uint32_t wrt_op_prefix(uint8_t byte, uint32_t *ret_count)
{
    static const struct {
        uint32_t base, end;
    } prefixes[] = {{WRT_OP_FB, WRT_OP_FC}, {WRT_OP_FC, WRT_OP_FE}, {WRT_OP_FD, WRT_OP_COUNT}, {WRT_OP_FE, WRT_OP_FD}};
    if (byte < 0xfb || byte == 0xff) {
        return 0;
    }
    *ret_count = prefixes[byte - 0xfb].end - prefixes[byte - 0xfb].base;
    return prefixes[byte - 0xfb].base;
}
