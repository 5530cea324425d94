"""What others want of a run's engine: done by its worker between two slices, one after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from simulations.runs.ownership import Gone

if TYPE_CHECKING:
    from simulations.engine.protocol import SimulationBackend

T = TypeVar("T")


class Jobs:
    """Jobs that wait, first come first done. Any thread may add one; only the worker does them."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Future[Any], Callable[[SimulationBackend], Any]]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, job: Callable[[SimulationBackend], T]) -> Future[T]:
        """Have `job(backend)` called; the answer comes as a future."""
        future: Future[T] = Future()
        self._waiting.append((future, job))
        return future

    def do(self, backend: SimulationBackend, is_closed: Callable[[], bool]) -> None:
        """Do what waits, as long as the engine is held."""
        while not is_closed():
            try:
                future, job = self._waiting.popleft()
            except IndexError:  # none is left, or they were refused in this moment
                return
            _do(future, job, backend)

    def refuse(self) -> None:
        """Tell all who wait that nobody does their jobs: they raise `Gone`."""
        while True:
            try:
                future, _ = self._waiting.popleft()
            except IndexError:
                return
            if future.set_running_or_notify_cancel():
                future.set_exception(Gone("The run is not held here any more."))


def done(job: Callable[[SimulationBackend], T], backend: SimulationBackend) -> Future[T]:
    """Do a job at once; return its answer as a future."""
    future: Future[T] = Future()
    _do(future, job, backend)
    return future


def _do(future: Future[T], job: Callable[[SimulationBackend], T], backend: SimulationBackend) -> None:
    """Do a job and hand its answer, or its error, to whoever waits."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        answer = job(backend)
    except BaseException as problem:
        future.set_exception(problem)
    else:
        future.set_result(answer)
