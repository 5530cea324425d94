"""The threads that step runs: a few workers take whatever is due next, one slice at a time.

Fair by construction: a task that has run goes behind all that were due before it. Errands, which somebody
waits for, go before all slices and bring none along: whoever is asked much computes no more than others.
A task that keeps up with its pace goes before those that compute all they can: it takes little, in time.
After some of them in a row one of the others goes first.
A task is never worked on by two threads at once, so that whatever it owns needs no lock.
"""

from __future__ import annotations

import heapq
import itertools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")

SLICE_SECONDS_ALL = 0.060
SLICE_SECONDS_LEAST = 0.001
SLICE_SECONDS_MOST = 0.020
FIRST = 0.0  # due before all that are due: to go on with a slice that was ended early
MOST_AHEAD = 8  # tasks with a pace in a row, while others are due
STEPPER_NICENESS, STORER_NICENESS = 10, 12


class Task(Protocol):
    """Something to be worked on from time to time."""

    due: float | None
    busy: bool
    again: float | None
    called: bool
    keeps_up: bool  # with a pace, so that it rests until it is due

    @property
    def stepping(self) -> bool:
        """Whether it computes; shares of the processors are counted over these."""

    @property
    def watchers(self) -> int:
        """How many watch it."""

    def work(self) -> float | None:
        """Do one slice; return when to be called again (monotonic seconds), None to sleep until woken."""

    def do_errands(self) -> None:
        """Do what others wait for, no slice."""

    def close(self) -> None:
        """Be left: nobody works on it any more."""


Entry = tuple[float, int, Task]  # when it is due, which came first, what


@dataclass(frozen=True)
class Load:
    """What the tasks that compute share."""

    threads: int
    stepping: int
    watchers: int

    @property
    def slice_seconds(self) -> float:
        """How long a slice may take, so that all running ones share the threads fairly."""
        share = SLICE_SECONDS_ALL * self.threads / max(1, self.stepping)
        return min(SLICE_SECONDS_MOST, max(SLICE_SECONDS_LEAST, share))


def _step_back(niceness: int) -> None:
    """Let who answers somebody go first: runs and storing may wait a while, who looks at a page may not."""
    if sys.platform == "linux":  # elsewhere a thread has no niceness of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


class Scheduler:
    """Workers and heaps of due times. Threads start with the first task that is woken."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._paced: list[Entry] = []  # those that keep up: taken first
        self._greedy: list[Entry] = []
        self._ahead = 0  # of those that keep up, since one of the others went
        self._errands: deque[Task] = deque()
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._workers: list[threading.Thread] = []
        self._tasks: set[Task] = set()
        self._closed = False
        self._storers, self._helpers = (
            ThreadPoolExecutor(
                count, thread_name_prefix=name, initializer=_step_back, initargs=(STORER_NICENESS,)
            )
            for count, name in ((2, "storer"), (1, "storing-helper"))
        )

    @property
    def closed(self) -> bool:
        """Whether nothing is worked on any more."""
        return self._closed

    def aside(self, work: Callable[[], None]) -> bool:
        """Have a thread of its own kind do what waits for disk or database; False when closed."""
        try:
            self._storers.submit(work)
        except RuntimeError:  # closed: who restarts the run does it again
            return False
        return True

    def beside(self, work: Callable[[], T]) -> Future[T]:
        """Have a thread help one that stores; when closed it is done at once, by whoever asks."""
        try:
            return self._helpers.submit(work)
        except RuntimeError:
            done: Future[T] = Future()
            done.set_result(work())
            return done

    def add(self, task: Task) -> None:
        """Make a task known; it sleeps until woken."""
        with self._changed:
            self._tasks.add(task)

    def remove(self, task: Task) -> None:
        """Forget a task; a slice under way ends as usual."""
        with self._changed:
            self._tasks.discard(task)
            task.due = None

    def wake(self, task: Task, due: float | None = None) -> None:
        """Have a task worked on at `due` (monotonic seconds; None: now), or earlier if it already was."""
        due = time.monotonic() if due is None else due
        with self._changed:
            if self._closed or task not in self._tasks:
                return
            if task.busy:
                task.again = due if task.again is None else min(task.again, due)
            elif task.due is None or due < task.due:
                self._push(task, due)
            self._start_workers()

    def call(self, task: Task) -> None:
        """Have a task do its errands before any slice."""
        with self._changed:
            if self._closed or task.called or task not in self._tasks:
                return
            task.called = True
            if not task.busy:
                self._errands.append(task)
                self._changed.notify()
            self._start_workers()

    def load(self) -> Load:
        """Return who computes, and for how many eyes."""
        stepping = [task for task in tuple(self._tasks) if task.stepping]
        return Load(self.threads, len(stepping), sum(task.watchers for task in stepping))

    def close(self) -> None:
        """End the workers after the slices under way, and let go of the tasks that are left."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()
        for task in list(self._tasks):  # nobody does their errands any more, and who stores may wait for one
            task.close()
        self._storers.shutdown()
        self._helpers.shutdown()

    def _push(self, task: Task, due: float) -> None:
        task.due = due
        heapq.heappush(self._paced if task.keeps_up else self._greedy, (due, next(self._order), task))
        self._changed.notify()

    def _start_workers(self) -> None:
        while len(self._workers) < self.threads:
            name = f"stepper-{len(self._workers)}"
            worker = threading.Thread(target=self._loop, name=name, daemon=True)
            self._workers.append(worker)
            worker.start()

    def _take(self) -> tuple[Task, bool] | None:
        """Wait for a task and mark it busy; say whether it is called for errands. None when closed."""
        with self._changed:
            while not self._closed:
                called = self._called()
                task = called or self._next()
                if task is not None:
                    task.busy, task.called = True, False
                    return task, called is not None
                next_due = min((heap[0][0] for heap in (self._paced, self._greedy) if heap), default=None)
                self._changed.wait(None if next_due is None else next_due - time.monotonic())
            return None

    def _called(self) -> Task | None:
        """Take the task off that was called first; one that is busy comes back when it is done."""
        while self._errands:
            task = self._errands.popleft()
            if task.called and not task.busy:
                return task
        return None

    def _next(self) -> Task | None:
        """Take the task off that is to have the next slice."""
        others_first = self._ahead >= MOST_AHEAD
        for heap in (self._greedy, self._paced) if others_first else (self._paced, self._greedy):
            task = self._due(heap)
            if task is not None:
                self._ahead = self._ahead + 1 if heap is self._paced else 0
                return task
        return None

    def _due(self, heap: list[Entry]) -> Task | None:
        """Take the task off that is due first, if its time has come."""
        while heap:
            due, _, task = heap[0]
            if task.due == due and due > time.monotonic():
                return None
            heapq.heappop(heap)
            if task.due != due:
                continue  # woken earlier, or removed, since it was pushed
            task.due = None
            if not task.busy:
                return task
            task.again = due if task.again is None else min(task.again, due)  # on errands just now
        return None

    def _loop(self) -> None:
        _step_back(STEPPER_NICENESS)
        while self._turn():
            pass

    def _turn(self) -> bool:
        """Work on what comes next; False when closed. A worker that waits holds on to no task."""
        taken = self._take()
        if taken is None:
            return False
        task, called = taken
        due = None
        if called:
            task.do_errands()
        else:
            due = task.work()
        with self._changed:
            task.busy = False
            times = [when for when in (due, task.again, task.due) if when is not None]
            task.again = None
            if task not in self._tasks:
                return True
            if task.called:
                self._errands.append(task)
                self._changed.notify()
            if times and task.due != min(times):
                self._push(task, min(times))
        return True
