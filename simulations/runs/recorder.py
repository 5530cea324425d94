"""What a live run recorded and has not sealed yet, and its way into stored parts.

The engine's columns are drained often and kept here as the *tail*. Storing the tail makes provisional parts
that the next storing replaces; only a tail that has grown large, or the end of the run, seals them. So a
person who steps a hundred times leaves a few files, and readers see everything up to the last storing.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import wait
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import structlog
from django.db import transaction

from simulations import storage
from simulations.models import Artifact
from simulations.runs import checkpoints, outcomes
from simulations.runs.ownership import Gone, LostClaim
from simulations.runs.progress import note_progress

if TYPE_CHECKING:
    from simulations.engine.protocol import SimulationBackend
    from simulations.runs.checkpoints import Checkpoint
    from simulations.runs.driver import LiveRun


log = structlog.get_logger(__name__)

Columns = dict[str, Any]  # column name -> array; "labels" -> {column: [text]}
KINDS = (Artifact.Kind.SERIES, Artifact.Kind.EVENTS, Artifact.Kind.PAYMENTS)
STORED_KINDS = (*KINDS, Artifact.Kind.BALANCES)
SEAL_ROWS = 500_000
OVERFULL_ROWS = 2_000_000  # of all runs together that go on, in equal shares
LEAST_SHARE_ROWS = 160_000  # of one of them: smaller parts would cost more to store than to compute
SEAL_SHARE = 4  # it is large at a quarter of what it may hold
RECENT_ROWS = 20_000
READING_SECONDS = 10.0
TEXT_COLUMNS = frozenset({"type", "agent", "counterparty", "rail", "method", "reason"})  # of events


@dataclass
class Tail:
    """A tail as it was at one moment, ready to be written."""

    from_tick: int
    to_tick: int
    first_part: int
    seal: bool
    chunks: dict[str, list[Columns]]  # the recorder's, in order
    stays: dict[str, Columns]  # what stands at the end besides: payments that wait, and balances
    rows: int  # in the chunks

    def columns(self, kind: str) -> Columns:
        """Return all of a kind. Takes long: not for the thread that steps."""
        return joined([*self.chunks.get(kind, ()), *([self.stays[kind]] if kind in self.stays else ())])


@dataclass
class Replaced:
    """Files that no row names any more: whoever read their names before may still open them for a while."""

    files: list[tuple[float, Path]] = field(default_factory=list)

    def add(self, paths: Iterable[Path]) -> None:
        """Take files in, and remove those that are old enough."""
        now = time.monotonic()
        self.files += [(now, path) for path in paths]
        self.remove(now - READING_SECONDS)

    def remove(self, until: float = math.inf) -> None:
        """Remove those replaced by then."""
        gone = [each for each in self.files if each[0] <= until]
        self.files = [each for each in self.files if each[0] > until]
        for _, path in gone:
            with suppress(OSError):
                path.unlink(missing_ok=True)


@dataclass
class Recorder:
    """The tail of one run. Used by the run's worker only."""

    from_tick: int = 0
    next_part: int = 0
    stored_tick: int = -1  # where the run stood when its tail was last stored
    replaced: Replaced = field(default_factory=Replaced)  # under the lock of whoever stores
    sharers: int = 1  # runs that go on and share the room there is for rows
    _outcomes: dict[int, list[str]] = field(default_factory=dict)
    _recent: deque[Columns] = field(default_factory=deque)
    _chunks: dict[str, list[Columns]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    _rows: int = 0
    _found_rows: int = 0  # of these, what it began with

    def collect(self, backend: SimulationBackend, tick: int) -> None:
        """Move what the engine recorded into the tail; `tick` is the next to be run."""
        drained = backend.drain()
        for kind in KINDS:
            columns = drained[kind]
            rows = row_count(columns)
            if rows:
                self._chunks[kind].append(columns)
                self._rows += rows
        self._remember(drained[Artifact.Kind.EVENTS])

    def pass_over(self, backend: SimulationBackend) -> None:
        """Empty the engine of what sealed parts hold already; only the newest events are remembered."""
        self._remember(backend.drain()[Artifact.Kind.EVENTS])

    def recall(self, events: Columns) -> None:
        """Take events that are stored already into the newest ones, for the feed."""
        if row_count(events):
            self._recent.append(events)

    def outcomes(self, backend: SimulationBackend, tick: int) -> dict[int, list[str]]:
        """Return what became of events and interventions, by tick in order: "" if done, else why refused."""
        self.collect(backend, tick)
        return self._outcomes

    def _remember(self, events: Columns) -> None:
        """Keep the newest events for the feed and all outcomes, whatever becomes of the tail."""
        if row_count(events):
            self._recent.append(events)
            self._note_outcomes(events)
        while len(self._recent) > 1 and sum(map(row_count, self._recent)) > RECENT_ROWS:
            self._recent.popleft()

    def _note_outcomes(self, events: Columns) -> None:
        types, reasons = events["labels"]["type"], events["labels"]["reason"]
        kind, refused = events["type"], types.index("refused")
        codes = kind.tobytes()  # looked through without letting go of the interpreter: it is rarely found
        if types.index("intervened") not in codes and refused not in codes:
            return
        for place in np.flatnonzero((kind == types.index("intervened")) | (kind == refused)):
            why = reasons[events["reason"][place]] if kind[place] == refused else ""
            self._outcomes.setdefault(int(events["tick"][place]), []).append(why)

    @property
    def most_rows(self) -> int:
        """How many rows it may hold."""
        return max(LEAST_SHARE_ROWS, OVERFULL_ROWS // max(1, self.sharers))

    @property
    def large_rows(self) -> int:
        """From how many rows on it is to be stored."""
        return min(SEAL_ROWS, self.most_rows // SEAL_SHARE)

    @property
    def is_large(self) -> bool:
        """Whether the tail should be sealed without waiting for a pause."""
        return self._rows >= self.large_rows

    @property
    def fullness(self) -> float:
        """How far storing is behind: 0 up to a large tail beside one being stored, 1 when overfull."""
        in_time = 2 * self.large_rows
        behind = self._rows - self._found_rows - in_time
        return min(1.0, max(0.0, behind / (self.most_rows - in_time)))

    @property
    def is_overfull(self) -> bool:
        """Whether storing is so far behind that the run has to wait for it."""
        return self._rows - self._found_rows >= self.most_rows

    def begin(self) -> None:
        """Take what was computed up to where the run begins as no reason to wait: a branch goes at once."""
        self._found_rows = self._rows

    def happened(self, event_type: str, since_tick: int) -> bool:
        """Whether an event of a type is in the tail from `since_tick` on."""
        for columns in reversed(self._chunks[Artifact.Kind.EVENTS]):
            late = columns["tick"] >= since_tick
            if not late.any():
                return False
            names = columns["labels"]["type"]
            if event_type in names and (columns["type"][late] == names.index(event_type)).any():
                return True
        return False

    def recent_events(self) -> Iterator[Columns]:
        """Yield the newest chunks of events, newest first."""
        yield from reversed(self._recent)

    def tail(self, backend: SimulationBackend, tick: int, *, seal: bool) -> Tail:
        """Return the tail for storing; `seal` it even if it is small.

        What still waits is added to its payments, after those that left.
        """
        self.collect(backend, tick)
        chunks: dict[str, list[Columns]] = {kind: list(self._chunks[kind]) for kind in KINDS}
        stays: dict[str, Columns] = {Artifact.Kind.PAYMENTS: waiting(backend.payments())}
        seal = seal or self.is_large
        if seal:
            stays[Artifact.Kind.BALANCES] = balances(backend)
        return Tail(self.from_tick, tick, self.next_part, seal, chunks, stays, self._rows)

    def stored(self, tail: Tail) -> None:
        """Note that a tail was stored; a sealed one is let go of."""
        self.next_part += len(STORED_KINDS)
        self.stored_tick = tail.to_tick
        if tail.seal:
            self.from_tick = tail.to_tick
            for kind in KINDS:
                del self._chunks[kind][: len(tail.chunks[kind])]
            self._rows = sum(row_count(chunk) for kind in KINDS for chunk in self._chunks[kind])
            self._found_rows = 0


def balances(backend: SimulationBackend) -> Columns:
    """Return each bank's balance and what it sent and received since the start, in cents."""
    agents = backend.get_state()["agents"]
    columns: Columns = {"agent": np.arange(len(agents), dtype=np.int32)}
    for name in ("balance", "sent", "received"):
        columns[name] = np.array([agent[name] for agent in agents], dtype=np.int64)
    return columns | {"labels": {"agent": [agent["id"] for agent in agents]}}


def waiting(payments: Columns) -> Columns:
    """Return the payments that have not left."""
    names = payments["labels"]["status"]
    status = payments["status"]
    stays = (status == names.index("pending")) | (status == names.index("queued"))
    if stays.all():
        return payments
    return {name: column if name == "labels" else column[stays] for name, column in payments.items()}


def coded(rows: Columns, text: frozenset[str]) -> Columns:
    """Return stored rows as the engine drains them: the columns `text` as codes into `labels`, -1 = none."""
    columns: Columns = {"labels": {}}
    for name, values in rows.items():
        if name not in text:
            columns[name] = values
            continue
        plain: Any = np.ma.filled(np.ma.asarray(values, dtype=object), None)
        names = sorted({value for value in plain if value is not None})
        code = {value: number for number, value in enumerate(names)}
        columns[name] = np.array([code.get(value, -1) for value in plain], dtype=np.int32)
        columns["labels"][name] = names
    return columns


def row_count(columns: Columns) -> int:
    """Return how many rows a set of columns has."""
    return next((len(column) for name, column in columns.items() if name != "labels"), 0)


def joined(chunks: list[Columns]) -> Columns:
    """Put chunks of the same columns after one another."""
    chunks = [chunk for chunk in chunks if row_count(chunk)]
    if not chunks:
        return {"labels": {}}
    if len(chunks) == 1:
        return dict(chunks[0])
    names = [name for name in chunks[0] if name != "labels"]
    whole: Columns = {name: storage.end_to_end([chunk[name] for chunk in chunks]) for name in names}
    whole["labels"] = chunks[-1].get("labels", {})
    return whole


def store(live: LiveRun, *, over: bool = False, rests: bool = False) -> None:
    """Store the run's tail: files first, then the rows that make them count, in one transaction.

    A checkpoint goes with it when one is due, by time or because the run `rests`; the tail is sealed at its
    tick. Raises OSError, a DuckDB or a database error when it cannot; the tail is then kept. `Gone` when this
    process no longer has the run.
    """
    with live.storing:
        try:
            _store(live, over=over, rests=rests)
        except Gone:
            raise
        except Exception as problem:
            if live.closed:  # whoever has the run now tidied away what was being written
                raise LostClaim(f"run {live.run_id} was let go of while it was stored") from problem
            raise


def _store(live: LiveRun, *, over: bool, rests: bool) -> None:
    """Store the tail; one at a time for a run."""
    with live.intervening:
        tail, checkpoint = live.now(lambda backend: _taken(live, backend, over=over, rests=rests))
    with storage.writing():
        rows = _written(live, tail)
    if checkpoint is not None:
        # Whoever takes the run up there does not see again what became of earlier interventions.
        outcomes.settle(live)
        row = checkpoints.write(checkpoint, tail.first_part)
        log.info(
            "run.checkpointed",
            simulation_id=str(live.run_id),
            tick=checkpoint.tick,
            bytes=row.bytes,
            cost_ms=round(live.checkpoints.cost_seconds * 1000, 2),
            cpu_ms=round(live.checkpoints.cpu_seconds * 1000, 2),
        )
        rows.append(row)
    _replace(live, rows, tail.to_tick)
    live.now(lambda _: live.recorder.stored(tail))
    live.stored_at = time.monotonic()


def _written(live: LiveRun, tail: Tail) -> list[Artifact]:
    """Write a part of each kind of which there is something; return their rows.

    Of a large tail, events are written beside the others: a run at full speed waits for what stores it.
    """
    beside = None
    if tail.rows >= SEAL_ROWS:
        write = partial(copy_context().run, _part, live, tail, Artifact.Kind.EVENTS)
        beside = live.beside(write)
    kinds = [kind for kind in STORED_KINDS if beside is None or kind != Artifact.Kind.EVENTS]
    try:
        rows = [_part(live, tail, kind) for kind in kinds]
    finally:
        if beside is not None:
            wait([beside])
    if beside is not None:
        rows.append(beside.result())
    return [row for row in rows if row is not None]


def _part(live: LiveRun, tail: Tail, kind: Artifact.Kind) -> Artifact | None:
    """Write a part of one kind and return its row, None where there is nothing."""
    columns = tail.columns(kind)
    labels = columns.pop("labels")
    if not columns:
        return None
    number = tail.first_part + STORED_KINDS.index(kind)
    part = storage.write_part(live.run_id, kind, number, columns, labels)
    return Artifact(
        run_id=live.run_id,
        kind=kind,
        part=number,
        name=part.name,
        rows=part.rows,
        bytes=part.bytes,
        from_tick=tail.from_tick,
        to_tick=tail.to_tick,
        provisional=not tail.seal,
    )


def _taken(
    live: LiveRun, backend: SimulationBackend, *, over: bool, rests: bool
) -> tuple[Tail, Checkpoint | None]:
    """Return the tail and, when one is due, a checkpoint at its end."""
    due = live.checkpoint_is_due or (rests and live.checkpoints.is_due_at_rest(live.engine_seconds))
    tail = live.recorder.tail(backend, live.tick, seal=over or due)
    if not due:
        return tail, None
    taken = live.checkpoints.take(live.run_id, live.tick, live.made, live.engine_seconds, backend)
    return tail, taken


def _replace(live: LiveRun, rows: list[Artifact], tick: int) -> None:
    """Put the rows of new parts in the place of the provisional ones; their files are removed a while later.

    The run's row stands at least at `tick` then: a run is never behind what is stored of it.
    """
    with transaction.atomic():
        if not note_progress(live, tick):
            raise LostClaim(f"run {live.run_id} changed hands")
        artifacts = Artifact.objects.filter(run_id=live.run_id)
        old = list(artifacts.filter(provisional=True))
        Artifact.objects.bulk_create(rows)
        old += checkpoints.superfluous(artifacts.filter(kind=Artifact.Kind.CHECKPOINT))
        artifacts.filter(pk__in=[each.pk for each in old]).delete()
    live.recorder.replaced.add(storage.run_dir(live.run_id) / each.name for each in old)
