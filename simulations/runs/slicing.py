"""The slice of a run that is under way, and its early end for somebody who asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LEAST_BETWEEN_ENDS_SECONDS = 0.01  # so that a run asked all the time does not stand still


class Slice:
    """Whether the engine is at work, and may be told to make an end of it. Any thread may `end` it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = False
        self._ended_at = 0.0

    def end(self, cancel: Callable[[], None]) -> None:
        """Call `cancel` if a slice is under way that may end now; never while what comes after it is."""
        with self._lock:
            if self._under_way and self._may_end():
                cancel()

    @contextmanager
    def begun(self, is_asked: Callable[[], object]) -> Iterator[bool]:
        """Be under way; yields whether to be brief, as somebody asks already."""
        with self._lock:
            self._under_way = True
            brief = bool(is_asked()) and self._may_end()
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
