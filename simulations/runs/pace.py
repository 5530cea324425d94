"""How many ticks are due, the speed a person asked for kept against the wall clock; and how fast it goes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

# Behind by more than this, a run goes on from where it is instead of racing to catch up.
CATCH_UP_SECONDS = 0.25
SHORTEST_WAIT_SECONDS = 1 / 60
SLOWEST, FASTEST = 0.1, 1_000_000.0
ROUNDING = 1e-6
SPEED_WINDOW_SECONDS = 1.0
AS_FAST_AS_POSSIBLE = 1 << 40


@dataclass
class Pace:
    """Ticks per second from an anchor; None is as fast as possible. Times are monotonic seconds."""

    ticks_per_second: float | None = None
    _anchor_time: float = field(default=0.0, init=False)
    _anchor_tick: int = field(default=0, init=False)

    def restart(self, now: float, tick: int) -> None:
        """Count from here."""
        self._anchor_time, self._anchor_tick = now, tick

    def due_ticks(self, now: float, tick: int) -> int:
        """Return how many ticks should run now."""
        if self.ticks_per_second is None:
            return AS_FAST_AS_POSSIBLE
        elapsed = now - self._anchor_time
        most = max(1.0, self.ticks_per_second * CATCH_UP_SECONDS)
        behind = self._anchor_tick + elapsed * self.ticks_per_second + ROUNDING - tick
        if behind > most:
            self.restart(now - most / self.ticks_per_second, tick)
            behind = most
        return max(0, int(behind))

    def next_due(self, now: float, tick: int) -> float:
        """Return when the tick after `tick` is due; waits are no shorter than an animation frame."""
        if self.ticks_per_second is None:
            return now
        due = self._anchor_time + (tick + 1 - self._anchor_tick) / self.ticks_per_second
        return now if due <= now else max(due, now + SHORTEST_WAIT_SECONDS)


class Speedometer:
    """How many ticks a second of wall time a run made lately. Read from any thread."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def clear(self) -> None:
        """Begin anew."""
        self._marks.clear()

    def note(self, now: float, tick: int) -> None:
        """Note where the run stands."""
        self._marks.append((now, tick))
        while len(self._marks) > 2 and now - self._marks[0][0] > SPEED_WINDOW_SECONDS:
            self._marks.popleft()

    @property
    def ticks_per_second(self) -> float:
        """What it says now, 0 before it was told twice."""
        marks = tuple(self._marks)
        if len(marks) < 2:
            return 0.0
        (t0, k0), (t1, k1) = marks[0], marks[-1]
        return (k1 - k0) / (t1 - t0) if t1 > t0 else 0.0


def checked_speed(ticks_per_second: object) -> float | None:
    """Return a speed as a number within bounds, None for as fast as possible. Raises ValueError."""
    if ticks_per_second is None:
        return None
    if isinstance(ticks_per_second, bool) or not isinstance(ticks_per_second, int | float):
        raise ValueError("ticks_per_second must be a number or null")
    if not SLOWEST <= ticks_per_second <= FASTEST:
        raise ValueError(f"ticks_per_second must be from {SLOWEST:g} to {FASTEST:,.0f}, or null")
    return float(ticks_per_second)
