# SPDX-License-Identifier: Apache-2.0
"""The public suites as a list of cases: what each binary is, and what a validator has to say about it."""
import collections
import json
import pathlib
import shutil
import tarfile

ARCHIVES = ["wasm-spec.tar.gz", "component.tar.gz"]
VALID = {"module", "module_definition", "component", "component_definition", "assert_uninstantiable",
         "assert_unlinkable"}
KINDS = {"assert_invalid": "invalid", "assert_malformed": "malformed"}

# What a group's files need beyond the default features.
FEATURES = {"custom-page-sizes": "custom-page-sizes", "wide-arithmetic": "wide-arithmetic"}
# Said by suites of proposals that predate these features: with them, the modules are valid.
OUTDATED = {"multiple tables": "-reference-types", "multiple memories": "-multi-memory"}

# Verdicts of the suite that its own binaries contradict: (group, file) -> (kind, why).
CORRECTED = {
    ("component/validation", "attributes.3.wasm"): ("valid", "the text is malformed, the binary made from it is not"),
}

Case = collections.namedtuple("Case", "group file kind text path features line")


def unpack(data, folder):
    """The archives of the folder data into folder, once per version of the archives; None when one is missing."""
    archives = [data / name for name in ARCHIVES]
    if not all(a.is_file() for a in archives):
        return None
    mark = " ".join(f"{a.name}:{a.stat().st_size}:{a.stat().st_mtime_ns}" for a in archives)
    stamp = folder / "unpacked"
    if stamp.is_file() and stamp.read_text() == mark:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for archive in archives:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(folder)
    stamp.write_text(mark)
    return folder


def group_of(root, path):
    parts = path.relative_to(root).parts[:-1]
    return "component/" + parts[-1] if parts[0] == "component" else parts[1]


def case_of(group, folder, command):
    kind = "valid" if command["type"] in VALID else KINDS.get(command["type"])
    if kind is None:
        return None
    name = command.get("filename", "")
    text = command.get("text", "")
    where = folder / name
    if command.get("module_type") == "text" or not name.endswith(".wasm") or not where.is_file():
        # Malformed text: a question to an assembler. Instances of definitions have no file either.
        return Case(group, "", "text only", text, None, "", command["line"]) if kind != "valid" else None
    features = FEATURES.get(group, "")
    if group in ("threads", "memory64") and kind == "invalid":
        features = OUTDATED.get(text, features)
    kind, _ = CORRECTED.get((group, name), (kind, ""))
    return Case(group, name, kind, text, where, features, command["line"])


def cases(root):
    found = [p for part in ("component", "spec") for p in sorted((pathlib.Path(root) / part).rglob("*.json"))]
    for path in found:
        group = group_of(root, path)
        for command in json.loads(path.read_text())["commands"]:
            case = case_of(group, path.parent, command)
            if case:
                yield path.stem, case
