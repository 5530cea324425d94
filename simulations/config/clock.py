"""Clock times and the ticks of a day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?|24:00(?::00)?")


def seconds_of_clock(text: str) -> int:
    """Return seconds since midnight of `HH:MM` or `HH:MM:SS` (24:00 = 86,400), or raise ValueError."""
    match = CLOCK_TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"not a clock time: {text!r}")
    if match[1] is None:
        return 86_400
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)


@dataclass(frozen=True)
class DayClock:
    """The span of clock time that the ticks of a day divide evenly. Seconds since midnight."""

    start: int
    end: int
    ticks_per_day: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> DayClock | None:
        """Return the clock of a scenario, or None if its day has no clock times."""
        start, end = config.get("day_start"), config.get("day_end")
        if not start or not end:
            return None
        return cls(seconds_of_clock(start), seconds_of_clock(end), int(config["ticks_per_day"]))

    def seconds_at(self, tick: int) -> float:
        """Return the seconds since midnight at which a tick (of the run) begins."""
        return self.start + (tick % self.ticks_per_day) * (self.end - self.start) / self.ticks_per_day

    def label(self, tick: int) -> str:
        """Return the clock time at which a tick begins: `08:30`, with seconds where ticks are finer."""
        seconds = int(self.seconds_at(tick))
        text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
        whole_minutes = (self.end - self.start) % (60 * self.ticks_per_day) == 0 and self.start % 60 == 0
        return text if whole_minutes else f"{text}:{seconds % 60:02}"
