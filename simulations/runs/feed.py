"""The event feed of a live run: its newest events, filtered, as rows for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from simulations.runs.driver import LiveRun
    from simulations.runs.recorder import Columns

MOST_ROWS = 200


@dataclass(frozen=True)
class FeedFilter:
    """Which events; empty means any. `after` is the sequence number already shown."""

    event_type: str = ""
    agent: str = ""
    after: int = -1


def newest(live: LiveRun, wanted: FeedFilter, limit: int = 50) -> list[dict[str, Any]]:
    """Return the newest events that fit, newest first; only the latest of the run are looked at."""

    def read(backend: Any) -> list[dict[str, Any]]:
        live.recorder.collect(backend, live.tick)
        rows: list[dict[str, Any]] = []
        for columns in live.recorder.recent_events():
            rows += _fitting(columns, wanted, min(limit, MOST_ROWS) - len(rows))
            if len(rows) >= limit or int(columns["seq"][0]) <= wanted.after:
                break
        return rows

    return live.now(read)


def _fitting(columns: Columns, wanted: FeedFilter, limit: int) -> list[dict[str, Any]]:
    """Return the last `limit` fitting rows of a chunk, the last first."""
    labels = columns["labels"]
    fits = columns["seq"] > wanted.after
    if wanted.event_type:
        fits &= columns["type"] == _code(labels["type"], wanted.event_type)
    if wanted.agent:
        code = _code(labels["agent"], wanted.agent)
        fits &= (columns["agent"] == code) | (columns["counterparty"] == code)
    places = np.flatnonzero(fits)[::-1][:limit]
    return [_row(columns, int(place)) for place in places]


def _code(names: list[str], name: str) -> int:
    """Return the code of a name; one that occurs nowhere when there is no such name."""
    return names.index(name) if name in names else -2


def _row(columns: Columns, place: int) -> dict[str, Any]:
    labels = columns["labels"]
    row: dict[str, Any] = {}
    for name, column in columns.items():
        if name == "labels":
            continue
        value = column[place]
        if name in labels:
            row[name] = labels[name][value] if value >= 0 else ""
        else:
            row[name] = value if isinstance(value, str) else value.item()
    return row
