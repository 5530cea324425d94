"""Stepping in: events applied to a live run, stored before they take effect: none is lost or doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from simulations.models import AuditEntry, Intervention, Run
from simulations.runs import lifecycle, outcomes
from simulations.runs.ownership import LostClaim
from simulations.runs.progress import note_progress
from simulations.runs.registry import registry
from simulations.runs.replay import MOST_NUMBERS_LOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import AbstractBaseUser

    from simulations.runs.driver import LiveRun

log = structlog.get_logger(__name__)
Status = Intervention.Status

MOST_WAITING = 10_000


def apply(run: Run, event: Mapping[str, Any], by: AbstractBaseUser | None = None) -> Intervention:
    """Have an event take effect in the next tick to be run, or in the `tick` it names.

    The run is held meanwhile: the engine validates, the row is stored, then it goes on. Raises ValueError
    (with `.faults` where the engine tells them) for nonsense, and `Conflict` for a run that is over.
    """
    lifecycle.require(awake(run), "apply")
    if run.interventions.filter(status=Status.SCHEDULED).count() >= MOST_WAITING:
        raise ValueError(f"at most {MOST_WAITING:,} interventions can wait")
    live = registry.live(run)
    with live.steered(), live.held(), live.intervening:
        run.refresh_from_db(fields=["status"])
        lifecycle.require(run, "apply")
        accepted = live.now(lambda backend: backend.apply(event))
        try:
            made = _store(run, live, event, accepted, by or run.owner)
        except BaseException:
            live.now(lambda backend: backend.withdraw(accepted["sequence"]))
            if accepted["sequence"] - live.made >= MOST_NUMBERS_LOST - 1:
                registry.let_go(live)  # brought back it counts on from those that are stored
            raise
        live.made = made.seq + 1
    log.info("run.intervened", simulation_id=str(run.pk), type=event.get("type"), tick=made.tick)
    live.bell.ring()
    return made


def awake(run: Run) -> Run:
    """Read the state of a run, once it was taken up where its server had ended: then more is possible."""
    run.refresh_from_db(fields=["status"])
    if run.status == Run.Status.INTERRUPTED:
        registry.live(run)
        run.refresh_from_db(fields=["status"])
    return run


def _store(
    run: Run,
    live: LiveRun,
    event: Mapping[str, Any],
    accepted: Mapping[str, int],
    by: AbstractBaseUser,
) -> Intervention:
    """Write the row, if the run is still ours, and how far the run is: a replay must get as far as this."""
    what = {key: value for key, value in event.items() if key != "tick"}
    with transaction.atomic():
        if not note_progress(live):
            raise LostClaim(f"run {run.pk} changed hands")
        made = Intervention.objects.create(
            run=run,
            seq=accepted["sequence"],
            tick=accepted["tick"],
            made_tick=live.tick,
            event=what,
            made_by_id=by.pk,
        )
        AuditEntry.objects.record(by, "run.intervened", run, event=what, tick=made.tick, seq=made.seq)
    return made


def withdraw(run: Run, seq: int, by: AbstractBaseUser | None = None) -> Intervention:
    """Take back an intervention that has not taken effect. Raises ValueError when it has, or is not there."""
    lifecycle.require(awake(run), "apply")
    live = registry.live(run)
    with live.steered(), live.held(), live.intervening:
        run.refresh_from_db(fields=["status"])
        lifecycle.require(run, "apply")
        live.now(lambda backend: backend.withdraw(seq))
        try:
            made = _store_withdrawal(run, live, seq, by or run.owner)
        except BaseException:
            # The engine cannot take it up again under its number: bring the run back as its rows say.
            registry.let_go(live)
            raise
    live.bell.ring()
    return made


def _store_withdrawal(run: Run, live: LiveRun, seq: int, by: AbstractBaseUser) -> Intervention:
    with transaction.atomic():
        if not note_progress(live):
            raise LostClaim(f"run {run.pk} changed hands")
        made = Intervention.objects.get(run=run, seq=seq)
        made.status, made.withdrawn_tick = Status.WITHDRAWN, live.tick
        made.save(update_fields=["status", "withdrawn_tick"])
        AuditEntry.objects.record(by, "run.intervention_withdrawn", run, seq=seq, tick=live.tick)
    return made


def listed(run: Run) -> list[Intervention]:
    """Return the interventions of a run by tick, with what became of those that took effect."""
    live = registry.held(run.pk)
    if live is not None:
        outcomes.settle(live)
    return list(run.interventions.select_related("made_by").order_by("tick", "seq"))
