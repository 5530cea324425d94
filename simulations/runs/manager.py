"""The verbs of live runs, the same for pages, socket, API and commands. All are synchronous and thread-safe.

A verb fetches nothing for a person: callers get the run through `simulations.access`. `by` is who did it,
for the audit log; None is the run's owner. `lifecycle.Conflict` says what is possible instead.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog
from django.db import DatabaseError
from django.db.models import Max
from django.utils import timezone

from simulations.engine.protocol import EVENT_TYPES
from simulations.models import Artifact, AuditEntry, Run
from simulations.runs import asking, conclusion, lifecycle, moments, notices, ownership, recorder, rounds
from simulations.runs.branching import branch
from simulations.runs.hindsight import explained_at, left_by
from simulations.runs.interventions import apply, awake, withdraw
from simulations.runs.notices import seats_changed
from simulations.runs.ownership import Gone, OwnedElsewhere
from simulations.runs.pace import checked_speed
from simulations.runs.progress import NO_GOAL, note_progress, progress
from simulations.runs.registry import registry
from simulations.runs.replay import Unrepeatable
from simulations.runs.turns import in_turn, paid_by, seconds_to_wait

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from simulations.engine.protocol import SimulationBackend
    from simulations.runs.driver import LiveRun

__all__ = [
    "Gone",
    "OwnedElsewhere",
    "Unrepeatable",
    "apply",
    "branch",
    "close_doors",
    "delete",
    "explain",
    "explained_at",
    "held",
    "in_turn",
    "keep",
    "metrics",
    "open_doors",
    "paid_by",
    "pause",
    "recover",
    "resume",
    "run_to",
    "seats_changed",
    "seconds_to_wait",
    "shut_down",
    "speed",
    "start",
    "state",
    "state_at",
    "step",
    "stop",
    "tick",
    "withdraw",
]
log = structlog.get_logger(__name__)
Question = Callable[["SimulationBackend"], dict[str, Any]]
Status = Run.Status

TICK_SLICE_MS = 20
TICK_CALL_SECONDS = 2.0
FRESH_SECONDS = 2.0
FLOWS = ("arrivals", "settlements", "dropped", "settled_value", "arrived_value")


def start(run: Run, by: AbstractBaseUser | None = None) -> Run:
    """Let a run go on from where it stands. A running one stays running."""
    return _go(run, by, goal_tick=None, until=None, wanted="start")


def resume(run: Run, by: AbstractBaseUser | None = None) -> Run:
    """Let a paused run go on. A running one stays running."""
    return _go(run, by, goal_tick=None, until=None, wanted="resume")


def run_to(run: Run, tick: object, by: AbstractBaseUser | None = None) -> Run:
    """Let a run go on until `tick` is the next to be run, then pause. ValueError for a tick that passed."""
    live = registry.live(run)
    lifecycle.require(_fresh(run), "run_to")
    if isinstance(tick, bool) or not isinstance(tick, int) or not live.tick < tick <= live.ticks_total:
        raise ValueError(f"tick must be an integer from {live.tick + 1} to {live.ticks_total}")
    return _go(run, by, goal_tick=tick, until=None, wanted="run to a tick")


def step(run: Run, until: object = None, by: AbstractBaseUser | None = None) -> dict[str, Any] | None:
    """Run one tick and return its result; with `until`, go on to the next event of that type (None then)."""
    if until is None:
        return tick(run, by=by)
    if not isinstance(until, str) or until not in EVENT_TYPES:
        raise ValueError(f"until must be one of {', '.join(EVENT_TYPES)}")
    lifecycle.require(awake(run), "step")
    _go(run, by, goal_tick=None, until=until, wanted="step")
    return None


def pause(run: Run, by: AbstractBaseUser | None = None) -> Run:
    """Rest a running run and store what it recorded. A paused one stays paused."""
    live = registry.live(run)
    with live.steered():
        return _rested(live, run, by)


def _rested(live: LiveRun, run: Run, by: AbstractBaseUser | None) -> Run:
    if _fresh(run).status == Status.PAUSED:
        return run
    lifecycle.require(run, "pause")
    with conclusion.halted(live):
        if live.tick >= live.ticks_total:
            return conclusion.fail(live, run, live.failure) if live.failure else conclusion.finish(live, run)
        recorder.store(live, rests=True)
        lifecycle.move(run, Status.PAUSED, by or run.owner, **progress(live) | NO_GOAL)
    return _moved(run, live)


def stop(run: Run, by: AbstractBaseUser | None = None) -> Run:
    """End a run before its time; final. A stopped one stays stopped."""
    if _fresh(run).status == Status.STOPPED:
        return run
    lifecycle.require(run, "stop")
    try:
        live = registry.live(run)
    except Unrepeatable as problem:
        return _stop_unread(run, by or run.owner, problem)
    try:
        with live.steered():
            lifecycle.require(_fresh(run), "stop")
            return conclusion.stop(live, run, by or run.owner)
    except (lifecycle.Conflict, Gone):  # somebody was quicker
        if _fresh(run).status == Status.STOPPED:
            return run
        raise


def _stop_unread(run: Run, by: AbstractBaseUser, problem: Unrepeatable) -> Run:
    """End a run that cannot be brought back; what is stored of it is kept."""
    if _fresh(run).status != Status.STOPPED:
        lifecycle.move(run, Status.STOPPED, by, failure=str(problem))
        notices.run_changed(run.pk, run.owner_id, run.status, run.tick)
    return run


def speed(run: Run, ticks_per_second: object, by: AbstractBaseUser | None = None) -> Run:
    """Set how fast a run goes; None is as fast as it can. Raises ValueError out of bounds."""
    wanted = checked_speed(ticks_per_second)
    lifecycle.require(awake(run), "speed")
    live = registry.live(run)
    live.set_speed(wanted)
    Run.objects.filter(pk=run.pk).update(ticks_per_second=wanted)
    run.ticks_per_second = wanted
    return run


def tick(run: Run, count: int = 1, by: AbstractBaseUser | None = None) -> dict[str, Any]:
    """Run `count` ticks now, as many as fit in 2 s, and return the last one's result.

    With `count` > 1 it also has `ran` and `sums` of the flows and costs. Only for runs that rest.
    """
    lifecycle.require(awake(run), "tick")
    live = registry.live(run)
    with live.steered(), live.held():
        lifecycle.require(_fresh(run), "tick")
        if live.tick >= live.ticks_total:  # its end could not be stored before
            _note_ticks(live, run, by)
            lifecycle.require(run, "tick")
        return _ticked(live, run, count, by)


def _ticked(live: LiveRun, run: Run, count: int, by: AbstractBaseUser | None) -> dict[str, Any]:
    sums: dict[str, Any] = dict.fromkeys(FLOWS, 0) | {"costs": {}}
    ran, deadline = 0, time.monotonic() + TICK_CALL_SECONDS
    try:
        while ran < count - 1 and live.tick < live.ticks_total - 1 and time.monotonic() < deadline:
            most = min(count - 1 - ran, live.ticks_total - 1 - live.tick)
            part = live.now(lambda backend, most=most: _advance(live, backend, most))  # type: ignore[misc]
            ran += part["ticks"]
            _add(sums, part)
        result = live.now(lambda backend: _tick(live, backend))
    except RuntimeError as problem:
        conclusion.fail(live, run, problem)
        raise
    _add(sums, result)
    _note_ticks(live, run, by)
    return result if count == 1 else {**result, "ran": ran + 1, "sums": sums}


def _note_ticks(live: LiveRun, run: Run, by: AbstractBaseUser | None) -> None:
    """Have the row say how far ticks brought the run: a new one rests then, one at its end is over."""
    with conclusion.stored():
        if _fresh(run).status == Status.CREATED:
            lifecycle.move(run, Status.PAUSED, by or run.owner, **progress(live))
            _moved(run, live)
        if live.tick >= live.ticks_total:
            conclusion.finish(live, run)
        else:
            note_progress(live)
            run.tick = live.tick
            _store_now_and_then(live)


def _store_now_and_then(live: LiveRun) -> None:
    """Store what ticks recorded, so that a server that dies costs seconds; a full disk stops nobody."""
    stored_at = max(live.stored_at, live.loaded_at)
    if not (live.checkpoint_is_due or time.monotonic() - stored_at >= FRESH_SECONDS):
        return
    try:
        with conclusion.stored():
            recorder.store(live)
    except conclusion.CannotStore as problem:
        log.warning("run.store_failed", simulation_id=str(live.run_id), problem=str(problem))


def state(run: Run) -> dict[str, Any]:
    """Return the engine's state between two ticks, fresh; not to be changed, as others may have it, too."""
    live = registry.live(run)
    question: Question = asking.metered(lambda backend: backend.get_state())
    return live.state_asked.ask(lambda: live.call(question)).result()


def state_at(run: Run, tick: int) -> dict[str, Any]:
    """Return the state as `tick` closed, of a live or finished run; see `moments.state_at`.

    Storing replaces provisional parts, also for somebody else at this moment: then it is read again.
    """
    keep(run, tick)
    while True:
        names = _part_names(run)
        try:
            return moments.state_at(run, tick)
        except Exception:
            if names == _part_names(run):
                raise


def _part_names(run: Run) -> set[str]:
    return set(run.artifacts.values_list("name", flat=True))


def metrics(run: Run) -> dict[str, Any]:
    """Return the measures so far, or those stored at the end."""
    if run.metrics is not None:
        stored: dict[str, Any] = run.metrics
        return stored
    return registry.live(run).now(asking.metered(lambda backend: backend.metrics()))


def keep(run: Run, tick: int | None = None) -> None:
    """Store what a live run here recorded since the last storing, so that readers of parts see all of it.

    Quick when nothing is new; while the run goes on, parts are at most two seconds old, unless somebody wants
    to read of a later `tick` that has been run.
    """
    live = registry.held(run.pk)
    if live is None:
        live = _with_its_past(run)
    if live is None or not _fresh(run).is_live or live.recorder.stored_tick == live.tick:
        return
    is_fresh = live.stepping and time.monotonic() - live.stored_at < FRESH_SECONDS
    has_it = tick is None or not live.recorder.stored_tick <= tick < live.tick
    if is_fresh and has_it:
        return
    try:
        with conclusion.stored():
            recorder.store(live)
    except conclusion.CannotStore:
        if tick is None or tick >= live.recorder.stored_tick:
            raise


def _with_its_past(run: Run) -> LiveRun | None:
    """Bring back a run of which less is stored than was run, because its server died; None if not needed."""
    if not (run.is_live and run.tick and ownership.is_free(run)):
        return None
    stored = run.artifacts.filter(kind=Artifact.Kind.SERIES).aggregate(Max("to_tick"))["to_tick__max"] or 0
    if stored >= run.tick:
        return None
    with suppress(Unrepeatable, OwnedElsewhere):  # then what is stored is all there is
        return registry.live(run)
    return None


def explain(run: Run, payment: str, tick: int | None = None) -> dict[str, Any]:
    """Return why a payment waits, or waited as `tick` closed. ValueError for an id that no payment has."""
    if tick is None:
        live = registry.live(run)
        try:
            return live.now(asking.metered(lambda backend: backend.explain(payment)))
        except ValueError:  # it may have left before the checkpoint that the run was taken up at
            if (left := left_by(run, live.tick, payment)) is not None:
                return left
            raise
    found = explained_at(run, tick, [payment]).get(payment) or left_by(run, tick, payment)
    if found is None:
        raise ValueError(f"no payment {payment!r} had arrived when tick {tick:,} closed")
    return found


def delete(run: Run, user: AbstractBaseUser) -> None:
    """Take a run away: stopped if live, then nowhere to be found. The audit keeps id, hashes and digest."""
    run.refresh_from_db()
    if run.is_under_review:
        wanted = f"be deleted while its review is {run.review}"
        raise lifecycle.Conflict(run.status, wanted, lifecycle.possible(run))
    if run.is_live:
        run = stop(run, user)
    # In this order: who watches looks for it once more as it goes, and must not bring it back.
    Run.objects.filter(pk=run.pk).update(deleted_at=timezone.now())
    registry.remove(run.pk)
    AuditEntry.objects.record(
        user,
        "run.deleted",
        run,
        name=run.name,
        document=run.document_id,
        payment_file=run.payment_file_id,
        seed=run.seed,
        engine_version=run.engine_version,
        digest=run.digest,
    )
    notices.run_changed(run.pk, run.owner_id, "deleted", run.tick)
    seats_changed(run_id=run.pk)


def recover() -> int:
    """Take up the runs whose server died: shown as interrupted, computed again, and let go on.

    Called when a process starts; later its rounds see to it. Returns how many were taken up.
    """
    return rounds.take_up(registry)


def held() -> list[LiveRun]:
    """Return the runs in this process's memory, for figures of the server; their plain attributes only."""
    lives = [registry.held(run_id) for run_id in registry.runs_held()]
    return [live for live in lives if live is not None]


def close_doors() -> None:
    """Bring back no run any more: this process is about to end."""
    registry.close_doors()


def open_doors() -> None:
    """Hold runs again, in a process that is started anew."""
    registry.open_doors()


def shut_down() -> None:
    """Rest and release every live run of this process, so that the next one can go on."""
    registry.shut_down()


def _go(
    run: Run, by: AbstractBaseUser | None, *, goal_tick: int | None, until: str | None, wanted: str
) -> Run:
    """Make a run step, and its row say so."""
    live = registry.live(run)
    with live.steered():
        return _set_going(live, run, by, goal_tick=goal_tick, until=until, wanted=wanted)


def _set_going(  # noqa: PLR0913  (the goal, by name)
    live: LiveRun,
    run: Run,
    by: AbstractBaseUser | None,
    *,
    goal_tick: int | None,
    until: str | None,
    wanted: str,
) -> Run:
    was_running = _fresh(run).status == Status.RUNNING
    if not was_running:
        lifecycle.move(
            run,
            Status.RUNNING,
            by or run.owner,
            wanted=wanted,
            tick=live.tick,
            goal_tick=goal_tick,
            goal_event=until or "",
        )
        if run.tick == 0:
            log.info("run.started", simulation_id=str(run.pk), seed=run.seed)
        _moved(run, live)
    live.go(goal_tick=goal_tick, until=until)
    with suppress(DatabaseError):  # whoever takes the run up must know its goal, too; else the beat writes it
        note_progress(live)
    return run


def _moved(run: Run, live: LiveRun) -> Run:
    live.moved(run.status)
    notices.run_changed(run.pk, run.owner_id, run.status, live.tick)
    return run


def _fresh(run: Run) -> Run:
    """Read where the run stands now; the caller's copy may be old."""
    run.refresh_from_db(fields=["status", "tick", "goal_tick", "goal_event", "ticks_per_second", "epoch"])
    return run


def _advance(live: LiveRun, backend: SimulationBackend, most: int) -> dict[str, Any]:
    started = time.monotonic()
    result = backend.advance(most, TICK_SLICE_MS)
    live.advanced(result["ticks"], time.monotonic() - started)
    live.recorder.collect(backend, live.tick)
    return result


def _tick(live: LiveRun, backend: SimulationBackend) -> dict[str, Any]:
    started = time.monotonic()
    result = backend.tick()
    live.advanced(1, time.monotonic() - started)
    live.recorder.collect(backend, live.tick)
    return result


def _add(sums: dict[str, Any], result: dict[str, Any]) -> None:
    for name in FLOWS:
        sums[name] += result[name]
    for kind, cents in result["costs"].items():
        sums["costs"][kind] = sums["costs"].get(kind, 0) + cents
