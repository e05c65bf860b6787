# SPDX-License-Identifier: Apache-2.0
"""The same features on both sides: wpack's names and wasm-tools' for them."""

# What the 3.0 standard holds, in wasm-tools' names; wpack has these always or by name.
STANDARD = ["mutable-global", "saturating-float-to-int", "sign-extension", "reference-types", "multi-value", "bulk-memory",
            "simd", "relaxed-simd", "tail-call", "floats", "multi-memory", "exceptions", "memory64", "extended-const",
            "function-references", "gc", "gc-types", "bulk-memory-opt", "call-indirect-overlong"]
# Shipped beside it, and what the component suite uses.
BESIDE = ["threads", "legacy-exceptions"]
COMPONENT = ["component-model", "cm-async", "cm-async-stackful", "cm-more-async-builtins", "cm-threading", "cm-map",
             "cm-fixed-length-lists", "cm-implements"]
# wpack's switch -> wasm-tools', where the words differ.
NAMES = {"gc": ["gc", "gc-types"], "cm-async": ["cm-async", "cm-async-stackful", "cm-more-async-builtins", "cm-threading"]}


def theirs(ours):
    """wasm-tools' list for wpack's "custom-page-sizes,-simd"."""
    there = [*STANDARD, *BESIDE, *COMPONENT]
    for word in filter(None, ours.split(",")):
        for name in NAMES.get(word.lstrip("-"), [word.lstrip("-")]):
            if word[0] != "-":
                there.append(name)
            elif name in there:
                there.remove(name)
    return ",".join(["-all", *there])
