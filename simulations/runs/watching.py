"""Waking those who watch: from the stepping threads into the event loops, one call under way a loop."""

from __future__ import annotations

import asyncio
import threading


class Bell:
    """Rung by the driver after a slice; sets the event of every watcher, in the watcher's own loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ears: dict[asyncio.AbstractEventLoop, set[asyncio.Event]] = {}
        self._on_its_way: set[asyncio.AbstractEventLoop] = set()

    def listen(self, event: asyncio.Event) -> None:
        """Have every ring set an event of the running loop."""
        with self._lock:
            self._ears.setdefault(asyncio.get_running_loop(), set()).add(event)

    def forget(self, event: asyncio.Event) -> None:
        """Stop setting an event."""
        with self._lock:
            for loop, events in list(self._ears.items()):
                events.discard(event)
                if not events:
                    del self._ears[loop]

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return bool(self._ears)

    def ring(self) -> None:
        """Wake all watchers; callable from any thread, cheap when a ring is still on its way."""
        with self._lock:
            loops = [loop for loop in self._ears if loop not in self._on_its_way]
            self._on_its_way.update(loops)
        for loop in loops:
            try:
                loop.call_soon_threadsafe(self._wake, loop)
            except RuntimeError:  # the loop is closed: its watchers are gone
                with self._lock:
                    self._ears.pop(loop, None)
                    self._on_its_way.discard(loop)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            self._on_its_way.discard(loop)
            events = tuple(self._ears.get(loop, ()))
        for event in events:
            event.set()
