"""The live runs of this process: loaded when first asked for, put away again when they rest.

A run that is over costs memory for seconds, a paused one for minutes, watched or not; whoever touches one
later has it brought back from its inputs.
"""

from __future__ import annotations

import threading
import time
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from django.db import DatabaseError, close_old_connections

from simulations.engine.rust_backend import ENGINE_VERSION
from simulations.models import Run
from simulations.runs import conclusion, lifecycle, notices, ownership, recorder, replay
from simulations.runs.connecting import done_with_database
from simulations.runs.driver import LiveRun
from simulations.runs.ends import End
from simulations.runs.ownership import LostClaim, Registration
from simulations.runs.progress import NO_GOAL, note_progress, progress
from simulations.runs.rounds import Rounds
from simulations.runs.scheduler import Scheduler

log = structlog.get_logger(__name__)
Status = Run.Status

# After which a run that could not be brought back is tried again unasked: for want of inputs, or of disk,
# database or memory.
AGAIN_SECONDS, SOON_SECONDS = 300.0, 15.0
OVER_SECONDS = 30.0  # that a run which is over stays after it was last touched
IDLE_SECONDS = 300.0  # the same for one that could go on
MOST_IDLE = 50  # resting ones at once
ENGINE_CHANGED = "The engine changed before this run was over; what was stored of it is kept. Run it again."


class Registry:
    """What one process holds. There is one of it in a process: `registry`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lives: dict[UUID, LiveRun] = {}
        # Held while a run is loaded or put away; gone when nobody holds it.
        self._loading: WeakValueDictionary[UUID, threading.Lock] = WeakValueDictionary()
        self._scheduler: Scheduler | None = None
        self._me: Registration | None = None
        self._rounds: Rounds | None = None
        self._closing = False
        self._not_before: dict[UUID, float] = {}  # when runs that could not be brought back are tried again

    @property
    def me(self) -> Registration:
        """This process's registration, made at the first claim."""
        with self._lock:
            if self._me is None:
                self._rounds = Rounds(self)
                self._me = Registration(self._rounds.begin)
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

    @property
    def computes(self) -> bool:
        """Whether a run goes on here."""
        return any(live.stepping for live in list(self._lives.values()))

    def live(self, run: Run, *, just_read: bool = False) -> LiveRun:
        """Return a run in memory, brought back from its inputs if need be.

        Of a row that was just read the epoch tells whether the run is still ours; else the database is asked.
        Raises `OwnedElsewhere`, or `Unrepeatable` (another engine version, inputs gone).
        """
        with self._loading_lock(run.pk):
            live = self.held(run.pk)
            if live is not None and not self._is_ours(run, live, just_read):
                self._lose(live)
                live = None
            loaded = live is None
            if live is None:
                self._require_open()
                live = self._load(run)
                self._lives[run.pk] = live
            live.touched_at = time.monotonic()
            run.epoch = live.epoch
        if loaded:
            self.tidy()
        return live

    @staticmethod
    def _is_ours(run: Run, live: LiveRun, just_read: bool) -> bool:
        return run.epoch <= live.epoch if just_read else ownership.is_ours(run.pk, live.epoch)

    def _require_open(self) -> None:
        if self._closing:
            raise ownership.OwnedElsewhere("This server is ending. Try again.")

    def _loading_lock(self, run_id: UUID) -> threading.Lock:
        with self._lock:
            return self._loading.setdefault(run_id, threading.Lock())

    def drop(self, run_id: UUID, *, put_away: bool = False) -> None:
        """Let go of a run; its row says how to bring it back. Watchers of one put away stay without it."""
        live = self._lives.get(run_id)
        if live is not None:
            self.let_go(live, put_away=put_away)

    def let_go(self, live: LiveRun, *, put_away: bool = False) -> None:
        """The same for a run in hand, which may have been brought back as another one since."""
        self._forget(live)
        live.close(put_away=put_away)
        ownership.release(live.run_id, live.epoch)
        live.recorder.replaced.remove()

    def _forget(self, live: LiveRun) -> None:
        with self._lock:
            if self._lives.get(live.run_id) is live:
                del self._lives[live.run_id]

    def remove(self, run_id: UUID) -> None:
        """Let go of a run that is deleted, also if it is being brought back just now."""
        with self._loading_lock(run_id):
            self.drop(run_id)

    def tidy(self) -> None:
        """Put away what has rested long enough, and the longest resting where there are too many.

        Called by the process's beat and whenever a run is loaded.
        """
        now = time.monotonic()
        resting = [live for live in list(self._lives.values()) if live.rests]
        resting.sort(key=lambda live: live.touched_at)
        too_many = len(resting) - MOST_IDLE
        for position, live in enumerate(resting):
            if position < too_many or now - live.touched_at > _patience(live):
                self._put_away(live)

    def _put_away(self, live: LiveRun) -> None:
        """Let go of a resting run, its tail stored, unless somebody touches it just now."""
        touched_at = live.touched_at
        lock = self._loading_lock(live.run_id)
        if not lock.acquire(blocking=False):
            return
        try:
            if not live.steering.acquire(blocking=False):
                return
            try:
                if live.rests and live.touched_at == touched_at:
                    if live.status not in Run.OVER and live.recorder.stored_tick != live.tick:
                        self._rest(live)
                    self.let_go(live, put_away=True)
            except DatabaseError:  # who wants it gets it at the next round
                log.warning("run.not_released", simulation_id=str(live.run_id), exc_info=True)
            finally:
                live.steering.release()
        finally:
            lock.release()

    def hand_over(self, run_id: UUID) -> None:
        """Let another process have a run that it wants, stored up to where it stands."""
        with self._loading_lock(run_id):
            live = self._lives.get(run_id)
            if live is None:
                ownership.hand_over_unheld(run_id, self.me)
                return
            with live.steering:
                self._forget(live)
                self._rest(live)
                live.close()
            ownership.hand_over(run_id, live.epoch)

    def _lose(self, live: LiveRun) -> None:
        """Let go of a run that another process owns: nothing of it may be written."""
        log.warning("run.lost", simulation_id=str(live.run_id), epoch=live.epoch)
        self._forget(live)
        live.close()

    def shut_down(self, *, store: bool = True) -> None:
        """Rest all runs, store what they recorded, release them and end the threads.

        Running ones stay `running` without an owner: the next process that starts takes them up again.
        """
        if self._rounds is not None:
            self._rounds.end()
        for live in list(self._lives.values()):
            if store:
                self._leave(live)
            live.close()
        if self._scheduler is not None:
            self._scheduler.close()
        self._lives.clear()
        if self._me is not None:
            self._me.end()
        self._scheduler = self._me = self._rounds = None

    def close_doors(self) -> None:
        """Load no run any more: this process is about to end."""
        self._closing = True

    def open_doors(self) -> None:
        """Undo that: this process begins anew."""
        self._closing = False

    def _leave(self, live: LiveRun) -> None:
        """Rest and release a run; where that fails, the others are still to come."""
        try:
            with live.steering:
                self._rest(live)
                self.let_go(live)
        except Exception:
            log.exception("run.not_released_at_exit", simulation_id=str(live.run_id))

    def has_failed_lately(self, run_id: UUID) -> bool:
        """Whether a run could not be brought back a while ago: only somebody who asks has it tried again."""
        return time.monotonic() < self._not_before.get(run_id, 0.0)

    def _note_failure(self, run_id: UUID, problem: BaseException) -> None:
        if isinstance(problem, ownership.Gone):  # another process has it, or this one ends
            return
        cause = problem.__cause__
        is_lacking = isinstance(cause, OSError | MemoryError) and not isinstance(cause, FileNotFoundError)
        for_good = isinstance(problem, replay.Unrepeatable) and not is_lacking
        self._not_before[run_id] = time.monotonic() + (AGAIN_SECONDS if for_good else SOON_SECONDS)

    def _rest(self, live: LiveRun) -> None:
        """Store a live run's tail, tick and goal before it is let go of; failing costs computing it again."""
        try:
            live.halt()
            if Run.objects.filter(pk=live.run_id, status__in=Run.LIVE, epoch=live.epoch).exists():
                recorder.store(live, rests=True)
                note_progress(live)
        except Exception:
            log.exception("run.not_stored_at_exit", simulation_id=str(live.run_id))

    def _load(self, run: Run) -> LiveRun:
        _ = self.me  # whoever holds a run beats, so that it is put away in time
        run.refresh_from_db(fields=ownership.OWNED_FIELDS)  # the caller's copy may be old
        if run.deleted_at is not None:
            raise replay.Unrepeatable("It was deleted.")
        if not run.is_live and run.engine_version != ENGINE_VERSION:
            raise replay.Unrepeatable(f"It ran on engine {run.engine_version}; this is {ENGINE_VERSION}.")
        if not run.is_live:
            return self._wrap(run, _brought_back(run))
        ownership.claim(run, self.me)
        live = None
        try:
            self._take_up(run)
            back = _brought_back(run)
            self._require_open()
            live = self._wrap(run, back)
            if run.status == Status.INTERRUPTED:
                lifecycle.move(run, Status.RUNNING, None)
                live.moved(run.status)
                notices.run_changed(run.pk, run.owner_id, run.status, run.tick)
                live.go(goal_tick=run.goal_tick, until=run.goal_event or None)
        except BaseException as problem:  # whoever can load it may have it
            self._note_failure(run.pk, problem)
            if live is not None:
                live.close()
            ownership.release(run.pk, run.epoch)
            raise
        self._not_before.pop(run.pk, None)
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
            made=back.made,
            charted_from=back.start,
            on_stop=self._stopped,
            on_beat=self._beat,
        )
        live.engine_seconds = live.checkpoints.engine_seconds = run.engine_seconds
        return live

    def _take_up(self, run: Run) -> None:
        """Have the row of a claimed run say what becomes of it: another engine ends it, it is interrupted."""
        if run.engine_version != ENGINE_VERSION:
            if run.status != Status.CREATED:
                lifecycle.move(run, Status.STOPPED, None, failure=ENGINE_CHANGED)
                raise replay.Unrepeatable(ENGINE_CHANGED)
            Run.objects.filter(pk=run.pk, epoch=run.epoch).update(engine_version=ENGINE_VERSION)
            run.engine_version = ENGINE_VERSION
        if run.status == Status.RUNNING:
            lifecycle.move(run, Status.INTERRUPTED, None)

    # -- called by the stepping threads -----------------------------------------------------------------

    def _stopped(self, live: LiveRun, end: End) -> None:
        """The run stopped by itself: store it and move its row, unless somebody had it go on meanwhile."""
        try:
            close_old_connections()
            with live.steering:
                if live.has_stopped_by(end):
                    self._conclude(live, end)
        except (LostClaim, Run.DoesNotExist) as problem:
            log.warning("run.not_concluded", simulation_id=str(live.run_id), problem=str(problem))
            self._lose(live)
        finally:
            done_with_database()

    def _conclude(self, live: LiveRun, end: End) -> None:
        try:
            self._store_end(live, end)
        except lifecycle.Conflict as conflict:  # somebody's pause or stop came first; the run is still ours
            live.moved(conflict.status)
            log.info("run.concluded_before", simulation_id=str(live.run_id), status=conflict.status)

    @staticmethod
    def _store_end(live: LiveRun, end: End) -> None:
        run = Run.objects.get(pk=live.run_id)
        run.epoch = live.epoch
        if run.status in Run.OVER:  # somebody paused or stopped it at its end
            live.moved(run.status)
        elif live.failure is not None:
            conclusion.fail(live, run, live.failure)
        elif end.why == "finished":
            conclusion.finish(live, run)
        else:
            note_progress(live)  # with the goal it stands at, should the process end between the next two
            recorder.store(live, rests=True)
            lifecycle.move(run, Status.PAUSED, None, **progress(live) | NO_GOAL)
            live.moved(run.status)
            notices.run_changed(run.pk, run.owner_id, run.status, run.tick)

    def _beat(self, live: LiveRun) -> None:
        """Once a second while it runs: note how far it is, seal what has grown large, take checkpoints."""
        try:
            close_old_connections()
            if live.recorder.is_large or live.checkpoint_is_due:
                recorder.store(live)
            with live.steering:  # so that an older goal is not written after a newer one
                if not note_progress(live):
                    raise LostClaim(f"run {live.run_id} changed hands")
        except LostClaim:
            self._lose(live)
        finally:
            done_with_database()


def _brought_back(run: Run) -> replay.BroughtBack:
    try:
        return replay.bring_back(run)
    except replay.Unrepeatable:
        raise
    except DatabaseError as problem:
        raise ownership.Gone(f"The database does not answer: {problem}. Try again.") from problem
    except Exception as problem:
        raise replay.Unrepeatable(f"Its inputs no longer make a run: {problem}") from problem


def _patience(live: LiveRun) -> float:
    """Return how many seconds a resting run stays after it was last touched."""
    return OVER_SECONDS if live.status in Run.OVER else IDLE_SECONDS


registry = Registry()
