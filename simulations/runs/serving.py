"""Points for the watchers of one run: who asks for the same before the answer comes shares it.

All questions that wait are answered in one job, at one tick, so that watchers once out of step go on in step
and the engine is asked once for all who chose the same series.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from simulations.runs.frames import Points
from simulations.runs.watching import Together

if TYPE_CHECKING:
    from simulations.engine.protocol import SimulationBackend
    from simulations.runs.driver import LiveRun
    from simulations.runs.frames import Wanted

Asked = dict["Wanted", list[Future[Points]]]
LookUp = Callable[["LiveRun", Sequence[str], int, int], Future[tuple[bytes, int]]]


class Serving:
    """Questions for points of one run that wait for their answer. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: Asked = {}  # of the engine, for its next job
        self._looked_up: Asked = {}  # in stored parts too, each in a work of its own
        self._whole: tuple[Wanted, Points, float] | None = None  # the newest whole day, and when it was made
        self.together: Together[Wanted, Points] = Together()

    def ask(self, live: LiveRun, wanted: Wanted, look_up: LookUp) -> Future[Points]:
        """Ask for points; each who asks has a future of their own, which they may cancel.

        `look_up(live, series, from_tick, most)` finds those that are stored and no longer in the engine.
        The answer raises `Gone` when the run is no longer held here.
        """
        answer: Future[Points] = Future()
        if (points := self._made_lately(live, wanted)) is not None:
            answer.set_result(points)
            return answer
        stored = wanted.from_tick < live.charted_from
        with self._lock:
            asked = self._looked_up if stored else self._asked
            first = wanted not in asked if stored else not asked
            asked.setdefault(wanted, []).append(answer)
        if first and stored:
            most = wanted.points(live.tick, live.ticks_total)
            found = look_up(live, wanted.series, wanted.from_tick, most)
            found.add_done_callback(lambda done: self._found(wanted, done))
        elif first:
            live.call(lambda backend: self._answer(live, backend)).add_done_callback(self._refused)
        return answer

    def _made_lately(self, live: LiveRun, wanted: Wanted) -> Points | None:
        """Return a whole day made for another less than a frame ago; who comes goes on from there."""
        made, points, at = self._whole or (None, None, 0.0)
        lately = time.monotonic() - at < live.bell.seconds
        return points if made == wanted and lately and not live.closed else None

    def _answer(self, live: LiveRun, backend: SimulationBackend) -> None:
        """Answer all who wait, each question once; done by the worker that holds the engine."""
        with self._lock:
            asked, self._asked = self._asked, {}
        tick = live.tick
        for wanted, answers in asked.items():
            most = wanted.points(tick, live.ticks_total)
            points = _hand_out(answers, partial(_of_engine, backend, wanted, most, tick))
            if wanted.whole and points is not None:
                self._whole = (wanted, points, time.monotonic())

    def _refused(self, done: Future[None]) -> None:
        """Tell all who wait why they are not answered: the job was never done."""
        problem = done.exception()
        if problem is None:
            return
        with self._lock:
            asked, self._asked = self._asked, {}
        for answers in asked.values():
            for answer in answers:
                if answer.set_running_or_notify_cancel():
                    answer.set_exception(problem)

    def _found(self, wanted: Wanted, done: Future[tuple[bytes, int]]) -> None:
        with self._lock:
            answers = self._looked_up.pop(wanted)
        _hand_out(answers, lambda: Points(*done.result()))


def _of_engine(backend: SimulationBackend, wanted: Wanted, most: int, tick: int) -> Points:
    return Points(backend.frame(wanted.series, wanted.from_tick, most), tick)


def _hand_out(answers: list[Future[Points]], make: Callable[[], Points]) -> Points | None:
    """Make points, if anybody still waits for them, and give all of them the same; return them."""
    waiting = [answer for answer in answers if answer.set_running_or_notify_cancel()]
    if not waiting:
        return None
    try:
        points = make()
    except Exception as problem:
        for answer in waiting:
            answer.set_exception(problem)
        return None
    for answer in waiting:
        answer.set_result(points)
    return points
