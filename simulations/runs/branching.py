"""Branches: what if, from a tick on, with the same randomness; runs of their own with their parent's past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from simulations import storage
from simulations.engine.rust_backend import ENGINE_VERSION
from simulations.models import Artifact, AuditEntry, Intervention, Run
from simulations.runs import checkpoints, interventions, outcomes
from simulations.runs.registry import registry
from simulations.runs.replay import Unrepeatable

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

log = structlog.get_logger(__name__)


def branch(
    parent: Run,
    tick: int,
    by: AbstractBaseUser,
    *,
    events: Sequence[Mapping[str, Any]] = (),
    name: str = "",
) -> Run:
    """Make a paused run of `by`'s own that stands where `parent` stood at `tick`, `events` applied there.

    It has the interventions made before that tick and none made later. Raises ValueError for a tick the
    parent has not reached and for an event that makes no sense, and `Unrepeatable` when another engine
    version made the parent; then there is no branch.
    """
    parent.refresh_from_db()
    if parent.tick and parent.engine_version != ENGINE_VERSION:
        raise Unrepeatable(
            f"It ran on engine {parent.engine_version}; this is {ENGINE_VERSION}. Run its scenario again."
        )
    live = registry.held(parent.pk)
    reached = parent.tick if live is None else live.tick
    most = min(reached, parent.ticks_total - 1)
    if isinstance(tick, bool) or not isinstance(tick, int) or not 0 <= tick <= most:
        raise ValueError(f"tick must be an integer from 0 to {most:,}, which the run has reached")
    if live is not None:
        outcomes.settle(live)
    run = _row(parent, tick, by, name)
    try:
        _take_over_parts(parent, run)
        registry.live(run)
        for event in events:
            interventions.apply(run, event, by)
    except Exception:
        registry.drop(run.pk)
        storage.delete_run(run.pk)
        run.delete()
        raise
    AuditEntry.objects.record(by, "run.branched", run, parent=str(parent.pk), tick=tick)
    log.info("run.branched", simulation_id=str(run.pk), parent=str(parent.pk), tick=tick)
    return run


def _row(parent: Run, tick: int, by: AbstractBaseUser, name: str) -> Run:
    """Copy the parent's inputs and its interventions made before the tick."""
    inputs = (
        *("document", "version", "payment_file", "seed", "liquidity_percent"),
        *("scenario_name", "ticks_total", "ticks_per_day", "num_agents", "ticks_per_second"),
        *("currency_code", "currency_decimals", "day_start", "day_end", "start_date"),
    )
    with transaction.atomic():
        run = Run.objects.create(
            engine_version=ENGINE_VERSION,  # that of the parent, unless it never ran
            owner_id=by.pk,
            name=name or f"{parent.name[:130]} · from tick {tick:,}",
            status=Run.Status.PAUSED,
            tick=tick,
            parent=parent,
            branch_tick=tick,
            **{field: getattr(parent, field) for field in inputs},
        )
        made = parent.interventions.filter(made_tick__lt=tick).order_by("seq")
        Intervention.objects.bulk_create(
            Intervention(
                run=run,
                seq=each.seq,
                tick=each.tick,
                made_tick=each.made_tick,
                withdrawn_tick=each.withdrawn_tick if _is_withdrawn(each, tick) else None,
                event=each.event,
                status=_status(each, tick),
                reason=each.reason if each.tick < tick else "",
                made_by_id=each.made_by_id,
            )
            for each in made
        )
    return run


def _take_over_parts(parent: Run, run: Run) -> None:
    """Give the branch the parts its parent stored before the checkpoint from which the branch is computed."""
    start = checkpoints.last_tick(run, run.tick)
    parts = parent.artifacts.filter(provisional=False, to_tick__lte=start)
    rows, names = [], {}
    for number, part in enumerate(parts.exclude(kind=Artifact.Kind.CHECKPOINT).order_by("part")):
        names[part.name] = name = f"{part.kind}-{number:05}.parquet"
        facts = {field: getattr(part, field) for field in ("kind", "rows", "bytes", "from_tick", "to_tick")}
        rows.append(Artifact(run=run, part=number, name=name, **facts))
    storage.link_files(parent.pk, run.pk, names)
    Artifact.objects.bulk_create(rows)


def _status(made: Intervention, tick: int) -> str:
    """What took effect by then has its outcome, what was withdrawn by then stays so; the rest waits."""
    over = made.tick < tick and made.status != Intervention.Status.WITHDRAWN
    return made.status if over or _is_withdrawn(made, tick) else Intervention.Status.SCHEDULED


def _is_withdrawn(made: Intervention, tick: int) -> bool:
    """Whether it had been withdrawn when the run stood at a tick; where nobody noted when, it had."""
    withdrawn = made.status == Intervention.Status.WITHDRAWN
    return withdrawn and (made.withdrawn_tick is None or made.withdrawn_tick <= tick)
