"""What questions may cost the runs that go on: a share of a core, in equal parts for all who ask.

Answers come before slices, so that nobody waits for a run. Whoever asks without end would therefore have the
engine to themselves; so who has used up their part waits, and the runs have the rest. While no run goes on
questions cost nobody anything, and nobody waits.
"""

from __future__ import annotations

import asyncio
import threading
import time
from asyncio import AbstractEventLoop
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from django.db import connection

from simulations.runs.ownership import Gone

MOST_SHARE = 0.05  # of a core, for the questions of all
GRACE_SECONDS = 0.5  # that somebody may be ahead of their part
MOST_WAIT_SECONDS = 2.0
MOST_WAITING = 8  # questions of one person, in threads

Backend = TypeVar("Backend")
Answer = TypeVar("Answer")


class Allowance:
    """Until when the questions of each have paid for themselves. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paid_at: dict[int, float] = {}  # user -> monotonic seconds

    def wait(self, who: int) -> float:
        """Return how many seconds somebody has to wait with their next question."""
        with self._lock:
            ahead = self._paid_at.get(who, 0.0) - time.monotonic()
        return max(0.0, ahead - GRACE_SECONDS)

    def charge(self, who: int, seconds: float) -> None:
        """Note what an answer cost, in seconds; the more ask, the longer it takes to pay."""
        now = time.monotonic()
        with self._lock:
            self._paid_at = {each: at for each, at in self._paid_at.items() if at > now or each == who}
            before = max(now, self._paid_at.get(who, now))
            askers = len(self._paid_at | {who: now})
            paid_at = before + seconds * askers / MOST_SHARE
            self._paid_at[who] = min(paid_at, now + GRACE_SECONDS + MOST_WAIT_SECONDS)


@dataclass
class Bill:
    """What a question cost so far."""

    seconds: float = 0.0


class Turns:
    """One question of each at a time: who asks over many connections gets no more answers than over one.

    A turn is a lock to be held while a question is answered; it is gone when nobody holds it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[int] = Counter()
        self._threads: WeakValueDictionary[int, threading.Lock] = WeakValueDictionary()
        self._loops: WeakValueDictionary[tuple[AbstractEventLoop, int], asyncio.Lock] = WeakValueDictionary()

    def in_thread(self, who: int) -> threading.Lock:
        """Return the turn of somebody's questions that wait in threads."""
        with self._lock:
            return self._threads.setdefault(who, threading.Lock())

    @contextmanager
    def waited_for(self, who: int) -> Iterator[None]:
        """Hold somebody's turn in a thread, waited for without a connection. Raises `Gone` if many wait."""
        turn = self.in_thread(who)
        if not turn.acquire(blocking=False):
            with self._lock:
                if self._waiting[who] >= MOST_WAITING:
                    raise Gone("Many questions of yours wait for their answers. Try again.")
                self._waiting[who] += 1
            try:
                lend_connection()
                turn.acquire()
            finally:
                with self._lock:
                    self._waiting[who] -= 1
        try:
            yield
        finally:
            turn.release()

    def in_loop(self, who: int) -> asyncio.Lock:
        """Return the turn of somebody's questions that wait in the running loop."""
        with self._lock:
            return self._loops.setdefault((asyncio.get_running_loop(), who), asyncio.Lock())


def lend_connection() -> None:
    """Let others have this thread's connection to the database while it waits."""
    if not connection.in_atomic_block:
        connection.close()


class Shared(Generic[Answer]):
    """An answer that all have who ask before it came. Any thread may ask; nobody may change it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: Future[Answer] | None = None

    def ask(self, begin: Callable[[], Future[Answer]]) -> Future[Answer]:
        """Return the answer that is under way, or begin with one."""
        with self._lock:
            if self._under_way is None or self._under_way.done():
                self._under_way = begin()
            return self._under_way


allowance = Allowance()
turns = Turns()
_bill: ContextVar[Bill | None] = ContextVar("bill", default=None)


@contextmanager
def at_cost_of(who: int) -> Iterator[None]:
    """Charge somebody with what is done meanwhile: this thread's processor time, and metered jobs.

    Of a job all the time counts, also what it waits: the thread that steps the runs is held up so long.
    """
    bill, started = Bill(), time.thread_time()
    token = _bill.set(bill)
    try:
        yield
    finally:
        _bill.reset(token)
        allowance.charge(who, bill.seconds + time.thread_time() - started)


def metered(question: Callable[[Backend], Answer]) -> Callable[[Backend], Answer]:
    """Have a job of another thread count towards the bill of who asks here."""
    bill = _bill.get()
    if bill is None:
        return question

    def job(backend: Backend) -> Answer:
        started = time.monotonic()
        try:
            return question(backend)
        finally:
            bill.seconds += time.monotonic() - started

    return job
