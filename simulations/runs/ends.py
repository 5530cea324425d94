"""That a run stopped by itself, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class End:
    """That a run stopped by itself: "goal", "event", "finished" or "failed". Each is told apart."""

    why: str

    @property
    def may_be_passed(self) -> bool:
        """Whether the run can go on from there."""
        return self.why in {"goal", "event"}
