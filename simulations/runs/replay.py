"""Bringing a run back: its inputs and interventions, computed again from the first tick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from simulations import storage
from simulations.config.inputs import prepare
from simulations.engine.rust_backend import RustBackend
from simulations.models import Artifact, Intervention, Run
from simulations.runs.recorder import Recorder

if TYPE_CHECKING:
    from simulations.config.inputs import RunInput

# A claim's parts are numbered apart from those of every other claim: an owner that lost the run cannot
# overwrite a file of the next one.
PARTS_PER_EPOCH = 30_000


class Unrepeatable(Exception):
    """The run cannot be computed again here, and why."""


def inputs_of(run: Run) -> RunInput:
    """Return what the engine was given, from the stored document."""
    path = Path(run.payment_file.content.path) if run.payment_file else None
    return prepare(
        run.document.text, seed=run.seed, liquidity_percent=run.liquidity_percent, payment_path=path
    )


def beginning(run: Run) -> RustBackend:
    """Return the run's engine before the first tick, with every intervention made so far scheduled."""
    given = inputs_of(run)
    backend = RustBackend(given.config, given.payments, run=str(run.pk))
    kept = (Intervention.Status.SCHEDULED, Intervention.Status.APPLIED, Intervention.Status.REFUSED)
    for made in run.interventions.filter(status__in=kept).order_by("seq"):
        backend.apply({**made.event, "tick": made.tick})
    return backend


def advance_to(backend: RustBackend, tick: int, *, at: int, drained: Callable[[int], object]) -> None:
    """Run a backend that stands at `at` until it stands at `tick`; `drained(tick)` empties it on the way.

    The engine stops by itself when what it recorded fills its bound, so emptying is part of going on.
    """
    while at < tick:
        ran = backend.advance(tick - at)["ticks"]
        drained(at + ran)
        if not ran:
            ran = backend.advance(tick - at)["ticks"]
        if not ran:
            raise Unrepeatable(f"the engine stopped at tick {at} on its way to {tick}")
        at += ran
    drained(at)


def bring_back(run: Run) -> tuple[RustBackend, Recorder]:
    """Return engine and recorder of a run as they were at `run.tick`.

    What sealed parts hold is computed again and thrown away; the rest goes into the recorder's tail.
    """
    backend = beginning(run)
    sealed = Artifact.objects.filter(run=run, provisional=False).order_by("-to_tick").first()
    sealed_tick = sealed.to_tick if sealed else 0
    recorder = Recorder(from_tick=sealed_tick, next_part=run.epoch * PARTS_PER_EPOCH)
    advance_to(backend, sealed_tick, at=0, drained=lambda _: backend.drain())
    advance_to(backend, run.tick, at=sealed_tick, drained=lambda tick: recorder.collect(backend, tick))
    sweep(run)
    return backend, recorder


def sweep(run: Run) -> None:
    """Remove files of a run that no row names: a server died while it wrote them."""
    folder = storage.run_dir(run.pk)
    if not folder.is_dir():
        return
    named = set(run.artifacts.values_list("name", flat=True))
    for path in folder.iterdir():
        if path.name not in named:
            path.unlink(missing_ok=True)
