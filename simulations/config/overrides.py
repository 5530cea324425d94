"""Changing single values of a document by their path: `--set agents[BANK_A].balance=500`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from simulations.config.document import Unreadable, parse_yaml

_STEP = re.compile(r"\[([^\[\]]+)\]|([^.\[\]]+)")


def overridden(document_text: str, changes: Iterable[str]) -> str:
    """Return the document, as JSON text, with each `PATH=VALUE` in its place.

    A path is as faults name it (`agents[0].balance`), or has an id in the brackets; VALUE is YAML. A key that
    is not there yet is added. Raises ValueError; whether the result is a scenario is not asked.
    """
    document = parse_yaml(document_text)
    for change in changes:
        path, equals, text = change.partition("=")
        steps = [index or key for index, key in _STEP.findall(path)]
        if not equals or not steps or "".join(_written(path)) != path.strip():
            raise ValueError(f"--set takes PATH=VALUE such as agents[0].balance=500, found {change!r}")
        _put(document, steps, _value(steps[-1], text, change), change)
    return json.dumps(document)


def _written(path: str) -> list[str]:
    """Return the parts of a path with what stands between them, to tell a path from something like one."""
    parts: list[str] = []
    for match in _STEP.finditer(path.strip()):
        if parts and not match[0].startswith("["):
            parts.append(".")
        parts.append(match[0])
    return parts


def _value(key: str, text: str, change: str) -> Any:
    """Read a value as it would be read after its key, so that ids stay text."""
    try:
        return parse_yaml(f"{json.dumps(key)}: {text}")[key]
    except Unreadable as problem:
        raise ValueError(f"the value of --set {change!r} is not readable: {problem.message}") from None


def _put(document: Any, steps: list[str], value: Any, change: str) -> None:
    place = document
    for number, step in enumerate(steps):
        is_last = number == len(steps) - 1
        key: Any = step
        if isinstance(place, list):
            key = _index(place, step)
            if key is None:
                raise ValueError(f"--set {change!r}: there is no item {step!r}")
        elif not isinstance(place, dict):
            raise ValueError(f"--set {change!r}: there is nothing below {steps[number - 1]!r}")
        if is_last:
            place[key] = value
        elif isinstance(place, dict):
            place = place.setdefault(key, {})
        else:
            place = place[key]


def _index(items: list[Any], step: str) -> int | None:
    """Return the position of an item by its id, else by its number."""
    for position, item in enumerate(items):
        if isinstance(item, dict) and str(item.get("id")) == step:
            return position
    return int(step) if step.isdigit() and int(step) < len(items) else None
