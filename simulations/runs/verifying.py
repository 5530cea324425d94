"""Verifying a stored run: computed again from its inputs, then compared: digest, events, measures."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.db import close_old_connections

from simulations import storage
from simulations.models import Artifact, Run
from simulations.runs.recorder import TEXT_COLUMNS, row_count
from simulations.runs.replay import Replay, inputs_of

if TYPE_CHECKING:
    from simulations.runs.recorder import Columns

SLICE_MS = 50
EVENT_COLUMNS = storage.COLUMNS["events"]


class NotVerifiable(Exception):
    """There is nothing to compare with yet, and why."""


class Cancelled(Exception):
    """Somebody asked to end the verification."""


@dataclass(frozen=True)
class Difference:
    """The first event that differs; None on the side that has no such event."""

    seq: int
    tick: int
    stored: dict[str, Any] | None
    computed: dict[str, Any] | None


@dataclass(frozen=True)
class Verdict:
    """What came of a verification."""

    stored_digest: str
    computed_digest: str
    difference: Difference | None
    measures: tuple[str, ...]  # names of those that are stored otherwise than computed

    @property
    def identical(self) -> bool:
        """Whether digest, stored events and measures are the same."""
        same_events = self.stored_digest == self.computed_digest and self.difference is None
        return same_events and not self.measures


def verify(run: Run, progress: Callable[[int], None]) -> Verdict:
    """Compute a run that is over again and compare; `progress(tick)` is called now and then, and may raise.

    Raises `NotVerifiable` for a run without a digest.
    """
    if not run.digest:
        raise NotVerifiable(f"The run is {run.status}: it has a digest once it is finished or stopped.")
    replay = Replay(run, inputs_of(run))
    parts = list(Artifact.objects.filter(run=run, kind=Artifact.Kind.EVENTS).order_by("part"))
    difference = None
    for part in parts:
        computed = _events_to(replay, part.to_tick, progress)
        difference = _first_difference(_stored(run, part), computed)
        if difference is not None:
            break
    rest = _events_to(replay, run.tick, progress)
    if parts and difference is None:  # without any, they were pruned
        difference = _first_difference({name: np.array([]) for name in EVENT_COLUMNS}, rest)
    measures = _other_measures(run, replay.backend.metrics())
    return Verdict(run.digest, replay.backend.digest(), difference, measures)


def _events_to(replay: Replay, tick: int, progress: Callable[[int], None]) -> list[Columns]:
    """Go on to a tick and return the events on the way."""
    chunks: list[Columns] = []

    def drained(at: int) -> None:
        chunks.append(replay.backend.drain()[Artifact.Kind.EVENTS])
        progress(at)

    replay.go_to(tick, drained, SLICE_MS)
    return chunks


def _other_measures(run: Run, computed: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the measures on the run's row that are not those computed."""
    as_stored: dict[str, Any] = json.loads(json.dumps(computed))
    stored: dict[str, Any] = run.metrics or {}
    names = dict.fromkeys((*as_stored, *stored))
    return tuple(name for name in names if not _same(as_stored.get(name), stored.get(name)))


def _same(computed: Any, stored: Any) -> bool:
    """Whether two values of JSON are the same; a database may give a large float back as an integer."""
    if isinstance(computed, dict) and isinstance(stored, dict):
        return computed.keys() == stored.keys() and all(_same(computed[key], stored[key]) for key in computed)
    if isinstance(computed, list) and isinstance(stored, list):
        return len(computed) == len(stored) and all(map(_same, computed, stored))
    if isinstance(computed, float) and isinstance(stored, int | float):
        return computed == float(stored)
    return bool(computed == stored)


def _stored(run: Run, part: Artifact) -> dict[str, Any]:
    return storage.read(run.pk, "events", [part.name], EVENT_COLUMNS, order=["seq"])


def _first_difference(stored: dict[str, Any], chunks: list[Columns]) -> Difference | None:
    """Return where stored and computed events part ways."""
    place = 0
    total = len(stored["seq"])
    for chunk in chunks:
        rows = row_count(chunk)
        same = _as_text(chunk)
        here = min(rows, total - place)
        differs = np.zeros(here, dtype=bool)
        for name in EVENT_COLUMNS:
            differs |= _plain(stored[name][place : place + here], name) != _plain(same[name][:here], name)
        if differs.any():
            at = int(differs.argmax())
            return _difference(_row(stored, place + at), _row(same, at))
        if here < rows:
            return _difference(None, _row(same, here))
        place += rows
    return _difference(_row(stored, place), None) if place < total else None


def _as_text(chunk: Columns) -> dict[str, Any]:
    """Return a chunk with its codes replaced by their names, as stored parts have them."""
    text: dict[str, Any] = {}
    for name in EVENT_COLUMNS:
        column = chunk[name]
        if name in chunk["labels"]:
            names = np.array([*chunk["labels"][name], None], dtype=object)
            column = names[column.astype("i8")]  # -1, none, is the last one
        text[name] = column
    return text


def _plain(column: Any, name: str) -> Any:
    """Return a column whose missing values compare equal: None in text, -1 in numbers."""
    is_text = name in TEXT_COLUMNS
    values = np.ma.getdata(column).astype(object if is_text else "i8")
    values[np.ma.getmaskarray(column)] = None if is_text else -1
    return values


def _difference(stored: dict[str, Any] | None, computed: dict[str, Any] | None) -> Difference:
    known = stored or computed or {}
    return Difference(int(known["seq"]), int(known["tick"]), stored, computed)


def _row(columns: dict[str, Any], place: int) -> dict[str, Any]:
    return {name: _plain(columns[name][place : place + 1], name).tolist()[0] for name in EVENT_COLUMNS}


# -- in the background, for the page ------------------------------------------------------------------------


@dataclass
class Verification:
    """One verification under way or done; goes on when the page is left."""

    ticks_total: int
    begun_by: int  # who
    tick: int = 0
    verdict: Verdict | None = None
    problem: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def is_over(self) -> bool:
        """Whether there is an answer."""
        return self.verdict is not None or bool(self.problem)


_worker = ThreadPoolExecutor(1, thread_name_prefix="verifier")
_known: dict[UUID, Verification] = {}
_MOST_KNOWN = 200


def begin(run: Run, begun_by: int) -> Verification:
    """Start verifying a run in the background for somebody, unless that is under way."""
    found = _known.get(run.pk)
    if found is not None and not found.is_over:
        return found
    while len(_known) >= _MOST_KNOWN:
        _known.pop(next(iter(_known)))
    _known[run.pk] = verification = Verification(run.tick, begun_by)
    _worker.submit(_work, run, verification)
    return verification


def known(run: Run) -> Verification | None:
    """Return the last verification of a run in this process."""
    return _known.get(run.pk)


def _work(run: Run, verification: Verification) -> None:
    def progress(tick: int) -> None:
        verification.tick = tick
        if verification.cancelled.is_set():
            raise Cancelled

    try:
        verification.verdict = verify(run, progress)
    except Cancelled:
        verification.problem = "Cancelled."
    except Exception as problem:  # shown to whoever asked; the run itself is not touched
        verification.problem = str(problem)
    finally:
        close_old_connections()
