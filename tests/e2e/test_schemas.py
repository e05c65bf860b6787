# SPDX-License-Identifier: Apache-2.0
"""The schemas against an independent validator: python3-jsonschema and the program's own checker must accept and refuse
the same documents, over the committed examples and over single-fault mutants of the valid ones."""

import copy
import json
import os
import pathlib
import subprocess

import pytest

jsonschema = pytest.importorskip("jsonschema", reason="SKIP: python3-jsonschema not installed")

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Values of every type, at and beyond the edges that the schema names.
VALUES = [None, True, 0, 1, -1, 255, 256, "", "x", "/x", "cncf", "1.2.3", "64MiB", "5s", "ro", [], ["x"], [1], {}, {"x": "y"}]


class Kind:
    """A schema, its examples, and the program that reads such files one by one."""

    def __init__(self, name, folder, reader):
        self.schema = json.loads((ROOT / f"schemas/{name}.schema.json").read_text())
        self.oracle = jsonschema.Draft202012Validator(self.schema)
        self.folder = ROOT / "schemas/examples" / folder
        self.reader = reader


KINDS = {"wpack": Kind("wpack", "", "project-files"), "policy": Kind("policy", "policy", "policy-files")}


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def kind(request):
    return request.param


@pytest.fixture
def program(wpack_bin, kind):
    out = pathlib.Path(wpack_bin).resolve().parent
    path = out / "tests/spec" / kind.reader
    make = ["make", "-C", str(ROOT), "--no-print-directory", f"BUILD={out.parent}", f"VARIANT={out.name}"]
    flags = {"asan": "SAN=address,undefined", "coverage": "COVERAGE=1", "debug": "DEBUG=1", "clang": "CC=clang"}
    if out.name in flags:
        make.append(flags[out.name])
    subprocess.run([*make, str(path)], check=True, capture_output=True)
    return path


def answers(program, paths):
    done = subprocess.run([program], input="".join(f"{p}\n" for p in paths), capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == len(paths)
    return lines


def test_schema_itself_is_valid(kind):
    jsonschema.Draft202012Validator.check_schema(kind.schema)
    with pytest.raises(jsonschema.SchemaError):
        jsonschema.Draft202012Validator.check_schema({"type": "objekt"})


@pytest.mark.parametrize("verdict", ["valid", "invalid"])
def test_examples(program, kind, verdict):
    paths = sorted((kind.folder / verdict).glob("*.json"))
    assert len(paths) >= 3
    for path, answer in zip(paths, answers(program, paths)):
        oracle = kind.oracle.is_valid(json.loads(path.read_text()))
        assert oracle == (verdict == "valid"), path
        assert answer.startswith("ok " if verdict == "valid" else "refused "), answer


def places(node, path=()):
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def replaced(document, path, value):
    if not path:
        return value
    result = copy.deepcopy(document)
    at = result
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return result


def mutants(document):
    for path in places(document):
        for value in VALUES:
            yield replaced(document, path, value)
        node = document
        for key in path:
            node = node[key]
        if isinstance(node, dict):
            yield replaced(document, path, {**node, "unknown": 1})
            yield replaced(document, path, {**node, "x-free": 1})
            for key in node:
                yield replaced(document, path, {k: v for k, v in node.items() if k != key})
        if isinstance(node, list) and node:
            yield replaced(document, path, [*node, node[0]])


def test_mutants_get_the_same_answer(program, kind, tmp_path):
    seen = {}
    for path in sorted((kind.folder / "valid").glob("*.json")):
        for mutant in mutants(json.loads(path.read_text())):
            seen[json.dumps(mutant, sort_keys=True)] = mutant
    paths = []
    for i, text in enumerate(seen):
        path = tmp_path / f"{i}.json"
        path.write_text(text)
        paths.append(path)
    accepted = 0
    for path, mutant, answer in zip(paths, seen.values(), answers(program, paths)):
        assert answer.split(" ", 1)[0] in ("ok", "refused"), answer
        oracle = kind.oracle.is_valid(mutant)
        assert oracle == answer.startswith("ok "), f"{mutant}: oracle {oracle}, program {answer}"
        accepted += oracle
    assert len(paths) > 1000 and 100 < accepted < len(paths) - 100, (accepted, len(paths))
