# SPDX-License-Identifier: Apache-2.0
"""The same features on both sides. wpack spells its features as wasm-tools does; what wasm-tools splits further, or
calls a feature where wpack has no switch, stands here."""
import functools
import subprocess

# Always there in wpack.
ALWAYS = ["floats", "gc-types"]
# Part of another feature in wpack.
PART_OF = {"bulk-memory": ["bulk-memory-opt"], "reference-types": ["call-indirect-overlong"]}
# What makes no sense without another.
NEEDS = {"reference-types": ["function-references", "exceptions", "legacy-exceptions", "gc"],
         "exceptions": ["legacy-exceptions"], "function-references": ["gc"], "simd": ["relaxed-simd"],
         "cm-async": ["cm-async-stackful", "cm-more-async-builtins", "cm-threading"]}


@functools.cache
def table(program):
    """name -> whether it is on by default."""
    words = subprocess.run([program, "--features"], capture_output=True, text=True, check=True).stdout.split()
    return {word.lstrip("-"): not word.startswith("-") for word in words}


def without(rng, program):
    """A feature list that lacks something, and what needs it."""
    name = rng.choice([n for n, on in table(program).items() if on and n not in ("mutable-global", "component-model")])
    return ",".join(f"-{n}" for n in [name, *NEEDS.get(name, [])])


def theirs(program, ours):
    """wasm-tools' list for wpack's "custom-page-sizes,-simd"."""
    on = {name for name, default in table(program).items() if default}
    for word in filter(None, ours.split(",")):
        on.discard(word[1:]) if word[0] == "-" else on.add(word)
    parts = [part for name in sorted(on) for part in [name, *PART_OF.get(name, [])]]
    return ",".join(["-all", *ALWAYS, *parts])
