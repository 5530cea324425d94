"""What differs between two documents, told key by key; banks and rails are matched by their ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulations.config.document import Unreadable, parse_yaml
from simulations.scenarios.paths import show_path
from simulations.scenarios.text.emitting import flow
from simulations.scenarios.text.tree import Path

LENGTH_MAX = 160


@dataclass(frozen=True)
class Difference:
    """One place that differs; `old` or `new` is empty where it was not or is no longer."""

    path: str
    kind: str
    old: str
    new: str


def differences(old_text: str, new_text: str) -> list[Difference] | None:
    """Return what changed from one text to another; None where one of them cannot be read."""
    try:
        old, new = (parse_yaml(text) for text in (old_text, new_text))
    except Unreadable:
        return None
    return list(_compare((), old, new))


def _compare(path: Path, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _step((*path, key), old, new, key)
        return
    if isinstance(old, list) and isinstance(new, list):
        by_id = _by_id(old), _by_id(new)
        if by_id[0] is not None and by_id[1] is not None:
            for name in [*by_id[0], *(name for name in by_id[1] if name not in by_id[0])]:
                yield from _step((*path, name), by_id[0], by_id[1], name)
            return
        if len(old) == len(new) and any(isinstance(item, dict) for item in old):
            for index, (before, after) in enumerate(zip(old, new, strict=True)):
                yield from _compare((*path, index), before, after)
            return
    if flow(old) != flow(new):
        yield Difference(show_path(path), "changed", _shown(old), _shown(new))


def _step(path: Path, old: dict[Any, Any], new: dict[Any, Any], key: Any) -> Iterator[Difference]:
    if key not in new:
        yield Difference(show_path(path), "removed", _shown(old[key]), "")
    elif key not in old:
        yield Difference(show_path(path), "added", "", _shown(new[key]))
    else:
        yield from _compare(path, old[key], new[key])


def _by_id(items: list[Any]) -> dict[str, Any] | None:
    """Return items by their id; None where one has none or two are alike."""
    named = {str(item["id"]): item for item in items if isinstance(item, dict) and "id" in item}
    return named if len(named) == len(items) and items else None


def _shown(value: Any) -> str:
    text = flow(value)
    return text if len(text) <= LENGTH_MAX else text[: LENGTH_MAX - 1] + "…"
