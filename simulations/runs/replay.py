"""Bringing a run back: its inputs and interventions, computed again from a checkpoint or the first tick."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import structlog

from simulations import storage
from simulations.config.inputs import prepare
from simulations.engine.rust_backend import RustBackend
from simulations.models import Artifact, Intervention, Run
from simulations.runs import checkpoints
from simulations.runs.driver import Bank
from simulations.runs.recorder import TEXT_COLUMNS, Recorder, coded

if TYPE_CHECKING:
    from simulations.config.inputs import RunInput
    from simulations.runs.recorder import Columns

log = structlog.get_logger(__name__)

# A claim's parts are numbered apart from those of every other claim: an owner that lost the run cannot
# overwrite a file of the next one.
PARTS_PER_EPOCH = 100_000  # those of epoch 0 are a parent's, taken over by its branch


MOST_NUMBERS_LOST = 10_000  # in a row, of interventions that could not be stored
RECALLED_ROWS = 2_000  # of stored events, for the feed of a run taken up at a checkpoint


class Unrepeatable(Exception):
    """The run cannot be computed again here, and why."""


def inputs_of(run: Run) -> RunInput:
    """Return what the engine was given, from the stored document; not to be changed."""
    path = Path(run.payment_file.content.path) if run.payment_file else None
    return _prepared(run.document.text, run.seed, run.liquidity_percent, path)


@lru_cache(maxsize=2)
def _prepared(text: str, seed: int, liquidity_percent: int, payment_path: Path | None) -> RunInput:
    """Read a document once for the branches and questions that follow one another; files never change."""
    return prepare(text, seed=seed, liquidity_percent=liquidity_percent, payment_path=payment_path)


def banks_of(given: RunInput) -> tuple[Bank, ...]:
    """Return the agents, and what each is expected to send: scripted, attached and generated payments."""
    agents = given.config["agents"]
    place = {agent["id"]: index for index, agent in enumerate(agents)}
    expected = [0.0] * len(agents)
    ticks = given.config["ticks_per_day"] * given.config.get("num_days", 1)
    for index, agent in enumerate(agents):
        if arrivals := agent.get("arrival_config"):
            expected[index] += float(arrivals["rate_per_tick"]) * arrivals["amount_mean"] * ticks
    for payment in given.config.get("initial_transactions", ()):
        expected[place[payment["sender"]]] += payment["amount"]
    if given.payments is not None:
        sums = np.bincount(given.payments["sender"], given.payments["amount"], minlength=len(agents))
        expected = [have + more for have, more in zip(expected, sums.tolist(), strict=True)]
    return tuple(
        Bank(index, agent["id"], agent.get("name") or "", expected[index])
        for index, agent in enumerate(agents)
    )


class Replay:
    """A run computed again, with each intervention made where it was made.

    Withdrawn ones are made and taken back, so that all have the numbers they had. It begins at the first
    tick or, with `from_tick`, at the last usable checkpoint at or before that one; `start` is where.
    """

    def __init__(self, run: Run, given: RunInput, *, from_tick: int = 0) -> None:
        found = checkpoints.restored(run, given, from_tick) if from_tick else None
        if found is None:
            self.backend = RustBackend(given.config, given.payments, run=str(run.pk))
            self.start, self.made = 0, 0
            self._made = deque(run.interventions.order_by("seq"))
        else:
            checkpoint, self.backend = found
            self.start, self.made = checkpoint.tick, checkpoint.made
            self._made = deque(run.interventions.filter(seq__gte=checkpoint.made).order_by("seq"))
            self._withdraw_again(run)
        self.tick = self.start

    def go_to(self, tick: int, drained: Callable[[int], object], budget_ms: int | None = None) -> None:
        """Stand at `tick`; `drained(tick)` empties the engine on the way, after `budget_ms` at the latest.

        The engine stops by itself when what it recorded fills its bound, so emptying is part of going on.
        """
        while True:
            while self._made and self._made[0].made_tick <= self.tick:
                self._intervene(self._made.popleft())
            if self.tick >= tick:
                return
            stop = min(tick, self._made[0].made_tick) if self._made else tick
            self._advance(stop, drained, budget_ms)

    def _advance(self, tick: int, drained: Callable[[int], object], budget_ms: int | None) -> None:
        ran = self.backend.advance(tick - self.tick, budget_ms)["ticks"]
        self.tick += ran
        drained(self.tick)
        if not ran:  # it was full; now it is not
            ran = self.backend.advance(1)["ticks"]
            self.tick += ran
        if not ran:
            raise Unrepeatable(f"the engine stopped at tick {self.tick} on its way to {tick}")

    def _intervene(self, made: Intervention) -> None:
        accepted = self.backend.apply({**made.event, "tick": made.tick})
        if made.seq - accepted["sequence"] > MOST_NUMBERS_LOST:
            raise Unrepeatable(f"there are no interventions before number {made.seq}")
        while accepted["sequence"] < made.seq:  # a number given to one that could not be stored
            self.backend.withdraw(accepted["sequence"])
            accepted = self.backend.apply({**made.event, "tick": made.tick})
        if accepted["sequence"] != made.seq:
            raise Unrepeatable(f"intervention {made.seq} was made as {accepted['sequence']}")
        self.made = made.seq + 1
        if made.status == Intervention.Status.WITHDRAWN:
            self.backend.withdraw(made.seq)

    def _withdraw_again(self, run: Run) -> None:
        """Take back what was withdrawn after the checkpoint, in which it still waits."""
        waiting = [each["sequence"] for each in self.backend.scheduled()]
        withdrawn = run.interventions.filter(seq__in=waiting, status=Intervention.Status.WITHDRAWN)
        for seq in withdrawn.values_list("seq", flat=True):
            self.backend.withdraw(seq)


@dataclass(frozen=True)
class BroughtBack:
    """A run in memory, as it was at `run.tick`. The engine knows its charts from `start` on."""

    backend: RustBackend
    recorder: Recorder
    banks: tuple[Bank, ...]
    start: int
    made: int


def bring_back(run: Run) -> BroughtBack:
    """Return a run as it was at `run.tick`, computed again from its last checkpoint.

    What sealed parts hold is computed again and thrown away; the rest goes into the recorder's tail.
    """
    started = time.monotonic()
    given = inputs_of(run)
    read = time.monotonic()
    sealed = Artifact.objects.filter(run=run, provisional=False).order_by("-to_tick").first()
    sealed_tick = sealed.to_tick if sealed else 0
    replay = Replay(run, given, from_tick=sealed_tick)
    restored = time.monotonic()
    backend = replay.backend
    recorder = Recorder(from_tick=sealed_tick, next_part=run.epoch * PARTS_PER_EPOCH)
    if replay.start:
        recorder.recall(_last_events(run))
    replay.go_to(sealed_tick, lambda _: recorder.pass_over(backend))
    replay.go_to(run.tick, lambda tick: recorder.collect(backend, tick))
    recorder.begin()
    sweep(run)
    if run.tick:
        log.info(
            "run.brought_back",
            simulation_id=str(run.pk),
            tick=run.tick,
            from_tick=replay.start,
            inputs_s=round(read - started, 3),
            restore_s=round(restored - read, 3),
            replay_s=round(time.monotonic() - restored, 3),
        )
    return BroughtBack(backend, recorder, banks_of(given), replay.start, replay.made)


def _last_events(run: Run) -> Columns:
    """Return the newest events of the sealed parts, as the feed has them."""
    part = run.artifacts.filter(kind=Artifact.Kind.EVENTS, provisional=False).order_by("-part").first()
    if part is None:
        return {"labels": {}}
    with storage.opened(run.pk, [part.name]):
        newest = storage.newest(run.pk, part.name, RECALLED_ROWS)
    return coded(newest, TEXT_COLUMNS)


def sweep(run: Run) -> None:
    """Remove files of a run that no row names: a server died while it wrote them."""
    folder = storage.run_dir(run.pk)
    if not folder.is_dir():
        return
    named = set(run.artifacts.values_list("name", flat=True))
    for path in folder.iterdir():
        if path.name not in named:
            path.unlink(missing_ok=True)
