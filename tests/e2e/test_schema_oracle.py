# SPDX-License-Identifier: Apache-2.0
"""base/schema.c against python3-jsonschema: generated schemas over every keyword, generated documents, one verdict.

Left out because base/schema.h decides otherwise on purpose: reals without a fraction (1.0 is no integer there)."""

import collections
import json
import pathlib
import random
import subprocess

import pytest

jsonschema = pytest.importorskip("jsonschema", reason="SKIP: python3-jsonschema not installed")

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAIRS = 3000
KEYS = ["a", "b", "ab", "x-1", "ä/~", ""]
STRINGS = ["", "a", "ab", "abc", "x-1", "ä", "äöü", "1.2.3", "A", "🐘🐘"]
NUMBERS = [0, 1, 2, 5, -1, 0.5, 2.5, 9223372036854775807, -9223372036854775808]
PATTERNS = ["^a", "b$", "^[a-z]+$", "^(a|x-)", "^[^a]*$", "^[0-9]+[.][0-9]+", "\\.", "^a?b{1,2}"]
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
REFUSING = {
    "type", "enum", "const", "required", "additionalProperties", "minItems", "maxItems", "uniqueItems", "minimum",
    "maximum", "minLength", "maxLength", "pattern", "anyOf", "oneOf", "not",
}  # fmt: skip


def value(rng, depth=0):
    kind = rng.randrange(7 if depth < 3 else 5)
    if kind == 0:
        return None
    if kind == 1:
        return rng.random() < 0.5
    if kind == 2:
        return rng.choice(NUMBERS)
    if kind in (3, 4):
        return rng.choice(STRINGS)
    if kind == 5:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {key: value(rng, depth + 1) for key in rng.sample(KEYS, rng.randrange(4))}


def schema(rng, depth=0):
    if depth > 3 or rng.random() < 0.08:
        return rng.random() < 0.8
    deeper = lambda: schema(rng, depth + 1)  # noqa: E731
    some = lambda make, low=1: [make() for _ in range(rng.randint(low, 3))]  # noqa: E731
    makers = {
        "type": lambda: rng.choice(TYPES) if rng.random() < 0.7 else rng.sample(TYPES, 3),
        "enum": lambda: some(lambda: value(rng, 2)),
        "const": lambda: value(rng, 2),
        "required": lambda: rng.sample(KEYS, rng.randint(0, 2)),
        "properties": lambda: {key: deeper() for key in rng.sample(KEYS, rng.randint(0, 3))},
        "patternProperties": lambda: {key: deeper() for key in rng.sample(PATTERNS, rng.randint(1, 2))},
        "additionalProperties": lambda: rng.random() >= 0.5 and deeper(),
        "propertyNames": deeper,
        "items": deeper,
        "prefixItems": lambda: some(deeper),
        "minItems": lambda: rng.randint(0, 3),
        "maxItems": lambda: rng.randint(0, 3),
        "uniqueItems": lambda: rng.random() < 0.8,
        "minimum": lambda: rng.choice(NUMBERS),
        "maximum": lambda: rng.choice(NUMBERS),
        "minLength": lambda: rng.randint(0, 3),
        "maxLength": lambda: rng.randint(0, 3),
        "pattern": lambda: rng.choice(PATTERNS),
        "anyOf": lambda: some(deeper),
        "oneOf": lambda: some(deeper),
        "not": deeper,
        "$ref": lambda: rng.choice(["#/$defs/leaf", "#/$defs/list"]),
        "title": lambda: "ignored",
    }
    names = rng.sample(sorted(makers), rng.choice([1, 1, 2, 2, 3, 4]))
    return {name: makers[name]() for name in names}


def root_schema(rng):
    result = schema(rng)
    if isinstance(result, dict):
        result["$defs"] = {"leaf": {"type": rng.sample(TYPES[:5], 3)}, "list": {"items": {"$ref": "#/$defs/leaf"}}}
    return result


@pytest.fixture(scope="module")
def program(wpack_bin):
    out = pathlib.Path(wpack_bin).resolve().parent
    path = out / "tests/spec/schema-lines"
    make = ["make", "-C", str(ROOT), "--no-print-directory", f"BUILD={out.parent}", f"VARIANT={out.name}"]
    if out.name == "asan":
        make.append("SAN=address,undefined")
    subprocess.run([*make, str(path)], check=True, capture_output=True)
    return path


def answers(program, pairs):
    text = "".join(json.dumps(part, ensure_ascii=False) + "\n" for pair in pairs for part in pair)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == len(pairs)
    return lines


def test_generated_schemas_judge_alike(program):
    rng = random.Random(20201202)
    pairs = [(root_schema(rng), value(rng)) for _ in range(PAIRS)]
    verdicts = collections.Counter()
    refusing = set()
    for (made, document), answer in zip(pairs, answers(program, pairs)):
        jsonschema.Draft202012Validator.check_schema(made)
        errors = list(jsonschema.Draft202012Validator(made).iter_errors(document))
        refusing |= {error.validator for error in errors}
        verdict = "refused" if errors else "ok"
        assert answer.split(" ")[0] == verdict, (made, document, answer, errors[:1])
        verdicts[verdict] += 1
    assert min(verdicts.values()) > PAIRS // 5, verdicts
    assert REFUSING <= refusing, REFUSING - refusing


def test_faulty_schemas_are_faults_for_both(program):
    faulty = [{"type": "text"}, {"required": "a"}, {"minItems": -1}, {"anyOf": []}, {"properties": []}]
    for made, answer in zip(faulty, answers(program, [(made, 1) for made in faulty])):
        assert answer.startswith("other schema: "), answer
        with pytest.raises(jsonschema.SchemaError):
            jsonschema.Draft202012Validator.check_schema(made)
