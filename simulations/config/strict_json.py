"""JSON in which nothing is taken and ignored: a key given twice, or a number that is none, is refused."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def loads(text: str | bytes) -> Any:
    """Return what a JSON text says. Raises ValueError for what is none, a repeated key, NaN, Infinity."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refused)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the key {name!r:.80} is given twice")
        found[name] = value
    return found


def _refused(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number of JSON")
