"""The JSON Schema of scenario files as tables for people: one section a kind of object, in reading order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]
BOUNDS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "≥ {} characters",
    "maxLength": "≤ {} characters",
    "minItems": "≥ {} entries",
    "maxItems": "≤ {} entries",
}


@dataclass
class Row:
    """One key. `kinds` are words, `parts` the sections it leads to."""

    key: str
    kinds: list[str]
    parts: list[Part]
    default: str
    required: bool
    bounds: str
    text: str


@dataclass
class Part:
    """One kind of object."""

    name: str
    title: str
    text: str
    rows: list[Row] = field(default_factory=list)


def parts_of(schema: Schema) -> list[Part]:
    """Return the whole file first, then every part in the order in which it is first named."""
    definitions: dict[str, Schema] = schema.get("$defs", {})
    found: dict[str, Part] = {}

    def part(name: str, definition: Schema, title: str = "") -> Part:
        if name not in found:
            found[name] = Part(name, title or spoken(name), definition.get("description", ""))
            found[name].rows = [
                row(key, value, key in definition.get("required", ()))
                for key, value in definition.get("properties", {}).items()
            ]
        return found[name]

    def row(key: str, value: Schema, required: bool) -> Row:
        names = dict.fromkeys(_references(value))
        return Row(
            key=key,
            kinds=list(dict.fromkeys(_kinds(value))),
            parts=[part(name, definitions[name]) for name in names],
            default=_default(value),
            required=required,
            bounds=", ".join(dict.fromkeys(_bounds(value))),
            text=value.get("description", ""),
        )

    part("file", schema, "The file")
    return list(found.values())


def spoken(name: str) -> str:
    """`ArrivalConfig` as `Arrival`, `SetCreditLimit` as `Set credit limit`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip().removesuffix(" config").capitalize()


def _branches(value: Schema) -> Iterator[Schema]:
    """The value itself, or each of its alternatives."""
    alternatives = value.get("anyOf") or value.get("oneOf")
    if alternatives is None:
        yield value
    for alternative in alternatives or ():
        yield from _branches(alternative)


def _references(value: Schema) -> Iterator[str]:
    for branch in _branches(value):
        if "$ref" in branch:
            yield branch["$ref"].rpartition("/")[2]
        for inner in ("items", "additionalProperties"):
            if isinstance(branch.get(inner), dict):
                yield from _references(branch[inner])


def _kinds(value: Schema) -> Iterator[str]:
    for branch in _branches(value):
        if "const" in branch:
            yield json.dumps(branch["const"])
        elif "enum" in branch:
            yield " | ".join(str(choice) for choice in branch["enum"])
        elif branch.get("type") == "array":
            inner = " or ".join(dict.fromkeys(_kinds(branch.get("items", {}))))
            yield f"list of {inner}" if inner else "list"
        elif branch.get("type") == "object":
            yield "map"
        elif branch.get("type") not in {None, "null"}:
            yield {"integer": "integer", "number": "number", "string": "text", "boolean": "true | false"}[
                branch["type"]
            ]


def _default(value: Schema) -> str:
    default = value.get("default")
    return "" if default is None else json.dumps(default, ensure_ascii=False).strip('"')


def _bounds(value: Schema) -> Iterator[str]:
    for branch in _branches(value):
        for key, words in BOUNDS.items():
            if key in branch:
                yield words.format(f"{branch[key]:,}")
        if isinstance(branch.get("items"), dict):
            yield from (f"each {bound}" for bound in _bounds(branch["items"]))
