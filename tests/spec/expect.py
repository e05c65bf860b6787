# SPDX-License-Identifier: Apache-2.0
"""Is this message the right reason? The suite says what it expects as a text; a message of ours has to begin with it.

Core: "unknown local 2" and "type mismatch: instruction requires [i32] but …" are a class with details after it, and the
class is what is compared. Component: the texts are those of another validator, found anywhere in its messages by the
suite's own runner; backticks and numbers are details there as well. Where the text and our class say the same thing in
other words, the pair stands in SAME with the reason."""
import re

# (group prefix, file prefix, the suite's text, a class of ours): both are right.
SAME = [
    # The reference interpreter calls the end of the input "length out of bounds" where a length led there.
    ("", "", "length out of bounds", "unexpected end"),
    ("", "", "unexpected end", "length out of bounds"),
    ("", "", "unexpected end of section or function", "unexpected end"),
    ("", "", "unexpected end of section or function", "section size mismatch"),
    ("", "", "END opcode expected", "unexpected end"),
    ("", "binary.", "malformed limits flags", "unexpected end"),
    # Numbers that their section cuts off before they are too long (wasm-tools says the same): the reference interpreter
    # reads on.
    ("", "binary-leb128.", "integer representation too long", "unexpected end"),
    ("", "binary-leb128.", "integer representation too long", "malformed section id"),
    ("", "binary-leb128.", "integer too large", "unexpected end"),
    ("", "binary-leb128.", "integer too large", "malformed section id"),
    # One end of the input, two names.
    ("component", "", "unexpected end-of-file", "unexpected end"),
    # The text is about escapes in the source, its binary holds the bytes that they made.
    ("component", "", "invalid string escape", "malformed UTF-8 encoding"),
    ("component", "attributes.", "invalid string escape", "import name"),
    # Core modules inside: the words of the core suite.
    ("component", "binary.", "section out of order", "unexpected content after last section"),
    ("component", "binary.", "invalid leading byte", "malformed type"),
    ("component", "core-modules.", "type index out of bounds", "unknown type"),
    # The text has it the wrong way round: there is a result where none is expected.
    ("component", "instantiation.", "expected a result, found none", "type mismatch for import"),
]


def core_class(text):
    """"unknown local 2" → "unknown local", "illegal opcode ff" → "illegal opcode", "type mismatch: …" → "type mismatch"."""
    return re.sub(r" (\d+|ff)$", "", text.split(":")[0])


def loose(text):
    """A component's text without its details."""
    text = re.sub(r"`[^`]*`|'[^']*'", "''", text)
    text = re.sub(r"\(?0x[0-9a-f]+\)?", "N", text)
    return re.sub(r"\b\d+\b", "N", text)


def begins(message, text):
    """text, and then the end of a word."""
    return message.startswith(text) and (len(message) == len(text) or not message[len(text)].isalnum())


def right_reason(group, file, text, message):
    component = group.startswith("component")
    if component and (text in message or loose(text) in loose(message)):
        return True
    if not component and begins(message, core_class(text)):
        return True
    return any(group.startswith(where) and file.startswith(name) and text == theirs and begins(message, ours)
               for where, name, theirs, ours in SAME)
