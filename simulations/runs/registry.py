"""The live runs of this process: loaded when first asked for, kept while they run or are looked at."""

from __future__ import annotations

import threading
import time
from typing import Any
from uuid import UUID

import structlog
from django.db import close_old_connections

from simulations.engine.rust_backend import ENGINE_VERSION
from simulations.models import Run
from simulations.runs import conclusion, lifecycle, notices, ownership, recorder, replay
from simulations.runs.driver import LiveRun
from simulations.runs.ownership import Registration
from simulations.runs.scheduler import Scheduler

log = structlog.get_logger(__name__)
Status = Run.Status

IDLE_SECONDS = 600.0
MOST_IDLE = 50
ENGINE_CHANGED = "The engine changed before this run was over; its results up to here are kept. Run it again."


class Registry:
    """What one process holds. There is one of it in a process: `registry`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lives: dict[UUID, LiveRun] = {}
        self._loading: dict[UUID, threading.Lock] = {}
        self._scheduler: Scheduler | None = None
        self._me: Registration | None = None

    @property
    def me(self) -> Registration:
        """This process's registration, made at the first claim."""
        with self._lock:
            if self._me is None:
                self._me = Registration()
            return self._me

    @property
    def scheduler(self) -> Scheduler:
        """The threads that step, made with the first live run."""
        with self._lock:
            if self._scheduler is None:
                self._scheduler = Scheduler()
            return self._scheduler

    def held(self, run_id: UUID) -> LiveRun | None:
        """Return a run if it is in memory here."""
        live = self._lives.get(run_id)
        return None if live is None or live.closed else live

    def runs_held(self) -> list[UUID]:
        """Return the runs in memory here."""
        return [run_id for run_id, live in list(self._lives.items()) if not live.closed]

    def live(self, run: Run) -> LiveRun:
        """Return a run in memory, brought back from its inputs if need be.

        Raises `OwnedElsewhere`, or `Unrepeatable` (another engine version, inputs gone).
        """
        with self._lock:
            lock = self._loading.setdefault(run.pk, threading.Lock())
        with lock:
            live = self.held(run.pk)
            if live is None:
                live = self._load(run)
                self._lives[run.pk] = live
                self._evict_idle()
            live.touched_at = time.monotonic()
            run.epoch = live.epoch
            return live

    def drop(self, run_id: UUID) -> None:
        """Let go of a run; its row says how to bring it back."""
        live = self._lives.pop(run_id, None)
        if live is not None:
            live.close()
            ownership.release(run_id, live.epoch)

    def shut_down(self, *, store: bool = True) -> None:
        """Rest all runs, store what they recorded, release them and end the threads.

        Running ones stay `running` without an owner: the next process that starts takes them up again.
        """
        for live in list(self._lives.values()):
            if store:
                self._rest(live)
                self.drop(live.run_id)
            live.close()
        self._lives.clear()
        if self._scheduler is not None:
            self._scheduler.close()
        if self._me is not None:
            self._me.end()
        self._scheduler = self._me = None

    def _rest(self, live: LiveRun) -> None:
        """Store a live run's tail and tick before the process ends; a failure costs only recomputation."""
        try:
            live.halt()
            if Run.objects.filter(pk=live.run_id, status__in=Run.LIVE, epoch=live.epoch).exists():
                recorder.store(live)
                note_progress(live)
        except Exception:
            log.exception("run.not_stored_at_exit", simulation_id=str(live.run_id))

    def _load(self, run: Run) -> LiveRun:
        if run.is_live:
            self._claim(run)
        elif run.engine_version != ENGINE_VERSION:
            raise replay.Unrepeatable(f"It ran on engine {run.engine_version}; this is {ENGINE_VERSION}.")
        started = time.monotonic()
        try:
            back = replay.bring_back(run)
        except replay.Unrepeatable:
            raise
        except Exception as problem:
            raise replay.Unrepeatable(f"Its inputs no longer make a run: {problem}") from problem
        live = self._wrap(run, back)
        if run.tick:
            log.info(
                "run.brought_back",
                simulation_id=str(run.pk),
                tick=run.tick,
                wall_s=round(time.monotonic() - started, 3),
            )
        if run.status == Status.INTERRUPTED:
            lifecycle.move(run, Status.RUNNING, None)
            live.moved(run.status)
            notices.run_changed(run.pk, run.owner_id, run.status, run.tick)
            live.go(goal_tick=run.goal_tick)
        return live

    def _wrap(self, run: Run, back: replay.BroughtBack) -> LiveRun:
        live = LiveRun(
            run.pk,
            epoch=run.epoch,
            banks=back.banks,
            backend=back.backend,
            recorder=back.recorder,
            scheduler=self.scheduler,
            status=run.status,
            tick=run.tick,
            ticks_total=run.ticks_total,
            ticks_per_second=run.ticks_per_second,
            on_stop=self._stopped,
            on_beat=self._beat,
        )
        live.engine_seconds = run.engine_seconds
        return live

    def _claim(self, run: Run) -> None:
        ownership.claim(run, self.me)
        if run.engine_version != ENGINE_VERSION:
            if run.tick:
                lifecycle.move(run, Status.STOPPED, None, failure=ENGINE_CHANGED)
                raise replay.Unrepeatable(ENGINE_CHANGED)
            Run.objects.filter(pk=run.pk, epoch=run.epoch).update(engine_version=ENGINE_VERSION)
            run.engine_version = ENGINE_VERSION
        if run.status == Status.RUNNING:
            lifecycle.move(run, Status.INTERRUPTED, None)

    # -- called by the stepping threads -----------------------------------------------------------------

    def _stopped(self, live: LiveRun, why: str) -> None:
        """The run stopped by itself: store it and move its row."""
        try:
            close_old_connections()
            run = Run.objects.get(pk=live.run_id)
            run.epoch = live.epoch
            if live.failure is not None:
                conclusion.fail(live, run, live.failure)
            elif why == "finished":
                conclusion.finish(live, run)
            else:
                recorder.store(live)
                lifecycle.move(run, Status.PAUSED, None, **progress(live))
                live.moved(run.status)
                notices.run_changed(run.pk, run.owner_id, run.status, run.tick)
        except (lifecycle.LostClaim, lifecycle.Conflict, Run.DoesNotExist) as problem:
            log.warning("run.lost", simulation_id=str(live.run_id), problem=str(problem))
            self._lives.pop(live.run_id, None)
            live.close()
        finally:
            close_old_connections()

    def _beat(self, live: LiveRun) -> None:
        """Once a second while it runs: note how far it is, seal what has grown large, see who wants it."""
        try:
            close_old_connections()
            if live.recorder.is_large:
                recorder.store(live)
            if not note_progress(live):
                raise lifecycle.LostClaim(f"run {live.run_id} changed hands")
            if Run.objects.filter(pk=live.run_id).exclude(wanted_by=None).exists():
                recorder.store(live)
                self.drop(live.run_id)
        except lifecycle.LostClaim as problem:
            log.warning("run.lost", simulation_id=str(live.run_id), problem=str(problem))
            self._lives.pop(live.run_id, None)
            live.close()
        finally:
            close_old_connections()

    def _evict_idle(self) -> None:
        """Let go of runs that nobody has looked at for a while, the longest first."""
        now = time.monotonic()
        idle = [live for live in self._lives.values() if not live.stepping and not live.bell.watched]
        idle.sort(key=lambda live: live.touched_at)
        too_many = len(idle) - MOST_IDLE
        for position, live in enumerate(idle):
            if position < too_many or now - live.touched_at > IDLE_SECONDS:
                self.drop(live.run_id)


def progress(live: LiveRun) -> dict[str, Any]:
    """Return the columns of a row that say how far a live run is."""
    return {"tick": live.tick, "engine_seconds": live.engine_seconds, "goal_tick": live.goal_tick}


def note_progress(live: LiveRun) -> bool:
    """Write how far the run is; False when the claim is lost."""
    return bool(Run.objects.filter(pk=live.run_id, epoch=live.epoch).update(**progress(live)))


registry = Registry()
