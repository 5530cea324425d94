"""Waking those who watch: from the stepping threads into the event loops, one call under way a loop.

Sending costs the interpreter that steps the runs, so the more watch runs that go on, this one or others, the
less often each gets a frame.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")

FRAME_SECONDS = 1 / 30
MOST_LATE_FRAMES = 3  # that are made good
WATCHER_SECONDS = 0.001  # of a core: to wake a watcher, send a frame and take its acknowledgement; assumed
MOST_SHARE = 0.25  # of a core for all watchers of the runs that go on together


def seconds_between_frames(watchers: int) -> float:
    """Return the time between two frames to each of so many watchers.

    Doubled until all of them together cost their share of a core. Only doubled, so that moments of a longer
    interval are moments of every shorter one, and watchers who come and go leave the others in step.
    """
    seconds = FRAME_SECONDS
    while watchers * WATCHER_SECONDS > MOST_SHARE * seconds:
        seconds *= 2
    return seconds


class FramePace:
    """When one watcher may be sent the next frame. Times are of the monotonic clock, in seconds."""

    def __init__(self, now: float) -> None:
        self._next = self._framed_at = now

    def due(self, now: float, between: float) -> float:
        """Return when; in a crowd once between two moments that are the same for everybody.

        Who asks at the same moment for the same points is answered once.
        """
        if between <= FRAME_SECONDS:
            return max(self._next, self._framed_at + between / 2)
        return now if self._framed_at // between < now // between else moment_after(now, between)

    def framed(self, now: float, between: float) -> None:
        """Note that a frame is asked for; the run or the watcher was busy for a while if that is late.

        Frames that were due meanwhile follow closer upon one another, so that a second still has as many.
        """
        self._next = max(self._next + between, now - MOST_LATE_FRAMES * between)
        self._framed_at = now


def moment_after(now: float, between: float) -> float:
    """Return the next moment at which everybody is served."""
    return (now // between + 1) * between


class Together(Generic[Question, Answer]):
    """Who asks in one event loop for the same as somebody who waits there, waits for the same answer.

    An answer of their own for each of two hundred would be two hundred calls from another thread.
    """

    def __init__(self) -> None:
        self._awaited: dict[tuple[asyncio.AbstractEventLoop, Question], asyncio.Future[Answer]] = {}

    async def answer(
        self, question: Question, ask: Callable[[Question], concurrent.futures.Future[Answer]]
    ) -> Answer:
        """Return, or raise, what `ask(question)` comes to; it is called only if nobody waits for the same."""
        key = (asyncio.get_running_loop(), question)
        awaited = self._awaited.get(key)
        if awaited is None:
            awaited = self._awaited[key] = asyncio.wrap_future(ask(question))
            awaited.add_done_callback(lambda done: self._answered(key, done))
        return await asyncio.shield(awaited)

    def _answered(
        self, key: tuple[asyncio.AbstractEventLoop, Question], done: asyncio.Future[Answer]
    ) -> None:
        del self._awaited[key]
        if not done.cancelled():
            done.exception()  # taken note of, also where all who asked have left


class Bell:
    """Rung by the driver after a slice; sets the event of every watcher, in the watcher's own loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ears: dict[asyncio.AbstractEventLoop, set[asyncio.Event]] = {}
        self._on_its_way: set[asyncio.AbstractEventLoop] = set()
        self.seconds = FRAME_SECONDS  # between two frames to each who listens
        self.listeners = self._others = 0

    def listen(self, event: asyncio.Event) -> None:
        """Have every ring set an event of the running loop."""
        with self._lock:
            self._ears.setdefault(asyncio.get_running_loop(), set()).add(event)
            self._count()

    def forget(self, event: asyncio.Event) -> None:
        """Stop setting an event."""
        with self._lock:
            for loop, events in list(self._ears.items()):
                events.discard(event)
                if not events:
                    del self._ears[loop]
            self._count()

    def beside(self, others: int) -> None:
        """Note how many listen to other runs that go on: all of them share what sending may cost."""
        if others != self._others:
            with self._lock:
                self._others = others
                self._count()

    def _count(self) -> None:
        self.listeners = sum(map(len, self._ears.values()))
        self.seconds = seconds_between_frames(self.listeners + self._others)

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return bool(self._ears)

    def ring(self) -> None:
        """Wake all watchers at once; callable from any thread."""
        with self._lock:
            loops = list(self._ears)
        self._call(loops, self._wake)

    def ring_in_time(self) -> None:
        """Wake all watchers when a frame is next due to them; cheap while such a ring is on its way."""
        with self._lock:
            loops = [loop for loop in self._ears if loop not in self._on_its_way]
            self._on_its_way.update(loops)
        self._call(loops, self._wake_in_time)

    def _call(
        self,
        loops: list[asyncio.AbstractEventLoop],
        wake: Callable[[asyncio.AbstractEventLoop], object],
    ) -> None:
        for loop in loops:
            try:
                loop.call_soon_threadsafe(wake, loop)
            except RuntimeError:  # the loop is closed: its watchers are gone
                with self._lock:
                    self._ears.pop(loop, None)
                    self._on_its_way.discard(loop)

    def _wake_in_time(self, loop: asyncio.AbstractEventLoop) -> None:
        between = self.seconds
        if between <= FRAME_SECONDS:
            self._wake_on_its_way(loop)
        else:
            now = time.monotonic()
            loop.call_later(moment_after(now, between) - now, self._wake_on_its_way, loop)

    def _wake_on_its_way(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            self._on_its_way.discard(loop)
        self._wake(loop)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            events = tuple(self._ears.get(loop, ()))
        for event in events:
            event.set()
