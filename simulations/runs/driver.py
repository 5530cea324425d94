"""One live run: its engine, stepped in slices by the scheduler's threads.

Whatever touches the engine is a *job* that a worker does between two slices, or the slice itself: one call in
flight, no lock. A job that comes ends the slice, so that its caller hardly waits. Nothing here knows the
database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import structlog

from simulations.runs import jobs
from simulations.runs.asking import Shared
from simulations.runs.checkpoints import Timer
from simulations.runs.ends import End
from simulations.runs.jobs import Jobs
from simulations.runs.ownership import Gone
from simulations.runs.pace import Pace, Speedometer
from simulations.runs.recorder import Recorder
from simulations.runs.scheduler import FIRST
from simulations.runs.serving import Serving
from simulations.runs.slicing import Slice
from simulations.runs.watching import Bell

if TYPE_CHECKING:
    from simulations.engine.protocol import SimulationBackend
    from simulations.runs.scheduler import Scheduler

log = structlog.get_logger(__name__)
T = TypeVar("T")

BEAT_SECONDS = 1.0
# Of engine time between two drains: often while frames follow closely, for a frame waits for one under way.
COLLECT_SECONDS, COLLECT_SECONDS_MOST = 0.02, 0.1
COLLECTS_A_FRAME = 8
RETRY_SECONDS = 2.0
SHORT_WAIT_SECONDS = 0.02
BRAKE_SECONDS = 0.016  # of rest between two slices when storing is as far behind as it may be: half a frame


@dataclass(frozen=True)
class Bank:
    """An agent as the page needs it: its place in the scenario, its label, what it is expected to send."""

    index: int
    id: str
    name: str
    expected_cents: float


class LiveRun:
    """A run in memory. Plain attributes may be read from any thread; methods of the engine only in jobs."""

    def __init__(  # noqa: PLR0913  (built in one place, from a row)
        self,
        run_id: UUID,
        *,
        epoch: int,
        banks: tuple[Bank, ...],
        backend: SimulationBackend,
        recorder: Recorder,
        scheduler: Scheduler,
        status: str,
        tick: int,
        ticks_total: int,
        ticks_per_second: float | None,
        made: int,
        charted_from: int,
        on_stop: Callable[[LiveRun, End], None],
        on_beat: Callable[[LiveRun], None],
    ) -> None:
        self.run_id, self.epoch = run_id, epoch
        self.banks = banks
        self.backend, self.recorder = backend, recorder
        self.status, self.tick, self.ticks_total = status, tick, ticks_total
        self.pace = Pace(ticks_per_second)
        self.goal_tick: int | None = None
        self.until: str | None = None
        self.stepping = False
        self.failure: BaseException | None = None
        self.trouble = ""  # what keeps it from storing; shown on the page
        self.engine_seconds = 0.0
        self.touched_at = self.loaded_at = time.monotonic()
        self.stored_at = 0.0
        self.bell = Bell()
        self.serving = Serving()
        self.state_asked: Shared[dict[str, Any]] = Shared()
        self.storing = threading.Lock()
        # Held while somebody ticks, intervenes, or changes its state: one after another, each to its end.
        self.steering = threading.RLock()
        # Held while an intervention is in the engine and not in the database: no checkpoint may have it.
        self.intervening = threading.Lock()
        self.made = made  # sequence number of the next intervention
        self.charted_from = charted_from  # the engine's own charts begin here
        self.checkpoints = Timer()
        self.due: float | None = None
        self.again: float | None = None
        self.busy = False
        self.called = False
        self.keeps_up = False
        self._scheduler = scheduler
        self._on_stop, self._on_beat = on_stop, on_beat
        self._end: End | None = None
        self._jobs = Jobs()
        self._worker: int | None = None
        self._slice_now = Slice()
        self._closed = False
        self.put_away = False  # closed because it rested, not because another process or nobody has it now
        self._holds = 0
        self._acting = False
        self._collected_at = 0.0
        self._beat_at = time.monotonic()
        self._speed = Speedometer()
        scheduler.add(self)

    # -- jobs: any thread -------------------------------------------------------------------------------

    def call(self, job: Callable[[SimulationBackend], T]) -> Future[T]:
        """Have a worker call `job(backend)` between two slices; the answer comes as a future."""
        if self._worker == threading.get_ident():
            return jobs.done(job, self.backend)
        self.touched_at = time.monotonic()
        future = self._jobs.add(job)
        self._scheduler.call(self)
        self._slice_now.end(self.backend.cancel)
        if self._closed or self._scheduler.closed:
            self._jobs.refuse()
        return future

    def now(self, job: Callable[[SimulationBackend], T]) -> T:
        """Call `job(backend)` in a worker and wait for its answer. Not for coroutines."""
        return self.call(job).result()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the run from stepping, without changing its state; jobs still go through."""
        self.now(lambda _: self._hold(1))
        try:
            yield
        finally:
            self.call(lambda _: self._hold(-1))

    @contextmanager
    def steered(self) -> Iterator[None]:
        """Be the one who steers, to the end. Raises `Gone` of a run that was let go of meanwhile."""
        with self.steering:
            if self._closed:
                raise Gone("The run is not held here any more. Try again.")
            yield

    def aside(self, work: Callable[[], None]) -> bool:
        """Have a thread of its own kind do what waits for the disk; False when this process ends."""
        return self._scheduler.aside(work)

    def beside(self, work: Callable[[], T]) -> Future[T]:
        """Have a part of what is stored written beside the rest, by a thread for nothing but that."""
        return self._scheduler.beside(work)

    def go(self, *, goal_tick: int | None = None, until: str | None = None) -> None:
        """Start stepping, to `goal_tick` or to an event of type `until` where given."""

        def begin(backend: SimulationBackend) -> None:
            if until is not None:
                self.recorder.collect(backend, self.tick)
            self.goal_tick, self.until = goal_tick, until
            self.pace.restart(time.monotonic(), self.tick)
            if self._end is not None and self._end.may_be_passed:  # it goes on before that was stored
                self._end = None
            self.stepping = self._end is None and self.failure is None
            self._speed.clear()
            self._scheduler.wake(self)
            self.bell.ring()

        self.now(begin)

    def halt(self) -> bool:
        """Stop stepping, the goal kept for whoever has it go on; return whether it was stepping."""

        def rest(_: SimulationBackend) -> bool:
            was_stepping, self.stepping = self.stepping, False
            return was_stepping

        was_stepping = self.now(rest)
        self.bell.ring()
        return was_stepping

    def set_speed(self, ticks_per_second: float | None) -> None:
        """Change the pace from the next slice on."""

        def change(_: SimulationBackend) -> None:
            self.pace.ticks_per_second = ticks_per_second
            self.pace.restart(time.monotonic(), self.tick)
            self._scheduler.wake(self)

        self.now(change)
        self.bell.ring()

    def moved(self, status: str) -> None:
        """Note that the run's row moved to a state; one that rests has no goal. Watchers are told."""
        self.status = status
        if status != "running":
            self.goal_tick, self.until = None, None
        self.bell.ring()

    def has_stopped_by(self, end: End) -> bool:
        """Whether it stands where it came to an end, and nobody had it go on since."""
        return self._end is end

    def advanced(self, ticks: int, seconds: float) -> None:
        """Note that jobs ran ticks themselves."""
        self.tick += ticks
        self.engine_seconds += seconds
        self.bell.ring()

    def close(self, *, put_away: bool = False) -> None:
        """Let go of the engine; jobs that wait, and later ones, raise `Gone`."""
        self.put_away = put_away
        self._closed = True
        self.stepping = False
        self._scheduler.remove(self)
        self._jobs.refuse()
        self.bell.ring()

    @property
    def closed(self) -> bool:
        """Whether this process let go of the run."""
        return self._closed

    @property
    def rests(self) -> bool:
        """Whether it neither computes nor waits for its end to be stored."""
        return not (self.stepping or self._acting or self._end or self.status == "running")

    @property
    def watchers(self) -> int:
        """How many watch it."""
        return self.bell.listeners

    @property
    def checkpoint_is_due(self) -> bool:
        """Whether the next storing takes a checkpoint along."""
        return self.checkpoints.is_due(self.engine_seconds, stepping=self.stepping)

    @property
    def ticks_per_second_now(self) -> float:
        """Ticks per second of wall time lately, 0 when it rests."""
        return self._speed.ticks_per_second if self.stepping else 0.0

    # -- the worker's side ------------------------------------------------------------------------------

    def work(self) -> float | None:
        """Do the jobs that wait, then one slice."""
        with self._at_work():
            return self._work()
        return None

    def do_errands(self) -> None:
        """Do the jobs that wait."""
        with self._at_work():
            self._do_jobs()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Be the thread that may touch the engine; a bug of ours must not end it, as it steps all runs."""
        self._worker = threading.get_ident()
        try:
            yield
        except Exception as problem:
            log.exception("run.driver_failed", simulation_id=str(self.run_id))
            self.failure, self.stepping, self._end = problem, False, End("failed")
            self._scheduler.wake(self, time.monotonic() + RETRY_SECONDS)
        finally:
            self._worker = None

    def _do_jobs(self) -> None:
        self._jobs.do(self.backend, lambda: self._closed)

    def _work(self) -> float | None:
        self._do_jobs()
        if self._closed:
            return None
        if self.stepping and not self._holds:
            self._beat_if_due()
            if self.recorder.is_overfull:  # storing is behind: wait for it
                return time.monotonic() + SHORT_WAIT_SECONDS
            self._slice()
        if self._end is not None:
            self._tell_end(self._end)
            return None
        if not self.stepping or self._holds:
            return None
        now = time.monotonic()
        # Storing that falls behind slows the run evenly, by short slices and short rests: in bursts, or with
        # rests longer than a frame, the charts of those who watch would jump.
        due = max(self.pace.next_due(now, self.tick), now + BRAKE_SECONDS * self.recorder.fullness)
        return FIRST if self._slice_now.goes_on(due <= now and self.until is None) else due

    def _slice(self) -> None:
        started = time.monotonic()
        end = self.ticks_total if self.goal_tick is None else min(self.goal_tick, self.ticks_total)
        ticks = min(self.pace.due_ticks(started, self.tick), end - self.tick)
        caught_up_at = self.tick + ticks
        try:
            if ticks > 0:
                self._advance(ticks)
        except Exception as problem:  # the engine's own; this run is over, the others go on
            self.failure = problem
            self._stop("failed")
            return
        now = time.monotonic()
        self.engine_seconds += now - started
        self.keeps_up = self.pace.ticks_per_second is not None and self.tick >= caught_up_at
        self._speed.note(now, self.tick)
        self.bell.ring_in_time()
        if self.tick >= self.ticks_total:
            self._stop("finished")
        elif self._end is None and self.goal_tick is not None and self.tick >= self.goal_tick:
            self._stop("goal")

    def _advance(self, ticks: int) -> None:
        """Run up to `ticks` within the budget of a slice, one at a time when an event is looked for."""
        load = self._scheduler.load()
        self.recorder.sharers = load.stepping
        self.bell.beside(load.watchers - self.bell.listeners)
        budget = self._slice_now.budget(load.slice_seconds * (1 - self.recorder.fullness))
        started = time.monotonic()
        if self.until is None:
            with self._slice_now.begun(lambda: self._jobs) as brief:
                result = self.backend.advance(ticks, 1 if brief else max(1, round(budget * 1000)))
            self.tick += result["ticks"]
            self._slice_now.spent(time.monotonic() - started, budget)
            full = result["stop"] == "full"
        else:
            full = False
            for _ in range(ticks):
                self.tick += self.backend.advance(1)["ticks"]
                self.recorder.collect(self.backend, self.tick)
                if self.recorder.happened(self.until, self.tick - 1):
                    self._stop("event")
                    return
                if time.monotonic() - started > budget:
                    return
        if full or self.engine_seconds - self._collected_at >= self._collect_seconds:
            self._do_jobs()  # whoever asked meanwhile need not wait for the columns, too
            self._collected_at = self.engine_seconds
            self.recorder.collect(self.backend, self.tick)

    @property
    def _collect_seconds(self) -> float:
        return min(COLLECT_SECONDS_MOST, max(COLLECT_SECONDS, self.bell.seconds / COLLECTS_A_FRAME))

    def _stop(self, why: str) -> None:
        """Come to an end. The goal stays until that is stored: who takes the run up before stops there."""
        self.stepping = False
        if why == "event":
            self.goal_tick = self.tick
        self._end = End(why)

    def _beat_if_due(self) -> None:
        """Once a second, and when there is much to store, have the manager note how far the run is."""
        now = time.monotonic()
        if not self._acting and (now - self._beat_at >= BEAT_SECONDS or self._stores_now):
            self._beat_at = now
            self._aside(
                self._on_beat,
                lambda done: self._scheduler.wake(self),
                again=lambda: self.stepping and self._stores_now,
            )

    @property
    def _stores_now(self) -> bool:
        """Whether there is much to store; after a failure the next try waits for the beat."""
        return self.recorder.is_large and not self.trouble

    def _tell_end(self, end: End) -> None:
        """Tell the manager why the run stopped; again later when that could not be stored."""

        def told(done: bool) -> None:
            if done:
                self.call(lambda _: self._is_told(end))
            else:
                self._scheduler.wake(self, time.monotonic() + RETRY_SECONDS)

        if not self._acting:
            self._aside(lambda live: self._on_stop(live, end), told)

    def _is_told(self, end: End) -> None:
        if self._end is end:
            self._end = None
        self._scheduler.wake(self)  # it may have come to another one meanwhile
        self.bell.ring()

    def _aside(
        self,
        act: Callable[[LiveRun], None],
        then: Callable[[bool], None],
        again: Callable[[], bool] = lambda: False,
    ) -> None:
        """Have another thread do what waits for disk or database, one thing at a time; all runs go on.

        While it is due `again` it is done once more, behind whatever else waits there; no slice ends for it.
        """
        self._acting = True

        def work() -> None:
            done = goes_on = False
            try:
                done = self._try(act)
                goes_on = done and again() and self._scheduler.aside(work)
            finally:
                if not goes_on:  # else it is for the next to say, who may be done already
                    self._acting = False
            if not goes_on:
                then(done)

        self._scheduler.aside(work)

    def _try(self, act: Callable[[LiveRun], None]) -> bool:
        """Do something that may fail for want of disk or database; say so on the page meanwhile."""
        try:
            act(self)
        except Gone:
            return True
        except Exception as problem:
            self.trouble = f"Cannot store what happened: {problem}. Trying again."
            log.warning("run.store_failed", simulation_id=str(self.run_id), problem=repr(problem))
            self.bell.ring()
            return False
        self.trouble = ""
        return True

    def _hold(self, by: int) -> None:
        self._holds += by
        if not self._holds:
            self.pace.restart(time.monotonic(), self.tick)
            self._scheduler.wake(self)
