"""The slice of a run that is under way, and its early end for somebody who asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LEAST_BETWEEN_ENDS_SECONDS = 0.01  # so that a run asked all the time does not stand still
LEAST_REST_SECONDS = 0.001  # of a slice: less is not worth going on with


class Slice:
    """Whether the engine is at work, and may be told to make an end of it. Any thread may `end` it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = False
        self._ended_at = 0.0
        self._was_ended = False
        self._rest = 0.0

    def goes_on(self, at_once: bool) -> bool:
        """Whether the last one was ended early and goes on: a run that is asked must not lose its turns."""
        if not at_once:
            self._rest = 0.0
        return self._rest > 0

    def budget(self, whole: float) -> float:
        """Return how many seconds the next one may take: the rest of the last one, if it goes on."""
        return min(self._rest, whole) if self._rest > 0 else whole

    def spent(self, seconds: float, budget: float) -> None:
        """Note what one took of its budget; only one that was ended early has a rest."""
        rest = budget - seconds
        self._rest = rest if self._was_ended and rest >= LEAST_REST_SECONDS else 0.0

    def end(self, cancel: Callable[[], None]) -> None:
        """Call `cancel` if a slice is under way that may end now; never while what comes after it is."""
        with self._lock:
            if self._under_way and self._may_end():
                self._was_ended = True
                cancel()

    @contextmanager
    def begun(self, is_asked: Callable[[], object]) -> Iterator[bool]:
        """Be under way; yields whether to be brief, as somebody asks already."""
        with self._lock:
            self._under_way = True
            self._was_ended = brief = bool(is_asked()) and self._may_end()
        try:
            yield brief
        finally:
            with self._lock:
                self._under_way = False

    def _may_end(self) -> bool:
        now = time.monotonic()
        if now - self._ended_at < LEAST_BETWEEN_ENDS_SECONDS:
            return False
        self._ended_at = now
        return True
