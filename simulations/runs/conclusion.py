"""How a run ends: its last parts stored, its measures on its row, its digest."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
import structlog
from django.db import DatabaseError

from simulations.models import Run
from simulations.runs import lifecycle, notices, outcomes, recorder
from simulations.runs.ownership import Gone

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from simulations.runs.driver import LiveRun

log = structlog.get_logger(__name__)
Status = Run.Status
MOST_FAILURE_CHARACTERS = 10_000


class CannotStore(Gone):
    """What a run recorded cannot be stored now; it is as it was before."""


@contextmanager
def stored() -> Iterator[None]:
    """Do what needs disk and database. Raises `CannotStore` where they fail."""
    try:
        yield
    except (OSError, duckdb.Error, DatabaseError) as problem:
        raise CannotStore(f"It cannot be stored now: {problem}. Try again.") from problem


@contextmanager
def halted(live: LiveRun) -> Iterator[None]:
    """Have a run rest, to be stored; where that fails it goes on as it did. Raises `CannotStore` then."""
    went_on = live.halt()
    try:
        yield
    except (Gone, lifecycle.Conflict):
        raise
    except Exception as problem:
        if went_on:
            live.go(goal_tick=live.goal_tick, until=live.until)
        raise CannotStore(
            f"It cannot be stored now: {problem}. The run is as it was; try again."
        ) from problem


def finish(live: LiveRun, run: Run) -> Run:
    """End a run that reached its last tick. Raises what storing raises; then nothing has moved."""
    recorder.store(live, over=True)
    outcomes.settle(live)
    run = lifecycle.move(run, Status.FINISHED, None, **outcome(live))
    log.info(
        "run.finished",
        simulation_id=str(run.pk),
        ticks=run.tick,
        wall_s=round((run.finished_at - run.started_at).total_seconds(), 3)
        if run.finished_at and run.started_at
        else None,
        engine_s=round(run.engine_seconds, 3),
        digest=run.digest,
    )
    live.moved(run.status)
    notices.run_changed(run.pk, run.owner_id, run.status, run.tick)
    return run


def stop(live: LiveRun, run: Run, by: AbstractBaseUser) -> Run:
    """End a run before its time, at a person's wish; what happened so far is kept."""
    with halted(live):
        recorder.store(live, over=True)
        outcomes.settle(live)
        run = lifecycle.move(run, Status.STOPPED, by, **outcome(live))
    log.info("run.stopped", simulation_id=str(run.pk), ticks=run.tick, digest=run.digest)
    live.moved(run.status)
    notices.run_changed(run.pk, run.owner_id, run.status, run.tick)
    return run


def fail(live: LiveRun, run: Run, problem: BaseException) -> Run:
    """Store that a run cannot go on, and why; its inputs replay it, parts stored before stay readable."""
    text = "".join(traceback.format_exception(problem))
    log.error(
        "run.failed",
        simulation_id=str(run.pk),
        seed=run.seed,
        tick=live.tick,
        exc_info=(type(problem), problem, problem.__traceback__),
    )
    facts: dict[str, Any] = {"tick": live.tick, "engine_seconds": live.engine_seconds}
    run = lifecycle.move(
        run, Status.FAILED, None, failure=f"{problem}\n\n{text}"[:MOST_FAILURE_CHARACTERS], **facts
    )
    live.moved(run.status)
    notices.run_changed(run.pk, run.owner_id, run.status, run.tick)
    return run


def outcome(live: LiveRun) -> dict[str, Any]:
    """Return the columns of a run's row that say what came of it."""
    metrics, digest, tick = live.now(lambda backend: (backend.metrics(), backend.digest(), live.tick))
    return {
        "tick": tick,
        "goal_tick": None,
        "goal_event": "",
        "engine_seconds": live.engine_seconds,
        "digest": digest,
        "metrics": metrics,
        "arrived_count": metrics["arrived_count"],
        "arrived_value": metrics["arrived_value"],
        "settled_count": metrics["settled_count"],
        "settled_value": metrics["settled_value"],
        "settlement_rate": metrics["settlement_rate_value"],
        "average_delay": metrics["average_delay"],
        "rho": metrics["rho"],
        "liquidity_used": sum(metrics["liquidity_used"].values()),
        "total_cost": sum(metrics["costs"].values()),
    }
