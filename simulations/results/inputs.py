"""What two runs were given that differs: documents key by key, seed, liquidity, interventions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulations.config.document import Unreadable, parse_yaml
from simulations.models import Run

MOST_DIFFERENCES = 200
LENGTH_MAX = 120


@dataclass(frozen=True)
class Difference:
    """One input that differs; an en dash where one of the runs does not have it."""

    path: str
    first: str
    other: str


def input_differences(first: Run, other: Run) -> list[Difference]:
    """Return what the other run was given otherwise than the first, at most 200 places."""
    facts = (
        ("seed (of the run)", first.seed, other.seed),
        ("liquidity", f"{first.liquidity_percent} %", f"{other.liquidity_percent} %"),
        ("payment file", first.payment_file_id, other.payment_file_id),
        ("engine", first.engine_version, other.engine_version),
        ("interventions", _made(first), _made(other)),
    )
    found = [Difference(name, _shown(a), _shown(b)) for name, a, b in facts if a != b]
    if first.document_id != other.document_id:
        found += _documents(first.document.text, other.document.text)
    return found[:MOST_DIFFERENCES]


def _made(run: Run) -> int:
    return run.interventions.exclude(status="withdrawn").count()


def _documents(first: str, other: str) -> list[Difference]:
    try:
        a, b = dict(_leaves(parse_yaml(first))), dict(_leaves(parse_yaml(other)))
    except Unreadable:
        return [Difference("scenario", "differs", "differs")]
    paths = [*a, *(path for path in b if path not in a)]
    return [
        Difference(path, _shown(a.get(path)), _shown(b.get(path)))
        for path in paths
        if (path in a) != (path in b) or a.get(path) != b.get(path)
    ]


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value with its path; members of lists are named by their id where they have one."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            name = item.get("id", index) if isinstance(item, dict) else index
            yield from _leaves(item, f"{path}[{name}]")
    else:
        yield path, value


def _shown(value: Any) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= LENGTH_MAX else text[: LENGTH_MAX - 1] + "…"
