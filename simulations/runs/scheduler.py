"""The threads that step runs: a few workers take whatever is due next, one slice at a time.

Fair by construction: a task that has run goes behind all that were due before it. A task is never worked on
by two threads at once, so that whatever it owns needs no lock.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

SLICE_SECONDS_ALL = 0.060
SLICE_SECONDS_LEAST = 0.001
SLICE_SECONDS_MOST = 0.020


class Task(Protocol):
    """Something to be worked on from time to time."""

    due: float | None
    busy: bool
    again: float | None

    @property
    def stepping(self) -> bool:
        """Whether it computes; shares of the processors are counted over these."""

    def work(self) -> float | None:
        """Do one slice; return when to be called again (monotonic seconds), None to sleep until woken."""


class Scheduler:
    """Workers and a heap of due times. Threads start with the first task that is woken."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._heap: list[tuple[float, int, Task]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._workers: list[threading.Thread] = []
        self._tasks: set[Task] = set()
        self._closed = False
        self._storers = ThreadPoolExecutor(2, thread_name_prefix="storer")

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

    def slice_seconds(self) -> float:
        """Return how long a slice may take, so that all running ones share the threads fairly."""
        stepping = sum(1 for task in tuple(self._tasks) if task.stepping)
        share = SLICE_SECONDS_ALL * self.threads / max(1, stepping)
        return min(SLICE_SECONDS_MOST, max(SLICE_SECONDS_LEAST, share))

    def close(self) -> None:
        """End the workers after the slices under way."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()
        self._storers.shutdown()

    def _push(self, task: Task, due: float) -> None:
        task.due = due
        heapq.heappush(self._heap, (due, next(self._order), task))
        self._changed.notify()

    def _start_workers(self) -> None:
        while len(self._workers) < self.threads:
            name = f"stepper-{len(self._workers)}"
            worker = threading.Thread(target=self._loop, name=name, daemon=True)
            self._workers.append(worker)
            worker.start()

    def _take(self) -> Task | None:
        """Wait for the task that is due first and mark it busy; None when closed."""
        with self._changed:
            while not self._closed:
                while self._heap and self._heap[0][2].due != self._heap[0][0]:
                    heapq.heappop(self._heap)  # woken earlier, or removed, since it was pushed
                if not self._heap:
                    self._changed.wait()
                    continue
                left = self._heap[0][0] - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                task = heapq.heappop(self._heap)[2]
                task.due, task.busy = None, True
                return task
            return None

    def _loop(self) -> None:
        while self._turn():
            pass

    def _turn(self) -> bool:
        """Work on what is due next; False when closed. A worker that waits holds on to no task."""
        task = self._take()
        if task is None:
            return False
        due = task.work()
        with self._changed:
            task.busy = False
            times = [when for when in (due, task.again) if when is not None]
            task.again = None
            if times and task in self._tasks:
                self._push(task, min(times))
        return True
