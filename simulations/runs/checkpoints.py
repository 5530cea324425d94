"""Checkpoints: where a run can be taken up again without computing all that went before.

A checkpoint is a file beside the run's parts: a head that says which run, tick and digest, then the engine's
snapshot, all under one checksum. A part of every kind ends at its tick, so that whoever takes the run up
there has everything before it stored. One that is damaged or of something else is passed over for an earlier.
"""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import structlog

from simulations import storage
from simulations.engine.rust_backend import ENGINE_VERSION, RustBackend
from simulations.models import Artifact, Run

if TYPE_CHECKING:
    from simulations.config.inputs import RunInput
    from simulations.engine.protocol import SimulationBackend

log = structlog.get_logger(__name__)

MAGIC = b"PSIMCHK1"
CHECKSUM_BYTES = 32
HEAD_LENGTH = struct.Struct("<I")

ENGINE_SECONDS = 0.25  # that a run computes between two checkpoints, at least
WALL_SECONDS = 0.5  # between two of a run that goes on, at least
COST_SHARE = 0.04  # of the time computed that taking them may cost
MOST_LIGHT = 50  # taken of one run at rests after less than that, while it is in memory: each seals its parts
MOST = 40  # kept of one run, spaced over its ticks
MOST_BYTES = 200_000_000


class BadCheckpoint(Exception):
    """It is damaged, of another engine, or of something else."""


@dataclass(frozen=True)
class Checkpoint:
    """A run as it stood before `tick`. `made` is the sequence number the next intervention gets."""

    run_id: UUID
    tick: int
    digest: str
    made: int
    engine: str
    snapshot: bytes

    def encoded(self) -> bytes:
        """Return the bytes of its file."""
        head = orjson.dumps(
            {
                "run": str(self.run_id),
                "tick": self.tick,
                "digest": self.digest,
                "made": self.made,
                "engine": self.engine,
            }
        )
        body = HEAD_LENGTH.pack(len(head)) + head + self.snapshot
        return MAGIC + _checksum(body) + body

    @classmethod
    def decoded(cls, data: bytes) -> Checkpoint:
        """Read the bytes of a file. Raises `BadCheckpoint`."""
        start = len(MAGIC) + CHECKSUM_BYTES
        body = data[start:]
        if data[: len(MAGIC)] != MAGIC or data[len(MAGIC) : start] != _checksum(body):
            raise BadCheckpoint("it is damaged")
        (length,) = HEAD_LENGTH.unpack_from(body)
        head: dict[str, Any] = orjson.loads(body[HEAD_LENGTH.size : HEAD_LENGTH.size + length])
        return cls(
            UUID(head["run"]),
            head["tick"],
            head["digest"],
            head["made"],
            head["engine"],
            body[HEAD_LENGTH.size + length :],
        )


@dataclass
class Timer:
    """When the next checkpoint of a live run is due."""

    engine_seconds: float = 0.0  # of the run, at the last one
    at: float = 0.0  # monotonic, of the last one
    cost_seconds: float = 0.0  # of the last one
    cpu_seconds: float = 0.0  # the processor's share of that
    light: int = 0  # taken after little was computed

    def is_due(self, engine_seconds: float, *, stepping: bool) -> bool:
        """Whether enough was computed since the last one; of a run that goes on, also whether time passed."""
        computed = engine_seconds - self.engine_seconds
        waited = time.monotonic() - self.at >= WALL_SECONDS
        return computed >= max(ENGINE_SECONDS, self.cost_seconds / COST_SHARE) and (waited or not stepping)

    def is_due_at_rest(self, engine_seconds: float) -> bool:
        """Whether a run that rests, or is left by its process, has one taken: if anything was computed.

        Somebody who pauses without end seals no part each time: then only what took long to compute counts.
        """
        if self.is_due(engine_seconds, stepping=False):
            return True
        return engine_seconds > self.engine_seconds and self.light < MOST_LIGHT

    def take(
        self, run_id: UUID, tick: int, made: int, engine_seconds: float, backend: SimulationBackend
    ) -> Checkpoint:
        """Take a checkpoint and start counting anew."""
        started, cpu_started = time.monotonic(), time.thread_time()
        snapshot, digest = backend.snapshot(), backend.digest()
        self.at = time.monotonic()
        self.cost_seconds, self.cpu_seconds = self.at - started, time.thread_time() - cpu_started
        self.light += engine_seconds - self.engine_seconds < ENGINE_SECONDS
        self.engine_seconds = engine_seconds
        return Checkpoint(run_id, tick, digest, made, ENGINE_VERSION, snapshot)


def write(checkpoint: Checkpoint, part: int) -> Artifact:
    """Write a checkpoint's file and return the row, not saved yet, that makes it count. Raises OSError."""
    name = f"checkpoint-{part:05}.bin"
    size = storage.write_blob(checkpoint.run_id, name, checkpoint.encoded())
    return Artifact(
        run_id=checkpoint.run_id,
        kind=Artifact.Kind.CHECKPOINT,
        part=part,
        name=name,
        rows=1,
        bytes=size,
        from_tick=checkpoint.tick,
        to_tick=checkpoint.tick,
    )


def superfluous(kept: Iterable[Artifact]) -> list[Artifact]:
    """Return which checkpoints of a run are too many: those in the densest places; never the last."""
    left = sorted(kept, key=lambda each: each.to_tick)
    gone = []
    while len(left) > 1 and (len(left) > MOST or sum(each.bytes for each in left) > MOST_BYTES):
        ticks = [0, *(each.to_tick for each in left)]
        closest = min(range(len(left) - 1), key=lambda at: ticks[at + 2] - ticks[at])
        gone.append(left.pop(closest))
    return gone


def last_tick(run: Run, tick: int) -> int:
    """Return the tick of the last checkpoint at or before `tick` that the run may use; 0 for none."""
    return next((row.to_tick for row, _ in _candidates(run, tick)), 0)


def restored(run: Run, given: RunInput, tick: int) -> tuple[Checkpoint, RustBackend] | None:
    """Return the last usable checkpoint at or before `tick`, with an engine that stands there.

    A branch uses its parent's from before it branched off. None when there is none: begin at the first tick.
    """
    for row, branched_at in _candidates(run, tick):
        try:
            checkpoint = _read(row, branched_at)
            backend = RustBackend.restore(checkpoint.snapshot, given.config, given.payments, run=str(run.pk))
            if backend.digest() != checkpoint.digest:
                raise BadCheckpoint("its digest is not that of its state")
        except (BadCheckpoint, OSError, ValueError, KeyError, RuntimeError) as problem:
            log.warning(
                "checkpoint.passed_over", simulation_id=str(run.pk), tick=row.to_tick, problem=str(problem)
            )
            continue
        return checkpoint, backend
    return None


def _candidates(run: Run, tick: int) -> Iterator[tuple[Artifact, int | None]]:
    """Yield the rows of checkpoints at or before `tick`, the run's own and its ancestors', the last first.

    With each of an ancestor's comes the tick at which the run's line left it, None with its own.
    """
    each: Run | None = run
    branched_at: int | None = None
    while each is not None:
        rows = each.artifacts.filter(kind=Artifact.Kind.CHECKPOINT, to_tick__lte=tick)
        yield from ((row, branched_at) for row in rows.order_by("-to_tick"))
        left_at = each.branch_tick or 0
        tick = min(tick, left_at)
        branched_at = left_at if branched_at is None else min(branched_at, left_at)
        each = each.parent


def _read(row: Artifact, branched_at: int | None) -> Checkpoint:
    checkpoint = Checkpoint.decoded(storage.read_blob(row.run_id, row.name))
    if (checkpoint.run_id, checkpoint.tick) != (row.run_id, row.to_tick):
        raise BadCheckpoint("it is of another run or tick")
    if checkpoint.engine != ENGINE_VERSION:
        raise BadCheckpoint(f"engine {checkpoint.engine} made it; this is {ENGINE_VERSION}")
    # A branch has none of the interventions made at its very tick; such a checkpoint of an ancestor may. The
    # branch's own may have the same number, so it is the ancestor's that are looked at.
    last = row.run.interventions.filter(seq=checkpoint.made - 1)
    if branched_at is not None:
        last = last.filter(made_tick__lt=branched_at)
    if checkpoint.made and not last.exists():
        raise BadCheckpoint("it has interventions that the run has not")
    return checkpoint


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=CHECKSUM_BYTES).digest()
